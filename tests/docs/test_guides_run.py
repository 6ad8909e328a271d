"""The guides' command lines, typed one after the other in a collection that has what they speak of.

`https://example.org`, and the demo's page that the README shows, are on a server on loopback here; the capture dates
and the ids of a record and a change in the guides, which cannot be chosen, are those of the collection; `@7` is its
last capture.
"""

from __future__ import annotations

import re
import shlex
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from page_server import PageServer

from archive.collection import Collection
from crawler.cli import Exit, run

ROOT = Path(__file__).parent.parent.parent
GUIDES = [
    "README.md",
    "docs/archivist.md",
    "docs/verifier.md",
    "docs/text-user.md",
    "docs/operator.md",
    "docs/bundles.md",
    "docs/changes.md",
]
CASE = "/cases/17"


def case_page(times_asked: int) -> str:
    years = "five" if times_asked < 2 else "eight"
    paragraph = (
        f"The district court sentenced the lighthouse keeper to {years} years in a penal colony. "
        "Nobody was allowed to read from the log book, and the hearing lasted for less than an hour. "
    )
    return f"<html><body><main><article><h1>Case 17</h1><p>{paragraph}</p></article></main></body></html>"


@pytest.fixture(scope="module")
def server() -> Iterator[PageServer]:
    server = PageServer(
        {
            "/": '<html><body><a href="/cases/">cases</a></body></html>',
            "/cases/": f'<html><body><a href="{CASE}">case</a></body></html>',
            CASE: case_page,
        }
    )
    yield server
    server.close()


@pytest.fixture(scope="module")
def lived_in(server: PageServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A collection with three captures of the case, the last one after an edit, and a site of the guides' name."""
    folder = tmp_path_factory.mktemp("guides") / "my-archive"
    assert run(["-q", "init", str(folder)]) == Exit.DONE
    with (folder / "khronika.toml").open("a") as settings:
        settings.write(f'\n[[site]]\nname = "rights-in-russia"\nstart = ["{server.url("/cases/")}"]\n')
    for _ in range(3):
        assert run(["-q", "-C", str(folder), "crawl", "rights-in-russia"]) == Exit.DONE
        time.sleep(1.1)  # so that each capture has a date of its own, those of the guides' crawls too
    return folder


def lines_of(guide: str) -> list[str]:
    text = (ROOT / guide).read_text(encoding="utf-8")
    blocks = re.findall(r"^```console\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    lines = [line.removeprefix("$ ") for block in blocks for line in block.splitlines() if line.startswith("$ ")]
    return [line for line in lines if re.match(r"(\.venv/bin/)?khronika\b", line)]


@pytest.mark.parametrize("guide", GUIDES)
def test_every_line_of_a_guide_runs(
    guide: str, lived_in: Path, server: PageServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(lived_in, tmp_path / "my-archive")
    shutil.copytree(lived_in, tmp_path / "copy-of-the-collection")
    (tmp_path / "addresses.txt").write_text(server.url(CASE) + "\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KHRONIKA_COLLECTION", str(tmp_path / "my-archive"))
    with Collection.open(lived_in) as collection:
        captures = collection.catalogue.captures_of(server.url(CASE))
        changed = next(collection.catalogue.changes(kinds=["edited"])).id
    settings = tmp_path / "my-archive" / "khronika.toml"
    lines = lines_of(guide)
    assert lines

    for line in lines:
        words = shlex.split(line, comments=True)[1:]
        words = next((words[: words.index(sign)] for sign in ("&", ">") if sign in words), words)
        if words[0] == "init":
            words[1] = "another-archive"
        elif words[:2] == ["site", "add"] and f'name = "{words[2]}"' in settings.read_text():
            assert run(["site", "remove", words[2]]) == Exit.DONE
        dates = iter([captures[0].timestamp, captures[-1].timestamp])
        typed = [
            next(dates) if words[0] == "diff" and re.fullmatch(r"\d{8}", word)
            else f"@{len(captures)}" if word == "@7"
            else captures[0].record_id if word.startswith("urn:uuid:")
            else changed if re.fullmatch("c[0-9a-f]{16}", word)
            else re.sub(r"http://127\.0\.0\.1:\d+/[^@]*", server.url(CASE), word)
            if word.startswith("http:")
            else word.replace("https://example.org", server.url("").rstrip("/"))
            for word in words
        ]  # fmt: skip

        assert run(typed) == Exit.DONE, line
