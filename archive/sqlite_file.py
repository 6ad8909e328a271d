"""SQLite files: opening, durability, read-only media, and what SQLite's errors mean."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from archive.errors import KhronikaError, StorageError
from archive.transactions import BUSY_SECONDS, Database


class SqliteFile(Database):
    """One SQLite file, opened."""

    def __init__(
        self, path: Path, engine: Engine, *, readonly: bool, damaged: type[KhronikaError], copy: Path | None = None
    ) -> None:
        super().__init__(path.name, engine, readonly=readonly, damaged=damaged)
        self._copy = copy

    def compact(self) -> bool:
        """Make the file anew, without what was deleted in it, and empty the journal.

        False where another process keeps the journal from being emptied. Raises StorageError where there is no room.
        """
        self._refuse_if_readonly()
        with self._translated():
            pooled = self._engine.raw_connection()
            try:
                connection = pooled.driver_connection
                assert isinstance(connection, sqlite3.Connection)
                connection.execute("PRAGMA secure_delete = ON")
                # not through SQLAlchemy, which would begin a transaction, in which it is not allowed
                connection.execute("VACUUM")
                (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            except sqlite3.Error as error:
                raise DBAPIError(None, None, error) from error
            finally:
                pooled.close()
        return not busy

    def close(self) -> None:
        """Close every connection; the journal is then folded into the file."""
        super().close()
        if self._copy is not None:
            shutil.rmtree(self._copy, ignore_errors=True)

    def _for_reading(self, connection: Connection) -> Connection:
        # the journal keeps what a plain transaction began to see
        return connection

    def _for_asking(self, connection: Connection) -> Connection:
        return connection.execution_options(khronika_begin=None)

    @contextmanager
    def _exclusive(self) -> Iterator[Connection]:
        with self._engine.connect() as plain:
            # The write lock is taken at the beginning: a transaction that reads first and is then refused
            # the lock could only start again.
            connection = plain.execution_options(khronika_begin="BEGIN IMMEDIATE")
            with connection.begin():
                yield connection

    def _overwrite(self, connection: Connection) -> None:
        # with zeros; the journal keeps it until `compact`
        connection.exec_driver_sql("PRAGMA secure_delete = ON")

    def _translate(self, error: DBAPIError) -> KhronikaError:
        return translate(error, self.name, self._damaged)


def translate(error: DBAPIError, name: str, damaged: type[KhronikaError]) -> KhronikaError:
    """Our error for one of SQLite's: the disk's fault, or the file's."""
    cause, code = error.orig, _code(error)
    if code == sqlite3.SQLITE_FULL:
        return StorageError(f"{name}: no room left on the disk")
    if code == sqlite3.SQLITE_READONLY:
        return StorageError(f"{name}: cannot be written here (read-only file, folder or disk)")
    if code == sqlite3.SQLITE_IOERR:
        return StorageError(f"{name}: the disk refused to read or write ({cause})")
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StorageError(f"{name}: another process has held it for {BUSY_SECONDS:.0f} s")
    if code == sqlite3.SQLITE_CANTOPEN:
        return StorageError(f"{name}: cannot be opened ({cause})")
    return damaged(f"{name}: expected a sound SQLite file, found: {cause}")


def _code(error: DBAPIError) -> int:
    # the low byte is the kind, the others say more of it
    return int(getattr(error.orig, "sqlite_errorcode", 0)) & 0xFF


def open_file(path: Path, *, readonly: bool, damaged: type[KhronikaError]) -> SqliteFile:
    """Open a file that exists; `damaged` is the error to raise when it is no sound SQLite file.

    A file on a read-only medium is readable too: SQLite's journal needs a writable folder, so where there is none
    the file is read as one that nobody changes, and a journal that was left beside it is folded into a copy.
    """
    if not readonly:
        return SqliteFile(path, _engine(path, "mode=rw", readonly=False), readonly=False, damaged=damaged)
    engine = _engine(path, "mode=ro", readonly=True)
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("SELECT count(*) FROM sqlite_master")
        return SqliteFile(path, engine, readonly=True, damaged=damaged)
    except DBAPIError as error:
        engine.dispose()
        # Nothing but this: a file that is only busy would be read without its locks.
        if _code(error) not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
            raise translate(error, path.name, damaged) from error
    journal = path.with_name(path.name + "-wal")
    if not (journal.exists() and journal.stat().st_size):
        engine = _engine(path, "mode=ro&immutable=1", readonly=True)
        return SqliteFile(path, engine, readonly=True, damaged=damaged)
    folder = Path(tempfile.mkdtemp(prefix="khronika-"))
    for source in (path, journal):
        shutil.copyfile(source, folder / source.name)
    engine = _engine(folder / path.name, "mode=rw", readonly=True)
    return SqliteFile(path, engine, readonly=True, damaged=damaged, copy=folder)


def create_file(path: Path) -> SqliteFile:
    """A file, made where there is none, without a schema. Raises StorageError when it cannot be written."""
    return SqliteFile(path, _engine(path, "mode=rwc", readonly=False), readonly=False, damaged=StorageError)


def _engine(path: Path, mode: str, *, readonly: bool) -> Engine:
    uri = f"{path.absolute().as_uri()}?{mode}"

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)

    engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool)

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
        # `isolation_level=None` above: the driver begins no transaction of its own, `begin` below does.
        if readonly:
            connection.execute("PRAGMA query_only = ON")
        else:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        word = connection.get_execution_options().get("khronika_begin", "BEGIN")
        if word is not None:
            connection.exec_driver_sql(word)

    return engine
