"""What a page holds before languages and facts are read: labelled blocks, and what it states about itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipelines.metadata import Stated
from pipelines.reading import Level, Picture
from pipelines.sight import Seen


@dataclass(slots=True)
class Labelled:
    """One run of text, with what it is."""

    text: str
    kind: str
    path: str
    level: Level
    furniture: str | None = None
    role: str | None = None
    """What a main block is to the article, where it is not its body (`pipelines/roles.py`)."""
    rank: int | None = None
    """1 to 6 of a heading."""
    links: tuple[LabelledLink, ...] = ()
    borders: tuple[int, ...] = ()
    """Where in the text a space stands that the markup has not: between a label and its value, say."""
    struck: tuple[tuple[int, int], ...] = ()
    """The stretches of the text that the markup strikes out."""


@dataclass(slots=True)
class LabelledLink:
    """One link of a block: of its text, or, with `end` at `start`, of something that has none."""

    start: int
    end: int
    href: str
    """As the document writes it."""
    level: Level | None = None
    """Where a link without text does not stand in the block itself, the level of its own place."""


@dataclass(slots=True)
class Document:
    """All runs of text of a page, in order."""

    blocks: list[Labelled]
    stated: Stated
    how: str
    """How it was decided what is main text; stands in the provenance."""
    seen: Seen
    charset: Mapping[str, object] | None = None
    """How its characters were decoded, where its reader did that itself; as `Reading.charset`."""
    notes: Mapping[str, str] = field(default_factory=dict)
    """What else is to stand in the provenance: a limit that was reached, a text layer that is missing."""
    pictures: tuple[Picture, ...] = ()
    """Their addresses as the document writes them."""
    base: str = ""
    """What relative addresses start from, where that is not the page's own address."""
    several: bool = False
    """Whether it holds several texts, as feeds and channels do: a line of one says nothing of the whole."""
