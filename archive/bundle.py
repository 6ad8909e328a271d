"""Evidence bundles: a zip with the records of some captures, and all that is needed to check them without the archive.

    records.warc.gz         the gzip members as they lie on the disk, in the order of the log: a WARC by itself
    proofs/NNNNN.tlog-proof the proof of the record with that number (C2SP tlog-proof; the entry is in it)
    checkpoint              log/checkpoints/<size>, octet for octet: what time-stamps are over
    cosignatures            lines of witnesses for it; every proof holds `checkpoint` and, after it, these
    genesis.tlog-proof      the log's first entry, which names the root key
    keys/N.note, policy     all notes of keys, and the policy that the newest one binds
    tsa/NAME.tsr .pem .crl  time-stamps over `checkpoint`, what they are checked with, who was revoked then
    after/…                 entries from before the first capture, proved: a time-stamp (with its response, certificate
                            and checkpoint), a beacon
    sessions/N.tlog-proof   the entry on the beginning of each crawl that the captures are of
    recovery/N.tlog-proof   entries that say which of the records lay unsigned in the journal after a kill
    STATEMENT.en.txt STATEMENT.ru.txt FIELDS.txt README.txt COMMANDS.txt verify_bundle.py
    bundle.json             {"captures":[<record id>…],"format":"khronika-bundle/1","software":…,
                            "texts":<digest of what made the texts>}
    manifest-sha256.txt     `sha256sum` of every other file

The same captures give the same octets, as long as the same checkpoint is chosen: the earliest with a time-stamp that
covers all of the records, else the earliest with cosignatures, else the newest. Nothing is compressed a second time;
no file bears a time or an owner. Of other captures there are only hashes, which their random record ids and nonces
keep from being guessed.
"""

from __future__ import annotations

import functools
import json
import os
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from archive.anchor import kept_crls
from archive.bundle_commands import commands
from archive.capture import RecordLocation
from archive.checkpoint import (
    SignedCheckpoint,
    TlogProof,
    parse_checkpoint,
    parse_vkey,
)
from archive.digest import Digest, Digester, digest
from archive.entry import AnchorEntry, BeaconEntry, EventEntry, EventType, Outcome, RecordEntry, parse_entry
from archive.errors import BundleError, LogError, RecordError, SignatureError, StorageError, TimestampError
from archive.inbox import leave
from archive.keys import NOTES, KeyHistory
from archive.log import LOG, LogReader
from archive.logged import unvouched
from archive.statement import README, Facts, Stamp, captures_of, fields, statement_en, statement_ru
from archive.statements import statements
from archive.store import Store
from archive.timestamp import read_crl, verify_token
from archive.warc import (
    SOFTWARE,
    Record,
    foundations_of,
    read_records,
)
from archive.withholding import Withholdings, withheld
from archive.witness import COSIGNATURES, cosignatures

if TYPE_CHECKING:
    from archive.capture import Capture
    from archive.collection import Collection

FORMAT: Final = "khronika-bundle/1"
RECORDS: Final = "records.warc.gz"
MANIFEST: Final = "manifest-sha256.txt"
VERIFIER: Final = "verify_bundle.py"

MOST: Final = 99_999
"""Records of a bundle at most: their proofs are numbered with five digits."""

_CHUNK = 256
_NO_TIME = datetime.max.replace(tzinfo=UTC)
_PIECE = 1 << 16
_EPOCH = (1980, 1, 1, 0, 0, 0)
_ATTRIBUTES = 0o100644 << 16


@dataclass(frozen=True, slots=True)
class StampFiles:
    """A time-stamp that holds, with what it is checked with."""

    name: str
    size: int
    response: bytes
    certificates: bytes
    crl: bytes | None = None
    time: datetime = _NO_TIME
    """genTime of the token."""
    accuracy: timedelta = timedelta()
    authority: str = ""
    """In its certificate."""

    @property
    def earliest(self) -> datetime:
        """When it was made at the earliest, by its own accuracy."""
        return self.time - self.accuracy

    @property
    def latest(self) -> datetime:
        """When it was made at the latest, by its own accuracy."""
        return self.time + self.accuracy


@dataclass(frozen=True, slots=True)
class Cover:
    """A checkpoint, and who vouches for it."""

    issued: bytes
    cosignatures: bytes
    signed: SignedCheckpoint
    """With the cosignatures."""
    stamps: tuple[StampFiles, ...]
    witnesses: tuple[tuple[str, datetime], ...]

    @property
    def octets(self) -> bytes:
        """As it stands in every proof."""
        return self.issued + self.cosignatures


@dataclass(frozen=True, slots=True)
class Logged:
    """A record of a bundle, and its place in the log."""

    record: Record
    index: int
    entry: RecordEntry
    octets: bytes
    """The entry."""


@dataclass(frozen=True, slots=True)
class Recovery:
    """An event that says which entries lay unsigned in the journal when the log was opened."""

    index: int
    octets: bytes
    entries: range


@dataclass(frozen=True, slots=True)
class Before:
    """What stood in the log before the first capture."""

    proofs: Mapping[str, tuple[int, bytes]] = field(default_factory=dict)
    """By name of the file: leaf index and entry."""
    stamp: StampFiles | None = None
    checkpoint: bytes = b""
    """What the stamp is over."""
    beacon: str | None = None
    sessions: Mapping[str, str] = field(default_factory=dict)
    """By crawl, what the log says of its beginning."""
    recoveries: tuple[Recovery, ...] = ()
    """After it, and about records of the bundle."""


@dataclass(frozen=True, slots=True)
class Made:
    """A bundle that was made."""

    path: Path
    digest: Digest
    """Of the zip."""
    facts: Facts
    noted: bool
    """Whether the events for the log could be left in the inbox."""


# --- what goes into a bundle -----------------------------------------------------------------------------------------


def make_bundle(
    collection: Collection,
    captures: Sequence[Capture],
    target: Path,
    *,
    now: Callable[[], datetime],
    check: Callable[[Path], None] = lambda path: None,
) -> Made:
    """Make the bundle of some captures and leave an event for each in the inbox. Takes no lock, signs nothing.

    `check` is called with the finished file before it gets its name; what it raises ends the making.
    Raises BundleError when a capture is withheld, or not in the signed log; RecordError when it is not what the log
    says; LogError, SignatureError, StorageError.
    """
    store = collection.held
    log = collection.log()
    wanted = list(dict.fromkeys(capture.record_id for capture in captures))
    held = Withholdings(withheld(log, unsigned=True, catalogue=collection.catalogue))
    _refuse_withheld(held, captures)
    records = gather(collection, captures)
    if len(records) > MOST:
        raise BundleError(f"expected captures of up to {MOST} records together, found {len(records)}: make several")
    _refuse_withheld_records(held.records, records)
    logged = locate(log, records, {row.name: row.first_entry for row in _files(collection, records)})
    history = KeyHistory.read(store, parse_vkey(log.genesis.root), parse_vkey(log.genesis.log))
    cover = choose(log, store, history, logged[-1].index)
    said = [one for one in statements(log, collection.catalogue) if one[0] < cover.signed.size]
    before = look_back(log, store, history, said, _begins(captures, logged))
    before = replace(before, recoveries=recoveries(said, logged))
    facts = facts_of(wanted, logged, cover, before, log.genesis.root, history)
    small = dict(_files_of(log, store, history, cover, before, logged, facts, wanted))
    fresh = target.with_name(f".{target.name}.new")
    try:
        try:
            file_digest = _write(fresh, small, collection, logged)
            check(fresh)
            fresh.replace(target)
            _sync(target.parent)
        finally:
            with suppress(FileNotFoundError):
                fresh.unlink()
    except OSError as error:
        raise StorageError(f"writing {target.name}: {error.strerror or type(error).__name__}") from error
    at = {one.record.record_id: one.index for one in logged}
    detail = f"evidence bundle; captures: {len(wanted)}, records: {len(logged)}, checkpoint: {facts.size}"
    events = [
        EventEntry(EventType.PROOF, now(), SOFTWARE, Outcome.SUCCESS, detail, at[name], str(file_digest))
        for name in wanted
    ]
    left = [leave(collection.path, event) for event in events]
    return Made(target, file_digest, facts, all(left))


def gather(collection: Collection, captures: Iterable[Capture]) -> dict[str, tuple[Record, int]]:
    """All records that captures rest on, with their places in their files, by record id.

    The exchange, the answer of the name system and the certificates it names, the first record of its file; of a
    revisit also all that of its original. Raises as reading records does.
    """
    found: dict[str, tuple[Record, int]] = {}
    for capture in captures:
        _gather_one(collection, capture, found)
        if capture.refers_to is not None:
            _gather_one(collection, collection.catalogue.capture(capture.refers_to), found)
    return found


def _gather_one(collection: Collection, capture: Capture, found: dict[str, tuple[Record, int]]) -> None:
    try:
        records = _by_catalogue(collection, capture)
    except RecordError:
        # a member that was compressed anew moves all that follows it; what is in it is still what the log says
        if collection.held.released(capture.location.file) is not None:
            raise  # of a copy that is another than its seal nothing is taken
        records = _by_reading(collection.path_of(capture.location.file), capture)
    found.update({record.record_id: (record, n) for record, n in records})


def _by_catalogue(collection: Collection, capture: Capture) -> list[tuple[Record, int]]:
    file = capture.location.file
    exchange = collection.exchange_of(capture)
    if capture.record_id not in {record.record_id for record in exchange}:
        raise RecordError(f"expected {capture.record_id}", file=file, offset=capture.location.offset)
    records = [(record, record.n or 0) for record in exchange]
    first = collection.catalogue.record_at(file, 0)
    records.append((collection.record(RecordLocation(file, 0, 0 if first is None else first.length), first), 0))
    connection = collection.connection_of(capture)
    metadata = exchange[-1]
    for one in filter(None, (connection.dns, connection.chain)):
        rows = collection.catalogue.foundations(file, one.target_uri or "", before=metadata.n or 0)
        n = next(row.n for row in rows if row.offset == one.location.offset)
        records.append((one, n))
    return records


def _by_reading(path: Path, capture: Capture) -> list[tuple[Record, int]]:
    """The same by reading the file from its beginning."""
    first: Record | None = None
    near: list[Record] = []
    foundations: list[Record] = []
    for record in read_records(path, name=capture.location.file):
        first = first or record
        foundations += [record] if record.foundation is not None else []
        if not {one.record_id for one in near} & set(record.concurrent_to):
            if any(one.record_id == capture.record_id for one in near):
                break
            near = []
        near.append(record)
    if first is None or all(one.record_id != capture.record_id for one in near):
        found = "none" if first is None else "other records only"
        raise RecordError(f"expected {capture.record_id}, found {found}", file=capture.location.file, offset=0)
    rests: list[Record] = []
    if near[-1].type == "metadata":
        for wanted in foundations_of(near[-1]):
            match = next((one for one in reversed(foundations) if wanted.is_in(one)), None)
            if match is None:
                where = near[-1].location
                raise RecordError(f"expected {wanted} earlier in the file", file=where.file, offset=where.offset)
            rests.append(match)
    return [(record, record.n or 0) for record in (first, *rests, *near)]


def _refuse_withheld(withholdings: Withholdings, captures: Iterable[Capture]) -> None:
    for capture in captures:
        found = withholdings.of(capture)
        if found is not None:
            raise BundleError(f"{capture.timestamp}/{capture.url} is {found.words}; it is not given out")


def _refuse_withheld_records(held: Iterable[str], records: Iterable[str]) -> None:
    """No record that is withheld is given out with another capture."""
    both = sorted(set(held) & set(records))
    if both:
        raise BundleError(f"expected records that may be given out, found <{both[0]}> withheld, which they rest on")


def _files(collection: Collection, records: Mapping[str, tuple[Record, int]]) -> Iterator[_HasFirst]:
    for name in {record.location.file for record, _ in records.values()}:
        row = collection.catalogue.file(name)
        if row is not None:
            yield _HasFirst(row.name, row.first_entry)


@dataclass(frozen=True, slots=True)
class _HasFirst:
    name: str
    first_entry: int | None


def locate(
    log: LogReader, records: Mapping[str, tuple[Record, int]], first_entries: Mapping[str, int | None]
) -> list[Logged]:
    """The place of each record in the log, in the log's order; `first_entries`: of the first record of each file.

    Raises BundleError when a record is not in the signed log, RecordError when its entry is of other octets.
    """
    found: list[Logged] = []
    missing: dict[str, Record] = {}
    for record, n in records.values():
        first = first_entries.get(record.location.file)
        one = None if first is None else _search(log, record, first + n, first + n + _CHUNK)
        if one is None:
            missing[record.record_id] = record
        else:
            found.append(one)
    if missing:
        found += _search_all(log, missing)
    return sorted(found, key=lambda one: one.index)


def _search(log: LogReader, record: Record, start: int, stop: int) -> Logged | None:
    """Look where the entry must be: entries of other kinds may stand before it."""
    wanted = f'"id":"<{record.record_id}>"'.encode()
    for index, octets in log.entries(min(start, log.size), min(stop, log.size)):
        if wanted in octets:
            return _logged(record, index, octets)
    return None


def _search_all(log: LogReader, missing: dict[str, Record]) -> Iterator[Logged]:
    """Look through the whole log: the catalogue does not say where."""
    for index, octets in log.entries():
        at = octets.find(b'"id":"<')
        record = missing.get(octets[at + 7 : octets.find(b">", at)].decode("utf-8", "replace")) if at >= 0 else None
        if record is not None:
            del missing[record.record_id]
            yield _logged(record, index, octets)
            if not missing:
                return
    tail = b"\n".join(log.tail())
    record_id = next(iter(missing))
    if record_id.encode() in tail:
        raise BundleError(
            f"expected <{record_id}> in the signed log, found that it is logged and not signed yet: "
            "khronika checkpoint signs it"
        )
    raise BundleError(f"expected <{record_id}> in the log, found no entry of it")


def _logged(record: Record, index: int, octets: bytes) -> Logged:
    entry = parse_entry(octets)
    if not isinstance(entry, RecordEntry) or entry.id != record.record_id:
        raise LogError(f"expected the entry of <{record.record_id}> at {index}, found another")
    if (entry.digest, entry.length) != (record.record_digest, record.length):
        raise RecordError(
            f"expected the record {entry.digest} that the log has, found {record.record_digest}; khronika verify says "
            "what else was altered",
            file=record.location.file,
            offset=record.location.offset,
        )
    return Logged(record, index, entry, octets)


# --- the checkpoint --------------------------------------------------------------------------------------------------


def choose(log: LogReader, store: Store, history: KeyHistory, index: int) -> Cover:
    """The checkpoint for a bundle whose last record stands at an index of the log.

    The earliest that has a time-stamp, else the earliest with a cosignature, else the newest; always one that a key
    may have signed and that as many witnesses have cosigned as the policy asks for. Raises BundleError.
    """
    stamped = _by_size(store, f"{LOG}/tsa")
    seen = {name.rpartition("/")[2] for name in store.names(COSIGNATURES)}
    sizes = [size for size in log.sizes() if size > index]
    cosigned: Cover | None = None
    why = "none covers the records: khronika checkpoint signs what is logged"
    # those that somebody vouches for, in their order; of the others, which are many, the newest that will do
    for size in (size for size in sizes if size in stamped or str(size) in seen):
        cover = cover_at(log, store, history, size, stamped.get(size, ()))
        if isinstance(cover, str):
            why = cover
        elif cover.stamps:
            return cover
        else:
            cosigned = cosigned or (cover if cover.witnesses else None)
    if cosigned is not None:
        return cosigned
    for size in reversed(sizes):
        cover = cover_at(log, store, history, size, stamped.get(size, ()))
        if not isinstance(cover, str):
            return cover
        why = cover
    raise BundleError(f"expected a checkpoint that others can rely on, found none: {why}")


def _by_size(store: Store, folder: str) -> dict[int, list[str]]:
    """The names of authorities whose responses are there, by the size of the checkpoint."""
    found: dict[int, list[str]] = {}
    for name in store.names(folder):
        size, _, rest = name.rpartition("/")[2].partition(".")
        if rest.endswith(".tsr") and size.isdecimal():
            found.setdefault(int(size), []).append(rest.removesuffix(".tsr"))
    return found


def cover_at(log: LogReader, store: Store, history: KeyHistory, size: int, authorities: Iterable[str]) -> Cover | str:
    """A checkpoint with those who vouch for it; why it cannot be relied upon where it cannot."""
    issued = log.checkpoint_at(size)
    stamps = []
    for name in authorities:
        with suppress(TimestampError):  # a response that does not hold vouches for nothing; `verify` tells of it
            stamps.append(stamp_at(store, history, size, name, issued))
    try:
        given = cosignatures(store, size, parse_checkpoint(issued).note.text, history.policy)
        lines = b"".join(one.signature.line() for one in given)
        witnesses = tuple((one.witness, one.at) for one in given)
        signed = parse_checkpoint(issued + lines)
        dated = min([one.latest for one in stamps] + [at for _, at in witnesses], default=None)
        refusal = history.refusal_of(signed, dated=dated)
    except SignatureError as error:
        refusal = str(error)
    if refusal is not None:
        return f"the checkpoint of {size}: {refusal}"
    cosigners = [history.policy.witnesses[name] for name, _ in witnesses]
    if not history.policy.satisfied(cosigners):
        return (
            f"the checkpoint of {size} entries has {len(witnesses)} cosignatures, "
            "fewer than the log's policy asks for; khronika witness request asks a witness for one"
        )
    return Cover(issued, lines, signed, tuple(sorted(stamps, key=lambda one: one.name)), witnesses)


def stamp_at(store: Store, history: KeyHistory, size: int, name: str, message: bytes) -> StampFiles:
    """A time-stamp over a checkpoint, verified. Raises TimestampError where there is none that holds."""
    try:
        response = store.read(f"{LOG}/tsa/{size}.{name}.tsr")
        certificates = store.read(f"{LOG}/tsa/{name}.pem")
    except FileNotFoundError as error:
        raise TimestampError(f"expected a time-stamp by {name} and its certificate, found none") from error
    stamp = StampFiles(name, size, response, certificates, _crl(store, size, name))
    return verified_stamp(history, stamp, message, forgiving=True)


def _crl(store: Store, size: int, name: str) -> bytes | None:
    """The list of revoked certificates from when a token was had or soon after, else the newest before it.

    One is kept a day and authority, not beside every token.
    """
    kept = sorted((one for one in kept_crls(store) if one.authority == name), key=lambda one: one.size)
    later = [one for one in kept if one.size >= size]
    found = later[0] if later else kept[-1] if kept else None
    return None if found is None else store.read(found.crl)


def verified_stamp(history: KeyHistory, stamp: StampFiles, message: bytes, *, forgiving: bool = False) -> StampFiles:
    """A time-stamp with what it says. Raises TimestampError: it is not over `message`, by whom the root key names.

    A list of revoked certificates that cannot be read, or is another issuer's, is left out if `forgiving`.
    """
    if digest(stamp.certificates) != history.certificate(stamp.name):
        raise TimestampError(f"expected the certificate of {stamp.name} that the note of keys names, found another")
    token = verify_token(stamp.response, message, stamp.certificates)
    if stamp.crl is not None:
        revoked = None
        try:
            revoked = read_crl(stamp.crl, token, stamp.certificates).revoked_at
        except TimestampError:
            if not forgiving:
                raise
            stamp = replace(stamp, crl=None)
        if revoked is not None and revoked <= token.gen_time:
            raise TimestampError(f"expected a certificate of {stamp.name} that held, found it revoked at {revoked}")
    accuracy = token.accuracy or timedelta()
    return replace(stamp, time=token.gen_time, accuracy=accuracy, authority=token.tsa)


def look_back(
    log: LogReader, store: Store, history: KeyHistory, said: Sequence[tuple[int, bytes]], crawls: Mapping[str, int]
) -> Before:
    """What stood in the log before the captures of some crawls, by crawl the leaf index of the first of them.

    The last time-stamp and the last beacon before all of them, and how each crawl began. `said`: the entries that are
    no records'.
    """
    proofs: dict[str, tuple[int, bytes]] = {}
    stamp: StampFiles | None = None
    checkpoint, beacon = b"", None
    first = min(crawls.values())
    for index, octets in reversed(said):
        if index >= first:
            continue
        # the members of an entry are sorted, `what` is the last one: most entries need not be read
        if octets.endswith(b'"what":"anchor"}') and stamp is None:
            entry = parse_entry(octets)
            assert isinstance(entry, AnchorEntry)
            with suppress(TimestampError, LogError):
                message = log.checkpoint_at(entry.size)
                found = stamp_at(store, history, entry.size, entry.authority, message)
                if digest(found.response) == entry.digest:
                    stamp, checkpoint = found, message
                    proofs["after/anchor.tlog-proof"] = (index, octets)
        elif octets.endswith(b'"what":"beacon"}') and beacon is None:
            entry = parse_entry(octets)
            assert isinstance(entry, BeaconEntry)
            beacon = beacon_words(entry)
            proofs["after/beacon.tlog-proof"] = (index, octets)
        if stamp is not None and beacon is not None:
            break
    sessions: dict[str, str] = {}
    for crawl, start in sorted(crawls.items(), key=lambda one: one[1]):
        found_session = _session(said, crawl, start)
        if found_session is not None:
            index, octets, sessions[crawl] = found_session
            proofs[f"sessions/{len(sessions)}.tlog-proof"] = (index, octets)
    return Before(proofs, stamp, checkpoint, beacon, sessions)


def recoveries(said: Iterable[tuple[int, bytes]], logged: Sequence[Logged]) -> tuple[Recovery, ...]:
    """The events by which records of a bundle lay unsigned in the journal; `said`: the entries that are no records'."""
    found = []
    for index, octets in said:
        if b'"type":"recovery"' in octets:
            one = recovery_of(index, octets)
            if one is not None and any(each.index in one.entries for each in logged):
                found.append(one)
    return tuple(found)


def recovery_of(index: int, octets: bytes) -> Recovery | None:
    """What an entry says of entries that were not signed; None where it says nothing of any. Raises LogError."""
    event = parse_entry(octets)
    entries = unvouched(event) if isinstance(event, EventEntry) else None
    return None if entries is None else Recovery(index, octets, entries)


def is_late(one: Logged, known: Iterable[Recovery]) -> bool:
    """Whether a record was logged after a recovery, or lay unsigned in the journal until one."""
    return one.entry.recovered or any(one.index in each.entries for each in known)


def _begins(captures: Iterable[Capture], logged: Iterable[Logged]) -> dict[str, int]:
    """By crawl, the leaf index of the first of the captures."""
    at = {one.record.record_id: one.index for one in logged}
    found: dict[str, int] = {}
    for capture in captures:
        found[capture.crawl] = min(at[capture.record_id], found.get(capture.crawl, at[capture.record_id]))
    return found


def _session(said: Sequence[tuple[int, bytes]], crawl: str, start: int) -> tuple[int, bytes, str] | None:
    """The last entry before a leaf index on the beginning of a crawl: its index, its octets, what it says."""
    for index, octets in reversed(said):
        if index < start and b'"capture-session"' in octets and octets.endswith(b'"what":"event"}'):
            entry = parse_entry(octets)
            if isinstance(entry, EventEntry) and entry.type is EventType.CAPTURE_SESSION and entry.object == crawl:
                return index, octets, entry.detail
    return None


def beacon_words(entry: BeaconEntry) -> str:
    """A beacon in a line."""
    number = "" if entry.round is None else f" round {entry.round}"
    return f"{entry.source}{number}: {entry.value}"


def facts_of(
    wanted: Iterable[str], logged: Sequence[Logged], cover: Cover, before: Before, root_key: str, history: KeyHistory
) -> Facts:
    """What a bundle shows, for the texts in it."""
    signers = [vkey for vkey in history.vkeys if any(one.is_by(vkey) for one in cover.signed.note.signatures)]
    late = {one.record.record_id for one in logged if is_late(one, before.recoveries)}
    earlier = before.stamp
    return Facts(
        software=SOFTWARE,
        origin=cover.signed.origin,
        root_key=root_key,
        # a checkpoint at a change of keys has two signatures: the newer key's is the one to look at
        log_key=str(
            next((vkey for vkey in reversed(signers) if history.may_sign(vkey, cover.signed.size)), signers[0])
        ),
        size=cover.signed.size,
        root=cover.signed.root,
        records=len(logged),
        recovered=len(late),
        captures=captures_of(
            wanted,
            {one.record.record_id: one.record for one in logged},
            {one.record.record_id: one.index for one in logged},
            late,
        ),
        stamps=tuple(Stamp(one.name, one.authority, one.latest, one.time) for one in cover.stamps),
        witnesses=cover.witnesses,
        before=None if earlier is None else Stamp(earlier.name, earlier.authority, earlier.earliest, earlier.time),
        beacon=before.beacon,
        sessions=before.sessions,
    )


# --- the files -------------------------------------------------------------------------------------------------------


def proof_of(log: LogReader, index: int, entry: bytes, cover: Cover) -> bytes:
    """The proof of an entry under a checkpoint, as a file."""
    return TlogProof(entry, index, tuple(log.inclusion(index, cover.signed.size)), cover.octets).octets()


def _files_of(
    log: LogReader,
    store: Store,
    history: KeyHistory,
    cover: Cover,
    before: Before,
    logged: Sequence[Logged],
    facts: Facts,
    wanted: Sequence[str],
) -> Iterator[tuple[str, bytes]]:
    """All files but the records and the manifest."""
    yield "checkpoint", cover.issued
    if cover.cosignatures:
        yield "cosignatures", cover.cosignatures
    yield "genesis.tlog-proof", proof_of(log, 0, log.entry(0), cover)
    for number, one in enumerate(logged):
        yield f"proofs/{number:05}.tlog-proof", proof_of(log, one.index, one.octets, cover)
    for note in history.notes:
        yield f"keys/{note.serial}.note", store.read(f"{NOTES}{note.serial}.note")
    yield "policy", history.policy_octets
    for stamp in cover.stamps:
        yield from _stamp_files("tsa", stamp)
    for name, (index, octets) in before.proofs.items():
        yield name, proof_of(log, index, octets, cover)
    for number, recovery in enumerate(before.recoveries, 1):
        yield f"recovery/{number}.tlog-proof", proof_of(log, recovery.index, recovery.octets, cover)
    if before.stamp is not None:
        yield from _stamp_files("after", before.stamp)
        yield "after/checkpoint", before.checkpoint
    yield "bundle.json", _about(wanted)
    yield "STATEMENT.en.txt", statement_en(facts).encode()
    yield "STATEMENT.ru.txt", statement_ru(facts).encode()
    yield "FIELDS.txt", fields(facts).encode()
    yield "README.txt", README.encode()
    lengths = [one.record.location.length for one in logged]
    yield "COMMANDS.txt", commands(facts, lengths, history).encode()
    yield VERIFIER, verifier()


def _stamp_files(folder: str, stamp: StampFiles) -> Iterator[tuple[str, bytes]]:
    yield f"{folder}/{stamp.name}.tsr", stamp.response
    yield f"{folder}/{stamp.name}.pem", stamp.certificates
    if stamp.crl is not None:
        yield f"{folder}/{stamp.name}.crl", stamp.crl


def _about(wanted: Sequence[str]) -> bytes:
    captures = [f"<{name}>" for name in wanted]
    about = {"captures": captures, "format": FORMAT, "software": SOFTWARE, "texts": texts_digest()}
    return json.dumps(about, sort_keys=True, indent=1).encode() + b"\n"


def verifier() -> bytes:
    """The program that goes into every bundle."""
    return Path(__file__).with_name(VERIFIER).read_bytes()


@functools.cache
def texts_digest() -> Digest:
    """What the texts of a bundle and its program are made by: only the same makes the same of the same evidence."""
    makers = (VERIFIER, "statement.py", "bundle_commands.py")
    return digest(b"".join(Path(__file__).with_name(name).read_bytes() for name in makers))


def _write(path: Path, small: Mapping[str, bytes], collection: Collection, logged: Sequence[Logged]) -> Digest:
    """Write the zip, and sync it; its digest."""
    total = sum(one.record.location.length for one in logged)
    digests = {name: digest(octets) for name, octets in small.items()}
    with path.open("wb") as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            digester = Digester()
            with archive.open(_zip_info(RECORDS, total), "w") as target:
                for piece in _members(collection, logged):
                    digester.update(piece)
                    target.write(piece)
            digests[RECORDS] = digester.digest()
            lines = [f"{digests[name].removeprefix('sha256:')}  {name}\n" for name in sorted(digests)]
            for name, octets in sorted({**small, MANIFEST: "".join(lines).encode()}.items()):
                archive.writestr(_zip_info(name, len(octets)), octets)
        file.flush()
        os.fsync(file.fileno())
    whole = Digester()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            whole.update(piece)
    return whole.digest()


def _zip_info(name: str, size: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.create_system = 3
    info.external_attr = _ATTRIBUTES
    info.file_size = size
    return info


def _members(collection: Collection, logged: Sequence[Logged]) -> Iterator[bytes]:
    """The gzip members as they lie on the disk."""
    for one in logged:
        yield from collection.member(one.record)


def _sync(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
