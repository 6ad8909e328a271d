"""The matrix of ways in which a WARC of any tool can be right, wrong or unusual, and what `check` must say of each.

The numbers are those of a comparison of validators; every case is made here from a file of our own writer:

    0 warcinfo · 1 response 2 request 3 metadata · 4 response (chunked) 5 request 6 metadata ·
    7 request 8 resource 9 metadata (what came was no HTTP) · 10 revisit of 1, 11 request 12 metadata
"""

from __future__ import annotations

import base64
import gzip
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from warc_samples import CHUNKED_BODY, CHUNKED_HEAD, PAGE, exchange, failure, request_bytes, store, writer
from warc_tampering import Warc

from archive.digest import digest
from archive.exchange import Outcome
from archive.finding import FindingKind as K
from archive.finding import Severity
from archive.verdict import Verdict

DEFECT, DEVIATION, NOTE = Severity.DEFECT, Severity.DEVIATION, Severity.NOTE
SOUND, DEVIATES, DEFECTIVE = Verdict.SOUND, Verdict.DEVIATES, Verdict.DEFECTIVE

Spoil = Callable[[Warc], None]


@dataclass(frozen=True)
class Said:
    """A finding that is expected."""

    severity: Severity
    kind: K
    rule: str
    clause: str
    at: int
    """Which of the file's members, after it was spoiled, it is at."""
    of: int | None = -1
    """Whose record id it names: that of the record with this number before; `at` when -1, none when None."""


@dataclass(frozen=True)
class MatrixCase:
    """A file and what is said of it."""

    spoil: Spoil
    verdict: Verdict
    said: tuple[Said, ...] = ()
    plain: bool = False
    unseen: bool = False
    """No format validator can find it: what is wrong is in the content alone."""
    not_checked: str = ""
    """Words that the report's list of what was not checked must hold."""


def base_file(folder: Path) -> Path:
    """The sound file that all cases are made of."""
    warc = writer(folder)
    original, _ = store(warc, exchange())
    second = timedelta(seconds=1)
    store(
        warc,
        exchange(
            "http://site.example/chunked", head=CHUNKED_HEAD, body=CHUNKED_BODY, payload=b"five, eight", after=second
        ),
    )
    received = failure(
        Outcome.MALFORMED, request=request_bytes(), received=b"SSH-2.0", peer="192.0.2.18", after=2 * second
    )
    store(warc, received)
    store(warc, exchange(after=timedelta(days=1)), original)
    return folder / warc.close().name


def make(folder: Path, case: MatrixCase) -> tuple[Path, list[str], list[int]]:
    """The spoiled file, the record ids before it was spoiled, and the offsets of its members now."""
    path = base_file(folder)
    warc = Warc.read(path)
    ids = [warc.value(n, "WARC-Record-ID").strip("<>") for n in range(len(warc.records))]
    if case.plain:
        path.unlink()
        warc = Warc(path.with_suffix(""), warc.records, list(warc.records), plain=True)
    case.spoil(warc)
    warc.write()
    offsets = [0]
    for member in warc.members:
        offsets.append(offsets[-1] + len(member))
    return warc.path, ids, offsets


def nothing(_: Warc) -> None:
    """Leave the file as it is."""


def each(*changes: Spoil) -> Spoil:
    """Several changes."""

    def spoil(warc: Warc) -> None:
        for change in changes:
            change(warc)

    return spoil


def of_all(change: Callable[[int], Spoil]) -> Spoil:
    """A change of every record."""

    def spoil(warc: Warc) -> None:
        for n in range(len(warc.records)):
            change(n)(warc)

    return spoil


def field(n: int, name: str, value: str | None) -> Spoil:
    """Another value of a field, a new one, or none."""
    return lambda warc: warc.field(n, name, value)


def put(n: int, old: bytes, new: bytes) -> Spoil:
    """Other octets in a record."""
    return lambda warc: warc.replace(n, old, new)


def version(text: str) -> Spoil:
    """Another version line in every record."""
    return of_all(lambda n: put(n, b"WARC/1.1", text.encode()))


def hashed(name: str, octets: bytes) -> bytes:
    """A digest's octets."""
    return hashlib.new(name, octets).digest()


def base32(octets: bytes) -> str:
    """Base32 as RFC 4648 has it, padded."""
    return base64.b32encode(octets).decode()


def labelled(write: Callable[[bytes], str]) -> Spoil:
    """The first response's block digest, written in another way."""
    return lambda warc: warc.field(1, "WARC-Block-Digest", write(warc.block(1)))


def with_digests(n: int, change: Spoil, payload: bytes | None) -> Spoil:
    """A change of a block, its length and digests to match."""
    return each(change, lambda warc: warc.digests(n, payload))


def member(n: int, change: Callable[[bytearray], None]) -> Spoil:
    """Other octets in a compressed member."""

    def spoil(warc: Warc) -> None:
        octets = bytearray(warc.members[n])
        change(octets)
        warc.members[n] = bytes(octets)

    return spoil


def flip(at: Callable[[bytearray], int]) -> Callable[[bytearray], None]:
    """A flipped bit."""

    def change(octets: bytearray) -> None:
        octets[at(octets)] ^= 0x10

    return change


def order(*records: int) -> Spoil:
    """The members that remain, in their order."""

    def spoil(warc: Warc) -> None:
        warc.members = [warc.members[n] for n in records]

    return spoil


def cut(keep: int, octets: int) -> Spoil:
    """The file ends after so many members and octets of the next."""

    def spoil(warc: Warc) -> None:
        warc.members[keep:] = [warc.members[keep][:octets]] if octets else []

    return spoil


def append(octets: bytes) -> Spoil:
    """More octets at the end of the file."""
    return lambda warc: warc.members.append(octets)


def joined(first: int, last: int) -> Spoil:
    """Several records in one gzip member."""

    def spoil(warc: Warc) -> None:
        warc.members[first:last] = [gzip.compress(b"".join(warc.records[first:last]))]

    return spoil


def lf_lines(n: int) -> Spoil:
    """LF instead of CRLF in a header."""

    def spoil(warc: Warc) -> None:
        head, _, block = warc.records[n].partition(b"\r\n\r\n")
        warc.put(n, head.replace(b"\r\n", b"\n") + b"\n\n" + block)

    return spoil


def no_digests(warc: Warc) -> None:
    """Every digest stripped."""
    for n in range(len(warc.records)):
        for name in ("WARC-Block-Digest", "WARC-Payload-Digest"):
            if name.encode() in warc.records[n] and b"WARC-Type: revisit" not in warc.records[n]:
                warc.field(n, name, None)


def insider(warc: Warc) -> None:
    """The page changed, and all its digests with it, the revisit's too."""
    other = PAGE.replace("Пять".encode(), "Семь".encode())
    warc.replace(1, PAGE, other)
    warc.digests(1, other)
    warc.field(10, "WARC-Payload-Digest", digest(other))


def record_digest(n: int, name: str, value: str) -> Spoil:
    """A digest field."""
    return field(n, name, value)


def without_end(n: int, octets: int) -> Spoil:
    """The last octets of a record cut off."""
    return lambda warc: warc.put(n, warc.records[n][:-octets])


def longer(n: int, by: int) -> Spoil:
    """A Content-Length that is wrong."""
    return lambda warc: warc.field(n, "Content-Length", str(len(warc.block(n)) + by))


def http_length(by: int) -> Spoil:
    """A Content-Length in the HTTP head that is wrong, everything else to match."""
    old, new = f"Content-Length: {len(PAGE)}".encode(), f"Content-Length: {len(PAGE) + by}".encode()
    return with_digests(1, put(1, b"\r\n" + old + b"\r\n\r\n", b"\r\n" + new + b"\r\n\r\n"), None)


LAST = 12
OTHER = digest(b"something else")
FLIPPED = put(1, "Пять".encode(), "Пить".encode())
NOWHERE = "<urn:uuid:00000000-0000-4000-8000-000000000000>"
ALTERED_1 = Said(DEFECT, K.ALTERED, "block-digest", "5.8", 1)


def malformed(rule: str, clause: str, at: int, of: int | None = -1) -> Said:
    """A defect of form."""
    return Said(DEFECT, K.MALFORMED, rule, clause, at, of)


def _defect(spoil: Spoil, *said: Said, plain: bool = False) -> MatrixCase:
    return MatrixCase(spoil, DEFECTIVE, said, plain)


def _unseen(spoil: Spoil, **more: str) -> MatrixCase:
    return MatrixCase(spoil, SOUND, unseen=True, **more)


def _form(write: Callable[[bytes], str]) -> MatrixCase:
    return MatrixCase(labelled(write), DEVIATES, (Said(DEVIATION, K.MALFORMED, "digest-form", "#48", 1),))


MATRIX: dict[str, MatrixCase] = {
    "00 good, plain": MatrixCase(nothing, SOUND, plain=True),
    "00 good": MatrixCase(nothing, SOUND),
    "01 chunked, digest of the payload": MatrixCase(nothing, SOUND),
    "02 chunked, digest of the chunks": MatrixCase(
        field(4, "WARC-Payload-Digest", digest(CHUNKED_BODY)),
        DEVIATES,
        (Said(DEVIATION, K.MALFORMED, "payload-digest-framing", "5.9", 4),),
    ),
    "03 sha1 in base32": MatrixCase(labelled(lambda block: "sha1:" + base32(hashed("sha1", block))), SOUND),
    "04 sha256 in base32, padded": _form(lambda block: "sha256:" + base32(hashed("sha256", block))),
    "05 the label sha-256": _form(lambda block: "sha-256:" + hashed("sha256", block).hex()),
    "10 a flipped octet of the payload, plain": _defect(FLIPPED, ALTERED_1, plain=True),
    "11 a flipped octet of the payload, compressed anew": _defect(FLIPPED, ALTERED_1),
    "12 a flipped bit of the compressed member": _defect(
        member(1, flip(lambda octets: len(octets) // 2)), Said(DEFECT, K.ALTERED, "damaged-member", "Annex D", 1)
    ),
    "13 a wrong CRC": _defect(
        member(1, flip(lambda octets: len(octets) - 6)), Said(DEFECT, K.ALTERED, "damaged-member", "Annex D", 1)
    ),
    "14 another server address": _unseen(field(1, "WARC-IP-Address", "192.0.2.18")),
    "15 an exchange back-dated": _unseen(
        each(
            *(field(n, "WARC-Date", "2025-11-22T01:00:01.123456Z") for n in (1, 2, 3)),
            field(10, "WARC-Refers-To-Date", "2025-11-22T01:00:01.123456Z"),
        )
    ),
    "20 a Content-Length too long, plain": _defect(longer(1, 99), malformed("block-length", "5.3", 1), plain=True),
    "20 a Content-Length too long": _defect(longer(1, 99), malformed("block-length", "5.3", 1)),
    "21 a Content-Length too short, plain": _defect(longer(1, -9), malformed("block-length", "5.3", 1), plain=True),
    "21 a Content-Length too short": _defect(longer(1, -9), malformed("block-length", "5.3", 1)),
    "22 a record taken out": _unseen(order(*range(3), *range(4, 13))),
    "23 exchanges in another order": _unseen(order(0, 4, 5, 6, 1, 2, 3, *range(7, 13))),
    "24 cut within a member": _defect(cut(LAST, 20), Said(DEFECT, K.TRUNCATED, "cut-off", "Annex D", LAST, None)),
    "25 cut between members": _unseen(cut(10, 0)),
    "26 cut within a record, plain": _defect(
        cut(LAST, 500), Said(DEFECT, K.TRUNCATED, "cut-off", "5.3", LAST), plain=True
    ),
    "27 one member for the whole file": _defect(joined(0, 13), malformed("members", "Annex D", 0)),
    "28 two records in a member": _defect(joined(1, 3), malformed("members", "Annex D", 1)),
    "30 a wrong block digest": _defect(field(1, "WARC-Block-Digest", OTHER), ALTERED_1),
    "31 a wrong payload digest": _defect(
        field(1, "WARC-Payload-Digest", OTHER), Said(DEFECT, K.ALTERED, "payload-digest", "5.9", 1)
    ),
    "32 no digests": MatrixCase(
        no_digests,
        SOUND,
        tuple(Said(NOTE, K.UNDIGESTED, "undigested", "5.8", n) for n in range(13) if n != 10),
        unseen=True,
        not_checked="blocks that no digest covers, 12",
    ),
    "33 a revisit of another payload": _defect(
        field(10, "WARC-Payload-Digest", OTHER), Said(DEFECT, K.ALTERED, "revisit-original", "6.7.2", 10)
    ),
    "34 a revisit with a wrong block digest": _defect(
        field(10, "WARC-Block-Digest", OTHER), Said(DEFECT, K.ALTERED, "block-digest", "5.8", 10)
    ),
    "35 a revisit without a profile": _defect(field(10, "WARC-Profile", None), malformed("required-field", "6.7", 10)),
    "36 another page with digests to match": _unseen(insider),
    "40 no Content-Length": _defect(field(3, "Content-Length", None), malformed("mandatory-field", "5.3", 3)),
    "40 no WARC-Date": _defect(field(3, "WARC-Date", None), malformed("mandatory-field", "5.4", 3)),
    "40 no WARC-Record-ID": _defect(field(3, "WARC-Record-ID", None), malformed("mandatory-field", "5.2", 3, None)),
    "40 no WARC-Type": _defect(field(3, "WARC-Type", None), malformed("mandatory-field", "5.5", 3)),
    "41 no WARC-Target-URI": _defect(field(1, "WARC-Target-URI", None), malformed("required-field", "5.14", 1)),
    "42 the id of another record": _defect(
        lambda warc: warc.field(3, "WARC-Record-ID", warc.value(1, "WARC-Record-ID")),
        Said(DEFECT, K.INSERTED, "duplicate-id", "5.2", 3, 1),
    ),
    "43 a date that is none": _defect(field(3, "WARC-Date", "22 Nov 2026"), malformed("date", "5.4", 3)),
    "44 two dates": _defect(
        put(3, b"\r\nWARC-Date:", b"\r\nWARC-Date: 2026-11-22T01:00:01.123456Z\r\nWARC-Date:"),
        malformed("repeated-field", "5.1", 3),
    ),
    "45 a target with a space": _defect(
        field(3, "WARC-Target-URI", "http://site.example/a b"), malformed("target-uri", "5.14", 3)
    ),
    "46 LF instead of CRLF": _defect(lf_lines(3), malformed("line-ends", "4", 3)),
    "47 one line end after the block, plain": _defect(without_end(3, 2), malformed("record-end", "4", 3), plain=True),
    "47 one line end after the block": _defect(without_end(3, 2), malformed("record-end", "4", 3)),
    "48 octets at the end, plain": _defect(
        append(b"garbage"), Said(DEFECT, K.INSERTED, "foreign-octets", "4", 13, None), plain=True
    ),
    "48 octets at the end": _defect(append(b"garbage"), Said(DEFECT, K.INSERTED, "foreign-octets", "4", 13, None)),
    "49 a folded line": _defect(put(1, b"WARC-IP-Address: ", b"WARC-IP-Address:\r\n "), malformed("folded", "#74", 1)),
    "50 a warcinfo with a target": _defect(
        field(0, "WARC-Target-URI", "http://site.example/"), malformed("forbidden-field", "5.14", 0)
    ),
    "51 a response that refers": _defect(field(1, "WARC-Refers-To", NOWHERE), malformed("forbidden-field", "5.11", 1)),
    "52 a body shorter than its HTTP head says": _defect(
        http_length(7), Said(DEFECT, K.TRUNCATED, "http-length", "6.3.2", 1)
    ),
    "52 a body longer than its HTTP head says": MatrixCase(
        http_length(-7),
        DEVIATES,
        (
            Said(DEVIATION, K.MALFORMED, "payload-digest-range", "5.9", 1),
            Said(DEVIATION, K.MALFORMED, "http-surplus", "6.3.2", 1),
        ),
    ),
    "53 the version of a draft": _defect(put(3, b"WARC/1.1", b"WARC/0.18"), malformed("version", "4", 3)),
    "54 WARC-Protocol twice": MatrixCase(
        put(1, b"\r\nWARC-IP", b"\r\nWARC-Protocol: h2\r\nWARC-Protocol: tls/1.3\r\nWARC-IP"), SOUND
    ),
    "55 a target in brackets": _defect(
        field(3, "WARC-Target-URI", "<http://site.example/>"), malformed("target-uri-brackets", "5.14", 3)
    ),
    "56 an empty file": _defect(order(), Said(DEFECT, K.TRUNCATED, "empty-file", "4", 0, None)),
    "57 zeros at the end": _defect(append(b"\0" * 512), Said(DEFECT, K.INSERTED, "foreign-octets", "4", 13, None)),
    "58 a reference into nothing": _defect(
        field(3, "WARC-Concurrent-To", NOWHERE), Said(DEFECT, K.MISSING, "concurrent-to", "5.7", 3)
    ),
}
