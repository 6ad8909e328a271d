"""Octets that are read in pieces: the gzip member at an offset of a WARC (WARC 1.1, Annex D: one member a record).

`Pieces` is the reading itself, whatever the octets come from: `Member` inflates them; archive/container.py has those
that other tools' files need.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from archive.errors import RecordError, RecordTruncatedError

PIECE = 1 << 16
HEADER_LIMIT = 1 << 20
"""Octets that a header may have before it is held not to be one."""

_FEWEST = 512
"""Octets of the file that are read at least, unless it ends before."""

_EMPTY_LINE = re.compile(rb"\r?\n\r?\n")


class Pieces:
    """Octets that come in pieces, and can be read by number, by line end or to the end."""

    def __init__(self) -> None:
        self.taken = 0
        """Octets given so far."""
        self._held = b""
        self._at = 0

    @property
    def length(self) -> int:
        """Octets of the file that were used up; of the whole stretch once `at_end`."""
        raise NotImplementedError

    def at_end(self) -> bool:
        """Whether there is nothing more to read."""
        return self._at >= len(self._held) and not self._refill()

    def read(self, limit: int = PIECE) -> bytes:
        """Up to `limit` octets; none at the end."""
        if self._at >= len(self._held) and not self._refill():
            return b""
        piece = self._held[self._at : self._at + limit]
        self._at += len(piece)
        self.taken += len(piece)
        return piece

    def pieces(self, length: int) -> Iterator[bytes]:
        """The next `length` octets, fewer when there are no more."""
        while length > 0:
            piece = self.read(min(length, PIECE))
            if not piece:
                return
            length -= len(piece)
            yield piece

    def header(self) -> bytes | None:
        """The octets up to the end of the first empty line; None when the end comes before one.

        What was read is lost in that case.
        """
        read = b""
        while len(read) <= HEADER_LIMIT:
            if self.at_end():
                return None
            if not read:
                found = _EMPTY_LINE.search(self._held, self._at)
                if found:
                    return self.read(found.end() - self._at)
                read = self.read(len(self._held))
                continue
            # the empty line may straddle two pieces
            start = max(0, len(read) - 3)
            before = len(read)
            read += self._held[self._at :]
            found = _EMPTY_LINE.search(read, start)
            if found:
                self.read(found.end() - before)
                return read[: found.end()]
            self.read(len(read) - before)
        return None

    def peek(self, length: int) -> bytes:
        """The next `length` octets, fewer when there are no more, without reading them."""
        while len(self._held) - self._at < length:
            more = self._more()
            if not more:
                break
            self._held, self._at = self._held[self._at :] + more, 0
        return self._held[self._at : self._at + length]

    def held(self) -> bytes:
        """What is in memory of the next octets, without reading them."""
        return self._held[self._at :]

    def _refill(self) -> bool:
        self._held, self._at = self._more(), 0
        return bool(self._held)

    def _more(self) -> bytes:
        """The next octets, none at the end. Raises RecordError where they cannot be had."""
        raise NotImplementedError


class Member(Pieces):
    """The octets that one gzip member holds.

    Raises RecordError where the member is damaged (its CRC among the rest) and RecordTruncatedError where the file
    ends inside it; both only when reading gets there.
    """

    def __init__(self, file: BinaryIO, offset: int, *, name: str, stop: int | None = None, step: int = PIECE) -> None:
        """`stop`: where the file is held to end; `step`: octets inflated at a time, of which damage costs the last.

        With a small step little of the file is read at a time too.
        """
        super().__init__()
        self._file = file
        self._name = name
        self._offset = offset
        self._position = offset
        self._stop = stop
        self._inflate = zlib.decompressobj(wbits=31)
        self._step = step

    @property
    def length(self) -> int:
        """Octets of the file read so far; of the whole member once `at_end`, when its CRC and its length hold."""
        return self._position - self._offset - len(self._inflate.unused_data)

    def _more(self) -> bytes:
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
        limit = max(self._step, _FEWEST)
        if self._stop is not None:
            limit = max(0, min(limit, self._stop - self._position))
        self._file.seek(self._position)
        octets = self._file.read(limit)
        self._position += len(octets)
        return octets
