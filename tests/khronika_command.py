"""The command line on a collection of its own, for tests of what an archivist sees."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from crawler.cli import run


class Khronika:
    """Runs commands in this process; fetches in it too, several pages at a time."""

    def __init__(self, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.path = path
        self._capsys = capsys
        assert self("init", str(path), "--operator", "Ledger Project <ledger@example.org>")[0] == 0

    def __call__(self, *words: str) -> tuple[int, str, str]:
        """Exit status, results and messages."""
        status = run([*([] if words[0] == "init" else ["-C", str(self.path)]), *words])
        said = self._capsys.readouterr()
        return status, said.out, said.err

    def add_site(self, start: str, **more: object) -> None:
        """Write an entry for the site `ledger`; a value that is a mapping makes a part of it, as `[site.selectors]`."""
        config = self.path / "khronika.toml"
        lines = [f"{name} = {json.dumps(value)}" for name, value in more.items() if not isinstance(value, dict)]
        parts = [
            "\n".join([f"\n[site.{name}]", *(f"{key} = {json.dumps(one)}" for key, one in value.items())])
            for name, value in more.items()
            if isinstance(value, dict)
        ]
        entry = "\n".join(["", "[[site]]", 'name = "ledger"', f'start = ["{start}"]', *lines, *parts, ""])
        fast = "\n[crawl]\nfetch-processes = 0\nconnections-per-host = 8\n"
        config.write_text(config.read_text().replace("\n[crawl]\n", fast, 1) + entry)

    def crawl(self, *, status: int = 0) -> None:
        """Crawl the site without a rest between requests."""
        ended, _, said = self("crawl", "ledger", "--delay", "0")
        assert ended == status, said

    def records(self, *words: str) -> list[dict[str, Any]]:
        """What a command tells a program."""
        _, out, _ = self("--json", *words)
        return [json.loads(line) for line in out.splitlines()]

    def warnings(self, about: str) -> list[dict[str, Any]]:
        """What status warns of."""
        return [one for one in self.records("status") if one["type"] == "warning" and one["about"] == about]
