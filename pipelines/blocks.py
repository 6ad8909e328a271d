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
from spiders.borders import may_part, parts
from spiders.selector import text_of

DEPTH_LIMIT = 250
"""Elements inside one another that are read as they stand; deeper inline and container tags are dropped first."""
BLOCKS_LIMIT = 50_000
"""Blocks of a page from which on the rest of its text is one block, a line each."""
LINKS_LIMIT = 20_000
"""Links of a page that are read."""
PICTURES_LIMIT = 2_000
ALT_LIMIT = 300
"""Characters of the text for a picture that are kept."""
ADDRESS_LIMIT = 2_000
"""Characters of an address that are kept; a digest stands for what follows."""
SRCSET_LIMIT = 20_000
PROSE = 50
"""Octets in UTF-8 from which an unlinked block of a header is a paragraph: a sign of Chinese is a word of others."""
LONG_PROSE = 500
"""Characters from which it is no disclaimer, though it is the only one."""
PROSE_SHARE = 0.03
"""Share of the page's text from which the paragraphs of a header are text of the page."""
LINES = 400
"""Characters up to which the lines of a block are furniture if each of them is."""
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
        "marquee",
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
_READ_ALIKE: Final = frozenset({"template", "svg", "textarea", "select"})
_KINDS: Final = {
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "heading"),
    **dict.fromkeys(("li", "dd", "dt"), "item"),
    **dict.fromkeys(("td", "th"), "cell"),
    **dict.fromkeys(("figcaption", "caption"), "caption"),
    "blockquote": "quote",
    "address": "address",
    "pre": "preformatted",
}
_PICTURES: Final = frozenset({"img", "picture"})
_LATER: Final = ("data-src", "data-lazy-src", "data-original", "data-lazy", "data-image", "data-full-src")
"""Attributes in which pages keep the address of a picture that a script loads when it comes into sight."""
_STANDS_IN = re.compile(
    r"\Adata:|(?:blank|spacer|placeholder|transparent|1x1|pixel|lazy(?:load)?|loading|loader)[\w.-]*\.(?:gif|png|svg|jpe?g)",
    re.IGNORECASE,
)
_WIDTH = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)[wx],?")
_DEFINITION = re.compile(r"/d[dt]\[\d+\]$")
_STRIKING_TAGS: Final = frozenset({"s", "strike", "del"})
_STRIKING_STYLE = re.compile(r"(?:^|;)\s*text-decoration(?:-line)?\s*:[^;]*\bline-through\b", re.IGNORECASE)
_HIDING_STYLE = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
_SPACES = re.compile(r"[ \t\r\n\f]+")
_LINE_END: Final = "\x1e"
"""Stands for `<br>` while a block is gathered: no document may hold it."""
_LINES = re.compile(" ?\x1e ?")


@dataclass(slots=True)
class Node:
    """One element, as far as the blocks need it; blocks `first` up to `last` (exclusive) lie inside."""

    parent: int
    tag: str
    furniture: str | None
    hidden: bool
    first: int
    last: int
    part: str | None = None
    """Part of an article that it is called: caption, byline, date, lead."""
    element: Any = None
    """The element itself, where it is furniture or hidden."""


@dataclass(slots=True)
class Anchor:
    """One link of a block, as the markup writes its address."""

    start: int
    end: int
    """`start` of a link without text."""
    href: str
    node: int = -1
    """The node that a link without text stands in."""


@dataclass(frozen=True, slots=True)
class Image:
    """One picture of the markup, as it writes its address."""

    source: str
    alt: str
    path: str
    node: int
    before: int
    """Number of the block that it stands before; of one inside a block, that block's."""


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
    """The element whose `text` (or `tail`) the block begins in; None for text that is drawn or that a form holds."""
    in_tail: bool
    anchors: Sequence[Anchor] = ()
    borders: Sequence[int] = ()
    """Where in the text a space stands that the markup has not: between a label and its value, say."""
    struck: Sequence[tuple[int, int]] = ()
    """The stretches of the text that the markup strikes out."""

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
    images: Sequence[Image] = ()
    last_anchors: Sequence[Anchor] = ()
    """Links without text after the last block."""
    believed: Sequence[str | None] = ()
    """By node, the furniture that it is, as `furniture_of` found it."""

    def ancestors(self, node: int) -> Iterator[int]:
        """A node and all it lies in, innermost first."""
        while node >= 0:
            yield node
            node = self.nodes[node].parent

    def children(self) -> dict[int, list[int]]:
        """By number of node, those right inside it, in document order."""
        found: dict[int, list[int]] = {}
        for number, node in enumerate(self.nodes):
            found.setdefault(node.parent, []).append(number)
        return found

    def common(self, one: int, other: int) -> int:
        """The innermost node that both lie in."""
        seen = set(self.ancestors(one))
        return next((node for node in self.ancestors(other) if node in seen), 0)

    def furniture_of(self, heavy: Callable[[int, int], bool]) -> list[str | None]:
        """Name each block's furniture, None where it is none.

        `heavy(first, last)` says whether the blocks of that range hold too much of the page's text to be furniture.
        """
        believed: list[str | None] = []
        first_title = next((n for n, block in enumerate(self.blocks) if block.heading == 1), len(self.blocks))
        for node in self.nodes:
            inherited = believed[node.parent] if node.parent >= 0 else None
            own = node.furniture or ("hidden" if node.hidden else None)
            if own and (heavy(node.first, node.last) or (own == "header" and self._is_prose(node, first_title))):
                own = None
            believed.append(own or inherited)
        self.believed = believed
        names = [named(block, believed[block.node]) for block in self.blocks]
        self.judge_numbers(names)
        self._mark_related(names, heavy)
        return names

    def _is_prose(self, header: Node, first_title: int) -> bool:
        """Whether a header holds paragraphs, a preamble say, and not the site's name and menus."""
        inside = self.blocks[header.first : header.last]
        unlinked = (block for block in inside if 4 * block.linked <= block.length)
        prose = [block.length for block in unlinked if len(block.text.encode()) >= PROSE]
        # a site's header stands above the page's title and leads somewhere
        if prose and first_title < header.first and not any(block.linked for block in inside):
            return True
        if (len(prose) < 2 and sum(prose) < LONG_PROSE) or 5 * sum(prose) < 4 * sum(block.length for block in inside):
            return False
        return sum(prose) >= PROSE_SHARE * sum(block.length for block in self.blocks)

    def judge_numbers(self, names: list[str | None]) -> None:
        """A bare number in a row with its label is a fact, unless the label says it counts; alone in one, none."""
        for index, block in enumerate(self.blocks):
            parent = self.nodes[block.node].parent
            if parent < 0 or not furniture.is_number(block.text):
                continue
            row = self.nodes[parent]
            label = self.blocks[index - 1] if row.first == index - 1 and row.last == index + 1 else None
            if row.last - row.first == 1 and row.tag == "tr" and (names[index] is None or names[index] == "aside"):
                names[index] = "counter"
            elif label and names[index] == "counter" and not label.heading:
                # a card of facts stands in an aside as often as not
                place = names[index - 1]
                if (place is None or place in furniture.TELLING) and furniture.is_label_of_fact(label.text):
                    names[index] = place

    def _mark_related(self, names: list[str | None], heavy: Callable[[int, int], bool]) -> None:
        """A heading such as "Read also" makes its own container related, or else the links that follow it."""
        done = 0
        for index, block in enumerate(self.blocks):
            if index < done or names[index] != "related" or not furniture.opens_related(block.text):
                continue
            section = next((n for n in self.ancestors(block.node) if self.nodes[n].last > index + 1), 0)
            first, last = self.nodes[section].first, self.nodes[section].last
            if first >= index - 1 and not heavy(index, last):
                following = range(index + 1, last)
            else:
                following = range(index + 1, _end_of_links(self.blocks, index + 1, last))
            done = following.stop
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
    if own is None and block.length <= LINES and "\n" in block.text:
        each = [furniture.by_words(line, kind, linked=block.is_linked) for line in block.text.split("\n")]
        own = each[-1] if all(each) else None
    if own is None and block.linked and furniture.leads_elsewhere(block.text, block.linked):
        return "related"
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

_CONTROLS: Final = bytes({*range(9), 11, *range(14, 32), 127})
_FORM_FEED: Final = bytes.maketrans(b"\x0c", b" ")
_CONTROL_REFERENCE = re.compile(
    rb"&#(?:0*+(?:6553[45]|127|1[124-9]|2\d|3[01]|[0-8])|[xX]0*+(?:[fF]{3}[eEfF]|7[fF]|1[\da-fA-F]|[0-8bBcCeEfF]))"
    rb"(?:;|(?![\da-fA-F]))"
)
_ATTRIBUTE = rb"""[\s/]++[^\s=>/]++(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s>]*+))?+"""
_MANY_ATTRIBUTES = re.compile(rb"<([a-zA-Z][^\s>/]*+(?:" + _ATTRIBUTE + rb"){256})(?:" + _ATTRIBUTE + rb")++")
"""libxml2 compares each attribute of an element with all before it: 40,000 of them take ten seconds."""
_LONG_BY_NATURE: Final = (b"script", b"style", b"!--")
LONG_TAG: Final = 4000
"""Octets without `<` from which a tag may have so many attributes that they are counted."""
_NONCHARACTER = re.compile(rb"\xef(?:\xb7[\x90-\xaf]|\xbf[\xbe\xbf])")
"""U+FDD0 to U+FDEF, U+FFFE and U+FFFF in UTF-8: no document may hold them."""
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:-]*)((?:[^>\"']|\"[^\"]*\"|'[^']*')*)>")
_VOID: Final = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"}
)


def parse(markup: str, *, xml: bool = False) -> Any:
    """Parse a page's characters into an lxml tree with a root; None when there is nothing to parse.

    Characters that no document may hold are dropped. Markup nested deeper than the parser goes is flattened. With
    `xml` it is read as XHTML first, where `<script/>` is an empty element and not the beginning of a script.
    """
    octets = markup.encode("utf-8", "ignore").translate(_FORM_FEED, _CONTROLS)
    if b"&#" in octets:
        octets = _CONTROL_REFERENCE.sub(b"", octets)
    if any(len(part) > LONG_TAG and not part.startswith(_LONG_BY_NATURE) for part in octets.split(b"<")):
        octets = _MANY_ATTRIBUTES.sub(rb"<\1", octets)
    if b"\xef" in octets:
        octets = _NONCHARACTER.sub(b"", octets)
    if not octets.strip():
        return None
    tree = _parsed_as_xml(octets) if xml else None
    if tree is None:
        tree = _parsed(octets)
    if tree is None or _too_deep(tree) or (not len(tree) and len(octets) > 200):
        tree = _parsed(_flattened(octets.decode("utf-8")).encode("utf-8"))
    return tree


_LOOKUP = etree.ElementDefaultClassLookup(element=html.HtmlElement)
"""One class for every element: lxml.html's own choice asks Python for each element, which costs a fifth of a walk."""


def _parsed(octets: bytes) -> Any:
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
    parser.set_element_class_lookup(_LOOKUP)
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


_too_deep = etree.XPath("boolean(" + "/*" * (DEPTH_LIMIT + 1) + ")")


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
class _Place:
    """A block-level element on the way from the root to where the walker stands."""

    node: int
    kind: str
    path: str
    heading: int


class _Walker:
    def __init__(self, apart: Mapping[Any, str]) -> None:
        self._apart = apart
        self._waiting: list[tuple[Any, str, int]] = []
        self._more: list[str] = []
        """The texts of blocks after the last that is one of its own."""
        self._kept: dict[int, str] = {}
        self.blocks: list[Block] = []
        self.nodes: list[Node] = []
        self._pieces: list[str] = []
        self._linked = 0
        self._carrier: tuple[Any, bool] | None = None
        self._home = _Place(-1, "paragraph", "", 0)
        self._links = 0
        self._link: str | None = None
        """Where the link leads that the walker is in."""
        self._marks: list[tuple[int, str | None, int]] = []
        """Since the block began: how many pieces it had when a link began (or ended: None), and, of a link without
        text, its node; -1 of others."""
        self._texts = 0
        self._anchored = 0
        self.images: list[Image] = []
        self._preformatted = 0
        self._ended = False
        """Whether a `<br>` came after the last text."""
        self._parted: list[int] = []
        """How many pieces came before each space that was put in between two words."""
        self._striking = 0
        """How many elements that strike out the walker is in."""
        self._struck: list[int] = []
        """How many pieces came before each stretch that is struck out, and with it, in turns."""
        self._last: tuple[str, Any, bool] | None = None
        """The last piece of the block, where it is text, and its carrier."""

    def walk(self, tree: Any) -> Page:
        root = f"/{tree.tag}[1]"
        self._block(tree, tree.tag, root, self._home)
        if self._more:
            self.blocks.append(Block("\n".join(self._more), "paragraph", root, 0, 0, 0, None, False))
            self.nodes[0].last = len(self.blocks)
        last = [Anchor(0, 0, href, node) for _, href, node in self._marks if href is not None and node >= 0]
        return Page(self.blocks, self.nodes, self._kept, self.images, last)

    def _children(self, element: Any, path: str, place: _Place) -> None:
        """Read what stands inside an element after its own text: the depth is bounded by `parse`."""
        counts: dict[Any, int] = {}
        for child in element:
            tag = child.tag
            number = counts[tag] = counts.get(tag, 0) + 1
            if tag in _BLOCK_TAGS:
                if self._apart and self._is_apart(child):
                    self._waiting.append((child, f"{path}/{tag}[{number}]", place.node))
                else:
                    self._block(child, tag, f"{path}/{tag}[{number}]", place)
            elif tag == "br":
                self._break()
                if child.text or len(child):
                    self._inline(child, tag, f"{path}/br[{number}]", place)
            elif tag in _UNREAD_TAGS or not isinstance(tag, str):
                if tag in _PICTURES:
                    self._picture(child, tag, f"{path}/{tag}[{number}]", place)
                elif tag in _READ_ALIKE:
                    self._alike(child, tag, f"{path}/{tag}[{number}]", place)
            elif not _hidden(child):
                if self._apart and self._is_apart(child):
                    self._waiting.append((child, f"{path}/{tag}[{number}]", place.node))
                else:
                    self._inline(child, tag, f"{path}/{tag}[{number}]", place)
            if tail := child.tail:
                self._take(tail, child, place, in_tail=True)

    def _is_apart(self, element: Any) -> bool:
        return element in self._apart and not any(inner.tag in _BLOCK_TAGS for inner in element.iter())

    def _block(self, element: Any, tag: str, path: str, above: _Place) -> None:
        self._flush()
        kind, heading = _kind(tag, above.kind, above.heading)
        attributes = dict(element.items())
        named, part, hidden = None, None, False
        if attributes or tag in furniture.NAMING_TAGS:
            named, part = furniture.markup(tag, attributes, above.path)
            hidden = _hides(attributes)
        node = Node(above.node, tag, named, hidden, len(self.blocks), 0, part, element if named or hidden else None)
        place = _Place(len(self.nodes), kind, path, heading)
        self.nodes.append(node)
        self._preformatted += tag == "pre"
        strikes = "style" in attributes and _STRIKING_STYLE.search(attributes["style"]) is not None
        self._striking += strikes
        if text := element.text:
            self._take(text, element, place, in_tail=False)
        self._children(element, path, place)
        self._flush()
        self._preformatted -= tag == "pre"
        self._striking -= strikes
        node.last = len(self.blocks)

    def _inline(self, element: Any, tag: str, path: str, place: _Place) -> None:
        if tag == "a":
            self._anchor(element, path, place)
            return
        strikes = tag in _STRIKING_TAGS or _strikes(element)
        self._striking += strikes
        if text := element.text:
            self._take(text, element, place, in_tail=False)
        self._children(element, path, place)
        self._striking -= strikes

    def _anchor(self, element: Any, path: str, place: _Place) -> None:
        self._links += 1
        outer, texts, href = self._link, self._texts, element.get("href")
        strikes = _strikes(element)
        self._striking += strikes
        if href:
            self._turn(href)
        if text := element.text:
            self._take(text, element, place, in_tail=False)
        self._children(element, path, place)
        if href:
            if texts == self._texts and self._anchored < LINKS_LIMIT:
                self._anchored += 1
                self._marks.append((len(self._pieces), href, place.node))
            self._turn(outer)
        self._links -= 1
        self._striking -= strikes

    def _turn(self, href: str | None) -> None:
        """What comes from here on is the text of a link that leads there; of none for None."""
        self._link = href
        if self._carrier is not None:
            self._marks.append((len(self._pieces), href, -1))

    def _picture(self, element: Any, tag: str, path: str, place: _Place) -> None:
        if len(self.images) >= PICTURES_LIMIT or _hidden(element):
            return
        image = element if tag != "picture" else next(iter(element.iter("img")), element)
        sources = list(element.iter("source")) if tag == "picture" else []
        source = _source_of(image, sources)
        # the copy of a picture for visitors without scripts stands right after it
        if source and not (self.images and self.images[-1].source == source):
            alt = " ".join((image.get("alt") or "").split())[:ALT_LIMIT]
            node = place.node
            while self.nodes[node].tag == "noscript" and self.nodes[node].parent >= 0:
                node = self.nodes[node].parent
            self.images.append(Image(source, alt, path, node, len(self.blocks)))

    def _alike(self, element: Any, tag: str, path: str, place: _Place) -> None:
        """What shows text in a way of its own: a shadow root, the words of a drawing, a form's text and choices."""
        if tag == "template" and element.get("shadowrootmode"):
            self._block(element, "div", path, place)
        elif tag == "svg" and not _hidden(element):
            for words in element.iter("text"):
                self._boxed(" ".join(words.itertext()), path, place, "paragraph", None)
        elif tag == "textarea":
            self._boxed(element.text or "", path, place, "preformatted", "form")
        elif tag == "select":
            choices = (" ".join((choice.text or "").split()) for choice in element.iter("option"))
            self._boxed("\n".join(filter(None, choices)), path, place, "paragraph", "form")

    def _boxed(self, text: str, path: str, place: _Place, kind: str, named: str | None) -> None:
        text = text.strip("\n") if kind == "preformatted" else text.strip()
        if text and not text.isspace():
            self._flush()
            count = len(self.blocks)
            self.nodes.append(Node(place.node, "div", named, False, count, count + 1))
            self.blocks.append(Block(text, kind, path, len(self.nodes) - 1, 0, 0, None, False))

    def _take(self, text: str, element: Any, place: _Place, *, in_tail: bool) -> None:
        if text.isspace():
            if self._carrier is not None or self._preformatted:
                self._pieces.append(text)
                self._last = None
            return
        if self._carrier is None:
            self._carrier = (element, in_tail)
            self._home = place
            if self._link is not None:
                self._marks.append((len(self._pieces), self._link, -1))
        elif self._last is not None and may_part(self._last[0], text) and self._parts(text, element, in_tail=in_tail):
            self._parted.append(len(self._pieces))
            self._pieces.append(" ")
        if self._striking:
            self._struck += (len(self._pieces), len(self._pieces) + 1)
        self._pieces.append(text)
        self._last = text, element, in_tail
        self._ended = False
        self._texts += 1
        if self._links:
            self._linked += len(" ".join(text.split()))

    def _parts(self, text: str, element: Any, *, in_tail: bool) -> bool:
        """Whether two words meet where the last piece ends and this one begins; preformatted text stays as it is."""
        if self._last is None or self._preformatted:
            return False
        last, before, behind = self._last
        before, after = (one.getparent() if tail else one for one, tail in ((before, behind), (element, in_tail)))
        return parts(last, before, text, after)

    def _break(self) -> None:
        self._last = None
        if self._carrier is None:
            self._clear()
            return
        if self._ended and not self._preformatted:
            self._flush()
        else:
            self._pieces.append(_LINE_END)
            self._ended = True

    def _flush(self) -> None:
        carrier = self._carrier
        if carrier is None:
            if self._pieces:
                self._clear()
            if self._waiting:
                self._place_apart()
            return
        text = "".join(self._pieces)
        if self._preformatted:
            text = text.replace(_LINE_END, "\n").strip("\n")
        else:
            text = _SPACES.sub(" ", text).strip()
            if _LINE_END in text:
                text = _LINES.sub("\n", text).strip()
        home = self._home
        if len(self.blocks) < BLOCKS_LIMIT:
            anchors = self._anchors(text) if self._marks else ()
            borders = _folded(self._pieces, self._parted, preformatted=False, length=len(text)) if self._parted else ()
            struck = self._stretches(text) if self._struck else ()
            block = Block(text, home.kind, home.path, home.node, self._linked, home.heading, *carrier, anchors)
            block.borders, block.struck = borders, struck
            self.blocks.append(block)
        else:
            self._more.append(text)
        self._pieces.clear()
        self._marks.clear()
        self._parted.clear()
        self._struck.clear()
        self._carrier, self._linked, self._ended, self._last = None, 0, False, None
        if self._waiting:
            self._place_apart()

    def _clear(self) -> None:
        """Forget white space before a block's first text; links without text stand before it all the same."""
        self._pieces.clear()
        if self._marks:
            self._marks = [(0, href, node) for _, href, node in self._marks if node >= 0]

    def _stretches(self, text: str) -> list[tuple[int, int]]:
        """The stretches of the block's text that are struck out; those that white space alone parts are one."""
        places = _folded(self._pieces, self._struck, preformatted=self._preformatted > 0, length=len(text))
        found: list[tuple[int, int]] = []
        for place in zip(places[::2], places[1::2], strict=True):
            start, end = _trimmed(text, *place)
            if found and not text[found[-1][1] : start].strip():
                found[-1] = (found[-1][0], end)
            elif start < end:
                found.append((start, end))
        return found

    def _anchors(self, text: str) -> list[Anchor]:
        """The links of the block that the pieces make, of which `text` is the text."""
        marks, found = self._marks, list[Anchor]()
        first, href, node = marks[0]
        if first == 0 and node < 0 and href is not None and len(marks) < 3:
            # most linked blocks, in menus and lists, are one link
            rest = self._pieces[marks[1][0] :] if len(marks) == 2 else ()
            if (len(marks) == 1 or marks[1][1] is None) and (not rest or "".join(rest).isspace()):
                self._add(found, text, 0, len(text), href)
                return found
        ends = [piece for piece, _, _ in marks]
        places = _folded(self._pieces, ends, preformatted=self._preformatted > 0, length=len(text))
        start, href = 0, None
        for at, (_, target, node) in zip(places, marks, strict=True):
            if node >= 0:
                found.append(Anchor(at, at, target or "", node))
                continue
            if href is not None:
                self._add(found, text, start, at, href)
            start, href = at, target
        if href is not None:
            self._add(found, text, start, len(text), href)
        return found

    def _add(self, found: list[Anchor], text: str, start: int, end: int, href: str) -> None:
        start, end = _trimmed(text, start, end)
        if start == end:
            return
        if found and found[-1].href == href and found[-1].node < 0 and not text[found[-1].end : start].strip():
            found[-1] = Anchor(found[-1].start, end, href)
        elif self._anchored < LINKS_LIMIT:
            self._anchored += 1
            found.append(Anchor(start, end, href))

    def _place_apart(self) -> None:
        for element, path, node in self._waiting:
            carrier = next((one for one in element.iter() if one.text and not one.text.isspace()), None)
            text = text_of(element)
            if carrier is not None and text:
                self._kept[len(self.blocks)] = self._apart[element]
                self.blocks.append(
                    Block(text, "paragraph", path, node, 0, 0, carrier, False, self._inside(element, text))
                )
        self._waiting.clear()

    def _inside(self, element: Any, text: str) -> list[Anchor]:
        """The links of a text that is kept apart."""
        found: list[Anchor] = []
        end = 0
        for link in element.iter("a"):
            said = text_of(link)
            at = text.find(said, end) if said and link.get("href") else -1
            if at >= 0:
                end = at + len(said)
                self._add(found, text, at, end, link.get("href"))
        return found


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """A stretch without the white space at its ends."""
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return start, end


def _folded(pieces: Sequence[str], ends: Sequence[int], *, preformatted: bool, length: int) -> list[int]:
    """Where, in the text that the pieces make with white space folded, each of so many first pieces ends."""
    places: list[int] = []
    done = size = lead = 0
    last = ""
    before = True
    """Whether nothing but white space came so far."""
    for end in ends:
        part = "".join(pieces[done:end])
        done = end
        if part:
            if preformatted:
                size += len(part)
                if before:
                    blank = len(part) - len(part.replace(_LINE_END, "\n").lstrip("\n"))
                    lead, before = lead + blank, blank == len(part)
            else:
                part = _SPACES.sub(" ", part)
                if _LINE_END in part:
                    part = _LINES.sub("\n", part)
                if last in {" ", "\n"} and part[0] == " ":
                    part = part[1:]
                elif last == " " and part[0] == "\n":
                    size -= 1
                size += len(part)
                last = part[-1] if part else last
                if before:
                    blank = len(part) - len(part.lstrip())
                    lead, before = lead + blank, blank == len(part)
        places.append(min(max(size - lead, 0), length))
    return places


def _source_of(image: Any, sources: Sequence[Any]) -> str:
    """The address of a picture, as it is written; that which a script puts in later before one that stands in."""
    for name in _LATER:
        later = (image.get(name) or "").strip()
        if "/" in later or "." in later:  # and not "1", "true", "lazy"
            return later
    own = (image.get("src") or "").strip()
    if own and not _STANDS_IN.search(own[:ADDRESS_LIMIT]):
        return own
    for one in (image, *sources):
        for name in ("srcset", "data-srcset", "data-lazy-srcset"):
            if largest := _largest(one.get(name) or ""):
                return largest
    return own


def _largest(srcset: str) -> str:
    """The address of the largest picture of a `srcset` (HTML, 4.8.4.2.1)."""
    best, found, address = 0.0, "", ""
    for word in srcset[:SRCSET_LIMIT].split():
        width = _WIDTH.fullmatch(word)
        if width is None:
            address = word.rstrip(",")
            found = found or address
        elif address and float(width[1]) > best:
            best, found = float(width[1]), address
    return found


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


def _hidden(element: Any) -> bool:
    hidden = element.get("hidden")
    if hidden is not None and hidden != "until-found":
        return True
    style = element.get("style")
    return style is not None and _HIDING_STYLE.search(style) is not None


def _strikes(element: Any) -> bool:
    style = element.get("style")
    return style is not None and _STRIKING_STYLE.search(style) is not None


def _hides(attributes: Mapping[str, str]) -> bool:
    if "hidden" in attributes and attributes["hidden"] != "until-found":
        return True
    return "style" in attributes and _HIDING_STYLE.search(attributes["style"]) is not None
