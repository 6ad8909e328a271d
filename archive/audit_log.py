"""The audit of the log itself: entries, tiles, roots, and what the entries say together.

Every entry is read once, in its canonical form, and hashed; the tree over them is built anew. It is held against the
hash tiles and against the root of every checkpoint that was issued, so that it is known up to which entry the log is
the one that was signed, and which entries are not those that were. Who signed, and what outside vouches for it, is
for `archive/audit_voucher.py`.
"""

from __future__ import annotations

import base64
import contextlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from archive.checkpoint import SignedCheckpoint, parse_checkpoint
from archive.entry import (
    AnchorEntry,
    BeaconEntry,
    EventEntry,
    EventType,
    GenesisEntry,
    KeyEntry,
    ReadingsEntry,
    RecordEntry,
    SealEntry,
    parse_entry,
)
from archive.errors import LogError, SignatureError, StorageError
from archive.finding import Finding, FindingKind
from archive.header import format_date, parse_date
from archive.log import CHECKPOINT, CHECKPOINTS, JOURNAL, LOG, SIGNED, parse_journal
from archive.logged import unvouched
from archive.merkle import RightEdge, leaf_hash, root_of, tree_root
from archive.store import Store
from archive.tiles import HASH, WIDTH, Tiles, entry_bundle, hash_tile, part

Advance = Callable[[int], None]
"""Called with the number of entries read."""

TOLD = 100
"""Entries or tiles of one kind that are named one by one; of more, the number is told."""

_RECORD = re.compile(
    r'\{"date":"([0-9]{4}-[0-9]{2}-[0-9]{2})(T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z)",'
    r'"digest":"sha256:([0-9a-f]{64})","file":"([A-Za-z0-9._:-]+)",'
    r'"id":"<([A-Za-z][A-Za-z0-9.-]*:[A-Za-z0-9._:-]+)>","length":(0|[1-9][0-9]{0,14}),"n":(0|[1-9][0-9]{0,14}),'
    r'(?:"payload":"(sha256:[0-9a-f]{64})",)?("recovered":1,)?"type":"([A-Za-z0-9._:-]+)","v":1,"what":"record"\}'
)
"""The canonical form of nearly every entry of a record; what does not fit is left to `parse_entry`."""

_DATE = slice(9, 36)
"""Where the date stands in the usual form."""
_FILE_AT = 121
"""Where the file stands."""
_IS_RECORD = b',"v":1,"what":"record"}'

_SIGNED = re.compile(rb"(0|[1-9][0-9]{0,15}) ([A-Za-z0-9+/]{43}=)\n\Z")
_WITHHELD = frozenset({EventType.WITHHOLDING, EventType.DELETION})
_COSIGNED = re.compile(r"witness (\S+) cosigned ")
_days: set[str] = set()


class Logged(NamedTuple):
    """An entry of a record."""

    leaf: int
    """Leaf index."""
    date: str
    """WARC-Date, with microseconds."""
    digest: str
    """64 lowercase hexadecimal digits."""
    file: str
    id: str
    """Without angle brackets."""
    length: int
    n: int
    payload: str | None
    """With its label."""
    recovered: bool
    type: str


def logged_record(index: int, octets: bytes) -> Logged | None:
    """The entry of a record; None when an entry has not the usual form: `parse_entry` knows what it is."""
    found = _RECORD.fullmatch(octets.decode("latin-1"))
    if found is None:
        return None
    day, hour, digest, file, name, length, n, payload, recovered, kind = found.groups()
    if day not in _days:
        if parse_date(day) is None:
            return None
        _days.add(day)
    return Logged(index, day + hour, digest, file, name, int(length), int(n), payload, recovered is not None, kind)


def logged_of(index: int, entry: RecordEntry) -> Logged:
    """The same of an entry that was parsed."""
    return Logged(
        index,
        format_date(entry.date),
        entry.digest.removeprefix("sha256:"),
        entry.file,
        entry.id,
        entry.length,
        entry.n,
        entry.payload,
        entry.recovered,
        entry.type,
    )


@dataclass(slots=True)
class FileEntries:
    """What the log says of one WARC."""

    name: str
    records: int = 0
    signed: int = 0
    """Of the records, those up to the newest checkpoint."""
    recovered: int = 0
    runs: list[tuple[int, int]] = field(default_factory=list)
    """Leaf indexes from … to before … between which its records' entries lie; entries of other kinds may, too."""
    seal: SealEntry | None = None
    """The last one."""
    newest: str = ""
    """The latest WARC-Date."""
    gap: bool = False
    """Whether entries of its records may be among those that cannot be read."""


@dataclass(slots=True)
class LogAudit:
    """What the log was found to be."""

    origin: str = ""
    size: int = 0
    """Entries up to the newest checkpoint that can be read."""
    newest: SignedCheckpoint | None = None
    genesis: GenesisEntry | None = None
    checkpoints: dict[int, SignedCheckpoint] = field(default_factory=dict)
    """As they were issued, by size, rising; those whose root is the tree's."""
    octets: dict[int, bytes] = field(default_factory=dict)
    """Of those checkpoints, as files."""
    others: list[SignedCheckpoint] = field(default_factory=list)
    """Checkpoints whose root is another than the tree's, where a later one is right."""
    roots: dict[int, bytes] = field(default_factory=dict)
    """The tree's root at every size that was asked for."""
    altered: set[int] = field(default_factory=set)
    """Entries that are not those that were signed, where that can be told one by one."""
    whole: int = 0
    """The largest size of a checkpoint whose root is that of the entries."""
    files: dict[str, FileEntries] = field(default_factory=dict)
    """In the order in which they were begun."""
    tail: list[bytes] = field(default_factory=list)
    """Entries after the newest checkpoint."""
    keys: list[KeyEntry] = field(default_factory=list)
    anchors: list[tuple[int, AnchorEntry]] = field(default_factory=list)
    beacons: list[tuple[int, BeaconEntry]] = field(default_factory=list)
    cosigned: set[tuple[str, str]] = field(default_factory=set)
    """Files with cosignatures, and whose, as events of the log say."""
    unvouched: list[range] = field(default_factory=list)
    """Entries that lay unsigned in the journal when a run began: nothing shows who put them there."""
    withholds: bool = False
    """Whether something was withheld, which `archive/withholding.py` reads."""
    readings: dict[str, tuple[int, ReadingsEntry]] = field(default_factory=dict)
    """The last of each crawl."""
    sealed: dict[str, int] = field(default_factory=dict)
    """Leaf index of each file's last seal."""
    damaged: set[int] = field(default_factory=set)
    """Bundles that could not be read."""
    findings: list[Finding] = field(default_factory=list)
    not_checked: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        """Entries, those not signed yet among them."""
        return self.size + len(self.tail)

    def bundle_of(self, leaf: int) -> str:
        """Name of the file with a signed entry."""
        n = leaf // WIDTH
        return f"{LOG}/{part(entry_bundle(n), min(self.size - n * WIDTH, WIDTH))}"

    def say(self, kind: FindingKind, file: str, expected: str, found: str) -> None:
        """Add a finding about a file of the log."""
        self.findings.append(Finding(kind, file, None, None, None, expected, found))


def audit_log(store: Store, advance: Advance = lambda done: None, *, extra: tuple[int, ...] = ()) -> LogAudit:
    """Read the whole log. `extra`: further sizes whose roots are wanted. Raises OSError, StorageError."""
    audit = LogAudit()
    issued = _issued(store)
    beyond = _signed_last(store)
    _open(store, audit, issued)
    if audit.newest is None:
        return audit
    _hold_beyond(store, audit, issued, beyond)
    sizes = {size for size in issued if size <= audit.size} | {audit.size}
    reading = _Reading(store, audit, sizes | {size for size in extra if size <= audit.size}, advance)
    reading.run()
    _hold_checkpoints(store, audit, sizes, reading)
    return audit


def _issued(store: Store) -> list[int]:
    names = (name.rpartition("/")[2] for name in store.names(f"{LOG}/{CHECKPOINTS}"))
    return sorted(int(name) for name in names if name.isdecimal() and name == str(int(name)))


def _signed_last(store: Store) -> tuple[int, bytes] | None:
    """What the writer says that it signed last; it stays with the keys and is in no copy."""
    try:
        found = _SIGNED.match(store.read(SIGNED))
    except OSError:
        return None
    return (int(found[1]), base64.b64decode(found[2])) if found else None


def _open(store: Store, audit: LogAudit, issued: list[int]) -> None:
    """Take the newest checkpoint that can be read; what is wrong with newer ones is told."""
    name = f"{LOG}/{CHECKPOINT}"
    candidates = [name, *(f"{LOG}/{CHECKPOINTS}/{size}" for size in reversed(issued))]
    for one in candidates:
        try:
            octets = store.read(one)
            audit.newest = parse_checkpoint(octets)
        except FileNotFoundError:
            audit.say(FindingKind.MISSING, one, "the newest signed checkpoint", "none")
        except SignatureError as error:
            kind = FindingKind.UNSIGNED if _is_bare(octets) else FindingKind.ALTERED
            audit.say(kind, one, "a signed checkpoint", str(error))
        else:
            audit.size, audit.origin = audit.newest.size, audit.newest.origin
            break
    if audit.newest is None:
        return
    if audit.size == 0:
        audit.say(FindingKind.ALTERED, one, "a log with its first entry", "one of no entries")
    audit.tail = _tail(store, audit.size)


def _is_bare(octets: bytes) -> bool:
    """Whether this is a checkpoint whose signatures were taken away."""
    lines = octets.rstrip(b"\n").split(b"\n")
    return len(lines) == 3 and lines[1].isdigit()


def _tail(store: Store, size: int) -> list[bytes]:
    try:
        journal = parse_journal(store.read(f"{LOG}/{JOURNAL}"))
    except FileNotFoundError:
        return []
    return journal.after(size) if journal is not None else []


def _hold_beyond(store: Store, audit: LogAudit, issued: list[int], beyond: tuple[int, bytes] | None) -> None:
    """What was signed beyond the newest checkpoint: by a writer at work or one that was killed, or taken away since."""
    known: dict[int, tuple[str, bytes | None]] = {}
    for size in issued:
        if size > audit.size:
            known[size] = (f"{LOG}/{CHECKPOINTS}/{size}", _root_in(store, f"{LOG}/{CHECKPOINTS}/{size}"))
    if beyond is not None and beyond[0] >= audit.size:
        if beyond[0] == audit.size and audit.newest is not None and beyond[1] != audit.newest.root:
            expected = f"the root that was signed at {audit.size} entries, as {SIGNED} has it"
            audit.say(FindingKind.FORKED, f"{LOG}/{CHECKPOINT}", expected, "another")
        elif beyond[0] > audit.size:
            known.setdefault(beyond[0], (SIGNED, beyond[1]))
    for size, (name, root) in known.items():
        if size <= audit.total and root is not None:
            audit.not_checked.append(
                f"the checkpoint of {size} entries in {name}, which {LOG}/{CHECKPOINT} has not come to yet"
            )
            continue
        expected = f"a log of at least {size} entries, as {name} has it"
        found = f"{LOG}/{CHECKPOINT} with {audit.size}, and {len(audit.tail)} entries after it"
        audit.say(FindingKind.ROLLED_BACK, f"{LOG}/{CHECKPOINT}", expected, found)


def _root_in(store: Store, name: str) -> bytes | None:
    try:
        return parse_checkpoint(store.read(name)).root
    except (SignatureError, OSError):
        return None


class _Reading:
    """One pass over all entries."""

    def __init__(self, store: Store, audit: LogAudit, sizes: set[int], advance: Advance) -> None:
        self.store = store
        self._audit = audit
        self._tiles = Tiles(store, LOG)
        self._sizes = sorted(sizes)
        self._advance = advance
        self._levels: list[list[bytes]] = []
        """By level, the hashes of the tile that is not whole yet."""
        self._counts: list[int] = []
        self._instead: dict[tuple[int, int], bytes] = {}
        """By level and index, hashes that are others by the tiles below them."""
        self._upper = RightEdge()
        """The tree over whole bundles."""
        self._last: FileEntries | None = None
        """The file of the record before; None where the next one is to be looked at closely."""
        self._beginning = b""
        self.apart: RightEdge | None = None
        """The tree over the leaves that the tiles hold, once they differ from those of the entries."""
        self._apart_upper: RightEdge | None = None
        self.differing: list[int] = []
        """Leaves that the tiles have otherwise."""
        self.wrong: dict[int, SignedCheckpoint] = {}
        """Checkpoints whose root is another than the tree's."""
        self.many = 0
        """Tiles that differ, and could not be named one by one."""
        self._malformed = 0
        self._gap = False

    def run(self) -> None:
        audit = self._audit
        for n in range(-(-audit.size // WIDTH)):
            self._bundle(n, min(audit.size - n * WIDTH, WIDTH))
            self._advance(min(audit.size, (n + 1) * WIDTH))
        self._end()
        for at, entry in enumerate(audit.tail):
            self._take(audit.size + at, entry)

    def tiles_root(self) -> bytes | None:
        """The root over the leaves that the tiles hold; None where they are those of the entries."""
        return self.apart.root() if self.apart is not None else None

    def _bundle(self, n: int, width: int) -> None:
        first = n * WIDTH
        try:
            entries = self._tiles.bundle(n, width)
        except (LogError, StorageError, OSError) as error:
            self._unreadable(n, width, error)
            return
        leaves = [leaf_hash(entry) for entry in entries]
        held = self._hashes(0, n, width)
        own = b"".join(leaves)
        if held is not None and held != own:
            self._differ(first, leaves, held)
        self._grow(first, leaves, held if held is not None and held != own else own)
        for at, entry in enumerate(entries):
            self._take(first + at, entry)

    def _unreadable(self, n: int, width: int, error: Exception) -> None:
        """A bundle that is not there: what the tiles hold keeps the others provable."""
        audit = self._audit
        name = f"{LOG}/{part(entry_bundle(n), width)}"
        kind = FindingKind.MISSING if "no such file" in str(error) else FindingKind.MALFORMED
        audit.say(kind, name, f"{width} entries", str(error))
        audit.damaged.add(n)
        held = self._hashes(0, n, width)
        if held is None:
            # nothing says what was here: no root from here on can be that of these entries
            held = bytes(width * HASH)
        leaves = [held[at : at + HASH] for at in range(0, len(held), HASH)]
        audit.altered.update(range(n * WIDTH, n * WIDTH + width))
        self._gap = True
        if self._last is not None:
            self._last.gap = True
            self._last = None
        self._grow(n * WIDTH, leaves, held)

    def _hashes(self, level: int, n: int, width: int) -> bytes | None:
        """A tile's hashes; None where they cannot be read, which is told."""
        try:
            return self._tiles.hashes(level, n, width)
        except (LogError, StorageError, OSError) as error:
            self._tell(FindingKind.MISSING, level, n, width, f"{width} hashes", str(error))
            return None

    def _tell(self, kind: FindingKind, level: int, n: int, width: int, expected: str, found: str) -> None:
        self.many += 1
        if self.many <= TOLD:
            self._audit.say(kind, f"{LOG}/{part(hash_tile(level, n), width)}", expected, found)

    def _differ(self, first: int, leaves: list[bytes], held: bytes) -> None:
        for at, leaf in enumerate(leaves):
            if held[at * HASH : (at + 1) * HASH] != leaf:
                self.differing.append(first + at)
        if self.apart is None:
            self._apart_upper = RightEdge(self._upper.size, self._upper.edge)
            self.apart = self._apart_upper

    def _grow(self, first: int, leaves: list[bytes], held: bytes) -> None:
        """Add a bundle's leaves to the tree, with the roots that are wanted on the way."""
        audit = self._audit
        local = RightEdge()
        wanted = [size for size in self._sizes if first < size <= first + len(leaves)]
        for at, leaf in enumerate(leaves):
            local.append(leaf)
            if wanted and wanted[0] == first + at + 1:
                audit.roots[wanted.pop(0)] = _joined(self._upper, local).root()
        other, apart = self._apart_upper, None
        if other is not None:
            apart = RightEdge()
            for at in range(0, len(held), HASH):
                apart.append(held[at : at + HASH])
            self.apart = _joined(other, apart)
            if len(leaves) == WIDTH:
                other.append(apart.root())
        if len(leaves) == WIDTH:
            self._upper.append(local.root())
            self._push(1, local.root(), apart.root() if apart is not None else None)

    def _push(self, level: int, node: bytes, instead: bytes | None) -> None:
        """Add a hash to a level above the leaves; a tile that becomes whole is held against the one on disk.

        `instead`: what it would be by the tiles below, where these are not those of the entries.
        """
        while len(self._levels) <= level:
            self._levels.append([])
            self._counts.append(0)
        row = self._levels[level]
        if instead is not None and instead != node:
            self._instead[level, self._counts[level] * WIDTH + len(row)] = instead
        row.append(node)
        if len(row) == WIDTH:
            self._hold_tile(level)

    def _hold_tile(self, level: int) -> None:
        row, n = self._levels[level], self._counts[level]
        held = self._hashes(level, n, len(row))
        tiled = [self._instead.pop((level, n * WIDTH + at), node) for at, node in enumerate(row)]
        if held is not None and held != b"".join(row) and held != b"".join(tiled):
            self._tell(FindingKind.ALTERED, level, n, len(row), "the hashes of the entries below it", "others")
        if len(row) == WIDTH:
            self._levels[level] = []
            self._counts[level] += 1
            self._push(level + 1, root_of(row), root_of(tiled) if tiled != row else None)

    def _end(self) -> None:
        """Hold the tiles that are not whole against those on disk, and tell of too many to name."""
        for level in range(1, len(self._levels)):
            if self._levels[level]:
                self._hold_tile(level)
        if self.many > TOLD:
            self._audit.say(FindingKind.ALTERED, f"{LOG}/tile", "the hashes of the entries", f"{self.many} other tiles")

    # ---- what entries say

    def _take(self, index: int, octets: bytes) -> None:
        file = self._last
        if file is not None and octets.startswith(self._beginning, _FILE_AT) and octets.endswith(_IS_RECORD):
            # as nearly every entry: of the same file as the one before. That it has the form of an entry, and the
            # number that it must have, is seen when it is held against its record.
            file.runs[-1] = (file.runs[-1][0], index + 1)
            file.records += 1
            file.signed += index < self._audit.size
            if octets.find(b',"recovered":1,') >= 0:
                file.recovered += 1
            file.newest = max(file.newest, octets[_DATE].decode("latin-1"))
            return
        record = logged_record(index, octets)
        if record is None:
            try:
                entry = parse_entry(octets)
            except LogError as error:
                self._wrong(index, "an entry", str(error))
                return
            if not isinstance(entry, RecordEntry):
                self._other(index, entry)
                return
            record = logged_of(index, entry)
        file = self._last
        if file is None or file.name != record.file:
            file = self._audit.files.setdefault(record.file, FileEntries(record.file))
            file.runs.append((index, index + 1))
            self._last = file
            self._beginning = f'"file":"{file.name}","id":"<'.encode()
        else:
            file.runs[-1] = (file.runs[-1][0], index + 1)
        if self._gap:
            self._gap = False
            file.gap = file.gap or record.n > file.records
            file.records = max(file.records, record.n)
        if record.n != file.records:
            self._wrong(index, f"record {file.records} of {file.name}", f"record {record.n}")
        if file.seal is not None:
            self._wrong(index, f"no record of {file.name} after its seal", "one")
        file.records += 1
        file.signed += index < self._audit.size
        file.recovered += record.recovered
        file.newest = max(file.newest, record.date)

    def _other(self, index: int, entry: object) -> None:
        audit = self._audit
        signed = index < audit.size
        if isinstance(entry, GenesisEntry):
            if index != 0:
                self._wrong(index, "one genesis, the first entry", "another")
            else:
                audit.genesis = entry
        elif index == 0:
            self._wrong(0, "a genesis", f"a {type(entry).__name__}")
        elif isinstance(entry, SealEntry):
            self._seal(index, entry)
        elif isinstance(entry, KeyEntry) and signed:
            audit.keys.append(entry)
        elif isinstance(entry, AnchorEntry) and signed:
            audit.anchors.append((index, entry))
        elif isinstance(entry, BeaconEntry) and signed:
            audit.beacons.append((index, entry))
        elif isinstance(entry, ReadingsEntry):
            audit.readings[entry.crawl] = (index, entry)
        elif isinstance(entry, EventEntry) and entry.type in _WITHHELD and signed:
            audit.withholds = True
        elif isinstance(entry, EventEntry) and signed and entry.via is None:
            self._event(entry)

    def _event(self, entry: EventEntry) -> None:
        if entry.type is EventType.COSIGNATURE and entry.object is not None:
            by = _COSIGNED.match(entry.detail)
            self._audit.cosigned.add((entry.object, by[1] if by else ""))
        indices = unvouched(entry)
        if indices is not None:
            self._audit.unvouched.append(indices)

    def _seal(self, index: int, entry: SealEntry) -> None:
        file = self._audit.files.get(entry.file)
        if file is None or not file.runs:
            self._wrong(index, f"records of {entry.file} before its seal", "none")
            return
        if file.gap or self._gap:
            file.gap = True
        elif entry.records != file.records or entry.first != file.runs[0][0]:
            expected = f"a seal over {file.records} records of {entry.file}, the first at {file.runs[0][0]}"
            self._wrong(index, expected, f"{entry.records}, the first at {entry.first}")
        file.seal = entry
        self._last = None
        self._audit.sealed[entry.file] = index

    def _wrong(self, index: int, expected: str, found: str) -> None:
        self._malformed += 1
        if self._malformed > TOLD:
            return
        name = self._audit.bundle_of(index) if index < self._audit.size else f"{LOG}/{JOURNAL}"
        self._audit.say(FindingKind.MALFORMED, name, f"{expected} as entry {index}", found)


def _joined(upper: RightEdge, local: RightEdge) -> RightEdge:
    """The tree of whole bundles with the beginning of another one after it."""
    if local.size == WIDTH:
        whole = RightEdge(upper.size, upper.edge)
        whole.append(local.root())
        return RightEdge(whole.size * WIDTH, whole.edge)
    return RightEdge(upper.size * WIDTH + local.size, [*upper.edge, *local.edge])


def _hold_checkpoints(store: Store, audit: LogAudit, sizes: set[int], reading: _Reading) -> None:
    """Hold every checkpoint that was issued against the tree: which entries are those that were signed."""
    wrong: list[int] = []
    for size in sorted(sizes):
        name = f"{LOG}/{CHECKPOINTS}/{size}"
        try:
            octets = store.read(name)
            signed = parse_checkpoint(octets)
        except FileNotFoundError:
            audit.say(FindingKind.MISSING, name, "the checkpoint as it was issued", "none")
            signed, octets = audit.newest, b""  # type: ignore[assignment] # the newest one: only it is not listed
        except SignatureError as error:
            kind = FindingKind.UNSIGNED if _is_bare(octets) else FindingKind.ALTERED
            audit.say(kind, name, "a signed checkpoint", str(error))
            continue
        if (signed.origin, signed.size) != (audit.origin, size):
            found = f"one of {signed.size} entries of {signed.origin}"
            audit.say(FindingKind.ALTERED, name, f"a checkpoint of {size} entries of {audit.origin}", found)
            continue
        if signed.root != audit.roots[size]:
            wrong.append(size)
            reading.wrong[size] = signed
            continue
        audit.whole = size
        audit.checkpoints[size] = signed
        if octets:
            audit.octets[size] = octets
    _name_altered(audit, wrong, reading)


def _name_altered(audit: LogAudit, wrong: list[int], reading: _Reading) -> None:
    """Say which entries, or tiles, are not those that were signed."""
    if not wrong:
        for index in reading.differing[:TOLD]:
            n = index // WIDTH
            name = f"{LOG}/{part(hash_tile(0, n), min(audit.size - n * WIDTH, WIDTH))}"
            audit.say(FindingKind.ALTERED, name, f"the hash of entry {index}, which is as it was signed", "another")
        _tell_more(audit, len(reading.differing), "hashes in tiles")
        return
    newest = audit.newest
    assert newest is not None
    if reading.tiles_root() == newest.root:
        # the tiles are as they were signed: the entries that differ from them can be named
        audit.altered.update(reading.differing)
        for index in reading.differing[:TOLD]:
            name = audit.bundle_of(index)
            audit.say(FindingKind.ALTERED, name, f"entry {index} as it was signed", "another")
        _tell_more(audit, len(reading.differing), "entries")
        audit.whole = audit.size
        tiles = Tiles(reading.store, LOG)
        for size in wrong:
            signed = reading.wrong[size]
            with contextlib.suppress(LogError, StorageError, OSError):
                if tree_root(size, tiles.hash_at) == signed.root:
                    audit.checkpoints[size] = signed
                    audit.octets[size] = signed.octets()
                    continue
            audit.others.append(signed)
        audit.checkpoints = dict(sorted(audit.checkpoints.items()))
        return
    # a root that fits no entries any more: the entries, the tiles or the checkpoint are not what they were
    before = max((size for size in audit.checkpoints if size < wrong[0]), default=0)
    after = [size for size in audit.checkpoints if size > wrong[0]]
    for size in wrong[:TOLD]:
        if after and max(after) > size:
            audit.others.append(reading.wrong[size])
        elif size == wrong[0]:
            expected = f"entries whose root is that of the checkpoint of {size} entries"
            found = f"others: of entries {before} to {size - 1} one or more are not what was signed"
            audit.say(FindingKind.ALTERED, f"{LOG}/{CHECKPOINTS}/{size}", expected, found)


def _tell_more(audit: LogAudit, count: int, of: str) -> None:
    if count > TOLD:
        audit.say(FindingKind.ALTERED, f"{LOG}/tile", "nothing else altered", f"{count - TOLD} more {of}")


def records_between(
    store: Store, file: FileEntries, size: int, tail: tuple[tuple[int, bytes], ...]
) -> Iterator[Logged]:
    """The entries of a file's records, in order. `tail`: those of them that are not signed yet. Raises LogError."""
    n = 0
    for leaf, octets in _entries_of(store, file, size, tail):
        record = logged_record(leaf, octets)
        if record is None:
            entry = parse_entry(octets)
            if not isinstance(entry, RecordEntry):
                continue
            record = logged_of(leaf, entry)
        if record.file != file.name:
            continue
        if record.n != n and not file.gap:
            raise LogError(f"expected record {n} of {file.name} as entry {leaf}, found record {record.n}")
        n = record.n + 1
        yield record


def _entries_of(
    store: Store, file: FileEntries, size: int, tail: tuple[tuple[int, bytes], ...]
) -> Iterator[tuple[int, bytes]]:
    tiles = Tiles(store, LOG)
    for start, stop in file.runs:
        if start < size:
            yield from tiles.entries(start, min(stop, size))
    yield from tail
