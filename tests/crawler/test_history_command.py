"""`khronika history`: the captures of a page, its coverage and gaps, and when a phrase appeared and vanished."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from archive_samples import URL, collection, crawled, page, status, timeout

from archive.exchange import Exchange
from crawler.cli import Exit, run
from crawler.reading import read_everything

IMAGE = "http://site.example/seal.png"


def case(years: str, **more: Any) -> Exchange:
    paragraph = (
        f"The district court sentenced the lighthouse keeper to {years} years in a penal colony. "
        "Nobody was allowed to read from the log book, and the hearing lasted for less than an hour. Ещё один том. "
    )
    markup = f"<html><body><main><article><h1>Case 17</h1><p>{paragraph}</p></article></main></body></html>"
    return page(markup, **more)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten looks at a case: five, five, refused, eight, a challenge, eight, gone, five, cut, gone."""
    looks = [
        case("five"),
        case("five", hour=24),
        timeout(hour=48),
        case("eight", hour=72),
        status(403, hour=73),
        case("eight", hour=74),
        status(404, hour=80),
        case("five", hour=90),
        case("nine", hour=91, truncated="disconnect"),
        status(404, hour=100),
    ]
    with collection(tmp_path_factory.mktemp("history")) as made:
        for n, look in enumerate(looks):
            crawled(made, f"crawl-{n}", look)
        crawled(made, "crawl-image", page("\x89PNG", url=IMAGE, mime="image/png"))
        read_everything(made, progress=lambda *_: None)
        return made.path


class Said:
    """What the command says of the case."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._folder = folder
        self._capsys = capsys

    def text(self, *words: str, url: str = URL) -> str:
        self._capsys.readouterr()
        assert run(["-C", str(self._folder), "history", url, *words]) == Exit.DONE
        return self._capsys.readouterr().out

    def records(self, *words: str, url: str = URL) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text("--json", *words, url=url).splitlines()]


@pytest.fixture
def said(folder: Path, capsys: pytest.CaptureFixture[str]) -> Said:
    return Said(folder, capsys)


def bounds(record: dict[str, Any]) -> list[tuple[int | None, int | None]]:
    """Between which captures the phrase appeared, and between which it vanished."""

    def n(sight: dict[str, Any] | None) -> Any:
        return sight and sight["n"]

    return [
        edge
        for one in record["intervals"]
        for edge in (
            (n(one["appeared_after"]), n(one["appeared_by"])),
            (n(one["last_with"]), n(one["vanished_by"])),
        )
    ]


def test_coverage_comes_last_and_says_when_the_page_was_seen(said: Said) -> None:
    lines = said.text().splitlines()

    assert lines[-3] == "first seen 2026-11-22 01:00:01, last seen 2026-11-25 20:00:01"
    assert lines[-2].startswith("10 looks: 4 saw the page, 2 saw it unchanged, byte for byte, 2 found it gone, ")
    assert lines[-1].startswith("longest gap 2 days: @2 2026-11-23 01:00:01 … @4 2026-11-25 01:00:01; 1 capture in it")
    record = said.records()[-1]
    assert record["type"] == "coverage"
    assert (record["looks"], record["looks_page"], record["looks_unchanged"]) == (10, 4, 2)
    assert record["longest_gap"]["seconds"] == 48 * 3600


def test_the_captures_keep_the_keys_that_programs_know(said: Said) -> None:
    captures = [one for one in said.records("--phrase", "five years") if one["type"] == "capture"]

    assert [one["n"] for one in captures] == list(range(10, 0, -1))
    known = "url captured_at timestamp status record_id payload_digest file offset length revisit state change language"
    assert set(known.split()) | {"failure", "location", "phrase", "look", "withheld"} <= captures[0].keys()
    assert [one["look"] for one in reversed(captures)][:3] == ["page", "unchanged", "unreachable"]


def test_the_ledger_has_every_look_and_the_gap_before_each_that_saw_the_page(said: Said) -> None:
    records = said.records("--gaps")

    assert [one["type"] for one in records].count("look") == 10
    gaps = [one for one in records if one["type"] == "gap"]
    assert [one["seconds"] / 3600 for one in gaps] == [24, 48, 2, 6, 10, 1, 9]
    assert [len(one["blind"]) for one in gaps] == [0, 1, 1, 0, 0, 0, 0]
    text = said.text("--gaps")
    assert "looked, unchanged since @1" in text
    assert "not seen: unreachable" in text
    assert "not seen: blocked" in text


def test_a_phrase_appears_and_vanishes_between_two_captures_that_were_seen(said: Said) -> None:
    record = next(one for one in said.records("--phrase", "Eight   YEARS") if one["type"] == "phrase")

    assert bounds(record) == [(2, 4), (6, 7)]
    assert [sight["n"] for sight in record["intervals"][0]["unknown_before"]] == [3]
    text = said.text("--phrase", "eight years")
    assert '"eight years" appeared after @2 2026-11-23 01:00:01 and by @4' in text
    assert "(not known: @3 unreachable)" in text
    assert "the page was gone by @7" in text


def test_every_interval_is_told_and_a_page_cut_short_proves_no_absence(said: Said) -> None:
    record = next(one for one in said.records("--phrase", "five years") if one["type"] == "phrase")

    assert bounds(record) == [(None, 1), (2, 4), (7, 8), (8, 10)]
    assert [sight["why"] for sight in record["intervals"][1]["unknown_after"]] == ["not whole"]


def test_yo_and_ye_are_kept_apart_unless_that_is_asked_for(said: Said) -> None:
    def count(*words: str) -> int:
        return next(one for one in said.records("--phrase", *words) if one["type"] == "phrase")["with"]

    assert count("ещё один") == 6
    assert count("еще один") == 0
    assert count("еще один", "--fold-yo") == 6
    assert count("Ещё\u00a0один") == 6
    assert count("Еще\u0308 один") == 6  # the letter in two code points


def test_a_capture_without_a_text_says_nothing_of_a_phrase(said: Said) -> None:
    record = next(one for one in said.records("--phrase", "five", url=IMAGE) if one["type"] == "phrase")

    assert (record["with"], record["without"], record["unknown"]) == (0, 0, 1)
    assert "not known: @1 no page of text" in said.text("--phrase", "five", url=IMAGE)


@pytest.mark.parametrize("words", [["--fold-yo"], ["--phrase", "  "]])
def test_a_question_without_a_phrase_is_refused(folder: Path, words: list[str]) -> None:
    assert run(["-C", str(folder), "history", URL, *words]) == Exit.USAGE


def test_an_address_that_was_never_fetched_itself_is_the_page_that_it_names(said: Said) -> None:
    assert said.text(url=f"{URL}?utm_source=letter") == said.text()


def test_an_address_on_one_mirror_is_the_page_that_came_from_another(said: Said, folder: Path) -> None:
    settings = folder / "khronika.toml"
    before = settings.read_text(encoding="utf-8")
    entry = (
        '\n[[site]]\nname = "moved"\nstart = ["https://own.example/"]\nmirrors = ["other.example", "site.example"]\n'
    )
    path = URL.partition("site.example")[2]
    settings.write_text(before + entry, encoding="utf-8")
    try:
        shown = [said.text(url=f"https://{host}{path}") for host in ("own.example", "other.example")]
    finally:
        settings.write_text(before, encoding="utf-8")

    assert shown == [said.text()] * 2
