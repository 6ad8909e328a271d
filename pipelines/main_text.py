"""The visible blocks of an HTML page, each labelled `main` or `side`.

The extractor (trafilatura) does not give the text: it only helps to label each visible block `main` or `side`
(`_label`), because what it returns flaps with class names and drops short lines: dates, captions, postal addresses.
A block is main when

- the extractor kept it and it is no furniture; or
- it lies between such blocks, or after them in the same container, and is neither furniture nor a bare link; or
- it is the page's title, or a date, caption or lead beside the title.

Where the extractor finds next to nothing (lists of names, cards) all visible text that is no furniture is main. A
site's own rules may name the container instead.

"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

from pipelines import sight as sights
from pipelines.blocks import Block as VisibleBlock
from pipelines.blocks import Node, Page, named, parse, walk
from pipelines.labelled import Document, Labelled
from pipelines.linked import Placement, ranked
from pipelines.metadata import Places, Stated, stated
from pipelines.reading import StoredPage, comparable
from pipelines.roles import DATE_LINE, Article, dated, names_writer, roles
from pipelines.rules import ReadingRules
from pipelines.targets import base_of
from spiders.selector import alternatives, elements

HEAVY_SHARE: Final = 0.3
"""A container with this share of the main text is not believed to be furniture, whatever it is called."""
CORE_SHARE: Final = 0.5
"""The text's own container is the innermost that holds this share of what the extractor kept."""
LEAST_TITLE: Final = 12
"""Characters from which a line is taken for the title when the page's title goes on after it."""
_SITE_NAME = re.compile(r"\s*[|–—·•:»/-]\s")
ABOVE_TITLE: Final = 4
"""Blocks above the title, furniture not counted, among which its caption and date are looked for."""
LITTLE_TEXT: Final = 250
LITTLE_SHARE: Final = 0.25
SURE_SHARE: Final = 0.1
"""Share of the page's unlinked text up to which a container of furniture is not shown to the extractor."""
LINE: Final = 120
"""Characters of a line of author and date."""
LEAST_SPACES: Final = 3
"""Spaces of a short sentence under the title."""
_SENTENCE_ENDS: Final = (".", "!", "?", "…", ".»", ".”", '."', "։")
SECTIONS_LIMIT: Final = 5
"""Sections around the text, the innermost first, that are compared with those beside them."""
_SECTIONS: Final = frozenset({"article", "section"})
EXTRACTOR_LIMIT: Final = 3_000_000
"""Characters of markup above which the extractor is not asked: its time grows faster than the page."""

# One letter a block, from CJK Extension B: printable, so the extractor keeps it, and on no page of ours.
_FIRST_MARK: Final = 0x20000
_MARKS: Final = 0xA6D0
_MARK = re.compile(f"[{chr(_FIRST_MARK)}-{chr(_FIRST_MARK + _MARKS - 1)}]")


def read_markup(markup: str, page: StoredPage, rules: ReadingRules, *, xml: bool = False) -> Document:
    """Label the blocks of a page's markup; `xml`: it says that it is XHTML."""
    tree = parse(markup, xml=xml)
    if tree is None:
        return Document([], Stated(), "empty", sights.plain(page.url, rules.site))
    cut = sights.without(tree, rules.ignore)
    seen = sights.look(tree, cut, page.url, page.captured_at, rules.site, page.link)
    places = Places(
        alternatives(rules.title), alternatives(rules.published), alternatives(rules.modified), rules.timezone
    )
    facts = stated(cut, page.captured_at, places, url=page.url, link=page.link)
    aside = {
        **dict.fromkeys(_all(tree, rules.ignore), "ignored"),
        **dict.fromkeys(_all(tree, rules.volatile), "volatile"),
    }
    base = base_of(page.url, next(iter(tree.xpath("//base/@href")), None))
    visible = walk(tree, apart=aside)
    paths = _Paths()
    names_of = {paths.of(element): name for element, name in aside.items()}
    asides = {**_inside(visible, names_of), **visible.apart}
    main_paths = dict.fromkeys(map(paths.of, elements(tree, rules.main)), "main")
    chosen = _inside(visible, main_paths).keys() - asides.keys()
    if chosen:
        kept, how = set(chosen), "site rules"
    elif len(markup) > EXTRACTOR_LIMIT or len(visible.blocks) > _MARKS:
        kept, how = set(), "visible text: the page is too large for the extractor"
    else:
        kept, how = _kept_by_extractor(tree, visible), "trafilatura"
    article, names, how = _label(visible, kept, facts.title, how, asides)
    if chosen:
        article = replace(article, main=chosen, core=chosen, container=0)
    place = Placement(visible, article.main, article.container)
    labelled = _labelled(visible, article, names)
    place.link(labelled)
    # one post's line of date is not the date of a page of several
    several = len(seen.sight.items) > 1
    return Document(labelled, facts, how, seen, pictures=tuple(place.pictures()), base=base, several=several)


def _labelled(visible: Page, article: Article, names: Sequence[str | None]) -> list[Labelled]:
    of = roles(visible, article)
    labelled = []
    for index, block in enumerate(visible.blocks):
        one = Labelled(block.text, block.kind, block.path, "side", rank=ranked(block))
        one.borders, one.struck = tuple(block.borders), tuple(block.struck)
        if index in article.main:
            one.level, one.role = "main", of.get(index)
        else:
            one.furniture = names[index]
        labelled.append(one)
    return labelled


def _all(tree: Any, selectors: Iterable[str]) -> list[Any]:
    return [element for selector in selectors for element in elements(tree, selector)]


class _Paths:
    """DOM paths of elements of one tree, as the walker writes them; the children of a parent are numbered once."""

    def __init__(self) -> None:
        self._numbers: dict[Any, dict[Any, int]] = {}

    def of(self, element: Any) -> str:
        steps = []
        while element is not None:
            parent = element.getparent()
            steps.append(f"{element.tag}[{1 if parent is None else self._number(parent, element)}]")
            element = parent
        return "/" + "/".join(reversed(steps))

    def _number(self, parent: Any, element: Any) -> int:
        if parent not in self._numbers:
            counts: dict[Any, int] = {}
            numbers = self._numbers[parent] = {}
            for child in parent:
                numbers[child] = counts[child.tag] = counts.get(child.tag, 0) + 1
        return self._numbers[parent][element]


def _inside(visible: Page, names: Mapping[str, str]) -> dict[int, str]:
    """By number of block, the name of the outermost element of these that it lies in."""
    found = {}
    for index, block in enumerate(visible.blocks if names else ()):
        steps = block.path.split("/")
        above = ("/".join(steps[:n]) for n in range(2, len(steps) + 1))
        name = next((names[path] for path in above if path in names), None)
        if name is not None:
            found[index] = name
    return found


def _kept_by_extractor(tree: Any, visible: Page) -> set[int]:
    """Which blocks the extractor keeps: each begins with a mark of its own, and what comes back is read off.

    The marks stay in the tree: nobody reads it afterwards.
    """
    from trafilatura import bare_extraction

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    furniture = _sure_furniture(visible)
    left_out = {index for node in furniture for index in range(node.first, node.last)}
    for index, block in enumerate(visible.blocks):
        if block.carrier is None or index in left_out:
            continue
        mark = chr(_FIRST_MARK + index)
        # lxml reads characters that it does not write, where a page puts their references together in pieces
        with suppress(ValueError):
            if block.in_tail:
                block.carrier.tail = _marked(block.carrier.tail, mark)
            else:
                block.carrier.text = _marked(block.carrier.text, mark)
    for node in furniture:
        _drop(node.element)
    # it copies the tree that it is given; as "xml" it leaves out a plain text that nobody asks for
    document = bare_extraction(
        tree,
        fast=True,
        favor_recall=True,
        include_comments=False,
        include_formatting=False,
        output_format="xml",
        with_metadata=False,
    )
    body = getattr(document, "body", None)
    if body is None:
        return set()
    text = "".join(body.itertext())
    kept = {ord(mark) - _FIRST_MARK for mark in _MARK.findall(text)}
    if not kept:
        # taken from JSON-LD or another copy of the text: found by its words
        told = comparable(text)
        kept = {i for i, b in enumerate(visible.blocks) if b.length >= 25 and comparable(b.text) in told}
    return {index for index in kept if index < len(visible.blocks)}


def _sure_furniture(visible: Page) -> list[Node]:
    """The outermost containers of furniture that hold next to nothing of the page's text.

    What they hold is no main text whatever the extractor says, and it takes half of its time to find that out.
    """
    sums = _running(max(block.length - block.linked, 0) for block in visible.blocks)
    most = SURE_SHARE * sums[-1]
    found: list[Node] = []
    after = 0
    for node in visible.nodes:
        if node.element is None or node.first == node.last or node.first < after:
            continue
        if sums[node.last] - sums[node.first] <= most:
            found.append(node)
            after = node.last
    return found


def _drop(element: Any) -> None:
    """Take an element out of its tree; the text after it stays."""
    parent = element.getparent()
    if parent is None:
        return
    if element.tail:
        before = element.getprevious()
        with suppress(ValueError):
            if before is None:
                parent.text = (parent.text or "") + element.tail
            else:
                before.tail = (before.tail or "") + element.tail
    parent.remove(element)


def _marked(text: str, mark: str) -> str:
    lead = len(text) - len(text.lstrip())
    return text[:lead] + mark + text[lead:]


def _label(
    visible: Page, kept: set[int], title: str | None, how: str, asides: Mapping[int, str]
) -> tuple[Article, list[str | None], str]:
    """Which blocks are main, what furniture each block is, and how that was decided."""
    blocks = visible.blocks
    weights = [block.length if index in kept else 0 for index, block in enumerate(blocks)]
    if sum(weights) < LITTLE_TEXT:
        weights = [block.length for block in blocks]
    sums = _running(weights)
    total = sums[-1]

    def heavy(first: int, last: int) -> bool:
        return total > 0 and sums[last] - sums[first] >= HEAVY_SHARE * total

    names = visible.furniture_of(heavy)
    _open_headers(visible, title, names)
    for index, name in asides.items():
        names[index] = name
    open_text = sum(block.length for block, name in zip(blocks, names, strict=True) if name is None)
    core = {index for index in kept if names[index] is None}
    core_text = sum(blocks[index].length for index in core)
    if (core_text < LITTLE_TEXT and core_text < LITTLE_SHARE * max(open_text, 1)) or not core:
        if how == "trafilatura":
            how = "visible text: the extractor found next to nothing"
        open_blocks = {index for index, name in enumerate(names) if name is None}
        heading = _title_heading(visible, title, names, open_blocks) if open_blocks else None
        return Article(open_blocks, open_blocks, 0, heading if heading in open_blocks else None), names, how
    container = _container(visible, core, core_text)
    container, equals = _equals(visible, container, names)
    core |= equals
    for index in _other_cells(visible, container, core):
        core.discard(index)
        names[index] = named(visible.blocks[index], "aside")
    if core_text >= LITTLE_TEXT:
        core -= _short_lines_above(visible, container, core)
    main = core | _around(visible, container, core, names)
    main |= _over(visible, main, names)
    heading = _title_heading(visible, title, names, core)
    if heading is not None:
        main.add(heading)
        names[heading] = None
        main |= _beside_title(visible, heading, container, core, names)
    return Article(main, core, container, heading), names, how


def _open_headers(visible: Page, title: str | None, names: list[str | None]) -> None:
    """A header with the page's own title in it is not the site's: what else it says belongs to the page."""
    wanted = comparable(title or "").casefold()
    for block in visible.blocks:
        if block.heading != 1 or block.is_linked or comparable(block.text).casefold() != wanted:
            continue
        for above in visible.ancestors(block.node):
            node = visible.nodes[above]
            if node.furniture == "header":
                for index in range(node.first, node.last):
                    names[index] = named(visible.blocks[index], None) if names[index] == "header" else names[index]
                visible.judge_numbers(names)


def _running(weights: Iterable[int]) -> list[int]:
    sums = [0]
    for weight in weights:
        sums.append(sums[-1] + weight)
    return sums


def _container(visible: Page, core: set[int], core_text: int) -> int:
    """The innermost node that holds most of the core."""
    held: dict[int, int] = {}
    for index in core:
        for node in visible.ancestors(visible.blocks[index].node):
            held[node] = held.get(node, 0) + visible.blocks[index].length
    # nodes are numbered in document order, so the innermost of several has the highest number
    return max((node for node, length in held.items() if length >= CORE_SHARE * core_text), default=0)


def _equals(visible: Page, container: int, names: Sequence[str | None]) -> tuple[int, set[int]]:
    """Where the extractor took one of several sections that are alike, the node of all, and what is in the others.

    A list of posts, a declaration whose articles are `<article>`: together the others hold more text than the one, and
    their headings are of the same rank, and links where its own is one.
    """
    blocks, nodes = visible.blocks, visible.nodes
    prose = _running(
        block.length if name is None and not block.is_linked else 0 for block, name in zip(blocks, names, strict=True)
    )

    def held(number: int) -> int:
        return prose[nodes[number].last] - prose[nodes[number].first]

    def headed(number: int) -> tuple[int, bool]:
        inside = blocks[nodes[number].first : nodes[number].last]
        return next(((block.heading, block.is_linked) for block in inside if block.heading), (0, False))

    sections = [n for n in visible.ancestors(container) if nodes[n].tag in _SECTIONS and nodes[n].parent >= 0]
    children = visible.children() if sections else {}
    for number in sections[:SECTIONS_LIMIT]:
        node = nodes[number]
        others = [n for n in children[node.parent] if n != number and nodes[n].tag == node.tag]
        alike = [n for n in others if headed(n) == headed(number)]
        if sum(map(held, alike)) > held(number):
            inside = (range(nodes[n].first, nodes[n].last) for n in alike)
            return node.parent, {i for some in inside for i in some if names[i] is None and not blocks[i].is_linked}
    return container, set()


def _other_cells(visible: Page, container: int, core: set[int]) -> list[int]:
    """Where a table lays out the page and one cell holds the text, what the extractor kept of the other cells."""
    cell = next((node for node in visible.ancestors(container) if visible.nodes[node].tag == "td"), None)
    if cell is None:
        return []
    first, last = visible.nodes[cell].first, visible.nodes[cell].last
    outer = next((node for node in visible.ancestors(cell) if visible.nodes[node].tag == "table"), cell)
    inside = range(visible.nodes[outer].first, visible.nodes[outer].last)
    return [index for index in sorted(core) if index in inside and not first <= index < last]


def _short_lines_above(visible: Page, place: int, core: set[int]) -> set[int]:
    """What the extractor kept above the text's own container and is no lead: rubrics and rates in a list, say."""
    first = visible.nodes[place].first
    return {index for index in core if index < first and not _is_lead(visible.blocks[index])}


def _around(visible: Page, place: int, core: set[int], names: Sequence[str | None]) -> set[int]:
    """Short lines that the extractor dropped: between kept blocks, or after them in the text's own container."""
    container = visible.nodes[place]
    inside = [index for index in core if container.first <= index < container.last]
    first, last = min(inside), max(inside)
    found = set()
    for index in range(container.first, container.last):
        block = visible.blocks[index]
        if index > last and block.heading and block.is_linked:
            break  # what follows the text under a heading that is a link is another page's
        # lines of one element, parted by <br>, are one text
        belongs = index > first or _is_lead(block) or block.node == visible.blocks[first].node
        # stars between two paragraphs part them: they are the author's
        open_ = names[index] is None or (names[index] == "ornament" and first < index < last)
        if open_ and not block.is_linked and belongs:
            found.add(index)
    return found


def _over(visible: Page, main: set[int], names: Sequence[str | None]) -> set[int]:
    """The headings right over main blocks, in the same element or one that stands beside that."""
    blocks, nodes = visible.blocks, visible.nodes
    found: set[int] = set()
    for index in range(len(blocks) - 2, -1, -1):
        block = blocks[index]
        if block.heading and names[index] is None and not block.is_linked and (index + 1 in main or index + 1 in found):
            section = nodes[nodes[block.node].parent]
            around = nodes[section.parent] if section.last == index + 1 else section
            if section.first == index and index + 1 < around.last:
                found.add(index)
    return found


def _is_lead(block: VisibleBlock) -> bool:
    """Whether a block that stands before the text belongs to it: a date, a caption, a heading, or a whole sentence."""
    if 3 * block.linked > block.length:
        return False
    if DATE_LINE.fullmatch(block.text):
        return True
    if "/ul[" in block.path or "/ol[" in block.path:
        return False  # a list above the text is one of links or of tools
    return block.kind in {"caption", "heading"} or (block.length >= 40 and " " in block.text)


def _is_under_title(block: VisibleBlock) -> bool:
    """Whether a short line between the title and the text is of the article: who and when, a sentence, a fact."""
    text = block.text
    if len(text) <= LINE and (names_writer(text) or dated(text)):
        return True
    if 3 * block.linked > block.length:
        return False
    if "/dl[" in block.path:
        return True  # a list of terms and what they are: a card
    if "/ul[" in block.path or "/ol[" in block.path:
        return False
    return text.endswith(_SENTENCE_ENDS) and text.count(" ") >= LEAST_SPACES


def _title_heading(visible: Page, title: str | None, names: Sequence[str | None], core: set[int]) -> int | None:
    """The heading that says the page's title, the highest and nearest to the text; else the only h1 before it."""
    before = list(enumerate(visible.blocks[: max(core)]))
    wanted = comparable(title or "").casefold()
    saying = [
        (names[index] is None, -(block.heading or 7), index)
        for index, block in before
        if (block.heading == 1 or not block.is_linked) and _says_title(block.text, wanted)
    ]
    if saying:
        return max(saying)[2]
    top = [index for index, block in before if block.heading == 1]
    return top[0] if len(top) == 1 and names[top[0]] is None else None


def _says_title(text: str, wanted: str) -> bool:
    """Whether a block says the page's title (in its compared form), with or without the site's name after it."""
    if not wanted or len(text) > 2 * len(wanted) + 40:
        return False
    said = comparable(text).casefold()
    if said == wanted:
        return True
    return len(said) >= LEAST_TITLE and wanted.startswith(said) and bool(_SITE_NAME.match(wanted[len(said) :]))


def _beside_title(visible: Page, heading: int, container: int, core: set[int], names: Sequence[str | None]) -> set[int]:
    """Dates, captions and leads in the container that the title and the text share."""
    blocks = visible.blocks
    shared = visible.nodes[visible.common(blocks[heading].node, container)]
    first = min(core)
    # the extractor may have taken the title, and what is above it, but not what stands between it and the text
    below = min((index for index in core if index > heading), default=heading)
    found = {
        index
        for index in range(max(min(heading, first), shared.first), max(heading, first, below))
        if names[index] is None and (_is_lead(blocks[index]) or (index > heading and _is_under_title(blocks[index])))
    }
    if shared.tag in {"body", "html"}:
        return found
    # a caption, a date, a rubric's name may stand above the title; what is further up is not the article's
    above = [index for index in range(shared.first, heading) if names[index] is None][-ABOVE_TITLE:]
    return found | {index for index in above if _is_lead(blocks[index]) and not blocks[index].heading}
