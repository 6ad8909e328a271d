"""robots.txt as RFC 9309 has it, where Scrapy's middleware does not.

A network error or a 5xx answer is a complete disallow (2.3.1.4), 4xx is none (2.3.1.3), five redirects are followed
(2.3.1.2), rules are kept per scheme, host and port for 24 hours and longer only while robots.txt cannot be had (2.4).
429 is treated as 5xx: the server asks to be left alone, and RFC 9309 only says that a crawler *may* go on. Each
robots.txt is archived like a page, with the hop P.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import urlsplit

from protego import Protego

from archive.exchange import Failure, Outcome, Stage
from crawler.policy import CrawlPolicy
from spiders.address import AddressError, host_and_port, join_link

TTL: Final = 24 * 3600.0
"""Seconds for which a robots.txt is believed (RFC 9309, 2.4)."""
REDIRECTS: Final = 5
"""RFC 9309, 2.3.1.2."""
PARSED: Final = 1 << 20
"""Bytes of a robots.txt that are looked at; RFC 9309, 2.5 asks for 500 KiB at least."""

_TOKEN: Final = re.compile(r"[A-Za-z_-]+")


@dataclass(frozen=True, slots=True)
class Answer:
    """What one request for a robots.txt brought."""

    status: int
    location: str | None
    octets: bytes
    complete: bool = True


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

    def __init__(self, reason: str, *, failure: Failure | None = None) -> None:
        super().__init__(reason)
        self.failure = failure


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


@dataclass(frozen=True, slots=True)
class Rules:
    """What one robots.txt says to us."""

    parsed: Protego | None
    """None: everything is allowed, or nothing."""
    unreachable: str | None
    """Why robots.txt could not be had; then nothing is allowed."""
    crawl_delay: float | None
    until: float
    failure: Failure | None = None
    """As in Decision."""

    def decide(self, url: str, token: str) -> Decision:
        """Whether `url` may be fetched by the product `token`."""
        if self.unreachable is not None:
            reason = f"robots.txt could not be had: {self.unreachable}"
            return Decision(False, reason, unreachable=True, failure=self.failure)
        if self.parsed is not None and not self.parsed.can_fetch(url, token):
            return Decision(False, "robots.txt disallows it")
        return Decision(True)


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
            return Rules(known.parsed, None, known.crawl_delay, rules.until)
        return rules

    async def _fetched(self, url: str, fetch: Fetch) -> Rules:
        for redirects in range(REDIRECTS + 1):
            try:
                answer = await self._answer(url, redirects, fetch)
            except Unanswered as error:
                # what a redirect led to is another server, whose troubles are not the page's
                failure = error.failure if redirects == 0 and error.failure in OF_THE_SERVER else None
                return self._unreachable(str(error), failure)
            if 200 <= answer.status < 300:
                if not answer.complete:
                    return self._unreachable("it came cut short")
                return self._read(answer.octets)
            if answer.status == 429 or answer.status >= 500:
                return self._unreachable(f"HTTP {answer.status}")
            if not 300 <= answer.status < 400 or answer.location is None:
                break
            try:
                url = join_link(url, answer.location)
            except AddressError:
                break
        return Rules(None, None, None, self._clock() + TTL)

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

    def _read(self, octets: bytes) -> Rules:
        if len(octets) > PARSED:
            # a line that is cut in two could mean something else
            octets = octets[: octets.rfind(b"\n", 0, PARSED) + 1]
        parsed = Protego.parse(octets.decode("utf-8-sig", "replace"))
        delay = parsed.crawl_delay(self.token)
        return Rules(parsed, None, float(delay) if delay and delay > 0 else None, self._clock() + TTL)

    def _unreachable(self, reason: str, failure: Failure | None = None) -> Rules:
        return Rules(None, reason, None, self._clock() + TTL, failure)


def product_token(user_agent: str) -> str:
    """The product token of a User-Agent, as robots.txt groups are matched with it: its first letters, `_` and `-`."""
    found = _TOKEN.match(user_agent.strip())
    return found[0].lower() if found else "khronika"
