"""Bringing copies up to date, and reading them back: the protocol of a copy, for several targets.

For each target, one after the other, so that the fault of one stops no other:

    its marker, its checkpoint           is it there, is it ours, does its log lead to ours
    uploads that nobody finishes         are let go of
    closed WARCs                         sent, read back whole, locked (`copy_upload.py`, `copy_check.py`)
    tiles and the rest of the log        sent, read back
    the checkpoint                       last: the newest that covers no record of a WARC that is not there

Every step is in the state before what it claims is relied on. A push that was cut short at whatever point is finished
by the next one.
"""

from __future__ import annotations

import contextlib
import secrets
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from archive.catalogue import Catalogue
from archive.checkpoint import SignedCheckpoint, parse_checkpoint
from archive.copied_files import PART_OF_TILE, CopiedFile, Inventory, copy_state, private_files
from archive.copies import Copies, Copy, Problem, ProblemKind, Step, TargetRow
from archive.copy_check import Checked, Fault, check_copy, check_lock
from archive.copy_upload import FaultError, StoppedError, Upload, part_size_for
from archive.digest import Digest
from archive.errors import (
    ConflictError,
    DeniedError,
    KhronikaError,
    NoLockError,
    NoRoomError,
    RolledBackError,
    SignatureError,
    StorageError,
    TargetError,
    TargetGoneError,
)
from archive.lock import Lock
from archive.log import CHECKPOINT, LOG
from archive.place import Place, open_target
from archive.source import Hashed, LocalFile, Octets, hash_source
from archive.state import NAME as STATE
from archive.state import State
from archive.store import FolderStore
from archive.target import LockMode, Retention, Target

LOCK = ".copies.lock"
"""Held by the process that writes copies; a crawl may run meanwhile."""
PART_SIZE: Final = 64_000_000
CHECKPOINT_FILE: Final = f"{LOG}/{CHECKPOINT}"

_SPARE = ".copy-"
"""Beginning of the names of folders for what is fetched or put together to be sent."""
_SMALL_AT_ONCE = 4
_IN_A_ROW = 5
"""Files that may fail one after the other before a target is given up for this time."""
_ROUNDS = 5
_CHECKPOINT_LIMIT = 1 << 20
_ENDS = (TargetGoneError, DeniedError, NoRoomError)
"""What will be the same with the next file."""
_LOCK_KINDS = (ProblemKind.NO_LOCK, ProblemKind.OTHER_LOCK)
_OVER = frozenset({ProblemKind.OVERWRITTEN, ProblemKind.DELETED, ProblemKind.OTHER_CHECKSUM})
"""Problems of a copy that can be read by its version, and is put once more."""
_ANEW = frozenset({ProblemKind.OTHER_CHECKSUM, ProblemKind.NO_CHECKSUM})
"""Problems of what the target knows of a file, and not of the file."""
_OURS = _OVER | {ProblemKind.DAMAGED, ProblemKind.TRUNCATED, ProblemKind.UNREADABLE, ProblemKind.LOST}
"""Problems after which what lies under the name may give way."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a copy goes, and how."""

    name: str
    place: Place
    lock: LockMode | None = None
    lock_days: int = 0
    part_size: int = PART_SIZE
    private: bool = False
    target: Target | None = None
    """Instead of the one that the place opens."""

    def opened(self) -> Target:
        """The target."""
        return self.target if self.target is not None else open_target(self.place)

    def retention(self, since: datetime) -> Retention | None:
        """The lock that is asked for, from a moment on."""
        return None if self.lock is None else Retention(self.lock, since + timedelta(days=self.lock_days))


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a push is."""

    target: str
    file: str
    files: int
    """Done, of `of_files`."""
    of_files: int
    octets: int
    """Sent and read back, of `of_octets` twice."""
    of_octets: int


@dataclass(slots=True)
class PushResult:
    """What a push to one target came to."""

    target: str
    copied: int = 0
    octets: int = 0
    known: int = 0
    """Files that were there already."""
    waiting: int = 0
    """Files that are not proved to be there."""
    problems: list[Problem] = field(default_factory=list)
    """Found, or found again, by this push."""
    checkpoint: int | None = None
    """Entries of the log that the copy has a checkpoint of now."""
    error: str = ""
    """Why it did not come to its end; empty where it did."""
    rolled_back: bool = False
    conflict: bool = False
    """Whether the place is another collection's, or another copy's."""
    stopped: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether everything is there."""
        return not (self.error or self.problems or self.waiting or self.stopped)

    def as_record(self) -> dict[str, Any]:
        """As programs read it."""
        return {
            "copy": self.target,
            "copied": self.copied,
            "octets": self.octets,
            "known": self.known,
            "waiting": self.waiting,
            "checkpoint": self.checkpoint,
            "problems": [
                {"file": one.file, "kind": str(one.kind), "expected": one.expected, "found": one.found}
                for one in self.problems
            ],
            "error": self.error,
            "stopped": self.stopped,
        }


def utc_now() -> datetime:
    """Now."""
    return datetime.now(UTC)


def push(
    folder: Path,
    state: State,
    destinations: Sequence[Destination],
    *,
    catalogue: Catalogue | None = None,
    now: Callable[[], datetime] = utc_now,
    progress: Callable[[Progress], None] | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> list[PushResult]:
    """Bring copies of the collection in a folder up to date: what came of each.

    Raises CollectionLockedError where another process writes copies, LogError where the log here cannot be read.
    """
    lock = Lock(folder, LOCK, to="write copies", doing="writing them")
    try:
        for left in folder.glob(f"{_SPARE}*"):
            shutil.rmtree(left, ignore_errors=True)  # of a push that was killed
        results = []
        inventory = Inventory(FolderStore(folder), catalogue)
        for destination in destinations:
            if stopped():
                results.append(PushResult(destination.name, stopped=True))
                continue
            one = _Push(folder, state.copies, destination, inventory, now, progress, stopped)
            results.append(one.run())
        return results
    finally:
        lock.release()


def read_back(
    copies: Copies,
    destination: Destination,
    copy: Copy,
    *,
    now: Callable[[], datetime] = utc_now,
    advance: Callable[[int], None] | None = None,
) -> list[Problem]:
    """Ask a target for one file, read all of it back, and its lock; what is wrong is written down, and returned.

    Raises TargetError where the target cannot be asked: nothing is known then, and nothing is claimed.
    """
    target = destination.opened()
    row = copies.target(destination.name)
    checker = _Checker(copies, destination, target, row, now)
    checker.hold_mark()
    return checker.check(copy, advance=advance)


class _Checker:
    """Checks copies at one target, and writes down what comes of it."""

    def __init__(
        self,
        copies: Copies,
        destination: Destination,
        target: Target,
        row: TargetRow | None,
        now: Callable[[], datetime],
    ) -> None:
        self._copies = copies
        self._destination = destination
        self._target = target
        self._row = row
        self._now = now

    def hold_mark(self) -> None:
        """Raises TargetError where the target is not the one that the state knows."""
        found = self._target.mark()
        if self._row is None or found is None:
            raise TargetGoneError(f"expected the copy {self._destination.name} at its place, found no marker file")
        if found != self._row.mark:
            raise TargetGoneError(f"expected the marker of the copy {self._destination.name}, found another")

    def check(
        self, copy: Copy, *, parts: Sequence[Digest] = (), advance: Callable[[int], None] | None = None
    ) -> list[Problem]:
        """Read one file back."""
        probe = self._row.probe if self._row is not None else None
        versioned = self._row.versioned if self._row is not None else None
        if versioned and copy.version is None:
            copy = self._named(copy)
        checked = check_copy(
            self._target,
            copy,
            parts=parts,
            versioned=versioned,
            checksums=(probe or {}).get("checksum") is not False,
            advance=advance,
        )
        problems = self._write_down(copy, checked)
        if checked.level is not None:
            problems += self.hold_lock(copy)
        return problems

    def _named(self, copy: Copy) -> Copy:
        """A copy whose version was not told when it was put, with that of what is there; it is read by it."""
        with contextlib.suppress(FileNotFoundError):
            version = self._target.head(copy.file).version
            if version is not None:
                self._copies.name_version(self._destination.name, copy.file, version)
                return replace(copy, version=version)
        return copy

    def _write_down(self, copy: Copy, checked: Checked) -> list[Problem]:
        name, file, at = self._destination.name, copy.file, self._now()
        problems = [self._note(copy, fault) for fault in checked.faults]
        if checked.level is None:
            self._copies.again(name, file, at)
            return problems
        self._copies.verified(name, file, checked.level, at)
        told = {problem.kind for problem in problems}
        gone = [kind for kind in ProblemKind if kind not in told and kind not in _LOCK_KINDS]
        self._copies.mend(name, file, at, *gone)
        return problems

    def hold_lock(self, copy: Copy) -> list[Problem]:
        """Hold the lock against what was asked for; what is missing of it is asked for once more."""
        wanted = self._destination.retention(copy.since) if copy.file.startswith("archive/") else None
        if wanted is None:
            return []
        found, fault = check_lock(self._target, copy, wanted)
        problems = []
        if fault is not None:
            if copy.retention is not None and (found is None or not found.holds(copy.retention)):
                # what was there is not any more: to ask for it again mends that, and does not make it unseen
                problems.append(self._note(copy, fault))
            with contextlib.suppress(NoLockError, FileNotFoundError):
                self._target.retain(copy.file, copy.version, self._destination.retention(self._now()) or wanted)
                found, fault = check_lock(self._target, copy, wanted)
        if fault is not None or found is None:
            if copy.step is Step.LOCKED:
                self._copies.unlocked(self._destination.name, copy.file)
            assert fault is not None
            return problems or [self._note(copy, fault)]
        self._copies.locked(self._destination.name, copy.file, found, self._now())
        self._copies.mend(self._destination.name, copy.file, self._now(), *_LOCK_KINDS)
        return problems

    def _note(self, copy: Copy, fault: Fault) -> Problem:
        return self._copies.note_problem(
            self._destination.name,
            copy.file,
            fault.kind,
            fault.expected,
            fault.found,
            self._now(),
            version=copy.version,
        )


class _Push:
    """A push to one target."""

    def __init__(
        self,
        folder: Path,
        copies: Copies,
        destination: Destination,
        inventory: Inventory,
        now: Callable[[], datetime],
        progress: Callable[[Progress], None] | None,
        stopped: Callable[[], bool],
    ) -> None:
        self._folder = folder
        self._copies = copies
        self._destination = destination
        self._inventory = inventory
        self._now = now
        self._progress = progress
        self._stopped = stopped
        self._name = destination.name
        self._result = PushResult(destination.name)
        self._in_a_row = 0
        # what could not be done to its end now, however far the state says that it is: a lock that nobody told of
        self._failed: set[str] = set()
        self._counting = threading.Lock()
        self._files = self._of_files = self._octets = self._of_octets = 0

    def run(self) -> PushResult:
        """Everything; what it came to is in the state, too."""
        result = self._result
        try:
            self._target = self._destination.opened()
            self._begin()
            self._push()
        except StoppedError:
            result.stopped = True
        except RolledBackError as error:
            result.error, result.rolled_back = str(error), True
        except ConflictError as error:
            result.error, result.conflict = str(error), True
        except (StorageError, FaultError) as error:
            result.error = str(error)
        except OSError as error:
            result.error = f"reading or writing: {error.strerror or type(error).__name__}"
        unproved = self._copies.of_target(self._name, steps=(Step.CLOSED, Step.UPLOADING, Step.UPLOADED))
        result.waiting = len({copy.file for copy in unproved} | self._failed)
        if self._copies.target(self._name) is not None:
            words = result.error or ("stopped" if result.stopped else "")
            if not words and not result.is_whole:
                words = f"{result.waiting} files are not there yet, {len(result.problems)} problems"
            self._copies.end_push(self._name, self._now(), words)
        return result

    # ---- is it there, is it ours

    def _begin(self) -> None:
        target, name, origin = self._target, self._name, self._inventory.log.origin
        found, row = target.mark(), self._copies.target(name)
        place, endpoint = str(self._destination.place), getattr(self._destination.place, "endpoint", None)
        if row is None and found is not None:
            self._adopt(found, origin)
            self._copies.begin_target(name, place, endpoint, found, self._now())
        elif row is None:
            # written down before it is at the target: who dies between the two writes it there the next time
            self._copies.begin_target(name, place, endpoint, f"{secrets.token_hex(16)} {origin}", self._now())
        row = self._copies.target(name)
        assert row is not None
        if found is None:
            if row.versioned is not None or row.log_size is not None:  # it was there before
                raise TargetGoneError(
                    f"expected the marker file of the copy {name} at {place}, found none: is it the right disk or "
                    "bucket? Where the copy is lost, begin one under another name"
                )
            target.begin(row.mark)
            found = target.mark()
        if found != row.mark:
            self._foreign(row.mark, str(found))
        self._copies.begin_target(name, place, endpoint, row.mark, self._now())
        versioned = target.versioned()
        if versioned is not None:
            self._copies.note_versioned(name, versioned)
        row = self._copies.target(name)
        self._row = row
        self._checker = _Checker(self._copies, self._destination, target, row, self._now)
        self._hold_log()
        self._let_go()

    def _adopt(self, found: str, origin: str) -> None:
        """Whether a place that is marked already, and that the state knows nothing of, is this collection's."""
        if found.partition(" ")[2] != origin:
            self._foreign(f"no marker, or one of {origin}", found)
        others = [row.name for row in self._copies.targets() if row.mark == found]
        if others:
            self._foreign("a place of its own", f"that of the copy {others[0]}")

    def _foreign(self, expected: str, found: str) -> None:
        if self._copies.target(self._name) is not None:
            self._problem("", Fault(ProblemKind.FOREIGN, expected, found))
        raise ConflictError(f"the copy {self._name}: expected {expected} in the marker file, found {found}")

    def _hold_log(self) -> None:
        """Hold the target's log against ours, before anything is written. Raises RolledBackError, TargetError."""
        row = self._row
        assert row is not None
        found = self._checkpoint_there()
        log = self._inventory.log
        if found is None:
            if row.log_size is not None:
                expected = f"a checkpoint of {row.log_size} entries"
                self._problem(CHECKPOINT_FILE, Fault(ProblemKind.LOST, expected, "none that can be read"))
                self._again(CHECKPOINT_FILE)
            return
        if found.origin != log.origin:
            self._foreign(f"the log {log.origin}", f"the log {found.origin}")
        root = log.root(found.size) if found.size <= log.size else None
        if root != found.root:
            here = f"{log.size} entries" if root is None else "another root at that size"
            fault = Fault(ProblemKind.ROLLED_BACK, f"a log that leads to ours ({here})", f"{found.size} entries")
            self._problem("", fault)
            raise RolledBackError(
                f"the copy {self._name}: expected a log that leads to the one here, found one of {found.size} entries "
                f"there and {here} here: this collection was put back to an older state, or the copy is of another one"
            )
        if row.log_size is not None and found.size < row.log_size:
            expected = f"a checkpoint of {row.log_size} entries"
            self._problem(CHECKPOINT_FILE, Fault(ProblemKind.OVERWRITTEN, expected, f"one of {found.size}"))
            self._again(CHECKPOINT_FILE)
        self._copies.mend(self._name, "", self._now())
        self._result.checkpoint = found.size

    def _checkpoint_there(self) -> SignedCheckpoint | None:
        try:
            with self._target.open(CHECKPOINT_FILE, 0, _CHECKPOINT_LIMIT) as file:
                return parse_checkpoint(file.read())
        except (FileNotFoundError, SignatureError):
            return None

    def _let_go(self) -> None:
        """Let go of uploads that nobody will finish: a process died before it had written their ids down."""
        kept = {copy.upload for copy in self._copies.of_target(self._name, steps=(Step.UPLOADING,))}
        try:
            for file, upload in self._target.uploads():
                if upload not in kept:
                    self._target.abort(file, upload)
        except _ENDS:
            raise
        except TargetError:
            # some servers, and some keys, cannot list them: they cost room, and nothing else
            return

    # ---- what is sent

    def _push(self) -> None:
        warcs = [one for one in self._inventory.warcs() if self._is_here(one)]
        sized = [(one.name, one.size, one.digest) for one in warcs if one.size is not None and one.digest is not None]
        self._copies.wait(self._name, sized, self._now())
        self._of_files, self._of_octets = len(warcs), sum(size for _, size, _ in sized)
        for one in warcs:
            self._go_on()
            self._file(one)
        proved = {copy.file for copy in self._copies.of_target(self._name) if copy.is_proved}
        # what is no longer here, or not what the log says, comes from nowhere: it does not hold back the rest
        lost = {
            problem.file for problem in self._copies.problems(self._name) if problem.kind is ProblemKind.LOCAL_ALTERED
        }
        size = self._inventory.newest_whole(proved | lost)
        if size is None:
            raise StorageError("no checkpoint covers closed WARCs alone: expected one after the crawl, push again then")
        self._forget_parts()
        if self._log(size):
            self._put_checkpoint(size)
        if self._destination.private:
            self._private()

    def _is_here(self, one: CopiedFile) -> bool:
        """Whether a WARC can be sent; one that was released is read from another copy."""
        if (self._folder / one.name).exists() or self._copies.released_file(one.name) is not None:
            return True
        copy = self._copies.copy(self._name, one.name)
        if copy is None or not copy.is_proved:
            self._problem(one.name, Fault(ProblemKind.LOCAL_ALTERED, "the WARC that the log says was closed", "none"))
        return False

    def _log(self, size: int) -> bool:
        """The files of the log that go with a checkpoint: whether all are there."""
        for _ in range(_ROUNDS):
            files = list(self._inventory.of_log(size))
            known = {copy.file: copy for copy in self._copies.of_target(self._name) if copy.is_proved}
            open_problems = {problem.file for problem in self._copies.problems(self._name)}
            left = [one for one in files if one.mutable or one.name not in known or one.name in open_problems]
            self._result.known += len(files) - len(left)
            self._of_files = self._files + len(left)
            with ThreadPoolExecutor(_SMALL_AT_ONCE, thread_name_prefix="copy") as pool:
                outcomes = list(pool.map(self._log_file, left))
            for outcome in outcomes:
                if isinstance(outcome, BaseException):
                    raise outcome
            if any(outcome is None for outcome in outcomes):
                # a crawl beside this went on, and a part of a tile gave way to a wider one
                continue
            return all(outcomes)
        raise TargetError(
            f"the copy {self._name}: expected the log to stay for a moment, found it changed {_ROUNDS} times"
        )

    def _log_file(self, one: CopiedFile) -> bool | BaseException | None:
        """One file of the log: whether it is there; None where it is no longer here."""
        if self._stopped():
            return StoppedError()
        try:
            return self._file(one)
        except FileNotFoundError:
            self._copies_forget(one.name)
            return None
        except (*_ENDS, StoppedError) as error:
            return error

    def _forget_parts(self) -> None:
        """Wait no more for parts of tiles that gave way to wider ones: nobody can send them, and nothing needs them."""
        unproved = self._copies.of_target(self._name, steps=(Step.CLOSED, Step.UPLOADING, Step.UPLOADED))
        for copy in unproved:
            if PART_OF_TILE.match(copy.file) and not self._lies_here(copy.file):
                self._copies.forget(self._name, copy.file)
                self._copies.mend(self._name, copy.file, self._now())

    def _lies_here(self, file: str) -> bool:
        return (self._folder / file).exists()

    def _copies_forget(self, file: str) -> None:
        """A file that is not here any more, and of which nothing is at the target, is not waited for."""
        copy = self._copies.copy(self._name, file)
        if copy is not None and not copy.is_proved:
            self._copies.forget(self._name, file)

    def _put_checkpoint(self, size: int) -> None:
        there = self._result.checkpoint
        if there is not None and there > size:
            return
        octets = self._inventory.checkpoint(size)
        if self._file(CopiedFile(CHECKPOINT_FILE, mutable=True), octets):
            self._copies.note_log(self._name, size, parse_checkpoint(octets).root)
            self._result.checkpoint = size

    def _private(self) -> None:
        for one in private_files(FolderStore(self._folder)):
            self._go_on()
            try:
                self._file(one)
            except FileNotFoundError:
                self._copies_forget(one.name)
        with tempfile.TemporaryDirectory(prefix=_SPARE, dir=self._folder) as spare:
            path = Path(spare) / STATE
            copy_state(self._folder, path)
            self._file(CopiedFile(STATE, mutable=True), path)

    def _go_on(self) -> None:
        if self._stopped():
            raise StoppedError

    # ---- one file

    def _file(self, one: CopiedFile, source: bytes | Path | None = None) -> bool:
        """Bring one file there and prove it: whether it is there. What is wrong is written down."""
        try:
            copied = self._bring(one, source)
        except FaultError as error:
            self._problem(one.name, error.fault)
            self._copies.put_off(self._name, one.name, str(error))
            return False
        except _ENDS as error:
            self._put_off(one.name, error)
            raise
        except (StorageError, OSError) as error:
            if isinstance(error, FileNotFoundError) and source is None and not self._lies_here(one.name):
                # the file here, and nothing that the target says that it does not have
                raise
            self._put_off(one.name, error)
            with self._counting:
                self._in_a_row += 1
                if self._in_a_row >= _IN_A_ROW:
                    raise
            return False
        with self._counting:
            self._in_a_row = 0
            self._files += 1
            if copied is not None:
                self._result.copied += 1
                self._result.octets += copied
            else:
                self._result.known += 1
        self._say(one.name)
        copy = self._copies.copy(self._name, one.name)
        return copy is not None and copy.is_proved

    def _bring(self, one: CopiedFile, given: bytes | Path | None) -> int | None:
        """The steps of one file: octets that were sent; None where it was there already."""
        copy = self._copies.copy(self._name, one.name)
        problems = {problem.kind for problem in self._copies.problems(self._name, one.name)}
        if copy is not None and copy.is_proved and (copy.size, copy.digest) == (one.size, one.digest):
            if not problems & self._mended_by_sending(copy):
                self._lock_wanted(copy)
                return None
            self._again(one.name)
        with self._source(one, given) as source:
            part_size = part_size_for(source.size, self._destination.part_size)
            hashed = hash_source(source, part_size, self._check_stop)
            if one.digest is not None and (hashed.size, hashed.digest) != (one.size, one.digest):
                expected, found = f"{one.size} octets, {one.digest}", f"{hashed.size} octets, {hashed.digest}"
                raise FaultError(Fault(ProblemKind.LOCAL_ALTERED, expected, found))
            self._copies.mend(self._name, one.name, self._now(), ProblemKind.LOCAL_ALTERED)
            self._copies.wait(self._name, [(one.name, hashed.size, hashed.digest)], self._now())
            copy = self._known(one.name)
            if copy.is_proved:
                if not problems & self._mended_by_sending(copy):
                    return None
                self._again(one.name)
                copy = self._known(one.name)
            if copy.step is not Step.UPLOADED:
                ours, anew = bool(problems & _OURS), bool(problems & _ANEW)
                self._upload(one, copy, source, hashed, part_size, ours=ours, anew=anew)
        copy = self._known(one.name)
        parts = hashed.parts if copy.part_size == part_size else ()
        self._result.problems += self._checker.check(copy, parts=parts, advance=self._advance_read)
        return hashed.size

    def _upload(
        self,
        one: CopiedFile,
        copy: Copy,
        source: LocalFile | Octets,
        hashed: Hashed,
        part_size: int | None,
        *,
        ours: bool,
        anew: bool,
    ) -> None:
        Upload(
            copies=self._copies,
            target=self._target,
            copy=copy,
            source=source,
            hashed=hashed,
            part_size=part_size,
            retention=self._destination.retention(self._now()) if one.is_warc else None,
            replace=one.mutable or ours,
            anew=anew,
            earlier=one.earlier,
            now=self._now,
            stopped=self._stopped,
            advance=self._advance,
        ).run()

    def _mended_by_sending(self, copy: Copy | None) -> frozenset[ProblemKind]:
        return _OVER | {ProblemKind.NO_CHECKSUM} if self._keeps_checksum(copy) else _OVER

    def _keeps_checksum(self, copy: Copy | None) -> bool:
        """Whether the target is known to keep the checksum of such a file: then one that has none is sent once more."""
        probe = self._row.probe if self._row is not None else None
        if probe is not None and "checksum" in probe:
            return bool(probe["checksum"])
        if copy is None:
            return False
        without = {
            problem.file for problem in self._copies.problems(self._name) if problem.kind is ProblemKind.NO_CHECKSUM
        }
        # like with like: many a server keeps them of files in one piece alone
        return any(
            other.is_proved and other.file not in without and (other.part_size is None) == (copy.part_size is None)
            for other in self._copies.of_target(self._name)
        )

    def _lock_wanted(self, copy: Copy) -> None:
        """Lock what was copied before the lock was asked for, or for longer than then."""
        wanted = self._destination.retention(copy.since) if copy.file.startswith("archive/") else None
        if wanted is None or (copy.retention is not None and copy.retention.holds(wanted)):
            return
        self._result.problems += self._checker.hold_lock(copy)

    @contextlib.contextmanager
    def _source(self, one: CopiedFile, given: bytes | Path | None) -> Iterator[LocalFile | Octets]:
        if isinstance(given, bytes):
            yield Octets(given)
            return
        path = given or self._folder / one.name
        released = None if given or path.exists() else self._copies.released_file(one.name)
        if released is None:
            yield LocalFile(path)
            return
        with tempfile.TemporaryDirectory(prefix=_SPARE, dir=self._folder) as spare:
            yield LocalFile(self._fetched(released.copies, Path(spare) / "fetched"))

    def _fetched(self, copies: Iterable[Copy], path: Path) -> Path:
        """A file that was released, from a copy that has it."""
        words = "no copy of it that was read back"
        for copy in copies:
            row = self._copies.target(copy.target)
            if row is None:
                continue
            try:
                target = open_target(row.place, row.endpoint)
                with target.open(copy.file, version=copy.version) as source, path.open("wb") as to:
                    shutil.copyfileobj(source, to, 1 << 20)
            except (KhronikaError, OSError) as error:
                words = f"the copy {copy.target}: {error}"
                continue
            if hash_source(LocalFile(path), None).digest == copy.digest:
                return path
            words = f"the copy {copy.target} to be damaged"
        raise StorageError(f"expected a copy to send from, because the file was released here, found {words}")

    def _known(self, file: str) -> Copy:
        copy = self._copies.copy(self._name, file)
        assert copy is not None, "it was waited for"
        return copy

    def _again(self, file: str) -> None:
        if self._copies.copy(self._name, file) is not None:
            self._copies.again(self._name, file, self._now())

    def _problem(self, file: str, fault: Fault) -> None:
        self._result.problems.append(
            self._copies.note_problem(self._name, file, fault.kind, fault.expected, fault.found, self._now())
        )

    def _put_off(self, file: str, error: BaseException) -> None:
        with self._counting:
            self._failed.add(file)
        if self._copies.copy(self._name, file) is not None:
            self._copies.put_off(self._name, file, str(error))

    # ---- progress

    def _check_stop(self, _: int) -> None:
        self._go_on()

    def _advance(self, octets: int) -> None:
        with self._counting:
            self._octets += octets
        self._say("")

    def _advance_read(self, octets: int) -> None:
        self._go_on()
        with self._counting:
            self._octets += octets
        self._say("")

    def _say(self, file: str) -> None:
        if self._progress is not None:
            self._progress(Progress(self._name, file, self._files, self._of_files, self._octets, 2 * self._of_octets))
