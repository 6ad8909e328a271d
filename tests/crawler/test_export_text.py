"""`khronika export`: readings as JSON Lines, tables and plain text, each line after its schema and with its offsets."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet
from reading_samples import RUSSIAN, library
from reading_schema import faults

from archive.collection import Collection
from archive.errors import UsageError
from crawler.cli import Exit, run
from crawler.text_export import end_of
from crawler.text_export_folders import TextFolders, safe_name
from crawler.text_export_parquet import write_parquet
from crawler.text_export_table import FACT_COLUMNS, capture_rows, csv_lines, fact_rows, safe_cell


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return library(tmp_path_factory.mktemp("library"))


class Exported:
    """What `khronika export` writes to stdout."""

    def __init__(self, folder: Path, captured: pytest.CaptureFixture[bytes]) -> None:
        self.folder = folder
        self._captured = captured

    def __call__(self, *words: str, status: Exit = Exit.DONE) -> str:
        self._captured.readouterr()
        assert run(["-C", str(self.folder), "export", *words]) == status
        out, err = self._captured.readouterr()
        return (out if status is Exit.DONE else err).decode()

    def records(self, *words: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self("text", *words).splitlines()]


@pytest.fixture
def exported(folder: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> Exported:
    return Exported(folder, capfdbinary)


# --- JSON Lines -------------------------------------------------------------------------------------------------------


def test_every_line_is_what_the_schema_says(exported: Exported) -> None:
    records = exported.records()

    assert len(records) == 5
    assert [list(faults(record)) for record in records] == [[]] * 5


def test_the_check_against_the_schema_finds_what_is_wrong(exported: Exported) -> None:
    record = exported.records()[0]
    span = {**record["spans"][0], "confidence": 1.5, "start": -1}

    assert list(faults({**record, "url": None}))
    assert next(iter(faults({**record, "spans": [span]}))).startswith("/spans/0/")
    assert len(list(faults({**record, "spans": [span]}))) == 2
    assert list(faults({name: value for name, value in record.items() if name != "version"}))
    assert list(faults({**record, "payload_digest": "sha256:0"}))


def test_ids_are_those_of_the_records_and_parts_are_numbered(exported: Exported) -> None:
    record = exported.records()[0]

    assert record["id"] == record["record_id"]
    assert [one["id"] for one in record["blocks"]] == [f"b{n}" for n in range(len(record["blocks"]))]
    assert [one["id"] for one in record["spans"]] == ["s0", "s1"]
    assert record["of_site"] == "north"
    assert record["crawl"] == "crawl-1"


def test_spans_and_blocks_are_slices_of_the_text_and_side_blocks_have_their_own(exported: Exported) -> None:
    record = exported.records()[0]
    text = record["text"]

    address = text[record["spans"][1]["start"] : record["spans"][1]["end"]]
    assert record["spans"][1]["language"] == "ru"
    assert address.startswith("629400, г. Верхнегорск")
    main = [text[one["start"] : one["end"]] for one in record["blocks"] if one["level"] == "main"]
    assert "\n\n".join(main) == text
    [side] = [one for one in record["blocks"] if one["level"] == "side"]
    assert side["text"] == "Read also: the baker of Zalesye"


def test_only_what_changed(exported: Exported) -> None:
    records = exported.records("--changed", "--lang", "ru")

    # five years; eight; five again, which is a revisit of the first
    assert [record["captured_at"][:10] for record in records] == ["2026-11-22", "2026-11-25", "2026-11-26"]
    assert records[0]["text"] == records[2]["text"]
    assert records[2]["id"] != records[2]["record_id"] == records[0]["id"]
    assert [list(faults(record)) for record in records] == [[]] * 3


def test_what_changed_before_the_time_that_is_asked_for_counts(exported: Exported) -> None:
    records = exported.records("--changed", "--since", "2026-11-24")

    assert [record["captured_at"][:10] for record in records] == ["2026-11-25", "2026-11-26"]


@pytest.mark.parametrize(
    ("words", "count"),
    [
        (["--lang", "ru"], 3),
        (["--lang", "RU"], 3),
        (["--lang", "ru", "--lang", "uk"], 4),
        (["--lang", "ka"], 0),
        (["--until", "2026-11-22"], 3),
        (["--until", "2026-11"], 5),
        (["--until", "202610"], 0),
        (["--since", "2026-11-24", "--until", "2026-11-24"], 1),
        (["--site", "north", "--since", "2026-11-25"], 1),
        (["--kind", "case"], 0),
    ],
)
def test_what_is_asked_for_is_chosen(exported: Exported, words: list[str], count: int) -> None:
    assert len(exported.records(*words)) == count


def test_the_same_collection_gives_the_same_octets(exported: Exported, tmp_path: Path) -> None:
    assert exported("text") == exported("text")
    exported("text", "-o", str(tmp_path / "texts.jsonl"))
    assert (tmp_path / "texts.jsonl").read_text() == exported("text")


@pytest.mark.parametrize(
    "words",
    [
        ["text", "--facts"],
        ["csv", "--follow"],
        ["text", "--after", "x-1"],
        ["text", "--follow", "-o", "x"],
        ["folders"],
        ["cdxj", "--lang", "ru"],
        ["text", "--until", "yesterday"],
        ["text", "--site", "nort"],
        ["text", "--follow", "--after", "urn:uuid:none"],
    ],
)
def test_what_cannot_be_meant_is_refused(exported: Exported, words: list[str]) -> None:
    assert "Traceback" not in exported(*words, status=Exit.USAGE)


def test_the_end_of_a_day_a_month_and_an_instant() -> None:
    from crawler.commands.views import parse_instant

    ends = [end_of(text, parse_instant) for text in ("2026-11-22", "20261231", "2026-12", "202602", "2026-11-22T14:02")]

    assert [end.isoformat()[:16] for end in ends] == [
        "2026-11-23T00:00",
        "2027-01-01T00:00",
        "2027-01-01T00:00",
        "2026-03-01T00:00",
        "2026-11-22T14:02",
    ]


# --- tables -----------------------------------------------------------------------------------------------------------


def test_a_row_a_capture(exported: Exported) -> None:
    rows = list(csv.DictReader(io.StringIO(exported("csv"), newline="")))

    assert len(rows) == 5
    assert rows[1]["text"].startswith("Дело смотрителя маяка\n\n" + RUSSIAN[0].format("пяти"))
    assert rows[1]["language"] == "ru"
    assert rows[1]["published"] == ""


def test_no_cell_is_run_by_a_spreadsheet(exported: Exported) -> None:
    [row] = csv.DictReader(io.StringIO(exported("csv", "--lang", "uk"), newline=""))

    assert row["title"] == '\'=HYPERLINK("http://evil.example")'
    assert row["text"].startswith("'=HYPERLINK")
    for sign in ("=", "+", "-", "@", " =", "\t=", "\n=", "\tx", "\rx", "＝", "＋", "－", "＠"):
        assert safe_cell(f"{sign}cmd|'/c calc'!A0").startswith("'")
    assert [safe_cell(value) for value in ("5-7", "a=b", "", None, 0, "б+")] == ["5-7", "a=b", "", "", "0", "б+"]


def test_a_table_for_excel_begins_with_the_mark_of_its_encoding(exported: Exported) -> None:
    assert exported("csv", "--bom").removeprefix("\ufeff") == exported("csv")
    assert exported("csv", "--bom").startswith("\ufeff")


def with_facts(*subjects: str | None) -> dict[str, Any]:
    """A record with the same two facts of each of some people."""
    common = {"start": 0, "end": 4, "block": 0, "language": "en", "by": "rule"}
    facts = [
        {"id": f"f{n}", "subject": subject, "name": name, "value": f"{name} {n}", "cited": "Text", **common}
        for n, (subject, name) in enumerate((subject, name) for subject in subjects for name in ("sentence", "rank"))
    ]
    names = ("url", "captured_at", "of_site", "title", "record_id", "payload_digest", "version", "language", "text")
    record: dict[str, Any] = dict.fromkeys((*names, "published", "modified"), "x")
    blocks = [{"level": "main"}]
    return record | {"id": "urn:x", "authors": [], "provenance": {"rules": "3"}, "facts": facts, "blocks": blocks}


def test_facts_of_several_people_say_whose_they_are() -> None:
    [alone] = capture_rows(with_facts("Anna Dubrava"))
    [both] = capture_rows(with_facts("Anna Dubrava", "Pyotr Zalessky"))

    assert (alone["fact_sentence"], alone["other_facts"]) == ("sentence 0", "rank: rank 1")
    assert both["subjects"] == "Anna Dubrava; Pyotr Zalessky"
    assert both["fact_sentence"] == "Anna Dubrava: sentence 0; Pyotr Zalessky: sentence 2"
    assert both["other_facts"] == "rank: Anna Dubrava: rank 1; rank: Pyotr Zalessky: rank 3"


def test_a_row_a_fact_names_its_place() -> None:
    lines = "".join(csv_lines(FACT_COLUMNS, fact_rows(with_facts("Anna Dubrava"))))
    rows = list(csv.DictReader(io.StringIO(lines, newline="")))

    assert [row["id"] for row in rows] == ["urn:x#f0", "urn:x#f1"]
    assert (rows[0]["name"], rows[0]["start"], rows[0]["level"]) == ("sentence", "0", "main")


def test_parquet_holds_what_the_lines_hold(exported: Exported, tmp_path: Path) -> None:
    exported("parquet", "-o", str(tmp_path / "texts.parquet"))

    rows = parquet.read_table(tmp_path / "texts.parquet").to_pylist()
    records = exported.records()
    assert [row["text"] for row in rows] == [record["text"] for record in records]
    assert [row["id"] for row in rows] == [record["id"] for record in records]
    assert [row["spans"] for row in rows] == [record["spans"] for record in records]
    assert [json.loads(row["provenance"]) for row in rows] == [record["provenance"] for record in records]
    assert [block["text"] for block in rows[0]["blocks"] if block["level"] == "side"] == [
        "Read also: the baker of Zalesye"
    ]


def test_parquet_has_what_is_struck_out(exported: Exported) -> None:
    record = exported.records()[0]
    record["blocks"] = [{**block, "struck": [[0, 2], [4, 5]]} for block in record["blocks"][:1]] + record["blocks"][1:]
    target = io.BytesIO()

    assert write_parquet([record], target) == 1
    blocks = parquet.read_table(io.BytesIO(target.getvalue())).to_pylist()[0]["blocks"]
    assert [block["struck"] for block in blocks] == [[[0, 2], [4, 5]], *(None for _ in blocks[1:])]


def test_without_pyarrow_it_says_what_to_install(exported: Exported, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)

    assert "pip install 'khronika[parquet]'" in exported("parquet", status=Exit.ERROR)


# --- folders ----------------------------------------------------------------------------------------------------------


def texts_in(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*.txt"))}


def test_a_folder_a_language(exported: Exported, tmp_path: Path) -> None:
    exported("folders", "-o", str(tmp_path / "texts"))

    texts = texts_in(tmp_path / "texts")
    assert sorted({name.rpartition("/")[0] for name in texts}) == ["en/north", "ru/north", "uk/north"]
    assert len(texts) == 5
    records = {record["id"]: record for record in exported.records()}
    for row in csv.DictReader(io.StringIO((tmp_path / "texts" / "index.tsv").read_text()), delimiter="\t"):
        assert texts[row["file"]] == records[row["id"]]["text"] + "\n"
        assert row["file"].startswith(f"{records[row['id']]['language']}/north/2026112")


def test_the_same_export_again_writes_nothing_and_a_narrower_one_takes_nothing_away(
    exported: Exported, tmp_path: Path
) -> None:
    exported("folders", "-o", str(tmp_path / "texts"))
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "texts").rglob("*.txt")}
    index = (tmp_path / "texts" / "index.tsv").read_bytes()

    exported("folders", "-o", str(tmp_path / "texts"), "--lang", "uk")
    exported("folders", "-o", str(tmp_path / "texts"))

    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "texts").rglob("*.txt")} == before
    assert (tmp_path / "texts" / "index.tsv").read_bytes() == index


def test_a_text_in_which_somebody_wrote_is_left_alone(exported: Exported, tmp_path: Path) -> None:
    target = tmp_path / "texts"
    exported("folders", "-o", str(target))
    mine = next((target / "uk").rglob("*.txt"))
    mine.write_text("my notes\n")

    assert "left alone" in exported("folders", "-o", str(target), status=Exit.USAGE)

    assert mine.read_text() == "my notes\n"
    mine.unlink()
    exported("folders", "-o", str(target))
    assert mine.read_text().startswith("=HYPERLINK")


def test_a_folder_of_somebody_else_is_left_alone(exported: Exported, tmp_path: Path) -> None:
    for name, octets in (("index.tsv", b"file\tnotes\n"), ("other", b"x")):
        (tmp_path / name).write_bytes(octets)

    assert "somebody else's" in exported("folders", "-o", str(tmp_path), status=Exit.USAGE)
    assert "expected a folder" in exported("folders", "-o", str(tmp_path / "other"), status=Exit.USAGE)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["index.tsv", "other"]


def test_names_are_safe_on_every_disk() -> None:
    names = [safe_name(name) for name in ("..", "../../etc", "a/b", "con", "Пермь", "x" * 300, "a\0b", "-rf")]

    assert names == ["_", "etc", "a_b", "con_", "_", "x" * 80, "a_b", "-rf"]


# --- what is withheld, and what is on record -------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["text", "csv", "parquet", "folders"])
def test_every_form_leaves_out_what_is_withheld_and_is_on_record(
    folder: Path, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes], form: str
) -> None:
    import shutil

    shutil.copytree(folder, tmp_path / "collection")
    with Collection.open(tmp_path / "collection") as collection:
        [capture] = collection.catalogue.captures_of("http://site.example/uk/spravy/17")
    exported = Exported(tmp_path / "collection", capfdbinary)
    words = ["withhold", capture.record_id, "--ground", "the wish of the family", "--yes"]
    assert run(["-q", "-C", str(exported.folder), *words]) == Exit.DONE
    target = tmp_path / "out"

    assert run(["-C", str(exported.folder), "export", form, "-o", str(target), "--changed"]) == Exit.DONE

    assert b"1 capture left out: withheld" in capfdbinary.readouterr().err
    octets = b"".join(
        path.read_bytes() for path in (target.rglob("*") if target.is_dir() else [target]) if path.is_file()
    )
    assert b"HYPERLINK" not in octets
    assert run(["-C", str(exported.folder), "--json", "events", "--type", "export"]) == Exit.DONE
    assert f"{form}: " in capfdbinary.readouterr().out.decode()


def test_a_text_that_was_exported_and_is_withheld_since_is_taken_out_of_the_folder(
    folder: Path, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    import shutil

    shutil.copytree(folder, tmp_path / "collection")
    exported, target = Exported(tmp_path / "collection", capfdbinary), tmp_path / "texts"
    exported("folders", "-o", str(target))
    before = texts_in(target)
    with Collection.open(exported.folder) as collection:
        [one] = collection.catalogue.captures_of("http://site.example/uk/spravy/17")
        [other, *_] = collection.catalogue.captures_of("http://site.example/ru/dela/17")
    own = next(name for name in before if other.record_id[9:17] in name)
    (target / own).write_text("my notes\n")
    for capture in (one, other):
        words = ["withhold", capture.record_id, "--ground", "the wish of the family", "--yes"]
        assert run(["-q", "-C", str(exported.folder), *words]) == Exit.DONE
    capfdbinary.readouterr()

    assert run(["-C", str(exported.folder), "export", "folders", "-o", str(target), "--lang", "en"]) == Exit.DONE

    said = capfdbinary.readouterr().err.decode()
    assert "1 text of an earlier export taken out of the folder: withheld now." in said
    assert f"{own} was left, as somebody wrote in it" in said
    assert set(before) - set(texts_in(target)) == {name for name in before if name.startswith("uk/")}
    index = (target / "index.tsv").read_text()
    assert one.record_id not in index
    assert other.record_id not in index


def test_a_file_in_no_folder_is_refused_before_anything_is_read(exported: Exported, tmp_path: Path) -> None:
    said = exported("text", "-o", str(tmp_path / "nowhere" / "texts.jsonl"), status=Exit.USAGE)

    assert "-o: expected a file in a folder that exists, found no folder" in said


def text_of(n: int, text: str, language: str = "ru") -> dict[str, Any]:
    """A record of which only the folders' part is told."""
    url = f"http://site.example/{n}"
    named = {"id": f"urn:uuid:5d986cc1-{n:04}", "url": url, "of_site": "north", "title": "=1\n+2"}
    return {**named, "text": text, "language": language, "captured_at": "2026-11-22T01:00:01.123456Z"}


def test_a_text_whose_language_is_told_otherwise_now_is_moved(tmp_path: Path) -> None:
    list(TextFolders(tmp_path).put([text_of(1, "раз"), text_of(2, "два")]))
    list(TextFolders(tmp_path).put([text_of(1, "раз", "uk")]))

    texts = texts_in(tmp_path)
    assert sorted(texts.values()) == ["два\n", "раз\n"]
    assert [name for name in texts if name.startswith("uk/")] == ["uk/north/20261122010001-5d986cc1.txt"]
    assert len((tmp_path / "index.tsv").read_text().splitlines()) == 3
    # unless somebody wrote in it
    (tmp_path / "uk/north/20261122010001-5d986cc1.txt").write_text("notes\n")
    list(TextFolders(tmp_path).put([text_of(1, "раз", "be")]))
    assert "notes\n" in texts_in(tmp_path).values()


def test_two_records_that_begin_alike_have_two_files(tmp_path: Path) -> None:
    list(TextFolders(tmp_path).put([text_of(1, "раз"), text_of(2, "два")]))
    before = texts_in(tmp_path)
    list(TextFolders(tmp_path).put([text_of(2, "два"), text_of(1, "раз")]))

    assert sorted(before.values()) == ["два\n", "раз\n"]
    assert texts_in(tmp_path) == before


def test_an_index_that_names_files_elsewhere_is_refused(tmp_path: Path) -> None:
    list(TextFolders(tmp_path / "texts").put([text_of(1, "раз")]))
    index = tmp_path / "texts" / "index.tsv"
    index.write_text(index.read_text().replace("ru/north/", "../"))

    with pytest.raises(UsageError):
        TextFolders(tmp_path / "texts")
