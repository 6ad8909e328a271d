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

from archive.digest import Digest, digest
from pipelines.pdfium import engine_version
from spiders.definition import SiteDefinition
from spiders.selector import alternatives

EXTRACTOR: Final = "khronika"
RULES_VERSION: Final = "5"
"""Version of the rules in this package: raised whenever they would read a page differently."""
TOOLS: Final = ("langdetect", "lxml", "numpy", "py3langid", "pypdfium2", "resiliparse", "trafilatura")
"""The distributions that a reading depends on, khronika's own aside: what that reads by is RULES_VERSION."""

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
        """What a reading says of the rules and tools that made it: the same wherever `version` is."""
        return {
            "extractor": {"name": EXTRACTOR, "version": RULES_VERSION},
            "rules": self.version,
            "configuration": configuration(self),
            "tools": dict(tools()),
        }


SIGHT_MARK: Final = "+sight-"
"""Stands, in a version of rules, before what names the part of them that no text depends on."""


@lru_cache(256)
def _version_of(rules: ReadingRules) -> str:
    version = f"{RULES_VERSION}+{tools_version()}"
    selected = _selected_by(rules)
    if any(selected):
        version += "+site-" + _named(selected)
    if rules.site is not None:
        version += SIGHT_MARK + _named(_seen_by(rules.site))
    return version


@lru_cache(256)
def configuration(rules: ReadingRules) -> Digest:
    """SHA-256 of all that a site's definition says about reading its pages, as JSON."""
    seen = None if rules.site is None else _seen_by(rules.site)
    return digest(_told([_selected_by(rules), seen]))


def _selected_by(rules: ReadingRules) -> list[Any]:
    """What the text of a page depends on."""
    dates = map(alternatives, (rules.title, rules.published, rules.modified))
    return [alternatives(rules.main), rules.ignore, *dates, rules.volatile, rules.timezone]


def _seen_by(site: SiteDefinition) -> list[Any]:
    """All of a definition that a page's sight depends on."""
    names = ("kinds", "languages", "language_paths", "facts", "timezone", "mirrors", "hosts", "drop_parameters")
    more = ("keep_parameters", "lists", "feeds", "sitemaps", "rest", "downloads")
    kept = [getattr(site, name) for name in (*names, *more)]
    selectors, items = ([getattr(part, one.name) for one in fields(part)] for part in (site.selectors, site.items))
    return [*kept, [api.url for api in site.apis], site.start[:1], selectors, items]


def _named(told: object) -> str:
    return hashlib.sha256(_told(told)).hexdigest()[:8]


def _told(told: object) -> bytes:
    return json.dumps(told, ensure_ascii=False).encode()


@cache
def tools() -> Mapping[str, str]:
    """The version of each tool that a reading depends on, in order of name."""
    from lxml import etree

    found = {name: installed.version(name) for name in TOOLS}
    found |= {"libxml2": ".".join(map(str, etree.LIBXML_VERSION)), "unicode": unicodedata.unidata_version}
    found |= {"pdfium": engine_version()}
    return dict(sorted(found.items()))


@cache
def tools_version() -> str:
    """A short name of the versions of all tools."""
    return _named(dict(tools()))
