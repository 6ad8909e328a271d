"""A disk that fills during a crawl: the command ends with one line, and the next one goes on with sound evidence."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from scrapy import Request, Spider

from archive.errors import KhronikaError, StorageError
from crawler.demo import DemoSite
from crawler.frontier import Found, Frontier
from crawler.scheduler import FrontierScheduler
from crawler.session import RETRY_AT, ROW

ENDS_WITHIN = 60.0


def khronika(at: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command; one that hangs fails the test."""
    command = [sys.executable, "-m", "crawler", "-C", str(at), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=ENDS_WITHIN, check=False)


@pytest.fixture(params=[700, 960])
def small_disk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A disk of so many KiB: room for an empty collection and a little more."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={request.param}k", "none", str(disk)]
    mounted = subprocess.run(command, capture_output=True, check=False) if shutil.which("mount") else None
    if mounted is None or mounted.returncode:
        pytest.skip("mounting a small disk takes root")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


def test_a_crawl_on_a_disk_that_fills_ends_and_goes_on_when_there_is_room(small_disk: Path) -> None:
    at = small_disk / "collection"
    assert khronika(at, "init").returncode == 0
    # what is held here is the end of the room, which the crawl would not come to by itself
    settings = at / "khronika.toml"
    settings.write_text(settings.read_text("utf-8").replace('# stop = "1G"', "stop = 0"), "utf-8")
    with DemoSite() as site:
        full = khronika(at, "crawl", "--url", site.url)
        subprocess.run(["mount", "-o", "remount,size=20m", small_disk], check=True)
        room = khronika(at, "crawl", "--url", site.url)

    assert full.returncode == 1
    assert full.stderr.startswith("khronika: ")
    assert "The disk is full, and nothing that was stored is lost: make room" in full.stderr
    assert "Traceback" not in full.stderr
    assert str(small_disk) not in full.stderr
    assert room.returncode == 0, room.stderr
    assert "going on with the unfinished crawl" in room.stderr
    verified = khronika(at, "verify")
    assert (verified.returncode, verified.stderr) == (0, "")


def test_a_frontier_that_cannot_be_used_ends_the_run_where_scrapy_would_wait_for_ever(tmp_path: Path) -> None:
    frontier = Frontier.create(tmp_path / "crawls" / "one" / "frontier.sqlite", {})
    frontier.add("north", [Found("http://north.example/", seed=True)])
    errors: list[KhronikaError] = []
    session: Any = SimpleNamespace(
        frontier=frontier, may_take=lambda _site: True, busy_hosts=lambda _site: [], give_up=errors.append, memories={}
    )
    scheduler = FrontierScheduler(session, "north")
    scheduler.open(Spider("site"))
    frontier.close()

    assert scheduler.next_request() is None
    assert not scheduler.enqueue_request(Request("http://north.example/", meta={ROW: 1, RETRY_AT: 0.0}))
    assert [type(error) for error in errors] == [StorageError, StorageError]
