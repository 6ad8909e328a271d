from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spiders.links import MAX_LINKS, Link, links_in, refresh_target

URL = "http://site.example/dir/page"


def urls(text: str, encoding: str = "utf-8") -> list[str]:
    return [link.url for link in links_in(text, URL, encoding).links]


def test_every_kind_of_link_is_found_and_nothing_else() -> None:
    text = """
    <link rel="stylesheet" href="style.css"><link rel="icon" href="icon.png">
    <link rel="next" href="?page=2"><link rel="canonical" href="/canonical">
    <link rel="alternate" hreflang="ru" href="/ru/page"><link rel="alternate" type="application/rss+xml" href="/feed">
    <meta http-equiv="refresh" content="0; url='moved'">
    <a href="a">x</a> <map><area href="area"></map> <iframe src="frame"></iframe> <img src="picture.png">
    <!-- <a href="comment"> --> <script>"<a href='script'>"</script> <noscript><a href="noscript">x</a></noscript>
    <a href="#part">x</a><a href="">x</a><a name="n">x</a>
    """

    assert links_in(text, URL).links == (
        Link("http://site.example/dir/page?page=2", "L"),
        Link("http://site.example/canonical", "L"),
        Link("http://site.example/ru/page", "L"),
        Link("http://site.example/dir/moved", "R"),
        Link("http://site.example/dir/a", "L"),
        Link("http://site.example/dir/area", "L"),
        Link("http://site.example/dir/frame", "E"),
        Link("http://site.example/dir/noscript", "L"),
    )


def test_a_frameset_is_followed() -> None:
    assert urls('<frameset><frame src="left.html"><frame src="right.html"></frameset>') == [
        "http://site.example/dir/left.html",
        "http://site.example/dir/right.html",
    ]


def test_the_base_counts() -> None:
    assert urls('<base href="/other/"><base href="/second/"><a href="x">') == ["http://site.example/other/x"]


def test_a_link_is_taken_once() -> None:
    assert urls('<a href="x">1</a><a href="./x#part">2</a>') == ["http://site.example/dir/x"]


@pytest.mark.parametrize(
    ("href", "url"),
    [
        ("https://www.google.com/url?q=http%3A%2F%2Fsite.example%2Fb%3Fn%3D1&amp;sa=D", "http://site.example/b?n=1"),
        ("https://l.facebook.com/l.php?u=https%3A%2F%2Fsite.example%2Fc&amp;h=x", "https://site.example/c"),
        ("https://www.google.com/url?q=about", "https://www.google.com/url?q=about"),
        ("/url?q=http%3A%2F%2Fother.example%2F", "http://site.example/url?q=http%3A%2F%2Fother.example%2F"),
    ],
)
def test_a_link_through_a_way_out_is_the_link_that_it_holds(href: str, url: str) -> None:
    assert urls(f'<a href="{href}">') == [url]


def test_what_names_no_page_is_counted_by_reason() -> None:
    links = links_in('<a href="mailto:a@b.example"><a href="mailto:c@d.example"><a href="http://[">', URL)

    assert links.links == ()
    assert links.dropped == {"scheme mailto": 2, "not an address": 1}


def test_ten_thousand_nested_elements_hide_no_link() -> None:
    text = "<div>" * 10_000 + "<a href='deep'>x</a>" + "</div>" * 10_000 + "<a href='after'>y</a>"

    assert urls(text) == ["http://site.example/dir/deep", "http://site.example/dir/after"]


def test_ten_thousand_unclosed_inline_elements_hide_no_link() -> None:
    assert urls("<b><i><font>" * 10_000 + "<a href='deep'>x") == ["http://site.example/dir/deep"]


@pytest.mark.parametrize(
    "text", ["", " \n", "plain words", "<!-- ", "<", "\0\0", "<?xml version='1.0'?>", "]]>", "�" * 50]
)
def test_a_page_of_next_to_nothing_has_no_links(text: str) -> None:
    assert urls(text) == []


def test_nul_and_wrong_characters_end_nothing() -> None:
    assert urls("<p>\0\ud800\ufffd\x01</p><a href='x'>") == ["http://site.example/dir/x"]


def test_an_xml_declaration_does_not_change_the_encoding() -> None:
    assert urls('<?xml version="1.0" encoding="windows-1251"?><html><meta charset="koi8-r"><a href="/путь">') == [
        "http://site.example/%D0%BF%D1%83%D1%82%D1%8C"
    ]


def test_surplus_links_are_counted() -> None:
    links = links_in("".join(f"<a href='{n}'>" for n in range(MAX_LINKS + 3)), URL)

    assert len(links.links) == MAX_LINKS
    assert links.dropped == {f"beyond the first {MAX_LINKS} links": 3}


@given(st.text(alphabet=st.sampled_from(list("<>/ahref='\"= \0bsec!-&;x\n")), max_size=200))
def test_no_page_breaks_it(text: str) -> None:
    links_in(text + "<a href='http://other.example/last'>", URL)


@pytest.mark.parametrize(
    ("content", "target"),
    [
        ("0;url=/x", "/x"),
        ("5; URL='/a b'", "/a b"),
        ('0, "x" rest', "x"),
        ("3 /plain", "/plain"),
        ("5", None),
        ("", None),
        ("0;", None),
    ],
)
def test_a_refresh_names_its_target(content: str, target: str | None) -> None:
    assert refresh_target(content) == target


def test_octets_in_utf_8_give_the_links_that_their_text_gives() -> None:
    text = '<p>\0<a href="/дело/1?q=é">a</a><a href="b.html">b</a>'

    assert links_in(text.encode(), "http://a.example/x/", "utf-8") == links_in(text, "http://a.example/x/", "utf-8")
