"""Fetching: the sites of one crawl, or a part of them, fetched in one event loop.

A Scrapy crawler for each site; they share a session: one frontier, one politeness. What is fetched goes to a store,
which is the collection's writer or the way to it from another process.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from scrapy import signals
from scrapy.logformatter import LogFormatter
from scrapy.settings import Settings

from archive.errors import KhronikaError
from crawler.browser import Browsers
from crawler.frontier import FILE_NAME, Frontier
from crawler.host_turns import HostTurns
from crawler.memory import SiteMemory
from crawler.policy import CrawlPolicy
from crawler.politeness import Politeness
from crawler.robots import RobotsRules, product_token
from crawler.session import CrawlSession, SiteCrawler, Store
from spiders.definition import SiteDefinition
from spiders.known import spider_class
from spiders.scope import addresses_of

logger = logging.getLogger(__name__)

GRACE: Final = 30.0
"""Seconds that requests on the wire get to end after a stop; then the run ends without them."""

ACCEPT: Final = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


class SilentFormatter(LogFormatter):
    """Scrapy's words about each page: none. crawl.log has a line for every exchange, and the frontier what became of
    every page."""

    def crawled(self, *_: object) -> None:  # type: ignore[override]  # None is what Scrapy takes for "say nothing"
        """Say nothing."""

    def scraped(self, *_: object) -> None:  # type: ignore[override]
        """Say nothing."""


@dataclass(frozen=True, slots=True)
class FetchJob:
    """What is to be fetched, and how."""

    crawl: str
    """Id of the crawl."""
    folder: Path
    """Of the crawl: frontier and logs."""
    policy: CrawlPolicy
    agent: str
    """User-Agent."""
    mail: str
    """Sent as From; empty: none is."""
    sites: tuple[SiteDefinition, ...]
    delay: float | None
    """Seconds of rest that the run was told, in place of the policy's and the sites' own."""
    limit: int | None
    """Pages at most."""
    time_limit: float | None
    """Seconds after which the run is stopped; counted from when the first page may be fetched."""

    others: bool = False
    """Whether other processes fetch for the same run."""
    memories: Mapping[str, SiteMemory] = field(default_factory=dict)
    """What is known of the pages of sites that are not fetched whole at every run, by site."""

    def frontier(self) -> Frontier:
        """The crawl's frontier, for these sites. Raises StorageError."""
        return Frontier.open(self.folder / FILE_NAME, sites=[site.name for site in self.sites])


class Fetching:
    """One run over the sites of a job."""

    def __init__(
        self,
        job: FetchJob,
        store: Store,
        frontier: Frontier,
        *,
        on_page: Callable[[], None],
        on_stop: Callable[[str | None], None],
    ) -> None:
        """`on_page` is called when a page that can be read is in the catalogue, `on_stop` with the reason of a stop."""
        self._job = job
        self._on_page = on_page
        self.session = CrawlSession(
            crawl_id=job.crawl,
            policy=job.policy,
            writer=store,
            frontier=frontier,
            politeness=Politeness(job.policy, delay=job.delay, turns=HostTurns(job.folder) if job.others else None),
            robots=RobotsRules(job.policy, product_token(job.agent)),
            limit=job.limit,
            memories=job.memories,
        )
        for site in job.sites:
            # before any of them asks: two sites may share a host
            for address in addresses_of(site):
                self.session.politeness.expect(address, site.delay)
        self.session.on_stop.append(self._stop_crawlers)
        self.session.on_stop.append(lambda: on_stop(self.session.stop_reason))
        self._browsers = Browsers(self.session)
        self.session.look = self._browsers.look
        self._settings = scrapy_settings(job)
        self._crawlers: set[SiteCrawler] = set()
        self._at_once = asyncio.Event()
        self._stops: set[asyncio.Task[None]] = set()

    async def to_the_end(self) -> None:
        """Run all sites; returns when they have ended, or were stopped."""
        others = asyncio.all_tasks()
        sites = asyncio.create_task(self._all_sites())
        timer = None
        if self._job.time_limit is not None:
            timer = asyncio.get_running_loop().call_later(self._job.time_limit, self.stop, "time limit")
        try:
            if not await self._until_ended(sites):
                await _cancel(asyncio.all_tasks() - others)
            elif (error := sites.exception()) is not None:
                raise error
        except BaseException:
            await _cancel(asyncio.all_tasks() - others)
            raise
        finally:
            if timer is not None:
                timer.cancel()
            if self.session.wire is not None:
                await self.session.wire.close()

    def stop(self, reason: str) -> None:
        """End as soon as what is on the wire is stored."""
        self.session.stop(reason)

    def stop_at_once(self) -> None:
        """End now."""
        self._at_once.set()

    def status(self) -> dict[str, Any]:
        """The counts as `crawl --json` writes them."""
        return self.session.status()

    async def _until_ended(self, sites: asyncio.Task[None]) -> bool:
        """Whether the sites ended by themselves, or in the time that a stop leaves them."""
        stopping = asyncio.create_task(self.session.stopping.wait())
        at_once = asyncio.create_task(self._at_once.wait())
        try:
            await asyncio.wait((sites, stopping), return_when=asyncio.FIRST_COMPLETED)
            if not sites.done():
                await asyncio.wait((sites, at_once), timeout=GRACE, return_when=asyncio.FIRST_COMPLETED)
            return sites.done()
        finally:
            stopping.cancel()
            at_once.cancel()

    async def _all_sites(self) -> None:
        together = asyncio.Semaphore(self._job.policy.connections)

        async def one(site: SiteDefinition) -> None:
            async with together:
                if not self.session.stopping.is_set():
                    await self._site(site)

        results = await asyncio.gather(*(one(site) for site in self._job.sites), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def _site(self, site: SiteDefinition) -> None:
        crawler = SiteCrawler(spider_class(site.spider), self._settings, session=self.session, site=site)
        # what was captured is in the catalogue before a spider yields it
        crawler.signals.connect(self._on_page, signals.item_scraped)
        self._crawlers.add(crawler)
        try:
            await crawler.crawl_async(site=site)
        finally:
            self._crawlers.discard(crawler)
            await self._browsers.close(site)
        if dropped := getattr(crawler.spider, "dropped", None):
            logger.info("site %s: links that name no page: %s", site.name, json.dumps(dict(dropped), sort_keys=True))

    def _stop_crawlers(self) -> None:
        for crawler in self._crawlers:
            stop = asyncio.ensure_future(crawler.stop_async())
            self._stops.add(stop)
            stop.add_done_callback(self._stops.discard)

    @property
    def failure(self) -> KhronikaError | None:
        """What the run could not go on after."""
        return self.session.failure


async def _cancel(tasks: set[asyncio.Task[Any]]) -> None:
    tasks.discard(asyncio.current_task())
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def scrapy_settings(job: FetchJob) -> Settings:
    """Scrapy's settings: the constants of `settings.py` and what a run knows."""
    settings = Settings()
    settings.setmodule("settings", priority="project")
    headers = {"User-Agent": job.agent, "Accept": ACCEPT}
    if job.policy.accept_language:
        headers["Accept-Language"] = job.policy.accept_language
    if job.mail:
        headers["From"] = job.mail
    settings.set("DEFAULT_REQUEST_HEADERS", headers, priority="cmdline")
    for name in ("CONCURRENT_REQUESTS", "CONCURRENT_REQUESTS_PER_DOMAIN"):
        settings.set(name, job.policy.connections, priority="cmdline")
    settings.set("COOKIES_ENABLED", job.policy.cookies, priority="cmdline")
    return settings
