"""Mentions of any text end in time, stay inside the text, and are the same each time."""

from __future__ import annotations

import random
import time

import pytest

from pipelines.mentions import mentions
from pipelines.mentions.common import LONGEST, MOST_WINDOWS, sentences

PIECES = {
    "en": (
        "sentenced to ", "Article 207.3, Part 2, Points a, b, ", "1,", "a ", "\n", "5 years and ", "On 5 May 2023, ",
        "No. 5 ",
        "613040, Colony ", "born ", "(", "A. ", "Aa ", "detained ", "the court ", "Moscow's ", "first two years ",
        "fine of 1 000 ",
        "Court: ", "Detained: ", "respectively ", "12 and ", "²", "٣", "\u2028", "İ", ". ",
    ),
    "ru": (
        "приговорил к ", "ст. 207.3 ч. 2 п. «а», ", "1,", "а ", "пять лет и ", "5 мая 2023 года ", "ФКУ ИК-5 ",
        "613040, ",
        "родился ", "Петров ", "Басманный районный ", "суд ", "ст. 1 и ", "штраф 1 000 ", "«", "первые два года ",
        "г. ", "ч. ",
        "Суд: ", "соответственно ", "12 и ", "\n", ". ", "0 лет ", "32 мая 2023 года ",
    ),
    "uk": ("засудив до ", "п'яти років і ", "ст. 111 та ", "5 травня 2023 року ", "суд ", "народився ", "СІЗО-1 у ",
    "1 ", "\n"),
    "be": ("асудзілі да ", "пяці гадоў і ", "арт. 361-1, ", "5 траўня 2023 года ", "суд ", "нарадзіўся ", "ПК-1 у ",
    "1 ", "\n"),
}  # fmt: skip
SECONDS = 5.0
"""Of CPU for one hostile text: a page has 30, and this is a hundred times what it takes here."""


def _texts() -> list[tuple[str, str]]:
    """Each piece alone and each pair of neighbours, over and over, to a megabyte."""
    made = []
    for language, pieces in PIECES.items():
        for first, second in zip(pieces, (*pieces[1:], ""), strict=True):
            for piece in (first, first + second):
                made.append((language, piece))
    return made


@pytest.mark.parametrize(("language", "piece"), _texts())
def test_a_megabyte_of_one_piece_is_read_in_time(language: str, piece: str) -> None:
    text = piece * (1_000_000 // len(piece))

    begun = time.process_time()
    found = mentions(text, language)

    assert time.process_time() - begun < SECONDS
    assert all(0 <= one.start < one.end <= LONGEST * MOST_WINDOWS for one in found)


@pytest.mark.parametrize("language", PIECES)
def test_mentions_stay_inside_the_text_and_are_the_same_each_time(language: str) -> None:
    chance = random.Random(7)
    for _ in range(300):
        text = "".join(chance.choice(PIECES[language]) for _ in range(chance.randint(1, 40)))

        found = mentions(text, language)

        assert all(0 <= one.start < one.end <= len(text) and one.value for one in found), text
        assert all(one.person is None or 0 <= one.person[0] < one.person[1] <= len(text) for one in found), text
        assert found == mentions(text, language)


def test_a_long_block_is_read_to_its_end() -> None:
    filler = "The weather was fine that day. " * (LONGEST // 20)
    text = f"{filler}\nOn 5 May 2023, Pavel Orlenko was sentenced to five years in prison."

    found = next(one for one in mentions(text, "en") if one.name == "verdict_date")

    assert text[found.start : found.end] == "On 5 May 2023"
    assert found.person is not None
    assert text[slice(*found.person)] == "Pavel Orlenko"


def test_a_language_without_patterns_has_no_mentions() -> None:
    assert mentions("On 5 May 2023 he was sentenced to five years in prison.", "de") == []
    assert mentions("", "en") == []


@pytest.mark.parametrize("stop", ["?", ".", "!?", "…", ".»"])
def test_a_sentence_that_ends_in_a_megabyte_of_stops_is_cut_in_time(stop: str) -> None:
    text = "Ash Rowan was sentenced to " + stop * (1_000_000 // len(stop))

    begun = time.process_time()
    cuts = sentences(text)

    assert time.process_time() - begun < SECONDS
    assert "".join(text[start:end] for start, end in cuts) == text
