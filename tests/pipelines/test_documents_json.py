"""Of JSON the texts are read, with JSON Pointers for places; codes, addresses and dates are none."""

from __future__ import annotations

import json
from typing import Any

import pytest
from page_styles import reading_of

from archive.errors import ReadingError
from pipelines.reading import Reading

POST = {
    "id": 17,
    "date": "2026-04-04T13:00:00",
    "date_gmt": "2026-04-04T10:00:00",
    "modified_gmt": "2026-04-05T10:00:00",
    "slug": "a-lesson",
    "link": "https://rowan.example/17",
    "title": {"rendered": "Дело &#8220;учителя&#8221;"},
    "content": {"rendered": "<p>Пять лет колонии.</p>\n<h2>Почему?</h2><p>Так решил суд.</p>", "protected": False},
    "excerpt": {"rendered": "<p>Пять лет [&hellip;]</p>\n"},
    "class_list": ["post-17", "type-post"],
    "acf": {"term": "5 лет общего режима", "status": "осуждён", "photo": "https://rowan.example/a.jpg"},
    "_links": {"self": [{"href": "https://rowan.example/wp-json/wp/v2/posts/17"}]},
    "_embedded": {"author": [{"name": "Ива Ольхова", "slug": "iva"}]},
}


def read(value: Any, content_type: str | None = "application/json") -> Reading:
    return reading_of(json.dumps(value, ensure_ascii=False), content_type)


def main(reading: Reading) -> list[tuple[str, str]]:
    return [(block.path, reading.text_of(block)) for block in reading.blocks if block.level == "main"]


def test_a_wordpress_post_is_its_title_its_text_and_its_fields() -> None:
    reading = read(POST)

    assert main(reading) == [
        ("/title/rendered", "Дело “учителя”"),
        ("/content/rendered/p[1]", "Пять лет колонии."),
        ("/content/rendered/h2[1]", "Почему?"),
        ("/content/rendered/p[2]", "Так решил суд."),
        ("/acf/term", "5 лет общего режима"),
        ("/acf/status", "осуждён"),
    ]
    assert (reading.title, reading.authors) == ("Дело “учителя”", ("Ива Ольхова",))
    assert (reading.published, reading.modified) == ("2026-04-04T10:00:00Z", "2026-04-05T10:00:00Z")


def test_a_list_of_posts_has_no_date_of_its_own() -> None:
    reading = read([POST, POST])

    assert ("/1/content/rendered/p[2]", "Так решил суд.") in main(reading)
    assert (reading.title, reading.published, reading.modified) == (None, None, None)


def test_a_json_feed_is_its_items() -> None:
    item = {
        "id": "1",
        "title": "T",
        "content_html": "<p>Five years.</p>",
        "summary": "Five years.",
        "url": "https://r.example/1",
    }
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Rowan feed",
        "language": "en",
        "items": [{**item, "date_published": "2026-04-04T10:00:00Z"}, {"id": "2", "content_text": "a < b\n\nnext"}],
    }
    reading = read(feed, "text/plain")

    assert main(reading) == [
        ("/title", "Rowan feed"),
        ("/items/0/title", "T"),
        ("/items/0/content_html/p[1]", "Five years."),
        ("/items/1/content_text/p[1]", "a < b"),
        ("/items/1/content_text/p[2]", "next"),
    ]
    assert [block.furniture for block in reading.blocks if block.level == "side"] == ["date", "link"]
    assert (reading.title, reading.html_language) == ("Rowan feed", "en")


def test_json_ld_states_what_the_article_states() -> None:
    article = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": "A lesson about borders",
        "datePublished": "2026-04-04T10:00:00+03:00",
        "author": [{"@type": "Person", "name": "Ash Rowan"}],
        "articleBody": "The court took two days.\n\nIt heard nobody.",
        "image": "https://rowan.example/a.jpg",
        "inLanguage": "en",
    }
    reading = read({"@context": "https://schema.org", "@graph": [{"@type": "WebSite", "name": "Rowan"}, article]})

    assert (reading.title, reading.published, reading.authors) == (
        *("A lesson about borders", "2026-04-04T10:00:00+03:00", ("Ash Rowan",)),
    )
    assert ("/@graph/1/articleBody/p[2]", "It heard nobody.") in main(reading)


def test_strings_of_any_json_are_read_where_they_are_texts() -> None:
    reading = read(
        {
            "status": "ok",
            "items": [
                {
                    "id": "a-17",
                    "name": "Арсений",
                    "bio": "Taught maps.\n\nThen <b>nothing</b> more.",
                    "url": "https://rowan.example/17",
                    "date": "2026-04-04T10:00:00Z",
                    "code": "b2f9c1 ",
                    "css": ".a { color: red }",
                    "term": 5,
                    "a/b~c": ["two words"],
                    "flag": True,
                    "none": None,
                }
            ],
        }
    )

    assert main(reading) == [
        ("/items/0/name", "Арсений"),
        ("/items/0/bio/p[1]", "Taught maps."),
        ("/items/0/bio/p[2]", "Then nothing more."),
        ("/items/0/a~1b~0c/0", "two words"),
    ]


@pytest.mark.parametrize(
    "octets",
    [
        b'callback({"body": "two words"});',
        b'/**/ app.load([{"body": "two words"}])',
        b'{"body": "two words"}\n{"body": "x y"}\n',
    ],
)
def test_calls_and_lines_of_json_are_json(octets: bytes) -> None:
    assert reading_of(octets, "application/json").texts("main")[0] == "two words"


@pytest.mark.parametrize("octets", [b"{", b"[" * 200_000, b'{"a": 1' + b"0" * 9_000 + b"x}", b"words"])
def test_what_is_called_json_and_is_none_is_refused(octets: bytes) -> None:
    with pytest.raises(ReadingError, match="expected JSON, found what is none"):
        reading_of(octets, "application/json")


def test_numbers_of_any_length_cost_nothing() -> None:
    assert reading_of(b'{"n": ' + b"9" * 100_000 + b', "body": "two words"}', "application/json").text == "two words"
