"""Re-read everything and say what holds.

The evidence is held against the signed log first: every record, every file, their order; the entries against the hash
tiles, the root, every checkpoint; the checkpoints against the keys that may sign them, and against what vouches for
them outside, tokens and cosignatures. The catalogue and what was read on the pages are derived: they are held against
the evidence where they are there, and nothing rests on them.

No lock is taken and nothing is signed; of a file that is still being written, what the log knows is read. What a result
does not show is said with it. `ok` says that somebody outside vouches for every record; where nobody does, evidence and
log lie in one folder, and that nothing is wrong is the collection's own word: `self-attested`.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from archive.audit_catalogue import CatalogueFacts, FileFact
from archive.audit_file import (
    ARCHIVE,
    CATALOGUE,
    REBUILD,
    FileResult,
    FileTask,
    Verdict,
    audit_file,
    fails,
)
from archive.audit_log import FileEntries, LogAudit, audit_log, logged_record
from archive.audit_part import Part, audit_captures, audit_sample
from archive.audit_progress import Progress as Kept
from archive.audit_progress import sound
from archive.audit_released import audit_released
from archive.audit_voucher import Anchor, Bound, Vouched, held_against, vouched
from archive.capture import Capture
from archive.check import check_members
from archive.checkpoint import VerifierKey, parse_checkpoint
from archive.collection import Collection
from archive.digest import Digest
from archive.entry import parse_entry
from archive.errors import CatalogueError, LogError, StateError, StorageError
from archive.finding import Finding, FindingKind
from archive.header import format_date
from archive.held_files import HeldFiles
from archive.log import LOG, LogReader
from archive.readings_digest import check_readings
from archive.store import FolderStore, Store
from archive.warc import OPEN_SUFFIX
from archive.withholding import resealed, withheld

Progress = Callable[[str, "int | None", "int | None"], None]
"""Called with what is being done, and the number of records done and in all."""

MEANS_NOT = (
    "that the servers sent these octets: TLS proves that to nobody else, so it rests on this collection's word",
    "that the captures were made when their dates say: what is bounded is when they were logged",
    "that nothing else was seen: what was never logged cannot be missed",
)
"""What a verification does not mean, whatever it found."""

NOBODY_OUTSIDE = (
    "that nobody with the keys has rewritten the whole log: no token and no cosignature from outside covers every "
    "record"
)
FROM_THE_FOLDER = "whether this log is the one that was kept: it may be older or another; give --against and --trust"

PARALLEL_FROM = 64 << 20
"""Octets of WARCs from which on other processes help: each takes half a second to start."""


_MOVES_WITHIN = 2.0
_MOVES_STEP = 0.25
"""Seconds in which a writer signs what it has sealed, and between two looks whether it did."""


@dataclass(frozen=True, slots=True)
class FileVerdict:
    """What is to be said of one file."""

    file: str
    verdict: Verdict
    records: dict[str, int]
    """By verdict."""
    sealed: bool
    """Whether the file's octets are those of its seal."""
    read_at: str | None = None
    """The copy that it was read from, where it was released; None of one that lies here."""

    def as_record(self) -> dict[str, Any]:
        """The verdict as programs read it."""
        return {
            "file": self.file,
            "verdict": self.verdict.value,
            "records": self.records,
            "sealed": self.sealed,
            "read_at": self.read_at,
        }


@dataclass(frozen=True, slots=True)
class Time:
    """Between which times the records were logged."""

    after: datetime | None
    after_by: str | None
    before: datetime | None
    before_by: str | None

    @property
    def words(self) -> str:
        """In a line."""
        if self.before is None and self.after is None:
            return "unproven: nothing outside dates every record"
        after = f"after {format_date(self.after)} ({self.after_by})" if self.after else "at a time with no lower bound"
        before = f"before {format_date(self.before)} ({self.before_by})" if self.before else "no upper bound"
        if self.before is not None and self.after is not None:
            return (
                f"logged between {format_date(self.after)} ({self.after_by}) and {format_date(self.before)} "
                f"({self.before_by})"
            )
        return f"logged {before if self.before else after}; {'no lower bound' if self.before else 'no upper bound'}"

    def as_record(self) -> dict[str, Any]:
        """The times as programs read them."""
        return {
            "text": self.words,
            "after": format_date(self.after) if self.after else None,
            "after_by": self.after_by,
            "before": format_date(self.before) if self.before else None,
            "before_by": self.before_by,
        }


@dataclass(frozen=True, slots=True)
class Summary:
    """What a verification read, and what that is worth."""

    verdict: Literal["ok", "failed", "self-attested"]
    captures: int
    records: int
    files: int
    octets: int
    """Of the files, compressed."""
    not_checked: tuple[str, ...]
    """What was not checked."""
    verdicts: dict[str, int] = field(default_factory=dict)
    """Records by verdict."""
    file_verdicts: dict[str, int] = field(default_factory=dict)
    anchored: int = 0
    """Records that hold and that somebody outside vouches for."""
    recovered: int = 0
    """Records that were logged only after the run that wrote them had been cut short."""
    origin: str = ""
    size: int = 0
    """Entries of the log up to its newest checkpoint."""
    unsigned: int = 0
    """Entries after it."""
    root: str = ""
    """Of the newest checkpoint, hexadecimal."""
    vouched_by: tuple[dict[str, Any], ...] = ()
    time: Time = Time(None, None, None, None)
    means_not: tuple[str, ...] = MEANS_NOT
    read_at: dict[str, int] = field(default_factory=dict)
    """By name of a copy, how many files were read from it, having been released here."""

    def as_record(self) -> dict[str, Any]:
        """The summary as programs read it."""
        return {
            "verdict": self.verdict,
            "captures": self.captures,
            "records": self.records,
            "files": self.files,
            "bytes": self.octets,
            "verdicts": self.verdicts,
            "file_verdicts": self.file_verdicts,
            "anchored": self.anchored,
            "recovered": self.recovered,
            "log": {"origin": self.origin, "size": self.size, "unsigned": self.unsigned, "root": self.root},
            "vouched_by": list(self.vouched_by),
            "time": self.time.as_record(),
            "not_checked": list(self.not_checked),
            "means_not": list(self.means_not),
            "read_at": self.read_at,
        }


@dataclass(frozen=True, slots=True)
class Asked:
    """What of a collection is to be verified, and against what."""

    captures: Sequence[Capture] | None = None
    """These only, their requests and metadata, and the originals of revisits."""
    sample: float | None = None
    """Of each record with this probability (0 to 1), and of every file its presence and size."""
    since: datetime | None = None
    """Only files with a record from this time on."""
    against: bytes | None = None
    """A checkpoint that was kept elsewhere."""
    against_name: str = "the checkpoint kept elsewhere"
    trust: VerifierKey | None = None
    """The root key, or a log key, known from elsewhere."""
    require_anchor: bool = False
    jobs: int = 1
    """Processes."""
    resume: bool = False
    keep_progress: bool = False
    """Whether what was done is kept, so that it can be gone on with."""
    text_digest: Callable[[bytes], Digest] | None = None
    """Makes the digest of its main text out of a reading."""


def verify(
    collection: Collection,
    *,
    progress: Progress | None = None,
    chance: random.Random | None = None,
    asked: Asked | None = None,
    **words: Any,
) -> Iterator[Finding | FileVerdict | Summary]:
    """All that is wrong with a collection's evidence, a verdict on each file, and a summary at the end.

    `asked`, or its words: what is to be verified; `chance` draws the sample. A file that cannot be read is a finding,
    and so is a catalogue with rows that mean nothing. Raises CatalogueError and StorageError when the catalogue is
    needed (for captures, for a sample) and cannot be opened.
    """
    asked = asked or Asked(**words)
    place = Place(collection.held, collection)
    try:
        collection.held.closed()
    except (StateError, StorageError) as error:
        # the evidence that is here is verified all the same; what was released is missing then, and why is said
        place = Place(FolderStore(collection.path), collection, f"which files were released to copies: {error}")
    yield from _Audit(place, asked, progress or (lambda text, done, total: None), chance or random.Random()).run()


def verify_copy(
    store: Store, *, progress: Progress | None = None, asked: Asked | None = None
) -> Iterator[Finding | FileVerdict | Summary]:
    """The same of a copy that lies elsewhere; there is nothing derived in it that would be compared."""
    quiet: Progress = lambda text, done, total: None  # noqa: E731 - as the argument that it stands for
    yield from _Audit(Place(store, None), asked or Asked(), progress or quiet, random.Random()).run()


@dataclass(frozen=True, slots=True)
class Place:
    """Where the evidence lies."""

    store: Store
    collection: Collection | None
    not_checked: str | None = None


class _Audit:
    """One verification."""

    def __init__(self, place: Place, asked: Asked, progress: Progress, chance: random.Random) -> None:
        self._store = place.store
        self._collection = place.collection
        self._asked = asked
        self._progress = progress
        self._chance = chance
        self._failed = False
        self._not_checked: list[str] = [] if place.not_checked is None else [place.not_checked]
        self._results: list[FileResult] = []
        self._log = LogAudit()
        self._vouched = Vouched()
        self._facts: CatalogueFacts | None = None
        self._file_facts: dict[str, FileFact] = {}
        self._leaves: tuple[int, int] | None = None
        """The first and the last leaf of the records that were read."""

    def run(self) -> Iterator[Finding | FileVerdict | Summary]:
        for item in self._run():
            if isinstance(item, Finding):
                self._failed = self._failed or fails(item)
            yield item
        yield from self._unanchored()
        yield self._summary()

    def _unanchored(self) -> Iterator[Finding]:
        """Records that nobody outside vouches for, where somebody has to."""
        if not self._asked.require_anchor:
            return
        held = sum(result.records[Verdict.OK] + result.records[Verdict.UNSIGNED] for result in self._results)
        anchored = sum(result.anchored for result in self._results)
        if held and anchored == held:
            return
        self._failed = True
        expected = "a token or a cosignature from outside that covers every record"
        found = f"none for {held - anchored} of {held}" if held else "no record"
        yield Finding(FindingKind.TIME_UNPROVEN, None, None, None, None, expected, found)

    def _run(self) -> Iterator[Finding | FileVerdict]:
        # the folder first: what is begun between the two looks is then known to the log, not the other way
        names = self._names()
        yield from self._whole_log()
        with contextlib.ExitStack() as stack:
            yield from self._open_catalogue(stack)
            if self._asked.captures is not None or self._asked.sample is not None:
                yield from self._part(names)
            else:
                yield from self._files(names)
                yield from self._derived()

    # ---- the log

    def _whole_log(self) -> Iterator[Finding]:
        extra: tuple[int, ...] = ()
        kept = None
        if self._asked.against is not None:
            kept = parse_checkpoint(self._asked.against)
            extra = (kept.size,)
        self._resumed = self._kept_progress()
        if self._resumed is not None:
            extra = (*extra, self._resumed.size)
        self._log = log = audit_log(
            self._store, lambda done: self._progress("Verifying the log", done, None), extra=extra
        )
        self._vouched = out = vouched(
            self._store,
            log,
            trust=self._asked.trust,
            advance=lambda done, total: self._progress("Verifying tokens", done, total),
        )
        if self._asked.against is not None and kept is not None:
            name = self._asked.against_name
            held_against(self._store, log, out, self._asked.against, name=name, trust=self._asked.trust)
        yield from log.findings
        yield from out.findings
        self._not_checked += log.not_checked + out.not_checked
        if self._resumed is not None and log.roots.get(self._resumed.size) != self._resumed.root:
            self._not_checked.append("what an earlier run had verified: it was held against another log")
            self._resumed.files.clear()

    def _kept_progress(self) -> Kept | None:
        asked = self._asked
        if self._collection is None or not asked.resume or asked.captures is not None or asked.sample is not None:
            return None
        kept = Kept(self._collection.path)
        return kept if kept.load() else None

    # ---- the catalogue

    def _open_catalogue(self, stack: contextlib.ExitStack) -> Iterator[Finding]:
        """Open the catalogue; evidence is verified without it, too."""
        collection = self._collection
        if collection is None:
            self._not_checked.append(
                f"the catalogue and what was read on the pages: only the evidence at {ARCHIVE}/ was"
            )
            return
        if not collection.catalogue_path.is_file():
            self._not_checked.append(f"the catalogue and what was read on the pages: there is none ({REBUILD})")
            return
        try:
            facts = CatalogueFacts(collection.catalogue_path)
            stack.callback(facts.close)
            self._file_facts = facts.files()
            self._facts = facts
        except (CatalogueError, StorageError) as error:
            yield self._bad_catalogue(error)

    def _bad_catalogue(self, error: Exception) -> Finding:
        self._not_checked.append("what comes after the damage in the catalogue")
        expected = "a catalogue that can be read to its end"
        return Finding(FindingKind.ALTERED, CATALOGUE, None, None, None, expected, str(error))

    # ---- files

    def _names(self) -> list[str]:
        """What lies in the folder of the evidence."""
        try:
            return [name.removeprefix(f"{ARCHIVE}/") for name in self._store.names(ARCHIVE)]
        except OSError as error:
            raise StorageError(f"reading the folder {ARCHIVE}: {error.strerror}") from error

    def _files(self, names: list[str]) -> Iterator[Finding | FileVerdict]:
        tasks = [self._task(entries) for entries in self._log.files.values()]
        since = self._asked.since
        if since is not None:
            text = format_date(since)
            left = [task for task in tasks if task.entries.newest < text]
            tasks = [task for task in tasks if task.entries.newest >= text]
            if left:
                self._not_checked.append(
                    f"{len(left)} files whose {sum(task.entries.records for task in left)} records are all from before "
                    f"{text}"
                )
        total = sum(task.entries.records for task in tasks)
        keeper = self._keeper()
        tasks = list(self._taken_up(tasks))
        again: list[FileResult] = []
        try:
            for result in self._done(tasks, total):
                if result.unsealed and any(map(fails, result.findings)):
                    again.append(result)
                else:
                    yield from self._told(result, keeper)
            for result in self._looked_at_again(again):
                yield from self._told(result, keeper)
        except BaseException:
            if keeper is not None:
                keeper.write()
            raise
        if keeper is not None:
            keeper.remove()
        yield from self._extra(names)

    def _task(self, entries: FileEntries) -> FileTask:
        log, out = self._log, self._vouched
        tail: tuple[tuple[int, bytes], ...] = ()
        if entries.records > entries.signed:
            found = enumerate(log.tail, log.size)
            tail = tuple((leaf, octets) for leaf, octets in found if _is_of(octets, entries.name))
        start, stop = entries.runs[0][0], entries.runs[-1][1]
        gone, sealed = self._withheld()
        return FileTask(
            entries=entries,
            present=True,
            size=log.size,
            proved=min(out.proved, log.whole) if not out.wrong_signer or out.history is not None else 0,
            anchored=out.anchored,
            tail=tail,
            altered=frozenset(leaf for leaf in log.altered if start <= leaf < stop),
            withheld=frozenset(leaf for leaf in gone.values() if start <= leaf < stop),
            gone=frozenset(gone),
            resealed=sealed.get(entries.name),
            fact=self._file_facts.get(entries.name),
        )

    def _withheld(self) -> tuple[dict[str, int], dict[str, tuple[int, str]]]:
        """By record id, entries of records that were taken from the disk, and what their files were after that."""
        if self._withholdings is None:
            gone: dict[str, int] = {}
            sealed: dict[str, tuple[int, str]] = {}
            if self._log.withholds:
                try:
                    reader = LogReader(self._store)
                    gone = {one.record_id: one.of for one in withheld(reader).values() if one.from_disk}
                    sealed = {name: (one.bytes, str(one.digest)) for name, one in resealed(reader).items()}
                except LogError:
                    self._not_checked.append("what was withheld: the log is damaged")
            self._withholdings = gone, sealed
        return self._withholdings

    _withholdings: tuple[dict[str, int], dict[str, tuple[int, str]]] | None = None

    def _keeper(self) -> Kept | None:
        """Where progress is kept; nowhere but in a collection's own folder."""
        if self._collection is None or not self._asked.keep_progress or self._log.newest is None:
            return None
        kept = Kept(self._collection.path)
        kept.size, kept.root = self._log.newest.size, self._log.newest.root
        return kept

    def _taken_up(self, tasks: list[FileTask]) -> Iterator[FileTask]:
        """The tasks that are not done yet; those that are, are told of."""
        kept = self._resumed
        if kept is None or self._collection is None:
            yield from tasks
            return
        done = 0
        for task in tasks:
            file = kept.files.get(task.entries.name)
            path = self._collection.archive_folder / task.entries.name
            good = task.entries.runs[-1][1] <= task.proved and not task.altered and not task.withheld
            if file is None or not good or file.records != task.entries.records or not file.still(path):
                yield task
                continue
            done += 1
            result = FileResult(task.entries.name, captures=file.captures, read=file.records, sealed=True, present=True)
            result.records[Verdict.OK] = file.records
            result.anchored = file.records if task.entries.runs[-1][1] <= task.anchored else 0
            result.recovered = task.entries.recovered
            self._span(task)
            self._results.append(result)
        if done:
            self._not_checked.append(
                f"{done} files that an interrupted verification had found sound, as inbox/verify.json says, which "
                "whoever writes to this folder can write: the system says of each that it was not touched since"
            )

    def _done(self, tasks: list[FileTask], total: int) -> Iterator[FileResult]:
        """Verify files, several at a time where that is worth it; results come in the order of the files."""
        octets = sum(task.entries.seal.bytes if task.entries.seal else 0 for task in tasks)
        jobs = min(self._asked.jobs, len(tasks))
        for task in tasks:
            self._span(task)
        if jobs > 1 and octets >= PARALLEL_FROM:
            path = self._collection.catalogue_path if self._collection is not None and self._facts else None
            yield from _in_processes(self._store, path, tasks, jobs, total, self._progress)
            return
        done = 0

        def advance(records: int) -> None:
            nonlocal done
            done += records
            self._progress(f"Verifying {task.entries.name}", done, total)

        for task in tasks:
            self._progress(f"Verifying {task.entries.name}", done, total)
            yield _one(self._store, task, self._facts, advance)

    def _looked_at_again(self, results: list[FileResult]) -> Iterator[FileResult]:
        """Files that may have been closed while they were looked at: what the log says of them by now counts."""
        if not results or not self._has_moved():
            yield from results
            return
        first = self._log, self._vouched
        self._log = audit_log(self._store)
        self._vouched = vouched(self._store, self._log, trust=self._asked.trust)
        for result in results:
            entries = self._log.files.get(result.name)
            yield result if entries is None else _one(self._store, self._task(entries), None, lambda done: None)
            self._not_checked.append(f"the catalogue's rows of {result.name}, which was closed while it was verified")
        self._log, self._vouched = first

    def _has_moved(self) -> bool:
        """Whether somebody is writing the log: a checkpoint follows the seal of a file at once."""
        for _ in range(int(_MOVES_WITHIN / _MOVES_STEP)):
            try:
                if LogReader(self._store).size > self._log.size:
                    return True
            except (LogError, OSError, StorageError):
                return False
            time.sleep(_MOVES_STEP)
        return False

    def _span(self, task: FileTask) -> None:
        first, last = task.entries.runs[0][0], task.entries.runs[-1][1] - 1
        if self._leaves is not None:
            first, last = min(first, self._leaves[0]), max(last, self._leaves[1])
        self._leaves = first, last

    def _told(self, result: FileResult, keeper: Kept | None) -> Iterator[Finding | FileVerdict]:
        self._results.append(result)
        self._not_checked += result.not_checked
        if keeper is not None and result.sealed and not result.findings and self._collection is not None:
            path = self._collection.archive_folder / result.name
            file = sound(path, records=result.records.total(), captures=result.captures)
            if file is not None and set(result.records) == {Verdict.OK}:
                keeper.note(result.name, file)
        yield from result.findings
        yield self._file_verdict(result)

    def _file_verdict(self, result: FileResult) -> FileVerdict:
        counts = {verdict.value: count for verdict, count in result.records.items() if count}
        verdict = result.verdict
        if verdict is Verdict.OK and result.records[Verdict.UNSIGNED]:
            verdict = self._instead_of_ok()
        return FileVerdict(result.name, verdict, self._renamed(counts), result.sealed, result.read_at)

    def _instead_of_ok(self) -> Verdict:
        return Verdict.WRONG_SIGNER if self._vouched.wrong_signer else Verdict.UNSIGNED

    def _renamed(self, counts: dict[str, int]) -> dict[str, int]:
        """What is not signed as it must be, by why."""
        if self._vouched.wrong_signer and Verdict.UNSIGNED.value in counts:
            counts[Verdict.WRONG_SIGNER.value] = counts.pop(Verdict.UNSIGNED.value)
        return counts

    def _extra(self, names: Sequence[str]) -> Iterator[Finding | FileVerdict]:
        """What lies in the folder and is not in the log."""
        known = self._log.files
        present = set(names)
        for name in names:
            final = name.removesuffix(OPEN_SUFFIX)
            if name in known or (final in known and name != final and final not in present):
                continue
            if name != final and final not in known:
                # begun, and the process killed before the log heard of it: the next crawl settles that
                self._not_checked.append(f"{name}, which the log does not know yet")
            elif not final.endswith((".warc.gz", ".warc")):
                self._not_checked.append(f"{name} in the folder of the evidence, which is no WARC")
            elif self._log.newest is None:
                yield from self._without_log(name)
            elif self._log.damaged:
                self._not_checked.append(f"{name}: entries that cannot be read may name it")
            else:
                expected = "only files that the log knows"
                yield Finding(FindingKind.INSERTED, name, None, None, None, expected, "another one")
                yield FileVerdict(name, Verdict.INSERTED, {}, sealed=False)
        for name in self._file_facts:
            if name not in known and not self._log.damaged and self._log.newest is not None:
                final = f"{ARCHIVE}/{name}"
                if name in present or self._store.exists(final) or self._store.exists(final + OPEN_SUFFIX):
                    continue  # told of already, or begun since
                expected = "only files that the log knows, in the catalogue"
                yield Finding(FindingKind.INSERTED, CATALOGUE, None, None, None, expected, f"{name}: {REBUILD}")

    def _without_log(self, name: str) -> Iterator[Finding | FileVerdict]:
        """A file of a collection that has no log: it is held against itself, which proves nothing."""
        result = FileResult(name)
        if not isinstance(self._store, FolderStore):
            self._not_checked.append(f"{name}, of which there is no log")
            return
        path = self._store.path / ARCHIVE / name
        try:
            with self._store.open(f"{ARCHIVE}/{name}") as file:
                for member in check_members(file, path):
                    result.findings += member.findings
                    result.records[Verdict.UNSIGNED] += len(member.records)
                    result.read += len(member.records)
        except (OSError, StorageError) as error:
            result.findings.append(
                Finding(FindingKind.MISSING, name, None, None, None, "a file that can be read", str(error))
            )
        self._results.append(result)
        yield from result.findings
        yield self._file_verdict(result)

    # ---- parts

    def _part(self, names: list[str]) -> Iterator[Finding | FileVerdict]:
        collection, asked = self._collection, self._asked
        if collection is None:
            raise StorageError("a sample, and captures by their names, need the catalogue, which is not in this copy")
        if self._facts is None:
            raise CatalogueError(f"a sample, and captures by their names, need the catalogue: {REBUILD}")
        tasks = {entries.name: self._task(entries) for entries in self._log.files.values()}
        part = Part(collection, self._store, tasks, self._facts)
        if asked.captures is not None:
            self._not_checked.append("everything but the captures that were named")
            found = audit_captures(part, asked.captures, self._progress)
        else:
            assert asked.sample is not None, "one of the two was asked for"
            self._not_checked.append(
                f"all records but those drawn by chance, each with a probability of {asked.sample:g}"
            )
            found = audit_sample(part, asked.sample, self._chance, self._progress)
        result = FileResult("")
        try:
            yield from found
        except CatalogueError as error:
            yield self._bad_catalogue(error)
        except LogError as error:
            self._not_checked.append("what comes after the damage in the log's entries")
            where = (f"{LOG}/tile/entries", None, None, None)
            yield Finding(
                FindingKind.MALFORMED, *where, "the entries of a file's records, one after the other", str(error)
            )
        result.records, result.captures, result.read = part.records, part.captures, part.read
        result.octets, result.anchored = part.octets, part.anchored
        self._leaves = part.leaves
        self._files_read = len(part.files)
        self._results.append(result)
        if asked.captures is None:
            yield from self._extra(names)

    _files_read: int | None = None

    # ---- what was read on the pages

    def _derived(self) -> Iterator[Finding]:
        if self._facts is None or self._collection is None or self._log.newest is None:
            return
        self._progress("Comparing the readings", None, None)
        try:
            reader = LogReader(self._store)
            readings = check_readings(
                self._collection.catalogue, reader, self._not_checked, text_digest=self._asked.text_digest
            )
            yield from readings
        except LogError:
            self._not_checked.append("what was read on the pages: the log is damaged")
        except CatalogueError as error:
            yield self._bad_catalogue(error)

    # ---- the end

    def _summary(self) -> Summary:
        records: Counter[str] = Counter()
        files: Counter[str] = Counter()
        for result in self._results:
            records.update(self._renamed({verdict.value: count for verdict, count in result.records.items() if count}))
            files[self._file_verdict(result).verdict.value] += 1
        anchored = sum(result.anchored for result in self._results)
        checked = records.total() - records[Verdict.INSERTED.value] - records[Verdict.WITHHELD.value]
        vouched_for = bool(checked) and anchored == checked
        if self._asked.require_anchor and records[Verdict.OK.value] > anchored:
            records[Verdict.TIME_UNPROVEN.value] = records[Verdict.OK.value] - anchored
            records[Verdict.OK.value] = anchored
        verdict: Literal["ok", "failed", "self-attested"] = (
            "failed" if self._failed else "ok" if vouched_for else "self-attested"
        )
        return Summary(
            verdict=verdict,
            captures=sum(result.captures for result in self._results),
            records=sum(result.read for result in self._results),
            files=sum(result.present for result in self._results) if self._files_read is None else self._files_read,
            octets=sum(result.octets for result in self._results),
            not_checked=tuple(dict.fromkeys([*self._not_checked, *self._not_shown(vouched_for=vouched_for)])),
            verdicts={verdict: count for verdict, count in records.items() if count},
            file_verdicts=dict(files) if self._files_read is None else {},
            anchored=anchored,
            recovered=sum(result.recovered for result in self._results),
            origin=self._log.origin,
            size=self._log.size,
            unsigned=len(self._log.tail),
            root=self._log.newest.root.hex() if self._log.newest is not None else "",
            vouched_by=tuple(self._vouchers()),
            time=self._time(),
            read_at=dict(Counter(result.read_at for result in self._results if result.read_at is not None)),
        )

    def _not_shown(self, *, vouched_for: bool) -> Iterator[str]:
        log = self._log
        if log.tail:
            yield f"{len(log.tail)} entries that are logged and not signed yet"
        lying = sum(map(len, log.unvouched))
        if lying:
            yield (
                f"who logged {lying} entries: they lay in the journal, not signed, when a run began after one that did "
                "not end"
            )
        if not vouched_for:
            yield NOBODY_OUTSIDE
        elif self._asked.trust is None:
            for anchor in self._best():
                kind = "the witness" if anchor.witness else "the authority"
                yield (
                    f"whether {kind} {anchor.name} is who it says: this folder itself names it ({anchor.bound}); "
                    "compare that with what you have from elsewhere, or give --trust"
                )
        if self._asked.against is None or self._asked.trust is None:
            yield FROM_THE_FOLDER

    def _best(self) -> list[Anchor]:
        """Of each who vouches, the newest checkpoint."""
        newest = {(one.name, one.witness): one for one in self._vouched.anchors if one.size <= self._vouched.proved}
        return list(newest.values())

    def _vouchers(self) -> Iterator[dict[str, Any]]:
        for anchor in self._best():
            yield {
                "kind": "witness" if anchor.witness else "authority",
                "name": anchor.name,
                "size": anchor.size,
                "at": format_date(anchor.at),
                "by": anchor.bound,
            }

    def _time(self) -> Time:
        if self._leaves is None:
            return Time(None, None, None, None)
        first, last = self._leaves
        good = [one for one in self._vouched.anchors if one.size <= self._vouched.proved]
        before = min((one for one in good if last < one.size), key=lambda one: one.at, default=None)
        after: Bound | None = self._vouched.after(first)
        return Time(
            after.at if after else None,
            after.by if after else None,
            before.at if before else None,
            before.name if before else None,
        )


def _is_of(octets: bytes, file: str) -> bool:
    record = logged_record(0, octets)
    if record is not None:
        return record.file == file
    entry = parse_entry(octets)
    return entry.what == "record" and getattr(entry, "file", None) == file


def _one(store: Store, task: FileTask, facts: CatalogueFacts | None, advance: Callable[[int], None]) -> FileResult:
    """One file; a catalogue whose rows mean nothing is a finding, and the file is verified without it."""
    try:
        return _read(store, task, facts, advance)
    except CatalogueError as error:
        result = _read(store, task, None, lambda done: None)
        expected = "a catalogue that can be read to its end"
        result.findings.append(Finding(FindingKind.ALTERED, CATALOGUE, None, None, None, expected, str(error)))
        result.not_checked.append("what comes after the damage in the catalogue")
        return result


def _read(store: Store, task: FileTask, facts: CatalogueFacts | None, advance: Callable[[int], None]) -> FileResult:
    """One file, from here or, where it was released, from its copies."""
    released = store.released(task.entries.name) if isinstance(store, HeldFiles) else None
    if released is not None and isinstance(store, HeldFiles):
        return audit_released(store, released, task, facts, advance)
    return audit_file(store, task, facts, advance)


# ---- several processes

_worker: _Worker | None = None


class _StoppedError(Exception):
    """The verification was given up."""


class _Worker:
    """What a process that helps has."""

    def __init__(self, store: Store, catalogue: Path | None, done: Any, stop: Any) -> None:
        self.store = store
        self.facts = CatalogueFacts(catalogue) if catalogue is not None else None
        self._done = done
        self._stop = stop

    def advance(self, records: int) -> None:
        if self._stop.value:
            raise _StoppedError
        with self._done.get_lock():
            self._done.value += records


def _begin(store: Store, catalogue: Path | None, done: Any, stop: Any) -> None:
    global _worker  # noqa: PLW0603 - a process that helps has one of it
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _worker = _Worker(store, catalogue, done, stop)


def _work(task: FileTask) -> FileResult:
    assert _worker is not None, "made by `_begin`"
    return _one(_worker.store, task, _worker.facts, _worker.advance)


def _in_processes(
    store: Store, catalogue: Path | None, tasks: Sequence[FileTask], jobs: int, total: int, progress: Progress
) -> Iterator[FileResult]:
    """The results of the tasks, in their order."""
    context = multiprocessing.get_context("spawn")
    done, stop = context.Value("Q", 0), context.Value("b", 0)
    pool = ProcessPoolExecutor(jobs, context, _begin, (store, catalogue, done, stop))
    waiting: list[tuple[FileTask, Future[FileResult]]] = []
    try:
        following = iter(tasks)
        for task in following:
            waiting.append((task, pool.submit(_work, task)))
            if len(waiting) == 4 * jobs:
                break
        while waiting:
            task, future = waiting.pop(0)
            while True:
                with contextlib.suppress(TimeoutError):
                    result = future.result(timeout=0.2)
                    break
                progress(f"Verifying {task.entries.name}", done.value, total)
            more = next(following, None)
            if more is not None:
                waiting.append((more, pool.submit(_work, more)))
            yield result
    except BaseException:
        stop.value = 1
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
