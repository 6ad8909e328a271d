"""docs/sites.md, done as it is written: a site is looked at, added, tested, crawled, and its entry mended."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from local_sites.tutorial import Committee

from crawler.cli import Exit, run
from crawler.config import load_config

GUIDE = (Path(__file__).parent.parent.parent / "docs" / "sites.md").read_text(encoding="utf-8")
SITE = "https://example.org"


@pytest.fixture
def server() -> Iterator[Committee]:
    with Committee() as server:
        yield server


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "my-archive"
    assert run(["-q", "init", str(folder)]) == Exit.DONE
    settings = folder / "khronika.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("# fetch-processes = 0", "fetch-processes = 1"), encoding="utf-8")
    monkeypatch.setenv("KHRONIKA_COLLECTION", str(folder))
    return folder


def blocks(kinds: str) -> list[tuple[str, str]]:
    """The code blocks of some kinds up to the entry that is written by hand, with their kinds."""
    guide = GUIDE.partition("## An entry by hand")[0]
    return re.findall(rf"^```({kinds})\n(.*?)^```$", guide, re.DOTALL | re.MULTILINE)


def typed(block: str) -> Iterator[tuple[str, list[str]]]:
    """Each line that is typed, and the lines of its answer that are shown."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        line, *shown = part.splitlines()
        yield line, [one for one in shown if one.strip() not in ("", "…")]


def mend(settings: Path, part: str) -> None:
    """Write a part of an entry into the last entry of the file, as somebody would."""
    text = settings.read_text(encoding="utf-8")
    for header, values in re.findall(r"^(\[site\.\w+\])\n(.*?)(?=^\[|\Z)", part, re.DOTALL | re.MULTILINE):
        before, found, after = text.rpartition(f"{header}\n")
        text = before + found + values.rstrip() + "\n" + after if found else f"{text}\n{header}\n{values}"
    settings.write_text(text, encoding="utf-8")


def words_of(line: str) -> str:
    return " ".join(line.split())


def test_the_steps_do_what_they_say(server: Committee, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    settings = folder / "khronika.toml"
    done = 0
    for kind, block in blocks("console|toml"):
        if kind == "toml":
            mend(settings, block)
            continue
        for line, shown in typed(block):
            command = shlex.split(line.replace(SITE, server.base))[1:]
            if command[:3] == ["site", "remove", "cases"]:
                assert "cases" in [site.name for site in load_config(settings).sites]

            assert run(command) == Exit.DONE, line
            done += 1
            said = "".join(capfd.readouterr()).replace(server.base, SITE)
            answers = [words_of(one) for one in said.splitlines()]
            for expected in shown:
                pattern = re.escape(words_of(expected)).replace("…", ".*")
                assert any(re.fullmatch(pattern, answer) for answer in answers), f"{line}: {expected!r} in\n{said}"

    assert done >= 15
    assert {*server.wanted} == server.found()
    site = next(site for site in load_config(settings).sites if site.name == "lamp")
    assert site.facts == (("article", ".charge"),)


def test_every_key_of_an_entry_is_explained() -> None:
    from crawler.config import SETTINGS

    explained = GUIDE.partition("## An entry by hand")[2]
    keys = [setting.key for setting in SETTINGS if setting.table == "site"]
    missing = [
        key
        for key in keys
        if not re.search(rf"\*\*{key}\*\*|^{key} =|^\[+site\.{key}\]|`{key}`", explained, re.MULTILINE)
    ]

    assert missing == []


def test_the_entry_that_is_shown_is_one(tmp_path: Path) -> None:
    from crawler.config import read_config

    block = re.findall(r"^```toml\n(\[\[site\]\].*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)

    [site] = read_config(block[-1].encode()).sites
    assert site.name == "example"
    assert site.apis[0].next == "links.next"
