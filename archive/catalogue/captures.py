"""Which captures there are: by record id, page, crawl, site, time and payload, and as a person names them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, bindparam, func, or_, select

from archive.capture import Capture, RecordLocation
from archive.catalogue.conditions import IN_TIME, bare, in_lots
from archive.catalogue.hashes import digest_start, text_hash
from archive.catalogue.pages import HAS_SAME, PAGE_IS, asked_page, pages_like, same_pages
from archive.catalogue.visits import ids_of, in_time, visits_of
from archive.database import Database
from archive.digest import Digest
from archive.errors import AmbiguousCaptureError, CaptureNotFoundError, CatalogueError
from archive.exchange import Failure, Outcome
from archive.kinds import BESIDE, State, state_of
from archive.tables import CAPTURES, CONNECTIONS, FILES, MOVES, PAGES, SITES, SORTS, VISITS

_ORIGINAL = CAPTURES.alias("originals")
_VIA = PAGES.alias("via_pages")
_OWN = (
    *(CAPTURES.c.id, CAPTURES.c.record_id, CAPTURES.c.page, CAPTURES.c.captured_at, CAPTURES.c.state),
    *(CAPTURES.c.original, CAPTURES.c.visit, CAPTURES.c.read_by, CAPTURES.c.compared_by),
)
_CAPTURE = (
    *_OWN,
    *(CAPTURES.c.offset, CAPTURES.c.length, CAPTURES.c.record_digest, CAPTURES.c.payload_length, CAPTURES.c.error),
    func.coalesce(CAPTURES.c.payload, _ORIGINAL.c.payload).label("payload_digest"),
    func.coalesce(_ORIGINAL.c.record_id, CAPTURES.c.refers_to).label("refers_to"),
    func.coalesce(_VIA.c.url, CAPTURES.c.via_url).label("via"),
    PAGES.c.url,
    FILES.c.name.label("file_name"),
    *(SORTS.c.outcome, SORTS.c.status, SORTS.c.mime, SORTS.c.truncated, SORTS.c.hops, SORTS.c.failure),
    *(VISITS.c.crawl, SITES.c.name.label("site")),
    *(CONNECTIONS.c.certificate, CONNECTIONS.c.verdict, CONNECTIONS.c.vantage),
)


def select_captures() -> Select[Any]:
    """All that `capture_of` needs."""
    return (
        select(*_CAPTURE)
        .join(PAGES, PAGES.c.id == CAPTURES.c.page)
        .join(FILES, FILES.c.id == CAPTURES.c.file)
        .join(SORTS, SORTS.c.id == CAPTURES.c.sort)
        .join(VISITS, VISITS.c.id == CAPTURES.c.visit)
        .join(SITES, SITES.c.id == VISITS.c.site)
        .outerjoin(_ORIGINAL, _ORIGINAL.c.id == CAPTURES.c.original)
        .outerjoin(_VIA, _VIA.c.id == CAPTURES.c.via)
        .outerjoin(CONNECTIONS, CONNECTIONS.c.id == CAPTURES.c.connection)
    )


# Made once: for each group of exchanges that is written, this is asked before it. Without an order: SQLite would
# rather go through all captures of a page in their order than use the index on payloads, and there are one or two.
_ORIGINALS = (
    select_captures()
    .where(PAGES.c.url_hash.in_(bindparam("urls", expanding=True)))
    .where(CAPTURES.c.payload_start.in_(bindparam("payloads", expanding=True)))
    .where(CAPTURES.c.original.is_(None), CAPTURES.c.refers_to.is_(None))
    .where(VISITS.c.crawl != bindparam("crawl"), SORTS.c.outcome == Outcome.RESPONSE.value)
    .where(SORTS.c.status.between(200, 299), CAPTURES.c.payload_length > 0, SORTS.c.truncated.is_(None))
)
# As those: entering what was read asks this for each page of a group.
_CAPTURE_ROWS = select(*_OWN).where(CAPTURES.c.record_id.in_(bindparam("record_ids", expanding=True)))


class OfPage(NamedTuple):
    """What is asked of a page's captures, once for each way to ask it."""

    alone: Select[Any]
    """Of the page at one address (`asked_page`), in any order, and whether it is shown `elsewhere` too: most are not,
    and one question is enough of them."""
    several: Select[Any]
    """Of all `pages`, in any order."""
    same: Select[Any]
    """Of other addresses of it, `pages`, in any order."""


def of_page(query: Select[Any]) -> OfPage:
    """A query over captures, of those of a page."""
    several = query.where(CAPTURES.c.page.in_(bindparam("pages", expanding=True)))
    # a URL that leads on to this one shows nothing of the page, nor does one that it has left
    stays = or_(
        MOVES.c.from_page.is_(None),
        CAPTURES.c.captured_at <= MOVES.c.since,
        CAPTURES.c.state == State.PRESENT.value,
    )
    same = several.outerjoin(MOVES, MOVES.c.from_page == CAPTURES.c.page)
    return OfPage(
        alone=query.add_columns(HAS_SAME.label("elsewhere")).where(PAGE_IS),
        several=several,
        same=same.where(CAPTURES.c.state != State.MOVED.value, stays),
    )


_OF_PAGE = of_page(select_captures())


def capture_of(row: Row[Any]) -> Capture:
    """The capture of a row of `select_captures`."""
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


def capture_row(connection: Connection, record_id: str) -> Row[Any]:
    """The row of a capture by its record id. Raises CaptureNotFoundError."""
    query: Select[Any] = select(*_OWN)
    row = connection.execute(query.where(CAPTURES.c.record_id == bare(record_id))).one_or_none()
    if row is None:
        raise CaptureNotFoundError(f"expected a capture with the record id {record_id!r}, found none")
    return row


def capture_rows(connection: Connection, record_ids: Sequence[str]) -> dict[str, Row[Any]]:
    """The rows of captures by their bare record ids. Raises CaptureNotFoundError."""
    found: dict[str, Row[Any]] = {}
    for some in in_lots(map(bare, record_ids)):
        rows = connection.execute(_CAPTURE_ROWS, {"record_ids": some})
        found |= {row.record_id: row for row in rows}
    for record_id in record_ids:
        if bare(record_id) not in found:
            raise CaptureNotFoundError(f"expected a capture with the record id {record_id!r}, found none")
    return found


def rows_at(database: Database, url: str, asked: OfPage = _OF_PAGE) -> Sequence[Row[Any]]:
    """The rows of every capture of a page at whatever URL, in time order; see `Catalogue.captures_of`."""
    with database.asking() as connection:
        rows = connection.execute(asked.alone, asked_page(url)).all()
    if rows and not rows[0].elsewhere:
        return sorted(rows, key=_in_time)
    with database.reading() as connection:
        return rows_of_page(connection, url, asked)


def rows_of_page(connection: Connection, url: str, asked: OfPage = _OF_PAGE) -> Sequence[Row[Any]]:
    """What `rows_at` gives, of a view that is open."""
    pages = pages_like(connection, url)
    rows = [row for some in in_lots(pages) for row in connection.execute(asked.several, {"pages": list(some)})]
    for some in in_lots(same_pages(connection, pages)):
        rows += connection.execute(asked.same, {"pages": list(some)})
    return sorted(rows, key=_in_time)


def _in_time(row: Row[Any]) -> tuple[datetime, int]:
    return row.captured_at, row.id


def capture_with(connection: Connection, record_id: str) -> Capture:
    """The capture with that record id. Raises CaptureNotFoundError."""
    query = select_captures().where(CAPTURES.c.record_id == bare(record_id))
    row = connection.execute(query).one_or_none()
    if row is None:
        raise CaptureNotFoundError(f"expected a capture with the record id {record_id!r}, found none")
    return capture_of(row)


def captures_in_crawl(connection: Connection, crawl: str) -> list[Capture]:
    """Every capture of a crawl, in time order."""
    found: list[Row[Any]] = []
    for some in ids_of(visits_of(connection, crawl=crawl)):
        found += connection.execute(select_captures().where(CAPTURES.c.visit.in_(some))).all()
    return [capture_of(row) for row in sorted(found, key=lambda row: (row.captured_at, row.id))]


def all_captures(
    database: Database, *, site: str | None = None, since: datetime | None = None, step: int
) -> Iterator[Capture]:
    """Every capture, or a site's, or from an instant on, in time order, `step` at a time."""
    query = select_captures().order_by(*IN_TIME)
    if since is not None:
        query = query.where(CAPTURES.c.captured_at >= since)
    with database.reading() as connection:
        visits = visits_of(connection, site=site, since=since)
    for row in in_time(database, query, visits, step=step):
        yield capture_of(row)


def known_captures(connection: Connection, record_ids: Sequence[str]) -> set[str]:
    """Those of some record ids that captures have."""
    known: set[str] = set()
    for some in in_lots(record_ids):
        known.update(connection.scalars(select(CAPTURES.c.record_id).where(CAPTURES.c.record_id.in_(some))))
    return known


def originals_between(
    connection: Connection, since: datetime | None, until: datetime | None, site: str | None = None
) -> set[str]:
    """Record ids of the captures whose payloads were seen within a span, of a revisit its original."""
    query = select(func.coalesce(_ORIGINAL.c.record_id, CAPTURES.c.refers_to, CAPTURES.c.record_id)).distinct()
    query = query.select_from(CAPTURES).outerjoin(_ORIGINAL, _ORIGINAL.c.id == CAPTURES.c.original)
    if since is not None:
        query = query.where(CAPTURES.c.captured_at >= since)
    if until is not None:
        query = query.where(CAPTURES.c.captured_at < until)
    found: set[str] = set()
    for some in ids_of(visits_of(connection, site=site, since=since, until=until)):
        found.update(connection.scalars(query.where(CAPTURES.c.visit.in_(some))))
    return found


def originals_for(
    connection: Connection, wanted: Collection[tuple[str, Digest]], crawl: str
) -> dict[tuple[str, Digest], Capture]:
    """For each URL and payload the capture that a revisit by `crawl` would refer to, where there is one."""
    asked = {
        "urls": sorted({text_hash(url) for url, _ in wanted}),
        "payloads": sorted({digest_start(payload) for _, payload in wanted}),
        "crawl": crawl,
    }
    found: dict[tuple[str, Digest], Row[Any]] = {}
    for row in connection.execute(_ORIGINALS, asked):
        page = row.url, row.payload_digest
        if page not in found or _worth(found[page]) < _worth(row):
            found[page] = row
    return {page: capture_of(row) for page, row in found.items() if page in wanted}


def _worth(row: Row[Any]) -> tuple[bool, datetime, int]:
    """What makes one of several captures of the same payload the better original: it crossed the wire as it is kept."""
    return row.state not in BESIDE, row.captured_at, row.id


def find_capture(connection: Connection, wanted: str) -> Capture:
    """The capture that a person names; see `Catalogue.find`."""
    wanted = wanted.strip()
    if wanted.startswith(("urn:", "<")):
        return capture_with(connection, wanted)
    if match := re.fullmatch(r"([0-9]{1,14})/(.+)", wanted):
        instant, url = match.groups()
        found = [capture for capture in captures_of_page(connection, url) if capture.timestamp.startswith(instant)]
        return _only(wanted, found)
    captures = captures_of_page(connection, wanted)
    if not captures and (match := re.fullmatch(r"(.+)@([0-9]{1,9})", wanted)):
        url, n = match[1], int(match[2])
        captures = captures_of_page(connection, url)
        if captures and not 1 <= n <= len(captures):
            raise CaptureNotFoundError(f"expected @1 to @{len(captures)} after {url}, found @{n}")
        captures = captures[n - 1 : n]
    return _only(wanted, captures)


def captures_at(database: Database, url: str) -> list[Capture]:
    """Every capture of a page, in time order; see `Catalogue.captures_of`."""
    return [capture_of(row) for row in rows_at(database, url)]


def captures_of_page(connection: Connection, url: str) -> list[Capture]:
    """What `captures_at` gives, of a view that is open."""
    return [capture_of(row) for row in rows_of_page(connection, url)]


def _only(wanted: str, captures: list[Capture]) -> Capture:
    if not captures:
        raise CaptureNotFoundError(f"expected a capture for {wanted!r}, found none")
    if len(captures) > 1:
        # who names a page and a time means the page's own capture, not a look beside it
        captures = [one for one in captures if state_of(one) not in BESIDE] or captures
    if len(captures) > 1:
        raise AmbiguousCaptureError(wanted, [f"{one.timestamp}/{one.url}  {one.record_id}" for one in captures])
    return captures[0]
