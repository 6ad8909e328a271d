"""Coverage: when a page was looked at, what each look saw, and how long nobody saw it.

Every fetch is a look, and every look is on record, one that found nothing new as well: its revisit is the statement
"looked, unchanged". A look that did not see the page (refused, no answer, a redirect) says nothing about it, and does
not make a gap shorter.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from archive.catalogue import HistoryRow
from archive.exchange import Outcome
from archive.kinds import SETTLED, State


class Seen(enum.StrEnum):
    """What a look saw."""

    PAGE = "page"  # the page, with other bytes than the look before that saw it, or for the first time
    UNCHANGED = "unchanged"  # the page, with the very bytes of the look before that saw it
    GONE = "gone"  # the server, or its page, said that there is no such page
    REPLACED = "replaced"  # something else stands in its place: a parked domain, another topic
    MOVED = "moved"  # it said to look elsewhere, and be it at the site's first page
    BLOCKED = "blocked"  # somebody kept us from seeing it
    UNREACHABLE = "unreachable"  # no answer that tells about the page
    BROWSER = "browser"  # it was a browser's, beside one of our own
    SECOND_LOOK = "second-look"  # the same page some seconds later, beside the look before it
    NOT_ASKED = "not-asked"  # robots.txt forbade it, or could not be had: there was no look


BESIDE = (Seen.BROWSER, Seen.SECOND_LOOK)
"""What stands beside a look of the same crawl."""


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a page."""

    row: HistoryRow
    seen: Seen
    unchanged_since: int | None = None
    """Number of the first capture in the unbroken row of those with these bytes; None where they are new."""

    @property
    def saw(self) -> bool:
        """Whether it saw the page, or that it is not there."""
        return self.row.state in SETTLED


@dataclass(frozen=True, slots=True)
class Gap:
    """The time between two successive looks that saw the page."""

    before: Look
    after: Look
    blind: tuple[Look, ...]
    """Looks in between that did not see it."""

    @property
    def length(self) -> timedelta:
        """How long it was."""
        return self.after.row.capture.captured_at - self.before.row.capture.captured_at


@dataclass(frozen=True, slots=True)
class Coverage:
    """A page's looks and the gaps between them, in time order."""

    looks: tuple[Look, ...]
    gaps: tuple[Gap, ...]

    def count(self, *seen: Seen) -> int:
        """How many looks saw this."""
        return sum(look.seen in seen for look in self.looks)

    @property
    def made(self) -> int:
        """Looks for which the server, or the way to it, was asked; not those beside them."""
        return len(self.looks) - self.count(Seen.NOT_ASKED, *BESIDE)

    @property
    def first_seen(self) -> Look | None:
        """The first look that saw the page itself; None when none did."""
        return next((look for look in self.looks if look.row.state is State.PRESENT), None)

    @property
    def last_seen(self) -> Look | None:
        """The last look that saw the page itself."""
        return next((look for look in reversed(self.looks) if look.row.state is State.PRESENT), None)

    @property
    def longest_gap(self) -> Gap | None:
        """The longest gap, of equal ones the first; None with fewer than two looks that saw the page."""
        return max(self.gaps, key=lambda gap: gap.length, default=None)


_SEEN_BY_STATE = {
    State.GONE: Seen.GONE,
    State.SOFT_404: Seen.GONE,
    State.REPLACED: Seen.REPLACED,
    State.MOVED: Seen.MOVED,
    State.REDIRECTED_HOME: Seen.MOVED,
    State.BLOCKED: Seen.BLOCKED,
    State.UNREACHABLE: Seen.UNREACHABLE,
    State.BROWSER: Seen.BROWSER,
    State.SECOND_LOOK: Seen.SECOND_LOOK,
}


def coverage(history: Sequence[HistoryRow]) -> Coverage:
    """The coverage of a page whose history this is."""
    looks: list[Look] = []
    gaps: list[Gap] = []
    before: Look | None = None
    blind: list[Look] = []
    for row in history:
        look = _look(row, before)
        looks.append(look)
        if look.seen in BESIDE:
            continue
        if not look.saw:
            blind.append(look)
            continue
        if before is not None:
            gaps.append(Gap(before, look, tuple(blind)))
        before, blind = look, []
    return Coverage(tuple(looks), tuple(gaps))


def _look(row: HistoryRow, before: Look | None) -> Look:
    if row.state is not State.PRESENT:
        asked = row.capture.outcome is not Outcome.ROBOTS
        return Look(row, _SEEN_BY_STATE[row.state] if asked else Seen.NOT_ASKED)
    if before is not None and before.row.state is State.PRESENT:
        mine, last = row.capture, before.row.capture
        # of a page that was cut off nobody knows the rest
        whole = not (mine.truncated and not mine.is_revisit) and not (last.truncated and not last.is_revisit)
        if whole and mine.payload_digest is not None and mine.payload_digest == last.payload_digest:
            return Look(row, Seen.UNCHANGED, before.unchanged_since or before.row.n)
    return Look(row, Seen.PAGE)


# --- a phrase ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sight:
    """What one capture says of a phrase."""

    row: HistoryRow
    has: bool | None
    """None where that cannot be known."""
    why: str | None = None
    """Why it cannot be known, or that the page was gone."""


@dataclass(frozen=True, slots=True)
class Presence:
    """A stretch of captures with the phrase, and the bounds of its appearing and vanishing."""

    after: Sight | None
    """The last capture before it that was seen without the phrase; None when there is none."""
    first: Sight
    """The first capture with the phrase."""
    last: Sight
    """The last one."""
    before: Sight | None
    """The first capture after it that was seen without the phrase; None when there is none."""
    captures: int
    """How many captures have it."""
    unknown_before: tuple[Sight, ...] = ()
    """Captures in between `after` and `first` of which it is not known."""
    unknown_within: tuple[Sight, ...] = ()
    unknown_after: tuple[Sight, ...] = ()


@dataclass(slots=True)
class _Open:
    after: Sight | None
    unknown_before: list[Sight]
    first: Sight
    last: Sight
    captures: int = 1
    within: list[Sight] = field(default_factory=list)
    since: list[Sight] = field(default_factory=list)

    def closed(self, before: Sight | None) -> Presence:
        return Presence(
            after=self.after,
            first=self.first,
            last=self.last,
            before=before,
            captures=self.captures,
            unknown_before=tuple(self.unknown_before),
            unknown_within=tuple(self.within),
            unknown_after=tuple(self.since),
        )


def presences(sights: Iterable[Sight]) -> list[Presence]:
    """All stretches of time in which a page had a phrase; `sights` in time order.

    A capture of which it is not known neither begins nor ends a stretch: it only widens the bounds.
    """
    found: list[Presence] = []
    without: Sight | None = None
    unknown: list[Sight] = []
    current: _Open | None = None
    for sight in sights:
        if sight.has is None:
            (unknown if current is None else current.since).append(sight)
        elif sight.has and current is None:
            current = _Open(without, unknown, sight, sight)
        elif sight.has and current is not None:
            current.last = sight
            current.captures += 1
            current.within.extend(current.since)
            current.since = []
        else:
            if current is not None:
                found.append(current.closed(sight))
                current = None
            without, unknown = sight, []
    if current is not None:
        found.append(current.closed(None))
    return found
