"""`crawls/<id>/crawl.log`: one line for each exchange that is stored, in the format of Heritrix 3.

Twelve columns, parted by white space; `-` where there is nothing to say:

    2026-11-22T01:00:01.164Z   200       5120 https://case.example/17 L https://case.example/ text/html #001
    20261122010001123+41 sha256:2c26b46b… case.example revisit

1 when the line was written · 2 the HTTP status, or a negative number (`code_of`) · 3 octets of content, of what came
where there was no head · 4 address · 5 discovery path, as hopsFromSeed · 6 the address that it was found on · 7 media
type · 8 the fetching process · 9 when the fetch began, to the millisecond, and how many milliseconds it took · 10
payload digest · 11 site · 12 annotations, parted by commas: `revisit`, `truncated:time`, `failure:nxdomain`,
`certificate:expired`, `try:2`.

The lines are for people and for the tools that read Heritrix's; evidence are the records that they tell of. A line is
written when its records are synced, and nothing is ever taken out: a resumed crawl goes on in the same file.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import threading
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Final

from archive.errors import KhronikaError, StorageError
from archive.exchange import Failure, Outcome, certificate_problem

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from pathlib import Path

    from archive.capture import Capture
    from archive.exchange import Exchange, Occasion
    from crawler.session import Store

FILE_NAME: Final = "crawl.log"

_UNSAFE = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")

# org.archive.modules.fetcher.FetchStatusCodes
DNS_FAILED: Final = -1
CONNECT_FAILED: Final = -2
CONNECTION_LOST: Final = -3
TIMED_OUT: Final = -4
NOT_FETCHABLE: Final = -7
NO_ROBOTS: Final = -61
TOO_MANY_HOPS: Final = -4002
ROBOTS_DENIED: Final = -9998

_CODES: Final[dict[Failure, int]] = {
    Failure.NXDOMAIN: DNS_FAILED,
    Failure.NO_ADDRESS: DNS_FAILED,
    Failure.SERVFAIL: DNS_FAILED,
    Failure.DNS_TIMEOUT: DNS_FAILED,
    Failure.NO_NAME: NOT_FETCHABLE,
    Failure.CONNECT_REFUSED: CONNECT_FAILED,
    Failure.UNREACHABLE: CONNECT_FAILED,
    Failure.CONNECT_TIMEOUT: CONNECT_FAILED,
    Failure.PROXY: CONNECT_FAILED,
    Failure.BROWSER: CONNECTION_LOST,
    # for Heritrix a connection is there when HTTP can be spoken over it
    Failure.TLS_REFUSED: CONNECT_FAILED,
    Failure.TLS_RESET: CONNECT_FAILED,
    Failure.TLS_TIMEOUT: CONNECT_FAILED,
    Failure.RESET_BEFORE_HEAD: CONNECTION_LOST,
    Failure.RESET_IN_HEAD: CONNECTION_LOST,
    Failure.MALFORMED: CONNECTION_LOST,
    Failure.HEAD_TIMEOUT: TIMED_OUT,
    Failure.ROBOTS_DENIED: ROBOTS_DENIED,
    Failure.ROBOTS_UNREACHABLE: NO_ROBOTS,
    Failure.TOO_MANY_REDIRECTS: TOO_MANY_HOPS,
}
# Where no record names the failure.
_CODES_OF_OUTCOMES: Final[dict[Outcome, int]] = {
    Outcome.UNRESOLVED: DNS_FAILED,
    Outcome.TIMEOUT: TIMED_OUT,
    Outcome.RESET: CONNECTION_LOST,
    Outcome.MALFORMED: CONNECTION_LOST,
    Outcome.ROBOTS: ROBOTS_DENIED,
    Outcome.REDIRECTS: TOO_MANY_HOPS,
}


class CrawlLog:
    """The log of one crawl. For several threads."""

    def __init__(self, path: Path) -> None:
        """The file is opened at the first line. A line that a kill cut short is ended there, and stays as it is."""
        self._path = path
        self._shown = "/".join(path.parts[-3:])
        self._fd: int | None = None
        self._closed = False
        self._lock = threading.Lock()

    def write(self, line: str) -> None:
        """Add a line, whole or not at all; after `close` too. Raises StorageError."""
        octets = line.encode("utf-8", "backslashreplace") + b"\n"
        with self._lock:
            try:
                self._append(octets)
            except OSError as error:
                raise StorageError(f"{self._shown} cannot be written: {error.strerror}") from error
            finally:
                if self._closed:
                    self._release()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._closed = True
            self._release()

    def _append(self, octets: bytes) -> None:
        if self._fd is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
            size = os.fstat(self._fd).st_size
            if size and os.pread(self._fd, 1, size - 1) != b"\n":
                octets = b"\n" + octets
        before = os.fstat(self._fd).st_size
        try:
            while octets:
                octets = octets[os.write(self._fd, octets) :]
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self._fd, before)
            raise

    def _release(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


class LogLine:
    """What an exchange says to the log, taken out before it is handed over to be stored."""

    __slots__ = ("_annotations", "_duration", "_fetched", "_size")

    def __init__(self, exchange: Exchange, occasion: Occasion) -> None:
        self._fetched = exchange.stage != "policy"
        self._duration = round(exchange.duration * 1000)
        self._size = exchange.payload_length if exchange.has_head else len(exchange.response)
        problem = certificate_problem(exchange.tls.verdict) if exchange.tls is not None else None
        notes = dict(occasion.notes)
        attempt = notes.get("attempt")
        self._annotations = [
            *([f"truncated:{exchange.truncated}"] if exchange.truncated else []),
            *([f"failure:{exchange.failure}"] if exchange.failure else []),
            *([f"certificate:{problem}"] if problem else []),
            *([f"try:{attempt}"] if attempt else []),
            *(["robots:overridden"] if "robots-override" in notes else []),
        ]

    def text(self, capture: Capture, *, now: datetime, worker: int = 1) -> str:
        """The line, once the capture is synced; `worker`: number of the process that fetched, from 1."""
        annotations = [*(["revisit"] if capture.is_revisit else []), *self._annotations]
        began = f"{_digits(capture.captured_at)}+{self._duration}" if self._fetched else None
        columns = (
            _column(capture.url),
            _column(capture.hops),
            _column(capture.via),
            _column(capture.mime),
            f"#{worker:03d}",
            began or "-",
            capture.payload_digest or "-",
            _column(capture.site),
            ",".join(annotations) or "-",
        )
        size = str(self._size) if self._fetched else "-"
        return f"{_instant(now)} {code_of(capture):>5} {size:>10} {' '.join(columns)}"


def code_of(capture: Capture) -> int:
    """The HTTP status; without one, what Heritrix writes for such a failure.

    −1 no address · −2 no connection, TLS included · −3 the connection was lost before a whole head, or no HTTP came
    over it · −4 time-out before a whole head · −7 no address of a host · −61 robots.txt could not be had · −4002 too
    many redirects · −9998 robots.txt denies it.
    """
    if capture.status is not None:
        return capture.status
    if capture.failure in _CODES:
        return _CODES[capture.failure]
    return _CODES_OF_OUTCOMES.get(capture.outcome, CONNECT_FAILED)


def _column(text: str | None) -> str:
    """White space would make two columns of one."""
    return _UNSAFE.sub(lambda found: "".join(f"%{octet:02X}" for octet in found[0].encode()), text or "") or "-"


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _digits(moment: datetime) -> str:
    moment = moment.astimezone(UTC)
    return f"{moment:%Y%m%d%H%M%S}{moment.microsecond // 1000:03d}"


class LoggedStore:
    """Stores exchanges, and writes a line for each when it is synced. For several threads."""

    def __init__(
        self, writer: Store, crawl_log: CrawlLog, on_error: Callable[[KhronikaError], None], *, worker: int = 1
    ) -> None:
        """`on_error` is called in the event loop that this is made in, when a line cannot be written; `worker`: number
        of the process that fetches what is stored, from 1."""
        self._writer = writer
        self._crawl_log = crawl_log
        self._on_error = on_error
        self._worker = worker
        self._loop = asyncio.get_running_loop()

    def store(self, exchange: Exchange, occasion: Occasion) -> Future[Capture]:
        """As `Writer.store`."""
        line = LogLine(exchange, occasion)
        future = self._writer.store(exchange, occasion)
        future.add_done_callback(partial(self._log, line))
        return future

    def _log(self, line: LogLine, stored: Future[Capture]) -> None:
        if stored.exception() is not None:
            return
        try:
            self._crawl_log.write(line.text(stored.result(), now=datetime.now(UTC), worker=self._worker))
        except KhronikaError as error:
            with contextlib.suppress(RuntimeError):  # the run has ended meanwhile
                self._loop.call_soon_threadsafe(self._on_error, error)
