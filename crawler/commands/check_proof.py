"""`khronika check-proof`: check an evidence bundle, offline, without a collection."""

from __future__ import annotations

from pathlib import Path

import click

from archive.errors import SignatureError, UsageError
from crawler.cli import Application, Exit
from crawler.commands.base import command as make_command
from crawler.commands.base import pass_application
from crawler.output import one_line

SHOWN = 50
"""Findings that people are shown without `-v`."""


@make_command(
    "check-proof",
    examples=(
        "khronika check-proof case-17.zip",
        "khronika check-proof case-17.zip --trust log.khronika.invalid/0f3a…/root+27acb262+AXKL…",
        "khronika --json check-proof case-17.zip",
    ),
    exits=(Exit.VERIFICATION_FAILED,),
)
@click.argument("bundle", metavar="FILE", type=click.Path(path_type=Path))
@click.option(
    "--trust",
    "trusted",
    metavar="KEY",
    multiple=True,
    help="A key of the archive, of the root or of the log, that you have from elsewhere. May be repeated.",
)
@pass_application
def command(application: Application, bundle: Path, trusted: tuple[str, ...]) -> int:
    """Check an evidence bundle: every record, proof, key, time-stamp and text in it. No collection is needed.

    Whatever is missing or does not hold is a finding, and then the exit status is 6. "self-attested" means: nothing is
    wrong, and nobody but the archive vouches for it. Without --trust the bundle names its own keys. What a bundle
    cannot show is listed at the end.

    verify_bundle.py in the bundle checks the same with Python alone, but for the signatures of the time-stamps.
    """
    from archive.bundle_check import BundleSummary, check_bundle
    from archive.checkpoint import parse_vkey

    output = application.output
    try:
        keys = [parse_vkey(key) for key in trusted]
    except SignatureError as error:
        raise UsageError(f"--trust: {error}") from error
    if not bundle.is_file():
        raise UsageError(f"expected an evidence bundle, found no file {bundle.name}")
    summary: BundleSummary | None = None
    findings = 0
    for found in check_bundle(bundle, keys):
        if isinstance(found, BundleSummary):
            summary = found
            continue
        findings += 1
        output.record({"type": "finding", **found.as_record()})
        if findings <= SHOWN or output.verbose:
            output.result(output.style("✗ ", "bad") + one_line(str(found)))
    assert summary is not None, "check_bundle ends with a summary"
    output.record({"type": "summary", **summary.as_record()})
    if findings > SHOWN and not output.verbose:
        output.result(f"  … and {findings - SHOWN} more findings: -v or --json names them all")
    _say(application, summary, trusted=bool(keys))
    return Exit.VERIFICATION_FAILED if summary.verdict == "failed" else Exit.DONE


def _say(application: Application, summary: object, *, trusted: bool) -> None:
    from archive.bundle_check import BundleSummary
    from crawler.commands.views import count, instant

    assert isinstance(summary, BundleSummary)
    output, facts = application.output, summary.facts
    failed = summary.verdict == "failed"
    output.result(
        f"{count(summary.captures, 'capture')} · {count(summary.records, 'record')} · {count(summary.files, 'file')}"
    )
    output.result(output.style(f"{'✗' if failed else '✓'} {summary.verdict}", "bad" if failed else "good"))
    if facts is not None:
        for one in facts.captures:
            late = ", logged after a recovery" if one.recovered else ""
            output.result(f"  {one_line(one.url)}")
            output.result(f"    {instant(one.record.date)} by the archive's clock, {one.record.type}{late}")
        output.result(f"  root key      {one_line(facts.root_key)}{' (trusted)' if trusted else ''}")
        if facts.since is not None:
            output.result(f"  logged after  {instant(facts.since)}")
        for stamp in facts.stamps:
            output.result(
                f"  logged before {instant(stamp.time)} (time-stamp by {one_line(stamp.authority)}, it holds)"
            )
        for name, at in facts.witnesses:
            output.result(f"  seen by the witness {one_line(name)} at {instant(at)}")
        if not facts.stamps and not facts.witnesses and not failed:
            output.result("  Nobody outside the archive vouches for it: no time-stamp, no witness.")
    for gap in summary.not_checked:
        output.result(f"  not shown: {one_line(gap)}")
