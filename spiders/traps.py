"""TrapGuard: what an address without end is known by, and where a crawl stops asking for more of it.

A trap is found out by its pages. Each address is in a few families (`spiders/trap_shapes.py`); a family whose pages,
found on one another, name nothing that they did not name before and say nothing that they did not say before, so many
times in a row, is a trap, and its addresses are refused from then on: as long as they are found on its own pages.
What a page outside of the family names, what a feed or a sitemap lists and what a person wrote is fetched all the
same, and if it turns out to say something new the family gets another chance.

So a legitimate list of a thousand pages passes, even where a sitemap named each of its entries already: what counts
is what the list itself has named before, not what the crawl knows. So does a chain of a thousand cards.

Nothing here asks the network or the clock; the same pages in the same order give the same verdicts. Memory is
bounded: what was learnt longest ago is forgotten first, which costs a trap a few more pages and loses none.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from hashlib import blake2b
from itertools import pairwise
from typing import Final
from urllib.parse import unquote

from spiders.definition import SiteDefinition
from spiders.trap_shapes import (
    COPIES,
    COPIES_LIMIT,
    FACETED,
    FACETED_LIMIT,
    MAZE,
    PREFIX,
    RECURSIVE,
    SESSION,
    TOKEN,
    Family,
    address_of,
    circular,
    families_of,
    folder_of,
    is_page_number,
    shape_of,
    skeleton,
    split,
    undated,
)

BEGINS: Final = 8
"""Pages of a family, found on one another, before what they say is looked at."""
LOOKED_AT: Final = 4
"""One page of so many is looked at while the last one that was brought something: looking takes as long as all the rest
that is done with a page."""
NEW_WORDS: Final = 3
"""Pairs of neighbouring words."""
COMBINATIONS: Final = 100
"""Different combinations of parameters below which a list is not called faceted."""
COMBINED: Final = 4
"""So many times as many combinations as values of any one of the parameters make a list a faceted one. Two languages
of a thousand pages make two, the sections and years of an archive that go together two or three."""
TURNED: Final = 50
"""Paths of one folder that hold the segments of another one in another order."""
GROWN: Final = 20
"""Copies of pages found below copies, in a row, after which what is below a copy is refused."""
SAME_UNDER_OTHER_ID: Final = 5
"""Copies of pages under another random part, in a row, after which each page is fetched under one alone."""

_FAMILIES: Final = 10_000
_SEEN: Final = 200_000
_PAGES: Final = 50_000
_FACETS: Final = 2_000
_LISTS: Final = 500
_READ: Final = 256 << 10
"""Octets of a page that are looked at."""


@dataclass(slots=True)
class _Evidence:
    """What the pages of a family showed."""

    pages: int = 0
    """Read so far, of those that were found on another page of the family."""
    run: int = 0
    """How many of them in a row, the last one among them, brought nothing new."""
    longest: int = 0
    seen: set[int] = field(default_factory=set)


@dataclass(slots=True)
class _Facets:
    """The parameters of one path, as its addresses combine them."""

    combinations: set[int] = field(default_factory=set)
    values: dict[str, set[int]] = field(default_factory=dict)

    @property
    def combine(self) -> bool:
        """Whether there are many more combinations than values."""
        several = [len(values) for values in self.values.values() if len(values) > 1]
        count = len(self.combinations)
        return len(several) > 1 and count >= COMBINATIONS and count >= COMBINED * max(several)


@dataclass(slots=True)
class _Orders:
    """The paths below one folder, whatever the order of their segments."""

    paths: dict[int, int] = field(default_factory=dict)
    """Of the segments in order of the alphabet, the path that was found first."""
    turned: int = 0
    """How many of the paths hold the segments of an earlier one in another order."""


class TrapGuard:
    """What one crawl learns about the traps of one site."""

    def __init__(self, site: SiteDefinition, *, today: date | None = None) -> None:
        """`today`: the day from which a calendar's future is counted; None: this one."""
        self._today = today or datetime.now(UTC).date()
        # pages that are seen with a browser may be the same shell each time
        self._sees_copies = not site.browser
        self._families: OrderedDict[Family, _Evidence] = OrderedDict()
        self._seen = 0
        self._shapes: OrderedDict[str, _Evidence] = OrderedDict()
        self._facets: OrderedDict[str, _Facets] = OrderedDict()
        self._orders: OrderedDict[str, _Orders] = OrderedDict()
        self._texts: OrderedDict[int, None] = OrderedDict()
        """Last segment and words of each page."""
        self._copies: OrderedDict[int, None] = OrderedDict()
        """Pages that say what another one with the same last segment says, and lie deeper."""
        self._grown = 0
        """How many pages below such a copy, in a row, were copies themselves."""
        self._skeletons: OrderedDict[str, tuple[int, int]] = OrderedDict()
        """Addresses without their random parts: whose they were first, and what words were there."""
        self._same = 0

    # -- what is asked

    def judge(self, url: str, *, via: str | None, kind: str | None, hops: str) -> str | None:
        """Why an address that was found on the page `via` is not to be fetched; None when it is.

        It may be asked again, when the page's turn comes: many addresses of a trap are found before it is known for
        one. A seed, and what a feed, a sitemap or an interface lists (`hops` ends in M), is never a trap.
        """
        if via is None or hops.endswith("M") or kind == "requisite":
            return None
        if (round_about := circular(url)) is not None:
            return _reason(*round_about)
        facets = self._count_facets(url)
        turned = self._count_orders(url)
        # who wrote down what kind of page this is knows that there are such pages
        patience = 1 if kind in _UNDECLARED else 4
        of_via = families_of(via, self._today)
        for family in families_of(url, self._today):
            if family not in of_via or (evidence := self._families.get(family)) is None:
                continue
            if turned and family.name == MAZE:
                family_name, limit = FACETED, FACETED_LIMIT
            else:
                family_name, limit = family.name, family.limit
            if evidence.run >= limit * patience and (facets or family.name != FACETED):
                return _reason(family_name, family.shape)
        shape = self._shapes.get(shape_of(url))
        if shape is not None and shape.run >= COPIES_LIMIT * patience:
            return _reason(COPIES, shape_of(url))
        return self._judge_growth(url, via) or self._judge_session(url)

    def looked_into(self, url: str, links: Sequence[str], *, via: str | None = None, page: str | bytes = b"") -> None:
        """A page was read: `links` are all addresses on it, `page` its HTML, `via` the page that it was found on."""
        octets = (page.encode("utf-8", "replace") if isinstance(page, str) else page)[:_READ]
        content = _Content(url, octets)
        of_via = () if via is None else families_of(via, self._today)
        own = [family for family in families_of(url, self._today) if family in of_via]
        if own:
            self._weigh(url, own, links, content)
        self._look_for_copies(url, octets)
        self._look_for_growth(url, via, content)
        self._look_for_session(url, content)

    def restore(self, refused: Iterable[tuple[str, str]]) -> None:
        """Take up what an interrupted run knew: addresses that it refused as traps, each with the reason."""
        for url, reason in refused:
            if not reason.startswith(PREFIX):
                continue
            for family in families_of(url, self._today):
                if reason in (_reason(family.name, family.shape), _reason(FACETED, family.shape)):
                    self._evidence(family).run = family.limit
                    self._evidence(family).pages = family.limit
            if reason == _reason(COPIES, shape_of(url)):
                self._shapes.setdefault(shape_of(url), _Evidence()).run = COPIES_LIMIT

    @property
    def longest(self) -> dict[str, int]:
        """The longest run without anything new of any family, by name: how near a site came to being cut."""
        runs: dict[str, int] = {}
        for family, evidence in self._families.items():
            name = f"{family.name}, {family.by}, {family.limit}"
            runs[name] = max(runs.get(name, 0), evidence.longest)
        for evidence in self._shapes.values():
            runs[COPIES] = max(runs.get(COPIES, 0), evidence.longest)
        return runs

    # -- families

    def _weigh(self, url: str, own: Sequence[Family], links: Sequence[str], content: _Content) -> None:
        pending = []
        for family in own:
            evidence = self._evidence(family)
            evidence.pages += 1
            if evidence.pages > BEGINS and (evidence.run or evidence.pages % LOOKED_AT == 0):
                pending.append((family, evidence))
        if not pending:
            return
        counted = self._counted(url, links)
        for family, evidence in pending:
            outside = [mark for link, mark in counted if family not in families_of(link, self._today)]
            before = len(evidence.seen)
            if _is_new(family, evidence.seen, outside, content):
                evidence.run = 0
            else:
                evidence.run += 1
                evidence.longest = max(evidence.longest, evidence.run)
            self._seen += len(evidence.seen) - before
        while self._seen > _SEEN and len(self._families) > 1:
            _, forgotten = self._families.popitem(last=False)
            self._seen -= len(forgotten.seen)

    def _evidence(self, family: Family) -> _Evidence:
        evidence = self._families.get(family)
        if evidence is None:
            evidence = self._families[family] = _Evidence()
            if len(self._families) > _FAMILIES:
                _, forgotten = self._families.popitem(last=False)
                self._seen -= len(forgotten.seen)
        else:
            self._families.move_to_end(family)
        return evidence

    def _counted(self, url: str, links: Sequence[str]) -> list[tuple[str, int]]:
        """The links that can be news, each with the mark that it is remembered by.

        Not those that hold the page's own number or date or address (print this, share this, tell a friend), not
        those to pages that are copies of one another.
        """
        here = _path_of(url)
        own = set(re.findall(r"\d+", here))
        host = address_of(url).host
        found = []
        for link in links:
            shape = self._shapes.get(shape_of(link))
            if shape is not None and shape.run >= COPIES_LIMIT // 4:
                continue
            address = address_of(link)
            text = undated(link) if address.host == host else f"{address.host}{address.path}"
            if len(here) > 1 and here in unquote(link.partition("?")[2]):
                continue
            text = re.sub(r"\d+", lambda found: "N" if found[0] in own else found[0], TOKEN.sub("~", text))
            found.append((link, _mark(text)))
        return found

    # -- faceted lists

    def _count_facets(self, url: str) -> bool:
        """Count the combination; whether the address is one of many, and combines something itself."""
        address = address_of(url)
        pairs = [(name, value) for name, value in address.query if value and not is_page_number(name)]
        if len(pairs) < 2:
            return False
        path = f"{address.host}{address.path}"
        facets = self._facets.get(path)
        if facets is None:
            facets = self._facets[path] = _Facets()
            if len(self._facets) > _LISTS:
                self._facets.popitem(last=False)
        if len(facets.combinations) < _FACETS:
            facets.combinations.add(_mark(repr(sorted(pairs))))
            for name, value in pairs:
                facets.values.setdefault(re.sub(r"\d+", "N", name), set()).add(_mark(value))
        return facets.combine

    def _count_orders(self, url: str) -> bool:
        """Whether the paths of the address's folder are filters in any order: `/a/b/` and `/b/a/`, many times."""
        address = address_of(url)
        segments = [segment for segment in address.segments if segment]
        if len(segments) < 3:
            return False
        tree = f"{address.host}/{segments[0]}"
        orders = self._orders.get(tree)
        if orders is None:
            orders = self._orders[tree] = _Orders()
            if len(self._orders) > _LISTS:
                self._orders.popitem(last=False)
        if orders.turned < TURNED and len(orders.paths) < _FACETS:
            path = _mark(address.path)
            first = orders.paths.setdefault(_mark("/".join(sorted(segments))), path)
            orders.turned += first != path
        return orders.turned >= TURNED

    # -- copies

    def _look_for_copies(self, url: str, octets: bytes) -> None:
        shape = shape_of(url)
        if not self._sees_copies or not octets or not ("N" in shape or "~" in shape):
            return
        evidence = self._shapes.get(shape)
        if evidence is None:
            evidence = self._shapes[shape] = _Evidence()
            if len(self._shapes) > _FAMILIES:
                self._shapes.popitem(last=False)
        else:
            self._shapes.move_to_end(shape)
        evidence.pages += 1
        if evidence.pages <= BEGINS:
            return
        own = split(url).path.encode()
        bare = _RANDOM.sub(b"", octets.replace(own, b"") if len(own) > 3 else octets)
        mark = _mark(bare)
        if mark in evidence.seen:
            evidence.run += 1
            evidence.longest = max(evidence.longest, evidence.run)
        else:
            evidence.run = 0
            if len(evidence.seen) < 1000:
                evidence.seen.add(mark)

    def _look_for_growth(self, url: str, via: str | None, content: _Content) -> None:
        """Relative links on a server that answers any path by its last segment: `/help/` is there again as
        `/news/help/`, and so is all that it links to. Where the pages below a copy are others, it is none."""
        segments = [segment for segment in address_of(url).segments if segment]
        if not content.octets or not segments or segments[-1].isdigit():
            return
        mark = _mark(f"{segments[-1]} {content.words_mark}")
        below = via is not None and _is_below(url, folder_of(via)) and folder_of(url) != folder_of(via)
        copied = below and mark in self._texts
        if below and _mark(via or "") in self._copies:
            self._grown = self._grown + 1 if copied else 0
        if copied:
            _remember(self._copies, _mark(url), _PAGES)
        _remember(self._texts, mark, _PAGES)

    def _judge_growth(self, url: str, via: str) -> str | None:
        if self._grown < GROWN or _mark(via) not in self._copies or not _is_below(url, folder_of(via)):
            return None
        return _reason(RECURSIVE, f"/{address_of(url).segments[0]}/**, the same pages below themselves")

    def _look_for_session(self, url: str, content: _Content) -> None:
        bone = skeleton(url)
        if not self._sees_copies or bone == url or not content.octets:
            return
        first = self._skeletons.get(bone)
        if first is None or first[1] == 0:
            _put(self._skeletons, bone, (_mark(url), content.words_mark), _PAGES)
        elif first[0] != _mark(url):
            self._same = self._same + 1 if first[1] == content.words_mark else 0

    def _judge_session(self, url: str) -> str | None:
        bone = skeleton(url)
        if bone == url:
            return None
        first = self._skeletons.get(bone)
        if self._same < SAME_UNDER_OTHER_ID:
            return None
        if first is None:
            # the first of its kind is fetched; 0: what is there is not known yet
            _put(self._skeletons, bone, (_mark(url), 0), _PAGES)
            return None
        return None if first[0] == _mark(url) else _reason(SESSION, _path_of(bone))


_UNDECLARED: Final = frozenset({None, "", "other", "list"})
_RANDOM: Final = re.compile(rb"[0-9a-fA-F]{16,}|\d+")


def _reason(name: str, shape: str) -> str:
    return f"{PREFIX}{name}: {shape[:200]}"


def name_of(reason: str) -> tuple[str, str] | None:
    """Name and shape of the trap that a reason of the frontier tells of; None when it tells of none."""
    if not reason.startswith(PREFIX):
        return None
    name, _, shape = reason.removeprefix(PREFIX).partition(": ")
    return name, shape


def _is_new(family: Family, seen: set[int], outside: Sequence[int], content: _Content) -> bool:
    """Whether a page of the family brought something; and remember what."""
    if len(seen) > _SEEN // 4:
        seen.clear()
    marks = {*content.images}
    if family.by == "words":
        marks.update(outside)
        words = content.new_words(seen)
        new = not marks <= seen or len(words) >= NEW_WORDS
        seen.update(words)
    else:
        marks.add(_mark(repr(sorted(set(outside)))))
        new = not marks <= seen or seen.isdisjoint(content.text_marks)
        marks.update(content.text_marks)
    seen.update(marks)
    return new


def _is_below(url: str, folder: str) -> bool:
    return url.startswith(folder)


def _path_of(url: str) -> str:
    parts = split(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _mark(of: str | bytes) -> int:
    octets = of.encode("utf-8", "surrogatepass") if isinstance(of, str) else of
    return int.from_bytes(blake2b(octets, digest_size=6).digest(), "big")


def _remember(marks: OrderedDict[int, None], mark: int, most: int) -> None:
    marks[mark] = None
    marks.move_to_end(mark)
    if len(marks) > most:
        marks.popitem(last=False)


def _put(
    kept: OrderedDict[str, tuple[int, int]],
    key: str,
    value: tuple[int, int],
    most: int,
) -> None:
    kept[key] = value
    if len(kept) > most:
        kept.popitem(last=False)


class _Content:
    """What a page says, as far as it is asked for: told from its octets, whatever encoding they are in."""

    __slots__ = ("_parts", "_words_mark", "octets", "url")

    def __init__(self, url: str, octets: bytes) -> None:
        self.url = url
        self.octets = octets
        self._parts: tuple[bytes, tuple[int, ...]] | None = None
        self._words_mark: int | None = None

    @property
    def images(self) -> tuple[int, ...]:
        return self._read()[1]

    @property
    def text_marks(self) -> tuple[int, int]:
        """Of words and numbers outside of links, without what merely repeats the page's own address: the words of a
        segment where they stand together, its numbers anywhere; and of the same without the values of its query, which
        a search repeats."""
        address = address_of(self.url)
        segments = [segment for segment in address.segments if segment]
        text = b" %s " % b" ".join(_TOKENS.findall(self._read()[0]))
        for segment in segments:
            own = _TOKENS.findall(segment.lower().encode())
            # one word of a folder may be any word of the text
            if len(own) > 1 or (own and segment == segments[-1]):
                text = _without(text, own)
        bare = text
        for _, value in address.query:
            if own := _TOKENS.findall(value.encode().lower()):
                bare = _without(bare, own)
        numbers = set(re.findall(rb"\d+", _path_of(self.url).encode()))
        marks = (_mark(b" ".join(token for token in of.split() if token not in numbers)) for of in (text, bare))
        return next(marks), next(marks)

    def new_words(self, seen: set[int]) -> set[int]:
        """Pairs of neighbouring words outside of links that are not among those seen.

        The words of a language are soon all used; a text that is another one has other neighbours at once.
        """
        own = set(_WORDS.findall(unquote(self.url).lower().encode()))
        words = [word for word in _WORDS.findall(self._read()[0]) if word not in own]
        pairs = {b" ".join(pair) for pair in pairwise(words)} or set(words)
        return {mark for pair in pairs if (mark := _mark(pair)) not in seen}

    @property
    def words_mark(self) -> int:
        """Of the set of all words of the page, in links too."""
        if self._words_mark is None:
            text = b" ".join(piece.partition(b">")[2] for piece in self.octets.split(b"<"))
            self._words_mark = _mark(b" ".join(sorted(set(_WORDS.findall(text.lower())))))
        return self._words_mark

    def _read(self) -> tuple[bytes, tuple[int, ...]]:
        if self._parts is None:
            self._parts = _outside_links(self.octets)
        return self._parts


def _without(text: bytes, words: Sequence[bytes]) -> bytes:
    # with both spaces kept: a title that stands twice shares one with itself
    return text.replace(b" %s " % b" ".join(words), b"  ").replace(b" %s " % b" ".join(words), b"  ")


_WORDS: Final = re.compile(rb"[a-z\x80-\xff]{2,}")
_TOKENS: Final = re.compile(rb"[0-9a-z\x80-\xff]+")
_SOURCE: Final = re.compile(rb"""\b(?:data-)?src\s*=\s*["']?([^"'\s>]+)""", re.IGNORECASE)
_ENDS_LINK: Final = frozenset({b"/a", b"p", b"div", b"li", b"td", b"h1", b"h2", b"h3", b"ul", b"table", b"section"})
_SILENT: Final = frozenset({b"script", b"style", b"noscript", b"template"})


def _outside_links(octets: bytes) -> tuple[bytes, tuple[int, ...]]:
    """The text of a page outside of its links, in lower case as far as it is ASCII; and marks of its pictures.

    Piece by piece, so that no page takes longer than its length.
    """
    texts: list[bytes] = []
    images: list[int] = []
    silent: bytes | None = None
    in_link = False
    in_comment = False
    first, *pieces = octets.split(b"<")
    texts.append(first.lower())
    for piece in pieces:
        if in_comment:
            in_comment = b"-->" not in piece
            continue
        if piece.startswith(b"!--"):
            in_comment = b"-->" not in piece
            continue
        tag, _, text = piece.partition(b">")
        name = tag.split(None, 1)[0].rstrip(b"/").lower() if tag[:1] not in (b"", b" ") and tag.split() else b""
        if tag.startswith(b"/"):
            name = b"/" + tag[1:].strip().lower()
        if silent is not None:
            if name == b"/" + silent:
                silent = None
            else:
                continue
        elif name in _SILENT:
            silent = name
            continue
        if name == b"a":
            in_link = True
        elif name in _ENDS_LINK:
            in_link = False
        elif name == b"img":
            images += [_mark(source) for source in _SOURCE.findall(tag)]
        if not in_link:
            texts.append(text.lower())
    return b" ".join(texts), tuple(images)
