"""A target in a folder: a disk beside this one, or one that is mounted from another machine.

The marker file tells the disk from the empty folder that it is mounted on: where it is missing, the target is not
there, and nothing is written. A file is written under a temporary name in `khronika-uploads`, synced, and linked to its
name, which fails where the name is taken. No link is followed below the place. What is read back comes from the disk,
as far as the system lets go of what it holds in memory.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import re
import secrets
import stat
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from archive.digest import Digest, Digester
from archive.errors import (
    ConflictError,
    DeniedError,
    NoLockError,
    NoRoomError,
    RefusedError,
    TargetError,
    TargetGoneError,
)
from archive.source import Octets, window
from archive.store import FolderStore
from archive.target import MARK_FILE, Part, Placed, Retention, Source, Version, check_name

UPLOADS = "khronika-uploads"
"""Folder for what is being written."""

_ID = re.compile(r"[0-9]{1,18}-[0-9a-f]{32}\Z")
_PIECE = 1 << 20
_MARK_LIMIT = 1000
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_DENIED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_AWAY = frozenset({errno.ENODEV, errno.ENOTCONN, errno.ESTALE, errno.ENXIO, errno.ETIMEDOUT, errno.EHOSTDOWN})
_NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EINVAL, errno.EACCES})
"""What file systems without hard links say of one."""
_NOREPLACE = 1


class FolderTarget:
    """A folder. May be used by several threads, and handed to another process."""

    kind = "folder"
    locks = False

    def __init__(self, path: Path) -> None:
        self.path = path

    def __str__(self) -> str:
        return str(self.path)

    def mark(self) -> str | None:
        """The id in the marker file."""
        root = self._root()
        try:
            with _disk(f"reading {MARK_FILE}"), os.fdopen(_regular(root, MARK_FILE), "rb") as file:
                return file.read(_MARK_LIMIT).decode("utf-8", "replace").strip()
        except FileNotFoundError:
            return None
        finally:
            os.close(root)

    def begin(self, mark: str) -> None:
        """Write the marker file."""
        octets = f"{mark}\n".encode()
        root = self._root()
        try:
            with _disk(f"writing {MARK_FILE}"):
                name = f".{MARK_FILE}.{secrets.token_hex(8)}"
                fd = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666, dir_fd=root)
                try:
                    _write(fd, Octets(octets).open(), 0)
                    os.fsync(fd)
                    _give_name(root, name, root, MARK_FILE)
                finally:
                    os.close(fd)
                    with contextlib.suppress(FileNotFoundError):
                        os.unlink(name, dir_fd=root)
                os.fsync(root)
        finally:
            os.close(root)

    def versioned(self) -> bool | None:
        """Never: a folder has one version of each file."""
        return False

    # ---- write

    def put(
        self,
        name: str,
        source: Source,
        digest: Digest,
        *,
        retention: Retention | None = None,
        replace: bool = False,
    ) -> Placed:
        """Put a whole file."""
        if not replace:
            self._refuse_taken(name)
        upload = self.begin_parts(name, source.size, source.size, retention=retention)
        try:
            with source.open() as octets:
                part = self._write_part(name, upload, 0, octets, source.size, digest)
            return self.complete(name, upload, [part], replace=replace)
        except BaseException:
            with contextlib.suppress(OSError, TargetError):
                self.abort(name, upload)
            raise

    def begin_parts(self, name: str, size: int, part_size: int, *, retention: Retention | None = None) -> str:
        """Begin an upload in parts: a file under a temporary name."""
        check_name(name)
        if retention is not None:
            raise NoLockError(f"writing {name} at {self.path}: expected a server that locks, found a folder")
        upload = f"{part_size}-{secrets.token_hex(16)}"
        with self._uploads(create=True) as folder, _disk(f"writing {name}"):
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
            os.close(os.open(upload, flags, 0o666, dir_fd=folder))
            os.fsync(folder)
        return upload

    def put_part(self, name: str, upload: str, number: int, source: BinaryIO, size: int, digest: Digest) -> Part:
        """Put one part."""
        return self._write_part(name, upload, number - 1, source, size, digest)

    def _write_part(self, name: str, upload: str, before: int, source: BinaryIO, size: int, digest: Digest) -> Part:
        start = before * _part_size(upload)
        with self._uploads() as folder, _disk(f"writing {name}"):
            fd = os.open(upload, os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW, dir_fd=folder)
            try:
                found, length = _write(fd, source, start)
                os.fsync(fd)
            finally:
                os.close(fd)
        if found != digest or length != size:
            raise RefusedError(
                f"writing {name} at {self.path}: expected {size} octets, {digest}, found {length}, {found}: the file "
                "changed while it was read"
            )
        return Part(before + 1, size, "", digest)

    def parts(self, name: str, upload: str) -> list[Part]:
        """The parts that are on the disk, as they are read from there."""
        part_size, found = _part_size(upload), []
        with self._uploads() as folder, _disk(f"reading {name}"):
            fd = _regular(folder, upload)
            try:
                _let_go(fd)
                size = os.fstat(fd).st_size
                for number, start in enumerate(range(0, size, part_size or 1), 1):
                    length = min(part_size, size - start)
                    digester = Digester()
                    at = start
                    while at < start + length and (octets := os.pread(fd, min(_PIECE, start + length - at), at)):
                        digester.update(octets)
                        at += len(octets)
                    found.append(Part(number, length, "", digester.digest()))
            finally:
                os.close(fd)
        return found

    def complete(self, name: str, upload: str, parts: Sequence[Part], *, replace: bool = False) -> Placed:
        """Give the file its name."""
        size = sum(part.size for part in parts)
        with self._uploads() as folder, self._folder_of(name, create=True) as (parent, last):
            with _disk(f"writing {name}"):
                fd = os.open(upload, os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW, dir_fd=folder)
                try:
                    os.ftruncate(fd, size)
                    os.fsync(fd)
                finally:
                    os.close(fd)
            with _disk(f"writing {name}", taken=f"{name} at {self.path}"):
                if replace:
                    _refuse_link(parent, last)
                    os.rename(upload, last, src_dir_fd=folder, dst_dir_fd=parent)
                else:
                    _give_name(folder, upload, parent, last)
                os.fsync(parent)
                os.fsync(folder)
        return Placed(size, None)

    def abort(self, name: str, upload: str) -> None:
        """Let go of an upload."""
        _part_size(upload)
        with (
            contextlib.suppress(FileNotFoundError),
            self._uploads() as folder,
            _disk("clearing up"),
        ):
            os.unlink(upload, dir_fd=folder)

    def uploads(self) -> list[tuple[str, str]]:
        """Uploads that were begun and not completed; a folder does not know which file they were to be."""
        try:
            with self._uploads() as folder, _disk("looking for unfinished uploads"):
                return [("", upload) for upload in sorted(os.listdir(folder)) if _ID.match(upload)]  # noqa: PTH208 - of a folder that is open
        except FileNotFoundError:
            return []

    def _refuse_taken(self, name: str) -> None:
        try:
            self.head(name)
        except FileNotFoundError:
            return
        raise ConflictError(f"writing {name} at {self.path}: expected nothing under that name, found a file")

    # ---- what is there

    def head(self, name: str, version: str | None = None) -> Placed:
        """What the file system says of a file."""
        _no_version(name, version)
        with self._folder_of(name) as (parent, last), _disk(f"looking at {name}"):
            fd = _regular(parent, last)
            try:
                found = os.fstat(fd)
            finally:
                os.close(fd)
        return Placed(found.st_size, None, modified_at=datetime.fromtimestamp(found.st_mtime, UTC))

    def versions(self, name: str) -> list[Version]:
        """The file, if there is one."""
        try:
            return [Version(None, self.head(name).size, latest=True)]
        except FileNotFoundError:
            return []

    def open(self, name: str, offset: int = 0, length: int | None = None, version: str | None = None) -> BinaryIO:
        """A file from an offset on, from the disk."""
        _no_version(name, version)
        with self._folder_of(name) as (parent, last), _disk(f"reading {name}"):
            fd = _regular(parent, last)
            _let_go(fd)
            size = os.fstat(fd).st_size
        start = min(offset, size)
        return window(fd, start, size if length is None else min(size, start + length))

    def retention(self, name: str, version: str | None) -> Retention | None:
        """None: a folder does not lock."""
        self.head(name, version)
        return None

    def retain(self, name: str, version: str | None, retention: Retention) -> None:
        """Raises NoLockError."""
        raise NoLockError(f"locking {name} at {self.path}: expected a server that locks, found a folder")

    def names(self, prefix: str) -> Iterator[str]:
        """The files below a folder of the place."""
        os.close(self._marked())
        found = (name.removeprefix("./") for name in FolderStore(self.path).names(prefix))
        return (name for name in found if not name.startswith(f"{UPLOADS}/"))

    def store(self, versions: Mapping[str, str | None] | None = None) -> FolderStore:
        """The place as a store."""
        return FolderStore(self.path)

    # ---- folders

    def _root(self) -> int:
        """The place, opened."""
        try:
            return os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            if error.errno in _DENIED:
                raise DeniedError(f"{self.path}: {error.strerror}") from error
            raise TargetGoneError(
                f"expected the folder {self.path}, found none ({error.strerror}): is the disk mounted?"
            ) from error

    def _marked(self) -> int:
        """The place, opened, if the marker file is in it."""
        root = self._root()
        try:
            # of the folder that is open: what is mounted or taken away meanwhile changes nothing
            with _disk(f"reading {MARK_FILE}"):
                os.stat(MARK_FILE, dir_fd=root, follow_symlinks=False)
        except FileNotFoundError as error:
            os.close(root)
            raise TargetGoneError(
                f"expected the file {MARK_FILE} in {self.path}, found none: is the disk mounted?"
            ) from error
        except BaseException:
            os.close(root)
            raise
        return root

    @contextlib.contextmanager
    def _uploads(self, *, create: bool = False) -> Iterator[int]:
        root = self._marked()
        try:
            folder = _descend(root, UPLOADS, create=create)
        finally:
            os.close(root)
        try:
            yield folder
        finally:
            os.close(folder)

    @contextlib.contextmanager
    def _folder_of(self, name: str, *, create: bool = False) -> Iterator[tuple[int, str]]:
        """The folder that a file is in, opened, and the file's name in it."""
        *folders, last = check_name(name).split("/")
        folder = self._marked()
        try:
            for each in folders:
                inner = _descend(folder, each, create=create)
                os.close(folder)
                folder = inner
            yield folder, last
        finally:
            os.close(folder)


def _descend(folder: int, name: str, *, create: bool) -> int:
    """A folder in a folder, opened; no link is followed."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    with _disk(f"opening {name}"):
        if create:
            with contextlib.suppress(FileExistsError):
                os.mkdir(name, dir_fd=folder)
                os.fsync(folder)
        return os.open(name, flags, dir_fd=folder)


def _regular(folder: int, name: str) -> int:
    """A file in a folder, opened for reading: no link, no pipe."""
    fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    if stat.S_ISREG(os.fstat(fd).st_mode):
        return fd
    os.close(fd)
    raise OSError(errno.EINVAL, "no regular file")


def _refuse_link(folder: int, name: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISREG(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
            raise OSError(errno.EINVAL, "no regular file")


def _write(fd: int, source: BinaryIO, start: int) -> tuple[Digest, int]:
    """Write all of a source; its digest and length as they were read."""
    digester, at = Digester(), start
    while octets := source.read(_PIECE):
        digester.update(octets)
        left = memoryview(octets)
        while left:
            written = os.pwrite(fd, left, at)
            at, left = at + written, left[written:]
    return digester.digest(), at - start


def _give_name(folder: int, name: str, parent: int, last: str) -> None:
    """Move a file to a name that nothing has. Raises FileExistsError."""
    try:
        os.link(name, last, src_dir_fd=folder, dst_dir_fd=parent, follow_symlinks=False)
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        _rename_new(folder, name, parent, last)
    else:
        os.unlink(name, dir_fd=folder)


def _rename_new(folder: int, name: str, parent: int, last: str) -> None:
    """As `_give_name`, on a file system without hard links (exFAT, many a share)."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is not None:
        if rename(folder, os.fsencode(name), parent, os.fsencode(last), _NOREPLACE) == 0:
            return
        code = ctypes.get_errno()
        if code not in {errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP}:
            raise OSError(code, os.strerror(code))
    # the last resort, which looks first: one process writes to the place of a copy
    try:
        os.stat(last, dir_fd=parent, follow_symlinks=False)
    except FileNotFoundError:
        os.rename(name, last, src_dir_fd=folder, dst_dir_fd=parent)
        return
    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))


def _let_go(fd: int) -> None:
    """Have the system forget what it holds of a file in memory, so that reading it asks the disk."""
    with contextlib.suppress(OSError, AttributeError):
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)


def _part_size(upload: str) -> int:
    if not _ID.match(upload):
        raise FileNotFoundError(errno.ENOENT, "no such upload", upload)
    return int(upload.partition("-")[0])


def _no_version(name: str, version: str | None) -> None:
    if version is not None:
        raise FileNotFoundError(errno.ENOENT, "no such version in a folder", name)


@contextlib.contextmanager
def _disk(doing: str, *, taken: str | None = None) -> Iterator[None]:
    """The system's errors in our words; FileNotFoundError stays."""
    try:
        yield
    except FileNotFoundError:
        raise
    except FileExistsError as error:
        where = taken or doing
        raise ConflictError(f"writing {where}: expected nothing under that name, found a file") from error
    except OSError as error:
        words = f"{doing}: {error.strerror or type(error).__name__}"
        if error.errno in {errno.ELOOP, errno.EMLINK} or error.errno in {errno.ENOTDIR, errno.EINVAL, errno.EISDIR}:
            raise TargetError(f"{doing}: expected a file in folders, found a link or something else") from error
        if error.errno in _FULL:
            raise NoRoomError(f"{doing}: no room left at the copy ({error.strerror})") from error
        kind = DeniedError if error.errno in _DENIED else TargetGoneError if error.errno in _AWAY else TargetError
        raise kind(words) from error
