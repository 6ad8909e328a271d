"""What a schedule means, told another way: somebody who stands before a clock on a wall and looks at it every minute.

Nothing of crawler/schedule.py, and no cron library, is used here. The walker knows the rules as the guide says them:

- by the wall: an instant counts when the clock shows, or has just passed over, a time that is named, and has not shown
  it before;
- every hour: an instant counts whenever the clock shows a time that is named.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
BEFORE = timedelta(hours=26)
"""So long before it counts the walker begins to look: longer than any clock was ever set back."""


def field(text: str, lowest: int, highest: int) -> set[int]:
    """The numbers that one field of a plain cron expression names: `*`, `7`, `1-5`, `*/10`, `1-9/2`, and lists."""
    numbers: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        if span == "*":
            first, last = lowest, highest
        elif "-" in span:
            first, last = map(int, span.split("-"))
        else:
            first = int(span)
            last = highest if step else first
        numbers.update(range(first, last + 1, int(step or 1)))
    return numbers


class Expression:
    """A plain cron expression, as Debian's cron reads it."""

    def __init__(self, text: str) -> None:
        minute, hour, day, month, weekday = text.split()
        self.minutes, self.hours = field(minute, 0, 59), field(hour, 0, 23)
        self.days, self.months = field(day, 1, 31), field(month, 1, 12)
        self.weekdays = {number % 7 for number in field(weekday, 0, 7)}
        self.both = day.startswith("*") or weekday.startswith("*")
        self.every_hour = self.hours == set(range(24))

    def names(self, wall: datetime) -> bool:
        """Whether it names a minute on the wall."""
        if wall.minute not in self.minutes or wall.hour not in self.hours or wall.month not in self.months:
            return False
        day, weekday = wall.day in self.days, wall.isoweekday() % 7 in self.weekdays
        return (day and weekday) if self.both else (day or weekday)


def walk(expression: Expression, zone: str, begin: datetime, end: datetime) -> Iterator[datetime]:
    """The instants after `begin`, up to `end`, both whole minutes."""
    place = ZoneInfo(zone)
    instant = begin - BEFORE
    shown = instant.astimezone(place).replace(tzinfo=None, fold=0)
    while instant < end:
        instant += MINUTE
        wall = instant.astimezone(place).replace(tzinfo=None, fold=0)
        if expression.every_hour:
            counts = expression.names(wall)
        else:
            counts = False
            while shown < wall:
                shown += MINUTE
                counts = counts or expression.names(shown)
        if counts and instant > begin:
            yield instant.astimezone(UTC)
