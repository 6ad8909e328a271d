"""A reading: what a page says, block by block, in which languages, and how that was found out.

`Reading.to_json` is its canonical form: the same bytes, versions and rules give the same octets, whatever the machine,
the time of day and the hash seed. How a page is read: `pipelines/page.py`.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, Literal

from archive.digest import Digest, digest, parse_digest
from archive.errors import ReadingError
from pipelines.language import Answer
from pipelines.metadata import Value
from pipelines.sight import Sight

Level = Literal["main", "side"]

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff\u202a-\u202e]")
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class StoredPage:
    """A page as it was stored: everything that its reading may depend on."""

    url: str
    captured_at: datetime
    record_id: str
    payload_digest: Digest | None
    content_type: str | None
    """The Content-Type header as it came, parameters included."""
    octets: bytes
    """The body without transfer and content coding."""
    link: str = ""
    """The Link header (RFC 8288), its values joined by commas."""
    notes: tuple[tuple[str, str], ...] = ()
    """(name, note): what else is to stand in the provenance, such as why the body is not whole."""


@dataclass(frozen=True, slots=True)
class Block:
    """One visible block of a page."""

    start: int
    """Code point of `Reading.text` where it begins; for a side block, where it would stand."""
    end: int
    """After its last code point; `start` for a side block."""
    kind: str
    """heading, paragraph, item, cell, quote, caption, address, preformatted."""
    level: Level
    path: str
    """DOM path, e.g. `/html[1]/body[1]/div[2]/p[1]`."""
    text: str
    """A side block's own text; a main block's is a slice of the reading's text, and this is ''."""
    language: str
    furniture: str | None
    """What a side block is: menu, ticker, counter, notice, related …; None where that is not known."""
    role: str | None = None
    """What a main block is to the article: title, date, byline, lead, caption, link, beside; None: its body."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the main text in one language."""

    start: int
    end: int
    language: str
    script: str
    """ISO 15924, of most of its letters; '' where it has none."""
    confidence: float
    """0 to 1: how far the detectors that know the language agree."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that the page says of the case, and of whom."""

    subject: str | None
    """The person that it is said of, as the page's own language names him or her; None where that is not told."""
    name: str
    value: str
    """Normalised."""
    cited: str
    """The words that it was read from."""
    start: int | None
    """Code point of `Reading.text`, or of a side block's own text; None where no block has the words."""
    end: int | None
    block: int | None
    """Index of the block that says it."""
    language: str
    by: str
    """Which rule read it."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a page says, in which language, and how that was found out."""

    url: str
    captured_at: datetime
    record_id: str
    payload_digest: Digest | None
    title: str | None
    published: str | None
    modified: str | None
    authors: tuple[str, ...]
    language: str
    text: str
    spans: tuple[Span, ...]
    blocks: tuple[Block, ...]
    charset: Mapping[str, Any]
    """`name`, `source` (bom, header, meta, detection), `refused`, `replaced` (characters)."""
    answer: Answer | None
    """langdetect's answer about the main text's first 1,000 characters."""
    html_language: str | None
    provenance: Mapping[str, Any]
    metadata: tuple[Value, ...] = ()
    """All that the page states about itself, and where."""
    facts: tuple[Fact, ...] = ()
    sight: Sight | None = None
    """What the page is by its site's definition; None in readings by earlier versions."""

    def text_of(self, block: Block) -> str:
        """The text of one of its blocks."""
        return self.text[block.start : block.end] if block.level == "main" else block.text

    def texts(self, level: Level) -> list[str]:
        """The texts of all blocks of a level, in document order."""
        return [self.text_of(block) for block in self.blocks if block.level == level]

    @property
    def body(self) -> str:
        """The article's body alone: the main blocks that have no role, one a paragraph."""
        return "\n\n".join(self.text_of(block) for block in self.blocks if block.level == "main" and not block.role)

    @property
    def rules(self) -> str:
        """Version of the rules that it was made by."""
        return str(self.provenance["rules"])

    @property
    def text_digest(self) -> Digest:
        """Of the main text, compared forms, one block a line."""
        return digest("\n".join(comparable(text) for text in self.texts("main")).encode())

    @property
    def visible_digest(self) -> Digest:
        """Of all visible text, compared forms, one block a line."""
        return digest("\n".join(comparable(self.text_of(block)) for block in self.blocks).encode())

    def to_record(self) -> dict[str, Any]:
        """The reading as `export text` prints it."""
        return {
            "type": "reading",
            "url": self.url,
            "captured_at": self.captured_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "record_id": self.record_id,
            "payload_digest": self.payload_digest,
            "title": self.title,
            "published": self.published,
            "modified": self.modified,
            "authors": list(self.authors),
            "language": self.language,
            "text": self.text,
            "spans": [_record(span) for span in self.spans],
            "blocks": [_block_record(block) for block in self.blocks],
            "facts": [_record(fact) for fact in self.facts],
            "metadata": [_record(value) for value in self.metadata],
            "fingerprints": {"main": self.text_digest, "visible": self.visible_digest},
            "charset": dict(self.charset),
            "langdetect": None if self.answer is None else _record(self.answer),
            "html_language": self.html_language,
            "provenance": dict(self.provenance),
            **({"site": self.sight.as_record()} if self.sight is not None else {}),
        }

    def to_json(self) -> bytes:
        """The canonical form: UTF-8, keys in order, no spaces."""
        record = self.to_record()
        return json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8")

    @classmethod
    def from_json(cls, octets: bytes) -> Reading:
        """The reading whose canonical form this is. Raises ReadingError when it is none."""
        try:
            record = json.loads(octets)
            answer = record["langdetect"]
            return cls(
                url=record["url"],
                captured_at=datetime.fromisoformat(record["captured_at"]),
                record_id=record["record_id"],
                payload_digest=None if record["payload_digest"] is None else parse_digest(record["payload_digest"]),
                title=record["title"],
                published=record["published"],
                modified=record["modified"],
                authors=tuple(record["authors"]),
                language=record["language"],
                text=record["text"],
                spans=tuple(Span(**span) for span in record["spans"]),
                blocks=tuple(_block(block) for block in record["blocks"]),
                charset=record["charset"],
                answer=None if answer is None else Answer(**answer),
                html_language=record["html_language"],
                provenance=record["provenance"],
                metadata=tuple(Value(**value) for value in record["metadata"]),
                facts=tuple(Fact(**fact) for fact in record["facts"]),
                sight=Sight.from_record(record["site"]) if "site" in record else None,
            )
        except (ValueError, KeyError, TypeError) as error:
            raise ReadingError(f"expected a reading in its canonical form, found otherwise: {error!r}") from error


def comparable(text: str) -> str:
    """A text as it is compared: NFC, white space as one space, no invisible characters; й, ё, і, ї stay whole."""
    return _SPACE.sub(" ", _INVISIBLE.sub("", unicodedata.normalize("NFC", text))).strip()


def _record(value: Any) -> dict[str, Any]:
    return {field.name: getattr(value, field.name) for field in fields(value)}


def _block_record(block: Block) -> dict[str, Any]:
    record: dict[str, Any] = {
        "start": block.start,
        "end": block.end,
        "kind": block.kind,
        "level": block.level,
        "path": block.path,
        "language": block.language,
    }
    if block.level == "side":
        record |= {"text": block.text, "furniture": block.furniture}
    else:
        record["role"] = block.role
    return record


def _block(record: Mapping[str, Any]) -> Block:
    return Block(**{"text": "", "furniture": None, **record})
