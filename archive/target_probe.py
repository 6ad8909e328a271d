"""What a server for copies was found to be able to do, check by check, and what that means for the archivist.

`s3_probe.py` finds it out, on the server itself; nothing here is taken from its name or its documentation.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from archive.target import Level


class Weight(enum.StrEnum):
    """What a check came to."""

    GOOD = "good"
    """As it should be."""
    WEAK = "weak"
    """The server cannot do it, and says so or can be seen not to; a copy there is worth less by that."""
    BAD = "bad"
    """The server loses or alters what it takes, says what is not true, or does not do what was asked of this copy."""
    UNKNOWN = "unknown"
    """It could not be found out, and counts as not there."""


class Check(enum.StrEnum):
    """What is tried, in this order."""

    TLS = "tls"
    READ_BACK = "read-back"
    CLOCK = "clock"
    SIZE = "size"
    VERSIONS = "versions"
    READ_AFTER_WRITE = "read-after-write"
    RANGES = "ranges"
    LISTS = "lists"
    WRONG_CHECKSUM = "wrong-checksum"
    CHECKSUM_TOLD = "checksum-told"
    ONLY_IF_NEW = "only-if-new"
    PARTS = "parts"
    PARTS_LISTED = "parts-listed"
    PARTS_WRONG_CHECKSUM = "parts-wrong-checksum"
    PARTS_CHECKSUM_TOLD = "parts-checksum-told"
    PARTS_ONLY_IF_NEW = "parts-only-if-new"
    DELETE = "delete"
    LOCK_BUCKET = "lock-bucket"
    LOCK_ON_PUT = "lock-on-put"
    LOCK_ON_PARTS = "lock-on-parts"
    LOCK_AFTERWARDS = "lock-afterwards"
    LATENCY = "latency"


TITLES = {
    Check.TLS: "encrypted on the way",
    Check.CLOCK: "clock",
    Check.READ_BACK: "what was put is given back",
    Check.SIZE: "size told",
    Check.VERSIONS: "versions",
    Check.READ_AFTER_WRITE: "seen at once",
    Check.RANGES: "parts of a file read",
    Check.LISTS: "lists",
    Check.WRONG_CHECKSUM: "wrong SHA-256 refused",
    Check.CHECKSUM_TOLD: "SHA-256 told",
    Check.ONLY_IF_NEW: "nothing written over",
    Check.PARTS: "upload in parts",
    Check.PARTS_LISTED: "parts listed",
    Check.PARTS_WRONG_CHECKSUM: "wrong SHA-256 of a part",
    Check.PARTS_CHECKSUM_TOLD: "SHA-256 over parts told",
    Check.PARTS_ONLY_IF_NEW: "parts write nothing over",
    Check.DELETE: "probe removed",
    Check.LOCK_BUCKET: "Object Lock",
    Check.LOCK_ON_PUT: "lock with an upload",
    Check.LOCK_ON_PARTS: "lock with parts",
    Check.LOCK_AFTERWARDS: "lock afterwards",
    Check.LATENCY: "time to answer",
}
"""For people."""


@dataclass(frozen=True, slots=True)
class ProbeFinding:
    """What one check came to."""

    check: Check
    weight: Weight
    found: str
    means: str
    """What follows from it for whoever keeps a copy there."""

    def as_record(self) -> dict[str, object]:
        """As programs read it."""
        return {"check": str(self.check), "weight": str(self.weight), "found": self.found, "means": self.means}


@dataclass(frozen=True, slots=True)
class Left:
    """An object of the probe that could not be removed."""

    key: str
    version: str | None
    until: datetime | None
    """When its lock ends, where one holds it."""
    reason: str

    def as_record(self) -> dict[str, object]:
        """As programs read it."""
        until = None if self.until is None else f"{self.until:%Y-%m-%dT%H:%M:%SZ}"
        return {"key": self.key, "version": self.version, "until": until, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Probe:
    """All that was found out about a place."""

    findings: Sequence[ProbeFinding]
    left: Sequence[Left]
    lock: str
    """The lock that the copy is to have: `none`, `governance`, `compliance`."""

    def weight(self, check: Check) -> Weight:
        """What a check came to; unknown where it was not made."""
        return next((one.weight for one in self.findings if one.check is check), Weight.UNKNOWN)

    def holds(self, *checks: Check) -> bool:
        """Whether all of these came out well."""
        return all(self.weight(check) is Weight.GOOD for check in checks)

    @property
    def bad(self) -> list[ProbeFinding]:
        """What speaks against the place."""
        return [one for one in self.findings if one.weight is Weight.BAD]

    @property
    def level(self) -> Level | None:
        """The strongest proof that a copy there can have; None where not even reading it back shows it."""
        if not self.holds(Check.READ_BACK):
            return None
        return Level.READ

    @property
    def quick_level(self) -> Level | None:
        """The strongest proof without reading all of a file back: what stands behind an upload until a full read."""
        if not self.holds(Check.READ_BACK):
            return None
        if self.holds(Check.WRONG_CHECKSUM, Check.CHECKSUM_TOLD):
            return Level.CHECKSUM
        return Level.SIZE if self.holds(Check.SIZE) else None

    @property
    def can_release(self) -> bool:
        """Whether a file here may go on the strength of a copy there, as one of several."""
        wanted = [Check.READ_BACK, Check.SIZE, Check.READ_AFTER_WRITE, Check.RANGES]
        if self.lock != "none":
            wanted += [Check.LOCK_BUCKET, Check.VERSIONS]
            # one of the ways is enough: a lock is read back after each upload, whichever way it was set
            if not (self.holds(Check.LOCK_ON_PUT) or self.holds(Check.LOCK_AFTERWARDS)):
                return False
        return not self.bad and self.holds(*wanted)

    def conclusions(self) -> list[str]:
        """What it comes to, in sentences."""
        if self.level is None:
            return ["Not fit for a copy: what was put there was not given back as it was."]
        told = []
        if self.quick_level is Level.CHECKSUM:
            told.append("Proof: the server checks each upload itself (checksum); a full read proves the rest (read).")
        elif self.quick_level is Level.SIZE:
            told.append(
                "Proof: only a full read shows that a file is there as it was sent (read); before it, its size."
            )
        else:
            told.append("Proof: only a full read shows that a file is there as it was sent (read).")
        if not self.holds(Check.VERSIONS):
            told.append("Without versions, whoever may write there can put something else in a file's place.")
        if self.holds(Check.LOCK_ON_PUT) or self.holds(Check.LOCK_AFTERWARDS):
            told.append("Locks hold: a locked version was not deleted when it was asked for.")
        else:
            told.append("No lock was seen to hold there: whoever may delete can delete all of the copy.")
        if self.can_release:
            told.append("Files here may be released on the strength of this copy, once it was read back whole.")
        else:
            told.append("Release nothing on the strength of this copy.")
        return told

    def as_record(self) -> dict[str, object]:
        """As programs read it, and as the state keeps it."""
        return {
            "level": None if self.level is None else str(self.level),
            "quick_level": None if self.quick_level is None else str(self.quick_level),
            "checksum": self.holds(Check.CHECKSUM_TOLD),
            "versions": self.holds(Check.VERSIONS),
            "lock": self.holds(Check.LOCK_ON_PUT) or self.holds(Check.LOCK_AFTERWARDS),
            "lock_asked": self.lock,
            "lock_on_put": self.holds(Check.LOCK_ON_PUT),
            "lock_on_parts": self.holds(Check.LOCK_ON_PARTS),
            "lock_afterwards": self.holds(Check.LOCK_AFTERWARDS),
            "can_release": self.can_release,
            "bad": [str(one.check) for one in self.bad],
            "left": [one.as_record() for one in self.left],
        }
