"""The organisations that Khronika knows: their definitions, and the spider that goes with a definition.

Definitions are the TOML files in `spiders/sites/`, each with the same `[[site]]` tables that an archivist writes into
khronika.toml; they are read when the first one is asked for. Spiders are loaded when a crawl asks.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from importlib.resources import files
from typing import TYPE_CHECKING, Final, cast

from spiders.definition import SiteDefinition, definition_of

if TYPE_CHECKING:
    from spiders.site import SiteSpider

_SPIDERS: Final[Mapping[str, str]] = {
    "site": "spiders.site:SiteSpider",
    "rights-in-russia": "spiders.site:SiteSpider",
    "memopzk": "spiders.memopzk:MemopzkSpider",
    "telegram": "spiders.telegram:TelegramSpider",
}

SPIDER_NAMES: Final = tuple(_SPIDERS)
"""What `spider` in a site's entry may say."""


class _Known(Mapping[str, SiteDefinition]):
    """The shipped definitions by name, read when they are first wanted."""

    def __getitem__(self, name: str) -> SiteDefinition:
        return _definitions()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(_definitions())

    def __len__(self) -> int:
        return len(_definitions())


KNOWN_SITES: Final[Mapping[str, SiteDefinition]] = _Known()


@cache
def _definitions() -> dict[str, SiteDefinition]:
    definitions: dict[str, SiteDefinition] = {}
    for file in sorted(files("spiders").joinpath("sites").iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml"):
            for entry in tomllib.loads(file.read_text(encoding="utf-8"))["site"]:
                site = definition_of(entry)
                assert site.name not in definitions, site.name
                definitions[site.name] = site
    return definitions


def spider_class(name: str | None) -> type[SiteSpider]:
    """The spider of that name; the site-definition spider for None. Raises ValueError with the names there are."""
    path = _SPIDERS.get(name or "site")
    if path is None:
        raise ValueError(f"expected one of the spiders {', '.join(SPIDER_NAMES)}, found {name!r}")
    module, _, attribute = path.partition(":")
    return cast("type[SiteSpider]", getattr(import_module(module), attribute))
