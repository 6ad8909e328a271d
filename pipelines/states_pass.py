"""What became of each page over its captures, entered as events once it is established.

A page is here all addresses of one place in its site: the mirrors of a site have the same pages. Where a redirect
leads is read from its record once; what it says of the page is what was seen where it leads in the same crawl: a
redirect to an error page is that error. Where a page that was gone went on elsewhere, its text is found there.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from rapidfuzz.distance import Indel

from archive.catalogue import ChangeRow, Move, PageLook, change_id
from archive.errors import CaptureNotFoundError, CatalogueError, ReadingError, RecordError, StorageError
from archive.http import MalformedHeadError, parse_head
from archive.kinds import MISSING, ChangeKind, State
from pipelines.diff import tokens
from pipelines.not_the_page import is_asked_to_log_in, is_home
from pipelines.page_states import Event, Look, events
from pipelines.passes import Settling
from pipelines.reading import Reading, comparable
from pipelines.sight import key_of
from pipelines.weight import event_weight
from spiders.address import AddressError, join_link

if TYPE_CHECKING:
    from archive.catalogue import FirstSight
    from spiders.definition import SiteDefinition

BATCH: Final = 200
HOPS: Final = 10
"""Redirects that are followed to their end."""
ALIKE: Final = 0.9
"""Part of a text's words that are the same, in order, where it is that of a page which went on elsewhere."""
WORDS: Final = 20
"""Words of a text that is enough to know a page by."""
_INDEX: Final = re.compile(r"(?<=/)(index|default)\.\w{2,5}\Z", re.IGNORECASE)
ELSEWHERE: Final = frozenset({State.GONE, State.SOFT_404, State.BLOCKED, State.UNREACHABLE, State.REPLACED})
"""What was seen where a redirect leads, and is what it says of the page."""


def settle_states(settling: Settling) -> int:
    """How many events it found that were not known."""
    told = _States(settling)
    found = 0
    while not settling.is_stopping():
        due = settling.catalogue.states.due(told.version, BATCH)
        if not due:
            break
        done: set[str] = set()
        for url in due:
            if url not in done:
                new, urls = told.state(url)
                found += new
                done.update(urls)
    return found


@dataclass(frozen=True, slots=True)
class _Text:
    """A page's text, as another is compared with it."""

    title: str
    words: tuple[str, ...]


@dataclass(slots=True)
class _Followed:
    """What redirects of a page turned out to be, for the catalogue."""

    states: dict[str, State] = field(default_factory=dict)
    targets: dict[str, str] = field(default_factory=dict)


class _States:
    """The states of all pages of a collection, one after the other."""

    def __init__(self, settling: Settling) -> None:
        self._settling = settling
        self._catalogue = settling.catalogue
        self._rules = settling.state_rules
        self._firsts: dict[str, list[FirstSight]] = {}
        self._texts: dict[str, _Text | None] = {}
        self.version = self._version()
        """Names the rules, and what of the sites' definitions they depend on."""

    def _version(self) -> str:
        named = []
        for row in self._catalogue.sites():
            site = self._site(row.site)
            if site is not None:
                named.append([site.name, site.start[:1], site.lists, site.kinds, site.mirrors])
        return f"{self._rules.version}+{hashlib.sha256(repr(named).encode()).hexdigest()[:8]}"

    def state(self, url: str) -> tuple[int, Sequence[str]]:
        """Enter the events of a page, told from all its looks; how many are new, and all addresses of the page."""
        urls, captures = self._catalogue.states.looks_at(url)
        followed = _Followed()
        looks = self._looks(captures, followed)
        by_record = {one.record_id: one for one in captures}
        rows, moves = [], []
        respelt = False
        for event in events(looks, self._rules):
            told, move = self._elsewhere(event, by_record)
            if move is not None:
                moves = [move]
            # the same address written otherwise is nothing to tell, nor is that it is written as before
            before, respelt = respelt, move is not None and self._is_respelt(move, by_record[event.before.record_id])
            if not respelt and not (before and told.kind is ChangeKind.BACK):
                rows.append(self._row(told, by_record, move))
        new = self._catalogue.states.put(
            urls, self.version, events=rows, states=followed.states, targets=followed.targets, moves=moves
        )
        return new, urls

    def _site(self, name: str) -> SiteDefinition | None:
        return self._settling.rules_for_site(name).site

    # ---- looks

    def _looks(self, captures: Iterable[PageLook], followed: _Followed) -> list[Look]:
        """The one look of each crawl: one that saw the page, else the last."""
        crawls: dict[str, Look] = {}
        for one in captures:
            # what another page embeds, and robots.txt, are no pages
            if one.hops.rstrip("R").endswith(("E", "P")):
                continue
            look = self._look(one, followed)
            known = crawls.get(one.crawl)
            if look is not None and (known is None or look.state is State.PRESENT or known.state is not State.PRESENT):
                crawls[one.crawl] = look
        return sorted(crawls.values(), key=lambda look: look.at)

    def _look(self, one: PageLook, followed: _Followed) -> Look | None:
        """What a capture says of its page; None where that is nothing."""
        if one.status is None or not 300 <= one.status < 400 or one.state not in {State.MOVED, State.REDIRECTED_HOME}:
            return Look(one.captured_at, one.record_id, one.state)
        site = self._site(one.site)
        target, there = self._end_of(one, followed)
        home = bool(target) and is_home(target, one.url, site)
        state = State.REDIRECTED_HOME if home else State.MOVED
        if one.state is not state:
            followed.states[one.record_id] = state
        if not target or key_of(target, site) == key_of(one.url, site):
            # to another address of the same page: what that says is a look of its own
            return None
        if there is not None and there.state in ELSEWHERE:
            state = there.state
        elif is_asked_to_log_in(target):
            state = State.BLOCKED
        return Look(one.captured_at, one.record_id, state, target if state is State.MOVED else None)

    def _end_of(self, one: PageLook, followed: _Followed) -> tuple[str, PageLook | None]:
        """Where a redirect leads in the end, and what was seen there in the same crawl."""
        seen = {one.url}
        step, target = one, ""
        there: PageLook | None = None
        for _ in range(HOPS):
            target = self._target(step, followed if step is one else None)
            there = None if not target or target in seen else self._catalogue.states.look_in(target, one.crawl)
            seen.add(target)
            if there is None or there.state not in {State.MOVED, State.REDIRECTED_HOME}:
                break
            step = there
        return target, there

    def _target(self, one: PageLook, followed: _Followed | None) -> str:
        """Where a redirect leads; '' where it does not say."""
        if one.target is not None:
            return one.target
        target = self._read_target(one)
        if followed is not None:
            followed.targets[one.record_id] = target
        return target

    def _read_target(self, one: PageLook) -> str:
        try:
            capture = self._catalogue.capture(one.record_id)
            head = parse_head(dict(self._settling.collection.heads(capture)).get("response", b""))
            location = None if head is None else head.value("Location")
            return "" if location is None else join_link(one.url, location).partition("#")[0]
        except (RecordError, CaptureNotFoundError, StorageError, MalformedHeadError, AddressError):
            return ""

    # ---- where a page went on

    def _elsewhere(self, event: Event, by_record: dict[str, PageLook]) -> tuple[Event, Move | None]:
        """An event as it is told where the page went on at another address, and that it did."""
        before = by_record[event.before.record_id]
        if event.kind is ChangeKind.MOVED:
            assert event.target is not None
            first = self._catalogue.states.first_sight(event.target)
            if first is None or not (first.captured_at >= event.before.at or self._alike(before, first)):
                return event, None
            return event, Move(before.url, first.url, event.before.at, "redirect")
        if event.kind is ChangeKind.BACK or State(event.kind.value) not in MISSING:
            return event, None
        found = self._found(before, event, by_record)
        if found is None:
            return event, None
        moved = replace(event, kind=ChangeKind.MOVED, target=found.url)
        return moved, Move(before.url, found.url, event.before.at, "content")

    def _found(self, before: PageLook, event: Event, by_record: dict[str, PageLook]) -> FirstSight | None:
        """The page that has the text of one that is gone, first seen after that was last seen; None where none has."""
        text = self._text(before.record_id)
        if text is None:
            return None
        last = by_record[event.after.record_id]
        mine = {key_of(one.url, self._site(one.site)) for one in by_record.values()}
        found: list[tuple[float, datetime, FirstSight]] = []
        for first in self._firsts_of(before.site):
            at_hand = first.captured_at <= last.captured_at or first.crawl == last.crawl
            # what stood beside the page while it was there is another one with the same text
            beside = first.captured_at < event.before.at or first.crawl == before.crawl
            if beside or not at_hand:
                continue
            if key_of(first.url, self._site(before.site)) in mine:
                continue
            alike = self._likeness(text, first.record_id)
            if alike >= ALIKE and self._is_there(first, last.crawl):
                found.append((-alike, first.captured_at, first))
        return min(found, key=lambda one: (one[0], one[1], one[2].url))[2] if found else None

    def _is_there(self, first: FirstSight, crawl: str) -> bool:
        """Whether a page was not missing itself when another one was told to have gone on there."""
        look = self._catalogue.states.look_in(first.url, crawl)
        return look is None or look.state is State.PRESENT

    def _firsts_of(self, site: str) -> list[FirstSight]:
        if site not in self._firsts:
            self._firsts[site] = self._catalogue.states.first_sights(site)
        return self._firsts[site]

    def _alike(self, before: PageLook, first: FirstSight) -> bool:
        text = self._text(before.record_id)
        return text is not None and self._likeness(text, first.record_id) >= ALIKE

    def _likeness(self, text: _Text, record_id: str) -> float:
        """How much of a page's words another has, in order; 0 where their titles tell two pages.

        Pages of one template about two persons are alike in nearly all their words.
        """
        other = self._text(record_id)
        if other is None or other.title != text.title:
            return 0.0
        return Indel.normalized_similarity(text.words, other.words, score_cutoff=ALIKE)

    def _text(self, record_id: str) -> _Text | None:
        """A page's words; None where they are too few to know it by."""
        if record_id not in self._texts:
            self._texts[record_id] = self._read_text(record_id)
        return self._texts[record_id]

    def _read_text(self, record_id: str) -> _Text | None:
        row = self._catalogue.reading(record_id)
        if row is None or row.failed is not None:
            return None
        try:
            reading = Reading.from_json(row.json)
        except (ReadingError, CatalogueError):
            return None
        words = tuple(word for word in tokens(comparable(reading.text)) if not word.isspace())
        return _Text(comparable(reading.title or ""), words) if len(words) >= WORDS else None

    def _is_respelt(self, move: Move, before: PageLook) -> bool:
        """Whether a redirect leads to the same address in other letters: a slash at its end, capitals, index.html."""
        site = self._site(before.site)
        return move.told_by == "redirect" and _spelt(key_of(move.from_url, site)) == _spelt(key_of(move.to_url, site))

    # ---- rows

    def _row(self, event: Event, by_record: dict[str, PageLook], move: Move | None) -> ChangeRow:
        before, after = by_record[event.before.record_id], by_record[event.after.record_id]
        first = by_record[event.first.record_id]
        weight, reasons = event_weight(event.kind.value, status=after.status)
        provenance: dict[str, Any] = {
            "rules": self._rules.version,
            "source": "source",
            "first": first.captured_at.strftime("%Y%m%d%H%M%S"),
            "looks": event.looks,
            "weight": [reason.as_record() for reason in reasons],
        }
        if event.target is not None:
            provenance["target"] = event.target
            provenance["told_by"] = "redirect" if move is None else move.told_by
        return ChangeRow(
            id=change_id(after.url, before.record_id, after.record_id, event.kind.value),
            url=after.url,
            site=after.site,
            from_record=before.record_id,
            to_record=after.record_id,
            from_at=before.captured_at,
            to_at=after.captured_at,
            kind=event.kind,
            weight=weight,
            edits=(),
            rules=self._rules.version,
            provenance=provenance,
        )


def _spelt(key: str) -> str:
    path, mark, query = key.partition("?")
    return _INDEX.sub("", path).rstrip("/").casefold() + mark + query
