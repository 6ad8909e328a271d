"""The site-definition spider: does what an archivist's entry in khronika.toml says.

Every spider of Khronika is one of its kind. All responses come to `read`, which tells redirects and failures from
pages and hands pages on to the method that the frontier's row names.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import Any

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.http import Response, TextResponse

from spiders.address import AddressError, join_link
from spiders.definition import SiteDefinition
from spiders.feeds import Addresses, NotAFeedError, feed_addresses, sitemap_addresses
from spiders.identity import Identity
from spiders.items import CasePage
from spiders.links import links_in, refresh_target
from spiders.requests import EXACT, HOP, SEED, Follow
from spiders.scope import Scope, compile_patterns

Found = Request | Follow | CasePage


def readable(response: TextResponse) -> tuple[str, str, str]:
    """A page's text, its address, and the encoding that the text was read in.

    A page may name an encoding that Python knows and that is not one of text (`idna`, `rot13`, `undefined`); it is
    read as UTF-8 then, and what is no UTF-8 is replaced: its links are to be found all the same.
    """
    try:
        return response.text, response.url, response.encoding
    except (LookupError, UnicodeError):
        return response.body.decode("utf-8", errors="replace"), response.url, "utf-8"


def readable_octets(response: TextResponse) -> tuple[str | bytes, str, str]:
    """As `readable`, without making a text of a page whose server says that it is UTF-8, and right."""
    body = response.body
    if _IN_UTF_8.search(response.headers.get("Content-Type") or b"") and not body.startswith(_OTHER_MARKS):
        try:
            body.decode("utf-8")
        except UnicodeError:
            pass
        else:
            return body, response.url, "utf-8"
    return readable(response)


# a byte order mark goes before what the server says (WHATWG Encoding, 6)
_OTHER_MARKS = (b"\xff\xfe", b"\xfe\xff")
_IN_UTF_8 = re.compile(rb";\s*charset\s*=\s*\"?utf-?8\"?\s*(?:;|$)", re.IGNORECASE)

REDIRECTS = frozenset({300, 301, 302, 303, 307, 308})

_HTML = frozenset({"text/html", "application/xhtml+xml", "application/vnd.wap.xhtml+xml"})


class UnreadError(Exception):
    """A page was captured and could not be looked into: the message is kept in the frontier."""


class SiteSpider(Spider):
    """Follows links, feeds and sitemaps of one site within its scope."""

    name = "site"

    def __init__(self, *, site: SiteDefinition, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.site = site
        self.scope = Scope(site)
        self.identity = Identity(site)
        self.dropped: Counter[str] = Counter()
        """Links that name nothing that can be fetched, by reason."""
        self._kinds = tuple(
            zip(
                compile_patterns(pattern for pattern, _ in site.kinds),
                (kind for _, kind in site.kinds),
                strict=True,
            )
        )

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> SiteSpider:
        spider: SiteSpider = super().from_crawler(crawler, *args, **kwargs)
        return spider

    async def start(self) -> AsyncIterator[Request]:
        """The seeds: start pages, feeds and sitemaps."""
        for url in self.site.start:
            yield self.seed(url, self.read_page)
        for url in self.site.sitemaps:
            yield self.seed(url, self.read_sitemap)
        for url in self.site.feeds:
            yield self.seed(url, self.read_feed)

    # -- what was fetched

    def read(self, response: Response) -> Iterator[Found]:
        """Any response: follow a redirect, hand a page on, leave the rest as it is kept."""
        if response.status in REDIRECTS and "Location" in response.headers:
            yield from self.read_redirect(response)
        elif 200 <= response.status < 300:
            callback: Callable[[Response], Iterator[Found]] = getattr(self, response.meta.get("callback", "read_page"))
            yield from callback(response)

    def read_redirect(self, response: Response) -> Iterator[Found]:
        """The address that a redirect names is a page of its own, read as this one would have been."""
        location = (response.headers["Location"] or b"").decode("utf-8", "surrogateescape")
        try:
            target = join_link(response.url, location.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
            same = self.identity.key(target) == self.identity.key(response.url)
        except AddressError as error:
            raise UnreadError(f"redirect to no page: {error}") from error
        if target == response.url:
            raise UnreadError("redirect to itself")
        callback = getattr(self, response.meta.get("callback", "read_page"))
        # RFC 3986, 6.2.2 calls both spellings one address; this server does not
        yield self.request(target, callback, hop="R", exact=same, priority=1)

    def read_page(self, response: Response) -> Iterator[Found]:
        """A page: hand it to reading, follow its links."""
        if not is_html(response):
            return
        yield self.case_page(response)
        refresh = response.headers.get("Refresh")
        target = refresh_target(refresh.decode("latin-1")) if refresh else None
        if target:
            yield from self.requests(response, [target], self.read_page, hop="R")
        if not self.site.follow:
            return
        assert isinstance(response, TextResponse)
        links = links_in(*readable_octets(response))
        self.dropped.update(links.dropped)
        if links.links:
            yield Follow(links.links)

    def read_feed(self, response: Response) -> Iterator[Found]:
        """A feed: its entries are pages; its next page is a feed."""
        yield from self._listed(response, feed_addresses, self.read_feed)

    def read_sitemap(self, response: Response) -> Iterator[Found]:
        """A sitemap: pages; a sitemap index: more sitemaps."""
        yield from self._listed(response, sitemap_addresses, self.read_sitemap)

    # -- what is to be fetched

    def seed(self, url: str, callback: Callable[[Response], Iterator[Found]]) -> Request:
        """A request that belongs to the crawl whatever the scope says."""
        return Request(join_link(url, ""), callback=callback, dont_filter=True, meta={SEED: True})

    def request(
        self,
        url: str,
        callback: Callable[[Response], Iterator[Found]],
        *,
        hop: str = "L",
        exact: bool = False,
        seed: bool = False,
        priority: int = 0,
    ) -> Request:
        """A request for an address that was found."""
        return Request(
            url, callback=callback, dont_filter=True, priority=priority, meta={HOP: hop, EXACT: exact, SEED: seed}
        )

    def requests(
        self,
        response: Response,
        addresses: Iterable[str],
        callback: Callable[[Response], Iterator[Found]],
        *,
        hop: str,
    ) -> Iterator[Request]:
        """Requests for addresses as they are written on a page; what names nothing is counted.

        Feeds, sitemaps and the like on the site's own hosts are read wherever the site puts them: `include` is about
        pages.
        """
        for address in addresses:
            try:
                url = join_link(response.url, address)
            except AddressError as error:
                self.dropped[str(error)] += 1
            else:
                is_list = callback != self.read_page
                yield self.request(url, callback, hop=hop, seed=is_list and self.scope.has_host(url))

    def case_page(self, response: Response) -> CasePage:
        """The item for a page that was captured."""
        return CasePage(response.url, response.meta["capture"].record_id, self.kind_of(response.url))

    def kind_of(self, url: str) -> str | None:
        """The kind of page that the site's definition tells by the address."""
        return next((kind for pattern, kind in self._kinds if pattern.search(url)), None)

    def _listed(
        self,
        response: Response,
        addresses_in: Callable[[bytes], Addresses],
        callback: Callable[[Response], Iterator[Found]],
    ) -> Iterator[Found]:
        try:
            addresses = addresses_in(response.body)
        except NotAFeedError as error:
            raise UnreadError(str(error)) from error
        yield from self.requests(response, addresses.more, callback, hop="M")
        yield from self.requests(response, addresses.pages, self.read_page, hop="M")


def is_html(response: Response) -> bool:
    """Whether the server, or where it says nothing the beginning of the page, calls it HTML."""
    media_type = (response.headers.get("Content-Type") or b"").decode("latin-1").split(";")[0].strip().lower()
    if not isinstance(response, TextResponse):
        return False
    if media_type:
        return media_type in _HTML
    return (
        re.match(rb"\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", response.body[:2048], re.I | re.S)
        is not None
    )
