"""`khronika prune`: only what was derived goes, whatever somebody put in its place."""

from __future__ import annotations

import os
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from khronika_command import Khronika

from archive.collection import CATALOGUE, Collection
from archive.due import Begun, DueRow, SiteEnd
from archive.lock import Lock
from archive.state import State
from crawler.cli import Exit
from crawler.demo import DemoSite
from crawler.frontier import Frontier
from crawler.memory import REMEMBERED

OLD = datetime.now(UTC) - timedelta(days=200)
NEVER = ("archive", "log", "keys", "inbox", "recovered", "state.sqlite", "khronika.toml")


@pytest.fixture
def khronika(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Khronika:
    return Khronika(tmp_path / "collection", capsys)


def a_crawl(
    at: Path, number: int, *, site: str = "north", ended: datetime | None = OLD, reason: str = "finished"
) -> Path:
    """A crawl as one leaves it."""
    crawl = f"2026010100{number:04d}-0000{number:04x}"
    folder = at / "crawls" / crawl
    asked = {site: [f"https://{site}.example/"]}
    frontier = Frontier.create(folder / "frontier.sqlite", {"asked": asked})
    frontier.set_fact("ended", reason)
    frontier.set_fact(REMEMBERED, True)
    frontier.close()
    (folder / "crawl.log").write_text("a line\n" * 1000, "utf-8")
    (folder / "messages.log").write_text("a message\n", "utf-8")
    with State.open(at, readonly=False) as state:
        state.begin_run(crawl, {"sites": asked}, OLD - timedelta(hours=1))
        if ended is not None:
            state.end_run(crawl, ended, reason, {})
    return folder


def kept(at: Path) -> dict[str, bytes]:
    """Every octet of what may never go."""
    files = [path for name in NEVER for path in ((at / name).rglob("*") if (at / name).is_dir() else [at / name])]
    return {str(path.relative_to(at)): path.read_bytes() for path in files if path.is_file()}


def test_old_crawls_go_and_the_newest_of_each_site_stays(khronika: Khronika) -> None:
    first, second = a_crawl(khronika.path, 1), a_crawl(khronika.path, 2, site="south")
    third, fourth = a_crawl(khronika.path, 3), a_crawl(khronika.path, 4, site="south")
    before = kept(khronika.path)

    status, out, _ = khronika("prune", "--dry-run")

    assert status == Exit.DONE
    assert f"would go: crawls/{first.name}" in out
    assert all(folder.is_dir() for folder in (first, second, third, fourth))
    records = khronika.records("prune")
    assert [one["name"] for one in records if one["type"] == "pruned"] == [
        f"crawls/{first.name}",
        f"crawls/{second.name}",
    ]
    assert records[-1]["octets"] == sum(one["octets"] for one in records if one["type"] == "pruned") > 14_000
    assert [folder.exists() for folder in (first, second, third, fourth)] == [False, False, True, True]
    assert kept(khronika.path) == before
    assert khronika("prune")[1] == "Nothing can go.\n"


def test_a_crawl_that_is_young_unfinished_or_not_remembered_stays(khronika: Khronika) -> None:
    now = datetime.now(UTC)
    young = a_crawl(khronika.path, 1, ended=now - timedelta(days=89))
    stopped = a_crawl(khronika.path, 2, reason="interrupted")
    running = a_crawl(khronika.path, 3, ended=None)
    unremembered = a_crawl(khronika.path, 4)
    frontier = Frontier.open(unremembered / "frontier.sqlite")
    frontier.set_fact(REMEMBERED, False)
    frontier.close()
    unsure = a_crawl(khronika.path, 5)
    frontier = Frontier.open(unsure / "frontier.sqlite")
    frontier.set_fact("ended", None)
    frontier.close()
    a_crawl(khronika.path, 6)

    status, out, err = khronika("prune")

    assert (status, out) == (Exit.DONE, "Nothing can go.\n")
    assert all(folder.is_dir() for folder in (young, stopped, running, unremembered, unsure))
    assert f"left alone: crawls/{unremembered.name}: what it found is not remembered yet" in err
    assert f"left alone: crawls/{unsure.name}: its frontier says that it has not finished" in err


def test_the_days_are_those_of_the_settings(khronika: Khronika) -> None:
    old = a_crawl(khronika.path, 1, ended=datetime.now(UTC) - timedelta(days=4))
    a_crawl(khronika.path, 2)
    assert khronika("prune")[1] == "Nothing can go.\n"
    settings = khronika.path / "khronika.toml"
    settings.write_text(settings.read_text("utf-8").replace("# crawl-days = 90", "crawl-days = 3"), "utf-8")

    assert khronika("prune")[0] == Exit.DONE
    assert not old.exists()


@pytest.mark.parametrize(
    "strange",
    [
        "evidence.warc.gz",
        "note\nof two lines",
        "frontier.sqlite\x1b[31m",
        "..frontier.sqlite",
        "Frontier.sqlite",
        "крол",
    ],
)
def test_a_crawl_with_a_file_that_no_crawl_makes_is_left_alone(khronika: Khronika, strange: str) -> None:
    folder = a_crawl(khronika.path, 1)
    a_crawl(khronika.path, 2)
    (folder / strange).write_bytes(b"mine")

    status, out, err = khronika("prune")

    assert (status, out) == (Exit.DONE, "Nothing can go.\n")
    assert f"left alone: crawls/{folder.name}: it holds" in err
    assert err.count("\n") == 1
    assert "\x1b" not in err
    assert (folder / strange).read_bytes() == b"mine"
    assert (folder / "frontier.sqlite").is_file()


def test_nothing_is_reached_through_a_link(khronika: Khronika, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    for name in ("frontier.sqlite", "crawl.log", "messages.log"):
        (outside / name).write_bytes(b"not yours")
    linked_folder = a_crawl(khronika.path, 1)
    linked_file = a_crawl(khronika.path, 2)
    linked_frontier = a_crawl(khronika.path, 3)
    a_crawl(khronika.path, 4)
    for name in ("frontier.sqlite", "crawl.log", "messages.log"):
        (linked_folder / name).unlink()
    linked_folder.rmdir()
    linked_folder.symlink_to(outside)
    (linked_file / "crawl.log").unlink()
    (linked_file / "crawl.log").symlink_to(outside / "crawl.log")
    (linked_frontier / "frontier.sqlite").rename(outside / "real.sqlite")
    (linked_frontier / "frontier.sqlite").symlink_to(outside / "real.sqlite")
    (khronika.path / "catalogue.sqlite.new").symlink_to(outside / "crawl.log")
    (khronika.path / "search.sqlite").unlink(missing_ok=True)
    (khronika.path / "search.sqlite").symlink_to(khronika.path / "state.sqlite")
    before = kept(khronika.path)

    status, out, err = khronika("prune", "--index")

    assert (status, out) == (Exit.DONE, "Nothing can go.\n")
    for name in (linked_folder.name, linked_file.name, linked_frontier.name, "catalogue.sqlite.new", "search.sqlite"):
        assert name in err
    assert (outside / "crawl.log").read_bytes() == b"not yours"
    assert (outside / "real.sqlite").stat().st_size > 1000
    assert kept(khronika.path) == before


def test_the_folder_of_crawls_is_no_link_either(khronika: Khronika, tmp_path: Path) -> None:
    a_crawl(khronika.path, 1)
    a_crawl(khronika.path, 2)
    (khronika.path / "crawls").rename(tmp_path / "elsewhere")
    (khronika.path / "crawls").symlink_to(tmp_path / "elsewhere")

    status, out, err = khronika("prune")

    assert (status, out) == (Exit.DONE, "Nothing can go.\n")
    assert err == "left alone: crawls: it is no folder\n"
    assert len(list((tmp_path / "elsewhere").iterdir())) == 2


def test_evidence_in_the_place_of_a_crawl_is_left_alone(khronika: Khronika) -> None:
    a_crawl(khronika.path, 1)
    a_crawl(khronika.path, 2)
    for name in ("archive", "20260101000001-deadbeef", "20260101000001-00000001.warc.gz", "-", "..."):
        (khronika.path / "crawls" / name).mkdir(exist_ok=True)
        (khronika.path / "crawls" / name / "frontier.sqlite").write_bytes(b"evidence")

    _, out, err = khronika("prune")

    assert "gone: crawls/20260101000001-00000001 (" in out
    assert err.count("no crawl that the state knows") == 5
    assert len(list((khronika.path / "crawls").glob("*/frontier.sqlite"))) == 6


def test_a_file_that_has_another_name_too_makes_no_room(khronika: Khronika, tmp_path: Path) -> None:
    folder = a_crawl(khronika.path, 1)
    a_crawl(khronika.path, 2)
    os.link(folder / "crawl.log", tmp_path / "mine.log")

    records = khronika.records("prune")

    assert records[0]["octets"] < 100_000
    assert (tmp_path / "mine.log").stat().st_size == 7000
    assert records[0]["octets"] == records[-1]["octets"]
    assert not folder.exists()


def test_what_a_rebuild_left_goes_and_the_index_only_when_asked_for(khronika: Khronika) -> None:
    with DemoSite() as site:
        khronika("crawl", "--url", site.url)
    words = khronika("search", "letter")[1]
    (khronika.path / "catalogue.sqlite.new").write_bytes(bytes(5000))
    (khronika.path / "catalogue.sqlite.new-wal").write_bytes(bytes(500))
    before = kept(khronika.path)

    plain = khronika.records("prune")
    index = khronika.records("prune", "--index")

    assert [(one["kind"], one["octets"]) for one in plain if one["type"] == "pruned"] == [("left over", 5500)]
    assert [one["kind"] for one in index if one["type"] == "pruned"] == ["search index"]
    assert not (khronika.path / "search.sqlite").exists()
    assert kept(khronika.path) == before
    assert khronika("search", "letter")[1] == words
    assert khronika("verify")[0] == Exit.DONE


def test_an_empty_catalogue_is_made_smaller(khronika: Khronika) -> None:
    path = khronika.path / CATALOGUE
    with sqlite3.connect(path) as rows:
        rows.execute("CREATE TABLE ballast (octets BLOB)")
        rows.executemany("INSERT INTO ballast VALUES (?)", [(os.urandom(4000),) for _ in range(1000)])
        rows.commit()
        rows.execute("DROP TABLE ballast")
        rows.commit()
        rows.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = path.stat().st_size

    records = khronika.records("prune")

    assert records[0]["kind"] == "catalogue"
    assert records[0]["octets"] == before - path.stat().st_size > 3_000_000
    assert khronika("prune")[1] == "Nothing can go.\n"
    with Collection.open(khronika.path) as collection:
        assert collection.catalogue.sites() == []


def test_what_ran_by_schedule_long_ago_is_forgotten_but_for_the_newest_and_what_has_no_end(khronika: Khronika) -> None:
    def ran(crawl: str, site: str, at: datetime, reason: str = "finished") -> None:
        row = DueRow(site, "", "hourly", "UTC", at, "UTC")
        state.due.begin(crawl, [Begun(row, at, 0, "due")], at)
        state.due.end(crawl, {site: SiteEnd(had=1)}, reason, at)

    with State.open(khronika.path, readonly=False) as state:
        for number in range(3):
            ran(f"north-{number}", "north", OLD + timedelta(hours=number))
        ran("south-0", "south", OLD, "interrupted")
        ran("south-1", "south", OLD)
        ran("south-2", "south", datetime.now(UTC))

    records = khronika.records("prune", "--dry-run")
    assert [one["kind"] for one in records if one["type"] == "pruned"] == ["occurrences"]
    with State.open(khronika.path, readonly=True) as state:
        assert len(state.due.occurrences()) == 6
    status, out, _ = khronika("prune")

    assert status == Exit.DONE and "gone: state.sqlite: 3 runs by schedule" in out
    with State.open(khronika.path, readonly=True) as state:
        assert {one.crawl for one in state.due.occurrences()} == {"north-2", "south-0", "south-2"}
        assert [one.crawl for one in state.due.unfinished()] == ["south-0"]
    assert khronika("prune")[1] == "Nothing can go.\n"


def test_nothing_goes_while_somebody_writes(khronika: Khronika) -> None:
    folder = a_crawl(khronika.path, 1)
    a_crawl(khronika.path, 2)
    lock = Lock(khronika.path)
    try:
        assert khronika("prune")[0] == Exit.LOCKED
        assert khronika("prune", "--dry-run")[0] == Exit.DONE
    finally:
        lock.release()
    assert folder.is_dir()


def test_a_crawl_after_it_goes_on_as_if_nothing_had_gone(khronika: Khronika) -> None:
    with DemoSite() as site:
        for _ in range(2):
            assert khronika("crawl", "--url", site.url)[0] == Exit.DONE
        ids = sorted(path.name for path in (khronika.path / "crawls").iterdir())
        with State.open(khronika.path, readonly=False) as state:
            state.end_run(ids[0], OLD, "finished", {})
        khronika("prune")
        left = [path.name for path in (khronika.path / "crawls").iterdir()]
        status, _, err = khronika("crawl", "--url", site.url)

    assert left == ids[1:]
    assert status == Exit.DONE
    assert "unfinished" not in err
    assert khronika("status")[0] == Exit.DONE
