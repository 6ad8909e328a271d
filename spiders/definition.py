"""SiteDefinition: what an archivist says about a site in khronika.toml. Values come checked from the configuration."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from spiders.address import join_link, url_key

Robots = Literal["obey", "ignore"]
"""Whether robots.txt (RFC 9309) binds the crawl of a site."""


@dataclass(frozen=True, slots=True)
class SiteDefinition:
    """A site to archive: where to begin, what belongs to it, how to treat it."""

    name: str
    """Letters, digits and hyphens: what commands call the site, and what captures are labelled with."""
    start: tuple[str, ...]
    """Addresses to begin at, http or https; always fetched, whatever `include` and `exclude` say. May be empty where
    there are feeds or sitemaps."""
    label: str = ""
    """What people call the site; the name when empty."""
    languages: tuple[str, ...] = ()
    """BCP 47 tags of the languages that the site is written in."""
    include: tuple[str, ...] = ()
    """Regular expressions, searched in the whole address; one must fit. None: everything on the site's hosts."""
    exclude: tuple[str, ...] = ()
    """Regular expressions, searched in the whole address; none may fit."""
    mirrors: tuple[str, ...] = ()
    """More hosts that the site is served from: `host` or `host:port`."""
    follow: bool = True
    """Whether links on pages are followed; without it only start pages, and what feeds and sitemaps name."""
    feeds: tuple[str, ...] = ()
    """Addresses of RSS or Atom feeds to find pages by."""
    sitemaps: tuple[str, ...] = ()
    """Addresses of sitemaps or sitemap indexes (sitemaps.org), plain or gzip."""
    kinds: tuple[tuple[str, str], ...] = ()
    """Pairs of a regular expression, searched in the address, and the kind of page it tells: case, news, list …"""
    delay: float | None = None
    """Seconds between two requests to one host; None: as the collection says."""
    proxy: str | None = field(default=None, repr=False)
    """URL of the proxy to fetch through, with its credentials; `direct` for none; None: as the collection says."""
    vantage: str | None = None
    """What the operator calls the place that is fetched from; None: as the collection says."""
    robots: Robots = "obey"
    robots_reason: str = ""
    """Why robots.txt is ignored: who decided, on what ground. Kept with the evidence."""
    spider: str | None = None
    """Name of the spider that knows this site; None: the site-definition spider."""
    paused: bool = False
    """Whether crawls pass this site over until it is resumed."""

    @property
    def seeds(self) -> tuple[str, ...]:
        """Where the crawl begins: start pages, or the feeds and sitemaps of a site that names no start page."""
        return self.start or (*self.feeds, *self.sitemaps)

    @property
    def title(self) -> str:
        """What people call the site."""
        return self.label or self.name


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
