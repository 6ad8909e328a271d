"""What commands tell a person who asked for something that is not there, or whose terminal is not UTF-8."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from page_server import PageServer

from crawler.cli import Exit, run

CASE = "/cases/17"


def case_page(times_asked: int) -> str:
    years = "five" if times_asked < 1 else "eight"
    paragraph = (
        f"The district court sentenced the lighthouse keeper to {years} years in a penal colony, "
        "and nobody was allowed to read from the log book that the wardens had brought. "
    )
    ticker = f'<aside class="ticker">Views: {1180 + times_asked}</aside>'
    return f"<html><body><main><article><h1>Case № 17</h1><p>{paragraph * 2}</p></article></main>{ticker}</body></html>"


@pytest.fixture(scope="module")
def server() -> Iterator[PageServer]:
    server = PageServer({"/cases/": f'<html><body><a href="{CASE}">case</a></body></html>', CASE: case_page})
    yield server
    server.close()


@pytest.fixture(scope="module")
def crawled(server: PageServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A collection with two crawls of the server, the case edited between them."""
    folder = tmp_path_factory.mktemp("words") / "my-archive"
    assert run(["-q", "init", str(folder)]) == Exit.DONE
    for _ in range(2):
        assert run(["-q", "-C", str(folder), "crawl", "--url", server.url("/cases/")]) == Exit.DONE
    return folder


class Said:
    """Runs a command in the collection and keeps what it said."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._folder = folder
        self._capsys = capsys

    def __call__(self, *words: str, status: Exit = Exit.DONE) -> str:
        self._capsys.readouterr()
        assert run(["-C", str(self._folder), *words]) == status
        out, err = self._capsys.readouterr()
        return out + err


@pytest.fixture
def said(crawled: Path, capsys: pytest.CaptureFixture[str]) -> Said:
    return Said(crawled, capsys)


def test_after_a_crawl_nothing_waits_to_be_read(said: Said) -> None:
    assert "still to read" not in said("status")
    assert '{"type": "reading", "unread": 0}' in said("status", "--json")


def test_an_address_without_captures_names_the_one_that_was_meant(said: Said, server: PageServer) -> None:
    meant = f"Did you mean {server.url(CASE)}?"

    assert meant in said("history", f"{server.url(CASE)}@1", status=Exit.USAGE)
    assert meant in said("diff", "cases/17", status=Exit.USAGE)
    assert meant in said("changes", "--url", "cases/17", status=Exit.USAGE)


def test_a_capture_that_fits_nothing_says_where_to_look(said: Said, server: PageServer) -> None:
    url = server.url(CASE)

    for wanted in (f"{url}@9", f"1999/{url}"):
        assert f"khronika history {url} lists" in said("show", wanted, status=Exit.USAGE)
    assert "ADDRESS@N" in said("verify", url, status=Exit.USAGE)


@pytest.mark.parametrize("words", [["changes"], ["export", "text"]])
def test_an_unknown_site_is_refused_and_not_taken_for_one_without_changes(said: Said, words: list[str]) -> None:
    assert "no site 'unheard-of'" in said(*words, "--site", "unheard-of", status=Exit.USAGE)


def test_what_was_set_aside_as_noise_is_shown_on_request(said: Said, server: PageServer) -> None:
    shown = said("diff", server.url(CASE))
    assert "[-five-]{+eight+}" in shown
    assert "Views" not in shown
    assert "--noise" in shown

    assert "Views" in said("diff", server.url(CASE), "--noise")


def test_a_part_that_was_checked_is_not_said_to_be_the_whole(said: Said, server: PageServer) -> None:
    assert "\n  Nothing is missing or altered." in said("verify")
    assert "In what was checked, nothing" in said("verify", f"{server.url(CASE)}@1")
    nothing = said("verify", "--sample", "0.000001")
    assert "No record was checked" in nothing
    assert "is missing or altered" not in nothing


def test_a_mail_address_without_brackets_is_not_taken_for_a_name(tmp_path: Path) -> None:
    assert run(["init", str(tmp_path / "new"), "--operator", "Archive mail@example.org"]) == Exit.USAGE
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_that_is_not_utf_8_stops_no_check_and_spoils_no_json(
    crawled: Path, server: PageServer, encoding: str
) -> None:
    def octets(*words: str) -> bytes:
        environment = {**os.environ, "PYTHONIOENCODING": encoding, "KHRONIKA_COLLECTION": str(crawled)}
        return subprocess.run(
            [sys.executable, "-m", "crawler", *words], env=environment, capture_output=True, check=True
        ).stdout

    assert b"self-attested" in octets("verify")
    shown = json.loads(octets("--json", "show", f"{server.url(CASE)}@1", "--text"))
    assert shown["text"].startswith("Case № 17")
    assert "Case № 17" in octets("export", "text").decode()


def test_the_first_interrupt_is_answered_at_once(server: PageServer, tmp_path: Path) -> None:
    folder = tmp_path / "my-archive"
    assert run(["-q", "init", str(folder)]) == Exit.DONE
    words = ["-C", str(folder), "--json", "crawl", "--url", server.url("/cases/"), "--delay", "2"]
    crawl = subprocess.Popen(
        [sys.executable, "-m", "crawler", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert crawl.stdout is not None
    assert any('"captured": 1' in line for line in crawl.stdout)
    crawl.send_signal(signal.SIGINT)
    _, err = crawl.communicate(timeout=60)

    assert "once more Ctrl-C" in err
    assert crawl.returncode == Exit.INTERRUPTED


def test_a_demo_whose_reader_left_blames_no_step() -> None:
    ran = subprocess.run(
        f"{shlex.quote(sys.executable)} -m crawler demo | head -n 2",
        shell=True,
        capture_output=True,
        text=True,
        check=True,
    )

    assert ran.stdout.startswith("\n# A made-up organisation")
    assert "expected exit status" not in ran.stderr
