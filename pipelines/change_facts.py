"""Facts of the case, before and after → edits at level `fact`: a term, a stage, a place, an article.

Facts are read by rules, and rules flap: a name more in the heading, and the same words are given to another person. So
a fact only came, went or became another where the words changed that it was read from: its sentence, or, of a value in
a table or card, its row or the value with its label. A paragraph that moved changes no fact.

1. Facts are paired by person and name; a person is the same in another spelling, order or with an initial.
2. What both sides say is no change; of the rest, what one side says in words that the other has too, neither.
3. Of one name, one gone and one come are that fact changed, the likest first; others were added, or removed.

All facts of a person whom the other page does not name at all are not told: that the person came, or is gone, is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from rapidfuzz import fuzz

from pipelines.edits import Edit, Op
from pipelines.furniture import TELLING
from pipelines.mentions.common import sentences
from pipelines.reading import Fact, Reading, comparable
from pipelines.same_name import is_spelling, name_key

VALUE: Final = 60
"""Characters up to which a block without a label of its own is a value, whose label stands before it."""
FACTS_LIMIT: Final = 5_000
"""Facts of a page that are compared at most."""
STEM: Final = 4
"""Letters by which a word of a name is looked for in a text, whatever its case."""

_ROW = re.compile(r"^.*/tr\[\d+\](?=/)")
_LABELLED = re.compile(r"[^:]{2,40}:\s*\S")
_WORDS = re.compile(r"\d+|[^\W\d_]+")
_RUN_ON = re.compile(r"(?<=[a-zа-яёіїєґў])(?=[A-ZА-ЯЁІЇЄҐЎ])")
_NAMES = re.compile(r"name_[a-z]{2,3}\Z")


def fact_edits(before: Reading, after: Reading) -> list[Edit]:
    """The differences, in document order."""
    old, new = before.facts[:FACTS_LIMIT], after.facts[:FACTS_LIMIT]
    if not old and not new:
        return []
    persons = _persons(old, new)
    gone, come = _left(old, new, persons)
    if not gone and not come:
        return []
    was, now = _Page(before), _Page(after)
    gone = [fact for fact in gone if _is_other(fact, was, now) and now.names(fact.subject)]
    come = [fact for fact in come if _is_other(fact, now, was) and was.names(fact.subject)]
    edits = [_edit(one, other, was, now) for one, other in _paired(gone, come, persons)]
    return [edit for _, edit in sorted(edits, key=lambda placed: placed[0])]


# --- of whom ----------------------------------------------------------------------------------------------------------


def _persons(old: Sequence[Fact], new: Sequence[Fact]) -> dict[str | None, str | None]:
    """By what the later page calls a person, what the earlier one does."""
    earlier, later = (list(dict.fromkeys(fact.subject for fact in facts)) for facts in (old, new))
    same: dict[str | None, str | None] = {name: name for name in later if name in earlier}
    by_words = {_words(name): name for name in earlier if name is not None}
    free = [name for name in earlier if name not in same]
    for name in later:
        if name in same or name is None:
            continue
        known = by_words.get(_words(name))
        alike = [one for one in free[:200] if one is not None and is_spelling(one, name)] if known is None else [known]
        if len(alike) == 1:
            same[name] = alike[0]
            free = [one for one in free if one != alike[0]]
    # what a page says of its one person, it may say of nobody by name
    if len(earlier) == len(later) == 1 and None in (earlier[0], later[0]):
        same[later[0]] = earlier[0]
    return same


def _words(name: str) -> str:
    return " ".join(sorted(name_key(name).split()))


def _left(
    old: Sequence[Fact], new: Sequence[Fact], persons: Mapping[str | None, str | None]
) -> tuple[list[Fact], list[Fact]]:
    """What one side alone says."""
    said = {(fact.subject, fact.name, fact.value) for fact in old}
    told = {(persons.get(fact.subject, fact.subject), fact.name, fact.value) for fact in new}
    return (
        [fact for fact in old if (fact.subject, fact.name, fact.value) not in told],
        [fact for fact in new if (persons.get(fact.subject, fact.subject), fact.name, fact.value) not in said],
    )


# --- in which words ---------------------------------------------------------------------------------------------------


class _Page:
    """A page, as far as it tells where facts stand: its words alone, in whatever blocks they are."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.whole = f" {' '.join(_bare(reading.text_of(block)) for block in reading.blocks)} "
        self._names: str | None = None
        self._rows: dict[str, list[str]] | None = None

    def names(self, subject: str | None) -> bool:
        """Whether it names a person: each longer word of the name stands there in some form."""
        if subject is None:
            return True
        if self._names is None:
            self._names = name_key(self.whole)
        return all(word[:STEM] in self._names for word in name_key(subject).split() if len(word) >= STEM)

    def count(self, words: str) -> int:
        """How often it has some words, one after the other."""
        return self.whole.count(f" {words} ") if words else 0

    def context(self, fact: Fact) -> str:
        """The words that a fact of this page rests on."""
        if fact.block is None or fact.start is None or fact.end is None:
            return _bare(fact.cited)
        block = self.reading.blocks[fact.block]
        if block.kind == "cell" and (row := _ROW.match(block.path)):
            return " ".join(self._cells(row.group()))
        text = self.reading.text_of(block)
        if len(text) <= VALUE and not _LABELLED.match(text):
            return self._with_label(fact.block)
        offset = block.start if block.level == "main" else 0
        start, end = fact.start - offset, fact.end - offset
        said = [text[left:right] for left, right in sentences(text) if left < end and right > start]
        return _bare(" ".join(said) or fact.cited)

    def _cells(self, row: str) -> list[str]:
        """The cells of one row of a table."""
        if self._rows is None:
            self._rows = {}
            for block in self.reading.blocks:
                if block.kind == "cell" and (match := _ROW.match(block.path)):
                    self._rows.setdefault(match.group(), []).append(_bare(self.reading.text_of(block)))
        return [cell for cell in self._rows[row] if cell]

    def _with_label(self, index: int) -> str:
        before = next((at for at in range(index - 1, max(index - 6, -1), -1) if self._is_read(at)), None)
        return " ".join(
            _bare(self.reading.text_of(self.reading.blocks[at])) for at in (before, index) if at is not None
        )

    def _is_read(self, index: int) -> bool:
        block = self.reading.blocks[index]
        return block.level == "main" or block.furniture is None or block.furniture in TELLING

    def place(self, fact: Fact) -> tuple[int, int | None, str | None]:
        """The index, the number among those of its level and the path of the block that says a fact."""
        if fact.block is None:
            return len(self.reading.blocks), None, None
        blocks = self.reading.blocks
        block = blocks[fact.block]
        number = sum(one.level == block.level for one in blocks[: fact.block + 1])
        return fact.block, number, block.path


def _is_other(fact: Fact, own: _Page, other: _Page) -> bool:
    """Whether the words of a fact, and those around them, are not, or not so often, on the other page."""
    return all(own.count(words) > other.count(words) for words in (own.context(fact), _bare(fact.cited)))


def _bare(text: str) -> str:
    """The words and numbers of a text without the signs between them, and where another make of the page has none."""
    return " ".join(_WORDS.findall(_RUN_ON.sub(" ", comparable(text)))).casefold()


# --- edits ------------------------------------------------------------------------------------------------------------


def _paired(
    gone: Sequence[Fact], come: Sequence[Fact], persons: Mapping[str | None, str | None]
) -> Iterator[tuple[Fact | None, Fact | None]]:
    """What was one fact with what it is now, and what has no other side."""
    waiting: dict[tuple[str | None, str], list[Fact]] = {}
    for fact in come:
        waiting.setdefault((persons.get(fact.subject, fact.subject), fact.name), []).append(fact)
    for fact in gone:
        some = waiting.get((fact.subject, fact.name), [])
        if some:
            best = max(range(len(some)), key=lambda n: (_likeness(fact, some[n]), -n))
            yield fact, some.pop(best)
        elif not _NAMES.match(fact.name):
            yield fact, None
    for some in waiting.values():
        for fact in some:
            if not _NAMES.match(fact.name):
                yield None, fact


def _likeness(one: Fact, other: Fact) -> float:
    return fuzz.ratio(one.value, other.value) + (100.0 if one.block == other.block else 0.0)


def _edit(one: Fact | None, other: Fact | None, was: _Page, now: _Page) -> tuple[tuple[int, int], Edit]:
    fact, page = (other, now) if other is not None else (one, was)
    assert fact is not None
    op: Op = "edit" if one is not None and other is not None else "remove" if one is not None else "add"
    words = tuple(
        sign + comparable(said.cited) for sign, said in (("-", one), ("+", other)) if said is not None and said.cited
    )
    at, number, path = page.place(fact)
    edit = Edit(
        op,
        "fact",
        None if one is None else one.value,
        None if other is None else other.value,
        (words,) if words else (),
        number,
        path,
        field=fact.name,
        subject=fact.subject,
    )
    return (at, fact.start or 0), edit
