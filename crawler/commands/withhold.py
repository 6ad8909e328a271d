"""`khronika withhold`: captures that are given out no more, on a ground that the log keeps."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from archive.errors import CaptureNotFoundError, UsageError
from crawler.cli import Application, Exit
from crawler.commands.base import command as make_command
from crawler.commands.base import open_collection, pass_application
from crawler.output import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from archive.capture import Capture
    from archive.catalogue import Catalogue
    from archive.collection import Collection
    from archive.erasure import Erased
    from archive.log import LogReader
    from archive.withholding import Scope, Withheld
    from archive.writer import Writer


@make_command(
    "withhold",
    examples=(
        'khronika withhold https://example.org/case/17@3 --ground "the wish of the family"',
        'khronika withhold urn:uuid:6d8e9c6e-4b2f-4f0e-9c39-1b8b5a3f6c02 --ground "a minor is named" --from-disk --yes',
        "khronika withhold --list",
        'khronika withhold --release https://example.org/case/17@3 --ground "the family agrees again" --yes',
    ),
    exits=(Exit.NO_COLLECTION, Exit.LOCKED),
)
@click.argument("captures", metavar="[CAPTURE]…", nargs=-1)
@click.option("--ground", metavar="TEXT", help="Why; it goes into the log, so it must name neither address nor person.")
@click.option("--by", "by", metavar="NAME", help="Who decides it, if that is to be in the log: a name or a role.")
@click.option("--from-disk", is_flag=True, help="Also take the bytes from the disk. This cannot be undone.")
@click.option("--release", is_flag=True, help="Give out again what is withheld from exports only.")
@click.option("--list", "list_them", is_flag=True, help="List what is withheld, and on what ground.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_application
def command(
    application: Application,
    captures: tuple[str, ...],
    ground: str | None,
    by: str | None,
    from_disk: bool,
    release: bool,
    list_them: bool,
    yes: bool,
) -> None:
    """Withhold captures: from now on their bytes, their text and what changed at them are given out by no command.

    What depends on them is listed first: revisits, which have no bytes but theirs, lose them too. Who, when, and on
    what ground goes into the log, one event a record. Nothing else changes: the log keeps the entry of each record,
    so all other proofs hold as before, and verify says "withheld".

    --from-disk also puts a placeholder of the same length in the place of each record, takes what was read out of the
    catalogue, and says what it cannot reach, such as backups. Stopped on its way, it is finished by the same command.

    CAPTURE as for khronika show; with --from-disk a record id, or the 14 digits of its date and its address.
    """
    from archive.withholding import checked_ground, checked_name

    if list_them:
        if captures or ground or from_disk or release:
            raise click.UsageError("--list stands alone")
        _list(application)
        return
    if release and from_disk:
        raise click.UsageError("--release and --from-disk exclude each other: what is taken from the disk is gone")
    if not captures:
        raise click.UsageError("expected a CAPTURE, found none (khronika withhold --list shows what is withheld)")
    if ground is None:
        raise click.UsageError("--ground: expected why, found nothing")
    name = None if by is None else checked_name(by)
    collection = open_collection(application)
    wanted = _named(collection, captures, from_disk=from_disk)
    reason = checked_ground(ground, [capture.url for capture in wanted])
    scope: Scope = "released" if release else "disk" if from_disk else "exports"
    _announce(application, collection, wanted, scope)
    _confirm(application, scope, yes=yes)
    _carry_out(application, collection, wanted, scope, reason, name)


def _named(collection: Collection, names: Sequence[str], *, from_disk: bool) -> list[Capture]:
    """The captures that are meant, each once.

    One that is to be taken from the disk must be named for good: the same command, given again to finish what was
    stopped, must not mean the capture that has its number now. One that is gone already is passed over.
    """
    from archive.withholding import withheld
    from crawler.commands.views import find_capture

    found: dict[str, Capture] = {}
    for name in names:
        lasting = name.startswith(("urn:", "<")) or re.match(r"[0-9]{14}/", name) is not None
        try:
            capture = find_capture(collection.catalogue, name)
        except CaptureNotFoundError:
            if from_disk and lasting and any(one.from_disk for one in withheld(collection.log()).values()):
                continue
            raise
        if from_disk and not lasting:
            raise UsageError(
                f"--from-disk: expected a capture by its record id or the 14 digits of its date, found {name!r}, which "
                f"means another one when it is gone; write {capture.timestamp}/{capture.url} or {capture.record_id}"
            )
        found[capture.record_id] = capture
    return list(found.values())


# --- before -----------------------------------------------------------------------------------------------------------


def _announce(application: Application, collection: Collection, wanted: Sequence[Capture], scope: Scope) -> None:
    """Say what is withheld and what depends on it."""
    from crawler.commands.views import minute

    output = application.output
    verb = {"exports": "withhold", "disk": "withhold, and take from the disk", "released": "give out again"}[scope]
    output.result(f"To {verb}:")
    for capture in wanted:
        output.result(f"  {minute(capture.captured_at)}  {printable(capture.url)}  {capture.record_id}")
        for kind, other in _dependents(collection.catalogue, capture, wanted):
            record = {"type": "dependent", "of": capture.record_id, "kind": kind, "record_id": other.record_id}
            output.record({**record, "timestamp": other.timestamp, "url": other.url})
            depends = (_FOLLOWS if scope == "released" else _DEPENDS)[kind]
            output.result(f"    {depends}: {minute(other.captured_at)}  {other.record_id}")


_DEPENDS = {
    "revisit": "loses its bytes too, a revisit of it",
    "original": "its bytes lie in another capture, which this does not withhold",
    "same-payload": "has the same bytes and is not withheld by this",
    "beside": "belongs to a browser's look at the page, and is not withheld by this",
}
_FOLLOWS = {
    "revisit": "has its bytes again too, a revisit of it",
    "original": "its bytes lie in another capture, which this does not give out again",
    "same-payload": "has the same bytes and is not touched by this",
    "beside": "belongs to a browser's look at the page, and is not touched by this",
}


def _dependents(catalogue: Catalogue, capture: Capture, wanted: Sequence[Capture]) -> list[tuple[str, Capture]]:
    """What else gives out a capture's bytes, or cannot any more."""
    named = {one.record_id for one in wanted}
    found = []
    for other in catalogue.captures_of(capture.url):
        if other.record_id in named:
            continue
        if other.refers_to == capture.record_id:
            found.append(("revisit", other))
        elif other.record_id == capture.refers_to:
            found.append(("original", other))
        elif capture.payload_digest is not None and other.payload_digest == capture.payload_digest:
            found += [("same-payload", other)] if not other.is_revisit else []
    known = named | {other.record_id for _, other in found}
    return found + [("beside", other) for other in _beside(catalogue, capture) if other.record_id not in known]


def _beside(catalogue: Catalogue, capture: Capture) -> Iterator[Capture]:
    """What a browser was given and made in the same crawl, when it looked at the page; the page's own capture."""
    page = capture.via if capture.by_browser else capture.url
    own = [other for other in catalogue.captures_of(capture.url) if other.crawl == capture.crawl]
    if capture.by_browser or any(other.by_browser for other in own):
        for other in catalogue.captures_in_crawl(capture.crawl):
            if other.via == page if other.by_browser else other.url == page:
                yield other


def _confirm(application: Application, scope: Scope, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("expected --yes where no terminal can be asked, found none; nothing was withheld")
    question = "This cannot be undone. Take it from the disk?" if scope == "disk" else "Go on?"
    click.confirm(question, abort=True, err=True)


# --- doing it ---------------------------------------------------------------------------------------------------------


def _carry_out(
    application: Application,
    collection: Collection,
    wanted: Sequence[Capture],
    scope: Scope,
    ground: str,
    by: str | None,
) -> None:
    from archive.erasure import erase
    from archive.withholding import format_detail, withheld
    from crawler.commands.views import count
    from crawler.passphrase import passphrase_for
    from crawler.search_index import erase_from_index

    output = application.output
    erased: Erased | None = None
    passphrase = passphrase_for(collection.path)
    with collection.writer(passphrase=passphrase) as writer:
        writer.checkpoint().result()
        log = collection.log()
        held = withheld(log)
        targets = {capture.record_id: _records(collection, log, held, capture) for capture in wanted}
        if scope == "released":
            _refuse_release(wanted, held)
        fresh = [
            index for records in targets.values() for record, index in records.items() if _is_new(held, record, scope)
        ]
        _log(writer, fresh, format_detail(scope, ground, by))
        writer.checkpoint().result()
        held = withheld(collection.log())
        unread = [] if scope == "released" else _forget_noise(collection, held, overwriting=scope == "disk")
        if scope == "disk":
            with output.progress() as progress:
                progress("taking the bytes from the disk")
                # before the catalogue forgets what is to be done: a run that is stopped is begun again from there
                words_left = erase_from_index(collection, sorted(one for one in held if held[one].from_disk))
                erased = erase(collection, writer, held)
                erased = replace(erased, kept=(*erased.kept, *([words_left] if words_left else ()), *unread))
    for capture in wanted:
        now = held.get(capture.record_id)
        output.record(
            {
                "type": "withheld" if now is not None else "released",
                "url": capture.url,
                "timestamp": capture.timestamp,
                "record_id": capture.record_id,
                "records": len(targets[capture.record_id]),
                **(_facts(now) if now is not None else {}),
            }
        )
    summary: dict[str, Any] = {"type": "summary", "scope": scope, "captures": len(wanted), "events": len(fresh)}
    if erased is not None:
        summary |= {"records": erased.records, "files": list(erased.files), "not_reached": list(erased.kept)}
    output.record(summary)
    done = {"exports": "withheld", "disk": "withheld", "released": "given out again"}[scope]
    if fresh or erased is not None:
        output.result(f"{count(len(wanted), 'capture')} {done}; {count(len(fresh), 'event')} in the log.")
    else:
        output.result("Withheld already, so nothing new is in the log: khronika withhold --list shows on what ground.")
    if erased is None:
        for where in unread:
            output.message(f"not reached: {where}")
    else:
        _after_erasure(application, collection, erased, passphrase)


def _forget_noise(collection: Collection, held: Mapping[str, Withheld], *, overwriting: bool) -> list[str]:
    """Take what is withheld out of the files of noise, which quote pages; where it may still be, in words."""
    from archive.withholding import Withholdings
    from archive.writer import utc_now
    from pipelines.noise_withheld import forget_withheld

    names = forget_withheld(
        collection.path, collection.catalogue, Withholdings(held), now=utc_now(), overwriting=overwriting
    )
    return [f"{name}, which cannot be read: mend it, and repeat the command" for name in names]


def _records(collection: Collection, log: LogReader, held: Mapping[str, Withheld], capture: Capture) -> dict[str, int]:
    """The records of a capture's exchange, by id, with the leaf index of each."""
    from archive.withholding import leaf_index

    catalogue = collection.catalogue
    rows = catalogue.records_of_exchange(capture)
    mine = held.get(capture.record_id)
    if mine is not None and mine.from_disk:
        # nothing but placeholders may be left: what belongs together was withheld by one command
        return {row.record_id: held[row.record_id].of for row in rows if row.record_id in held}
    ids = {record.record_id for record in collection.exchange_of(capture)}
    file = catalogue.file(capture.location.file)
    first = 0 if file is None or file.first_entry is None else file.first_entry
    return {row.record_id: leaf_index(log, row.record_id, first + row.n) for row in rows if row.record_id in ids}


def _is_new(held: Mapping[str, Withheld], record: str, scope: Scope) -> bool:
    before = held.get(record)
    if scope == "released":
        return before is not None
    return before is None or (scope == "disk" and not before.from_disk)


def _refuse_release(wanted: Sequence[Capture], held: Mapping[str, Withheld]) -> None:
    for capture in wanted:
        before = held.get(capture.record_id)
        name = f"{capture.timestamp}/{capture.url}"
        if before is None:
            raise UsageError(f"expected a capture that is withheld, found that {name} is not")
        if before.from_disk:
            raise UsageError(f"expected a capture that is withheld from exports only, found {name}: {before.words}")


def _log(writer: Writer, leaves: Sequence[int], detail: str) -> None:
    from archive.entry import EventEntry, EventType, Outcome
    from archive.warc import SOFTWARE
    from archive.writer import utc_now

    now = utc_now()
    events = [EventEntry(EventType.WITHHOLDING, now, SOFTWARE, Outcome.SUCCESS, detail, of=leaf) for leaf in leaves]
    if events:
        writer.append_entries([event.octets() for event in events]).result()


def _after_erasure(application: Application, collection: Collection, erased: Erased, passphrase: str | None) -> None:
    from crawler.commands.views import count
    from crawler.reading import read_everything

    output = application.output
    output.result(
        f"{count(erased.records, 'record')} taken from {count(len(erased.files), 'WARC')}; "
        f"{count(erased.captures, 'capture')} taken out of the catalogue."
    )
    for where in erased.kept:
        output.message(f"not reached: {where}")
    output.message("A site that still lists the page will be fetched with it again: site pause, or exclude it.")
    collection.close()
    with output.progress() as progress:
        read_everything(collection, progress=progress, passphrase=passphrase)


# --- the list ---------------------------------------------------------------------------------------------------------


def _facts(one: Withheld) -> dict[str, Any]:
    from crawler.commands.views import instant

    return {
        "since": instant(one.date),
        "ground": one.ground,
        "by": one.by,
        "from_disk": one.from_disk,
        "entry": one.entry,
    }


def _list(application: Application) -> None:
    from archive.erasure import unfinished
    from archive.withholding import withheld
    from crawler.commands.views import count

    output = application.output
    collection = open_collection(application)
    log, catalogue = collection.log(), collection.catalogue
    held = withheld(log)
    left = {place.entry.id for place in unfinished(catalogue, log, held)}
    names = {one: catalogue.capture(one) for one in sorted(catalogue.known_captures(sorted(held)))}
    for one in sorted(held.values(), key=lambda one: one.of):
        capture = names.get(one.record_id)
        output.record(
            {
                "type": "withheld",
                "record_id": one.record_id,
                "of": one.of,
                "url": capture and capture.url,
                "timestamp": capture and capture.timestamp,
                "finished": one.record_id not in left,
                **_facts(one),
            }
        )
        name = f"{capture.timestamp}/{printable(capture.url)}" if capture is not None else "a record"
        output.result(f"entry {one.of}  {one.record_id}  {name}")
        output.result(f"    {printable(one.words)}")
    if not held:
        output.message("Nothing is withheld.")
    if left:
        output.message(
            f"{count(len(left), 'record')} still to be taken from the disk: give the command of the withholding again."
        )
