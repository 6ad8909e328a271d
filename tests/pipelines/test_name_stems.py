"""Forms of a name are taken for it, and other names are not."""

from __future__ import annotations

import pytest

from pipelines.name_stems import may_be


@pytest.mark.parametrize(
    "forms",
    [
        "Мария Марии Марию Марией Maria Mariya Марія Марыя",
        "Анна Анны Анну Анной Анне Anna",
        "Лужицкая Лужицкой Лужицкую Luzhitskaya Лужицька",
        "Лужицкий Лужицкого Лужицкому Лужицким Luzhitsky",
        "Зимин Зимина Зимину Зиминым Зимине Zimin",
        "Пётр Петр Петра Петру Петром Pyotr",
        "Завьялец Завьяльца Завьяльцу Завьяльцем Zavyalets",
        "Шевченко Shevchenko",
        "Сергей Сергея Сергею Sergei Sergey",
    ],
)
def test_the_forms_of_a_name_may_be_one(forms: str) -> None:
    first, *others = forms.split()

    for other in others:
        assert may_be(first, other), (first, other)
        assert may_be(other, first), (other, first)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Мария", "Марина"),
        ("Мария", "Мартин"),
        ("Мария", "Марк"),
        ("Анна", "Антон"),
        ("Зимин", "Зимовец"),
        ("Лужицкая", "Лужина"),
        ("Пётр", "Павел"),
        ("Анна", ""),
        ("", ""),
        ("Иван", "Иванченко"),
    ],
)
def test_another_name_is_another(one: str, other: str) -> None:
    assert not may_be(one, other)
    assert not may_be(other, one)
