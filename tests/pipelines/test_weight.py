"""How much an edit weighs, in four languages, and that each weight is what its reasons make."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.kinds import ChangeKind
from pipelines.diff import changed_words, word_diff
from pipelines.edits import Edit, EditLevel, Op
from pipelines.weight import (
    BLOCK,
    EVENTS,
    FACT_ONE_SIDED,
    NEGATIONS,
    REST,
    REST_SHARE,
    SIDE,
    SIGNALS,
    STEMS,
    combine,
    event_weight,
    weigh_edits,
    words_for,
)

GUIDE = Path(__file__).parents[2] / "docs" / "changes.md"


def edited(before: str, after: str, level: EditLevel = "main") -> Edit:
    words = tuple(tuple(pair) for pair in changed_words(word_diff(before, after)))
    return Edit("edit", level, before, after, words)


def came(text: str, level: EditLevel = "main") -> Edit:
    return Edit("add", level, None, text, (("+" + text,),))


def gone(text: str, level: EditLevel = "main") -> Edit:
    return Edit("remove", level, text, None, (("-" + text,),))


def weight(*edits: Edit, words: int = 400) -> float:
    return weigh_edits(edits, words)[0]


def reasons(*edits: Edit) -> dict[str, float]:
    return {reason.name: reason.value for reason in weigh_edits(edits, 400)[1]}


BOILERPLATE = (
    came("Мы используем файлы cookie, чтобы сайт работал. Подробнее о том, как мы их храним.", "side"),
    gone("Support us: every donation of 10 euros helps to write 3 letters", "side"),
    edited("Читайте также: новости за 5 мая", "Читайте также: новости за 6 мая", "side"),
    edited("Анна Зимина: «Мы ждём»", "Пётр Лужин: «Мы пишем»", "side"),
    edited("Кто был освобождён сегодня", "Кто был задержан вчера", "side"),
)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Её приговорили к 7 годам колонии", "Её приговорили к 2 годам колонии"),
        ("Срок: 7 лет", "Срок: 2 года"),
        ("Срок — семь лет", "Срок — восемь лет"),
        ("sentenced to five years in prison", "sentenced to eight years in prison"),
        ("an 18-month term", "a 24-month term"),
        ("засуджена до п'яти років", "засуджена до семи років"),
        ("асуджаны на 5 гадоў", "асуджаны на 8 гадоў"),
        ("арестован на 15 суток", "арестован на 30 суток"),
    ],
)
def test_a_term_that_becomes_another_outranks_any_boilerplate(before: str, after: str) -> None:
    assert "term" in reasons(edited(before, after))
    assert weight(edited(before, after)) >= 0.9 > weight(*BOILERPLATE)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("к семи годам", "к семь годам"),
        ("срок 7 лет", "срок 7 годам"),
        ("это было 5 лет назад", "это было 6 лет назад"),
        ("it was 5 years ago", "it was 6 years ago"),
        ("на п'ять років", "на п’ять років"),
    ],
)
def test_another_case_an_apostrophe_and_years_ago_are_no_other_term(before: str, after: str) -> None:
    assert "term" not in reasons(edited(before, after))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("He admits his guilt", "He does not admit his guilt"),
        ("She did plead guilty", "She didn't plead guilty"),
        ("Вину признал", "Вину не признал"),
        ("Свидания без стекла запрещены", "Свидания запрещены"),
        ("Суд счёл арест законным", "Суд счёл арест незаконным"),
        ("Провину визнала", "Провину не визнала"),
        ("Має адвоката", "Немає адвоката"),
        ("Віну прызнае", "Віну ня прызнае"),
        ("The arrest was lawful", "The arrest was unlawful"),
    ],
)
def test_a_negation_that_comes_or_goes_weighs_like_a_name(before: str, after: str) -> None:
    for edit in (edited(before, after), edited(after, before)):
        assert "negation" in reasons(edit)
        assert weight(edit) >= 0.85


def test_a_numbered_thing_is_no_negation() -> None:
    assert "negation" not in reasons(edited("held in prison camp", "held in prison camp No. 5"))


@pytest.mark.parametrize(
    ("before", "after", "name"),
    [
        ("Дело Марии Лужицкой и Анны Зиминой", "Дело Анны Зиминой", "name-gone"),
        ("The case of Maria Luzhitskaya", "The case of Maria Luzhitskaya and Pavel Zimin", "name-new"),
        ("Судить будут Марию Лужицкую", "Судить будут Анну Зимину", "name-gone"),
        ("Справа Марії Лужицької", "Справа Ганни Зіминої", "name-gone"),
        ("Дело Марии Лужицкой и её дочери", "Дело Анны Лужицкой и её дочери", "name-gone"),
        (
            "Судят Марию Лужицкую. " + "Слово. " * 60 + "Суд.",
            "Судят Анну Зимину. " + "Слово. " * 60 + "Суд.",
            "name-gone",
        ),
        ("Он живёт теперь в Казани", "Он живёт теперь в Уфе", "proper-name"),
        ("Его задержали вчера", "Его освободили вчера", "freed"),
        ("Його затримали", "Його звільнили", "freed"),
        ("Яго затрымалі", "Яго вызвалілі", "freed"),
        ("He was held in a hospital", "He died in a hospital", "died"),
        ("Он находится в палате", "Он умер в палате", "died"),
        ("Её привели в суд", "Её осудили в суд", "sentenced"),
        ("В камере холодно", "В камере пытки", "harm"),
        ("12 мая", "15 мая", "number"),
        ("у неё трое детей и пять внуков", "у неё трое детей и шесть внуков", "number"),
    ],
)
def test_what_the_words_tell_is_named(before: str, after: str, name: str) -> None:
    assert name in reasons(edited(before, after))


def test_a_name_that_still_stands_elsewhere_in_the_block_is_not_gone() -> None:
    before = "Мария Лужицкая и Пётр Зимин были в суде. " + "Слово за словом. " * 20 + "Судья слушал Марию Лужицкую."
    after = "Пётр Зимин был в суде. " + "Слово за словом. " * 20 + "Судья слушал Марию Лужицкую."

    assert "name-gone" not in reasons(edited(before, after))


def test_another_ending_is_neither_another_name_nor_another_stage() -> None:
    assert reasons(edited("дело Марии Лужицкой", "дело Мария Лужицкая")).keys() <= {"text", "size", "proper-name"}
    assert reasons(edited("он был осуждён", "она была осуждена")).keys() == {"text", "size"}


def test_dots_over_yo_alone_are_no_word_of_a_stage() -> None:
    assert reasons(edited("он освобождён", "он освобожден")).keys() == {"text", "size"}


def test_a_name_that_disappears_from_a_list_is_the_top_event() -> None:
    one = Edit("remove", "list", "Мария Лужицкая, 1990", None, subject="Мария Лужицкая", field="/1")
    every = [SIGNALS[name].value for name in SIGNALS if name != "list-gone"]

    assert weight(one) >= 0.95
    assert weight(one) > max(every)
    assert weight(one) > max(signal.value for signal in EVENTS.values())


def test_facts_come_in_their_order() -> None:
    def fact(field: str, before: str, after: str) -> float:
        return weight(Edit("edit", "fact", before, after, field=field, subject="Maria Luzhitskaya"))

    order = [
        fact("stage", "sentenced", "died"),
        fact("stage", "remanded in custody", "released"),
        fact("stage", "on trial", "sentenced"),
        fact("sentence", "5 years", "8 years"),
        fact("stage", "detained", "charged"),
        fact("article", "541", "542"),
        fact("place", "A", "B"),
        fact("verdict_date", "2024-01-01", "2024-01-02"),
        fact("birth_year", "1990", "1991"),
        fact("something", "a", "b"),
    ]

    assert order == sorted(order, reverse=True)
    assert len(set(order)) == len(order)


def test_a_fact_that_came_or_went_weighs_less_than_one_that_became_another() -> None:
    other = weight(Edit("edit", "fact", "5 years", "8 years", field="sentence"))

    assert 0.8 < weight(Edit("remove", "fact", "5 years", None, field="sentence")) < other


def test_a_stage_that_came_weighs_as_one_that_became_another() -> None:
    came = weight(Edit("add", "fact", None, "released", field="stage"))

    assert came == weight(Edit("edit", "fact", "sentenced", "released", field="stage"))
    assert came > weight(Edit("remove", "fact", "released", None, field="stage"))


def test_the_main_text_weighs_more_than_what_stands_beside_it() -> None:
    for before, after in (("one word here", "one thing here"), ("срок 5 лет", "срок 8 лет"), ("он жив", "он умер")):
        assert weight(edited(before, after)) > 1.5 * weight(edited(before, after, "side"))


def test_what_is_no_word_weighs_little_and_a_document_more() -> None:
    def link(before: str, after: str, field: str = "link") -> float:
        return weight(Edit("edit", "main", before, after, field=field))

    document = link("https://example.org/verdict.pdf", "https://example.org/other.pdf")
    other = link("https://example.org/a", "https://example.org/b")
    heading = link("h2", "h3", "heading")

    assert heading < other < document < weight(edited("срок 5 лет", "срок 8 лет"))


def test_a_move_weighs_less_than_a_word() -> None:
    text = "Суд приговорил её к 5 годам"

    assert weight(Edit("move", "main", text, text)) < weight(edited("one word", "one thing"))


def test_a_page_that_is_rewritten_weighs_more_than_a_line_of_it() -> None:
    line = edited("one word here", "one thing here")
    page = edited(" ".join(["alpha"] * 100), " ".join(["omega"] * 100))

    assert weight(page, words=200) > weight(line, words=200)


texts = st.sampled_from(
    [
        *(
            "Её приговорили к 7 годам колонии",
            "Её приговорили к 2 годам",
            "He is not guilty",
            "He is guilty",
            "",
            "12 мая",
        ),
        *("Мария Лужицкая", "Анна Зимина, 1990", "Он умер", "Он освобождён", "Його не звільнили", "Яго вызвалілі"),
        *("ё", "е", "й", "и", "a b c", "слово за слово", "п'ять років", "document.pdf", "2024"),
    ]
)
any_edit = st.builds(
    lambda op, level, before, after, field, subject: Edit(
        op,
        level,
        None if op == "add" else before,
        None if op == "remove" else after,
        tuple(tuple(pair) for pair in changed_words(word_diff(before, after))),
        field=field,
        subject=subject,
    ),
    st.sampled_from(get_args(Op)),
    st.sampled_from(get_args(EditLevel)),
    texts,
    texts,
    st.sampled_from([None, "link", "picture", "heading", "title", "sentence", "stage", "translation", "payload"]),
    st.sampled_from([None, "Мария Лужицкая"]),
)


@settings(deadline=None)
@given(st.lists(any_edit, min_size=1, max_size=6), st.integers(0, 1000), st.booleans())
def test_the_reasons_make_exactly_the_weight(edits: list[Edit], words: int, template: bool) -> None:
    found, why = weigh_edits(edits, words, template=template)

    ordered = sorted((reason.value for reason in why), reverse=True)
    heaviest, rest = ordered[0], sum(ordered[1:])
    assert found == round(heaviest + (1 - heaviest) * min(0.2, rest / 10), 4)
    assert 0 < found <= 1
    assert len({reason.name for reason in why}) == len(why)
    assert all(0 < reason.value <= SIGNALS[reason.name].value for reason in why)


@settings(deadline=None)
@given(st.lists(any_edit, min_size=1, max_size=5), any_edit, st.integers(0, 5))
def test_another_edit_never_makes_a_change_weigh_less(edits: list[Edit], another: Edit, place: int) -> None:
    more = [*edits[:place], another, *edits[place:]]

    assert weight(*more) >= weight(*edits)


@settings(deadline=None)
@given(st.lists(any_edit, min_size=1, max_size=5), st.randoms())
def test_the_order_of_the_edits_does_not_matter(edits: list[Edit], random: object) -> None:
    assert weight(*edits) == weight(*reversed(edits))


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), max_size=12))
def test_no_number_of_small_things_outweighs_a_great_one(small: list[float]) -> None:
    below = [value * 0.5 for value in small]

    assert combine(below) < 0.65
    assert combine([0.9, *below]) >= 0.9


def test_every_kind_of_event_has_a_weight_and_its_reason() -> None:
    events = {"gone", "soft-404", "redirected-home", "moved", "blocked", "unreachable", "replaced", "back"}
    assert events <= {kind.value for kind in ChangeKind}

    for kind in events:
        found, why = event_weight(kind)
        assert combine(reason.value for reason in why) == found
    assert event_weight("gone", status=410)[0] > event_weight("gone", status=404)[0] >= 0.9
    assert event_weight("blocked", status=451)[0] > event_weight("blocked", status=403)[0] == 0.7
    assert event_weight("unreachable", status=503)[0] == 0.5


def test_every_reason_can_be_said_in_words() -> None:
    assert all(words_for(name) != name for name in (*SIGNALS, *EVENTS))
    assert words_for("of a later version") == "of a later version"


def test_every_table_of_words_has_all_four_languages() -> None:
    for table in (NEGATIONS, *STEMS.values()):
        assert table.keys() == {"en", "ru", "uk", "be"}


@pytest.mark.parametrize("language", ["en", "ru", "uk", "be"])
def test_every_negation_of_the_table_is_one(language: str) -> None:
    for word in NEGATIONS[language].split():
        assert "negation" in reasons(edited("слово here", f"{word} слово here")), word


def test_the_guide_has_the_whole_model() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    told = {name: float(value) for name, value in re.findall(r"^\| `([a-z0-9-]+)` \| (0\.\d+) \|", text, re.M)}

    assert told == {name: signal.value for name, signal in {**SIGNALS, **EVENTS}.items()}
    assert not SIGNALS.keys() & EVENTS.keys()
    assert f"min({REST}, {REST_SHARE} · (sum of the other values))" in text
    assert f"main text counts for {SIDE} of" in text
    assert f"{BLOCK} of the same" in text.replace("\n", " ")
    assert f"counts for {FACT_ONE_SIDED} of" in text
