"""`prove`, `show`, `history` and `verify` with `--at`: straight from a copy, without a collection here."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from page_server import serving
from s3_server import SECRET_KEY, S3Server, s3_server

from crawler.cli import run

ROOT = Path(__file__).parent.parent.parent
LEFT = ("keys", "state.sqlite", "khronika.toml", "catalogue.sqlite", "crawls", "noise", "inbox", ".lock")


@dataclass
class Ran:
    status: int
    out: bytes
    errors: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


def khronika(*words: str | Path, at: Path, environment: dict[str, str] | None = None) -> Ran:
    """Run it in a folder where there is no collection: in this process, or with an environment in another."""
    line = [*map(str, words)]
    if environment is None:
        out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
        with chdir(at), redirect_stdout(out), redirect_stderr(err):
            status = int(run(line))
        octets = [stream.buffer.getvalue() for stream in (out, err) if isinstance(stream.buffer, io.BytesIO)]
        return Ran(status, octets[0], octets[1].decode())
    ran = subprocess.run(
        [sys.executable, "-m", "crawler", *line],
        cwd=at,
        capture_output=True,
        check=False,
        env={**environment, "PYTHONPATH": str(ROOT)},
    )
    errors = ran.stderr.decode()
    assert "Traceback" not in errors, errors
    assert SECRET_KEY not in ran.stdout.decode("utf-8", "replace") + errors
    return Ran(ran.returncode, ran.stdout, errors)


PAGES = {"/": "<p>Дела <a href='/17'>17</a> <a href='/18'>18</a>", "/17": "<p>Дело 17", "/18": "<p>Дело 18"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("collection")
    home = folder / "home"
    assert khronika("init", home, at=folder).status == 0
    (home / "khronika.toml").write_text("[crawl]\ndelay = 0\n")
    with serving(PAGES) as served:
        for _ in range(2):
            assert khronika("-C", home, "crawl", "--url", served.url(), at=folder).status == 0
    return home


@pytest.fixture
def copy(home: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "copy"
    shutil.copytree(home / "archive", copy / "archive")
    shutil.copytree(home / "log", copy / "log", ignore=shutil.ignore_patterns("journal"))
    return copy


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with s3_server(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture(scope="module")
def captures(home: Path) -> list[dict[str, Any]]:
    """The captures of one page, the newest first: a revisit, and its original."""
    url = next(
        line["url"]
        for line in khronika("-C", home, "--json", "search", "Дело 17", at=home.parent).lines
        if line.get("url", "").endswith("/17")
    )
    lines = khronika("-C", home, "--json", "history", url, at=home.parent).lines
    found = [line for line in lines if line["type"] == "capture"]
    assert len(found) == 2
    return sorted(found, key=lambda line: line["timestamp"])


def warcs(home: Path) -> list[Path]:
    return sorted((home / "archive").glob("*.warc.gz"))


def test_a_bundle_from_a_copy_is_the_one_from_the_collection(
    home: Path, copy: Path, captures: list[dict[str, Any]], tmp_path: Path
) -> None:
    (tmp_path / "else").mkdir()
    for capture in captures:
        name = capture["record_id"]
        here = khronika("-C", home, "prove", name, "-o", tmp_path / "here.zip", at=tmp_path)
        far = khronika("prove", "--at", copy, name, "-o", tmp_path / "far.zip", at=tmp_path / "else")

        assert here.status == far.status == 0, far.errors
        assert (tmp_path / "here.zip").read_bytes() == (tmp_path / "far.zip").read_bytes()
        assert khronika("check-proof", tmp_path / "far.zip", at=tmp_path).status == 0
    assert list((tmp_path / "else").iterdir()) == []


def test_a_capture_by_its_address_is_found_too(copy: Path, captures: list[dict[str, Any]], tmp_path: Path) -> None:
    ran = khronika("prove", "--at", copy, f"{captures[0]['url']}@1", "-o", tmp_path / "far.zip", at=tmp_path)

    assert ran.status == 0, ran.errors
    assert khronika("check-proof", tmp_path / "far.zip", at=tmp_path).status == 0


def test_only_the_files_of_a_record_are_read_for_it(copy: Path, captures: list[dict[str, Any]], tmp_path: Path) -> None:
    """The other file may be damaged: it is not asked for."""
    first, second = captures
    (copy / "archive" / second["file"]).write_bytes(b"not what it was")

    ran = khronika("prove", "--at", copy, first["record_id"], "-o", tmp_path / "far.zip", at=tmp_path)
    bad = khronika("prove", "--at", copy, second["record_id"], "-o", tmp_path / "bad.zip", at=tmp_path)

    assert ran.status == 0, ran.errors
    assert bad.status == 6 and not (tmp_path / "bad.zip").exists()
    assert khronika("show", "--at", copy, second["record_id"], at=tmp_path).status == 6
    assert khronika("history", "--at", copy, first["url"], at=tmp_path).status == 6


def test_history_and_show_tell_what_the_collection_does(
    home: Path, copy: Path, captures: list[dict[str, Any]], tmp_path: Path
) -> None:
    url = captures[0]["url"]
    told = [
        line
        for line in khronika("--json", "history", "--at", copy, url, at=tmp_path).lines
        if line["type"] == "capture"
    ]
    keys = ("url", "timestamp", "status", "record_id", "payload_digest", "file", "offset", "length", "revisit")
    assert [[one[key] for key in keys] for one in sorted(told, key=lambda line: line["timestamp"])] == [
        [one[key] for key in keys] for one in captures
    ]

    for words in (("--raw",), ("--headers",), ("--connection",)):
        name = captures[1]["record_id"]
        here = khronika("-C", home, "show", name, *words, at=tmp_path)
        far = khronika("show", "--at", copy, name, *words, at=tmp_path)
        assert (far.status, far.out) == (here.status, here.out) == (0, here.out), far.errors
    text = khronika("show", "--at", copy, captures[0]["record_id"], "--text", at=tmp_path)
    assert text.status == 2 and "clone" in text.errors


def test_a_log_that_does_not_hold_is_not_read_from(copy: Path, captures: list[dict[str, Any]], tmp_path: Path) -> None:
    checkpoint = copy / "log" / "checkpoint"
    octets = bytearray(checkpoint.read_bytes())
    octets[-10] ^= 1
    checkpoint.write_bytes(bytes(octets))

    for words in (
        ("prove", "--at", copy, captures[0]["record_id"], "-o", tmp_path / "x.zip"),
        ("show", "--at", copy, captures[0]["record_id"]),
        ("history", "--at", copy, captures[0]["url"]),
        ("verify", "--at", copy),
    ):
        assert khronika(*words, at=tmp_path).status == 6
    assert not (tmp_path / "x.zip").exists()


def test_a_key_known_from_elsewhere_shows_that_another_log_lies_there(
    home: Path, copy: Path, captures: list[dict[str, Any]], tmp_path: Path
) -> None:
    assert khronika("init", tmp_path / "other", at=tmp_path).status == 0
    shown = khronika("-C", tmp_path / "other", "--json", "key", "show", at=tmp_path).lines[0]
    own = khronika("-C", home, "--json", "key", "show", at=tmp_path).lines[0]
    words = ("prove", "--at", copy, captures[0]["record_id"], "-o", tmp_path / "x.zip", "--trust")

    assert khronika(*words, shown["root"]["vkey"], at=tmp_path).status == 6
    assert khronika(*words, "no key", at=tmp_path).status == 2
    assert khronika(*words, own["root"]["vkey"], at=tmp_path).status == 0


def test_words_that_do_not_go_together_are_refused(copy: Path, tmp_path: Path) -> None:
    assert khronika("show", "--endpoint", "http://127.0.0.1:1", "urn:uuid:x", at=tmp_path).status == 2
    assert khronika("history", "--at", tmp_path / "nowhere", "http://x.example/", at=tmp_path).status == 10
    (tmp_path / "empty").mkdir()
    for words in (("history", "http://x.example/"), ("verify",)):
        assert khronika(words[0], "--at", tmp_path / "empty", *words[1:], at=tmp_path).status in (6, 10)


def test_from_a_bucket(server: S3Server, home: Path, captures: list[dict[str, Any]], tmp_path: Path) -> None:
    server.put_folder(home, "copy", "deep/in/", leave_out=LEFT)
    at = ("--at", "s3://copy/deep/in", "--endpoint", server.endpoint)
    name, environment = captures[1]["record_id"], server.environment()

    assert khronika("verify", *at, at=tmp_path, environment=environment).status == 0
    proved = khronika("prove", *at, name, "-o", tmp_path / "far.zip", at=tmp_path, environment=environment)
    assert proved.status == 0, proved.errors
    assert khronika("check-proof", tmp_path / "far.zip", at=tmp_path).status == 0
    raw = khronika("show", *at, name, "--raw", at=tmp_path, environment=environment)
    assert raw.out == PAGES["/17"].encode()
    lines = khronika("--json", "history", *at, captures[0]["url"], at=tmp_path, environment=environment).lines
    assert len([line for line in lines if line["type"] == "capture"]) == 2
