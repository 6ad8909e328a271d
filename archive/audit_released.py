"""The audit of a WARC that was released: it is read whole from its copies, until one gives what the log says.

A copy that gives something else, or nothing, is told of and passed over. Where none could even be reached, nothing is
known of the file: that is a finding, and never taken for sound. Whether each single copy is good is another question,
which `khronika copies check` asks.
"""

from __future__ import annotations

from collections.abc import Callable

from archive.audit_catalogue import CatalogueFacts
from archive.audit_file import FileResult, FileTask, Verdict, audit_file, fails
from archive.finding import Finding, FindingKind, Severity
from archive.held_files import FileCopy, HeldFiles, Released


def audit_released(
    held: HeldFiles,
    released: Released,
    task: FileTask,
    facts: CatalogueFacts | None,
    advance: Callable[[int], None] = lambda done: None,
) -> FileResult:
    """Verify one released file. Raises CatalogueError when the catalogue's rows mean nothing."""
    wrong: FileResult | None = None
    told: list[Finding] = []
    for number, one in enumerate(released.copies):
        result = audit_file(held.at(released, one), task, facts, advance if number == 0 else lambda done: None)
        bad = [finding for finding in result.findings if fails(finding) and finding.file == task.entries.name]
        if not bad and not result.sealed:
            # a local file may have been compressed anew by its owner; a copy is the file that was sealed, or none
            bad = [_not_sealed(released, task)]
            result.findings.extend(bad)
        if not bad:
            result.read_at = one.copy
            result.findings = [*told, *result.findings]
            return result
        told.append(_passed_over(task, one, result, bad[0]))
        if result.unreached is None and wrong is None:
            result.read_at = one.copy
            wrong = result
    if wrong is None:
        return _unreached(released, task, told)
    wrong.findings = [*wrong.findings, *told]
    return wrong


def _passed_over(task: FileTask, one: FileCopy, result: FileResult, bad: Finding) -> Finding:
    """That a copy did not give what the log says; a note, as long as another does."""
    kind = FindingKind.NOT_CHECKED if result.unreached is not None else bad.kind
    found = f"the copy {one.copy} not to give it: {result.unreached or bad.statement}"
    where = (task.entries.name, bad.offset, None, None)
    expected = "the file in every copy that it was released for"
    return Finding(kind, *where, expected, found, severity=Severity.NOTE)


def _not_sealed(released: Released, task: FileTask) -> Finding:
    where = (task.entries.name, None, None, None)
    expected = f"the file {released.digest}, {released.size} octets, as it was released"
    return Finding(FindingKind.ALTERED, *where, expected, "other octets in its copy")


def _unreached(released: Released, task: FileTask, told: list[Finding]) -> FileResult:
    entries = task.entries
    result = FileResult(entries.name, recovered=entries.recovered)
    result.records[Verdict.NOT_CHECKED] = entries.records
    names = ", ".join(one.copy for one in released.copies) or "none that khronika.toml still names"
    expected = f"the file, {entries.records} records in {released.size} octets, which was released, from a copy of it"
    found = f"no copy that could be read ({names})"
    result.findings = [Finding(FindingKind.NOT_CHECKED, entries.name, None, None, None, expected, found), *told]
    result.not_checked.append(f"{entries.name}, which was released: no copy of it could be read")
    return result
