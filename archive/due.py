"""What is due when, and what ran for it. Tables in state.sqlite.

`due` has a row for each site that has a schedule, or for each kind of its pages that has one of its own: when it comes
next, and how it went. `occurrences` has a row for each time that something ran because it was due; several instants
that had passed are one, which says how many it was late for. A row is never deleted from it but by age.

    due ──► began ──► ended (finished, budget, put off, limit, withdrawn)
              ▲ │
              │ └──► interrupted, error, killed: no end yet
              └─────────────┘ the next one who looks goes on with it
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Column, Connection, Index, Integer, Row, Table, Text, delete, func, insert, select, text, update

from archive.database import Database, Moment
from archive.page_memory import META

ENDS: Final = frozenset({"finished", "budget", "put off", "limit"})
"""Why a crawl ended that has done what it was to do at that time; anything else is gone on with."""
WITHDRAWN: Final = "withdrawn"
"""How an occurrence ends that nobody goes on with: its site is no more in khronika.toml, or has no schedule."""
ERROR: Final = "error"

NEW: Final = "new"
DUE: Final = "due"
CAUGHT_UP: Final = "caught up"

DUE_TABLE = Table(
    "due",
    META,
    Column("site", Text, primary_key=True),
    # Kind of page; empty: the site as a whole.
    Column("kind", Text, primary_key=True),
    Column("expression", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("next_at", Moment, nullable=False),
    # By whose clock `next_at` was found; another than `zone` when that was changed since.
    Column("next_zone", Text, nullable=False),
    # Why it comes then: new, due.
    Column("cause", Text, nullable=False),
    Column("last_due_at", Moment),
    Column("last_zone", Text, nullable=False),
    Column("last_began_at", Moment),
    Column("last_ended_at", Moment),
    # Of the last run.
    Column("crawl", Text),
    Column("reason", Text),
    # Pages that the last run left queued.
    Column("waiting", Integer, nullable=False),
    Column("failing_since", Moment),
    # In a row.
    Column("failures", Integer, nullable=False),
    sqlite_strict=True,
)

OCCURRENCES = Table(
    "occurrences",
    META,
    Column("id", Integer, primary_key=True),
    Column("site", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("cause", Text, nullable=False),
    # The instant that it is for: the first, if several had passed.
    Column("due_at", Moment, nullable=False),
    # Instants that had passed beside that one.
    Column("missed", Integer, nullable=False),
    Column("began_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("crawl", Text, nullable=False),
    # Why it ended, or was cut short when it was tried last.
    Column("reason", Text),
    # How often it was gone on with.
    Column("resumed", Integer, nullable=False),
    Index("occurrences_site", "site", "kind", "id"),
    Index("occurrences_crawl", "crawl"),
    Index("occurrences_open", "site", sqlite_where=text("ended_at IS NULL"), postgresql_where=text("ended_at IS NULL")),
    sqlite_strict=True,
)


@dataclass(frozen=True, slots=True)
class DueRow:
    """When a site, or pages of one kind of it, come next, and how it went."""

    site: str
    kind: str
    """Empty: the site as a whole."""
    expression: str
    zone: str
    next_at: datetime
    next_zone: str
    """By whose clock `next_at` was found."""
    cause: str = DUE
    last_due_at: datetime | None = None
    last_zone: str = ""
    last_began_at: datetime | None = None
    last_ended_at: datetime | None = None
    """None while the last one runs, and after a kill."""
    crawl: str | None = None
    reason: str | None = None
    """Why the last one ended."""
    waiting: int = 0
    """Pages that the last run left queued, beyond its budget say."""
    failing_since: datetime | None = None
    failures: int = 0
    """Runs in a row in which nothing could be had."""


@dataclass(frozen=True, slots=True)
class Begun:
    """What a crawl begins for: one row, as it is from then on, and why."""

    row: DueRow
    """With the next instant already in it."""
    due_at: datetime
    missed: int
    cause: str


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time that something ran because it was due."""

    site: str
    kind: str
    cause: str
    """`new`, `due`, `caught up`."""
    due_at: datetime
    missed: int
    began_at: datetime
    ended_at: datetime | None
    """None while it runs, and when it was cut short: then it is gone on with."""
    crawl: str
    reason: str | None
    resumed: int


@dataclass(frozen=True, slots=True)
class SiteEnd:
    """What a crawl came to at one site."""

    had: int = 0
    """Addresses that were answered with a page."""
    failed: int = 0
    waiting: int = 0


class DueState:
    """What is due in one collection."""

    def __init__(self, database: Database, *, exists: bool = True) -> None:
        self._database = database
        self._exists = exists

    def rows(self) -> list[DueRow]:
        """Every row, by site and kind."""
        if not self._exists:
            return []
        with self._database.reading() as connection:
            return _rows(connection)

    def occurrences(self, site: str | None = None, *, limit: int | None = None) -> list[Occurrence]:
        """What ran because it was due, the newest first."""
        query = select(OCCURRENCES).order_by(OCCURRENCES.c.id.desc()).limit(limit)
        return self._found(query if site is None else query.where(OCCURRENCES.c.site == site))

    def unfinished(self) -> list[Occurrence]:
        """What runs now, or was cut short, in the order in which it began."""
        return self._found(select(OCCURRENCES).where(OCCURRENCES.c.ended_at.is_(None)).order_by(OCCURRENCES.c.id))

    def replan(self, change: Callable[[Sequence[DueRow]], Iterable[DueRow]], now: datetime) -> None:
        """Put the rows that `change` makes of those that there are in their place, in one transaction.

        What was begun for a site that has no row any more, and was cut short, is withdrawn.
        """
        with self._database.writing() as connection:
            before = {(row.site, row.kind): row for row in _rows(connection)}
            after = {(row.site, row.kind): row for row in change(list(before.values()))}
            for site, kind in before.keys() - after.keys():
                connection.execute(delete(DUE_TABLE).where(DUE_TABLE.c.site == site, DUE_TABLE.c.kind == kind))
            for place, row in after.items():
                if place not in before:
                    connection.execute(insert(DUE_TABLE).values(asdict(row)))
                elif row != before[place]:
                    connection.execute(_update(row).values(asdict(row)))
            still = {site for site, _ in after}
            gone = {site for site in connection.scalars(_open_sites()) if site not in still}
            for site in gone:
                ended = {"ended_at": now, "reason": WITHDRAWN}
                connection.execute(_of_open().where(OCCURRENCES.c.site == site).values(ended))

    def begin(self, crawl: str, begun: Sequence[Begun], now: datetime) -> None:
        """Note that a crawl begins for what is due; from now on it is due when it comes next."""
        with self._database.writing() as connection:
            number = connection.scalar(select(func.coalesce(func.max(OCCURRENCES.c.id), 0))) or 0
            for place, one in enumerate(begun, number + 1):
                row = one.row
                connection.execute(
                    insert(OCCURRENCES).values(
                        id=place,
                        site=row.site,
                        kind=row.kind,
                        cause=one.cause,
                        due_at=one.due_at,
                        missed=one.missed,
                        began_at=now,
                        crawl=crawl,
                        resumed=0,
                    )
                )
                last = {"last_began_at": now, "last_ended_at": None, "crawl": crawl, "reason": None}
                connection.execute(_update(row).values(asdict(row) | last))

    def resume(self, crawl: str, sites: Iterable[str], *, under: str | None = None) -> None:
        """Note that a crawl that was cut short is gone on with; `under`: another id, where it could not be."""
        of_crawl = (OCCURRENCES.c.crawl == crawl, OCCURRENCES.c.site.in_(list(sites)))
        with self._database.writing() as connection:
            values = {"resumed": OCCURRENCES.c.resumed + 1, "crawl": under or crawl}
            connection.execute(_of_open().where(*of_crawl).values(values))
            if under is not None:
                renamed = update(DUE_TABLE).where(DUE_TABLE.c.crawl == crawl, DUE_TABLE.c.site.in_(list(sites)))
                connection.execute(renamed.values(crawl=under))

    def end(self, crawl: str, ends: Mapping[str, SiteEnd], reason: str, now: datetime) -> None:
        """Note how a crawl ended, at each of its sites: for good, or until it is gone on with."""
        with self._database.writing() as connection:
            for site, end in ends.items():
                values: dict[str, Any] = {"reason": reason}
                if reason in ENDS or reason == WITHDRAWN:
                    values["ended_at"] = now
                of_site = (OCCURRENCES.c.crawl == crawl, OCCURRENCES.c.site == site)
                connection.execute(_of_open().where(*of_site).values(values))
                mine = (DUE_TABLE.c.crawl == crawl, DUE_TABLE.c.site == site)
                connection.execute(update(DUE_TABLE).where(*mine).values(_went(end, reason, now)))
                if _failed(end, reason):
                    since = func.coalesce(DUE_TABLE.c.failing_since, DUE_TABLE.c.last_began_at)
                    failing = {"failing_since": since, "failures": DUE_TABLE.c.failures + 1}
                    connection.execute(update(DUE_TABLE).where(*mine).values(failing))
                elif end.had:
                    well = {"failing_since": None, "failures": 0}
                    connection.execute(update(DUE_TABLE).where(*mine).values(well))

    def forget(self, before: datetime) -> int:
        """Delete what ended before a moment; how many. The newest of each site and kind stays."""
        with self._database.writing() as connection:
            return connection.execute(delete(OCCURRENCES).where(*_forgotten(before))).rowcount

    def old(self, before: datetime) -> int:
        """How many `forget` would delete."""
        if not self._exists:
            return 0
        with self._database.reading() as connection:
            return connection.scalar(select(func.count()).select_from(OCCURRENCES).where(*_forgotten(before))) or 0

    def _found(self, query: Any) -> list[Occurrence]:
        if not self._exists:
            return []
        with self._database.reading() as connection:
            return [_occurrence(row) for row in connection.execute(query).all()]


def _forgotten(before: datetime) -> tuple[Any, Any]:
    newest = select(func.max(OCCURRENCES.c.id)).group_by(OCCURRENCES.c.site, OCCURRENCES.c.kind)
    return OCCURRENCES.c.ended_at < before, OCCURRENCES.c.id.not_in(newest)


def _went(end: SiteEnd, reason: str, now: datetime) -> dict[str, Any]:
    return {"last_ended_at": now, "reason": reason, "waiting": end.waiting}


def _failed(end: SiteEnd, reason: str) -> bool:
    return reason == ERROR or (end.failed > 0 and not end.had)


def _rows(connection: Connection) -> list[DueRow]:
    rows = connection.execute(select(DUE_TABLE).order_by(DUE_TABLE.c.site, DUE_TABLE.c.kind)).all()
    return [DueRow(**row._mapping) for row in rows]


def _update(row: DueRow) -> Any:
    return update(DUE_TABLE).where(DUE_TABLE.c.site == row.site, DUE_TABLE.c.kind == row.kind)


def _of_open() -> Any:
    return update(OCCURRENCES).where(OCCURRENCES.c.ended_at.is_(None))


def _open_sites() -> Any:
    return select(OCCURRENCES.c.site).where(OCCURRENCES.c.ended_at.is_(None)).distinct()


def _occurrence(row: Row[Any]) -> Occurrence:
    return Occurrence(**{name: value for name, value in row._mapping.items() if name != "id"})
