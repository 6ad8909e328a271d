from __future__ import annotations

from time import process_time

import pytest

from spiders.definition import Selectors
from spiders.listing import ListPage, list_key, list_page, next_links

HOME = "https://s.example"


def read(body: str, path: str = "/news/", *headers: str, **selectors: tuple[str, ...]) -> ListPage:
    return list_page(f"<html><body>{body}</body></html>", HOME + path, "utf-8", Selectors(**selectors), headers)


def more(body: str, path: str = "/news/", *headers: str, **selectors: tuple[str, ...]) -> list[str]:
    return [url.removeprefix(HOME) for url in read(body, path, *headers, **selectors).more]


def links(*hrefs: str) -> str:
    return "".join(f'<a href="{href}">x</a>' for href in hrefs)


@pytest.mark.parametrize(
    ("path", "followed", "others"),
    [
        (
            "/news/",
            ["/news/page/2/", "/news/page/12"],
            ["/page/2/", "/news/2/", "/news/page/2/comments", "/other/page/2"],
        ),
        ("/news/page/2/", ["/news/page/3/", "/news/page/1/"], ["/news/page/", "/news/"]),
        ("/texts", ["/texts?page=1", "/texts?page=2"], ["/texts?page=next", "/texts?sort=page", "/text?page=1"]),
        ("/list?sort=a", ["/list?sort=a&paged=2"], ["/list?paged=2", "/list?sort=b&paged=2"]),
        ("/news/index.php", ["/news/index.php?PAGEN_1=2"], ["/news/index.php?ID=2"]),
        (
            "/viewforum.php?f=2",
            ["/viewforum.php?f=2&start=25"],
            ["/viewtopic.php?f=2&t=5&start=25", "/viewforum.php?f=3"],
        ),
        (
            "/list",
            ["/list?offset=20", "/list?skip=20", "/list?page%5Bnumber%5D=2", "/list?page_news=2"],
            ["/list?p=20"],
        ),
        ("/", ["/page/2/", "/?page=2"], ["/17/page/2/", "/?p=2"]),
        ("/новости/", ["/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D0%B8/page/2/"], []),
    ],
)
def test_the_same_address_with_another_page_number_is_another_page_of_the_list(
    path: str, followed: list[str], others: list[str]
) -> None:
    assert more(links(*others, *followed), path) == followed


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('<link rel="next" href="/older?c=b2s"><a rel="prev" href="/newer">x</a>', ["/older?c=b2s"]),
        ('<a rel="nofollow NEXT" href="b">x</a>', ["/news/b"]),
        ('<base href="/en/"><a rel="next" href="b">x</a>', ["/en/b"]),
        ('<a rel="next" href="mailto:a@s.example">x</a><a rel="next">y</a><a rel="next" href="#top">z</a>', []),
    ],
)
def test_what_says_that_it_is_next_is_followed(body: str, expected: list[str]) -> None:
    assert more(body) == expected


def test_a_link_header_may_say_it() -> None:
    header = '<https://s.example/a>; rel="last", </b?x=1,2>; title="a, b"; rel="alternate next", <c>; rel=next'

    assert list(next_links([header, "nonsense", "<d>;rel=prev"])) == ["/b?x=1,2", "c"]
    assert more("", "/news/", header) == ["/b?x=1,2", "/news/c"]


@pytest.mark.parametrize(
    "words",
    ["Older posts", "« Older Entries", "Предыдущие записи →", "<span>Следующая</span> страница", "Старіші записи"],
)
def test_words_lead_to_what_is_older(words: str) -> None:
    assert more(f'<a href="/search?before=2019">{words}</a>') == ["/search?before=2019"]
    assert more(f'<a href="https://other.example/search">{words}</a>') == []


def test_words_that_stand_under_entries_too_lead_on_with_the_list_s_own_address_alone() -> None:
    body = '<a href="/news/a-case">Далее</a><a href="/news?before=17">Ещё</a><a href="/news/17">more…</a>'

    assert more(body) == ["/news?before=17"]


def test_the_definition_s_own_selector_comes_first_and_may_find_an_attribute() -> None:
    body = '<button data-next-url="?before=17">x</button><a href="/news/?page=9">9</a><a rel=next href="/n">x</a>'

    assert more(body, next=("button.none", "xpath://button/@data-next-url")) == ["/news/?before=17", "/n"]
    assert more('<li class="older"><a href="/o">x</a></li>', next=("li.older",)) == ["/o"]


def test_entries_are_what_the_selector_finds() -> None:
    cards = '<li class="c"><h2>A</h2><a href="/p/1">x</a></li><li class="c"><a href="/p/2">y</a></li>'
    body = f'<ul>{cards}</ul><a href="/z">z</a>'

    page = read(body, listing=("a.none", "li.c"))

    named = (f"{HOME}/p/1", f"{HOME}/p/2")
    assert page == ListPage(named, (), True, named)
    assert read(body, listing=("li.c a::attr(href)",)).entries == page.entries
    assert read("<p>nothing</p>", listing=("li.c",)) == ListPage((), (), False)


def test_without_a_selector_entries_are_the_links_beside_the_navigation() -> None:
    body = (
        '<header><a href="/">home</a></header><nav><ul><li><a href="/about">x</a></li></ul></nav>'
        '<main><a href="/p/1">x</a><a href="/p/1#more">x</a><a href="/news/?page=2">2</a><a href="/news/">all</a>'
        '<footer><a href="/imprint">x</a></footer>'
    )

    assert read(body) == ListPage(named := (f"{HOME}/p/1",), (f"{HOME}/news/?page=2",), False, named)


@pytest.mark.parametrize(
    "text", [b"", b"\xff\xfe\x00", "\0<a href='/p/1'>", b"<" * 9999, "<div>" * 5000 + "<a href=/p/1>x"]
)
def test_a_page_of_any_kind_is_read(text: str | bytes) -> None:
    assert list_page(text, HOME, "utf-8", Selectors()).more == ()


def test_a_query_is_in_the_page_s_encoding() -> None:
    page = list_page('<a rel=next href="?q=д">x</a>', HOME + "/n", "windows-1251", Selectors())

    assert page.more == (f"{HOME}/n?q=%E4",)


def test_a_number_that_names_a_page_counts_no_list() -> None:
    assert list_key(f"{HOME}/?paged=7") == list_key(f"{HOME}/")
    assert list_key(f"{HOME}/?page_id=7") != list_key(f"{HOME}/")


def test_a_page_where_the_selector_finds_nothing_has_its_links_all_the_same() -> None:
    page = read(links("/1", "/2", "/news/page/2/"), listing=("li.c",))

    assert (page.entries, page.links) == ((), (f"{HOME}/1", f"{HOME}/2"))


def test_links_within_links_and_deep_below_take_no_longer_than_the_page_is_long() -> None:
    began = process_time()

    page = read("<div><a href='/x'>" * 1000 + links(*(f"/{n}" for n in range(30_000))))

    assert len(page.entries) > 20_000
    assert process_time() - began < 10  # minutes, where each link asked all that is above it
