"""Letters, marks and signs survive every step of a comparison, and only the rules written down make words equal."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from page_styles import reading_of

from pipelines.change import compare
from pipelines.diff import render, tokens, word_diff
from pipelines.edits import Edit
from pipelines.reading import Reading, comparable

LETTERS = "йиёеіїыўугґьъэєАЙЁІЇЎҐЬЯабвдз"
SIGNS = "'’ʼ"
STRESS = "\u0301"
INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\u2066\u2069\ufeff\ufe0f"


@st.composite
def words(draw: st.DrawFn) -> str:
    """A word of letters that are easily lost, with an apostrophe or a stress within it at times."""
    letters = draw(st.text(LETTERS, min_size=2, max_size=9))
    at = draw(st.integers(1, len(letters) - 1))
    return letters[:at] + draw(st.sampled_from(["", "", *SIGNS, STRESS])) + letters[at:]


def page(word: str) -> Reading:
    around = "Дело учителя географии рассматривает районный суд заречного города. " * 4
    return reading_of(f"<article><h1>О деле</h1><p>{around}</p><p>Свидетель назвал {word} и ушёл.</p></article>")


def text_edits(one: Reading, other: Reading) -> list[Edit]:
    return [edit for edit in compare(one, other).edits if edit.level == "main" and edit.field is None]


@given(words())
def test_a_word_is_one_token_and_compared_as_it_stands(word: str) -> None:
    said = unicodedata.normalize("NFC", word)

    assert tokens(said) == [said]
    assert comparable(word) == said


@given(words(), words())
def test_two_words_are_equal_only_if_they_are_the_same_characters(one: str, other: str) -> None:
    same = unicodedata.normalize("NFC", one) == unicodedata.normalize("NFC", other)

    assert (comparable(one) == comparable(other)) == same


@given(words(), words())
def test_a_difference_is_told_in_whole_words(one: str, other: str) -> None:
    one, other = unicodedata.normalize("NFC", one), unicodedata.normalize("NFC", other)
    assume(one != other)
    pieces = word_diff(f"он назвал {one} и ушёл", f"он назвал {other} и ушёл")

    assert pieces == [("=", "он назвал "), ("-", one), ("+", other), ("=", " и ушёл")]
    assert render(pieces) == "он назвал [-" + one + "-]{+" + other + "+} и ушёл"


@settings(max_examples=40, deadline=None)
@given(words(), words())
def test_an_edit_is_stored_with_every_letter(one: str, other: str) -> None:
    one, other = unicodedata.normalize("NFC", one), unicodedata.normalize("NFC", other)
    assume(one != other)
    [edit] = text_edits(page(one), page(other))
    stored = json.loads(json.dumps(edit.as_record(), ensure_ascii=False))

    assert one in stored["before"]
    assert other in stored["after"]
    assert stored["words"] == [[f"-{one}", f"+{other}"]]
    # only another apostrophe makes it a matter of typography, which is kept and not reported
    folded = str.maketrans(dict.fromkeys(SIGNS, "'"))
    assert (edit.set_aside == "typography") == (one.translate(folded) == other.translate(folded))
    assert edit.set_aside in {None, "typography"}


@given(st.text(LETTERS + INVISIBLE + " \u00a0\u202f\n\t" + STRESS, max_size=40))
def test_what_is_compared_loses_white_space_and_invisible_characters_alone(text: str) -> None:
    kept = [c for c in unicodedata.normalize("NFC", text) if c not in INVISIBLE and not c.isspace()]

    assert comparable(text).replace(" ", "") == "".join(kept)
    assert comparable(comparable(text)) == comparable(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Полянский", "Полянскии"),
        ("ёлка", "елка"),
        ("Київ", "Киів"),
        ("ганок", "ґанок"),
        ("брат", "братъ"),
        ("угол", "уголь"),
        ("праўда", "прауда"),
        ("за\u0301мок", "замо\u0301к"),
        ("5,5", "55"),
        ("обʼєкт", "обєкт"),
        ("кое-кто", "коекто"),
    ],
)
def test_words_that_differ_are_reported(one: str, other: str) -> None:
    [edit] = text_edits(page(one), page(other))

    assert edit.words == ((f"-{one}", f"+{other}"),)
    assert not edit.noise


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("«срок»", "“срок”"),
        ("п'ять", "п’ять"),
        ("срок — пять", "срок – пять"),
        ("кое-кто", "кое‑кто"),
        ("да…", "да..."),
    ],
)
def test_signs_set_otherwise_are_typography_and_kept(one: str, other: str) -> None:
    [edit] = text_edits(page(one), page(other))

    assert (edit.set_aside, one in (edit.before or ""), other in (edit.after or "")) == ("typography", True, True)


@pytest.mark.parametrize(
    ("one", "other"),
    [("пять лет", "пять\u00a0лет"), ("приговор", "при\u00adговор"), ("й", "и\u0306"), ("срок", "сро\u200bк")],
)
def test_forms_that_look_the_same_are_the_same(one: str, other: str) -> None:
    assert compare(page(one), page(other)).kind == "same"
