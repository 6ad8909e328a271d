from __future__ import annotations

import json
from typing import Any

import pytest

from spiders.api import api_page
from spiders.definition import Api
from spiders.entry import Entry, NotAListingError

URL = "https://api.example/v1/persons?language=ru"


def read(document: Any, url: str = URL, **api: str) -> tuple[list[Entry], str | None]:
    page = api_page(json.dumps(document).encode(), Api(url=URL, **api), url)
    return list(page.entries), page.more


def test_entries_are_where_the_definition_says() -> None:
    document = {"data": {"items": [{"links": {"self": "/p/1"}, "at": "2026-05-01"}, {"links": {}}, 5, None]}, "n": 2}

    assert read(document, entries="data.items", link="links.self", modified="at") == (
        [Entry("/p/1", "2026-05-01")],
        None,
    )


def test_the_document_may_be_the_list_or_hold_one_list_alone() -> None:
    entries = [{"url": "/p/1"}, {"url": "/p/1"}, {"url": "/p/2"}]

    assert read(entries, link="url") == ([Entry("/p/1"), Entry("/p/2")], None)
    assert read({"count": 3, "results": entries}, link="url") == ([Entry("/p/1"), Entry("/p/2")], None)


def test_an_address_may_be_made_of_an_entry_s_values() -> None:
    entries = [{"id": 7, "who": {"slug": "анна"}}, {"id": 8}, {"who": {"slug": "x"}}]
    template = "https://h.example/p/{id}/{who.slug}"

    assert read(entries, template=template)[0] == [Entry("https://h.example/p/7/%D0%B0%D0%BD%D0%BD%D0%B0")]
    assert read(["a", "b"], template="https://h.example/{name}")[0] == [
        Entry("https://h.example/a"),
        Entry("https://h.example/b"),
    ]
    assert read(["https://h.example/a"])[0] == [Entry("https://h.example/a")]
    assert read([{"url": "", "id": 3}], link="url", template="/p/{id}")[0] == [Entry("/p/3")]


def test_entries_may_stand_under_their_ids() -> None:
    assert read({"persons": {"7": {"url": "/p/7"}}}, entries="persons", link="url")[0] == [Entry("/p/7")]


@pytest.mark.parametrize("end", [None, "", False, {}, []])
def test_the_next_document_is_named_until_there_is_none(end: Any) -> None:
    assert read({"e": [], "links": {"next": "/v1/persons?p=2"}}, entries="e", next="links.next")[1] == "/v1/persons?p=2"
    assert read({"e": [1], "links": {"next": end}}, entries="e", next="links.next")[1] is None
    assert read({"e": [1]}, entries="e", next="links.next")[1] is None


def test_a_cursor_is_no_address_and_goes_into_its_parameter() -> None:
    document = {"e": [], "cursor": "b2s=", "at": "https://api.example/next"}

    assert read(document, entries="e", next="cursor", cursor="after")[1] == f"{URL}&after=b2s%3D"
    assert read(document, f"{URL}&after=old", entries="e", next="cursor", cursor="after")[1] == f"{URL}&after=b2s%3D"
    assert read(document, entries="e", next="at", cursor="after")[1] == "https://api.example/next"
    assert read({"e": [], "n": 7}, entries="e", next="n", cursor="after")[1] == f"{URL}&after=7"


def test_pages_are_counted_until_one_is_empty() -> None:
    assert read([{}], page="page")[1] == f"{URL}&page=2"
    assert read([{}], f"{URL}&page=2", page="page")[1] == f"{URL}&page=3"
    assert read([{}], f"{URL}&page=0", page="page")[1] == f"{URL}&page=1"
    assert read([], f"{URL}&page=3", page="page")[1] is None
    assert read([{}, {}], offset="skip")[1] == f"{URL}&skip=2"
    assert read([{}], f"{URL}&skip=2", offset="skip")[1] == f"{URL}&skip=3"


@pytest.mark.parametrize(
    ("octets", "found"),
    [
        (b"<!doctype html>", "expected JSON, found b'<!doctype html>'"),
        (b"\xff", "expected JSON"),
        (b"[" * 100_000, "expected JSON"),
        (b"5", "expected a list at 'data.items', found NoneType"),
        (b'{"data": {"items": "none"}}', "expected a list at 'data.items', found str"),
    ],
)
def test_what_is_no_list_says_what_it_is(octets: bytes, found: str) -> None:
    with pytest.raises(NotAListingError, match=found):
        api_page(octets, Api(url=URL, entries="data.items"), URL)


def test_two_lists_are_not_guessed_between() -> None:
    with pytest.raises(NotAListingError, match="expected a list as the document, found dict"):
        read({"a": [], "b": []})
