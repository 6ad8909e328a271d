"""`khronika show` with `--text`, `--language`, `--facts`, `--metadata`: what was read of one capture."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from archive_samples import URL, collection, crawled, page, status
from pdf_samples import pdf
from warc_samples import exchange

from crawler.cli import Exit, run
from crawler.reading import read_everything

CASE = """<html lang="en"><head><title>Klim Ostroverkhov</title>
<meta property="og:site_name" content="Lantern"><link rel="canonical" href="http://site.example/case"></head>
<body><main><article><h1>Klim Ostroverkhov</h1>
<p>On 26 February 2025 the Sosva District Court sentenced Klim Ostroverkhov, a geography teacher born in 1971, to five
years in a general regime penal colony under Article 207.3, Part 2, of the Russian Criminal Code.</p>
<p>652645, Кемеровская область, село Верхняя Сосва, ИК-5, Островерхову Климу Петровичу, 1971 г. р.</p>
</article></main></body></html>"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with collection(tmp_path_factory.mktemp("show")) as made:
        crawled(made, "crawl-1", page(CASE))
        crawled(made, "crawl-2", page("<p>Lantern</p>", url="http://site.example/empty"))
        crawled(made, "crawl-3", page("\x89PNG", url="http://site.example/seal.png", mime="image/png"))
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\nContent-Length: %d\r\n\r\n"
        scan = exchange("http://site.example/scan.pdf", head=head, body=pdf([]), mime="application/pdf")
        crawled(made, "crawl-4", scan, status(410, url="http://site.example/gone"))
        read_everything(made, progress=lambda *_: None)
        return made.path


def shown(folder: Path, capsys: pytest.CaptureFixture[str], *words: str, url: str = URL) -> str:
    capsys.readouterr()
    assert run(["-C", str(folder), *words[:-1], "show", f"{url}@1", words[-1]]) == Exit.DONE
    return capsys.readouterr().out


def test_facts_are_shown_by_person_with_the_words_they_were_read_from(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = shown(folder, capsys, "--facts").splitlines()

    assert lines[0] == "Klim Ostroverkhov"
    assert any(line.split()[:2] == ["birth_year", "1971"] for line in lines)
    assert any(line.startswith("  sentence") and "5 years" in line and "sentenced" in line for line in lines)


def test_words_that_a_value_repeats_are_not_shown_twice(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    [line] = [one for one in shown(folder, capsys, "--facts").splitlines() if one.startswith("  letter_address")]

    assert line.count("652645") == 1


def test_a_fact_in_json_has_its_place_in_the_text(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = json.loads(shown(folder, capsys, "--json", "--facts"))
    text = json.loads(shown(folder, capsys, "--json", "--text"))["text"]

    assert record["type"] == "facts" and record["facts"]
    for fact in record["facts"]:
        assert text[fact["start"] : fact["end"]] == fact["cited"]


def test_a_page_without_facts_says_what_that_means(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = shown(folder, capsys, "--facts", url="http://site.example/empty")

    assert said.startswith("No fact was read. That says nothing about the case")


def test_metadata_says_where_each_value_stands(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown(folder, capsys, "--metadata").splitlines()

    assert "site_name          Lantern  [meta]" in lines
    assert "canonical          http://site.example/case  [link]" in lines
    assert any(line.startswith("read by rules") for line in lines)


def test_languages_are_shown_span_by_span(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown(folder, capsys, "--language").splitlines()

    assert lines[0] == "page: en"
    assert any(" ru " in line and "652645" in line for line in lines)


def test_a_capture_that_is_no_text_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["-C", str(folder), "show", "http://site.example/seal.png@1", "--facts"]) == Exit.USAGE
    assert (
        "expected a capture with a text, found none: what is served as image/png is kept and not read"
        in capsys.readouterr().err
    )


def test_a_page_that_is_gone_says_so_and_not_that_it_is_unread(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["-C", str(folder), "show", "http://site.example/gone@1", "--text"]) == Exit.USAGE
    assert "the page was not seen; its state is gone" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--text", "--language"])
def test_a_scan_without_a_text_layer_says_why_there_is_no_text(
    folder: Path, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    assert run(["-C", str(folder), "show", "http://site.example/scan.pdf@1", option]) == Exit.DONE
    assert "No text was read on this page; pdf: no text layer" in capsys.readouterr().err


def test_metadata_tells_what_the_reader_noted(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = shown(folder, capsys, "--metadata", url="http://site.example/scan.pdf")

    assert "note: pdf          no text layer" in said
