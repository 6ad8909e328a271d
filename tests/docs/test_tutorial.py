"""The tutorial, done as it is written: its files saved, its lines typed, its server a real one."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
TUTORIAL = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
PORT = "8017"


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class Reader:
    """Somebody who follows the tutorial in one terminal."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self.environment = {
            **{name: value for name, value in os.environ.items() if name != "KHRONIKA_COLLECTION"},
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "KHRONIKA_COLLECTION": str(folder / "my-archive"),
        }

    def section(self, number: int) -> str:
        found = re.search(rf"^## {number}\..*?(?=^## |\Z)", TUTORIAL, re.DOTALL | re.MULTILINE)
        assert found is not None
        return found[0].replace(PORT, str(self.port))

    def save_files(self) -> None:
        for name, text in re.findall(r"`(site/\w+\.html)`:\n\n```html\n(.*?)```", self.section(2), re.DOTALL):
            path = self.folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def type_lines(self, number: int) -> tuple[str, int]:
        """Type the lines of a section in one shell; what was said, and the last exit status."""
        blocks = re.findall(r"^```console\n(.*?)^```", self.section(number), re.DOTALL | re.MULTILINE)
        lines = [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]
        assert lines
        ran = subprocess.run(
            ["bash", "-euc", "\n".join(lines)],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        assert "Traceback" not in ran.stdout
        return ran.stdout, ran.returncode


@pytest.fixture
def reader(tmp_path: Path, port: int) -> Iterator[Reader]:
    reader = Reader(tmp_path, port)
    reader.save_files()
    command = re.search(r"^\$ python3 (-m http\.server .*) &$", reader.section(2), re.MULTILINE)
    assert command is not None
    server = subprocess.Popen(
        [sys.executable, *command[1].split()], cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(200):
            with socket.socket() as knock:
                if knock.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield reader
    finally:
        server.terminate()
        server.wait()


def test_the_tutorial_does_what_it_says(reader: Reader) -> None:
    said, status = reader.type_lines(3)
    assert status == 0, said

    said, status = reader.type_lines(4)
    assert status == 0, said
    assert "sentenced Ilya Beregovoy to five years" in said

    page = reader.folder / "site" / "case.html"
    page.write_text(page.read_text(encoding="utf-8").replace("five years", "eight years"), encoding="utf-8")
    said, status = reader.type_lines(5)
    assert status == 0, said
    assert "[-five-]{+eight+} years" in said
    assert '"kind": "edited"' in said
    assert said.count('"type": "change"') == 1

    said, status = reader.type_lines(6)
    assert status == 0, said
    assert "self-attested" in said

    said, status = reader.type_lines(7)
    assert status == 6, said
    assert ".warc.gz" in said
