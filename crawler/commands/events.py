"""`khronika events`: what was done with the collection, as its log tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from crawler.cli import Application, Exit
from crawler.commands.base import command as make_command
from crawler.commands.base import open_collection, pass_application
from crawler.output import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from archive.collection import Collection
    from archive.entry import EventEntry
    from crawler.output import Output

TYPES = (
    "capture-session",
    "recovery",
    "fixity-check",
    "export",
    "proof",
    "import",
    "key-change",
    "withholding",
    "deletion",
    "restored",
    "cosignature",
    "rereading",
)

LEFT_BEHIND = frozenset({"fixity-check", "export", "proof", "cosignature"})
"""Types that commands leave in the inbox; another one there was put there by somebody else."""


@make_command(
    "events",
    examples=("khronika events", "khronika events --type export --since 2026-11-01", "khronika --json events"),
    exits=(Exit.NO_COLLECTION,),
)
@click.option("--type", "types", multiple=True, type=click.Choice(TYPES), help="Of this type only; repeatable.")
@click.option("--since", metavar="DATE", help="From this date on, like 2026-11-22 or 2026-11-22T14:02 (UTC).")
@pass_application
def command(application: Application, types: tuple[str, ...], since: str | None) -> None:
    """The chain of custody: what was done with the collection, by which program, when, and how it ended.

    Runs of crawls, recoveries, verifications, exports, proofs, imports, changes of keys, withholdings: each is an
    entry of the log, with its number there. What commands left that may not write the log (verify, export, prove) is
    logged with the next crawl; until then it is listed as not logged yet, and nothing vouches for it. A file among
    these that is no event is told as well.
    """
    from crawler.commands.views import parse_instant

    output = application.output
    collection = open_collection(application)
    start = parse_instant(since) if since else None

    def wanted(event: EventEntry) -> bool:
        return (not types or event.type.value in types) and (start is None or event.date >= start)

    output.result(f"{'entry':>7}  {'date (UTC)':<19}  {'type':<15} {'outcome':<7}  what was done")
    shown = _logged(output, collection, wanted) + _waiting(output, collection, wanted)
    if not shown:
        output.message("No events that fit.")


def _logged(output: Output, collection: Collection, wanted: Callable[[EventEntry], bool]) -> int:
    shown = 0
    log = collection.log()
    for index, event in _events(collection):
        if wanted(event):
            shown += 1
            signed = index < log.size
            output.record(_record(event, index, signed=signed))
            _line(output, event, str(index), "" if signed else "not signed yet")
    return shown


def _events(collection: Collection) -> Iterator[tuple[int, EventEntry]]:
    from archive.entry import EventEntry, parse_entry
    from archive.statements import statements

    for index, octets in statements(collection.log(), collection.catalogue, unsigned=True):
        entry = parse_entry(octets)
        if isinstance(entry, EventEntry):
            yield index, entry


def _waiting(output: Output, collection: Collection, wanted: Callable[[EventEntry], bool]) -> int:
    from archive.inbox import waiting

    left = list(waiting(collection.path))
    shown = 0
    for event in sorted((one.event for one in left if one.event is not None), key=_date):
        if wanted(event):
            shown += 1
            suspect = event.type.value not in LEFT_BEHIND
            output.record({**_record(event, None, signed=False), "suspect": suspect})
            note = (
                "not logged yet; no command leaves such an event: somebody put it there"
                if suspect
                else "not logged yet"
            )
            _line(output, event, "-", output.style(note, "bad" if suspect else "warn"))
    for one in left:
        if one.event is None:
            output.record({"type": "unreadable", "file": one.path.name, "problem": one.problem})
            output.message(f"inbox/{one.path.name} is no event and will not be logged: {one.problem}")
    return shown


def _date(event: EventEntry) -> datetime:
    return event.date


def _record(event: EventEntry, index: int | None, *, signed: bool) -> dict[str, Any]:
    from crawler.commands.views import instant

    return {
        "type": "event",
        "entry": index,
        "event": event.type.value,
        "date": instant(event.date),
        "agent": event.agent,
        "outcome": event.outcome.value,
        "detail": event.detail,
        "of": event.of,
        "object": event.object,
        "via": event.via,
        "logged": index is not None,
        "signed": signed,
    }


def _line(output: Output, event: EventEntry, index: str, note: str) -> None:
    from crawler.commands.views import minute

    about = [] if event.of is None else [f"of entry {event.of}"]
    about += [] if event.object is None else [event.object]
    detail = "; ".join(event.detail.split("\n"))
    words = one_line(", ".join([detail, *about]))
    mark = f"  [{note}]" if note else ""
    output.result(
        f"{index:>7}  {minute(event.date):<19}  {event.type.value:<15} {event.outcome.value:<7}  {words}"
        f"  ({one_line(event.agent)}{', left in the inbox' if event.via else ''}){mark}"
    )
