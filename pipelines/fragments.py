"""HTML that stands inside other documents, in an entry of a feed or a string of JSON, as labelled blocks."""

from __future__ import annotations

import re
from typing import Final

from pipelines import furniture
from pipelines.blocks import Block, parse, walk
from pipelines.labelled import Labelled, LabelledLink
from pipelines.linked import ranked

BODY: Final = "/html[1]/body[1]"

_MARKUP = re.compile(
    r"<[/!]?[a-zA-Z][^<>]{0,2000}>|<!--|<!\[CDATA\[|&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,30});"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_EMPTY_LINE = re.compile(r"\n[ \t]*+\n")
_BLOCK_TAG = re.compile(r"<(?:p|br|div|li|h[1-6]|tr|blockquote|section|article|pre)\b", re.IGNORECASE)
_SPACES = re.compile(r"[ \t\r\f\v\x00-\x08\x0e-\x1f]+")
_LINES = re.compile(r" ?\n ?")


def sound(text: str) -> str:
    """A text without halves of surrogate pairs, which JSON can write and UTF-8 cannot; U+FFFD stands for each."""
    return _SURROGATE.sub("\ufffd", text)


def is_markup(text: str) -> bool:
    """Whether a text has tags or references of HTML in it."""
    return ("<" in text or "&" in text) and _MARKUP.search(text) is not None


def fragment(text: str, path: str) -> list[Labelled]:
    """The visible blocks of a text, HTML or plain; paths go on from `path`. What its markup calls furniture is side."""
    if not is_markup(text):
        return plain_fragment(text, path)
    if _EMPTY_LINE.search(text) and not _BLOCK_TAG.search(text):
        # an editor's own form: paragraphs parted by empty lines, with a few inline tags
        parts = [html_fragment(part, f"{path}/p[{number}]") for number, part in enumerate(_EMPTY_LINE.split(text), 1)]
        return [block for part in parts for block in part]
    return html_fragment(text, path)


def html_fragment(markup: str, path: str) -> list[Labelled]:
    """The visible blocks of a piece of HTML."""
    tree = parse(markup)
    if tree is None:
        return []
    page = walk(tree)
    # of a short text any container holds much; a list of links alone is what the entry says
    names = page.furniture_of(lambda first, last: 2 * (last - first) > len(page.blocks))
    return [_labelled(block, path + _inner(block.path), name) for block, name in zip(page.blocks, names, strict=True)]


def plain_fragment(text: str, path: str) -> list[Labelled]:
    """The paragraphs of a text without markup, parted by empty lines."""
    paragraphs = _EMPTY_LINE.split(sound(text).replace("\r\n", "\n"))
    parts = [_LINES.sub("\n", _SPACES.sub(" ", part)).strip() for part in paragraphs]
    said = [part for part in parts if part]
    if len(said) == 1:
        return [Labelled(said[0], "paragraph", path, "main")]
    return [Labelled(part, "paragraph", f"{path}/p[{number}]", "main") for number, part in enumerate(said, 1)]


def words_of(text: str) -> str:
    """The words of a short text that may be HTML, on one line."""
    said = " ".join(block.text for block in html_fragment(text, "")) if is_markup(text) else sound(text)
    return " ".join(_SPACES.sub(" ", said).split())


def _inner(path: str) -> str:
    """A block's path below the body; text that stands in the body itself has the fragment's own."""
    return path.removeprefix(BODY) if path.startswith(BODY) else path


def _labelled(block: Block, path: str, name: str | None) -> Labelled:
    one = Labelled(block.text, block.kind, path, "main", rank=ranked(block))
    one.links = tuple(LabelledLink(link.start, link.end, link.href) for link in block.anchors)
    one.borders, one.struck = tuple(block.borders), tuple(block.struck)
    if name is not None and name not in furniture.TELLING:
        one.level, one.furniture = "side", name
    return one
