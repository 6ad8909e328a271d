"""Which rules a page is read by: the package's own, its site's, and the versions of all that reads."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cache, lru_cache
from importlib import metadata as installed
from typing import Any, Final

from spiders.definition import SiteDefinition
from spiders.selector import alternatives

RULES_VERSION: Final = "2"
"""Version of the rules in this package: raised whenever they would read a page differently."""


_Selector = str | tuple[str, ...]
"""A selector, or several of which the first that finds something counts."""


@dataclass(frozen=True, slots=True)
class ReadingRules:
    """What a site's own definition says about its pages, as selectors (`spiders/selector.py`); all may be empty."""

    main: _Selector = ""
    """The container of the main text."""
    ignore: tuple[str, ...] = ()
    """Containers that are never main text."""
    title: _Selector = ""
    published: _Selector = ""
    modified: _Selector = ""
    volatile: tuple[str, ...] = ()
    """Containers of what changes by itself."""
    timezone: str = ""
    """IANA zone of the site's dates that name none."""
    site: SiteDefinition | None = field(default=None, repr=False)
    """The definition that they are of, for what else it says about a page (`pipelines/sight.py`)."""

    @classmethod
    def of(cls, site: SiteDefinition) -> ReadingRules:
        """The rules that a site's definition makes. How it is fetched is left out: proxies have credentials."""
        selectors = site.selectors
        return cls(
            main=selectors.body,
            ignore=selectors.remove,
            title=selectors.title,
            published=selectors.published,
            modified=selectors.modified,
            volatile=selectors.volatile,
            timezone=site.timezone,
            site=replace(site, proxy=None, vantage=None),
        )

    @property
    def version(self) -> str:
        """Names these rules, the package's rules and the versions of all that reads."""
        return _version_of(self)

    def provenance(self) -> dict[str, Any]:
        """What a reading says of the rules and tools that made it."""
        return {"rules": self.version, "tools": dict(tools())}


SIGHT_MARK: Final = "+sight-"
"""Stands, in a version of rules, before what names the part of them that no text depends on."""


@lru_cache(256)
def _version_of(rules: ReadingRules) -> str:
    version = f"{RULES_VERSION}+{tools_version()}"
    told = [
        alternatives(rules.main),
        rules.ignore,
        *map(alternatives, (rules.title, rules.published, rules.modified)),
        rules.volatile,
        rules.timezone,
    ]
    if any(told):
        version += "+site-" + _named(told)
    if rules.site is not None:
        version += SIGHT_MARK + _named(_seen_by(rules.site))
    return version


def _seen_by(site: SiteDefinition) -> list[Any]:
    """All of a definition that a page's sight depends on."""
    names = ("kinds", "languages", "language_paths", "facts", "timezone", "mirrors", "hosts", "drop_parameters")
    more = ("keep_parameters", "lists", "feeds", "sitemaps", "rest", "downloads")
    kept = [getattr(site, name) for name in (*names, *more)]
    selectors, items = ([getattr(part, one.name) for one in fields(part)] for part in (site.selectors, site.items))
    return [*kept, [api.url for api in site.apis], site.start[:1], selectors, items]


def _named(told: object) -> str:
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()[:8]


@cache
def tools() -> Mapping[str, str]:
    from lxml import etree

    found = {name: installed.version(name) for name in ("khronika", "langdetect", "lxml", "trafilatura")}
    return {**found, "libxml2": ".".join(map(str, etree.LIBXML_VERSION)), "unicode": unicodedata.unidata_version}


@cache
def tools_version() -> str:
    """A short name of the versions of all that reads; a newer khronika with the same rules reads the same."""
    told = json.dumps({name: version for name, version in tools().items() if name != "khronika"}, sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:8]
