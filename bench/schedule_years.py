"""Years of schedules, in seconds: random sites, zones, timers, stops, kills and clocks, against a model of its own.

    python -m bench.schedule_years --seed 7 --years 2 --worlds 20

The planner, state.sqlite, the leases and `crawl --due` are the real ones; only the crawl is a stand-in, which takes as
long as it is told to. What ran is compared, run by run, with what a model of a dozen lines says: it knows each zone by
a table of its offsets that is written out here, and no cron library.
"""

from __future__ import annotations

import argparse
import itertools
import random
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from archive.due import Occurrence, SiteEnd
from archive.leases import Machine, There
from archive.state import State
from crawler.config import Config, read_config
from crawler.due_crawl import DueSummary, Ran, crawl_due_of
from crawler.errand import Errand
from spiders.definition import SiteDefinition

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


def at(text: str) -> datetime:
    """An instant, UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


OFFSETS: Mapping[str, Sequence[tuple[datetime, timedelta]]] = {
    # since when a zone's clock shows how much more than UTC, as the tables of the governments say
    "UTC": [(at("2020-01-01"), timedelta(0))],
    "Europe/Berlin": [
        (at("2025-10-26T01:00"), 1 * HOUR),
        (at("2026-03-29T01:00"), 2 * HOUR),
        (at("2026-10-25T01:00"), 1 * HOUR),
        (at("2027-03-28T01:00"), 2 * HOUR),
        (at("2027-10-31T01:00"), 1 * HOUR),
        (at("2028-03-26T01:00"), 2 * HOUR),
    ],
    "Australia/Lord_Howe": [
        (at("2025-10-04T15:30"), 11 * HOUR),
        (at("2026-04-04T15:00"), 10.5 * HOUR),
        (at("2026-10-03T15:30"), 11 * HOUR),
        (at("2027-04-03T15:00"), 10.5 * HOUR),
        (at("2027-10-02T15:30"), 11 * HOUR),
        (at("2028-04-01T15:00"), 10.5 * HOUR),
    ],
    "America/Santiago": [
        (at("2025-09-07T04:00"), -3 * HOUR),
        (at("2026-04-05T03:00"), -4 * HOUR),
        (at("2026-09-06T04:00"), -3 * HOUR),
        (at("2027-04-04T03:00"), -4 * HOUR),
        (at("2027-09-05T04:00"), -3 * HOUR),
        (at("2028-04-02T03:00"), -4 * HOUR),
    ],
    "Asia/Kolkata": [(at("2020-01-01"), 5.5 * HOUR)],
}


NIGHTS: Mapping[str, tuple[tuple[int, int], ...]] = {
    # hours, and minutes below which, that the clock passes over or shows twice in a night
    "Europe/Berlin": ((2, 60),),
    "Australia/Lord_Howe": ((2, 30), (1, 60)),
    "America/Santiago": ((0, 60), (23, 60)),
}


def random_daily(chance: random.Random) -> Daily:
    """A schedule, more often than not at a time at which clocks are set, on the days on which they are."""
    zone = chance.choice(sorted(OFFSETS))
    days = set(chance.sample(range(1, 8), chance.randint(1, 7)))
    hour, minutes = chance.choice(NIGHTS.get(zone, ((chance.randrange(24), 60),)))
    if zone in NIGHTS and chance.random() < 0.8:
        # Sundays there, and Saturdays for a clock that is set back at midnight
        days |= {6, 7}
    return Daily(chance.randrange(minutes), hour, tuple(sorted(days)), zone)


def instant_of(wall: datetime, zone: str) -> datetime:
    """When a zone's clock first shows a time, or a later one."""
    pieces = OFFSETS[zone]
    for (begin, offset), following in zip(pieces, [*pieces[1:], (at("2100-01-01"), None)], strict=True):
        instant = max(wall.replace(tzinfo=UTC) - offset, begin)
        if instant < following[0]:
            return instant
    raise ValueError(f"no table for {wall}")


@dataclass(frozen=True)
class Daily:
    """At a time of some days of the week: a cron expression, and its instants without one."""

    minute: int
    hour: int
    days: tuple[int, ...]
    """Monday is 1."""
    zone: str

    @property
    def expression(self) -> str:
        return f"{self.minute} {self.hour} * * {','.join(map(str, self.days))}"

    def instants(self, begin: datetime, end: datetime) -> list[datetime]:
        """Those after `begin`, up to `end`."""
        walls = (datetime.combine((begin + number * DAY).date(), datetime.min.time()) for number in range(-2, 3650))
        found = set()
        for day in itertools.takewhile(lambda day: day.replace(tzinfo=UTC) < end + 2 * DAY, walls):
            if day.isoweekday() in self.days:
                found.add(instant_of(day + self.hour * HOUR + self.minute * MINUTE, self.zone))
        return sorted(instant for instant in found if begin < instant <= end)


class KilledError(BaseException):
    """The power is gone."""


@dataclass
class World:
    """A collection, a clock, a machine, and a crawl that only takes time."""

    folder: Path
    now: datetime
    text: str = ""
    """khronika.toml."""
    ahead: timedelta = timedelta(0)
    """How much the machine's clock is ahead of the time."""
    takes: timedelta = 10 * MINUTE
    reason: str = "finished"
    kill: bool = False
    boot: int = 1
    pid: int = 100
    alive: set[int] = field(default_factory=set)
    known: bool = True
    """Whether a machine can tell which processes there are."""
    crawls: list[tuple[str, tuple[str, ...], dict[str, frozenset[str]], bool]] = field(default_factory=list)
    """Each crawl: id, sites, kinds that are due, whether it was gone on with."""
    ends: dict[str, SiteEnd] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._state = State.create(self.folder)
        self._config: tuple[str, Config] | None = None

    def close(self) -> None:
        """Close the state."""
        self._state.close()

    @property
    def config(self) -> Config:
        """khronika.toml, read."""
        if self._config is None or self._config[0] != self.text:
            self._config = self.text, read_config(self.text.encode())
        return self._config[1]

    def machine(self) -> Machine:
        """A new process of the machine."""
        self.pid += 1
        self.alive.add(self.pid)
        return Machine(
            boot=f"boot-{self.boot}",
            processes="pid:[1]" if self.known else f"pid:[{self.pid}]",
            pid=self.pid,
            started=1,
            up=lambda: (self.now - at("2025-01-01")).total_seconds() + 1000 * self.boot,
            process_is=lambda pid, _: There.YES if pid in self.alive else There.NO,
        )

    def due(self) -> DueSummary | None:
        """Call `crawl --due`; None where it is killed."""
        machine = self.machine()
        try:
            return crawl_due_of(
                self._state,
                self.config,
                self._crawl,
                clock=lambda: self.now + self.ahead,
                machine=machine,
            )
        except KilledError:
            with closing(sqlite3.connect(self.folder / "state.sqlite")) as state, state:
                # one that is killed lets nothing go
                state.executemany(f"INSERT INTO leases VALUES ({','.join('?' * 13)})", self._leases)
            return None
        finally:
            self.alive.discard(machine.pid)

    def _crawl(self, sites: Sequence[SiteDefinition], errand: Errand) -> Ran:
        crawl = errand.resume or f"crawl-{len(self.crawls) + 1:05}"
        errand.on_begin(crawl)
        names = tuple(site.name for site in sites)
        kinds = {site: one.due for site, one in errand.kinds.items()}
        self.crawls.append((crawl, names, kinds, errand.resume is not None))
        self.now += self.takes
        if self.kill:
            self.kill = False
            with closing(sqlite3.connect(self.folder / "state.sqlite")) as state:
                self._leases = state.execute("SELECT * FROM leases").fetchall()
            raise KilledError
        return Ran(crawl, self.reason, {name: self.ends.get(name, SiteEnd(had=1)) for name in names})

    def occurrences(self, site: str | None = None) -> list[Occurrence]:
        """What ran, the oldest first."""
        return self._state.due.occurrences(site)[::-1]


def toml(sites: Mapping[str, Mapping[str, Any]]) -> str:
    """khronika.toml with some sites; values as TOML writes them."""
    parts = []
    for name, values in sites.items():
        lines = [f"{key} = {value}" for key, value in values.items()]
        parts.append("\n".join(["[[site]]", f'name = "{name}"', 'start = ["https://example.org/"]', *lines, ""]))
    return "\n".join(parts)


@dataclass
class ModelSite:
    """What the model knows of a site."""

    schedule: Daily
    taken: datetime | None = None
    """Up to when instants are done with."""
    open_run: bool = False


def ticks(chance: random.Random, begin: datetime, end: datetime) -> Iterator[datetime]:
    """When a timer calls; now and then the machine is off for weeks."""
    now = begin
    while now < end:
        yield now
        now += chance.choice([5 * HOUR, 8 * HOUR, 13 * HOUR, DAY])
        if chance.random() < 0.01:
            now += chance.choice([3, 21, 40]) * DAY


def campaign(folder: Path, seed: int, years: float = 2, sites: int = 4) -> tuple[int, int]:
    """One world: how many runs there were, and how many instants they stood for. AssertionError with the seed where
    one is not what the model says."""
    chance = random.Random(seed)
    begin = at("2026-01-03T00:00") + chance.randrange(0, 1440) * MINUTE
    end = begin + years * 360 * DAY
    model = {f"site-{number}": ModelSite(random_daily(chance)) for number in range(sites)}
    text = toml(
        {
            name: {"schedule": f'"{one.schedule.expression}"', "zone": f'"{one.schedule.zone}"'}
            for name, one in model.items()
        }
    )
    world = World(folder, begin, text)
    instants = {name: one.schedule.instants(begin - 3 * DAY, end + 60 * DAY) for name, one in model.items()}
    expected: list[tuple[str, datetime, int, datetime]] = []
    for tick in ticks(chance, begin, end):
        # a timer does not call a command that still runs
        if tick < world.now and tick != begin:
            continue
        world.now = max(world.now, tick)
        world.takes = chance.choice([MINUTE, 10 * MINUTE, HOUR, 30 * HOUR])
        world.kill = chance.random() < 0.05
        killed, now = world.kill, world.now
        going = [name for name, one in model.items() if one.open_run]
        world.kill = killed
        due = []
        for name, one in model.items():
            if one.open_run:
                continue
            passed = [i for i in instants[name] if one.taken is not None and one.taken < i <= now]
            if one.taken is None:
                due.append((name, now, 0))
            elif passed:
                due.append((name, passed[0], len(passed) - 1))
        if going:
            # what was cut short is gone on with first, in a crawl of its own; what is due then comes after it
            if not killed:
                for name in going:
                    model[name].open_run = False
                begun = now + world.takes
            else:
                due = []
        else:
            begun = now
        for name, since, missed in due:
            late = [i for i in instants[name] if now < i <= begun] if model[name].taken is not None else []
            expected.append((name, since, missed + len(late), begun))
            model[name].taken = begun
            model[name].open_run = killed
        world.kill = killed and bool(due or going)
        world.due()
        world.kill = False
    found = [(one.site, one.due_at, one.missed, one.began_at) for one in world.occurrences()]
    world.close()
    assert sorted(found, key=lambda one: (one[3], one[0])) == sorted(expected, key=lambda one: (one[3], one[0])), seed
    return len(found), len(found) + sum(one[2] for one in found)


def main() -> int:
    """Run the campaigns that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--years", type=float, default=2)
    parser.add_argument("--worlds", type=int, default=10)
    parser.add_argument("--sites", type=int, default=4)
    arguments = parser.parse_args()
    for seed in range(arguments.seed, arguments.seed + arguments.worlds):
        folder = Path(tempfile.mkdtemp(prefix="khronika-years-", dir=quick_disk()))
        try:
            runs, instants = campaign(folder, seed, min(arguments.years, 2), arguments.sites)
        finally:
            shutil.rmtree(folder)
        print(f"seed {seed}: {runs} runs for {instants} instants, as expected", flush=True)
    return 0


def quick_disk() -> Path | None:
    """A folder in memory, where there is one: what is synced here would take most of the time."""
    memory = Path("/dev/shm")
    return memory if memory.is_dir() else None


if __name__ == "__main__":
    sys.exit(main())
