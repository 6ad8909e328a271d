"""Deliveries: who was told of which change, or is to be told again. Tables in state.sqlite.

A delivery is one change for one notice, or one trouble, or the end of one (`archive/troubles.py`). It is `due` from
the moment in which it is written down; `sending` is on the disk before anything leaves the machine, `sent` after the
receiver has said that it has it. What is found `sending` by somebody who holds the lock of the notices was cut short,
and nobody knows whether it arrived: it is sent once more, with the same message id. A row is never deleted: who was
told stays told, whatever becomes of the catalogue.

    due ──► sending ──► sent
     ▲         │
     └─ put off┴──► failed (given up)          due ──► withdrawn (no change any more)
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, Integer, Row, Table, Text, and_, func, insert, select, update

from archive.database import Database, Moment
from archive.errors import StateError
from archive.page_memory import META

DELIVERIES = Table(
    "deliveries",
    META,
    # Name of the [[notice]] in khronika.toml.
    Column("notice", Text, primary_key=True),
    # Id of the change, of the trouble, or of its end.
    Column("change", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    # When it was written down.
    Column("first_at", Moment, nullable=False),
    # Not before; NULL: at once.
    Column("next_at", Moment),
    Column("sent_at", Moment),
    Column("error", Text, nullable=False),
    Column("site", Text, nullable=False, server_default=""),
    # When the page had changed.
    Column("changed_at", Moment, nullable=False, server_default="0"),
    # Id of what is sent: of the change, of the group that it belongs to, or of the digest that it is told in.
    Column("message", Text),
    Index("deliveries_due", "state", "next_at"),
    Index("deliveries_message", "notice", "message"),
    sqlite_strict=True,
)

# The rules of each notice, as they were from when on; '' while khronika.toml did not name it.
NOTICE_RULES = Table(
    "notice_rules",
    META,
    Column("notice", Text, primary_key=True),
    Column("since", Moment, primary_key=True),
    Column("rules", Text, nullable=False),
    sqlite_strict=True,
)

_STEP = 500
"""Ids that one statement names at most."""


class DeliveryState(enum.StrEnum):
    """What became of a delivery."""

    DUE = "due"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"


OPEN = (DeliveryState.DUE, DeliveryState.SENDING)
"""The states of what is still to be sent."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One change for one notice."""

    notice: str
    change: str
    site: str
    changed_at: datetime
    first_at: datetime
    message: str | None = None
    """Id of what is sent; None until that is known."""
    state: DeliveryState = DeliveryState.DUE
    attempts: int = 0
    next_at: datetime | None = None
    sent_at: datetime | None = None
    error: str = ""
    """Why the last attempt failed, in words of ours alone."""


@dataclass(frozen=True, slots=True)
class DeliveryCounts:
    """What became of the deliveries of one notice."""

    due: int = 0
    """Not sent yet, those that were cut short among them."""
    sent: int = 0
    failed: int = 0
    withdrawn: int = 0
    attempts: int = 0
    """The most attempts of one that is due."""
    oldest: datetime | None = None
    """Since when the oldest of those that are due waits."""
    next_at: datetime | None = None
    error: str = ""
    """Of the oldest that is due and was tried, or has failed."""


class Deliveries:
    """The deliveries of one collection."""

    def __init__(self, database: Database, *, exists: bool = True) -> None:
        """`exists`: whether the file has the tables; one of an older schema that is only looked at has none."""
        self._database = database
        self._exists = exists

    # ---- rules

    def note_rules(self, rules: Mapping[str, str], now: datetime) -> None:
        """Note the rules of every notice that khronika.toml names, and that it names no other.

        Rules that were not there before count from now on.
        """
        with self._database.writing() as connection:
            newest = {
                row.notice: row for row in connection.execute(select(NOTICE_RULES).order_by(NOTICE_RULES.c.since)).all()
            }
            for notice in {*rules, *newest}:
                wanted, found = rules.get(notice, ""), newest.get(notice)
                if found is None or found.rules != wanted:
                    # a clock that was put back must not put new rules before those that they follow
                    since = now if found is None or found.since < now else found.since
                    key = and_(NOTICE_RULES.c.notice == notice, NOTICE_RULES.c.since == since)
                    if not connection.execute(update(NOTICE_RULES).where(key).values(rules=wanted)).rowcount:
                        connection.execute(insert(NOTICE_RULES).values(notice=notice, since=since, rules=wanted))

    def rules_of(self, notice: str) -> list[tuple[datetime, str]]:
        """The rules of a notice, each with the moment from which on they count, the oldest first."""
        if not self._exists:
            return []
        with self._database.reading() as connection:
            query = select(NOTICE_RULES).where(NOTICE_RULES.c.notice == notice).order_by(NOTICE_RULES.c.since)
            return [(row.since, row.rules) for row in connection.execute(query)]

    # ---- what is to be sent

    def known(self, notice: str) -> set[str]:
        """The ids of all changes that were ever written down for a notice."""
        if not self._exists:
            return set()
        with self._database.reading() as connection:
            return set(connection.scalars(select(DELIVERIES.c.change).where(DELIVERIES.c.notice == notice)))

    def told_messages(self, notice: str) -> dict[str, datetime]:
        """The messages that a notice has sent, and when."""
        if not self._exists:
            return {}
        query = select(DELIVERIES.c.message, func.min(DELIVERIES.c.sent_at).label("at"))
        query = query.where(DELIVERIES.c.notice == notice, DELIVERIES.c.sent_at.is_not(None))
        with self._database.reading() as connection:
            rows = connection.execute(query.where(DELIVERIES.c.message.is_not(None)).group_by(DELIVERIES.c.message))
            return {row.message: row.at for row in rows}

    def add(self, deliveries: Iterable[Delivery]) -> int:
        """Write down what is to be told; how much of it was not known yet. What is known stays as it is."""
        new = 0
        with self._database.writing() as connection:
            for one in deliveries:
                key = and_(DELIVERIES.c.notice == one.notice, DELIVERIES.c.change == one.change)
                if connection.execute(select(DELIVERIES.c.state).where(key)).scalar() is None:
                    connection.execute(insert(DELIVERIES).values(_values(one)))
                    new += 1
        return new

    def open(self, notice: str) -> list[Delivery]:
        """What a notice is still to send, in the order in which the pages changed."""
        return self._rows(DELIVERIES.c.notice == notice, DELIVERIES.c.state.in_([*map(str, OPEN)]))

    def beginning_with(self, notice: str, prefix: str) -> list[Delivery]:
        """Every delivery of a notice whose id of the change begins so, whatever became of it."""
        end = prefix[:-1] + chr(ord(prefix[-1]) + 1)
        return self._rows(DELIVERIES.c.notice == notice, DELIVERIES.c.change >= prefix, DELIVERIES.c.change < end)

    def of_message(self, notice: str, message: str) -> list[Delivery]:
        """All that belongs to one message of a notice."""
        return self._rows(DELIVERIES.c.notice == notice, DELIVERIES.c.message == message)

    def all(self, notice: str | None = None) -> list[Delivery]:
        """Every delivery, or every one of a notice, in the order in which the pages changed."""
        return self._rows(*(() if notice is None else (DELIVERIES.c.notice == notice,)))

    def _rows(self, *wanted: Any) -> list[Delivery]:
        if not self._exists:
            return []
        query = select(DELIVERIES).where(*wanted).order_by(DELIVERIES.c.changed_at, DELIVERIES.c.change)
        with self._database.reading() as connection:
            return [_delivery(row) for row in connection.execute(query)]

    # ---- what becomes of it

    def begin(self, notice: str, changes: Sequence[str], message: str) -> None:
        """Note, on the disk, that a message with these changes is about to leave. Raises StateError for one that is
        not open."""
        with self._database.writing() as connection:
            for part in _parts(changes):
                query = update(DELIVERIES).where(
                    DELIVERIES.c.notice == notice,
                    DELIVERIES.c.change.in_(part),
                    DELIVERIES.c.state.in_([*map(str, OPEN)]),
                )
                values = {"state": str(DeliveryState.SENDING), "message": message, "next_at": None}
                begun = connection.execute(query.values(**values, attempts=DELIVERIES.c.attempts + 1)).rowcount
                if begun != len(part):
                    raise StateError(f"expected {len(part)} deliveries of {notice} that are due, found {begun}")

    def sent(self, notice: str, changes: Sequence[str], at: datetime) -> None:
        """Note that the receiver has them."""
        self._set(notice, changes, state=str(DeliveryState.SENT), sent_at=at, next_at=None, error="")

    def put_off(self, notice: str, changes: Sequence[str], next_at: datetime | None, error: str) -> None:
        """Note that an attempt has failed, why, and when the next one is."""
        self._set(notice, changes, state=str(DeliveryState.DUE), next_at=next_at, error=error)

    def fail(self, notice: str, changes: Sequence[str], error: str) -> None:
        """Give up."""
        self._set(notice, changes, state=str(DeliveryState.FAILED), next_at=None, error=error)

    def withdraw(self, notice: str, changes: Sequence[str], error: str) -> None:
        """Note that there is nothing to tell any more."""
        self._set(notice, changes, state=str(DeliveryState.WITHDRAWN), next_at=None, error=error)

    def join(self, notice: str, change: str, message: str, at: datetime) -> None:
        """Note that a change is told by a message that was sent."""
        self._set(notice, [change], state=str(DeliveryState.SENT), message=message, sent_at=at, next_at=None)

    def again(self, notice: str, now: datetime) -> int:
        """Make due what was given up, as if it were new; how much."""
        values = {"state": str(DeliveryState.DUE), "attempts": 0, "first_at": now, "next_at": None}
        with self._database.writing() as connection:
            query = update(DELIVERIES).where(
                DELIVERIES.c.notice == notice, DELIVERIES.c.state == str(DeliveryState.FAILED)
            )
            return int(connection.execute(query.values(**values)).rowcount)

    def _set(self, notice: str, changes: Sequence[str], **values: Any) -> None:
        with self._database.writing() as connection:
            for part in _parts(changes):
                query = update(DELIVERIES).where(DELIVERIES.c.notice == notice, DELIVERIES.c.change.in_(part))
                connection.execute(query.values(**values))

    # ---- what status shows

    def counts(self) -> dict[str, DeliveryCounts]:
        """What became of the deliveries of each notice."""
        if not self._exists:
            return {}
        query = select(DELIVERIES.c.notice, DELIVERIES.c.state, func.count().label("number"))
        found: dict[str, dict[str, int]] = {}
        with self._database.reading() as connection:
            for row in connection.execute(query.group_by(DELIVERIES.c.notice, DELIVERIES.c.state)):
                found.setdefault(row.notice, {})[row.state] = row.number
        return {notice: self._counts(notice, states) for notice, states in sorted(found.items())}

    def _counts(self, notice: str, states: Mapping[str, int]) -> DeliveryCounts:
        due = self.open(notice) if sum(states.get(state, 0) for state in OPEN) else []
        tried = [one for one in due if one.error]
        waits = [one.next_at for one in due if one.next_at is not None]
        failed: list[Delivery] = []
        if states.get(DeliveryState.FAILED):
            failed = self._rows(DELIVERIES.c.notice == notice, DELIVERIES.c.state == str(DeliveryState.FAILED))
        return DeliveryCounts(
            due=len(due),
            sent=states.get(DeliveryState.SENT, 0),
            failed=states.get(DeliveryState.FAILED, 0),
            withdrawn=states.get(DeliveryState.WITHDRAWN, 0),
            attempts=max((one.attempts for one in due), default=0),
            oldest=min((one.first_at for one in due), default=None),
            next_at=min(waits, default=None),
            error=next((one.error for one in (*tried, *failed) if one.error), ""),
        )


def _parts(changes: Sequence[str]) -> Iterable[Sequence[str]]:
    return (changes[start : start + _STEP] for start in range(0, len(changes), _STEP))


def _values(one: Delivery) -> dict[str, Any]:
    names = ("notice", "change", "attempts", "first_at", "next_at", "sent_at", "error", "site", "changed_at", "message")
    return {name: getattr(one, name) for name in names} | {"state": str(one.state)}


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        notice=row.notice,
        change=row.change,
        site=row.site,
        changed_at=row.changed_at,
        first_at=row.first_at,
        message=row.message,
        state=DeliveryState(row.state),
        attempts=row.attempts,
        next_at=row.next_at,
        sent_at=row.sent_at,
        error=row.error,
    )
