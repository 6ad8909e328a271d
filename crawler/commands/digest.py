"""`khronika digest`: what changed over a span of time, to read, to print or to mail."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from crawler.cli import Application, Exit
from crawler.commands.base import Number, open_collection, pass_application
from crawler.commands.base import command as make_command

if TYPE_CHECKING:
    from crawler.change_words import Language


@make_command(
    "digest",
    examples=(
        "khronika digest --since 2026-11-15",
        "khronika digest --since 2026-11-15 --language ru --format html -o week.html",
        "khronika digest --since 2026-11-15 --format eml -o week.eml",
    ),
    exits=(Exit.NO_COLLECTION,),
)
@click.option(
    "--since", metavar="DATE", required=True, help="From this date on, like 2026-11-22 or 2026-11-22T14:02 (UTC)."
)
@click.option("--until", metavar="DATE", help="Before this date. Default: now.")
@click.option("--site", metavar="NAME", help="Of this site only.")
@click.option("--min-weight", type=Number(0, 1), default=0.0, metavar="W", help="Of this weight at least, 0 to 1.")
@click.option("--language", type=click.Choice(("en", "ru")), default="en", help="Default: en.")
@click.option("--format", "form", type=click.Choice(("text", "html", "eml")), default="text", help="Default: text.")
@click.option(
    "--timezone", metavar="ZONE", default="", help="Time zone of the dates, like Europe/Moscow. Default: UTC."
)
@click.option(
    "-o", "--output", "target", type=click.Path(path_type=Path, dir_okay=False), help="File to write. Default: stdout."
)
@pass_application
def command(
    application: Application,
    since: str,
    until: str | None,
    site: str | None,
    min_weight: float,
    language: str,
    form: str,
    timezone: str,
    target: Path | None,
) -> None:
    """What changed, by site and weight, what matters most first: gone, moved, blocked and edited pages, with the words.

    Plain text, a page of HTML that needs nothing else, or a mail of both, which a mail program opens as a draft.
    Nothing is sent. The words of a change from or to a capture that is withheld are not shown. With --json, each change
    is a record as a notice's receiver is given it.
    """
    from datetime import UTC, datetime

    from archive.errors import UsageError
    from crawler.commands.views import check_site, parse_instant
    from crawler.config import check_zone, load_config
    from crawler.digest import Digest, entries_of
    from crawler.notice_policy import TOLD_KINDS
    from crawler.notices import entry_record
    from crawler.withheld_changes import WithheldChanges, withholdings

    output = application.output
    try:
        check_zone(timezone)
    except ValueError as error:
        raise UsageError(f"--timezone: {error}") from error
    collection = open_collection(application)
    catalogue = collection.catalogue
    check_site(catalogue, load_config(collection.config_path), site)
    begin, end = parse_instant(since), parse_instant(until) if until else datetime.now(UTC)
    changes = catalogue.changes(since=begin, site=site, kinds=TOLD_KINDS, settled=True, min_weight=min_weight)
    held = WithheldChanges(catalogue, withholdings(collection))
    entries = entries_of((one for one in changes if one.to_at < end), held, catalogue)
    digest = Digest(tuple(entries), begin, end, cast("Language", language), timezone)
    for entry in entries:
        output.record({"type": "entry", **entry_record(entry, language)})
    octets = digest.mail() if form == "eml" else (digest.html() if form == "html" else digest.text()).encode()
    if target is not None:
        target.write_bytes(octets)
        output.message(f"{digest.subject}: {target.name}")
    else:
        output.result(octets.decode("utf-8", "replace").rstrip("\n"))
