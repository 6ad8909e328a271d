"""Erasure: what the log says is withheld from disk is taken from it.

The order, so that a kill between any two steps is made good by doing it again:

    1  the events of the withholding are in the log, and signed
    –  a WARC that was released comes back from a copy; what the copies hold stays there, and is told of
    2  each WARC that holds such a record is copied, with placeholders (`archive/withholding.py`) in their places; the
       copy is synced and takes the file's name; then the octets of the old file are overwritten
    3  an event of type `deletion` says what the file is now
    4  the catalogue lets go of the captures

What is left to do is known from the log alone: a record that is withheld from disk and that the catalogue has as it
was.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from archive.catalogue import Catalogue
from archive.copies import THERE, Step
from archive.entry import EventType, Outcome, RecordEntry, parse_entry
from archive.errors import RecordError, StateError, StorageError
from archive.member import PIECE
from archive.state import State
from archive.warc import ClosedFile, Record, fdatasync, file_digest, read_record, sync_folder, write_all
from archive.withholding import Withheld, format_resealed, is_placeholder, placeholder, resealed

if TYPE_CHECKING:
    from archive.collection import Collection
    from archive.log import LogReader
    from archive.writer import Writer


@dataclass(frozen=True, slots=True)
class Place:
    """A record that is to be taken from the disk."""

    withheld: Withheld
    entry: RecordEntry
    offset: int
    length: int
    """Octets of its member."""


@dataclass(frozen=True, slots=True)
class Erased:
    """What was done."""

    records: int
    """Placeholders that stand in the files now and did not before."""
    captures: int
    """Captures that the catalogue let go of."""
    files: tuple[str, ...]
    kept: tuple[str, ...]
    """Where octets may still be, in words."""


ELSEWHERE = (
    "copies and backups of this collection, and what was exported or proved before",
    "crawls/ (frontier, crawl.log), state.sqlite, noise/ and the records of other pages, which may name the address",
    "your own words: notes of marks (khronika changes marks), patterns and notes in noise/",
    "notices and digests that were sent before",
    "cells of a flash disk, and older states that the file system keeps (snapshots, copy on write)",
)
"""What nothing here can overwrite."""


def unfinished(catalogue: Catalogue, log: LogReader, held: Mapping[str, Withheld]) -> list[Place]:
    """The records that are withheld from disk and that the catalogue has as they were, in order of file and place."""
    places = []
    for one in held.values():
        if not one.from_disk:
            continue
        entry = parse_entry(log.entry(one.of))
        assert isinstance(entry, RecordEntry)
        row = catalogue.record_at(entry.file, entry.n)
        if row is not None and row.record_id == entry.id and row.has(entry.digest):
            places.append(Place(one, entry, row.offset, row.length))
    return sorted(places, key=lambda place: (place.entry.file, place.offset))


def erase(collection: Collection, writer: Writer, held: Mapping[str, Withheld]) -> Erased:
    """Take from the disk what is withheld from it; `writer` holds the lock, and `held` is signed.

    Raises RecordError where a record is not the one that the log has (verify first), StorageError.
    """
    log = collection.log()
    with Catalogue.open(collection.catalogue_path, readonly=False) as catalogue:
        places = unfinished(catalogue, log, held)
        by_file: dict[str, list[Place]] = {}
        for place in places:
            by_file.setdefault(place.entry.file, []).append(place)
        known = resealed(log)
        records, kept, captures = 0, list(ELSEWHERE), 0
        for file, mine in by_file.items():
            path = _here(collection, file)
            left = [place for place in mine if not _is_done(path, place)]
            if left:
                linked = _replace(path, left)
                if linked:
                    kept.append(f"another name (hard link) of the old {file}")
                records += len(left)
            closed = _closed(path, file, catalogue)
            if file not in known or (known[file].bytes, known[file].digest) != (closed.size, closed.digest):
                detail = format_resealed(closed.size, closed.digest)
                writer.log_event(EventType.DELETION, Outcome.SUCCESS, detail, object=file).result()
                # signed before the catalogue forgets that something was to be done
                writer.checkpoint().result()
            ids = {place.entry.id for place in mine}
            captures += len(catalogue.known_captures(sorted(ids)))
            standing = [replace(_read(path, place), n=place.entry.n).written() for place in mine]
            catalogue.take_out(ids, standing, [closed])
        kept += _in_copies(collection, places)
        # always: a run that was stopped may have come as far as here
        if not catalogue.compact():
            kept.append("the catalogue's journal: another process reads it now; repeat the command when none does")
    return Erased(records, captures, tuple(by_file), tuple(kept))


def _here(collection: Collection, file: str) -> Path:
    """Where a WARC lies in the folder; one that was released comes back first, to be written anew."""
    released = collection.held.released(file)
    if released is not None:
        fresh = collection.archive_folder / f".{file}.new"
        collection.held.fetch(released, fresh)
        with _disk(f"writing {file}"):
            fresh.replace(collection.archive_folder / file)
        sync_folder(collection.archive_folder)
        with State.open(collection.path, readonly=False) as state:
            state.copies.restored(released.name)
    return collection.path_of(file)


def _in_copies(collection: Collection, places: Sequence[Place]) -> list[str]:
    """The copies that hold records which are taken from the disk here, in words."""
    files = sorted({place.entry.file for place in places})
    try:
        with State.open(collection.path, readonly=True) as state:
            found = [
                (copy, "lies" if copy.step in THERE else "may lie")
                for file in files
                for copy in state.copies.of_file(f"archive/{file}")
                # one that is to be sent once more is there all the same, or was
                if copy.step is not Step.CLOSED or state.copies.problems(copy.target, copy.file, mended=True)
            ]
    except (StateError, StorageError) as error:
        return [f"copies elsewhere, if there are any: {error}"]
    told = []
    for copy, lies in found:
        until = f"; it is locked there until {copy.retention.until:%Y-%m-%d}" if copy.retention else ""
        told.append(
            f"the copy {copy.target}, where {copy.file.removeprefix('archive/')} {lies} as it was. The next push puts "
            f"the new one over it; where the place keeps versions, the old one stays: delete it there yourself{until}"
        )
    return told


def _read(path: Path, place: Place) -> Record:
    return read_record(path, place.offset, name=place.entry.file)


def _is_done(path: Path, place: Place) -> bool:
    """Whether the placeholder stands already. Raises RecordError where neither it nor the record does."""
    record = _read(path, place)
    if record.location.length != place.length or record.record_id != place.entry.id:
        found = f"{record.record_id} in {record.location.length}"
        message = f"expected {place.entry.id} in a member of {place.length} octets, found {found}: verify first"
        raise RecordError(message, file=place.entry.file, offset=place.offset)
    if is_placeholder(record):
        return True
    if record.record_digest != place.entry.digest:
        message = f"expected the record that the log has, {place.entry.digest}, found {record.record_digest}"
        raise RecordError(f"{message}: verify first", file=place.entry.file, offset=place.offset)
    return False


def _closed(path: Path, file: str, catalogue: Catalogue) -> ClosedFile:
    row = catalogue.file(file)
    with _disk(f"reading {file}"):
        size = path.stat().st_size
    return ClosedFile(file, size, file_digest(path), row.records if row is not None else 0)


def _replace(path: Path, places: Sequence[Place]) -> bool:
    """Put placeholders into a file, through a copy; whether the old file lives on under another name."""
    fresh = path.with_name(f".{path.name}.new")
    with _disk(f"writing {path.name}"), contextlib.ExitStack() as stack:
        old = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        stack.callback(os.close, old)
        facts = os.fstat(old)
        new = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, facts.st_mode & 0o777)
        stack.callback(os.close, new)
        at = 0
        for piece in _with_placeholders(old, facts.st_size, places):
            at += write_all(new, piece, at)
        assert at == facts.st_size, "a placeholder is as long as what it replaces"
        os.fsync(new)
        os.replace(fresh, path)  # noqa: PTH105 - the fault tests count the call itself
        sync_folder(path.parent)
        if os.fstat(old).st_nlink:
            return True  # somebody's copy: it is not ours to spoil
        for place in places:
            _overwrite(old, place.offset, place.length)
        fdatasync(old)
    return False


def _with_placeholders(source: int, size: int, places: Sequence[Place]) -> Iterator[bytes]:
    at = 0
    for place in places:
        yield from _octets(source, at, place.offset)
        yield from placeholder(place.entry.id, place.entry.date, place.withheld.entry, place.length)
        at = place.offset + place.length
    yield from _octets(source, at, size)


def _octets(source: int, start: int, stop: int) -> Iterator[bytes]:
    while start < stop:
        piece = os.pread(source, min(PIECE, stop - start), start)
        if not piece:
            raise StorageError(f"expected {stop - start} octets more in a WARC, found its end")
        yield piece
        start += len(piece)


def _overwrite(file: int, offset: int, length: int) -> None:
    while length > 0:
        count = write_all(file, bytes(min(PIECE, length)), offset)
        offset, length = offset + count, length - count


@contextlib.contextmanager
def _disk(doing: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(f"{doing}: {error.strerror or type(error).__name__}") from error
