"""Copies: how far each file is at each target, what was found wrong there, what was released here. In state.sqlite.

    closed ──► uploading ──► uploaded(version) ──► verified(level) ──► locked(mode, until)
      ▲            │              │                     │                    │
      └────────────┴──────────────┴── again (lost, changed, flipped, …) ─────┘

A step is written after the act that it claims, and what is about to be done before: a row never claims more than what
is at the target, at whatever point the process dies. A problem is never deleted: one that was mended says when. What is
released is no longer here, and `read` from the copies alone.
"""

from __future__ import annotations

import enum
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    Index,
    Integer,
    LargeBinary,
    Row,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    update,
)

from archive.database import FLAG, WIDE, Database, DigestColumn, Moment
from archive.digest import Digest
from archive.errors import StateError
from archive.page_memory import META
from archive.target import Level, LockMode, Retention

TARGETS = Table(
    "targets",
    META,
    # Name of the [[copy]] in khronika.toml.
    Column("name", Text, primary_key=True),
    # As khronika.toml names it.
    Column("place", Text, nullable=False),
    Column("endpoint", Text),
    # What its marker file says: the same name at another place is another target.
    Column("mark", Text, nullable=False),
    Column("began_at", Moment, nullable=False),
    # Whether it keeps versions, as it said when last asked.
    Column("versioned", FLAG),
    # What `doctor s3` found that it can do, JSON.
    Column("probe", Text),
    Column("probed_at", Moment),
    # The newest checkpoint that was put there and read back.
    Column("log_size", WIDE),
    Column("log_root", LargeBinary),
    # The last push: when it ended, whatever it came to, and when one last ended well.
    Column("tried_at", Moment),
    Column("pushed_at", Moment),
    Column("error", Text, nullable=False),
    sqlite_strict=True,
)

COPIES = Table(
    "copies",
    META,
    Column("target", Text, primary_key=True),
    # Relative to the collection.
    Column("file", Text, primary_key=True),
    Column("step", Text, nullable=False),
    # What the copy has to be; for a WARC, what the log's seal says.
    Column("size", WIDE, nullable=False),
    Column("digest", DigestColumn, nullable=False),
    # When it was first waited for, or again.
    Column("since", Moment, nullable=False),
    # Id of an upload in parts that was begun.
    Column("upload", Text),
    Column("part_size", WIDE),
    Column("version", Text),
    Column("level", Text),
    Column("uploaded_at", Moment),
    Column("verified_at", Moment),
    # When the whole of it was last read back and was right.
    Column("read_at", Moment),
    # As read back.
    Column("lock_mode", Text),
    Column("lock_until", Moment),
    Column("locked_at", Moment),
    # Since it last went forward.
    Column("attempts", Integer, nullable=False),
    Column("error", Text, nullable=False),
    Index("copies_step", "target", "step"),
    Index("copies_read", "target", "read_at"),
    Index("copies_file", "file"),
    sqlite_strict=True,
)

COPY_PROBLEMS = Table(
    "copy_problems",
    META,
    Column("target", Text, primary_key=True),
    # Empty for what is wrong with the target as a whole.
    Column("file", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("found_at", Moment, primary_key=True),
    # When it was last seen.
    Column("seen_at", Moment, nullable=False),
    Column("expected", Text, nullable=False),
    Column("found", Text, nullable=False),
    Column("version", Text),
    Column("mended_at", Moment),
    sqlite_strict=True,
)

RELEASED = Table(
    "released",
    META,
    Column("file", Text, primary_key=True),
    Column("size", WIDE, nullable=False),
    Column("digest", DigestColumn, nullable=False),
    Column("released_at", Moment, nullable=False),
    sqlite_strict=True,
)


class Step(enum.StrEnum):
    """How far a file is copied, in this order."""

    CLOSED = "closed"
    UPLOADING = "uploading"
    UPLOADED = "uploaded"
    VERIFIED = "verified"
    LOCKED = "locked"


THERE = (Step.UPLOADED, Step.VERIFIED, Step.LOCKED)
"""Steps of what the target has acknowledged."""
PROVED = (Step.VERIFIED, Step.LOCKED)
"""Steps of what was proved to be there."""


class ProblemKind(enum.StrEnum):
    """What can be wrong with a copy."""

    LOST = "lost"  # no such object, or no such version
    DAMAGED = "damaged"  # what was read back is not what was put
    TRUNCATED = "truncated"  # shorter or longer than what was put
    OVERWRITTEN = "overwritten"  # a newer version, or another one than was put
    DELETED = "deleted"  # a delete marker over it
    CONFLICT = "conflict"  # another's object under the name
    NO_CHECKSUM = "no-checksum"  # a checksum was sent, and the target knows none
    OTHER_CHECKSUM = "other-checksum"  # the target says another one
    NO_VERSION = "no-version"  # the target keeps versions, and gave none
    NO_LOCK = "no-lock"  # it was to be locked, and is not
    OTHER_LOCK = "other-lock"  # locked otherwise or shorter than asked
    UNREADABLE = "unreadable"  # there, and cannot be read
    LOCAL_ALTERED = "local-altered"  # the file here is not what the log says
    ROLLED_BACK = "rolled-back"  # the target's log is not an earlier state of ours
    FOREIGN = "foreign"  # the place belongs to another collection


@dataclass(frozen=True, slots=True)
class TargetRow:
    """A target, as the state knows it."""

    name: str
    place: str
    endpoint: str | None
    mark: str
    began_at: datetime
    versioned: bool | None
    probe: Mapping[str, Any] | None
    probed_at: datetime | None
    log_size: int | None
    """Entries of the log whose checkpoint was last put there."""
    log_root: bytes | None
    tried_at: datetime | None
    pushed_at: datetime | None
    """When a push last ended with everything there."""
    error: str
    """Why the last push did not; empty when it did."""


@dataclass(frozen=True, slots=True)
class Copy:
    """One file at one target."""

    target: str
    file: str
    step: Step
    size: int
    digest: Digest
    since: datetime
    upload: str | None = None
    part_size: int | None = None
    version: str | None = None
    level: Level | None = None
    uploaded_at: datetime | None = None
    verified_at: datetime | None = None
    read_at: datetime | None = None
    retention: Retention | None = None
    locked_at: datetime | None = None
    attempts: int = 0
    error: str = ""

    @property
    def is_proved(self) -> bool:
        """Whether it was proved to be there, at whatever level."""
        return self.step in PROVED


@dataclass(frozen=True, slots=True)
class Problem:
    """What was found wrong with a copy."""

    target: str
    file: str
    kind: ProblemKind
    found_at: datetime
    expected: str
    found: str
    seen_at: datetime
    version: str | None = None
    mended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Released:
    """A file that is no longer here."""

    file: str
    size: int
    digest: Digest
    released_at: datetime
    copies: tuple[Copy, ...]
    """Those that were read back whole, the one that was read last first."""


@dataclass(frozen=True, slots=True)
class CopyCounts:
    """How far a target is."""

    files: Mapping[Step, int]
    octets: Mapping[Step, int]
    waiting_since: datetime | None
    """Of the oldest file that is not proved to be there."""
    failing: int
    """Files whose last attempt failed."""
    error: str
    """Of one of them."""
    read_at: datetime | None
    """Of the file that was read back the longest time ago; None where one never was, or there is none."""
    never_read: int
    """Files that are there and were never read back whole."""


class Copies:
    """The copies of one collection."""

    def __init__(self, database: Database, *, exists: bool = True) -> None:
        """`exists`: whether the file has the tables; one of an older schema that is only looked at has none."""
        self._database = database
        self._exists = exists

    # ---- targets

    def targets(self) -> list[TargetRow]:
        """Every target that a push ever began, by name."""
        if not self._exists:
            return []
        with self._database.reading() as connection:
            return [_target(row) for row in connection.execute(select(TARGETS).order_by(TARGETS.c.name))]

    def target(self, name: str) -> TargetRow | None:
        """One target; None before its first push."""
        return next((row for row in self.targets() if row.name == name), None)

    def begin_target(self, name: str, place: str, endpoint: str | None, mark: str, at: datetime) -> None:
        """Note a target and its mark, before the mark is written there; of a known one, where it is now.

        Raises StateError where the target is known under another mark.
        """
        with self._database.writing() as connection:
            known = connection.execute(select(TARGETS.c.mark).where(TARGETS.c.name == name)).scalar()
            if known is None:
                row = {"name": name, "place": place, "endpoint": endpoint, "mark": mark, "began_at": at, "error": ""}
                connection.execute(insert(TARGETS).values(row))
            elif known != mark:
                raise StateError(f"expected the copy {name} to have the mark {known}, found {mark}")
            else:
                where = TARGETS.c.name == name
                connection.execute(update(TARGETS).where(where).values(place=place, endpoint=endpoint))

    def note_versioned(self, name: str, versioned: bool) -> None:
        """Note whether a target says that it keeps versions."""
        self._set_target(name, versioned=versioned)

    def note_probe(self, name: str, probe: Mapping[str, Any], at: datetime) -> None:
        """Note what a target was found to be able to do."""
        self._set_target(name, probe=json.dumps(dict(probe), ensure_ascii=False, sort_keys=True), probed_at=at)

    def note_log(self, name: str, size: int, root: bytes) -> None:
        """Note the checkpoint that is at a target, read back."""
        self._set_target(name, log_size=size, log_root=root)

    def end_push(self, name: str, at: datetime, error: str = "") -> None:
        """Note how a push ended; without an error, everything is there."""
        values: dict[str, Any] = {"tried_at": at, "error": error}
        self._set_target(name, **values, **({} if error else {"pushed_at": at}))

    def forget_target(self, name: str) -> int:
        """Forget a target and all that is claimed of it, its problems too: how many files. For one that is given up."""
        with self._database.writing() as connection:
            forgotten = connection.execute(delete(COPIES).where(COPIES.c.target == name)).rowcount
            connection.execute(delete(COPY_PROBLEMS).where(COPY_PROBLEMS.c.target == name))
            connection.execute(delete(TARGETS).where(TARGETS.c.name == name))
        return int(forgotten)

    def _set_target(self, name: str, **values: Any) -> None:
        with self._database.writing() as connection:
            if not connection.execute(update(TARGETS).where(TARGETS.c.name == name).values(values)).rowcount:
                raise StateError(f"expected the copy {name} in the state, found none")

    # ---- the steps of a file

    def wait(self, target: str, files: Iterable[tuple[str, int, Digest]], at: datetime) -> int:
        """Note files that are to be copied, name, size and digest: how many were not known, or are others now.

        One that is known with the same content stays at its step; one whose content is another begins again.
        """
        new = 0
        with self._database.writing() as connection:
            known = {
                row.file: (row.size, row.digest)
                for row in connection.execute(
                    select(COPIES.c.file, COPIES.c.size, COPIES.c.digest).where(COPIES.c.target == target)
                )
            }
            for file, size, digest in files:
                if known.get(file) == (size, digest):
                    continue
                new += 1
                row = {**_BEGUN, "size": size, "digest": digest, "since": at}
                if file in known:
                    connection.execute(update(COPIES).where(*_key(target, file)).values(row))
                else:
                    connection.execute(insert(COPIES).values(target=target, file=file, **row))
                known[file] = (size, digest)
        return new

    def begin_upload(self, target: str, file: str, *, upload: str | None = None, part_size: int | None = None) -> None:
        """Note that octets are about to leave; `upload`: the id of an upload in parts, before its first part."""
        values = {"step": str(Step.UPLOADING), "upload": upload, "part_size": part_size}
        self._set(target, file, (Step.CLOSED, Step.UPLOADING), **values, attempts=COPIES.c.attempts + 1)

    def uploaded(self, target: str, file: str, version: str | None, at: datetime) -> None:
        """Note that the target has acknowledged the whole of it. The part size stays: its checksum is made of parts."""
        values = {"step": str(Step.UPLOADED), "version": version, "uploaded_at": at, "upload": None}
        self._set(target, file, (Step.CLOSED, Step.UPLOADING), **values, level=None)

    def verified(self, target: str, file: str, level: Level, at: datetime) -> None:
        """Note what was proved of it; a lock that was read back stays."""
        values: dict[str, Any] = {"level": str(level), "verified_at": at, "attempts": 0, "error": ""}
        if level is Level.READ:
            values["read_at"] = at
        with self._database.writing() as connection:
            step = connection.execute(select(COPIES.c.step).where(*_key(target, file))).scalar()
            if step not in [str(each) for each in THERE]:
                raise StateError(f"expected {file} to be at the copy {target}, found it {step or 'unknown'}")
            if step == Step.UPLOADED:
                values["step"] = str(Step.VERIFIED)
            connection.execute(update(COPIES).where(*_key(target, file)).values(values))

    def locked(self, target: str, file: str, retention: Retention, at: datetime) -> None:
        """Note the lock that was read back."""
        values = {"lock_mode": str(retention.mode), "lock_until": retention.until, "locked_at": at}
        self._set(target, file, PROVED, step=str(Step.LOCKED), **values)

    def unlocked(self, target: str, file: str) -> None:
        """Note that a version that was locked is not any more."""
        self._set(target, file, PROVED, step=str(Step.VERIFIED), lock_mode=None, lock_until=None, locked_at=None)

    def name_version(self, target: str, file: str, version: str) -> None:
        """Note the version of a file whose target said none when it was put."""
        self._set(target, file, THERE, version=version)

    def put_off(self, target: str, file: str, error: str) -> None:
        """Note why an attempt failed; the step stays."""
        self._set(target, file, tuple(Step), error=error)

    def again(self, target: str, file: str, at: datetime) -> None:
        """Begin anew: what is at the target is not what was claimed."""
        self._set(target, file, tuple(Step), **_BEGUN, since=at)

    def forget(self, target: str, file: str) -> None:
        """Forget a file that is no longer waited for; its problems stay."""
        with self._database.writing() as connection:
            connection.execute(delete(COPIES).where(*_key(target, file)))

    def _set(self, target: str, file: str, steps: Iterable[Step], **values: Any) -> None:
        at_one = COPIES.c.step.in_([str(step) for step in steps])
        with self._database.writing() as connection:
            if not connection.execute(update(COPIES).where(*_key(target, file), at_one).values(values)).rowcount:
                found = connection.execute(select(COPIES.c.step).where(*_key(target, file))).scalar()
                expected = " or ".join(steps)
                raise StateError(f"expected {file} at the copy {target} to be {expected}, found {found or 'unknown'}")

    # ---- what is known of files

    def copy(self, target: str, file: str) -> Copy | None:
        """One file at one target."""
        return next(iter(self._copies(*_key(target, file))), None)

    def of_target(self, target: str, *, steps: Iterable[Step] | None = None) -> list[Copy]:
        """The files of a target, or those at some steps, by name."""
        wanted = [] if steps is None else [COPIES.c.step.in_([str(step) for step in steps])]
        return self._copies(COPIES.c.target == target, *wanted)

    def of_file(self, file: str) -> list[Copy]:
        """A file at every target that knows it."""
        return self._copies(COPIES.c.file == file)

    def longest_unread(self, target: str, limit: int, *, prefix: str = "") -> list[Copy]:
        """The files that are proved to be there and were read back the longest time ago, or never."""
        if not self._exists:
            return []
        query = select(COPIES).where(COPIES.c.target == target, COPIES.c.step.in_([str(step) for step in PROVED]))
        if prefix:
            query = query.where(COPIES.c.file >= prefix, COPIES.c.file < prefix[:-1] + chr(ord(prefix[-1]) + 1))
        # never read: the first; said so that every database orders alike
        query = query.order_by(COPIES.c.read_at.is_not(None), COPIES.c.read_at, COPIES.c.file).limit(limit)
        with self._database.reading() as connection:
            return [_copy(row) for row in connection.execute(query)]

    def _copies(self, *wanted: Any) -> list[Copy]:
        if not self._exists:
            return []
        query = select(COPIES).where(*wanted).order_by(COPIES.c.target, COPIES.c.file)
        with self._database.reading() as connection:
            return [_copy(row) for row in connection.execute(query)]

    def counts(self) -> dict[str, CopyCounts]:
        """How far each target is."""
        return {row.name: self._counts(row.name) for row in self.targets()}

    def _counts(self, target: str) -> CopyCounts:
        mine, proved = COPIES.c.target == target, COPIES.c.step.in_([str(step) for step in PROVED])
        by_step = select(COPIES.c.step, func.count().label("files"), func.sum(COPIES.c.size).label("octets"))
        with self._database.reading() as connection:
            rows = connection.execute(by_step.where(mine).group_by(COPIES.c.step)).all()
            waiting = connection.execute(select(func.min(COPIES.c.since, type_=Moment)).where(mine, ~proved)).scalar()
            errors = connection.execute(
                select(func.count(), func.min(COPIES.c.error)).where(mine, COPIES.c.error != "")
            ).one()
            unread = connection.execute(
                select(func.count()).where(mine, proved, COPIES.c.read_at.is_(None))
            ).scalar_one()
            oldest = connection.execute(select(func.min(COPIES.c.read_at, type_=Moment)).where(mine, proved)).scalar()
        return CopyCounts(
            files={Step(row.step): int(row.files) for row in rows},
            octets={Step(row.step): int(row.octets) for row in rows},
            waiting_since=waiting,
            failing=int(errors[0]),
            error=errors[1] or "",
            read_at=None if unread else oldest,
            never_read=int(unread),
        )

    # ---- problems

    def note_problem(
        self,
        target: str,
        file: str,
        kind: ProblemKind,
        expected: str,
        found: str,
        at: datetime,
        *,
        version: str | None = None,
    ) -> Problem:
        """Note what is wrong with a copy; one that is open already was seen once more."""
        with self._database.writing() as connection:
            c = COPY_PROBLEMS.c
            key = (c.target == target, c.file == file, c.kind == str(kind))
            open_one = connection.execute(
                select(COPY_PROBLEMS).where(*key, c.mended_at.is_(None)).order_by(c.found_at.desc()).limit(1)
            ).one_or_none()
            told = {"expected": expected, "found": found, "version": version, "seen_at": at}
            if open_one is not None:
                found_at = open_one.found_at
                connection.execute(update(COPY_PROBLEMS).where(*key, c.found_at == found_at).values(told))
            else:
                found_at = at
                # one of the same instant that was mended is open again
                again = update(COPY_PROBLEMS).where(*key, c.found_at == at).values(**told, mended_at=None)
                if not connection.execute(again).rowcount:
                    row = {"target": target, "file": file, "kind": str(kind), "found_at": at, **told}
                    connection.execute(insert(COPY_PROBLEMS).values(row))
        return Problem(target, file, kind, found_at, expected, found, at, version)

    def mend(self, target: str, file: str, at: datetime, *kinds: ProblemKind) -> int:
        """Note that what was wrong with a file is no longer, or some kinds of it: how much."""
        c = COPY_PROBLEMS.c
        query = update(COPY_PROBLEMS).where(c.target == target, c.file == file, c.mended_at.is_(None))
        if kinds:
            query = query.where(c.kind.in_([str(kind) for kind in kinds]))
        with self._database.writing() as connection:
            return int(connection.execute(query.values(mended_at=at)).rowcount)

    def problems(self, target: str | None = None, file: str | None = None, *, mended: bool = False) -> list[Problem]:
        """What is wrong, the oldest first; with `mended`, what was wrong too."""
        if not self._exists:
            return []
        c = COPY_PROBLEMS.c
        query = select(COPY_PROBLEMS).order_by(c.found_at, c.target, c.file, c.kind)
        if target is not None:
            query = query.where(c.target == target)
        if file is not None:
            query = query.where(c.file == file)
        if not mended:
            query = query.where(c.mended_at.is_(None))
        with self._database.reading() as connection:
            return [_problem(row) for row in connection.execute(query)]

    # ---- what is no longer here

    def release(self, file: str, size: int, digest: Digest, at: datetime) -> None:
        """Note that a file is about to go from here; before it does."""
        with self._database.writing() as connection:
            values = {"size": size, "digest": digest, "released_at": at}
            if not connection.execute(update(RELEASED).where(RELEASED.c.file == file).values(values)).rowcount:
                connection.execute(insert(RELEASED).values(file=file, **values))

    def restored(self, file: str) -> None:
        """Note that a file is here again; after it is."""
        with self._database.writing() as connection:
            connection.execute(delete(RELEASED).where(RELEASED.c.file == file))

    def released(self) -> list[Released]:
        """Every file that is no longer here, by name."""
        return self._released()

    def released_file(self, file: str) -> Released | None:
        """One such file; None where it was never released."""
        return next(iter(self._released(RELEASED.c.file == file)), None)

    def _released(self, *wanted: Any) -> list[Released]:
        if not self._exists:
            return []
        with self._database.reading() as connection:
            rows = connection.execute(select(RELEASED).where(*wanted).order_by(RELEASED.c.file)).all()
            copies: dict[str, list[Copy]] = {}
            query = select(COPIES).join(RELEASED, RELEASED.c.file == COPIES.c.file).where(*wanted)
            query = query.where(COPIES.c.read_at.is_not(None), COPIES.c.step.in_([str(step) for step in PROVED]))
            for row in connection.execute(query.order_by(COPIES.c.read_at.desc(), COPIES.c.target)):
                copies.setdefault(row.file, []).append(_copy(row))
        return [
            Released(
                row.file,
                row.size,
                row.digest,
                row.released_at,
                tuple(copy for copy in copies.get(row.file, ()) if (copy.size, copy.digest) == (row.size, row.digest)),
            )
            for row in rows
        ]


_BEGUN: Mapping[str, Any] = {
    "step": str(Step.CLOSED),
    "upload": None,
    "part_size": None,
    "version": None,
    "level": None,
    "uploaded_at": None,
    "verified_at": None,
    "read_at": None,
    "lock_mode": None,
    "lock_until": None,
    "locked_at": None,
    "attempts": 0,
    "error": "",
}
"""A file of which nothing is at the target."""


def _key(target: str, file: str) -> tuple[Any, Any]:
    return COPIES.c.target == target, COPIES.c.file == file


def _target(row: Row[Any]) -> TargetRow:
    return TargetRow(
        name=row.name,
        place=row.place,
        endpoint=row.endpoint,
        mark=row.mark,
        began_at=row.began_at,
        versioned=None if row.versioned is None else bool(row.versioned),
        probe=None if row.probe is None else json.loads(row.probe),
        probed_at=row.probed_at,
        log_size=row.log_size,
        log_root=row.log_root,
        tried_at=row.tried_at,
        pushed_at=row.pushed_at,
        error=row.error,
    )


def _copy(row: Row[Any]) -> Copy:
    return Copy(
        target=row.target,
        file=row.file,
        step=Step(row.step),
        size=row.size,
        digest=row.digest,
        since=row.since,
        upload=row.upload,
        part_size=row.part_size,
        version=row.version,
        level=None if row.level is None else Level(row.level),
        uploaded_at=row.uploaded_at,
        verified_at=row.verified_at,
        read_at=row.read_at,
        retention=None if row.lock_mode is None else Retention(LockMode(row.lock_mode), row.lock_until),
        locked_at=row.locked_at,
        attempts=row.attempts,
        error=row.error,
    )


def _problem(row: Row[Any]) -> Problem:
    return Problem(
        target=row.target,
        file=row.file,
        kind=ProblemKind(row.kind),
        found_at=row.found_at,
        expected=row.expected,
        found=row.found,
        seen_at=row.seen_at,
        version=row.version,
        mended_at=row.mended_at,
    )
