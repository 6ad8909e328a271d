"""The pipes of the guide for users of the text run as they are printed there."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from reading_samples import library

from crawler.text_export_table import FACT_NAMES

ROOT = Path(__file__).parent.parent.parent
GUIDE = (ROOT / "docs" / "text-user.md").read_text(encoding="utf-8")
SCHEMA = json.loads((ROOT / "docs" / "reading.schema.json").read_text())


def block(kind: str) -> str:
    [found] = re.findall(rf"^```{kind}\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)
    return str(found)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """With a collection, and `khronika` on the path."""
    (tmp_path / "bin").mkdir()
    khronika = tmp_path / "bin" / "khronika"
    khronika.write_text(f"#!{sys.executable}\nfrom crawler.cli import main\nmain()\n")
    khronika.chmod(0o755)
    path = f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"
    collection = str(library(tmp_path / "library"))
    return {**os.environ, "PATH": path, "KHRONIKA_COLLECTION": collection, "PYTHONPATH": str(ROOT)}


@pytest.fixture
def running(tmp_path: Path, environment: dict[str, str]) -> Iterator[list[subprocess.Popen[bytes]]]:
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for process in started:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def test_the_pipe_of_the_guide_runs(
    tmp_path: Path, environment: dict[str, str], running: list[subprocess.Popen[bytes]]
) -> None:
    line = block("sh")
    if shutil.which("jq") is None:  # what is before the pipe is ours
        line = line.partition("|")[0] + "| cat"
    process = subprocess.Popen(
        ["bash", "-c", line], env=environment, cwd=tmp_path, stdout=subprocess.PIPE, start_new_session=True
    )
    running.append(process)
    assert process.stdout is not None

    lines = [process.stdout.readline().decode() for _ in range(5)]

    assert sum("/ru/dela/17" in line for line in lines) == 3
    assert all("2026-11-2" in line for line in lines)


def test_the_reader_of_the_guide_goes_on_where_it_was(
    tmp_path: Path, environment: dict[str, str], running: list[subprocess.Popen[bytes]]
) -> None:
    def read(count: int) -> list[str]:
        process = subprocess.Popen(
            [sys.executable, "-u", "-c", block("python")],
            env=environment, cwd=tmp_path, stdout=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        running.append(process)
        assert process.stdout is not None
        lines = [process.stdout.readline().decode() for _ in range(count)]
        os.killpg(process.pid, signal.SIGKILL)
        return lines

    lines = read(4)
    # the mark of the third line is kept before the fourth is printed; how far it came until it was killed, nobody knows
    catalogue, _, number = (tmp_path / "mark").read_text().rpartition("-")
    assert 3 <= int(number) <= 5

    (tmp_path / "mark").write_text(f"{catalogue}-3")
    again = read(2)

    assert again[0] == lines[3]
    assert all(again)


def test_the_table_of_keys_is_that_of_the_schema() -> None:
    table = GUIDE.partition("| key | what it is |")[2].partition("\n\n")[0]
    told = set(
        re.findall(r"`([a-z_]+)`", " ".join(row.split("|")[1] for row in table.splitlines() if row.count("|") > 2))
    )

    # three are explained under Where a sentence came from, one only comes with --follow
    assert SCHEMA["properties"].keys() - told == {"type", "url", "captured_at", "record_id", "payload_digest", "mark"}
    assert told <= SCHEMA["properties"].keys()


def test_the_table_of_facts_is_that_of_the_columns() -> None:
    table = GUIDE.partition("| name | value |")[2].partition("\n\n")[0]

    assert (
        tuple(re.findall(r"`([a-z_]+)`", " ".join(row.split("|")[1] for row in table.splitlines()[2:]))) == FACT_NAMES
    )
