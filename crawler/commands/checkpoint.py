"""`khronika checkpoint`: sign the log now, and show it to time-stamping authorities."""

from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING

import click

from archive.errors import UsageError
from crawler.cli import Application, Exit
from crawler.commands.base import command as make_command
from crawler.commands.base import open_collection, pass_application

if TYPE_CHECKING:
    from archive.collection import Collection
    from archive.writer import Writer
    from crawler.config import Config


@make_command(
    "checkpoint",
    examples=("khronika checkpoint", "khronika checkpoint --timestamp"),
    exits=(Exit.NO_COLLECTION, Exit.LOCKED),
)
@click.option(
    "--timestamp",
    is_flag=True,
    help="Show it to the time-stamping authorities of khronika.toml that have not signed it.",
)
@pass_application
def command(application: Application, timestamp: bool) -> int:
    """Sign all that is logged and not signed yet. log/checkpoint is what to hand to people outside.

    A crawl signs by itself: when a WARC is closed, every hour, and at its end, when it asks the authorities too. With
    --timestamp those are asked now whose token is missing, because they could not be reached, say. Exit status 1 when
    one of them gave none.
    """
    from crawler.config import load_config
    from crawler.passphrase import passphrase_for
    from crawler.trust import bind_settings

    collection = open_collection(application)
    config = load_config(collection.config_path)
    if timestamp and not config.log.authorities:
        raise UsageError("expected a time-stamping authority, [[authority]] in khronika.toml, found none")
    output = application.output
    with collection.writer(passphrase=passphrase_for(collection.path)) as writer:
        bind_settings(collection.path, config, writer, output.message)
        signed = writer.checkpoint().result()
        _show(application, collection, new=signed is not None)
        if timestamp:
            return asyncio.run(_stamp(application, collection, config, writer))
    return Exit.DONE


def _show(application: Application, collection: Collection, *, new: bool) -> None:
    output = application.output
    log = collection.log()
    output.record(
        {
            "type": "checkpoint",
            "new": new,
            "origin": log.origin,
            "size": log.size,
            "root": base64.b64encode(log.signed.root).decode(),
            "note": log.signed.octets().decode(),
        }
    )
    words = f"checkpoint of {log.size} entries"
    output.result(f"{words}, signed now" if new else f"nothing new since the {words}")


async def _stamp(application: Application, collection: Collection, config: Config, writer: Writer) -> int:
    from crawler.timestamping import Stamped, stamping_of, words_of

    output = application.output
    stamping = stamping_of(writer, collection.path, config, output.message)
    if stamping is None:
        return Exit.ERROR
    results = await stamping.stamp()
    for result in results:
        stamped = isinstance(result, Stamped)
        output.record({"type": "timestamp", "ok": stamped, **result.as_record()})
        first, *notes = words_of(result)
        output.result(f"{output.style('✓', 'good') if stamped else output.style('✗', 'bad')} {first}")
        for note in notes:
            output.result(output.style(f"  {note}", "warn"))
    if not results:
        output.result("Every authority has signed it already, or one that says no less.")
    return Exit.DONE if all(isinstance(result, Stamped) for result in results) else Exit.ERROR
