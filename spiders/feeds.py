"""Addresses in feeds (RSS 0.9x, 1.0 and 2.0, Atom: RFC 4287) and sitemaps (sitemaps.org 0.9), for discovery only.

Both come from strangers: no entity is resolved, nothing is fetched by the parser, and a compressed sitemap is
unpacked up to the protocol's own limit.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Final

from lxml import etree

SITEMAP_LIMIT: Final = 52_428_800
"""Bytes of one sitemap, uncompressed (sitemaps.org: 50 MB)."""


class NotAFeedError(ValueError):
    """The octets are no feed, or no sitemap: the message says what was found."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """What a feed or a sitemap names."""

    pages: tuple[str, ...]
    """Addresses of pages as they are written, in order, without repeats."""
    more: tuple[str, ...] = ()
    """Addresses of further sitemaps of an index, or of a feed's next page."""


def feed_addresses(octets: bytes) -> Addresses:
    """The pages that a feed's entries name. Raises NotAFeedError."""
    root = _root(octets)
    if _name(root) not in {"rss", "RDF", "feed"}:
        raise NotAFeedError(f"expected rss, RDF or feed as root element, found {_name(root)[:40]}")
    pages: list[str] = []
    more: list[str] = []
    for element in root.iter():
        if _name(element) in {"item", "entry"}:
            pages.extend(_entry_addresses(element))
        elif _name(element) == "link" and element.get("rel") == "next":
            more.append(element.get("href") or "")
    return Addresses(_distinct(pages), _distinct(more))


def sitemap_addresses(octets: bytes) -> Addresses:
    """The pages and further sitemaps that a sitemap names: XML or plain text, gzip or not. Raises NotAFeedError."""
    octets = _unpacked(octets)
    if not octets.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return _plain(octets)
    root = _root(octets)
    name = _name(root)
    if name not in {"urlset", "sitemapindex"}:
        raise NotAFeedError(f"expected urlset or sitemapindex as root element, found {name[:40]}")
    found: list[str] = []
    for element in root.iter():
        # the image and video extensions have a loc of their own, which is no page
        if _name(element) == "loc" and _name(element.getparent()) in {"url", "sitemap"}:
            found.append(element.text or "")
        elif _name(element) == "link" and element.get("rel") == "alternate":
            found.append(element.get("href") or "")
    addresses = _distinct(found)
    return Addresses((), addresses) if name == "sitemapindex" else Addresses(addresses)


def _entry_addresses(entry: etree._Element) -> list[str]:
    addresses = []
    for child in entry:
        match _name(child):
            case "link" if child.get("href"):
                if child.get("rel", "alternate") == "alternate":
                    addresses.append(child.get("href") or "")
            case "link":
                addresses.append(child.text or "")
            case "guid" if (child.get("isPermaLink") or "true").lower() == "true":
                # RSS 2.0: a permanent address unless it says otherwise; many are none, whatever they say
                if (child.text or "").strip().startswith(("http://", "https://")):
                    addresses.append(child.text or "")
    return addresses


def _plain(octets: bytes) -> Addresses:
    lines = [line.strip() for line in octets.decode("utf-8-sig", "replace").splitlines()]
    addresses = [line for line in lines if line.startswith(("http://", "https://"))]
    if not addresses:
        raise NotAFeedError(f"expected a sitemap, found {octets[:40]!r}")
    return Addresses(_distinct(addresses))


def _root(octets: bytes) -> etree._Element:
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(octets.lstrip(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise NotAFeedError(f"expected XML, found {octets[:40]!r}") from error
    if root is None:
        raise NotAFeedError(f"expected XML, found {octets[:40]!r}")
    return root


def _unpacked(octets: bytes) -> bytes:
    if not octets.startswith(b"\x1f\x8b"):
        return octets
    unpacker = zlib.decompressobj(wbits=31)
    try:
        unpacked = unpacker.decompress(octets, SITEMAP_LIMIT)
    except zlib.error as error:
        raise NotAFeedError(f"expected a gzip sitemap, found other bytes: {error}") from error
    if unpacker.unconsumed_tail:
        raise NotAFeedError(f"expected a sitemap of {SITEMAP_LIMIT} bytes at most, found more")
    return unpacked


def _name(element: etree._Element | None) -> str:
    """The local name; '' for a comment or a processing instruction."""
    if element is None or not isinstance(element.tag, str):
        return ""
    return element.tag.rpartition("}")[2]


def _distinct(addresses: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(address.strip() for address in addresses if address.strip()))
