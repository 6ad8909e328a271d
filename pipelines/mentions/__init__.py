"""What one block of a page says of a case: facts with the words they were read from, in four languages."""

from __future__ import annotations

from typing import Final

from pipelines.mentions.be import BELARUSIAN
from pipelines.mentions.births import births
from pipelines.mentions.cards import cards
from pipelines.mentions.codes import articles, completed
from pipelines.mentions.common import LONGEST, Mention, sentences
from pipelines.mentions.en import ENGLISH
from pipelines.mentions.events import events
from pipelines.mentions.places import addresses, places
from pipelines.mentions.ru import RUSSIAN
from pipelines.mentions.uk import UKRAINIAN

__all__ = ["Mention", "completed", "mentions", "sentences"]

TONGUES: Final = {"en": ENGLISH, "ru": RUSSIAN, "uk": UKRAINIAN, "be": BELARUSIAN}


def mentions(text: str, language: str, *, kind: str = "paragraph") -> list[Mention]:
    """Every case fact that the text states, in the order of its words; none in a language without patterns.

    Offsets are into `text`. `kind` is the block's, or "card" for "Label: value".
    """
    tongue = TONGUES.get(language)
    if tongue is None:
        return []
    text = text[:LONGEST]
    lowered = text.lower()
    found = list(events(text, lowered, tongue))
    found += [card for card in cards(text, tongue) if (card.name, card.value) not in {(one.name, one.value) for one in found}]
    if any(map(str.isdigit, text)):
        found += births(text, lowered, language)
        found += articles(text, lowered, alphabet="latin" if language == "en" else "cyrillic")
        found += list(addresses(text, lowered, language)) or places(text, lowered, language)
    elif "«" in text or '"' in text or language == "en":
        found += places(text, lowered, language)
    return sorted(found, key=lambda one: (one.start, one.end, one.name, one.value))
