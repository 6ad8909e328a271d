# ruff: noqa: E501 - documents stand as they are sent
"""A document is read by what its bytes are, whatever the server calls it; which reader it was stands in the reading."""

from __future__ import annotations

import gzip
import io
import json
import zipfile

import pytest
from page_styles import STYLES, reading_of
from pdf_samples import column, pdf

from archive.errors import ReadingError
from pipelines.reading import Reading

RSS = (
    '<?xml version="1.0"?><rss version="2.0"><channel><title>Rowan chronicle</title>'
    "<item><title>A lesson</title><description>Five years of colony.</description></item></channel></rss>"
)
SITEMAP = (
    '<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
    "<url><loc>https://rowan.example/1</loc></url></urlset>"
)
XHTML = (
    '<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "x.dtd">'
    '<html xmlns="http://www.w3.org/1999/xhtml"><head><script src="a.js"/><title>T</title></head>'
    "<body><p>Five years of colony.</p></body></html>"
)
ANY_TYPE = ["text/html; charset=utf-8", "application/octet-stream", "text/plain", "application/xml", "", None]


def how(octets: bytes, content_type: str | None) -> str:
    return str(reading_of(octets, content_type).provenance["labelled"])


def zipped(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, octets in parts.items():
            package.writestr(name, octets)
    return out.getvalue()


@pytest.mark.parametrize("content_type", ANY_TYPE)
@pytest.mark.parametrize(
    ("octets", "reader"),
    [
        (pdf(column("Five years of colony.")), "pdf"),
        (RSS.encode(), "feed: rss"),
        (("\ufeff  <!-- made by hand -->\n" + RSS.replace('<?xml version="1.0"?>', "")).encode(), "feed: rss"),
        (RSS.encode("utf-16"), "feed: rss"),
        (SITEMAP.encode(), "sitemap"),
        (gzip.compress(SITEMAP.encode(), mtime=0), "gzip: sitemap"),
        (b'{"title": "Five years", "body": "of colony"}', "JSON"),
        (b')]}\',\n[{"body": "Five years of colony"}]', "JSON"),
    ],
)
def test_the_bytes_tell_what_a_document_is(octets: bytes, reader: str, content_type: str | None) -> None:
    assert how(octets, content_type) == reader


@pytest.mark.parametrize("content_type", ["application/pdf", "application/rss+xml", "application/json"])
def test_an_error_page_under_another_name_is_read_as_the_page_that_it_is(content_type: str) -> None:
    reading = reading_of(
        "<!DOCTYPE html><html><body><h1>Not here</h1><p>Nothing was found.</p></body></html>", content_type
    )

    assert reading.texts("main") == ["Not here", "Nothing was found."]


@pytest.mark.parametrize("content_type", ["application/xhtml+xml", "application/xml", "text/html"])
def test_xhtml_is_html_whatever_it_is_called(content_type: str) -> None:
    assert "Five years of colony." in reading_of(XHTML, content_type).text or content_type == "text/html"


@pytest.mark.parametrize(
    "text", ["[1] A footnote in plain text.\n\nAnd more", "{curly} words", "(not) a call", "// a remark [x]", "[draft]"]
)
def test_plain_text_that_begins_like_json_stays_plain_text(text: str) -> None:
    assert how(text.encode(), "text/plain") == "plain text"


def test_a_page_that_was_packed_once_more_than_its_header_says_is_read() -> None:
    once, twice = (
        reading_of(STYLES["semantic"]()),
        reading_of(gzip.compress(STYLES["semantic"]().encode()), "text/html"),
    )

    assert twice.text == once.text
    assert twice.charset == {"name": "utf-8", "source": "meta", "refused": [], "replaced": 0}


def test_a_gzip_file_that_is_cut_off_is_read_as_far_as_it_goes_and_says_so() -> None:
    reading = reading_of(gzip.compress(("<p>Five years of colony.</p>" * 500).encode())[:-20], "text/html")

    assert "cut off" in reading.provenance["notes"]["gzip"]
    assert reading.texts("main")[0] == "Five years of colony."


@pytest.mark.parametrize(
    ("octets", "found"),
    [
        (b"GIF89a" + bytes(100), "a picture (GIF)"),
        (b"RIFF\x00\x00\x00\x00WEBP" + bytes(100), "a picture, sound or film"),
        (b"\x00\x00\x00\x20ftypisom" + bytes(100), "film or sound (MP4)"),
        (rb"{\rtf1\ansi words}", "a document in RTF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "an office document of before 2007"),
        (zipped(**{"a.txt": b"words"}), "a ZIP archive that is no .docx and no .odt"),
        (gzip.compress(gzip.compress(b"<p>x", mtime=0), mtime=0), "another gzip file"),
        (gzip.compress(b"nothing that is a page", mtime=0), "found neither"),
        (gzip.compress(b" " * (53 << 20), mtime=0), "found more"),
    ],
)
def test_what_has_no_reader_is_refused_by_its_name(octets: bytes, found: str) -> None:
    with pytest.raises(ReadingError, match=r"expected .* found") as refused:
        reading_of(octets, "text/html")

    assert found in str(refused.value)


@pytest.mark.parametrize("octets", [SITEMAP.encode(), b"https://rowan.example/1\nhttps://rowan.example/2\n"])
def test_a_sitemap_has_no_text_and_says_why(octets: bytes) -> None:
    reading = reading_of(octets, "text/plain")

    assert reading.text == ""
    assert reading.provenance["notes"] == {"sitemap": "it names addresses and has no text"}


def test_other_xml_is_read_by_its_elements() -> None:
    reading = reading_of("<case><who>Ash Rowan</who><p>Five <i>long</i> years.</p></case>", "application/xml")

    assert [(block.path, reading.text_of(block)) for block in reading.blocks] == [
        ("/case[1]/who[1]", "Ash Rowan"),
        ("/case[1]/p[1]", "Five long years."),
    ]


def test_a_word_processors_file_is_read_with_what_it_states() -> None:
    body = (
        '<w:document xmlns:w="w"><w:body><w:p><w:pPr><w:pStyle w:val="Heading1"/></w:pPr><w:r><w:t>A ruling</w:t></w:r></w:p>'
        "<w:p><w:r><w:t>Five </w:t></w:r><w:r><w:t>years</w:t><w:tab/><w:t>of colony</w:t></w:r></w:p>"
        "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>cell</w:t></w:r></w:p></w:tc></w:tr></w:tbl></w:body></w:document>"
    )
    core = '<c xmlns:d="d" xmlns:t="t"><d:title>T</d:title><d:creator>Ash Rowan</d:creator><t:created>2026-04-04T10:00:00Z</t:created></c>'
    reading = reading_of(zipped(**{"word/document.xml": body.encode(), "docProps/core.xml": core.encode()}), None)

    assert [(block.kind, reading.text_of(block)) for block in reading.blocks] == [
        ("heading", "A ruling"),
        ("paragraph", "Five years of colony"),
        ("cell", "cell"),
    ]
    assert (reading.title, reading.authors, reading.published, reading.modified) == ("T", ("Ash Rowan",), None, None)


def test_an_open_document_is_read_in_the_order_of_its_words() -> None:
    content = (
        '<o xmlns:t="t"><t:h>Head</t:h><t:p>one <t:span>two <t:b>three</t:b> four</t:span> five<t:line-break/>six</t:p>'
        "<t:list><t:list-item><t:p>item</t:p></t:list-item></t:list></o>"
    )
    reading = reading_of(zipped(**{"content.xml": content.encode()}), "application/zip")

    assert [(block.kind, reading.text_of(block)) for block in reading.blocks] == [
        ("heading", "Head"),
        ("paragraph", "one two three four five\nsix"),
        ("item", "item"),
    ]


def test_a_part_of_a_package_that_unpacks_without_end_is_refused() -> None:
    with pytest.raises(ReadingError, match=r"octets at most, found word/document.xml to be longer"):
        reading_of(zipped(**{"word/document.xml": b" " * (33 << 20)}), None)


@pytest.mark.parametrize(
    "octets",
    [
        pdf(column("Суд приговорил учителя", "к пяти годам колонии."), information={"Title": "Приговор"}),
        RSS.encode(),
        json.dumps({"items": [{"body": "Пять лет колонии"}]}).encode(),
        json.dumps({"a\ud800b": "half \ud800 a pair"}).encode(),
    ],
)
def test_the_canonical_form_gives_these_readings_back_too(octets: bytes) -> None:
    reading = reading_of(octets, None)

    assert reading.text
    assert Reading.from_json(reading.to_json()) == reading
