"""`khronika check`: what people and programs are told of any tool's WARC, and with which exit status."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from warc_matrix import MATRIX, base_file, make

from crawler.cli import Exit, run


def said(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_sound_file_is_called_sound_and_what_that_leaves_open_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = base_file(tmp_path)

    assert run(["check", str(path)]) == Exit.DONE

    out = capsys.readouterr().out
    assert out.startswith(f"✓ sound: {path.name} (gzip, 13 records, {path.stat().st_size} bytes)\n")
    assert "not shown: records taken out" in out
    assert str(tmp_path) not in out


def test_a_defect_is_told_with_its_place_and_clause(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, ids, offsets = make(tmp_path, MATRIX["43 a date that is none"])

    assert run(["check", str(path)]) == Exit.VERIFICATION_FAILED

    out = capsys.readouterr().out
    assert f"✗ defective: {path.name}" in out
    assert f"offset {offsets[3]}, <{ids[3]}>" in out
    assert "found '22 Nov 2026' (WARC 1.1, 5.4)" in out


def test_deviations_are_defects_only_when_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, _, _ = make(tmp_path, MATRIX["02 chunked, digest of the chunks"])

    assert run(["check", str(path)]) == Exit.DONE
    out = capsys.readouterr().out
    assert "✓ sound with deviations" in out
    assert "GNU Wget, warcio, warcprox" in out
    assert run(["check", "--strict", str(path)]) == Exit.VERIFICATION_FAILED
    assert "✗ defective" in capsys.readouterr().out
    assert run(["--json", "check", "--strict", str(path)]) == Exit.VERIFICATION_FAILED
    finding, file, summary = said(capsys)
    assert (finding["severity"], file["verdict"], summary["verdict"]) == ("deviation", "defective", "defective")


def test_programs_are_told_every_finding_and_people_of_many_only_the_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "many.warc.gz"
    record = "WARC/1.0\r\nWARC-Type: metadata\r\nWARC-Record-ID: <urn:uuid:{}>\r\nWARC-Date: 2026-11-22T01:00:00.5Z\r\n"
    block = "WARC-IP-Address: nowhere\r\nContent-Length: 0\r\n\r\n\r\n\r\n"
    path.write_bytes(b"".join(gzip.compress((record.format(n) + block).encode()) for n in range(1200)))

    assert run(["check", str(path)]) == Exit.VERIFICATION_FAILED

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) < 40
    assert any("1,180 more: an address that is none" in line for line in lines)
    assert any("deviation 1,200 times" in line and "offset 0" in line for line in lines)
    assert run(["--json", "check", str(path)]) == Exit.VERIFICATION_FAILED
    *findings, file, summary = said(capsys)
    assert len([finding for finding in findings if finding["severity"] != "note"]) == 2400
    assert {
        *("type", "kind", "file", "offset", "record_id", "capture", "expected", "found", "clause", "rule"),
        *("severity", "practice"),
    } == set(findings[0])
    assert file["type"] == "file"
    assert (summary["type"], summary["defects"], summary["deviations"]) == ("summary", 1200, 1200)


def test_a_folder_is_looked_through_and_what_was_left_out_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder := tmp_path / "from-elsewhere" / "a").mkdir(parents=True)
    (other := tmp_path / "from-elsewhere" / "b").mkdir()
    whole = base_file(tmp_path).read_bytes()
    (folder / "one.warc.gz").write_bytes(whole)
    (other / "one.warc.gz").write_bytes(whole[:-9])
    (other / "notes.txt").write_text("seven years")

    assert run(["--json", "check", str(tmp_path / "from-elsewhere")]) == Exit.VERIFICATION_FAILED

    files = [line for line in said_all(capsys) if line["type"] == "file"]
    assert [(file["file"], file["verdict"]) for file in files] == [
        ("a/one.warc.gz", "sound"),
        ("b/one.warc.gz", "defective"),
    ]


def said_all(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    lines = said(capsys)
    assert any("whose names are not those of WARCs, 1" in str(gap) for gap in lines[-1]["not_checked"])  # type: ignore[attr-defined]
    return lines


def test_nothing_that_was_not_read_is_ever_sound(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (empty := tmp_path / "empty").mkdir()
    os.mkfifo(pipe := tmp_path / "pipe.warc.gz")
    (text := tmp_path / "a.warc").write_text("Not found")
    absent = tmp_path / "absent.warc.gz"

    for path in (empty, pipe, text, absent):
        assert run(["--json", "check", str(path)]) == Exit.VERIFICATION_FAILED
        *_, file, summary = said(capsys)
        assert file["verdict"] in ("not-checked", "not-a-warc")
        assert file["reason"]
        assert summary["not_checked"]


def test_standard_input_is_a_file_too(tmp_path: Path) -> None:
    whole = base_file(tmp_path).read_bytes()

    for octets, status in ((whole, Exit.DONE), (gzip.decompress(whole), Exit.DONE), (whole[:-9], 6), (b"", 6)):
        ran = subprocess.run(
            [sys.executable, "-m", "crawler", "check", "-"], input=octets, capture_output=True, check=False
        )
        assert ran.returncode == status
        assert b"standard input" in ran.stdout
        assert ran.stderr == b""


def test_a_check_can_be_stopped(tmp_path: Path) -> None:
    read, write = os.pipe()
    with subprocess.Popen(
        [sys.executable, "-m", "crawler", "-v", "check", str(base_file(tmp_path)), "-"],
        stdin=read,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert b"sound" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate()
    os.close(read)
    os.close(write)

    assert process.returncode == Exit.INTERRUPTED
    assert errors.strip() == b"khronika: stopped"


def test_a_name_cannot_drive_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, _, _ = make(tmp_path, MATRIX["00 good"])
    path = path.rename(tmp_path / "a\x1b[2Jb.warc.gz")
    octets = gzip.compress(gzip.decompress(path.read_bytes()).replace(b"<urn:uuid:00000005", b"<urn:uuid:\x1b[2J0005"))
    path.write_bytes(octets)

    assert run(["check", str(path)]) == Exit.VERIFICATION_FAILED
    assert "\x1b" not in capsys.readouterr().out
