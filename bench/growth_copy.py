"""A filled catalogue on SQLite, copied row by row into an empty one on PostgreSQL, by COPY."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import Table

from archive.catalogue import Catalogue
from archive.database import Server
from archive.tables import META

Progress = Callable[[str, int, int], None]

STEP = 50_000


def copy(path: Path, server: Server, progress: Progress) -> None:
    """Make a catalogue on the server with the rows of a file. Its indexes are there from the beginning, as they are
    where rows come one after the other; foreign keys, which the file has held already, are not looked up."""
    Catalogue.create(server).close()
    source = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    options = f"-csearch_path={server.schema} -csession_replication_role=replica -csynchronous_commit=off"
    with psycopg.connect(server.address, autocommit=True, options=options) as target:
        # made by the schema itself: the rows of the file take their place
        for table in reversed(META.sorted_tables):
            target.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table.name)))
        for table in META.sorted_tables:
            (count,) = source.execute(f"SELECT count(*) FROM {table.name}").fetchone()
            _copy_table(source, target, table, lambda done, of=table.name, count=count: progress(of, done, count))
            _number_on(target, table)
        # what the server does by itself within minutes of so many rows
        target.execute("VACUUM (ANALYZE)")
        target.execute("CHECKPOINT")
    source.close()


def _copy_table(
    source: sqlite3.Connection, target: psycopg.Connection[Any], table: Table, tell: Callable[[int], None]
) -> None:
    names = [column.name for column in table.columns]
    asked = "SELECT column_name, udt_name FROM information_schema.columns"
    asked += " WHERE table_schema = current_schema() AND table_name = %s"
    types = dict(target.execute(asked, (table.name,)).fetchall())
    flags = [place for place, name in enumerate(names) if types[name] == "bool"]
    columns = ", ".join(f'"{name}"' for name in names)
    rows = source.execute(f"SELECT {columns} FROM {table.name}")
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, names))
    )
    done = 0
    with target.cursor() as cursor, cursor.copy(statement) as copying:
        copying.set_types([types[name] for name in names])
        while some := rows.fetchmany(STEP):
            for row in some:
                copying.write_row(_with_flags(row, flags) if flags else row)
            done += len(some)
            tell(done)


def _with_flags(row: tuple[Any, ...], flags: list[int]) -> list[Any]:
    told = list(row)
    for place in flags:
        told[place] = bool(told[place])
    return told


def _number_on(target: psycopg.Connection[Any], table: Table) -> None:
    """Let the ids of new rows follow on those that were copied."""
    key = list(table.primary_key.columns)
    if len(key) != 1:
        return
    name = key[0].name
    (sequence,) = target.execute("SELECT pg_get_serial_sequence(%s, %s)", (table.name, name)).fetchall()[0]
    if sequence is not None:
        last = sql.SQL("SELECT setval(%s, greatest(max({}), 1)) FROM {}")
        target.execute(last.format(sql.Identifier(name), sql.Identifier(table.name)), (sequence,))
