# ruff: noqa: E501 - documents stand as they are sent
"""Of a feed's entries the titles and texts are main text; dates, authors and addresses stand beside."""

from __future__ import annotations

import pytest
from page_styles import reading_of

from pipelines.reading import Reading

RSS = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/">
<channel><title>Рябиновая хроника</title><link>https://rowan.example/</link><description>Вести&nbsp;архива</description>
<language>ru</language><lastBuildDate>Sat, 04 Apr 2026 10:00:00 GMT</lastBuildDate>
<item><title>Учитель &amp;laquo;Полянский&amp;raquo; осуждён & сослан</title><link>https://rowan.example/1</link>
<pubDate>Sat, 04 Apr 2026 10:00:00 GMT</pubDate><dc:creator>Ива Ольхова</dc:creator><media:title>фото</media:title>
<description>Суд приговорил учителя […]</description>
<content:encoded><![CDATA[<p>Суд приговорил учителя к пяти годам.</p><ul><li>Первое & главное</li></ul><script>track()</script>]]></content:encoded></item>
<item><title>Второе</title><description>&lt;p&gt;Одно описание.&lt;/p&gt;</description><author>i@rowan.example (Клён Берёзов)</author></item>
</channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title type="html">Rowan &amp;amp; co</title><updated>2026-04-04T10:00:00Z</updated>
<entry><title>One</title><link rel="edit" href="https://rowan.example/e"/><link href="https://rowan.example/1"/><updated>2026-04-04T10:00:00Z</updated>
<author><name>Ash Oak</name><uri>https://rowan.example/ash</uri></author>
<summary>A summary that says something else.</summary>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Five <b>years</b> of colony.</p><p>And more.</p></div></content></entry>
<entry><title>Two</title><content type="text">1 &lt; 2, in plain text</content></entry></feed>"""
RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"><channel rdf:about="x"><title>Chronicle</title></channel>
<item rdf:about="y"><title>An entry</title><description>Its text.</description></item></rdf:RDF>"""


def main(reading: Reading) -> list[tuple[str, str]]:
    return [(block.kind, reading.text_of(block)) for block in reading.blocks if block.level == "main"]


def side(reading: Reading) -> list[tuple[str | None, str]]:
    return [(block.furniture, block.text) for block in reading.blocks if block.level == "side"]


def test_an_rss_feed_is_its_entries_titles_and_texts() -> None:
    reading = reading_of(RSS, "application/rss+xml")

    assert main(reading) == [
        ("heading", "Рябиновая хроника"),
        ("paragraph", "Вести\u00a0архива"),
        ("heading", "Учитель «Полянский» осуждён & сослан"),
        ("paragraph", "Суд приговорил учителя к пяти годам."),
        ("item", "Первое & главное"),
        ("heading", "Второе"),
        ("paragraph", "Одно описание."),
    ]
    assert side(reading) == [
        ("date", "Sat, 04 Apr 2026 10:00:00 GMT"),
        ("byline", "Ива Ольхова"),
        ("link", "https://rowan.example/1"),
        ("byline", "Клён Берёзов"),
    ]
    assert (reading.title, reading.language, reading.html_language) == ("Рябиновая хроника", "ru", "ru")


def test_when_a_server_made_a_feed_is_no_date_of_a_text() -> None:
    reading = reading_of(RSS, "application/rss+xml")

    assert (reading.published, reading.modified) == (None, None)
    assert ("modified", "2026-04-04T10:00:00Z", "feed") in {(v.name, v.value, v.by) for v in reading.metadata}


def test_each_block_has_its_place_among_the_elements() -> None:
    reading = reading_of(RSS, "application/rss+xml")
    paths = {reading.text_of(block): block.path for block in reading.blocks}

    assert paths["Второе"] == "/rss[1]/channel[1]/item[2]/title[1]"
    assert paths["Первое & главное"] == "/rss[1]/channel[1]/item[1]/encoded[1]/ul[1]/li[1]"


def test_atom_has_html_xhtml_and_plain_text() -> None:
    reading = reading_of(ATOM, "application/atom+xml")

    assert main(reading) == [
        ("heading", "Rowan & co"),
        ("heading", "One"),
        ("paragraph", "Five years of colony."),
        ("paragraph", "And more."),
        ("heading", "Two"),
        ("paragraph", "1 < 2, in plain text"),
    ]
    assert side(reading) == [
        ("date", "2026-04-04T10:00:00Z"),
        ("byline", "Ash Oak"),
        ("link", "https://rowan.example/1"),
        ("summary", "A summary that says something else."),
    ]


def test_rss_1_is_a_feed() -> None:
    assert main(reading_of(RDF, "application/rdf+xml")) == [
        ("heading", "Chronicle"),
        ("heading", "An entry"),
        ("paragraph", "Its text."),
    ]


@pytest.mark.parametrize("charset", ["windows-1251", "utf-16"])
def test_a_feed_in_another_encoding_is_read(charset: str) -> None:
    octets = RSS.replace("utf-8", charset).replace("&nbsp;", " ").encode(charset)

    assert "Суд приговорил учителя к пяти годам." in reading_of(octets, "text/html").text


def test_a_feed_that_is_cut_off_is_read_as_far_as_it_goes() -> None:
    cut = RSS[: RSS.index("<ul>")]

    assert "Суд приговорил учителя к пяти годам." in reading_of(cut, "application/rss+xml").text


def test_entities_of_a_strangers_own_are_not_resolved() -> None:
    lines = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 10))
    bomb = f"<!DOCTYPE rss [<!ENTITY l0 'ha'>{lines}<!ENTITY f SYSTEM 'file:///etc/hostname'>]><rss><channel><title>A &l9; &f;</title></channel></rss>"

    assert reading_of(bomb, "text/xml").title == "A &l9; &f;"
