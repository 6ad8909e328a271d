from __future__ import annotations

import time
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.spans import FLOOR, addresses, measure, sentences
from pipelines.language import Judgement
from pipelines.spans import FOREIGN, PageLanguages, by_letters, runs

TEXTS = sentences(None)
ADDRESSES = addresses()


def paragraphs(language: str) -> list[str]:
    own = TEXTS[language]
    return [" ".join(own[place : place + 2]) for place in range(0, len(own), 2)]


def told(languages: PageLanguages, text: str, *, side: bool = False) -> list[tuple[str, str]]:
    return [(text[start:end], judged.language) for start, end, judged in languages.pieces(text, side=side)]


@pytest.mark.parametrize("seed", [1, 2])
def test_letters_of_mixed_pages_are_in_spans_of_their_own_language(seed: int) -> None:
    counts = measure(TEXTS, pages=8, seed=seed)

    for level, counted in counts.items():
        assert counted.right >= FLOOR * counted.letters, (level, counted.wrong)


@given(st.lists(st.text(max_size=80), max_size=6), st.booleans())
def test_pieces_cover_any_text_in_order(texts: list[str], side: bool) -> None:
    languages = PageLanguages(texts, texts[:1])
    for text in texts:
        pieces = languages.pieces(text, side=side)
        assert "".join(text[start:end] for start, end, _ in pieces) == text
        assert all(start < end for start, end, _ in pieces)


@given(st.text(alphabet="ab жї კ(«.:\n", max_size=120))
def test_runs_cover_any_line_without_gap_or_overlap(text: str) -> None:
    assert "".join(text[start:end] for start, end, _ in runs(text)) == text


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("own", ["en", "uk", "be", "de", "kk", "ka"])
def test_a_russian_address_is_russian_on_any_page(own: str, address: str) -> None:
    texts = [*paragraphs(own), address]

    assert told(PageLanguages(texts), address) == [(address, "ru")]


@pytest.mark.parametrize("address", ADDRESSES[:3])
def test_a_russian_address_is_russian_between_lines_of_an_english_paragraph(address: str) -> None:
    before, after = "You can write to her at this address:\n", "\nLetters in other languages do not pass the censor."
    text = before + address + after

    assert told(PageLanguages([*paragraphs("en"), text]), text) == [
        (before, "en"),
        (address + "\n", "ru"),
        (after.strip(), "en"),
    ]


@pytest.mark.parametrize(
    ("line", "language"),
    [
        ("Русская версия", "ru"),
        ("По-русски", "ru"),
        ("Русский", "ru"),
        ("[Русская версия](#)", "ru"),
        ("Читать на русском →", "ru"),
        ("Перейти", "ru"),
        ("Ваш браузер устарел. Пожалуйста, обновите его.", "ru"),
        ("Українська", "uk"),
        ("Українська версія", "uk"),
        ("Беларуская", "be"),
        ("На беларускай", "be"),
        ("Қазақша", "kk"),
        ("ქართული", "ka"),
        ("Հայերեն", "hy"),
        ("Deutsch", "de"),
        ("Калина", "und"),
        ("Олена Гаврилюк", "und"),
    ],
)
@pytest.mark.parametrize("side", [False, True])
def test_a_short_line_in_another_script_is_in_the_language_whose_words_it_has(
    line: str, language: str, side: bool
) -> None:
    languages = PageLanguages([*paragraphs("en"), "" if side else line], [line] if side else [])

    assert told(languages, line, side=side) == [(line, language)]


@pytest.mark.parametrize("side", [False, True])
def test_a_short_line_is_in_the_language_of_the_pages_other_text_of_its_script(side: bool) -> None:
    line, other = "Тихий проезд", ADDRESSES[0]
    texts = [*paragraphs("en"), *([] if side else [other, line])]
    languages = PageLanguages(texts, [other, line] if side else [])

    assert told(languages, line, side=side) == [(line, "ru")]
    assert told(languages, "Тихі вулиці", side=side) == [("Тихі вулиці", "und")]


@pytest.mark.parametrize("line", ["Новини", "Головна", "Про нас"])
def test_a_short_ukrainian_line_on_an_english_page_is_not_called_russian(line: str) -> None:
    assert told(PageLanguages([*paragraphs("en"), line]), line) == [(line, "und")]


def test_a_foreign_name_stays_with_the_text_around_it() -> None:
    text = "The letter was signed by Анна Каліна, who lives in Vilnius, and by two of her neighbours (сусіди)."

    assert told(PageLanguages([*paragraphs("en"), text]), text) == [(text, "en")]


def test_words_in_another_script_are_a_span_from_so_many_letters_on() -> None:
    def spans_of(letters: int) -> int:
        text = f"She said that the court did not listen (слово{'о' * (letters - 5)}) and that she would appeal."
        return len(list(runs(text)))

    assert [spans_of(FOREIGN - 1), spans_of(FOREIGN)] == [1, 3]


@pytest.mark.parametrize(
    ("own", "foreign"),
    [("uk", "ru"), ("be", "ru"), ("ru", "uk"), ("ru", "be"), ("de", "en"), ("en", "de"), ("pl", "fr"), ("kk", "ru")],
)
@pytest.mark.parametrize("marks", [("", ""), ("«", "»"), ("(", ")"), ("“", "”")])
def test_a_sentence_in_another_language_of_the_same_script_is_a_span(
    own: str, foreign: str, marks: tuple[str, str]
) -> None:
    quoted = marks[0] + TEXTS[foreign][5] + marks[1] + " "
    before, after = TEXTS[own][0] + " ", TEXTS[own][2]
    text = before + quoted + after

    assert told(PageLanguages([*paragraphs(own), text]), text) == [(before, own), (quoted, foreign), (after, own)]


@pytest.mark.parametrize("language", sorted(TEXTS))
def test_a_page_in_one_language_has_one_span_a_paragraph(language: str) -> None:
    texts = paragraphs(language)
    languages = PageLanguages(texts)

    assert [told(languages, text) for text in texts] == [[(text, language)] for text in texts]
    page = languages.page()
    assert (page.language, page.letters) == (language, sum(map(str.isalpha, "".join(texts))))
    assert page.confidence > 0.5


def test_the_page_is_in_the_language_of_most_of_its_letters() -> None:
    texts = [*paragraphs("en"), TEXTS["ru"][0], TEXTS["de"][0]]

    assert PageLanguages(texts).page().language == "en"
    assert PageLanguages([], texts).page().language == "en"
    assert PageLanguages([]).page().language == "und"


def judged(*shares: tuple[str, int]) -> list[Judgement]:
    return [Judgement(language, 1.0, letters, "Latn") for language, letters in shares]


@pytest.mark.parametrize(
    ("shares", "language"),
    [
        ([("en", 60), ("ru", 40)], "en"),
        ([("en", 48), ("ru", 42), ("und", 10)], "en"),
        ([("en", 50), ("ru", 50)], "und"),
        ([("en", 40), ("und", 60)], "und"),
        ([("und", 60)], "und"),
        ([], "und"),
    ],
)
def test_a_language_needs_more_than_half_of_the_letters_that_have_one(
    shares: Sequence[tuple[str, int]], language: str
) -> None:
    assert by_letters(judged(*shares)) == language


def test_langdetects_answer_about_the_main_text_is_kept() -> None:
    answer = PageLanguages(paragraphs("be"), paragraphs("en")).answer

    assert answer is not None
    assert answer.label in {"ru", "uk", "bg", "mk"}


@pytest.mark.parametrize(
    "text",
    [
        "a б " * 250_000,
        "«" * 1_000_000,
        "слово. word. " * 70_000,
        "a@" * 500_000,
        "www." * 250_000,
        "ул. " * 250_000,
        "г. Ааа, " * 120_000,
        "\n" * 1_000_000,
        " " * 1_000_000,
        "а\u0301" * 500_000,
        "ab\nбв\n" * 150_000,
    ],
)
def test_a_hostile_text_takes_no_time(text: str) -> None:
    began = time.process_time()

    PageLanguages([text]).pieces(text, side=True)

    assert time.process_time() - began < 20


def test_a_few_letters_that_detectors_disagree_about_are_not_the_language_of_a_page() -> None:
    languages = PageLanguages(["Заозёрск-на-Увеле"], [])
    languages.pieces("Заозёрск-на-Увеле")

    assert languages.page().language == "und"
