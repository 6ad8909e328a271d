"""A log with a fixed key and entries that can be told apart."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from archive.checkpoint import SigningKey
from archive.entry import EventEntry, EventType, GenesisEntry, Outcome
from archive.log import LogWriter

ORIGIN = "log.khronika.invalid/0f3a5b7c9d1e2f4a6b8c"
WHEN = datetime(2026, 11, 22, 1, 0, 0, 123456, tzinfo=UTC)
LOG_KEY = SigningKey(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
ROOT_KEY = SigningKey(f"{ORIGIN}/root", Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64))))


def genesis() -> GenesisEntry:
    """The first entry."""
    return GenesisEntry(WHEN, ORIGIN, str(LOG_KEY.vkey), str(ROOT_KEY.vkey), nonce="0" * 32)


def entry_of(n: int) -> bytes:
    """An entry, by its number."""
    return EventEntry(EventType.EXPORT, WHEN, "khronika", Outcome.SUCCESS, f"{n:04}", nonce=f"{n:032x}").octets()


def new_log(folder: Path) -> LogWriter:
    """A log with its genesis."""
    return LogWriter.create(folder, [genesis().octets()], LOG_KEY)


def reopened(folder: Path) -> LogWriter:
    """The log as the next process has it."""
    return LogWriter.open(folder, [LOG_KEY])


def at_size(folder: Path, size: int) -> list[bytes]:
    """A log of so many entries, signed once; the entries."""
    entries = [genesis().octets(), *(entry_of(n) for n in range(1, size))]
    with new_log(folder) as log:
        log.append(entries[1:])
        log.checkpoint()
    return entries
