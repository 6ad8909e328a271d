"""`khronika changes`: filters, reasons, groups told once, marks; and of what is withheld no word."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from archive_samples import collection, crawled, page, status

from archive.collection import Collection
from archive.exchange import Exchange
from archive.state import State
from crawler.cli import Exit, run
from crawler.reading import read_everything
from pipelines.weight import combine

HOST = "http://site.example"
CASE, PLAIN, FACTS = f"{HOST}/cases/1", f"{HOST}/cases/2", f"{HOST}/cases/3"
SHARED = [f"{HOST}/shared/{number}" for number in range(4)]
SECRET = "Zachariah Vymyshlenny"
STATEMENT = "We take the keeper of this lighthouse for a political prisoner, and ask that he be let go at once."


def article(*paragraphs: str, title: str = "Case") -> str:
    said = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    filler = (
        "<p>Nobody was allowed to read from the log book, and the hearing lasted for less than an hour that day.</p>"
        "<p>The lamp of the tower was lit each evening, and ships went past it without a word of what had been.</p>"
    )
    body = f"<main><article><h1>{title}</h1>{said}{filler}</article></main>"
    return f"<html><head><title>{title}</title></head><body>{body}</body></html>"


def looks(number: int) -> list[Exchange]:
    """All pages as they were on one of two days."""
    later = number == 1
    years, colour = ("2 years", "blue") if later else ("7 years", "green")
    pages = {
        CASE: article(
            f"The court sentenced Maria Luzhitskaya to {years} in a penal colony.",
            f"A friend, {SECRET if later else 'who is not named'}, was at the hearing.",
        ),
        PLAIN: article(f"The door of the tower was painted {colour} in that summer."),
        FACTS: article("The court sentenced the keeper's friend. Анна Зимина была на суде вместе с ним."),
    }
    for place, url in enumerate(SHARED):
        own = f"Room {place} was {'emptied' if later and place == 3 else 'kept as it was'} for the whole winter."
        said = [f"The tower number {place} stands on the shore of its own bay.", own]
        pages[url] = article(*said, *([] if later else [STATEMENT]))
    if later:
        pages[FACTS] = article("The court sentenced the keeper's friend. Анну Зимину на суд не пустили.")
    return [page(text, url=url, hour=24 * number) for url, text in pages.items()]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with collection(tmp_path_factory.mktemp("changes")) as made:
        for number in range(2):
            crawled(made, f"2026112{2 + number}010000-crawl", *looks(number))
        read_everything(made, progress=lambda *_: None)
        return made.path


class Said:
    """Runs `khronika changes` in a collection."""

    def __init__(self, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._captured = capfd

    def __call__(self, *words: str, status: Exit = Exit.DONE, command: Sequence[str] = ("changes",)) -> str:
        self._captured.readouterr()
        assert run(["-C", str(self.folder), *command, *words]) == status
        out, err = self._captured.readouterr()
        return out if status is Exit.DONE else err

    def records(self, *words: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self("--json", *words).splitlines()]

    def of(self, url: str) -> dict[str, Any]:
        [record] = self.records("--url", url)
        return record


@pytest.fixture
def said(made: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Said:
    shutil.copytree(made, tmp_path / "collection")
    return Said(tmp_path / "collection", capfd)


@pytest.fixture
def held(said: Said) -> Said:
    """With the later look at the case withheld, and the change marked with a note that quotes it."""
    said("mark", said.of(CASE)["id"], "important", "--note", f"{SECRET} was there")
    said(f"{CASE}@2", "--ground", "the wish of the family", "--yes", command=("withhold",))
    return said


def urls(records: Sequence[dict[str, Any]]) -> set[str]:
    return {record["url"] for record in records}


# --- the list ---------------------------------------------------------------------------------------------------------


def test_a_term_outranks_a_word_and_every_weight_is_what_its_reasons_make(said: Said) -> None:
    records = said.records("--order", "weight")

    assert records[0]["url"] == CASE
    assert said.of(CASE)["weight"] > 0.9 > said.of(PLAIN)["weight"]
    assert all(one["weight"] >= other["weight"] for one, other in pairwise(records))
    for record in records:
        assert combine(reason["value"] for reason in record["reasons"]) == record["weight"]
        assert record["settled"]


def test_the_reasons_are_printed_with_the_words_they_were_seen_in(said: Said) -> None:
    text = said("--url", CASE, "--explain")

    assert "because of" in text
    assert "7 years → 2 years" in text
    assert "size" not in said("--url", CASE)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("--min-weight", "0.9"), {CASE}),
        (("--person", "Maria Luzhitskaya"), {CASE}),
        (("--person", "Лужицкой"), {CASE}),
        (("--name", "Анна Зимина"), {FACTS}),
        (("--person", "Anna Zimina"), {FACTS}),
        (("--person", "Nobody Here"), set()),
        (("--since", "2026-11-24"), set()),
        (("--until", "2026-11-22"), set()),
        (("--until", "2026-11-30", "--url", PLAIN), {PLAIN}),
        (("--kind", "gone"), set()),
        (("--mark", "any"), set()),
        (("--mark", "none", "--url", PLAIN), {PLAIN}),
        (("--site", "north", "--min-weight", "0.9"), {CASE}),
        (("--level", "list"), set()),
        (("--level", "main", "--url", CASE), {CASE}),
    ],
)
def test_a_filter_leaves_what_fits(said: Said, words: tuple[str, ...], found: set[str]) -> None:
    assert urls(said.records(*words)) == found


def test_a_limit_takes_the_first_in_the_order_that_is_asked_for(said: Said) -> None:
    assert [one["url"] for one in said.records("--order", "weight", "--limit", "1")] == [CASE]
    assert len(said.records("--limit", "2")) == 2


@pytest.mark.parametrize(
    "words",
    [
        ("--min-weight", "2"),
        ("--since", "yesterday"),
        ("--person", "17"),
        ("--site", "nowhere"),
        ("--kind", "unheard-of"),
        ("--url", f"{HOST}/never"),
        ("unheard-of",),
    ],
)
def test_what_cannot_be_meant_is_refused(said: Said, words: tuple[str, ...]) -> None:
    assert said(*words, status=Exit.USAGE)


# --- groups -----------------------------------------------------------------------------------------------------------


def test_a_paragraph_that_went_from_many_pages_is_told_once_and_keeps_its_weight(said: Said) -> None:
    text = said()
    records = {record["url"]: record for record in said.records()}

    assert text.count("[-We take the keeper") == 2
    assert "the same on 3 pages" in text
    whole = [records[url] for url in SHARED[:3]]
    assert {record["group"]["pages"] for record in whole} == {3}
    assert len({record["group"]["id"] for record in whole}) == 1
    assert all(record["weight"] >= 0.6 for record in whole)


def test_a_page_with_an_edit_of_its_own_is_a_change_of_its_own(said: Said) -> None:
    record = said.of(SHARED[3])

    assert record["group"] is None
    assert sorted("group" in edit for edit in record["edits"]) == [False, True]
    assert "emptied" in record["headline"]
    assert "(the same on other pages)" in said("--url", SHARED[3])


def test_the_pages_of_a_group_are_listed_with_verbose_and_found_by_its_id(said: Said) -> None:
    group = said.of(SHARED[0])["group"]["id"]

    assert urls(said.records("--group", group)) == set(SHARED[:3])
    assert all(url in said("-v", "--group", group) for url in SHARED[:3])


def test_pages_that_are_gone_are_told_once_with_how_that_was_established(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with collection(tmp_path) as made:
        words = [
            "harbour lantern mill orchard",
            "bridge cellar ferry gate",
            "attic barn chapel dune",
            "farm hill inn jetty",
        ]
        texts = [f"<main><h1>{one}</h1><p>{' and '.join(one.split() * 9)}.</p></main>" for one in words]
        pairs = zip(texts, SHARED, strict=True)
        crawled(made, "20261122010000-first", *(page(text, url=url) for text, url in pairs))
        for day in (1, 2, 3):
            looked = [status(404, url=url, hour=24 * day) for url in SHARED]
            crawled(made, f"2026112{2 + day}010000-later", *looked)
        read_everything(made, progress=lambda *_: None)
        said = Said(made.path, capfd)

    text, records = said("--explain"), said.records("--kind", "gone")

    assert urls(records) == set(SHARED)
    assert {(one["weight"], one["looks"], one["group"]["pages"]) for one in records} == {(0.95, 3, 4)}
    assert text.count("established by 3 looks, the first at 20261123010001") == 1
    assert "the same on 4 pages" in text
    assert "0.95  the page is gone: 404" in text


# --- files ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["text", "jsonl", "csv", "atom"])
def test_a_file_has_what_stdout_would_have_had(said: Said, tmp_path: Path, form: str) -> None:
    shown = said("--format", form)
    assert said("--format", form, "-o", str(tmp_path / "out")) == ""

    assert (tmp_path / "out").read_text(encoding="utf-8") == shown
    assert said("--format", form, "-o", "-") == shown


def test_a_table_has_a_row_for_each_change_and_no_formula(said: Said) -> None:
    rows = list(csv.DictReader(io.StringIO(said("--format", "csv"))))

    assert {row["url"] for row in rows} == urls(said.records())
    assert {row["group"] for row in rows if row["url"] in SHARED[:3]} == {said.of(SHARED[0])["group"]["id"]}
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())


def test_json_lines_are_those_of_the_json_flag(said: Said) -> None:
    assert [json.loads(line) for line in said("--format", "jsonl").splitlines()] == said.records()


def test_a_file_that_cannot_be_written_is_said_and_nothing_is_left(said: Said, tmp_path: Path) -> None:
    assert "writing" in said("-o", str(tmp_path / "none" / "out"), status=Exit.ERROR)
    assert not list(tmp_path.glob("none*"))


# --- one change -------------------------------------------------------------------------------------------------------


def test_a_change_is_shown_whole_with_how_to_prove_it(said: Said) -> None:
    record = said.of(CASE)
    text = said("show", record["id"])

    assert "[-7-]{+2+} years" in text
    assert SECRET in text
    assert "because of" in text
    assert f"khronika prove 20261122010001/{CASE} 20261123010001/{CASE} -o {record['id']}.zip" in text
    assert "compared by change-" in text


def test_a_program_has_the_captures_of_a_change(said: Said) -> None:
    [record] = [json.loads(line) for line in said("--json", "show", said.of(CASE)["id"]).splitlines()]

    assert record["captures"] == {"from": f"20261122010001/{CASE}", "to": f"20261123010001/{CASE}"}
    assert "set_aside" in record


def test_the_proof_that_is_named_can_be_made(said: Said, tmp_path: Path) -> None:
    [line] = [line for line in said("show", said.of(CASE)["id"]).splitlines() if "prove it:" in line]
    words = line.split("khronika ")[1].split()

    assert said(*words[1:-1], str(tmp_path / "case.zip"), command=words[:1])
    assert (tmp_path / "case.zip").exists()


@pytest.mark.parametrize("words", [("show", "c0"), ("mark", "c0", "wrong"), ("unmark", "c0")])
def test_a_change_that_is_not_there_is_named(said: Said, words: tuple[str, ...]) -> None:
    assert "'c0'" in said(*words, status=Exit.USAGE)


# --- marks ------------------------------------------------------------------------------------------------------------


def test_a_mark_is_shown_filtered_by_exported_and_taken_away(said: Said) -> None:
    id_ = said.of(CASE)["id"]
    said("mark", id_, "important", "--note", "tell the lawyers")

    assert "marked important: tell the lawyers" in said("--url", CASE)
    assert (said.of(CASE)["mark"], said.of(CASE)["note"]) == ("important", "tell the lawyers")
    assert urls(said.records("--mark", "important")) == urls(said.records("--mark", "any")) == {CASE}
    assert CASE not in urls(said.records("--mark", "none"))
    [record] = [json.loads(line) for line in said("--json", "marks").splitlines()]
    assert (record["type"], record["change"], record["mark"]) == ("mark", id_, "important")
    assert (record["url"], record["kind"], record["note"]) == (CASE, "edited", "tell the lawyers")
    assert record["from_record"] and record["to_record"]
    assert "tell the lawyers" in said("marks", "--mark", "important")
    assert said("marks", "--mark", "wrong") == ""
    said("unmark", id_)
    assert said.of(CASE)["mark"] is None
    assert said("marks") == ""


def test_a_mark_outlives_a_rebuild(said: Said) -> None:
    said("mark", said.of(CASE)["id"], "wrong")

    said(command=("rebuild",))

    assert said.of(CASE)["mark"] == "wrong"


def test_a_mark_of_a_change_that_is_no_more_is_kept_and_said(said: Said) -> None:
    from archive.marks import Mark, MarkKind
    from archive.writer import utc_now

    with State.open(said.folder, readonly=False) as state:
        state.marks.put(Mark("cgone", MarkKind.WRONG, "", utc_now()))

    assert "of no change that the catalogue has" in said("marks")
    [record] = [json.loads(line) for line in said("--json", "marks").splitlines()]
    assert (record["change"], record["url"]) == ("cgone", None)


def test_a_copy_without_a_state_has_no_marks(said: Said) -> None:
    (said.folder / "state.sqlite").unlink()

    assert said.of(CASE)["mark"] is None
    assert said("marks") == ""


# --- what is withheld -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("-v", "--explain"),
        ("--kind", "all"),
        ("--json",),
        ("--format", "jsonl"),
        ("--format", "csv"),
        ("--format", "atom"),
        ("--format", "atom", "--language", "ru"),
        ("marks",),
        ("--json", "marks"),
    ],
)
def test_no_form_gives_out_a_word_of_what_is_withheld(held: Said, words: tuple[str, ...]) -> None:
    text = held(*words)

    assert CASE in text
    for word in (SECRET.split()[0], "7 years", "2 years", "Luzhitskaya"):
        assert word not in text


def test_showing_the_change_gives_out_its_ground_and_no_word(held: Said) -> None:
    id_ = held.of(CASE)["id"]
    for text in (held("show", id_), held("--json", "show", id_)):
        assert SECRET not in text
        assert "Luzhitskaya" not in text
    assert "the wish of the family" in held("show", id_)


def test_nobody_can_ask_whether_a_name_is_in_what_is_withheld(held: Said) -> None:
    assert held.records("--person", SECRET) == []


def test_a_withheld_page_of_a_group_is_told_apart_and_without_the_words(said: Said) -> None:
    said(f"{SHARED[0]}@1", "--ground", "the wish of the family", "--yes", command=("withhold",))
    [withheld] = [one for one in said.records() if one["url"] == SHARED[0]]
    [other] = [one for one in said.records() if one["url"] == SHARED[1]]

    assert (withheld["withheld"], withheld["group"], withheld["edits"]) == (True, None, [])
    assert other["group"]["pages"] == 2
    assert "the same on 2 pages" in said()


def test_the_evidence_is_as_it_was_after_marks(said: Said) -> None:
    def evidence() -> dict[str, bytes]:
        with Collection.open(said.folder) as opened:
            folders = [opened.path / "archive", opened.path / "log"]
        return {str(path): path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()}

    before = evidence()
    said("mark", said.of(CASE)["id"], "unimportant", "--note", "a note")

    assert evidence() == before
