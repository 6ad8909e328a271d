"""The site-definition spider: does what an archivist's entry in khronika.toml says.

Every spider of Khronika is one of its kind. All responses come to `read`, which tells redirects and failures from
pages and hands pages on to the method that the frontier's row names. Pages are found by listings (REST, JSON lists,
feeds, sitemaps, listing pages) and by links. A way to find pages that is not there is recorded as a problem of its
address, and ends nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlsplit

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.http import HtmlResponse, Response, TextResponse

from spiders.address import AddressError, join_link
from spiders.api import api_page
from spiders.definition import SiteDefinition
from spiders.entry import Entry, NotAListingError, Way
from spiders.feeds import Addresses, feed_addresses, sitemap_addresses
from spiders.identity import Identity
from spiders.items import CasePage
from spiders.kinds import OTHER, kind_of
from spiders.links import Link, links_in, refresh_target
from spiders.listing import list_key, list_page, next_links
from spiders.listing_traps import BARREN, BARREN_SITEMAPS, ListingGuard
from spiders.requests import EXACT, HOP, LISTING, REFUSED, SECOND_LOOK, SEED, Follow, Listed, Need
from spiders.requisites import is_css, requisites_in, requisites_in_css
from spiders.rest import PAST_THE_END, next_rest_address, page_of, rest_address, rest_page
from spiders.scope import Scope, Verdict, compile_patterns
from spiders.traps import TrapGuard

Found = Request | Follow | Listed | Need | CasePage

LISTING_PRIORITY: Final = 40
"""Of REST, JSON lists, feeds and sitemaps: they say which pages need not be fetched."""
LIST_PRIORITY: Final = 30
"""Of listing pages."""
REQUISITES_REMEMBERED: Final = 1 << 15
"""Addresses of requisites that are known without asking the frontier."""


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
_PERHAPS_HTML = frozenset(
    {"", "text/plain", "application/octet-stream", "binary/octet-stream", "application/xml", "text/xml"}
)
"""What servers say of a page that they do not know to be one (WHATWG MIME Sniffing, 7)."""


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
        self.traps = TrapGuard(site)
        self._seen_with_browser = compile_patterns(site.browser)
        self._listings = ListingGuard()
        self._needed: dict[str, None] = {}
        """Requisites that pages of this run have named already."""
        self.dropped: Counter[str] = Counter()
        """Links that name nothing that can be fetched, by reason."""
        self._apis = {api.url: api for api in site.apis}
        self._lists = {list_key(self.identity.page(url)): url for url in site.lists}
        self._short: dict[str, str] = {}
        """Pages by the keys of their short forms, as far as a listing or the page said so; "" where two did."""
        self._named: dict[str, set[str]] = {}
        """Keys of the pages that a listing has named in this run, by its address."""
        self._beside: dict[str, set[str]] = {}
        """Keys of all that the pages of a list link to, by its address: entries of kinds that it does not name, too."""

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> SiteSpider:
        spider: SiteSpider = super().from_crawler(crawler, *args, **kwargs)
        return spider

    async def start(self) -> AsyncIterator[Request]:
        """The seeds: listings, downloads and start pages."""
        for url in self.site.rest:
            yield self.seed(rest_address(url), self.read_rest, listing=url)
        for api in self.site.apis:
            yield self.seed(api.url, self.read_api, listing=api.url)
        for url in self.site.sitemaps:
            yield self.seed(url, self.read_sitemap, listing=url)
        for url in self.site.feeds:
            yield self.seed(url, self.read_feed, listing=url)
        for url in self.site.lists:
            yield self.seed(url, self.read_list, listing=url)
        for url in self.site.downloads:
            yield self.seed(url, self.read_download)
        for url in self.site.start:
            yield self.seed(url, self.read_page)

    def verdict(self, url: str) -> Verdict:
        """Whether an address that was found is to be fetched, and why not."""
        if self._short and (page := self._short.get(self.identity.key(url))):
            return Verdict(False, f"same page as {page}")
        return self.scope.admits(url)

    def part_of_list(self, url: str) -> tuple[str, str | None] | None:
        """Of an address that is a page of one of the definition's lists, wherever it was found: the list's address,
        and why it is not to be fetched; None for any other address."""
        if not self._lists or not self.scope.has_host(url):
            return None
        # `include` is about pages; what is excluded is asked for by nobody
        if self.scope.admits(url).reason.startswith("excluded by"):
            return None
        listing = self._lists.get(list_key(self.identity.page(url)))
        return None if listing is None else (listing, self._listings.refusal(listing, url))

    def may_be_short(self, url: str) -> bool:
        """Whether an address may turn out to be the short form of a page that a listing has still to name."""
        return bool(self.site.rest) and _SHORT_FORM.search(url) is not None

    # -- what was fetched

    def read(self, response: Response) -> Iterator[Found]:
        """Any response: follow a redirect, hand a page on, leave the rest as it is kept."""
        if response.meta.get("callback") == SECOND_LOOK:
            return
        if response.status in REDIRECTS and "Location" in response.headers:
            yield from self.read_redirect(response)
        elif 200 <= response.status < 300:
            callback: Callable[[Response], Iterator[Found]] = getattr(self, response.meta.get("callback", "read_page"))
            yield from callback(response)
        elif response.meta.get(LISTING) and not self._is_past_the_end(response):
            raise UnreadError(f"expected a listing, found status {response.status}")

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
        listing = response.meta.get(LISTING)
        priority = response.request.priority if response.request is not None else 0
        yield self.request(
            target,
            callback,
            hop="R",
            # RFC 3986, 6.2.2 calls both spellings one address; this server does not
            exact=same,
            seed=listing is not None and self.scope.has_host(target),
            priority=priority + 1,
            listing=listing,
        )
        if listing is not None and callback == self.read_list and _path(target) != _path(response.url):
            # what is named there is fetched; that it does not name a page says nothing
            raise UnreadError("the list leads elsewhere")

    def read_page(self, response: Response) -> Iterator[Found]:
        """A page: hand it to reading, follow its links."""
        page = as_html(response)
        if page is None:
            return
        yield self.case_page(response)
        refresh = response.headers.get("Refresh")
        target = refresh_target(refresh.decode("latin-1")) if refresh else None
        if target:
            yield from self.requests(response, [target], self.read_page, hop="R")
        # before its links: a document that `include` leaves out is fetched as what the page needs
        yield from self._needs_of(page)
        yield from self._links_of(page)

    def read_second_look(self, response: Response) -> Iterator[Found]:
        """A page that this crawl has read already: it is kept, and nothing is looked for in it."""
        return iter(())

    def read_requisite(self, response: Response) -> Iterator[Found]:
        """What a page needs: a stylesheet needs more; anything else, an error page in a picture's place too, is kept as
        it is."""
        if is_css(_media_type(response), response.url):
            text = (
                readable(response)[0] if isinstance(response, TextResponse) else response.body.decode(errors="replace")
            )
            yield from self._need(requisites_in_css(text, response.url))

    def read_list(self, response: Response) -> Iterator[Found]:
        """A page of a list: its entries are pages; its next pages are parts of the list."""
        page = as_html(response)
        if page is None:
            raise UnreadError(f"expected an HTML page of a list, found {_media_type(response) or 'no type'}")
        yield self.case_page(response)
        headers = [header.decode("latin-1") for header in response.headers.getlist("Link")]
        found = list_page(*readable_octets(page), self.site.selectors, headers)
        beside = not self.site.selectors.listing
        if beside and self.site.kinds:
            # all links of the page: those of a kind that the definition knows are what it lists
            entries = [url for url in found.entries if self.kind_of(url) not in {None, "list"}]
        else:
            entries = [*found.entries]
        first = response.meta[LISTING] not in self._named
        # a redesigned page on which the selector finds nothing says nothing about what is gone
        whole = found.matched or beside or not first
        listed, _ = self._name(response, "list", map(Entry, entries), whole=whole, links=found.links)
        yield listed
        yield from self._parts(response, found.more, self.read_list)
        yield from self._links_of(page)

    def read_rest(self, response: Response) -> Iterator[Found]:
        """A page of a REST collection: its entries are pages; the next one follows while there are more."""
        try:
            page = rest_page(response.body, response.url, self.entry_facts)
        except NotAListingError as error:
            raise UnreadError(str(error)) from error
        total = _number(response, "X-WP-Total")
        yield self._name(response, "rest", page.entries, total=total)[0]
        pages = (response.headers.get("X-WP-TotalPages") or b"").decode("latin-1")
        following = next_rest_address(response.url, page.size, pages)
        parts = [following] if following else []
        if following and pages and (beyond := next_rest_address(following, page.size, pages)):
            # the collection says how far it goes: one page that cannot be had does not hide those after it
            parts.append(beyond)
        yield from self._parts(response, parts, self.read_rest)

    def read_api(self, response: Response) -> Iterator[Found]:
        """A JSON list: its entries are pages; it leads to its next part, or is counted on while it names new ones."""
        api = self._apis[response.meta[LISTING]]
        try:
            page = api_page(response.body, api, response.url)
        except NotAListingError as error:
            raise UnreadError(str(error)) from error
        listed, new = self._name(response, "api", page.entries)
        yield listed
        headers = [header.decode("latin-1") for header in response.headers.getlist("Link")]
        # a server that does not know the parameter answers with the same entries for ever
        more = [page.more] if page.more and (api.next or new) else []
        yield from self._parts(response, [*more, *next_links(headers)], self.read_api)

    def read_feed(self, response: Response) -> Iterator[Found]:
        """A feed: its entries are pages; its next part is a feed."""
        yield from self._feed_or_sitemap(response, feed_addresses, self.read_feed, "feed")

    def read_sitemap(self, response: Response) -> Iterator[Found]:
        """A sitemap: pages; a sitemap index: more sitemaps."""
        yield from self._feed_or_sitemap(response, sitemap_addresses, self.read_sitemap, "sitemap")

    def read_download(self, response: Response) -> Iterator[Found]:
        """What is fetched to be kept: it is not looked into."""
        yield from ()

    def entry_facts(self, entry: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
        """What an entry of a REST collection tells of its page: pairs of a name and a value. None here; a spider that
        knows its site's terms reads them."""
        return ()

    def _is_past_the_end(self, response: Response) -> bool:
        """Whether a listing that is counted on without being told how far has come to its end."""
        match response.meta.get("callback"):
            case "read_rest":
                return response.status == PAST_THE_END and page_of(response.url) > 1
            case "read_api":
                api = self._apis.get(response.meta[LISTING])
                counted = api is not None and not api.next and response.url != api.url
                return counted and response.status in {400, 404, 416, 422}
        return False

    def _name(
        self,
        response: Response,
        way: Way,
        entries: Iterable[Entry],
        *,
        whole: bool = True,
        total: int | None = None,
        links: Iterable[str] = (),
    ) -> tuple[Listed, bool]:
        """What a part of a listing names, with whole addresses; and whether some of it, or of the further `links` that
        show whether it goes on, is new in this run."""
        listing = response.meta[LISTING]
        named = self._named.setdefault(listing, set())
        before = len(named)
        joined: list[Entry] = []
        for entry in entries:
            try:
                url = join_link(response.url, entry.url)
                key = self.identity.key(url)
            except AddressError as error:
                self.dropped[str(error)] += 1
                continue
            named.add(key)
            joined.append(_as_text(entry, url))
            for short in entry.same:
                self._learn_short(response.url, short, url, key)
        beside = self._beside.setdefault(listing, set())
        known = len(beside)
        beside.update(self.identity.key(url) for url in links)
        new = len(named) > before or len(beside) > known
        self._listings.read(listing, new=new)
        return Listed(listing, way, tuple(joined), whole, total), new

    def _learn_short(self, base: str, short: str, url: str, key: str) -> None:
        try:
            address = join_link(base, short)
            short_key = self.identity.key(address)
        except AddressError:
            return
        # a template may give all pages the same one, a feed a translation's: what is a page by itself stays one
        numbered = _NUMBERED.search(address) is not None and self.kind_of(address) is None
        if short_key == key or not (numbered or _SHORT_FORM.search(address)):
            return
        known = self._short.setdefault(short_key, url)
        if known and not self.identity.same(known, url):
            self._short[short_key] = ""

    def _parts(
        self, response: Response, addresses: Iterable[str], callback: Callable[[Response], Iterator[Found]]
    ) -> Iterator[Request]:
        """Requests for further parts of a listing; those of one without end are on record, and not fetched."""
        listing = response.meta[LISTING]
        barren = BARREN_SITEMAPS if callback == self.read_sitemap else BARREN
        for request in self.requests(response, addresses, callback, hop="M", listing=listing):
            if (refusal := self._listings.refusal(listing, request.url, barren=barren)) is not None:
                request.meta[REFUSED] = refusal
                if self._listings.was_had(listing):
                    # what is not fetched is no part that is missing
                    request.meta[LISTING] = None
            yield request

    def _needs_of(self, response: TextResponse) -> Iterator[Need]:
        if self.site.requisites and self.kind_of(response.url) != "list":
            scripts = any(pattern.search(response.url) for pattern in self._seen_with_browser)
            yield from self._need(requisites_in(*readable_octets(response), scripts=scripts))

    def _need(self, links: Iterable[Link]) -> Iterator[Need]:
        if len(self._needed) > REQUISITES_REMEMBERED:
            self._needed.clear()
        new = tuple(link for link in links if link.url not in self._needed)
        self._needed.update(dict.fromkeys(link.url for link in new))
        if new:
            yield Need(new)

    def _links_of(self, response: TextResponse) -> Iterator[Follow]:
        if not self.site.follow:
            return
        links = links_in(*readable_octets(response))
        self.dropped.update(links.dropped)
        if links.short:
            self._learn_short(response.url, links.short, response.url, self.identity.key(response.url))
        if links.links:
            yield Follow(links.links)

    # -- what is to be fetched

    def seed(self, url: str, callback: Callable[[Response], Iterator[Found]], *, listing: str | None = None) -> Request:
        """A request that belongs to the crawl whatever the scope says."""
        meta = {SEED: True, LISTING: listing}
        return Request(
            join_link(url, ""), callback=callback, dont_filter=True, priority=self._priority(callback), meta=meta
        )

    def request(
        self,
        url: str,
        callback: Callable[[Response], Iterator[Found]],
        *,
        hop: str = "L",
        exact: bool = False,
        seed: bool = False,
        priority: int = 0,
        listing: str | None = None,
    ) -> Request:
        """A request for an address that was found."""
        meta = {HOP: hop, EXACT: exact, SEED: seed, LISTING: listing}
        return Request(url, callback=callback, dont_filter=True, priority=priority, meta=meta)

    def requests(
        self,
        response: Response,
        addresses: Iterable[str],
        callback: Callable[[Response], Iterator[Found]],
        *,
        hop: str,
        listing: str | None = None,
    ) -> Iterator[Request]:
        """Requests for addresses as they are written on a page; what names nothing is counted.

        Feeds, sitemaps and the like on the site's own hosts are read wherever the site puts them: `include` is about
        pages.
        """
        priority = self._priority(callback)
        for address in addresses:
            try:
                url = join_link(response.url, address)
            except AddressError as error:
                self.dropped[str(error)] += 1
            else:
                seed = callback != self.read_page and self.scope.has_host(url)
                yield self.request(url, callback, hop=hop, seed=seed, priority=priority, listing=listing)

    def _priority(self, callback: Callable[[Response], Iterator[Found]]) -> int:
        name = getattr(callback, "__name__", "")
        return LISTING_PRIORITY if name in _LISTINGS else LIST_PRIORITY if name == "read_list" else 0

    def case_page(self, response: Response) -> CasePage:
        """The item for a page that was captured."""
        return CasePage(response.url, response.meta["capture"].record_id, self.kind_of(response.url))

    def kind_of(self, url: str) -> str | None:
        """The kind of page that the site's definition tells by the address; None when it tells none."""
        kind = kind_of(self.site, url)
        return None if kind == OTHER else kind

    def _feed_or_sitemap(
        self,
        response: Response,
        addresses_in: Callable[[bytes], Addresses],
        callback: Callable[[Response], Iterator[Found]],
        way: Way,
    ) -> Iterator[Found]:
        try:
            addresses = addresses_in(response.body)
        except NotAListingError as error:
            raise UnreadError(str(error)) from error
        window = addresses.window or (addresses.news and self.identity.same(response.url, response.meta[LISTING]))
        yield self._name(response, way, addresses.entries, whole=not window)[0]
        yield from self._parts(response, addresses.more, callback)


_SHORT_FORM: Final = re.compile(r"[?&](?:p|page_id|attachment_id)=\d+(?:&|$)")
_NUMBERED: Final = re.compile(r"[?&][^=/]*=\d+(?:&|$)|/\d+/?$")
_LISTINGS: Final = frozenset({"read_rest", "read_api", "read_feed", "read_sitemap"})


_LONGEST_FACT: Final = 1000


def _as_text(entry: Entry, url: str) -> Entry:
    """The entry with its whole address, and with texts that can be kept: JSON may hold halves of surrogate pairs."""

    def text(said: str) -> str:
        return said[:_LONGEST_FACT].encode("utf-8", "replace").decode("utf-8")

    facts = tuple((text(name), text(value)) for name, value in entry.facts)
    return replace(entry, url=url, modified=text(entry.modified), published=text(entry.published), facts=facts)


def _number(response: Response, header: str) -> int | None:
    value = (response.headers.get(header) or b"").decode("latin-1").strip()
    return int(value) if value.isdecimal() and value.isascii() and len(value) < 10 else None


def _media_type(response: Response) -> str:
    return (response.headers.get("Content-Type") or b"").decode("latin-1").split(";")[0].strip().lower()


def _path(url: str) -> str:
    return urlsplit(url).path.rstrip("/")


_BEGINS_LIKE_HTML = re.compile(
    # atomic: a comment ends where it ends, however many follow one another
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--(?>.*?-->)\s*)*+<(?:!doctype\s+html|html|head|body|frameset)\b",
    re.I | re.S,
)


def as_html(response: Response) -> TextResponse | None:
    """The page, if the server, or where it knows no better its beginning, calls it HTML; else None."""
    media_type = _media_type(response)
    if media_type in _HTML:
        return response if isinstance(response, TextResponse) else None
    if media_type not in _PERHAPS_HTML or _BEGINS_LIKE_HTML.match(response.body[:2048]) is None:
        return None
    if isinstance(response, HtmlResponse):
        return response
    return HtmlResponse(
        response.url, response.status, response.headers, response.body, request=response.request, flags=response.flags
    )


def is_html(response: Response) -> bool:
    """As `as_html`, as an answer."""
    return as_html(response) is not None
