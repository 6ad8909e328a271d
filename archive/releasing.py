"""Releasing: a closed WARC goes from this machine, when it is proved to be safe elsewhere. Nothing is assumed.

A file may go only if all of this is so, looked at now:

    here      it lies in archive/ as a plain file, is sealed, and hashes to what the log says of it
    signed    the entry that says so lies under a signed checkpoint, its last record is old enough
    there     as many copies as [keep] asks for, each at another place: no problem is open with any of it; the whole
              object was read back by its version and hashed; where the place keeps versions it has one, and it is the
              newest; where a lock was asked for it was read back, holds at least as much, and holds now
    provable  at each of these copies lies a checkpoint of this very log, and the copy's own tiles prove the entry

Then the state says that the file is released, and only then its name is taken away, and the folder synced. Whoever dies
in between leaves a row and a file: the next release takes the row back, and looks at the file anew.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Protocol

from archive.copies import Copies, Copy, Problem, ProblemKind
from archive.digest import Digest, Digester
from archive.errors import KhronikaError, LogError, ProofError, SignatureError, StorageError
from archive.holding import Holder, examine, examine_place, lie_together, other_history, wanted_lock
from archive.log import CHECKPOINT, LOG, LogReader
from archive.merkle import check_inclusion, leaf_hash
from archive.rotation import read_history
from archive.sealed import SealedFile, last_date
from archive.warc import regular

ARCHIVE: Final = "archive"
_PIECE: Final = 1 << 20


class Progress(Protocol):
    """How a release tells how far it is."""

    def __call__(self, text: str, done: int | None = None, total: int | None = None) -> None:
        """Say what is done now."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file."""

    file: str
    """Relative to the collection."""
    size: int
    released: bool
    why: str = ""
    """Why it stays."""
    wrong: bool = False
    """Whether it stays because something is wrong, and not only not yet so far."""
    unasked: bool = False
    """Whether a copy could not be asked."""
    copies: tuple[str, ...] = ()
    """The copies that were found good."""

    def as_record(self) -> dict[str, Any]:
        """As programs read it."""
        return {
            "file": self.file,
            "octets": self.size,
            "released": self.released,
            "why": self.why,
            "wrong": self.wrong,
            "unasked": self.unasked,
            "copies": list(self.copies),
        }


class Stays(Exception):  # noqa: N818 - no error: the reason why a file is not released
    """A file stays where it is."""

    def __init__(self, why: str, *, wrong: bool = False, unasked: bool = False) -> None:
        super().__init__(why)
        self.wrong = wrong
        self.unasked = unasked


@dataclass(slots=True)
class Releasing:
    """One release. Only for the process that holds the collection's lock."""

    collection: Path
    log: LogReader
    sealed: dict[str, SealedFile]
    copies: Copies
    holders: Sequence[Holder]
    wanted: int
    """Copies that must be good."""
    age: timedelta
    """Of a file's last record at least."""
    now: Callable[[], datetime]
    _places: dict[str, list[Problem]] = field(default_factory=dict)
    """By copy: what is wrong with its place."""
    _logs: dict[str, LogReader | str] = field(default_factory=dict)
    """By copy: its log, or why it is none of ours."""
    _together: dict[tuple[str, str], bool] = field(default_factory=dict)
    """By two copies: whether they lie at one place."""

    def settle(self) -> tuple[list[str], list[str]]:
        """Take back what says that a file is released that is still here: files; and those that are here as another.

        Of the latter the row stays: what lies here is not what was released.
        """
        back: list[str] = []
        others: list[str] = []
        for row in self.copies.released():
            path = self.collection / row.file
            if not _is_here(path):
                continue
            if _is_whole(path, row.size, row.digest):
                self.copies.restored(row.file)
                back.append(row.file)
            else:
                others.append(row.file)
        return back, others

    def candidates(self) -> list[str]:
        """The closed WARCs that are here, by name."""
        with _folder(self.collection / ARCHIVE) as folder:
            names = os.listdir(folder)  # noqa: PTH208 - a folder that is open, and no path
        return sorted(name for name in names if name.endswith(".warc.gz"))

    def release(self, name: str, *, dry_run: bool = False) -> Outcome:
        """Let one file go, if all is so; with `dry_run` all is looked at, and it stays."""
        file = f"{ARCHIVE}/{name}"
        size = 0
        try:
            sealed = self._sealed(name)
            size = sealed.size
            self._old_enough(sealed)
            with self._local(sealed) as unchanged:
                good = self._good_copies(file, sealed)
                if dry_run:
                    return Outcome(file, size, released=False, copies=good)
                unchanged()
                self.copies.release(file, sealed.size, sealed.digest, self.now())
                self._take(name, unchanged)
        except Stays as stays:
            return Outcome(file, size, released=False, why=str(stays), wrong=stays.wrong, unasked=stays.unasked)
        return Outcome(file, size, released=True, copies=good)

    # ---- here

    def hold(self) -> None:
        """Hold the log here against its keys: what it says is to be relied on. Raises LogError."""
        try:
            refused = read_history(self.collection).refusal_of(self.log.signed)
            if refused is None and self.log.root() != self.log.signed.root:
                refused = "its root is not that of the entries"
        except SignatureError as error:
            refused = str(error)
        if refused is not None:
            raise LogError(f"nothing is released on the word of {LOG}/{CHECKPOINT}: {refused}")

    def _sealed(self, name: str) -> SealedFile:
        sealed = self.sealed.get(name)
        if sealed is None:
            raise Stays("it is not sealed under a signed checkpoint")
        return sealed

    def _old_enough(self, sealed: SealedFile) -> None:
        written = last_date(self.log, sealed)
        if written is None:
            raise Stays("the log does not say when its last record was written", wrong=True)
        if self.now() - written < self.age:
            raise Stays(f"its last record is of {written:%Y-%m-%d}, younger than {self.age.days} days")

    @contextlib.contextmanager
    def _local(self, sealed: SealedFile) -> Iterator[Callable[[], None]]:
        """Hash the file here; what is given says whether it is still the same, and raises Stays when it is not."""
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
        with _folder(self.collection / ARCHIVE) as folder:
            try:
                fd = os.open(sealed.name, flags, dir_fd=folder)
            except OSError as error:
                raise Stays(f"it cannot be read here: {error.strerror}", wrong=True) from error
            with os.fdopen(fd, "rb") as octets:
                before = os.fstat(fd)
                if not stat.S_ISREG(before.st_mode):
                    raise Stays("it is no plain file", wrong=True)
                digester = Digester()
                while piece := octets.read(_PIECE):
                    digester.update(piece)
                found = digester.digest()
                if found != sealed.digest or before.st_size != sealed.size:
                    words = f"expected {sealed.size} octets, {sealed.digest}, as the log says"
                    raise Stays(f"{words}, found {before.st_size}, {found}: khronika verify", wrong=True)

                def unchanged() -> None:
                    now = os.stat(sealed.name, dir_fd=folder, follow_symlinks=False)
                    if _identity(now) != _identity(before) or _identity(os.fstat(fd)) != _identity(before):
                        raise Stays("it was changed while it was looked at", wrong=True)

                yield unchanged

    def _take(self, name: str, unchanged: Callable[[], None]) -> None:
        file = f"{ARCHIVE}/{name}"
        try:
            with _folder(self.collection / ARCHIVE) as folder:
                unchanged()
                os.unlink(name, dir_fd=folder)
                os.fsync(folder)
        except Stays:
            self.copies.restored(file)
            raise
        except OSError as error:
            if _is_here(self.collection / file):
                self.copies.restored(file)
            raise StorageError(f"releasing {name}: {error.strerror}") from error

    # ---- there

    def _good_copies(self, file: str, sealed: SealedFile) -> tuple[str, ...]:
        """The copies that hold it, one of each place. Raises Stays where there are too few."""
        good: list[Holder] = []
        lacking: list[str] = []
        wrong = unasked = False
        for holder in self.holders:
            if len(good) == self.wanted:
                break
            try:
                self._elsewhere(holder, good)
                self._check(holder, file, sealed)
            except Stays as stays:
                lacking.append(f"{holder.name}: {stays}")
                wrong, unasked = wrong or stays.wrong, unasked or stays.unasked
            else:
                good.append(holder)
        if len(good) < self.wanted:
            words = f"expected {self.wanted} good copies, found {len(good)}"
            raise Stays("; ".join([words, *lacking]), wrong=wrong, unasked=unasked)
        return tuple(one.name for one in good)

    def _elsewhere(self, holder: Holder, good: Sequence[Holder]) -> None:
        """A copy lies at another place than those that were found good, however its place is spelled."""
        for one in good:
            try:
                together = self._together.get((one.name, holder.name))
                if together is None:
                    together = self._together[one.name, holder.name] = lie_together(one, holder)
            except (KhronikaError, OSError) as error:
                raise Stays(
                    f"whether it is at the same place as {one.name} cannot be told: {error}", unasked=True
                ) from error
            if together:
                raise Stays(f"at the same place as {one.name}")

    def _check(self, holder: Holder, file: str, sealed: SealedFile) -> None:
        copy = self.copies.copy(holder.name, file)
        if copy is None or not copy.is_proved:
            raise Stays("not copied there yet")
        if (copy.size, copy.digest) != (sealed.size, sealed.digest):
            raise Stays("what was copied there is not what the log says of it now")
        self._no_problem(holder.name, file)
        began = self.now()
        try:
            self._place_of(holder)
            self._provable(holder, sealed)
            for problem in examine(holder, self.copies, copy, self.now):
                raise Stays(problem_words(problem), wrong=True)
            read = self.copies.copy(holder.name, file)
            if (
                read is None
                or read.read_at is None
                or read.read_at < began
                or (read.version, read.digest) != (copy.version, copy.digest)
            ):
                raise Stays("nothing says that it was read back")
            self._locked(holder, read)
            self._no_problem(holder.name, file)
        except FileNotFoundError as error:
            raise Stays(f"it is not there: {error.strerror}", wrong=True) from error
        except LogError as error:
            raise Stays(f"the log there does not hold: {error}", wrong=True) from error
        except (KhronikaError, OSError) as error:
            raise Stays(f"it could not be looked at: {error}", unasked=True) from error

    def _no_problem(self, name: str, file: str) -> None:
        for problem in (*self.copies.problems(name, ""), *self.copies.problems(name, file)):
            raise Stays(problem_words(problem), wrong=True)

    def _place_of(self, holder: Holder) -> None:
        """The place is ours, and its log an earlier state of ours; asked once."""
        if holder.name not in self._places:
            self._places[holder.name] = examine_place(holder, self.copies, self.log, self.now)
        for problem in self._places[holder.name]:
            raise Stays(problem_words(problem), wrong=True)

    def _note(self, copy: Copy, kind: ProblemKind, expected: str, found: str) -> None:
        problem = self.copies.note_problem(
            copy.target, copy.file, kind, expected, found, self.now(), version=copy.version
        )
        raise Stays(problem_words(problem), wrong=True)

    def _locked(self, holder: Holder, copy: Copy) -> None:
        wanted = wanted_lock(holder, copy)
        if wanted is None:
            return
        told = holder.target.retention(copy.file, copy.version)
        asked = f"{wanted.mode} until {wanted.until:%Y-%m-%d %H:%M}"
        if told is None:
            self._note(copy, ProblemKind.NO_LOCK, asked, "no lock")
            return
        if not told.holds(wanted):
            self._note(copy, ProblemKind.OTHER_LOCK, asked, f"{told.mode} until {told.until:%Y-%m-%d %H:%M}")
        if told.until <= self.now():
            raise Stays(f"its lock has run out on {told.until:%Y-%m-%d}")

    # ---- provable

    def _provable(self, holder: Holder, sealed: SealedFile) -> None:
        """The copy alone proves what the log says of the file."""
        log = self._log_of(holder)
        if log.size <= sealed.index:
            raise Stays("no checkpoint is there yet that covers it")
        octets = self.log.entry(sealed.index)
        try:
            there = log.entry(sealed.index)
            check_inclusion(leaf_hash(there), sealed.index, log.size, log.inclusion(sealed.index), log.signed.root)
        except (LogError, ProofError, FileNotFoundError) as error:
            raise Stays(f"the log there does not prove it: {error}", wrong=True) from error
        if there != octets:
            raise Stays("the log there says something else of it", wrong=True)

    def _log_of(self, holder: Holder) -> LogReader:
        known = self._logs.get(holder.name)
        if known is None:
            known = self._logs[holder.name] = self._opened_log(holder)
        if isinstance(known, str):
            raise Stays(known, wrong=True)
        return known

    def _opened_log(self, holder: Holder) -> LogReader | str:
        """The log at a copy, if its checkpoint is one that this log has issued; else why it is not."""
        log = LogReader(holder.target.store())
        refused = other_history(log, self.log)
        return log if refused is None else f"found there {refused}"


def problem_words(problem: Problem) -> str:
    """A problem in a line."""
    words = problem.kind.value.replace("-", " ")
    return f"{words}: expected {problem.expected}, found {problem.found} (since {problem.found_at:%Y-%m-%d})"


def _identity(told: os.stat_result) -> tuple[int, ...]:
    return (told.st_dev, told.st_ino, told.st_size, told.st_mtime_ns, told.st_mode)


def _is_here(path: Path) -> bool:
    try:
        os.lstat(path)
    except FileNotFoundError:
        return False
    return True


def _is_whole(path: Path, size: int, digest: Digest) -> bool:
    try:
        with open(path, "rb", opener=regular) as file:
            digester = Digester()
            while piece := file.read(_PIECE):
                digester.update(piece)
    except OSError:
        return False
    return (digester.length, digester.digest()) == (size, digest)


@contextlib.contextmanager
def _folder(path: Path) -> Iterator[int]:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise StorageError(f"reading the folder {path.name}: {error.strerror}") from error
    try:
        yield fd
    finally:
        os.close(fd)
