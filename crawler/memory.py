"""Page memory in a crawl: which pages are due, which are passed over, and what a run leaves behind.

A run takes what it needs of the memory with it when it begins (`SiteMemory`, one a site whose definition says how
often its pages are visited), and nothing is written while it fetches: what was found, fetched and listed stands in the
frontier, in the transactions that settle its pages. `remember` derives the memory from there when the run ends. After
a kill, the run that goes on with the crawl does it at its own end; a crawl that nobody goes on with is remembered when
the next one begins.
"""

from __future__ import annotations

import itertools
import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from archive.errors import StorageError
from archive.kinds import MISSING, State
from archive.page_memory import ListingRun, Naming, PageMemory, RememberedPage
from spiders.address import AddressError
from spiders.entry import instant_of
from spiders.identity import Identity
from spiders.kinds import OTHER, kind_of
from spiders.revisit import (
    CONFIRMED,
    LISTINGS,
    NOT_DUE,
    UNCHANGED,
    Past,
    Policies,
    Policy,
    Word,
    due_at,
    has_changed,
)

if TYPE_CHECKING:
    from crawler.frontier import Frontier, ListingRead, Visit
    from spiders.definition import SiteDefinition
    from spiders.entry import Entry, Way

logger = logging.getLogger(__name__)

REMEMBERED: Final = "remembered"
"""Fact of a frontier: whether what it holds was taken into the memory."""

BELIEVED: Final = timedelta(days=7)
"""For so long after a listing was had last, before the last that is known of the site, what it said counts."""

GONE: Final = 404
"""Status of a page that is not there."""

PAGE_CALLBACK: Final = "read_page"
"""What looks into pages; parts of listings, downloads and requisites are looked into by other methods of a spider, and
are asked for whenever they are found."""


@dataclass(frozen=True, slots=True)
class KnownPage:
    """A page as a run needs to know it."""

    url: str
    kind: str | None
    fetched_at: datetime | None
    due_at: datetime | None
    words: Mapping[str, str]
    """What each listing said of its last change when the page was fetched last, by the listing's key."""


@dataclass(frozen=True, slots=True)
class KindsDue:
    """Which kinds of page a run is for, where they have schedules of their own."""

    scheduled: frozenset[str]
    due: frozenset[str]

    def rests(self, kind: str | None) -> bool:
        """Whether pages of a kind have a schedule, and it is not their time. A kind without one goes with `other`, if
        that has one, and a listing or download without one rests never."""
        if kind in self.scheduled:
            return kind not in self.due
        return kind not in LISTINGS and OTHER in self.scheduled and OTHER not in self.due


class SiteMemory:
    """What a run knows of the pages of one site; goes to the process that fetches them."""

    def __init__(
        self,
        pages: Mapping[str, KnownPage],
        revisit: tuple[tuple[str, str], ...],
        now: datetime,
        kinds: KindsDue | None = None,
    ) -> None:
        """`pages` by key; `now`: when the run began, for which all is decided; `kinds`: None for a run of all."""
        self._pages = pages
        self._policies = Policies(revisit)
        self._now = now
        self._kinds = kinds

    @property
    def has_policies(self) -> bool:
        """Whether the site says how often its pages are fetched again; where it does not, what is found is fetched, and
        what is known serves to look, in the end, after the pages that nothing named."""
        return bool(self._policies) or self._kinds is not None

    def rests(self, kind: str | None) -> bool:
        """Whether pages of a kind have a schedule of their own, and it is not their time."""
        return self._kinds is not None and self._kinds.rests(kind)

    def leaves_out(self, key: str, kind: str | None, *, page: bool) -> bool:
        """Whether an address at which the crawl begins is passed over in this run, as its kind rests.

        Listings and downloads are not in the memory; the first run of a site asks for all of them.
        """
        known = self._pages.get(key)
        had = not page or kind in LISTINGS or (known is not None and known.fetched_at is not None)
        return had and self.rests(kind)

    def due(self) -> Iterator[tuple[str, KnownPage]]:
        """The pages to be fetched in this run, whether anything names them or not, with their keys."""
        return (
            (key, page)
            for key, page in self._pages.items()
            if page.due_at is not None
            and page.due_at <= self._now
            and not (page.fetched_at is not None and self.rests(page.kind))
        )

    def refusal(
        self, key: str, kind: str | None, *, listing: str | None = None, way: Way = "list", entry: Entry | None = None
    ) -> str | None:
        """Why a page that was found is not fetched in this run; None when it is.

        `entry` is what the listing whose key is `listing` says of it.
        """
        page = self._pages.get(key)
        if page is None or page.fetched_at is None or not self.has_policies:
            return None
        policy = self._policies.of(kind)
        said = "" if entry is None or listing is None else entry.modified
        if said and policy.by_listing:
            word = Word(way, said, page.words.get(listing or "", ""))
            if has_changed(word, page.fetched_at):
                return None
        if self.rests(kind):
            return f"{NOT_DUE}: pages of its kind have a schedule of their own"
        if page.due_at is None:
            return f"{NOT_DUE} again: it was had once"
        if page.due_at <= self._now:
            return None
        if said and policy.by_listing:
            return f"{UNCHANGED} {said[:10]} as the list says"
        return f"{NOT_DUE} until {page.due_at:%Y-%m-%d}"


def site_memory(
    memory: PageMemory,
    site: SiteDefinition,
    now: datetime,
    *,
    otherwise: Mapping[str, tuple[State, int]] | None = None,
    kinds: KindsDue | None = None,
) -> SiteMemory:
    """What a run that begins `now` needs to know of a site.

    Of one that says nothing about visits, every page that is found is fetched; what is known keeps the others from
    being forgotten, which nothing links to any more. `otherwise`: addresses that were answered, and not with their
    page (`States.answered_otherwise`): a page that cannot be had is visited as one whatever status says so.
    """
    identity, policies = Identity(site), Policies(site.revisit)
    known, named = memory.pages(site.name), memory.namings(site.name)
    namings, since = _by_page(named), _believed_since(known, named)
    not_had = {key: said for url, said in (otherwise or {}).items() if (key := _key(identity, url)) is not None}
    pages = {}
    for page in known:
        of_page = namings.get(page.key, [])
        pages[page.key] = KnownPage(
            # after a switch to a mirror, where the site is now
            _address(identity, page.url),
            kind := kind_of(site, page.url),
            page.fetched_at,
            _due(_as_seen(page, not_had.get(page.key)), of_page, policies.of(kind), since),
            {one.listing: one.fetched_modified for one in of_page if one.fetched_modified},
        )
    return SiteMemory(pages, site.revisit, now, kinds)


@dataclass(frozen=True, slots=True)
class Unlisted:
    """A page that a listing has ceased to name."""

    site: str
    url: str
    listing: str
    """The listing's address."""


def remember(memory: PageMemory, frontier: Frontier, crawl: str, sites: Iterable[SiteDefinition]) -> list[Unlisted]:
    """Take into the memory what a crawl found, fetched and listed, as far as it has come; done twice, it is the same.

    Returns the pages that a complete run of a listing names no more, and that it named before.
    """
    unlisted = []
    for site in sites:
        unlisted += _SiteRun(memory, frontier, crawl, site).remember()
    return unlisted


def catch_up(memory: PageMemory, crawls: Path, sites: Iterable[SiteDefinition], *, besides: str) -> None:
    """Remember the crawls that were killed, and that nobody goes on with; all of them but `besides`.

    What cannot be read any more is passed over: it is not evidence, and the pages are found again.
    """
    from crawler.frontier import FILE_NAME, Frontier

    left: list[tuple[str, Frontier]] = []
    try:
        for path in sorted(crawls.glob(f"*/{FILE_NAME}"), reverse=True):
            if path.parent.name == besides:
                continue
            try:
                frontier = Frontier.open(path)
            except StorageError as error:
                logger.info("not remembered: %s", error)
                continue
            left.append((path.parent.name, frontier))
            if frontier.fact(REMEMBERED):
                break
        for crawl, frontier in reversed(left):
            if not frontier.fact(REMEMBERED):
                remember(memory, frontier, crawl, sites)
                frontier.set_fact(REMEMBERED, True)
    finally:
        for _, frontier in left:
            frontier.close()


class _SiteRun:
    """What one crawl says of one site."""

    def __init__(self, memory: PageMemory, frontier: Frontier, crawl: str, site: SiteDefinition) -> None:
        self._memory = memory
        self._frontier = frontier
        self._crawl = crawl
        self._site = site
        self._identity = Identity(site)
        self._policies = Policies(site.revisit)
        self._pages = {page.key: page for page in memory.pages(site.name)}
        self._namings = {(one.listing, one.key): one for one in memory.namings(site.name)}
        self._before = dict(self._pages)
        self._namings_before = dict(self._namings)
        self._runs: list[ListingRun] = []
        self._urls: dict[str, str] = {}

    def remember(self) -> list[Unlisted]:
        visits = list(self._frontier.visits(self._site.name))
        for visit in visits:
            self._take_visit(visit)
        for listing in self._frontier.listings(self._site.name):
            self._take_listing(listing)
        by_page = _by_page(self._namings.values())
        self._take_words(visits, by_page)
        since = _believed_since(self._pages.values(), self._namings.values())
        settled = (self._settle(key, by_page.get(key, []), since) for key in list(self._pages))
        unlisted = [one for one in settled if one is not None]
        self._memory.remember(
            [page for key, page in self._pages.items() if page != self._before.get(key)],
            [one for key, one in self._namings.items() if one != self._namings_before.get(key)],
            self._runs,
        )
        return unlisted

    def _take_visit(self, visit: Visit) -> None:
        """What became of an address."""
        key = self._key(visit.url)
        if key is None or not visit.is_page:
            return
        known = self._pages.get(key)
        page = known or RememberedPage(self._site.name, key, visit.url, visit.kind, visit.found_at, visit.found_at)
        page = replace(
            page,
            kind=visit.kind or page.kind,
            first_found_at=min(page.first_found_at, visit.found_at),
            found_at=max(page.found_at, visit.found_at),
        )
        at = visit.fetched_at
        if at is not None and (page.fetched_at is None or at > page.fetched_at):
            had = visit.status is not None and visit.status < 400
            page = replace(
                page,
                url=visit.url,
                fetched_at=at,
                status=visit.status,
                failures=0 if had else page.failures + 1,
            )
        elif page.fetched_at is None:
            page = replace(page, url=visit.url)
        self._pages[key] = page

    def _take_listing(self, listing: ListingRead) -> None:
        """What a listing named, and no longer names."""
        place = self._key(listing.url)
        if place is None:
            return
        self._urls[place] = listing.url
        named = {}
        for key, entry in self._frontier.listed(self._site.name, listing.url):
            named[key] = entry
            before = self._namings.get((place, key))
            self._namings[place, key] = Naming(
                self._site.name,
                place,
                key,
                listing.way,
                listing.at,
                modified=entry.modified,
                fetched_modified="" if before is None else before.fetched_modified,
                facts=entry.facts,
            )
            self._take_entry(place, key, entry, listing.at)
        problem = listing.problem
        if not problem and listing.total is not None and len(named) < listing.total:
            problem = f"named {len(named)} of {listing.total}"
        complete = not problem and bool(named)
        self._runs.append(
            ListingRun(
                self._site.name,
                place,
                self._crawl,
                listing.url,
                listing.way,
                listing.at,
                len(named),
                listing.total,
                complete,
                problem,
            )
        )
        if complete:
            for (of, key), naming in list(self._namings.items()):
                if of == place and key not in named:
                    gone_at = naming.unlisted_at or (listing.at if listing.whole else None)
                    self._namings[of, key] = replace(naming, named=False, unlisted_at=gone_at)

    def _take_entry(self, place: str, key: str, entry: Entry, at: datetime) -> None:
        page = self._pages.get(key)
        if page is not None:  # it may be out of scope
            self._pages[key] = replace(
                page,
                listed_at=at if page.listed_at is None else max(at, page.listed_at),
                listing=place,
                modified=entry.modified or page.modified,
                published=entry.published or page.published,
            )

    def _take_words(self, visits: Iterable[Visit], by_page: Mapping[str, Sequence[Naming]]) -> None:
        """What listings said of a page when it was fetched in this crawl."""
        fetched = {self._key(visit.url) for visit in visits if visit.is_page and visit.fetched_at is not None}
        for key in fetched:
            page = self._pages.get(key or "")
            if page is None or page.failures:
                # what could not be had is not known in the state that the listing tells of
                continue
            before = self._before.get(page.key)
            if before is not None and before.fetched_at == page.fetched_at:
                continue  # this crawl was remembered before, and goes on
            self._pages[page.key] = replace(page, fetched_modified=page.modified)
            for naming in by_page.get(page.key, ()):
                modified = instant_of(naming.modified)
                if modified is None or page.fetched_at is None or modified <= page.fetched_at:
                    told = replace(naming, fetched_modified=naming.modified)
                    self._namings[naming.listing, naming.key] = told

    def _settle(self, key: str, namings: Sequence[Naming], since: datetime) -> Unlisted | None:
        """When a page is due, and whether it is newly unlisted."""
        page = self._pages[key]
        namings = [self._namings[one.listing, one.key] for one in namings]
        # one that has left a list for another one is listed
        here = {one.way for one in namings if one.named}
        left = [one for one in namings if one.unlisted_at is not None and not one.named and one.way not in here]
        first = min(left, key=lambda one: cast("datetime", one.unlisted_at), default=None)
        page = replace(page, unlisted_at=None if first is None else first.unlisted_at)
        policy = self._policies.of(kind_of(self._site, page.url))
        due = _due(page, namings, policy, since) if self._policies else None
        self._pages[key] = page = replace(page, due_at=due)
        before = self._before.get(key)
        if first is None or (before is not None and before.unlisted_at is not None):
            return None
        return Unlisted(self._site.name, page.url, self._urls.get(first.listing, first.listing))

    def _key(self, url: str) -> str | None:
        return _key(self._identity, url)


def _believed_since(pages: Iterable[RememberedPage], namings: Iterable[Naming]) -> datetime:
    """How old the word of a listing may be: one that is not there any more, or was taken out of the definition, must
    not hold the visits of its pages off for ever."""
    moments = itertools.chain((page.found_at for page in pages), (one.listed_at for one in namings))
    return max(moments, default=datetime.now(UTC)) - BELIEVED


def _due(page: RememberedPage, namings: Iterable[Naming], policy: Policy, since: datetime) -> datetime | None:
    """`since`: words of listings that were last heard before it do not count."""
    if page.unlisted_at is not None and (page.fetched_at is None or page.fetched_at < page.unlisted_at):
        # what has left the registry is looked at: it may be gone, or say why
        return page.unlisted_at
    words = [
        Word(cast("Way", one.way), one.modified, one.fetched_modified)
        for one in namings
        if one.named and one.modified and one.listed_at >= since
    ]
    past = Past(
        page.key,
        page.first_found_at,
        page.fetched_at,
        page.status,
        page.failures,
        page.published,
        tuple(words),
    )
    return due_at(past, policy)


def _as_seen(page: RememberedPage, otherwise: tuple[State, int] | None) -> RememberedPage:
    """A page with the failures that its captures tell of, where no status did."""
    if otherwise is None or page.failures:
        return page
    state, looks = otherwise
    if state is State.MOVED:
        # that it has moved is established as that it is gone; from then on its address is a page that leads elsewhere
        return replace(page, failures=looks, status=GONE) if looks <= CONFIRMED else page
    return replace(page, failures=looks, status=GONE if state in MISSING else None)


def _by_page(namings: Iterable[Naming]) -> dict[str, list[Naming]]:
    by_page: dict[str, list[Naming]] = defaultdict(list)
    for one in namings:
        by_page[one.key].append(one)
    return by_page


def _key(identity: Identity, url: str) -> str | None:
    try:
        return identity.key(url)
    except AddressError:
        return None


def _address(identity: Identity, url: str) -> str:
    try:
        return identity.page(url)
    except AddressError:
        return url
