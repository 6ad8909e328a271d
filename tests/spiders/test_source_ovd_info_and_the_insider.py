"""OVD-Info and The Insider, crawled in one crawl by the real command against servers that stand in for them."""

from __future__ import annotations

import json
import statistics
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from replicas.base import Replica, json_reply, not_found
from replicas.crawling import Archive, Coverage, Ran, coverage, paths_of, rebased, wrong_pages
from replicas.ovd_info import DATA, FORMER, MIRROR, SITE, OvdInfo
from replicas.the_insider import FIRST, SECOND, TheInsider

from spiders.definition import SiteDefinition

DELAY = 0.05


@dataclass(frozen=True)
class Crawled:
    """Both replicas after a crawl, and what it said."""

    ovd: OvdInfo
    insider: TheInsider
    sites: dict[str, SiteDefinition]
    archive: Archive
    crawl: Ran

    def pages(self, name: str) -> list[dict[str, Any]]:
        return self.archive("site", "pages", name).of_type("page")

    def coverage(self, name: str) -> Coverage:
        site = self.sites[name]
        ways = paths_of(*site.feeds, *site.sitemaps)
        if name == "ovd-info":
            return coverage(self.ovd, ways)
        return coverage(self.insider, ways, hosts=self.insider.hosts, folded=True)


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    archive = Archive(tmp_path_factory.mktemp("sources") / "collection")
    with OvdInfo(api_seconds=DELAY) as ovd, TheInsider() as insider:
        sites = [
            rebased("ovd-info", ovd.bases, delay=DELAY),
            rebased("ovd-info-data", ovd.bases, delay=DELAY),
            rebased("the-insider", insider.bases, delay=DELAY),
        ]
        archive.add(*sites)
        crawl = archive("crawl")
        yield Crawled(ovd, insider, {site.name: site for site in sites}, archive, crawl)


def test_the_replicas_are_large_enough() -> None:
    for replica in (OvdInfo(), TheInsider()):
        languages = Counter(page.language for page in replica.pages)
        assert languages["ru"] + languages["en"] >= 300
        assert min(languages["ru"], languages["en"]) >= 75
        assert len({page.path for page in replica.pages}) == len(replica.pages)


def test_the_crawl_ends_by_itself(crawled: Crawled) -> None:
    summary = crawled.crawl.summary

    assert (summary["reason"], summary["failed"]) == ("finished", 0)


@pytest.mark.parametrize("name", ["ovd-info", "the-insider"])
def test_each_page_that_is_listed_is_fetched_once(crawled: Crawled, name: str) -> None:
    found = crawled.coverage(name)

    assert (found.missing, found.twice) == ((), ())


@pytest.mark.parametrize("name", ["ovd-info", "the-insider"])
def test_hardly_anything_else_is_asked_for(crawled: Crawled, name: str) -> None:
    found = crawled.coverage(name)

    assert found.precision >= 0.98, found.beside
    for word in ("share", "login", "search", "utm_", "fbclid", "comments", "cdn-cgi", "sort_by", "page=0", "amp"):
        assert not [path for path in found.beside if word in path]


def test_robots_txt_is_asked_for_first_and_obeyed(crawled: Crawled) -> None:
    replicas: tuple[tuple[Replica, str], ...] = (
        (crawled.ovd, SITE),
        (crawled.ovd, DATA),
        (crawled.insider, FIRST),
        (crawled.insider, SECOND),
    )
    for replica, host in replicas:
        paths = [one.path for one in replica.asked_of(host)]
        assert paths[0] == "/robots.txt"
        assert paths.count("/robots.txt") == 1
        assert not [path for path in paths if path.startswith("/internal/")]
    assert crawled.crawl.summary["skipped_because"]["robots.txt disallows it"] >= 2


def test_one_connection_to_a_host_and_the_delay_between_requests(crawled: Crawled) -> None:
    for replica, host in ((crawled.ovd, SITE), (crawled.ovd, DATA), (crawled.insider, FIRST)):
        assert replica.most_connections(host) == 1
        # of one gap a busy machine may take some; what counts is that the pause is kept throughout
        assert statistics.median(replica.starts(host)) >= DELAY


def test_an_address_at_the_former_host_leads_to_the_page_at_the_present_one(crawled: Crawled) -> None:
    asked = [one.path for one in crawled.ovd.asked_of(FORMER) if one.path != "/robots.txt"]

    # linked from the home page, before the listing names it; the rest were known by then
    assert len(asked) == len(set(asked)) <= 2
    assert all(path.startswith(("/documents/", "/articles/")) for path in asked)


def test_every_record_of_the_api_is_kept_once_and_never_asked_for_in_haste(crawled: Crawled) -> None:
    asked = Counter(one.path for one in crawled.ovd.asked_of(DATA) if one.status == 200)
    persons = [
        f"/v1/persons/{n}?language={language}" for n in range(len(crawled.ovd.persons)) for language in ("ru", "en")
    ]

    assert crawled.ovd.hasty == 0
    assert [asked[path] for path in persons] == [1] * len(persons)
    assert asked["/v1/data?language=en&subset=detailed"] == asked["/v1/locations?language=ru"] == 1
    kinds = Counter((page["kind"], page["language"]) for page in crawled.pages("ovd-info-data"))
    assert kinds["case", "ru"] == kinds["case", "en"] == len(crawled.ovd.persons)


def test_what_pages_of_ovd_info_are(crawled: Crawled) -> None:
    assert wrong_pages(crawled.ovd, crawled.pages("ovd-info")) == {}


def test_what_pages_of_the_insider_are(crawled: Crawled) -> None:
    assert wrong_pages(crawled.insider, crawled.pages("the-insider")) == {}


def test_at_a_mirror_the_next_run_asks_for_listings_alone_and_finds_noise_to_be_no_change(crawled: Crawled) -> None:
    ovd = crawled.ovd
    crawled.archive.add(crawled.sites["ovd-info"].rebased(ovd.base_of(MIRROR)))
    ovd.forget()
    crawled.insider.forget()

    again = crawled.archive("crawl")

    assert (again.summary["failed"], again.summary["changed"]) == (0, 0)
    assert ovd.asked_of(SITE) == []
    # what is due is known under the site's own addresses
    asked = [one.path for one in ovd.asked_of(MIRROR) if one.status == 200]
    pages = {page.path: page for page in ovd.pages}
    assert {pages[path].kind for path in asked if path in pages} == {"list"}
    assert {page.path for page in ovd.pages if page.kind == "list"} <= set(asked)
    assert {one.status for one in ovd.asked_of(DATA)} == {200}
    # and has one history
    captures = crawled.archive("history", f"{ovd.base_of(MIRROR)}/texts").of_type("capture")
    assert [one["url"] for one in captures] == [f"{ovd.base_of(MIRROR)}/texts", ovd.url("/texts")]


def test_a_site_that_is_built_otherwise_loses_nothing_that_can_be_found(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "collection")
    few = {"express-news": 12, "news": 2, "articles": 3, "stories": 2, "documents": 1, "persons": 4}
    with OvdInfo(api_seconds=0, numbers=few) as ovd:
        # no listing of texts, a feed that is none, records under another name
        ovd.routes["/texts"] = ovd.routes["/en/texts"] = not_found()
        ovd.routes["/rss.xml"] = "<h1>Лента переехала</h1>"
        for language in ("ru", "en"):
            records = [ovd.record(n, language) for n in range(4)]
            answer = json.dumps({"meta": {"total": 4}, "persons": records})
            ovd.routes[f"/v1/persons?language={language}&subset=detailed"] = json_reply(answer)
        sites = [rebased(name, ovd.bases, delay=0) for name in ("ovd-info", "ovd-info-data")]
        archive.add(*sites)

        crawl = archive("crawl")

        found = coverage(ovd, paths_of(*sites[0].feeds, *sites[0].sitemaps))
        assert set(found.missing) <= {"/texts", "/en/texts"}
        assert found.twice == ()
        records_asked = {one.path for one in ovd.asked_of(DATA) if one.status == 200}
        assert {f"/v1/persons/{n}?language=ru" for n in range(4)} <= records_asked
        assert any("feed" in problem or "rss" in problem for problem in crawl.summary["problems"]), crawl.summary
