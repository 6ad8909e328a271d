"""Read a WARC of one gzip member a record (WARC 1.1, Annex D) fast: each member's octets and their digest.

Nothing is parsed here. Who knows the digest that a record must have need not look at it again: a record with that
digest is the one that was written, octet by octet. Where something differs, `archive/check.py` says what.

Members are looked for by the ten octets that begin the one before, which writers repeat in every member, and inflated
each in one go; where that finds another end, the inflater's word counts. The file itself is digested on the way, with
every octet read once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

from isal import isal_zlib

GZIP = 31
"""zlib's word (wbits) for a gzip header."""
KEPT = 4 << 20
"""Octets of a record that are kept in memory at most; of a longer one the beginning is."""

_CHUNK = 1 << 20
_PIECE = 1 << 18
_HEADER = 10
_LEAST = 18
"""Octets of the shortest gzip member."""


class WalkError(Exception):
    """What lies here is no whole gzip member."""


class Walked(NamedTuple):
    """One member."""

    offset: int
    length: int
    """Octets in the file."""
    octets: bytes
    """What it holds; of more than KEPT octets, the first."""
    size: int
    """Octets that it holds."""
    digest: bytes
    """SHA-256 of what it holds."""


class Walk:
    """A file that is walked through from its beginning."""

    def __init__(self, file: BinaryIO) -> None:
        """`file`: at its beginning."""
        self._file = file
        self._sha256 = hashlib.sha256()
        self._held = b""
        self._at = 0
        self._base = 0
        """Place in the file of the first octet held."""
        self._ended = False
        self._needle = b""

    @property
    def offset(self) -> int:
        """Where the next member begins."""
        return self._base + self._at

    def members(self) -> Iterator[Walked]:
        """The members up to the file's end. Raises as `next` does."""
        while (member := self.next()) is not None:
            yield member

    def next(self, length: int | None = None) -> Walked | None:
        """The next member; None at the file's end. `length`: what somebody believes that it takes in the file.

        Raises WalkError where there is no whole member, OSError.
        """
        if len(self._held) - self._at <= (length or _HEADER) and not self._ended:
            self._refill()
        if self._at >= len(self._held):
            return None
        if length is not None and _LEAST <= length <= len(self._held) - self._at:
            return self._member(self._at + length)
        needle = self._needle = self._needle or self._held[self._at : self._at + _HEADER]
        cut = self._held.find(needle, self._at + _LEAST)
        if cut < 0 and not self._ended:
            self._refill()
            cut = self._held.find(needle, self._at + _LEAST)
        if cut < 0:
            cut = len(self._held) if self._ended else min(len(self._held), self._at + _PIECE)
        return self._member(cut)

    def digest(self) -> str:
        """SHA-256 of the whole file, 64 lowercase hexadecimal digits; what was not walked through is read for it."""
        while not self._ended:
            self._held, self._at = b"", 0
            self._refill()
        return self._sha256.hexdigest()

    def _member(self, cut: int) -> Walked:
        offset = self.offset
        inflate: Any = isal_zlib.decompressobj(GZIP)
        try:
            octets = inflate.decompress(self._held[self._at : cut], KEPT)
            if inflate.eof and not inflate.unused_data:
                self._at = cut
                return Walked(offset, self.offset - offset, octets, len(octets), hashlib.sha256(octets).digest())
            return self._long(offset, cut, inflate, octets)
        except isal_zlib.IsalError as error:  # type: ignore[misc] # its types do not say that it is an exception
            raise WalkError(f"offset {offset}: {error}") from error

    def _long(self, offset: int, cut: int, inflate: Any, octets: bytes) -> Walked:
        """A member that did not come out of its first stretch, or ended before it did."""
        sha256 = hashlib.sha256(octets)
        kept, size = [octets], len(octets)
        fed = inflate.unconsumed_tail
        self._at = cut
        while not inflate.eof:
            if not fed:
                fed = self._next()
                if not fed:
                    raise WalkError(f"offset {offset}: the file ends inside a gzip member")
            piece = inflate.decompress(fed, _PIECE)
            fed = inflate.unconsumed_tail
            sha256.update(piece)
            size += len(piece)
            if size <= KEPT:
                kept.append(piece)
        # what came after the member's end lies in the octets held: they are never cut off below
        self._at -= len(inflate.unused_data)
        return Walked(offset, self.offset - offset, b"".join(kept), size, sha256.digest())

    def _next(self) -> bytes:
        """The next octets of a member that is long."""
        if self._at == len(self._held):
            self._refill()
        piece = self._held[self._at : self._at + _PIECE]
        self._at += len(piece)
        return piece

    def _refill(self) -> None:
        """Read on; what was used up is let go."""
        more = self._file.read(_CHUNK)
        if not more:
            self._ended = True
            return
        self._sha256.update(more)
        self._base += self._at
        self._held = self._held[self._at :] + more
        self._at = 0
