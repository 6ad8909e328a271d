"""Strict conformance: what is wrong with this WARC, record by record.

WARC 1.1 (ISO 28500:2017) and 1.0, the community's rulings on them, and two ways to ask:

- `FileCheck.findings` is for the WARC of any tool. It tells defects from deviations that tools are known for and from
  notes; archive/verdict.py makes of it a verdict on a file.
- `check_members` is for this project's own files, of which more is asked: one gzip member a record, SHA-256 digests,
  no reference that leads out of the file, and no deviation at all.

A finding says what was expected, what was found, where, and by which clause. Damage ends nothing: the check goes on at
the next place where a record begins. One cause gives one finding: where a block was altered, its payload's digest is
not held against it too. Memory is bounded, whatever the file says of itself; so is time, in proportion to the octets
that the file unfolds to.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

import zstandard

from archive.capture import RecordLocation
from archive.container import (
    DICTIONARY,
    GZIP,
    HEAD_LENGTH,
    RECORD_HEAD,
    ZSTD,
    ZSTD_CLAUSE,
    Form,
    Frame,
    Plain,
    Seekable,
    dictionary_in,
    next_beginning,
    next_head,
    skippable_length,
)
from archive.digest import Digest, digest_octets, parse_digest
from archive.errors import DigestError, RecordError, RecordTruncatedError
from archive.finding import Finding, FindingKind, Problem, Severity
from archive.fixity import SHA256, Declared, Hashes, format_declared, parse_declared
from archive.header import Header, parse_date, parse_header, parse_record_id
from archive.http import Framing
from archive.member import HEADER_LIMIT, Member, Pieces
from archive.payload import RequestPayload, ResponsePayload
from archive.rules import (
    FIELDS,
    IDENTICAL_PAYLOAD,
    NOT_MODIFIED,
    WARC_1_1,
    Values,
    field_problems,
    is_draft,
    is_known,
)
from archive.warc import CRLF_CRLF, Block, Record, Source, final_name, opened

__all__ = [
    "CheckedMember",
    "CheckedRecord",
    "FileCheck",
    "Finding",
    "FindingKind",
    "capture_name",
    "check_file",
    "check_members",
]

REMEMBERED = 1_000_000
"""Records of a file that references are held against; a file of more is checked without the rest of them."""
FOLLOWED = 1_000
"""References of one record that are followed."""

_UNRESOLVED = 100_000
_NAME_LIMIT = 4096
_PROBE = 2048
_GZIP_HEAD = 128 << 10
_PATIENCE = 64 << 20
"""Octets that may be read in vain, and `_PATIENCE_EACH` for each of the file's: false beginnings are cheap to make."""
_PATIENCE_EACH = 16
_DEFECT = 512
"""What a defect counts like: one gzip member of a mebibyte may hold millions of broken records."""
_METHODS = 64
_GROUP = 1_000
_SEGMENTED = 10_000
# Messages of one exchange are seconds apart where a tool dates each by itself; more is another event, or no truth.
_ONE_EVENT = timedelta(hours=1)

# What our own files are not blamed for: servers' addresses are kept as they are, and notes are no findings there, but
# for a reason of truncation, of which we write four.
_OWN_TOLERATED = frozenset({"target-uri-characters"})
_OWN_ALGORITHMS = frozenset({SHA256})
_OWN_NOTES = frozenset({"truncated-reason"})


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
    """What is wrong with one WARC of our own, in the file's order. Raises StorageError when it cannot be read."""
    with opened(path) as file:
        for member in check_members(file, path):
            yield from member.findings


def check_members(
    file: BinaryIO, path: Source, *, start: int = 0, stop: int | None = None, whole: bool = True
) -> Iterator[CheckedMember]:
    """The members of an open file of our own from `start` up to `stop` (the end when None), with what is wrong in each.

    What is wrong with the file as a whole comes with an empty member at its end. Of a part of a file (not `whole`)
    nothing is said about references that lead out of it.
    """
    size = file.seek(0, os.SEEK_END)
    end = size if stop is None else min(stop, size)
    yield from FileCheck(file, final_name(path), end, path=path, whole=whole).members(start)


def capture_name(date: datetime, url: str) -> str:
    """How a capture is named in findings: `<14 digits>/<url>`."""
    return f"{date:%Y%m%d%H%M%S}/{url}"


class _Place(NamedTuple):
    """Where a finding is."""

    offset: int
    record_id: str | None = None
    capture: str | None = None


class _Known(NamedTuple):
    """What is kept of a record for those that refer to it."""

    offset: int
    date: str
    target: str
    """Both empty where they are not there, or too long to keep."""
    payload: Declared | None


class _Dangling(NamedTuple):
    """A reference that nothing has answered yet."""

    name: str
    clause: str
    place: _Place
    warcinfo: str | None


class _Segments(NamedTuple):
    """The segments of a logical record so far."""

    number: int
    length: int
    target: str | None


# --- a record --------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Seen:
    """A record as far as it was read, and what was computed of it on the way."""

    place: _Place
    header: Header
    values: Values
    type: str
    record_id: str | None
    date: datetime | None
    target: str | None
    block: Hashes
    message: ResponsePayload | RequestPayload | None
    kept: bytes | None = None

    def value(self, name: str) -> str | None:
        """The first value of a field."""
        return self.header.value(name)

    def references(self, name: str) -> list[str]:
        """The ids in a field, as far as they are written right; of many, the first ones."""
        found = (parse_record_id(value) for value in self.values.get(name.lower(), ())[:FOLLOWED])
        return [reference for reference in found if reference is not None]

    def reference(self, name: str) -> str | None:
        """The first id in a field."""
        return next(iter(self.references(name)), None)


@dataclass(frozen=True, slots=True)
class _Pending:
    """A response whose payload can be judged when the request's method is known."""

    seen: _Seen
    http: ResponsePayload


class FileCheck:
    """The check of one file, and what must be remembered from record to record."""

    def __init__(
        self,
        file: Seekable,
        name: str,
        end: int,
        *,
        path: Source | None = None,
        whole: bool = True,
        form: Form | None = None,
    ) -> None:
        """`name` is the file's in findings, `end` where it is held to end.

        With `path` it is a file of our own, for `members`; without, a file of anybody's, for `findings`. `form` is what
        the whole file is compressed with.
        """
        self.records = 0
        """Records found so far."""
        self.offset = 0
        """How far the file has been read."""
        self.unread: list[str] = []
        """Parts of the file that were not read at all."""
        self._file = file
        self._name = name
        self._path = path
        self._own = path is not None
        self._whole = whole
        self._end = end
        self.form = form
        """How records are compressed in the file; None before one was found."""
        self._mixed = False
        self._version: str | None = None
        self._dictionary: zstandard.ZstdCompressionDict | None = None
        self._patience = _PATIENCE + _PATIENCE_EACH * end
        self._findings: list[Finding] = []
        self._here = _Place(0)
        self._resume = 0
        self._known: dict[str, _Known] = {}
        self._by_name: dict[tuple[str, str], Declared | None] = {}
        self._unresolved: dict[str, _Dangling] = {}
        self._methods: dict[str, str] = {}
        self._group: dict[str, tuple[datetime | None, str]] = {}
        self._pending: _Pending | None = None
        self._segments: dict[str, _Segments] = {}
        self._begins_with_warcinfo = False
        self._skipped: dict[str, int] = {}

    # -- our own files

    def members(self, start: int) -> Iterator[CheckedMember]:
        """The members of a file of our own."""
        offset = start
        self._judge_size()
        while offset < self._end:
            records: list[CheckedRecord] = []
            *_, following = self._member(offset, self._gzip, records)
            yield CheckedMember(offset, following, tuple(records), self._taken())
            offset = following
        self._judge_end()
        yield CheckedMember(offset, offset, (), self._taken())

    # -- anybody's files

    def findings(self, advance: Callable[[], None] = lambda: None) -> Iterator[Finding]:
        """What is wrong with a file, in its order; `advance` is called now and then, as `offset` grows."""
        self._judge_size()
        while self.offset < self._end:
            for following in self._stretch(self.offset):
                yield from self._taken()
                self.offset = following
                if self._patience < 0:
                    break
            if self._patience < 0 and self.offset < self._end:
                self.offset = self._out_of_patience(self.offset)
            advance()
        self._judge_end()
        yield from self._taken()

    @property
    def not_checked(self) -> list[str]:
        """What this check does not show of what was read; `unread` is beside it."""
        told = {
            "undigested": "blocks that no digest covers, {}: an altered octet in them does not show",
            "algorithm": "digests by algorithms that are not known here, {}",
            "original": "revisits against their originals, {}: none lies before them in this file with such a digest",
            "segments": "payload digests of records in segments, {}",
            "many": f"references beyond the first {FOLLOWED} of a record, in records {{}}",
            "remembered": f"records beyond the first {REMEMBERED} against references and doubles, {{}}",
            "unresolved": f"references beyond the first {_UNRESOLVED} that nothing answers, {{}}",
        }
        return [told[name].format(number) for name, number in self._skipped.items()]

    def _skip(self, name: str) -> None:
        self._skipped[name] = self._skipped.get(name, 0) + 1

    def _stretch(self, offset: int) -> Iterator[int]:
        """Check what lies at an offset; the last number given is where the next record begins."""
        self._file.seek(offset)
        lead = self._file.read(min(8, self._end - offset))
        if lead.startswith(GZIP[: len(lead)]):
            self._compressed_with(offset, Form.GZIP)
            yield from self._member(offset, self._gzip, [])
        elif lead.startswith(ZSTD):
            self._compressed_with(offset, Form.ZSTD)
            yield from self._member(offset, self._frame, [])
        elif skippable_length(lead) is not None:
            yield self._skippable(offset, lead)
        elif lead[:5].upper() == b"WARC/":
            self._compressed_with(offset, Form.PLAIN)
            yield self._bare(offset)
        else:
            following = self._next(offset + 1)
            self._here = _Place(offset)
            kind = FindingKind.INSERTED if offset else FindingKind.MALFORMED
            found = f"{following - offset} other octets"
            self._say(kind, "foreign-octets", "a record or the end of the file", found, "4")
            yield following

    def _compressed_with(self, offset: int, form: Form) -> None:
        self.form = self.form or form
        if form is not self.form and not self._mixed:
            self._mixed = True
            self._here = _Place(offset)
            expected = f"records as at the file's beginning ({self.form})"
            self._say(FindingKind.MALFORMED, "mixed-compression", expected, str(form), "Annex D")

    def _gzip(self, offset: int) -> Pieces:
        return Member(cast(BinaryIO, self._file), offset, name=self._name, stop=self._end)

    def _frame(self, offset: int) -> Pieces:
        return Frame(self._file, offset, name=self._name, stop=self._end, dictionary=self._dictionary)

    def _skippable(self, offset: int, lead: bytes) -> int:
        """Pass over a skippable frame of a zstd file; the first may hold the dictionary."""
        self._here = _Place(offset)
        length = cast(int, skippable_length(lead))
        if offset + length > self._end:
            found = f"the end of the file after {self._end - offset} octets of it"
            self._say(FindingKind.TRUNCATED, "cut-off", "a whole skippable frame", found, ZSTD_CLAUSE)
            return self._end
        if offset == 0 and lead.startswith(DICTIONARY):
            self._file.seek(8)
            try:
                self._dictionary = dictionary_in(self._file.read(min(length - 8, (16 << 20) + 1)))
            except ValueError as error:
                found = f"none that can be used ({error})"
                self._say(FindingKind.MALFORMED, "dictionary", "a dictionary", found, ZSTD_CLAUSE)
        return offset + length

    # -- compressed records

    def _member(self, offset: int, make: Callable[[int], Pieces], records: list[CheckedRecord]) -> Iterator[int]:
        """Check the member at an offset; at last, where the next one begins."""
        self._here = _Place(offset)
        stream: Pieces | None = None
        try:
            stream = make(offset)
            for _ in self._records(stream, offset, records):
                yield offset
        except RecordError as error:
            self._spend(stream.taken if stream is not None else self._end - offset)
            following = self._next(offset + 1)
            self._damaged(offset, following, error)
            yield following
            return
        location = RecordLocation(self._name, offset, stream.length)
        records[:] = [_placed(checked, location) for checked in records]
        yield offset + stream.length

    def _records(self, stream: Pieces, offset: int, records: list[CheckedRecord]) -> Iterator[None]:
        what, clause = _compressed(b"" if isinstance(stream, Member) else ZSTD)
        if stream.at_end():
            self._say(FindingKind.MALFORMED, "empty-member", "a record", f"an empty {what}", clause)
        number = 0
        while not stream.at_end():
            if number == 1:
                self._say(FindingKind.MALFORMED, "members", f"one record in a {what}", "more octets", clause)
            number += 1
            if number > 1 and self._own and self._patience < 0:
                self._out_of_patience(offset)
                for _ in iter(stream.read, b""):
                    pass
                return
            if not self._record(stream, offset, records) and (self._own or not _to_next_head(stream)):
                for _ in iter(stream.read, b""):
                    pass
            yield

    def _damaged(self, offset: int, following: int, error: RecordError) -> None:
        """Say what is wrong with a member that cannot be read to its end."""
        if self._here.record_id is None:
            self._salvage(offset)
        self._file.seek(offset)
        start = self._file.read(min(5, self._end - offset))
        stretch = f"{following - offset} other octets"
        what, clause = _compressed(start)
        if self._own and start == b"WARC/":
            found = "a record without compression"
            self._say(FindingKind.MALFORMED, "mixed-compression", "a gzip member", found, "Annex D")
        elif self._own and start[:3] != GZIP[: len(start)]:
            kind = FindingKind.INSERTED if offset else FindingKind.MALFORMED
            self._say(kind, "foreign-octets", "a gzip member or the end of the file", stretch, "Annex D")
        elif isinstance(error, RecordTruncatedError) and following == self._end:
            found = f"the end of the file after {self._end - offset} octets of it"
            self._say(FindingKind.TRUNCATED, "cut-off", f"a whole {what}", found, clause)
        elif not any(finding.kind is FindingKind.ALTERED for finding in self._findings):
            # where the block's digest has told already that octets were altered, the CRC says it no better
            cause = error.__cause__ or "its end is not found"
            self._say(FindingKind.ALTERED, "damaged-member", f"a sound {what}", f"damage ({cause})", clause)

    def _salvage(self, offset: int) -> None:
        """Read the header of a damaged gzip member, as far as it comes out, to name its record."""
        octets = b""
        member = Member(cast(BinaryIO, self._file), offset, name=self._name, stop=self._end, step=16)
        with contextlib.suppress(RecordError):
            while CRLF_CRLF not in octets and len(octets) < _SALVAGED and not member.at_end():
                octets += member.read()
        if CRLF_CRLF in octets:
            header = parse_header(octets[: octets.index(CRLF_CRLF) + len(CRLF_CRLF)])
            self._take_names(header, offset)

    def _next(self, start: int) -> int:
        """Where the next record begins; the end when there is none, or no patience left to look for it."""

        def begins(at: int, octets: bytes) -> bool:
            self._spend(_PROBE)
            if self._patience < 0:
                return True
            if octets.startswith(GZIP):
                return self._begins_record(self._probe, at)
            if octets.startswith(ZSTD):
                return self._begins_record(self._frame, at)
            return RECORD_HEAD.match(octets) is not None

        found = next_beginning(self._file, start, self._end, begins, only=GZIP if self._own else None)
        return self._out_of_patience(found) if self._patience < 0 and found < self._end else found

    def _probe(self, offset: int) -> Pieces:
        # the head of a gzip member may hold a name without an end: it is not looked for in the whole file
        stop = min(self._end, offset + _GZIP_HEAD)
        return Member(cast(BinaryIO, self._file), offset, name=self._name, stop=stop, step=64)

    def _begins_record(self, make: Callable[[int], Pieces], offset: int) -> bool:
        stream: Pieces | None = None
        try:
            stream = make(offset)
            return stream.read(5).upper() == b"WARC/"
        except RecordError:
            return False
        finally:
            self._spend(stream.length if stream is not None else 0)

    def _spend(self, octets: int) -> None:
        """Count what was read in vain: a file may be made of nothing but false beginnings."""
        self._patience -= octets

    def _out_of_patience(self, offset: int) -> int:
        self._here = _Place(offset)
        found = "damage upon damage: the rest of the file was not read"
        self._say(FindingKind.ALTERED, "too-damaged", "records", found, "4")
        self.unread.append(f"what follows the record with the number {self.records}, at offset {offset}")
        return self._end

    # -- bare records

    def _bare(self, offset: int) -> int:
        """Check the record that begins at an offset; where the next one does."""
        stream = Plain(self._file, offset, stop=self._end)
        self._here = _Place(offset)
        if self._record(stream, offset, []):
            return offset + stream.taken
        self._spend(min(stream.taken, HEADER_LIMIT))
        # Where a header has no end, the next record may begin within what was read for it.
        following = next_head(self._file, self._resume, self._end)
        return self._out_of_patience(following) if self._patience < 0 and following < self._end else following

    def _misfit(self, stream: Plain, length: int) -> bool:
        """Say whether a Content-Length does not lead to a record's end, looking at that place alone."""
        after = stream.beyond(length, HEAD_LENGTH)
        if length <= stream.left and (after.startswith(CRLF_CRLF) or _ends_record(after)):
            return False
        following = next_head(self._file, self._resume, self._end)
        block = following - self._resume
        if length > stream.left and following == self._end:
            found = f"the end of the file after {block} octets of it"
            self._say(FindingKind.TRUNCATED, "cut-off", f"a block of {length} octets", found, "5.3")
        elif length > stream.left or block < length:
            found = f"another record after {block} octets"
            self._say(FindingKind.MALFORMED, "block-length", f"a block of {length} octets", found, "5.3")
        else:
            expected = f"two line ends after the block of {length} octets"
            self._say(FindingKind.MALFORMED, "block-length", expected, repr(after[:4]), "5.3")
        return True

    # -- records

    def _record(self, stream: Pieces, offset: int, records: list[CheckedRecord]) -> bool:
        """Check the next record of a stream; whether the one after it begins where the stream stands now."""
        self._resume = offset + 5
        if not self._own and stream.peek(5).upper() != b"WARC/":
            found = repr(stream.peek(40))
            self._say(FindingKind.INSERTED, "foreign-octets", "a record or the end of the file", found, "4")
            return False
        octets = stream.header()
        if octets is None:
            cut = isinstance(stream, Plain) and stream.left == 0
            kind, rule = (FindingKind.TRUNCATED, "cut-off") if cut else (FindingKind.MALFORMED, "no-header")
            self._say(kind, rule, "a record's header", "no empty line that would end it", "4")
            return False
        self._resume = offset + stream.taken
        self.records += 1
        header = parse_header(octets)
        seen = self._see(header, offset)
        length = header.content_length
        if not self._own and (length is None or (isinstance(stream, Plain) and self._misfit(stream, length))):
            self._judge_header(seen)
            self._judge(seen, whole_block=False)
            return False
        whole = Hashes(_OWN_ALGORITHMS if self._own else ())
        whole.update(octets)
        self._read_block(stream, seen, length, whole)
        ending = stream.peek(len(CRLF_CRLF))
        ended = ending == CRLF_CRLF
        if ended:
            stream.read(len(CRLF_CRLF))
        whole.update(ending)
        self._judge_header(seen)
        if length is not None and seen.block.length < length:
            expected = f"a block of {length} octets"
            self._say(FindingKind.MALFORMED, "block-length", expected, f"{seen.block.length}", "5.3")
        elif length is not None and not (ended and self._own):
            ended = self._judge_ending(stream, length, ended=ended)
        complete = length is not None and seen.block.length == length and ended
        record = self._record_of(seen, offset, stream, whole) if self._own else None
        if self._own:
            record_digest = Digest(format_declared(SHA256, whole.digest(SHA256)))
            records.append(CheckedRecord(offset, seen.record_id, record_digest, record))
        self._judge(seen, whole_block=complete)
        return complete

    def _read_block(self, stream: Pieces, seen: _Seen, length: int | None, whole: Hashes) -> None:
        kept: list[bytes] = []
        keeps = length is not None and length <= HEADER_LIMIT and seen.type in _KEPT
        for piece in stream.pieces(length) if length is not None else iter(stream.read, b""):
            whole.update(piece)
            seen.block.update(piece)
            if keeps:
                kept.append(piece)
            if seen.message is not None:
                seen.message.feed(piece)
        if seen.message is not None:
            seen.message.end()
        seen.kept = b"".join(kept) if keeps else None

    def _judge_ending(self, stream: Pieces, length: int, *, ended: bool) -> bool:
        """Judge what follows a block; whether the next record begins there all the same."""
        found = stream.peek(HEAD_LENGTH)
        if ended and not found.startswith((b"\r", b"\n")):
            return True
        expected = f"two line ends after the block of {length} octets"
        if self._own or not (ended or _ends_record(found)):
            rule, clause = ("record-end", "4") if self._own else ("block-length", "5.3")
            self._say(FindingKind.MALFORMED, rule, expected, repr(found[:4]), clause)
            return False
        lines = b""
        while stream.peek(1) in (b"\r", b"\n"):
            octets = stream.peek(HEAD_LENGTH)
            run = octets[: len(octets) - len(octets.lstrip(b"\r\n"))]
            lines = (lines + stream.read(len(run)))[:8]
        severity = Severity.DEVIATION if ended else Severity.DEFECT
        said = f"more, {lines!r}" if ended else repr(lines)
        self._say(FindingKind.MALFORMED, "record-end", expected, said, "4", severity)
        return True

    def _see(self, header: Header, offset: int) -> _Seen:
        values = header.values
        record_id = self._take_names(header, offset)
        kind = header.value("WARC-Type") or ""
        segmented = "warc-segment-number" in values
        http = _is_http(header) and not segmented
        if self._own:
            of_payload = of_block = _OWN_ALGORITHMS
        else:
            of_payload, of_block = _algorithm(values, "warc-payload-digest"), _algorithm(values, "warc-block-digest")
        message: ResponsePayload | RequestPayload | None = None
        if kind == "response" and http:
            message = ResponsePayload(Hashes(of_payload), strict=self._own)
        elif kind == "request" and not segmented:
            message = RequestPayload(Hashes(of_payload))
        # without a readable HTTP head the payload is the block
        algorithms = of_block | of_payload if kind not in {"revisit", "request"} else of_block
        return _Seen(
            place=self._here,
            header=header,
            values=values,
            type=kind,
            record_id=record_id,
            date=parse_date(header.value("WARC-Date") or ""),
            target=header.value("WARC-Target-URI"),
            block=Hashes(algorithms),
            message=message,
        )

    def _take_names(self, header: Header, offset: int) -> str | None:
        """How the record that is being read is called: its id, and its capture's name."""
        values = header.values
        record_id = parse_record_id(values.get("warc-record-id", [""])[0])
        date, url = parse_date(values.get("warc-date", [""])[0]), values.get("warc-target-uri", [""])[0]
        capture = capture_name(date, url[:_NAME_LIMIT]) if date is not None and url else None
        self._here = _Place(offset, record_id[:_NAME_LIMIT] if record_id else None, capture)
        if record_id is not None:
            self._judge_id(record_id, values)
        return record_id

    def _record_of(self, seen: _Seen, offset: int, stream: Pieces, whole: Hashes) -> Record | None:
        if any(problem.clause.startswith("5.") for problem in seen.header.problems):
            return None
        digest = Digest(format_declared(SHA256, seen.block.digest(SHA256)))
        return Record(
            location=RecordLocation(self._name, offset, stream.length),
            n=None,
            fields=seen.header.fields,
            type=seen.type,
            record_id=cast(str, seen.record_id),
            date=cast(datetime, seen.date),
            target_uri=seen.target,
            block=Block(cast(Source, self._path), offset, seen.block.length, digest, seen.kept),
            record_digest=Digest(format_declared(SHA256, whole.digest(SHA256))),
            length=whole.length,
        )

    # -- what a record says by itself

    def _judge_header(self, seen: _Seen) -> None:
        if self._version is None:
            self._version = seen.header.version
            self._begins_with_warcinfo = seen.type == "warcinfo"
            if self.records == 1 and not self._begins_with_warcinfo:
                expected = "a warcinfo record at the file's beginning"
                found = f"a record of the type {seen.type[:40]}" if seen.type else "a record of no type"
                self._say(FindingKind.MALFORMED, "warcinfo-first", expected, found, "6.2", Severity.NOTE)
        for problem in seen.header.problems:
            if problem.rule == "version" and not self._own:
                self._judge_version(seen.header.version)
            elif problem.rule == "repeated-field" and not self._own and not _is_standard(problem):
                self._problem(replace(problem, severity=Severity.NOTE))
            else:
                self._problem(problem)
        version = WARC_1_1 if self._own else seen.header.version
        for problem in field_problems(seen.type, version, seen.values):
            self._problem(problem)

    def _judge_version(self, version: str) -> None:
        if version == "WARC/1.0" or (is_known(version) and not is_draft(version)):
            return
        if is_draft(version):
            known = "tools of before 2009, among them Heritrix 1 and the crawler of ClueWeb09"
            first = is_draft(self._version or "")
            severity, practice = (Severity.DEVIATION, known) if first else (Severity.DEFECT, None)
            found = f"{version}, a draft" + ("" if first else f" in a file that begins with {self._version}")
        else:
            severity, practice, found = Severity.DEFECT, None, repr(version[:40])
        expected = "the version line WARC/1.1 or WARC/1.0"
        self._say(FindingKind.MALFORMED, "version", expected, found, "4", severity, practice)

    def _judge(self, seen: _Seen, *, whole_block: bool) -> None:
        """All that one record, and the ones before it, say about it."""
        self._here = seen.place
        self._judge_references(seen)
        self._judge_segment(seen, whole_block=whole_block)
        sound = self._judge_block(seen) if whole_block else False
        if whole_block and not self._own:
            self._judge_content(seen)
        if seen.type == "revisit":
            self._judge_revisit(seen)
        elif isinstance(seen.message, RequestPayload):
            self._judge_request(seen, seen.message, sound=sound)
        elif isinstance(seen.message, ResponsePayload):
            if sound and whole_block:
                self._await_request(seen, seen.message)
        elif sound and seen.value("WARC-Payload-Digest") is not None:
            self._judge_payload(seen)

    def _judge_content(self, seen: _Seen) -> None:
        kind = seen.value("Content-Type")
        if kind is None and seen.block.length and seen.type != "continuation":
            expected = "a Content-Type where the block is not empty"
            self._say(FindingKind.MALFORMED, "content-type", expected, "none", "5.6", Severity.NOTE)
        named = (kind or "").partition(";")[0].strip().lower()
        if seen.kept is not None and named == "application/warc-fields" and seen.type != "request":
            problem = _warc_fields_problem(seen.kept)
            if problem:
                expected = "lines of a name, a colon and a value, each ended by CRLF"
                self._say(FindingKind.MALFORMED, "warc-fields", expected, problem, "6.2", Severity.NOTE)

    def _judge_block(self, seen: _Seen) -> bool:
        """Whether the block is what its digest says; true also where nobody says."""
        if seen.value("WARC-Block-Digest") is None and not self._own and seen.block.length:
            self._skip("undigested")
            self._say(FindingKind.UNDIGESTED, "undigested", "WARC-Block-Digest", "none", "5.8", Severity.NOTE)
        if not self._own and seen.type == "revisit" and seen.block.length and self._is_of_nothing(seen):
            self._skip("undigested")
            expected = f"a WARC-Block-Digest of the {seen.block.length} octets of the block"
            found, severity = "that of no octets at all", Severity.DEVIATION
            self._say(FindingKind.UNDIGESTED, "revisit-digest", expected, found, "5.8", severity, "GNU Wget")
            return True
        return self._hold(seen, "WARC-Block-Digest", seen.block, "5.8", "block-digest")

    def _is_of_nothing(self, seen: _Seen) -> bool:
        declared = self._declared(seen, "WARC-Block-Digest")
        return declared is not None and declared.octets == hashlib.new(cast(str, declared.algorithm)).digest()

    def _judge_payload(self, seen: _Seen) -> None:
        """Of all that is no HTTP message, the payload is the block."""
        if self._own and seen.type not in {"resource", "conversion"}:
            return
        if "warc-segment-number" in seen.values:
            self._skip("segments")
        elif self._hold(seen, "WARC-Payload-Digest", seen.block, "5.9", "payload-digest"):
            self._remember(seen, self._declared(seen, "WARC-Payload-Digest"))

    # -- digests

    def _declared(self, seen: _Seen, name: str) -> Declared | None:
        """The digest in a field; None when there is none, or none that can be used."""
        text = seen.value(name) or ""
        if self._own:
            try:
                return Declared(SHA256, digest_octets(parse_digest(text)), None)
            except DigestError:
                return None
        declared = parse_declared(text)
        return declared if declared is not None and declared.octets is not None else None

    def _hold(self, seen: _Seen, name: str, actual: Hashes, clause: str, rule: str) -> bool:
        """Hold octets against a digest field; true where there is none."""
        declared = self._declared(seen, name)
        self._judge_form(seen, name, clause)
        if declared is None:
            return seen.value(name) is None
        found = actual.digest(cast(str, declared.algorithm))
        if found == declared.octets:
            return True
        self._mismatch(seen, name, format_declared(cast(str, declared.algorithm), found), clause, rule)
        return False

    def _mismatch(self, seen: _Seen, name: str, found: str, clause: str, rule: str) -> None:
        self._say(FindingKind.ALTERED, rule, f"{name} {cast(str, seen.value(name))[:200]}", found, clause)

    def _judge_form(self, seen: _Seen, name: str, clause: str) -> None:
        """Judge how a digest is written."""
        text = seen.value(name)
        if self._own:
            if self._declared(seen, name) is None:
                expected = f"{name}: sha256: and 64 lowercase hexadecimal digits"
                said = "none" if text is None else repr(text[:100])
                self._say(FindingKind.UNDIGESTED, "digest-form", expected, said, clause)
            return
        if text is None:
            return
        declared = parse_declared(text)
        if declared is None or (declared.algorithm and declared.octets is None):
            expected = f"{name}: an algorithm, a colon and a digest of that algorithm"
            self._say(FindingKind.MALFORMED, "digest-value", expected, repr(text[:150]), clause)
        elif declared.algorithm is None:
            self._skip("algorithm")
            expected = f"{name} by an algorithm that is known here"
            self._say(FindingKind.UNDIGESTED, "digest-algorithm", expected, repr(text[:100]), clause, Severity.NOTE)
        elif declared.form is not None:
            expected = f"{name} in the usual form, {declared.form}"
            practice = _who_writes(text)
            self._say(FindingKind.MALFORMED, "digest-form", expected, text[:150], "#48", Severity.DEVIATION, practice)

    # -- HTTP

    def _await_request(self, seen: _Seen, http: ResponsePayload) -> None:
        self._judge_pending()
        self._pending = _Pending(seen, http)
        for name in (seen.record_id, *seen.references("WARC-Concurrent-To")[:_METHODS]):
            if name is not None and name in self._methods:
                self._judge_pending(self._methods[name])
                return

    def _judge_request(self, seen: _Seen, request: RequestPayload, *, sound: bool) -> None:
        references = seen.references("WARC-Concurrent-To")[:_METHODS]
        for name in (seen.record_id, *references):
            if name is not None:
                self._methods[name] = request.method
        while len(self._methods) > 2 * _METHODS:
            del self._methods[next(iter(self._methods))]
        if self._pending is not None and self._pending.seen.record_id in references:
            self._judge_pending(request.method)
            self._here = seen.place
        if sound and seen.value("WARC-Payload-Digest") is not None:
            self._hold(seen, "WARC-Payload-Digest", request.payload, "5.9", "payload-digest")

    def _judge_pending(self, method: str | None = None) -> None:
        """Judge the payload of the last response: what it is depends on the request's method."""
        if self._pending is None:
            return
        seen, http = self._pending.seen, self._pending.http
        self._pending = None
        self._here = seen.place
        if http.framing is None:
            expected = "an HTTP head in the block"
            self._say(FindingKind.MALFORMED, "http-head", expected, "none", "6.3.2", Severity.NOTE, own=True)
            if self._own:
                return
        if self._judge_response_payload(seen, http, method):
            self._remember(seen, self._declared(seen, "WARC-Payload-Digest"))
        if http.framing is not None:
            self._judge_framing(seen, http, http.framing, method)

    def _judge_response_payload(self, seen: _Seen, http: ResponsePayload, method: str | None) -> bool:
        """Whether the payload digest fits; where it fits other octets than it should, that is told."""
        name = "WARC-Payload-Digest"
        self._judge_form(seen, name, "5.9")
        declared = self._declared(seen, name)
        if declared is None:
            return False
        algorithm = cast(str, declared.algorithm)
        payload = Hashes((algorithm,)) if method == "HEAD" else http.payload
        if http.framing is None:
            payload = seen.block
        if payload.digest(algorithm) == declared.octets:
            return True
        if http.unframed and http.sent is not None and http.sent.digest(algorithm) == declared.octets:
            # the chunks that the head speaks of are not there: what is there is the payload
            return True
        for octets, rule, expected, practice in () if self._own else self._others(seen, http):
            if octets is not None and octets.digest(algorithm) == declared.octets:
                found = "the digest of other octets"
                self._say(FindingKind.MALFORMED, rule, expected, found, "5.9", Severity.DEVIATION, practice)
                return True
        self._mismatch(seen, name, format_declared(algorithm, payload.digest(algorithm)), "5.9", "payload-digest")
        return False

    def _others(self, seen: _Seen, http: ResponsePayload) -> Iterable[tuple[Hashes | None, str, str, str]]:
        """What else is digested as a payload: the octets, the rule, what should have been, and who does so."""
        framed = http.framing is not None and not http.framing.surplus
        whole = "a payload digest over the body"
        yield (
            http.sent,
            "payload-digest-framing" if framed else "payload-digest-range",
            "a payload digest over the body without its chunk framing"
            if framed
            else f"{whole} that the head announces",
            "GNU Wget, warcio, warcprox, wpull and Heritrix before 2026, which digest all that follows the head",
        )
        yield (
            http.after_first_head,
            "payload-digest-range",
            "a payload digest over the body of the final response",
            "warcio and GNU Wget, which take what follows a 1xx head for the body",
        )
        yield (
            seen.block,
            "payload-digest-range",
            f"{whole}, not over the whole block",
            "writers that digest the block a second time",
        )

    def _judge_framing(self, seen: _Seen, http: ResponsePayload, framing: Framing, method: str | None) -> None:
        """Hold the body against what the HTTP head says of it."""
        truncated = seen.value("WARC-Truncated") is not None
        empty = method in {None, "HEAD"} and http.payload.length == 0
        lacks = not framing.complete and not framing.damaged
        if lacks and not empty and not truncated and (self._own or not http.unframed):
            found = f"{http.payload.length} octets of it, and no WARC-Truncated ({framing.problem})"
            expected = "the whole body that the HTTP head announces"
            severity, practice = Severity.DEFECT, None
            if http.payload.length == 0 and http.head is not None and 300 <= http.head.status < 400:
                severity = Severity.DEVIATION
                practice = "crawlers that drive a browser, which is given no body of a redirect"
            self._say(FindingKind.TRUNCATED, "http-length", expected, found, "6.3.2", severity, practice)
        if self._own:
            return
        if framing.damaged or http.unframed:
            expected = "a body in chunks, as the HTTP head says"
            severity, practice = Severity.NOTE, None
            if http.unframed:
                severity, practice = (
                    Severity.DEVIATION,
                    "tools that remove the chunk framing and leave the head as it was",
                )
            found = f"other octets ({framing.problem}): the writer or the server made it so"
            self._say(FindingKind.MALFORMED, "http-chunks", expected, found, "6.3.2", severity, practice)
        elif framing.surplus:
            expected = "a body as long as the HTTP head says"
            practice = "tools that store the body decoded under the head of the coded one; or the server sent more"
            found = f"{framing.surplus} octets more"
            self._say(FindingKind.MALFORMED, "http-surplus", expected, found, "6.3.2", Severity.DEVIATION, practice)
        if _coded_in_name_only(http):
            expected = "a body in gzip, as the HTTP head says"
            found = f"{http.begins!r}; the writer decoded it, or the server sent it so"
            self._say(FindingKind.MALFORMED, "http-coding", expected, found, "6.3.2", Severity.NOTE)

    # -- records together

    def _judge_id(self, record_id: str, values: Values) -> None:
        """What the others refer to: known even when the rest of the record is damaged."""
        self._unresolved.pop(record_id, None)
        first = self._known.get(record_id)
        target = values.get("warc-target-uri", [""])[0]
        if first is not None:
            found = f"that of the record at offset {first.offset}"
            severity, practice = Severity.DEFECT, None
            if target.startswith(_OF_WGET) and first.target.startswith(_OF_WGET):
                severity, practice = Severity.DEVIATION, "GNU Wget, whose arguments have the id of its manifest"
            self._say(FindingKind.INSERTED, "duplicate-id", "a record id of its own", found, "5.2", severity, practice)
        elif len(self._known) >= REMEMBERED or len(record_id) > _NAME_LIMIT:
            self._skip("remembered")
        else:
            date = values.get("warc-date", [""])[0]
            # of our own files the audit compares these
            told = not self._own and len(date) <= 40 and len(target) <= _NAME_LIMIT
            self._known[record_id] = _Known(self._here.offset, date if told else "", target if told else "", None)

    def _remember(self, seen: _Seen, payload: Declared | None) -> None:
        """Keep a payload's digest for the revisits of it."""
        known = self._known.get(seen.record_id or "")
        if known is not None and payload is not None:
            self._known[cast(str, seen.record_id)] = known._replace(payload=payload)
            if known.date and known.target:
                self._by_name[known.target, known.date] = payload

    def _judge_references(self, seen: _Seen) -> None:
        together = seen.references("WARC-Concurrent-To")
        if len(seen.values.get("warc-concurrent-to", ())) > FOLLOWED:
            self._skip("many")
            found = f"{len(seen.values['warc-concurrent-to'])}, of which {FOLLOWED} were followed"
            expected = "a few records of the same event"
            self._say(FindingKind.MALFORMED, "concurrent-to-many", expected, found, "5.7", Severity.NOTE)
        if not self._group.keys() & set(together) or len(self._group) > _GROUP:
            self._judge_pending()
            self._here = seen.place
            self._group.clear()
        warcinfo = seen.reference("WARC-Warcinfo-ID")
        for name, clause, references in (
            ("WARC-Concurrent-To", "5.7", together),
            ("WARC-Warcinfo-ID", "5.16", [warcinfo] if warcinfo is not None else []),
        ):
            for reference in references:
                self._await_record(reference, _Dangling(name, clause, seen.place, warcinfo))
                self._judge_event(seen, reference)
        if seen.record_id is not None:
            self._group[seen.record_id] = (seen.date, seen.value("WARC-Date") or "")

    def _await_record(self, reference: str, dangling: _Dangling) -> None:
        if reference in self._known or reference in self._unresolved:
            return
        if len(self._unresolved) >= _UNRESOLVED or len(reference) > _NAME_LIMIT:
            self._skip("unresolved")
        else:
            self._unresolved[reference] = dangling

    def _judge_event(self, seen: _Seen, reference: str) -> None:
        date, text = self._group.get(reference, (None, ""))
        if date is None or seen.date is None or date == seen.date:
            return
        expected = f"the WARC-Date of <{reference}>, of the same event: {text}"
        severity, practice = Severity.DEFECT, None
        if abs(date - seen.date) < _ONE_EVENT:
            severity, practice = Severity.DEVIATION, "tools that date each message by itself, such as wpull"
        found = str(seen.value("WARC-Date"))
        self._say(FindingKind.MALFORMED, "event-date", expected, found, "5.4", severity, practice)

    def _judge_revisit(self, seen: _Seen) -> None:
        profile = seen.value("WARC-Profile")
        if profile is None:
            return
        identical = IDENTICAL_PAYLOAD.match(profile) is not None
        self._judge_profile(seen, profile, known=identical or NOT_MODIFIED.match(profile) is not None)
        if identical and seen.value("WARC-Payload-Digest") is None:
            expected = "WARC-Payload-Digest in a revisit of an identical payload"
            self._say(FindingKind.UNDIGESTED, "required-field", expected, "none", "6.7.2")
        elif not self._own:
            self._judge_form(seen, "WARC-Payload-Digest", "5.9")
        if identical and seen.block.length and seen.value("WARC-Truncated") is None:
            expected = "WARC-Truncated: length where the body is left off"
            practice = "warcio and what is built on it"
            self._say(
                FindingKind.MALFORMED, "revisit-truncated", expected, "none", "6.7.2", Severity.DEVIATION, practice
            )
        self._judge_original(seen)

    def _judge_profile(self, seen: _Seen, profile: str, *, known: bool) -> None:
        version = seen.header.version
        if not known or "uri-agnostic" in profile:
            expected = "a profile that the standard names"
            self._say(FindingKind.MALFORMED, "profile", expected, repr(profile[:100]), "6.7", Severity.NOTE)
        elif version == WARC_1_1 and "/warc/1.1/" not in profile:
            expected = "the profile's name as WARC 1.1 has it"
            practice = "warcio and what is built on it"
            found = repr(profile[:100])
            self._say(FindingKind.MALFORMED, "profile", expected, found, "6.7", Severity.DEVIATION, practice)

    def _judge_original(self, seen: _Seen) -> None:
        """Hold a revisit against the record that it refers to, where that lies before it in this file."""
        name = seen.reference("WARC-Refers-To")
        target, date = seen.value("WARC-Refers-To-Target-URI"), seen.value("WARC-Refers-To-Date")
        original = self._known.get(name or "")
        payload = original.payload if original is not None else self._by_name.get((target or "", date or ""))
        if name is None and (target is None or date is None) and not self._own:
            expected = "WARC-Refers-To, or WARC-Refers-To-Target-URI and -Date: what it is a revisit of"
            self._say(FindingKind.MISSING, "revisit-unnamed", expected, "neither", "6.7.2", Severity.NOTE)
        declared = self._declared(seen, "WARC-Payload-Digest")
        which = f"<{name}>" if name is not None else f"{(target or '')[:200]} at {(date or '')[:40]}"
        if payload is None or declared is None or payload.algorithm != declared.algorithm:
            self._skip("original")
        elif payload.octets != declared.octets:
            right = format_declared(cast(str, payload.algorithm), cast(bytes, payload.octets))
            expected = f"the payload digest of {which}, which it refers to: {right}"
            said = str(seen.value("WARC-Payload-Digest"))[:150]
            self._say(FindingKind.ALTERED, "revisit-original", expected, said, "6.7.2")
        if original is None or self._own:
            return
        for field_name, clause, said_here, said_there in (
            ("WARC-Refers-To-Date", "5.13", date, original.date),
            ("WARC-Refers-To-Target-URI", "5.12", target, original.target),
        ):
            if said_here is not None and said_there and said_here != said_there:
                expected = f"{field_name} as in <{name}>: {said_there[:200]}"
                self._say(FindingKind.MALFORMED, "revisit-original", expected, repr(said_here[:200]), clause)

    def _judge_segment(self, seen: _Seen, *, whole_block: bool) -> None:
        """Clause 7: segments are numbered from 1, the first keeps its type, the last tells the whole length."""
        text = seen.value("WARC-Segment-Number")
        if text is None:
            return
        number = int(text) if re.fullmatch(r"[0-9]{1,9}", text) else None
        continues = seen.type == "continuation"

        def wrong(expected: str, found: str) -> None:
            self._say(FindingKind.MALFORMED, "segment", expected, found, "7")

        if number is None or (number < 2 if continues else number != 1):
            wrong(f"WARC-Segment-Number: {'a number from 2 on' if continues else '1'}", repr(text[:40]))
            return
        if not continues:
            if seen.record_id is not None and len(self._segments) < _SEGMENTED:
                self._segments[seen.record_id] = _Segments(1, seen.block.length, (seen.target or "")[:_NAME_LIMIT])
            return
        origin = seen.reference("WARC-Segment-Origin-ID")
        before = self._segments.get(origin or "")
        if before is None:
            # the others lie in other files: that is what segments are for
            return
        if number != before.number + 1:
            wrong(f"segment {before.number + 1} of <{origin}>", str(number))
        if (seen.target or "")[:_NAME_LIMIT] != before.target:
            wrong(f"the target of <{origin}>: {(before.target or '')[:200]}", repr((seen.target or "")[:200]))
        length = before.length + seen.block.length
        self._segments[cast(str, origin)] = _Segments(number, length, before.target)
        total = seen.value("WARC-Segment-Total-Length")
        if total is not None and whole_block and number == before.number + 1 and total != str(length):
            wrong(f"WARC-Segment-Total-Length: {length}, the length of all segments", repr(total[:40]))

    # -- the file

    def _judge_size(self) -> None:
        if self._end == 0:
            self._say(FindingKind.TRUNCATED, "empty-file", "records", "an empty file", "4")

    def _judge_end(self) -> None:
        self._judge_pending()
        for reference, dangling in self._unresolved.items() if self._whole else ():
            expected = f"the record <{reference}> in this file"
            found = f"only its {dangling.name}"
            self._here = dangling.place
            if dangling.name == "WARC-Warcinfo-ID":
                # the field is there for records that were taken out of their file
                kind, rule, severity = FindingKind.MISSING, "warcinfo-id", Severity.NOTE
                self._say(kind, rule, expected, found, dangling.clause, severity, own=True)
                continue
            home = dangling.warcinfo in self._known if dangling.warcinfo else self._begins_with_warcinfo
            severity, practice = Severity.DEFECT, None
            if not home:
                severity, practice = Severity.DEVIATION, "records that were taken out of a larger WARC"
            self._say(FindingKind.MISSING, "concurrent-to", expected, found, dangling.clause, severity, practice)

    # -- findings

    def _taken(self) -> tuple[Finding, ...]:
        found, self._findings = tuple(self._findings), []
        return found

    def _problem(self, problem: Problem) -> None:
        self._say(
            FindingKind.MALFORMED,
            problem.rule,
            problem.expected,
            problem.found,
            problem.clause,
            problem.severity,
            problem.practice,
        )

    def _say(
        self,
        kind: FindingKind,
        rule: str,
        expected: str,
        found: str,
        clause: str | None = None,
        severity: Severity = Severity.DEFECT,
        practice: str | None = None,
        *,
        own: bool = False,
    ) -> None:
        """Find something wrong with the record that is being judged; `own`: it is a defect in a file of our own."""
        if self._own:
            if rule in _OWN_TOLERATED or (severity is Severity.NOTE and not own and rule not in _OWN_NOTES):
                return
            severity, practice = Severity.DEFECT, None
        if severity is Severity.DEFECT:
            self._spend(_DEFECT)
        self._findings.append(Finding(kind, self._name, *self._here, expected, found, clause, rule, severity, practice))


# what a block is kept in memory of, while it is small
_KEPT = frozenset({"warcinfo", "metadata", "request"})
_OF_WGET = "metadata://gnu.org/software/wget/warc/"
_SALVAGED = 16 << 10


def _algorithm(values: Values, name: str) -> frozenset[str]:
    """The algorithm of a digest field, when it is one that can be computed."""
    declared = parse_declared(values.get(name, ("",))[0])
    return frozenset() if declared is None or declared.algorithm is None else frozenset({declared.algorithm})


def _compressed(start: bytes) -> tuple[str, str]:
    """What the records of a file that begin so lie in, and where that is laid down."""
    return ("Zstandard frame", ZSTD_CLAUSE) if start.startswith(ZSTD) else ("gzip member", "Annex D")


def _who_writes(text: str) -> str | None:
    """Who is known to write a digest in this form."""
    label, _, value = text.partition(":")
    if "-" in label:
        return "warcio.js and what is built on it"
    return "warcprox" if label.lower() == "sha1" and len(value) == 40 else None


def _placed(checked: CheckedRecord, location: RecordLocation) -> CheckedRecord:
    """A record with the length of its member, which is known at the member's end."""
    record = checked.record
    return checked if record is None else replace(checked, record=replace(record, location=location))


def _to_next_head(stream: Pieces) -> bool:
    """Pass over octets up to the beginning of a record; whether there is one."""
    while not stream.at_end():
        octets = stream.peek(HEAD_LENGTH)
        if len(octets) >= HEAD_LENGTH:
            octets = stream.held()
        found = RECORD_HEAD.search(octets)
        stream.read(found.start() if found else max(1, len(octets) - HEAD_LENGTH + 1))
        if found:
            return True
    return False


def _ends_record(octets: bytes) -> bool:
    """Whether octets after a block are line ends, however many, and then a record or the end."""
    rest = octets.lstrip(b"\r\n")
    return (len(octets) < HEAD_LENGTH and not rest) or rest[:5].upper() == b"WARC/"


def _is_standard(problem: Problem) -> bool:
    """Whether a repeated field is one of the standard's own: an extension may have its field repeat."""
    return problem.expected.removeprefix("one ").lower() in FIELDS


def _is_http(header: Header) -> bool:
    return (header.value("Content-Type") or "").partition(";")[0].strip().lower() == "application/http"


def _coded_in_name_only(http: ResponsePayload) -> bool:
    codings = http.head.members("content-encoding") if http.head is not None else []
    return (
        codings[-1:] in (["gzip"], ["x-gzip"])
        and bool(http.begins)
        and http.begins[:2] != b"\x1f\x8b"[: len(http.begins)]
    )


def _warc_fields_problem(octets: bytes) -> str | None:
    lines = octets.split(b"\r\n")
    for line in lines:
        if b"\n" in line:
            return "a bare LF"
        if line and b":" not in line and not line.startswith((b" ", b"\t")):
            return repr(line[:60])
    return None if not octets or octets.endswith(b"\r\n") else "a last line without an end"
