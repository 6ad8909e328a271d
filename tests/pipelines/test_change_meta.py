"""What a page states of itself is compared by what it says, not by which part of the markup says it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipelines.change import compare
from pipelines.edits import Change, Edit
from pipelines.page import read_page
from pipelines.reading import Reading, StoredPage

URL = "https://site.example/en/letters"
TEXT = "<p>The committee of the made-up town reads letters aloud every Tuesday, in the hall behind the library.</p>" * 3


def reading(head: str = "", heading: str = "Letters are read aloud", text: str = TEXT, lang: str = "en") -> Reading:
    markup = f'<html lang="{lang}"><head>{head}</head><body><article><h1>{heading}</h1>{text}</article></body></html>'
    moment = datetime(2026, 11, 22, tzinfo=UTC)
    return read_page(StoredPage(URL, moment, "urn:uuid:1", None, "text/html; charset=utf-8", markup.encode()))


def meta(name: str, value: str) -> str:
    return f'<meta property="{name}" content="{value}">'


def change(before: str, after: str) -> Change:
    return compare(reading(before), reading(after))


def only(found: Change) -> Edit:
    (edit,) = found.reported
    return edit


def test_a_title_that_nothing_else_says_is_told() -> None:
    before, after = (f"<title>Letters of {year} to the town</title>" for year in (2023, 2024))
    found = compare(reading(before, heading="Letters"), reading(after, heading="Letters"))

    assert only(found).field == "title"
    assert only(found).words == (("-2023", "+2024"),)


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("Letters are read aloud | Town", "Letters are read aloud – The town", "name of the site"),
        ("“Letters” of the town", '"Letters" of the town', "typography"),
        ("Town: 12 comments", "Town: 14 comments", "counter"),
    ],
)
def test_a_title_that_says_nothing_new_is_set_aside(before: str, after: str, reason: str) -> None:
    edits = [_title(one) for one in (before, after)]
    found = compare(*edits)

    assert found.kind in {"noise", "same"}
    assert all(edit.set_aside == reason for edit in found.edits)


def _title(title: str) -> Reading:
    return reading(f"<title>{title}</title>")


def test_a_title_that_was_a_heading_alone_is_no_title_lost() -> None:
    before = reading()
    after = (
        reading(text=TEXT.replace("<p>", "<p>", 1))
        .to_json()
        .replace(b'"title":"Letters are read aloud"', b'"title":null')
    )
    found = compare(before, Reading.from_json(after))

    assert [edit.set_aside for edit in found.edits] == ["said by a heading"]


def test_another_day_of_publication_is_told() -> None:
    before, after = (meta("article:published_time", f"2024-05-0{day}T10:00:00+03:00") for day in (4, 5))

    assert only(change(before, after)).field == "published"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("2024-05-04", "2024-05-04T10:00:00+03:00"),
        ("2024-05-04T10:00:00+03:00", "2024-05-04T07:00:00+00:00"),
        ("", "2024-05-04"),
    ],
)
def test_the_same_day_said_in_another_way_is_set_aside(before: str, after: str) -> None:
    name = "article:published_time"
    found = change(meta(name, before) if before else "", meta(name, after))

    assert found.kind in {"noise", "same"}


def test_the_date_of_the_last_change_is_set_aside() -> None:
    before, after = (meta("article:modified_time", f"2024-05-0{day}T10:00:00Z") for day in (4, 5))
    found = change(before, after)

    assert found.kind == "noise"
    assert [edit.set_aside for edit in found.edits] == ["date of last change"]


def test_other_authors_are_told_and_their_order_is_not() -> None:
    def by(*names: str) -> str:
        listed = ",".join(f'{{"@type":"Person","name":"{name}"}}' for name in names)
        return f'<script type="application/ld+json">{{"@type":"NewsArticle","author":[{listed}]}}</script>'

    one, other, third = "Vera Made-Up", "Oleg Invented", "Anna Fictitious"

    assert only(change(by(one, other), by(one, third))).field == "authors"
    assert change(by(one, other), by(other, one)).kind == "noise"
    assert change("", by(one)).kind == "noise"
    assert only(change(by(one), "")).op == "remove"


def test_another_description_is_told_where_the_text_does_not_say_it() -> None:
    own = [meta("og:description", f"What was written to the town in the year {year}") for year in (2023, 2024)]
    made = [meta("og:description", "The committee of the made-up town reads letters aloud every" + end) for end in "…."]

    assert only(change(*own)).field == "description"
    assert change(*made).kind in {"same", "noise"}
    assert change("", own[0]).kind == "noise"


def alternate(language: str, url: str) -> str:
    return f'<link rel="alternate" hreflang="{language}" href="{url}">'


def test_a_version_in_another_language_that_came_or_went_is_told() -> None:
    one = alternate("en", URL) + alternate("ru", "https://site.example/ru/pisma")
    both = one + alternate("be", "https://site.example/be/listy")
    came, went = only(change(one, both)), only(change(both, one))

    assert (came.op, came.level, came.field) == ("add", "meta", "translation")
    assert (came.before, came.after) == (None, "be https://site.example/be/listy")
    assert (went.op, went.before, went.after) == ("remove", "be https://site.example/be/listy", None)


def test_a_version_at_another_address_is_told_unless_it_is_the_same_place() -> None:
    own = alternate("en", URL)
    before = own + alternate("ru", "https://site.example/ru/pisma")

    assert only(change(before, own + alternate("ru", "https://site.example/ru/drugie"))).op == "edit"
    assert change(before, own + alternate("ru", "http://www.site.example/ru/pisma/")).kind in {"noise", "same"}


def test_another_language_of_the_page_is_told() -> None:
    russian = "<p>Комитет вымышленного города читает письма вслух по вторникам, в зале за библиотекой.</p>" * 3
    found = compare(reading(), reading(heading="Письма читают вслух", text=russian, lang="ru"))
    (edit,) = (edit for edit in found.reported if edit.field == "language")

    assert (edit.before, edit.after) == ("en", "ru")
