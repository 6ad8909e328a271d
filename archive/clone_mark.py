"""Whether a collection is a clone: made from a copy, and read-only until its owner lets it go on.

    clone.json   {"from":"s3://bucket/prefix","checkpoint":<entries>,"made":"2026-11-22T01:00:00.000000Z","version":1}

The machine that the copy was made on may still be at work, or may have signed what the copy lacks. Were the same log
gone on with in two places, there would be two histories under one name. So nothing is logged or signed in a clone,
until `khronika key rotate --restored` has retired the old key with the root key and put a `restored` event in the log.
The file says no more than a person could know from the command that made it; whoever removes it by hand still lacks the
log key, which is in no copy.
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from archive.errors import CloneError, StorageError
from archive.header import format_date
from archive.warc import sync_folder

NAME = "clone.json"
_LIMIT = 1 << 16


@dataclass(frozen=True, slots=True)
class CloneMark:
    """Where a clone came from."""

    place: str
    checkpoint: int
    """Entries of the log that it was made with."""
    made: datetime

    def octets(self) -> bytes:
        """The mark as a file."""
        members = {"checkpoint": self.checkpoint, "from": self.place, "made": format_date(self.made), "version": 1}
        return json.dumps(members, ensure_ascii=False, sort_keys=True).encode() + b"\n"


def mark(folder: Path, clone: CloneMark) -> None:
    """Mark the collection in a folder as a clone. Raises StorageError."""
    fresh = folder / f".{NAME}.new"
    try:
        with fresh.open("wb") as file:
            file.write(clone.octets())
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(folder / NAME)
    except OSError as error:
        raise StorageError(f"writing {NAME}: {error.strerror}") from error
    sync_folder(folder)


def unmark(folder: Path) -> None:
    """Let the collection in a folder go on: its key has been changed. Raises StorageError."""
    if not is_clone(folder):
        return
    try:
        (folder / NAME).unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(f"removing {NAME}: {error.strerror}") from error
    sync_folder(folder)


def is_clone(folder: Path) -> bool:
    """Whether the collection in a folder is a clone; a mark that cannot be read is one."""
    return os.path.lexists(folder / NAME)


def place_of(folder: Path) -> str | None:
    """Where a clone came from; None where the mark does not say it."""
    with contextlib.suppress(OSError, ValueError):
        with (folder / NAME).open("rb") as file:
            told = json.loads(file.read(_LIMIT))
        place = told.get("from") if isinstance(told, dict) else None
        return place if isinstance(place, str) else None
    return None


def refuse_clone(folder: Path) -> None:
    """Raise CloneError where the collection in a folder is a clone."""
    if is_clone(folder):
        raise CloneError(
            f"expected a collection that may be written, found a clone ({NAME}), which is for reading: the log may "
            "have been gone on with elsewhere, and must not get a second history. Where the first collection is lost, "
            "let this one go on under a new key: khronika key rotate --restored --root FILE (docs/restore.md)"
        )
