"""`khronika site`: khronika.toml is edited, its comments stay, and what is wrong is refused before it is written."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from crawler.cli import Exit, run
from crawler.config import load_config
from spiders.known import KNOWN_SITES


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "collection"
    assert run(["-q", "init", str(folder)]) == Exit.DONE
    return folder


def test_an_added_site_is_read_back_and_comments_stay(folder: Path) -> None:
    before = (folder / "khronika.toml").read_text()

    assert run(["-C", str(folder), "site", "add", "https://example.org/cases/17", "--no-look", "--delay=7"]) == 0

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


def test_the_known_organisations_are_read_back_as_they_were_shipped(folder: Path) -> None:
    names = [name for name, site in KNOWN_SITES.items() if not re.search(r"\.invalid|CHANNEL", "".join(site.addresses))]
    for name in names:
        assert run(["-q", "-C", str(folder), "site", "add", name]) == Exit.DONE

    assert load_config(folder / "khronika.toml").sites == tuple(KNOWN_SITES[name] for name in names)


def test_a_known_organisation_is_fetched_from_a_mirror(folder: Path) -> None:
    words = ["site", "add", "ovd-info", "--from", "https://mirror.example/", "--name", "two"]
    assert run(["-C", str(folder), *words]) == Exit.DONE

    [site] = load_config(folder / "khronika.toml").sites
    assert site.name == "two"
    assert all(url.startswith("https://mirror.example/") for url in site.start)
    assert "ovd.info" in site.mirrors


def test_a_channel_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["-C", str(folder), "site", "add", "telegram"]) == Exit.USAGE
    assert "--from https://t.me/s/CHANNEL" in capsys.readouterr().err

    assert run(["-C", str(folder), "site", "add", "telegram", "--from", "https://t.me/s/made_up"]) == Exit.DONE
    [site] = load_config(folder / "khronika.toml").sites
    assert (site.name, site.start, site.mirrors) == ("telegram-made-up", ("https://t.me/s/made_up",), ())


def test_the_address_of_a_channel_brings_the_definition_of_channels(folder: Path) -> None:
    assert run(["-C", str(folder), "site", "add", "https://t.me/made_up"]) == Exit.DONE

    [site] = load_config(folder / "khronika.toml").sites
    assert (site.spider, site.start) == ("telegram", ("https://t.me/s/made_up",))


@pytest.mark.parametrize("name", ["generic-wordpress", "generic-feed"])
def test_a_definition_for_many_sites_is_fitted_to_one(
    name: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["-C", str(folder), "site", "add", name]) == Exit.USAGE
    assert "--from https://example.org/" in capsys.readouterr().err

    assert run(["-C", str(folder), "site", "add", name, "--from", "https://rowan.example/blog/feed.xml"]) == Exit.DONE

    [site] = load_config(folder / "khronika.toml").sites
    assert site.name == "rowan-example"
    assert "invalid" not in "".join((*site.addresses, *site.mirrors))
    assert "https://rowan.example/blog/feed.xml" in site.addresses


def test_a_site_with_tables_of_its_own_is_paused(folder: Path) -> None:
    assert run(["-C", str(folder), "site", "add", "ovd-info"]) == Exit.DONE
    assert run(["-C", str(folder), "site", "add", "memopzk", "--name", "after"]) == Exit.DONE

    assert run(["-C", str(folder), "site", "pause", "ovd-info"]) == Exit.DONE

    sites = load_config(folder / "khronika.toml").sites
    assert [(site.name, site.paused) for site in sites] == [("ovd-info", True), ("after", False)]
    assert replace(sites[0], paused=False) == KNOWN_SITES["ovd-info"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["add", "https://other.example/", "--name", "one"], "there already"),
        (["add", "ftp://example.org/"], "http:// or https://"),
        (["add", "rights-in-rusia"], "Did you mean 'rights-in-russia'?"),
        (["add", "https://example.org/", "--name", "Ä", "--no-look"], "site.name"),
        (["add", "https://example.org/", "--include", "("], "regular expression"),
        (["show", "tow"], "Did you mean 'two'?"),
        (["pause", "nobody"], "no site 'nobody'"),
    ],
)
def test_what_cannot_be_meant_changes_nothing(
    folder: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("one", "two"):
        assert run(["-C", str(folder), "site", "add", f"https://{name}.example/", "--name", name, "--no-look"]) == 0
    before = (folder / "khronika.toml").read_bytes()

    assert run(["-C", str(folder), "site", *words]) == Exit.USAGE

    assert said in capsys.readouterr().err
    assert (folder / "khronika.toml").read_bytes() == before


def test_pause_resume_and_remove(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["-C", str(folder), "site", "add", "https://one.example/", "--name", "one", "--no-look"])
    run(["-C", str(folder), "site", "add", "https://two.example/", "--name", "two", "--no-look"])

    assert run(["-C", str(folder), "site", "pause", "one"]) == Exit.DONE
    assert [site.paused for site in load_config(folder / "khronika.toml").sites] == [True, False]
    assert run(["-C", str(folder), "site", "resume", "one"]) == Exit.DONE
    assert run(["-C", str(folder), "site", "remove", "two"]) == Exit.DONE
    assert run(["-C", str(folder), "site", "remove", "one"]) == Exit.DONE
    assert load_config(folder / "khronika.toml").sites == ()
    capsys.readouterr()
    assert run(["-C", str(folder), "site", "list"]) == Exit.DONE
    assert "No sites yet" in capsys.readouterr().err
