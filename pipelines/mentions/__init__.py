"""What one block of a page says of a case: facts with the words they were read from, in four languages."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from pipelines.mentions.be import BELARUSIAN
from pipelines.mentions.births import births
from pipelines.mentions.cards import cards
from pipelines.mentions.codes import articles, completed
from pipelines.mentions.common import LONGEST, MOST_WINDOWS, Mention, sentences
from pipelines.mentions.en import ENGLISH
from pipelines.mentions.events import Tongue, events
from pipelines.mentions.places import addresses, places
from pipelines.mentions.ru import RUSSIAN
from pipelines.mentions.uk import UKRAINIAN

__all__ = ["Mention", "completed", "mentions", "sentences"]

TONGUES: Final = {"en": ENGLISH, "ru": RUSSIAN, "uk": UKRAINIAN, "be": BELARUSIAN}


def mentions(text: str, language: str) -> list[Mention]:
    """Every case fact that the text states, in the order of its words; none in a language without patterns.

    Offsets are into `text`. Only the first hundred thousand characters are read.
    """
    tongue = TONGUES.get(language)
    if tongue is None:
        return []
    found: list[Mention] = []
    for start, end in _windows(text):
        found += [_moved(one, start) for one in _mentions(text[start:end], tongue)]
    return found


def _windows(text: str) -> list[tuple[int, int]]:
    """The text in parts that are cut at line ends, else at sentence ends, and no more of it than is bearable."""
    parts: list[tuple[int, int]] = []
    start = 0
    while start < len(text) and len(parts) < MOST_WINDOWS:
        end = min(start + LONGEST, len(text))
        if end < len(text):
            cuts = (text.rfind(mark, start + LONGEST // 2, end) for mark in ("\n", ". "))
            end = next((cut + 1 for cut in cuts if cut > 0), end)
        parts.append((start, end))
        start = end
    return parts


def _moved(mention: Mention, by: int) -> Mention:
    """The mention of a part where the whole text has it."""
    if not by:
        return mention
    person = mention.person and (mention.person[0] + by, mention.person[1] + by)
    return replace(mention, start=mention.start + by, end=mention.end + by, person=person)


def _mentions(text: str, tongue: Tongue) -> list[Mention]:
    """The mentions of one part, in the order of its words."""
    language = tongue.language
    lowered = text.lower()
    found = list(events(text, lowered, tongue))
    said = {(one.name, one.value) for one in found}
    found += [card for card in cards(text, tongue) if (card.name, card.value) not in said]
    if any(map(str.isdigit, text)):
        found += births(text, lowered, language)
        found += articles(text, lowered, alphabet="latin" if language == "en" else "cyrillic")
        found += list(addresses(text, lowered, language)) or places(text, lowered, language)
    elif "«" in text or '"' in text or language == "en":
        found += places(text, lowered, language)
    return sorted(found, key=lambda one: (one.start, one.end, one.name, one.value))
