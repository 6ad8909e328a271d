"""Places: where on a page a block stands, said so that it is found again when class names and layout change a little.

A place is the path of the block's element, as readings have it, with the heading over it and the short line before it
(its label), where these belong to it. In the file of a mask a place is written as a path whose numbers may be left out:

    /html[1]/body[1]/div[3]/ul[1]/li/a[1]     the links of the items of that list, whichever item
    //aside/ul/li                             all items of lists in an `aside`, wherever that stands

A step without a number is any element of that name; what begins with `//` may stand below anything.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from pipelines.reading import Reading, comparable

_NUMBER = re.compile(r"\[\d+\]")
_STEP = re.compile(r"([^/\[\]\s]+)(?:\[(\d+)\])?\Z")
_DIGITS = re.compile(r"\d+")
_ITEMS: Final = frozenset({"li", "tr", "td", "dt", "dd", "option", "article", "item", "entry"})
"""Elements that stand in a row of the like: which of them it is says nothing about what moves."""
LABEL_LIMIT: Final = 40
"""Characters of a line that may be the label of the next."""
HEADING_LIMIT: Final = 100
SHORT: Final = 20
"""Characters up to which a block with a digit in it belongs to the label before it."""
ABOVE: Final = 40
"""Blocks that are looked through for a heading."""
ROOT_STEPS: Final = 2
"""Steps (html, body) that all blocks of a page share: what shares no more does not belong together."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a block stands."""

    path: str
    heading: str = ""
    label: str = ""

    @property
    def tags(self) -> str:
        """The path without numbers."""
        return tags_of(self.path)

    @property
    def container(self) -> str:
        """The path without the numbers of items in a row."""
        return container_of(self.path)


@lru_cache(8192)
def tags_of(path: str) -> str:
    """A path without its numbers."""
    return _NUMBER.sub("", path)


@lru_cache(8192)
def container_of(path: str) -> str:
    """A path without the numbers of items in a row.

    >>> container_of("/html[1]/body[1]/ul[2]/li[7]/a[1]")
    '/html[1]/body[1]/ul[2]/li/a[1]'
    """
    return "/".join(step.partition("[")[0] if step.partition("[")[0] in _ITEMS else step for step in path.split("/"))


@lru_cache(4096)
def where_pattern(where: str) -> tuple[str | None, re.Pattern[str]]:
    """The path without numbers, None where it may stand below anything, and what the paths of its blocks fit.

    Raises ValueError with what was expected.
    """
    anywhere = where.startswith("//")
    steps = where.removeprefix("//" if anywhere else "/").split("/")
    matches = [_STEP.match(step) for step in steps]
    if not where.startswith("/") or not all(matches):
        raise ValueError(f"expected a path like /html[1]/body[1]/div[2]/ul/li or //aside/ul/li, found {where!r}")
    pattern = "".join(
        f"/{re.escape(match[1])}" + (rf"\[{match[2]}\]" if match[2] else r"(?:\[\d+\])?") for match in matches if match
    )
    tags = "/" + "/".join(match[1] for match in matches if match)
    return (None if anywhere else tags), re.compile(f".*{pattern}" if anywhere else pattern)


def label_form(text: str) -> str:
    """A heading or a label as places have it: no digits, no case, no punctuation around it."""
    return " ".join(_DIGITS.sub(" ", text).split()).strip(" :.,;()[]–—-|·•").casefold()


def places_of(reading: Reading) -> Sequence[Place]:
    """The places of all blocks of a reading, in their order."""
    return _Places(reading)


class _Places(Sequence[Place]):
    """Made when they are asked for: few blocks of a page change."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._made: dict[int, Place] = {}

    def __len__(self) -> int:
        return len(self._reading.blocks)

    def __getitem__(self, at):  # type: ignore[no-untyped-def] # a slice is never asked for
        if at not in self._made:
            self._made[at] = self._place(at)
        return self._made[at]

    def _place(self, at: int) -> Place:
        block = self._reading.blocks[at]
        return Place(block.path, self._heading(at), self._label(at))

    def _heading(self, at: int) -> str:
        """The nearest heading of the same level within the same part of the page."""
        blocks = self._reading.blocks
        one = blocks[at]
        steps = one.path.split("/")
        for above in range(at - 1, max(-1, at - 1 - ABOVE), -1):
            block = blocks[above]
            if block.kind == "heading" and block.level == one.level == "side":
                shared = _shared(steps, block.path.split("/"))
                if shared <= ROOT_STEPS:
                    return ""
                return label_form(comparable(self._reading.text_of(block))[:HEADING_LIMIT])
        return ""

    def _label(self, at: int) -> str:
        """The short line before it that names it."""
        blocks = self._reading.blocks
        if at == 0:
            return ""
        one, before = blocks[at], blocks[at - 1]
        text, own = (comparable(self._reading.text_of(block)) for block in (before, one))
        if not 2 <= len(text) <= LABEL_LIMIT or _DIGITS.search(text) or before.kind == "heading":
            return ""
        counted = len(own) <= SHORT and _DIGITS.search(own) is not None
        if not text.endswith(":") and not (counted and tags_of(before.path) != tags_of(one.path)):
            return ""
        steps, others = one.path.split("/"), before.path.split("/")
        shared = _shared(steps, others)
        near = shared > ROOT_STEPS and shared >= min(len(steps), len(others)) - 1 - 2
        return label_form(text) if near else ""


def _shared(one: list[str], other: list[str]) -> int:
    """How many steps two paths share from the root on."""
    count = 0
    for a, b in zip(one[1:], other[1:], strict=False):
        if a != b:
            break
        count += 1
    return count
