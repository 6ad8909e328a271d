from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawler.host_turns import FOLDER, HostTurns, forget_turns
from crawler.policy import CrawlPolicy, discreet
from crawler.politeness import RECOVERY, Politeness, PutOffError, StoppedError, retry_after

HOST = "http://host.example/"
HANGS = 60
"""Seconds after which what should come at once never will, on a machine that is busy too; rests here are ten times
as long."""


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


async def rest_of(politeness: Politeness, clock: Clock, url: str, **options: float | None) -> float:
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
        await asyncio.wait_for(waiting, HANGS)

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
            await asyncio.wait_for(waiting, HANGS)

    asyncio.run(run())


def test_of_two_sites_on_one_host_the_slower_wish_counts_also_where_it_is_the_usual_one() -> None:
    async def run() -> None:
        for wishes in ((1.0, None), (None, 1.0), (5.0, 1.0)):
            clock = Clock()
            politeness = Politeness(CrawlPolicy(), clock=clock, chance=lambda: 0.0)
            for wish in wishes:
                assert await ready(politeness, HOST, site_delay=wish)
                politeness.leave(HOST)
                clock.now += 10
            assert await rest_of(politeness, clock, HOST, site_delay=1.0) == max(wish or 3.0 for wish in wishes)

    asyncio.run(run())


def test_a_dot_at_the_end_of_a_name_makes_no_other_host() -> None:
    async def run() -> None:
        politeness = Politeness(CrawlPolicy())
        assert await ready(politeness, "http://host.example/")
        assert not await ready(politeness, "http://host.example./")
        politeness.leave("http://host.example/")
        assert politeness.rests("host.example.:80")
        politeness.put_off("http://host.example./", 0)
        assert politeness.is_put_off("host.example:80")

    asyncio.run(run())


def test_a_host_that_turns_us_away_rests_twice_as_long_each_time_and_recovers_slowly() -> None:
    async def run() -> None:
        clock = Clock()
        politeness = Politeness(CrawlPolicy(), clock=clock, chance=lambda: 0.0)
        rests = [await rest_of(politeness, clock, HOST, site_delay=6.0)]
        clock.now += 1000
        for _ in range(8):
            politeness.back_off(HOST)
            rests.append(await rest_of(politeness, clock, HOST, site_delay=6.0))
            clock.now += 1000
        assert rests == [6.0, 12.0, 24.0, 48.0, 96.0, 192.0, 300.0, 300.0, 300.0]

        answers = 0
        while await rest_of(politeness, clock, HOST, site_delay=6.0) > 6.0:
            politeness.recover(HOST)
            answers += 1
            clock.now += 1000
        assert 300 * RECOVERY**answers <= 6.0 < 300 * RECOVERY ** (answers - 1)
        assert answers > 15

    asyncio.run(run())


def test_a_back_off_is_of_no_less_than_what_a_failed_page_waits() -> None:
    async def run() -> None:
        clock = Clock()
        politeness = Politeness(CrawlPolicy(delay=0, retry_delay=5.0), clock=clock)
        politeness.back_off(HOST)
        assert await rest_of(politeness, clock, HOST) == 10.0

    asyncio.run(run())


def test_a_rest_that_is_longer_than_a_run_waits_puts_the_host_off_and_those_who_wait_for_it() -> None:
    async def run() -> None:
        politeness = Politeness(CrawlPolicy(delay=600))
        stopping = asyncio.Event()
        await politeness.turn(HOST, site_delay=None, stopping=stopping)
        waiting = asyncio.ensure_future(politeness.turn(HOST, site_delay=None, stopping=stopping))
        await asyncio.sleep(0)
        assert not politeness.hold(HOST, 300)
        assert politeness.hold(HOST, 301)
        with pytest.raises(PutOffError, match=r"host\.example:80 asked to be left alone until 20"):
            await asyncio.wait_for(waiting, HANGS)
        with pytest.raises(PutOffError):
            await politeness.turn(HOST, site_delay=None, stopping=stopping)
        assert await ready(politeness, "http://other.example/")

    asyncio.run(run())


def test_a_discreet_crawl_asks_one_host_at_a_time_and_at_moments_that_are_harder_to_foresee() -> None:
    async def run() -> None:
        for chance, expected in ((0.0, 10.0), (1.0, 30.0)):
            clock = Clock()
            policy = discreet(CrawlPolicy(delay=10.0))
            politeness = Politeness(policy, clock=clock, chance=lambda chance=chance: chance)
            # a definition's shorter rest was not made for it
            assert await rest_of(politeness, clock, HOST, site_delay=1.0) == expected
            assert await ready(politeness, "http://a.example/")
            assert not await ready(politeness, "http://b.example/")

    asyncio.run(run())


def test_processes_take_turns_at_a_host(tmp_path: Path) -> None:
    one, other = HostTurns(tmp_path), HostTurns(tmp_path)

    assert one.take("host.example:80", 100.0) == 100.0
    assert other.take("host.example:80", 100.0) is None
    assert other.take("other.example:80", 100.0) == 100.0
    # the longest rest that anybody owes it
    assert one.leave("host.example:80", 101.0, 104.0, 3.0) == 104.0
    assert other.take("host.example:80", 102.0) == 104.0
    assert other.take("host.example:80", 104.0) == 104.0
    assert other.leave("host.example:80", 105.0, 105.5, 0.5) == 108.0
    assert one.take("host.example:80", 107.0) == 108.0
    # a name tells nobody what was crawled
    assert not [file for file in (tmp_path / FOLDER).iterdir() if "example" in file.name]
    forget_turns(tmp_path)
    assert one.take("host.example:80", 107.0) == 107.0


def test_a_host_that_another_process_asks_is_waited_for(tmp_path: Path) -> None:
    async def run() -> None:
        politeness = Politeness(CrawlPolicy(delay=0), turns=HostTurns(tmp_path))
        other = HostTurns(tmp_path)
        now = time.monotonic()
        assert other.take("host.example:80", now) is not None
        waiting = asyncio.ensure_future(politeness.turn(HOST, site_delay=None, stopping=asyncio.Event()))
        await asyncio.sleep(0)
        assert not waiting.done()
        other.leave("host.example:80", now, now, 0.0)
        await asyncio.wait_for(waiting, HANGS)
        assert other.take("host.example:80", time.monotonic()) is None
        politeness.leave(HOST)
        assert other.take("host.example:80", time.monotonic()) is not None

    asyncio.run(run())


def test_a_turn_that_nobody_wants_any_more_is_given_back_to_the_other_processes(tmp_path: Path) -> None:
    async def run() -> None:
        politeness = Politeness(CrawlPolicy(delay=0), turns=HostTurns(tmp_path))
        await politeness.turn(HOST, site_delay=None, stopping=asyncio.Event())
        waiting = asyncio.ensure_future(politeness.turn(HOST, site_delay=None, stopping=asyncio.Event()))
        await asyncio.sleep(0)
        politeness.leave(HOST)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert HostTurns(tmp_path).take("host.example:80", time.monotonic()) is not None

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
