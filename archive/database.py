"""Databases through SQLAlchemy Core: where one is, opening it, making it, and the types of its columns.

Used by the catalogue (derived, rebuilt when its schema is another) and by the state (not derived, upgraded in place).
The queries keep to what SQLite and PostgreSQL share; what is SQLite's alone (pragmas, journal, read-only media) is in
`sqlite_file`, what is a server's alone (sign-on, locks, its errors) in `postgresql`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

from archive.columns import EPOCH, FLAG, MICROSECOND, REAL, TEXT, WIDE, DigestColumn, Moment, RecordId
from archive.errors import KhronikaError
from archive.postgresql import Server, create_schema, has_schema, open_schema
from archive.sqlite_file import create_file, open_file
from archive.transactions import BUSY_SECONDS, Database

__all__ = [
    "BUSY_SECONDS",
    "EPOCH",
    "FLAG",
    "MICROSECOND",
    "REAL",
    "TEXT",
    "WIDE",
    "Database",
    "DigestColumn",
    "Moment",
    "Place",
    "RecordId",
    "Server",
    "create_database",
    "exists",
    "open_database",
]

Place: TypeAlias = Path | Server
"""Where a database is: a file, or a schema on a server. Both have a `name` for messages."""


def exists(place: Place) -> bool:
    """Whether there is one. Raises StorageError where a server is not to be had."""
    return has_schema(place) if isinstance(place, Server) else place.is_file()


def open_database(place: Place, *, readonly: bool, damaged: type[KhronikaError]) -> Database:
    """Open one that exists; `damaged` is the error to raise when it is no sound one.

    A file on a read-only medium is readable too.
    """
    if isinstance(place, Server):
        return open_schema(place, readonly=readonly, damaged=damaged)
    return open_file(place, readonly=readonly, damaged=damaged)


def create_database(place: Place, migrations: str) -> None:
    """Make one with the newest schema; `migrations`: the folder under archive/migrations. Raises StorageError."""
    database = create_schema(place) if isinstance(place, Server) else create_file(place)
    try:
        database.upgrade(migrations)
    finally:
        database.close()
