"""The disk budget: how much room there is, for how long it lasts as the disk fills now, and when a crawl has to stop.

A crawl stops while there is room left: for the end of what it does, for the catalogue, for whatever else the machine
needs. What it had not fetched is queued, and the same command goes on when there is room.

How fast the disk fills is told by the WARCs of the last thirty days, and by how much is derived from them for each of
their octets. What was released from here (`archive/releasing.py`) is counted all the same: it was written.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from archive.collection import Collection
    from crawler.config import Config
    from crawler.keep_policy import CopyPolicy, DiskPolicy

Level = Literal["well", "warn", "stop"]

WINDOW: Final = timedelta(days=30)
"""Of the past, what the forecast is made of."""
DERIVED: Final = ("catalogue.sqlite", "catalogue.sqlite-wal", "search.sqlite", "search.sqlite-wal", "state.sqlite")
FOREVER: Final = 36500.0
"""Days; nobody needs to know more."""


@dataclass(frozen=True, slots=True)
class Room:
    """What the system says of a disk."""

    free: int
    """Octets that we may still write."""
    total: int


@dataclass(frozen=True, slots=True)
class DiskState:
    """How full a disk is, and what that means."""

    copy: str
    """Name of the copy that lies on it; empty for the collection's own."""
    room: Room
    warn: int
    """Free octets below which it is said."""
    stop: int
    """Free octets below which nothing more is written there."""
    warn_days: int
    a_day: float | None
    """Octets that are added in a day, as in the last thirty; None where nothing tells."""

    @property
    def free(self) -> int:
        """Octets that we may still write."""
        return self.room.free

    @property
    def total(self) -> int:
        """Octets of the whole disk."""
        return self.room.total

    @property
    def days_left(self) -> float | None:
        """Days until crawls stop, as the disk fills now; None where nothing tells."""
        if self.a_day is None:
            return None
        left = max(0, self.free - self.stop)
        return min(FOREVER, left / self.a_day) if self.a_day else FOREVER

    @property
    def level(self) -> Level:
        """Whether that is well."""
        if self.free < self.stop:
            return "stop"
        soon = self.warn_days and self.days_left is not None and self.days_left < self.warn_days
        return "warn" if self.free < self.warn or soon else "well"

    def words(self) -> str:
        """What there is to say of it."""
        where = f"the disk of the copy {self.copy}" if self.copy else "the disk"
        words = f"{where} has {octets(self.free)} free of {octets(self.total)}"
        if self.level == "stop":
            what = "nothing more is copied there" if self.copy else "no crawl begins"
            return f"{words}: {what} below {octets(self.stop)}"
        if self.a_day and self.days_left is not None and self.days_left < FOREVER:
            days = "less than a day" if self.days_left < 1 else f"about {_days(int(self.days_left))}"
            words += f"; as it fills now, {octets(round(self.a_day))} a day, that is enough for {days}"
        return words

    def as_record(self) -> dict[str, Any]:
        """As programs read it."""
        return {
            "copy": self.copy or None,
            "free": self.free,
            "total": self.total,
            "warn": self.warn,
            "stop": self.stop,
            "level": self.level,
            "a_day": None if self.a_day is None else round(self.a_day),
            "days_left": None if self.days_left is None else round(self.days_left, 1),
        }


def disk_states(collection: Collection, config: Config, now: datetime) -> list[DiskState]:
    """The collection's own disk first, then each other disk that a copy's folder is on. Raises OSError."""
    a_day = growth(collection, now)
    states = [_state("", room_of(collection.path), config.disk, a_day)]
    seen = {collection.path.stat().st_dev}
    for copy in config.copies:
        for folder in _folder_of(copy, collection.path):
            # a disk that is not there has no room to speak of; that the copy cannot be reached is said elsewhere
            with contextlib.suppress(OSError):
                if (device := folder.stat().st_dev) not in seen:
                    seen.add(device)
                    states.append(_state(copy.name, room_of(folder), config.disk, a_day))
    return states


def too_full(folder: Path, policy: DiskPolicy, *, copy: str = "") -> str | None:
    """Why nothing more may be written into a folder, in words; None when it may. Raises OSError.

    `copy`: name of the copy that lies there.
    """
    state = _state(copy, room_of(folder), policy, None)
    return state.words() if state.level == "stop" else None


def room_of(folder: Path) -> Room:
    """The room on the disk of a folder. Raises OSError."""
    told = os.statvfs(folder)
    return Room(told.f_bavail * told.f_frsize, told.f_blocks * told.f_frsize)


def growth(collection: Collection, now: datetime) -> float | None:
    """Octets that the collection grows by in a day; None where it has no WARC yet. Raises CatalogueError."""
    files = [(row.began_at, row.size) for row in collection.catalogue.files()]
    written = sum(size for _, size in files)
    a_day = grown_a_day(files, now)
    if a_day is None or not written:
        return None
    return a_day * (1 + derived_octets(collection.path) / written)


def grown_a_day(files: Iterable[tuple[datetime, int]], now: datetime) -> float | None:
    """Octets a day over the last thirty days, from when files were begun and their octets; None without any.

    A collection that is younger is taken for what it is, but for a day at least.
    """
    known = [(began, size) for began, size in files if began <= now]
    if not known:
        return None
    first = max(now - WINDOW, min(began for began, _ in known))
    days = max(1.0, (now - first) / timedelta(days=1))
    return sum(size for began, size in known if began >= first) / days


def derived_octets(folder: Path) -> int:
    """Octets of what grows with the WARCs."""
    total = 0
    for name in DERIVED:
        with contextlib.suppress(OSError):
            total += (folder / name).stat().st_size
    return total


def octets(number: int) -> str:
    """A number of octets for people: decimal, as disks are sold."""
    for unit, factor in (("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if number >= factor:
            return f"{number / factor:.1f} {unit}".replace(".0 ", " ")
    return f"{number} B"


def _state(copy: str, room: Room, policy: DiskPolicy, a_day: float | None) -> DiskState:
    warn, stop = policy.warn_below(room.total), policy.stop_below(room.total)
    return DiskState(copy, room, warn, stop, policy.warn_days, a_day)


def _folder_of(copy: CopyPolicy, collection: Path) -> list[Path]:
    return [] if copy.is_s3 else [copy.folder(collection)]


def _days(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"
