"""Word-level differences: whole words, whole numbers, nothing lost."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines import diff
from pipelines.diff import changed_words, render, tokens, word_diff

TEXT = st.text(alphabet=st.sampled_from("абвйёіabc 12.,-'\n\u00a0\u0301😀"), max_size=60)


@pytest.mark.parametrize(
    ("before", "after", "rendered"),
    [
        ("five years in prison", "eight years in prison", "[-five-]{+eight+} years in prison"),
        ("всего 1 240 дел", "всего 9 870 дел", "всего [-1 240-]{+9 870+} дел"),
        ("всего 1\u00a0240 дел", "всего 1\u00a0250 дел", "всего [-1\u00a0240-]{+1\u00a0250+} дел"),
        ("Article 207.3, Part 2", "Article 207.4, Part 2", "Article [-207.3-]{+207.4+}, Part 2"),
        ("04.01.2024", "05.01.2024", "[-04.01.2024-]{+05.01.2024+}"),
        ("in 2024 500 people", "in 2025 500 people", "in [-2024-]{+2025+} 500 people"),
        ("Полянский", "Полянськый", "[-Полянский-]{+Полянськый+}"),
        ("a pro-war law", "an anti-war law", "[-a pro-war-]{+an anti-war+} law"),
        ("п'ять років", "п'ятий рік", "[-п'ять років-]{+п'ятий рік+}"),
        ("за\u0301мок", "замо\u0301к", "[-за\u0301мок-]{+замо\u0301к+}"),
        ("same", "same", "same"),
        ("", "new", "{+new+}"),
        ("old", "", "[-old-]"),
        ("", "", ""),
    ],
)
def test_words_and_numbers_stay_whole(before: str, after: str, rendered: str) -> None:
    assert render(word_diff(before, after)) == rendered


@given(TEXT)
def test_tokens_joined_are_the_text(text: str) -> None:
    assert "".join(tokens(text)) == text


@settings(max_examples=300)
@given(TEXT, TEXT)
def test_what_stays_and_goes_is_the_old_text_what_stays_and_comes_the_new(before: str, after: str) -> None:
    pieces = word_diff(before, after)

    assert "".join(text for op, text in pieces if op != "+") == before
    assert "".join(text for op, text in pieces if op != "-") == after


@settings(max_examples=200)
@given(TEXT, TEXT)
def test_no_piece_begins_or_ends_inside_a_word(before: str, after: str) -> None:
    own = {"-": tokens(before), "+": tokens(after)}
    for op, text in word_diff(before, after):
        if op != "=":
            parts = tokens(text)
            assert all(part in own[op] for part in parts)


def test_more_distinct_words_than_there_are_characters_below_the_surrogates() -> None:
    before = " ".join(f"w{n}" for n in range(70_000))
    after = before.replace("w69999", "other")

    assert [piece for piece in word_diff(before, after) if piece[0] != "="] == [("-", "w69999"), ("+", "other")]


def test_ten_thousand_words_take_less_than_half_a_second() -> None:
    rand = random.Random(7)
    words = ["".join(rand.choices("абвгдежзиклмнопрст", k=rand.randint(2, 9))) for _ in range(10_000)]
    other = [word if rand.random() > 0.1 else f"{word}{rand.randint(0, 99)}" for word in words]
    began = time.process_time()

    pieces = word_diff(" ".join(words), " ".join(other))

    assert time.process_time() - began < 0.5
    assert sum(op == "+" for op, _ in pieces) > 500


def test_texts_too_long_to_compare_are_one_replacement_between_equal_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diff, "MOST_STEPS", 4)

    assert render(word_diff("a b c d e", "a x c y e")) == "a [-b c d-]{+x c y+} e"


def test_changed_words_pair_what_went_with_what_came() -> None:
    assert changed_words([("=", "a "), ("-", "b"), ("+", "c"), ("=", " d "), ("-", "e "), ("=", "f"), ("+", " g")]) == [
        ["-b", "+c"],
        ["-e"],
        ["+g"],
    ]


def test_white_space_alone_is_no_changed_word() -> None:
    assert changed_words(word_diff("a b", "a  b")) == []


def test_context_shortens_what_stays() -> None:
    words = " ".join(f"w{n}" for n in range(40))
    pieces = word_diff(f"{words} five {words}", f"{words} eight {words}")

    assert render(pieces, context=2) == "… w38 w39 [-five-]{+eight+} w0 … "
