"""`khronika diff`: edits in words, facts beside them, and the site's own noise set aside."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from archive_samples import collection, crawled, page
from lxml import html

from crawler.cli import Exit, run
from crawler.reading import read_everything

URL = "http://site.example/cases/1"


def case(years: str, words_aside: str) -> str:
    return (
        "<html><head><title>Case</title></head><body><main><article><h1>Case of Maria Luzhitskaya</h1>"
        f"<p>On 5 May 2024 the court sentenced Maria Luzhitskaya to {years} years in a penal colony &amp; a fine.</p>"
        "<p>Nobody was allowed to read from the log book, and the hearing lasted for less than an hour that day.</p>"
        f"</article></main><aside><p>{words_aside}</p></aside></body></html>"
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with collection(tmp_path) as made:
        crawled(made, "c1", page(case("five", "The wind in the bay is weak"), url=URL))
        crawled(made, "c2", page(case("eight", "The wind in the bay is strong"), url=URL, hour=24))
        read_everything(made, progress=lambda *_: None)
        return made.path


def diff(folder: Path, capsys: pytest.CaptureFixture[str], *words: str, status: Exit = Exit.DONE) -> str:
    assert run(["-C", str(folder), "diff", URL, *words]) == status
    return capsys.readouterr().out


def test_a_fact_is_said_in_its_terms_beside_the_words(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = diff(folder, capsys)

    assert "± sentence (Maria Luzhitskaya): 5 years" in text
    assert " → 8 years" in text
    assert "[-five-]{+eight+}" in text


def test_what_the_site_s_noise_file_names_is_set_aside(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "The wind in the bay" in diff(folder, capsys)
    (folder / "noise").mkdir(exist_ok=True)
    (folder / "noise" / "north.toml").write_text("version = 1\n\n[[text]]\npattern = 'The wind in the bay is \\w+'\n")

    assert "The wind in the bay" not in diff(folder, capsys)
    assert "The wind in the bay" in diff(folder, capsys, "--noise")
    record = json.loads(diff(folder, capsys, "--json"))
    assert record["mask"].startswith("sha256:")
    assert record["reasons"]


def test_a_page_of_differences_has_marks_that_need_no_colour(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    diff(folder, capsys, "--html", str(tmp_path / "difference.html"), "--exit-code", status=Exit.DIFFERENCES)

    page = html.fromstring((tmp_path / "difference.html").read_text(encoding="utf-8"))
    assert "[-five-]" in [one.text for one in page.iter("del")]
    assert "{+eight+}" in [one.text for one in page.iter("ins")]
    assert "colony & a fine" in page.text_content()
    assert "sentence (Maria Luzhitskaya):" in [one.text for one in page.iter("b")]
