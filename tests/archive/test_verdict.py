"""The checker for anybody's WARCs: each case of the matrix has its verdict, and each finding names the place."""

from __future__ import annotations

from pathlib import Path

import pytest
from warc_matrix import MATRIX, make

from archive.finding import Finding
from archive.verdict import UNSEEN, Report, check


def checked(path: Path, name: str | None = None) -> tuple[list[Finding], Report]:
    """What is found in a file, and the report."""
    *findings, report = check(path, name)
    assert isinstance(report, Report)
    return [finding for finding in findings if isinstance(finding, Finding)], report


@pytest.mark.parametrize("name", MATRIX)
def test_each_case_of_the_matrix_has_its_verdict_and_its_findings(tmp_path: Path, name: str) -> None:
    case = MATRIX[name]
    path, ids, offsets = make(tmp_path, case)

    findings, report = checked(path)

    assert {
        (found.severity, found.kind, found.rule, found.clause, found.offset, found.record_id) for found in findings
    } == {
        (
            *(said.severity, said.kind, said.rule, said.clause, offsets[said.at]),
            None if said.of is None else ids[said.at if said.of == -1 else said.of],
        )
        for said in case.said
    }, findings
    assert len(findings) == len(case.said)
    assert report.verdict is case.verdict
    assert report.file == path.name
    assert any(case.not_checked in gap for gap in report.not_checked) or not report.records
    if case.unseen:
        assert UNSEEN in report.not_checked
