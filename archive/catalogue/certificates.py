"""How servers were reached: which certificates they showed, what was said of them, and what changed in that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from sqlalchemy import Connection, Row, and_, delete, insert, select

from archive.capture import Capture
from archive.catalogue.captures import capture_of, capture_row, select_captures
from archive.catalogue.changes import row_of_change
from archive.catalogue.conditions import IN_TIME, earlier, in_lots
from archive.catalogue.rows import CertificateSight, ChangeRow
from archive.database import Database
from archive.digest import Digest
from archive.errors import CaptureNotFoundError
from archive.kinds import ChangeKind
from archive.tables import CAPTURES, CHANGES, CONNECTIONS, OF_SERVER, SHOWN

FIRST_CAPTURES = 20
"""Captures after a certificate's first one that are looked through for a page; before it robots.txt is asked for."""


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


class Way(NamedTuple):
    """How a server was reached: a row of CONNECTIONS."""

    server: str
    certificate: Digest | None
    verdict: str | None
    vantage: str | None


def way_of(capture: Capture) -> Way | None:
    """How a capture reached its server; None where there is nothing to say."""
    if capture.tls_verdict is None and capture.certificate is None and capture.vantage is None:
        return None
    return Way(server_of(capture.url), capture.certificate, capture.tls_verdict, capture.vantage)


def way_ids(connection: Connection, wanted: set[Way]) -> dict[Way, int]:
    """The id of each way that a server was reached; new ones are entered."""

    def known() -> dict[Way, int]:
        found: dict[Way, int] = {}
        for some in in_lots(sorted({way.server for way in wanted})):
            for row in connection.execute(select(CONNECTIONS).where(CONNECTIONS.c.server.in_(some))):
                found[Way(row.server, row.certificate, row.verdict, row.vantage)] = row.id
        return found

    if not wanted:
        return {}
    ways = known()
    missing = sorted(wanted - ways.keys(), key=repr)
    if missing:
        connection.execute(insert(CONNECTIONS), [way._asdict() for way in missing])
        ways = known()
    return ways


class Certificates:
    """What servers showed of themselves, over time, and the changes in that."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def sights(self) -> Iterator[list[CertificateSight]]:
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
                sights = [sight for ids in shown.values() if (sight := _sight(connection, ids)) is not None]
            yield [sight for _, sight in sorted(sights, key=lambda one: one[0])]

    def changes(self) -> set[str]:
        """The ids of all changes of certificates."""
        with self._database.reading() as connection:
            return set(connection.execute(select(CHANGES.c.id).where(OF_SERVER)).scalars())

    def put_changes(self, new: Sequence[ChangeRow], *, keep: Set[str]) -> None:
        """Enter changes of certificates; those that are known and not named in `keep` are taken out.

        A capture may have one beside the change of its page.
        """
        assert all(change.kind is ChangeKind.CERTIFICATE for change in new)
        with self._database.writing() as connection:
            known = connection.execute(select(CHANGES.c.id).where(OF_SERVER)).scalars().all()
            for some in in_lots(sorted(set(known) - keep)):
                connection.execute(delete(CHANGES).where(CHANGES.c.id.in_(some)))
            for change in new:
                before = capture_row(connection, change.from_record)
                after = capture_row(connection, change.to_record)
                connection.execute(insert(CHANGES), row_of_change(change, before, after))


def _sight(connection: Connection, ways: Sequence[int]) -> tuple[tuple[datetime, int], CertificateSight] | None:
    rows: list[Row[Any]] = []
    for way in ways:
        rows.extend(_first_captures(connection, way))
    if not rows:
        return None
    rows.sort(key=lambda row: (row.captured_at, row.id))
    first = rows[0]
    # robots.txt is always asked for first; people look for pages
    pages = (row for row in rows if row.crawl == first.crawl and not row.hops.rstrip("R").endswith("P"))
    page = next(pages, first)
    return (first.captured_at, first.id), CertificateSight(capture_of(first), capture_of(page))


def _first_captures(connection: Connection, way: int) -> list[Row[Any]]:
    """The first captures of a connection, in time order: of its visits, those that come after more are passed over."""
    visits = connection.execute(select(SHOWN).where(SHOWN.c.connection == way).order_by(SHOWN.c.first_at)).all()
    found: list[Row[Any]] = []
    for visit in visits:
        if len(found) == FIRST_CAPTURES and visit.first_at > found[-1].captured_at:
            break
        of = and_(CAPTURES.c.visit == visit.visit, CAPTURES.c.connection == way)
        found += connection.execute(select_captures().where(of).order_by(*IN_TIME).limit(FIRST_CAPTURES))
        found = sorted(found, key=lambda row: (row.captured_at, row.id))[:FIRST_CAPTURES]
    return found


def certificate_before(connection: Connection, capture: Capture) -> Capture | None:
    """The last capture over TLS of the same server before this one; see `Catalogue.certificate_before`."""
    mine = connection.execute(select(CAPTURES.c.id).where(CAPTURES.c.record_id == capture.record_id)).scalar()
    if mine is None:
        raise CaptureNotFoundError(f"expected a capture with the record id {capture.record_id!r}, found none")
    ways = (CONNECTIONS.c.server == server_of(capture.url), CONNECTIONS.c.verdict.is_not(None))
    shown = select(SHOWN).join(CONNECTIONS, CONNECTIONS.c.id == SHOWN.c.connection).where(*ways)
    visits = connection.execute(shown.where(SHOWN.c.first_at <= capture.captured_at).order_by(SHOWN.c.last_at.desc()))
    latest = (
        select(CAPTURES.c.captured_at, CAPTURES.c.id)
        .where(earlier(capture.captured_at, mine))
        .order_by(CAPTURES.c.captured_at.desc(), CAPTURES.c.id.desc())
        .limit(1)
    )
    found: list[Row[Any]] = []
    for visit in visits.all():
        if found and visit.last_at < max(row.captured_at for row in found):
            break
        of = and_(CAPTURES.c.visit == visit.visit, CAPTURES.c.connection == visit.connection)
        found.extend(connection.execute(latest.where(of)))
    if not found:
        return None
    id_ = max((row.captured_at, row.id) for row in found)[1]
    return capture_of(connection.execute(select_captures().where(CAPTURES.c.id == id_)).one())
