"""`khronika checkpoint`: sign the log now, and show it to time-stamping authorities."""

from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING, BinaryIO

import click

from archive.errors import UsageError
from crawler.cli import Application, Exit
from crawler.commands.base import command as make_command
from crawler.commands.base import open_collection, pass_application

if TYPE_CHECKING:
    from archive.collection import Collection
    from archive.writer import Writer
    from crawler.config import Config
    from crawler.timestamping import Stamped, Unstamped


@make_command(
    "checkpoint",
    examples=(
        "khronika checkpoint",
        "khronika checkpoint --timestamp",
        "khronika checkpoint --request for-the-authority.tsq",
        "khronika checkpoint --token from-the-authority.tsr",
    ),
    exits=(Exit.NO_COLLECTION, Exit.LOCKED),
)
@click.option(
    "--timestamp",
    is_flag=True,
    help="Show it to the time-stamping authorities of khronika.toml that have not signed it.",
)
@click.option(
    "--request",
    "request_file",
    metavar="FILE",
    type=click.File("wb", lazy=False),
    help="Write the request for a token into FILE, to be carried to a machine that is on-line; - is stdout.",
)
@click.option(
    "--token",
    "token_file",
    metavar="FILE",
    type=click.File("rb"),
    help="Take in a token that was fetched elsewhere.",
)
@pass_application
def command(
    application: Application, timestamp: bool, request_file: BinaryIO | None, token_file: BinaryIO | None
) -> int:
    """Sign all that is logged and not signed yet. log/checkpoint is what to hand to people outside.

    A crawl signs by itself: when a WARC is closed, every hour, and at its end, when it asks the authorities too. With
    --timestamp those are asked now whose token is missing, because they could not be reached, say. Exit status 1 when
    one of them gave none.

    Where this machine is never on-line, --request writes what an authority is to be given, and --token takes in what it
    answered, after the same checks.
    """
    from archive.timestamp import RESPONSE_LIMIT, new_request
    from crawler.config import load_config
    from crawler.passphrase import passphrase_for
    from crawler.route import DIRECT
    from crawler.timestamping import Stamping
    from crawler.trust import bind_settings

    collection = open_collection(application)
    config = load_config(collection.config_path)
    if sum(map(bool, (timestamp, request_file, token_file))) > 1:
        raise click.UsageError("--timestamp, --request and --token exclude each other")
    if (timestamp or token_file) and not config.log.authorities:
        raise UsageError("expected a time-stamping authority, [[authority]] in khronika.toml, found none")
    output = application.output
    with collection.writer(passphrase=passphrase_for(collection.path)) as writer:
        bind_settings(collection.path, config, writer, output.message)
        signed = writer.checkpoint().result()
        _show(application, collection, new=signed is not None)
        if request_file is not None:
            log = collection.log()
            request_file.write(new_request(log.checkpoint_at(log.size)).octets)
        if token_file is not None:
            stamping = Stamping(collection.path, config.log, DIRECT, writer.append_entries)
            _tell(application, stamping.take(token_file.read(RESPONSE_LIMIT + 1)))
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
    from crawler.timestamping import Stamped, stamping_of

    output = application.output
    stamping = stamping_of(writer, collection.path, config, output.message)
    if stamping is None:
        return Exit.ERROR
    results = await stamping.stamp()
    for result in results:
        _tell(application, result)
    if not results:
        output.result("Every authority has signed it already, or one that says no less.")
    return Exit.DONE if all(isinstance(result, Stamped) for result in results) else Exit.ERROR


def _tell(application: Application, result: Stamped | Unstamped) -> None:
    from crawler.timestamping import Stamped, words_of

    output = application.output
    stamped = isinstance(result, Stamped)
    output.record({"type": "timestamp", "ok": stamped, **result.as_record()})
    first, *notes = words_of(result)
    output.result(f"{output.style('✓', 'good') if stamped else output.style('✗', 'bad')} {first}")
    for note in notes:
        output.result(output.style(f"  {note}", "warn"))


def time_warnings(collection: Collection, config: Config) -> list[str]:
    """Which authorities have not signed all that is signed here."""
    from archive.anchor import is_due, kept_tokens
    from archive.errors import KhronikaError
    from archive.store import FolderStore

    if not config.log.authorities:
        return []
    try:
        log, kept = collection.log(), kept_tokens(FolderStore(collection.path))
        due = [one.name for one in config.log.authorities if is_due(log, kept, one.name)]
    except KhronikaError as error:
        return [f"The time-stamps cannot be looked at: {error}"]
    return [
        f"The authority {name} has not signed the newest checkpoint: khronika checkpoint --timestamp" for name in due
    ]
