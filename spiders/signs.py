"""Signs: what one HTML page tells about itself and its site, without knowing the site.

Generator, feeds, languages, frames, dates, how much running text there is and how many links. Everything here is
evidence for `spiders/look.py`; nothing is fetched.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from lxml import etree, html

from spiders.address import AddressError, join_link
from spiders.links import links_in, refresh_target

ARTICLE_TYPES: Final = frozenset(
    {
        "article",
        "newsarticle",
        "blogposting",
        "reportagenewsarticle",
        "discussionforumposting",
        "report",
        "socialmediaposting",
    }
)
FEED_TYPES: Final = {
    "application/rss+xml": "RSS",
    "application/atom+xml": "Atom",
    "application/rdf+xml": "RSS 1.0",
    "application/feed+json": "JSON Feed",
}

_MONTHS: Final = (
    r"jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|янв|фев|мар|апр|ма[йя]|июн|июл|авг|сен|окт|ноя|дек"
    r"|січ|лют|бер|кві|тра|чер|лип|сер|вер|жов|лис|гру|студз|сак|крас|ліп|жні|кас|сне"
)
_DATE = re.compile(
    rf"(?<![\w.])(?:\d{{4}}-\d\d-\d\d|\d{{1,2}}[./]\d{{1,2}}[./](?:19|20)\d\d|\d{{1,2}}\s+(?:{_MONTHS})\w*\.?,?\s+(?:19|20)\d\d"
    rf"|(?:{_MONTHS})\w*\.?\s+\d{{1,2}},?\s+(?:19|20)\d\d)(?!\d)",
    re.IGNORECASE,
)
_SPACES = re.compile(r"\s+")
_NO_TEXT: Final = frozenset(
    {"script", "style", "noscript", "template", "svg", "select", "button", "textarea", "option"}
)
_AROUND: Final = frozenset({"nav", "header", "footer", "aside"})
_LEAVES: Final = frozenset(
    {"p", "li", "blockquote", "pre", "td", "dd", "dt", "h2", "h3", "h4", "h5", "figcaption", "font", "center"}
)
_CONTAINERS: Final = frozenset({"article", "main", "section", "div", "td", "body", "form", "table", "blockquote", "dl"})
_NAME = re.compile(r"[A-Za-z][A-Za-z_-]*\Z")
"""Names of classes and ids that a person gave: those with numbers belong to one page or to one build of a theme."""
_HEADLINE: Final = 20
_SAYS = re.compile(r"body|content|text|article|entry|story|detail|title|heading|name|date|time|publish|created", re.I)
_SCRIPT_ADDRESS = re.compile(r"""["'`]((?:https?:)?/[^"'`\s<>{}$\\]{1,200})["'`$]""")

TEASER: Final = 250
"""Characters of running text for each headline that a page links to, up to which it is a list of teasers."""
LONG: Final = 200
"""Characters of running text outside of links, from which a page is more than a list."""


@dataclass(frozen=True, slots=True)
class Signs:
    """What one page tells."""

    url: str
    title: str
    heading: str
    """Text of its first `<h1>`; the title where there is none."""
    language: str
    """`<html lang>`, as written."""
    generator: str
    """`<meta name=generator>`."""
    marks: frozenset[str]
    """Programs that the markup gives away: wordpress, drupal, bitrix, phpbb, next, hugo, google sites …"""
    feeds: tuple[tuple[str, str], ...]
    """(kind, address) of the feeds that `<link>` names."""
    sitemaps: tuple[str, ...]
    rest: str
    """Root of WordPress's REST interface; empty: none is named."""
    translations: tuple[tuple[str, str], ...]
    """(language, address) of each hreflang."""
    canonical: str
    links: tuple[str, ...]
    frames: tuple[str, ...]
    refresh: str
    following: str
    """The address that rel=next names; empty: none."""
    scripts: tuple[str, ...]
    """Addresses of the page's scripts."""
    script_addresses: tuple[str, ...]
    """Addresses that stand in its inline scripts and data attributes."""
    build: str
    """Build id of Next.js."""
    is_article: bool
    """Whether it calls itself an article: og:type or JSON-LD."""
    dated: bool
    """Whether it states when it was published: metadata, `<time>`, or a date in the text."""
    text: int
    """Characters of running text outside of links, menus and footers."""
    linked: int
    """Characters of link text there."""
    titles: int
    """Links there whose text is long enough to be a headline."""
    tree: Any
    """The parsed page, for measuring selectors."""

    @property
    def reads_as_article(self) -> bool:
        """One text, rather than a list of links to others."""
        if self.is_article and self.text >= LONG // 4:
            return True
        # a listing has a few lines for each headline
        return self.text >= LONG and self.text > self.linked and self.text >= TEASER * (self.titles - 3)


def signs_of(text: str, url: str, charset: str = "utf-8") -> Signs:
    """Read a page that was fetched from `url`, and decoded from `charset`."""
    tree = parsed(text)
    page = _Page(tree, url)
    links = links_in(text, url, charset).links
    metas = page.metas()
    types = page.types()
    running, linked, titles = page.amounts()
    return Signs(
        url=url,
        title=_line(" ".join(page.texts("//title[1]"))),
        heading=next((line for line in map(_line, page.texts("//h1")) if line), ""),
        language=_line(page.first("/html/@lang") or page.first("/html/@*[name()='xml:lang']"))[:35],
        generator=metas.get("generator", ""),
        marks=frozenset(_marks(text, metas)),
        feeds=tuple(page.feeds()),
        sitemaps=tuple(page.joined("//link[@rel='sitemap']/@href")),
        rest=next(page.joined("//link[@rel='https://api.w.org/']/@href"), ""),
        translations=tuple(page.translations()),
        canonical=next(page.joined("//link[@rel='canonical']/@href"), ""),
        links=tuple(link.url for link in links if link.hop == "L"),
        frames=tuple(link.url for link in links if link.hop == "E"),
        refresh=next((link.url for link in links if link.hop == "R"), ""),
        following=next(page.joined("//link[@rel='next']/@href | //a[contains(@rel, 'next')]/@href"), ""),
        scripts=tuple(page.joined("//script/@src")),
        script_addresses=tuple(dict.fromkeys(page.script_addresses())),
        build=page.next_build(),
        is_article=bool(types & ARTICLE_TYPES) or metas.get("og:type", "").lower() == "article",
        dated=page.dated(metas),
        text=running,
        linked=linked,
        titles=titles,
        tree=tree,
    )


def parsed(text: str) -> Any:
    """The tree of a page, whatever it is like; a page without a single element has an empty body."""
    parser = html.HTMLParser(encoding="utf-8", recover=True, no_network=True, huge_tree=False)
    try:
        tree = html.document_fromstring(text.replace("\0", "").encode("utf-8", "replace") or b" ", parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        tree = html.document_fromstring(b"<html><body></body></html>")
    return tree


def json_in(text: str) -> Any:
    """The value of a JSON document; None for anything else."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def addresses_in_script(text: str, url: str) -> Iterator[str]:
    """Addresses that stand between quotation marks in a script fetched from `url`."""
    for match in _SCRIPT_ADDRESS.finditer(text[:2_000_000]):
        try:
            yield join_link(url, match[1])
        except AddressError:
            continue


class _Page:
    def __init__(self, tree: Any, url: str) -> None:
        self._tree = tree
        base = self.first("//base/@href")
        try:
            self._base = join_link(url, base) if base else url
        except AddressError:
            self._base = url

    def first(self, path: str) -> str:
        return next((str(one) for one in self._tree.xpath(path)), "")

    def texts(self, path: str) -> list[str]:
        return [element.text_content() for element in self._tree.xpath(path)]

    def joined(self, path: str) -> Iterator[str]:
        for address in self._tree.xpath(path):
            yield from self._join(str(address))

    def _join(self, address: str) -> Iterator[str]:
        if address.strip():
            try:
                yield join_link(self._base, address)
            except AddressError:
                return

    def metas(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for element in self._tree.iter("meta"):
            name = (element.get("property") or element.get("name") or element.get("itemprop") or "").strip().lower()
            if name:
                found.setdefault(name, _line(element.get("content") or ""))
        return found

    def types(self) -> set[str]:
        found: set[str] = set()
        for script in self._tree.xpath("//script[@type='application/ld+json']"):
            found.update(_types(json_in(script.text or "")))
        return found

    def feeds(self) -> Iterator[tuple[str, str]]:
        for link in self._tree.xpath("//link[@href][contains(concat(' ', @rel, ' '), ' alternate ')]"):
            kind = FEED_TYPES.get((link.get("type") or "").split(";")[0].strip().lower())
            if kind is not None:
                yield from ((kind, url) for url in self._join(link.get("href")))

    def translations(self) -> Iterator[tuple[str, str]]:
        for link in self._tree.xpath("//*[self::link or self::a][@hreflang][@href]"):
            language = (link.get("hreflang") or "").strip()
            if language and language.lower() != "x-default":
                yield from ((language, url) for url in self._join(link.get("href")))

    def script_addresses(self) -> Iterator[str]:
        for script in self._tree.xpath("//script[not(@src)][not(@type='application/ld+json')]"):
            yield from addresses_in_script(script.text or "", self._base)
        for value in self._tree.xpath(
            "//@*[starts-with(name(), 'data-')][starts-with(., '/') or starts-with(., 'http')]"
        ):
            yield from self._join(str(value))

    def next_build(self) -> str:
        value = json_in(self.first("//script[@id='__NEXT_DATA__']/text()"))
        return str(value.get("buildId") or "") if isinstance(value, dict) else ""

    def dated(self, metas: dict[str, str]) -> bool:
        if any(name in metas for name in ("article:published_time", "datepublished", "dc.date", "dcterms.created")):
            return True
        if self._tree.xpath("//time[@datetime] | //*[@itemprop='datePublished']"):
            return True
        return any(_DATE.search(text) for text in self._tree.xpath("//body//text()") if 8 <= len(text.strip()) < 80)

    def amounts(self) -> tuple[int, int, int]:
        """Characters of running text and of link text, and links that are headlines, without menus and footers."""
        running = linked = titles = 0
        for element, text, in_link in _runs(self._tree):
            if in_link:
                linked += len(text)
                titles += len(text) >= _HEADLINE
            elif len(text) >= 40 or element.tag in {"p", "blockquote"}:
                running += len(text)
        return running, linked, titles


def _runs(tree: Any) -> Iterator[tuple[Any, str, bool]]:
    """Each piece of visible text, the element that it stands in, and whether that is a link."""
    for body in tree.iter("body"):
        stack = [(body, False)]
        while stack:
            element, in_link = stack.pop()
            if not isinstance(element.tag, str) or element.tag in _NO_TEXT or element.tag in _AROUND:
                continue
            in_link = in_link or element.tag == "a"
            if text := _line(element.text or ""):
                yield element, text, in_link
            for child in element:
                if tail := _line(child.tail or ""):
                    yield element, tail, in_link
                stack.append((child, in_link))


def _types(value: Any, depth: int = 0) -> Iterator[str]:
    if depth > 3:
        return
    for node in value if isinstance(value, list) else [value]:
        if isinstance(node, dict):
            named = node.get("@type")
            yield from (str(one).lower() for one in (named if isinstance(named, list) else [named]) if one)
            if isinstance(graph := node.get("@graph"), list):
                yield from _types(graph, depth + 1)


_MARKS: Final = (
    ("wordpress", re.compile(r"/wp-(?:content|includes|json)/|api\.w\.org", re.IGNORECASE)),
    (
        "drupal",
        re.compile(r"/sites/(?:default|all)/|drupal-settings-json|Drupal\.settings|data-drupal-", re.IGNORECASE),
    ),
    ("bitrix", re.compile(r"/bitrix/(?:templates|js|cache|components)|BX\.message|PAGEN_\d", re.IGNORECASE)),
    ("phpbb", re.compile(r"viewtopic\.php|viewforum\.php|phpBB", re.IGNORECASE)),
    ("next.js", re.compile(r"__NEXT_DATA__|/_next/static/|self\.__next_f", re.IGNORECASE)),
    ("nuxt", re.compile(r"__NUXT__|/_nuxt/", re.IGNORECASE)),
    (
        "google sites",
        re.compile(r"sites\.google\.com|/system/app/pages/|sites-layout-name|gstatic\.com/atari", re.IGNORECASE),
    ),
    ("joomla", re.compile(r"/media/(?:jui|system)/js|option=com_content", re.IGNORECASE)),
    ("modx", re.compile(r"assets/components/", re.IGNORECASE)),
    ("telegram", re.compile(r"tgme_widget_message[^>]*data-post=", re.IGNORECASE)),
    ("tilda", re.compile(r"tildacdn\.", re.IGNORECASE)),
)
_GENERATED: Final = (
    "wordpress",
    "drupal",
    "joomla",
    "hugo",
    "jekyll",
    "ghost",
    "bitrix",
    "phpbb",
    "blogger",
    "tilda",
    "modx",
    "eleventy",
    "gatsby",
)


def _marks(text: str, metas: dict[str, str]) -> Iterator[str]:
    head = text[:300_000]
    generator = metas.get("generator", "").lower()
    yield from (name for name in _GENERATED if name in generator)
    yield from (name for name, pattern in _MARKS if pattern.search(head))


def _line(text: str | None) -> str:
    return _SPACES.sub(" ", text or "").strip()


# -- selectors that are measured on several pages of one kind


@dataclass(frozen=True, slots=True)
class Measured:
    """Selectors that match exactly once on every page of a sample; empty: none does."""

    body: str = ""
    title: str = ""
    published: str = ""


def measure(pages: Sequence[Signs]) -> Measured:
    """Selectors for the body, title and date of articles; two pages are needed to tell an article from its frame."""
    if len(pages) < 2:
        return Measured()
    trees = [page.tree for page in pages]
    return Measured(_body(trees), _title(pages), _published(trees))


def _body(trees: Sequence[Any]) -> str:
    wanted = _own_lines(trees)
    if not all(wanted):
        return ""
    best = [_container(tree, own) for tree, own in zip(trees, wanted, strict=True)]
    for selector in _names_of(best[0]):
        if all(_once(tree, selector) is element for tree, element in zip(trees, best, strict=True)):
            return selector
    # one of the pages may have a box more than the others: the nearest container that all of them have
    for above in best[0].iterancestors():
        for selector in _names_of(above):
            found = [_once(tree, selector) for tree in trees]
            if all(
                one is not None and (one is element or one in element.iterancestors())
                for one, element in zip(found, best, strict=True)
            ):
                return selector
    return ""


def _own_lines(trees: Sequence[Any]) -> list[dict[Any, int]]:
    """Of each page, the elements with running text that no other page of the sample has, and how much of it."""
    lines = [
        [(element, text) for element, text, in_link in _runs(tree) if not in_link and len(text) > 20] for tree in trees
    ]
    times = Counter(text for page in lines for text in {text for _, text in page})
    own = []
    for page in lines:
        amounts: Counter[Any] = Counter()
        for element, text in page:
            if times[text] == 1:
                amounts[element] += len(text)
        own.append(dict(amounts))
    return own


def _container(tree: Any, own: dict[Any, int]) -> Any:
    """The deepest element that holds nine tenths of a page's own text."""
    total = sum(own.values())
    held: Counter[Any] = Counter()
    for element, amount in own.items():
        held[element] += amount
        for above in element.iterancestors():
            held[above] += amount
    best, depth = tree, -1
    for element, amount in held.items():
        if amount >= 0.9 * total and element.tag in _CONTAINERS:
            deep = sum(1 for _ in element.iterancestors())
            if deep > depth:
                best, depth = element, deep
    return best


def _names_of(element: Any) -> Iterator[str]:
    """Selectors that an element could be meant by, the surest first."""
    if element.get("itemprop") and _NAME.match(element.get("itemprop")):
        yield f"[itemprop={element.get('itemprop')}]"
    if element.get("id") and _NAME.match(element.get("id")):
        yield f"#{element.get('id')}"
    names = [name for name in (element.get("class") or "").split() if _NAME.match(name)]
    # `field` beside `field--name-body`: the one that says what stands there
    for name in sorted(names, key=lambda name: _SAYS.search(name) is None):
        yield f"{element.tag}.{name}"
    if element.tag in {"article", "main", "h1", "h2", "h3", "time"}:
        yield str(element.tag)


def _once(tree: Any, selector: str) -> Any:
    """The only element that a selector matches; None where there is none, or more than one."""
    found = tree.cssselect(selector)
    return found[0] if len(found) == 1 else None


def _title(pages: Sequence[Signs]) -> str:
    def heading(page: Signs) -> Any:
        """The element whose text the page's own title begins with or holds."""
        best = None
        for element in page.tree.xpath(
            "//body//*[self::h1 or self::h2 or self::h3 or self::div or self::span or self::font]"
        ):
            text = _line(element.text_content())
            if (
                8 <= len(text) <= 300
                and text.casefold() in page.title.casefold()
                and (best is None or element.tag == "h1")
            ):
                best = element
                if element.tag == "h1":
                    break
        return best

    found = [heading(page) for page in pages]
    first = found[0]
    if first is None or any(one is None for one in found):
        ones = [_once(page.tree, "h1") for page in pages]
        return "h1" if all(one is not None and _line(one.text_content()) for one in ones) else ""
    for selector in [*(["h1"] if first.tag == "h1" else []), *_names_of(first)]:
        if all(_once(page.tree, selector) is one for page, one in zip(pages, found, strict=True)):
            return selector
    return ""


def _published(trees: Sequence[Any]) -> str:
    def candidates(tree: Any) -> Iterator[str]:
        for element in tree.xpath("//*[@itemprop='datePublished'] | //time"):
            yield from _names_of(element)
        for element in tree.xpath("//body//*[not(self::script)]"):
            if isinstance(element.tag, str) and element.tag not in _NO_TEXT and len(element) <= 3:
                text = _line(element.text_content())
                if 8 <= len(text) <= 60 and _DATE.search(text):
                    yield from _names_of(element)

    def dated(tree: Any, selector: str) -> bool:
        element = _once(tree, selector)
        if element is None:
            return False
        said = _line(element.get("datetime") or element.text_content())
        found = _DATE.search(said)
        # a date, perhaps with the time of day and a word before it; not a line that names one
        return found is not None and 2 * len(found[0]) >= len(said)

    for selector in dict.fromkeys(candidates(trees[0])):
        if all(dated(tree, selector) for tree in trees):
            return selector
    return ""


def refresh_header(value: str, url: str) -> str:
    """The address that a Refresh header names; empty: none."""
    target = refresh_target(value) if value else None
    try:
        return join_link(url, target) if target else ""
    except AddressError:
        return ""
