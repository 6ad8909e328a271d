"""Operation: how a collection that runs by itself is doing, and what of it is not well.

A trouble is one thing that is not well, with its key: the same as long as it lasts, so that people are told of it
once. What cannot be looked at is a trouble too: nothing is called well that was not seen. Sites, copies, notices and
authorities go by their names in khronika.toml; no address of a page, no path, no host is in a trouble.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal

from archive.errors import KhronikaError
from archive.troubles import Seen, Trouble
from crawler.planning import late_since, plan
from crawler.site_runs import ERROR, Outcomes, SiteRuns, runs_by_site, site_runs

if TYPE_CHECKING:
    from archive.catalogue import Catalogue
    from archive.catalogue.rows import SiteRow
    from archive.collection import Collection
    from archive.deliveries import DeliveryCounts
    from archive.state import Run, State
    from crawler.config import Config
    from crawler.copies_status import CopyState
    from crawler.disk_budget import DiskState

About = Literal["late", "failing", "crawl", "copy", "disk", "time", "notice", "keys", "log"]
ABOUT: Final[tuple[About, ...]] = ("late", "failing", "crawl", "copy", "disk", "time", "notice", "keys", "log")
"""What a trouble may be about, in the order in which they are shown."""

STAMP_PATIENCE: Final = timedelta(days=7)
"""How old the newest time-stamp may be while there is something new to stamp."""
CUT_PATIENCE: Final = timedelta(hours=1)
"""How long a run that was cut short, or a schedule that is new, may wait for somebody to look."""
NOTICE_PATIENCE: Final = timedelta(days=1)
"""How long a notice may wait before somebody else is told."""


@dataclass(frozen=True, slots=True)
class SiteOperation:
    """How a site is doing."""

    name: str
    row: SiteRow | None
    runs: SiteRuns
    paused: bool
    named: bool
    """Whether khronika.toml names it."""
    next_at: datetime | None = None
    """When it is crawled next by its schedule; None without one, and while it is paused."""
    running: bool = False
    """Whether it is crawled for its schedule now."""


@dataclass(frozen=True, slots=True)
class LogOperation:
    """How the log is doing."""

    size: int
    """Entries that the newest checkpoint is over."""
    signed_at: datetime
    """When that was written, as the file system tells."""
    stamps: Mapping[str, datetime | None]
    """When each authority has signed last; None: never."""
    due: Sequence[str]
    """The authorities that have not signed the newest."""


@dataclass(frozen=True, slots=True)
class Operation:
    """How a collection is doing."""

    at: datetime
    sites: tuple[SiteOperation, ...]
    runs: tuple[Run, ...]
    """The newest last."""
    unread: int
    notices: Mapping[str, DeliveryCounts]
    log: LogOperation | None
    """None: it cannot be read, which is a trouble."""
    copies: tuple[CopyState, ...]
    disks: tuple[DiskState, ...]
    """The collection's own first."""
    seen: Seen

    @property
    def troubles(self) -> tuple[Trouble, ...]:
        """What is not well, in the order in which it is shown."""
        return self.seen.troubles

    @property
    def well(self) -> bool:
        """Whether there is nothing that is not."""
        return not self.troubles


@dataclass
class _Look:
    """What a look has found so far."""

    collection: Collection
    config: Config
    now: datetime
    troubles: list[Trouble] = field(default_factory=list)
    looked_at: set[tuple[str, str]] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)

    def watch(self, about: About, subject: str = "") -> None:
        """Note that something was looked at."""
        self.looked_at.add((about, subject))

    def add(
        self,
        about: About,
        subject: str = "",
        kind: str = "",
        since: datetime | None = None,
        facts: Mapping[str, str | int] = {},
    ) -> None:
        """Note that something is not well."""
        self.troubles.append(Trouble(about, subject, kind, since, facts))

    def seen(self) -> Seen:
        order: dict[str, int] = {about: number for number, about in enumerate(ABOUT)}
        troubles = sorted(self.troubles, key=lambda one: (order.get(one.about, 99), one.subject, one.kind))
        return Seen(tuple(troubles), frozenset(self.looked_at), frozenset(self.unknown))


def look(collection: Collection, config: Config, state: State, catalogue: Catalogue, now: datetime) -> Operation:
    """Look at all of it; nothing is written."""
    from crawler.reading import waiting

    runs = state.runs()
    found = _Look(collection, config, now)
    notices = state.deliveries.counts()
    sites = _scheduled(found, state, _sites(config, catalogue, runs))
    _failing(found, sites)
    _last_crawl(found, runs)
    log = _log(found)
    _notices(found, notices)
    _keys(found)
    copies, disks = _copies(found, state), _disks(found)
    unread = waiting(catalogue, config)
    return Operation(now, sites, tuple(runs), unread, notices, log, copies, disks, found.seen())


def _sites(config: Config, catalogue: Catalogue, runs: Sequence[Run]) -> tuple[SiteOperation, ...]:
    rows = {row.site: row for row in catalogue.sites()}
    by_site, outcomes = runs_by_site(runs), Outcomes(catalogue)
    configured = {site.name: site for site in config.sites}
    return tuple(
        SiteOperation(
            name,
            rows.get(name),
            site_runs(outcomes, name, by_site.get(name, ())),
            paused=name in configured and configured[name].paused,
            named=name in configured,
        )
        for name in dict.fromkeys([*configured, *rows])
    )


def _scheduled(found: _Look, state: State, sites: Sequence[SiteOperation]) -> tuple[SiteOperation, ...]:
    """The sites with what their schedules say; what is late is noted."""
    from archive.leases import Machine

    now = found.now
    rows = state.due.rows()
    planned = {(row.site, row.kind) for row in rows}
    entries = [entry for entry in plan(found.config, rows, now).entries if not entry.paused]
    running = {lease.site for lease in state.leases.all(Machine()) if lease.held}
    late: dict[str, tuple[datetime, str]] = {}
    for entry in entries:
        name = entry.site.name
        found.watch("late", name)
        since, kind = late_since(entry, now), ""
        if (name, entry.kind) not in planned:
            # the state knows nothing of it: nobody has looked since khronika.toml was changed
            since, kind = _long_ago(found), "unplanned"
        if since is not None and name not in running:
            late[name] = min(late.get(name, (since, kind)), (since, kind))
    scheduled = {entry.site.name for entry in entries}
    for one in state.due.unfinished():
        if one.site in scheduled and one.site not in running and now - one.began_at > CUT_PATIENCE:
            late[one.site] = min(late.get(one.site, (one.began_at, "cut short")), (one.began_at, "cut short"))
    for name, (since, kind) in late.items():
        found.add("late", name, kind, since)
    next_at: dict[str, datetime] = {}
    for entry in entries:
        at = entry.row.next_at
        next_at[entry.site.name] = min(next_at.get(entry.site.name, at), at)
    return tuple(replace(one, next_at=next_at.get(one.name), running=one.name in running) for one in sites)


def _long_ago(found: _Look) -> datetime | None:
    """When khronika.toml was changed last, where that is long enough ago for somebody to have looked."""
    changed = datetime.fromtimestamp(found.collection.config_path.stat().st_mtime, UTC)
    return changed if found.now - changed > CUT_PATIENCE else None


def _failing(found: _Look, sites: Sequence[SiteOperation]) -> None:
    """Of a site that is paused, or that khronika.toml names no more, nobody waits for pages."""
    for site in sites:
        if site.named and not site.paused:
            found.watch("failing", site.name)
            if site.runs.failing_since is not None:
                found.add("failing", site.name, since=site.runs.failing_since, facts={"runs": site.runs.failed_runs})


def _last_crawl(found: _Look, runs: Sequence[Run]) -> None:
    for run in runs[-1:]:
        if run.reason is None:
            # it may be under way
            found.unknown.add("crawl")
        else:
            found.watch("crawl")
        if run.reason == ERROR:
            found.add("crawl", kind=ERROR, since=run.ended_at)


def _log(found: _Look) -> LogOperation | None:
    from archive.anchor import is_due, kept_tokens
    from archive.log import LOG
    from archive.store import FolderStore
    from archive.timestamp import gen_time

    folder, authorities = found.collection.path, found.config.log.authorities
    found.watch("log")
    try:
        log, kept = found.collection.log(), kept_tokens(FolderStore(folder))
        signed_at = datetime.fromtimestamp((folder / LOG / "checkpoint").stat().st_mtime, UTC)
        stamps: dict[str, datetime | None] = {}
        due = [one.name for one in authorities if is_due(log, kept, one.name)]
        for authority in authorities:
            newest = max((one for one in kept if one.authority == authority.name), default=None)
            stamps[authority.name] = None if newest is None else gen_time((folder / newest.name).read_bytes())
    except (KhronikaError, OSError):
        # what exactly is wrong may name files: khronika status and verify tell it
        found.add("log")
        found.unknown.add("time")
        return None
    for name in stamps:
        found.watch("time", name)
    for name in due:
        last = stamps[name]
        if last is not None and found.now - last > STAMP_PATIENCE:
            found.add("time", name, since=last)
        elif last is None and log.size and found.now - signed_at > STAMP_PATIENCE:
            found.add("time", name, "never")
    return LogOperation(log.size, signed_at, stamps, due)


def _notices(found: _Look, counts: Mapping[str, DeliveryCounts]) -> None:
    for notice in found.config.notices:
        found.watch("notice", notice.name)
        one = counts.get(notice.name)
        if one is None:
            continue
        if one.failed:
            found.add("notice", notice.name, "given up", facts={"number": one.failed})
        if one.attempts and one.oldest is not None and found.now - one.oldest > NOTICE_PATIENCE:
            found.add("notice", notice.name, "waiting", one.oldest, {"number": one.due})


def _keys(found: _Look) -> None:
    from archive.clone_mark import is_clone
    from archive.keys import KEYS, LOG_KEY, ROOT_KEY, is_exposed
    from archive.rotation import pending

    folder = found.collection.path
    keys = folder / KEYS
    found.watch("keys")
    if not (keys / LOG_KEY).exists() and pending(folder) is None and not is_clone(folder):
        found.add("keys", kind="missing")
    if any((keys / name).exists() and is_exposed(keys / name) for name in (LOG_KEY, ROOT_KEY)):
        found.add("keys", kind="exposed")


def _copies(found: _Look, state: State) -> tuple[CopyState, ...]:
    from crawler.copies_status import copies_state, copies_warnings

    collection, config = found.collection, found.config
    try:
        states = copies_state(collection, config, state)
        warnings = copies_warnings(collection, config, state, found.now, states)
    except (KhronikaError, OSError):
        found.unknown.add("copy")
        found.add("copy", kind="unknown")
        return ()
    for name in ("", *(copy.name for copy in config.copies)):
        found.watch("copy", name)
    for warning in warnings:
        found.add("copy", warning.copy, warning.kind, warning.since, {"words": warning.words})
    return tuple(states)


def _disks(found: _Look) -> tuple[DiskState, ...]:
    from crawler.disk_budget import disk_states, octets

    try:
        states = disk_states(found.collection, found.config, found.now)
    except (KhronikaError, OSError):
        found.unknown.add("disk")
        found.add("disk", kind="unknown")
        return ()
    for disk in states:
        found.watch("disk", disk.copy)
        facts = {"words": disk.words(), "free": octets(disk.free)}
        # too full is low as well: that ends when there is room, and not before
        kinds = {"well": (), "warn": ("warn",), "stop": ("warn", "stop")}[disk.level]
        for kind in kinds:
            found.add("disk", disk.copy, kind, facts=facts)
    return tuple(states)
