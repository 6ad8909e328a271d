"""`khronika reprocess`: read and compare stored pages again."""

from __future__ import annotations

from crawler.cli import Application, Exit
from crawler.commands.base import command as make_command
from crawler.commands.base import open_collection, pass_application


@make_command(
    "reprocess",
    examples=("khronika reprocess", "khronika --json reprocess"),
    exits=(Exit.INTERRUPTED, Exit.NO_COLLECTION, Exit.LOCKED),
)
@pass_application
def command(application: Application) -> None:
    """Read stored pages that are not read yet, or that another version of the rules read, and compare them again.

    Nothing is fetched, and the evidence is not touched. Ctrl-C stops; the same command goes on.
    """
    from crawler.commands.views import count
    from crawler.passphrase import passphrase_for
    from crawler.reading import read_everything

    output = application.output
    collection = open_collection(application)
    passphrase = passphrase_for(collection.path)
    with output.progress() as progress:
        read = read_everything(collection, progress=progress, passphrase=passphrase)
    output.record({"type": "summary", **read})
    output.result(
        f"{count(read['readings'], 'page')} read, {read['unreadable']} unreadable; "
        f"{count(read['comparisons'], 'comparison')}, {count(read['changes'], 'change')}."
    )
    if read["unlogged"]:
        output.message(f"The digests of what was read are not in the log: {read['unlogged']}")
