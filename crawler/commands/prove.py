"""`khronika prove`: an evidence bundle for captures, to hand to a court or a newsroom."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from archive.errors import BundleError
from crawler.cli import Application, Exit
from crawler.commands.at_place import collection_at, reads_copies
from crawler.commands.base import command as make_command
from crawler.commands.base import pass_application

if TYPE_CHECKING:
    from archive.bundle import Made
    from archive.collection import Collection


@make_command(
    "prove",
    examples=(
        "khronika prove https://example.org/cases/17@3 -o case-17.zip",
        "khronika prove 20261122/https://example.org/cases/17 20261201/https://example.org/cases/17 -o case-17.zip",
        "khronika prove --at s3://bucket/collection urn:uuid:6d8e9c6e-4b2f-4f0e-9c39-1b8b5a3f6c02 -o case-17.zip",
    ),
    exits=(Exit.VERIFICATION_FAILED, Exit.NO_COLLECTION),
)
@click.argument("captures", nargs=-1, required=True, metavar="CAPTURE...")
@click.option(
    "-o", "--output", "target", metavar="FILE", required=True, type=click.Path(path_type=Path), help="The zip to make."
)
@reads_copies
@pass_application
def command(
    application: Application,
    captures: tuple[str, ...],
    target: Path,
    place: str | None,
    endpoint: str | None,
    trust: str | None,
) -> int:
    """Make an evidence bundle: the records of the captures, and all that is needed to check them without you.

    The bundle holds the records as they are stored, a proof for each that it is in the signed log, the earliest
    checkpoint with a time-stamp that covers them all, the signatures of witnesses, a statement in English and in
    Russian of what that shows and what it does not, and verify_bundle.py, with which anybody can check it. It tells
    nothing of other captures. A revisit comes with its original. What is withheld is refused.

    The bundle is checked before it gets its name; the log will say that it was made. CAPTURE is as with `show`.
    Exit status 6: the evidence is not what the log says, so that no bundle was made.

    With --at the bundle is made straight from a copy, whose log is checked first. Captures named by record id cost the
    WARCs that they are in; others all of them, once. Nothing is logged there: note down yourself what you handed out.
    """
    with collection_at(application, place, endpoint, trust, captures) as collection:
        made = _made(application, collection, captures, target)
    if made is None:
        return Exit.VERIFICATION_FAILED
    _say(application, made)
    if place is not None:
        application.output.message("It was made from a copy, so the log of the collection will not say so.")
    return Exit.DONE


def _made(application: Application, collection: Collection, captures: tuple[str, ...], target: Path) -> Made | None:
    """The bundle; None where the evidence is not what the log says."""
    from archive.bundle import make_bundle
    from archive.errors import RecordError
    from archive.writer import utc_now
    from crawler.commands.views import find_capture, refuse_withheld, withholdings

    found = [find_capture(collection.catalogue, capture) for capture in captures]
    held = withholdings(collection)
    for capture in found:
        refuse_withheld(held, capture)
    try:
        return make_bundle(collection, found, target, now=utc_now, check=_check)
    except (UnsoundError, RecordError) as error:
        application.output.message(f"khronika: no bundle was made: {error}")
        return None


class UnsoundError(BundleError):
    """The bundle that was made does not hold."""


def _check(path: Path) -> None:
    """Hold the bundle to what whoever receives it will."""
    from archive.bundle_check import check_bundle
    from archive.finding import Finding

    for found in check_bundle(path):
        if isinstance(found, Finding):
            raise UnsoundError(f"expected a bundle that holds, found: {found}")


def _say(application: Application, made: Made) -> None:
    from crawler.commands.views import count, instant
    from crawler.output import printable

    output, facts = application.output, made.facts
    output.record(
        {
            "type": "bundle",
            "captures": [f"<{one.record.record_id}>" for one in facts.captures],
            "records": facts.records,
            "recovered": facts.recovered,
            "digest": str(made.digest),
            "size": facts.size,
            "logged_after": facts.since and instant(facts.since),
            "logged_before": facts.until and instant(facts.until),
            "authorities": [stamp.authority for stamp in facts.stamps],
            "witnesses": [name for name, _ in facts.witnesses],
            "root_key": facts.root_key,
        }
    )
    counts = f"{count(len(facts.captures), 'capture')}, {count(facts.records, 'record')}"
    output.result(f"Wrote {printable(made.path.name)}: {counts}")
    if facts.since is not None:
        output.result(f"  logged after  {instant(facts.since)}")
    for stamp in facts.stamps:
        output.result(f"  logged before {instant(stamp.time)} (time-stamp by {printable(stamp.authority)})")
    for name, at in facts.witnesses:
        output.result(f"  seen by the witness {printable(name)} at {instant(at)}")
    if not facts.stamps and not facts.witnesses:
        output.result("  Nobody outside vouches for it: no checkpoint over it has a time-stamp or a cosignature.")
    if facts.recovered:
        output.result(f"  {count(facts.recovered, 'record')} logged after a recovery; the bundle says so")
    for one in facts.captures:
        if one.warcinfo.get("description"):
            output.message(f"The file's first record, which goes with it, says: {one.warcinfo['description']}")
    output.result(f"  root key      {printable(facts.root_key)}")
    output.message("Give whoever receives it the root key by another way than the bundle: it tells whose log this is.")
    if not made.noted:
        output.message("The collection's inbox cannot be written: the log will not say that this bundle was made.")
