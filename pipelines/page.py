"""A page's bytes → its reading: characters, blocks, main text, languages, facts of the case.

Pure: nothing but the stored page, the rules and the installed versions decides what is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Final

from archive.errors import ReadingError
from pipelines import documents
from pipelines import sight as sights
from pipelines.case import ABOUT, NOWHERE, CaseBlock, CaseFact, SiteFact, case_facts
from pipelines.charset import Decoded, decode
from pipelines.labelled import Document, Labelled
from pipelines.language import NO_SCRIPT
from pipelines.main_text import read_markup
from pipelines.metadata import Stated
from pipelines.metadata_text import with_text
from pipelines.reading import Block, Fact, Link, Picture, Reading, Span, StoredPage
from pipelines.rules import ReadingRules
from pipelines.sight import Sight
from pipelines.spans import PageLanguages, Piece, by_letters
from pipelines.targets import Targets
from pipelines.uncollected import uncollected

TITLE_LIMIT: Final = 500
BINARY_SHARE: Final = 0.05
_ODD = re.compile("[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\ufffd]")
_MARKUP_TYPES: Final = frozenset({"text/html", "application/xhtml+xml"})


def read_page(page: StoredPage, rules: ReadingRules | None = None) -> Reading:
    """Read a page. Raises ReadingError for what is no text; nothing else escapes."""
    rules = rules or ReadingRules()
    try:
        with uncollected():
            return _assembled(page, rules, _document(page, rules))
    except ReadingError:
        raise
    except Exception as error:  # the parsers below are foreign, and a page is anybody's bytes
        raise ReadingError(f"expected a page that can be read, found {type(error).__name__}: {error}"[:500]) from error


def _document(page: StoredPage, rules: ReadingRules) -> Document:
    document = documents.read(page, rules)
    if document is not None:
        return document
    decoded = decode(page.octets, page.content_type)
    _refuse_binary(decoded)
    media_type = (page.content_type or "").split(";")[0].strip().lower()
    if media_type == "text/plain" or (media_type not in _MARKUP_TYPES and "<" not in decoded.text[:4096]):
        document = Document(_plain(decoded.text), Stated(), "plain text", sights.plain(page.url, rules.site))
    else:
        document = read_markup(decoded.text, page, rules, xml=media_type == "application/xhtml+xml")
    return replace(document, charset=decoded.as_record())


def _refuse_binary(decoded: Decoded) -> None:
    head = decoded.text[:8192]
    odd = len(_ODD.findall(head))
    if head and odd > BINARY_SHARE * len(head) and odd > 8:
        raise ReadingError(f"expected text, found bytes that are none: {odd} of the first {len(head)} characters")


def _plain(text: str) -> list[Labelled]:
    parts = re.split(r"\n[ \t]*+\n", text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", ""))
    return [Labelled(part.strip(), "preformatted", f"/{n}", "main") for n, part in enumerate(parts, 1) if part.strip()]


def _assembled(page: StoredPage, rules: ReadingRules, document: Document) -> Reading:
    labelled = document.blocks
    languages = PageLanguages(
        [block.text for block in labelled if block.level == "main"],
        [block.text for block in labelled if block.level == "side"],
    )
    pieces = [languages.pieces(block.text, side=block.level == "side") for block in labelled]
    own = [by_letters(judgement for _, _, judgement in some) for some in pieces]
    language = languages.page().language
    told = document.stated
    if not document.several:
        told = with_text(told, labelled, page.captured_at, language=language, zone=rules.timezone)
    text, blocks = _laid_out(labelled, own)
    targets = Targets(document.base or page.url)
    sight = sights.settled(document.seen, language)
    case = _case(labelled, pieces, own)
    stated = (told.title or "")[:TITLE_LIMIT] or None
    facts = case_facts(case, title=stated, language=language, told=_told(sight))
    return Reading(
        url=page.url,
        captured_at=page.captured_at,
        record_id=page.record_id,
        payload_digest=page.payload_digest,
        title=stated,
        published=told.published,
        modified=told.modified,
        authors=told.authors,
        language=language,
        text=text,
        spans=tuple(_spans(blocks, pieces)),
        blocks=tuple(blocks),
        charset=document.charset or {},
        answer=languages.answer,
        html_language=told.html_language,
        provenance={
            **rules.provenance(),
            "record_id": page.record_id,
            "payload_digest": page.payload_digest,
            "labelled": document.how,
            "stated": dict(told.sources),
            **_notes(page, document),
        },
        metadata=told.metadata,
        facts=tuple(_placed(fact, blocks) for fact in facts),
        sight=sight,
        links=tuple(_links(labelled, targets)),
        pictures=tuple(_pictures(document.pictures, targets)),
    )


def _notes(page: StoredPage, document: Document) -> dict[str, Any]:
    notes = {**dict(page.notes), **document.notes}
    return {"notes": notes} if notes else {}


def _laid_out(labelled: Sequence[Labelled], languages: Sequence[str]) -> tuple[str, list[Block]]:
    """The main text, and where in it each block stands."""
    pieces: list[str] = []
    blocks: list[Block] = []
    length = 0
    before: Labelled | None = None
    for block, language in zip(labelled, languages, strict=True):
        if block.level == "side":
            side = (block.text, language, block.furniture, None, block.rank, block.struck)
            blocks.append(Block(length, length, block.kind, "side", block.path, *side))
            continue
        if before is not None:
            gap = "\n" if block.kind in {"item", "cell"} and before.kind == block.kind else "\n\n"
            pieces.append(gap)
            length += len(gap)
        start, before = length, block
        pieces.append(block.text)
        length += len(block.text)
        main = ("", language, None, block.role, block.rank, block.struck)
        blocks.append(Block(start, length, block.kind, "main", block.path, *main))
    return "".join(pieces), blocks


def _links(labelled: Sequence[Labelled], targets: Targets) -> Iterable[Link]:
    for index, block in enumerate(labelled):
        for link in block.links:
            if (target := targets.target(link.href)) is not None:
                yield Link(index, link.start, link.end, target, link.level or block.level)


def _pictures(pictures: Sequence[Picture], targets: Targets) -> Iterable[Picture]:
    for picture in pictures:
        if (source := targets.source(picture.source)) is not None:
            yield replace(picture, source=source)


def _spans(blocks: Sequence[Block], pieces: Sequence[Sequence[Piece]]) -> Iterable[Span]:
    """The main text's stretches; one in the language and script of the stretch before it, or without letters, makes
    that longer, and the confidence is the mean by letters."""
    last: Span | None = None
    sure, letters = 0.0, 0
    for block, some in zip(blocks, pieces, strict=True):
        for start, end, judged in some if block.level == "main" else ():
            left, right = block.start + start, block.start + end
            same = last is not None and (last.language, last.script) == (judged.language, judged.script)
            if last is not None and (same or judged.script == NO_SCRIPT):
                last = replace(last, end=right)
            else:
                if last is not None:
                    yield replace(last, confidence=round(sure / max(letters, 1), 4))
                last, sure, letters = Span(left, right, judged.language, judged.script, judged.confidence), 0.0, 0
            sure, letters = sure + judged.confidence * judged.letters, letters + judged.letters
    if last is not None:
        yield replace(last, confidence=round(sure / max(letters, 1), 4))


def _case(labelled: Sequence[Labelled], pieces: Sequence[Sequence[Piece]], languages: Sequence[str]) -> list[CaseBlock]:
    return [
        CaseBlock(
            index=index,
            text=block.text,
            kind=block.kind,
            level=block.level,
            language=language,
            spans=tuple((start, end, judged.language) for start, end, judged in some),
            path=block.path,
            furniture=block.furniture,
            borders=block.borders,
        )
        for index, (block, some, language) in enumerate(zip(labelled, pieces, languages, strict=True))
    ]


def _told(sight: Sight) -> list[SiteFact]:
    return [SiteFact(ABOUT, name) for name in sight.person] + [SiteFact(one.name, one.value) for one in sight.facts]


def _placed(fact: CaseFact, blocks: Sequence[Block]) -> Fact:
    """A fact's place in the whole text."""
    said = (fact.subject, fact.name, fact.value, fact.cited)
    if fact.block == NOWHERE:
        return Fact(*said, start=None, end=None, block=None, language=fact.language, by=fact.by)
    offset = blocks[fact.block].start if blocks[fact.block].level == "main" else 0
    place = (offset + fact.start, offset + fact.end, fact.block)
    return Fact(*said, *place, language=fact.language, by=fact.by)
