"""How far this machine's clock can be trusted, as far as the system knows.

Nobody is asked over the network: the time daemon is (chrony, systemd-timesyncd), and the kernel (adjtimex). What is
told names no server and no machine. It is the machine's own word: what a clock that was set wrong on purpose says is
not worth more than the clock. Time-stamp tokens are.
"""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

PATIENCE: Final = 2.0
"""Seconds that a time daemon may take to answer."""

_STA_UNSYNC: Final = 0x0040
_STA_NANO: Final = 0x2000
_TIME_ERROR: Final = 5
_UNITS: Final[Mapping[str, float]] = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0}
_CHRONY_OFFSET = re.compile(r"^System time\s*:\s*(\d+\.\d+) seconds (?:slow|fast) of NTP time", re.MULTILINE)
_CHRONY_LEAP = re.compile(r"^Leap status\s*:\s*(.+)", re.MULTILINE)
_TIMESYNC_OFFSET = re.compile(r"^\s*Offset: ((?:[+-]?\d+(?:\.\d+)?\s*[a-zµμ]+\s*)+)$", re.MULTILINE)
_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*([a-zµμ]+)")

Ask = Callable[[Sequence[str]], str | None]
"""What a program answers; None where there is none, or it fails."""


@dataclass(frozen=True, slots=True)
class Clock:
    """What the system says of its clock."""

    source: str
    """Who says so: `chrony`, `systemd-timesyncd`, `kernel`, `nobody`."""
    synchronised: bool | None = None
    """Whether the clock follows others; None: not known."""
    offset: float | None = None
    """Seconds between the clock and those that it follows, either way; None: not known."""
    error: float | None = None
    """Seconds that the kernel holds it off by at most; None: not known."""

    def __str__(self) -> str:
        if self.synchronised is None:
            return "not known whether the clock is synchronised"
        words = ["synchronised" if self.synchronised else "not synchronised"]
        if self.offset is not None:
            words.append(f"off by {self.offset:.6f} s")
        if self.error is not None and self.synchronised:
            words.append(f"error up to {self.error:.3f} s")
        return ", ".join(words) + f" ({self.source})"


def clock_state() -> str:
    """The state of the clock in words, for the log. Never fails, takes a few seconds at most."""
    return str(read_clock())


def read_clock() -> Clock:
    """The state of the clock. Never fails, takes a few seconds at most."""
    kernel = _kernel()
    daemon = of_chrony(_ask) or of_timesyncd(_ask)
    if daemon is None:
        return kernel or Clock("nobody")
    if kernel is None:
        return daemon
    # a daemon that follows others may leave the kernel unaware of it
    return Clock(daemon.source, daemon.synchronised or kernel.synchronised, daemon.offset, kernel.error)


def of_chrony(ask: Ask) -> Clock | None:
    """What chrony says; None where it does not run."""
    answer = ask(("chronyc", "-n", "tracking"))
    if answer is None:
        return None
    offset, leap = _CHRONY_OFFSET.search(answer), _CHRONY_LEAP.search(answer)
    if offset is None or leap is None:
        return None
    synchronised = leap[1].strip() != "Not synchronised"
    return Clock("chrony", synchronised, float(offset[1]) if synchronised else None)


def of_timesyncd(ask: Ask) -> Clock | None:
    """What systemd says; None where it does not run."""
    answer = ask(("timedatectl", "show", "--property=NTPSynchronized", "--value"))
    if answer is None or answer.strip() not in {"yes", "no"}:
        return None
    synchronised = answer.strip() == "yes"
    status = ask(("timedatectl", "timesync-status")) if synchronised else None
    offset = _TIMESYNC_OFFSET.search(status or "")
    return Clock("systemd-timesyncd" if offset else "systemd", synchronised, _span(offset[1]) if offset else None)


def _span(text: str) -> float | None:
    seconds = 0.0
    for number, unit in _SPAN.findall(text):
        if unit not in _UNITS:
            return None
        seconds += float(number) * _UNITS[unit]
    return seconds


def _ask(command: Sequence[str]) -> str | None:
    program = shutil.which(command[0])
    if program is None:
        return None
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"}
    try:
        done = subprocess.run(  # noqa: S603 - our own words
            [program, *command[1:]],
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE,
            env=environment,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None


class _Timex(ctypes.Structure):
    """struct timex of Linux (adjtimex(2)), as far as it is read, with room for the rest."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_char * 512),
    )


def _kernel() -> Clock | None:
    if sys.platform != "linux":
        return None
    timex = _Timex()  # modes 0: nothing is set
    try:
        state = int(ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(timex)))
    except (OSError, AttributeError):
        return None
    return None if state < 0 else of_kernel(state, timex.status, timex.offset, timex.maxerror)


def of_kernel(state: int, status: int, offset: int, maxerror: int) -> Clock:
    """What adjtimex answered: its result, status bits, offset (µs, or ns with STA_NANO), greatest error (µs)."""
    if state == _TIME_ERROR or status & _STA_UNSYNC:
        return Clock("kernel", synchronised=False)
    seconds = abs(offset) * (1e-9 if status & _STA_NANO else 1e-6)
    return Clock("kernel", synchronised=True, offset=seconds, error=maxerror * 1e-6)
