"""`khronika crawl --due`: whatever is due, once, however often and from wherever it is called.

    plan ──► lease ──► plan again ──► crawl ──► end, let go
               │            └ not due any more: another process has done it
               └ another process crawls the site: nothing to do here

What was cut short is gone on with first. Then come sites whose last run left pages queued (a budget), each with the
crawl that has them, and then all others in one crawl. An instant is taken from the plan in the moment in which the
crawl has the collection's lock and a frontier, and not before: what ends earlier leaves it due.
"""

from __future__ import annotations

import contextlib
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Protocol

from archive.due import ERROR, DueState, Occurrence, SiteEnd
from archive.errors import CollectionLockedError, KhronikaError, StorageError
from archive.leases import BEAT, Machine
from archive.state import State
from crawler.errand import Errand
from crawler.frontier import FILE_NAME, Frontier
from crawler.memory import KindsDue
from crawler.planning import Entry, Plan, next_wake, plan

if TYPE_CHECKING:
    from archive.collection import Collection
    from crawler.config import Config
    from crawler.runner import CrawlSummary
    from spiders.definition import SiteDefinition

NOTHING_DUE: Final = "nothing due"
HELD: Final = "held"
"""Another process crawls all that is due."""
LOCKED: Final = "locked"
"""Another process writes the collection; what is due stays due."""
RAN: Final = "ran"

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The clock of this machine."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of a crawl."""

    crawl: str
    reason: str
    ends: Mapping[str, SiteEnd]
    """By site."""
    summary: CrawlSummary | None = None


class Crawl(Protocol):
    """One crawl, to its end. Raises CollectionLockedError when another process writes the collection."""

    def __call__(self, sites: Sequence[SiteDefinition], errand: Errand) -> Ran:
        """Crawl the sites as the errand says."""


@dataclass(slots=True)
class DueSummary:
    """What one call came to."""

    outcome: str
    """nothing due, held, locked, ran."""
    runs: list[Ran] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    """Sites that are due, and that another process crawls."""
    next_at: datetime | None = None
    """When there is something to do next; None: never, no site has a schedule."""

    def as_record(self) -> dict[str, Any]:
        """As `crawl --due --json` writes it."""
        return {
            "outcome": self.outcome,
            "crawls": [{"crawl": ran.crawl, "sites": sorted(ran.ends), "reason": ran.reason} for ran in self.runs],
            "held": self.held,
            "next_at": None if self.next_at is None else self.next_at.isoformat().replace("+00:00", "Z"),
        }


@dataclass(frozen=True, slots=True)
class _Task:
    """One crawl that is to be made."""

    sites: tuple[str, ...]
    crawl: str | None
    """To go on with."""
    cut_short: bool
    """Whether that one was, so that nothing new begins."""


def crawl_due(
    collection: Collection,
    config: Config,
    crawl: Crawl,
    *,
    clock: Clock = utc_now,
    machine: Machine | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> DueSummary:
    """Crawl what is due. CollectionLockedError is an outcome; any other error rises when the other crawls are done."""
    with State.open(collection.path, readonly=False) as state:
        return crawl_due_of(state, config, crawl, clock=clock, machine=machine, tell=tell)


def crawl_due_of(
    state: State,
    config: Config,
    crawl: Crawl,
    *,
    clock: Clock = utc_now,
    machine: Machine | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> DueSummary:
    """As crawl_due, with a state that is open for writing."""
    return _DueRun(state, config, crawl, clock, machine or Machine(), tell).to_the_end()


class _DueRun:
    """One call."""

    def __init__(
        self,
        state: State,
        config: Config,
        crawl: Crawl,
        clock: Clock,
        machine: Machine,
        tell: Callable[[str], None],
    ) -> None:
        self._state = state
        self._config = config
        self._crawl = crawl
        self._clock = clock
        self._machine = machine
        self._tell = tell
        self._held: set[str] = set()

    def to_the_end(self) -> DueSummary:
        runs: list[Ran] = []
        outcome = NOTHING_DUE
        failure: KhronikaError | None = None
        tasks = self._tasks(replanned(self._state.due, self._config, self._clock()))
        for task in tasks:
            try:
                ran = self._one(task)
            except CollectionLockedError as error:
                self._tell(f"{error}. What is due stays due.")
                outcome = LOCKED
                break
            except KhronikaError as error:
                # one crawl that cannot be gone on with must not keep all other sites from being visited
                failure = failure or error
                continue
            if ran is not None:
                runs.append(ran)
                if ran.reason == "interrupted":
                    break
        if failure is not None:
            raise failure
        if outcome != LOCKED and runs:
            outcome = RAN
        elif outcome != LOCKED and self._held:
            outcome = HELD
        for site in sorted(self._held):
            self._tell(f"{site} is due, and another process crawls it")
        now = self._clock()
        return DueSummary(
            outcome, runs, sorted(self._held), next_wake(replanned(self._state.due, self._config, now).entries, now)
        )

    def _tasks(self, made: Plan) -> list[_Task]:
        """What is to be crawled: what was cut short, what has pages left, and the rest together."""
        going = self._state.due.unfinished()
        paused = {site.name for site in self._config.sites if site.paused}
        cut_short: dict[str, list[str]] = {}
        for one in going:
            if one.site not in paused:
                cut_short.setdefault(one.crawl, []).append(one.site)
        busy = {one.site for one in going}
        left: dict[str | None, list[str]] = defaultdict(list)
        for entry in made.due:
            if entry.site.name not in busy:
                left[_crawl_with_pages(entry, made)].append(entry.site.name)
        tasks = [_Task(_once(sites), crawl, True) for crawl, sites in cut_short.items()]
        tasks += [_Task(_once(sites), crawl, False) for crawl, sites in left.items() if crawl is not None]
        if None in left:
            tasks.append(_Task(_once(left[None]), None, False))
        return tasks

    def _one(self, task: _Task) -> Ran | None:
        """Crawl the sites of a task that nobody else crawls; None where there is none."""
        taken = self._state.leases.take(task.sites, self._machine, self._clock())
        self._held.update(site for site in task.sites if site not in taken)
        if not taken:
            return None
        try:
            with self._beating():
                return self._with_lease(task, taken)
        finally:
            self._state.leases.release(self._machine)

    def _with_lease(self, task: _Task, taken: set[str]) -> Ran | None:
        # between the plan and the lease another process may have done it
        made = replanned(self._state.due, self._config, self._clock())
        going = [one for one in self._state.due.unfinished() if one.crawl == task.crawl and one.site in taken]
        if task.cut_short:
            return self._go_on(task, going) if going else None
        busy = {one.site for one in self._state.due.unfinished()}
        entries = [entry for entry in made.due if entry.site.name in taken and entry.site.name not in busy]
        return self._begin(task, entries) if entries else None

    def _begin(self, task: _Task, entries: Sequence[Entry]) -> Ran:
        def on_begin(crawl: str) -> None:
            now = self._clock()
            # what has become due in the meantime, while the collection was locked, is missed too
            fresh = {(one.site.name, one.kind): one for one in self._planned(now).entries}
            self._state.due.begin(crawl, [fresh[one.site.name, one.kind].begun(now) for one in entries], now)

        kinds: dict[str, set[str]] = defaultdict(set)
        for entry in entries:
            kinds[entry.site.name].add(entry.kind)
        return self._run(kinds, task.crawl, on_begin)

    def _go_on(self, task: _Task, going: Sequence[Occurrence]) -> Ran | None:
        def on_begin(crawl: str) -> None:
            self._state.due.resume(task.crawl or "", kinds, under=crawl if crawl != task.crawl else None)

        kinds: dict[str, set[str]] = defaultdict(set)
        for one in going:
            kinds[one.site].add(one.kind)
        if (done := self._finished_otherwise(task, kinds)) is not None:
            return done
        return self._run(kinds, task.crawl, on_begin)

    def _finished_otherwise(self, task: _Task, sites: Mapping[str, object]) -> Ran | None:
        """The end of a crawl that somebody has gone on with by hand."""
        run = self._state.run(task.crawl or "")
        if run is None or run.reason != "finished":
            return None
        ran = Ran(run.id, run.reason, {site: SiteEnd(had=1) for site in sites})
        self._state.due.end(ran.crawl, ran.ends, ran.reason, run.ended_at or self._clock())
        return ran

    def _run(self, kinds: Mapping[str, set[str]], resume: str | None, on_begin: Callable[[str], None]) -> Ran:
        begun: list[str] = []

        def begin(crawl: str) -> None:
            on_begin(crawl)
            begun.append(crawl)

        sites = [site for site in self._config.sites if site.name in kinds]
        errand = Errand(resume, _kinds_due(sites, kinds), begin)
        try:
            ran = self._crawl(sites, errand)
        except KhronikaError:
            if begun:
                self._state.due.end(begun[0], {site.name: SiteEnd() for site in sites}, ERROR, self._clock())
            raise
        self._state.due.end(ran.crawl, ran.ends, ran.reason, self._clock())
        return ran

    def _planned(self, now: datetime) -> Plan:
        return plan(self._config, self._state.due.rows(), now)

    @contextlib.contextmanager
    def _beating(self) -> Iterator[None]:
        """Say again and again that this process is there."""
        stopped = threading.Event()

        def beat() -> None:
            while not stopped.wait(BEAT):
                # a disk that refuses for a moment is no end: the crawl finds out by itself
                with contextlib.suppress(StorageError):
                    self._state.leases.beat(self._machine)

        thread = threading.Thread(target=beat, name="lease", daemon=True)
        thread.start()
        try:
            yield
        finally:
            stopped.set()
            thread.join()


def replanned(due: DueState, config: Config, now: datetime) -> Plan:
    """The plan as of now, which is written down too."""
    made: list[Plan] = []

    def change(rows: Sequence[Any]) -> Sequence[Any]:
        made.append(plan(config, rows, now))
        return made[0].rows

    due.replan(change, now)
    return made[0]


def _crawl_with_pages(entry: Entry, made: Plan) -> str | None:
    """The crawl that still has pages of a site queued, from the last run of it."""
    rows = [one.row for one in made.entries if one.site.name == entry.site.name and one.row.last_began_at is not None]
    last = max(rows, key=lambda row: row.last_began_at or row.next_at, default=None)
    return last.crawl if last is not None and last.waiting else None


def _kinds_due(sites: Sequence[SiteDefinition], kinds: Mapping[str, set[str]]) -> dict[str, KindsDue]:
    """Of sites whose kinds of page have schedules of their own, which of them it is the time of."""
    by_kind = {}
    for site in sites:
        scheduled = frozenset(kind for kind, _ in site.schedule if kind)
        # what was begun for the whole site is gone on with for the whole
        if scheduled and "" not in kinds[site.name]:
            by_kind[site.name] = KindsDue(scheduled, frozenset(kinds[site.name]))
    return by_kind


def _once(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def real_crawl(
    collection: Collection, config: Config, *, passphrase: Callable[[], str | None] = lambda: None, **options: Any
) -> Crawl:
    """The crawl that fetches; `options` as `run_crawl` takes them. `passphrase` is asked for when it is needed."""

    def crawl(sites: Sequence[SiteDefinition], errand: Errand) -> Ran:
        from crawler.runner import run_crawl

        began = utc_now()
        summary = run_crawl(collection, config, sites=sites, errand=errand, passphrase=passphrase(), **options)
        path = collection.crawls_folder / summary.crawl / FILE_NAME
        with contextlib.closing(Frontier.open(path)) as frontier:
            ends = {site.name: site_end(frontier, site.name, began) for site in sites}
        return Ran(summary.crawl, summary.reason, ends, summary)

    return crawl


def site_end(frontier: Frontier, site: str, began: datetime) -> SiteEnd:
    """What a run that began then came to at a site."""
    had = failed = 0
    for visit in frontier.visits(site):
        if visit.fetched_at is not None and visit.fetched_at >= began:
            answered = visit.status is not None and visit.status < 400
            had, failed = had + answered, failed + (not answered)
    return SiteEnd(had, failed, frontier.waiting(site))
