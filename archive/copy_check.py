"""Whether a copy is what it has to be: asked of the target, and read back whole.

What is wrong is a `Fault`, by name. That a target cannot be reached is none: it is raised, and nothing is known.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from archive.copies import Copy, ProblemKind
from archive.digest import Digest, Digester, digest_octets
from archive.errors import DeniedError, NoLockError, TargetError, TargetGoneError
from archive.target import Level, Retention, Target

_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a copy."""

    kind: ProblemKind
    expected: str
    found: str

    @property
    def is_fatal(self) -> bool:
        """Whether what is there, by the version that is known, is not the file."""
        return self.kind in _FATAL


_FATAL = frozenset(
    {
        ProblemKind.LOST,
        ProblemKind.DAMAGED,
        ProblemKind.TRUNCATED,
        ProblemKind.UNREADABLE,
    }
)


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check came to."""

    level: Level | None
    """How far it is proved; None where it is not the file."""
    faults: tuple[Fault, ...] = ()


def composite(parts: Sequence[Digest]) -> str:
    """The SHA-256 over those of the parts, as S3 writes it."""
    whole = hashlib.sha256(b"".join(map(digest_octets, parts))).digest()
    return f"{base64.b64encode(whole).decode()}-{len(parts)}"


def check_copy(
    target: Target,
    copy: Copy,
    *,
    parts: Sequence[Digest] = (),
    versioned: bool | None = None,
    checksums: bool = True,
    newest: bool = True,
    advance: Callable[[int], None] | None = None,
) -> Checked:
    """Ask a target for a file that it acknowledged, and read all of it back.

    `parts`: the digests of the parts that it was sent in, where known. `versioned`: whether the target keeps versions.
    `checksums`: whether it is expected to know the SHA-256 that was sent. `newest`: whether the version has to be the
    newest one. Raises TargetError where the target cannot be asked.
    """
    faults: list[Fault] = []
    where = f"version {copy.version}" if copy.version else "the object"
    if versioned and copy.version is None:
        faults.append(Fault(ProblemKind.NO_VERSION, "the id of a version", "none"))
    try:
        head = target.head(copy.file, copy.version)
    except FileNotFoundError:
        return Checked(None, (*faults, Fault(ProblemKind.LOST, where, "no such object")))
    if head.size != copy.size:
        faults.append(Fault(ProblemKind.TRUNCATED, f"{copy.size} octets", f"{head.size} octets"))
    if copy.version is not None and head.version != copy.version:
        faults.append(Fault(ProblemKind.LOST, where, f"version {head.version}"))
    if head.checksum is not None and head.checksum != copy.digest:
        faults.append(Fault(ProblemKind.OTHER_CHECKSUM, copy.digest, head.checksum))
    if head.composite is not None and parts and head.composite != composite(parts):
        faults.append(Fault(ProblemKind.OTHER_CHECKSUM, composite(parts), head.composite))
    if checksums and target.kind == "s3" and head.checksum is None and head.composite is None:
        faults.append(Fault(ProblemKind.NO_CHECKSUM, "the SHA-256 that was sent", "none"))
    if newest:
        faults += _newest(target, copy)
    faults += _read(target, copy, advance)
    fatal = any(fault.is_fatal for fault in faults)
    return Checked(None if fatal else Level.READ, tuple(faults))


def _newest(target: Target, copy: Copy) -> list[Fault]:
    """Whether somebody has put something over it, which a reader without the version would get."""
    try:
        found = target.head(copy.file).version
    except FileNotFoundError:
        return [Fault(ProblemKind.DELETED, f"version {copy.version} as the newest", "a delete marker")]
    if found != copy.version:
        return [Fault(ProblemKind.OVERWRITTEN, f"version {copy.version} as the newest", f"version {found}")]
    return []


def _read(target: Target, copy: Copy, advance: Callable[[int], None] | None) -> list[Fault]:
    digester = Digester()
    try:
        with target.open(copy.file, version=copy.version) as file:
            while octets := file.read(_PIECE):
                digester.update(octets)
                if digester.length > copy.size:
                    break
                if advance is not None:
                    advance(len(octets))
    except FileNotFoundError:
        return [Fault(ProblemKind.LOST, f"{copy.size} octets", "no such object")]
    except (TargetGoneError, DeniedError):
        raise
    except (TargetError, OSError) as error:
        words = getattr(error, "strerror", None) or str(error)
        return [Fault(ProblemKind.UNREADABLE, f"{copy.size} octets", f"{digester.length}, then: {words}")]
    if digester.length > copy.size:
        return [Fault(ProblemKind.TRUNCATED, f"{copy.size} octets", "more of them")]
    if digester.length < copy.size:
        return [Fault(ProblemKind.TRUNCATED, f"{copy.size} octets", f"{digester.length} octets")]
    if digester.digest() != copy.digest:
        return [Fault(ProblemKind.DAMAGED, copy.digest, digester.digest())]
    return []


def check_lock(target: Target, copy: Copy, wanted: Retention) -> tuple[Retention | None, Fault | None]:
    """The lock of a copy as the target tells it now, and what is wrong with it. Raises TargetError."""
    try:
        found = target.retention(copy.file, copy.version)
    except FileNotFoundError:
        return None, Fault(ProblemKind.LOST, f"version {copy.version}", "no such object")
    except NoLockError as error:
        return None, Fault(ProblemKind.NO_LOCK, lock_words(wanted), str(error))
    if found is None:
        return None, Fault(ProblemKind.NO_LOCK, lock_words(wanted), "none")
    if not found.holds(wanted):
        return found, Fault(ProblemKind.OTHER_LOCK, lock_words(wanted), lock_words(found))
    return found, None


def lock_words(retention: Retention) -> str:
    """A lock, for people."""
    return f"{retention.mode} until {retention.until:%Y-%m-%dT%H:%M:%SZ}"
