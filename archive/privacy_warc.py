"""Disclosures in a WARC, of this program or any other: every octet of it is searched, whatever its form.

Compressed with gzip, one record a member or not, or not compressed. Where it is damaged, or is no WARC, that is said,
and the octets behind the damage are searched as far as they can be had.
"""

from __future__ import annotations

import ipaddress
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import BinaryIO

from archive.disclosure import Disclosure, DisclosureKind, Feed, Judge, Judged, Span, Zone
from archive.errors import RecordError, RecordTruncatedError
from archive.exchange import MADE
from archive.facts import Fact, FactKind
from archive.header import Header, parse_header, parse_record_id, parse_warc_fields, value_of, values_of
from archive.http import Framing, Head, MalformedHeadError, decode_content, parse_head
from archive.traces import Trace, is_distinctive

PIECE = 1 << 18
HEADER_LIMIT = 1 << 20
WHOLE = 4 << 20
"""Octets of a block up to which it is taken apart line by line; of a longer one all lines are the crawler's."""
CODED_LIMIT = 64 << 20
"""Octets of a coded body that are held to decode it."""
DECODED_LIMIT = 256 << 20

_LEAST_WINDOW = 1 << 12
_EXTRAS_LIMIT = 1 << 18
_EMPTY_LINE = re.compile(rb"\r?\n\r?\n")
_LINE = re.IGNORECASE | re.MULTILINE
_HEADER_SPANS = (
    (
        re.compile(rb"^(?:WARC-Target-URI|WARC-Refers-To-Target-URI|WARC-Source-URI)[ \t]*:([^\r\n]*)", _LINE),
        Zone.ADDRESS,
    ),
    (re.compile(rb"^WARC-IP-Address[ \t]*:([^\r\n]*)", _LINE), Zone.PEER),
)
_REQUEST_SPANS = (
    (re.compile(rb"\A[!#-~]+ ([^\r\n]*) HTTP/"), Zone.ADDRESS),
    (re.compile(rb"^(?:Host|Referer|Origin)[ \t]*:([^\r\n]*)", _LINE), Zone.ADDRESS),
    (re.compile(rb"^Cookie[ \t]*:([^\r\n]*)", _LINE), Zone.SENT),
)
_METADATA_SPANS = (
    (re.compile(rb"^(?:via|site)[ \t]*:([^\r\n]*)", _LINE), Zone.ADDRESS),
    (re.compile(rb"^(?:outlink|refused|failed|cached)[ \t]*:([^\r\n]*)", _LINE), Zone.SENT),
    (re.compile(rb"^(?:error|media-type|challenge[a-z-]*|tls-[a-z]+|dns-[a-z]+)[ \t]*:([^\r\n]*)", _LINE), Zone.QUOTED),
)
_SENT_TYPES = frozenset({"response", "revisit", "conversion", "continuation"})
_SENT_TARGETS = ("http:", "https:", "ftp:", "dns:", "urn:received:", "urn:sha256:", *(one.lower() for one in MADE))
_BESIDE = ("dns:", "urn:sha256:")
"""Targets of records that stand before the exchange that rests on them, without belonging to it."""
_WARC_NAME = re.compile(r"-\d{14,20}-(?:\d{5}-)?(?P<last>.+?)\.w?arc(?:\.gz)?(?:\.open)?\Z", re.IGNORECASE)
WHERE_A_HOST_IS = "what may be a host name (WARC 1.1, Annex C, puts one there)"
_NO_HOST = re.compile(r"[0-9a-z]{8}\Z|[\d-]+\Z")
# names to look for, none to listen on
_LOOPBACK = frozenset({"", "localhost", "localhost.localdomain", "127.0.0.1", "::1", "0.0.0.0", "unknown"})  # noqa: S104


def names_a_host(name: str) -> bool:
    """Whether the name of a WARC has a host at its end, as WARC 1.1, Annex C, proposes and Heritrix does."""
    found = _WARC_NAME.search(name)
    return found is not None and _NO_HOST.match(found["last"]) is None


@dataclass
class WarcSearch:
    """The search of one file; a record at a time is in memory, and of a body no more than it takes to decode it."""

    judge: Judge
    name: str
    """Of the file, for disclosures."""
    torn: bool = False
    """Whether the file may break off: what recovery cut from another one."""
    records: int = 0
    undecoded: int = 0
    """Bodies whose coding could not be removed whole."""
    _pending: list[tuple[Trace, Disclosure]] = field(default_factory=list)
    _pending_addresses: set[bytes] = field(default_factory=set)
    _group: set[str] = field(default_factory=set)
    _said: set[Fact] = field(default_factory=set)
    """What the server said in this exchange."""
    _offset: int = 0
    _record_id: str | None = None
    _shown_id: str | None = None
    """The record's id, unless it is itself what must not be repeated."""
    _learned: list[Fact] = field(default_factory=list)
    _hosts_named: list[tuple[str, str]] = field(default_factory=list)
    _how_found: DisclosureKind = DisclosureKind.WRITTEN
    """Whose words the addresses of this exchange are."""

    def run(self, file: BinaryIO) -> Iterator[Disclosure]:
        """All that is found in it."""
        self.judge.learn(())
        names: list[bytes] = []
        source = Source(file, self.name, names.append)
        try:
            while (octets := source.header()) is not None:
                self._offset, self._record_id, self._shown_id = source.offset, None, None
                yield from self._record(octets, source)
                yield from self._members(names)
        except RecordTruncatedError as error:
            if not self.torn:
                yield self._unread(problem_of(error))
        except RecordError as error:
            yield self._unread(problem_of(error))
            yield from self._rest(source)
        yield from self._members(names)
        yield from self._settle(DisclosureKind.WRITTEN)

    # -- records

    def _record(self, octets: bytes, source: Source) -> Iterator[Disclosure]:
        header = parse_header(octets)
        length = header.content_length
        if not header.version.startswith("WARC/") or length is None:
            lacking = "another version line" if not header.version.startswith("WARC/") else "no Content-Length"
            yield from self._found(self.judge.judge(octets), "octets that are no record")
            raise RecordError(f"expected a WARC record, found {lacking}", file=self.name, offset=self._offset)
        self.records += 1
        self._record_id = parse_record_id(header.value("WARC-Record-ID") or "")
        if self._record_id and not any(self.judge.judge(self._record_id.encode())):
            self._shown_id = self._record_id
        kind = (header.value("WARC-Type") or "").lower()
        target = (header.value("WARC-Target-URI") or "").strip("<>").lower()
        if host := _host_of(target):
            self.judge.is_a_site(host)
        beside = kind == "resource" and target.startswith(_BESIDE)
        if not beside and not self._group.intersection(_ids(header, "WARC-Concurrent-To")):
            yield from self._settle(DisclosureKind.WRITTEN)
            self._group, self._said = set(), set()
        self._group.add(self._record_id or "")
        found = [*self._headed(octets, kind), *self._block(header, kind, target, source, length)]
        if kind == "warcinfo":
            found += self._machine_named()
        yield from _once(found)
        if kind == "metadata":
            yield from self._settle(self._how_found)

    def _headed(self, octets: bytes, kind: str) -> Iterator[Disclosure]:
        for trace, verdict in self.judge.judge(octets, _spans(octets, _HEADER_SPANS)):
            yield from self._one(trace, verdict, _line_of(octets, trace, "the field"), octets)
        if kind == "warcinfo":
            name = value_of(parse_header(octets).fields, "WARC-Filename") or ""
            if names_a_host(name):
                yield self._disclosure(DisclosureKind.WRITTEN, WHERE_A_HOST_IS, "", "the field WARC-Filename")

    def _block(self, header: Header, kind: str, target: str, source: Source, length: int) -> Iterator[Disclosure]:
        self._how_found = DisclosureKind.WRITTEN
        self._hosts_named = []
        if kind in _SENT_TYPES or (kind == "resource" and target.startswith(_SENT_TARGETS)):
            yield from self._sent_block(source, length, coded=kind == "response")
        elif length > WHOLE:
            yield from self._long_block(source, length)
        else:
            block = b"".join(source.exactly(length))
            patterns = {"request": _REQUEST_SPANS, "metadata": _METADATA_SPANS}.get(kind, ())
            where = {"request": "the request's", "warcinfo": "the line", "metadata": "the line"}.get(
                kind, "the block's"
            )
            spans = _spans(block, patterns)
            server = {value.strip("[]") for value in (header.value("WARC-IP-Address"), _host_of(target)) if value}
            for trace, verdict in self.judge.judge(block, spans, sent=frozenset(self._said)):
                text = block[trace.start : trace.end].decode("latin-1").lower()
                # the server's own network address in words about it, a path of the site in words about its robots.txt
                if trace.fact is None and kind != "warcinfo" and (text in server or text in target):
                    continue
                yield from self._one(trace, verdict, _line_of(block, trace, where), block)
            if kind == "warcinfo":
                self._learn(block)
            if kind == "metadata":
                lines = parse_warc_fields(block)
                self.judge.is_a_site(value_of(lines, "site") or "")
                led = value_of(lines, "hopsFromSeed") or value_of(lines, "via")
                self._how_found = DisclosureKind.ECHOED if led else DisclosureKind.WRITTEN

    def _learn(self, block: bytes) -> None:
        """Take what the warcinfo says of its own machine for facts, to be found in the rest of the file."""
        lines = parse_warc_fields(block)
        self._hosts_named = [
            (name, value.lower())
            for name in ("hostname", "host", "ip")
            for value in values_of(lines, name)
            if value.lower() not in _LOOPBACK
        ]
        for name, value in self._hosts_named:
            if name != "ip":
                self._learned.append(Fact(FactKind.HOST, value, "named by the warcinfo"))
            elif _is_address(value):
                self._learned.append(Fact(FactKind.ADDRESS, str(ipaddress.ip_address(value)), "named by the warcinfo"))
        self.judge.learn(self._learned)

    def _machine_named(self) -> Iterator[Disclosure]:
        for name, _ in self._hosts_named:
            what = "a network address" if name == "ip" else "a host name"
            yield self._disclosure(DisclosureKind.WRITTEN, what, "", f"the line {name}")

    def _long_block(self, source: Source, length: int) -> Iterator[Disclosure]:
        feed = Feed(lambda octets: [trace for trace, _ in self.judge.judge(octets)])
        for piece in source.exactly(length):
            yield from self._found(((trace, DisclosureKind.WRITTEN) for trace in feed.take(piece)), "the block")
        yield from self._found(((trace, DisclosureKind.WRITTEN) for trace in feed.end()), "the block")

    def _sent_block(self, source: Source, length: int, *, coded: bool) -> Iterator[Disclosure]:
        raw, body = Feed(self.judge.sent), _Body() if coded else None
        traces: list[Trace] = []
        for piece in source.exactly(length):
            traces += raw.take(piece)
            if body is not None:
                body.take(piece)
        traces += raw.end()
        if body is not None:
            for piece in body.decoded():
                traces += self.judge.sent(piece)
            self.undecoded += body.failed
        self._said |= {trace.fact for trace in traces if trace.fact is not None}
        yield from self._found(((trace, DisclosureKind.ECHOED) for trace in traces), "what the server sent")

    # -- what was found

    def _one(self, trace: Trace, verdict: DisclosureKind | None, place: str, octets: bytes) -> Iterator[Disclosure]:
        if verdict is None:
            pending = self._disclosure(DisclosureKind.WRITTEN, trace.what, trace.form, place)
            self._pending.append((trace, pending))
            self._pending_addresses.add(_whole_line_value(octets, trace))
        else:
            yield self._disclosure(verdict, trace.what, trace.form, place)

    def _found(self, judged: Iterator[Judged] | Sequence[Judged], place: str) -> Iterator[Disclosure]:
        found = (
            self._disclosure(verdict or DisclosureKind.WRITTEN, trace.what, trace.form, place)
            for trace, verdict in judged
        )
        yield from _once(found)

    def _settle(self, kind: DisclosureKind) -> Iterator[Disclosure]:
        """Say of the addresses of an exchange whose words they are."""
        pending, self._pending = self._pending, []
        addresses, self._pending_addresses = self._pending_addresses, set()
        if kind is DisclosureKind.ECHOED:
            for address in addresses:
                self.judge.came_from_a_server(address)
            pending = [one for one in pending if one[0].fact is not None and is_distinctive(one[0].fact)]
        yield from _once([replace(one, kind=kind) for _, one in pending])

    def _members(self, names: list[bytes]) -> Iterator[Disclosure]:
        for octets in names:
            yield from self._found(self.judge.judge(octets), "the header of a gzip member")
        names.clear()

    def _rest(self, source: Source) -> Iterator[Disclosure]:
        """Search what follows damage, as the crawler's words."""
        feed = Feed(lambda octets: [trace for trace, _ in self.judge.judge(octets)])
        traces: list[Trace] = []
        try:
            while piece := source.read():
                traces += feed.take(piece)
        except RecordError:
            for piece in source.as_it_lies():
                traces += feed.take(piece)
        traces += feed.end()
        yield from self._found([(trace, DisclosureKind.WRITTEN) for trace in traces], "octets behind the damage")

    def _unread(self, problem: str) -> Disclosure:
        return self._disclosure(DisclosureKind.UNREAD, problem, "", "the file")

    def _disclosure(self, kind: DisclosureKind, what: str, form: str, place: str) -> Disclosure:
        return Disclosure(kind, what, form, place, self.name, self._offset, self._shown_id)


def _once(found: Iterator[Disclosure] | Sequence[Disclosure]) -> Iterator[Disclosure]:
    seen: set[tuple[str, str, str | None]] = set()
    for one in found:
        if (one.kind, one.what, one.record_id) not in seen:
            seen.add((one.kind, one.what, one.record_id))
            yield one


def problem_of(error: RecordError) -> str:
    """What is wrong, without the place, which is said beside it."""
    return str(error).removeprefix(f"{error.file}, offset {error.offset}: ")


def _ids(header: Header, name: str) -> list[str]:
    return [text.strip("<>") for text in values_of(header.fields, name)]


def _spans(octets: bytes, patterns: Sequence[tuple[re.Pattern[bytes], Zone]]) -> list[Span]:
    return [(*found.span(1), zone) for pattern, zone in patterns for found in pattern.finditer(octets)]


def _line_of(octets: bytes, trace: Trace, word: str) -> str:
    start = octets.rfind(b"\n", 0, trace.start) + 1
    name, colon, _ = octets[start : trace.start + 1].partition(b":")
    if not colon or not re.fullmatch(rb"[!#-9;-~]{1,60}[ \t]*", name):
        return {"the request's": "the request", "the field": "the header"}.get(word, "the block")
    return f"{word} {name.decode('ascii').strip()}"


def _whole_line_value(octets: bytes, trace: Trace) -> bytes:
    """The address that a trace lies in, as it stands alone elsewhere."""
    start = octets.rfind(b"\n", 0, trace.start) + 1
    line = octets[start:].partition(b"\r")[0].partition(b"\n")[0]
    name, _, value = line.partition(b":")
    return (
        value.strip().strip(b"<>")
        if re.fullmatch(rb"[A-Za-z-]+", name)
        else line.split(b" ")[1]
        if b" " in line
        else line
    )


def _host_of(target: str) -> str | None:
    found = re.match(r"[a-z][a-z0-9+.-]*://(?:[^/@]*@)?(\[[^\]/]*\]|[^/:]*)", target)
    return found[1] if found else None


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


class _Body:
    """Takes a response apart as it comes, and its body out of chunks and content coding."""

    def __init__(self) -> None:
        self.failed = False
        """Whether not all of it could be decoded."""
        self._start = b""
        self._head: Head | None = None
        self._framing: Framing | None = None
        self._payload = bytearray()
        self._over = False

    def take(self, octets: bytes) -> None:
        if self._over:
            return
        if self._framing is None:
            octets = self._take_head(octets)
        if self._framing is not None:
            self._payload += self._framing.feed(octets)
            if len(self._payload) > CODED_LIMIT:
                self._over = self.failed = True
                self._payload.clear()

    def _take_head(self, octets: bytes) -> bytes:
        self._start += octets
        try:
            self._head = parse_head(self._start)
        except MalformedHeadError:
            self._over = True
            return b""
        if self._head is None:
            self._over = len(self._start) > HEADER_LIMIT
            return b""
        if not (self._head.members("content-encoding") or self._head.members("transfer-encoding")):
            self._over = True  # it was searched as it came
            return b""
        rest, self._start = self._start[self._head.length :], b""
        self._framing = Framing(self._head, "GET")
        return rest

    def decoded(self) -> Iterator[bytes]:
        """The body without its codings, as far as they could be removed."""
        if self._head is not None and self._payload:
            result = decode_content(self._head, bytes(self._payload), limit=DECODED_LIMIT)
            self.failed = result.problem is not None or result.exceeded
            yield result.octets


class Source:
    """The octets of a file, unpacked if it is compressed with gzip, however many members it has."""

    def __init__(self, file: BinaryIO, name: str, named: Callable[[bytes], object]) -> None:
        """`named`: is given what a member's header holds beside the fixed fields (RFC 1952, 2.3)."""
        self._file = file
        self._name = name
        self._named = named
        self._raw = file.read(PIECE)
        self._raw_at = 0
        """Where in the file `_raw` begins."""
        self._used = 0
        """Octets of `_raw` that are done with."""
        self._packed = self._raw.startswith(b"\x1f\x8b")
        self._inflate: zlib._Decompress | None = None
        self._member = 0
        self._window = _LEAST_WINDOW
        self._held = b""
        self._held_at = 0
        self.offset = 0
        """Where the member begins that the last header was in; in a file that is not compressed, the header."""

    def header(self) -> bytes | None:
        """A record's header, up to the end of its empty line; None at the end of the file. Line ends before it go."""
        octets = b""
        while not octets:
            piece, at = self._take()
            if not piece:
                return None
            octets = piece.lstrip(b"\r\n")
            self.offset = at if self._packed else at + len(piece) - len(octets)
        while (end := _EMPTY_LINE.search(octets)) is None:
            piece, _ = self._take()
            if not piece or len(octets) > HEADER_LIMIT:
                self._give_back(octets + piece)
                raise RecordError(
                    "expected a record's header, found no empty line", file=self._name, offset=self.offset
                )
            octets += piece
        self._give_back(octets[end.end() :], self.offset + (0 if self._packed else end.end()))
        return octets[: end.end()]

    def exactly(self, length: int) -> Iterator[bytes]:
        """So many octets; RecordTruncatedError when the file ends before."""
        while length > 0:
            piece, at = self._take()
            if not piece:
                message = f"expected {length} octets more of a block, found the end of the file"
                raise RecordTruncatedError(message, file=self._name, offset=self.offset)
            if len(piece) > length:
                self._give_back(piece[length:], at if self._packed else at + length)
                piece = piece[:length]
            length -= len(piece)
            yield piece

    def read(self) -> bytes:
        """The next octets, none at the end."""
        return self._take()[0]

    def _give_back(self, octets: bytes, at: int = 0) -> None:
        self._held, self._held_at = octets, at

    def _take(self) -> tuple[bytes, int]:
        if self._held:
            held, self._held = self._held, b""
            return held, self._held_at
        return self._unpacked() if self._packed else self._plain()

    def as_it_lies(self) -> Iterator[bytes]:
        """What follows in the file, not unpacked."""
        yield self._raw[self._used :]
        while piece := self._file.read(PIECE):
            yield piece

    def _plain(self) -> tuple[bytes, int]:
        self._fill(1)
        piece, at = self._raw[self._used :], self._raw_at + self._used
        self._used = len(self._raw)
        return piece, at

    def _fill(self, least: int) -> None:
        """See to it that so many octets are there, unless the file ends."""
        while len(self._raw) - self._used < least and (more := self._file.read(PIECE)):
            self._raw, self._raw_at, self._used = self._raw[self._used :] + more, self._raw_at + self._used, 0

    def _unpacked(self) -> tuple[bytes, int]:
        while True:
            if self._inflate is None and not self._begin_member():
                return b"", self._raw_at + self._used
            assert self._inflate is not None
            self._fill(1)
            # a member is mostly small: fed with more, zlib would copy what follows it over and over
            fed = self._raw[self._used : self._used + self._window]
            self._window = min(2 * self._window, PIECE)
            try:
                piece = self._inflate.decompress(fed, PIECE)
            except zlib.error as error:
                self._inflate = None
                message = f"expected a gzip member, found damage ({error})"
                raise RecordError(message, file=self._name, offset=self._member) from error
            # at the end of a member zlib may name what is left twice, as unconsumed and as unused
            left = self._inflate.unused_data if self._inflate.eof else self._inflate.unconsumed_tail
            self._used += len(fed) - len(left)
            if self._inflate.eof:
                self._inflate = None
            elif not piece and not fed:
                message = "expected a whole gzip member, found the end of the file"
                raise RecordTruncatedError(message, file=self._name, offset=self._member)
            if piece:
                return piece, self._member

    def _begin_member(self) -> bool:
        """Whether there is another member."""
        self._fill(4)
        start = self._raw[self._used : self._used + 4]
        if not start:
            return False
        self._member = self._raw_at + self._used
        if not start.startswith(b"\x1f\x8b"):
            raise RecordError("expected a gzip member, found other octets", file=self._name, offset=self._member)
        if len(start) > 3 and start[3]:
            self._fill(_EXTRAS_LIMIT)
            if extras := _gzip_extras(self._raw[self._used : self._used + _EXTRAS_LIMIT]):
                self._named(extras)
        self._inflate, self._window = zlib.decompressobj(31), _LEAST_WINDOW
        return True


def _gzip_extras(octets: bytes) -> bytes:
    """Extra field, file name and comment of a member's header (RFC 1952, 2.3.1)."""
    flags, at = octets[3] if len(octets) > 3 else 0, 10
    parts = []
    if flags & 4:
        length = int.from_bytes(octets[10:12], "little")
        parts.append(octets[12 : 12 + length])
        at = 12 + length
    for flag in (8, 16):
        if flags & flag:
            end = octets.find(b"\0", at)
            parts.append(octets[at:end] if end >= 0 else octets[at:])
            at = end + 1 if end >= 0 else len(octets)
    return b"\n".join(part for part in parts if part)
