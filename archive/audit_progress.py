"""What a verification had done when it was interrupted: the files that were found sound, so that it can go on.

    inbox/verify.json   {"version":1,"size":…,"root":"<hex>","files":{"<name>":{"bytes":…,"mtime":…,"ctime":…,"inode":…,
                         "records":…,"captures":…}}}, a line end, and the HMAC-SHA256 of that in hexadecimal digits

A file counts as verified only while the system says that nothing has touched it (size, both times, inode), and only for
a log that goes on from the one it was held against. Whoever can write to the folder could write here too, and have an
altered file passed over: so the HMAC's key is made of the log key's file, and where that cannot be read nothing is kept
and nothing taken up. What was taken from here is said with the result.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from archive.inbox import INBOX
from archive.keys import KEYS, LOG_KEY
from archive.warc import regular, write_all

NAME = "verify.json"
EVERY = 2.0
"""Seconds between two writings."""
_LIMIT = 64 << 20
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Sound:
    """A file that was found to be as it was sealed, and how it lay on the disk."""

    bytes: int
    mtime: int
    """Nanoseconds."""
    ctime: int
    inode: int
    records: int
    captures: int

    def still(self, path: Path) -> bool:
        """Whether nothing has touched the file since."""
        try:
            stat = path.stat()
        except OSError:
            return False
        return (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino) == (
            self.bytes,
            self.mtime,
            self.ctime,
            self.inode,
        )


def sound(path: Path, *, records: int, captures: int) -> Sound | None:
    """A file as it lies there; None when it cannot be seen."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return Sound(stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino, records, captures)


class Progress:
    """What is kept of a verification; nothing where the folder cannot be written, or the log key is elsewhere."""

    def __init__(self, collection: Path) -> None:
        """`collection`: its folder."""
        self.size = 0
        """Entries of the log that the files were held against."""
        self.root = b""
        self.files: dict[str, Sound] = {}
        self._path = collection / INBOX / NAME
        self._secret = _secret(collection)
        self._written = time.monotonic()

    def load(self) -> bool:
        """Take up what is there; False when there is nothing that can be."""
        try:
            with open(self._path, "rb", opener=regular) as file:
                octets, _, code = file.read(_LIMIT).rpartition(b"\n")
            if self._secret is None or not hmac.compare_digest(_code(self._secret, octets), code):
                return False
            told: Any = json.loads(octets)
            if told["version"] != _VERSION or type(told["size"]) is not int:
                return False
            files = {str(name): Sound(**fields) for name, fields in told["files"].items()}
            root = bytes.fromhex(told["root"])
            if any(type(number) is not int for file in files.values() for number in asdict(file).values()):
                return False
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return False
        self.size, self.root, self.files = told["size"], root, files
        return True

    def note(self, name: str, file: Sound) -> None:
        """Add a file; now and then all is written."""
        self.files[name] = file
        if time.monotonic() - self._written >= EVERY:
            self.write()

    def write(self) -> bool:
        """Keep what is there; False where it cannot be."""
        self._written = time.monotonic()
        if self._secret is None:
            return False
        told = {
            "version": _VERSION,
            "size": self.size,
            "root": self.root.hex(),
            "files": {name: asdict(file) for name, file in self.files.items()},
        }
        fresh = self._path.with_name(f".{NAME}.new")
        try:
            self._path.parent.mkdir(exist_ok=True)
            fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            try:
                octets = json.dumps(told).encode()
                write_all(fd, octets + b"\n" + _code(self._secret, octets), 0)
            finally:
                os.close(fd)
            fresh.replace(self._path)
        except OSError:
            return False
        return True

    def remove(self) -> None:
        """The verification came to its end."""
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)


def _secret(collection: Path) -> bytes | None:
    """What only who has the log key's file can make; None where it cannot be read."""
    try:
        return hashlib.sha256(b"khronika-verify/1\n" + (collection / KEYS / LOG_KEY).read_bytes()).digest()
    except OSError:
        return None


def _code(secret: bytes, octets: bytes) -> bytes:
    return hmac.new(secret, octets, "sha256").hexdigest().encode()
