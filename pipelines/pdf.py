"""A PDF's text layer: lines → paragraphs, page by page, and what the document information states.

Blocks lie at `/page[3]/p[2]`. A PDF holds drawn lines, no paragraphs, so these are told by the distance of lines, their
size, their indent and how far they reach. What stands at the head or the foot of most pages is furniture. Of the
source's characters this is changed and nothing else: line ends and runs of spaces are one space; a hyphen that ends a
line within a word goes with the line's end (`_joined`); control characters go; Latin ligatures are taken apart, which
PDFium does itself. Other compatibility forms stay, and nothing is composed.

No text layer: a reading without text, with a note that says so. Nothing here recognises letters in pictures.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from statistics import median
from typing import Final

from archive.errors import ReadingError
from pipelines import sight as sights
from pipelines.dates import iso_date
from pipelines.labelled import Document, Labelled
from pipelines.metadata import Stated, Value
from pipelines.pdfium import GAP, Line, Pdf, PdfiumFailure, opened
from pipelines.reading import StoredPage
from pipelines.rules import ReadingRules

PAGE_LIMIT: Final = 1_000
"""Pages that are read."""
TEXT_LIMIT: Final = 5_000_000
"""Characters that are read: a page that passes them is the last."""
HEAD_SEARCHED: Final = 1024
"""Octets in which readers look for `%PDF-`, by custom."""

WIDE: Final = 1.35
"""Of the page's usual distance of lines: more parts paragraphs."""
LARGER: Final = 1.12
"""Of a letter's size: a line of another size is another paragraph."""
HEADING: Final = 1.15
"""Of the text's usual size: from here a short paragraph is a heading."""
HEADING_LENGTH: Final = 250
INDENT: Final = 0.9
SHORT: Final = 3.0
"""Letters' sizes by which a paragraph's last line ends before its column does."""
EDGES: Final = 2
"""Paragraphs at either end of a page that may be its running head or foot."""
REPEATED_PAGES: Final = 3
REPEATED_SHARE: Final = 0.5

_SPACES = re.compile(r"[\s\x00-\x1f\x7f\ufffe\uffff]+")
_ENDS = re.compile(r"[.!?…:;][)»”’\"'\]]*\Z")
_BULLET = re.compile(r"[•●◦▪■–—*·-]\s+\S|(?:\d{1,3}|[a-zа-я])[.)]\s+\S", re.IGNORECASE)
_DIGITS = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(
    r"\W*(?:(?:page|стр(?:аница|\.)?|с\.|сторінка|старонка)\s*)?\d{1,4}(?:\s*(?:/|of|из|із|з)\s*\d{1,4})?\W*",
    re.IGNORECASE,
)
_COMPOUND = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)+")
_LAST_PART = re.compile(r"[^\W\d_]+\Z")
_FIRST_PART = re.compile(r"[^\W\d_]+")
_LAST_WORD: Final = 60
"""Characters of a line's end in which its last word is looked for."""
_BEFORE: Final = frozenset({"по", "во", "кое", "кой", "из", "экс", "вице", "пресс", "ex", "non", "self", "vice", "co"})
_AFTER: Final = frozenset({"то", "либо", "нибудь", "таки", "ка", "за", "под", "небудзь", "небудь", "сякі"})
"""What Russian, Ukrainian, Belarusian and English words are hung together with by a hyphen of their own."""
_PDF_DATE = re.compile(r"(?:D:)?(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2})?(?:(Z)|([+-])(\d{2})'?(\d{2})?'?)?)?")
_PROGRAM = re.compile(r"\AMicrosoft (?:Office )?(?:Word|PowerPoint|Excel)\s+[-–]\s+", re.IGNORECASE)
_FILE_NAME = re.compile(
    r"\S{1,120}\.(?:docx?|pdf|rtf|odt|indd|pptx?|xlsx?|tmp|txt|html?)\Z|untitled\b.{0,20}\Z", re.IGNORECASE
)


@dataclass(slots=True)
class _Paragraph:
    lines: list[Line] = field(default_factory=list)
    cell: bool = False


def is_pdf(octets: bytes, *, declared: bool) -> bool:
    """Whether the octets begin as a PDF does; one that is `declared` may have some rubbish before it."""
    head = octets[:HEAD_SEARCHED]
    return head.lstrip(b"\xef\xbb\xbf \t\r\n\x00").startswith(b"%PDF-") or (declared and b"%PDF-" in head)


def read_pdf(page: StoredPage, rules: ReadingRules) -> Document:
    """The text layer of a PDF. Raises ReadingError for one that is encrypted or broken."""
    try:
        with opened(page.octets) as pdf:
            pages, notes = _pages(pdf)
            information, language = pdf.information(), pdf.language()
    except PdfiumFailure as error:
        if error.encrypted:
            raise ReadingError("expected a PDF that opens without a password, found an encrypted one") from error
        raise ReadingError(f"expected a PDF, found one that is broken: {error}"[:300]) from error
    blocks = _blocks(pages)
    stated = _stated(information, language, blocks, page.captured_at)
    seen = sights.plain(page.url, rules.site)
    return Document(blocks, stated, "pdf", seen, notes={"pdf": "; ".join(notes)} if notes else {})


def _pages(pdf: Pdf) -> tuple[list[list[Line]], list[str]]:
    """The lines of the pages, and what is to be noted of them."""
    pages: list[list[Line]] = []
    broken: list[int] = []
    length = 0
    for number in range(min(pdf.pages, PAGE_LIMIT)):
        lines = pdf.lines(number)
        if lines is None:
            broken.append(number + 1)
        pages.append(lines or [])
        length += sum(len(line.text) for line in pages[-1])
        if length > TEXT_LIMIT:
            break
    notes = [] if len(pages) == pdf.pages else [f"{len(pages)} of {pdf.pages} pages were read"]
    if broken:
        more = f" and {len(broken) - 10} more" if len(broken) > 10 else ""
        notes.append(f"not readable: page {', '.join(map(str, broken[:10]))}{more}")
    if not length:
        notes.append("no text layer: the pages hold no letters, only what is drawn or pictured")
    return pages, notes


# --- lines to paragraphs ----------------------------------------------------------------------------------------------


def _blocks(pages: Sequence[Sequence[Line]]) -> list[Labelled]:
    usual = _usual_size(line for lines in pages for line in lines)
    compounds = {word.casefold() for lines in pages for line in lines for word in _COMPOUND.findall(line.text[:10_000])}
    read = [[(one, _text(one.lines, compounds)) for one in _paragraphs(lines)] for lines in pages]
    furniture = _running([[text for _, text in some] for some in read])
    blocks = []
    for number, some in enumerate(read, 1):
        for place, (paragraph, text) in enumerate(some, 1):
            path, kind = f"/page[{number}]/p[{place}]", _kind(paragraph, text, usual)
            name = furniture.get((number - 1, place - 1))
            blocks.append(Labelled(text, kind, path, "side" if name else "main", name))
    return blocks


def _usual_size(lines: Iterable[Line]) -> float:
    """The size that most characters have, to half a point."""
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[round(2 * line.size) / 2] += len(line.text)
    return max(sizes.items(), key=lambda one: (one[1], -one[0]))[0] if sizes else 0.0


def _paragraphs(lines: Sequence[Line]) -> list[_Paragraph]:
    pitch = _pitch(lines)
    edges = _edges(lines)
    beside = [False, *(_beside(before, line) for before, line in pairwise(lines)), False]
    found: list[_Paragraph] = []
    for number, line in enumerate(lines):
        cell = beside[number] or beside[number + 1]
        after_cell = bool(found) and found[-1].cell
        if found and not cell and not after_cell and _goes_on(lines[number - 1], line, pitch, edges):
            found[-1].lines.append(line)
        else:
            found.append(_Paragraph([line], cell))
    return found


def _beside(before: Line, line: Line) -> bool:
    """Whether two texts stand on one line, far from each other, as a table's cells do."""
    size = max(before.size, line.size)
    return abs(before.base - line.base) < 0.3 * size and line.left - before.right > GAP * size


def _goes_on(before: Line, line: Line, pitch: float, edges: dict[int, float]) -> bool:
    near = abs(before.base - line.base) < 0.3 * max(before.size, line.size) and line.left >= before.right - 1
    return near or before.hyphen or not _parts(before, line, pitch, edges)


def _pitch(lines: Sequence[Line]) -> float:
    """The usual distance of lines on a page, in sizes of letters."""
    steps = [
        (before.base - line.base) / line.size
        for before, line in pairwise(lines)
        if line.size > 0 and abs(before.size - line.size) < 0.1 and 0.6 < (before.base - line.base) / line.size < 3
    ]
    return min(median(steps), 2.2) if steps else 1.25


def _edges(lines: Sequence[Line]) -> dict[int, float]:
    """By where lines begin, to 20 points, how far the longest of them reaches."""
    edges: dict[int, float] = {}
    for line in lines:
        column = round(line.left / 20)
        for one in (column - 1, column, column + 1):
            edges[one] = max(edges.get(one, 0.0), line.right)
    return edges


def _parts(before: Line, line: Line, pitch: float, edges: dict[int, float]) -> bool:
    """Whether a paragraph ends between two lines that stand one below the other, or in two columns."""
    size = max(before.size, line.size, 1.0)
    if size > LARGER * max(min(before.size, line.size), 0.1):
        return True
    if _BULLET.match(line.text):
        return True
    drop, ended = before.base - line.base, bool(_ENDS.search(before.text.rstrip()[-10:]))
    if drop < -0.5 * size or drop > 6 * size:  # the next column, or another place
        return ended or not line.text.lstrip()[:1].islower()
    if drop > WIDE * pitch * size:
        return True
    short = edges.get(round(before.left / 20), before.right) - before.right > SHORT * size
    if short and (ended or not line.text.lstrip()[:1].islower()):
        return True
    return ended and line.left - before.left > INDENT * size


def _kind(paragraph: _Paragraph, text: str, usual: float) -> str:
    if paragraph.cell:
        return "cell"
    if paragraph.lines[0].size >= HEADING * usual and len(text) <= HEADING_LENGTH:
        return "heading"
    return "item" if _BULLET.match(text) and not _PAGE_NUMBER.fullmatch(text) else "paragraph"


def _running(pages: Sequence[Sequence[str]]) -> dict[tuple[int, int], str]:
    """By page and paragraph, what is its page's number or stands at the head or the foot of most pages."""
    ends: list[tuple[int, int, str, str]] = []
    for number, texts in enumerate(pages):
        for place in sorted({*range(min(EDGES, len(texts))), *range(max(len(texts) - EDGES, 0), len(texts))}):
            name = "header" if place < EDGES and place < len(texts) - place else "footer"
            ends.append((number, place, name, _DIGITS.sub("#", texts[place])))
    counts = Counter(form for form, _ in {(form, number) for number, _, _, form in ends})
    least = max(REPEATED_PAGES, REPEATED_SHARE * len(pages))
    found = {}
    for number, place, name, form in ends:
        alone = place in (0, len(pages[number]) - 1) and len(pages[number]) > 1
        if counts[form] >= least or (alone and _PAGE_NUMBER.fullmatch(pages[number][place][:40])):
            found[number, place] = name
    return found


# --- lines to text ----------------------------------------------------------------------------------------------------


def _text(lines: Sequence[Line], compounds: set[str]) -> str:
    text = ""
    for line in lines:
        own = _SPACES.sub(" ", line.text).strip()
        text = _joined(text, own, compounds) if text else own
        if line.hyphen:
            text += "\xad"
    return text[:-1] + "-" if text.endswith("\xad") else text


def _joined(text: str, line: str, compounds: set[str]) -> str:
    """A text and its next line. A hyphen at the text's end goes where it only parts a word: small letters on both
    sides, and neither the document writes the word with it nor is it one of those that have one of their own."""
    if not text.endswith(("-", "\xad", "\u2010")):
        return f"{text} {line}"
    head, tail = _LAST_PART.search(text[-_LAST_WORD:-1]), _FIRST_PART.match(line)
    if head is None or tail is None:
        hung = text.endswith("\xad") or line[:1].isdigit()
        return f"{text[:-1]}-{line}" if hung and text[-2:-1].isalnum() else f"{text} {line}"
    left, right = head[0].casefold(), tail[0].casefold()
    own = left in _BEFORE or right in _AFTER or f"{left}-{right}" in compounds
    if own or not tail[0][0].islower():
        return f"{text[:-1]}-{line}"
    return f"{text[:-1]}{line}"


# --- what the document states -----------------------------------------------------------------------------------------


def _stated(information: dict[str, str], language: str, blocks: Sequence[Labelled], captured_at: datetime) -> Stated:
    told = {name: _SPACES.sub(" ", value).strip() for name, value in information.items()}
    metadata = list(_metadata(told, captured_at))
    found = {value.name: value.value for value in reversed(metadata)}
    sources = {name: "pdf" for name in ("title", "modified") if name in found}
    title = found.get("title")
    if title is None:
        title = next(
            (block.text for block in blocks if block.kind == "heading" and block.path.startswith("/page[1]/")), None
        )
        sources |= {"title": "heading"} if title else {}
    return Stated(
        title=title,
        modified=found.get("modified"),
        authors=tuple(value.value for value in metadata if value.name == "author"),
        html_language=language or None,
        sources=dict(sorted(sources.items())),
        metadata=tuple(metadata),
    )


def _metadata(told: dict[str, str], captured_at: datetime) -> Iterator[Value]:
    """When the file was made says nothing of when it was published: that date has a name of its own."""
    title = _PROGRAM.sub("", told.get("Title", ""))
    if title and not _FILE_NAME.fullmatch(title):
        yield Value("title", title, "pdf")
    if author := told.get("Author"):
        yield Value("author", author, "pdf")
    created, modified = (_date(told.get(name, ""), captured_at) for name in ("CreationDate", "ModDate"))
    if created:
        yield Value("created", created, "pdf")
    if modified and modified != created:
        yield Value("modified", modified, "pdf")
    if subject := told.get("Subject"):
        yield Value("description", subject, "pdf")


def _date(text: str, captured_at: datetime) -> str | None:
    """A date as PDF writes it (ISO 32000-1, 7.9.4), `D:20260404175742+03'00'`, in ISO 8601."""
    match = _PDF_DATE.match(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, utc, sign, zone_hour, zone_minute = match.groups()
    date = f"{year}-{month}-{day}"
    if hour is not None:
        zone = utc or (f"{sign}{zone_hour}:{zone_minute or '00'}" if sign else "")
        date += f"T{hour}:{minute}:{second or '00'}{zone}"
    return iso_date(date, captured_at)
