"""At its end a crawl brings the copies up to date, and never fails for them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from khronika_command import Khronika
from page_server import PageServer, serving

from archive.collection import Collection
from crawler import copying
from crawler.cli import Exit
from crawler.config import load_config

PAGES = {"/": "<p>Cases <a href='/17'>17</a>", "/17": "<p>Case 17: five years in a colony."}


@pytest.fixture
def khronika(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Khronika:
    made = Khronika(tmp_path / "collection", capsys)
    settings = made.path / "khronika.toml"
    settings.write_text(
        settings.read_text("utf-8").replace("\n[crawl]\n", "\n[crawl]\nfetch-processes = 0\n", 1), "utf-8"
    )
    return made


@pytest.fixture
def served() -> Iterator[PageServer]:
    with serving(PAGES) as server:
        yield server


def folder(khronika: Khronika, name: str, more: str = "") -> Path:
    path = khronika.path.parent / name
    path.mkdir()
    with (khronika.path / "khronika.toml").open("a", encoding="utf-8") as settings:
        settings.write(f'\n[[copy]]\nname = "{name}"\nto = "../{name}"\n{more}')
    return path


def away(khronika: Khronika) -> None:
    with (khronika.path / "khronika.toml").open("a", encoding="utf-8") as settings:
        settings.write('\n[[copy]]\nname = "away"\nto = "s3://away"\nendpoint = "http://127.0.0.1:9"\n')


def warcs(at: Path) -> list[str]:
    return sorted(path.name for path in (at / "archive").glob("*.warc.gz"))


def test_a_crawl_ends_with_its_copies_up_to_date(khronika: Khronika, served: PageServer) -> None:
    path, by_hand = folder(khronika, "disk"), folder(khronika, "by-hand", 'push = "by-hand"\n')

    status, _, err = khronika("crawl", "--url", served.url(), "--delay", "0")

    assert status == Exit.DONE, err
    assert warcs(path) == warcs(khronika.path) != []
    assert list(by_hand.iterdir()) == []
    assert (path / "log" / "checkpoint").read_bytes() == (khronika.path / "log" / "checkpoint").read_bytes()


def test_a_copy_that_cannot_be_reached_is_said_and_the_crawl_is_whole(
    khronika: Khronika, served: PageServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "example")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example")
    away(khronika)
    path = folder(khronika, "disk")

    status, out, err = khronika("crawl", "--url", served.url(), "--delay", "0")

    assert status == Exit.INCOMPLETE
    assert "2 captured" in out
    assert "stopped" not in out
    assert "  not up to date: the copy away" in out
    assert "the copy disk" not in out
    assert "the copy away is not up to date: " in err
    assert "khronika copies push goes on" in err
    assert warcs(path) == warcs(khronika.path)
    (run,) = [one for one in khronika.records("status") if one["type"] == "crawl"]
    assert run["reason"] == "finished"


def test_a_disk_that_is_not_there_is_said_too(khronika: Khronika, served: PageServer) -> None:
    path = folder(khronika, "disk")
    assert khronika("crawl", "--url", served.url(), "--delay", "0")[0] == Exit.DONE
    path.rename(path.with_name("taken out"))

    status, _, err = khronika("crawl", "--url", served.url(), "--delay", "0")

    assert status == Exit.INCOMPLETE
    assert "the copy disk is not up to date: " in err
    assert not path.exists() or list(path.iterdir()) == [], "nothing is written into the empty place of a disk"


def test_even_a_fault_of_khronikas_own_does_not_make_the_crawl_fail(
    khronika: Khronika, served: PageServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder(khronika, "disk")

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("made up")

    monkeypatch.setattr(copying, "push", broken)

    status, _, err = khronika("crawl", "--url", served.url(), "--delay", "0")

    assert status == Exit.INCOMPLETE
    assert "a fault in khronika itself: RuntimeError: made up" in err


def test_a_push_that_is_told_to_stop_says_that_it_did_and_goes_on_later(khronika: Khronika, served: PageServer) -> None:
    path = folder(khronika, "disk", 'push = "by-hand"\n')
    khronika("crawl", "--url", served.url(), "--delay", "0")
    settings = khronika.path / "khronika.toml"
    settings.write_text(settings.read_text("utf-8").replace('push = "by-hand"\n', ""), "utf-8")
    stopping = threading.Event()
    stopping.set()
    told: list[str] = []
    with Collection.open(khronika.path) as collection:
        lacking = copying.push_after(collection, load_config(collection.config_path), told.append, stopping)

    assert set(lacking) == {"disk"}
    assert "stopped before it was done" in lacking["disk"]
    assert warcs(path) == []
    assert not (path / "log").exists()
    assert khronika("copies", "push")[0] == Exit.DONE
    assert warcs(path) == warcs(khronika.path)


def test_a_slow_copy_holds_a_crawl_of_the_schedule_up_for_so_long_alone_and_takes_nothing_of_anothers_time(
    khronika: Khronika, served: PageServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("slow", "quick"):
        folder(khronika, name, 'push = "by-hand"\n')
    khronika("crawl", "--url", served.url(), "--delay", "0")
    settings = khronika.path / "khronika.toml"
    settings.write_text(settings.read_text("utf-8").replace('push = "by-hand"\n', ""), "utf-8")
    now, real = [0.0], copying.push

    def slow(collection: Path, state: Any, wanted: Any, **more: Any) -> Any:
        if wanted[0].name == "slow":
            now[0] += copying.DUE_LIMIT
        return real(collection, state, wanted, **more)

    monkeypatch.setattr(copying, "push", slow)
    told: list[str] = []
    with Collection.open(khronika.path) as collection:
        config = load_config(collection.config_path)

        def after(limit: float | None) -> dict[str, str]:
            return copying.push_after(
                collection, config, told.append, threading.Event(), limit=limit, clock=lambda: now[0]
            )

        lacking = after(copying.DUE_LIMIT)
        assert set(lacking) == {"slow"} and "stopped before it was done" in lacking["slow"]
        assert len(told) == 1
        assert after(None) == {}


def test_a_nearly_full_disk_of_a_copy_is_left_alone(
    khronika: Khronika, served: PageServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folder(khronika, "disk")
    monkeypatch.setattr(copying, "_full", lambda *_: "the disk of the copy disk has 1 MB free of 1 GB")

    status, _, err = khronika("crawl", "--url", served.url(), "--delay", "0")

    assert status == Exit.INCOMPLETE
    assert "the copy disk is not up to date: the disk of the copy disk has 1 MB free" in err
    assert list(path.iterdir()) == []
