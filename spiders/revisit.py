"""Revisits: how often a page is fetched again, by its kind, as `[site.revisit]` says it.

    always                                         at every run
    once                                           not again after it was had, unless a listing says that it was changed
    hourly · daily · weekly · monthly · yearly
    every 6 hours · every 3 days · every 2 weeks
    hourly for 2 days, daily for 30 days, then monthly     by the page's age
    changed                                        when a listing says that it was changed, and every 90 days anyway
    daily in any case                              whatever a listing says

What a listing (REST, JSON list, sitemap, feed) says to be as it was is not fetched again, whatever its kind's rhythm,
unless that says "in any case"; it is looked at anyway once in 90 days, once in 14 where only a sitemap or a feed says
so, because those are often wrong, and after a day on which it was changed and fetched, where the listing names no hour.
These visits are spread: each page has a time of its own between a third and the
whole of it, so that a registry which was crawled in a day does not come up for it in one.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from spiders.entry import Way, instant_of

NOT_DUE: Final = "not due"
"""Beginning of the reason why a page is not fetched in a run: its kind's rhythm."""
UNCHANGED: Final = "unchanged since"
"""The same, because a listing says so."""

NEVER: Final = timedelta.max
DAY: Final = timedelta(days=1)

ANYWAY: Final = timedelta(days=90)
"""After so long a page is looked at, whatever is said about it; no pause between two visits is longer."""
ANYWAY_BY_SITEMAP: Final = timedelta(days=14)

CONFIRMED: Final = 2
"""Visits soon after each other to a page that was gone when it was visited last (`pipelines/page_states.py`)."""

EARLY: Final = 0.9
"""Part of an interval after which a page is due: a run that begins a minute earlier than yesterday's must not put
every page off for a day."""

_RHYTHMS: Final = {
    "always": timedelta(0),
    "hourly": timedelta(hours=1),
    "daily": DAY,
    "weekly": timedelta(weeks=1),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
    "once": NEVER,
    "changed": ANYWAY,
}
_UNITS: Final = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": DAY,
    "week": timedelta(weeks=1),
    "month": timedelta(days=30),
    "year": timedelta(days=365),
}
_SPAN: Final = r"(?:(\d{1,4}) +)?(minute|hour|day|week|month|year)s?"
_PHASE: Final = re.compile(rf"(?:(?P<rhythm>[a-z]+)|every +(?P<every>{_SPAN}))(?: +for +(?P<span>{_SPAN}))?\Z")
_ANY_CASE: Final = re.compile(r" +in +any +case\Z")

EXPECTED: Final = (
    'a rhythm like "always", "daily", "every 6 hours", "hourly for 2 days, daily for 30 days, then monthly", "changed" '
    'or "once"'
)


@dataclass(frozen=True, slots=True)
class Phase:
    """A rhythm, and the age of a page at which it ends."""

    every: timedelta
    until: timedelta = NEVER


@dataclass(frozen=True, slots=True)
class Policy:
    """How often pages of one kind are fetched again."""

    phases: tuple[Phase, ...]
    by_listing: bool = True
    """Whether a page that a listing says to be as it was is left alone."""
    only_changed: bool = False
    """Whether a page that no listing says anything about is left alone too."""

    def interval(self, age: timedelta) -> timedelta:
        """The rhythm of a page of that age."""
        return next((phase.every for phase in self.phases if age < phase.until), self.phases[-1].every)


ALWAYS: Final = Policy((Phase(timedelta(0)),))


def parse_policy(text: str) -> Policy:
    """The policy that a text says. Raises ValueError with what was expected and found."""
    words = " ".join(text.lower().split())
    by_listing = _ANY_CASE.search(words) is None
    phases: list[Phase] = []
    age = timedelta(0)
    parts = [part.strip().removeprefix("then ").strip() for part in _ANY_CASE.sub("", words).split(",")]
    for number, part in enumerate(parts, 1):
        phase = _PHASE.match(part)
        if phase is None or (phase["span"] is None) != (number == len(parts)):
            raise ValueError(f"expected {EXPECTED}, found {text!r}")
        every = _RHYTHMS.get(phase["rhythm"]) if phase["rhythm"] else _span(phase["every"])
        if every is None or (len(parts) > 1 and phase["rhythm"] == "changed"):
            raise ValueError(f"expected {EXPECTED}, found {text!r}")
        if phase["span"]:
            age += _span(phase["span"])
        phases.append(Phase(every, age if phase["span"] else NEVER))
    return Policy(tuple(phases), by_listing=by_listing, only_changed=parts == ["changed"])


def _span(text: str) -> timedelta:
    number, _, unit = text.rpartition(" ")
    return int(number or 1) * _UNITS[unit.removesuffix("s")]


class Policies:
    """The policies of a site. Kinds that it says nothing about are fetched at every run."""

    def __init__(self, revisit: tuple[tuple[str, str], ...]) -> None:
        """Raises ValueError, naming the kind."""
        self._by_kind: dict[str, Policy] = {}
        for kind, text in revisit:
            try:
                self._by_kind[kind] = parse_policy(text)
            except ValueError as error:
                raise ValueError(f"revisit.{kind}: {error}") from error
        self._other = self._by_kind.get("other", ALWAYS)

    def __bool__(self) -> bool:
        return bool(self._by_kind)

    def of(self, kind: str | None) -> Policy:
        """The policy for a kind of page."""
        if kind is None:
            return self._other
        if kind in self._by_kind:
            return self._by_kind[kind]
        # a listing that is no page of its own kind finds the others
        return ALWAYS if kind in LISTINGS else self._other


LISTINGS: Final = frozenset({"list", "rest", "api", "sitemap", "feed", "download"})
"""Kinds that are fetched at every run unless the policy says otherwise."""


@dataclass(frozen=True, slots=True)
class Word:
    """What a listing says about when a page was changed, and what it had said when the page was fetched last."""

    way: Way
    modified: str
    fetched: str = ""


@dataclass(frozen=True, slots=True)
class Past:
    """What is known of a page's visits."""

    key: str
    first_found_at: datetime
    fetched_at: datetime | None = None
    status: int | None = None
    """Of the last visit; None when there was no answer."""
    failures: int = 0
    """Visits in a row that had no page: no answer, or a status that is none of success and redirection."""
    published: str = ""
    words: tuple[Word, ...] = ()
    """Of the listings that name it now."""


def due_at(past: Past, policy: Policy) -> datetime | None:
    """When a page is to be fetched again; None: not any more. What was never fetched is due since it was found."""
    at = past.fetched_at
    if at is None:
        return past.first_found_at
    if past.failures:
        return at + _pause_after_failure(past, policy)
    if policy.by_listing and any(has_changed(word, at) for word in past.words):
        return at
    interval = policy.interval(at - _born(past, at))
    if interval == timedelta(0):
        return at
    if interval != NEVER and policy.by_listing and (said := [word for word in past.words if word.modified]):
        trusted = policy.only_changed or any(word.way in {"rest", "api"} for word in said)
        anyway = at + max(interval, _spread(ANYWAY if trusted else ANYWAY_BY_SITEMAP, past.key))
        return min([anyway, *(day_over for word in said if (day_over := _day_over(word, at)) is not None)])
    if interval == NEVER:
        return None
    return at + (_spread(interval, past.key) if policy.only_changed else interval * EARLY)


def has_changed(word: Word, fetched_at: datetime) -> bool:
    """Whether a listing says that a page is not as it was when it was fetched."""
    if not word.modified:
        return False
    modified = instant_of(word.modified)
    if word.fetched:
        # the same instant may be written another way
        return word.modified != word.fetched and (modified is None or modified != instant_of(word.fetched))
    # the page was had before this listing spoke of it
    if modified is None:
        return True
    return modified + (DAY if _is_day(word) else timedelta(0)) > fetched_at


def _day_over(word: Word, fetched_at: datetime) -> datetime | None:
    """The end of the day that a listing says a page was changed on, if the page was fetched before it: what is changed
    once more on that day, the listing does not tell."""
    modified = instant_of(word.modified) if _is_day(word) else None
    return modified + DAY if modified is not None and modified <= fetched_at < modified + DAY else None


def _is_day(word: Word) -> bool:
    return ":" not in word.modified


def _pause_after_failure(past: Past, policy: Policy) -> timedelta:
    if past.status in {404, 410}:
        # it may come back, and it is seldom worth as many visits as a page that is there
        assert past.fetched_at is not None
        rhythm = policy.interval(past.fetched_at - past.first_found_at)
        if rhythm == timedelta(0):
            return rhythm
        base = DAY if rhythm == NEVER or policy.only_changed else max(rhythm, DAY)
        if past.failures <= CONFIRMED:
            # one look proves nothing: that it is gone is said when more of them have found nothing
            return DAY * EARLY
        return min(base * (1 << min(past.failures - 1 - CONFIRMED, 7)), ANYWAY) * EARLY
    # what fails for a moment is tried at the next runs, then more and more seldom
    return min(DAY * (1 << min(past.failures - 4, 7)), ANYWAY) * EARLY if past.failures > 3 else timedelta(0)


def _born(past: Past, at: datetime) -> datetime:
    """When the page was changed last, as far as it is known, else published, else found."""
    said = [instant_of(word.modified) for word in past.words] or [instant_of(past.published)]
    known = [instant for instant in said if instant is not None and instant <= at]
    return max(known, default=min(past.first_found_at, at))


def _spread(whole: timedelta, key: str) -> timedelta:
    part: float = int.from_bytes(hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()[:4]) / 2**32
    return whole * (1 + 2 * part) / 3
