"""When two addresses of a site are one page."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spiders.definition import SiteDefinition
from spiders.identity import Identity

SITE = SiteDefinition(
    name="ledger",
    start=("https://www.ledger.example/",),
    mirrors=("ledger-mirror.example:8080", "ledger.global.example"),
    hosts=("old.ledger.example",),
)


@pytest.fixture(scope="module")
def identity() -> Identity:
    return Identity(SITE)


@pytest.mark.parametrize(
    "other",
    [
        "http://www.ledger.example/case/17?x=1",
        "https://ledger.example/case/17?x=1",
        "https://ledger.example./case/17?x=1",
        "https://LEDGER.example:443/case/17?x=1",
        "http://ledger-mirror.example:8080/case/17?x=1",
        "https://www.ledger.global.example/case/17?x=1",
        "https://ledger.example/case/./a/../17?x=1",
        "https://ledger.example/%63ase/17?x=1",
        "https://ledger.example/case/17?utm_source=feed&x=1&utm_medium=rss",
        "https://ledger.example/case/17?x=1&fbclid=IwAR0abc",
        "https://ledger.example/case/17?x=1&amp",
        "https://ledger.example/case/17?amp=1&x=1",
        "https://ledger.example/case/17/amp?x=1",
        "https://ledger.example/case/17;jsessionid=1A2B3C?x=1",
        "https://ledger.example/case/17?PHPSESSID=abcdef&x=1",
        "https://ledger.example/case/17?sid=0123456789abcdef0123456789abcdef&x=1",
        "https://ledger.example/case/17?session_id=0123456789abcdef0123456789abcdef&x=1",
        "https://ledger.example/case/17?x=1#court",
    ],
)
def test_another_spelling_is_the_same_page(identity: Identity, other: str) -> None:
    assert identity.same("https://www.ledger.example/case/17?x=1", other)
    assert identity.page(other) == "https://www.ledger.example/case/17?x=1"


@pytest.mark.parametrize(
    "other",
    [
        "https://www.ledger.example/case/17?x=2",
        "https://www.ledger.example/case/17?x=1&y=1",
        "https://www.ledger.example/case/17/?x=1",
        "https://www.ledger.example/Case/17?x=1",
        "https://www.ledger.example/en/case/17?x=1",
        "https://www.ledger.example:8443/case/17?x=1",
        # a host of its own has pages of its own
        "https://old.ledger.example/case/17?x=1",
        "https://www.ledger.example/case/17?x=1&sid=17",
        "https://www.ledger.example/case/17?x=1&session_id=12",
        "https://www.ledger.example/case/17?x=1&sid=507f1f77bcf86cd799439011",
        "https://www.ledger.example/case/17?x=1&pk_id=3",
    ],
)
def test_another_page_is_another_page(identity: Identity, other: str) -> None:
    assert not identity.same("https://www.ledger.example/case/17?x=1", other)


def test_percent_encoding_and_international_names_are_spellings(identity: Identity) -> None:
    written = "https://www.ledger.example/дело/Петрова"
    encoded = "https://www.ledger.example/%d0%b4%D0%B5%D0%BB%D0%BE/%D0%9F%D0%B5%D1%82%D1%80%D0%BE%D0%B2%D0%B0"
    named = Identity(SiteDefinition(name="name", start=("https://архив.example/",)))

    assert identity.same(written, encoded)
    assert named.same("https://архив.example/a", "https://xn--80aer5aza.example/a")


def test_what_is_fetched_is_without_trackers_and_otherwise_letter_for_letter(identity: Identity) -> None:
    assert identity.clean("https://ledger.example./%63ase/17?b=2&utm_source=x&a=1&a=1#f") == (
        "https://ledger.example./%63ase/17?b=2&a=1&a=1"
    )
    assert identity.clean("https://ledger.example/?fbclid=x") == "https://ledger.example/"
    assert identity.clean("https://ledger.example/a?") == "https://ledger.example/a?"


def test_what_a_mirror_links_to_is_fetched_where_the_site_begins(identity: Identity) -> None:
    moved = Identity(SITE.rebased("http://127.0.0.1:9999/"))

    assert identity.clean("http://ledger-mirror.example:8080/a?b=%d0#c") == "https://www.ledger.example/a?b=%d0"
    assert moved.clean("https://ledger.example/a") == "http://127.0.0.1:9999/a"
    # spellings of its own host, and hosts with pages of their own, stay
    assert identity.clean("http://ledger.example./a") == "http://ledger.example./a"
    assert moved.clean("https://old.ledger.example/a") == "https://old.ledger.example/a"


def test_a_definition_names_parameters_of_its_own() -> None:
    site = SiteDefinition(
        name="a", start=("http://a.example/",), drop_parameters=("print",), keep_parameters=("utm_id",)
    )
    identity = Identity(site)

    assert identity.clean("http://a.example/x?print=1&utm_id=3&utm_source=y") == "http://a.example/x?utm_id=3"


def test_a_site_that_moves_to_a_mirror_keeps_its_pages(identity: Identity) -> None:
    moved = SITE.rebased("http://ledger-mirror.example:8080/")
    elsewhere = SITE.rebased("http://127.0.0.1:9999")

    assert moved.start == ("http://ledger-mirror.example:8080/",)
    assert elsewhere.mirrors == (*SITE.mirrors, "www.ledger.example")
    for url in (
        "https://www.ledger.example/case/17",
        "http://ledger.example./x?utm_id=1",
        "https://old.ledger.example/x",
    ):
        assert Identity(moved).key(url) == Identity(elsewhere).key(url) == identity.key(url)
    assert Identity(elsewhere).key("http://127.0.0.1:9999/case/17") == identity.key("https://ledger.example/case/17")


def test_a_site_of_several_hosts_moves_host_by_host() -> None:
    site = SiteDefinition(name="two", start=("https://a.example/x",), feeds=("https://b.example/feed",))

    moved = site.rebased({"a.example": "http://127.0.0.1:1", "b.example": "http://127.0.0.2:2/"})

    assert (moved.start, moved.feeds) == (("http://127.0.0.1:1/x",), ("http://127.0.0.2:2/feed",))
    assert set(moved.mirrors) == {"a.example", "b.example"}


def test_a_placeholder_is_no_mirror() -> None:
    site = SiteDefinition(name="any", start=("https://site.invalid/",), feeds=("https://site.invalid/feed/",))

    moved = site.rebased("https://a.example/")

    assert (moved.start, moved.feeds, moved.mirrors) == (("https://a.example/",), ("https://a.example/feed/",), ())


@given(st.text(max_size=40), st.text(max_size=40))
def test_the_key_of_what_is_fetched_is_the_key_of_what_was_found(path: str, query: str) -> None:
    from spiders.address import AddressError, join_link

    identity = Identity(SITE)
    try:
        url = join_link("https://www.ledger.example/", f"/{path}?{query}")
        key = identity.key(url)
    except AddressError:
        return
    assert identity.key(identity.clean(url)) == key
    assert identity.clean(identity.clean(url)) == identity.clean(url)
