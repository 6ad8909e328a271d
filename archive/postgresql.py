"""A schema of a PostgreSQL server: opening, durability, one writer at a time, and what the server's errors mean.

No setting names a server yet: a collection's catalogue is a file. What holds here is held by the catalogue's tests,
which run on both.
"""

from __future__ import annotations

import hashlib
import re
import select
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from archive.errors import KhronikaError, StorageError
from archive.transactions import BUSY_SECONDS, Database

CONNECT_SECONDS = 20
"""How long a server is waited for when it is spoken to first."""

_SCHEMA = re.compile(r"[a-z_][a-z0-9_]{0,62}\Z")


@dataclass(frozen=True, slots=True)
class Server:
    """Where a database is that is no file."""

    address: str = field(repr=False)
    """What libpq takes: `postgresql://user@host/database`, or words like `host=/run/postgresql dbname=khronika`. It
    may hold a password, so it is never shown; better that one lies in libpq's own password file."""
    schema: str

    def __post_init__(self) -> None:
        if not _SCHEMA.match(self.schema):
            found = f"found {self.schema!r}"
            raise StorageError(f"expected a name of small Latin letters, digits and _ for a schema, {found}")

    @property
    def name(self) -> str:
        """What it is called in messages."""
        return f"PostgreSQL schema {self.schema}"


class ServerSchema(Database):
    """A schema of a server, opened."""

    def __init__(self, server: Server, engine: Engine, *, readonly: bool, damaged: type[KhronikaError]) -> None:
        super().__init__(server.name, engine, readonly=readonly, damaged=damaged)
        # one lock for each schema of a database, whoever asks: its name says which
        told = hashlib.sha256(f"khronika {server.schema}".encode()).digest()
        self._lock = int.from_bytes(told[:8], "big", signed=True)

    def compact(self) -> bool:
        """Make the tables anew, without what was deleted in them.

        False: the server's journal, its copies elsewhere and its backups keep it for as long as they are set to.
        """
        self._refuse_if_readonly()
        with self._translated(), self._engine.connect() as plain:
            connection = plain.execution_options(isolation_level="AUTOCOMMIT")
            tables = connection.scalars(
                text("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1")
            ).all()
            for table in tables:
                connection.exec_driver_sql(f"VACUUM FULL {table}")
        return False

    def _for_reading(self, connection: Connection) -> Connection:
        if self.readonly:
            return connection  # begins nothing else: the engine says so
        # READ COMMITTED, the server's own choice, would show each question another state
        return connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    def _for_asking(self, connection: Connection) -> Connection:
        return connection.execution_options(isolation_level="AUTOCOMMIT")

    @contextmanager
    def _exclusive(self) -> Iterator[Connection]:
        with self._engine.connect() as plain:
            # Not REPEATABLE READ: the view would be that from before the lock was waited for.
            connection = plain.execution_options(isolation_level="READ COMMITTED")
            with connection.begin():
                connection.execute(_TAKE_LOCK, {"lock": self._lock})
                yield connection

    def _overwrite(self, connection: Connection) -> None:
        # rows that were deleted stand until `compact`; nothing overwrites them
        pass

    def _translate(self, error: DBAPIError) -> KhronikaError:
        return translate(error.orig, self.name, self._damaged)


_TAKE_LOCK = text("SELECT pg_advisory_xact_lock(:lock)")


def translate(cause: BaseException | None, name: str, damaged: type[KhronikaError]) -> KhronikaError:
    """Our error for one of the server's: the server's fault, or the rows'."""
    state = getattr(cause, "sqlstate", None) or ""
    said = " ".join(str(cause).split())
    if state == "53100":
        return StorageError(f"{name}: no room left on the server's disk")
    if state == "25006":
        return StorageError(f"{name}: cannot be written here (the server takes no writing, or this user may not)")
    if state == "42501":
        return StorageError(f"{name}: the server's user may not do this ({said})")
    if state == "55P03":
        return StorageError(f"{name}: another process has held it for {BUSY_SECONDS:.0f} s")
    if state.startswith("40") or state == "57014":
        return StorageError(f"{name}: the server ended the transaction, nothing of it was kept; try again ({said})")
    if state.startswith("53"):
        return StorageError(f"{name}: the server has no room ({said})")
    if state.startswith("58"):
        return StorageError(f"{name}: the server's disk refused to read or write ({said})")
    if state.startswith(("28", "3D")):
        return StorageError(f"{name}: the server does not let this user in ({said})")
    if state.startswith(("08", "57P")) or (not state and _is_lost(cause)):
        return StorageError(f"{name}: the server is gone, nothing of an unfinished transaction was kept ({said})")
    return damaged(f"{name}: expected a sound catalogue on the server, found: {said}")


def _is_lost(cause: BaseException | None) -> bool:
    # late: only who uses a server needs its driver
    import psycopg

    return isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError)


def open_schema(server: Server, *, readonly: bool, damaged: type[KhronikaError]) -> ServerSchema:
    """Open a schema; `damaged` is the error to raise when what is in it is not ours. Nothing is asked before use."""
    return ServerSchema(server, _engine(server, readonly=readonly), readonly=readonly, damaged=damaged)


def has_schema(server: Server) -> bool:
    """Whether the server has it. Raises StorageError where the server is not to be had."""
    database = open_schema(server, readonly=True, damaged=StorageError)
    try:
        with database.reading() as connection:
            asked = text("SELECT count(*) FROM pg_namespace WHERE nspname = :schema")
            return bool(connection.scalar(asked, {"schema": server.schema}))
    finally:
        database.close()


def create_schema(server: Server) -> ServerSchema:
    """A schema, made where there is none, without a table. Raises StorageError."""
    database = open_schema(server, readonly=False, damaged=StorageError)
    with database.writing() as connection:
        # a user who may not make schemas may be given one
        asked = text("SELECT count(*) FROM pg_namespace WHERE nspname = :schema")
        if not connection.scalar(asked, {"schema": server.schema}):
            connection.exec_driver_sql(f'CREATE SCHEMA "{server.schema}"')
    return database


def _engine(server: Server, *, readonly: bool) -> Engine:
    try:
        import psycopg
    except ImportError as error:
        raise StorageError("expected psycopg, found none; install: khronika[postgresql]") from error

    def connect() -> psycopg.Connection[Any]:
        try:
            connection = psycopg.connect(server.address, connect_timeout=CONNECT_SECONDS, client_encoding="utf-8")
        except psycopg.ProgrammingError:
            # its own words may repeat a password
            said = "expected an address of a PostgreSQL server as libpq takes it, found something else"
            raise StorageError(f"{server.name}: {said}") from None
        except psycopg.OperationalError as error:
            raise StorageError(_not_let_in(server, error)) from error
        try:
            _prepare(connection, server, readonly=readonly)
        except BaseException:
            connection.close()
            raise
        return connection

    engine = create_engine(
        "postgresql+psycopg://",
        creator=connect,
        poolclass=QueuePool,
        use_native_hstore=False,
        # for all that a handle for reading begins, as `_for_reading` says; None is the server's own choice
        isolation_level="REPEATABLE READ" if readonly else None,
    )

    @event.listens_for(engine, "checkout")
    def look(connection: psycopg.Connection[Any], _entry: ConnectionPoolEntry, _proxy: Any) -> None:
        # What an idle connection has to read is the server's farewell: another is made then, before anything is lost.
        poll = select.poll()
        poll.register(connection.fileno(), select.POLLIN)
        if poll.poll(0):
            raise DisconnectionError

    return engine


def _prepare(connection: Any, server: Server, *, readonly: bool) -> None:
    """Say what holds for a connection, and refuse a server that cannot keep what is promised."""
    settings = {
        "search_path": f'"{server.schema}"',
        "lock_timeout": f"{BUSY_SECONDS:.0f}s",
        "default_transaction_read_only": "on" if readonly else "off",
    }
    connection.autocommit = True
    ask = "SELECT current_setting('server_encoding'), current_setting('fsync'), current_setting('synchronous_commit')"
    encoding, fsync, committed = connection.execute(ask).fetchone()
    if encoding != "UTF8":
        raise StorageError(f"{server.name}: expected a database of encoding UTF8, found {encoding}")
    if not readonly and fsync != "on":
        raise StorageError(f"{server.name}: expected a server that syncs what it acknowledges, found fsync = {fsync}")
    if committed == "off":
        settings["synchronous_commit"] = "on"
    for name, value in settings.items():
        connection.execute("SELECT set_config(%s, %s, false)", (name, value))
    connection.autocommit = False


def _not_let_in(server: Server, error: Any) -> str:
    said = " ".join(str(error).split())
    tried = getattr(error, "pgconn", None)
    if tried is not None and tried.needs_password:
        return f"{server.name}: the server asks for a password, and none is given ({said})"
    if tried is not None and tried.used_password:
        return f"{server.name}: the server does not let this user in with this password ({said})"
    return f"{server.name}: expected a PostgreSQL server that lets this user in, found none ({said})"
