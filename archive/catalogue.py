"""The catalogue: one typed method per question to its tables (`archive/tables.py`).

Everything in it is derived: from the WARCs (crawls, files, records, pages, captures) and from reading them (readings,
changes). `khronika rebuild` makes it again with the same answers; a catalogue of another schema version is therefore
not converted but rebuilt. A page is one exact URL as it was fetched.

The capture tables are written by the process that holds the collection's lock, last of all, when the records are
safe in their WARC. Readings and changes are written by the reading stage, through a handle of its own. Readers take
no lock: each question sees one consistent state.

Times are whole microseconds, digests 32 bytes, `edits` and `provenance` JSON with sorted keys.
"""

from __future__ import annotations

import enum
import hashlib
import json
import re
import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar
from urllib.parse import urlsplit

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    case,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from archive.capture import Capture, RecordLocation
from archive.database import Database, create_database, open_database
from archive.digest import Digest
from archive.errors import AmbiguousCaptureError, CaptureNotFoundError, CatalogueError
from archive.exchange import MADE, Failure, Outcome
from archive.readings import Frame, put_together
from archive.surt import urlkey
from archive.tables import (
    CAPTURES,
    CATALOGUE,
    CHANGES,
    CONNECTIONS,
    CRAWLS,
    FILES,
    LOGGED,
    LOGGED_TO,
    PAGES,
    READINGS,
    RECORDS,
    RULES,
    VERSION,
)

if TYPE_CHECKING:
    from archive.warc import ClosedFile, WrittenRecord


class State(enum.StrEnum):
    """What one capture says of its page."""

    PRESENT = "present"  # 2xx with a body
    MOVED = "moved"  # 3xx
    GONE = "gone"  # 404 or 410: the server says that there is no such page
    BLOCKED = "blocked"  # 401, 403, 407, 429, 451, a challenge page or robots.txt: somebody keeps us from seeing it
    UNREACHABLE = "unreachable"  # anything else: the page itself was not seen, which says nothing about it
    BROWSER = "browser"  # a browser's look, beside the page's own capture: kept, read and shown, not compared


class ChangeKind(enum.StrEnum):
    """How a page differs from its capture before."""

    SAME = "same"
    NOISE = "noise"
    EDITED = "edited"
    ADDED = "added"
    REMOVED = "removed"
    GONE = "gone"
    BACK = "back"
    CERTIFICATE = "certificate"  # not of the page: its server showed another certificate
    EXTRACTOR = "extractor"  # not of the page: other rules read the same capture otherwise


SETTLED = (State.PRESENT, State.GONE)
"""The states that a comparison starts from and ends at: in the others the page was not seen."""

_PAGE_TYPES = frozenset({None, "text/html", "application/xhtml+xml", "text/plain"})
"""Media types of what is read though a page embeds it: a page within a page."""
READABLE_TYPES = frozenset(
    {
        *("text/html", "application/xhtml+xml", "text/plain", "text/markdown"),
        *("text/xml", "application/xml", "application/rss+xml", "application/atom+xml", "application/rdf+xml"),
        *("application/json", "text/json", "application/x-ndjson"),
        *("application/pdf", "application/x-pdf", "application/msword"),
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.oasis.opendocument.text",
        # what these are is told by their octets
        *("application/gzip", "application/x-gzip", "application/octet-stream", "binary/octet-stream"),
        *("application/force-download", "application/x-download"),
    }
)
"""Media types that have a reading, and all that end in `+json`; a response that names none is looked at too."""

PENDING = ""

FIRST_CAPTURES = 20
"""Captures after a certificate's first one that are looked through for a page; before it robots.txt is asked for."""

STEP = 1_000
"""Rows that a long answer is fetched by: each step sees the catalogue of its own moment."""

T = TypeVar("T")


def state_of(capture: Capture) -> State:
    """What a capture says of its page."""
    status = capture.status
    if capture.by_browser:
        return State.BROWSER
    if capture.failure is Failure.CHALLENGE:
        return State.BLOCKED
    if status is None:
        return State.BLOCKED if capture.outcome is Outcome.ROBOTS else State.UNREACHABLE
    # a revisit's original is never empty
    if 200 <= status < 300 and (capture.payload_length > 0 or capture.is_revisit):
        return State.PRESENT
    if 300 <= status < 400 and status != 304:
        return State.MOVED
    if status in (404, 410):
        return State.GONE
    if status in (401, 403, 407, 429, 451):
        return State.BLOCKED
    return State.UNREACHABLE


def needs_reading(capture: Capture) -> bool:
    """Whether a capture has a reading of its own: a page's text, not that of a revisit, a redirect or a failure.

    Of a browser's look it is the text that its scripts made of the page.
    """
    if is_look(capture):
        return True
    if state_of(capture) is not State.PRESENT or capture.is_revisit:
        return False
    embedded = capture.hops.rstrip("R").endswith("E")
    return capture.mime in _PAGE_TYPES if embedded else is_readable(capture.mime)


def is_look(capture: Capture) -> bool:
    """Whether a capture is the page itself as a browser was answered that looked at it, not what the page embeds."""
    seen = capture.status is not None and 200 <= capture.status < 300
    return capture.by_browser and seen and not capture.hops.rstrip("R").endswith("E")


def is_readable(mime: str | None) -> bool:
    """Whether a response of that media type is looked at for a text."""
    return mime is None or mime in READABLE_TYPES or (mime.startswith("application/") and mime.endswith("+json"))


@dataclass(frozen=True, slots=True)
class CrawlRow:
    """One run of `khronika crawl`, as the WARCs tell it."""

    id: str
    began_at: datetime
    """WARC-Date of the warcinfo record of its first file."""
    sites: tuple[str, ...] = ()
    """Counted by `crawls()` from the captures; not stored."""
    captures: int = 0
    """As `sites`."""


@dataclass(frozen=True, slots=True)
class FileRow:
    """One WARC of the collection."""

    name: str
    """WARC-Filename; on disk with `.open` after it while it is written."""
    size: int
    """Bytes that are synced and known here; the file may be longer while it is written."""
    digest: Digest | None
    """SHA-256 of the closed file; None before."""
    records: int
    closed: bool
    crawl: str | None
    began_at: datetime
    first_entry: int | None = None
    """Leaf index in the log of its first record; entries of other kinds may stand between a file's records. None: it
    is not logged."""


@dataclass(frozen=True, slots=True)
class RecordRow:
    """One record of a WARC."""

    n: int
    """Place in its file, from 0."""
    offset: int
    length: int
    """Bytes of the compressed member."""
    type: str
    record_id: str
    record_digest: Digest
    foundation: str | None
    """The target of a record that belongs to no exchange and that exchanges rest on (`archive/connection.py`)."""


@dataclass(frozen=True, slots=True)
class ReadingRow:
    """What was read on a page, or why it could not be read."""

    content: bytes
    """All that was read, as `archive/readings.py` keeps it; b"" when it failed."""
    language: str | None
    title: str | None
    text_digest: Digest | None
    rules: str
    """Version of the rules that it was made by; never ''."""
    payload_digest: Digest | None
    """Of the payload that was read."""
    failed: str | None = None
    """Why there is no reading; None when there is one."""
    source: Digest | None = None
    """Of all that it was read from, beside the rules; the same source is read in the same way."""
    stamp: bytes = b"{}"
    """What `rules` stands for."""
    frame: Frame | None = field(default=None, compare=False)
    """Which capture it is of; None before it is in the catalogue."""

    @property
    def json(self) -> bytes:
        """The whole reading in its canonical form, b"" when it failed; put together each time.

        Raises CatalogueError when what is in the catalogue is no reading.
        """
        if self.failed is not None or self.frame is None:
            return self.content
        try:
            return put_together(self.content, self.stamp, self.frame)
        except (ValueError, KeyError, TypeError) as error:
            message = f"expected a reading of {self.frame.record_id}, found none ({error!r})"
            raise CatalogueError(f"{message}; make it again: khronika rebuild") from error

    def says_as(self, other: ReadingRow) -> bool:
        """Whether another says the same, by whatever rules."""
        return self._said() == other._said()

    def _said(self) -> tuple[object, ...]:
        return self.content, self.language, self.title, self.text_digest, self.payload_digest, self.failed


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """How a page differs from its capture before."""

    id: str
    """Made by `change_id`."""
    url: str
    site: str
    from_record: str
    to_record: str
    from_at: datetime
    to_at: datetime
    kind: ChangeKind
    weight: float
    """0 (nothing) to 1 (everything)."""
    edits: tuple[Mapping[str, Any], ...]
    rules: str
    """Version of the rules that it was made by; never ''."""
    provenance: Mapping[str, Any]


def change_id(url: str, from_record: str, to_record: str, rules: str) -> str:
    """`c` and 16 hexadecimal digits: the same change has the same id in every rebuilt catalogue."""
    told = "\n".join((url, from_record, to_record, rules))
    return "c" + hashlib.sha256(told.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A capture to be compared with the one before it: both are settled, and read where they need to be."""

    before: Capture
    after: Capture
    content: Capture | None
    """The page's last capture before `after` that was present: `before` itself unless that says gone."""


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One capture in a page's history."""

    n: int
    """From 1: URL@n names it."""
    capture: Capture
    state: State
    change_kind: ChangeKind | None
    """None where there was nothing to compare, or it is not compared yet."""
    change_id: str | None
    language: str | None
    certificate_change_id: str | None = None
    """Of the change of the server's certificate that is reported at this capture."""


@dataclass(frozen=True, slots=True)
class SiteRow:
    """What is known of a site."""

    site: str
    pages: int
    captures: int
    failures: int
    """Captures that did not see the page: blocked or unreachable."""
    last_capture: datetime
    last_change: datetime | None
    """Of a change that is neither `same` nor `noise`, and not of our own making."""


@dataclass(frozen=True, slots=True)
class CertificateSight:
    """A certificate, and what was said of it, as a server first showed it."""

    first: Capture
    """The first capture of any kind."""
    page: Capture
    """The first page of the same crawl; `first` where only robots.txt was asked for."""


@dataclass(frozen=True, slots=True)
class PageRow:
    """One page of a site."""

    url: str
    captures: int
    first_at: datetime
    last_at: datetime


def _records(file: str) -> Select[Any]:
    columns = (RECORDS.c.n, RECORDS.c.offset, RECORDS.c.length, RECORDS.c.type, RECORDS.c.record_id)
    return (
        select(*columns, RECORDS.c.record_digest, RECORDS.c.foundation)
        .join(FILES, FILES.c.id == RECORDS.c.file)
        .where(FILES.c.name == file)
    )


def _exchange(rows: Sequence[RecordRow], at: int) -> list[RecordRow]:
    """The records of one exchange among those around its principal one."""
    if rows[at].type == "metadata":
        first = at
        while first > 0 and rows[first - 1].type in {"request", "resource"} and rows[first - 1].foundation is None:
            first -= 1
        # a request after a response belongs to that one
        if first > 0 and rows[first - 1].type in {"response", "revisit"}:
            first = at
        return list(rows[first : at + 1])
    last = at
    while last + 1 < len(rows) and rows[last].type != "metadata":
        following = rows[last + 1]
        if following.type not in {"request", "resource", "metadata"} or following.foundation is not None:
            break
        last += 1
    return list(rows[at : last + 1])


_CAPTURE = (
    CAPTURES,
    PAGES.c.url,
    FILES.c.name.label("file_name"),
    CONNECTIONS.c.certificate,
    CONNECTIONS.c.verdict,
    CONNECTIONS.c.vantage,
)


def _captures() -> Select[Any]:
    return (
        select(*_CAPTURE)
        .join(PAGES, PAGES.c.id == CAPTURES.c.page)
        .join(FILES, FILES.c.id == CAPTURES.c.file)
        .outerjoin(CONNECTIONS, CONNECTIONS.c.id == CAPTURES.c.connection)
    )


_IN_TIME = (CAPTURES.c.captured_at, CAPTURES.c.id)

# Made once: for each group of exchanges that is written, this is asked before it. Without an order: SQLite would
# rather go through all captures of a page in their order than use the index on payloads, and there are one or two.
_ORIGINALS = (
    _captures()
    .where(PAGES.c.url.in_(bindparam("urls", expanding=True)))
    .where(CAPTURES.c.payload_digest.in_(bindparam("payloads", expanding=True)), CAPTURES.c.refers_to.is_(None))
    .where(CAPTURES.c.crawl != bindparam("crawl"), CAPTURES.c.outcome == Outcome.RESPONSE.value)
    .where(CAPTURES.c.status.between(200, 299), CAPTURES.c.payload_length > 0, CAPTURES.c.truncated.is_(None))
)
# As those above: entering what was read asks and says these for each page of a group.
_CAPTURE_ROWS = select(CAPTURES.c.id, CAPTURES.c.record_id, CAPTURES.c.page, CAPTURES.c.captured_at).where(
    CAPTURES.c.record_id.in_(bindparam("record_ids", expanding=True))
)
_READ_BY = update(CAPTURES).where(CAPTURES.c.id == bindparam("of")).values(read_by=bindparam("rules"))
_COMPARE_SINCE = (
    update(CAPTURES)
    .where(CAPTURES.c.page == bindparam("of"), CAPTURES.c.captured_at >= bindparam("since"))
    .where(CAPTURES.c.compared_by.is_not(None))
    .values(compared_by=PENDING)
)
_PLACES_KNOWN = select(PAGES).where(PAGES.c.url.in_(bindparam("urls", expanding=True)))
_PLACE = update(PAGES).where(PAGES.c.id == bindparam("of")).values(place=bindparam("at"), identity=bindparam("as"))
_PAGES_KNOWN = select(PAGES.c.id, PAGES.c.url).where(PAGES.c.url.in_(bindparam("urls", expanding=True)))


def _capture(row: Row[Any]) -> Capture:
    return Capture(
        url=row.url,
        captured_at=row.captured_at,
        record_id=row.record_id,
        record_digest=row.record_digest,
        location=RecordLocation(file=row.file_name, offset=row.offset, length=row.length),
        outcome=_outcome(row),
        status=row.status,
        mime=row.mime,
        payload_digest=row.payload_digest,
        payload_length=row.payload_length,
        truncated=row.truncated,
        refers_to=row.refers_to,
        crawl=row.crawl,
        site=row.site,
        via=row.via,
        hops=row.hops,
        error=row.error,
        failure=_failure(row),
        certificate=row.certificate,
        tls_verdict=row.verdict,
        vantage=row.vantage,
    )


def _outcome(row: Row[Any]) -> Outcome:
    try:
        return Outcome(row.outcome)
    except ValueError as error:
        message = f"expected the outcome of a fetch at {row.record_id}, found {row.outcome!r}"
        raise CatalogueError(f"{message}; make it again: khronika rebuild") from error


def _failure(row: Row[Any]) -> Failure | None:
    try:
        return None if row.failure is None else Failure(row.failure)
    except ValueError as error:
        message = f"expected the failure of a fetch at {row.record_id}, found {row.failure!r}"
        raise CatalogueError(f"{message}; make it again: khronika rebuild") from error


# The time order: WARC-Date, and within one microsecond the order in which the captures were entered, which is that of
# their files and places. The first condition of each is for the index, which does not see it in the second.


def _earlier(captured_at: datetime, id: int) -> ColumnElement[bool]:
    at = CAPTURES.c.captured_at
    return and_(at <= captured_at, or_(at < captured_at, CAPTURES.c.id < id))


def _later(captured_at: datetime, id: int) -> ColumnElement[bool]:
    at = CAPTURES.c.captured_at
    return and_(at >= captured_at, or_(at > captured_at, CAPTURES.c.id > id))


def server_of(url: str) -> str:
    """The `host:port` that an address leads to, lower case; the port also where the scheme implies it.

    >>> server_of("https://Case.example/17")
    'case.example:443'
    """
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = None
    host = parts.hostname or ""
    return f"[{host}]:{port or 443}" if ":" in host else f"{host}:{port or (443 if parts.scheme == 'https' else 80)}"


class Catalogue:
    """The tables of one collection; may be used by several threads at once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    def create(cls, path: Path) -> Catalogue:
        """Make an empty catalogue and open it for writing. Raises StorageError."""
        create_database(path, "catalogue")
        catalogue = cls.open(path, readonly=False)
        with catalogue._database.writing() as connection:
            connection.execute(insert(CATALOGUE).values(id=secrets.token_hex(8), written=0))
        return catalogue

    @classmethod
    def open(cls, path: Path, *, readonly: bool) -> Catalogue:
        """Open a catalogue.

        Raises CatalogueError when there is none, when it is of another version or damaged (the message names
        `khronika rebuild`), StorageError when the disk refuses.
        """
        if not path.is_file():
            raise CatalogueError(f"expected {path.name} in the collection, found none; make it again: khronika rebuild")
        database = None
        try:
            database = open_database(path, readonly=readonly, damaged=CatalogueError)
            version = database.version()
        except CatalogueError as error:
            if database is not None:
                database.close()
            raise CatalogueError(f"{error}; make it again: khronika rebuild") from error
        if version != VERSION:
            database.close()
            found = "none" if version is None else version
            raise CatalogueError(
                f"{path.name}: expected schema version {VERSION}, found {found}; make it again: khronika rebuild"
            )
        return cls(database)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def __enter__(self) -> Catalogue:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ---- writing: each method is one transaction

    def add_crawl(self, crawl: CrawlRow) -> None:
        """Enter a crawl; one that is known already stays as it is, but for an earlier beginning."""
        with self._database.writing() as connection:
            known = connection.execute(select(CRAWLS.c.began_at).where(CRAWLS.c.id == crawl.id)).scalar()
            if known is None:
                connection.execute(insert(CRAWLS).values(id=crawl.id, began_at=crawl.began_at))
            elif crawl.began_at < known:
                connection.execute(update(CRAWLS).where(CRAWLS.c.id == crawl.id).values(began_at=crawl.began_at))

    def add_file(self, name: str, crawl: str | None, began_at: datetime, first_entry: int | None = None) -> None:
        """Enter a WARC that is about to be written. `first_entry`: leaf index in the log of its first record."""
        row = {"name": name, "crawl": crawl, "began_at": began_at, "size": 0, "records": 0, "closed": False}
        row["first_entry"] = first_entry
        with self._database.writing() as connection:
            connection.execute(insert(FILES), row)

    def put_first_entry(self, name: str, first_entry: int) -> None:
        """Note where in the log a file's records begin."""
        with self._database.writing() as connection:
            known = self._file(connection, name)
            connection.execute(update(FILES).where(FILES.c.id == known.id).values(first_entry=first_entry))

    def forget_file(self, name: str) -> None:
        """Take out a file that never held a whole record. Raises CatalogueError when the catalogue knows records."""
        with self._database.writing() as connection:
            row = self._file(connection, name)
            if row.records:
                raise CatalogueError(f"{name}: expected a file without records, found {row.records}")
            connection.execute(delete(FILES).where(FILES.c.id == row.id))

    def commit_records(
        self, file: str, size: int, records: Sequence[WrittenRecord], captures: Sequence[Capture]
    ) -> None:
        """Enter records that are synced in their file, and the captures that they make up.

        `size`: length of the file after the last of them, in bytes.
        """
        with self._database.writing() as connection:
            known = self._file(connection, file)
            connection.execute(
                update(FILES).where(FILES.c.id == known.id).values(size=size, records=known.records + len(records))
            )
            if records:
                connection.execute(insert(RECORDS), [_record_row(known.id, record) for record in records])
            if captures:
                self._enter_captures(connection, known.id, file, captures)

    def close_file(self, closed: ClosedFile) -> None:
        """Note that a file has got its final name, and its digest."""
        with self._database.writing() as connection:
            known = self._file(connection, closed.name)
            connection.execute(
                update(FILES).where(FILES.c.id == known.id).values(size=closed.size, digest=closed.digest, closed=True)
            )

    def close_damaged(self, name: str) -> None:
        """Note that a file will not grow, and is less than what is known of it: that stays as it is."""
        with self._database.writing() as connection:
            known = self._file(connection, name)
            connection.execute(update(FILES).where(FILES.c.id == known.id).values(closed=True))

    def put_reading(self, record_id: str, reading: ReadingRow) -> None:
        """Enter the reading of a capture, in place of an older one; see `put_readings`."""
        self.put_readings([(record_id, reading)])

    def put_readings(
        self, readings: Sequence[tuple[str, ReadingRow]], *, differences: Sequence[ChangeRow] = ()
    ) -> list[bool]:
        """Enter readings of captures, by record id, in place of older ones; whether each was written.

        One that says the same as the older one is not: its capture's row says which rules it is of now, and nothing
        else changes. When another takes the place of an older one, what was compared on the page since is due again.
        `differences`: changes of kind `extractor`, what other rules made another of.
        """
        assert all(reading.rules != PENDING for _, reading in readings)
        assert all(change.kind is ChangeKind.EXTRACTOR for change in differences)
        with self._database.writing() as connection:
            self._put_stamps(connection, {reading.rules: reading.stamp for _, reading in readings})
            last = connection.scalar(select(CATALOGUE.c.written)) or 0
            captures = self._capture_rows(connection, [record_id for record_id, _ in readings])
            new = {captures[_bare(record_id)].id: reading for record_id, reading in readings}
            old = _by_capture(connection, new)
            other = [id_ for id_, reading in new.items() if id_ not in old or not _said_by(old[id_]).says_as(reading)]
            for some in _some(other):
                connection.execute(delete(READINGS).where(READINGS.c.capture.in_(some)))
            if other:
                rows = [_row_of_reading(id_, new[id_], last + n) for n, id_ in enumerate(other, 1)]
                connection.execute(insert(READINGS), rows)
                connection.execute(update(CATALOGUE).values(written=last + len(rows)))
            if new:
                connection.execute(_READ_BY, [{"of": id_, "rules": reading.rules} for id_, reading in new.items()])
            for capture in captures.values():
                if capture.id in old and capture.id in other:
                    connection.execute(_COMPARE_SINCE, {"of": capture.page, "since": capture.captured_at})
            for change in differences:
                capture = self._capture_row(connection, change.to_record)
                connection.execute(delete(CHANGES).where(CHANGES.c.id == change.id))
                connection.execute(insert(CHANGES), _row_of_change(change, capture, capture))
            return [captures[_bare(record_id)].id in other for record_id, _ in readings]

    @staticmethod
    def _capture_rows(connection: Connection, record_ids: Sequence[str]) -> dict[str, Row[Any]]:
        """The rows of captures by their bare record ids. Raises CaptureNotFoundError."""
        found: dict[str, Row[Any]] = {}
        for some in _some(map(_bare, record_ids)):
            rows = connection.execute(_CAPTURE_ROWS, {"record_ids": some})
            found |= {row.record_id: row for row in rows}
        for record_id in record_ids:
            if _bare(record_id) not in found:
                raise CaptureNotFoundError(f"expected a capture with the record id {record_id!r}, found none")
        return found

    @staticmethod
    def _put_stamps(connection: Connection, stamps: Mapping[str, bytes]) -> None:
        for some in _some(sorted(stamps)):
            known = set(connection.scalars(select(RULES.c.version).where(RULES.c.version.in_(some))))
            new = [{"version": version, "stamp": stamps[version]} for version in some if version not in known]
            if new:
                connection.execute(insert(RULES), new)

    def put_identity(self, url: str, *, place: str, identity: str) -> None:
        """Say which page of its site a URL is; see `put_identities`."""
        self.put_identities([(url, place, identity)])

    def put_identities(self, said: Iterable[tuple[str, str, str]]) -> None:
        """Say which pages of their sites URLs are: (URL, `place` by its address alone, `identity` after what the page
        itself says). URLs of one identity have one history; those of one place are compared with each other besides,
        when a site goes on under other addresses. Does nothing for a URL that was never fetched."""
        wanted = {url: (_short(place), _short(identity)) for url, place, identity in said}
        if not wanted:
            return
        with self._database.writing() as connection:
            known: list[Row[Any]] = []
            for some in _some(wanted):
                known += connection.execute(_PLACES_KNOWN, {"urls": some})
            other = [row for row in known if (row.place, row.identity) != wanted[row.url]]
            if other:
                places = [(row.id, *wanted[row.url]) for row in other]
                connection.execute(_PLACE, [{"of": id_, "at": at, "as": as_} for id_, at, as_ in places])
            self._compare_places(connection, {wanted[row.url][0] for row in other if row.place != wanted[row.url][0]})

    def _compare_places(self, connection: Connection, places: Collection[bytes]) -> None:
        """The first settled capture of a URL had nothing before it when it was entered; now it may."""
        for some in _some(sorted(places)):
            shared = select(PAGES.c.place).where(PAGES.c.place.in_(some)).group_by(PAGES.c.place)
            for place in connection.scalars(shared.having(func.count() > 1)).all():
                firsts = list(self._firsts(connection, place))
                for first in firsts:
                    if any(one.captured_at < first.captured_at and one.crawl != first.crawl for one in firsts):
                        waiting = update(CAPTURES).where(CAPTURES.c.id == first.id, CAPTURES.c.compared_by.is_(None))
                        connection.execute(waiting.values(compared_by=PENDING))

    def _firsts(self, connection: Connection, place: bytes) -> Iterator[Any]:
        """The first settled capture of each URL of a place."""
        for page in connection.scalars(select(PAGES.c.id).where(PAGES.c.place == place)).all():
            query = select(CAPTURES.c.id, CAPTURES.c.captured_at, CAPTURES.c.crawl)
            settled = query.where(CAPTURES.c.page == page, CAPTURES.c.state.in_(SETTLED))
            yield from connection.execute(settled.order_by(*_IN_TIME).limit(1))

    def put_change(self, change: ChangeRow) -> None:
        """Enter the comparison of a capture with the one before it, in place of an older one."""
        self.put_changes([change])

    def put_changes(self, changes: Sequence[ChangeRow]) -> None:
        """Enter comparisons of captures with those before them, in place of older ones."""
        assert all(change.rules != PENDING for change in changes)
        with self._database.writing() as connection:
            for change in changes:
                before = self._capture_row(connection, change.from_record)
                after = self._capture_row(connection, change.to_record)
                connection.execute(delete(CHANGES).where(CHANGES.c.to_capture == after.id, _OF_PAGE))
                connection.execute(insert(CHANGES), _row_of_change(change, before, after))
                connection.execute(update(CAPTURES).where(CAPTURES.c.id == after.id).values(compared_by=change.rules))

    def put_certificate_changes(self, new: Sequence[ChangeRow], *, keep: Set[str]) -> None:
        """Enter changes of certificates; those that are known and not named in `keep` are taken out.

        A capture may have one beside the change of its page.
        """
        assert all(change.kind is ChangeKind.CERTIFICATE for change in new)
        with self._database.writing() as connection:
            known = connection.execute(select(CHANGES.c.id).where(_OF_SERVER)).scalars().all()
            for some in _some(sorted(set(known) - keep)):
                connection.execute(delete(CHANGES).where(CHANGES.c.id.in_(some)))
            for change in new:
                before = self._capture_row(connection, change.from_record)
                after = self._capture_row(connection, change.to_record)
                connection.execute(insert(CHANGES), _row_of_change(change, before, after))

    def take_out(
        self, captures: Collection[str], records: Sequence[WrittenRecord], closed: Sequence[ClosedFile]
    ) -> None:
        """Take out captures, by record id, with all that was read on them, and what was compared with that.

        `records`: what lies in the places of their records now; `closed`: the files that hold these. The rows are
        overwritten on the disk as far as SQLite can. What was compared is due again, without them.
        """
        with self._database.overwriting() as connection:
            for some in _some(sorted(map(_bare, captures))):
                for row in connection.execute(select(CAPTURES).where(CAPTURES.c.record_id.in_(some))).all():
                    self._take_out(connection, row)
            for record in records:
                known = self._file(connection, record.location.file)
                place = and_(RECORDS.c.file == known.id, RECORDS.c.n == record.n)
                values = {"type": record.type, "record_digest": record.record_digest, "foundation": record.foundation}
                connection.execute(update(RECORDS).where(place).values(values))
            for one in closed:
                of_file = update(FILES).where(FILES.c.name == one.name)
                connection.execute(of_file.values(size=one.size, digest=one.digest))

    def _take_out(self, connection: Connection, row: Row[Any]) -> None:
        # A revisit has its original's text: what was compared with it tells that too, and so does the next page that
        # came back, which is compared with what was there before it was gone.
        same = or_(CAPTURES.c.id == row.id, CAPTURES.c.refers_to == row.record_id)
        ids = select(CAPTURES.c.id).where(CAPTURES.c.page == row.page, same)
        back = and_(CHANGES.c.kind == ChangeKind.BACK.value, CHANGES.c.to_at > row.captured_at)
        telling = or_(CHANGES.c.from_capture.in_(ids), CHANGES.c.to_capture.in_(ids), back)
        of_page = and_(CHANGES.c.page == row.page, telling)
        # a certificate's change may have been told at this capture, or on another page against it
        named = or_(CHANGES.c.from_capture == row.id, CHANGES.c.to_capture == row.id)
        again = connection.scalars(select(CHANGES.c.to_capture).where(of_page, _OF_PAGE)).all()
        connection.execute(delete(CHANGES).where(or_(of_page, named)))
        connection.execute(delete(READINGS).where(READINGS.c.capture == row.id))
        connection.execute(delete(CAPTURES).where(CAPTURES.c.id == row.id))
        for some in _some(again):
            connection.execute(update(CAPTURES).where(CAPTURES.c.id.in_(some)).values(compared_by=PENDING))
        settled = select(CAPTURES.c.id).where(CAPTURES.c.page == row.page, CAPTURES.c.state.in_(SETTLED))
        first = connection.scalar(settled.order_by(*_IN_TIME).limit(1))
        connection.execute(update(CAPTURES).where(CAPTURES.c.id == first).values(compared_by=None))
        if connection.scalar(select(CAPTURES.c.id).where(CAPTURES.c.page == row.page).limit(1)) is None:
            connection.execute(delete(PAGES).where(PAGES.c.id == row.page))

    def compact(self) -> bool:
        """Make the file anew without what was deleted in it; False where another process keeps the journal."""
        return self._database.compact()

    def keep_logged(self, entries: Iterable[tuple[int, bytes]], size: int) -> None:
        """Keep entries of the log that are no records', by leaf index; all of them up to `size` are kept then."""
        with self._database.writing() as connection:
            for some in _some(entries):
                rows = [{"entry": index, "octets": octets} for index, octets in some]
                indices = [row["entry"] for row in rows]
                connection.execute(delete(LOGGED).where(LOGGED.c.entry.in_(indices)))
                connection.execute(insert(LOGGED), rows)
            connection.execute(delete(LOGGED_TO))
            connection.execute(insert(LOGGED_TO).values(size=size))

    def forget_logged(self) -> None:
        """Let go of all that was kept of the log."""
        with self._database.writing() as connection:
            connection.execute(delete(LOGGED))
            connection.execute(delete(LOGGED_TO))

    # ---- questions: files and records

    def files(self) -> Iterator[FileRow]:
        """Every WARC that the catalogue knows, in order of name, which is that of time."""
        with self._database.reading() as connection:
            rows = connection.execute(select(FILES).order_by(FILES.c.name)).all()
        yield from map(_file_row, rows)

    def file(self, name: str) -> FileRow | None:
        """One WARC, None when the catalogue does not know it."""
        with self._database.reading() as connection:
            row = connection.execute(select(FILES).where(FILES.c.name == name)).one_or_none()
        return None if row is None else _file_row(row)

    def records_of(self, file: str) -> Iterator[RecordRow]:
        """The records of a WARC, in order."""
        after = -1
        query = _records(file).order_by(RECORDS.c.n).limit(10 * STEP)
        # In steps: a view held open while somebody works through a million rows would keep the journal growing.
        while True:
            with self._database.reading() as connection:
                rows = connection.execute(query.where(RECORDS.c.n > after)).all()
            if not rows:
                return
            for row in rows:
                yield RecordRow(*row)
            after = rows[-1].n

    def record_at(self, file: str, n: int) -> RecordRow | None:
        """One record of a WARC by its place, None when the catalogue does not know it."""
        with self._database.reading() as connection:
            row = connection.execute(_records(file).where(RECORDS.c.n == n)).one_or_none()
        return None if row is None else RecordRow(*row)

    def records_of_exchange(self, capture: Capture) -> list[RecordRow]:
        """The records of a capture's exchange, in order; none when its own does not lie where it should.

        At most three, and what was made of the page: `archive/warc.py` tells their order. What the exchange rests on
        is not among them.
        """
        of_file = _records(capture.location.file)
        with self._database.reading() as connection:
            row = connection.execute(of_file.where(RECORDS.c.offset == capture.location.offset)).one_or_none()
            if row is None or row.record_id != capture.record_id:
                return []
            near = of_file.where(RECORDS.c.n.between(row.n - 2, row.n + 2 + len(MADE))).order_by(RECORDS.c.n)
            rows = [RecordRow(*one) for one in connection.execute(near)]
        return _exchange(rows, rows.index(RecordRow(*row)))

    def foundations(self, file: str, target: str, *, before: int) -> list[RecordRow]:
        """The records of a WARC with that target that later exchanges rest on, before the `before`-th, latest first."""
        query = _records(file).where(RECORDS.c.foundation == target, RECORDS.c.n < before)
        with self._database.reading() as connection:
            return [RecordRow(*row) for row in connection.execute(query.order_by(RECORDS.c.n.desc()))]

    # ---- questions: captures

    def originals_for(self, wanted: Collection[tuple[str, Digest]], crawl: str) -> dict[tuple[str, Digest], Capture]:
        """For each URL and payload the capture that a revisit by `crawl` would refer to, where there is one.

        Same URL, same payload, an earlier crawl, status 2xx, complete, not empty, and a response itself: a revisit
        of a revisit would prove nothing. Of several the latest that is no browser's, else the latest.
        """
        if not wanted:
            return {}
        asked = {"urls": [url for url, _ in wanted], "payloads": [payload for _, payload in wanted], "crawl": crawl}
        found: dict[tuple[str, Digest], Row[Any]] = {}
        with self._database.reading() as connection:
            for row in connection.execute(_ORIGINALS, asked):
                page = row.url, row.payload_digest
                if page not in found or _worth(found[page]) < _worth(row):
                    found[page] = row
        return {page: _capture(row) for page, row in found.items() if page in wanted}

    def capture(self, record_id: str) -> Capture:
        """The capture with that record id, with or without `<` `>`. Raises CaptureNotFoundError."""
        with self._database.reading() as connection:
            query = _captures().where(CAPTURES.c.record_id == _bare(record_id))
            row = connection.execute(query).one_or_none()
        if row is None:
            raise CaptureNotFoundError(f"expected a capture with the record id {record_id!r}, found none")
        return _capture(row)

    def captures_of(self, url: str) -> list[Capture]:
        """Every capture of a page, in time order; empty when there is none.

        Those of other URLs that are the same page (`put_identity`) are among them, but not where such a URL only led
        on to another. When the exact URL was never fetched: the captures of the URLs that are the same for an archive
        (same urlkey: without scheme, `www.`, session id and order of the query).
        """
        with self._database.reading() as connection:
            return [_capture(row) for row in self._rows_of(connection, url)]

    def captures_in_crawl(self, crawl: str) -> list[Capture]:
        """Every capture of a crawl, in time order."""
        with self._database.reading() as connection:
            query = _captures().where(CAPTURES.c.crawl == crawl).order_by(*_IN_TIME)
            return [_capture(row) for row in connection.execute(query)]

    def known_captures(self, record_ids: Sequence[str]) -> set[str]:
        """Those of some record ids that captures have."""
        known: set[str] = set()
        with self._database.reading() as connection:
            for some in _some(record_ids):
                known.update(connection.scalars(select(CAPTURES.c.record_id).where(CAPTURES.c.record_id.in_(some))))
        return known

    def originals_between(self, since: datetime | None, until: datetime | None, site: str | None = None) -> set[str]:
        """Record ids of the captures whose payloads were seen from `since` on and before `until`: of a revisit its
        original."""
        query = select(func.coalesce(CAPTURES.c.refers_to, CAPTURES.c.record_id)).distinct()
        if since is not None:
            query = query.where(CAPTURES.c.captured_at >= since)
        if until is not None:
            query = query.where(CAPTURES.c.captured_at < until)
        if site is not None:
            query = query.where(CAPTURES.c.site == site)
        with self._database.reading() as connection:
            return set(connection.scalars(query))

    def captures(self, *, site: str | None = None, since: datetime | None = None) -> Iterator[Capture]:
        """Every capture, or a site's, or from an instant on, in time order."""
        query = _captures().order_by(*_IN_TIME).limit(STEP)
        if site is not None:
            query = query.where(CAPTURES.c.site == site)
        if since is not None:
            query = query.where(CAPTURES.c.captured_at >= since)
        for row in self._in_steps(query):
            yield _capture(row)

    def find(self, wanted: str) -> Capture:
        """The capture that a person names.

            20261122            /https://example.org/case/17     14 digits of UTC, or their beginning
            https://example.org/case/17@3                        the third capture of the page
            urn:uuid:0b2c…      or  <urn:uuid:0b2c…>             a record id
            https://example.org/case/17                          a page that has one capture only

        Raises CaptureNotFoundError, and AmbiguousCaptureError with the candidates.
        """
        wanted = wanted.strip()
        if wanted.startswith(("urn:", "<")):
            return self.capture(wanted)
        if match := re.fullmatch(r"([0-9]{1,14})/(.+)", wanted):
            instant, url = match.groups()
            found = [capture for capture in self.captures_of(url) if capture.timestamp.startswith(instant)]
            return _only(wanted, found)
        captures = self.captures_of(wanted)
        if not captures and (match := re.fullmatch(r"(.+)@([0-9]{1,9})", wanted)):
            url, n = match[1], int(match[2])
            captures = self.captures_of(url)
            if captures and not 1 <= n <= len(captures):
                raise CaptureNotFoundError(f"expected @1 to @{len(captures)} after {url}, found @{n}")
            captures = captures[n - 1 : n]
        return _only(wanted, captures)

    def history(self, url: str) -> list[HistoryRow]:
        """Every capture of a page, in time order, with what changed at each; empty when there is none.

        The language of a revisit is that of its original.
        """
        with self._database.reading() as connection:
            rows = self._rows_of(connection, url)
            ids = [row.id for row in rows]
            changes: dict[int, tuple[str, str]] = {}
            certificates: dict[int, tuple[str, str]] = {}
            for some in _some(ids):
                query = select(CHANGES.c.to_capture, CHANGES.c.kind, CHANGES.c.id)
                shown = CHANGES.c.kind != ChangeKind.EXTRACTOR.value
                for change in connection.execute(query.where(CHANGES.c.to_capture.in_(some), shown)):
                    of_server = change.kind == ChangeKind.CERTIFICATE
                    (certificates if of_server else changes)[change.to_capture] = (change.kind, change.id)
            languages = self._languages(connection, {row.refers_to or row.record_id for row in rows})
        history = []
        for n, row in enumerate(rows, 1):
            kind, id_ = changes.get(row.id, (None, None))
            history.append(
                HistoryRow(
                    n=n,
                    capture=_capture(row),
                    state=State(row.state),
                    change_kind=None if kind is None else ChangeKind(kind),
                    change_id=id_,
                    language=languages.get(row.refers_to or row.record_id),
                    certificate_change_id=certificates.get(row.id, (None, None))[1],
                )
            )
        return history

    def certificate_sights(self) -> Iterator[list[CertificateSight]]:
        """Of each server that showed several certificates, or one with several verdicts: each of them as first seen.

        In time order. A server that always showed the same is left out: there is nothing to tell of it.
        """
        ways = select(CONNECTIONS).where(CONNECTIONS.c.verdict.is_not(None)).order_by(CONNECTIONS.c.server)
        with self._database.reading() as connection:
            servers: dict[str, dict[tuple[Digest | None, str], list[int]]] = {}
            for row in connection.execute(ways):
                servers.setdefault(row.server, {}).setdefault((row.certificate, row.verdict), []).append(row.id)
        for shown in servers.values():
            if len(shown) < 2:
                continue
            with self._database.reading() as connection:
                sights = [sight for ids in shown.values() if (sight := self._sight(connection, ids)) is not None]
            yield [sight for _, sight in sorted(sights, key=lambda one: one[0])]

    def _sight(
        self, connection: Connection, ways: Sequence[int]
    ) -> tuple[tuple[datetime, int], CertificateSight] | None:
        rows: list[Row[Any]] = []
        for way in ways:  # one after the other: each is a look at the index
            query = _captures().where(CAPTURES.c.connection == way).order_by(*_IN_TIME).limit(FIRST_CAPTURES)
            rows.extend(connection.execute(query))
        if not rows:
            return None
        rows.sort(key=lambda row: (row.captured_at, row.id))
        first = rows[0]
        # robots.txt is always asked for first; people look for pages
        pages = (row for row in rows if row.crawl == first.crawl and not row.hops.rstrip("R").endswith("P"))
        page = next(pages, first)
        return (first.captured_at, first.id), CertificateSight(_capture(first), _capture(page))

    def certificate_before(self, capture: Capture) -> Capture | None:
        """The last capture over TLS of the same server before this one, of whatever page; None when it is the first.

        What `certificate` and `tls_verdict` of the two say is what changed at the server.
        """
        with self._database.reading() as connection:
            mine = connection.execute(select(CAPTURES.c.id).where(CAPTURES.c.record_id == capture.record_id)).scalar()
            if mine is None:
                raise CaptureNotFoundError(f"expected a capture with the record id {capture.record_id!r}, found none")
            ways = select(CONNECTIONS.c.id).where(CONNECTIONS.c.server == server_of(capture.url))
            latest = (
                select(CAPTURES.c.captured_at, CAPTURES.c.id)
                .where(_earlier(capture.captured_at, mine))
                .order_by(CAPTURES.c.captured_at.desc(), CAPTURES.c.id.desc())
                .limit(1)
            )
            # One after the other, each a look at the index: a server has few certificates and many captures.
            found: list[Row[Any]] = []
            for way in connection.execute(ways.where(CONNECTIONS.c.verdict.is_not(None))).scalars().all():
                found.extend(connection.execute(latest.where(CAPTURES.c.connection == way)))
            if not found:
                return None
            id_ = max((row.captured_at, row.id) for row in found)[1]
            return _capture(connection.execute(_captures().where(CAPTURES.c.id == id_)).one())

    # ---- questions: readings

    def unread(self, limit: int, *, rules: str | None = None, site: str | None = None) -> list[Capture]:
        """Captures that need a reading and have none, oldest first; with `rules`, then also those read by others."""
        query = _captures().order_by(*_IN_TIME)
        if site is not None:
            query = query.where(CAPTURES.c.site == site)
        found: list[Capture] = []
        with self._database.reading() as connection:
            for value in self._due(connection, CAPTURES.c.read_by, rules):
                rows = connection.execute(query.where(CAPTURES.c.read_by == value).limit(limit - len(found)))
                found.extend(map(_capture, rows))
                if len(found) == limit:
                    break
        return found

    def waiting(
        self, *, rules: str | None = None, site: str | None = None, since: datetime | None = None
    ) -> Iterator[tuple[Capture, str]]:
        """What `unread` gives, each capture once, to the end, with the rules that have read it, else PENDING.

        `since`: of those that were captured from then on.
        """
        query = _captures().order_by(*_IN_TIME).limit(100)
        if site is not None:
            query = query.where(CAPTURES.c.site == site)
        if since is not None:
            query = query.where(CAPTURES.c.captured_at >= since)
        with self._database.reading() as connection:
            due = list(self._due(connection, CAPTURES.c.read_by, rules))
        for value in due:
            yield from ((_capture(row), value) for row in self._in_steps(query.where(CAPTURES.c.read_by == value)))

    def unidentified(self, limit: int) -> list[tuple[str, str]]:
        """URLs of which `put_identity` has said nothing yet, with the site of their captures."""
        query = (
            select(PAGES.c.url, func.max(CAPTURES.c.site))
            .join(CAPTURES, CAPTURES.c.page == PAGES.c.id)
            .where(PAGES.c.place.is_(None))
            .group_by(PAGES.c.id)
            .order_by(PAGES.c.id)
            .limit(limit)
        )
        with self._database.reading() as connection:
            return [(url, site) for url, site in connection.execute(query)]

    def unread_count(self, *, rules: str | None = None, site: str | None = None, since: datetime | None = None) -> int:
        """How many captures `waiting` would give."""
        with self._database.reading() as connection:
            count = select(func.count()).select_from(CAPTURES)
            if site is not None:
                count = count.where(CAPTURES.c.site == site)
            if since is not None:
                count = count.where(CAPTURES.c.captured_at >= since)
            return sum(
                connection.execute(count.where(CAPTURES.c.read_by == value)).scalar_one()
                for value in self._due(connection, CAPTURES.c.read_by, rules)
            )

    def reading(self, record_id: str) -> ReadingRow | None:
        """The reading of a capture, None when it has none (yet). A revisit has that of its original."""
        with self._database.reading() as connection:
            bare = _bare(record_id)
            query = select(CAPTURES.c.refers_to).where(CAPTURES.c.record_id == bare)
            original = connection.execute(query).scalar() or bare
            rows = connection.execute(_readings().where(CAPTURES.c.record_id.in_([bare, original]))).all()
        # a browser's look has a text of its own though its payload was that of the page
        rows = sorted(rows, key=lambda row: row.record_id != bare)
        return _reading_row(rows[0]) if rows else None

    def twin(self, capture: Capture, rules: str) -> ReadingRow | None:
        """The reading by these rules of another capture of the same URL and payload; None where there is none.

        Of several the latest. What else it was read from, its `source` says.
        """
        asked = {"url": capture.url, "payload": capture.payload_digest, "rules": rules, "own": capture.record_id}
        with self._database.reading() as connection:
            row = connection.execute(_TWIN, asked).one_or_none()
        return None if row is None else _reading_row(row)

    def readings_mark(self) -> str:
        """The mark of the reading that was written last (`readings_after`)."""
        with self._database.reading() as connection:
            own = connection.execute(select(CATALOGUE)).one()
            return f"{own.id}-{own.written}"

    def readings_after(self, mark: str | None, *, limit: int = STEP) -> list[tuple[str, Capture, ReadingRow]]:
        """Readings that were written since a mark, in the order in which they were, each with its own mark.

        Written is one that is new, or says something else than the one whose place it took. None, and a mark of
        another catalogue, which this one took the place of, stand before the first, and so does one that this
        catalogue has not come to: it was put back from an older copy. At most `limit`, 1 to 1,000.
        """
        query = _captures().add_columns(READINGS.c.capture, READINGS.c.written)
        query = query.join(READINGS, READINGS.c.capture == CAPTURES.c.id).order_by(READINGS.c.written)
        with self._database.reading() as connection:
            own = connection.execute(select(CATALOGUE)).one()
            of, _, number = (mark or "").rpartition("-")
            after = int(number) if of == own.id and number.isascii() and number.isdigit() else 0
            after = after if after <= own.written else 0
            rows = connection.execute(query.where(READINGS.c.written > after).limit(min(limit, STEP))).all()
            found: dict[int, ReadingRow] = {}
            for some in _some(row.id for row in rows):
                lot = connection.execute(_readings().where(READINGS.c.capture.in_(some)))
                found |= {row.capture: _reading_row(row) for row in lot}
        return [(f"{own.id}-{row.written}", _capture(row), found[row.id]) for row in rows]

    def reading_counts(self, *, by: Literal["crawl", "site"] = "crawl") -> dict[str, dict[str, int]]:
        """By crawl or site, and by rules, how many captures were read; by PENDING, how many wait for it."""
        counts: dict[str, dict[str, int]] = {}
        of = CAPTURES.c[by]
        query = select(of, CAPTURES.c.read_by, func.count()).where(CAPTURES.c.read_by.is_not(None))
        with self._database.reading() as connection:
            for name, rules, count in connection.execute(query.group_by(of, CAPTURES.c.read_by)):
                counts.setdefault(name, {})[rules] = count
        return counts

    def readings_in(self, crawl: str) -> Iterator[tuple[Capture, ReadingRow]]:
        """The captures of a crawl that were read, with their readings, in order of record id."""
        with self._database.reading() as connection:
            query = select(CAPTURES.c.id).join(READINGS, READINGS.c.capture == CAPTURES.c.id)
            ids = connection.scalars(query.where(CAPTURES.c.crawl == crawl).order_by(CAPTURES.c.record_id)).all()
        captures = _captures().order_by(CAPTURES.c.record_id)
        for some in _some(ids):
            with self._database.reading() as connection:
                lot = connection.execute(captures.where(CAPTURES.c.id.in_(some))).all()
                rows = connection.execute(_readings().where(READINGS.c.capture.in_(some)))
                read = {row.capture: _reading_row(row) for row in rows}
            yield from ((_capture(row), read[row.id]) for row in lot if row.id in read)

    # ---- questions: changes

    def uncompared(self, limit: int, *, rules: str | None = None) -> list[Comparison]:
        """Captures to be compared with the page's capture before them, oldest first.

        Both are settled (present or gone; what lies between them was not seen), and neither waits for its reading,
        unless their payloads are equal, when no reading is needed. A page that is not for reading (an image, a PDF)
        comes too. With `rules`, then also those compared by others.
        """
        query = (
            _captures()
            .where(CAPTURES.c.state.in_(SETTLED))
            .where(or_(CAPTURES.c.read_by.is_(None), CAPTURES.c.read_by != PENDING))
            .order_by(*_IN_TIME)
            .limit(max(limit, 100))
        )
        found: list[Comparison] = []
        with self._database.reading() as connection:
            for value in self._due(connection, CAPTURES.c.compared_by, rules):
                for row in self._in_steps(query.where(CAPTURES.c.compared_by == value), connection):
                    comparison = self._comparison(connection, row)
                    if comparison is not None:
                        found.append(comparison)
                        if len(found) == limit:
                            return found
        return found

    def change(self, change: str) -> ChangeRow | None:
        """One change by its id."""
        with self._database.reading() as connection:
            row = connection.execute(_changes().where(CHANGES.c.id == change)).one_or_none()
        return None if row is None else _change_row(row)

    def certificate_changes(self) -> set[str]:
        """The ids of all changes of certificates."""
        with self._database.reading() as connection:
            return set(connection.execute(select(CHANGES.c.id).where(_OF_SERVER)).scalars())

    def changes(
        self,
        since: datetime | None = None,
        site: str | None = None,
        kinds: Iterable[str] | None = None,
        url: str | None = None,
        limit: int | None = None,
    ) -> Iterator[ChangeRow]:
        """Changes in order of the later capture's time; of those the first `limit`. `since` counts as well."""
        query = _changes()
        if since is not None:
            query = query.where(CHANGES.c.to_at >= since)
        if site is not None:
            query = query.where(CHANGES.c.site == site)
        if kinds is not None:
            query = query.where(CHANGES.c.kind.in_([ChangeKind(kind).value for kind in kinds]))
        if url is not None:
            with self._database.reading() as connection:
                query = query.where(CHANGES.c.page.in_(self._pages_like(connection, url)))
        left = limit
        step = query.order_by(CHANGES.c.to_at, CHANGES.c.id)
        after: ColumnElement[bool] | None = None
        while left is None or left > 0:
            size = STEP if left is None else min(left, STEP)
            with self._database.reading() as connection:
                rows = connection.execute((step if after is None else step.where(after)).limit(size)).all()
            for row in rows:
                yield _change_row(row)
            if len(rows) < size:
                return
            last = rows[-1]
            after = and_(CHANGES.c.to_at >= last.to_at, or_(CHANGES.c.to_at > last.to_at, CHANGES.c.id > last.id))
            left = None if left is None else left - len(rows)

    # ---- questions: the log

    def logged(self) -> tuple[int, list[tuple[int, bytes]]]:
        """How far the log was gone through, and the entries up to there that are no records', by leaf index."""
        with self._database.reading() as connection:
            size = connection.scalar(select(LOGGED_TO.c.size)) or 0
            rows = connection.execute(select(LOGGED.c.entry, LOGGED.c.octets).order_by(LOGGED.c.entry))
            return size, [(row.entry, row.octets) for row in rows]

    # ---- questions: crawls, sites, pages

    def crawls(self) -> list[CrawlRow]:
        """Every crawl, the oldest first, with its sites and number of captures."""
        with self._database.reading() as connection:
            counts: dict[str, dict[str, int]] = {}
            query = select(CAPTURES.c.crawl, CAPTURES.c.site, func.count().label("captures"))
            for row in connection.execute(query.group_by(CAPTURES.c.crawl, CAPTURES.c.site)):
                counts.setdefault(row.crawl, {})[row.site] = row.captures
            rows = connection.execute(select(CRAWLS).order_by(CRAWLS.c.began_at, CRAWLS.c.id)).all()
        crawls = []
        for row in rows:
            sites = counts.get(row.id, {})
            crawl = CrawlRow(row.id, row.began_at)
            crawls.append(replace(crawl, sites=tuple(sorted(sites)), captures=sum(sites.values())))
        return crawls

    def sites(self) -> list[SiteRow]:
        """What is known of each site, in order of name."""
        failed = func.sum(_one_if(CAPTURES.c.state.in_((State.BLOCKED, State.UNREACHABLE))))
        counts = select(
            CAPTURES.c.site,
            func.count(CAPTURES.c.page.distinct()).label("pages"),
            func.count().label("captures"),
            failed.label("failures"),
            func.max(CAPTURES.c.captured_at).label("last_capture"),
        ).group_by(CAPTURES.c.site)
        quiet = (ChangeKind.SAME, ChangeKind.NOISE, ChangeKind.EXTRACTOR)
        changed = select(CHANGES.c.site, func.max(CHANGES.c.to_at)).where(CHANGES.c.kind.not_in(quiet))
        with self._database.reading() as connection:
            last_change = {row[0]: row[1] for row in connection.execute(changed.group_by(CHANGES.c.site))}
            rows = connection.execute(counts.order_by(CAPTURES.c.site)).all()
        return [
            SiteRow(
                site=row.site,
                pages=row.pages,
                captures=row.captures,
                failures=row.failures,
                last_capture=row.last_capture,
                last_change=last_change.get(row.site),
            )
            for row in rows
        ]

    def pages(self, site: str | None = None) -> list[PageRow]:
        """Every page, or a site's, in order of URL."""
        query = select(
            PAGES.c.url,
            func.count().label("captures"),
            func.min(CAPTURES.c.captured_at),
            func.max(CAPTURES.c.captured_at),
        ).join(CAPTURES, CAPTURES.c.page == PAGES.c.id)
        if site is not None:
            query = query.where(CAPTURES.c.site == site)
        with self._database.reading() as connection:
            return [PageRow(*row) for row in connection.execute(query.group_by(PAGES.c.url).order_by(PAGES.c.url))]

    # ---- parts

    def _enter_captures(self, connection: Connection, file_id: int, file: str, captures: Sequence[Capture]) -> None:
        pages = self._pages(connection, {capture.url for capture in captures})
        ways = self._ways(connection, {way for way in map(_way, captures) if way is not None})
        spans = self._settled_spans(connection, set(pages.values()))
        # The earliest settled capture of each page, these ones included: only what comes after it can be compared.
        first = {page: (span[0], -1) for page, span in spans.items()}
        for place, capture in enumerate(captures):
            if state_of(capture) in SETTLED:
                page = pages[capture.url]
                mine = (capture.captured_at, place)
                first[page] = min(first.get(page, mine), mine)
        rows = []
        late = []
        for place, capture in enumerate(captures):
            assert capture.location.file == file
            page = pages[capture.url]
            state = state_of(capture)
            way = _way(capture)
            mine = (capture.captured_at, place)
            comparable = state in SETTLED and mine > first[page]
            rows.append(
                {
                    "record_id": capture.record_id,
                    "page": page,
                    "captured_at": capture.captured_at,
                    "file": file_id,
                    "offset": capture.location.offset,
                    "length": capture.location.length,
                    "record_digest": capture.record_digest,
                    "outcome": capture.outcome.value,
                    "status": capture.status,
                    "mime": capture.mime,
                    "payload_digest": capture.payload_digest,
                    "payload_length": capture.payload_length,
                    "truncated": capture.truncated,
                    "refers_to": capture.refers_to,
                    "crawl": capture.crawl,
                    "site": capture.site,
                    "via": capture.via,
                    "hops": capture.hops,
                    "error": capture.error,
                    "state": state.value,
                    "read_by": PENDING if needs_reading(capture) else None,
                    "compared_by": PENDING if comparable else None,
                    "failure": None if capture.failure is None else capture.failure.value,
                    "connection": None if way is None else ways[way],
                }
            )
            if state in SETTLED and page in spans and capture.captured_at <= spans[page][1]:
                late.append((page, capture))
        connection.execute(insert(CAPTURES), rows)
        fresh = first.keys() - spans.keys()
        for some in _some(sorted(fresh)):
            query = select(PAGES.c.place).where(PAGES.c.id.in_(some), PAGES.c.place.is_not(None))
            self._compare_places(connection, set(connection.scalars(query)))
        for page, capture in late:
            self._compare_again(connection, page, capture)

    def _compare_again(self, connection: Connection, page: int, capture: Capture) -> None:
        """A capture came in between two that are known: the later of them was compared with the wrong one."""
        mine = connection.execute(select(CAPTURES.c.id).where(CAPTURES.c.record_id == capture.record_id)).scalar_one()
        following = connection.execute(
            select(CAPTURES.c.id)
            .where(CAPTURES.c.page == page, CAPTURES.c.state.in_(SETTLED))
            .where(_later(capture.captured_at, mine))
            .order_by(*_IN_TIME)
            .limit(1)
        ).scalar()
        if following is not None:
            connection.execute(delete(CHANGES).where(CHANGES.c.to_capture == following, _OF_PAGE))
            connection.execute(update(CAPTURES).where(CAPTURES.c.id == following).values(compared_by=PENDING))

    def _pages(self, connection: Connection, urls: set[str]) -> dict[str, int]:
        """The page id of each URL; new pages are entered."""

        def known(wanted: Iterable[str]) -> dict[str, int]:
            found: dict[str, int] = {}
            for some in _some(sorted(wanted)):
                for row in connection.execute(_PAGES_KNOWN, {"urls": some}):
                    found[row.url] = row.id
            return found

        pages = known(urls)
        missing = sorted(urls - pages.keys())
        if missing:
            connection.execute(insert(PAGES), [{"url": url, "urlkey": urlkey(url)} for url in missing])
            pages |= known(missing)
        return pages

    def _ways(self, connection: Connection, wanted: set[_Way]) -> dict[_Way, int]:
        """The id of each way that a server was reached; new ones are entered."""

        def known() -> dict[_Way, int]:
            found: dict[_Way, int] = {}
            for some in _some(sorted({way.server for way in wanted})):
                for row in connection.execute(select(CONNECTIONS).where(CONNECTIONS.c.server.in_(some))):
                    found[_Way(row.server, row.certificate, row.verdict, row.vantage)] = row.id
            return found

        if not wanted:
            return {}
        ways = known()
        missing = sorted(wanted - ways.keys(), key=repr)
        if missing:
            connection.execute(insert(CONNECTIONS), [way._asdict() for way in missing])
            ways = known()
        return ways

    def _settled_spans(self, connection: Connection, pages: set[int]) -> dict[int, tuple[datetime, datetime]]:
        spans: dict[int, tuple[datetime, datetime]] = {}
        for some in _some(sorted(pages)):
            query = (
                select(CAPTURES.c.page, func.min(CAPTURES.c.captured_at), func.max(CAPTURES.c.captured_at))
                .where(CAPTURES.c.page.in_(some), CAPTURES.c.state.in_(SETTLED))
                .group_by(CAPTURES.c.page)
            )
            for page, first, last in connection.execute(query):
                spans[page] = (first, last)
        return spans

    def _pages_like(self, connection: Connection, url: str) -> list[int]:
        exact = connection.execute(select(PAGES.c.id).where(PAGES.c.url == url)).scalar()
        if exact is not None:
            return [exact]
        key = urlkey(url)
        return list(connection.execute(select(PAGES.c.id).where(PAGES.c.urlkey == key)).scalars())

    def _rows_of(self, connection: Connection, url: str) -> Sequence[Row[Any]]:
        pages = self._pages_like(connection, url)
        rows = connection.execute(_captures().where(CAPTURES.c.page.in_(pages)).order_by(*_IN_TIME)).all()
        same = self._same_pages(connection, pages) if pages else []
        if not same:
            return rows
        # a URL that leads on to this one shows nothing of the page
        query = _captures().where(CAPTURES.c.page.in_(same), CAPTURES.c.state != State.MOVED.value)
        return sorted([*rows, *connection.execute(query)], key=lambda row: (row.captured_at, row.id))

    def _same_pages(self, connection: Connection, pages: Sequence[int]) -> list[int]:
        """The other URLs that are the same page as one of these."""
        identities = select(PAGES.c.identity).where(PAGES.c.id.in_(pages), PAGES.c.identity.is_not(None))
        found = connection.scalars(identities.distinct()).all()
        same = connection.scalars(select(PAGES.c.id).where(PAGES.c.identity.in_(found))) if found else ()
        return [page for page in same if page not in pages]

    def _languages(self, connection: Connection, record_ids: set[str]) -> dict[str, str]:
        languages: dict[str, str] = {}
        query = select(CAPTURES.c.record_id, READINGS.c.language).join(READINGS, READINGS.c.capture == CAPTURES.c.id)
        for some in _some(sorted(record_ids)):
            for row in connection.execute(query.where(CAPTURES.c.record_id.in_(some))):
                languages[row.record_id] = row.language
        return languages

    def _due(self, connection: Connection, column: Column[Any], rules: str | None) -> Iterator[str]:
        """The values in a column that say that something is to be derived: not yet, or by other rules.

        One after the other, each found by a look at the index: a condition `<> rules` would go through all rows.
        """
        if rules is None:
            yield PENDING
            return
        value: str | None = connection.execute(select(func.min(column))).scalar()
        while value is not None:
            if value != rules:
                yield value
            value = connection.execute(select(func.min(column)).where(column > value)).scalar()

    def _comparison(self, connection: Connection, row: Row[Any]) -> Comparison | None:
        before = self._before(connection, row, SETTLED)
        if before is None:
            return None
        if before.state == State.PRESENT:
            content: Row[Any] | None = before
        else:
            content = self._before(connection, row, (State.PRESENT,))
        needed = [] if row.state == State.GONE else [row, *([] if content is None else [content])]
        equal = len({one.payload_digest for one in needed}) == 1 and len(needed) == 2
        if not equal and any(self._waits_for_reading(connection, one) for one in needed):
            return None
        return Comparison(
            before=_capture(before), after=_capture(row), content=None if content is None else _capture(content)
        )

    def _before(self, connection: Connection, row: Row[Any], states: Iterable[State]) -> Row[Any] | None:
        """The last capture of the same URL before this one; where there is none, that of an earlier crawl at another
        URL of the same place: the site has moved to a mirror, or from http to https."""

        def last(of: ColumnElement[bool]) -> Row[Any] | None:
            return connection.execute(
                _captures()
                .where(of, CAPTURES.c.state.in_(states), _earlier(row.captured_at, row.id))
                .order_by(CAPTURES.c.captured_at.desc(), CAPTURES.c.id.desc())
                .limit(1)
            ).one_or_none()

        own = last(CAPTURES.c.page == row.page)
        if own is not None:
            return own
        place = select(PAGES.c.place).where(PAGES.c.id == row.page).scalar_subquery()
        others = list(connection.execute(select(PAGES.c.id).where(PAGES.c.place == place)).scalars())
        return last(and_(CAPTURES.c.page.in_(others), CAPTURES.c.crawl != row.crawl)) if len(others) > 1 else None

    def _waits_for_reading(self, connection: Connection, row: Row[Any]) -> bool:
        read_by = row.read_by
        if row.refers_to is not None:
            query = select(CAPTURES.c.read_by).where(CAPTURES.c.record_id == row.refers_to)
            read_by = connection.execute(query).scalar()
        return bool(read_by == PENDING)

    def _in_steps(self, query: Select[Any], connection: Connection | None = None) -> Iterator[Row[Any]]:
        """The rows of a query over captures that is in time order and has a limit, over and over to the end."""
        step = query
        while True:
            if connection is None:
                with self._database.reading() as own:
                    rows = own.execute(step).all()
            else:
                rows = connection.execute(step).all()
            yield from rows
            if not rows:
                return
            step = query.where(_later(rows[-1].captured_at, rows[-1].id))

    @staticmethod
    def _file(connection: Connection, name: str) -> Row[Any]:
        row = connection.execute(select(FILES).where(FILES.c.name == name)).one_or_none()
        if row is None:
            raise CatalogueError(f"expected a catalogue that knows {name}, found none; make it again: khronika rebuild")
        return row

    @staticmethod
    def _capture_row(connection: Connection, record_id: str) -> Row[Any]:
        row = connection.execute(select(CAPTURES).where(CAPTURES.c.record_id == _bare(record_id))).one_or_none()
        if row is None:
            raise CaptureNotFoundError(f"expected a capture with the record id {record_id!r}, found none")
        return row


class _Way(NamedTuple):
    """How a server was reached: a row of CONNECTIONS."""

    server: str
    certificate: Digest | None
    verdict: str | None
    vantage: str | None


def _way(capture: Capture) -> _Way | None:
    if capture.tls_verdict is None and capture.certificate is None and capture.vantage is None:
        return None
    return _Way(server_of(capture.url), capture.certificate, capture.tls_verdict, capture.vantage)


def _short(identity: str) -> bytes:
    """16 octets that stand for a page: enough that no two of a collection share them by chance."""
    return hashlib.sha256(identity.encode("utf-8", "surrogatepass")).digest()[:16]


def _bare(record_id: str) -> str:
    return record_id.removeprefix("<").removesuffix(">")


def _some(values: Iterable[T]) -> Iterator[tuple[T, ...]]:
    """In lots of 500: a statement may have only so many parameters."""
    left = iter(values)
    while lot := tuple(islice(left, 500)):
        yield lot


def _only(wanted: str, captures: list[Capture]) -> Capture:
    if not captures:
        raise CaptureNotFoundError(f"expected a capture for {wanted!r}, found none")
    if len(captures) > 1:
        # who names a page and a time means the page's own capture, not a browser's look beside it
        captures = [one for one in captures if not one.by_browser] or captures
    if len(captures) > 1:
        raise AmbiguousCaptureError(wanted, [f"{one.timestamp}/{one.url}  {one.record_id}" for one in captures])
    return captures[0]


def _worth(row: Row[Any]) -> tuple[bool, datetime, int]:
    """What makes one of several captures of the same payload the better original: it crossed the wire as it is kept."""
    return row.state != State.BROWSER, row.captured_at, row.id


def _one_if(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)


_OF_PAGE = CHANGES.c.kind.not_in([ChangeKind.CERTIFICATE.value, ChangeKind.EXTRACTOR.value])
_OF_SERVER = CHANGES.c.kind == ChangeKind.CERTIFICATE.value


def _row_of_change(change: ChangeRow, before: Row[Any], after: Row[Any]) -> dict[str, object]:
    return {
        "id": change.id,
        "page": after.page,
        "site": change.site,
        "from_capture": before.id,
        "to_capture": after.id,
        "to_at": after.captured_at,
        "kind": change.kind.value,
        "weight": change.weight,
        "edits": _json([dict(edit) for edit in change.edits]),
        "rules": change.rules,
        "provenance": _json(dict(change.provenance)),
    }


_FROM = CAPTURES.alias("from_captures")
_TO = CAPTURES.alias("to_captures")
_READ = CAPTURES.alias("originals")


def _changes() -> Select[Any]:
    return (
        select(
            CHANGES,
            PAGES.c.url,
            _FROM.c.record_id.label("from_record"),
            _FROM.c.captured_at.label("from_at"),
            _TO.c.record_id.label("to_record"),
            func.coalesce(_READ.c.read_by, _TO.c.read_by).label("read_by"),
        )
        .join(PAGES, PAGES.c.id == CHANGES.c.page)
        .join(_FROM, _FROM.c.id == CHANGES.c.from_capture)
        .join(_TO, _TO.c.id == CHANGES.c.to_capture)
        .outerjoin(_READ, _READ.c.record_id == _TO.c.refers_to)
    )


def _change_row(row: Row[Any]) -> ChangeRow:
    provenance = json.loads(row.provenance)
    if "source" in provenance and row.kind != ChangeKind.CERTIFICATE and row.read_by:
        # of the same rules, whatever rules came since to read both in the same way
        provenance.setdefault("readings", [row.read_by])
    return ChangeRow(
        id=row.id,
        url=row.url,
        site=row.site,
        from_record=row.from_record,
        to_record=row.to_record,
        from_at=row.from_at,
        to_at=row.to_at,
        kind=ChangeKind(row.kind),
        weight=row.weight,
        edits=tuple(json.loads(row.edits)),
        rules=row.rules,
        provenance=provenance,
    )


def _file_row(row: Row[Any]) -> FileRow:
    return FileRow(
        name=row.name,
        size=row.size,
        digest=row.digest,
        records=row.records,
        closed=bool(row.closed),
        crawl=row.crawl,
        began_at=row.began_at,
        first_entry=row.first_entry,
    )


def _record_row(file_id: int, record: WrittenRecord) -> dict[str, object]:
    return {
        "file": file_id,
        "n": record.n,
        "offset": record.location.offset,
        "length": record.location.length,
        "type": record.type,
        "record_id": record.record_id,
        "record_digest": record.record_digest,
        "foundation": record.foundation,
    }


def _readings() -> Select[Any]:
    captures = (PAGES.c.url, CAPTURES.c.captured_at, CAPTURES.c.record_id, CAPTURES.c.read_by)
    return (
        select(READINGS, RULES.c.stamp, *captures)
        .join(CAPTURES, CAPTURES.c.id == READINGS.c.capture)
        .join(PAGES, PAGES.c.id == CAPTURES.c.page)
        .outerjoin(RULES, RULES.c.version == CAPTURES.c.read_by)
    )


_TWIN = (
    _readings()
    .where(PAGES.c.url == bindparam("url"), CAPTURES.c.payload_digest == bindparam("payload"))
    .where(CAPTURES.c.refers_to.is_(None), CAPTURES.c.read_by == bindparam("rules"), READINGS.c.failed.is_(None))
    .where(CAPTURES.c.record_id != bindparam("own"), READINGS.c.source.is_not(None))
    .order_by(READINGS.c.written.desc())
    .limit(1)
)


def _by_capture(connection: Connection, ids: Iterable[int]) -> dict[int, Row[Any]]:
    found: dict[int, Row[Any]] = {}
    for some in _some(ids):
        rows = connection.execute(select(READINGS).where(READINGS.c.capture.in_(some)))
        found |= {row.capture: row for row in rows}
    return found


def _row_of_reading(capture: int, reading: ReadingRow, written: int) -> dict[str, object]:
    return {
        "capture": capture,
        "content": reading.content,
        "language": reading.language,
        "title": reading.title,
        "text_digest": reading.text_digest,
        "payload_digest": reading.payload_digest,
        "failed": reading.failed,
        "source": reading.source,
        "written": written,
    }


def _reading_row(row: Row[Any]) -> ReadingRow:
    return replace(
        _said_by(row),
        rules=row.read_by or PENDING,
        stamp=row.stamp or b"{}",
        frame=Frame(row.url, row.captured_at, row.record_id, row.payload_digest),
    )


def _said_by(row: Row[Any]) -> ReadingRow:
    return ReadingRow(
        content=row.content,
        language=row.language,
        title=row.title,
        text_digest=row.text_digest,
        rules=PENDING,
        payload_digest=row.payload_digest,
        failed=row.failed,
        source=row.source,
    )


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
