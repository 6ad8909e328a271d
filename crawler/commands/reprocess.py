"""`khronika reprocess`: read and compare stored pages again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from crawler.cli import Application, Exit
from crawler.commands.base import command as make_command
from crawler.commands.base import open_collection, pass_application

if TYPE_CHECKING:
    from crawler.output import Output
    from pipelines.stage import Difference

SHOWN: Final = 20
"""Captures that are named on a terminal; `-v` and `--json` name all."""


@make_command(
    "reprocess",
    examples=(
        "khronika reprocess",
        "khronika reprocess --dry-run",
        "khronika reprocess --site example --since 2026-11-01 --workers 4",
        "khronika --json reprocess --dry-run",
    ),
    exits=(Exit.INTERRUPTED, Exit.NO_COLLECTION, Exit.LOCKED),
)
@click.option("--since", metavar="DATE", help="What was captured from this date on, like 2026-11-22 (UTC).")
@click.option("--site", metavar="NAME", help="Of this site only.")
@click.option(
    "--workers",
    type=click.IntRange(1, 256),
    metavar="N",
    help="Processes that read; else [crawl] workers, else as many as there are processors.",
)
@click.option("--dry-run", is_flag=True, help="Write nothing; say what would differ, and in which captures.")
@pass_application
def command(application: Application, since: str | None, site: str | None, workers: int | None, dry_run: bool) -> None:
    """Read stored pages that are not read yet, or that another version of the rules read, and compare them again.

    Only what differs is written anew. That a page is read otherwise now is our doing and not the source's: it is
    counted, an event of the log tells it, and khronika changes --kind extractor shows it, apart from the changes of
    pages. Two captures of which it could not be told what changed are compared again. Nothing is fetched, and the
    evidence is not touched. Ctrl-C stops; the same command goes on.
    """
    from crawler.commands.views import check_site, parse_instant
    from crawler.config import load_config
    from crawler.passphrase import passphrase_for
    from crawler.reading import Asked, preview_everything, read_everything

    output = application.output
    collection = open_collection(application)
    check_site(collection.catalogue, load_config(collection.config_path), site)
    asked = Asked(site, parse_instant(since) if since else None, workers)
    names = _Names(output)
    if dry_run:
        with output.progress() as progress:
            read = preview_everything(collection, progress=progress, asked=asked, on_difference=names)
    else:
        passphrase = passphrase_for(collection.path)
        with output.progress() as progress:
            read = read_everything(
                collection, progress=progress, passphrase=passphrase, asked=asked, on_difference=names
            )
    names.end()
    output.record({"type": "summary", "dry_run": dry_run, **read})
    _conclude(output, read, dry_run=dry_run)


class _Names:
    """Names the captures that other rules read otherwise, each as it comes."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._count = 0

    def __call__(self, found: Difference) -> None:
        from crawler.commands.views import instant, minute
        from crawler.output import printable

        capture = found.capture
        self._output.record(
            {
                "type": "difference",
                "source": "extractor",
                "url": capture.url,
                "captured_at": instant(capture.captured_at),
                "record_id": capture.record_id,
                "site": capture.site,
                "fields": list(found.fields),
                "before": found.before.rules,
                "after": found.after.rules,
            }
        )
        self._count += 1
        if self._count <= SHOWN or self._output.verbose:
            told = f"{minute(capture.captured_at)}  {capture.url}  {', '.join(found.fields)}"
            self._output.result(printable(told))

    def end(self) -> None:
        """Say how many were not named."""
        if self._count > SHOWN and not self._output.verbose:
            self._output.result(f"… and {self._count - SHOWN} more: khronika -v reprocess, or --json, names them all")


def _conclude(output: Output, read: dict[str, Any], *, dry_run: bool) -> None:
    from crawler.commands.views import count
    from crawler.reading import fields_words

    told = f"{count(read['readings'], 'page')} read, {read['unreadable']} unreadable"
    if not (read["readings"] or read["unreadable"] or read["comparisons"] or read["copied"]):
        output.result("Nothing to do: all that was asked for is read by the rules of this version.")
    elif dry_run:
        output.result(f"{told}; nothing was written.")
    else:
        changes = f"{count(read['comparisons'], 'comparison')}, {count(read['changes'], 'change')}"
        output.result(f"{told}; {changes}.")
    if read["rewritten"]:
        verb = "would be" if dry_run else "are"
        output.result(
            f"{count(read['rewritten'], 'reading')} {verb} another than before: {fields_words(read['fields'])}."
        )
    if read.get("unlogged"):
        output.message(f"The digests of what was read are not in the log: {read['unlogged']}")
    if read.get("unindexed"):
        output.message(f"Not done: {read['unindexed']}")
