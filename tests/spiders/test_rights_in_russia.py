"""The spider against a server that behaves as the site is described: as WordPress, and as something else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from page_server import Answer, PageServer, Reply, serving

from archive.collection import Collection
from crawler.config import load_config
from crawler.frontier import FILE_NAME, Frontier
from crawler.runner import CrawlSummary, run_crawl
from spiders.definition import SiteDefinition
from spiders.known import KNOWN_SITES, spider_class
from spiders.rights_in_russia import RightsInRussiaSpider

RIGHTS_IN_RUSSIA = KNOWN_SITES["rights-in-russia"]

JSON = {"Content-Type": "application/json; charset=UTF-8"}
XML = {"Content-Type": "text/xml"}
POSTS = 230


OLD_SITE: dict[str, Answer] = {
    "/": "<a href='/archive/human-rights-week-by-week/2017/december/221217'>x</a>",
    "/archive/human-rights-week-by-week/2017/december/221217": "posted 13 Nov 2017",
}


def at(server: PageServer, old: PageServer) -> SiteDefinition:
    """The shipped definition, moved to local servers: the site, and its old host."""

    def moved(urls: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(server.url(urlsplit(url).path) for url in urls)

    known = RIGHTS_IN_RUSSIA
    return replace(
        known,
        start=moved(known.start),
        feeds=moved(known.feeds),
        sitemaps=moved(known.sitemaps),
        hosts=(f"127.0.0.1:{old.port}",),
    )


def page(*links: str) -> str:
    return "<html><body>" + "".join(f'<a href="{link}">x</a>' for link in links)


class WordPress:
    """Answers /wp-json/wp/v2/posts as WordPress does: `per_page`, `page`, HTTP 400 past the end."""

    def __init__(self, server: PageServer, *, says_total: bool) -> None:
        self._server = server
        self._says_total = says_total

    def rest(self, path: str) -> Reply:
        query = parse_qs(urlsplit(path).query)
        size, number = int(query["per_page"][0]), int(query["page"][0])
        posts = [
            {"id": n, "link": self._server.url(f"/week-ending-{n}/"), "modified_gmt": "2026-01-01T00:00:00"}
            for n in range(POSTS)
        ]
        some = posts[size * (number - 1) : size * number]
        if not some:
            return Reply('{"code":"rest_post_invalid_page_number"}', 400, JSON)
        total = {"X-WP-TotalPages": str(-(-POSTS // size))} if self._says_total else {}
        return Reply(json.dumps(some), headers={**JSON, **total})


@pytest.fixture
def collection(tmp_path: Path) -> Iterator[Collection]:
    with Collection.create(tmp_path / "collection", "") as collection:
        yield collection


def crawl(collection: Collection, site: SiteDefinition) -> CrawlSummary:
    return run_crawl(collection, load_config(collection.config_path), sites=[site])


def common(server: PageServer, old: PageServer) -> dict[str, Answer]:
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
        "/feed/": Reply(
            f"<rss version='2.0'><channel><item><link>{server.url('/weekly-update-19/')}</link></item></channel></rss>",
            headers=XML,
        ),
        "/weekly-update-19/": page(),
    }


@pytest.mark.parametrize("says_total", [True, False])
def test_as_wordpress_every_post_is_found(collection: Collection, says_total: bool) -> None:
    with serving({}) as server, serving(OLD_SITE) as old:
        wordpress = WordPress(server, says_total=says_total)
        server.pages |= common(server, old)
        server.pages |= {f"/week-ending-{n}/": page() for n in range(POSTS)}
        for kind in ("posts", "pages"):
            for n in range(1, 6):
                path = f"/wp-json/wp/v2/{kind}?per_page=100&page={n}&_fields=id,link,slug,date_gmt,modified_gmt"
                server.pages[path] = wordpress.rest(path) if kind == "posts" else Reply("[]", headers=JSON)
        server.pages["/wp-sitemap.xml"] = Reply(
            f"<sitemapindex><sitemap><loc>{server.url('/wp-sitemap-posts-page-1.xml')}</loc></sitemap></sitemapindex>",
            headers=XML,
        )
        server.pages["/wp-sitemap-posts-page-1.xml"] = Reply(
            f"<urlset><url><loc>{server.url('/about/')}</loc></url></urlset>", headers=XML
        )
        server.pages["/about/"] = page()
        summary = crawl(collection, at(server, old))

        assert {f"/week-ending-{n}/" for n in range(POSTS)} <= set(server.paths)
        assert {"/about/", "/weekly-update-19/", "/law-of-the-week-37/"} <= set(server.paths)
        assert sum(path.startswith("/wp-json/wp/v2/posts") for path in server.paths) == 3
        assert not {"/wp-admin/", "/?s=search", "/a-post/feed/"} & set(server.paths)
        assert set(old.paths) == {"/robots.txt", *OLD_SITE}
        states = frontier(collection, summary)
    assert (summary.failed, summary.reason) == (0, "finished")
    assert states["https://twitter.example/x"] == ("skipped", "other host")


def test_as_something_else_the_links_are_enough(collection: Collection) -> None:
    with serving({}) as server, serving(OLD_SITE) as old:
        soft_404 = Reply("<!doctype html><html><body>Sorry</body></html>", headers={"Content-Type": "text/html"})
        server.pages |= common(server, old)
        server.pages |= {"/feed/": soft_404, "/wp-sitemap.xml": soft_404}
        server.pages["/wp-json/wp/v2/pages?per_page=100&page=1&_fields=id,link,slug,date_gmt,modified_gmt"] = Reply(
            '{"code":"rest_no_route"}', headers=JSON
        )
        server.pages["/wp-json/wp/v2/posts?per_page=100&page=1&_fields=id,link,slug,date_gmt,modified_gmt"] = soft_404
        summary = crawl(collection, at(server, old))

        assert {"/support-for-political-prisoners-memorial-3/", "/law-of-the-week-37/"} <= set(server.paths)
        assert (summary.failed, summary.reason) == (0, "finished")
        reasons = {reason for state, reason in frontier(collection, summary).values() if state == "done"}
    assert {
        "expected XML, found b'<!doctype html><html><body>Sorry</body><'",
        "expected JSON of WordPress, found b'<!doctype html><html><body>Sorry</body><'",
        "expected a list of posts, found dict",
    } <= reasons


def frontier(collection: Collection, summary: CrawlSummary) -> dict[str, tuple[str, str | None]]:
    rows = Frontier.open(collection.crawls_folder / summary.crawl / FILE_NAME)
    states = {row.url: (row.state, row.reason) for row in rows.pages()}
    rows.close()
    return states


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
        ("/category/news/", "list"),
        ("/archive/human-rights-week-by-week/2017/december/221217", "news"),
        ("/rir/news-reviews/20012012", "news"),
        ("/hro-org-in-english/politicalprisoners-2", "case"),
        ("/about-us/", None),
    ],
)
def test_the_address_tells_the_kind_of_page(path: str, kind: str | None) -> None:
    spider = RightsInRussiaSpider(site=RIGHTS_IN_RUSSIA)

    assert spider.kind_of("https://www.rightsinrussia.org" + path) == kind


def test_the_old_host_is_a_mirror() -> None:
    spider = RightsInRussiaSpider(site=RIGHTS_IN_RUSSIA)

    for url in ("http://www.rightsinrussia.info/archive/", "http://groups.rightsinrussia.info/news"):
        assert spider.scope.admits(url).admitted
    assert not spider.scope.admits("http://sites.google.com/site/other/").admitted


def test_every_known_site_names_a_spider_that_there_is() -> None:
    for name, site in KNOWN_SITES.items():
        assert site.name == name
        assert spider_class(site.spider)(site=site).site is site


def test_an_unknown_spider_is_refused() -> None:
    with pytest.raises(ValueError, match="expected one of the spiders site, rights-in-russia, found 'x'"):
        spider_class("x")
