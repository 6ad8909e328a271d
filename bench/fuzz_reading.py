# ruff: noqa: E501 - documents stand as they are sent
"""Give the reading stage pages that nobody ever wrote, and see that it neither falls nor hangs.

    python -m bench.fuzz_reading --count 5000 --seed 1
    python -m bench.fuzz_reading --seed 1 --only 1234          one of them, again

Each example is a made-up page, PDF, feed or JSON document that is mutilated a few times over, or a bomb: nesting,
entities, huge attributes, streams that unpack a thousand times, a megabyte of what makes patterns slow. Each goes through
the stage's own worker processes, with its limits of time and memory. It must end as a reading that its JSON gives back,
or as unreadable with the reason, within the limit; a worker that ends over it is told, and what takes longest. Examples
depend on the seed and their number alone. Exit status 1: one held the stage up, or left a reading that is none.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import random
import sys
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

from archive.catalogue import ReadingRow
from archive.readings import Frame, put_together
from pipelines.jobs import Failed, Read, ReadJob, packed
from pipelines.reading import Reading, StoredPage
from pipelines.rules import ReadingRules
from pipelines.workers import TIME_LIMIT, Workers

sys.path.append(str(Path(__file__).parent.parent / "tests"))

CAPTURED_AT = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)
MEGABYTE = 1 << 20
GRACE = 30
"""Seconds that a loaded machine may take to end a worker, start the next one, and make an example."""
TYPES = (
    "text/html; charset=utf-8",
    "text/html",
    "text/plain",
    "application/octet-stream",
    None,
    ";;",
    "text/html;charset=x",
)
CHARSETS = ("utf-8", "cp1251", "koi8-r", "utf-16", "utf-16-be", "cp866", "latin-1")
SLOW = (
    *("(", ")", "((", "[", "{", "«", '"', "'", ",", ", ", ".", "..", ". ", " ", "\t", "\n", "\n \n", " \n", "-", "–", "—", "_"),
    *("1", "1 ", "1.", "1,", "1-", "12.", "1/", "1:", "00:", "2024 ", "1 января ", "п. ", "п. «а», ", "ч. 2 ", "ст. 207.3 ч. 2 "),
    *("a", "a ", "A", "A. ", "Aa ", "Aa-", "Иван Иванович ", "А. Б. ", "I", "І", "ӏ", "к1", "aб", "ა", "ա", "é", "e\u0301", "\u0301"),
    *("http://", "www.", "@", "a@", "a.a", "&", "&#", "&a", "<", "<a", "</", "<!--", "-->", "<![CDATA[", "]]>", "<?", "\\", "\\u", "/"),
    *("sentenced to ", "years ", "to 5 years and ", "and ", "до ", "к 5 годам ", "Source: ", "RU: ", "by ", "\u00ad", "\u200b", "\ufeff"),
    *("\U00020000", "\U0001f600", "%", "$", "€1 ", "+7 ", "№", "{{", "}}", "=", "==", "|", "~", "^", "*", "#", "•", "?", "!", "…"),
)  # fmt: skip
"""What a pattern is slow over when it comes a hundred thousand times."""


class Example(NamedTuple):
    """A page that nobody ever wrote."""

    name: str
    octets: bytes
    content_type: str | None


# --- what is sound --------------------------------------------------------------------------------------------------


@cache
def html_pages() -> tuple[bytes, ...]:
    """The tests' made-up article in several makes of page, a list, a table, and a page of scripts."""
    from page_styles import STYLES

    rows = "".join(f"<tr><td>Ash Rowan {n}</td><td>{n} years</td><td>ст. 207.{n} УК РФ</td></tr>" for n in range(40))
    table = f"<html lang=en><body><h1>List</h1><table>{rows}</table></body></html>"
    ld = json.dumps(
        {"@type": "NewsArticle", "headline": "H", "datePublished": "2026-04-04", "author": [{"name": "A B"}]}
    )
    script = (
        f"<head><script type='application/ld+json'>{ld}</script><meta property=og:title content=T></head><p>Text.</p>"
    )
    return (*(STYLES[name]().encode() for name in sorted(STYLES)), table.encode(), script.encode() * 3)


@cache
def pdf_files() -> tuple[bytes, ...]:
    """PDF files with and without compression, many pages, a table, and without a text layer."""
    from page_styles import ARTICLE
    from pdf_samples import column, pdf

    lines = [line[:90] for line in ARTICLE if len(set("".join(ARTICLE))) < 250][:14]
    about = {"Title": "A ruling", "Author": "A. Rowan", "CreationDate": "D:20260404175742+03'00'"}
    long = pdf(*(column(*lines[:4], f"page {n}") for n in range(30)), information=about)
    plain = pdf(column(*lines), column(*lines[:5]), information=about, language="ru", compress=False)
    return (pdf(column(*lines), information=about), plain, long, pdf([], []))


@cache
def feeds() -> tuple[bytes, ...]:
    """RSS, Atom, RDF, and a sitemap."""
    item = (
        "<item><title>T &amp; t</title><link>https://a.example/{0}</link><pubDate>Sat, 04 Apr 2026 10:00:00 GMT</pubDate>"
        "<description><![CDATA[<p>Five years of <b>colony</b></p>]]></description></item>"
    )
    rss = "<?xml version='1.0' encoding='utf-8'?><rss version='2.0'><channel><title>Хроника</title>{}</channel></rss>"
    entry = (
        "<entry><title type='html'>T&lt;b&gt;</title><updated>2026-04-04T10:00:00Z</updated><content type='xhtml'>"
        "<div xmlns='http://www.w3.org/1999/xhtml'><p>One</p></div></content></entry>"
    )
    atom = f"<feed xmlns='http://www.w3.org/2005/Atom'><title>F</title>{entry * 10}</feed>"
    site = (
        "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>"
        + "<url><loc>https://a.example/</loc></url>" * 50
        + "</urlset>"
    )
    whole = rss.format("".join(item.format(number) for number in range(12)))
    return (whole.encode(), whole.replace("utf-8", "windows-1251").encode("cp1251"), atom.encode(), site.encode())


@cache
def json_documents() -> tuple[bytes, ...]:
    """Posts of WordPress, a JSON Feed, JSON-LD, and what has no known form."""
    post = {"id": 1, "date_gmt": "2026-04-04T10:00:00", "title": {"rendered": "T &#8220;x&#8221;"},
            "content": {"rendered": "<p>Пять лет колонии.</p><ul><li>a b</li></ul>"}, "link": "https://a.example/1"}  # fmt: skip
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "F",
        "items": [{"id": 1, "content_html": "<p>a b</p>"}] * 9,
    }
    ld = {"@context": "https://schema.org", "@type": "Article", "headline": "H", "articleBody": "Two words. " * 9}
    other = {"items": [{"name": "Ash Rowan", "term": "5 years", "tags": ["a b", None, 1.5e9]}] * 20}
    return tuple(json.dumps(value, ensure_ascii=False).encode() for value in ([post] * 5, post, feed, ld, other))


@cache
def other_files() -> tuple[bytes, ...]:
    """Telegram's preview, packed pages, word processors' files."""
    message = (
        "<div class='tgme_widget_message' data-post='rowan/{0}'><div class='tgme_widget_message_text'>Words<br><br>more</div>"
        "<span class='tgme_widget_message_views'>1K</span><time datetime='2026-04-04T10:00:00+00:00'>10:00</time></div>"
    )
    body = "".join(f"<w:p><w:r><w:t>Paragraph {n}</w:t></w:r></w:p>" for n in range(50))
    return (
        "".join(message.format(number) for number in range(20)).encode(),
        gzip.compress(html_pages()[0], mtime=0),
        zipped({"word/document.xml": f"<w:document xmlns:w='w'><w:body>{body}</w:body></w:document>".encode()}),
        zipped({"content.xml": b"<o xmlns:t='t'><t:h>H</t:h><t:p>One <t:span>two</t:span></t:p></o>", "meta.xml": b"<m/>"}),
    )  # fmt: skip


def zipped(parts: dict[str, bytes]) -> bytes:
    """A ZIP archive of these parts, the same each time."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, octets in parts.items():
            package.writestr(zipfile.ZipInfo(name), octets, zipfile.ZIP_DEFLATED)
    return out.getvalue()


KINDS: dict[str, tuple[Callable[[], tuple[bytes, ...]], int, str]] = {
    "html": (html_pages, 38, "text/html; charset=utf-8"),
    "pdf": (pdf_files, 20, "application/pdf"),
    "feed": (feeds, 14, "application/rss+xml"),
    "json": (json_documents, 12, "application/json"),
    "other": (other_files, 6, "text/html"),
}
"""Made-up documents by kind, how many of a hundred examples are of it, and what servers call it."""


# --- what is not ----------------------------------------------------------------------------------------------------


def mutilated(dice: random.Random) -> Example:
    """A sound document, spoiled a few times over."""
    kind = dice.choices(list(KINDS), [share for _, share, _ in KINDS.values()])[0]
    make, _, usual = KINDS[kind]
    octets = dice.choice(make())
    names = []
    if kind in {"html", "feed", "json"} and dice.random() < 0.2:
        charset = dice.choice(CHARSETS)
        octets = octets.decode("utf-8", "replace").encode(charset, dice.choice(["replace", "ignore"]))
        names.append(charset)
    for _ in range(dice.choice([1, 1, 2, 3, 8, 30])):
        spoil = dice.choice(SPOILS)
        names.append(spoil.__name__.strip("_"))
        octets = spoil(octets, dice)
    declared = usual if dice.random() < 0.6 else dice.choice(TYPES)
    return Example(f"{kind}: {', '.join(dict.fromkeys(names))}", octets[: 8 * MEGABYTE], declared)


def _place(octets: bytes, dice: random.Random) -> int:
    return dice.randrange(len(octets) + 1)


def _cut_off(octets: bytes, dice: random.Random) -> bytes:
    return octets[: _place(octets, dice)]


def _bits(octets: bytes, dice: random.Random) -> bytes:
    spoiled = bytearray(octets)
    for _ in range(dice.choice([1, 5, 50]) if spoiled else 0):
        spoiled[dice.randrange(len(spoiled))] ^= 1 << dice.randrange(8)
    return bytes(spoiled)


def _without(octets: bytes, dice: random.Random) -> bytes:
    start = _place(octets, dice)
    return octets[:start] + octets[start + dice.choice([1, 20, 500]) :]


def _again(octets: bytes, dice: random.Random) -> bytes:
    start, stop = sorted((_place(octets, dice), _place(octets, dice)))
    return octets[:stop] + octets[start : min(stop, start + 5_000)] * dice.choice([1, 3, 20]) + octets[stop:]


def _rubbish(octets: bytes, dice: random.Random) -> bytes:
    start = _place(octets, dice)
    return octets[:start] + dice.randbytes(dice.choice([1, 10, 300])) + octets[start:]


def _zeros(octets: bytes, dice: random.Random) -> bytes:
    start = _place(octets, dice)
    return octets[:start] + b"\x00" * dice.choice([1, 3, 1000]) + octets[start:]


def _sign(octets: bytes, dice: random.Random) -> bytes:
    start = _place(octets, dice)
    return octets[:start] + dice.choice(SLOW).encode() * dice.choice([1, 10, 2_000]) + octets[start:]


def _tag(octets: bytes, dice: random.Random) -> bytes:
    start = _place(octets, dice)
    tags = (
        b"<table>",
        b"</div>",
        b"<a href=",
        b"<template>",
        b"<svg>",
        b"<script>",
        b"<!--",
        b"<title>",
        b"<p style='",
    )
    more = (
        b"<base href=//[>",
        b"<meta charset=utf-7>",
        b"<plaintext>",
        b"<select>",
        b"<frameset>",
        b"<![CDATA[",
        b"]]>",
    )
    return octets[:start] + dice.choice(tags + more) + octets[start:]


def _number(octets: bytes, dice: random.Random) -> bytes:
    """A number in its place that is none: a length, an offset, a count."""
    digits = [n for n in range(min(len(octets), 100_000)) if 48 <= octets[n] < 58]
    if not digits:
        return octets
    place = dice.choice(digits)
    return (
        octets[:place] + dice.choice([b"0", b"-1", b"99999999999", b"4294967295", b"1e9", b"0.0"]) + octets[place + 1 :]
    )


def _mixed(octets: bytes, dice: random.Random) -> bytes:
    """A stretch in another encoding."""
    start = _place(octets, dice)
    return octets[:start] + "Суд приговорил учителя".encode(dice.choice(CHARSETS), "replace") * 5 + octets[start:]


SPOILS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    *(_cut_off, _bits, _bits, _without, _again, _rubbish, _zeros, _sign, _tag, _number, _mixed),
)


def bomb(dice: random.Random, largest: int) -> Example:
    """What is made to take all the time or memory there is."""
    make = dice.choice(BOMBS)
    size = min(dice.choice([10_000, 100_000, MEGABYTE]), largest)
    octets, declared = make(size, dice)
    return Example(f"bomb: {make.__name__.strip('_')} {size}", octets, declared)


def slow(dice: random.Random, largest: int) -> Example:
    """A megabyte of one sign, alone or between words, in a page, an attribute, a title, plain text or a feed."""
    sign = dice.choice(SLOW)
    text = sign * (min(dice.choice([MEGABYTE // 8, MEGABYTE]), largest) // len(sign.encode()))
    before, after = dice.choice(
        [("", ""), ("Ash Rowan was sentenced to ", ""), ("Суд приговорил ", " лет колонии."), ("a", "!")]
    )
    text = f"{before}{text}{after}"
    forms = (
        f"<html><body><p>{text}</p></body></html>",
        f"<html><body><article><h1>T</h1><p>{text}</p></article></body></html>",
        f"<html><head><title>{text}</title></head><body><h1>{text[:2000]}</h1><p>x</p></body></html>",
        f'<html><body><p class="{text}" id="{text[:999]}" style="{text[:9999]}">x</p></body></html>',
        f'<html><head><meta name="author" content="{text}"><meta property="article:published_time" content="{text}"></head>x</html>',
        f'<html><head><script type="application/ld+json">{{"@type":"Article","headline":"{text}","datePublished":"{text}"}}</script>x',
        f"<html><body><a href='{text}'>x</a><time datetime='{text}'>{text[:3000]}</time></body></html>",
        f"<rss><channel><item><title>{text[:5000]}</title><description>{text}</description></item></channel></rss>",
        json.dumps({"content": text, "title": text[:5000]}),
        "<table>" + "".join(f"<tr><td>{text[n : n + 900]}</td></tr>" for n in range(0, len(text), 900)) + "</table>",
        text,
    )  # fmt: skip
    number = dice.randrange(len(forms))
    declared = "text/plain" if number == len(forms) - 1 else "text/html; charset=utf-8"
    return Example(f"slow: {sign!r} in form {number}", forms[number].encode(), declared)


def _deep_tags(size: int, dice: random.Random) -> tuple[bytes, str]:
    tag = dice.choice(["div", "b", "table", "ul", "span", "font", "blockquote", "a", "svg", "tr", "p", "section", "i"])
    return (f"<{tag}>" * (size // 5) + "deep words").encode(), "text/html"


def _deep_xml(size: int, _: random.Random) -> tuple[bytes, str]:
    return b"<rss><channel><item>" + b"<description>" * (size // 13) + b"words", "application/xml"


def _deep_json(size: int, dice: random.Random) -> tuple[bytes, str]:
    return dice.choice([b"[", b'{"a":', b'[{"a":[']) * (size // 6), "application/json"


def _entities(size: int, _: random.Random) -> tuple[bytes, str]:
    lines = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 12))
    text = "&l11;" * min(size // 5, 2_000)
    return (
        f"<?xml version='1.0'?><!DOCTYPE rss [<!ENTITY l0 'ha'>{lines}]><rss><channel><title>{text}</title></channel></rss>".encode(),
        "text/xml",
    )


def _quadratic_entity(size: int, _: random.Random) -> tuple[bytes, str]:
    return (
        f"<!DOCTYPE rss [<!ENTITY a '{'x' * 50_000}'>]><rss>{'&a;' * (size // 3)}</rss>".encode(),
        "application/rss+xml",
    )


def _references(size: int, dice: random.Random) -> tuple[bytes, str]:
    return b"<p>" + dice.choice([b"&lt;", b"&#x110000;", b"&#1;", b"&nbsp", b"&nosuch;"]) * (size // 6), "text/html"


def _attributes(size: int, _: random.Random) -> tuple[bytes, str]:
    return b"<p " + b" ".join(b"a%d=b" % n for n in range(size // 8)) + b">words</p>", "text/html"


def _many_blocks(size: int, dice: random.Random) -> tuple[bytes, str]:
    return dice.choice([b"<p>a", b"<li>a b", b"<br>a<br>", b"<td>1", b"<h1>x", b"<a href=x>y</a>"]) * (
        size // 6
    ), "text/html"


def _many_scripts(size: int, _: random.Random) -> tuple[bytes, str]:
    return b'<script type="application/ld+json">{"@type":"Article","headline":"x"}</script>' * (size // 80), "text/html"


def _gzip(size: int, dice: random.Random) -> tuple[bytes, str]:
    packed_once = gzip.compress(b"<p>" + b"a " * (50 * MEGABYTE if size == MEGABYTE else size), mtime=0)
    return dice.choice([packed_once, gzip.compress(packed_once, mtime=0)]), "application/gzip"


def _docx(size: int, _: random.Random) -> tuple[bytes, str]:
    part = b"<w:p xmlns:w='w'>" + b"<w:t>a</w:t>" * (4 * size // 12) + b"</w:p>"
    return zipped({"word/document.xml": part * (12 if size == MEGABYTE else 1)}), "application/zip"


def _pdf_stream(size: int, dice: random.Random) -> tuple[bytes, str]:
    from pdf_samples import Drawn, pdf

    letters = dice.choice(
        [b"BT /F1 9 Tf (aaaa) Tj ET ", b"q ", b"[", b"(", b"0 0 m 1 1 l ", b"\x00", b"BT 1 0 0 1 5 5 Tm (a) Tj ET "]
    )
    return pdf([Drawn("words", 500)], extra=[letters * (50 * size // len(letters))]), "application/pdf"


def _pdf_pages(size: int, dice: random.Random) -> tuple[bytes, str]:
    from pdf_samples import Drawn, pdf

    whole = pdf(*([Drawn("words of a page", 500)] for _ in range(min(size // 400, 2_500))), compress=False)
    loop = dice.choice([b"/Kids [2 0 R ", b"/Kids [1 0 R ", b"/Kids ["])
    return whole.replace(b"/Kids [", loop, 1).replace(
        b"/Count ", dice.choice([b"/Count ", b"/Count 9"]), 1
    ), "text/html"


def _pdf_nested(size: int, dice: random.Random) -> tuple[bytes, str]:
    from pdf_samples import Drawn, pdf

    whole = pdf([Drawn("words", 500)], compress=False)
    return whole.replace(
        b"/Type /Catalog", b"/Type /Catalog /X " + dice.choice([b"[", b"<<", b"<</A ", b"("]) * size, 1
    ), "application/pdf"


BOMBS: tuple[Callable[[int, random.Random], tuple[bytes, str]], ...] = (
    *(_deep_tags, _deep_xml, _deep_json, _entities, _quadratic_entity, _references, _attributes, _many_blocks),
    *(_many_scripts, _gzip, _docx, _pdf_stream, _pdf_pages, _pdf_nested),
)


def example(seed: int, number: int, largest: int = MEGABYTE) -> Example:
    """The example of a number, the same on every machine; `largest`: about how many octets a bomb has at most."""
    dice = random.Random(f"{seed}/{number}")
    turn = number % 50
    return bomb(dice, largest) if turn == 0 else slow(dice, largest) if turn in {7, 25} else mutilated(dice)


# --- the stage's workers --------------------------------------------------------------------------------------------


@dataclass
class Outcome:
    """What became of the examples."""

    seen: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    """Examples whose answer came long after the limit, or whose reading does not hold together."""
    limits: list[str] = field(default_factory=list)
    """Examples that were ended at the limit of time: recorded, and worth a look."""
    deaths: list[str] = field(default_factory=list)
    """Examples over which two workers ended: recorded, and worth a look."""
    seconds: list[tuple[float, str]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, name: str, answer: object, seconds: float) -> None:
        """Take the answer about one example."""
        with self.lock:
            self.seconds.append((seconds, name))
            if seconds > TIME_LIMIT + GRACE:
                self.faults.append(f"{name}: an answer after {seconds:.0f} s")
            if isinstance(answer, Failed):
                self.seen["unreadable"] += 1
                self.reasons[answer.reason[:60]] += 1
                if "expected an end within" in answer.reason:
                    self.limits.append(f"{name}: {answer.reason}")
                if "worker processes ended" in answer.reason:
                    self.deaths.append(f"{name}: {answer.reason}")
                if not answer.reason or "Error:" in answer.reason:
                    self.reasons[f"! {answer.reason[:200]} ({name})"] += 1
            elif isinstance(answer, Read):
                self.seen["readings"] += 1
                problem = unsound(answer.row)
                if problem is not None:
                    self.faults.append(f"{name}: {problem}")
            else:
                self.faults.append(f"{name}: answered by {type(answer).__name__}")


def unsound(row: ReadingRow) -> str | None:
    """What is wrong with a reading; None for one that holds together."""
    try:
        octets = put_together(row.content, row.stamp, Frame("https://rowan.example/", CAPTURED_AT, "urn:uuid:0", None))
        reading = Reading.from_json(octets)
    except Exception as error:  # whatever it is, it is what is looked for
        return f"its JSON is no reading: {error!r}"[:300]
    if reading.to_json() != octets:
        return "its JSON gives another one back"
    if not all(0 <= block.start <= block.end <= len(reading.text) for block in reading.blocks):
        return "a block lies outside the text"
    if any(span.start >= span.end or span.end > len(reading.text) for span in reading.spans):
        return "a span lies outside the text"
    return None


def run(seed: int, numbers: range, outcome: Outcome, *, largest: int = MEGABYTE) -> None:
    """Read the examples of these numbers in one worker process after the other."""
    workers = Workers(1, TIME_LIMIT)
    rules = packed(ReadingRules())
    last = time.monotonic()

    def jobs() -> Iterator[tuple[str, ReadJob]]:
        for number in numbers:
            name, octets, content_type = example(seed, number, largest)
            page = StoredPage(
                "https://rowan.example/case", CAPTURED_AT, f"urn:uuid:{number}", None, content_type, octets
            )
            yield f"{number} {name}", ReadJob(page, Path(), rules)

    try:
        for name, answer in workers.ask_all(jobs(), stopping=lambda: False):
            now = time.monotonic()
            outcome.take(name, answer, now - last)
            last = now
    finally:
        workers.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, help="the number of one example")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="with --only: write its octets to this file")
    chosen = parser.parse_args()
    outcome = Outcome()
    ranges = [range(first, chosen.count, chosen.workers) for first in range(chosen.workers)]
    if chosen.only is not None:
        ranges = [range(chosen.only, chosen.only + 1)]
        if chosen.keep:
            chosen.keep.write_bytes(example(chosen.seed, chosen.only).octets)
    began = time.monotonic()
    threads = [threading.Thread(target=run, args=(chosen.seed, numbers, outcome)) for numbers in ranges]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    report(outcome, time.monotonic() - began)
    missing = sum(map(len, ranges)) - sum(outcome.seen.values())
    if missing:
        print(f"FAULT: {missing} examples have no answer")
    return 1 if outcome.faults or missing else 0


def report(outcome: Outcome, seconds: float) -> None:
    """Print what became of the examples."""
    told = ", ".join(f"{number} {name}" for name, number in sorted(outcome.seen.items()))
    print(f"{sum(outcome.seen.values())} examples in {seconds:.0f} s: {told}; {len(outcome.deaths)} ended a worker")
    for number, reason in sorted(((n, r) for r, n in outcome.reasons.items()), reverse=True)[:25]:
        print(f"  {number:5} {reason}")
    print("slowest:")
    for taken, name in sorted(outcome.seconds, reverse=True)[:15]:
        print(f"  {taken:5.1f} s  {name}")
    for name in outcome.limits:
        print(f"ENDED AT THE LIMIT: {name}")
    for name in outcome.deaths:
        print(f"ENDED A WORKER: {name}")
    for name in outcome.faults:
        print(f"FAULT: {name}")


if __name__ == "__main__":
    sys.exit(main())
