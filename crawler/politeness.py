"""Politeness: when a host may be asked again. Kept per host and port, for all sites of a run together.

One request at a time; a rest between two of them, from the end of one to the beginning of the next; a robots.txt's
Crawl-delay and a server's Retry-After before everything else.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from crawler.policy import CrawlPolicy
from spiders.address import host_and_port, is_loopback

JITTER = 0.5
"""The rest is up to this part longer, at random: never shorter than was asked for."""


class StoppedError(Exception):
    """The run ended while a request waited for its turn."""


@dataclass(slots=True)
class _Host:
    rest: float
    crawl_delay: float = 0.0
    next_at: float = 0.0
    busy: bool = False


class Politeness:
    """Gives out turns. For one event loop."""

    def __init__(
        self,
        policy: CrawlPolicy,
        *,
        delay: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """`delay`: seconds that the run was told to rest, in place of the policy's and the sites' own."""
        self._policy = policy
        self._delay = delay
        self._clock = clock
        self._chance = chance
        self._hosts: dict[str, _Host] = {}
        self._active = 0
        self._changed = asyncio.Event()

    async def turn(
        self, url: str, *, site_delay: float | None, stopping: asyncio.Event, not_before: float = 0.0
    ) -> None:
        """Wait until the host of `url` may be asked, and take it; `leave` gives it back.

        `not_before`: seconds since the epoch. Raises StoppedError when `stopping` is set before.
        """
        host = self._host(url, site_delay)
        earliest = self._clock() + max(0.0, not_before - time.time()) if not_before else 0.0
        while True:
            if stopping.is_set():
                raise StoppedError("the crawl was stopped before this page's turn")
            wait = max(host.next_at, earliest) - self._clock()
            if not host.busy and wait <= 0 and self._active < self._policy.connections:
                break
            await self._pause(None if host.busy or wait <= 0 else wait, stopping)
        host.busy = True
        self._active += 1

    def leave(self, url: str) -> None:
        """The request is answered, or has failed: the rest begins."""
        host = self._host(url, None)
        rest = max(host.rest * (1 + JITTER * self._chance()), host.crawl_delay)
        host.next_at = max(host.next_at, self._clock() + rest)
        host.busy = False
        self._active -= 1
        self._wake()

    def ask(self, url: str, crawl_delay: float) -> None:
        """A robots.txt's Crawl-delay in seconds, up to the policy's limit; it holds from the next rest on."""
        host = self._host(url, None)
        crawl_delay = min(crawl_delay, self._policy.crawl_delay_limit)
        if host.crawl_delay == crawl_delay:
            return
        host.crawl_delay = crawl_delay
        host.next_at = max(host.next_at, self._clock() + host.crawl_delay)
        self._wake()

    def hold(self, url: str, seconds: float) -> None:
        """The server asked for that many seconds of rest (Retry-After), up to the limit of a Crawl-delay."""
        host = self._host(url, None)
        host.next_at = max(host.next_at, self._clock() + min(seconds, self._policy.crawl_delay_limit))

    def _host(self, url: str, site_delay: float | None) -> _Host:
        key = host_and_port(url)
        host = self._hosts.get(key)
        rest = self._rest(url, site_delay)
        if host is None:
            host = self._hosts[key] = _Host(rest)
        elif site_delay is not None:
            # of two sites on one host, the slower one's wish counts
            host.rest = max(host.rest, rest)
        return host

    def _rest(self, url: str, site_delay: float | None) -> float:
        if self._delay is not None:
            return self._delay
        if site_delay is not None:
            return site_delay
        return 0.0 if is_loopback(url) else self._policy.delay

    async def _pause(self, seconds: float | None, stopping: asyncio.Event) -> None:
        waits = {asyncio.ensure_future(self._changed.wait()), asyncio.ensure_future(stopping.wait())}
        try:
            await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


def retry_after(value: str | None, *, now: datetime | None = None) -> float | None:
    """Seconds that a Retry-After header asks for: a number or a date (RFC 9110, 10.2.3); None for anything else."""
    if value is None:
        return None
    value = value.strip()
    if value.isdecimal():
        return float(value[:9])
    try:
        date = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    return max(0.0, (date - (now or datetime.now(UTC))).total_seconds())
