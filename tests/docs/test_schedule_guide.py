"""docs/schedule.md: its settings are read, its tables say what the program does, and its command lines run."""

from __future__ import annotations

import re
import shlex
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from khronika_command import Khronika
from page_server import serving

from crawler.config import read_config
from crawler.schedule import parse_schedule

GUIDE = (Path(__file__).parent.parent.parent / "docs" / "schedule.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)


def test_its_settings_can_be_meant() -> None:
    config = read_config("\n".join(blocks("toml")).encode())

    assert config.zone == "Europe/Vilnius"
    assert [site.schedule for site in config.sites] == [
        (("", "daily"),),
        (("list", "hourly"), ("case", "weekly"), ("other", "weekly")),
    ]


def test_each_word_and_expression_of_its_tables_is_one() -> None:
    first = [line.split("|")[1] for line in GUIDE.splitlines() if line.startswith("| `")]
    texts = [text for cell in first for text in re.findall(r"`([^`]+)`", cell)]

    assert len(texts) == 14
    for text in texts:
        parse_schedule(text, "Europe/Vilnius", "example")


@pytest.mark.parametrize(
    ("expression", "zone", "begin", "expected"),
    [
        ("30 2 * * *", "Europe/Berlin", "2026-03-29T00:00", ["2026-03-29 03:00", "2026-03-30 02:30"]),
        ("0,30 2 * * *", "Europe/Berlin", "2026-03-29T00:00", ["2026-03-29 03:00", "2026-03-30 02:00"]),
        ("30 2 * * *", "Europe/Berlin", "2026-10-24T22:00", ["2026-10-25 02:30", "2026-10-26 02:30"]),
        ("0 */6 * * *", "UTC", "2026-01-01T01:00", ["2026-01-01 06:00", "2026-01-01 12:00"]),
        ("30 8 * * mon-fri", "UTC", "2026-01-02T09:00", ["2026-01-05 08:30", "2026-01-06 08:30"]),
        ("0 4 L * *", "UTC", "2026-02-01T00:00", ["2026-02-28 04:00", "2026-03-31 04:00"]),
        ("0 4 * * sun#1", "UTC", "2026-02-02T00:00", ["2026-03-01 04:00", "2026-04-05 04:00"]),
    ],
)
def test_its_examples_are_so(expression: str, zone: str, begin: str, expected: list[str]) -> None:
    assert f"`{expression}`" in GUIDE
    instants = parse_schedule(expression, zone, "example").instants(datetime.fromisoformat(begin).replace(tzinfo=UTC))

    found = [next(instants).astimezone(ZoneInfo(zone)) for _ in expected]

    assert [f"{instant:%Y-%m-%d %H:%M}" for instant in found] == expected


def test_its_command_lines_run_one_after_the_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving({"/": "<html><body><p>The ledger.</p></body></html>"}) as server:
        khronika = Khronika(tmp_path / "collection", capsys)
        khronika.add_site(server.url(), schedule="daily", delay=0)
        lines = [line.removeprefix("$ ") for block in blocks("console") for line in block.splitlines()]
        assert len(lines) == 2
        for line in lines:
            ended, _, said = khronika(*shlex.split(line)[1:])
            assert ended == 0, said
