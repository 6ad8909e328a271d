"""Rounds of full reads: which files of a copy are read back today, so that all of them are within so many days.

What was not read for the longest time comes first, and what never was before that. A day's share is the octets of the
copy divided by the days of a round; what was read within the last day counts towards it, so that a second check on one
day has nothing to do. What is overdue is read in any case: a machine that was off catches up at once. Nothing has to be
remembered for it but when each file was read last, which is written after each.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from archive.copies import Copy

A_DAY: Final = timedelta(hours=20)
"""What counts as today: a daily check that comes a little earlier than yesterday's has its share all the same."""
_NEVER: Final = datetime.min.replace(tzinfo=UTC)


def in_order(copies: Iterable[Copy]) -> list[Copy]:
    """The files that are proved to be there, the one that was not read for the longest time first."""
    return sorted((copy for copy in copies if copy.is_proved), key=lambda copy: (copy.read_at or _NEVER, copy.file))


def due(copies: Iterable[Copy], now: datetime, days: int) -> list[Copy]:
    """What is to be read today for a round of so many days."""
    ordered = in_order(copies)
    share = sum(copy.size for copy in ordered) / days
    done = sum(copy.size for copy in ordered if copy.read_at is not None and now - copy.read_at < A_DAY)
    found = []
    for copy in ordered:
        overdue = copy.read_at is None or now - copy.read_at >= timedelta(days=days)
        if not overdue and (done >= share or _is_of_today(copy, now)):
            break
        found.append(copy)
        done += copy.size
    return found


def up_to(copies: Iterable[Copy], octets: float) -> list[Copy]:
    """As much as so many octets allow, one file at least where anything is to be read."""
    found: list[Copy] = []
    left = octets
    for copy in in_order(copies):
        if found and copy.size > left:
            break
        found.append(copy)
        left -= copy.size
        if left <= 0:
            break
    return found


def _is_of_today(copy: Copy, now: datetime) -> bool:
    return copy.read_at is not None and now - copy.read_at < A_DAY
