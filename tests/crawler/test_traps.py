"""Crawls of servers with traps, by the real command line: they end, are bounded, and status names what was left."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from khronika_command import Khronika
from page_server import Reply, serving
from trap_server import REAL, TRAPS, trapping

AMONG = (
    "months",
    "faceted",
    "pages by query",
    "pages by path",
    "circles",
    "below themselves",
    "growing",
    "sessions",
    "redirects",
)
"""Traps of each name but one; tests/spiders/test_traps.py follows all of them without a network."""
MOST = 40 + 150 + 120 + 2 * 45 + 60 + 80 + 130 + 40 + 21 + 60
"""Requests: the forty pages, and for each trap what its limit in spiders/trap_shapes.py allows, with the pages that
stood in other families before it was known; and some for pages that were on the wire meanwhile."""


@pytest.fixture
def khronika(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Khronika:
    return Khronika(tmp_path / "collection", capsys)


def test_a_crawl_among_traps_ends_by_itself_and_names_each_of_them(khronika: Khronika) -> None:
    with trapping(*AMONG) as server:
        khronika.add_site(server.url())
        khronika.crawl()
        asked = Counter(server.paths)

    assert {path: asked[path] for path in REAL} == dict.fromkeys(REAL, 1)
    assert max(asked.values()) == 1
    assert len(server.paths) <= MOST

    records = khronika.records("status")
    traps = {record["name"]: record for record in records if record["type"] == "trap"}
    assert {TRAPS[name][2] for name in AMONG} <= set(traps)
    for record in traps.values():
        assert record["site"] == "ledger"
        assert record["addresses"] > 0
        assert record["example"].startswith("http://")
        assert record["shapes"]
    warned = {record["name"] for record in records if record["type"] == "warning" and record["about"] == "trap"}
    assert warned == set(traps)
    _, out, _ = khronika("status")
    for name in traps:
        assert f"ledger: trap left: {name} (" in out


@pytest.mark.parametrize("way", ["lists", "rest", "feeds"])
def test_a_listing_without_end_is_left_and_named(khronika: Khronika, way: str) -> None:
    class Endless(dict[str, object]):
        def get(self, path: str, default: object = None) -> object:
            number = int("".join(filter(str.isdigit, path.partition("page")[2].rpartition("=")[2])) or 1)
            cases = [f"/case/{n}/" for n in range(100)]
            if path.startswith("/case/"):
                return f"<html><body><p>case {path}</body></html>"
            if path.startswith("/list"):
                links = "".join(f'<a href="{case}">x</a>' for case in cases)
                return f'<html><body>{links}<a rel=next href="/list?page={number + 1}">next</a></body></html>'
            if path.startswith("/wp-json"):
                body = json.dumps([{"id": n, "link": server.url(case)} for n, case in enumerate(cases)])
                return Reply(body, headers={"Content-Type": "application/json"})
            if path.startswith("/feed"):
                items = "".join(f"<entry><link href='{case}'/></entry>" for case in cases)
                more = f"<link rel='next' href='/feed?page={number + 1}'/>"
                feed = f"<feed xmlns='http://www.w3.org/2005/Atom'>{more}{items}</feed>"
                return Reply(feed, headers={"Content-Type": "application/atom+xml"})
            return None

    begins = {"lists": "/list", "rest": "/wp-json/wp/v2/posts", "feeds": "/feed"}[way]
    with serving({}) as server:
        server.pages = Endless()  # type: ignore[assignment]
        khronika.add_site(server.url("/case/0/"), **{way: [server.url(begins)]})
        khronika.crawl()
        asked = Counter(server.paths)

    assert sum(count for path, count in asked.items() if path.startswith(begins)) <= 5
    assert sum(path.startswith("/case/") for path in asked) == 100
    (trap,) = khronika.warnings("trap")
    assert trap["name"] == "endless pagination"
    assert khronika.warnings("listing") == []
