"""A page's bytes → its reading: visible blocks, main text, metadata, languages.

The extractor (trafilatura) does not give the text: it only helps to label each visible block `main` or `side`
(`_label`), because what it returns flaps with class names and drops short lines: dates, captions, postal addresses.
A block is main when

- the extractor kept it and it is no furniture; or
- it lies between such blocks, or after them in the same container, and is neither furniture nor a bare link; or
- it is the page's title, or a date, caption or lead beside the title.

Where the extractor finds next to nothing (lists of names, cards) all visible text that is no furniture is main. A
site's own rules may name the container instead.

The same bytes, versions and rules give the same bytes of `Reading.to_json`, whatever the machine, the time of day and
the hash seed.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from functools import cache, lru_cache
from importlib import metadata as installed
from typing import Any, Final, Literal

from archive.digest import Digest, digest, parse_digest
from archive.errors import ReadingError
from pipelines import language as languages
from pipelines import sight as sights
from pipelines.blocks import Block as VisibleBlock
from pipelines.blocks import Page, named, parse, walk
from pipelines.charset import Decoded, decode
from pipelines.language import Answer, Judgement, PageLanguages
from pipelines.metadata import Places, Stated, stated
from pipelines.sight import Sight
from spiders.definition import SiteDefinition
from spiders.selector import alternatives, elements

RULES_VERSION: Final = "2"
"""Version of the rules in this package: raised whenever they would read a page differently."""

Level = Literal["main", "side"]

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
EXTRACTOR_LIMIT: Final = 3_000_000
"""Characters of markup above which the extractor is not asked: its time grows faster than the page."""
TITLE_LIMIT: Final = 500
BINARY_SHARE: Final = 0.05

# One letter a block, from CJK Extension B: printable, so the extractor keeps it, and on no page of ours.
_FIRST_MARK: Final = 0x20000
_MARKS: Final = 0xA6D0
_MARK = re.compile(f"[{chr(_FIRST_MARK)}-{chr(_FIRST_MARK + _MARKS - 1)}]")
_MARKUP_TYPES: Final = frozenset({"text/html", "application/xhtml+xml"})
_DATE_LINE = re.compile(
    r"\W*(?:[^\W\d]{2,12},?\s+)?(?:\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d{4}-\d{2}-\d{2}|\d{1,2}\s+[^\W\d]{3,10}\.?,?\s+\d{4}"
    r"|[^\W\d]{3,10}\.?\s+\d{1,2},?\s+\d{4})\b.{0,20}",
)
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff\u202a-\u202e]")
_SPACE = re.compile(r"\s+")
_SENTENCE_END = re.compile(r"[.!?…:;,»”\"]$")


_Selector = str | tuple[str, ...]
"""A selector, or several of which the first that finds something counts."""


@dataclass(frozen=True, slots=True)
class ReadingRules:
    """What a site's own definition says about its pages, as selectors (`spiders/selector.py`); all may be empty."""

    main: _Selector = ""
    """The container of the main text."""
    ignore: tuple[str, ...] = ()
    """Containers that are never main text."""
    title: _Selector = ""
    published: _Selector = ""
    modified: _Selector = ""
    volatile: tuple[str, ...] = ()
    """Containers of what changes by itself."""
    timezone: str = ""
    """IANA zone of the site's dates that name none."""
    site: SiteDefinition | None = field(default=None, repr=False)
    """The definition that they are of, for what else it says about a page (`pipelines/sight.py`)."""

    @classmethod
    def of(cls, site: SiteDefinition) -> ReadingRules:
        """The rules that a site's definition makes. How it is fetched is left out: proxies have credentials."""
        selectors = site.selectors
        return cls(
            main=selectors.body,
            ignore=selectors.remove,
            title=selectors.title,
            published=selectors.published,
            modified=selectors.modified,
            volatile=selectors.volatile,
            timezone=site.timezone,
            site=replace(site, proxy=None, vantage=None),
        )

    @property
    def version(self) -> str:
        """Names these rules, the package's rules and the versions of all that reads."""
        return _version_of(self)


SIGHT_MARK: Final = "+sight-"
"""Stands, in a version of rules, before what names the part of them that no text depends on."""


@lru_cache(256)
def _version_of(rules: ReadingRules) -> str:
    version = f"{RULES_VERSION}+{_tools_version()}"
    told = [
        alternatives(rules.main),
        rules.ignore,
        *map(alternatives, (rules.title, rules.published, rules.modified)),
        rules.volatile,
        rules.timezone,
    ]
    if any(told):
        version += "+site-" + _named(told)
    if rules.site is not None:
        version += SIGHT_MARK + _named(_seen_by(rules.site))
    return version


def _seen_by(site: SiteDefinition) -> list[Any]:
    """All of a definition that a page's sight depends on."""
    names = ("kinds", "languages", "language_paths", "facts", "timezone", "mirrors", "hosts", "drop_parameters")
    more = ("keep_parameters", "lists", "feeds", "sitemaps", "rest", "downloads")
    kept = [getattr(site, name) for name in (*names, *more)]
    selectors, items = ([getattr(part, one.name) for one in fields(part)] for part in (site.selectors, site.items))
    return [*kept, [api.url for api in site.apis], site.start[:1], selectors, items]


def _named(told: object) -> str:
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()[:8]


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
    answer: Answer | None
    """langdetect's answer about this block; None where it was not asked."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the main text in one language."""

    start: int
    end: int
    language: str
    confidence: float


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
    sight: Sight | None = None
    """What the page is by its site's definition; None in readings by earlier versions."""

    def text_of(self, block: Block) -> str:
        """The text of one of its blocks."""
        return self.text[block.start : block.end] if block.level == "main" else block.text

    def texts(self, level: Level) -> list[str]:
        """The texts of all blocks of a level, in document order."""
        return [self.text_of(block) for block in self.blocks if block.level == level]

    @property
    def rules(self) -> str:
        """Version of the rules that it was made by."""
        return str(self.provenance["rules"])

    @property
    def text_digest(self) -> Digest:
        """Of the main text, compared forms, one block a line."""
        return digest("\n".join(comparable(text) for text in self.texts("main")).encode())

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
            "spans": [
                {"start": s.start, "end": s.end, "language": s.language, "confidence": s.confidence} for s in self.spans
            ],
            "blocks": [_block_record(block) for block in self.blocks],
            "facts": self._facts(),
            "charset": dict(self.charset),
            "langdetect": _answer_record(self.answer),
            "html_language": self.html_language,
            "provenance": dict(self.provenance),
            **({"site": self.sight.as_record()} if self.sight is not None else {}),
        }

    def _facts(self) -> list[dict[str, Any]]:
        """What the site's definition calls facts, with where the main text says them, where it does."""
        if self.sight is None:
            return []
        subject = self.sight.person[0] if len(self.sight.person) == 1 else None
        facts = []
        for fact in self.sight.facts:
            start = self.text.find(fact.value)
            place = {"start": start, "end": start + len(fact.value)} if start >= 0 else {"start": None, "end": None}
            facts.append({"subject": subject, "name": fact.name, "value": fact.value, **place})
        return facts

    def to_json(self) -> bytes:
        """The canonical form: UTF-8, keys in order, no spaces."""
        record = self.to_record()
        return json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8")

    @classmethod
    def from_json(cls, octets: bytes) -> Reading:
        """The reading whose canonical form this is. Raises ReadingError when it is none."""
        try:
            record = json.loads(octets)
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
                answer=_answer(record["langdetect"]),
                html_language=record["html_language"],
                provenance=record["provenance"],
                sight=Sight.from_record(record["site"]) if "site" in record else None,
            )
        except (ValueError, KeyError, TypeError) as error:
            raise ReadingError(f"expected a reading in its canonical form, found otherwise: {error!r}") from error


def read_page(page: StoredPage, rules: ReadingRules | None = None) -> Reading:
    """Read a page. Raises ReadingError for what is no text; nothing else escapes."""
    rules = rules or ReadingRules()
    try:
        return _read(page, rules)
    except ReadingError:
        raise
    except Exception as error:  # the parsers below are foreign, and a page is anybody's bytes
        raise ReadingError(f"expected a page that can be read, found {type(error).__name__}: {error}"[:500]) from error


def comparable(text: str) -> str:
    """A text as it is compared: NFC, white space as one space, no invisible characters; й, ё, і, ї stay whole."""
    return _SPACE.sub(" ", _INVISIBLE.sub("", unicodedata.normalize("NFC", text))).strip()


def _read(page: StoredPage, rules: ReadingRules) -> Reading:
    decoded = decode(page.octets, page.content_type)
    _refuse_binary(decoded)
    media_type = _media_type(page)
    plain = media_type == "text/plain" or (media_type not in _MARKUP_TYPES and "<" not in decoded.text[:4096])
    if plain:
        labelled, facts, how, seen = _plain(decoded.text), Stated(), "plain text", sights.plain(page.url, rules.site)
    else:
        labelled, facts, how, seen = _marked_up(decoded.text, page, rules)
    reading = _assemble(page, rules, decoded, labelled, facts, how)
    return replace(reading, sight=sights.settled(seen, reading.language))


def _media_type(page: StoredPage) -> str:
    return (page.content_type or "").split(";")[0].strip().lower()


def _refuse_binary(decoded: Decoded) -> None:
    head = decoded.text[:8192]
    odd = sum(1 for character in head if (character < " " and character not in "\t\n\r\f\x1b") or character == "\ufffd")
    if head and odd > BINARY_SHARE * len(head) and odd > 8:
        raise ReadingError(f"expected text, found bytes that are none: {odd} of the first {len(head)} characters")


# --- labelling ----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Labelled:
    text: str
    kind: str
    path: str
    level: Level
    furniture: str | None


def _plain(text: str) -> list[_Labelled]:
    parts = re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", ""))
    return [
        _Labelled(part.strip(), "preformatted", f"/{n}", "main", None)
        for n, part in enumerate(parts, 1)
        if part.strip()
    ]


def _marked_up(markup: str, page: StoredPage, rules: ReadingRules) -> tuple[list[_Labelled], Stated, str, sights.Seen]:
    tree = parse(markup, xml=_media_type(page) == "application/xhtml+xml")
    if tree is None:
        return [], Stated(), "empty", sights.plain(page.url, rules.site)
    cut = sights.without(tree, rules.ignore)
    seen = sights.look(tree, cut, page.url, page.captured_at, rules.site, page.link)
    places = Places(
        alternatives(rules.title), alternatives(rules.published), alternatives(rules.modified), rules.timezone
    )
    facts = stated(cut, page.captured_at, places)
    aside = {
        **dict.fromkeys(_all(tree, rules.ignore), "ignored"),
        **dict.fromkeys(_all(tree, rules.volatile), "volatile"),
    }
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
        kept, how = _kept_by_extractor(tree, visible, page.url), "trafilatura"
    main, names, how = _label(visible, kept, facts.title, how, asides)
    if chosen:
        main = set(chosen)
    labelled = [
        _Labelled(
            block.text, block.kind, block.path, "main" if index in main else "side", None if index in main else name
        )
        for index, (block, name) in enumerate(zip(visible.blocks, names, strict=True))
    ]
    return labelled, facts, how, seen


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


def _kept_by_extractor(tree: Any, visible: Page, url: str) -> set[int]:
    """Which blocks the extractor keeps: each begins with a mark of its own, and what comes back is read off."""
    from trafilatura import bare_extraction

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    for index, block in enumerate(visible.blocks):
        mark = chr(_FIRST_MARK + index)
        if block.in_tail:
            block.carrier.tail = _marked(block.carrier.tail, mark)
        else:
            block.carrier.text = _marked(block.carrier.text, mark)
    document = bare_extraction(
        deepcopy(tree), url=url, fast=True, favor_recall=True, include_comments=False, with_metadata=False
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


def _marked(text: str, mark: str) -> str:
    lead = len(text) - len(text.lstrip())
    return text[:lead] + mark + text[lead:]


def _label(
    visible: Page, kept: set[int], title: str | None, how: str, asides: Mapping[int, str]
) -> tuple[set[int], list[str | None], str]:
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
        return {index for index, name in enumerate(names) if name is None}, names, how
    container = _container(visible, core, core_text)
    for index in _other_cells(visible, container, core):
        core.discard(index)
        names[index] = named(visible.blocks[index], "aside")
    if core_text >= LITTLE_TEXT:
        core -= _short_lines_above(visible, container, core)
    main = core | _around(visible, container, core, names)
    heading = _title_heading(visible, title, names, core)
    if heading is not None:
        main.add(heading)
        names[heading] = None
        main |= _beside_title(visible, heading, container, core, names)
    return main, names, how


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
                    names[index] = None if names[index] == "header" else names[index]


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
        if names[index] is None and not block.is_linked and belongs:
            found.add(index)
    return found


def _is_lead(block: VisibleBlock) -> bool:
    """Whether a block that stands before the text belongs to it: a date, a caption, a heading, or a whole sentence."""
    if 3 * block.linked > block.length:
        return False
    if _DATE_LINE.fullmatch(block.text):
        return True
    if "/ul[" in block.path or "/ol[" in block.path:
        return False  # a list above the text is one of links or of tools
    return block.kind in {"caption", "heading"} or (block.length >= 40 and " " in block.text)


def _title_heading(visible: Page, title: str | None, names: Sequence[str | None], core: set[int]) -> int | None:
    """The heading that says the page's title, the highest and nearest to the text; else the only h1 before it."""
    before = list(enumerate(visible.blocks[: max(core)]))
    saying = [
        (names[index] is None, -(block.heading or 7), index)
        for index, block in before
        if _says_title(block.text, title) and (block.heading == 1 or not block.is_linked)
    ]
    if saying:
        return max(saying)[2]
    top = [index for index, block in before if block.heading == 1]
    return top[0] if len(top) == 1 and names[top[0]] is None else None


def _says_title(text: str, title: str | None) -> bool:
    """Whether a block says the page's title, with or without the site's name after it."""
    said, wanted = comparable(text).casefold(), comparable(title or "").casefold()
    if said == wanted:
        return bool(said)
    return len(said) >= LEAST_TITLE and wanted.startswith(said) and bool(_SITE_NAME.match(wanted[len(said) :]))


def _beside_title(visible: Page, heading: int, container: int, core: set[int], names: Sequence[str | None]) -> set[int]:
    """Dates, captions and leads in the container that the title and the text share."""
    blocks = visible.blocks
    shared = visible.nodes[visible.common(blocks[heading].node, container)]
    first = min(core)
    found = {
        index
        for index in range(max(min(heading, first), shared.first), max(heading, first))
        if names[index] is None and _is_lead(blocks[index])
    }
    if shared.tag in {"body", "html"}:
        return found
    # a caption, a date, a rubric's name may stand above the title; what is further up is not the article's
    above = [index for index in range(shared.first, heading) if names[index] is None][-ABOVE_TITLE:]
    return found | {index for index in above if _is_lead(blocks[index]) and not blocks[index].heading}


# --- from labelled blocks to a reading ------------------------------------------------------------------------------


def _assemble(
    page: StoredPage, rules: ReadingRules, decoded: Decoded, labelled: list[_Labelled], facts: Stated, how: str
) -> Reading:
    main_texts = [block.text for block in labelled if block.level == "main"]
    judge = PageLanguages(main_texts or [block.text for block in labelled])
    pieces: list[str] = []
    length = 0
    blocks: list[Block] = []
    spans: list[Span] = []
    judged: list[Judgement] = []
    before: _Labelled | None = None
    for block in labelled:
        if block.level == "side":
            judgement = judge.judge(block.text, side=True)
            blocks.append(
                Block(
                    length,
                    length,
                    block.kind,
                    "side",
                    block.path,
                    block.text,
                    judgement.language,
                    block.furniture,
                    judgement.answer,
                )
            )
            continue
        if before is not None:
            gap = "\n" if block.kind in {"item", "cell"} and before.kind == block.kind else "\n\n"
            pieces.append(gap)
            length += len(gap)
        start, before = length, block
        pieces.append(block.text)
        length += len(block.text)
        parts = [
            (start + left, start + right, judge.judge(block.text[left:right]))
            for left, right in languages.runs(block.text)
        ]
        judged.extend(judgement for _, _, judgement in parts)
        for left, right, judgement in parts:
            _extend(spans, left, right, judgement)
        own = languages.by_letters(judgement for _, _, judgement in parts)
        answer = max(parts, key=lambda part: part[2].letters)[2].answer if parts else None
        blocks.append(Block(start, length, block.kind, "main", block.path, "", own, None, answer))
    text = "".join(pieces)
    whole = text if text else "\n".join(block.text for block in labelled)
    enough = languages.count_letters(whole[: languages.INPUT_LIMIT]) >= languages.FEW_LETTERS
    return Reading(
        url=page.url,
        captured_at=page.captured_at,
        record_id=page.record_id,
        payload_digest=page.payload_digest,
        title=(facts.title or "")[:TITLE_LIMIT] or None,
        published=facts.published,
        modified=facts.modified,
        authors=facts.authors,
        language=_page_language(judged, blocks, labelled),
        text=text,
        spans=tuple(spans),
        blocks=tuple(blocks),
        charset={
            "name": decoded.charset,
            "source": decoded.source,
            "refused": [list(refused) for refused in decoded.refused],
            "replaced": decoded.replaced,
        },
        answer=languages.detect(whole) if enough else None,
        html_language=facts.html_language,
        provenance={
            "rules": rules.version,
            "labelled": how,
            "stated": dict(facts.sources),
            **({"notes": dict(page.notes)} if page.notes else {}),
            "tools": dict(_tools()),
        },
    )


def _page_language(judged: list[Judgement], blocks: list[Block], labelled: list[_Labelled]) -> str:
    if judged:
        return languages.by_letters(judged)
    sides = [
        Judgement(block.language, 0.0, languages.count_letters(source.text), None)
        for block, source in zip(blocks, labelled, strict=True)
    ]
    return languages.by_letters(sides)


def _extend(spans: list[Span], start: int, end: int, judgement: Judgement) -> None:
    """Add a stretch; one in the language of the stretch before it makes that longer."""
    last = spans[-1] if spans else None
    if last is not None and last.language == judgement.language:
        confidence = min(last.confidence, judgement.confidence)
        spans[-1] = Span(last.start, end, last.language, confidence)
    else:
        spans.append(Span(start, end, judgement.language, judgement.confidence))


def _block_record(block: Block) -> dict[str, Any]:
    record: dict[str, Any] = {
        "start": block.start,
        "end": block.end,
        "kind": block.kind,
        "level": block.level,
        "path": block.path,
        "language": block.language,
        "langdetect": _answer_record(block.answer),
    }
    if block.level == "side":
        record |= {"text": block.text, "furniture": block.furniture}
    return record


def _block(record: Mapping[str, Any]) -> Block:
    return Block(
        start=record["start"],
        end=record["end"],
        kind=record["kind"],
        level=record["level"],
        path=record["path"],
        text=record.get("text", ""),
        language=record["language"],
        furniture=record.get("furniture"),
        answer=_answer(record["langdetect"]),
    )


def _answer_record(answer: Answer | None) -> dict[str, Any] | None:
    if answer is None:
        return None
    return {"label": answer.label, "probability": answer.probability, "supported": answer.supported}


def _answer(record: Mapping[str, Any] | None) -> Answer | None:
    return None if record is None else Answer(record["label"], record["probability"], supported=record["supported"])


@cache
def _tools() -> Mapping[str, str]:
    from lxml import etree

    found = {name: installed.version(name) for name in ("khronika", "langdetect", "lxml", "trafilatura")}
    return {**found, "libxml2": ".".join(map(str, etree.LIBXML_VERSION)), "unicode": unicodedata.unidata_version}


@cache
def _tools_version() -> str:
    """A short name of the versions of all that reads; a newer khronika with the same rules reads the same."""
    told = json.dumps({name: version for name, version in _tools().items() if name != "khronika"}, sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:8]
