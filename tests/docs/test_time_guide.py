"""The guide to time, typed line by line in a collection with an authority; the lines of openssl too."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from authority import Authority
from page_server import serving

from archive.anchor import kept_tokens
from archive.store import FolderStore
from crawler.cli import Exit, run

GUIDE = Path(__file__).parent.parent.parent / "docs" / "time.md"


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", GUIDE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def test_every_line_of_the_guide_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "my-archive"
    assert run(["-q", "init", str(folder)]) == Exit.DONE
    with Authority(tmp_path / "authority", crl=True) as authority, serving({"/": "a page"}) as server:
        shutil.copy(authority.certificate, folder / "example-tsa.pem")
        example = next(block for block in blocks("toml") if "[[authority]]" in block)
        with (folder / "khronika.toml").open("a") as settings:
            settings.write("\n" + example.replace("https://tsa.example.org/", authority.url))
        assert run(["-q", "-C", str(folder), "crawl", "--url", server.url()]) == Exit.DONE
        lines = [line.removeprefix("$ ") for block in blocks("console") for line in block.splitlines()]
        for line in lines:
            if line.startswith("curl "):  # the other machine
                (tmp_path / "answer.tsr").write_bytes(authority.reply((tmp_path / "ask.tsq").read_bytes()))
            elif line.startswith("khronika "):
                assert run(shlex.split(line)[1:]) == Exit.DONE, line
    kept, *_ = kept_tokens(FolderStore(folder))
    ran = [line for line in lines if line.startswith("openssl ")]
    for line in ran:
        words = line.replace("214", str(kept.size)).replace(" -attime 1795312800", "")
        done = subprocess.run(shlex.split(words), cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (line, done.stderr)
        if "-verify" in words:
            assert "Verification: OK" in done.stdout + done.stderr
    assert len(ran) == 4


def test_the_settings_of_the_guide_are_valid() -> None:
    from crawler.config import read_config

    for block in blocks("toml"):
        assert tomllib.loads(block)
        read_config(block.encode())
