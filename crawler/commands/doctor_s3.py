"""`khronika doctor s3`: what an S3 server really does, tried on the server itself."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from archive.errors import KhronikaError, NoCollectionError, StateError, UsageError
from crawler.cli import Application, Exit
from crawler.commands.base import command as make_command
from crawler.commands.base import open_collection, pass_application
from crawler.output import one_line

if TYPE_CHECKING:
    from archive.collection import Collection
    from archive.s3_connection import S3Place
    from archive.target_probe import Left, Probe, ProbeFinding
    from crawler.keep_policy import CopyPolicy


@make_command(
    "s3",
    examples=(
        "khronika doctor s3 s3://my-bucket/ledger",
        "khronika doctor s3 s3://my-bucket/ledger --endpoint https://s3.example.org --lock governance",
        "khronika -C my-archive doctor s3 vault",
    ),
    exits=(Exit.VERIFICATION_FAILED, Exit.INTERRUPTED),
)
@click.argument("place", metavar="PLACE")
@click.option("--endpoint", metavar="URL", help="Address of an S3 server that is not Amazon's.")
@click.option(
    "--lock",
    type=click.Choice(["none", "governance", "compliance"]),
    help="The lock that the copy is to have: then a server that cannot keep it is no good. Default: the copy's own.",
)
@pass_application
def command(application: Application, place: str, endpoint: str | None, lock: str | None) -> int:
    """Try what an S3 server really does with files, versions, checksums and locks, and say what that is worth.

    PLACE is s3://BUCKET/PREFIX, or the name of a [[copy]] in khronika.toml; what is found out about such a copy is
    kept, and khronika copies goes by it. Small objects are put below PREFIX/khronika-probe and removed again; one that
    a lock holds for a minute is named, and the next probe removes it. With --lock compliance there always is one.

    Who may write there is boto3's own affair: its environment variables, configuration files and roles (docs/s3.md).
    Exit status 6 when the server loses or alters what it takes, says what is not true, or cannot keep the lock asked
    for; a thing that it cannot do and does not claim is told, and no failure. 1 when it could not be tried.
    """
    from archive.s3_probe import probe_s3

    output = application.output
    collection = _collection(application)
    policy, at = _place(collection, place, endpoint)
    wanted = lock or (policy.lock if policy is not None else "none")
    with output.progress() as progress:
        probe = probe_s3(
            at,
            lock=wanted,
            on_check=lambda finding: _tell(application, finding),
            on_left=lambda left: output.message(f"Not removed: {_left(left)}"),
            progress=progress,
        )
    kept = policy is not None and collection is not None and _keep(application, collection, policy, probe)
    output.record({"type": "summary", "place": str(at), **probe.as_record(), "kept": kept})
    for line in probe.conclusions():
        output.result(line)
    return Exit.VERIFICATION_FAILED if probe.bad else Exit.DONE


def _tell(application: Application, finding: ProbeFinding) -> None:
    from archive.target_probe import TITLES, Weight

    output = application.output
    output.record({"type": "check", **finding.as_record()})
    mark = {
        Weight.GOOD: output.style("✓", "good"),
        Weight.WEAK: output.style("·", "warn"),
        Weight.BAD: output.style("✗", "bad"),
        Weight.UNKNOWN: output.style("?", "warn"),
    }[finding.weight]
    output.result(f"{mark} {TITLES[finding.check]:<30} {one_line(finding.found)}")
    output.result(f"    {finding.means}")


def _left(left: Left) -> str:
    key = one_line(left.key)
    if left.until is not None:
        return f"{key}, locked until {left.until:%Y-%m-%d %H:%M:%S} UTC; the next probe removes it"
    return f"{key}: {one_line(left.reason)}"


def _collection(application: Application) -> Collection | None:
    try:
        return open_collection(application)
    except NoCollectionError:
        return None


def _place(collection: Collection | None, text: str, endpoint: str | None) -> tuple[CopyPolicy | None, S3Place]:
    """The copy that is meant, if it is one of khronika.toml's, and its place."""
    from archive.s3_connection import parse_place

    policies = _policies(collection)
    if "://" in text or text.startswith("s3:"):
        place = parse_place(text, endpoint)
        same = [one for one in policies if one.is_s3 and parse_place(one.to, one.endpoint) == place]
        return (same[0] if same else None), place
    policy = next((one for one in policies if one.name == text), None)
    if policy is None:
        known = ", ".join(one.name for one in policies) or "none"
        raise UsageError(f"expected s3://BUCKET/PREFIX, or a copy that khronika.toml names ({known}), found {text!r}")
    if not policy.is_s3:
        raise UsageError(f"expected a copy on S3, found {policy.name!r}, which is a folder")
    if endpoint is not None and endpoint != policy.endpoint:
        raise UsageError(f"--endpoint: expected none, since khronika.toml says where {policy.name!r} is, found one")
    return policy, parse_place(policy.to, policy.endpoint)


def _policies(collection: Collection | None) -> tuple[CopyPolicy, ...]:
    from crawler.config import load_config

    if collection is None:
        return ()
    try:
        return tuple(load_config(collection.config_path).copies)
    except FileNotFoundError:
        return ()


def _keep(application: Application, collection: Collection, policy: CopyPolicy, probe: Probe) -> bool:
    """Keep what was found out in the state; whether that was done."""
    from archive.state import State

    try:
        state = State.open(collection.path, readonly=False)
        try:
            state.copies.note_probe(policy.name, probe.as_record(), datetime.now(UTC))
        finally:
            state.close()
    except StateError:
        application.output.message("Nothing was pushed there yet: what was found is not kept. Probe again after it.")
        return False
    except KhronikaError as error:
        application.output.message(f"What was found is not kept: {error}")
        return False
    return True
