"""Which names are one person's, in alphabets that skeletons know and in those that they do not."""

from __future__ import annotations

import pytest

from pipelines.same_name import is_spelling


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ეკა ბესური", "თენგიზ ჯემაძე"),
        ("Қанат Торов", "Анат Торов"),
        ("Ганна Торова", "Иван Меров"),
        ("אבי מלכה", "דנה ברזל"),
    ],
)
def test_two_persons_are_two(one: str, other: str) -> None:
    assert not is_spelling(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ბესური ეკა", "ეკა ბესური"),
        ("Сергей Торов", "Sergei Torov"),
        ("Sergey Torov", "Sergei Torov"),
        ("Ґанна Торова", "Hanna Torova"),
        ("Әсел Торова", "Торова Әсел"),
    ],
)
def test_one_person_is_one(one: str, other: str) -> None:
    assert is_spelling(one, other)
