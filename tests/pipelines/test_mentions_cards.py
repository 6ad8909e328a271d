"""A card's line is read by its label, in four languages."""

from __future__ import annotations

import pytest
from mention_rows import Row, articles_of, facts_of, rows, stages_of

CARDS = {
    "en": rows("""
Court: Sosva District Court => court: Sosva District Court
Court: pending =>
Detained: 5 May 2023 => detained: 2023-05-05
Date of arrest: 05.05.2023 => detained: 2023-05-05
Arrested: 2021 => detained: 2021
In custody since: 7 May 2023 => remanded: 2023-05-07
Date of verdict: March 2024 => verdict_date: 2024-03
Possible sentence: up to 10 years => faces: up to 10 years
Held in: IK-6, Melekhovo => place: IK-6, Melekhovo
Date: 5 May 2023 =>
Published: 5 May 2023 =>
"""),
    "ru": rows("""
Суд: Сосвенский районный суд => court: Сосвенский районный суд
Дата задержания: 5 мая 2023 года => detained: 2023-05-05
Задержан: 05.05.2023 => detained: 2023-05-05
Дата приговора: 26 февраля 2025 => verdict_date: 2025-02-26
Грозит: до 10 лет лишения свободы => faces: up to 10 years
Дата публикации: 5 мая 2023 =>
"""),
    "uk": rows("Дата затримання: 5 травня 2023 року => detained: 2023-05-05"),
    "be": rows("Дата затрымання: 5 траўня 2023 года => detained: 2023-05-05"),
}
STATUSES = {
    "en": rows("Status: in custody => remanded in custody\nStatus: married =>\nStatus: sentenced => sentenced"),
    "ru": rows("Статус: осуждена => sentenced\nСтатус: в розыске => wanted\nСтатус: иностранный агент =>"),
    "uk": rows("Статус справи: під вартою => remanded in custody"),
    "be": rows("Статус справы: асуджаны => sentenced"),
}


@pytest.mark.parametrize(
    ("language", "row"), [(language, row) for language in CARDS for row in CARDS[language]], ids=str
)
def test_a_card_line_is_a_fact(language: str, row: Row) -> None:
    assert facts_of(row.text, language) == row.values


@pytest.mark.parametrize(
    ("language", "row"), [(language, row) for language in STATUSES for row in STATUSES[language]], ids=str
)
def test_a_status_is_a_stage(language: str, row: Row) -> None:
    assert stages_of(row.text, language) == [name for name, _ in row.values]


def test_the_articles_of_a_card_have_the_code_of_its_label() -> None:
    assert articles_of("Статьи УК РФ: 207.3 ч. 2, 280.3", "ru") == ["207.3 ч. 2 УК РФ", "280.3 УК РФ"]
