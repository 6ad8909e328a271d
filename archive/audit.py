"""Re-read everything and say what holds.

The evidence is held against the WARC rules (`archive/check.py`) and against the catalogue: every file, every record,
its digest, its place and its order, every capture. No lock is taken and nothing is written; of a file that is still
being written, what the catalogue knows is read.

What this cannot show is said with the result. Evidence and catalogue lie in one folder, so that whoever can write
there can make both agree again; that nothing is wrong is the collection's own word: `self-attested`, never `ok`.
"""

from __future__ import annotations

import bisect
import hashlib
import io
import os
import random
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, takewhile
from pathlib import Path
from typing import Any, BinaryIO, Literal, cast

from archive.capture import Capture, RecordLocation
from archive.catalogue import FileRow, RecordRow
from archive.check import CheckedMember, CheckedRecord, Finding, FindingKind, capture_name, check_members
from archive.collection import CATALOGUE, Collection
from archive.digest import Digest
from archive.errors import CaptureNotFoundError, CatalogueError, RecordError, StorageError
from archive.header import format_date, parse_record_id
from archive.warc import (
    OPEN_SUFFIX,
    RECEIVED,
    Foundation,
    Record,
    captures_in,
    foundation_in,
    foundations_of,
    is_recovery,
    read_records,
    regular,
)

Progress = Callable[[str, "int | None", "int | None"], None]
"""Called with what is being done, and the number of records done and in all."""

NOT_SHOWN = (
    "no signed log: whoever can write to this folder could alter evidence and catalogue together, and remove "
    "captures from both",
    "no outside time: the dates are those that this machine's clock gave",
    "no outside witness: that the servers sent these octets rests on this collection's word",
)
"""What a verification without signatures does not show, whatever it found."""

_CATALOGUE = "the catalogue"


@dataclass(frozen=True, slots=True)
class Summary:
    """What a verification read, and what that is worth."""

    verdict: Literal["failed", "self-attested"]
    captures: int
    records: int
    files: int
    octets: int
    """Of the files, compressed."""
    not_checked: tuple[str, ...]
    """What the result does not show."""

    def as_record(self) -> dict[str, Any]:
        """The summary as programs read it."""
        return {
            "verdict": self.verdict,
            "captures": self.captures,
            "records": self.records,
            "files": self.files,
            "bytes": self.octets,
            "not_checked": list(self.not_checked),
        }


def verify(
    collection: Collection,
    *,
    captures: Sequence[Capture] | None = None,
    sample: float | None = None,
    progress: Progress | None = None,
    chance: random.Random | None = None,
) -> Iterator[Finding | Summary]:
    """All that is wrong with a collection's evidence, and a summary at the end.

    `captures`: these captures only, their requests and metadata, and the originals of revisits. `sample`: of each
    record with this probability (0 to 1), and of every file its presence and size; `chance` draws. A file that
    cannot be read is a finding, and so is a catalogue with rows that mean nothing. Raises CatalogueError and
    StorageError when the catalogue cannot be opened.
    """
    audit = _Audit(collection, progress or (lambda text, done, total: None))
    if captures is not None:
        findings = audit.of_captures(captures)
        audit.not_checked.append("everything but the captures that were named")
    elif sample is not None:
        findings = audit.of_sample(sample, chance or random.Random())
        audit.not_checked.append(f"all records but those drawn by chance, each with a probability of {sample:g}")
    else:
        findings = audit.of_everything()
    failed = False
    try:
        for finding in findings:
            failed = True
            yield finding
    except CatalogueError as error:
        failed = True
        expected = "a catalogue that can be read to its end"
        yield Finding(FindingKind.ALTERED, CATALOGUE, None, None, None, expected, str(error))
        audit.not_checked.append("what comes after the damage in the catalogue")
    yield Summary(
        verdict="failed" if failed else "self-attested",
        captures=audit.captures,
        records=audit.records,
        files=audit.files,
        octets=audit.octets,
        not_checked=(*audit.not_checked, *NOT_SHOWN),
    )


class _Hashed(io.FileIO):
    """A file that is digested while it is read from its beginning to its end, here and there twice."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, opener=regular)
        self._sha256 = hashlib.sha256()
        self._upto = 0

    def readinto(self, buffer: Any) -> int:
        position = self.tell()
        count = super().readinto(buffer) or 0
        skipped = self._upto - position
        if 0 <= skipped < count:
            self._sha256.update(memoryview(buffer)[skipped:count])
            self._upto = position + count
        return count

    def digest(self) -> Digest:
        """Of the whole file."""
        self.seek(self._upto)
        rest = bytearray(1 << 20)
        while self.readinto(rest):
            pass
        return Digest("sha256:" + self._sha256.hexdigest())


class _Audit:
    """One verification, and what it counts."""

    def __init__(self, collection: Collection, progress: Progress) -> None:
        self.captures = 0
        self.records = 0
        self.files = 0
        self.octets = 0
        self.not_checked: list[str] = []
        self._collection = collection
        self._catalogue = collection.catalogue
        self._progress = progress
        # one number of 64 bits for every capture that the WARCs hold: a million captures take 8 MB
        self._made = array("Q")

    # -- everything

    def of_everything(self) -> Iterator[Finding]:
        # the folder first: what is begun between the two looks is then known to the catalogue, not the other way
        names = self._names()
        rows = list(self._catalogue.files())
        total = sum(row.records for row in rows)
        sound: dict[str, int] = {}
        for row in rows:
            self._progress(f"Verifying {row.name}", self.records, total)
            findings = False
            made = len(self._made)
            for finding in self._file(row, total):
                findings = True
                yield finding
            if findings:
                # its captures are in doubt with its records, which are named
                del self._made[made:]
            else:
                sound[row.name] = row.size
        yield from self._extra(names, rows)
        self._progress("Comparing the captures", total, total)
        yield from self._compare_captures(sound)

    def _names(self) -> list[str]:
        """What lies in the folder of the evidence."""
        try:
            return sorted(path.name for path in self._collection.archive_folder.iterdir())
        except OSError as error:
            raise StorageError(
                f"reading the folder {self._collection.archive_folder.name}: {error.strerror}"
            ) from error

    def _file(self, row: FileRow, total: int) -> Iterator[Finding]:
        """Everything about one file."""
        path = self._collection.path_of(row.name)
        try:
            with _Hashed(path) as raw, io.BufferedReader(raw, 1 << 18) as file:
                size = os.fstat(raw.fileno()).st_size
                self.files += 1
                self.octets += min(size, row.size)
                found = False
                for finding in self._place(row, path):
                    found = True
                    yield finding
                for finding in self._contents(row, cast(BinaryIO, file), size, total):
                    found = True
                    yield finding
                if not found and row.closed:
                    yield from _hold_file(row, raw)
        except FileNotFoundError as error:
            yield _unreadable(row, error)
            # each record by name: who looks for one page must not have to know in which file it was
            for record in self._catalogue.records_of(row.name):
                yield self._named(_missing_record(row.name, record))
        except (OSError, ValueError) as error:
            yield _unreadable(row, error)

    def _place(self, row: FileRow, path: Path) -> Iterator[Finding]:
        """What is wrong with how a file lies in its folder, whatever is in it."""
        if row.closed and path.name != row.name:
            yield _of_file(FindingKind.MISSING, row, "the file under its final name", f"it as {path.name}")
        if not row.closed and path.name == row.name:
            self.not_checked.append(f"the digest of {row.name} as a whole, which {_CATALOGUE} has not closed yet")
        if path.is_symlink():
            self.not_checked.append(f"that {row.name} lies in the collection: it is a link to a file elsewhere")

    def _contents(self, row: FileRow, file: BinaryIO, size: int, total: int) -> Iterator[Finding]:
        if not row.closed and size > row.size:
            self.not_checked.append(f"the last {size - row.size} octets of {row.name}, which is being written")
        expected = takewhile(
            lambda record: record.offset + record.length <= row.size, self._catalogue.records_of(row.name)
        )
        comparison = _Comparison(row.name, expected)
        otherwise = False
        damage: list[RecordError] = []
        exchanges = _Exchanges(row)
        stream = exchanges.passing(self._stream(row, file, comparison, total))
        for capture in captures_in(stream, damaged=damage.append):
            self.captures += 1
            self._made.append(_fingerprint(capture))
            otherwise = otherwise or bool(comparison.out)
            yield from map(self._named, comparison.taken())
        otherwise = otherwise or bool(comparison.out)
        yield from map(self._named, comparison.taken())
        ended = comparison.ended()
        otherwise = otherwise or any(
            finding.kind is not FindingKind.MISSING or (finding.offset or 0) < size for finding in ended
        )
        if size < row.size and not otherwise:
            # cut between two members; a file that is shorter because of what else was found is not told of again
            yield replace(_of_file(FindingKind.TRUNCATED, row, f"{row.size} octets", f"{size}"), offset=size)
        yield from map(self._named, ended)
        if not otherwise and not ended:
            # where records are missing or altered, that they do not fit together is no finding of its own
            yield from (_malformed(row, error) for error in damage)
            yield from exchanges.out
            if comparison.expected != row.records:
                said = f"the {row.records} records that {_CATALOGUE} counts"
                yield _of_file(FindingKind.ALTERED, row, said, f"{comparison.expected} in it: khronika rebuild")

    def _stream(self, row: FileRow, file: BinaryIO, comparison: _Comparison, total: int) -> Iterator[Record]:
        """The records of a file as they are checked and compared; what is wrong goes to the comparison's `out`."""
        stop = None if row.closed else row.size
        for member in check_members(file, self._collection.path_of(row.name), stop=stop):
            comparison.take(member)
            for checked in member.records:
                self.records += 1
                if checked.record is None:
                    continue
                if checked.record.type == "revisit":
                    comparison.out.extend(self._original(checked.record))
                yield checked.record
            if self.records % 100 == 0:
                self._progress(f"Verifying {row.name}", self.records, total)

    def _original(self, record: Record) -> Iterator[Finding]:
        """What is wrong between a revisit and the capture that it refers to (6.7.2)."""
        name = parse_record_id(record.value("WARC-Refers-To") or "")
        if name is None:
            yield _of_record(FindingKind.MISSING, record, "WARC-Refers-To: the id of the original", "none", "6.7.2")
            return
        try:
            original = self._catalogue.capture(name)
        except CaptureNotFoundError:
            yield _of_record(FindingKind.MISSING, record, f"its original <{name}> in the collection", "none", "6.7.2")
            return
        for field, expected in (
            ("WARC-Payload-Digest", original.payload_digest),
            ("WARC-Refers-To-Target-URI", original.url),
            ("WARC-Refers-To-Date", format_date(original.captured_at)),
        ):
            value = record.value(field)
            if value != expected:
                said = f"{field} of its original <{name}>, {expected}"
                yield _of_record(FindingKind.ALTERED, record, said, str(value), "6.7.2")

    def _extra(self, names: Sequence[str], rows: Sequence[FileRow]) -> Iterator[Finding]:
        """What lies in the folder and was not stored by the collection."""
        known = {row.name for row in rows}
        present = set(names)
        for name in names:
            final = name.removesuffix(OPEN_SUFFIX)
            if name in known or (final in known and name != final and final not in present):
                continue
            if name != final and final not in known:
                # begun, and the process killed before the catalogue heard of it: the next crawl settles that
                self.not_checked.append(f"{name}, which the catalogue does not know yet")
            elif final.endswith((".warc.gz", ".warc")):
                expected = "only files that the catalogue knows"
                yield Finding(FindingKind.INSERTED, name, None, None, None, expected, "another one")
            else:
                self.not_checked.append(f"{name} in the folder of the evidence, which is no WARC")

    def _compare_captures(self, sound: dict[str, int]) -> Iterator[Finding]:
        """What the catalogue says of captures in files that are sound, against what their records say."""
        made = sorted(self._made)
        found = bytearray(len(made))
        differing: set[RecordLocation | str] = set()
        elsewhere: dict[str, bool] = {}
        for capture in self._catalogue.captures():
            file = capture.location.file
            if file in sound and capture.location.offset >= sound[file]:
                continue  # stored since this began
            if file not in sound:
                # its file has findings of its own, or was begun since
                if file not in elsewhere:
                    elsewhere[file] = self._catalogue.file(file) is not None
                if elsewhere[file]:
                    continue
            fingerprint = _fingerprint(capture)
            at = bisect.bisect_left(made, fingerprint)
            if at < len(made) and made[at] == fingerprint:
                found[at] = 1
                continue
            differing.update((capture.location, capture.record_id))
            yield _of_capture(capture, f"{_CATALOGUE} to say what the records say", "something else: khronika rebuild")
        lost = {made[at] for at, here in enumerate(found) if not here}
        for name in sound if lost else ():
            yield from self._lost(name, sound[name], lost, differing)

    def _lost(self, name: str, size: int, lost: set[int], differing: set[RecordLocation | str]) -> Iterator[Finding]:
        """The captures of a sound file that the catalogue has not; it is read again, to name them."""
        try:
            for capture in captures_in(read_records(self._collection.path_of(name), stop=size, name=name)):
                if _fingerprint(capture) not in lost or differing & {capture.location, capture.record_id}:
                    continue
                try:
                    other = self._catalogue.capture(capture.record_id).location
                except CaptureNotFoundError:
                    expected, found = f"the capture in {_CATALOGUE}", "none: khronika rebuild"
                    yield replace(_of_capture(capture, expected, found), kind=FindingKind.MISSING)
                else:
                    expected, found = (
                        "a record id of its own",
                        f"that of the record at offset {other.offset} of {other.file}",
                    )
                    yield replace(_of_capture(capture, expected, found), kind=FindingKind.INSERTED)
        except (RecordError, StorageError) as error:
            yield Finding(FindingKind.ALTERED, name, None, None, None, "what was read before", str(error))

    # -- parts

    def of_sample(self, share: float, chance: random.Random) -> Iterator[Finding]:
        names = self._names()
        rows = list(self._catalogue.files())
        for row in rows:
            self._progress(f"Verifying {row.name}", None, None)
            try:
                size = self._collection.path_of(row.name).stat().st_size
            except OSError as error:
                yield _unreadable(row, error)
                continue
            self.files += 1
            if size < row.size or (row.closed and size > row.size):
                kind = FindingKind.TRUNCATED if size < row.size else FindingKind.INSERTED
                yield replace(_of_file(kind, row, f"{row.size} octets", f"{size}"), offset=min(size, row.size))
            drawn = (record for record in self._catalogue.records_of(row.name) if chance.random() < share)
            for record in drawn:
                yield from self._at(row, record, [])
        yield from self._extra(names, rows)

    def of_captures(self, captures: Sequence[Capture]) -> Iterator[Finding]:
        files: set[str] = set()
        for done, capture in enumerate(captures):
            self._progress(f"Verifying {capture.timestamp}/{capture.url}", done, len(captures))
            files.add(capture.location.file)
            yield from self._capture(capture)
            if capture.refers_to is not None:
                try:
                    original = self._catalogue.capture(capture.refers_to)
                except CaptureNotFoundError:
                    continue  # told of the revisit's record already
                files.add(original.location.file)
                yield from self._capture(original)
        self.files = len(files)

    def _capture(self, capture: Capture) -> Iterator[Finding]:
        """Everything about the records of one exchange."""
        self.captures += 1
        row = self._catalogue.file(capture.location.file)
        records = self._catalogue.records_of_exchange(capture)
        if row is None or not records:
            yield _of_capture(capture, f"its records in {_CATALOGUE}", "none: khronika rebuild")
            return
        read: list[Record] = []
        found = False
        for before, after in pairwise(records):
            if (before.n + 1, before.offset + before.length) != (after.n, after.offset):
                found = True
                expected = f"record {before.n + 1} of the file in {_CATALOGUE}, at {before.offset + before.length}"
                said = f"record {after.n}, at {after.offset}: khronika rebuild"
                yield replace(_of_capture(capture, expected, said), kind=FindingKind.MISSING)
        for record in records:
            for finding in self._at(row, record, read):
                found = True
                yield finding
        if found:
            return
        try:
            made = list(captures_in(read))
        except RecordError as error:
            yield _malformed(row, error)
            return
        if made != [capture]:
            yield _of_capture(capture, f"{_CATALOGUE} to say what the records say", "something else: khronika rebuild")
        yield from self._foundations(row, capture, read[-1], records[-1].n)

    def _foundations(self, row: FileRow, capture: Capture, metadata: Record, n: int) -> Iterator[Finding]:
        """What is wrong with the records that an exchange rests on; its last record names them."""
        for rests in foundations_of(metadata):
            read: list[Record] = []
            for record in self._catalogue.foundations(row.name, rests.target, before=n):
                found = False
                for finding in self._at(row, record, read):
                    found = True
                    yield finding
                if found or rests.is_in(read[-1]):
                    break
            else:
                yield _of_record(FindingKind.MISSING, metadata, f"{rests} before it in the file", "none", None)

    def _at(self, row: FileRow, expected: RecordRow, read: list[Record]) -> Iterator[Finding]:
        """What is wrong with the record at a place; it is added to `read`."""
        end = expected.offset + expected.length
        comparison = _Comparison(row.name, iter([expected]))
        try:
            with open(self._collection.path_of(row.name), "rb", opener=regular) as file:
                members = check_members(
                    file, self._collection.path_of(row.name), start=expected.offset, stop=end, whole=False
                )
                for member in members:
                    comparison.take(member)
                    for checked in member.records:
                        self.records += 1
                        self.octets += member.end - member.offset
                        if checked.record is not None:
                            read.append(checked.record)
                            if checked.record.type == "revisit":
                                comparison.out.extend(self._original(checked.record))
        except (OSError, ValueError) as error:
            yield _unreadable(row, error)
            return
        yield from map(self._named, [*comparison.taken(), *comparison.ended()])

    def _named(self, finding: Finding) -> Finding:
        """A finding with its capture's name, where the record itself could not tell it."""
        if finding.capture is not None or finding.record_id is None:
            return finding
        try:
            capture = self._catalogue.capture(finding.record_id)
        except CaptureNotFoundError:
            return finding
        return replace(finding, capture=capture_name(capture.captured_at, capture.url))


class _Comparison:
    """A file's records as they are found, against those that the catalogue knows, in their order.

    Both run in step as long as they are the same. From the first difference on both are kept to the end, and then
    compared as wholes.
    """

    def __init__(self, file: str, expected: Iterator[RecordRow]) -> None:
        self.out: list[Finding] = []
        """What is wrong, in the file's order; taken by `taken`."""
        self.expected = 0
        """How many records the catalogue knows of, as far as they were asked for."""
        self._file = file
        self._expected = self._counted(expected)
        self._next = next(self._expected, None)
        self._later: list[CheckedRecord] | None = None
        self._moved: Finding | None = None
        self._wrong = False
        self._told: set[tuple[FindingKind, int]] = set()

    def _counted(self, expected: Iterator[RecordRow]) -> Iterator[RecordRow]:
        for record in expected:
            self.expected += 1
            yield record

    def taken(self) -> list[Finding]:
        """The findings so far, once."""
        out, self.out = self.out, []
        self._wrong = self._wrong or bool(out)
        return out

    def take(self, member: CheckedMember) -> None:
        """Compare the records of the next member."""
        here = self._next
        unnamed = here is not None and self._later is None and member.offset <= here.offset < member.end
        for finding in member.findings:
            if finding.record_id is None and unnamed and here is not None and finding.offset == here.offset:
                finding = replace(finding, record_id=here.record_id)  # noqa: PLW2901 - the same, with its name
            self.out.append(finding)
        self._told.update((finding.kind, finding.offset) for finding in member.findings if finding.offset is not None)
        named = [checked for checked in member.records if checked.record_id is not None]
        if not named:
            self._skip(member)
        for checked in named:
            self._compare(checked)

    def _skip(self, member: CheckedMember) -> None:
        """Pass over what the catalogue knows where nothing could be read; the damage's finding names the first."""
        first = True
        while self._later is None and self._next is not None and member.offset <= self._next.offset < member.end:
            if not first or not member.findings:
                self._missing(self._next)
            first = False
            self._next = next(self._expected, None)

    def _compare(self, checked: CheckedRecord) -> None:
        if self._later is None and self._next is not None and self._next.record_id == checked.record_id:
            self._hold(self._next, checked)
            self._next = next(self._expected, None)
            return
        self._later = self._later if self._later is not None else []
        self._later.append(checked)

    def _hold(self, expected: RecordRow, checked: CheckedRecord) -> None:
        """Hold a record against the digest that the catalogue has of it."""
        if checked.record_digest != expected.record_digest:
            if (FindingKind.ALTERED, checked.offset) not in self._told:
                said = f"the record {expected.record_digest}"
                self._find(FindingKind.ALTERED, checked, said, checked.record_digest)
            return
        if checked.record is None:
            return
        if checked.record.type != expected.type:
            said = f"the {expected.type} record that {_CATALOGUE} says it is"
            self._find(FindingKind.ALTERED, checked, said, f"a {checked.record.type} record: khronika rebuild")
        if checked.record.foundation != expected.foundation:
            said = f"{_CATALOGUE} to say what exchanges rest on: {checked.record.foundation or 'not this record'}"
            self._find(FindingKind.ALTERED, checked, said, f"{expected.foundation or 'nothing'}: khronika rebuild")
        length = checked.record.location.length
        if (checked.offset, length) != (expected.offset, expected.length) and self._moved is None:
            where = f"the record at offset {expected.offset}, {expected.length} octets compressed"
            self._moved = _of(
                FindingKind.ALTERED, self._file, checked, where, f"it at {checked.offset}, {length} octets"
            )

    def ended(self) -> list[Finding]:
        """What the whole file lacks or has too much; the rest of what is wrong."""
        found = self._later or []
        expected = [] if self._next is None else [self._next, *self._expected]
        places = {record.record_id: place for place, record in enumerate(expected)}
        present: dict[str, CheckedRecord] = {}
        for checked in found:
            assert checked.record_id is not None
            if checked.record_id in places and checked.record_id not in present:
                present[checked.record_id] = checked
                self._hold(expected[places[checked.record_id]], checked)
            elif (FindingKind.INSERTED, checked.offset) not in self._told:
                self._find(FindingKind.INSERTED, checked, "only records that the catalogue knows", "another one")
        for record in expected:
            if record.record_id not in present:
                self._missing(record)
        in_order = _longest_rise([places[record_id] for record_id in present])
        for record_id, checked in present.items():
            if places[record_id] not in in_order:
                place = f"it as record {expected[places[record_id]].n} of the file"
                self._find(FindingKind.REORDERED, checked, place, "it elsewhere")
        out = self.taken()
        # a record that lies elsewhere because another one is missing is no finding of its own
        return [*out, self._moved] if self._moved is not None and not self._wrong else out

    def _missing(self, record: RecordRow) -> None:
        self.out.append(_missing_record(self._file, record))

    def _find(self, kind: FindingKind, checked: CheckedRecord, expected: str, found: str) -> None:
        self.out.append(_of(kind, self._file, checked, expected, found))


class _Exchanges:
    """Whether the records of each exchange are together and whole, as `WarcWriter.append` writes them.

    WARC 1.1 asks for nothing of this, so the check of any tool's file does not either; in our own files it shows what
    was taken out or changed even when the catalogue was made after that. A response that lacks its metadata record at
    the very end of a file, or before the record of a recovery, is what recovery leaves of a torn tail.
    """

    def __init__(self, row: FileRow) -> None:
        self.out: list[Finding] = []
        """What is wrong, in the file's order."""
        self._row = row
        self._open: dict[str, Record] = {}
        self._closed: set[str] = set()
        self._foundations: set[Foundation] = set()

    def passing(self, records: Iterable[Record]) -> Iterator[Record]:
        """The same records, looked at."""
        for record in records:
            self._take(record)
            yield record

    def _take(self, record: Record) -> None:
        partners = set(record.concurrent_to)
        if record.type == "warcinfo" and record.value("WARC-Filename") != self._row.name:
            said = f"the file under the name of its warcinfo record, {record.value('WARC-Filename')}"
            self._find(FindingKind.ALTERED, record, said, self._row.name, "5.17")
        if not partners & self._open.keys():
            first = next(iter(self._open.values()), None)
            if first is not None and first.type != "warcinfo" and not is_recovery(record):
                said = "the metadata record that closes the exchange, before the next one begins"
                self._find(FindingKind.MISSING, first, said, "none", None)
            self._open = {}
            if partners & self._closed:
                said = "it before the metadata record that closes its exchange"
                self._find(FindingKind.REORDERED, record, said, "it after that", None)
                return
        if record.foundation is not None:
            self._take_foundation(record)
            return
        for partner in partners & self._open.keys():
            target = _page(self._open[partner])
            if _page(record) != target:
                said = f"WARC-Target-URI of <{partner}>, of the same exchange: {target}"
                self._find(FindingKind.ALTERED, record, said, str(_page(record)), "5.14")
                break
        self._open[record.record_id] = record
        if record.type == "metadata":
            self._closed = set(self._open)
            self._open = {}
            for rests in foundations_of(record):
                if rests not in self._foundations:
                    self._find(FindingKind.MISSING, record, f"{rests} before it in the file", "none", None)

    def _take_foundation(self, record: Record) -> None:
        try:
            self._foundations.add(foundation_in(record))
        except ValueError as error:
            said = "what exchanges rest on, as it was written"
            self._find(FindingKind.MALFORMED, record, said, str(error), None)

    def _find(self, kind: FindingKind, record: Record, expected: str, found: str, clause: str | None) -> None:
        self.out.append(_of_record(kind, record, expected, found, clause))


def _page(record: Record) -> str | None:
    """The address that a record is about; stray octets have a name made of it."""
    return record.target_uri.removeprefix(RECEIVED) if record.target_uri is not None else None


def _longest_rise(numbers: Sequence[int]) -> set[int]:
    """The numbers of a longest rising subsequence: what kept its order when other things were moved."""
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


def _fingerprint(capture: Capture) -> int:
    """64 bits that differ, all but surely, where two captures do."""
    return int.from_bytes(hashlib.sha256(repr(capture).encode("utf-8", "backslashreplace")).digest()[:8])


def _of(kind: FindingKind, file: str, checked: CheckedRecord, expected: str, found: str) -> Finding:
    record = checked.record
    name = capture_name(record.date, record.target_uri) if record is not None and record.target_uri else None
    return Finding(kind, file, checked.offset, checked.record_id, name, expected, found)


def _of_record(kind: FindingKind, record: Record, expected: str, found: str, clause: str | None) -> Finding:
    name = capture_name(record.date, record.target_uri) if record.target_uri else None
    where = (record.location.file, record.location.offset, record.record_id, name)
    return Finding(kind, *where, expected, found, clause)


def _missing_record(file: str, record: RecordRow) -> Finding:
    expected = f"the {record.type} record, number {record.n} of the file"
    return Finding(FindingKind.MISSING, file, record.offset, record.record_id, None, expected, "none")


def _of_file(kind: FindingKind, row: FileRow, expected: str, found: str) -> Finding:
    return Finding(kind, row.name, None, None, None, expected, found)


def _of_capture(capture: Capture, expected: str, found: str) -> Finding:
    name = capture_name(capture.captured_at, capture.url)
    where = (capture.location.file, capture.location.offset, capture.record_id, name)
    return Finding(FindingKind.ALTERED, *where, expected, found)


def _hold_file(row: FileRow, raw: _Hashed) -> Iterator[Finding]:
    """Hold a closed file, whose records are all as they were, against its digest."""
    if row.digest is None:
        yield _of_file(FindingKind.UNDIGESTED, row, f"a digest of the file in {_CATALOGUE}", "none: khronika rebuild")
        return
    actual = raw.digest()
    if actual != row.digest:
        yield _of_file(FindingKind.ALTERED, row, f"the file {row.digest}", actual)


def _unreadable(row: FileRow, error: OSError | ValueError) -> Finding:
    expected = f"the file, {row.records} records in {row.size} octets"
    found = (
        "none"
        if isinstance(error, FileNotFoundError)
        else f"one that cannot be read: {getattr(error, 'strerror', error)}"
    )
    return _of_file(FindingKind.MISSING, row, expected, found)


def _malformed(row: FileRow, error: RecordError) -> Finding:
    expected = "metadata that says what became of the fetch"
    return replace(_of_file(FindingKind.MALFORMED, row, expected, str(error)), offset=error.offset)
