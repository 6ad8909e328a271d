"""What became of a page over its looks: events, each told once when it is established, and none at a flap.

A look sees the page (present), or finds that it is not there (gone, soft-404, redirected-home, replaced, moved to
another address), or sees nothing (blocked, unreachable). What it tells of the page is established by several in a row:

- that it is not there: by the third look since it was last seen, or the second when at least 7 days lie between the
  first and it. Looks that saw nothing neither count nor break the row. Of looks that were sent to several addresses,
  those that were sent to the commonest one count.
- that it cannot be seen: by the fifth look in a row that saw nothing, or the third after at least 7 days.
- that it is back: by the first look that sees it after any of these.

The kind is that of most looks of the row, of equally many the latest's. A page that was never seen has no events. What
was established stays: an event depends on what was looked at until then, and on nothing later. While it lasts, nothing
else is told of the page but that it has moved: a page that is gone cannot become unreachable. One that is blocked may
turn out to be gone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from archive.kinds import MISSING, ChangeKind, State
from pipelines.state_rules import Rules

T = TypeVar("T", bound=Hashable)

_MISSING: Final = frozenset({*MISSING, State.MOVED})
_UNSEEN: Final = frozenset({State.BLOCKED, State.UNREACHABLE})


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a page: the only one of its crawl."""

    at: datetime
    record_id: str
    state: State
    target: str | None = None
    """Where a redirect leads."""


@dataclass(frozen=True, slots=True)
class Event:
    """What became of a page."""

    kind: ChangeKind
    before: Look
    """The last look that saw the page; of `back` the last one that did not."""
    after: Look
    """The look that established it."""
    first: Look
    """The first of the row."""
    looks: int
    """How many the row has."""
    target: str | None = None
    """Where the page has moved."""


class _Row:
    """Looks in a row that did not see the page, since one that did."""

    def __init__(self, seen: Look) -> None:
        self.seen = seen
        self.missing: list[Look] = []
        self.unseen: list[Look] = []
        self.told: ChangeKind | None = None

    def take(self, look: Look, rules: Rules) -> Event | None:
        """What this look establishes."""
        if look.state in _UNSEEN:
            self.unseen.append(look)
            if self.told is None and rules.is_unseen(len(self.unseen), look.at - self.unseen[0].at):
                return self._event(self.unseen, look)
            return None
        self.unseen = []
        self.missing.append(look)
        counted = _counted(self._open())
        if not counted or not rules.is_missing(len(counted), look.at - counted[0].at):
            return None
        event = self._event(counted, look)
        if self.told in (None, ChangeKind.BLOCKED, ChangeKind.UNREACHABLE):
            return event
        # what is known to be gone can only be found again elsewhere, once
        return event if event.kind is ChangeKind.MOVED and self.told is not ChangeKind.MOVED else None

    def _open(self) -> Sequence[Look]:
        """The looks that may establish something."""
        if self.told in (None, ChangeKind.BLOCKED, ChangeKind.UNREACHABLE):
            return self.missing
        return _last_of_one_kind(self.missing)

    def _event(self, looks: Sequence[Look], after: Look) -> Event:
        kind, target = _commonest((look.state, look.target) for look in reversed(looks))
        return Event(ChangeKind(kind.value), self.seen, after, looks[0], len(looks), target)


def events(looks: Iterable[Look], rules: Rules = Rules()) -> list[Event]:  # noqa: B008 - a frozen value
    """The events of a page, in time order; `looks` are in time order, one a crawl."""
    found: list[Event] = []
    row: _Row | None = None
    last: Look | None = None
    for look in looks:
        if look.state is State.PRESENT:
            if row is not None and row.told is not None and last is not None:
                found.append(Event(ChangeKind.BACK, last, look, look, 1))
            row = _Row(look)
        elif row is not None and (look.state in _MISSING or look.state in _UNSEEN):
            event = row.take(look, rules)
            if event is not None:
                row.told = event.kind
                found.append(event)
        last = look
    return found


def _counted(looks: Sequence[Look]) -> list[Look]:
    """Of looks that found no page those that count: sent elsewhere, only to where most of them were."""
    targets = [look.target for look in reversed(looks) if look.state is State.MOVED]
    target = _commonest(targets) if targets else None
    return [look for look in looks if look.state is not State.MOVED or look.target == target]


def _last_of_one_kind(looks: Sequence[Look]) -> Sequence[Look]:
    at = len(looks)
    while at and (looks[at - 1].state, looks[at - 1].target) == (looks[-1].state, looks[-1].target):
        at -= 1
    return looks[at:]


def _commonest(values: Iterable[T]) -> T:
    """The value that occurs most often, of equally many the first."""
    return Counter(values).most_common(1)[0][0]
