"""Holding: whether a place really holds a copy, looked at now: by its version, to its last octet, with its lock.

What is found wrong is written into the state (`archive/copies.py`) before it is told; what is found to be right again
is mended there. A place that cannot be asked is neither: nothing is written, and whoever asks hears why.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from archive.checkpoint import parse_checkpoint
from archive.copies import Copies, Copy, Problem, ProblemKind, TargetRow
from archive.copy_check import check_lock
from archive.copying import Destination, read_back
from archive.errors import LogError, NoLockError, SignatureError, StateError, TargetGoneError
from archive.log import CHECKPOINT, LOG, LogReader
from archive.place import open_target
from archive.s3 import S3Place
from archive.target import Retention, Target


@dataclass(frozen=True, slots=True)
class Holder:
    """A configured copy, opened."""

    destination: Destination
    """With its target."""
    place: str
    """The same text for all that is lost together: one bucket, one disk."""

    @property
    def name(self) -> str:
        """Of the copy."""
        return self.destination.name

    @property
    def target(self) -> Target:
        """Where it is."""
        assert self.destination.target is not None, "a holder is opened once"
        return self.destination.target


def examine(
    holder: Holder,
    copies: Copies,
    copy: Copy,
    now: Callable[[], datetime],
    *,
    read: Callable[[int], None] | None = None,
) -> list[Problem]:
    """What is wrong with a copy that was proved to be there once; nothing, when the whole of it was read and is right.

    `read` hears of the octets that came. Raises TargetError where the place cannot be asked.
    """
    return read_back(copies, holder.destination, copy, now=now, advance=read)


def extend(
    holder: Holder, copies: Copies, copy: Copy, until: datetime, now: Callable[[], datetime]
) -> tuple[bool, Problem | None]:
    """Lock a copy until a moment, unless its lock lasts as long, as the place tells it now: whether it was asked for,
    and what is wrong after it.

    Raises TargetError where the place cannot be asked, and ValueError where no lock is asked for there.
    """
    if holder.destination.lock is None:
        raise ValueError(f"expected a copy with a lock, found none asked for at {holder.name}")
    wanted = Retention(holder.destination.lock, until.replace(microsecond=0))
    if (
        copy.retention is not None
        and copy.retention.holds(wanted)
        and check_lock(holder.target, copy, wanted)[1] is None
    ):
        return False, None
    with contextlib.suppress(NoLockError, FileNotFoundError):
        # what comes of it is read back
        holder.target.retain(copy.file, copy.version, wanted)
    found, fault = check_lock(holder.target, copy, wanted)
    if fault is not None or found is None:
        assert fault is not None, "no lock is a fault"
        told = (fault.kind, fault.expected, fault.found)
        return True, copies.note_problem(copy.target, copy.file, *told, now(), version=copy.version)
    copies.locked(copy.target, copy.file, found, now())
    copies.mend(copy.target, copy.file, now(), ProblemKind.NO_LOCK, ProblemKind.OTHER_LOCK)
    return True, None


def examine_place(holder: Holder, copies: Copies, log: LogReader, now: Callable[[], datetime]) -> list[Problem]:
    """What is wrong with a place as a whole: it is another's, or its log is no earlier state of ours.

    Raises TargetError where it is not there or cannot be asked, StateError where nothing was ever copied there.
    """
    row = copies.target(holder.name)
    if row is None:
        raise StateError(f"nothing was ever copied to {holder.name}: khronika copies push {holder.name}")
    found = [
        copies.note_problem(holder.name, "", kind, expected, told, now())
        for kind, expected, told in _wrong_place(holder, row, log)
    ]
    if not found:
        copies.mend(holder.name, "", now(), ProblemKind.FOREIGN, ProblemKind.ROLLED_BACK)
    return found


Wrong = tuple[ProblemKind, str, str]
"""A kind, what was expected, what was found."""


def _wrong_place(holder: Holder, row: TargetRow, log: LogReader) -> Iterator[Wrong]:
    mark = holder.target.mark()
    if mark is None and holder.target.kind == "folder":
        # what a disk is mounted on, as a rule
        raise TargetGoneError(f"expected the copy {holder.name} in its folder, found no mark of it: is the disk there?")
    if mark != row.mark:
        yield ProblemKind.FOREIGN, "the mark of this collection's copy", "no mark" if mark is None else "another mark"
        return
    if row.log_size is None:
        return
    expected = f"a log of at least {row.log_size} entries, as was put there"
    try:
        there = LogReader(holder.target.store())
    except LogError as error:
        yield ProblemKind.ROLLED_BACK, expected, str(error)
        return
    refused = other_history(there, log)
    if refused is not None:
        yield ProblemKind.ROLLED_BACK, expected, refused
    elif there.size < row.log_size:
        yield ProblemKind.ROLLED_BACK, expected, f"one of {there.size}"


def other_history(there: LogReader, log: LogReader) -> str | None:
    """Why the checkpoint of a copy is none that this log has issued; None when it is one."""
    if there.size > log.size:
        return f"a log of {there.size} entries, more than the {log.size} here"
    try:
        ours = parse_checkpoint(log.checkpoint_at(there.size)).checkpoint
    except (LogError, SignatureError) as error:
        return f"a checkpoint of {there.size} entries that this log has not issued ({error})"
    if ours != there.signed.checkpoint or log.root(there.size) != there.signed.root:
        return f"{LOG}/{CHECKPOINT} of another history"
    return None


def lie_together(one: Holder, other: Holder) -> bool:
    """Whether two copies are lost together. Raises TargetError where that cannot be asked.

    A server goes by several names: in buckets of one name, the mark of the one is looked for by the address of the
    other.
    """
    if one.place == other.place:
        return True
    here, there = one.destination.place, other.destination.place
    if not (isinstance(here, S3Place) and isinstance(there, S3Place) and here.bucket == there.bucket):
        return False
    mark = other.target.mark()
    return mark is not None and open_target(replace(here, prefix=there.prefix)).mark() == mark


def wanted_lock(holder: Holder, copy: Copy) -> Retention | None:
    """The least lock that was asked for; None where none was."""
    # a copy waits before it is sent: what was asked for then cannot end sooner
    return holder.destination.retention(copy.since)
