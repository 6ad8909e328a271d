"""Disclosures: facts about the operator in what was written, and whose words they stand in.

A trace in the crawler's own words is `written`. One in a server's is `echoed`; so is one in an address that a page led
to, and in words of the crawler that repeat what the server said. One within what the operator chose to tell (name,
mail address, User-Agent) is `given`.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, BinaryIO

from archive.facts import Fact
from archive.traces import MARGIN, Forms, Trace, is_common, is_distinctive, is_loopback, shapes


class DisclosureKind(enum.StrEnum):
    """Who let a fact out."""

    WRITTEN = "written"
    ECHOED = "echoed"
    GIVEN = "given"
    UNREAD = "unread"  # nobody knows: it could not be read


@dataclass(frozen=True, slots=True)
class Disclosure:
    """One fact in one place. What the fact is, is not repeated, unless the name of the file says it."""

    kind: DisclosureKind
    what: str
    form: str
    """How it is spelled; empty where that says nothing."""
    place: str
    file: str
    """Name relative to the collection, or of the file that was asked about."""
    offset: int | None = None
    """Of the record's member in the file; None outside of WARCs."""
    record_id: str | None = None
    """Without brackets; None where the id itself is what gives somebody away."""

    def __str__(self) -> str:
        where = [self.file]
        where += [f"offset {self.offset}"] if self.offset is not None else []
        where += [f"<{self.record_id}>"] if self.record_id else []
        form = f" ({self.form})" if self.form not in {"", "as it is"} else ""
        return f"{self.kind}: {', '.join(where)}: {self.what}{form}, in {self.place}"

    def as_record(self) -> dict[str, Any]:
        """As programs read it."""
        return {**asdict(self), "kind": self.kind.value}


class Zone(enum.Enum):
    """Whose words a stretch of octets is."""

    OWN = "the crawler's"
    ADDRESS = "a page's address: the operator's if it was a start page, else a server's"
    PEER = "the crawler's, where the network address is the server's"
    QUOTED = "the crawler's, where they may repeat what the server said"
    LINK = "an address that a page led to"
    SENT = "a server's"


Span = tuple[int, int, Zone]
Judged = tuple[Trace, DisclosureKind | None]
"""A trace and who let it out; None where that is not known before it is known how the page was found."""

_TOKEN_END = re.compile(rb"[\s\"'<>(),;\[\]{}|]")


class Judge:
    """Finds traces, and knows what the operator chose to tell and which addresses and words came from servers."""

    def __init__(self, facts: Iterable[Fact], given: Iterable[str]) -> None:
        everything = tuple(dict.fromkeys(facts))
        self.common = tuple(fact for fact in everything if is_common(fact))
        """Facts that are not looked for."""
        self.facts = tuple(fact for fact in everything if not is_common(fact))
        self._own = Forms(fact for fact in self.facts if not is_loopback(fact))
        self._sent = Forms(fact for fact in self.facts if is_distinctive(fact))
        self._given = [text.encode() for text in given if len(text) > 2]
        self._learned = Forms(())
        self._addresses: set[bytes] = set()
        self._sites: set[bytes] = set()
        self._quotes: set[bytes] = set()

    def learn(self, facts: Iterable[Fact]) -> None:
        """What the file at hand says of its own machine, until the next `learn`."""
        self._learned = Forms(fact for fact in facts if not is_common(fact))

    def came_from_a_server(self, address: bytes) -> None:
        """Take an address for a server's from now on, wherever it stands."""
        self._addresses.add(address.strip())

    def is_from_a_server(self, address: str) -> bool:
        """Whether an address was taken for a server's before."""
        return address.encode("utf-8", "surrogatepass").strip() in self._addresses

    def is_a_site(self, name: str) -> None:
        """Take a name for a site's from now on: a bare word in it says nothing of the operator."""
        self._sites.add(name.lower().encode())

    def facts_in(self, octets: bytes) -> set[Fact]:
        """The facts of which there is any trace, whosever words it is in."""
        return {trace.fact for trace in self._own.traces(octets) if trace.fact is not None}

    def judge(
        self,
        octets: bytes,
        spans: Sequence[Span] = (),
        *,
        shaped: bool = True,
        mixed: bool = False,
        sent: frozenset[Fact] = frozenset(),
    ) -> Iterator[Judged]:
        """The traces in octets that are the crawler's own words, but for `spans`.

        `shaped`: whether what looks like a fact about any machine counts. `mixed`: whether addresses of pages stand
        between the words. `sent`: facts that the server said in the same exchange.
        """
        for forms in (self._own, self._learned):
            for trace in forms.traces(octets):
                zone, stretch = _zone(octets, trace, spans)
                if zone is Zone.OWN and mixed and b"://" in _token(octets, trace):
                    zone, stretch = Zone.ADDRESS, _token(octets, trace)
                if zone is not Zone.SENT and not self._is_anybodys(octets, trace, zone):
                    yield trace, self._kind(octets, trace, zone, stretch, sent)
        for start, end, zone in spans:
            if zone is Zone.SENT:
                yield from ((trace, DisclosureKind.ECHOED) for trace in self.sent(octets[start:end]))
        if shaped:
            for trace in shapes(octets):
                zone, _ = _zone(octets, trace, spans)
                # what is within a page's address is the server's affair
                if (zone is Zone.OWN or (zone is Zone.QUOTED and "address" not in trace.what)) and (
                    b"://" not in _token(octets, trace) and not _lies_in(octets, trace, (*self._given, *self._quotes))
                ):
                    yield trace, DisclosureKind.WRITTEN

    def sent(self, octets: bytes) -> Iterator[Trace]:
        """Traces of facts that are distinctive enough, in what servers sent."""
        return self._sent.traces(octets)

    def facts_in_file(self, file: BinaryIO) -> set[Fact]:
        """The facts of which there is a trace in a file, whatever it is."""
        feed = Feed(self._own.traces)
        found = {trace.fact for piece in iter(lambda: file.read(1 << 20), b"") for trace in feed.take(piece)}
        return {fact for fact in found | {trace.fact for trace in feed.end()} if fact is not None}

    def _is_anybodys(self, octets: bytes, trace: Trace, zone: Zone) -> bool:
        """Whether a trace is a bare word in the name or address of a site."""
        if trace.fact is None or is_distinctive(trace.fact):
            return False
        return zone in {Zone.ADDRESS, Zone.LINK} or _token(octets, trace).lower().strip(b":.") in self._sites

    def _kind(
        self, octets: bytes, trace: Trace, zone: Zone, stretch: bytes, sent: frozenset[Fact]
    ) -> DisclosureKind | None:
        if _lies_in(octets, trace, self._given):
            return DisclosureKind.GIVEN
        if zone is Zone.LINK:
            return DisclosureKind.ECHOED
        if zone is Zone.ADDRESS:
            return DisclosureKind.ECHOED if stretch.strip() in self._addresses else None
        if zone is Zone.QUOTED and trace.fact in sent:
            self._quotes.add(stretch.strip())
            return DisclosureKind.ECHOED
        if _token(octets, trace) in self._addresses or _lies_in(octets, trace, self._quotes):
            return DisclosureKind.ECHOED
        return DisclosureKind.WRITTEN


class Feed:
    """Traces in octets that come in pieces; one that lies across two pieces is found too."""

    def __init__(self, traces: Any) -> None:
        self._traces = traces
        self._tail = b""
        self._first = True

    def take(self, piece: bytes) -> Iterator[Trace]:
        """The next piece; a trace near its end is found with the next one."""
        octets = self._tail + piece
        # what may stand before and behind a trace must be there to be looked at
        yield from (
            one for one in self._traces(octets) if one.end + 8 <= len(octets) and (self._first or one.start >= 8)
        )
        if len(octets) > 2 * MARGIN:
            self._first = False
            octets = octets[-2 * MARGIN :]
        self._tail = octets

    def end(self) -> Iterator[Trace]:
        """What was near the end."""
        yield from (one for one in self._traces(self._tail) if self._first or one.start >= 8)


def _zone(octets: bytes, trace: Trace, spans: Sequence[Span]) -> tuple[Zone, bytes]:
    for start, end, zone in spans:
        if start <= trace.start and trace.end <= end:
            return zone, octets[start:end]
    return Zone.OWN, b""


def _token(octets: bytes, trace: Trace) -> bytes:
    """The word around a trace: an address has no white space and no quotation marks in it."""
    start, end = max(0, trace.start - 4096), trace.end + 4096
    before = _TOKEN_END.split(octets[start : trace.start])[-1]
    behind = _TOKEN_END.split(octets[trace.end : end], maxsplit=1)[0]
    return before + octets[trace.start : trace.end] + behind


def _lies_in(octets: bytes, trace: Trace, texts: Iterable[bytes]) -> bool:
    """Whether a trace is part of one of these texts where it stands."""
    for text in texts:
        at = octets.find(text, max(0, trace.end - len(text)), trace.start + len(text))
        if at >= 0:
            return True
    return False
