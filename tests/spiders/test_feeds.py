from __future__ import annotations

import gzip
import json
from contextlib import suppress
from time import process_time

import pytest

from spiders import feeds
from spiders.entry import Entry, instant_of
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
    found = feed_addresses(RSS)

    assert found.pages == ("http://s.example/1", "http://s.example/2", "http://s.example/3")
    assert found.window
    assert found.entries[2].same == ("http://s.example/?p=3",)


def test_atom_names_pages_and_its_next_page() -> None:
    found = feed_addresses(ATOM)

    assert (found.pages, found.more, found.window) == (("http://s.example/1", "/2"), ("?page=2",), False)


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


def test_a_json_feed_names_pages_and_its_next_part() -> None:
    items = [
        {"id": "1", "url": "http://s.example/1", "date_modified": "2026-05-01T10:00:00Z"},
        {"id": "http://s.example/2", "date_published": "2026-05-02T10:00:00+03:00"},
        {"id": "3"},
        "no item",
    ]
    feed = {"version": "https://jsonfeed.org/version/1.1", "items": items, "next_url": "/feed.json?page=2"}
    found = feed_addresses(b"\xef\xbb\xbf" + json.dumps(feed).encode())

    assert found.entries == (
        Entry("http://s.example/1", "2026-05-01T10:00:00Z"),
        Entry("http://s.example/2", "", "2026-05-02T10:00:00+03:00"),
    )
    assert (found.more, found.window) == (("/feed.json?page=2",), True)
    for octets in (b"{", b"{}", b'{"items": 5}', b'{"code":"rest_no_route"}', b"[" * 100_000):
        with pytest.raises(NotAFeedError, match="expected"):
            feed_addresses(octets)


def test_what_a_feed_says_of_a_page_s_age_is_kept() -> None:
    rss = b"""<rss xmlns:atom="http://www.w3.org/2005/Atom" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>
    <item><link>/1</link><pubDate>Sun, 17 May 2026 10:00:00 +0300</pubDate></item>
    <item><link>/2</link><dc:date>2026-05-17</dc:date><atom:updated>2026-05-18T00:00:00Z</atom:updated></item>
    </channel></rss>"""
    atom = b"""<feed xmlns="http://www.w3.org/2005/Atom"><entry><link href="/1"/><updated>2026-05-18T00:00:00Z</updated>
    <published>2026-05-17T00:00:00Z</published></entry></feed>"""

    assert feed_addresses(rss).entries == (
        Entry("/1", "", "Sun, 17 May 2026 10:00:00 +0300"),
        Entry("/2", "2026-05-18T00:00:00Z", "2026-05-17"),
    )
    assert feed_addresses(atom).entries == (Entry("/1", "2026-05-18T00:00:00Z", "2026-05-17T00:00:00Z"),)


def test_an_archived_feed_leads_to_its_older_parts_and_is_the_whole_with_them() -> None:
    """RFC 5005, appendix: the subscription document, an archive, and a complete feed."""
    newest = b"""<feed xmlns="http://www.w3.org/2005/Atom"><link rel="self" href="/feed"/>
    <link rel="prev-archive" href="/2026/04"/><entry><link href="/9"/></entry></feed>"""
    oldest = b"""<feed xmlns="http://www.w3.org/2005/Atom" xmlns:fh="http://purl.org/syndication/history/1.0">
    <fh:archive/><link rel="current" href="/feed"/><link rel="next-archive" href="/2026/04"/>
    <entry><link href="/1"/></entry></feed>"""
    complete = b"""<rss xmlns:fh="http://purl.org/syndication/history/1.0"><channel><fh:complete/>
    <item><link>/1</link></item></channel></rss>"""

    assert (feed_addresses(newest).more, feed_addresses(newest).window) == (("/2026/04",), False)
    assert (feed_addresses(oldest).more, feed_addresses(oldest).window) == (("/2026/04",), False)
    assert not feed_addresses(complete).window
    assert feed_addresses(ATOM.replace(b'<link rel="next" href="?page=2"/>', b"")).window


def test_a_sitemap_says_when_a_page_was_changed_and_translations_bear_no_date_of_it() -> None:
    dated = SITEMAP.replace(b"</loc>", b"</loc><lastmod> 2026-05-01 </lastmod>", 1)

    assert [(entry.url, entry.modified) for entry in sitemap_addresses(dated).entries] == [
        ("http://s.example/1", "2026-05-01"),
        ("http://s.example/ru/1", ""),
        ("http://s.example/2?a=1&b=2", ""),
    ]
    assert not sitemap_addresses(dated).window


def test_a_translation_that_has_an_entry_of_its_own_has_that_entry_s_date() -> None:
    octets = b"""<urlset xmlns:x="http://www.w3.org/1999/xhtml">
    <url><loc>/en/1</loc><x:link rel="alternate" hreflang="ru" href="/ru/1"/></url>
    <url><loc>/ru/1</loc><lastmod>2026-05-02</lastmod></url></urlset>"""

    assert sitemap_addresses(octets).entries == (Entry("/en/1"), Entry("/ru/1", "2026-05-02"))


def test_a_sitemap_may_be_a_feed() -> None:
    assert sitemap_addresses(RSS) == feed_addresses(RSS)


@pytest.mark.parametrize("cut", [3, 20, 40])
def test_of_what_is_cut_off_nothing_is_concluded_from_what_it_does_not_name(cut: int) -> None:
    assert sitemap_addresses(SITEMAP[:-cut]).window
    assert sitemap_addresses(gzip.compress(SITEMAP)[:-cut]).window
    assert not sitemap_addresses(gzip.compress(SITEMAP)).window
    assert sitemap_addresses(INDEX[:-cut]).window


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-05-17T10:00:00+03:00", "2026-05-17T07:00:00+00:00"),
        ("2026-05-17T10:00:00", "2026-05-17T10:00:00+00:00"),
        ("2026-05-17T10:00Z", "2026-05-17T10:00:00+00:00"),
        ("2026-05-17 10:00:00", "2026-05-17T10:00:00+00:00"),
        ("2026-05-17", "2026-05-17T00:00:00+00:00"),
        ("2026-05", "2026-05-01T00:00:00+00:00"),
        ("2026", "2026-01-01T00:00:00+00:00"),
        ("Sun, 17 May 2026 10:00:00 GMT", "2026-05-17T10:00:00+00:00"),
        ("17 May 2026 10:00:00 +0300", "2026-05-17T07:00:00+00:00"),
    ],
)
def test_a_listing_s_dates_are_read(text: str, instant: str) -> None:
    read = instant_of(f" {text}\n")

    assert read is not None
    assert read.isoformat() == instant


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-45", "0001-01-01T00:00:00+14:00", "05/17/2026", "0000"])
def test_what_is_no_date_is_none(text: str) -> None:
    assert instant_of(text) is None


def test_an_ampersand_that_nobody_escaped_stays_in_the_address() -> None:
    loose = b"<urlset><url><loc>https://a.example/d?id=1&l=ru&amp;x=2</loc></url></urlset>"
    feed = b"<rss><channel><item><link><![CDATA[https://a.example/d?id=1&l=ru]]></link></item></channel></rss>"

    assert sitemap_addresses(loose).pages == ("https://a.example/d?id=1&l=ru&x=2",)
    assert feed_addresses(feed).pages == ("https://a.example/d?id=1&l=ru",)


def test_sections_that_nobody_closes_take_no_longer_than_their_length() -> None:
    began = process_time()

    with suppress(NotAFeedError):
        feed_addresses(b"<rss>" + b"<![CDATA[" * 100_000)

    assert process_time() - began < 5  # half an hour, where each was looked for to the end
