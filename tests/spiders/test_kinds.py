from __future__ import annotations

import pytest

from spiders.definition import SiteDefinition
from spiders.kinds import kind_of, language_of

SITE = SiteDefinition(
    name="ledger",
    start=("https://ledger.example/",),
    feeds=("https://ledger.example/feed",),
    sitemaps=("https://ledger.example/sitemap.xml",),
    kinds=((r"/case/", "case"), (r"^https?://[^/]+/новости/", "news"), (r"/case/news/", "never")),
    language_paths=((r"^https?://[^/]+/en(?:/|$)", "en"),),
    lists=("https://ledger.example/all", "https://ledger.example/index.php?list=7"),
    rest=("https://ledger.example/wp-json/wp/v2/posts?per_page=100",),
    downloads=("https://ledger.example/all.csv",),
)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("case/1", "case"),
        ("case/news/1", "case"),
        ("%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D0%B8/1", "news"),
        ("feed", "feed"),
        ("sitemap.xml", "sitemap"),
        ("all", "list"),
        ("all?page=2", "list"),
        ("all/page/2/", "list"),
        ("all/more", "other"),
        ("wp-json/wp/v2/posts?page=2&per_page=100", "rest"),
        ("index.php?list=7", "list"),
        ("index.php?list=8", "other"),
        ("all.csv", "download"),
        ("about", "other"),
    ],
)
def test_the_first_pattern_that_fits_tells_the_kind(path: str, kind: str) -> None:
    assert kind_of(SITE, f"https://ledger.example/{path}") == kind


def test_an_address_tells_its_language_or_none() -> None:
    assert [language_of(SITE, f"https://ledger.example/{path}") for path in ("en", "en/x", "english", "")] == [
        "en",
        "en",
        None,
        None,
    ]
