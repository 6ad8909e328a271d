"""`khronika history`: every capture of a page, and what changed at each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from archive.errors import CaptureNotFoundError, RecordError, StorageError
from crawler.cli import Application, Exit
from crawler.commands.base import command as make_command
from crawler.commands.base import open_collection, pass_application
from crawler.output import printable

if TYPE_CHECKING:
    from archive.capture import Capture
    from archive.catalogue import Catalogue, HistoryRow
    from archive.collection import Collection


@make_command(
    "history",
    examples=(
        "khronika history https://example.org/case/17",
        'khronika history https://example.org/case/17 --phrase "eight years"',
        "khronika --json history https://example.org/case/17",
    ),
    exits=(Exit.NO_COLLECTION,),
)
@click.argument("url")
@click.option("--phrase", metavar="TEXT", help="Say at which captures this text was on the page.")
@pass_application
def command(application: Application, url: str, phrase: str | None) -> None:
    """Every capture of a page, the newest first: when, what the server answered, and what changed since the one before.

    A failed or refused fetch is a capture too, and says why; a redirect says where it leads; what is wrong with a
    server's certificate stands beside a page that was had under it. "revisit" means that the bytes were those of an
    earlier capture. The states of a page (present, moved, gone, blocked, unreachable) and the kinds of change are
    explained in docs/archivist.md.
    """
    from crawler.commands.views import capture_record, change_words, count, minute, spell_page, status_words

    output = application.output
    collection = open_collection(application)
    catalogue = collection.catalogue
    rows = catalogue.history(url)
    if not rows:
        raise spell_page(catalogue, url)
    found = {row.n: _says(catalogue, row, phrase) for row in rows} if phrase else {}
    changed = sum(row.change_kind is not None and row.change_kind.value not in ("same", "noise") for row in rows)
    changed += sum(row.certificate_change_id is not None for row in rows)
    first, last = minute(rows[0].capture.captured_at)[:10], minute(rows[-1].capture.captured_at)[:10]
    days = first if first == last else f"{first} … {last}"
    output.result(f"{rows[-1].capture.url}")
    output.result(f"{count(len(rows), 'capture')}, {days}, {count(changed, 'change')}")
    output.result(f"{'@':>4}  {'captured (UTC)':<19}  {'status':<11} {'state':<11} {'change':<8} {'lang':<5} bytes")
    for row in reversed(rows):
        record = capture_record(row)
        record["location"] = location = _location(collection, row.capture)
        if phrase:
            record["phrase"] = found[row.n]
        output.record(record)
        kind = row.change_kind.value if row.change_kind else None
        note = " revisit" if row.capture.is_revisit else ""
        note += "".join(f"  {words}" for words in _notes(row, location))
        if phrase:
            note += {True: f'  has "{phrase}"', False: f'  lacks "{phrase}"', None: "  not read"}[found[row.n]]
        padded = change_words(output, kind) + " " * max(0, 8 - len(kind or "-"))
        output.result(
            f"{row.n:>4}  {minute(row.capture.captured_at):<19}  {status_words(row.capture):<11} "
            f"{row.state.value:<11} {padded} {row.language or '-':<5} {row.capture.payload_length}{note}"
        )
        if output.verbose:
            place = row.capture.location
            output.result(f"      {row.capture.record_id}  {row.capture.payload_digest}")
            output.result(f"      {place.file} at {place.offset}, {place.length} bytes")
            if row.capture.error:
                output.result(f"      {printable(row.capture.error)}")


def _notes(row: HistoryRow, location: str | None) -> list[str]:
    from crawler.commands.views import certificate_words, failure_words

    notes = [failure_words(row.capture), certificate_words(row.capture)]
    notes.append("the server's certificate changed" if row.certificate_change_id else None)
    notes.append(f"-> {location}" if location else None)
    return [printable(note) for note in notes if note]


def _location(collection: Collection, capture: Capture) -> str | None:
    """Where a redirect leads, as the server wrote it; None without one, and where its record cannot be read."""
    from archive.http import MalformedHeadError, parse_head

    if capture.status is None or not 300 <= capture.status < 400:
        return None
    try:
        head = parse_head(dict(collection.heads(capture)).get("response", b""))
    except (RecordError, CaptureNotFoundError, StorageError, MalformedHeadError):
        return None
    return None if head is None else head.value("Location")


def _says(catalogue: Catalogue, row: HistoryRow, phrase: str) -> bool | None:
    """Whether a capture's text holds the phrase; None where the page was not seen or not read."""
    from pipelines.change import says
    from pipelines.reading import Reading

    if row.state.value == "gone":
        return False
    reading = catalogue.reading(row.capture.record_id)
    if reading is None or reading.failed is not None:
        return None
    return says(Reading.from_json(reading.json), phrase)
