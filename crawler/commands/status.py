"""`khronika status`: what ran, what is unfinished, what is wrong."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archive.errors import UsageError
from crawler.cli import Application, Exit
from crawler.commands.base import command as make_command
from crawler.commands.base import open_collection, pass_application

if TYPE_CHECKING:
    from archive.collection import Collection
    from crawler.config import Config
    from crawler.operation import Operation


@make_command(
    "status",
    examples=(
        "khronika status",
        "khronika --json status",
        "khronika status --check",
        "khronika status --format prometheus --output /var/lib/node-exporter/khronika.prom",
    ),
    exits=(Exit.DIFFERENCES, Exit.NO_COLLECTION),
)
@click.option(
    "--check", is_flag=True, help="For monitoring: tell only what is not well; exit status 5 where anything is."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "prometheus"]),
    default="text",
    help="prometheus: figures for a monitoring server (docs/operations.md).",
)
@click.option(
    "-o",
    "--output",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the figures to FILE, whole at one moment, instead of stdout.",
)
@click.option("--code-names", is_flag=True, help="In the figures, a code in the place of each name.")
@pass_application
def command(application: Application, check: bool, form: str, path: Path | None, code_names: bool) -> int:
    """Each site with its pages, captures and last change; the last crawl, and what it could not fetch.

    Where something waits or is wrong it is said: a crawl that was stopped, a site whose crawl is late or of which no
    page can be had, pages that are not read yet, traps that a crawl left (calendars, lists without end), pages that
    their listing names no more, a site that was rebuilt so that its definition does not fit it any more, a budget that
    was spent, a copy that is behind or damaged, a disk that fills up, a root key that still lies in the collection, a
    checkpoint that was shown to no authority, notices that could not be sent.

    With --check it tells only what somebody has to see to, and the exit status is 5 where there is anything. With
    --format prometheus it gives figures. Both read little, whatever the size of the collection, and neither writes to
    the collection, but for the key of the codes.
    """
    from crawler.config import load_config

    if form == "text" and (path is not None or code_names):
        raise UsageError("--output and --code-names are for --format prometheus")
    collection = open_collection(application)
    config = load_config(collection.config_path)
    operation = _look(collection, config)
    if form == "prometheus":
        _figures(application, collection, config, operation, path, code_names=code_names)
    elif check:
        _check(application, operation)
    else:
        _show(application, collection, config, operation)
    return Exit.DIFFERENCES if check and not operation.well else Exit.DONE


def _look(collection: Collection, config: Config) -> Operation:
    from archive.state import State
    from crawler.operation import look

    with State.open(collection.path, readonly=True) as state:
        return look(collection, config, state, collection.catalogue, datetime.now(UTC))


def _show(application: Application, collection: Collection, config: Config, operation: Operation) -> None:
    from archive.state import State
    from crawler.commands.checkpoint import time_warnings
    from crawler.commands.key import key_warnings
    from crawler.commands.status_notices import show_notices
    from crawler.commands.status_operation import show_troubles
    from crawler.commands.status_pages import show_drift, show_traps, show_unlisted
    from crawler.commands.status_sites import show_last_crawl, show_sites
    from crawler.commands.status_warning import warn
    from crawler.commands.views import count

    output = application.output
    show_sites(output, config, [site.row for site in operation.sites if site.row is not None])
    with State.open(collection.path, readonly=True) as state:
        unlisted, listings = state.memory.unlisted(), state.memory.listings()
    crawls = [run.id for run in reversed(operation.runs)]
    for run in operation.runs[-1:]:
        show_last_crawl(output, collection.catalogue, run)
    show_traps(output, collection.crawls_folder, crawls)
    output.record({"type": "reading", "unread": operation.unread})
    if operation.unread:
        words = f"{count(operation.unread, 'capture')} still to read: khronika reprocess"
        output.result(output.style(words, "warn"))
    show_unlisted(output, unlisted)
    show_drift(output, collection.catalogue, config, crawls, listings)
    show_notices(output, config, operation.notices)
    warnings = [("clone", words) for words in _clone_words(collection)]
    warnings += [("keys", words) for words in key_warnings(collection, config)]
    warnings += [("time", words) for words in time_warnings(collection, config)]
    for about, words in warnings:
        warn(output, about, words)
    # what the lines above have told with more at hand is not told again
    show_troubles(output, operation, but=("keys", "time", "notice"))


def _clone_words(collection: Collection) -> list[str]:
    """That the collection is a clone, where it is one."""
    from archive.clone_mark import is_clone, place_of

    if not is_clone(collection.path):
        return []
    place = place_of(collection.path)
    made = f", made from {place}" if place is not None else ""
    return [f"This is a clone{made}: it is for reading, and nothing is logged or signed in it (docs/restore.md)."]


def _check(application: Application, operation: Operation) -> None:
    from crawler.commands.status_operation import show_troubles

    output = application.output
    show_troubles(output, operation)
    output.record({"type": "check", "well": operation.well, "troubles": len(operation.troubles)})
    if operation.well:
        output.result("All is well.")


def _figures(
    application: Application,
    collection: Collection,
    config: Config,
    operation: Operation,
    path: Path | None,
    *,
    code_names: bool,
) -> None:
    from crawler.metrics import coded_label, metrics_text, plain_label, write_metrics

    coded = code_names or config.crawl.discreet
    label = coded_label(collection.path) if coded else plain_label
    octets = metrics_text(operation, label)
    if path is not None:
        write_metrics(path, octets)
        application.output.message(f"{path.name}: written")
    else:
        click.echo(octets, nl=False)
