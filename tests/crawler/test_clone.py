"""`khronika clone`: a collection made from a copy of it, in a folder or on a real S3 server, believing nothing."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import forked
import pytest
from page_server import serving
from s3_server import SECRET_KEY, S3Server, s3_server

from crawler.cli import run

ROOT = Path(__file__).parent.parent.parent
PREFIX = "backups/one/"
LEFT = ("keys", "state.sqlite", "khronika.toml", "catalogue.sqlite", "crawls", "noise", "inbox", ".lock")


@dataclass
class Ran:
    status: int
    lines: list[dict[str, Any]]
    errors: str

    @property
    def findings(self) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["type"] == "finding"]

    @property
    def summary(self) -> dict[str, Any]:
        return next(line for line in self.lines if line["type"] == "summary")


def khronika(*words: str | Path, environment: dict[str, str] | None = None) -> Ran:
    """Run a command: in this process, or with an environment of its own in another."""
    line = ["--json", *map(str, words)]
    if environment is None:
        out, errors = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(errors):
            status = int(run(line))
        return Ran(status, [json.loads(one) for one in out.getvalue().splitlines()], errors.getvalue())
    ran = forked.khronika(line, cwd=ROOT, env=environment)
    assert "Traceback" not in ran.stderr, ran.stderr
    assert SECRET_KEY not in ran.stdout + ran.stderr
    return Ran(ran.returncode, [json.loads(one) for one in ran.stdout.splitlines()], ran.stderr)


PAGES = {
    "/": "<p>Дела " + " ".join(f"<a href='/{n}'>{n}</a>" for n in range(6)) + "</p>",
    **{f"/{n}": f"<p>Дело {n}: пять лет колонии.</p>" for n in range(6)},
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A collection of three crawls."""
    home = tmp_path_factory.mktemp("collection") / "home"
    assert khronika("init", home).status == 0
    (home / "khronika.toml").write_text("[crawl]\ndelay = 0\n")
    with serving(PAGES) as served:
        for _ in range(3):
            assert khronika("-C", home, "crawl", "--url", served.url()).status == 0
    return home


@pytest.fixture
def copy(home: Path, tmp_path: Path) -> Path:
    """What a copy of it holds: the log and the WARCs."""
    copy = tmp_path / "copy"
    shutil.copytree(home / "archive", copy / "archive")
    shutil.copytree(home / "log", copy / "log", ignore=shutil.ignore_patterns("journal"))
    return copy


def warcs(home: Path) -> list[Path]:
    return sorted((home / "archive").glob("*.warc.gz"))


def octets_of(home: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in warcs(home)}


def history(home: Path, url: str) -> list[tuple[Any, ...]]:
    ran = khronika("-C", home, "history", url)
    return [
        (line["timestamp"], line["record_id"], line["payload_digest"], line["file"], line["offset"], line["language"])
        for line in ran.lines
        if line["type"] == "capture"
    ]


def test_a_clone_holds_what_the_first_collection_does(home: Path, copy: Path, tmp_path: Path) -> None:
    ran = khronika("clone", copy, tmp_path / "clone")

    assert (ran.status, ran.findings) == (0, []), ran.errors
    assert ran.summary["verdict"] == "ok" and ran.summary["files"] == ran.summary["fetched"] == 3
    assert octets_of(tmp_path / "clone") == octets_of(home)
    said = [line["about"] for line in khronika("-C", tmp_path / "clone", "status").lines if line["type"] == "warning"]
    assert "clone" in said
    assert not (tmp_path / "clone" / ".clone").exists() and not (tmp_path / "clone" / "keys").exists()
    here, there = khronika("-C", home, "verify"), khronika("-C", tmp_path / "clone", "verify")
    assert there.status == 0 and there.findings == []
    assert there.summary["log"] == here.summary["log"]
    assert there.summary["records"] == here.summary["records"] and there.summary["captures"] == here.summary["captures"]


def test_pages_are_found_shown_and_proved_from_a_clone(home: Path, copy: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    assert khronika("clone", copy, clone).status == 0
    url = next(line["url"] for line in khronika("-C", home, "search", "колонии").lines if "url" in line)

    assert history(clone, url) == history(home, url) != []
    assert khronika("-C", clone, "search", "колонии").status == 0
    assert khronika("-C", clone, "show", f"{url}@1", "--text").status == 0
    assert khronika("-C", clone, "prove", f"{url}@1", "-o", tmp_path / "proof.zip").status == 0
    assert khronika("check-proof", tmp_path / "proof.zip").status == 0


WRITES = (
    ("crawl", "--url", "http://127.0.0.1:9/"),
    ("checkpoint",),
    ("notify",),
    ("key", "rotate"),
    ("key", "revoke", "--compromised", "NOW"),
)


@pytest.mark.parametrize("words", WRITES, ids=lambda words: "-".join(words[:2]))
def test_nothing_is_logged_or_signed_in_a_clone(home: Path, copy: Path, tmp_path: Path, words: tuple[str, ...]) -> None:
    clone = tmp_path / "clone"
    assert khronika("clone", copy, clone, "--no-reading").status == 0
    # with the keys, too: a copy of the folder may bring them along
    shutil.copytree(home / "keys", clone / "keys")
    before = {path: path.read_bytes() for path in (clone / "log").rglob("*") if path.is_file()}

    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    ran = khronika("-C", clone, *(now if word == "NOW" else word for word in words))

    assert ran.status == 1
    assert "clone.json" in ran.errors and "rotate --restored" in ran.errors
    assert {path: path.read_bytes() for path in (clone / "log").rglob("*") if path.is_file()} == before


def test_a_clone_is_rebuilt_without_a_key(copy: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    assert khronika("clone", copy, clone).status == 0
    (clone / "catalogue.sqlite").unlink()

    assert khronika("-C", clone, "rebuild").status == 0
    assert khronika("-C", clone, "verify").status == 0


def test_the_whole_life_copied_lost_cloned_and_gone_on_with(home: Path, copy: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    shutil.copy(home / "keys" / "root.pem", tmp_path / "root.pem")  # which was kept elsewhere
    trust = khronika("-C", home, "key", "show").lines[0]["root"]["vkey"]
    kept = tmp_path / "kept"
    shutil.copy(home / "log" / "checkpoint", kept)
    assert khronika("clone", copy, clone, "--trust", trust, "--against", kept).status == 0

    rotated = khronika("-C", clone, "key", "rotate", "--restored", "--root", tmp_path / "root.pem")
    assert rotated.status == 0 and not (clone / "clone.json").exists()
    (clone / "khronika.toml").write_text("[crawl]\ndelay = 0\n")
    with serving({**PAGES, "/7": "<p>Дело 7"}) as served:
        assert khronika("-C", clone, "crawl", "--url", served.url()).status == 0
    ran = khronika("-C", clone, "verify", "--trust", trust, "--against", kept)

    assert (ran.status, ran.findings) == (0, []), ran.errors
    assert len(warcs(clone)) == len(warcs(home)) + 1
    events = khronika("-C", clone, "events").lines
    assert [line["event"] for line in events if line.get("event") == "restored"] == ["restored"]


def test_the_clone_of_a_clone_that_went_on_is_the_same(home: Path, copy: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    assert khronika("clone", copy, first, "--no-reading").status == 0
    assert khronika("-C", first, "key", "rotate", "--restored", "--root", home / "keys" / "root.pem").status == 0

    ran = khronika("clone", first, second, "--no-reading")

    assert ran.status == 0 and ran.findings == []
    assert ran.summary["passed_over"] == {"keys": 2}  # log.pem and signed
    assert octets_of(second) == octets_of(home)
    assert not (second / "keys").exists()


# ---- what is wrong with a copy


def flip(path: Path) -> None:
    octets = bytearray(path.read_bytes())
    octets[len(octets) // 2] ^= 1
    path.write_bytes(bytes(octets))


@pytest.mark.parametrize(
    ("spoil", "kind"),
    [
        (flip, "altered"),
        (lambda path: path.write_bytes(path.read_bytes() + b"x"), "altered"),
        (lambda path: path.write_bytes(path.read_bytes()[:-5]), "truncated"),
        (lambda path: path.write_bytes(b""), "truncated"),
        (lambda path: path.unlink(), "missing"),
    ],
    ids=["flipped", "longer", "shorter", "empty", "gone"],
)
def test_a_warc_that_is_not_what_its_seal_says_is_left_out_and_named(
    home: Path, copy: Path, tmp_path: Path, spoil: Callable[[Path], None], kind: str
) -> None:
    clone, bad = tmp_path / "clone", warcs(copy)[1]
    spoil(bad)

    ran = khronika("clone", copy, clone)

    assert ran.status == 6
    assert {(one["kind"], one["file"]) for one in ran.findings} == {(kind, bad.name)}
    assert ran.summary["left_out"] == [bad.name]
    assert bad.name not in octets_of(clone) and len(octets_of(clone)) == 2
    # and it is never taken for whole afterwards
    assert ("missing", bad.name) in {(one["kind"], one["file"]) for one in khronika("-C", clone, "verify").findings}

    # another copy has it
    whole = khronika("clone", home, clone)
    assert whole.status == 0 and whole.summary["fetched"] == 1
    assert octets_of(clone) == octets_of(home)
    assert khronika("-C", clone, "verify").status == 0


def spoiled_logs() -> dict[str, Callable[[Path], None]]:
    return {
        "checkpoint": lambda log: flip(log / "checkpoint"),
        "entries": lambda log: flip(max((log / "tile" / "entries").rglob("*"), key=lambda one: one.is_file())),
        "hashes": lambda log: [flip(one) for one in (log / "tile" / "0").rglob("*") if one.is_file()] and None,
        "keys": lambda log: flip(log / "keys" / "1.note"),
        "no-tiles": lambda log: shutil.rmtree(log / "tile"),
        "no-keys": lambda log: shutil.rmtree(log / "keys"),
    }


@pytest.mark.parametrize("name", spoiled_logs())
def test_a_log_that_does_not_hold_ends_it(copy: Path, tmp_path: Path, name: str) -> None:
    clone = tmp_path / "clone"
    spoiled_logs()[name](copy / "log")

    ran = khronika("clone", copy, clone)

    assert ran.status == 6 and ran.findings
    assert not ran.summary["whole"]
    assert not (clone / "khronika.toml").exists() and not (clone / "log").exists()
    assert khronika("-C", clone, "verify").status == 10


def test_a_copy_without_a_log_is_no_copy(copy: Path, tmp_path: Path) -> None:
    shutil.rmtree(copy / "log")

    ran = khronika("clone", copy, tmp_path / "clone")

    assert ran.status == 10 and "log/checkpoint" in ran.errors


def test_a_log_under_other_keys_is_refused_by_whoever_knows_them(
    home: Path, copy: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path / "other"
    assert khronika("init", other).status == 0
    trust = khronika("-C", home, "key", "show").lines[0]["root"]["vkey"]

    unasked = khronika("clone", other, tmp_path / "one")
    asked = khronika("clone", other, tmp_path / "two", "--trust", trust)
    against = khronika("clone", other, tmp_path / "three", "--against", home / "log" / "checkpoint")

    assert unasked.status == 0  # nothing in the copy could say it
    assert asked.status == 6 and not asked.summary["whole"]
    assert against.status == 6 and not against.summary["whole"]


def test_an_older_copy_is_told_by_a_checkpoint_that_was_kept(home: Path, copy: Path, tmp_path: Path) -> None:
    later = tmp_path / "later"
    shutil.copytree(home, later)
    with serving({"/": "<p>Дело 18"}) as served:
        assert khronika("-C", later, "crawl", "--url", served.url()).status == 0

    ran = khronika("clone", copy, tmp_path / "clone", "--against", later / "log" / "checkpoint")

    assert ran.status == 6 and "rolled-back" in {one["kind"] for one in ran.findings}
    assert not ran.summary["whole"]


def test_what_a_copy_should_not_hold_is_passed_over_and_counted(home: Path, copy: Path, tmp_path: Path) -> None:
    clone, secret = tmp_path / "clone", tmp_path / "secret"
    secret.write_text("a secret of this machine")
    shutil.copytree(home / "keys", copy / "keys")
    (copy / "autorun.sh").write_text("#!/bin/sh\n")
    (copy / "log" / "hooks").mkdir()
    (copy / "log" / "hooks" / "post").write_text("x")
    (copy / "khronika.toml").symlink_to(secret)
    (copy / "archive" / "link.warc.gz").symlink_to(secret)
    (copy / "archive" / "strange.warc.gz").write_bytes(b"x")
    (copy / "log" / "tsa").symlink_to(tmp_path)

    ran = khronika("clone", copy, clone)

    assert ran.status == 0, ran.errors
    assert ran.summary["passed_over"] == {"keys": 4, "unknown": 2, "link": 3}
    assert octets_of(clone) == octets_of(home)
    found = {path for path in clone.rglob("*") if path.is_file()}
    assert not [path for path in found if b"a secret of this machine" in path.read_bytes()]
    assert not (clone / "keys").exists() and not (clone / "autorun.sh").exists()


def test_settings_and_state_come_where_the_copy_has_them(home: Path, copy: Path, tmp_path: Path) -> None:
    for name in ("khronika.toml", "state.sqlite"):
        shutil.copy(home / name, copy / name)

    ran = khronika("clone", copy, tmp_path / "clone")

    assert ran.status == 0 and sorted(ran.summary["private"]) == ["khronika.toml", "state.sqlite"]
    assert (tmp_path / "clone" / "khronika.toml").read_text() == (home / "khronika.toml").read_text()
    runs = khronika("-C", tmp_path / "clone", "status")
    assert runs.status == khronika("-C", home, "status").status


def test_a_clone_that_was_let_go_on_is_nobodys_clone_any_more(home: Path, copy: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    warcs(copy)[1].unlink()
    assert khronika("clone", copy, clone, "--no-reading").status == 6
    assert khronika("-C", clone, "key", "rotate", "--restored", "--root", home / "keys" / "root.pem").status == 0
    flip(warcs(clone)[0])
    before = octets_of(clone)

    ran = khronika("clone", home, clone, "--no-reading")

    assert ran.status == 1 and "something else there" in ran.errors
    assert octets_of(clone) == before
    assert not (clone / "clone.json").exists()


def test_a_state_that_would_run_something_is_refused(home: Path, copy: Path, tmp_path: Path) -> None:
    shutil.copy(home / "state.sqlite", copy / "state.sqlite")
    with closing(sqlite3.connect(copy / "state.sqlite")) as file:
        file.execute("CREATE TRIGGER own AFTER INSERT ON runs BEGIN DELETE FROM runs; END")
    (copy / "khronika.toml").write_bytes(b"[crawl\n")

    ran = khronika("clone", copy, tmp_path / "clone")

    assert ran.status == 6
    assert {one["file"] for one in ran.findings} == {"state.sqlite", "khronika.toml"}
    assert ran.summary["whole"] and khronika("-C", tmp_path / "clone", "verify").status == 0


def test_only_a_new_or_an_empty_folder_is_taken(home: Path, copy: Path, tmp_path: Path) -> None:
    taken, file, done = tmp_path / "taken", tmp_path / "file", tmp_path / "done"
    taken.mkdir()
    (taken / "letter.txt").write_text("mine")
    file.write_text("mine")
    (tmp_path / "empty").mkdir()

    assert khronika("clone", copy, taken).status == 1
    assert khronika("clone", copy, file).status == 1
    assert khronika("clone", copy, home).status == 1
    assert khronika("clone", copy, tmp_path / "empty", "--no-reading").status == 0
    assert khronika("clone", copy, done, "--no-reading").status == 0
    assert khronika("clone", copy, done).status == 1
    assert [path.name for path in taken.iterdir()] == ["letter.txt"] and file.read_text() == "mine"


def test_a_place_that_is_none_is_told(tmp_path: Path) -> None:
    assert khronika("clone", tmp_path / "nowhere", tmp_path / "clone").status == 10
    assert khronika("clone", "https://example.org/x", tmp_path / "clone").status == 2
    assert not (tmp_path / "clone").exists()


# ---- on a real server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with s3_server(tmp_path_factory.mktemp("s3")) as server:
        yield server


def test_a_clone_comes_from_a_bucket_and_hostile_names_stay_there(server: S3Server, home: Path, tmp_path: Path) -> None:
    server.put_folder(home, "whole", PREFIX, leave_out=LEFT)
    for name in ("strange/deep/file", "log/tile/0/..x/y", "archive/C:\\x.warc.gz", "keys/log.pem"):
        server.client().put_object(Bucket="whole", Key=f"{PREFIX}{name}", Body=b"x")

    ran = khronika(
        *("clone", f"s3://whole/{PREFIX}", tmp_path / "in" / "clone", "--endpoint", server.endpoint),
        environment=server.environment(),
    )

    assert (ran.status, ran.findings) == (0, []), ran.errors
    assert octets_of(tmp_path / "in" / "clone") == octets_of(home)
    assert ran.summary["passed_over"] == {"keys": 1, "unknown": 2, "unsafe": 1}
    assert khronika("-C", tmp_path / "in" / "clone", "verify").status == 0


def test_killed_in_the_middle_it_goes_on(server: S3Server, home: Path, tmp_path: Path) -> None:
    server.put_folder(home, "killed", PREFIX, leave_out=LEFT)
    clone = tmp_path / "clone"
    words = ["clone", f"s3://killed/{PREFIX}", str(clone), "--endpoint", server.endpoint, "--no-reading"]
    kills = 0
    for _ in range(40):
        process = subprocess.Popen(
            [sys.executable, "-m", "crawler", "--json", *words],
            cwd=ROOT,
            env=server.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        before = seen(clone)
        while process.poll() is None and seen(clone) <= before + 4:
            time.sleep(0.002)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            kills += 1
        out, errors = process.communicate()
        assert "Traceback" not in errors
        if process.returncode == 0:
            break
    assert kills >= 3, "it was never killed in the middle"
    assert process.returncode == 0, errors
    assert json.loads(out.splitlines()[-1])["verdict"] == "ok"
    assert octets_of(clone) == octets_of(home)
    assert khronika("-C", clone, "verify").status == 0
    assert not (clone / ".clone").exists()


def seen(clone: Path) -> int:
    """How many files lie there by now."""
    return sum(len(files) for _, _, files in os.walk(clone))


def test_half_a_file_is_gone_on_with(home: Path, copy: Path, tmp_path: Path) -> None:
    clone, path = tmp_path / "clone", warcs(copy)[0]
    staged = clone / ".clone" / "archive"
    staged.mkdir(parents=True)
    octets = path.read_bytes()
    (staged / f"{path.name}.part").write_bytes(octets[: len(octets) // 2])
    (staged / f"{warcs(copy)[1].name}.part").write_bytes(b"of something else")
    (staged / warcs(copy)[2].name).write_bytes(b"never what the log says")

    ran = khronika("clone", copy, clone, "--no-reading")

    assert ran.status == 0 and octets_of(clone) == octets_of(home)


def test_a_bucket_without_a_copy_and_a_server_that_is_gone_are_told(server: S3Server, tmp_path: Path) -> None:
    server.make_bucket("bare")
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        gone = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        ran = {
            place: khronika(
                *("clone", place, tmp_path / "clone", "--endpoint", endpoint), environment=server.environment()
            )
            for place, endpoint in (
                ("s3://bare", server.endpoint),
                ("s3://nowhere/x", server.endpoint),
                ("s3://bare/gone", gone),
            )
        }

    assert {place: one.status for place, one in ran.items()} == {
        "s3://bare": 10,
        "s3://nowhere/x": 1,
        "s3://bare/gone": 1,
    }
    assert not any(one.findings for one in ran.values())
    assert not (tmp_path / "clone" / "khronika.toml").exists()
