"""What each main block is to the article: its title, date, byline, lead, a caption, a link, or the article's body.

A reader wants all of them, and so they are main text. Who counts an author's words, or compares the body with another
copy of it, asks for the blocks without a role (`Reading.body`):

- `title`   the page's title where the text shows it;
- `date`    a line that is a date, by its own words or by its container's name;
- `byline`  who wrote it;
- `lead`    what else stands between the title and the first block of the body, or is called so above it;
- `caption` the words under a picture, by element or by the name of a small container;
- `link`    a line that is nothing but a link, where such lines are few: "more about this";
- `beside`  what stands in the article's container, but in no element that the extractor took text from.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from pipelines.blocks import Block, Page

FEW_LINKS: Final = 0.2
"""Share of the main text from which lines of links are the text: a list of cases, say."""
SMALL_SHARE: Final = 0.3
"""Share of the main text from which a container is more than the caption or byline that its name says."""
LINE_LIMIT: Final = 120
"""Characters of a date or a byline."""
CAPTION_LIMIT: Final = 400
LONG: Final = 80
"""Characters from which a block is a paragraph of the body, not a line above or below it."""

DATE_LINE: Final = re.compile(
    r"\W*+(?:[^\W\d]{2,12},?\s+)?(?:\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d{4}-\d{2}-\d{2}|\d{1,2}\s+[^\W\d]{3,10}\.?,?\s+\d{4}"
    r"|[^\W\d]{3,10}\.?\s+\d{1,2},?\s+\d{4})\b.{0,20}",
)
_DATED = re.compile(
    r"\W{0,3}(?:published|posted|updated|last modified|опубликовано|обновлено|дата|опубліковано|оновлено|апублікавана"
    r"|абноўлена)\b.{0,80}\d{4}.{0,30}",
    re.IGNORECASE,
)
_BYLINE = re.compile(
    r"\W{0,3}(?:(?i:(?:written |reported |story )?by|author|text|автор(?:ы|ка)?|текст|аўтар(?:ка)?|autor(?:in)?)\s{0,3}"
    r":[^\n]{3,80}|(?i:(?:written |reported |story )?by)(?:\s{1,3}(?:[A-Z][\w.'’-]{1,30},?|and|de|van|von|der)){1,8})",
)
_PICTURE = (
    r"(?:photo|image|picture|illustration|collage|video|фото(?:графия)?|изображение|иллюстрация|коллаж|видео|зображення"
    r"|ілюстрація|колаж|відео|выява|ілюстрацыя|калаж|відэа|foto|bild|zdjęcie|kolaż|collage)"
)
_CAPTION = re.compile(
    rf"\W{{0,3}}{_PICTURE}\b(?:\s{{0,2}}[:/©(]|\s+(?:by|copyright|credit)\b).{{0,160}}"
    rf"|.{{0,300}}[(/|]\s{{0,2}}{_PICTURE}\s{{0,2}}(?::|©|\bby\b).{{0,100}}",
    re.IGNORECASE,
)


_DATE_IN_LINE = re.compile(
    r"(?<![\w.])(?:\d{1,2}[./]\d{1,2}[./]\d{4}|\d{4}-\d{2}-\d{2}|\d{1,2}\.?\s[^\W\d]{3,10}\.?,?\s\d{4}"
    r"|[^\W\d]{3,10}\.?\s\d{1,2},\s\d{4})(?!\w)"
)


def dated(line: str) -> bool:
    """Whether a line has a date in it and is no sentence."""
    return not line.endswith((".", "!", "?", "…")) and _DATE_IN_LINE.search(line) is not None


def names_writer(line: str) -> bool:
    """Whether a line begins by saying who wrote the article."""
    return _BYLINE.match(line) is not None


@dataclass(frozen=True, slots=True)
class Article:
    """What is known of a page's article once its blocks are labelled."""

    main: Collection[int]
    core: Collection[int]
    """Main blocks that the extractor took."""
    container: int
    """Node that holds most of them."""
    heading: int | None
    """The block that shows the title."""


def roles(visible: Page, article: Article) -> dict[int, str]:
    """By number of block, the role of each main block that is not of the body."""
    blocks, main = visible.blocks, sorted(article.main)
    body = _body(visible, article)
    links = _links(blocks, main)
    parts = _Parts(visible, article)
    first, start = min(body, default=len(blocks)), visible.nodes[article.container].first if visible.nodes else 0
    long = [index for index in sorted(body) if _is_paragraph(blocks[index])]
    found: dict[int, str] = {}
    for index in main:
        inside = index in body and bool(long) and long[0] <= index <= long[-1]
        part = parts.of(index) if index not in body or index < start else None
        role = _told(blocks[index], part, inside=inside)
        if index == article.heading:
            role = "title"
        elif role is None and index in links:
            role = "link"
        elif role is None and index not in body:
            role = "lead" if index < first else "beside"
        if role is not None:
            found[index] = role
    return found


def _body(visible: Page, article: Article) -> set[int]:
    """What the extractor took, and what else stands in the same elements."""
    container = visible.nodes[article.container]
    homes: set[int] = set()
    for index in article.core:
        if container.first <= index < container.last:
            node = visible.blocks[index].node
            homes |= {node, visible.nodes[node].parent}

    def at_home(index: int) -> bool:
        node = visible.blocks[index].node
        return container.first <= index < container.last and bool(homes & {node, visible.nodes[node].parent})

    body = {index for index in article.main if index in article.core or at_home(index)}
    # what stands over a part of the body is of it
    first = min(body, default=0)
    for index in sorted(article.main, reverse=True):
        if visible.blocks[index].heading and index > first and index + 1 in body:
            body.add(index)
    return body


def _links(blocks: Sequence[Block], main: Collection[int]) -> set[int]:
    """The lines that are nothing but links, if they are few."""
    found = {index for index in main if blocks[index].is_linked}
    length = sum(blocks[index].length for index in found)
    return found if length < FEW_LINKS * sum(blocks[index].length for index in main) else set()


def _told(block: Block, part: str | None, *, inside: bool) -> str | None:
    """The role that a block's kind, its container's name or its own words give away.

    A date or a name that stands `inside` the body, between its paragraphs, is a line of a chronicle.
    """
    text = block.text
    if _is_caption(block):
        return "caption"
    if block.kind == "heading":
        return None
    if len(text) <= LINE_LIMIT and not inside:
        if part == "date" or DATE_LINE.fullmatch(text) or _DATED.fullmatch(text):
            return "date"
        if part == "byline" or _BYLINE.fullmatch(text) or (names_writer(text) and dated(text)):
            return "byline"
    return part if part in {"caption", "lead"} else None


def _is_caption(block: Block) -> bool:
    if block.kind in {"caption", "heading"}:
        return block.kind == "caption"
    return block.length <= CAPTION_LIMIT and _CAPTION.fullmatch(block.text) is not None


def _is_paragraph(block: Block) -> bool:
    return block.length >= LONG and block.kind != "heading" and not _is_caption(block)


class _Parts:
    """The part of an article that a block's containers are called, up to the article's own."""

    def __init__(self, visible: Page, article: Article) -> None:
        self._visible = visible
        self._container = article.container
        self._known: dict[int, str | None] = {}
        self._sums = [0]
        for index, block in enumerate(visible.blocks):
            self._sums.append(self._sums[-1] + (block.length if index in article.main else 0))

    def of(self, index: int) -> str | None:
        return self._of(self._visible.blocks[index].node)

    def _of(self, number: int) -> str | None:
        if number in (-1, self._container):
            return None
        if number not in self._known:
            node = self._visible.nodes[number]
            small = self._sums[node.last] - self._sums[node.first] < SMALL_SHARE * self._sums[-1]
            own = node.part if small else None
            self._known[number] = own or self._of(node.parent)
        return self._known[number]
