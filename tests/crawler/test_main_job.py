"""The main job with the real command, a real server and files: the campaigns of `bench/`, short and seeded."""

from __future__ import annotations

from pathlib import Path

import pytest
from authority import Authority

from bench import crawl, kill
from bench.static_site import StaticSite, make_site


def test_crawl_edit_compare_verify_rebuild_and_five_damages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = make_site(tmp_path / "site", pages=30, seed=7)
    with StaticSite(root) as site:
        crawl.run(tmp_path / "collection", root, site)

    said = capsys.readouterr().out
    assert "FAIL" not in said
    assert said.count("is found:") == 5


def test_a_crawl_killed_again_and_again_loses_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = make_site(tmp_path / "site", pages=60, seed=8)
    with StaticSite(root) as site, Authority(tmp_path / "authority") as authority:
        kill.run(tmp_path / "collection", site, authority, kills=3, seed=8)

    assert "FAIL" not in capsys.readouterr().out
