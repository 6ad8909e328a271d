"""What a page's JSON-LD (schema.org) says about the page itself.

Graphs, nested nodes, references by `@id`, lists of scripts; JSON that is nearly one (comments around it, trailing
commas, several objects one after another) is mended, of what cannot be mended plain `"datePublished": "…"` pairs are
taken. Of several articles the one counts that has the page's address or title; else the first, unless they are many.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

NODES: Final = 2_000
"""Nodes of a page that are looked at."""
OCTETS: Final = 2_000_000
"""Characters of one script above which it is not read."""
MANY: Final = 3
"""Articles, none of them known to be the page, from which a page is taken for a list of them."""
_ARTICLES: Final = frozenset(
    {
        *("article", "newsarticle", "blogposting", "socialmediaposting", "reportagenewsarticle", "analysisnewsarticle"),
        *("opinionnewsarticle", "backgroundnewsarticle", "reviewnewsarticle", "askpublicnewsarticle", "techarticle"),
        *("scholarlyarticle", "liveblogposting", "report", "discussionforumposting", "creativework"),
    }
)
_PAGES: Final = frozenset({"webpage", "itempage", "profilepage", "aboutpage", "contactpage", "collectionpage"})
_OTHERS: Final = frozenset({"comment", "itemlistelement", "haspart", "blogpost", "relatedlink", "citation", "mentions"})
"""Properties whose values are other things than the page."""
_OPENINGS: Final = ("<!--", "//<![CDATA[", "// <![CDATA[", "/*<![CDATA[*/", "/* <![CDATA[ */", "<![CDATA[")
_CLOSINGS: Final = ("-->", "//]]>", "// ]]>", "/*]]>*/", "/* ]]> */", "]]>")
"""What hides a script's text from readers of long ago."""
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")
_PAIR = re.compile(r'"(datePublished|dateModified|headline)"\s*:\s*"([^"\\\n]{1,500})"')
_SPACES = re.compile(r"\s+")


class JsonLd:
    """The nodes of one page."""

    def __init__(self, scripts: Iterable[str], addresses: Iterable[str] = (), titles: Iterable[str] = ()) -> None:
        """`addresses` are those under which the page itself is known, `titles` what it is called."""
        self._nodes: list[Mapping[str, Any]] = []
        for script in scripts:
            self._nodes.extend(_flat(_parsed(script)))
            del self._nodes[NODES:]
        self._by_id = {node["@id"]: node for node in reversed(self._nodes) if _names_itself(node)}
        self._addresses = {_address(one) for one in addresses}
        self._titles = {title.casefold() for title in titles}
        self.node: Mapping[str, Any] = self._own()

    def text(self, name: str) -> str:
        """A property of the page's own node, as a line; '' where it has none."""
        return self._line(self.node.get(name))

    def authors(self) -> list[str]:
        """Names of those that the page's node calls its authors."""
        return self._names(self.node.get("author") or self.node.get("creator"))

    def site_name(self) -> str:
        """The name of the site, or of who publishes it."""
        for name in ("isPartOf", "publisher"):
            for found in self._names(self.node.get(name)):
                return found
        sites = (node for node in self._nodes if "website" in _types(node))
        return next((name for site in sites if (name := self._line(site.get("name")))), "")

    def addresses(self, name: str) -> list[str]:
        """Addresses that a property of the page's node gives: `license`, `image`."""
        found = []
        for value in _several(self.node.get(name)):
            one = value.get("url") or value.get("contentUrl") or value.get("@id") if isinstance(value, dict) else value
            if isinstance(one, str) and one.strip():
                found.append(one.strip())
        return found

    def _own(self) -> Mapping[str, Any]:
        articles = [node for node in self._nodes if _types(node) & _ARTICLES and _says_something(node)]
        pages = [node for node in self._nodes if _types(node) & _PAGES]
        own = [node for node in articles if self._is_page(node)]
        own = own or [node for node in articles if self._line(node.get("headline")).casefold() in self._titles]
        if own:
            return own[0]
        if (
            len({(self._line(node.get("headline")), self._line(node.get("datePublished"))) for node in articles})
            >= MANY
        ):
            articles = []
        return next(iter(articles or [node for node in pages if self._is_page(node)] or pages[:1]), {})

    def _is_page(self, node: Mapping[str, Any]) -> bool:
        said = [node.get("url"), node.get("@id"), *(self._ids(node.get("mainEntityOfPage")))]
        return any(isinstance(one, str) and _address(one) in self._addresses for one in said)

    def _ids(self, value: Any) -> list[Any]:
        return [one.get("@id") or one.get("url") if isinstance(one, dict) else one for one in _several(value)]

    def _names(self, value: Any) -> list[str]:
        names = []
        for one in _several(value):
            node = self._by_id.get(one.get("@id"), one) if isinstance(one, dict) and not one.get("name") else one
            name = self._line(node.get("name") if isinstance(node, dict) else node)
            if name and "://" not in name:
                names.append(name)
        return list(dict.fromkeys(names))

    def _line(self, value: Any) -> str:
        value = next((one for one in _several(value) if one), None)
        if isinstance(value, dict):
            value = value.get("@value") or value.get("name")
        # WordPress writes entities into JSON
        return _SPACES.sub(" ", html.unescape(value)).strip() if isinstance(value, str) else ""


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if value is not None else []


def _names_itself(node: Mapping[str, Any]) -> bool:
    return isinstance(node.get("@id"), str) and len(node) > 1


def _says_something(node: Mapping[str, Any]) -> bool:
    return bool(node.keys() & {"headline", "name", "datePublished", "dateModified", "author"})


def _types(node: Mapping[str, Any]) -> set[str]:
    return {one.rsplit("/", 1)[-1].lower() for one in _several(node.get("@type")) if isinstance(one, str)}


def _address(text: str) -> str:
    """An address without what does not tell pages apart."""
    text = text.strip().split("#", 1)[0].split("://", 1)[-1].removeprefix("www.").rstrip("/")
    return text.casefold()


def _parsed(script: str) -> Iterator[Any]:
    if len(script) > OCTETS:
        return
    text = script.strip()
    for opening in _OPENINGS:
        text = text.removeprefix(opening)
    for closing in _CLOSINGS:
        text = text.removesuffix(closing)
    text = text.strip()
    for candidate in (text, _TRAILING_COMMA.sub(r"\1", text)):
        values, whole = _objects(candidate)
        if whole:
            yield from values
            return
    pairs: dict[str, str] = {}
    for name, value in _PAIR.findall(text):
        pairs.setdefault(name, value)
    if pairs and text.count('"datePublished"') < 2:
        yield {"@type": "WebPage", **pairs}


def _objects(text: str) -> tuple[list[Any], bool]:
    """JSON values that stand one after another, and whether that is all there is."""
    decoder = json.JSONDecoder(strict=False)
    values: list[Any] = []
    place = 0
    try:
        while place < len(text) and len(values) < NODES:
            value, place = decoder.raw_decode(text, place)
            values.append(value)
            while place < len(text) and text[place] in " \t\r\n;,":
                place += 1
    except (ValueError, RecursionError):
        return [], False
    return values, bool(values)


def _flat(values: Iterable[Any]) -> Iterator[Mapping[str, Any]]:
    """Every node of some values, outer ones first, without those of other things."""
    waiting = list(values)[::-1]
    count = 0
    while waiting and count < NODES:
        value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(value[::-1])
        elif isinstance(value, dict):
            count += 1
            yield value
            inner = (one for name, one in value.items() if name.lower() not in _OTHERS and isinstance(one, list | dict))
            waiting.extend(list(inner)[::-1])
