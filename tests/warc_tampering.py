"""Every way of spoiling a WARC that we know, and who must find it: the strict check, the audit, or both."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from warc_samples import CHUNKED_BODY, PAGE

from archive.check import FindingKind
from archive.check import FindingKind as K
from archive.digest import digest

Found = set[tuple[FindingKind, int | None]]
"""Kinds of findings, each with the record that is named: its number in the file before it was spoiled."""


@dataclass
class Warc:
    """A WARC of one gzip member a record, taken apart."""

    path: Path
    records: list[bytes]
    """Uncompressed."""
    members: list[bytes]
    """Compressed; what `write` puts into the file."""
    plain: bool = False
    """The records lie bare in the file: a member is the record itself."""

    @classmethod
    def read(cls, path: Path) -> Warc:
        octets, members, records = path.read_bytes(), [], []
        while octets:
            inflate = zlib.decompressobj(wbits=31)
            records.append(inflate.decompress(octets))
            members.append(octets[: len(octets) - len(inflate.unused_data)])
            octets = inflate.unused_data
        return cls(path, records, members)

    def write(self) -> None:
        self.path.write_bytes(b"".join(self.members))

    def put(self, n: int, record: bytes) -> None:
        """Another record in the place of the n-th."""
        assert record != self.records[n], "nothing would be changed"
        self.records[n] = record
        self.members[n] = record if self.plain else gzip.compress(record, mtime=0)

    def replace(self, n: int, old: bytes, new: bytes) -> None:
        """Other octets in the n-th record."""
        assert old in self.records[n], (old, self.records[n])
        self.put(n, self.records[n].replace(old, new, 1))

    def field(self, n: int, name: str, value: str | None) -> None:
        """Another value of a header field in the n-th record; None takes the field away, a new name adds one."""
        head, blank, block = self.records[n].partition(b"\r\n\r\n")
        line = b"" if value is None else f"\r\n{name}: {value}".encode()
        pattern = rb"\r\n" + name.encode() + rb":[^\r\n]*"
        if re.search(pattern, head):
            head = re.sub(pattern, lambda _: line, head, count=1)
        else:
            head += line
        self.put(n, head + blank + block)

    def value(self, n: int, name: str) -> str:
        found = re.search(name.encode() + rb": ([^\r\n]*)", self.records[n])
        assert found
        return found[1].decode()

    def block(self, n: int) -> bytes:
        return self.records[n].partition(b"\r\n\r\n")[2][:-4]

    def digests(self, n: int, payload: bytes | None) -> None:
        """Digests that fit what the n-th record holds now."""
        self.field(n, "Content-Length", str(len(self.block(n)))) if self.value(n, "Content-Length") != str(
            len(self.block(n))
        ) else None
        self.field(n, "WARC-Block-Digest", digest(self.block(n)))
        if payload is not None:
            self.field(n, "WARC-Payload-Digest", digest(payload))


@dataclass(frozen=True)
class Case:
    """One way of spoiling the first file of the collection, or the second."""

    spoil: Callable[[Warc], None]
    check: Found
    audit: Found
    file: int = 0
    says: str = ""
    """Words that the finding of the check, or else of the audit, must hold."""


# The first file: 0 warcinfo · 1 response 2 request 3 metadata · 4 response (chunked) 5 request 6 metadata ·
#                 7 request 8 resource 9 metadata (what came was no HTTP)
# The second:     0 warcinfo · 1 revisit of the first file's 1, 2 request 3 metadata

OTHER_DIGEST = digest(b"something else")
EIGHT = PAGE.replace("Пять".encode(), "Восемь".encode())


def _flip_in_member(warc: Warc) -> None:
    member = bytearray(warc.members[1])
    member[len(member) // 2] ^= 0x10
    warc.members[1] = bytes(member)


def _bad_crc(warc: Warc) -> None:
    member = bytearray(warc.members[1])
    member[-6] ^= 1
    warc.members[1] = bytes(member)


def _backdated(*records: int) -> Callable[[Warc], None]:
    def spoil(warc: Warc) -> None:
        for n in records:
            warc.field(n, "WARC-Date", "2025-11-22T01:00:01.123456Z")

    return spoil


def _cut(keep: int, octets: int = 0) -> Callable[[Warc], None]:
    def spoil(warc: Warc) -> None:
        warc.members[keep:] = [warc.members[keep][:octets]]

    return spoil


def _delete(*records: int) -> Callable[[Warc], None]:
    def spoil(warc: Warc) -> None:
        for n in sorted(records, reverse=True):
            del warc.members[n]

    return spoil


def _order(*records: int) -> Callable[[Warc], None]:
    def spoil(warc: Warc) -> None:
        warc.members = [warc.members[n] for n in records]

    return spoil


def _one_member(warc: Warc) -> None:
    warc.members = [gzip.compress(b"".join(warc.records))]


def _two_in_a_member(warc: Warc) -> None:
    warc.members[1:3] = [gzip.compress(warc.records[1] + warc.records[2])]


def _insider(warc: Warc) -> None:
    """The page changed, and all its digests with it."""
    warc.replace(1, PAGE, EIGHT)
    warc.replace(1, b"Content-Length: %d\r\n\r\n" % len(PAGE), b"Content-Length: %d\r\n\r\n" % len(EIGHT))
    warc.digests(1, EIGHT)


def _no_digests(warc: Warc) -> None:
    for n in range(len(warc.records)):
        warc.field(n, "WARC-Block-Digest", None)


def _insert_own(warc: Warc) -> None:
    """A whole exchange that the collection never stored, in good order."""
    records = [warc.records[n] for n in (1, 2, 3)]
    for n, record in enumerate(records):
        own = record
        for old in (1, 2, 3):
            own = own.replace(warc.value(old, "WARC-Record-ID").encode(), b"<urn:uuid:%032d>" % old)
        warc.members.insert(4 + n, gzip.compress(own))


def _mend_lines(n: int) -> Callable[[Warc], None]:
    def spoil(warc: Warc) -> None:
        head, _, block = warc.records[n].partition(b"\r\n\r\n")
        warc.put(n, head.replace(b"\r\n", b"\n") + b"\n\n" + block)

    return spoil


def _append(octets: bytes) -> Callable[[Warc], None]:
    return lambda warc: warc.members.append(octets)


def _set(n: int, name: str, value: str | None) -> Callable[[Warc], None]:
    return lambda warc: warc.field(n, name, value)


def _garbage_over(*records: int) -> Callable[[Warc], None]:
    def spoil(warc: Warc) -> None:
        for n in records:
            warc.members[n] = b"\xa5" * len(warc.members[n])

    return spoil


def _whole(octets: bytes) -> Callable[[Warc], None]:
    def spoil(warc: Warc) -> None:
        warc.members = [octets]

    return spoil


def _plain(warc: Warc) -> None:
    warc.members = list(warc.records)


def _nested_short(warc: Warc) -> None:
    """Half of the body gone, its HTTP length as it was, digests made to fit."""
    warc.put(1, warc.records[1][: -4 - len(PAGE) // 2] + b"\r\n\r\n")
    warc.digests(1, PAGE[: -(len(PAGE) // 2)])


def _all(kind: FindingKind, *records: int | None) -> Found:
    return {(kind, n) for n in records}


ALTERED_1 = _all(K.ALTERED, 1)
EVERY = range(10)

CASES: dict[str, Case] = {
    "a flipped byte of the page": Case(
        lambda warc: warc.replace(1, "Пять".encode(), "Пить".encode()), ALTERED_1, ALTERED_1, says="WARC-Block-Digest"
    ),
    "a flipped byte of the request": Case(
        lambda warc: warc.replace(2, b"GET", b"PUT"), _all(K.ALTERED, 2), _all(K.ALTERED, 2)
    ),
    "a flipped byte of the metadata": Case(
        lambda warc: warc.replace(3, b"fetchTimeMs: 250", b"fetchTimeMs: 251"),
        _all(K.ALTERED, 3),
        _all(K.ALTERED, 3),
    ),
    "a flipped byte of the compressed member": Case(_flip_in_member, ALTERED_1, ALTERED_1),
    "a wrong CRC": Case(_bad_crc, ALTERED_1, ALTERED_1, says="incorrect data check"),
    "another server address": Case(_set(1, "WARC-IP-Address", "192.0.2.18"), set(), ALTERED_1, says="the record sha"),
    "an exchange back-dated": Case(_backdated(1, 2, 3), set(), _all(K.ALTERED, 1, 2, 3)),
    "a record back-dated": Case(
        _backdated(2), _all(K.MALFORMED, 2), {(K.MALFORMED, 2), (K.ALTERED, 2)}, says="of the same event"
    ),
    "another page with digests to match": Case(_insider, set(), ALTERED_1),
    "a block digest that does not fit": Case(_set(1, "WARC-Block-Digest", OTHER_DIGEST), ALTERED_1, ALTERED_1),
    "a payload digest that does not fit": Case(
        _set(1, "WARC-Payload-Digest", OTHER_DIGEST), ALTERED_1, ALTERED_1, says="WARC-Payload-Digest"
    ),
    "a payload digest of the chunks": Case(
        _set(4, "WARC-Payload-Digest", digest(CHUNKED_BODY)), _all(K.ALTERED, 4), _all(K.ALTERED, 4)
    ),
    "no block digests": Case(
        _no_digests, _all(K.UNDIGESTED, *EVERY), {*_all(K.UNDIGESTED, *EVERY), *_all(K.ALTERED, *EVERY)}
    ),
    "no payload digest": Case(
        _set(1, "WARC-Payload-Digest", None), _all(K.UNDIGESTED, 1), {(K.UNDIGESTED, 1), (K.ALTERED, 1)}
    ),
    "a digest of another algorithm": Case(
        _set(1, "WARC-Block-Digest", "sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ"),
        _all(K.UNDIGESTED, 1),
        {(K.UNDIGESTED, 1), (K.ALTERED, 1)},
    ),
    "a digest with another label": Case(
        lambda warc: warc.replace(1, b"WARC-Block-Digest: sha256:", b"WARC-Block-Digest: sha-256:"),
        _all(K.UNDIGESTED, 1),
        {(K.UNDIGESTED, 1), (K.ALTERED, 1)},
    ),
    "a response deleted": Case(_delete(1), _all(K.MISSING, 2), _all(K.MISSING, 1)),
    "a metadata record deleted": Case(_delete(3), set(), _all(K.MISSING, 3)),
    "an exchange deleted": Case(_delete(4, 5, 6), set(), _all(K.MISSING, 4, 5, 6)),
    "the last exchange deleted": Case(_delete(7, 8, 9), set(), {(K.TRUNCATED, None), *_all(K.MISSING, 7, 8, 9)}),
    "the warcinfo deleted": Case(_delete(0), _all(K.MISSING, 1), {(K.MISSING, 0), (K.MISSING, 1)}),
    "two exchanges exchanged": Case(
        _order(0, 4, 5, 6, 1, 2, 3, 7, 8, 9), set(), _all(K.REORDERED, 4, 5, 6), says="of the file"
    ),
    "a record moved to the end": Case(_order(0, 1, 2, 4, 5, 6, 7, 8, 9, 3), set(), _all(K.REORDERED, 3)),
    "an exchange twice": Case(
        _order(*EVERY, 1, 2, 3), _all(K.INSERTED, 1, 2, 3), _all(K.INSERTED, 1, 2, 3), says="offset"
    ),
    "a record twice in a row": Case(_order(0, 1, 1, *range(2, 10)), _all(K.INSERTED, 1), _all(K.INSERTED, 1)),
    "an exchange that was never stored": Case(_insert_own, set(), _all(K.INSERTED, None)),
    "an end in the middle of a member": Case(
        _cut(8, 20), _all(K.TRUNCATED, None), {(K.TRUNCATED, 8), (K.MISSING, 9)}, says="the end of the file after 20"
    ),
    "an end after two octets of a member": Case(_cut(9, 2), _all(K.TRUNCATED, None), _all(K.TRUNCATED, 9)),
    "an end between two members": Case(_cut(8), set(), {(K.TRUNCATED, None), *_all(K.MISSING, 8, 9)}),
    "an end after the first member": Case(_cut(1), set(), {(K.TRUNCATED, None), *_all(K.MISSING, *range(1, 10))}),
    "an empty file": Case(
        _whole(b""), _all(K.TRUNCATED, None), {(K.TRUNCATED, None), *_all(K.MISSING, *EVERY)}, says="an empty file"
    ),
    "one member for the whole file": Case(_one_member, _all(K.MALFORMED, 0), _all(K.MALFORMED, 0), says="one record"),
    "two records in a member": Case(_two_in_a_member, _all(K.MALFORMED, 1), _all(K.MALFORMED, 1), says="one record"),
    "garbage over a member": Case(
        _garbage_over(4), {(K.INSERTED, None), (K.MISSING, 5)}, _all(K.INSERTED, 4), says="other octets"
    ),
    "garbage over two members": Case(
        _garbage_over(4, 5),
        {(K.INSERTED, None), (K.MISSING, 6)},
        {(K.INSERTED, 4), (K.MISSING, 5)},
    ),
    "garbage at the end": Case(_append(b"garbage"), _all(K.INSERTED, None), _all(K.INSERTED, None), says="7 other"),
    "zeros at the end": Case(_append(b"\0" * 512), _all(K.INSERTED, None), _all(K.INSERTED, None), says="512 other"),
    "a gzip member that is no record at the end": Case(
        _append(gzip.compress(b"no record")), _all(K.MALFORMED, None), _all(K.MALFORMED, None)
    ),
    "an empty gzip member at the end": Case(
        _append(gzip.compress(b"")), _all(K.MALFORMED, None), _all(K.MALFORMED, None), says="empty gzip member"
    ),
    "no gzip at all": Case(
        _plain, _all(K.MALFORMED, None), {(K.MALFORMED, 0), *_all(K.MISSING, *range(1, 10))}, says="without compression"
    ),
    "a page instead of the WARC": Case(
        _whole(b"<!doctype html><p>Not found" * 200),
        _all(K.MALFORMED, None),
        {(K.MALFORMED, 0), *_all(K.MISSING, *range(1, 10))},
    ),
    "the same records compressed anew": Case(
        lambda warc: (
            [warc.members.__setitem__(n, gzip.compress(each, 0)) for n, each in enumerate(warc.records)] and None
        ),
        set(),
        _all(K.ALTERED, None),
        says="compressed anew",
    ),
    "a Content-Length that is too long": Case(
        lambda warc: warc.field(2, "Content-Length", str(len(warc.block(2)) + 99)),
        _all(K.MALFORMED, 2),
        {(K.MALFORMED, 2), (K.ALTERED, 2)},
        says="a block of",
    ),
    "a Content-Length that is too short": Case(
        lambda warc: warc.field(2, "Content-Length", str(len(warc.block(2)) - 9)),
        _all(K.MALFORMED, 2),
        {(K.MALFORMED, 2), (K.ALTERED, 2)},
        says="two line ends",
    ),
    "a body shorter than its HTTP head says": Case(
        _nested_short, _all(K.TRUNCATED, 1), {(K.TRUNCATED, 1), (K.ALTERED, 1)}, says="WARC-Truncated"
    ),
    **{
        f"no {name}": Case(
            _set(4, name, None), _all(K.MALFORMED, 4), {(K.MALFORMED, 4), (K.ALTERED, 4)}, says=f"one {name}"
        )
        for name in ("Content-Length", "WARC-Date", "WARC-Type")
    },
    "no WARC-Record-ID": Case(
        _set(4, "WARC-Record-ID", None),
        {(K.MALFORMED, None), (K.MISSING, 5)},
        _all(K.MALFORMED, 4),
        says="one WARC-Record-ID",
    ),
}


def _header(name: str, spoil: Callable[[Warc], None], says: str, n: int = 1) -> None:
    """A header that is wrong by itself: the check tells what, the audit also that it is not the stored one."""
    CASES[name] = Case(spoil, _all(K.MALFORMED, n), {(K.MALFORMED, n), (K.ALTERED, n)}, says=says)


_header("no WARC-Target-URI", _set(1, "WARC-Target-URI", None), "WARC-Target-URI in a response")
_header("a date that is none", _set(1, "WARC-Date", "22 Nov 2026"), "WARC-Date: YYYY")
_header("a date of the 31st of November", _set(1, "WARC-Date", "2026-11-31T01:00:00Z"), "WARC-Date: YYYY")
_header("two dates", _set(1, "warc-date", "2026-11-22T01:00:01Z"), "one warc-date")
_header("a target with a space", _set(1, "WARC-Target-URI", "http://site.example/a b"), "a URI without")
_header("a target in brackets", _set(1, "WARC-Target-URI", "<http://site.example/>"), "a URI without")
_header("a target without a scheme", _set(1, "WARC-Target-URI", "site.example/"), "a URI without")
_header("a record id without brackets", _set(4, "WARC-Concurrent-To", "urn:uuid:1"), "angle brackets", n=4)
_header("LF instead of CRLF", _mend_lines(1), "ended by CRLF")
_header("one line end after the block", lambda warc: warc.put(1, warc.records[1][:-2]), "two line ends")
_header("no line end after the block", lambda warc: warc.put(1, warc.records[1][:-4]), "two line ends")
_header("a folded line", lambda warc: warc.replace(1, b"WARC-IP-Address: ", b"WARC-IP-Address:\r\n "), "one line")
_header("a line without a colon", lambda warc: warc.replace(1, b"\r\nWARC-IP", b"\r\nnonsense\r\nWARC-IP"), "colon")
_header("a header that is not UTF-8", _set(1, "X-Note", "x"), "UTF-8")
CASES["a header that is not UTF-8"] = Case(
    lambda warc: warc.replace(1, b"\r\nWARC-IP", b"\r\nX-Note: \xff\r\nWARC-IP"),
    _all(K.MALFORMED, 1),
    {(K.MALFORMED, 1), (K.ALTERED, 1)},
    says="UTF-8",
)
_header("another version", lambda warc: warc.replace(1, b"WARC/1.1", b"WARC/0.18"), "WARC/1.1")
_header("a warcinfo with a target", _set(0, "WARC-Target-URI", "http://site.example/"), "no WARC-Target-URI", n=0)
_header("a response that refers", _set(1, "WARC-Refers-To", "<urn:uuid:1>"), "no WARC-Refers-To")
_header("a file name in a response", _set(1, "WARC-Filename", "a.warc.gz"), "no WARC-Filename")
_header("metadata with a payload", _set(3, "WARC-Payload-Digest", OTHER_DIGEST), "no WARC-Payload-Digest", n=3)
_header("an address that is none", _set(1, "WARC-IP-Address", "site.example"), "an address")
_header("a reason that is none", _set(1, "WARC-Truncated", "tired"), "a reason")
_header("an id that is none", _set(4, "WARC-Record-ID", "<17>"), "a URI in angle brackets")
CASES["an id that is none"] = Case(
    _set(9, "WARC-Record-ID", "<17>"), _all(K.MALFORMED, None), _all(K.MALFORMED, 9), says="a URI in angle brackets"
)
CASES["the id of another record"] = Case(
    lambda warc: warc.field(8, "WARC-Record-ID", warc.value(1, "WARC-Record-ID")),
    {(K.INSERTED, 1), (K.MISSING, 9)},
    {(K.INSERTED, 1), (K.MISSING, 8)},
    says="a record id of its own",
)
CASES["a reference into nothing"] = Case(
    _set(3, "WARC-Concurrent-To", "<urn:uuid:00000000-0000-4000-8000-000000000000>"),
    _all(K.MISSING, 3),
    {(K.MISSING, 3), (K.ALTERED, 3)},
    says="in this file",
)
CASES["a revisit of another payload"] = Case(
    _set(1, "WARC-Payload-Digest", OTHER_DIGEST), set(), ALTERED_1, file=1, says="of its original"
)
CASES["a revisit of nothing"] = Case(
    _set(1, "WARC-Refers-To", "<urn:uuid:00000000-0000-4000-8000-000000000000>"),
    set(),
    {(K.MISSING, 1), (K.ALTERED, 1)},
    file=1,
    says="its original",
)
CASES["a revisit that names no original"] = Case(
    _set(1, "WARC-Refers-To", None), set(), {(K.MISSING, 1), (K.ALTERED, 1)}, file=1, says="the id of the original"
)
CASES["a revisit of another day's page"] = Case(
    _set(1, "WARC-Refers-To-Date", "2026-11-21T01:00:01Z"), set(), ALTERED_1, file=1, says="WARC-Refers-To-Date"
)
CASES["a revisit with another head"] = Case(
    lambda warc: warc.replace(1, b"HTTP/1.1 200", b"HTTP/1.1 203"), ALTERED_1, ALTERED_1, file=1
)
CASES["a revisit without a profile"] = Case(
    _set(1, "WARC-Profile", None),
    _all(K.MALFORMED, 1),
    {(K.MALFORMED, 1), (K.ALTERED, 1)},
    file=1,
    says="WARC-Profile",
)
CASES["a revisit that does not say it is cut"] = Case(
    _set(1, "WARC-Truncated", None),
    _all(K.MALFORMED, 1),
    {(K.MALFORMED, 1), (K.ALTERED, 1)},
    file=1,
    says="WARC-Truncated: length",
)
CASES["a revisit without a payload digest"] = Case(
    _set(1, "WARC-Payload-Digest", None),
    _all(K.UNDIGESTED, 1),
    {(K.UNDIGESTED, 1), (K.ALTERED, 1)},
    file=1,
    says="WARC-Payload-Digest",
)
