"""What the guide for verifiers says of `khronika check` is what the program does."""

from __future__ import annotations

import re
from pathlib import Path

from warc_matrix import MATRIX

from archive.rules import RULES

GUIDE = (Path(__file__).parent.parent.parent / "docs" / "verifier.md").read_text(encoding="utf-8")


def test_the_table_of_cases_is_that_of_the_tests() -> None:
    rows = {
        name: (verdict, found)
        for name, verdict, found, _ in re.findall(r"^\| (\d\d .+?) \| (.+?) \| (.+?) \| (.*?) \|$", GUIDE, re.M)
    }

    assert rows.keys() == MATRIX.keys()
    for name, case in MATRIX.items():
        verdict, found = rows[name]
        assert verdict == case.verdict.value.replace("-", " ")
        assert set(re.findall(r"`([a-z0-9-]+)`", found)) == {said.rule for said in case.said}


def test_every_rule_is_explained() -> None:
    assert dict(re.findall(r"^- `([a-z0-9-]+)`: (.+)$", GUIDE, re.M)) == RULES
