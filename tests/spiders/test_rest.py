from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from spiders.entry import Entry, NotAListingError
from spiders.rest import next_rest_address, rest_address, rest_page

POSTS = "https://s.example/wp-json/wp/v2/posts"
FIELDS = "_fields=id,date_gmt,modified_gmt,link,slug,title,class_list"


def answer(*entries: Any) -> bytes:
    return json.dumps(entries).encode()


def test_a_collection_is_asked_for_a_hundred_at_a_time_and_for_what_finds_and_dates_pages() -> None:
    assert rest_address(POSTS) == f"{POSTS}?per_page=100&page=1&{FIELDS}"
    assert rest_address(rest_address(POSTS), 7) == f"{POSTS}?per_page=100&page=7&{FIELDS}"


def test_what_a_definition_asks_for_stays() -> None:
    own = f"{POSTS}?orderby=modified&order=desc&per_page=20&_fields=id,link"

    assert rest_address(own) == f"{POSTS}?orderby=modified&order=desc&per_page=20&page=1&_fields=id,link"
    assert rest_address("https://s.example/?rest_route=/wp/v2/posts", 2) == (
        f"https://s.example/?rest_route=/wp/v2/posts&per_page=100&page=2&{FIELDS}"
    )


def test_a_parameter_that_stands_twice_stays_so() -> None:
    assert rest_address(f"{POSTS}?categories[]=1&categories[]=2") == (
        f"{POSTS}?categories%5B%5D=1&categories%5B%5D=2&per_page=100&page=1&{FIELDS}"
    )


def test_an_entry_tells_its_page_s_address_dates_and_short_form() -> None:
    entry = {
        "id": 17,
        "link": "https://s.example/letter/",
        "date_gmt": "2026-01-01T00:00:00",
        "modified_gmt": "2026-02-01T00:00:00",
    }
    page = rest_page(answer(entry, {"id": 18}, {"link": 5}, "no entry"), rest_address(POSTS))

    assert page.size == 4
    assert page.entries == (
        Entry(
            "https://s.example/letter/",
            "2026-02-01T00:00:00Z",
            "2026-01-01T00:00:00Z",
            ("https://s.example/?p=17",),
        ),
    )


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("https://s.example/wp-json/wp/v2/posts", ["https://s.example/?p=3"]),
        (
            "https://s.example/en/wp-json/wp/v2/pages?page=2",
            ["https://s.example/en/?page_id=3", "https://s.example/en/?p=3"],
        ),
        (
            "https://s.example/wp-json/wp/v2/figure/",
            ["https://s.example/?p=3", "https://s.example/?post_type=figure&p=3"],
        ),
        ("https://s.example/?rest_route=/wp/v2/posts", ["https://s.example/?p=3"]),
        ("https://s.example/wp-json/wp/v2/tags", []),
        ("https://s.example/some/other.json", []),
    ],
)
def test_short_forms_are_of_the_collection(url: str, same: list[str]) -> None:
    (entry,) = rest_page(answer({"id": 3, "link": "/x/"}), url).entries

    assert list(entry.same) == same


def test_an_id_that_is_none_makes_no_short_form() -> None:
    for number in (True, "3", None, [3]):
        assert rest_page(answer({"id": number, "link": "/x/"}), POSTS).entries == (Entry("/x/"),)


def test_facts_are_what_the_spider_reads_from_an_entry() -> None:
    def facts(entry: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
        return tuple(("term", term) for term in entry["class_list"])

    (entry,) = rest_page(answer({"link": "/x/", "class_list": ["stage-1", "region-2"]}), POSTS, facts).entries

    assert entry.facts == (("term", "stage-1"), ("term", "region-2"))


@pytest.mark.parametrize(
    ("size", "total", "more"),
    [(100, "3", True), (100, "2", False), (0, "", False), (99, "", False), (100, "", True), (100, "many", True)],
)
def test_the_next_page_is_asked_for_while_there_is_one(size: int, total: str, more: bool) -> None:
    following = next_rest_address(rest_address(POSTS, 2), size, total)

    assert following == (rest_address(POSTS, 3) if more else None)


def test_a_list_of_another_size_is_full_at_its_own() -> None:
    assert next_rest_address(f"{POSTS}?per_page=20", 20, "") == f"{POSTS}?per_page=20&page=2&{FIELDS}"
    assert next_rest_address(f"{POSTS}?per_page=20", 19, "") is None


@pytest.mark.parametrize(
    ("octets", "found"),
    [
        (b"<!doctype html><html>", "expected JSON of WordPress, found b'<!doctype html>"),
        (b"", "expected JSON of WordPress, found b''"),
        (b"[" * 100_000, "expected JSON of WordPress"),
        (b'{"code":"rest_no_route"}', "expected a list of posts, found dict"),
        (b"\xff\xfe\x00", "expected JSON of WordPress"),
    ],
)
def test_what_is_no_collection_says_what_it_is(octets: bytes, found: str) -> None:
    with pytest.raises(NotAListingError, match=found):
        rest_page(octets, POSTS)
