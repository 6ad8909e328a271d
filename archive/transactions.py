"""A database, opened: its views and its transactions, whatever keeps it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, PendingRollbackError

from archive.errors import DigestError, KhronikaError, StorageError

BUSY_SECONDS = 60.0
"""How long one transaction waits for another: longer than any transaction of ours takes on a slow disk."""


class Database(ABC):
    """A database, opened; safe to share between the threads of one process, not across a fork."""

    def __init__(self, name: str, engine: Engine, *, readonly: bool, damaged: type[KhronikaError]) -> None:
        self.name = name
        """What it is called in messages."""
        self.readonly = readonly
        self._damaged = damaged
        self._engine = engine

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent view: all that is asked within the block is told as of the first question."""
        with self._translated(), self._engine.connect() as plain:
            connection = self._for_reading(plain)
            with connection.begin():
                yield connection

    @contextmanager
    def asking(self) -> Iterator[Connection]:
        """For one question, which sees one state by itself: nothing is begun for it, nor ended."""
        with self._translated(), self._engine.connect() as plain:
            yield self._for_asking(plain)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction, and the only one: all of it is on the disk when the block ends, or nothing is."""
        self._refuse_if_readonly()
        with self._translated(), self._exclusive() as connection:
            yield connection

    @contextmanager
    def overwriting(self) -> Iterator[Connection]:
        """As `writing`, and what is deleted is overwritten as far as the database can; what else keeps it, `compact`
        lets go of."""
        with self.writing() as connection:
            self._overwrite(connection)
            yield connection

    @abstractmethod
    def compact(self) -> bool:
        """Make what holds the rows anew, without what was deleted in it, and empty the journal.

        False where the journal keeps it. Raises StorageError where there is no room.
        """

    def version(self) -> str | None:
        """The version of the schema, None when it has none: then it is none of ours."""
        with self.reading() as connection:
            if not connection.dialect.has_table(connection, "alembic_version"):
                return None
            version: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
            return version

    def upgrade(self, migrations: str) -> None:
        """Bring the schema to the newest version. `migrations`: the folder under archive/migrations."""
        self._refuse_if_readonly()
        with self._translated(), self._exclusive() as connection:
            _migrate(connection, migrations)

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    @abstractmethod
    def _for_reading(self, connection: Connection) -> Connection:
        """A connection whose next transaction is one consistent view."""

    @abstractmethod
    def _for_asking(self, connection: Connection) -> Connection:
        """A connection whose statements are each a transaction of its own."""

    @abstractmethod
    def _exclusive(self) -> AbstractContextManager[Connection]:
        """A transaction beside which there is no other that writes."""

    @abstractmethod
    def _overwrite(self, connection: Connection) -> None:
        """Let the transaction overwrite what it deletes, where the database can."""

    @abstractmethod
    def _translate(self, error: DBAPIError) -> KhronikaError:
        """Our error for one of the database's."""

    def _refuse_if_readonly(self) -> None:
        if self.readonly:
            raise StorageError(f"{self.name}: opened for reading only")

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise self._translate(error) from error
        except PendingRollbackError as error:
            raise StorageError(f"{self.name}: the connection was lost within a transaction ({error})") from error
        except (DigestError, OverflowError, UnicodeDecodeError) as error:
            # a value of the right type that none of our columns can mean
            raise self._damaged(f"{self.name}: expected rows as they were written, found: {error}") from error


def _migrate(connection: Connection, migrations: str) -> None:
    # Late, because it costs a third of a second, and only a new or an old database needs it.
    from alembic import command
    from alembic.config import Config

    # Without an alembic.ini: everything it needs lies in the package.
    config = Config()
    folder = Path(__file__).parent / "migrations" / migrations
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
