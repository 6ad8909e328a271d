"""The visible blocks of a page: every run of text that a visitor could read, in document order, with what it is.

A block is the text between two block-level boundaries: a paragraph, a heading, a list item, a table cell. White space
collapses as HTML asks; a single `<br>` stands as a line feed inside the block, two in a row end it. Scripts, styles,
form values and what the page hides in its own markup (`hidden`, `display:none`) are not read.

Furniture (menus, tickers, counters, notices, related teasers …) is named by element, role, class and by its words. A
name is only believed of a container that does not hold much of the page's text: `Page.furniture_of` is told how much
counts (`heavy`), because a class called `menu` on the page's body hides the page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from lxml import etree, html

from pipelines import furniture
from spiders.selector import text_of

DEPTH_LIMIT = 250
"""Elements inside one another that are read as they stand; deeper inline and container tags are dropped first."""
TEASER = 25
"""Linked characters from which a line beside the text is a teaser of another page; a fact that is a link is shorter."""

_BLOCK_TAGS: Final = frozenset(
    {
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "button",
        "caption",
        "center",
        "dd",
        "details",
        "dialog",
        "dir",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "frameset",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hgroup",
        "hr",
        "html",
        "legend",
        "li",
        "main",
        "menu",
        "nav",
        "noframes",
        "noscript",
        "ol",
        "optgroup",
        "p",
        "pre",
        "search",
        "section",
        "summary",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
    }
)
_UNREAD_TAGS: Final = frozenset(
    {
        "script",
        "style",
        "template",
        "head",
        "title",
        "meta",
        "link",
        "base",
        "svg",
        "math",
        "canvas",
        "iframe",
        "object",
        "embed",
        "audio",
        "video",
        "select",
        "textarea",
        "datalist",
        "map",
        "area",
        "param",
        "source",
        "track",
        "input",
        "img",
        "picture",
        "noembed",
        "applet",
    }
)
_KINDS: Final = {
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "heading"),
    **dict.fromkeys(("li", "dd", "dt"), "item"),
    **dict.fromkeys(("td", "th"), "cell"),
    **dict.fromkeys(("figcaption", "caption"), "caption"),
    "blockquote": "quote",
    "address": "address",
    "pre": "preformatted",
}
_DEFINITION = re.compile(r"/d[dt]\[\d+\]$")
_HIDING_STYLE = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
_SPACES = re.compile(r"[ \t\r\n\f]+")
_LINES = re.compile(r" *\n *")
_SPACE_RUN = re.compile(r" {2,}")


@dataclass(slots=True)
class Node:
    """One element, as far as the blocks need it; blocks `first` up to `last` (exclusive) lie inside."""

    parent: int
    tag: str
    furniture: str | None
    hidden: bool
    first: int
    last: int


@dataclass(slots=True)
class Block:
    """One visible run of text."""

    text: str
    kind: str
    path: str
    node: int
    linked: int
    """Characters of the text that stand inside links."""
    heading: int
    """1 to 6 inside h1 to h6, else 0."""
    carrier: Any
    """The element whose `text` (or `tail`) the block begins in."""
    in_tail: bool

    @property
    def length(self) -> int:
        """Characters of the text."""
        return len(self.text)

    @property
    def is_linked(self) -> bool:
        """Whether all but a little of the text is a link."""
        return self.linked >= 0.8 * len(self.text)


@dataclass(slots=True)
class Page:
    """The visible blocks of a page and the elements they lie in."""

    blocks: list[Block]
    nodes: list[Node]
    apart: Mapping[int, str] = field(default_factory=dict)
    """By number of block, what its text was told to be kept apart as."""

    def ancestors(self, node: int) -> Iterator[int]:
        """A node and all it lies in, innermost first."""
        while node >= 0:
            yield node
            node = self.nodes[node].parent

    def common(self, one: int, other: int) -> int:
        """The innermost node that both lie in."""
        seen = set(self.ancestors(one))
        return next((node for node in self.ancestors(other) if node in seen), 0)

    def furniture_of(self, heavy: Callable[[int, int], bool]) -> list[str | None]:
        """Name each block's furniture, None where it is none.

        `heavy(first, last)` says whether the blocks of that range hold too much of the page's text to be furniture.
        """
        believed: list[str | None] = []
        for node in self.nodes:
            inherited = believed[node.parent] if node.parent >= 0 else None
            own = node.furniture or ("hidden" if node.hidden else None)
            believed.append(own if own and not heavy(node.first, node.last) else inherited)
        names = [named(block, believed[block.node]) for block in self.blocks]
        self._judge_numbers(names)
        self._mark_related(names, heavy)
        return names

    def _judge_numbers(self, names: list[str | None]) -> None:
        """A bare number in a row with its label is a fact, unless the label says it counts; alone in one, none."""
        for index, block in enumerate(self.blocks):
            parent = self.nodes[block.node].parent
            if parent < 0 or not furniture.is_number(block.text):
                continue
            row = self.nodes[parent]
            label = self.blocks[index - 1] if row.first == index - 1 and row.last == index + 1 else None
            if row.last - row.first == 1 and row.tag == "tr" and (names[index] is None or names[index] == "aside"):
                names[index] = "counter"
            elif label and names[index] == "counter" and names[index - 1] is None and not label.heading:
                names[index] = None if furniture.is_label_of_fact(label.text) else "counter"

    def _mark_related(self, names: list[str | None], heavy: Callable[[int, int], bool]) -> None:
        """A heading such as "Read also" makes its own container related, or else the links that follow it."""
        for index, block in enumerate(self.blocks):
            if names[index] != "related" or not furniture.opens_related(block.text):
                continue
            section = next((n for n in self.ancestors(block.node) if self.nodes[n].last > index + 1), 0)
            first, last = self.nodes[section].first, self.nodes[section].last
            if first >= index - 1 and not heavy(index, last):
                following = range(index + 1, last)
            else:
                following = range(index + 1, _end_of_links(self.blocks, index + 1, last))
            for other in following:
                if names[other] is None or names[other] in furniture.TELLING:
                    names[other] = "related"


def named(block: Block, believed: str | None) -> str | None:
    """A block's furniture, from that of the container it lies in and its own words."""
    if believed is not None and believed not in furniture.TELLING:
        return believed
    # the value in a list of terms is a fact like that in a table
    kind = "cell" if _DEFINITION.search(block.path) else block.kind
    own = furniture.by_words(block.text, kind, linked=block.is_linked)
    if own is None and believed is not None and furniture.opens_related(block.text.split("\n")[0]):
        return "related"
    if own is None and believed in {"aside", "dialog", "hidden"} and block.linked >= max(TEASER, block.length / 2):
        return "related"
    return own or believed


def _end_of_links(blocks: Sequence[Block], start: int, stop: int) -> int:
    """Where teasers end: at the first block that is a paragraph of text rather than a link."""
    for index in range(start, stop):
        block = blocks[index]
        if not block.is_linked and (block.length >= 80 or block.heading):
            return index
    return stop


# --- from markup to blocks ----------------------------------------------------------------------------------------

_DROPPED = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]")
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:-]*)((?:[^>\"']|\"[^\"]*\"|'[^']*')*)>")
_VOID: Final = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"}
)


def parse(markup: str, *, xml: bool = False) -> Any:
    """Parse a page's characters into an lxml tree with a root; None when there is nothing to parse.

    Characters that no document may hold are dropped. Markup nested deeper than the parser goes is flattened. With
    `xml` it is read as XHTML first, where `<script/>` is an empty element and not the beginning of a script.
    """
    markup = _DROPPED.sub("", markup)
    if not markup.strip():
        return None
    octets = markup.encode("utf-8")
    tree = _parsed_as_xml(octets) if xml else None
    if tree is None:
        tree = _parsed(octets)
    if tree is None or _depth_exceeds(tree, DEPTH_LIMIT) or (not len(tree) and len(octets) > 200):
        tree = _parsed(_flattened(markup).encode("utf-8"))
    return tree


def _parsed(octets: bytes) -> Any:
    # An XML declaration would make lxml refuse the encoding that is given here.
    parser = html.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        return html.document_fromstring(octets, parser=parser, ensure_head_body=True)
    except (etree.ParserError, etree.XMLSyntaxError, AssertionError, ValueError):
        return None


def _parsed_as_xml(octets: bytes) -> Any:
    """The tree of well-formed XHTML; None for what a browser would refuse too. Expands and loads nothing."""
    parser = html.XHTMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True
    )
    try:
        tree = etree.fromstring(octets, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    html.xhtml_to_html(tree)
    return tree if tree.tag == "html" else None


def _depth_exceeds(tree: Any, limit: int) -> bool:
    depth = 0
    for event, _ in etree.iterwalk(tree, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > limit:
            return True
    return False


def _flattened(markup: str) -> str:
    """Leave out tags that would nest deeper than DEPTH_LIMIT; the text between them stays."""
    depth = 0
    dropped: list[str] = []

    def keep(match: re.Match[str]) -> str:
        nonlocal depth
        name = match[2].lower()
        if name in _VOID or match[3].endswith("/"):
            return match[0]
        if not match[1]:
            if depth >= DEPTH_LIMIT - 50:
                dropped.append(name)
                return " "
            depth += 1
            return match[0]
        if dropped and dropped[-1] == name:
            dropped.pop()
            return " "
        depth = max(depth - 1, 0)
        return match[0]

    return _TAG.sub(keep, markup)


def walk(tree: Any, apart: Mapping[Any, str] | None = None) -> Page:
    """Read the visible blocks of a parsed page.

    The text of an inline element that is named in `apart`, a tooltip or a counter say, is a block of its own after the
    one that it stands in.
    """
    return _Walker(apart or {}).walk(tree)


@dataclass(slots=True)
class _Open:
    """An open element on the way from the root to where the walker stands."""

    node: int
    kind: str
    path: str
    heading: int
    block: bool
    children: dict[str, int]


class _Walker:
    def __init__(self, apart: Mapping[Any, str]) -> None:
        self._apart = apart
        self._waiting: list[tuple[Any, str]] = []
        self._kept: dict[int, str] = {}
        self.blocks: list[Block] = []
        self.nodes: list[Node] = []
        self._pieces: list[str] = []
        self._linked = 0
        self._carrier: tuple[Any, bool] | None = None
        self._open = [_Open(-1, "paragraph", "", 0, True, {})]
        self._home = self._open[0]
        self._links = 0
        self._preformatted = 0

    def walk(self, tree: Any) -> Page:
        walker = etree.iterwalk(tree, events=("start", "end"))
        skipped: Any = None
        for event, element in walker:
            tag = element.tag
            if event == "start":
                if not isinstance(tag, str) or tag in _UNREAD_TAGS or (tag not in _BLOCK_TAGS and _hidden(element)):
                    skipped = element
                    walker.skip_subtree()
                    self._number(tag)
                elif element in self._apart and _is_inline(element):
                    skipped = element
                    walker.skip_subtree()
                    self._waiting.append((element, f"{self._open[-1].path}/{tag}[{self._number(tag)}]"))
                else:
                    self._enter(element, tag)
                continue
            if element is skipped:
                skipped = None
            else:
                self._leave(tag)
            if element is not tree and element.tail:
                self._take(element.tail, element, in_tail=True)
        self._flush()
        return Page(self.blocks, self.nodes, self._kept)

    def _number(self, tag: Any) -> int:
        """Which of its kind the next child of the open element is."""
        above = self._open[-1]
        number = above.children[tag] = above.children.get(tag, 0) + 1
        return number

    def _enter(self, element: Any, tag: str) -> None:
        above = self._open[-1]
        block = tag in _BLOCK_TAGS
        number = self._number(tag)
        kind, heading, node = above.kind, above.heading, above.node
        if block:
            self._flush()
            kind, heading = _kind(tag, kind, heading)
            node = len(self.nodes)
            named = furniture.by_markup(tag, element.attrib, above.path)
            self.nodes.append(Node(above.node, tag, named, _hidden(element), len(self.blocks), 0))
        elif tag == "br":
            self._break()
        self._open.append(_Open(node, kind, f"{above.path}/{tag}[{number}]", heading, block, {}))
        self._links += tag == "a"
        self._preformatted += tag == "pre"
        if element.text:
            self._take(element.text, element, in_tail=False)

    def _leave(self, tag: str) -> None:
        if tag in _BLOCK_TAGS:
            self._flush()
            self.nodes[self._open[-1].node].last = len(self.blocks)
        self._open.pop()
        self._links -= tag == "a"
        self._preformatted -= tag == "pre"

    def _take(self, text: str, element: Any, *, in_tail: bool) -> None:
        self._pieces.append(text if self._preformatted else _SPACES.sub(" ", text))
        if not text or text.isspace():
            return
        if self._carrier is None:
            self._carrier = (element, in_tail)
            self._home = next(place for place in reversed(self._open) if place.block)
        if self._links:
            self._linked += len(_SPACES.sub(" ", text).strip())

    def _break(self) -> None:
        if self._carrier is None:
            self._pieces.clear()
        elif "".join(self._pieces[-3:]).rstrip(" ").endswith("\n") and not self._preformatted:
            self._flush()
        else:
            self._pieces.append("\n")

    def _flush(self) -> None:
        pieces, carrier, linked, home = "".join(self._pieces), self._carrier, self._linked, self._home
        self._pieces.clear()
        self._carrier, self._linked = None, 0
        if carrier is None:
            self._place_apart()
            return
        text = pieces.strip("\n") if self._preformatted else _LINES.sub("\n", _SPACE_RUN.sub(" ", pieces)).strip()
        self.blocks.append(Block(text, home.kind, home.path, home.node, linked, home.heading, *carrier))
        self._place_apart()

    def _place_apart(self) -> None:
        for element, path in self._waiting:
            carrier = next((one for one in element.iter() if one.text and not one.text.isspace()), None)
            text = text_of(element)
            if carrier is not None and text:
                self._kept[len(self.blocks)] = self._apart[element]
                self.blocks.append(Block(text, "paragraph", path, self._open[-1].node, 0, 0, carrier, False))
        self._waiting.clear()


def _kind(tag: str, kind: str, heading: int) -> tuple[str, int]:
    """What a block-level element makes of the text inside: its kind and its heading level."""
    named = _KINDS.get(tag)
    if named == "heading":
        return named, int(tag[1])
    # the outer word is the stronger one: a paragraph or a list in a quotation is quoted
    if named and (kind in {"paragraph", "cell", "item"} or named == "caption"):
        return named, heading
    if kind == "cell" and named is None:
        return "paragraph", heading  # tables that lay out a page hold paragraphs
    return kind, heading


def _is_inline(element: Any) -> bool:
    return not any(inner.tag in _BLOCK_TAGS for inner in element.iter())


def _hidden(element: Any) -> bool:
    attributes = element.attrib
    if "hidden" in attributes and attributes["hidden"] != "until-found":
        return True
    style = attributes.get("style")
    return bool(style and _HIDING_STYLE.search(style))
