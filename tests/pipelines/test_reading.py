"""A reading is the same bytes for the same page, states no date that the page does not, and round-trips."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from page_styles import ARTICLE, CAPTURED_AT, STYLES, TITLE, reading_of, stored

from archive.errors import ReadingError
from pipelines.page import read_page
from pipelines.reading import Reading
from pipelines.rules import ReadingRules

PAGE = "<html><head>{head}</head><body><article><h1>{title}</h1>{top}{text}</article>{after}</body></html>"


def page(head: str = "", top: str = "", after: str = "") -> str:
    text = "".join(f"<p>{line}</p>" for line in ARTICLE[3:10])
    return PAGE.format(head=head, title=TITLE, top=top, text=text, after=after)


def json_ld(value: str, name: str = "datePublished") -> str:
    return f'<script type="application/ld+json">{{"@type":"NewsArticle","{name}":"{value}"}}</script>'


@pytest.mark.parametrize("style", sorted(STYLES))
def test_the_canonical_form_gives_the_reading_back(style: str) -> None:
    reading = reading_of(STYLES[style]())

    assert Reading.from_json(reading.to_json()) == reading
    assert Reading.from_json(reading.to_json()).to_json() == reading.to_json()


@pytest.mark.parametrize("octets", [b"", b"{}", b"[]", b"null", b'{"url":1}', b"\xff", b"{"])
def test_what_is_no_reading_is_refused(octets: bytes) -> None:
    with pytest.raises(ReadingError):
        Reading.from_json(octets)


def test_the_same_bytes_give_the_same_reading_in_any_process() -> None:
    program = (
        "import sys, hashlib; sys.path[:0] = ['.', 'tests']\n"
        "from page_styles import STYLES, reading_of\n"
        "print(hashlib.sha256(b''.join(reading_of(STYLES[s]()).to_json() for s in sorted(STYLES))).hexdigest())"
    )

    def answer(seed: str, zone: str) -> str:
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": "C"}
        run = subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            check=True,
            env=environment,
            cwd=Path(__file__).parents[2],
        )
        return run.stdout.strip()

    here = hashlib.sha256(b"".join(reading_of(STYLES[s]()).to_json() for s in sorted(STYLES))).hexdigest()

    assert {answer("0", "UTC"), answer("1", "Asia/Tokyo"), answer("4294967295", "America/Lima")} == {here}


@pytest.mark.parametrize(
    ("head", "published"),
    [
        (json_ld("2026-04-04T17:57:42+0300"), "2026-04-04T17:57:42+03:00"),
        (json_ld("2026-04-04T17:57:42Z"), "2026-04-04T17:57:42Z"),
        (json_ld("2026-04-04"), "2026-04-04"),
        ('<meta property="article:published_time" content="2026-04-04T10:00:00+00:00">', "2026-04-04T10:00:00Z"),
        ('<meta name="dcterms.issued" content="2026-04-04">', "2026-04-04"),
        ('<meta itemprop="datePublished" content="2026-04-04T10:00">', "2026-04-04T10:00:00"),
        ('<meta property="article:published_time" content="Sat, 04 Apr 2026 10:00:00 GMT">', "2026-04-04T10:00:00Z"),
    ],
)
def test_a_date_that_the_page_states_is_taken(head: str, published: str) -> None:
    assert reading_of(page(head)).published == published


def test_a_time_element_of_the_article_states_its_date() -> None:
    assert reading_of(page(top='<time datetime="2026-04-04">4 April</time>')).published == "2026-04-04"
    assert (
        reading_of(page(top='<time class="entry-date" datetime="2026-04-04">4 April</time>')).published == "2026-04-04"
    )


def test_a_date_beside_the_title_is_the_pages() -> None:
    reading = reading_of(page(top="<p>04.04.2026</p>"))

    assert reading.published == "2026-04-04"
    assert reading.provenance["stated"]["published"] == "text"


@pytest.mark.parametrize(
    "markup",
    [
        page(),
        page(after="<footer>© 2019–2026</footer>"),
        page(head='<link rel="canonical" href="https://rowan.example/2026/04/04/case">'),
        page(head='<meta property="og:image" content="/uploads/2026/04/a.jpg">'),
        page(after='<aside><time datetime="2026-01-02">2 January</time> another page</aside>'),
        page(after='<time datetime="2026-01-02">one</time><time datetime="2026-01-03">other</time>'),
        page(head=json_ld("yesterday")),
        page(head=json_ld("2026-13-45")),
        page(head=json_ld("1901-01-01")),
        page(head=json_ld("2026-04-04", "uploadDate")),
    ],
)
def test_no_date_is_guessed(markup: str) -> None:
    assert reading_of(markup).published is None


def test_a_date_after_the_capture_is_no_date_of_publication_whatever_the_day_is_today() -> None:
    markup = page(json_ld("2026-05-06"))
    later = replace(stored(markup), captured_at=datetime(2026, 5, 6, tzinfo=UTC))

    assert datetime(2026, 5, 5, tzinfo=UTC) > CAPTURED_AT
    assert reading_of(markup).published is None
    assert read_page(later).published == "2026-05-06"


@pytest.mark.parametrize(
    "text", ["4 April 2026", "04.04.2026", "April 4, 2026", "4 апреля 2026", "4 квітня 2026", "4 красавіка 2026"]
)
def test_a_sites_rules_say_where_a_date_stands_in_words(text: str) -> None:
    markup = page(top=f"<p class=when>{text}</p>")

    assert reading_of(markup, rules=ReadingRules(published="p.when")).published == "2026-04-04"


def test_a_teasers_json_ld_does_not_count_for_the_page() -> None:
    both = json_ld("2026-04-04") + json_ld("2026-01-01")

    assert reading_of(page(both)).published == "2026-04-04"


def test_authors_and_change_are_what_the_page_states() -> None:
    head = '<meta name="author" content="Lev Sorokin">' + json_ld("2026-04-05", "dateModified")
    reading = reading_of(page(head))

    assert reading.authors == ("Lev Sorokin",)
    assert reading.modified == "2026-04-05"


def test_the_rules_and_versions_stand_in_every_reading() -> None:
    reading = reading_of(page())
    own = reading_of(page(), rules=ReadingRules(ignore=(".x",)))

    assert reading.rules == ReadingRules().version
    assert own.rules != reading.rules
    assert set(reading.provenance["tools"]) >= {"trafilatura", "lxml", "libxml2", "langdetect"}
    assert reading.charset["source"] == "header"


def test_plain_text_is_read_by_its_paragraphs() -> None:
    reading = reading_of("One paragraph\nof two lines.\n\n<b>Another</b> one.", "text/plain; charset=utf-8")

    assert reading.texts("main") == ["One paragraph\nof two lines.", "<b>Another</b> one."]


def test_a_page_in_windows_1251_has_the_text_of_the_same_page_in_utf_8() -> None:
    lines = "".join(
        f"<p>Учитель географии не признаёт вины, сказал адвокат на заседании номер {n}.</p>" for n in range(9)
    )
    octets = f'<meta charset="windows-1251"><h1>Дело</h1>{lines}'

    assert reading_of(octets.encode("cp1251"), "text/html").text == reading_of(octets.encode("utf-8"), "text/html").text


@pytest.mark.parametrize(
    ("markup", "kind"),
    [
        ("<h2>{}</h2>", "heading"),
        ("<p>{}</p>", "paragraph"),
        ("<ul><li>{}</li></ul>", "item"),
        ("<table><tr><td>{}</td><td>other</td></tr></table>", "cell"),
        ("<blockquote><p>{}</p></blockquote>", "quote"),
        ("<figure><figcaption>{}</figcaption></figure>", "caption"),
        ("<address>{}</address>", "address"),
        ("<pre>{}</pre>", "preformatted"),
    ],
)
def test_a_blocks_kind_is_what_its_markup_says(markup: str, kind: str) -> None:
    reading = reading_of(page(top=markup.format("Words of this block")))

    assert [block.kind for block in reading.blocks if reading.text_of(block) == "Words of this block"] == [kind]


def test_two_line_breaks_end_a_paragraph_and_one_does_not() -> None:
    reading = reading_of("<p>one<br>two<br><br>three<br> <br>four</p>")

    assert reading.texts("main") == ["one\ntwo", "three", "four"]


def test_scripts_and_styles_are_no_text() -> None:
    reading = reading_of(page(top="<script>var x</script><style>p{}</style>"))

    shown = " ".join(reading.texts("main") + reading.texts("side"))
    assert [word for word in ("var x", "p{}") if word in shown] == []


def test_what_a_form_shows_is_no_main_text_and_not_lost() -> None:
    reading = reading_of(page(top="<select><option>choice<option>other</select><textarea>typed</textarea>"))

    assert {(block.text, block.furniture) for block in reading.blocks if block.furniture == "form"} == {
        ("choice\nother", "form"),
        ("typed", "form"),
    }


XHTML = "application/xhtml+xml; charset=utf-8"
NAMESPACE = 'xmlns="http://www.w3.org/1999/xhtml"'


def test_in_xhtml_an_empty_script_does_not_swallow_the_page() -> None:
    head = f'<?xml version="1.0"?><html {NAMESPACE}><head><script src="a.js"/></head>'
    markup = head + "<body><p>Words &lt; words.</p></body></html>"

    assert reading_of(markup, XHTML).texts("main") == ["Words < words."]


def test_xhtml_that_is_not_well_formed_is_read_as_html() -> None:
    assert reading_of(f"<html {NAMESPACE}><body><p>Five&nbsp;years<br>of words</body>", XHTML).texts("main") == [
        "Five\u00a0years\nof words"
    ]


def test_no_entity_of_an_xhtml_page_is_expanded() -> None:
    bomb = '<!DOCTYPE html [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]>'

    reading = reading_of(f"{bomb}<html {NAMESPACE}><body><p>words &b; &c; after</p></body></html>", XHTML)

    assert "lol" not in reading.text
    assert "root" not in reading.text
    assert "after" in reading.text
