"""A clone: a collection made from a copy of it, on S3 or in a folder, believing nothing that the copy says.

    DIR/.clone/log/…        the log, as it comes; checked as a whole before anything else is fetched
    DIR/.clone/archive/…    each WARC, hashed while it comes (`NAME.part`), under its name once it is what its seal says
    DIR/clone.json          from here on the folder is marked: nothing is logged or signed in it (`clone_mark.py`)
    DIR/log, DIR/archive    put in place
    DIR/catalogue.sqlite    made from the WARCs
    DIR/khronika.toml       last: now it is a collection

Killed anywhere, the same call goes on: what had come is hashed again, and a file that was half there is gone on with.
A file that is not what the log says is fetched once more, and then left out and told of, as is one that is missing; the
next call, with another copy perhaps, fetches what is left. A log that does not hold ends it: nothing is put in place.
Private parts (settings, state, noise) are no evidence, and no log vouches for them: they come only where the copy has
them, and that is said.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from archive import recovery
from archive.audit_file import fails
from archive.audit_log import FileEntries, LogAudit, audit_log
from archive.audit_voucher import Vouched, held_against, vouched
from archive.checkpoint import VerifierKey, parse_checkpoint
from archive.clone_files import (
    LOG_FILE_LIMIT,
    SETTINGS,
    SETTINGS_LIMIT,
    STATE,
    Kind,
    is_warc_name,
    listed,
)
from archive.clone_mark import CloneMark, is_clone, mark
from archive.digest import Digester
from archive.errors import (
    CollectionExistsError,
    KhronikaError,
    NoCollectionError,
    SignatureError,
    StorageError,
)
from archive.finding import Finding, FindingKind
from archive.held_files import HeldFiles
from archive.lock import NAME as LOCK
from archive.lock import Lock
from archive.log import CHECKPOINT, LOG, LogReader
from archive.state import State
from archive.store import FolderStore, Store
from archive.warc import file_digest, sync_folder
from archive.withholding import resealed

STAGING = ".clone"
ARCHIVE = "archive"
CATALOGUE = "catalogue.sqlite"
CRAWLS = "crawls"

AT_ONCE = 8
"""Small files of the log that are fetched at a time."""
ATTEMPTS = 5
"""Times that a file is asked for, when the connection breaks off."""
SHOWN = 5
"""Names of each kind that are told of those that were passed over."""

_PIECE = 1 << 20
_NEEDED = 64 << 20
"""Octets that must be left on the disk besides the WARCs."""
_STOPS = frozenset({FindingKind.FORKED, FindingKind.ROLLED_BACK, FindingKind.WRONG_SIGNER})
"""What is said of who vouches for a log that ends a clone; a token that does not hold is told of."""

Progress = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a clone is held against, and what it begins with."""

    trust: VerifierKey | None = None
    """The root key, or a log key, known from elsewhere."""
    against: bytes | None = None
    """A checkpoint that was kept elsewhere."""
    against_name: str = "the checkpoint kept elsewhere"
    settings: bytes = b""
    """khronika.toml, where the copy has none."""


@dataclass(slots=True)
class Cloned:
    """What came of it."""

    place: str
    verdict: str = "failed"
    """`ok`: all that the log has is here, and is what the log says. `failed`: something is wrong, or missing."""
    whole: bool = False
    """Whether a collection was put in place."""
    origin: str = ""
    size: int = 0
    """Entries of the log."""
    root: str = ""
    files: int = 0
    """WARCs that are in place."""
    fetched: int = 0
    octets: int = 0
    """Of all WARCs that are in place."""
    fetched_octets: int = 0
    left_out: list[str] = field(default_factory=list)
    """WARCs that are missing, or were not what the log says."""
    passed: Counter[str] = field(default_factory=Counter)
    """Names in the copy that were not taken, by kind."""
    names: dict[str, list[str]] = field(default_factory=dict)
    """Some of them."""
    private: list[str] = field(default_factory=list)
    """What came besides the evidence, and nothing vouches for."""
    records: int = 0
    captures: int = 0
    not_checked: list[str] = field(default_factory=list)

    def as_record(self) -> dict[str, Any]:
        """As programs read it."""
        return {
            "verdict": self.verdict,
            "from": self.place,
            "whole": self.whole,
            "log": {"origin": self.origin, "size": self.size, "root": self.root},
            "files": self.files,
            "bytes": self.octets,
            "fetched": self.fetched,
            "fetched_bytes": self.fetched_octets,
            "left_out": self.left_out,
            "passed_over": dict(self.passed),
            "passed_over_names": self.names,
            "private": self.private,
            "records": self.records,
            "captures": self.captures,
            "not_checked": self.not_checked,
        }


def clone(
    store: Store,
    place: str,
    folder: Path,
    *,
    asked: Asked = Asked(),
    now: Callable[[], datetime],
    progress: Progress = lambda *_: None,
) -> Iterator[Finding | Cloned]:
    """Make a clone in a folder that is new or empty, or go on with one: what is wrong, and at the end what came of it.

    `place`: what `store` is called. Raises CollectionExistsError where another thing lies in the folder,
    CollectionLockedError, StorageError where the copy cannot be read or the disk refuses: it can be gone on with.
    """
    refuse_folder(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / STAGING).mkdir(exist_ok=True)
    except OSError as error:
        raise StorageError(f"making {folder.name}: {error.strerror}") from error
    lock = Lock(folder)
    try:
        yield from _Clone(store, place, folder, asked, now, progress).run()
    finally:
        lock.release()


def refuse_folder(folder: Path) -> None:
    """Raise CollectionExistsError unless a clone can be made, or gone on with, in a folder."""
    try:
        names = {path.name for path in folder.iterdir()} if folder.exists() else set()
    except NotADirectoryError as error:
        raise CollectionExistsError(f"expected a new folder, found a file: {folder}") from error
    except OSError as error:
        raise StorageError(f"reading {folder.name}: {error.strerror}") from error
    # one that is not marked any more was let go on, and is somebody's collection, whatever a clone has left in it
    if not names - {LOCK} or (STAGING in names and (is_clone(folder) or LOG not in names)):
        return
    found = "a clone that is whole" if is_clone(folder) else "something else there"
    raise CollectionExistsError(f"expected a new or an empty folder, or a clone to go on with, found {found}: {folder}")


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A WARC, and what it must be."""

    name: str
    size: int
    digest: str


class _Clone:
    """One clone."""

    def __init__(
        self,
        store: Store,
        place: str,
        folder: Path,
        asked: Asked,
        now: Callable[[], datetime],
        progress: Progress,
    ) -> None:
        self._store = store
        self._folder = folder
        self._staging = folder / STAGING
        self._asked = asked
        self._now = now
        self._progress = progress
        self._out = Cloned(place)
        self._failed = False
        self._private: list[str] = []

    def run(self) -> Iterator[Finding | Cloned]:
        for finding in self._run():
            self._failed = self._failed or fails(finding)
            yield finding
        self._out.verdict = "failed" if self._failed or not self._out.whole else "ok"
        yield self._out

    def _run(self) -> Iterator[Finding]:
        home = self._log_home()
        if home is None:
            # before its names: what is put there meanwhile goes on from it
            self._fetch_checkpoint()
        names = self._look()
        if home is None:
            self._fetch_log(names)
            home = self._staging
        log, out = self._audit(home)
        yield from log.findings
        yield from out.findings
        self._out.not_checked += log.not_checked + out.not_checked
        if self._is_bad(log, out):
            self._forget_log(home)
            if not any(map(fails, [*log.findings, *out.findings])):
                expected = "a checkpoint signed by a key of the log, over all of it"
                yield Finding(FindingKind.UNSIGNED, f"{LOG}/{CHECKPOINT}", None, None, None, expected, "none")
            return
        wanted: list[_Wanted] = []
        yield from self._want(log, LogReader(FolderStore(home)), wanted)
        yield from self._fetch_warcs(wanted)
        self._put_in_place(log)
        yield from self._fetch_private()
        yield from self._index()
        self._end()

    # ---- the names

    def _look(self) -> list[str]:
        """What the copy holds; the names of the log's files."""
        names: list[str] = []
        for told, (name, kind) in enumerate(listed(self._store), 1):
            if told % 1000 == 0:
                self._progress(f"Looking through the copy: {told} files")
            if kind is Kind.LOG:
                names.append(name)
            elif kind is Kind.PRIVATE:
                self._private.append(name)
            elif kind is not Kind.PASSED:
                self._out.passed[kind.value] += 1
                shown = self._out.names.setdefault(kind.value, [])
                if len(shown) < SHOWN:
                    shown.append(name)
        return names

    # ---- the log

    def _log_home(self) -> Path | None:
        """Where the log is that was found to hold before; None where there is none yet."""
        if (self._folder / LOG / CHECKPOINT).exists():
            return self._folder
        return self._staging if (self._staging / _CHECKED).exists() else None

    def _fetch_checkpoint(self) -> None:
        first = f"{LOG}/{CHECKPOINT}"
        for name in (first, f"{LOG}/keys.note", f"{LOG}/policy"):  # the only ones that change
            with contextlib.suppress(FileNotFoundError):
                (self._staging / name).unlink()
        try:
            self._fetch_small(first, LOG_FILE_LIMIT)
        except _GoneError as error:
            message = f"expected the copy of a collection, with {first}, at {self._out.place}, found no such file"
            raise NoCollectionError(message) from error

    def _fetch_log(self, names: Sequence[str]) -> None:
        """Fetch the log, but for what has come already; what is newer than its checkpoint is left."""
        size = self._checkpoint_size()
        late = [name for name in names if (number := _size_in(name)) is not None and number > size]
        if late:
            self._out.not_checked.append(
                f"{len(late)} files of the log that are newer than its checkpoint of {size} entries: somebody was "
                "putting them there, or was stopped while doing so"
            )
        passed = set(late)
        rest = [name for name in names if name not in passed and not (self._staging / name).exists()]
        waiting: list[Future[None]] = []
        with ThreadPoolExecutor(AT_ONCE) as pool:
            try:
                following = iter(rest)
                done = 0
                for name in following:
                    waiting.append(pool.submit(self._fetch_small, name, LOG_FILE_LIMIT))
                    if len(waiting) < 8 * AT_ONCE:
                        continue
                    waiting.pop(0).result()
                    done += 1
                    self._progress("Fetching the log", done, len(rest))
                for one in waiting:
                    one.result()
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise

    def _checkpoint_size(self) -> int:
        try:
            return parse_checkpoint((self._staging / LOG / CHECKPOINT).read_bytes()).size
        except SignatureError:
            return 0  # which the check of the log tells of

    def _fetch_small(self, name: str, limit: int) -> None:
        """Fetch a file whole; one that is longer than it can be is cut off there, and will not hold."""
        target = self._staging / name
        with _disk(f"writing {name}"):
            target.parent.mkdir(parents=True, exist_ok=True)
        fresh = target.with_name(f"{target.name}.part")

        def fetching() -> None:
            left = limit
            with self._opened(name, 0) as source, _disk(f"writing {name}"), fresh.open("wb") as file:
                while left and (piece := _read(source, min(_PIECE, left), name)):
                    file.write(piece)
                    left -= len(piece)

        self._trying(name, fetching)
        with _disk(f"writing {name}"):
            fresh.replace(target)

    def _trying(self, name: str, fetching: Callable[[], None]) -> None:
        """Do it again where the connection broke off. Raises StorageError."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                fetching()
                return
            except _GoneError:
                raise
            except StorageError:
                if attempt == ATTEMPTS:
                    raise
            time.sleep(min(0.2 * 2**attempt, 5))

    def _audit(self, home: Path) -> tuple[LogAudit, Vouched]:
        asked, store = self._asked, FolderStore(home)
        extra = () if asked.against is None else (parse_checkpoint(asked.against).size,)
        log = audit_log(store, lambda done: self._progress("Checking the log", done, None), extra=extra)
        out = vouched(store, log, trust=asked.trust)
        if asked.against is not None:
            held_against(store, log, out, asked.against, name=asked.against_name, trust=asked.trust)
        self._out.origin, self._out.size = log.origin, log.size
        self._out.root = log.newest.root.hex() if log.newest is not None else ""
        return log, out

    def _is_bad(self, log: LogAudit, out: Vouched) -> bool:
        """Whether the log itself does not hold, so that nothing can be held against it."""
        signed = log.newest is not None and out.proved == log.size
        return (
            not signed
            or any(map(fails, log.findings))
            or any(fails(finding) and finding.kind in _STOPS for finding in out.findings)
        )

    def _forget_log(self, home: Path) -> None:
        """What did not hold is fetched anew by the next call."""
        if home == self._staging:
            shutil.rmtree(self._staging / LOG, ignore_errors=True)
            (self._staging / _CHECKED).unlink(missing_ok=True)

    # ---- the WARCs

    def _want(self, log: LogAudit, reader: LogReader, wanted: list[_Wanted]) -> Iterator[Finding]:
        """The WARCs that the log has sealed; those that it has not are told of."""
        with _disk("writing what was checked"):
            (self._staging / _CHECKED).write_bytes(b"%d\n" % log.size)
        again = resealed(reader) if log.withholds else {}
        for entries in log.files.values():
            if not is_warc_name(entries.name):
                yield self._missing(entries, "the name of a WARC in the log", "one that no file here may have")
            elif entries.seal is None:
                yield self._missing(entries, "a seal of it in the log", "none: it was being written")
            elif entries.name in again:
                wanted.append(_Wanted(entries.name, again[entries.name].bytes, str(again[entries.name].digest)))
            else:
                wanted.append(_Wanted(entries.name, entries.seal.bytes, str(entries.seal.digest)))

    def _missing(self, entries: FileEntries, expected: str, found: str) -> Finding:
        self._out.left_out.append(entries.name)
        said = f"{found}; its {entries.records} records are not in the clone"
        return Finding(FindingKind.MISSING, entries.name, None, None, None, expected, said)

    def _fetch_warcs(self, wanted: Sequence[_Wanted]) -> Iterator[Finding]:
        with _disk(f"making {ARCHIVE}/"):
            (self._staging / ARCHIVE).mkdir(exist_ok=True)
        left = [one for one in wanted if not self._has(one)]
        self._need(sum(one.size for one in left))
        total, done = sum(one.size for one in left), 0

        def advance(octets: int) -> None:
            nonlocal done
            done += octets
            self._progress("Fetching the WARCs, MiB", done >> 20, total >> 20)

        for one in left:
            finding = self._fetch_warc(one, advance)
            if finding is not None:
                self._out.left_out.append(one.name)
                yield finding
                continue
            self._out.fetched += 1
            self._out.fetched_octets += one.size
        missing = set(self._out.left_out)
        here = [one for one in wanted if one.name not in missing]
        self._out.files, self._out.octets = len(here), sum(one.size for one in here)

    def _has(self, one: _Wanted) -> bool:
        """Whether a WARC has come already, and is what it must be; one that is not is fetched anew."""
        for path in (self._folder / ARCHIVE / one.name, self._staging / ARCHIVE / one.name):
            if path.is_symlink() or not path.is_file():
                continue
            self._progress(f"Looking at what is here: {one.name}")
            if path.stat().st_size == one.size and file_digest(path) == one.digest:
                return True
            with _disk(f"removing {one.name}"):
                path.unlink()
        return False

    def _need(self, octets: int) -> None:
        with _disk("asking how much room there is"):
            free = shutil.disk_usage(self._folder).free
        had = sum(path.stat().st_size for path in (self._staging / ARCHIVE).glob("*.part"))
        if octets - had + _NEEDED > free:
            raise StorageError(
                f"expected room for {octets - had} octets of WARCs and {_NEEDED} besides, found {free} octets free"
            )

    def _fetch_warc(self, one: _Wanted, advance: Callable[[int], None]) -> Finding | None:
        """Fetch a WARC; what is wrong with it, where it is not what the log says even when it is fetched anew."""
        part = self._staging / ARCHIVE / f"{one.name}.part"
        finding = None
        for _ in range(2):
            resumed = part.exists() and part.stat().st_size > 0
            attempts = 0
            while True:
                try:
                    found, length = self._take(one, part, advance)
                    break
                except _GoneError:
                    return Finding(
                        FindingKind.MISSING, one.name, None, None, None, f"the file, {one.size} octets", "none"
                    )
                except StorageError:
                    attempts += 1
                    if attempts == ATTEMPTS:
                        raise
                    time.sleep(min(0.2 * 2**attempts, 5))
            if (length, found) == (one.size, one.digest):
                with _disk(f"writing {one.name}"):
                    part.replace(part.with_name(one.name))
                sync_folder(part.parent)
                return None
            if length < one.size:
                kind, said = FindingKind.TRUNCATED, f"{length} octets"
            else:
                kind, said = FindingKind.ALTERED, "more octets" if length > one.size else found
            expected = f"the file {one.digest}, {one.size} octets, as its seal says"
            finding = Finding(kind, one.name, None, None, None, expected, said)
            with _disk(f"removing {part.name}"):
                part.unlink()
            advance(-min(length, one.size))
            if not resumed and kind is FindingKind.TRUNCATED:
                break
        return finding

    def _take(self, one: _Wanted, part: Path, advance: Callable[[int], None]) -> tuple[str, int]:
        """Go on with a file that has come in part; its digest and length, one octet more than the seal's at most."""
        digester = Digester()
        with _disk(f"writing {part.name}"), part.open("a+b") as file:
            file.seek(0)
            while piece := file.read(_PIECE):
                digester.update(piece)
            advance(digester.length)
            at = digester.length
            try:
                if at < one.size:
                    with self._opened(f"{ARCHIVE}/{one.name}", at) as source:
                        while piece := _read(source, min(_PIECE, one.size + 1 - digester.length), one.name):
                            digester.update(piece)
                            file.write(piece)
                            advance(len(piece))
            except BaseException:
                advance(-digester.length)
                raise
            file.flush()
            os.fsync(file.fileno())
        return str(digester.digest()), digester.length

    def _opened(self, name: str, offset: int) -> BinaryIO:
        """A file from an offset on. Raises StorageError."""
        try:
            return self._store.open(name, offset) if offset else self._store.open(name)
        except FileNotFoundError as error:
            raise _GoneError(f"reading {name}: expected it in the copy, found no such file") from error
        except OSError as error:
            raise StorageError(f"reading {name}: {error.strerror or type(error).__name__}") from error

    # ---- in place

    def _put_in_place(self, log: LogAudit) -> None:
        folder, staging = self._folder, self._staging
        if not is_clone(folder):
            mark(folder, CloneMark(self._out.place, log.size, self._now()))
        with _disk("putting the clone in place"):
            if not (folder / LOG).exists():
                _sync_all(staging / LOG)
                (staging / LOG).replace(folder / LOG)
                sync_folder(folder)
            (folder / ARCHIVE).mkdir(exist_ok=True)
            (folder / CRAWLS).mkdir(exist_ok=True)
            for path in sorted((staging / ARCHIVE).glob("*.warc.gz")):
                path.replace(folder / ARCHIVE / path.name)
        sync_folder(folder / ARCHIVE)
        sync_folder(folder)

    def _fetch_private(self) -> Iterator[Finding]:
        """Settings, state and noise, where the copy has them and they are not here already."""
        for name in self._private:
            staged, target = self._staging / name, self._folder / name
            if target.exists():
                continue
            self._progress(f"Fetching {name}")
            if not staged.exists():
                self._fetch_small(name, SETTINGS_LIMIT if name == SETTINGS else _PRIVATE_LIMIT)
            why = _REFUSALS[name](staged) if name in _REFUSALS else None
            if why is not None:
                expected = f"{name} as Khronika writes it"
                yield Finding(FindingKind.MALFORMED, name, None, None, None, expected, f"another file: {why}")
                with _disk(f"removing {name}"):
                    staged.unlink()
            elif name != SETTINGS:
                self._move(staged, target)
            self._out.private += [name] if why is None else []
        if not (self._folder / STATE).exists():
            State.create(self._folder).close()

    def _move(self, staged: Path, target: Path) -> None:
        with _disk(f"writing {target.name}"):
            target.parent.mkdir(exist_ok=True)
            _sync(staged)
            staged.replace(target)
        sync_folder(target.parent)

    def _index(self) -> Iterator[Finding]:
        """Make the catalogue, unless it has every file already."""
        catalogue = self._folder / CATALOGUE
        if catalogue.exists() and not self._out.fetched:
            return
        reader = LogReader(FolderStore(self._folder))
        counts = recovery.index(catalogue, reader, files=HeldFiles(self._folder), progress=self._progress)
        self._out.records, self._out.captures = counts["records"], counts["captures"]
        for damage in counts["damaged"]:
            yield Finding(FindingKind.MALFORMED, None, None, None, None, "records that can be read", str(damage))

    def _end(self) -> None:
        """The settings make a collection of it; what is left to be fetched keeps the way back here open."""
        settings, staged = self._folder / SETTINGS, self._staging / SETTINGS
        if not settings.exists():
            if not staged.exists():
                with _disk(f"writing {SETTINGS}"):
                    staged.write_bytes(self._asked.settings)
            self._move(staged, settings)
        self._out.whole = True
        if not self._out.left_out:
            shutil.rmtree(self._staging, ignore_errors=True)


class _GoneError(StorageError):
    """There is no such file in the copy."""


def _read(source: BinaryIO, limit: int, name: str) -> bytes:
    """Some octets of a file in the copy. Raises StorageError: what the disk here says is another matter."""
    try:
        return source.read(limit)
    except OSError as error:
        raise StorageError(f"reading {name}: {error.strerror or type(error).__name__}") from error


_CHECKED = "log-checked"
"""In the staging folder: that the log there was found to hold."""
_PRIVATE_LIMIT = 1 << 33
"""Octets of a private file at most: nothing says how long it must be."""


def _size_in(name: str) -> int | None:
    """The size of the log that a file of it is about, by its name; None of those that are about none."""
    folder, _, rest = name.removeprefix(f"{LOG}/").partition("/")
    number = rest.partition(".")[0] if folder == "tsa" else rest
    return int(number) if folder in {"checkpoints", "cosig", "tsa"} and number.isdecimal() else None


def _refusal_of_settings(path: Path) -> str | None:
    """Why a file is no khronika.toml."""
    try:
        tomllib.loads(path.read_bytes().decode())
    except ValueError as error:
        return str(error)
    return None


def _refusal_of_state(path: Path) -> str | None:
    """Why a file is no state: SQLite runs what a stranger's file defines."""
    try:
        with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as file:
            file.execute("PRAGMA trusted_schema = OFF")
            if file.execute("PRAGMA quick_check(1)").fetchall() != [("ok",)]:
                return "it is damaged"
            odd = file.execute("SELECT type FROM sqlite_master WHERE type NOT IN ('table', 'index')").fetchone()
            if odd is not None:
                return f"it holds a {odd[0]}"
        State.open(path.parent, readonly=True).close()
    except (sqlite3.Error, KhronikaError) as error:
        return str(error)
    return None


_REFUSALS: dict[str, Callable[[Path], str | None]] = {SETTINGS: _refusal_of_settings, STATE: _refusal_of_state}


def _sync(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _sync_all(root: Path) -> None:
    """Bring every file below a folder to the disk, and the folders."""
    for folder, _, files in os.walk(root):
        for name in files:
            _sync(Path(folder) / name)
        sync_folder(Path(folder))


@contextlib.contextmanager
def _disk(doing: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(f"{doing}: {error.strerror or type(error).__name__}") from error
