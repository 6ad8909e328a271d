"""The site-definition spider's view of a page."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from scrapy import Request
from scrapy.http import HtmlResponse, Response, TextResponse

from spiders.definition import Selectors, SiteDefinition
from spiders.links import links_in
from spiders.requests import LISTING, REFUSED, Listed
from spiders.rest import page_of
from spiders.site import SiteSpider, as_html, readable


@pytest.mark.parametrize("charset", ["idna", "rot13", "undefined", "zlib", "punycode", "hex", "nonsense", "utf-8"])
def test_links_are_found_whatever_encoding_a_page_names(charset: str) -> None:
    page = HtmlResponse(
        "http://example.org/",
        headers={"Content-Type": f"text/html; charset={charset}"},
        body='<p>Дело</p><a href="/next">next</a>'.encode(),
    )

    found = links_in(*readable(page))

    assert [link.url for link in found.links] == ["http://example.org/next"]


def test_comments_before_a_page_that_names_no_type_are_passed_in_one_go() -> None:
    comments = b"<!---->" * 250

    page = as_html(Response("http://example.org/", body=comments + b"<html>"))
    other = as_html(Response("http://example.org/", body=comments + b"<p>"))

    assert page is not None
    assert other is None


LIST = "http://s.example/news/"


def part(number: int, links: list[str]) -> HtmlResponse:
    """A page of the list, which leads to the next one."""
    anchors = "".join(f'<a href="{link}">x</a>' for link in [*links, f"/news/page/{number + 1}/"])
    url = LIST if number == 1 else f"{LIST}page/{number}/"
    headers = {"Content-Type": "text/html; charset=utf-8"}
    request = Request(url, meta={LISTING: LIST, "capture": SimpleNamespace(record_id="r")})
    return HtmlResponse(url, headers=headers, body=anchors.encode(), request=request)


def refused(spider: SiteSpider, response: HtmlResponse) -> list[str | None]:
    return [one.meta.get(REFUSED) for one in spider.read_list(response) if isinstance(one, Request)]


@pytest.mark.parametrize(
    "definition",
    [
        SiteDefinition(name="s", lists=(LIST,), kinds=(("/case/", "case"),)),
        SiteDefinition(name="s", lists=(LIST,), selectors=Selectors(listing=("li.from-before-the-redesign a",))),
    ],
)
def test_a_list_goes_on_while_it_links_to_something_new_whatever_its_entries_are(definition: SiteDefinition) -> None:
    spider = SiteSpider(site=definition)

    told = [refused(spider, part(number, [f"/text-{number}/", "/about/"])) for number in range(1, 9)]
    endless = [refused(spider, part(number, ["/text-8/", "/about/"])) for number in range(9, 12)]

    assert told == [[None]] * 8
    assert endless[-1][0] is not None
    assert endless[-1][0].startswith("trap: ")


def test_half_a_letter_in_a_listing_s_date_is_replaced() -> None:
    spider = SiteSpider(site=SiteDefinition(name="s", rest=(LIST,)))
    body = rb'[{"link": "/1", "modified_gmt": "\ud800"}]'
    response = Response(LIST, body=body, request=Request(LIST, meta={LISTING: LIST}))

    (listed,) = (one for one in spider.read_rest(response) if isinstance(one, Listed))

    assert [(entry.url, entry.modified) for entry in listed.entries] == [("http://s.example/1", "?")]


def test_a_short_form_is_believed_of_what_looks_like_one_and_of_one_page_alone() -> None:
    spider = SiteSpider(site=SiteDefinition(name="s", start=("http://s.example/",), kinds=(("/case/", "case"),)))

    def page(path: str, short: str) -> None:
        headers = {"Content-Type": "text/html; charset=utf-8"}
        request = Request(f"http://s.example{path}", meta={"capture": SimpleNamespace(record_id="r")})
        body = f'<link rel="shortlink" href="{short}">'.encode()
        list(spider.read_page(HtmlResponse(request.url, headers=headers, body=body, request=request)))

    def refused(path: str) -> bool:
        return not spider.verdict(f"http://s.example{path}").admitted

    page("/a/", "/?p=1")
    page("/b/", "/node/2")
    page("/c/", "/case/5/")
    page("/d/", "/d-in-another-language/")
    assert [refused(path) for path in ("/?p=1", "/node/2", "/case/5/", "/d-in-another-language/")] == [
        *(True, True),
        *(False, False),
    ]
    page("/a/", "/?p=1")
    assert refused("/?p=1")
    page("/e/", "/?p=1")
    assert not refused("/?p=1")


def test_a_page_of_a_collection_that_cannot_be_had_does_not_hide_those_after_it() -> None:
    spider = SiteSpider(site=SiteDefinition(name="s", rest=(LIST,)))

    def asked(page: int, pages: str | None) -> list[str]:
        request = Request(f"{LIST}?per_page=1&page={page}", meta={LISTING: LIST})
        headers = {"X-WP-TotalPages": pages} if pages else {}
        body = b'[{"link": "http://site.example/a%d/"}]' % page
        response = TextResponse(request.url, headers=headers, body=body, request=request)
        return [one.url for one in spider.read_rest(response) if isinstance(one, Request)]

    assert [page_of(url) for url in asked(1, "4")] == [2, 3]
    assert [page_of(url) for url in asked(3, "4")] == [4]
    assert [page_of(url) for url in asked(1, None)] == [2]


@pytest.mark.parametrize(("at", "whole"), [("/news.xml", False), ("/index.xml", True)])
def test_a_sitemap_of_the_newest_pages_alone_says_nothing_of_those_that_it_does_not_name(at: str, whole: bool) -> None:
    listing = f"http://s.example{at}"
    spider = SiteSpider(site=SiteDefinition(name="s", sitemaps=(listing,)))
    body = b"<urlset><url><loc>http://s.example/1</loc><news><title>1</title></news></url></urlset>"
    request = Request("http://s.example/news.xml", meta={LISTING: listing})

    (listed,) = spider.read_sitemap(Response(request.url, body=body, request=request))

    assert isinstance(listed, Listed)
    assert listed.whole is whole


def test_a_part_of_a_list_that_is_excluded_is_none() -> None:
    spider = SiteSpider(site=SiteDefinition(name="s", lists=(LIST,), exclude=(r"[?&]page=0(?:&|$)",)))

    assert spider.part_of_list(f"{LIST}?page=1") == (LIST, None)
    assert spider.part_of_list(f"{LIST}?page=0") is None
    assert not spider.verdict(f"{LIST}?page=0").admitted
