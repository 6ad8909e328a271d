"""Listing pages: the entries that an HTML page of a list names, and the pages of the list that go on from it.

What goes on is what the site's definition says (`selectors.next`); else what says so itself, `rel=next` on a link, an
anchor or in the Link header (RFC 8288); the same address with another page number, in the ways that sites count pages
(`/page/2/`, `?page=2`, `PAGEN_1=2`, `start=25`, …); and anchors that say "older posts" or "next" and nothing else.
Only addresses that stand on the page are taken: a number that nobody links to is not tried.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

import lxml.html
from lxml import etree

from spiders.address import AddressError, join_link
from spiders.definition import Selectors
from spiders.selector import select, text_of

_NUMBERED_PATH: Final = re.compile(r"/(?:page|stranica|pagina|seite)[/_-]?(\d{1,6})(?=/?\Z)", re.IGNORECASE)
_NUMBERED: Final = re.compile(
    r"(?:page|paged|pg|pageno|page_?num(?:ber)?|pagina|stranica|pagen_\d+|start|offset|skip|from|st"
    r"|page\[number\]|page-\d+|\w+-page|page_(?!id\Z)[\w-]{1,20})\Z",
    re.IGNORECASE,
)
"""Names of query parameters that count a list's pages or entries. `page_id` names a page of WordPress."""

_OLDER: Final = frozenset(
    {
        *("next page", "next posts", "next entries", "older posts", "older entries", "older news", "older messages"),
        *("previous posts", "previous entries", "more posts", "more news"),
        *("следующая страница", "следующие записи", "старые записи", "более старые записи", "предыдущие записи"),
        *("наступна сторінка", "старіші записи", "попередні записи", "наступная старонка", "старэйшыя запісы"),
        *("папярэднія запісы", "старые сообщения", "более ранние записи"),
    }
)
_PERHAPS: Final = frozenset(
    {
        *("next", "older", "load more", "show more", "more", "следующая", "следующие", "дальше", "далее", "вперед"),
        *("вперёд", "ранее", "раньше", "старше", "ещё", "еще", "показать ещё", "показать еще", "загрузить ещё"),
        *("загрузить еще", "более ранние", "предыдущие", "наступна", "наступні", "далі", "раніше", "ще"),
        *("показати ще", "завантажити ще", "наступная", "далей", "раней", "яшчэ", "паказаць яшчэ"),
    }
)
"""These stand under entries too, and lead to them."""
_AROUND: Final = re.compile(r"^[\W_]+|[\W_]+$")
_LINK_HEADER: Final = re.compile(r"<([^<>]*)>((?:\s*;\s*[\w*-]+\s*(?:=\s*(?:\"[^\"]*\"|[^\s;,]+))?)*)")
_REL: Final = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s;,]+))", re.IGNORECASE)
_WORDED: Final = 30
"""Elements in a link that says no more than that it leads on."""
# hrefs of these are what the page is made of, not what it lists
_SURROUNDINGS: Final = frozenset({"nav", "header", "footer"})


@dataclass(frozen=True, slots=True)
class ListPage:
    """What one page of a list holds."""

    entries: tuple[str, ...]
    """Addresses that it names, in its order."""
    more: tuple[str, ...]
    """Further pages of the list that it links to."""
    matched: bool
    """Whether the entries are what the definition's selector found; else they are all links beside the navigation."""
    links: tuple[str, ...] = ()
    """The entries, or, where the selector found none, all links beside the navigation: what shows whether the list goes
    on."""


def list_page(
    text: str | bytes, url: str, encoding: str, selectors: Selectors, link_headers: Iterable[str] = ()
) -> ListPage:
    """What the page of a list that was fetched from `url` holds. Octets are taken for UTF-8."""
    page = _Page(text, url, encoding)
    more = dict.fromkeys(page.joined(next_links(link_headers)))
    more.update(dict.fromkeys(page.hrefs(_of(page.tree, selectors.next))))
    more.update(dict.fromkeys(page.marked()))
    if not selectors.next:
        more.update(dict.fromkeys(page.counted()))
        more.update(dict.fromkeys(page.worded()))
    own = _without_number(url)
    more = {address: None for address in more if address != url}
    chosen = list(page.hrefs(_of(page.tree, selectors.listing)))
    entries = chosen if selectors.listing else page.beside_navigation()

    def others(addresses: Iterable[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one for one in addresses if one not in more and _without_number(one) != own))

    named = others(entries)
    links = named if chosen or not selectors.listing else others(page.beside_navigation())
    return ListPage(named, tuple(more), bool(chosen), links)


def next_links(headers: Iterable[str]) -> Iterator[str]:
    """The targets of `rel=next` in Link headers (RFC 8288)."""
    for header in headers:
        for target, parameters in _LINK_HEADER.findall(header):
            relation = _REL.search(parameters)
            if relation and "next" in (relation[1] or relation[2]).lower().split():
                yield target


class _Page:
    def __init__(self, text: str | bytes, url: str, encoding: str) -> None:
        self.tree = _tree(text)
        self._url = self._base = url
        self._encoding = encoding
        base = next(iter(self.tree.xpath("//base/@href")), None)
        if base:
            self._base = next(self.joined([str(base)]), url)

    def joined(self, addresses: Iterable[str]) -> Iterator[str]:
        for address in addresses:
            if not address.strip() or address.strip().startswith("#"):
                continue
            try:
                yield join_link(self._base, address, self._encoding)
            except AddressError:
                continue  # the page's links are counted where they are all looked at

    def hrefs(self, found: Iterable[Any]) -> Iterator[str]:
        """The addresses that matches of a selector name: their own, else those of the links in them."""
        for one in found:
            if not etree.iselement(one):
                yield from self.joined([str(one)])
            elif one.get("href") is not None:
                yield from self.joined([one.get("href")])
            else:
                yield from self.joined(map(str, one.xpath(".//a/@href")))

    def marked(self) -> Iterator[str]:
        """What says of itself that it is next."""
        for one in self.tree.xpath("//*[self::a or self::link or self::area][@rel and @href]"):
            if "next" in one.get("rel").lower().split():
                yield from self.joined([one.get("href")])

    def counted(self) -> Iterator[str]:
        """The same address with another page number."""
        own = _without_number(self._url)
        for address in self.joined(map(str, self.tree.xpath("//a/@href"))):
            if _number(address) is not None and _without_number(address) == own:
                yield address

    def worded(self) -> Iterator[str]:
        """Links of the same host whose words say that they lead to what is older."""
        host = urlsplit(self._url).netloc
        for one in self.tree.xpath("//a[@href]"):
            if next(islice(one.iter(), _WORDED, None), None) is not None:
                continue  # links may hold one another, and the whole page
            words = _AROUND.sub("", text_of(one)).lower() or _AROUND.sub("", one.get("aria-label") or "").lower()
            if words in _OLDER or words in _PERHAPS:
                sure = words in _OLDER
                yield from (url for url in self.joined([one.get("href")]) if self._goes_on(url, host, sure=sure))

    def _goes_on(self, url: str, host: str, *, sure: bool) -> bool:
        parts, own = urlsplit(url), urlsplit(self._url)
        return parts.netloc == host and (sure or (bool(parts.query) and parts.path.rstrip("/") == own.path.rstrip("/")))

    def beside_navigation(self) -> Iterator[str]:
        walker = etree.iterwalk(self.tree, events=("start",))
        for _, one in walker:
            if one.tag in _SURROUNDINGS:
                walker.skip_subtree()
            elif one.tag == "a" and one.get("href") is not None:
                yield from self.joined([one.get("href")])


def _of(tree: Any, selectors: Iterable[str]) -> list[Any]:
    return next((found for selector in selectors if (found := select(tree, selector))), [])


def _tree(text: str | bytes) -> Any:
    octets = text.encode("utf-8", "replace") if isinstance(text, str) else text
    parser = lxml.html.HTMLParser(encoding="utf-8", recover=True, no_network=True, huge_tree=True)
    try:
        tree = lxml.html.document_fromstring(octets.replace(b"\0", b""), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return lxml.html.document_fromstring("<html></html>")
    return tree


def _number(url: str) -> int | None:
    """The page number that an address bears; None where it bears none."""
    parts = urlsplit(url)
    for name, value in parse_qsl(parts.query):
        if _NUMBERED.match(name) and value.isdecimal():
            return int(value[:9])
    numbered = _NUMBERED_PATH.search(unquote(parts.path))
    return int(numbered[1]) if numbered else None


def list_key(url: str) -> tuple[str, str, str]:
    """What the pages of a list have in common, as far as page numbers tell."""
    return _without_number(url)


def list_number(url: str) -> int | None:
    """The number, of the page or of its first entry, that the address of a list's page bears; else None."""
    return _number(url)


def _without_number(url: str) -> tuple[str, str, str]:
    """Host, path and query of an address without what counts its pages."""
    parts = urlsplit(url)
    query = [
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
        if not (_NUMBERED.match(name) and (value.isdecimal() or not value))
    ]
    path = _NUMBERED_PATH.sub("", unquote(parts.path)).rstrip("/")
    return parts.netloc.lower().removeprefix("www."), path, urlencode(sorted(query))
