"""Feeds as text: RSS 0.9x, 1.0 (RDF) and 2.0, Atom (RFC 4287); and any other XML, by its elements.

Of each entry, in the feed's order: its title (a heading), its text (the blocks of the HTML inside), and beside them as
side blocks its date, its authors and its address. Where an entry has both a summary and its full text, the full text is
read and a summary that says something else stands beside it. Sitemaps name addresses and have no text.

All of it comes from strangers: no entity of theirs is resolved, nothing is fetched, and what is cut off is read as far
as it goes.
"""

from __future__ import annotations

import html.entities
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from lxml import etree

from archive.errors import ReadingError
from pipelines import sight as sights
from pipelines.dates import iso_date
from pipelines.element_paths import Paths, local_name
from pipelines.fragments import fragment, html_fragment, plain_fragment, words_of
from pipelines.labelled import Document, Labelled, LabelledLink
from pipelines.metadata import Stated, Value
from pipelines.reading import StoredPage, comparable
from pipelines.rules import ReadingRules

FEEDS: Final = frozenset({"rss", "RDF", "feed"})
SITEMAPS: Final = frozenset({"urlset", "sitemapindex"})
BLOCK_LIMIT: Final = 20_000
"""Blocks of a feed after which no entry is begun."""

_FULL: Final = frozenset({"encoded", "content"})
_SUMMARY: Final = frozenset({"description", "summary", "subtitle"})
_AUTHORS: Final = frozenset({"author", "creator", "managingEditor", "contributor"})
_PUBLISHED: Final = ("published", "issued", "pubDate", "date", "created")
_MODIFIED: Final = ("updated", "modified", "date-modified", "lastBuildDate")
# a section that nobody closes goes on to the end: none is looked for again within it
_REFERENCE = re.compile(
    r"<!\[CDATA\[(?:.*?\]\]>|.*\Z)|&(?:([A-Za-z][A-Za-z0-9]{0,31});|(?!#\d{1,7};|#[xX][0-9A-Fa-f]{1,6};))", re.DOTALL
)
_XML_OWN: Final = frozenset({"amp", "lt", "gt", "quot", "apos"})
_NO_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MAIL = re.compile(r"\S{1,100}@\S{1,100}\s+\((.{1,200})\)\Z")


def parse_xml(markup: str) -> Any:
    """The root element of XML, however damaged; None where there is none.

    References that HTML knows and XML does not are resolved, a bare `&` is one; a document's own entities stay as they
    are written.
    """
    octets = _REFERENCE.sub(_resolved, _NO_XML.sub("", markup)).lstrip().encode("utf-8")
    # the characters are decoded already, whatever the XML declaration says
    parser = etree.XMLParser(
        encoding="utf-8",
        recover=True,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        return etree.fromstring(octets, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None


def read_feed(markup: str, page: StoredPage, rules: ReadingRules) -> Document:
    """A feed, a sitemap or other XML as text. Raises ReadingError for what has no element at all."""
    root = parse_xml(markup)
    if root is None:
        raise ReadingError("expected XML, found nothing that is")
    seen = sights.plain(page.url, rules.site)
    name = local_name(root)
    if name in SITEMAPS:
        return Document([], Stated(), "sitemap", seen, notes={"sitemap": "it names addresses and has no text"})
    entries = [one for one in root.iter() if local_name(one) in {"item", "entry"}] if name in FEEDS else []
    if name in FEEDS and (entries or name != "RDF"):
        channel = next((one for one in root if local_name(one) == "channel"), root)
        paths = Paths()
        blocks, read = [*_channel(channel, paths)], 0
        for read, entry in enumerate(entries, 1):  # noqa: B007 - how many were read
            blocks += _entry(entry, paths)
            if len(blocks) >= BLOCK_LIMIT:
                break
        left = {} if read == len(entries) else {"feed": f"{read} of {len(entries)} entries were read"}
        return Document(
            blocks, _stated(channel, root, page.captured_at), f"feed: {name}", seen, notes=left, several=True
        )
    return Document(list(_elements(root)), Stated(html_language=_language(root)), f"XML: {name}"[:60], seen)


def _resolved(match: re.Match[str]) -> str:
    if match[0][0] == "<":
        return match[0] if match[0].endswith("]]>") else f"{match[0]}]]>"
    name = match[1]
    if name in _XML_OWN:
        return match[0]
    letters = html.entities.html5.get(f"{name};")
    return f"&amp;{match[0][1:]}" if letters is None else html.escape(letters)


# --- feeds -----------------------------------------------------------------------------------------------------------


def _channel(channel: Any, paths: Paths) -> Iterator[Labelled]:
    """What the feed says of itself: its title and its description, not when it was made."""
    for child in channel:
        if local_name(child) == "title" and (title := words_of(_text(child))):
            yield Labelled(title, "heading", paths.of(child), "main")
    for child in channel:
        if local_name(child) in _SUMMARY:
            yield from _blocks(child, paths)


def _entry(entry: Any, paths: Paths) -> Iterator[Labelled]:
    children = [child for child in entry if local_name(child)]
    for child in children:
        if local_name(child) == "title" and not _is_media(child) and (title := words_of(_text(child))):
            yield Labelled(title, "heading", paths.of(child), "main")
    for name, told in (("date", _dates(children)), ("byline", _authors(children)), ("link", _links(children))):
        for element, text in told:
            links = (LabelledLink(0, len(text), text),) if name == "link" else ()
            yield Labelled(text, "paragraph", paths.of(element), "side", name, links=links)
    full = [
        block for one in children if local_name(one) in _FULL and not _is_media(one) for block in _blocks(one, paths)
    ]
    said = comparable(" ".join(block.text for block in full))
    for one in children:
        if local_name(one) not in _SUMMARY or _is_media(one):
            continue
        for block in _blocks(one, paths):
            if not full:
                yield block
            elif comparable(block.text).rstrip(" .…[]") not in said:
                yield replace(block, level="side", furniture="summary")
    yield from full


def _is_media(element: Any) -> bool:
    """Media RSS and iTunes have titles and descriptions of pictures and sounds, which repeat the entry's."""
    return "mrss" in element.tag or "itunes" in element.tag or "media" in element.tag.partition("}")[0]


def _blocks(element: Any, paths: Paths) -> list[Labelled]:
    """The text of an entry's part: escaped HTML, plain text, or XHTML (RFC 4287, 3.1)."""
    path = paths.of(element)
    if len(element):
        inner = "".join(etree.tostring(child, encoding="unicode", method="html") for child in element)
        return html_fragment(_escaped(element.text) + inner, path)
    text = element.text or ""
    return plain_fragment(text, path) if element.get("type") == "text" else fragment(text, path)


def _escaped(text: str | None) -> str:
    return html.escape(text or "", quote=False)


def _text(element: Any) -> str:
    return "".join(element.itertext())


def _dates(children: list[Any]) -> list[tuple[Any, str]]:
    """The entry's dates as they are written, each once."""
    found: dict[str, Any] = {}
    for child in children:
        if local_name(child) in {*_PUBLISHED, *_MODIFIED} and (text := " ".join(_text(child).split())):
            found.setdefault(text, child)
    return [(element, text) for text, element in found.items()]


def _authors(children: list[Any]) -> list[tuple[Any, str]]:
    found: dict[str, Any] = {}
    for child in children:
        if local_name(child) in _AUTHORS and (name := _author(child)):
            found.setdefault(name, child)
    return [(element, text) for text, element in found.items()]


def _author(element: Any) -> str:
    """Atom has a name below; RSS an address with the name in brackets."""
    named = next((_text(child) for child in element if local_name(child) == "name"), None)
    said = " ".join((_text(element) if named is None and not len(element) else named or "").split())
    mail = _MAIL.match(said[:400])
    return words_of(mail[1] if mail else said)


def _links(children: list[Any]) -> list[tuple[Any, str]]:
    for child in children:
        if local_name(child) == "link" and child.get("rel", "alternate") == "alternate":
            address = (child.get("href") or _text(child)).strip()
            if address:
                return [(child, address)]
    return []


def _stated(channel: Any, root: Any, captured_at: datetime) -> Stated:
    """What the feed says of itself; when it was made by its server is no date of a text."""
    children = [child for child in channel if local_name(child)]
    title = next((words_of(_text(one)) for one in children if local_name(one) == "title"), "")
    authors = tuple(name for _, name in _authors(children))
    language = next((_text(one).strip() for one in children if local_name(one) == "language"), "") or _language(root)
    metadata = [Value("title", title, "feed")] if title else []
    metadata += [Value("author", name, "feed") for name in authors]
    for one in children:
        if local_name(one) in _MODIFIED and (date := iso_date(_text(one).strip()[:100], captured_at)):
            metadata.append(Value("modified", date, "feed"))
    metadata += [Value("source_url", address, "feed") for _, address in _links(children)]
    for one in children:
        if local_name(one) in {"rights", "copyright", "license"} and (words := words_of(_text(one))):
            metadata.append(Value("license", words, "feed"))
    sources = {"title": "feed"} if title else {}
    return Stated(title or None, None, None, authors, language or None, sources, tuple(metadata))


def _language(root: Any) -> str | None:
    return root.get("{http://www.w3.org/XML/1998/namespace}lang") or None


# --- other XML -------------------------------------------------------------------------------------------------------


def _elements(root: Any) -> Iterator[Labelled]:
    """The text of each element that has some of its own, with all that stands in it."""
    paths = Paths()
    walker = etree.iterwalk(root, events=("start",))
    for _, element in walker:
        own = [element.text, *(child.tail for child in element)]
        if not local_name(element) or not any(text and not text.isspace() for text in own):
            continue
        walker.skip_subtree()
        if text := " ".join(_text(element).split()):
            yield Labelled(text, "paragraph", paths.of(element), "main")
