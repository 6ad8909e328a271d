"""`khronika changes`: what changed, on all pages."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import click

from crawler.cli import Application, Exit
from crawler.commands.base import command as make_command
from crawler.commands.base import open_collection, pass_application

if TYPE_CHECKING:
    from archive.catalogue import ChangeRow
    from archive.withholding import Withheld
    from crawler.commands.views import WithheldChanges
    from crawler.output import Output

KINDS = ("edited", "added", "removed", "gone", "back", "certificate", "extractor", "same", "noise")


@make_command(
    "changes",
    examples=(
        "khronika changes",
        "khronika changes --since 2026-11-01 --kind gone",
        "khronika changes --kind all --format csv",
        "khronika --json changes --site example",
    ),
    exits=(Exit.NO_COLLECTION,),
)
@click.option("--since", metavar="DATE", help="From this date on, like 2026-11-22 or 2026-11-22T14:02 (UTC).")
@click.option("--site", metavar="NAME", help="Of this site only.")
@click.option("--url", metavar="URL", help="Of this page only.")
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice((*KINDS, "all")),
    help="Of this kind only; repeatable. Default: all but extractor, same and noise.",
)
@click.option("--format", "form", type=click.Choice(("text", "jsonl", "csv")), default="text", help="Default: text.")
@pass_application
def command(
    application: Application, since: str | None, site: str | None, url: str | None, kinds: tuple[str, ...], form: str
) -> None:
    """Changes in order of time: a page edited, with the words; something added or removed; a page gone or back.

    Another certificate of a server is a change of its own, told once, at the first page that came under it.

    What was set aside as noise (tickers, counters, menus) is kept, and shown with --kind noise. What a newer Khronika
    reads otherwise in the same capture (khronika reprocess) is no change of the page: --kind extractor. The words of
    a change from or to a capture that is withheld are not shown.
    """
    from crawler.commands.views import (
        QUIET_KINDS,
        WithheldChanges,
        change_record,
        check_site,
        parse_instant,
        spell_page,
        withholdings,
    )
    from crawler.config import load_config

    output = application.output
    wanted = set(KINDS) if "all" in kinds else set(kinds) or set(KINDS) - QUIET_KINDS
    collection = open_collection(application)
    catalogue = collection.catalogue
    check_site(catalogue, load_config(collection.config_path), site)
    if url is not None and not catalogue.captures_of(url):
        raise spell_page(catalogue, url)
    found = catalogue.changes(since=parse_instant(since) if since else None, site=site, kinds=sorted(wanted), url=url)
    held = WithheldChanges(catalogue, withholdings(collection))
    if form == "csv" and not output.as_json:
        _as_csv(output, found, held)
        return
    count = 0
    for change in found:
        count += 1
        withheld = held.of(change)
        if form == "jsonl" and not output.as_json:
            print(json.dumps(change_record(change, withheld), ensure_ascii=False))
            continue
        output.record(change_record(change, withheld))
        _as_text(output, change, withheld)
    if count == 0:
        quiet = "" if kinds else " --kind all shows extractor, same and noise too."
        output.message(f"No changes that fit.{quiet}")


def _as_text(output: Output, change: ChangeRow, withheld: Withheld | None) -> None:
    from crawler.commands.views import change_words, edit_lines, minute, withheld_words

    kind = change_words(output, change.kind.value)
    output.result(f"{minute(change.to_at)}  {kind}  {change.weight:.2f}  {change.url}")
    output.result(f"    since {minute(change.from_at)}")
    if output.verbose:
        output.result(f"    {change.id}")
    if withheld is not None:
        output.result(f"    {withheld_words(withheld)}")
        return
    if fields := change.provenance.get("fields"):
        output.result(f"    read otherwise by other rules: {', '.join(map(str, fields))}")
    for line in edit_lines(output, change.edits):
        output.result(f"    {line}")


def _as_csv(output: Output, changes: object, held: WithheldChanges) -> None:
    from collections.abc import Iterable
    from typing import cast

    from crawler.commands.views import change_record, edit_lines, withheld_words

    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(["id", "url", "from", "to", "kind", "weight", "site", "edits"])
    for change in cast("Iterable[ChangeRow]", changes):
        record, withheld = change_record(change), held.of(change)
        row = [record[key] for key in ("id", "url", "from", "to", "kind", "weight", "site")]
        words = withheld_words(withheld) if withheld else "\n".join(edit_lines(output, change.edits))
        writer.writerow([_harmless(str(cell)) for cell in (*row, words)])
    output.result(buffer.getvalue().rstrip("\r\n"))


def _harmless(cell: str) -> str:
    """A spreadsheet takes a cell that begins with one of these for a formula; a page's text must not become one."""
    return "'" + cell if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
