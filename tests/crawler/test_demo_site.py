"""The made-up site: every habit of real servers that it claims is really there, on the wire."""

from __future__ import annotations

import difflib
import gzip
import http.client
import itertools
import json
import re
import socket
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ET
from collections.abc import Iterator

import pytest
from machine_words import names_machine

from crawler.demo import DemoSite

CYRILLIC = {
    "ru": "Комитет «Рябина»",
    "uk": "Комітет «Горобина»",
    "be": "Камітэт «Рабіна»",
    "en": "The Rowan Committee",
}


@pytest.fixture
def site() -> Iterator[DemoSite]:
    with DemoSite() as running:
        yield running


def exchange(site: DemoSite, request: bytes) -> bytes:
    """Everything the server sends for some request bytes until it closes."""
    address = urllib.parse.urlsplit(site.url)
    assert address.hostname is not None
    with socket.create_connection((address.hostname, address.port or 0), timeout=10) as connection:
        connection.sendall(request)
        pieces = []
        while piece := connection.recv(65536):
            pieces.append(piece)
    return b"".join(pieces)


def get(url: str, method: str = "GET", **headers: str) -> tuple[int, http.client.HTTPMessage, bytes]:
    """One request, without following redirects."""
    address = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)
    try:
        connection.request(method, address.path, headers={k.replace("_", "-"): v for k, v in headers.items()})
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


def body(url: str) -> bytes:
    status, _headers, octets = get(url)
    assert status == 200
    return octets


def text(url: str) -> str:
    return body(url).decode("utf-8")


def steadied(octets: bytes) -> str:
    """A page without what moves with every load."""
    page = octets.decode("windows-1251" if b"windows-1251" in octets else "utf-8")
    page = re.sub(r"(USD|EUR|OIL)[\d.]+", "", page)
    return re.sub(r'(<p class="(?:views|readers)">[^:]+: )[\d,]+', r"\1", page)


def linked(site: DemoSite) -> dict[str, int]:
    """Status of every address on the site that links lead to from the home page."""
    found: dict[str, int] = {}
    waiting = [site.url]
    while waiting:
        url = waiting.pop()
        if url in found:
            continue
        status, headers, octets = get(url)
        found[url] = status
        if status == 301:
            waiting.append(headers["Location"])
        for link in re.findall(rb'<a\s[^>]*?href="([^"]+)"', octets, re.IGNORECASE):
            target = urllib.parse.urljoin(url, link.decode()).partition("#")[0]
            if target.startswith(site.url):
                waiting.append(target)
    return found


def test_it_listens_on_loopback_alone_and_on_a_free_port() -> None:
    with DemoSite() as one, DemoSite() as other:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", one.url)
        assert one.url != other.url


def test_after_the_block_nobody_answers() -> None:
    with DemoSite() as site:
        url = site.url
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(url, timeout=5)
    with pytest.raises(RuntimeError, match="not running"):
        _ = site.url


def test_a_kept_alive_connection_does_not_hold_up_the_end() -> None:
    with DemoSite() as site:
        address = urllib.parse.urlsplit(site.url)
        waiting = socket.create_connection((address.hostname or "", address.port or 0), timeout=5)
        waiting.sendall(b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert waiting.recv(65536).startswith(b"HTTP/1.1 200 ")
    assert waiting.recv(1) == b""
    waiting.close()


def test_links_lead_to_every_page_and_to_one_moved_one_missing_and_one_forbidden_address(site: DemoSite) -> None:
    found = linked(site)

    assert {url for url, status in found.items() if status == 200} == {page.url for page in site.pages}
    assert {url: status for url, status in found.items() if status != 200} == {
        site.moved_url: 301,
        site.missing_url: 404,
        site.forbidden_url: 403,
    }
    assert 18 <= len(site.pages) <= 25


def test_the_old_address_sends_to_the_new_one(site: DemoSite) -> None:
    status, headers, _ = get(site.moved_url)

    assert status == 301
    assert headers["Location"] == site.moved_to_url == site.edited_url


def test_each_page_is_in_the_language_it_is_said_to_be_in(site: DemoSite) -> None:
    for page in site.pages:
        octets = body(page.url)
        if page.url == site.legacy_url:
            continue
        shown = octets.decode("utf-8")
        assert f'<html lang="{page.language}">' in shown
        assert f'<p class="site-name">{CYRILLIC[page.language]}</p>' in shown
        main = re.sub(r"<[^>]+>|<script.*?</script>", " ", shown[shown.index("<article>") : shown.index("</article>")])
        letters = re.findall(r"[^\W\d_]", main)
        cyrillic = sum("Ѐ" <= letter <= "ӿ" for letter in letters) / len(letters)
        assert (cyrillic < 0.2) if page.language == "en" else (cyrillic > 0.95), page.url
        # Letters that one of the three alphabets has and another lacks.
        expected, foreign = {
            "en": ("", ""),
            "ru": ("иы", "іїєґў"),
            "uk": ("ії", "ыэёъў"),
            "be": ("іў", "ищъїє"),
        }[page.language]
        assert set(expected) <= set(main), page.url
        if page.language != "en":
            assert not set(foreign) & set(main), page.url
    assert set(site.languages.values()) == {"en", "ru", "uk", "be"}


def test_case_pages_hold_four_paragraphs_of_prose_or_more(site: DemoSite) -> None:
    cases = [page.url for page in site.pages if re.search(r"/cases/.", urllib.parse.urlsplit(page.url).path)]
    assert len(cases) == 9
    for url in cases:
        shown = text(url)
        article = shown[shown.index("<article>") : shown.index("</article>")]
        assert len([p for p in re.findall(r"<p>(.*?)</p>", article, re.DOTALL) if len(p) > 200]) >= 4, url


def test_the_legacy_page_is_windows_1251_and_only_its_meta_element_says_so(site: DemoSite) -> None:
    status, headers, octets = get(site.legacy_url)

    assert status == 200
    assert headers["Content-Type"] == "text/html"
    assert b"charset=windows-1251" in octets
    assert "«Хроника», выпуск 3" in octets.decode("windows-1251")
    assert "участка № 8" in octets.decode("windows-1251")
    with pytest.raises(UnicodeDecodeError):
        octets.decode("utf-8")


def test_the_chunked_page_is_gzip_inside_chunks_on_the_wire(site: DemoSite) -> None:
    path = urllib.parse.urlsplit(site.chunked_url).path
    octets = exchange(
        site, f"GET {path} HTTP/1.1\r\nHost: demo\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n".encode()
    )

    head, _, rest = octets.partition(b"\r\n\r\n")
    assert b"\r\nTransfer-Encoding: chunked" in head
    assert b"\r\nContent-Encoding: gzip" in head
    assert b"Content-Length" not in head
    coded, chunks = b"", 0
    while True:
        size, _, rest = rest.partition(b"\r\n")
        length = int(size, 16)
        if length == 0:
            break
        coded, chunks = coded + rest[:length], chunks + 1
        assert rest[length : length + 2] == b"\r\n"
        rest = rest[length + 2 :]
    assert rest == b"\r\n"
    assert chunks > 1
    assert "Обыски на Фонарной улице" in gzip.decompress(coded).decode("utf-8")


@pytest.mark.parametrize("field", ["", "br", "gzip;q=0"])
def test_who_does_not_accept_gzip_gets_none(site: DemoSite, field: str) -> None:
    _, headers, octets = get(site.chunked_url, Accept_Encoding=field)

    assert headers["Content-Encoding"] is None
    assert headers["Transfer-Encoding"] == "chunked"
    assert "Фонарной" in octets.decode("utf-8")


def test_a_visitor_of_http_1_0_gets_no_chunks(site: DemoSite) -> None:
    path = urllib.parse.urlsplit(site.chunked_url).path
    head, _, rest = exchange(site, f"GET {path} HTTP/1.0\r\n\r\n".encode()).partition(b"\r\n\r\n")

    assert b"Transfer-Encoding" not in head
    assert f"Content-Length: {len(rest)}".encode() in head


def test_several_requests_go_over_one_connection_and_head_has_no_body(site: DemoSite) -> None:
    address = urllib.parse.urlsplit(site.url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)
    connection.request("HEAD", "/en/about/")
    first = connection.getresponse()
    assert first.read() == b""
    kept = connection.sock
    connection.request("GET", "/en/about/")
    second = connection.getresponse()
    assert len(second.read()) == int(first.headers["Content-Length"])
    assert connection.sock is kept is not None
    connection.close()


def test_nothing_in_the_answers_tells_of_the_machine(site: DemoSite) -> None:
    octets = exchange(site, b"GET / HTTP/1.1\r\nHost: demo\r\nConnection: close\r\n\r\n")

    head = octets.partition(b"\r\n\r\n")[0]
    assert b"Python" not in head
    assert not names_machine(octets)


def test_robots_txt_asks_for_a_small_delay_and_forbids_the_linked_desk(site: DemoSite) -> None:
    lines = text(site.robots_url).splitlines()
    group = lines[lines.index("User-agent: *") :]

    assert f"Crawl-delay: {site.crawl_delay}" in group
    assert 0 < site.crawl_delay <= 0.2
    assert f"Disallow: {urllib.parse.urlsplit(site.forbidden_url).path}" in group
    assert f"Sitemap: {site.sitemap_url}" in lines


def test_the_feed_is_atom_and_names_only_pages_that_exist(site: DemoSite) -> None:
    atom = "{http://www.w3.org/2005/Atom}"
    root = ET.fromstring(body(site.feed_url))

    links = [link.attrib["href"] for link in root.findall(f"{atom}entry/{atom}link")]
    dates = [entry.text or "" for entry in root.findall(f"{atom}entry/{atom}updated")]
    assert root.tag == f"{atom}feed"
    assert set(links) == {page.url for page in site.pages if page.published and page.url != site.legacy_url}
    assert dates == sorted(dates, reverse=True)


def test_the_sitemap_names_every_page(site: DemoSite) -> None:
    loc = "{http://www.sitemaps.org/schemas/sitemap/0.9}loc"
    assert {found.text for found in ET.fromstring(body(site.sitemap_url)).iter(loc)} == {p.url for p in site.pages}


def test_language_versions_name_each_other(site: DemoSite) -> None:
    def versions(url: str) -> set[tuple[str, str]]:
        return set(re.findall(r'<link rel="alternate" hreflang="(\w\w)" href="([^"]+)">', text(url)))

    assert versions(site.edited_url) == {("en", site.edited_url), ("ru", site.edited_url_ru)}
    for page in site.pages:
        if page.url != site.legacy_url:
            for _language, other in versions(page.url):
                assert versions(other) == versions(page.url)


def test_case_pages_and_home_pages_carry_json_ld_that_parses(site: DemoSite) -> None:
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', text(site.edited_url))
    assert found is not None
    facts = json.loads(found[1])
    assert facts["@type"] == "NewsArticle"
    assert facts["datePublished"].startswith("2025-07-04")
    assert facts["mainEntityOfPage"] == site.edited_url
    assert '"@type": "Organization"' in text(site.url)


def test_an_english_page_holds_a_russian_address_and_a_russian_browser_notice(site: DemoSite) -> None:
    shown = text(site.edited_url)
    article = shown[shown.index("<article>") : shown.index("</article>")]

    assert "899417, Сереброводская область, г. Крутоярск" in article
    assert "устаревшим браузером" in shown[shown.index("<footer") :]
    assert "устаревшим браузером" not in article


def test_ticker_and_counters_move_with_each_load_and_nothing_else_does(site: DemoSite) -> None:
    for page in site.pages:
        first, second = body(page.url), body(page.url)
        assert (first == second) == (page.url in site.still_urls)
        assert steadied(first) == steadied(second)


def test_the_ticker_has_three_rates_and_differs_between_loads(site: DemoSite) -> None:
    shown = [re.findall(r"(USD|EUR|OIL)(\d+\.\d+)", text(site.url)) for _ in range(3)]

    assert all([name for name, _ in rates] == ["USD", "EUR", "OIL"] for rates in shown)
    for before, after in itertools.pairwise(shown):
        assert all(one != other for one, other in zip(before, after, strict=True))


def test_the_edit_changes_one_sentence_in_two_languages_adds_a_paragraph_takes_one_page_down(site: DemoSite) -> None:
    before = {page.url: steadied(body(page.url)) for page in site.pages}
    site.edit()
    after = {page.url: get(page.url) for page in site.pages}

    assert {url for url, (status, _, _) in after.items() if status != 200} == {site.removed_url}
    assert after[site.removed_url][0] == 410
    changed = {url for url, (status, _, octets) in after.items() if status == 200 and steadied(octets) != before[url]}
    assert changed == {site.edited_url, site.edited_url_ru, site.added_url}
    for edit in site.edits:
        assert before[edit.url].count(edit.before) == 1
        assert steadied(after[edit.url][2]) == before[edit.url].replace(edit.before, edit.after)
    assert [(edit.before, edit.after) for edit in site.edits] == [
        ("five years", "eight years"),
        ("пять лет", "восемь лет"),
    ]
    lines = difflib.ndiff(before[site.added_url].splitlines(), steadied(after[site.added_url][2]).splitlines())
    assert [line for line in lines if line[0] in "+-"] == [f"+ <p>{site.added_paragraph}</p>"]


def test_the_edit_leaves_robots_feed_and_sitemap_as_they_were(site: DemoSite) -> None:
    urls = (site.robots_url, site.feed_url, site.sitemap_url)
    before = [body(url) for url in urls]
    site.edit()
    assert [body(url) for url in urls] == before


def test_every_request_is_on_record(site: DemoSite) -> None:
    get(site.url)
    get(site.missing_url, method="HEAD")

    assert [(one.method, one.path, one.status) for one in site.served] == [
        ("GET", "/", 200),
        ("HEAD", urllib.parse.urlsplit(site.missing_url).path, 404),
    ]


def test_a_fault_of_the_server_itself_is_raised_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object) -> bytes:
        raise LookupError("made to fail")

    monkeypatch.setattr("crawler.demo.contents.feed", fail)
    site = DemoSite()
    site.__enter__()
    with pytest.raises(http.client.RemoteDisconnected):
        get(site.feed_url)
    with pytest.raises(LookupError, match="made to fail"):
        site.close()


def test_a_visitor_who_hangs_up_is_no_fault(capfd: pytest.CaptureFixture[str]) -> None:
    with DemoSite() as site:
        address = urllib.parse.urlsplit(site.url)
        for _ in range(5):
            visitor = socket.create_connection((address.hostname or "", address.port or 0), timeout=5)
            visitor.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
            visitor.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            visitor.close()
        assert get(site.url)[0] == 200
    assert capfd.readouterr() == ("", "")
