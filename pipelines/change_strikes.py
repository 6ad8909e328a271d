"""Words that were struck out, or that are struck out no longer: `<s>`, `<strike>`, `<del>`, `line-through`.

The words of a struck line stand on the page as they stood, and its text says them; that somebody drew a line through a
name or a term is an event all the same. So blocks that are the same, or the same edited, are asked which of the words
that both have are struck out in one of the two alone. Words that went, or that came struck out, are told by the edit
that says so.

An edit of this has the field `struck` or `unstruck`, the whole text before and after, and those words: with `-` that
were struck out, with `+` that are no longer. In an entry of a list it is a change of that entry.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import accumulate
from typing import Final

from pipelines.change_units import Unit
from pipelines.diff import token_ops, tokens
from pipelines.edits import Edit, EditLevel
from pipelines.lists import lists_of
from pipelines.reading import Reading, comparable

STRUCK: Final = "struck"
UNSTRUCK: Final = "unstruck"
STRIKES: Final = frozenset({STRUCK, UNSTRUCK})
"""Fields of the edits that tell of struck-out words."""
_OPENS: Final = "\ufdd0"
_CLOSES: Final = "\ufdd1"
"""Stand around what is struck out while a text is made comparable: no document may hold them."""

Marked = tuple[str, bool]
"""A word, number, sign or white space, and whether it is struck out."""
Alike = tuple[Sequence[Unit], Sequence[Unit]]
"""Blocks before, and the blocks after that say the same or are those edited."""


def strike_edits(before: Reading, after: Reading, alike: Iterable[Alike]) -> Iterator[tuple[int, Edit]]:
    """The edits, each with the place of its block in the later reading."""
    if not any(block.struck for reading in (before, after) for block in reading.blocks):
        return
    told = _Strikes(before, after)
    for olds, news in alike:
        if told.has_any(olds, news):
            yield from told.edits(olds, news)


class _Strikes:
    def __init__(self, before: Reading, after: Reading) -> None:
        self._before = before
        self._after = after

    def has_any(self, olds: Sequence[Unit], news: Sequence[Unit]) -> bool:
        """Whether anything in these blocks is struck out."""
        sides = ((self._before, olds), (self._after, news))
        return any(reading.blocks[unit.index].struck for reading, units in sides for unit in units)

    def edits(self, olds: Sequence[Unit], news: Sequence[Unit]) -> Iterator[tuple[int, Edit]]:
        """What was struck out in these blocks, and what is no longer."""
        struck, unstruck = differing(_marked(self._before, olds), _marked(self._after, news))
        one = news[0]
        name = self._entries.get(one.index)
        level: EditLevel = "main" if any(unit.level == "main" for unit in (*olds, *news)) else "side"
        old, new = (" ".join(unit.text for unit in units) for units in (olds, news))
        # of a menu or a shop's prices both sides are furniture; a list of people is none
        aside = one.aside if all(unit.aside for unit in (*olds, *news)) else None
        for field, sign, words in ((STRUCK, "-", struck), (UNSTRUCK, "+", unstruck)):
            if words:
                said = tuple((sign + word,) for word in words)
                edit = Edit("edit", "list" if name else level, old, new, said, one.number, one.path, field, name, aside)
                yield one.place, edit

    @cached_property
    def _entries(self) -> dict[int, str]:
        """By index of block, the name of the entry of a list that it is of, in the later reading."""
        found: dict[int, str] = {}
        page = lists_of(self._after)
        for entry in page.entries:
            found |= dict.fromkeys((page.units[number].block for number in entry.units), entry.name)
        return found


def differing(old: Sequence[Marked], new: Sequence[Marked]) -> tuple[list[str], list[str]]:
    """Of the words that stayed, those that were struck out, and those that are struck out no longer."""
    struck: list[str] = []
    unstruck: list[str] = []
    at_old = at_new = 0
    for op, count in token_ops([word for word, _ in old], [word for word, _ in new]):
        if op == "=":
            stayed = list(zip(old[at_old : at_old + count], new[at_new : at_new + count], strict=True))
            struck += _runs([(word, now and not was) for (word, was), (_, now) in stayed])
            unstruck += _runs([(word, was and not now) for (word, was), (_, now) in stayed])
        at_old += count if op != "+" else 0
        at_new += count if op != "-" else 0
    return struck, unstruck


def _runs(words: Sequence[Marked]) -> list[str]:
    """The stretches of words that are marked; white space between two of them goes with them."""
    runs: list[str] = []
    run = ""
    for word, marked in [*words, ("", False)]:
        if marked or (run and word.isspace()):
            run += word
            continue
        if any(map(str.isalnum, run)):
            runs.append(run.strip())
        run = ""
    return runs


def _marked(reading: Reading, units: Sequence[Unit]) -> list[Marked]:
    """The words of blocks in their compared forms, one block behind the other."""
    found: list[Marked] = []
    for unit in units:
        if found:
            found.append((" ", False))
        block = reading.blocks[unit.index]
        stretches = compared(reading.text_of(block), block.struck) if block.struck else []
        words = tokens(unit.text)
        ends = accumulate(map(len, words))
        found += [
            (word, any(start < end and stop > end - len(word) for start, stop in stretches) and not word.isspace())
            for word, end in zip(words, ends, strict=True)
        ]
    return found


def compared(text: str, stretches: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same stretches in the compared form of a text."""
    parts: list[str] = []
    done = 0
    for stretch in stretches:
        start, end = (_behind_letter(text, at) for at in stretch)
        parts += (text[done:start], _OPENS, text[start:end], _CLOSES)
        done = end
    found: list[tuple[int, int]] = []
    length = opened = 0
    last = " "
    size = len(comparable(text))
    for sign in comparable("".join(parts) + text[done:]):
        if sign == _OPENS:
            opened = length
        elif sign == _CLOSES:
            if opened < min(length, size):
                found.append((opened, min(length, size)))
        elif sign != " " or last != " ":  # what is struck out may be nothing that is seen, between two spaces
            length += 1
            last = sign
    return found


def _behind_letter(text: str, at: int) -> int:
    """A place in a text that parts no letter from the signs that stand over it."""
    while at < len(text) and unicodedata.combining(text[at]):
        at += 1
    return at
