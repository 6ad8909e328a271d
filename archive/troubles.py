"""Troubles: what was not well about the running of a collection, from when to when. A table in state.sqlite.

A row is one trouble from its beginning to its end: a site of which no page could be had, a copy that was damaged. It
is what notices tell of, once when it begins and once when it is well again; so a row is never deleted, and what it
says does not change once it is written. At any time there is one row at most for each key that has not ended.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Column, Index, Row, Table, Text, insert, select, update

from archive.database import FLAG, Database, Moment
from archive.page_memory import META

TROUBLES = Table(
    "troubles",
    META,
    Column("id", Text, primary_key=True),
    # What tells it from others, the same as long as it lasts: about:subject:kind.
    Column("key", Text, nullable=False),
    Column("about", Text, nullable=False),
    # Name of the site, copy, authority or notice; '' of the whole collection.
    Column("subject", Text, nullable=False),
    Column("kind", Text, nullable=False),
    # Since when it is so, where that is known.
    Column("since", Moment),
    # What the words about it need; JSON.
    Column("facts", Text, nullable=False),
    # When it was seen first, and not any more.
    Column("began_at", Moment, nullable=False),
    Column("ended_at", Moment),
    # Whether it ended because nobody looks any more (a site that is paused), which is not the same as well.
    Column("dropped", FLAG, nullable=False),
    Index("troubles_open", "ended_at"),
    sqlite_strict=True,
)

ID: Final = "trouble-"
"""What the id of a trouble begins with."""
WELL: Final = "-well"
"""What the id of the message ends with that tells of its end."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is not well."""

    about: str
    subject: str = ""
    """Name of the site, copy, authority or notice; empty where it is of the whole collection."""
    kind: str = ""
    """What exactly, where there are several kinds."""
    since: datetime | None = None
    """Since when, where that is known."""
    facts: Mapping[str, str | int] = field(default_factory=dict)
    """What the words about it need."""

    @property
    def key(self) -> str:
        """The same as long as it lasts."""
        return f"{self.about}:{self.subject}:{self.kind}"


@dataclass(frozen=True, slots=True)
class KeptTrouble:
    """A trouble from its beginning to its end."""

    id: str
    trouble: Trouble
    began_at: datetime
    """When it was seen first."""
    ended_at: datetime | None = None
    """When it was not seen any more; None while it lasts."""
    dropped: bool = False
    """Whether it ended because nobody looks any more."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look found, and what it looked at."""

    troubles: tuple[Trouble, ...]
    looked_at: frozenset[tuple[str, str]]
    """Pairs of about and subject: of these, what is not among the troubles is well."""
    unknown: frozenset[str] = frozenset()
    """What could not be looked at: nothing of it has ended."""


def after(known: Iterable[KeptTrouble], seen: Seen, now: datetime) -> list[KeptTrouble]:
    """What a look changes of all that is `known`: troubles that are new, and those that have ended."""
    there = {one.key: one for one in seen.troubles}
    found: list[KeptTrouble] = []
    lasting, ids = set(), set()
    for one in known:
        ids.add(one.id)
        if one.ended_at is not None:
            continue
        trouble = one.trouble
        lasting.add(trouble.key)
        if trouble.key not in there and trouble.about not in seen.unknown:
            watched = (trouble.about, trouble.subject) in seen.looked_at
            found.append(replace(one, ended_at=max(now, one.began_at), dropped=not watched))
    for key, trouble in there.items():
        if key not in lasting:
            found.append(KeptTrouble(_id(trouble, now, ids), trouble, now))
            ids.add(found[-1].id)
    return found


def _id(trouble: Trouble, now: datetime, taken: Collection[str]) -> str:
    """The same for the same trouble after a backup of state.sqlite was put back, where it is known since when it is."""
    text = f"{trouble.key}\n{(trouble.since or now).isoformat()}"
    while (found := ID + hashlib.sha256(text.encode()).hexdigest()[:16]) in taken:
        # it is there again, since the same moment: after a pause of the site, say
        text += f"\n{now.isoformat()}"
    return found


class Troubles:
    """The troubles of one collection."""

    def __init__(self, database: Database, *, exists: bool = True) -> None:
        """`exists`: whether the file has the table; one of an older schema that is only looked at has none."""
        self._database = database
        self._exists = exists

    def open(self) -> list[KeptTrouble]:
        """Those that have not ended, in the order in which they began."""
        return self._rows(TROUBLES.c.ended_at.is_(None))

    def all(self) -> list[KeptTrouble]:
        """Every one, in the order in which they began."""
        return self._rows()

    def keep(self, changed: Iterable[KeptTrouble]) -> None:
        """Write down those that are new, and of those that are known how they ended."""
        with self._database.writing() as connection:
            for one in changed:
                ending = {"ended_at": one.ended_at, "dropped": one.dropped}
                query = update(TROUBLES).where(TROUBLES.c.id == one.id).values(**ending)
                if not connection.execute(query).rowcount:
                    connection.execute(insert(TROUBLES).values(id=one.id, **_values(one), **ending))

    def _rows(self, *wanted: Any) -> list[KeptTrouble]:
        if not self._exists:
            return []
        query = select(TROUBLES).where(*wanted).order_by(TROUBLES.c.began_at, TROUBLES.c.id)
        with self._database.reading() as connection:
            return [_kept(row) for row in connection.execute(query)]


def _values(one: KeptTrouble) -> dict[str, Any]:
    trouble = one.trouble
    named = {name: getattr(trouble, name) for name in ("key", "about", "subject", "kind", "since")}
    facts = json.dumps(dict(trouble.facts), ensure_ascii=False, sort_keys=True)
    return {**named, "facts": facts, "began_at": one.began_at}


def _kept(row: Row[Any]) -> KeptTrouble:
    trouble = Trouble(row.about, row.subject, row.kind, row.since, json.loads(row.facts))
    return KeptTrouble(row.id, trouble, row.began_at, row.ended_at, bool(row.dropped))
