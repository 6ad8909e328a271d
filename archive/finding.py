"""What a check says: one thing that is wrong, where it is, and how much it weighs."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any


class FindingKind(enum.StrEnum):
    """What is wrong."""

    ALTERED = "altered"  # octets are not those that were stored
    MISSING = "missing"  # something that must be there is not
    INSERTED = "inserted"  # something is there that was not stored
    REORDERED = "reordered"  # records are not in the order in which they were stored
    TRUNCATED = "truncated"  # the end is missing
    MALFORMED = "malformed"  # not as the standard has it
    UNDIGESTED = "undigested"  # nothing to hold the octets against
    UNSIGNED = "unsigned"  # no signature where one must be
    WRONG_SIGNER = "wrong-signer"  # signed by a key that may not sign this
    FORKED = "forked"  # two histories under one name
    ROLLED_BACK = "rolled-back"  # less of the log than was signed before
    TIME_UNPROVEN = "time-unproven"  # a time-stamp that is asked for is missing or does not hold
    WITHHELD = "withheld"  # octets taken out on purpose, and the taking out is in the log
    NOT_CHECKED = "not-checked"  # nothing is known of it: no copy that has it could be reached


class Severity(enum.StrEnum):
    """How much a finding weighs."""

    DEFECT = "defect"  # the standard is broken, or octets are not what was written
    DEVIATION = "deviation"  # against the letter, and readers live with it
    NOTE = "note"  # allowed, and unwise or worth knowing


@dataclass(frozen=True, slots=True)
class Problem:
    """Where a record departs from the standard."""

    expected: str
    found: str
    clause: str
    """Clause of WARC 1.1, or the community's ruling by its number."""
    rule: str = ""
    """Which of the rules in archive/rules.py."""
    severity: Severity = Severity.DEFECT
    practice: str | None = None
    """Who is known to do so; None when nobody is."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, and where."""

    kind: FindingKind
    file: str | None
    """Name of the WARC; None when it is no file's fault."""
    offset: int | None
    """Of the record's member in the file."""
    record_id: str | None
    """Without brackets."""
    capture: str | None
    """`<14 digits>/<url>`, the name that every command takes; None when no capture is concerned."""
    expected: str
    found: str
    clause: str | None = None
    """Of WARC 1.1, or the community's ruling by its number; None when it is not about the standard."""
    rule: str = ""
    """Which of the rules in archive/rules.py; empty for what only a collection can show."""
    severity: Severity = Severity.DEFECT
    practice: str | None = None
    """Who is known to do so; None when nobody is."""

    def __str__(self) -> str:
        where = [self.file or "the collection"]
        where += [f"offset {self.offset}"] if self.offset is not None else []
        where += [f"<{self.record_id}>"] if self.record_id else []
        where += [self.capture] if self.capture else []
        return f"{self.kind}: {', '.join(where)}: {self.statement}"

    @property
    def statement(self) -> str:
        """What was expected and what was found, by which clause, and who is known to do so."""
        source = "" if self.clause and self.clause.startswith("the ") else "WARC 1.1, "
        clause = f" ({source}{self.clause})" if self.clause else ""
        practice = f"; known of {self.practice}" if self.practice else ""
        return f"expected {self.expected}, found {self.found}{clause}{practice}"

    def as_record(self) -> dict[str, Any]:
        """The finding as programs read it."""
        return {
            "kind": self.kind.value,
            "file": self.file,
            "offset": self.offset,
            "record_id": self.record_id,
            "capture": self.capture,
            "expected": self.expected,
            "found": self.found,
            "clause": self.clause,
            "rule": self.rule or None,
            "severity": self.severity.value,
            "practice": self.practice,
        }
