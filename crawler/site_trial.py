"""A trial of a site's definition: each way to find pages is gone once, a few pages of each kind are read.

Nothing is stored. What the crawl would do is done with the same parts: the scope, the identity, the readers of
listings, the reading of a page with the definition's selectors.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Literal

from crawler.looking import Looker, Tell, looker
from pipelines.page import read_page
from pipelines.reading import StoredPage
from pipelines.rules import ReadingRules
from pipelines.sight import facts_of
from spiders.address import AddressError, join_link
from spiders.api import api_page
from spiders.entry import NotAListingError
from spiders.feeds import feed_addresses, sitemap_addresses
from spiders.identity import Identity
from spiders.kinds import kind_of
from spiders.links import links_in
from spiders.listing import list_page
from spiders.look import Fetched, looks_like_html
from spiders.rest import rest_address, rest_page
from spiders.scope import Scope

if TYPE_CHECKING:
    from crawler.config import Config
    from pipelines.reading import Reading
    from spiders.definition import Api, SiteDefinition

LISTINGS: Final = frozenset({"list", "feed", "sitemap", "rest", "api", "download"})
"""Kinds that are ways to find pages rather than pages to read."""
PARTS: Final = 2
"""Parts of an index of sitemaps that are fetched: the first and the last."""
MANY: Final = 12
"""Addresses of one way that are tried; a definition may name hundreds of lists."""


@dataclass(frozen=True, slots=True)
class Discovered:
    """What one address would lead a crawl to."""

    way: Literal["start", "list", "feed", "sitemap", "rest", "api"]
    url: str
    outcome: str
    """What came back."""
    ok: bool
    named: int = 0
    """Addresses that it names."""
    taken: int = 0
    """Those that belong to the site."""
    refused: Mapping[str, int] = field(default_factory=dict)
    """The others, by reason."""
    kinds: Mapping[str, int] = field(default_factory=dict)
    """Those that belong to it, by kind."""
    more: int = 0
    """Further parts: pages of a list, sitemaps of an index."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A page that was read by the definition."""

    url: str
    kind: str
    outcome: str
    reading: Reading | None
    """None: there was none, or it is no page that is read."""

    @property
    def matched(self) -> Mapping[str, int]:
        """How often each selector of the definition matched."""
        return dict(self.reading.sight.matched) if self.reading is not None and self.reading.sight is not None else {}


@dataclass(frozen=True, slots=True)
class Trial:
    """What a trial of a definition brought."""

    discovered: tuple[Discovered, ...]
    pages: tuple[Tried, ...]
    missing: tuple[str, ...]
    """What the definition says and was not found, and what was found wanting."""

    @property
    def reached(self) -> bool:
        """Whether the site answered at all."""
        return any(one.ok for one in self.discovered)


async def try_site(
    site: SiteDefinition, config: Config, *, pages: int, delay: float | None, tell: Tell, now: datetime | None = None
) -> Trial:
    """Try a definition; `pages` of each kind are read."""
    async with looker(config, site=site, delay=delay, tell=tell) as eyes:
        trial = _Trial(site, eyes, now or datetime.now(UTC))
        await trial.discover()
        await trial.read(pages)
    return trial.result()


class _Trial:
    def __init__(self, site: SiteDefinition, eyes: Looker, now: datetime) -> None:
        self._site = site
        self._eyes = eyes
        self._now = now
        self._scope = Scope(site)
        self._identity = Identity(site)
        self._kinds: dict[str, dict[str, str]] = {}
        """Of each kind the addresses that were found, by what tells pages apart."""
        self._discovered: list[Discovered] = []
        self._pages: list[Tried] = []
        self._below: list[str] = []
        """Addresses that the pages that were read name."""

    # -- finding

    async def discover(self) -> None:
        """Go each way that the definition names."""
        site = self._site
        for url in site.start[:MANY]:
            await self._one("start", url, self._links)
        for url in site.lists[:MANY]:
            await self._one("list", url, self._list)
        for url in site.feeds[:MANY]:
            await self._one("feed", url, lambda found: _addresses(feed_addresses(found.octets), found))
        for url in site.sitemaps[:MANY]:
            await self._one("sitemap", url, lambda found: _addresses(sitemap_addresses(found.octets), found))
        for url in site.rest[:MANY]:
            await self._one("rest", url, _of_rest, rest_address(url))
        for api in site.apis[:MANY]:
            await self._one("api", api.url, lambda found, api=api: _of_api(found, api))  # type: ignore[misc]

    async def _one(
        self,
        way: Literal["start", "list", "feed", "sitemap", "rest", "api"],
        url: str,
        read: Callable[[Fetched], tuple[Sequence[str], Sequence[str]]],
        asked: str = "",
    ) -> None:
        found = await self._eyes.get(asked or url)
        if not found.ok:
            self._discovered.append(Discovered(way, url, found.words, False))
            return
        try:
            named, more = read(found)
        except NotAListingError as error:
            self._discovered.append(Discovered(way, url, str(error)[:200], False))
            return
        named = [*named]
        if way == "sitemap":
            for part in dict.fromkeys([*more[:1], *more[-1:]][:PARTS]):
                named += await self._part(part)
        self._discovered.append(self._judged(way, url, found.words, named, len(more)))

    async def _part(self, url: str) -> Sequence[str]:
        found = await self._eyes.get(url)
        try:
            return _addresses(sitemap_addresses(found.octets), found)[0] if found.ok else ()
        except NotAListingError:
            return ()

    def _judged(
        self,
        way: Literal["start", "list", "feed", "sitemap", "rest", "api"],
        url: str,
        outcome: str,
        named: Sequence[str],
        more: int,
    ) -> Discovered:
        refused: Counter[str] = Counter()
        kinds: Counter[str] = Counter()
        for address in dict.fromkeys(named):
            verdict = self._scope.admits(address)
            if not verdict.admitted:
                refused[verdict.reason] += 1
                continue
            kind = kind_of(self._site, address)
            kinds[kind] += 1
            self._kinds.setdefault(kind, {}).setdefault(self._identity.key(address), self._identity.clean(address))
        return Discovered(
            way, url, outcome, True, len(dict.fromkeys(named)), kinds.total(), dict(refused), dict(kinds), more
        )

    def _links(self, found: Fetched) -> tuple[Sequence[str], Sequence[str]]:
        if not looks_like_html(found.text):
            raise NotAListingError(f"expected a page, found {found.words}")
        links = links_in(found.text, found.final, found.charset).links if self._site.follow else ()
        return [link.url for link in links], ()

    def _list(self, found: Fetched) -> tuple[Sequence[str], Sequence[str]]:
        if not looks_like_html(found.text):
            raise NotAListingError(f"expected a listing page, found {found.words}")
        headers = [found.headers["link"]] if "link" in found.headers else []
        page = list_page(found.text, found.final, found.charset, self._site.selectors, headers)
        return page.entries, page.more

    # -- reading

    async def read(self, pages: int) -> None:
        """Read some pages of each kind; for a kind that nothing has named so far, what these and some lists name."""
        known = [kind for kind in sorted(self._kinds) if kind not in LISTINGS]
        for kind in known:
            await self._read_some(kind, pages)
        wanted = {kind for _, kind in self._site.kinds} - LISTINGS - {*known}
        if not wanted or not self._site.follow:
            return
        asked = {self._identity.key(one.url) for one in self._discovered}
        lists = [url for key, url in self._kinds.get("list", {}).items() if key not in asked]
        for url in _spread(lists, pages):
            found = await self._eyes.get(url)
            if found.ok and looks_like_html(found.text):
                self._below += self._links(found)[0]
        for address in dict.fromkeys(self._below):
            if (kind := kind_of(self._site, address)) in wanted and self._scope.admits(address).admitted:
                self._kinds.setdefault(kind, {}).setdefault(self._identity.key(address), self._identity.clean(address))
        for kind in sorted(wanted & {*self._kinds}):
            await self._read_some(kind, pages)

    async def _read_some(self, kind: str, pages: int) -> None:
        for url in _spread([*self._kinds[kind].values()], pages):
            self._pages.append(await self._read(url, kind))

    async def _read(self, url: str, kind: str) -> Tried:
        found = await self._eyes.get(url)
        if not found.ok or not found.text:
            return Tried(url, kind, found.words, None)
        if looks_like_html(found.text):
            self._below += self._links(found)[0]
        page = StoredPage(
            found.final, self._now, "not stored", None, found.headers.get("content-type"), found.octets,
            link=found.headers.get("link", ""),
        )  # fmt: skip
        try:
            reading = read_page(page, ReadingRules.of(self._site))
        except Exception as error:  # noqa: BLE001 - a page that no parser survives is what a trial is to show
            return Tried(url, kind, f"cannot be read: {type(error).__name__}", None)
        return Tried(url, kind, found.words, reading)

    # -- what is missing

    def result(self) -> Trial:
        """All of it."""
        return Trial(tuple(self._discovered), tuple(self._pages), tuple(self._missing()))

    def _missing(self) -> Iterator[str]:
        for one in self._discovered:
            if not one.ok:
                yield f"{one.way} {one.url}: {one.outcome}"
            elif one.taken == 0 and one.way != "start":
                reasons = ", ".join(f"{reason} {number}" for reason, number in one.refused.items())
                yield f"{one.way} {one.url} names no page of this site" + (f" ({reasons})" if reasons else "")
        read = [page for page in self._pages if page.reading is not None]
        for page in self._pages:
            if page.reading is None:
                yield f"{page.kind} {page.url}: {page.outcome}"
        for kind in dict.fromkeys(kind for _, kind in self._site.kinds):
            if kind not in self._kinds and kind not in LISTINGS:
                yield f"no address of the kind {kind} was found"
        for name in self._selectors():
            on = [page for page in read if page.matched.get(name, 0)]
            if read and not on:
                yield f"selector {name} matches on none of the {len(read)} pages"
        seen = {page.reading.sight.language for page in read if page.reading is not None and page.reading.sight}
        for language in self._site.languages:
            if read and language not in seen:
                yield f"no page in {language} among those that were read"
        empty = [page.url for page in read if page.reading is not None and not page.reading.text.strip()]
        for url in empty:
            yield f"no text was read from {url}"
        if not self._pages:
            yield "no page was found to read"

    def _selectors(self) -> Iterator[str]:
        selectors = self._site.selectors
        for name in ("title", "body", "published", "modified", "person", "source"):
            if getattr(selectors, name):
                yield name
        yield from (f"facts.{name}" for name in facts_of(self._site))


def _addresses(found: object, page: Fetched) -> tuple[Sequence[str], Sequence[str]]:
    pages: Iterable[str] = getattr(found, "pages", ())
    more: Iterable[str] = getattr(found, "more", ())
    return _joined(page.final, pages), _joined(page.final, more)


def _of_rest(found: Fetched) -> tuple[Sequence[str], Sequence[str]]:
    read = rest_page(found.octets, found.final)
    total = found.headers.get("x-wp-totalpages", "")
    # a stranger says how many
    more = [found.final] * (int(total[:6]) - 1) if total.isdecimal() else []
    return _joined(found.final, [entry.url for entry in read.entries]), more


def _of_api(found: Fetched, api: Api) -> tuple[Sequence[str], Sequence[str]]:
    read = api_page(found.octets, api, found.final)
    return _joined(found.final, [entry.url for entry in read.entries]), [read.more] if read.more else []


def _joined(base: str, addresses: Iterable[str]) -> list[str]:
    found = []
    for address in addresses:
        try:
            found.append(join_link(base, address))
        except AddressError:
            continue
    return found


def _spread(urls: Sequence[str], number: int) -> Sequence[str]:
    """So many of them, from the first to the last."""
    if number <= 0:
        return ()
    if len(urls) <= number or number == 1:
        return urls[:number]
    return [urls[place * (len(urls) - 1) // (number - 1)] for place in range(number)]
