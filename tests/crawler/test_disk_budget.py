"""The disk budget: a crawl stops while there is room, goes on later, and status can say how long the room lasts."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive.collection import Collection
from crawler import cli, runner
from crawler.cli import Exit
from crawler.config import load_config
from crawler.demo import DemoSite
from crawler.disk_budget import DiskState, Room, disk_states, grown_a_day, octets, room_of, too_full
from crawler.keep_policy import DiskPolicy
from crawler.runner import run_crawl

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def days_ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def state(free: int, *, a_day: float | None = None, warn: int = 100, stop: int = 10, days: int = 14) -> DiskState:
    return DiskState("", Room(free, 1000), warn, stop, days, a_day)


@pytest.mark.parametrize(
    ("found", "level"),
    [
        (state(500), "well"),
        (state(100), "well"),
        (state(99), "warn"),
        (state(10), "warn"),
        (state(9), "stop"),
        (state(500, a_day=10), "well"),
        (state(500, a_day=35), "well"),
        (state(500, a_day=36), "warn"),
        (state(500, a_day=36, days=0), "well"),
        (state(500, a_day=0), "well"),
    ],
)
def test_the_level_is_told_by_what_is_free_and_by_how_long_it_lasts(found: DiskState, level: str) -> None:
    assert found.level == level


def test_the_days_are_counted_to_where_crawls_stop() -> None:
    assert state(500, a_day=49).days_left == 10
    assert state(5, a_day=49).days_left == 0
    assert state(500, a_day=None).days_left is None
    assert "enough for about 10 days" in state(500, a_day=49).words()
    assert "enough for less than a day" in state(500, a_day=4900).words()
    assert "no crawl begins below 10 B" in state(5).words()


@pytest.mark.parametrize(
    ("files", "a_day"),
    [
        ([], None),
        # the last thirty days alone count
        ([(days_ago(400), 10**9), (days_ago(20), 300), (days_ago(2), 300)], 20.0),
        # a young collection: since it began
        ([(days_ago(10), 500), (days_ago(1), 500)], 100.0),
        # but no less than a day
        ([(days_ago(0.01), 500)], 500.0),
        # nothing of late
        ([(days_ago(100), 500)], 0.0),
        # a clock that was wrong
        ([(days_ago(-5), 500)], None),
    ],
)
def test_growth_is_that_of_the_last_thirty_days(files: list[tuple[datetime, int]], a_day: float | None) -> None:
    assert grown_a_day(files, NOW) == a_day


@pytest.mark.parametrize(
    ("number", "words"),
    [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (1_500_000, "1.5 MB"), (2 * 10**9, "2 GB"), (3 * 10**12, "3 TB")],
)
def test_octets_are_said_as_disks_are_sold(number: int, words: str) -> None:
    assert octets(number) == words


def test_the_room_of_a_real_disk_is_what_the_system_says(tmp_path: Path) -> None:
    room = room_of(tmp_path)

    told = shutil.disk_usage(tmp_path)
    assert room.total == told.total
    assert abs(room.free - told.free) < 10**9
    assert too_full(tmp_path, DiskPolicy(stop=0)) is None
    assert "nothing" not in (too_full(tmp_path, DiskPolicy(stop=room.total)) or "")
    assert "no crawl begins below" in (too_full(tmp_path, DiskPolicy(stop=room.total)) or "")


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it said."""

    status: int
    stdout: str
    stderr: str


Command = Callable[..., Ended]


@pytest.fixture
def khronika(capsys: pytest.CaptureFixture[str]) -> Command:
    def run(*words: object) -> Ended:
        status = cli.run([str(word) for word in words])
        return Ended(status, *capsys.readouterr())

    return run


@pytest.fixture
def collection(tmp_path: Path, khronika: Command) -> Path:
    at = tmp_path / "collection"
    assert khronika("init", at).status == Exit.DONE
    return at


def set_disk(at: Path, words: str) -> None:
    settings = at / "khronika.toml"
    text = settings.read_text("utf-8")
    assert "\n[disk]\n" in text
    settings.write_text(text.replace("\n[disk]\n", f"\n[disk]\n{words}\n"), "utf-8")


def test_no_crawl_begins_where_less_is_free_than_is_to_be_left(collection: Path, khronika: Command) -> None:
    before = sorted(path.name for path in (collection / "archive").iterdir())
    settings = collection / "khronika.toml"
    kept = settings.read_text("utf-8")
    set_disk(collection, 'warn = "900T"\nstop = "900T"')
    with DemoSite() as site:
        low = khronika("-C", collection, "crawl", "--url", site.url)
        left = sorted(path.name for path in (collection / "archive").iterdir())
        settings.write_text(kept, "utf-8")
        room = khronika("-C", collection, "crawl", "--url", site.url)

    assert low.status == Exit.INTERRUPTED
    assert "no crawl begins below 900 TB" in low.stderr
    assert "khronika prune" in low.stderr
    assert left == before
    assert room.status == Exit.DONE


def test_a_crawl_stops_where_the_room_runs_out_and_goes_on_where_it_stopped(
    collection: Path, khronika: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = load_config(collection / "khronika.toml")
    looks = iter([None, None])
    told: list[str] = []
    monkeypatch.setattr(runner, "ROOM_INTERVAL", 0.05)
    monkeypatch.setattr(runner, "_low", lambda *_: next(looks, "the disk has 1 MB free"))
    with DemoSite() as site, Collection.open(collection) as opened:
        stopped = run_crawl(opened, config, urls=[site.url], delay=0.2, on_message=told.append)
        monkeypatch.setattr(runner, "_low", lambda *_: None)
        whole = run_crawl(opened, config, urls=[site.url])

    assert stopped.reason == "disk"
    assert any(line.startswith("stopping: the disk has 1 MB free. Make room") for line in told)
    assert (whole.resumed, whole.crawl, whole.reason) == (True, stopped.crawl, "finished")
    assert khronika("-C", collection, "verify").status == Exit.DONE


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 8 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=8000k", "none", str(disk)]
    mounted = subprocess.run(command, capture_output=True, check=False) if shutil.which("mount") else None
    if mounted is None or mounted.returncode:
        pytest.skip("mounting a small disk takes root")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


def test_a_real_disk_that_fills_stops_the_crawl_before_it_is_full(small_disk: Path, khronika: Command) -> None:
    at = small_disk / "collection"
    assert khronika("init", at).status == Exit.DONE
    free = room_of(at).free
    set_disk(at, f'warn = "100M"\nstop = {free - 200_000}')
    with DemoSite() as site:
        stopped = khronika("-C", at, "crawl", "--url", site.url, "--delay", "0.3")
        left = room_of(at).free
        again = khronika("-C", at, "crawl", "--url", site.url)
        settings = at / "khronika.toml"
        settings.write_text(settings.read_text("utf-8").replace(f"stop = {free - 200_000}", "stop = 1000"), "utf-8")
        room = khronika("-C", at, "crawl", "--url", site.url)

    assert stopped.status == Exit.INTERRUPTED
    assert "stopped: disk. The same command goes on from here." in stopped.stdout
    assert left > 0
    assert again.status == Exit.INTERRUPTED
    assert "no crawl begins" in again.stderr
    assert room.status == Exit.DONE, room.stderr
    assert "going on with the unfinished crawl" in room.stderr


def test_the_disks_of_copies_are_looked_at_too(collection: Path, small_disk: Path) -> None:
    (small_disk / "copy").mkdir()
    beside = collection.parent / "beside"
    beside.mkdir()
    with (collection / "khronika.toml").open("a", encoding="utf-8") as settings:
        for name, to in (("small", small_disk / "copy"), ("same", beside), ("away", small_disk / "none")):
            settings.write(f'[[copy]]\nname = "{name}"\nto = "{to}"\n')
        settings.write('[[copy]]\nname = "bucket"\nto = "s3://example-bucket"\n')
    set_disk(collection, 'warn = "4G"\nstop = "1G"')

    with Collection.open(collection) as opened:
        states = disk_states(opened, load_config(opened.config_path), NOW)

    assert [one.copy for one in states] == ["", "small"]
    assert states[1].level == "stop"
    assert "the disk of the copy small has" in states[1].words()
    assert "nothing more is copied there below 1 GB" in states[1].words()
