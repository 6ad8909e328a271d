"""A reading: what a page says, block by block, in which languages, and how that was found out.

`Reading.to_json` is its canonical form: the same bytes, versions and rules give the same octets, whatever the machine,
the time of day and the hash seed. How a page is read: `pipelines/page.py`.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any, Final, Literal

from archive.digest import Digest, digest, parse_digest
from archive.errors import ReadingError
from pipelines.language import Answer
from pipelines.metadata import Value
from pipelines.sight import Sight

Level = Literal["main", "side"]

_DOCUMENT = re.compile(
    r"\.(?:pdf|docx?|odt|rtf|xlsx?|ods|csv|pptx?|odp|epub|djvu|zip|rar|7z|tar|t?gz)(?:[?#]|\Z)", re.IGNORECASE
)
_INVISIBLE = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe0e\ufe0f\ufeff]")


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
    rank: int | None = None
    """1 to 6 of a heading; None of every other block, and of headings of documents that do not rank them."""
    struck: tuple[tuple[int, int], ...] = ()
    """The stretches of the block's own text, from and to which code point, that the page strikes out."""


@dataclass(frozen=True, slots=True)
class Link:
    """One link of a page."""

    block: int
    """Index of the block that it stands in; of a link without text (around a picture, say) that does not stand inside
    one, of the block that follows it, else of the last."""
    start: int
    """Code point of the block's own text where its text begins."""
    end: int
    """After its last code point; `start` where it has no text."""
    target: str
    """The address that it leads to, absolute, with its fragment."""
    level: Level = "main"
    """That of its block; of a link without text, that of its own place."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture that stands in a page's markup."""

    source: str
    """Its address, absolute; `data:` and a digest where the page itself holds it."""
    alt: str
    """The text that stands for it; '' where it has none."""
    path: str
    """DOM path."""
    level: Level
    """Whether it stands in the article."""
    block: int | None
    """Index of the block that it stands before; None after the last."""
    furniture: str | None = None
    """What it stands in, where that is furniture."""


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
    links: tuple[Link, ...] = ()
    """All visible links, in document order; none in readings by earlier versions."""
    pictures: tuple[Picture, ...] = ()
    """All pictures of the markup, in document order; none in readings by earlier versions."""

    _forms: tuple[str, ...] | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def forms(self) -> tuple[str, ...]:
        """The compared form of each block's text; made once."""
        if self._forms is None:
            object.__setattr__(self, "_forms", tuple(comparable(self.text_of(block)) for block in self.blocks))
        assert self._forms is not None
        return self._forms

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
        return _digest_of([comparable(text) for text in self.texts("main")])

    @property
    def visible_digest(self) -> Digest:
        """Of all visible text, compared forms, one block a line."""
        return _digest_of(self.forms)

    def to_record(self) -> dict[str, Any]:
        """The reading as `export text` prints it."""
        forms = self.forms
        main = [form for form, block in zip(forms, self.blocks, strict=True) if block.level == "main"]
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
            "fingerprints": {"main": _digest_of(main), "visible": _digest_of(forms)},
            "charset": dict(self.charset),
            "langdetect": None if self.answer is None else _record(self.answer),
            "html_language": self.html_language,
            "provenance": dict(self.provenance),
            **({"site": self.sight.as_record()} if self.sight is not None else {}),
            "links": [_link_record(link, self.blocks) for link in self.links],
            "pictures": [_picture_record(picture) for picture in self.pictures],
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
            blocks = tuple(_block(block) for block in record["blocks"])
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
                blocks=blocks,
                charset=record["charset"],
                answer=None if answer is None else Answer(**answer),
                html_language=record["html_language"],
                provenance=record["provenance"],
                metadata=tuple(Value(**value) for value in record["metadata"]),
                facts=tuple(Fact(**fact) for fact in record["facts"]),
                sight=Sight.from_record(record["site"]) if "site" in record else None,
                links=tuple(_link(link, blocks) for link in record.get("links", ())),
                pictures=tuple(Picture(**{"furniture": None, **one}) for one in record.get("pictures", ())),
            )
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise ReadingError(f"expected a reading in its canonical form, found otherwise: {error!r}") from error


def comparable(text: str) -> str:
    """A text as it is compared: NFC, white space as one space, no invisible characters; й, ё, і, ї stay whole."""
    if text.isascii():  # nothing to compose, and nothing invisible
        return " ".join(text.split())
    # white space goes last: an invisible character between two spaces leaves one
    return " ".join(_INVISIBLE.sub("", unicodedata.normalize("NFC", text)).split())


def is_document(target: str) -> bool:
    """Whether an address is, by the end of its path, that of a file: a text, a table, an archive of such."""
    return _DOCUMENT.search(target) is not None


def _digest_of(forms: Sequence[str]) -> Digest:
    return digest("\n".join(forms).encode())


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
    if block.rank is not None:
        record["rank"] = block.rank
    if block.struck:
        record["struck"] = [list(stretch) for stretch in block.struck]
    return record


_BLOCK_KEYS: Final = frozenset(one.name for one in fields(Block))


def _block(record: Mapping[str, Any]) -> Block:
    if not record.keys() <= _BLOCK_KEYS:
        raise KeyError(*(record.keys() - _BLOCK_KEYS))
    place = (record["start"], record["end"], record["kind"], record["level"], record["path"])
    get = record.get
    struck = tuple((int(start), int(end)) for start, end in record["struck"]) if "struck" in record else ()
    return Block(*place, get("text", ""), record["language"], get("furniture"), get("role"), get("rank"), struck)


def _link_record(link: Link, blocks: Sequence[Block]) -> list[Any]:
    """Block, start, end, target; and the level where it is not that of the block."""
    record = [link.block, link.start, link.end, link.target]
    return record if link.level == blocks[link.block].level else [*record, link.level]


def _link(record: Sequence[Any], blocks: Sequence[Block]) -> Link:
    block, start, end, target, *level = record
    return Link(block, start, end, target, level[0] if level else blocks[block].level)


def _picture_record(picture: Picture) -> dict[str, Any]:
    record = _record(picture)
    if picture.furniture is None:
        del record["furniture"]
    return record
