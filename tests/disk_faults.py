"""A disk that fails, or a process that is killed, at the n-th thing that archive/ does to the disk.

Counted is what writes: files that are opened to be written, writes, cuts, syncs, renames, removals, new folders, and
what a transaction of SQLite begins and ends with. A kill is a kill: SIGKILL to the process itself.
"""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from archive.database import Database
from archive.errors import StorageError

CALLS = ("pwrite", "ftruncate", "fsync", "fdatasync", "rename", "replace", "unlink", "mkdir")
ERRORS = (errno.ENOSPC, errno.EIO, errno.EDQUOT)


class Faults:
    """Counts operations, and does something at the one numbered `at` (from 0), or from it on."""

    def __init__(self, act: Callable[[str, Any], None], at: int | None = None, *, on: bool = False) -> None:
        self.done: list[str] = []
        """The operations so far."""
        self._act = act
        self._at = at
        self._on = on

    def operation(self, name: str, details: Any = None) -> None:
        """Count an operation that is about to be made."""
        n = len(self.done)
        self.done.append(name)
        if self._at is not None and (n == self._at or (self._on and n > self._at)):
            self._act(name, details)


def refuse(name: str, _details: Any) -> None:
    """The disk refuses: full, failing, or over the quota, one after the other."""
    raise OSError(error := ERRORS[len(name) % 3], os.strerror(error))


def write_half(name: str, details: Any) -> None:
    """The disk takes the half of what is written, and no more."""
    if name == "pwrite":
        fd, octets, offset = details
        os.pwrite.real(fd, bytes(octets)[: len(octets) // 2], offset)  # type: ignore[attr-defined]
    refuse(name, details)


def kill(_name: str, _details: Any) -> None:
    """The process is gone."""
    os.kill(os.getpid(), signal.SIGKILL)


@contextmanager
def disk(faults: Faults, told: Callable[[str, Any], None] | None = None) -> Iterator[None]:
    """Let the operations of this process go through `faults`; `told` hears of each that was made."""
    patches = [mock.patch.object(os, name, _counted(name, getattr(os, name), faults, told)) for name in CALLS]
    patches.append(mock.patch.object(os, "open", _counted_open(os.open, faults)))
    patches.append(mock.patch.object(Database, "writing", _counted_transaction(Database.writing, faults)))
    for patch in patches:
        patch.start()
    try:
        yield
    finally:
        for patch in patches:
            patch.stop()


def _counted(name: str, real: Any, faults: Faults, told: Callable[[str, Any], None] | None) -> Any:
    def call(*details: Any, **more: Any) -> Any:
        faults.operation(name, details)
        result = real(*details, **more)
        if told is not None:
            told(name, details)
        return result

    call.real = real  # type: ignore[attr-defined]
    return call


def _counted_open(real: Any, faults: Faults) -> Any:
    def call(path: Any, flags: int, *more: Any, **named: Any) -> Any:
        if flags & (os.O_WRONLY | os.O_RDWR):
            faults.operation("open", (path,))
        return real(path, flags, *more, **named)

    return call


def _counted_transaction(real: Any, faults: Faults) -> Any:
    def transact(name: str) -> None:
        try:
            faults.operation(name)
        except OSError as error:  # as archive/database.py has it
            raise StorageError(f"catalogue.sqlite: {error.strerror}") from error

    @contextmanager
    def writing(self: Database) -> Iterator[Any]:
        transact("begin")
        with real(self) as connection:
            yield connection
            transact("commit")

    return writing
