"""What was read on captures, by which rules, and which captures wait for their reading."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, Select, and_, bindparam, delete, func, insert, select, update

from archive.capture import Capture
from archive.catalogue.captures import capture_of, capture_row, capture_rows, select_captures
from archive.catalogue.changes import row_of_change
from archive.catalogue.comparisons import compare_since
from archive.catalogue.conditions import (
    IN_TIME,
    NAMES_BESIDE,
    OF_PAGE,
    PENDING,
    bare,
    in_lots,
    in_steps,
    is_told_by_comparison,
)
from archive.catalogue.hashes import digest_start, text_hash
from archive.catalogue.rows import ChangeRow, ReadingRow
from archive.catalogue.rules import due, rules_ids
from archive.catalogue.visits import count_read
from archive.database import Database
from archive.kinds import BESIDE, ChangeKind, State
from archive.readings import Frame
from archive.tables import (
    CAPTURES,
    CATALOGUE,
    CHANGES,
    PAGES,
    READ_COUNTS,
    READINGS,
    RULES,
    SITES,
    VISITS,
)

_READ_BY = update(CAPTURES).where(CAPTURES.c.id == bindparam("of")).values(read_by=bindparam("rules"))


def enter_readings(
    connection: Connection, readings: Sequence[tuple[str, ReadingRow]], *, differences: Sequence[ChangeRow] = ()
) -> list[bool]:
    """Enter readings in place of older ones, and whether each was written; see `Catalogue.put_readings`."""
    assert all(reading.rules != PENDING for _, reading in readings)
    assert all(change.kind is ChangeKind.EXTRACTOR for change in differences)
    rules = _put_stamps(connection, {reading.rules: reading.stamp for _, reading in readings})
    last = connection.scalar(select(CATALOGUE.c.written)) or 0
    captures = capture_rows(connection, [record_id for record_id, _ in readings])
    new = {captures[bare(record_id)].id: reading for record_id, reading in readings}
    old = _by_capture(connection, new)
    other = [id_ for id_, reading in new.items() if id_ not in old or not _said_by(old[id_]).says_as(reading)]
    for some in in_lots(other):
        connection.execute(delete(READINGS).where(READINGS.c.capture.in_(some)))
    if other:
        rows = [_row_of_reading(id_, new[id_], last + n) for n, id_ in enumerate(other, 1)]
        connection.execute(insert(READINGS), rows)
        connection.execute(update(CATALOGUE).values(written=last + len(rows)))
    if new:
        connection.execute(_READ_BY, [{"of": id_, "rules": rules[reading.rules]} for id_, reading in new.items()])
        counts: Counter[tuple[int, int]] = Counter()
        for capture in captures.values():
            counts[capture.visit, rules[new[capture.id].rules]] += 1
            if capture.read_by is not None:
                counts[capture.visit, capture.read_by] -= 1
        count_read(connection, counts)
    for capture in captures.values():
        _put_state(connection, capture, new[capture.id].state)
        if capture.id in old and capture.id in other:
            compare_since(connection, capture.page, capture.captured_at)
    for change in differences:
        capture = capture_row(connection, change.to_record)
        connection.execute(delete(CHANGES).where(CHANGES.c.id == change.id))
        connection.execute(insert(CHANGES), row_of_change(change, capture, capture))
    return [captures[bare(record_id)].id in other for record_id, _ in readings]


def _put_state(connection: Connection, capture: Row[Any], state: State) -> None:
    """Say what a capture that was read says of its page, and so its revisits: it is the same text.

    That it did not see the page that its capture before saw, the comparison told; it is asked again where that
    matters.
    """
    if capture.state in BESIDE or (
        capture.state == state or (state is State.PRESENT and is_told_by_comparison(capture))
    ):
        return
    same = and_(CAPTURES.c.page == capture.page, CAPTURES.c.original == capture.id, CAPTURES.c.payload.is_(None))
    revisits = and_(same, CAPTURES.c.state.not_in(NAMES_BESIDE))
    ids = [capture.id, *connection.scalars(select(CAPTURES.c.id).where(revisits))]
    for some in in_lots(ids):
        of = CAPTURES.c.id.in_(some)
        connection.execute(update(CAPTURES).where(of).values(state=state.value, compared_by=None))
        connection.execute(delete(CHANGES).where(CHANGES.c.to_capture.in_(some), OF_PAGE))
    compare_since(connection, capture.page, capture.captured_at)


def _put_stamps(connection: Connection, stamps: Mapping[str, bytes]) -> dict[str, int]:
    """Say what versions of the rules stand for, unless that is said; their numbers."""
    rules = rules_ids(connection, stamps)
    for version, id_ in rules.items():
        unsaid = update(RULES).where(RULES.c.id == id_, RULES.c.stamp.is_(None))
        connection.execute(unsaid.values(stamp=stamps[version]))
    return rules


def unread(connection: Connection, limit: int, *, rules: str | None = None, site: str | None = None) -> list[Capture]:
    """Captures that need a reading and have none, oldest first; see `Catalogue.unread`."""
    query = select_captures().order_by(*IN_TIME)
    if site is not None:
        query = query.where(SITES.c.name == site)
    found: list[Capture] = []
    for value, _ in due(connection, CAPTURES.c.read_by, rules):
        rows = connection.execute(query.where(CAPTURES.c.read_by == value).limit(limit - len(found)))
        found.extend(map(capture_of, rows))
        if len(found) == limit:
            break
    return found


def waiting(
    database: Database, *, rules: str | None = None, site: str | None = None, since: datetime | None = None
) -> Iterator[tuple[Capture, str]]:
    """What `unread` gives, to the end, with the rules that have read it; see `Catalogue.waiting`."""
    query = select_captures().order_by(*IN_TIME).limit(100)
    if site is not None:
        query = query.where(SITES.c.name == site)
    if since is not None:
        query = query.where(CAPTURES.c.captured_at >= since)
    with database.reading() as connection:
        values = list(due(connection, CAPTURES.c.read_by, rules))
    for value, version in values:
        yield from (
            (capture_of(row), version) for row in in_steps(database.reading, query.where(CAPTURES.c.read_by == value))
        )


def unread_count(
    connection: Connection, *, rules: str | None = None, site: str | None = None, since: datetime | None = None
) -> int:
    """How many captures `waiting` would give."""
    if since is None:
        counts = reading_counts(connection, by="site")
        of_sites = counts.values() if site is None else [counts.get(site, {})]
        told = [
            number for of in of_sites for by, number in of.items() if (by == PENDING if rules is None else by != rules)
        ]
        return sum(told)
    count = select(func.count()).select_from(CAPTURES).where(CAPTURES.c.captured_at >= since)
    if site is not None:
        count = count.join(VISITS, VISITS.c.id == CAPTURES.c.visit).join(SITES, SITES.c.id == VISITS.c.site)
        count = count.where(SITES.c.name == site)
    return sum(
        connection.execute(count.where(CAPTURES.c.read_by == value)).scalar_one()
        for value, _ in due(connection, CAPTURES.c.read_by, rules)
    )


def reading_of(connection: Connection, record_id: str) -> ReadingRow | None:
    """The reading of a capture or of its original, None where there is none (yet)."""
    own = bare(record_id)
    query = select(CAPTURES.c.id, CAPTURES.c.original).where(CAPTURES.c.record_id == own)
    ids = [id_ for row in connection.execute(query) for id_ in row if id_ is not None]
    rows = connection.execute(_readings().where(CAPTURES.c.id.in_(ids))).all() if ids else []
    # a browser's look has a text of its own though its payload was that of the page
    rows = sorted(rows, key=lambda row: row.record_id != own)
    return _reading_row(rows[0]) if rows else None


def twin_of(connection: Connection, capture: Capture, rules: str) -> ReadingRow | None:
    """The reading by these rules of another capture of the same URL and payload, the latest."""
    if capture.payload_digest is None:
        return None
    asked = {
        "hash": text_hash(capture.url),
        "url": capture.url,
        "start": digest_start(capture.payload_digest),
        "payload": capture.payload_digest,
        "rules": rules,
        "own": capture.record_id,
    }
    row = connection.execute(_TWIN, asked).one_or_none()
    return None if row is None else _reading_row(row)


def readings_mark(connection: Connection) -> str:
    """The mark of the reading that was written last."""
    own = connection.execute(select(CATALOGUE)).one()
    return f"{own.id}-{own.written}"


def readings_after(connection: Connection, mark: str | None, *, limit: int) -> list[tuple[str, Capture, ReadingRow]]:
    """Readings that were written since a mark, each with its own; see `Catalogue.readings_after`."""
    query = select_captures().add_columns(READINGS.c.capture, READINGS.c.written)
    query = query.join(READINGS, READINGS.c.capture == CAPTURES.c.id).order_by(READINGS.c.written)
    own = connection.execute(select(CATALOGUE)).one()
    of, _, number = (mark or "").rpartition("-")
    after = int(number) if of == own.id and number.isascii() and number.isdigit() else 0
    after = after if after <= own.written else 0
    rows = connection.execute(query.where(READINGS.c.written > after).limit(limit)).all()
    found: dict[int, ReadingRow] = {}
    for some in in_lots(row.id for row in rows):
        lot = connection.execute(_readings().where(READINGS.c.capture.in_(some)))
        found |= {row.capture: _reading_row(row) for row in lot}
    return [(f"{own.id}-{row.written}", capture_of(row), found[row.id]) for row in rows]


def reading_counts(connection: Connection, *, by: Literal["crawl", "site"] = "crawl") -> dict[str, dict[str, int]]:
    """By crawl or site, and by rules, how many captures were read; by PENDING, how many wait."""
    counts: dict[str, dict[str, int]] = {}
    versions = {row.id: row.version for row in connection.execute(select(RULES.c.id, RULES.c.version))}
    of = VISITS.c.crawl if by == "crawl" else SITES.c.name
    query = select(of, READ_COUNTS.c.rules, func.sum(READ_COUNTS.c.captures)).where(READ_COUNTS.c.captures > 0)
    query = query.join(VISITS, VISITS.c.id == READ_COUNTS.c.visit).join(SITES, SITES.c.id == VISITS.c.site)
    for name, rules, count in connection.execute(query.group_by(of, READ_COUNTS.c.rules)):
        counts.setdefault(name, {})[versions[rules]] = int(count)
    return counts


def readings_in_crawl(database: Database, crawl: str) -> Iterator[tuple[Capture, ReadingRow]]:
    """The captures of a crawl that were read, with their readings, in order of record id."""
    with database.reading() as connection:
        query = select(CAPTURES.c.id).join(READINGS, READINGS.c.capture == CAPTURES.c.id)
        visits = select(VISITS.c.id).where(VISITS.c.crawl == crawl)
        ids = connection.scalars(query.where(CAPTURES.c.visit.in_(visits)).order_by(CAPTURES.c.record_id)).all()
    captures = select_captures().order_by(CAPTURES.c.record_id)
    for some in in_lots(ids):
        with database.reading() as connection:
            lot = connection.execute(captures.where(CAPTURES.c.id.in_(some))).all()
            rows = connection.execute(_readings().where(READINGS.c.capture.in_(some)))
            read = {row.capture: _reading_row(row) for row in rows}
        yield from ((capture_of(row), read[row.id]) for row in lot if row.id in read)


def _readings() -> Select[Any]:
    captures = (PAGES.c.url, CAPTURES.c.captured_at, CAPTURES.c.record_id, RULES.c.version.label("read_by"))
    return (
        select(READINGS, RULES.c.stamp, *captures, CAPTURES.c.state, CAPTURES.c.compared_by)
        .join(CAPTURES, CAPTURES.c.id == READINGS.c.capture)
        .join(PAGES, PAGES.c.id == CAPTURES.c.page)
        .outerjoin(RULES, RULES.c.id == CAPTURES.c.read_by)
    )


_TWIN = (
    _readings()
    .where(PAGES.c.url_hash == bindparam("hash"), PAGES.c.url == bindparam("url"))
    .where(CAPTURES.c.payload_start == bindparam("start"), CAPTURES.c.payload == bindparam("payload"))
    .where(RULES.c.version == bindparam("rules"), READINGS.c.failed.is_(None))
    .where(CAPTURES.c.record_id != bindparam("own"), READINGS.c.source.is_not(None))
    .order_by(READINGS.c.written.desc())
    .limit(1)
)


def _by_capture(connection: Connection, ids: Iterable[int]) -> dict[int, Row[Any]]:
    found: dict[int, Row[Any]] = {}
    for some in in_lots(ids):
        rows = connection.execute(select(READINGS).where(READINGS.c.capture.in_(some)))
        found |= {row.capture: row for row in rows}
    return found


def _row_of_reading(capture: int, reading: ReadingRow, written: int) -> dict[str, object]:
    return {
        "capture": capture,
        "content": reading.content,
        "language": reading.language,
        "title": reading.title,
        "text_digest": reading.text_digest,
        "payload_digest": reading.payload_digest,
        "failed": reading.failed,
        "source": reading.source,
        "written": written,
    }


def _reading_row(row: Row[Any]) -> ReadingRow:
    return replace(
        _said_by(row),
        rules=row.read_by or PENDING,
        stamp=row.stamp or b"{}",
        frame=Frame(row.url, row.captured_at, row.record_id, row.payload_digest),
        state=State.PRESENT if is_told_by_comparison(row) else State(row.state),
    )


def _said_by(row: Row[Any]) -> ReadingRow:
    return ReadingRow(
        content=row.content,
        language=row.language,
        title=row.title,
        text_digest=row.text_digest,
        rules=PENDING,
        payload_digest=row.payload_digest,
        failed=row.failed,
        source=row.source,
    )
