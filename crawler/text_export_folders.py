"""Readings as plain text, a file each, in a folder for each language.

    DIR/ru/<site>/<timestamp>-<first 8 digits of the record id>.txt     the main text, UTF-8, one line feed at its end
    DIR/index.tsv                                                       a line a file: which record it is of

`und` is the folder of what no language was told of. A file is ours if index.tsv names it with the digest that it has;
any other in our way is somebody's, and nothing is written then.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final

from archive.collection import write_once
from archive.errors import StorageError, UsageError
from crawler.text_export_table import safe_cell

INDEX: Final = "index.tsv"
_UNSAFE: Final = re.compile(r"[^0-9A-Za-z._-]+")
_RESERVED: Final = frozenset(
    {"con", "prn", "aux", "nul", *(f"{name}{n}" for name in ("com", "lpt") for n in range(10))}
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of index.tsv."""

    file: str
    """Relative to the folder, with `/`."""
    sha256: str
    id: str
    url: str
    captured_at: str
    language: str
    title: str


def safe_name(name: str) -> str:
    """A name that is one folder on every file system, whatever it was.

    >>> safe_name("../a b"), safe_name("127.0.0.1:8080"), safe_name("NUL")
    ('a_b', '127.0.0.1_8080', 'NUL_')
    """
    safe = _UNSAFE.sub("_", name).strip("._")[:80] or "_"
    return f"{safe}_" if safe.split(".")[0].lower() in _RESERVED else safe


def place_of(record: Mapping[str, Any]) -> str:
    """Where a reading's text goes, relative to the folder."""
    timestamp = re.sub(r"\D", "", record["captured_at"])[:14]
    short = safe_name(record["id"].removeprefix("urn:uuid:"))[:8]
    return f"{safe_name(record['language'])}/{safe_name(record['of_site'])}/{timestamp}-{short}.txt"


class TextFolders:
    """The folder that texts are written to."""

    def __init__(self, path: Path) -> None:
        """Raises UsageError where `path` is no folder, or its index.tsv is not one of ours."""
        if path.exists() and not path.is_dir():
            raise UsageError(f"-o: expected a folder, found a file: {path.name}")
        self._path = path
        self._entries = {entry.id: entry for entry in _read_index(path / INDEX)}
        self._owners = {entry.file: entry.id for entry in self._entries.values()}
        self.written = 0
        self.kept = 0
        """Files that were there with the same text."""
        self.taken_out = 0
        """Entries of earlier exports that are no more."""

    def put(self, records: Iterable[Mapping[str, Any]]) -> Iterator[str]:
        """Write the texts, and at the end the index; gives the index's line of each.

        A text that has another place than before (its language is told otherwise now) is moved. Raises UsageError
        where somebody's file is in the way, StorageError.
        """
        try:
            for record in records:
                yield _line(self._put(record))
        finally:
            # what was written is ours from now on, even if a later file was refused
            self._write_index()

    def take_out(self, is_withheld: Callable[[str], bool]) -> list[str]:
        """Take away what an earlier export wrote and is withheld since; the files of it that are left, somebody's now.

        `is_withheld` is asked with the id of each entry. Raises StorageError.
        """
        left = []
        for entry in [entry for entry in self._entries.values() if is_withheld(entry.id)]:
            del self._entries[entry.id]
            self._remove(entry)
            self.taken_out += 1
            if _digest_of(self._path / entry.file) is not None:
                left.append(entry.file)
        if self.taken_out:
            self._write_index()
        return left

    def _put(self, record: Mapping[str, Any]) -> Entry:
        octets = (record["text"].rstrip("\n") + "\n").encode()
        told = {name: str(record[name] or "") for name in ("id", "url", "captured_at", "language", "title")}
        entry = Entry(self._place(record), hashlib.sha256(octets).hexdigest(), **told)
        before = self._entries.get(entry.id)
        there = _digest_of(self._path / entry.file)
        as_left = before.sha256 if before is not None and before.file == entry.file else None
        if there is not None and there != as_left:
            raise UsageError(
                f"-o: expected no file of somebody else's in the way, found {entry.file}, which {INDEX} does not name "
                "as it is; it was left alone"
            )
        if there == entry.sha256:
            self.kept += 1
        else:
            _make_folder((self._path / entry.file).parent)
            write_once(self._path / entry.file, octets)
            self.written += 1
        if before is not None and before.file != entry.file:
            self._remove(before)
        self._entries[entry.id] = entry
        self._owners[entry.file] = entry.id
        return entry

    def _place(self, record: Mapping[str, Any]) -> str:
        """A place that no other record has: eight digits of an id need not be its own."""
        place = place_of(record)
        if self._owners.get(place, record["id"]) == record["id"]:
            return place
        return f"{place.removesuffix('.txt')}-{hashlib.sha256(record['id'].encode()).hexdigest()[:16]}.txt"

    def _remove(self, entry: Entry) -> None:
        """Take away a text that has gone to another place, unless somebody wrote in it."""
        del self._owners[entry.file]
        path = self._path / entry.file
        if _digest_of(path) == entry.sha256:
            path.unlink()

    def _write_index(self) -> None:
        if not self._entries and not self.taken_out:
            return
        header = "\t".join(field.name for field in fields(Entry)) + "\n"
        lines = [_line(entry) for entry in sorted(self._entries.values(), key=lambda entry: entry.file)]
        _make_folder(self._path)
        write_once(self._path / INDEX, (header + "".join(lines)).encode())


def _line(entry: Entry) -> str:
    cells = (safe_cell(re.sub(r"\s+", " ", value).strip()) for value in asdict(entry).values())
    return "\t".join(cells) + "\n"


def _read_index(path: Path) -> list[Entry]:
    """The entries of an index that an earlier export wrote; a file that may be somebody's is refused."""
    names = [field.name for field in fields(Entry)]
    try:
        lines = path.read_text("utf-8").splitlines() if path.exists() else ["\t".join(names)]
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"-o: expected an {INDEX} of ours in the folder, found one that cannot be read") from error
    rows = [line.split("\t") for line in lines]
    if not rows or rows[0] != names or any(len(row) != len(names) for row in rows):
        raise UsageError(f"-o: expected no {INDEX} of somebody else's in the folder, found one; name another folder")
    entries = [Entry(*row) for row in rows[1:]]
    if any(Path(entry.file).is_absolute() or ".." in Path(entry.file).parts for entry in entries):
        raise UsageError(f"-o: expected an {INDEX} that names files of its own folder, found another")
    return entries


def _digest_of(path: Path) -> str | None:
    """SHA-256 of a file; None where there is none. A folder or a link in its place is nobody's text: ''."""
    if path.is_symlink() or path.is_dir():
        return ""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StorageError(f"reading {path.name}: {error.strerror}") from error


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"making a folder for the texts: {error.strerror}") from error
