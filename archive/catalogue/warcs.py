"""Which WARCs there are, of which crawls, and which records lie in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from heapq import merge
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    LargeBinary,
    Row,
    and_,
    delete,
    insert,
    select,
    type_coerce,
    update,
)

from archive.capture import Capture
from archive.catalogue.beside import MOST, alone, id_text, unpacked
from archive.catalogue.conditions import bare
from archive.catalogue.rows import CrawlRow, FileRow, RecordRow
from archive.database import Database
from archive.digest import digest_octets
from archive.errors import CatalogueError
from archive.exchange import MADE
from archive.tables import CAPTURES, CRAWLS, FILES, RECORDS

if TYPE_CHECKING:
    from datetime import datetime

    from archive.warc import ClosedFile, WrittenRecord


def enter_crawl(connection: Connection, crawl: CrawlRow) -> None:
    """Enter a crawl, or its earlier beginning."""
    known = connection.execute(select(CRAWLS.c.began_at).where(CRAWLS.c.id == crawl.id)).scalar()
    if known is None:
        connection.execute(insert(CRAWLS).values(id=crawl.id, began_at=crawl.began_at))
    elif crawl.began_at < known:
        connection.execute(update(CRAWLS).where(CRAWLS.c.id == crawl.id).values(began_at=crawl.began_at))


def enter_file(
    connection: Connection, name: str, crawl: str | None, began_at: datetime, first_entry: int | None = None
) -> None:
    """Enter a WARC without records."""
    row = {"name": name, "crawl": crawl, "began_at": began_at, "size": 0, "records": 0, "closed": False}
    row["first_entry"] = first_entry
    connection.execute(insert(FILES), row)


def enter_first_entry(connection: Connection, name: str, first_entry: int) -> None:
    """Note where in the log a file's records begin."""
    known = file_row(connection, name)
    connection.execute(update(FILES).where(FILES.c.id == known.id).values(first_entry=first_entry))


def forget_empty_file(connection: Connection, name: str) -> None:
    """Take out a file that the catalogue knows no records of."""
    row = file_row(connection, name)
    if row.records:
        raise CatalogueError(f"{name}: expected a file without records, found {row.records}")
    connection.execute(delete(FILES).where(FILES.c.id == row.id))


def enter_loose(connection: Connection, file_id: int, records: Sequence[WrittenRecord]) -> None:
    """Enter records that are not packed into their captures' rows."""
    if records:
        connection.execute(insert(RECORDS), [_record_row(file_id, record) for record in records])


def loosen(connection: Connection, capture: int) -> None:
    """Enter the records of a capture's row on their own: the row is to be taken out."""
    row = connection.execute(_PACKED.where(CAPTURES.c.id == capture)).one()
    if row.n is not None:
        connection.execute(insert(RECORDS), [{"file": row.file, **asdict(one)} for one in _unpacked(row)])


def replace_records(connection: Connection, records: Sequence[WrittenRecord], closed: Sequence[ClosedFile]) -> None:
    """Say what lies in the places of records now, and how the files that hold them are closed."""
    for record in records:
        known = file_row(connection, record.location.file)
        place = and_(RECORDS.c.file == known.id, RECORDS.c.n == record.n)
        values = {
            "type": record.type,
            "record_digest": digest_octets(record.record_digest),
            "foundation": record.foundation,
        }
        if not connection.execute(update(RECORDS).where(place).values(values)).rowcount:
            _replace_beside(connection, known, record)
    for one in closed:
        of_file = update(FILES).where(FILES.c.name == one.name)
        connection.execute(of_file.values(size=one.size, digest=one.digest))


def _replace_beside(connection: Connection, file: Row[Any], record: WrittenRecord) -> None:
    """Say what lies in the place of a record that is packed: the whole exchange is unpacked for it."""
    near = _PACKED.where(*_of_file(file), CAPTURES.c.n.between(record.n - MOST, record.n + MOST))
    for row in connection.execute(near).all():
        entries = _unpacked(row)
        at = next((place for place, one in enumerate(entries) if one.n == record.n), None)
        if at is None:
            continue
        own = next(one for one in entries if one.n == row.n)
        rows = []
        for one in entries:
            values = {"file": file.id, **asdict(one)}
            if one.n == record.n:
                values["type"], values["foundation"] = record.type, record.foundation
                values["record_digest"] = digest_octets(record.record_digest)
            if one is not own or one.n == record.n:
                rows.append(values)
        connection.execute(insert(RECORDS), rows)
        left = {"n": None, "beside": None} if own.n == record.n else {"beside": alone(own.type)}
        connection.execute(update(CAPTURES).where(CAPTURES.c.id == row.id).values(left))
        return


def enter_closed(connection: Connection, closed: ClosedFile) -> None:
    """Note the size and digest of a file that is closed."""
    known = file_row(connection, closed.name)
    connection.execute(
        update(FILES).where(FILES.c.id == known.id).values(size=closed.size, digest=closed.digest, closed=True)
    )


def enter_damaged(connection: Connection, name: str) -> None:
    """Note that a file is closed, and nothing else of it."""
    known = file_row(connection, name)
    connection.execute(update(FILES).where(FILES.c.id == known.id).values(closed=True))


def all_files(connection: Connection) -> list[FileRow]:
    """Every WARC, in order of name."""
    rows = connection.execute(select(FILES).order_by(FILES.c.name)).all()
    return [_file_row(row) for row in rows]


def file_named(connection: Connection, name: str) -> FileRow | None:
    """One WARC, None where it is not known."""
    row = connection.execute(select(FILES).where(FILES.c.name == name)).one_or_none()
    return None if row is None else _file_row(row)


def records_of_file(database: Database, file: str, *, step: int) -> Iterator[RecordRow]:
    """The records of a WARC, in order, `step` at a time."""
    with database.reading() as connection:
        known = connection.execute(select(FILES).where(FILES.c.name == file)).one_or_none()
    if known is not None:
        yield from merge(_loose_of(database, known, step), _packed_of(database, known, step), key=lambda row: row.n)


def _loose_of(database: Database, file: Row[Any], step: int) -> Iterator[RecordRow]:
    after = -1
    query = _LOOSE.where(RECORDS.c.file == file.id).order_by(RECORDS.c.n).limit(step)
    # In steps: a view held open while somebody works through a million rows would keep the journal growing.
    while True:
        with database.reading() as connection:
            rows = connection.execute(query.where(RECORDS.c.n > after)).all()
        if not rows:
            return
        for row in rows:
            yield RecordRow(*row)
        after = rows[-1].n


def _packed_of(database: Database, file: Row[Any], step: int) -> Iterator[RecordRow]:
    after = -1
    query = _PACKED.where(*_of_file(file)).order_by(CAPTURES.c.id).limit(step)
    while True:
        with database.reading() as connection:
            rows = connection.execute(query.where(CAPTURES.c.id > after)).all()
        if not rows:
            return
        for row in rows:
            yield from _unpacked(row)
        after = rows[-1].id


def record_at(connection: Connection, file: str, n: int) -> RecordRow | None:
    """One record of a WARC by its place. Goes through the captures of the file."""
    known = connection.execute(select(FILES).where(FILES.c.name == file)).one_or_none()
    if known is None:
        return None
    row = connection.execute(_LOOSE.where(RECORDS.c.file == known.id, RECORDS.c.n == n)).one_or_none()
    if row is not None:
        return RecordRow(*row)
    near = _PACKED.where(*_of_file(known), CAPTURES.c.n.between(n - MOST, n + MOST))
    found = (one for row in connection.execute(near) for one in _unpacked(row) if one.n == n)
    return next(found, None)


def records_of_exchange(connection: Connection, capture: Capture) -> list[RecordRow]:
    """The records of a capture's exchange, in order; none where its own does not lie in its place."""
    known = connection.execute(select(FILES).where(FILES.c.name == capture.location.file)).one_or_none()
    if known is None:
        return []
    own = _PACKED.where(CAPTURES.c.record_id == bare(capture.record_id), CAPTURES.c.file == known.id)
    row = connection.execute(own.where(CAPTURES.c.offset == capture.location.offset)).one_or_none()
    rows = [] if row is None else _unpacked(row)
    if len(rows) > 1:
        return rows
    # its exchange is not as ours are, or not all of it was entered at once
    loose = _LOOSE.where(RECORDS.c.file == known.id)
    if not rows:
        of = loose.where(RECORDS.c.record_id == bare(capture.record_id))
        rows = [RecordRow(*one) for one in connection.execute(of.where(RECORDS.c.offset == capture.location.offset))]
    if len(rows) != 1:
        return []
    [at] = rows
    near = loose.where(RECORDS.c.n.between(at.n - 2, at.n + 2 + len(MADE)), RECORDS.c.n != at.n)
    rows += [RecordRow(*one) for one in connection.execute(near)]
    rows.sort(key=lambda row: row.n)
    first, last = exchange_around(rows, rows.index(at))
    return rows[first : last + 1]


def foundations_in(connection: Connection, file: str, target: str, *, before: int) -> list[RecordRow]:
    """The records of a WARC that exchanges rest on, before a place, latest first."""
    query = _LOOSE.join(FILES, FILES.c.id == RECORDS.c.file).where(FILES.c.name == file)
    query = query.where(RECORDS.c.foundation == target, RECORDS.c.n < before)
    return [RecordRow(*row) for row in connection.execute(query.order_by(RECORDS.c.n.desc()))]


def file_row(connection: Connection, name: str) -> Row[Any]:
    """The row of a WARC by its name. Raises CatalogueError when there is none."""
    row = connection.execute(select(FILES).where(FILES.c.name == name)).one_or_none()
    if row is None:
        raise CatalogueError(f"expected a catalogue that knows {name}, found none; make it again: khronika rebuild")
    return row


def _file_row(row: Row[Any]) -> FileRow:
    return FileRow(
        name=row.name,
        size=row.size,
        digest=row.digest,
        records=row.records,
        closed=bool(row.closed),
        crawl=row.crawl,
        began_at=row.began_at,
        first_entry=row.first_entry,
    )


def _record_row(file_id: int, record: WrittenRecord) -> dict[str, object]:
    return {
        "file": file_id,
        "n": record.n,
        "offset": record.location.offset,
        "length": record.location.length,
        "type": record.type,
        "record_id": record.record_id,
        "record_digest": digest_octets(record.record_digest),
        "foundation": record.foundation,
    }


def _of_file(file: Row[Any]) -> tuple[ColumnElement[bool], ...]:
    """The captures of a file: their numbers lie together."""
    low, high = (0, -1) if file.first_capture is None else (file.first_capture, file.last_capture)
    return CAPTURES.c.id.between(low, high), CAPTURES.c.file == file.id, CAPTURES.c.n.is_not(None)


def _unpacked(row: Row[Any]) -> list[RecordRow]:
    """The records that a capture's row has."""
    if row.n is None:
        return []
    octets = row.record_id_octets, row.digest_octets, row.beside or b""
    return [
        RecordRow(n, offset, length, type_, id_text(id_), digest, None)
        for n, offset, length, type_, id_, digest in unpacked(row.n, row.offset, row.length, *octets)
    ]


_Record = TypeVar("_Record", "WrittenRecord", RecordRow)


def exchange_around(rows: Sequence[_Record], at: int) -> tuple[int, int]:
    """The first and the last record of one exchange among those around its principal one."""
    if rows[at].type == "metadata":
        first = at
        while first > 0 and rows[first - 1].type in {"request", "resource"} and rows[first - 1].foundation is None:
            first -= 1
        # a request after a response belongs to that one
        if first > 0 and rows[first - 1].type in {"response", "revisit"}:
            first = at
        return first, at
    last = at
    while last + 1 < len(rows) and rows[last].type != "metadata":
        following = rows[last + 1]
        if following.type not in {"request", "resource", "metadata"} or following.foundation is not None:
            break
        last += 1
    return at, last


_LOOSE = select(
    *(RECORDS.c.n, RECORDS.c.offset, RECORDS.c.length, RECORDS.c.type, RECORDS.c.record_id, RECORDS.c.record_digest),
    RECORDS.c.foundation,
)
_PACKED = select(
    *(CAPTURES.c.id, CAPTURES.c.file, CAPTURES.c.n, CAPTURES.c.offset, CAPTURES.c.length, CAPTURES.c.beside),
    type_coerce(CAPTURES.c.record_id, LargeBinary).label("record_id_octets"),
    type_coerce(CAPTURES.c.record_digest, LargeBinary).label("digest_octets"),
)
