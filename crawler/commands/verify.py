"""`khronika verify`: check that the evidence is intact."""

from __future__ import annotations

import click

from crawler.cli import Application, Exit
from crawler.commands.base import Number, open_collection, pass_application
from crawler.commands.base import command as make_command
from crawler.output import printable

SHOWN = 50
"""Findings that people are shown without `-v`; one deleted WARC may hold a hundred thousand records."""


@make_command(
    "verify",
    examples=(
        "khronika verify",
        "khronika verify https://example.org/case/17@3",
        "khronika --json verify --sample 5",
    ),
    exits=(Exit.VERIFICATION_FAILED, Exit.NO_COLLECTION),
)
@click.argument("captures", nargs=-1, metavar="[CAPTURE]...")
@click.option(
    "--sample",
    type=Number(min=0, max=100, min_open=True),
    metavar="P",
    help="Check P percent of the records, drawn by chance, and every file's presence and size.",
)
@pass_application
def command(application: Application, captures: tuple[str, ...], sample: float | None) -> int:
    """Read the evidence again, every byte of it, and hold it against its own digests and the catalogue.

    A missing file, a missing record or a missing digest is a finding like an altered byte; then the exit status is
    6, and each finding names the file, the place and the record. It takes no lock and changes nothing.

    "self-attested" means: nothing is wrong, and nobody outside vouches for it. What the result does not show is
    listed with it.
    """
    from archive.audit import Summary, verify
    from crawler.commands.views import count, find_capture

    output = application.output
    collection = open_collection(application)
    named = [find_capture(collection.catalogue, capture) for capture in captures] or None
    summary: Summary | None = None
    findings = 0
    with output.progress() as progress:
        for found in verify(collection, captures=named, sample=sample / 100 if sample else None, progress=progress):
            if isinstance(found, Summary):
                summary = found
                continue
            output.record({"type": "finding", **found.as_record()})
            findings += 1
            if findings <= SHOWN or output.verbose:
                output.result(output.style("✗ ", "bad") + printable(str(found)))
    if findings > SHOWN and not output.verbose:
        output.result(f"  … and {findings - SHOWN} more findings: khronika -v verify, or --json, names them all")
    assert summary is not None, "verify ends with a summary"
    output.record({"type": "summary", **summary.as_record()})
    output.result(
        f"{count(summary.captures, 'capture')} · {count(summary.records, 'record')} · {count(summary.files, 'WARC')} · "
        f"{summary.octets} bytes read"
    )
    failed = summary.verdict == "failed"
    output.result(output.style(f"{'✗' if failed else '✓'} {summary.verdict}", "bad" if failed else "good"))
    if summary.records == 0 and not failed:
        output.result("  No record was checked, so nothing is known of any.")
    elif not failed:
        part = "In what was checked, nothing" if named or sample else "Nothing"
        output.result(f"  {part} is missing or altered. Nobody outside this collection vouches for that yet.")
    for gap in summary.not_checked:
        output.result(f"  not shown: {gap}")
    if failed:
        output.message("Keep the files as they are. docs/verifier.md says what each finding means and what to do.")
    return Exit.VERIFICATION_FAILED if failed else Exit.DONE
