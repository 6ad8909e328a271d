"""`crawls/<id>/messages.log`: what Khronika and Scrapy have to say about a crawl, in words."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from archive.errors import StorageError

FILE_NAME: Final = "messages.log"


class _SoberFormatter(logging.Formatter):
    """One line a message, UTC; of an error its kind, its words and the line it came from. No absolute path."""

    def format(self, record: logging.LogRecord) -> str:
        # logging keeps the trace of whoever formatted the record first
        record.exc_text = None
        try:
            return super().format(record)
        finally:
            record.exc_text = None

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802 - logging's name
        return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's name
        _, error, trace = ei
        places = []
        while trace is not None:
            code = trace.tb_frame
            places.append(f"{code.f_globals.get('__name__', '?')}:{trace.tb_lineno}")
            trace = trace.tb_next
        words = " ".join(str(error).split())
        return f"  {type(error).__name__}: {words} at {' < '.join(reversed(places[-4:]))}"


class _LogFile(logging.FileHandler):
    """A log that a full disk cuts short: that is told by whoever writes more than words."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Be silent, where logging would print a trace, paths and all, on the terminal."""


@contextlib.contextmanager
def log_in(folder: Path) -> Iterator[None]:
    """What Khronika and Scrapy have to say goes to the file of the crawl in `folder`, and nowhere else.

    Several processes may write it: each message is one write at the end. Raises StorageError.
    """
    path = folder / FILE_NAME
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = _LogFile(path, encoding="utf-8")
    except OSError as error:
        raise StorageError(f"crawls/{path.parent.name}/{path.name} cannot be written: {error.strerror}") from error
    handler.setFormatter(_SoberFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    root, own = logging.getLogger(), logging.getLogger("crawler")
    level = own.level
    root.addHandler(handler)
    own.setLevel(logging.INFO)
    try:
        yield
    finally:
        own.setLevel(level)
        root.removeHandler(handler)
        with contextlib.suppress(OSError):
            handler.close()
