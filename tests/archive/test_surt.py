"""The urlkey equals that of `surt`, which indexers and replay tools use."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
import surt
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.surt import urlkey

SESSION = "0123456789abcdefghijklmnopqrstuv"


@pytest.fixture(autouse=True)
def _no_lookups(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """`surt` asks the resolver what a number like 300.1.2.3 may be; nothing here may go to the network."""

    def numeric_only(host: bytes) -> tuple[str, list[str], list[str]]:
        try:
            return "", [], [socket.inet_ntoa(socket.inet_aton(host.decode()))]
        except OSError as error:
            raise socket.gaierror(*error.args) from error

    monkeypatch.setattr("surt.GoogleURLCanonicalizer.socket.gethostbyname_ex", numeric_only)
    yield


def test_the_host_is_reversed_and_the_query_sorted() -> None:
    assert urlkey("http://www.Example.org:80/Cases/../a?b=2&a=1#top") == "org,example)/a?a=1&b=2"


URLS = [
    "",
    " ",
    "-",
    "http://",
    "http:///",
    "http://a",
    "https://site.example",
    "HTTP://Site.Example:80/",
    "HTTPS://site.example:443/a/",
    "https://site.example:80/",
    "http://site.example:8080/",
    "http://site.example:/",
    "http://site.example::/",
    "http://site.example:0/",
    "http://site.example:port/",
    "http://site.example:99999/",
    "http://user:password@site.example/",
    "http://www.site.example/",
    "http://www17.site.example/",
    "http://www.www.site.example/",
    "http://www.",
    "http://www",
    "http://wwwx.site.example/",
    "site.example/a",
    "site.example:80/a",
    "//site.example/a",
    "/a/b",
    "http://http://site.example/",
    "https://http://https://site.example/",
    "http:////////site.example/a//b",
    "http:/site.example/a",
    "http:site.example",
    "HTTP:site.example",
    "http://site.example/%D0%B4%D0%B5%D0%BB%D0%BE",
    "http://site.example/дело/17",
    "http://site.example/%d0%b4",
    "http://site.example/%25%32%35",
    "http://site.example/100%",
    "http://site.example/a%2Fb%3Fc%23d",
    "http://site.example/a b",
    " http://site.example/a\tb\r\nc ",
    "http://дело.рф/",
    "http://xn--d1acufc.xn--p1ai/",
    "http://%D0%B4%D0%B5%D0%BB%D0%BE.example/",
    "http://" + "д" * 80 + ".example/",
    "http://%FF.example/",
    "http://a..b.example../",
    "http://.../a",
    "http://2130706433/",
    "http://4294967297/",
    "http://127.0.0.1/",
    "http://127.1/",
    "http://0177.0.0.1/",
    "http://0/",
    "http://08.1.1.1/",
    "http://1.2.3.4.5/",
    "http://300.1.2.3/",
    "http://10.0.0.010/",
    "http://[::1]:8080/a",
    "http://[FE80::1%25eth0]/",
    "http://[::1/",
    "http://site.example/./a/../b/.",
    "http://site.example/../../a",
    "http://site.example/../../../a",
    "http://site.example/a//../b",
    "http://site.example/a/b/../",
    "http://site.example//",
    "http://site.example/a//",
    "http://site.example?a",
    "http://site.example?",
    "http://site.example/?",
    "http://site.example/?&",
    "http://site.example/?=",
    "http://site.example/?b&a&a=&a=1&&",
    "http://site.example/?B=Ж&a=%D0%96",
    "http://site.example/?q=a+b%20c",
    "http://site.example/?a[]=1&a%5B%5D=2|3",
    f"http://site.example/?jsessionid={SESSION}",
    f"http://site.example/?a=1&PHPSESSID={SESSION}&b=2",
    f"http://site.example/?a=1&PHPSESSID={SESSION}x&b=2",
    f"http://site.example/?xsid={SESSION}&b=2",
    f"http://site.example/?sid={SESSION}&phpsessid={SESSION}",
    "http://site.example/?ASPSESSIONIDABCDEFGH=ABCDEFGHIJKLMNOPQRSTUVWX&x=1",
    "http://site.example/?CFID=1&CFTOKEN=2&x=1",
    "http://site.example/?x=1&cfid=&cftoken=2",
    "http://site.example/(S(0123456789abcdefghijklmn))/page.aspx?a",
    "http://site.example/(0123456789abcdefghijklmn)/a/page.aspx",
    "http://site.example/a;jsessionid=" + SESSION,
    "mailto:archive@north.example",
    "urn:uuid:00000001-0000-4000-8000-000000000001",
    "urn:received:http://site.example/ssh",
    "dns:www.site.example",
    "dns://www.site.example/",
    "ftp://www.site.example:21/A",
    "data:text/plain,Hello?b&a",
    "filedesc:x.warc.gz",
    "http://site.example/#a?b",
    "http://site.example/?a#b?c",
    "\ud800",
]


def oracle(url: str) -> str:
    """The other tool's key; where it fails, indexers take the URL."""
    try:
        return str(surt.surt(url))
    except Exception:
        return url


@pytest.mark.parametrize("url", URLS)
def test_these_keys_equal_those_of_surt(url: str) -> None:
    assert urlkey(url) == oracle(url)


PIECES = st.sampled_from(
    [
        *("http://", "https://", "HTTP://", "dns:", "urn:", "//", "/", "?", "#", "&", "=", ":", "@", ".", "..", "/./"),
        *("/../", "www.", "www1.", "site.example", "Site", "a", "B", "Ж", "%D0%96", "%2f", "%25", "%", "%zz", "[", "]"),
        *(" ", "\t", "\n", "\x00", "\x7f", "80", ":80", ":443", "8.8.8.8", "017.1", "1", "0", "x=1", "sid=" + SESSION),
        *(
            "PHPSESSID=" + SESSION,
            "cfid=1&cftoken=2",
            "(0123456789abcdefghijklmn)/",
            "a.aspx",
            "é",
            "\u00a0",
            "ß",
            "😀",
        ),
    ]
)


@settings(max_examples=1500, deadline=None)
@given(url=st.lists(PIECES, max_size=9).map("".join) | st.text(max_size=20).map("http://site.example/".__add__))
def test_any_key_equals_that_of_surt(url: str) -> None:
    assert urlkey(url) == oracle(url)


@settings(deadline=None)
@given(url=st.text(max_size=40))
def test_a_key_is_one_word_of_visible_ascii_or_the_url_itself(url: str) -> None:
    key = urlkey(url)

    assert key == url or (key.isascii() and key.isprintable() and " " not in key)
