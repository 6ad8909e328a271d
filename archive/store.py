"""Where the files of a collection are read from: a folder here, or a copy elsewhere.

Names are relative to the collection, with `/` between their parts, on every system.
"""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from archive.warc import regular

_NO_FILE = frozenset({errno.EINVAL, errno.EISDIR, errno.ELOOP, errno.ENOTDIR, errno.ENXIO})
"""What the system, or `regular`, says of a pipe, a folder, a device, a link to itself in the place of a file."""


class Store(Protocol):
    """Files that can be read, and nothing else.

    Every method raises FileNotFoundError for a name that is not there, StorageError or OSError when the store refuses.
    """

    def read(self, name: str) -> bytes:
        """A whole file."""
        ...

    def open(self, name: str, offset: int = 0, length: int | None = None) -> BinaryIO:
        """A file from an offset on, `length` octets of it or all; a short file gives less."""
        ...

    def size(self, name: str) -> int:
        """Octets of a file."""
        ...

    def names(self, prefix: str) -> Iterator[str]:
        """The files below a folder, at whatever depth, in the order of their names; none where it is missing."""
        ...

    def exists(self, name: str) -> bool:
        """Whether there is such a file."""
        ...


class FolderStore:
    """A folder on this machine."""

    def __init__(self, path: Path) -> None:
        """`path`: the collection's folder."""
        self.path = path

    def read(self, name: str) -> bytes:
        """A whole file. What is no regular file is none: nobody can put a pipe in its place to end a verification."""
        try:
            with self.open(name) as file:
                return file.read()
        except OSError as error:
            if error.errno in _NO_FILE:
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name) from error
            raise

    def open(self, name: str, offset: int = 0, length: int | None = None) -> BinaryIO:
        """A file from an offset on; with `length`, that much of it in memory."""
        file = open(self.path / name, "rb", opener=regular)  # noqa: SIM115 - given to the caller
        try:
            file.seek(offset)
            if length is None:
                return file
            octets = file.read(length)
        except BaseException:
            file.close()
            raise
        file.close()
        return cast(BinaryIO, io.BytesIO(octets))

    def size(self, name: str) -> int:
        """Octets of a file."""
        return (self.path / name).stat().st_size

    def names(self, prefix: str) -> Iterator[str]:
        """The files below a folder; links to folders are not followed."""
        root = self.path / prefix
        found: list[str] = []
        for folder, _, files in os.walk(root):
            relative = Path(folder).relative_to(self.path).as_posix()
            found.extend(f"{relative}/{file}" for file in files)
        return iter(sorted(found))

    def exists(self, name: str) -> bool:
        """Whether there is such a file."""
        return (self.path / name).is_file()
