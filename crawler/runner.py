"""The runner: one run of `khronika crawl`, from the lock to the summary.

This process holds the lock and writes. Fetching (`crawler/fetching.py`) takes a process of its own, or several when the
crawl has several sites; reading runs beside both, and is finished before the run is.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import uvloop

from archive.catalogue import Catalogue
from archive.commitment import FIELD as COMMITMENTS_FIELD
from archive.commitment import KEYS, commitments_line
from archive.errors import DiskLowError, KhronikaError, StorageError
from archive.state import State
from crawler.browser import need_browser
from crawler.crawl_log import FILE_NAME as CRAWL_LOG
from crawler.crawl_log import CrawlLog, LoggedStore
from crawler.disk_budget import too_full
from crawler.frontier import FILE_NAME, OVER_BUDGET, PUT_OFF_HOST, Frontier, host_of
from crawler.host_turns import forget_turns
from crawler.memory import REMEMBERED, SiteMemory, Unlisted, catch_up, remember, site_memory
from crawler.messages_log import log_in
from crawler.notices import Telling, note_notices, tell_after
from crawler.policy import user_agent
from crawler.reading import log_readings, rules_for
from crawler.reasons import grouped
from crawler.robots import override_of
from crawler.run_log import log_beginning
from crawler.timestamping import beside, stamp_after, stamp_while
from crawler.trust import bind_settings
from pipelines.stage import ReadingStage, StageCounts
from spiders.definition import SiteDefinition, definitions_for_urls
from spiders.scope import site_hosts

if TYPE_CHECKING:
    from archive.collection import Collection
    from archive.recovery import Recovered
    from archive.writer import Writer
    from crawler.config import Config
    from crawler.errand import Errand
    from crawler.fetching import FetchJob

STATUS_INTERVAL: Final = 0.5
"""Seconds between two reports of progress."""
ROOM_INTERVAL: Final = 1.0
"""Seconds between two looks at the room on the disk."""
FREE_ADVICE: Final = (
    "Make room (khronika prune --dry-run says what may go, khronika copies release what is safe elsewhere), and give "
    "the same command again: a crawl goes on where it stopped. How much is left free is set in [disk]."
)


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
    """finished, limit, time limit, interrupted, budget, put off, disk."""
    resumed: bool = False
    """Whether the run went on with an unfinished crawl."""
    second_looks: int = 0
    """Pages that were fetched a second time, to see what moves on them by itself."""
    unlisted: int = 0
    """Pages that a listing names no more, all of which was read."""
    skipped_because: dict[str, int] = field(default_factory=dict)
    """Counts of the whole crawl by reason."""
    failed_because: dict[str, int] = field(default_factory=dict)
    problems: dict[str, int] = field(default_factory=dict)
    """Pages that are kept and of which not all could be had or looked into, by reason; of the whole crawl."""
    over_budget: dict[str, int] = field(default_factory=dict)
    """Sites whose budget was spent, and how many of their pages are queued for the next run."""
    put_off: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Hosts that asked to be left alone for longer than a run waits: `until` when, and how many `pages` are queued."""
    not_copied: dict[str, str] = field(default_factory=dict)
    """Copies that are not up to date at the end, and why."""

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
    errand: Errand | None = None
    """Of a run that begins because it is due."""

    @property
    def words(self) -> dict[str, list[str]]:
        """The seeds of each site, by which a run knows the crawl to go on with; what is for some kinds of page only is
        gone on with by its schedule alone."""
        words = {site.name: list(site.seeds) for site in self.sites}
        for site, kinds in {} if self.errand is None else self.errand.kinds.items():
            words[f"{site}: kinds"] = sorted(kinds.due)
        return words


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
    errand: Errand | None = None,
    passphrase: str | None = None,
    on_status: Callable[[dict[str, Any]], None] | None = None,
    on_message: Callable[[str], None] | None = None,
) -> CrawlSummary:
    """Crawl sites, or addresses without a site entry, and wait until their pages are read and compared.

    `limit` counts pages, `time_limit` and `delay` are seconds. Goes on with the last unfinished crawl of the same
    sites and start addresses unless `fresh`. Without `reading`, pages are left for the next run to read. `passphrase`:
    of the log key, where it is under one. `errand`: of a run that is due; it alone says what is gone on with then. The
    first SIGINT or SIGTERM, or a SIGHUP, ends the run as soon as what is on the wire is stored, a second one at once;
    so does a disk on which less room is left than `[disk]` asks for. Raises
    CollectionLockedError, KeyFileError, LogError and StorageError, DiskLowError among them where nothing was begun.
    """
    asked = _Asked((*sites, *definitions_for_urls(urls)), limit, time_limit, delay, fresh, reading, errand)
    need_browser(asked.sites)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_crawl(collection, config, asked, passphrase, on_status, on_message or (lambda _: None)))


async def _crawl(
    collection: Collection,
    config: Config,
    asked: _Asked,
    passphrase: str | None,
    on_status: Callable[[dict[str, Any]], None] | None,
    tell: Callable[[str], None],
) -> CrawlSummary:
    policy = config.crawl
    if low := _low(collection, config):
        raise DiskLowError(f"{low}. {FREE_ADVICE}")
    with (
        collection.writer(
            roll_at=policy.warc_size, idle=policy.warc_idle, deduplicate=policy.dedup, passphrase=passphrase
        ) as writer,
        contextlib.ExitStack() as stack,
    ):
        for recovered in writer.recovered:
            tell(_recovered(recovered))
        bind_settings(collection.path, config, writer, tell)
        seeds = {site.name: list(site.seeds) for site in asked.sites}
        crawl_id, frontier, resumed = _frontier_for(collection.crawls_folder, asked, tell)
        stack.callback(frontier.close)
        if resumed:
            anew = " (--fresh begins anew)" if asked.errand is None else ""
            tell(f"going on with the unfinished crawl {crawl_id}{anew}")
        stack.enter_context(log_in(collection.crawls_folder / crawl_id))
        crawl_log = stack.enter_context(contextlib.closing(CrawlLog(collection.crawls_folder / crawl_id / CRAWL_LOG)))
        state = stack.enter_context(State.open(collection.path, readonly=False))
        limits = {"limit": asked.limit, "time_limit": asked.time_limit}
        # what this crawl finds is told by these rules
        note_notices(state, config, datetime.now(UTC))
        state.begin_run(crawl_id, {"sites": seeds, **limits, **_by_schedule(asked)}, datetime.now(UTC))
        if asked.errand is not None:
            asked.errand.on_begin(crawl_id)
        warcinfo = warcinfo_fields(config, asked.sites)
        if config.operator.commitments:
            warcinfo.append((COMMITMENTS_FIELD, commitments_line(collection.path / KEYS, crawl_id)))
        writer.begin_crawl(crawl_id, warcinfo)
        await log_beginning(writer, config, crawl_id, tell, resumed=resumed)

        stage = None
        if asked.reading:
            catalogue = stack.enter_context(Catalogue.open(collection.catalogue_path, readonly=False))
            rules = rules_for((*config.sites, *asked.sites))
            stage = ReadingStage(
                collection,
                catalogue,
                workers=policy.workers or None,
                rules_for_site=rules,
                state_rules=config.state_rules,
            )
        forget_turns(collection.crawls_folder / crawl_id)
        frontier.forget_facts(OVER_BUDGET)
        catch_up(state.memory, collection.crawls_folder, config.sites, besides=crawl_id)
        frontier.set_fact(REMEMBERED, False)
        run = _Run(writer, crawl_log, stage, tell, low=lambda: _low(collection, config))
        began = datetime.now(UTC)
        memories = {
            site.name: site_memory(
                state.memory,
                site,
                began,
                # what the statuses do not tell; without rhythms every page is due all the same
                otherwise=None if stage is None or not site.revisit else catalogue.states.answered_otherwise(site.name),
                kinds=None if asked.errand is None else asked.errand.kinds.get(site.name),
            )
            for site in asked.sites
            if site.revisit or site in config.sites
        }
        jobs = _jobs(config, asked, crawl_id, collection.crawls_folder / crawl_id, memories)
        async with beside(stamp_while(writer, collection.path, config, tell)):
            await run.to_the_end(jobs, on_status)

        forget_turns(collection.crawls_folder / crawl_id)
        frontier.recover()
        over_budget = {site: frontier.waiting(site) for site in frontier.facts(OVER_BUDGET) if frontier.waiting(site)}
        put_off = _put_off(frontier)
        left = "limit" if _limited(asked, run) else "budget" if over_budget else "put off" if put_off else "limit"
        reason = run.stop_reason or (left if any(map(frontier.waiting, seeds)) else "finished")
        # sites that are not in this run may have pages queued in its crawl
        frontier.set_fact("ended", left if reason == "finished" and frontier.has_queued() else reason)
        unlisted = remember(state.memory, frontier, crawl_id, asked.sites)
        frontier.set_fact(REMEMBERED, True)
        _tell_unlisted(unlisted, tell)
        counts = run.counts()
        summary = CrawlSummary(
            crawl=crawl_id,
            **{name: counts[name] for name in ("captured", "revisits", "failed", "skipped", "second_looks")},
            changed=0 if stage is None else stage.counts.changes,
            reason=reason,
            resumed=resumed,
            unlisted=len(unlisted),
            skipped_because=grouped(frontier.reasons("skipped")),
            failed_because=dict(frontier.reasons("failed")),
            problems={reason: pages for reason, pages in frontier.reasons("done").items() if reason},
            over_budget=over_budget,
            put_off=put_off,
        )
        figures = {name: value for name, value in summary.as_record().items() if type(value) is int}
        state.end_run(crawl_id, datetime.now(UTC), reason, figures)
        if run.failure is not None:
            raise run.failure
        if stage is not None:
            await asyncio.to_thread(log_readings, collection, catalogue, writer)
    # the checkpoint that the end of writing has signed
    await stamp_after(collection, config, passphrase, tell, hurried=reason == "interrupted")
    if config.notices and asked.reading and reason != "interrupted":
        await _tell_people(collection, config, tell)
    if config.copies and reason != "interrupted":
        summary = replace(summary, not_copied=await _copy(collection, config, tell, due=asked.errand is not None))
    return summary


async def _copy(collection: Collection, config: Config, tell: Callable[[str], None], *, due: bool) -> dict[str, str]:
    """Bring the copies up to date: why one is not, by its name. Ctrl-C ends this, and nothing else."""
    # late: a crawl without copies needs none of it
    from crawler.copying import DUE_LIMIT, push_after

    stopping = threading.Event()
    limit = DUE_LIMIT if due else None
    pushing = asyncio.ensure_future(asyncio.to_thread(push_after, collection, config, tell, stopping, limit=limit))
    try:
        return await asyncio.shield(pushing)
    except asyncio.CancelledError:
        stopping.set()
        task = asyncio.current_task()
        assert task is not None, "what is cancelled is a task"
        task.uncancel()
        tell("copies: stopping; khronika copies push sends the rest")
        return await pushing


async def _tell_people(collection: Collection, config: Config, tell: Callable[[str], None]) -> None:
    """Send the notices that are due. Ctrl-C ends this after the message on its way, and nothing else."""
    telling = Telling(collection, config)
    sending = asyncio.ensure_future(asyncio.to_thread(tell_after, telling, tell))
    try:
        await asyncio.shield(sending)
    except asyncio.CancelledError:
        telling.stopping.set()
        task = asyncio.current_task()
        assert task is not None, "what is cancelled is a task"
        task.uncancel()
        tell("notices: stopping; khronika notify sends the rest")
        await sending


class _Fetcher(Protocol):
    """Fetching in this process (Fetching), or one that fetches for it (FetchProcess)."""

    @property
    def failure(self) -> KhronikaError | None: ...
    async def to_the_end(self) -> None: ...
    def stop(self, reason: str) -> None: ...
    def stop_at_once(self) -> None: ...
    def status(self) -> dict[str, Any]: ...


class _Run:
    """The fetchers of a run and the reading beside them, their progress and their end."""

    def __init__(
        self,
        writer: Writer,
        crawl_log: CrawlLog,
        stage: ReadingStage | None,
        tell: Callable[[str], None],
        low: Callable[[], str | None] = lambda: None,
    ) -> None:
        """`low`: why the disk has too little room to go on, None while it has enough."""
        self._low = low
        self._writer = writer
        self._crawl_log = crawl_log
        self._stage = stage
        self._tell = tell
        self._fetchers: list[_Fetcher] = []
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        self._at_once = asyncio.Event()
        self.stop_reason: str | None = None
        self.failure: KhronikaError | None = None
        """What the run could not go on after."""

    async def to_the_end(self, jobs: Sequence[FetchJob], on_status: Callable[[dict[str, Any]], None] | None) -> None:
        """Fetch, then finish reading; returns when both have ended, or the run was stopped."""
        async with _signals(self._interrupt, self._hang_up), self._reports(on_status), self._watched_room():
            if self._stage is None:
                await self._fetch(jobs)
                return
            self._stage.start()
            try:
                await self._fetch(jobs)
            except BaseException:
                await asyncio.to_thread(self._stage.stop, finish=False)
                raise
            await self._finish_reading(self._stage)

    async def _fetch(self, jobs: Sequence[FetchJob]) -> None:
        with contextlib.ExitStack() as stack:
            self._fetchers.extend(self._fetcher(number, job, stack) for number, job in enumerate(jobs, 1))
            # a stop may have come while they started
            if self.stop_reason is not None:
                self._stop_fetchers(self.stop_reason)
            results = await asyncio.gather(*map(self._fetch_one, self._fetchers), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result

    def _fetcher(self, number: int, job: FetchJob, stack: contextlib.ExitStack) -> _Fetcher:
        store = LoggedStore(self._writer, self._crawl_log, self._give_up, worker=number)
        if job.policy.processes != 0:
            from crawler.fetch_process import FetchProcess

            return FetchProcess(job, store, on_page=self._wake, on_stop=self._stop)
        from crawler.fetching import Fetching

        frontier = job.frontier()
        stack.callback(frontier.close)
        return Fetching(job, store, frontier, on_page=self._wake, on_stop=self._stop)

    async def _fetch_one(self, fetcher: _Fetcher) -> None:
        try:
            await fetcher.to_the_end()
        finally:
            if fetcher.failure is not None:
                self._give_up(fetcher.failure)

    async def _finish_reading(self, stage: ReadingStage) -> None:
        """Wait until nothing waits to be read; after Ctrl-C or an error the rest is left to the next run."""
        hurried = self.stop_reason in {"interrupted", "error", "disk"}
        hurry = self._at_once if self._stopping.is_set() else self._stopping
        finishing = asyncio.create_task(asyncio.to_thread(stage.stop, finish=not hurried))
        hurrying = asyncio.create_task(hurry.wait())
        try:
            await asyncio.wait((finishing, hurrying), return_when=asyncio.FIRST_COMPLETED)
            if not finishing.done():
                await asyncio.to_thread(stage.stop, finish=False)
            await finishing
        except KhronikaError as error:
            self.failure = self.failure or error
        finally:
            hurrying.cancel()

    def _wake(self) -> None:
        if self._stage is not None:
            self._stage.wake()

    # -- the end

    def _stop(self, reason: str | None) -> None:
        """End the run as soon as what is on the wire is stored. The first reason counts."""
        if self._stopping.is_set():
            return
        self.stop_reason = reason or "error"
        self._stopping.set()
        if self.stop_reason == "interrupted":
            self._tell("stopping: what is on its way is finished and kept; once more Ctrl-C ends the crawl at once")
        self._stop_fetchers(self.stop_reason)

    def _stop_fetchers(self, reason: str) -> None:
        for fetcher in self._fetchers:
            fetcher.stop(reason)

    def _give_up(self, error: KhronikaError) -> None:
        """End the run because of an error that every next page would meet too."""
        self.failure = self.failure or error
        self._stop("error")

    def _interrupt(self) -> None:
        if self._stopping.is_set():
            self._at_once.set()
            for fetcher in self._fetchers:
                fetcher.stop_at_once()
        else:
            self._stop("interrupted")

    def _hang_up(self) -> None:
        # a terminal that closes sends it more than once, the shell and the kernel each: that is no haste
        self._stop("interrupted")

    @contextlib.asynccontextmanager
    async def _watched_room(self) -> AsyncIterator[None]:
        """End the run before the disk is full."""

        async def watch() -> None:
            while (low := self._low()) is None:
                await asyncio.sleep(ROOM_INTERVAL)
            self._tell(f"stopping: {low}. {FREE_ADVICE}")
            self._stop("disk")

        task = asyncio.ensure_future(watch())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    # -- progress

    def counts(self) -> dict[str, Any]:
        """The counts of all fetchers together."""
        together: dict[str, Any] = {**_NOTHING_YET}
        for fetcher in self._fetchers:
            for name, value in fetcher.status().items():
                together[name] = together[name] + value if isinstance(value, int) else value or together[name]
        return together

    @contextlib.asynccontextmanager
    async def _reports(self, on_status: Callable[[dict[str, Any]], None] | None) -> AsyncIterator[None]:
        if on_status is None:
            yield
            return
        report = on_status

        def status() -> dict[str, Any]:
            read = StageCounts() if self._stage is None else self._stage.counts
            return {**self.counts(), "read": read.readings + read.unreadable, "changed": read.changes}

        async def repeat() -> None:
            while True:
                report(status())
                await asyncio.sleep(STATUS_INTERVAL)

        task = asyncio.ensure_future(repeat())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            report(status())


def _low(collection: Collection, config: Config) -> str | None:
    """Why the collection's disk has too little room, None where it has enough, and where the system does not say."""
    try:
        return too_full(collection.path, config.disk)
    except OSError:
        return None


_NOTHING_YET: Final = {
    "crawl": None,
    "captured": 0,
    "revisits": 0,
    "failed": 0,
    "skipped": 0,
    "queued": 0,
    "in_flight": 0,
    "bytes": 0,
    "retries": 0,
    "second_looks": 0,
    "url": None,
}


_NO_MEMORIES: Final[Mapping[str, SiteMemory | None]] = {}

UNLISTED_SHOWN: Final = 20
"""Pages that left a listing which are named one by one."""


def _tell_unlisted(unlisted: Sequence[Unlisted], tell: Callable[[str], None]) -> None:
    for one in unlisted[:UNLISTED_SHOWN]:
        tell(f"{one.site}: no longer listed by {one.listing}: {one.url}")
    if len(unlisted) > UNLISTED_SHOWN:
        tell(f"… and {len(unlisted) - UNLISTED_SHOWN} more: khronika site pages NAME --unlisted")


def _jobs(
    config: Config,
    asked: _Asked,
    crawl: str,
    folder: Path,
    memories: Mapping[str, SiteMemory | None] = _NO_MEMORIES,
) -> list[FetchJob]:
    """What each fetcher has to do: sites that share a host stay together, because its turns are given out in one
    place; a limit is counted in one place too. Connections are shared out, one to each at least."""
    from crawler.fetching import FetchJob

    policy = config.crawl
    cores = os.cpu_count() or 1
    # on a single core another process would only take memory
    processes = policy.processes if policy.processes is not None else cores if cores > 1 else 0
    most = 1 if asked.limit is not None else max(1, min(processes, policy.connections))
    groups = share_out(asked.sites, most)
    connections, more = divmod(policy.connections, len(groups))
    return [
        FetchJob(
            crawl=crawl,
            folder=folder,
            policy=replace(policy, connections=connections + (n < more), processes=processes),
            agent=user_agent(policy, config.contact or None),
            mail=config.contact,
            sites=tuple(group),
            delay=asked.delay,
            limit=asked.limit,
            time_limit=asked.time_limit,
            memories={site.name: one for site in group if (one := memories.get(site.name)) is not None},
            others=len(groups) > 1,
        )
        for n, group in enumerate(groups)
    ]


def share_out(sites: Sequence[SiteDefinition], most: int) -> list[list[SiteDefinition]]:
    """Sites in at most so many groups of about the same number, those with a host in common in the same one."""
    together: list[tuple[set[tuple[str, int | None]], list[SiteDefinition]]] = []
    for site in sites:
        hosts = site_hosts(site)
        mine = [one for one in together if one[0] & hosts]
        together = [one for one in together if not one[0] & hosts]
        together.append((hosts.union(*(one[0] for one in mine)), [*(s for one in mine for s in one[1]), site]))
    groups: list[list[SiteDefinition]] = [[] for _ in range(min(most, len(together)))]
    for _, group in sorted(together, key=lambda one: -len(one[1])):
        min(groups, key=len).extend(group)
    return groups or [[]]


@contextlib.asynccontextmanager
async def _signals(interrupt: Callable[[], None], hang_up: Callable[[], None]) -> AsyncIterator[None]:
    """SIGINT and SIGTERM call `interrupt` in the loop, SIGHUP `hang_up`; only where it runs in the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    calls = {signal.SIGINT: interrupt, signal.SIGTERM: interrupt, signal.SIGHUP: hang_up}
    before = {number: signal.getsignal(number) for number in calls}
    if before[signal.SIGHUP] is signal.SIG_IGN:
        # nohup: the crawl is to outlive its terminal
        del before[signal.SIGHUP]
    for number in before:
        loop.add_signal_handler(number, calls[number])
    try:
        yield
    finally:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)


def warcinfo_fields(config: Config, sites: Sequence[SiteDefinition]) -> list[tuple[str, str]]:
    """What the warcinfo records of a run say beside what the writer puts there (WARC 1.1, 6.2)."""
    ignoring = [site for site in sites if site.robots == "ignore"]
    fields = []
    if str(config.operator):
        fields.append(("operator", str(config.operator)))
    fields.append(("robots", "ignore" if ignoring and len(ignoring) == len(sites) else "obey"))
    fields.append(("http-header-user-agent", user_agent(config.crawl, config.contact or None)))
    if config.contact:
        fields.append(("http-header-from", config.contact))
    if ignoring:
        # a field of DCMI's may not repeat here, so one line names all
        reasons = (f"robots.txt of site {site.name} ignored; {override_of(site)}" for site in ignoring)
        fields.append(("description", "; ".join(reasons)))
    fields.append(("configuration-digest", str(config.digest)))
    return fields


def _by_schedule(asked: _Asked) -> dict[str, Any]:
    """What the state is told of a run that is due."""
    if asked.errand is None:
        return {}
    return {"due": True, **({"kinds": kinds} if (kinds := _kinds(asked.errand)) else {})}


def _kinds(errand: Errand) -> dict[str, list[str]]:
    return {site: sorted(kinds.due) for site, kinds in errand.kinds.items()}


def _frontier_for(crawls: Path, asked: _Asked, tell: Callable[[str], None]) -> tuple[str, Frontier, bool]:
    """The frontier of what a run goes on with, or a new one: (id, frontier, resumed)."""
    if asked.errand is None:
        return _frontier(crawls, asked.words, fresh=asked.fresh)
    if asked.errand.resume is None or not (path := crawls / asked.errand.resume / FILE_NAME).is_file():
        return _frontier(crawls, asked.words, fresh=True)
    try:
        frontier = Frontier.open(path)
        frontier.recover()
    except StorageError as error:
        # it is no evidence, and its pages are found again; without another crawl the site would never be visited
        tell(f"{error}; the crawl {asked.errand.resume} cannot be gone on with, a new one begins")
        return _frontier(crawls, asked.words, fresh=True)
    if put_off := _all_that_is_left_for(frontier, {site.name: list(site.seeds) for site in asked.sites}):
        frontier.close()
        return _new_frontier(crawls, asked.words, put_off)
    frontier.set_fact("ended", None)
    return path.parent.name, frontier, True


def _frontier(crawls: Path, asked: dict[str, list[str]], *, fresh: bool) -> tuple[str, Frontier, bool]:
    """The frontier of the last unfinished crawl that was asked for the same, or a new one: (id, frontier, resumed)."""
    put_off: dict[str, float] = {}
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
            if put_off := _all_that_is_left_for(frontier, asked):
                frontier.close()
                break
            frontier.set_fact("ended", None)
            return path.parent.name, frontier, True
    return _new_frontier(crawls, asked, put_off)


def _new_frontier(
    crawls: Path, asked: dict[str, list[str]], put_off: Mapping[str, float]
) -> tuple[str, Frontier, bool]:
    crawl_id = _new_id(crawls, datetime.now(UTC))
    facts = {f"{PUT_OFF_HOST}:{host}": until for host, until in put_off.items()}
    return crawl_id, Frontier.create(crawls / crawl_id / FILE_NAME, {"asked": asked, **facts}), False


def _all_that_is_left_for(frontier: Frontier, asked: dict[str, list[str]]) -> dict[str, float]:
    """The hosts that asked to be left alone until later, if a crawl has pages of none but these, and others to ask.

    Then it is not gone on with: one host that asks for a month would keep all sites from being visited in it.
    """
    hosts = {host: until for host, until in frontier.facts(PUT_OFF_HOST).items() if until > time.time()}
    waiting = frontier.waiting_hosts()
    others = any(host_of(seed) not in hosts for seeds in asked.values() for seed in seeds)
    return hosts if waiting and others and waiting.keys() <= hosts.keys() else {}


def _limited(asked: _Asked, run: _Run) -> bool:
    """Whether a run made as many pages as it was asked for."""
    counts = run.counts()
    return asked.limit is not None and counts["captured"] + counts["failed"] >= asked.limit


def _put_off(frontier: Frontier) -> dict[str, dict[str, Any]]:
    """The hosts that asked to be left alone, and have pages waiting: until when, and how many."""
    waiting = frontier.waiting_hosts()
    return {
        host: {"until": _moment(until), "pages": waiting[host]}
        for host, until in frontier.facts(PUT_OFF_HOST).items()
        if waiting[host]
    }


def _moment(seconds: float) -> str:
    # a server may name any year
    return datetime.fromtimestamp(min(seconds, 253402300799), UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _new_id(crawls: Path, now: datetime) -> str:
    """An id that sorts after all others, also after one of the same second and after the clock was set back.

    What is gone on with is the last one.
    """
    for path in crawls.glob("*-*"):
        with contextlib.suppress(ValueError, OverflowError):
            begun = datetime.strptime(path.name.partition("-")[0], _ID_TIME).replace(tzinfo=UTC)
            now = max(now, begun + timedelta(seconds=1))
    return f"{now:{_ID_TIME}}-{secrets.token_hex(4)}"


_ID_TIME: Final = "%Y%m%d%H%M%S"


def _recovered(one: Recovered) -> str:
    words = [f"{one.file} was left open by a run that did not end; {one.captures} captures entered from it"]
    if one.cut_octets:
        words.append(f"{one.cut_octets} bytes of a record that was not written to its end are kept as {one.kept_as}")
    if one.damage:
        words.append(one.damage)
    return "; ".join(words)
