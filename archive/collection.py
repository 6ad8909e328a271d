"""Collection: the front door of a folder with evidence.

    khronika.toml       what a person edits
    archive/            the WARCs
    log/                what is in them, in which order, signed
    keys/               the keys that sign; for the operator alone
    inbox/              what is to be logged by the next that writes
    catalogue.sqlite    derived from the WARCs
    state.sqlite        neither evidence nor derived
    crawls/<id>/        frontier and log of each crawl
    recovered/          tails cut off after a kill

Looking takes no lock and works on a read-only copy; `writer` takes the lock.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from archive import inbox, keys, recovery
from archive.capture import Capture, RecordLocation
from archive.catalogue import Catalogue, RecordRow
from archive.clone_mark import is_clone
from archive.connection import TEXT_DNS, parse_chain, parse_dns
from archive.digest import Digest, Digester, digest
from archive.entry import GenesisEntry, KeyEntry
from archive.errors import (
    CaptureNotFoundError,
    CollectionExistsError,
    NoCollectionError,
    RecordError,
    StateError,
    StorageError,
)
from archive.exchange import DnsAnswer
from archive.held_files import HeldFiles
from archive.http import Head, body_pieces, decode_content
from archive.lock import Lock
from archive.log import CHECKPOINT, LOG, TAILS, LogReader, LogWriter
from archive.member import PIECE
from archive.releases import StateReleases
from archive.rotation import open_log
from archive.state import NAME as STATE
from archive.state import State
from archive.statements import statements
from archive.store import FolderStore
from archive.warc import (
    Record,
    Source,
    foundations_of,
    http_head,
    opened,
    read_record,
    read_records,
    sync_folder,
)
from archive.writer import IDLE, ROLL_AT, Writer, new_record_id, utc_now

CONFIG = "khronika.toml"
ARCHIVE = "archive"
CATALOGUE = "catalogue.sqlite"
CRAWLS = "crawls"

DECODED_LIMIT = 256 << 20
"""Octets of a decoded payload that `payload` gives at most: a small body may unpack to anything."""


@dataclass(frozen=True, slots=True)
class StoredPayload:
    """What a page consisted of, as it was stored."""

    head: Head
    """The head of the capture's own response; of a revisit not that of its original."""
    octets: bytes
    """Transfer coding and content coding removed."""
    problem: str | None
    """Why the content coding could not be removed whole; None when it could."""


@dataclass(frozen=True, slots=True)
class Connection:
    """What an exchange rests on, beside its own records."""

    dns: Record | None
    """The answer of the name system (`text/dns`); None where no name was looked up, and where nothing says it."""
    chain: Record | None
    """The certificates of the server (PEM, its own first); None without TLS, and where it showed none."""

    @property
    def answer(self) -> DnsAnswer | None:
        """What the name system answered."""
        return parse_dns(self.dns.block.read()) if self.dns is not None else None

    @property
    def certificates(self) -> tuple[bytes, ...]:
        """The certificates (DER), the server's own first."""
        return parse_chain(self.chain.block.read()) if self.chain is not None else ()


class Collection:
    """One collection, opened; a context manager."""

    def __init__(self, path: Path) -> None:
        """`path`: its folder. Use `create` or `open`, which look at it first."""
        self.path = path
        self.archive_folder = path / ARCHIVE
        self.config_path = path / CONFIG
        self.catalogue_path = path / CATALOGUE
        self.crawls_folder = path / CRAWLS
        self.held = HeldFiles(path, StateReleases(path))
        """The WARCs, those among them that lie in copies alone."""
        self._catalogue: Catalogue | None = None
        self._opening = threading.Lock()

    @classmethod
    def create(
        cls, path: Path, config_text: str, *, passphrase: str | None = None, operator: str | None = None
    ) -> Collection:
        """Make a collection in a folder, which is made too when it is missing, with its keys and its log.

        `passphrase`: what the keys are kept under; `operator`: who the log's first entry names, nobody without it.
        Raises CollectionExistsError, KeyFileError, and StorageError when the disk refuses. The settings are written
        last: a folder without them is no collection yet, and making it can be tried again.
        """
        if (path / CONFIG).exists() or _has_files(path / ARCHIVE):
            raise CollectionExistsError(f"expected a folder without a collection, found one in {path}")
        collection = cls(path)
        try:
            collection.archive_folder.mkdir(parents=True, exist_ok=True)
            collection.crawls_folder.mkdir(exist_ok=True)
        except OSError as error:
            raise StorageError(f"making a collection in {path}: {error.strerror}") from error
        lock = Lock(path)
        try:
            _begin_log(path, passphrase, operator)
            Catalogue.create(collection.catalogue_path).close()
            State.create(path).close()
            write_once(collection.config_path, config_text.encode())
        finally:
            lock.release()
        return collection

    @classmethod
    def open(cls, path: Path) -> Collection:
        """Open the collection in a folder for looking. Raises NoCollectionError."""
        missing = [name for name in (CONFIG, ARCHIVE + "/") if not (path / name).exists()]
        if missing:
            instead = "a file" if path.exists() else "no such folder"
            found = f"no {' and no '.join(missing)}" if path.is_dir() else instead
            raise NoCollectionError(
                f"expected a collection ({CONFIG} and {ARCHIVE}/) in {path}, found {found}; "
                f"make one with khronika init, or name another folder with -C"
            )
        return cls(path)

    @classmethod
    def rebuild(
        cls, path: Path, progress: recovery.Progress | None = None, *, passphrase: str | None = None
    ) -> dict[str, Any]:
        """Make the catalogue of the collection in a folder again from its WARCs; see `recovery.rebuild`.

        The readings and changes are to be derived after it. A state that is there is left alone; where none is, an
        empty one is made, and `state` in what is returned says so. What a run that did not end had left is settled
        and logged, as `writer` does; of a clone nothing is. WARCs that were released are read from their copies.
        Raises NoCollectionError, CollectionLockedError, LogError, KeyFileError, StorageError.
        """
        collection = cls.open(path)
        lock = Lock(path)
        try:
            counts = collection._index(progress, passphrase)
            made = not (path / STATE).exists()
            if made:
                for suffix in ("-wal", "-shm"):  # of a file that is gone: they fit no other
                    (path / (STATE + suffix)).unlink(missing_ok=True)
                State.create(path).close()
            return {**counts, "state": "made anew" if made else "kept"}
        finally:
            lock.release()

    def _index(self, progress: recovery.Progress | None, passphrase: str | None) -> dict[str, Any]:
        if is_clone(self.path):
            return recovery.index(self.catalogue_path, self.log(), files=self.held, progress=progress)
        with open_log(self.path, passphrase) as log:
            counts = recovery.rebuild(
                self.archive_folder,
                self.catalogue_path,
                log,
                self.path / TAILS,
                files=self.held,
                now=utc_now,
                new_id=new_record_id,
                progress=progress,
            )
            log.checkpoint()
        return counts

    def close(self) -> None:
        """Close the catalogue, if a question opened it."""
        with self._opening:
            if self._catalogue is not None:
                self._catalogue.close()
                self._catalogue = None

    def __enter__(self) -> Collection:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def catalogue(self) -> Catalogue:
        """The catalogue, for reading; opened at the first question. Raises CatalogueError, StorageError."""
        with self._opening:
            if self._catalogue is None:
                self._catalogue = Catalogue.open(self.catalogue_path, readonly=True)
            return self._catalogue

    def log(self) -> LogReader:
        """The log up to its newest checkpoint; no signature is checked. Raises LogError, StorageError."""
        try:
            return LogReader(FolderStore(self.path))
        except OSError as error:
            raise StorageError(f"reading the log: {error.strerror}") from error

    def writer(
        self,
        *,
        passphrase: str | None = None,
        roll_at: int = ROLL_AT,
        idle: float = IDLE,
        deduplicate: bool = True,
        now: Callable[[], datetime] = utc_now,
        new_id: Callable[[], str] = new_record_id,
    ) -> Writer:
        """Take the lock, settle what the last process left, and begin to write.

        `passphrase`: of the log key, where it has one. `roll_at`: octets at which a WARC is closed and the next begun;
        `idle`: seconds without an exchange after which it is, too (0: never). Without `deduplicate` there are no
        revisits.
        Raises CollectionLockedError, CatalogueError, LogError, KeyFileError, StorageError.
        """
        with contextlib.ExitStack() as undo:
            lock = Lock(self.path)
            undo.callback(lock.release)
            catalogue = Catalogue.open(self.catalogue_path, readonly=False)
            undo.callback(catalogue.close)
            log = open_log(self.path, passphrase, now=now)
            undo.callback(log.close)
            tails = self.path / TAILS
            recovered = recovery.recover(self.archive_folder, catalogue, log, tails, now=now, new_id=new_id)
            _log_inbox(self.path, log, catalogue)
            writer = Writer(
                self.archive_folder,
                catalogue,
                log,
                lock,
                recovered,
                roll_at=roll_at,
                idle=idle,
                deduplicate=deduplicate,
                now=now,
                new_id=new_id,
                is_released=self._is_released,
            )
            undo.pop_all()
        return writer

    def _is_released(self, file: str) -> bool:
        """Whether a WARC is kept in copies alone; not so where the state does not say it."""
        with contextlib.suppress(StateError, StorageError):
            return self.held.released(file) is not None
        return False

    def path_of(self, file: str) -> Path:
        """Where a WARC lies in this folder, whether closed or still being written; one that was released does not."""
        return self.held.here(file) or self.archive_folder / file

    def record(self, location: RecordLocation, record_digest: Digest | RecordRow | None = None) -> Record:
        """The record at a place. Raises RecordError, StorageError when its file is not there.

        `record_digest`: what it must have where it is read from a copy, which is not taken at its word; or the row of
        the catalogue that says so.
        """

        def reading(source: Source) -> Record:
            record = read_record(source, location.offset, name=location.file)
            if not isinstance(source, Path):
                _hold([record], [record_digest or self._row_at(location)])
            return record

        return self.held.part(location.file, location.offset, location.length, reading)

    def member(self, record: Record) -> Iterator[bytes]:
        """The gzip member of a record that was read here, as it lies in its file. Raises RecordError, StorageError."""
        left, at = record.location.length, record.location.offset
        with opened(record.block.path) as file:
            file.seek(at)
            while left:
                piece = file.read(min(left, PIECE))
                if not piece:
                    raise RecordError(f"expected {left} octets more", file=record.location.file, offset=at)
                left -= len(piece)
                yield piece

    def _row_at(self, location: RecordLocation) -> RecordRow | None:
        """What the catalogue says that the record at a place must be."""
        return next((row for row in self.catalogue.records_of(location.file) if row.offset == location.offset), None)

    def payload(self, capture: Capture, *, limit: int = DECODED_LIMIT) -> StoredPayload:
        """What the page consisted of; a revisit's comes from its original.

        `limit`: octets that are decoded at most. Raises CaptureNotFoundError when there was no response,
        RecordError when the record is not the one that was stored, StorageError when the file cannot be read.
        """
        own = self._response(capture)
        if capture.is_revisit:
            assert capture.refers_to is not None
            original = self.catalogue.capture(capture.refers_to)
            source = self._response(original)
        else:
            original, source = capture, own
        record, head = source
        digester = Digester()
        payload = bytearray()
        for piece in body_pieces(head, record.block.pieces(head.length), "GET"):
            digester.update(piece)
            payload += piece
        if digester.digest() != capture.payload_digest:
            raise RecordError(
                f"expected the payload {capture.payload_digest}, found {digester.digest()}",
                file=original.location.file,
                offset=original.location.offset,
            )
        decoded = decode_content(head, bytes(payload), limit=limit)
        return StoredPayload(own[1], decoded.octets, decoded.problem)

    def heads(self, capture: Capture) -> Iterator[tuple[str, bytes]]:
        """`("request", octets)` and `("response", octets)`: the heads as they crossed the wire, where there are any.

        Of the request all, its body included. Raises as `record` does.
        """
        for record in self.exchange_of(capture):
            if record.type == "request":
                yield "request", record.block.read()
            elif record.type in {"response", "revisit"}:
                head = http_head(record)
                yield "response", record.block.read(0, None if head is None else head.length)

    def exchange_of(self, capture: Capture) -> list[Record]:
        """All records of the exchange that a capture is of, request first. Raises as `record` does."""
        file = capture.location.file
        rows = self.catalogue.records_of_exchange(capture)
        if not rows:
            raise CaptureNotFoundError(f"expected {capture.record_id} among the records of {file}, found it missing")
        first, last = rows[0], rows[-1]
        stop = last.offset + last.length

        def reading(source: Source) -> list[Record]:
            read = list(read_records(source, start=first.offset, first=first.n, stop=stop, name=file))
            if not isinstance(source, Path):
                _hold(read, rows)
            return read

        near = self.held.part(file, first.offset, stop - first.offset, reading)
        belongs = {capture.record_id}
        belongs |= {one for record in near if record.record_id == capture.record_id for one in record.concurrent_to}
        mine = [record for record in near if record.record_id in belongs or belongs & set(record.concurrent_to)]
        return sorted(mine, key=lambda record: record.type != "request")

    def connection_of(self, capture: Capture) -> Connection:
        """What the exchange of a capture rests on, from the records that its metadata record names.

        Raises as `record` does, and RecordError when one of them is not in the file, or not what it is said to be.
        """
        file = capture.location.file
        metadata = self.exchange_of(capture)[-1]
        dns = chain = None
        if metadata.type == "metadata":
            for rests in foundations_of(metadata):
                rows = self.catalogue.foundations(file, rests.target, before=metadata.n or 0)
                records = (self.record(RecordLocation(file, row.offset, row.length), row) for row in rows)
                record = next(filter(rests.is_in, records), None)
                if record is None:
                    message = f"expected {rests} earlier in the file, found none"
                    raise RecordError(message, file=file, offset=metadata.location.offset)
                if record.value("Content-Type") == TEXT_DNS:
                    dns = record
                else:
                    chain = record
        return Connection(dns, chain)

    def _response(self, capture: Capture) -> tuple[Record, Head]:
        if capture.status is None:
            raise CaptureNotFoundError(
                f"expected a response at {capture.timestamp}/{capture.url}, found a fetch that failed: "
                f"{capture.error or capture.outcome.value}"
            )
        record = self.record(capture.location, capture.record_digest)
        if record.record_digest != capture.record_digest:
            raise RecordError(
                f"expected the record {capture.record_digest}, found {record.record_digest}",
                file=capture.location.file,
                offset=capture.location.offset,
            )
        head = http_head(record)
        if head is None:
            raise RecordError(
                "expected an HTTP head in the block, found none",
                file=capture.location.file,
                offset=capture.location.offset,
            )
        return record, head


def _hold(records: Sequence[Record], expected: Sequence[Digest | RecordRow | None]) -> None:
    """Hold records that a copy gave against what they must be. Raises RecordError."""
    for record, wanted in zip(records, expected, strict=False):
        if not _fits(record.record_digest, wanted):
            words = wanted if isinstance(wanted, str) else "that the catalogue has"
            message = f"expected the record {words}, found {record.record_digest}"
            raise RecordError(message, file=record.location.file, offset=record.location.offset)
    if len(records) != len(expected):
        where = records[-1].location if records else RecordLocation("", 0, 0)
        message = f"expected {len(expected)} records, found {len(records)}"
        raise RecordError(message, file=where.file, offset=where.offset)


def _fits(digest: Digest, wanted: Digest | RecordRow | None) -> bool:
    """Whether a record is the one that was stored, as far as is kept of its digest."""
    if wanted is None or isinstance(wanted, str):
        return digest == wanted
    return wanted.has(digest)


ORIGIN = "log.khronika.invalid/"
"""What the name of a log begins with, before 20 hexadecimal digits that are random: it names nobody."""


def _begin_log(path: Path, passphrase: str | None, operator: str | None) -> None:
    """Make the keys and the log of a collection, or go on with making them."""
    if (path / LOG / CHECKPOINT).exists():
        return
    origin = ORIGIN + secrets.token_hex(10)
    key, root = keys.create_keys(path / keys.KEYS, origin, passphrase)
    note, policy = keys.first_note(key, root)
    for name in (keys.NOTE, keys.POLICY, f"{keys.NOTES}1.note", f"{keys.NOTES}1.policy"):
        # of an attempt that was cut short; nothing was signed under its name
        (path / name).unlink(missing_ok=True)
    keys.publish_note(path, note, policy)
    genesis = GenesisEntry(utc_now(), origin, str(key.vkey), str(root.vkey), operator)
    entry = KeyEntry(digest(note), 1)
    LogWriter.create(path, [genesis.octets(), entry.octets()], key).close()


def _log_inbox(path: Path, log: LogWriter, catalogue: Catalogue) -> None:
    """Log what commands without the lock have left; what was logged and could not be removed then, is not again."""
    events = {one: inbox.logged(one.event).octets() for one in inbox.waiting(path) if one.event is not None}
    if not events:
        return
    known = {*log.pending(), *(octets for _, octets in statements(log.reader(), catalogue))}
    log.append(octets for octets in dict.fromkeys(events.values()) if octets not in known)
    log.sync()
    for one in events:
        inbox.taken(one)


def write_once(path: Path, octets: bytes | Iterable[bytes]) -> None:
    """Write a file whole or not at all: under another name, synced, renamed. Raises StorageError.

    A link stays one, and a file that was there keeps its permissions. A device or a pipe is written to as it stands.
    """
    pieces = [octets] if isinstance(octets, bytes) else octets
    try:
        target = path.resolve()
        mode = target.stat().st_mode if target.exists() else None
        if mode is not None and not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            with target.open("wb", buffering=0) as device:
                for piece in pieces:
                    device.write(piece)
            return
    except OSError as error:
        raise StorageError(f"writing {path.name}: {error.strerror}") from error
    path = target
    fresh = path.with_name(f".{path.name}.new")
    try:
        try:
            with fresh.open("wb") as file:
                if mode is not None:
                    os.fchmod(file.fileno(), stat.S_IMODE(mode))
                for piece in pieces:
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                fresh.unlink()
            raise
    except OSError as error:
        raise StorageError(f"writing {path.name}: {error.strerror}") from error
    sync_folder(path.parent)


def _has_files(folder: Path) -> bool:
    return folder.is_dir() and any(folder.iterdir())
