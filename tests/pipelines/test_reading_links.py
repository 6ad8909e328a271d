"""Links, pictures and ranks of headings of a reading: where they stand, where they lead, whatever the markup."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from page_styles import stored
from reading_schema import SCHEMA, faults

from pipelines.page import read_page
from pipelines.reading import Reading, StoredPage, is_document
from pipelines.targets import TARGET_LIMIT

TEXT = "<p>The committee of the made-up town reads letters aloud every Tuesday, in the hall behind the library.</p>" * 4
URL = "https://site.example/news/2024/letters"


def reading(body: str, head: str = "") -> Reading:
    markup = f"<html><head>{head}</head><body>{body}</body></html>"
    moment = datetime(2026, 11, 22, tzinfo=UTC)
    return read_page(StoredPage(URL, moment, "urn:uuid:1", None, "text/html; charset=utf-8", markup.encode()))


def said(one: Reading) -> list[tuple[str, str]]:
    return [(one.text_of(one.blocks[link.block])[link.start : link.end], link.target) for link in one.links]


def article(inside: str) -> str:
    return f"<article><h1>Letters are read</h1>{TEXT}{inside}{TEXT}</article>"


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        ('See <a href="/x">the list</a>.', "the list"),
        ('See  the\n <a href="/x">  list\n of <b>letters</b> </a>, please', "list of letters"),
        ('<a href="/x">Все</a> письма — «<a>nothing</a>»', "Все"),
        ('One<br> two <a href="/x">three <br> four</a> five', "three\nfour"),
        ('a\u00a0 b <a href="/x">й ё\u00a0і</a>', "й ё\u00a0і"),
        ('<a href="/x">all of it</a>', "all of it"),
    ],
)
def test_a_link_is_found_at_its_words(markup: str, words: str) -> None:
    assert said(reading(article(f"<p>{markup}</p>"))) == [(words, "https://site.example/x")]


def test_in_a_preformatted_text_spaces_are_counted() -> None:
    one = reading(article('<pre>\n\n  a   b <a href="/x">c  d</a>\n e</pre>'))

    assert said(one) == [("c  d", "https://site.example/x")]


def test_a_link_around_several_blocks_is_one_in_each() -> None:
    one = reading(article('<a href="/case"><div>Ivan Made-Up</div><p>Five years in a colony</p></a>'))

    assert said(one) == [
        ("Ivan Made-Up", "https://site.example/case"),
        ("Five years in a colony", "https://site.example/case"),
    ]


def test_a_link_in_a_link_ends_the_outer_one() -> None:
    one = reading(article('<p><a href="/out">one <a href="/in">two</a> three</a></p>'))

    assert ("two", "https://site.example/in") in said(one)
    assert ("one", "https://site.example/out") in said(one)


def test_a_link_around_a_picture_has_no_words_but_a_place() -> None:
    one = reading(article('<p>See <a href="/big"><img src="/small.png" alt="A letter"></a> here.</p>'))
    (link,), (picture,) = one.links, one.pictures

    assert (link.target, link.start, link.end, link.level) == ("https://site.example/big", 4, 4, "main")
    assert one.text_of(one.blocks[link.block]) == "See here."
    assert (picture.source, picture.alt, picture.level) == ("https://site.example/small.png", "A letter", "main")
    assert picture.block == link.block


def test_links_and_pictures_of_furniture_are_not_those_of_the_article() -> None:
    share = '<div class="share"><a href="https://net.example/share"><img src="/net.png"></a></div>'
    one = reading(share + article("") + '<nav><a href="/">Home</a></nav><a href="/end"><img src="/end.png"></a>')

    assert {link.target: link.level for link in one.links} == {
        "https://net.example/share": "side",
        "https://site.example/": "side",
        "https://site.example/end": "side",
    }
    assert (one.pictures[0].level, one.pictures[0].furniture) == ("side", "share")


@pytest.mark.parametrize(
    ("href", "target"),
    [
        ("?page=2", "https://site.example/news/2024/letters?page=2"),
        ("#notes", "https://site.example/news/2024/letters#notes"),
        ("../x", "https://site.example/news/x"),
        ("//other.example/x", "https://other.example/x"),
        (" /a b \n", "https://site.example/a b"),
        ("HTTP://Other.example/X", "HTTP://Other.example/X"),
        ("mailto:post@site.example", "mailto:post@site.example"),
        ("https://[::1", "https://[::1"),
        ("//[no/address", "//[no/address"),
    ],
)
def test_addresses_are_made_absolute_and_else_stay_as_written(href: str, target: str) -> None:
    (link,) = reading(article(f'<p>See <a href="{href}">this</a></p>')).links

    assert link.target == target


@pytest.mark.parametrize("href", ["javascript:void(0)", "JaVaScRiPt:x", "data:text/html,x", " java\nscript:x", "", " "])
def test_what_names_no_resource_is_no_link(href: str) -> None:
    assert said(reading(article(f'<p>See <a href="{href}">this</a></p>'))) == []


@pytest.mark.parametrize(
    ("base", "target"),
    [
        ("/deep/er/", "https://site.example/deep/er/x"),
        ("https://cdn.example/a/", "https://cdn.example/a/x"),
        ("javascript:alert(1)", "https://site.example/news/2024/x"),
        ("https://[::1", "https://site.example/news/2024/x"),
        ("data:text/html,", "https://site.example/news/2024/x"),
        ("", "https://site.example/news/2024/x"),
    ],
)
def test_a_base_counts_where_it_is_one(base: str, target: str) -> None:
    (link,) = reading(article('<p>See <a href="x">this</a></p>'), f'<base href="{base}">').links

    assert link.target == target


@pytest.mark.parametrize(
    ("markup", "source"),
    [
        ('<img src="/a.jpg">', "/a.jpg"),
        ('<img src="/spacer.gif" data-src="/a.jpg">', "/a.jpg"),
        ('<img src="data:image/gif;base64,R0lGOD" srcset="/s.jpg 300w, /l.jpg 900w">', "/l.jpg"),
        ('<picture><source srcset="/l.webp 2x, /s.webp"><img src="/a.jpg"></picture>', "/a.jpg"),
        ('<picture><source srcset="/s.webp, /l.webp 2x"><img alt=""></picture>', "/l.webp"),
        ('<img data-lazy-src="/a.jpg"><noscript><img src="/a.jpg"></noscript>', "/a.jpg"),
    ],
)
def test_a_picture_is_the_one_that_the_markup_promises(markup: str, source: str) -> None:
    assert [one.source for one in reading(article(f"<p>x {markup} y</p>")).pictures] == [
        f"https://site.example{source}"
    ]


def test_a_picture_that_the_page_holds_is_named_by_its_digest() -> None:
    octets = "data:image/png;base64," + "iVBORw0KGgo" * 100
    one, same, other = (reading(article(f'<p>x<img src="{data}"></p>')) for data in (octets, octets, octets + "AA"))

    assert one.pictures[0].source.startswith("data:image/png;sha256=")
    assert one.pictures == same.pictures != other.pictures


def test_headings_have_their_rank_and_other_blocks_none() -> None:
    one = reading(article("<h2>Who</h2><p>Nobody</p><h5><span>What</span></h5>"))

    assert {one.text_of(block): block.rank for block in one.blocks if block.kind == "heading"} == {
        "Letters are read": 1,
        "Who": 2,
        "What": 5,
    }
    assert {block.rank for block in one.blocks if block.kind != "heading"} == {None}


def test_the_canonical_form_holds_all_of_it() -> None:
    one = reading(
        '<div class="share"><a href="/s"><i></i></a></div>'
        + article('<h2>W</h2><p><a href="/x">y</a><img src="z.png"></p>')
    )
    record = json.loads(one.to_json())

    assert Reading.from_json(one.to_json()) == one
    assert one.links and one.pictures
    for name in ("links", "pictures", "blocks"):
        own = {**SCHEMA["properties"][name]}
        items = record[name]
        if name == "blocks":
            items = [{**item, "id": "b1"} for item in items]
        assert list(faults(items, own)) == []


def test_a_reading_of_earlier_rules_has_neither() -> None:
    record = json.loads(reading(article('<p><a href="/x">y</a></p>')).to_json())
    del record["links"], record["pictures"]

    older = Reading.from_json(json.dumps(record).encode())

    assert (older.links, older.pictures) == ((), ())


def test_links_beyond_counting_are_read_as_far_as_the_limit_goes() -> None:
    many = "".join(f'<a href="/{n}">{n}</a> ' for n in range(40_000))
    one = reading(f"{article('')}<p>{many}</p>")

    assert len(one.links) == 20_000
    assert said(one)[19_999] == ("19999", "https://site.example/19999")


def test_long_addresses_are_cut_and_told_apart() -> None:
    long = "/" + "x" * 100_000
    one, other = (reading(article(f'<p><a href="{href}">y</a></p>')).links[0] for href in (long, long + "y"))

    assert len(one.target) < TARGET_LIMIT
    assert one.target != other.target


def test_sizes_by_the_thousand_choose_one_picture() -> None:
    bomb = ", ".join(f"/{n}.jpg {n}w" for n in range(200_000))

    assert len(reading(article(f'<p>x<img srcset="{bomb}"><img srcset="{"," * 100_000}"></p>')).pictures) == 1


@pytest.mark.parametrize(
    ("target", "is_one"),
    [
        ("https://x.example/verdict.PDF", True),
        ("https://x.example/a.docx?download=1", True),
        ("https://x.example/a.zip#page=2", True),
        ("https://x.example/pdf/", False),
        ("https://x.example/a.pdf.html", False),
    ],
)
def test_documents_are_known_by_the_end_of_their_path(target: str, is_one: bool) -> None:
    assert is_document(target) is is_one


def test_entries_of_a_feed_and_of_an_answer_in_json_have_their_addresses() -> None:
    feed = (
        '<?xml version="1.0"?><rss version="2.0"><channel><title>News</title><item><title>Letters</title>'
        "<link>https://site.example/1</link><description>&lt;p&gt;See &lt;a href='/2'&gt;this&lt;/a&gt;&lt;/p&gt;"
        "</description></item></channel></rss>"
    )
    listed = json.dumps([{"name": "Ivan Made-Up", "url": "https://site.example/people/1", "note": "Five years"}])
    pages = [
        StoredPage(URL, datetime(2026, 1, 1, tzinfo=UTC), "urn:uuid:1", None, kind, octets.encode())
        for kind, octets in (("application/rss+xml", feed), ("application/json", listed))
    ]

    assert said(read_page(pages[0])) == [
        ("https://site.example/1", "https://site.example/1"),
        ("this", "https://site.example/2"),
    ]
    assert said(read_page(pages[1])) == [("Ivan Made-Up", "https://site.example/people/1")]


def test_links_of_posts_are_kept() -> None:
    markup = (
        '<div class="tgme_widget_message" data-post="made_up/1"><div class="tgme_widget_message_text">'
        'Read <a href="https://site.example/1">this</a></div></div>'
    )

    assert said(read_page(stored(markup))) == [("this", "https://site.example/1")]
