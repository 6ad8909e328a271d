"""What memopzk.org's registry tells of a person."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from replicas.crawling import Archive, rebased
from replicas.memopzk import MIRROR, Memopzk

from spiders.kinds import kind_of
from spiders.known import KNOWN_SITES
from spiders.memopzk import MemopzkSpider, article_of, facts_of_classes


@pytest.mark.parametrize(
    ("slug", "article"),
    [
        ("uk-205-2-ch-2", "ч. 2 ст. 205.2 УК РФ"),
        ("uk-275", "ст. 275 УК РФ"),
        ("uk-207-3-ch-2", "ч. 2 ст. 207.3 УК РФ"),
        ("uk-30-ch-1", "ч. 1 ст. 30 УК РФ"),
        ("uk-282-2-ch-1-1", "ч. 1.1 ст. 282.2 УК РФ"),
        ("koap-20-3-3-ch-1", "ч. 1 ст. 20.3.3 КоАП РФ"),
        # of another form than was seen: the slug is kept rather than guessed at
        ("uk-207-3-ch-2-p-a", "uk-207-3-ch-2-p-a"),
    ],
)
def test_a_slug_names_an_article_of_law(slug: str, article: str) -> None:
    assert article_of(slug) == article


def test_classes_tell_articles_stage_and_region() -> None:
    classes = [
        *("post-20017", "figurant", "type-figurant", "status-publish", "hentry", "category-figuranty"),
        *("stage-sud", "regions-zaozyorsk", "repression-lishenie-svobody", "list-persecuted-spisok-pervyj"),
        *("uk-541-ch-2", "uk-541-ch-2", "uk-517-4"),
    ]

    assert facts_of_classes(classes) == (
        ("category", "figuranty"),
        ("stage", "sud"),
        ("region", "zaozyorsk"),
        ("repression", "lishenie-svobody"),
        ("list", "spisok-pervyj"),
        ("article", "ч. 2 ст. 541 УК РФ"),
        ("article", "ст. 517.4 УК РФ"),
    )


def test_a_registry_without_class_list_is_counted() -> None:
    spider = MemopzkSpider(site=KNOWN_SITES["memopzk"])

    assert spider.entry_facts({"id": 7, "link": "https://memopzk.org/figurant/x/"}) == ()
    assert spider.entry_facts({"class_list": {"0": "stage-sud", "3": 7}}) == (("stage", "sud"),)
    assert list(spider.dropped.values()) == [1]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/figurant/shhukin-pyotr-ilich/", "case"),
        ("/en/figurant/shhukin-pyotr-ilich/", "case"),
        ("/news/3yo-birthday/", "news"),
        ("/en/news/3yo-birthday", "news"),
        ("/news/", "list"),
        ("/en/news/page/2/", "list"),
        ("/list-persecuted/veroyatnye-zhertvy-ne-voshedshie-v-spiski/page/3", "list"),
        ("/list-persecuted/veroyatnye-zhertvy-ne-voshedshie-v-spiski/?download", "download"),
        ("/", "list"),
        ("/en/", "list"),
        ("/about/", "other"),
    ],
)
def test_the_address_tells_the_kind_of_page(path: str, kind: str) -> None:
    assert kind_of(KNOWN_SITES["memopzk"], "https://memopzk.org" + path) == kind


def test_the_short_form_of_a_list_and_filters_are_not_followed() -> None:
    scope = MemopzkSpider(site=KNOWN_SITES["memopzk"]).scope

    assert scope.admits("https://memopzk.org/figurant/shhukin-pyotr-ilich/").admitted
    assert scope.admits("https://memopzk.org./news/").admitted
    for path in ("/wp-admin/", "/?s=x", "/figurant/x/?share=vk", "/regions/x/?stage=sud&sort=name", "/x/feed/"):
        assert not scope.admits("https://memopzk.org" + path).admitted


def test_a_mirror_alone_is_enough_whatever_host_its_links_name(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "collection")
    with Memopzk(persons=12, statements=4, rewrites=False, says_total=False) as memopzk:
        mirror, blocked = memopzk.base_of(MIRROR), urlsplit(memopzk.base).netloc
        archive.add(rebased("memopzk", {"memopzk.org": mirror}, delay=0, mirrors=[blocked], requisites=False))
        ran = archive("crawl")

        assert not memopzk.asked_of("memopzk.org")
        assert {page.path for page in memopzk.pages if page.listed} <= set(memopzk.paths)
    assert ran.summary["failed"] == 0
