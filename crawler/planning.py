"""Planning: what is due now, of what khronika.toml says and the state remembers. Pure: the clock is an argument.

The rules, all of which are here:

- What was never planned is due at once: a site that is new, or has a schedule for the first time.
- What is due stays due until something runs for it, however long the machine was off: one run, which says how many
  instants had passed. When it begins, the next instant after that moment is looked up; so a run that takes longer than
  its period is followed by one for all that it covered.
- A schedule or zone that was changed counts from the moment in which that is seen. What was due by the old one is still
  due. A time of the wall's clock that was done by the old zone's clock is not done again by the new one's: at most one
  instant is passed over for that.
- A site that gets schedules by kind, or loses them, is not new: they count from now.
- A paused site is not due; what passes meanwhile is one run when it is resumed.
- An instant that lies further ahead than the next but one was found by a clock that was wrong: it is found again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from archive.due import CAUGHT_UP, NEW, Begun, DueRow
from archive.due import DUE as BY_SCHEDULE
from crawler.schedule import HOUR, Schedule, parse_schedule

if TYPE_CHECKING:
    from crawler.config import Config
    from spiders.definition import SiteDefinition

MOST_COUNTED: Final = 10_000
"""Instants that passed are counted no further than this."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A site, or pages of one kind of it: when it is due."""

    site: SiteDefinition
    kind: str
    """Empty: the site as a whole."""
    schedule: Schedule
    row: DueRow
    """As it is to be written."""
    paused: bool
    due: bool
    missed: int = 0
    """Instants that have passed beside the one that it is due since; counted up to MOST_COUNTED."""

    @property
    def since(self) -> datetime | None:
        """The instant that it is due since; None where it is not."""
        return self.row.next_at if self.due else None

    def begun(self, now: datetime) -> Begun:
        """What is noted when a crawl begins for it."""
        row = self.row
        cause = NEW if row.cause == NEW else CAUGHT_UP if self.missed else BY_SCHEDULE
        after = _after(self.schedule, now, row.next_at, row.next_zone)
        following = replace(
            row,
            next_at=after,
            next_zone=self.schedule.zone,
            cause=BY_SCHEDULE,
            last_due_at=row.next_at,
            last_zone=row.next_zone,
        )
        return Begun(following, row.next_at, self.missed, cause)


@dataclass(frozen=True, slots=True)
class Plan:
    """What there is to plan, and what of it is due."""

    entries: tuple[Entry, ...]

    @property
    def due(self) -> tuple[Entry, ...]:
        """What is due now."""
        return tuple(entry for entry in self.entries if entry.due)

    @property
    def rows(self) -> tuple[DueRow, ...]:
        """As they are to be written."""
        return tuple(entry.row for entry in self.entries)


def plan(config: Config, rows: Sequence[DueRow], now: datetime) -> Plan:
    """What is due now, of the rows as the state has them."""
    before: dict[str, dict[str, DueRow]] = {}
    for row in rows:
        before.setdefault(row.site, {})[row.kind] = row
    entries = []
    for site in config.sites:
        known = before.get(site.name, {})
        for kind, text in site.schedule:
            schedule = parse_schedule(text, site.zone or config.zone, site.name)
            row = _row(site.name, kind, schedule, known, now)
            due = not site.paused and (row.cause == NEW or row.next_at <= now)
            missed = schedule.passed(row.next_at, now, MOST_COUNTED) if due and row.cause != NEW else 0
            entries.append(Entry(site, kind, schedule, row, site.paused, due, missed))
    return Plan(tuple(entries))


def next_wake(entries: Iterable[Entry], now: datetime) -> datetime | None:
    """When there is something to begin next: now, where something is due; None where nothing ever is."""
    return min((now if entry.due else entry.row.next_at for entry in entries if not entry.paused), default=None)


def late_since(entry: Entry, now: datetime) -> datetime | None:
    """Since when an entry is late: due for longer than an hour, and than half its period; None where it is not."""
    if not entry.due:
        return None
    patience = max(HOUR, entry.schedule.period / 2)
    return entry.row.next_at if now - entry.row.next_at > patience else None


def _row(site: str, kind: str, schedule: Schedule, known: dict[str, DueRow], now: datetime) -> DueRow:
    row = known.get(kind)
    if row is None:
        if not known:
            return DueRow(site, kind, schedule.text, schedule.zone, now, schedule.zone, NEW)
        return _taken_over(site, kind, schedule, known.values(), now)
    pending = row.cause == NEW or row.next_at <= now
    if (row.expression, row.zone) != (schedule.text, schedule.zone):
        row = replace(row, expression=schedule.text, zone=schedule.zone)
        return row if pending else _counted_anew(row, schedule, now)
    if pending or row.next_at in (few := list(islice(schedule.instants(now), 2))):
        return row
    # found by a clock that was ahead, or by an older table of zones
    return replace(row, next_at=few[0], next_zone=schedule.zone)


def _taken_over(site: str, kind: str, schedule: Schedule, rows: Iterable[DueRow], now: datetime) -> DueRow:
    """The row of a kind that had none of its own, in a site that is known."""
    pending = [row for row in rows if row.cause == NEW or row.next_at <= now]
    if pending:
        first = min(pending, key=lambda row: row.next_at)
        return replace(_empty(first), site=site, kind=kind, expression=schedule.text, zone=schedule.zone)
    last = max(rows, key=lambda row: row.last_due_at or _LONG_AGO)
    row = replace(_empty(last), site=site, kind=kind, expression=schedule.text, zone=schedule.zone)
    return _counted_anew(row, schedule, now)


def _empty(row: DueRow) -> DueRow:
    """When it was due last and is due next, without how it went."""
    return DueRow(
        row.site,
        row.kind,
        row.expression,
        row.zone,
        row.next_at,
        row.next_zone,
        row.cause,
        last_due_at=row.last_due_at,
        last_zone=row.last_zone,
    )


_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


def _counted_anew(row: DueRow, schedule: Schedule, now: datetime) -> DueRow:
    next_at = _after(schedule, now, row.last_due_at, row.last_zone)
    return replace(row, next_at=next_at, next_zone=schedule.zone)


def _after(schedule: Schedule, now: datetime, last: datetime | None, zone: str) -> datetime:
    """The first instant after now; the second, if the wall showed the time of the first when it was done in a zone that
    counted before."""
    first, second = islice(schedule.instants(now), 2)
    if last is None or not zone or zone == schedule.zone or not schedule.by_the_wall:
        return first
    done = last.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)
    again = first.astimezone(ZoneInfo(schedule.zone)).replace(tzinfo=None, fold=0)
    return second if again <= done else first
