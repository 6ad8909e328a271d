"""The checker for anybody's WARCs: each case of the matrix has its verdict, and each finding names the place."""

from __future__ import annotations

import base64
import gzip
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from warc_matrix import (
    MATRIX,
    MatrixCase,
    Spoil,
    base32,
    each,
    field,
    hashed,
    labelled,
    make,
    of_all,
    order,
    put,
    version,
)
from warc_samples import full_warc

from archive.digest import digest
from archive.finding import Finding, Severity
from archive.rules import RULES
from archive.verdict import UNSEEN, Report, Verdict, check


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


# --- files of other kinds --------------------------------------------------------------------------------------------

RECORD = (
    b"WARC/1.1\r\nWARC-Type: resource\r\nWARC-Record-ID: <urn:uuid:%b>\r\nWARC-Date: 2026-11-22T01:00:00Z\r\n"
    b"WARC-Target-URI: http://site.example/%b\r\nWARC-Block-Digest: %b\r\nContent-Type: text/plain\r\n"
    b"Content-Length: %d\r\n\r\n%b\r\n\r\n"
)


def resource(name: str, block: bytes = b"five years") -> bytes:
    """A sound record."""
    return RECORD % (name.encode(), name.encode(), digest(block).encode(), len(block), block)


def rules(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.severity.value, finding.rule) for finding in findings if finding.severity is not Severity.NOTE]


@pytest.mark.parametrize(
    ("octets", "form", "reason"),
    [
        (b"filedesc://a.arc 0.0.0.0 20080430204825 text/plain 77\n", "ARC", "ARC"),
        (gzip.compress(b"filedesc://a.arc 0.0.0.0 20080430204825 text/plain 77\n", mtime=0), "ARC", "ARC"),
        (b"<!doctype html><p>Not found</p>", "other", "no WARC record"),
        (bytes(range(256)) * 40, "other", "no WARC record"),
        (gzip.compress(b"no record at all", mtime=0), "other", "no WARC record"),
        (b"\0" * 100_000, "other", "no WARC record"),
    ],
)
def test_what_is_no_warc_is_named(tmp_path: Path, octets: bytes, form: str, reason: str) -> None:
    path = tmp_path / "file.warc.gz"
    path.write_bytes(octets)

    findings, report = checked(path)

    assert (findings, report.verdict, report.form) == ([], Verdict.NO_WARC, form)
    assert reason in (report.reason or "")
    assert report.not_checked == ("the whole file",)


def test_what_cannot_be_read_is_not_checked(tmp_path: Path) -> None:
    lz4 = tmp_path / "file.warc.lz4"
    lz4.write_bytes(b"\x04\x22\x4d\x18" + bytes(40))

    for path, reason in ((lz4, "LZ4"), (tmp_path / "absent", "No such file"), (tmp_path, "directory")):
        findings, report = checked(path)
        assert (findings, report.verdict, report.sound) == ([], Verdict.NOT_CHECKED, False)
        assert reason in (report.reason or "")


def test_records_before_which_something_else_lies_are_found(tmp_path: Path) -> None:
    path = tmp_path / "file.warc.gz"
    path.write_bytes(b"\xef\xbb\xbfnot this" + gzip.compress(resource("a")))

    findings, report = checked(path)

    assert rules(findings) == [("defect", "foreign-octets")]
    assert (report.verdict, report.records) == (Verdict.DEFECTIVE, 1)


def zstd_file(records: list[bytes], dictionary: bytes | None, *, compressed: bool) -> bytes:
    """A .warc.zst as the IIPC's proposal has it."""
    octets, use = b"", None
    if dictionary is not None:
        use = zstandard.ZstdCompressionDict(dictionary)
        content = zstandard.ZstdCompressor().compress(dictionary) if compressed else dictionary
        octets = b"\x5d\x2a\x4d\x18" + len(content).to_bytes(4, "little") + content
    compressor = zstandard.ZstdCompressor(dict_data=use, write_checksum=True)
    return octets + b"".join(map(compressor.compress, records))


RECORDS = [resource(name, name.encode() * 5000) for name in "abcdef"]
DICTIONARY = zstandard.train_dictionary(4096, [resource(str(n), b"five %d" % n * 40) for n in range(400)]).as_bytes()


@pytest.mark.parametrize(("dictionary", "compressed"), [(None, False), (DICTIONARY, False), (DICTIONARY, True)])
def test_a_zstd_file_is_read_with_its_dictionary(tmp_path: Path, dictionary: bytes | None, compressed: bool) -> None:
    path = tmp_path / "file.warc.zst"
    octets = zstd_file(RECORDS, dictionary, compressed=compressed)
    path.write_bytes(octets)

    findings, report = checked(path)

    assert (rules(findings), report.verdict, report.records, report.form) == ([], Verdict.SOUND, 6, "zstd")
    path.write_bytes(octets[:-9])
    assert rules(checked(path)[0]) == [("defect", "cut-off")]
    path.write_bytes(octets[:-30] + b"\xa5\xa5" + octets[-28:])
    assert not checked(path)[1].sound


def test_a_dictionary_that_is_none_is_a_defect(tmp_path: Path) -> None:
    path = tmp_path / "file.warc.zst"
    path.write_bytes(b"\x5d\x2a\x4d\x18\x04\0\0\0none" + zstandard.compress(resource("a")))

    assert rules(checked(path)[0]) == [("defect", "dictionary")]


def test_the_warcs_in_a_package_are_checked_and_the_package_is_not(tmp_path: Path) -> None:
    path = tmp_path / "case.wacz"
    warc = gzip.compress(resource("a")) + gzip.compress(resource("b"))
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("datapackage.json", "{}")
        package.writestr("archive/one.warc.gz", warc)
        package.writestr("archive/two.warc.gz", warc[:-20])

    findings, report = checked(path)

    assert rules(findings) == [("defect", "cut-off")]
    assert findings[-1].file == "case.wacz/archive/two.warc.gz"
    assert (report.verdict, report.form, report.records) == (Verdict.DEFECTIVE, "WACZ", 3)
    assert any("datapackage.json" in gap for gap in report.not_checked)


def test_a_warc_that_is_packed_twice_is_never_sound(tmp_path: Path) -> None:
    path = tmp_path / "case.wacz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("archive/one.warc.gz", gzip.compress(resource("a") * 30))

    _, report = checked(path)

    assert (report.verdict, report.sound) == (Verdict.NOT_CHECKED, False)
    assert any("unpack" in gap for gap in report.not_checked)


def test_a_zip_file_that_lies_is_not_checked(tmp_path: Path) -> None:
    path = tmp_path / "case.wacz"
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("archive/one.warc.gz", gzip.compress(resource("a")))
    whole = path.read_bytes()
    for octets in (whole[:-10], whole[:30], whole[:4] + b"\xff" * 60, whole.replace(b"\0\0\0\0", b"\xff\xff\xff\xff")):
        path.write_bytes(octets)
        assert not checked(path)[1].sound


# --- records of other tools ------------------------------------------------------------------------------------------


def spoiled(folder: Path, *changes: Spoil) -> tuple[list[Finding], Report]:
    """The base file of the matrix with changes."""
    path, _, _ = make(folder, MatrixCase(each(*changes), Verdict.SOUND))
    return checked(path)


def test_a_name_that_promises_another_compression_is_noted(tmp_path: Path) -> None:
    path = tmp_path / "file.warc"
    path.write_bytes(gzip.compress(resource("a")))

    findings, report = checked(path)

    assert [finding.rule for finding in findings] == ["warcinfo-first", "file-name"]
    assert report.verdict is Verdict.SOUND


@pytest.mark.parametrize("text", ["WARC/1.0", "WARC/0.18", "WARC/0.17"])
def test_older_versions_are_read_by_their_own_rules(tmp_path: Path, text: str) -> None:
    seconds = of_all(lambda n: lambda warc: warc.field(n, "WARC-Date", warc.value(n, "WARC-Date")[:19] + "Z"))
    refers = field(10, "WARC-Refers-To-Date", "2026-11-22T01:00:01Z")
    brackets = field(1, "WARC-Target-URI", "<http://site.example/cases/17>")

    findings, report = spoiled(
        tmp_path, version(text), seconds, refers, brackets, field(10, "WARC-Refers-To-Target-URI", None)
    )

    drafts = 13 if text != "WARC/1.0" else 0
    assert sorted(rules(findings)) == [("deviation", "target-uri-brackets")] + [("deviation", "version")] * drafts
    assert report.verdict is Verdict.DEVIATES


def test_a_version_of_nobody_is_a_defect(tmp_path: Path) -> None:
    assert set(rules(spoiled(tmp_path, version("WARC/2.7"))[0])) == {("defect", "version")}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (lambda octets: "sha512:" + hashed("sha512", octets).hex(), []),
        (lambda octets: "md5:" + hashed("md5", octets).hex(), []),
        (lambda octets: "sha1:" + base32(hashed("sha1", octets)), []),
        (lambda octets: "sha1:" + base32(hashed("sha1", octets)).lower(), [("deviation", "digest-form")]),
        (lambda octets: "sha1:" + hashed("sha1", octets).hex(), [("deviation", "digest-form")]),
        (lambda octets: "SHA-1:" + base32(hashed("sha1", octets)), [("deviation", "digest-form")]),
        (lambda octets: "sha256:" + base32(hashed("sha256", octets)).rstrip("="), [("deviation", "digest-form")]),
        (lambda octets: "sha256:" + hashed("sha256", octets).hex().upper(), [("deviation", "digest-form")]),
        (
            lambda octets: "sha256:" + base64.b64encode(hashed("sha256", octets)).decode(),
            [("deviation", "digest-form")],
        ),
        (lambda _: "blake3:0011", []),
        (lambda _: "sha256:0011", [("defect", "digest-value")]),
        (lambda _: "0011", [("defect", "digest-value")]),
        (lambda _: "sha1:" + "\u0663" * 40, [("defect", "digest-value")]),
        (lambda _: "sha1:" + base32(hashed("sha1", b"other")), [("defect", "block-digest")]),
        (
            lambda _: "SHA-512:" + hashed("sha512", b"other").hex(),
            [("deviation", "digest-form"), ("defect", "block-digest")],
        ),
    ],
)
def test_digests_are_read_as_any_tool_writes_them(
    tmp_path: Path, written: Callable[[bytes], str], expected: list[tuple[str, str]]
) -> None:
    findings, _ = spoiled(tmp_path, labelled(written))

    assert rules(findings) == expected


def test_a_digest_that_is_not_computed_is_told(tmp_path: Path) -> None:
    findings, report = spoiled(tmp_path, labelled(lambda _: "blake3:0011"))

    assert [finding.rule for finding in findings] == ["digest-algorithm"]
    assert "digests by algorithms that are not known here, 1" in report.not_checked


def test_the_payload_digest_of_what_follows_a_first_head_is_a_deviation(tmp_path: Path) -> None:
    first = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"
    block = first + b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfive"
    for payload, expected in ((b"five", []), (block[len(first) :], [("deviation", "payload-digest-range")])):
        path = tmp_path / "file.warc"
        path.write_bytes(http_response(block, payload))
        assert rules(checked(path)[0]) == expected


@pytest.mark.parametrize(
    ("block", "payload", "expected"),
    [
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfive\r\n0\r\n\r\n", b"five", []),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfive",
            b"five",
            [("deviation", "http-chunks")],
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfive\r\nsix\r\n",
            b"five",
            [],
        ),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfi", b"fi", [("defect", "http-length")]),
        (b"HTTP/1.1 301 Moved\r\nContent-Length: 99\r\n\r\n", b"", []),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nfive", b"five", []),
        (b"plain octets of HTTP/0.9", b"plain octets of HTTP/0.9", []),
        (b"plain octets\r\n\r\nof something", b"of something", [("deviation", "payload-digest-range")]),
        (b"HTTP/1.1 200 OK\r\n\r\nfive", b"HTTP/1.1 200 OK\r\n\r\nfive", [("deviation", "payload-digest-range")]),
        (b"HTTP/1.1 200 OK\r\n\r\nfive", b"six", [("defect", "payload-digest")]),
    ],
)
def test_the_body_is_judged_by_its_http_head(
    tmp_path: Path, block: bytes, payload: bytes, expected: list[tuple[str, str]]
) -> None:
    path = tmp_path / "file.warc"
    path.write_bytes(http_response(block, payload))

    assert rules(checked(path)[0]) == expected


def http_response(block: bytes, payload: bytes) -> bytes:
    """A response that is sound but for what its block holds."""
    return (
        resource("a", block)
        .replace(b"WARC-Type: resource", b"WARC-Type: response")
        .replace(b"text/plain", b"application/http; msgtype=response")
        .replace(b"Content-Type:", b"WARC-Payload-Digest: " + digest(payload).encode() + b"\r\nContent-Type:", 1)
    )


def test_a_redirect_without_the_body_that_was_announced_is_a_deviation_once_it_is_known_for_a_get(
    tmp_path: Path,
) -> None:
    path = tmp_path / "file.warc"
    response = http_response(b"HTTP/1.1 301 Moved\r\nContent-Length: 99\r\n\r\n", b"")
    request = (
        resource("b", b"GET / HTTP/1.1\r\nHost: site.example\r\n\r\n")
        .replace(b"WARC-Type: resource", b"WARC-Type: request\r\nWARC-Concurrent-To: <urn:uuid:a>")
        .replace(b"text/plain", b"application/http; msgtype=request")
    )
    for octets in (response + request, request.replace(b"Concurrent-To: <urn:uuid:a>", b"X: y") + response):
        path.write_bytes(octets)
        found = rules(checked(path)[0])
        assert found == ([("deviation", "http-length")] if octets.startswith(response) else [])


def test_messages_that_are_dated_one_by_one_are_a_deviation_and_another_day_is_a_defect(tmp_path: Path) -> None:
    near, _ = spoiled(tmp_path, field(2, "WARC-Date", "2026-11-22T01:00:02.5Z"))
    (far_folder := tmp_path / "far").mkdir()
    far, _ = spoiled(far_folder, field(2, "WARC-Date", "2025-11-22T01:00:01.123456Z"))

    assert rules(near) == [("deviation", "event-date")]
    assert rules(far) == [("defect", "event-date")]


def test_records_that_were_taken_out_of_a_larger_file_may_refer_to_what_stayed_there(tmp_path: Path) -> None:
    findings, report = spoiled(tmp_path, order(2))

    assert [(finding.severity.value, finding.rule) for finding in findings] == [
        ("note", "warcinfo-first"),
        ("deviation", "concurrent-to"),
        ("note", "warcinfo-id"),
    ]
    assert report.verdict is Verdict.DEVIATES


@pytest.mark.parametrize(
    ("change", "rule", "clause"),
    [
        (field(10, "WARC-Refers-To-Date", "2026-11-22T01:00:01Z"), "revisit-original", "5.13"),
        (field(10, "WARC-Refers-To-Target-URI", "http://site.example/"), "revisit-original", "5.12"),
        (field(10, "WARC-Payload-Digest", None), "required-field", "6.7.2"),
        (field(10, "WARC-Refers-To-Date", "yesterday"), "refers-to-date", "5.13"),
        (field(10, "WARC-Refers-To", "urn:uuid:1"), "reference-form", "5.11"),
    ],
)
def test_a_revisit_fits_its_original(tmp_path: Path, change: Spoil, rule: str, clause: str) -> None:
    findings, _ = spoiled(tmp_path, change)

    assert (rule, clause) in [(finding.rule, finding.clause) for finding in findings]


def test_a_revisit_is_held_against_the_original_that_it_names_by_address_and_date(tmp_path: Path) -> None:
    other = "sha256:" + "0" * 64
    findings, _ = spoiled(tmp_path, field(10, "WARC-Refers-To", None), field(10, "WARC-Payload-Digest", other))

    assert rules(findings) == [("defect", "revisit-original")]


def test_a_revisit_as_warcio_writes_it_deviates(tmp_path: Path) -> None:
    profile = "http://netpreserve.org/warc/1.0/revisit/identical-payload-digest"
    findings, _ = spoiled(tmp_path, field(10, "WARC-Profile", profile), field(10, "WARC-Truncated", None))

    assert rules(findings) == [("deviation", "profile"), ("deviation", "revisit-truncated")]
    assert all("warcio" in (finding.practice or "") for finding in findings)


def test_a_revisit_without_a_body_that_the_server_did_not_send_is_sound(tmp_path: Path) -> None:
    findings, _ = spoiled(
        tmp_path,
        field(10, "WARC-Profile", "http://netpreserve.org/warc/1.1/revisit/server-not-modified"),
        field(10, "WARC-Truncated", None),
        field(10, "WARC-Payload-Digest", None),
    )

    assert rules(findings) == []


def segments(*numbers: int | None, total: int | None) -> bytes:
    """A record in segments."""
    parts = []
    for n, number in enumerate(numbers):
        kind = b"resource" if n == 0 else b"continuation\r\nWARC-Segment-Origin-ID: <urn:uuid:0>"
        more = b"" if number is None else b"\r\nWARC-Segment-Number: %d" % number
        if total is not None and n == len(numbers) - 1:
            more += b"\r\nWARC-Segment-Total-Length: %d" % total
        record = resource(str(n)).replace(b"WARC-Type: resource", b"WARC-Type: " + kind + more)
        parts.append(record.replace(b"site.example/%d" % n, b"site.example/0"))
    return b"".join(parts)


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (segments(1, 2, 3, total=30), []),
        (segments(1, 2, total=None), []),
        (segments(1, 3, total=None), [("defect", "segment")]),
        (segments(2, 2, total=None), [("defect", "segment")]),
        (segments(1, 2, 3, total=31), [("defect", "segment")]),
        (segments(1, None, total=None), [("defect", "required-field")]),
        (segments(1, 2, total=20).replace(b"/0", b"/9", 1), [("defect", "segment")]),
        (segments(1, total=10), [("defect", "forbidden-field")]),
    ],
)
def test_segments_fit_together(tmp_path: Path, octets: bytes, expected: list[tuple[str, str]]) -> None:
    path = tmp_path / "file.warc"
    path.write_bytes(octets)

    assert rules(checked(path)[0]) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (field(1, "WARC-Target-URI", "http://site.example/?a[]=1|2"), [("deviation", "target-uri-characters")]),
        (field(1, "WARC-Target-URI", "http://site.example/дело"), [("deviation", "target-uri-iri")]),
        (field(1, "WARC-Target-URI", "/cases/17"), [("defect", "target-uri")]),
        (
            field(0, "WARC-Warcinfo-ID", "<urn:uuid:00000001-0000-4000-8000-000000000001>"),
            [("deviation", "forbidden-field")],
        ),
        (field(1, "WARC-IP-Address", "site.example"), [("defect", "ip-address")]),
        (field(1, "WARC-IP-Address", "2001:0DB8::17"), []),
        (field(1, "WARC-Truncated", "tired"), []),
        (field(1, "WARC-Filename", "a.warc"), [("defect", "forbidden-field")]),
        (
            field(3, "WARC-Payload-Digest", "sha256:" + "0" * 64),
            [("deviation", "forbidden-field"), ("defect", "payload-digest")],
        ),
        (put(1, b"\r\nWARC-IP", b"\r\nX-Own: a\r\nX-Own: b\r\nWARC-IP"), []),
        (field(1, "Content-Type", "application/http; msgtype=response"), []),
        (put(1, b"\r\nWARC-IP", b"\r\nX-Own: \xff\r\nWARC-IP"), [("defect", "utf-8")]),
        (put(1, b"\r\nWARC-IP", b"\r\nX-Own: \x07\r\nWARC-IP"), [("defect", "control-characters")]),
        (lambda warc: warc.put(3, warc.records[3] + b"\r\n"), [("deviation", "record-end")]),
        (lambda warc: warc.members.insert(2, gzip.compress(b"")), [("defect", "empty-member")]),
        (lambda warc: warc.members.append(resource("z")), [("defect", "mixed-compression")]),
    ],
)
def test_fields_are_judged_each_by_its_rule(tmp_path: Path, change: Spoil, expected: list[tuple[str, str]]) -> None:
    findings, _ = spoiled(tmp_path, change)

    assert [rule for rule in rules(findings) if rule[1] != "revisit-original"] == expected


def test_wgets_two_records_with_one_id_are_known(tmp_path: Path) -> None:
    path = tmp_path / "file.warc"
    first, second = (
        resource("a").replace(b"http://site.example/a", b"metadata://gnu.org/software/wget/warc/" + name)
        for name in (b"MANIFEST.txt", b"wget_arguments.txt")
    )
    path.write_bytes(first + second)

    findings, _ = checked(path)

    assert rules(findings) == [("deviation", "duplicate-id")]
    assert "GNU Wget" in (findings[-1].practice or "")


def test_a_bare_record_whose_length_is_wrong_costs_no_other_record(tmp_path: Path) -> None:
    path = tmp_path / "file.warc"
    broken = resource("b").replace(b"Content-Length: 10", b"Content-Length: 900")
    path.write_bytes(resource("a") + broken + resource("c") + b"\0\0\0" + resource("d"))

    findings, report = checked(path)

    assert rules(findings) == [("defect", "block-length"), ("defect", "foreign-octets")]
    assert (report.records, findings[1].offset) == (4, len(resource("a")))


def test_a_broken_record_in_a_member_of_many_costs_no_other_record(tmp_path: Path) -> None:
    path = tmp_path / "file.warc.gz"
    broken = resource("b").replace(b"Content-Length: 10", b"Content-Length: 3")
    path.write_bytes(gzip.compress(resource("a") + broken + resource("c") + b"\0\0\0" + resource("d")))

    findings, report = checked(path)

    assert sorted(rules(findings)) == [
        ("defect", "block-length"),
        ("defect", "foreign-octets"),
        ("defect", "members"),
    ]
    assert report.records == 4


def test_everything_of_our_own_is_sound(tmp_path: Path) -> None:
    findings, report = checked(full_warc(tmp_path))

    assert [finding for finding in findings if finding.rule not in {"http-head", "target-uri-characters"}] == []
    assert report.verdict is Verdict.SOUND


def test_every_rule_that_is_found_is_one_that_is_named(tmp_path: Path) -> None:
    for n, case in enumerate(MATRIX.values()):
        folder = tmp_path / str(n)
        folder.mkdir()
        for finding in checked(make(folder, case)[0])[0]:
            assert finding.rule in RULES
            assert finding.clause


# --- time and memory -------------------------------------------------------------------------------------------------


def peak(path: Path) -> tuple[Report, int]:
    """The report on a file, and the octets of memory that its check took at most."""
    tracemalloc.start()
    try:
        for said in check(path):
            report = said
        assert isinstance(report, Report)
        return report, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_bomb_is_read_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "file.warc.gz"
    compress = zlib.compressobj(9, zlib.DEFLATED, 31)
    size = 200 << 20
    octets = compress.compress(resource("a").replace(b"Content-Length: 10", b"Content-Length: %d" % size)[:-14])
    path.write_bytes(octets + b"".join(compress.compress(bytes(1 << 20)) for _ in range(200)) + compress.flush())

    assert path.stat().st_size < 1 << 20
    assert peak(path)[1] < 4 << 20


def test_broken_records_beyond_number_are_not_all_read_and_that_is_told(tmp_path: Path) -> None:
    path = tmp_path / "file.warc.gz"
    path.write_bytes(gzip.compress(b"WARC/1.1\r\nWARC-Type: a\r\nContent-Length: 0\r\n\r\n\r\n\r\n" * 100_000))

    findings, report = checked(path)

    assert (findings[-1].rule, report.verdict) == ("too-damaged", Verdict.DEFECTIVE)
    assert report.records < 100_000
    assert report.not_checked == (f"what follows the record with the number {report.records}, at offset 0", UNSEEN)


@pytest.mark.parametrize(
    "octets",
    [
        b"\x1f\x8b\x08" * 100_000,
        gzip.compress(b"", 0)[:10] * 30_000,
        (gzip.compress(b"WARC/", 0)[:-8]) * 10_000,
        b"WARC/1.1\r\nWARC-Type:" * 30_000,
        b"WARC/1.1\r\nWARC-Type: a\r\nContent-Length: 900000\r\n\r\n" * 20_000,
        b"WARC/1.1\r\nWARC-Type: a\r\nContent-Length: 0\r\n\r\n\r\n\r\n" * 5_000,
        b"\x28\xb5\x2f\xfd" * 30_000,
        b"\x28\xb5\x2f\xfd\x00\x00" + b"\0\0\0" * 300_000,
        gzip.compress(b"WARC/1.1\r\n" + b"a: b\r\n" * 3_000_000),
        gzip.compress(b"WARC/1.1\r\n" + b" b\r\n" * 3_000_000 + b"\r\n"),
        gzip.compress(b"WARC/1.1\r\n" + b"\r" * 20_000_000),
        gzip.compress(
            b"WARC/1.1\r\nWARC-Concurrent-To: " + b"<urn:uuid:a>\r\nWARC-Concurrent-To:" * 30_000 + b"\r\n\r\n"
        )
        * 20,
        b"".join(gzip.compress(b"", 0) for _ in range(20_000)),
    ],
    ids=range(13),
)
def test_no_made_up_file_takes_long_or_much(tmp_path: Path, octets: bytes) -> None:
    path = tmp_path / "file.warc.gz"
    path.write_bytes(octets)

    report, most = peak(path)

    assert not report.sound
    assert most < 64 << 20


def test_the_empty_digest_of_a_revisit_is_known_of_wget_and_says_nothing(tmp_path: Path) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"
    record = (
        b"WARC/1.0\r\nWARC-Type: revisit\r\nWARC-Record-ID: <urn:uuid:818d1447-ebd7-4396-b05d-bbd73dace3a5>\r\n"
        b"WARC-Profile: http://netpreserve.org/warc/1.0/revisit/identical-payload-digest\r\nWARC-Truncated: length\r\n"
        b"WARC-Target-URI: http://site.example/17\r\nWARC-Date: 2026-11-22T01:00:00Z\r\n"
        b"Content-Type: application/http;msgtype=response\r\nWARC-Block-Digest: %b\r\n"
        b"WARC-Payload-Digest: sha1:VUWKGTVO5F3E62L22DBKQLS2V4IB2XLW\r\nContent-Length: %d\r\n\r\n%b\r\n\r\n"
    )
    path = tmp_path / "file.warc"
    # that of no octets; then one of other octets, which nobody's habit explains
    for said, verdict, rule in (
        (b"sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ", Verdict.DEVIATES, "revisit-digest"),
        (b"sha1:A6SIHHCHA3ZMNA7XT2NBCY4G6YQS3ELH", Verdict.DEFECTIVE, "block-digest"),
    ):
        path.write_bytes(record % (said, len(head), head))
        findings, report = checked(path)

        assert report.verdict is verdict
        assert rule in [finding.rule for finding in findings if finding.severity is not Severity.NOTE]
        assert any("blocks that no digest covers" in gap for gap in report.not_checked) is (rule == "revisit-digest")
