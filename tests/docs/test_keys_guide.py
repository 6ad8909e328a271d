"""The guide to keys and witnesses, typed line by line by an archive and its partner."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from key_samples import problems

from archive.rotation import read_history
from crawler.cli import Exit, run

GUIDE = (Path(__file__).parent.parent.parent / "docs" / "keys.md").read_text(encoding="utf-8")
MEDIUM = "/media/safe"


def lines() -> list[str]:
    blocks = re.findall(r"^```console\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)
    return [line.removeprefix("$ khronika ") for block in blocks for line in block.splitlines()]


def indented() -> list[str]:
    """Lines that are shown for a case that is not the guide's own."""
    return re.findall(r"^ +khronika (key .*)$", GUIDE, re.MULTILINE)


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KHRONIKA_COLLECTION", "archive")
    monkeypatch.delenv("KHRONIKA_PASSPHRASE", raising=False)
    Path("safe").mkdir()
    assert run(["-q", "init", "archive"]) == Exit.DONE
    return tmp_path / "archive"


def typed(line: str, archive: Path) -> list[str]:
    moved = next(iter(Path("safe").iterdir()), None)
    words = []
    for word in shlex.split(line):
        if word == "KEY":
            words.append(str(read_history(archive).newest.active.vkey))
        elif word.startswith(f"{MEDIUM}/"):
            assert moved is not None
            words.append(str(moved))
        elif word == "da56a7d6":
            words.append(read_history(archive).newest.keys[0].vkey.key_id.hex())
        else:
            words.append(word.replace(MEDIUM, "safe"))
    return words


def test_every_line_of_the_guide_runs(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (settings,) = re.findall(r"^```toml\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)
    vkey = ""
    assert len(lines()) == 9
    for line in lines():
        if line.startswith("key update"):
            text = (archive / "khronika.toml").read_text().replace("[log]", "[unused]")
            ours = re.sub('key = ".*"', f'key = "{vkey}"', settings)
            (archive / "khronika.toml").write_text(re.sub(r"(?ms)^\[unused\].*?^(?=#? ?\[|\Z)", "", text) + "\n" + ours)
        if line.startswith("key revoke"):
            line = line.replace("2026-11-20", _this_moment())  # noqa: PLW2901
        capsys.readouterr()
        assert run(typed(line, archive)) == Exit.DONE, (line, capsys.readouterr().err)
        if line.startswith("witness init"):
            vkey = capsys.readouterr().out.strip()

    assert problems(archive) == []
    assert len(list((archive / "log" / "cosig").iterdir())) == 1


def test_the_lines_for_other_cases_run_too(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KHRONIKA_NEW_PASSPHRASE", "p")
    assert run(["key", "move-root", "safe"]) == Exit.DONE
    assert len(indented()) == 5
    for line in indented():
        assert run(typed(line, archive)) == Exit.DONE, line
        monkeypatch.setenv("KHRONIKA_PASSPHRASE", "p")

    assert problems(archive) == []


def _this_moment() -> str:
    from datetime import UTC, datetime

    return datetime.now(UTC).isoformat(timespec="microseconds")
