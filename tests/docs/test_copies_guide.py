"""docs/copies.md: its settings are read, and its command lines run, against a real server and a real folder."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from khronika_command import Khronika
from page_server import serving
from s3_server import S3Server, s3_server

from archive.copies import ProblemKind
from crawler.cli import Exit
from crawler.config import read_config

GUIDE = (Path(__file__).parent.parent.parent / "docs" / "copies.md").read_text(encoding="utf-8")
PAGES = {"/": "<p>Cases <a href='/17'>17</a>", "/17": "<p>Case 17: five years in a colony."}


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)


def settings() -> str:
    return "\n".join(blocks("toml"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with s3_server(tmp_path_factory.mktemp("s3")) as server:
        yield server


def test_the_settings_are_read() -> None:
    config = read_config(settings().encode())

    assert [(one.name, one.lock) for one in config.copies] == [
        ("disk", "none"),
        ("bucket", "none"),
        ("locked", "governance"),
    ]
    assert config.keep.may_release
    assert (config.disk.warn, config.disk.stop) == (20 * 10**9, 2 * 10**9)


def test_every_problem_is_explained() -> None:
    (table,) = re.findall(r"^\| problem \|.*?\n\n", GUIDE, re.DOTALL | re.MULTILINE)
    named = {name.strip() for row in table.strip().splitlines()[2:] for name in row.split("|")[1].split(",")}

    assert named == {kind.value.replace("-", " ") for kind in ProblemKind}


def test_the_command_lines_run(
    server: S3Server, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in server.environment().items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    server.make_bucket("example-bucket", versioned=True)
    server.make_bucket("example-locked", locked=True)
    (tmp_path / "second-disk").mkdir()
    khronika = Khronika(tmp_path / "collection", capsys)
    here = {"https://s3.example.org": server.endpoint, "/mnt/second-disk/archive": str(tmp_path / "second-disk")}
    added = settings().replace("days = 30", "days = 0").replace('"20G"', '"2M"').replace('"2G"', '"1M"')
    for told, real in here.items():
        added = added.replace(told, real)
    # its own tables, in the place of those of the template
    file = khronika.path / "khronika.toml"
    file.write_text(re.sub(r"(?ms)^\[(keep|disk)\]\n.*?(?=^\[|^# A )", "", file.read_text("utf-8")) + added, "utf-8")
    with serving(PAGES) as served:
        status, _, err = khronika("crawl", "--url", served.url(), "--delay", "0")
        assert status == Exit.DONE, err
    lines = [line.removeprefix("$ ") for block in blocks("console") for line in block.splitlines()]
    assert len(lines) > 12

    for line in lines:
        words = [here.get(word, word) for word in shlex.split(line)[1:]]
        if words[0] == "clone":
            words[2] = str(tmp_path / "restored")
        status, _, err = khronika(*words)
        assert status == Exit.DONE, (line, err)

    assert list((khronika.path / "archive").glob("*.warc.gz")) == [], "what was safe is released"
    assert list((tmp_path / "restored" / "archive").glob("*.warc.gz"))
