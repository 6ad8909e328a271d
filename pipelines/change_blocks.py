"""Visible blocks, before and after → edits, additions, removals, moves of text; what of them is noise.

`change_pairs` says which block is which, `change_moves` what stands in another order, `change_noise` what of all that
is noise. A block whose text is equal and whose level alone is another has not changed; an edited block that is main
text on one side counts as such. What stands in a box beside the text, in a folded part or a window, or as a tag, is
reported: facts of a case stand there. What is set aside is kept, with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, Literal

from pipelines.change_cuts import Cut
from pipelines.change_moves import Pair, moved
from pipelines.change_noise import Noise
from pipelines.change_pairs import align
from pipelines.change_strikes import strike_edits
from pipelines.change_units import PROSE, Layout, Unit, units_of
from pipelines.diff import changed_words, word_diff
from pipelines.edits import Covered, Edit
from pipelines.noise import Mask
from pipelines.reading import Level, Reading

TOLD_BY_LIST: Final = "told as an entry of the list"
NOTHING: Final = Covered()
_ORDERED_KINDS: Final = frozenset({"paragraph", "heading", "quote", "preformatted", "address"})
SENTENCE_ENDS: Final = (".", "!", "?", "…", "»", "”", ":")
_PARAGRAPH = re.compile(r"/p\[\d+\]$")
_FOOTNOTE = re.compile(r"(?<=\S)\[\d{1,3}\]")
_FRAMING_ROLES: Final = frozenset({"title", "date", "byline", "caption", "link"})


def block_edits(before: Reading, after: Reading, mask: Mask | None = None, covered: Covered = NOTHING) -> list[Edit]:
    """The differences of the visible text, in document order; what `covered` has is set aside."""
    return _Blocks(before, after, mask, covered).edits()


class _Blocks:
    """The comparison of the blocks of two readings."""

    def __init__(self, before: Reading, after: Reading, mask: Mask | None, covered: Covered) -> None:
        self._readings = before, after
        self._before = Layout(before, units_of(before, covered.before))
        self._after = Layout(after, units_of(after, covered.after))
        self._aligned = align(self._before.units, self._after.units)
        self._noise = Noise(self._before, self._after, self._aligned)
        self._page = mask.on(before, after) if mask is not None else None

    def edits(self) -> list[Edit]:
        """All differences, in the order of the later reading; what went stands where it would have stood."""
        aligned = self._aligned
        found: list[tuple[float, Edit]] = []
        found += [(new.place, self._edited(old, new)) for old, new in aligned.similar]
        found += [(cut.news[0].place, self._cut(cut)) for cut in aligned.cut]
        found += [(unit.place, self._one_sided("add", unit)) for unit in aligned.added]
        found += [(place, self._one_sided("remove", unit)) for place, unit in self._places_of_removed()]
        found += self._moves()
        pairs = [*aligned.equal, *aligned.similar]
        alike = [*(([old], [new]) for old, new in pairs), *((cut.olds, cut.news) for cut in aligned.cut)]
        found += strike_edits(*self._readings, alike)
        return [edit for _, edit in sorted(found, key=lambda item: (item[0], item[1].paragraph or 0, item[1].op))]

    def _places_of_removed(self) -> Iterator[tuple[float, Unit]]:
        """Each block that went, with half a step after the place of what stood before it and stayed."""
        pairs = [*self._aligned.equal, *self._aligned.similar]
        pairs += [(old, cut.news[0]) for cut in self._aligned.cut for old in cut.olds]
        stayed = {old.place: new.place for old, new in pairs}
        gone = {unit.place for unit in self._aligned.removed}
        last = -1
        for unit in self._before.units:
            if unit.place in gone:
                yield last + 0.5, unit
            else:
                last = stayed.get(unit.place, last)

    def _edited(self, old: Unit, new: Unit) -> Edit:
        words = tuple(tuple(pair) for pair in changed_words(word_diff(old.text, new.text)))
        aside = TOLD_BY_LIST if old.covered and new.covered else None
        aside = aside or (None if words else "white space") or _renumbered(old.text, new.text)
        aside = aside or self._noise.of_edit(old, new) or self._known(old, new)
        return Edit("edit", _level(old, new), old.text, new.text, words, new.number, new.path, set_aside=aside)

    def _cut(self, cut: Cut) -> Edit:
        """Words cut into other blocks: noise where they are all the same."""
        one = cut.news[0]
        old, new = (" ".join(unit.text for unit in units) for units in (cut.olds, cut.news))
        level: Level = "main" if any(unit.level == "main" for unit in (*cut.olds, *cut.news)) else "side"
        words = () if cut.same else tuple(tuple(pair) for pair in changed_words(word_diff(*cut.values)))
        told = all(unit.covered for unit in (*cut.olds, *cut.news))
        aside = TOLD_BY_LIST if told else "reblocked" if cut.same else None
        return Edit("edit", level, old, new, words, one.number, one.path, set_aside=aside)

    def _one_sided(self, op: Literal["add", "remove"], unit: Unit) -> Edit:
        aside = TOLD_BY_LIST if unit.covered else None
        if op == "remove":
            aside = aside or self._noise.of_removed(unit) or self._known(unit, None)
            words = (("-" + unit.text,),)
            return Edit(op, unit.level, unit.text, None, words, unit.number, unit.path, set_aside=aside)
        aside = aside or self._noise.of_added(unit) or self._known(None, unit)
        words = (("+" + unit.text,),)
        return Edit(op, unit.level, None, unit.text, words, unit.number, unit.path, set_aside=aside)

    def _known(self, old: Unit | None, new: Unit | None) -> str | None:
        """Why the site's mask has it as noise."""
        if self._page is None:
            return None
        return self._page.aside(old.index if old else None, new.index if new else None)

    def _moves(self) -> list[tuple[float, Edit]]:
        pairs = [*self._aligned.equal, *self._aligned.similar]
        main = [(old, new) for old, new in pairs if old.level == new.level == "main"]
        side = [(old, new) for old, new in pairs if old.level == new.level == "side"]
        found = [self._moved(stretch) for stretch in moved(main)]
        return found + [self._moved(stretch) for stretch in moved(side)]

    def _moved(self, stretch: Sequence[Pair]) -> tuple[float, Edit]:
        first = stretch[0][1]
        aside = None
        if first.level == "side":
            aside = first.aside or "moved"
        elif all(old.covered and new.covered for old, new in stretch):
            aside = TOLD_BY_LIST
        elif self._noise.is_redesign and all(len(new.text) < PROSE for _, new in stretch):
            aside = "redesign"
        elif not any(map(_has_order, (new for _, new in stretch))):
            aside = "reordered"
        else:
            aside = self._noise.of_move(stretch)
        olds, news = ("\n".join(unit.text for unit in units) for units in zip(*stretch, strict=True))
        return first.place, Edit("move", first.level, olds, news, (), first.number, first.path, set_aside=aside)


def _renumbered(old: str, new: str) -> str | None:
    """Whether nothing but the numbers of footnotes is another, right behind the words: "in May.[5]"."""
    is_so = "[" in new and _FOOTNOTE.sub("[]", old) == _FOOTNOTE.sub("[]", new)
    return "footnotes" if is_so else None


def _has_order(unit: Unit) -> bool:
    """Whether it tells something where a main block stands: that of lists and of lines around the title does not."""
    if unit.role in _FRAMING_ROLES:
        return False
    if len(unit.text) >= PROSE or unit.kind == "heading" or _PARAGRAPH.search(unit.path):
        return True
    return unit.kind in _ORDERED_KINDS and unit.text.endswith(SENTENCE_ENDS)


def _level(old: Unit, new: Unit) -> Level:
    return "main" if "main" in {old.level, new.level} else "side"
