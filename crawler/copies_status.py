"""How the copies are doing: how far each is behind, what is wrong with it, and what to say about it.

Only what the state and the catalogue hold is looked at; no copy is asked, so that `status` answers at once and without
network. A warning bears the name of the copy and the kind of what is wrong, and neither bucket nor path.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from archive.copies import PROVED, Copies, Copy, ProblemKind, Step, TargetRow

if TYPE_CHECKING:
    from archive.catalogue.rows import FileRow
    from archive.collection import Collection
    from archive.copies import CopyCounts, Problem
    from archive.state import State
    from crawler.config import Config
    from crawler.keep_policy import CopyPolicy

PATIENCE: Final = timedelta(days=1)
"""For so long a closed file may wait for being copied until that is a warning: the push comes after the crawl."""
LOCK_SOON: Final = timedelta(days=14)
"""So long before a lock ends it is said."""
ROUND_GRACE: Final = 1.5
"""A round of full reads may take so many times as long as it should."""
SAMPLE: Final = 1000
MANY: Final = 10**9
ARCHIVE: Final = "archive/"


@dataclass(frozen=True, slots=True)
class CopyState:
    """One copy, as far as is known here."""

    name: str
    named: bool
    """Whether khronika.toml names it."""
    begun: bool
    """Whether anything was ever sent there."""
    files: int
    """That are proved to be there."""
    octets: int
    waiting: int
    """Files that are to be there, and are not proved to be."""
    waiting_octets: int
    waiting_since: datetime | None
    """Of the oldest of them."""
    tried_at: datetime | None
    pushed_at: datetime | None
    """When it was last up to date."""
    error: str
    """Why the last push did not end well."""
    problems: tuple[Problem, ...]
    """That are not mended."""
    versioned: bool | None
    lock: str
    lock_until: datetime | None
    """When the first lock of a WARC ends."""
    locked: int
    """WARCs whose lock was read back."""
    read_since: datetime | None
    """Since when the file that was read back longest ago was not; None where there is none."""
    never_read: int
    check_days: int
    same_disk: bool
    """Whether it lies on the disk of the collection."""
    levels: tuple[tuple[str, int], ...]
    """How many WARCs are proved how far."""
    steps: tuple[tuple[str, int], ...]

    def as_record(self) -> dict[str, Any]:
        """As programs read it."""
        return {
            "copy": self.name,
            "named": self.named,
            "begun": self.begun,
            "files": self.files,
            "octets": self.octets,
            "waiting": self.waiting,
            "waiting_octets": self.waiting_octets,
            "waiting_since": _instant(self.waiting_since),
            "tried_at": _instant(self.tried_at),
            "pushed_at": _instant(self.pushed_at),
            "error": self.error,
            "problems": len(self.problems),
            "versioned": self.versioned,
            "lock": self.lock,
            "locked": self.locked,
            "lock_until": _instant(self.lock_until),
            "read_since": _instant(self.read_since),
            "never_read": self.never_read,
            "levels": dict(self.levels),
            "steps": dict(self.steps),
        }


@dataclass(frozen=True, slots=True)
class CopyWarning:
    """What is to be said of a copy."""

    copy: str
    """Its name; empty for what is about all of them."""
    kind: str
    words: str
    since: datetime | None = None

    @property
    def key(self) -> str:
        """The same as long as it is the same trouble."""
        return f"{self.copy}:{self.kind}"


def copies_state(collection: Collection, config: Config, state: State) -> list[CopyState]:
    """Each copy that khronika.toml names, then those that it names no more. Raises CatalogueError, StorageError."""
    copies = state.copies
    rows = {row.name: row for row in copies.targets()}
    if not config.copies and not rows:
        return []
    counts = copies.counts()
    closed = [row for row in collection.catalogue.files() if row.closed]
    gone = {row.file for row in copies.released()}
    found: list[CopyState] = [
        _state(collection, config, copies, policy.name, policy, rows.get(policy.name), counts, closed, gone)
        for policy in config.copies
    ]
    named = {policy.name for policy in config.copies}
    found += [
        _state(collection, config, copies, name, None, row, counts, [], gone)
        for name, row in rows.items()
        if name not in named
    ]
    return found


def copies_warnings(
    collection: Collection, config: Config, state: State, now: datetime, states: Sequence[CopyState] | None = None
) -> list[CopyWarning]:
    """What is to be said of the copies. `states`: what `copies_state` said, where it was asked already."""
    found: list[CopyWarning] = []
    for one in states if states is not None else copies_state(collection, config, state):
        if one.named:
            found += _behind(one, now)
            found += _problems(one)
            found += _locks(one, now)
            found += _reads(one, now)
            found += _abilities(one)
    return found + list(_released(config, state.copies))


# ---- figures


def _state(
    collection: Collection,
    config: Config,
    copies: Copies,
    name: str,
    policy: CopyPolicy | None,
    row: TargetRow | None,
    counts: dict[str, CopyCounts],
    closed: list[FileRow],
    gone: set[str],
) -> CopyState:
    warcs = copies.longest_unread(name, MANY, prefix=ARCHIVE)
    waiting = copies.of_target(name, steps=[step for step in Step if step not in PROVED])
    missing = _unknown(closed, (*warcs, *waiting), gone)
    since = [copy.since for copy in waiting] + [each.began_at for each in missing]
    locks = [copy.retention.until for copy in warcs if copy.retention is not None]
    # of the log there are very many small files: they are counted, and not gone through
    count = counts.get(name)
    steps = [(step, count.files[step]) for step in Step if count is not None and count.files.get(step)]
    return CopyState(
        name=name,
        named=policy is not None,
        begun=row is not None,
        files=sum(number for step, number in steps if step in PROVED),
        octets=sum(count.octets.get(step, 0) for step in PROVED) if count is not None else 0,
        waiting=len(waiting) + len(missing),
        waiting_octets=sum(copy.size for copy in waiting) + sum(each.size for each in missing),
        waiting_since=min(since, default=None),
        tried_at=row.tried_at if row else None,
        pushed_at=row.pushed_at if row else None,
        error=_without_place(row) if row else "",
        problems=tuple(copies.problems(name)),
        versioned=row.versioned if row else None,
        lock=policy.lock if policy else "none",
        lock_until=min(locks, default=None),
        locked=len(locks),
        read_since=_read_since(copies, name, count),
        never_read=count.never_read if count is not None else 0,
        check_days=config.keep.check_days,
        same_disk=policy is not None and _same_disk(collection, policy),
        levels=tuple(sorted(Counter(str(copy.level) for copy in warcs if copy.level).items())),
        steps=tuple((str(step), number) for step, number in steps),
    )


def _without_place(row: TargetRow) -> str:
    """Why the last push did not end well, without where the copy lies: what is warned of may be sent to people."""
    words = row.error
    bucket = row.place.removeprefix("s3://").partition("/")[0] if row.place.startswith("s3://") else ""
    for place in (row.place, row.endpoint, bucket):
        if place:
            words = words.replace(place, "its place")
    return words


def _read_since(copies: Copies, name: str, count: CopyCounts | None) -> datetime | None:
    """Since when not all of it was read back; None where nothing is there."""
    if count is None:
        return None
    if not count.never_read:
        return count.read_at
    never = (copy for copy in copies.longest_unread(name, SAMPLE) if copy.read_at is None)
    return min((copy.verified_at or copy.since for copy in never), default=count.read_at)


def _unknown(closed: Iterable[FileRow], known: Iterable[Copy], gone: set[str]) -> list[FileRow]:
    """The closed WARCs that no push has looked at yet."""
    names = {copy.file for copy in known} | gone
    return [row for row in closed if f"archive/{row.name}" not in names]


def _same_disk(collection: Collection, policy: CopyPolicy) -> bool:
    if policy.is_s3:
        return False
    with contextlib.suppress(OSError):
        return policy.folder(collection.path).stat().st_dev == collection.path.stat().st_dev
    return False


# ---- words


def _behind(one: CopyState, now: datetime) -> Iterable[CopyWarning]:
    if one.error:
        since = one.pushed_at
        words = f"copy {one.name}: the last push did not end well: {one.error}"
        if one.waiting:
            words += f"; {_files(one.waiting)} wait"
        yield CopyWarning(one.name, "push", words, since)
    elif not one.begun:
        yield CopyWarning(one.name, "empty", f"copy {one.name}: nothing was ever copied there: khronika copies push")
    elif one.waiting and one.waiting_since is not None and now - one.waiting_since > PATIENCE:
        words = f"copy {one.name}: behind by {_files(one.waiting)} since {_day(one.waiting_since)}"
        yield CopyWarning(one.name, "behind", f"{words}: khronika copies push", one.waiting_since)


def _problems(one: CopyState) -> Iterable[CopyWarning]:
    by_kind: dict[ProblemKind, list[Problem]] = {}
    for problem in one.problems:
        by_kind.setdefault(problem.kind, []).append(problem)
    for kind, several in sorted(by_kind.items()):
        first = min(several, key=lambda problem: problem.found_at)
        where = f"{_files(len(several))}, such as {first.file}" if first.file else "the place itself"
        words = f"copy {one.name}: {kind.value.replace('-', ' ')}: {where}: expected {first.expected}"
        yield CopyWarning(one.name, kind.value, f"{words}, found {first.found}", first.found_at)


def _locks(one: CopyState, now: datetime) -> Iterable[CopyWarning]:
    if one.lock == "none" or one.lock_until is None or one.lock_until - now > LOCK_SOON:
        return
    ended = "ran out" if one.lock_until <= now else "run out"
    words = f"copy {one.name}: the first of its locks {ended} on {_day(one.lock_until)}"
    yield CopyWarning(one.name, "lock-ends", f"{words}: khronika copies extend", one.lock_until - LOCK_SOON)


def _reads(one: CopyState, now: datetime) -> Iterable[CopyWarning]:
    if one.read_since is None or now - one.read_since <= timedelta(days=one.check_days * ROUND_GRACE):
        return
    words = f"copy {one.name}: not all of it was read since {_day(one.read_since)}, which is to be within"
    yield CopyWarning(one.name, "unread", f"{words} {one.check_days} days: khronika copies check", one.read_since)


def _abilities(one: CopyState) -> Iterable[CopyWarning]:
    if one.versioned is False and one.lock != "none":
        words = f"copy {one.name}: a lock is asked for, and the place keeps no versions: khronika doctor s3"
        yield CopyWarning(one.name, "no-versions", words)
    if one.same_disk:
        yield CopyWarning(one.name, "same-disk", f"copy {one.name}: it lies on the same disk as the collection")


def _released(config: Config, copies: Copies) -> Iterable[CopyWarning]:
    """What is here no more, and lies at too few places."""
    bad = {(problem.target, problem.file) for problem in copies.problems()}
    everywhere = {target for target, file in bad if not file}
    # one that is named no more is neither brought up to date nor read back
    named = {policy.name for policy in config.copies} - everywhere
    few: list[tuple[str, int]] = []
    for row in copies.released():
        good = [copy for copy in row.copies if copy.target in named and (copy.target, row.file) not in bad]
        if len(good) < config.keep.copies:
            few.append((row.file, len(good)))
    if not few:
        return
    file, least = min(few, key=lambda each: each[1])
    words = f"{_files(len(few))} that are no longer here have fewer than {config.keep.copies} good copies, such as "
    yield CopyWarning("", "few", f"{words}{file}, with {least}: khronika copies check --all")


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"


def _instant(moment: datetime | None) -> str | None:
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")
