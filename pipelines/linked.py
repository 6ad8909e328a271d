"""The links and pictures of a page's visible blocks: where they lead, and whether they are the article's."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from pipelines.blocks import Anchor, Block, Page
from pipelines.labelled import Labelled, LabelledLink
from pipelines.reading import Level, Picture

HEADING: Final = "heading"


def ranked(block: Block) -> int | None:
    """The rank of a heading, None of every other block."""
    return block.heading or None if block.kind == HEADING else None


class Placement:
    """Which of a page's pictures, and of its links without text, stand in the article."""

    def __init__(self, visible: Page, main: Collection[int], container: int) -> None:
        """`main`: the numbers of the article's blocks; `container`: the node that they stand in."""
        self._visible = visible
        self._main = main
        self._first, self._last = (min(main), max(main)) if main else (0, -1)
        self._container = container
        self._inside: dict[int, bool] = {}
        self._others: dict[int, bool] = {}

    def link(self, labelled: Sequence[Labelled]) -> None:
        """Give each labelled block its links; those after the last block stand at that one's end."""
        for index, (block, one) in enumerate(zip(self._visible.blocks, labelled, strict=True)):
            if block.anchors:
                one.links = tuple(self._links(block.anchors, index))
        if labelled and self._visible.last_anchors:
            end = len(labelled[-1].text)
            behind = self._links(self._visible.last_anchors, len(labelled))
            labelled[-1].links += tuple(LabelledLink(end, end, one.href, one.level) for one in behind)

    def pictures(self) -> Iterator[Picture]:
        """The page's pictures."""
        count = len(self._visible.blocks)
        for image in self._visible.images:
            before = image.before if image.before < count else None
            level = self._level(image.node, image.before)
            named = self._named(image.node) if level == "side" else None
            yield Picture(image.source, image.alt, image.path, level, before, named)

    def _links(self, anchors: Sequence[Anchor], index: int) -> Iterator[LabelledLink]:
        for anchor in anchors:
            # a link without text that stands inside the block's own text is the block's
            level = self._level(anchor.node, index) if anchor.node >= 0 and anchor.start == 0 else None
            yield LabelledLink(anchor.start, anchor.end, anchor.href, level)

    def _level(self, node: int, before: int) -> Level:
        """The level of what stands in a node, before a block, and has no text."""
        if self._named(node) is not None or self._is_of_others(node):
            return "side"
        return "main" if self._first < before <= self._last or self._is_inside(node) else "side"

    def _named(self, node: int) -> str | None:
        return self._visible.believed[node] if self._visible.believed else None

    def _is_of_others(self, node: int) -> bool:
        """Whether the words that it stands with are none of the article's."""
        if node not in self._others:
            nodes = self._visible.nodes
            around = next(
                (nodes[one] for one in self._visible.ancestors(node) if nodes[one].last > nodes[one].first), None
            )
            self._others[node] = around is None or not any(n in self._main for n in range(around.first, around.last))
        return self._others[node]

    def _is_inside(self, node: int) -> bool:
        if node not in self._inside:
            self._inside[node] = bool(self._main) and self._container in self._visible.ancestors(node)
        return self._inside[node]
