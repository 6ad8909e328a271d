"""Page memory: what is known of each page of a site from one crawl to the next. Tables in state.sqlite.

A page is known by its key (`spiders/identity.py`), which a switch to a mirror does not change. A listing is known the
same way. Nothing is deleted: a page that no listing names any more, and one that is gone, stay.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, Integer, MetaData, Row, Table, Text, select
from sqlalchemy.dialects.sqlite import insert

from archive.database import FLAG, Database, Moment

META = MetaData()

PAGES = Table(
    "pages",
    META,
    Column("site", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("url", Text, nullable=False),
    Column("kind", Text),
    Column("first_found_at", Moment, nullable=False),
    Column("found_at", Moment, nullable=False),
    Column("listed_at", Moment),
    Column("listing", Text),
    Column("unlisted_at", Moment),
    Column("modified", Text, nullable=False),
    Column("published", Text, nullable=False),
    Column("fetched_at", Moment),
    Column("fetched_modified", Text, nullable=False),
    Column("status", Integer),
    Column("failures", Integer, nullable=False),
    Column("due_at", Moment),
    sqlite_strict=True,
)

NAMINGS = Table(
    "namings",
    META,
    Column("site", Text, primary_key=True),
    Column("listing", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("way", Text, nullable=False),
    Column("listed_at", Moment, nullable=False),
    Column("named", FLAG, nullable=False),
    Column("unlisted_at", Moment),
    Column("modified", Text, nullable=False),
    Column("fetched_modified", Text, nullable=False),
    Column("facts", Text, nullable=False),
    sqlite_strict=True,
)

LISTINGS = Table(
    "listings",
    META,
    Column("site", Text, primary_key=True),
    Column("listing", Text, primary_key=True),
    Column("crawl", Text, primary_key=True),
    Column("url", Text, nullable=False),
    Column("way", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("named", Integer, nullable=False),
    Column("total", Integer),
    Column("complete", FLAG, nullable=False),
    Column("problem", Text, nullable=False),
    sqlite_strict=True,
)

Index("namings_by_page", NAMINGS.c.site, NAMINGS.c.key)


@dataclass(frozen=True, slots=True)
class RememberedPage:
    """A page of a site."""

    site: str
    key: str
    """What tells the site's pages apart."""
    url: str
    """Where it was found or fetched last."""
    kind: str | None
    first_found_at: datetime
    found_at: datetime
    """When its address was found last."""
    listed_at: datetime | None = None
    """The last run in which a listing named it."""
    listing: str | None = None
    """Key of that listing."""
    unlisted_at: datetime | None = None
    """The first complete run of a listing that named it no more; None while all that named it do."""
    modified: str = ""
    """When it was changed, as the listing says it."""
    published: str = ""
    fetched_at: datetime | None = None
    fetched_modified: str = ""
    """What the listing said when it was fetched."""
    status: int | None = None
    """Of the last visit; None where there was none, or no answer."""
    failures: int = 0
    """Visits in a row without a page."""
    due_at: datetime | None = None
    """None: not any more, or at every run where the site's definition says nothing about visits."""


@dataclass(frozen=True, slots=True)
class Naming:
    """That a listing names a page, or has named it."""

    site: str
    listing: str
    key: str
    way: str
    """list, rest, api, sitemap or feed."""
    listed_at: datetime
    named: bool = True
    """Whether it did when it was read last."""
    unlisted_at: datetime | None = None
    """The first complete run of the listing that did not."""
    modified: str = ""
    fetched_modified: str = ""
    """`modified` as it was when the page was fetched last."""
    facts: tuple[tuple[str, str], ...] = ()
    """What the listing tells of the page: pairs of a name and a value."""


@dataclass(frozen=True, slots=True)
class ListingRun:
    """One run of a listing in a crawl."""

    site: str
    listing: str
    """Its key."""
    crawl: str
    url: str
    way: str
    at: datetime
    named: int
    """Pages that it named."""
    total: int | None
    """Pages that it said to have."""
    complete: bool
    """Whether all of it was had and read."""
    problem: str = field(default="")
    """Why not."""


class PageMemory:
    """The page memory of a collection; may be used by several threads at once."""

    def __init__(self, database: Database, *, exists: bool = True) -> None:
        """`exists`: whether the file has these tables; one of an older version that is only looked at has none."""
        self._database = database
        self._exists = exists

    def pages(self, site: str | None = None) -> list[RememberedPage]:
        """The pages of a site, or of all, by site and key."""
        query = select(PAGES).order_by(PAGES.c.site, PAGES.c.key)
        rows = self._rows(query if site is None else query.where(PAGES.c.site == site))
        return [RememberedPage(**row._mapping) for row in rows]

    def unlisted(self, site: str | None = None) -> list[RememberedPage]:
        """Pages that a listing had named, and names no more."""
        return [page for page in self.pages(site) if page.unlisted_at is not None]

    def namings(self, site: str) -> list[Naming]:
        """Which listings name, or have named, which pages of a site."""
        rows = self._rows(
            select(NAMINGS).where(NAMINGS.c.site == site).order_by(NAMINGS.c.listing, NAMINGS.c.key),
        )
        return [Naming(**{**row._mapping, "named": bool(row.named), "facts": _facts(row.facts)}) for row in rows]

    def named(self, site: str) -> set[str]:
        """Keys of the pages of a site that some listing named when it was read last."""
        rows = self._rows(select(NAMINGS.c.key).where(NAMINGS.c.site == site, NAMINGS.c.named.is_(True)).distinct())
        return {row.key for row in rows}

    def facts(self, site: str) -> dict[str, tuple[tuple[str, str], ...]]:
        """What listings tell of the pages of a site, by key."""
        told: dict[str, tuple[tuple[str, str], ...]] = {}
        for naming in self.namings(site):
            if naming.facts:
                told[naming.key] = tuple(dict.fromkeys((*told.get(naming.key, ()), *naming.facts)))
        return told

    def listings(self, site: str | None = None) -> list[ListingRun]:
        """The runs of listings of a site, or of all, the newest last."""
        query = select(LISTINGS).order_by(LISTINGS.c.site, LISTINGS.c.listing, LISTINGS.c.at, LISTINGS.c.crawl)
        rows = self._rows(query if site is None else query.where(LISTINGS.c.site == site))
        return [ListingRun(**{**row._mapping, "complete": bool(row.complete)}) for row in rows]

    def remember(
        self, pages: Iterable[RememberedPage], namings: Iterable[Naming], listings: Iterable[ListingRun]
    ) -> None:
        """Put rows in, in the place of those of the same key; all of them, or none."""
        rows = (
            (PAGES, [_values(page) for page in pages]),
            (NAMINGS, [{**_values(one), "facts": json.dumps(one.facts, ensure_ascii=False)} for one in namings]),
            (LISTINGS, [_values(one) for one in listings]),
        )
        with self._database.writing() as connection:
            for table, values in rows:
                if values:
                    connection.execute(_upsert(table), values)

    def _rows(self, query: Any) -> list[Row[Any]]:
        if not self._exists:
            return []
        with self._database.reading() as connection:
            return list(connection.execute(query).all())


def _upsert(table: Table) -> Any:
    statement = insert(table)
    given = {column.name: statement.excluded[column.name] for column in table.c if not column.primary_key}
    return statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=given)


def _values(row: Any) -> dict[str, Any]:
    return {one.name: getattr(row, one.name) for one in fields(row)}


def _facts(text: str) -> tuple[tuple[str, str], ...]:
    return tuple((str(name), str(value)) for name, value in json.loads(text))
