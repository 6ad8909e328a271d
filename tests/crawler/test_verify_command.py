"""`khronika verify`: what it says, what it leaves, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from archive_samples import collection, crawled, page
from warc_tampering import Warc

from archive import inbox
from archive.entry import EventType, Outcome
from crawler.cli import Exit, run


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    at = collection(tmp_path)
    crawled(at, "first", *(page(f"case {n}", url=f"http://site.example/{n}", hour=n) for n in range(4)))
    at.close()
    return at.path


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def spoil(at: Path) -> None:
    warc = Warc.read(next((at / "archive").iterdir()))
    warc.replace(1, b"case 0", b"case X")
    warc.write()


def test_sound_evidence_is_self_attested_with_exit_0(stored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["-C", str(stored), "verify"]) == Exit.DONE

    said = capsys.readouterr().out
    assert "✓ self-attested" in said
    assert "time: unproven" in said
    assert "not checked: that nobody with the keys has rewritten the whole log" in said
    assert "does not mean: that the servers sent these octets" in said


def test_json_has_a_line_for_each_file_and_the_summary_last(stored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["-C", str(stored), "--json", "verify"]) == Exit.DONE

    *files, summary = lines(capsys)
    assert [(line["type"], line["verdict"], line["records"]) for line in files] == [("file", "ok", {"ok": 13})]
    assert summary["type"] == "summary"
    assert {"verdict", "captures", "records", "files", "verdicts", "anchored", "log", "time", "not_checked"} <= {
        *summary
    }
    assert summary["verdicts"] == {"ok": 13}


def test_altered_evidence_fails_with_exit_6(stored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spoil(stored)

    assert run(["-C", str(stored), "--json", "verify"]) == Exit.VERIFICATION_FAILED

    finding, _, summary = lines(capsys)
    assert (finding["type"], finding["kind"], summary["verdict"]) == ("finding", "altered", "failed")


def test_the_name_of_a_file_writes_no_lines_of_its_own(stored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (stored / "archive" / "x\n✓ ok\u202e.warc.gz").write_bytes(b"x")
    (stored / "log" / "cosig").mkdir(exist_ok=True)
    (stored / "log" / "cosig" / "\n✓ ok").write_bytes(b"x")

    assert run(["-C", str(stored), "verify"]) == Exit.VERIFICATION_FAILED
    said = capsys.readouterr().out

    assert not any(line.startswith("✓") for line in said.splitlines())
    assert "x\\n✓ ok\\u202e.warc.gz" in said


def test_an_anchor_that_is_required_and_missing_fails_with_exit_6(stored: Path) -> None:
    assert run(["-C", str(stored), "verify", "--require-anchor"]) == Exit.VERIFICATION_FAILED


@pytest.mark.parametrize(("spoiled", "outcome"), [(False, Outcome.SUCCESS), (True, Outcome.FAILURE)])
def test_that_it_was_verified_is_left_for_the_log(stored: Path, spoiled: bool, outcome: Outcome) -> None:
    if spoiled:
        spoil(stored)
    run(["-C", str(stored), "verify"])

    [waiting] = inbox.waiting(stored)
    assert waiting.event is not None
    assert (waiting.event.type, waiting.event.outcome) == (EventType.FIXITY_CHECK, outcome)
    assert str(stored) not in waiting.event.detail
    assert "site.example" not in waiting.event.detail


def test_a_kept_checkpoint_and_a_trusted_key_are_held_against_the_log(stored: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_bytes((stored / "log/checkpoint").read_bytes())
    vkey = _root(stored)

    assert run(["-C", str(stored), "verify", "--against", str(kept), "--trust", vkey]) == Exit.DONE
    other = collection(tmp_path / "other")
    crawled(other, "first", page("case"))
    assert run(["-C", str(other.path), "verify", "--trust", _root(stored)]) in {Exit.DONE, Exit.VERIFICATION_FAILED}


def _root(at: Path) -> str:
    from archive.collection import Collection

    with Collection.open(at) as opened:
        return opened.log().genesis.root


@pytest.mark.parametrize(
    "words",
    [
        ["--sample", "5", "http://site.example/1"],
        ["--sample", "5", "--since", "2026-01-01"],
        ["--sample", "0"],
        ["--since", "yesterday"],
        ["--trust", "no key"],
        ["--against", "nowhere"],
        ["--endpoint", "http://127.0.0.1:1"],
        ["--at", "https://bucket/prefix"],
        ["--at", "s3://bucket/prefix", "--endpoint", "no address"],
        ["--at", "s3://bucket/prefix", "--resume"],
        ["--resume", "--sample", "5"],
        ["--jobs", "0"],
    ],
)
def test_words_that_cannot_be_meant_are_refused(stored: Path, words: list[str]) -> None:
    assert run(["-C", str(stored), "verify", *words]) == Exit.USAGE


def test_a_file_that_is_no_checkpoint_is_refused(stored: Path, tmp_path: Path) -> None:
    (tmp_path / "kept").write_bytes(b"no checkpoint")

    assert run(["-C", str(stored), "verify", "--against", str(tmp_path / "kept")]) == Exit.USAGE


def test_a_server_that_is_not_there_is_an_error_in_words(stored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = ["--at", "s3://bucket/prefix", "--endpoint", "http://127.0.0.1:9"]
    os.environ.update({"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_MAX_ATTEMPTS": "1"})
    try:
        assert run(["-C", str(stored), "verify", *place]) == Exit.ERROR
    finally:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_MAX_ATTEMPTS"):
            del os.environ[name]

    assert "s3://bucket/prefix" in capsys.readouterr().err


def test_ctrl_c_ends_it_with_exit_4_and_it_can_be_gone_on_with(tmp_path: Path) -> None:
    at = collection(tmp_path)
    for n in range(30):
        pages = (page(f"text {i} " * 9_000, url=f"http://site.example/{n}/{i}", hour=n) for i in range(12))
        crawled(at, f"crawl-{n}", *pages)
    at.close()
    command = [sys.executable, "-m", "crawler", "-C", str(at.path), "--json", "verify", "--jobs", "1"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()  # the first file is done
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)

    assert "Traceback" not in errors
    if process.returncode == Exit.DONE:
        pytest.skip("it was done before the signal came")
    assert process.returncode == Exit.INTERRUPTED
    time.sleep(0.1)
    resumed = subprocess.run([*command, "--resume"], capture_output=True, text=True, check=False)
    summary = json.loads(resumed.stdout.splitlines()[-1])
    assert (resumed.returncode, summary["verdict"], summary["verdicts"]) == (0, "self-attested", {"ok": 30 * 37})
    assert any("an interrupted verification had found sound" in words for words in summary["not_checked"])
