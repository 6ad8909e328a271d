"""Schedules: the instants at which a site is to be crawled, of a word or a cron expression and a time zone.

    hourly · daily · weekly · monthly
    every 20 minutes · every 6 hours · every 3 days · every 2 weeks
    15 3 * * *        cron: minute, hour, day of the month, month, day of the week, as Debian's cron reads them

A word stands for a moment that hangs on the site's name, so that a hundred sites do not begin in the same minute; it
is the same on every machine and for ever. A cron expression is taken at its word.

What names an hour of the day (`daily`, `every 3 days`, `15 3 * * *`, `0 */6 * * *`) goes by the clock on the wall of
its zone. Where that clock is set forward, the times that it passes over come at the first instant after, all of them
as one; where it is set back, a time that it shows twice counts the first time. So no day is left out, and none is done
twice. What names every hour (`hourly`, `every 20 minutes`, `*/10 * * * *`) goes by the time that passes: each hour of
the night in which the clock is set back is an hour, and a time that is passed over is not made up for, as the next one
is less than an hour away.

Everything here is pure: no clock is read.
"""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from cronsim.cronsim import Field

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
WORDS: Final = ("hourly", "daily", "weekly", "monthly")

EXPECTED: Final = (
    'a word like "hourly", "daily", "weekly", "monthly" or "every 6 hours", or a cron expression of five fields, like '
    '"15 3 * * *"'
)

_EVERY: Final = re.compile(r"every (?:([1-9][0-9]{0,3}) )?(minute|hour|day|week)s?\Z")
_UNITS: Final = {"minute": timedelta(minutes=1), "hour": HOUR, "day": DAY, "week": timedelta(weeks=1)}
_LONGEST: Final = timedelta(days=366)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_ANY_YEAR: Final = datetime(2000, 1, 1)  # noqa: DTZ001 - the clock on a wall, of no zone yet
_STEP: Final = timedelta(hours=3)
"""No zone changes its clock twice within so short a time."""
_LONGEST_TEXT: Final = 200


class _Rule(Protocol):
    """What a schedule says, apart from its zone."""

    def after(self, instant: datetime, zone: ZoneInfo) -> Iterator[datetime]:
        """The instants, UTC, later than one."""

    def words(self, text: str, zone: str) -> str:
        """For people."""


@dataclass(frozen=True)
class Schedule:
    """When a site, or pages of one kind of it, are to be crawled."""

    text: str
    """The word or expression, in its one spelling."""
    zone: str
    """IANA name."""
    rule: _Rule

    def instants(self, after: datetime) -> Iterator[datetime]:
        """The instants later than one, in UTC, each later than the one before."""
        return self.rule.after(after.astimezone(UTC), ZoneInfo(self.zone))

    def after(self, instant: datetime) -> datetime:
        """The first instant later than one, in UTC."""
        return next(self.instants(instant))

    def passed(self, after: datetime, until: datetime, most: int) -> int:
        """How many instants lie after one and not later than another; counts no further than `most`."""
        count = 0
        for instant in self.instants(after):
            if instant > until or count == most:
                break
            count += 1
        return count

    @property
    def by_the_wall(self) -> bool:
        """Whether it goes by the clock on the wall, not by the time that passes."""
        return isinstance(self.rule, _ByTheWall)

    @cached_property
    def period(self) -> timedelta:
        """The usual time between two instants: the longest of a few in an ordinary spring."""
        instants = self.instants(datetime(2025, 1, 31, tzinfo=UTC))
        few = [next(instants) for _ in range(9)]
        return max(later - earlier for earlier, later in pairwise(few))

    def words(self) -> str:
        """For people: `daily at 03:41, Europe/Vilnius`."""
        return self.rule.words(self.text, self.zone)


class _Walls(Protocol):
    """Times that the clock on a wall may show, of which a schedule is made."""

    def later(self, wall: datetime) -> Iterator[datetime]:
        """Those later than one, in their order."""


@dataclass(frozen=True, slots=True)
class _Cron:
    """The times that a cron expression names."""

    expression: str

    def later(self, wall: datetime) -> Iterator[datetime]:
        return CronSim(self.expression, wall)


@dataclass(frozen=True, slots=True)
class _EveryDays:
    """One minute of every so manieth day, counted from the first day of the calendar."""

    days: int
    offset: int
    minute: int

    def later(self, wall: datetime) -> Iterator[datetime]:
        day = wall.toordinal()
        day += (self.offset - day) % self.days
        while True:
            time = datetime.fromordinal(day) + timedelta(minutes=self.minute)
            if time > wall:
                yield time
            day += self.days


@dataclass(frozen=True, slots=True)
class _ByTheWall:
    """Times of the wall's clock; those that it passes over come right after, those that it shows twice count once."""

    walls: _Walls
    said: str = ""

    def after(self, instant: datetime, zone: ZoneInfo) -> Iterator[datetime]:
        last = instant
        for wall in self.walls.later(_wall(instant, zone)):
            # of times that are passed over together, and in a night in which the clock goes back, one is not later
            if (found := instant_of(wall, zone)) > last:
                last = found
                yield found

    def words(self, text: str, zone: str) -> str:
        return f"{text}{self.said}, {zone}"


@dataclass(frozen=True, slots=True)
class _Passing:
    """Every so many minutes of the time that passes."""

    every: timedelta
    offset: timedelta

    def after(self, instant: datetime, zone: ZoneInfo) -> Iterator[datetime]:
        count = (instant - _EPOCH - self.offset) // self.every + 1
        while True:
            yield _EPOCH + self.offset + count * self.every
            count += 1

    def words(self, text: str, zone: str) -> str:
        return f"{text}, at minute {self.offset // timedelta(minutes=1) % 60}" if self.every == HOUR else text


@dataclass(frozen=True, slots=True)
class _EveryHour:
    """A cron expression that names every hour: whenever the wall's clock shows one of its times."""

    walls: _Cron

    def after(self, instant: datetime, zone: ZoneInfo) -> Iterator[datetime]:
        at, moment = instant, timedelta(0)
        while True:
            offset = _offset(at, zone)
            seen = at
            # until the clock is set, the instants are the times on the wall, all moved by the same offset
            for wall in self.walls.later(_naive(at, offset) - moment):
                found = wall.replace(tzinfo=UTC) - offset
                if (setting := _next_setting(seen, found, zone, offset)) is not None:
                    # the instant at which it is set may be one
                    at, moment = setting, timedelta(seconds=1)
                    break
                seen = found
                yield found
            else:
                return

    def words(self, text: str, zone: str) -> str:
        return f"{text}, {zone}"


def parse_schedule(text: str, zone: str, name: str) -> Schedule:
    """The schedule that a text says, for a site of that name. Raises ValueError with what was expected and found."""
    words = " ".join(text.lower().split())
    if len(words) > _LONGEST_TEXT:
        raise ValueError(f"expected {EXPECTED}, found {len(words)} characters")
    if words in WORDS:
        return Schedule(words, zone, _of_word(words, name))
    if found := _EVERY.match(words):
        return Schedule(words, zone, _of_span(int(found[1] or 1), found[2], name))
    if words.startswith("@") or not re.search(r"[0-9*]", words):
        near = difflib.get_close_matches(words.lstrip("@"), WORDS, n=1, cutoff=0.6)
        raise ValueError(f"expected {EXPECTED}, found {text!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
    expression = words.upper()
    return Schedule(expression, zone, _of_cron(expression, text))


def _of_word(word: str, name: str) -> _Rule:
    if word == "hourly":
        return _Passing(HOUR, timedelta(minutes=_lot(name, 60)))
    minute, hour = _lot(name, 60), _lot(f"{name} hour", 24)
    at = f" at {hour:02}:{minute:02}"
    if word == "daily":
        return _ByTheWall(_Cron(f"{minute} {hour} * * *"), at)
    if word == "weekly":
        day = _lot(f"{name} day", 7)
        return _ByTheWall(_Cron(f"{minute} {hour} * * {day + 1}"), f" on {_WEEKDAYS[day]}{at}")
    day = _lot(f"{name} day of the month", 28) + 1
    return _ByTheWall(_Cron(f"{minute} {hour} {day} * *"), f" on day {day}{at}")


def _of_span(number: int, unit: str, name: str) -> _Rule:
    every = number * _UNITS[unit]
    if every > _LONGEST:
        raise ValueError(f"expected a span of up to {_LONGEST.days} days, found every {number} {unit}s")
    if unit in ("minute", "hour"):
        minutes = every // timedelta(minutes=1)
        return _Passing(every, timedelta(minutes=_lot(name, minutes)))
    minute, hour = _lot(name, 60), _lot(f"{name} hour", 24)
    walls = _EveryDays(every.days, _lot(f"{name} day", every.days), hour * 60 + minute)
    return _ByTheWall(walls, f" at {hour:02}:{minute:02}")


def _of_cron(expression: str, text: str) -> _Rule:
    fields = expression.split()
    if len(fields) != 5:
        raise ValueError(f"expected {EXPECTED}, found {len(fields)} fields: {text!r}")
    try:
        expression = " ".join(_lone(field, number) for number, field in enumerate(fields, 1))
        times = CronSim(expression, _ANY_YEAR)
        next(times)
    except CronSimError as error:
        said = str(error).removeprefix("Bad ")
        raise ValueError(f"expected {EXPECTED}, found {text!r}: its {said} cannot be read") from error
    except StopIteration:
        raise ValueError(f"expected {EXPECTED}, found {text!r}, a day that never comes") from None
    every_hour = times.hours >= set(range(24))
    return _EveryHour(_Cron(expression)) if every_hour else _ByTheWall(_Cron(expression))


def _lone(field: str, number: int) -> str:
    """A field without the steps of spans of one number: cronsim takes `5-5/2` for `5/2`, which goes on to the end."""
    terms = field.split(",")
    for place, term in enumerate(terms):
        span = re.fullmatch(r"([A-Z0-9]+-[A-Z0-9]+)/[0-9]+", term)
        if span is not None and len(Field(number).parse(span[1])) == 1:
            terms[place] = span[1]
    return ",".join(terms)


def _lot(name: str, many: int) -> int:
    """A number below `many` that hangs on a name alone."""
    octets = hashlib.sha256(f"khronika schedule {name}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(octets[:8]) % many


def instant_of(wall: datetime, zone: ZoneInfo) -> datetime:
    """The first instant, UTC, at which the clock of a zone shows a time, or a later one, the time being passed over."""
    first = wall.replace(tzinfo=zone, fold=0)
    instant = first.astimezone(UTC)
    if _wall(instant, zone) == wall:
        return instant
    # PEP 495: in a gap, fold 0 reckons by the offset before it, and so ends after it; fold 1 the other way round
    before = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return _setting(before, instant, zone)


def _setting(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The first instant of a later offset, where the clock is set between two instants."""
    offset = _offset(before, zone)
    early, late = 0, int((after - before) / timedelta(seconds=1)) + 1
    while late - early > 1:
        middle = (early + late) // 2
        if _offset(before + timedelta(seconds=middle), zone) == offset:
            early = middle
        else:
            late = middle
    return (before + timedelta(seconds=late)).replace(microsecond=0)


def _next_setting(begin: datetime, end: datetime, zone: ZoneInfo, offset: timedelta) -> datetime | None:
    """The first instant after `begin`, not later than `end`, from which on the clock shows another offset."""
    at = begin
    while at < end:
        later = min(at + _STEP, end)
        if _offset(later, zone) != offset:
            return _setting(at, later, zone)
        at = later
    return None


def _offset(instant: datetime, zone: ZoneInfo) -> timedelta:
    offset = instant.astimezone(zone).utcoffset()
    assert offset is not None, "a zone has an offset at every instant"
    return offset


def _wall(instant: datetime, zone: ZoneInfo) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)


def _naive(instant: datetime, offset: timedelta) -> datetime:
    return instant.replace(tzinfo=None) + offset
