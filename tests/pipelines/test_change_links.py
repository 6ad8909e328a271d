"""Links, pictures and headings that changed are told; addresses that lead to the same place are the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pipelines.change import compare
from pipelines.change_links import link_edits
from pipelines.edits import Change, Edit
from pipelines.page import read_page
from pipelines.reading import Link, Picture, Reading, StoredPage
from pipelines.targets_alike import link_key, picture_key

URL = "https://site.example/news/2024/letters"
PARAGRAPHS = (
    "The committee of the made-up town reads letters aloud every Tuesday, in the hall behind the library.",
    "Eleven people came in March, and in April there were chairs for thirty, which the fire brigade had lent.",
    "Whoever writes is answered: by hand, in ink, on paper that the printer gives away at the end of a roll.",
    "In May the town council wanted to know who pays for the stamps, and was told that everybody does.",
)


def reading(body: str, url: str = URL) -> Reading:
    moment = datetime(2026, 11, 22, tzinfo=UTC)
    return read_page(StoredPage(url, moment, "urn:uuid:1", None, "text/html; charset=utf-8", body.encode()))


def page(inside: str = "", *, before: str = "", after: str = "", heading: str = "h2") -> str:
    first, second, third, fourth = (f"<p>{one}</p>" for one in PARAGRAPHS)
    middle = f"<{heading}>What is written</{heading}>"
    return (
        f"<html><head><title>Letters are read</title></head><body>{before}<article><h1>Letters are read</h1>"
        f"{first}{second}{inside}{middle}{third}{fourth}</article>{after}</body></html>"
    )


def change(before: str, after: str, url: str = URL, later: str = URL) -> Change:
    return compare(reading(before, url), reading(after, later))


def linked(href: str, words: str = "the list of writers") -> str:
    return page(f'<p>Whoever wrote in the last year stands in <a href="{href}">{words}</a>, by name of street.</p>')


def only(found: Change) -> Edit:
    (edit,) = found.reported
    return edit


def test_a_link_that_leads_elsewhere_is_told() -> None:
    found = change(linked("/list/2023"), linked("/list/2024"))
    edit = only(found)

    assert found.kind == "link"
    assert (edit.op, edit.level, edit.field, edit.subject) == ("edit", "main", "link", "the list of writers")
    assert (edit.before, edit.after) == ("https://site.example/list/2023", "https://site.example/list/2024")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("/list#march", "/list#april"),
        ("/list.pdf", "/list-2.pdf"),
        ("/list.pdf?v=1700000000", "/list.pdf?v=1800000000"),
        ("mailto:a@site.example", "mailto:b@site.example"),
        ("https://video.example/watch?v=Abc123", "https://video.example/watch?v=Xyz987"),
        ("/show?id=7", "/show?id=8"),
        ("/?s=letters", "/?s=stamps"),
        ("/list", "https://other.example/list"),
        ("https://court.example/case?number=14555511", "https://court.example/case?number=14555512"),
        ("/cdn-cgi/l/email-protection#10714062", "/cdn-cgi/l/email-protection#10714063"),
    ],
)
def test_other_places_are_told(before: str, after: str) -> None:
    found = change(linked(before), linked(after))

    assert found.kind == "link"
    assert only(found).field == "link"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("/list", "https://site.example/list"),
        ("/list", "http://www.site.example/list/"),
        ("/list", "../../list/index.html"),
        ("/list?a=1&b=2", "/list?b=2&a=1"),
        ("/list", "/list?utm_source=mail&fbclid=Iw123&yclid=9&_ga=1.2"),
        ("/act?do=x&csrf_token=abc", "/act?do=x&csrf_token=def"),
        ("/act?_wpnonce=12ab", "/act?_wpnonce=34cd"),
        ("/list;jsessionid=AB12", "/list;jsessionid=CD34"),
        ("/list?PHPSESSID=1", "/list?PHPSESSID=2"),
        ("/list?t=1700000000", "/list?t=1800000000"),
        ("/app?ver=6.4.1", "/app?ver=6.4.2"),
        ("https://web.archive.org/web/20240101000000/https://site.example/list", "/list"),
        ("/cdn-cgi/l/email-protection#107150333e75", "/cdn-cgi/l/email-protection#224362010c47"),
        ("/%D1%81%D0%BF%D0%B8%D1%81%D0%BE%D0%BA", "/список"),
        ("//site.example:443/list#", "/list"),
    ],
)
def test_the_same_place_is_not_told(before: str, after: str) -> None:
    assert change(linked(before), linked(after)).kind in {"same", "noise"}


def test_a_token_that_nobody_named_is_set_aside() -> None:
    found = change(linked("/act?do=leave&q7=8f14e45fceea167a5a36"), linked("/act?do=leave&q7=c9f0f895fb98ab9159f5"))

    assert found.kind == "noise"
    assert [edit.set_aside for edit in found.edits] == ["token in the address"]


@pytest.mark.parametrize("words", ["the list of wri\u00adters", "the\u00a0list of writers", "the list\n of writers"])
def test_words_of_a_link_that_are_set_otherwise_change_no_link(words: str) -> None:
    before = page(f"<p>They keep {linked('/writers')} and read it aloud in the evenings.</p>")
    after = page(f"<p>They keep {linked('/writers', words)} and read it aloud in the evenings.</p>")
    elsewhere = page(f"<p>They keep {linked('/readers', words)} and read it aloud in the evenings.</p>")
    in_other_words = page(f"<p>They keep {linked('/writers', words)} and read it in the mornings.</p>")

    assert change(before, after).reported == ()
    assert only(change(before, elsewhere)).field == "link"
    assert only(change(before, in_other_words)).field is None


def test_a_link_that_came_to_words_that_stayed_is_told_and_one_that_went() -> None:
    bare = linked("/list").replace('<a href="/list">', "").replace("</a>", "")

    assert (only(change(bare, linked("/list"))).op, only(change(linked("/list"), bare)).op) == ("add", "remove")


def test_a_link_in_a_paragraph_that_changed_is_told_beside_its_words() -> None:
    after = linked("/list/2024").replace("the last year", "the last two years")
    found = change(linked("/list/2023"), after)

    assert [edit.field for edit in found.reported] == [None, "link"]
    assert found.kind == "edited"


def test_new_words_of_a_link_tell_of_it_themselves() -> None:
    found = change(linked("/list/2023", "the list of 2023"), linked("/list/2024", "the list of 2024"))

    assert [edit.field for edit in found.reported] == [None]


def test_a_link_that_takes_in_another_sign_is_one_edit() -> None:
    before, after = (
        page(f"<p>Ask the committee, by post, or write to {link}</p>")
        for link in ('<a href="mailto:p@s.example.">p@s.example.</a>', '<a href="mailto:p@s.example">p@s.example</a>.')
    )

    assert only(change(before, after)).op == "edit"


def test_a_menu_and_buttons_that_share_are_furniture() -> None:
    def furnished(year: str) -> str:
        menu = f'<nav><a href="/{year}">News</a> <a href="/{year}/all">Archive</a></nav>'
        share = f'<div class="share"><a href="https://t.me/share/url?url=/{year}">Telegram</a></div>'
        return page(f'<p><a href="https://vk.com/share.php?url={year}">Tell others</a></p>', before=menu, after=share)

    found = change(furnished("2023"), furnished("2024"))

    assert found.kind == "noise"
    assert {edit.set_aside for edit in found.edits} == {"link of furniture", "link that shares the page"}


def test_a_document_in_the_furniture_is_told() -> None:
    before, after = (page(after=f'<nav><a href="/{name}.pdf">Statute</a></nav>') for name in ("old", "new"))

    assert only(change(before, after)).level == "side"


def test_addresses_rewritten_all_in_one_way_are_one_edit_set_aside() -> None:
    def listed(start: str) -> str:
        return page("".join(f'<p>Letter {n} stands <a href="{start}/letter/{n}">here</a></p>' for n in range(9)))

    found = change(listed("https://letters.example/old"), listed("https://archive.example/texts"))

    assert found.kind == "noise"
    assert [(edit.before, edit.after) for edit in found.edits] == [("letters.example/old/", "archive.example/texts/")]


def test_names_of_pages_that_end_otherwise_are_one_edit_set_aside_and_a_document_is_told() -> None:
    def listed(ending: str, document: str) -> str:
        links = "".join(f'<p>Letter {n} stands <a href="/letter/{n}{ending}">here</a></p>' for n in range(9))
        return page(links + f'<p>The verdict stands <a href="/{document}">there</a></p>')

    found = change(listed(".htm", "verdict.pdf"), listed("", "verdict.pdf"))
    replaced = change(listed(".htm", "verdict.pdf"), listed("", "verdict"))

    assert found.kind == "noise"
    assert [(edit.before, edit.after) for edit in found.edits] == [("*.htm", "*")]
    assert only(replaced).before == "https://site.example/verdict.pdf"


def test_one_link_that_does_not_follow_the_rule_is_told() -> None:
    def listed(start: str, other: str) -> str:
        links = "".join(f'<p>Letter {n} stands <a href="{start}/letter/{n}">here</a></p>' for n in range(9))
        return page(links + f'<p>The rules stand <a href="{other}">there</a></p>')

    found = change(
        listed("https://letters.example", "https://letters.example/rules"),
        listed("https://archive.example", "https://thief.example/rule"),
    )

    assert only(found).after == "https://thief.example/rule"


def test_a_mirror_changes_no_link() -> None:
    mirror = "https://mirror.example/news/2024/letters"
    absolute = linked("https://site.example/list") + '<p><a href="#notes">Notes</a></p>'
    moved = linked("https://mirror.example/list") + '<p><a href="#notes">Notes</a></p>'

    assert change(absolute, moved, URL, mirror).kind == "same"
    assert change(linked("/list"), linked("/list"), URL, mirror).kind == "same"


def test_an_entry_more_before_links_that_say_the_same_changes_none_of_them() -> None:
    def listed(*numbers: int) -> str:
        entries = (f"<p>Letter number {n} came by post in May</p><p><a href='/{n}'>Read it</a></p>" for n in numbers)
        return page("".join(entries))

    found = change(listed(1, 2, 3, 4), listed(1, 5, 2, 4))

    assert all(edit.field != "link" for edit in found.reported)


def test_the_rank_of_a_heading_is_structure() -> None:
    found = change(page(heading="h3"), page(heading="h2"))
    edit = only(found)

    assert found.kind == "structure"
    assert (edit.field, edit.before, edit.after) == (
        "heading",
        "heading 3: What is written",
        "heading 2: What is written",
    )


def test_a_heading_that_is_a_paragraph_now_is_structure() -> None:
    assert change(page(), page(heading="p")).kind == "structure"


def test_kinds_after_a_redesign_are_set_aside() -> None:
    after = page(heading="h4").replace("<p>", "<section><div><p>").replace("</p>", "</p></div></section>")
    found = change(page(), after)

    assert found.kind == "noise"
    assert "redesign" in {edit.set_aside for edit in found.edits}


@pytest.mark.parametrize("op", ["add", "remove", "edit"])
def test_a_picture_of_the_article_that_is_another_is_told(op: str) -> None:
    one, other = (page(f'<figure><img src="/{name}.jpg" alt="Letters"></figure>') for name in ("march", "april"))
    before, after = {"add": (page(), one), "remove": (one, page()), "edit": (one, other)}[op]
    found = change(before, after)
    edit = only(found)

    assert found.kind == "link"
    assert (edit.op, edit.field, edit.level, edit.subject) == (op, "picture", "main", "Letters")


@pytest.mark.parametrize(
    "source",
    [
        "/i/march-300x200.jpg",
        "/i/march.jpg?w=800&h=600&q=80",
        "http://www.site.example/i/march-scaled.jpg",
        "https://i0.wp.com/site.example/i/march.jpg?ssl=1",
        "/cdn-cgi/image/width=300,quality=75/i/march.jpg",
        "/_next/image?url=%2Fi%2Fmarch.jpg&w=640&q=75",
        "/i/march@2x.jpg?v=3",
        "/i/march.jpg.webp",
        "/assets/march.jpg",
    ],
)
def test_a_picture_in_another_size_is_the_same(source: str) -> None:
    before, after = (page(f'<figure><img src="{one}" alt="Letters"></figure>') for one in ("/i/march.jpg", source))

    assert change(before, after).kind in {"same", "noise"}


def test_pictures_of_furniture_and_those_that_count_are_set_aside() -> None:
    def furnished(name: str) -> str:
        banner = f'<aside class="advert"><a href="https://x.example"><img src="/{name}.png"></a></aside>'
        return page(f'<p>x<img src="https://mc.yandex.ru/watch/{len(name)}"></p>', after=banner)

    found = change(furnished("one"), furnished("three"))

    assert found.kind == "noise"
    assert {edit.set_aside for edit in found.edits} == {"picture of furniture", "picture that counts visits"}


def test_an_advertisement_that_counts_clicks_is_one() -> None:
    before, after = (
        page(f'<p><a href="https://ads.example/click?z={z}"><img src="/b.png"></a> A word.</p>') for z in (1234, 5678)
    )

    assert change(before, after).kind == "noise"


def test_twenty_thousand_links_of_one_block_are_compared() -> None:
    text = "here " * 20_000
    base = reading(f"<pre>{text}</pre>")
    block = next(n for n, one in enumerate(base.blocks) if one.kind == "preformatted")

    def many(step: int) -> Reading:
        return replace(
            base,
            links=tuple(Link(block, 5 * n, 5 * n + 4, f"https://x.example/{n * step}", "main") for n in range(20_000)),
            pictures=tuple(Picture(f"https://x.example/{n * step}.png", "", "/p[1]", "main", 0) for n in range(2_000)),
        )

    edits = link_edits(many(2), many(3))

    assert 10_000 < len(edits) <= 22_000
    assert {edit.field for edit in edits} == {"link", "picture"}


@pytest.mark.parametrize("key", [link_key, picture_key])
@pytest.mark.parametrize(
    "address",
    [
        "",
        "?",
        "https://[::1",
        "http://",
        "//",
        "https://x.example:port/",
        "mailto:",
        "https://x.example/%ff%fe",
        "/cdn-cgi/l/email-protection#zz",
        "https://x.example/cdn-cgi/l/email-protection",
        "https://x.example/?=&=&&a",
        "https://web.archive.org/web/1/https://web.archive.org/web/2/",
        "data:image/png;sha256=00",
        "/_next/image?url=",
        "https://" + "a." * 50_000,
        "x" * 100_000,
        "https://x.example/" + "/resize" * 20_000,
        "https://x.example/upload" + "/w_1" * 20_000,
        "https://x.example/a" + "-1x1" * 20_000,
    ],
)
def test_any_address_has_a_key(key: Callable[[str], str], address: str) -> None:
    assert key(address) == key(address)
    assert isinstance(key(address), str)
