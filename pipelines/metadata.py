"""What a page states about itself: title, dates of publication and change, authors, addresses, licence.

Only what the page says in so many words is taken: the element that the site's definition names, JSON-LD (schema.org),
`<meta>` (OpenGraph, Dublin Core, Highwire, Parse.ly, Sailthru), microdata, RDFa, `<time>`, links and the Link header.
No date is guessed from the address or the year of a copyright line (`pipelines/dates.py`); what the text itself says
beside the title is read when the blocks are known (`pipelines/metadata_text.py`). Where sources contradict each other
the first in that order counts, and all stand in `Stated.metadata`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from lxml import etree
from rapidfuzz import fuzz

from pipelines.dates import EVENT, is_date_line, iso_date, modified_in, order_of, published_in
from pipelines.metadata_json_ld import JsonLd
from spiders.address import AddressError, join_link
from spiders.selector import alternatives, elements, select, text_of, texts

RESEMBLING: Final = 50.0
"""Ratio (rapidfuzz, 0 to 100) from which a title is an older or newer wording of a heading."""
VALUE_LIMIT: Final = 1_000
"""Characters of one value."""
VALUES: Final = 60
"""Values of one name that are kept."""
AUTHORS: Final = 20
NAME_LIMIT: Final = 100
"""Characters of an author's name."""

_SEPARATOR = re.compile(r"\s+[|—–:»·•/-]+\s+|\s*:\s+|\s+::\s+")
_SPACES = re.compile(r"\s+")
_PUBLISHED: Final = (
    *("article:published_time", "og:article:published_time", "datepublished", "dcterms.issued", "dc.date.issued"),
    *("dcterms.date", "dc.date", "dcterms.created", "dc.date.created", "dc.created", "citation_publication_date"),
    *("citation_online_date", "citation_date", "parsely-pub-date", "sailthru.date", "pubdate", "publish-date"),
    *("publish_date", "publication_date", "publicationdate", "article.published", "published_time", "date"),
)
_MODIFIED: Final = (
    *("article:modified_time", "og:updated_time", "datemodified", "dcterms.modified", "dc.date.modified"),
    *("dc.modified", "last-modified", "last_modified", "article.updated", "modified_time", "revised"),
)
_TITLES: Final = ("og:title", "dc.title", "dcterms.title", "citation_title", "parsely-title", "sailthru.title")
_SITES: Final = ("og:site_name", "application-name", "apple-mobile-web-app-title", "citation_journal_title")
_AUTHORS: Final = (
    *("author", "article:author", "og:article:author", "dc.creator", "dcterms.creator", "dc.contributor.author"),
    *("citation_author", "parsely-author", "sailthru.author", "byl"),
)
_LICENSES: Final = ("dcterms.license", "dc.rights.license", "dc.rights", "dcterms.rights", "license", "rights")
_SECTIONS: Final = ("article:section", "parsely-section", "sailthru.section")
_DESCRIPTIONS: Final = ("og:description", "description", "dc.description", "dcterms.description", "twitter:description")
_IMAGES: Final = ("og:image", "og:image:url", "twitter:image")
_RDFA_PUBLISHED: Final = frozenset(
    {
        *("dc:date", "dc:created", "dc:issued", "dcterms:date", "dcterms:created", "dcterms:issued"),
        *("schema:datepublished", "schema:datecreated", "datepublished"),
    }
)
_RDFA_MODIFIED: Final = frozenset({"dc:modified", "dcterms:modified", "schema:datemodified", "datemodified"})
_RDFA_TITLES: Final = frozenset({"dc:title", "dcterms:title", "schema:headline", "headline"})
_RDFA_AUTHORS: Final = frozenset({"dc:creator", "dcterms:creator", "schema:author", "author"})
_NO_NAMES: Final = frozenset({"admin", "administrator", "editor", "root", "user", "webmaster", "anonymous"})
"""What programs write where no author was given."""
_LICENSE = re.compile(r"\bcreativecommons\.org/(?:licenses|publicdomain)/")
_TAG = re.compile(r"[a-z]{2,3}(?:[-_][a-z0-9]{1,8})*\Z", re.IGNORECASE)
_LINK_VALUE = re.compile(
    r"<([^<>]{1,2000})>((?:\s*;\s*[\w*!#$&+.^`|~-]{1,60}\s*(?:=\s*(?:\"[^\"]*\"|[^\s;,\"]*))?){0,20})"
)
_LINK_PARAMETER = re.compile(r";\s*([\w*!#$&+.^`|~-]{1,60})\s*=\s*(?:\"([^\"]*)\"|([^\s;,\"]*))")
_BYLINE = re.compile(
    r"(?:\A|[\s_-])(?:(?:entry|post|article|node|meta)[_-]*)?(?:author|byline)(?:[_-]*(?:name|names|link|title))?(?:\Z|\s)",
    re.I,
)
_BY = re.compile(
    r"\A\W*(?:(?:(?:written|text|story|posted|submitted|reported)\s+)?by|автор(?:ы|ка)?|текст|автори|аўтар(?:ы|ка)?|von|par|por|autor(?:en|ka|zy)?)\b\s*:?\s*",
    re.I,
)
_BY_ALONE = re.compile(r"\A(?:By|BY|by)\s+(?=\S)")
_YEAR = re.compile(r"\b\d{4}\b")
_AND = re.compile(r"\s+(?:and|и|та|і|й|und|et|y|oraz)\s+|\s*[;&]\s*")
_SOURCE_LABEL = re.compile(
    r"(?:original(?:ly)?(?:\s+published(?:\s+(?:at|by|in|on))?|\s+source)?|source|источник|первоисточник|оригинал|джерело|оригінал|крыніца|арыгінал"
    r"|quelle|źródło|fuente|fonte|sursa|allikas|avots|šaltinis|mənbə|дереккөз|აღბული|წყარო|աղբյուր)\s*[:：—–-]?\s*\Z",
    re.IGNORECASE,
)
_SOURCE_WORDS: Final = frozenset({"source", "original", "источник", "оригинал", "первоисточник", "джерело", "крыніца"})
_PARTS: Final = frozenset({"article", "section", "div", "li", "td", "aside", "main", "body"})
_EMPHASIS: Final = frozenset({"b", "strong", "em", "i", "span"})
_TAGS: Final = ("meta", "link", "time", "h1", "h2", "h3", "script", "a")
_DATED = re.compile(
    r"(?:\A|\s)(?:(?:news|article|post|entry|story|material|page|node|item|detail|publish(?:ed|ing)?|publication|pub)[_-]+){1,3}"
    r"(?:date|datetime|time|data)(?:[_-]+(?:time|published|publish|inner|text|value))?(?:\Z|\s)",
    re.I,
)
SPACES: Final = 5
"""Spaces around a date from which what ends in a full stop is a sentence that it occurs in."""
_ENDS: Final = (".", "!", "?", "…")
_PARTING: Final = ("div", "p", "h1", "h2", "h3", "h4", "h5", "h6", "section", "article", "ul", "table", "body")
DATED_LIMIT: Final = 60
"""Characters of an element that is called an article's date."""
_ATTRIBUTES = etree.XPath(
    "//@itemprop | //@property | //@class[contains(., 'uthor') or contains(., 'yline') or contains(., 'date')]"
)


@dataclass(frozen=True, slots=True)
class Value:
    """One thing that a page states about itself."""

    name: str
    """title, published, modified, author, canonical, site_name, alternate, source, source_url, translated_by, license,
    section, description or image."""
    value: str
    by: str
    """Where it states that: json-ld, meta, microdata, rdfa, time, heading, title, site, link, text, header or
    trafilatura."""
    language: str | None = None
    """Of a version in another language (`alternate`), which."""


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
    """Of title, published, modified and authors, as far as they were found: `Value.by`."""
    metadata: tuple[Value, ...] = ()
    """Everything that was found; of several values of one name the chosen first."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where a site's definition says that it stands; selectors each (`spiders/selector.py`)."""

    title: Sequence[str] = ()
    published: Sequence[str] = ()
    modified: Sequence[str] = ()
    zone: str = ""
    """IANA zone of clock times that name none."""
    language: str = ""
    """Of the site (BCP 47), where the definition says it: how its dates are written."""


def stated(tree: Any, captured_at: datetime, places: Places = Places(), *, url: str = "", link: str = "") -> Stated:
    """Read a parsed page's metadata; `url` is its address, `link` its Link header (RFC 8288)."""
    page = _Page(tree, captured_at, places, url, link)
    values = [
        *page.titles(),
        *page.dates("published", _PUBLISHED, _RDFA_PUBLISHED, "datePublished"),
        *page.dates("modified", _MODIFIED, _RDFA_MODIFIED, "dateModified"),
        *page.authors(),
        *page.links(),
        *page.others(),
    ]
    return made(values, html_language=page.language or None)


def made(values: Iterable[Value], *, html_language: str | None) -> Stated:
    """What values of one page come to, the first of a name before the others."""
    kept: dict[tuple[str, str, str | None], Value] = {}
    counts: dict[str, int] = {}
    for value in values:
        place = (value.name, value.value, value.language)
        if value.value and place not in kept and counts.get(value.name, 0) < VALUES:
            kept[place] = value
            counts[value.name] = counts.get(value.name, 0) + 1
    first = {value.name: value for value in reversed(kept.values())}
    sources: dict[str, str] = {name: first[name].by for name in ("title", "published", "modified") if name in first}
    authors = [value for value in kept.values() if value.name == "author"]
    if authors:
        sources["authors"] = authors[0].by
    own = [value.value for value in authors if value.by == authors[0].by][:AUTHORS]
    return Stated(
        title=first["title"].value if "title" in first else None,
        published=first["published"].value if "published" in first else None,
        modified=first["modified"].value if "modified" in first else None,
        authors=tuple(own),
        html_language=html_language,
        sources=dict(sorted(sources.items())),
        metadata=tuple(kept.values()),
    )


class _Page:
    """What of a page's markup speaks of the page, gathered in one walk."""

    def __init__(self, tree: Any, captured_at: datetime, places: Places, url: str, link: str) -> None:
        self._tree, self._captured_at, self._places, self._url = tree, captured_at, places, url
        self.language = _line(next(iter(tree.xpath("/html/@lang | /html/@*[name()='xml:lang']")), ""))
        host = (urlsplit(url).hostname or "").removeprefix("www.").split(".")
        self._host = urlsplit(url).hostname or ""
        self._at_home: list[str] = []
        self._hosts = {re.sub(r"\W", "", one) for one in (*host[:-1], "".join(host), "".join(host[:-1]))}
        self._order = order_of(places.language or self.language)
        self._metas: dict[str, list[str]] = {}
        self._links: list[Any] = []
        self._anchors: list[Any] = []
        self._times: list[Any] = []
        self._headings: dict[str, list[str]] = {"h1": [], "h2": [], "h3": []}
        self._related: list[Any] = []
        self._items: list[tuple[Any, list[str]]] = []
        self._properties: list[tuple[Any, frozenset[str]]] = []
        self._bylines: list[Any] = []
        self._dated: list[Any] = []
        scripts: list[str] = []
        for element in tree.iter(*_TAGS):
            self._sort(element, scripts)
        for attribute in _ATTRIBUTES(tree):
            self._sort_by_attribute(attribute.getparent(), attribute.attrname, attribute)
        self._header = list(_header_links(link, url))
        canonical = [href for rel, href, _ in self._link_values() if "canonical" in rel]
        titles = [*self._headings["h1"], *self._metas.get("og:title", ())]
        self._linked = JsonLd(scripts, [url, *canonical, *self._metas.get("og:url", ())], titles)
        head = [_line(title.text_content()) for title in tree.iterfind("./head/title")]
        self._titled = [title.casefold() for title in (*titles, *head)]
        names = [name for key in _SITES for name in self._metas.get(key, ())]
        # on the first page itself its heading may be a link to it
        home = self._at_home if urlsplit(url).path not in {"", "/"} else []
        self._site_names = [name for name in (*names, self._linked.site_name(), *home) if name]

    def _sort(self, element: Any, scripts: list[str]) -> None:
        tag = element.tag
        if tag == "a":
            if element.get("rel") or _LICENSE.search(element.get("href") or ""):
                self._related.append(element)
            self._anchors.append(element)
        elif tag == "script":
            if (element.get("type") or "").strip().lower() == "application/ld+json" and element.text:
                scripts.append(element.text)
        elif tag == "meta":
            name = element.get("property") or element.get("name") or element.get("itemprop") or ""
            content = _line(element.get("content"))
            for one in name.lower().split() if content else ():
                self._metas.setdefault(one, []).append(content[:VALUE_LIMIT])
        elif tag == "link":
            self._links.append(element)
        elif tag == "time":
            self._times.append(element)
        elif said := text_of(element)[:VALUE_LIMIT]:
            self._headings[tag].append(said)
            if self._leads_home(element):
                self._at_home.append(said)

    def _leads_home(self, heading: Any) -> bool:
        """Whether a heading is a link to the site's first page, as the site's own name is."""
        link = next((a for a in heading.iter("a")), None)
        if link is None:
            link = next(heading.iterancestors("a"), None)
        href = self._joined(link.get("href")) if link is not None else None
        if not href:
            return False
        parts = urlsplit(href)
        return parts.path in {"", "/"} and not parts.query and (parts.hostname or "") == self._host

    def _sort_by_attribute(self, element: Any, name: str, value: str) -> None:
        if name == "class":
            if _BYLINE.search(value[:300]):
                self._bylines.append(element)
            if "date" in value and _DATED.search(value[:300]):
                self._dated.append(element)
        elif name == "itemprop":
            self._items.append((element, value.split()))
        elif element.tag != "meta":
            self._properties.append((element, frozenset(value.lower().split())))

    # --- title

    def titles(self) -> Iterator[Value]:
        """The page's title without the site's name, the surest first; then as others of its sources have it."""
        places, linked = self._places, self._linked
        yield from (Value("title", text, "site") for text in texts(self._tree, places.title)[:1])
        headline = linked.text("headline")[:VALUE_LIMIT]
        yield Value("title", self._bare(headline), "json-ld")
        metas = [(title, "meta") for key in _TITLES for title in self._metas.get(key, ())[:1]]
        element = _line(next((t.text_content() for t in self._tree.iterfind("./head/title")), ""))[:VALUE_LIMIT]
        titles = [title for title, _ in metas if title] + ([element] if element else [])
        # the heading that the page's own title repeats; what the title adds to it is the site's name
        for heading in self._headings["h1"]:
            if any(_repeats(title, heading) for title in titles) and not self._is_site(heading):
                yield Value("title", heading, "heading")
        for title in titles:
            heads = {title.casefold(), *(part.casefold() for part in _SEPARATOR.split(title))}
            lower = (*self._headings["h2"], *self._headings["h3"])
            own = (one for one in lower if one.casefold() in heads and not self._is_site(one))
            yield from (Value("title", one, "heading") for one in own)
        if headline:
            titles = [headline, *titles]
        yield from self._said("title", _RDFA_TITLES, "headline", self._bare)
        for title, by in (*metas, (element, "title")):
            if title:
                yield Value("title", self._nearest(self._bare(title)), by)
        own_h1 = [heading for heading in self._headings["h1"] if not self._is_site(heading)]
        yield from (Value("title", heading, "heading") for heading in (*own_h1, *self._headings["h1"])[:1])

    def _bare(self, title: str) -> str:
        """A title without the site's name before or after it."""
        parts = [(match.start(), match.end()) for match in _SEPARATOR.finditer(title)]
        for start, end in reversed(parts):
            head, tail = title[:start].strip(), title[end:].strip()
            if head and self._is_site(tail):
                return head
            if tail and self._is_site(head):
                return tail
        return title

    def _is_site(self, text: str) -> bool:
        said = text.casefold()
        if any(said == name.casefold() for name in self._site_names):
            return True
        if len(said) > NAME_LIMIT:
            return False
        bare = re.sub(r"\W", "", said)
        return len(bare) > 3 and bare in self._hosts

    def _nearest(self, title: str) -> str:
        """The title without what it adds to the heading that it resembles most: the site's name, a section's."""
        headings = self._headings["h1"]
        heads = [title[: match.start()].strip() for match in _SEPARATOR.finditer(title)]
        candidates = [(fuzz.ratio(head, heading), head) for head in (title, *heads) for heading in headings if head]
        likeness, head = max(candidates, default=(0.0, title), key=lambda pair: pair[0])
        return head if likeness >= RESEMBLING else title

    # --- dates

    def dates(self, name: str, keys: Sequence[str], properties: frozenset[str], of_schema: str) -> Iterator[Value]:
        """Dates of one kind, the surest first."""
        places = self._places
        by_selector = published_at if name == "published" else modified_at
        selector = places.published if name == "published" else places.modified
        if found := by_selector(self._tree, selector, self._captured_at, places.zone, self._order):
            yield Value(name, found, "site")
        for value in (self._linked.text(of_schema), *(v for key in keys for v in self._metas.get(key, ()))):
            by = "json-ld" if value and value == self._linked.text(of_schema) else "meta"
            if found := self._date(value):
                yield Value(name, found, by)
        yield from self._said(name, properties, of_schema, self._date)
        for time in self._times:
            if (
                self._is_of(name, time)
                and not self._is_teasers(time)
                and (found := self._date(time.get("datetime") or ""))
            ):
                yield Value(name, found, "time")
        if name == "published":
            yield from self._only_time()
            yield from self._dated_by_class()

    def _date(self, text: str) -> str | None:
        """A date as machines write it, or as people do where there is nothing else."""
        if not text:
            return None
        zone = self._places.zone
        found = iso_date(text, self._captured_at, zone)
        if found or not is_date_line(text, self._captured_at, self._order):
            return found
        return published_in(text, self._captured_at, zone, self._order)

    def _is_of(self, name: str, time: Any) -> bool:
        classes = _classes(time)
        if name == "modified":
            return "updated" in classes or "modified" in classes
        return time.get("pubdate") is not None or bool({"published", "entry-date"} & classes - {"updated"})

    def _only_time(self) -> Iterator[Value]:
        """A page's only `<time>` in its article is the article's; one of several may be a teaser's."""
        own = [
            time
            for time in self._times
            if time.get("datetime")
            and not _in_furniture(time)
            and not self._is_of("modified", time)
            and not self._is_teasers(time)
            and not _is_of_case(time)
        ]
        if len({t.get("datetime") for t in own}) == 1 and (found := self._date(own[0].get("datetime"))):
            yield Value("published", found, "time")

    def _dated_by_class(self) -> Iterator[Value]:
        """Elements that are called the date of an article or post, where all of them say the same day."""
        order, found = self._order, []
        for element in self._dated:
            said = text_of(element)
            if len(said) <= DATED_LIMIT and is_date_line(said, self._captured_at, order):
                found.append((element, published_in(said, self._captured_at, self._places.zone, order)))
        days = {(value or "")[:10] for _, value in found}
        others = (_in_furniture(one) or self._is_teasers(one) or _is_beside_link(one) for one, _ in found)
        if len(days) == 1 and not any(others):
            yield Value("published", found[0][1] or "", "text")

    def _is_teasers(self, time: Any) -> bool:
        """Whether a `<time>` stands in a link, or in a part of the page whose headings are not the page's own."""
        for above in time.iterancestors():
            if above.tag == "a":
                return True
            headings = list(above.iter("h1", "h2", "h3", "h4", "h5", "h6")) if above.tag in _PARTS else ()
            if headings:
                return not any(one.tag == "h1" or self._is_title(text_of(one)) for one in headings)
        return False

    def _is_title(self, heading: str) -> bool:
        said = heading.casefold()
        return any(said and said in title for title in self._titled)

    def _said(
        self, name: str, properties: frozenset[str], of_schema: str, read: Callable[[str], str | None]
    ) -> Iterator[Value]:
        """Values of microdata and RDFa; of RDFa's those that the page gives once, for teasers have them too."""
        for element, names in self._items:
            named = of_schema in names and not _in_furniture(element)
            if named and (found := read(_content(element))):
                yield Value(name, found[:VALUE_LIMIT], "microdata")
                break
        found_here = [
            found
            for element, names in self._properties
            if properties & names and not _in_furniture(element)
            if (found := read(_content(element)))
        ]
        if len(set(found_here)) == 1:
            yield Value(name, found_here[0][:VALUE_LIMIT], "rdfa")

    # --- authors

    def authors(self) -> Iterator[Value]:
        """Those that the page calls its authors; of several sources the first that names any comes first."""
        linked = (_BY_ALONE.sub("", name) for name in self._linked.authors())
        yield from (Value("author", name, "json-ld") for name in linked if _is_name(name))
        for key in _AUTHORS:
            for said in self._metas.get(key, ()):
                yield from (Value("author", name, "meta") for name in names_in(said))
        for element, items in self._items:
            if "author" in items and not _in_furniture(element):
                inner = element.find(".//*[@itemprop='name']")
                said = _content(element if inner is None else inner)
                yield from (Value("author", name, "microdata") for name in names_in(said))
        for element, properties in self._properties:
            if _RDFA_AUTHORS & properties and not _in_furniture(element):
                yield from (Value("author", name, "rdfa") for name in names_in(_content(element)))
        for element in self._related:
            if "author" in (element.get("rel") or "").lower().split() and not _in_furniture(element):
                yield from (Value("author", name, "link") for name in names_in(text_of(element)))
        yield from self._by_class()

    def _by_class(self) -> Iterator[Value]:
        """Elements that are called author or byline, where all of them in the article say the same."""
        own = [element for element in self._bylines if not _in_furniture(element)]
        names = [names for element in own if (names := _names_of(element))]
        if names and all(set(one) <= set(names[0]) or set(names[0]) <= set(one) for one in names):
            yield from (Value("author", name, "text") for name in min(names, key=lambda one: (len("".join(one)), one)))

    # --- links

    def links(self) -> Iterator[Value]:
        """Canonical address, versions in other languages, licence, source."""
        for rel, href, _ in self._link_values():
            if "canonical" in rel:
                yield Value("canonical", href, "link")
        for rel, href, _ in self._header:
            if "canonical" in rel:
                yield Value("canonical", href, "header")
        yield from (
            Value("canonical", href, "meta") for href in map(self._joined, self._metas.get("og:url", ())) if href
        )
        for by, found in (("link", self._link_values()), ("header", self._header), ("link", self._anchor_values())):
            for rel, href, language in found:
                if "alternate" in rel and _TAG.match(language) and language.lower() != "x-default":
                    yield Value("alternate", href, by, language.replace("_", "-"))
        for rel, href, _ in (*self._link_values(), *self._anchor_values(), *self._header):
            if "license" in rel or "copyright" in rel:
                yield Value("license", href, "link")
        yield from self._sources()

    def _link_values(self) -> Iterator[tuple[frozenset[str], str, str]]:
        for element in self._links:
            rel = frozenset((element.get("rel") or "").lower().split())
            if rel & {"canonical", "alternate", "license", "copyright"} and (href := self._joined(element.get("href"))):
                yield rel, href, (element.get("hreflang") or "").strip()

    def _anchor_values(self) -> Iterator[tuple[frozenset[str], str, str]]:
        for element in self._related:
            rel = frozenset((element.get("rel") or "").lower().split()) & {"alternate", "license"}
            if _LICENSE.search(element.get("href") or ""):
                rel |= {"license"}
            if rel and (href := self._joined(element.get("href"))):
                yield rel, href, (element.get("hreflang") or "").strip()

    def _sources(self) -> Iterator[Value]:
        """Links that a label before them, or their own words, call the source."""
        for element in self._anchors:
            named = (element.text or "").strip(" :\n").casefold() in _SOURCE_WORDS
            labelled = not named and bool(_SOURCE_LABEL.search(_before(element)[-60:]))
            href = element.get("href") or ""
            if not (named or labelled) or href.startswith(("#", "javascript:", "mailto:")) or _in_furniture(element):
                continue
            if joined := self._joined(href):
                if labelled and (said := text_of(element)):
                    yield Value("source", said[:VALUE_LIMIT], "link")
                yield Value("source_url", joined, "link")

    def _joined(self, href: str | None) -> str | None:
        if not href or not href.strip():
            return None
        try:
            return join_link(self._url or href, href)[:VALUE_LIMIT]
        except AddressError:
            return None

    # --- the rest

    def others(self) -> Iterator[Value]:
        """Site, licence, section, description, image."""
        linked = self._linked
        for name in self._metas.get("og:site_name", ())[:1]:
            yield Value("site_name", name, "meta")
        yield Value("site_name", linked.site_name(), "json-ld")
        yield from (Value("license", address, "json-ld") for address in linked.addresses("license"))
        for name, keys in (("license", _LICENSES), ("section", _SECTIONS)):
            yield from (Value(name, said, "meta") for key in keys for said in self._metas.get(key, ()))
        for name, first in (("description", _DESCRIPTIONS), ("image", _IMAGES)):
            yield from (Value(name, said, "meta") for key in first for said in self._metas.get(key, ())[:1])
        yield Value("section", linked.text("articleSection"), "json-ld")
        yield Value("description", linked.text("description")[:VALUE_LIMIT], "json-ld")
        yield from (Value("image", address[:VALUE_LIMIT], "json-ld") for address in linked.addresses("image")[:1])


def names_in(text: str) -> list[str]:
    """The names that a byline gives, without `By` and `Автор:`."""
    text = _BY.sub("", _line(text)[: 4 * NAME_LIMIT])
    parts = _AND.split(text)
    split = [one for part in parts for one in part.split(",")]
    if len(split) > len(parts) and all(len(one.split()) >= 2 for one in split):
        parts = split
    if not all(map(_is_like_a_person, parts)):
        parts = [text]
    named = [part.strip(" ,|·•—–-:") for part in parts]
    return [name for name in dict.fromkeys(named) if _is_name(name)]


def _names_of(element: Any) -> list[str]:
    """The names in an element that is called author: its parts that are names, without those that say what he is."""
    text = text_of(element)
    if len(text) > NAME_LIMIT:
        return []
    parts = [one for part in element.itertext() if (one := _BY.sub("", _line(part)))]
    persons = [one for part in parts if _is_like_a_person(part) for one in names_in(part)]
    return persons if persons and len(parts) > 1 else names_in(text)


def _is_like_a_person(part: str) -> bool:
    words = part.replace(",", " ").split()
    return 1 < len(words) < 6 and words[0][:1].isupper() and words[-1][:1].isupper()


def _is_name(name: str) -> bool:
    low = name.casefold()
    if not name or len(name) > NAME_LIMIT or low in _NO_NAMES or "://" in low or "@" in low or _YEAR.search(low):
        return False
    return any(map(str.isalpha, name))


def published_at(
    tree: Any, selector: str | Sequence[str], captured_at: datetime, zone: str = "", order: str = ""
) -> str | None:
    """The date of publication that stands where a selector says.

    Of several matches the first that is a date with little around it counts: the selector may be one of paragraphs.
    """
    return _dated(tree, selector, lambda text: published_in(text, captured_at, zone, order), captured_at)


def modified_at(
    tree: Any, selector: str | Sequence[str], captured_at: datetime, zone: str = "", order: str = ""
) -> str | None:
    """The date of the last change that stands where a selector says, found as `published_at` does."""
    return _dated(tree, selector, lambda text: modified_in(text, captured_at, zone, order), captured_at)


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


def _repeats(title: str, heading: str) -> bool:
    """Whether a page's title says a heading: at its start, as a part of its own, or for the most part."""
    said, wanted = title.casefold(), heading.casefold()
    if wanted not in said:
        return False
    if said.startswith(wanted) or 2 * len(wanted) >= len(said):
        return True
    return wanted in _SEPARATOR.split(said)


def _content(element: Any) -> str:
    """What an element says to machines, else its words."""
    for name in ("content", "datetime"):
        if said := _line(element.get(name)):
            return said
    return text_of(element)


def _before(element: Any) -> str:
    """The words that stand right before an element in its paragraph."""
    previous = element.getprevious()
    if previous is None:
        parent = element.getparent()
        if parent is None:
            return ""
        words = (parent.text or "").strip()
        return words if words or parent.tag not in _EMPHASIS else _before(parent)
    words = (previous.tail or "").strip()
    if words.strip(":") or previous.tag not in _EMPHASIS:
        return words
    return f"{text_of(previous)[-60:]} {words}".strip()


def _header_links(header: str, url: str) -> Iterator[tuple[frozenset[str], str, str]]:
    """RFC 8288, 3: `<address>; rel="canonical", …` as (relations, address, language)."""
    for match in _LINK_VALUE.finditer(header[:20_000]):
        parameters: dict[str, str] = {}
        for name, quoted, bare in _LINK_PARAMETER.findall(match[2]):
            parameters.setdefault(name.lower(), quoted or bare)
        try:
            href = join_link(url or match[1], match[1])
        except AddressError:
            continue
        yield frozenset(parameters.get("rel", "").lower().split()), href, parameters.get("hreflang", "").strip()


def _around(element: Any) -> Any:
    """The innermost element around another that has more words."""
    own = len(text_of(element))
    return next((above for above in element.iterancestors() if len(text_of(above)) > own), element)


def _is_of_case(time: Any) -> bool:
    """Whether a `<time>` stands in a sentence, or beside a word of the case: an arrest, a birth."""
    around = _around(time)
    if any(inner is not around for inner in around.iter(*_PARTING)):
        return False  # an article whole, or its head: what is told there is not told of the date
    said = text_of(around)
    sentence = said[-1:] in _ENDS and said.count(" ") > text_of(time).count(" ") + SPACES
    return sentence or EVENT.search(said) is not None


def _is_beside_link(date: Any) -> bool:
    """Whether what stands beside a date is a link for the most part: the date is of what that leads to."""
    around = _around(date)
    linked = sum(len(text_of(link)) for link in around.iter("a"))
    return linked > 0 and 2 * linked >= len(text_of(around)) - len(text_of(date))


def _line(text: object) -> str:
    return _SPACES.sub(" ", text).strip() if isinstance(text, str) else ""
