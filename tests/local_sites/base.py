"""What the local sites share: made-up articles, and a replica that knows which of its addresses are articles."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import urlsplit

from replicas.base import Replica, markup, moments, paragraphs, people, slug_of

NUMBER = 44
"""Articles of a local site."""


@dataclass(frozen=True)
class Article:
    """One made-up article."""

    number: int
    """From 1, the oldest."""
    title: str
    slug: str
    moment: datetime
    text: tuple[str, ...]
    person: str

    @property
    def body(self) -> str:
        return markup(self.text)

    @property
    def iso(self) -> str:
        return self.moment.isoformat()

    @property
    def day(self) -> str:
        return f"{self.moment:%d.%m.%Y}"


def articles(language: str, number: int = NUMBER, seed: int = 1) -> list[Article]:
    """So many articles, the newest first."""
    found = []
    dates = moments(number, seed, datetime(2021, 3, 1, tzinfo=UTC), datetime(2024, 5, 1, tzinfo=UTC))
    for place, (person, moment) in enumerate(zip(people(number, seed), dates, strict=True)):
        name = person.short if language == "ru" else person.short_en
        title = f"Суд продлил арест: {name}" if language == "ru" else f"Court extends detention of {name}"
        text = paragraphs(language, person, 4, seed * 1000 + place, moment)
        found.append(Article(number - place, title, f"{slug_of(person.short)}-{number - place}", moment, text, name))
    return found


class LocalSite(Replica):
    """A site of some build; its articles are told by their addresses."""

    start = "/"
    """What an archivist would type after the host."""
    wanted: Sequence[str] = ()
    """Paths, with query, of the articles."""
    language = "ru"

    @property
    def address(self) -> str:
        return self.url(self.start)

    def found(self) -> set[str]:
        """The articles that were asked for, whatever session id they were asked for with."""
        asked = {self.plain(one.path) for one in self.asked if one.status == 200}
        return asked.intersection(self.wanted)

    def plain(self, path: str) -> str:
        """An address as it stands in `wanted`."""
        return path


T = TypeVar("T")


def pages_of(items: Sequence[T], size: int) -> list[Sequence[T]]:
    """Items in pages of a size."""
    return [items[start : start + size] for start in range(0, len(items), size)]


def link(path: str, text: str, attributes: str = "") -> str:
    return f'<a href="{html.escape(path)}"{attributes}>{html.escape(text)}</a>'


def links(pairs: Iterable[tuple[str, str]]) -> str:
    return "".join(f"<li>{link(path, text)}</li>" for path, text in pairs)


def path_of(url: str) -> str:
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def rss(base: str, entries: Iterable[tuple[str, Article]], *, title: str = "News", following: str = "") -> str:
    """RSS 2.0, as most programs make it."""
    more = f'<atom:link rel="next" href="{base}{following}"/>' if following else ""
    items = "".join(
        f"<item><title>{html.escape(one.title)}</title><link>{base}{html.escape(path)}</link>"
        f"<guid isPermaLink='false'>n{one.number}</guid>"
        f"<pubDate>{one.moment:%a, %d %b %Y %H:%M:%S} +0000</pubDate></item>"
        for path, one in entries
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom">'
        f"<channel><title>{title}</title><link>{base}/</link>{more}{items}</channel></rss>"
    )


def sitemap(urls: Iterable[str]) -> str:
    inner = "".join(f"<url><loc>{html.escape(url)}</loc></url>" for url in urls)
    return f'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{inner}</urlset>'


def sitemap_index(urls: Iterable[str]) -> str:
    inner = "".join(f"<sitemap><loc>{html.escape(url)}</loc></sitemap>" for url in urls)
    return (
        f'<?xml version="1.0"?><sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{inner}</sitemapindex>'
    )
