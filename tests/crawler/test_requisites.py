"""What a page needs to be seen as it was, fetched with it by the real command line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from khronika_command import Khronika
from page_server import PageServer, Reply, serving

from archive.capture import Capture
from archive.collection import Collection

CSS = {"Content-Type": "text/css; charset=utf-8"}
PNG = {"Content-Type": "image/png"}


@pytest.fixture
def khronika(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Khronika:
    return Khronika(tmp_path / "collection", capsys)


@pytest.fixture
def cdn() -> Iterator[PageServer]:
    with serving({"/font.woff2": Reply(b"w" * 500, headers={"Content-Type": "font/woff2"})}) as server:
        yield server


@pytest.fixture
def elsewhere() -> Iterator[PageServer]:
    with serving({}) as server:
        yield server


@pytest.fixture
def site(cdn: PageServer, elsewhere: PageServer) -> Iterator[PageServer]:
    case = f"""<html><head><link rel=stylesheet href=/css/site.css><link rel=icon href=/favicon.ico>
      <script src=/app.js></script></head><body><h1>Case</h1><p>of a person whose name is made up</p>
      <img src=/photo.png srcset="/photo-2x.png 2x"><img src="{elsewhere.url("/banner.png")}">
      <img src="https://mc.yandex.ru/watch/1.gif"><img src=/pixel.gif><img data-src=/gone.png src=/large.png>
      <p><a href=/files/verdict.pdf>verdict</a><a href=/files/left-out.html>no</a></p></body></html>"""
    pages = {
        "/": '<html><body><a href="/case/1/">1</a><a href="/case/2/">2</a><a href="/files/verdict.pdf">v</a></body>',
        "/case/1/": case,
        "/case/2/": case,
        "/css/site.css": Reply(f"@import 'base.css'; @font-face{{src:url({cdn.url('/font.woff2')})}}", headers=CSS),
        "/css/base.css": Reply("a{b:url(../back.png)} c{d:url(site.css)}", headers=CSS),
        "/favicon.ico": Reply(b"i" * 100, headers=PNG),
        "/photo.png": Reply(b"p" * 2000, headers=PNG),
        "/photo-2x.png": Reply(b"P" * 3000, headers=PNG),
        "/back.png": Reply(b"b" * 100, headers=PNG),
        "/large.png": Reply(b"L" * 50_000, headers=PNG),
        # an error page in a picture's place is kept, and its links are not followed
        "/gone.png": '<html><body><a href="/case/never/">x</a></body></html>',
        "/files/verdict.pdf": Reply(b"%PDF-1.7 verdict", headers={"Content-Type": "application/pdf"}),
    }
    with serving(pages) as server:
        yield server


def captures(khronika: Khronika) -> dict[str, Capture]:
    collection = Collection.open(khronika.path)
    try:
        return {capture.url: capture for capture in collection.catalogue.captures() if "P" not in capture.hops}
    finally:
        collection.close()


def entry(cdn: PageServer) -> dict[str, object]:
    return {
        "include": ["/case/"],
        "requisites": True,
        "requisite-hosts": [f"127.0.0.1:{cdn.port}"],
        "requisite-size": 10_000,
        "kinds": {"case": "/case/"},
    }


def test_a_case_page_is_kept_with_what_it_needs(
    khronika: Khronika, site: PageServer, cdn: PageServer, elsewhere: PageServer
) -> None:
    khronika.add_site(site.url(), **entry(cdn))
    khronika.crawl()

    needed = ["/css/site.css", "/css/base.css", "/favicon.ico", "/photo.png", "/photo-2x.png", "/back.png"]
    needed += ["/large.png", "/gone.png", "/files/verdict.pdf"]
    assert Counter(site.paths) == Counter(dict.fromkeys(["/robots.txt", "/", "/case/1/", "/case/2/", *needed], 1))
    assert Counter(cdn.paths) == Counter(["/robots.txt", "/font.woff2"])
    assert elsewhere.paths == []

    kept = captures(khronika)
    hops = {path: kept[site.url(path)].hops for path in ("/photo.png", "/css/base.css", "/back.png")}
    assert hops == {"/photo.png": "LE", "/css/base.css": "LEE", "/back.png": "LEEE"}
    assert kept[site.url("/css/base.css")].via == site.url("/css/site.css")
    assert (kept[site.url("/large.png")].truncated, kept[site.url("/photo.png")].truncated) == ("length", None)
    skipped = {one["reason"]: one["pages"] for one in khronika.records("status") if one["type"] == "skipped"}
    assert skipped["requisite on another host"] == 1
    assert skipped["tracker"] == 2
    assert skipped["not included"] == 1  # /files/left-out.html; the verdict was, until a case needed it


def test_the_next_run_keeps_them_as_revisits(khronika: Khronika, site: PageServer, cdn: PageServer) -> None:
    khronika.add_site(site.url(), **entry(cdn), revisit={"case": "always", "other": "always"})
    khronika.crawl()
    before = Counter(site.paths)
    khronika.crawl()

    assert Counter(site.paths) == before + before
    assert captures(khronika)[site.url("/photo.png")].is_revisit


def test_without_the_switch_no_picture_is_fetched(khronika: Khronika, site: PageServer, cdn: PageServer) -> None:
    khronika.add_site(site.url(), include=["/case/"])
    khronika.crawl()

    assert Counter(site.paths) == Counter(["/robots.txt", "/", "/case/1/", "/case/2/"])
    assert cdn.paths == []


def test_stylesheets_that_import_one_another_for_ever_end(khronika: Khronika) -> None:
    class Endless(dict[str, object]):
        def get(self, path: str, default: object = None) -> object:
            if path == "/":
                return '<html><head><link rel=stylesheet href="/0.css"></head><body>text</body></html>'
            name = path.strip("/").removesuffix(".css")
            return Reply(f"@import '{int(name) + 1}.css';", headers=CSS) if name.isdigit() else None

    with serving({}) as server:
        server.pages = Endless()  # type: ignore[assignment]
        khronika.add_site(server.url(), requisites=True)
        khronika.crawl()

        assert [path for path in server.paths if path.endswith(".css")] == [f"/{n}.css" for n in range(6)]
    reasons = [one["reason"] for one in khronika.records("status") if one["type"] == "skipped"]
    assert reasons == ["more than 6 requisites within one another"]
