"""Scope: which addresses belong to a site, and why another one does not."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from spiders.address import AddressError, site_host, url_key
from spiders.definition import SiteDefinition
from spiders.trackers import is_tracker, never_fetched


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an address belongs to a site."""

    admitted: bool
    reason: str = ""
    """Why not, in a few words that are counted as they stand; empty when it does."""


ADMITTED: Final = Verdict(True)

_REMEMBERED: Final = 1 << 16


class Scope:
    """The addresses of one site.

    An address belongs to the site when its host is one that the start addresses, `mirrors` or `hosts` name (with or
    without `www.`, a trailing dot, http or https), one of `include` fits or there is none, and none of `exclude` fits.
    Patterns are searched in the address's normal form (`url_key`), percent-encoded and decoded.
    """

    def __init__(self, site: SiteDefinition) -> None:
        """Raises ValueError, naming it, for a pattern that is no regular expression and an address that is none."""
        self._hosts = {site_host(url_key(url)) for url in site.seeds}
        self._hosts.update(site_host(url_key(f"http://{host}/")) for host in (*site.mirrors, *site.hosts))
        self._requisite_hosts = {site_host(url_key(f"http://{host}/")) for host in site.requisite_hosts}
        self._include = compile_patterns(site.include)
        self._exclude = compile_patterns(site.exclude)
        self._verdicts: dict[str, Verdict] = {}

    def admits(self, url: str) -> Verdict:
        """Whether `url` belongs to the site."""
        verdict = self._verdicts.get(url)
        if verdict is None:
            if len(self._verdicts) >= _REMEMBERED:
                self._verdicts.clear()
            verdict = self._verdicts[url] = self._judge(url)
        return verdict

    def _judge(self, url: str) -> Verdict:
        try:
            key = url_key(url)
            host = site_host(key)
        except AddressError as error:
            return Verdict(False, str(error))
        if host not in self._hosts:
            return Verdict(False, "other host")
        if never := never_fetched(url):
            return Verdict(False, never)
        # an archivist writes /новости/, the address says /%D0%BD%D0%BE…/
        readable = unquote(key)
        if self._include and not any(_fits(pattern, key, readable) for pattern in self._include):
            return Verdict(False, "not included")
        for pattern in self._exclude:
            if _fits(pattern, key, readable):
                return Verdict(False, f"excluded by {pattern.pattern}")
        return ADMITTED

    def admits_requisite(self, url: str) -> Verdict:
        """Whether `url` may be fetched as something that a page of the site needs to be seen.

        On the site's hosts and those that the definition names for requisites, and their subdomains; never a tracker.
        """
        try:
            host, port = site_host(url_key(url))
        except AddressError as error:
            return Verdict(False, str(error))
        labels = host.split(".")
        above = [(".".join(labels[n:]), port) for n in range(max(len(labels) - 1, 1))]
        if self._hosts.isdisjoint(above) and self._requisite_hosts.isdisjoint(above):
            return Verdict(False, "tracker" if is_tracker(url) else "requisite on another host")
        never = never_fetched(url)
        return Verdict(False, never) if never else ADMITTED

    def has_host(self, url: str) -> bool:
        """Whether `url` is on one of the site's hosts, whatever the patterns say."""
        try:
            return site_host(url_key(url)) in self._hosts
        except AddressError:
            return False


def site_hosts(site: SiteDefinition) -> set[tuple[str, int | None]]:
    """The hosts and ports that a crawl of a site may ask, as far as its definition tells: the scope's, and where its
    feeds and sitemaps lie. Raises ValueError for an address that is none."""
    return {site_host(url_key(address)) for address in addresses_of(site)}


def addresses_of(site: SiteDefinition) -> tuple[str, ...]:
    """Addresses on all the hosts that a crawl of a site may ask, as far as its definition tells; with each name of a
    host alone goes http and https, because either may be asked."""
    hosts = (*site.mirrors, *site.hosts, *(site.requisite_hosts if site.requisites or site.browser else ()))
    return (*site.addresses, *(f"{scheme}://{host}/" for host in hosts for scheme in ("http", "https")))


def compile_patterns(patterns: Iterable[str]) -> tuple[re.Pattern[str], ...]:
    """Raises ValueError, naming the pattern and the place in it, when one is no regular expression."""
    compiled = []
    for pattern in patterns:
        try:
            compiled.append(re.compile(pattern))
        except re.error as error:
            raise ValueError(f"expected a regular expression, found {pattern!r}: {error}") from error
    return tuple(compiled)


def _fits(pattern: re.Pattern[str], key: str, readable: str) -> bool:
    return pattern.search(key) is not None or (readable != key and pattern.search(readable) is not None)
