"""What every language's patterns share: the shape of a mention, sentences, clauses, and values as they are stored.

A mention is a statement of a case fact in one block: its value in one form for every language, and the words that it
was read from. Who it is about is another's question (`pipelines.case`), save where the very pattern names the person.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

MOST_WINDOWS = 5
"""Parts of LONGEST characters of one block that are looked at."""
_LONG = 2_000
"""Characters of one sentence: the longest of a verdict's."""
LONGEST = 20_000
"""Characters of one block that are looked at together: the longest paragraph of a verdict has some 8,000."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A case fact as one block states it; offsets are into the block's text, `person` is the name in the pattern."""

    name: str
    value: str
    start: int
    end: int
    by: str
    person: tuple[int, int] | None = None


def words_of(listed: str, *, by: str | None = None) -> tuple[str, ...]:
    """The words of a list that is written as one text."""
    return tuple(listed.split(by))


# What ends in a full stop and ends no sentence: short forms of addresses, dates and articles, and initials.
_SHORT = frozenset(
    words_of(
        "art arts st no nos mr mrs ms dr prof pt ul d g obl pos jan feb mar apr jun jul aug sep sept oct nov "
        "dec vs etc b"
        " kh zh yu ya ye sh ts ch"
        " ст стст ч чч п пп г гг р ул д обл пос им см др проф руб тыс млн вул буд м арт год рожд стр корп респ р-н пр"
        " просп кв род с с.ш в.о абз прим зав"
    )
)
# from the first of several stops on: within a run of them nothing else is found, and a page may be one run
_STOP = re.compile(r"(?<![.!?…])[.!?…]++[\"'»”’)\]]{0,3}\s+|\n+|;\s")


def sentences(text: str) -> list[tuple[int, int]]:
    """Where each sentence begins and ends; a short form's full stop and an initial's end none."""
    found: list[tuple[int, int]] = []
    start = 0
    for stop in _STOP.finditer(text):
        if stop.group()[0] == "." and not _ends(text, start, stop):
            continue
        if stop.start() > start:
            found.append((start, stop.end()))
        start = stop.end()
    if start < len(text):
        found.append((start, len(text)))
    return [part for one in found for part in _cut(one)]


def _cut(sentence: tuple[int, int]) -> list[tuple[int, int]]:
    """A sentence that is no sentence, a text without stops, in parts of a bearable length."""
    start, end = sentence
    if end - start <= _LONG:
        return [sentence]
    return [(at, min(at + _LONG, end)) for at in range(start, end, _LONG)]


def _ends(text: str, start: int, stop: re.Match[str]) -> bool:
    """Whether this full stop ends the sentence."""
    word = re.search(r"[\w.-]{0,12}$", text[max(start, stop.start() - 12) : stop.start()])
    before = word.group().lower().strip(".") if word else ""
    if "\n" in stop.group():
        return True
    after = text[stop.end() : stop.end() + 1]
    if before in _SHORT:
        # "в 2024 г. Суд": a year's short form ends a sentence when a capital follows
        return before in {"г", "гг"} and after.isupper() and bool(re.search(r"\d\s*гг?$", text[start : stop.start()]))
    return not (len(before) == 1 and before.isalpha()) and not after.islower()


def tidy_number(written: str) -> str:
    """A number as it is stored: a decimal point, no zeros behind it."""
    number = written.replace(",", ".")
    return number.rstrip("0").rstrip(".") if "." in number else str(int(number))


def duration(parts: Iterable[tuple[str, str]]) -> str:
    """A length of time in English: [("8", "year"), ("6", "month")] is "8.5 years", as half a year has one form."""
    whole = list(parts)
    if len(whole) == 2 and whole[0][1] == "year" and whole[1] == ("6", "month") and "." not in whole[0][0]:
        whole = [(f"{whole[0][0]}.5", "year")]
    return " ".join(f"{number} {unit}{'' if number == '1' else 's'}" for number, unit in whole)


def quoted(text: str) -> str:
    """The words on one line, quotation marks of every kind made one."""
    return re.sub(r"\s+", " ", re.sub("[«»“”„]", '"', text)).strip(" ,.;:")


def one_of(patterns: Iterable[str]) -> str:
    """A group of alternatives that catches nothing."""
    return f"(?:{'|'.join(patterns)})"


def pattern_of(*lines: str, flags: int = re.IGNORECASE) -> re.Pattern[str]:
    """A pattern of alternatives, one a line, in which a space stands for white space of one line or its break."""
    return re.compile("|".join(lines).replace(" ", r"\s{1,3}"), flags)
