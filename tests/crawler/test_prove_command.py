"""`khronika prove` and `khronika check-proof`, as they are typed."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from bundle_samples import OTHER, URL, WITNESS, Sample, make_sample, unzipped, zipped

from archive.bundle import RECORDS
from archive.inbox import waiting
from crawler.cli import Exit, run


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return make_sample(tmp_path_factory.mktemp("sample"))


@pytest.fixture
def sample(made: Sample, tmp_path: Path) -> Sample:
    shutil.copytree(made.path, tmp_path / "collection", ignore=shutil.ignore_patterns("inbox"))
    return replace(made, path=tmp_path / "collection")


def khronika(sample: Sample, *words: str) -> int:
    return run(["-C", str(sample.path), *words])


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_capture_is_proved_and_checked(sample: Sample, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "case.zip"

    assert khronika(sample, "prove", f"{URL}@1", "-o", str(target)) == Exit.DONE
    said = capsys.readouterr().out
    assert run(["check-proof", str(target)]) == Exit.DONE
    checked = capsys.readouterr().out

    assert "Wrote case.zip: 1 capture, 6 records" in said
    assert "logged before" in said
    assert "✓ ok" in checked
    assert URL in checked
    assert "not shown: that the servers sent these octets" in checked


def test_several_captures_go_into_one_bundle(
    sample: Sample, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "case.zip"

    assert khronika(sample, "--json", "prove", f"{URL}@1", f"{URL}@2", f"{OTHER}@1", "-o", str(target)) == Exit.DONE
    (bundle,) = lines(capsys)

    assert bundle["type"] == "bundle"
    assert len(bundle["captures"]) == 3
    assert bundle["records"] == 15
    assert bundle["logged_before"].endswith("Z")
    assert bundle["witnesses"] == ["w1"]


def test_check_proof_speaks_as_verify_does(sample: Sample, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "case.zip"
    assert khronika(sample, "-q", "prove", f"{URL}@2", "-o", str(target)) == Exit.DONE
    capsys.readouterr()

    assert run(["--json", "check-proof", str(target), "--trust", sample.root_key]) == Exit.DONE
    (summary,) = lines(capsys)

    assert summary["type"] == "summary"
    assert (summary["verdict"], summary["captures"], summary["records"]) == ("ok", 1, 12)
    assert summary["root_key"] == sample.root_key
    assert summary["logged_after"] < summary["logged_before"]
    assert summary["not_checked"]


def test_what_does_not_hold_is_exit_6_with_a_finding(
    sample: Sample, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "case.zip"
    assert khronika(sample, "-q", "prove", f"{URL}@1", "-o", str(target)) == Exit.DONE
    files = unzipped(target)
    forged = zipped({**files, "proofs/00003.tlog-proof": files["proofs/00004.tlog-proof"]}, tmp_path / "forged.zip")
    capsys.readouterr()

    assert run(["--json", "check-proof", str(forged)]) == Exit.VERIFICATION_FAILED
    *findings, summary = lines(capsys)

    assert summary["verdict"] == "failed"
    assert findings[0]["type"] == "finding"
    assert findings[0]["file"] == RECORDS
    assert {"kind", "offset", "record_id", "capture", "expected", "found"} <= findings[0].keys()


def test_another_archives_key_is_exit_6(sample: Sample, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "case.zip"
    assert khronika(sample, "-q", "prove", f"{URL}@1", "-o", str(target)) == Exit.DONE

    assert run(["check-proof", str(target), "--trust", str(WITNESS.vkey)]) == Exit.VERIFICATION_FAILED
    assert "wrong-signer" in capsys.readouterr().out


def test_a_quorum_or_checkpoint_that_is_missing_is_an_error_and_no_bundle(
    sample: Sample, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    strict = make_sample(tmp_path / "strict", quorum=1)
    shutil.rmtree(strict.path / "log" / "cosig")

    assert khronika(strict, "prove", f"{URL}@1", "-o", str(tmp_path / "case.zip")) == Exit.ERROR
    assert "policy" in capsys.readouterr().err
    assert not (tmp_path / "case.zip").exists()


def test_evidence_that_is_not_what_the_log_says_is_exit_6_and_no_bundle(
    sample: Sample, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = sample.path / "archive" / sample.first.location.file
    octets = bytearray(path.read_bytes())
    octets[sample.first.location.offset + sample.first.location.length - 1] ^= 1
    path.write_bytes(octets)

    assert khronika(sample, "prove", f"{URL}@1", "-o", str(tmp_path / "case.zip")) == Exit.VERIFICATION_FAILED
    assert "no bundle was made" in capsys.readouterr().err
    assert not list(tmp_path.glob("*.zip*"))


def test_what_is_withheld_is_refused_with_its_ground(
    sample: Sample, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert khronika(sample, "withhold", f"{URL}@1", "--ground", "the wish of the family", "--yes") == Exit.DONE
    capsys.readouterr()

    for capture in (f"{URL}@1", f"{URL}@2"):
        assert khronika(sample, "prove", capture, "-o", str(tmp_path / "case.zip")) == Exit.USAGE
        assert "the wish of the family" in capsys.readouterr().err
    assert not (tmp_path / "case.zip").exists()


def test_no_lock_is_taken_and_nothing_is_signed(sample: Sample, tmp_path: Path) -> None:
    from archive.collection import Collection

    checkpoint = (sample.path / "log" / "checkpoint").read_bytes()
    shutil.rmtree(sample.path / "keys")
    with Collection.open(sample.path) as collection:
        pass

    assert khronika(sample, "-q", "prove", f"{URL}@1", "-o", str(tmp_path / "case.zip")) == Exit.DONE
    assert (sample.path / "log" / "checkpoint").read_bytes() == checkpoint
    assert [one.event.type.value for one in waiting(collection.path) if one.event] == ["proof"]


def test_a_bundle_is_made_from_a_read_only_copy_and_that_is_said(
    sample: Sample, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (sample.path / "inbox").write_text("no folder")

    assert khronika(sample, "prove", f"{URL}@1", "-o", str(tmp_path / "case.zip")) == Exit.DONE
    assert "will not say that this bundle was made" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["missing.zip"], ["missing.zip", "--trust", "nonsense"], []])
def test_wrong_words_are_exit_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check-proof", *words]) == Exit.USAGE


def test_what_is_no_bundle_is_exit_6(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.zip").write_bytes(b"not a zip")

    assert run(["check-proof", str(tmp_path / "x.zip")]) == Exit.VERIFICATION_FAILED
    assert "malformed" in capsys.readouterr().out
