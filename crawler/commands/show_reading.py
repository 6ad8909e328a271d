"""What `khronika show` says of a capture's reading: text, languages, facts, metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archive.errors import UsageError
from crawler.output import printable
from pipelines.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archive.catalogue import HistoryRow, ReadingRow
    from archive.collection import Collection
    from crawler.cli import Application
    from crawler.output import Output

EXCERPT = 60
"""Characters of a text that a line of a table shows."""


def read(collection: Collection, row: HistoryRow) -> tuple[ReadingRow | None, Reading | None]:
    """What the catalogue holds of a capture's reading, and the reading where there is one."""
    stored = collection.catalogue.reading(row.capture.record_id)
    if stored is None or stored.failed is not None:
        return stored, None
    return stored, Reading.from_json(stored.json)


def show_reading(application: Application, collection: Collection, row: HistoryRow, want: str) -> None:
    """Show one side of a capture's reading: `text`, `language`, `facts` or `metadata`. Raises UsageError."""
    stored, reading = read(collection, row)
    if reading is None:
        raise UsageError(f"expected a capture with a text, found none: {_why_none(row, stored)}")
    record = reading.to_record()
    shown: dict[str, Any] = {"type": want, "record_id": row.capture.record_id}
    match want:
        case "text":
            application.output.record({**shown, "text": reading.text})
            if reading.text:
                application.output.result(printable(reading.text))
            else:
                application.output.message(f"No text was read on this page{_noted(record)}.")
        case "language":
            beside = {key: record[key] for key in ("language", "langdetect", "html_language", "spans")}
            application.output.record({**shown, **beside})
            _languages(application.output, reading)
            if not reading.text:
                application.output.message(f"No text was read on this page{_noted(record)}.")
        case "facts":
            application.output.record({**shown, "facts": record["facts"]})
            _facts(application.output, reading)
        case _:
            keys = ("title", "published", "modified", "authors", "metadata", "fingerprints", "charset", "provenance")
            application.output.record({**shown, **{key: record[key] for key in keys}})
            _metadata(application.output, reading)


def _why_none(row: HistoryRow, stored: ReadingRow | None) -> str:
    """Why a capture has no reading."""
    from archive.kinds import State, is_readable, needs_reading

    if stored is not None:
        return f"it could not be read: {stored.failed}"
    if needs_reading(row.capture):
        return "it is not read yet (khronika reprocess)"
    if row.state is not State.PRESENT:
        return f"the page was not seen; its state is {row.state.value}"
    if not is_readable(row.capture.mime):
        return f"what is served as {row.capture.mime} is kept and not read"
    return "it is a part of another page"


def _noted(record: Mapping[str, Any]) -> str:
    """What the reader noted of the document."""
    notes = record["provenance"].get("notes", {})
    return "".join(f"; {name}: {printable(str(told))}" for name, told in sorted(notes.items()))


_DECODED_BY = {
    "bom": "its byte order mark",
    "header": "the HTTP header",
    "meta": "its own declaration",
    "detection": "its bytes",
}
"""What told how a page is encoded, in words."""


def _languages(output: Output, reading: Reading) -> None:
    output.result(f"page: {reading.language}")
    output.result(f"{'characters':>15} {'lang':<4} sure  text")
    for span in reading.spans:
        place = f"{span.start:>7}–{span.end:<7} {span.language:<4} {span.confidence:.2f}"
        output.result(f"{place}  {_excerpt(reading.text[span.start : span.end])}")


def _facts(output: Output, reading: Reading) -> None:
    if not reading.facts:
        output.result("No fact was read. That says nothing about the case: what is not read may still stand there.")
        return
    subject: object = reading
    for fact in sorted(reading.facts, key=lambda fact: (fact.subject is None, fact.subject or "")):
        if fact.subject != subject:
            subject = fact.subject
            output.result(output.style(printable(fact.subject or "of no named person"), "strong"))
        value, cited = _excerpt(fact.value), _excerpt(fact.cited)
        output.result(f"  {fact.name:<14} {value}" + ("" if cited == value else f"  “{cited}”"))


def _metadata(output: Output, reading: Reading) -> None:
    for value in reading.metadata:
        name = value.name if value.language is None else f"{value.name} ({value.language})"
        output.result(f"{name:<18} {printable(value.value)}  [{value.by}]")
    if not reading.metadata:
        output.result("The page states nothing about itself.")
    output.result("")
    charset = reading.charset
    if charset:
        told = _DECODED_BY.get(charset["source"], charset["source"])
        output.result(f"{'characters':<18} {charset['name']}, by {told}")
    output.result(f"{'read by rules':<18} {reading.rules}")
    for name, told in sorted(reading.to_record()["provenance"].get("notes", {}).items()):
        output.result(f"{'note: ' + name:<18} {printable(str(told))}")


def _excerpt(text: str) -> str:
    line = " ".join(printable(text).split())
    return line if len(line) <= EXCERPT else line[: EXCERPT - 1] + "…"
