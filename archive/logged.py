"""What the log knows of the WARCs: how far each is logged, and what a record's entry is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archive.entry import Entry, EventEntry, EventType, RecordEntry, SealEntry, parse_entry

if TYPE_CHECKING:
    from archive.log import LogWriter
    from archive.warc import ClosedFile, WrittenRecord


_UNSIGNED = re.compile(r"(0|[1-9][0-9]{0,15}) entries were logged and not signed ")


@dataclass(slots=True)
class LoggedFile:
    """How far a WARC is logged."""

    first: int
    """Leaf index of its first record."""
    records: int = 0
    sealed: bool = False


def entry_of(record: WrittenRecord, *, recovered: bool = False) -> bytes:
    """The entry of a record."""
    return RecordEntry(
        date=record.date,
        digest=record.record_digest,
        file=record.location.file,
        id=record.record_id,
        length=record.length,
        n=record.n,
        type=record.type,
        payload=record.payload_digest,
        recovered=recovered,
    ).octets()


def seal_of(closed: ClosedFile, first: int) -> bytes:
    """The entry that says how a WARC was closed."""
    return SealEntry(closed.name, closed.size, closed.digest, closed.records, first).octets()


def unsigned_words(count: int) -> str:
    """What the event of a recovery says of entries that nothing vouched for before it."""
    return f"{count} entries were logged and not signed by a run that did not end"


def unvouched(event: EventEntry) -> range | None:
    """The leaf indices that an event says to have been in the journal when the log was opened; None of other events.

    Whoever can write to the folder can put entries there, so that nothing shows that this collection logged them
    before the event. What came through the inbox says nothing: anybody could have put it there.
    """
    told = event.type is EventType.RECOVERY and event.via is None
    found = _UNSIGNED.match(event.detail) if told else None
    return range(event.of, event.of + int(found[1])) if found is not None and event.of is not None else None


def files_in(entries: Iterable[tuple[int, Entry]]) -> dict[str, LoggedFile]:
    """How far each file is logged, from entries with their leaf index."""
    files: dict[str, LoggedFile] = {}
    for index, entry in entries:
        if isinstance(entry, RecordEntry):
            files.setdefault(entry.file, LoggedFile(index - entry.n)).records = entry.n + 1
        elif isinstance(entry, SealEntry):
            files[entry.file] = LoggedFile(entry.first, entry.records, sealed=True)
    return files


def open_files(log: LogWriter, since: int) -> dict[str, LoggedFile]:
    """How far the files are logged that are in the log from an index on, or after its last seal. Raises LogError.

    One process writes, and one file after the other: what is not sealed begins after the last seal.
    """
    return files_in(_parsed(log, min(since, _last_seal(log))))


def all_files(log: LogWriter) -> dict[str, LoggedFile]:
    """How far every file is logged. Raises LogError."""
    return files_in(_parsed(log, 0))


def _parsed(log: LogWriter, start: int) -> Iterator[tuple[int, Entry]]:
    for index, entry in log.entries(start):
        yield index, parse_entry(entry)


def _last_seal(log: LogWriter) -> int:
    """Leaf index after the last seal; 0 without one."""
    stop = log.size
    while stop > 0:
        start = max(0, stop - 256)
        for index, entry in reversed(list(log.entries(start, stop))):
            # the members of an entry are sorted, `what` is the last one
            if entry.endswith(b'"what":"seal"}'):
                return index + 1
        stop = start
    return 0
