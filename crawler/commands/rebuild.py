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
def command(application: Application) -> int:
    """Make the catalogue again: captures, readings and changes, from the WARCs and khronika.toml alone.

    The answers are the same as before. Use it after the catalogue was lost or damaged, or after an update that
    asks for it. The old catalogue is kept until the new one holds every capture; then the pages are read again. If
    that is stopped, khronika reprocess goes on with it. The evidence is not touched. Damaged
    evidence is named, all that can be read of it is entered, and the exit status is 1. state.sqlite is left alone;
    where it is missing, an empty one is made.
    """
    from archive.collection import Collection
    from crawler.commands.views import count
    from crawler.passphrase import passphrase_for
    from crawler.reading import read_everything
    from crawler.search_index import forget_index

    output = application.output
    collection = open_collection(application)
    passphrase = passphrase_for(collection.path)
    with output.progress() as progress:
        counts = Collection.rebuild(application.folder, progress=progress, passphrase=passphrase)
        # of the catalogue that is gone: the next search makes it from the new one
        forget_index(collection)
        read = read_everything(collection, progress=progress, passphrase=passphrase)
    output.record({"type": "summary", **counts, **read})
    output.result(
        f"The catalogue is made again: {count(counts['files'], 'WARC')}, {count(counts['captures'], 'capture')}, "
        f"{count(read['readings'], 'reading')}, {count(read['comparisons'], 'comparison')}, "
        f"{count(read['changes'], 'change')}."
    )
    if counts["state"] != "kept":
        output.message(
            "state.sqlite was missing. An empty one is made: what ran, and what is unfinished, is forgotten."
        )
    for damage in counts["damaged"]:
        output.message(output.style(f"damaged: {damage}", "bad"))
    if counts["damaged"]:
        output.message("Part of the evidence could not be read. khronika verify says more.")
    if read["unlogged"]:
        output.message(f"The digests of what was read are not in the log: {read['unlogged']}")
    if read["unreadable"]:
        output.message(f"{count(read['unreadable'], 'page')} could not be read; their evidence is kept.")
    return Exit.ERROR if counts["damaged"] else Exit.DONE
