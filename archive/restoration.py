"""After a log was put back from a copy: the WARCs that were closed since the copy was made are logged again.

To the log such a file is one that somebody put there, and `verify` says `inserted`. Only the operator can say that it
is one of the collection's own, and says so with `khronika key rotate --restored`. Its entries are marked `recovered`:
the log shows the file from now on, and nothing shows that it was there before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from archive.entry import EventEntry, EventType, Outcome
from archive.errors import RecordError
from archive.log import LogWriter
from archive.logged import LoggedFile, all_files, entry_of, seal_of
from archive.warc import SOFTWARE, ClosedFile, file_digest, read_records, serial_of

WARCS = "*.warc.gz"

LOT = 1_000
"""Entries that are brought to the disk at one time."""


@dataclass(frozen=True, slots=True)
class LoggedAgain:
    """A file that the log did not know, or knew a part of."""

    file: str
    records: int
    """Those logged now."""
    damage: str | None
    """What keeps it from being logged to its end, and so from being sealed."""


def log_closed_files(folder: Path, log: LogWriter, *, now: Callable[[], datetime]) -> list[LoggedAgain]:
    """Log and seal every closed WARC that is not sealed in the log, with a checkpoint after each.

    `folder`: the collection's `archive/`. Only for the process that holds the lock. May be done again after a kill.
    Raises LogError, StorageError.
    """
    known = all_files(log)
    again = []
    for path in sorted(folder.glob(WARCS), key=lambda path: (serial_of(path.name), path.name)):
        logged = known.get(path.name, LoggedFile(log.size))
        if not logged.sealed:
            again.append(_log_file(path, logged, log, now))
            log.checkpoint()
    return again


def _log_file(path: Path, logged: LoggedFile, log: LogWriter, now: Callable[[], datetime]) -> LoggedAgain:
    had, count, damage = logged.records, 0, None
    try:
        for record in read_records(path):
            if count >= had:
                log.append([entry_of(record.written(), recovered=True)])
            count += 1
            if count % LOT == 0:
                log.sync()
        if count < had:
            damage = f"expected at least the {had} records that are logged, found {count}"
    except RecordError as error:
        damage = str(error)
    if damage is None and count > 0:
        closed = ClosedFile(path.name, path.stat().st_size, file_digest(path), count)
        log.append([seal_of(closed, logged.first)])
    told = [f"{max(0, count - had)} records logged afterwards, the log having been restored from a copy"]
    told += [damage] if damage is not None else []
    outcome = Outcome.SUCCESS if damage is None else Outcome.FAILURE
    event = EventEntry(EventType.RECOVERY, now(), SOFTWARE, outcome, "; ".join(told), object=path.name)
    log.append([event.octets()])
    log.sync()
    return LoggedAgain(path.name, max(0, count - had), damage)
