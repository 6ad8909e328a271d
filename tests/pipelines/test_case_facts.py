"""What a case page says beside its text is found when it changes; what moves by itself is not reported."""

from __future__ import annotations

import pytest
from page_styles import reading_of

from pipelines import furniture
from pipelines.change import compare
from pipelines.edits import Change

ARTICLE = "".join(
    f"<p>{line}</p>"
    for line in (
        "Klim Ostroverkhov, a geography teacher from Verkhnyaya Sosva, was detained on 9 June 2023 after a colleague"
        " reported his post to the police.",
        "The Sosva District Court found him guilty under Article 207.3 of the Criminal Code and sentenced him to a term"
        " in a general regime penal colony.",
        "His lawyer, Irina Beloselskaya, says that the court ignored the linguistic report that the defence had"
        " ordered. She has filed an appeal.",
    )
)
HEAD = "<!doctype html><html><head><title>The case of Klim Ostroverkhov</title></head><body>"
TITLE = "<h1>The case of Klim Ostroverkhov</h1>"


def change_of(page: str, before: str, after: str) -> Change:
    assert "@" in page
    return compare(*(reading_of(HEAD + page.replace("@", words) + "</body></html>") for words in (before, after)))


FACTS = {
    "a box beside the text": f"{TITLE}<aside class=infobox><dl><dt>Term</dt><dd>@ years</dd></dl></aside>{ARTICLE}",
    "a card in a sidebar": f"<div class=row><div class=col-8>{TITLE}{ARTICLE}</div><div class='col-4 sidebar'>"
    "<div class=card><p class=card-text><b>Term:</b> @ years</p></div></div></div>",
    "a number alone in a list of terms": f"{TITLE}<aside><dl><dt>Years</dt><dd>@</dd></dl></aside>{ARTICLE}",
    "a number in a row with its label": f"{TITLE}{ARTICLE}<div><div><div>Article</div><div>@</div></div></div>",
    "the article's own header": f"<div><header class=head>{TITLE}<p>Sentenced to @ years in a colony.</p></header>"
    f"<section>{ARTICLE}</section></div>",
    "a folded part": f"<article>{TITLE}{ARTICLE}</article><div style='display:none'><p>Appeal: term cut to @</p></div>",
    "a window": f"<main>{TITLE}{ARTICLE}</main><div class=modal role=dialog><p>Write to Colony no. @, Yaya</p></div>",
    "a tag": f"{TITLE}{ARTICLE}<div class=tags><span>Article @ of the Code</span></div>",
    "a heading that folds its section": f"{TITLE}{ARTICLE}<h2><button>Verdict: @ years</button></h2><p>More.</p>",
}


@pytest.mark.parametrize("page", FACTS.values(), ids=FACTS)
def test_a_number_that_changes_is_reported_wherever_a_case_page_says_it(page: str) -> None:
    change = change_of(page, "5", "8")

    assert change.kind == "edited"
    assert [edit.words for edit in change.reported if edit.level != "fact"] == [(("-5", "+8"),)]


def test_an_article_of_the_code_alone_in_a_block_is_no_counter() -> None:
    change = change_of(f"{TITLE}<aside><div>Article</div><div>@</div></aside>{ARTICLE}", "207.3", "280.3")

    assert [edit.words for edit in change.reported if edit.level != "fact"] == [(("-207.3", "+280.3"),)]


def test_a_fact_beside_the_text_that_is_wholly_other_is_one_edit() -> None:
    page = f"{TITLE}<aside><dl><dt>Place</dt><dd>@</dd></dl></aside>{ARTICLE}"

    change = change_of(page, "Penal colony no. 4, Yaya", "at large")

    assert [(edit.op, edit.before, edit.after) for edit in change.reported] == [
        ("edit", "Penal colony no. 4, Yaya", "at large")
    ]


NOISE = {
    "counts in one line": ("1 204 просмотра · 6 комментариев", "1 377 просмотров · 12 комментариев"),
    "visits of a day and in all": ("Посетителей сегодня: 3960 Всего: 348805", "Посетителей сегодня: 12 Всего: 348990"),
    "a page that was read": ("Страница просмотрена 834 раза", "Страница просмотрена 841 раз"),
    "people on the site": ("Зараз на сайце 77 чалавек", "Зараз на сайце 5 чалавек"),
    "readers now": ("4007 readers now", "12 readers now"),
    "hits": ("Hits: 8134", "Hits: 8135"),
    "an age": ("5 minutes ago", "2 hours ago"),
    "an age in Russian": ("5 минут назад", "3 часа назад"),
    "today": ("Сегодня 14 марта 2025 г. 12:33", "Сегодня 3 апреля 2025 г. 09:10"),
    "the time of making": ("Page generated in 0.481 s", "Page generated in 0.077 s"),
    "the time of making in Russian": ("Сгенерировано 1.03.2025 16:21", "Сгенерировано 15.03.2025 14:26"),
    "rates and weather": ("Погода<br>Москва -4°<br>$ 71,88<br>€ 94,69", "Погода<br>Москва 5°<br>$ 75,94<br>€ 91,64"),
    "a request's name": ("Request id 844512a38340", "Request id 095f2b33af0c"),
}


@pytest.mark.parametrize(("before", "after"), NOISE.values(), ids=NOISE)
@pytest.mark.parametrize(
    "page",
    [
        f"{TITLE}{ARTICLE}<div><div>@</div></div>",
        f"<main>{TITLE}{ARTICLE}</main><aside><div>@</div></aside>",
        f"<table><tr><td><div>@</div></td><td>{TITLE}{ARTICLE}</td></tr></table>",
    ],
    ids=["under the text", "aside", "cell"],
)
def test_what_moves_by_itself_is_noise_wherever_it_stands(page: str, before: str, after: str) -> None:
    assert change_of(page, before, after).kind == "noise"


def test_another_pages_teaser_beside_the_text_is_noise() -> None:
    page = f"<main>{TITLE}{ARTICLE}</main><aside><div><a href=/n>@</a></div></aside>"

    change = change_of(page, "Court postpones the librarians' hearing", "New searches carried out in three cities")

    assert change.kind == "noise"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("The video was seen by 12 000 people.", "The video was seen by 15 000 people."),
        ("5 prisoners", "8 prisoners"),
        ("Срок: 5 лет", "Срок: 8 лет"),
        ("Штраф 50 000 рублей", "Штраф 90 000 рублей"),
        ("Fined 500 euros", "Fined 900 euros"),
        ("Задержан 14 марта 2025 года", "Задержан 15 марта 2025 года"),
        ("Осталось 5 дней", "Осталось 8 дней"),
        ("ИК-5", "ИК-8"),
        ("Камера 5", "Камера 8"),
    ],
)
def test_numbers_that_do_not_move_by_themselves_stay(before: str, after: str) -> None:
    assert furniture.still(before) != furniture.still(after)


def test_a_paragraph_cut_in_two_beside_a_moving_counter_is_noise() -> None:
    page = f"{TITLE}{ARTICLE}<div>@</div>"
    one = "It refused to hear the pupils. The verdict came into force in spring.</div><div>12 views"
    other = "It refused to hear the pupils.</div><div>The verdict came into force in spring.</div><div>31 views"

    change = change_of(page, one, other)

    assert change.kind == "noise"
    assert "reblocked" in {edit.set_aside for edit in change.edits}


@pytest.mark.parametrize(
    ("title", "heading", "expected"),
    [
        ("Дело Артёма Полянского — Летопись", "Дело Артёма Полянского", "Дело Артёма Полянского"),
        ("Дело Артёма Полянского — Летопись", "Дело Артёма Полянская", "Дело Артёма Полянского"),
        ("Дело Артёма — учителя — Летопись", "Дело Артёма — учителя из Сосвы", "Дело Артёма — учителя"),
        ("Летопись", "Совсем другие слова", "Летопись"),
    ],
)
def test_the_title_is_without_the_sites_name_when_heading_and_title_differ(
    title: str, heading: str, expected: str
) -> None:
    reading = reading_of(f"<html><head><title>{title}</title></head><body><h1>{heading}</h1>{ARTICLE}</body></html>")

    assert reading.title == expected


def test_an_edited_heading_is_no_edit_of_the_title() -> None:
    page = HEAD.replace("</title>", " – Chronicle</title>") + "<h1>The case of @</h1>" + ARTICLE

    before, after = (reading_of(page.replace("@", name)) for name in ("Klim Ostroverkhov", "Klim Ostroverkhow"))

    assert [(edit.level, edit.words) for edit in compare(before, after).reported] == [
        ("main", (("-Ostroverkhov", "+Ostroverkhow"),))
    ]


@pytest.mark.parametrize(
    "notice",
    [
        "We use cookies. <button>Accept</button>",
        "This site uses necessary cookies to count its visitors, and by staying here you agree to that.",
        "Мы используем файлы cookie, чтобы сайт работал лучше.",
        "Сайт використовує cookies для статистики.",
        "Мы выкарыстоўваем файлы cookie.",
    ],
)
def test_a_notice_about_cookies_is_no_main_text_whatever_its_class(notice: str) -> None:
    page = f"{HEAD}<div class=alert>{notice}</div><div class=row><div>{TITLE}{ARTICLE}</div></div></body></html>"
    reading = reading_of(page)

    assert "ook" not in reading.text
    assert any("ook" in text for text in reading.texts("side"))


@pytest.mark.parametrize("label", ["prev next", "Total", "Просмотров:", "USD", "©"])
def test_the_days_of_a_calendar_are_read_in_no_time(label: str) -> None:
    days = " ".join(map(str, range(1, 120)))
    # tried in every division this would not end
    assert furniture.still(f"{label} {days}"[: furniture.STILL_LIMIT])
    assert furniture.still("1 234 567 views and 12.5 тыс. просмотров") == "\ufffc and \ufffc"
