"""Whatever bytes a page consists of: a reading or a ReadingError, within the time a page may take."""

from __future__ import annotations

import contextlib
import random
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from page_styles import ARTICLE, STYLES, reading_of, stored

from archive.errors import ReadingError
from bench import fuzz_reading
from pipelines import documents
from pipelines.reading import Reading
from pipelines.rules import ReadingRules


@pytest.mark.parametrize(
    ("octets", "found"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 50, "a picture (PNG)"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF" + random.Random(1).randbytes(5000), "a picture (JPEG)"),
        (b"PK\x03\x04" + random.Random(2).randbytes(5000), "a ZIP archive that is broken"),
        (b"\x1f\x8b\x08" + random.Random(3).randbytes(5000), "a gzip file that is broken"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(5000), "an office document of before 2007"),
        (b"\x00" * 5000, "bytes that are none"),
        (random.Random(4).randbytes(5000), "bytes that are none"),
    ],
)
def test_binary_is_refused_with_the_reason(octets: bytes, found: str) -> None:
    with pytest.raises(ReadingError, match="expected text, found " + re.escape(found)):
        reading_of(octets)


@pytest.mark.parametrize(
    "octets", [b"", b" \n\t", b"<html></html>", b"<!-- only a comment -->", b"<", b"<>", b"&#0;", b"\xef\xbb\xbf"]
)
def test_a_page_without_text_is_an_empty_reading(octets: bytes) -> None:
    reading = reading_of(octets)

    assert reading.text.strip("<>�") == ""
    assert reading.language == "und"


@pytest.mark.parametrize("depth", [300, 10_000, 300_000])
def test_text_at_any_depth_is_read(depth: int) -> None:
    reading = reading_of("<div>" * depth + "deep words" + "</div>" * depth + "<p>words after</p>")

    assert [text for text in reading.texts("main") if text] == ["deep words", "words after"]


@pytest.mark.parametrize("tag", ["b", "table", "ul><li", "span class=x", "blockquote", "a href=/", "font"])
def test_other_tags_at_great_depth_lose_no_text(tag: str) -> None:
    reading = reading_of(f"<p>before</p><{tag}>" + f"<{tag}>" * 5_000 + "deep words" + "<p>after</p>")

    assert "deep words" in " ".join(reading.texts("main") + reading.texts("side"))


def test_a_page_of_twenty_megabytes_is_read() -> None:
    sentence = "Суд приговорил учителя географии к пяти годам колонии, и никто не объяснил, в чём он виновен. "
    paragraph = "<p>" + sentence * 4 + "</p>\n"
    octets = (f"<html><body><h1>{ARTICLE[2]}</h1>" + paragraph * (20_000_000 // len(paragraph.encode()))).encode()

    reading = reading_of(octets)

    assert len(reading.blocks) > 25_000
    assert reading.language == "ru"
    assert "too large" in reading.provenance["labelled"]


def test_a_quarter_of_a_million_paragraphs_are_read_and_none_is_lost() -> None:
    reading = reading_of("".join(f"<p>{n}" for n in range(250_000)))

    lines = [line for block in reading.blocks for line in reading.text_of(block).split("\n")]
    assert lines == [str(n) for n in range(250_000)]


def test_an_element_with_a_hundred_thousand_attributes_is_read() -> None:
    attributes = " ".join(f"a{n}=1" for n in range(100_000))

    assert reading_of(f"<p {attributes}>words</p><p class=x>after</p>").texts("main") == ["words", "after"]


def test_one_line_of_megabytes_is_read() -> None:

    reading = reading_of("<p>" + "слово " * 500_000)

    assert len(reading.blocks) == 1


def test_nul_bytes_and_control_characters_are_left_out() -> None:
    reading = reading_of(b"<p>five\x00 years\x01 in\x0b a\x7f colony</p>" + b"<p>and other words beside them</p>" * 20)

    assert reading.texts("main")[0] == "five years in a colony"


@pytest.mark.parametrize(
    "markup",
    [
        "<p>unclosed <b>bold <i>both</p><p>next</b></i>",
        "<table><p>text in the wrong place<tr><td>cell</table>",
        "<p>one</p></body></html><p>after the end</p>",
        '<?xml version="1.0" encoding="koi8-r"?><html><p>xml</p></html>',
        "<svg><text>drawn</text></svg><p>text</p>",
        "<frameset><frame src=a><noframes><p>no frames</p></noframes></frameset>",
        "<p style='display:none'>x</p>" * 50,
        "<title>only a title</title>",
        "<script type='application/ld+json'>{\"@type\": [[[</script><p>text</p>",
        "<script type='application/ld+json'>" + "[" * 5000 + "</script><p>text</p>",
        '<script type="application/ld+json">{"@type":"Article","headline":7,"author":[null,3,{"name":{}}]}</script>x',
        '<script type="application/ld+json">{"@type":"Article","datePublished":[],"@graph":[[]]}</script>x',
        "<meta property='article:published_time' content='9999-99-99T99:99'><p>text</p>",
        "<time datetime='P3D'>three days</time><p>text</p>",
        "<p>" + chr(0x20000) + chr(0x2A6CF) + " letters that stand for blocks in our own marking</p>" * 10,
    ],
)
def test_odd_markup_is_read(markup: str) -> None:
    reading = reading_of(markup)

    assert Reading.from_json(reading.to_json()) == reading


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_a_page_damaged_anywhere_is_a_reading_or_a_reading_error(data: st.DataObject) -> None:
    octets = bytearray(STYLES[data.draw(st.sampled_from(sorted(STYLES)))]().encode())
    for _ in range(data.draw(st.integers(1, 12))):
        place = data.draw(st.integers(0, len(octets) - 1))
        octets[place : place + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=12))
    try:
        reading = reading_of(bytes(octets), data.draw(st.sampled_from(["text/html", "text/html; charset=utf-8", None])))
    except ReadingError:
        return

    assert Reading.from_json(reading.to_json()) == reading
    assert all(0 <= block.start <= block.end <= len(reading.text) for block in reading.blocks)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400), st.sampled_from(["text/html", "text/plain", "application/xhtml+xml", None, "", ";;;"]))
def test_any_bytes_are_a_reading_or_a_reading_error(octets: bytes, content_type: str | None) -> None:
    try:
        reading = reading_of(octets, content_type)
    except ReadingError:
        return

    assert Reading.from_json(reading.to_json()) == reading


def test_mutilated_documents_and_bombs_end_as_sound_readings_or_as_unreadable() -> None:
    outcome = fuzz_reading.Outcome()

    fuzz_reading.run(11, range(260), outcome, largest=50_000)

    assert outcome.faults == outcome.limits == outcome.deaths == []
    assert sum(outcome.seen.values()) == 260
    assert outcome.seen["readings"] > 100
    assert outcome.seen["unreadable"] > 20


@pytest.mark.parametrize("number", range(8))
def test_an_example_is_the_same_each_time(number: int) -> None:
    assert fuzz_reading.example(5, number) == fuzz_reading.example(5, number)


@pytest.mark.parametrize("content_type", ["text/html", "text/plain", "application/json", "application/xml"])
def test_no_sign_makes_telling_what_a_document_is_slow(content_type: str) -> None:
    slowest = 0.0
    for sign in fuzz_reading.SLOW:
        octets = (sign * (200_000 // len(sign))).encode()
        began = time.process_time()
        for whole in (octets, b"[" + octets, b"<!--" + octets):
            with contextlib.suppress(ReadingError):
                documents.read(stored(whole, content_type), ReadingRules())
        slowest = max(slowest, time.process_time() - began)

    assert slowest < 3
