"""`khronika export text --follow`: each reading once, in order, with a mark to go on after; quiet ends."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from archive_samples import crawled
from reading_samples import DELA, case_page, library

from archive.catalogue import Catalogue, ReadingRow
from archive.collection import Collection
from crawler.cli import Exit, run
from crawler.reading import read_everything

READING_TIME = 60.0


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return library(tmp_path_factory.mktemp("library"))


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "collection")
    return tmp_path / "collection"


class Pipe:
    """A running `khronika export text --follow`."""

    def __init__(self, folder: Path, *words: str) -> None:
        command = [sys.executable, "-m", "crawler", "-C", str(folder), "export", "text", "--follow", *words]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=Path(__file__).parent.parent.parent
        )

    def take(self, count: int) -> list[dict[str, Any]]:
        """So many lines, as they come."""
        assert self.process.stdout is not None
        return [json.loads(self.process.stdout.readline()) for _ in range(count)]

    def end(self, how: signal.Signals = signal.SIGINT) -> tuple[int, list[dict[str, Any]], str]:
        """Stop it; its exit status, what it wrote beside what was taken, and what it said."""
        self.process.send_signal(how)
        out, err = self.process.communicate(timeout=READING_TIME)
        return self.process.returncode, [json.loads(line) for line in out.splitlines()], err.decode()


@pytest.fixture
def pipes() -> Iterator[list[Pipe]]:
    started: list[Pipe] = []
    yield started
    for pipe in started:
        if pipe.process.poll() is None:
            pipe.process.kill()
        pipe.process.communicate()


def add(folder: Path, name: str, hour: float) -> None:
    paragraphs = (f"Суд отпустил домой пекаря по имени {name}, и соседи встретили его у ворот колонии. " * 3,)
    with Collection.open(folder) as collection:
        look = case_page(f"Дело: {name}", paragraphs, f"{DELA}{len(name)}-more", hour=hour)
        crawled(collection, f"crawl-{name}", look)
        read_everything(collection, progress=lambda *_: None)


def texts(folder: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> set[str]:
    capfdbinary.readouterr()
    assert run(["-q", "-C", str(folder), "export", "text"]) == Exit.DONE
    return {json.loads(line)["id"] for line in capfdbinary.readouterr().out.splitlines()}


def test_what_there_is_and_what_comes_each_once(
    folder: Path, pipes: list[Pipe], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    pipes.append(pipe := Pipe(folder))
    lines = pipe.take(5)
    assert {line["id"] for line in lines} == texts(folder, capfdbinary)

    add(folder, "Дубрава", 200)
    [line] = pipe.take(1)
    assert line["title"] == "Дело: Дубрава"
    status, rest, said = pipe.end()

    assert (status, rest) == (Exit.INTERRUPTED, [])
    assert said.strip() == f"Stopped. To go on: khronika export text --follow --after {line['mark']}"
    assert len({line["mark"] for line in lines}) == 5


@pytest.mark.parametrize("name", ["mark", "id"])
def test_it_goes_on_after_any_line_without_loss_or_repetition(folder: Path, pipes: list[Pipe], name: str) -> None:
    pipes.append(first := Pipe(folder))
    lines = first.take(5)
    first.end(signal.SIGTERM)
    add(folder, "Залесский", 200)

    for n, line in enumerate(lines):
        pipes.append(pipe := Pipe(folder, "--after", line[name]))
        rest = pipe.take(5 - n)
        assert [one["id"] for one in rest[:-1]] == [one["id"] for one in lines[n + 1 :]]
        assert rest[-1]["title"] == "Дело: Залесский"
        assert pipe.end()[1] == []


def test_a_reading_that_is_made_anew_comes_again(folder: Path, pipes: list[Pipe]) -> None:
    pipes.append(pipe := Pipe(folder))
    lines = pipe.take(5)
    with Catalogue.open(folder / "catalogue.sqlite", readonly=False) as catalogue:
        row = catalogue.reading(lines[2]["id"])
        assert row is not None
        changed = json.loads(row.json) | {"title": "Another title"}
        told = json.dumps(changed, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        values = (row.language, "Another title", row.text_digest, row.rules, row.payload_digest)
        catalogue.put_reading(lines[2]["id"], ReadingRow(told, *values))

    [again] = pipe.take(1)

    assert (again["id"], again["title"]) == (lines[2]["id"], "Another title")
    assert again["version"] != lines[2]["version"]
    assert again["mark"] not in {line["mark"] for line in lines}
    assert pipe.end()[1] == []


def test_a_catalogue_that_is_made_again_is_followed_and_all_comes_again(folder: Path, pipes: list[Pipe]) -> None:
    pipes.append(pipe := Pipe(folder))
    lines = pipe.take(5)

    assert run(["-q", "-C", str(folder), "rebuild"]) == Exit.DONE
    again = pipe.take(5)

    def told(of: list[dict[str, Any]]) -> list[tuple[str, str]]:
        return sorted((line["id"], line["version"]) for line in of)

    assert told(again) == told(lines)
    assert pipe.end()[0] == Exit.INTERRUPTED


def test_what_is_chosen_is_chosen_here_too(folder: Path, pipes: list[Pipe]) -> None:
    pipes.append(pipe := Pipe(folder, "--lang", "ru", "--changed"))
    # several processes read, so that which of the two is written first is not fixed
    dates = {line["captured_at"][:10] for line in pipe.take(2)}
    add(folder, "Ольшанский", 200)
    [line] = pipe.take(1)

    # the same text with another aside is no change
    assert dates == {"2026-11-22", "2026-11-25"}
    assert line["title"] == "Дело: Ольшанский"


def test_what_is_withheld_meanwhile_does_not_come(folder: Path, pipes: list[Pipe]) -> None:
    with Collection.open(folder) as collection:
        [capture] = collection.catalogue.captures_of("http://site.example/uk/spravy/17")
    words = ["withhold", capture.record_id, "--ground", "the wish of the family", "--yes"]
    assert run(["-q", "-C", str(folder), *words]) == Exit.DONE

    pipes.append(pipe := Pipe(folder))
    lines = pipe.take(4)

    assert capture.record_id not in {line["id"] for line in lines}
    assert "1 capture left out: withheld" in pipe.end()[2]


def test_a_reader_that_goes_away_ends_it_quietly_though_nothing_comes(folder: Path, pipes: list[Pipe]) -> None:
    pipes.append(pipe := Pipe(folder))
    pipe.take(2)
    assert pipe.process.stdout is not None
    pipe.process.stdout.close()

    assert pipe.process.wait(timeout=READING_TIME) == Exit.DONE
    assert pipe.process.stderr is not None
    assert pipe.process.stderr.read() == b""


def test_it_is_on_record_how_much_was_taken(
    folder: Path, pipes: list[Pipe], capsys: pytest.CaptureFixture[str]
) -> None:
    pipes.append(pipe := Pipe(folder, "--by", "The Newsroom"))
    pipe.take(5)
    pipe.end()
    capsys.readouterr()

    assert run(["-C", str(folder), "--json", "events", "--type", "export"]) == Exit.DONE
    [event] = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert event["detail"].startswith("text as it is read: 5 lines, ")
    assert "The Newsroom" in json.dumps(event)
