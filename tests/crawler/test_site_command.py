"""`khronika site`: khronika.toml is edited, its comments stay, and what is wrong is refused before it is written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crawler.cli import Exit, run
from crawler.config import load_config


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "collection"
    assert run(["-q", "init", str(folder)]) == Exit.DONE
    return folder


def test_an_added_site_is_read_back_and_comments_stay(folder: Path) -> None:
    before = (folder / "khronika.toml").read_text()

    assert run(["-C", str(folder), "site", "add", "https://example.org/cases/17", "--delay", "7"]) == Exit.DONE

    after = (folder / "khronika.toml").read_text()
    assert after.startswith(before.rstrip("\n"))
    assert after.endswith("\n")
    [site] = load_config(folder / "khronika.toml").sites
    assert (site.name, site.start, site.delay) == ("example-org", ("https://example.org/cases/17",), 7.0)


def test_a_dry_run_writes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (folder / "khronika.toml").read_bytes()

    assert run(["-C", str(folder), "site", "add", "rights-in-russia", "--dry-run", "--json"]) == Exit.DONE

    assert (folder / "khronika.toml").read_bytes() == before
    shown = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (shown["name"], shown["written"]) == ("rights-in-russia", False)


def test_a_known_organisation_brings_its_spider(folder: Path) -> None:
    assert run(["-C", str(folder), "site", "add", "rights-in-russia"]) == Exit.DONE

    [site] = load_config(folder / "khronika.toml").sites
    assert site.spider == "rights-in-russia"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["add", "https://other.example/", "--name", "one"], "there already"),
        (["add", "ftp://example.org/"], "http:// or https://"),
        (["add", "rights-in-rusia"], "Did you mean 'rights-in-russia'?"),
        (["add", "https://example.org/", "--name", "Ä"], "site.name"),
        (["add", "https://example.org/", "--include", "("], "regular expression"),
        (["show", "tow"], "Did you mean 'two'?"),
        (["pause", "nobody"], "no site 'nobody'"),
    ],
)
def test_what_cannot_be_meant_changes_nothing(
    folder: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("one", "two"):
        assert run(["-C", str(folder), "site", "add", f"https://{name}.example/", "--name", name]) == Exit.DONE
    before = (folder / "khronika.toml").read_bytes()

    assert run(["-C", str(folder), "site", *words]) == Exit.USAGE

    assert said in capsys.readouterr().err
    assert (folder / "khronika.toml").read_bytes() == before


def test_pause_resume_and_remove(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["-C", str(folder), "site", "add", "https://one.example/", "--name", "one"])
    run(["-C", str(folder), "site", "add", "https://two.example/", "--name", "two"])

    assert run(["-C", str(folder), "site", "pause", "one"]) == Exit.DONE
    assert [site.paused for site in load_config(folder / "khronika.toml").sites] == [True, False]
    assert run(["-C", str(folder), "site", "resume", "one"]) == Exit.DONE
    assert run(["-C", str(folder), "site", "remove", "two"]) == Exit.DONE
    assert run(["-C", str(folder), "site", "remove", "one"]) == Exit.DONE
    assert load_config(folder / "khronika.toml").sites == ()
    capsys.readouterr()
    assert run(["-C", str(folder), "site", "list"]) == Exit.DONE
    assert "No sites yet" in capsys.readouterr().err
