"""A target: a place where copies of a collection's files are put, and asked what it really holds.

A bucket on S3 (`s3_target.py`) or a folder on another disk (`folder_target.py`); `place.py` opens either. Nothing that
a target is told is believed because it was told: each answer here is what the target says of an object after the fact,
and the whole object can be read back by its version. Names are relative to the collection, with `/` between the parts.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Protocol

from archive.digest import Digest
from archive.store import Store


class Level(enum.StrEnum):
    """How far it is proved that a target holds a file; the strongest is the first."""

    READ = "read"
    """The whole object was read back, by its version where there is one, and hashed to what was expected."""
    CHECKSUM = "checksum"
    """The target gave a SHA-256 of the object (or of its parts, recomputed here) that it says is its own."""
    SIZE = "size"
    """The target has as many octets under the name."""

    @property
    def rank(self) -> int:
        """The higher the more is proved."""
        return {"read": 3, "checksum": 2, "size": 1}[self.value]


class LockMode(enum.StrEnum):
    """Object Lock: who may delete a version before its time."""

    GOVERNANCE = "governance"
    """Whoever has the right to go round it."""
    COMPLIANCE = "compliance"
    """Nobody."""


@dataclass(frozen=True, slots=True)
class Retention:
    """Until when a version cannot be deleted."""

    mode: LockMode
    until: datetime

    def holds(self, wanted: Retention) -> bool:
        """Whether it is at least what was wanted, to the second: S3 keeps no more of a time."""
        return (self.mode == wanted.mode or self.mode is LockMode.COMPLIANCE) and (
            self.until.replace(microsecond=0) >= wanted.until.replace(microsecond=0)
        )


@dataclass(frozen=True, slots=True)
class Placed:
    """An object, as the target tells of it."""

    size: int
    version: str | None
    """Id of the version; None where the target keeps none."""
    checksum: Digest | None = None
    """SHA-256 of the whole object, where the target says one."""
    composite: str | None = None
    """SHA-256 over those of the parts, as S3 writes it: `BASE64-COUNT`."""
    retention: Retention | None = None
    """As far as it was told with the rest; `Target.retention` asks for it."""
    modified_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an object."""

    version: str | None
    size: int
    latest: bool
    deleted: bool = False
    """Whether it only says that the object was deleted (S3: a delete marker)."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an upload that the target has."""

    number: int
    """From 1."""
    size: int
    tag: str
    """What the target calls it: S3's ETag."""
    checksum: Digest | None = None
    """As the target says it."""


class Source(Protocol):
    """A file here that is sent; read in pieces, more than once where an attempt fails."""

    @property
    def size(self) -> int:
        """Its octets."""
        ...

    def open(self, offset: int = 0, length: int | None = None) -> BinaryIO:
        """A part of it, from an offset on; it can be sought in."""
        ...


MARK_FILE = "khronika-copy"
"""Name of the marker file: a place without it is not, or not yet, the place of a copy."""


def check_name(name: str) -> str:
    """A name as it is, if it stays below the place. Raises ValueError."""
    parts = name.split("/")
    if not name or "\0" in name or any(part in {"", ".", ".."} for part in parts):
        raise ValueError(f"expected a name below the place of a copy, found {name!r}")
    return name


class Target(Protocol):
    """A place for copies.

    Every method raises FileNotFoundError for a name, version or upload that is not there, and a TargetError
    (`errors.py`) for what the target refuses: TargetGoneError when it is not there at all, ConflictError when the name
    is taken, RefusedError when it would not take the octets, NoRoomError when it is full.
    """

    @property
    def kind(self) -> str:
        """`s3` or `folder`."""
        ...

    @property
    def locks(self) -> bool:
        """Whether this kind of target can keep a version from being deleted."""
        ...

    def mark(self) -> str | None:
        """The id in the target's marker file; None where there is none. Raises TargetGoneError."""
        ...

    def begin(self, mark: str) -> None:
        """Write the marker file of a target that has none: from then on the place is known by it."""
        ...

    def versioned(self) -> bool | None:
        """Whether the target says that it keeps versions; None where it does not say."""
        ...

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
        """Put a whole file, its SHA-256 said before it; what the target answered, of which nothing is proved yet.

        Without `replace`, what is there under the name is never written over: ConflictError.
        """
        ...

    def begin_parts(self, name: str, size: int, part_size: int, *, retention: Retention | None = None) -> str:
        """Begin an upload in parts: its id. Nothing is under the name before `complete`."""
        ...

    def put_part(self, name: str, upload: str, number: int, source: BinaryIO, size: int, digest: Digest) -> Part:
        """Put one part, from 1 on; one that is there already is replaced."""
        ...

    def parts(self, name: str, upload: str) -> list[Part]:
        """The parts of an upload that the target has. Raises FileNotFoundError where it knows no such upload."""
        ...

    def complete(self, name: str, upload: str, parts: Sequence[Part], *, replace: bool = False) -> Placed:
        """Make the object of its parts."""
        ...

    def abort(self, name: str, upload: str) -> None:
        """Let go of an upload and its parts; one that is not there is none."""
        ...

    def uploads(self) -> list[tuple[str, str]]:
        """Uploads below the place that were begun and not completed: name and id."""
        ...

    # ---- what is there

    def head(self, name: str, version: str | None = None) -> Placed:
        """What the target says of an object, of its newest version or one."""
        ...

    def versions(self, name: str) -> list[Version]:
        """Every version of an object, the newest first; one without an id where the target keeps none."""
        ...

    def open(self, name: str, offset: int = 0, length: int | None = None, version: str | None = None) -> BinaryIO:
        """An object from an offset on, `length` octets of it or all; an object that is shorter gives less."""
        ...

    def retention(self, name: str, version: str | None) -> Retention | None:
        """The lock of a version as the target tells it now; None without one."""
        ...

    def retain(self, name: str, version: str | None, retention: Retention) -> None:
        """Lock a version."""
        ...

    def names(self, prefix: str) -> Iterator[str]:
        """The files below a folder of the place, `""` for all, in the order of their names."""
        ...

    def store(self, versions: Mapping[str, str | None] | None = None) -> Store:
        """The place as a store to read from; the files that `versions` names are read by those versions alone."""
        ...
