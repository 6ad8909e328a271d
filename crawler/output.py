"""What a command says: results on stdout, messages on stderr, JSON Lines where a program reads."""

from __future__ import annotations

import errno
import io
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

SHOWN_AFTER: Final = 1.0
"""Seconds of work after which its progress is shown."""

_STYLES = {
    "good": "32",
    "bad": "1;31",
    "warn": "33",
    "dim": "2",
    "strong": "1",
    "added": "32",
    "removed": "31",
}

_CONTROL = dict.fromkeys((*range(9), *range(11, 32), *range(127, 160)))


def printable(text: str) -> str:
    """`text` without control characters: a page's title must not drive the reader's terminal."""
    return text.translate(_CONTROL)


def one_line(text: str) -> str:
    """`text` as part of a line: the name of a file that somebody put there must not write lines of its own."""
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)


class Progress(Protocol):
    """How long work tells how far it is."""

    def __call__(self, text: str, done: int | None = None, total: int | None = None) -> None:
        """Say what is done now; `done` of `total` where both are known."""


@dataclass(frozen=True, slots=True)
class Output:
    """Where results and messages go, as the person asked for with the global flags."""

    as_json: bool = False
    quiet: bool = False
    verbose: bool = False
    color: bool = False

    def result(self, text: str) -> None:
        """A line of the result for a person; nothing with `--json`."""
        if not self.as_json:
            with _unless_gone(sys.stdout):
                print(text, flush=True)

    def record(self, value: Mapping[str, Any]) -> None:
        """A line of the result for a program; nothing without `--json`."""
        if self.as_json:
            with _unless_gone(sys.stdout):
                print(json.dumps(value, ensure_ascii=not _takes_unicode(sys.stdout)), flush=True)

    def message(self, text: str) -> None:
        """A message on stderr; nothing with `--quiet`."""
        if not self.quiet:
            with _unless_gone(sys.stderr):
                print(printable(text), file=sys.stderr, flush=True)

    def style(self, text: str, style: str) -> str:
        """`text` in a style of the terminal, or as it is where colour is off."""
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if self.color else text

    @contextmanager
    def progress(self) -> Iterator[Progress]:
        """A line on the terminal that is written over and gone at the end; silent when stderr is no terminal."""
        line = _ProgressLine(shown=sys.stderr.isatty() and not self.quiet)
        try:
            yield line
        finally:
            line.clear()


class _ProgressLine:
    """A line on stderr, for work that takes longer than a second; gone when the work ends."""

    def __init__(self, *, shown: bool) -> None:
        self._shown = shown
        self._started = time.monotonic()
        self._live: RichProgress | None = None
        self._task: TaskID | None = None

    def __call__(self, text: str, done: int | None = None, total: int | None = None) -> None:
        if not self._shown or time.monotonic() - self._started < SHOWN_AFTER:
            return
        if self._live is None:
            self._live = _rich_progress()
            self._task = self._live.add_task("", total=None)
            self._live.start()
        assert self._task is not None
        words = f"{text} {done}/{total}" if total else text
        with _unless_gone(sys.stderr):
            self._live.update(self._task, description=printable(words), completed=done or 0, total=total)

    def clear(self) -> None:
        if self._live is not None:
            with _unless_gone(sys.stderr):
                self._live.stop()
            self._live = None


@contextmanager
def _unless_gone(stream: TextIO) -> Iterator[None]:
    """Let a terminal that was closed take nothing more: nobody is there to read it, and the work has to end well."""
    try:
        yield
    except OSError as error:
        if error.errno != errno.EIO:
            raise
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)


def _rich_progress() -> RichProgress:
    # rich takes a tenth of a second to import: only work that takes long pays for it
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
    from rich.table import Column

    return Progress(
        BarColumn(bar_width=20),
        TextColumn("{task.description}", markup=False, table_column=Column(ratio=1, no_wrap=True, overflow="ellipsis")),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
        expand=True,
        refresh_per_second=4,
        # results on the same terminal are written above the line; results in a file must stay on stdout
        redirect_stdout=sys.stdout.isatty(),
    )


def forgive_encodings() -> None:
    """Let a stream that cannot write a character write its number instead: a page's letters must not stop a check."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _takes_unicode(stream: TextIO) -> bool:
    return (stream.encoding or "").lower().replace("-", "") in ("utf8", "utf8sig")


def wants_color(stream: TextIO, *, refused: bool) -> bool:
    """Colour only on a terminal, and never against `--no-color` or NO_COLOR (no-color.org)."""
    return stream.isatty() and not refused and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
