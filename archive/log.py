"""The append-only log: which records there are, in which order, signed.

    log/checkpoint          the newest signed checkpoint
    log/checkpoints/<size>  each as it was first issued
    log/tile/…              hashes and entries up to the newest checkpoint (`archive/tiles.py`)
    log/journal             entries after it: `khronika-journal 1 <index of the first>`, a line end, then entries as in
                            a bundle
    keys/signed             what was signed last, `<size> <base64 of the root>`, a line

The order on disk, so that a kill between any two steps loses nothing that was acknowledged and signs no two histories:

    journal synced                  an entry is logged
    tiles synced                    up to the new size
    keys/signed                     what is about to be signed
    checkpoints/<size>, checkpoint  it is signed
    journal begun anew              what is in tiles now is left out

A writer signs only what goes on from the checkpoint before, which it checks by a consistency proof over the tiles on
disk; where log and keys/signed do not fit together it does not sign at all.
"""

from __future__ import annotations

import base64
import contextlib
import itertools
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from archive.checkpoint import (
    Checkpoint,
    SignedCheckpoint,
    SigningKey,
    VerifierKey,
    parse_checkpoint,
    sign_checkpoint,
    signed_by,
)
from archive.entry import ENTRY_LIMIT, GenesisEntry, parse_entry
from archive.errors import LogError, ProofError, SignatureError, StorageError
from archive.merkle import (
    RightEdge,
    check_consistency,
    consistency_proof,
    edge_of,
    inclusion_proof,
    leaf_hash,
    tree_root,
)
from archive.store import FolderStore, Store
from archive.tiles import HASH, WIDTH, Tiles, entry_bundle, framed, hash_tile, part, unframed
from archive.warc import fdatasync, sync_folder, write_all

LOG = "log"
JOURNAL = "journal"
CHECKPOINT = "checkpoint"
CHECKPOINTS = "checkpoints"
TAILS = "recovered"
"""Folder of a collection for what was cut off after a kill."""
SIGNED = "keys/signed"
"""What was signed last; relative to the collection."""

_HEADER = re.compile(rb"khronika-journal 1 (0|[1-9][0-9]{0,15})\n")
_SIGNED = re.compile(rb"(0|[1-9][0-9]{0,15}) ([A-Za-z0-9+/]{43}=)\n\Z")
_KEPT_PARTS = 2
"""Parts of an unfinished tile that are kept: the newest, and what a reader of the checkpoint before may want."""


class LogReader:
    """A log up to its newest checkpoint. Takes no lock; no signature is checked here."""

    def __init__(self, store: Store) -> None:
        """`store`: the collection's. Raises LogError when there is no log, or its checkpoint or beginning is none."""
        self._store = store
        self._tiles = Tiles(store, LOG)
        try:
            self.signed: SignedCheckpoint = parse_checkpoint(store.read(f"{LOG}/{CHECKPOINT}"))
        except FileNotFoundError as error:
            raise LogError(f"expected a log, {LOG}/{CHECKPOINT}, found none") from error
        except SignatureError as error:
            raise LogError(f"{LOG}/{CHECKPOINT}: {error}") from error
        self.size = self.signed.size
        self.origin = self.signed.origin
        if self.size == 0:
            raise LogError("expected a log with its first entry, found it empty")
        genesis = parse_entry(self.entry(0))
        if not isinstance(genesis, GenesisEntry) or genesis.origin != self.origin:
            raise LogError(f"expected the genesis of {self.origin} as the log's first entry, found another")
        self.genesis: GenesisEntry = genesis

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[tuple[int, bytes]]:
        """Entries with their leaf index, up to `stop` or the checkpoint. Raises LogError."""
        return self._tiles.entries(start, self._bound(stop))

    def entry(self, index: int) -> bytes:
        """One entry. Raises LogError where there is none."""
        if not 0 <= index < self.size:
            raise LogError(f"expected an entry among the {self.size} of the log, found number {index}")
        n, within = divmod(index, WIDTH)
        return self._tiles.bundle(n, min(self.size - n * WIDTH, WIDTH))[within]

    def hash_at(self, level: int, index: int) -> bytes:
        """The hash of a complete subtree, from the tiles. Raises LogError."""
        return self._tiles.hash_at(level, index)

    def root(self, size: int | None = None) -> bytes:
        """The root over the first entries, from the tiles. Raises LogError."""
        return tree_root(self._bound(size), self.hash_at)

    def inclusion(self, index: int, size: int | None = None) -> list[bytes]:
        """The path of an entry. Raises LogError, ProofError."""
        return inclusion_proof(index, self._bound(size), self.hash_at)

    def consistency(self, old: int, new: int | None = None) -> list[bytes]:
        """The proof that the log goes on from one of `old` entries. Raises LogError, ProofError."""
        return consistency_proof(old, self._bound(new), self.hash_at)

    def sizes(self) -> list[int]:
        """The sizes of all checkpoints that were issued, rising."""
        names = (name.rpartition("/")[2] for name in self._store.names(f"{LOG}/{CHECKPOINTS}"))
        return sorted(int(name) for name in names if name.isdecimal() and name == str(int(name)))

    def checkpoint_at(self, size: int) -> bytes:
        """A checkpoint as it was first issued. Raises LogError where there is none."""
        try:
            return self._store.read(f"{LOG}/{CHECKPOINTS}/{size}")
        except FileNotFoundError as error:
            raise LogError(f"expected a checkpoint of {size} entries in {LOG}/{CHECKPOINTS}, found none") from error

    def tail(self) -> list[bytes]:
        """Entries after the checkpoint, logged and not signed yet; none where the log has gone on meanwhile."""
        try:
            octets = self._store.read(f"{LOG}/{JOURNAL}")
        except FileNotFoundError:
            return []
        journal = parse_journal(octets)
        return journal.after(self.size) if journal is not None else []

    def _bound(self, size: int | None) -> int:
        if size is None:
            return self.size
        if not 0 <= size <= self.size:
            raise LogError(f"expected a size of up to {self.size} entries, found {size}")
        return size


@dataclass(frozen=True, slots=True)
class Journal:
    """What a journal holds that is whole."""

    first: int
    """Leaf index of its first entry."""
    entries: list[bytes]
    length: int
    """Octets that are whole."""

    def after(self, size: int) -> list[bytes]:
        """The entries from an index on; none where there is a gap before them."""
        return self.entries[size - self.first :] if self.first <= size else []


def parse_journal(octets: bytes) -> Journal | None:
    """The whole entries of a journal; what a kill left unfinished at its end is passed over. None: no header even."""
    header = _HEADER.match(octets)
    if header is None:
        return None
    entries, length = unframed(octets[header.end() :])
    whole: list[bytes] = []
    at = header.end()
    for entry in entries:
        try:
            parse_entry(entry)
        except LogError:
            return Journal(int(header[1]), whole, at)
        whole.append(entry)
        at += 2 + len(entry)
    return Journal(int(header[1]), whole, header.end() + length)


class LogWriter:
    """Appends to a log and signs it. Only for the process that holds the collection's lock."""

    def __init__(self, folder: Path, signers: Sequence[SigningKey], known: Sequence[VerifierKey] = ()) -> None:
        """Use `create` or `open`."""
        self.cut_octets = 0
        """Octets at the journal's end that a run which did not end had not written whole."""
        self.kept_as: str | None = None
        """Where they are kept, relative to the collection."""
        self.lost_journal = False
        """Whether the journal was missing, or damaged from its first line on: no kill leaves it so."""
        self._folder = folder
        self._log = folder / LOG
        self._signers = list(signers)
        self._known = list(known)
        self._tiles = Tiles(FolderStore(folder), LOG)
        self._edge = RightEdge()
        self._signed: SignedCheckpoint | None = None
        self._partial: list[bytearray] = []
        """By level, the hashes of the tile that is not whole, up to the newest checkpoint."""
        self._bundle: list[bytes] = []
        """Entries of the bundle that is not whole, up to the newest checkpoint."""
        self._pending: list[bytes] = []
        """Entries after it."""
        self._leaves: list[bytes] = []
        self._unsynced = bytearray()
        self._fd: int | None = None
        self._length = 0
        """Octets of the journal that are synced."""
        self._named = True
        """Whether the journal's name is."""

    @classmethod
    def create(cls, folder: Path, entries: Sequence[bytes], signer: SigningKey) -> LogWriter:
        """Begin a log with its first entries, the genesis before all others, and sign them.

        Raises StorageError, and LogError where there is one already.
        """
        writer = cls(folder, [signer])
        if (writer._log / CHECKPOINT).exists():
            raise LogError(f"expected a collection without a log, found {LOG}/{CHECKPOINT}")
        with _disk("making the log"):
            (writer._log / CHECKPOINTS).mkdir(parents=True, exist_ok=True)
            (folder / SIGNED).parent.mkdir(mode=0o700, exist_ok=True)
        writer._begin_journal()
        writer.append(entries)
        writer.checkpoint()
        return writer

    @classmethod
    def open(cls, folder: Path, signers: Sequence[SigningKey], known: Sequence[VerifierKey] = ()) -> LogWriter:
        """Go on with a log, with all that was logged before.

        `known`: other keys that the newest checkpoint may be by, although they sign no more.

        Raises LogError when it is missing or damaged, when its newest checkpoint is not by one of `signers`, or when
        something else was signed last than it says; StorageError.
        """
        writer = cls(folder, signers, known)
        try:
            writer._load()
        except BaseException:
            writer.close()
            raise
        return writer

    def __enter__(self) -> LogWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the journal; nothing is signed."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    @property
    def size(self) -> int:
        """Entries, those not signed yet among them."""
        return self._edge.size

    @property
    def signed(self) -> SignedCheckpoint:
        """The newest checkpoint."""
        assert self._signed is not None, "a log that is open has a checkpoint"
        return self._signed

    @property
    def unsigned(self) -> int:
        """Entries after the newest checkpoint."""
        return len(self._pending)

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[tuple[int, bytes]]:
        """Entries with their leaf index, those not signed yet among them. Raises LogError."""
        end = self.size if stop is None else min(stop, self.size)
        signed = self.signed.size
        if start < signed:
            # not the tiles of `open`: parts of them may have grown since
            yield from Tiles(FolderStore(self._folder), LOG).entries(start, min(end, signed))
        for index in range(max(start, signed), end):
            yield index, self._pending[index - signed]

    def pending(self) -> Sequence[bytes]:
        """The entries after the newest checkpoint."""
        return tuple(self._pending)

    def reader(self) -> LogReader:
        """The log up to its newest checkpoint."""
        return LogReader(FolderStore(self._folder))

    def append(self, entries: Iterable[bytes]) -> int:
        """Add entries; they are not on the disk before `sync`. Returns the leaf index of the first."""
        first = self.size
        whole = list(entries)
        for entry in whole:
            if not 0 < len(entry) <= ENTRY_LIMIT:
                raise LogError(f"expected entries of 1 to {ENTRY_LIMIT} octets, found one of {len(entry)}")
        for entry in whole:
            leaf = leaf_hash(entry)
            self._edge.append(leaf)
            self._leaves.append(leaf)
            self._pending.append(entry)
            self._unsynced += len(entry).to_bytes(2) + entry
        return first

    def sync(self) -> None:
        """Bring what was appended to the disk. Raises StorageError; then it can be tried again."""
        if not self._unsynced:
            return
        fd = self._journal()
        self._name_journal()
        with _disk("writing the log's journal"):
            try:
                write_all(fd, bytes(self._unsynced), self._length)
                fdatasync(fd)
            except OSError:
                with contextlib.suppress(OSError):
                    os.ftruncate(fd, self._length)
                raise
        self._length += len(self._unsynced)
        self._unsynced.clear()

    def checkpoint(self, signers: Sequence[SigningKey] | None = None) -> SignedCheckpoint | None:
        """Sign what was appended; None when nothing was. `signers`: other keys than the writer's own.

        Raises StorageError, after which it can be tried again, and LogError when the tiles on the disk are not those
        that the last checkpoint was signed for.
        """
        self.sync()
        if not self._pending:
            return None
        before = self._signed
        whole, partial, bundle = self._write_tiles()
        checkpoint = Checkpoint(self._signers[0].name, self.size, self._edge.root())
        self._hold(before, checkpoint)
        signed = sign_checkpoint(checkpoint, signers or self._signers)
        line = b"%d %s\n" % (checkpoint.size, base64.b64encode(checkpoint.root))
        self._write(self._folder / SIGNED, line, mode=0o600)
        kept = self._log / CHECKPOINTS / str(checkpoint.size)
        self._write_kept(kept, signed)
        self._write(self._log / CHECKPOINT, signed.octets())
        self._signed, self._partial, self._bundle = signed, partial, bundle
        self._pending, self._leaves = [], []
        self._begin_journal()
        self._tidy(whole)
        return signed

    # ---- opening

    def _load(self) -> None:
        try:
            signed = parse_checkpoint((self._log / CHECKPOINT).read_bytes())
            signers = signed_by(signed.note, [*(key.vkey for key in self._signers), *self._known])
        except FileNotFoundError as error:
            raise LogError(f"expected a log, {LOG}/{CHECKPOINT}, found none: restore it from a copy") from error
        except SignatureError as error:
            raise LogError(f"{LOG}/{CHECKPOINT}: {error}") from error
        except OSError as error:
            raise StorageError(f"reading {LOG}/{CHECKPOINT}: {error.strerror}") from error
        if signed.origin != self._signers[0].name or not signers:
            expected = f"{LOG}/{CHECKPOINT} to be signed by this collection's key"
            raise LogError(f"expected {expected}, {self._signers[0].vkey}, found that it is not")
        try:
            self._load_edge(signed)
        except LogError as error:
            raise LogError(f"{error}. The log is damaged: restore {LOG}/ from a copy") from error
        self._signed = signed
        self._load_journal(signed)
        self._hold_signed(signed)
        self._hold_issued(signed)

    def _load_edge(self, signed: SignedCheckpoint) -> None:
        """The tree up to the checkpoint, from the tiles."""
        edge = [self._tiles.hash_at(level, index) for level, index in edge_of(signed.size)]
        self._edge = RightEdge(signed.size, edge)
        if self._edge.root() != signed.root:
            raise LogError(f"expected tiles whose root is that of {LOG}/{CHECKPOINT}, found others")
        level, count = 0, signed.size
        while count:
            width = count % WIDTH
            octets = self._tiles.hashes(level, count // WIDTH, width) if width else b""
            self._partial.append(bytearray(octets))
            level, count = level + 1, count // WIDTH
        n, width = divmod(signed.size, WIDTH)
        self._bundle = self._tiles.bundle(n, width) if width else []

    def _load_journal(self, signed: SignedCheckpoint) -> None:
        path = self._log / JOURNAL
        with _disk("reading the log's journal"):
            try:
                octets = path.read_bytes()
            except FileNotFoundError:
                octets = b""
        journal = parse_journal(octets)
        self._keep_aside(octets[journal.length if journal is not None else 0 :])
        if journal is None:
            # written whole before it gets its name, so that somebody must have done this
            self.lost_journal = True
            self._begin_journal()
            return
        if journal.first > signed.size:
            raise LogError(
                f"expected {LOG}/{JOURNAL} to go on from the {signed.size} entries of {LOG}/{CHECKPOINT}, found that "
                f"it begins with entry {journal.first}: the log was put back to an older state"
            )
        entries = journal.after(signed.size)
        if not entries:
            # the next entry must stand in its place, and this one may end before it
            self._begin_journal()
            return
        self._fd = self._opened(path)
        self._length = journal.length
        with _disk("cutting the log's journal"):
            os.ftruncate(self._fd, journal.length)
        for entry in entries:
            leaf = leaf_hash(entry)
            self._edge.append(leaf)
            self._leaves.append(leaf)
            self._pending.append(entry)

    def _keep_aside(self, tail: bytes) -> None:
        """Keep what is cut off the journal, before it is."""
        if not tail:
            return
        self.cut_octets = len(tail)
        names = (f"{TAILS}/{LOG}-{JOURNAL}.{self.signed.size}.{number}.tail" for number in itertools.count(1))
        self.kept_as = next(name for name in names if not (self._folder / name).exists())
        self._write(self._folder / self.kept_as, tail)

    def _hold_signed(self, signed: SignedCheckpoint) -> None:
        """Hold the log against what was signed last. Raises LogError."""
        advice = "khronika key rotate --restored goes on with a new key, and says so in the log"
        try:
            octets = (self._folder / SIGNED).read_bytes()
        except FileNotFoundError as error:
            raise LogError(f"expected {SIGNED}, which says what was signed last, found none. {advice}") from error
        except OSError as error:
            raise StorageError(f"reading {SIGNED}: {error.strerror}") from error
        found = _SIGNED.match(octets)
        if found is None:
            raise LogError(f"expected a size and a root in {SIGNED}, found something else. {advice}")
        size, root = int(found[1]), base64.b64decode(found[2])
        if size > self.size:
            raise LogError(
                f"expected a log of at least {size} entries, which this key has signed, found {self.size}: it was put "
                f"back to an older state. {advice}"
            )
        if size < signed.size:
            raise LogError(f"expected {SIGNED} to know the checkpoint of {signed.size}, found {size}. {advice}")
        if self._root_at(size, signed) != root:
            raise LogError(f"expected the root that this key has signed at {size} entries, found another. {advice}")

    def _hold_issued(self, signed: SignedCheckpoint) -> None:
        """Hold the log against checkpoints that are newer: a copy may have been put back over them. Raises LogError."""
        keys = [*(key.vkey for key in self._signers), *self._known]
        for size in self.reader().sizes():
            if size <= signed.size:
                continue
            name = f"{LOG}/{CHECKPOINTS}/{size}"
            try:
                with _disk(f"reading {name}"):
                    other = parse_checkpoint((self._folder / name).read_bytes())
                ours = signed_by(other.note, keys)
            except SignatureError:
                continue  # for `verify` to tell of
            if ours and other.size == size and (size > self.size or self._root_at(size, signed) != other.root):
                raise LogError(
                    f"expected no checkpoint of another history than {LOG}/{CHECKPOINT} ({signed.size} entries) under "
                    f"the same key, found {name}: an older copy was put back over a newer log. Restore all of {LOG}/, "
                    f"or copy that file to {LOG}/{CHECKPOINT} if the tiles are there too"
                )

    def _root_at(self, size: int, signed: SignedCheckpoint) -> bytes:
        """The root over entries up to a size from that of the checkpoint on."""
        edge = RightEdge(signed.size, [self._tiles.hash_at(*at) for at in edge_of(signed.size)])
        for leaf in self._leaves[: size - signed.size]:
            edge.append(leaf)
        return edge.root()

    # ---- writing

    def _write_tiles(self) -> tuple[list[str], list[bytearray], list[bytes]]:
        """Write the tiles up to the size now: names of those that became whole, and what is left of each level."""
        whole: list[str] = []
        fresh: list[tuple[str, bytes]] = []
        partial = [bytearray(row) for row in self._partial]
        bundle = list(self._bundle)
        size = self._signed.size if self._signed is not None else 0

        def add(level: int, node: bytes, count: int) -> None:
            """Add a hash to a level that holds `count` already."""
            if level == len(partial):
                partial.append(bytearray())
            row = partial[level]
            row += node
            if len(row) == WIDTH * HASH:
                name = hash_tile(level, count // WIDTH)
                fresh.append((name, bytes(row)))
                whole.append(name)
                tree = RightEdge()
                for at in range(0, len(row), HASH):
                    tree.append(bytes(row[at : at + HASH]))
                row.clear()
                add(level + 1, tree.root(), count // WIDTH)

        for entry, leaf in zip(self._pending, self._leaves, strict=True):
            bundle.append(entry)
            if len(bundle) == WIDTH:
                name = entry_bundle(size // WIDTH)
                fresh.append((name, framed(bundle)))
                whole.append(name)
                bundle = []
            add(0, leaf, size)
            size += 1
        count = size
        for level, row in enumerate(partial):
            if row and (level >= len(self._partial) or row != self._partial[level]):
                name = hash_tile(level, count // WIDTH)
                fresh.append((part(name, len(row) // HASH), bytes(row)))
            count //= WIDTH
        if bundle:
            fresh.append((part(entry_bundle(size // WIDTH), len(bundle)), framed(bundle)))
        self._write_all(fresh)
        return whole, partial, bundle

    def _write_all(self, files: Sequence[tuple[str, bytes]]) -> None:
        """Write files below the log, each once; their folders are synced when all are there."""
        with _disk("writing the log's tiles"):
            folders: dict[Path, None] = {}
            for name, octets in files:
                path = self._log / name
                path.parent.mkdir(parents=True, exist_ok=True)
                # also of a folder that was there before: whoever made it may have ended before its name was synced
                for folder in (path.parent, *path.parent.parents):
                    folders[folder] = None
                    if folder == self._log:
                        break
                _replace(path, octets)
            for folder in folders:
                sync_folder(folder)

    def _hold(self, before: SignedCheckpoint | None, checkpoint: Checkpoint) -> None:
        """Check on the disk that a checkpoint goes on from the one before; signing anything else would be a fork."""
        if before is None:
            return
        tiles = Tiles(FolderStore(self._folder), LOG)
        try:
            proof = consistency_proof(before.size, checkpoint.size, tiles.hash_at)
            check_consistency(before.size, before.root, checkpoint.size, checkpoint.root, proof)
        except (ProofError, LogError) as error:
            raise LogError(
                f"the log cannot be signed, its tiles are not those of its last checkpoint: {error}"
            ) from error

    def _write_kept(self, path: Path, signed: SignedCheckpoint) -> None:
        """Keep a checkpoint as it was first issued: one of the same text that is there already stays."""
        with _disk(f"reading {CHECKPOINTS}/{path.name}"), contextlib.suppress(FileNotFoundError, SignatureError):
            if parse_checkpoint(path.read_bytes()).checkpoint == signed.checkpoint:
                sync_folder(path.parent)  # who wrote it may have ended before that
                return
        self._write(path, signed.octets())

    def _tidy(self, whole: Sequence[str]) -> None:
        """Remove parts that wider ones hold too. A part that stays does no harm."""
        with contextlib.suppress(OSError):
            for name in whole:
                _remove_parts(self._log / f"{name}.p", 0)
            count, level = self.size, 0
            while count:
                _remove_parts(self._log / f"{hash_tile(level, count // WIDTH)}.p", _KEPT_PARTS)
                count, level = count // WIDTH, level + 1
            _remove_parts(self._log / f"{entry_bundle(self.size // WIDTH)}.p", _KEPT_PARTS)

    def _begin_journal(self) -> None:
        """A new journal in the old one's place; what was appended and is not signed goes into it with the next sync."""
        header = b"khronika-journal 1 %d\n" % (self.size - len(self._pending))
        path = self._log / JOURNAL
        with _disk("writing the log's journal"):
            fd = _written(path, header)
            try:
                _fresh(path).replace(path)
            except BaseException:
                os.close(fd)
                raise
        # from here on the old journal has no name: nothing may be written to it, whatever the disk says next
        self.close()
        self._fd, self._length, self._named = fd, len(header), False
        self._name_journal()

    def _name_journal(self) -> None:
        """Bring the journal's name to the disk, if that is not done yet."""
        if not self._named:
            sync_folder(self._log)
            self._named = True

    def _journal(self) -> int:
        if self._fd is None:
            raise StorageError("expected a log that is open, found that writing it has ended")
        return self._fd

    @staticmethod
    def _opened(path: Path) -> int:
        with _disk("opening the log's journal"):
            return os.open(path, os.O_RDWR | os.O_CLOEXEC)

    @staticmethod
    def _write(path: Path, octets: bytes, mode: int = 0o666) -> None:
        with _disk(f"writing {path.parent.name}/{path.name}"):
            path.parent.mkdir(parents=True, exist_ok=True)
            _replace(path, octets, mode)
            sync_folder(path.parent)


def _replace(path: Path, octets: bytes, mode: int = 0o666) -> None:
    """Write a file whole or not at all; its folder is not synced."""
    os.close(_written(path, octets, mode))
    _fresh(path).replace(path)


def _fresh(path: Path) -> Path:
    """Where a file lies until it is whole."""
    return path.with_name(f".{path.name}.new")


def _written(path: Path, octets: bytes, mode: int = 0o666) -> int:
    """Write and sync what will be a file; it is open still."""
    fd = os.open(_fresh(path), os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    try:
        write_all(fd, octets, 0)
        os.fsync(fd)
    except BaseException:
        os.close(fd)
        raise
    return fd


def _remove_parts(folder: Path, keep: int) -> None:
    if not folder.is_dir():
        return
    parts = sorted(folder.iterdir(), key=lambda one: int(one.name) if one.name.isdecimal() else -1)
    for one in parts[: len(parts) - keep]:
        one.unlink()
    if keep == 0:
        folder.rmdir()


@contextlib.contextmanager
def _disk(doing: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(f"{doing}: {error.strerror or type(error).__name__}") from error
