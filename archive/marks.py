"""Marks: what an archivist says of a change (important, unimportant, wrong), with a note. A table in state.sqlite.

No evidence, and nothing that can be made again: a mark bears the change's id, which a rebuilt catalogue gives again.
Nothing of a mark goes into a WARC or the log.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, Row, Table, Text, delete, insert, select

from archive.database import Database, Moment
from archive.page_memory import META

MARKS = Table(
    "marks",
    META,
    Column("change", Text, primary_key=True),
    Column("mark", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("marked_at", Moment, nullable=False),
    sqlite_strict=True,
)

_STEP = 500
"""Ids that one statement names at most."""


class MarkKind(enum.StrEnum):
    """What an archivist says of a change."""

    IMPORTANT = "important"
    UNIMPORTANT = "unimportant"
    WRONG = "wrong"  # nothing changed, or it is told as what it is not


@dataclass(frozen=True, slots=True)
class Mark:
    """What an archivist said of one change."""

    change: str
    """Id of the change."""
    kind: MarkKind
    note: str
    marked_at: datetime

    def as_record(self) -> dict[str, Any]:
        """As programs read it."""
        return {
            "type": "mark",
            "change": self.change,
            "mark": self.kind.value,
            "note": self.note,
            "marked_at": self.marked_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        }


class Marks:
    """The marks of one collection."""

    def __init__(self, database: Database, *, exists: bool = True) -> None:
        """`exists`: whether the file has the table; one of an older schema that is only looked at has none."""
        self._database = database
        self._exists = exists

    def put(self, mark: Mark) -> None:
        """Enter a mark, in the place of an older one of the same change."""
        with self._database.writing() as connection:
            connection.execute(delete(MARKS).where(MARKS.c.change == mark.change))
            connection.execute(
                insert(MARKS).values(change=mark.change, mark=mark.kind.value, note=mark.note, marked_at=mark.marked_at)
            )

    def remove(self, change: str) -> bool:
        """Take a change's mark away; False when it had none."""
        with self._database.writing() as connection:
            return bool(connection.execute(delete(MARKS).where(MARKS.c.change == change)).rowcount)

    def get(self, change: str) -> Mark | None:
        """The mark of a change; None when it has none."""
        return self.of([change]).get(change)

    def of(self, changes: Iterable[str]) -> dict[str, Mark]:
        """The marks of some changes, by the change's id."""
        if not self._exists:
            return {}
        wanted = sorted(set(changes))
        found: dict[str, Mark] = {}
        with self._database.reading() as connection:
            for at in range(0, len(wanted), _STEP):
                some = select(MARKS).where(MARKS.c.change.in_(wanted[at : at + _STEP]))
                found |= {row.change: _mark(row) for row in connection.execute(some)}
        return found

    def all(self) -> list[Mark]:
        """Every mark, the newest last."""
        if not self._exists:
            return []
        with self._database.reading() as connection:
            rows = connection.execute(select(MARKS).order_by(MARKS.c.marked_at, MARKS.c.change)).all()
        return [_mark(row) for row in rows]


def _mark(row: Row[Any]) -> Mark:
    return Mark(row.change, MarkKind(row.mark), row.note, row.marked_at)
