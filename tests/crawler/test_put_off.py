"""What a crawl does when it is turned away, or has asked enough: it stops asking, and says what is left."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from page_server import Answer, PageServer, Reply, serving

from archive.collection import Collection
from crawler.cli import run
from crawler.config import load_config
from crawler.frontier import FILE_NAME, Frontier
from crawler.policy import CrawlPolicy
from crawler.runner import CrawlSummary, run_crawl
from spiders.definition import SiteDefinition

POLICY = CrawlPolicy(retry_delay=0.02, timeout_connect=20, timeout_head=20, timeout_body=5, processes=0)


@pytest.fixture
def collection(tmp_path: Path) -> Iterator[Collection]:
    with Collection.create(tmp_path / "collection", "") as collection:
        yield collection


def crawl(collection: Collection, *sites: SiteDefinition, policy: CrawlPolicy = POLICY, **options: Any) -> CrawlSummary:
    config = replace(load_config(collection.config_path), crawl=policy)
    return run_crawl(collection, config, sites=sites, reading=False, **options)


def site(server: PageServer, name: str = "ledger", **options: Any) -> SiteDefinition:
    return SiteDefinition(name=name, start=(server.url(),), **options)


def html(*links: str) -> str:
    return "<html><body>" + "".join(f'<a href="{link}">x</a>' for link in links) + "</body></html>"


def pages(count: int) -> dict[str, Answer]:
    return {"/": html(*(f"/{n}" for n in range(count))), **{f"/{n}": html() for n in range(count)}}


def address(server: PageServer) -> str:
    return f"127.0.0.1:{server.port}"


@pytest.mark.parametrize("form", ["seconds", "date"])
@pytest.mark.parametrize("status", [429, 503])
def test_a_host_that_asks_for_a_long_rest_is_asked_no_more_in_this_run(
    collection: Collection, form: str, status: int
) -> None:
    day = format_datetime(datetime.now(UTC) + timedelta(days=1), usegmt=True)
    busy = Reply("later", status, {"Retry-After": "86400" if form == "seconds" else day})
    others = pages(3)
    with serving({**pages(5), "/1": busy}) as server, serving(others) as other:
        summary = crawl(collection, site(server), site(other, "other"))

        assert server.paths == ["/robots.txt", "/", "/0", "/1"]
        assert {*other.paths} == {"/robots.txt", *others}
    assert (summary.reason, summary.captured, summary.failed) == ("put off", 6, 0)
    until = datetime.fromisoformat(summary.put_off[address(server)]["until"])
    assert timedelta(hours=23) < until - datetime.now(UTC) <= timedelta(days=1)
    assert summary.put_off[address(server)]["pages"] == 4


def test_the_next_run_keeps_away_too_and_asks_when_the_time_has_come(collection: Collection) -> None:
    table = {**pages(3), "/1": Reply("later", 503, {"Retry-After": "86400"})}
    with serving(table) as server:
        first = crawl(collection, site(server))
        asked = len(server.asked)
        again = crawl(collection, site(server))
        assert (again.crawl, again.resumed, again.reason) == (first.crawl, True, "put off")
        assert len(server.asked) == asked

        with closing(Frontier.open(collection.crawls_folder / first.crawl / FILE_NAME)) as frontier:
            frontier.set_fact(f"put off:{address(server)}", time.time() - 1)
            for page in frontier.pages(state="queued"):
                frontier.retry(page.id, not_before=0, counts=False)
        server.pages["/1"] = html()
        last = crawl(collection, site(server))

    assert (last.crawl, last.reason, last.captured, last.put_off) == (first.crawl, "finished", 2, {})


def test_a_host_that_is_put_off_keeps_no_other_site_from_being_visited_anew(collection: Collection) -> None:
    busy = Reply("later", 503, {"Retry-After": "2592000"})
    with serving({**pages(3), "/1": busy}) as server, serving(pages(2)) as other:
        sites = (site(server), site(other, "other"))
        first = crawl(collection, *sites)
        asked = len(server.asked)
        again = crawl(collection, *sites)

        assert (len(server.asked), len(other.paths)) == (asked, 8)
    assert (first.reason, first.captured, again.captured) == ("put off", 5, 3)
    assert (again.crawl != first.crawl, again.resumed, again.reason) == (True, False, "put off")
    # what it found of the host is queued, and said: its start page
    assert again.put_off[address(server)] == {"until": first.put_off[address(server)]["until"], "pages": 1}


def test_a_robots_txt_that_asks_for_a_long_rest_puts_the_host_off(collection: Collection) -> None:
    with serving({**pages(3), "/robots.txt": Reply("", 503, {"Retry-After": "7200"})}) as server:
        summary = crawl(collection, site(server))

        assert server.paths == ["/robots.txt"]
    assert (summary.reason, summary.failed, summary.put_off[address(server)]["pages"]) == ("put off", 0, 1)


def test_a_short_rest_is_waited_for(collection: Collection) -> None:
    busy = [Reply("later", 503, {"Retry-After": "1"}), html()]
    with serving({**pages(2), "/1": lambda before: busy[before]}) as server:
        summary = crawl(collection, site(server))
        first, second = (asked for asked in server.asked if asked.path == "/1")

    assert (summary.reason, summary.captured, summary.put_off) == ("finished", 3, {})
    assert second.at - first.until >= 1


def test_a_host_that_turns_us_away_without_a_word_rests_longer_each_time(collection: Collection) -> None:
    answers = [Reply("", 503), Reply("", 429), html()]
    with serving({**pages(1), "/0": lambda before: answers[before]}) as server:
        crawl(collection, site(server), policy=replace(POLICY, retry_delay=0.1))
        times = [(asked.at, asked.until) for asked in server.asked]

    rests = [later[0] - before[1] for before, later in itertools.pairwise(times)]
    # robots.txt, /, then /0 three times: twice the usual rest, and twice that
    assert [rest >= least for rest, least in zip(rests, (0, 0, 0.2, 0.4), strict=True)] == [True] * 4


def test_a_budget_ends_a_site_and_the_next_run_goes_on(collection: Collection) -> None:
    with serving(pages(10)) as server, serving(pages(3)) as other:
        sites = [site(server, budget=5), site(other, "other")]
        summary = crawl(collection, *sites)
        assert len(server.asked) == 5
        assert len(other.asked) == 5
        # robots.txt is a request like any other
        assert (summary.reason, summary.captured, summary.over_budget) == ("budget", 4 + 4, {"ledger": 7})

        runs = [crawl(collection, *sites) for _ in range(2)]
        assert [(one.crawl, one.reason, one.over_budget) for one in runs] == [
            (summary.crawl, "budget", {"ledger": 3}),
            (summary.crawl, "finished", {}),
        ]
        assert len([path for path in server.paths if path != "/robots.txt"]) == 11


def test_which_limit_ended_the_run_is_told(collection: Collection) -> None:
    with serving(pages(10)) as server:
        assert crawl(collection, site(server, budget=3), limit=5).reason == "budget"
        assert crawl(collection, site(server, budget=30), limit=5).reason == "limit"


def test_a_budget_counts_attempts_too(collection: Collection) -> None:
    with serving({**pages(3), "/0": Reply("", 500)}) as server:
        crawl(collection, site(server, budget=4), policy=replace(POLICY, retries=5, retry_delay=0))

        assert len(server.asked) == 4


def test_the_command_says_what_is_left_of_two_processes(
    collection: Collection, capsys: pytest.CaptureFixture[str]
) -> None:
    table = {**pages(4), "/1": Reply("later", 503, {"Retry-After": "7200"})}
    with serving(table) as server, serving(pages(4)) as other:
        entries = f"""
[crawl]
fetch-processes = 2
[[site]]
name = "ledger"
start = ["{server.url()}"]
[[site]]
name = "other"
start = ["{other.url()}"]
budget = 2
"""
        collection.config_path.write_text(entries)
        collection.close()
        assert run(["-C", str(collection.path), "crawl"]) == 4
        plain = capsys.readouterr().out
        assert run(["-C", str(collection.path), "--json", "crawl"]) == 4
        summary = json.loads(capsys.readouterr().out.splitlines()[-1])

    assert "stopped: budget. The same command goes on from here." in plain
    assert "4 queued: the budget of other is spent for this run" in plain
    assert f"3 queued: {address(server)} asked to be left alone until 20" in plain
    assert summary["over_budget"] == {"other": 3}
    assert summary["put_off"][address(server)]["pages"] == 3
    assert not list(collection.crawls_folder.glob("*/hosts"))
