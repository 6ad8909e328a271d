"""How pages differ from their captures before: comparisons as they are entered, settled and asked for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, delete, exists, func, insert, or_, select, update

from archive.catalogue.captures import capture_row
from archive.catalogue.conditions import COMPARED, OF_PAGE, PENDING, TOLD_BY_COMPARISON, in_lots, later
from archive.catalogue.pages import moved_pages, pages_like
from archive.catalogue.rows import ChangeMark, ChangeRow, Unchanged
from archive.catalogue.rules import rules_ids
from archive.catalogue.visits import visits_of
from archive.database import Database
from archive.errors import CatalogueError
from archive.kinds import ChangeKind, State
from archive.tables import CAPTURES, CHANGES, PAGES, PENDING_ID, RULES, SITES, VISITS

_FROM = CAPTURES.alias("from_captures")
_TO = CAPTURES.alias("to_captures")
_READ = CAPTURES.alias("originals")


def enter_changes(connection: Connection, changes: Sequence[ChangeRow]) -> None:
    """Enter comparisons of captures with those before them; see `Catalogue.put_changes`."""
    assert all(change.rules != PENDING for change in changes)
    rules = rules_ids(connection, {change.rules for change in changes})
    for change in changes:
        before = capture_row(connection, change.from_record)
        after = capture_row(connection, change.to_record)
        if before.state != State.PRESENT:
            # what it was compared with turned out meanwhile to be another page: it is compared once more
            connection.execute(update(CAPTURES).where(CAPTURES.c.id == after.id).values(compared_by=PENDING_ID))
            continue
        state = TOLD_BY_COMPARISON.get(change.kind, State.PRESENT)
        connection.execute(delete(CHANGES).where(CHANGES.c.to_capture == after.id, OF_PAGE))
        if state is State.PRESENT:
            connection.execute(insert(CHANGES), row_of_change(change, before, after))
        values = {"compared_by": rules[change.rules], "state": state.value}
        connection.execute(update(CAPTURES).where(CAPTURES.c.id == after.id).values(values))
        if after.state != state:
            following = and_(CAPTURES.c.page == after.page, later(after.captured_at, after.id), COMPARED)
            connection.execute(update(CAPTURES).where(following).values(compared_by=PENDING_ID))
            connection.execute(update(PAGES).where(PAGES.c.id == after.page).values(stated_by=PENDING_ID))


def compare_changes_again(connection: Connection, ids: Iterable[str]) -> None:
    """Say that the captures which these changes lead to are due to be compared."""
    for some in in_lots(ids):
        of = select(CHANGES.c.to_capture).where(CHANGES.c.id.in_(some), OF_PAGE)
        due = update(CAPTURES).where(CAPTURES.c.id.in_(of), CAPTURES.c.compared_by.is_not(None))
        connection.execute(due.values(compared_by=PENDING_ID))


def replace_changes(connection: Connection, changes: Sequence[ChangeRow]) -> None:
    """Say known changes as they are said now. Raises CatalogueError for one that is not known."""
    for change in changes:
        values = said_of_change(change) | {"settled_by": change.settled_by, "group_id": change.group_id}
        done = connection.execute(update(CHANGES).where(CHANGES.c.id == change.id).values(values))
        if not done.rowcount:
            raise CatalogueError(f"expected a change with the id {change.id}, found none")


def settle_changes(connection: Connection, ids: Iterable[str], rules: str) -> None:
    """Say that changes were looked at beside the others of their crawl.

    Where the payload was the same nothing is kept of that: most captures are such, and that they were compared their
    rows say.
    """
    nothing = and_(CHANGES.c.kind == ChangeKind.SAME.value, CHANGES.c.edits == "[]", CHANGES.c.provenance == "{}")
    for some in in_lots(ids):
        of = CHANGES.c.id.in_(some)
        connection.execute(delete(CHANGES).where(of, nothing))
        connection.execute(update(CHANGES).where(of).values(settled_by=rules))


def change_with(connection: Connection, change: str) -> ChangeRow | None:
    """One change by its id."""
    row = connection.execute(_changes().where(CHANGES.c.id == change)).one_or_none()
    return None if row is None else _change_row(row)


def change_marks(connection: Connection, since: datetime, kinds: Iterable[str]) -> list[ChangeMark]:
    """The settled changes of some kinds from a moment on, without what they say."""
    named = [CHANGES.c.id, CHANGES.c.site, CHANGES.c.to_at, CHANGES.c.kind, CHANGES.c.weight]
    wanted = [
        CHANGES.c.to_at >= since,
        CHANGES.c.settled_by != PENDING,
        CHANGES.c.kind.in_([str(kind) for kind in kinds]),
    ]
    rows = connection.execute(select(*named).where(*wanted).order_by(CHANGES.c.to_at, CHANGES.c.id))
    return [ChangeMark(*row) for row in rows]


def changes_like(
    database: Database,
    since: datetime | None = None,
    site: str | None = None,
    kinds: Iterable[str] | None = None,
    url: str | None = None,
    limit: int | None = None,
    *,
    settled: bool | None = None,
    min_weight: float | None = None,
    group: str | None = None,
    crawl: str | None = None,
    step: int,
) -> Iterator[ChangeRow]:
    """Changes in order of the later capture's time, `step` at a time; see `Catalogue.changes`."""
    query = _changes()
    if settled is not None:
        query = query.where(CHANGES.c.settled_by != PENDING if settled else CHANGES.c.settled_by == PENDING)
    if min_weight is not None:
        query = query.where(CHANGES.c.weight >= min_weight)
    if group is not None:
        query = query.where(CHANGES.c.group_id == group)
    if crawl is not None:
        query = query.join(VISITS, VISITS.c.id == _TO.c.visit).where(VISITS.c.crawl == crawl)
        with database.reading() as connection:
            visits = visits_of(connection, crawl=crawl)
        if not visits:
            return
        first, last = min(visit.first_at for visit in visits), max(visit.last_at for visit in visits)
        query = query.where(CHANGES.c.to_at >= first, CHANGES.c.to_at <= last)
    if since is not None:
        query = query.where(CHANGES.c.to_at >= since)
    if site is not None:
        query = query.where(CHANGES.c.site == site)
    if kinds is not None:
        query = query.where(CHANGES.c.kind.in_([ChangeKind(kind).value for kind in kinds]))
    if url is not None:
        with database.reading() as connection:
            pages = pages_like(connection, url)
            moved = moved_pages(connection, pages)
            query = query.where(CHANGES.c.page.in_([*pages, *moved]))
    left = limit
    ordered = query.order_by(CHANGES.c.to_at, CHANGES.c.id)
    after: ColumnElement[bool] | None = None
    while left is None or left > 0:
        size = step if left is None else min(left, step)
        with database.reading() as connection:
            rows = connection.execute((ordered if after is None else ordered.where(after)).limit(size)).all()
        for row in rows:
            yield _change_row(row)
        if len(rows) < size:
            return
        last = rows[-1]
        after = and_(CHANGES.c.to_at >= last.to_at, or_(CHANGES.c.to_at > last.to_at, CHANGES.c.id > last.id))
        left = None if left is None else left - len(rows)


def unchanged_looks(connection: Connection, url: str) -> list[Unchanged]:
    """The captures of a page in whose comparison nothing had changed, and of which no change is kept, in time order."""
    pages = pages_like(connection, url)
    told = exists(select(CHANGES.c.id).where(CHANGES.c.to_capture == CAPTURES.c.id, OF_PAGE))
    query = select(PAGES.c.url, VISITS.c.crawl, SITES.c.name, CAPTURES.c.captured_at).select_from(CAPTURES)
    query = query.join(PAGES, PAGES.c.id == CAPTURES.c.page).join(VISITS, VISITS.c.id == CAPTURES.c.visit)
    query = query.join(SITES, SITES.c.id == VISITS.c.site).order_by(CAPTURES.c.captured_at, CAPTURES.c.id)
    query = query.where(CAPTURES.c.page.in_([*pages, *moved_pages(connection, pages)]), ~told)
    compared = (CAPTURES.c.state == State.PRESENT.value, CAPTURES.c.compared_by != PENDING_ID)
    return [Unchanged(*row) for row in connection.execute(query.where(*compared))]


def crawls_of_changes(connection: Connection, ids: Iterable[str]) -> dict[str, str]:
    """The crawl of the later capture of each change."""
    found: dict[str, str] = {}
    query = select(CHANGES.c.id, VISITS.c.crawl).join(CAPTURES, CAPTURES.c.id == CHANGES.c.to_capture)
    query = query.join(VISITS, VISITS.c.id == CAPTURES.c.visit)
    for some in in_lots(ids):
        found |= {row.id: row.crawl for row in connection.execute(query.where(CHANGES.c.id.in_(some)))}
    return found


def row_of_change(change: ChangeRow, before: Row[Any], after: Row[Any]) -> dict[str, object]:
    """A change between the captures of two rows, as it is entered."""
    return {
        "id": change.id,
        "page": after.page,
        "site": change.site,
        "from_capture": before.id,
        "to_capture": after.id,
        "to_at": after.captured_at,
        "kind": change.kind.value,
        "weight": change.weight,
        "edits": _json([dict(edit) for edit in change.edits]),
        "rules": change.rules,
        "provenance": _json(dict(change.provenance)),
        "settled_by": change.settled_by,
        "group_id": change.group_id,
    }


def said_of_change(change: ChangeRow) -> dict[str, object]:
    """What a change says, as it is entered."""
    return {
        "kind": change.kind.value,
        "weight": change.weight,
        "edits": _json([dict(edit) for edit in change.edits]),
        "rules": change.rules,
        "provenance": _json(dict(change.provenance)),
    }


def _changes() -> Select[Any]:
    return (
        select(
            CHANGES,
            PAGES.c.url,
            _FROM.c.record_id.label("from_record"),
            _FROM.c.captured_at.label("from_at"),
            _TO.c.record_id.label("to_record"),
            RULES.c.version.label("read_by"),
        )
        .join(PAGES, PAGES.c.id == CHANGES.c.page)
        .join(_FROM, _FROM.c.id == CHANGES.c.from_capture)
        .join(_TO, _TO.c.id == CHANGES.c.to_capture)
        .outerjoin(_READ, _READ.c.id == _TO.c.original)
        .outerjoin(RULES, RULES.c.id == func.coalesce(_READ.c.read_by, _TO.c.read_by))
    )


def _change_row(row: Row[Any]) -> ChangeRow:
    provenance = json.loads(row.provenance)
    if "source" in provenance and row.kind != ChangeKind.CERTIFICATE and row.read_by:
        # of the same rules, whatever rules came since to read both in the same way
        provenance.setdefault("readings", [row.read_by])
    return ChangeRow(
        id=row.id,
        url=row.url,
        site=row.site,
        from_record=row.from_record,
        to_record=row.to_record,
        from_at=row.from_at,
        to_at=row.to_at,
        kind=ChangeKind(row.kind),
        weight=row.weight,
        edits=tuple(json.loads(row.edits)),
        rules=row.rules,
        provenance=provenance,
        settled_by=row.settled_by,
        group_id=row.group_id,
    )


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
