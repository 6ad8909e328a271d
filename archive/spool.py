"""Bytes of one message as they arrive: in memory while few, in an unnamed file when many."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from typing import BinaryIO, cast

from archive.digest import Digest, Digester

MEMORY_LIMIT = 1 << 20
"""Bytes of one message that are held in memory; what is longer goes to an unnamed temporary file."""

PIECE = 1 << 16


class Spool:
    """An append-only run of bytes with its digest.

    Written by one party; read only after the last byte is in. `close` frees the temporary file; a spool is closed
    by whoever stored it.
    """

    def __init__(self, octets: bytes = b"", *, memory_limit: int = MEMORY_LIMIT) -> None:
        self._limit = memory_limit
        self._memory: list[bytes] = []
        self._file: BinaryIO | None = None
        self._length = 0
        self._closed = False
        self._digester: Digester | None = Digester()
        self._digest: Digest | None = None
        if octets:
            self.write(octets)

    def __len__(self) -> int:
        return self._length

    def write(self, octets: bytes) -> None:
        """Append bytes. Raises OSError when the disk refuses them."""
        if self._digester is None:
            raise ValueError("expected a spool that is still written, found one that was handed over")
        if self._file is None and self._length + len(octets) > self._limit:
            self._file = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115 - closed by close()
            self._file.write(b"".join(self._memory))
            self._memory.clear()
        if self._file is None:
            self._memory.append(octets)
        else:
            self._file.write(octets)
        self._length += len(octets)
        self._digester.update(octets)

    def flush(self) -> None:
        """Bring what is held back to the temporary file. Raises OSError when the disk refuses it."""
        if self._file is not None:
            self._file.flush()

    @property
    def digest(self) -> Digest:
        """SHA-256 of all bytes so far."""
        if self._digester is not None:
            return self._digester.digest()
        assert self._digest is not None, "a spool that was handed over knows its digest"
        return self._digest

    def pieces(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` up to `stop` (the end when None), at most 64 KiB at a time."""
        stop = self._length if stop is None else min(stop, self._length)
        if self._file is None:
            octets = self._joined()
            for at in range(start, stop, PIECE):
                yield octets[at : min(at + PIECE, stop)]
            return
        self._file.flush()
        # No seeking: the descriptor may be shared with the process that wrote the file.
        while start < stop:
            piece = os.pread(self._file.fileno(), min(PIECE, stop - start), start)
            if not piece:
                break
            start += len(piece)
            yield piece

    def read(self, start: int = 0, stop: int | None = None) -> bytes:
        """The bytes from `start` up to `stop` in one piece."""
        if self._file is None:
            return self._joined()[start:stop]
        return b"".join(self.pieces(start, stop))

    def _joined(self) -> bytes:
        if self._closed:
            raise ValueError("expected an open spool, found a closed file")
        if len(self._memory) > 1:
            self._memory = [b"".join(self._memory)]
        return self._memory[0] if self._memory else b""

    def close(self) -> None:
        """Free the memory or the temporary file."""
        self._memory = []
        self._closed = True
        if self._file is not None:
            # a disk that refused the last octets does so again; nobody wants them any more
            with contextlib.suppress(OSError):
                self._file.close()

    # -- from one process to another

    def hand_over(self) -> bytes | int:
        """What another process takes this spool over by: the bytes, or the descriptor of their file.

        The descriptor stays this spool's own: it is to be duplicated before `close`.
        """
        if self._file is None:
            return self._joined()
        self._file.flush()
        return self._file.fileno()

    @classmethod
    def taken_over(cls, what: bytes | int, length: int, digest: Digest) -> Spool:
        """The spool that another process handed over; its descriptor is this spool's from now on. For reading only."""
        spool = cls()
        spool._digester, spool._digest, spool._length = None, digest, length
        if isinstance(what, int):
            spool._file = os.fdopen(what, "rb", buffering=0)
        else:
            spool._memory = [what]
        return spool
