"""WARC 1.1 files (ISO 28500:2017): write the records of an exchange, read records, make captures from them again.

One gzip member holds one record. A file is `NAME.warc.gz.open` while it is written and `NAME.warc.gz` from then on.
The records of one exchange lie together, and refer only backwards (WARC-Concurrent-To), so that a file cut between
two members has no dangling reference:

    response or revisit · request · metadata             after a complete HTTP head
    response or revisit · request · resource … · metadata    what was made of the page, when a browser loaded it
    request · resource (the stray octets) · metadata     without one; what there was none of is left out

Before them, where this file does not hold them yet, come records that later exchanges may rest on too, and that belong
to none (`archive/connection.py`): what the name system answered, and the server's certificates. The metadata record
names them.

The metadata record comes last and closes the exchange: with its `outcome` and the rest (`application/warc-fields`)
`captures_in` makes the very Capture that `WarcWriter.append` returned.

This module is the only one that knows warcio. warcio is given whole blocks and ready digests: its record builder
hard-codes SHA-1 and digests the chunked body.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import ipaddress
import os
import re
import stat
import urllib.parse
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Protocol, cast, get_args

from isal import isal_zlib
from warcio.recordloader import ArcWarcRecord
from warcio.warcwriter import WARCWriter

from archive.capture import Capture, RecordLocation
from archive.connection import (
    PEM_CHAIN,
    TEXT_DNS,
    chain_uri,
    dns_uri,
    format_chain,
    format_dns,
    is_foundation,
    leaf_of,
    parse_chain,
    parse_dns,
    same_answer,
)
from archive.digest import Digest, Digester, digest, parse_digest
from archive.errors import DigestError, ExchangeError, RecordError, StorageError
from archive.exchange import MADE, DnsAnswer, Exchange, Failure, Made, Occasion, Outcome, TlsFacts, Truncation
from archive.header import (
    Fields,
    format_date,
    format_header,
    format_warc_fields,
    is_uri,
    one_line,
    parse_date,
    parse_header,
    parse_record_id,
    parse_warc_fields,
    value_of,
    values_of,
)
from archive.http import Head, MalformedHeadError, body_pieces, parse_head
from archive.member import HEADER_LIMIT, PIECE, Member

SOFTWARE = f"khronika/{installed_version('khronika')}"

OPEN_SUFFIX = ".open"
"""Ends the name of a file that is still being written."""

IDENTICAL_PAYLOAD = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
HTTP_RESPONSE = "application/http;msgtype=response"
HTTP_REQUEST = "application/http;msgtype=request"
WARC_FIELDS = "application/warc-fields"
RECEIVED = "urn:received:"
"""Begins the WARC-Target-URI of stray octets; the page's address follows."""

RECOVERED = "urn:recovered:"
"""Begins the WARC-Target-URI of the record that tells of a file's recovery; the file's name follows."""

CRLF_CRLF = b"\r\n\r\n"

_DIRECT = "direct"
"""The vantage without a proxy."""

# Of isal's levels (0 to 3). Pages of 26 kB: 0.295 of their size in 87 µs; zlib's 6: 0.261 in 645 µs, isal's 1: 0.308 in
# 60 µs. What it writes is gzip like any other.
_COMPRESSION = 3
_GZIP = 31
"""zlib's word (wbits) for a gzip header; it bears no name, no time and no system."""
_FLUSH_AT = 1 << 20
_KEPT_BLOCK = 1 << 20
_URN_UUID = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z")
_PREFIX = re.compile(r"[A-Za-z0-9][A-Za-z0-9_]*\Z")
_NAME = re.compile(r"[A-Za-z0-9_]+-[0-9]{17}-([0-9]{5,})-[0-9a-f]{8}\.warc\.gz(?:\.open)?\Z")
_NOTE_NAME = re.compile(r"[a-z][a-z0-9-]*\Z")
_OWN_NAMES = frozenset(
    {
        *("outcome", "stage", "error", "failure", "truncated", "status", "media-type", "payload-length"),
        *("crawl", "site", "via", "hopsFromSeed", "fetchTimeMs"),
        *("tls-version", "tls-cipher", "tls-alpn", "tls-verdict", "tls-roots", "tls-certificate"),
        *("sent-before", "vantage", "vantage-label", "dns-host", "dns-rcode", "dns-record", "tls-chain"),
    }
)

IdMaker = Callable[[], str]
"""Makes record ids: `urn:uuid:` and a random (version 4) UUID, without brackets."""


@dataclass(frozen=True, slots=True)
class WrittenRecord:
    """What the catalogue keeps of a record."""

    n: int
    """0-based ordinal in the file."""
    type: str
    record_id: str
    """`urn:uuid:…`, without brackets."""
    date: datetime
    target_uri: str | None
    location: RecordLocation
    length: int
    """Octets of the uncompressed record, the digest's range."""
    record_digest: Digest
    """SHA-256 from `WARC/1.1` to the closing CRLFCRLF."""
    payload_digest: Digest | None

    @property
    def foundation(self) -> str | None:
        """The target of a record that exchanges rest on and that belongs to none; None of all others."""
        return self.target_uri if is_foundation(self.type, self.target_uri) else None


@dataclass(frozen=True, slots=True)
class ClosedFile:
    """A file that is complete and will not change."""

    name: str
    size: int
    digest: Digest
    """SHA-256 of the file as it lies on disk."""
    records: int


class ValidPrefix(NamedTuple):
    """How much of a file is sound."""

    length: int
    """Octets up to the end of the last member that is whole and holds one record."""
    records: int
    problem: RecordError | None
    """What follows that prefix; None when the file ends there."""
    first: Record | None = None
    last: Record | None = None


class Elsewhere(Protocol):
    """A WARC, or the part of one that was fetched, that has no place in the folder."""

    @property
    def name(self) -> str:
        """Of the file, in messages."""
        ...

    def open_octets(self) -> AbstractContextManager[BinaryIO]:
        """Its octets; each where it is in the whole file."""
        ...


Source = Path | Elsewhere
"""Where the octets of a WARC are read from."""


@dataclass(frozen=True, slots=True)
class Block:
    """A record's block: in memory while small, read from the file again when large."""

    path: Source
    offset: int
    """Of the record's member."""
    length: int
    digest: Digest
    octets: bytes | None

    def __len__(self) -> int:
        return self.length

    def pieces(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The octets from `start` up to `stop` (the end when None), at most 64 KiB at a time.

        Raises StorageError when the file cannot be read any more, RecordError when it changed.
        """
        stop = self.length if stop is None else min(stop, self.length)
        if self.octets is not None:
            for at in range(start, stop, PIECE):
                yield self.octets[at : min(at + PIECE, stop)]
            return
        with opened(self.path) as file:
            member = Member(file, self.offset, name=final_name(self.path))
            member.header()
            for _ in member.pieces(start):
                pass
            yield from member.pieces(stop - start)

    def read(self, start: int = 0, stop: int | None = None) -> bytes:
        """The octets from `start` up to `stop` in one piece."""
        return b"".join(self.pieces(start, stop))


@dataclass(frozen=True, slots=True)
class Record:
    """One record as it was read."""

    location: RecordLocation
    n: int | None
    """0-based ordinal in the file; None when it was read alone."""
    fields: Fields
    type: str
    record_id: str
    """Without brackets."""
    date: datetime
    target_uri: str | None
    block: Block
    record_digest: Digest
    length: int
    """Octets of the uncompressed record."""

    def value(self, name: str) -> str | None:
        """The first value of a header field, whatever the case of its name."""
        return value_of(self.fields, name)

    def values(self, name: str) -> list[str]:
        """All values of a header field."""
        return values_of(self.fields, name)

    @property
    def foundation(self) -> str | None:
        """As of a WrittenRecord."""
        return self.target_uri if is_foundation(self.type, self.target_uri) else None

    @property
    def concurrent_to(self) -> list[str]:
        """Ids of the records that this one belongs with, without brackets."""
        return [text.strip("<>") for text in self.values("WARC-Concurrent-To")]

    def written(self) -> WrittenRecord:
        """The record as `append` reported it when it was written. Raises ValueError when it was read alone.

        A payload digest that is not one of ours is none that the catalogue keeps: the check tells of it.
        """
        if self.n is None:
            raise ValueError("a record that was read alone has no ordinal")
        payload_digest = None
        with contextlib.suppress(DigestError):
            payload_digest = _payload_digest(self)
        return WrittenRecord(
            n=self.n,
            type=self.type,
            record_id=self.record_id,
            date=self.date,
            target_uri=self.target_uri,
            location=self.location,
            length=self.length,
            record_digest=self.record_digest,
            payload_digest=payload_digest,
        )


# --- writing ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Draft:
    """A record that is to be written."""

    type: str
    record_id: str
    date: datetime
    """UTC."""
    fields: list[tuple[str, str]]
    target_uri: str | None
    pieces: Callable[[], Iterable[bytes]]
    length: int
    payload_digest: Digest | None


class _Header:
    """The header of a record, in the two words that warcio has for it."""

    def __init__(self, draft: _Draft) -> None:
        self._octets = format_header(draft.fields)

    def __len__(self) -> int:
        return len(self._octets)

    def replace_header(self, _name: str, _value: str) -> None:
        """warcio sets Content-Length, which stands there."""

    def to_bytes(self, encoding: str) -> bytes:
        """The octets up to the empty line and with it."""
        return self._octets


class _Stream:
    """Pieces as the file object that warcio reads a block from."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)

    def read(self, _limit: int) -> bytes:
        return next(self._pieces, b"")


class _WholeBlocks(WARCWriter):  # type: ignore[misc] # warcio has no types
    """warcio's writer without its own digests: it would add a SHA-1 payload digest wherever there is none."""

    def write(self, draft: _Draft, sink: _MemberSink) -> None:
        """Write a record into its member."""
        self.out = sink
        header = _Header(draft)
        # "block" instead of the record's type: warcio leaves out the block of what it knows as a revisit
        self.write_record(ArcWarcRecord("warc", "block", header, _Stream(draft.pieces()), None, None, draft.length))
        found = sink.record.length - len(header) - len(CRLF_CRLF)
        if found != draft.length:
            # what was fetched lies in memory or in a temporary file until now
            of = f"the {draft.type} for {draft.target_uri}"
            raise StorageError(f"reading what was fetched: expected {draft.length} octets of {of}, found {found}")

    def ensure_digest(self, record: Any, block: bool = True, payload: bool = True) -> None:
        """Leave the fields as they are."""


class _MemberSink:
    """Takes a record's octets, digests them, and passes them on as one gzip member."""

    def __init__(self, write: Callable[[bytes], None]) -> None:
        self._write = write
        self._held: list[bytes] = []
        self._deflate: Any = None
        self.record = Digester()
        self.length = 0

    def write(self, octets: bytes) -> None:
        if self._deflate is None:
            self._held.append(octets)
            if len(octets) < PIECE:
                return
            self._deflate = isal_zlib.compressobj(_COMPRESSION, isal_zlib.DEFLATED, _GZIP)
            octets = b"".join(self._held)
        self.record.update(octets)
        self._pass(self._deflate.compress(octets))

    def flush(self) -> None:
        """warcio's word for the record's end."""
        if self._deflate is None:
            # A short record, as nearly all are: in one go, which takes a third less.
            octets = b"".join(self._held)
            self.record.update(octets)
            self._pass(isal_zlib.compress(octets, _COMPRESSION, _GZIP))
        else:
            self._pass(self._deflate.flush())

    def _pass(self, octets: bytes) -> None:
        if octets:
            self.length += len(octets)
            self._write(octets)


class WarcWriter:
    """Appends the records of exchanges to one `.open` file. For one thread at a time."""

    def __init__(self, folder: Path, name: str, new_id: IdMaker, flags: int = os.O_CREAT | os.O_EXCL) -> None:
        self.name = name
        self.folder = folder
        self.path = folder / (name + OPEN_SUFFIX)
        self.size = 0
        """Octets written, whether synced or not."""
        self.records = 0
        """Records written so far, the warcinfo record among them."""
        self.warcinfo: WrittenRecord
        """The record that begins the file."""
        self._new_id = new_id
        self._warcio = _WholeBlocks(None, gzip=False, warc_version="1.1")
        # what exchanges may rest on, as far as it is in this file: by host, and by the certificates
        self._answers: dict[str, tuple[tuple[object, ...], str]] = {}
        self._chains: dict[tuple[bytes, ...], Digest] = {}
        self._sha256 = hashlib.sha256()
        self._buffer = bytearray()
        self._synced = (0, 0, self._sha256.copy())
        self._unsynced: str | None = None
        """Why it is not known which of the octets are safe; None while it is."""
        self._torn: str | None = None
        """Why the file may end in octets that are no record; None while it does not."""
        with _disk(f"making {self.path.name}"):
            self._fd: int | None = os.open(self.path, os.O_WRONLY | os.O_CLOEXEC | flags, 0o666)

    @classmethod
    def create(
        cls,
        folder: Path,
        *,
        prefix: str,
        warcinfo: Sequence[tuple[str, str]],
        now: datetime,
        serial: int,
        new_id: IdMaker,
    ) -> WarcWriter:
        """Begin a file, `{prefix}-{YYYYMMDDhhmmssmmm}-{serial}-{8 random digits}.warc.gz.open`, with its warcinfo.

        `serial` is the file's number in the collection: it tells in which order files were begun, whatever the clock
        said. `software`, `format` and `conformsTo` are put first when `warcinfo` has no such line. The file's entry in
        the folder is synced. Raises StorageError.
        """
        if not _PREFIX.match(prefix):
            raise ValueError(f"expected a prefix of letters, digits and underscores, found {prefix!r}")
        moment = now.astimezone(UTC)
        stamp = moment.strftime("%Y%m%d%H%M%S") + f"{moment.microsecond // 1000:03d}"
        while True:
            random = _checked_id(new_id()).removeprefix("urn:uuid:")[:8]
            name = f"{prefix}-{stamp}-{serial:05d}-{random}.warc.gz"
            # a name is given once: the file that bears it may be anywhere by now, but what is here can be seen
            if not (folder / name).exists() and not (folder / (name + OPEN_SUFFIX)).exists():
                break
        writer = cls(folder, name, new_id)
        try:
            [writer.warcinfo] = writer._append([writer._warcinfo(warcinfo, moment)])
            sync_folder(folder)
        except BaseException:
            writer._release()
            with contextlib.suppress(OSError):
                writer.path.unlink()
            raise
        return writer

    @classmethod
    def resume(cls, path: Path, sound: ValidPrefix, new_id: IdMaker) -> WarcWriter:
        """Go on with a file that was left open, and that is sound to its end. Raises StorageError."""
        assert sound.first is not None
        writer = cls(path.parent, final_name(path), new_id, flags=0)
        try:
            with _disk(f"reading {path.name}"), path.open("rb") as file:
                while piece := file.read(1 << 20):
                    writer._sha256.update(piece)
                    writer.size += len(piece)
        except BaseException:
            writer._release()
            raise
        writer.records = sound.records
        writer.warcinfo = sound.first.written()
        writer._synced = (writer.size, writer.records, writer._sha256.copy())
        return writer

    def append_recovery(self, lines: Iterable[tuple[str, str]], now: datetime) -> WrittenRecord:
        """Append the record that tells of the file's recovery; not synced yet. Raises StorageError."""
        about = ("WARC-Refers-To", f"<{self.warcinfo.record_id}>")
        block = format_warc_fields([("event", "recovered"), ("software", SOFTWARE), *lines])
        [written] = self._append([self._draft("metadata", now, RECOVERED + self.name, WARC_FIELDS, block, about)])
        return written

    def append(
        self, exchange: Exchange, occasion: Occasion, *, original: Capture | None
    ) -> tuple[Capture, list[WrittenRecord]]:
        """Append all records of an exchange; not synced yet.

        With `original`, an earlier capture of the same payload, a revisit is written (6.7.2): the head is kept, the
        body is left out. Raises ExchangeError when the exchange contradicts itself, and StorageError when the disk
        refuses: the file is then as it was before, and the writer can go on.
        """
        _check(exchange, occasion, original)
        rests = self._foundations(exchange)
        drafts = self._drafts(exchange, occasion, original, rests)
        written = self._append([*rests.drafts, *drafts])
        # only now: what failed to be written is not there to be named
        self._answers.update(rests.answers)
        self._chains.update(rests.chains)
        principal = written[len(rests.drafts) if exchange.has_head else -1]
        capture = Capture(
            url=exchange.url,
            captured_at=exchange.began_at.astimezone(UTC),
            record_id=principal.record_id,
            record_digest=principal.record_digest,
            location=principal.location,
            outcome=exchange.outcome,
            status=exchange.status,
            mime=_line_or_none(exchange.mime),
            payload_digest=exchange.payload_digest,
            payload_length=exchange.payload_length,
            truncated=exchange.truncated,
            refers_to=original.record_id if original else None,
            crawl=one_line(occasion.crawl),
            site=one_line(occasion.site),
            via=_line_or_none(occasion.via),
            hops=one_line(occasion.hops),
            error=_line_or_none(exchange.error),
            failure=exchange.failure,
            certificate=leaf_of(exchange.tls.chain) if exchange.tls is not None else None,
            tls_verdict=one_line(exchange.tls.verdict) if exchange.tls is not None else None,
            vantage=_vantage(_line_or_none(exchange.vantage_label), exchange.vantage),
        )
        return capture, written

    def sync(self) -> None:
        """Bring all that was appended to the disk.

        Raises StorageError when that fails. Nobody can say then which octets are safe, so the file is cut back to
        where it was last synced, and takes nothing more: close it and begin another one.
        """
        fd = self._opened()
        if self._unsynced:
            raise self._refusal(self._unsynced)
        try:
            with _disk(f"syncing {self.path.name}"):
                fdatasync(fd)
        except StorageError as error:
            self._unsynced = str(error)
            self.size, self.records, self._sha256 = self._synced
            self._cut_back(fd)
            raise
        self._synced = (self.size, self.records, self._sha256.copy())

    def close(self) -> ClosedFile:
        """Sync the file, give it its final name, sync the folder.

        Raises StorageError; the file then keeps its `.open` name, and recovery will see to it.
        """
        fd = self._opened()
        try:
            if self._torn:
                raise self._refusal(self._torn)
            with _disk(f"syncing {self.path.name}"):
                os.fsync(fd)
        finally:
            self._release()
        final = rename_closed(self.path)
        return ClosedFile(final.name, self.size, Digest("sha256:" + self._sha256.hexdigest()), self.records)

    def abandon(self) -> None:
        """Let go of a file that cannot be closed: it keeps its `.open` name, and recovery will see to it."""
        self._release()

    def _release(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    @property
    def takes_more(self) -> bool:
        """Whether exchanges can be appended; never again after some failures."""
        return self._fd is not None and self._unsynced is None and self._torn is None

    def _opened(self) -> int:
        if self._fd is None:
            raise StorageError(f"{self.name}: expected an open file, found it closed")
        return self._fd

    def _refusal(self, why: str) -> StorageError:
        return StorageError(f"{self.name}: takes nothing more since an earlier failure ({why})")

    def _cut_back(self, fd: int) -> None:
        """Cut the file to its whole records."""
        try:
            os.ftruncate(fd, self.size)
        except OSError as error:
            self._torn = f"could not be cut back to {self.size} octets: {error.strerror}"

    # -- to the file

    def _append(self, drafts: Sequence[_Draft]) -> list[WrittenRecord]:
        fd = self._opened()
        if not self.takes_more:
            raise self._refusal(self._unsynced or self._torn or "")
        before = (self.size, self.records, self._sha256.copy())
        try:
            with _disk(f"writing {self.path.name}"):
                written = [self._write_record(draft) for draft in drafts]
                self._flush()
        except BaseException:
            self._buffer.clear()
            self.size, self.records, self._sha256 = before
            self._cut_back(fd)
            raise
        return written

    def _write_record(self, draft: _Draft) -> WrittenRecord:
        offset = self.size + len(self._buffer)
        sink = _MemberSink(self._take)
        self._warcio.write(draft, sink)
        written = WrittenRecord(
            n=self.records,
            type=draft.type,
            record_id=draft.record_id,
            date=draft.date,
            target_uri=draft.target_uri,
            location=RecordLocation(self.name, offset, sink.length),
            length=sink.record.length,
            record_digest=sink.record.digest(),
            payload_digest=draft.payload_digest,
        )
        self.records += 1
        return written

    def _take(self, octets: bytes) -> None:
        self._buffer += octets
        if len(self._buffer) >= _FLUSH_AT:
            self._flush()

    def _flush(self) -> None:
        octets = bytes(self._buffer)
        self._buffer.clear()
        self._sha256.update(octets)
        self.size += write_all(cast(int, self._fd), octets, self.size)

    # -- what is written

    def _warcinfo(self, lines: Sequence[tuple[str, str]], date: datetime) -> _Draft:
        own = (
            ("software", SOFTWARE),
            ("format", "WARC File Format 1.1"),
            (
                "conformsTo",
                "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
            ),
        )
        block = format_warc_fields([line for line in own if value_of(lines, line[0]) is None] + list(lines))
        return self._draft("warcinfo", date, None, WARC_FIELDS, block, ("WARC-Filename", self.name))

    def _foundations(self, exchange: Exchange) -> _Foundations:
        """What an exchange rests on, and the records of it that this file lacks."""
        rests = _Foundations()
        if exchange.dns is not None:
            answer = same_answer(exchange.dns)
            before, rests.dns_record = self._answers.get(exchange.dns.host, (None, None))
            if before != answer:
                draft = self._answer(exchange.dns)
                rests.dns_record = draft.record_id
                rests.drafts.append(draft)
                rests.answers[exchange.dns.host] = (answer, draft.record_id)
        if exchange.tls is not None and exchange.tls.chain:
            rests.chain = self._chains.get(exchange.tls.chain)
            if rests.chain is None:
                block = format_chain(exchange.tls.chain)
                rests.chain = rests.chains[exchange.tls.chain] = digest(block)
                uri = chain_uri(digest(exchange.tls.chain[0]))
                rests.drafts.append(self._draft("resource", exchange.began_at, uri, PEM_CHAIN, block))
        return rests

    def _answer(self, answer: DnsAnswer) -> _Draft:
        # Its own event, and so its own date and no WARC-Concurrent-To: other fetches share it.
        return self._draft("resource", answer.looked_up_at, dns_uri(answer.host), TEXT_DNS, format_dns(answer))

    def _drafts(
        self, exchange: Exchange, occasion: Occasion, original: Capture | None, rests: _Foundations
    ) -> list[_Draft]:
        connection = _connection(exchange)
        drafts: list[_Draft] = []
        if exchange.has_head:
            drafts.append(self._response(exchange, original, connection))
        if len(exchange.request):
            drafts.append(self._request(exchange, drafts, connection))
        if not exchange.has_head and len(exchange.response):
            drafts.append(self._stray(exchange, drafts, connection))
        drafts.extend(self._made(exchange, one, drafts[:1]) for one in exchange.made)
        drafts.append(self._metadata(exchange, occasion, drafts, rests))
        return drafts

    def _response(self, exchange: Exchange, original: Capture | None, connection: Sequence[tuple[str, str]]) -> _Draft:
        truncated: Truncation | None = exchange.truncated
        length, block_digest = len(exchange.response), exchange.response.digest
        refers: list[tuple[str, str]] = []
        if original is not None:
            # 6.7.2: keep the server's head, leave out the body; a body left out "shall" be told as truncated
            length, truncated = exchange.head_length, "length"
            block_digest = _digest_of(exchange.response.pieces(0, length))
            refers = [
                ("WARC-Profile", IDENTICAL_PAYLOAD),
                ("WARC-Refers-To", f"<{original.record_id}>"),
                ("WARC-Refers-To-Target-URI", original.url),
                ("WARC-Refers-To-Date", format_date(original.captured_at)),
            ]
        return self._draft(
            "response" if original is None else "revisit",
            exchange.began_at,
            exchange.url,
            HTTP_RESPONSE,
            None,
            *connection,
            *refers,
            *([("WARC-Truncated", truncated)] if truncated else []),
            payload_digest=exchange.payload_digest,
            pieces=lambda: exchange.response.pieces(0, length),
            length=length,
            block_digest=block_digest,
        )

    def _request(self, exchange: Exchange, before: Sequence[_Draft], connection: Sequence[tuple[str, str]]) -> _Draft:
        return self._draft(
            "request",
            exchange.began_at,
            exchange.url,
            HTTP_REQUEST,
            None,
            *connection,
            *_concurrent(before),
            payload_digest=_request_payload(exchange),
            pieces=exchange.request.pieces,
            length=len(exchange.request),
            block_digest=exchange.request.digest,
        )

    def _stray(self, exchange: Exchange, before: Sequence[_Draft], connection: Sequence[tuple[str, str]]) -> _Draft:
        return self._draft(
            "resource",
            exchange.began_at,
            # Under the page's own address the octets would be indexed and replayed as the page. The form is that of
            # Browsertrix's urn:text:, urn:view: and the like.
            RECEIVED + exchange.url,
            "application/octet-stream",
            None,
            *connection,
            *_concurrent(before),
            *([("WARC-Truncated", exchange.truncated)] if exchange.truncated else []),
            pieces=exchange.response.pieces,
            length=len(exchange.response),
            block_digest=exchange.response.digest,
        )

    def _made(self, exchange: Exchange, one: Made, of: Sequence[_Draft]) -> _Draft:
        return self._draft(
            "resource",
            exchange.began_at,
            one.target,
            one.mime,
            None,
            *_concurrent(of),
            pieces=one.octets.pieces,
            length=len(one.octets),
            block_digest=one.octets.digest,
        )

    def _metadata(
        self, exchange: Exchange, occasion: Occasion, before: Sequence[_Draft], rests: _Foundations
    ) -> _Draft:
        # the response alone says which event this is; without one, all that there is
        partners = before[:1] if exchange.has_head else before
        block = format_warc_fields(_metadata_lines(exchange, occasion, rests))
        return self._draft("metadata", exchange.began_at, exchange.url, WARC_FIELDS, block, *_concurrent(partners))

    def _draft(
        self,
        type: str,
        date: datetime,
        target_uri: str | None,
        content_type: str,
        block: bytes | None,
        *fields: tuple[str, str],
        payload_digest: Digest | None = None,
        pieces: Callable[[], Iterable[bytes]] | None = None,
        length: int = 0,
        block_digest: Digest | None = None,
    ) -> _Draft:
        if block is not None:
            octets = block
            pieces, length, block_digest = (lambda: [octets]), len(octets), digest(octets)
        assert pieces is not None
        assert block_digest is not None
        record_id = _checked_id(self._new_id())
        moment = date.astimezone(UTC)
        header = [
            ("WARC-Type", type),
            ("WARC-Record-ID", f"<{record_id}>"),
            ("WARC-Date", format_date(moment)),
            *([("WARC-Target-URI", target_uri)] if target_uri is not None else []),
            *([("WARC-Warcinfo-ID", f"<{self.warcinfo.record_id}>")] if type != "warcinfo" else []),
            *fields,
            *([("WARC-Payload-Digest", payload_digest)] if payload_digest else []),
            ("WARC-Block-Digest", block_digest),
            ("Content-Type", content_type),
            ("Content-Length", str(length)),
        ]
        return _Draft(type, record_id, moment, header, target_uri, pieces, length, payload_digest)


@dataclass(slots=True)
class _Foundations:
    """What an exchange rests on."""

    dns_record: str | None = None
    """Id of the record with the answer of the name system."""
    chain: Digest | None = None
    """Block digest of the record with the certificates."""
    drafts: list[_Draft] = field(default_factory=list)
    """Of those records the ones that the file lacks."""
    answers: dict[str, tuple[tuple[object, ...], str]] = field(default_factory=dict)
    chains: dict[tuple[bytes, ...], Digest] = field(default_factory=dict)


def _check(exchange: Exchange, occasion: Occasion, original: Capture | None) -> None:
    """Refuse an exchange whose records would not say what it says."""
    problem = None
    if exchange.began_at.tzinfo is None or (exchange.dns is not None and exchange.dns.looked_up_at.tzinfo is None):
        problem = "expected a time with its zone, found none"
    elif not is_uri(exchange.url):
        problem = "expected a URI with its scheme, in visible ASCII"
    elif exchange.has_head and (exchange.payload_digest is None or exchange.status is None):
        problem = "expected a status and a payload digest beside a complete head"
    elif any(not is_uri(one.target) or not one.target.startswith(MADE) for one in exchange.made):
        problem = f"expected what was made of the page under one of {', '.join(MADE)}"
    elif exchange.made and not exchange.has_head:
        problem = "expected nothing made of a page that did not come"
    elif exchange.head_length > len(exchange.response):
        problem = f"expected a response of at least {exchange.head_length} octets, found {len(exchange.response)}"
    elif not exchange.has_head and (exchange.payload_digest or exchange.status is not None):
        problem = "expected neither status nor payload digest without a complete head"
    elif original is not None and (
        not exchange.has_head or exchange.truncated or original.payload_digest != exchange.payload_digest
    ):
        problem = f"expected a complete response with the payload of {original.record_id}, its original"
    elif original is not None and original.is_revisit:
        problem = f"expected an original that is a response, found the revisit {original.record_id}"
    wrong = next((name for name, _ in occasion.notes if not _NOTE_NAME.match(name) or name in _OWN_NAMES), None)
    if wrong is not None:
        problem = f"expected notes with names of their own in lower case and hyphens, found {wrong!r}"
    if problem:
        raise ExchangeError(f"the exchange for {exchange.url[:200]!r} cannot be stored: {problem}")


def _connection(exchange: Exchange) -> list[tuple[str, str]]:
    """Address and protocols of the connection (5.10, #42, #86)."""
    fields = [("WARC-IP-Address", _address(exchange.peer))] if exchange.peer else []
    fields.append(("WARC-Protocol", exchange.protocol))
    if exchange.tls is not None:
        fields.append(("WARC-Protocol", _tls_protocol(exchange.tls.version)))
        fields.append(("WARC-Cipher-Suite", one_line(exchange.tls.cipher)))
    return fields


def _address(peer: str) -> str:
    """The address in RFC 5952 form; the zone, a name of this machine's own interface, is left out."""
    try:
        address = ipaddress.ip_address(peer.partition("%")[0])
    except ValueError as error:
        raise ExchangeError(f"expected the address of a server, found {peer[:60]!r}") from error
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def _tls_protocol(version: str) -> str:
    """`TLSv1.3` as WARC-Protocol has it: `tls/1.3`."""
    name, _, number = version.partition("v")
    return f"{name.lower()}/{number or '?'}" if "." in number or name == "SSL" else f"{name.lower()}/{number}.0"


def _concurrent(drafts: Iterable[_Draft]) -> list[tuple[str, str]]:
    return [("WARC-Concurrent-To", f"<{draft.record_id}>") for draft in drafts]


def _request_payload(exchange: Exchange) -> Digest | None:
    """The digest of a request's body; None when it has none. Our requests carry no transfer coding."""
    head = b""
    for piece in exchange.request.pieces():
        head += piece
        end = head.find(CRLF_CRLF)
        if end >= 0:
            start = end + len(CRLF_CRLF)
            return _digest_of(exchange.request.pieces(start)) if start < len(exchange.request) else None
    return None


def _metadata_lines(exchange: Exchange, occasion: Occasion, rests: _Foundations) -> list[tuple[str, str]]:
    lines: list[tuple[str, str | None]] = [
        ("outcome", exchange.outcome.value),
        ("stage", exchange.stage),
        ("error", _line_or_none(exchange.error)),
        ("failure", exchange.failure),
        ("truncated", exchange.truncated),
        ("status", str(exchange.status) if exchange.status is not None else None),
        ("media-type", _line_or_none(exchange.mime)),
        ("payload-length", str(exchange.payload_length)),
        ("crawl", occasion.crawl),
        ("site", occasion.site),
        ("via", _line_or_none(occasion.via)),
        # empty for a seed, and written all the same
        ("hopsFromSeed", occasion.hops),
        ("fetchTimeMs", str(round(exchange.duration * 1000))),
        ("sent-before", str(exchange.sent_before) if exchange.sent_before is not None else None),
        ("vantage", exchange.vantage if exchange.vantage != _DIRECT else None),
        ("vantage-label", _line_or_none(exchange.vantage_label)),
    ]
    if exchange.dns is not None:
        lines += [("dns-host", exchange.dns.host), ("dns-rcode", exchange.dns.rcode)]
        lines.append(("dns-record", f"<{rests.dns_record}>"))
    if exchange.tls is not None:
        lines.extend(_tls_lines(exchange.tls))
        lines.append(("tls-chain", rests.chain))
    lines.extend(occasion.notes)
    return [(name, value) for name, value in lines if value is not None]


def _tls_lines(tls: TlsFacts) -> list[tuple[str, str | None]]:
    return [
        ("tls-version", tls.version),
        ("tls-cipher", tls.cipher),
        ("tls-alpn", tls.alpn),
        ("tls-verdict", tls.verdict),
        ("tls-roots", tls.roots),
        ("tls-certificate", leaf_of(tls.chain)),
    ]


def _vantage(label: str | None, vantage: str | None) -> str | None:
    """Where a fetch was made from, as a capture has it."""
    return label or (vantage if vantage != _DIRECT else None)


def _line_or_none(text: str | None) -> str | None:
    return one_line(text) or None if text is not None else None


def _checked_id(record_id: str) -> str:
    if not _URN_UUID.match(record_id):
        raise ValueError(f"expected urn:uuid: and a UUID in lower case, found {record_id!r}")
    return record_id


def _digest_of(pieces: Iterable[bytes]) -> Digest:
    digester = Digester()
    for piece in pieces:
        digester.update(piece)
    return digester.digest()


# --- the disk --------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _disk(doing: str) -> Iterator[None]:
    """Turn the disk's refusal into ours; the message names the file, never the folder."""
    try:
        yield
    except OSError as error:
        raise StorageError(f"{doing}: {error.strerror or error.__class__.__name__}") from error


def fdatasync(fd: int) -> None:
    """Bring a file's octets and its size to the disk.

    macOS has no call for less than everything, and its fsync leaves them in the disk's own cache, which a power cut
    empties (fsync(2), F_FULLFSYNC); not every file system of its knows the one that does not.
    """
    if (whole := getattr(fcntl, "F_FULLFSYNC", None)) is not None:
        try:
            fcntl.fcntl(fd, whole)
            return
        except OSError as error:
            # any other refusal is the disk's, and may not be asked about again: the second answer would be "done"
            if error.errno not in {errno.ENOTSUP, errno.ENOTTY, errno.EINVAL}:
                raise
    getattr(os, "fdatasync", os.fsync)(fd)


def write_all(fd: int, octets: bytes, offset: int) -> int:
    """Write octets at an offset, however few of them the system takes at a time; how many. Raises OSError."""
    left = memoryview(octets)
    while left:
        count = os.pwrite(fd, left, offset)
        if count == 0:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        offset += count
        left = left[count:]
    return len(octets)


def sync_folder(folder: Path) -> None:
    """Bring a folder's entries to the disk. Raises StorageError."""
    with _disk(f"syncing the folder {folder.name}"):
        fd = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def rename_closed(path: Path) -> Path:
    """Give a synced `.open` file its final name and sync the folder; the final path. Raises StorageError."""
    final = path.with_name(final_name(path))
    with _disk(f"renaming {path.name}"):
        if final.exists():
            raise StorageError(f"renaming {path.name}: expected no file {final.name}, found one")
        path.rename(final)
    sync_folder(path.parent)
    return final


def file_digest(path: Path, *, stop: int | None = None) -> Digest:
    """SHA-256 of a file's octets, or of its first `stop` ones. Raises StorageError."""
    digester = Digester()
    with _disk(f"reading {path.name}"), path.open("rb") as file:
        while piece := file.read(1 << 20 if stop is None else min(1 << 20, stop - digester.length)):
            digester.update(piece)
    return digester.digest()


def serial_of(name: str) -> int:
    """The number in a file's name; -1 for the files of other tools."""
    found = _NAME.match(name)
    return int(found[1]) if found else -1


def final_name(path: Source) -> str:
    return path.name.removesuffix(OPEN_SUFFIX)


def regular(path: str, flags: int) -> int:
    """An `opener` for `open` that takes regular files alone: a pipe in the place of a WARC would block for ever.

    Raises OSError.
    """
    fd = os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)
    mode = os.fstat(fd).st_mode
    if stat.S_ISREG(mode):
        return fd
    os.close(fd)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    raise OSError(errno.EINVAL, "no regular file")


@contextlib.contextmanager
def opened(path: Source) -> Iterator[BinaryIO]:
    """The file, under its final name when it was renamed meanwhile."""
    with _disk(f"reading {path.name}"), contextlib.ExitStack() as stack:
        if not isinstance(path, Path):
            yield stack.enter_context(path.open_octets())
            return
        try:
            file = stack.enter_context(open(path, "rb", opener=regular))
        except FileNotFoundError:
            final = path.with_name(final_name(path))
            if final == path:
                raise
            file = stack.enter_context(open(final, "rb", opener=regular))
        yield file


# --- reading ---------------------------------------------------------------------------------------------------------


def read_record(path: Source, offset: int, *, name: str | None = None) -> Record:
    """The record whose member begins at an offset.

    `name` is the file's name for messages and locations; without it, the path's own, never `.open`. Raises
    RecordError when the member is not one whole record as clause 4 has it, RecordTruncatedError when the file ends
    inside it, StorageError when the file cannot be read.
    """
    with opened(path) as file:
        return _read(file, path, offset, name or final_name(path), n=None, stop=None)


def read_records(
    path: Source, *, start: int = 0, first: int = 0, stop: int | None = None, name: str | None = None
) -> Iterator[Record]:
    """All records from the member at `start`, which is the `first`-th, up to the file's end or to `stop`.

    Raises as `read_record` does where the first damage is; what came before it has been given.
    """
    with opened(path) as file:
        end = file.seek(0, os.SEEK_END) if stop is None else stop
        offset, n = start, first
        while offset < end:
            record = _read(file, path, offset, name or final_name(path), n=n, stop=stop)
            yield record
            offset += record.location.length
            n += 1


def valid_length(path: Path) -> ValidPrefix:
    """How much of a file is whole members with one record each: where recovery cuts. Raises StorageError."""
    length = records = 0
    first: Record | None = None
    last: Record | None = None
    problem: RecordError | None = None
    try:
        for record in read_records(path):
            length = record.location.offset + record.location.length
            records += 1
            first, last = first or record, record
    except RecordError as error:
        problem = error
    return ValidPrefix(length, records, problem, first, last)


def _read(file: BinaryIO, path: Source, offset: int, name: str, *, n: int | None, stop: int | None) -> Record:
    member = Member(file, offset, name=name, stop=stop)

    def refuse(expected: str, found: str) -> RecordError:
        return RecordError(f"expected {expected}, found {found}", file=name, offset=offset)

    octets = member.header()
    if octets is None:
        raise refuse("a record's header", "no empty line that would end it")
    header = parse_header(octets)
    if header.problems:
        raise refuse(header.problems[0].expected, header.problems[0].found)
    length = header.content_length
    assert length is not None
    whole, block = Digester(), Digester()
    whole.update(octets)
    kept: list[bytes] = []
    for piece in member.pieces(length):
        whole.update(piece)
        block.update(piece)
        if length <= _KEPT_BLOCK:
            kept.append(piece)
    if block.length != length:
        raise refuse(f"a block of {length} octets", f"{block.length} in the member")
    ending = b"".join(member.pieces(len(CRLF_CRLF) + 1))
    if ending != CRLF_CRLF:
        raise refuse("two line ends after the block, then the member's end", repr(ending))
    whole.update(ending)
    return Record(
        location=RecordLocation(name, offset, member.length),
        n=n,
        fields=header.fields,
        type=cast(str, header.value("WARC-Type")),
        record_id=cast(str, parse_record_id(cast(str, header.value("WARC-Record-ID")))),
        date=cast(datetime, parse_date(cast(str, header.value("WARC-Date")))),
        target_uri=header.value("WARC-Target-URI"),
        block=Block(path, offset, length, block.digest(), b"".join(kept) if length <= _KEPT_BLOCK else None),
        record_digest=whole.digest(),
        length=whole.length,
    )


# --- captures from records -------------------------------------------------------------------------------------------


def captures_in(
    records: Iterable[Record], *, damaged: Callable[[RecordError], None] | None = None
) -> Iterator[Capture]:
    """The captures that records make, from the records alone: equal to those `append` returned.

    Records come in file order; a metadata record closes its exchange. A response or revisit whose metadata record
    was lost with a torn tail is a capture too, as far as it says itself: its crawl is the warcinfo's `isPartOf`, its
    site the host, its hops and the payload length of a revisit are unknown ("" and 0). Records of other kinds, and
    a request whose outcome was lost, give nothing.

    Raises RecordError when records do not say what they must, or their response is gone; with `damaged`, the error
    is handed to it and the captures after it follow.
    """

    def refuse(error: RecordError) -> None:
        if damaged is None:
            raise error
        damaged(error)

    group: list[Record] = []
    crawl = ""
    for record in records:
        if not {member.record_id for member in group}.intersection(record.concurrent_to):
            try:
                torn = _torn(group, crawl)
            except RecordError as error:
                refuse(error)
            else:
                yield from torn
            group = []
        group.append(record)
        if record.type == "warcinfo":
            crawl = value_of(parse_warc_fields(record.block.read()), "isPartOf") or ""
        elif record.type == "metadata":
            lines = parse_warc_fields(record.block.read()) if record.value("Content-Type") == WARC_FIELDS else ()
            if value_of(lines, "outcome") is not None:
                whole, group = group, []
                try:
                    capture = _capture(whole, lines)
                except RecordError as error:
                    refuse(error)
                else:
                    yield capture
    try:
        torn = _torn(group, crawl)
    except RecordError as error:
        refuse(error)
    else:
        yield from torn


def _torn(group: Sequence[Record], crawl: str) -> list[Capture]:
    """The capture of a response that lacks its metadata record."""
    response = group[0] if group else None
    head = http_head(response) if response is not None and response.type in {"response", "revisit"} else None
    if response is None or head is None:
        return []
    revisit = response.type == "revisit"
    method = next((request_method(record) for record in group if record.type == "request"), "GET")
    with _refusing(response):
        truncated = None if revisit else _truncation(response.value("WARC-Truncated"))
        capture = Capture(
            url=response.target_uri or "",
            captured_at=response.date,
            record_id=response.record_id,
            record_digest=response.record_digest,
            location=response.location,
            outcome=Outcome.TRUNCATED if truncated else Outcome.RESPONSE,
            status=head.status,
            mime=_line_or_none(head.media_type),
            payload_digest=_payload_digest(response),
            payload_length=0 if revisit else sum(map(len, http_payload(response, head, method))),
            truncated=truncated,
            refers_to=_refers_to(response),
            crawl=crawl,
            site=urllib.parse.urlsplit(response.target_uri or "").hostname or "",
            via=None,
            hops="",
            error=None,
        )
    return [capture]


def http_head(record: Record) -> Head | None:
    """The final HTTP head of a response's or revisit's block; None when there is none that can be read."""
    octets = b""
    for piece in record.block.pieces():
        octets += piece
        try:
            head = parse_head(octets)
        except MalformedHeadError:
            return None
        if head is not None or len(octets) > HEADER_LIMIT:
            return head
    return None


def http_payload(record: Record, head: Head, method: str) -> Iterator[bytes]:
    """The payload (5.9) in a response's block: transfer coding removed, content coding kept."""
    return body_pieces(head, record.block.pieces(head.length), method)


def request_method(record: Record) -> str:
    """The method that a request's block begins with, upper case."""
    return record.block.read(0, 40).partition(b" ")[0].decode("latin-1").upper()


def _capture(group: Sequence[Record], lines: Fields) -> Capture:
    first, metadata = group[0], group[-1]
    principal = first if first.type in {"response", "revisit"} else metadata
    with _refusing(metadata):
        status = value_of(lines, "status")
        if status is not None and principal is metadata:
            raise ValueError("a status, and no response before it")
        return Capture(
            url=metadata.target_uri or "",
            captured_at=principal.date,
            record_id=principal.record_id,
            record_digest=principal.record_digest,
            location=principal.location,
            outcome=Outcome(_said(lines, "outcome")),
            status=int(status) if status is not None else None,
            mime=value_of(lines, "media-type"),
            payload_digest=_payload_digest(principal),
            payload_length=int(_said(lines, "payload-length")),
            truncated=_truncation(value_of(lines, "truncated")),
            refers_to=_refers_to(principal),
            crawl=_said(lines, "crawl"),
            site=_said(lines, "site"),
            via=value_of(lines, "via"),
            hops=_said(lines, "hopsFromSeed"),
            error=value_of(lines, "error"),
            failure=_failure(value_of(lines, "failure")),
            certificate=_digest_or_none(value_of(lines, "tls-certificate")),
            tls_verdict=value_of(lines, "tls-verdict"),
            vantage=_vantage(value_of(lines, "vantage-label"), value_of(lines, "vantage")),
        )


@dataclass(frozen=True, slots=True)
class Foundation:
    """A record that exchanges rest on, as they name it."""

    target: str
    name: str
    """Id of an answer's record; block digest of a chain's."""
    says: str
    """What the exchange says of its content: the answer's RCODE, the digest of the server's own certificate."""

    def __str__(self) -> str:
        return f"the record {self.target} ({self.name}, {self.says})"

    def is_in(self, record: Record) -> bool:
        """Whether a record is this one and says so."""
        with contextlib.suppress(ValueError):
            return foundation_in(record) == self
        return False


def foundation_in(record: Record) -> Foundation:
    """What a record is for the exchanges that rest on it. Raises ValueError when it is not what its target says."""
    block = record.block.read()
    target = record.target_uri or ""
    if record.value("Content-Type") == TEXT_DNS:
        answer = parse_dns(block)
        if dns_uri(answer.host) != target:
            raise ValueError(f"expected the answer for {target}, found one for {answer.host}")
        return Foundation(target, record.record_id, answer.rcode)
    leaf = leaf_of(parse_chain(block))
    if leaf is None or chain_uri(leaf) != target:
        raise ValueError(f"expected the certificate {target} first, found {leaf}")
    return Foundation(target, record.block.digest, leaf)


def foundations_of(metadata: Record) -> list[Foundation]:
    """What the exchange that a metadata record closes rests on, as that record says."""
    lines = parse_warc_fields(metadata.block.read()) if metadata.value("Content-Type") == WARC_FIELDS else ()
    rests = []
    name, host, rcode = (value_of(lines, line) for line in ("dns-record", "dns-host", "dns-rcode"))
    if name is not None:
        rests.append(Foundation(dns_uri(host or ""), name.strip("<>"), rcode or ""))
    name, leaf = (value_of(lines, line) for line in ("tls-chain", "tls-certificate"))
    if name is not None:
        rests.append(Foundation(chain_uri(Digest(leaf or "")), name, leaf or ""))
    return rests


def is_recovery(record: Record) -> bool:
    """Whether a record tells that its file was recovered."""
    return record.type == "metadata" and (record.target_uri or "").startswith(RECOVERED)


@contextlib.contextmanager
def _refusing(record: Record) -> Iterator[None]:
    """Say of a value that it is wrong in this record."""
    try:
        yield
    except (ValueError, DigestError) as error:
        message = f"expected the record of an exchange, found a wrong value in it: {error}"
        raise RecordError(message, file=record.location.file, offset=record.location.offset) from error


def _payload_digest(record: Record) -> Digest | None:
    return _digest_or_none(record.value("WARC-Payload-Digest"))


def _digest_or_none(text: str | None) -> Digest | None:
    return parse_digest(text) if text is not None else None


def _failure(text: str | None) -> Failure | None:
    return Failure(text) if text is not None else None


def _refers_to(record: Record) -> str | None:
    text = record.value("WARC-Refers-To") if record.type == "revisit" else None
    return text.strip("<>") if text is not None else None


def _said(lines: Fields, name: str) -> str:
    value = value_of(lines, name)
    if value is None:
        raise ValueError(f"no line {name!r}")
    return value


def _truncation(text: str | None) -> Truncation | None:
    if text is not None and text not in get_args(Truncation):
        raise ValueError(f"no reason of WARC-Truncated: {text!r}")
    return cast("Truncation | None", text)
