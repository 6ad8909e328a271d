"""A verdict on any file that somebody may take for a WARC: what it is, what is wrong with it, what was not checked.

`.warc`, `.warc.gz`, `.warc.zst` and the WARCs in a WACZ are checked. ARC files and whatever else are named for what
they are. No verdict is better than what was read: a file that could not be read to its end is never sound.
"""

from __future__ import annotations

import enum
import os
import struct
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO, cast

from archive.check import FileCheck
from archive.container import Form, Seekable, form_of
from archive.errors import StorageError
from archive.finding import Finding, FindingKind, Severity
from archive.warc import OPEN_SUFFIX, final_name, opened

SUFFIXES = (".warc", ".warc.gz", ".warc.zst", ".warc.open", ".warc.gz.open", ".wacz", ".arc", ".arc.gz", ".warc.lz4")
"""Ends of the names under which WARCs and their like are looked for in a folder."""

UNSEEN = "records taken out, put into another order or made anew, and fields that no digest covers: no file shows these"
"""What a check of a single file can never show."""

_COMPRESSION = ((".gz", Form.GZIP), (".zst", Form.ZSTD), (".warc", Form.PLAIN))
_INSIDE_LIMIT = 10_000
_FEW = 100


class Verdict(enum.StrEnum):
    """What is said of a file."""

    SOUND = "sound"
    DEVIATES = "sound-with-deviations"
    DEFECTIVE = "defective"
    NO_WARC = "not-a-warc"
    NOT_CHECKED = "not-checked"


@dataclass(frozen=True, slots=True)
class Report:
    """The verdict on a file, and what it rests on."""

    file: str
    form: str
    """What the file is: `gzip`, `uncompressed`, `zstd`, `ARC`, `WACZ`, …"""
    verdict: Verdict
    reason: str | None
    """Why a file that is no WARC, or was not checked, is so; None of one that was."""
    records: int
    octets: int
    """The file's size."""
    found: Counter[Severity] = field(default_factory=Counter)
    not_checked: tuple[str, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether all of the file was read and nothing but deviations was found."""
        return self.verdict in {Verdict.SOUND, Verdict.DEVIATES}

    def as_record(self) -> dict[str, Any]:
        """The report as programs read it."""
        return {
            "file": self.file,
            "form": self.form,
            "verdict": self.verdict.value,
            "reason": self.reason,
            "records": self.records,
            "octets": self.octets,
            "defects": self.found[Severity.DEFECT],
            "deviations": self.found[Severity.DEVIATION],
            "notes": self.found[Severity.NOTE],
            "not_checked": list(self.not_checked),
        }


Advance = Callable[[int, int], None]
"""Told how many octets of how many are read."""


def check(
    path: Path, name: str | None = None, *, advance: Advance = lambda _done, _of: None
) -> Iterator[Finding | Report]:
    """All that is wrong with a file, in its order, and at last the report. `name`: the file's in findings.

    Never raises for what the file holds; a file that cannot be read has a report that says so.
    """
    name = name or final_name(path)
    judge = _Judge(name, advance)
    try:
        with opened(path) as file:
            yield from judge.file(file, os.fstat(file.fileno()).st_size)
    except StorageError as error:
        yield judge.unread(str(error))


def check_open(
    file: BinaryIO, name: str, size: int, *, advance: Advance = lambda _done, _of: None
) -> Iterator[Finding | Report]:
    """As `check`, of a file that is open already."""
    judge = _Judge(name, advance)
    try:
        yield from judge.file(file, size)
    except OSError as error:
        yield judge.unread(f"reading {name}: {error.strerror or type(error).__name__}")


def unchecked(name: str, reason: str) -> Report:
    """The report on something that was not looked into."""
    return _Judge(name, lambda _done, _of: None).unread(reason)


class _Judge:
    """The verdict on one file."""

    def __init__(self, name: str, advance: Advance) -> None:
        self._name = name
        self._advance = advance
        self._form = "unknown"
        self._size = 0
        self._records = 0
        self._found: Counter[Severity] = Counter()
        self._unread: list[str] = []
        self._not_checked: list[str] = []

    def file(self, file: BinaryIO, size: int) -> Iterator[Finding | Report]:
        """All findings of a file and its report."""
        self._size = size
        form = form_of(file, size)
        self._form = str(form)
        if form is Form.ARC:
            yield self._no_warc("an ARC file, the format before WARC (Internet Archive, 1996)")
        elif form is Form.LZ4:
            yield self.unread("LZ4 compression is not read here: unpack the file first")
        elif form is Form.ZIP:
            yield from self._package(file)
        else:
            yield from self._warc(file, self._name, size, form)

    def unread(self, reason: str) -> Report:
        """The report on a file that was not read, or not all of it."""
        return self._report(Verdict.NOT_CHECKED if not self._found[Severity.DEFECT] else Verdict.DEFECTIVE, reason)

    def _no_warc(self, reason: str) -> Report:
        return self._report(Verdict.NO_WARC, reason)

    def _report(self, verdict: Verdict, reason: str | None) -> Report:
        not_checked = [*self._unread, *self._not_checked]
        if reason is not None and verdict is not Verdict.DEFECTIVE:
            not_checked.append("the whole file" if self._records == 0 else "the rest of the file")
        elif self._records:
            not_checked.append(UNSEEN)
        return Report(
            file=self._name,
            form=self._form,
            verdict=verdict,
            reason=reason,
            records=self._records,
            octets=self._size,
            found=self._found,
            not_checked=tuple(not_checked),
        )

    # -- a WARC

    def _warc(self, file: BinaryIO, name: str, size: int, form: Form) -> Iterator[Finding | Report]:
        known = form in {Form.GZIP, Form.PLAIN, Form.ZSTD}
        check = FileCheck(file, name, size, form=form if known else None)
        # of a file that begins like nothing known, nothing is said until a record is found in it
        held: list[Finding] = []
        for finding in self._findings(check):
            if check.records or known or form is Form.EMPTY:
                yield from self._counted(*held, finding)
                held.clear()
            elif len(held) < _FEW:
                held.append(finding)
        if not check.records and form is Form.OTHER:
            yield self._no_warc("no WARC record in it")
            return
        yield from self._counted(*held, *_name_problem(name, check.form, size))
        yield self._judged(check)

    def _findings(self, check: FileCheck) -> Iterator[Finding]:
        yield from check.findings(lambda: self._advance(check.offset, self._size))
        self._records += check.records
        self._unread += check.unread
        self._not_checked += check.not_checked

    def _counted(self, *findings: Finding) -> Iterator[Finding]:
        for finding in findings:
            self._found[finding.severity] += 1
            yield finding

    def _judged(self, check: FileCheck) -> Report:
        if check.form is not None:
            self._form = str(check.form)
        verdict = self._verdict()
        return self._report(verdict, "no record in it" if verdict is Verdict.NOT_CHECKED and not self._unread else None)

    def _verdict(self) -> Verdict:
        if self._found[Severity.DEFECT]:
            return Verdict.DEFECTIVE
        if self._unread or not self._records:
            return Verdict.NOT_CHECKED
        return Verdict.DEVIATES if self._found[Severity.DEVIATION] else Verdict.SOUND

    # -- a package

    def _package(self, file: BinaryIO) -> Iterator[Finding | Report]:
        """The WARCs in a WACZ or another ZIP, as far as they lie in it uncompressed."""
        try:
            inside = _warcs_in(file)
        except _BAD_ZIP as error:
            yield self.unread(f"a ZIP file that cannot be read ({str(error)[:100] or type(error).__name__})")
            return
        if not inside:
            yield self._no_warc("a ZIP file without a WARC in it")
            return
        self._form = "WACZ" if self._name.lower().endswith(".wacz") else "ZIP"
        self._not_checked.append("the package itself: datapackage.json, its digests and signature, indexes, pages")
        for member in inside:
            name = f"{self._name}/{member.filename}"
            start = _start_of(file, member, self._size)
            if start is None:
                self._unread.append(f"{name}, which is compressed, encrypted or does not lie in the file: unpack it")
                continue
            part = cast(BinaryIO, Part(file, start, member.file_size))
            check = FileCheck(part, name, member.file_size)
            for finding in self._findings(check):
                yield from self._counted(finding)
            if not check.records:
                self._unread.append(f"{name}, which holds no WARC record")
        yield self._report(self._verdict(), None)


# all that zipfile is known to raise for a file that is none
_BAD_ZIP = (
    zipfile.BadZipFile,
    ValueError,
    NotImplementedError,
    EOFError,
    KeyError,
    IndexError,
    OverflowError,
    struct.error,
)


def _warcs_in(file: BinaryIO) -> list[zipfile.ZipInfo]:
    with zipfile.ZipFile(file) as package:
        inside = [member for member in package.infolist() if member.filename.lower().endswith(SUFFIXES)]
    if len(inside) > _INSIDE_LIMIT:
        raise ValueError(f"{len(inside)} WARCs")
    # members that overlap would be read again and again
    end = 0
    for member in sorted(inside, key=lambda member: member.header_offset):
        if member.header_offset < end:
            raise ValueError("members that overlap")
        end = member.header_offset + member.compress_size
    return inside


def _start_of(file: BinaryIO, member: zipfile.ZipInfo, size: int) -> int | None:
    """Where a member's octets begin; None when they do not lie in the file as they are."""
    if member.compress_type != zipfile.ZIP_STORED or member.flag_bits & 1 or member.compress_size != member.file_size:
        return None
    file.seek(member.header_offset)
    head = file.read(30)
    if len(head) < 30 or head[:4] != b"PK\x03\x04":
        return None
    start = member.header_offset + 30 + sum(struct.unpack("<HH", head[26:30]))
    return start if start + member.file_size <= size else None


class Part:
    """A stretch of a file as a file of its own."""

    def __init__(self, file: Seekable, start: int, length: int) -> None:
        self._file = file
        self._start = start
        self._length = length
        self._at = 0

    def seek(self, offset: int, /) -> int:
        """Go to an offset."""
        self._at = offset
        return offset

    def read(self, size: int, /) -> bytes:
        """Read up to `size` octets, none at the end."""
        size = max(0, min(size, self._length - self._at))
        self._file.seek(self._start + self._at)
        octets = self._file.read(size)
        self._at += len(octets)
        return octets


def _name_problem(name: str, form: Form | None, size: int) -> Iterator[Finding]:
    """A name that promises another compression than the file has (Annex D)."""
    lower = name.lower().removesuffix(OPEN_SUFFIX)
    promised = next((form for suffix, form in _COMPRESSION if lower.endswith(suffix)), None)
    if size and form is not None and promised is not None and promised is not form:
        yield replace(
            Finding(
                FindingKind.MALFORMED,
                name,
                None,
                None,
                None,
                f"a file that is what its name says, {promised}",
                str(form),
                "Annex D",
                "file-name",
            ),
            severity=Severity.NOTE,
        )
