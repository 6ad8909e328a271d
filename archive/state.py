"""The state: what is neither evidence nor derived, and so cannot be made again.

Runs of crawls: what was asked, how each ended, what it counted; the page memory (`page_memory.py`), what archivists say
of changes (`marks.py`), who was told of them (`deliveries.py`), how far each file is copied elsewhere (`copies.py`),
what is due when (`due.py`), who crawls which site for it (`leases.py`).
`khronika rebuild` never touches this file; an older schema is upgraded in place.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Row, Table, Text, insert, select, update

from archive.copies import Copies
from archive.database import Database, Moment, create_database, open_database
from archive.deliveries import Deliveries
from archive.due import DueState
from archive.errors import StateError
from archive.leases import Leases
from archive.marks import Marks
from archive.page_memory import META, PageMemory
from archive.troubles import Troubles

VERSION = "0007"
"""Schema version that this code reads and writes: the newest of `migrations/state`."""

_WITHOUT_PAGES = "0001"
_WITHOUT_MARKS = frozenset({_WITHOUT_PAGES, "0002"})
_WITHOUT_NOTICES = _WITHOUT_MARKS | {"0003"}
_WITHOUT_COPIES = _WITHOUT_NOTICES | {"0004"}
_WITHOUT_DUE = _WITHOUT_COPIES | {"0005"}
_WITHOUT_TROUBLES = _WITHOUT_DUE | {"0006"}
_OLDER = _WITHOUT_TROUBLES
"""Versions that can be looked at as they are."""


RUNS = Table(
    "runs",
    META,
    Column("id", Text, primary_key=True),
    Column("asked", Text, nullable=False),
    Column("began_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("reason", Text),
    Column("counts", Text, nullable=False),
    sqlite_strict=True,
)

NAME = "state.sqlite"


@dataclass(frozen=True, slots=True)
class Run:
    """One crawl, from the command that began it to its end; a resumed crawl is the same run."""

    id: str
    """Id of the crawl."""
    asked: Mapping[str, Any]
    """What the command asked for (sites, URLs, limits): a run is resumed by the same."""
    began_at: datetime
    ended_at: datetime | None
    """None while it runs, and after a kill."""
    reason: str | None
    """Why it ended: `finished`, `interrupted`, …; None as above."""
    counts: Mapping[str, int]

    def as_record(self) -> dict[str, Any]:
        """As programs read it: instants as RFC 3339, UTC."""
        return {
            "crawl": self.id,
            "asked": dict(self.asked),
            "began_at": _instant(self.began_at),
            "ended_at": None if self.ended_at is None else _instant(self.ended_at),
            "reason": self.reason,
            "counts": dict(self.counts),
        }


class State:
    """The tables of state.sqlite; may be used by several threads at once."""

    def __init__(self, database: Database, *, version: str = VERSION, file: str = "") -> None:
        """`file`: what tells the file from a copy of it."""
        self._database = database
        self.memory = PageMemory(database, exists=version != _WITHOUT_PAGES)
        """What is known of each page from one crawl to the next."""
        self.marks = Marks(database, exists=version not in _WITHOUT_MARKS)
        """What archivists say of changes."""
        self.deliveries = Deliveries(database, exists=version not in _WITHOUT_NOTICES)
        """Who was told of which change."""
        self.copies = Copies(database, exists=version not in _WITHOUT_COPIES)
        """How far each file is copied elsewhere."""
        self.due = DueState(database, exists=version not in _WITHOUT_DUE)
        """What is due when, and what ran for it."""
        self.leases = Leases(database, file=file, exists=version not in _WITHOUT_DUE)
        """Who crawls which site for its schedule."""
        self.troubles = Troubles(database, exists=version not in _WITHOUT_TROUBLES)
        """What was not well about the running of the collection."""

    @classmethod
    def create(cls, folder: Path) -> State:
        """Make an empty state in a collection's folder and open it for writing. Raises StorageError."""
        create_database(folder / NAME, "state")
        return cls.open(folder, readonly=False)

    @classmethod
    def open(cls, folder: Path, *, readonly: bool) -> State:
        """Open the state of the collection in a folder; for writing, an older schema is upgraded first.

        Raises StateError when there is none, or it is of a version that this Khronika cannot use, StorageError when
        the disk refuses.
        """
        path = folder / NAME
        if not path.is_file():
            raise StateError(
                f"expected {path.name} in the collection, found none; restore it from a backup, or let "
                "khronika rebuild make an empty one: the memory of past runs is lost then"
            )
        try:
            database = open_database(path, readonly=readonly, damaged=StateError)
        except StateError as error:
            raise StateError(f"{error}; restore it from a backup, or move it away and khronika rebuild") from error
        try:
            version = database.version()
            if version is not None and version < VERSION and not readonly:
                database.upgrade("state")
                version = database.version()
            # what is only looked at stays as it is; its runs can be read all the same
            if version != VERSION and not (readonly and version in _OLDER):
                raise StateError(f"{path.name}: expected schema version {VERSION}, found {version or 'none'}")
        except BaseException:
            database.close()
            raise
        assert version is not None
        return cls(database, version=version, file=str(path.stat().st_ino))

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def __enter__(self) -> State:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def begin_run(self, id: str, asked: Mapping[str, Any], began_at: datetime) -> None:
        """Note that a crawl has begun, or goes on after it had ended or was killed."""
        with self._database.writing() as connection:
            if connection.execute(select(RUNS.c.id).where(RUNS.c.id == id)).scalar() is None:
                connection.execute(insert(RUNS).values(id=id, asked=_json(asked), began_at=began_at, counts="{}"))
            else:
                connection.execute(update(RUNS).where(RUNS.c.id == id).values(ended_at=None, reason=None))

    def end_run(self, id: str, ended_at: datetime, reason: str, counts: Mapping[str, int]) -> None:
        """Note how a crawl ended. Raises StateError when it never began."""
        with self._database.writing() as connection:
            values = {"ended_at": ended_at, "reason": reason, "counts": _json(counts)}
            if not connection.execute(update(RUNS).where(RUNS.c.id == id).values(values)).rowcount:
                raise StateError(f"expected a run of the crawl {id}, found none")

    def run(self, id: str) -> Run | None:
        """One run, None when there is none of that id."""
        with self._database.reading() as connection:
            row = connection.execute(select(RUNS).where(RUNS.c.id == id)).one_or_none()
        return None if row is None else _run(row)

    def runs(self) -> list[Run]:
        """Every run, the newest last."""
        with self._database.reading() as connection:
            rows = connection.execute(select(RUNS).order_by(RUNS.c.began_at, RUNS.c.id)).all()
        return [_run(row) for row in rows]


def _run(row: Row[Any]) -> Run:
    return Run(
        id=row.id,
        asked=json.loads(row.asked),
        began_at=row.began_at,
        ended_at=row.ended_at,
        reason=row.reason,
        counts=json.loads(row.counts),
    )


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(dict(value), ensure_ascii=False, sort_keys=True)


def _instant(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
