"""A short, seeded run of the fuzzer: nothing that reads WARCs falls or hangs on a file that nobody ever wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import fuzz


def test_no_made_up_file_makes_the_readers_fall(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fuzz.main(["--examples", "500", "--seed", "3", "--keep", str(tmp_path)]) == 0

    assert "no crash, no hang" in capsys.readouterr().out


def test_a_fault_is_told_and_its_file_is_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def falls(_path: Path, _seen: object) -> None:
        raise AssertionError("the reader fell")

    monkeypatch.setattr(fuzz, "examine", falls)

    assert fuzz.main(["--examples", "1", "--seed", "1", "--keep", str(tmp_path)]) == 1
    assert "the reader fell" in capsys.readouterr().out
    assert (tmp_path / "failed-1.warc.gz").exists()
