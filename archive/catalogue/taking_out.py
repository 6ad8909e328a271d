"""What is left of captures that are taken out, and what is due again without them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, or_, select, update

from archive.catalogue.comparisons import first_again
from archive.catalogue.conditions import COMPARED, IN_TIME, OF_PAGE, OF_TIME, bare, in_lots
from archive.catalogue.originals import unlink_revisits
from archive.catalogue.visits import count_read, recount_visit
from archive.catalogue.warcs import loosen
from archive.kinds import State
from archive.tables import CAPTURES, CHANGES, MOVES, PAGES, PENDING_ID, READINGS, REDIRECTS


def take_out_captures(connection: Connection, captures: Collection[str]) -> None:
    """Take out captures, by record id, with all that was read on them, and what was compared with that."""
    for some in in_lots(sorted(map(bare, captures))):
        for row in connection.execute(select(CAPTURES).where(CAPTURES.c.record_id.in_(some))).all():
            _take_out(connection, row)


def _compared_with(connection: Connection, row: Row[Any]) -> set[int]:
    """The captures of the page that were compared with a capture or its revisits, or are such a revisit; of those in
    which nothing changed no row says it."""
    query = select(CAPTURES.c.id, CAPTURES.c.original, CAPTURES.c.compared_by).where(CAPTURES.c.page == row.page)
    found: set[int] = set()
    before = False
    for one in connection.execute(query.where(COMPARED).order_by(*IN_TIME)):
        mine = row.id in (one.id, one.original)
        if (mine or before) and one.compared_by is not None:
            found.add(one.id)
        before = mine
    return found


def _take_out(connection: Connection, row: Row[Any]) -> None:
    # A revisit has its original's text: what was compared with it tells that too.
    same = or_(CAPTURES.c.id == row.id, CAPTURES.c.original == row.id)
    ids = select(CAPTURES.c.id).where(CAPTURES.c.page == row.page, same)
    telling = or_(CHANGES.c.from_capture.in_(ids), CHANGES.c.to_capture.in_(ids))
    # of the page's states over time, all are told again
    of_page = and_(CHANGES.c.page == row.page, or_(telling, OF_TIME))
    # what was told on another page against this capture: of a certificate, of a mirror, of where the page moved to
    named = or_(CHANGES.c.from_capture == row.id, CHANGES.c.to_capture == row.id)
    gone = or_(of_page, named, and_(CHANGES.c.page != row.page, telling))
    again = {*connection.scalars(select(CHANGES.c.to_capture).where(gone, OF_PAGE)), *_compared_with(connection, row)}
    elsewhere = connection.scalars(select(CHANGES.c.page).where(gone, CHANGES.c.page != row.page)).all()
    connection.execute(delete(CHANGES).where(gone))
    connection.execute(delete(READINGS).where(READINGS.c.capture == row.id))
    connection.execute(delete(REDIRECTS).where(REDIRECTS.c.capture == row.id))
    loosen(connection, row.id)
    unlink_revisits(connection, row.id, row.record_id, row.payload)
    connection.execute(delete(CAPTURES).where(CAPTURES.c.id == row.id))
    recount_visit(connection, row.visit, row.page)
    if row.read_by is not None:
        count_read(connection, {(row.visit, row.read_by): -1})
    for some in in_lots(again):
        connection.execute(update(CAPTURES).where(CAPTURES.c.id.in_(some)).values(compared_by=PENDING_ID))
    seen = select(CAPTURES.c.id).where(CAPTURES.c.page == row.page, CAPTURES.c.state == State.PRESENT.value)
    first = connection.scalar(seen.order_by(*IN_TIME).limit(1))
    connection.execute(update(CAPTURES).where(CAPTURES.c.id == first).values(compared_by=None))
    place = select(PAGES.c.place).where(PAGES.c.id == row.page).scalar_subquery()
    same_place = connection.scalars(select(PAGES.c.id).where(PAGES.c.place == place)).all()
    moves = or_(MOVES.c.from_page == row.page, MOVES.c.to_page == row.page)
    moved = {row.page, *elsewhere, *connection.scalars(select(MOVES.c.from_page).where(moves))}
    connection.execute(delete(MOVES).where(moves))
    connection.execute(update(PAGES).where(PAGES.c.id.in_(moved)).values(stated_by=PENDING_ID))
    for page in sorted({*elsewhere, *moved, *same_place} - {row.page}):
        first_again(connection, page)
    if connection.scalar(select(CAPTURES.c.id).where(CAPTURES.c.page == row.page).limit(1)) is None:
        # goes through all captures: what it led to keeps its URL
        url = select(PAGES.c.url).where(PAGES.c.id == row.page).scalar_subquery()
        connection.execute(update(CAPTURES).where(CAPTURES.c.via == row.page).values(via=None, via_url=url))
        connection.execute(delete(PAGES).where(PAGES.c.id == row.page))
