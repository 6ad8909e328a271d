"""Conditions and orders that several modules of the catalogue ask by: in time, in lots and steps, compared.

The time order is that of WARC-Date, and within one microsecond that in which the captures were entered, which is that
of their files and places.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, or_

from archive.kinds import BESIDE, EVENTS, ChangeKind, State
from archive.tables import CAPTURES, CHANGES

PENDING = ""
"""In the place of a version of the rules: what they tell is to be told yet."""

T = TypeVar("T")

IN_TIME = (CAPTURES.c.captured_at, CAPTURES.c.id)
"""The time order."""
COMPARED = or_(
    CAPTURES.c.state == State.PRESENT.value,
    and_(CAPTURES.c.state.in_([State.REPLACED.value, State.UNREACHABLE.value]), CAPTURES.c.compared_by.is_not(None)),
)
"""What is compared: captures that saw the page, and those of which only the comparison told that they did not."""
OF_TIME = CHANGES.c.kind.in_(sorted(kind.value for kind in EVENTS))
"""Changes that tell what became of a page over several captures."""
OF_PAGE = CHANGES.c.kind.not_in(sorted(kind.value for kind in {ChangeKind.CERTIFICATE, ChangeKind.EXTRACTOR, *EVENTS}))
"""Comparisons of a page with its capture before."""
NAMES_BESIDE = sorted(state.value for state in BESIDE)
"""BESIDE as its states are stored."""
TOLD_BY_COMPARISON = {
    ChangeKind.REPLACED: State.REPLACED,
    ChangeKind.UNREACHABLE: State.UNREACHABLE,
}
"""The states that a comparison tells, by what it found."""


def earlier(captured_at: datetime, id: int) -> ColumnElement[bool]:
    """Captures before one in the time order.

    The first condition is for the index, which does not see it in the second.
    """
    at = CAPTURES.c.captured_at
    return and_(at <= captured_at, or_(at < captured_at, CAPTURES.c.id < id))


def later(captured_at: datetime, id: int) -> ColumnElement[bool]:
    """Captures after one; see `earlier`."""
    at = CAPTURES.c.captured_at
    return and_(at >= captured_at, or_(at > captured_at, CAPTURES.c.id > id))


def is_told_by_comparison(row: Any) -> bool:
    """Whether it was the comparison with its capture before that told that a capture did not see the page."""
    return bool(row.state in TOLD_BY_COMPARISON.values() and row.compared_by is not None)


def bare(record_id: str) -> str:
    """A record id as it is stored, without `<` `>`."""
    return record_id.removeprefix("<").removesuffix(">")


def in_lots(values: Iterable[T]) -> Iterator[tuple[T, ...]]:
    """In lots of 500: a statement may have only so many parameters."""
    left = iter(values)
    while lot := tuple(islice(left, 500)):
        yield lot


def in_steps(view: Callable[[], AbstractContextManager[Connection]], query: Select[Any]) -> Iterator[Row[Any]]:
    """The rows of a query over captures that is in time order and has a limit, over and over to the end.

    `view`: opens what a step sees.
    """
    step = query
    while True:
        with view() as connection:
            rows = connection.execute(step).all()
        yield from rows
        if not rows:
            return
        step = query.where(later(rows[-1].captured_at, rows[-1].id))
