"""The site-definition spider's view of a page."""

from __future__ import annotations

import pytest
from scrapy.http import HtmlResponse

from spiders.links import links_in
from spiders.site import readable


@pytest.mark.parametrize("charset", ["idna", "rot13", "undefined", "zlib", "punycode", "hex", "nonsense", "utf-8"])
def test_links_are_found_whatever_encoding_a_page_names(charset: str) -> None:
    page = HtmlResponse(
        "http://example.org/",
        headers={"Content-Type": f"text/html; charset={charset}"},
        body='<p>Дело</p><a href="/next">next</a>'.encode(),
    )

    found = links_in(*readable(page))

    assert [link.url for link in found.links] == ["http://example.org/next"]
