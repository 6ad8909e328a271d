"""What became of pages over their captures: their looks, events, moves and redirects, and where that is due."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence, Set
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, delete, func, insert, or_, select, update

from archive.catalogue.captures import capture_row
from archive.catalogue.changes import row_of_change, said_of_change
from archive.catalogue.comparisons import first_again
from archive.catalogue.conditions import IN_TIME, NAMES_BESIDE, OF_TIME, bare, in_lots
from archive.catalogue.pages import known_pages, page_is, page_of
from archive.catalogue.rows import ChangeRow, FirstSight, Move, PageLook
from archive.catalogue.rules import due, rules_id
from archive.database import Database
from archive.kinds import EVENTS, MISSING, State
from archive.tables import CAPTURES, CHANGES, MOVES, PAGES, READINGS, REDIRECTS, SITES, SORTS, VISITS

ANSWERED_OTHERWISE = sorted(
    state.value for state in (*MISSING, State.MOVED, State.BLOCKED, State.UNREACHABLE) if state is not State.GONE
)
"""States of captures that a server may answer with a status of success or redirection."""
_FIRST_SIGHT = (PAGES.c.url, CAPTURES.c.record_id, CAPTURES.c.captured_at, VISITS.c.crawl, READINGS.c.text_digest)


class States:
    """What became of pages over their captures."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(
        self,
        urls: Collection[str],
        rules: str,
        *,
        events: Sequence[ChangeRow] = (),
        states: Mapping[str, State] | None = None,
        targets: Mapping[str, str] | None = None,
        moves: Sequence[Move] = (),
    ) -> int:
        """Say what became of a page over its captures, in place of what was said before; how many events are new.

        `urls`: all addresses of the page; `rules`: the version that says it; `states` and `targets`, by record id:
        what redirects are, and where they lead. An event that is known stays as it is, settled or not.
        """
        assert all(event.kind in EVENTS for event in events)
        with self._database.writing() as connection:
            pages = {page.url: page.id for some in in_lots(sorted(urls)) for page in known_pages(connection, some)}
            for record_id, state in (states or {}).items():
                of = CAPTURES.c.record_id == bare(record_id)
                connection.execute(update(CAPTURES).where(of).values(state=state.value))
            for record_id, target in (targets or {}).items():
                capture = capture_row(connection, record_id)
                connection.execute(delete(REDIRECTS).where(REDIRECTS.c.capture == capture.id))
                connection.execute(insert(REDIRECTS).values(capture=capture.id, target=target))
            new = _put_events(connection, set(pages.values()), events)
            _put_moves(connection, pages, moves)
            by = rules_id(connection, rules)
            for some in in_lots(sorted(pages.values())):
                connection.execute(update(PAGES).where(PAGES.c.id.in_(some)).values(stated_by=by))
            return new

    def due(self, rules: str, limit: int) -> list[str]:
        """Addresses of pages whose states over time are due: captures came since, or other rules told them.

        Those of which nothing but that they are there was ever seen, and no event is told, are said to be stated.
        """
        while True:
            with self._database.reading() as connection:
                rows = _due_pages(connection, rules, min(limit, 500))
                told = _with_events(connection, rows)
            quiet = [row.id for row in rows if row.url not in told]
            if quiet:
                with self._database.writing() as connection:
                    by = rules_id(connection, rules)
                    connection.execute(update(PAGES).where(PAGES.c.id.in_(quiet)).values(stated_by=by))
            if told or not rows:
                return [row.url for row in rows if row.url in told]

    def looks_at(self, url: str) -> tuple[list[str], list[PageLook]]:
        """All addresses of a page by its place in its site, and the looks at them in time order, no browser's."""
        with self._database.reading() as connection:
            own = page_of(connection, url)
            if own is None:
                return [], []
            pages = {own.id: own.url}
            if own.place is not None:
                same = select(PAGES.c.id, PAGES.c.url).where(PAGES.c.place == own.place).order_by(PAGES.c.id)
                pages = {row.id: row.url for row in connection.execute(same)}
            query = _looks().where(CAPTURES.c.page.in_(pages)).order_by(*IN_TIME)
            looks = [_page_look(row, pages[row.page]) for row in connection.execute(query)]
        return list(pages.values()), looks

    def look_in(self, url: str, crawl: str) -> PageLook | None:
        """The last look of a crawl at one address; None where there was none."""
        query = _looks().join(PAGES, PAGES.c.id == CAPTURES.c.page)
        query = query.where(page_is(url), VISITS.c.crawl == crawl)
        with self._database.reading() as connection:
            last = query.order_by(CAPTURES.c.captured_at.desc(), CAPTURES.c.id.desc()).limit(1)
            row = connection.execute(last).one_or_none()
        return None if row is None else _page_look(row, url)

    def answered_otherwise(self, site: str) -> dict[str, tuple[State, int]]:
        """Addresses of a site that were answered with status 2xx or 3xx and did not have their page since it was seen
        last: what the last look saw, and how many crawls that was so.

        Of redirects only those of pages that were seen before: others lead to a page, and are none.
        """
        visits = _visits_of(site)
        seen = (
            select(PAGES.c.place, func.max(CAPTURES.c.captured_at).label("at"))
            .join(PAGES, PAGES.c.id == CAPTURES.c.page)
            .where(CAPTURES.c.visit.in_(visits), CAPTURES.c.state == State.PRESENT.value)
            .group_by(PAGES.c.place)
            .subquery()
        )
        query = (
            select(PAGES.c.url, VISITS.c.crawl, CAPTURES.c.state, seen.c.at)
            .join(PAGES, PAGES.c.id == CAPTURES.c.page)
            .join(VISITS, VISITS.c.id == CAPTURES.c.visit)
            .join(SORTS, SORTS.c.id == CAPTURES.c.sort)
            .outerjoin(seen, seen.c.place == PAGES.c.place)
            .where(CAPTURES.c.visit.in_(visits), CAPTURES.c.state.in_(ANSWERED_OTHERWISE), SORTS.c.status < 400)
            .where(or_(seen.c.at.is_(None), CAPTURES.c.captured_at > seen.c.at))
            .order_by(*IN_TIME)
        )
        crawls: dict[str, set[str]] = {}
        last: dict[str, State] = {}
        with self._database.reading() as connection:
            for row in connection.execute(query):
                if row.at is None and row.state == State.MOVED.value:
                    continue
                last[row.url] = State(row.state)
                crawls.setdefault(row.url, set()).add(row.crawl)
        return {url: (state, len(crawls[url])) for url, state in last.items()}

    def first_sights(self, site: str) -> list[FirstSight]:
        """The first capture that saw each page of a site, in time order, with its text's digest."""
        seen = and_(CAPTURES.c.visit.in_(_visits_of(site)), CAPTURES.c.state == State.PRESENT.value)
        firsts = select(CAPTURES.c.page, func.min(CAPTURES.c.captured_at).label("at")).where(seen)
        first = firsts.group_by(CAPTURES.c.page).subquery()
        query = (
            select(*_FIRST_SIGHT)
            .join(first, and_(first.c.page == CAPTURES.c.page, first.c.at == CAPTURES.c.captured_at))
            .join(PAGES, PAGES.c.id == CAPTURES.c.page)
            .join(VISITS, VISITS.c.id == CAPTURES.c.visit)
            .outerjoin(READINGS, READINGS.c.capture == CAPTURES.c.id)
            .where(seen)
            .order_by(*IN_TIME)
        )
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return [FirstSight(*row) for row in rows]

    def first_sight(self, url: str) -> FirstSight | None:
        """The first capture that saw the page at one address; None where none did."""
        query = (
            select(*_FIRST_SIGHT)
            .join(PAGES, PAGES.c.id == CAPTURES.c.page)
            .join(VISITS, VISITS.c.id == CAPTURES.c.visit)
            .outerjoin(READINGS, READINGS.c.capture == CAPTURES.c.id)
            .where(page_is(url), CAPTURES.c.state == State.PRESENT.value)
            .order_by(*IN_TIME)
            .limit(1)
        )
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else FirstSight(*row)


def _due_pages(connection: Connection, rules: str, limit: int) -> list[Row[Any]]:
    """Pages whose states other rules told, or none yet, in the order in which they came."""
    query: Select[Any] = select(PAGES.c.id, PAGES.c.place, PAGES.c.url).order_by(PAGES.c.id).limit(limit)
    found: list[Row[Any]] = []
    for by, _ in due(connection, PAGES.c.stated_by, rules):
        found += connection.execute(query.where(PAGES.c.stated_by == by)).all()
    return sorted(found, key=lambda row: row.id)[:limit]


def _visits_of(site: str) -> Select[Any]:
    return select(VISITS.c.id).join(SITES, SITES.c.id == VISITS.c.site).where(SITES.c.name == site)


def _put_events(connection: Connection, pages: Set[int], events: Sequence[ChangeRow]) -> int:
    known: dict[str, Row[Any]] = {}
    for lot in in_lots(sorted(pages)):
        query = select(CHANGES.c.id, CHANGES.c.weight, CHANGES.c.rules, CHANGES.c.provenance)
        rows = connection.execute(query.where(CHANGES.c.page.in_(lot), OF_TIME))
        known |= {row.id: row for row in rows}
    for some in in_lots(sorted(known.keys() - {event.id for event in events})):
        connection.execute(delete(CHANGES).where(CHANGES.c.id.in_(some)))
    new = 0
    for event in events:
        if event.id not in known:
            before = capture_row(connection, event.from_record)
            after = capture_row(connection, event.to_record)
            connection.execute(insert(CHANGES), row_of_change(event, before, after))
            new += 1
        elif known[event.id].rules != event.rules:
            told = update(CHANGES).where(CHANGES.c.id == event.id)
            connection.execute(told.values(said_of_change(event)))
    return new


def _put_moves(connection: Connection, pages: Mapping[str, int], moves: Sequence[Move]) -> None:
    wanted = {}
    for move in moves:
        to = [page.id for page in known_pages(connection, [move.to_url])]
        if to and to[0] not in pages.values():
            wanted[pages[move.from_url]] = (to[0], move)
    for some in in_lots(sorted(pages.values())):
        rows = connection.execute(select(MOVES).where(MOVES.c.from_page.in_(some))).all()
        for row in rows:
            to_page, one = wanted.get(row.from_page, (None, None))
            if one is not None and (to_page, one.since) == (row.to_page, row.since):
                del wanted[row.from_page]
                continue
            connection.execute(delete(MOVES).where(MOVES.c.from_page == row.from_page))
            first_again(connection, row.to_page)
    for page, (to, move) in wanted.items():
        values = {"from_page": page, "to_page": to, "since": move.since, "told_by": move.told_by}
        connection.execute(insert(MOVES), values)
        first_again(connection, to)


def _with_events(connection: Connection, rows: Sequence[Any]) -> set[str]:
    """Of those pages the ones that may have an event."""
    places = sorted({row.place for row in rows if row.place is not None})
    of_place: dict[bytes, set[int]] = {}
    for some in in_lots(places):
        for page in connection.execute(select(PAGES.c.id, PAGES.c.place).where(PAGES.c.place.in_(some))):
            of_place.setdefault(page.place, set()).add(page.id)
    ids = sorted({row.id for row in rows}.union(*of_place.values()))
    telling: set[int] = set()
    seen = (State.PRESENT.value, *NAMES_BESIDE)
    for some in in_lots(ids):
        other = select(CAPTURES.c.page).where(CAPTURES.c.page.in_(some), CAPTURES.c.state.not_in(seen))
        telling.update(connection.scalars(other.distinct()))
        telling.update(connection.scalars(select(CHANGES.c.page).where(CHANGES.c.page.in_(some), OF_TIME)))
    return {row.url for row in rows if telling & ({row.id} | of_place.get(row.place, set()))}


def _looks() -> Select[Any]:
    of_visit = (VISITS.c.crawl, SITES.c.name.label("site"))
    columns = (CAPTURES.c.record_id, CAPTURES.c.page, CAPTURES.c.captured_at, *of_visit)
    query = select(*columns, CAPTURES.c.state, SORTS.c.status, SORTS.c.hops, REDIRECTS.c.target).select_from(CAPTURES)
    query = query.join(VISITS, VISITS.c.id == CAPTURES.c.visit).join(SITES, SITES.c.id == VISITS.c.site)
    of = query.join(SORTS, SORTS.c.id == CAPTURES.c.sort).outerjoin(REDIRECTS, REDIRECTS.c.capture == CAPTURES.c.id)
    return of.where(CAPTURES.c.state.not_in(NAMES_BESIDE))


def _page_look(row: Row[Any], url: str) -> PageLook:
    return PageLook(
        record_id=row.record_id,
        url=url,
        captured_at=row.captured_at,
        crawl=row.crawl,
        site=row.site,
        state=State(row.state),
        status=row.status,
        hops=row.hops,
        target=row.target,
    )
