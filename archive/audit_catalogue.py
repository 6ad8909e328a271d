"""The catalogue's rows as they lie there, for the audit to hold against the records.

A verification compares millions of rows, nearly all of which are right. So both sides are brought to the same plain
tuples, the rows as they are stored and what a record says as it would be stored; only where two differ is anything
made of them for people to read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple, cast

from sqlalchemy import LargeBinary, Select, func, literal, select, type_coerce
from sqlalchemy.dialects import sqlite
from sqlalchemy.types import NullType

from archive.capture import Capture
from archive.catalogue import Catalogue
from archive.catalogue.beside import DIGEST_START, unpacked
from archive.check import capture_name
from archive.database import EPOCH, MICROSECOND, RecordId, open_database
from archive.digest import Digest, digest_octets
from archive.errors import CaptureNotFoundError, CatalogueError
from archive.finding import Finding, FindingKind
from archive.header import format_date, parse_record_id
from archive.tables import CAPTURES, CONNECTIONS, FILES, PAGES, RECORDS, SITES, SORTS, VERSION, VISITS
from archive.warc import Record

STEP = 10_000
"""Rows that are fetched at a time: each step sees the catalogue of its own moment."""

_RECORD_ID = RecordId()
_DIALECT = sqlite.dialect()
_OURS = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}").fullmatch

RecordFact = tuple[int, int, int, str, bytes, bytes, str | None]
"""Ordinal, offset, length, type, record id, record digest or its first 8 octets, foundation."""


class CaptureFact(NamedTuple):
    """A capture as the catalogue stores it."""

    record_id: bytes
    url: str
    captured_at: int
    """Microseconds since 1970."""
    offset: int
    length: int
    record_digest: bytes
    outcome: str
    status: int | None
    mime: str | None
    payload_digest: bytes | None
    payload_length: int
    truncated: str | None
    refers_to: bytes | None
    crawl: str
    site: str
    via: str | None
    hops: str
    error: str | None
    failure: str | None
    certificate: bytes | None
    verdict: str | None
    vantage: str | None


@dataclass(frozen=True, slots=True)
class FileFact:
    """A file as the catalogue has it."""

    id: int
    name: str
    size: int
    records: int
    closed: bool
    digest: bytes | None
    low: int
    high: int
    """The ids of its captures lie from one to the other."""


def record_id_octets(text: str) -> bytes:
    """A record id as rows have it."""
    if _OURS(text) is not None:
        return bytes.fromhex(text[9:].replace("-", ""))  # the same as the column makes it, in half the time
    stored = _RECORD_ID.process_bind_param(text, _DIALECT)
    assert stored is not None, "there is a text"
    return stored


def record_id_text(octets: bytes) -> str:
    """A record id from a row. Raises CatalogueError when it is none."""
    try:
        text = _RECORD_ID.process_result_value(octets, _DIALECT)
    except (UnicodeDecodeError, TypeError, AttributeError) as error:
        raise CatalogueError(f"expected a record id, found {octets!r}") from error
    assert text is not None
    return text


def moment(date: datetime) -> int:
    """An instant as rows have it."""
    return (date - EPOCH) // MICROSECOND


def digest_like(row: RecordFact, digest: bytes) -> bytes:
    """As much of a record's digest as a row has of its own; all of it where the row has no beginning of a digest."""
    return digest[:DIGEST_START] if len(row[5]) == DIGEST_START else digest


def fact_of(capture: Capture) -> CaptureFact:
    """A capture as rows have it."""

    def octets(digest: Digest | None) -> bytes | None:
        return None if digest is None else digest_octets(digest)

    return CaptureFact(
        record_id_octets(capture.record_id),
        capture.url,
        moment(capture.captured_at),
        capture.location.offset,
        capture.location.length,
        digest_octets(capture.record_digest),
        capture.outcome.value,
        capture.status,
        capture.mime,
        octets(capture.payload_digest),
        capture.payload_length,
        capture.truncated,
        None if capture.refers_to is None else record_id_octets(capture.refers_to),
        capture.crawl,
        capture.site,
        capture.via,
        capture.hops,
        capture.error,
        None if capture.failure is None else capture.failure.value,
        octets(capture.certificate),
        capture.tls_verdict,
        capture.vantage,
    )


class CatalogueFacts:
    """A catalogue, asked for rows as they lie there. Every method raises CatalogueError, StorageError."""

    def __init__(self, path: Path) -> None:
        """`path`: of the catalogue."""
        self._path = path
        self._catalogue: Catalogue | None = None
        if not path.is_file():
            raise CatalogueError(f"expected {path.name} in the collection, found none; make it again: khronika rebuild")
        self._database = open_database(path, readonly=True, damaged=CatalogueError)
        try:
            version = self._database.version()
            if version != VERSION:
                raise CatalogueError(f"{path.name}: expected schema version {VERSION}, found {version}")
        except BaseException:
            self._database.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._database.close()
        if self._catalogue is not None:
            self._catalogue.close()

    @property
    def catalogue(self) -> Catalogue:
        """The same, for people's questions."""
        if self._catalogue is None:
            self._catalogue = Catalogue.open(self._path, readonly=True)
        return self._catalogue

    def files(self) -> dict[str, FileFact]:
        """Every file, by name."""
        columns = (FILES.c.id, FILES.c.name, FILES.c.size, FILES.c.records, FILES.c.closed, FILES.c.digest)
        query = _plain(*columns, FILES.c.first_capture, FILES.c.last_capture).order_by(FILES.c.name)
        found = {}
        with self._database.reading() as connection:
            for file, name, size, records, closed, digest, first, last in connection.execute(query):
                low, high = (0, -1) if first is None else (first, last)
                found[name] = FileFact(file, name, size, records, bool(closed), digest, low, high)
        return found

    def records(self, file: FileFact) -> Iterator[RecordFact]:
        """The records of a file, in order."""
        return merge(self._loose(file), self._packed(file), key=itemgetter(0))

    def _loose(self, file: FileFact) -> Iterator[RecordFact]:
        query = _plain(
            RECORDS.c.n,
            RECORDS.c.offset,
            RECORDS.c.length,
            RECORDS.c.type,
            RECORDS.c.record_id,
            RECORDS.c.record_digest,
            RECORDS.c.foundation,
        )
        query = query.where(RECORDS.c.file == file.id).order_by(RECORDS.c.n).limit(STEP)
        after = -1
        while True:
            rows: list[RecordFact] = self._rows(query.where(RECORDS.c.n > after))
            yield from rows
            if len(rows) < STEP:
                return
            after = rows[-1][0]

    def _packed(self, file: FileFact) -> Iterator[RecordFact]:
        query = _plain(
            CAPTURES.c.id,
            CAPTURES.c.n,
            CAPTURES.c.offset,
            CAPTURES.c.length,
            CAPTURES.c.record_id,
            CAPTURES.c.record_digest,
            CAPTURES.c.beside,
        )
        query = query.where(CAPTURES.c.file == file.id, CAPTURES.c.id <= file.high, CAPTURES.c.n.is_not(None))
        query = query.order_by(CAPTURES.c.id).limit(STEP)
        after = file.low - 1
        while True:
            rows = self._rows(query.where(CAPTURES.c.id > after))
            for _, *row in rows:
                for entry in unpacked(*row):
                    yield *entry, None
            if len(rows) < STEP:
                return
            after = rows[-1][0]

    def _rows(self, query: Select[Any]) -> list[Any]:
        """Rows as the driver gives them: to make ours of them takes twice as long as all else here."""
        with self._database.reading() as connection:
            result = connection.execute(query)
            assert result.cursor is not None, "a question has an answer"
            return cast("list[Any]", result.cursor.fetchall())

    def captures(self, file: FileFact) -> Iterator[CaptureFact]:
        """The captures of a file, in the order in which they were entered, which is that of their records."""
        columns = [_COLUMNS.get(name, CAPTURES.c.get(name)) for name in CaptureFact._fields]
        query = (
            _plain(CAPTURES.c.id, *columns)
            .join(PAGES, PAGES.c.id == CAPTURES.c.page)
            .join(SORTS, SORTS.c.id == CAPTURES.c.sort)
            .join(VISITS, VISITS.c.id == CAPTURES.c.visit)
            .join(SITES, SITES.c.id == VISITS.c.site)
            .outerjoin(_ORIGINAL, _ORIGINAL.c.id == CAPTURES.c.original)
            .outerjoin(_VIA, _VIA.c.id == CAPTURES.c.via)
            .outerjoin(CONNECTIONS, CONNECTIONS.c.id == CAPTURES.c.connection)
            .where(CAPTURES.c.file == file.id, CAPTURES.c.id <= file.high)
            .order_by(CAPTURES.c.id)
            .limit(STEP)
        )
        after = file.low - 1
        while True:
            rows = self._rows(query.where(CAPTURES.c.id > after))
            for row in rows:
                yield CaptureFact._make(row[1:])
            if len(rows) < STEP:
                return
            after = rows[-1][0]

    def capture_name(self, record_id: str) -> str | None:
        """How the capture of a record is named; None where it has none."""
        try:
            capture = self.catalogue.capture(record_id)
        except CaptureNotFoundError:
            return None
        return capture_name(capture.captured_at, capture.url)

    def original_of(self, record: Record, gone: Set[str] = frozenset()) -> Iterator[Finding]:
        """What is wrong between a revisit and the capture that it refers to (6.7.2).

        `gone`: ids of records that were withheld and taken from the disk: none of them is missed.
        """
        name = parse_record_id(record.value("WARC-Refers-To") or "")
        if name is None:
            yield _of_record(FindingKind.MISSING, record, "WARC-Refers-To: the id of the original", "none")
            return
        try:
            original = self.catalogue.capture(name)
        except CaptureNotFoundError:
            if name not in gone:
                yield _of_record(FindingKind.MISSING, record, f"its original <{name}> in the collection", "none")
            return
        for header, expected in (
            ("WARC-Payload-Digest", original.payload_digest),
            ("WARC-Refers-To-Target-URI", original.url),
            ("WARC-Refers-To-Date", format_date(original.captured_at)),
        ):
            value = record.value(header)
            if value != expected:
                said = f"{header} of its original <{name}>, {expected}"
                yield _of_record(FindingKind.ALTERED, record, said, str(value))


def _of_record(kind: FindingKind, record: Record, expected: str, found: str) -> Finding:
    name = capture_name(record.date, record.target_uri) if record.target_uri else None
    return Finding(kind, record.location.file, record.location.offset, record.record_id, name, expected, found, "6.7.2")


_ORIGINAL = CAPTURES.alias("originals")
_VIA = PAGES.alias("via_pages")
_COLUMNS: dict[str, Any] = {
    "url": PAGES.c.url,
    # no octets stand for none where the original has one
    "payload_digest": func.nullif(func.coalesce(CAPTURES.c.payload, _ORIGINAL.c.payload), literal(b"", LargeBinary)),
    "refers_to": func.coalesce(_ORIGINAL.c.record_id, CAPTURES.c.refers_to),
    "via": func.coalesce(_VIA.c.url, CAPTURES.c.via_url),
    "crawl": VISITS.c.crawl,
    "site": SITES.c.name,
    **{name: SORTS.c[name] for name in ("outcome", "status", "mime", "truncated", "hops", "failure")},
    **{name: CONNECTIONS.c[name] for name in ("certificate", "verdict", "vantage")},
}


def _plain(*columns: Any) -> Select[Any]:
    """A query for columns without the conversions of their types."""
    # mypy takes the columns one by one, and there are too many of them for it
    return cast("Select[Any]", select(*(type_coerce(column, NullType()) for column in columns)))
