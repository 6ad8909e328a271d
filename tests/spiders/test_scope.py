from __future__ import annotations

import dataclasses

import pytest

from spiders.address import AddressError
from spiders.definition import SiteDefinition, definition_for_url, definitions_for_urls
from spiders.scope import Scope

SITE = SiteDefinition(name="ledger", start=("https://www.ledger.example/cases/",))


def reasons(site: SiteDefinition, *urls: str) -> list[str]:
    scope = Scope(site)
    return [scope.admits(url).reason for url in urls]


def test_a_site_without_patterns_is_everything_on_its_host_and_its_spellings() -> None:
    assert reasons(
        SITE,
        "https://www.ledger.example/news/1",
        "http://ledger.example/",
        "https://ledger.example./a",
        "https://LEDGER.example:443/",
    ) == ["", "", "", ""]


def test_what_is_elsewhere_says_so() -> None:
    assert reasons(
        SITE,
        "https://other.example/",
        "https://ledger.example:8443/",
        "https://sub.ledger.example/",
        "mailto:a@b.example",
    ) == ["other host", "other host", "other host", "scheme mailto"]


def test_a_mirror_belongs_to_the_site() -> None:
    site = dataclasses.replace(SITE, mirrors=("ledger-mirror.example:8080",))

    assert reasons(site, "http://ledger-mirror.example:8080/x", "http://ledger-mirror.example/x") == ["", "other host"]


def test_include_and_exclude_are_searched_in_the_address() -> None:
    site = dataclasses.replace(SITE, include=(r"/cases/\d+", "/новости/"), exclude=(r"[?&]print=",))

    assert reasons(
        site,
        "https://ledger.example/cases/17",
        "https://ledger.example/about",
        "https://ledger.example/cases/17?print=1",
        "https://ledger.example/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D0%B8/1",
    ) == ["", "not included", "excluded by [?&]print=", ""]


def test_a_pattern_that_is_none_is_named() -> None:
    with pytest.raises(ValueError, match=r"expected a regular expression, found '\(': "):
        Scope(dataclasses.replace(SITE, include=("(",)))


def test_an_address_alone_takes_in_its_folder() -> None:
    site = definition_for_url("http://127.0.0.1:8000/case/17?x=1")

    assert site.name == "127.0.0.1:8000"
    assert site.start == ("http://127.0.0.1:8000/case/17?x=1",)
    assert reasons(
        site,
        "http://127.0.0.1:8000/case/18",
        "http://127.0.0.1:8000/case/a/b",
        "http://127.0.0.1:8000/other",
        "http://127.0.0.1:8001/case/18",
    ) == ["", "", "not included", "other host"]


def test_addresses_of_one_host_are_one_site() -> None:
    one, other = definitions_for_urls(
        ["http://a.example/x/1", "http://b.example/", "http://A.example/y/", "http://a.example/x/1"]
    )

    assert one.start == ("http://a.example/x/1", "http://a.example/y/")
    assert reasons(one, "http://a.example/y/2", "http://a.example/x/2", "http://a.example/z/") == [
        "",
        "",
        "not included",
    ]
    assert other.name == "b.example"


def test_no_site_is_made_of_what_is_no_address() -> None:
    with pytest.raises(AddressError):
        definition_for_url("ftp://example.org/")
