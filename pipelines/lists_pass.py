"""Who is gone from one page of a list and stands on another page of it is not gone from the list.

Pages of one list are those whose addresses differ in the number of the page alone (`spiders/listing.py`). For each
change of such a page that is not settled, with entries or blocks that went or came:

- who went and stands, in the same crawl, on another page of the list is set aside; where another thing is said of him
  or her there, that is the edit;
- who came and stood on another page of the list before, at any look since the page was compared last, is set aside;
- a block of the text that is the same on another page is set aside likewise: not every list is recognised as one;
- that somebody is gone is established only where all pages of the list were seen in this crawl. Where pages that the
  crawl before had seen were not, or where the pages name one that was never fetched, it is told as not seen on the
  pages fetched (`unsure` of the edit); `list_pages_not_seen` in the provenance says which pages these were. Nor is it
  established of those at the edge of a page whose neighbour was fetched before it: while a list is fetched one may
  slip from a page to another;
- a person set aside as older than the list shows, of whom no other page has anything, is told;
- who stood on a page that the server says is no longer there, and stands on no other, is told with a change of another
  page of the list, and `list_pages_gone` in the provenance says which page it was.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice, takewhile
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from archive.catalogue import ChangeRow
from archive.errors import CatalogueError, ReadingError
from archive.kinds import ChangeKind, State, state_of
from pipelines.passes import Settling
from spiders.listing import list_key, list_number

if TYPE_CHECKING:
    from collections.abc import Callable

    from archive.capture import Capture
    from archive.catalogue import Catalogue
    from pipelines.change_lists import ListDifference
    from pipelines.edits import Edit, Op
    from pipelines.lists import Entry
    from pipelines.reading import Reading

ELSEWHERE: Final = "stands on another page of the list"
NOT_SEEN: Final = "list_pages_not_seen"
"""Key of a change's provenance."""
PAGES_GONE: Final = "list_pages_gone"
"""Likewise."""
UNSEEN: Final = "not all pages of the list were seen"
SLIPPED: Final = "may have slipped to another page of the list while it was fetched"
PAGES: Final = 500
"""Pages of one list that are looked at."""
NOT_MODIFIED: Final = 304
_LOT: Final = 200
_DIGITS: Final = 4
"""Of the number of a list's page, at most."""
_TRIED: Final = 20
"""Pages of which is asked whether they are of the same list, at most."""
_NUMBER: Final = re.compile(r"(?<!\d)(?<!\d[.])\d{1,4}(?!\d|[.]\d)")
_COUNTS: Final = re.compile(r"[?&]\w+=\Z")
_LINE: Final = 120
"""Characters up to which a block that is gone may be an entry."""
_SPELT: Final = 1_000
"""New entries of the other pages among which one in another spelling is looked for."""
_OF_TEXT: Final = frozenset(
    {
        *(ChangeKind.SAME, ChangeKind.NOISE, ChangeKind.EDITED, ChangeKind.ADDED, ChangeKind.REMOVED),
        *(ChangeKind.LIST, ChangeKind.LINK, ChangeKind.STRUCTURE),
    }
)
"""Kinds of change that two readings make."""
_Key = tuple[str, str, str]


def settle_lists(settling: Settling) -> int:
    """Set aside what stands on another page of its list; how many changes that are told turned out to be none, as a
    negative number.
    """
    catalogue = settling.catalogue
    found = 0
    for site, crawl, changes in _waiting(catalogue):
        if settling.is_stopping():
            break
        listings = _Listings(catalogue, site, crawl)
        bearers = listings.bearers(changes)
        for change in changes:
            if not (_has_entries(change) or _has_text(change) or change.id in bearers):
                continue
            settled = listings.settled(change, bearers.get(change.id, ()))
            if settled != change:
                catalogue.replace_changes([settled])
                quiet = {ChangeKind.SAME, ChangeKind.NOISE}
                found += (settled.kind not in quiet) - (change.kind not in quiet)
    return found


def _waiting(catalogue: Catalogue) -> Iterator[tuple[str, str, list[ChangeRow]]]:
    """The changes that are not settled, by site and crawl: those with entries that came or went, and all of pages that
    may be of a list by their address.
    """
    found: dict[tuple[str, str], list[ChangeRow]] = {}
    counted: dict[str, set[_Key]] = {}
    changes = catalogue.unsettled()
    while lot := list(islice(changes, _LOT)):
        crawls = catalogue.crawls_of([change.id for change in lot if change.kind in _OF_TEXT])
        for change in lot:
            if change.id not in crawls:
                continue
            if change.site not in counted:
                counted[change.site] = _counted(catalogue, change.site)
            if _has_entries(change) or list_key(change.url) in counted[change.site]:
                found.setdefault((change.site, crawls[change.id]), []).append(change)
    for (site, crawl), some in found.items():
        yield site, crawl, some


def _edit_records(change: ChangeRow) -> tuple[Any, ...]:
    """All that was found, what was set aside too."""
    return (*change.edits, *change.provenance.get("set_aside", ()))


def _has_entries(change: ChangeRow) -> bool:
    return any(edit.get("level") == "list" for edit in _edit_records(change))


def _counted(catalogue: Catalogue, site: str) -> set[_Key]:
    """What the pages of each list of a site have in common whose addresses count them."""
    keys = Counter(list_key(page.url) for page in catalogue.pages(site))
    return {key for key, pages in keys.items() if pages > 1}


def _has_text(change: ChangeRow) -> bool:
    return any(edit.get("level") == "main" and not edit.get("set_aside") for edit in change.edits)


@dataclass(frozen=True, slots=True)
class _View:
    """What one look at a page of a list says of the list."""

    entries: tuple[Entry, ...] = ()
    """What stands beside its lists like an entry of one too."""
    texts: frozenset[str] = frozenset()
    """Of blocks that are no furniture, in compared form."""
    named: frozenset[int] = frozenset()
    """Numbers of the pages of the list that it leads to."""


def _view_of(reading: Reading | None) -> _View:
    from pipelines.lists import lists_of
    from pipelines.reading import comparable

    if reading is None:
        return _View()
    lists = lists_of(reading)
    shown = [reading.text_of(block) for block in reading.blocks if block.furniture is None]
    texts = {comparable(line) for text in shown for line in (text, *(text.split("\n") if "\n" in text else ()))}
    return _View((*lists.entries, *lists.alone()), frozenset(texts), frozenset(_numbers_named(reading)))


@dataclass(slots=True)
class _Stand:
    """Who stands on the other pages of a list."""

    by_link: dict[str, Entry] = field(default_factory=dict)
    by_name: dict[str, list[Entry]] = field(default_factory=dict)
    by_text: dict[str, Entry] = field(default_factory=dict)
    texts: set[str] = field(default_factory=set)

    def put(self, view: _View) -> None:
        for entry in view.entries:
            self.enter(entry)
        self.texts |= view.texts

    def enter(self, entry: Entry) -> None:
        from pipelines.same_name import name_key

        if entry.link:
            self.by_link.setdefault(entry.link, entry)
        self.by_name.setdefault(name_key(entry.name), []).append(entry)
        if entry.cells:
            self.by_text.setdefault(entry.text, entry)

    def entries(self) -> list[Entry]:
        """All of them, once."""
        return [entry for some in self.by_name.values() for entry in some]

    def get(self, entry: Entry, others: Iterable[_Stand] = ()) -> Entry | None:
        """The entry of the same link, or the same words; else one of the same name where only one of them has a link.

        A namesake who stands, in the same words, among `others` is another person.
        """
        from pipelines.same_name import name_key

        if entry.link and entry.link in self.by_link:
            return self.by_link[entry.link]
        named = [one for one in self.by_name.get(name_key(entry.name), ()) if not (entry.link and one.link)]
        for one in named:
            if one.text == entry.text or not one.cells or not entry.cells:
                return one
        return next((one for one in named if not any(one.text in other.by_text for other in others)), None)

    def has(self, entry: Entry) -> bool:
        """Whether an entry stands there, be it as text."""
        return self.get(entry) is not None or self.has_text(entry)

    def has_text(self, entry: Entry) -> bool:
        """Whether what names an entry stands in a block of its own, where no entry has that name.

        A list may be recognised on one page and not on another.
        """
        from pipelines.same_name import name_key

        if name_key(entry.name) in self.by_name:
            return False
        return entry.name in self.texts or (bool(entry.cells) and entry.name_cell in self.texts)


def numbered_links(reading: Reading) -> dict[int, list[str]]:
    """Where the links of a page lead whose words are a number."""
    numbered: dict[int, list[str]] = {}
    for link in reading.links:
        block = reading.blocks[link.block]
        words = reading.text_of(block)[link.start : link.end].strip(" []()·.")
        if words.isdecimal() and len(words) <= _DIGITS:
            numbered.setdefault(int(words), []).append(link.target.partition("#")[0])
    return numbered


def pages_named(reading: Reading) -> list[str]:
    """The other pages of a list as one of them names them: links whose words are the number in which alone their
    addresses differ from its own, `/archive/2` under "2".

    Of a list's first page, whose address bears no number, it is not known whether these are its pages: numbers lead to
    the cases of a list, too. The others know, and name it.
    """
    numbered = numbered_links(reading)
    for own in _NUMBER.finditer(reading.url):
        before, after = reading.url[: own.start()], reading.url[own.end() :]
        found = {n: [one for one in some if one == f"{before}{n}{after}"] for n, some in numbered.items()}
        # the first may bear no number: /archive before /archive/2, /list.html before /list-2.html
        bare = {_COUNTS.sub("", before) + after, before.rstrip("/-_") + after, before.rstrip("/-_")}
        first = [one for one in numbered.get(1, ()) if one.rstrip("/") in {other.rstrip("/") for other in bare}]
        pages = [one for some in (*found.values(), first) for one in some]
        # pages are counted from the first, and lie beside each other; years and cases seldom do
        numbers = {int(own[0]), *(n for n, some in found.items() if some), *([1] if first else [])}
        if 1 in numbers and any(n + 1 in numbers for n in numbers):
            return list(dict.fromkeys(one for one in pages if one != reading.url))
    return []


class _Listings:
    """The lists of one site, as one crawl saw them and as they were before."""

    def __init__(self, catalogue: Catalogue, site: str, crawl: str) -> None:
        self._catalogue, self._site, self._crawl = catalogue, site, crawl
        self._pages: dict[_Key, list[str]] | None = None
        self._known: set[str] = set()
        self._captures: dict[str, list[Capture]] = {}
        self._views: dict[str, _View] = {}
        self._others: dict[str, list[str]] = {}

    def settled(self, change: ChangeRow, pages_gone: Sequence[str] = ()) -> ChangeRow:
        """A change as it is said beside the other pages of its list, and with who stood on pages that are gone."""
        siblings = self._siblings(change)
        if not siblings:
            return change
        seen = _Seen(change.url, change.to_at)
        since = self._since(change)
        compared = self._catalogue.capture(change.from_record).crawl
        for url in siblings:
            captures = self._captures_of(url)
            ours = [one for one in captures if one.crawl == self._crawl]
            earlier = [one for one in captures if one.crawl != self._crawl and one.captured_at < change.to_at]
            last = _last_present(earlier)
            is_as_before = any(one.status == NOT_MODIFIED for one in ours)
            present = _last_present(ours) or (last if is_as_before else None)
            for one in earlier:
                # who stood there at any look since has not come now
                if one is last or (one.captured_at >= since and state_of(one) is State.PRESENT):
                    seen.before.put(self._view(one))
            if last is not None and last.crawl != compared and last.captured_at > change.from_at:
                seen.later.put(self._view(last))
            seen.now.put(view := self._view(present))
            seen.named |= view.named
            is_gone = any(state_of(one) is State.GONE for one in ours)
            if present is not None or is_gone:
                seen.numbers.add(_number(url))
                seen.at[_number(url)] = min(one.captured_at for one in ours)
            elif last is not None and last.captured_at >= since:
                seen.not_seen.append(url)
        return self._said(change, seen, pages_gone)

    def bearers(self, changes: Sequence[ChangeRow]) -> dict[str, list[str]]:
        """By the change that it is told with, the pages of its list that are gone since the look before."""
        found: dict[str, list[str]] = {}
        done: set[str] = set()
        for change in sorted(changes, key=lambda one: (_number(one.url), one.url)):
            siblings = self._siblings(change)
            if change.url in done:
                continue
            done.update((change.url, *siblings))
            gone = [url for url in siblings if self._went(url, change.to_at)]
            if gone:
                found[change.id] = gone
        return found

    def _went(self, url: str, at: datetime) -> bool:
        """Whether the server says in this crawl that a page is no longer there, and never since it was seen last."""
        captures = [one for one in self._captures_of(url) if one.crawl == self._crawl or one.captured_at < at]
        states = [(state_of(one), one.crawl == self._crawl) for one in captures]
        ours = [state for state, is_ours in states if is_ours]
        if State.GONE not in ours or State.PRESENT in ours:
            return False
        before = [state for state, is_ours in states if not is_ours and state in {State.GONE, State.PRESENT}]
        return bool(before) and before[-1] is State.PRESENT

    def _since(self, change: ChangeRow) -> datetime:
        """When the crawl began that the change's earlier capture is of, as far as its captures tell."""
        earlier = self._catalogue.capture(change.from_record)
        times = [
            one.captured_at
            for url in self._siblings(change)
            for one in self._captures_of(url)
            if one.crawl == earlier.crawl
        ]
        return min([earlier.captured_at, *times])

    def _view(self, capture: Capture | None) -> _View:
        if capture is None:
            return _View()
        if capture.record_id not in self._views:
            self._views[capture.record_id] = _view_of(self._reading(capture))
        return self._views[capture.record_id]

    def _siblings(self, change: ChangeRow) -> list[str]:
        """The other pages of a page's list."""
        if change.id not in self._others:
            self._others[change.id] = self._find_siblings(change)
        return self._others[change.id]

    def _find_siblings(self, change: ChangeRow) -> list[str]:
        if self._pages is None:
            self._pages, self._known = {}, set()
            for page in self._catalogue.pages(self._site):
                self._known.add(page.url)
                self._pages.setdefault(list_key(page.url), []).append(page.url)
        named = self._pages.get(list_key(change.url), ())
        linked = self._linked(change)
        return [one for one in dict.fromkeys((*named, *linked)) if one != change.url][:PAGES]

    def _linked(self, change: ChangeRow) -> list[str]:
        """Pages of the list as its pages name them: this one, or one that it leads to and that names this one."""
        if not _has_entries(change):
            return []
        reading = self._reading(self._catalogue.capture(change.to_record))
        found = [] if reading is None else pages_named(reading)
        for page in [] if reading is None or found else self._numbered(reading):
            other = self._reading(_last_present(self._captures_of(page)))
            named = [] if other is None else pages_named(other)
            if change.url in named:
                found = [page, *named]
                break
        return [one for one in found if one in self._known]

    def _numbered(self, reading: Reading) -> list[str]:
        """Pages that a page leads to by a number."""
        pages = dict.fromkeys(one for some in numbered_links(reading).values() for one in some)
        return [one for one in pages if one in self._known and _NUMBER.search(one)][:_TRIED]

    def _captures_of(self, url: str) -> list[Capture]:
        if url not in self._captures:
            self._captures[url] = [one for one in self._catalogue.captures_of(url) if one.url == url]
        return self._captures[url]

    def _reading(self, capture: Capture | None) -> Reading | None:
        from pipelines.reading import Reading

        if capture is None:
            return None
        row = self._catalogue.reading(capture.record_id)
        if row is None or row.failed is not None:
            return None
        try:
            return Reading.from_json(row.json)
        except (ReadingError, CatalogueError):
            return None

    def _said(self, change: ChangeRow, seen: _Seen, pages_gone: Sequence[str]) -> ChangeRow:
        from pipelines.change_lists import edits_of, gone_entry, list_difference

        old, new = (self._reading(self._catalogue.capture(one)) for one in (change.from_record, change.to_record))
        if old is None or new is None:
            return change
        view = _view_of(new)
        seen.named |= view.named
        edits: list[Edit] = []
        found = list_difference(old, new)
        if found is not None:
            found = seen.without_namesakes(found)
            edits = edits_of(
                found,
                seen.elsewhere(found),
                why=ELSEWHERE,
                complete=seen.is_looked_through,
                doubt=seen.doubt_of(found),
            )
        here = _Stand()
        here.put(view)
        told = []
        for url in pages_gone:
            last = _last_present([one for one in self._captures_of(url) if one.captured_at < change.to_at])
            went = [
                replace(entry, cells=entry.cells or (entry.name,))
                for entry in self._view(last).entries
                if (entry.cells or entry.person) and not (seen.now.has(entry) or here.has(entry))
            ]
            edits += [gone_entry(entry, seen.incomplete) for entry in went]
            told += [url] if went else []
        return _rewritten(change, edits, seen, tuple(told))


@dataclass(slots=True)
class _Seen:
    """What one crawl, and the looks before it, saw of a list beside one page of it."""

    url: str
    captured_at: datetime
    now: _Stand = field(default_factory=_Stand)
    before: _Stand = field(default_factory=_Stand)
    later: _Stand = field(default_factory=_Stand)
    """Of looks later than that which the page is compared with: who is gone from there is told there."""
    not_seen: list[str] = field(default_factory=list)
    """Pages that the crawl before had seen, and this one had not."""
    numbers: set[int] = field(default_factory=set)
    """Of the pages that this crawl saw, or learned to be gone."""
    at: dict[int, datetime] = field(default_factory=dict)
    named: set[int] = field(default_factory=set)
    """Numbers of pages of the list that its pages name."""

    @property
    def is_beyond(self) -> bool:
        """Whether the pages name one that was not fetched."""
        return not self.named <= self.numbers | {_number(self.url)}

    @property
    def is_looked_through(self) -> bool:
        """Whether who stands on none of the pages is told, however old."""
        return bool(self.now.by_name) and (bool(self.not_seen) or not self.is_beyond)

    @property
    def incomplete(self) -> str | None:
        """Why nobody is established to be gone from the list; None where it was seen whole."""
        return UNSEEN if self.not_seen or self.is_beyond else None

    def without_namesakes(self, found: ListDifference) -> ListDifference:
        """A difference without the pairs of two persons of one name: one of them stands on another page, word for word,
        and the other came or went.
        """
        apart = [
            pair
            for pair in found.pairs
            if pair.before.text != pair.after.text
            and (pair.before.text in self.now.by_text or pair.after.text in self.before.by_text)
        ]
        if not apart:
            return found
        split = set(map(id, apart))
        return replace(
            found,
            pairs=tuple(pair for pair in found.pairs if id(pair) not in split),
            removed=(*found.removed, *(pair.before for pair in apart)),
            added=(*found.added, *(pair.after for pair in apart)),
        )

    def elsewhere_as_text(self, edit: Edit) -> Edit:
        """An edit of the text, set aside where its block stands on another page of the list; of one that pairs two such
        blocks, what is left of it.
        """
        if edit.noise or edit.level != "main" or edit.field is not None:
            return edit
        if edit.op == "move":
            gone, come = ((text or "").split("\n") for text in (edit.before, edit.after))
            is_elsewhere = gone != come and self.now.texts.issuperset(gone) and self.before.texts.issuperset(come)
            return replace(edit, set_aside=ELSEWHERE) if is_elsewhere else edit
        # what stood on another page before, too, and stands there still has not gone there: many pages say the same
        now, earlier = self.now.texts, self.before.texts
        before = None if edit.before in now and edit.before not in earlier else edit.before
        after = None if edit.after in earlier and edit.after not in now else edit.after
        if before is None and after is None:
            return replace(edit, set_aside=ELSEWHERE)
        if before is not None and after is None and len(before) <= _LINE:
            edit = replace(edit, unsure=self.incomplete)
        if edit.op != "edit" or (before is not None and after is not None):
            return edit
        if before is None:
            assert after is not None
            return replace(edit, op="add", before=None, words=((f"+{after}",),))
        return replace(edit, op="remove", after=None, words=((f"-{before}",),))

    def elsewhere(self, found: ListDifference) -> Callable[[Entry, Op], Entry | None]:
        """Where else in the list an entry stands, or stood."""
        old, new = _Stand(), _Stand()
        for stand, page in ((old, found.before), (new, found.after)):
            for entry in page.entries:
                stand.enter(entry)
        # who is new on the other pages may be who went from here, written otherwise
        come = [entry for entry in self.now.entries() if self.before.get(entry) is None and old.get(entry) is None]
        gone = [entry for entry in self.before.entries() if self.now.get(entry) is None and new.get(entry) is None]

        def elsewhere(entry: Entry, op: Op) -> Entry | None:
            stand, spelt = (self.now, come) if op == "remove" else (self.before, gone)
            others = (self.before, old) if op == "remove" else (self.now, new)
            if (known := stand.get(entry, others)) is not None:
                return known
            if stand.has_text(entry) or (op == "remove" and self.later.get(entry) is not None):
                return replace(entry, cells=())
            return _spelt(entry, spelt)

        return elsewhere

    def doubt_of(self, found: ListDifference) -> Callable[[Entry], str | None]:
        """Why it is not established that an entry is gone from the list."""
        own = _number(self.url)
        earlier = [number for number, at in self.at.items() if at < self.captured_at]
        from_top, from_end = any(n < own for n in earlier), any(n > own for n in earlier)
        gone = set(map(id, found.removed))
        edge: set[int] = set()
        for one in found.before.lists:
            entries = list(one.entries)
            if from_top:
                edge.update(map(id, takewhile(lambda entry: id(entry) in gone, entries)))
            if from_end:
                edge.update(map(id, takewhile(lambda entry: id(entry) in gone, reversed(entries))))

        def doubt(entry: Entry) -> str | None:
            return self.incomplete or (SLIPPED if id(entry) in edge else None)

        return doubt


def _spelt(entry: Entry, others: Sequence[Entry]) -> Entry | None:
    """The one entry of others that is of the same person in another spelling; None where there is none, or two."""
    from pipelines.same_name import is_spelling

    if not entry.person or len(others) > _SPELT:
        return None
    found = [
        one
        for one in others
        if one.person and not (one.link and entry.link and one.link != entry.link) and is_spelling(entry.name, one.name)
    ]
    return found[0] if len(found) == 1 else None


def _number(url: str) -> int:
    """The number of a list's page; 1 for the first, whose address may bear none or 0."""
    number = list_number(url)
    if number is None:
        runs = _NUMBER.findall(urlsplit(url).path + "?" + urlsplit(url).query)
        number = int(runs[-1]) if runs else 1
    return max(number, 1)


def _numbers_named(reading: Reading) -> set[int]:
    """The numbers of the pages of its list that a page leads to."""
    own = list_key(reading.url)
    found = {
        number
        for link in reading.links
        if list_key(link.target) == own and (number := list_number(link.target)) is not None
    }
    return {max(number, 1) for number in found} | {_number(url) for url in pages_named(reading)}


def _last_present(captures: Sequence[Capture]) -> Capture | None:
    return next((one for one in reversed(captures) if state_of(one) is State.PRESENT), None)


def _rewritten(change: ChangeRow, of_lists: Iterable[Edit], seen: _Seen, pages_gone: tuple[str, ...] = ()) -> ChangeRow:
    """A change with other edits of its lists, and without the blocks that only stand on another page of the list."""
    from pipelines.change import kind_of
    from pipelines.weight import edit_of, weigh_edits

    # that an entry was struck out is told of its page alone
    kept = [
        edit_of(edit)
        for edit in _edit_records(change)
        if edit.get("level") != "list" or edit.get("field") in {"struck", "unstruck"}
    ]
    edits = [*of_lists, *(seen.elsewhere_as_text(edit) for edit in kept)]
    noise, reported = [edit for edit in edits if edit.noise], [edit for edit in edits if not edit.noise]
    own = {"set_aside", "weight", NOT_SEEN, PAGES_GONE}
    provenance = {name: value for name, value in change.provenance.items() if name not in own}
    if reported and noise:
        provenance["set_aside"] = [edit.as_record() for edit in noise]
    if seen.not_seen and any(edit.level == "list" and edit.op == "remove" for edit in reported):
        provenance[NOT_SEEN] = list(seen.not_seen)
    if pages_gone:
        provenance[PAGES_GONE] = list(pages_gone)
    weight = 0.0
    if reported:
        weight, reasons = weigh_edits(reported, int(change.provenance.get("words", 0)))
        provenance["weight"] = [reason.as_record() for reason in reasons]
    quiet = ChangeKind.SAME if change.kind is ChangeKind.SAME and not edits else ChangeKind.NOISE
    kind = ChangeKind(kind_of(reported)) if reported else quiet
    return replace(
        change,
        kind=kind,
        weight=weight,
        edits=tuple(edit.as_record() for edit in reported or noise),
        provenance=provenance,
    )
