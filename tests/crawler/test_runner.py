from __future__ import annotations

import gzip
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from functools import partial, partialmethod
from pathlib import Path
from typing import Any

import pytest
from page_server import Answer, PageServer, Reply, serving

from archive.capture import Capture
from archive.check import check_file
from archive.collection import Collection
from archive.errors import CollectionLockedError, StorageError
from archive.exchange import Failure, Outcome
from archive.kinds import State
from archive.state import State as StateFile
from archive.warc import read_records
from archive.writer import Writer
from crawler.config import Config, load_config
from crawler.frontier import FILE_NAME, Frontier, Page
from crawler.messages_log import FILE_NAME as MESSAGES
from crawler.policy import CrawlPolicy
from crawler.runner import CrawlSummary, run_crawl, warcinfo_fields
from crawler.wire_client import WireClient
from spiders.definition import SiteDefinition

# in one process: a second one takes most of a second to start; test_fetch_process.py has them
POLICY = CrawlPolicy(retry_delay=0.02, retries=2, timeout_connect=20, timeout_head=20, timeout_body=20, processes=0)


class Crawls:
    """A collection that crawls are run in."""

    def __init__(self, path: Path) -> None:
        self.collection = Collection.create(path, "")
        self.config: Config = replace(load_config(self.collection.config_path), crawl=POLICY)

    def run(self, **options: Any) -> CrawlSummary:
        # reading takes a second to begin, and has tests of its own
        return run_crawl(self.collection, self.config, **{"reading": False, **options})

    def site(self, server: PageServer, **options: Any) -> CrawlSummary:
        """Crawl the server as a site with the given definition."""
        values = {"name": "ledger", "start": (server.url(),), **options}
        return self.run(sites=[SiteDefinition(**values)])

    def pages(self, summary: CrawlSummary) -> list[Page]:
        return list(Frontier.open(self.collection.crawls_folder / summary.crawl / FILE_NAME).pages())

    def captures(self, url: str) -> list[Capture]:
        return self.collection.catalogue.captures_of(url)

    def log(self, summary: CrawlSummary) -> str:
        return (self.collection.crawls_folder / summary.crawl / MESSAGES).read_text()


@pytest.fixture
def crawls(tmp_path: Path) -> Iterator[Crawls]:
    crawls = Crawls(tmp_path / "collection")
    yield crawls
    crawls.collection.close()


def html(*links: str, text: str = "words") -> str:
    return f"<html><body><p>{text}</p>" + "".join(f'<a href="{link}">x</a>' for link in links) + "</body></html>"


def generated_site(pages: int, *, seed: int = 1) -> dict[str, Answer]:
    """A site of so many pages, each of which some other page links to."""
    rng = random.Random(seed)
    links: dict[int, list[str]] = {n: [] for n in range(pages)}
    for n in range(1, pages):
        links[rng.randrange(n)].append(f"/p/{n}")
    for _ in range(pages):
        links[rng.randrange(pages)].append(f"/p/{rng.randrange(pages)}")
    site: dict[str, Answer] = {f"/p/{n}": html(*links[n], text=f"page {n}") for n in range(pages)}
    site["/"] = html("/p/0")
    return site


def everything_linked(server: PageServer) -> set[str]:
    """An independent count: follow every link of the table, with a regular expression."""
    seen: set[str] = set()
    waiting = ["/"]
    while waiting:
        path = waiting.pop()
        if path not in seen:
            seen.add(path)
            waiting += re.findall(r'href="(/[^"]*)"', str(server.pages.get(path, "")))
    return seen


def test_every_linked_page_is_captured_once(crawls: Crawls) -> None:
    with serving(generated_site(60)) as server:
        linked = everything_linked(server)
        summary = crawls.run(urls=[server.url()])

        assert len(linked) == 61
        assert Counter(server.paths) == Counter({**dict.fromkeys(linked, 1), "/robots.txt": 1})
        assert (summary.captured, summary.failed, summary.skipped, summary.reason) == (61, 0, 0, "finished")
        for path in linked:
            (capture,) = crawls.captures(server.url(path))
            body = str(server.pages[path]).encode()
            assert crawls.collection.payload(capture).octets == body
            assert capture.crawl == summary.crawl


def test_an_unchanged_site_is_revisited(crawls: Crawls) -> None:
    with serving(generated_site(5)) as server:
        crawls.run(urls=[server.url()])
        again = crawls.run(urls=[server.url()])

    assert (again.captured, again.revisits, again.resumed) == (6, 6, False)


def test_pages_are_read_and_compared_before_the_run_ends(crawls: Crawls) -> None:
    site = generated_site(5)
    with serving(site) as server:
        first = crawls.run(urls=[server.url()], reading=True)
        changed = server.url("/p/3")
        server.pages["/p/3"] = str(site["/p/3"]).replace("page 3", "page three")
        second = crawls.run(urls=[server.url()], reading=True)

        assert (first.changed, second.changed, second.revisits) == (0, 1, 5)
        catalogue = crawls.collection.catalogue
        assert catalogue.unread(10) == []
        assert [change.url for change in catalogue.changes() if change.kind == "edited"] == [changed]


def test_how_a_page_was_found_is_kept(crawls: Crawls) -> None:
    site: dict[str, Answer] = {
        "/": html("/a") + '<iframe src="/frame"></iframe>',
        "/a": Reply(status=302, headers={"Location": "b"}),
        "/b": html(),
        "/frame": html(),
    }
    with serving(site) as server:
        crawls.run(urls=[server.url()])
        found = {path: crawls.captures(server.url(path))[0] for path in (*site, "/robots.txt")}

    assert {path: (capture.hops, (capture.via or "").rpartition("/")[2]) for path, capture in found.items()} == {
        "/": ("", ""),
        "/a": ("L", ""),
        "/b": ("LR", "a"),
        "/frame": ("E", ""),
        "/robots.txt": ("P", ""),
    }
    assert found["/b"].via == server.url("/a")


def test_redirects_are_followed_within_the_scope_and_no_further(crawls: Crawls) -> None:
    site: dict[str, Answer] = {
        "/": html("/relative", "/away", "/self", "/loop/1", "/chain/0", "/nowhere", "/sp%61ce", "/mail"),
        "/relative": Reply(status=301, headers={"Location": "target?x=1#part"}),
        "/target?x=1": html("/from-target"),
        "/from-target": html(),
        "/away": Reply(status=302, headers={"Location": "http://elsewhere.example/"}),
        "/self": Reply(status=302, headers={"Location": "/self"}),
        "/loop/1": Reply(status=302, headers={"Location": "/loop/2"}),
        "/loop/2": Reply(status=307, headers={"Location": "/loop/1"}),
        "/nowhere": Reply(status=303, headers={}),
        "/mail": Reply(status=302, headers={"Location": "mailto:a@b.example"}),
        # the same address by RFC 3986, and yet this server redirects from one spelling to the other
        "/sp%61ce": Reply(status=301, headers={"Location": "/space"}),
        "/space": html("/from-space"),
        "/from-space": html(),
    }
    site.update({f"/chain/{n}": Reply(status=301, headers={"Location": f"/chain/{n + 1}"}) for n in range(30)})
    with serving(site) as server:
        summary = crawls.run(urls=[server.url()])
        asked = set(server.paths)

    assert {"/target?x=1", "/from-target", "/space", "/from-space", "/loop/2", "/chain/20"} <= asked
    assert "/chain/21" not in asked
    assert summary.skipped_because == {"other host": 1, "more than 20 redirects in a row": 1}
    assert summary.failed == 0
    reasons = {page.url.removeprefix(server.url("")): page.reason for page in crawls.pages(summary) if page.reason}
    assert reasons["/self"] == "redirect to itself"
    assert reasons["/mail"] == "redirect to no page: scheme mailto"
    assert reasons["/loop/2"] == "redirect loop"
    assert "/loop/2 leads back to" in crawls.log(summary)
    assert max(Counter(server.paths).values()) == 1


def test_what_too_many_redirects_lead_to_is_recorded_once(crawls: Crawls) -> None:
    site: dict[str, Answer] = {
        "/": html("/chain/0", "/other/0"),
        "/known": html(),
        **{f"/chain/{n}": Reply(status=301, headers={"Location": f"/chain/{n + 1}"}) for n in range(5)},
        **{f"/other/{n}": Reply(status=302, headers={"Location": f"/other/{n + 1}"}) for n in range(2)},
        "/other/2": Reply(status=302, headers={"Location": "/"}),
    }
    crawls.config = replace(crawls.config, crawl=replace(POLICY, redirects=2))
    with serving(site) as server:
        summary = crawls.run(urls=[server.url()])
        (left,) = crawls.captures(server.url("/chain/3"))
        pages = [capture.status for capture in crawls.captures(server.url())]

    assert "/chain/3" not in server.paths
    assert (left.outcome, left.failure, left.status) == (Outcome.REDIRECTS, Failure.TOO_MANY_REDIRECTS, None)
    assert (left.error, left.hops) == ("more than 2 redirects in a row", "LRRR")
    assert left.via == server.url("/chain/2")
    assert summary.skipped_because == {"more than 2 redirects in a row": 1}
    assert summary.failed == 0
    # an address that was fetched already is no address that is not followed
    assert pages == [200]


def test_a_challenge_in_a_pages_place_is_kept_and_said(crawls: Crawls) -> None:
    waiting = "<title>Just a moment...</title><script>window._cf_chl_opt = {}</script>"
    with serving({"/": html("/page"), "/page": waiting}) as server:
        summary = crawls.run(urls=[server.url()])
        (page,) = crawls.collection.catalogue.history(server.url("/page"))

    assert (page.capture.status, page.capture.failure, page.state) == (200, Failure.CHALLENGE, State.BLOCKED)
    assert summary.problems == {"no page but a challenge or block page: Cloudflare": 1}
    assert crawls.collection.payload(page.capture).octets == waiting.encode()


def test_a_missing_page_is_captured_and_no_failure(crawls: Crawls) -> None:
    with serving({"/": html("/gone")}) as server:
        summary = crawls.run(urls=[server.url()])
        (capture,) = crawls.captures(server.url("/gone"))

    assert (capture.status, summary.captured, summary.failed) == (404, 2, 0)


def test_a_server_error_is_tried_again_and_each_attempt_is_kept(crawls: Crawls) -> None:
    site: dict[str, Answer] = {
        "/": html("/once", "/always"),
        "/once": lambda before: Reply("busy", 500) if before == 0 else html("/after"),
        "/after": html(),
        "/always": Reply("down", 503),
    }
    with serving(site) as server:
        summary = crawls.run(urls=[server.url()])

        assert [capture.status for capture in crawls.captures(server.url("/once"))] == [500, 200]
        assert [capture.status for capture in crawls.captures(server.url("/always"))] == [503, 503, 503]
        assert [capture.status for capture in crawls.captures(server.url("/after"))] == [200]
    assert (summary.captured, summary.failed, summary.failed_because) == (3, 1, {"HTTP 503": 1})


def test_retry_after_is_waited_for(crawls: Crawls) -> None:
    site: dict[str, Answer] = {
        "/": lambda before: Reply("slow down", 429, {"Retry-After": "1"}) if before == 0 else html(),
    }
    with serving(site) as server:
        summary = crawls.run(urls=[server.url()])
        first, second = (asked for asked in server.asked if asked.path == "/")

    assert summary.captured == 1
    assert second.at - first.until > 0.95


def test_retry_after_is_waited_for_by_those_that_wait_already(crawls: Crawls) -> None:
    site: dict[str, Answer] = {
        "/": html(*(f"/{n}" for n in range(8))),
        "/0": lambda before: Reply("slow down", 429, {"Retry-After": "1"}, seconds=0.2) if before == 0 else html(),
        **{f"/{n}": html() for n in range(1, 8)},
    }
    with serving(site) as server:
        summary = crawls.run(urls=[server.url()])
        told = next(asked for asked in server.asked if asked.path == "/0").until
        later = min(asked.at for asked in server.asked if asked.at > told)

    assert summary.captured == 9
    assert later - told > 0.95


def test_a_response_that_was_cut_short_is_tried_again_and_kept(crawls: Crawls) -> None:
    whole = html("/last")
    site: dict[str, Answer] = {
        "/": html("/mended", "/cut"),
        "/mended": lambda before: Reply(whole, headers={"Content-Type": "text/html"}, cut=20 if before == 0 else None),
        "/cut": Reply(whole.replace("last", "other"), headers={"Content-Type": "text/html"}, cut=20),
        "/last": html(),
    }
    with serving(site) as server:
        summary = crawls.run(urls=[server.url()])
        mended, cut = crawls.captures(server.url("/mended")), crawls.captures(server.url("/cut"))

    assert [capture.truncated for capture in mended] == ["disconnect", None]
    assert [capture.truncated for capture in cut] == ["disconnect"] * 3
    assert "/last" in server.paths
    assert {page.reason for page in crawls.pages(summary)} == {None, "the response was cut short"}


def test_a_host_that_cannot_be_reached_is_a_recorded_failure(crawls: Crawls) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/"
        summary = crawls.run(urls=[url])

    assert (summary.captured, summary.failed, summary.reason) == (0, 1, "finished")
    ((reason, _),) = summary.failed_because.items()
    assert reason.startswith("robots.txt could not be had: refused")
    (refused,) = crawls.captures(url)
    assert (refused.outcome, refused.failure) == (Outcome.REFUSED, Failure.CONNECT_REFUSED)
    assert [capture.outcome for capture in crawls.captures(url + "robots.txt")] == [Outcome.REFUSED] * 3


def test_robots_txt_is_obeyed_and_each_denial_recorded_once(crawls: Crawls) -> None:
    site: dict[str, Answer] = {
        "/robots.txt": Reply("User-agent: *\nDisallow: /private\nAllow: /private/open\n"),
        "/": html("/private/1", "/private/open", "/a"),
        "/a": html("/private/1", "/private/1#part"),
        "/private/1": html(),
        "/private/open": html(),
    }
    with serving(site) as server:
        summary = crawls.run(urls=[server.url()])
        paths = Counter(server.paths)
        (denied,) = crawls.captures(server.url("/private/1"))
        (robots,) = crawls.captures(server.url("/robots.txt"))

    assert paths == {"/robots.txt": 1, "/": 1, "/a": 1, "/private/open": 1}
    assert (denied.outcome, denied.status, denied.error) == (Outcome.ROBOTS, None, "robots.txt disallows it")
    assert denied.failure is Failure.ROBOTS_DENIED
    assert (summary.skipped, summary.skipped_because) == (1, {"robots.txt disallows it": 1})
    assert (robots.hops, robots.status) == ("P", 200)


def test_a_site_whose_robots_txt_is_ignored_by_decision_is_still_asked_for_it(crawls: Crawls) -> None:
    site: dict[str, Answer] = {"/robots.txt": Reply("User-agent: *\nDisallow: /\n"), "/": html("/a"), "/a": html()}
    with serving(site) as server:
        summary = crawls.site(server, robots="ignore", robots_reason="court order 17")

        assert Counter(server.paths) == {"/robots.txt": 1, "/": 1, "/a": 1}
    assert summary.captured == 2
    (warc,) = crawls.collection.archive_folder.glob("*.warc.gz")
    assert b"robots: ignore" in next(iter(read_records(warc))).block.read()


@pytest.mark.parametrize(
    ("robots", "captured"),
    [(Reply("", 500), 0), (Reply("", 404), 1), (Reply("", 403), 1), (Reply("", 302, {"Location": "/r"}), 0)],
)
def test_robots_txt_answers_follow_rfc_9309(crawls: Crawls, robots: Reply, captured: int) -> None:
    with serving({"/robots.txt": robots, "/r": Reply("User-agent: khronika\nDisallow: /"), "/": html()}) as server:
        assert crawls.run(urls=[server.url()]).captured == captured


def test_a_crawl_delay_is_kept_between_all_requests(crawls: Crawls) -> None:
    site = generated_site(4)
    site["/robots.txt"] = Reply("User-agent: *\nCrawl-delay: 0.2\n")
    with serving(site) as server:
        crawls.run(urls=[server.url()])
        gaps = [after.at - before.until for before, after in zip(server.asked, server.asked[1:], strict=False)]

    assert len(gaps) == 5
    assert min(gaps) > 0.19


def test_two_sites_on_one_host_share_its_one_connection(crawls: Crawls) -> None:
    site: dict[str, Answer] = {
        f"/{name}/{n}": Reply(html(), headers={"Content-Type": "text/html"}, seconds=0.02)
        for name in "ab"
        for n in range(6)
    }
    site |= {f"/{name}/": html(*(f"/{name}/{n}" for n in range(6))) for name in "ab"}
    with serving(site) as server:
        sites = [SiteDefinition(name, (server.url(f"/{name}/"),), include=(f"/{name}/",)) for name in "ab"]
        summary = crawls.run(sites=sites)

    assert summary.captured == 14
    assert max(asked.together for asked in server.asked) == 1
    assert Counter(server.paths)["/robots.txt"] == 1


def test_user_agent_and_from_are_the_operators(crawls: Crawls) -> None:
    crawls.config = replace(crawls.config, operator=replace(crawls.config.operator, mail="archive@ledger.example"))
    with serving({"/": html()}) as server:
        crawls.run(urls=[server.url()])

    for asked in server.asked:
        assert re.fullmatch(r"khronika/\S+ \(\+mailto:archive@ledger\.example\)", asked.header("User-Agent") or "")
        assert asked.header("From") == "archive@ledger.example"
        assert asked.headers[0][0] == "Host"


def test_an_operator_who_says_nothing_is_not_named(crawls: Crawls) -> None:
    with serving({"/": html()}) as server:
        crawls.run(urls=[server.url()])

    (agent,) = {asked.header("User-Agent") for asked in server.asked}
    assert re.fullmatch(r"khronika/\S+", agent or "")
    assert {asked.header("From") for asked in server.asked} == {None}
    assert {asked.header("Cookie") for asked in server.asked} == {None}


def test_include_exclude_and_follow_draw_the_line(crawls: Crawls) -> None:
    site: dict[str, Answer] = {
        "/": html("/case/1", "/news/1", "/case/1?print"),
        "/case/1": html("/case/2"),
        "/case/2": html(),
        "/news/1": html(),
    }
    with serving(site) as server:
        summary = crawls.site(server, include=("/case/",), exclude=(r"\?print",))
        assert summary.skipped_because == {"not included": 1, r"excluded by \?print": 1}
        assert set(server.paths) == {"/robots.txt", "/", "/case/1", "/case/2"}
        server.asked.clear()
        crawls.run(sites=[SiteDefinition("other", (server.url(),), follow=False)])
        assert set(server.paths) == {"/robots.txt", "/"}


def test_feeds_and_sitemaps_lead_to_pages(crawls: Crawls) -> None:
    with serving({"/robots.txt": Reply("", 404)}) as server:
        xml = {"Content-Type": "application/xml"}

        def sitemap(*paths: str) -> str:
            return f"<urlset>{''.join(f'<url><loc>{server.url(path)}</loc></url>' for path in paths)}</urlset>"

        server.pages |= {
            "/": html(),
            "/feed": Reply(f"<rss><item><link>{server.url('/case/feed')}</link></item></rss>", headers=xml),
            "/index.xml": Reply(
                f"<sitemapindex><sitemap><loc>{server.url('/a.xml.gz')}</loc></sitemap>"
                f"<sitemap><loc>{server.url('/b.xml')}</loc></sitemap></sitemapindex>",
                headers=xml,
            ),
            "/a.xml.gz": Reply(
                gzip.compress(sitemap("/case/gz").encode()), headers={"Content-Type": "application/gzip"}
            ),
            "/b.xml": Reply(sitemap("/case/xml", "/not-included"), headers=xml),
            "/broken": Reply("<html>no feed</html>", headers={"Content-Type": "text/html"}),
            "/case/feed": html(),
            "/case/gz": html("/case/linked"),
            "/case/xml": html(),
            "/case/linked": html(),
        }
        summary = crawls.site(
            server,
            include=("/case/",),
            feeds=(server.url("/feed"), server.url("/broken")),
            sitemaps=(server.url("/index.xml"),),
        )

        assert {path for path in server.paths if path.startswith("/case")} == {
            "/case/feed",
            "/case/gz",
            "/case/xml",
            "/case/linked",
        }
        assert crawls.captures(server.url("/case/gz"))[0].hops == "MM"
    assert summary.skipped_because == {"not included": 1}
    assert "expected rss, RDF or feed as root element, found html" in {page.reason for page in crawls.pages(summary)}


def test_pages_that_cannot_be_parsed_cost_no_other_page(crawls: Crawls) -> None:
    deep = "<div>" * 10_000 + '<a href="/from-deep">x</a>'
    site: dict[str, Answer] = {
        "/": html("/empty", "/bytes", "/picture", "/deep", "/untyped", "/wrong", "/pdf"),
        "/empty": Reply("", headers={"Content-Type": "text/html"}),
        "/bytes": Reply(
            bytes(range(256)) + b'<a href="/from-bytes">', headers={"Content-Type": "text/html; charset=utf-8"}
        ),
        "/picture": Reply(b'\x89PNG\r\n<a href="/never">', headers={"Content-Type": "image/png"}),
        "/pdf": Reply(b'%PDF-1.4 <a href="/never">', headers={"Content-Type": "application/pdf"}),
        "/deep": deep,
        "/untyped": Reply('<!DOCTYPE html><a href="/from-untyped">'),
        "/wrong": Reply('<a href="/from-wrong">', headers={"Content-Type": "text/html; charset=no-such-thing"}),
        **{f"/from-{name}": html() for name in ("bytes", "deep", "untyped", "wrong")},
    }
    with serving(site) as server:
        summary = crawls.run(urls=[server.url()])
        assert set(server.paths) == {"/robots.txt", *site}

    assert (summary.captured, summary.failed) == (len(site), 0)
    assert {page.reason for page in crawls.pages(summary)} == {None}


def test_a_faulty_spider_costs_the_links_of_one_page_and_says_so(
    crawls: Crawls, monkeypatch: pytest.MonkeyPatch
) -> None:
    from spiders import site as module

    real = module.links_in

    def faulty(text: str, url: str, encoding: str) -> Any:
        if url.endswith("/bad"):
            raise RuntimeError("a fault of the spider")
        return real(text, url, encoding)

    monkeypatch.setattr(module, "links_in", faulty)
    with serving({"/": html("/bad", "/good"), "/bad": html("/never"), "/good": html()}) as server:
        summary = crawls.run(urls=[server.url()])

    assert (summary.captured, summary.failed) == (3, 0)
    (bad,) = (page for page in crawls.pages(summary) if page.url.endswith("/bad"))
    assert (bad.state, bad.reason) == ("done", "RuntimeError: a fault of the spider")
    assert "RuntimeError: a fault of the spider" in crawls.log(summary)
    assert str(Path.cwd()) not in crawls.log(summary)


def test_a_limit_ends_the_run_and_the_next_run_goes_on(crawls: Crawls) -> None:
    with serving(generated_site(12)) as server:
        first = crawls.run(urls=[server.url()], limit=5)
        assert (first.captured, first.reason, first.resumed) == (5, "limit", False)
        second = crawls.run(urls=[server.url()], limit=100)
        third = crawls.run(urls=[server.url()])

        assert (second.crawl, second.captured, second.reason, second.resumed) == (first.crawl, 8, "finished", True)
        assert third.crawl != first.crawl
        assert Counter(Counter(server.paths).values()) == {2: 13, 3: 1}


def test_a_limit_that_is_just_reached_is_no_interruption(crawls: Crawls) -> None:
    with serving(generated_site(3)) as server:
        assert crawls.run(urls=[server.url()], limit=4).reason == "finished"


def test_fresh_begins_anew(crawls: Crawls) -> None:
    with serving(generated_site(5)) as server:
        first = crawls.run(urls=[server.url()], limit=2)
        second = crawls.run(urls=[server.url()], fresh=True)

    assert second.crawl != first.crawl
    assert (second.captured, second.resumed) == (6, False)


def test_other_start_pages_are_another_crawl(crawls: Crawls) -> None:
    with serving(generated_site(5)) as server:
        first = crawls.run(urls=[server.url()], limit=2)
        second = crawls.run(urls=[server.url("/p/0")])

    assert second.crawl != first.crawl


def test_a_scope_that_was_narrowed_holds_for_what_was_queued(crawls: Crawls) -> None:
    with serving({"/": html("/a/1", "/b/1"), "/a/1": html(), "/b/1": html()}) as server:
        site = SiteDefinition("ledger", (server.url(),))
        crawls.run(sites=[site], limit=1)
        summary = crawls.run(sites=[replace(site, exclude=("/b/",))])

        assert set(server.paths) == {"/robots.txt", "/", "/a/1"}
    assert summary.skipped_because == {"excluded by /b/": 1}


def test_a_time_limit_ends_the_run(crawls: Crawls) -> None:
    site = generated_site(30)
    with serving(site) as server:
        summary = crawls.run(urls=[server.url()], delay=0.1, time_limit=0.6)

        assert summary.reason == "time limit"
        assert 0 < summary.captured < 31
        rest = crawls.run(urls=[server.url()])
        assert summary.captured + rest.captured == 31


def test_progress_is_reported(crawls: Crawls) -> None:
    reports: list[dict[str, Any]] = []
    with serving(generated_site(6)) as server:
        summary = crawls.run(urls=[server.url()], on_status=reports.append)

    assert reports[0]["captured"] == 0
    assert reports[-1] | {"url": None} == {
        "crawl": summary.crawl,
        "captured": 7,
        "revisits": 0,
        "failed": 0,
        "skipped": 0,
        "queued": 0,
        "in_flight": 0,
        "bytes": reports[-1]["bytes"],
        "retries": 0,
        "second_looks": 0,
        "read": 0,
        "changed": 0,
        "url": None,
    }
    json.dumps(reports)


def test_a_disk_that_refuses_ends_the_run_with_its_error(crawls: Crawls, monkeypatch: pytest.MonkeyPatch) -> None:
    real: Callable[..., Any] = Writer.store
    stored = 0

    def failing(self: Writer, *arguments: Any) -> Any:
        nonlocal stored
        stored += 1
        if stored > 4:
            raise StorageError("expected room on the disk, found none")
        return real(self, *arguments)

    monkeypatch.setattr(Writer, "store", failing)
    with serving(generated_site(20)) as server:
        with pytest.raises(StorageError, match="expected room"):
            crawls.run(urls=[server.url()])
        monkeypatch.setattr(Writer, "store", real)
        rest = crawls.run(urls=[server.url()])

        assert rest.resumed
        assert rest.reason == "finished"
        assert all(crawls.captures(server.url(path)) for path in everything_linked(server))


def test_a_collection_that_is_being_written_is_refused(crawls: Crawls) -> None:
    with crawls.collection.writer(), pytest.raises(CollectionLockedError):
        crawls.run(urls=["http://127.0.0.1:1/"])


def test_pages_of_which_not_all_could_be_had_are_counted_with_the_reason(crawls: Crawls) -> None:
    with serving(
        {"/": html("/cut"), "/cut": Reply("x" * 500, headers={"Content-Type": "text/html"}, cut=100)}
    ) as server:
        summary = crawls.run(urls=[server.url()])

    assert summary.problems == {"the response was cut short": 1}
    assert summary.as_record()["problems"] == summary.problems


def test_the_warcinfo_names_why_each_robots_txt_is_ignored(crawls: Crawls) -> None:
    sites = [
        SiteDefinition(
            name,
            ("http://127.0.0.1:1/",),
            robots="ignore",
            robots_by="N. N.",
            robots_reason=f"evidence of {name}",
            robots_ground="court order 17",
        )
        for name in ("north", "south")
    ]

    fields = warcinfo_fields(crawls.config, sites)

    [said] = [value for name, value in fields if name == "description"]
    assert said == (
        "robots.txt of site north ignored; by: N. N.; reason: evidence of north; ground: court order 17; "
        "robots.txt of site south ignored; by: N. N.; reason: evidence of south; ground: court order 17"
    )
    assert ("robots", "ignore") in fields


def test_nothing_of_scrapy_reaches_the_terminal(crawls: Crawls, capfd: pytest.CaptureFixture[str]) -> None:
    with serving({"/": html("/500"), "/500": Reply("", 500)}) as server:
        crawls.run(urls=[server.url()])

    assert capfd.readouterr() == ("", "")


def test_only_our_components_are_between_the_engine_and_the_wire() -> None:
    from scrapy.settings import Settings
    from scrapy.utils.conf import build_component_list

    settings = Settings()
    settings.setmodule("settings", priority="project")
    names = {
        kind: [
            path if isinstance(path, str) else path.__name__
            for path in build_component_list(settings.get_component_priority_dict_with_base(kind))
        ]
        for kind in ("DOWNLOADER_MIDDLEWARES", "SPIDER_MIDDLEWARES", "EXTENSIONS")
    }

    assert [name.rpartition(".")[2] for name in names["DOWNLOADER_MIDDLEWARES"]] == [
        "OutcomeMiddleware",
        "RobotsMiddleware",
        "DefaultHeadersMiddleware",
        "RetryMiddleware",
        "CookiesMiddleware",
        "PolitenessMiddleware",
    ]
    assert [name.rpartition(".")[2] for name in names["SPIDER_MIDDLEWARES"]] == ["FrontierMiddleware"]
    assert names["EXTENSIONS"] == []
    assert not settings.getbool("REMOTE_CONTROL_ENABLED")
    assert not settings.getbool("TELNETCONSOLE_ENABLED")
    assert not settings.get("JOBDIR")


# ---- a process of its own


def start_bare(crawls: Crawls, url: str) -> subprocess.Popen[str]:
    """A crawl without the reading beside it: it begins at once, so that kills meet it at work."""
    program = (
        "import sys; from pathlib import Path; from archive.collection import Collection;"
        "from crawler.config import load_config; from crawler.runner import run_crawl;"
        "collection = Collection.open(Path(sys.argv[1]));"
        "run_crawl(collection, load_config(collection.config_path), urls=sys.argv[2:], reading=False)"
    )
    return subprocess.Popen(
        [sys.executable, "-c", program, str(crawls.collection.path), url],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def start(crawls: Crawls, url: str, *options: str, new_group: bool = False) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "crawler", "--json", "-C", str(crawls.collection.path), "crawl", "--url", url, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=new_group,
    )


def until(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.002)


def summary_of(output: str) -> Mapping[str, Any]:
    (summary,) = (record for record in map(json.loads, output.splitlines()) if record["type"] == "summary")
    return dict(summary)


def slow(site: dict[str, Answer], seconds: float) -> dict[str, Answer]:
    return {
        path: Reply(str(page), headers={"Content-Type": "text/html"}, seconds=seconds) for path, page in site.items()
    }


def test_ctrl_c_ends_the_run_cleanly_and_the_next_one_goes_on(crawls: Crawls) -> None:
    site = generated_site(40)
    with serving(slow(site, 0.02)) as server:
        process = start(crawls, server.url())
        until(lambda: len(server.asked) > 8)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=20)

        assert process.returncode == 4
        first = summary_of(output)
        assert first["reason"] == "interrupted"
        assert "Traceback" not in errors
        assert not list(crawls.collection.archive_folder.glob("*.open"))
        rest = crawls.run(urls=[server.url()])
        assert rest.resumed
        assert first["captured"] + rest.captured == 41
        assert Counter(Counter(server.paths).values()) == {1: 41, 2: 1}


@pytest.mark.parametrize("seconds", [0.0, 0.3, 0.7])
def test_ctrl_c_at_a_terminal_reaches_no_process_that_is_still_starting(crawls: Crawls, seconds: float) -> None:
    with serving(slow(generated_site(40), 0.02)) as server:
        process = start(crawls, server.url(), new_group=True)
        until(lambda: len(server.asked) > 0)
        time.sleep(seconds)
        os.killpg(process.pid, signal.SIGINT)
        output, errors = process.communicate(timeout=60)

        assert "Traceback" not in errors
        assert process.returncode == 4
        assert summary_of(output)["reason"] == "interrupted"


def test_a_second_ctrl_c_ends_it_at_once_with_sound_warcs(crawls: Crawls) -> None:
    with serving(
        {"/": html("/slow"), "/slow": Reply(html(), headers={"Content-Type": "text/html"}, seconds=15)}
    ) as server:
        crawls.config = replace(crawls.config, crawl=replace(POLICY, timeout_head=60))
        process = start(crawls, server.url())
        until(lambda: any(server._count[path] for path in ("/slow",)))
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)

        assert process.returncode == 4
        assert "Traceback" not in errors
        (warc,) = crawls.collection.archive_folder.glob("*.warc.gz")
        assert [record.type for record in read_records(warc)].count("response") == 2


def test_sigterm_ends_the_run_as_ctrl_c_does(crawls: Crawls) -> None:
    with serving(slow(generated_site(20), 0.02)) as server:
        process = start(crawls, server.url())
        until(lambda: len(server.asked) > 5)
        process.terminate()
        output, errors = process.communicate(timeout=60)

        assert (process.returncode, summary_of(output)["reason"]) == (4, "interrupted")
        assert "Traceback" not in errors
        assert crawls.run(urls=[server.url()]).resumed
        assert {path for path, count in Counter(server.paths).items() if count > 1} == {"/robots.txt"}


def test_a_terminal_that_closes_ends_the_run_as_ctrl_c_does(crawls: Crawls) -> None:
    with serving(slow(generated_site(80), 0.02)) as server:
        master, terminal = os.openpty()
        # a session of its own, whose terminal this is: when it closes, the kernel sends SIGHUP to all processes of it
        process = subprocess.Popen(
            [sys.executable, "-c", _ON_TERMINAL, "-C", str(crawls.collection.path), "crawl", "--url", server.url()],
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            start_new_session=True,
        )
        os.close(terminal)
        until(lambda: len(server.asked) > 8)
        os.close(master)
        process.wait(timeout=60)

        assert process.returncode == 4
        assert not list(crawls.collection.archive_folder.glob("*.open"))
        with StateFile.open(crawls.collection.path, readonly=True) as state:
            assert [run.reason for run in state.runs()] == ["interrupted"]
        catalogue = crawls.collection.catalogue
        pages = [catalogue.captures_of(server.url(path))[0] for path in set(server.paths) - {"/robots.txt"}]
        readings = [catalogue.reading(capture.record_id) for capture in pages]
        assert not [reading.failed for reading in readings if reading is not None and reading.failed]
        assert crawls.run(urls=[server.url()]).resumed


# the tests themselves may run under nohup, which every process below it inherits
_ON_TERMINAL = """
import fcntl, signal, termios
signal.signal(signal.SIGHUP, signal.SIG_DFL)
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from crawler.cli import main
main()
"""


def test_under_nohup_a_terminal_that_closes_does_not_end_the_run(crawls: Crawls) -> None:
    with serving(slow(generated_site(12), 0.02)) as server:
        process = subprocess.Popen(
            [
                "nohup",
                sys.executable,
                "-m",
                "crawler",
                "-C",
                str(crawls.collection.path),
                "crawl",
                "--url",
                server.url(),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until(lambda: len(server.asked) > 3)
        process.send_signal(signal.SIGHUP)

        assert process.wait(timeout=60) == 0
        assert set(server.paths) == everything_linked(server) | {"/robots.txt"}


def test_a_crawl_that_is_stopped_and_continued_fetches_every_page_once(crawls: Crawls) -> None:
    with serving(slow(generated_site(20), 0.02)) as server:
        process = start(crawls, server.url())
        until(lambda: len(server.asked) > 5)
        process.send_signal(signal.SIGSTOP)
        # longer than the time that this server's connection, head and body may take
        time.sleep(2.5)
        process.send_signal(signal.SIGCONT)
        output, _ = process.communicate(timeout=60)

        assert (process.returncode, summary_of(output)["captured"]) == (0, 21)
        assert max(Counter(server.paths).values()) == 1


def test_a_second_process_is_refused_and_the_first_goes_on(crawls: Crawls) -> None:
    with serving(slow(generated_site(30), 0.02)) as server:
        process = start(crawls, server.url())
        until(lambda: len(server.asked) > 3)
        second = start(crawls, server.url())
        _, errors = second.communicate(timeout=60)
        output, _ = process.communicate(timeout=60)

        assert second.returncode == 11
        assert f"process {process.pid}" in errors
        assert (process.returncode, summary_of(output)["captured"]) == (0, 31)
        assert max(Counter(server.paths).values()) == 1


def test_reading_workers_that_are_killed_cost_no_page(crawls: Crawls) -> None:
    with serving(slow(generated_site(30), 0.02)) as server:
        process = start(crawls, server.url())
        for asked in (8, 16, 24):
            until(lambda asked=asked: len(server.asked) > asked)
            for worker in workers_of(process.pid):
                os.kill(worker, signal.SIGKILL)
        output, _ = process.communicate(timeout=60)

        assert (process.returncode, summary_of(output)["captured"]) == (0, 31)
        catalogue = crawls.collection.catalogue
        assert catalogue.unread(1) == []
        pages = [catalogue.captures_of(server.url(path))[0] for path in everything_linked(server)]
        assert {getattr(catalogue.reading(capture.record_id), "failed", "unread") for capture in pages} == {None}


def workers_of(pid: int) -> list[int]:
    """The processes that the fork server below a process has made."""
    below = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [
        int(worker) for child in below for worker in Path(f"/proc/{child}/task/{child}/children").read_text().split()
    ]


class Clock:
    """The wall clock of a crawl in this process, which a test may set."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.shift = timedelta(0)
        clock = self

        class Shifted(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
                return clock.now()

        monkeypatch.setattr("time.time", lambda: self.now().timestamp())
        monkeypatch.setattr("crawler.frontier._now", self.now)
        monkeypatch.setattr("crawler.runner.datetime", Shifted)
        monkeypatch.setattr("crawler.wire.WireClient", partial(WireClient, clock=self.now))
        monkeypatch.setattr(Collection, "writer", partialmethod(Collection.writer, now=self.now))

    def now(self) -> datetime:
        return datetime.now(UTC) + self.shift


def test_a_clock_that_jumps_holds_no_page_and_spoils_no_record(crawls: Crawls, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    crawls.config = replace(crawls.config, crawl=replace(POLICY, crawl_delay_limit=0.1))

    def yesterday(before: int) -> str:
        # the page that was busy is due in two hundredths of a second, by a clock that now says that it is yesterday
        clock.shift = timedelta(days=-1)
        return html()

    def tomorrow(before: int) -> str:
        clock.shift = timedelta(days=1)
        return html()

    site: dict[str, Answer] = {
        "/": html("/busy", "/yesterday"),
        "/busy": lambda before: Reply("busy", 503) if before == 0 else html("/tomorrow"),
        "/yesterday": yesterday,
        "/tomorrow": tomorrow,
    }
    with serving(site) as server:
        first = crawls.run(urls=[server.url()], time_limit=60)
        clock.shift = timedelta(days=-7)
        again = crawls.run(urls=[server.url()], limit=1)
        on = crawls.run(urls=[server.url()])

    assert (first.reason, first.captured, first.failed) == ("finished", 4, 0)
    # by their own dates, which the clock gave: the answer of yesterday stands before the first attempt
    of_first = [capture.status for capture in crawls.captures(server.url("/busy")) if capture.crawl == first.crawl]
    assert of_first == [200, 503]
    # what is gone on with is the last crawl, whatever its clock said
    assert (again.reason, on.resumed, on.crawl) == ("limit", True, again.crawl)
    for warc in crawls.collection.archive_folder.iterdir():
        assert list(check_file(warc)) == []


def test_a_killed_crawl_is_resumed_until_every_page_is_captured(crawls: Crawls) -> None:
    rng = random.Random(20261122)
    pages = 60
    with serving(slow(generated_site(pages), 0.004)) as server:
        linked = everything_linked(PageServerView(generated_site(pages)))
        kills = 0
        for _ in range(6):
            process = start_bare(crawls, server.url())
            wanted = len(server.asked) + rng.randrange(1, 14)
            until(lambda process=process, wanted=wanted: len(server.asked) > wanted or process.poll() is not None)
            time.sleep(rng.random() * 0.02)
            os.kill(process.pid, signal.SIGKILL)
            process.communicate()
            kills += process.returncode == -signal.SIGKILL
        summary = crawls.run(urls=[server.url()])

        assert kills >= 4
        assert (summary.reason, summary.resumed, summary.failed) == ("finished", True, 0)
        (folder,) = crawls.collection.crawls_folder.iterdir()
        frontier = Frontier.open(folder / FILE_NAME)
        assert frontier.counts() == {"done": pages + 1}
        with crawls.collection.writer():
            pass
        for path in linked:
            captures = crawls.captures(server.url(path))
            assert captures, path
            assert crawls.collection.payload(captures[-1]).octets == str(generated_site(pages)[path]).encode()
        done = {page.url: page.record_id for page in frontier.pages()}
        assert all(crawls.collection.catalogue.capture(record).url == url for url, record in done.items() if record)
        fetched_again = sum(Counter(server.paths).values()) - len(set(server.paths)) - kills
        # what is in flight: fetched, and not marked yet
        assert fetched_again <= POLICY.connections * kills
    for warc in crawls.collection.archive_folder.iterdir():
        assert warc.name.endswith(".warc.gz")
        assert list(read_records(warc))


class PageServerView:
    """The table alone, for counting what is linked."""

    def __init__(self, pages: Mapping[str, Answer]) -> None:
        self.pages = pages
