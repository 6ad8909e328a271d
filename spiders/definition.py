"""SiteDefinition: what an archivist says about a site in khronika.toml, and what the shipped definitions say.

A definition is data alone. `definition_of` makes one of a `[[site]]` table; values come checked from the configuration.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final, Literal
from urllib.parse import urlsplit, urlunsplit

from spiders.address import join_link, url_key

Robots = Literal["obey", "ignore"]
"""Whether robots.txt (RFC 9309) binds the crawl of a site."""


@dataclass(frozen=True, slots=True)
class Selectors:
    """Where on a site's pages things stand: CSS selectors, or XPath after `xpath:` (`spiders/selector.py`).

    Of several, the first that finds something counts; of `remove` and `volatile` all. None: the general method.
    """

    title: tuple[str, ...] = ()
    body: tuple[str, ...] = ()
    """The container of the main text."""
    published: tuple[str, ...] = ()
    modified: tuple[str, ...] = ()
    person: tuple[str, ...] = ()
    """Whom the page is about: one match a person."""
    source: tuple[str, ...] = ()
    """The line or link that names the original."""
    translation: tuple[str, ...] = ()
    """Links to the page in other languages, where no hreflang says it."""
    listing: tuple[str, ...] = ()
    """The links of a listing page that name its entries."""
    next: tuple[str, ...] = ()
    """The link to a listing's next page."""
    remove: tuple[str, ...] = ()
    """Cut before anything else is looked for."""
    volatile: tuple[str, ...] = ()
    """What changes by itself: counters, tickers."""


@dataclass(frozen=True, slots=True)
class Items:
    """Where several posts stand on one page."""

    selector: str = ""
    """The container of one post; empty: pages have no posts of their own."""
    id: str = ""
    """Within it: its name or its address (`xpath:@id`)."""
    published: str = ""
    modified: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Api:
    """A JSON document that lists pages. Paths are keys with dots between them, `data.items`."""

    url: str
    entries: str = ""
    """Path to the list; empty: the document is the list."""
    link: str = ""
    """Path, within an entry, to its address."""
    template: str = ""
    """Address made of an entry's values, `https://example.org/p/{id}`, where it bears none."""
    modified: str = ""
    """Path, within an entry, to when it was changed."""
    next: str = ""
    """Path to the address of the next document."""
    page: str = ""
    """Query parameter that counts pages up by one, where there is no such address."""
    offset: str = ""
    """Query parameter that counts up by the entries that were had."""
    cursor: str = ""
    """Query parameter that takes what `next` leads to, where that is a token and no address."""


@dataclass(frozen=True, slots=True)
class SiteDefinition:
    """A site to archive: where to begin, what belongs to it, how to treat it."""

    name: str
    """Letters, digits and hyphens: what commands call the site, and what captures are labelled with."""
    start: tuple[str, ...] = ()
    """Addresses to begin at, http or https; always fetched, whatever `include` and `exclude` say. May be empty where
    another way to find pages is given."""
    label: str = ""
    """What people call the site; the name when empty."""
    languages: tuple[str, ...] = ()
    """BCP 47 tags of the languages that the site is written in, the usual one first."""
    include: tuple[str, ...] = ()
    """Regular expressions, searched in the whole address; one must fit. None: everything on the site's hosts."""
    exclude: tuple[str, ...] = ()
    """Regular expressions, searched in the whole address; none may fit."""
    mirrors: tuple[str, ...] = ()
    """More hosts that serve the same pages: `host` or `host:port`."""
    hosts: tuple[str, ...] = ()
    """More hosts that belong to the site and have pages of their own: predecessors, subdomains."""
    follow: bool = True
    """Whether links on pages are followed; without it only start pages, and what listings of any kind name."""
    lists: tuple[str, ...] = ()
    """Listing pages: fetched at every run, with the pages that follow them."""
    feeds: tuple[str, ...] = ()
    """Addresses of RSS, Atom or JSON feeds to find pages by."""
    sitemaps: tuple[str, ...] = ()
    """Addresses of sitemaps or sitemap indexes (sitemaps.org), plain or gzip."""
    rest: tuple[str, ...] = ()
    """Addresses of collections of WordPress's REST interface: `…/wp-json/wp/v2/posts`."""
    apis: tuple[Api, ...] = ()
    """JSON documents that list pages."""
    downloads: tuple[str, ...] = ()
    """Addresses that are fetched and kept at every run, and not looked into."""
    kinds: tuple[tuple[str, str], ...] = ()
    """Pairs of a regular expression, searched in the address, and the kind of page it tells: case, news, list …; the
    first that fits counts."""
    language_paths: tuple[tuple[str, str], ...] = ()
    """Pairs of a regular expression, searched in the address, and the language of such pages."""
    selectors: Selectors = Selectors()
    facts: tuple[tuple[str, str], ...] = ()
    """Pairs of a fact's name and a selector that it is read by; of several with one name the first that finds
    something counts."""
    items: Items = Items()
    timezone: str = ""
    """IANA zone that the site's own dates are in; empty: not known."""
    revisit: tuple[tuple[str, str], ...] = ()
    """Pairs of a kind of page and how often it is fetched again (`spiders/revisit.py`); empty: at every run."""
    schedule: tuple[tuple[str, str], ...] = ()
    """Pairs of a kind of page and when it is fetched; the kind is empty for the site as a whole. None: never by
    itself."""
    zone: str = ""
    """IANA zone of the schedule; empty: as the collection says."""
    drop_parameters: tuple[str, ...] = ()
    """Query parameters that name nothing, beside the usual trackers and session ids."""
    keep_parameters: tuple[str, ...] = ()
    """Query parameters that look like trackers or session ids, and are none."""
    requisites: bool = False
    """Whether stylesheets, pictures, fonts and documents of pages are fetched."""
    requisite_hosts: tuple[str, ...] = ()
    """Hosts that they may come from beside the site's own and their subdomains."""
    requisite_size: int = 20_000_000
    """Bytes of one of them at most."""
    browser: tuple[str, ...] = ()
    """Regular expressions of addresses that are looked at with a browser too."""
    budget: int = 0
    """Requests of one run at most; 0: no limit."""
    delay: float | None = None
    """Seconds between two requests to one host; None: as the collection says."""
    proxy: str | None = field(default=None, repr=False)
    """URL of the proxy to fetch through, with its credentials; `direct` for none; None: as the collection says."""
    vantage: str | None = None
    """What the operator calls the place that is fetched from; None: as the collection says."""
    robots: Robots = "obey"
    robots_by: str = ""
    """Who decided that robots.txt is ignored. Kept with the evidence, like the two that follow."""
    robots_reason: str = ""
    """Why."""
    robots_ground: str = ""
    """On what legal ground."""
    spider: str | None = None
    """Name of the spider that knows this site; None: the site-definition spider."""
    second_look: float = 0.0
    """Share of the pages that are fetched a second time in a crawl, to see what moves on them by itself; 0: none."""
    second_look_gap: float = 10.0
    """Seconds between the two."""
    paused: bool = False
    """Whether crawls pass this site over until it is resumed."""

    @property
    def seeds(self) -> tuple[str, ...]:
        """Where the crawl begins: start pages, or the listings of a site that names no start page."""
        return self.start or (
            *self.lists,
            *self.feeds,
            *self.sitemaps,
            *self.rest,
            *(api.url for api in self.apis),
            *self.downloads,
        )

    @property
    def addresses(self) -> tuple[str, ...]:
        """Every address that the definition names to be fetched."""
        listings = (*self.lists, *self.feeds, *self.sitemaps, *self.rest, *(api.url for api in self.apis))
        return tuple(dict.fromkeys((*self.start, *listings, *self.downloads)))

    @property
    def title(self) -> str:
        """What people call the site."""
        return self.label or self.name

    def rebased(self, base: str | Mapping[str, str]) -> SiteDefinition:
        """The same site fetched from a mirror, `https://mirror.example/`; its own hosts become mirrors.

        A mapping gives a base for each host (`host` or `host:port`, as the definition writes it), for a site that has
        several; hosts that it does not name stay. Raises AddressError when a base is no address of a page.
        """
        own = tuple(dict.fromkeys(urlsplit(url).netloc for url in self.addresses))
        bases = dict.fromkeys(own, base) if isinstance(base, str) else dict(base)
        moved = tuple(host for host in own if host in bases)

        def hosts_at(hosts: Sequence[str]) -> tuple[str, ...]:
            return tuple(part for host in hosts for part in (host, *({_netloc(bases[host])} if host in bases else ())))

        def at(url: str) -> str:
            parts = urlsplit(url)
            if parts.netloc not in bases:
                return url
            onto = urlsplit(url_key(bases[parts.netloc]))
            return urlunsplit(parts._replace(scheme=onto.scheme, netloc=onto.netloc))

        def all_at(urls: Sequence[str]) -> tuple[str, ...]:
            return tuple(dict.fromkeys(at(url) for url in urls))

        apis = tuple(
            replace(api, url=at(api.url), template=at(api.template) if api.template else "") for api in self.apis
        )
        urls: dict[str, Any] = {name: all_at(getattr(self, name)) for name in _ADDRESSES}
        # RFC 2606: a host that cannot be is a placeholder of a definition for any site
        known = (host for host in moved if not host.endswith(".invalid"))
        mirrors = tuple(dict.fromkeys((*hosts_at(self.mirrors), *known)))
        return replace(self, apis=apis, mirrors=mirrors, hosts=hosts_at(self.hosts), **urls)


def _netloc(base: str) -> str:
    return urlsplit(url_key(base)).netloc


_ADDRESSES: Final = ("start", "lists", "feeds", "sitemaps", "rest", "downloads")


def definition_of(entry: Mapping[str, Any]) -> SiteDefinition:
    """The definition that a `[[site]]` table, as TOML gives it, says. Values are not checked here: what a person wrote
    goes through `crawler/config.py` first."""
    known = {one.name for one in fields(SiteDefinition)}
    values: dict[str, Any] = {}
    for key, value in entry.items():
        name = {"api": "apis"}.get(key, key.replace("-", "_"))
        if name not in known:
            raise ValueError(f"unknown key {key!r} in the definition of a site")
        values[name] = _value_of(name, value)
    return SiteDefinition(**values)


def _value_of(name: str, value: Any) -> Any:
    match name:
        case "selectors":
            return Selectors(**{key: tuple(_several(one)) for key, one in value.items()})
        case "items":
            return Items(**value)
        case "apis":
            return tuple(Api(**one) for one in value)
        case "kinds" | "language_paths":
            # in the table the name comes first, with one pattern or several
            return tuple((pattern, key) for key, one in value.items() for pattern in _several(one))
        case "facts":
            return tuple((key, selector) for key, one in value.items() for selector in _several(one))
        case "revisit":
            return tuple(value.items())
    return _frozen(value)


def _several(value: str | Sequence[str]) -> Sequence[str]:
    return (value,) if isinstance(value, str) else value


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def entry_of(site: SiteDefinition) -> dict[str, Any]:
    """The `[[site]]` table of a definition, without what is at its default; `definition_of` is its inverse."""
    entry: dict[str, Any] = {}
    for one in fields(SiteDefinition):
        value = getattr(site, one.name)
        if one.name != "name" and value == one.default:
            continue
        entry[{"apis": "api"}.get(one.name, one.name.replace("_", "-"))] = _entry_value(one.name, value)
    return entry


def _entry_value(name: str, value: Any) -> Any:
    match name:
        case "selectors" | "items":
            return _table(value)
        case "apis":
            return [_table(api) for api in value]
        case "kinds" | "language_paths":
            return _by_name(value)
        case "facts":
            return _by_name([(selector, name) for name, selector in value])
        case "revisit":
            return dict(value)
    return list(value) if isinstance(value, tuple) else value


def _table(value: Selectors | Items | Api) -> dict[str, Any]:
    said = ((one.name, getattr(value, one.name)) for one in fields(value))
    return {name: _bare(one) if isinstance(one, tuple) else one for name, one in said if one}


def _bare(values: tuple[str, ...]) -> list[str] | str:
    return values[0] if len(values) == 1 else list(values)


def _by_name(pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Patterns under what they tell. A table cannot say an order in which one name comes twice with another between."""
    table: dict[str, Any] = {}
    for pattern, name in pairs:
        table.setdefault(name, []).append(pattern)
    return {name: patterns[0] if len(patterns) == 1 else patterns for name, patterns in table.items()}


def definition_for_url(url: str, *, name: str | None = None) -> SiteDefinition:
    """The definition that `crawl --url` makes: same host, and below the folder that the address is in.

    `https://example.org/case/17` takes in `https://example.org/case/…`, over http and https. The site bears the
    host's name. Raises AddressError when `url` is no address of a page.
    """
    parts = urlsplit(url_key(url))
    folder = parts.path[: parts.path.rfind("/") + 1]
    authority = parts.netloc.replace(".:", ":").rstrip(".")
    return SiteDefinition(
        name=name or authority,
        start=(join_link(url, ""),),
        # the hosts are the scope's affair; what is left is the folder
        include=(rf"^https?://[^/]+{re.escape(folder)}",),
    )


def definitions_for_urls(urls: Iterable[str]) -> tuple[SiteDefinition, ...]:
    """One definition a host for the addresses that a crawl without a site entry was given, in their order."""
    by_host: dict[str, SiteDefinition] = {}
    for url in urls:
        one = definition_for_url(url)
        known = by_host.get(one.name)
        if known is None:
            by_host[one.name] = one
        else:
            by_host[one.name] = SiteDefinition(
                name=one.name,
                start=tuple(dict.fromkeys((*known.start, *one.start))),
                include=tuple(dict.fromkeys((*known.include, *one.include))),
            )
    return tuple(by_host.values())
