"""A look at a site: which questions it asks, what addresses and pages tell, what is proposed. Nothing is fetched."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from urllib.parse import unquote

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from crawler.config import read_config
from spiders.json_lists import json_list
from spiders.kinds import kind_of
from spiders.look import Fetched, Look, looks_like_html
from spiders.proposal import Proposal, propose
from spiders.shapes import PAGE_NUMBER, Shape, shapes_of
from spiders.signs import measure, signs_of

HOST = "https://a.example"


def looked(answer: Callable[[str], Fetched], url: str = f"{HOST}/", **options: bool) -> tuple[Look, list[str]]:
    """A look that is answered by a function, and what it asked for."""
    look = Look(url, **options)
    questions, asked = look.questions(), []
    try:
        question = next(questions)
        while True:
            asked.append(question.url)
            question = questions.send(answer(question.url))
    except StopIteration:
        return look, asked


def pages(table: Mapping[str, str], media_type: str = "text/html") -> Callable[[str], Fetched]:
    def answer(url: str) -> Fetched:
        text = table.get(unquote(url.removeprefix(HOST)))
        if text is None:
            return Fetched(url, url, 404, media_type="text/html", text="<p>no such page")
        return Fetched(url, url, 200, media_type=media_type, octets=text.encode(), text=text)

    return answer


def proposed(table: Mapping[str, str], url: str = f"{HOST}/") -> Proposal:
    look, _ = looked(pages(table), url)
    return propose(look, name="a")


# -- shapes


@pytest.mark.parametrize(
    ("urls", "name", "pattern"),
    [
        (["/news/1", "/news/22"], "/news/N", r"^https?://[^/]+/news/\d+/?$"),
        (["/2021/03/04/a/", "/2022/11/30/b/"], "/Y/D/D/*/", r"^https?://[^/]+/\d{4}/\d{1,2}/\d{1,2}/[^/?]+/?$"),
        (["/a/x.html", "/a/y.html"], "/a/*.html", r"^https?://[^/]+/a/[^/?]+\.html$"),
        (["/d.php?ID=1", "/d.php?ID=2"], "/d.php?ID", r"^https?://[^/]+/d\.php\?(?:.*&)?ID="),
        (["/s/2021/may/x", "/s/2021/june/y"], "/s/Y/*/*", r"^https?://[^/]+/s/\d{4}/[^/?]+/[^/?]+/?$"),
        (["/по/1", "/по/2"], "/по/N", r"^https?://[^/]+/по/\d+/?$"),
    ],
)
def test_addresses_of_one_build_have_one_shape_and_fit_its_pattern(urls: list[str], name: str, pattern: str) -> None:
    [(shape, found)] = shapes_of(HOST + url for url in urls).items()

    assert (shape.name, shape.pattern()) == (name, pattern)
    assert all(re.search(pattern, url) for url in found)
    assert not re.search(pattern, f"{HOST}/about")


def test_a_word_is_a_shape_s_own_where_few_stand_in_its_place() -> None:
    sections = shapes_of(f"{HOST}/{word}/{n}" for word in ("news", "cases") for n in range(3))
    authors = shapes_of(f"{HOST}/opinions/author-{n}/{n}" for n in range(20))

    assert sorted(shape.name for shape in sections) == ["/cases/N", "/news/N"]
    assert [shape.name for shape in authors] == ["/opinions/*/N"]


@given(st.lists(st.from_regex(r"(/[a-z0-9%.~-]{0,5}){0,4}(\?[a-z]=[0-9a-z]{0,3})?", fullmatch=True), max_size=12))
def test_every_address_fits_the_pattern_of_its_shape(paths: list[str]) -> None:
    for shape, urls in shapes_of(HOST + path for path in paths).items():
        assert isinstance(shape, Shape)
        for url in urls:
            if "//" not in url.removeprefix("https://"):
                assert any(re.search(shape.pattern(), one) for one in (url, unquote(url))), (shape, url)


@pytest.mark.parametrize(
    "url", ["/page/2/", "/news/?PAGEN_1=3", "/list?page=1", "/viewforum.php?f=2&start=25", "/archive/page-4.html"]
)
def test_pages_of_a_list_are_told_by_their_number(url: str) -> None:
    assert PAGE_NUMBER.search(HOST + url)


@pytest.mark.parametrize("url", ["/news/17", "/p/3.html", "/pages/about", "/homepage1", "/?p=17#x"[:4]])
def test_numbers_of_pages_and_of_articles_are_different(url: str) -> None:
    assert not PAGE_NUMBER.search(HOST + url)


# -- one page


@given(st.text(max_size=400) | st.from_regex(r"(<[a-z!/]{0,6}[ a-z='\"]{0,8}>?[ a-zа-я]{0,9}){0,20}", fullmatch=True))
def test_any_text_can_be_read_as_a_page(text: str) -> None:
    page = signs_of(text, f"{HOST}/")

    assert page.text >= 0
    assert all(link.startswith(("http://", "https://")) for link in page.links)


def test_a_page_as_deep_as_it_is_hostile_is_read() -> None:
    page = signs_of(
        "<div>" * 20_000 + "<a href=/x>x</a>" + '<script type="application/ld+json">' + "[" * 5_000, f"{HOST}/"
    )

    assert page.links == (f"{HOST}/x",)


def test_a_list_of_teasers_is_no_article() -> None:
    teaser = '<p><a href="/{n}">Court extends the arrest, number {n}</a><p>' + "A short line about it. " * 6
    article = "<h1>Court extends the arrest</h1><p>" + "The hearing lasted for an hour. " * 30

    assert not signs_of("".join(teaser.format(n=n) for n in range(12)), f"{HOST}/").reads_as_article
    assert signs_of(article, f"{HOST}/").reads_as_article


def test_selectors_are_proposed_that_match_once_on_every_page_of_the_sample() -> None:
    frame = (
        "<title>{0} - Lamp</title><h1>Lamp</h1><article class='post'><h2 class='name'>{0} and others</h2>"
        "<span class='date'>1{1} May 2022</span><div class='field field--name-body'><p>{2}</div></article>"
        "<div class='text'><p>The same words stand on all pages of this site, and are no text of theirs.</div>"
    )
    sample = [
        signs_of(frame.format(f"A heading {n}", n, f"Words of page {n}. " * 30), f"{HOST}/{n}") for n in (1, 2, 3)
    ]
    odd = signs_of("<title>x</title><p>" + "Another build. " * 40, f"{HOST}/4")

    found = measure(sample)
    assert (found.body, found.published) == ("div.field--name-body", "span.date")
    assert measure(sample[:1]) == measure([*sample, odd]) == type(found)()


# -- JSON


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([{"url": "/a"}, {"url": "/b"}], ("", "url", "", "")),
        ({"data": {"items": [{"link": f"{HOST}/a"}]}}, ("data.items", "link", "", "")),
        ({"results": [{"id": 1, "title": "x"}], "next": f"{HOST}/?p=2"}, ("results", "", "next", f"{HOST}/?p=2")),
        (
            {"data": [{"title": "x", "links": {"self": "/a"}}], "links": {"next": "/n"}},
            ("data", "links.self", "links.next", "/n"),
        ),
        (
            {"items": [{"slug": "a", "title": "x"}], "meta": {"next_cursor": "abc"}},
            ("items", "", "meta.next_cursor", "abc"),
        ),
    ],
)
def test_lists_in_json_are_recognised(value: object, expected: tuple[str, str, str, str]) -> None:
    found = json_list(value, f"{HOST}/api")

    assert found is not None
    assert (found.entries, found.link, found.next, found.following) == expected


@pytest.mark.parametrize("value", [[], {}, 17, "x", None, [1, 2], {"a": [{"colour": "red"}]}, [[{"url": "/a"}]]])
def test_other_json_is_no_list_of_pages(value: object) -> None:
    assert json_list(value, f"{HOST}/api") is None


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(st.sampled_from(["url", "id", "title", "next", "data"]), inner)
        ),
        max_leaves=20,
    )
)
def test_any_json_can_be_looked_into(value: object) -> None:
    json_list(json.loads(json.dumps(value)), f"{HOST}/api")


# -- the questions


def test_nothing_is_asked_twice_and_no_more_than_was_allowed() -> None:
    _, asked = looked(pages({"/": "<a href=/news/>News</a>"}))

    assert len({*asked}) == len(asked) <= 24
    assert asked[:2] == [f"{HOST}/robots.txt", f"{HOST}/"]


def test_without_guesses_only_what_is_named_is_asked_for() -> None:
    _, asked = looked(
        pages({"/": '<link rel="alternate" type="application/rss+xml" href="/x.rss"><a href=/news/>News'}),
        guesses=False,
    )

    assert asked == [f"{HOST}/robots.txt", f"{HOST}/", f"{HOST}/x.rss", f"{HOST}/news/"]


def test_a_site_that_does_not_answer_is_asked_no_further() -> None:
    look, asked = looked(lambda url: Fetched(url, url, None, "refused"))

    assert not look.reached
    assert len(asked) == 2


def test_a_sitemap_on_another_host_is_told_and_not_asked_for() -> None:
    robots = "Sitemap: https://other.example/map.xml"
    look, asked = looked(pages({"/robots.txt": robots, "/": "<h1>x</h1>"}))

    assert all(url.startswith(HOST) for url in asked)
    assert any("https://other.example/map.xml" in words for words in propose(look, name="a").missing)
    assert propose(look, name="a").site.sitemaps == ()


@given(st.data())
def test_whatever_is_answered_a_look_ends_and_proposes_something(data: st.DataObject) -> None:
    kinds = st.sampled_from(
        [
            "<html><a href=/a/1>one</a><a href=/a/2>two</a><a href=/a/3>three</a>",
            "<rss><channel><item><link>/a/1</link></item></channel></rss>",
            "<sitemapindex><sitemap><loc>/s1.xml</loc></sitemap></sitemapindex>",
            '[{"url": "/a/1"}, {"url": "/a/2"}]',
            '{"next": "/x?page=2", "items": [{"id": 1, "title": "x"}]}',
            "<html><script>fetch('/api/x?page=')</script><script src=/s.js></script>",
            "\x00\xff<p>" + "words " * 90,
            "",
        ]
    )

    def answer(url: str) -> Fetched:
        text = data.draw(kinds)
        status = data.draw(st.sampled_from([200, 200, 200, 404, 500, None]))
        return Fetched(url, url, status, "no answer" if status is None else "", octets=text.encode(), text=text)

    look, asked = looked(answer)

    assert len(asked) <= 24
    if look.reached:
        proposal = propose(look, name="a")
        assert proposal.site.seeds
        assert proposal.rows


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<!DOCTYPE html>", True),
        ("\ufeff <HTML>", True),
        ("<!-- x --><a href=x>", True),
        ('<?xml version="1.0"?><!DOCTYPE html PUBLIC "x">', True),
        ('<?xml version="1.0"?><rss>', False),
        ("{}", False),
        ("User-agent: *", False),
    ],
)
def test_a_page_is_told_by_its_beginning(text: str, expected: bool) -> None:
    assert looks_like_html(text) is expected


# -- the proposal


def test_what_a_feed_names_is_not_excluded() -> None:
    feed = (
        "<rss><channel>" + "".join(f"<item><link>/search/?id={n}</link></item>" for n in range(5)) + "</channel></rss>"
    )
    links = '<a href="/search/?q=">find</a><a href="/login">in</a>'
    home = f'<link rel="alternate" type="application/rss+xml" href="/f">{links}'

    exclude = proposed({"/": home, "/f": feed}).site.exclude

    assert any(re.search(pattern, f"{HOST}/login") for pattern in exclude)
    assert not any(re.search(pattern, f"{HOST}/search/?id=1") for pattern in exclude)


def test_a_list_whose_pages_lie_elsewhere_on_the_host_is_not_kept_to_its_folder() -> None:
    home = "".join(f'<li><a href="/2022/0{n}/case-{n}.html">A case</a>' for n in range(1, 9))
    page = "<h1>A case</h1><p>" + "The hearing lasted for an hour. " * 30
    table = {"/news/": home, **{f"/2022/0{n}/case-{n}.html": page for n in range(1, 9)}}

    include = proposed(table, f"{HOST}/news/").site.include

    assert any(re.search(pattern, f"{HOST}/2022/03/case-3.html") for pattern in include)
    assert not any(re.search(pattern, f"{HOST}/shop/17") for pattern in include)


def test_people_are_cases_in_four_languages() -> None:
    page = "<h1>A person</h1><p>" + "The hearing lasted for an hour. " * 30
    for word in ("persons", "figurant", "spravy", "узники", "вязні"):
        table = {f"/{word}/{n}/": page for n in range(5)}
        home = "".join(f'<li><a href="{path}">A person</a>' for path in table)
        site = proposed({"/": home, **table}).site
        assert [kind for _, kind in site.kinds] == ["list", "case"], word
        assert kind_of(site, f"{HOST}/{word}/7/") == "case"


def test_hostile_names_do_not_reach_the_entry() -> None:
    listing = json.dumps({"da\nta": [{"url": "/a/1"}, {"url": "/a/2"}]})
    types = json.dumps({"x": {"rest_base": 'po"st\ns'}, "y": {"rest_base": "../../x"}})
    home = (
        '<link rel="https://api.w.org/" href="/wp-json/"><script>fetch("/api/x")</script>'
        '<a href="/a%00b/1">1</a><a href="/a%00b/2">2</a><a href="/a%00b/3">3</a><div data-ne]xt="/?page=2">'
    )
    table = {"/": home, "/api/x": listing, "/wp-json/wp/v2/types": types, "/wp-json/wp/v2/posts": "[]"}

    entry = proposed(table).entry()

    assert json.dumps(entry).isprintable()
    assert read_config(tomlkit.dumps({"site": [entry]}).encode()).sites


def test_the_preview_of_a_channel_is_known_by_its_markup() -> None:
    home = '<div class="tgme_widget_message js" data-post="made_up/1"><div class="x">A message</div></div>'

    site = proposed({"/s/made_up": home}, f"{HOST}/s/made_up").site

    assert (site.spider, site.start, site.follow) == ("telegram", (f"{HOST}/s/made_up",), False)


def test_the_second_part_of_an_article_makes_no_list_of_all_articles() -> None:
    page = "<h2>A talk</h2><p>" + "The hearing lasted for an hour. " * 30
    topics = {f"/talk.php?f=1&t={n}": page for n in range(1, 9)}
    long = f'{page}<a href="/talk.php?f=1&amp;start=10&amp;t=1">2</a>'
    home = "".join(f'<li><a href="{path}">A talk</a>' for path in topics)

    site = proposed({"/": home, **topics, "/talk.php?f=1&t=1": long}).site

    assert kind_of(site, f"{HOST}/talk.php?f=2&t=70") == "news"


def test_the_same_list_in_another_order_is_no_list_of_its_own_and_not_asked_for() -> None:
    orders = "".join(f'<a href="/{name}?sort={way}">by {way}</a>' for name in ("a", "b", "c") for way in ("up", "down"))
    page = "<h1>A case</h1><p>" + "The hearing lasted for an hour. " * 30
    listing = "".join(f'<li><a href="/cases/{n}">A case</a>' for n in range(5)) + '<a href="/a?page=2">2</a>'
    table = dict.fromkeys(("/", "/a", "/b", "/c"), listing + orders)
    table |= {f"/{name}?sort={way}": listing + orders for name in ("a", "b", "c") for way in ("up", "down")}

    look, asked = looked(pages({**table, **{f"/cases/{n}": page for n in range(5)}}))

    assert not [url for url in asked if "sort=" in url]
    assert not [url for url in propose(look, name="a").site.lists if "sort=" in url]


def test_a_type_of_its_own_is_found_where_a_site_has_no_posts() -> None:
    types = json.dumps({"figurant": {"rest_base": "figurant"}})
    rows = json.dumps([{"link": f"{HOST}/figurant/{n}/"} for n in range(3)])
    table = {
        "/": '<html><link rel="https://api.w.org/" href="/wp-json/"><p>A registry',
        "/wp-json/wp/v2/types": types,
        "/wp-json/wp/v2/figurant?per_page=10": rows,
    }

    def answer(url: str) -> Fetched:
        found = pages(table)(url)
        if found.status == 404 and "/wp-json/" in url:
            return Fetched(url, url, 404, text='{"code":"rest_no_route"}')
        return found

    look, _ = looked(answer)

    assert propose(look, name="a").site.rest == (f"{HOST}/wp-json/wp/v2/figurant",)


def test_xhtml_tells_its_language_too() -> None:
    page = '<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="be"><body>x</body></html>'
    assert signs_of(page, f"{HOST}/").language == "be"


def test_of_a_sitemap_s_parts_another_is_read_where_the_last_is_not_there() -> None:
    index = "<sitemapindex>" + "".join(f"<sitemap><loc>{HOST}/{name}.xml</loc></sitemap>" for name in "abz")
    parts = {f"/{name}.xml": f"<urlset><url><loc>{HOST}/{name}/1</loc></url></urlset>" for name in "ab"}
    table = {"/": "<p>home", "/sitemap.xml": f"{index}</sitemapindex>", **parts}

    look, _ = looked(pages(table))

    assert {f"{HOST}/a/1", f"{HOST}/b/1"} <= {*look.addresses()}


def test_pages_that_an_interface_tells_the_changes_of_are_left_alone_where_they_are_as_they_were() -> None:
    page = "<h1>A case</h1><p>" + "The hearing lasted for an hour. " * 30
    rows = json.dumps([{"link": f"{HOST}/cases/{n}/"} for n in range(5)])
    home = '<html><link rel="https://api.w.org/" href="/wp-json/"><p>' + "".join(
        f'<li><a href="/news/{n}/">A piece of news</a>' for n in range(5)
    )
    table = {"/": home, "/wp-json/wp/v2/posts?per_page=10": rows}
    table |= {f"/{kind}/{n}/": page for kind in ("cases", "news") for n in range(5)}

    assert proposed(table).site.revisit == (("case", "daily"), ("other", "always"))
    assert proposed({key: text for key, text in table.items() if "wp-json" not in key}).site.revisit == (
        ("other", "always"),
    )
