"""The site-definition spider's view of a page."""

from __future__ import annotations

import pytest
from scrapy.http import HtmlResponse, Response

from spiders.links import links_in
from spiders.site import as_html, readable


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
