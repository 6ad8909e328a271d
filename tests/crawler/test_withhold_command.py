"""`khronika withhold` and `khronika events`: what is withheld is given out by nothing, and all of it is on record."""

from __future__ import annotations

import gzip
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from archive_samples import URL, collection, crawled, page, status

from archive import inbox
from archive.collection import Collection
from archive.entry import EventEntry, EventType, Outcome
from archive.exchange import Exchange
from archive.warc import file_digest
from archive.writer import utc_now
from crawler.cli import Exit, run
from crawler.reading import read_everything

GROUND = "the wish of the family"
SECRET = "Anna Vymyshlennaya"


def case(words: str, **more: Any) -> Exchange:
    paragraph = (
        f"The district court sentenced the lighthouse keeper to five years; {words} was at the hearing. "
        "Nobody was allowed to read from the log book, and the hearing lasted for less than an hour. "
    )
    return page(f"<html><body><main><article><h1>Case 17</h1><p>{paragraph}</p></article></main></body></html>", **more)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case in five captures: harmless, the secret, a revisit of that, gone, harmless again."""
    looks = [
        case("a neighbour"),
        case(SECRET, hour=24),
        case(SECRET, hour=48),
        status(404, hour=72),
        case("a friend", hour=96),
    ]
    with collection(tmp_path_factory.mktemp("withhold")) as made:
        for n, look in enumerate(looks):
            crawled(made, f"crawl-{n}", look)
        read_everything(made, progress=lambda *_: None)
        return made.path


class Said:
    """Runs a command in the collection and keeps what it said."""

    def __init__(self, folder: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
        self.folder = folder
        self._captured = capfdbinary

    def __call__(self, *words: str, status: Exit = Exit.DONE) -> str:
        self._captured.readouterr()
        assert run(["-C", str(self.folder), *words]) == status
        out, err = self._captured.readouterr()
        return (out + err).decode()

    def records(self, *words: str) -> list[dict[str, Any]]:
        self._captured.readouterr()
        assert run(["-C", str(self.folder), "--json", *words]) == Exit.DONE
        return [json.loads(line) for line in self._captured.readouterr().out.decode().splitlines()]


@pytest.fixture
def said(made: Path, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> Said:
    shutil.copytree(made, tmp_path / "collection")
    return Said(tmp_path / "collection", capfdbinary)


@pytest.fixture
def held(said: Said) -> Said:
    """With the secret withheld from exports."""
    said("withhold", f"{URL}@2", "--ground", GROUND, "--by", "The Board", "--yes")
    return said


# --- before -----------------------------------------------------------------------------------------------------------


def test_what_depends_on_it_is_listed_before_anything_is_done(said: Said) -> None:
    text = said("withhold", f"{URL}@2", "--ground", GROUND, status=Exit.USAGE)

    assert "loses its bytes too, a revisit of it: 2026-11-24 01:00:01" in text
    assert "--yes" in text
    assert "Nothing is withheld" in said("withhold", "--list")
    assert "its bytes lie in another capture" in said("withhold", f"{URL}@3", "--ground", GROUND, status=Exit.USAGE)


@pytest.mark.parametrize(
    "words",
    [
        [f"{URL}@2", "--yes"],
        [f"{URL}@2", "--yes", "--ground", f"see {URL}"],
        [f"{URL}@2", "--yes", "--ground", "of site.example/cases/17"],
        [f"{URL}@2", "--yes", "--ground", GROUND, "--by", "http://x.example"],
        ["--ground", GROUND, "--yes"],
        ["--list", "--ground", GROUND],
        [f"{URL}@2", "--release", "--from-disk", "--ground", GROUND, "--yes"],
        [f"{URL}@2", "--release", "--ground", GROUND, "--yes"],
        [f"{URL}@9", "--ground", GROUND, "--yes"],
    ],
)
def test_what_cannot_be_meant_is_refused_and_nothing_is_logged(said: Said, words: list[str]) -> None:
    size = Collection.open(said.folder).log().size

    said("withhold", *words, status=Exit.USAGE)

    assert Collection.open(said.folder).log().size == size


# --- from exports -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        ["history", URL],
        ["history", URL, "--json"],
        ["history", URL, "--phrase", "was at the hearing"],
        ["history", URL, "--gaps"],
        ["show", f"{URL}@2"],
        ["show", f"{URL}@2", "--json"],
        ["show", f"{URL}@3"],
        ["diff", URL],
        ["changes", "--kind", "all"],
        ["changes", "--kind", "all", "--json"],
        ["changes", "--kind", "all", "--format", "csv"],
        ["changes", "--kind", "all", "--format", "jsonl"],
        ["export", "text"],
        ["export", "cdxj"],
    ],
)
def test_no_command_gives_out_what_is_withheld(held: Said, words: list[str]) -> None:
    assert SECRET not in held(*words)


@pytest.mark.parametrize("want", ["--text", "--raw", "--headers", "--connection", "--language"])
@pytest.mark.parametrize("n", [2, 3])
def test_show_refuses_and_says_on_what_ground(held: Said, want: str, n: int) -> None:
    text = held("show", f"{URL}@{n}", want, status=Exit.USAGE)

    assert SECRET not in text
    assert f"by The Board, on the ground: {GROUND}" in text


def test_the_words_of_changes_are_there_before_and_not_afterwards(said: Said) -> None:
    assert SECRET in said("changes")
    assert SECRET in said("diff", URL, "@2", "@5")
    assert SECRET in said("export", "text")

    said("withhold", f"{URL}@2", "--ground", GROUND, "--yes")

    found = [one for one in said.records("changes", "--kind", "all") if one["withheld"]]
    assert [one["kind"] for one in found] == ["edited", "edited"]
    assert all(one["edits"] == [] for one in found)
    assert said("diff", URL, "@2", "@5", status=Exit.USAGE).count(GROUND) == 1


def test_a_phrase_is_not_known_at_what_is_withheld(held: Said) -> None:
    [record] = [one for one in held.records("history", URL, "--phrase", SECRET) if one["type"] == "phrase"]

    assert (record["with"], record["without"], record["unknown"]) == (0, 3, 2)


def test_exports_leave_it_out_and_say_so(held: Said, tmp_path: Path) -> None:
    text = held("export", "text", "-o", str(tmp_path / "texts.jsonl"))

    assert "2 captures left out: withheld" in text
    assert len((tmp_path / "texts.jsonl").read_text().splitlines()) == 2
    assert held("export", "cdxj").count("example,site") == 3


def test_it_is_given_out_again_after_its_release(held: Said) -> None:
    text = held("withhold", "--release", f"{URL}@2", "--ground", "the family agrees", "--yes")

    assert "has its bytes again too, a revisit of it: 2026-11-24 01:00:01" in text
    assert SECRET in held("show", f"{URL}@2", "--text")
    assert "Nothing is withheld" in held("withhold", "--list")


def test_the_list_says_who_when_and_on_what_ground(held: Said) -> None:
    found = held.records("withhold", "--list")

    assert len(found) == 3
    assert {(one["ground"], one["by"], one["from_disk"], one["finished"]) for one in found} == {
        (GROUND, "The Board", False, True)
    }
    assert [one["url"] for one in found if one["url"]] == [URL]
    assert "The Board" in held("withhold", "--list")


def test_withholding_it_again_logs_nothing_more(held: Said) -> None:
    size = Collection.open(held.folder).log().size

    text = held("withhold", f"{URL}@2", "--ground", "another ground", "--yes")

    assert "Withheld already, so nothing new is in the log" in text
    assert Collection.open(held.folder).log().size == size


def test_no_address_goes_into_the_log(held: Said) -> None:
    for path in (held.folder / "log").rglob("*"):
        if path.is_file():
            assert b"site.example" not in path.read_bytes()


def test_without_the_log_nothing_is_given_out(held: Said) -> None:
    shutil.rmtree(held.folder / "log")

    assert "nobody can say what is withheld" in held("export", "text", status=Exit.ERROR)
    assert "nobody can say what is withheld" in held("show", f"{URL}@1", "--text", status=Exit.ERROR)


# --- from the disk ----------------------------------------------------------------------------------------------------


@pytest.fixture
def erased(said: Said) -> Said:
    said("withhold", f"20261123010001/{URL}", "--ground", GROUND, "--from-disk", "--yes")
    return said


def test_it_is_on_no_disk_and_what_is_not_reached_is_said(said: Said) -> None:
    text = said("withhold", f"20261123010001/{URL}", "--ground", GROUND, "--from-disk", "--yes")

    assert "3 records taken from 1 WARC; 1 capture taken out of the catalogue." in text
    assert "not reached: copies and backups" in text
    for path in said.folder.rglob("*"):
        if path.is_file():
            octets = path.read_bytes()
            assert SECRET.encode() not in (gzip.decompress(octets) if path.suffix == ".gz" else octets), path


@pytest.mark.parametrize("name", [f"{URL}@2", f"20261123/{URL}"])
def test_what_is_taken_from_the_disk_is_named_for_good(said: Said, name: str) -> None:
    text = said("withhold", name, "--ground", GROUND, "--from-disk", "--yes", status=Exit.USAGE)

    assert f"write 20261123010001/{URL} or urn:uuid:" in text


def test_the_same_command_given_again_takes_nothing_else(erased: Said) -> None:
    before = erased.records("history", URL)

    text = erased("withhold", f"20261123010001/{URL}", "--ground", GROUND, "--from-disk", "--yes")

    assert "0 captures withheld; 0 events in the log." in text
    assert erased.records("history", URL) == before


def test_a_capture_that_never_was_is_told_from_one_that_is_gone(said: Said) -> None:
    said("withhold", f"20991123010001/{URL}", "--ground", GROUND, "--from-disk", "--yes", status=Exit.USAGE)


def test_the_page_goes_on_without_it_and_nothing_waits(erased: Said) -> None:
    captures = [one for one in erased.records("history", URL) if one["type"] == "capture"]

    assert [one["change"] for one in reversed(captures)] == [None, "edited", None, "edited"]
    assert {"type": "reading", "unread": 0} in erased.records("status")


def test_the_list_says_that_it_is_gone_from_the_disk(erased: Said) -> None:
    found = erased.records("withhold", "--list")

    assert {(one["from_disk"], one["finished"], one["url"]) for one in found} == {(True, True, None)}


def test_what_was_withheld_from_exports_can_be_taken_from_the_disk_later(held: Said) -> None:
    held("withhold", f"20261123010001/{URL}", "--ground", GROUND, "--from-disk", "--yes")

    assert {one["from_disk"] for one in held.records("withhold", "--list")} == {True}
    assert "withheld" in held("show", f"{URL}@2", "--text", status=Exit.USAGE)  # the revisit is the second now


# --- events -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def lively(held: Said, tmp_path: Path) -> Iterator[Said]:
    held("export", "text", "-o", str(tmp_path / "texts.jsonl"), "--by", "The Newsroom")
    yield held


def test_an_export_is_on_record_without_its_path_and_logged_by_the_next_writer(lively: Said, tmp_path: Path) -> None:
    [before] = lively.records("events", "--type", "export")
    assert (before["logged"], before["entry"], before["suspect"]) == (False, None, False)

    with Collection.open(lively.folder).writer():
        pass

    [event] = lively.records("events", "--type", "export")
    assert event["logged"]
    assert event["via"] == "inbox"
    assert re.fullmatch(
        r"text: 2 lines, \d+ octets, 2 captures left out that are withheld\nby: The Newsroom", event["detail"]
    )
    assert event["object"] == file_digest(tmp_path / "texts.jsonl")
    assert str(tmp_path) not in json.dumps(event)


def test_the_events_of_the_log_come_in_its_order_with_their_entry(lively: Said) -> None:
    found = lively.records("events")

    assert [one["event"] for one in found] == ["withholding"] * 3 + ["export"]
    assert [one["entry"] for one in found[:3]] == sorted(one["entry"] for one in found[:3])
    assert {one["outcome"] for one in found} == {"success"}
    text = lively("events")
    assert "not logged yet" in text
    assert f"withheld from exports; ground: {GROUND}; by: The Board" in text


def test_events_are_chosen_by_type_and_date(lively: Said) -> None:
    assert {one["event"] for one in lively.records("events", "--type", "export")} == {"export"}
    assert lively.records("events", "--since", "2999-01-01") == []
    assert "No events that fit" in lively("events", "--since", "2999-01-01")


def test_an_event_that_somebody_put_into_the_inbox_is_told(said: Said) -> None:
    forged = EventEntry(EventType.DELETION, utc_now(), "khronika/0", Outcome.SUCCESS, "nothing was here")
    inbox.leave(said.folder, forged)
    (said.folder / "inbox" / "0b2c2b54-0000-4000-8000-000000000000.json").write_text("{}")

    found = said.records("events")

    assert [one["suspect"] for one in found if one["type"] == "event"] == [True]
    assert [one["file"] for one in found if one["type"] == "unreadable"] == [
        "0b2c2b54-0000-4000-8000-000000000000.json"
    ]
    assert "somebody put it there" in said("events")
