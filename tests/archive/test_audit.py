"""The audit finds every way of spoiling a collection's evidence that the kit knows, and names file and record."""

from __future__ import annotations

import gzip
import os
import random
import shutil
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from archive_samples import collection, crawled, put
from warc_samples import CHUNKED_BODY, CHUNKED_HEAD, all_exchanges, exchange, failure, request_bytes
from warc_tampering import CASES, Warc

from archive.audit import FROM_THE_FOLDER, NOBODY_OUTSIDE, FileVerdict, Summary, verify
from archive.audit_file import Verdict, fails
from archive.check import Finding, FindingKind
from archive.collection import Collection
from archive.digest import digest, digest_octets
from archive.exchange import Outcome
from archive.warc import OPEN_SUFFIX, read_records


def audit(at: Collection, **how: object) -> tuple[list[Finding], Summary]:
    """What a verification by a new process says."""
    with Collection.open(at.path) as opened:
        *items, summary = verify(opened, **how)
    findings = [item for item in items if isinstance(item, Finding)]
    assert isinstance(summary, Summary)
    assert all(isinstance(item, Finding | FileVerdict) for item in items)
    assert summary.verdict == ("failed" if any(map(fails, findings)) else "self-attested")
    return findings, summary


def file_verdicts(at: Collection, **how: object) -> dict[str, Verdict]:
    """What it says of each file."""
    with Collection.open(at.path) as opened:
        return {item.file: item.verdict for item in verify(opened, **how) if isinstance(item, FileVerdict)}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The two files that the kit spoils, each of a crawl."""
    at = collection(tmp_path_factory.mktemp("template"))
    chunked = exchange("http://site.example/chunked", head=CHUNKED_HEAD, body=CHUNKED_BODY, payload=b"five, eight")
    ssh = failure(Outcome.MALFORMED, request=request_bytes(), received=b"SSH-2.0", peer="192.0.2.18")
    crawled(at, "first", exchange(), chunked, ssh)
    crawled(at, "second", exchange(after=timedelta(days=1)))
    return at.path


@pytest.fixture
def stored(template: Path, tmp_path: Path) -> Iterator[Collection]:
    """A copy of the template, to be spoiled."""
    with Collection.open(Path(shutil.copytree(template, tmp_path / "collection"))) as opened:
        yield opened


def files_of(at: Collection) -> list[Path]:
    return sorted(at.archive_folder.iterdir())


def test_evidence_that_is_as_it_was_stored_is_self_attested_and_never_more(tmp_path: Path) -> None:
    at = collection(tmp_path)
    crawled(at, "first", *all_exchanges().values())
    crawled(at, "second", *all_exchanges().values())
    sizes = sum(path.stat().st_size for path in files_of(at))

    findings, summary = audit(at)

    assert findings == []
    records = sum(1 for path in files_of(at) for _ in read_records(path))
    assert (summary.captures, summary.records, summary.files, summary.octets) == (30, records, 2, sizes)
    assert (summary.verdicts, summary.file_verdicts) == ({"ok": records}, {"ok": 2})
    assert summary.not_checked == (NOBODY_OUTSIDE, FROM_THE_FOLDER)
    assert summary.time.words.startswith("unproven")


def test_an_empty_collection_has_nothing_wrong_and_nothing_proved(tmp_path: Path) -> None:
    findings, summary = audit(collection(tmp_path))

    assert findings == []
    assert (summary.captures, summary.records, summary.files, summary.octets) == (0, 0, 0, 0)
    assert (summary.verdict, summary.verdicts) == ("self-attested", {})


@pytest.mark.parametrize("name", CASES)
def test_what_was_spoiled_is_found_and_named(stored: Collection, name: str) -> None:
    case = CASES[name]
    path = files_of(stored)[case.file]
    numbers = {record.record_id: record.n for record in read_records(path)}
    assert audit(stored)[0] == []
    warc = Warc.read(path)
    case.spoil(warc)
    warc.write()

    findings, _ = audit(stored)

    assert {(finding.kind, numbers.get(finding.record_id or "")) for finding in findings} == case.audit, findings
    assert {finding.file for finding in findings} == {path.name}
    assert case.says in "\n".join(map(str, findings))


def test_a_deleted_file_is_missed_with_what_was_in_it(stored: Collection) -> None:
    path = files_of(stored)[0]
    size = path.stat().st_size
    lost = [record.record_id for record in read_records(path)]
    path.unlink()

    findings, summary = audit(stored)

    assert str(findings[0]) == f"missing: {path.name}: expected the file, 10 records in {size} octets, found none"
    assert [(finding.kind, finding.file, finding.record_id) for finding in findings[1:]] == [
        (FindingKind.MISSING, path.name, record_id) for record_id in lost
    ]
    assert any(finding.capture and finding.capture.endswith("http://site.example/cases/17") for finding in findings)
    assert summary.files == 1


def test_all_files_deleted_is_no_empty_collection(stored: Collection) -> None:
    for path in files_of(stored):
        path.unlink()

    findings, _ = audit(stored)

    assert {finding.kind for finding in findings} == {FindingKind.MISSING}
    assert len([finding for finding in findings if finding.record_id is None]) == 2


@pytest.mark.parametrize("name", ["zz.warc.gz", "a copy.warc.gz", "plain.warc"])
def test_a_file_that_was_not_stored_is_found(stored: Collection, name: str) -> None:
    (stored.archive_folder / name).write_bytes(files_of(stored)[0].read_bytes())

    findings, _ = audit(stored)

    assert [(finding.kind, finding.file) for finding in findings] == [(FindingKind.INSERTED, name)]


def test_a_file_beside_its_unfinished_self_is_found(stored: Collection) -> None:
    name = files_of(stored)[0].name + OPEN_SUFFIX
    (stored.archive_folder / name).write_bytes(b"")

    findings, _ = audit(stored)

    assert [(finding.kind, finding.file) for finding in findings] == [(FindingKind.INSERTED, name)]


def test_a_file_under_the_name_of_another_is_found(stored: Collection) -> None:
    first, second = files_of(stored)
    octets = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(octets)

    findings, _ = audit(stored)

    assert {finding.file for finding in findings} == {first.name, second.name}


def test_what_is_no_warc_is_told_of_and_is_no_finding(stored: Collection) -> None:
    (stored.archive_folder / ".DS_Store").write_bytes(b"")

    findings, summary = audit(stored)

    assert findings == []
    assert ".DS_Store in the folder of the evidence, which is no WARC" in summary.not_checked


def test_padding_that_no_record_holds_is_found_by_the_digest_of_the_file(stored: Collection) -> None:
    path = files_of(stored)[0]
    octets = bytearray(path.read_bytes())
    octets[4] ^= 1  # the time in a gzip header
    path.write_bytes(octets)

    [finding] = audit(stored)[0]

    assert (finding.kind, finding.file, finding.record_id) == (FindingKind.ALTERED, path.name, None)
    assert "the file sha256:" in finding.expected


def test_every_finding_of_a_capture_bears_its_name(stored: Collection) -> None:
    path = files_of(stored)[0]
    warc = Warc.read(path)
    del warc.members[1]
    warc.write()

    lost = [finding for finding in audit(stored)[0] if finding.expected.startswith("the response record")]

    assert [finding.capture for finding in lost] == ["20261122010001/http://site.example/cases/17"]


def test_a_file_that_cannot_be_read_is_a_finding(stored: Collection) -> None:
    path = files_of(stored)[0]
    path.unlink()
    path.mkdir()

    [finding] = audit(stored)[0]

    assert (finding.kind, finding.file) == (FindingKind.MISSING, path.name)
    assert "cannot be read" in finding.found


def test_a_pipe_in_the_place_of_a_file_is_a_finding_and_blocks_nobody(stored: Collection) -> None:
    [capture, *_] = stored.catalogue.captures()
    path = stored.archive_folder / capture.location.file
    path.unlink()
    os.mkfifo(path)

    for how in ({}, {"captures": [capture]}):
        first, *_ = audit(stored, **how)[0]
        assert (first.kind, first.file) == (FindingKind.MISSING, path.name)
        assert "no regular file" in first.found


def test_a_closed_file_under_its_unfinished_name_is_found(stored: Collection) -> None:
    path = files_of(stored)[0]
    path.rename(path.with_name(path.name + OPEN_SUFFIX))

    [finding] = audit(stored)[0]

    assert (finding.kind, finding.file) == (FindingKind.MISSING, path.name)
    assert finding.found == f"it as {path.name}{OPEN_SUFFIX}"


def test_a_link_in_the_place_of_a_file_is_told_of(stored: Collection) -> None:
    path = files_of(stored)[0]
    elsewhere = path.rename(stored.path / "elsewhere")
    path.symlink_to(elsewhere)

    findings, summary = audit(stored)

    assert findings == []
    assert any(path.name in words and "a link to a file elsewhere" in words for words in summary.not_checked)


# --- a rebuild, after which the catalogue knows nothing of what was spoiled before ------------------------------------


def _another_target(n: int) -> Callable[[Warc], None]:
    return lambda warc: warc.field(n, "WARC-Target-URI", "http://other.example/")


@pytest.mark.parametrize(
    ("spoil", "kinds", "records"),
    [
        (lambda warc: warc.members.__delitem__(3), {FindingKind.MISSING}, {3}),
        (lambda warc: warc.members.__delitem__(9), {FindingKind.MISSING, FindingKind.TRUNCATED}, {9, None}),
        (_another_target(2), {FindingKind.ALTERED}, {2}),
        (_another_target(3), {FindingKind.ALTERED}, {3}),
        (_another_target(9), {FindingKind.ALTERED}, {9}),
        (lambda warc: warc.members.insert(3, warc.members.pop(2)), {FindingKind.REORDERED}, {3}),
    ],
    ids=["metadata gone", "the last record gone", "request", "metadata", "of a failure", "request last"],
)
def test_a_rebuild_does_not_hide_what_was_done_to_a_file(
    stored: Collection, spoil: Callable[[Warc], None], kinds: set[FindingKind], records: set[int | None]
) -> None:
    path = files_of(stored)[0]
    numbers = {each.record_id: each.n for each in read_records(path)}
    warc = Warc.read(path)
    spoil(warc)
    warc.write()
    stored.close()
    Collection.rebuild(stored.path)

    findings = audit(stored)[0]

    assert {finding.kind for finding in findings} == kinds
    assert {numbers.get(finding.record_id or "") for finding in findings} == records


def test_a_rebuild_does_not_hide_that_a_file_was_renamed(stored: Collection) -> None:
    path = files_of(stored)[0]
    other = path.rename(path.with_name("khronika-20261122010001000-00009-00000000.warc.gz"))
    stored.close()
    Collection.rebuild(stored.path)

    kinds = {(finding.kind, finding.file) for finding in audit(stored)[0]}

    assert {(FindingKind.MISSING, path.name), (FindingKind.INSERTED, other.name)} <= kinds


# --- the catalogue that says something else --------------------------------------------------------------------------


def change_catalogue(at: Collection, statement: str) -> None:
    with sqlite3.connect(at.catalogue_path) as connection:
        assert connection.execute(statement).rowcount == 1
    connection.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE captures SET payload_length = 404 WHERE original IS NULL AND payload_length > 100",
        "UPDATE captures SET captured_at = captured_at - 1000000 WHERE original IS NOT NULL",
        "DELETE FROM captures WHERE original IS NOT NULL",
    ],
)
def test_a_catalogue_that_says_other_than_the_records_is_found(stored: Collection, statement: str) -> None:
    change_catalogue(stored, statement)

    findings, _ = audit(stored)

    assert len(findings) == 1
    assert "khronika rebuild" in str(findings[0])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("length = length + 1", "octets compressed"),
        ("offset = offset + 1", "octets compressed"),
        ("type = 'resource'", "the warcinfo record of"),
        ("foundation = 'dns:site.example'", "the catalogue to say what exchanges rest on"),
        ("record_digest = zeroblob(32)", "its digest in the catalogue"),
        ("record_digest = CAST(substr(record_digest, 1, 8) || X'00' AS BLOB)", "its digest in the catalogue"),
    ],
)
def test_a_catalogue_that_says_other_of_a_record_is_found_and_the_record_named(
    stored: Collection, change: str, says: str
) -> None:
    row = next(stored.catalogue.records_of(files_of(stored)[0].name))
    change_catalogue(stored, f"UPDATE records SET {change} WHERE file = 1 AND n = 0")

    [finding] = audit(stored)[0]

    assert (finding.kind, finding.record_id) == (FindingKind.ALTERED, row.record_id)
    assert says in finding.expected


@pytest.mark.parametrize(
    ("at", "says"),
    [
        (1, "the request record of"),  # the type
        (2, "octets compressed"),  # the length
        (5, "its record id in the catalogue"),
        (22, "its digest in the catalogue"),
    ],
)
def test_a_catalogue_that_says_other_of_a_record_beside_a_capture_is_found_and_the_record_named(
    stored: Collection, at: int, says: str
) -> None:
    [_, response, request, *_] = stored.catalogue.records_of(files_of(stored)[0].name)
    with sqlite3.connect(stored.catalogue_path) as connection:
        of = "file = 1 AND n = ?"
        [octets] = connection.execute(f"SELECT beside FROM captures WHERE {of}", (response.n,)).fetchone()
        edited = bytearray(octets)
        edited[at] ^= 1
        connection.execute(f"UPDATE captures SET beside = ? WHERE {of}", (bytes(edited), response.n))
    connection.close()

    finding = audit(stored)[0][0]

    assert (finding.kind, finding.record_id) == (FindingKind.ALTERED, request.record_id)
    assert says in finding.expected


def test_a_catalogue_that_counts_other_records_is_found(stored: Collection) -> None:
    change_catalogue(stored, "UPDATE files SET records = records - 1 WHERE id = 1")

    [finding] = audit(stored)[0]

    assert (finding.kind, finding.file) == (FindingKind.ALTERED, "catalogue.sqlite")
    assert finding.expected == f"the 10 records of {files_of(stored)[0].name} in the catalogue"


def test_a_capture_that_the_catalogue_lost_is_named(stored: Collection) -> None:
    lost = next(capture for capture in stored.catalogue.captures() if capture.is_revisit)
    octets = uuid.UUID(lost.record_id).hex
    change_catalogue(stored, f"DELETE FROM captures WHERE record_id = X'{octets}'")

    [finding] = audit(stored)[0]

    assert (finding.kind, finding.file) == (FindingKind.MISSING, "catalogue.sqlite")
    assert lost.location.file in finding.expected
    assert (finding.offset, finding.record_id) == (lost.location.offset, lost.record_id)
    assert finding.capture == f"{lost.timestamp}/{lost.url}"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE sorts SET outcome = 'nonsense' WHERE id = 1",
        "UPDATE captures SET captured_at = 9223372036854775807 WHERE id = 1",
        "UPDATE captures SET record_digest = x'00' WHERE id = 1",
        "UPDATE records SET record_digest = x'00' WHERE file = 1 AND n = 0",
        "UPDATE captures SET beside = x'00ff' WHERE id = 1",
        "UPDATE captures SET beside = x'' WHERE id = 1",
    ],
)
def test_rows_that_mean_nothing_are_a_finding_and_no_traceback(stored: Collection, statement: str) -> None:
    change_catalogue(stored, statement)

    findings, summary = audit(stored)

    assert {(finding.kind, finding.file) for finding in findings} == {(FindingKind.ALTERED, "catalogue.sqlite")}
    assert summary.verdicts == {"ok": 14}


def test_a_name_that_leads_out_of_the_folder_is_a_finding(stored: Collection) -> None:
    change_catalogue(stored, "UPDATE files SET name = '../../nowhere/at-all' WHERE id = 1")

    findings, _ = audit(stored)

    assert {(finding.kind, finding.file) for finding in findings} == {
        (FindingKind.MISSING, "catalogue.sqlite"),
        (FindingKind.INSERTED, "catalogue.sqlite"),
    }
    assert any("../../nowhere/at-all" in finding.found for finding in findings)


def test_a_named_capture_fails_when_the_catalogue_leaves_out_one_of_its_records(stored: Collection) -> None:
    [_, response, *_] = stored.catalogue.records_of(files_of(stored)[0].name)
    capture = stored.catalogue.capture(response.record_id)
    # of the last one beside it: type, length in two octets, id, beginning of the digest
    left = "substr(beside, 1, length(beside) - 27)"
    change_catalogue(stored, f"UPDATE captures SET beside = {left} WHERE file = 1 AND n = {response.n}")

    [finding] = audit(stored, captures=[capture])[0]

    assert (finding.kind, finding.record_id) == (FindingKind.ALTERED, capture.record_id)
    assert finding.expected == "the catalogue to say what the records say"


def test_a_catalogue_that_lost_a_file_is_found_and_the_file_holds(stored: Collection) -> None:
    name = files_of(stored)[1].name
    with sqlite3.connect(stored.catalogue_path) as connection:
        connection.execute("DELETE FROM captures WHERE file = (SELECT id FROM files WHERE name = ?)", (name,))
        connection.execute("DELETE FROM records WHERE file = (SELECT id FROM files WHERE name = ?)", (name,))
        connection.execute("DELETE FROM files WHERE name = ?", (name,))
    connection.close()

    findings, _ = audit(stored)

    assert [(finding.kind, finding.file) for finding in findings] == [(FindingKind.MISSING, "catalogue.sqlite")]
    assert name in findings[0].expected
    assert set(file_verdicts(stored).values()) == {Verdict.OK}


def test_a_closed_file_without_a_digest_is_a_finding(stored: Collection) -> None:
    change_catalogue(stored, "UPDATE files SET digest = NULL WHERE id = 1")

    [finding] = audit(stored)[0]

    assert finding.kind is FindingKind.UNDIGESTED


def test_a_record_that_was_altered_with_the_catalogue_is_found_by_the_log(stored: Collection) -> None:
    path = files_of(stored)[0]
    warc = Warc.read(path)
    warc.replace(9, b"payload-length", b"payload-lemgth")
    warc.field(9, "WARC-Block-Digest", digest(warc.block(9)))
    warc.write()
    octets = path.read_bytes()
    with sqlite3.connect(stored.catalogue_path) as connection:
        connection.execute(
            "UPDATE records SET length = ?, record_digest = ? WHERE file = 1 AND n = 9",
            (len(warc.members[9]), digest_octets(digest(warc.records[9]))),
        )
        connection.execute(
            "UPDATE files SET size = ?, digest = ? WHERE id = 1", (len(octets), digest_octets(digest(octets)))
        )
    connection.close()

    [finding] = audit(stored)[0]

    assert (finding.kind, finding.file) == (FindingKind.ALTERED, path.name)
    assert finding.offset == len(octets) - len(warc.members[9])


# --- while a crawl runs ----------------------------------------------------------------------------------------------


def test_a_file_that_is_being_written_is_read_as_far_as_the_catalogue_knows_it(stored: Collection) -> None:
    with stored.writer() as writer:
        put(writer, "third", exchange("http://site.example/new"))
        [path] = [path for path in files_of(stored) if path.name.endswith(OPEN_SUFFIX)]
        findings, summary = audit(stored)
        with path.open("ab") as file:
            file.write(gzip.compress(b"half a rec"))
        torn, summary_torn = audit(stored)

    assert (findings, summary.captures, summary.files) == ([], 5, 3)
    assert torn == []
    name = path.name.removesuffix(OPEN_SUFFIX)
    assert any(name in words and "being written" in words for words in summary_torn.not_checked)


def test_a_file_that_the_log_has_not_heard_of_yet_is_told_of(stored: Collection) -> None:
    (stored.archive_folder / f"khronika-new.warc.gz{OPEN_SUFFIX}").write_bytes(b"")

    findings, summary = audit(stored)

    assert findings == []
    assert f"khronika-new.warc.gz{OPEN_SUFFIX}, which the log does not know yet" in summary.not_checked


def test_an_unfinished_file_that_lost_what_was_safe_is_found(stored: Collection) -> None:
    with stored.writer() as writer:
        [capture] = put(writer, "third", exchange("http://site.example/new"))
        path = stored.path_of(capture.location.file)
        octets = path.read_bytes()
        path.write_bytes(octets[:-30])
        findings, _ = audit(stored)
        path.write_bytes(octets)

    assert [finding.kind for finding in findings] == [FindingKind.TRUNCATED]
    assert {finding.file for finding in findings} == {capture.location.file}


# --- a part of the evidence ------------------------------------------------------------------------------------------


def test_a_named_capture_is_verified_with_its_request_its_metadata_and_its_original(stored: Collection) -> None:
    revisit = stored.catalogue.find("http://site.example/cases/17@2")

    findings, summary = audit(stored, captures=[revisit])

    assert findings == []
    assert (summary.captures, summary.records, summary.files) == (2, 6, 2)
    assert summary.not_checked[0] == "everything but the captures that were named"


# Each makes its record shorter, so that it can be filled up to its old place.
SPOILED: list[tuple[int, Callable[[Warc], object], list[int]]] = [
    (0, lambda warc: warc.replace(1, b"200 OK", b""), [1, 2]),
    (0, lambda warc: warc.replace(2, b"/cases/17", b""), [1, 2]),
    (0, lambda warc: warc.replace(3, b"fetchTimeMs: 250", b""), [1, 2]),
    (0, lambda warc: warc.field(1, "WARC-IP-Address", None), [1, 2]),
    (1, lambda warc: warc.replace(1, b"200 OK", b""), [2]),
    (1, lambda warc: warc.members.pop(), [2]),
    (1, lambda warc: warc.members.clear(), [2]),
    (0, lambda warc: warc.replace(4, b"200 OK", b""), []),
    (0, lambda warc: warc.replace(9, b"outcome: malformed", b""), []),
]


@pytest.mark.parametrize(("file", "spoil", "failed"), SPOILED)
def test_a_named_capture_fails_when_its_own_records_or_its_originals_do(
    stored: Collection, file: int, spoil: Callable[[Warc], object], failed: list[int]
) -> None:
    warc = Warc.read(files_of(stored)[file])
    sizes = [len(member) for member in warc.members]
    spoil(warc)
    # the other records stay where they are: of one capture only its own places are read
    for n, size in enumerate(sizes[: len(warc.members)]):
        warc.members[n] = _of_size(warc.members[n], size)
    warc.write()

    for which in (1, 2):
        capture = stored.catalogue.find(f"http://site.example/cases/17@{which}")
        findings, _ = audit(stored, captures=[capture])
        assert bool(findings) == (which in failed), (which, findings)


def _of_size(member: bytes, size: int) -> bytes:
    """The same member in exactly so many octets: a comment in its gzip header fills it up."""
    if len(member) == size:
        return member
    record = gzip.decompress(member)
    # record ids are random: how well a record compresses is too, and a spoiled one may lose a little more
    while (missing := size - len(small := gzip.compress(record, 9, mtime=0)) - 1) < 0:
        record = record[:-24] + record[-4:]
    return small[:3] + b"\x10" + small[4:10] + b"x" * missing + b"\0" + small[10:]


def test_a_failed_fetch_is_verified_by_name_too(stored: Collection) -> None:
    [capture] = stored.catalogue.captures_of("http://site.example/cases/18")

    findings, summary = audit(stored, captures=[capture])

    assert (findings, summary.records) == ([], 3)


def test_every_capture_of_every_kind_is_sound_by_name(tmp_path: Path) -> None:
    at = collection(tmp_path)
    captures = crawled(at, "first", *all_exchanges().values())

    findings, summary = audit(at, captures=captures)

    assert findings == []
    assert summary.captures == len(captures)
    assert summary.records == sum(1 for path in files_of(at) for _ in read_records(path)) - 1


def test_a_sample_of_all_finds_what_a_sample_of_none_does_not_read(stored: Collection) -> None:
    path = files_of(stored)[0]
    warc = Warc.read(path)
    size = len(warc.members[4])
    warc.replace(4, b"200 OK", b"")
    warc.members[4] = _of_size(warc.members[4], size)
    warc.write()

    findings, _ = audit(stored, sample=1.0)
    none, summary = audit(stored, sample=1e-12, chance=random.Random(1))

    assert {(finding.kind, finding.file) for finding in findings} == {
        (FindingKind.MALFORMED, path.name),
        (FindingKind.ALTERED, path.name),
    }
    assert none == []
    assert (summary.files, summary.records) == (2, 0)
    assert summary.not_checked[0].startswith("all records but those drawn by chance")


@pytest.mark.parametrize("change", ["delete", "shorten", "lengthen"])
def test_a_sample_looks_at_every_files_presence_and_size(stored: Collection, change: str) -> None:
    path = files_of(stored)[0]
    octets = path.read_bytes()
    path.unlink() if change == "delete" else path.write_bytes(octets[:-1] if change == "shorten" else octets + b"\0")

    [finding] = audit(stored, sample=1e-12)[0]

    kinds = {"delete": FindingKind.MISSING, "shorten": FindingKind.TRUNCATED, "lengthen": FindingKind.INSERTED}
    assert (finding.kind, finding.file) == (kinds[change], path.name)


def test_progress_is_told_in_records(stored: Collection) -> None:
    told: list[tuple[str, int | None, int | None]] = []

    audit(stored, progress=lambda text, done, total: told.append((text, done, total)))

    names = [path.name for path in files_of(stored)]
    assert told[0] == ("Verifying the log", 18, None)
    assert (f"Verifying {names[0]}", 0, 14) in told
    assert (f"Verifying {names[1]}", 14, 14) in told


def test_a_verification_changes_nothing(stored: Collection) -> None:
    before = {path.name: path.read_bytes() for path in files_of(stored)}

    audit(stored)

    assert {path.name: path.read_bytes() for path in files_of(stored)} == before
