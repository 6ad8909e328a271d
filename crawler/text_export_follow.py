"""Readings as they are made: `export text --follow`, for a pipe that keeps running.

Each reading comes once, in the order in which readings are written; one that is made anew with another result comes
again. Every line bears a `mark`: who has taken the line goes on after it later, without loss or repetition. A mark of a
catalogue that was made again since (`rebuild`) is too old to go on from: then all readings come, under new marks.
"""

from __future__ import annotations

import contextlib
import re
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Final

from archive.collection import Collection
from archive.errors import UsageError
from crawler.text_export import Selection, has_text, page_of, record_of

if TYPE_CHECKING:
    from archive.capture import Capture
    from archive.catalogue import Catalogue, ReadingRow
    from archive.withholding import Withholdings

BATCH: Final = 200
PAUSE: Final = 0.5
"""Seconds between two looks for new readings."""

_MARK: Final = re.compile(r"[0-9A-Za-z_]{1,64}-[0-9]{1,18}")


class Stop:
    """Whether to stop: the first Ctrl-C or SIGTERM asks for it, so that a line is written whole; the second ends it."""

    def __init__(self) -> None:
        self.asked = False

    @contextlib.contextmanager
    def heard(self) -> Iterator[None]:
        """Listen to signals, in the main thread."""
        before = {number: signal.signal(number, self._hear) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True


class Follower:
    """The readings of a collection, those that come included."""

    def __init__(
        self,
        folder: Path,
        selection: Selection,
        withholdings: Callable[[Collection], Withholdings],
        *,
        after: str | None,
        stopped: Callable[[], bool],
    ) -> None:
        """`after`: a mark or a record id; None from the beginning. `stopped` is asked often. Raises UsageError."""
        self._folder = folder
        self._selection = selection
        self._withholdings = withholdings
        self._stopped = stopped
        self._collection, self._file = _opened(folder)
        self.mark = None if after is None else self._mark_of(after)
        """Where the last reading was that was given."""
        self.withheld = 0

    def close(self) -> None:
        """Close the catalogue."""
        self._collection.close()

    def _mark_of(self, after: str) -> str:
        if _MARK.fullmatch(after):
            return after
        wanted = after.removeprefix("<").removesuffix(">")
        mark: str | None = None
        while rows := self._collection.catalogue.readings_after(mark, limit=BATCH):
            for mark, capture, _ in rows:
                if capture.record_id == wanted:
                    return mark
        raise UsageError(f"--after: expected the mark or the id of a line that came before, found {after!r}")

    def records(self) -> Iterator[dict[str, Any]]:
        """The records, each with its mark; waits for more until `stopped`."""
        while not self._stopped():
            self._reopen()
            rows = self._collection.catalogue.readings_after(self.mark, limit=BATCH)
            if not rows:
                self._wait()
                continue
            # asked each time: what is withheld since must not go out
            held = self._withholdings(self._collection)
            for mark, capture, row in rows:
                if self._stopped():
                    return
                record = self._record(capture, row, held)
                if record is not None:
                    yield record | {"mark": mark}
                self.mark = mark

    def _record(self, capture: Capture, row: ReadingRow, held: Withholdings) -> dict[str, Any] | None:
        if row.failed is not None or not has_text(capture) or not self._selection.takes_capture(capture):
            return None
        if held.of(capture) is not None:
            self.withheld += 1
            return None
        record = record_of(capture, row)
        if not self._selection.takes_record(record):
            return None
        if self._selection.changed and not differs(self._collection.catalogue, capture, row, held):
            return None
        return record

    def _reopen(self) -> None:
        """Take the new file where `rebuild` has put one in the catalogue's place."""
        if _identity(self._collection) not in {self._file, None}:
            self._collection.close()
            self._collection, self._file = _opened(self._folder)

    def _wait(self) -> None:
        until = time.monotonic() + PAUSE
        while not self._stopped() and time.monotonic() < until:
            time.sleep(PAUSE / 10)


def differs(catalogue: Catalogue, capture: Capture, row: ReadingRow, held: Withholdings) -> bool:
    """Whether a reading's main text is another than that of the page's reading before."""
    page = page_of(capture, record_of(capture, row))
    earlier = [one for one in catalogue.captures_of(capture.url) if one.captured_at < capture.captured_at]
    for one in reversed(earlier):
        if not has_text(one) or held.of(one) is not None:
            continue
        before = catalogue.reading(one.record_id)
        if before is not None and before.failed is None and page_of(one, record_of(one, before)) == page:
            return before.text_digest != row.text_digest
    return True


def reader_is_gone(descriptor: int) -> bool:
    """Whether nobody reads a pipe any more: without a look, one that waits for news would wait for ever."""
    look = select.poll()
    look.register(descriptor, 0)
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in look.poll(0))


def stdout_descriptor() -> int | None:
    """That of stdout; None where a test has put something else in its place."""
    try:
        return sys.stdout.fileno()
    except (OSError, ValueError):
        return None


def _opened(folder: Path) -> tuple[Collection, tuple[int, int] | None]:
    collection = Collection.open(folder)
    return collection, _identity(collection)


def _identity(collection: Collection) -> tuple[int, int] | None:
    try:
        facts = collection.catalogue_path.stat()
    except OSError:
        return None
    return facts.st_dev, facts.st_ino
