"""Crawls of servers with traps, by the real command line: they end, are bounded, and status names what was left."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from khronika_command import Khronika
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
