"""Which entries of the log are no records', and how far the log was gone through for them."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, delete, insert, select

from archive.catalogue.conditions import in_lots
from archive.tables import LOGGED, LOGGED_TO


def keep_entries(connection: Connection, entries: Iterable[tuple[int, bytes]], size: int) -> None:
    """Keep entries by leaf index, and how far they reach."""
    for some in in_lots(entries):
        rows = [{"entry": index, "octets": octets} for index, octets in some]
        indices = [row["entry"] for row in rows]
        connection.execute(delete(LOGGED).where(LOGGED.c.entry.in_(indices)))
        connection.execute(insert(LOGGED), rows)
    connection.execute(delete(LOGGED_TO))
    connection.execute(insert(LOGGED_TO).values(size=size))


def forget_entries(connection: Connection) -> None:
    """Let go of all entries."""
    connection.execute(delete(LOGGED))
    connection.execute(delete(LOGGED_TO))


def kept_entries(connection: Connection) -> tuple[int, list[tuple[int, bytes]]]:
    """How far the entries reach, and they by leaf index."""
    size = connection.scalar(select(LOGGED_TO.c.size)) or 0
    rows = connection.execute(select(LOGGED.c.entry, LOGGED.c.octets).order_by(LOGGED.c.entry))
    return size, [(row.entry, row.octets) for row in rows]
