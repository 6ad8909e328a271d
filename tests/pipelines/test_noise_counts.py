"""Lines of which nothing but a count moves by itself, and lines that say something of somebody."""

from __future__ import annotations

import pytest
from page_styles import reading_of

from pipelines.change import compare
from pipelines.edits import Change
from pipelines.noise_counts import still

MOVING = (
    ("Собрано 127 359 из 300 000 ₽", "Собрано 133 762 из 300 000 ₽"),
    ("Зібрано 124 049 з 300 000 грн — 41%", "Зібрано 133 522 з 300 000 грн — 44%"),
    ("Станьце з намі Сабрана 127 668 з 300 000 €", "Станьце з намі Сабрана 127 991 з 300 000 €"),
    ("€120,000 raised of €300,000 goal", "€123,400 raised of €300,000 goal"),
    ("282 osób już pomogło", "291 osób już pomogło"),
    ("120 people have donated", "126 people have donated"),
    ("Who is online: 195 guests and 11 members", "Who is online: 70 guests and 9 members"),
    ("Сейчас на сайте: 60 гостей и 10 пользователей", "Сейчас на сайте: 124 гостей и 19 пользователей"),
    ("Зараз на сайце: 69 гасцей і 7 карыстальнікаў", "Зараз на сайце: 153 гасцей і 15 карыстальнікаў"),
    ("Lower Log: 12 °C, wind 10 m/s", "Lower Log: -2 °C, wind 9 m/s"),
    ("What is 4 + 8?", "What is 2 + 7?"),
    ("Страница 1 из 3", "Страница 2 из 3"),
)
SAYING = (
    ("Срок: 5 лет", "Срок: 8 лет"),
    ("Собрано 3 тома дела", "Собрано 5 томов дела"),
    ("СИЗО-1", "СИЗО-2"),
    ("5 человек", "6 человек"),
    ("Page 3 of the indictment", "Page 4 of the indictment"),
    ("Собрано 127 359 из 300 000 ₽", "Собрано 127 359 из 500 000 ₽"),
)


@pytest.mark.parametrize(("before", "after"), MOVING)
def test_a_count_is_taken_out_of_its_line(before: str, after: str) -> None:
    assert still(before) == still(after)


@pytest.mark.parametrize(("before", "after"), SAYING)
def test_a_number_of_anything_else_stays(before: str, after: str) -> None:
    assert still(before) != still(after)


PROSE = (
    "<p>A court in the river town of Verkhny Plyos has sentenced a teacher to five years in a penal colony.</p>"
    "<p>On 12 February 2025 the teacher was detained in the staff room of his school, as the indictment tells.</p>"
)


def change_of(before: str, after: str, *, side: bool = True) -> Change:
    made = (
        f"<html><body><div><h1>The case of a teacher</h1>{PROSE}{'' if side else text}</div>"
        f"<aside>{text if side else ''}</aside></body></html>"
        for text in (before, after)
    )
    return compare(*map(reading_of, made))


def test_a_slogan_in_a_box_that_asks_for_gifts_turns() -> None:
    box = "<div><h4>{}</h4><p>Raised €120 of €900</p></div>"

    assert change_of(box.format("Become a monthly friend"), box.format("Every coin keeps us going")).kind == "noise"


def test_where_gifts_go_is_told() -> None:
    box = "<div><h4>{}</h4><p>Raised €120 of €900</p></div>"

    assert change_of(box.format("Account 40817 810 5"), box.format("Account 40817 810 6")).kind == "edited"


def test_a_quotation_beside_the_text_turns_and_one_of_whose_words_is_another_is_told() -> None:
    box = "<blockquote><p>{}</p></blockquote>"
    fear = box.format("Freedom begins where fear ends.")

    assert change_of(fear, box.format("Whoever keeps silent agrees by half.")).kind == "noise"
    assert change_of(fear, box.format("Freedom begins where hope ends.")).kind == "edited"


def test_the_last_lines_of_a_page_count_and_change() -> None:
    line = (
        "<p>Views: {} © 1999-2026 A centre of law <br> A page on {} that was made by hand, with a guest book below.</p>"
    )

    assert change_of(line.format(7_267, "rights"), line.format(7_301, "rights"), side=False).kind == "noise"
    assert change_of(line.format(7_267, "rights"), line.format(7_267, "duties"), side=False).kind == "edited"
    year = line.format(7_267, "rights")
    assert change_of(year, year.replace("2026", "2027"), side=False).kind == "noise"
    assert change_of(year, year.replace("2026", "2826"), side=False).kind == "edited"


@pytest.mark.parametrize("heading", ["Comments (12)", "Комментарии (12)", "Komentarze (12)"])
def test_other_comments_of_readers_are_none_of_the_page(heading: str) -> None:
    box = f"<section><h3>{heading}</h3><div><b>{{}}</b><p>{{}}</p></div></section>"

    assert change_of(box.format("Vera", "Stay strong!"), box.format("Olga", "Stay safe, all!")).kind == "noise"


def test_a_marquee_is_a_ticker() -> None:
    line = "<marquee>{}</marquee>"

    made = (
        f"<html><body>{line.format(text)}<h1>The case of a teacher</h1>{PROSE}</body></html>"
        for text in ("Breaking: a ferry is late in the north", "Live: a concert for the teacher")
    )
    assert compare(*map(reading_of, made)).kind == "noise"
