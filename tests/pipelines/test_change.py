"""What counts as a change, of what kind, and what is noise."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from page_styles import ARTICLE, MOVED, STYLES, TITLE, reading_of

from pipelines.change import compare, says
from pipelines.diff import tokens
from pipelines.edits import Change, Edit

Style = Callable[..., str]


@pytest.fixture(params=sorted(STYLES))
def style(request: pytest.FixtureRequest) -> Style:
    return STYLES[request.param]


def change_of(before: str, after: str) -> Change:
    return compare(reading_of(before), reading_of(after))


def told(change: Change) -> list[Edit]:
    """What is reported of the text: a fact or an entry of a list stands beside the words that tell it."""
    return [edit for edit in change.reported if edit.level in {"main", "side"}]


def edited(old: str, new: str) -> tuple[str, ...]:
    lines = tuple(line.replace(old, new) for line in ARTICLE)
    assert lines != ARTICLE
    return lines


def test_a_page_that_is_equal_is_the_same(style: Style) -> None:
    change = change_of(style(), style())

    assert (change.kind, change.weight, change.edits) == ("same", 0.0, ())


def test_other_class_names_alone_are_the_same(style: Style) -> None:
    change = change_of(style(), style(mark="-z9"))

    assert change.kind == "same"


def test_moving_tickers_counters_teasers_and_notices_are_noise(style: Style) -> None:
    change = change_of(style(), style(f=MOVED))

    assert change.kind == "noise"
    assert change.weight == 0.0
    assert all(edit.noise for edit in change.edits)


def test_one_word_is_found_among_all_the_noise(style: Style) -> None:
    change = change_of(style(), style(edited("general regime", "strict regime"), MOVED))

    assert change.kind == "edited"
    assert [edit.words for edit in told(change)] == [(("-general", "+strict"),)]


def test_five_years_to_eight_is_one_edit_with_that_word() -> None:
    change = change_of(
        STYLES["semantic"](),
        STYLES["semantic"](edited("it sentenced him to five years", "it sentenced him to eight years")),
    )

    [edit] = told(change)
    record = edit.as_record()
    assert (record["op"], record["level"], record["words"]) == ("edit", "main", [["-five", "+eight"]])
    assert "five years in a general regime" in record["before"]
    assert "eight years in a general regime" in record["after"]
    assert change.kind == "edited"


def test_a_changed_number_is_whole_and_weighs_more_than_a_word() -> None:
    semantic = STYLES["semantic"]
    number = change_of(semantic(), semantic(edited("14 witnesses", "41 witnesses")))
    word = change_of(semantic(), semantic(edited("witnesses", "deputies")))

    assert told(number)[0].words == (("-14", "+41"),)
    assert 0 < word.weight < number.weight <= 1


def test_an_added_paragraph_is_added(style: Style) -> None:
    new = "On 2 May 2026 the regional court left the sentence as it was."
    change = change_of(style(), style((*ARTICLE[:9], new, *ARTICLE[9:])))

    assert change.kind == "added"
    assert [(edit.op, edit.level, edit.after) for edit in told(change)] == [("add", "main", new)]


def test_a_removed_paragraph_is_removed(style: Style) -> None:
    change = change_of(style(), style((*ARTICLE[:8], *ARTICLE[9:])))

    assert change.kind == "removed"
    assert [(edit.op, edit.level, edit.before) for edit in told(change)] == [("remove", "main", ARTICLE[8])]


def test_a_moved_paragraph_is_a_move(style: Style) -> None:
    change = change_of(style(), style((*ARTICLE[:5], ARTICLE[8], *ARTICLE[5:8], *ARTICLE[9:])))

    assert change.kind == "edited"
    assert {edit.op for edit in told(change)} == {"move"}
    assert 0 < change.weight <= 0.1


def test_a_name_taken_off_a_list_is_removed() -> None:
    names = ["Arseny Polyansky", "Vasil Hlybotski", "Oksana Dubrovenko", "Taras Vyshnia", "Marfa Kolosnitsyna"]

    def page(some: list[str]) -> str:
        return f"<h1>Prisoners</h1><ul>{''.join(f'<li><a href=/p>{name}</a></li>' for name in some)}</ul>"

    change = change_of(page(names), page(names[:2] + names[3:]))

    assert change.kind == "list"
    assert [(edit.op, edit.level, edit.before) for edit in change.reported] == [("remove", "list", "Oksana Dubrovenko")]


def test_a_paragraph_cut_in_two_is_noise() -> None:
    one = "The court examined the case. It refused to hear the pupils whom the defence had named as witnesses."
    other = one.replace("case. It", "case.</p><p>It")
    page = "<article><h1>Title of it</h1><p>" + ARTICLE[5] + "</p><p>{}</p><p>" + ARTICLE[8] + "</p></article>"

    change = change_of(page.format(one), page.format(other))

    assert change.kind == "noise"
    assert [edit.set_aside for edit in change.edits] == ["reblocked"]


def test_a_changed_term_in_a_card_outside_the_article_is_found() -> None:
    card = "<div class=card><div>Term of imprisonment: {} years in a penal colony</div></div>"
    markup = STYLES["semantic"]().replace("<footer>", card + "<footer>")

    change = change_of(markup.format("5"), markup.format("8"))

    assert change.kind == "edited"
    assert [edit.words for edit in told(change)] == [(("-5", "+8"),)]


def test_a_short_i_that_loses_its_breve_is_a_change() -> None:
    page = (
        "<article><p>"
        + "Дело учителя географии рассматривает районный суд. " * 5
        + "</p><p>{} на свободе.</p></article>"
    )

    change = change_of(page.format("Полянский"), page.format("Полянскии"))

    assert told(change)[0].words == (("-Полянский", "+Полянскии"),)


def test_composed_and_decomposed_letters_are_the_same() -> None:
    page = (
        "<article><p>"
        + "Дело учителя географии рассматривает районный суд. " * 5
        + "</p><p>{} на свободе.</p></article>"
    )

    assert change_of(page.format("Полянский"), page.format("Полянскии\u0306")).kind == "same"


def test_another_title_is_a_change_of_level_meta() -> None:
    page = (
        "<html><head><title>{}</title></head><body><article><p>"
        + ARTICLE[5]
        + ARTICLE[6]
        + "</p></article></body></html>"
    )

    change = change_of(page.format("A teacher is tried"), page.format("A teacher is sentenced"))

    assert [(edit.level, edit.field, edit.words) for edit in change.reported] == [
        ("meta", "title", (("-tried", "+sentenced"),))
    ]


def test_readings_by_different_rules_blame_the_extractor() -> None:
    reading = reading_of(STYLES["semantic"]())
    from dataclasses import replace

    other = replace(reading, provenance={**reading.provenance, "rules": "0+older"})

    assert compare(other, reading).provenance["source"] == "extractor"
    assert compare(reading, reading).provenance["source"] == "source"


def test_a_page_says_its_phrases_whatever_the_capitals() -> None:
    reading = reading_of(STYLES["semantic"]())

    assert says(reading, "five  YEARS in a general")
    assert says(reading, "More to read")
    assert not says(reading, "eight years")


PLACES = [(n, w) for n, line in enumerate(ARTICLE) for w, word in enumerate(tokens(line)) if word[0].isalnum()]


@settings(max_examples=60, deadline=None)
@given(
    place=st.sampled_from(PLACES),
    word=st.sampled_from(["восемь", "eight", "2031", "Ґанок", "x", "7.3"]),
    style=st.sampled_from(sorted(STYLES)),
    noisy=st.booleans(),
)
def test_any_single_word_of_the_main_text_that_changes_is_found(
    place: tuple[int, int], word: str, style: str, *, noisy: bool
) -> None:
    line, at = place
    parts = tokens(ARTICLE[line])
    old, parts[at] = parts[at], word
    lines = [*ARTICLE[:line], "".join(parts), *ARTICLE[line + 1 :]]
    if ARTICLE[line] == TITLE:
        return  # changes the page's title in every style, and is not one edit of one line
    make = STYLES[style]
    change = change_of(make(), make(lines, MOVED) if noisy else make(lines))

    assert change.kind == "edited"
    # the line of the date is the page's date besides
    said = [edit.words for edit in told(change)]
    assert said == [((f"-{old}", f"+{word}"),)]


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), style=st.sampled_from(sorted(STYLES)))
def test_noise_of_any_size_is_never_reported(seed: int, style: str) -> None:
    from dataclasses import replace

    rand = random.Random(seed)
    moved = replace(
        MOVED,
        ticker=tuple(f"{name} {rand.uniform(0.1, 2000):.2f}" for name in ("USD", "EUR", "OIL")[: rand.randint(1, 3)]),
        views=f"{rand.randint(0, 10**7)} views",
        counter=str(rand.randint(0, 10**6)),
        related=MOVED.related[: rand.randint(0, 2)],
    )

    assert change_of(STYLES[style](), STYLES[style](f=moved)).kind in {"same", "noise"}


def test_thousands_of_blocks_that_all_changed_are_compared() -> None:
    def page(word: str) -> str:
        return "".join(f"<p>Paragraph {n} says {word} of {n * 7}.</p>" for n in range(3000))

    change = change_of(page("this"), page("that"))

    assert change.kind == "edited"
    assert len(change.reported) == 3000
    assert {edit.words for edit in change.reported} == {(("-this", "+that"),)}
