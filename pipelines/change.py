"""Two readings of a page → what changed, of what kind and of what weight.

What is compared are visible blocks, main and side, in their comparable form (NFC; й, ё, і, ї whole), never the
extractor's choice alone: a block that only changed its label has not changed.

1. Blocks that are equal and in order stand for themselves; what is left between them was removed, added or edited.
2. Removed and added blocks are paired: equal ones moved, similar ones were edited. In the main text every difference
   of words is reported.
3. Set aside, stored with their reason and of kind `noise` when nothing else changed: the same words in other blocks;
   side blocks that are furniture (menus, tickers, counters, notices, related teasers); where nothing moved but what
   moves by itself (counts of visits, rates, the time of now); the date of last change. What stands in a box beside
   the text, in a folded part or a window, or as a tag, is reported: facts of a case stand there.
4. What differs in the title, the date of publication or the authors is reported at level `meta`.

Weight, 0 to 1, is the heaviest edit's, plus a fifth of the share of words that changed, at most 1:
main text 0.3 (0.5 where a number changed, 0.6 where a whole block came or went), side 0.15, meta 0.2, a move 0.05;
`noise` and `same` weigh 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from rapidfuzz import fuzz

from pipelines import furniture
from pipelines.diff import changed_words, token_ops, tokens, word_diff
from pipelines.reading import Level, Reading, comparable
from pipelines.rules import SIGHT_MARK

Op = Literal["edit", "add", "remove", "move"]
EditLevel = Literal["main", "side", "meta"]
Kind = Literal["same", "noise", "edited", "added", "removed"]

CHANGE_RULES: Final = "change-1"
"""Version of the rules in this file: raised whenever they would find another change."""
SIMILAR: Final = 50.0
"""Ratio (rapidfuzz, 0 to 100) from which a removed and an added block in one place are one block edited."""
VERY_SIMILAR: Final = 80.0
"""The same for blocks in different places."""
LONG: Final = 25
"""Characters from which such a pair far apart is believed to be one block."""
SHORT: Final = 40
"""Characters up to which a block in another's place is that one rewritten, though only one of them is main text."""
LINE: Final = 120
"""Characters up to which a block of the main text without a full stop may be a line with a counter in it."""
PAIRS_LIMIT: Final = 250_000
"""Removed times added blocks that are compared with one another; beyond that only those NEAR in order are."""
NEAR: Final = 50

_DIGIT = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class Edit:
    """One difference between two readings."""

    op: Op
    level: EditLevel
    before: str | None
    """The block's text before; None for `add`."""
    after: str | None
    """The block's text after; None for `remove`."""
    words: tuple[tuple[str, ...], ...] = ()
    """The words alone: ("-five", "+eight"), ("-gone",), ("+new",); empty for a move."""
    paragraph: int | None = None
    """Number, from 1, of the block among those of its level, in the later reading (for `remove`: the earlier)."""
    path: str | None = None
    """DOM path of the block in the same reading."""
    field: str | None = None
    """title, published, modified or authors, at level `meta`."""
    set_aside: str | None = None
    """Why it is noise; None for what is reported."""

    @property
    def noise(self) -> bool:
        """Whether it is set aside."""
        return self.set_aside is not None

    def as_record(self) -> dict[str, Any]:
        """The edit as the catalogue stores it and `changes --json` prints it."""
        record: dict[str, Any] = {"op": self.op, "level": self.level, "before": self.before, "after": self.after}
        if self.words:
            record["words"] = [list(pair) for pair in self.words]
        more = {"paragraph": self.paragraph, "path": self.path, "field": self.field, "set_aside": self.set_aside}
        return record | {key: value for key, value in more.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Change:
    """How the later of two readings differs from the earlier."""

    kind: Kind
    weight: float
    edits: tuple[Edit, ...]
    """All that was found, what is noise too, in document order."""
    provenance: dict[str, Any]
    """`rules`, `readings` (the rules they were made by), `source`: whose difference it is, `source` or `extractor`."""

    @property
    def reported(self) -> tuple[Edit, ...]:
        """The edits that are no noise."""
        return tuple(edit for edit in self.edits if not edit.noise)


def says(reading: Reading, phrase: str, *, fold_yo: bool = False) -> bool:
    """Whether a page says a phrase, in its main text, its title or beside them; capitals and white space are equal.

    With `fold_yo`, ё and е are: much Russian print leaves the dots out. й is never и.
    """

    def form(text: str) -> str:
        folded = comparable(text).casefold()
        return folded.replace("ё", "е") if fold_yo else folded

    wanted = form(phrase)
    if not wanted:
        return False
    texts = [reading.text, reading.title or "", *(reading.text_of(block) for block in reading.blocks)]
    return any(wanted in form(text) for text in texts)


def compare(before: Reading, after: Reading) -> Change:
    """Compare two readings of a page; the same readings always give the same change."""
    rules = sorted({before.rules, after.rules})
    # a mirror more in the site's definition reads no text otherwise
    of_text = {version.split(SIGHT_MARK)[0] for version in rules}
    provenance = {
        "rules": CHANGE_RULES,
        "readings": rules,
        "source": "source" if len(of_text) == 1 else "extractor",
    }
    edits = (*_meta_edits(before, after), *_block_edits(_units(before), _units(after)))
    reported = [edit for edit in edits if not edit.noise]
    if reported:
        return Change(_kind(reported), _weight(reported, before, after), edits, provenance)
    return Change("noise" if edits else "same", 0.0, edits, provenance)


# --- blocks ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Unit:
    """One block as it is compared."""

    text: str
    level: Level
    aside: str | None
    number: int
    path: str


@dataclass(frozen=True, slots=True)
class _Gap:
    """Between two blocks that stayed: what went and what came."""

    removed: tuple[_Unit, ...]
    added: tuple[_Unit, ...]


_Placed = tuple[int, _Unit]
"""A block and the number of the gap that it stands in."""


def _units(reading: Reading) -> list[_Unit]:
    units = []
    numbers = {"main": 0, "side": 0}
    for block in reading.blocks:
        text = comparable(reading.text_of(block))
        numbers[block.level] += 1
        if not text:
            continue
        aside = None
        if block.level == "side":
            aside = None if block.furniture in furniture.TELLING else block.furniture
        units.append(_Unit(text, block.level, aside, numbers[block.level], block.path))
    return units


def _block_edits(before: list[_Unit], after: list[_Unit]) -> list[Edit]:
    gaps = list(_gaps(before, after))
    found: list[tuple[int, Edit]] = []
    removed: list[_Placed] = []
    added: list[_Placed] = []
    for place, gap in enumerate(gaps):
        if _words_of(gap.removed) == _words_of(gap.added):
            found.append((place, _reblocked(gap)))
            continue
        olds, news = _paired_in_place(gap, place, found)
        removed += olds
        added += news
    _paired_anywhere(removed, added, found)
    found += [(place, _one_sided("remove", unit)) for place, unit in removed]
    found += [(place, _one_sided("add", unit)) for place, unit in added]
    return [edit for _, edit in sorted(found, key=lambda item: (item[0], item[1].paragraph or 0, item[1].op))]


def _gaps(before: list[_Unit], after: list[_Unit]) -> Iterator[_Gap]:
    at_old = at_new = 0
    removed: list[_Unit] = []
    added: list[_Unit] = []
    for op, count in token_ops([unit.text for unit in before], [unit.text for unit in after], tidy=False):
        if op == "=":
            if removed or added:
                yield _Gap(tuple(removed), tuple(added))
            removed, added = [], []
            at_old += count
            at_new += count
        elif op == "-":
            removed += before[at_old : at_old + count]
            at_old += count
        else:
            added += after[at_new : at_new + count]
            at_new += count
    if removed or added:
        yield _Gap(tuple(removed), tuple(added))


def _words_of(units: Sequence[_Unit]) -> list[str]:
    return [token for unit in units for token in tokens(unit.text) if not token.isspace()]


def _reblocked(gap: _Gap) -> Edit:
    """The same words, cut into other blocks."""
    one = gap.added[0]
    old, new = (" ".join(unit.text for unit in units) for units in (gap.removed, gap.added))
    level: Level = "main" if any(unit.level == "main" for unit in gap.added) else "side"
    return Edit("edit", level, old, new, (), one.number, one.path, set_aside="reblocked")


def _take_reblocked(
    wholes: list[_Unit], parts: list[_Unit], place: int, found: list[tuple[int, Edit]], *, swapped: bool
) -> None:
    """Take out a block and those that follow one another and have its words, all of them and in order."""
    if len(wholes) * len(parts) > PAIRS_LIMIT:
        return
    words = [" ".join(_words_of([part])) for part in parts]
    for whole in list(wholes):
        wanted = " ".join(_words_of([whole]))
        for start in range(len(parts)):
            stop, joined = start + 1, words[start]
            while stop < len(parts) and wanted.startswith(joined + " "):
                joined += " " + words[stop]
                stop += 1
            if stop > start + 1 and joined == wanted:
                cut = tuple(parts[start:stop])
                found.append((place, _reblocked(_Gap(cut, (whole,)) if swapped else _Gap((whole,), cut))))
                wholes.remove(whole)
                del parts[start:stop], words[start:stop]
                break


def _paired_in_place(gap: _Gap, place: int, found: list[tuple[int, Edit]]) -> tuple[list[_Placed], list[_Placed]]:
    """Pair what went and came between the same two neighbours; give back what has no partner."""
    removed, added = list(gap.removed), list(gap.added)
    _take_reblocked(removed, added, place, found, swapped=False)
    _take_reblocked(added, removed, place, found, swapped=True)
    olds, news = tuple(removed), tuple(added)
    pairs = _pairs(olds, news, SIMILAR)
    found += [(place, _moved(olds[o], news[n]) if same else _edited(olds[o], news[n])) for o, n, same in pairs]
    left, right = _without_partner(olds, news, pairs)
    if len(olds) == len(news) == len(left) == len(right) == 1 and _is_rewritten(left[0], right[0]):
        found.append((place, _edited(left[0], right[0])))
        return [], []
    for old in list(left):
        new = next((unit for unit in right if _is_same_slot(old, unit)), None)
        if new is not None:
            found.append((place, _edited(old, new)))
            left.remove(old)
            right.remove(new)
    return [(place, unit) for unit in left], [(place, unit) for unit in right]


def _is_rewritten(old: _Unit, new: _Unit) -> bool:
    """Whether one block in the one place of another is that block rewritten, however little is left of it.

    A short one may look like furniture since: a date line that became a number is a change of the main text.
    """
    levels = {old.level, new.level}
    return levels == {"main"} or ("main" in levels and max(len(old.text), len(new.text)) <= SHORT)


def _is_same_slot(old: _Unit, new: _Unit) -> bool:
    """Whether two short lines stand in the same element of the page, such as the value beside a label."""
    short = max(len(old.text), len(new.text)) <= LINE
    return short and old.path == new.path and old.level == new.level and not old.aside and not new.aside


def _paired_anywhere(removed: list[_Placed], added: list[_Placed], found: list[tuple[int, Edit]]) -> None:
    """Pair what went in one place and came in another."""
    olds, news = [unit for _, unit in removed], [unit for _, unit in added]
    pairs = [
        (o, n, same)
        for o, n, same in _pairs(olds, news, VERY_SIMILAR)
        if same or min(len(olds[o].text), len(news[n].text)) >= LONG
    ]
    found += [(added[n][0], _moved(olds[o], news[n]) if same else _edited(olds[o], news[n])) for o, n, same in pairs]
    gone, come = {o for o, _, _ in pairs}, {n for _, n, _ in pairs}
    removed[:] = [each for o, each in enumerate(removed) if o not in gone]
    added[:] = [each for n, each in enumerate(added) if n not in come]


def _without_partner(
    olds: Sequence[_Unit], news: Sequence[_Unit], pairs: Sequence[tuple[int, int, bool]]
) -> tuple[list[_Unit], list[_Unit]]:
    gone, come = {o for o, _, _ in pairs}, {n for _, n, _ in pairs}
    return [u for o, u in enumerate(olds) if o not in gone], [u for n, u in enumerate(news) if n not in come]


def _pairs(olds: Sequence[_Unit], news: Sequence[_Unit], least: float) -> list[tuple[int, int, bool]]:
    """Each block with at most one partner: (old, new, whether they are equal), equal ones first, then the likest.

    Of several that are as like, the nearest in order are paired.
    """
    pairs: list[tuple[int, int, bool]] = []
    equal: dict[str, list[int]] = {}
    for n in range(len(news) - 1, -1, -1):
        equal.setdefault(news[n].text, []).append(n)
    for o, old in enumerate(olds):
        if equal.get(old.text):
            pairs.append((o, equal[old.text].pop(), True))
    gone, come = {o for o, _, _ in pairs}, {n for _, n, _ in pairs}
    near = len(olds) * len(news) > PAIRS_LIMIT
    likeness = []
    for o, old in enumerate(olds):
        for n in range(max(0, o - NEAR), min(len(news), o + NEAR)) if near else range(len(news)):
            if o not in gone and n not in come:
                ratio = fuzz.ratio(old.text, news[n].text, score_cutoff=least)
                if ratio >= least:
                    likeness.append((-ratio, abs(o - n), o, n))
    for _, _, o, n in sorted(likeness):
        if o not in gone and n not in come:
            gone.add(o)
            come.add(n)
            pairs.append((o, n, False))
    return pairs


def _edited(old: _Unit, new: _Unit) -> Edit:
    level: Level = "main" if "main" in {old.level, new.level} else "side"
    words = tuple(tuple(pair) for pair in changed_words(word_diff(old.text, new.text)))
    aside = None if level == "main" else (new.aside or old.aside)
    if aside is None and not words:
        aside = "white space"
    # a line of the text may end in a count of its readers; a sentence about readers is text
    if aside is None and (level == "side" or _is_line(new.text)):
        aside = "counter" if furniture.still(old.text) == furniture.still(new.text) else None
    return Edit("edit", level, old.text, new.text, words, new.number, new.path, set_aside=aside)


def _is_line(text: str) -> bool:
    return len(text) <= LINE and not text.endswith((".", "!", "?"))


def _moved(old: _Unit, new: _Unit) -> Edit:
    level: Level = "main" if "main" in {old.level, new.level} else "side"
    aside = None if level == "main" else (new.aside or old.aside or "moved")
    return Edit("move", level, old.text, new.text, (), new.number, new.path, set_aside=aside)


def _one_sided(op: Literal["add", "remove"], unit: _Unit) -> Edit:
    sign, place = ("-", 0) if op == "remove" else ("+", 1)
    texts: list[str | None] = [None, None]
    texts[place] = unit.text
    return Edit(
        op, unit.level, texts[0], texts[1], ((sign + unit.text,),), unit.number, unit.path, set_aside=unit.aside
    )


# --- what the page states about itself --------------------------------------------------------------------------------


def _meta_edits(before: Reading, after: Reading) -> Iterator[Edit]:
    headings = {comparable(after.text_of(block)) for block in after.blocks}
    pairs = (
        ("title", before.title, after.title),
        ("published", before.published, after.published),
        ("authors", ", ".join(before.authors) or None, ", ".join(after.authors) or None),
        ("modified", before.modified, after.modified),
    )
    for field, old, new in pairs:
        one, other = comparable(old or ""), comparable(new or "")
        if one == other:
            continue
        aside = None
        if field == "modified":
            aside = "date of last change"
        elif field == "title" and other in headings:
            aside = "said by a heading"
        words = tuple(tuple(pair) for pair in changed_words(word_diff(one, other)))
        op: Op = "edit" if one and other else "add" if other else "remove"
        yield Edit(op, "meta", one or None, other or None, words, field=field, set_aside=aside)


def _kind(edits: Sequence[Edit]) -> Kind:
    ops = {edit.op for edit in edits}
    if ops == {"add"}:
        return "added"
    return "removed" if ops == {"remove"} else "edited"


def _weight(edits: Sequence[Edit], before: Reading, after: Reading) -> float:
    heaviest = max(_weight_of(edit) for edit in edits)
    changed = sum(len(tokens(word)) for edit in edits for pair in edit.words for word in pair)
    total = sum(len(tokens(reading.text)) for reading in (before, after))
    return round(min(1.0, heaviest + 0.2 * min(1.0, changed / max(total, 1))), 4)


def _weight_of(edit: Edit) -> float:
    if edit.op == "move":
        return 0.05
    if edit.level != "main":
        return 0.2 if edit.level == "meta" else 0.15
    if edit.op in {"add", "remove"}:
        return 0.6
    return 0.5 if any(_DIGIT.search(word) for pair in edit.words for word in pair) else 0.3
