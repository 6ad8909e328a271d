"""What somebody needs who rewrites a collection's log: entries, tiles, checkpoints and notes of keys, all made anew.

Everything here works on the files alone. It signs with whatever key it is given: the attacks of `tamper_kit` say
which keys the attacker holds.
"""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from warc_tampering import Warc

from archive.checkpoint import Checkpoint, Note, SignedCheckpoint, SigningKey, parse_checkpoint, sign_checkpoint
from archive.digest import digest
from archive.entry import (
    AnchorEntry,
    Entry,
    EventEntry,
    EventType,
    GenesisEntry,
    KeyEntry,
    RecordEntry,
    SealEntry,
    parse_entry,
)
from archive.header import parse_date
from archive.keys import ROOT_SUFFIX, KeysNote, first_note, load_key, parse_keys_note
from archive.merkle import leaf_hash, root_of
from archive.tiles import WIDTH, entry_bundle, framed, hash_tile, part, unframed

JOURNAL_HEADER = b"khronika-journal 1 %d\n"


class ForgedLog:
    """The log of a collection's folder, read into memory to be written anew."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "log"
        self.signed = parse_checkpoint((self.log / "checkpoint").read_bytes())
        self.origin = self.signed.origin
        self.entries = self._read(self.signed.size)

    @property
    def parsed(self) -> list[Entry]:
        return [parse_entry(entry) for entry in self.entries]

    def sizes(self) -> list[int]:
        return sorted(int(path.name) for path in (self.log / "checkpoints").iterdir())

    def bundle_paths(self) -> list[Path]:
        """The files that hold entries, those that a reader of the newest checkpoint takes."""
        return [self.log / part(entry_bundle(n), width) for n, width in _tiles(self.signed.size)]

    def tile_paths(self, level: int = 0) -> list[Path]:
        """The same of the hashes of one level."""
        size = self.signed.size // WIDTH**level
        return [self.log / part(hash_tile(level, n), width) for n, width in _tiles(size)]

    def index(self, wanted: Callable[[Entry], bool]) -> int:
        """Leaf index of the first entry that fits."""
        return next(index for index, entry in enumerate(self.parsed) if wanted(entry))

    def record(self, record_id: str) -> int:
        """Leaf index of a record."""
        return self.index(lambda entry: isinstance(entry, RecordEntry) and entry.id == record_id)

    def put(self, index: int, entry: Entry) -> None:
        """Another entry in the place of one."""
        self.entries[index] = entry.octets()

    def drop(self, unwanted: Callable[[Entry], bool]) -> None:
        """Take entries out, as if they had never been logged."""
        self.entries = [octets for octets in self.entries if not unwanted(parse_entry(octets))]

    def refit(self) -> None:
        """Make the entries fit the WARCs as they lie there now: records that are gone, are other ones, or are new."""
        files = {path.name: Warc.read(path) for path in sorted((self.folder / "archive").glob("*.warc.gz"))}
        entries: list[bytes] = []
        first: dict[str, int] = {}
        last = {entry.file: at for at, entry in enumerate(self.parsed) if isinstance(entry, SealEntry)}
        for at, entry in enumerate(self.parsed):
            if isinstance(entry, RecordEntry) and entry.file not in last:
                raise AssertionError("a file that was not closed")
            if isinstance(entry, RecordEntry):
                continue  # all of a file's records are put before its seal
            if not isinstance(entry, SealEntry):
                entries.append(entry.octets())
                continue
            warc = files.get(entry.file)
            if warc is None or last[entry.file] != at:
                continue
            first[entry.file] = len(entries)
            entries += [record_entry(warc, n).octets() for n in range(len(warc.records))]
            octets = warc.path.read_bytes()
            seal = dataclasses.replace(
                entry,
                bytes=len(octets),
                digest=digest(octets),
                records=len(warc.records),
                first=first[entry.file],
            )
            entries.append(seal.octets())
        self.entries = entries

    def without_anchors(self) -> None:
        """Take all tokens and cosignatures away, with every entry that tells of them."""
        self.drop(lambda entry: isinstance(entry, AnchorEntry) or _is_cosignature(entry))
        for path in [*(self.log / "tsa").glob("*.tsr"), *(self.log / "cosig").glob("*")]:
            path.unlink()

    def write(
        self,
        signer: SigningKey | None,
        *,
        sizes: Iterable[int] | None = None,
        journal: Sequence[bytes] = (),
        parts: bool = True,
    ) -> None:
        """Write tiles and checkpoints anew.

        Without a signer each checkpoint keeps the signatures that it had, or has those of the newest one. `sizes`: of
        the checkpoints that there are to be, all but the newest; by default those that there were, as far as the log
        still goes.
        """
        was = {size: parse_checkpoint((self.log / "checkpoints" / str(size)).read_bytes()) for size in self.sizes()}
        older = [size for size in (was if sizes is None else sizes) if size < len(self.entries)]
        if parts:
            self.write_tiles()
        shutil.rmtree(self.log / "checkpoints")
        (self.log / "checkpoints").mkdir()
        leaves = [leaf_hash(entry) for entry in self.entries]
        for size in [*older, len(self.entries)]:
            checkpoint = Checkpoint(self.origin, size, root_of(leaves[:size]))
            if signer is None:
                signed = SignedCheckpoint(
                    checkpoint, Note(checkpoint.text(), was.get(size, self.signed).note.signatures)
                )
            else:
                signed = sign_checkpoint(checkpoint, [signer])
            (self.log / "checkpoints" / str(size)).write_bytes(signed.octets())
        (self.log / "checkpoint").write_bytes(signed.octets())
        (self.log / "journal").write_bytes(JOURNAL_HEADER % len(self.entries) + framed(list(journal)))
        self.signed = signed

    def write_tiles(self) -> None:
        """Write bundles and hashes of the entries, and nothing else of the log."""
        shutil.rmtree(self.log / "tile")
        for n, width in _tiles(len(self.entries)):
            self._put(part(entry_bundle(n), width), framed(self.entries[n * WIDTH : n * WIDTH + width]))
        level, hashes = 0, [leaf_hash(entry) for entry in self.entries]
        while hashes:
            for n, width in _tiles(len(hashes)):
                self._put(part(hash_tile(level, n), width), b"".join(hashes[n * WIDTH : n * WIDTH + width]))
            whole = len(hashes) // WIDTH
            hashes = [root_of(hashes[n * WIDTH : (n + 1) * WIDTH]) for n in range(whole)]
            level += 1

    def append_to_journal(self, entries: Sequence[bytes]) -> None:
        """Entries after the newest checkpoint, as a run that did not end leaves them."""
        with (self.log / "journal").open("ab") as journal:
            journal.write(framed(list(entries)))

    def _put(self, name: str, octets: bytes) -> None:
        path = self.log / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(octets)

    def _read(self, size: int) -> list[bytes]:
        entries: list[bytes] = []
        for n, width in _tiles(size):
            path = self.log / part(entry_bundle(n), width)
            found, _ = unframed((path if path.exists() else self.log / entry_bundle(n)).read_bytes())
            entries += found[:width]
        return entries


def _is_cosignature(entry: Entry) -> bool:
    return isinstance(entry, EventEntry) and entry.type is EventType.COSIGNATURE


def _tiles(size: int) -> list[tuple[int, int]]:
    """Numbers and widths of the tiles that hold so many hashes."""
    return [(n, min(WIDTH, size - n * WIDTH)) for n in range(-(-size // WIDTH))]


def record_entry(warc: Warc, n: int) -> RecordEntry:
    """The entry that a record would have had if it had been logged like this."""
    payload = None
    if b"\r\nWARC-Payload-Digest: " in warc.records[n].partition(b"\r\n\r\n")[0]:
        payload = warc.value(n, "WARC-Payload-Digest")
    date = parse_date(warc.value(n, "WARC-Date"))
    assert date is not None
    return RecordEntry(
        date=date,
        digest=digest(warc.records[n]),
        file=warc.path.name,
        id=warc.value(n, "WARC-Record-ID").strip("<>"),
        length=len(warc.records[n]),
        n=n,
        type=warc.value(n, "WARC-Type"),
        payload=payload,  # type: ignore[arg-type]
    )


def new_key(name: str) -> SigningKey:
    """A key of the attacker's own, under any name."""
    return SigningKey(name, Ed25519PrivateKey.generate())


def stolen_log_key(folder: Path, origin: str) -> SigningKey:
    """The log key out of `keys/`. Fails where the attacker does not hold it."""
    return load_key(folder / "keys" / "log.pem", origin)


def stolen_root_key(folder: Path, origin: str) -> SigningKey:
    """The root key out of `keys/`. Fails where the attacker does not hold it."""
    return load_key(folder / "keys" / "root.pem", origin + ROOT_SUFFIX)


def swap_keys(forged: ForgedLog, log: SigningKey, root: SigningKey, change: Callable[[KeysNote], KeysNote]) -> None:
    """Other keys from the genesis on: one note of keys, signed by the new root key; the log is not written yet."""
    note, policy = first_note(log, root)
    place = forged.log / "keys"
    shutil.rmtree(place)
    place.mkdir()
    text = change(_text_of(note)).signed(root)
    for name, octets in (
        ("keys/1.note", text),
        ("keys/1.policy", policy),
        ("keys.note", text),
        ("policy", policy),
    ):
        (forged.log / name).write_bytes(octets)
    genesis = forged.parsed[0]
    assert isinstance(genesis, GenesisEntry)
    forged.put(0, dataclasses.replace(genesis, origin=log.name, log=str(log.vkey), root=str(root.vkey)))
    told = False
    kept: list[bytes] = []
    for octets in forged.entries:
        entry = parse_entry(octets)
        if isinstance(entry, KeyEntry):
            if told:
                continue
            told = True
            kept.append(dataclasses.replace(entry, digest=digest(text), serial=1).octets())
            continue
        kept.append(octets)
    forged.entries = kept
    forged.origin = log.name


def _text_of(note: bytes) -> KeysNote:
    return parse_keys_note(note[: note.rfind(b"\n\n") + 1])


def keys_note(folder: Path) -> KeysNote:
    """The newest note of keys of a folder; its signature is not checked."""
    return _text_of((folder / "log" / "keys.note").read_bytes())
