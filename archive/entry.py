"""Entries of the log: what each leaf says.

An entry is a JSON object in its canonical form: UTF-8, members sorted by name, no white space, no escapes that JSON
does not ask for, values only texts and whole numbers from 0 to 2**53 - 1 (so that it equals RFC 8785). `what` names
its kind, `v` is 1:

    {"date":"2026-11-22T01:00:01.123456Z","digest":"sha256:74f5…","file":"khronika-….warc.gz",
     "id":"<urn:uuid:…>","length":1292,"n":1,"payload":"sha256:e78a…","type":"response","v":1,"what":"record"}

No entry holds an address of a page: it would tell whoever sees the log which pages a collection keeps. The record,
which does, is bound by its digest. Entries of records cannot be guessed, because of the random record id; the others
carry a random `nonce` for that, so that the hashes of a proof tell nothing about the entries beside.
"""

from __future__ import annotations

import enum
import json
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, ClassVar

from archive.digest import Digest, parse_digest
from archive.errors import DigestError, LogError
from archive.header import format_date, parse_date, parse_record_id

ENTRY_LIMIT = 65_535
"""Octets of an entry at most: an entry bundle gives two octets to its length."""

_LARGEST = 2**53 - 1
_NONCE = re.compile(r"[0-9a-f]{32}\Z")
_PLAIN = re.compile(r"[A-Za-z0-9._:-]{1,1000}\Z")

Members = dict[str, "str | int"]
Octets = bytes


class EventType(enum.StrEnum):
    """Kinds of events, in the words of PREMIS where it has one."""

    CAPTURE_SESSION = "capture-session"  # a run of a crawl began
    RECOVERY = "recovery"  # what a run that did not end had left was settled
    FIXITY_CHECK = "fixity-check"  # the evidence was verified
    EXPORT = "export"
    PROOF = "proof"  # an evidence bundle was made
    IMPORT = "import"
    KEY_CHANGE = "key-change"
    WITHHOLDING = "withholding"  # a record is given out no more
    DELETION = "deletion"  # octets were taken from the disk
    RESTORED = "restored"  # the collection was put back from a copy that may have lacked entries
    COSIGNATURE = "cosignature"  # a witness signed a checkpoint
    REREADING = "rereading"  # other rules read captures otherwise than those before them


class Outcome(enum.StrEnum):
    """How an event ended."""

    SUCCESS = "success"
    FAILURE = "failure"
    WARNING = "warning"


def new_nonce() -> str:
    """What makes an entry unguessable: 32 hexadecimal digits."""
    return secrets.token_hex(16)


def canonical(members: Mapping[str, str | int]) -> bytes:
    """The canonical form of an object.

    Raises LogError for what an entry cannot say: other values, names that are not ASCII, more than ENTRY_LIMIT octets.
    """
    for name, value in members.items():
        if not name.isascii() or not _may_stand(value):
            raise LogError(f"expected texts and whole numbers up to 2**53 - 1 in an entry, found {name}: {value!r}")
    octets = json.dumps(members, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    if len(octets) > ENTRY_LIMIT:
        raise LogError(f"expected an entry of up to {ENTRY_LIMIT} octets, found {len(octets)}")
    return octets


def _may_stand(value: object) -> bool:
    if isinstance(value, str):
        return not any("\ud800" <= sign <= "\udfff" for sign in value)
    return type(value) is int and 0 <= value <= _LARGEST


@dataclass(frozen=True, slots=True)
class RecordEntry:
    """A record of a WARC."""

    what: ClassVar[str] = "record"
    date: datetime
    """WARC-Date."""
    digest: Digest
    """Of the record, uncompressed: from the `W` of its version line to the last octet of the two line ends after it."""
    file: str
    """WARC-Filename."""
    id: str
    """`urn:uuid:…`, without the angle brackets that it has in the entry."""
    length: int
    """Octets that the digest is over."""
    n: int
    """Place in the file, from 0."""
    type: str
    payload: Digest | None = None
    """WARC-Payload-Digest."""
    recovered: bool = False
    """Whether the record was logged after the run that wrote it had been cut short."""

    def octets(self) -> bytes:
        """The entry."""
        if not (_PLAIN.match(self.file) and _PLAIN.match(self.type) and _PLAIN.match(self.id)):
            return canonical(self._members())
        # the same as the general way makes it, four times as fast: there are as many of these as records
        payload = "" if self.payload is None else f'"payload":"{self.payload}",'
        recovered = '"recovered":1,' if self.recovered else ""
        return (
            f'{{"date":"{format_date(self.date)}","digest":"{self.digest}","file":"{self.file}","id":"<{self.id}>",'
            f'"length":{self.length},"n":{self.n},{payload}{recovered}"type":"{self.type}","v":1,"what":"record"}}'
        ).encode()

    def _members(self) -> Members:
        members: Members = {
            "date": format_date(self.date),
            "digest": self.digest,
            "file": self.file,
            "id": f"<{self.id}>",
            "length": self.length,
            "n": self.n,
            "type": self.type,
            "v": 1,
            "what": self.what,
        }
        if self.payload is not None:
            members["payload"] = self.payload
        if self.recovered:
            members["recovered"] = 1
        return members


@dataclass(frozen=True, slots=True)
class GenesisEntry:
    """The first entry: which log this is."""

    what: ClassVar[str] = "genesis"
    created: datetime
    origin: str
    log: str
    """Verifier key of the first log key."""
    root: str
    """Verifier key of the root key, which vouches for all log keys after it."""
    operator: str | None = None
    alg: str = "sha256"
    nonce: str = field(default_factory=new_nonce)

    def octets(self) -> bytes:
        """The entry."""
        return _octets(self)


@dataclass(frozen=True, slots=True)
class SealEntry:
    """A WARC was closed."""

    what: ClassVar[str] = "seal"
    file: str
    bytes: int
    """Of the file, compressed."""
    digest: Digest
    """Of the file, compressed."""
    records: int
    first: int
    """Leaf index of its first record."""
    nonce: str = field(default_factory=new_nonce)

    def octets(self) -> Octets:
        """The entry."""
        return _octets(self)


@dataclass(frozen=True, slots=True)
class EventEntry:
    """Something was done with the collection (PREMIS 3, event)."""

    what: ClassVar[str] = "event"
    type: EventType
    date: datetime
    agent: str
    outcome: Outcome
    detail: str
    of: int | None = None
    """Leaf index of the entry that it is about."""
    object: str | None = None
    """What else it is about: a digest, a file of the collection, a crawl."""
    via: str | None = None
    """`inbox` where a command that takes no lock had left it there: its being here shows no more than that."""
    nonce: str = field(default_factory=new_nonce)

    def octets(self) -> bytes:
        """The entry."""
        return _octets(self)


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """Which keys may sign was said anew."""

    what: ClassVar[str] = "key"
    digest: Digest
    """Of the octets of keys.note."""
    serial: int
    nonce: str = field(default_factory=new_nonce)

    def octets(self) -> bytes:
        """The entry."""
        return _octets(self)


@dataclass(frozen=True, slots=True)
class AnchorEntry:
    """A time-stamp authority has signed a checkpoint."""

    what: ClassVar[str] = "anchor"
    authority: str
    date: datetime
    """genTime of the token."""
    digest: Digest
    """Of the response as it was received."""
    size: int
    """Of the checkpoint."""
    nonce: str = field(default_factory=new_nonce)

    def octets(self) -> bytes:
        """The entry."""
        return _octets(self)


@dataclass(frozen=True, slots=True)
class BeaconEntry:
    """Something public that nobody could know before its time."""

    what: ClassVar[str] = "beacon"
    date: datetime
    """When it was received."""
    source: str
    value: str
    round: int | None = None
    nonce: str = field(default_factory=new_nonce)

    def octets(self) -> bytes:
        """The entry."""
        return _octets(self)


@dataclass(frozen=True, slots=True)
class ReadingsEntry:
    """What was read on a crawl's pages."""

    what: ClassVar[str] = "readings"
    crawl: str
    count: int
    digest: Digest
    rules: str
    nonce: str = field(default_factory=new_nonce)

    def octets(self) -> bytes:
        """The entry."""
        return _octets(self)


Entry = RecordEntry | GenesisEntry | SealEntry | EventEntry | KeyEntry | AnchorEntry | BeaconEntry | ReadingsEntry

_KINDS: tuple[type[Entry], ...] = (
    RecordEntry,
    GenesisEntry,
    SealEntry,
    EventEntry,
    KeyEntry,
    AnchorEntry,
    BeaconEntry,
    ReadingsEntry,
)
_KIND_OF: dict[str, type[Entry]] = {kind.what: kind for kind in _KINDS}
_ENUMS: dict[str, Callable[[str], str]] = {"EventType": EventType, "Outcome": Outcome}
_DATES = frozenset({"date", "created"})
_DIGESTS = frozenset({"digest", "payload"})


def _octets(entry: Entry) -> bytes:
    members: Members = {"v": 1, "what": entry.what}
    for one in fields(entry):
        value = getattr(entry, one.name)
        if value is None:
            continue
        members[one.name] = format_date(value) if isinstance(value, datetime) else value
    return canonical(members)


def parse_entry(octets: bytes) -> Entry:
    """Read an entry. Raises LogError when it is none, or not in its canonical form."""
    try:
        members = json.loads(octets)
    except (ValueError, RecursionError) as error:
        raise LogError(f"expected an entry in JSON, found {_shown(octets)}") from error
    kind = _KIND_OF.get(str(members.get("what"))) if isinstance(members, dict) else None
    if kind is None or members.get("v") != 1:
        raise LogError(f"expected an entry of version 1 and a known kind, found {_shown(octets)}")
    try:
        entry = _record(members) if kind is RecordEntry else _other(kind, members)
    except (KeyError, TypeError, ValueError, DigestError) as error:
        raise LogError(f"expected a {kind.what} entry, found {_shown(octets)}: {error}") from error
    if entry.octets() != octets:
        raise LogError(f"expected the canonical form of a {kind.what} entry, found {_shown(octets)}")
    return entry


def _record(members: Members) -> RecordEntry:
    record_id = parse_record_id(_text(members, "id"))
    if record_id is None:
        raise ValueError("no record id")
    if members.get("recovered", 1) != 1:
        raise ValueError("recovered is 1 or is not there")
    payload = members.get("payload")
    return RecordEntry(
        date=_date(members, "date"),
        digest=parse_digest(_text(members, "digest")),
        file=_file(members),
        id=record_id,
        length=_number(members, "length"),
        n=_number(members, "n"),
        type=_text(members, "type"),
        payload=parse_digest(_text(members, "payload")) if payload is not None else None,
        recovered="recovered" in members,
    )


def _other(kind: type[Entry], members: Members) -> Entry:
    known = {one.name: one for one in fields(kind)}
    values: dict[str, Any] = {}
    for name in members:
        if name in {"v", "what"}:
            continue
        declared = str(known[name].type)
        if name in _DATES:
            values[name] = _date(members, name)
        elif name == "file":
            values[name] = _file(members)
        elif name in _DIGESTS:
            values[name] = parse_digest(_text(members, name))
        elif declared in _ENUMS:
            values[name] = _ENUMS[declared](_text(members, name))
        elif declared.startswith("int"):
            values[name] = _number(members, name)
        else:
            values[name] = _text(members, name)
    if not _NONCE.match(_text(members, "nonce")):
        raise ValueError("a nonce has 32 hexadecimal digits")
    return kind(**values)


def _text(members: Members, name: str) -> str:
    value = members[name]
    if not isinstance(value, str):
        raise TypeError(f"{name} is a text")
    return value


def _file(members: Members) -> str:
    name = _text(members, "file")
    if not name or "/" in name or "\0" in name or name in {".", ".."}:
        # it is looked for in archive/, and nowhere else
        raise ValueError("file is the name of a file, without a folder")
    return name


def _number(members: Members, name: str) -> int:
    value = members[name]
    if type(value) is not int or not 0 <= value <= _LARGEST:
        raise TypeError(f"{name} is a number from 0 to 2**53 - 1")
    return value


def _date(members: Members, name: str) -> datetime:
    text = _text(members, name)
    date = parse_date(text)
    if date is None:
        raise ValueError(f"{name} is a date as WARC 1.1 has them")
    return date


def _shown(octets: bytes) -> str:
    return octets[:120].decode("utf-8", "replace")
