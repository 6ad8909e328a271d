"""The lock of a collection: one process writes it, and holds this while it does.

An flock on `.lock` in the collection's folder. The kernel gives it up when the process ends, however it ends, so that
nobody has to clear it away after a kill; the file stays and is never removed, because two processes could then each
lock a file of that name. It holds the number of the process that locked it last, for the message to the next one.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import weakref
from pathlib import Path

from archive.errors import CollectionLockedError, StorageError

NAME = ".lock"
NOTICES = ".notices.lock"
"""Held by the process that sends notices; a crawl may run meanwhile."""


class Lock:
    """The lock, held from the beginning until `release`."""

    def __init__(
        self, folder: Path, name: str = NAME, *, to: str = "write this collection", doing: str = "writing it"
    ) -> None:
        """Take it. `to`, `doing`: what its holder does, for the message to the next one.

        Raises CollectionLockedError when another holds it, StorageError when the folder cannot be written.
        """
        try:
            fd = os.open(folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError as error:
            raise StorageError(
                f"expected a collection that can be written, found that its folder cannot be: {error.strerror}"
            ) from error
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = _holder(fd)
            os.close(fd)
            if not isinstance(error, BlockingIOError):
                raise StorageError(f"the collection's lock was refused: {error.strerror}") from error
            raise CollectionLockedError(
                f"expected to {to} alone, found {holder} {doing}; wait for its end, or stop it"
            ) from error
        self._fd: int | None = fd
        _held.add(self)
        # The number is for a message only: a full disk must not keep anybody from closing what is open.
        with contextlib.suppress(OSError):
            os.ftruncate(fd, 0)
            os.pwrite(fd, str(os.getpid()).encode(), 0)

    @property
    def fd(self) -> int:
        """Of the file; a process that inherits it holds the lock too."""
        assert self._fd is not None, "a lock that is held"
        return self._fd

    def release(self) -> None:
        """Let another have it."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
            _held.discard(self)


_held: weakref.WeakSet[Lock] = weakref.WeakSet()


def _let_go_in_child() -> None:
    # An flock belongs to every copy of its file descriptor. A forked worker that outlives a killed crawl would keep
    # the collection locked: a child gives up its copy, which leaves the parent's lock as it is.
    for lock in list(_held):
        lock.release()


os.register_at_fork(after_in_child=_let_go_in_child)


def _holder(fd: int) -> str:
    found = re.fullmatch(rb"[0-9]{1,10}", os.pread(fd, 20, 0))
    return f"process {int(found[0])}" if found else "another process"
