"""Politeness: when a host may be asked again. Kept per host and port, for all sites of a run together.

One request at a time, or more to a host that gets no rest, where the policy allows it; a rest between two of them,
from the end of one to the beginning of the next; a robots.txt's Crawl-delay and a server's Retry-After before
everything else.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from crawler.policy import CrawlPolicy
from spiders.address import host_and_port, is_loopback

JITTER = 0.5
"""The rest is up to this part longer, at random: never shorter than was asked for."""


_STOPPED = "the crawl was stopped before this page's turn"


class StoppedError(Exception):
    """The run ended while a request waited for its turn."""


@dataclass(slots=True)
class _Host:
    rest: float
    crawl_delay: float = 0.0
    next_at: float = 0.0
    busy: int = 0
    """Requests that are on the wire."""
    waiting: deque[tuple[float, asyncio.Future[None]]] = field(default_factory=deque)
    """When each may go at the earliest, and what it waits for; the first come goes first where none has to wait."""
    timer: asyncio.TimerHandle | None = None


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
        self._stopping: asyncio.Task[None] | None = None

    async def turn(
        self, url: str, *, site_delay: float | None, stopping: asyncio.Event, not_before: float = 0.0
    ) -> None:
        """Wait until the host of `url` may be asked, and take it; `leave` gives it back.

        `not_before`: seconds since the epoch. Raises StoppedError when `stopping` is set before.
        """
        host = self._host(url, site_delay)
        if stopping.is_set():
            raise StoppedError(_STOPPED)
        # no longer than any wait that we set: a clock that was set back in between would hold the page for as long
        longest = max(self._policy.crawl_delay_limit, self._policy.retry_delay * 2**self._policy.retries)
        earliest = self._clock() + min(longest, max(0.0, not_before - time.time())) if not_before else 0.0
        if not host.waiting and self._free(host) and max(host.next_at, earliest) <= self._clock():
            self._take(host)
            return
        if self._stopping is None:
            self._stopping = asyncio.ensure_future(self._stop_waiting(stopping))
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        host.waiting.append((earliest, turn))
        self._give_out(host)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self._give_back(host)  # it came in the very moment that nobody wanted it any more
            raise

    def leave(self, url: str) -> None:
        """The request is answered, or has failed: the rest begins."""
        host = self._host(url, None)
        rest = max(host.rest * (1 + JITTER * self._chance()), host.crawl_delay)
        host.next_at = max(host.next_at, self._clock() + rest)
        self._give_back(host)

    def rests(self, host: str) -> bool:
        """Whether a host, `host:port`, gets a rest between two requests; False for one that nothing is known of."""
        known = self._hosts.get(host)
        return known is not None and (known.rest > 0 or known.crawl_delay > 0)

    # -- the queue of each host

    def _free(self, host: _Host) -> bool:
        # a rest is one between two requests: there can be no two at a time
        width = 1 if host.rest > 0 or host.crawl_delay > 0 else self._policy.per_host
        return host.busy < width and self._active < self._policy.connections

    def _take(self, host: _Host) -> None:
        host.busy += 1
        self._active += 1

    def _give_back(self, host: _Host) -> None:
        full = self._active >= self._policy.connections
        host.busy -= 1
        self._active -= 1
        if full:
            # others may have waited for nothing but this
            for other in [*self._hosts.values()]:
                self._give_out(other)
        else:
            self._give_out(host)

    def _give_out(self, host: _Host) -> None:
        """Let those go whose turn it is; see to it that the next one is thought of when its time comes."""
        if host.timer is not None:
            host.timer.cancel()
            host.timer = None
        while host.waiting and self._free(host):
            now = self._clock()
            place = min(range(len(host.waiting)), key=lambda n: (max(host.waiting[n][0] - now, 0.0), n))
            earliest, turn = host.waiting[place]
            wait = max(host.next_at, earliest) - now
            if turn.done():  # cancelled
                del host.waiting[place]
            elif wait <= 0:
                del host.waiting[place]
                self._take(host)
                turn.set_result(None)
            else:
                host.timer = asyncio.get_running_loop().call_later(wait, self._give_out, host)
                return

    async def _stop_waiting(self, stopping: asyncio.Event) -> None:
        await stopping.wait()
        for host in self._hosts.values():
            while host.waiting:
                _, turn = host.waiting.popleft()
                if not turn.done():
                    turn.set_exception(StoppedError(_STOPPED))

    def ask(self, url: str, crawl_delay: float) -> None:
        """A robots.txt's Crawl-delay in seconds, up to the policy's limit; it holds from the next rest on."""
        host = self._host(url, None)
        crawl_delay = min(crawl_delay, self._policy.crawl_delay_limit)
        if host.crawl_delay == crawl_delay:
            return
        host.crawl_delay = crawl_delay
        host.next_at = max(host.next_at, self._clock() + host.crawl_delay)
        self._give_out(host)

    def hold(self, url: str, seconds: float) -> None:
        """The server asked for that many seconds of rest (Retry-After), up to the limit of a Crawl-delay."""
        host = self._host(url, None)
        host.next_at = max(host.next_at, self._clock() + min(seconds, self._policy.crawl_delay_limit))
        self._give_out(host)

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
