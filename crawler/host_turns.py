"""Turns of hosts between processes: that two processes of one run never ask one host at a time, or too soon.

Sites that name a host in common are fetched by one process (`runner.share_out`), which is nearly all there is to it.
What no definition tells is where a robots.txt redirects to. So each process that asks a host holds a lock on a file for
as long as it does, and writes into it when the next one may: two doubles, the moment (CLOCK_MONOTONIC, which is one for
all processes) and the longest rest that anybody owes the host. A lock ends with the process that holds it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import struct
from pathlib import Path
from typing import Final

from archive.errors import StorageError

FOLDER: Final = "hosts"
"""Of a crawl's folder; there while it runs."""
_FORM: Final = struct.Struct("=dd")


class HostTurns:
    """One process's view of the files of a run."""

    def __init__(self, crawl: Path) -> None:
        self._folder = crawl / FOLDER
        self._held: dict[str, tuple[int, float]] = {}

    def take(self, host: str, now: float) -> float | None:
        """Take a host, if it may be asked: then `now` or less; a later moment: when it may; None: another has it.

        Raises StorageError where the disk refuses.
        """
        try:
            self._folder.mkdir(exist_ok=True)
            name = hashlib.sha256(host.encode()).hexdigest()[:24]
            file = os.open(self._folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _refused(error) from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            octets = os.pread(file, _FORM.size, 0)
            next_at, rest = _FORM.unpack(octets) if len(octets) == _FORM.size else (0.0, 0.0)
        except BlockingIOError:
            os.close(file)
            return None
        except OSError as error:
            os.close(file)
            raise _refused(error) from error
        if next_at > now:
            os.close(file)
            return float(next_at)
        self._held[host] = file, rest
        return now

    def leave(self, host: str, now: float, next_at: float, rest: float) -> float:
        """Give a host back that was taken: from when it may be asked again. `rest`: the least that is owed to it."""
        file, known = self._held.pop(host)
        rest = max(rest, known)
        next_at = max(next_at, now + rest)
        try:
            os.pwrite(file, _FORM.pack(next_at, rest), 0)
        except OSError as error:
            raise _refused(error) from error
        finally:
            os.close(file)
        return next_at


def forget_turns(crawl: Path) -> None:
    """Remove the files of a run: before it, because a clock that begins anew with the machine gave their moments."""
    shutil.rmtree(crawl / FOLDER, ignore_errors=True)


def _refused(error: OSError) -> StorageError:
    return StorageError(f"{FOLDER}/: expected to take turns with other processes, found: {error.strerror or error}")
