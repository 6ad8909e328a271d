"""What a page states about itself: title, dates of publication and change, authors.

Only what the page says in so many words is taken: the element that the site's definition names, JSON-LD (schema.org),
`<meta>`, microdata, `<time>`. No date is guessed from the address, the text or the year of a copyright line
(`pipelines/dates.py`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from lxml import etree
from rapidfuzz import fuzz

from pipelines.dates import is_date_line, iso_date, modified_in, published_in
from spiders.selector import alternatives, elements, select, text_of, texts

RESEMBLING: Final = 50.0
"""Ratio (rapidfuzz, 0 to 100) from which a title is an older or newer wording of a heading."""

_SEPARATOR = re.compile(r"\s+[|—–:»·-]+\s+")
_SPACES = re.compile(r"\s+")
_ARTICLES: Final = frozenset({"article", "newsarticle", "blogposting", "reportagenewsarticle", "webpage", "report"})
_PUBLISHED: Final = (
    "article:published_time",
    "datepublished",
    "dcterms.issued",
    "dcterms.created",
    "dc.date.issued",
    "dc.date",
    "citation_publication_date",
    "pubdate",
    "publish-date",
)
_MODIFIED: Final = ("article:modified_time", "og:updated_time", "datemodified", "dcterms.modified", "last-modified")


@dataclass(frozen=True, slots=True)
class Value:
    """One thing that a page states about itself."""

    name: str
    value: str
    by: str
    """Where it states that: `json-ld`, `meta`, `microdata`, `time`, `heading`, `title`, `site` …"""
    language: str | None = None
    """Of a version in another language, which."""


@dataclass(frozen=True, slots=True)
class Stated:
    """What a page states about itself, and where."""

    title: str | None = None
    published: str | None = None
    """ISO 8601: a date, or a date and time with its zone where the page gives one."""
    modified: str | None = None
    authors: tuple[str, ...] = ()
    html_language: str | None = None
    """`<html lang>`: evidence to keep, not to obey."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """Of each value that was found: `json-ld`, `meta`, `microdata`, `time`, `heading`, `title` or `site`."""
    metadata: tuple[Value, ...] = ()
    """Everything that was found, the chosen values first."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where a site's definition says that it stands; selectors each (`spiders/selector.py`)."""

    title: Sequence[str] = ()
    published: Sequence[str] = ()
    modified: Sequence[str] = ()
    zone: str = ""
    """IANA zone of clock times that name none."""


def stated(tree: Any, captured_at: datetime, places: Places = Places()) -> Stated:
    """Read a parsed page's metadata."""
    articles = list(_articles(tree))
    metas = _metas(tree)
    sources: dict[str, str] = {}

    def first(name: str, candidates: Iterator[tuple[str, str | None]]) -> str | None:
        for source, value in candidates:
            if value:
                sources[name] = source
                return value
        return None

    title = first("title", _titles(tree, articles, metas, places))
    published = first("published", _dates(tree, articles, metas, "datePublished", captured_at, places))
    modified = first("modified", _dates(tree, articles, metas, "dateModified", captured_at, places))
    authors = _authors(articles, metas)
    language = next(iter(tree.xpath("/html/@lang | /html/@*[name()='xml:lang']")), None) if tree is not None else None
    return Stated(title, published, modified, authors, _line(language) or None, dict(sorted(sources.items())))


def _line(text: object) -> str:
    return _SPACES.sub(" ", text).strip() if isinstance(text, str) else ""


def _titles(
    tree: Any, articles: list[dict[str, Any]], metas: dict[str, str], places: Places
) -> Iterator[tuple[str, str | None]]:
    yield from (("site", text) for text in texts(tree, places.title)[:1])
    for article in articles:
        yield "json-ld", _line(article.get("headline"))
    headings = [_line(heading.text_content()) for heading in tree.iter("h1")]
    headings = [heading for heading in headings if heading]
    element = _line(next((t.text_content() for t in tree.iterfind("./head/title")), ""))
    page_titles = [title for title in (metas.get("og:title", ""), element) if title]
    # the heading that the page's own title repeats; what the title adds to it is the site's name
    for heading in headings:
        if any(heading.casefold() in title.casefold() for title in page_titles):
            yield "heading", heading
    site = metas.get("og:site_name", "")
    for source, title in (("meta", metas.get("og:title", "")), ("title", element)):
        yield source, _nearest(_without_site(title, site), headings)
    if headings:
        yield "heading", headings[0]


def _without_site(title: str, site: str) -> str:
    for mark in (" | ", " — ", " – ", " - ", " :: ", " » "):
        if site and title.casefold().endswith((mark + site).casefold()):
            return title[: -len(mark + site)].strip()
    return title


def _nearest(title: str, headings: list[str]) -> str:
    """The title without what it adds to the heading that it resembles most: the site's name, a section's."""
    heads = [title[: match.start()].strip() for match in _SEPARATOR.finditer(title)]
    candidates = [(fuzz.ratio(head, heading), head) for head in (title, *heads) for heading in headings if head]
    likeness, head = max(candidates, default=(0.0, title), key=lambda pair: pair[0])
    return head if likeness >= RESEMBLING else title


def _dates(
    tree: Any, articles: list[dict[str, Any]], metas: dict[str, str], name: str, captured_at: datetime, places: Places
) -> Iterator[tuple[str, str | None]]:
    if name == "datePublished":
        yield "site", published_at(tree, places.published, captured_at, places.zone)
    else:
        yield "site", modified_at(tree, places.modified, captured_at, places.zone)
    for article in articles:
        yield "json-ld", iso_date(_line(article.get(name)), captured_at)
    for key in _PUBLISHED if name == "datePublished" else _MODIFIED:
        yield "meta", iso_date(metas.get(key, ""), captured_at)
    for element in tree.xpath("//*[@itemprop=$name]", name=name):
        value = element.get("datetime") or element.get("content") or element.text_content()
        yield "microdata", iso_date(value, captured_at)
    times = tree.xpath("//time[@datetime]")
    if name == "dateModified":
        yield from (("time", iso_date(t.get("datetime"), captured_at)) for t in times if "updated" in _classes(t))
        return
    for element in times:
        if element.get("pubdate") is not None or {"published", "entry-date"} & _classes(element):
            yield "time", iso_date(element.get("datetime"), captured_at)
    # A page's only <time> in its article is the article's; one of several may be a teaser's.
    own = [t for t in times if not _in_furniture(t) and "updated" not in _classes(t)]
    if len({t.get("datetime") for t in own}) == 1:
        yield "time", iso_date(own[0].get("datetime"), captured_at)


def published_at(tree: Any, selector: str | Sequence[str], captured_at: datetime, zone: str = "") -> str | None:
    """The date of publication that stands where a selector says.

    Of several matches the first that is a date with little around it counts: the selector may be one of paragraphs.
    """
    return _dated(tree, selector, lambda text: published_in(text, captured_at, zone), captured_at)


def modified_at(tree: Any, selector: str | Sequence[str], captured_at: datetime, zone: str = "") -> str | None:
    """The date of the last change that stands where a selector says, found as `published_at` does."""
    return _dated(tree, selector, lambda text: modified_in(text, captured_at, zone), captured_at)


def _dated(
    tree: Any, selector: str | Sequence[str], read: Callable[[str], str | None], captured_at: datetime
) -> str | None:
    for one in alternatives(selector):
        said = [_said(found) for found in select(tree, one)]
        lines = said if len(said) == 1 else [text for text in said if is_date_line(text, captured_at)]
        if found := next((value for text in lines if (value := read(text))), None):
            return found
    return None


def _said(found: Any) -> str:
    """What a match says of a date: the machine's form where the element has or holds one."""
    if not etree.iselement(found):
        return text_of(found)
    times = [found] if found.get("datetime") else elements(found, "time[datetime]")
    return times[0].get("datetime") if len(times) == 1 else text_of(found)


def _classes(element: Any) -> set[str]:
    return set((element.get("class") or "").lower().split())


def _in_furniture(element: Any) -> bool:
    from pipelines import furniture

    return any(
        furniture.by_markup(above.tag, above.attrib, "/main[1]")
        for above in element.iterancestors()
        if isinstance(above.tag, str)
    )


def _metas(tree: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for element in tree.iter("meta"):
        name = (element.get("property") or element.get("name") or element.get("itemprop") or "").strip().lower()
        content = _line(element.get("content"))
        if name and content:
            found.setdefault(name, content)
    return found


def _authors(articles: list[dict[str, Any]], metas: dict[str, str]) -> tuple[str, ...]:
    names: list[str] = []
    for article in articles:
        listed = article.get("author")
        for author in listed if isinstance(listed, list) else [listed]:
            name = _line(author.get("name") if isinstance(author, dict) else author)
            if name and name not in names:
                names.append(name)
    if not names:
        names = [name for name in (metas.get("author", ""), metas.get("article:author", "")) if name][:1]
    return tuple(name for name in names if "://" not in name)[:20]


def _articles(tree: Any) -> Iterator[dict[str, Any]]:
    """The page's own JSON-LD nodes, articles before the web page that holds them."""
    nodes: list[dict[str, Any]] = []
    for script in tree.iter("script"):
        if (script.get("type") or "").strip().lower() != "application/ld+json" or not script.text:
            continue
        try:
            nodes.extend(_flat(json.loads(script.text, strict=False)))
        except (ValueError, RecursionError):
            continue
    typed = [(_types(node), node) for node in nodes]
    articles = [node for types, node in typed if types & (_ARTICLES - {"webpage"})]
    yield from articles[:1] or [node for types, node in typed if "webpage" in types][:1]


def _flat(value: Any) -> Iterator[dict[str, Any]]:
    for node in value if isinstance(value, list) else [value]:
        if isinstance(node, dict):
            yield node
            if isinstance(graph := node.get("@graph"), list):
                yield from (inner for inner in graph if isinstance(inner, dict))


def _types(node: dict[str, Any]) -> set[str]:
    named = node.get("@type")
    return {name.lower() for name in (named if isinstance(named, list) else [named]) if isinstance(name, str)}
