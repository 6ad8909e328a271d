"""`khronika search`: every form of a word is found, in the language of its own span, and nothing that is withheld."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from archive_samples import collection, crawled, page, status, unprivileged
from reading_samples import CASES, DELA, case_page, library, russian

from archive.collection import Collection
from crawler.cli import Exit, run
from crawler.reading import read_everything
from crawler.search_index import forget_index, keep_index
from pipelines.search_index import NAME

UK = "http://site.example/uk/spravy/17"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return library(tmp_path_factory.mktemp("library"))


class Searched:
    """What `khronika search` says."""

    def __init__(self, folder: Path, captured: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._captured = captured

    def text(self, *words: str, status: Exit = Exit.DONE) -> str:
        self._captured.readouterr()
        assert run(["-C", str(self.folder), "search", *words]) == status
        out, err = self._captured.readouterr()
        return out + err

    def records(self, *words: str) -> list[dict[str, Any]]:
        self._captured.readouterr()
        assert run(["-C", str(self.folder), "--json", "search", *words]) == Exit.DONE
        return [json.loads(line) for line in self._captured.readouterr().out.splitlines()]

    def urls(self, *words: str) -> set[str]:
        return {record["url"] for record in self.records(*words) if record["type"] == "hit"}


@pytest.fixture
def searched(folder: Path, capsys: pytest.CaptureFixture[str]) -> Searched:
    return Searched(folder, capsys)


@pytest.fixture
def own(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Searched:
    """In a copy that may be spoilt."""
    shutil.copytree(folder, tmp_path / "collection")
    return Searched(tmp_path / "collection", capsys)


EN, RU = f"{CASES}17", f"{DELA}17"


@pytest.mark.parametrize(
    ("words", "urls"),
    [
        # a surname in every case, and the Russian address of the English page
        *[
            ([name], {EN, RU})
            for name in ("Островерхов", "Островерхова", "островерхову", "ОСТРОВЕРХОВЫМ", "островерхове")
        ],
        (["Артём"], {EN, RU}),
        (["артемом"], {EN, RU}),
        (["Ostroverkhov"], {EN}),
        (["маяки"], {RU, UK}),
        (["sentences"], {EN}),
        (["осуждён"], {RU}),
        (["осужденному"], {RU}),
        (["еще"], {RU}),
        (["ЕЩЁ"], {RU}),
        (["ув'язнення"], {UK}),
        (["увʼязненням"], {UK}),
        (["в`язень"], {UK}),
        (["засуджені"], {UK}),
        (["адвокат"], {RU, UK}),
        # numbers, articles, colonies
        (["207.3"], {EN, RU}),
        (["207"], set()),
        (["ИК-5"], {RU}),
        (["ИК", "5"], {RU}),
        (["629400"], {EN}),
        # phrases, in any form, and not across what stands between
        (['"суд приговорил смотрителя"'], {RU}),
        (['"смотрителем маяков"'], {RU}),
        (['"маяка смотрителя"'], set()),
        (['"Артём Островерхов"'], {RU}),
        (['"Островерхов Артём"'], {EN}),
        (["«читать записи»"], set()),
        (['"hearing lasted for"'], {EN}),
        (['"told us later letters"'], set()),
        # what the shell keeps together is a phrase, unless it is written as more than words
        (["hearing lasted for"], {EN}),
        (["Артём Островерхов"], {RU}),
        (["маяка смотрителя"], set()),
        (["penal col*"], {EN}),
        (["адвокат", "-Письма ему"], {UK}),
        (["lighthouse OR смотритель"], {EN, RU}),
        (["адвокат -соседям"], {UK}),
        (["Островер* penal"], {EN}),
        # beginnings
        (["приговор*"], {RU}),
        (["Островер*"], {EN, RU}),
        (['"penal col*"'], {EN}),
        # left out, either
        (["адвокат", "-сусіди"], {RU}),
        (["адвокат", "-соседям"], {UK}),
        (["адвокат", '-"Письма ему"'], {UK}),
        (["lighthouse", "OR", "смотритель"], {EN, RU}),
        (["lighthouse", "смотритель"], set()),
        (["маяк", "восемь", "OR", "пять"], {RU, UK}),
        # what stands around the text
        (["baker"], set()),
        (["baker", "--side"], {EN}),
        # in one language
        (["Островерхов", "--lang", "en"], set()),
        (["Островерхов", "--lang", "ru"], {EN, RU}),
        (["адвокат*", "--lang", "uk"], {UK}),
        (["адвокат*", "--lang", "en"], set()),
        (["колонія", "--lang", "uk"], {UK}),
        # when and where
        (["маяк", "--since", "2026-11-25"], {RU}),
        (["восьми", "--until", "2026-11-24"], set()),
        (["восьми", "--since", "2026-11-25", "--until", "2026-11-25"], {RU}),
        (["lighthouse", "--since", "2026-11-23"], set()),
        (["смотритель", "--site", "north"], {RU}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_it_is_found_where_it_is(searched: Searched, words: list[str], urls: set[str]) -> None:
    assert searched.urls(*words) == urls


def test_hits_are_places_of_the_text(searched: Searched) -> None:
    for words in (["Островерхов"], ["207.3"], ["lighthouse"], ['"смотритель маяка"'], ["baker", "--side"]):
        for hit in searched.records(*words):
            if hit["type"] != "hit":
                continue
            with Collection.open(searched.folder) as collection:
                row = collection.catalogue.reading(hit["record_id"])
            assert row is not None
            reading = json.loads(row.json)
            assert hit["excerpts"]
            for excerpt in hit["excerpts"]:
                number = excerpt["where"].removeprefix("b")
                text = reading["blocks"][int(number)]["text"] if number.isdigit() else reading[excerpt["where"]]
                assert text[excerpt["start"] : excerpt["end"]] == excerpt["text"]
                for place in excerpt["hits"]:
                    found = text[place["start"] : place["end"]].casefold()
                    assert found[:5] in {"остро", "207.3", "light", "смотр", "baker"}


def test_one_result_a_page_says_how_long_the_words_were_there(searched: Searched) -> None:
    [hit, summary] = searched.records("пяти", "--lang", "ru")

    assert (hit["captures"], hit["first"][:10], hit["last"][:10]) == (4, "2026-11-22", "2026-11-26")
    assert hit["still"] is True
    assert (summary["pages"], summary["shown"]) == (1, 1)
    [eight, _] = searched.records("восьми")
    assert (eight["captures"], eight["first"][:10], eight["still"]) == (1, "2026-11-25", False)
    assert "not in the newest capture of the page" in searched.text("восьми")


def test_every_capture_that_has_it(searched: Searched) -> None:
    dates = [hit["captured_at"][:10] for hit in searched.records("пяти", "--all", "--lang", "ru")[:-1]]

    assert dates == ["2026-11-26", "2026-11-24", "2026-11-23", "2026-11-22"]


def test_the_hit_is_marked(searched: Searched, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "смотрителя маяка Артёма [Островерхова] к" in searched.text("островерхов")
    monkeypatch.setattr("crawler.cli.wants_color", lambda *_, **__: True)
    assert "Артёма \x1b[1;31mОстроверхова\x1b[0m к" in searched.text("островерхов")


def test_finding_nothing_is_said_and_is_no_error(searched: Searched) -> None:
    assert searched.text("непонятноечто") == "Nothing found.\n"
    assert searched.records("непонятноечто") == [{"type": "summary", "pages": 0, "readings": 0, "shown": 0}]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (['"unclosed'], "two quotation marks"),
        (["-маяк"], "only what is to be left out"),
        (["*"], "before *"),
        (["a*"], "before *"),
        (["ab*cd"], "at the end of a word"),
        (["OR", "x"], "before OR"),
        (["x", "OR"], "after OR"),
        (["x", "OR", "OR", "y"], "before OR"),
        (["…", "—"], "expected a word"),
        ([" ".join(["x"] * 61)], "at most 60"),
        (["маяк", "--lang", "xx"], "found words in"),
        (["маяк", "--site", "nort"], "Did you mean"),
        (["маяк", "--since", "soon"], "a date like"),
    ],
)
def test_what_cannot_be_meant_is_said(searched: Searched, words: list[str], said: str) -> None:
    assert said in searched.text(*words, status=Exit.USAGE)


@pytest.mark.parametrize(
    "query",
    [
        "NEAR(a b)", "plain:x", "{plain} : x", "a AND b", "NOT", "x'); DROP TABLE readings; --", "^x", "a + b", "(((",
        "\x00", "\\", "%", "x\ny", "¶", "ru·суд", "'", "``", "😀", "\u202e", "ﷺ", "½", "x" * 10_000, "п" * 5_000,
    ],
)  # fmt: skip
def test_no_query_reaches_into_the_index(searched: Searched, query: str) -> None:
    assert run(["-q", "-C", str(searched.folder), "search", "--", query]) in {Exit.DONE, Exit.USAGE}
    assert searched.urls("смотритель") == {RU}


# --- keeping it up ----------------------------------------------------------------------------------------------------


def test_what_is_read_later_is_found_and_what_is_read_otherwise_is_not_found_any_more(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with collection(tmp_path) as made:
        crawled(made, "crawl-1", russian("пяти"))
        read_everything(made, progress=lambda *_: None)
        searched = Searched(made.path, capsys)
        assert searched.urls("пекарь") == set()
        crawled(made, "crawl-2", case_page("Дело пекаря", ("Пекаря из Залесья отпустили домой. " * 5,), f"{DELA}18"))
        read_everything(made, progress=lambda *_: None)

        assert searched.urls("пекарь") == {f"{DELA}18"}
        crawled(made, "crawl-3", status(404, url=f"{DELA}18", hour=50))
        assert [hit["still"] for hit in searched.records("пекарь") if hit["type"] == "hit"] == [False]


@pytest.mark.parametrize("damage", [b"", b"not a database", b"SQLite format 3\0" + bytes(5000)])
def test_an_index_that_is_lost_or_damaged_is_made_again(own: Searched, damage: bytes) -> None:
    assert own.urls("смотритель") == {RU}
    for path in own.folder.glob(NAME + "*"):
        path.unlink()
    if damage:
        (own.folder / NAME).write_bytes(damage)

    assert own.urls("смотритель") == {RU}


def test_an_index_of_another_version_is_made_again(own: Searched) -> None:
    import sqlite3

    assert own.urls("смотритель") == {RU}
    connection = sqlite3.connect(own.folder / NAME)
    connection.execute("UPDATE about SET version = '0'")
    connection.execute("DELETE FROM readings")
    connection.commit()
    connection.close()

    assert own.urls("смотритель") == {RU}


def test_a_collection_that_cannot_be_written_is_searched_and_left_as_it_is(
    own: Searched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    with Collection.open(own.folder) as made:
        forget_index(made)
    before = sorted(path.name for path in own.folder.iterdir())
    own.folder.chmod(0o500)
    try:
        found = unprivileged(lambda: own.urls("смотритель"))
    finally:
        own.folder.chmod(0o700)

    assert found == {RU}
    assert sorted(path.name for path in own.folder.iterdir()) == before
    assert list(temporary.iterdir()) == []


def test_a_run_does_not_fail_for_the_index(own: Searched) -> None:
    with Collection.open(own.folder) as made:
        forget_index(made)
        (own.folder / NAME).mkdir()

        assert "not kept up" in (keep_index(made, progress=lambda *_: None) or "")


# --- what is withheld -------------------------------------------------------------------------------------------------


def record_of(folder: Path, url: str, n: int = 0) -> str:
    with Collection.open(folder) as collection:
        return collection.catalogue.captures_of(url)[n].record_id


def test_what_is_withheld_is_not_found_and_nothing_says_that_it_would_be(own: Searched) -> None:
    assert own.urls("адвокат") == {RU, UK}
    words = ["withhold", record_of(own.folder, UK), "--ground", "the wish of the family", "--yes"]
    assert run(["-q", "-C", str(own.folder), *words]) == Exit.DONE

    assert own.urls("адвокат") == {RU}
    [summary] = own.records("доглядач")
    assert (summary["pages"], summary["readings"]) == (0, 0)
    assert own.text("доглядач") == own.text("никогданебывало")
    assert "Captures that are withheld are not searched" in own.text("доглядач")


def test_nothing_of_what_is_erased_is_left_in_the_index(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # words with beginnings of their own: SQLite writes what a word shares with its neighbour only once
    secret = "Ждакубзов щъетрафима ѕерликонда. Zzyqwurthian qqxolmarbeck. "
    with collection(tmp_path) as made:
        crawled(made, "crawl-1", russian("пяти"), case_page("Дело", (secret * 8,), f"{DELA}secret"))
        read_everything(made, progress=lambda *_: None)
        searched = Searched(made.path, capsys)
        assert searched.urls("Ждакубзов") == {f"{DELA}secret"}
        needles = [word.encode() for word in ("дакубз", "етрафим", "ерликонд", "zyqwurth", "qxolmarb", "dela/secret")]
        kept = b"".join(path.read_bytes() for path in made.path.glob(NAME + "*"))
        assert [needle for needle in needles if needle not in kept] == []
        record = record_of(made.path, f"{DELA}secret")
    words = ["withhold", record, "--ground", "a court's order", "--from-disk", "--yes"]
    assert run(["-q", "-C", str(made.path), *words]) == Exit.DONE

    left = b"".join(path.read_bytes() for path in made.path.glob(NAME + "*"))
    assert [needle for needle in needles if needle in left] == []
    assert record.encode() not in left
    assert searched.urls("Ждакубзов") == set()
    assert searched.urls("смотритель") == {RU}
    assert searched.urls("zzyqwurthian") == set()


def test_an_image_of_a_page_is_no_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with collection(tmp_path) as made:
        crawled(made, "crawl-1", page("\x89PNG маяк", mime="image/png"))
        read_everything(made, progress=lambda *_: None)

        assert Searched(made.path, capsys).urls("маяк") == set()
