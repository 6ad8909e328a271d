"""`khronika diff`: what changed between two captures of a page, word by word."""

from __future__ import annotations

import html
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archive.errors import UsageError
from crawler.cli import Application, Exit
from crawler.commands.base import command as make_command
from crawler.commands.base import open_collection, pass_application

if TYPE_CHECKING:
    from archive.catalogue import Catalogue, HistoryRow
    from pipelines.edits import Edit
    from pipelines.reading import Reading


@make_command(
    "diff",
    examples=(
        "khronika diff https://example.org/case/17",
        "khronika diff https://example.org/case/17 @1 @7",
        "khronika diff https://example.org/case/17 20260101 20261122 --html difference.html",
    ),
    exits=(Exit.DIFFERENCES, Exit.NO_COLLECTION),
)
@click.argument("url")
@click.argument("before", metavar="[FROM]", required=False)
@click.argument("after", metavar="[TO]", required=False)
@click.option(
    "--html", "html_file", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write a page instead."
)
@click.option("--noise", is_flag=True, help="Also what was set aside as noise: tickers, counters, menus.")
@click.option("--exit-code", is_flag=True, help="Exit status 5 when there are differences.")
@pass_application
def command(
    application: Application,
    url: str,
    before: str | None,
    after: str | None,
    html_file: Path | None,
    noise: bool,
    exit_code: bool,
) -> int:
    """What changed on a page between two captures: [-what was removed-] and {+what was added+}, by paragraph.

    Facts of the case, entries of a list and addresses are said as such, beside the words that tell them. FROM and TO
    are @N (the Nth capture) or a date, or its beginning in digits. Without them: the last two captures
    between which the page changed, and where it never did, its first and its last one. Captures that are withheld are
    passed over, and refused where they are named.
    """
    from crawler.commands.views import minute, refuse_withheld, spell_page, withholdings
    from pipelines.change import compare
    from pipelines.noise_file import load

    output = application.output
    collection = open_collection(application)
    catalogue = collection.catalogue
    rows = catalogue.history(url)
    if not rows:
        raise spell_page(catalogue, url)
    held = withholdings(collection)
    shown_rows = [row for row in rows if held.of(row.capture) is None]
    old, new = _pair(rows, shown_rows, before, after)
    for row in (old, new):
        refuse_withheld(held, row.capture)
    mask = load(collection.path, new.capture.site)
    change = compare(_reading(catalogue, old), _reading(catalogue, new), mask)
    edits = [edit for edit in change.edits if noise or not edit.noise]
    shown = [edit.as_record() for edit in edits]
    title = (
        f"{new.capture.url}  @{old.n} {minute(old.capture.captured_at)} → @{new.n} {minute(new.capture.captured_at)}"
    )
    output.record(
        {
            "type": "diff",
            "url": new.capture.url,
            "from": old.capture.timestamp,
            "to": new.capture.timestamp,
            "from_record": old.capture.record_id,
            "to_record": new.capture.record_id,
            "kind": str(change.kind),
            "weight": change.weight,
            "edits": shown,
            "reasons": [reason.as_record() for reason in change.reasons],
            "mask": None if mask is None else mask.digest,
        }
    )
    if html_file is not None:
        _write_page(html_file, title, edits)
        output.result(f"Wrote {html_file}")
    else:
        _show(application, title, edits, hidden=len(change.edits) - len(edits))
    return Exit.DIFFERENCES if exit_code and shown else Exit.DONE


def _show(application: Application, title: str, edits: list[Edit], *, hidden: int) -> None:
    from crawler.commands.views import count, edit_lines

    output = application.output
    output.result(title)
    for edit in edits:
        place = f"¶{edit.paragraph} " if edit.paragraph else ""
        for line in edit_lines(output, [edit.as_record()]):
            output.result(place + line)
    if not edits:
        output.result("no difference in what a visitor reads")
    if hidden:
        output.message(f"{count(hidden, 'difference')} set aside as noise: the same command with --noise shows them.")


def _pair(
    rows: list[HistoryRow], may_be_shown: list[HistoryRow], before: str | None, after: str | None
) -> tuple[HistoryRow, HistoryRow]:
    seen = [row for row in may_be_shown if row.state.value == "present"]
    if before is None:
        if len(seen) < 2:
            raise UsageError(f"expected two captures in which the page was there, found {len(seen)}")
        for index in range(len(seen) - 1, 0, -1):
            kind = seen[index].change_kind
            if kind is not None and kind.value not in ("same", "noise"):
                return seen[index - 1], seen[index]
        return seen[0], seen[-1]
    return _row(rows, before), (_row(rows, after) if after is not None else seen[-1] if seen else rows[-1])


def _row(rows: list[HistoryRow], wanted: str) -> HistoryRow:
    text = wanted.removeprefix("@")
    if wanted.startswith("@"):
        if not text.isdigit() or not 1 <= int(text) <= len(rows):
            raise UsageError(f"expected @1 to @{len(rows)}, found {wanted}")
        return rows[int(text) - 1]
    digits = "".join(character for character in wanted if character.isdigit())
    fitting = [row for row in rows if digits and row.capture.timestamp.startswith(digits)]
    if len(fitting) == 1:
        return fitting[0]
    known = "".join(f"\n  @{row.n}  {row.capture.timestamp}" for row in (fitting or rows))
    raise UsageError(f"expected @N or the date of one capture, found {wanted!r}, which fits {len(fitting)}:{known}")


def _reading(catalogue: Catalogue, row: HistoryRow) -> Reading:
    from pipelines.reading import Reading

    stored = catalogue.reading(row.capture.record_id)
    if stored is None or stored.failed is not None:
        why = stored.failed if stored is not None else f"the page was {row.state.value}, or is not read yet"
        raise UsageError(f"expected a capture with a text, found @{row.n} without one: {why}")
    return Reading.from_json(stored.json)


def _write_page(file: Path, title: str, edits: list[Edit]) -> None:
    """A page that stands alone: no script, nothing fetched, marks that need no colour."""
    from archive.collection import write_once
    from crawler.change_words import edit_html

    rows = [f"<li><p>{edit_html(edit.as_record(), signs=True)}</p></li>" for edit in edits]
    body = f"<ol>{''.join(rows)}</ol>" if rows else "<p>No difference in what a visitor reads.</p>"
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{html.escape(title)}</title><style>body{{max-width:50rem;margin:2rem auto;font:1rem/1.5 serif}}"
        "del{background:#fdd}ins{background:#dfd}</style></head>"
        f"<body><h1>{html.escape(title)}</h1>{body}</body></html>\n"
    )
    write_once(file, page.encode())
