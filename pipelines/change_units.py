"""Visible blocks as they are compared, and where on the page they stand."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from pipelines import furniture
from pipelines.reading import Level, Reading, comparable

LINKED: Final = 0.6
"""Share of a block's characters inside links from which it is a link."""
HEADLINE: Final = 20
"""Characters from which a link may be another page's headline, and is no name in a list."""
HEADLINE_WORDS: Final = 4
SENTENCE: Final = 40
"""Characters from which a block that ends as a sentence does is one."""
PROSE: Final = 80
"""Characters from which a block that is no link is prose."""
ITEM: Final = 12
"""Blocks that an item of a group, a teaser say, has at most."""
GROUP: Final = 400
"""Blocks of a container up to which it is looked at as one group."""
NEAR: Final = 40
"""Blocks on each side that are looked at in a larger one."""
MENU: Final = 40
"""Characters of an entry of a menu at most."""
TRAIL: Final = 300
"""Characters of a line that says where on the site a page is, at most."""
_STEP = re.compile(r"\s*[/\\›»>→≫❯|·•:–—-]+\s*")
_AMOUNT = re.compile(r"(\d+)[^\w\n]*([^\W\d_]*)")
_COUNTED = re.compile(r"\d")
_NAME = re.compile(r"(?:[^\W\d_a-zа-яёіїўґ][\w'’ʼ-]*\.?[ ,]*){2,4}(?:[(,;–—-].*)?")


@dataclass(frozen=True, slots=True)
class Unit:
    """One block as it is compared."""

    text: str
    level: Level
    aside: str | None
    """The furniture that it is, where that tells nothing of a case."""
    number: int
    """From 1, among the blocks of its level."""
    path: str
    index: int
    """In the reading's blocks."""
    kind: str = "paragraph"
    role: str | None = None
    covered: bool = False
    """Whether its words are told as an entry of a list."""
    place: int = 0
    """Among the units of its reading."""


def units_of(reading: Reading, covered: Set[int]) -> list[Unit]:
    """The blocks of a reading that have a text, in document order."""
    units: list[Unit] = []
    numbers = {"main": 0, "side": 0}
    for index, (block, text) in enumerate(zip(reading.blocks, reading.forms, strict=True)):
        numbers[block.level] += 1
        if not text:
            continue
        aside = None
        if block.level == "side":
            # an address tells something in a footer too
            told = block.furniture in furniture.TELLING or block.kind == "address"
            aside = None if told else block.furniture
        number = numbers[block.level]
        at = (number, block.path, index, block.kind, block.role)
        units.append(Unit(text, block.level, aside, *at, covered=index in covered, place=len(units)))
    return units


def shape(path: str) -> str:
    """A DOM path without the numbers: what kind of element inside what kind."""
    return "/".join(step.split("[")[0] for step in path.split("/"))


def amounts(text: str) -> frozenset[tuple[str, str]]:
    """The numbers of a text, each with the word after it, "" where there is none."""
    return frozenset((match[1], match[2].lower()) for match in _AMOUNT.finditer(text))


def common(paths: Sequence[str]) -> str:
    """The innermost element that all lie in."""
    steps: list[str] = []
    for some in zip(*(path.split("/") for path in paths), strict=False):
        if len(set(some)) > 1:
            break
        steps.append(some[0])
    return "/".join(steps)


def is_name(text: str) -> bool:
    """Whether a line begins like a name: words with a capital each, two at least."""
    return not text.isupper() and _NAME.fullmatch(text) is not None


def inside(path: str, container: str) -> bool:
    """Whether an element is another or lies in it."""
    return path == container or path.startswith(container + "/")


class Group:
    """Like items of one element, each with a link in it."""

    def __init__(self, layout: Layout, span: range, items: list[range]) -> None:
        self._layout = layout
        self.span = span
        self.items = items
        self._numbers = {place: number for number, item in enumerate(items) for place in item}

    @cached_property
    def members(self) -> list[Unit]:
        """The blocks of all items."""
        return [self._layout.units[place] for item in self.items for place in item]

    @cached_property
    def is_headed(self) -> bool:
        """Whether most items have a headline."""
        units, is_headline = self._layout.units, self._layout.is_headline
        headed = sum(any(is_headline(units[place]) for place in item) for item in self.items)
        return 2 * headed >= len(self.items)

    @cached_property
    def is_menu(self) -> bool:
        """Whether all of it are short links, most of which are no names."""
        short = all(self._layout.is_link(member) and len(member.text) <= MENU for member in self.members)
        return short and 2 * sum(is_name(member.text) for member in self.members) < len(self.members)

    @cached_property
    def container(self) -> str:
        """The innermost element that all of it lies in."""
        return common([member.path for member in self.members])

    def item_of(self, unit: Unit) -> list[Unit] | None:
        """The blocks of the item that holds this one."""
        number = self._numbers.get(unit.place)
        return None if number is None else [self._layout.units[place] for place in self.items[number]]


class Layout:
    """The units of one reading as they stand on the page: links, groups of like items, where the prose is."""

    def __init__(self, reading: Reading, units: Sequence[Unit]) -> None:
        self._reading = reading
        self.units = units
        self.url = reading.url.split("#")[0]
        self.captured_at = reading.captured_at
        self._spans: dict[str, range] = {}
        self._groups: dict[tuple[str, str], Group] = {}
        self._vast: set[str] = set()
        """Elements that have more than GROUP blocks."""

    @cached_property
    def linked(self) -> dict[int, int]:
        """By index of block, the characters of it that are links."""
        counts: dict[int, int] = {}
        for link in self._reading.links:
            counts[link.block] = counts.get(link.block, 0) + link.end - link.start
        return counts

    @cached_property
    def targets(self) -> dict[int, list[str]]:
        """By index of block, where its links lead."""
        found: dict[int, list[str]] = {}
        for link in self._reading.links:
            found.setdefault(link.block, []).append(link.target)
        return found

    def headlines(self, unit: Unit) -> list[tuple[str, str]]:
        """Where the links of a block lead and what they say, if each says as much as a headline; else none."""
        text = self._reading.text_of(self._reading.blocks[unit.index])
        links = [link for link in self._reading.links if link.block == unit.index]
        said = [(link.target, comparable(text[link.start : link.end])) for link in links]
        long = all(len(words) >= HEADLINE and words.count(" ") + 1 >= HEADLINE_WORDS for _, words in said)
        return said if long else []

    @cached_property
    def furniture_at(self) -> frozenset[str]:
        """The elements that are furniture; not those that hold other lines besides, parted by breaks alone."""
        alone = Counter(unit.path for unit in self.units)
        return frozenset(
            unit.path for unit in self.units if unit.level == "side" and unit.aside and alone[unit.path] == 1
        )

    @cached_property
    def amounts(self) -> frozenset[tuple[str, str]]:
        """The numbers of the whole page, with what each is of and without."""
        found = frozenset[tuple[str, str]]().union(*(amounts(unit.text) for unit in self.units))
        return found | {(number, "") for number, _ in found}

    @cached_property
    def main_places(self) -> frozenset[int]:
        """The places of the main text."""
        return frozenset(unit.place for unit in self.units if unit.level == "main")

    def is_link(self, unit: Unit) -> bool:
        """Whether most of a block is a link."""
        return self.linked.get(unit.index, 0) >= LINKED * len(unit.text)

    def trail(self, unit: Unit) -> tuple[str, ...]:
        """The links of a line that says where on the site a page is: "Home / People / Its own heading"; else none.

        Signs alone stand between the links, and behind them what the page is called.
        """
        if len(unit.text) > TRAIL or unit.index not in self.linked or unit.kind == "heading":
            return ()
        text = self._reading.text_of(self._reading.blocks[unit.index])
        steps: list[str] = []
        at = 0
        for start, end in sorted((link.start, link.end) for link in self._reading.links if link.block == unit.index):
            if not (_STEP.fullmatch(text, at, start) if steps else not text[:start].strip()):
                return ()
            steps.append(comparable(text[start:end]))
            at = end
        sign = _STEP.match(text, at)
        return tuple(steps) if sign and comparable(text[sign.end() :]).casefold() in self._names else ()

    @cached_property
    def _names(self) -> frozenset[str]:
        """What the page is called: its headings, and its title with what the site adds to it or without."""
        names = {unit.text for unit in self.units if unit.kind == "heading" or unit.role == "title"}
        title = comparable(self._reading.title or "")
        names |= {title, *(title[: sign.start()] for sign in _STEP.finditer(title))}
        return frozenset(name.casefold().strip() for name in names if len(name.strip()) > 1)

    @cached_property
    def links_by_shape(self) -> dict[str, list[int]]:
        """The places of all blocks that are links, by the kinds of element that they lie in."""
        found: dict[str, list[int]] = {}
        for unit in self.units:
            if self.is_link(unit):
                found.setdefault(shape(unit.path), []).append(unit.place)
        return found

    @cached_property
    def _comment_headings(self) -> list[int]:
        return [unit.place for unit in self.units if len(unit.text) <= MENU and furniture.opens_comments(unit.text)]

    def is_comment(self, unit: Unit) -> bool:
        """Whether a block stands below the heading of what readers wrote, in the element of that.

        Where that element holds the text as well, the heading has to count them, and they end at the next heading.
        """
        number = bisect_left(self._comment_headings, unit.place + 1) - 1
        if number < 0:
            return False
        container = common([self.units[self._comment_headings[number]].path, unit.path])
        first = self.prose[0] if self.prose else None
        if not (first and inside(first.path, container)):
            return container.count("/") > 2
        heading = self.units[self._comment_headings[number]]
        beside = heading.path.rpartition("/")[0] == container
        counted = heading.kind == "heading" and _COUNTED.search(heading.text) is not None
        if not beside or not counted or unit.kind not in {"paragraph", "quote"} or unit.index in self._telling:
            return False
        return not any(other.kind == "heading" for other in self.units[heading.place + 1 : unit.place + 1])

    @cached_property
    def _telling(self) -> frozenset[int | None]:
        """The blocks that tell a fact of the case."""
        return frozenset(fact.block for fact in self._reading.facts)

    def has_loose(self, container: str, loose: Set[int]) -> bool:
        """Whether one of these places lies in a container."""
        return any(inside(self.units[place].path, container) for place in loose)

    def is_headline(self, unit: Unit) -> bool:
        """Whether a block is a link with a headline's words, no name."""
        words = unit.text.count(" ") + 1
        return self.is_link(unit) and len(unit.text) >= HEADLINE and words >= HEADLINE_WORDS

    @cached_property
    def prose(self) -> list[Unit]:
        """The paragraphs of the main text."""
        return [
            unit
            for unit in self.units
            if unit.level == "main" and len(unit.text) >= PROSE and 3 * self.linked.get(unit.index, 0) < len(unit.text)
        ]

    @cached_property
    def written(self) -> int:
        """Characters of the main text that are paragraphs, or sentences where these are short."""
        sentences = sum(
            len(unit.text)
            for unit in self.units
            if unit.level == "main"
            and SENTENCE <= len(unit.text) < PROSE
            and unit.text.endswith((".", "!", "?", "…", "։", "»", "”"))
            and 3 * self.linked.get(unit.index, 0) < len(unit.text)
        )
        return sentences + sum(len(unit.text) for unit in self.prose)

    @cached_property
    def _prose_bounds(self) -> tuple[int, int]:
        return (self.prose[0].place, self.prose[-1].place) if self.prose else (len(self.units), -1)

    def amid_prose(self, unit: Unit) -> bool:
        """Whether a block stands between the paragraphs of the main text."""
        first, last = self._prose_bounds
        return first <= unit.place <= last

    def is_aside(self, unit: Unit) -> bool:
        """Whether a block stands beside the main text, or before or after its paragraphs."""
        return unit.level == "side" or (bool(self.prose) and not self.amid_prose(unit))

    def span(self, place: int, container: str) -> range:
        """The places around one that lie in a container: all of it, or of one that has more than GROUP the nearest."""
        known = self._spans.get(container)
        if known is not None and place in known:
            return known
        most = NEAR if container in self._vast else GROUP
        first = last = place
        while first > 0 and place - first < most and inside(self.units[first - 1].path, container):
            first -= 1
        while last + 1 < len(self.units) and last - place < most and inside(self.units[last + 1].path, container):
            last += 1
        if last - first >= most:
            self._vast.add(container)
        else:
            self._spans[container] = range(first, last + 1)
        return range(first, last + 1)

    def group(self, unit: Unit) -> Group | None:
        """The like items, each with a link in it, of which one holds this unit: teasers, entries; None where none."""
        path = unit.path
        for _ in range(5):
            above, _, step = path.rpartition("/")
            if above.count("/") < 2 or above in self._vast:
                return None
            item = self.span(unit.place, path)
            if len(item) > ITEM:
                return None
            if self._has_link(item):
                group = self._group(unit.place, above, step.split("[")[0])
                if len(group.items) >= 2:
                    return group
            path = above
        return None

    def _group(self, place: int, above: str, tag: str) -> Group:
        group = self._groups.get((above, tag))
        if group is None or place not in group.span:
            span = self.span(place, above)
            group = self._groups[above, tag] = Group(self, span, self._items(span, above, tag))
        return group

    def _items(self, span: range, above: str, tag: str) -> list[range]:
        """The children of a container that have one tag and a link, of which each is small."""
        found: list[range] = []
        start = span.start
        while start < span.stop:
            rest = self.units[start].path[len(above) + 1 :]
            child = f"{above}/{rest.split('/')[0]}" if rest else above
            stop = start + 1
            while stop < span.stop and inside(self.units[stop].path, child):
                stop += 1
            item = range(start, stop)
            if rest.split("[")[0] == tag and len(item) <= ITEM and self._has_link(item):
                found.append(item)
            start = stop
        return found

    def _has_link(self, item: range) -> bool:
        return any(self.is_link(self.units[place]) for place in item)
