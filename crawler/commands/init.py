"""`khronika init`: make a collection."""

from __future__ import annotations

from pathlib import Path

import click

from crawler.cli import Application
from crawler.commands.base import command as make_command
from crawler.commands.base import pass_application


@make_command(
    "init",
    examples=(
        'khronika init my-archive --operator "Example Archive <mail@example.org>"',
        "khronika -C my-archive init",
        "khronika init my-archive --passphrase",
    ),
)
@click.argument("folder", metavar="[DIR]", type=click.Path(path_type=Path), required=False)
@click.option("--operator", "operator_text", metavar="TEXT", default="", help='"Name <mail>": who runs the collection.')
@click.option("--passphrase", "under", is_flag=True, help="Keep the keys under a passphrase (asked for, twice).")
@pass_application
def command(application: Application, folder: Path | None, operator_text: str, under: bool) -> None:
    """Make a collection in DIR, which may be an empty folder or a new one (default: the folder that -C names).

    It gets a commented khronika.toml, the only file that you edit, an empty folder for the WARCs, an empty
    catalogue, a log, and the two keys that the log is signed with. A crawl needs the log key: under a passphrase, it
    asks for it, or takes it from KHRONIKA_PASSPHRASE. The root key is needed rarely, and belongs elsewhere: see
    `khronika key move-root`. The operator's name and mail address go into every WARC, and the address is sent to the
    sites that are crawled: leave them out where they would endanger somebody. Each crawl also commits to facts about
    this machine without telling them; see `khronika doctor commitments`, or set commitments = false.
    """
    from archive.collection import Collection
    from crawler.config import parse_operator, template
    from crawler.passphrase import new_passphrase

    try:
        operator = parse_operator(operator_text)
    except ValueError as error:
        raise click.UsageError(f"--operator: {error}") from error
    if not operator.mail and "@" in operator.name:
        raise click.UsageError(
            f'--operator: expected "Name <mail>", the address between < and >, found {operator_text!r}'
        )
    target = folder if folder is not None else application.folder
    passphrase = new_passphrase("Passphrase for the keys") if under else None
    Collection.create(target, template(operator), passphrase=passphrase)
    output = application.output
    output.record({"type": "collection", "folder": str(target), "operator": str(operator)})
    output.result(f"A collection is in {target}. Its settings: {target / 'khronika.toml'}")
    if not operator.mail:
        output.message("No mail address is given, so site owners cannot reach you; khronika.toml [operator] takes one.")
    output.message(f"Next: khronika -C {target} crawl --url https://…   or   khronika -C {target} site add https://…")
