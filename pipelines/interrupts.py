"""Ctrl-C and the end of a terminal, which the whole group of processes is told of while it may still be starting."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator


@contextlib.contextmanager
def interrupts_held(*more: signal.Signals) -> Iterator[None]:
    """Hold SIGINT and SIGHUP back from this thread, and for good from a process that is started meanwhile.

    The crawl decides what becomes of its processes; one that the signal met before the line in which it ignores it
    would end, with a traceback. What came meanwhile is delivered here at the end. A child keeps the mask (POSIX, exec).
    `more` signals are held too: SIGTERM from a child that nobody ends by it, when a service or a job is stopped whole.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP, *more})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
