"""Which rule of robots.txt decided about a page is kept with the page, and shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from page_server import Answer, PageServer, Reply, serving

from archive.collection import Collection
from archive.header import parse_warc_fields
from archive.warc import WARC_FIELDS
from crawler.cli import run
from crawler.config import load_config
from crawler.policy import CrawlPolicy
from crawler.runner import CrawlSummary, run_crawl
from spiders.definition import SiteDefinition

POLICY = CrawlPolicy(retry_delay=0.02, timeout_connect=20, timeout_head=20, timeout_body=5, processes=0)


@pytest.fixture
def collection(tmp_path: Path) -> Iterator[Collection]:
    with Collection.create(tmp_path / "collection", "") as collection:
        yield collection


def crawl(collection: Collection, server: PageServer, policy: CrawlPolicy = POLICY, **options: Any) -> CrawlSummary:
    config = replace(load_config(collection.config_path), crawl=policy)
    site = SiteDefinition(name="ledger", start=(server.url(),), **options)
    return run_crawl(collection, config, sites=[site], reading=False)


def metadata(collection: Collection, url: str) -> dict[str, str]:
    (capture,) = collection.catalogue.captures_of(url)
    (record,) = [one for one in collection.exchange_of(capture) if one.value("Content-Type") == WARC_FIELDS]
    return dict(parse_warc_fields(record.block.read()))


def html(*links: str) -> str:
    return "<html><body>" + "".join(f'<a href="{link}">x</a>' for link in links) + "</body></html>"


PAGES: dict[str, Answer] = {
    "/robots.txt": Reply("User-agent: *\nDisallow: /private\nAllow: /private/open\n"),
    "/": html("/private/1", "/private/open", "/a"),
    "/a": html(),
    "/private/1": html(),
    "/private/open": html(),
}


def test_each_page_says_which_rule_decided_and_in_which_record_it_stands(collection: Collection) -> None:
    with serving(PAGES) as server:
        crawl(collection, server)
        said = {path: metadata(collection, server.url(path)) for path in PAGES}
        (robots,) = collection.catalogue.captures_of(server.url("/robots.txt"))

    assert {path: lines.get("robots") for path, lines in said.items()} == {
        "/robots.txt": None,
        "/": "allowed; no rule fits",
        "/a": "allowed; no rule fits",
        "/private/1": "disallowed; Disallow: /private (line 2)",
        "/private/open": "allowed; Allow: /private/open (line 3)",
    }
    assert {lines["robots-txt"] for path, lines in said.items() if path != "/robots.txt"} == {f"<{robots.record_id}>"}
    assert not any("robots-override" in lines for lines in said.values())


def test_a_page_fetched_against_a_rule_says_who_decided_that_and_on_what_ground(collection: Collection) -> None:
    with serving(PAGES) as server:
        summary = crawl(
            collection,
            server,
            robots="ignore",
            robots_by="the board",
            robots_reason="the pages are evidence",
            robots_ground="art. 17 (3) (d) GDPR",
        )
        against, along = (metadata(collection, server.url(path)) for path in ("/private/1", "/a"))

    assert summary.captured == 4
    assert against["robots"] == "overridden; Disallow: /private (line 2)"
    assert against["robots-override"] == "by: the board; reason: the pages are evidence; ground: art. 17 (3) (d) GDPR"
    assert (along["robots"], along.get("robots-override")) == ("allowed; no rule fits", None)


def test_show_tells_it(collection: Collection, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(PAGES) as server:
        crawl(collection, server)
        url = server.url("/private/1")
    collection.close()

    assert run(["-C", str(collection.path), "show", f"{url}@1"]) == 0
    plain = capsys.readouterr().out
    assert run(["-C", str(collection.path), "--json", "show", f"{url}@1"]) == 0
    record = json.loads(capsys.readouterr().out)

    assert "robots             disallowed; Disallow: /private (line 2)" in plain
    assert record["robots"] == "disallowed; Disallow: /private (line 2)"
    assert record["robots_txt"].startswith("<urn:uuid:")
    assert record["robots_override"] is None


@pytest.mark.parametrize("limits", [{"spider_limit": 1000}, {"max_size": 1_200_000}])
def test_a_long_robots_txt_binds_whatever_the_limits_of_pages(collection: Collection, limits: dict[str, int]) -> None:
    # RFC 9309, 2.5: 500 KiB at least are read
    text = "# filler\n" * 58_000 + "User-agent: *\nDisallow: /a\n" + "# filler\n" * 80_000
    with serving({**PAGES, "/robots.txt": Reply(text)}) as server:
        crawl(collection, server, replace(POLICY, **limits))

        assert "/a" not in server.paths
        assert "/" in server.paths
