"""What feeds and sitemaps name, for discovery: RSS 0.9x, 1.0 and 2.0, Atom (RFC 4287), JSON Feed 1.1; sitemaps.org 0.9.

Paged and archived feeds (RFC 5005) name their next document. All of it comes from strangers: no entity is resolved,
nothing is fetched by the parser, and a compressed sitemap is unpacked up to the protocol's own limit.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from lxml import etree

from spiders.entry import Entry, NotAListingError

SITEMAP_LIMIT: Final = 52_428_800
"""Bytes of one sitemap, uncompressed (sitemaps.org: 50 MB)."""

_FEEDS: Final = frozenset({"rss", "RDF", "feed"})
_SITEMAPS: Final = frozenset({"urlset", "sitemapindex"})
_MORE: Final = frozenset({"next", "prev-archive", "next-archive"})
_OF_CHAIN: Final = _MORE | {"previous", "prev", "first", "current"}
"""Link relations (RFC 5005, 3 and 4) of a document that is a part of a feed: the parts together are the whole."""


class NotAFeedError(NotAListingError):
    """The octets are no feed, or no sitemap: the message says what was found."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """What a feed or a sitemap names."""

    entries: tuple[Entry, ...]
    """Pages in their order, without repeats."""
    more: tuple[str, ...] = ()
    """Addresses, as they are written, of further sitemaps of an index, or of a feed's next part."""
    window: bool = False
    """Whether it is made to name the newest pages only, or is damaged: that it does not name a page says nothing."""
    news: bool = False
    """Whether it is a sitemap of the last two days alone (Google's for news); in an index others name the rest."""

    @property
    def pages(self) -> tuple[str, ...]:
        """The addresses of the entries."""
        return tuple(entry.url for entry in self.entries)


def feed_addresses(octets: bytes) -> Addresses:
    """The pages that a feed's entries name. Raises NotAFeedError."""
    if _is_json(octets):
        return _json_feed(octets)
    root, sound = _root(octets)
    if _name(root) not in _FEEDS:
        raise NotAFeedError(f"expected rss, RDF or feed as root element, found {_name(root)[:40]}")
    return _feed(root, sound=sound)


def sitemap_addresses(octets: bytes) -> Addresses:
    """The pages and further sitemaps that a sitemap names: XML or plain text, gzip or not. Raises NotAFeedError.

    The protocol allows a feed in a sitemap's place.
    """
    octets, whole = _unpacked(octets)
    if not octets.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return _plain(octets, window=not whole)
    root, sound = _root(octets)
    whole = whole and sound
    name = _name(root)
    if name in _FEEDS:
        return _feed(root, sound=whole)
    if name not in _SITEMAPS:
        raise NotAFeedError(f"expected urlset or sitemapindex as root element, found {name[:40]}")
    if name == "sitemapindex":
        locations = (one.text or "" for one in root.iter() if _name(one) == "loc" and _is_of(one, "sitemap"))
        return Addresses((), _distinct(locations), window=not whole)
    entries: list[Entry] = []
    # a broken sitemap may have them at any depth
    urls = [element for element in root.iter() if _name(element) == "url"]
    for url in urls:
        entries += _sitemap_entries(url)
    news = bool(urls) and all(any(_name(child) == "news" for child in url) for url in urls)
    return Addresses(_once(entries), window=not whole, news=news)


def _feed(root: etree._Element, *, sound: bool) -> Addresses:
    entries: list[Entry] = []
    more: list[str] = []
    whole = False
    for element in root.iter():
        match _name(element):
            case "item" | "entry":
                entries += _feed_entries(element)
            case "complete":  # RFC 5005, 2: this document is all there is
                whole = True
            case "link" if element.get("href") and _name(element.getparent()) not in {"item", "entry"}:
                relation = (element.get("rel") or "").lower()
                whole = whole or relation in _OF_CHAIN
                if relation in _MORE:
                    more.append(element.get("href") or "")
    return Addresses(_once(entries), _distinct(more), window=not (whole and sound))


def _feed_entries(entry: etree._Element) -> list[Entry]:
    addresses: list[str] = []
    same: list[str] = []
    modified = published = ""
    for child in entry:
        text = child.text or ""
        match _name(child):
            case "link" if child.get("href"):
                if child.get("rel", "alternate") == "alternate":
                    addresses.append(child.get("href") or "")
            case "link":
                addresses.append(text)
            case "guid" if text.strip().startswith(("http://", "https://")):
                # RSS 2.0: a permanent address unless it says otherwise. WordPress says so of the short form of the
                # page; many are no address, whatever they say.
                permanent = (child.get("isPermaLink") or "true").lower() == "true"
                (addresses if permanent else same).append(text)
            case "updated" | "modified" | "date-modified":
                modified = text
            case "published" | "issued" | "pubDate" | "date" | "created":
                published = published or text
    return [
        Entry(url, modified.strip(), published.strip(), _distinct(one for one in same if one.strip() != url))
        for url in _distinct(addresses)
    ]


def _sitemap_entries(url: etree._Element) -> list[Entry]:
    location = modified = ""
    alternates: list[str] = []
    for child in url:
        match _name(child):
            case "loc":
                # the image and video extensions have a loc of their own, a level deeper, which is no page
                location = child.text or ""
            case "lastmod":
                modified = child.text or ""
            case "link" if child.get("rel") == "alternate":
                alternates.append(child.get("href") or "")
    named = [Entry(one, modified.strip()) for one in _distinct([location])]
    # the translation has an entry of its own, which says when that one was changed
    return named + [Entry(one) for one in _distinct(alternates) if one != location.strip()]


def _json_feed(octets: bytes) -> Addresses:
    try:
        feed = json.loads(octets.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError) as error:
        raise NotAFeedError(f"expected JSON Feed, found {octets[:40]!r}") from error
    items = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(items, list):
        raise NotAFeedError(f"expected JSON Feed with items, found {octets[:40]!r}")
    entries = [_json_entry(item) for item in items if isinstance(item, dict)]
    following = feed.get("next_url")
    more = _distinct([following]) if isinstance(following, str) else ()
    return Addresses(_once(one for one in entries if one.url), more, window=True)


def _json_entry(item: dict[str, Any]) -> Entry:
    def said(name: str) -> str:
        value = item.get(name)
        return value.strip() if isinstance(value, str) else ""

    # JSON Feed 1.1: an id is ideally the item's full address
    name = said("id")
    url = said("url") or (name if name.startswith(("http://", "https://")) else "")
    return Entry(url, said("date_modified"), said("date_published"))


def _plain(octets: bytes, *, window: bool) -> Addresses:
    lines = [line.strip() for line in octets.decode("utf-8-sig", "replace").splitlines()]
    addresses = _distinct(line for line in lines if line.startswith(("http://", "https://")))
    if not addresses:
        raise NotAFeedError(f"expected a sitemap, found {octets[:40]!r}")
    return Addresses(tuple(map(Entry, addresses)), window=window)


def _is_json(octets: bytes) -> bool:
    return octets.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")


# an ampersand that begins no reference, as in an address that nobody escaped: the parser would drop it, and what
# follows would be another page. A section that nobody closes goes on to the end: none is looked for again within it.
_LOOSE: Final = re.compile(rb"<!\[CDATA\[(?:.*?\]\]>|.*\Z)|&(?!(?:#\d+|#[xX][0-9A-Fa-f]+|[A-Za-z]\w*);)", re.DOTALL)


def _root(octets: bytes) -> tuple[etree._Element, bool]:
    """The root element, and whether the document is sound: of one that is cut off, what came before is read."""
    octets = _LOOSE.sub(lambda found: found[0] if found[0] != b"&" else b"&amp;", octets)
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(octets.lstrip(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise NotAFeedError(f"expected XML, found {octets[:40]!r}") from error
    if root is None:
        raise NotAFeedError(f"expected XML, found {octets[:40]!r}")
    return root, not parser.error_log


def _unpacked(octets: bytes) -> tuple[bytes, bool]:
    """The octets without gzip, and whether that came to its end."""
    if not octets.startswith(b"\x1f\x8b"):
        return octets, True
    unpacker = zlib.decompressobj(wbits=31)
    try:
        unpacked = unpacker.decompress(octets, SITEMAP_LIMIT)
    except zlib.error as error:
        raise NotAFeedError(f"expected a gzip sitemap, found other bytes: {error}") from error
    if unpacker.unconsumed_tail:
        raise NotAFeedError(f"expected a sitemap of {SITEMAP_LIMIT} bytes at most, found more")
    return unpacked, unpacker.eof


def _name(element: etree._Element | None) -> str:
    """The local name; '' for a comment or a processing instruction."""
    if element is None or not isinstance(element.tag, str):
        return ""
    return element.tag.rpartition("}")[2]


def _is_of(element: etree._Element, parent: str) -> bool:
    return _name(element.getparent()) == parent


def _distinct(addresses: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(address.strip() for address in addresses if address.strip()))


def _once(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Each address once: what says when it was changed before what does not."""
    by_address: dict[str, Entry] = {}
    for entry in entries:
        known = by_address.get(entry.url)
        if known is None or (entry.modified and not known.modified):
            by_address[entry.url] = entry
    return tuple(by_address.values())
