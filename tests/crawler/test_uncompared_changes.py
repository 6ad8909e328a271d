"""What is said where two captures differ and what changed could not be told: everywhere, in these words, and once."""

from __future__ import annotations

import json
import shutil
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from archive_samples import collection, crawled, page
from notice_receiver import Receiver

from archive.catalogue import Catalogue
from archive.collection import Collection
from archive.kinds import ChangeKind
from archive.state import State
from crawler.atom import entry_id
from crawler.change_words import KINDS, UNCOMPARED, change_headline
from crawler.cli import Exit, run
from crawler.config import load_config
from crawler.digest_words import words
from crawler.notices import Telling
from crawler.reading import read_everything
from pipelines.stage import ReadingStage

CASE = "http://site.example/cases/1"
HEADLINES = {
    "en": "The two captures differ, and what changed could not be told: the comparison took too long",
    "ru": "Содержимое отличается, но что изменилось, установить не удалось: сравнение заняло слишком много времени",
}
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def article(years: str) -> str:
    said = f"<p>The court sentenced the keeper of the lighthouse to {years} in a penal colony on that day.</p>"
    rest = "<p>The lamp of the tower was lit each evening, and ships went past it without a word of what had been.</p>"
    return f"<html><head><title>Case</title></head><body><main><h1>Case</h1>{said}{rest}</main></body></html>"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page of which the second capture could not be compared in time."""
    with collection(tmp_path_factory.mktemp("uncompared")) as made:
        for number, years in enumerate(("seven years", "two years")):
            crawled(made, f"2026112{2 + number}010000-crawl", page(article(years), url=CASE, hour=24 * number))
        read_everything(made, progress=lambda *_: None)
        with Catalogue.open(made.catalogue_path, readonly=False) as catalogue:
            [edited] = catalogue.changes()
            assert edited.kind is ChangeKind.EDITED
            catalogue.compare_again([edited.id])
            ReadingStage(made, catalogue, workers=1, time_limit=1e-5).run_until_done()
            [change] = catalogue.changes()
            assert (change.id, change.kind) == (edited.id, ChangeKind.UNCOMPARED)
            assert change.settled_by
        return made.path


@pytest.fixture
def path(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "collection"))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.down()


class Khronika:
    """Runs commands in a collection."""

    def __init__(self, path: Path, captured: pytest.CaptureFixture[str]) -> None:
        self.path = path
        self._captured = captured

    def __call__(self, *words: str) -> str:
        self._captured.readouterr()
        assert run(["-C", str(self.path), *words]) == Exit.DONE
        return self._captured.readouterr().out

    def records(self, *words: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self("--json", *words).splitlines()]


@pytest.fixture
def khronika(path: Path, capfd: pytest.CaptureFixture[str]) -> Khronika:
    return Khronika(path, capfd)


def add_notice(path: Path, url: str, more: str = "") -> None:
    config = path / "khronika.toml"
    text = config.read_text() if config.exists() else ""
    config.write_text(f'{text}\n[[notice]]\nname = "team"\nwebhook = "{url}"\n{more}\n')
    with State.open(path, readonly=False) as state:
        rules = {notice.name: notice.rules_text() for notice in load_config(config).notices}
        state.deliveries.note_rules(rules, LONG_AGO)


def send(path: Path) -> int:
    telling = Telling(Collection.open(path), load_config(path / "khronika.toml"), chance=lambda: 0.0)
    return sum(told.sent for told in telling.send())


def test_changes_lists_it_without_being_asked_for_its_kind(khronika: Khronika) -> None:
    [record] = khronika.records("changes")
    text = khronika("changes")

    assert (record["kind"], record["uncompared"], record["edits"]) == ("uncompared", "time", [])
    assert record["headline"] == HEADLINES["en"]
    assert [reason["name"] for reason in record["reasons"]] == ["uncompared"]
    assert "uncompared" in text.splitlines()[0]
    assert "what changed could not be told: the comparison took too long" in text
    assert khronika("changes", "--kind", "uncompared") == text
    assert not khronika.records("changes", "--kind", "edited")


def test_in_russian_too(khronika: Khronika) -> None:
    assert "что изменилось, установить не удалось: сравнение заняло слишком много времени" in khronika(
        "changes", "--language", "ru"
    )
    assert HEADLINES["ru"] in khronika("changes", "--format", "csv", "--language", "ru")
    assert HEADLINES["en"] in khronika("changes", "--format", "csv")


@pytest.mark.parametrize("language", ["en", "ru"])
def test_show_says_what_is_known_of_it(khronika: Khronika, language: str) -> None:
    [record] = khronika.records("changes")

    text = khronika("changes", "show", record["id"], "--language", language)

    assert text.splitlines()[0] == HEADLINES[language]
    assert "expected an end within 1e-05 seconds, found none" in text
    assert "khronika reprocess" in text
    assert "khronika prove" in text


def test_history_says_it_at_the_capture(khronika: Khronika) -> None:
    newest, oldest = (line for line in khronika("history", CASE).splitlines() if " present " in line)
    records = [record for record in khronika.records("history", CASE) if record["type"] == "capture"]

    assert " uncompared " in newest
    assert newest.endswith("what changed could not be told: the comparison took too long")
    assert "could not be told" not in oldest
    assert [record["content_change"] for record in records] == ["uncompared", None]
    assert [record["uncompared"] for record in records] == ["time", None]


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_feed_has_it_under_the_id_that_it_keeps(khronika: Khronika, language: str) -> None:
    feed = khronika("changes", "--format", "atom", "--language", language)
    atom = "{http://www.w3.org/2005/Atom}"
    [entry] = ET.fromstring(feed).iter(f"{atom}entry")
    [record] = khronika.records("changes")

    with Catalogue.open(khronika.path / "catalogue.sqlite", readonly=True) as catalogue:
        change = catalogue.change(record["id"])
    assert change is not None
    assert entry.findtext(f"{atom}title") == HEADLINES[language]
    assert entry.findtext(f"{atom}id") == entry_id(change)
    assert HEADLINES[language].rpartition(": ")[2] in (entry.findtext(f"{atom}content") or "")


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_digest_has_a_part_for_it(khronika: Khronika, language: Any) -> None:
    text = khronika("digest", "--since", "2026-01-01", "--until", "2027-01-01", "--language", language)

    assert f"{words('uncompared', language)} (1)" in text
    assert HEADLINES[language] in text


def test_a_notice_is_sent_and_none_under_another_id_when_it_is_told(path: Path, receiver: Receiver) -> None:
    add_notice(path, receiver.url())

    assert send(path) == 1
    told = Collection.open(path)
    read_everything(told, progress=lambda *_: None)

    [change] = told.catalogue.changes()
    assert change.kind is ChangeKind.EDITED
    assert send(path) == 0
    [taken] = receiver.taken
    assert (taken.key, taken.record["kind"], taken.record["uncompared"]) == (change.id, "uncompared", "time")
    assert taken.record["headline"] == HEADLINES["en"]
    assert HEADLINES["en"] in taken.record["text"]


def test_what_was_too_light_to_be_told_is_told_once_it_is_known_what_changed(path: Path, receiver: Receiver) -> None:
    add_notice(path, receiver.url(), "minimum-weight = 0.8")

    assert send(path) == 0
    read_everything(Collection.open(path), progress=lambda *_: None)

    assert send(path) == 1
    [taken] = receiver.taken
    assert taken.record["kind"] == "edited"
    assert taken.record["uncompared"] is None


def test_reprocess_tells_it_under_the_same_id(khronika: Khronika) -> None:
    [before] = khronika.records("changes")

    khronika("reprocess")

    [after] = khronika.records("changes")
    assert (after["id"], after["kind"], after["uncompared"]) == (before["id"], "edited", None)
    assert any("seven" in (edit["before"] or "") for edit in after["edits"])


def test_what_is_withheld_keeps_its_reason_and_shows_none_of_its_words(khronika: Khronika) -> None:
    with Catalogue.open(khronika.path / "catalogue.sqlite", readonly=False) as catalogue:
        [change] = catalogue.changes()
        told = {**change.provenance["uncompared"], "why": "KeyError: the keeper of the lighthouse"}
        catalogue.replace_changes([replace(change, provenance={**change.provenance, "uncompared": told})])
    assert "the keeper" in khronika("changes", "show", change.id)

    khronika("withhold", f"{CASE}@2", "--ground", "the wish of the family", "--yes")

    [record] = khronika.records("changes")
    assert (record["kind"], record["withheld"], record["uncompared"]) == ("uncompared", True, "time")
    assert "the keeper" not in khronika("changes", "show", change.id)
    assert "the keeper" not in khronika("--json", "changes", "show", change.id)


def test_every_reason_is_said_in_both_languages(khronika: Khronika) -> None:
    with Catalogue.open(khronika.path / "catalogue.sqlite", readonly=True) as catalogue:
        [change] = catalogue.changes()

    for reason, said in UNCOMPARED.items():
        told = replace(change, provenance={"uncompared": {"reason": reason}})
        (kind, kind_in_russian), (why, why_in_russian) = KINDS["uncompared"], said
        assert change_headline(told, "en") == f"{kind}: {why}"
        assert change_headline(told, "ru") == f"{kind_in_russian}: {why_in_russian}"
