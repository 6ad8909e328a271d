"""The organisations that Khronika knows: their definitions, and the spider that goes with a definition.

Definitions are values, so that the command line can list them without Scrapy; spiders are loaded when a crawl asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Final, cast

from spiders.definition import SiteDefinition

if TYPE_CHECKING:
    from spiders.site import SiteSpider

_SPIDERS: Final[Mapping[str, str]] = {
    "site": "spiders.site:SiteSpider",
    "rights-in-russia": "spiders.rights_in_russia:RightsInRussiaSpider",
}

SPIDER_NAMES: Final = tuple(_SPIDERS)
"""What `spider` in a site's entry may say."""

RIGHTS_IN_RUSSIA: Final = SiteDefinition(
    name="rights-in-russia",
    label="Rights in Russia",
    languages=("en",),
    start=("https://www.rightsinrussia.org/",),
    # found by links only: Google Sites, up to about 2018
    mirrors=("rightsinrussia.info", "groups.rightsinrussia.info"),
    feeds=("https://www.rightsinrussia.org/feed/",),
    sitemaps=("https://www.rightsinrussia.org/wp-sitemap.xml", "https://www.rightsinrussia.org/sitemap.xml"),
    exclude=(
        r"/wp-(?:admin|json|login\.php)(?:/|\?|$)",
        r"/xmlrpc\.php",
        r"/feed/?$",
        r"[?&](?:replytocom|share|s)=",
    ),
    kinds=(
        (r"/(?:[^/]*-)?political-?prisoners?(?:-[^/]*)?/?$", "case"),
        (r"/weekly-update-\d+/?$", "news"),
        (r"/week-ending-\d{1,2}-[a-z]+-\d{4}/?$", "news"),
        (r"/law-of-the-week(?:-\d+)?/?$", "law"),
        (r"/(?:[^/]*-)?interview(?:-[^/]*)?/?$", "interview"),
        (r"/archive/human-rights-week-by-week/", "news"),
        (r"/rir/news-reviews/", "news"),
        (r"^https?://[^/]+/(?:page/\d+/?)?$", "list"),
        (r"/(?:category|tag|author)/", "list"),
    ),
    spider="rights-in-russia",
)

KNOWN_SITES: Final[Mapping[str, SiteDefinition]] = {RIGHTS_IN_RUSSIA.name: RIGHTS_IN_RUSSIA}


def spider_class(name: str | None) -> type[SiteSpider]:
    """The spider of that name; the site-definition spider for None. Raises ValueError with the names there are."""
    path = _SPIDERS.get(name or "site")
    if path is None:
        raise ValueError(f"expected one of the spiders {', '.join(SPIDER_NAMES)}, found {name!r}")
    module, _, attribute = path.partition(":")
    return cast("type[SiteSpider]", getattr(import_module(module), attribute))
