"""Facts of a case go to the person they are said of, with their place; in doubt to nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.facts import cases, compare, misplaced, read
from pipelines.case import ABOUT, NOWHERE, CaseBlock, CaseFact, SiteFact, case_facts

SET = Path(__file__).parents[2] / "bench" / "reading_set" / "facts"


def page(*texts: str, language: str = "en", kind: str = "paragraph") -> list[CaseBlock]:
    return [
        CaseBlock(index, text, kind, "main", language, (), f"/html[1]/body[1]/p[{index + 1}]")
        for index, text in enumerate(texts)
    ]


def facts_of(*texts: str, title: str | None = None, language: str = "en") -> list[tuple[str | None, str, str]]:
    found = case_facts(page(*texts, language=language), title=title, language=language, told=())
    return [(fact.subject, fact.name, fact.value) for fact in found if not fact.name.startswith("name_")]


def test_every_fact_cites_the_words_at_its_place() -> None:
    blocks = page(
        "Klim Ostroverkhov was detained on 9 June 2023.",
        "On 5 May 2024 he was sentenced to five years in a general regime penal colony.",
    )

    facts = case_facts(blocks, title="The case of Klim Ostroverkhov", language="en", told=())

    assert ("Klim Ostroverkhov", "detained", "2023-06-09") in {(one.subject, one.name, one.value) for one in facts}
    assert all(blocks[one.block].text[one.start : one.end] == one.cited != "" for one in facts)


def test_a_pronoun_is_the_person_of_the_page() -> None:
    assert ("Klim Ostroverkhov", "sentence", "5 years") in facts_of(
        "He was sentenced to five years in prison.", title="Klim Ostroverkhov is a political prisoner"
    ) + facts_of("Klim Ostroverkhov is a teacher. He was sentenced to five years in prison.")


@pytest.mark.parametrize(
    "text",
    [
        "Klim Petrov and Oleg Sidorov met in 2020. He was sentenced to five years in prison.",
        "Klim Petrov's brother was sentenced to five years in prison.",
        "The wife of Klim Petrov was sentenced to five years in prison.",
        "The prosecutor asked to sentence Klim Petrov to five years in prison.",
        "Klim Petrov has not been sentenced to five years in prison.",
        "If convicted, Klim Petrov will be sentenced to five years in prison.",
        "“I was sentenced to five years in prison,” a neighbour told Klim Petrov.",
    ],
)
def test_nobody_is_given_a_term_in_doubt(text: str) -> None:
    assert [fact for fact in facts_of(text) if fact[1] == "sentence"] == []


def test_a_judge_who_sentences_is_not_sentenced() -> None:
    found = facts_of(
        "On 5 May 2024, judge Nelli Strizhova sentenced her to four years in prison.",
        title="The case of Marina Solntseva",
    ) + facts_of("Judge Nelli Strizhova sentenced Marina Solntseva to four years in prison.")

    assert {subject for subject, _, _ in found} <= {"Marina Solntseva"}
    assert ("Marina Solntseva", "sentence", "4 years") in found


def test_a_paragraph_about_another_does_not_leak() -> None:
    found = facts_of(
        "Klim Ostroverkhov teaches geography.",
        "Denis Orlov reported him to the police. He was sentenced to three years in prison.",
        title="The case of Klim Ostroverkhov",
    )

    assert ("Klim Ostroverkhov", "sentence", "3 years") not in found


def test_a_section_is_of_the_person_in_its_heading() -> None:
    blocks = [
        CaseBlock(0, "Who needs letters", "heading", "main", "en", (), "/h1[1]"),
        CaseBlock(1, "Anton Veselov", "heading", "main", "en", (), "/h2[1]"),
        CaseBlock(2, "Term: 7 years", "paragraph", "main", "en", (), "/p[1]"),
        CaseBlock(3, "Kira Lapina", "heading", "main", "en", (), "/h2[2]"),
        CaseBlock(4, "Term: 2.5 years", "paragraph", "main", "en", (), "/p[2]"),
    ]

    facts = case_facts(blocks, title="Who needs letters", language="en", told=())

    assert {(one.subject, one.value) for one in facts if one.name == "sentence"} == {
        ("Anton Veselov", "7 years"),
        ("Kira Lapina", "2.5 years"),
    }


def test_a_side_card_is_of_the_pages_person() -> None:
    blocks = [
        *page("Klim Ostroverkhov is a teacher."),
        CaseBlock(1, "Term", "cell", "side", "en", (), "/aside[1]/dl[1]/dt[1]"),
        CaseBlock(2, "5 years", "cell", "side", "en", (), "/aside[1]/dl[1]/dd[1]"),
    ]

    (fact,) = [
        one
        for one in case_facts(blocks, title="The case of Klim Ostroverkhov", language="en", told=())
        if one.name == "sentence"
    ]

    assert (fact.subject, fact.value, fact.block, fact.cited) == ("Klim Ostroverkhov", "5 years", 2, "5 years")


def test_a_menu_says_nothing() -> None:
    text = "Klim Ostroverkhov was sentenced to five years in prison."
    said = CaseBlock(0, text, "item", "side", "en", (), "/nav[1]", furniture=None)
    menu = CaseBlock(0, text, "item", "side", "en", (), "/nav[1]", furniture="related")

    assert case_facts([said], title=None, language="en", told=())
    assert case_facts([menu], title=None, language="en", told=()) == ()


def test_what_the_site_tells_stands_beside_and_once() -> None:
    told = (SiteFact(ABOUT, "Klim Ostroverkhov"), SiteFact("term", "5 years"), SiteFact("ward", "seven"))
    blocks = page("Klim Ostroverkhov serves 5 years.")

    facts = [one for one in case_facts(blocks, title=None, language="en", told=told) if one.by == "site"]

    assert facts == [
        CaseFact("Klim Ostroverkhov", "term", "5 years", "5 years", 0, 25, 32, "en", "site"),
        CaseFact("Klim Ostroverkhov", "ward", "seven", "seven", NOWHERE, 0, 0, "en", "site"),
    ]


def test_the_fuller_value_stands_alone() -> None:
    found = facts_of(
        "Klim Ostroverkhov was sentenced to five years in prison.",
        "Klim Ostroverkhov was sentenced to five years in a general regime penal colony.",
    )

    assert [fact[2] for fact in found if fact[1] == "sentence"] == ["5 years, general regime penal colony"]


def test_who_signed_a_letter_is_a_signatory_and_a_president_who_signs_a_bill_is_not() -> None:
    assert facts_of("The letter was signed by Klim Petrov, poet Anna Belskaya and Roman Gradov.") == [
        ("Klim Petrov", "named", "signatory"),
        ("Anna Belskaya", "named", "signatory"),
        ("Roman Gradov", "named", "signatory"),
    ]
    assert facts_of("The bill was signed by Pavel Durnev and Klim Petrov.") == []


def test_a_page_without_a_word_of_a_case_has_no_facts() -> None:
    assert facts_of("The harbour froze in January.", "Klim Petrov mended his boat.") == []


@pytest.mark.parametrize("language", ["en", "ru", "uk", "be"])
def test_the_made_up_pages_are_read(language: str) -> None:
    truth = found = surplus = 0
    for case in cases(SET):
        if case.name.startswith(language):
            reading = read(case.markup)
            right, missing, wrong = compare(case.truth, reading.facts)
            truth, found, surplus = truth + len(right) + len(missing), found + len(right), surplus + len(wrong)
            assert misplaced(reading) == []

    assert found >= 0.9 * truth
    assert surplus <= 0.03 * found


def test_cards_of_several_persons_are_each_persons_own() -> None:
    cards = [("Anton Veselov", "3 June 2023", "4 years"), ("Kira Lapina", "5 June 2023", "2.5 years")]
    blocks = [CaseBlock(0, "Prisoners", "heading", "main", "en", (), "/h1[1]")]
    for number, (name, day, term) in enumerate(cards, 1):
        for line, text in enumerate((name, f"Detained on {day}", f"{term} in a penal colony"), 1):
            path = f"/div[{number}]/p[{line}]"
            blocks.append(CaseBlock(len(blocks), text, "paragraph", "main", "en", (), path))

    facts = case_facts(blocks, title="Prisoners", language="en", told=())

    assert {(one.subject, one.value) for one in facts if one.name == "sentence"} == {
        ("Anton Veselov", "4 years, penal colony"),
        ("Kira Lapina", "2.5 years, penal colony"),
    }
    assert {(one.subject, one.value) for one in facts if one.name == "detained"} == {
        ("Anton Veselov", "2023-06-03"),
        ("Kira Lapina", "2023-06-05"),
    }


def test_terms_said_in_order_go_to_persons_in_order() -> None:
    found = facts_of(
        "Ivan Belov, Anna Grekova and Oleg Sidorov were sentenced to 10, 9 and 7 years in prison respectively."
    )

    assert {(fact[0], fact[2]) for fact in found if fact[1] == "sentence"} == {
        ("Ivan Belov", "10 years"),
        ("Anna Grekova", "9 years"),
        ("Oleg Sidorov", "7 years"),
    }


def test_what_is_put_to_those_who_took_someone_away_is_not_put_to_that_one() -> None:
    """Suspicion of another country's code, announced to the occupiers, is not the prisoner's."""
    facts = facts_of(
        "Суд засудив Мирослава Довганя до 11 років колонії за ст. 276 КК РФ.",
        "В Україні окупантам, які його викрали, заочно повідомили про підозру за ч. 1 ст. 438 КК України.",
        language="uk",
    )

    assert [value for _, name, value in facts if name == "article"] == ["276 УК РФ"]


def test_a_street_that_bears_a_name_takes_no_letters() -> None:
    facts = facts_of(
        "Адреса для листів: 344022, м. Ростов-на-Дону, вул. Максима Горького, 219, СІЗО-1, Гриценку Богдану Олеговичу",
        language="uk",
    )

    assert {subject for subject, name, _ in facts if name == "letter_address"} == {"Гриценко Богдан Олегович"}


def test_a_list_may_cite_the_article_before_the_term() -> None:
    facts = facts_of("Баранчук Юрый Пятровіч — ч. 1 арт. 342 КК, 2,5 гады калоніі", language="be")

    assert ("Баранчук Юрый Пятровіч", "sentence", "2.5 years, penal colony") in facts
    assert ("Баранчук Юрый Пятровіч", "article", "342 ч. 1 КК") in facts


def test_who_dies_in_a_prison_was_there() -> None:
    facts = facts_of("У СІЗО-3 помер політв'язень Василь Дзюбенко.", language="uk")

    assert ("Василь Дзюбенко", "place", "СІЗО-3") in facts
    assert ("Василь Дзюбенко", "stage", "died") in facts


def test_a_verb_said_once_gives_each_named_person_a_term() -> None:
    facts = facts_of(
        "Мінскі гарадскі суд завочна прысудзіў Дзяніса Каралёва да 12 гадоў пазбаўлення волі,"
        " Надзею Стральчэню — да 10 гадоў пазбаўлення волі, а Уладзіслава Кахно — да 11 гадоў калоніі.",
        language="be",
    )

    assert {(subject, value) for subject, name, value in facts if name == "sentence"} == {
        ("Дзяніс Каралёў", "12 years"),
        ("Надзея Стральчэня", "10 years"),
        ("Уладзіслаў Кахно", "11 years, penal colony"),
    }


def test_what_stands_behind_a_judge_is_not_of_the_judge() -> None:
    facts = facts_of(
        "Суд прызнаў вінаватай мастачку Ядвігу Саковіч. Справу разглядала суддзя Вольга Кісялёва."
        " Жанчыну судзілі паводле ч. 1 арт. 342 КК РБ.",
        language="be",
    )

    assert "Вольга Кісялёва" not in {subject for subject, _, _ in facts}
