"""`khronika verify`: check that the evidence is intact, and who vouches for it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from crawler.cli import Application, Exit
from crawler.commands.base import Number, open_collection, pass_application
from crawler.commands.base import command as make_command
from crawler.output import Output, one_line

if TYPE_CHECKING:
    from archive.audit import Asked, FileVerdict, Summary
    from archive.collection import Collection
    from archive.digest import Digest
    from archive.finding import Finding

SHOWN = 50
"""Findings that people are shown without `-v`; one deleted WARC may hold a hundred thousand records."""


@make_command(
    "verify",
    examples=(
        "khronika verify",
        "khronika verify https://example.org/case/17@3",
        "khronika --json verify --sample 5",
        "khronika verify --against kept-elsewhere/checkpoint --trust VKEY",
        "khronika verify --at s3://bucket/collection --require-anchor",
    ),
    exits=(Exit.INTERRUPTED, Exit.VERIFICATION_FAILED, Exit.NO_COLLECTION),
)
@click.argument("captures", nargs=-1, metavar="[CAPTURE]...")
@click.option(
    "--sample",
    type=Number(min=0, max=100, min_open=True),
    metavar="P",
    help="Check P percent of the records, drawn by chance, and every file's presence and size.",
)
@click.option("--since", metavar="DATE", help="Only files with a record from DATE on: 2026-11-22, or with a time.")
@click.option(
    "--against",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="CHECKPOINT",
    help="A checkpoint of this log that was kept elsewhere: shows whether the log was rolled back or forked.",
)
@click.option(
    "--trust", metavar="VKEY", help="The root key or a log key, known from elsewhere: shows whether keys were replaced."
)
@click.option(
    "--require-anchor", is_flag=True, help="Fail unless a token or a cosignature from outside covers every record."
)
@click.option(
    "--at",
    "place",
    metavar="PLACE",
    help="Verify the copy at s3://BUCKET/PREFIX, or in a folder, instead of this collection.",
)
@click.option("--endpoint", metavar="URL", help="With --at: the S3 server, where it is not Amazon's.")
@click.option(
    "--jobs", type=click.IntRange(min=1), metavar="N", help="Files verified at a time; as many as there are processors."
)
@click.option("--resume", is_flag=True, help="Go on with a verification that was interrupted.")
@pass_application
def command(
    application: Application,
    captures: tuple[str, ...],
    sample: float | None,
    since: str | None,
    against: Path | None,
    trust: str | None,
    require_anchor: bool,
    place: str | None,
    endpoint: str | None,
    jobs: int | None,
    resume: bool,
) -> int:
    """Read the evidence again, every byte of it, and hold it against the signed log.

    A missing file, a missing record or a missing signature is a finding like an altered byte; then the exit status is
    6, and each finding names the file, the place and the record. It takes no lock and signs nothing; that it was run
    is left in inbox/ for the log.

    "ok" means: nothing is wrong, and somebody outside vouches for every record. "self-attested" means: nothing is
    wrong, and nobody outside vouches for it. What was not checked, and what the result does not mean, is listed with
    it. Interrupted with Ctrl-C, it can be gone on with: --resume.
    """
    _refuse(captures, sample, since=since, place=place, endpoint=endpoint, resume=resume)
    from archive.audit import verify, verify_copy
    from crawler.commands.views import find_capture

    output = application.output
    asked = _asked(
        sample=sample,
        since=since,
        against=against,
        trust=trust,
        require_anchor=require_anchor,
        jobs=jobs,
        resume=resume,
    )
    if place is not None:
        from archive.copy_store import store_at

        store = store_at(place, endpoint)
        with output.progress() as progress:
            summary, findings = _told(output, verify_copy(store, progress=progress, asked=asked))
    else:
        collection = open_collection(application)
        if captures:
            named = [find_capture(collection.catalogue, capture) for capture in captures]
            asked = _with(asked, captures=named)
        try:
            with output.progress() as progress:
                summary, findings = _told(output, verify(collection, progress=progress, asked=asked))
        except KeyboardInterrupt:
            advice = "" if captures or sample else "; khronika verify --resume goes on after the files that are done"
            output.message(f"Stopped{advice}.")
            return Exit.INTERRUPTED
        _leave(collection, summary, findings, part=bool(captures or sample or since))
    if findings > SHOWN and not output.verbose:
        output.result(f"  … and {findings - SHOWN} more findings: khronika -v verify, or --json, names them all")
    output.record({"type": "summary", **summary.as_record()})
    _conclude(output, summary, part=bool(captures or sample or since))
    return Exit.VERIFICATION_FAILED if summary.verdict == "failed" else Exit.DONE


def _refuse(
    captures: tuple[str, ...],
    sample: float | None,
    *,
    since: str | None,
    place: str | None,
    endpoint: str | None,
    resume: bool,
) -> None:
    """Refuse words that exclude each other."""
    parts = [name for name, given in (("CAPTURE", captures), ("--sample", sample), ("--since", since)) if given]
    if len(parts) > 1:
        raise click.UsageError(f"{parts[0]} and {parts[1]} exclude each other")
    if resume and (captures or sample):
        raise click.UsageError("--resume goes on with files, not with captures or a sample")
    if endpoint is not None and place is None:
        raise click.UsageError("--endpoint needs --at s3://BUCKET/PREFIX")
    if place is not None and (captures or sample or resume):
        raise click.UsageError("a copy is verified whole: no CAPTURE, --sample or --resume with --at")


def _asked(
    *,
    sample: float | None,
    since: str | None,
    against: Path | None,
    trust: str | None,
    require_anchor: bool,
    jobs: int | None,
    resume: bool,
) -> Asked:
    """What is to be verified. Raises UsageError, and ConfigError for a checkpoint or key that is none."""
    from archive.audit import Asked
    from archive.checkpoint import parse_checkpoint, parse_vkey
    from archive.errors import SignatureError, UsageError

    octets = None
    try:
        vkey = parse_vkey(trust) if trust is not None else None
        if against is not None:
            octets = against.read_bytes()
            parse_checkpoint(octets)
    except SignatureError as error:
        raise UsageError(str(error)) from error
    return Asked(
        sample=sample / 100 if sample else None,
        since=_date(since) if since is not None else None,
        against=octets,
        against_name=against.name if against is not None else "",
        trust=vkey,
        require_anchor=require_anchor,
        jobs=jobs or _processors(),
        resume=resume,
        keep_progress=True,
        text_digest=_text_digest,
    )


def _text_digest(octets: bytes) -> Digest:
    """The digest of the main text in a reading; asked for only where a reading is in doubt."""
    from pipelines.reading import Reading

    return Reading.from_json(octets).text_digest


def _with(asked: Asked, **words: Any) -> Asked:
    from dataclasses import replace

    return replace(asked, **words)


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _date(text: str) -> datetime:
    from archive.errors import UsageError
    from archive.header import parse_date

    date = parse_date(text) or parse_date(f"{text}Z")
    if date is None:
        raise UsageError(f"--since: expected a date in UTC, 2026-11-22 or 2026-11-22T01:00:00Z, found {text!r}")
    return date


def _told(output: Output, found: Iterator[Finding | FileVerdict | Summary]) -> tuple[Summary, int]:
    """Tell of what is found as it comes; the summary, and how many findings there were."""
    from archive.audit import FileVerdict, Summary

    findings = 0
    summary: Summary | None = None
    for item in found:
        if isinstance(item, Summary):
            summary = item
        elif isinstance(item, FileVerdict):
            output.record({"type": "file", **item.as_record()})
            if output.verbose:
                counts = ", ".join(f"{count} {verdict}" for verdict, count in item.records.items())
                output.result(f"  {one_line(item.file)}: {item.verdict}" + (f" ({counts})" if counts else ""))
        else:
            output.record({"type": "finding", **item.as_record()})
            findings += 1
            if findings <= SHOWN or output.verbose:
                mark = output.style("· ", "warn") if item.severity == "note" else output.style("✗ ", "bad")
                output.result(mark + one_line(str(item)))
    assert summary is not None, "verify ends with a summary"
    return summary, findings


def _leave(collection: Collection, summary: Summary, findings: int, *, part: bool) -> None:
    """Leave in the inbox that it was verified, for the log."""
    from archive import inbox
    from archive.entry import EventEntry, EventType, Outcome
    from archive.warc import SOFTWARE
    from archive.writer import utc_now
    from crawler.commands.views import count

    what = "a part of the evidence" if part else "the evidence"
    detail = (
        f"{what} verified against the log of {summary.size} entries, root {summary.root}: {summary.verdict}; "
        f"{count(summary.records, 'record')}, {count(summary.files, 'file')}, {count(findings, 'finding')}"
    )
    outcome = Outcome.FAILURE if summary.verdict == "failed" else Outcome.SUCCESS
    inbox.leave(collection.path, EventEntry(EventType.FIXITY_CHECK, utc_now(), SOFTWARE, outcome, detail))


def _conclude(output: Output, summary: Summary, *, part: bool) -> None:
    """Say what it came to."""
    from crawler.commands.views import count

    output.result(
        f"{count(summary.captures, 'capture')} · {count(summary.records, 'record')} · {count(summary.files, 'WARC')} · "
        f"{summary.octets} bytes read"
    )
    if set(summary.verdicts) - {"ok"}:
        told = ", ".join(f"{number} {verdict}" for verdict, number in sorted(summary.verdicts.items()))
        output.result(f"  records: {told}")
    if set(summary.file_verdicts) - {"ok"}:
        told = ", ".join(f"{number} {verdict}" for verdict, number in sorted(summary.file_verdicts.items()))
        output.result(f"  files: {told}")
    if summary.recovered:
        output.result(f"  {count(summary.recovered, 'record')} logged only after the run that wrote them was cut short")
    for copy, number in sorted(summary.read_at.items()):
        output.result(f"  {count(number, 'WARC')} read from the copy {one_line(copy)}, having been released here")
    failed = summary.verdict == "failed"
    output.result(output.style(f"{'✗' if failed else '✓'} {summary.verdict}", "bad" if failed else "good"))
    output.result(f"  time: {one_line(summary.time.words)}")
    for one in summary.vouched_by:
        output.result(one_line(f"  vouched for by the {one['kind']} {one['name']}: {one['size']} entries, {one['at']}"))
    if summary.records == 0 and not failed:
        output.result("  No record was checked, so nothing is known of any.")
    elif summary.verdict == "self-attested":
        where = "In what was checked, nothing" if part else "Nothing"
        output.result(f"  {where} is missing or altered. Nobody outside this collection vouches for all of that yet.")
    elif not failed:
        where = "In what was checked, nothing" if part else "Nothing"
        output.result(f"  {where} is missing or altered, and somebody outside this collection vouches for it.")
    for gap in summary.not_checked:
        output.result(one_line(f"  not checked: {gap}"))
    for limit in summary.means_not:
        output.result(f"  does not mean: {limit}")
    if failed:
        output.message("Keep the files as they are. docs/verifier.md says what each finding means and what to do.")
