"""`khronika clone`: a collection made from a copy of it, on S3 or in a folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crawler.cli import Application, Exit
from crawler.commands.base import command as make_command
from crawler.commands.base import pass_application
from crawler.output import Output, one_line

if TYPE_CHECKING:
    from archive.clone import Asked, Cloned
    from archive.finding import Finding

SHOWN = 50
"""Findings that people are shown without `-v`."""


@make_command(
    "clone",
    examples=(
        "khronika clone s3://bucket/collection restored",
        "khronika clone /media/disk/copy restored --against kept-elsewhere/checkpoint --trust VKEY",
        "khronika clone s3://bucket/collection restored --endpoint https://s3.example.org",
    ),
    exits=(Exit.INTERRUPTED, Exit.VERIFICATION_FAILED, Exit.NO_COLLECTION, Exit.LOCKED),
)
@click.argument("place", metavar="PLACE")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--endpoint", metavar="URL", help="The S3 server, where it is not Amazon's.")
@click.option(
    "--against",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="CHECKPOINT",
    help="A checkpoint of this log that was kept elsewhere: shows whether the copy is older, or of another history.",
)
@click.option(
    "--trust", metavar="VKEY", help="The root key or a log key, known from elsewhere: shows whether keys were replaced."
)
@click.option("--no-reading", is_flag=True, help="Do not read and compare the pages: khronika reprocess does it later.")
@pass_application
def command(
    application: Application,
    place: str,
    folder: Path,
    endpoint: str | None,
    against: Path | None,
    trust: str | None,
    no_reading: bool,
) -> int:
    """Make a collection in DIR, a new or empty folder, from the copy of one at PLACE: s3://BUCKET/PREFIX, or a folder.

    The log comes first and is checked as a whole: signatures, tiles, consistency. Then each WARC is hashed while it
    comes, and held against its seal in the log; what is not what the log says is left out and named, and the exit
    status is 6. The same command goes on after it was stopped, and fetches what was left out, from another copy if you
    name one. Names in the copy that would lead elsewhere, links, keys and unknown files are passed over and counted.

    Nothing says that the log is the newest one, nor whose it is, unless you give --against and --trust.

    The clone is for reading: history, search, verify, prove, export. Nothing is logged or signed in it, because the
    first collection may go on elsewhere. Where that one is lost, `khronika key rotate --restored` with the root key
    makes this the one that goes on: docs/restore.md.
    """
    from archive.clone import clone
    from archive.copy_store import store_at
    from archive.errors import StorageError
    from archive.writer import utc_now

    output = application.output
    asked = _asked(against, trust)
    store = store_at(place, endpoint)
    try:
        with output.progress() as progress:
            found = clone(store, place, folder, asked=asked, now=utc_now, progress=progress)
            cloned, findings = _told(output, found)
    except StorageError as error:
        raise StorageError(f"{error}. What has come is kept: the same command goes on with it") from error
    except KeyboardInterrupt:
        output.message("Stopped. The same command goes on with it.")
        return Exit.INTERRUPTED
    if findings > SHOWN and not output.verbose:
        output.result(f"  … and {findings - SHOWN} more findings: --json names them all")
    output.record({"type": "summary", **cloned.as_record()})
    _conclude(output, cloned, folder)
    if cloned.whole and not no_reading and not _read(application, folder):
        return Exit.INTERRUPTED
    return Exit.DONE if cloned.verdict == "ok" else Exit.VERIFICATION_FAILED


def _asked(against: Path | None, trust: str | None) -> Asked:
    """What the copy is held against. Raises UsageError for a checkpoint or key that is none."""
    from archive.checkpoint import parse_checkpoint, parse_vkey
    from archive.clone import Asked
    from archive.errors import SignatureError, UsageError
    from crawler.config import parse_operator, template

    octets = None
    try:
        vkey = parse_vkey(trust) if trust is not None else None
        if against is not None:
            octets = against.read_bytes()
            parse_checkpoint(octets)
    except SignatureError as error:
        raise UsageError(str(error)) from error
    name = against.name if against is not None else ""
    return Asked(vkey, octets, name, template(parse_operator("")).encode())


def _told(output: Output, found: Iterator[Finding | Cloned]) -> tuple[Cloned, int]:
    """Tell of what is wrong as it is found; what came of it, and how many findings there were."""
    from archive.finding import Finding

    findings = 0
    cloned: Cloned | None = None
    for item in found:
        if not isinstance(item, Finding):
            cloned = item
            continue
        output.record({"type": "finding", **item.as_record()})
        findings += 1
        if findings <= SHOWN or output.verbose:
            mark = output.style("· ", "warn") if item.severity == "note" else output.style("✗ ", "bad")
            output.result(mark + one_line(str(item)))
    assert cloned is not None, "a clone ends with what came of it"
    return cloned, findings


def _conclude(output: Output, cloned: Cloned, folder: Path) -> None:
    from crawler.commands.views import count

    good = cloned.verdict == "ok"
    if not cloned.whole:
        output.result(output.style("✗ failed: the log of the copy does not hold, so nothing is put in place", "bad"))
    else:
        words = f"{count(cloned.files, 'WARC')}, {cloned.octets} bytes, each as its seal in the log says"
        output.result(f"{words}; the log has {cloned.size} entries")
        output.result(output.style(f"{'✓' if good else '✗'} {cloned.verdict}", "good" if good else "bad"))
    for kind, number in sorted(cloned.passed.items()):
        names = ", ".join(one_line(name) for name in cloned.names[kind])
        output.result(
            f"  passed over, {_PASSED[kind]}: {number} ({names}{', …' if number > len(cloned.names[kind]) else ''})"
        )
    for name in cloned.left_out[:SHOWN]:
        output.result(one_line(f"  left out: {name}"))
    for gap in cloned.not_checked:
        output.result(one_line(f"  not checked: {gap}"))
    if not cloned.whole:
        return
    if cloned.private:
        output.message(
            f"{', '.join(sorted(cloned.private))} came with the copy. Nothing in the log vouches for them: look "
            "through khronika.toml before this collection crawls or sends anything."
        )
    else:
        output.message("The copy holds no settings: khronika.toml is a new one, and names no site yet.")
    if cloned.left_out:
        output.message("The same command with another copy fetches what was left out.")
    output.message(f"Now: khronika -C {folder} verify")
    output.message(
        "This is a clone, for reading. Where the first collection is lost: "
        f"khronika -C {folder} key rotate --restored --root FILE (docs/restore.md)"
    )


_PASSED = {
    "keys": "keys, which should not lie in a copy: whoever reads it has them",
    "unsafe": "names that would lead elsewhere",
    "link": "links",
    "unknown": "unknown files",
}


def _read(application: Application, folder: Path) -> bool:
    """Read and compare the pages; False where that was stopped."""
    from archive.collection import Collection
    from crawler.commands.views import count
    from crawler.reading import read_everything

    output = application.output
    try:
        with Collection.open(folder) as collection, output.progress() as progress:
            read = read_everything(collection, progress=progress)
    except KeyboardInterrupt:
        output.message(
            f"The clone is whole; its pages are not all read. khronika -C {folder} reprocess goes on with it."
        )
        return False
    output.record({"type": "read", **read})
    output.result(f"{count(read['readings'], 'page')} read, {count(read['changes'], 'change')}")
    return True
