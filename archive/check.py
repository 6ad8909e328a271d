"""Strict conformance: what is wrong with this WARC, record by record.

WARC 1.1 (ISO 28500:2017), the community's rulings on it, and what this project asks of its own files: one gzip
member a record, SHA-256 digests. A finding says what was expected, what was found, where, and by which clause.
Damage ends nothing: the check goes on at the next gzip member that holds a record.

One cause gives one finding: where a block was altered, its payload's digest is not held against it too.
"""

from __future__ import annotations

import contextlib
import enum
import ipaddress
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, cast, get_args

from archive.capture import RecordLocation
from archive.digest import EMPTY, Digest, Digester, digest_octets, digest_of_octets, parse_digest
from archive.errors import DigestError, RecordError, RecordTruncatedError
from archive.exchange import Truncation
from archive.header import Header, is_uri, parse_date, parse_header, parse_record_id
from archive.http import Framing, Head, MalformedHeadError, parse_head
from archive.member import HEADER_LIMIT, Member
from archive.warc import CRLF_CRLF, IDENTICAL_PAYLOAD, Block, Record, final_name, opened, request_method


class FindingKind(enum.StrEnum):
    """What is wrong."""

    ALTERED = "altered"  # octets are not those that were stored
    MISSING = "missing"  # something that must be there is not
    INSERTED = "inserted"  # something is there that was not stored
    REORDERED = "reordered"  # records are not in the order in which they were stored
    TRUNCATED = "truncated"  # the end is missing
    MALFORMED = "malformed"  # not as the standard has it
    UNDIGESTED = "undigested"  # nothing to hold the octets against


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, and where."""

    kind: FindingKind
    file: str | None
    """Name of the WARC; None when it is no file's fault."""
    offset: int | None
    """Of the record's member in the file."""
    record_id: str | None
    """Without brackets."""
    capture: str | None
    """`<14 digits>/<url>`, the name that every command takes; None when no capture is concerned."""
    expected: str
    found: str
    clause: str | None = None
    """Of WARC 1.1, or the community's ruling by its number; None when it is not about the standard."""

    def __str__(self) -> str:
        where = [self.file or "the collection"]
        where += [f"offset {self.offset}"] if self.offset is not None else []
        where += [f"<{self.record_id}>"] if self.record_id else []
        where += [self.capture] if self.capture else []
        clause = f" (WARC 1.1, {self.clause})" if self.clause else ""
        return f"{self.kind}: {', '.join(where)}: expected {self.expected}, found {self.found}{clause}"

    def as_record(self) -> dict[str, Any]:
        """The finding as programs read it."""
        return {
            "kind": self.kind.value,
            "file": self.file,
            "offset": self.offset,
            "record_id": self.record_id,
            "capture": self.capture,
            "expected": self.expected,
            "found": self.found,
            "clause": self.clause,
        }


@dataclass(frozen=True, slots=True)
class CheckedRecord:
    """A record as far as it could be read."""

    offset: int
    record_id: str | None
    record_digest: Digest
    record: Record | None
    """None when its header is not sound enough to make one."""


@dataclass(frozen=True, slots=True)
class CheckedMember:
    """A gzip member, or a stretch of a file that holds none."""

    offset: int
    end: int
    """Where the next member begins, or the file ends."""
    records: tuple[CheckedRecord, ...]
    findings: tuple[Finding, ...]


def check_file(path: Path) -> Iterator[Finding]:
    """What is wrong with one WARC, in the file's order. Raises StorageError when it cannot be read."""
    with opened(path) as file:
        for member in check_members(file, path):
            yield from member.findings


def check_members(
    file: BinaryIO, path: Path, *, start: int = 0, stop: int | None = None, whole: bool = True
) -> Iterator[CheckedMember]:
    """The members of an open file from `start` up to `stop` (the end when None), each with what is wrong with it.

    What is wrong with the file as a whole comes with an empty member at its end. Of a part of a file (not `whole`)
    nothing is said about references that lead out of it.
    """
    yield from _FileCheck(file, path, stop, whole=whole).members(start)


def capture_name(date: datetime, url: str) -> str:
    """How a capture is named in findings: `<14 digits>/<url>`."""
    return f"{date:%Y%m%d%H%M%S}/{url}"


# --- which field may stand in which record (clauses 5 and 6) ---------------------------------------------------------

_ALL = frozenset({"warcinfo", "response", "resource", "request", "metadata", "revisit", "conversion", "continuation"})
_CAPTURED = frozenset({"response", "resource", "request", "revisit", "conversion", "continuation"})
_REQUIRED = (
    ("WARC-Target-URI", _CAPTURED, "5.14"),
    ("WARC-Profile", frozenset({"revisit"}), "6.7"),
)
_ALLOWED = (
    ("WARC-Target-URI", _CAPTURED | {"metadata"}, "5.14"),
    ("WARC-Concurrent-To", frozenset({"request", "response", "resource", "metadata", "revisit"}), "5.7"),
    ("WARC-Refers-To", frozenset({"metadata", "revisit", "conversion"}), "5.11"),
    ("WARC-Refers-To-Target-URI", frozenset({"revisit"}), "5.12"),
    ("WARC-Refers-To-Date", frozenset({"revisit"}), "5.13"),
    ("WARC-IP-Address", frozenset({"response", "resource", "request", "metadata", "revisit"}), "5.10"),
    ("WARC-Filename", frozenset({"warcinfo"}), "5.17"),
    ("WARC-Warcinfo-ID", _ALL - {"warcinfo"}, "5.16"),
    ("WARC-Payload-Digest", _ALL - {"warcinfo", "metadata"}, "5.9"),
    ("WARC-Identified-Payload-Type", _ALL - {"warcinfo", "metadata"}, "5.19"),
)
_IDS = (("WARC-Concurrent-To", "5.7"), ("WARC-Refers-To", "5.11"), ("WARC-Warcinfo-ID", "5.16"))


@dataclass(slots=True)
class _HttpBody:
    """Finds head and payload of a response in octets that arrive in pieces, as of an answer to GET."""

    head: Head | None = None
    malformed: bool = False
    payload: Digester = field(default_factory=Digester)
    framing: Framing | None = None
    _start: bytes = b""

    def feed(self, octets: bytes) -> None:
        if self.malformed:
            return
        if self.framing is None:
            octets = self._take_head(octets)
        if self.framing is not None:
            self.payload.update(self.framing.feed(octets))

    def _take_head(self, octets: bytes) -> bytes:
        self._start += octets
        try:
            self.head = parse_head(self._start)
        except MalformedHeadError:
            self.malformed = True
            return b""
        if self.head is None:
            self.malformed = len(self._start) > HEADER_LIMIT
            return b""
        rest, self._start = self._start[self.head.length :], b""
        self.framing = Framing(self.head, "GET")
        return rest


@dataclass(frozen=True, slots=True)
class _Pending:
    """A response whose payload can be judged when the request's method is known."""

    record: Record
    http: _HttpBody


class _FileCheck:
    """The check of one file, and what must be remembered from record to record."""

    def __init__(self, file: BinaryIO, path: Path, stop: int | None, *, whole: bool) -> None:
        self._file = file
        self._path = path
        self._name = final_name(path)
        self._whole = whole
        size = os.fstat(file.fileno()).st_size
        self._end = size if stop is None else min(stop, size)
        self._findings: list[Finding] = []
        self._offsets: dict[str, int] = {}
        self._payloads: dict[str, bytes] = {}
        self._unresolved: dict[str, tuple[str, Record]] = {}
        self._methods: dict[str, str] = {}
        self._group: dict[str, Record] = {}
        self._pending: _Pending | None = None
        self._current: tuple[str | None, str | None] = (None, None)

    def members(self, start: int) -> Iterator[CheckedMember]:
        offset = start
        if self._end == 0:
            self._find(FindingKind.TRUNCATED, 0, "records", "an empty file")
        while offset < self._end:
            end, records = self._member(offset)
            yield CheckedMember(offset, end, tuple(records), self._taken())
            offset = end
        self._judge_pending()
        for reference, (name, record) in self._unresolved.items() if self._whole else ():
            self._blame(FindingKind.MISSING, record, f"the record <{reference}> in this file", f"only its {name}")
        yield CheckedMember(offset, offset, (), self._taken())

    def _taken(self) -> tuple[Finding, ...]:
        found, self._findings = tuple(self._findings), []
        return found

    # -- members

    def _member(self, offset: int) -> tuple[int, list[CheckedRecord]]:
        """Check the member at an offset; where the next one begins, and the records in it."""
        records: list[CheckedRecord] = []
        member = Member(self._file, offset, name=self._name, stop=self._end)
        self._current = (None, None)
        try:
            self._records(member, offset, records)
        except RecordError as error:
            following = self._next_member(offset + 1)
            self._damaged(offset, following, error)
            return following, records
        location = RecordLocation(self._name, offset, member.length)
        return offset + member.length, [_placed(checked, location) for checked in records]

    def _records(self, member: Member, offset: int, records: list[CheckedRecord]) -> None:
        if member.at_end():
            self._find(FindingKind.MALFORMED, offset, "a record", "an empty gzip member", "Annex D")
        while not member.at_end():
            if len(records) == 1:
                self._find(FindingKind.MALFORMED, offset, "one record in a gzip member", "more octets", "Annex D")
            if not self._record(member, offset, records):
                for _ in iter(member.read, b""):
                    pass

    def _damaged(self, offset: int, following: int, error: RecordError) -> None:
        """Say what is wrong with a member that cannot be read to its end."""
        if self._current[0] is None:
            self._salvage(offset)
        self._file.seek(offset)
        start = self._file.read(min(5, self._end - offset))
        stretch = f"{following - offset} other octets"
        if start == b"WARC/":
            self._find(FindingKind.MALFORMED, offset, "a gzip member", "a record without compression", "Annex D")
        elif start[:3] != b"\x1f\x8b\x08"[: len(start)]:
            kind = FindingKind.INSERTED if offset else FindingKind.MALFORMED
            self._find(kind, offset, "a gzip member or the end of the file", stretch)
        elif isinstance(error, RecordTruncatedError) and following == self._end:
            found = f"the end of the file after {self._end - offset} octets of it"
            self._find(FindingKind.TRUNCATED, offset, "a whole gzip member", found)
        elif not any(finding.kind is FindingKind.ALTERED for finding in self._findings):
            # where the block's digest has told already that octets were altered, the CRC says it no better
            cause = error.__cause__ or "its end is not found"
            self._find(FindingKind.ALTERED, offset, "a sound gzip member", f"damage ({cause})")

    def _salvage(self, offset: int) -> None:
        """Read the header of a damaged member, as far as it comes out, to name its record."""
        octets = b""
        member = Member(self._file, offset, name=self._name, stop=self._end, step=16)
        with contextlib.suppress(RecordError):
            while CRLF_CRLF not in octets and len(octets) < HEADER_LIMIT and not member.at_end():
                octets += member.read()
        if CRLF_CRLF in octets:
            self._take_names(parse_header(octets[: octets.index(CRLF_CRLF) + len(CRLF_CRLF)]), offset)

    def _take_names(self, header: Header, offset: int) -> str | None:
        """How the record that is being read is called: its id."""
        record_id = parse_record_id(header.value("WARC-Record-ID") or "")
        self._current = (record_id, _name(header))
        if record_id is not None:
            self._judge_id(record_id, offset)
        return record_id

    def _next_member(self, start: int) -> int:
        """Where the next gzip member with a record begins; the end when there is none."""
        window = 1 << 20
        position = start
        while position < self._end:
            self._file.seek(position)
            octets = self._file.read(min(window, self._end - position))
            if not octets:
                break
            at = octets.find(b"\x1f\x8b\x08")
            while at >= 0:
                if self._begins_record(position + at):
                    return position + at
                at = octets.find(b"\x1f\x8b\x08", at + 1)
            # the three octets may straddle two windows
            position += len(octets) if position + len(octets) >= self._end else max(1, len(octets) - 2)
        return self._end

    def _begins_record(self, offset: int) -> bool:
        try:
            return Member(self._file, offset, name=self._name, stop=self._end).read(5) == b"WARC/"
        except RecordError:
            return False

    # -- records

    def _record(self, member: Member, offset: int, records: list[CheckedRecord]) -> bool:
        """Check the next record of a member; whether the one after it can be found."""
        octets = member.header()
        if octets is None:
            self._find(FindingKind.MALFORMED, offset, "a record's header", "no empty line that would end it", "4")
            return False
        header = parse_header(octets)
        record_id = self._take_names(header, offset)
        length = header.content_length
        kind = header.value("WARC-Type")
        keeps = kind in {"warcinfo", "metadata", "request"} and length is not None and length <= HEADER_LIMIT
        http = _HttpBody() if kind == "response" and _is_http(header) else None
        whole, block = Digester(), Digester()
        whole.update(octets)
        kept: list[bytes] = []
        for piece in member.pieces(length) if length is not None else iter(member.read, b""):
            whole.update(piece)
            block.update(piece)
            if keeps:
                kept.append(piece)
            if http is not None:
                http.feed(piece)
        ending = b"".join(member.pieces(len(CRLF_CRLF)))
        whole.update(ending)
        complete = length is not None and block.length == length and ending == CRLF_CRLF

        record = None
        if not any(problem.clause.startswith("5.") for problem in header.problems):
            record = Record(
                location=RecordLocation(self._name, offset, member.length),
                n=None,
                fields=header.fields,
                type=cast(str, kind),
                record_id=cast(str, record_id),
                date=cast(datetime, parse_date(cast(str, header.value("WARC-Date")))),
                target_uri=header.value("WARC-Target-URI"),
                block=Block(self._path, offset, block.length, block.digest(), b"".join(kept) if keeps else None),
                record_digest=whole.digest(),
                length=whole.length,
            )
        records.append(CheckedRecord(offset, record_id, whole.digest(), record))
        for problem in header.problems:
            self._find(FindingKind.MALFORMED, offset, problem.expected, problem.found, problem.clause)
        if length is not None and block.length < length:
            expected = f"a block of {length} octets"
            self._find(FindingKind.MALFORMED, offset, expected, f"{block.length}", "5.3")
        elif length is not None and ending != CRLF_CRLF:
            expected = f"two line ends after the block of {length} octets"
            self._find(FindingKind.MALFORMED, offset, expected, repr(ending), "4")
        if record is not None:
            self._judge(record, http if complete else None, whole_block=complete)
        return complete

    def _judge(self, record: Record, http: _HttpBody | None, *, whole_block: bool) -> None:
        """All that one record, and the ones before it, say about it."""
        self._judge_fields(record)
        self._judge_references(record)
        sound = self._judge_block(record) if whole_block else False
        if record.type == "revisit":
            self._judge_revisit(record)
        elif record.type == "request":
            self._judge_request(record)
        elif record.type == "response" and http is not None and sound:
            self._pending = _Pending(record, http)
            if record.record_id in self._methods:
                self._judge_pending(self._methods[record.record_id])
        elif record.value("WARC-Payload-Digest") and record.type in {"resource", "conversion"} and sound:
            self._hold(record, "WARC-Payload-Digest", record.block.digest, "5.9")

    def _judge_id(self, record_id: str, offset: int) -> None:
        """What the others refer to: known even when the rest of the record is damaged."""
        first = self._offsets.setdefault(record_id, offset)
        self._unresolved.pop(record_id, None)
        if first != offset:
            found = f"that of the record at offset {first}"
            self._find(FindingKind.INSERTED, offset, "a record id of its own", found, "5.2")

    def _judge_fields(self, record: Record) -> None:
        for name, types, clause in _REQUIRED:
            if record.type in types and record.value(name) is None:
                self._blame(FindingKind.MALFORMED, record, f"{name} in a {record.type} record", "none", clause)
        for name, types, clause in _ALLOWED:
            if record.type in _ALL - types and record.value(name) is not None:
                self._blame(FindingKind.MALFORMED, record, f"no {name} in a {record.type} record", "one", clause)
        checks: tuple[tuple[str, str, Callable[[str], bool], str], ...] = (
            ("WARC-Target-URI", "a URI without brackets, spaces and octets beyond ASCII", is_uri, "5.14"),
            ("WARC-Refers-To-Target-URI", "a URI", is_uri, "5.12"),
            ("WARC-Refers-To-Date", "a date as WARC-Date", lambda text: parse_date(text) is not None, "5.13"),
            ("WARC-IP-Address", "an address", _is_address, "5.10"),
            ("WARC-Truncated", "a reason", lambda text: text in get_args(Truncation), "5.15"),
        )
        for name, expected, holds, clause in checks:
            value = record.value(name)
            if value is not None and not holds(value):
                self._blame(FindingKind.MALFORMED, record, f"{name}: {expected}", repr(value[:100]), clause)
        for name, clause in _IDS:
            for value in record.values(name):
                if parse_record_id(value) is None:
                    expected = f"{name}: a URI in angle brackets"
                    self._blame(FindingKind.MALFORMED, record, expected, repr(value[:100]), clause)

    def _judge_references(self, record: Record) -> None:
        if not self._group.keys() & set(record.concurrent_to):
            self._judge_pending()
            self._group.clear()
        for name in ("WARC-Concurrent-To", "WARC-Warcinfo-ID"):
            for reference in filter(None, map(parse_record_id, record.values(name))):
                if reference not in self._offsets:
                    self._unresolved.setdefault(reference, (name, record))
                other = self._group.get(reference)
                if other is not None and other.date != record.date:
                    expected = f"the WARC-Date of <{other.record_id}>, of the same event: {other.value('WARC-Date')}"
                    self._blame(FindingKind.MALFORMED, record, expected, str(record.value("WARC-Date")), "5.4")
        self._group[record.record_id] = record

    def _judge_block(self, record: Record) -> bool:
        """Whether the block is what its digest says."""
        return self._hold(record, "WARC-Block-Digest", record.block.digest, "5.8")

    def _hold(self, record: Record, name: str, actual: Digest, clause: str) -> bool:
        """Hold octets against a digest field."""
        try:
            value = parse_digest(record.value(name) or "")
        except DigestError:
            found = record.value(name)
            said = "none" if found is None else repr(found[:100])
            expected = f"{name}: sha256: and 64 lowercase hexadecimal digits"
            self._blame(FindingKind.UNDIGESTED, record, expected, said, clause)
            return found is None
        if value != actual:
            self._blame(FindingKind.ALTERED, record, f"{name} {value}", actual, clause)
        return value == actual

    def _judge_revisit(self, record: Record) -> None:
        if record.value("WARC-Profile") != IDENTICAL_PAYLOAD:
            return
        text = record.value("WARC-Payload-Digest")
        if text is None:
            expected = "WARC-Payload-Digest in a revisit of an identical payload"
            self._blame(FindingKind.UNDIGESTED, record, expected, "none", "6.7.2")
        if record.block.length and record.value("WARC-Truncated") is None:
            expected = "WARC-Truncated: length where the body is left off"
            self._blame(FindingKind.MALFORMED, record, expected, "none", "6.7.2")
        original = parse_record_id(record.value("WARC-Refers-To") or "") or ""
        held = self._payloads.get(original)
        if held is not None and text is not None and text != digest_of_octets(held):
            expected = f"the payload digest of <{original}>, which it refers to: {digest_of_octets(held)}"
            self._blame(FindingKind.ALTERED, record, expected, text[:100], "6.7.2")

    def _judge_request(self, record: Record) -> None:
        method = request_method(record)
        for reference in record.concurrent_to:
            self._methods = {reference: method}
            if self._pending is not None and self._pending.record.record_id == reference:
                self._judge_pending(method)
        if record.value("WARC-Payload-Digest") is None:
            return
        octets = record.block.read()
        body = octets[octets.find(CRLF_CRLF) + len(CRLF_CRLF) :] if CRLF_CRLF in octets else b""
        digester = Digester()
        digester.update(body)
        self._hold(record, "WARC-Payload-Digest", digester.digest(), "5.9")

    def _judge_pending(self, method: str | None = None) -> None:
        """Judge the payload of the last response: what it is depends on the request's method."""
        if self._pending is None:
            return
        record, http = self._pending.record, self._pending.http
        self._pending = None
        if http.framing is None:
            self._blame(FindingKind.MALFORMED, record, "an HTTP head in the block", "none", "6.3.2")
            return
        payload = EMPTY if method == "HEAD" else http.payload.digest()
        if self._hold(record, "WARC-Payload-Digest", payload, "5.9"):
            self._payloads[record.record_id] = digest_octets(payload)
        empty = method in {None, "HEAD"} and http.payload.length == 0
        http.framing.end()
        lacks = not http.framing.complete and not http.framing.damaged
        if lacks and not empty and record.value("WARC-Truncated") is None:
            found = f"{http.payload.length} octets of it, and no WARC-Truncated ({http.framing.problem})"
            self._blame(FindingKind.TRUNCATED, record, "the whole body that the HTTP head announces", found, "6.3.2")

    # -- findings

    def _blame(self, kind: FindingKind, record: Record, expected: str, found: str, clause: str | None = None) -> None:
        """Find something wrong with a record that was read."""
        name = capture_name(record.date, record.target_uri) if record.target_uri else None
        where = (self._name, record.location.offset, record.record_id, name)
        self._findings.append(Finding(kind, *where, expected, found, clause))

    def _find(self, kind: FindingKind, offset: int, expected: str, found: str, clause: str | None = None) -> None:
        """Find something wrong at an offset; the record is the one whose header was read last in this member."""
        self._findings.append(Finding(kind, self._name, offset, *self._current, expected, found, clause))


def _placed(checked: CheckedRecord, location: RecordLocation) -> CheckedRecord:
    """A record with the length of its member, which is known at the member's end."""
    record = checked.record
    return checked if record is None else replace(checked, record=replace(record, location=location))


def _name(header: Header) -> str | None:
    date, url = parse_date(header.value("WARC-Date") or ""), header.value("WARC-Target-URI")
    return capture_name(date, url) if date is not None and url else None


def _is_http(header: Header) -> bool:
    return (header.value("Content-Type") or "").partition(";")[0].strip().lower() == "application/http"


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
