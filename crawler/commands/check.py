"""`khronika check`: is this WARC sound? Any tool's WARC, no collection needed."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crawler.cli import Application, Exit
from crawler.commands.base import command as make_command
from crawler.commands.base import pass_application
from crawler.output import Output, Progress, printable

if TYPE_CHECKING:
    from archive.finding import Finding
    from archive.verdict import Report

SHOWN = 20
"""Defects of one kind that people are shown of one file without `-v`."""

_STDIN = "-"
_MARKS = {
    "sound": ("✓", "good"),
    "sound-with-deviations": ("✓", "warn"),
    "defective": ("✗", "bad"),
    "not-a-warc": ("✗", "bad"),
    "not-checked": ("✗", "bad"),
}
_STYLES = {"defect": "bad", "deviation": "warn", "note": "dim"}


@make_command(
    "check",
    examples=(
        "khronika check crawl.warc.gz",
        "khronika check --strict from-elsewhere/",
        "khronika --json check collection.wacz",
        "zcat crawl.warc.gz | khronika check -",
    ),
    exits=(Exit.VERIFICATION_FAILED, Exit.INTERRUPTED),
)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--strict", is_flag=True, help="Deviations that other tools are known for count as defects.")
@pass_application
def command(application: Application, files: tuple[str, ...], strict: bool) -> int:
    """Say whether a WARC is sound: every record, digest and rule of the standard. No collection is needed.

    FILE is a WARC of any tool (.warc, .warc.gz, .warc.zst), a WACZ, a folder of such files, or - for standard input.
    A finding is a defect (the standard is broken, or octets are not what was written), a deviation (against the letter,
    as some tools are known to write; the finding names them) or a note. Each names the record, its offset and the
    clause.

    The exit status is 0 where every file is sound, with or without deviations, and 6 where one is defective, is no
    WARC, or was not read to its end. What no check of a single file can show is listed at the end.
    """
    output = application.output
    sources = list(_sources(files))
    names = _names([source.path for source in sources])
    total = _Total()
    with output.progress() as progress:
        for source, name in zip(sources, names, strict=True):
            report, groups = _check(output, progress, source, name)
            total.add(report, strict=strict)
            _show_report(output, report, strict=strict)
            for severity in _STYLES:
                for (of, rule), group in groups.items():
                    if of == severity:
                        _show_group(output, severity, rule, group)
    total.not_checked += [text for source in sources if (text := source.left_out)]
    output.record({"type": "summary", **total.as_record()})
    if len(sources) > 1:
        output.result(_summary_line(total))
    for gap in total.not_checked:
        output.result(f"  not shown: {printable(gap)}")
    return Exit.DONE if total.sound else Exit.VERIFICATION_FAILED


# --- what is checked -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Source:
    """A file that was named or found."""

    path: Path
    left_out: str = ""
    """What was not looked at for it."""
    empty: bool = False
    """A folder in which nothing was found."""


def _sources(files: Sequence[str]) -> Iterator[_Source]:
    from archive.verdict import SUFFIXES

    for text in files:
        path = Path(text)
        if text == _STDIN or not path.is_dir():
            yield _Source(path)
            continue
        inside = [Path(folder) / name for folder, _, names in os.walk(path) for name in names]
        found = sorted(each for each in inside if each.name.lower().endswith(SUFFIXES))
        others = len(inside) - len(found)
        left_out = f"files in {path.name or path} whose names are not those of WARCs, {others}" if others else ""
        if not found:
            yield _Source(path, left_out, empty=True)
        for n, each in enumerate(found):
            yield _Source(each, left_out if n == 0 else "")


def _names(paths: Sequence[Path]) -> list[str]:
    """What the files are called in findings: no more of their folders than tells them apart."""
    length = 1
    while True:
        names = ["/".join(path.parts[-length:]).lstrip("/") or str(path) for path in paths]
        counts = Counter(names)
        if max(counts.values(), default=1) == 1 or all(len(path.parts) <= length for path in paths):
            return names
        length += 1


def _check(
    output: Output, progress: Progress, source: _Source, name: str
) -> tuple[Report, dict[tuple[str, str], _Group]]:
    """Check one file: the report on it, and its findings by severity and rule; programs are told them at once."""
    from archive.finding import Finding

    groups: dict[tuple[str, str], _Group] = {}
    report: Report | None = None

    def advance(done: int, total: int) -> None:
        progress(f"Checking {name} (MiB)", done >> 20, max(1, total >> 20))

    for found in _found(source, name, advance):
        if isinstance(found, Finding):
            output.record({"type": "finding", **found.as_record()})
            if not output.as_json:
                group = groups.setdefault((found.severity.value, found.rule), _Group())
                group.add(found, all_of_them=output.verbose)
        else:
            report = found
    assert report is not None, "a check ends with a report"
    return report, groups


def _found(source: _Source, name: str, advance: Callable[[int, int], None]) -> Iterator[Finding | Report]:
    from archive import verdict

    if source.empty:
        yield verdict.unchecked(name, "a folder without a file that is named like a WARC")
    elif str(source.path) == _STDIN:
        # a WARC is read to and fro: what comes through a pipe is kept in a file without a name meanwhile
        with tempfile.TemporaryFile() as kept:
            shutil.copyfileobj(sys.stdin.buffer, kept)
            yield from verdict.check_open(kept, "standard input", kept.tell(), advance=advance)
    elif _is_pipe(source.path):
        yield verdict.unchecked(name, "a pipe or a device: give it as standard input, with - for its name")
    else:
        yield from verdict.check(source.path, name, advance=advance)


def _is_pipe(path: Path) -> bool:
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


# --- what is said ----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Group:
    """Findings of one rule in one file."""

    count: int = 0
    first: list[Finding] = field(default_factory=list)

    def add(self, finding: Finding, *, all_of_them: bool) -> None:
        self.count += 1
        if all_of_them or len(self.first) < SHOWN:
            self.first.append(finding)


@dataclass(slots=True)
class _Total:
    """All files together."""

    verdicts: Counter[str] = field(default_factory=Counter)
    records: int = 0
    octets: int = 0
    defects: int = 0
    deviations: int = 0
    notes: int = 0
    sound: bool = True
    not_checked: list[str] = field(default_factory=list)

    def add(self, report: Report, *, strict: bool) -> None:
        record = report.as_record()
        self.verdicts[_verdict_of(report, strict=strict)] += 1
        self.records += report.records
        self.octets += report.octets
        self.defects += record["defects"]
        self.deviations += record["deviations"]
        self.notes += record["notes"]
        self.sound = self.sound and report.sound and not (strict and record["deviations"])
        for gap in report.not_checked:
            text = gap if report.records and gap.startswith("records taken out") else f"{report.file}: {gap}"
            if text not in self.not_checked:
                self.not_checked.append(text)

    def as_record(self) -> dict[str, object]:
        worst = ("defective", "not-checked", "not-a-warc", "sound-with-deviations", "sound")
        return {
            "verdict": next((verdict for verdict in worst if self.verdicts[verdict]), "not-checked"),
            "files": self.verdicts.total(),
            "records": self.records,
            "octets": self.octets,
            "defects": self.defects,
            "deviations": self.deviations,
            "notes": self.notes,
            "not_checked": self.not_checked,
        }


def _verdict_of(report: Report, *, strict: bool) -> str:
    return "defective" if strict and report.verdict.value == "sound-with-deviations" else report.verdict.value


def _show_report(output: Output, report: Report, *, strict: bool) -> None:
    from crawler.commands.views import count

    verdict = _verdict_of(report, strict=strict)
    output.record({"type": "file", **report.as_record(), "verdict": verdict})
    mark, style = _MARKS[verdict]
    read = f"{report.form}, {count(report.records, 'record')}, {report.octets} bytes"
    words = output.style(f"{mark} {verdict.replace('-', ' ')}", style)
    output.result(f"{words}: {printable(report.file)} ({read})")
    if report.reason:
        output.result(f"  {printable(report.reason)}")


def _show_group(output: Output, severity: str, rule: str, group: _Group) -> None:
    from archive.rules import RULES

    label = output.style(severity, _STYLES[severity])
    # many of the same are one line: whoever wants each of them asks with -v or --json
    apart = group.first if severity == "defect" or output.verbose else group.first[:1]
    if len(apart) == group.count:
        for finding in apart:
            output.result(f"  {label} {printable(str(finding))}")
        return
    first = group.first[0]
    if severity == "defect":
        for finding in apart:
            output.result(f"  {label} {printable(str(finding))}")
        output.result(f"  … and {group.count - len(apart):,} more: {RULES[rule]}; -v or --json names them all")
    else:
        output.result(f"  {label} {group.count:,} times: {RULES[rule]}; first {printable(str(first))}")


def _summary_line(total: _Total) -> str:
    counts = ", ".join(f"{number} {verdict.replace('-', ' ')}" for verdict, number in total.verdicts.most_common())
    return f"{total.verdicts.total()} files: {counts}"
