"""What the address of a page tells by its site's definition: its kind, and its language."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from spiders.address import AddressError, url_key
from spiders.scope import compile_patterns

if TYPE_CHECKING:
    from spiders.definition import SiteDefinition

OTHER: Final = "other"
"""The kind of a page that no pattern fits."""

_PART: Final = re.compile(r"/page/\d+/?\Z")


def kind_of(site: SiteDefinition, url: str) -> str:
    """The kind of page at an address: the first pattern that fits, else what the definition names it as."""
    named = _first(tuple(site.kinds), url)
    if named is not None:
        return named
    key = _key(url)
    return _named(site).get(key) or _in_parts(site).get(_whole(key), OTHER)


def language_of(site: SiteDefinition, url: str) -> str | None:
    """The language that an address tells by the site's `language-paths`; None where none fits."""
    return _first(tuple(site.language_paths), url)


def _first(pairs: tuple[tuple[str, str], ...], url: str) -> str | None:
    if not pairs:
        return None
    key = _key(url)
    # an archivist writes /новости/, the address says /%D0%BD%D0%BE…/
    readable = unquote(key)
    for pattern, name in _compiled(pairs):
        if pattern.search(key) or (readable != key and pattern.search(readable)):
            return name
    return None


@lru_cache(64)
def _compiled(pairs: tuple[tuple[str, str], ...]) -> tuple[tuple[re.Pattern[str], str], ...]:
    patterns = compile_patterns(pattern for pattern, _ in pairs)
    return tuple((pattern, name) for pattern, (_, name) in zip(patterns, pairs, strict=True))


@lru_cache(64)
def _named(site: SiteDefinition) -> dict[str, str]:
    ways = (
        (site.downloads, "download"),
        (site.lists, "list"),
        (site.feeds, "feed"),
        (site.sitemaps, "sitemap"),
        (site.rest, "rest"),
        (tuple(api.url for api in site.apis), "api"),
    )
    return {_key(url): kind for urls, kind in reversed(ways) for url in urls}


@lru_cache(64)
def _in_parts(site: SiteDefinition) -> dict[str, str]:
    """What is asked for page by page: the first page's address stands for all of them."""
    ways = (
        (tuple(url for url in site.lists if "?" not in url), "list"),
        (site.rest, "rest"),
        (tuple(api.url for api in site.apis), "api"),
    )
    return {_whole(_key(url)): kind for urls, kind in reversed(ways) for url in urls}


def _whole(key: str) -> str:
    return _PART.sub("", key.partition("?")[0]).rstrip("/")


def _key(url: str) -> str:
    try:
        return url_key(url)
    except AddressError:
        return url
