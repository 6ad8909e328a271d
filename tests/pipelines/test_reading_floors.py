"""What a page says is found as well as it was: each measurement of `make bench-reading` on the made-up set."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bench.extraction import ARTICLES, made_up, missing_lines, shingle_f1
from bench.pages import STYLES
from bench.reading import MEASUREMENTS

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", sorted(MEASUREMENTS))
def test_the_floors_are_met_on_the_made_up_set(name: str) -> None:
    run = subprocess.run(
        [sys.executable, "-m", f"bench.{name}", *MEASUREMENTS[name]],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stdout + run.stderr


def test_the_made_up_pages_are_many_and_of_several_languages_and_builds() -> None:
    pages = [(name, reading.language) for name, _, _, reading in made_up()]

    assert len(pages) == len(list(ARTICLES.glob("*.txt"))) * len(STYLES) >= 30
    assert {language for _, language in pages} == {"be", "de", "en", "fr", "pl", "ru", "uk"}


def test_a_line_that_is_lost_and_a_text_that_is_another_are_counted() -> None:
    _, lines, _, reading = next(made_up())

    assert missing_lines(reading, [*lines, "A line that no page has."]) == ["A line that no page has."]
    assert shingle_f1("one two three four five", "one two three four five") == 1.0
    assert shingle_f1("one two three four five", "one two three four") == pytest.approx(2 / 3)
    assert shingle_f1("one two three four five", "") == 0.0
