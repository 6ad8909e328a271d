"""What a file is, and how records lie in it: whatever people hand to a checker of WARCs.

WARC 1.1, Annex D: records lie bare one after the other, or each is a gzip member of its own. `.warc.zst` (the IIPC's
proposal for Zstandard, in use at Archive Team): each record is a frame, and a skippable frame before the first may
hold the dictionary that all of them need:

    5d 2a 4d 18  length  dictionary, itself compressed or not  |  28 b5 2f fd … record …  |  28 b5 2f fd …
"""

from __future__ import annotations

import enum
import re
import zlib
from collections.abc import Callable
from typing import IO, BinaryIO, Protocol, cast

import zstandard

from archive.errors import RecordError, RecordTruncatedError
from archive.member import PIECE, Pieces

GZIP = b"\x1f\x8b\x08"
ZSTD = b"\x28\xb5\x2f\xfd"
DICTIONARY = b"\x5d\x2a\x4d\x18"
ZSTD_CLAUSE = "the proposal for Zstandard"

RECORD_HEAD = re.compile(
    rb"WARC/[0-9]{1,3}\.[0-9]{1,3}[ \t]*\r?\n(?:WARC-[A-Za-z-]{1,40}|Content-[A-Za-z]{1,20})[ \t]*:", re.I
)
"""The beginning of a record, sure enough to go on from."""
HEAD_LENGTH = 80
"""Octets that `RECORD_HEAD` may need."""

_ANY_BEGINNING = re.compile(rb"\x1f\x8b\x08|\x28\xb5\x2f\xfd|WARC/[0-9]", re.I)
_WINDOW = 1 << 20
_DICTIONARY_LIMIT = 16 << 20
# more than any writer uses; a frame may ask for 3.75 TB
_WINDOW_LIMIT = 128 << 20


class Form(enum.StrEnum):
    """What a file is by its first octets."""

    GZIP = "gzip"
    ZSTD = "zstd"
    PLAIN = "uncompressed"
    ARC = "ARC"
    ZIP = "ZIP"
    LZ4 = "LZ4"
    EMPTY = "empty"
    OTHER = "other"


class Seekable(Protocol):
    """What is needed of an open file."""

    def seek(self, offset: int, /) -> int:
        """Go to an offset."""
        ...

    def read(self, size: int, /) -> bytes:
        """Read up to `size` octets, none at the end."""
        ...


def form_of(file: BinaryIO, end: int) -> Form:
    """What a file is; of a gzip file, and of octets that nobody knows, the first record may be further on."""
    file.seek(0)
    start = file.read(min(end, 512))
    inside = _inflated(start) if start.startswith(GZIP) else start
    if not start:
        return Form.EMPTY
    if inside.startswith(b"filedesc:"):
        return Form.ARC
    if start.startswith(GZIP):
        return Form.GZIP if not inside or inside[:5].upper() == b"WARC/"[: len(inside)] else Form.OTHER
    if start.startswith((ZSTD, DICTIONARY)):
        return Form.ZSTD
    if start[:5].upper() == b"WARC/":
        return Form.PLAIN
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return Form.ZIP
    return Form.LZ4 if start.startswith(b"\x04\x22\x4d\x18") else Form.OTHER


def _inflated(start: bytes) -> bytes:
    """What the first octets of a gzip member hold, as far as they come out."""
    try:
        return zlib.decompressobj(wbits=31).decompress(start, 512)
    except zlib.error:
        return b""


def next_head(file: Seekable, start: int, end: int) -> int:
    """Where the next bare record begins; `end` when there is none."""
    found = search(file, start, end, RECORD_HEAD, HEAD_LENGTH)
    return end if found is None else found


def next_beginning(
    file: Seekable, start: int, end: int, begins: Callable[[int, bytes], bool], *, only: bytes | None = None
) -> int:
    """Where the next record begins, compressed or not; `end` when there is none.

    `begins` is asked of each place that may be one, with its first octets; with `only`, of no other beginning.
    """
    pattern = _ANY_BEGINNING if only is None else re.compile(re.escape(only))
    position = start
    while position < end:
        found = search(file, position, end, pattern, 6)
        if found is None:
            return end
        file.seek(found)
        if begins(found, file.read(min(HEAD_LENGTH, end - found))):
            return found
        position = found + 1
    return end


def search(file: Seekable, start: int, end: int, pattern: re.Pattern[bytes], longest: int) -> int | None:
    """Where a pattern that takes at most `longest` octets is found first."""
    position = start
    size = 4096
    while position < end:
        file.seek(position)
        octets = file.read(min(size, end - position))
        found = pattern.search(octets)
        if found:
            return position + found.start()
        if not octets or position + len(octets) >= end:
            return None
        # what is looked for may straddle two windows; the first is small, for what is found near
        position += max(1, len(octets) - longest + 1)
        size = _WINDOW
    return None


class Plain(Pieces):
    """The octets of a file from an offset on, as they lie there."""

    def __init__(self, file: Seekable, offset: int, *, stop: int) -> None:
        super().__init__()
        self.offset = offset
        self._file = file
        self._position = offset
        self._stop = stop

    @property
    def length(self) -> int:
        """Octets given so far."""
        return self.taken

    @property
    def left(self) -> int:
        """Octets that are not given yet."""
        return self._stop - self.offset - self.taken

    def beyond(self, length: int, size: int) -> bytes:
        """`size` octets that follow the next `length` ones, which are not read for it."""
        at = self.offset + self.taken + length
        self._file.seek(at)
        return self._file.read(max(0, min(size, self._stop - at)))

    def _more(self) -> bytes:
        # a header is most often short, and what follows it is looked at elsewhere first
        limit = 4096 if self._position == self.offset else PIECE
        self._file.seek(self._position)
        octets = self._file.read(max(0, min(limit, self._stop - self._position)))
        self._position += len(octets)
        return octets


class _Part:
    """A stretch of a file as the file object that zstandard reads."""

    def __init__(self, file: Seekable, offset: int, stop: int) -> None:
        self._file = file
        self._position = offset
        self._stop = stop

    def read(self, size: int = -1) -> bytes:
        left = self._stop - self._position
        self._file.seek(self._position)
        octets = self._file.read(left if size < 0 else min(size, left))
        self._position += len(octets)
        return octets


class Frame(Pieces):
    """The octets that one Zstandard frame holds (RFC 8878).

    Raises RecordError where the frame is damaged, RecordTruncatedError where the file ends inside it; the latter at
    once, the former when reading gets there.
    """

    def __init__(
        self, file: Seekable, offset: int, *, name: str, stop: int, dictionary: zstandard.ZstdCompressionDict | None
    ) -> None:
        super().__init__()
        self._name = name
        self._offset = offset
        self._end = self._walk(file, offset, stop)
        decompressor = zstandard.ZstdDecompressor(dict_data=dictionary, max_window_size=_WINDOW_LIMIT)
        self._reader = decompressor.stream_reader(cast(IO[bytes], _Part(file, offset, self._end)), read_size=PIECE)

    @property
    def length(self) -> int:
        """Octets of the whole frame."""
        return self._end - self._offset

    def _more(self) -> bytes:
        try:
            return self._reader.read(PIECE)
        except (zstandard.ZstdError, MemoryError) as error:
            raise self._damaged(str(error)) from error

    def _damaged(self, what: str) -> RecordError:
        return RecordError(f"expected a Zstandard frame, found damage ({what})", file=self._name, offset=self._offset)

    def _walk(self, file: Seekable, offset: int, stop: int) -> int:
        """Where the frame ends: its blocks say their lengths (RFC 8878, 3.1.1)."""
        descriptor = self._octets(file, offset + 4, 1, stop)[0]
        single = bool(descriptor & 0x20)
        header = 5 + (0 if single else 1) + (0, 1, 2, 4)[descriptor & 3] + (int(single), 2, 4, 8)[descriptor >> 6]
        position = offset + header
        while True:
            block = int.from_bytes(self._octets(file, position, 3, stop), "little")
            kind, size = block >> 1 & 3, block >> 3
            if kind == 3:
                raise self._damaged("a block of no known kind")
            position += 3 + (1 if kind == 1 else size)
            if block & 1:
                break
        position += 4 if descriptor & 4 else 0
        if position > stop:
            raise self._cut(stop)
        return position

    def _octets(self, file: Seekable, at: int, size: int, stop: int) -> bytes:
        if at + size > stop:
            raise self._cut(stop)
        file.seek(at)
        octets = file.read(size)
        if len(octets) < size:
            raise self._cut(stop)
        return octets

    def _cut(self, stop: int) -> RecordTruncatedError:
        message = f"expected a whole Zstandard frame, found the file's end after {stop - self._offset} octets of it"
        return RecordTruncatedError(message, file=self._name, offset=self._offset)


def skippable_length(octets: bytes) -> int | None:
    """Octets of a skippable frame that begins so (RFC 8878, 3.1.2); None when none does."""
    if len(octets) < 8 or octets[1:4] != b"\x2a\x4d\x18" or octets[0] & 0xF0 != 0x50:
        return None
    return 8 + int.from_bytes(octets[4:8], "little")


def dictionary_in(octets: bytes) -> zstandard.ZstdCompressionDict:
    """The dictionary that a skippable frame's content is. Raises ValueError when it is none."""
    try:
        if octets.startswith(ZSTD):
            reader = zstandard.ZstdDecompressor(max_window_size=_WINDOW_LIMIT).stream_reader(octets)
            octets = reader.read(_DICTIONARY_LIMIT + 1)
        if not 8 <= len(octets) <= _DICTIONARY_LIMIT:
            raise ValueError(f"{len(octets)} octets")
        return zstandard.ZstdCompressionDict(octets)
    except (zstandard.ZstdError, MemoryError) as error:
        raise ValueError(str(error)) from error
