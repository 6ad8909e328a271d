"""Politeness: when a host may be asked again. Kept per host and port, for all sites of a run together.

One request at a time, or more to a host that gets no rest, where the policy allows it; a rest between two of them,
from the end of one to the beginning of the next; a robots.txt's Crawl-delay and a server's Retry-After before
everything else. A host that turns us away (429, 503) without saying for how long rests twice as long each time, and
comes back slowly; one that asks for a longer rest than a run waits for is put off: this run asks it no more.
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
from typing import Final

from crawler.host_turns import HostTurns
from crawler.policy import CrawlPolicy
from spiders.address import host_and_port, is_loopback

RECOVERY: Final = 0.8
"""What is left of a back-off's rest after each answer that turns nobody away."""
_ASK_AGAIN: Final = 0.05
"""Seconds after which a host that another process asks is looked at again."""


_STOPPED = "the crawl was stopped before this page's turn"


class StoppedError(Exception):
    """The run ended while a request waited for its turn."""


class PutOffError(StoppedError):
    """The host is asked no more in this run."""


@dataclass(slots=True)
class _Host:
    name: str
    rest: float
    crawl_delay: float = 0.0
    back_off: float = 0.0
    """Seconds of rest since it turned us away; 0: it does not."""
    left_at: float | None = None
    """When the last request ended."""
    next_at: float = 0.0
    put_off: float | None = None
    """Seconds since the epoch until which it asked to be left alone; None: it did not, or for a time that is waited."""
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
        turns: HostTurns | None = None,
    ) -> None:
        """`delay`: seconds that the run was told to rest, in place of the policy's and the sites' own; `turns`: with
        the other processes of the run, where there are any."""
        self._policy = policy
        self._delay = delay
        self._clock = clock
        self._chance = chance
        self._turns = turns
        self._hosts: dict[str, _Host] = {}
        self._active = 0
        self._stopping: asyncio.Task[None] | None = None

    async def turn(
        self, url: str, *, site_delay: float | None, stopping: asyncio.Event, not_before: float = 0.0
    ) -> None:
        """Wait until the host of `url` may be asked, and take it; `leave` gives it back.

        `not_before`: seconds since the epoch. Raises StoppedError when `stopping` is set before, and PutOffError.
        """
        host = self.expect(url, site_delay)
        if stopping.is_set():
            raise StoppedError(_STOPPED)
        self._refuse_put_off(host)
        # no longer than any wait that we set: a clock that was set back in between would hold the page for as long
        longest = max(self._policy.crawl_delay_limit, self._policy.retry_delay * 2**self._policy.retries)
        earliest = self._clock() + min(longest, max(0.0, not_before - time.time())) if not_before else 0.0
        if not host.waiting and self._free(host) and earliest <= self._clock() and self._take(host) is None:
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
                self._leave(host, 0.0)  # it came in the very moment that nobody wanted it any more
            raise

    def expect(self, url: str, site_delay: float | None) -> _Host:
        """That a site will ask the host of `url`: of several sites on one host, the slowest one's wish counts."""
        rest = self._rest(url, site_delay)
        host = self._known(url, rest)
        if rest > host.rest:
            host.rest = rest
            if host.left_at is not None:
                host.next_at = max(host.next_at, host.left_at + rest)
        return host

    def leave(self, url: str) -> None:
        """The request is answered, or has failed: the rest begins."""
        host = self._known(url)
        jitter = self._policy.jitter * self._chance()
        self._leave(host, max(host.rest * (1 + jitter), host.crawl_delay, host.back_off))

    def _leave(self, host: _Host, rest: float) -> None:
        now = host.left_at = self._clock()
        host.next_at = max(host.next_at, now + rest)
        if self._turns is not None and host.busy == 1:
            host.next_at = self._turns.leave(host.name, now, host.next_at, max(host.rest, host.crawl_delay))
        self._give_back(host)

    def rests(self, host: str) -> bool:
        """Whether a host, `host:port`, gets a rest between two requests; False for one that nothing is known of."""
        known = self._hosts.get(_name(host))
        return known is not None and (known.rest > 0 or known.crawl_delay > 0)

    def is_put_off(self, host: str) -> bool:
        """Whether a host, `host:port`, is asked no more in this run."""
        known = self._hosts.get(_name(host))
        return known is not None and known.put_off is not None

    # -- the queue of each host

    def _free(self, host: _Host) -> bool:
        # a rest is one between two requests: there can be no two at a time
        width = 1 if host.rest > 0 or host.crawl_delay > 0 else self._policy.per_host
        return host.busy < width and self._active < self._policy.connections

    def _take(self, host: _Host) -> float | None:
        """Take a turn of a host that no request of ours keeps busy; seconds to wait before trying again, if not yet."""
        now = self._clock()
        if host.next_at > now:
            return host.next_at - now
        if self._turns is not None and not host.busy:
            at = self._turns.take(host.name, now)
            if at is None:
                return _ASK_AGAIN
            if at > now:
                host.next_at = at
                return at - now
        host.busy += 1
        self._active += 1
        return None

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
            if turn.done():  # cancelled
                del host.waiting[place]
                continue
            wait = earliest - now if earliest > now else self._take(host)
            if wait is not None:
                host.timer = asyncio.get_running_loop().call_later(wait, self._give_out, host)
                return
            del host.waiting[place]
            turn.set_result(None)

    async def _stop_waiting(self, stopping: asyncio.Event) -> None:
        await stopping.wait()
        for host in self._hosts.values():
            while host.waiting:
                _, turn = host.waiting.popleft()
                if not turn.done():
                    turn.set_exception(StoppedError(_STOPPED))

    def ask(self, url: str, crawl_delay: float) -> None:
        """A robots.txt's Crawl-delay in seconds, up to the policy's limit; it holds from the next rest on."""
        host = self._known(url)
        crawl_delay = min(crawl_delay, self._policy.crawl_delay_limit)
        if host.crawl_delay == crawl_delay:
            return
        host.crawl_delay = crawl_delay
        # from the answer on, which was stored meanwhile
        since = self._clock() if host.left_at is None else host.left_at
        host.next_at = max(host.next_at, since + host.crawl_delay)
        self._give_out(host)

    def hold(self, url: str, seconds: float, *, since: float | None = None) -> bool:
        """The server asked for that many seconds of rest (Retry-After), `since` a moment of the clock, or now.

        Whether the host is put off for it: they are more than a run waits for, which is the limit of a Crawl-delay.
        """
        host = self._known(url)
        if seconds > self._policy.crawl_delay_limit:
            self.put_off(url, time.time() + seconds)
            return True
        host.next_at = max(host.next_at, (self._clock() if since is None else since) + seconds)
        self._give_out(host)
        return False

    def put_off(self, url: str, until: float) -> None:
        """Ask the host of `url` no more in this run; `until`: seconds since the epoch."""
        known = self._known(url)
        known.put_off = max(known.put_off or 0.0, until)
        while known.waiting:
            _, turn = known.waiting.popleft()
            if not turn.done():
                turn.set_exception(PutOffError(_put_off_words(known)))

    def back_off(self, url: str) -> None:
        """The server turned us away, and did not say for how long: twice as long a rest as before, up to the limit."""
        host = self._known(url)
        usual = max(host.rest, host.crawl_delay, self._policy.retry_delay)
        host.back_off = min(2 * max(usual, host.back_off), self._policy.crawl_delay_limit)

    def recover(self, url: str) -> None:
        """The server turned nobody away: a little less of the back-off's rest."""
        host = self._known(url)
        if host.back_off:
            host.back_off *= RECOVERY
            if host.back_off <= max(host.rest, host.crawl_delay, self._policy.retry_delay):
                host.back_off = 0.0

    @staticmethod
    def _refuse_put_off(host: _Host) -> None:
        if host.put_off is not None:
            raise PutOffError(_put_off_words(host))

    def _known(self, url: str, rest: float | None = None) -> _Host:
        name = _name(host_and_port(url))
        host = self._hosts.get(name)
        if host is None:
            host = self._hosts[name] = _Host(name, self._rest(url, None) if rest is None else rest)
        return host

    def _rest(self, url: str, site_delay: float | None) -> float:
        if self._delay is not None:
            return self._delay
        usual = 0.0 if is_loopback(url) else self._policy.delay
        if site_delay is None:
            return usual
        # a definition that is shipped knows what its site bears, and nothing of who must not be noticed
        return max(site_delay, usual) if self._policy.discreet else site_delay


def _name(host: str) -> str:
    """`host:port` without the dot that may end a name: with it, the host is the same one."""
    return host.replace(".:", ":")


def _put_off_words(host: _Host) -> str:
    until = datetime.fromtimestamp(min(host.put_off or 0.0, _FAR), UTC).isoformat(timespec="seconds")
    return f"{host.name} asked to be left alone until {until}"


_FAR: Final = 253402300799.0
"""Seconds since the epoch at the end of the year 9999."""


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
