"""What of a collection is copied elsewhere, and in which order.

    archive/*.warc.gz     closed, and sealed in the log: as the log says that they are
    log/                  tiles, checkpoints, cosignatures, tokens, notes of keys; not the journal
    log/checkpoint        last of all: it says that the rest is there

Whoever reads a copy at any moment finds a collection as it was at an earlier one, whose checkpoint covers no record of
a WARC that is not there: neither of one that is still written nor of one that has not come. `keys/` is never copied.
What is private (khronika.toml, state.sqlite, noise/, recovered/) is copied only where that was asked for.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from archive.catalogue import Catalogue
from archive.clone_files import Kind, kind_of
from archive.digest import Digest
from archive.entry import SealEntry, parse_entry
from archive.errors import StateError
from archive.log import CHECKPOINT, CHECKPOINTS, LOG, LogReader
from archive.sealed import SealedFile, sealed_files
from archive.state import NAME as STATE
from archive.store import Store

ARCHIVE = "archive"
PRIVATE = ("khronika.toml", "noise", "recovered")
"""Files and folders that are copied with `private`, beside the state."""

_OF_SIZE = re.compile(rf"{LOG}/(?:{CHECKPOINTS}|cosig|tsa)/([0-9]{{1,16}})(?:\.|\Z)")
_WRITTEN_ONCE = re.compile(rf"{LOG}/(?:tile/.+|{CHECKPOINTS}/[0-9]+|tsa/[0-9]+\.[^/]+\.tsr)\Z")
PART_OF_TILE = re.compile(rf"{LOG}/tile/.+\.p/[0-9]+\Z")
"""A tile that is not full, which gives way to a wider one."""
_RECORD = b'"what":"record"}'


@dataclass(frozen=True, slots=True)
class CopiedFile:
    """A file that is to be at every target."""

    name: str
    size: int | None = None
    """As the log says; None: as it is."""
    digest: Digest | None = None
    earlier: frozenset[Digest] = frozenset()
    """What it was before records were taken from it."""
    mutable: bool = False
    """Whether it is written again under its name."""

    @property
    def is_warc(self) -> bool:
        """Whether it is evidence, which is locked."""
        return self.name.startswith(f"{ARCHIVE}/")


class Inventory:
    """What there is to copy, under one checkpoint of the log."""

    def __init__(self, store: Store, catalogue: Catalogue | None = None) -> None:
        """`store`: the collection's. Raises LogError."""
        self._store = store
        self.log = LogReader(store)
        self._sealed = sealed_files(self.log, catalogue)

    def warcs(self) -> list[CopiedFile]:
        """The closed WARCs, in the order in which they were closed."""
        return [
            CopiedFile(f"{ARCHIVE}/{one.name}", one.size, one.digest, self._earlier(one))
            for one in sorted(self._sealed.values(), key=lambda one: one.closed)
        ]

    def _earlier(self, sealed: SealedFile) -> frozenset[Digest]:
        if sealed.index == sealed.closed:
            return frozenset()
        seal = parse_entry(self.log.entry(sealed.closed))
        assert isinstance(seal, SealEntry)
        return frozenset({seal.digest})

    def newest_whole(self, there: Iterable[str]) -> int | None:
        """The newest checkpoint that covers no record of a WARC but those in `there`; None where there is none."""
        held = set(there)
        files = [(one.first, one.closed, f"{ARCHIVE}/{one.name}" in held) for one in self._sealed.values()]
        # what is not sealed comes after the last seal: one WARC is written after the other
        open_from = self._first_record(max((closed for _, closed, _ in files), default=-1) + 1)
        for size in sorted({*self.log.sizes(), self.log.size}, reverse=True):
            if size > min(self.log.size, open_from):
                continue
            if all(first >= size or (closed < size and is_held) for first, closed, is_held in files):
                return size
        return None

    def _first_record(self, start: int) -> int:
        """Leaf index of the first record from an index on; behind the end where there is none."""
        for index, octets in self.log.entries(start):
            if octets.endswith(_RECORD):
                return index
        return self.log.size

    def of_log(self, size: int) -> Iterator[CopiedFile]:
        """The files of the log that go with a checkpoint, but that itself."""
        for name in self._store.names(LOG):
            of_size = _OF_SIZE.match(name)
            # what no log of ours has stays here, whatever somebody has put beside it
            if kind_of(name) is not Kind.LOG or name == f"{LOG}/{CHECKPOINT}":
                continue
            if of_size and int(of_size[1]) > size:
                continue
            yield CopiedFile(name, mutable=not _WRITTEN_ONCE.match(name))

    def checkpoint(self, size: int) -> bytes:
        """The checkpoint of a size, as a file. Raises LogError."""
        return self.log.signed.octets() if size == self.log.size else self.log.checkpoint_at(size)


def private_files(store: Store) -> list[CopiedFile]:
    """What is neither evidence nor derived, but the state."""
    names = [name for part in PRIVATE for name in ([part] if store.exists(part) else store.names(part))]
    return [CopiedFile(name, mutable=True) for name in sorted(names)]


def copy_state(folder: Path, to: Path) -> None:
    """Write a copy of the state, of one moment, to a file. Raises StateError."""
    try:
        source = sqlite3.connect(f"{(folder / STATE).absolute().as_uri()}?mode=ro", uri=True)
        try:
            target = sqlite3.connect(to)
            try:
                source.backup(target)
                # one file, and no journal beside it
                target.execute("PRAGMA journal_mode = DELETE")
            finally:
                target.close()
        finally:
            source.close()
    except sqlite3.Error as error:
        raise StateError(f"{STATE}: expected a sound SQLite file to copy, found: {error}") from error
