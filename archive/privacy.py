"""Privacy: whether anything in a finished collection, or in any WARC, tells who or where the operator is.

Every octet is searched for the facts of `archive/facts.py`, in the forms of `archive/traces.py`. What is found is

    written   it stands in what the crawler wrote: the header of a record, a warcinfo, metadata or request record, a
              database, a log, a name. The examination has failed.
    echoed    a server sent it: it stands in a response, or in an address that a page led to, or in words of the
              crawler that repeat what the server said. It is evidence and stays; who hands it on should know of it.
    given     it is part of what the operator chose to tell: name, mail address, User-Agent.
    unread    something could not be read, so nobody knows what is in it. The examination has failed.

In what the crawler wrote, what looks like a fact about any machine is found too: of another tool's WARC nobody knows
the machine. There a warcinfo's `hostname` and `ip` name it, and what they say is looked for in the rest of the file.

WARC-IP-Address and the host of a page's address are the server's, and are found only when they are an address of this
machine. Addresses of loopback are every machine's: they count in what servers sent, and only if they were given.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import sqlite3
import stat
import tempfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

import zstandard

from archive.commitment import KEYS
from archive.disclosure import Disclosure, DisclosureKind, Judge, Judged, Span, Zone
from archive.errors import RecordError, StateError, StorageError
from archive.facts import Fact, FactKind
from archive.held_files import HeldFiles
from archive.privacy_warc import WHERE_A_HOST_IS, Source, WarcSearch, names_a_host, problem_of
from archive.releases import StateReleases
from archive.traces import Trace, is_distinctive

CONFIG = "khronika.toml"
IN_CONFIG = "khronika.toml"
"""Source of a fact that the settings hold, and nothing else should: of a proxy, say."""

Progress = Callable[[str, int | None, int | None], None]

_LINE_LIMIT = 1 << 24
_CELL_LIMIT = 256 << 20
# What is derived from pages, in the catalogue; in exports of it, the same by its name.
_SENT_TABLE = re.compile(r"reading|change|search|text|word|block", re.IGNORECASE)
_SENT_KEYS = frozenset(
    {
        *("text", "title", "blocks", "facts", "spans", "edits", "before", "after", "links", "pictures"),
        *("published", "authors", "author", "description"),
    }
)
_ADDRESS_COLUMNS = frozenset({"url", "via", "key", "urlkey", "host", "site", "asked", "value", "target_uri"})


@dataclass(frozen=True, slots=True)
class PrivacySummary:
    """What an examination came to."""

    verdict: str
    """`ok` or `failed`."""
    files: int
    records: int
    written: int
    echoed: int
    given: int
    unread: int
    searched: tuple[str, ...]
    """Facts that were looked for, by kind and source."""
    not_searched: tuple[str, ...]
    """What was not looked for, or not looked into."""

    def as_record(self) -> dict[str, Any]:
        """As programs read it."""
        return asdict(self)


def examine(
    collection: Path | None,
    files: Sequence[Path],
    facts: Iterable[Fact],
    *,
    given: Iterable[str] = (),
    progress: Progress | None = None,
) -> Iterator[Disclosure | PrivacySummary]:
    """Search a collection's folder, and files and folders beside it; the summary comes last.

    `given`: texts that the operator chose to tell. Takes no lock and changes nothing. A file that cannot be read is a
    finding; raises StorageError when a folder cannot be listed or a file that was named is missing.
    """
    examination = _Examination(Judge(facts, given), progress or (lambda _text, _done, _total: None))
    yield from examination.run(collection, files)
    yield examination.summary()


class _Examination:
    """The files one after the other, and the counts over all of them."""

    def __init__(self, judge: Judge, progress: Progress) -> None:
        self._judge = judge
        self._progress = progress
        self._files = self._records = self._undecoded = 0
        self._counts: Counter[DisclosureKind] = Counter()
        self._keys = False
        self._echoed: set[str] = set()

    def run(self, collection: Path | None, files: Sequence[Path]) -> Iterator[Disclosure]:
        todo = [] if collection is None else _in_order(collection)
        for path in files:
            todo += [(one, one.relative_to(path.parent).as_posix()) for one in _files_in(path)]
        if collection is not None:
            yield from self._counted(self._released(collection))
        for n, (path, name) in enumerate(todo):
            self._progress(f"searching {path.name}", n, len(todo))
            self._files += 1
            yield from self._counted(self._file(path, name))

    def _counted(self, disclosures: Iterable[Disclosure]) -> Iterator[Disclosure]:
        for disclosure in disclosures:
            self._counts[disclosure.kind] += 1
            if disclosure.kind is DisclosureKind.ECHOED:
                self._echoed.add(disclosure.what)
            yield disclosure

    def _released(self, collection: Path) -> Iterator[Disclosure]:
        """The WARCs that were released, from their copies; one that no copy gives is not searched, and that is told."""
        held = HeldFiles(collection, StateReleases(collection))
        try:
            files = [file for file in held.closed() if held.released(file) is not None]
        except (StateError, StorageError) as error:
            yield _unread("state.sqlite", f"which WARCs were released to copies: {error}")
            return
        for n, file in enumerate(files):
            self._progress(f"searching {file}", n, len(files))
            self._files += 1
            with contextlib.ExitStack() as stack:
                try:
                    path = stack.enter_context(held.whole(file))
                except StorageError as error:
                    yield _unread(f"archive/{file}", str(error))
                    continue
                yield from self._file(path, f"archive/{file}")

    def summary(self) -> PrivacySummary:
        count = self._counts
        return PrivacySummary(
            verdict="failed" if count[DisclosureKind.WRITTEN] or count[DisclosureKind.UNREAD] else "ok",
            files=self._files,
            records=self._records,
            written=count[DisclosureKind.WRITTEN],
            echoed=count[DisclosureKind.ECHOED],
            given=count[DisclosureKind.GIVEN],
            unread=count[DisclosureKind.UNREAD],
            searched=tuple(dict.fromkeys(str(fact) for fact in self._judge.facts)),
            not_searched=tuple(dict.fromkeys(self._gaps())),
        )

    def _gaps(self) -> Iterator[str]:
        yield from (f"{fact}: too common or too short a word to be looked for" for fact in self._judge.common)
        facts = self._judge.facts
        yield from (f"{fact}, in what servers sent: it may be anybody's" for fact in facts if not is_distinctive(fact))
        if not any(fact.kind is FactKind.ADDRESS and fact.source == "given" for fact in facts):
            yield "the address that requests come from, unless it is this machine's own: --address takes it"
        if self._keys:
            yield f"{KEYS}/, which holds the facts themselves: give it to nobody"
        if self._undecoded:
            yield f"{self._undecoded} bodies whose coding could not be removed whole; they were searched as they came"
        yield "other encodings of characters than UTF-8, pictures, and what is packed within a page"
        yield "owners and times of the files on the disk"

    # -- files

    def _file(self, path: Path, name: str) -> Iterator[Disclosure]:
        self._judge.learn(())
        yield from self._name(name)
        if name.startswith(KEYS + "/"):
            self._keys = True
            yield from _open_to_others(path, name)
            return
        try:
            with path.open("rb") as file:
                start = file.read(16)
                file.seek(0)
                if start.startswith(b"SQLite format 3\0"):
                    yield from self._database(path, name)
                elif start.startswith(b"PK\x03\x04"):
                    yield from self._zip(file, name)
                else:
                    yield from self._octets(file, name, start)
        except OSError as error:
            yield _unread(name, f"the file could not be read: {error.strerror or type(error).__name__}")

    def _octets(self, file: BinaryIO, name: str, start: bytes) -> Iterator[Disclosure]:
        """A WARC, packed or not, or else text."""
        named_warc = re.search(r"\.w?arc(\.gz)?(\.open)?\Z", name, re.IGNORECASE) is not None
        if name.endswith(".tail") or _holds_warc(file) or (named_warc and start.startswith(b"\x1f\x8b")):
            search = WarcSearch(self._judge, name, torn=name.endswith(".tail"))
            yield from search.run(file)
            self._records += search.records
            self._undecoded += search.undecoded
        elif named_warc and start:
            yield _unread(name, "expected a WARC, compressed with gzip or not, found another file")
        elif start.startswith(b"\x1f\x8b"):
            yield from self._packed(file, name)
        else:
            yield from self._lines(file, name)

    def _packed(self, file: BinaryIO, name: str) -> Iterator[Disclosure]:
        names: list[bytes] = []
        source = Source(file, name, names.append)
        with tempfile.TemporaryFile() as copy:
            try:
                while piece := source.read():
                    copy.write(piece)
            except RecordError as error:
                yield _unread(name, problem_of(error))
            copy.seek(0)
            yield from self._lines(cast("BinaryIO", copy), name)
        for octets in names:
            yield from self._disclose(self._judge.judge(octets), "the header of a gzip member", name)

    def _zip(self, file: BinaryIO, name: str) -> Iterator[Disclosure]:
        try:
            with zipfile.ZipFile(file) as archive:
                yield from self._disclose(self._judge.judge(archive.comment), "the comment of the ZIP", name)
                for entry in archive.infolist():
                    inside = f"{name}/{entry.filename}"
                    yield from self._name(inside)
                    extra = entry.comment + entry.extra
                    yield from self._disclose(self._judge.judge(extra), "the entry of the ZIP", inside)
                    if not entry.is_dir():
                        yield from self._zipped(archive, entry, inside)
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
            yield _unread(name, f"expected a sound ZIP, found: {error}")

    def _zipped(self, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, inside: str) -> Iterator[Disclosure]:
        self._judge.learn(())
        with archive.open(entry) as member, tempfile.TemporaryFile() as copy:
            shutil.copyfileobj(member, copy)
            copy.seek(0)
            start = copy.read(16)
            copy.seek(0)
            if start.startswith((b"PK\x03\x04", b"SQLite format 3\0")):
                yield _unread(inside, "what is packed in a ZIP is searched only if it is a WARC or text")
            else:
                yield from self._octets(cast("BinaryIO", copy), inside, start)

    def _lines(self, file: BinaryIO, name: str) -> Iterator[Disclosure]:
        """Logs, settings, exports: text, or JSON a line."""
        # what a person wrote there is about sites, whose paths look like a machine's
        shaped = not name.endswith(".toml")
        seen: set[tuple[str, str]] = set()
        number = 0
        while line := file.readline(_LINE_LIMIT):
            number += 1
            value = _json(line)
            judged = (
                self._judge.judge(line, shaped=shaped, mixed=True) if value is None else self._in_json(value, Zone.OWN)
            )
            if name == CONFIG:
                judged = (one for one in judged if one[0].fact is None or one[0].fact.source != IN_CONFIG)
            for one in self._disclose(judged, f"line {number}", name):
                if (one.kind, one.what) not in seen:
                    seen.add((one.kind, one.what))
                    yield one

    def _in_json(self, value: object, zone: Zone) -> Iterator[Judged]:
        if isinstance(value, dict):
            for key, one in value.items():
                yield from self._in_json(key, zone)
                yield from self._in_json(one, Zone.SENT if key in _SENT_KEYS else zone)
        elif isinstance(value, list):
            for one in value:
                yield from self._in_json(one, zone)
        elif isinstance(value, str):
            octets = value.encode("utf-8", "surrogatepass")
            yield from self._judge.judge(octets, [(0, len(octets), zone)], shaped=False, mixed=True)

    def _name(self, name: str) -> Iterator[Disclosure]:
        judged = [
            (trace, kind)
            for trace, kind in self._judge.judge(os.fsencode(name))
            if trace.fact is not None or "MAC" in trace.what
        ]
        yield from self._disclose(judged, "the name of the file", name)
        if not judged and names_a_host(name):
            yield Disclosure(DisclosureKind.WRITTEN, WHERE_A_HOST_IS, "", "the name of the file", name)

    # -- databases

    def _database(self, path: Path, name: str) -> Iterator[Disclosure]:
        search = _DatabaseSearch(self._judge)
        seen: set[Disclosure] = set()
        try:
            with _opened_database(path) as rows:
                for trace, kind, place in search.cells(rows):
                    for one in self._disclose([(trace, kind)], place, name):
                        if one not in seen:
                            seen.add(one)
                            yield one
        except (sqlite3.Error, ValueError) as error:
            yield _unread(name, f"expected a sound SQLite file, found: {error}")
        for suffix in ("", "-wal"):
            beside = path.with_name(path.name + suffix)
            if beside.exists():
                with beside.open("rb") as file:
                    left = self._judge.facts_in_file(file) - search.facts
                yield from self._left_behind(left, name + suffix, derived=search.derived)

    def _left_behind(self, facts: set[Fact], name: str, *, derived: bool) -> Iterator[Disclosure]:
        """A row that was deleted or replaced stays in the file until its place is used again; whose it was is lost."""
        for fact in sorted(facts, key=str):
            if derived and not is_distinctive(fact):
                continue  # a word of a page
            kind = DisclosureKind.ECHOED if derived and str(fact) in self._echoed else DisclosureKind.WRITTEN
            yield Disclosure(kind, str(fact), "", "what deleted rows left behind", name)

    # -- what was found

    def _disclose(self, judged: Iterable[Judged], place: str, file: str) -> Iterator[Disclosure]:
        for trace, kind in judged:
            yield Disclosure(kind or DisclosureKind.WRITTEN, trace.what, trace.form, place, file)


class _DatabaseSearch:
    """The rows of a database, cell by cell."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self.facts: set[Fact] = set()
        """Facts that stand in some cell, whosever words it holds."""
        self.derived = False
        """Whether texts of pages are among the cells."""

    def cells(self, rows: sqlite3.Connection) -> Iterator[tuple[Trace, DisclosureKind | None, str]]:
        tables = [str(table) for (table,) in rows.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            sent = _SENT_TABLE.search(table) is not None
            self.derived |= sent
            quoted = table.replace('"', '""')
            cursor = rows.execute(f'SELECT * FROM "{quoted}"')  # noqa: S608 - a name from SQLite's own list
            columns = [column[0] for column in cursor.description]
            for row in cursor:
                cells = dict(zip(columns, row, strict=True))
                led_to = bool(cells.get("hops") or cells.get("via"))
                led_to |= self._judge.is_from_a_server(str(cells.get("url")))
                for column, value in cells.items():
                    zone = Zone.SENT if sent else Zone.OWN
                    if column in _ADDRESS_COLUMNS and not sent:
                        zone = Zone.LINK if led_to else Zone.ADDRESS
                    for trace, kind in self._cell(value, zone):
                        yield trace, kind, f"{table}.{column}"

    def _cell(self, value: object, zone: Zone) -> Iterator[Judged]:
        if not isinstance(value, str | bytes):
            return
        octets = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
        for text in (octets, *_unpacked(octets)):
            found = self._judge.facts_in(text)
            self.facts |= found
            if zone is Zone.LINK and found:
                self._judge.came_from_a_server(text)
            spans: list[Span] = [(0, len(text), zone)]
            yield from self._judge.judge(text, spans, shaped=False, mixed=True)


def _unread(file: str, problem: str) -> Disclosure:
    return Disclosure(DisclosureKind.UNREAD, problem, "", "the file", file)


def _open_to_others(path: Path, name: str) -> Iterator[Disclosure]:
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        what = f"what is to stay secret, readable by other users of this machine (mode {path.stat().st_mode & 0o777:o})"
        yield Disclosure(DisclosureKind.WRITTEN, what, "", "the permissions of the file", name)


def _files_in(path: Path) -> list[Path]:
    """A file, or all files of a folder; links are followed no further than to a file."""
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise StorageError(f"expected a file or a folder, found none of the name {path.name}")

    def refuse(error: OSError) -> None:
        raise StorageError(f"listing {path.name}: {error.strerror}") from error

    found = []
    for folder, _, names in os.walk(path, onerror=refuse):
        found += [one for name in names if (one := Path(folder) / name).is_file()]
    return sorted(found)


def _in_order(collection: Path) -> list[tuple[Path, str]]:
    """All files of a collection: the WARCs first, which tell what came from servers, then the frontiers."""
    named = [(path, path.relative_to(collection).as_posix()) for path in _files_in(collection)]

    def rank(name: str) -> int:
        return 0 if name.startswith("archive/") else 1 if name.endswith("/frontier.sqlite") else 2

    # beside a database lie its journal and its index of it, which are read with it
    return sorted(
        (one for one in named if not re.search(r"\.sqlite-(?:wal|shm|journal)\Z", one[1])), key=lambda one: rank(one[1])
    )


def _holds_warc(file: BinaryIO) -> bool:
    """Whether a file begins with a WARC record, packed with gzip or not."""
    try:
        start = Source(file, "", lambda _: None).read()[:5]
    except RecordError:
        start = b""
    finally:
        file.seek(0)
    return start == b"WARC/"


def _json(line: bytes) -> Mapping[str, Any] | None:
    """The object that a line of JSON Lines is; None for other text."""
    if not line.rstrip().endswith(b"}"):
        return None
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _unpacked(octets: bytes) -> list[bytes]:
    """What is packed in a cell: zlib, gzip or zstd."""
    with contextlib.suppress(zlib.error, zstandard.ZstdError):
        if octets.startswith((b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda", b"\x1f\x8b")):
            return [zlib.decompressobj(47).decompress(octets, _CELL_LIMIT)]
        if octets.startswith(b"\x28\xb5\x2f\xfd"):
            return [zstandard.ZstdDecompressor().decompress(octets, max_output_size=_CELL_LIMIT)]
    return []


@contextlib.contextmanager
def _opened_database(path: Path) -> Iterator[sqlite3.Connection]:
    """A database as it is; one with a journal in a copy, because reading it would write beside it."""
    journal = path.with_name(path.name + "-wal")
    with contextlib.ExitStack() as stack:
        where = path
        if journal.exists() and journal.stat().st_size:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="khronika-")))
            for source in (path, journal):
                shutil.copyfile(source, folder / source.name)
            where = folder / path.name
        mode = "mode=ro&immutable=1" if where == path else "mode=rw"
        connection = sqlite3.connect(f"{where.absolute().as_uri()}?{mode}", uri=True)
        with contextlib.closing(connection):
            yield connection
