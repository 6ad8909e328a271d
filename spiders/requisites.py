"""What a page needs to be seen as it was: stylesheets, pictures, fonts, and the documents that its text refers to.

Of HTML the elements of the Living Standard that load something that is shown, lazy loading's `data-` attributes
beside them; of CSS `url()` and `@import` (CSS Syntax 3, 4.3). Scripts, frames, sound and film are none of them; but
scripts are taken where a page is looked at with a browser too. Every reader here takes a time that grows with the
length of what it reads, whatever that is.
"""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import unquote, urlsplit

from lxml import etree

from spiders.address import AddressError, Joiner, join_link
from spiders.links import Link

MOST: Final = 1000
"""Requisites of one page or stylesheet that are taken."""
WITHIN: Final = 6
"""Requisites within one another that are fetched: a page's stylesheet, what it imports, and so on."""

DOCUMENTS: Final = frozenset(
    {"pdf", "doc", "docx", "docm", "odt", "rtf", "xls", "xlsx", "ods", "csv", "tsv", "ppt", "pptx", "odp"}
    | {"djvu", "djv", "epub", "fb2", "txt", "tif", "tiff", "ps", "eml", "msg", "pages", "p7s", "sig", "zip"}
)
"""Extensions of files that a text refers to as documents; signatures and bundles of them too."""

_LOADED: Final = frozenset({"stylesheet", "icon", "apple-touch-icon", "apple-touch-icon-precomposed", "mask-icon"})
_PRELOADED: Final = frozenset({"style", "font", "image"})
_LAZY: Final = ("data-src", "data-lazy-src", "data-original", "data-lazy", "data-image", "data-bg", "data-background")
_LAZY_SETS: Final = ("data-srcset", "data-lazy-srcset")
_ASIDE: Final = frozenset({"nav", "footer", "aside"})
_IMAGE_OR_DOCUMENT: Final = re.compile(r"image/|application/(?:pdf|msword|vnd\.|rtf)", re.IGNORECASE)


class _Target:
    """Takes the tags of a page as libxml2 meets them."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Begin with the next page."""
        self.base: str | None = None
        self.found: dict[str, None] = {}
        self.scripts = False
        self._aside = 0
        self._style: list[str] | None = None

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        take = self._take
        match tag:
            case "base" if self.base is None:
                self.base = attributes.get("href")
            case "link":
                rel = set(attributes.get("rel", "").lower().split())
                preloaded = "preload" in rel and attributes.get("as", "").lower() in _PRELOADED
                if preloaded or not _LOADED.isdisjoint(rel):
                    take(attributes.get("href"))
                    self._take_set(attributes.get("imagesrcset"))
            case "img" | "source" | "input" | "image" | "video" | "embed" | "object" | "script":
                self._take_shown(tag, attributes)
            case "style":
                self._style = []
            case "a" if not self._aside and is_document(attributes.get("href", "")):
                take(attributes.get("href"))
        if tag in _ASIDE:
            self._aside += 1
        if "style" in attributes:
            for address in css_addresses(attributes["style"]):
                take(address)
        if "background" in attributes:
            take(attributes["background"])
        for name in _LAZY:
            if name in attributes and tag not in {"iframe", "script", "video", "audio"}:
                value = attributes[name].strip()
                # a name of a setting, a piece of CSS, or an address
                for address in css_addresses(value) if "url(" in value else [value]:
                    if "/" in address or "." in address:
                        take(address)
        for name in _LAZY_SETS:
            self._take_set(attributes.get(name))

    def end(self, tag: str) -> None:
        if tag in _ASIDE and self._aside:
            self._aside -= 1
        elif tag == "style" and self._style is not None:
            for address in css_addresses("".join(self._style)):
                self._take(address)
            self._style = None

    def data(self, text: str) -> None:
        if self._style is not None:
            self._style.append(text)

    def close(self) -> _Target:
        return self

    def _take_shown(self, tag: str, attributes: Mapping[str, str]) -> None:
        match tag:
            case "img":
                self._take(attributes.get("src"))
                self._take_set(attributes.get("srcset"))
            case "source":  # of a picture; that of a film has `src`
                self._take_set(attributes.get("srcset"))
            case "input" if attributes.get("type", "").lower() == "image":
                self._take(attributes.get("src"))
            case "image":  # of SVG
                self._take(attributes.get("href") or attributes.get("xlink:href"))
            case "video":
                self._take(attributes.get("poster"))
            case "embed" | "object":
                address = attributes.get("src") or attributes.get("data") or ""
                if _IMAGE_OR_DOCUMENT.match(attributes.get("type", "")) or is_document(address):
                    self._take(address)
            case "script" if self.scripts:
                self._take(attributes.get("src"))

    def _take_set(self, value: str | None) -> None:
        for address in srcset_addresses(value or ""):
            self._take(address)

    def _take(self, address: str | None) -> None:
        if address and len(self.found) < MOST:
            self.found[address] = None


class _Parser(threading.local):
    """libxml2's parser with a target of ours: see spiders/links.py."""

    def __init__(self) -> None:
        self.target = _Target()
        self.parser = etree.HTMLParser(target=self.target, encoding="utf-8", recover=True, no_network=True)


_PARSER = _Parser()


def requisites_in(page: str | bytes, url: str, encoding: str = "utf-8", *, scripts: bool = False) -> tuple[Link, ...]:
    """What the HTML page fetched from `url`, and written in `encoding`, needs; of octets, in UTF-8."""
    parser, target = _PARSER.parser, _PARSER.target
    target.clear()
    target.scripts = scripts
    with contextlib.suppress(etree.XMLSyntaxError):
        octets = page.encode("utf-8", "replace") if isinstance(page, str) else page
        parser.feed(octets.replace(b"\0", b""))
    with contextlib.suppress(etree.XMLSyntaxError):
        parser.close()
    # a stylesheet that the page's end cut off
    target.end("style")
    base = url
    if target.base:
        with contextlib.suppress(AddressError):
            base = join_link(url, target.base)
    return _joined(target.found, base, encoding)


def requisites_in_css(style: str, url: str) -> tuple[Link, ...]:
    """What the stylesheet fetched from `url` needs: pictures, fonts, further stylesheets."""
    found: dict[str, None] = {}
    for address in css_addresses(style):
        found[address] = None
        if len(found) == MOST:
            break
    return _joined(found, url, "utf-8")


def _joined(found: Mapping[str, None], base: str, encoding: str) -> tuple[Link, ...]:
    join = Joiner(base, encoding).join
    links: dict[str, Link] = {}
    for address in found:
        bare = address.strip()
        if not bare or bare[0] == "#" or bare[:5].lower() in {"data:", "blob:", "about"}:
            continue
        with contextlib.suppress(AddressError):
            joined = join(address)
            links.setdefault(joined, Link(joined, "E"))
    return tuple(links.values())


def is_document(address: str) -> bool:
    """Whether an address names a document by its extension."""
    try:
        path = urlsplit(address).path
    except ValueError:
        return False
    name = unquote(path).rpartition("/")[2]
    return "." in name and name.rpartition(".")[2].lower() in DOCUMENTS


def is_css(media_type: str, url: str) -> bool:
    """Whether a response of that type, from that address, is a stylesheet."""
    if media_type in {"", "text/plain", "application/octet-stream"}:
        return urlsplit(url).path.lower().endswith(".css")
    return media_type == "text/css"


# --- attributes and stylesheets

_BEFORE_SOURCE = re.compile(r"[\s,]*")
_SOURCE = re.compile(r"\S+")


def srcset_addresses(value: str) -> Iterator[str]:
    """The addresses of a `srcset` (HTML, 4.8.4.3.10): a comma may be part of one, and ends one where space follows."""
    at = 0
    while True:
        before = _BEFORE_SOURCE.match(value, at)
        found = _SOURCE.match(value, before.end() if before else at)
        if found is None:
            return
        address = found[0]
        at = found.end()
        if address.endswith(","):
            yield address.rstrip(",")
            continue
        yield address
        depth = 0
        while at < len(value) and (depth or value[at] != ","):
            depth += (value[at] == "(") - (value[at] == ")" and depth > 0)
            at += 1


# possessive: what ends no string is not tried again as the end of a shorter one
_STRING: Final = r"(?:\"(?:[^\"\\\n]|\\[\s\S]|\\\Z)*+(?:\"|\n|\Z)|'(?:[^'\\\n]|\\[\s\S]|\\\Z)*+(?:'|\n|\Z))"
_CSS = re.compile(
    rf"/\*|(?P<string>{_STRING})"
    rf"|@namespace\b|@import\s*(?P<imported>{_STRING})"
    rf"|\burl\(\s*(?:(?P<quoted>{_STRING})|(?P<bare>(?:[^)\s\"'(\\]|\\[\s\S])*))\s*\)?",
    re.IGNORECASE,
)
_CSS_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})\s?|\n|([\s\S]))")


def css_addresses(style: str) -> Iterator[str]:
    """The addresses of `url()` and `@import` in CSS, as they are written but for escapes."""
    at = 0
    while (found := _CSS.search(style, at)) is not None:
        at = max(found.end(), at + 1)
        if found[0] == "/*":
            end = style.find("*/", at)
            if end < 0:
                return
            at = end + 2
        elif found[0].lower() == "@namespace":
            end = style.find(";", at)
            at = len(style) if end < 0 else end
        elif (bare := found["bare"]) is not None:
            if bare:
                yield _unescaped(bare)
        elif text := found["imported"] or found["quoted"]:
            yield _unescaped(text[1:].removesuffix(text[0]).rstrip("\n"))


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text

    def letter(found: re.Match[str]) -> str:
        if found[1]:
            number = int(found[1], 16)
            return chr(number) if 0 < number < 0x110000 and not 0xD800 <= number < 0xE000 else "�"
        return found[2] or ""

    return _CSS_ESCAPE.sub(letter, text)
