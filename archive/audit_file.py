"""The audit of one WARC: its records against the entries that the log has of them, its octets against its seal, and the
catalogue's rows against its records.

A file that is as it was written is walked through (`archive/walk.py`): member after member has the digest of entry
after entry, and nothing else is looked at than what the entry says beside it. Only where something differs is the file
read again, strictly (`archive/check.py`), and held against the entries as a whole, so that what was altered, deleted,
inserted or moved can be named.

One file is one task, which can be done by another process: what it needs and what it gives are plain values.
"""

from __future__ import annotations

import contextlib
import enum
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass, field, replace
from itertools import takewhile
from pathlib import Path
from typing import BinaryIO, cast

from archive.audit_catalogue import (
    CaptureFact,
    CatalogueFacts,
    FileFact,
    RecordFact,
    digest_like,
    fact_of,
    record_id_octets,
    record_id_text,
)
from archive.audit_exchange import Exchanges, OddError
from archive.audit_log import FileEntries, Logged, records_between
from archive.catalogue.beside import MOST
from archive.check import CheckedMember, CheckedRecord, capture_name, check_members
from archive.database import EPOCH, MICROSECOND
from archive.errors import CatalogueError, LogError, RecordError, StorageError
from archive.finding import Finding, FindingKind, Severity
from archive.header import format_date
from archive.log import LOG
from archive.store import FolderStore, Store
from archive.walk import Walk, WalkError
from archive.warc import OPEN_SUFFIX, Record, captures_in, read_records
from archive.withholding import is_placeholder

ARCHIVE = "archive"
"""Folder of a collection for its WARCs."""
REBUILD = "khronika rebuild"

CATALOGUE = "catalogue.sqlite"

_THE_CATALOGUE = "the catalogue"
_BESIDE = frozenset({"request", "metadata", "resource"})
"""Types of the records beside a capture's own."""
_STEP = 500
"""Records after which progress is told."""


class Verdict(enum.StrEnum):
    """What a verification says of a record, a file, a collection."""

    OK = "ok"
    ALTERED = "altered"
    MISSING = "missing"
    INSERTED = "inserted"
    REORDERED = "reordered"
    TRUNCATED = "truncated"
    UNSIGNED = "unsigned"
    WRONG_SIGNER = "wrong-signer"
    FORKED = "forked"
    ROLLED_BACK = "rolled-back"
    TIME_UNPROVEN = "time-unproven"
    WITHHELD = "withheld"
    NOT_CHECKED = "not-checked"


_VERDICT_OF = {
    FindingKind.MALFORMED: Verdict.ALTERED,
    FindingKind.UNDIGESTED: Verdict.ALTERED,
    **{FindingKind(one.value): one for one in Verdict if one.value in {kind.value for kind in FindingKind}},
}
_WORST = (
    *(Verdict.FORKED, Verdict.ROLLED_BACK, Verdict.WRONG_SIGNER, Verdict.ALTERED, Verdict.MISSING, Verdict.TRUNCATED),
    *(Verdict.INSERTED, Verdict.REORDERED, Verdict.NOT_CHECKED, Verdict.TIME_UNPROVEN, Verdict.UNSIGNED),
    Verdict.WITHHELD,
)


_OF_RECORDS = frozenset(_WORST) - {Verdict.UNSIGNED, Verdict.WITHHELD}


def worst(findings: Sequence[Finding]) -> Verdict:
    """The verdict that findings together are worth; OK without any."""
    verdicts = {_VERDICT_OF[finding.kind] for finding in findings}
    return next((verdict for verdict in _WORST if verdict in verdicts), Verdict.OK)


def fails(finding: Finding) -> bool:
    """Whether a finding makes a verification fail: notes are told, and nothing more."""
    return finding.severity is not Severity.NOTE


@dataclass(frozen=True, slots=True)
class FileTask:
    """What is to be verified of one file."""

    entries: FileEntries
    present: bool
    """Whether it was among the files of the folder."""
    size: int
    """Entries of the log up to the newest checkpoint."""
    proved: int
    """Entries up to the newest checkpoint that is signed as it must be, and whose root is that of the entries."""
    anchored: int
    """Entries up to the newest checkpoint that somebody outside vouches for."""
    tail: tuple[tuple[int, bytes], ...] = ()
    """Entries of its records that are not signed yet."""
    altered: frozenset[int] = frozenset()
    """Of its records, entries that are not those that were signed."""
    withheld: frozenset[int] = frozenset()
    """Entries of records whose octets were taken from the disk."""
    gone: frozenset[str] = frozenset()
    """Ids of all such records, in whatever file: revisits may refer to them."""
    resealed: tuple[int, str] | None = None
    """Octets and digest of the file after that, as the log has them."""
    fact: FileFact | None = None
    """What the catalogue has of it."""


@dataclass(slots=True)
class FileResult:
    """What was found of one file."""

    name: str
    findings: list[Finding] = field(default_factory=list)
    records: Counter[Verdict] = field(default_factory=Counter)
    captures: int = 0
    read: int = 0
    """Records that were read."""
    octets: int = 0
    anchored: int = 0
    """Records that hold and that somebody outside vouches for."""
    present: bool = False
    """Whether there is a file that can be read."""
    sealed: bool = False
    """Whether the octets of the whole file are those of its seal."""
    recovered: int = 0
    unsealed: bool = False
    """Whether it may go on growing, so that another look may be worth it."""
    not_checked: list[str] = field(default_factory=list)
    read_at: str | None = None
    """The copy that it was read from; None of one that lies here."""
    unreached: str | None = None
    """Why it could not be read, where that says nothing of what it is."""

    @property
    def verdict(self) -> Verdict:
        """Of the file."""
        found = [finding for finding in self.findings if finding.file == self.name]
        records = {verdict for verdict, count in self.records.items() if count} & _OF_RECORDS
        if records:
            # what is said of records comes first: one inserted record may miss another
            found = [finding for finding in found if finding.record_id is None]
            return min(records | {worst(found)} - {Verdict.OK}, key=_WORST.index)
        return worst(found)


Advance = Callable[[int], None]
"""Called with the number of records read since the last time."""


def audit_file(
    store: Store, task: FileTask, facts: CatalogueFacts | None, advance: Advance = lambda done: None
) -> FileResult:
    """Verify one file. Raises CatalogueError when the catalogue's rows mean nothing, LogError, StorageError."""
    return _FileAudit(store, task, facts, advance).run()


class _DifferError(Exception):
    """Something is not as the log has it."""


class _FileAudit:
    """One file, and what is found of it."""

    def __init__(self, store: Store, task: FileTask, facts: CatalogueFacts | None, advance: Advance) -> None:
        self._store = store
        self._task = task
        self._facts = facts
        self._advance = advance
        self._name = task.entries.name
        self._seal = task.entries.seal
        self._result = FileResult(self._name, recovered=task.entries.recovered)
        self._end = 0
        """Where the records that the log knows end in the file."""
        self._size = 0
        self._placeholders: set[int] = set()
        """Ordinals of records that stand in the place of withheld ones."""
        self._gone: set[bytes] = set()
        """Ids of those."""

    def run(self) -> FileResult:
        try:
            self._run()
        except FileNotFoundError as error:
            self._all_missing(error)
        except (OSError, StorageError) as error:
            self._all_missing(error)
            self._result.unreached = getattr(error, "strerror", None) or str(error)
        except LogError as error:
            self._unlogged(error)
        return self._result

    def _unlogged(self, error: LogError) -> None:
        """Entries that cannot be read: nothing is known of the file's records."""
        result, entries = self._result, self._task.entries
        result.records.clear()
        result.captures = result.read = result.anchored = 0
        result.records[Verdict.NOT_CHECKED] = entries.records
        file = f"{LOG}/tile/entries"
        expected = f"the entries of the records of {self._name}, one after the other"
        result.findings = [Finding(FindingKind.MALFORMED, file, None, None, None, expected, str(error))]

    def _run(self) -> None:
        result, entries = self._result, self._task.entries
        name, file = self._opened()
        with file:
            result.present = True
            self._place(name)
            self._size = _size_of(self._store, name)
            try:
                differs = self._walk(file)
            except (_DifferError, WalkError):
                result.records.clear()
                result.captures = result.read = result.anchored = 0
                self._strictly(name)
            else:
                if differs:
                    self._catalogue_slowly(name, places=True)
        if entries.records > entries.signed and not name.endswith(OPEN_SUFFIX):
            expected = "a checkpoint over all records of a file that is closed"
            self._say(FindingKind.UNSIGNED, expected, f"none over the last {entries.records - entries.signed}")
            result.unsealed = True
        result.octets = min(self._size, self._seal.bytes if self._seal else self._size)
        self._hold_fact()

    def _opened(self) -> tuple[str, BinaryIO]:
        final = f"{ARCHIVE}/{self._name}"
        for name in (final, final + OPEN_SUFFIX, final):
            with contextlib.suppress(FileNotFoundError):
                return name, self._store.open(name)
        raise FileNotFoundError(2, "no such file", self._name)

    def _place(self, name: str) -> None:
        """What is wrong with how the file lies in its folder, whatever is in it."""
        self._result.unsealed = self._seal is None
        if self._seal is not None and name.endswith(OPEN_SUFFIX):
            found = f"it as {name.rpartition('/')[2]}"
            self._say(FindingKind.MISSING, "the file under its final name", found)
        if self._seal is None:
            self._result.not_checked.append(f"the digest of {self._name} as a whole, which the log has not sealed yet")
        if isinstance(self._store, FolderStore) and (self._store.path / name).is_symlink():
            self._result.not_checked.append(
                f"that {self._name} lies in the collection: it is a link to a file elsewhere"
            )

    # ---- as it was written

    def _walk(self, file: BinaryIO) -> bool:
        """Walk through the file; whether the catalogue says something else than its records.

        Raises _DifferError or WalkError where the file is not what the log says.
        """
        task = self._task
        walk = Walk(file)
        exchanges: Exchanges | None = Exchanges()
        rows, captures = self._facts_of()
        row = None
        differs = rows is None
        signed = anchored = told = 0
        proved, covered, altered = task.proved, task.anchored, task.altered
        for logged in self._logged():
            if not differs and rows is not None:
                row = next(rows, None)
            member = walk.next(row[2] if row is not None else None)
            if member is None:
                raise _DifferError
            leaf, _, hexadecimal, _, name, length, n, _, _, kind = logged
            offset, taken, octets, size, digest = member
            if size != length or digest != bytes.fromhex(hexadecimal) or leaf in altered:
                raise _DifferError
            end = octets.find(b"\r\n\r\n")
            if not _says_as_logged(octets, end, logged):
                raise _DifferError
            signed += leaf < proved
            anchored += leaf < covered
            told += 1
            if told % _STEP == 0:
                self._advance(_STEP)
            capture = None
            if exchanges is not None:
                try:
                    capture = exchanges.take(logged, offset, taken, octets, end)
                except OddError:
                    exchanges = None
            if differs:
                continue
            target = Exchanges.foundation(octets, end) if kind == "resource" else None
            differs = (
                exchanges is None
                or row is None
                or row != (n, offset, taken, kind, record_id_octets(name), digest_like(row, digest), target)
                or (capture is not None and captures is not None and next(captures, None) != capture)
            )
        self._advance(told % _STEP)
        self._result.read = told
        self._result.records += Counter({Verdict.OK: signed, Verdict.UNSIGNED: told - signed})
        self._result.anchored = anchored
        self._end = walk.offset
        self._hold_end(walk)
        return self._finish(exchanges, differs and rows is not None, rows, captures)

    def _logged(self) -> Iterator[Logged]:
        return records_between(self._store, self._task.entries, self._task.size, self._task.tail)

    def _facts_of(self) -> tuple[Iterator[RecordFact] | None, Iterator[CaptureFact] | None]:
        fact = self._task.fact
        if self._facts is None or fact is None:
            return None, None
        return self._facts.records(fact), self._facts.captures(fact)

    def _count(self, leaf: int) -> None:
        """A record that is as its entry says."""
        result, task = self._result, self._task
        result.read += 1
        if leaf < task.proved and leaf not in task.altered:
            result.records[Verdict.OK] += 1
            result.anchored += leaf < task.anchored
        else:
            result.records[Verdict.UNSIGNED] += 1

    def _hold_end(self, walk: Walk) -> None:
        """What comes after the last record that the log knows."""
        if self._seal is not None:
            if walk.digest() != self._seal.digest.removeprefix("sha256:") or self._end != self._seal.bytes:
                raise _DifferError
            self._result.sealed = True
        elif self._end < self._size:
            self._being_written(self._size - self._end)

    def _being_written(self, octets: int) -> None:
        self._result.not_checked.append(
            f"the last {octets} octets of {self._name}, which the log does not know yet: it is being written, or its "
            "writer was killed"
        )

    def _finish(
        self,
        exchanges: Exchanges | None,
        differs: bool,
        rows: Iterator[RecordFact] | None,
        captures: Iterator[CaptureFact] | None,
    ) -> bool:
        if exchanges is not None:
            try:
                exchanges.end()
            except OddError:
                exchanges = None
        if exchanges is None:
            return True
        self._result.captures = exchanges.captures
        if differs or rows is None or captures is None:
            return differs
        # rows of records that were logged after this look at the log do not count
        return next(takewhile(lambda row: row[1] < self._end, rows), None) is not None or (
            next(takewhile(lambda fact: fact.offset < self._end, captures), None) is not None
        )

    # ---- as it was not

    def _strictly(self, name: str) -> None:
        """Read the file again, every word of it, and say what is wrong."""
        result = self._result
        with self._on_disk(name) as (path, file):
            comparison = Comparison(self._name, self._logged(), self._task)
            known_end = self._known_end()
            for member in check_members(file, path, stop=known_end):
                comparison.take(member)
                for checked in member.records:
                    result.read += 1
                    self._advance(1)
                    if checked.record is not None and checked.record.type == "revisit":
                        comparison.out.extend(self._original(checked.record))
            findings = self._settled(comparison, name)
            for leaf, verdict in comparison.verdicts:
                if verdict is Verdict.OK:
                    self._count(leaf)
                    result.read -= 1
                else:
                    result.records[verdict] += 1
            result.records[Verdict.INSERTED] += comparison.inserted
            self._end = comparison.stop
            failing = [finding for finding in findings if fails(finding)]
            cut = self._seal is not None and self._size < self._seal.bytes
            if cut and all(finding.kind is FindingKind.MISSING for finding in failing) and comparison.cut:
                assert self._seal is not None
                where = Finding(
                    FindingKind.TRUNCATED,
                    self._name,
                    self._size,
                    None,
                    None,
                    f"{self._seal.bytes} octets",
                    f"{self._size}",
                )
                findings.insert(0, where)
            elif self._seal is None and comparison.cut and all(one.kind is FindingKind.MISSING for one in failing):
                expected = f"the {self._task.entries.records} records that the log has of it"
                where = Finding(
                    FindingKind.TRUNCATED, self._name, self._size, None, None, expected, "its end before them"
                )
                findings.insert(0, where)
            result.findings.extend(self._named(finding) for finding in findings)
            if not failing:
                self._hold_seal(name, withheld=comparison.withheld)
                self._catalogue_slowly(name, places=False)

    def _settled(self, comparison: Comparison, name: str) -> list[Finding]:
        """What is wrong, without what the log knows of: records that were never as the standard has them."""
        findings = comparison.end()
        sound = comparison.sound
        if comparison.inserted or any(fails(one) and one.record_id not in sound for one in findings):
            return findings
        if self._seal is None or not any(map(fails, findings)):
            return findings
        with self._store.open(name) as file:
            as_sealed = f"sha256:{Walk(file).digest()}" == self._seal.digest
        return [one for one in findings if not fails(one)] if as_sealed else findings

    def _known_end(self) -> int | None:
        """Where an unsealed file is held to end: what is after it is being written."""
        fact = self._task.fact
        if self._seal is not None:
            return None
        # without a seal the log does not say where its records end in the file; the catalogue does
        if fact is not None and fact.records == self._task.entries.records:
            return fact.size
        return None

    def _hold_seal(self, name: str, *, withheld: int) -> None:
        """Every record is the one that was logged: what else the file's octets say."""
        if self._seal is None:
            if self._size > self._end:
                self._being_written(self._size - self._end)
            return
        with self._store.open(name) as file:
            found = f"sha256:{Walk(file).digest()}"
        if found == self._seal.digest:
            self._result.sealed = True
            return
        resealed = self._task.resealed
        if withheld and resealed is not None and found == resealed[1]:
            self._result.sealed = True
            expected = f"the file {self._seal.digest}, as it was sealed"
            said = f"{found}, as it was after {withheld} of its records were withheld, which is in the log"
            self._note(FindingKind.WITHHELD, expected, said)
            return
        if self._result.records[Verdict.UNSIGNED]:
            self._say(FindingKind.ALTERED, f"the file {self._seal.digest}, as its seal says", found)
            return
        expected = f"the file {self._seal.digest}, as it was sealed"
        said = f"{found}: every record in it is the one that was logged, so it was compressed anew"
        self._note(FindingKind.ALTERED, expected, said)

    def _note(self, kind: FindingKind, expected: str, found: str) -> None:
        finding = Finding(kind, self._name, None, None, None, expected, found, severity=Severity.NOTE)
        self._result.findings.append(finding)

    @contextlib.contextmanager
    def _on_disk(self, name: str) -> Iterator[tuple[Path, BinaryIO]]:
        """The file where it can be read here and there; one that lies elsewhere is fetched for that."""
        if isinstance(self._store, FolderStore):
            with self._store.open(name) as file:
                yield self._store.path / name, file
            return
        with tempfile.TemporaryDirectory(prefix="khronika-") as folder:
            path = Path(folder) / name.rpartition("/")[2]
            with self._store.open(name) as source, path.open("wb") as copy:
                shutil.copyfileobj(source, copy, 1 << 20)
            with path.open("rb") as file:
                yield path, cast(BinaryIO, file)

    def _original(self, record: Record) -> Iterator[Finding]:
        """What is wrong between a revisit that may not be as it was and the capture that it refers to (6.7.2)."""
        if self._facts is None:
            return
        yield from self._facts.original_of(record, self._task.gone)

    def _named(self, finding: Finding) -> Finding:
        """A finding with its capture's name, where the record itself could not tell it."""
        if finding.capture is not None or finding.record_id is None or self._facts is None:
            return finding
        name = self._facts.capture_name(finding.record_id)
        return finding if name is None else replace(finding, capture=name)

    def _all_missing(self, error: Exception) -> None:
        """A file that is not there, or cannot be read: each of its records is missed by name."""
        result = self._result
        result.records.clear()
        result.captures = result.read = result.anchored = 0
        result.present = False
        entries = self._task.entries
        octets = f" in {self._seal.bytes} octets" if self._seal is not None else ""
        gone = isinstance(error, FileNotFoundError)
        found = "none" if gone else f"one that cannot be read: {getattr(error, 'strerror', None) or error}"
        findings: list[Finding] = []
        for logged in self._logged():
            result.records[Verdict.MISSING] += 1
            if gone:
                findings.append(self._named(missing_record(self._name, logged)))
        self._say(FindingKind.MISSING, f"the file, {entries.records} records{octets}", found)
        result.findings.extend(findings)

    def _say(self, kind: FindingKind, expected: str, found: str) -> None:
        self._result.findings.append(Finding(kind, self._name, None, None, None, expected, found))

    # ---- the catalogue

    def _hold_fact(self) -> None:
        """What the catalogue says of the file as a whole."""
        fact, result, entries = self._task.fact, self._result, self._task.entries
        if self._facts is None or any(map(fails, result.findings)):
            return
        if entries.records and not result.records[Verdict.OK] + result.records[Verdict.WITHHELD]:
            return  # what is not signed needs no catalogue to be told of
        if fact is None:
            if self._seal is None:
                result.not_checked.append(f"{_THE_CATALOGUE}'s rows of {self._name}, which it has not come to yet")
            else:
                self._say_row(FindingKind.MISSING, f"the file {self._name} in {_THE_CATALOGUE}", f"none: {REBUILD}")
            return
        if not fact.closed:
            if self._seal is not None:
                result.not_checked.append(
                    f"the digest of {self._name} in {_THE_CATALOGUE}, which has not closed it yet"
                )
            return
        if self._seal is None:
            return
        if fact.records != entries.records:
            expected = f"the {entries.records} records of {self._name} in {_THE_CATALOGUE}"
            self._say_row(FindingKind.ALTERED, expected, f"{fact.records}: {REBUILD}")
        elif fact.digest is None:
            self._say_row(FindingKind.UNDIGESTED, f"a digest of {self._name} in {_THE_CATALOGUE}", f"none: {REBUILD}")
        elif result.sealed and f"sha256:{fact.digest.hex()}" not in self._digests():
            expected = f"{_THE_CATALOGUE} to say what the seal of {self._name} says, {self._seal.digest}"
            self._say_row(FindingKind.ALTERED, expected, f"sha256:{fact.digest.hex()}: {REBUILD}")

    def _digests(self) -> set[str]:
        """What the log says that the file's digest is, or was before records were withheld."""
        return {str(self._seal.digest) if self._seal else "", self._task.resealed[1] if self._task.resealed else ""}

    def _say_row(self, kind: FindingKind, expected: str, found: str) -> None:
        self._result.findings.append(Finding(kind, CATALOGUE, None, None, None, expected, found))

    def _catalogue_slowly(self, name: str, *, places: bool) -> None:
        """Hold the catalogue's rows against the records one by one, and count captures that are not written as usual.

        Without `places`, where records lie is not compared: the file was compressed anew.
        """
        with self._on_disk(name) as (path, _):
            records: list[RecordFact] = []
            captures: list[CaptureFact] = []
            try:
                stream = takewhile(
                    lambda record: record.location.offset < self._end,
                    read_records(path, stop=self._end, name=self._name),
                )
                for capture in captures_in(self._noting(stream, records), damaged=self._malformed):
                    captures.append(fact_of(capture))
            except RecordError as error:
                self._malformed(error)
                return
        self._result.captures = len(captures)
        fact = self._task.fact
        if self._facts is None or fact is None:
            return
        lost = {capture.record_id for capture in captures} - {row.record_id for row in self._facts.captures(fact)}
        moved = self._hold_records(records, fact, lost, places=places)
        moved = self._hold_captures(captures, fact, places=places) or moved
        if moved and not places:
            self._result.not_checked.append(
                f"where {_THE_CATALOGUE} has the records of {self._name}: it was compressed anew ({REBUILD})"
            )

    def _noting(self, stream: Iterator[Record], records: list[RecordFact]) -> Iterator[Record]:
        for record in stream:
            assert record.n is not None, "they are read in their order"
            if is_placeholder(record):
                self._placeholders.add(record.n)
                self._gone.add(record_id_octets(record.record_id))
            location = record.location
            octets = bytes.fromhex(record.record_digest.removeprefix("sha256:"))
            name = record_id_octets(record.record_id)
            records.append((record.n, location.offset, location.length, record.type, name, octets, record.foundation))
            yield record

    def _malformed(self, error: RecordError) -> None:
        expected = "metadata that says what became of the fetch"
        finding = Finding(FindingKind.MALFORMED, self._name, error.offset, None, None, expected, str(error))
        # such records were logged as they are: they are bad, and they are the ones that were written
        self._result.findings.append(finding)

    def _hold_records(self, records: Sequence[RecordFact], fact: FileFact, lost: Set[bytes], *, places: bool) -> bool:
        """Hold the rows of records against them. `lost`: ids of captures that have none, and whose records have none
        with them: the capture is told, and they are not."""
        assert self._facts is not None
        rows = {row[0]: row for row in self._facts.records(fact) if row[0] < len(records) or row[1] < self._end}
        moved = told = False
        late = self._late([record[0] in rows for record in records])
        told_of = _lost_with(records, rows.keys(), lost)
        for record in records[: len(records) - late]:
            row = rows.pop(record[0], None)
            if record[0] in self._placeholders:
                continue
            where = (CATALOGUE, record[1], record_id_text(record[4]), None)
            if row is None and record[0] in told_of:
                continue
            if row is None:
                expected = f"record {record[0]} of {self._name} in {_THE_CATALOGUE}"
                self._find(Finding(FindingKind.MISSING, *where, expected, f"none: {REBUILD}"))
                continue
            digest = digest_like(row, record[5])
            if (row[0], *row[3:]) != (record[0], *record[3:5], digest, record[6]):
                self._find(Finding(FindingKind.ALTERED, *where, *_difference(self._name, record, row)))
            elif row[1:3] != record[1:3]:
                moved = True
                if places and not told:
                    told = True
                    place = f"at {record[1]} of {self._name}, {record[2]} octets compressed"
                    expected = f"{_THE_CATALOGUE} to have the record {place}"
                    self._find(Finding(FindingKind.ALTERED, *where, expected, f"it at {row[1]}, {row[2]}: {REBUILD}"))
        for row in rows.values():
            expected = f"only records that the log has, in {_THE_CATALOGUE}"
            where = (CATALOGUE, row[1], record_id_text(row[4]), None)
            self._find(Finding(FindingKind.INSERTED, *where, expected, f"record {row[0]}: {REBUILD}"))
        return moved

    def _late(self, known: Sequence[bool]) -> int:
        """How many at the end the catalogue has not come to yet, of a file that is being written."""
        if self._seal is not None:
            return 0
        late = len(known) - max((n + 1 for n, one in enumerate(known) if one), default=0)
        if late:
            self._result.not_checked.append(
                f"{_THE_CATALOGUE}'s rows of the last {late} records of {self._name}, which it has not come to yet"
            )
        return late

    def _hold_captures(self, captures: Sequence[CaptureFact], fact: FileFact, *, places: bool) -> bool:
        assert self._facts is not None
        rows = {row.record_id: row for row in self._facts.captures(fact) if row.offset < self._end or not places}
        late = self._late([capture.record_id in rows for capture in captures]) if self._seal is None else 0
        moved = False
        for capture in captures[: len(captures) - late]:
            row = rows.pop(capture.record_id, None)
            if row is None:
                expected, found = f"the capture of {self._name} in {_THE_CATALOGUE}", f"none: {REBUILD}"
                self._find(_of_capture(FindingKind.MISSING, capture, expected, found))
                continue
            if row.offset != capture.offset or row.length != capture.length:
                moved = True
            if row._replace(offset=capture.offset, length=capture.length) != capture or (places and row != capture):
                expected = f"{_THE_CATALOGUE} to say what the records of {self._name} say"
                differing = ", ".join(
                    name.replace("_", " ") for name, a, b in zip(row._fields, row, capture, strict=True) if a != b
                )
                found = f"another {differing}: {REBUILD}"
                self._find(_of_capture(FindingKind.ALTERED, capture, expected, found))
        for row in rows.values():
            if row.record_id in self._gone:
                self._result.not_checked.append(
                    f"a capture in {self._name} that {_THE_CATALOGUE} has still, though it was taken from the disk: "
                    "the withholding was cut short; give khronika withhold again"
                )
                continue
            expected = f"only captures that records of {self._name} make, in {_THE_CATALOGUE}"
            self._find(_of_capture(FindingKind.INSERTED, row, expected, f"another one: {REBUILD}"))
        return moved

    def _find(self, finding: Finding) -> None:
        self._result.findings.append(self._named(finding))


def _says_as_logged(octets: bytes, end: int, logged: Logged) -> bool:
    """Whether a record's header says what its entry does, in the form in which we write it."""
    _, date, _, _, name, _, _, payload, _, kind = logged
    beginning = f"WARC/1.1\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <{name}>\r\nWARC-Date: {date}\r\n"
    if not octets.startswith(beginning.encode()):
        return False
    at = octets.find(b"\r\nWARC-Payload-Digest: ", 0, end)
    if payload is None:
        return at < 0
    return octets.startswith(payload.encode(), at + 23)


def _size_of(store: Store, name: str) -> int:
    try:
        return store.size(name)
    except FileNotFoundError:
        return store.size(name.removesuffix(OPEN_SUFFIX))


def _lost_with(records: Sequence[RecordFact], known: Set[int], lost: Set[bytes]) -> set[int]:
    """The ordinals of records without a row that stand around those of captures without one."""
    found: set[int] = set()
    for place, record in enumerate(records):
        if record[4] not in lost or record[0] in known:
            continue
        found.add(record[0])
        for beside in (reversed(records[max(0, place - MOST) : place]), records[place + 1 :][:MOST]):
            for other in beside:
                if other[0] in known or other[3] not in _BESIDE or other[6] is not None:
                    break
                found.add(other[0])
    return found


def _difference(file: str, record: RecordFact, row: RecordFact) -> tuple[str, str]:
    if row[3] != record[3]:
        return f"the {record[3]} record of {file} in {_THE_CATALOGUE}", f"a {row[3]} record: {REBUILD}"
    if row[6] != record[6]:
        expected = f"{_THE_CATALOGUE} to say what exchanges rest on: {record[6] or 'not this record'}"
        return expected, f"{row[6] or 'nothing'}: {REBUILD}"
    if row[4] != record[4]:
        return f"its record id in {_THE_CATALOGUE}", f"{record_id_text(row[4])}: {REBUILD}"
    return f"its digest in {_THE_CATALOGUE}, sha256:{record[5].hex()}", f"another: {REBUILD}"


def _of_capture(kind: FindingKind, fact: CaptureFact, expected: str, found: str) -> Finding:
    try:
        name = capture_name(EPOCH + fact.captured_at * MICROSECOND, fact.url)
    except OverflowError as error:
        raise CatalogueError(f"expected a date, found {fact.captured_at} microseconds") from error
    return Finding(kind, CATALOGUE, fact.offset, record_id_text(fact.record_id), name, expected, found)


def missing_record(file: str, logged: Logged) -> Finding:
    """That a record is not there."""
    expected = f"the {logged.type} record, number {logged.n} of the file"
    return Finding(FindingKind.MISSING, file, None, logged.id, None, expected, "none")


class Comparison:
    """A file's records as they are found, against the entries that the log has of them, in their order.

    Both run in step as long as they are the same. From the first difference on both are kept to the end, and then
    compared as wholes.
    """

    def __init__(self, file: str, expected: Iterator[Logged], task: FileTask) -> None:
        self.out: list[Finding] = []
        """What is wrong, in the file's order."""
        self.verdicts: list[tuple[int, Verdict]] = []
        """Of each entry's record, by leaf index."""
        self.inserted = 0
        """Records that the log does not know."""
        self.withheld = 0
        self.cut = False
        """Whether all that is missing is the file's end."""
        self.stop = 0
        """Where the last member ends; of a file that is not sealed, the last one with a record that the log knows."""
        self.sound: set[str] = set()
        """Ids of the records that are as their entries say."""
        self._file = file
        self._task = task
        self._ahead: list[Logged] = []
        self._expected = expected
        self._damaged: list[list[Finding]] = []
        """Findings of members in which no record could be made out, since the last one that could."""
        self._later: list[CheckedRecord] | None = None
        self._told: set[tuple[FindingKind, int]] = set()
        self._ends: dict[int, int] = {}
        self._broken: dict[str, Verdict] = {}
        """Records whose header can be read, and whose member is damaged."""

    def _peek(self, at: int) -> Logged | None:
        while len(self._ahead) <= at:
            logged = next(self._expected, None)
            if logged is None:
                return None
            self._ahead.append(logged)
        return self._ahead[at]

    def take(self, member: CheckedMember) -> None:
        """Compare the records of the next member."""
        if self._task.entries.seal is not None:
            self.stop = max(self.stop, member.end)
        self._told.update((finding.kind, finding.offset) for finding in member.findings if finding.offset is not None)
        named = [checked for checked in member.records if checked.record_id is not None]
        unnamed = [finding for finding in member.findings if finding.record_id is None]
        broken = {finding.record_id for finding in member.findings if finding.record_id is not None and not named}
        for record_id in broken:
            truncated = any(finding.kind is FindingKind.TRUNCATED for finding in member.findings)
            self._broken[record_id] = Verdict.TRUNCATED if truncated else Verdict.ALTERED
        if named or broken or self._later is not None or not unnamed or member.offset == member.end:
            self.out.extend(member.findings)
        else:
            self.out.extend(finding for finding in member.findings if finding.record_id is not None)
            self._damaged.append(unnamed)
        for checked in named:
            self._ends[checked.offset] = member.end
            self._compare(checked)

    def _compare(self, checked: CheckedRecord) -> None:
        if self._later is not None:
            self._later.append(checked)
            return
        while (ahead := self._peek(0)) is not None and ahead.id in self._broken:
            self.verdicts.append((ahead.leaf, self._broken[ahead.id]))
            del self._ahead[0]
        for skipped in range(len(self._damaged) + 1):
            logged = self._peek(skipped)
            if logged is not None and logged.id == checked.record_id:
                self._settle(skipped)
                self._hold(self._ahead.pop(0), checked)
                return
        self._later = [checked]

    def _settle(self, skipped: int) -> None:
        """Members without a record stand for the entries that were skipped; more of them were inserted."""
        for _ in range(skipped):
            self._name(self._damaged.pop(0), self._ahead.pop(0))
        for findings in self._damaged:
            self.out.extend(findings)
        self._damaged = []

    def _name(self, findings: list[Finding], logged: Logged) -> None:
        """Findings of a member in the place of a record."""
        self.out.extend(replace(finding, record_id=logged.id) for finding in findings)
        truncated = any(finding.kind is FindingKind.TRUNCATED for finding in findings)
        self.verdicts.append((logged.leaf, Verdict.TRUNCATED if truncated else Verdict.ALTERED))

    def _withhold(self, logged: Logged, offset: int | None) -> None:
        expected = f"the {logged.type} record, number {logged.n} of the file"
        found = "that it was withheld, which is in the log"
        where = (self._file, offset, logged.id, None)
        self.out.append(Finding(FindingKind.WITHHELD, *where, expected, found, severity=Severity.NOTE))
        self.withheld += 1
        self.verdicts.append((logged.leaf, Verdict.WITHHELD))

    def _hold(self, logged: Logged, checked: CheckedRecord) -> None:
        """Hold a record against its entry."""
        self.stop = max(self.stop, self._ends.pop(checked.offset, 0))
        if checked.record_digest != f"sha256:{logged.digest}":
            stands_in = checked.record is not None and is_placeholder(checked.record)
            if logged.leaf in self._task.withheld and stands_in:
                self._withhold(logged, checked.offset)
                return
            if (FindingKind.ALTERED, checked.offset) not in self._told:
                self._find(FindingKind.ALTERED, checked, f"the record sha256:{logged.digest}", checked.record_digest)
            self.verdicts.append((logged.leaf, Verdict.ALTERED))
            return
        if logged.leaf in self._task.altered:
            self._find(FindingKind.ALTERED, checked, "an entry of it as it was signed", "another entry")
            self.verdicts.append((logged.leaf, Verdict.ALTERED))
            return
        record = checked.record
        if record is not None:
            said = (format_date(record.date), record.type, record.length, record.value("WARC-Payload-Digest"))
            if said != (logged.date, logged.type, logged.length, logged.payload):
                expected = "what the log says of the record"
                self._find(FindingKind.ALTERED, checked, expected, "a header that says something else")
                self.verdicts.append((logged.leaf, Verdict.ALTERED))
                return
        self.verdicts.append((logged.leaf, Verdict.OK))
        self.sound.add(logged.id)

    def end(self) -> list[Finding]:
        """All that is wrong, once the file was read to its end."""
        found = self._later or []
        expected = [*self._ahead, *self._expected]
        places = {logged.id: place for place, logged in enumerate(expected)}
        present: dict[str, CheckedRecord] = {}
        if self._task.entries.seal is None:
            # after the last record that the log knows: it is being written
            last = max((n + 1 for n, checked in enumerate(found) if checked.record_id in places), default=0)
            del found[last:]
        for checked in found:
            assert checked.record_id is not None
            if checked.record_id in places and checked.record_id not in present:
                present[checked.record_id] = checked
                self._hold(expected[places[checked.record_id]], checked)
            else:
                self._insert(checked)
        self.cut = bool(expected) and not found and not self._damaged and not self._broken
        for logged in expected:
            if logged.id in present:
                continue
            if logged.id in self._broken:
                self.verdicts.append((logged.leaf, self._broken[logged.id]))
            elif self._damaged:
                self._name(self._damaged.pop(0), logged)
            else:
                self.out.append(missing_record(self._file, logged))
                self.verdicts.append((logged.leaf, Verdict.MISSING))
        for findings in self._damaged:
            self.out.extend(findings)
        if any(verdict is not Verdict.OK for _, verdict in self.verdicts):
            # what a sound record names and the file lacks is itself told of, as altered or missing: the one that names
            # it has nothing wrong with it
            self.out = [one for one in self.out if one.rule != "concurrent-to" or one.record_id not in self.sound]
        self._order(expected, places, present)
        if self._task.entries.seal is None:
            known = {logged.id for logged in expected} | self.sound
            self.out = [
                one for one in self.out if one.offset is None or one.offset < self.stop or one.record_id in known
            ]
        return self.out

    def _insert(self, checked: CheckedRecord) -> None:
        """A record that the log does not know."""
        if self._task.entries.gap:
            self._find(FindingKind.UNSIGNED, checked, "an entry of it that can be read", "none")
            return
        self.inserted += 1
        if (FindingKind.INSERTED, checked.offset) not in self._told:
            self._find(FindingKind.INSERTED, checked, "only records that the log knows", "another one")

    def _order(self, expected: Sequence[Logged], places: dict[str, int], present: dict[str, CheckedRecord]) -> None:
        kept = longest_rise([places[record_id] for record_id in present])
        moved = set()
        for record_id, checked in present.items():
            if places[record_id] not in kept:
                logged = expected[places[record_id]]
                self._find(FindingKind.REORDERED, checked, f"it as record {logged.n} of the file", "it elsewhere")
                moved.add(logged.leaf)
        self.verdicts = [
            (leaf, Verdict.REORDERED if leaf in moved and verdict is Verdict.OK else verdict)
            for leaf, verdict in self.verdicts
        ]

    def _find(self, kind: FindingKind, checked: CheckedRecord, expected: str, found: str) -> None:
        record = checked.record
        name = capture_name(record.date, record.target_uri) if record is not None and record.target_uri else None
        self.out.append(Finding(kind, self._file, checked.offset, checked.record_id, name, expected, found))


def longest_rise(numbers: Sequence[int]) -> set[int]:
    """The numbers of a longest rising subsequence: what kept its order when other things were moved."""
    import bisect

    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for index, number in enumerate(numbers):
        at = bisect.bisect_left(tails, number)
        before.append(ends[at - 1] if at else -1)
        tails[at : at + 1] = [number]
        ends[at : at + 1] = [index]
    kept: set[int] = set()
    index = ends[-1] if ends else -1
    while index >= 0:
        kept.add(numbers[index])
        index = before[index]
    return kept
