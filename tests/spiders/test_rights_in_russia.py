"""Rights in Russia by its shipped definition: what addresses tell, and the site as something else than WordPress."""

from __future__ import annotations

from pathlib import Path

import pytest
from page_server import Answer, PageServer, Reply, serving

from archive.collection import Collection
from crawler.config import load_config
from crawler.frontier import FILE_NAME, Frontier
from crawler.runner import run_crawl
from spiders.definition import SiteDefinition
from spiders.kinds import kind_of
from spiders.known import KNOWN_SITES, spider_class
from spiders.rest import rest_address
from spiders.scope import Scope

JSON = {"Content-Type": "application/json; charset=UTF-8"}
XML = {"Content-Type": "text/xml"}
HTML = {"Content-Type": "text/html"}

OLD_SITE: dict[str, Answer] = {
    "/": "<a href='/archive/human-rights-week-by-week/2017/december/221217'>x</a>",
    "/archive/human-rights-week-by-week/2017/december/221217": "posted 13 Nov 2017",
}


def definition() -> SiteDefinition:
    return KNOWN_SITES["rights-in-russia"]


def page(*links: str) -> str:
    return "<html><body>" + "".join(f'<a href="{link}">x</a>' for link in links)


def pages_of(server: PageServer, old: PageServer, site: SiteDefinition) -> dict[str, Answer]:
    soft_404 = Reply("<!doctype html><html><body>Sorry</body></html>", headers=HTML)
    posts, pages = (rest_address(url).removeprefix(server.url("")) for url in site.rest)
    return {
        "/": page(
            "/support-for-political-prisoners-memorial-3/",
            "/wp-admin/",
            "/?s=search",
            "/a-post/feed/",
            "/a-post/?replytocom=5",
            old.url(),
            "https://twitter.example/x",
        ),
        "/support-for-political-prisoners-memorial-3/": page("/law-of-the-week-37/"),
        "/law-of-the-week-37/": page(),
        "/feed/": soft_404,
        "/wp-sitemap.xml": soft_404,
        posts: soft_404,
        pages: Reply('{"code":"rest_no_route"}', headers=JSON),
    }


def test_as_something_else_the_links_are_enough(tmp_path: Path) -> None:
    with (
        Collection.create(tmp_path / "collection", "") as collection,
        serving({}) as server,
        serving(OLD_SITE) as old,
    ):
        hosts = {"www.rightsinrussia.org": server.url(), "rightsinrussia.info": old.url()}
        site = definition().rebased(hosts)
        server.pages |= pages_of(server, old, site)
        summary = run_crawl(collection, load_config(collection.config_path), sites=[site])

        assert {"/support-for-political-prisoners-memorial-3/", "/law-of-the-week-37/"} <= set(server.paths)
        assert not {"/wp-admin/", "/?s=search", "/a-post/feed/", "/a-post/?replytocom=5"} & set(server.paths)
        assert set(old.paths) == {"/robots.txt", *OLD_SITE}
        rows = Frontier.open(collection.crawls_folder / summary.crawl / FILE_NAME)
        states = {row.url: (row.state, row.reason) for row in rows.pages()}
        rows.close()
    assert (summary.failed, summary.reason) == (0, "finished")
    assert states["https://twitter.example/x"] == ("skipped", "other host")
    # each way to find pages that is not there says so
    assert {
        "expected XML, found b'<!doctype html><html><body>Sorry</body><'",
        "expected JSON of WordPress, found b'<!doctype html><html><body>Sorry</body><'",
        "expected a list of posts, found dict",
        "expected a listing, found status 404",
    } <= {reason for state, reason in states.values() if state == "done"}


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/support-for-political-prisoners-memorial-3/", "case"),
        ("/political-prisoners/", "case"),
        ("/weekly-update-19/", "news"),
        ("/week-ending-31-december-2021/", "news"),
        ("/law-of-the-week-37/", "law"),
        ("/interview-with-anna-example/", "interview"),
        ("/", "list"),
        ("/page/2/", "list"),
        ("/category/political-prisoners/", "list"),
        ("/archive/human-rights-week-by-week/2017/december/221217", "news"),
        ("/archive/human-rights-week-by-week", "list"),
        ("/rir/news-reviews/20012012", "news"),
        ("/hro-org-in-english/politicalprisoners-2", "case"),
        ("/news?offset=10", "list"),
        ("/about-us/", "other"),
    ],
)
def test_the_address_tells_the_kind_of_page(path: str, kind: str) -> None:
    assert kind_of(definition(), "https://www.rightsinrussia.org" + path) == kind


def test_the_old_hosts_belong_to_the_site_and_have_pages_of_their_own() -> None:
    scope = Scope(definition())

    for url in ("http://www.rightsinrussia.info/archive/", "http://groups.rightsinrussia.info/news"):
        assert scope.admits(url).admitted
    assert not scope.admits("http://sites.google.com/site/other/").admitted
    assert not definition().mirrors


def test_a_collection_that_names_the_spider_of_before_is_read() -> None:
    """Its work is the general spider's now."""
    assert spider_class("rights-in-russia") is spider_class("site")


def test_every_known_site_names_a_spider_that_there_is() -> None:
    for name, site in KNOWN_SITES.items():
        assert site.name == name
        assert spider_class(site.spider)(site=site).site is site


def test_an_unknown_spider_is_refused() -> None:
    with pytest.raises(ValueError, match=r"expected one of the spiders site, .*, found 'x'"):
        spider_class("x")
