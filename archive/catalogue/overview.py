"""What there is of everything, counted: crawls, sites, pages."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection, func, select

from archive.catalogue.rows import CrawlRow, PageRow, SiteRow
from archive.kinds import QUIET
from archive.tables import CAPTURES, CHANGES, CRAWLS, NOT_SEEN, PAGES, SITES, VISITS


def all_crawls(connection: Connection) -> list[CrawlRow]:
    """Every crawl, the oldest first, with its sites and number of captures."""
    counts: dict[str, dict[str, int]] = {}
    query = select(VISITS.c.crawl, SITES.c.name, VISITS.c.captures).join(SITES, SITES.c.id == VISITS.c.site)
    for row in connection.execute(query.where(VISITS.c.captures > 0)):
        counts.setdefault(row.crawl, {})[row.name] = row.captures
    rows = connection.execute(select(CRAWLS).order_by(CRAWLS.c.began_at, CRAWLS.c.id)).all()
    crawls = []
    for row in rows:
        sites = counts.get(row.id, {})
        crawl = CrawlRow(row.id, row.began_at)
        crawls.append(replace(crawl, sites=tuple(sorted(sites)), captures=sum(sites.values())))
    return crawls


def all_sites(connection: Connection) -> list[SiteRow]:
    """What is known of each site, in order of name."""
    # by a number that no index has: SQLite would go through that index and look each row up, four times as long
    of_site = VISITS.c.site + 0
    counts = select(
        of_site.label("site"),
        func.sum(VISITS.c.captures).label("captures"),
        func.max(VISITS.c.last_at).label("last_capture"),
    ).group_by(of_site)
    counted = {row.site: row for row in connection.execute(counts)}
    of_visit = select(CAPTURES.c.visit, func.count().label("failures")).where(NOT_SEEN).group_by(CAPTURES.c.visit)
    by_visit = of_visit.subquery()
    failed = select(VISITS.c.site, func.sum(by_visit.c.failures)).join(by_visit, by_visit.c.visit == VISITS.c.id)
    failures = {site: int(number) for site, number in connection.execute(failed.group_by(VISITS.c.site))}
    found = []
    for row in connection.execute(_SITES):
        own = counted.get(row.id)
        if own is not None and own.captures:
            found.append(
                SiteRow(
                    site=row.name,
                    pages=row.pages,
                    captures=int(own.captures),
                    failures=failures.get(row.id, 0),
                    last_capture=own.last_capture,
                    last_change=row.last_change,
                )
            )
    return found


# Every site, and when something last happened at it: a look at the end of an index for each, all in one question.
_LAST_CHANGE = (
    select(CHANGES.c.to_at)
    .where(CHANGES.c.site == SITES.c.name, CHANGES.c.kind.not_in(sorted(kind.value for kind in QUIET)))
    .order_by(CHANGES.c.to_at.desc())
    .limit(1)
)
_SITES = select(SITES, _LAST_CHANGE.correlate(SITES).scalar_subquery().label("last_change")).order_by(SITES.c.name)


def all_pages(connection: Connection, site: str | None = None) -> list[PageRow]:
    """Every page, or a site's, in order of URL."""
    query = select(
        PAGES.c.url,
        func.count().label("captures"),
        func.min(CAPTURES.c.captured_at),
        func.max(CAPTURES.c.captured_at),
    ).join(CAPTURES, CAPTURES.c.page == PAGES.c.id)
    if site is not None:
        query = query.join(VISITS, VISITS.c.id == CAPTURES.c.visit).join(SITES, SITES.c.id == VISITS.c.site)
        query = query.where(SITES.c.name == site)
    return [PageRow(*row) for row in connection.execute(query.group_by(PAGES.c.id, PAGES.c.url).order_by(PAGES.c.url))]
