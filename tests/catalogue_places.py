"""Where a catalogue of the tests is kept: a file, or a database of a server; and what a test does to it behind the
back of the code."""

from __future__ import annotations

import json
import os
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
from postgres_server import PostgresServer

from archive.catalogue import Catalogue
from archive.collection import Collection
from archive.database import Place, Server

OPEN = (
    "import json, sys; from pathlib import Path; from archive.collection import Collection\n"
    "from archive.database import Server\n"
    "at = Collection.open(Path(sys.argv[1]))\n"
    "if len(sys.argv) > 2: at.catalogue_path = Server(*sys.argv[2:])\n"
)
"""The beginning of a program that opens the collection which `Kept.arguments` name."""


class Kept(ABC):
    """A catalogue behind the back of the code."""

    place: Place

    def keep(self, collection: Collection) -> Collection:
        """The collection, with its catalogue here."""
        collection.catalogue_path = self.place  # type: ignore[assignment]
        return collection

    def arguments(self, collection: Collection) -> list[str]:
        """What `OPEN` is called with."""
        return [str(collection.path), *([self.place.address, self.place.schema] if self._is_server else [])]

    @property
    def _is_server(self) -> bool:
        return isinstance(self.place, Server)

    @abstractmethod
    def close(self) -> None:
        """The test is over: take away what its own folder does not take along."""

    @abstractmethod
    def ask(self, statement: str) -> list[tuple[Any, ...]]:
        """Ask or change anything, in SQL."""

    @abstractmethod
    def remove(self) -> None:
        """Take the whole catalogue away."""

    @abstractmethod
    def damage(self, url: str) -> None:
        """Spoil the rows on the disk, those of the page with that URL among them."""

    @abstractmethod
    def whole_readings(self, statement: str, parameters: Any) -> list[str]:
        """The steps of a statement's plan that go through a whole table, or sort all that they found."""


class KeptInFile(Kept):
    """catalogue.sqlite of a collection."""

    def __init__(self, collection: Collection) -> None:
        self.path = collection.path / "catalogue.sqlite"
        self.place = self.path

    def close(self) -> None:
        pass

    def ask(self, statement: str) -> list[tuple[Any, ...]]:
        connection = sqlite3.connect(self.path)
        try:
            rows = connection.execute(statement).fetchall()
            connection.commit()
            return rows
        finally:
            connection.close()

    def remove(self) -> None:
        self.path.unlink()

    def damage(self, url: str) -> None:
        octets = bytearray(self.path.read_bytes())
        octets[8192:] = bytes(len(octets) - 8192)
        self.path.write_bytes(octets)

    def whole_readings(self, statement: str, parameters: Any) -> list[str]:
        plan = self.ask(f"EXPLAIN QUERY PLAN {statement.replace('?', 'NULL')}")
        steps = [str(row[3]) for row in plan]
        assert steps
        return [step for step in steps if step.startswith("SCAN") or step == "USE TEMP B-TREE FOR ORDER BY"]


class KeptOnServer(Kept):
    """A database of a server, with one schema."""

    def __init__(self, server: PostgresServer, *, like: str = "catalogue") -> None:
        self.server = server
        self.place = server.copy_of(like, lambda place: Catalogue.create(place).close())

    @property
    def database(self) -> str:
        """Its name on the server."""
        return str(psycopg.conninfo.conninfo_to_dict(self.place.address)["dbname"])

    def close(self) -> None:
        self.server.drop(self.database)

    def ask(self, statement: str) -> list[tuple[Any, ...]]:
        options = f"-csearch_path={self.place.schema}"
        with psycopg.connect(self.place.address, options=options) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def remove(self) -> None:
        self.ask(f"DROP SCHEMA {self.place.schema} CASCADE")

    def damage(self, url: str) -> None:
        files = self.ask(
            "SELECT pg_relation_filepath(oid) FROM pg_class "
            "WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'i')"
        )
        self.server.stop()
        for (name,) in files:
            path = self.server.folder / "data" / name
            with path.open("r+b") as file:
                for at in range(0, path.stat().st_size, 8192):
                    file.seek(at + 64)
                    file.write(os.urandom(8000))
        self.server.start()

    def whole_readings(self, statement: str, parameters: Any) -> list[str]:
        # in a table of two rows there is nothing that a look at the index would save: it is to look all the same
        options = f"-csearch_path={self.place.schema} -cenable_seqscan=off -cenable_sort=off -cenable_bitmapscan=off"
        with psycopg.connect(self.place.address, options=options) as connection:
            plan = connection.execute(f"EXPLAIN (FORMAT JSON) {statement}", parameters).fetchall()[0][0]
        assert plan
        return _whole(plan[0]["Plan"], limited=False)


def _whole(step: dict[str, Any], *, limited: bool) -> list[str]:
    kind = step["Node Type"]
    limited = limited or kind == "Limit"
    found = []
    of_table = kind.endswith("Scan") and kind not in {"Subquery Scan", "CTE Scan", "Values Scan"}
    # in the order of an index as far as the limit says is no whole reading
    in_order = limited and kind.startswith("Index") and "Filter" not in step
    if of_table and not in_order and not step.keys() & {"Index Cond", "Recheck Cond"}:
        found.append(json.dumps(step))
    if kind == "Sort" and limited:
        found.append(json.dumps(step))
    for below in step.get("Plans", []):
        found += _whole(below, limited=limited)
    return found


KINDS: Sequence[str] = ("SQLite", "PostgreSQL")


def kept_by(kind: str, collection: Collection, server: Callable[[], PostgresServer]) -> Kept:
    """The catalogue of a new collection, kept by either; `server` is called for one alone."""
    return KeptInFile(collection) if kind == "SQLite" else KeptOnServer(server())
