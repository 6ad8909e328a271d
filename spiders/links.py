"""The links of an HTML page, quickly, and whatever the page is like.

libxml2 builds no tree deeper than 256 elements (2048 at most), and then drops the rest of the page; as a stream of
tags it has no such limit, so a target takes the tags as they come. A page of 10,000 nested elements is no worse than
another one.
"""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import parse_qsl, urlsplit

from lxml import etree

from spiders.address import AddressError, Joiner, join_link

Hop = Literal["L", "E", "R"]

# the rest of the link types name no page: style sheets, icons, feeds (a site's definition names those worth reading)
_REL: Final = frozenset({"next", "prev", "previous", "canonical", "alternate", "amphtml"})
# HTML Living Standard, "shared declarative refresh steps": seconds, a separator, optionally url=, optionally quoted
_REFRESH: Final = re.compile(
    r"\s*[\d.]*\s*[;,\s]\s*(?:url\s*=\s*)?(?P<quote>['\"]?)(?P<url>.+)", re.IGNORECASE | re.DOTALL
)

_WAY_OUT: Final = re.compile(
    r"https?://(?:(?:www\.)?google\.[a-z.]{2,6}/url|l\.facebook\.com/l\.php|(?:m\.)?vk\.com/away\.php)\?", re.IGNORECASE
)
"""Addresses that do nothing but lead to another one, which they hold: Google Sites and Docs have them in every text."""
_HELD: Final = ("q", "url", "u", "to")

MAX_LINKS: Final = 50_000
"""Links of one page that are taken; a page with more is a trap or a list that its site divides itself."""


@dataclass(frozen=True, slots=True)
class Link:
    """An address on a page."""

    url: str
    hop: Hop
    """L link, E frame, R refresh."""


@dataclass(frozen=True, slots=True)
class Links:
    """What a page links to, in its order, without repeats."""

    links: tuple[Link, ...]
    dropped: Mapping[str, int]
    """How many links name nothing that can be fetched, by reason: other schemes, no address, too long."""
    short: str | None = None
    """The page's own short form, as `rel=shortlink` says it: the same page under another address."""


class _Target:
    """Takes the tags of a page as libxml2 meets them."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Begin with the next page."""
        self.base: str | None = None
        self.found: list[tuple[str, Hop]] = []
        self.short: str | None = None
        self.surplus = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        match tag:
            case "a" | "area":
                self._take(attributes.get("href"), "L")
            case "iframe" | "frame":
                self._take(attributes.get("src"), "E")
            case "base" if self.base is None:
                self.base = attributes.get("href")
            case "link":
                rel = attributes.get("rel", "").lower().split()
                # an alternate of another type is a feed or a JSON document of the same page
                if not _REL.isdisjoint(rel) and ("alternate" not in rel or "hreflang" in attributes):
                    self._take(attributes.get("href"), "L")
                elif "shortlink" in rel and self.short is None:
                    self.short = attributes.get("href")
            case "meta" if attributes.get("http-equiv", "").lower() == "refresh":
                self._take(refresh_target(attributes.get("content", "")), "R")

    def close(self) -> _Target:
        return self

    def _take(self, address: str | None, hop: Hop) -> None:
        if address is None:
            return
        if len(self.found) < MAX_LINKS:
            self.found.append((address, hop))
        else:
            self.surplus += 1


def links_in(text: str | bytes, url: str, encoding: str = "utf-8") -> Links:
    """The links of the page `text`, fetched from `url`, that was written in `encoding`; of octets, in UTF-8."""
    target = _read(text)
    base = url
    dropped: dict[str, int] = {f"beyond the first {MAX_LINKS} links": target.surplus} if target.surplus else {}
    if target.base:
        try:
            base = join_link(url, target.base)
        except AddressError:
            dropped["base is no address"] = 1
    links: dict[str, Link] = {}
    join = Joiner(base, encoding).join
    # a menu that stands at the top and at the bottom is joined once
    for address, hop in dict.fromkeys(target.found):
        if not (bare := address.strip()) or bare[0] == "#":
            continue
        try:
            joined = _held_in(join(address))
        except AddressError as error:
            dropped[str(error)] = dropped.get(str(error), 0) + 1
        else:
            if joined not in links:
                links[joined] = Link(joined, hop)
    short = None
    if target.short:
        with contextlib.suppress(AddressError):
            short = join(target.short)
    return Links(tuple(links.values()), dropped, short)


def _held_in(url: str) -> str:
    """The address that one of a way out holds; any other as it is."""
    if _WAY_OUT.match(url) is None:
        return url
    values = dict(parse_qsl(urlsplit(url).query))
    held = next((values[name] for name in _HELD if values.get(name, "").startswith(("http://", "https://"))), "")
    return join_link(held, "") if held else url


def refresh_target(content: str) -> str | None:
    """The address in the value of a Refresh header or its meta element; None when it only reloads the page."""
    found = _REFRESH.match(content)
    if found is None:
        return None
    address = found["url"]
    if found["quote"]:
        address = address.split(found["quote"], 1)[0]
    return address.strip() or None


class _Parser(threading.local):
    """libxml2's parser with a target of ours; lxml looks the target's methods up when it is made, and that costs more
    than many a page does."""

    def __init__(self) -> None:
        self.target = _Target()
        self.parser = etree.HTMLParser(target=self.target, encoding="utf-8", recover=True, no_network=True)


_PARSER = _Parser()


def _read(text: str | bytes) -> _Target:
    parser, target = _PARSER.parser, _PARSER.target
    target.clear()
    # of an empty page: there is no root element; what was found before stays
    with contextlib.suppress(etree.XMLSyntaxError):
        # NUL ends the text for libxml2's callers; a browser drops it or shows U+FFFD
        octets = text.encode("utf-8", "replace") if isinstance(text, str) else text
        parser.feed(octets.replace(b"\0", b""))
    # in any case, so that the next page begins anew
    with contextlib.suppress(etree.XMLSyntaxError):
        parser.close()
    return target
