"""Changes said in the terms of the case: a term, a stage, a place, an article; and no change where words stay."""

from __future__ import annotations

import pytest
from list_makes import page
from page_styles import ARTICLE, STYLES, reading_of

from pipelines.change import compare
from pipelines.change_facts import fact_edits
from pipelines.edits import Edit

CARDS = {
    "en": ("Arseny Polyansky", "Term", "5 years in a penal colony", "8 years in a penal colony"),
    "ru": ("Арсений Полянский", "Срок", "5 лет колонии", "8 лет колонии"),
    "uk": ("Арсен Полянський", "Термін", "5 років колонії", "8 років колонії"),
    "be": ("Арсень Палянскі", "Тэрмін", "5 гадоў калоніі", "8 гадоў калоніі"),
}


def facts(before: str, after: str) -> list[Edit]:
    return fact_edits(reading_of(before), reading_of(after))


def card(language: str, value: str, *, table: bool = False) -> str:
    name, label, *_ = CARDS[language]
    made = f"<tr><td>{label}</td><td>{value}</td></tr>" if table else f"<dt>{label}</dt><dd>{value}</dd>"
    return page(f"<h2>{name}</h2><{'table' if table else 'dl'}>{made}</{'table' if table else 'dl'}>", language)


@pytest.mark.parametrize("table", [True, False])
@pytest.mark.parametrize("language", sorted(CARDS))
def test_another_term_in_a_card_is_that_fact_changed(language: str, table: bool) -> None:
    name, _, old, new = CARDS[language]

    found = facts(card(language, old, table=table), card(language, new, table=table))

    [edit] = [one for one in found if one.field == "sentence"]
    assert (edit.op, edit.level, edit.subject) == ("edit", "fact", name)
    assert (edit.before or "").startswith("5 years")
    assert (edit.after or "").startswith("8 years")
    assert edit.words == ((f"-{old}", f"+{new}"),) or (edit.words[0][0].startswith("-5"))


def edited(old: str, new: str) -> tuple[str, ...]:
    lines = tuple(line.replace(old, new) for line in ARTICLE)
    assert lines != ARTICLE
    return lines


def test_another_term_in_a_sentence_is_that_fact_changed_and_that_word() -> None:
    style = STYLES["semantic"]
    change = compare(
        reading_of(style()),
        reading_of(style(edited("it sentenced him to five years", "it sentenced him to eight years"))),
    )

    told = [(edit.level, edit.field, edit.before, edit.after) for edit in change.reported if edit.level == "fact"]
    assert told == [
        ("fact", "sentence", "5 years, general regime penal colony", "8 years, general regime penal colony")
    ]
    assert [edit.words for edit in change.reported if edit.level == "main"] == [(("-five", "+eight"),)]


def test_an_article_more_is_added() -> None:
    style = STYLES["semantic"]
    lines = edited("(Article 541, Part 2)", "(Article 541, Part 2, and Article 542, Part 1)")

    found = facts(style(), style(lines))

    assert [(edit.op, edit.field, edit.after) for edit in found if edit.field == "article"] == [
        ("add", "article", "542 ч. 1")
    ]


def test_a_moved_paragraph_changes_no_fact() -> None:
    for style in STYLES.values():
        moved = (*ARTICLE[:4], ARTICLE[6], *ARTICLE[4:6], *ARTICLE[7:])

        assert facts(style(), style(moved)) == []


@pytest.mark.parametrize("old", STYLES)
@pytest.mark.parametrize("new", STYLES)
def test_another_make_of_the_page_changes_no_fact(old: str, new: str) -> None:
    assert facts(STYLES[old](), STYLES[new]()) == []


def test_a_card_in_another_make_changes_no_fact() -> None:
    name, label, value, _ = CARDS["ru"]
    one = page(f"<h2>{name}</h2><p>{label}: {value}</p>", "ru")
    other = page(f"<h2>{name}</h2><div><span>{label}</span><span>{value}</span></div>", "ru")

    assert facts(card("ru", value), one) == []
    assert facts(one, other) == []


def test_a_term_that_another_person_has_too_is_told_of_the_one() -> None:
    def rows(first: str, second: str) -> str:
        cells = "".join(
            f"<tr><td>{name}</td><td>{term}</td></tr>"
            for name, term in (("Arseny Polyansky", first), ("Oksana Dubrovenko", second))
        )
        return page(f"<table><tr><th>Name</th><th>Sentence</th></tr>{cells}</table>")

    found = facts(rows("5 years", "5 years"), rows("8 years", "5 years"))

    assert [(edit.op, edit.subject, edit.before, edit.after) for edit in found if edit.field == "sentence"] == [
        ("edit", "Arseny Polyansky", "5 years", "8 years")
    ]


def test_a_name_in_another_spelling_keeps_its_facts() -> None:
    _, label, value, _ = CARDS["ru"]
    one = page(f"<h2>Семён Полянский</h2><dl><dt>{label}</dt><dd>{value}</dd></dl>", "ru")

    assert [
        edit for edit in facts(one, one.replace("Семён", "Семен")) if not (edit.field or "").startswith("name")
    ] == []


def test_pages_without_facts_have_none_that_changed() -> None:
    assert facts(page("<p>The committee met.</p>"), page("<p>The committee did not meet.</p>")) == []


def test_a_fact_in_a_teaser_that_turned_over_is_none_of_the_page() -> None:
    def of(*teasers: str) -> str:
        links = "".join(f'<article><h3><a href="/n/{len(one)}">{one}</a></h3></article>' for one in teasers)
        return (
            "<body><article><h1>Глеб Ясеневич</h1><p>Глеб Ясеневич много лет вёл летопись речного вокзала и собирал "
            "открытки с видами причала.</p><p>В городе его знают: он чинил лодки, учил детей вязать узлы и писал в "
            "газету о том, как замерзает река.</p><p>Соседи помнят, что по вечерам он играл на аккордеоне, а зимой "
            f"расчищал снег у всех ворот на улице.</p></article><div class='posts'>{links}</div></body>"
        )

    others = ("Как передать книги в колонию зимой", "Что изменилось в письмах за этот год")
    before = of("Суд приговорил художницу к пяти годам", *others)
    after = of(others[1], "Кто считает мосты через реку весной", "Голодовка в колонии под Ухтой окончена")

    change = compare(reading_of(before), reading_of(after))

    assert {edit.field for edit in change.edits if edit.level == "fact"} == {"stage", "sentence"}
    assert change.kind == "noise"
