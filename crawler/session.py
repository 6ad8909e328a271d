"""CrawlSession: what one run of `khronika crawl` shares between the crawlers of its sites.

Beside it: SiteCrawler, the Scrapy crawler that belongs to a session, and the translation between the frontier's rows
and Scrapy's requests.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Protocol

from scrapy import Request, Spider
from scrapy.crawler import Crawler

from archive.capture import SECOND_HOP
from archive.errors import KhronikaError
from archive.exchange import Exchange, Occasion
from crawler.frontier import OVER_BUDGET, PUT_OFF_HOST, REQUISITE, Found, Frontier, ListedPart, Page
from crawler.memory import PAGE_CALLBACK
from crawler.wire_message import MAX_SIZE
from spiders.address import host_and_port
from spiders.requests import EXACT, HOP, LISTING, REFUSED, SECOND_LOOK, SEED, Follow, Listed, Need
from spiders.requisites import WITHIN
from spiders.revisit import NOT_DUE

if TYPE_CHECKING:
    import concurrent.futures

    from archive.capture import Capture
    from crawler.memory import SiteMemory
    from crawler.policy import CrawlPolicy
    from crawler.politeness import Politeness
    from crawler.robots import RobotsRules
    from crawler.wire_client import WireClient
    from spiders.definition import SiteDefinition

logger = logging.getLogger(__name__)

ROW: Final = "khronika_row"
"""request.meta: id of the frontier's row."""
SITE: Final = "khronika_site"
VIA: Final = "khronika_via"
HOPS: Final = "khronika_hops"
FIRST: Final = "khronika_first"
"""request.meta: so many octets of the body are looked at, however long it is."""
ANSWERED: Final = "khronika_answered"
"""request.meta: when the answer had come, in seconds of CLOCK_MONOTONIC; storing it takes a while."""
NOTES: Final = "khronika_notes"
"""request.meta: lines for the metadata record, as in Occasion."""
CAPTURE: Final = "capture"
"""request.meta and response.meta: the Capture that the wire handler stored."""
NOT_BEFORE: Final = "khronika_not_before"
"""request.meta: seconds since the epoch before which the request must not be sent."""
RETRY_AT: Final = "khronika_retry_at"
PUT_OFF: Final = "khronika_put_off"
"""request.meta: that its host is asked no more in this run, and the attempt was none."""
ATTEMPTS: Final = "khronika_attempts"

TURN: Final = "khronika_turn"
"""request.meta: gives the host's turn back, when called; absent once it was."""

PER_HOST: Final = 2
"""Requests of one site to one host that rests between two: one that is fetched or read, and the next one, which waits
for its turn. Few, so that a slow host does not fill the downloader."""


Look = Callable[["SiteDefinition", "Capture", Mapping[str, str]], Awaitable[None]]
"""Takes a site, the capture of one of its pages, and the fields that the page was asked for with."""


class Store(Protocol):
    """What a session needs of the collection's writer."""

    def store(self, exchange: Exchange, occasion: Occasion) -> concurrent.futures.Future[Capture]:
        """Store an exchange; the future is done when its records are synced."""


@dataclass(slots=True)
class CrawlStatistics:
    """Counts of one run, read by whoever shows its progress."""

    captured: int = 0
    """Pages that were answered, whatever the status, and whose records are synced."""
    revisits: int = 0
    """Those of them with the payload of an earlier crawl."""
    failed: int = 0
    """Pages that could not be fetched after all attempts."""
    skipped: int = 0
    """Addresses that were found and not fetched: out of scope, or robots.txt."""
    second_looks: int = 0
    """Pages that were fetched a second time, to see what moves on them by itself."""
    exchanges: int = 0
    """Fetches stored, those of robots.txt, failures and repeats among them."""
    octets: int = 0
    """Bytes received, heads included."""
    retries: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    url: str | None = None
    """The address stored last."""


class CrawlSession:
    """One run over some sites; lives in one event loop."""

    def __init__(
        self,
        *,
        crawl_id: str,
        policy: CrawlPolicy,
        writer: Store,
        frontier: Frontier,
        politeness: Politeness,
        robots: RobotsRules,
        limit: int | None = None,
        memories: Mapping[str, SiteMemory] | None = None,
    ) -> None:
        """`memories`: what is known of the pages of sites that are not fetched whole at every run, by site."""
        self.memories = memories or {}
        self.crawl_id = crawl_id
        self.policy = policy
        self.writer = writer
        self.frontier = frontier
        self.politeness = politeness
        self.robots = robots
        self.statistics = CrawlStatistics()
        self.stopping = asyncio.Event()
        """Set when the run is to end before the frontier is empty."""
        self.stop_reason: str | None = None
        self.failure: KhronikaError | None = None
        """What the run cannot go on after: a disk that refuses, say."""
        self.on_stop: list[Callable[[], None]] = []
        self.look: Look | None = None
        """Looks at a captured page with a browser, where its site wants that, and stores what came of it."""
        self.wire: WireClient | None = None
        """Of all its sites together, so that two of them on one host share its connection."""
        self._limit = limit
        self._in_flight: dict[int, tuple[str, str]] = {}
        self._second_looks: set[int] = set()
        """Rows in flight that are such."""
        self._looked_twice: set[str] = set()
        """Sites of which a page was chosen for one in this run."""
        self._requests: Counter[str] = Counter()
        """Of this run, by site."""
        self._over_budget: set[str] = set()
        for host, until in frontier.facts(PUT_OFF_HOST).items():
            if until > now():
                # the port alone tells the scheme here, and nothing hangs on it
                politeness.put_off(f"http://{host}", until)

    # -- evidence

    async def store(self, exchange: Exchange, occasion: Occasion) -> Capture:
        """Store an exchange and wait until it is synced. Raises StorageError, and ends the run, when it cannot be."""
        octets = len(exchange.response)
        try:
            capture = await asyncio.wrap_future(self._handed_over(exchange, occasion))
        except KhronikaError as error:
            self.give_up(error)
            raise
        self.statistics.exchanges += 1
        self.statistics.octets += octets
        self.statistics.url = capture.url
        return capture

    def _handed_over(self, exchange: Exchange, occasion: Occasion) -> concurrent.futures.Future[Capture]:
        try:
            return self.writer.store(exchange, occasion)
        except BaseException:
            # a writer that took it closes it
            exchange.close()
            raise

    # -- the way of a page

    def may_take(self, site: str) -> bool:
        """Whether this run may begin with another page of a site."""
        if self.stopping.is_set() or site in self._over_budget:
            return False
        done = self.statistics.captured + self.statistics.failed
        return self._limit is None or done + len(self._in_flight) < self._limit

    def has_queued(self, site: str) -> bool:
        """Whether a page of a site waits on a host that this run still asks."""
        put_off = any(map(self.politeness.is_put_off, self.frontier.hosts(site)))
        return self.frontier.has_queued(site, besides=self.politeness.is_put_off if put_off else None)

    def put_off(self, url: str, seconds: float) -> None:
        """The host of `url` asked to be left alone for longer than a run waits: its pages stay queued."""
        until = now() + seconds
        self.frontier.set_fact(f"{PUT_OFF_HOST}:{host_and_port(url)}", until)
        logger.warning("asked no more in this run: %s, for %.0f s as it says", host_and_port(url), seconds)

    def spend(self, site: SiteDefinition) -> bool:
        """Count a request of a site, if its budget of this run has one more."""
        if site.budget and self._requests[site.name] >= site.budget:
            if site.name not in self._over_budget:
                self._over_budget.add(site.name)
                self.frontier.set_fact(f"{OVER_BUDGET}:{site.name}", site.budget)
                logger.info("site %s: its budget of %d requests is spent", site.name, site.budget)
            return False
        self._requests[site.name] += 1
        return True

    def busy_hosts(self, site: str) -> list[str]:
        """Hosts, `host:port`, that get no more requests of a site for now, or in this run.

        Of each site alone: Scrapy does not wake one site's crawler when another one's request is done.
        """
        busy = [
            host
            for (of, host), count in Counter(self._in_flight.values()).items()
            if of == site and count >= (PER_HOST if self.politeness.rests(host) else self.policy.connections)
        ]
        return [*busy, *filter(self.politeness.is_put_off, self.frontier.hosts(site))]

    def take(self, spider: Spider, page: Page) -> Request:
        """The request for a page that the frontier gave out."""
        self._in_flight[page.id] = (page.site, host_and_port(page.url))
        if page.callback == SECOND_LOOK:
            self._second_looks.add(page.id)
        return request_for(spider, page)

    def is_fetching(self, site: str) -> bool:
        """Whether a page of the site is in flight."""
        return any(of == site for of, _ in self._in_flight.values())

    def left(self, row: int) -> None:
        """The page is not in flight any more."""
        self._in_flight.pop(row, None)
        self._second_looks.discard(row)

    def done(
        self,
        row: int,
        found: list[Found],
        capture: Capture | None,
        *,
        problem: str | None = None,
        listed: Sequence[ListedPart] = (),
    ) -> None:
        """A page was answered and looked into: mark it done together with what was found on it, and what it lists."""
        record_id, status = (None, None) if capture is None else (capture.record_id, capture.status)
        new = self.frontier.finish(row, found, record_id=record_id, reason=problem, status=status, listed=listed)
        second = row in self._second_looks
        self.left(row)
        if second:
            self.statistics.second_looks += 1
            return
        self.statistics.captured += 1
        self.statistics.skipped += sum(one.skipped is not None for one in new)
        if capture is not None:
            self.statistics.revisits += capture.is_revisit
            if capture.status is not None:
                self.statistics.statuses[capture.status] += 1

    def skip(self, row: int, reason: str, capture: Capture | None = None) -> None:
        """A page is not fetched."""
        self.frontier.skip(row, reason, record_id=None if capture is None else capture.record_id)
        self.left(row)
        self.statistics.skipped += 1

    def fail(self, row: int, reason: str, capture: Capture | None = None) -> None:
        """A page could not be fetched."""
        if row in self._second_looks:
            # nothing is lost with it: the page was had
            self.skip(row, f"second look: {reason}", capture)
            return
        record_id, status = (None, None) if capture is None else (capture.record_id, capture.status)
        self.frontier.fail(row, reason, record_id=record_id, status=status)
        self.left(row)
        self.statistics.failed += 1

    def second_look(self, site: SiteDefinition, request: Request, capture: Capture | None) -> Found | None:
        """The row for fetching a page again some seconds later, where its site wants that of this one.

        Which pages are chosen hangs on the crawl and the address alone; the first page of a run is one of them.
        """
        if not site.second_look or capture is None or not _may_be_looked_at_twice(request, capture):
            return None
        chosen = _lot(self.crawl_id, capture.url) < site.second_look
        if not chosen and site.name in self._looked_twice:
            return None
        self._looked_twice.add(site.name)
        return Found(
            url=capture.url,
            key=f"{SECOND_LOOK} {capture.url}",
            callback=SECOND_LOOK,
            via=request.meta.get(VIA),
            hops=f"{request.meta.get(HOPS, '')}{SECOND_HOP}"[-MAX_HOPS:],
            priority=SECOND_PRIORITY,
            seed=True,
            not_before=now() + site.second_look_gap,
        )

    def put_back(self, row: int) -> None:
        """A page was given out, and the run ends before it was fetched."""
        self.frontier.put_back(row)
        self.left(row)

    # -- the end

    def stop(self, reason: str) -> None:
        """End the run as soon as the requests that are on the wire are stored. The first reason counts."""
        if self.stopping.is_set():
            return
        self.stop_reason = reason
        self.stopping.set()
        for call in self.on_stop:
            call()

    def give_up(self, error: KhronikaError) -> None:
        """End the run because of an error that every next page would meet too."""
        if self.failure is None:
            self.failure = error
        self.stop("error")

    def status(self) -> dict[str, Any]:
        """The counts as `crawl --json` writes them."""
        counts = self.frontier.counts()
        statistics = self.statistics
        return {
            "crawl": self.crawl_id,
            "captured": statistics.captured,
            "revisits": statistics.revisits,
            "failed": statistics.failed,
            "skipped": statistics.skipped,
            "queued": counts["queued"],
            "in_flight": counts["in flight"],
            "bytes": statistics.octets,
            "retries": statistics.retries,
            "second_looks": statistics.second_looks,
            "url": statistics.url,
        }


class SiteCrawler(Crawler):
    """The Scrapy crawler of one site in a session."""

    def __init__(self, spidercls: type[Spider], settings: Any, *, session: CrawlSession, site: SiteDefinition) -> None:
        # before Scrapy's own, whose components look for them
        self.session = session
        self.site = site
        super().__init__(spidercls, settings)


def session_of(crawler: Crawler) -> CrawlSession:
    """The session of a crawler. Raises KhronikaError for a crawler that Khronika did not start."""
    session = getattr(crawler, "session", None)
    if not isinstance(session, CrawlSession):
        raise KhronikaError(
            "expected a crawl of a collection, found a bare Scrapy crawl; it is `khronika crawl` that keeps evidence"
        )
    return session


def site_of(crawler: Crawler) -> SiteDefinition:
    """The site that a crawler is for. Raises KhronikaError as session_of does."""
    session_of(crawler)
    site: SiteDefinition = crawler.site  # type: ignore[attr-defined]  # a SiteCrawler, as session_of made sure
    return site


def occasion_of(request: Request, session: CrawlSession) -> Occasion:
    """Why a request is made, for the exchange's metadata record."""
    meta = request.meta
    attempts = meta.get(ATTEMPTS, 0)
    return Occasion(
        crawl=session.crawl_id,
        site=meta[SITE],
        via=meta.get(VIA),
        hops=meta.get(HOPS, ""),
        notes=((("attempt", str(attempts + 1)),) if attempts else ()) + meta.get(NOTES, ()),
    )


def request_for(spider: Spider, page: Page) -> Request:
    """The Scrapy request for a row."""
    return Request(
        page.url,
        callback=spider.read,  # type: ignore[attr-defined]  # every spider of ours is a SiteSpider
        dont_filter=True,
        priority=page.priority,
        meta={
            ROW: page.id,
            SITE: page.site,
            VIA: page.via,
            HOPS: page.hops,
            NOT_BEFORE: page.not_before,
            ATTEMPTS: page.attempts,
            "callback": page.callback,
            LISTING: page.listing,
            MAX_SIZE: spider.site.requisite_size if is_requisite(page) else None,  # type: ignore[attr-defined]
            # it is what `join_link` made: Scrapy need not make it safe once more
            "verbatim_url": True,
            # Scrapy keeps its slots by host name alone; ours are kept by host and port
            "download_slot": host_and_port(page.url),
        },
    )


def found_in(request: Request, spider: Spider, *, of: Request | None = None, memory: SiteMemory | None = None) -> Found:
    """The row for a request that a spider yielded on the page that `of` asked for."""
    meta = request.meta
    callback = "read_page" if request.callback is None else str(getattr(request.callback, "__name__", ""))
    if not callable(getattr(spider, callback, None)):
        raise KhronikaError(f"spider {spider.name}: expected a method as callback of {request.url}, found {callback!r}")
    if request.method != "GET" or request.body:
        raise KhronikaError(
            f"spider {spider.name}: expected a GET without a body, found {request.method} {request.url}"
        )
    seed, exact = bool(meta.get(SEED)), bool(meta.get(EXACT))
    # a seed is what a person wrote, an exact address what a server insists on
    url = request.url if seed or exact else spider.identity.clean(request.url)  # type: ignore[attr-defined]
    key = spider.identity.key(url)  # type: ignore[attr-defined]
    kind = spider.kind_of(url)  # type: ignore[attr-defined]
    hop = meta.get(HOP, "L")
    skipped = meta.get(REFUSED)
    if not seed and skipped is None:
        verdict = spider.verdict(url)  # type: ignore[attr-defined]
        skipped = None if verdict.admitted else verdict.reason
        # where a page leads that is due is part of it; what is not looked into as a page has no rhythm
        if skipped is None and memory is not None and hop != "R" and callback == PAGE_CALLBACK:
            skipped = memory.refusal(key, kind)
    hops = "" if of is None else f"{of.meta.get(HOPS, '')}{hop}"[-MAX_HOPS:]
    via = None if of is None else of.url
    if skipped is None and not seed:
        skipped = spider.traps.judge(url, via=via, kind=kind, hops=hops)  # type: ignore[attr-defined]
    return Found(
        url=url,
        key=key,
        kind=kind,
        callback=callback,
        listing=meta.get(LISTING),
        via=via,
        hops=hops,
        priority=request.priority or PRIORITY.get(kind, 0),
        seed=seed,
        skipped=skipped,
        exact=exact,
    )


def found_links(
    follow: Follow,
    spider: Spider,
    *,
    of: Request,
    known: Callable[[str], bool],
    memory: SiteMemory | None = None,
) -> list[Found]:
    """The rows for the links of the page that `of` asked for, without those that the frontier is `known` to have."""
    via, hops = of.url, of.meta.get(HOPS, "")
    clean = spider.identity.clean  # type: ignore[attr-defined]
    found = []
    for link in follow.links:
        if known(link.url):
            continue
        url = clean(link.url)
        if url is not link.url and known(url):
            continue
        one = _found_page(url, spider, f"{hops}{link.hop}"[-MAX_HOPS:], via=via)
        if one.skipped is None and memory is not None:
            if one.listing is None:
                one = replace(one, skipped=memory.refusal(one.key, one.kind))
            elif memory.rests(one.kind):
                one = replace(one, skipped=f"{NOT_DUE}: the list that it is a part of has a schedule of its own")
        found.append(one)
    return found


def found_listed(
    listed: Listed, spider: Spider, *, of: Request, memory: SiteMemory | None = None
) -> tuple[list[Found], ListedPart]:
    """The rows for what a part of a listing names, and what it says of them."""
    hops = f"{of.meta.get(HOPS, '')}M"[-MAX_HOPS:]
    identity = spider.identity  # type: ignore[attr-defined]
    place = identity.key(listed.listing)
    found, entries = [], []
    for entry in listed.entries:
        one = _found_page(identity.clean(entry.url), spider, hops, via=of.url)
        entries.append((one.key, entry))
        if one.skipped is None and one.listing is None:
            refusal = None
            if memory is not None:
                refusal = memory.refusal(one.key, one.kind, listing=place, way=listed.way, entry=entry)
            one = replace(one, skipped=refusal, revives=refusal is None)
        found.append(one)
    return found, ListedPart(listed.listing, listed.whole, listed.total, tuple(entries))


def found_again(spider: Spider, memory: SiteMemory) -> Iterator[Found]:
    """The rows for pages that are due, whether anything names them or not."""
    for key, page in memory.due():
        yield replace(_found_page(page.url, spider, "Y", via=None), key=key)


def found_needed(need: Need, spider: Spider, *, of: Request) -> list[Found]:
    """The rows for what the page that `of` asked for needs to be seen as it was."""
    hops = f"{of.meta.get(HOPS, '')}E"[-MAX_HOPS:]
    identity, scope = spider.identity, spider.scope  # type: ignore[attr-defined]
    found = []
    for link in need.links:
        url = identity.clean(link.url)
        verdict = scope.admits_requisite(url)
        skipped = None if verdict.admitted else verdict.reason
        if skipped is None and hops.endswith("E" * (WITHIN + 1)):
            skipped = f"more than {WITHIN} requisites within one another"
        found.append(
            Found(
                url=url,
                key=identity.key(url),
                kind=REQUISITE,
                callback=REQUISITE_CALLBACK,
                via=of.url,
                hops=hops,
                priority=REQUISITE_PRIORITY,
                skipped=skipped,
                # a link to it may have been left out by `include`
                revives=skipped is None,
            )
        )
    return found


def _may_be_looked_at_twice(request: Request, capture: Capture) -> bool:
    """Whether it is a whole page of text that was had."""
    return (
        request.meta.get("callback") in {PAGE_CALLBACK, "read_list"}
        and capture.status is not None
        and 200 <= capture.status < 300
        and capture.mime in {None, "text/html", "application/xhtml+xml"}
        and capture.truncated is None
        and capture.failure is None
    )


def _lot(crawl: str, url: str) -> float:
    """A number from 0 to 1 that a page draws in a crawl."""
    return int.from_bytes(hashlib.sha256(f"{crawl}\n{url}".encode()).digest()[:8], "big") / 2**64


def is_requisite(page: Page) -> bool:
    """Whether a row is something that a page needs, and no page itself."""
    return page.callback == REQUISITE_CALLBACK


def _found_page(url: str, spider: Spider, hops: str, *, via: str | None) -> Found:
    part = spider.part_of_list(url)  # type: ignore[attr-defined]
    if part is not None:
        # read as a part of its list wherever it was found: read as a page, what it names would be missing there
        listing, refusal = part
        return Found(
            url=url,
            key=spider.identity.key(url),  # type: ignore[attr-defined]
            kind=spider.kind_of(url),  # type: ignore[attr-defined]
            callback="read_list",
            listing=None if refusal else listing,
            via=via,
            hops=hops,
            priority=PRIORITY["list"],
            seed=True,
            skipped=refusal,
        )
    verdict = spider.verdict(url)  # type: ignore[attr-defined]
    kind = spider.kind_of(url)  # type: ignore[attr-defined]
    skipped = None if verdict.admitted else verdict.reason
    if skipped is None:
        skipped = spider.traps.judge(url, via=via, kind=kind, hops=hops)  # type: ignore[attr-defined]
    return Found(
        url=url,
        key=spider.identity.key(url),  # type: ignore[attr-defined]
        kind=kind,
        via=via,
        hops=hops,
        # what a listing may say to be another page's address is asked for after the listings
        priority=SHORT_PRIORITY if spider.may_be_short(url) else PRIORITY.get(kind, 0),  # type: ignore[attr-defined]
        skipped=skipped,
    )


SHORT_PRIORITY: Final = -10
REQUISITE_CALLBACK: Final = "read_requisite"
REQUISITE_PRIORITY: Final = 5
SECOND_PRIORITY: Final = 50
"""Before all else: what is fetched much later differs for other reasons."""

PRIORITY: Final[Mapping[str | None, int]] = {"list": 30, "case": 20, "news": 10}
"""Of pages by their kind: listings first, because they name the others."""


MAX_HOPS: Final = 200
"""Letters of a path from the seed that are kept: the last ones."""


def now() -> float:
    """Seconds since the epoch."""
    return time.time()
