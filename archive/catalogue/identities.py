"""Which URLs are one page: what the reading stage says of each, and what is due again when it says otherwise."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, func, select, update

from archive.catalogue.comparisons import compare_places
from archive.catalogue.conditions import in_lots
from archive.catalogue.pages import known_pages
from archive.tables import CAPTURES, PAGES, PENDING_ID, SITES, VISITS

_PLACE = update(PAGES).where(PAGES.c.id == bindparam("of")).values(place=bindparam("at"), identity=bindparam("as"))


def enter_identities(connection: Connection, said: Iterable[tuple[str, str, str]]) -> None:
    """Say which pages of their sites URLs are; see `Catalogue.put_identities`."""
    wanted: dict[str, tuple[bytes, bytes | None]]
    wanted = {url: (_short(place), _short(identity)) for url, place, identity in said}
    known: list[Row[Any]] = []
    for some in in_lots(wanted):
        known += known_pages(connection, some)
    # where it is the place, the identity takes no room of its own
    wanted = {url: (place, None if identity == place else identity) for url, (place, identity) in wanted.items()}
    other = [row for row in known if (row.place, row.identity) != wanted[row.url]]
    if other:
        places = [(row.id, *wanted[row.url]) for row in other]
        connection.execute(_PLACE, [{"of": id_, "at": at, "as": as_} for id_, at, as_ in places])
        _state_places(connection, {wanted[row.url][0] for row in other})
    compare_places(connection, {wanted[row.url][0] for row in other if row.place != wanted[row.url][0]})


def _state_places(connection: Connection, places: Iterable[bytes]) -> None:
    """The states over time of all addresses of these pages are due again."""
    for some in in_lots(sorted(places)):
        stated = and_(PAGES.c.place.in_(some), PAGES.c.stated_by != PENDING_ID)
        connection.execute(update(PAGES).where(stated).values(stated_by=PENDING_ID))


def unidentified(connection: Connection, limit: int) -> list[tuple[str, str]]:
    """URLs of which nothing is said yet, with the site of their captures."""
    query = (
        select(PAGES.c.url, func.max(SITES.c.name))
        .join(CAPTURES, CAPTURES.c.page == PAGES.c.id)
        .join(VISITS, VISITS.c.id == CAPTURES.c.visit)
        .join(SITES, SITES.c.id == VISITS.c.site)
        .where(PAGES.c.place.is_(None))
        .group_by(PAGES.c.id, PAGES.c.url)
        .order_by(PAGES.c.id)
        .limit(limit)
    )
    return [(url, site) for url, site in connection.execute(query)]


def _short(identity: str) -> bytes:
    """16 octets that stand for a page: enough that no two of a collection share them by chance."""
    return hashlib.sha256(identity.encode("utf-8", "surrogatepass")).digest()[:16]
