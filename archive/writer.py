"""The writer: stores exchanges, many at a time, and says so only when they are safe.

One thread writes. It takes all exchanges that wait, appends their records to the open WARC, syncs once, logs and syncs
an entry for each record, enters them in the catalogue in one transaction, and only then resolves their futures (group
commit: while one group is synced the next one gathers). What is acknowledged survives a kill and a power cut; what is
not may be there all the same, and the next writer logs and enters it (`archive/recovery.py`).

A closed file gets a seal in the log. The log is signed after each seal, hourly while there is something to sign, after
CHECKPOINT_AT entries, and at the end.

A GET whose payload an earlier crawl has stored for the same URL becomes a revisit (WARC 1.1, 6.7.2).
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from archive.capture import BROWSER_HOP, Capture
from archive.catalogue import Catalogue, CrawlRow
from archive.checkpoint import SignedCheckpoint
from archive.digest import Digest
from archive.entry import EventEntry, EventType
from archive.entry import Outcome as EventOutcome
from archive.errors import ExchangeError, StorageError
from archive.exchange import Exchange, Occasion, Outcome
from archive.lock import Lock
from archive.log import LogWriter
from archive.logged import entry_of, seal_of
from archive.recovery import CRAWL_FIELD, Recovered
from archive.warc import OPEN_SUFFIX, SOFTWARE, WarcWriter, WrittenRecord, serial_of

ROLL_AT = 10**9
"""Octets at which a WARC is closed and the next one begun (WARC 1.1, Annex C)."""

WAITING = 64
"""Exchanges that wait to be stored before `store` makes its caller wait: each may hold a mebibyte in memory."""

GATHER = 0.01
"""Seconds that an exchange waits for others where the one before it had company: one sync and one transaction cost as
much as a dozen exchanges."""

IDLE = 600.0
"""Seconds without an exchange after which the open WARC is closed, so that it can be copied away; 0: never."""

LARGE = 16 << 20
"""Octets of a response that take long to store: it comes after the smaller ones that wait with it."""

CHECKPOINT_AT = 16_384
"""Entries after which the log is signed: they are kept in memory until then."""

CHECKPOINT_EVERY = 3600.0
"""Seconds after which it is, if there are any."""

PREFIX = "khronika"


def utc_now() -> datetime:
    """The clock."""
    return datetime.now(UTC)


def new_record_id() -> str:
    """A record id: random, because the other kinds of UUID tell of the machine."""
    return uuid.uuid4().urn


@dataclass(frozen=True, slots=True)
class _Store:
    exchange: Exchange
    occasion: Occasion
    future: Future[Capture]


@dataclass(frozen=True, slots=True)
class _Begin:
    crawl: str
    warcinfo: tuple[tuple[str, str], ...]
    future: Future[None]


@dataclass(frozen=True, slots=True)
class _Log:
    entries: tuple[bytes, ...]
    future: Future[int]


@dataclass(frozen=True, slots=True)
class _Sign:
    future: Future[SignedCheckpoint | None]


@dataclass(frozen=True, slots=True)
class _Stop:
    future: Future[None]


@dataclass(slots=True)
class _Open:
    """The WARC that is being written, and what of it the catalogue does not know yet."""

    warc: WarcWriter
    crawl: CrawlRow
    entered: bool = False
    """Whether the catalogue knows the file."""
    records: list[WrittenRecord] = field(default_factory=list)
    """Synced, not in the catalogue."""
    captures: list[Capture] = field(default_factory=list)
    fresh_records: list[WrittenRecord] = field(default_factory=list)
    """Appended, not synced."""
    fresh: list[tuple[_Store, Capture]] = field(default_factory=list)
    first_entry: int | None = None
    """Leaf index in the log of its first record; None before that is logged."""


_Wanted = _Store | _Begin | _Log | _Sign | _Stop
T = TypeVar("T")

_Originals = dict[str, dict[tuple[str, Digest], Capture]]


def _may_be_revisit(exchange: Exchange) -> bool:
    status = exchange.status
    return (
        exchange.method == "GET"
        and exchange.outcome is Outcome.RESPONSE
        and exchange.payload_digest is not None
        and exchange.payload_length > 0
        and status is not None
        and 200 <= status < 300
    )


class Writer:
    """Writes a collection, alone; made by `Collection.writer`. A context manager."""

    def __init__(
        self,
        folder: Path,
        catalogue: Catalogue,
        log: LogWriter,
        lock: Lock,
        recovered: Sequence[Recovered],
        *,
        roll_at: int = ROLL_AT,
        idle: float = IDLE,
        deduplicate: bool = True,
        now: Callable[[], datetime] = utc_now,
        new_id: Callable[[], str] = new_record_id,
        monotonic: Callable[[], float] = time.monotonic,
        is_released: Callable[[str], bool] = lambda file: False,
    ) -> None:
        """`folder`: the collection's archive/. Lock, log and catalogue are the writer's from now on: it closes them.

        `is_released`: whether a WARC that is not in the folder is kept in copies.
        """
        self.recovered = list(recovered)
        """What the last process had left unfinished, and what was done about it."""
        self._folder = folder
        self._catalogue = catalogue
        self._log = log
        self._lock = lock
        self._roll_at = roll_at
        self._idle = idle
        self._monotonic = monotonic
        self._written_at = monotonic()
        self._signed_at = monotonic()
        self._deduplicate = deduplicate
        self._now = now
        self._is_released = cache(is_released)
        self._new_id = new_id
        self._crawl: str | None = None
        self._warcinfo: tuple[tuple[str, str], ...] = ()
        self._serial = 1 + max((serial_of(row.name) for row in catalogue.files()), default=-1)
        self._open: _Open | None = None
        self._unclosed: BaseException | None = None
        self._closed = False
        self._in_company = False
        """Whether the last group was more than one exchange."""
        self._closing = threading.Lock()
        self._waiting: queue.Queue[_Wanted] = queue.Queue(WAITING)
        # A daemon: a program that ends without closing its writer ends; recovery does the rest.
        self._thread = threading.Thread(target=self._run, name="khronika-writer", daemon=True)
        self._thread.start()

    def __enter__(self) -> Writer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
        else:
            # The first error is the one to tell.
            with contextlib.suppress(StorageError):
                self.close()

    def begin_crawl(self, crawl: str, warcinfo: Sequence[tuple[str, str]] = ()) -> None:
        """Let what is stored from now on belong to a crawl; its files begin with these lines of warcinfo.

        The file of the crawl before is closed. Raises StorageError when that fails.
        """
        lines = tuple(warcinfo)
        if CRAWL_FIELD not in {name for name, _ in lines}:
            lines = (*lines, (CRAWL_FIELD, crawl))
        future: Future[None] = Future()
        self._submit(_Begin(crawl, lines, future))
        future.result()

    def store(self, exchange: Exchange, occasion: Occasion) -> Future[Capture]:
        """Store an exchange; the future is done when its records are synced and in the catalogue.

        The exchange belongs to the writer from now on, which closes it, whatever comes of it. A future that has an
        error (StorageError, ExchangeError) says that the exchange is not safe; the writer takes others all the same.
        A future cannot be cancelled: what was fetched is kept. Waits when too many exchanges wait already. Raises
        StorageError when the writer is closed.
        """
        future: Future[Capture] = Future()
        future.set_running_or_notify_cancel()
        try:
            self._submit(_Store(exchange, occasion, future))
        except StorageError:
            exchange.close()
            raise
        return future

    def append_entries(self, entries: Sequence[bytes]) -> Future[int]:
        """Log entries that are no records; the future is done when they are synced, with the leaf index of the first.

        They are signed with the next checkpoint. Raises StorageError when the writer is closed.
        """
        future: Future[int] = Future()
        future.set_running_or_notify_cancel()
        self._submit(_Log(tuple(entries), future))
        return future

    def log_event(
        self,
        type: EventType,
        outcome: EventOutcome,
        detail: str,
        *,
        of: int | None = None,
        object: str | None = None,
    ) -> Future[int]:
        """Log what was done with the collection; as `append_entries`. `of`: leaf index of the entry it is about."""
        event = EventEntry(type, self._now(), SOFTWARE, outcome, detail, of=of, object=object)
        return self.append_entries([event.octets()])

    def checkpoint(self) -> Future[SignedCheckpoint | None]:
        """Sign all that is logged; None where nothing is new. Raises StorageError when the writer is closed."""
        future: Future[SignedCheckpoint | None] = Future()
        future.set_running_or_notify_cancel()
        self._submit(_Sign(future))
        return future

    def close(self) -> None:
        """Store all that waits, close the file, give the lock back; a second time it does nothing.

        Raises StorageError when a file could not be closed; the next writer recovers it.
        """
        with self._closing:
            if self._closed:
                return
            self._closed = True
            future: Future[None] = Future()
            self._waiting.put(_Stop(future))
        try:
            future.result()
        finally:
            self._thread.join()
            self._log.close()
            self._catalogue.close()
            self._lock.release()

    def _submit(self, wanted: _Wanted) -> None:
        with self._closing:
            if self._closed:
                raise StorageError("expected an open collection, found that writing it has ended")
            self._waiting.put(wanted)

    # ---- the writing thread

    def _run(self) -> None:
        while True:
            first = self._next()
            if first is None:
                self._close_idle()
                continue
            group = self._gathered(first)
            originals = self._originals([wanted for wanted in group if isinstance(wanted, _Store)])
            for wanted in _small_first(group):
                match wanted:
                    case _Store():
                        if _is_large(wanted):
                            self._commit()  # those before it need not wait for the seconds that it takes
                        self._append(wanted, originals)
                    case _Begin():
                        self._answer(wanted.future, partial(self._begin, wanted))
                    case _Log():
                        self._commit()  # what was fetched before it stands before it in the log
                        self._answer(wanted.future, partial(self._log_entries, wanted.entries))
                    case _Sign():
                        self._commit()
                        self._answer(wanted.future, self._sign)
                    case _Stop():
                        self._answer(wanted.future, self._end)
                        return
            self._commit()
            self._sign_at_times()

    def _gathered(self, first: _Wanted) -> list[_Wanted]:
        """What is done together with the first, all of it behind one sync and one transaction."""
        group = [first]
        until = time.monotonic() + (GATHER if self._in_company else 0)
        with contextlib.suppress(queue.Empty):
            while len(group) < WAITING and isinstance(group[-1], _Store):
                left = until - time.monotonic()
                group.append(self._waiting.get(timeout=left) if left > 0 else self._waiting.get_nowait())
        self._in_company = len(group) > 1
        return group

    def _next(self) -> _Wanted | None:
        """What is to be done next; None when the open file has waited for it too long."""
        while True:
            # an hour at most: the longest wait that every system takes is shorter than the longest that is meant
            waits = [CHECKPOINT_EVERY]
            if self._open is not None and self._idle > 0:
                waits.append(self._written_at + self._idle - self._monotonic())
                if waits[-1] <= 0:
                    return None
            if self._log.unsigned:
                waits.append(self._signed_at + CHECKPOINT_EVERY - self._monotonic())
            with contextlib.suppress(queue.Empty):
                return self._waiting.get(timeout=max(0.0, min(waits)))
            self._sign_at_times()

    def _close_idle(self) -> None:
        try:
            self._close_file()
        except BaseException as error:  # noqa: BLE001 - nobody waits now: it is told at the end
            self._unclosed = self._unclosed or error

    def _end(self) -> None:
        self._close_file()
        self._sign()
        if self._unclosed is not None:
            raise self._unclosed

    @staticmethod
    def _answer(future: Future[T], act: Callable[[], T]) -> None:
        try:
            result = act()
        except BaseException as error:  # noqa: BLE001 - it is raised again, in the thread that asked
            future.set_exception(error)
        else:
            future.set_result(result)

    def _log_entries(self, entries: Sequence[bytes]) -> int:
        first = self._log.append(entries)
        self._log.sync()
        return first

    def _sign(self) -> SignedCheckpoint | None:
        """Sign what is logged."""
        self._signed_at = self._monotonic()
        return self._log.checkpoint()

    def _sign_at_times(self) -> None:
        """Sign what is logged, when there is much of it or some of it is old."""
        late = self._monotonic() - self._signed_at >= CHECKPOINT_EVERY
        if self._log.unsigned < CHECKPOINT_AT and not (late and self._log.unsigned):
            return
        try:
            self._sign()
        except BaseException as error:  # noqa: BLE001 - nobody waits now: it is told at the end
            self._unclosed = self._unclosed or error

    def _begin(self, wanted: _Begin) -> None:
        self._crawl, self._warcinfo = wanted.crawl, wanted.warcinfo
        self._close_file()

    def _append(self, wanted: _Store, originals: _Originals | BaseException) -> None:
        exchange, occasion = wanted.exchange, wanted.occasion
        try:
            if isinstance(originals, BaseException):
                raise originals
            if self._open is not None and self._open.warc.size >= self._roll_at:
                self._close_file()
            if self._open is None:
                self._open = self._open_file()
            original = self._original(exchange, occasion, originals)
            capture, records = self._open.warc.append(exchange, occasion, original=original)
        except BaseException as error:  # noqa: BLE001 - one exchange's fault, told to who asked; the others go on
            _refuse(wanted, error)
            if self._open is not None and not self._open.warc.takes_more:
                # what was appended before this one is whole; the next exchange begins a new file
                self._commit()
                self._abandon()
            return
        self._open.fresh_records.extend(records)
        self._open.fresh.append((wanted, capture))

    def _originals(self, group: Sequence[_Store]) -> _Originals | BaseException:
        """What the exchanges of a group may be revisits of, by crawl, URL and payload: one question a group."""
        wanted: dict[str, set[tuple[str, Digest]]] = {}
        for one in group:
            if self._deduplicate and _may_be_revisit(one.exchange):
                assert one.exchange.payload_digest is not None
                page = (one.exchange.url, one.exchange.payload_digest)
                wanted.setdefault(one.occasion.crawl, set()).add(page)
        try:
            return {crawl: self._catalogue.originals_for(pages, crawl) for crawl, pages in wanted.items()}
        except Exception as error:  # noqa: BLE001 - told to all who asked
            return error

    def _original(self, exchange: Exchange, occasion: Occasion, originals: _Originals) -> Capture | None:
        if exchange.payload_digest is None:
            return None
        original = originals.get(occasion.crawl, {}).get((exchange.url, exchange.payload_digest))
        if original is None or not (self._deduplicate and _may_be_revisit(exchange)):
            return None
        if original.by_browser and BROWSER_HOP not in occasion.hops:
            return None  # what crossed the wire is kept as it did
        if original.is_second_look:
            return None  # a page's own capture does not rest on one that stands beside another
        # A revisit proves nothing without its original: where that file is lost, the payload is stored again.
        path = self._folder / original.location.file
        here = path.exists() or path.with_name(path.name + OPEN_SUFFIX).exists()
        return original if here or self._is_released(path.name) else None

    def _open_file(self) -> _Open:
        if self._crawl is None:
            raise ExchangeError("expected the beginning of a crawl before its first exchange, found none")
        now, serial = self._now(), self._serial
        warc = WarcWriter.create(
            self._folder, prefix=PREFIX, warcinfo=self._warcinfo, now=now, serial=serial, new_id=self._new_id
        )
        self._serial += 1
        opened = _Open(warc, CrawlRow(self._crawl, warc.warcinfo.date))
        opened.fresh_records.append(warc.warcinfo)
        return opened

    def _commit(self) -> None:
        """Sync what was appended, enter it in the catalogue, resolve the futures."""
        opened = self._open
        if opened is None:
            return
        group = opened.fresh
        try:
            if opened.fresh_records:
                opened.warc.sync()
                records = opened.fresh_records
                opened.records.extend(records)
                opened.captures.extend(capture for _, capture in group)
                opened.fresh_records, opened.fresh = [], []
                first = self._log.append(map(entry_of, records))
                if opened.first_entry is None:
                    opened.first_entry = first
            # of a group that could not be synced before, too
            self._log.sync()
            self._enter(opened)
        except BaseException as error:  # noqa: BLE001 - told to all who wait
            if opened.fresh_records:
                # What failed to sync was cut off, and the file takes nothing more.
                opened.fresh_records, opened.fresh = [], []
                self._abandon()
            for wanted, _ in group:
                _refuse(wanted, error)
            return
        if group:
            self._written_at = self._monotonic()
        for wanted, capture in group:
            _free(wanted.exchange)
            wanted.future.set_result(capture)

    def _enter(self, opened: _Open) -> None:
        """Enter in the catalogue what is synced. What the catalogue refuses is entered with the next group."""
        if not opened.entered:
            self._catalogue.add_crawl(opened.crawl)
            self._catalogue.add_file(opened.warc.name, opened.crawl.id, opened.crawl.began_at, opened.first_entry)
            opened.entered = True
        if opened.records:
            last = opened.records[-1].location
            self._catalogue.commit_records(opened.warc.name, last.offset + last.length, opened.records, opened.captures)
            opened.records, opened.captures = [], []

    def _close_file(self) -> None:
        self._commit()
        opened = self._open
        if opened is None:
            return
        try:
            self._enter(opened)
            closed = opened.warc.close()
        finally:
            self._abandon()
        assert opened.first_entry is not None, "a file has its warcinfo record"
        self._log_entries([seal_of(closed, opened.first_entry)])
        self._catalogue.close_file(closed)
        self._sign()

    def _abandon(self) -> None:
        """Let go of the file. One that was not closed keeps its `.open` name, and the next writer recovers it."""
        opened, self._open = self._open, None
        if opened is not None:
            opened.warc.abandon()


def _is_large(wanted: _Wanted) -> bool:
    return isinstance(wanted, _Store) and len(wanted.exchange.response) >= LARGE


def _small_first(group: Sequence[_Wanted]) -> Sequence[_Wanted]:
    """A group in the order in which it is written: who waits for a small page does not wait for a large one."""
    if not all(isinstance(wanted, _Store) for wanted in group):
        return group  # what belongs to one crawl stays before the beginning of the next
    return sorted(group, key=_is_large)


def _refuse(wanted: _Store, error: BaseException) -> None:
    _free(wanted.exchange)
    wanted.future.set_exception(error)


def _free(exchange: Exchange) -> None:
    # What was to be kept of it is decided by now: a temporary file that cannot be closed must not end the writer.
    with contextlib.suppress(OSError):
        exchange.close()
