#!/usr/bin/env python3
"""Check an evidence bundle of Khronika. One file; it needs Python 3.8 or later and nothing else; it writes nothing.

    python3 -I verify_bundle.py BUNDLE.zip [--trust KEY]... [--token-checked]

It shows that an archive's log held certain records, octet for octet, when it was signed and time-stamped. What is
checked, from the bottom up, and the standard that each step is taken from:

    record   WARC 1.1 (ISO 28500): its SHA-256, date, id, type and length are those in its entry of the log
    entry    RFC 9162, 2.1.1 leaf hash and 2.1.3.2 path: it is in the tree whose root the checkpoint names
    root     C2SP tlog-checkpoint and signed-note: signed with the log's key (Ed25519, RFC 8032)
    key      keys/N.note names that key, and is signed with the root key, which entry 0 of the same log names
    time     RFC 3161: the token is over the octets of the file `checkpoint`; C2SP tlog-cosignature: witnesses

--trust KEY       a key of the archive, NAME+ID+BASE64, that you had from elsewhere. The bundle must be signed with it.
                  Without it a bundle vouches for its own keys.
--token-checked   you have run the `openssl ts -verify` commands that this program prints, and each one said OK.

Exit status: 0 all that this program checks holds; 6 something does not hold or is missing; 2 wrong command line.
"""

# ruff: noqa: UP017, UP035, PTH123 - what Python 3.8 has, in the plainest words

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import struct
import sys
import zipfile
import zlib
from datetime import datetime, timedelta, timezone
from typing import Any, Iterator

PIECE = 1 << 16
SMALL = 1 << 22  # octets that any file but the records may have
ALL = 1 << 30  # octets that all files but the records may have together
HEADER = 1 << 20  # octets that the header of a record may have
RECORDS, MANIFEST = "records.warc.gz", "manifest-sha256.txt"
NAMES = (  # of all files that a bundle may hold
    r"records\.warc\.gz|bundle\.json|checkpoint|cosignatures|policy|genesis\.tlog-proof|keys/\d+\.note"
    r"|proofs/\d+\.tlog-proof|(sessions|recovery)/\d+\.tlog-proof|after/(anchor|beacon)\.tlog-proof|after/checkpoint"
    r"|(tsa|after)/\w[\w.-]*\.(tsr|pem|crl)|verify_bundle\.py|((STATEMENT\.(en|ru)|FIELDS|README|COMMANDS)\.txt)"
)


class Failed(Exception):  # noqa: N818 - it is the verdict, not an error of this program
    """Something does not hold."""


def need(condition: object, message: str) -> None:
    """Go on only if a condition holds."""
    if not condition:
        raise Failed(message)


def shown(text: object, limit: int = 200) -> str:
    """A text from the bundle as it is printed: it must not drive the reader's terminal."""
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in str(text)[:limit])


def sha256(octets: bytes) -> bytes:
    """SHA-256 (FIPS 180-4)."""
    return hashlib.sha256(octets).digest()


def unbase64(text: str) -> bytes:
    """Octets of a base64 text (RFC 4648), written the one right way."""
    octets = base64.b64decode(text, validate=True)
    need(base64.b64encode(octets).decode() == text, f"base64 that is not canonical: {shown(text, 80)}")
    return octets


def match(pattern: str, text: str, what: str) -> list[str]:
    """The groups of a pattern that a whole text has to fit."""
    found = re.fullmatch(pattern, text, re.ASCII)
    need(found, f"expected {what}, found {shown(text, 100)!r}")
    return [group or "" for group in found.groups()] if found else []


def instant(text: str) -> datetime:
    """A time in UTC as RFC 3339 has it, or as a GeneralizedTime of a token (RFC 3161, 2.4.2)."""
    *parts, fraction = match(r"(\d{4})-?(\d\d)-?(\d\d)T?(\d\d):?(\d\d):?(\d\d)(?:\.(\d{1,9}))?Z", text, "a time in UTC")
    year, month, day, hour, minute, second = map(int, parts)
    return datetime(year, month, day, hour, minute, second, int(fraction.ljust(6, "0")[:6]), timezone.utc)


# --- the zip file ----------------------------------------------------------------------------------------------------


class Bundle:
    """The files in the zip. They are read one at a time, with limits; nothing is ever unpacked to the disk."""

    def __init__(self, path: str) -> None:
        self.zip = zipfile.ZipFile(path)
        self.entries: dict[str, zipfile.ZipInfo] = {}
        for entry in self.zip.infolist():
            name = entry.filename
            match(r"\w[\w.-]*(/\w[\w.-]*)*", name, "a plain name of a file in the zip")
            need(name not in self.entries, f"two files with the name {name}")
            need(not entry.flag_bits & 1, f"{name} is encrypted")
            stored = name == RECORDS and entry.compress_type == zipfile.ZIP_STORED
            need(stored or entry.file_size <= SMALL, f"{name} is too large, or packed")
            self.entries[name] = entry
        total = sum(entry.file_size for name, entry in self.entries.items() if name != RECORDS)
        need(total <= ALL, f"more than {ALL} octets in the zip beside the records")
        self.check_places(path)
        self.digests: dict[str, str] = {}
        for name in self.entries:
            hashed = hashlib.sha256()
            for piece in self.pieces(name):
                hashed.update(piece)
            self.digests[name] = hashed.hexdigest()

    def check_places(self, path: str) -> None:
        """The zip is its files and its directory, and nothing else: every program that unpacks it finds the same."""
        at, end, why = 0, 22, "the zip holds octets that are in none of its files, or was packed anew: see "
        with open(path, "rb") as file:
            for name, one in sorted(self.entries.items(), key=lambda item: item[1].header_offset):
                file.seek(at)
                fields = struct.unpack("<4s2xHH4xLLLHH", file.read(30))
                head, extra = file.read(fields[6]), file.read(fields[7])
                if extra[:4] == b"\1\0\x10\0":  # zip64: the sizes stand in it
                    fields, extra = (*fields[:4], *struct.unpack("<QQ", extra[4:20])[::-1], 0, 0), extra[20:]
                said = (b"PK\3\4", one.flag_bits, one.compress_type, one.CRC, one.compress_size, one.file_size)
                need((*fields[:6], head, one.header_offset) == (*said, one.orig_filename.encode(), at), why + name)
                need(not extra and not one.comment and one.extra[:2] in (b"", b"\1\0"), why + name)
                at, end = file.tell() + one.compress_size, end + 46 + len(head) + len(one.extra)
            # the directory's end has 22 octets, with zip64 76 more
            need(self.zip.start_dir == at and file.seek(0, 2) - at - end in (0, 76), why + "what follows the files")

    def pieces(self, name: str) -> Iterator[bytes]:
        """The octets of a file, some at a time; exactly as many as the zip's directory says."""
        need(name in self.entries, f"{name} is missing")
        left = self.entries[name].file_size
        with self.zip.open(self.entries[name]) as file:
            for piece in iter(lambda: file.read(PIECE), b""):
                left -= len(piece)
                need(left >= 0, f"{name} is longer than the zip's directory says")
                yield piece
        need(left == 0, f"{name} is shorter than the zip's directory says")

    def read(self, name: str) -> bytes:
        """All octets of a file."""
        return b"".join(self.pieces(name))

    def below(self, folder: str, ending: str) -> list[str]:
        """Names of the files in a folder, in order."""
        return sorted(name for name in self.entries if name.startswith(folder + "/") and name.endswith(ending))

    def check_manifest(self) -> None:
        """Every file is listed with its SHA-256, and no file is listed that is not there."""
        lines = self.read(MANIFEST).decode().splitlines()
        listed = {name: digest for digest, name in (match(r"([0-9a-f]{64})  (\S+)", one, "a digest") for one in lines)}
        need(len(listed) == len(lines), f"{MANIFEST} lists a file twice")
        for name in sorted({*listed, *self.digests} - {MANIFEST}):
            need(name in self.digests, f"{shown(name)} is missing, which {MANIFEST} lists")
            need(name in listed, f"{name} is not listed in {MANIFEST}")
            need(re.fullmatch(NAMES, name, re.ASCII), f"{name} is none of the files of a bundle")
            need(listed[name] == self.digests[name], f"{name} was altered: {MANIFEST} lists another SHA-256")


# --- Ed25519: RFC 8032, 5.1 ------------------------------------------------------------------------------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def point(octets: bytes) -> tuple[int, ...]:
    """Decode a point (5.1.3), into extended homogeneous coordinates (5.1.4)."""
    number = int.from_bytes(octets, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    need(len(octets) == 32 and y < P, "a point that is not written canonically")
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    need((x * x - square) % P == 0 and (x or not sign), "a point that is not on the curve")
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def add(p: tuple[int, ...], q: tuple[int, ...]) -> tuple[int, ...]:
    """Add two points (5.1.4)."""
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(number: int, p: tuple[int, ...]) -> tuple[int, ...]:
    """Multiply a point by a number."""
    total: tuple[int, ...] = (0, 1, 1, 0)
    while number:
        if number & 1:
            total = add(total, p)
        p, number = add(p, p), number >> 1
    return total


BASE = point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def ed25519_holds(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether a signature is right (5.1.7: [S]B = R + [k]A)."""
    s = int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    try:
        left, right = times(s, BASE), add(point(signature[:32]), times(k, point(public)))
    except Failed:
        return False
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


# --- signed notes, checkpoints, cosignatures: C2SP -------------------------------------------------------------------


class Key:
    """A public key with its name: `NAME+ID+BASE64`, a verifier key of signed-note."""

    def __init__(self, text: str) -> None:
        self.name, key_id, encoded = match(r"([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)", text, "a verifier key")
        octets = unbase64(encoded)
        need(len(octets) == 33 and octets[0] in (1, 4), f"another key than of Ed25519: {shown(text)}")
        self.text, self.cosigns, self.public = text, octets[0] == 4, octets[1:]
        # 8 is the cofactor (5.1): under a key of small order one signature would hold for all texts
        need(times(8, point(self.public))[0], f"a key of small order: {shown(text)}")
        self.id = sha256(self.name.encode() + b"\n" + octets)[:4]
        need(self.id.hex() == key_id, f"a verifier key with a wrong id: {shown(text)}")


class Note:
    """A text, an empty line, and signature lines: an em dash, a name, base64 of key id and signature."""

    def __init__(self, octets: bytes) -> None:
        text, empty, lines = octets.rpartition(b"\n\n")
        need(empty and lines.endswith(b"\n"), "a signed note without signatures")
        self.text, self.lines, self.signatures = text + b"\n", text.decode().split("\n"), []
        for line in lines.decode()[:-1].split("\n"):
            name, encoded = match(r"— ([^\s+]+) ([A-Za-z0-9+/=]+)", line, "a signature line")
            self.signatures.append((name, unbase64(encoded)))
        need(len(self.signatures) <= 100, "more than 100 signatures")

    def signed(self, key: Key) -> datetime | None:
        """When a witness's key has signed; of another key any time at all; None if it has not.

        Signatures by keys that nobody asks about are passed over; a wrong one by this key spoils the note.
        """
        mine = [signature for name, signature in self.signatures if (name, signature[:4]) == (key.name, key.id)]
        need(len(mine) < 2, f"two signatures by {shown(key.name)}")
        if not mine:
            return None
        message, signature, seconds = self.text, mine[0][4:], 0
        if key.cosigns:  # tlog-cosignature: eight octets of time, then the signature
            seconds, signature = int.from_bytes(signature[:8], "big"), signature[8:]
            message = b"cosignature/v1\ntime %d\n" % seconds + message
        need(ed25519_holds(key.public, message, signature), f"the signature by {shown(key.name)} is wrong")
        return datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=seconds)


class Checkpoint(Note):
    """tlog-checkpoint: the log's origin, its size, and its root hash, signed."""

    def __init__(self, octets: bytes) -> None:
        super().__init__(octets)
        need(len(self.lines) == 3 and self.lines[0], "a checkpoint that has not three lines")
        self.origin = self.lines[0]
        self.size = int(*match(r"(0|[1-9]\d{0,18})", self.lines[1], "the size of the log"))
        self.root = unbase64(self.lines[2])


class Proof:
    """tlog-proof: an entry, its place in the log, the path from it to the root, and the checkpoint with that root."""

    def __init__(self, octets: bytes) -> None:
        head, _, self.checkpoint = octets.partition(b"\n\n")
        start, extra, index, *path = [*head.decode().split("\n"), "", ""]
        need(start == "c2sp.org/tlog-proof@v1" and extra.startswith("extra "), "no tlog-proof with an entry")
        self.octets, self.path = unbase64(extra[6:]), [unbase64(line) for line in path[:-2]]
        self.index = int(*match(r"index (0|[1-9]\d{0,18})", index, "a place in the log"))
        self.entry: dict[str, Any] = json.loads(self.octets.decode())
        need(isinstance(self.entry, dict) and self.entry.get("v") == 1, "no entry of a log")
        plain = all(type(value) is str or (type(value) is int and value >= 0) for value in self.entry.values())
        again = json.dumps(self.entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        need(plain and again == self.octets, "an entry that is not in its canonical form")

    def check(self, checkpoint: Checkpoint, octets: bytes) -> None:
        """The path leads from the entry to the root of this very checkpoint (RFC 9162, 2.1.3.2, step by step)."""
        need(self.checkpoint == octets, "a proof under another checkpoint than the bundle's")
        need(self.index < checkpoint.size, f"entry {self.index} of a log of {checkpoint.size}")
        node = sha256(b"\x00" + self.octets)
        fn, sn = self.index, checkpoint.size - 1
        for sibling in self.path:
            need(sn != 0 and len(sibling) == 32, "a path that is too long, or not of hashes")
            if fn & 1 or fn == sn:
                node = sha256(b"\x01" + sibling + node)
                while not fn & 1 and fn:
                    fn, sn = fn >> 1, sn >> 1
            else:
                node = sha256(b"\x01" + node + sibling)
            fn, sn = fn >> 1, sn >> 1
        need(sn == 0, "a path that is too short")
        need(node == checkpoint.root, "the path does not lead to the root: this entry is not in the log")


# --- records: WARC 1.1, one in each gzip member (RFC 1952) -----------------------------------------------------------


def members(octets: Iterator[bytes]) -> Iterator[Iterator[bytes]]:
    """For each gzip member an iterator over what it unpacks to. The members fill the file to its last octet."""
    held = b""

    def unpacked() -> Iterator[bytes]:
        nonlocal held
        unzip = zlib.decompressobj(31)
        while not unzip.eof:
            held = held or next(octets, b"")
            need(held, "a gzip member that is cut off")
            piece = unzip.decompress(held, PIECE)
            held = unzip.unused_data if unzip.eof else unzip.unconsumed_tail
            yield piece

    while held or (held := next(octets, b"")):
        yield unpacked()


class Record:
    """One record: its header, and the digest and length of all of it, from `WARC/1.1` to the last CR LF CR LF."""

    def __init__(self, octets: Iterator[bytes], limit: int) -> None:
        """`octets`: what one gzip member unpacks to, which is no longer than `limit`."""
        hashed, head, end, tail, self.length, self.start = hashlib.sha256(), b"", -1, b"", 0, b""
        for piece in octets:
            hashed.update(piece)
            self.length += len(piece)
            need(self.length <= limit, f"not the record that its proof is about: longer than {limit} octets")
            tail = (tail + piece)[-4:]
            if end < 0:
                head += piece
                end = head.find(b"\r\n\r\n")
                need(end >= 0 or len(head) <= HEADER, "a record whose header does not end")
        need(end >= 0 and tail == b"\r\n\r\n", "a record that does not end with two line ends")
        version, *lines = head[:end].decode().split("\r\n")
        need(version == "WARC/1.1", f"no record of WARC 1.1: {shown(version, 40)!r}")
        self.digest, self.first = "sha256:" + hashed.hexdigest(), head[end + 4 :].split(b"\r\n", 1)[0]
        self.fields: dict[str, list[str]] = {}
        for line in lines:  # clause 4: no folded lines, no control characters; 5.1: no field twice, but for these two
            name, value = match(r"([!#$%&'*+.^_`|~\w-]+):[ \t]*([^\0-\x08\x0a-\x1f\x7f]*?)[ \t]*", line, "a field")
            self.fields.setdefault(name.lower(), []).append(value)
        for name, values in self.fields.items():
            need(len(values) == 1 or name in ("warc-concurrent-to", "warc-protocol"), f"a field twice: {name}")
        length = int(*match(r"(\d{1,18})", self["content-length"], "a Content-Length"))
        need(self.length == end + 4 + length + 4, "a block that is not Content-Length octets long")
        self.id, self.type = self["warc-record-id"], self["warc-type"]

    def __getitem__(self, name: str) -> str:
        """The first value of a field; empty where there is none."""
        return self.fields.get(name, [""])[0]

    def check(self, entry: dict[str, Any]) -> None:
        """The entry speaks of this record, and of all of it."""
        found = entry.get("digest")
        need(entry.get("id") == self.id != "", f"its proof is about another record, {shown(entry.get('id'))}")
        need(found == self.digest, f"it was altered: its digest is {self.digest}, the log has {shown(found)}")
        dates = instant(str(entry.get("date"))), instant(self["warc-date"])
        same = (entry.get("length"), entry.get("type"), dates[0]) == (self.length, self.type, dates[1])
        need(same and self.type, "its length, WARC-Type or WARC-Date is not the one in its entry")
        payload = self["warc-payload-digest"]  # of other makers' records it may be a SHA-1, which entries leave out
        ours = payload if re.fullmatch("sha256:[0-9a-f]{64}", payload) else ""
        need(entry.get("payload", "") == ours, "the entry's payload is not the record's WARC-Payload-Digest")
        need(type(entry.get("n")) is int and type(entry.get("file")) is str, "an entry without a place in a file")


# --- which keys may sign, and who has to cosign ----------------------------------------------------------------------


class KeysNote(Note):
    """`keys/N.note`: which keys may sign the log, which authorities stamp it, and its policy."""

    def __init__(self, octets: bytes, root: Key, serial: int, previous: str) -> None:
        super().__init__(octets)
        need(self.signed(root), f"keys/{serial}.note is not signed with the root key")
        start = [root.name, f"keys/v1 {serial}", f"prev {previous}"]
        need(self.lines[:3] == start, f"keys/{serial}.note is of another log, or does not follow the one before")
        *lines, policy = self.lines[3:]
        logs = [line[4:] for line in lines if line.startswith("log ")]
        number = r"(0|[1-9]\d{0,18})"
        form = rf"(\S+) (active|retired|revoked) from={number}(?: to={number})?(?: compromised=(\S+))?"
        self.log = [match(form, line, "a line about a key") for line in logs]
        others = [match(r"tsa (\S+) (sha256:\S+)", line, "a line about an authority") for line in lines[len(logs) :]]
        self.authorities = dict(others)
        self.policy = match(r"policy (sha256:\S+)", policy, "a line about the policy")[0]

    def signers(self, checkpoint: Checkpoint) -> Iterator[tuple[str, str, str]]:
        """The keys that signed a checkpoint and may sign one of its size: key, state, and since when compromised."""
        for text, state, first, last, compromised in self.log:
            covered = int(first) <= checkpoint.size <= int(last or checkpoint.size)
            if covered and checkpoint.signed(Key(text)):
                yield text, state, compromised


def cosigners(policy: bytes, checkpoint: Checkpoint) -> dict[str, datetime]:
    """C2SP tlog-policy: the witnesses that have cosigned, and when; Failed if they are too few."""
    present, seen, wanted = {"none": True}, {}, ""
    for line in policy.decode().split("\n"):
        word, *rest = line.split(" ")
        if word == "witness" and len(rest) == 2:
            key = Key(rest[1])
            at = checkpoint.signed(key) if key.cosigns else None
            present[rest[0]] = at is not None
            if at:
                seen[rest[0]] = at
        elif word == "group" and len(rest) > 2:
            there = sum(present[member] for member in {*rest[2:]} - {"none"})
            present[rest[0]] = there >= int(*match(r"([1-9]\d{0,3})", rest[1], "how many of a group"))
        elif word == "quorum" and len(rest) == 1 and not wanted:
            wanted = rest[0]
        else:
            need(word in ("", "log"), f"a line of the policy that cannot be read: {shown(line)}")
    need(wanted in present, "a policy without a quorum")
    names = ", ".join(map(shown, seen)) or "nobody"
    need(present[wanted], f"too few witnesses: the policy asks for {shown(wanted)}, and {names} has cosigned")
    return seen


# --- time: RFC 3161, in DER (X.690) ----------------------------------------------------------------------------------

SIGNED_DATA, TST_INFO = bytes.fromhex("2a864886f70d010702"), bytes.fromhex("2a864886f70d0109100104")
HASHES = {"608648016503040201": "sha256", "608648016503040202": "sha384", "608648016503040203": "sha512"}


def elements(octets: bytes) -> list[tuple[int, bytes]]:
    """The elements (X.690, DER) that make up `octets`: their tags and contents."""
    found, at = [], 0
    while at < len(octets):
        need(at + 2 <= len(octets), "DER that is cut off")
        tag, length, at = octets[at], octets[at + 1], at + 2
        if length & 0x80:  # 8.1.3.5: so many octets of length follow; 8.1.3.6, none, is not DER
            need(0x81 <= length <= 0x84, "DER without a length")
            at += length & 0x7F
            length = int.from_bytes(octets[at - (length & 0x7F) : at], "big")
        need(at + length <= len(octets), "DER that is cut off")
        found.append((tag, octets[at : at + length]))
        at += length
    return found


def der(octets: bytes, *tags: int) -> list[bytes]:
    """The contents of the elements that make up `octets`; the first ones must have these tags."""
    found = elements(octets)
    need([tag for tag, _ in found[: len(tags)]] == [*tags], "DER of another structure than a time-stamp's")
    return [content for _, content in found]


def token_time(response: bytes, octets: bytes) -> tuple[datetime, timedelta]:
    """What time a response gives to octets, and how exactly (RFC 3161, 2.4.2). Its signature is not checked here."""
    status, content, *_ = der(der(response, 0x30)[0], 0x30, 0x30)
    need(der(status, 0x02)[0] in (b"\0", b"\1"), "a time-stamp that was not granted")
    kind, signed, *_ = der(content, 0x06, 0xA0)  # ContentInfo (RFC 5652, 3)
    inner_kind, inner, *_ = der(der(der(signed, 0x30)[0], 0x02, 0x31, 0x30)[2], 0x06, 0xA0)  # SignedData (5.1)
    need((kind, inner_kind) == (SIGNED_DATA, TST_INFO), "no time-stamp token")
    info = der(der(inner, 0x04)[0], 0x30)[0]  # TSTInfo
    _, _, imprint, _, time, *_ = der(info, 0x02, 0x06, 0x30, 0x02, 0x18)
    algorithm, digest = der(imprint, 0x30, 0x04)
    name = HASHES.get(der(algorithm, 0x06)[0].hex(), "")
    need(name, "a time-stamp over another hash than SHA-2")
    need(hashlib.new(name, octets).digest() == digest, "the time-stamp is not over this checkpoint")
    accuracy = timedelta()
    for tag, content in elements(info)[5:6]:
        for part, number in elements(content) if tag == 0x30 else []:  # seconds, [0] millis, [1] micros
            unit = {0x02: 1_000_000, 0x80: 1_000, 0x81: 1}.get(part, 0)
            need(unit and len(number) <= 4, "an accuracy of another form")
            accuracy += timedelta(microseconds=unit * int.from_bytes(number, "big"))
    return instant(time.decode()), accuracy


# --- all of it -------------------------------------------------------------------------------------------------------


class Check:
    """The check of one bundle. Raises Failed, and whatever else the reading of hostile octets raises."""

    def __init__(self, path: str, trusted: list[str]) -> None:
        self.bundle, self.trusted, self.commands = Bundle(path), trusted, [""][:0]
        self.bundle.check_manifest()
        self.about = json.loads(self.bundle.read("bundle.json").decode())
        need(self.about.get("format") == "khronika-bundle/1", "a bundle of another format")
        self.issued = self.bundle.read("checkpoint")  # as the log gave it out; token and proofs are about it
        self.octets = self.issued + (self.bundle.read("cosignatures") if "cosignatures" in self.bundle.entries else b"")
        self.checkpoint = Checkpoint(self.octets)
        self.check_keys()
        self.records = self.check_records()
        self.check_exchanges()
        self.check_captures()

    def check_keys(self) -> None:
        """Entry 0 names the root key, which signs the notes of keys, which name the key that signed the checkpoint."""
        genesis = self.proof("genesis.tlog-proof")
        need(genesis.index == 0 and genesis.entry.get("what") == "genesis", "the first entry of the log is missing")
        need(genesis.entry.get("origin") == self.checkpoint.origin, "the checkpoint is of another log")
        root, self.notes, previous = Key(str(genesis.entry.get("root"))), [], "-"
        for serial in range(1, len(self.bundle.below("keys", ".note")) + 1):
            octets = self.bundle.read(f"keys/{serial}.note")
            self.notes.append(KeysNote(octets, root, serial, previous))
            previous = "sha256:" + sha256(octets).hex()
        need(self.notes, "keys/1.note is missing")
        newest, policy = self.notes[-1], self.bundle.read("policy")
        signers = sorted(newest.signers(self.checkpoint), key=lambda signer: signer[1])  # active, retired, revoked
        need(signers, f"the checkpoint is not signed with a key that keys/{len(self.notes)}.note lets sign it")
        need(newest.policy == "sha256:" + sha256(policy).hex(), "the policy is not the one in the newest note of keys")
        witnesses = self.witnesses = cosigners(policy, self.checkpoint)
        for wanted in self.trusted:
            need(wanted in [root.text, *(text for text, _, _ in signers)], f"it is not signed with {shown(wanted)}")
        key, state, compromised = signers[0]
        self.compromised = instant(compromised) if state == "revoked" else None
        if self.compromised and witnesses and min(witnesses.values()) < self.compromised:
            self.compromised = None  # a witness saw the checkpoint before anybody else had the key
        print(f"Log         {shown(self.checkpoint.origin)}")
        print(f"  root key  {shown(root.text)}{'  (the one you trust)' if root.text in self.trusted else ''}")
        print(f"  log key   {shown(key)}  ({state}){'  (the one you trust)' if key in self.trusted else ''}")
        print(f"  {self.checkpoint.size} entries, root hash {self.checkpoint.root.hex()}")
        for name, at in witnesses.items():
            print(f"  witness   {shown(name)}, who saw it at {at} by its own clock")

    def check_records(self) -> dict[str, tuple[Proof, Record]]:
        """Every record with its proof, by record id, in the order of the file."""
        print("Records")
        proofs, found = self.bundle.below("proofs", ".tlog-proof"), {}
        for number, member in enumerate(members(self.bundle.pieces(RECORDS))):
            try:
                need(number < len(proofs), "it has no proof")
                proof = self.proof(proofs[number])
                need(proof.entry.get("what") == "record", "its proof is not about a record")
                record = Record(member, int(proof.entry.get("length", 0)))
                record.check(proof.entry)
                need(record.id not in found, "it is there twice")
            except Failed as error:
                raise Failed(f"record {number}, counted from 0: {error}") from error
            found[record.id] = (proof, record)
            late = "  (logged after a recovery)" if "recovered" in proof.entry else ""
            print(f"  entry {proof.index}  {shown(record.id)}  {shown(record.type)}{late}")
        need(len(found) == len(proofs) > 0, f"{len(proofs)} proofs for {len(found)} records")
        return found

    def check_exchanges(self) -> None:
        """What belongs to a record is there too, and the records are in the order in which they were logged."""
        last: dict[str, tuple[int, int]] = {}
        places = {(proof.entry["file"], proof.entry["n"]) for proof, _ in self.records.values()}
        for proof, record in self.records.values():
            file, here, about = proof.entry["file"], (proof.index, proof.entry["n"]), f"record {shown(record.id)}: "
            info = self.records.get(record.id if record.type == "warcinfo" else record["warc-warcinfo-id"])
            need(info and info[1].type == "warcinfo", about + "the first record of its file is missing")
            need(info and info[1]["warc-filename"] == file, about + "its entry names another file")
            need(all(map(int.__lt__, last.get(file, (-1, -1)), here)), about + "it is not in the order of the log")
            last[file] = here
            for other in record.fields.get("warc-concurrent-to", []):
                need(other in self.records, about + f"{shown(other)} of the same exchange is missing")
                begin = self.records[other][0].entry["n"]  # Khronika writes the records of an exchange together
                whole = here[1] - begin < 8 and {(file, n) for n in range(begin, here[1])} <= places
                need(whole or not file.startswith("khronika-"), about + "a record of its exchange before it is missing")
            if record.type == "revisit":
                _, original = self.records.get(record["warc-refers-to"], (proof, record))
                need(original.type == "response", about + "the original of this revisit is missing")
                same = original["warc-payload-digest"] == record["warc-payload-digest"] != ""
                need(same, about + "the original of this revisit has another payload")

    def check_captures(self) -> None:
        """What the bundle was made for."""
        print("Captures")
        names = self.about.get("captures")
        need(names and isinstance(names, list), "the bundle names no capture")
        need(all(names.count(name) == 1 for name in names), "the bundle names a capture twice")
        for name in names:
            need(name in self.records, f"the capture {shown(name)} is missing")
            record = self.records[name][1]
            print(f"  {shown(record['warc-target-uri'], 4000)}")
            print(f"    {shown(record['warc-date'])} by the archive's own clock: {shown(record.type)}")
            print(f"    {shown(record.first.decode('latin-1'))}")
        for name in [*self.bundle.below("sessions", ".tlog-proof"), *self.bundle.below("recovery", ".tlog-proof")]:
            entry = self.proof(name).entry
            need(entry.get("type") in ("capture-session", "recovery"), f"{name} is about another kind of event")
            told = [f"{word} {shown(entry[word])}" for word in ("date", "object", "of", "detail") if word in entry]
            print(f"  the log on a {entry['type']}: {', '.join(told)}")

    def proof(self, name: str) -> Proof:
        """A proof of an entry, checked."""
        proof = Proof(self.bundle.read(name))
        proof.check(self.checkpoint, self.octets)
        return proof

    def time_stamp(self, folder: str, name: str, data: str) -> tuple[datetime, datetime]:
        """Between which times a token was made; the root key has named its certificate for that authority."""
        time, accuracy = token_time(self.bundle.read(f"{folder}/{name}.tsr"), self.bundle.read(data))
        named = {note.authorities.get(name) for note in self.notes}
        known = "sha256:" + self.bundle.digests.get(f"{folder}/{name}.pem", "") in named
        need(known, f"a time-stamp by {shown(name)}, whom the root key does not name with that certificate")
        print(f"  authority {shown(name)}: is {folder}/{name}.pem one you rely on? The archive's root key names it")
        files = f"-in {folder}/{name}.tsr -CAfile {folder}/{name}.pem"
        self.commands.append(f"openssl ts -verify -data {data} {files} -attime {int(time.timestamp())}")
        return time - accuracy, time + accuracy

    def check_time(self, token_checked: bool) -> None:
        """Before which time, and after which, the records were logged."""
        print("Time")
        until = [self.time_stamp("tsa", name[4:-4], "checkpoint")[1] for name in self.bundle.below("tsa", ".tsr")]
        since, first = [], min(self.records[name][0].index for name in self.about["captures"])
        for name in self.bundle.below("after", ".tlog-proof"):
            proof = self.proof(name)
            entry, kind = proof.entry, proof.entry.get("what")
            need(proof.index < first and kind in ("anchor", "beacon"), f"{name} is not about an earlier time")
            if kind == "anchor":
                since.append(self.time_stamp("after", str(entry.get("authority")), "after/checkpoint")[0])
                same = entry.get("digest") == "sha256:" + self.bundle.digests[f"after/{entry['authority']}.tsr"]
                need(same, f"{name} names another time-stamp")
            else:
                print(f"  logged after {shown(entry.get('value'))} was public: {shown(entry.get('source'))}")
        need(not since or not until or max(since) <= min(until), "the time-stamps contradict each other")
        print(f"  logged after  {max(since)}" if since else "  logged after  (no time-stamp before the records)")
        outside = "only witnesses say, above, when they saw it" if self.witnesses else "nobody outside says"
        print(f"  logged before {min(until)}" if until else f"  logged before (no time-stamp: {outside})")
        if any(instant(record["warc-date"]) > time for _, record in self.records.values() for time in until):
            print("  ! a record bears a later date than a time-stamp over it: the archive's clock was wrong")
        for command in [] if token_checked else self.commands:
            print(f"  To be checked by you, in the unpacked bundle: {command}")
        early = token_checked and until and self.compromised and min(until) < self.compromised
        if self.compromised and not early:
            why = f"others may have had the log's key since {self.compromised}, which has been revoked"
            raise Failed(f"{why}: check that a time-stamp is earlier than that, then run this with --token-checked")


SHOWS = """
What this shows: whoever holds the root key had these records, octet for octet, in these places of the log, when the
checkpoint was signed. The times above, if there are any, bound when they were logged, once the commands say OK.

What it does not show:
- that the server sent these octets: TLS leaves nothing that a third party could check;
- when a page was fetched: the dates in the records are by the archive's own clock;
- that the archive kept everything, what else it holds, or whether the last record of an exchange was left out here;
- whose keys these are, unless you gave one with --trust that you had from elsewhere;
- that no key was revoked after the bundle was made: ask the archive for its newest note of keys;
- that STATEMENT, FIELDS, README are right: no signature covers them. What is said above comes from records and log."""


def main(arguments: list[str]) -> int:
    """The command line; gives the exit status."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr] # text streams have it
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("bundle", metavar="BUNDLE.zip")
    parser.add_argument("--trust", action="append", default=[], metavar="KEY")
    parser.add_argument("--token-checked", action="store_true")
    given = parser.parse_args(arguments)  # a wrong command line ends here, with status 2
    try:
        for key in given.trust:
            Key(key)
        open(given.bundle, "rb").close()
    except (Failed, OSError, ValueError) as error:
        parser.error(f"expected a file that can be read, and keys NAME+ID+BASE64 after --trust: {shown(error)}")
    try:
        Check(given.bundle, given.trust).check_time(given.token_checked)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with a bundle, the answer is that it does not hold
        why = "" if isinstance(error, Failed) else f"it cannot be read: {type(error).__name__}: "
        print(f"\nFAILED: {why}{shown(error, 1000)}")
        return 6
    print(SHOWS)
    print("\nHOLDS")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
