"""After a kill or a power cut: bring WARCs and catalogue to where they agree; and make the catalogue anew.

The order on disk is: records synced in their WARC, then their entries in the log, then the catalogue; at a file's end:
synced, renamed, then its seal in the log, then the catalogue. A crash can come in between any two, so that the WARCs
may hold more than log and catalogue say:

    NAME.warc.gz.open                     cut to its last whole record (the tail is kept in `recovered/`), a record
                                          that tells so is put at its end, what log and catalogue lack is entered, the
                                          file gets its final name and its seal
    NAME.warc.gz, not closed in the       what log and catalogue lack is entered, the file is sealed and noted as
    catalogue                             closed

What is logged only now is marked as recovered in its entry, and each recovery is an event of the log.

The WARCs may never hold less: where a file is shorter or damaged before the end that log or catalogue know, evidence
was lost or altered after it was safe. Such a file is not touched, only renamed, it gets no seal, and log and catalogue
keep what they know, so that `verify` says what is missing.
"""

from __future__ import annotations

import contextlib
import glob
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from archive.capture import Capture
from archive.catalogue import Catalogue, CrawlRow
from archive.check import check_members
from archive.entry import EventEntry, EventType, Outcome, parse_entry
from archive.errors import RecordError, StorageError
from archive.header import parse_warc_fields, value_of
from archive.log import LogReader, LogWriter
from archive.logged import LoggedFile, all_files, entry_of, files_in, open_files, seal_of
from archive.warc import (
    OPEN_SUFFIX,
    SOFTWARE,
    ClosedFile,
    IdMaker,
    Record,
    ValidPrefix,
    WarcWriter,
    WrittenRecord,
    captures_in,
    file_digest,
    is_recovery,
    read_record,
    read_records,
    rename_closed,
    serial_of,
    sync_folder,
    valid_length,
    write_all,
)

CRAWL_FIELD = "isPartOf"
"""The line of a warcinfo record that names the crawl (EVIDENCE: DCMI's term for the whole that a file belongs to)."""

LOT = 1_000
"""Captures entered in one transaction."""

Progress = Callable[..., None]
"""Called with a text, and the number done and in all: `progress("Reading", 3, 17)`."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """What was done to one file."""

    file: str
    """Its final name."""
    records: int
    """Records entered that the catalogue lacked."""
    captures: int
    cut_octets: int
    kept_as: str | None
    """Where the tail is, relative to the collection; None when nothing was cut."""
    damage: str | None = None
    """What is wrong with the file, when it is less than what is known of it, or cannot be read to its end."""
    unlogged: int = 0
    """Records that were not in the log before."""


def recover(
    folder: Path,
    catalogue: Catalogue,
    log: LogWriter,
    tails: Path,
    *,
    now: Callable[[], datetime],
    new_id: IdMaker,
    logged: dict[str, LoggedFile] | None = None,
) -> list[Recovered]:
    """Settle every file that is not closed. Only for the process that holds the lock.

    `folder`: the collection's `archive/`; `tails`: where cut tails are kept; `logged`: how far all files are logged,
    where that is known already. Raises StorageError and LogError: what was
    settled until then stays so, nothing is lost, and it can be done again.
    """
    unfinished = sorted(folder.glob(f"*.warc.gz{OPEN_SUFFIX}"), key=_in_order)
    unclosed = [row for row in catalogue.files() if not row.closed]
    if not unfinished and not unclosed:
        return []
    if logged is None:
        since = min((row.first_entry for row in unclosed if row.first_entry is not None), default=log.size)
        logged = open_files(log, since)
        # those in the catalogue too: a closed file may have been released to copies
        names = [*(path.name for path in folder.iterdir()), *(row.name for row in catalogue.files())]
        last = max(map(serial_of, names), default=-1)
        if any(serial_of(path.name) < last and _final(path) not in logged for path in unfinished):
            # one that was let go of, and of which the catalogue never heard: it may lie before the log's last seal
            logged = all_files(log)
    recovery = _Recovery(catalogue, log, logged, tails, now, new_id)
    found = [recovery.of_open(path) for path in unfinished]
    for row in catalogue.files():
        path = folder / row.name
        if not row.closed and path.exists():
            found.append(recovery.of_closed(path))
    return found


@dataclass(frozen=True, slots=True)
class _Recovery:
    """One settling, and what it works on."""

    catalogue: Catalogue
    log: LogWriter
    logged: dict[str, LoggedFile]
    tails: Path
    now: Callable[[], datetime]
    new_id: IdMaker

    def of_open(self, path: Path) -> Recovered:
        """Settle a file that was being written."""
        catalogue = self.catalogue
        name = _final(path)
        sound = valid_length(path)
        known = catalogue.file(name)
        logged = self._logged(name)
        if path.with_name(name).exists():
            # None of our steps leaves both; which one is the evidence is for a person to say.
            return self._on_record(Recovered(name, 0, 0, 0, None, f"expected {name} or {path.name}, found both"))
        if sound.records < logged or (known is not None and sound.length < known.size):
            size = f"{known.size} sound octets" if known is not None else f"{logged} sound records"
            damage = f"expected {size}, found {sound.length} octets with {sound.records} records"
            damage += f" ({sound.problem})" if sound.problem else ""
            recovered = self._on_record(Recovered(name, 0, 0, 0, None, damage))
            rename_closed(path)
            if known is not None:
                catalogue.close_damaged(name)
            return recovered
        cut, kept_as = _cut(path, sound.length, self.tails)
        if sound.records == 0:
            # Not even the warcinfo record: the file was only just made.
            if known is not None:
                catalogue.forget_file(name)
            recovered = self._on_record(Recovered(name, 0, 0, cut, kept_as))
            _remove(path)
            return recovered
        warc = WarcWriter.resume(path, sound, self.new_id)
        try:
            if sound.last is not None and not is_recovery(sound.last):
                known_records = 0 if known is None else known.records
                warc.append_recovery(_told(name, sound, known_records, self.tails), self.now())
            warc.sync()
            unlogged = self._log_records(path, name)
            # on record before the last step that the next writer would take this file for unfinished by
            recovered = self._on_record(Recovered(name, 0, 0, cut, kept_as, None, unlogged))
            entered = enter_missing(path, name, catalogue, self._first(name))
            closed = warc.close()
        finally:
            warc.abandon()
        self._seal(closed)
        catalogue.close_file(closed)
        return self._ended(recovered, entered)

    def of_closed(self, path: Path) -> Recovered:
        """Settle a file that has its final name, of which the catalogue does not know that it is closed."""
        known = self.catalogue.file(path.name)
        assert known is not None
        if path.stat().st_size < known.size:
            self.catalogue.close_damaged(path.name)
            damage = f"expected at least {known.size} octets, found {path.stat().st_size}"
            return self._on_record(Recovered(path.name, 0, 0, 0, None, damage))
        unlogged = self._log_records(path, path.name)
        recovered = self._on_record(Recovered(path.name, 0, 0, 0, None, None, unlogged))
        entered = enter_missing(path, path.name, self.catalogue, self._first(path.name))
        closed = _closed(path, self.catalogue)
        if not entered.damage:
            self._seal(closed)
        self.catalogue.close_file(closed)
        return self._ended(recovered, entered)

    def of_indexed(self, path: Path, entered: Entered) -> None:
        """Seal a file that was just entered in a new catalogue, where its seal was lost with the run that wrote it.

        A file of which the log knows nothing is left alone: it was not written by this collection.
        """
        known, row = self.logged.get(path.name), self.catalogue.file(path.name)
        if known is None or known.sealed or entered.damage or row is None or row.records < known.records:
            return
        unlogged = self._log_records(path, path.name)
        self._on_record(Recovered(path.name, 0, 0, 0, None, None, unlogged))
        self._seal(_closed(path, self.catalogue))

    def _ended(self, recovered: Recovered, entered: Entered) -> Recovered:
        whole = replace(recovered, records=entered.records, captures=entered.captures, damage=_damage(entered))
        return whole if whole.damage is None else self._on_record(whole)

    def _logged(self, name: str) -> int:
        """How many records of a file are logged."""
        return self.logged[name].records if name in self.logged else 0

    def _first(self, name: str) -> int | None:
        """Where in the log the records of a file begin."""
        known = self.logged.get(name)
        return known.first if known is not None else None

    def _log_records(self, path: Path, name: str) -> int:
        """Log the records that are not logged yet; how many."""
        known, row = self._logged(name), self.catalogue.file(name)
        if name in self.logged and self.logged[name].sealed:
            return 0
        start, first = (row.size, row.records) if row is not None and 0 < row.records <= known else (0, 0)
        missing: list[bytes] = []
        with contextlib.suppress(RecordError):
            # what is damaged is told when the catalogue is made to know it
            for record in read_records(path, start=start, first=first, name=name):
                if record.n is not None and record.n >= known:
                    missing.append(entry_of(record.written(), recovered=True))
        at = self.log.append(missing)
        self.log.sync()
        if missing:
            self.logged.setdefault(name, LoggedFile(at)).records = known + len(missing)
        return len(missing)

    def _seal(self, closed: ClosedFile) -> None:
        known = self.logged.get(closed.name)
        if known is not None and not known.sealed:
            self.log.append([seal_of(closed, known.first)])
            self.log.sync()

    def _on_record(self, recovered: Recovered) -> Recovered:
        """Put a recovery on record in the log; what was settled."""
        # of the tails that are kept, not of the cut just made: a recovery that was itself cut short is told too
        kept = _kept_tails(recovered.file, self.tails)
        told = [f"{recovered.unlogged} records logged afterwards"]
        told += [f"{tail.stat().st_size} octets cut, kept as {self.tails.name}/{tail.name}" for tail in kept]
        told += [recovered.damage] if recovered.damage is not None else []
        outcome = Outcome.SUCCESS if recovered.damage is None else Outcome.FAILURE
        date = self.now()
        event = EventEntry(EventType.RECOVERY, date, SOFTWARE, outcome, "; ".join(told), object=recovered.file)
        self.log.append([event.octets()])
        self.log.sync()
        return recovered


def _final(path: Path) -> str:
    return path.name.removesuffix(OPEN_SUFFIX)


def _in_order(path: Path) -> tuple[int, str]:
    """The order in which files were begun: by their numbers, which no clock that was set back can turn round."""
    return serial_of(path.name), path.name


def _told(name: str, sound: ValidPrefix, known_records: int, tails: Path) -> list[tuple[str, str]]:
    """What the record of a recovery says: how much was whole, what of it the catalogue lacked, and what was cut.

    Of the tails that are kept, not of the cut just made: a recovery that was itself cut short is told too.
    """
    lines = [
        ("octets", str(sound.length)),
        ("records", str(sound.records)),
        ("records-entered", str(max(0, sound.records - known_records))),
    ]
    try:
        for tail in _kept_tails(name, tails):
            lines.append(("cut-octets", str(tail.stat().st_size)))
            lines.append(("cut-digest", file_digest(tail)))
            lines.append(("kept-as", f"{tails.name}/{tail.name}"))
    except OSError as error:
        raise StorageError(f"reading the folder {tails.name}: {error.strerror}") from error
    return lines


def _kept_tails(name: str, tails: Path) -> list[Path]:
    """What was cut off a file, in all recoveries of it."""
    return sorted(tails.glob(f"{glob.escape(name)}.*.tail"))


def _damage(entered: Entered) -> str | None:
    return "; ".join(map(str, entered.damage)) or None


def _closed(path: Path, catalogue: Catalogue) -> ClosedFile:
    row = catalogue.file(path.name)
    assert row is not None
    return ClosedFile(path.name, path.stat().st_size, file_digest(path), row.records)


def enter_missing(path: Path, name: str, catalogue: Catalogue, first_entry: int | None = None) -> Entered:
    """Enter the records and captures of a file that the catalogue lacks. `first_entry`: where in the log it begins.

    The catalogue knows a file's records from the first on without a gap, because they are entered in their order;
    so what is missing begins where its knowledge ends. What is damaged is told and passed over: one broken record
    must not hide the captures after it.
    """
    entered = Entered()
    known = catalogue.file(name)
    size, first = (0, 0) if known is None else (known.size, known.records)
    written: list[WrittenRecord] = []
    captures: list[Capture] = []

    def commit() -> None:
        if not written:
            return
        end = written[-1].location
        own = _own(captures, catalogue, entered.damage)
        catalogue.commit_records(name, end.offset + end.length, written, own)
        entered.records += len(written)
        entered.captures += len(own)
        written.clear()
        captures.clear()

    last: Record | None = None

    def passing() -> Iterator[Record]:
        nonlocal last
        if size > 0:
            # which crawl the file belongs to
            with _telling(entered.damage):
                yield read_record(path, 0, name=name)
        for last in _sound_records(path, name, size, first, entered.damage):
            if known is None and last.n == 0:
                _begin_file(last, name, catalogue, first_entry)
            written.append(last.written())
            yield last

    for capture in captures_in(passing(), damaged=entered.damage.append):
        captures.append(capture)
        # A lot ends with a whole exchange: what is entered without its capture would never get it.
        whole = last is not None and capture.record_id in {last.record_id, *last.concurrent_to}
        if len(captures) >= LOT and whole:
            commit()
    commit()
    if known is not None and known.first_entry is None and first_entry is not None:
        catalogue.put_first_entry(name, first_entry)
    return entered


def _own(captures: Sequence[Capture], catalogue: Catalogue, damage: list[RecordError]) -> list[Capture]:
    """The captures that no other one shares its record id with; the others are told.

    A file that was copied within the folder holds every capture a second time. The first one stays.
    """
    taken = catalogue.known_captures([capture.record_id for capture in captures])
    own: list[Capture] = []
    for capture in captures:
        if capture.record_id in taken:
            message = f"expected a record id of its own, found that of another capture, {capture.record_id}"
            damage.append(RecordError(message, file=capture.location.file, offset=capture.location.offset))
        else:
            taken.add(capture.record_id)
            own.append(capture)
    return own


@dataclass(slots=True)
class Entered:
    """What was entered from a file."""

    records: int = 0
    captures: int = 0
    damage: list[RecordError] = field(default_factory=list)
    """What could not be read, in the file's order."""


def _sound_records(path: Path, name: str, start: int, first: int, damage: list[RecordError]) -> Iterator[Record]:
    """The records from `start` on that can be read; the others are told."""
    n = first
    try:
        for record in read_records(path, start=start, first=first, name=name):
            yield record
            n += 1
    except RecordError as error:
        damage.append(error)
        damaged_at = error.offset
    else:
        return
    with path.open("rb") as file:
        for member in check_members(file, path, start=damaged_at, whole=False):
            if member.offset <= damaged_at or not member.records:
                continue
            with _telling(damage):
                yield replace(read_record(path, member.offset, name=name), n=n)
                n += 1


@contextlib.contextmanager
def _telling(damage: list[RecordError]) -> Iterator[None]:
    try:
        yield
    except RecordError as error:
        damage.append(error)


def _begin_file(record: Record, name: str, catalogue: Catalogue, first_entry: int | None) -> None:
    """Enter the file, and the crawl that its warcinfo record names."""
    lines = parse_warc_fields(record.block.read()) if record.type == "warcinfo" else ()
    crawl = value_of(lines, CRAWL_FIELD)
    if crawl is not None:
        catalogue.add_crawl(CrawlRow(crawl, record.date))
    catalogue.add_file(name, crawl, record.date, first_entry)


def _cut(path: Path, length: int, tails: Path) -> tuple[int, str | None]:
    """Cut a file to `length` octets; the tail is safe in its own file before."""
    try:
        tail = path.stat().st_size - length
        if tail == 0:
            return 0, None
        name = path.name.removesuffix(OPEN_SUFFIX)
        tails.mkdir(exist_ok=True)
        kept = tails / f"{name}.{length}.tail"
        with contextlib.ExitStack() as stack:
            torn = os.open(path, os.O_RDWR | os.O_CLOEXEC)
            stack.callback(os.close, torn)
            # over what an earlier go may have left of it: the torn file is not cut before this one is safe
            aside = os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
            stack.callback(os.close, aside)
            copied = 0
            while piece := os.pread(torn, 1 << 20, length + copied):
                copied += write_all(aside, piece, copied)
            os.fsync(aside)
            sync_folder(tails)
            sync_folder(tails.parent)
            os.ftruncate(torn, length)
            os.fsync(torn)
        return tail, f"{tails.name}/{kept.name}"
    except OSError as error:
        raise StorageError(f"cutting the torn tail of {path.name}: {error.strerror}") from error


def _remove(path: Path) -> None:
    try:
        path.unlink()
    except OSError as error:
        raise StorageError(f"removing the empty {path.name}: {error.strerror}") from error
    sync_folder(path.parent)


class ClosedFiles(Protocol):
    """The closed WARCs of a collection, wherever they lie."""

    def closed(self) -> list[str]:
        """Their names."""
        ...

    def whole(self, file: str) -> AbstractContextManager[Path]:
        """One of them as a file of this machine; one that lies elsewhere is there as long as it is read.

        Raises StorageError where it cannot be had.
        """
        ...


def rebuild(
    folder: Path,
    path: Path,
    log: LogWriter,
    tails: Path,
    *,
    files: ClosedFiles,
    now: Callable[[], datetime],
    new_id: IdMaker,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Make the catalogue anew from the WARCs alone. Only for the process that holds the lock.

    It is made beside the old one, which is replaced when it is whole. Readings and changes are not in it: the
    reading stage finds all of them due. Of a damaged file all is entered that can be read.

    Returns counts: `files`, `records`, `captures`, and `damaged`, a list of texts.
    """
    logged = all_files(log)
    with _fresh(path) as (fresh, catalogue):
        counts = _counts()
        recovery = _Recovery(catalogue, log, logged, tails, now, new_id)
        for name, entered, warc in _indexed(files, catalogue, logged, counts, progress, old=path):
            if catalogue.file(name) is not None:
                recovery.of_indexed(warc, entered)
                catalogue.close_file(_closed(warc, catalogue))
        for recovered in recover(folder, catalogue, log, tails, now=now, new_id=new_id, logged=logged):
            if recovered.damage is not None:
                counts["damaged"].append(f"{recovered.file}: {recovered.damage}")
        _count(catalogue, counts)
    _replace(fresh, path)
    return counts


def index(path: Path, log: LogReader, *, files: ClosedFiles, progress: Progress | None = None) -> dict[str, Any]:
    """The same of a collection that is only read: nothing is settled, and nothing logged. Raises LogError."""
    logged = files_in((leaf, parse_entry(entry)) for leaf, entry in log.entries())
    with _fresh(path) as (fresh, catalogue):
        counts = _counts()
        for name, _, warc in _indexed(files, catalogue, logged, counts, progress, old=path):
            if catalogue.file(name) is not None:
                catalogue.close_file(_closed(warc, catalogue))
        _count(catalogue, counts)
    _replace(fresh, path)
    return counts


@contextlib.contextmanager
def _fresh(path: Path) -> Iterator[tuple[Path, Catalogue]]:
    """A new catalogue beside the old one."""
    fresh = path.with_name(path.name + ".new")
    _discard(fresh)
    with Catalogue.create(fresh) as catalogue:
        yield fresh, catalogue


def _counts() -> dict[str, Any]:
    return {"files": 0, "records": 0, "captures": 0, "damaged": []}


def _count(catalogue: Catalogue, counts: dict[str, Any]) -> None:
    for row in catalogue.files():
        counts["files"] += 1
        counts["records"] += row.records
    counts["captures"] = sum(crawl.captures for crawl in catalogue.crawls())


def _indexed(
    files: ClosedFiles,
    catalogue: Catalogue,
    logged: dict[str, LoggedFile],
    counts: dict[str, Any],
    progress: Progress | None,
    *,
    old: Path,
) -> Iterator[tuple[str, Entered, Path]]:
    """Enter all closed files; each is given while it can be read here."""
    # a copy of a file within the folder comes after the file that the log knows
    closed = sorted(files.closed(), key=lambda name: (name not in logged, serial_of(name), name))
    for done, name in enumerate(closed):
        if progress is not None:
            progress("Indexing the WARCs", done, len(closed))
        with contextlib.ExitStack() as stack:
            try:
                warc = stack.enter_context(files.whole(name))
            except StorageError as error:
                if old.exists():
                    raise StorageError(
                        f"{error}. The catalogue that is there stays. Where no copy of {name} will ever answer again, "
                        f"move {old.name} away first: a catalogue without that file is made then"
                    ) from error
                counts["damaged"].append(f"{name}: {error}")
                continue
            first_entry = logged[name].first if name in logged else None
            entered = enter_missing(warc, name, catalogue, first_entry)
            counts["damaged"].extend(str(error) for error in entered.damage)
            yield name, entered, warc


def _replace(fresh: Path, path: Path) -> None:
    """Put the new catalogue in the old one's place.

    The old journal goes first: SQLite would take it for that of the new file.
    """
    try:
        with fresh.open("rb") as file:
            os.fsync(file.fileno())
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        fresh.replace(path)
    except OSError as error:
        raise StorageError(f"putting the new {path.name} in place: {error.strerror}") from error
    sync_folder(path.parent)


def _discard(path: Path) -> None:
    try:
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(f"removing an unfinished {path.name}: {error.strerror}") from error
