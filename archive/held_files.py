"""The files of a collection, wherever they lie: in its folder, or, where a WARC was released, in its copies.

What is here is read from here, and nobody else is asked. A WARC that was released (`archive/copies.py`: the local file
went after copies of it had been read back) is read from the first copy that answers, by the version that was checked
then: one record by the range of its octets, never the whole file for one record. What a copy gives is held against the
digest that the catalogue or the log has; a copy that fails, or gives something else, is passed over for the next one,
and that is kept as a `Trouble`. Where none gives it, that is an error: a file that cannot be read is never taken for
one that is not there, nor for one that is sound.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol, TypeVar, cast

from archive.digest import Digest, Digester
from archive.errors import RecordError, StorageError
from archive.store import FolderStore, Store
from archive.warc import OPEN_SUFFIX, Source

ARCHIVE = "archive"
"""Folder of a collection for its WARCs."""

KEPT = 4 << 20
"""Octets of a part of a file that are held in memory; a longer one goes to an unnamed temporary file."""

_PIECE = 1 << 20
_TROUBLES = 1_000
"""Troubles that are kept: a copy that is gone fails once for every record."""

T = TypeVar("T")


class FileCopy(Protocol):
    """One copy of one file, at the version that was checked before the local file went."""

    @property
    def copy(self) -> str:
        """The copy's name in khronika.toml."""
        ...

    def open(self, offset: int = 0, length: int | None = None) -> BinaryIO:
        """Its octets from an offset on. Raises FileNotFoundError where it is gone, StorageError."""
        ...


@dataclass(frozen=True, slots=True)
class Released:
    """A file that is not in the folder any more, because copies of it are elsewhere."""

    name: str
    """Relative to the collection."""
    size: int
    digest: Digest
    copies: Sequence[FileCopy]
    """In the order in which they are asked."""


class Releases(Protocol):
    """What was released; may be handed to another process."""

    def released(self, name: str) -> Released | None:
        """One file; None where it was not released. Raises StateError, StorageError."""
        ...

    def names(self) -> list[str]:
        """All of them."""
        ...


class Nothing:
    """Of a collection that has no copies."""

    def released(self, name: str) -> Released | None:
        """None."""
        return None

    def names(self) -> list[str]:
        """None."""
        return []


@dataclass(frozen=True, slots=True)
class Trouble:
    """That a copy did not give what it must."""

    file: str
    """Relative to the collection."""
    copy: str
    words: str
    reached: bool
    """Whether it answered: with something else, or that there is no such file."""

    def __str__(self) -> str:
        return f"{self.file} at the copy {self.copy}: {self.words}"


class HeldFiles(FolderStore):
    """The store that everything of a collection is read from. May be handed to another process."""

    def __init__(self, path: Path, releases: Releases | None = None) -> None:
        """`path`: the collection's folder."""
        super().__init__(path)
        self._releases = releases or Nothing()
        self._troubles: list[Trouble] = []
        self._lock = threading.Lock()

    def __getstate__(self) -> tuple[Path, Releases]:
        return self.path, self._releases

    def __setstate__(self, state: tuple[Path, Releases]) -> None:
        self.__init__(*state)  # type: ignore[misc] # as a new one

    # ---- what lies where

    def here(self, file: str) -> Path | None:
        """Where a WARC lies in the folder, closed or still being written; None where it does not."""
        final = self.path / ARCHIVE / file
        for path in (final, final.with_name(file + OPEN_SUFFIX), final):
            if os.path.lexists(path):
                return path
        return None

    def released(self, file: str) -> Released | None:
        """A WARC that is read from copies; None for one that is here, or was never released."""
        if self.here(file) is not None:
            return None
        return self._releases.released(f"{ARCHIVE}/{file}")

    def closed(self) -> list[str]:
        """The names of all closed WARCs."""
        here = [path.name for path in (self.path / ARCHIVE).glob("*.warc.gz")]
        return sorted({*here, *(name.removeprefix(f"{ARCHIVE}/") for name in self._releases.names())})

    def troubles(self) -> list[Trouble]:
        """What copies failed to give so far."""
        with self._lock:
            return list(self._troubles)

    # ---- a store

    def open(self, name: str, offset: int = 0, length: int | None = None) -> BinaryIO:
        """A file from an offset on; of one that was released, from the first copy that answers."""
        try:
            return super().open(name, offset, length)
        except FileNotFoundError:
            released = self._elsewhere(name)
            if released is None:
                raise
        last: Trouble | None = None
        for one in released.copies:
            try:
                return one.open(offset, length)
            except (OSError, StorageError) as error:
                last = self._note(name, one, error)
        raise _none_gave(released, last)

    def size(self, name: str) -> int:
        """Octets of a file; of one that was released, those that it had."""
        try:
            return super().size(name)
        except FileNotFoundError:
            released = self._elsewhere(name)
            if released is None:
                raise
            return released.size

    def names(self, prefix: str) -> Iterator[str]:
        """The files below a folder, those that were released among them."""
        here = set(super().names(prefix))
        if prefix != ARCHIVE:
            return iter(sorted(here))
        return iter(sorted(here.union(name for name in self._releases.names() if name.startswith(f"{prefix}/"))))

    def exists(self, name: str) -> bool:
        """Whether there is such a file, here or released."""
        return super().exists(name) or self._elsewhere(name) is not None

    def _elsewhere(self, name: str) -> Released | None:
        """A file that was released: WARCs alone are, and nobody else's absence is a question to the state."""
        return self._releases.released(name) if name.startswith(f"{ARCHIVE}/") else None

    # ---- parts and wholes

    def part(self, file: str, offset: int, length: int, reading: Callable[[Source], T]) -> T:
        """What `reading` makes of a stretch of a WARC; it raises RecordError where that is not what it must be.

        It may keep what it is given: of a file that is elsewhere, the octets are held as long as that is kept.
        Raises what `reading` does of a file that is here; StorageError and RecordError where no copy gives it.
        """
        path, released = self.here(file), None
        if path is None:
            released = self._releases.released(f"{ARCHIVE}/{file}")
        if released is None:
            return reading(path or self.path / ARCHIVE / file)
        last: Trouble | None = None
        wrong: RecordError | None = None
        for one in released.copies:
            try:
                return reading(_fetched(one, file, offset, length))
            except RecordError as error:
                last, wrong = self._note(released.name, one, error), error
            except (OSError, StorageError) as error:
                last = self._note(released.name, one, error)
        if wrong is not None:
            raise wrong
        raise _none_gave(released, last)

    @contextlib.contextmanager
    def whole(self, file: str) -> Iterator[Path]:
        """A WARC as a file of this machine; one that was released is fetched for as long, and held against its digest.

        Raises StorageError where no copy gives it.
        """
        path = self.here(file)
        released = None if path is not None else self._releases.released(f"{ARCHIVE}/{file}")
        if released is None:
            yield path or self.path / ARCHIVE / file
            return
        with tempfile.TemporaryDirectory(prefix="khronika-") as folder:
            target = Path(folder) / file
            self.fetch(released, target)
            yield target

    def at(self, released: Released, one: FileCopy) -> OneCopy:
        """The collection with a released file read from one of its copies alone."""
        return OneCopy(FolderStore(self.path), released, one)

    def is_there(self, released: Released) -> Trouble | None:
        """Whether some copy has as many octets as a released file had; what the last said, where none has."""
        last: Trouble | None = None
        for one in released.copies:
            try:
                # the last octet, and none after it
                with one.open(max(0, released.size - 1), 2) as source:
                    if len(source.read(2)) == min(1, released.size):
                        return None
                last = self._note(released.name, one, RecordError("another size", file=released.name, offset=0))
            except (OSError, StorageError) as error:
                last = self._note(released.name, one, error)
        return last or Trouble(released.name, "", "no copy is known that has it", reached=False)

    def fetch(self, released: Released, target: Path) -> None:
        """Write a file that was released, whole, from the first copy that gives it as it was. Raises StorageError."""
        last: Trouble | None = None
        for one in released.copies:
            try:
                digester = Digester()
                with one.open() as source, target.open("wb") as file:
                    while piece := source.read(min(_PIECE, released.size + 1 - digester.length)):
                        digester.update(piece)
                        file.write(piece)
                    file.flush()
                    os.fsync(file.fileno())
            except (OSError, StorageError) as error:
                if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EROFS}:
                    raise StorageError(f"fetching {released.name}: {error.strerror}") from error
                last = self._note(released.name, one, error)
                continue
            if digester.digest() == released.digest:
                return
            found = f"expected {released.digest}, found {digester.digest()}"
            if digester.length != released.size:
                more = "more" if digester.length > released.size else str(digester.length)
                found = f"expected {released.size} octets, found {more}"
            last = self._note(released.name, one, RecordError(found, file=released.name, offset=0), found)
        raise _none_gave(released, last)

    def _note(self, name: str, one: FileCopy, error: Exception, words: str | None = None) -> Trouble:
        gone = isinstance(error, FileNotFoundError)
        told = "there is no such file" if gone else getattr(error, "strerror", None) or str(error)
        trouble = Trouble(name, one.copy, words or told, reached=gone or isinstance(error, RecordError))
        with self._lock:
            if len(self._troubles) < _TROUBLES and trouble not in self._troubles:
                self._troubles.append(trouble)
        return trouble


class OneCopy:
    """A store in which one file comes from one copy, and all else from the folder."""

    def __init__(self, store: Store, released: Released, copy: FileCopy) -> None:
        self._store = store
        self._released = released
        self._copy = copy

    def read(self, name: str) -> bytes:
        """A whole file."""
        with self.open(name) as file:
            return file.read()

    def open(self, name: str, offset: int = 0, length: int | None = None) -> BinaryIO:
        """A file from an offset on."""
        if name == self._released.name:
            return self._copy.open(offset, length)
        return self._store.open(name, offset, length)

    def size(self, name: str) -> int:
        """Octets of a file; of the copy, as many as it is read to have at most one more than it must."""
        if name != self._released.name:
            return self._store.size(name)
        wanted = self._released.size
        with self._copy.open(max(0, wanted - 1), 2) as source:
            found = len(source.read(2))
        if wanted and not found:
            with self._copy.open() as source:
                return sum(map(len, iter(lambda: source.read(_PIECE), b"")))
        return wanted - min(wanted, 1) + found

    def names(self, prefix: str) -> Iterator[str]:
        """The files below a folder."""
        return self._store.names(prefix)

    def exists(self, name: str) -> bool:
        """Whether there is such a file."""
        return name == self._released.name or self._store.exists(name)


def _none_gave(released: Released, last: Trouble | None) -> StorageError:
    number = len(released.copies)
    if last is None:
        return StorageError(f"reading {released.name}: it was released, and khronika.toml names no copy that has it")
    others = f", nor did {number - 1} before it" if number > 1 else ""
    return StorageError(f"reading {released.name}: the copy {last.copy} did not give it{others}: {last.words}")


# --- a part that was fetched ------------------------------------------------------------------------------------------


class Part:
    """A stretch of a WARC, fetched: each octet is where it is in the whole file."""

    def __init__(self, name: str, offset: int, octets: bytes | BinaryIO, length: int) -> None:
        self.name = name
        self.offset = offset
        self.length = length
        self._octets = octets

    @contextlib.contextmanager
    def open_octets(self) -> Iterator[BinaryIO]:
        """The octets."""
        yield cast(BinaryIO, io.BufferedReader(_View(self)))

    def at(self, start: int, length: int) -> bytes:
        """Octets of the stretch."""
        if isinstance(self._octets, bytes):
            return self._octets[start : start + length]
        return os.pread(self._octets.fileno(), length, start)


class _View(io.RawIOBase):
    """A part as a file that begins where the whole one does; before the part there is nothing to read."""

    def __init__(self, part: Part) -> None:
        self._part = part
        self._position = part.offset

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._part.offset + self._part.length}
        self._position = base[whence] + offset
        return self._position

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # every buffer has these
        start = self._position - self._part.offset
        if start < 0:
            raise OSError(errno.EINVAL, "before the part that was fetched")
        octets = self._part.at(start, len(buffer))
        buffer[: len(octets)] = octets
        self._position += len(octets)
        return len(octets)


def _fetched(one: FileCopy, file: str, offset: int, length: int) -> Part:
    """A stretch of a file from a copy; fewer octets where it ends before."""
    with one.open(offset, length) as source:
        if length <= KEPT:
            octets = source.read(length)
            return Part(file, offset, octets, len(octets))
        spool = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the part is
        left = length
        while piece := source.read(min(_PIECE, left)):
            spool.write(piece)
            left -= len(piece)
        spool.flush()
        return Part(file, offset, cast(BinaryIO, spool), spool.tell())
