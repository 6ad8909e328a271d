"""A line that counts days by itself is told from a term, an arrest, a time that is over, the day of an event."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from page_styles import reading_of

from pipelines.change import compare
from pipelines.edits import Change
from pipelines.noise_days import counts_days

FIRST = datetime(2026, 5, 4, 22, 0, tzinfo=UTC)
PROSE = (
    "A court in the river town of Verkhny Plyos has sentenced a geography teacher to five years in a penal colony.",
    "The court examined 14 witnesses in two days and refused to hear the pupils whom the defence had named there.",
)
COUNTS = (
    "Day 412 behind bars",
    "Day 412",
    "412th day in detention",
    "Already 412 days behind bars",
    "Arseny Polyansky: 412 days behind bars",
    "She has been in custody for 412 days",
    "Days in detention: 412",
    "412-й день в заключении",
    "Уже 412 дней",
    "Под стражей уже 412 дней",
    "Дней в заключении: 412",
    "412 днів за ґратами",
    "412-й день ув'язнення",
    "412 дзён за кратамі",
    "Ужо 412 дзён",
)
NO_COUNTS = (
    "Arrested for 412 days",
    "Held for 412 days",
    "Placed in custody for 412 days",
    "Sentenced to 412 days in prison",
    "He spent 412 days behind bars",
    "He was behind bars for 412 days",
    "Released after 412 days in prison",
    "412 days in prison remaining",
    "Term: 412 days",
    "412 days",
    "On day 412 in prison he was taken to a hospital",
    "Prisoners in the region: 412",
    "На 412-й день голодовки",
    "Провёл 412 дней в заключении",
    "Была за решёткой уже 412 дней",
    "412 суток ареста",
    "Мера пресечения: 412 дней под стражей",
    "Срок: 412 дней",
    "Суд призначив 412 днів під вартою",
    "Прабыў 412 дзён за кратамі",
    "На 412-ы дзень зняволення",
)


@pytest.mark.parametrize("line", COUNTS)
def test_a_count_that_goes_on_grows_by_the_days_that_passed(line: str) -> None:
    for days in (2, 3, 4):
        assert counts_days(line, line.replace("412", "415"), days)


@pytest.mark.parametrize("line", COUNTS)
def test_a_count_that_grew_by_more_or_less_or_fell_is_told(line: str) -> None:
    assert not counts_days(line, line.replace("412", "415"), 1)
    assert not counts_days(line, line.replace("412", "415"), 5)
    assert not counts_days(line, line.replace("412", "409"), 3)
    assert not counts_days(line, line, 0)


@pytest.mark.parametrize("line", NO_COUNTS)
def test_a_term_a_time_that_is_over_and_an_event_are_no_counts(line: str) -> None:
    assert not counts_days(line, line.replace("412", "415"), 3)


def test_the_form_of_the_word_goes_with_the_number_and_another_word_does_not() -> None:
    assert counts_days("Уже 120 дней в СИЗО", "Уже 121 день в СИЗО", 1)
    assert counts_days("101st day in detention", "102nd day in detention", 1)
    assert not counts_days("Уже 120 дней в СИЗО", "Уже 121 день в колонии", 1)
    assert not counts_days("Day 412 in prison", "Day 413 in jail", 1)


def test_an_arrest_is_of_thirty_days_at_most_and_is_no_count() -> None:
    assert not counts_days("15 дней под стражей", "16 дней под стражей", 1)
    assert not counts_days("Already 30 days in custody", "Already 31 days in custody", 1)
    assert counts_days("Already 31 days in custody", "Already 32 days in custody", 1)


def test_a_second_number_is_another_matter() -> None:
    assert not counts_days("Day 412 in cell 7 in detention", "Day 413 in cell 7 in detention", 1)


def change_of(before: str, after: str, days: int, *, prose: tuple[str, ...] = PROSE) -> Change:
    def page(line: str, text: tuple[str, ...]) -> str:
        paragraphs = "".join(f"<p>{one}</p>" for one in text)
        return f"<html><body><div><div><h1>A teacher</h1>{line}{paragraphs}</div></div></body></html>"

    first = replace(reading_of(page(before, PROSE)), captured_at=FIRST)
    second = replace(reading_of(page(after, prose)), captured_at=FIRST + timedelta(days=days))
    return compare(first, second)


LINES = {
    "line": "<div>Day {} behind bars</div>",
    "paragraph": "<p>{}-й день в заключении</p>",
    "label after": "<div><b>{}</b><i>days in detention</i></div>",
    "label before": "<div><i>Дней за решёткой:</i><b>{}</b></div>",
}


@pytest.mark.parametrize("name", LINES)
def test_at_the_first_comparison_it_is_set_aside_by_the_dates_of_the_captures(name: str) -> None:
    line = LINES[name]
    change = change_of(line.format(412), line.format(419), 7)

    assert change.kind == "noise"
    assert "counts days" in {edit.set_aside for edit in change.edits}


@pytest.mark.parametrize("name", ["line", "paragraph"])
def test_a_number_that_jumped_is_reported(name: str) -> None:
    line = LINES[name]

    assert [edit.op for edit in change_of(line.format(412), line.format(519), 7).reported] == ["edit"]


def test_a_word_of_the_case_is_reported_beside_a_count() -> None:
    edited = (PROSE[0].replace("five", "eight"), PROSE[1])
    change = change_of("<div>Day 412 behind bars</div>", "<div>Day 419 behind bars</div>", 7, prose=edited)

    assert [edit.words for edit in change.reported if edit.level == "main"] == [(("-five", "+eight"),)]
