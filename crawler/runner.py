"""The runner: one run of `khronika crawl`, from the lock to the summary.

One event loop without a Twisted reactor holds a Scrapy crawler for each site; they share a session: one writer, one
frontier, one politeness. Reading runs beside it and is finished before the run is.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import secrets
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from scrapy import signals
from scrapy.settings import Settings

from archive.catalogue import Catalogue
from archive.errors import KhronikaError, StorageError
from archive.state import State
from crawler.crawl_log import FILE_NAME as CRAWL_LOG
from crawler.crawl_log import CrawlLog
from crawler.frontier import FILE_NAME, Frontier
from crawler.policy import CrawlPolicy, user_agent
from crawler.politeness import Politeness
from crawler.robots import RobotsRules, product_token
from crawler.session import CrawlSession, SiteCrawler
from pipelines.stage import ReadingStage, StageCounts
from spiders.definition import SiteDefinition, definitions_for_urls
from spiders.known import spider_class

if TYPE_CHECKING:
    from archive.collection import Collection
    from archive.recovery import Recovered
    from crawler.config import Config

logger = logging.getLogger(__name__)

STATUS_INTERVAL: Final = 0.5
"""Seconds between two reports of progress."""
MESSAGES: Final = "messages.log"
"""Name of the file, in a crawl's folder, that takes what the program has to say."""
GRACE: Final = 30.0
"""Seconds that requests on the wire get to end after a stop; then the run ends without them."""

ACCEPT: Final = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@dataclass(frozen=True, slots=True)
class CrawlSummary:
    """What a run did."""

    crawl: str
    """Id of the crawl; a run that goes on with an unfinished one bears the same."""
    captured: int
    """Pages that were answered in this run, whatever the status."""
    revisits: int
    """Those of them with the payload of an earlier crawl."""
    failed: int
    """Pages that could not be fetched after all attempts."""
    skipped: int
    """Addresses that were found and not fetched."""
    changed: int
    """Changes of pages that this run found, beyond noise."""
    reason: str
    """finished, limit, time limit, interrupted."""
    resumed: bool = False
    """Whether the run went on with an unfinished crawl."""
    skipped_because: dict[str, int] = field(default_factory=dict)
    """Counts of the whole crawl by reason."""
    failed_because: dict[str, int] = field(default_factory=dict)
    problems: dict[str, int] = field(default_factory=dict)
    """Pages that are kept and of which not all could be had or looked into, by reason; of the whole crawl."""

    def as_record(self) -> dict[str, Any]:
        """As `crawl --json` writes it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a run was asked for."""

    sites: tuple[SiteDefinition, ...]
    limit: int | None
    time_limit: float | None
    delay: float | None
    fresh: bool
    reading: bool


def run_crawl(
    collection: Collection,
    config: Config,
    *,
    sites: Sequence[SiteDefinition] = (),
    urls: Sequence[str] = (),
    limit: int | None = None,
    time_limit: float | None = None,
    delay: float | None = None,
    fresh: bool = False,
    reading: bool = True,
    on_status: Callable[[dict[str, Any]], None] | None = None,
    on_message: Callable[[str], None] | None = None,
) -> CrawlSummary:
    """Crawl sites, or addresses without a site entry, and wait until their pages are read and compared.

    `limit` counts pages, `time_limit` and `delay` are seconds. Goes on with the last unfinished crawl of the same
    sites and start addresses unless `fresh`. Without `reading`, pages are left for the next run to read. The first
    SIGINT or SIGTERM ends the run as soon as what is on the wire is stored, a second one at once. Raises
    CollectionLockedError and StorageError.
    """
    asked = _Asked((*sites, *definitions_for_urls(urls)), limit, time_limit, delay, fresh, reading)
    return asyncio.run(_crawl(collection, config, asked, on_status, on_message or (lambda _: None)))


async def _crawl(
    collection: Collection,
    config: Config,
    asked: _Asked,
    on_status: Callable[[dict[str, Any]], None] | None,
    tell: Callable[[str], None],
) -> CrawlSummary:
    policy = config.crawl
    with (
        collection.writer(roll_at=policy.warc_size, deduplicate=policy.dedup) as writer,
        contextlib.ExitStack() as stack,
    ):
        for recovered in writer.recovered:
            tell(_recovered(recovered))
        seeds = {site.name: list(site.seeds) for site in asked.sites}
        crawl_id, frontier, resumed = _frontier(collection.crawls_folder, seeds, fresh=asked.fresh)
        stack.callback(frontier.close)
        if resumed:
            tell(f"going on with the unfinished crawl {crawl_id} (--fresh begins anew)")
        stack.enter_context(_log_in(collection.crawls_folder / crawl_id / MESSAGES))
        crawl_log = stack.enter_context(contextlib.closing(CrawlLog(collection.crawls_folder / crawl_id / CRAWL_LOG)))
        state = stack.enter_context(State.open(collection.path, readonly=False))
        limits = {"limit": asked.limit, "time_limit": asked.time_limit}
        state.begin_run(crawl_id, {"sites": seeds, **limits}, datetime.now(UTC))
        writer.begin_crawl(crawl_id, warcinfo_fields(config, asked.sites))

        agent = user_agent(policy, config.operator.mail or None)
        session = CrawlSession(
            crawl_id=crawl_id,
            policy=policy,
            writer=writer,
            frontier=frontier,
            politeness=Politeness(policy, delay=asked.delay),
            robots=RobotsRules(policy, product_token(agent)),
            limit=asked.limit,
            crawl_log=crawl_log,
        )
        session.on_stop.append(lambda: _tell_of_stop(session, tell))
        stage = None
        if asked.reading:
            catalogue = stack.enter_context(Catalogue.open(collection.catalogue_path, readonly=False))
            stage = ReadingStage(collection, catalogue, workers=policy.workers or None)
        run = _Run(session, asked.sites, _settings(policy, agent, config.operator.mail), stage)
        await run.to_the_end(time_limit=asked.time_limit, on_status=on_status)

        reason = session.stop_reason or ("limit" if frontier.has_queued() else "finished")
        frontier.recover()
        frontier.set_fact("ended", reason)
        summary = CrawlSummary(
            crawl=crawl_id,
            captured=session.statistics.captured,
            revisits=session.statistics.revisits,
            failed=session.statistics.failed,
            skipped=session.statistics.skipped,
            changed=0 if stage is None else stage.counts.changes,
            reason=reason,
            resumed=resumed,
            skipped_because=dict(frontier.reasons("skipped")),
            failed_because=dict(frontier.reasons("failed")),
            problems={reason: pages for reason, pages in frontier.reasons("done").items() if reason},
        )
        counts = {name: value for name, value in summary.as_record().items() if type(value) is int}
        state.end_run(crawl_id, datetime.now(UTC), reason, counts)
        if session.failure is not None:
            raise session.failure
        return summary


def _tell_of_stop(session: CrawlSession, tell: Callable[[str], None]) -> None:
    if session.stop_reason == "interrupted":
        tell("stopping: what is on its way is finished and kept; once more Ctrl-C ends the crawl at once")


class _Run:
    """The crawlers of a session and the reading beside them, their progress and their end."""

    def __init__(
        self, session: CrawlSession, sites: Sequence[SiteDefinition], settings: Settings, stage: ReadingStage | None
    ) -> None:
        self._session = session
        self._sites = sites
        self._settings = settings
        self._stage = stage
        self._crawlers: set[SiteCrawler] = set()
        self._at_once = asyncio.Event()
        self._stops: set[asyncio.Task[None]] = set()
        session.on_stop.append(self._stop_crawlers)

    async def to_the_end(self, *, time_limit: float | None, on_status: Callable[[dict[str, Any]], None] | None) -> None:
        """Run all sites, then finish reading; returns when both have ended, or the run was stopped."""
        async with _signals(self._interrupt), self._reports(on_status):
            if self._stage is None:
                await self._fetch(time_limit)
                return
            self._stage.start()
            try:
                await self._fetch(time_limit)
            except BaseException:
                await asyncio.to_thread(self._stage.stop, finish=False)
                raise
            await self._finish_reading(self._stage)

    async def _fetch(self, time_limit: float | None) -> None:
        loop = asyncio.get_running_loop()
        others = asyncio.all_tasks()
        timer = None if time_limit is None else loop.call_later(time_limit, self._session.stop, "time limit")
        try:
            sites = asyncio.create_task(self._all_sites())
            if not await self._until_ended(sites):
                await _cancel(asyncio.all_tasks() - others)
            elif (error := sites.exception()) is not None:
                raise error
        finally:
            if timer is not None:
                timer.cancel()

    async def _finish_reading(self, stage: ReadingStage) -> None:
        """Wait until nothing waits to be read; after Ctrl-C or an error the rest is left to the next run."""
        session = self._session
        hurried = session.stop_reason in {"interrupted", "error"}
        hurry = self._at_once if session.stopping.is_set() else session.stopping
        finishing = asyncio.create_task(asyncio.to_thread(stage.stop, finish=not hurried))
        hurrying = asyncio.create_task(hurry.wait())
        try:
            await asyncio.wait((finishing, hurrying), return_when=asyncio.FIRST_COMPLETED)
            if not finishing.done():
                await asyncio.to_thread(stage.stop, finish=False)
            await finishing
        except KhronikaError as error:
            session.failure = session.failure or error
        finally:
            hurrying.cancel()

    async def _until_ended(self, sites: asyncio.Task[None]) -> bool:
        """Whether the sites ended by themselves, or in the time that a stop leaves them."""
        stopping = asyncio.create_task(self._session.stopping.wait())
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
        together = asyncio.Semaphore(self._session.policy.connections)

        async def one(site: SiteDefinition) -> None:
            async with together:
                if not self._session.stopping.is_set():
                    await self._site(site)

        results = await asyncio.gather(*(one(site) for site in self._sites), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def _site(self, site: SiteDefinition) -> None:
        crawler = SiteCrawler(spider_class(site.spider), self._settings, session=self._session, site=site)
        # what was captured is in the catalogue before a spider yields it
        crawler.signals.connect(self._wake, signals.item_scraped)
        self._crawlers.add(crawler)
        try:
            await crawler.crawl_async(site=site)
        finally:
            self._crawlers.discard(crawler)
        if dropped := getattr(crawler.spider, "dropped", None):
            logger.info("site %s: links that name no page: %s", site.name, json.dumps(dict(dropped), sort_keys=True))

    def _wake(self) -> None:
        if self._stage is not None:
            self._stage.wake()

    def _stop_crawlers(self) -> None:
        for crawler in self._crawlers:
            stop = asyncio.ensure_future(crawler.stop_async())
            self._stops.add(stop)
            stop.add_done_callback(self._stops.discard)

    def _interrupt(self) -> None:
        if self._session.stopping.is_set():
            self._at_once.set()
        else:
            self._session.stop("interrupted")

    def _counts(self) -> StageCounts:
        return StageCounts() if self._stage is None else self._stage.counts

    @contextlib.asynccontextmanager
    async def _reports(self, on_status: Callable[[dict[str, Any]], None] | None) -> AsyncIterator[None]:
        if on_status is None:
            yield
            return
        report = on_status

        def status() -> dict[str, Any]:
            counts = self._counts()
            return {**self._session.status(), "read": counts.readings + counts.unreadable, "changed": counts.changes}

        async def repeat() -> None:
            while True:
                report(status())
                await asyncio.sleep(STATUS_INTERVAL)

        task = asyncio.ensure_future(repeat())
        try:
            yield
        finally:
            await _cancel({task})
            report(status())


@contextlib.asynccontextmanager
async def _signals(interrupt: Callable[[], None]) -> AsyncIterator[None]:
    """SIGINT and SIGTERM call `interrupt` in the loop; only where the loop runs in the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        loop.add_signal_handler(number, interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)


async def _cancel(tasks: set[asyncio.Task[Any]]) -> None:
    tasks.discard(asyncio.current_task())
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def warcinfo_fields(config: Config, sites: Sequence[SiteDefinition]) -> list[tuple[str, str]]:
    """What the warcinfo records of a run say beside what the writer puts there (WARC 1.1, 6.2)."""
    ignoring = [site for site in sites if site.robots == "ignore"]
    fields = []
    if str(config.operator):
        fields.append(("operator", str(config.operator)))
    fields.append(("robots", "ignore" if ignoring and len(ignoring) == len(sites) else "obey"))
    fields.append(("http-header-user-agent", user_agent(config.crawl, config.operator.mail or None)))
    if config.operator.mail:
        fields.append(("http-header-from", config.operator.mail))
    if ignoring:
        # a field of DCMI's may not repeat here, so one line names all
        reasons = (f"robots.txt of site {site.name} ignored: {site.robots_reason}" for site in ignoring)
        fields.append(("description", "; ".join(reasons)))
    fields.append(("configuration-digest", str(config.digest)))
    return fields


def _settings(policy: CrawlPolicy, agent: str, mail: str) -> Settings:
    settings = Settings()
    settings.setmodule("settings", priority="project")
    headers = {"User-Agent": agent, "Accept": ACCEPT}
    if policy.accept_language:
        headers["Accept-Language"] = policy.accept_language
    if mail:
        headers["From"] = mail
    settings.set("DEFAULT_REQUEST_HEADERS", headers, priority="cmdline")
    settings.set("CONCURRENT_REQUESTS", policy.connections, priority="cmdline")
    settings.set("COOKIES_ENABLED", policy.cookies, priority="cmdline")
    return settings


def _frontier(crawls: Path, asked: dict[str, list[str]], *, fresh: bool) -> tuple[str, Frontier, bool]:
    """The frontier of the last unfinished crawl that was asked for the same, or a new one: (id, frontier, resumed)."""
    if not fresh:
        for path in sorted(crawls.glob(f"*/{FILE_NAME}"), reverse=True):
            frontier = Frontier.open(path)
            if frontier.fact("asked") != asked:
                frontier.close()
                continue
            if frontier.fact("ended") == "finished":
                frontier.close()
                break
            frontier.recover()
            frontier.set_fact("ended", None)
            return path.parent.name, frontier, True
    crawl_id = f"{datetime.now(UTC):%Y%m%d%H%M%S}-{secrets.token_hex(4)}"
    return crawl_id, Frontier.create(crawls / crawl_id / FILE_NAME, {"asked": asked}), False


def _recovered(one: Recovered) -> str:
    words = [f"{one.file} was left open by a run that did not end; {one.captures} captures entered from it"]
    if one.cut_octets:
        words.append(f"{one.cut_octets} bytes of a record that was not written to its end are kept as {one.kept_as}")
    if one.damage:
        words.append(one.damage)
    return "; ".join(words)


class _SoberFormatter(logging.Formatter):
    """One line a message, UTC; of an error its kind, its words and the line it came from. No absolute path."""

    def format(self, record: logging.LogRecord) -> str:
        # logging keeps the trace of whoever formatted the record first
        record.exc_text = None
        try:
            return super().format(record)
        finally:
            record.exc_text = None

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802 - logging's name
        return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's name
        _, error, trace = ei
        places = []
        while trace is not None:
            code = trace.tb_frame
            places.append(f"{code.f_globals.get('__name__', '?')}:{trace.tb_lineno}")
            trace = trace.tb_next
        words = " ".join(str(error).split())
        return f"  {type(error).__name__}: {words} at {' < '.join(reversed(places[-4:]))}"


class _LogFile(logging.FileHandler):
    """A log that a full disk cuts short: that is told by whoever writes more than words."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Be silent, where logging would print a trace, paths and all, on the terminal."""


@contextlib.contextmanager
def _log_in(path: Path) -> Iterator[None]:
    """What Khronika and Scrapy have to say goes to the crawl's own file, and nowhere else."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = _LogFile(path, encoding="utf-8")
    except OSError as error:
        raise StorageError(f"crawls/{path.parent.name}/{path.name} cannot be written: {error.strerror}") from error
    handler.setFormatter(_SoberFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    root, own = logging.getLogger(), logging.getLogger("crawler")
    level = own.level
    root.addHandler(handler)
    own.setLevel(logging.INFO)
    try:
        yield
    finally:
        own.setLevel(level)
        root.removeHandler(handler)
        with contextlib.suppress(OSError):
            handler.close()
