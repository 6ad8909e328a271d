"""A collection that is read where its copy lies, without one of its own here: `prove`, `show`, `history` with `--at`.

The log is checked as a whole first, as `verify` and `clone` do; one that does not hold is not read from. A catalogue is
made in a folder that is gone at the end: of the files that hold the captures that are wanted, where these are named by
record id, of all of them otherwise. Each file that goes into it comes whole, is held against its seal, and does not
stay; the records themselves are read by their ranges. What is done is not logged: nothing can be written there.
"""

from __future__ import annotations

import contextlib
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from archive import recovery
from archive.audit_file import fails
from archive.audit_log import audit_log
from archive.audit_voucher import held_against, vouched
from archive.catalogue import Catalogue
from archive.checkpoint import VerifierKey, parse_checkpoint
from archive.collection import Collection
from archive.entry import RecordEntry, parse_entry
from archive.errors import NoCollectionError, StorageError, UnsoundCopyError
from archive.held_files import ARCHIVE, HeldFiles, Released
from archive.log import LOG, LogReader
from archive.sealed import SealedFile, sealed_files
from archive.store import Store

_RECORD = re.compile(r"<?(urn:uuid:[0-9a-f-]{36})>?\Z")
_ID = re.compile(rb'"id":"<(urn:uuid:[0-9a-f-]{36})>"')

Progress = Callable[..., None]


@dataclass(frozen=True, slots=True)
class _There:
    """A file in the copy."""

    copy: str
    name: str
    store: Store

    def open(self, offset: int = 0, length: int | None = None) -> BinaryIO:
        return self.store.open(self.name, offset, length)


class _Sealed:
    """Every WARC that the log has sealed, as if it were released to the copy."""

    def __init__(self, place: str, store: Store, files: dict[str, SealedFile]) -> None:
        self._place = place
        self._store = store
        self._files = files

    def released(self, name: str) -> Released | None:
        found = self._files.get(name.removeprefix(f"{ARCHIVE}/")) if name.startswith(f"{ARCHIVE}/") else None
        if found is None:
            return None
        return Released(name, found.size, found.digest, [_There(self._place, name, self._store)])

    def names(self) -> list[str]:
        return [f"{ARCHIVE}/{name}" for name in sorted(self._files)]


class FarFiles(HeldFiles):
    """The files of a copy: its log as it lies there, its WARCs held against the log."""

    def __init__(self, folder: Path, place: str, store: Store, files: dict[str, SealedFile]) -> None:
        super().__init__(folder, _Sealed(place, store, files))
        self._far = store

    def open(self, name: str, offset: int = 0, length: int | None = None) -> BinaryIO:
        """A file of the copy."""
        return (
            super().open(name, offset, length)
            if name.startswith(f"{ARCHIVE}/")
            else self._far.open(name, offset, length)
        )

    def read(self, name: str) -> bytes:
        """A whole file."""
        with self.open(name) as file:
            return file.read()

    def size(self, name: str) -> int:
        """Octets of a file."""
        return super().size(name) if name.startswith(f"{ARCHIVE}/") else self._far.size(name)

    def names(self, prefix: str) -> Iterator[str]:
        """The files below a folder of the copy, in the order of their names."""
        return super().names(prefix) if prefix == ARCHIVE else iter(sorted(self._far.names(prefix)))

    def exists(self, name: str) -> bool:
        """Whether the copy has such a file."""
        return super().exists(name) if name.startswith(f"{ARCHIVE}/") else self._far.exists(name)


class FarCollection(Collection):
    """A collection whose files lie elsewhere; its folder holds the catalogue alone."""

    def __init__(self, folder: Path, held: FarFiles) -> None:
        super().__init__(folder)
        self.held = held

    def log(self) -> LogReader:
        """The log, as the copy has it; it was checked."""
        return LogReader(self.held)


@contextlib.contextmanager
def far_collection(
    store: Store,
    place: str,
    captures: Sequence[str],
    *,
    trust: VerifierKey | None = None,
    against: bytes | None = None,
    settings: bytes = b"",
    progress: Progress = lambda *_: None,
) -> Iterator[FarCollection]:
    """The collection whose copy lies in a store, with a catalogue that has some captures, or all.

    `captures`: as a person names them. Raises NoCollectionError where there is no copy; UnsoundCopyError where its log
    does not hold, or a file is missing or not what its seal says; StorageError.
    """
    _hold_log(store, place, trust, against, progress)
    log = LogReader(store)
    files = sealed_files(log)
    with tempfile.TemporaryDirectory(prefix="khronika-") as name:
        folder = Path(name)
        (folder / ARCHIVE).mkdir()
        (folder / "khronika.toml").write_bytes(settings)
        collection = FarCollection(folder, FarFiles(folder, place, store, files))
        try:
            _index(collection, log, files, captures, progress)
            yield collection
        finally:
            collection.close()


def _hold_log(store: Store, place: str, trust: VerifierKey | None, against: bytes | None, progress: Progress) -> None:
    extra = () if against is None else (parse_checkpoint(against).size,)
    audit = audit_log(store, lambda done: progress("Checking the log", done, None), extra=extra)
    if audit.newest is None:
        raise NoCollectionError(f"expected the copy of a collection, with {LOG}/checkpoint, at {place}, found none")
    out = vouched(store, audit, trust=trust)
    if against is not None:
        held_against(store, audit, out, against, name="the checkpoint kept elsewhere", trust=trust)
    bad = next((finding for finding in (*audit.findings, *out.findings) if fails(finding)), None)
    if bad is not None or out.proved != audit.size:
        found = str(bad) if bad is not None else "one whose newest checkpoint no key of it has signed"
        raise UnsoundCopyError(
            f"expected a log that holds at {place}, found: {found}. khronika verify --at {place} says more"
        )


def _index(
    collection: FarCollection,
    log: LogReader,
    files: dict[str, SealedFile],
    captures: Sequence[str],
    progress: Progress,
) -> None:
    """Make the catalogue: of the files that are needed, and those that revisits in them refer to."""
    Catalogue.create(collection.catalogue_path).close()
    named = [found[1] for found in map(_RECORD.match, captures) if found]
    wanted: list[str] | None = None
    if captures and len(named) == len(captures):
        wanted = _files_with(log, set(named), progress)
    todo, done = list(files) if wanted is None else [name for name in wanted if name in files], 0
    seen: set[str] = set()
    with Catalogue.open(collection.catalogue_path, readonly=False) as catalogue:
        while todo:
            name = todo.pop(0)
            seen.add(name)
            progress("Reading the copy's WARCs", done, done + 1 + len(todo))
            try:
                with collection.held.whole(name) as path:
                    entered = recovery.enter_missing(path, name, catalogue, files[name].first)
            except StorageError as error:
                if collection.held.troubles() and collection.held.troubles()[-1].reached:
                    raise UnsoundCopyError(str(error)) from error
                raise
            if entered.damage:
                raise UnsoundCopyError(f"{name}: {entered.damage[0]}")
            done += 1
            if wanted is not None and not todo:
                missing = _originals(catalogue, named)
                more = _files_with(log, missing, progress) if missing else []
                todo = [one for one in more if one not in seen and one in files]


def _originals(catalogue: Catalogue, named: Sequence[str]) -> set[str]:
    """The captures that revisits refer to and that are not in the catalogue yet."""
    known = catalogue.known_captures(named)
    refers = {catalogue.capture(name).refers_to for name in named if name in known}
    wanted = {one for one in refers if one is not None}
    return wanted - catalogue.known_captures(sorted(wanted))


def _files_with(log: LogReader, wanted: set[str], progress: Progress) -> list[str]:
    """The WARCs with some records, by the log's entries."""
    left, names = set(wanted), dict[str, None]()
    for index, octets in log.entries():
        if index % 10_000 == 0:
            progress("Looking in the log", index, log.size)
        found = _ID.search(octets)
        if found is not None and found[1].decode() in left:
            entry = parse_entry(octets)
            if isinstance(entry, RecordEntry) and entry.id in left:
                left.discard(entry.id)
                names[entry.file] = None
                if not left:
                    break
    return list(names)
