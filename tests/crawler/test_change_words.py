"""Changes in words: a headline in one line, edits with what went and what came, in English and Russian."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from warc_samples import BEGAN

from archive.catalogue import ChangeRow
from archive.kinds import ChangeKind
from crawler.change_words import (
    KINDS,
    LONGEST,
    change_headline,
    edit_html,
    edit_text,
    edit_words,
    group_headline,
)
from pipelines.mentions.events import STAGES as READ_STAGES


def change(kind: str, *edits: dict[str, Any]) -> ChangeRow:
    return ChangeRow(
        id="c0",
        url="https://example.org/cases/17",
        site="example",
        from_record="urn:uuid:1",
        to_record="urn:uuid:2",
        from_at=BEGAN,
        to_at=BEGAN + timedelta(days=1),
        kind=ChangeKind(kind),
        weight=0.5,
        edits=edits,
        rules="change-2",
        provenance={},
    )


def edit(op: str, level: str, before: str | None, after: str | None, **more: object) -> dict[str, Any]:
    return {"op": op, "level": level, "before": before, "after": after, **more}


WORD = edit("edit", "main", "sentenced to five years in prison", "sentenced to eight years in prison")
TERM = edit("edit", "fact", "5 years", "8 years", field="sentence", subject="Maria Luzhitskaya")
STAGE = edit("edit", "fact", "detained", "sentenced", field="stage", subject="Мария Лужицкая")
TICKER = edit("edit", "side", "12 readers", "13 readers here")


def gone(name: str) -> dict[str, Any]:
    return edit("remove", "list", f"{name}, teacher", None, subject=name)


def test_every_kind_has_words_in_both_languages() -> None:
    assert {kind.value for kind in ChangeKind} == KINDS.keys()
    for kind in ChangeKind:
        assert change_headline(change(kind.value), "en") != change_headline(change(kind.value), "ru")


@pytest.mark.parametrize(
    ("row", "english", "russian"),
    [
        (change("edited", WORD), "Text changed: five → eight", "Текст изменён: five → eight"),
        (
            change("edited", TICKER, WORD, TERM),
            "Sentence (Maria Luzhitskaya): 5 years → 8 years",
            "Приговор (Maria Luzhitskaya): 5 years → 8 years",
        ),
        (
            change("edited", STAGE),
            "Stage (Мария Лужицкая): detained → sentenced",
            "Стадия дела (Мария Лужицкая): задержание → приговор вынесен",
        ),
        (
            change("list", gone("Maria Luzhitskaya")),
            "Gone from the list: Maria Luzhitskaya",
            "Исчезло из списка: Maria Luzhitskaya",
        ),
        (
            change("list", *(gone(f"Name {letter}") for letter in "ABCDE")),
            "Gone from the list: Name A, Name B, Name C and 2 more",
            "Исчезло из списка: Name A, Name B, Name C и ещё 2",
        ),
        (change("gone"), "Page gone", "Страница исчезла"),
        (
            change("edited", edit("edit", "main", "She pleads guilty", "She does not plead guilty")),
            "Text changed: pleads → does not plead",
            "Текст изменён: pleads → does not plead",
        ),
        (
            change("removed", edit("remove", "main", "The whole paragraph.", None)),
            "Text removed: The whole paragraph.",
            "Текст убран: The whole paragraph.",
        ),
        (
            change("edited", edit("edit", "meta", "Old title", "New title", field="title")),
            "Title: Old → New",
            "Заголовок: Old → New",
        ),
    ],
)
def test_a_headline_says_what_happened(row: ChangeRow, english: str, russian: str) -> None:
    assert change_headline(row) == english
    assert change_headline(row, "ru") == russian


def test_a_headline_of_a_withheld_change_has_none_of_its_words() -> None:
    assert change_headline(change("edited", WORD, TERM), withheld=True) == "Text changed"
    assert group_headline(change("list", gone("Maria")), 3, withheld=True) == "The same on 3 pages: list changed"


def test_a_group_is_said_once_for_all_its_pages() -> None:
    assert group_headline(change("edited", WORD), 57) == "The same on 57 pages: text changed: five → eight"


def test_an_edit_of_ones_own_stands_in_the_headline_before_a_shared_one() -> None:
    shared = WORD | {"group": "g1"}
    own = edit("edit", "main", "a cat", "a dog")

    assert change_headline(change("edited", shared, own)) == "Text changed: cat → dog"


@pytest.mark.parametrize(
    ("one", "text"),
    [
        (WORD, "± sentenced to [-five-]{+eight+} years in prison"),
        (TERM, "± sentence (Maria Luzhitskaya): 5 years → 8 years"),
        (gone("Maria"), "- gone from the list: [-Maria, teacher-]"),
        (edit("add", "list", None, "Anna", subject="Anna"), "+ new in the list: {+Anna+}"),
        (edit("edit", "list", "Anna, 5", "Anna, 8", subject="Anna"), "± in the list, Anna: Anna, [-5-]{+8+}"),
        (TICKER, "± (side) [-12-]{+13+} readers{+ here+}"),
        (
            edit("edit", "main", "https://example.org/a.pdf", "https://example.org/b.pdf", field="link"),
            "± link: https://example.org/a.pdf → https://example.org/b.pdf",
        ),
        (edit("add", "meta", None, "uk", field="translation"), "+ version in another language: {+uk+}"),
        (edit("move", "main", "A line.", "A line."), "↕ A line."),
        (WORD | {"group": "g"}, "± sentenced to [-five-]{+eight+} years in prison (the same on other pages)"),
    ],
)
def test_an_edit_is_a_line(one: dict[str, Any], text: str) -> None:
    assert edit_text(one) == text


def test_a_long_block_is_shortened_to_what_is_near_its_change() -> None:
    words = " ".join(f"w{number}" for number in range(100))
    text = edit_text(edit("edit", "main", f"{words} five {words}", f"{words} eight {words}"), context=3)

    assert text == "± … w97 w98 w99 [-five-]{+eight+} w0 w1 w2 …"


def test_the_words_of_a_page_are_no_markup() -> None:
    one = edit("edit", "main", "<script>alert(1)</script> & five", "<b>bold</b> & eight", subject='"><img>')

    found = edit_html(one)

    assert "<script" not in found
    assert "<img" not in found
    assert etree.fromstring(f"<p>{found}</p>") is not None


anything = st.text(max_size=40)


@settings(deadline=None)
@given(
    st.sampled_from(["edit", "add", "remove", "move"]),
    st.sampled_from(["main", "side", "meta", "list", "fact"]),
    st.none() | anything,
    st.none() | anything,
    st.none() | anything,
    st.sampled_from([None, "title", "link", "sentence", "unheard-of"]),
)
def test_any_edit_has_words_that_can_stand_in_xml_and_a_headline_of_one_line(
    op: str, level: str, before: str | None, after: str | None, subject: str | None, field: str | None
) -> None:
    one = edit(op, level, before, after, subject=subject, field=field)

    for language in ("en", "ru"):
        etree.fromstring(f"<p>{edit_html(one, language)}</p>")  # type: ignore[arg-type]
        headline = change_headline(change("edited", one), language)  # type: ignore[arg-type]
        assert len(headline) <= LONGEST
        assert "\n" not in headline
        assert headline


def test_what_went_and_came_is_all_there() -> None:
    words = edit_words(WORD)

    assert "".join(text for op, text in words.pieces if op != "+") == WORD["before"]
    assert "".join(text for op, text in words.pieces if op != "-") == WORD["after"]


def test_the_stages_that_readings_know_have_russian_words() -> None:
    from crawler.change_words import STAGES

    assert set(READ_STAGES.values()) | {"in absentia"} <= STAGES.keys()


def test_who_is_not_established_to_be_gone_is_not_told_as_gone() -> None:
    unsure = {**gone("Anna Dom"), "unsure": "not all pages of the list were seen"}
    row = change("list", gone("Vera Tish"), unsure)

    assert change_headline(row) == "Gone from the list: Vera Tish"
    assert change_headline(change("list", unsure)) == "Not seen on the pages of the list that were fetched: Anna Dom"
    assert edit_text(unsure).startswith("- not seen on the pages of the list that were fetched:")
