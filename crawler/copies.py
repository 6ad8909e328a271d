"""The copies that khronika.toml names, opened: the wiring between its `[[copy]]` parts and `archive/`."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from archive.copying import LOCK, Destination
from archive.errors import UsageError
from archive.holding import Holder
from archive.lock import Lock
from archive.place import open_target, parse_place
from archive.target import LockMode

if TYPE_CHECKING:
    from archive.copies import Problem
    from crawler.config import Config
    from crawler.keep_policy import CopyPolicy


@dataclass(frozen=True, slots=True)
class OpenedCopy:
    """A copy of khronika.toml, ready to be asked; nothing was asked yet."""

    policy: CopyPolicy
    holder: Holder

    @property
    def name(self) -> str:
        """Its name."""
        return self.policy.name


def opened_copies(collection: Path, config: Config, names: Sequence[str] = ()) -> list[OpenedCopy]:
    """The copies of those names, or all of them. Raises UsageError for a name that is none, and where there is none."""
    if not config.copies:
        raise UsageError("khronika.toml names no copy: add a [[copy]] part with name and to (docs/copies.md)")
    known = {policy.name: policy for policy in config.copies}
    for name in names:
        if name not in known:
            raise UsageError(f"no copy {name!r} in khronika.toml; known: {', '.join(known)}")
    return [_opened(collection, policy) for policy in config.copies if not names or policy.name in names]


def _opened(collection: Path, policy: CopyPolicy) -> OpenedCopy:
    text = policy.to if policy.is_s3 else str(_resolved(collection, policy))
    place = parse_place(text, policy.endpoint)
    lock = None if policy.lock == "none" else LockMode(policy.lock)
    destination = Destination(
        policy.name,
        place,
        lock,
        policy.lock_days,
        policy.part_size,
        policy.private,
        target=open_target(place),
    )
    return OpenedCopy(policy, Holder(destination, _lost_together(collection, policy)))


def _resolved(collection: Path, policy: CopyPolicy) -> Path:
    """The folder of a copy. Raises UsageError where it holds the collection, or is held by it."""
    folder, own = policy.folder(collection).resolve(), collection.resolve()
    if folder == own or own in folder.parents or folder in own.parents:
        raise UsageError(f"[[copy]] {policy.name}: expected a folder beside the collection, found one within the other")
    return folder


def _lost_together(collection: Path, policy: CopyPolicy) -> str:
    """What two copies have in common that are lost together: the bucket, or the disk."""
    if policy.is_s3:
        return f"{policy.endpoint or 'amazon'} {policy.to.removeprefix('s3://').partition('/')[0]}"
    folder = policy.folder(collection).resolve()
    with contextlib.suppress(OSError):
        return f"disk {folder.stat().st_dev}"
    return f"folder {folder}"


@contextlib.contextmanager
def working_on_copies(collection: Path) -> Iterator[None]:
    """Alone at the copies. Raises CollectionLockedError."""
    lock = Lock(collection, LOCK, to="work on the copies", doing="working on them")
    try:
        yield
    finally:
        lock.release()


def told_problem(problem: Problem) -> dict[str, object]:
    """A problem as programs read it."""
    return {
        "type": "problem",
        "copy": problem.target,
        "file": problem.file or None,
        "kind": problem.kind.value,
        "expected": problem.expected,
        "found": problem.found,
        "version": problem.version,
        "found_at": f"{problem.found_at:%Y-%m-%dT%H:%M:%SZ}",
        "mended_at": None if problem.mended_at is None else f"{problem.mended_at:%Y-%m-%dT%H:%M:%SZ}",
    }


def words_of_problem(problem: Problem) -> str:
    """A problem in a line, the copy and the file named."""
    where = problem.file or "the place itself"
    kind = problem.kind.value.replace("-", " ")
    return f"{problem.target}: {where}: {kind}: expected {problem.expected}, found {problem.found}"
