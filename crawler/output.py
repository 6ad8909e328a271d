"""What a command says: results on stdout, messages on stderr, JSON Lines where a program reads."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TextIO

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
            print(text, flush=True)

    def record(self, value: Mapping[str, Any]) -> None:
        """A line of the result for a program; nothing without `--json`."""
        if self.as_json:
            print(json.dumps(value, ensure_ascii=False), flush=True)

    def message(self, text: str) -> None:
        """A message on stderr; nothing with `--quiet`."""
        if not self.quiet:
            print(printable(text), file=sys.stderr, flush=True)

    def detail(self, text: str) -> None:
        """A message that only `--verbose` shows."""
        if self.verbose:
            print(printable(text), file=sys.stderr, flush=True)

    def style(self, text: str, style: str) -> str:
        """`text` in a style of the terminal, or as it is where colour is off."""
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if self.color else text

    @contextmanager
    def progress(self) -> Iterator[Progress]:
        """A line on the terminal that is written over and gone at the end; silent when stderr is no terminal."""
        line = _ProgressLine(sys.stderr, shown=sys.stderr.isatty() and not self.quiet)
        try:
            yield line
        finally:
            line.clear()


class _ProgressLine:
    """One line, at most four times a second, and only for work longer than a second."""

    def __init__(self, stream: TextIO, *, shown: bool) -> None:
        self._stream = stream
        self._shown = shown
        self._started = time.monotonic()
        self._last = 0.0
        self._visible = False

    def __call__(self, text: str, done: int | None = None, total: int | None = None) -> None:
        now = time.monotonic()
        if not self._shown or now - self._started < 1 or now - self._last < 0.25:
            return
        self._last = now
        bar = ""
        if done is not None and total:
            filled = min(20, 20 * done // total)
            bar = f"[{'#' * filled}{'.' * (20 - filled)}] {done}/{total} "
        width = _width(self._stream) - 1
        self._stream.write("\r\x1b[K" + printable(bar + text)[:width])
        self._stream.flush()
        self._visible = True

    def clear(self) -> None:
        if self._visible:
            self._stream.write("\r\x1b[K")
            self._stream.flush()


def _width(stream: TextIO) -> int:
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


def wants_color(stream: TextIO, *, refused: bool) -> bool:
    """Colour only on a terminal, and never against `--no-color` or NO_COLOR (no-color.org)."""
    return stream.isatty() and not refused and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
