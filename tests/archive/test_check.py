"""The strict check finds what is wrong with a WARC, and nothing in one that is right."""

from __future__ import annotations

import gzip
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from warc_samples import CHUNKED_BODY, CHUNKED_HEAD, exchange, failure, full_warc, request_bytes, store, writer
from warc_tampering import CASES, Warc

from archive.check import Finding, FindingKind, check_file
from archive.errors import StorageError
from archive.exchange import Outcome
from archive.warc import WarcWriter, read_records


def stored_files(folder: Path) -> list[Path]:
    """The two files that the kit spoils."""
    first, second = writer(folder), writer(folder, serial=1, start=100)
    original, _ = store(first, exchange())
    store(first, exchange("http://site.example/chunked", head=CHUNKED_HEAD, body=CHUNKED_BODY, payload=b"five, eight"))
    store(first, failure(Outcome.MALFORMED, request=request_bytes(), received=b"SSH-2.0", peer="192.0.2.18"))
    store(second, exchange(after=timedelta(days=1)), original)
    return [folder / warc.close().name for warc in (first, second)]


def test_nothing_is_wrong_with_what_the_writer_wrote(tmp_path: Path) -> None:
    assert list(check_file(full_warc(tmp_path))) == []


@pytest.mark.parametrize("name", CASES)
def test_what_was_spoiled_is_found_and_named(tmp_path: Path, name: str) -> None:
    case = CASES[name]
    path = stored_files(tmp_path)[case.file]
    numbers = {record.record_id: record.n for record in read_records(path)}
    assert list(check_file(path)) == []
    warc = Warc.read(path)
    case.spoil(warc)
    warc.write()

    found = list(check_file(path))

    assert {(finding.kind, numbers.get(finding.record_id or "")) for finding in found} == case.check, found
    if found:
        assert case.says in "\n".join(map(str, found))
    for finding in found:
        assert finding.file == path.name
        assert finding.offset is not None
        assert finding.expected
        assert finding.found


def test_a_finding_says_where_what_and_by_which_clause(tmp_path: Path) -> None:
    path = stored_files(tmp_path)[0]
    warc = Warc.read(path)
    warc.field(1, "WARC-Date", "22 Nov 2026")
    warc.write()

    [finding] = check_file(path)

    assert finding == Finding(
        kind=FindingKind.MALFORMED,
        file="khronika-20261122010001123-00000-00000001.warc.gz",
        offset=len(warc.members[0]),
        record_id="urn:uuid:00000003-0000-4000-8000-000000000003",
        capture=None,
        expected="WARC-Date: YYYY-MM-DDThh:mm:ss, up to nine digits of a fraction, Z",
        found="'22 Nov 2026'",
        clause="5.4",
        rule="date",
    )
    assert str(finding) == (
        f"malformed: {path.name}, offset {finding.offset}, <urn:uuid:00000003-0000-4000-8000-000000000003>: "
        "expected WARC-Date: YYYY-MM-DDThh:mm:ss, up to nine digits of a fraction, Z, found '22 Nov 2026' "
        "(WARC 1.1, 5.4)"
    )
    assert finding.as_record()["kind"] == "malformed"


def test_a_finding_names_its_capture(tmp_path: Path) -> None:
    path = stored_files(tmp_path)[0]
    warc = Warc.read(path)
    warc.replace(1, b"200 OK", b"203 OK")
    warc.write()

    assert [finding.capture for finding in check_file(path)] == ["20261122010001/http://site.example/cases/17"]


def test_the_check_goes_on_after_damage(tmp_path: Path) -> None:
    path = stored_files(tmp_path)[0]
    warc = Warc.read(path)
    warc.replace(9, b"outcome: malformed", b"outcome: forgotten")
    warc.members[1] = warc.members[1][:50] + b"\x1f\x8b\x08" * 40 + warc.members[1][50:]
    warc.members[5] = b"\0" * 100
    warc.write()

    kinds = [finding.kind for finding in check_file(path) if finding.kind is not FindingKind.MISSING]

    assert kinds == [FindingKind.ALTERED, FindingKind.INSERTED, FindingKind.ALTERED]


def test_a_revisit_is_held_against_its_original_in_the_same_file(tmp_path: Path) -> None:
    path = full_warc(tmp_path)
    warc = Warc.read(path)
    n = next(n for n, record in enumerate(warc.records) if b"WARC-Type: revisit" in record)
    warc.field(n, "WARC-Payload-Digest", "sha256:" + "0" * 64)
    warc.write()

    [finding] = check_file(path)

    assert (finding.kind, finding.clause) == (FindingKind.ALTERED, "6.7.2")


@pytest.mark.parametrize(("method", "wrong"), [("HEAD", False), ("GET", True)])
def test_a_body_may_be_absent_after_head_only(tmp_path: Path, method: str, wrong: bool) -> None:
    warc = writer(tmp_path)
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"
    store(warc, exchange(head=head, body=b"", method=method, request=request_bytes("/", method)))

    assert [finding.kind for finding in check_file(warc.path)] == [FindingKind.TRUNCATED] * wrong


def test_surplus_after_head_is_no_payload(tmp_path: Path) -> None:
    warc = writer(tmp_path)
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"
    store(warc, exchange(head=head, body=b"four", payload=b"", request=request_bytes("/", "HEAD")))

    assert list(check_file(warc.path)) == []


def test_records_may_come_in_the_order_of_other_tools(tmp_path: Path) -> None:
    path = stored_files(tmp_path)[0]
    warc = Warc.read(path)
    warc.members[1:4] = [warc.members[2], warc.members[3], warc.members[1]]
    warc.write()

    assert list(check_file(path)) == []


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"absent\.warc\.gz"):
        list(check_file(tmp_path / "absent.warc.gz"))
    with pytest.raises(StorageError, match="directory"):
        list(check_file(tmp_path))


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    path = stored_files(tmp_path_factory.mktemp("sound"))[0]
    return path, path.read_bytes()


def test_any_flipped_bit_is_found(sound: tuple[Path, bytes]) -> None:
    path, octets = sound
    first = len(Warc.read(path).members[0])
    # Time, extra flags and system in the gzip header, and the last bits before the CRC, carry nothing; the audit holds
    # them against the digest of the file.
    starts = [first]
    for member in Warc.read(path).members[1:3]:
        starts.append(starts[-1] + len(member))
    idle = {start + at for start in starts for at in (4, 5, 6, 7, 8, 9, -9)}
    unseen = []

    for at in sorted(set(range(first, starts[-1])) - idle):
        spoiled = bytearray(octets)
        spoiled[at] ^= 1 << (at % 8)
        path.write_bytes(spoiled)
        if not list(check_file(path)):
            unseen.append(at)
    path.write_bytes(octets)

    assert unseen == []


@settings(max_examples=150, deadline=None)
@given(octets=st.binary(max_size=200), at=st.integers(0, 4000), length=st.integers(0, 500), zipped=st.booleans())
def test_the_check_never_crashes(sound: tuple[Path, bytes], octets: bytes, at: int, length: int, zipped: bool) -> None:
    path, whole = sound
    spoiled = path.with_name("spoiled.warc.gz")
    if zipped:
        records = b"".join(Warc.read(path).records)
        spoiled.write_bytes(gzip.compress(records[:at] + octets + records[at + length :]))
    else:
        spoiled.write_bytes(whole[:at] + octets + whole[at + length :])

    for finding in check_file(spoiled):
        assert finding.expected
        assert finding.found
        assert str(finding)


@pytest.mark.parametrize("text", ["sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ", "none at all"])
def test_a_record_with_the_payload_digest_of_another_tool_can_be_entered(tmp_path: Path, text: str) -> None:
    path = stored_files(tmp_path)[0]
    warc = Warc.read(path)
    warc.field(1, "WARC-Payload-Digest", text)
    warc.write()

    _, record, *_ = read_records(path)

    assert record.written().payload_digest is None
    assert [finding.kind for finding in check_file(path)] == [FindingKind.UNDIGESTED]


def test_a_file_that_is_being_written_is_sound(tmp_path: Path) -> None:
    warc: WarcWriter = writer(tmp_path)
    store(warc, exchange())

    assert list(check_file(warc.path)) == []
