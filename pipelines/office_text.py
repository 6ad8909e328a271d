"""Text of word processors' files: Office Open XML (ECMA-376, `.docx`) and OpenDocument (ISO/IEC 26300, `.odt`).

Paragraphs, headings, list items and cells, in the document's order, and what its properties state. A part of the
package is unpacked up to a limit whatever its entry says; nothing else in it is looked at.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from lxml import etree

from archive.errors import ReadingError
from pipelines import sight as sights
from pipelines.dates import iso_date
from pipelines.element_paths import Paths, local_name
from pipelines.feed_text import parse_xml
from pipelines.labelled import Document, Labelled
from pipelines.metadata import Stated, Value
from pipelines.reading import StoredPage
from pipelines.rules import ReadingRules

PART_LIMIT: Final = 32 << 20
"""Octets of one part, unpacked."""
PARTS_LIMIT: Final = 10_000
"""Entries of a package: one with more is no letter and no judgment."""

_WORD: Final = ("word/document.xml", "docProps/core.xml")
_ODT: Final = ("content.xml", "meta.xml")
_PROPERTIES: Final = {
    "title": "title",
    "creator": "author",
    "initial-creator": "author",
    "created": "created",
    "creation-date": "created",
    "modified": "modified",
    "date": "modified",
    "description": "description",
}


def read_office(page: StoredPage, rules: ReadingRules) -> Document:
    """The text of a `.docx` or `.odt`. Raises ReadingError for any other ZIP archive, and for one that is broken."""
    try:
        with zipfile.ZipFile(io.BytesIO(page.octets)) as package:
            names = set(package.namelist())
            if len(names) > PARTS_LIMIT:
                raise ReadingError(f"expected a package of {PARTS_LIMIT} parts at most, found {len(names)}")
            parts = next((some for some in (_WORD, _ODT) if some[0] in names), None)
            if parts is None:
                raise ReadingError("expected text, found a ZIP archive that is no .docx and no .odt: no reader for it")
            body, properties = (_part(package, name) if name in names else None for name in parts)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise ReadingError(f"expected text, found a ZIP archive that is broken: {error}"[:300]) from error
    if body is None:
        raise ReadingError(f"expected XML in {parts[0]}, found none")
    blocks = list(_word(body) if parts is _WORD else _odt(body))
    how = "docx" if parts is _WORD else "odt"
    return Document(blocks, _stated(properties, how, page.captured_at), how, sights.plain(page.url, rules.site))


def _part(package: zipfile.ZipFile, name: str) -> Any:
    """The root element of one part; None for what is no XML."""
    with package.open(name) as part:
        octets = part.read(PART_LIMIT + 1)
    if len(octets) > PART_LIMIT:
        raise ReadingError(f"expected a part of {PART_LIMIT} octets at most, found {name} to be longer")
    return parse_xml(octets.decode("utf-8-sig", "replace"))


# --- Office Open XML ------------------------------------------------------------------------------------------------


def _word(root: Any) -> Iterator[Labelled]:
    paths = Paths()
    for paragraph in root.iter("{*}p"):
        if any(local_name(above) == "p" for above in paragraph.iterancestors()):
            continue  # a text box: its words are read with the paragraph that it hangs on
        if text := _tidy("".join(_runs(paragraph))):
            yield Labelled(text, _kind(paragraph), paths.of(paragraph), "main")


def _runs(paragraph: Any) -> Iterator[str]:
    for element in paragraph.iter():
        match local_name(element):
            case "t":
                yield element.text or ""
            case "tab":
                yield " "
            case "br" | "cr" | "p":
                yield "\n"
            case "noBreakHyphen":
                yield "\u2011"


def _kind(paragraph: Any) -> str:
    style = next((one for one in paragraph.iter("{*}pStyle")), None)
    name = next((value for key, value in style.attrib.items() if key.endswith("val")), "") if style is not None else ""
    if name.lower().startswith(("heading", "title", "1", "2", "3")) and len(name) < 20:
        return "heading"
    if any(local_name(above) == "tc" for above in paragraph.iterancestors()):
        return "cell"
    return "item" if next(paragraph.iter("{*}numPr"), None) is not None else "paragraph"


# --- OpenDocument ---------------------------------------------------------------------------------------------------


def _odt(root: Any) -> Iterator[Labelled]:
    paths = Paths()
    for element in root.iter("{*}p", "{*}h"):
        above = [local_name(one) for one in element.iterancestors()]
        if "p" in above or "h" in above or "tracked-changes" in above:
            continue
        kind = "cell" if "table-cell" in above else "item" if "list-item" in above else "paragraph"
        if text := _tidy("".join(_pieces(element))):
            yield Labelled(text, "heading" if local_name(element) == "h" else kind, paths.of(element), "main")


def _pieces(element: Any) -> Iterator[str]:
    for event, inner in etree.iterwalk(element, events=("start", "end")):
        if event == "start":
            match local_name(inner):
                case "s" | "tab":
                    yield " "
                case "line-break" | "p":
                    yield "\n"
            yield inner.text or ""
        elif inner is not element:
            yield inner.tail or ""


def _tidy(text: str) -> str:
    return "\n".join(line for line in (" ".join(one.split()) for one in text.split("\n")) if line)


# --- what the document states ---------------------------------------------------------------------------------------


def _stated(properties: Any, by: str, captured_at: datetime) -> Stated:
    found: dict[str, str] = {}
    for element in properties.iter() if properties is not None else ():
        name = _PROPERTIES.get(local_name(element))
        value = " ".join((element.text or "").split())
        if name in {"created", "modified"}:
            value = iso_date(value[:40], captured_at) or ""
        if name and value:
            found.setdefault(name, value)
    if found.get("modified") == found.get("created"):
        found.pop("modified", None)
    return _as_stated(found, by)


def _as_stated(found: Mapping[str, str], by: str) -> Stated:
    return Stated(
        title=found.get("title"),
        modified=found.get("modified"),
        authors=(found["author"],) if "author" in found else (),
        sources={name: by for name in ("modified", "title") if name in found},
        metadata=tuple(Value(name, value, by) for name, value in found.items()),
    )
