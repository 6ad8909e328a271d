"""A collection's log with real keys, and what a verifier asks of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from archive import keys
from archive.checkpoint import Algorithm, SigningKey, VerifierKey, parse_checkpoint, signed_by
from archive.digest import digest
from archive.entry import EventEntry, EventType, GenesisEntry, KeyEntry, Outcome, parse_entry
from archive.keys import KeyHistory
from archive.log import LogReader, LogWriter
from archive.rotation import open_log, read_history
from archive.store import FolderStore

ORIGIN = "log.khronika.invalid/0f3a5b7c9d1e2f4a6b8c"
WHEN = datetime(2026, 11, 22, 1, 0, 0, 123456, tzinfo=UTC)
LATER = WHEN + timedelta(days=1)


def now() -> datetime:
    """The time at which everything here is done."""
    return WHEN


def new_collection(folder: Path, *, entries: int = 3, passphrase: str | None = None) -> SigningKey:
    """Keys and a log with so many events after its beginning, signed; the root key."""
    log, root = keys.create_keys(folder / keys.KEYS, ORIGIN, passphrase)
    note, policy = keys.first_note(log, root)
    keys.publish_note(folder, note, policy)
    genesis = GenesisEntry(WHEN, ORIGIN, str(log.vkey), str(root.vkey))
    LogWriter.create(folder, [genesis.octets(), KeyEntry(digest(note), 1).octets()], log).close()
    grow(folder, entries, passphrase)
    return root


def event(detail: str) -> bytes:
    """An entry."""
    return EventEntry(EventType.EXPORT, WHEN, "khronika", Outcome.SUCCESS, detail).octets()


def grow(folder: Path, entries: int = 1, passphrase: str | None = None) -> int:
    """Log so many events and sign; the size then."""
    with open_log(folder, passphrase) as log:
        log.append([event(f"{n}") for n in range(entries)])
        log.checkpoint()
        return log.size


def problems(folder: Path) -> list[str]:
    """What a verifier finds wrong with the keys and checkpoints of a collection, from the folder alone."""
    history = read_history(folder)
    reader = LogReader(FolderStore(folder))
    found = []
    refusal = history.refusal_of(reader.signed)
    if refusal is not None:
        found.append(refusal)
    for size in reader.sizes():
        signed = parse_checkpoint(reader.checkpoint_at(size))
        if signed.root != reader.root(size):
            found.append(f"the checkpoint of {size} has another root")
        refusal = history.refusal_of(signed, linked=size < reader.size)
        if refusal is not None:
            found.append(f"{size}: {refusal}")
    entries = [parse_entry(octets) for _, octets in reader.entries()]
    logged = [entry for entry in entries if isinstance(entry, KeyEntry)]
    found += [f"note {entry.serial} is missing" for entry in history.missing(logged)]
    if [entry.serial for entry in logged] != [note.serial for note in history.notes]:
        found.append(f"logged: {[entry.serial for entry in logged]}, notes: {len(history.notes)}")
    return found


def signers_of(folder: Path, size: int) -> list[VerifierKey]:
    """Who has signed a checkpoint."""
    history = read_history(folder)
    note = parse_checkpoint(LogReader(FolderStore(folder)).checkpoint_at(size)).note
    return signed_by(note, history.vkeys)


def events_of(folder: Path, kind: EventType) -> list[EventEntry]:
    """The signed events of a kind."""
    entries = (parse_entry(octets) for _, octets in LogReader(FolderStore(folder)).entries())
    return [entry for entry in entries if isinstance(entry, EventEntry) and entry.type is kind]


def witness_key(name: str, seed: int) -> VerifierKey:
    """The key of a witness, always the same."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.from_private_bytes(bytes([seed] * 32))
    return VerifierKey(name, key.public_key().public_bytes_raw(), Algorithm.COSIGNATURE)


def history_of(folder: Path) -> KeyHistory:
    """The collection's notes of keys."""
    return read_history(folder)
