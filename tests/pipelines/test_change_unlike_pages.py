"""What moves by itself on pages of many builds: counts glued to a date, polls in one line, ages in other languages."""

from __future__ import annotations

from itertools import pairwise

import pytest
from page_styles import reading_of

from pipelines import furniture
from pipelines.change import compare

SENTENCES = (
    "Orin Talbeck kept the clock of the old town hall.",
    "He was detained on 4 May 2025 near the ferry pier.",
    "The district court heard three witnesses in March.",
    "His lawyer was not admitted to the first hearing.",
    "The verdict was read to an empty room on a Friday.",
)


def page(beside: str = "", lines: tuple[str, ...] = SENTENCES, picture: str = "") -> str:
    body = "".join(f"<div class='x{n}'>{line}</div>" for n, line in enumerate(lines))
    return f"<html><body><div><div><h1>Orin Talbeck</h1>{picture}{body}</div><div>{beside}</div></div></body></html>"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("5 мая 2025Просмотров: 12", "5 мая 2025Просмотров: 340"),
        ("5 мая 2025 Просмотров: 12", "5 мая 2025 Просмотров: 340"),
        ("27 чалавек падзяліліся", "31 чалавек падзяліліся"),
        ("15 people shared", "19 people shared"),
        ("USD 93.26 · BTC 66319", "USD 93.63 · BTC 67 052"),
        ("Да: 50 (41%)", "Да: 53 (44%)"),
        ("1. Да [ 50 ] 2. Нет [ 33 ]", "1. Да [ 53 ] 2. Нет [ 34 ]"),
        ("Poll: do you write letters? Yes 50 No 33", "Poll: do you write letters? Yes 53 No 33"),
        ("5 minutes agoCourt adjourns", "11 minutes agoCourt adjourns"),
        ("5 godzin temu Sąd", "6 godzin temu Sąd"),
        ("5 saat əvvəl", "6 saat əvvəl"),
        ("5 сағат бұрын", "6 сағат бұрын"),
        ("5 საათის წინ", "6 საათის წინ"),
        ("5 ժամ առաջ", "6 ժամ առաջ"),
    ],
)
def test_what_moves_by_itself_is_equal_without_it(before: str, after: str) -> None:
    assert before != after
    assert furniture.still(before) == furniture.still(after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("5 мая 2025 Просмотров: 12", "5 мая 2024 Просмотров: 12"),
        ("5 мая 2025Views: 12", "6 мая 2025Views: 12"),
        ("Опрос: 55 % жителей читают приговоры", "Опрос: 58 % жителей читают приговоры"),
        ("Срок: 5 лет [ 2 ]", "Срок: 8 лет [ 2 ]"),
        ("1. Глава 5", "1. Глава 8"),
    ],
)
def test_a_date_or_a_term_beside_a_count_stays(before: str, after: str) -> None:
    assert furniture.still(before) != furniture.still(after)


def test_teasers_that_turn_over_beside_an_article_of_short_paragraphs_are_noise() -> None:
    def teasers(*heads: str) -> str:
        items = "".join(f"<div><a href='/n/{len(head)}-{head[0]}'>{head}</a></div>" for head in heads)
        return f"<div>Oxşar</div>{items}"

    before = page(teasers("Old lighthouse found in the harbour", "Choir rehearses in the rain again"))
    after = page(teasers("Clock museum is closed for repairs", "Lawyers discuss new visiting rules"))

    change = compare(reading_of(before), reading_of(after))

    assert change.kind == "noise", change.reported


@pytest.mark.parametrize("lazy", ["1", "true", "lazy"])
def test_a_picture_is_where_its_address_says_not_where_a_flag_does(lazy: str) -> None:
    before, after = (page(picture=f"<img data-lazy='{lazy}' src='/files/{name}.jpg' alt=''>") for name in "ab")

    change = compare(reading_of(before), reading_of(after))

    assert [edit.field for edit in change.edits] == ["picture"]


NAMES = (
    "Ada Pell",
    "Bruno Castell",
    "Daria Whitcombe",
    "Edgar Mallory",
    "Fiona Grantley",
    "Gideon Sparrow",
    "Ivo Dale",
)


def numbered(names: tuple[str, ...], link: str) -> str:
    items = "".join(f"<li><a href='{link.format(n)}'>{name}</a></li>" for n, name in enumerate(names))
    lead = "<h1>Prisoners</h1><p>The list is kept by volunteers.</p>"
    return f"<html><body><main>{lead}<ul>{items}</ul></main></body></html>"


@pytest.mark.parametrize("link", ["/p/{}", "?n={}", "#p{}", "/p/{}.html"])
@pytest.mark.parametrize("place", [0, 2, 5, 6])
def test_who_is_gone_is_told_where_links_go_by_the_place_in_the_list(link: str, place: int) -> None:
    left = NAMES[:place] + NAMES[place + 1 :]

    change = compare(reading_of(numbered(NAMES, link)), reading_of(numbered(left, link)))

    of_list = [(edit.op, edit.before) for edit in change.reported if edit.level == "list"]
    assert of_list == [("remove", NAMES[place])]


def test_links_that_are_numbered_anew_are_not_told_one_by_one() -> None:
    left = NAMES[:1] + NAMES[2:]

    change = compare(reading_of(numbered(NAMES, "/p/{}")), reading_of(numbered(left, "/p/{}")))

    assert [edit.level for edit in change.reported] == ["list"]
    assert "addresses rewritten" in {edit.set_aside for edit in change.edits}


def test_documents_with_other_numbers_are_told_each() -> None:
    change = compare(
        reading_of(numbered(NAMES, "/files/verdict-{}.pdf")), reading_of(numbered(NAMES[1:], "/files/verdict-{}.pdf"))
    )

    assert sum(edit.field == "link" for edit in change.reported) == len(NAMES) - 1


@pytest.mark.parametrize(("term", "told"), [("5 years", False), ("8 years", True)])
def test_a_term_that_changed_with_the_template_is_told(term: str, told: bool) -> None:
    menu = "".join(f"<a href='/{word}'>{word}</a> | " for word in ("News", "Cases", "People", "Contact"))
    paragraphs = [f"{one} {other}" for one, other in pairwise(SENTENCES)]
    text = "".join(f"<p><font>{line}</font></p>" for line in paragraphs)
    facts = "<p><b>Born:</b> 8 May 1976<br><b>Held in:</b> Remand Centre 4<br><b>Sentence:</b> 5 years</p>"
    before = f"<html><body><center><font>Orin Talbeck</font><br>{menu}</center><hr>{text}{facts}</body></html>"
    rows = (("Born", "8 May 1976"), ("Held in", "Remand Centre 4"), ("Sentence", term))
    items = "".join(f"<li><b>{label}</b> {value}</li>" for label, value in rows)
    links = "".join(f"<li><a href='/{word}'>{word}</a></li>" for word in ("Start", "Cases", "People", "Help"))
    lines = "".join(f"<div><div><span>{line}</span></div></div>" for line in paragraphs)
    top = f"<nav><ul>{links}</ul></nav><article><header><h1>Orin Talbeck</h1></header>"
    after = f"<html><body>{top}<section>{lines}</section><ul>{items}</ul></article></body></html>"

    change = compare(reading_of(before), reading_of(after))

    assert any("8 years" in (edit.after or "") for edit in change.reported) is told


def test_a_paragraph_among_lines_parted_by_breaks_is_told_though_a_counter_stands_among_them() -> None:
    lines = (
        "Суд отправил учителя географии под стражу на два месяца и запретил ему звонить родным.",
        "Адвокат подал жалобу: обыск шёл ночью, понятых привезли с собой, протокола никто не видел.",
        "Следующее заседание назначено на четверг, пройдёт оно в закрытом режиме и без слушателей.",
    )

    def page(*paragraphs: str) -> str:
        text = "<br><br>".join(paragraphs)
        return f"<body><div><h1>Дело учителя</h1><div>{text}<br><br><small>Просмотров: 1204</small></div></div></body>"

    gone = compare(reading_of(page(*lines)), reading_of(page(lines[0], lines[2])))
    come = compare(reading_of(page(lines[0], lines[2])), reading_of(page(*lines)))

    assert [(edit.op, edit.before) for edit in gone.reported] == [("remove", lines[1])]
    assert [(edit.op, edit.after) for edit in come.reported] == [("add", lines[1])]


@pytest.mark.parametrize(("after", "told"), [("[3]", False), ("[4] [5]", True), (" in 3 days.[2]", True), ("", True)])
def test_footnotes_that_are_numbered_anew_say_nothing_else(after: str, told: bool) -> None:
    before, later = (page(lines=(*SENTENCES[:-1], SENTENCES[-1] + note)) for note in ("[2]", after))

    assert (compare(reading_of(before), reading_of(later)).kind == "edited") is told


@pytest.mark.parametrize("end", [".", ".[2]", ".”", "?)", ".»"])
def test_a_number_in_a_sentence_is_no_counter_whatever_stands_behind_its_full_stop(end: str) -> None:
    before, after = (
        page(lines=(*SENTENCES, f"The prosecutor read {number} comments to the court{end}")) for number in (11, 14)
    )

    assert compare(reading_of(before), reading_of(after)).kind == "edited"
