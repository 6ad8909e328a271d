"""Bytes of one message as they arrive: in memory while few, in an unnamed file when many."""

from __future__ import annotations

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
        self._file = cast(BinaryIO, tempfile.SpooledTemporaryFile(max_size=memory_limit))  # noqa: SIM115 - closed by close()
        self._digester = Digester()
        if octets:
            self.write(octets)

    def __len__(self) -> int:
        return self._digester.length

    def write(self, octets: bytes) -> None:
        """Append bytes."""
        self._file.write(octets)
        self._digester.update(octets)

    @property
    def digest(self) -> Digest:
        """SHA-256 of all bytes so far."""
        return self._digester.digest()

    def pieces(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` up to `stop` (the end when None), at most 64 KiB at a time."""
        left = (len(self) if stop is None else min(stop, len(self))) - start
        self._file.seek(start)
        try:
            while left > 0:
                piece = self._file.read(min(PIECE, left))
                if not piece:
                    break
                left -= len(piece)
                yield piece
        finally:
            # whoever gave up half-way may have closed the spool since
            if not self._file.closed:
                self._file.seek(0, 2)

    def read(self, start: int = 0, stop: int | None = None) -> bytes:
        """The bytes from `start` up to `stop` in one piece."""
        return b"".join(self.pieces(start, stop))

    def close(self) -> None:
        """Free the memory or the temporary file."""
        self._file.close()
