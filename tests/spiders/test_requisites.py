from __future__ import annotations

import time

import pytest

from spiders.requisites import (
    MOST,
    css_addresses,
    is_document,
    requisites_in,
    requisites_in_css,
    srcset_addresses,
)

URL = "https://ledger.example/case/17/"


def needed(html: str, **options: bool) -> list[str]:
    links = requisites_in(html, URL, **options)
    assert {link.hop for link in links} <= {"E"}
    return [link.url.removeprefix("https://ledger.example") for link in links]


def test_all_that_is_shown_is_needed() -> None:
    page = """<html><head><link rel="Stylesheet" href="/a.css"><link rel="shortcut icon" href=/favicon.ico>
      <link rel=preload as=font href=f.woff2><link rel=preload as=script href=no.js><link rel=alternate href=no.xml>
      <style>@import "b.css"; h1 { background: url(c.png) } /* url(no.png) */</style></head>
      <body background="d.gif"><img src=e.jpg srcset="e2.jpg 2x, e3.jpg 3x"><picture><source srcset="g.webp 100w">
      <img data-src=h.jpg src="data:image/gif;base64,R0"></picture><p style="background-image:url('i.png')">
      <video poster=j.jpg src=no.mp4></video><svg><image xlink:href="k.svg"></image></svg><input type=image src=l.png>
      <object data=m.pdf type=application/pdf></object><embed src=no.swf type=application/x-shockwave-flash>
      <script src=no2.js></script><iframe src=no.html></iframe><audio src=no.mp3></audio>
      <div data-bg="url(n.jpg)" data-lazy="true"></div><img src="#x"><img src="e.jpg#again"></body></html>"""

    assert needed(page) == [
        "/a.css",
        "/favicon.ico",
        *(f"/case/17/{name}" for name in ("f.woff2", "b.css", "c.png")),
        *(f"/case/17/{name}" for name in ("d.gif", "e.jpg", "e2.jpg", "e3.jpg", "g.webp", "h.jpg", "i.png", "j.jpg")),
        *(f"/case/17/{name}" for name in ("k.svg", "l.png", "m.pdf", "n.jpg")),
    ]


def test_scripts_are_needed_by_a_browser_alone() -> None:
    page = '<script src="/app.js"></script><script>inline()</script>'

    assert needed(page) == []
    assert needed(page, scripts=True) == ["/app.js"]


def test_documents_that_the_text_refers_to_are_needed() -> None:
    page = """<nav><a href=/rules.pdf>rules</a></nav><p><a href="/verdict.pdf?x=1">verdict</a> <a href=/n.DOCX>n</a>
      <a href=/page.html>page</a> <a href=/%D0%B4.odt>d</a></p><footer><a href=/report.pdf>report</a></footer>"""

    assert needed(page) == ["/verdict.pdf?x=1", "/n.DOCX", "/%D0%B4.odt"]


def test_a_base_and_an_encoding_are_kept_to() -> None:
    links = requisites_in('<base href="//files.example/x/"><img src="дело.png?q=д">', URL, "windows-1251")

    assert [link.url for link in links] == ["https://files.example/x/%D0%B4%D0%B5%D0%BB%D0%BE.png?q=%E4"]


@pytest.mark.parametrize(
    ("css", "addresses"),
    [
        ("a{b:url(x.png)}", ["x.png"]),
        ("a{b:URL( 'x y.png' )}", ["x y.png"]),
        ('@import "a.css" screen; @import url(b.css);', ["a.css", "b.css"]),
        (r"a{b:url(x\(1\).png) , url(\64.png)}", ["x(1).png", "d.png"]),
        ("/* url(x) */ a{b:url(y)} /* url(z)", ["y"]),
        ('a::before{content:"url(x)"} b{c:url(y)}', ["y"]),
        ('@namespace url(http://www.w3.org/1999/xhtml); a{b:url("y")}', ["y"]),
        ("@font-face{src:url(f.eot?#iefix) format('e'), url(f.woff2)}", ["f.eot?#iefix", "f.woff2"]),
        ("a{b:url()} c{d:url('')}", []),
        ('a{content:"open\nb{c:url(y)}', ["y"]),
        ("a{b:url(x", ["x"]),
    ],
)
def test_addresses_of_a_stylesheet(css: str, addresses: list[str]) -> None:
    assert [address for address in css_addresses(css) if address] == addresses


def test_a_stylesheet_needs_fonts_and_pictures_beside_itself() -> None:
    css = "@import 'base.css'; @font-face{src:url(../f/a.woff2)} a{b:url(data:image/png;base64,AA)} c{d:url(#mask)}"

    links = requisites_in_css(css, "https://ledger.example/css/site.css")

    assert [link.url for link in links] == ["https://ledger.example/css/base.css", "https://ledger.example/f/a.woff2"]


@pytest.mark.parametrize(
    ("value", "addresses"),
    [
        ("a.jpg", ["a.jpg"]),
        ("a.jpg 1x, b.jpg 2x", ["a.jpg", "b.jpg"]),
        ("a.jpg, b.jpg", ["a.jpg", "b.jpg"]),
        ("a,b.jpg 100w,c.jpg", ["a,b.jpg", "c.jpg"]),
        (" , a.jpg calc(1px, 2px) , b.jpg", ["a.jpg", "b.jpg"]),
        ("data:image/png;base64,AA== 1x, b.jpg 2x", ["data:image/png;base64,AA==", "b.jpg"]),
        ("", []),
    ],
)
def test_addresses_of_a_srcset(value: str, addresses: list[str]) -> None:
    assert list(srcset_addresses(value)) == addresses


def test_a_document_is_told_by_its_extension() -> None:
    assert is_document("/a/b.PDF?x#y")
    assert not any(map(is_document, ["/a.pdf/", "/pdf", "/a.html", "http://[", ""]))


@pytest.mark.parametrize(
    "hostile",
    [
        "/*" * 200_000,
        "url(" * 200_000,
        '"' * 200_000,
        '"\\' * 200_000,
        "url('" * 100_000,
        "@import '" * 100_000,
        "url(\\" * 100_000,
        "url( " * 100_000 + " " * 100_000,
        "@namespace " * 100_000,
    ],
)
def test_no_stylesheet_takes_long(hostile: str) -> None:
    began = time.process_time()
    for _ in css_addresses(hostile):
        pass

    assert time.process_time() - began < 5


@pytest.mark.parametrize("hostile", ["," * 300_000, "( " * 200_000, "a(" * 100_000 + " (" * 100_000, "a " * 200_000])
def test_no_srcset_takes_long(hostile: str) -> None:
    began = time.process_time()
    for _ in srcset_addresses(hostile):
        pass

    assert time.process_time() - began < 5


def test_a_page_has_so_many_requisites_and_no_more() -> None:
    assert len(needed("".join(f"<img src=/{n}.png>" for n in range(MOST + 50)))) == MOST


@pytest.mark.parametrize(
    "page", ["", "<style>a{b:url(/x)}", "\0", "<style><!-- a{b:url(/x)} -->", "<div>" * 5000 + "<img src=/x>"]
)
def test_a_broken_page_has_requisites_all_the_same(page: str) -> None:
    assert needed(page) in ([], ["/x"])
