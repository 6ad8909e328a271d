"""Political Prisoners. Memorial (memopzk.org): what the registry tells of each person beside the page.

Everything else is the site's definition. The REST registry gives a `class_list` for each person, WordPress's
post_class(): slugs of its taxonomies behind their names, `stage-`, `regions-`, …, and articles of law as slugs of
their own, `uk-205-2-ch-2` for part 2 of article 205.2 of the Criminal Code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from spiders.site import SiteSpider

Facts = tuple[tuple[str, str], ...]

_TAXONOMIES: Final = {
    "list-persecuted-": "list",
    "stage-": "stage",
    "regions-": "region",
    "repression-": "repression",
    "category-": "category",
}
_CODES: Final = {"uk": "УК РФ", "koap": "КоАП РФ", "upk": "УПК РФ"}
"""Codes by their slug. Only the first has been seen."""
_ARTICLE: Final = re.compile(r"(?P<code>uk|koap|upk)-(?P<article>\d+(?:-\d+)*)(?:-ch-(?P<part>\d+(?:-\d+)*))?\Z")
_ABOUT_ARTICLES: Final = re.compile(r"(?:uk|koap|upk)-\d")


class MemopzkSpider(SiteSpider):
    """The site-definition spider, and the facts that the registry tells."""

    name = "memopzk"

    def entry_facts(self, entry: Mapping[str, Any]) -> Facts:
        """What an entry of the registry tells of its person."""
        classes = entry.get("class_list")
        # WordPress before 6.? has no class_list, and some plug-ins make an object of it
        if isinstance(classes, Mapping):
            classes = list(classes.values())
        if not isinstance(classes, list):
            self.dropped["class_list is not in the registry: no articles, stage and region from there"] += 1
            return ()
        return facts_of_classes(one for one in classes if isinstance(one, str))


def facts_of_classes(classes: Iterable[str]) -> Facts:
    """Articles, stage, region, kind of repression and lists, in that order of the classes, without repeats.

    >>> facts_of_classes(["post-7", "stage-sud", "uk-205-2-ch-2"])
    (('stage', 'sud'), ('article', 'ч. 2 ст. 205.2 УК РФ'))
    """
    return tuple(dict.fromkeys(fact for one in classes if (fact := _fact(one)) is not None))


def _fact(name: str) -> tuple[str, str] | None:
    if _ABOUT_ARTICLES.match(name):
        return "article", article_of(name)
    for prefix, fact in _TAXONOMIES.items():
        if name.startswith(prefix):
            return fact, name.removeprefix(prefix)
    return None


def article_of(slug: str) -> str:
    """An article of law as lawyers write it; the slug itself where it is of another form.

    >>> article_of("uk-205-2-ch-2")
    'ч. 2 ст. 205.2 УК РФ'
    """
    found = _ARTICLE.match(slug)
    if found is None:
        return slug
    article = f"ст. {found['article'].replace('-', '.')} {_CODES[found['code']]}"
    return f"ч. {found['part'].replace('-', '.')} {article}" if found["part"] else article
