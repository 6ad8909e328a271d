from __future__ import annotations

import gzip

import pytest

from spiders import feeds
from spiders.feeds import Addresses, NotAFeedError, feed_addresses, sitemap_addresses

RSS = b"""<?xml version="1.0"?><rss version="2.0"><channel><link>http://s.example/</link>
<item><link> http://s.example/1 </link><guid>http://s.example/1</guid></item>
<item><guid isPermaLink="true">http://s.example/2</guid></item>
<item><guid isPermaLink="false">http://s.example/?p=3</guid><link>http://s.example/3</link></item>
<item><guid>tag:s.example,2026:4</guid><title>no address</title></item></channel></rss>"""

ATOM = b"""<feed xmlns="http://www.w3.org/2005/Atom"><link rel="next" href="?page=2"/><link href="http://s.example/"/>
<entry><link href="http://s.example/1"/><link rel="edit" href="http://s.example/edit/1"/></entry>
<entry><link rel="alternate" href="/2"/></entry></feed>"""

RDF = b"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">
<channel><link>http://s.example/</link></channel><item><link>http://s.example/1</link></item></rdf:RDF>"""

SITEMAP = b"""<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
 xmlns:xhtml="http://www.w3.org/1999/xhtml" xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
<url><loc>http://s.example/1</loc><image:image><image:loc>http://s.example/1.png</image:loc></image:image>
<xhtml:link rel="alternate" hreflang="ru" href="http://s.example/ru/1"/></url>
<url><loc>
 http://s.example/2?a=1&amp;b=2
</loc></url></urlset>"""

INDEX = b"""<sitemapindex><sitemap><loc>http://s.example/posts.xml.gz</loc></sitemap></sitemapindex>"""


def test_rss_names_pages() -> None:
    assert feed_addresses(RSS) == Addresses(("http://s.example/1", "http://s.example/2", "http://s.example/3"))


def test_atom_names_pages_and_its_next_page() -> None:
    assert feed_addresses(ATOM) == Addresses(("http://s.example/1", "/2"), ("?page=2",))


def test_rss_1_names_pages() -> None:
    assert feed_addresses(RDF).pages == ("http://s.example/1",)


def test_a_sitemap_names_pages_and_their_translations_but_no_pictures() -> None:
    assert sitemap_addresses(SITEMAP).pages == (
        "http://s.example/1",
        "http://s.example/ru/1",
        "http://s.example/2?a=1&b=2",
    )


def test_an_index_names_sitemaps() -> None:
    assert sitemap_addresses(INDEX) == Addresses((), ("http://s.example/posts.xml.gz",))


def test_a_sitemap_may_be_gzip_or_plain_text() -> None:
    assert sitemap_addresses(gzip.compress(SITEMAP)) == sitemap_addresses(SITEMAP)
    assert sitemap_addresses(b"\xef\xbb\xbfhttp://s.example/1\r\nhttp://s.example/2\n").pages == (
        "http://s.example/1",
        "http://s.example/2",
    )


def test_a_broken_feed_gives_what_came_before_the_break() -> None:
    assert feed_addresses(RSS[: RSS.index(b"</item>\n<item><guid isP") + 8]).pages == ("http://s.example/1",)


@pytest.mark.parametrize("octets", [b"", b" ", b"<html><body>404</body></html>", b"\x89PNG\r\n", b"no address here"])
def test_what_is_no_feed_and_no_sitemap_says_what_it_is(octets: bytes) -> None:
    with pytest.raises(NotAFeedError, match=r"expected .* found"):
        feed_addresses(octets)
    with pytest.raises(NotAFeedError, match=r"expected .* found"):
        sitemap_addresses(octets)


def test_a_compressed_sitemap_is_unpacked_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "SITEMAP_LIMIT", 1000)

    with pytest.raises(NotAFeedError, match="1000 bytes at most, found more"):
        sitemap_addresses(gzip.compress(b"http://s.example/1\n" * 1000))
    with pytest.raises(NotAFeedError, match="expected a gzip sitemap"):
        sitemap_addresses(b"\x1f\x8bnot gzip at all")


def test_entities_are_not_resolved() -> None:
    octets = b"""<!DOCTYPE rss [<!ENTITY f SYSTEM "file:///etc/hostname"><!ENTITY a "aaaaaaaaaa">]>
    <rss><item><link>http://s.example/&f;&a;</link></item><item><link>http://s.example/1</link></item></rss>"""

    assert "http://s.example/1" in feed_addresses(octets).pages
    assert all("aaaa" not in page for page in feed_addresses(octets).pages)
