"""What one page's history shows: its captures in time order, with what changed at each."""

from __future__ import annotations

from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import Row, and_, func

from archive.catalogue.captures import capture_of, of_page, rows_at, select_captures
from archive.catalogue.rows import HistoryRow
from archive.database import Database
from archive.kinds import EVENTS, ChangeKind, State
from archive.tables import CAPTURES, CHANGES, PENDING_ID, READINGS


def history_of(database: Database, url: str) -> list[HistoryRow]:
    """Every capture of a page, in time order, with what changed at each."""
    rows = rows_at(database, url, _OF_PAGE)
    return [_history_row(n, list(of)) for n, (_, of) in enumerate(groupby(rows, attrgetter("id")), 1)]


def _history_row(n: int, rows: list[Row[Any]]) -> HistoryRow:
    """One capture of its rows: one for each change that leads to it, or one without a change."""
    row = rows[0]
    change = event = certificate = None
    for one in rows:
        if one.change_kind == ChangeKind.CERTIFICATE:
            certificate = one
        elif one.change_kind in EVENTS:
            event = one
        elif one.change_kind is not None:
            change = one
    return HistoryRow(
        n=n,
        capture=capture_of(row),
        state=State(row.state),
        change_kind=_kept_of_none(row) if change is None else ChangeKind(change.change_kind),
        change_id=None if change is None else change.change,
        language=row.language,
        certificate_change_id=None if certificate is None else certificate.change,
        event_kind=None if event is None else ChangeKind(event.change_kind),
        event_id=None if event is None else event.change,
    )


def _kept_of_none(row: Row[Any]) -> ChangeKind | None:
    """What there is to say of a capture that no change leads to: where it was compared, nothing had changed."""
    compared = row.state == State.PRESENT and row.compared_by not in {None, PENDING_ID}
    return ChangeKind.SAME if compared else None


# Made once, and one question: people ask for histories all the time, and to make a statement, or to go to a server and
# back, takes longer than its answer. The language of a revisit is that of its original.
_OF_PAGE = of_page(
    select_captures()
    .add_columns(READINGS.c.language, CHANGES.c.kind.label("change_kind"), CHANGES.c.id.label("change"))
    .outerjoin(READINGS, READINGS.c.capture == func.coalesce(CAPTURES.c.original, CAPTURES.c.id))
    .outerjoin(CHANGES, and_(CHANGES.c.to_capture == CAPTURES.c.id, CHANGES.c.kind != ChangeKind.EXTRACTOR.value))
)
