"""The words of a record's header and of `application/warc-fields` blocks: parse and format.

WARC 1.1, clause 4: a version line, named fields, an empty line, every line ended by CRLF, UTF-8:

    WARC/1.1
    WARC-Type: metadata
    WARC-Record-ID: <urn:uuid:6d8e9c6e-4b2f-4f0e-9c39-1b8b5a3f6c02>
    WARC-Date: 2026-11-22T01:00:01.123456Z
    Content-Type: application/warc-fields
    Content-Length: 42

Folded lines and encoded words, which the standard allows, are refused as the community has settled
(iipc/warc-specifications #74 and #67); a folded line is told, and read. A field may not repeat, but for
WARC-Concurrent-To (5.7) and the extension WARC-Protocol (#42).

`parse_header` never raises: it says all that is wrong, so that a strict reader can refuse and a checker can go on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

from archive.finding import Problem

VERSION = "WARC/1.1"

Fields = tuple[tuple[str, str], ...]
"""Names as they stand in the record, values without surrounding white space."""

REPEATABLE = frozenset({"warc-concurrent-to", "warc-protocol"})
MANDATORY = (
    ("WARC-Record-ID", "5.2"),
    ("Content-Length", "5.3"),
    ("WARC-Date", "5.4"),
    ("WARC-Type", "5.5"),
)

_TOLD = 20
"""Problems of a kind that are told of one header."""

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")
_RECORD_ID = re.compile(r"<([A-Za-z][A-Za-z0-9+.\-]*:[^\s<>]+)>\Z")
# Stricter grammar would refuse addresses that sites really use ("?a[]=1", "a|b"), and to change them would name
# another resource. What cannot stand in a header field or would hide where the address ends is refused.
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[\x21\x23-\x3b\x3d\x3f-\x7e]+\Z")
_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?Z)?)?)?\Z", re.ASCII)
_LENGTH = re.compile(r"[0-9]{1,18}\Z")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Header:
    """A record's header as far as it could be read, and what is wrong with it."""

    version: str
    fields: Fields
    problems: tuple[Problem, ...]
    values: Mapping[str, Sequence[str]]
    """The values of each field in their order, by the field's name in lower case."""

    def value(self, name: str) -> str | None:
        """The first value of a field, whatever the case of its name; None when it is absent."""
        values = self.values.get(name.lower())
        return values[0] if values else None

    @property
    def content_length(self) -> int | None:
        """Octets of the block; None when the field is missing or no number."""
        text = self.value("Content-Length")
        return int(text) if text is not None and _LENGTH.match(text) else None


def value_of(fields: Iterable[tuple[str, str]], name: str) -> str | None:
    """The first value of a field, whatever the case of its name."""
    wanted = name.lower()
    return next((value for key, value in fields if key.lower() == wanted), None)


def values_of(fields: Iterable[tuple[str, str]], name: str) -> list[str]:
    """All values of a field, in their order."""
    wanted = name.lower()
    return [value for key, value in fields if key.lower() == wanted]


def is_uri(text: str) -> bool:
    """Whether a text can stand as WARC-Target-URI: a scheme, then visible ASCII without quotes and angle brackets."""
    return _URI.match(text) is not None


def parse_record_id(text: str) -> str | None:
    """The URI in `<…>` (5.2), or None when it is not written so."""
    found = _RECORD_ID.match(text)
    return found.group(1) if found else None


def format_date(moment: datetime) -> str:
    """WARC-Date with microseconds, UTC (5.4): `2026-11-22T01:00:01.123456Z`."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def parse_date(text: str) -> datetime | None:
    """A WARC-Date (5.4), microseconds kept and finer digits cut; None when it is not one."""
    found = _DATE.match(text)
    if not found:
        return None
    year, month, day, hour, minute, second, fraction = found.groups()
    try:
        return datetime(
            int(year),
            int(month or 1),
            int(day or 1),
            int(hour or 0),
            int(minute or 0),
            int(second or 0),
            int((fraction or "0").ljust(6, "0")[:6]),
            tzinfo=UTC,
        )
    except ValueError:
        return None


def format_header(fields: Iterable[tuple[str, str]]) -> bytes:
    """A record's header: version line, fields, empty line (clause 4)."""
    return "".join([f"{VERSION}\r\n", *[f"{name}: {value}\r\n" for name, value in fields], "\r\n"]).encode()


def parse_header(octets: bytes) -> Header:
    """Read a header: `octets` run from the version line to the end of the empty line.

    >>> parse_header(b"WARC/1.1\\r\\nWARC-Type: resource\\r\\n\\r\\n").problems[0].expected
    'one WARC-Record-ID'
    """
    problems: list[Problem] = []
    lines = _lines(octets, problems)
    version = lines[0] if lines else ""
    if version != VERSION:
        problems.append(Problem(f"the version line {VERSION}", repr(version[:40]), "4", "version"))
    fields = _fields(lines[1:], problems)
    values: dict[str, list[str]] = {}
    for name, value in fields:
        values.setdefault(name.lower(), []).append(value)
    if len(values) < len(fields):
        problems.extend(islice(_repeated(fields), _TOLD))
    problems.extend(_mandatory(values))
    return Header(version, fields, tuple(problems), values)


def _lines(octets: bytes, problems: list[Problem]) -> list[str]:
    body = octets.removesuffix(b"\r\n\r\n") if octets.endswith(b"\r\n\r\n") else octets.rstrip(b"\r\n")
    if not octets.endswith(b"\r\n\r\n") or b"\n" in body.replace(b"\r\n", b"") or b"\r" in body.replace(b"\r\n", b""):
        problems.append(Problem("every line of the header ended by CRLF", "a bare CR or LF", "4", "line-ends"))
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        problems.append(Problem("a header in UTF-8", "other octets", "4", "utf-8"))
        text = body.decode("utf-8", "backslashreplace")
    return re.split(r"\r\n|\n|\r", text)


def _fields(lines: Sequence[str], problems: list[Problem]) -> Fields:
    fields: list[tuple[str, str]] = []
    folded: dict[int, list[str]] = {}

    def tell(problem: Problem) -> None:
        # a header of a mebibyte may hold half a million wrong lines
        if len(problems) < _TOLD:
            problems.append(problem)

    for line in lines:
        if line.startswith((" ", "\t")):
            tell(Problem("each field on one line", "a folded line", "#74", "folded"))
            if fields:
                folded.setdefault(len(fields) - 1, []).append(line.strip(" \t"))
            continue
        name, colon, value = line.partition(":")
        if not colon or not _TOKEN.match(name):
            tell(Problem("a field: name, colon, value", repr(line[:60]), "4", "field-syntax"))
            continue
        if not value.isprintable() and _CONTROL.search(value):
            found = f"one in {name[:60]}"
            tell(Problem("values without control characters", found, "4", "control-characters"))
        fields.append((name, value.strip(" \t")))
    for n, lines_after in folded.items():
        name, value = fields[n]
        fields[n] = (name, " ".join(filter(None, [value, *lines_after])))
    return tuple(fields)


def _repeated(fields: Fields) -> Iterable[Problem]:
    seen: set[str] = set()
    for name, _ in fields:
        key = name.lower()
        if key in seen and key not in REPEATABLE:
            yield Problem(f"one {name[:60]}", "several", "5.1", "repeated-field")
        seen.add(key)


def _mandatory(values: Mapping[str, Sequence[str]]) -> Iterable[Problem]:
    for name, clause in MANDATORY:
        value = values.get(name.lower(), (None,))[0]
        if value is None:
            yield Problem(f"one {name}", "none", clause, "mandatory-field")
        elif name == "WARC-Record-ID" and parse_record_id(value) is None:
            yield Problem("WARC-Record-ID: a URI in angle brackets", repr(value[:100]), clause, "record-id")
        elif name == "Content-Length" and not _LENGTH.match(value):
            yield Problem("Content-Length: a number of octets", repr(value[:40]), clause, "content-length")
        elif name == "WARC-Date" and parse_date(value) is None:
            expected = "WARC-Date: YYYY-MM-DDThh:mm:ss, up to nine digits of a fraction, Z"
            yield Problem(expected, repr(value[:40]), clause, "date")
        elif name == "WARC-Type" and not _TOKEN.match(value):
            yield Problem("WARC-Type: a word", repr(value[:40]), clause, "type")


def format_warc_fields(fields: Iterable[tuple[str, str]]) -> bytes:
    """An `application/warc-fields` block: `name: value` lines, each ended by CRLF; values are brought to one line."""
    return "".join([f"{name}: {one_line(value)}".rstrip(" ") + "\r\n" for name, value in fields]).encode()


def parse_warc_fields(octets: bytes) -> Fields:
    """The lines of an `application/warc-fields` block; a line without a colon is left out."""
    lines = octets.decode("utf-8", "backslashreplace").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return tuple((name, value.strip(" \t")) for name, colon, value in pairs if colon)


def one_line(text: str) -> str:
    """A text as one line of UTF-8: control characters become spaces, what UTF-8 cannot hold its escape.

    >>> one_line("refused\\r\\nby the server ")
    'refused by the server'
    """
    if text.isprintable():  # neither control characters nor surrogates, as nearly always
        return text.strip()
    clean = re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", text)
    return clean.encode("utf-8", "backslashreplace").decode("utf-8").strip()
