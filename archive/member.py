"""One gzip member, read in pieces: what lies at an offset of a WARC (WARC 1.1, Annex D: one member a record)."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from archive.errors import RecordError, RecordTruncatedError

PIECE = 1 << 16
HEADER_LIMIT = 1 << 20
"""Octets that a header may have before it is held not to be one."""

_EMPTY_LINE = re.compile(rb"\r?\n\r?\n")


class Member:
    """The octets that one gzip member holds.

    Raises RecordError where the member is damaged (its CRC among the rest) and RecordTruncatedError where the file
    ends inside it; both only when reading gets there.
    """

    def __init__(self, file: BinaryIO, offset: int, *, name: str, stop: int | None = None, step: int = PIECE) -> None:
        """`stop`: where the file is held to end; `step`: octets inflated at a time, of which damage costs the last."""
        self._file = file
        self._name = name
        self._offset = offset
        self._position = offset
        self._stop = stop
        self._inflate = zlib.decompressobj(wbits=31)
        self._held = b""
        self._step = step

    @property
    def length(self) -> int:
        """Octets of the file read so far; of the whole member once `at_end`."""
        return self._position - self._offset - len(self._inflate.unused_data)

    def at_end(self) -> bool:
        """Whether there is nothing more to read; the CRC and the length of the member then hold."""
        if not self._held:
            self._held = self._next()
        return not self._held

    def read(self, limit: int = PIECE) -> bytes:
        """Up to `limit` octets; none at the member's end."""
        piece = self._held or self._next()
        self._held = piece[limit:]
        return piece[:limit]

    def pieces(self, length: int) -> Iterator[bytes]:
        """The next `length` octets, fewer when the member ends."""
        while length > 0:
            piece = self.read(min(length, PIECE))
            if not piece:
                return
            length -= len(piece)
            yield piece

    def header(self) -> bytes | None:
        """The octets up to the end of the first empty line; None when the member ends before one.

        What was read is lost in that case.
        """
        read = b""
        while len(read) <= HEADER_LIMIT:
            piece = self.read()
            if not piece:
                return None
            # the empty line may straddle two pieces
            start = max(0, len(read) - 3)
            read += piece
            found = _EMPTY_LINE.search(read, start)
            if found:
                self._held = read[found.end() :] + self._held
                return read[: found.end()]
        return None

    def _next(self) -> bytes:
        while not self._inflate.eof:
            fed = self._inflate.unconsumed_tail or self._compressed()
            try:
                piece = self._inflate.decompress(fed, self._step)
            except zlib.error as error:
                message = f"expected a gzip member, found damage ({error})"
                raise RecordError(message, file=self._name, offset=self._offset) from error
            if piece:
                return piece
            if not fed:
                message = f"expected a whole gzip member, found the file's end after {self.length} octets of it"
                raise RecordTruncatedError(message, file=self._name, offset=self._offset)
        return b""

    def _compressed(self) -> bytes:
        limit = PIECE if self._stop is None else max(0, min(PIECE, self._stop - self._position))
        self._file.seek(self._position)
        octets = self._file.read(limit)
        self._position += len(octets)
        return octets
