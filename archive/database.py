"""SQLite files through SQLAlchemy Core: opening, durability, schema versions and column types.

Used by the catalogue (derived, rebuilt when its schema is another) and by the state (not derived, upgraded in place).
Rows hold digests as 32 bytes, ids of records as 16, and instants as whole microseconds since 1970-01-01 UTC. The
queries keep to what SQLite and PostgreSQL share; what is SQLite's alone (pragmas, journal, read-only media) is in this
file.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, Boolean, Connection, Engine, Integer, LargeBinary, create_engine, event, text
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool
from sqlalchemy.types import TypeDecorator

from archive.digest import Digest, digest_octets, digest_of_octets
from archive.errors import DigestError, KhronikaError, StorageError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

BUSY_SECONDS = 60.0
"""How long one transaction waits for another: longer than any transaction of ours takes on a slow disk."""

_UUID_URN = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z")

# STRICT tables know INTEGER, of up to 8 bytes, and neither BIGINT nor BOOLEAN.
WIDE = BigInteger().with_variant(Integer(), "sqlite")
FLAG = Boolean().with_variant(Integer(), "sqlite")


class Moment(TypeDecorator[datetime]):
    """An instant as whole microseconds since 1970-01-01 UTC."""

    impl = WIDE
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Refuse an instant without a time zone: its meaning would depend on the machine."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"expected an instant with a time zone, found {value.isoformat()}")
        return (value - EPOCH) // MICROSECOND

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        """The instant, in UTC."""
        return None if value is None else EPOCH + value * MICROSECOND


class DigestColumn(TypeDecorator[Digest]):
    """A digest as its 32 bytes."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Digest | None, dialect: Dialect) -> bytes | None:
        """The 32 bytes."""
        return None if value is None else digest_octets(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Digest | None:
        """The digest with its label."""
        return None if value is None else digest_of_octets(value)


class RecordId(TypeDecorator[str]):
    """The id of a record: the 16 octets of a UUID, as ours are and nearly all others, and else the text's own.

    As text it would take 45, three times and more for every capture. A text of 16 octets gets one more, a zero,
    which no id can hold.
    """

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        """The octets."""
        if value is None:
            return None
        if _UUID_URN.match(value):
            return bytes.fromhex(value.removeprefix("urn:uuid:").replace("-", ""))
        octets = value.encode("utf-8", "surrogatepass")
        return octets + b"\0" if len(octets) == 16 else octets

    def process_result_value(self, value: Any | None, dialect: Dialect) -> str | None:
        """The id, without brackets."""
        if value is None:
            return None
        if len(value) == 16:
            text = value.hex()
            return f"urn:uuid:{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
        return str(value.removesuffix(b"\0"), "utf-8", "surrogatepass")


class Database:
    """One SQLite file, opened; safe to share between the threads of one process, not across a fork."""

    def __init__(
        self, path: Path, engine: Engine, *, readonly: bool, damaged: type[KhronikaError], copy: Path | None = None
    ) -> None:
        self.path = path
        self.readonly = readonly
        self._damaged = damaged
        self._engine = engine
        self._copy = copy

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent view of the file."""
        with self._translated(), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction: all of it is on the disk when the block ends, or nothing is."""
        if self.readonly:
            raise StorageError(f"{self.path.name}: opened for reading only")
        with self._translated(), self._engine.connect() as plain:
            # The write lock is taken at the beginning: a transaction that reads first and is then refused
            # the lock could only start again.
            connection = plain.execution_options(khronika_begin="BEGIN IMMEDIATE")
            with connection.begin():
                yield connection

    @contextmanager
    def overwriting(self) -> Iterator[Connection]:
        """As `writing`, and what is deleted is overwritten with zeros; the journal keeps it until `compact`."""
        with self.writing() as connection:
            connection.exec_driver_sql("PRAGMA secure_delete = ON")
            yield connection

    def compact(self) -> bool:
        """Make the file anew, without what was deleted in it, and empty the journal.

        False where another process keeps the journal from being emptied. Raises StorageError where there is no room.
        """
        if self.readonly:
            raise StorageError(f"{self.path.name}: opened for reading only")
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

    def version(self) -> str | None:
        """The version of the file's schema, None when it has none: then it is no file of ours."""
        with self.reading() as connection:
            if not connection.dialect.has_table(connection, "alembic_version"):
                return None
            version: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
            return version

    def upgrade(self, migrations: str) -> None:
        """Bring the schema to the newest version. `migrations`: the folder under archive/migrations."""
        with self._translated():
            _migrate(self._engine, migrations)

    def close(self) -> None:
        """Close every connection; the journal is then folded into the file."""
        self._engine.dispose()
        if self._copy is not None:
            shutil.rmtree(self._copy, ignore_errors=True)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise translate(error, self.path, self._damaged) from error
        except (DigestError, OverflowError, UnicodeDecodeError) as error:
            # a value of the right type that none of our columns can mean
            raise self._damaged(f"{self.path.name}: expected rows as they were written, found: {error}") from error


def translate(error: DBAPIError, path: Path, damaged: type[KhronikaError]) -> KhronikaError:
    """Our error for one of SQLite's: the disk's fault, or the file's."""
    cause, code = error.orig, _code(error)
    if code == sqlite3.SQLITE_FULL:
        return StorageError(f"{path.name}: no room left on the disk")
    if code == sqlite3.SQLITE_READONLY:
        return StorageError(f"{path.name}: cannot be written here (read-only file, folder or disk)")
    if code == sqlite3.SQLITE_IOERR:
        return StorageError(f"{path.name}: the disk refused to read or write ({cause})")
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StorageError(f"{path.name}: another process has held it for {BUSY_SECONDS:.0f} s")
    if code == sqlite3.SQLITE_CANTOPEN:
        return StorageError(f"{path.name}: cannot be opened ({cause})")
    return damaged(f"{path.name}: expected a sound SQLite file, found: {cause}")


def _code(error: DBAPIError) -> int:
    # the low byte is the kind, the others say more of it
    return int(getattr(error.orig, "sqlite_errorcode", 0)) & 0xFF


def open_database(path: Path, *, readonly: bool, damaged: type[KhronikaError]) -> Database:
    """Open a file that exists; `damaged` is the error to raise when it is no sound SQLite file.

    A file on a read-only medium is readable too: SQLite's journal needs a writable folder, so where there is none
    the file is read as one that nobody changes, and a journal that was left beside it is folded into a copy.
    """
    if not readonly:
        return Database(path, _engine(path, "mode=rw", readonly=False), readonly=False, damaged=damaged)
    engine = _engine(path, "mode=ro", readonly=True)
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("SELECT count(*) FROM sqlite_master")
        return Database(path, engine, readonly=True, damaged=damaged)
    except DBAPIError as error:
        engine.dispose()
        # Nothing but this: a file that is only busy would be read without its locks.
        if _code(error) not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
            raise translate(error, path, damaged) from error
    journal = path.with_name(path.name + "-wal")
    if not (journal.exists() and journal.stat().st_size):
        engine = _engine(path, "mode=ro&immutable=1", readonly=True)
        return Database(path, engine, readonly=True, damaged=damaged)
    folder = Path(tempfile.mkdtemp(prefix="khronika-"))
    for source in (path, journal):
        shutil.copyfile(source, folder / source.name)
    engine = _engine(folder / path.name, "mode=rw", readonly=True)
    return Database(path, engine, readonly=True, damaged=damaged, copy=folder)


def create_database(path: Path, migrations: str) -> None:
    """Make a new file with the newest schema. Raises StorageError when it cannot be written."""
    database = Database(path, _engine(path, "mode=rwc", readonly=False), readonly=False, damaged=StorageError)
    try:
        database.upgrade(migrations)
    finally:
        database.close()


def _migrate(engine: Engine, migrations: str) -> None:
    # Late, because it costs a third of a second, and only a new or an old file needs it.
    from alembic import command
    from alembic.config import Config

    # Without an alembic.ini: everything it needs lies in the package.
    config = Config()
    folder = Path(__file__).parent / "migrations" / migrations
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    with engine.connect() as plain:
        connection = plain.execution_options(khronika_begin="BEGIN IMMEDIATE")
        with connection.begin():
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


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
        connection.exec_driver_sql(connection.get_execution_options().get("khronika_begin", "BEGIN"))

    return engine
