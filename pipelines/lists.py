"""Lists on a page: of prisoners, of cases, of cards; who and what stands on them.

A list is made of elements of one kind, side by side: items, rows of a table, cards, paragraphs, the terms of a
definition list, the lines of one block, the items of a JSON array, the rows of a CSV file. What makes it one:

- most of its entries begin with the name of a person; three will do, wherever in the text they stand;
- or each of at least five leads to a page of its own, and they are what the page is about;
- or the site's definition calls the page a list: then its largest run of like elements is one.

Menus, teasers, tags and the like are none: nothing is taken from furniture. An entry is known by where it links to,
else by the name it bears. Numbers in front of it are not part of it.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from statistics import median
from typing import Final
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from pipelines.furniture import TELLING
from pipelines.names import latin_given
from pipelines.reading import Block, Level, Link, Reading, comparable
from pipelines.same_name import name_key

LEAST_PERSONS: Final = 3
LEAST_LINKS: Final = 5
SHARE_OF_NAMES: Final = 0.7
SHARE_OF_LINKS: Final = 0.8
KNOWN_NAMES: Final = 0.2
"""Share of names in Latin letters of which a given name is known: headlines may write each word with a capital."""
SHARE_OF_SHAPES: Final = 0.9
"""Share of entries that are two or three words with a capital each, where no given name is known."""
DATED: Final = 24
"""Characters of a number or a date beside such a name, at most."""
MAIN_MATTER: Final = 0.5
"""Share of the page's text from which a list of links is what the page is about."""
BESIDE: Final = 0.3
"""Share from which a list of persons is no furniture, though the page's main text is elsewhere."""
LINE: Final = 300
"""Characters of an entry's first block, in the median, from which it is prose."""
SHORT: Final = 60
"""Characters that may follow a name, in the median, where the paragraphs are too few to be a list by their number."""
SENTENCE: Final = 5
"""Words from which what ends in a full stop is one."""
LONG: Final = 1_000
"""Characters of an entry, in the median, from which it is known by its first block alone: the rest is text."""
HEAD: Final = 120
"""Characters of a block in which its name is looked for."""
DEPTH: Final = 40
"""Elements inside one another that are looked at."""
SAMPLE: Final = 40
LIST_KINDS: Final = frozenset({"list", "feed", "rest", "api", "download"})
"""Kinds of page that are lists by their site's definition (`spiders/kinds.py`)."""
BETWEEN: Final = " · "
"""Stands between the cells of an entry, where it is told as one text."""
ROWS: Final = 3
"""Lines of a text from which it may be a CSV file."""

_UPPER = r"[^\W\d_a-zа-яёіїєґў]"
_WORD = rf"{_UPPER}[\w\u0300-\u036f'’ʼ`‑-]+"
_INITIAL = rf"(?:{_UPPER}|Дж|Yu|Ya|Zh|Kh|Sh|Ts|Ch|Ye)\."
_PARTICLE = r"(?:[oO]g[hl]u|ogly|qizi|kyzy|огл[ыу]|кызы|кизи|уулу|ибн|ibn|al|аль|de|van|von|der|bin|бен|фон)(?!\w)"
_PART = rf"(?:{_WORD}|{_INITIAL}|{_PARTICLE})"
_NAME = re.compile(rf"(?:{_WORD}|{_INITIAL})(?:,? {_PART}|(?<=\.){_PART})(?: {_PART}|(?<=\.){_PART}){{0,3}}")
_ENDS_NAME = re.compile(
    r"\s*(?:\Z|[,;:([|/\n–—*†✝\d]|-\s|\.(?:\s|\Z)|(?:born|b\.|aged?|р\.|г\.|нар\.|род\.)\s)", re.IGNORECASE
)
_NUMBERING = re.compile(r"(?:№\s?\d{1,6}[.)]?|\d{1,6}\s?[.)](?!\d)|\(\d{1,6}\)|[•·*▪►–—-])\s*(?=[^\W\d_]|[«\"“])")
_BARE_NUMBER = re.compile(rf"\d{{1,5}}\s+(?={_UPPER}[\w'’ʼ-]+ {_UPPER})")
NUMBER: Final = re.compile(r"(?:№\s?)?(\d{1,6})[.)]?")
_INDEX = re.compile(r"(?<!/td)(?<!/th)(?<!/cell)\[\d+\]")
_ANY_INDEX = re.compile(r"\[\d+\]")
_POSTCODE = re.compile(r"(?<!\d)\d{5,6}(?!\d)")
_POSITION = re.compile(r"/\d+(?=/|\Z)")
_APART = re.compile(r"[^\w'-]+")
_TRACKING = re.compile(r"(?:utm_\w+|fbclid|gclid|yclid|_ga|phpsessid|sid|sessionid)\Z", re.IGNORECASE)
_LABELS: Final = frozenset(
    (
        *("name", "names", "date", "birth", "place", "status", "term", "sentence", "article", "articles", "court"),
        *("address", "prison", "case", "number", "charge", "charges", "current", "full", "criminal", "legal", "region"),
        *("detention", "arrest", "verdict", "city", "country", "category", "profession", "occupation", "age", "gender"),
        *("sex", "about", "contact", "contacts", "home", "news", "read", "more", "report", "reports", "law", "the"),
        *("new", "on", "of", "for", "and", "in", "how", "why", "what", "our", "us", "all", "by", "to", "with", "at"),
        *("additional", "further", "personal", "related", "support", "information", "details", "type", "letter"),
        *("description", "documents", "links", "source", "sources", "photo", "video", "annual", "monthly", "weekly"),
        *("сизо", "сізо", "сіза", "ик", "вк", "пк", "жк", "кп", "фку", "уфсин", "sizo", "siza", "ik", "pk"),
    )
)
"""Words that no name of a person has; labels and headlines that write each word with a capital do, and prisons."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a list."""

    link: str | None
    """What its link leads to, in the form in which links are compared; None where it has none of its own."""
    name: str
    """What it is called: the person's name, else the words of its first block."""
    person: bool
    """Whether it begins with a person's name."""
    cells: tuple[str, ...]
    """All its texts in compared form, without numbers in front."""
    first: int
    """Which of them has the name."""
    first_unit: int
    """The block, or line, that has it."""
    units: tuple[int, ...]
    """Its blocks, or lines of such: numbers of `PageLists.units`."""
    section: str
    """The heading that it stands under; '' for none."""
    level: Level
    path: str
    paragraph: int
    """Number, from 1, of its first block among those of its level."""

    @property
    def text(self) -> str:
        """All of it, in one line."""
        return BETWEEN.join(self.cells)

    @property
    def name_cell(self) -> str:
        """The text with the name."""
        return self.cells[self.first]

    @property
    def key(self) -> str:
        """What it is known by: its link, else its name."""
        return self.link or name_key(self.name)


@dataclass(frozen=True, slots=True)
class ListSeen:
    """One list of a page."""

    entries: tuple[Entry, ...]
    """In the page's order."""
    counted: bool
    """Whether each entry has its number in a cell of its own, which is left out."""
    slim: bool
    """Whether its entries are long texts, of which the block with the name alone is compared as the entry's."""


@dataclass(slots=True)
class Unit:
    """A block, a line of one or a cell of a CSV file: what entries are made of."""

    block: int
    text: str
    """Compared form."""
    path: str
    ends: tuple[int, ...]
    """Where each step of the path ends."""
    level: Level
    number: int
    """Of its block, from 1, among those of its level."""
    heading: bool
    links: tuple[str, ...] = ()
    linked: int = 0
    """Characters inside links."""
    name: str = ""
    """The person's name that it begins with."""
    rest: int = 0
    """Characters behind the name; -1 where the sentence goes on."""
    counted: bool = True
    """Whether a bare number in front is that of an entry, and not of a house."""

    @property
    def bare(self) -> str:
        """The text without the number in front."""
        return without_number(self.text) if self.counted else self.text


@dataclass(frozen=True, slots=True)
class PageLists:
    """The lists of a page, and what else stands on it."""

    lists: tuple[ListSeen, ...]
    """In document order."""
    units: tuple[Unit, ...]
    """All that is no furniture, in document order."""

    @property
    def entries(self) -> list[Entry]:
        """Those of all lists."""
        return [entry for one in self.lists for entry in one.entries]

    @property
    def outside(self) -> list[Unit]:
        """What is of no list."""
        owned = {number for entry in self.entries for number in entry.units}
        return [unit for number, unit in enumerate(self.units) if number not in owned]

    def alone(self) -> Iterator[Entry]:
        """What stands beside the lists like an entry of one: a line that is a name or a link; its cells are not told.

        The last page of a list may have one entry.
        """
        for number, unit in enumerate(self.outside):
            person = bool(unit.name) and unit.rest >= 0
            if person or (unit.links and 2 * unit.linked >= len(unit.text)):
                link = unit.links[0] if unit.links else None
                name = unit.name if person else unit.bare[:LINE]
                yield Entry(link, name, person, (), 0, number, (), "", unit.level, unit.path, unit.number)


def lists_of(reading: Reading) -> PageLists:
    """The lists of a page."""
    units = tuple(_units(reading))
    _tell_houses(units)
    is_list = reading.sight is not None and reading.sight.kind in LIST_KINDS
    named = sum(bool(unit.name) for unit in units)
    linked = sum(bool(unit.links) for unit in units)
    if len(units) < LEAST_PERSONS or not (is_list or named >= LEAST_PERSONS or linked >= LEAST_LINKS):
        return PageLists((), units)
    pictures = [picture.path for picture in reading.pictures if picture.furniture is None]
    finder = _Finder(units, pictures, is_list=is_list)
    return PageLists(tuple(finder.lists()), units)


# --- names and links --------------------------------------------------------------------------------------------------


def without_number(text: str) -> str:
    """A text without the number, or the dash, that a list puts in front of it."""
    match = _NUMBERING.match(text) or _BARE_NUMBER.match(text)
    return text[match.end() :] if match else text


def leading_name(text: str) -> tuple[str, int]:
    """The person's name that a text begins with, as far as capitals tell, and how many characters follow it.

    -1 where a sentence goes on: "Ivan Petrov went home" is a headline.
    """
    name, end = _leading_name(text[:HEAD])
    return name, len(text) - end if end > 0 else end


# what stays on a page is read in each of two readings
@lru_cache(8192)
def _leading_name(text: str) -> tuple[str, int]:
    """The name that a text begins with, and where it ends; 0 where there is none, -1 where a sentence goes on."""
    head = without_number(text)
    match = _NAME.match(head)
    if match is None:
        return "", 0
    if _BARE_NUMBER.match(text) and _POSTCODE.search(head):
        return "", 0  # the number of a house: "5 Harbour Lane, Lipovets 111020"
    name = match.group().strip()
    words = _APART.split(name.lower())
    if not _LABELS.isdisjoint(words) or any(map(str.isdigit, name)):
        return "", 0
    if any(word[0].islower() and not _IS_PARTICLE(word) for word in name.split()) and not _GEORGIAN.fullmatch(name):
        return "", 0
    end = len(text) - len(head) + match.end()
    return name.rstrip(","), end if _ENDS_NAME.match(head, match.end()) else -1


_IS_PARTICLE = re.compile(_PARTICLE).match
# Georgian has no capitals in use: a name is known by how surnames end
_GEORGIAN = re.compile(
    r"(?:[\u10d0-\u10fa]+ ){1,2}[\u10d0-\u10fa]+(?:ძე|შვილი|ავა|აია|უა|ური|ული|ელი|იანი|ოვი|ევი|სკი)"
    r"|[\u10d0-\u10fa]+(?:ძე|შვილი) [\u10d0-\u10fa]+"
)


@lru_cache(8192)
def link_key(target: str, page: str) -> str | None:
    """What a link leads to, as links are compared; None for what is no page: the page itself, a telephone number."""
    try:
        parts, own = urlsplit(target), urlsplit(page)
    except ValueError:
        return None
    if parts.scheme not in {"http", "https", ""}:
        return None
    host, home = (one.netloc.lower().removeprefix("www.") for one in (parts, own))
    path = unquote(parts.path).rstrip("/")
    query = _query(parts.query)
    if host == home and path == unquote(own.path).rstrip("/") and query == _query(own.query):
        return f"#{unquote(parts.fragment)}" if parts.fragment else None
    return f"{'' if host == home else '//' + host}{path or '/'}{'?' + query if query else ''}"


def _query(query: str) -> str:
    if not query:
        return ""
    return urlencode(sorted(pair for pair in parse_qsl(query, keep_blank_values=True) if not _TRACKING.match(pair[0])))


# --- what entries may be made of --------------------------------------------------------------------------------------


def _units(reading: Reading) -> Iterator[Unit]:
    links: dict[int, list[Link]] = {}
    for link in reading.links:
        links.setdefault(link.block, []).append(link)
    numbers = {"main": 0, "side": 0}
    addresses = {
        block.path.rsplit("/", 1)[0]: block.text
        for block in reading.blocks
        if block.furniture == "link" and not block.path.startswith("/html")
    }
    for index, block in enumerate(reading.blocks):
        numbers[block.level] += 1
        if not _is_eligible(block):
            continue
        text = reading.text_of(block)
        own = links.get(index, [])
        for path, start, end, line in _lines(block, text, own):
            compared = reading.forms[index] if line is text else comparable(line)
            if not compared:
                continue
            inside = [link for link in own if start <= link.start < max(end, start + 1)] if own else []
            unit = Unit(index, compared, path, _ends(path), block.level, numbers[block.level], block.kind == "heading")
            targets = [link.target for link in inside]
            if addresses and (said := addresses.get(path.rsplit("/", 1)[0]) or addresses.get(path.rsplit("/", 2)[0])):
                targets.append(said)
            keys = [link_key(target, reading.url) for target in targets]
            unit.links = tuple(dict.fromkeys(key for key in keys if key is not None))
            unit.linked = sum(link.end - link.start for link in inside)
            unit.name, unit.rest = _name_on_first_line(line, compared) or leading_name(compared)
            if unit.rest < 0 and _ends_at_link(unit.name, line, [link.start - start for link in inside]):
                unit.rest = len(compared) - len(unit.name)
            yield unit


def _tell_houses(units: Sequence[Unit]) -> None:
    """A bare number that no other goes on from counts no entries, and belongs to what is said: "12 Harbour Street".

    Nor is what follows a name, unless the page has several: numbers of a register have gaps.
    """
    numbered = [(unit, int(match[0])) for unit in units if unit.name and (match := _BARE_NUMBER.match(unit.text))]
    numbers = {number for _, number in numbered}
    alone = [unit for unit, number in numbered if numbers.isdisjoint((number - 1, number + 1))]
    for unit in alone:
        unit.counted = False
        if len(alone) < LEAST_PERSONS:
            unit.name, unit.rest = "", 0


def _name_on_first_line(text: str, compared: str) -> tuple[str, int] | None:
    """The name that fills the first of several lines, or ends in it, and how many characters follow; else None."""
    first, _, others = text.partition("\n")
    if not others:
        return None
    head = comparable(first)
    name, rest = leading_name(head)
    return (name, rest + len(compared) - len(head)) if name and rest >= 0 else None


def _ends_at_link(name: str, line: str, links: Iterable[int]) -> bool:
    """Whether a link begins right behind a name: "Ivan Petrov more"."""
    heads = (comparable(without_number(comparable(line[:start]))) for start in links if 0 < start <= HEAD)
    return any(head.rstrip(" ,") == name for head in heads)


def _is_eligible(block: Block) -> bool:
    if block.role == "title":
        return False
    return block.level == "main" or block.furniture is None or block.furniture in TELLING


@lru_cache(8192)
def _ends(path: str) -> tuple[int, ...]:
    ends = [match.start() for match in re.finditer("/", path)][1 : DEPTH + 1]
    return (*ends, len(path))


def _lines(block: Block, text: str, links: Sequence[Link]) -> Iterator[tuple[str, int, int, str]]:
    """(path, start, end, text) of what of a block stands for itself: its lines, where they are a list, else all."""
    if text.count("\n") >= ROWS - 1:
        if block.kind == "preformatted" and (rows := _rows(text)):
            for row, cells in enumerate(rows, 1):
                for column, cell in enumerate(cells, 1):
                    yield f"{block.path}/row[{row}]/cell[{column}]", 0, 0, cell
            return
        lines = text.split("\n")
        if _are_entries(lines, links):
            start = 0
            for number, line in enumerate(lines, 1):
                yield f"{block.path}/line[{number}]", start, start + len(line), line
                start += len(line) + 1
            return
    yield block.path, 0, len(text), text


def _are_entries(lines: Sequence[str], links: Sequence[Link]) -> bool:
    """Whether the lines of a block begin with names, or are a link each."""
    said = [line for line in map(comparable, lines) if line]
    if len(said) < LEAST_PERSONS:
        return False
    if sum(leading_name(line)[1] >= 0 and bool(leading_name(line)[0]) for line in said) >= SHARE_OF_NAMES * len(said):
        return True
    return len(said) >= LEAST_LINKS and len(links) >= SHARE_OF_LINKS * len(said)


def _rows(text: str) -> list[list[str]]:
    """The rows of a CSV file; none where the text is no such."""
    head = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)
    if not head.count(delimiter):
        return []
    try:
        rows = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if row]
    except csv.Error:
        return []
    width = Counter(map(len, rows)).most_common(1)[0]
    return rows if len(rows) >= ROWS and width[0] > 1 and width[1] >= 0.9 * len(rows) else []


# --- which of it are lists --------------------------------------------------------------------------------------------


class _Finder:
    """Finds the lists among the units of one page."""

    def __init__(self, units: Sequence[Unit], pictures: Sequence[str], *, is_list: bool) -> None:
        self.units = units
        self.pictures = pictures
        self.is_list = is_list
        self.total = sum(len(unit.text) for unit in units)
        self.named = [bool(unit.name) and unit.rest >= 0 for unit in units]
        self.linked = [bool(unit.links) and 2 * unit.linked >= len(unit.text) for unit in units]
        self.owner: dict[int, int] = {}
        """Number of the list that a unit, by its number, is of."""
        self.templates: list[str] | None = None
        self.within: dict[int, dict[str, list[int]]] = {}
        """By depth and element at it, the units inside."""
        self.lengths = [len(unit.text) for unit in units]
        self.found: list[tuple[list[list[int]], dict[int, int]]] = []
        """Lists: the units of each entry, and by number of entry which of them has the name."""

    def lists(self) -> list[ListSeen]:
        for persons in (True, False):
            if not persons and self.found and not self.is_list:
                break
            signed = self._signed(persons=persons)
            if len(signed) < (LEAST_PERSONS if persons else SHARE_OF_LINKS * LEAST_LINKS):
                continue
            self._take(self._by_template(), persons=persons)
            left = [number for number in signed if number not in self.owner]
            if len(left) >= (LEAST_PERSONS if persons else SHARE_OF_LINKS * LEAST_LINKS):
                self._take(self._by_place(left, persons=persons), persons=persons)
        if self.is_list and not self.found:
            self._take_largest()
        sections = self._sections()
        seen = [self._seen(entries, sections) for entries, _ in self.found]
        return sorted(seen, key=lambda one: one.entries[0].units[0])

    def _signed(self, *, persons: bool) -> list[int]:
        """What is a name, or a link, and of no list yet."""
        signs = self.named if persons else self.linked
        return [number for number, sign in enumerate(signs) if sign and number not in self.owner]

    def _by_template(self) -> dict[str, list[int]]:
        """Units in like places all over the page; the columns of a table apart."""
        if self.templates is None:
            self.templates = [_template_of(unit.path) for unit in self.units]
        groups: dict[str, list[int]] = {}
        for number, template in enumerate(self.templates):
            if number not in self.owner:
                groups.setdefault(template, []).append(number)
        return groups

    def _by_place(self, signed: Sequence[int], *, persons: bool) -> dict[str, list[int]]:
        """Units that differ in one step of their path alone; those groups that have names, or links, enough."""
        counts = Counter(place for number in signed for place in _places_of(self.units[number].path))
        needed = LEAST_PERSONS if persons else SHARE_OF_LINKS * LEAST_LINKS
        groups: dict[str, list[int]] = {place: [] for place, count in counts.items() if count >= needed}
        if not groups:
            return groups
        for number, unit in enumerate(self.units):
            if number not in self.owner:
                for place in _places_of(unit.path):
                    if place in groups:
                        groups[place].append(number)
        return groups

    def _take(self, groups: Mapping[str, list[int]], *, persons: bool) -> None:
        least = LEAST_PERSONS if persons else LEAST_LINKS
        # fewer than so many names, or links, make no list of any: most groups have none
        sign, needed = (self.named, LEAST_PERSONS) if persons else (self.linked, SHARE_OF_LINKS * LEAST_LINKS)
        fit = [some for some in groups.values() if len(some) >= least and sum(sign[n] for n in some) >= needed]
        for some in sorted(fit, key=lambda some: (-self._length(some), some[0])):
            free = [number for number in some if number not in self.owner]
            firsts = self._alike(self._firsts(free), persons=persons)
            if len(firsts) < least:
                continue
            if self._are_persons(firsts) if persons else self._are_links(firsts):
                self._enter(self._without_prose(firsts) if persons else firsts)

    def _take_largest(self) -> None:
        groups = [self._firsts(some) for some in self._by_template().values() if len(some) >= LEAST_LINKS]
        fit = [some for some in groups if len(some) >= LEAST_LINKS and self._median(some) <= LINE]
        best = max(fit, key=lambda some: (self._length(some), -some[0]), default=None)
        if best is not None and self._length(best) >= 0.3 * self.total:
            self._enter(best)

    def _length(self, numbers: Iterable[int]) -> int:
        return sum(self.lengths[number] for number in numbers)

    def _median(self, numbers: Sequence[int]) -> float:
        return median(self.lengths[number] for number in numbers)

    def _firsts(self, numbers: Sequence[int]) -> list[int]:
        """Of several in one element the first: what follows a name after a nested element belongs to it."""
        firsts: dict[str, int] = {}
        for number in numbers:
            firsts.setdefault(self.units[number].path, number)
        return list(firsts.values())

    def _alike(self, numbers: Sequence[int], *, persons: bool) -> list[int]:
        """Those of containers of which half at least are entries: a card may be made like the list beside it.

        Of names it is more than half: a label with its value below it may be "Held at" and "Lipovets, Harbour Lane".
        """
        if not numbers:
            return []
        depth = self._depth(numbers)
        containers: dict[str, list[int]] = {}
        for number in numbers:
            containers.setdefault(self._prefix(number, depth - 1) if depth else "", []).append(number)
        if len(containers) == 1:
            return list(numbers)
        fit = [
            some
            for some in containers.values()
            if 2 * sum(self._may_be(n, persons=persons) for n in some) >= len(some) + persons
        ]
        return [number for some in fit for number in some]

    def _may_be(self, number: int, *, persons: bool) -> bool:
        unit = self.units[number]
        return bool(unit.name) and unit.rest >= 0 if persons else bool(unit.links)

    def _is_placed(self, numbers: Sequence[int], share: float) -> bool:
        main = sum(self.units[number].level == "main" for number in numbers)
        return self.is_list or 2 * main >= len(numbers) or self._length(numbers) >= share * self.total

    def _without_prose(self, numbers: Sequence[int]) -> list[int]:
        """Of paragraphs that begin with names, those alone that are no sentences about something else."""
        return [n for n in numbers if self.units[n].name or not _is_prose(self.units[n].text)]

    def _are_persons(self, numbers: Sequence[int]) -> bool:
        units = [self.units[number] for number in numbers]
        named = [unit for unit in units if unit.name and unit.rest >= 0]
        if len(named) < max(LEAST_PERSONS, SHARE_OF_NAMES * len(units)) or self._median(numbers) > LINE:
            return False
        if len(named) < LEAST_LINKS and median(unit.rest for unit in named) > SHORT:
            return False
        if not self._is_placed(numbers, BESIDE):
            return False
        return _are_names([unit.name for unit in named[:SAMPLE]]) or self._are_shaped(numbers)

    def _are_shaped(self, numbers: Sequence[int]) -> bool:
        """Whether entries are names by their shape, however rare: two or three words, no more, one an entry.

        And beside them stands what a register of persons has: a number, a year, a photograph of each. Or the page is a
        list by definition.
        """
        units = [self.units[number] for number in numbers]
        if len(units) < LEAST_LINKS or len({unit.name for unit in units}) < SHARE_OF_LINKS * len(units):
            return False
        shaped = sum(
            (not unit.rest or _tells_number(unit)) and 2 <= len(unit.name.split()) <= 3 and not unit.name.isupper()
            for unit in units
            if unit.name
        )
        if shaped < SHARE_OF_SHAPES * len(units):
            return False
        if self.is_list:
            return True
        own = set(numbers)
        beside = ((self.units[n].text for n in some if n not in own) for some in self._around(numbers))
        dated = sum(
            _tells_number(unit) or any(len(text) <= DATED and any(map(str.isdigit, text)) for text in texts)
            for unit, texts in zip(units, beside, strict=True)
        )
        return max(dated, self._pictured(numbers)) >= SHARE_OF_LINKS * len(units)

    def _pictured(self, numbers: Sequence[int]) -> int:
        """How many have one picture of their own."""
        depth = self._depth(numbers)
        inside = Counter(path[: ends[depth]] for path in self.pictures if len(ends := _ends(path)) > depth)
        return sum(inside[self._prefix(number, depth)] == 1 for number in numbers)

    def _are_links(self, numbers: Sequence[int]) -> bool:
        units = [self.units[number] for number in numbers]
        linked = [unit for unit in units if unit.links and 2 * unit.linked >= len(unit.text)]
        least = SHARE_OF_LINKS * len(units)
        if len(linked) < least or len({unit.links[0] for unit in linked}) < least:
            return False
        if self._median(numbers) < 4 or self._median(numbers) > LINE:
            return False
        if self.is_list:
            return True
        around = self._around(numbers)
        return self._length(n for some in around for n in some) >= MAIN_MATTER * self.total

    def _enter(self, numbers: Sequence[int]) -> None:
        entries = self._around(numbers)
        for some in entries:
            self.owner.update(dict.fromkeys(some, len(self.found)))
        self.found.append((entries, {}))

    def _around(self, numbers: Sequence[int]) -> list[list[int]]:
        """The units of each entry, that with the name first: all within the outermost element that has but one name."""
        depth = self._depth(numbers)
        entries: list[list[int]] = [[number] for number in numbers]
        prefixes = {self._prefix(number, depth): place for place, number in enumerate(numbers)}
        own = set(numbers)
        terms = {path.rsplit("/", 1)[0] for path in prefixes if path.rsplit("/", 1)[1].startswith("dt")}
        if not terms:
            within = self._within(depth)
            for prefix, at in prefixes.items():
                entries[at] += [n for n in within[prefix] if n not in own and n not in self.owner]
            return entries
        last: int | None = None
        for number, unit in enumerate(self.units):
            place = prefixes.get(self._prefix(number, depth)) if len(unit.ends) > depth else None
            if place is not None:
                last = place
                if number not in own and number not in self.owner:
                    entries[place].append(number)
            elif last is not None and len(unit.ends) > depth and number not in self.owner:
                step = self._prefix(number, depth).rsplit("/", 1)
                if step[0] in terms and step[1].startswith("dd"):
                    entries[last].append(number)
        return entries

    def _depth(self, numbers: Sequence[int]) -> int:
        depths = min(len(self.units[number].ends) for number in numbers)
        # what is apart at a depth is apart below it
        low, high = 0, depths - 1
        while low < high:
            depth = (low + high) // 2
            if len({self._prefix(number, depth) for number in numbers}) == len(numbers):
                high = depth
            else:
                low = depth + 1
        return low

    def _within(self, depth: int) -> dict[str, list[int]]:
        """By element at a depth, the units inside it, in document order."""
        if depth not in self.within:
            found: dict[str, list[int]] = {}
            for number, unit in enumerate(self.units):
                if len(unit.ends) > depth:
                    found.setdefault(unit.path[: unit.ends[depth]], []).append(number)
            self.within[depth] = found
        return self.within[depth]

    def _prefix(self, number: int, depth: int) -> str:
        unit = self.units[number]
        return unit.path[: unit.ends[depth]]

    def _sections(self) -> list[str]:
        """By number of unit, the heading that it stands under."""
        sections, section = [], ""
        for number, unit in enumerate(self.units):
            if unit.heading and number not in self.owner:
                section = unit.text
            sections.append(section)
        return sections

    def _seen(self, entries: Sequence[Sequence[int]], sections: Sequence[str]) -> ListSeen:
        counts = Counter(
            key for some in entries for key in dict.fromkeys(link for n in some for link in self.units[n].links)
        )
        counted = self._counted(entries)
        made = [self._entry(some, counts, counted, sections) for some in entries]
        slim = median(sum(map(len, entry.cells)) for entry in made) > LONG
        return ListSeen(tuple(made), counted, slim)

    def _counted(self, entries: Sequence[Sequence[int]]) -> bool:
        """Whether entries begin with their number in a cell of its own."""
        numbers = []
        for some in entries:
            match = NUMBER.fullmatch(self.units[min(some)].text)
            numbers.append(int(match[1]) if match else None)
        steps = sum(one is not None and other is not None and abs(other - one) == 1 for one, other in pairwise(numbers))
        return len(numbers) > 1 and steps >= SHARE_OF_LINKS * (len(numbers) - 1)

    def _entry(self, some: Sequence[int], counts: Mapping[str, int], counted: bool, sections: Sequence[str]) -> Entry:
        first, in_order = self.units[some[0]], sorted(some)
        links = [*first.links, *(link for n in in_order for link in self.units[n].links)]
        numbered = counted and in_order[0] != some[0] and NUMBER.fullmatch(self.units[in_order[0]].text)
        shown = in_order[1:] if numbered else in_order
        cells = tuple(self.units[n].bare if n == some[0] else self.units[n].text for n in shown)
        person = bool(first.name) and first.rest >= 0
        return Entry(
            link=next((link for link in links if counts[link] == 1), None),
            name=first.name if person else first.bare[:LINE],
            person=person,
            cells=cells,
            first=shown.index(some[0]),
            first_unit=some[0],
            units=tuple(in_order),
            section=sections[in_order[0]],
            level=first.level,
            path=first.path,
            paragraph=first.number,
        )


@lru_cache(1024)
def _any_of(step: str) -> str | None:
    """A step of a path with its number left out; None where it has none."""
    step = _ANY_INDEX.sub("[*]", step)
    step = "/#" if step[1:].isdecimal() else step
    return step if step.endswith(("[*]", "/#")) else None


def _tells_number(unit: Unit) -> bool:
    """Whether what follows a name in its line is short and has a number: "Arseny Polyansky, Lipovets, 5 years"."""
    return 0 < unit.rest <= SHORT and any(map(str.isdigit, unit.text[-unit.rest :]))


@lru_cache(8192)
def _template_of(path: str) -> str:
    """A path without its numbers, but those of columns."""
    return _INDEX.sub("", path if path.startswith("/html") else _POSITION.sub("/#", path))


@lru_cache(2048)
def _places_of(path: str) -> tuple[str, ...]:
    """A path with the number of one of its steps left out, for each that has one."""
    places, start = [], 0
    is_json = not path.startswith("/html")
    for end in _ends(path):
        step = _any_of(path[start:end])
        if step is None and is_json and end < len(path):
            step = "/*"  # the keys of a map may be its entries' names
        if step is not None:
            places.append(path[:start] + step + path[end:])
        start = end
    return tuple(places)


def _is_prose(text: str) -> bool:
    return len(text.split()) >= SENTENCE and text.rstrip('"»”)').endswith((".", "!", "?", ":", "…", ";"))


def _are_names(names: Sequence[str]) -> bool:
    """Whether what is written as names are is some: in Latin letters, headlines and labels may be written so too."""
    latin = [name for name in names if name[0].isascii() or name[0] < "Ͱ"]
    if 2 * len(latin) < len(names):
        return True
    known = sum(any(latin_given(word) is not None for word in name.replace(",", " ").split()) for name in latin)
    return known >= KNOWN_NAMES * len(latin)
