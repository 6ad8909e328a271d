from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urljoin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spiders.address import AddressError, _joined, host_and_port, is_loopback, join_link, url_key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # RFC 3986, 6.2.2.1: case
        ("HTTP://Example.ORG/a%c3%a9", "http://example.org/a%C3%A9"),
        # 6.2.2.2: percent-encoded unreserved characters
        ("http://example.org/%7Euser/%41", "http://example.org/~user/A"),
        # 6.2.2.3: dot segments
        ("http://example.org/a/./b/../c", "http://example.org/a/c"),
        ("http://example.org/../../a", "http://example.org/a"),
        # 6.2.3: default port, empty path
        ("http://example.org:80", "http://example.org/"),
        ("https://example.org:443/", "https://example.org/"),
        # a fragment names a part of a page
        ("http://example.org/a#part", "http://example.org/a"),
        (
            "http://пример.рф/путь?имя=значение",
            "http://xn--e1afmkfd.xn--p1ai/%D0%BF%D1%83%D1%82%D1%8C?%D0%B8%D0%BC%D1%8F=%D0%B7%D0%BD%D0%B0%D1%87%D0%B5%D0%BD%D0%B8%D0%B5",
        ),
    ],
)
def test_spellings_of_one_address_have_one_key(one: str, other: str) -> None:
    assert url_key(one) == url_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://example.org/A", "http://example.org/a"),
        ("http://example.org/?a=1&b=2", "http://example.org/?b=2&a=1"),
        ("http://example.org/a", "http://example.org/a/"),
        ("http://example.org/a", "https://example.org/a"),
        ("http://www.example.org/", "http://example.org/"),
        ("http://example.org/a%2Fb", "http://example.org/a/b"),
        ("http://example.org//a", "http://example.org/a"),
    ],
)
def test_different_resources_have_different_keys(one: str, other: str) -> None:
    assert url_key(one) != url_key(other)


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("mailto:anna@example.org", "scheme mailto"),
        ("javascript:void(0)", "scheme javascript"),
        ("https://", "no host"),
        ("http://example.org:99999/", "not an address"),
        ("http://[::1/", "not an address"),
        ("http://example.org/" + "a" * 9000, "longer than 8000 characters"),
    ],
)
def test_what_names_no_page_is_refused_with_a_reason(address: str, reason: str) -> None:
    with pytest.raises(AddressError) as error:
        join_link("http://example.org/", address)

    assert str(error.value) == reason


def test_a_link_is_resolved_as_a_browser_does() -> None:
    base = "http://example.org/a/b?x#y"

    assert join_link(base, " c\n d ") == "http://example.org/a/c%20d"
    assert join_link(base, "?q=1") == "http://example.org/a/b?q=1"
    assert join_link(base, "//other.example/x") == "http://other.example/x"
    assert join_link(base, "../c#z") == "http://example.org/c"


def test_a_query_is_sent_in_the_encoding_of_its_page() -> None:
    assert join_link("http://example.org/", "/п?п=п", "windows-1251") == "http://example.org/%D0%BF?%EF=%EF"
    assert join_link("http://example.org/", "?п", "no-such-encoding") == "http://example.org/?%D0%BF"


@given(st.text(max_size=60))
def test_any_text_gives_an_ascii_address_or_a_reason(text: str) -> None:
    try:
        url = join_link("http://example.org/a/b", text)
    except AddressError as error:
        assert str(error)
    else:
        assert url.isascii()
        assert url.startswith(("http://", "https://"))
        assert "#" not in url


@given(st.from_regex(r"https?://[a-z]{1,8}(:\d{1,4})?/[a-zA-Z0-9%./~_?=&-]{0,40}", fullmatch=True))
def test_the_key_of_a_key_is_itself(url: str) -> None:
    try:
        key = url_key(url)
    except AddressError:
        return

    assert url_key(key) == key


def test_politeness_tells_ports_apart() -> None:
    assert host_and_port("http://Example.org/a") == "example.org:80"
    assert host_and_port("https://example.org/") == "example.org:443"
    assert host_and_port("http://[::1]:8000/") == "[::1]:8000"


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "http://127.8.9.1:80/", "http://[::1]/", "http://localhost:1/"])
def test_loopback_is_known_by_its_name(url: str) -> None:
    assert is_loopback(url)


@pytest.mark.parametrize("url", ["http://example.org/", "http://127.0.0.1.example.org/", "http://10.0.0.1/"])
def test_other_hosts_are_not_loopback(url: str) -> None:
    assert not is_loopback(url)


PAGES = [
    "http://h.example",
    "http://h.example/a/b;p?q=/x#f",
    "https://h.example:8080//a/./c:d?//",
    "http://[::1]:8/a/..",
]


@given(
    st.sampled_from(PAGES),
    st.builds(
        "".join,
        st.tuples(
            st.sampled_from(["", "http:", "HTTPS:", "ftp:", "x:"]),
            st.sampled_from(["", "/", "//", "///", "//o.example", "//:80"]),
            st.lists(st.sampled_from(["a", "..", ".", "", "b;p", "c:d"]), max_size=4).map("/".join),
            st.sampled_from(["", "?", "?q", "?/../x", ";p"]),
            st.sampled_from(["", "#", "#f", "#/x?y"]),
        ),
    ),
)
def test_what_is_remembered_of_a_page_is_all_that_a_link_depends_on(page: str, link: str) -> None:
    def joined(join: Callable[[], str]) -> str:
        try:
            return join()
        except AddressError as error:
            return f"refused: {error}"
        except ValueError:
            return "refused: not an address"

    assert joined(lambda: join_link(page, link)) == joined(lambda: join_link(urljoin(page, link), ""))


def test_a_long_link_is_not_remembered() -> None:
    link = "../" * 10_000 + "a#" + "b" * 10_000
    before = _joined.cache_info().currsize

    assert join_link("http://h.example/a/", link) == "http://h.example/a"
    assert _joined.cache_info().currsize == before


def test_a_backslash_before_the_query_is_a_slash() -> None:
    assert join_link("https://a.example/x/y", "\\cases\\17?q=a\\b") == "https://a.example/cases/17?q=a%5Cb"
