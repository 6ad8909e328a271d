"""What is to be compared with what, and which comparisons are due again when something came in between.

A capture that saw its page is compared with the last one before it that did: of the same URL, else of another URL of
the same place, else of the URL that the page was moved from.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import nullcontext
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, or_, select, update

from archive.capture import Capture
from archive.catalogue.captures import capture_of, select_captures
from archive.catalogue.conditions import (
    COMPARED,
    IN_TIME,
    OF_PAGE,
    earlier,
    in_lots,
    in_steps,
    later,
)
from archive.catalogue.rows import Comparison
from archive.catalogue.rules import due
from archive.kinds import State
from archive.tables import CAPTURES, CHANGES, MOVES, PAGES, PENDING_ID, VISITS


def uncompared(connection: Connection, limit: int, *, rules: str | None = None) -> list[Comparison]:
    """Captures to be compared with the page's capture before them, oldest first; see `Catalogue.uncompared`."""
    query = (
        select_captures()
        .where(COMPARED)
        .where(or_(CAPTURES.c.read_by.is_(None), CAPTURES.c.read_by != PENDING_ID))
        .order_by(*IN_TIME)
        .limit(max(limit, 100))
    )
    found: list[Comparison] = []
    for value, _ in due(connection, CAPTURES.c.compared_by, rules):
        for row in in_steps(lambda: nullcontext(connection), query.where(CAPTURES.c.compared_by == value)):
            comparison = _comparison(connection, row)
            if comparison is not None:
                found.append(comparison)
                if len(found) == limit:
                    return found
    return found


def _comparison(connection: Connection, row: Row[Any]) -> Comparison | None:
    before = last_sight_before(connection, row)
    if before is None:
        return None
    equal = before.payload_digest == row.payload_digest
    if not equal and any(_waits_for_reading(connection, one) for one in (before, row)):
        return None
    return Comparison(before=capture_of(before), after=capture_of(row))


def last_sight_before(connection: Connection, row: Row[Any]) -> Row[Any] | None:
    """The last capture of the same URL before this one that saw the page; where there is none, that of an earlier
    crawl at another URL of the same place: the site has moved to a mirror, or from http to https; and where there
    is none either, that of the URL which the page was moved from."""

    def last(of: ColumnElement[bool]) -> Row[Any] | None:
        return connection.execute(
            select_captures()
            .where(of, CAPTURES.c.state == State.PRESENT.value, earlier(row.captured_at, row.id))
            .order_by(CAPTURES.c.captured_at.desc(), CAPTURES.c.id.desc())
            .limit(1)
        ).one_or_none()

    own = last(CAPTURES.c.page == row.page)
    if own is not None:
        return own
    place = select(PAGES.c.place).where(PAGES.c.id == row.page).scalar_subquery()
    others = list(connection.execute(select(PAGES.c.id).where(PAGES.c.place == place)).scalars())
    found = last(and_(CAPTURES.c.page.in_(others), VISITS.c.crawl != row.crawl)) if len(others) > 1 else None
    if found is not None:
        return found
    left = select(MOVES.c.from_page).where(MOVES.c.to_page.in_([row.page, *others]))
    return last(CAPTURES.c.page.in_(connection.scalars(left).all()))


def _waits_for_reading(connection: Connection, row: Row[Any]) -> bool:
    read_by = row.read_by
    if row.original is not None:
        query = select(CAPTURES.c.read_by).where(CAPTURES.c.id == row.original)
        read_by = connection.execute(query).scalar()
    return bool(read_by == PENDING_ID)


def compare_since(connection: Connection, page: int, since: datetime) -> None:
    """What was compared on a page since a moment is due again, and so are the page's states over time.

    The first capture that saw it has nothing before it, unless at another address of the page.
    """
    seen = and_(CAPTURES.c.page == page, COMPARED)
    connection.execute(update(CAPTURES).where(seen, CAPTURES.c.captured_at >= since).values(compared_by=PENDING_ID))
    connection.execute(update(PAGES).where(PAGES.c.id == page).values(stated_by=PENDING_ID))
    first_again(connection, page)


def compare_again(connection: Connection, page: int, capture: Capture) -> None:
    """A capture came in between two that are known: the later of them was compared with the wrong one."""
    mine = connection.execute(select(CAPTURES.c.id).where(CAPTURES.c.record_id == capture.record_id)).scalar_one()
    following = connection.execute(
        select(CAPTURES.c.id)
        .where(CAPTURES.c.page == page, COMPARED)
        .where(later(capture.captured_at, mine))
        .order_by(*IN_TIME)
        .limit(1)
    ).scalar()
    if following is not None:
        connection.execute(delete(CHANGES).where(CHANGES.c.to_capture == following, OF_PAGE))
        connection.execute(update(CAPTURES).where(CAPTURES.c.id == following).values(compared_by=PENDING_ID))


def first_again(connection: Connection, page: int) -> None:
    """The first capture that saw a page is compared anew with what was seen of it elsewhere before, if anything."""
    seen = and_(CAPTURES.c.page == page, COMPARED)
    row = connection.execute(select_captures().where(seen).order_by(*IN_TIME).limit(1)).one_or_none()
    if row is None:
        return
    due = PENDING_ID if last_sight_before(connection, row) is not None else None
    if due is None:
        connection.execute(delete(CHANGES).where(CHANGES.c.to_capture == row.id, OF_PAGE))
    connection.execute(update(CAPTURES).where(CAPTURES.c.id == row.id).values(compared_by=due))


def compare_places(connection: Connection, places: Collection[bytes]) -> None:
    """The first capture that saw the page at a URL had nothing before it when it was entered; now it may."""
    for some in in_lots(sorted(places)):
        shared = select(PAGES.c.place).where(PAGES.c.place.in_(some)).group_by(PAGES.c.place)
        for place in connection.scalars(shared.having(func.count() > 1)).all():
            firsts = list(_firsts(connection, place))
            for first in firsts:
                if any(one.captured_at < first.captured_at and one.crawl != first.crawl for one in firsts):
                    waiting = update(CAPTURES).where(CAPTURES.c.id == first.id, CAPTURES.c.compared_by.is_(None))
                    connection.execute(waiting.values(compared_by=PENDING_ID))


def _firsts(connection: Connection, place: bytes) -> Iterator[Any]:
    """The first capture of each URL of a place that saw the page."""
    for page in connection.scalars(select(PAGES.c.id).where(PAGES.c.place == place)).all():
        query = select(CAPTURES.c.id, CAPTURES.c.captured_at, VISITS.c.crawl)
        query = query.join(VISITS, VISITS.c.id == CAPTURES.c.visit)
        seen = query.where(CAPTURES.c.page == page, CAPTURES.c.state == State.PRESENT.value)
        yield from connection.execute(seen.order_by(*IN_TIME).limit(1))
