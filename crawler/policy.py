"""CrawlPolicy: how crawls of a collection behave, unless a site's own entry says otherwise."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from crawler.route import NO_PROXY, Route, parse_proxy

if TYPE_CHECKING:
    from spiders.definition import SiteDefinition


@dataclass(frozen=True, slots=True)
class CrawlPolicy:
    """Values of `[crawl]` in khronika.toml; checked by whoever makes one."""

    delay: float = 3.0
    """Seconds of rest between two requests to one host and port; longer at random, as `jitter` says."""
    jitter: float = 0.5
    """The rest is up to this part of it longer, at random: never shorter than was asked for."""
    connections: int = 16
    """Requests in flight over all hosts together."""
    per_host: int = 1
    """Requests in flight to one host and port that gets no rest between two of them; with a rest it is one."""
    retries: int = 2
    """More attempts at a page that could not be fetched, or that was answered 500, 502, 503, 504, 408 or 429."""
    retry_delay: float = 5.0
    """Seconds before the first of them; doubled for each one after it. Retry-After of the server goes first."""
    redirects: int = 20
    """Redirects followed in a row before a chain is given up (RFC 9110, 15.4: clients should detect loops)."""
    timeout_connect: float = 15.0
    """Seconds for name, connection and TLS handshake."""
    timeout_head: float = 60.0
    """Seconds from the request to the end of the response's head."""
    timeout_body: float = 600.0
    """Seconds for a whole body."""
    max_size: int = 1 << 30
    """Bytes of one response; what is longer is cut there, and its record says so."""
    spider_limit: int = 32 << 20
    """Bytes of a decoded body that spiders are given; longer ones are archived and not parsed."""
    user_agent: str | None = None
    """What crawls call themselves; None: `khronika/<version>` with the operator's contact where there is one."""
    accept_language: str | None = None
    """Accept-Language of every request; None: none is sent."""
    crawl_delay_limit: float = 300.0
    """Seconds: the longest Crawl-delay of a robots.txt that is honoured."""
    cookies: bool = False
    """Whether cookies that a server sets are sent back to it."""
    discreet: bool = False
    """Whether requests are to tell as little of who makes them as they can; `discreet` makes such a policy."""
    dedup: bool = True
    """Whether a payload that an earlier crawl kept is stored as a revisit."""
    warc_size: int = 10**9
    """Bytes: a WARC that has grown to this is closed and a new one begun."""
    warc_idle: float = 600.0
    """Seconds: a WARC into which nothing was written for so long is closed and a new one begun; 0: never."""
    processes: int | None = None
    """Processes that fetch, at most one for each group of sites that share a host; 0: the writing process does it
    itself; None: as many as there are cores."""
    workers: int = 0
    """Processes that read pages; 0: one less than the machine has cores, one at least."""
    nameservers: tuple[str, ...] = ()
    """Name servers to ask, `address` or `address:port`; none: the system's."""
    proxy: str = field(default="", repr=False)
    """URL of the proxy to fetch through, with its credentials; empty or `direct`: none."""
    vantage: str = ""
    """What the operator calls the place that is fetched from."""


DISCREET_DELAY: Final = 10.0
"""Seconds of rest, unless the operator says another."""


def discreet(policy: CrawlPolicy) -> CrawlPolicy:
    """A policy that tells less of who crawls: one request at a time over all hosts, at moments that are harder to tell
    a machine by. What it does not hide stands in docs/operator.md."""
    return replace(policy, discreet=True, jitter=2.0, connections=1, per_host=1)


def route_of(policy: CrawlPolicy, site: SiteDefinition) -> Route:
    """The way to a site. A label of the collection's is not that of a site's own proxy."""
    proxy = policy.proxy if site.proxy is None else site.proxy
    label = (policy.vantage if site.proxy in (None, policy.proxy) else "") if site.vantage is None else site.vantage
    return Route(None if proxy in NO_PROXY else parse_proxy(proxy), label or None)


def khronika_version() -> str:
    """The installed version."""
    return version("khronika")


def user_agent(policy: CrawlPolicy, mail: str | None) -> str:
    """User-Agent of a crawl: the operator's words, else the product token and, where given, the contact.

    RFC 9110, 10.1.5; the product token `khronika` is what robots.txt groups are matched with (RFC 9309, 2.2.1).
    """
    if policy.user_agent:
        return policy.user_agent
    own = f"khronika/{khronika_version()}"
    return f"{own} (+mailto:{mail})" if mail else own
