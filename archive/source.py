"""What is sent to a copy: a file here, or a part of one, read in pieces and as often as it takes."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from archive.digest import Digest, digest_of_octets
from archive.errors import StorageError
from archive.warc import regular

_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Octets:
    """A source of a few octets."""

    octets: bytes

    @property
    def size(self) -> int:
        """Their number."""
        return len(self.octets)

    def open(self, offset: int = 0, length: int | None = None) -> BinaryIO:
        """A part of them."""
        return io.BytesIO(self.octets[offset : None if length is None else offset + length])


class LocalFile:
    """A source that is a file here: no link, no pipe. Each part that is opened reads by itself."""

    def __init__(self, path: Path) -> None:
        """Raises FileNotFoundError, StorageError."""
        self.path = path
        with _disk(path), open(path, "rb", opener=_no_link) as file:
            self.size = os.fstat(file.fileno()).st_size

    def open(self, offset: int = 0, length: int | None = None) -> BinaryIO:
        """A part of it, which ends where the file ended when it was first looked at."""
        end = self.size if length is None else min(self.size, offset + length)
        with _disk(self.path):
            fd = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        return window(fd, offset, max(end, offset))


def window(fd: int, start: int, end: int) -> BinaryIO:
    """Some of the octets of an open file, as if they were all of it; closing it closes the file."""
    return cast(BinaryIO, io.BufferedReader(_Window(fd, start, end), _PIECE))


class _Window(io.RawIOBase):
    """Some of the octets of a file, as if they were all of it."""

    def __init__(self, fd: int, start: int, end: int) -> None:
        self._fd = fd
        self._start = start
        self._end = end
        self._at = start

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type] # what a caller of readinto gives has a buffer
        octets = os.pread(self._fd, min(len(view), self._end - self._at), self._at)
        view[: len(octets)] = octets
        self._at += len(octets)
        return len(octets)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: self._start, os.SEEK_CUR: self._at, os.SEEK_END: self._end}[whence]
        self._at = min(max(base + offset, self._start), self._end)
        return self._at - self._start

    def tell(self) -> int:
        return self._at - self._start

    def close(self) -> None:
        if not self.closed:
            os.close(self._fd)
        super().close()


@dataclass(frozen=True, slots=True)
class Hashed:
    """The digests of a file, and of the parts that it is sent in."""

    size: int
    digest: Digest
    parts: tuple[Digest, ...]
    """None where it is sent in one piece."""


def hash_source(
    source: LocalFile | Octets, part_size: int | None, advance: Callable[[int], None] | None = None
) -> Hashed:
    """Read all of a source once. `advance` is told of octets as they are read. Raises StorageError."""
    whole, part, parts = hashlib.sha256(), hashlib.sha256(), []
    size = in_part = 0
    with source.open() as file:
        while octets := _read(source, file, min(_PIECE, (part_size - in_part) if part_size else _PIECE)):
            whole.update(octets)
            size += len(octets)
            if part_size:
                part.update(octets)
                in_part += len(octets)
                if in_part == part_size:
                    parts.append(digest_of_octets(part.digest()))
                    part, in_part = hashlib.sha256(), 0
            if advance is not None:
                advance(len(octets))
    if in_part:
        parts.append(digest_of_octets(part.digest()))
    return Hashed(size, digest_of_octets(whole.digest()), tuple(parts))


def _read(source: LocalFile | Octets, file: BinaryIO, length: int) -> bytes:
    try:
        return file.read(length)
    except OSError as error:
        name = source.path.name if isinstance(source, LocalFile) else "octets"
        raise StorageError(f"reading {name}: {error.strerror or type(error).__name__}") from error


def _no_link(path: str, flags: int) -> int:
    return regular(path, flags | os.O_NOFOLLOW)


class _disk:  # noqa: N801 - used as a statement
    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError) and not isinstance(error, FileNotFoundError):
            raise StorageError(
                f"reading {self._path.name}: expected a file, found that it cannot be read "
                f"({error.strerror or type(error).__name__})"
            ) from error
