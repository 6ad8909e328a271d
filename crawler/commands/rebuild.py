"""`khronika rebuild`: make the catalogue again from the WARCs."""

from __future__ import annotations

from crawler.cli import Application, Exit
from crawler.commands.base import command as make_command
from crawler.commands.base import open_collection, pass_application


@make_command(
    "rebuild",
    examples=("khronika rebuild", "khronika --json rebuild"),
    exits=(Exit.INTERRUPTED, Exit.NO_COLLECTION, Exit.LOCKED),
)
@pass_application
def command(application: Application) -> None:
    """Make the catalogue again: captures, readings and changes, from the WARCs and khronika.toml alone.

    The answers are the same as before. Use it after the catalogue was lost or damaged, or after an update that
    asks for it. The old catalogue is kept until the new one holds every capture; then the pages are read again. If
    that is stopped, khronika reprocess goes on with it. The evidence is not touched.
    """
    from archive.collection import Collection
    from crawler.reading import read_everything

    output = application.output
    with output.progress() as progress:
        counts = Collection.rebuild(application.folder, progress=progress)
        collection = open_collection(application)
        read = read_everything(collection, progress=progress)
    output.record({"type": "summary", **counts, **read})
    output.result(
        f"The catalogue is made again: {counts['files']} WARCs, {counts['captures']} captures, "
        f"{read['readings']} readings, {read['comparisons']} comparisons, {read['changes']} changes."
    )
    if read["unreadable"]:
        output.message(f"{read['unreadable']} pages could not be read; their evidence is kept.")
