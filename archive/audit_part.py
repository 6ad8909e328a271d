"""The audit of a part of the evidence: captures that are named, and records that are drawn by chance.

The whole log is verified all the same. Of the WARCs only the members are read that the catalogue places there; each is
held against its entry, so that a catalogue that leads elsewhere is found out.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from archive.audit_catalogue import CatalogueFacts
from archive.audit_file import CATALOGUE, REBUILD, Comparison, FileTask, Verdict, audit_file, fails, missing_record
from archive.audit_log import Logged, records_between
from archive.capture import Capture
from archive.catalogue import RecordRow
from archive.check import CheckedMember, capture_name, check_members
from archive.collection import Collection
from archive.errors import CaptureNotFoundError, RecordError, StorageError
from archive.finding import Finding, FindingKind, Severity
from archive.held_files import Released
from archive.store import Store
from archive.warc import Record, Source, captures_in, foundations_of, opened, regular

Progress = Callable[[str, "int | None", "int | None"], None]

_THE_CATALOGUE = "the catalogue"


class Part:
    """What is verified of a collection, and what it came to."""

    def __init__(
        self, collection: Collection, store: Store, tasks: Mapping[str, FileTask], facts: CatalogueFacts
    ) -> None:
        self.collection = collection
        self.store = store
        self.tasks = tasks
        self.facts = facts
        self.records: Counter[Verdict] = Counter()
        self.files: set[str] = set()
        self.captures = 0
        self.read = 0
        self.octets = 0
        self.anchored = 0
        self.leaves: tuple[int, int] | None = None
        self._logged: tuple[str, Iterator[Logged], Logged | None] | None = None

    def logged(self, file: str, row: RecordRow) -> Logged | None:
        """The entry of a record, by its id; None when the log has none in this file.

        Where the catalogue has the record at the place that the log has it at, and records are asked for in their
        order, it is found by reading on.
        """
        task = self.tasks.get(file)
        if task is None:
            return None
        if self._logged is None or self._logged[0] != file or (self._logged[2] and self._logged[2].n > row.n):
            self._logged = file, records_between(self.store, task.entries, task.size, task.tail), None
        _, entries, last = self._logged
        while last is None or last.n < row.n:
            following = next(entries, None)
            if following is None:
                break
            last = following
        self._logged = file, entries, last
        if last is not None and last.n == row.n and last.id == row.record_id:
            return last
        # a catalogue that was made again after something was taken out counts otherwise
        every = records_between(self.store, task.entries, task.size, task.tail)
        return next((one for one in every if one.id == row.record_id), None)

    def lost(self, file: str, kind: str, name: str) -> list[Logged]:
        """Records of a kind that the log has of a file and the catalogue has not; if one has that name, it alone."""
        task = self.tasks.get(file)
        if task is None:
            return []
        known = {row.record_id for row in self.collection.catalogue.records_of(file)}
        entries = records_between(self.store, task.entries, task.size, task.tail)
        lost = [one for one in entries if one.type == kind and one.id not in known]
        return [one for one in lost if one.id == name] or lost

    def hold(self, file: str, row: RecordRow, read: list[Record]) -> Iterator[Finding]:
        """What is wrong with the record at a place; it is added to `read`."""
        task, logged = self.tasks.get(file), self.logged(file, row)
        if task is None or logged is None:
            expected = f"an entry of the log for record {row.n} of the file"
            yield Finding(FindingKind.UNSIGNED, file, row.offset, row.record_id, None, expected, "none")
            return
        self._span(logged.leaf)
        comparison = Comparison(file, iter([logged]), task)
        try:
            members = self.collection.held.part(
                file, row.offset, row.length, lambda source: _members(source, row, logged)
            )
        except FileNotFoundError:
            self.records[Verdict.MISSING] += 1
            yield self._named(missing_record(file, logged))
            return
        except RecordError as error:  # of a copy: what lies here is compared below
            self.records[Verdict.ALTERED] += 1
            where = (file, row.offset, row.record_id, None)
            expected = f"the record sha256:{logged.digest}, from a copy of the file, which was released"
            yield self._named(Finding(FindingKind.ALTERED, *where, expected, str(error)))
            return
        except StorageError as error:
            self.records[Verdict.NOT_CHECKED] += 1
            where = (file, row.offset, row.record_id, None)
            expected = "the record, from a copy of the file, which was released"
            yield self._named(Finding(FindingKind.NOT_CHECKED, *where, expected, str(error)))
            return
        except (OSError, ValueError) as error:
            self.records[Verdict.MISSING] += 1
            found = f"one that cannot be read: {getattr(error, 'strerror', None) or error}"
            yield Finding(FindingKind.MISSING, file, None, None, None, "the file", found)
            return
        for member in members:
            comparison.take(member)
            for checked in member.records:
                self.read += 1
                self.octets += member.end - member.offset
                if checked.record is not None:
                    read.append(checked.record)
                    if checked.record.type == "revisit":
                        comparison.out.extend(self.facts.original_of(checked.record, task.gone))
        findings = comparison.end()
        for leaf, verdict in comparison.verdicts:
            signed = leaf < task.proved
            self.records[verdict if verdict is not Verdict.OK or signed else Verdict.UNSIGNED] += 1
            self.anchored += verdict is Verdict.OK and signed and leaf < task.anchored
        self.records[Verdict.INSERTED] += comparison.inserted
        yield from map(self._named, findings)

    def whole(self, task: FileTask) -> Iterator[Finding]:
        """A whole file."""
        result = audit_file(self.store, task, self.facts)
        self.records += result.records
        self.read += result.read
        self.octets += result.octets
        self.anchored += result.anchored
        self._span(task.entries.runs[0][0])
        self._span(task.entries.runs[-1][1] - 1)
        yield from result.findings

    def _span(self, leaf: int) -> None:
        low, high = self.leaves or (leaf, leaf)
        self.leaves = min(low, leaf), max(high, leaf)

    def _named(self, finding: Finding) -> Finding:
        if finding.capture is not None or finding.record_id is None:
            return finding
        name = self.facts.capture_name(finding.record_id)
        return finding if name is None else replace(finding, capture=name)


def _members(source: Source, row: RecordRow, logged: Logged) -> list[CheckedMember]:
    """The member at a place, checked; of a copy it is what the log says, or RecordError is raised."""
    if isinstance(source, Path):
        with open(source, "rb", opener=regular) as file:
            return list(check_members(file, source, start=row.offset, stop=row.offset + row.length, whole=False))
    with opened(source) as file:
        found = list(check_members(file, source, start=row.offset, stop=row.offset + row.length, whole=False))
    digests = [str(checked.record_digest) for member in found for checked in member.records]
    if digests != [f"sha256:{logged.digest}"]:
        said = ", ".join(digests) or "no record"
        message = f"expected the record sha256:{logged.digest}, found {said}"
        raise RecordError(message, file=row.record_id, offset=row.offset)
    return found


def audit_captures(part: Part, captures: Sequence[Capture], progress: Progress) -> Iterator[Finding]:
    """What is wrong with captures, with what their exchanges rest on, and with the originals of revisits."""
    catalogue = part.collection.catalogue
    for done, capture in enumerate(captures):
        progress(f"Verifying {capture.timestamp}/{capture.url}", done, len(captures))
        part.files.add(capture.location.file)
        yield from _capture(part, capture)
        if capture.refers_to is not None:
            try:
                original = catalogue.capture(capture.refers_to)
            except CaptureNotFoundError:
                task = part.tasks.get(capture.location.file)
                missed = _of_capture(capture, f"its original <{capture.refers_to}> in the collection", "none")
                if task is not None and capture.refers_to in task.gone:
                    found = "that it was withheld, which is in the log"
                    missed = replace(missed, kind=FindingKind.WITHHELD, found=found, severity=Severity.NOTE)
                yield missed
                continue
            part.files.add(original.location.file)
            yield from _capture(part, original)


def _capture(part: Part, capture: Capture) -> Iterator[Finding]:
    """Everything about the records of one exchange."""
    part.captures += 1
    records = part.collection.catalogue.records_of_exchange(capture)
    file = capture.location.file
    if not records:
        yield _of_capture(capture, f"its records in {_THE_CATALOGUE}", f"none: {REBUILD}")
        return
    read: list[Record] = []
    found = False
    for before, after in pairwise(records):
        if (before.n + 1, before.offset + before.length) != (after.n, after.offset):
            found = True
            expected = f"record {before.n + 1} of the file in {_THE_CATALOGUE}, at {before.offset + before.length}"
            said = f"record {after.n}, at {after.offset}: {REBUILD}"
            yield replace(_of_capture(capture, expected, said), kind=FindingKind.MISSING)
    for record in records:
        for finding in part.hold(file, record, read):
            found = found or fails(finding)
            yield finding
    if found:
        return
    try:
        made = list(captures_in(read))
    except RecordError as error:
        expected = "metadata that says what became of the fetch"
        yield Finding(FindingKind.MALFORMED, file, error.offset, None, None, expected, str(error))
        return
    if made != [capture]:
        yield _of_capture(capture, f"{_THE_CATALOGUE} to say what the records say", f"something else: {REBUILD}")
        return
    yield from _foundations(part, file, read[-1], records[-1].n)


def _foundations(part: Part, file: str, metadata: Record, n: int) -> Iterator[Finding]:
    """What is wrong with the records that an exchange rests on; its last record names them."""
    for rests in foundations_of(metadata):
        read: list[Record] = []
        for record in part.collection.catalogue.foundations(file, rests.target, before=n):
            found = False
            for finding in part.hold(file, record, read):
                found = found or fails(finding)
                yield finding
            if found or (read and rests.is_in(read[-1])):
                break
        else:
            name = capture_name(metadata.date, metadata.target_uri) if metadata.target_uri else None
            lost = part.lost(file, "resource", rests.name)
            for logged in lost:
                yield replace(missing_record(file, logged), capture=name, expected=f"{rests} before it in the file")
            if not lost:
                where = (file, metadata.location.offset, metadata.record_id, name)
                yield Finding(FindingKind.MISSING, *where, f"{rests} before it in the file", "none")


def _of_capture(capture: Capture, expected: str, found: str) -> Finding:
    name = capture_name(capture.captured_at, capture.url)
    return Finding(FindingKind.ALTERED, CATALOGUE, capture.location.offset, capture.record_id, name, expected, found)


def audit_sample(part: Part, share: float, chance: random.Random, progress: Progress) -> Iterator[Finding]:
    """What is wrong with records that are drawn by chance; and every file's presence and size."""
    collection = part.collection
    for name, task in part.tasks.items():
        progress(f"Verifying {name}", None, None)
        entries, seal = task.entries, task.entries.seal
        released = collection.held.released(name)
        if released is not None:
            yield from _sample_released(part, released, task, share, chance)
            continue
        try:
            size = collection.path_of(name).stat().st_size
        except OSError as error:
            found = "none" if isinstance(error, FileNotFoundError) else f"one that cannot be read: {error.strerror}"
            expected = f"the file, {entries.records} records"
            yield Finding(FindingKind.MISSING, name, None, None, None, expected, found)
            continue
        part.files.add(name)
        if seal is not None and size != (task.resealed[0] if task.resealed else seal.bytes):
            # places that the catalogue knows may not be those any more: the whole file says what became of it
            yield from part.whole(task)
            continue
        if task.fact is None or task.fact.records < entries.records:
            expected = f"the {entries.records} records of {name} in {_THE_CATALOGUE}"
            yield Finding(FindingKind.MISSING, CATALOGUE, None, None, None, expected, f"fewer: {REBUILD}")
        for row in collection.catalogue.records_of(name):
            if row.n < entries.records and chance.random() < share:
                yield from part.hold(name, row, [])


def _sample_released(
    part: Part, released: Released, task: FileTask, share: float, chance: random.Random
) -> Iterator[Finding]:
    """The same of a file that was released, from its copies."""
    name = task.entries.name
    trouble = part.collection.held.is_there(released)
    if trouble is not None:
        kind = FindingKind.MISSING if trouble.reached else FindingKind.NOT_CHECKED
        expected = f"the file, {released.size} octets, which was released, in a copy of it"
        yield Finding(kind, name, None, None, None, expected, f"none: {trouble}")
        return
    part.files.add(name)
    for row in part.collection.catalogue.records_of(name):
        if row.n < task.entries.records and chance.random() < share:
            yield from part.hold(name, row, [])
