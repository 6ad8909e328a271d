"""JSON as text: WordPress's REST interface, JSON Feed 1.1, JSON-LD, and any other document by the strings in it that
are texts.

Blocks lie at JSON Pointers (RFC 6901), `/items/0/content`; the paragraphs of HTML within a string below it,
`/items/0/content/p[2]`. Which strings are texts is decided by their form: words with spaces between them, or the value
of a key that names things. Addresses, dates, codes, class names and the like are none.

What posts and feeds are known to hold is read in a reader's order: title (a heading), text; date, authors and address
stand beside as side blocks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from archive.errors import ReadingError
from pipelines import sight as sights
from pipelines.dates import iso_date
from pipelines.fragments import fragment, is_markup, plain_fragment, sound, words_of
from pipelines.labelled import Document, Labelled, LabelledLink
from pipelines.metadata import Stated, Value
from pipelines.reading import StoredPage, comparable
from pipelines.rules import ReadingRules

POST: Final = "JSON: a WordPress post"
LINKED: Final = "JSON-LD"
DEPTH: Final = 60
"""Levels of a document that are looked at."""
BLOCK_LIMIT: Final = 20_000
"""Blocks that are read of one document."""

_GUARD = re.compile(r"\A\s*(?:\)\]\}'?,?\s*\n|for\s*\(;;\);|while\s*\(1\);)")
_CALLBACK = re.compile(r"\A\s*(?:/\*\*/)?\s*[\w$.]{1,80}\s*\(\s*(?=[\[{])")
_LETTERS = re.compile(r"[^\W\d_]{2,}")
_CODE = re.compile(r"[\w.:/@#%&=+~?-]+\Z")
_ADDRESS = re.compile(r"(?:[a-z][a-z0-9+.-]{1,15}:)?//\S|data:|mailto:|tel:", re.IGNORECASE)
_SCRIPT = re.compile(
    r"\bfunction\s*\(|=>\s*\{|^\s*[.#@]?[\w-]+\s*\{[^}:]{0,200}:[^}]{0,300}\}|\$\{|^\s*(?:var|let|const)\s+\w+\s*="
)
_NAMING: Final = frozenset(
    (
        *("title", "headline", "name", "heading", "subject", "caption", "description", "summary", "excerpt"),
        *("text", "body", "content", "message", "label", "author", "fullname", "full_name", "alternatename"),
    )
)
"""Keys whose value is a text though it may be one word."""
_MACHINE: Final = frozenset(
    (
        *("class", "class_list", "classname", "classes", "css", "style", "styles", "slug", "mime"),
        *("mime_type", "template", "ping_status", "id", "guid", "uuid", "key", "hash", "token", "nonce"),
        *("etag", "href", "url", "link", "src", "permalink", "path", "regex", "pattern", "query", "sql"),
        *("html_class", "icon", "selector", "yoast_head", "yoast_head_json", "_links", "version", "generator"),
        *("user_agent", "format"),
    )
)
"""Keys whose values, and all below them, are for machines."""
_TYPES_OF_TEXT: Final = frozenset({"article", "newsarticle", "blogposting", "reportagenewsarticle", "report"})


def load(text: str) -> Any:
    """The value of a JSON document, in a guard or a call or bare, or of JSON Lines. Raises ValueError."""
    text = _GUARD.sub("", text.lstrip("\ufeff"), count=1)
    if (call := _CALLBACK.match(text[:200])) is not None:
        text = text[call.end() :].rstrip().rstrip(";").rstrip().removesuffix(")")
    try:
        return _load(text)
    except ValueError:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) < 2:
            raise
        return [_load(line) for line in lines]


def _load(text: str) -> Any:
    try:
        # numbers are no text: as strings they cost nothing and have no limit
        return json.loads(text, strict=False, parse_int=_number, parse_float=_number, parse_constant=_number)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _number(_: str) -> None:
    """Stands for a number, which is no text."""


def read_json(text: str, page: StoredPage, rules: ReadingRules) -> Document:
    """The texts of a JSON document. Raises ReadingError for what is none."""
    try:
        value = load(text)
    except ValueError as error:
        raise ReadingError(f"expected JSON, found what is none: {error}"[:300]) from error
    how, blocks, stated = _read(value, page.captured_at)
    several = how not in {POST, LINKED}
    some: list[Labelled] = []
    for block in blocks:
        if len(some) == BLOCK_LIMIT:
            notes = {"json": f"the first {BLOCK_LIMIT} texts were read"}
            return Document(some, stated, how, sights.plain(page.url, rules.site), notes=notes, several=several)
        some.append(block)
    return Document(some, stated, how, sights.plain(page.url, rules.site), several=several)


def _read(value: Any, captured_at: datetime) -> tuple[str, Iterator[Labelled], Stated]:
    if _is_post(value):
        return POST, _post(value, ""), _stated_by_post(value, captured_at)
    if isinstance(value, list) and value and all(_is_post(one) for one in value):
        return "JSON: WordPress posts", (b for n, one in enumerate(value) for b in _post(one, f"/{n}")), Stated()
    if isinstance(value, dict) and _is_feed(value):
        return "JSON Feed", _feed(value), _stated_by_feed(value)
    if (article := _article(value)) is not None:
        return LINKED, _strings(value, "", "", 0), _stated_by_article(article, captured_at)
    return "JSON", _strings(value, "", "", 0), Stated()


# --- WordPress -------------------------------------------------------------------------------------------------------


def _is_post(value: Any) -> bool:
    """Whether a value is a post, page or other type of WordPress's REST interface."""
    if not isinstance(value, dict):
        return False
    rendered = [value.get(name) for name in ("title", "content", "excerpt")]
    return any(isinstance(one, dict) and isinstance(one.get("rendered"), str) for one in rendered)


def _post(post: Mapping[str, Any], path: str) -> Iterator[Labelled]:
    if title := words_of(_rendered(post, "title")):
        yield Labelled(title, "heading", f"{path}/title/rendered", "main")
    yield from _beside(post, path, ("date", "modified"), "date")
    yield from _beside(post, path, ("link",), "link")
    content = fragment(_rendered(post, "content"), f"{path}/content/rendered")
    yield from _summary(fragment(_rendered(post, "excerpt"), f"{path}/excerpt/rendered"), content)
    yield from content
    caption = fragment(_rendered(post, "caption"), f"{path}/caption/rendered")
    yield from (replace(one, kind="caption", rank=None) for one in caption)
    for name in ("acf", "meta"):  # fields that a site's own types have
        yield from _strings(post.get(name), f"{path}/{name}", name, 1)


def _rendered(post: Mapping[str, Any], name: str) -> str:
    value = post.get(name)
    said = value.get("rendered") if isinstance(value, dict) else value
    return said if isinstance(said, str) else ""


def _beside(value: Mapping[str, Any], path: str, names: Sequence[str], furniture: str) -> Iterator[Labelled]:
    for name in names:
        if isinstance(said := value.get(name), str) and said.strip():
            text = sound(said).strip()
            links = (LabelledLink(0, len(text), text),) if furniture == "link" else ()
            yield Labelled(text, "paragraph", f"{path}/{_token(name)}", "side", furniture, links=links)


def _summary(summary: list[Labelled], full: list[Labelled]) -> Iterator[Labelled]:
    """A summary: the text where there is no other, else beside it where it says something else."""
    said = comparable(" ".join(block.text for block in full))
    for block in summary:
        if not full:
            yield block
        elif comparable(block.text).rstrip(" .…[]") not in said:
            yield replace(block, level="side", furniture="summary")


def _stated_by_post(post: Mapping[str, Any], captured_at: datetime) -> Stated:
    title = words_of(_rendered(post, "title"))
    published, modified = (_gmt(post, name, captured_at) for name in ("date", "modified"))
    authors = _embedded_authors(post)
    return _as_stated(title, published, modified, authors, _said(post, "link"), "wordpress")


def _gmt(post: Mapping[str, Any], name: str, captured_at: datetime) -> str | None:
    """WordPress writes `date_gmt` without a zone and means UTC, and `date` in the site's own."""
    said = _said(post, f"{name}_gmt")
    if said:
        return iso_date(said if said.endswith("Z") else f"{said}Z", captured_at)
    return iso_date(_said(post, name), captured_at)


def _embedded_authors(post: Mapping[str, Any]) -> tuple[str, ...]:
    embedded = post.get("_embedded")
    authors = embedded.get("author") if isinstance(embedded, dict) else None
    return _names(authors)


# --- JSON Feed -------------------------------------------------------------------------------------------------------


def _is_feed(value: Mapping[str, Any]) -> bool:
    return "jsonfeed.org" in _said(value, "version") and isinstance(value.get("items"), list)


def _feed(feed: Mapping[str, Any]) -> Iterator[Labelled]:
    if title := words_of(_said(feed, "title")):
        yield Labelled(title, "heading", "/title", "main")
    yield from plain_fragment(_said(feed, "description"), "/description")
    for number, item in enumerate(feed["items"]):
        if isinstance(item, dict):
            yield from _item(item, f"/items/{number}")


def _item(item: Mapping[str, Any], path: str) -> Iterator[Labelled]:
    if title := words_of(_said(item, "title")):
        yield Labelled(title, "heading", f"{path}/title", "main")
    yield from _beside(item, path, ("date_published", "date_modified"), "date")
    for name in _names(item.get("authors") or item.get("author")):
        yield Labelled(name, "paragraph", f"{path}/authors", "side", "byline")
    yield from _beside(item, path, ("url",), "link")
    markup = _said(item, "content_html")
    full = (
        fragment(markup, f"{path}/content_html")
        if markup
        else plain_fragment(_said(item, "content_text"), f"{path}/content_text")
    )
    yield from _summary(plain_fragment(_said(item, "summary"), f"{path}/summary"), full)
    yield from full


def _stated_by_feed(feed: Mapping[str, Any]) -> Stated:
    authors = _names(feed.get("authors") or feed.get("author"))
    stated = _as_stated(words_of(_said(feed, "title")), None, None, authors, _said(feed, "home_page_url"), "json-feed")
    return Stated(stated.title, None, None, authors, _said(feed, "language") or None, stated.sources, stated.metadata)


# --- JSON-LD ---------------------------------------------------------------------------------------------------------


def _article(value: Any) -> Mapping[str, Any] | None:
    """The first article, else the first node, of a JSON-LD document; None for what is no JSON-LD."""
    nodes = value if isinstance(value, list) else [value]
    if not any(isinstance(node, dict) and "@context" in node for node in nodes):
        return None
    flat = [node for node in nodes if isinstance(node, dict)]
    flat += [
        one for node in flat if isinstance(node.get("@graph"), list) for one in node["@graph"] if isinstance(one, dict)
    ]
    articles = [node for node in flat if _types(node) & _TYPES_OF_TEXT]
    return (articles or flat)[0]


def _types(node: Mapping[str, Any]) -> set[str]:
    said = node.get("@type")
    return {one.lower() for one in (said if isinstance(said, list) else [said]) if isinstance(one, str)}


def _stated_by_article(node: Mapping[str, Any], captured_at: datetime) -> Stated:
    published, modified = (iso_date(_said(node, name), captured_at) for name in ("datePublished", "dateModified"))
    title = words_of(_said(node, "headline") or _said(node, "name"))
    stated = _as_stated(title, published, modified, _names(node.get("author")), _said(node, "url"), "json-ld")
    language = _said(node, "inLanguage") or None
    return Stated(title or None, published, modified, stated.authors, language, stated.sources, stated.metadata)


# --- any JSON --------------------------------------------------------------------------------------------------------


def _strings(value: Any, path: str, key: str, depth: int) -> Iterator[Labelled]:
    """The strings of a document that are texts, in its order."""
    if depth > DEPTH or key.lower() in _MACHINE:
        return
    if isinstance(value, str):
        if _is_text(value, key):
            yield from _as_named(fragment(value, path), key)
    elif isinstance(value, dict):
        address = _address(value)
        for name, one in value.items():
            for block in _strings(one, f"{path}/{_token(name)}", name, depth + 1):
                if address:  # of the first of its texts
                    block.links = (LabelledLink(0, len(block.text), address), *block.links)
                    address = ""
                yield block
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from _strings(one, f"{path}/{number}", key, depth + 1)


def _address(value: Mapping[str, Any]) -> str:
    """Where the thing that an object tells of is found, as its own member says; '' where none does."""
    for name in ("link", "url", "permalink", "href"):
        said = value.get(name)
        if isinstance(said, str) and _ADDRESS.match(said[:2_000].strip()):
            return sound(said).strip()
    return ""


def _as_named(blocks: list[Labelled], key: str) -> list[Labelled]:
    if key.lower() in {"title", "headline", "heading"} and len(blocks) == 1:
        return [replace(blocks[0], kind="heading", level="main", furniture=None)]
    return blocks


def _is_text(value: str, key: str) -> bool:
    """Whether a string is said to a reader."""
    head = value[:2_000].strip()
    if _ADDRESS.match(head) or not _LETTERS.search(head) or key.startswith("@"):
        return False
    if _CODE.match(head):  # one word: codes are written in ASCII
        return head.isalpha() and (not head.isascii() or (key.lower() in _NAMING and not head.islower()))
    return is_markup(head) or not _SCRIPT.search(head)


def _token(name: str) -> str:
    """A key in a JSON Pointer (RFC 6901, 3)."""
    return sound(name).replace("~", "~0").replace("/", "~1")[:200]


def _said(value: Mapping[str, Any], name: str) -> str:
    said = value.get(name)
    return sound(said).strip() if isinstance(said, str) else ""


def _names(value: Any) -> tuple[str, ...]:
    """The names of one or several authors, given as strings or as objects with a name."""
    several = value if isinstance(value, list) else [value]
    said = [_said(one, "name") if isinstance(one, dict) else one for one in several]
    return tuple(dict.fromkeys(words_of(one) for one in said if isinstance(one, str) and one.strip()))[:20]


def _as_stated(
    title: str, published: str | None, modified: str | None, authors: tuple[str, ...], address: str, by: str
) -> Stated:
    told = [("title", title), ("published", published), ("modified", modified)]
    told += [("author", name) for name in authors] + [("canonical", address)]
    metadata = tuple(Value(name, value, by) for name, value in told if value)
    sources = {name: by for name, value in told[:3] if value}
    return Stated(title or None, published, modified, authors, None, dict(sorted(sources.items())), metadata)
