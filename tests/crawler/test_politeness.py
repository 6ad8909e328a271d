from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from crawler.policy import CrawlPolicy
from crawler.politeness import Politeness, StoppedError, retry_after

HOST = "http://host.example/"


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


async def ready(politeness: Politeness, url: str, *, site_delay: float | None = None) -> bool:
    """Whether the turn is given at once."""
    turn = asyncio.ensure_future(politeness.turn(url, site_delay=site_delay, stopping=asyncio.Event()))
    for _ in range(5):
        await asyncio.sleep(0)
    if turn.done():
        return True
    turn.cancel()
    return False


async def rest_of(politeness: Politeness, clock: Clock, url: str, **options: float) -> float:
    """Seconds of the clock after which the host may be asked again."""
    assert await ready(politeness, url, **options)
    politeness.leave(url)
    began = clock.now
    while not await ready(politeness, url, **options):
        clock.now += 0.25
        assert clock.now < began + 1000
    politeness.leave(url)
    return clock.now - began


def test_a_host_rests_three_seconds_or_more() -> None:
    async def run() -> None:
        for chance, expected in ((0.0, 3.0), (1.0, 4.5)):
            clock = Clock()
            politeness = Politeness(CrawlPolicy(), clock=clock, chance=lambda chance=chance: chance)
            assert await rest_of(politeness, clock, HOST) == expected

    asyncio.run(run())


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000/", "http://[::1]:8000/", "http://localhost/"])
def test_loopback_needs_no_rest_unless_one_was_asked_for(url: str) -> None:
    async def run() -> None:
        clock = Clock()
        assert await rest_of(Politeness(CrawlPolicy(), clock=clock), clock, url) == 0
        own = Politeness(CrawlPolicy(), clock=clock, chance=lambda: 0.0)
        assert await rest_of(own, clock, url, site_delay=2.0) == 2.0
        told = Politeness(CrawlPolicy(), delay=1.0, clock=clock, chance=lambda: 0.0)
        assert await rest_of(told, clock, url, site_delay=2.0) == 1.0

    asyncio.run(run())


def test_a_crawl_delay_is_kept_even_on_loopback_and_up_to_its_limit() -> None:
    async def run() -> None:
        clock = Clock()
        politeness = Politeness(CrawlPolicy(), clock=clock, chance=lambda: 0.0)
        politeness.ask("http://127.0.0.1/", 2.5)
        clock.now += 2.5
        assert await rest_of(politeness, clock, "http://127.0.0.1/") == 2.5
        politeness.ask(HOST, 86_400.0)
        clock.now += 300
        assert await rest_of(politeness, clock, HOST) == 300.0

    asyncio.run(run())


def test_retry_after_holds_the_host() -> None:
    async def run() -> None:
        clock = Clock()
        politeness = Politeness(CrawlPolicy(delay=0), clock=clock)
        politeness.hold(HOST, 30)
        assert not await ready(politeness, HOST)
        clock.now += 30
        assert await ready(politeness, HOST)

    asyncio.run(run())


def test_one_request_at_a_time_for_each_host_and_port() -> None:
    async def run() -> None:
        politeness = Politeness(CrawlPolicy(delay=0))
        assert await ready(politeness, HOST)
        assert not await ready(politeness, HOST)
        assert await ready(politeness, "http://host.example:8080/")
        politeness.leave(HOST)
        assert await ready(politeness, HOST)

    asyncio.run(run())


def test_no_more_requests_together_than_the_policy_says() -> None:
    async def run() -> None:
        politeness = Politeness(CrawlPolicy(delay=0, connections=2))
        assert await ready(politeness, "http://a.example/")
        assert await ready(politeness, "http://b.example/")
        assert not await ready(politeness, "http://c.example/")
        politeness.leave("http://a.example/")
        assert await ready(politeness, "http://c.example/")

    asyncio.run(run())


def test_who_waits_gets_the_turn_when_it_is_given_back() -> None:
    async def run() -> None:
        politeness = Politeness(CrawlPolicy(delay=0))
        stopping = asyncio.Event()
        await politeness.turn(HOST, site_delay=None, stopping=stopping)
        waiting = asyncio.ensure_future(politeness.turn(HOST, site_delay=None, stopping=stopping))
        await asyncio.sleep(0)
        politeness.leave(HOST)
        await asyncio.wait_for(waiting, 1)

    asyncio.run(run())


def test_a_stop_ends_the_waiting() -> None:
    async def run() -> None:
        politeness = Politeness(CrawlPolicy(delay=600))
        stopping = asyncio.Event()
        await politeness.turn(HOST, site_delay=None, stopping=stopping)
        waiting = asyncio.ensure_future(politeness.turn(HOST, site_delay=None, stopping=stopping))
        await asyncio.sleep(0)
        stopping.set()
        with pytest.raises(StoppedError):
            await asyncio.wait_for(waiting, 1)

    asyncio.run(run())


NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        (" 5 ", 5.0),
        ("Sun, 22 Nov 2026 12:01:00 GMT", 60.0),
        ("Sun, 22 Nov 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_a_number_or_a_date(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, now=NOW) == seconds
