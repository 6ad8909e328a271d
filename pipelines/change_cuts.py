"""The same words cut into other blocks: a paragraph that became two, a card's label and value that became one line.

White space counts for nothing where one block ends and the next begins, nor does a colon or a dash there. A label and
a value that were one line and are two are the same line also where the value is another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pipelines.change_units import Unit

LABEL: Final = 40
"""Characters of a label at most."""
LEAST_LABEL: Final = 3
VALUE: Final = 120
"""Characters of its value at most."""
_SPACE: Final = re.compile(r"\s+")
_SEAM: Final = frozenset(":·|—–-,;•")
_LEADING: Final = " " + "".join(sorted(_SEAM))


@dataclass(frozen=True, slots=True)
class Cut:
    """Blocks that say what others said."""

    olds: tuple[Unit, ...]
    news: tuple[Unit, ...]
    same: bool
    """Whether all words are the same; else a value is another."""

    @property
    def values(self) -> tuple[str, str]:
        """The value, before and after, without the label that stands before both."""
        label = (self.news if len(self.news) > 1 else self.olds)[0].text
        old, new = (" ".join(unit.text for unit in units) for units in (self.olds, self.news))
        if not (old.startswith(label) and new.startswith(label)):
            return old, new
        return old[len(label) :].lstrip(_LEADING), new[len(label) :].lstrip(_LEADING)


def cuts_of(removed: Sequence[Unit], added: Sequence[Unit]) -> list[Cut]:
    """Which of these blocks are the same words cut otherwise, each block in one cut at most."""
    old, new = [_packed(unit) for unit in removed], [_packed(unit) for unit in added]
    if len(old) + len(new) > 2 and "".join(old) == "".join(new):
        return [Cut(tuple(removed), tuple(added), same=True)]
    cuts: list[Cut] = []
    gone: set[int] = set()
    come: set[int] = set()
    for same in (True, False):
        for o, range_of_new in _matches(removed, added, old, new, gone, come, same=same):
            cuts.append(Cut((removed[o],), tuple(added[n] for n in range_of_new), same))
        for n, range_of_old in _matches(added, removed, new, old, come, gone, same=same):
            cuts.append(Cut(tuple(removed[o] for o in range_of_old), (added[n],), same))
    return cuts


def _packed(unit: Unit) -> str:
    return _SPACE.sub("", unit.text)


def _matches(
    wholes: Sequence[Unit],
    parts: Sequence[Unit],
    whole_texts: Sequence[str],
    part_texts: Sequence[str],
    used_wholes: set[int],
    used_parts: set[int],
    *,
    same: bool,
) -> Iterator[tuple[int, range]]:
    """Each whole with the parts, one after the other on the page, that it is cut into; they are used up."""
    heads: dict[str, list[int]] = {}
    for start, text in enumerate(part_texts[:-1]):
        if start not in used_parts and parts[start + 1].place == parts[start].place + 1:
            heads.setdefault(text[:LEAST_LABEL], []).append(start)
    for number, whole in enumerate(whole_texts):
        if number in used_wholes:
            continue
        for start in heads.get(whole[:LEAST_LABEL], ()):
            found = (
                _all_parts(whole, parts, part_texts, start)
                if same
                else _label_and_value(wholes[number], whole, parts, part_texts, start)
            )
            if found is not None and used_parts.isdisjoint(found):
                used_wholes.add(number)
                used_parts.update(found)
                yield number, found
                break


def _all_parts(whole: str, parts: Sequence[Unit], texts: Sequence[str], start: int) -> range | None:
    at = 0
    for number in range(start, len(texts)):
        if number > start and parts[number].place != parts[number - 1].place + 1:
            return None
        text = texts[number]
        if at and not whole.startswith(text, at) and whole[at] in _SEAM:
            at += 1
        if not whole.startswith(text, at):
            return None
        at += len(text)
        if at == len(whole):
            return range(start, number + 1) if number > start else None
    return None


def _label_and_value(
    whole_unit: Unit, whole: str, parts: Sequence[Unit], texts: Sequence[str], start: int
) -> range | None:
    label, value = texts[start], parts[start + 1]
    if not LEAST_LABEL <= len(label) <= LABEL or len(whole_unit.text) > VALUE + LABEL or len(value.text) > VALUE:
        return None
    if not whole.startswith(label) or len(whole) <= len(label) or parts[start].aside or value.aside:
        return None
    near = parts[start].path.split("/")[:-2] == value.path.split("/")[:-2]
    return range(start, start + 2) if near else None
