"""What each closed WARC has to be, as the log says: its seal, or what it was when records were last taken from it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from archive.entry import RecordEntry, SealEntry, parse_entry
from archive.statements import statements, vouched
from archive.withholding import resealed

if TYPE_CHECKING:
    from datetime import datetime

    from archive.catalogue import Catalogue
    from archive.digest import Digest
    from archive.log import LogReader

_SEAL: Final = b'"what":"seal"}'
"""The last octets of a seal's entry."""
_NEAR: Final = 10_000
"""Entries before a seal among which the file's last record is looked for: others come between, but few."""


@dataclass(frozen=True, slots=True)
class SealedFile:
    """A closed WARC."""

    name: str
    size: int
    digest: Digest
    records: int
    first: int
    """Leaf index of its first record."""
    closed: int
    """Leaf index of its seal."""
    index: int
    """Leaf index of the entry that says what it is: the seal, or the event of a later erasure."""


def sealed_files(log: LogReader, catalogue: Catalogue | None = None) -> dict[str, SealedFile]:
    """The files that are sealed under the log's newest checkpoint, by name. Raises LogError.

    A file that was sealed twice with different words is not among them: nobody can say what it has to be.
    """
    seals: dict[str, SealedFile] = {}
    doubtful: set[str] = set()
    for index, octets in vouched(statements(log, catalogue)):
        if not octets.endswith(_SEAL):
            continue
        entry = parse_entry(octets)
        if not isinstance(entry, SealEntry):
            continue
        found = SealedFile(entry.file, entry.bytes, entry.digest, entry.records, entry.first, index, index)
        known = seals.setdefault(entry.file, found)
        if (known.size, known.digest, known.records, known.first) != (
            found.size,
            found.digest,
            found.records,
            found.first,
        ):
            doubtful.add(entry.file)
    for name, again in resealed(log, catalogue=catalogue).items():
        if (seal := seals.get(name)) is not None:
            seals[name] = replace(seal, size=again.bytes, digest=again.digest, index=again.entry)
    return {name: seal for name, seal in seals.items() if name not in doubtful}


def last_date(log: LogReader, sealed: SealedFile) -> datetime | None:
    """When the last record of a file was written, as the log says; None where nothing near the seal says it."""
    for index in range(sealed.closed - 1, max(sealed.first, sealed.closed - _NEAR) - 1, -1):
        entry = parse_entry(log.entry(index))
        if isinstance(entry, RecordEntry) and (entry.file, entry.n) == (sealed.name, sealed.records - 1):
            return entry.date
    return None
