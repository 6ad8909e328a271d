"""Which crawls looked at which sites, how often and when: counted as captures are entered and taken out.

What is asked of the captures of a site, or of a span of time, is asked of one visit after the other, each by its own
index in the time order; an index over the time alone, and one over sites, are spared.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from heapq import merge
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, bindparam, exists, func, insert, select, update

from archive.catalogue.conditions import in_lots, in_steps
from archive.database import Database
from archive.tables import CAPTURES, PAGES, READ_COUNTS, SHOWN, SITES, VISITS

Visit = tuple[str, str]
"""Crawl and site."""

_COUNT = (
    update(VISITS)
    .where(VISITS.c.id == bindparam("of"))
    .values(captures=bindparam("number"), first_at=bindparam("first"), last_at=bindparam("last"))
)
_SITE_OF = select(
    PAGES.c.id,
    select(VISITS.c.site)
    .join(CAPTURES, CAPTURES.c.visit == VISITS.c.id)
    .where(CAPTURES.c.page == PAGES.c.id)
    .correlate(PAGES)
    .limit(1)
    .scalar_subquery(),
).where(PAGES.c.id.in_(bindparam("pages", expanding=True)))
_WIDER = (
    update(SHOWN)
    .where(SHOWN.c.connection == bindparam("way"), SHOWN.c.visit == bindparam("of"))
    .values(first_at=bindparam("first"), last_at=bindparam("last"))
)
_COUNT_READ = (
    update(READ_COUNTS)
    .where(READ_COUNTS.c.visit == bindparam("of"), READ_COUNTS.c.rules == bindparam("by"))
    .values(captures=bindparam("number"))
)


def site_ids(connection: Connection, names: Collection[str]) -> dict[str, int]:
    """The id of each site; new ones are entered."""

    def known(wanted: Collection[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        for some in in_lots(sorted(wanted)):
            rows = connection.execute(select(SITES.c.name, SITES.c.id).where(SITES.c.name.in_(some)))
            found |= {row.name: row.id for row in rows}
        return found

    sites = known(names)
    missing = sorted(set(names) - sites.keys())
    if missing:
        connection.execute(insert(SITES), [{"name": name, "pages": 0} for name in missing])
        sites |= known(missing)
    return sites


def enter_visits(
    connection: Connection, wanted: Mapping[Visit, Sequence[tuple[datetime, int]]], *, new_pages: Collection[int]
) -> dict[Visit, int]:
    """The id of each visit; new ones are entered, and all are counted.

    `wanted`: of each visit the captures that are about to be entered, their times and pages; `new_pages`: those that
    had none before.
    """
    sites = site_ids(connection, {site for _, site in wanted})
    known: dict[tuple[str, int], Row[Any]] = {}
    for crawl in sorted({crawl for crawl, _ in wanted}):
        of = select(VISITS).where(VISITS.c.crawl == crawl, VISITS.c.site.in_(sorted(sites.values())))
        known |= {(row.crawl, row.site): row for row in connection.execute(of)}
    missing = sorted((crawl, sites[site]) for crawl, site in wanted if (crawl, sites[site]) not in known)
    if missing:
        connection.execute(insert(VISITS), [{"crawl": crawl, "site": site, "captures": 0} for crawl, site in missing])
        for one, number in missing:
            of = select(VISITS).where(VISITS.c.crawl == one, VISITS.c.site == number)
            known[one, number] = connection.execute(of).one()
    counts = []
    for (crawl, site), captures in wanted.items():
        row = known[crawl, sites[site]]
        times = [at for at, _ in captures] + [at for at in (row.first_at, row.last_at) if at is not None]
        count = row.captures + len(captures)
        counts.append({"of": row.id, "number": count, "first": min(times), "last": max(times)})
    connection.execute(_COUNT, counts)
    _count_pages(connection, sites, wanted, set(new_pages))
    return {(crawl, site): known[crawl, sites[site]].id for crawl, site in wanted}


def _count_pages(
    connection: Connection,
    sites: Mapping[str, int],
    wanted: Mapping[Visit, Sequence[tuple[datetime, int]]],
    new_pages: set[int],
) -> None:
    """Count the pages that their sites have no captures of yet."""
    pages: dict[str, set[int]] = {}
    for (_, site), captures in wanted.items():
        pages.setdefault(site, set()).update(page for _, page in captures)
    known: dict[int, int | None] = {}
    for some in in_lots(sorted(set().union(*pages.values()) - new_pages)):
        known |= {row[0]: row[1] for row in connection.execute(_SITE_OF, {"pages": list(some)})}
    for site, mine in pages.items():
        first = len(mine & new_pages)
        for page in mine - new_pages:
            # nearly all pages are of one site
            first += known.get(page) != sites[site] and not connection.scalar(select(has_captures(page, sites[site])))
        if first:
            add = update(SITES).where(SITES.c.id == sites[site])
            connection.execute(add.values(pages=SITES.c.pages + first))


def enter_shown(connection: Connection, seen: Mapping[tuple[int, int], Sequence[datetime]]) -> None:
    """Enter when servers were reached: by connection and visit, the times of captures."""
    if not seen:
        return
    known: dict[tuple[int, int], Row[Any]] = {}
    for some in in_lots(sorted({visit for _, visit in seen})):
        of = select(SHOWN).where(SHOWN.c.connection.in_(sorted({way for way, _ in seen})), SHOWN.c.visit.in_(some))
        known |= {(row.connection, row.visit): row for row in connection.execute(of)}
    new, wider = [], []
    for (way, visit), times in seen.items():
        row = known.get((way, visit))
        first, last = min(times), max(times)
        if row is None:
            new.append({"connection": way, "visit": visit, "first_at": first, "last_at": last})
        elif first < row.first_at or last > row.last_at:
            first, last = min(first, row.first_at), max(last, row.last_at)
            wider.append({"way": way, "of": visit, "first": first, "last": last})
    if new:
        connection.execute(insert(SHOWN), new)
    if wider:
        connection.execute(_WIDER, wider)


def count_read(connection: Connection, differences: Mapping[tuple[int, int], int]) -> None:
    """Count captures that were read, or came to be read: by visit and rules, how many more or fewer there are."""
    left = {key: number for key, number in differences.items() if number}
    known: dict[tuple[int, int], int] = {}
    for some in in_lots(sorted({visit for visit, _ in left})):
        rows = connection.execute(select(READ_COUNTS).where(READ_COUNTS.c.visit.in_(some)))
        known |= {(row.visit, row.rules): row.captures for row in rows}
    new = [{"visit": key[0], "rules": key[1], "captures": n} for key, n in left.items() if key not in known]
    more = [{"of": key[0], "by": key[1], "number": known[key] + n} for key, n in left.items() if key in known]
    if new:
        connection.execute(insert(READ_COUNTS), new)
    if more:
        connection.execute(_COUNT_READ, more)


def has_captures(page: Any, site: int) -> Any:
    """That a page has captures of a site."""
    of = and_(CAPTURES.c.page == page, VISITS.c.site == site)
    return exists(select(CAPTURES.c.id).join(VISITS, VISITS.c.id == CAPTURES.c.visit).where(of))


def recount_visit(connection: Connection, visit: int, page: int) -> None:
    """Count a visit again of which a capture of a page was taken out."""
    own = CAPTURES.c.visit == visit
    count, first, last = connection.execute(
        select(func.count(), func.min(CAPTURES.c.captured_at), func.max(CAPTURES.c.captured_at)).where(own)
    ).one()
    connection.execute(_COUNT, {"of": visit, "number": count, "first": first, "last": last})
    site = connection.execute(select(VISITS.c.site).where(VISITS.c.id == visit)).scalar_one()
    if not connection.scalar(select(has_captures(page, site))):
        connection.execute(update(SITES).where(SITES.c.id == site).values(pages=SITES.c.pages - 1))


def visits_of(
    connection: Connection,
    *,
    crawl: str | None = None,
    site: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[Row[Any]]:
    """The visits that may have captures from `since` on and before `until`, in the order in which they began."""
    query = select(VISITS).where(VISITS.c.captures > 0).order_by(VISITS.c.first_at, VISITS.c.id)
    if crawl is not None:
        query = query.where(VISITS.c.crawl == crawl)
    if site is not None:
        query = query.join(SITES, SITES.c.id == VISITS.c.site).where(SITES.c.name == site)
    if since is not None:
        query = query.where(VISITS.c.last_at >= since)
    if until is not None:
        query = query.where(VISITS.c.first_at < until)
    return list(connection.execute(query))


def in_time(database: Database, query: Select[Any], visits: Sequence[Row[Any]], *, step: int) -> Iterator[Row[Any]]:
    """The rows of a query over captures, those of some visits, in the time order, a step of a visit at a time.

    `visits`: as `visits_of` gives them. Those that went on at the same time are gone through side by side.
    """
    for group in _at_a_time(visits):
        each = query.limit(max(50, step // len(group)))
        streams = [in_steps(database.reading, each.where(CAPTURES.c.visit == visit.id)) for visit in group]
        yield from streams[0] if len(streams) == 1 else merge(*streams, key=lambda row: (row.captured_at, row.id))


def _at_a_time(visits: Sequence[Row[Any]]) -> Iterator[list[Row[Any]]]:
    group: list[Row[Any]] = []
    last: datetime | None = None
    for visit in visits:
        if last is not None and visit.first_at > last:
            yield group
            group, last = [], None
        group.append(visit)
        last = visit.last_at if last is None else max(last, visit.last_at)
    if group:
        yield group


def ids_of(visits: Sequence[Row[Any]]) -> Iterator[tuple[int, ...]]:
    """The ids of visits, in lots."""
    return in_lots(chain(visit.id for visit in visits))
