"""Custody: the events that commands without the lock leave for the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archive.entry import EventEntry, EventType, Outcome
from archive.inbox import leave
from archive.warc import SOFTWARE
from archive.writer import utc_now

if TYPE_CHECKING:
    from archive.collection import Collection


def with_name(detail: str, by: str | None) -> str:
    """The detail of an event, and who it was, where that is to be known; raises UsageError for no name."""
    from archive.withholding import checked_name

    return detail if by is None else f"{detail}\nby: {checked_name(by)}"


def leave_event(
    collection: Collection, type: EventType, outcome: Outcome, detail: str, *, object: str | None = None
) -> bool:
    """Leave an event in the inbox, dated now; False where the collection cannot be written."""
    return leave(collection.path, EventEntry(type, utc_now(), SOFTWARE, outcome, detail, object=object))
