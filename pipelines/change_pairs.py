"""Which block of the later reading is which of the earlier: equal, cut otherwise, edited; what came and what went.

1. Blocks that are equal and in order: those whose text is on each side once first, then the longest common sequence
   between these. 2. Other blocks that are equal, wherever they stand. 3. In each gap between those that stayed:
   the same words cut into other blocks; similar blocks, the likest first; one block in the one place of another.
4. Similar blocks in different places.

No step compares more than PAIRS_LIMIT blocks with one another. Beyond that, in one gap those are compared that are near
in order, first what has words in common which few others have; in different places that alone.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final
from zlib import crc32

from rapidfuzz import fuzz, process

from pipelines.change_cuts import Cut, cuts_of
from pipelines.change_moves import Pair, longest_rising
from pipelines.change_units import Unit
from pipelines.diff import token_ops

SIMILAR: Final = 50.0
"""Ratio (rapidfuzz, 0 to 100) from which a removed and an added block in one place are one block edited."""
VERY_SIMILAR: Final = 80.0
"""The same for blocks in different places."""
LONG: Final = 25
"""Characters from which such a pair far apart is believed to be one block."""
BRIEF: Final = 8
"""Characters from which it is believed of two that are both shorter, and no furniture."""
SHORT: Final = 40
"""Characters up to which a block in another's place is that one rewritten, though only one of them is main text."""
LINE: Final = 120
"""Characters up to which two lines in the same element are one line rewritten."""
PAIRS_LIMIT: Final = 250_000
"""Removed times added blocks that are compared with one another; beyond that only those NEAR in order are."""
_OWN_LABEL = re.compile(r"([^\W\d_][^:\d]{1,38}?)\s*[:\d]")
NEAR: Final = 50
CHOICES: Final = 16
"""Of the blocks near in order, the likest that are looked at."""
RARE: Final = 8
"""Blocks that have the same words in a row, up to which these words tell something."""
CANDIDATES: Final = 4
"""Blocks with the most of such words in common that a block is compared with."""
STEPS_LIMIT: Final = 100_000_000
"""Blocks times blocks of a stretch beyond which it is not aligned but for what it begins and ends with."""
LONG_PAIR: Final = 40_000
"""Characters times characters of two blocks beyond which, where COARSE is passed, the likeness of words costs less."""
SAMPLED: Final = 1_000
"""Characters of the longest text for each share of its words that is left out then."""
COARSE: Final = 20_000_000_000
"""Characters times characters to compare beyond which likeness is that of the words, not of their order."""


@dataclass(slots=True)
class Aligned:
    """What became of each block; every unit is in one of these."""

    equal: list[Pair] = field(default_factory=list)
    similar: list[Pair] = field(default_factory=list)
    cut: list[Cut] = field(default_factory=list)
    removed: list[Unit] = field(default_factory=list)
    added: list[Unit] = field(default_factory=list)


def align(before: Sequence[Unit], after: Sequence[Unit]) -> Aligned:
    """Say of each block what became of it."""
    found = Aligned()
    anchors = _in_order(before, after)
    found.equal = [(before[o], after[n]) for o, n in anchors]
    gaps = list(_gaps(before, after, anchors))
    elsewhere = _equal_elsewhere(gaps)
    found.equal += elsewhere
    gone, come = {old.place for old, _ in elsewhere}, {new.place for _, new in elsewhere}
    left = [
        ([unit for unit in olds if unit.place not in gone], [unit for unit in news if unit.place not in come])
        for olds, news in gaps
    ]
    for removed, added in left:
        _take_cut(removed, added, found)
    _take_cut_elsewhere(left, found)
    for removed, added in left:
        _in_place(removed, added, found)
    _by_label(found)
    _anywhere(found)
    return found


def _in_order(before: Sequence[Unit], after: Sequence[Unit]) -> list[tuple[int, int]]:
    """Pairs of places of equal blocks, both rising."""
    old, new = [unit.text for unit in before], [unit.text for unit in after]
    if old == new:
        return [(place, place) for place in range(len(old))]
    times_old, times_new = Counter(old), Counter(new)
    where = {text: place for place, text in enumerate(new) if times_new[text] == 1}
    single = [(place, where[text]) for place, text in enumerate(old) if times_old[text] == 1 and text in where]
    anchors = [single[place] for place in longest_rising([n for _, n in single])]
    found: list[tuple[int, int]] = []
    last = (-1, -1)
    for anchor in [*anchors, (len(old), len(new))]:
        olds = [o for o in range(last[0] + 1, anchor[0]) if old[o] in times_new]
        news = [n for n in range(last[1] + 1, anchor[1]) if new[n] in times_old]
        found += _common(olds, news, old, new)
        if anchor[0] < len(old):
            found.append(anchor)
        last = anchor
    return found


def _common(olds: list[int], news: list[int], old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int]]:
    if not olds or not news:
        return
    at_old = at_new = 0
    steps = token_ops([old[o] for o in olds], [new[n] for n in news], tidy=False, most=STEPS_LIMIT)
    for op, count in steps:
        if op == "=":
            yield from zip(olds[at_old : at_old + count], news[at_new : at_new + count], strict=True)
        at_old += count if op != "+" else 0
        at_new += count if op != "-" else 0


def _gaps(
    before: Sequence[Unit], after: Sequence[Unit], anchors: Sequence[tuple[int, int]]
) -> Iterator[tuple[Sequence[Unit], Sequence[Unit]]]:
    last = (-1, -1)
    for o, n in [*anchors, (len(before), len(after))]:
        if o > last[0] + 1 or n > last[1] + 1:
            yield before[last[0] + 1 : o], after[last[1] + 1 : n]
        last = (o, n)


def _equal_elsewhere(gaps: Sequence[tuple[Sequence[Unit], Sequence[Unit]]]) -> list[Pair]:
    """Equal blocks that are left: in the same gap first, then in the order in which they stand."""
    pairs: list[Pair] = []
    free: dict[str, list[Unit]] = {}
    left: list[Unit] = []
    for olds, news in gaps:
        here: dict[str, list[Unit]] = {}
        for unit in reversed(news):
            here.setdefault(unit.text, []).append(unit)
        for unit in olds:
            if here.get(unit.text):
                pairs.append((unit, here[unit.text].pop()))
            else:
                left.append(unit)
        for units in here.values():
            for unit in reversed(units):
                free.setdefault(unit.text, []).append(unit)
    for units in free.values():
        units.sort(key=lambda unit: -unit.place)
    pairs += [(unit, free[unit.text].pop()) for unit in left if free.get(unit.text)]
    return pairs


def _in_place(removed: list[Unit], added: list[Unit], found: Aligned) -> None:
    """Pair what went and came between the same two neighbours."""
    if removed and added:
        pairs = _likest(removed, added, SIMILAR)
        _take(removed, added, pairs, found)
        if len(removed) == len(added) == 1 and not pairs and _is_rewritten(removed[0], added[0]):
            _take(removed, added, [(removed[0], added[0])], found)
        _take(removed, added, _same_slots(removed, added), found)
    found.removed += removed
    found.added += added


def _take(removed: list[Unit], added: list[Unit], pairs: Sequence[Pair], found: Aligned) -> None:
    if pairs:
        found.similar += pairs
        gone, come = {old.place for old, _ in pairs}, {new.place for _, new in pairs}
        removed[:] = [unit for unit in removed if unit.place not in gone]
        added[:] = [unit for unit in added if unit.place not in come]


def _take_cut(removed: list[Unit], added: list[Unit], found: Aligned) -> None:
    """Take out what is cut into other blocks."""
    if not removed or not added or len(removed) * len(added) > PAIRS_LIMIT:
        return
    cuts = cuts_of(removed, added)
    if cuts:
        found.cut += cuts
        gone = {unit.place for cut in cuts for unit in cut.olds}
        come = {unit.place for cut in cuts for unit in cut.news}
        removed[:] = [unit for unit in removed if unit.place not in gone]
        added[:] = [unit for unit in added if unit.place not in come]


def _take_cut_elsewhere(left: Sequence[tuple[list[Unit], list[Unit]]], found: Aligned) -> None:
    """The same for what stands in different gaps."""
    removed = [unit for olds, _ in left for unit in olds]
    added = [unit for _, news in left for unit in news]
    before = len(found.cut)
    _take_cut(removed, added, found)
    gone = {unit.place for cut in found.cut[before:] for unit in cut.olds}
    come = {unit.place for cut in found.cut[before:] for unit in cut.news}
    for olds, news in left:
        olds[:] = [unit for unit in olds if unit.place not in gone]
        news[:] = [unit for unit in news if unit.place not in come]


def _by_label(found: Aligned) -> None:
    """Pair short lines that stand after the same label, or begin with it, wherever on the page that stands now."""
    labels = {old.place + 1: new.place + 1 for old, new in found.equal if len(new.text) <= SHORT}
    added = {unit.place: unit for unit in found.added if len(unit.text) <= LINE}
    after = [(unit, labels.get(unit.place, -1)) for unit in found.removed if len(unit.text) <= LINE]
    _take(found.removed, found.added, [(unit, added[place]) for unit, place in after if place in added], found)
    olds, news = (_by_own_label(units) for units in (found.removed, found.added))
    _take(found.removed, found.added, [(olds[label], news[label]) for label in olds if label in news], found)


def _by_own_label(units: Sequence[Unit]) -> dict[str, Unit]:
    """The lines that begin with a label that no other does, by it."""
    lines: dict[str, list[Unit]] = {}
    for unit in units:
        label = _OWN_LABEL.match(unit.text) if len(unit.text) <= LINE and not unit.aside else None
        if label is not None:
            lines.setdefault(label[1], []).append(unit)
    return {label: some[0] for label, some in lines.items() if len(some) == 1}


def _is_rewritten(old: Unit, new: Unit) -> bool:
    """Whether one block in the one place of another is that block rewritten, however little is left of it.

    A short one may look like furniture since: a date line that became a number is a change of the main text.
    """
    levels = {old.level, new.level}
    return levels == {"main"} or ("main" in levels and max(len(old.text), len(new.text)) <= SHORT)


def _same_slots(removed: Sequence[Unit], added: Sequence[Unit]) -> list[Pair]:
    """Short lines that stand in the same element of the page, such as the value beside a label."""
    by_path: dict[tuple[str, str], Unit] = {}
    for unit in removed:
        if len(unit.text) <= LINE and not unit.aside:
            by_path.setdefault((unit.path, unit.level), unit)
    pairs = []
    for unit in added:
        if len(unit.text) <= LINE and not unit.aside:
            old = by_path.pop((unit.path, unit.level), None)
            if old is not None:
                pairs.append((old, unit))
    return pairs


def _anywhere(found: Aligned) -> None:
    """Pair what went in one place and came in another."""
    removed = [unit for unit in found.removed if len(unit.text) >= LONG]
    added = [unit for unit in found.added if len(unit.text) >= LONG]
    _take(found.removed, found.added, _likest_anywhere(removed, added), found)
    removed = [unit for unit in found.removed if BRIEF <= len(unit.text) < LONG and not unit.aside]
    added = [unit for unit in found.added if BRIEF <= len(unit.text) < LONG and not unit.aside]
    _take(found.removed, found.added, _likest_anywhere(removed, added), found)


def _likest_anywhere(olds: Sequence[Unit], news: Sequence[Unit]) -> list[Pair]:
    """Very similar blocks; where there are many, what is near in order tells nothing of blocks in different places."""
    if len(olds) * len(news) > PAIRS_LIMIT:
        return _by_rare_words(olds, news)
    return _likest(olds, news, VERY_SIMILAR)


def _likest(olds: Sequence[Unit], news: Sequence[Unit], least: float) -> list[Pair]:
    """Each block with at most one partner, the likest first; of several that are as like, the nearest in order."""
    if not olds or not news:
        return []
    if len(olds) * len(news) > PAIRS_LIMIT:
        return _likest_of_many(olds, news, least)
    likeness_of = _by_words(olds, news) if _characters(olds) * _characters(news) > COARSE else _by_characters
    likeness = []
    for o, old in enumerate(olds):
        for n, new in enumerate(news):
            ratio = likeness_of(old, new, least)
            if ratio >= least:
                likeness.append((-ratio, abs(o - n), o, n))
    return _matched(likeness, olds, news)


_Likeness = tuple[float, int, int, int]
"""How like two blocks are, less than 0, how far apart they stand, and which these are: the likest comes first."""


def _matched(likeness: list[_Likeness], olds: Sequence[Unit], news: Sequence[Unit]) -> list[Pair]:
    gone: set[int] = set()
    come: set[int] = set()
    pairs: list[Pair] = []
    for _, _, o, n in sorted(likeness):
        if o not in gone and n not in come:
            gone.add(o)
            come.add(n)
            pairs.append((olds[o], news[n]))
    return pairs


def _likest_of_many(olds: Sequence[Unit], news: Sequence[Unit], least: float) -> list[Pair]:
    """The same where there are too many to compare each with each."""
    pairs = _by_rare_words(olds, news, within=NEAR)
    gone, come = {old.place for old, _ in pairs}, {new.place for _, new in pairs}
    olds = [unit for unit in olds if unit.place not in gone]
    news = [unit for unit in news if unit.place not in come]
    steps = _characters(olds) * _characters(news)
    near = _near_by_words if steps > max(COARSE, LONG_PAIR * len(olds) * len(news)) else _near
    return pairs + _matched(list(near(olds, news, least)), olds, news)


def _near(olds: Sequence[Unit], news: Sequence[Unit], least: float) -> Iterator[_Likeness]:
    texts = [unit.text for unit in news]
    for o, old in enumerate(olds):
        first = max(0, o - NEAR)
        choices = texts[first : o + NEAR]
        for _, ratio, at in process.extract(old.text, choices, scorer=fuzz.ratio, limit=CHOICES, score_cutoff=least):
            n = first + at
            if ratio >= _least(old, news[n], least):
                yield -ratio, abs(o - n), o, n


def _near_by_words(olds: Sequence[Unit], news: Sequence[Unit], least: float) -> Iterator[_Likeness]:
    likeness_of = _by_words(olds, news)
    for o, old in enumerate(olds):
        for n in range(max(0, o - NEAR), min(len(news), o + NEAR)):
            ratio = likeness_of(old, news[n], least)
            if ratio >= least:
                yield -ratio, abs(o - n), o, n


def _by_rare_words(olds: Sequence[Unit], news: Sequence[Unit], *, within: int | None = None) -> list[Pair]:
    """Very similar blocks of many: those that have the most in common which few others have.

    `within`: so far apart at most.
    """
    share = 1 + max(len(unit.text) for unit in (*olds, *news)) // SAMPLED if olds and news else 1
    # where few words make all of the text, two in a row are in many blocks, and three in a few
    for length in (2, 3):
        rare = {words: some for words, some in _where(news, length, share).items() if len(some) <= RARE}
        if 2 * len({n for some in rare.values() for n in some}) >= len(news):
            break
    likeness: list[_Likeness] = []
    for o, old in enumerate(olds):
        votes: Counter[int] = Counter()
        for words in _runs(old.text, length, share):
            votes.update(n for n in rare.get(words, ()) if within is None or abs(o - n) < within)
        # of as many votes the nearest
        best = sorted(votes, key=lambda n: (-votes[n], abs(o - n), n))[:CANDIDATES]
        for n in best:
            ratio = _by_characters(old, news[n], VERY_SIMILAR)
            if ratio >= VERY_SIMILAR:
                likeness.append((-ratio, abs(o - n), o, n))
    return _matched(likeness, olds, news)


def _where(units: Sequence[Unit], length: int, share: int) -> dict[int, list[int]]:
    """By words in a row, the blocks that have them; no more than tell that they are many."""
    where: dict[int, list[int]] = {}
    for number, unit in enumerate(units):
        for words in _runs(unit.text, length, share):
            some = where.setdefault(words, [])
            if len(some) <= RARE:
                some.append(number)
    return where


def _runs(text: str, length: int, share: int) -> frozenset[int]:
    """So many words in a row, as a number; of a long text a bounded number of them, the same of every text."""
    words = text.split()
    runs = (" ".join(run) for run in zip(*(words[start:] for start in range(length)), strict=False))
    sums = (crc32(run.encode("utf-8", "surrogatepass")) for run in runs)
    return frozenset(number for number in sums if number % share == 0)


def _characters(units: Sequence[Unit]) -> int:
    return sum(len(unit.text) for unit in units)


def _by_characters(old: Unit, new: Unit, least: float) -> float:
    return float(fuzz.ratio(old.text, new.text, score_cutoff=_least(old, new, least)))


def _least(old: Unit, new: Unit, least: float) -> float:
    """How like two blocks are to be at least: a paragraph seldom becomes a menu."""
    return VERY_SIMILAR if old.level != new.level and (old.aside or new.aside) else least


def _by_words(olds: Sequence[Unit], news: Sequence[Unit]) -> Callable[[Unit, Unit, float], float]:
    most = max(len(unit.text) for unit in (*olds, *news))
    share = 1 + most // SAMPLED
    here = {unit.place: _sample(unit.text, share) for unit in olds}
    there = {unit.place: _sample(unit.text, share) for unit in news}

    def likeness(old: Unit, new: Unit, least: float) -> float:
        shorter, longer = sorted((len(old.text), len(new.text)))
        if 200.0 * shorter < least * (shorter + longer):
            return 0.0
        one, other = here[old.place], there[new.place]
        return 200.0 * len(one & other) / max(len(one) + len(other), 1)

    return likeness


def _sample(text: str, share: int) -> frozenset[int]:
    """The words whose checksum a number divides: the same words of every text, a bounded number of a long one."""
    sums = (crc32(word.encode("utf-8", "surrogatepass")) for word in text.split())
    return frozenset(number for number in sums if number % share == 0)
