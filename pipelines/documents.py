"""What is no HTML, read by what its bytes are, whatever they are called.

Servers call a PDF `text/html` and a feed `application/octet-stream`, so the Content-Type only decides where the bytes
leave a choice. In this order: PDF; gzip, unpacked once, and what is inside; a word processor's file; other binary
formats, which have no reader; feeds, sitemaps and other XML; JSON; Telegram's previews. The rest is HTML or plain text,
and not this module's. Which reader it was stands in the provenance (`labelled`).
"""

from __future__ import annotations

import re
import zlib
from dataclasses import replace
from typing import Final

from archive.errors import ReadingError
from pipelines import sight as sights
from pipelines.charset import Decoded, decode
from pipelines.feed_text import FEEDS, SITEMAPS, read_feed
from pipelines.json_text import read_json
from pipelines.labelled import Document
from pipelines.main_text import read_markup
from pipelines.metadata import Stated
from pipelines.office_text import read_office
from pipelines.pdf import is_pdf, read_pdf
from pipelines.reading import StoredPage
from pipelines.rules import ReadingRules
from pipelines.telegram_text import is_preview, read_telegram

UNPACKED_LIMIT: Final = 52_428_800
"""Octets of what a gzip file may hold (sitemaps.org: 50 MB)."""
HEAD: Final = 16_384
"""Octets in which a document's root element is looked for."""

_HTML_TYPES: Final = frozenset({"text/html", "application/xhtml+xml"})
_ZIP: Final = b"PK\x03\x04"
_GZIP: Final = b"\x1f\x8b\x08"
_BINARY: Final = (
    (b"\x89PNG\r\n\x1a\n", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"GIF87a", "a picture (GIF)"),
    (b"GIF89a", "a picture (GIF)"),
    (b"II*\x00", "a picture (TIFF)"),
    (b"MM\x00*", "a picture (TIFF)"),
    (b"\x00\x00\x01\x00", "a picture (ICO)"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an office document of before 2007 (.doc, .xls, .ppt)"),
    (b"{\\rtf", "a document in RTF"),
    (b"7z\xbc\xaf\x27\x1c", "an archive (7z)"),
    (b"Rar!\x1a\x07", "an archive (RAR)"),
    (b"ID3\x02", "sound (MP3)"),
    (b"ID3\x03", "sound (MP3)"),
    (b"ID3\x04", "sound (MP3)"),
    (b"OggS\x00", "sound or film (Ogg)"),
    (b"\x1aE\xdf\xa3", "film (Matroska)"),
    (b"wOFF", "a font (WOFF)"),
    (b"wOF2", "a font (WOFF2)"),
    (b"%!PS", "a document in PostScript"),
    (b"SQLite format 3\x00", "a database (SQLite)"),
    (b"\x7fELF", "a program (ELF)"),
    (b"AT&TFORM", "a document in DjVu"),
)
"""How formats begin that have no reader here."""
# each alternative begins in another way, so nothing is tried twice
_ROOT = re.compile(
    rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?\s*+"
    rb"(?:<\?[^>]*+>\s*+|<!--(?:[^-]|-(?!->))*+-->\s*+|<!DOCTYPE[^>\[]*+(?:\[[^\]]*+\])?[^>]*+>\s*+)*+"
    rb"<([A-Za-z_][\w.-]*+)(?::([A-Za-z_][\w.-]*+))?",
    re.IGNORECASE,
)
_JSON_START = re.compile(r"\s*+(?:\)\]\}'?,?\s*\n\s*|/\*\*/\s*)?([\[{]|[\w$.]{1,80}\(\s*[\[{])")
_JSON_END = re.compile(r"[\]}]\)?;?\s*\Z")
_ADDRESSES = re.compile(r"(?:\s*+https?://\S++)++\s*+\Z")


def read(page: StoredPage, rules: ReadingRules) -> Document | None:
    """Read what is neither HTML nor plain text; None for these. Raises ReadingError for what has no text to read."""
    octets, declared = page.octets, media_type(page.content_type)
    if is_pdf(octets, declared="pdf" in declared):
        return read_pdf(page, rules)
    if octets.startswith(_GZIP):
        return _unpacked(page, rules)
    if octets.startswith(_ZIP):
        return read_office(page, rules)
    if (found := _binary(octets)) is not None:
        raise ReadingError(f"expected text, found {found}: no reader for it")
    root = _root(octets)
    if root in FEEDS | SITEMAPS or (root not in {None, "html"} and _is_xml(declared)):
        decoded = decode(octets, page.content_type)
        return _with(read_feed(decoded.text, page, rules), decoded)
    if root == "html" and _is_xml(declared):  # XHTML under XML's name
        decoded = decode(octets, page.content_type)
        return _with(read_markup(decoded.text, page, rules, xml=True), decoded)
    if root is None and (document := _json(page, declared, rules)) is not None:
        return document
    if is_preview(octets):
        decoded = decode(octets, page.content_type)
        document = read_telegram(decoded.text, page, rules)
        return None if document is None else _with(document, decoded)
    if declared == "text/plain" and octets[:9].lstrip().startswith(b"http"):
        return _addresses(page, rules)
    return None


def media_type(content_type: str | None) -> str:
    """The type and subtype of a Content-Type header, in small letters; '' where it has none."""
    return (content_type or "").split(";")[0].strip().lower()


def _is_xml(declared: str) -> bool:
    return declared in {"text/xml", "application/xml"} or (declared.endswith("+xml") and declared not in _HTML_TYPES)


def _with(document: Document, decoded: Decoded) -> Document:
    return replace(document, charset=decoded.as_record())


def _binary(octets: bytes) -> str | None:
    if octets[4:12] in {b"ftypavif", b"ftypheic", b"ftypmif1"}:
        return "a picture (AVIF or HEIC)"
    if octets.startswith(b"RIFF") and octets[8:12] in {b"WEBP", b"WAVE", b"AVI "}:
        return "a picture, sound or film (RIFF)"
    if octets[4:8] == b"ftyp":
        return "film or sound (MP4)"
    return next((name for mark, name in _BINARY if octets.startswith(mark)), None)


def _root(octets: bytes) -> str | None:
    """The local name of a document's root element, None where it does not begin with markup.

    UTF-16 is looked at without its NULs.
    """
    head = octets[:HEAD]
    match = _ROOT.match(head.replace(b"\x00", b"") if b"\x00" in head else head)
    if match is None:
        return None
    name = (match[2] or match[1]).decode("ascii", "replace")
    return name.lower() if name.lower() == "html" else name


def _json(page: StoredPage, declared: str, rules: ReadingRules) -> Document | None:
    """JSON, where it is declared or has its form; None for what then is none after all, unless it is declared."""
    named = "json" in declared
    if not named and not _looks_like_json(page.octets):
        return None
    decoded = decode(page.octets, page.content_type)
    if named and decoded.text.lstrip().startswith("<"):
        return None  # an error page under the name of the answer that was asked for
    if not named and not (_JSON_START.match(decoded.text) and _JSON_END.search(decoded.text[-200:])):
        return None
    try:
        return _with(read_json(decoded.text, page, rules), decoded)
    except ReadingError:
        if named:
            raise
        return None


def _looks_like_json(octets: bytes) -> bool:
    head = octets[:200].replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    return head[:1] in {b"{", b"[", b")", b"/"} or re.match(rb"[\w$.]{1,80}\(\s*[\[{]", head) is not None


def _addresses(page: StoredPage, rules: ReadingRules) -> Document | None:
    """A sitemap in plain text: one address a line, and nothing else."""
    decoded = decode(page.octets, page.content_type)
    if not _ADDRESSES.match(decoded.text):
        return None
    seen = sights.plain(page.url, rules.site)
    notes = {"sitemap": "it names addresses and has no text"}
    return _with(Document([], Stated(), "sitemap", seen, notes=notes), decoded)


def _unpacked(page: StoredPage, rules: ReadingRules) -> Document:
    """What a gzip file holds: a sitemap as a rule, or a page that was packed once more than its header says."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        octets = unpacker.decompress(page.octets, UNPACKED_LIMIT)
    except zlib.error as error:
        raise ReadingError(f"expected text, found a gzip file that is broken: {error}") from error
    if unpacker.unconsumed_tail:
        raise ReadingError(f"expected at most {UNPACKED_LIMIT} octets in a gzip file, found more")
    if octets.startswith(_GZIP):
        raise ReadingError("expected text in a gzip file, found another gzip file")
    declared = media_type(page.content_type)
    own = None if "zip" in declared or "octet" in declared else page.content_type
    inner = replace(page, octets=octets, content_type=own)
    document = read(inner, rules)
    if document is None:
        decoded = decode(octets, own)
        if "<" not in decoded.text[:4096]:
            raise ReadingError("expected a page or a sitemap in a gzip file, found neither")
        document = _with(read_markup(decoded.text, inner, rules), decoded)
    notes = {} if unpacker.eof else {"gzip": "the file is cut off; what came before was read"}
    return replace(document, how=f"gzip: {document.how}"[:80], notes={**document.notes, **notes})
