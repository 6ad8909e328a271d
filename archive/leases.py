"""Leases: which process crawls a site for its schedule now. A table in state.sqlite.

One row a site. Who holds it says so again and again; each time a count goes up. Whether a holder is still there is
told by what cannot be wrong, in this order, and never by the clock that shows the date, which may be set:

1. The same boot of the same machine, and the same table of processes: the process is there, begun when it says, or it
   is not. One that is there holds its lease however long it has said nothing (a laptop that slept).
2. The same boot, another table of processes (a container): by the time since the boot, which nobody sets.
3. The same file, another boot: the machine was started anew since, and the process is gone with the boot.
4. Anything else (the file was copied elsewhere): somebody has to look for EXPIRY of his own time, and see no count.

A row holds a random word for the holder and numbers of this boot; neither name nor address of a machine.
"""

from __future__ import annotations

import enum
import os
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Column, Connection, Integer, Row, Table, Text, delete, insert, select, update

from archive.database import WIDE, Database, Moment
from archive.page_memory import META

BEAT: Final = 30.0
"""Seconds after which a holder says again that it is there."""
EXPIRY: Final = 300.0
"""Seconds of silence after which one who may be gone is."""

_MILLION: Final = 1_000_000

LEASES = Table(
    "leases",
    META,
    Column("site", Text, primary_key=True),
    # Random, one for each holding.
    Column("holder", Text, nullable=False),
    # Inode of state.sqlite: whether this is the file that the lease was written in, or a copy of it.
    Column("file", Text, nullable=False),
    # Random number that the kernel makes at each boot.
    Column("boot", Text, nullable=False),
    # Which table of processes the number below belongs to.
    Column("processes", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    # When that process began, in ticks since the boot.
    Column("started", WIDE),
    # By the clock, for people.
    Column("taken_at", Moment, nullable=False),
    Column("beats", WIDE, nullable=False),
    # Microseconds since the boot.
    Column("beat_up", WIDE, nullable=False),
    # What somebody who cannot know saw first of the present count: his boot, the count, and his time since it.
    Column("seen_boot", Text, nullable=False),
    Column("seen_beats", WIDE, nullable=False),
    Column("seen_up", WIDE, nullable=False),
    sqlite_strict=True,
)


class There(enum.Enum):
    """Whether a process is there."""

    YES = "yes"
    NO = "no"
    NOT_KNOWN = "not known"


def _first_line(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii").strip()
    except (OSError, UnicodeError):
        return ""


def _link(path: str) -> str:
    try:
        return str(Path(path).readlink())
    except OSError:
        return ""


def _up() -> float:
    # counts on while the machine sleeps, as the time of others does
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def started_at(pid: int) -> int | None:
    """When a process began, in ticks since the boot; None where that cannot be read, or there is none."""
    try:
        text = Path(f"/proc/{pid}/stat").read_bytes()
        # proc(5): the name, the second field, is in brackets and may hold any character; starttime is the 22nd
        return int(text[text.rindex(b")") + 2 :].split()[19])
    except (OSError, ValueError, IndexError):
        return None


def process_is(pid: int, started: int | None) -> There:
    """Whether the process of that number that began then is there."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return There.NO
    except OSError:
        pass  # it is there, and another user's
    found = started_at(pid)
    if found is None or started is None:
        return There.NOT_KNOWN
    return There.YES if found == started else There.NO


@dataclass(frozen=True)
class Machine:
    """The machine as one who holds or looks at leases knows it; all of it can be given by a test."""

    boot: str = field(default_factory=lambda: _first_line("/proc/sys/kernel/random/boot_id"))
    processes: str = field(default_factory=lambda: _link("/proc/self/ns/pid"))
    pid: int = field(default_factory=os.getpid)
    started: int | None = field(default_factory=lambda: started_at(os.getpid()))
    up: Callable[[], float] = _up
    """Seconds since the boot."""
    process_is: Callable[[int, int | None], There] = process_is
    holder: str = field(default_factory=lambda: secrets.token_hex(16))
    """Random, so that no other holder has it."""


@dataclass(frozen=True, slots=True)
class Lease:
    """Who crawls a site now."""

    site: str
    holder: str
    pid: int
    taken_at: datetime
    held: bool
    """Whether its holder is there, or may be."""


class Leases:
    """The leases of one collection."""

    def __init__(self, database: Database, *, file: str = "", exists: bool = True) -> None:
        """`file`: what tells this file from a copy of it."""
        self._database = database
        self._file = file
        self._exists = exists

    def all(self, machine: Machine) -> list[Lease]:
        """Every lease, by site, as one who only looks sees it."""
        if not self._exists:
            return []
        with self._database.reading() as connection:
            rows = connection.execute(select(LEASES).order_by(LEASES.c.site)).all()
        return [_lease(row, held=not self._is_over(row, machine)) for row in rows]

    def take(self, sites: Iterable[str], machine: Machine, now: datetime) -> set[str]:
        """Take the leases of sites that nobody holds; which were had. Those of holders that are gone are taken over."""
        taken = set()
        with self._database.writing() as connection:
            for site in sites:
                row = connection.execute(select(LEASES).where(LEASES.c.site == site)).one_or_none()
                if row is not None and row.holder != machine.holder:
                    if not self._is_over(row, machine):
                        self._note(connection, row, machine)
                        continue
                    connection.execute(delete(LEASES).where(LEASES.c.site == site))
                    row = None
                if row is None:
                    connection.execute(insert(LEASES).values(site=site, taken_at=now, **self._words(machine)))
                taken.add(site)
        return taken

    def beat(self, machine: Machine) -> int:
        """Say that the holder is there; how many leases it holds."""
        with self._database.writing() as connection:
            values = {"beats": LEASES.c.beats + 1, "beat_up": _microseconds(machine)}
            return connection.execute(update(LEASES).where(LEASES.c.holder == machine.holder).values(values)).rowcount

    def release(self, machine: Machine, sites: Iterable[str] | None = None) -> None:
        """Let others have all leases of a holder, or those of some sites."""
        with self._database.writing() as connection:
            mine = delete(LEASES).where(LEASES.c.holder == machine.holder)
            connection.execute(mine if sites is None else mine.where(LEASES.c.site.in_(list(sites))))

    def _words(self, machine: Machine) -> dict[str, Any]:
        return {
            "holder": machine.holder,
            "file": self._file,
            "boot": machine.boot,
            "processes": machine.processes,
            "pid": machine.pid,
            "started": machine.started,
            "beats": 0,
            "beat_up": _microseconds(machine),
            "seen_boot": "",
            "seen_beats": -1,
            "seen_up": 0,
        }

    def _is_over(self, row: Row[Any], machine: Machine) -> bool:
        """Whether the holder of a lease is gone for sure."""
        if row.boot and row.boot == machine.boot:
            # of itself a process knows that it is there, and not whether it still crawls
            if row.processes and row.processes == machine.processes and row.pid != machine.pid:
                there = machine.process_is(row.pid, row.started)
                if there is not There.NOT_KNOWN:
                    return there is There.NO
            silent = _microseconds(machine) - row.beat_up
            # a time since the boot that is to come is none of this boot's
            return silent > EXPIRY * _MILLION if silent >= 0 else self._was_silent(row, machine)
        if row.boot and machine.boot and row.file and row.file == self._file:
            return True
        return self._was_silent(row, machine)

    @staticmethod
    def _was_silent(row: Row[Any], machine: Machine) -> bool:
        seen = row.seen_boot == machine.boot and row.seen_beats == row.beats
        return bool(seen and _microseconds(machine) - row.seen_up > EXPIRY * _MILLION)

    @staticmethod
    def _note(connection: Connection, row: Row[Any], machine: Machine) -> None:
        """Remember what was seen of another's lease, for the next who looks."""
        up = _microseconds(machine)
        if row.seen_boot == machine.boot and row.seen_beats == row.beats and row.seen_up <= up:
            return
        values = {"seen_boot": machine.boot, "seen_beats": row.beats, "seen_up": up}
        connection.execute(update(LEASES).where(LEASES.c.site == row.site).values(values))


def _microseconds(machine: Machine) -> int:
    return int(machine.up() * _MILLION)


def _lease(row: Row[Any], *, held: bool) -> Lease:
    return Lease(row.site, row.holder, row.pid, row.taken_at, held)
