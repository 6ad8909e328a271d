"""The rules that a record's header is held against: which field may stand where, and what its value may be.

WARC 1.1 (ISO 28500:2017), clauses 5 to 7, and where WARC 1.0 (2009) or the drafts before it differ. The clause numbers
are those of WARC 1.1 throughout; `#` and a number is a ruling of the community (iipc/warc-specifications).

Three things weigh differently (archive/finding.py): a defect, a deviation that tools are known for, and a note. Who is
known for it was seen in that tool's files or source.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import get_args

from archive.exchange import Truncation
from archive.finding import Problem, Severity
from archive.header import is_uri, parse_date, parse_record_id

WARC_1_1 = "WARC/1.1"
WARC_1_0 = "WARC/1.0"
_DRAFT = re.compile(r"WARC/0\.(?:9|1[0-8])\Z")

Values = Mapping[str, Sequence[str]]
"""The values of each field, in their order; names in lower case."""

RULES = {
    # the file
    "empty-file": "the file is empty",
    "cut-off": "the file ends inside a record",
    "damaged-member": "a compressed member is damaged",
    "empty-member": "a compressed member holds nothing",
    "members": "a compressed member holds more than one record",
    "foreign-octets": "octets that belong to no record",
    "mixed-compression": "records compressed in different ways in one file",
    "too-damaged": "so much damage that the rest was not read",
    "file-name": "the name tells another compression than the file has",
    "dictionary": "the dictionary of a zstd file cannot be used",
    # the record
    "no-header": "a header without an end",
    "block-length": "Content-Length is not the block's length",
    "record-end": "a block that is not followed by two line ends",
    "version": "the version line",
    "line-ends": "header lines that do not end in CRLF",
    "utf-8": "a header that is not UTF-8",
    "folded": "a header field over several lines",
    "field-syntax": "a header line that is no field",
    "control-characters": "control characters in a header field",
    "repeated-field": "a field twice in a record",
    "mandatory-field": "a field that every record must have is missing",
    "record-id": "a record id that is no URI in angle brackets",
    "duplicate-id": "two records with one id",
    "content-length": "a Content-Length that is no number",
    "date": "a WARC-Date that is none",
    "date-precision": "a WARC-Date in a form that WARC 1.0 does not have",
    "type": "a WARC-Type that is none",
    "unknown-type": "a record type that the standard does not name",
    # its fields
    "required-field": "a field that this type of record must have is missing",
    "forbidden-field": "a field that this type of record must not have",
    "target-uri": "a target that is no URI",
    "target-uri-brackets": "a target in angle brackets",
    "target-uri-characters": "characters in a target that RFC 3986 has percent-encoded",
    "target-uri-iri": "characters beyond ASCII in a target",
    "ip-address": "an address that is none",
    "ip-form": "an IPv6 address in another form than RFC 5952 has",
    "truncated-reason": "a reason for truncation that the standard does not name",
    "refers-to-date": "a WARC-Refers-To-Date that is none",
    "refers-to-uri": "a WARC-Refers-To-Target-URI that is no URI",
    "reference-form": "a reference that is no URI in angle brackets",
    "content-type": "a block without a Content-Type",
    "profile": "the profile of a revisit",
    "warc-fields": "a block of application/warc-fields that is not so",
    # digests
    "block-digest": "the block is not what its digest says",
    "revisit-digest": "a revisit's block digest is that of no octets, so that it says nothing of the block",
    "payload-digest": "the payload is not what its digest says",
    "payload-digest-framing": "a payload digest over the octets as sent, chunk framing included",
    "payload-digest-range": "a payload digest over other octets than the payload",
    "digest-form": "a digest in another form",
    "digest-value": "a digest that is none",
    "digest-algorithm": "a digest by an algorithm that is not checked",
    "undigested": "no digest to hold the octets against",
    # records together
    "warcinfo-first": "the file does not begin with a warcinfo record",
    "warcinfo-id": "a reference to a warcinfo record that is not in the file",
    "concurrent-to": "a reference to a record of the same event that is not in the file",
    "concurrent-to-many": "more references than are followed",
    "event-date": "records of one event with different dates",
    "revisit-original": "a revisit that does not fit the record it refers to",
    "revisit-unnamed": "a revisit that does not name its original",
    "revisit-truncated": "a revisit without its body that does not say so",
    "segment": "segments that do not fit together",
    # HTTP
    "http-head": "an HTTP message without a readable head",
    "http-length": "a body shorter than its HTTP head says",
    "http-surplus": "a body longer than its HTTP head says",
    "http-chunks": "a body that is not chunked as its HTTP head says",
    "http-coding": "a body that is not coded as its HTTP head says",
}
"""Every rule, and what breaking it means in a line."""

_TYPES = frozenset({"warcinfo", "response", "resource", "request", "metadata", "revisit", "conversion", "continuation"})
_CAPTURED = frozenset({"response", "resource", "request", "revisit", "conversion", "continuation"})
_OF_AN_EVENT = frozenset({"request", "response", "resource", "metadata", "revisit"})
_WITH_PAYLOAD = _TYPES - {"warcinfo", "metadata"}

_REQUIRED = (
    ("WARC-Target-URI", _CAPTURED, "5.14"),
    ("WARC-Profile", frozenset({"revisit"}), "6.7"),
    ("WARC-Segment-Number", frozenset({"continuation"}), "5.20"),
    ("WARC-Segment-Origin-ID", frozenset({"continuation"}), "5.21"),
)
_ALLOWED = (
    ("WARC-Target-URI", _CAPTURED | {"metadata"}, "5.14"),
    ("WARC-Concurrent-To", _OF_AN_EVENT, "5.7"),
    ("WARC-Refers-To", frozenset({"metadata", "revisit", "conversion"}), "5.11"),
    ("WARC-Refers-To-Target-URI", frozenset({"revisit"}), "5.12"),
    ("WARC-Refers-To-Date", frozenset({"revisit"}), "5.13"),
    ("WARC-IP-Address", _OF_AN_EVENT, "5.10"),
    ("WARC-Filename", frozenset({"warcinfo"}), "5.17"),
    ("WARC-Warcinfo-ID", _TYPES - {"warcinfo"}, "5.16"),
    ("WARC-Payload-Digest", _WITH_PAYLOAD, "5.9"),
    ("WARC-Identified-Payload-Type", _WITH_PAYLOAD, "5.19"),
    ("WARC-Segment-Origin-ID", frozenset({"continuation"}), "5.21"),
    ("WARC-Segment-Total-Length", frozenset({"continuation"}), "5.22"),
)
_REQUIRED_IN = {kind: [(name, clause) for name, kinds, clause in _REQUIRED if kind in kinds] for kind in _TYPES}
_FORBIDDEN_IN = {kind: [(name, clause) for name, kinds, clause in _ALLOWED if kind not in kinds] for kind in _TYPES}
_IDS = (
    ("WARC-Concurrent-To", "warc-concurrent-to", "5.7"),
    ("WARC-Refers-To", "warc-refers-to", "5.11"),
    ("WARC-Warcinfo-ID", "warc-warcinfo-id", "5.16"),
    ("WARC-Segment-Origin-ID", "warc-segment-origin-id", "5.21"),
)
_IDS_TOLD = 100

FIELDS = frozenset(
    name.lower()
    for name in (
        *("WARC-Record-ID", "Content-Length", "WARC-Date", "WARC-Type", "Content-Type", "WARC-Block-Digest"),
        *("WARC-Truncated", "WARC-Profile", "WARC-Segment-Number"),
        *(name for name, _, _ in _ALLOWED),
    )
)
"""The fields that the standard itself names, in lower case."""

IDENTICAL_PAYLOAD = re.compile(
    r"http://netpreserve\.org/warc/(?:1\.1|1\.0|0\.18|0\.17)/revisit/(?:uri-agnostic-)?identical-payload-digest\Z"
)
NOT_MODIFIED = re.compile(r"http://netpreserve\.org/warc/(?:1\.1|1\.0|0\.18|0\.17)/revisit/server-not-modified\Z")

# RFC 3986: the octets that may stand in a URI at all. Addresses with others are in use: is_uri takes them.
_RFC_3986 = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+\Z")
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[^\x00-\x20\x7f<>\"]+\Z")
_BRACKETS = re.compile(r"<([^<>]*)>\Z")
_DATE_1_0 = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z\Z")


def is_draft(version: str) -> bool:
    """Whether a version line is that of a draft before WARC 1.0."""
    return _DRAFT.match(version) is not None


def is_known(version: str) -> bool:
    """Whether a version line is one that these rules were written for."""
    return version in (WARC_1_1, WARC_1_0) or is_draft(version)


def field_problems(kind: str, version: str, values: Values) -> Iterator[Problem]:
    """What is wrong with the fields of a record, taken by themselves; the mandatory ones are the header's affair."""
    if kind and kind not in _TYPES:
        expected = "a type that the standard names"
        yield Problem(expected, repr(kind[:40]), "6.1", "unknown-type", Severity.NOTE)
    for name, clause in _REQUIRED_IN.get(kind, ()):
        if name.lower() not in values:
            yield Problem(f"{name} in a {kind} record", "none", clause, "required-field")
    for name, clause in _FORBIDDEN_IN.get(kind, ()):
        if name.lower() in values:
            yield _forbidden(name, kind, clause)
    yield from _dates(version, values)
    yield from _target(version, values)
    yield from _values(values)
    for name, key, clause in _IDS:
        for value in values.get(key, ())[:_IDS_TOLD]:
            if parse_record_id(value) is None:
                expected = f"{name}: a URI in angle brackets"
                yield Problem(expected, repr(value[:100]), clause, "reference-form")


def _forbidden(name: str, kind: str, clause: str) -> Problem:
    """A field where it must not be; some tools are known for some of them."""
    problem = Problem(f"no {name} in a {kind} record", "one", clause, "forbidden-field")
    practice = _KNOWN_FIELDS.get((name, kind))
    if practice is None:
        return problem
    return Problem(problem.expected, problem.found, clause, problem.rule, Severity.DEVIATION, practice)


_KNOWN_FIELDS = {
    ("WARC-Warcinfo-ID", "warcinfo"): "wpull, which names the warcinfo record in itself",
    ("WARC-Payload-Digest", "metadata"): "warcio and what is built on it, which digest the block a second time",
    ("WARC-Payload-Digest", "warcinfo"): "warcio and what is built on it, which digest the block a second time",
}


def _dates(version: str, values: Values) -> Iterator[Problem]:
    date = values.get("warc-date", ("",))[0]
    if version == WARC_1_0 and not _DATE_1_0.match(date) and parse_date(date) is not None:
        expected = "WARC-Date: YYYY-MM-DDThh:mm:ssZ, the only form in WARC 1.0"
        yield Problem(expected, repr(date), "5.4", "date-precision", Severity.DEVIATION)
    referred = values.get("warc-refers-to-date", (None,))[0]
    if referred is not None and parse_date(referred) is None:
        expected = "WARC-Refers-To-Date: a date as WARC-Date"
        yield Problem(expected, repr(referred[:40]), "5.13", "refers-to-date")


def _target(version: str, values: Values) -> Iterator[Problem]:
    for name, key, clause, rule in (
        ("WARC-Target-URI", "warc-target-uri", "5.14", "target-uri"),
        ("WARC-Refers-To-Target-URI", "warc-refers-to-target-uri", "5.12", "refers-to-uri"),
    ):
        text = values.get(key, (None,))[0]
        if text is None or _RFC_3986.match(text):
            continue
        found = repr(text[:100])
        bare = _BRACKETS.match(text)
        if bare and version != WARC_1_1 and is_uri(bare[1]):
            practice = "GNU Wget, which follows the grammar of WARC 1.0 where its examples do not"
            expected = f"{name}: a URI without angle brackets"
            yield Problem(expected, found, clause, "target-uri-brackets", Severity.DEVIATION, practice)
        elif bare:
            yield Problem(f"{name}: a URI without angle brackets", found, clause, "target-uri-brackets")
        elif is_uri(text):
            practice = "most crawlers, this one too: they keep an address as the site wrote it"
            expected = f"{name}: a URI with only the characters of RFC 3986"
            yield Problem(expected, found, clause, "target-uri-characters", Severity.DEVIATION, practice)
        elif _IRI.match(text):
            expected = f"{name}: a URI, characters beyond ASCII percent-encoded"
            yield Problem(expected, found, clause, "target-uri-iri", Severity.DEVIATION)
        else:
            expected = f"{name}: a URI without brackets, spaces and octets beyond ASCII"
            yield Problem(expected, found, clause, rule)


def _values(values: Values) -> Iterator[Problem]:
    address = values.get("warc-ip-address", (None,))[0]
    if address is not None:
        right = _address(address)
        if right is None:
            yield Problem("WARC-IP-Address: an address", repr(address[:100]), "5.10", "ip-address")
        elif right != address:
            expected = f"WARC-IP-Address in the form of RFC 5952: {right}"
            yield Problem(expected, repr(address[:100]), "#100", "ip-form", Severity.NOTE)
    reason = values.get("warc-truncated", (None,))[0]
    if reason is not None and reason not in get_args(Truncation):
        expected = f"WARC-Truncated: a reason, {' or '.join(get_args(Truncation))}"
        yield Problem(expected, repr(reason[:100]), "5.15", "truncated-reason", Severity.NOTE)


def _address(text: str) -> str | None:
    """The address in its right form; None when it is none."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None
