"""robots.txt as RFC 9309, 2.3 to 2.5 has it, where Scrapy's middleware does not.

A network error or a 5xx answer is a complete disallow (2.3.1.4), 4xx is none (2.3.1.3), five redirects are followed
(2.3.1.2), rules are kept per scheme, host and port for 24 hours and longer only while robots.txt cannot be had (2.4).
429 is treated as 5xx: the server asks to be left alone, and RFC 9309 only says that a crawler *may* go on. Each
robots.txt is archived like a page, with the hop P, and what it decided is kept with each page (`notes`). What one says:
spiders/robots_rules.py.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Protocol
from urllib.parse import urlsplit

from archive.exchange import Failure, Outcome, Stage
from crawler.policy import CrawlPolicy
from spiders.address import AddressError, host_and_port, join_link
from spiders.definition import SiteDefinition
from spiders.robots_rules import Group, parse_robots

TTL: Final = 24 * 3600.0
"""Seconds for which a robots.txt is believed (RFC 9309, 2.4)."""
REDIRECTS: Final = 5
"""RFC 9309, 2.3.1.2."""
PARSED: Final = 1 << 20
"""Bytes of a robots.txt that are looked at, whatever the limits of pages; RFC 9309, 2.5 asks for 500 KiB at least."""

_TOKEN: Final = re.compile(r"[A-Za-z_-]+")


@dataclass(frozen=True, slots=True)
class Answer:
    """What one request for a robots.txt brought."""

    status: int
    location: str | None
    octets: bytes
    """What there is of it, or the first PARSED of them and more."""
    complete: bool = True
    record_id: str | None = None
    """The record that it is archived in."""


OF_THE_SERVER: Final[Mapping[Failure, tuple[Outcome, Stage]]] = {
    Failure.NXDOMAIN: (Outcome.UNRESOLVED, "resolve"),
    Failure.NO_ADDRESS: (Outcome.UNRESOLVED, "resolve"),
    Failure.SERVFAIL: (Outcome.UNRESOLVED, "resolve"),
    Failure.DNS_TIMEOUT: (Outcome.TIMEOUT, "resolve"),
    Failure.NO_NAME: (Outcome.UNRESOLVED, "resolve"),
    Failure.CONNECT_REFUSED: (Outcome.REFUSED, "connect"),
    Failure.UNREACHABLE: (Outcome.UNREACHABLE, "connect"),
    Failure.CONNECT_TIMEOUT: (Outcome.TIMEOUT, "connect"),
    Failure.PROXY: (Outcome.PROXY, "connect"),
    Failure.TLS_REFUSED: (Outcome.TLS, "tls"),
    Failure.TLS_RESET: (Outcome.RESET, "tls"),
    Failure.TLS_TIMEOUT: (Outcome.TIMEOUT, "tls"),
}
"""Failures before any request is made: they say of every page of a server what they say of its robots.txt."""


class Unanswered(Exception):  # noqa: N818 - an outcome, not a fault of ours
    """A request for a robots.txt brought no answer; the message says why."""

    def __init__(self, reason: str, *, failure: Failure | None = None, record_id: str | None = None) -> None:
        super().__init__(reason)
        self.failure = failure
        self.record_id = record_id


class Fetch(Protocol):
    """Fetches a robots.txt, and archives the exchange."""

    def __call__(self, url: str, redirects: int, wait: float) -> Awaitable[Answer]:
        """Fetch `url` after `wait` seconds at least. Raises Unanswered."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a page may be fetched."""

    allowed: bool
    reason: str = ""
    """Why not."""
    unreachable: bool = False
    """Whether nobody forbade it, but robots.txt could not be had."""
    failure: Failure | None = None
    """What kept robots.txt from us, where it would keep the page from us just the same: its name, the connection, or
    TLS. None for anything else."""
    ground: str = ""
    """What decided: the rule and its line, or that there was none."""
    record_id: str | None = None
    """Of the robots.txt, or of what came in its place."""

    def notes(self, *, overridden: Override | None = None) -> tuple[tuple[str, str], ...]:
        """Lines for the page's metadata record (docs/format.md): what was decided, on what ground, by which record."""
        against = overridden is not None and not self.allowed
        word = "allowed" if self.allowed else "overridden" if against else "disallowed"
        notes = [("robots", f"{word}; {self.ground}")]
        if self.record_id is not None:
            notes.append(("robots-txt", f"<{self.record_id}>"))
        if overridden is not None and against:
            notes.append(("robots-override", str(overridden)))
        return tuple(notes)


@dataclass(frozen=True, slots=True)
class Override:
    """That a site's robots.txt is not obeyed, and who answers for it."""

    by: str
    reason: str
    ground: str

    def __str__(self) -> str:
        parts = (("by", self.by), ("reason", self.reason), ("ground", self.ground))
        return "; ".join(f"{name}: {value}" for name, value in parts if value)


def override_of(site: SiteDefinition) -> Override | None:
    """That a site's robots.txt is not obeyed; None where it is."""
    if site.robots != "ignore":
        return None
    return Override(site.robots_by, site.robots_reason, site.robots_ground)


@dataclass(frozen=True, slots=True)
class Rules:
    """What one robots.txt says to us."""

    group: Group | None
    """None: everything is allowed, or nothing."""
    unreachable: str | None
    """Why robots.txt could not be had; then nothing is allowed."""
    crawl_delay: float | None
    until: float
    failure: Failure | None = None
    """As in Decision."""
    absent: str = ""
    """Why there are no rules, where there are none."""
    record_id: str | None = None

    def decide(self, url: str) -> Decision:
        """Whether `url` may be fetched."""
        if self.unreachable is not None:
            reason = f"robots.txt could not be had: {self.unreachable}"
            return Decision(
                False, reason, unreachable=True, failure=self.failure, ground=reason, record_id=self.record_id
            )
        rule = None if self.group is None else self.group.rule_for(url)
        if rule is None:
            return Decision(True, ground=self.absent or "no rule fits", record_id=self.record_id)
        reason = "" if rule.allow else "robots.txt disallows it"
        return Decision(rule.allow, reason, ground=str(rule), record_id=self.record_id)


class RobotsRules:
    """The robots.txt of all hosts of a run."""

    def __init__(self, policy: CrawlPolicy, token: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        """`token`: the product token that groups are matched with (RFC 9309, 2.2.1)."""
        self.token = token
        self._policy = policy
        self._clock = clock
        self._rules: dict[str, Rules] = {}
        self._pending: dict[str, asyncio.Future[Rules]] = {}

    async def rules_for(self, url: str, fetch: Fetch) -> Rules:
        """The rules for the scheme, host and port of `url`; fetched once, however many ask."""
        origin = f"{urlsplit(url).scheme.lower()}://{host_and_port(url)}"
        known = self._rules.get(origin)
        if known is not None and self._clock() < known.until:
            return known
        pending = self._pending.get(origin)
        if pending is None:
            pending = self._pending[origin] = asyncio.ensure_future(self._load(url, known, fetch))
            pending.add_done_callback(lambda _: self._pending.pop(origin, None))
        rules = await asyncio.shield(pending)
        self._rules[origin] = rules
        return rules

    async def _load(self, url: str, known: Rules | None, fetch: Fetch) -> Rules:
        rules = await self._fetched(join_link(url, "/robots.txt"), fetch)
        if rules.unreachable is not None and known is not None and known.unreachable is None:
            # RFC 9309, 2.4: the cached rules may be used for longer while robots.txt is unreachable
            return replace(known, until=rules.until)
        return rules

    async def _fetched(self, url: str, fetch: Fetch) -> Rules:
        absent = f"no robots.txt: more than {REDIRECTS} redirects"
        record_id = None
        for redirects in range(REDIRECTS + 1):
            try:
                answer = await self._answer(url, redirects, fetch)
            except Unanswered as error:
                # what a redirect led to is another server, whose troubles are not the page's
                failure = error.failure if redirects == 0 and error.failure in OF_THE_SERVER else None
                return self._unreachable(str(error), error.record_id, failure)
            record_id = answer.record_id
            if 200 <= answer.status < 300:
                if not answer.complete:
                    return self._unreachable("it came cut short", record_id)
                return self._read(answer)
            if answer.status == 429 or answer.status >= 500:
                return self._unreachable(f"HTTP {answer.status}", record_id)
            if not 300 <= answer.status < 400 or answer.location is None:
                absent = f"no robots.txt: HTTP {answer.status}"
                break
            try:
                url = join_link(url, answer.location)
            except AddressError:
                absent = f"no robots.txt: HTTP {answer.status} to no address"
                break
        return Rules(None, None, None, self._clock() + TTL, absent=absent, record_id=record_id)

    async def _answer(self, url: str, redirects: int, fetch: Fetch) -> Answer:
        """What the server says in the end: a whole site hangs on it, so failures are tried again."""
        wait = 0.0
        for attempt in itertools.count():
            last = attempt >= self._policy.retries
            try:
                answer = await fetch(url, redirects, wait)
            except Unanswered:
                if last:
                    raise
            else:
                if last or not (answer.status == 429 or answer.status >= 500):
                    return answer
            wait = self._policy.retry_delay * 2**attempt
        raise AssertionError("unreachable")

    def _read(self, answer: Answer) -> Rules:
        octets = answer.octets
        if len(octets) > PARSED:
            # a line that is cut in two could mean something else
            octets = octets[: max(octets.rfind(b"\n", 0, PARSED), octets.rfind(b"\r", 0, PARSED)) + 1]
        group = parse_robots(octets).group_for(self.token)
        return Rules(
            group,
            None,
            (group.crawl_delay or None) if group is not None else None,
            self._clock() + TTL,
            absent="no group for us in robots.txt" if group is None else "",
            record_id=answer.record_id,
        )

    def _unreachable(self, reason: str, record_id: str | None, failure: Failure | None = None) -> Rules:
        return Rules(None, reason, None, self._clock() + TTL, failure, record_id=record_id)


def product_token(user_agent: str) -> str:
    """The product token of a User-Agent, as robots.txt groups are matched with it: its first letters, `_` and `-`."""
    found = _TOKEN.match(user_agent.strip())
    return found[0].lower() if found else "khronika"
