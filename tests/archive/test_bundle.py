"""Evidence bundles: what goes into them, what does not, and that others can check them."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from archive_samples import page, put
from authority import make_ca, make_crl
from bundle_samples import ANSWER, GONE, OTHER, URL, VIA, WITNESS, Sample, make_sample, now, unzipped, zipped
from fastwarc.warc import ArchiveIterator
from key_samples import grow, new_collection
from warc_samples import TLS
from warcio.archiveiterator import ArchiveIterator as WarcioIterator

from archive import verdict
from archive.bundle import RECORDS, choose, cover_at, make_bundle
from archive.bundle_check import BundleSummary, check_bundle
from archive.capture import Capture
from archive.checkpoint import parse_checkpoint, parse_proof, parse_vkey
from archive.collection import Collection
from archive.entry import BeaconEntry, EventEntry, EventType, Outcome, RecordEntry, parse_entry
from archive.errors import BundleError, RecordError
from archive.finding import Finding, Severity
from archive.inbox import waiting
from archive.log import LogReader
from archive.privacy import PrivacySummary, examine
from archive.rotation import load_root, read_history, revoke, rotate
from archive.statement import SHOWN
from archive.store import FolderStore
from archive.warc import read_records
from archive.withholding import format_detail


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return make_sample(tmp_path_factory.mktemp("sample"))


@pytest.fixture
def own(sample: Sample, tmp_path: Path) -> Sample:
    """The sample, to be changed."""
    shutil.copytree(sample.path, tmp_path / "collection", ignore=shutil.ignore_patterns("inbox"))
    return replace(sample, path=tmp_path / "collection")


def summary_of(bundle: Path, *trusted: str) -> BundleSummary:
    found = list(check_bundle(bundle, [parse_vkey(key) for key in trusted]))
    assert isinstance(found[-1], BundleSummary)
    assert not [one for one in found if isinstance(one, Finding)], found
    return found[-1]


def entries(files: dict[str, bytes], folder: str = "proofs") -> list[RecordEntry]:
    found = [
        parse_entry(parse_proof(octets).entry)
        for name, octets in sorted(files.items())
        if name.startswith(folder + "/")
    ]
    return [entry for entry in found if isinstance(entry, RecordEntry)]


# --- what goes in ----------------------------------------------------------------------------------------------------


def test_the_same_captures_give_the_same_octets(sample: Sample, tmp_path: Path) -> None:
    first = sample.bundle(tmp_path / "first.zip", sample.again, sample.other)
    second = sample.bundle(tmp_path / "second.zip", sample.again, sample.other)

    assert first.read_bytes() == second.read_bytes()


def test_the_order_of_the_records_is_the_logs_whatever_was_asked_first(sample: Sample, tmp_path: Path) -> None:
    files = unzipped(sample.bundle(tmp_path / "bundle.zip", sample.other, sample.first))
    indexes = [parse_proof(octets).index for name, octets in sorted(files.items()) if name.startswith("proofs/")]

    assert indexes == sorted(indexes)


def test_an_exchange_comes_with_all_that_it_rests_on(sample: Sample, tmp_path: Path) -> None:
    files = unzipped(sample.bundle(tmp_path / "bundle.zip"))
    (tmp_path / RECORDS).write_bytes(files[RECORDS])

    records = list(read_records(tmp_path / RECORDS))

    assert [record.type for record in records] == [
        "warcinfo",
        "resource",
        "resource",
        "response",
        "request",
        "metadata",
    ]
    assert records[1].target_uri == "dns:site.example"
    assert str(records[2].target_uri).startswith("urn:sha256:")
    assert [record.record_id for record in records] == [entry.id for entry in entries(files)]


def test_a_revisit_brings_its_original_and_all_of_its_exchange(sample: Sample, tmp_path: Path) -> None:
    files = unzipped(sample.bundle(tmp_path / "bundle.zip", sample.again))
    types = [entry.type for entry in entries(files)]

    assert types.count("warcinfo") == 2
    assert types.count("response") == types.count("revisit") == 1
    assert types.count("request") == types.count("metadata") == 2
    assert sample.first.record_id in {entry.id for entry in entries(files)}


def test_a_failed_fetch_is_proved_by_its_metadata(sample: Sample, tmp_path: Path) -> None:
    bundle = sample.bundle(tmp_path / "bundle.zip", sample.gone)

    facts = summary_of(bundle).facts
    assert facts is not None
    assert facts.captures[0].lines["outcome"] == "timeout"
    assert facts.captures[0].url == GONE


def test_the_members_are_those_on_the_disk(sample: Sample, tmp_path: Path) -> None:
    files = unzipped(sample.bundle(tmp_path / "bundle.zip"))
    whole = b"".join(path.read_bytes() for path in sorted((sample.path / "archive").iterdir()))
    (tmp_path / RECORDS).write_bytes(files[RECORDS])

    for record in read_records(tmp_path / RECORDS):
        start = record.location.offset
        assert files[RECORDS][start : start + record.location.length] in whole


def test_nothing_is_compressed_twice_and_no_file_tells_of_the_machine(sample: Sample, tmp_path: Path) -> None:
    bundle = sample.bundle(tmp_path / "bundle.zip")

    with zipfile.ZipFile(bundle) as archive:
        infos = archive.infolist()
    assert {info.compress_type for info in infos} == {zipfile.ZIP_STORED}
    assert {info.date_time for info in infos} == {(1980, 1, 1, 0, 0, 0)}
    assert {info.external_attr >> 16 for info in infos} == {0o100644}
    assert not any(info.extra or info.comment for info in infos)


# --- what others say of it -------------------------------------------------------------------------------------------


def test_the_records_are_a_sound_warc_for_other_tools(sample: Sample, tmp_path: Path) -> None:
    path = tmp_path / RECORDS
    path.write_bytes(unzipped(sample.bundle(tmp_path / "bundle.zip", sample.again))[RECORDS])

    found = list(verdict.check(path))
    assert isinstance(found[-1], verdict.Report)
    assert found[-1].verdict is verdict.Verdict.SOUND, found
    assert not [one for one in found if isinstance(one, Finding) and one.severity is not Severity.NOTE]
    with path.open("rb") as file:
        assert [
            record.rec_headers.get_header("WARC-Type") for record in WarcioIterator(file, check_digests="raise")
        ] == [entry.type for entry in entries(unzipped(tmp_path / "bundle.zip"))]
    with path.open("rb") as file:
        assert all(record.verify_block_digest() for record in ArchiveIterator(file, parse_http=False))
    assert subprocess.run(["gzip", "-t", path], check=False).returncode == 0


@pytest.mark.parametrize("shell", ["sh", "bash"])
@pytest.mark.parametrize("which", ["first", "again", "gone"])
def test_the_commands_check_a_bundle_with_a_shell_and_openssl(
    sample: Sample, tmp_path: Path, shell: str, which: str
) -> None:
    bundle = sample.bundle(tmp_path / "bundle.zip", getattr(sample, which))

    status, said = typed(bundle, tmp_path / "unpacked", shell)

    assert status == 0, said
    assert said.rstrip().endswith("ALL STEPS HOLD")
    assert "the time-stamp by example over checkpoint holds" in said
    assert "the witness w1 saw the checkpoint" in said


def typed(
    bundle: Path, folder: Path, shell: str = "sh", *, edit: tuple[str, bytes, bytes] | None = None
) -> tuple[int, str]:
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(folder)
    if edit is not None:
        name, old, new = edit
        octets = (folder / name).read_bytes()
        assert old in octets
        (folder / name).write_bytes(octets.replace(old, new))
        lines = subprocess.run(
            ["sh", "-c", "find . -type f ! -name manifest-sha256.txt | sed 's,^./,,' | sort | xargs sha256sum"],
            cwd=folder,
            check=True,
            capture_output=True,
        )
        (folder / "manifest-sha256.txt").write_bytes(lines.stdout)
    done = subprocess.run([shell, "COMMANDS.txt"], cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("name", "old", "new", "word"),
    [
        ("checkpoint", b"\n16\n", b"\n17\n", "checkpoint"),
        ("proofs/00003.tlog-proof", b"index 6", b"index 7", "does not lead"),
        ("keys/2.note", b"active", b"retired", "DOES NOT HOLD"),
        ("policy", b"quorum none", b"quorum w1", "policy"),
        ("tsa/example.pem", b"-----BEGIN", b"# -----BEGIN", "another certificate"),
        (RECORDS, b"\x1f\x8b\x08", b"\x1f\x8b\x09", "record 00000"),
    ],
)
def test_the_commands_stop_at_what_does_not_hold(
    sample: Sample, tmp_path: Path, name: str, old: bytes, new: bytes, word: str
) -> None:
    bundle = sample.bundle(tmp_path / "bundle.zip")

    status, said = typed(bundle, tmp_path / "unpacked", edit=(name, old, new))

    assert status == 1, said
    assert "ALL STEPS HOLD" not in said
    assert word in said


def test_the_key_from_elsewhere_decides(sample: Sample, tmp_path: Path) -> None:
    bundle = sample.bundle(tmp_path / "bundle.zip")

    assert any("whose keys" in gap for gap in summary_of(bundle).not_checked)
    assert not any("whose keys" in gap for gap in summary_of(bundle, sample.root_key).not_checked)
    found = list(check_bundle(bundle, [WITNESS.vkey]))
    assert [one.kind.value for one in found if isinstance(one, Finding)] == ["wrong-signer"]


# --- what it does not tell -------------------------------------------------------------------------------------------


def octets_in(bundle: Path) -> bytes:
    """All that a bundle says, unpacked."""
    files = unzipped(bundle)
    proofs = [parse_proof(octets).entry for name, octets in files.items() if name.endswith(".tlog-proof")]
    return b"\n".join([*files.values(), gzip.decompress(files[RECORDS]), *proofs])


def test_a_bundle_tells_nothing_of_other_captures(sample: Sample, tmp_path: Path) -> None:
    told = octets_in(sample.bundle(tmp_path / "bundle.zip", sample.again))

    for capture in (sample.other, sample.gone):
        assert capture.url.encode() not in told
        assert capture.record_id.encode() not in told
    assert b"another-person" not in told
    with Collection.open(sample.path) as collection:
        mine = {entry.id for entry in entries(unzipped(tmp_path / "bundle.zip"))}
        for _, octets in collection.log().entries():
            entry = parse_entry(octets)
            if isinstance(entry, RecordEntry) and entry.id not in mine:
                assert entry.id.encode() not in told
                assert entry.digest.removeprefix("sha256:").encode() not in told


def test_entries_and_notes_hold_no_address_of_a_page(sample: Sample, tmp_path: Path) -> None:
    files = unzipped(sample.bundle(tmp_path / "bundle.zip", sample.again))
    apart = {RECORDS, "FIELDS.txt", "STATEMENT.en.txt", "STATEMENT.ru.txt", "verify_bundle.py", "COMMANDS.txt"}
    told = b"\n".join(octets for name, octets in files.items() if name not in apart)
    told += b"\n".join(parse_proof(octets).entry for name, octets in files.items() if name.endswith(".tlog-proof"))

    assert b"site.example" not in told
    assert b"http" not in told


def test_a_bundle_bears_no_name_of_the_operators_machine(sample: Sample, tmp_path: Path) -> None:
    told = octets_in(sample.bundle(tmp_path / "bundle.zip", sample.again))

    assert str(tmp_path).encode() not in told
    assert str(sample.path).encode() not in told
    assert b"PRIVATE KEY" not in told


def test_the_search_for_traces_finds_none_in_a_bundle(sample: Sample, tmp_path: Path) -> None:
    bundle = sample.bundle(tmp_path / "bundle.zip", sample.again)

    *found, summary = examine(None, [bundle], [])

    assert isinstance(summary, PrivacySummary)
    assert (summary.verdict, summary.written, summary.unread) == ("ok", 0, 0), found
    assert summary.records == 12


# --- the checkpoint that is chosen -----------------------------------------------------------------------------------


def checkpoint_of(bundle: Path) -> int:
    return parse_checkpoint(unzipped(bundle)["checkpoint"]).size


def test_the_earliest_time_stamp_over_all_of_the_records_is_chosen(sample: Sample, tmp_path: Path) -> None:
    with Collection.open(sample.path) as collection:
        sizes = [int(path.name.split(".")[0]) for path in (collection.path / "log/tsa").glob("*.tsr")]

    assert checkpoint_of(sample.bundle(tmp_path / "first.zip")) == min(sizes)
    assert checkpoint_of(sample.bundle(tmp_path / "again.zip", sample.again)) == max(sizes)
    assert checkpoint_of(sample.bundle(tmp_path / "both.zip", sample.first, sample.again)) == max(sizes)


def test_without_time_stamps_it_is_the_earliest_that_a_witness_has_seen(tmp_path: Path) -> None:
    witnessed = make_sample(tmp_path, stamped=False)

    sizes = [int(path.name) for path in (witnessed.path / "log/cosig").iterdir()]
    assert checkpoint_of(witnessed.bundle(tmp_path / "bundle.zip")) == min(sizes)


def test_without_anybody_it_is_the_newest(tmp_path: Path) -> None:
    alone = make_sample(tmp_path, stamped=False, witnessed=False)

    with Collection.open(alone.path) as collection:
        assert checkpoint_of(alone.bundle(tmp_path / "bundle.zip")) == collection.log().size
    assert summary_of(tmp_path / "bundle.zip").verdict == "self-attested"


def test_a_time_stamp_that_does_not_hold_is_passed_over(own: Sample, tmp_path: Path) -> None:
    first, second = sorted((own.path / "log/tsa").glob("*.tsr"), key=lambda path: int(path.name.split(".")[0]))
    first.write_bytes(second.read_bytes())

    bundle = own.bundle(tmp_path / "bundle.zip")

    assert checkpoint_of(bundle) == int(second.name.split(".")[0])
    assert summary_of(bundle).verdict == "ok"


def sizes_stamped(sample: Sample) -> list[int]:
    return sorted(int(path.name.split(".")[0]) for path in (sample.path / "log/tsa").glob("*.tsr"))


def test_the_list_of_revoked_certificates_goes_along_from_the_nearest_day(own: Sample, tmp_path: Path) -> None:
    octets = make_crl(own.authority.issuer)
    (own.path / f"log/tsa/{sizes_stamped(own)[-1]}.example.crl").write_bytes(octets)

    bundle = own.bundle(tmp_path / "bundle.zip")

    assert unzipped(bundle)["tsa/example.crl"] == octets
    assert summary_of(bundle).verdict == "ok"


def test_a_time_stamp_whose_certificate_was_revoked_before_it_vouches_for_nothing(own: Sample, tmp_path: Path) -> None:
    serial = own.authority.unit.certificate.serial_number
    bundle = own.bundle(tmp_path / "bundle.zip")
    octets = make_crl(own.authority.issuer, [(serial, datetime(2026, 1, 1, tzinfo=UTC))])
    (own.path / f"log/tsa/{sizes_stamped(own)[0]}.example.crl").write_bytes(octets)

    assert "tsa/example.tsr" not in unzipped(own.bundle(tmp_path / "later.zip"))
    forged = zipped({**unzipped(bundle), "tsa/example.crl": octets}, tmp_path / "forged.zip")
    kinds = [one.kind.value for one in check_bundle(forged) if isinstance(one, Finding)]
    assert kinds == ["time-unproven"]


def test_a_list_of_another_issuer_is_left_out(own: Sample, tmp_path: Path) -> None:
    octets = make_crl(make_ca("Another Root"))
    (own.path / f"log/tsa/{sizes_stamped(own)[0]}.example.crl").write_bytes(octets)

    bundle = own.bundle(tmp_path / "bundle.zip")

    assert "tsa/example.crl" not in unzipped(bundle)
    assert summary_of(bundle).verdict == "ok"


def test_too_few_cosignatures_for_the_policy_are_told(tmp_path: Path) -> None:
    strict = make_sample(tmp_path, quorum=1)
    shutil.rmtree(strict.path / "log/cosig")

    with pytest.raises(BundleError, match="fewer than the log's policy asks for"):
        strict.bundle(tmp_path / "bundle.zip")


def test_the_time_stamp_before_bounds_the_logging_from_below(sample: Sample, tmp_path: Path) -> None:
    facts = summary_of(sample.bundle(tmp_path / "bundle.zip", sample.again)).facts

    assert facts is not None
    assert facts.since is not None and facts.until is not None
    assert facts.since < facts.until


def test_the_beginning_of_the_crawl_tells_of_the_clock(sample: Sample, tmp_path: Path) -> None:
    files = unzipped(sample.bundle(tmp_path / "bundle.zip"))

    assert b"clock: synchronised" in files["FIELDS.txt"]
    event = parse_entry(parse_proof(files["sessions/1.tlog-proof"]).entry)
    assert isinstance(event, EventEntry)
    assert event.type is EventType.CAPTURE_SESSION


def test_a_key_that_was_revoked_after_the_time_stamp_still_proves(own: Sample, tmp_path: Path) -> None:
    later = datetime.now(UTC) + timedelta(days=1)
    revoke(own.path, load_root(own.path), compromised=later, now=now)

    bundle = own.bundle(tmp_path / "bundle.zip")

    assert summary_of(bundle).verdict == "ok"
    verifier = ["python3", "-I", str(Path("archive/verify_bundle.py").resolve()), str(bundle)]
    done = subprocess.run(verifier, capture_output=True, text=True, check=False)
    assert done.returncode == 0  # the witness saw it in time


def test_without_a_witness_the_program_alone_wants_the_time_stamp_checked_first(tmp_path: Path) -> None:
    stamped = make_sample(tmp_path, witnessed=False)
    revoke(stamped.path, load_root(stamped.path), compromised=datetime.now(UTC) + timedelta(days=1), now=now)
    bundle = stamped.bundle(tmp_path / "bundle.zip")
    verifier = ["python3", "-I", str(Path("archive/verify_bundle.py").resolve()), str(bundle)]

    first = subprocess.run(verifier, capture_output=True, text=True, check=False)
    second = subprocess.run([*verifier, "--token-checked"], capture_output=True, text=True, check=False)

    assert (first.returncode, second.returncode) == (6, 0)
    assert "which has been revoked" in first.stdout
    assert summary_of(bundle).verdict == "ok"


def test_a_key_that_was_compromised_before_the_time_stamp_proves_under_a_later_checkpoint(
    own: Sample, tmp_path: Path
) -> None:
    revoke(own.path, load_root(own.path), compromised=datetime(2026, 1, 1, tzinfo=UTC), now=now)

    bundle = own.bundle(tmp_path / "bundle.zip")

    with Collection.open(own.path) as collection:
        assert checkpoint_of(bundle) == collection.log().size  # by the new key, which nobody has stamped yet
    assert summary_of(bundle).verdict == "self-attested"


def test_a_key_that_was_exchanged_proves_what_it_signed_and_so_does_the_new_one(own: Sample, tmp_path: Path) -> None:
    (own.path / "log/tsa").joinpath("kept").mkdir()
    for path in (own.path / "log/tsa").glob("*.tsr"):
        path.rename(own.path / "log/tsa/kept" / path.name)
    shutil.rmtree(own.path / "log/cosig")
    rotate(own.path, load_root(own.path), now=now)

    bundle = own.bundle(tmp_path / "bundle.zip")

    with Collection.open(own.path) as collection:
        assert checkpoint_of(bundle) == collection.log().size
        older, newer = collection.log().genesis.log, summary_of(bundle).facts
    assert newer is not None
    assert newer.log_key != older
    status, said = typed(bundle, tmp_path / "unpacked")
    assert status == 0, said
    assert f"log key {newer.log_key}: active" in said


def test_a_revoked_key_is_told_by_the_commands(own: Sample, tmp_path: Path) -> None:
    revoke(own.path, load_root(own.path), compromised=datetime.now(UTC) + timedelta(days=1), now=now)

    status, said = typed(own.bundle(tmp_path / "bundle.zip"), tmp_path / "unpacked")

    assert status == 0, said
    assert "THE KEY WAS REVOKED" in said


def test_a_beacon_in_the_log_before_the_capture_goes_with_it(own: Sample, tmp_path: Path) -> None:
    beacon = BeaconEntry(datetime(2026, 11, 22, tzinfo=UTC), "drand quicknet", "5f3a" * 16, 1234)
    with Collection.open(own.path) as collection:
        with collection.writer() as writer:
            writer.append_entries([beacon.octets()]).result()
            (capture,) = put(writer, "crawl-3", page("<h1>New</h1>", url=URL, hour=48))
        made = make_bundle(collection, [capture], tmp_path / "bundle.zip", now=now)

    assert made.facts.beacon == f"drand quicknet round 1234: {'5f3a' * 16}"
    checked = summary_of(made.path).facts
    assert checked is not None and checked.beacon == made.facts.beacon
    assert "drand quicknet" in unzipped(made.path)["STATEMENT.ru.txt"].decode()
    assert typed(made.path, tmp_path / "unpacked")[0] == 0
    verifier = ["python3", "-I", str(Path("archive/verify_bundle.py").resolve()), str(made.path)]
    assert "5f3a was public" in subprocess.run(verifier, capture_output=True, text=True, check=True).stdout


# --- what is refused -------------------------------------------------------------------------------------------------


def withhold(own: Sample, capture: Capture) -> None:
    with Collection.open(own.path) as collection, collection.writer() as writer:
        index = next(
            index for index, octets in collection.log().entries() if f'"id":"<{capture.record_id}>"'.encode() in octets
        )
        detail = format_detail("exports", "the wish of the family")
        writer.log_event(EventType.WITHHOLDING, Outcome.SUCCESS, detail, of=index).result()


@pytest.mark.parametrize("which", ["first", "again"])
def test_what_is_withheld_is_refused_with_the_ground_and_so_is_what_rests_on_it(
    own: Sample, tmp_path: Path, which: str
) -> None:
    withhold(own, own.first)

    with pytest.raises(BundleError, match="the wish of the family"):
        own.bundle(tmp_path / "bundle.zip", getattr(own, which))
    assert not (tmp_path / "bundle.zip").exists()
    own.bundle(tmp_path / "other.zip", own.other)


def test_a_record_that_is_not_the_one_in_the_log_is_refused(own: Sample, tmp_path: Path) -> None:
    path = own.path / "archive" / own.first.location.file
    octets = path.read_bytes()
    where = own.first.location
    member = octets[where.offset : where.offset + where.length]
    changed = gzip.compress(gzip.decompress(member).replace(b"Case 17", b"Case 18"), mtime=0)
    path.write_bytes(octets[: where.offset] + changed + octets[where.offset + where.length :])

    with pytest.raises(RecordError):
        own.bundle(tmp_path / "bundle.zip")
    assert not list(tmp_path.glob("*.zip*"))


def test_a_member_that_was_compressed_anew_still_proves(own: Sample, tmp_path: Path) -> None:
    path = own.path / "archive" / own.first.location.file
    members = [
        gzip.compress(
            gzip.decompress(path.read_bytes()[one.location.offset : one.location.offset + one.location.length]), 1
        )
        for one in read_records(path)
    ]
    path.write_bytes(b"".join(members))

    bundle = own.bundle(tmp_path / "bundle.zip", own.again)

    assert summary_of(bundle).records == 12


def test_what_is_logged_and_not_signed_yet_is_refused_with_the_way_out(own: Sample, tmp_path: Path) -> None:
    with Collection.open(own.path) as collection, collection.writer() as writer:
        (capture,) = put(writer, "crawl-3", page("<h1>New</h1>", url=OTHER + "?new", hour=48))
        with pytest.raises(BundleError, match="khronika checkpoint"):
            make_bundle(collection, [capture], tmp_path / "bundle.zip", now=now)
    make_bundle(collection, [capture], tmp_path / "bundle.zip", now=now)
    assert summary_of(tmp_path / "bundle.zip").captures == 1


def test_a_bundle_that_does_not_pass_its_check_gets_no_name(sample: Sample, tmp_path: Path) -> None:
    def refuse(path: Path) -> None:
        assert path.exists()
        raise BundleError("no")

    with Collection.open(sample.path) as collection, pytest.raises(BundleError):
        make_bundle(collection, [sample.first], tmp_path / "bundle.zip", now=now, check=refuse)
    assert not list(tmp_path.iterdir())


def test_without_first_entries_in_the_catalogue_the_log_is_searched(own: Sample, tmp_path: Path) -> None:
    expected = own.bundle(tmp_path / "expected.zip", own.again).read_bytes()
    import sqlite3

    with sqlite3.connect(own.path / "catalogue.sqlite") as rows:
        rows.execute("UPDATE files SET first_entry = NULL")

    assert own.bundle(tmp_path / "bundle.zip", own.again).read_bytes() == expected


# --- what is said ----------------------------------------------------------------------------------------------------


def test_the_event_of_each_capture_waits_in_the_inbox_and_holds_no_address(own: Sample, tmp_path: Path) -> None:
    own.bundle(tmp_path / "bundle.zip", own.first, own.other)

    left = [one.event for one in waiting(own.path)]
    assert [event.type for event in left if event] == [EventType.PROOF, EventType.PROOF]
    assert len({event.of for event in left if event}) == 2
    assert len({event.object for event in left if event}) == 1
    for path in (own.path / "inbox").iterdir():
        assert b"site.example" not in path.read_bytes()
        assert str(tmp_path).encode() not in path.read_bytes()


def test_the_next_writer_logs_the_event(own: Sample, tmp_path: Path) -> None:
    own.bundle(tmp_path / "bundle.zip")

    with Collection.open(own.path) as collection:
        collection.writer().close()
        found = [parse_entry(octets) for _, octets in collection.log().entries()]
        found += [parse_entry(octets) for octets in collection.log().tail()]
    assert [one.type for one in found if isinstance(one, EventEntry) and one.type is EventType.PROOF]


def test_records_that_were_logged_after_a_recovery_are_labelled(tmp_path: Path) -> None:
    with Collection.create(tmp_path / "collection", "# settings\n") as collection:
        writer = collection.writer()
        (capture,) = put(writer, "crawl-1", page("<h1>Case 17</h1>", url=URL, dns=ANSWER, tls=TLS))
        copy = tmp_path / "copy"
        shutil.copytree(collection.path, copy)  # as a kill leaves it
        writer.close()
    with Collection.open(copy) as collection:
        collection.writer().close()
        made = make_bundle(collection, [capture], tmp_path / "bundle.zip", now=now)

    assert made.facts.recovered > 0
    assert made.facts.captures[0].recovered
    assert summary_of(made.path).recovered == made.facts.recovered
    files = unzipped(made.path)
    assert "`recovered`" in files["STATEMENT.en.txt"].decode()
    assert "`recovered`" in files["STATEMENT.ru.txt"].decode()
    assert "yes (recovered)" in files["FIELDS.txt"].decode()
    verifier = ["python3", "-I", str(Path("archive/verify_bundle.py").resolve()), str(made.path)]
    assert "recovery" in subprocess.run(verifier, capture_output=True, text=True, check=True).stdout


def test_the_statements_are_one_page_each_and_say_what_is_not_shown(sample: Sample, tmp_path: Path) -> None:
    files = unzipped(sample.bundle(tmp_path / "bundle.zip", sample.first, sample.other, sample.gone, sample.again))

    for name, shown, not_shown in (
        ("STATEMENT.en.txt", "It shows", "It does not show"),
        ("STATEMENT.ru.txt", "Пакет показывает", "Пакет не показывает"),
    ):
        text = files[name].decode()
        assert len(text.splitlines()) <= 60
        assert max(map(len, text.splitlines())) <= 120
        assert shown in text and not_shown in text
        assert text.count("site.example/cases/") == SHOWN
        assert sample.root_key in text


def test_a_date_after_the_time_stamp_is_told_in_both_languages(sample: Sample, tmp_path: Path) -> None:
    # the authority's clock is the real one
    a_day_ahead = datetime.now(UTC) - sample.first.captured_at + timedelta(days=1)
    fast = make_sample(tmp_path, again=a_day_ahead / timedelta(hours=1))
    honest = unzipped(fast.bundle(tmp_path / "first.zip"))
    ahead = unzipped(fast.bundle(tmp_path / "again.zip", fast.again))

    for name, words in (("STATEMENT.en.txt", "CLOCK WAS WRONG"), ("STATEMENT.ru.txt", "ЧАСЫ АРХИВА БЫЛИ НЕВЕРНЫ")):
        assert words not in honest[name].decode()
        assert words in ahead[name].decode()
    assert any("the archive's clock:" in gap for gap in summary_of(tmp_path / "again.zip").not_checked)


def test_the_field_sheet_has_what_the_berkeley_protocol_asks_for_and_says_what_is_unknown(
    sample: Sample, tmp_path: Path
) -> None:
    text = unzipped(sample.bundle(tmp_path / "bundle.zip"))["FIELDS.txt"].decode()

    for mark in [*(f"155 ({letter})" for letter in "abcdefgh"), "162", "167", "168", "148, 194"]:
        assert mark in text
    assert URL in text
    assert VIA in text
    assert "Example Archive" in text
    assert str(sample.first.record_digest) in text
    assert "NOERROR" in text
    assert re.search(r"IP-адрес\n +withheld", text)
    assert "неизвестно" in text
    assert "______" in text


def test_a_server_cannot_write_lines_of_its_own_into_the_texts(tmp_path: Path) -> None:
    head = b"HTTP/1.1 200 OK\x1b[2J\x85 Signed by the court\r\nContent-Length: %d\r\n\r\n"
    with Collection.create(tmp_path / "collection", "# settings\n") as collection:
        with collection.writer() as writer:
            (capture,) = put(writer, "crawl-1", page("x", url=URL, head=head))
        made = make_bundle(collection, [capture], tmp_path / "bundle.zip", now=now)

    files = unzipped(made.path)
    for name in ("FIELDS.txt", "STATEMENT.en.txt", "STATEMENT.ru.txt"):
        assert "\x1b" not in files[name].decode()
        assert "\x85" not in files[name].decode()
    assert summary_of(made.path).captures == 1


def test_the_readme_names_every_file(sample: Sample, tmp_path: Path) -> None:
    files = unzipped(sample.bundle(tmp_path / "bundle.zip", sample.again))
    readme = files["README.txt"].decode()

    for name in files:
        first = name.partition("/")[0] + ("/" if "/" in name else "")
        assert first in readme or name == "README.txt", name
    assert json.loads(files["bundle.json"])["captures"] == [f"<{sample.again.record_id}>"]


def test_of_many_checkpoints_that_nobody_vouches_for_the_newest_alone_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new_collection(tmp_path)
    for _ in range(20):
        grow(tmp_path)
    log, looked_at = LogReader(FolderStore(tmp_path)), []

    def looking(*arguments: Any) -> Any:
        looked_at.append(arguments[3])
        return cover_at(*arguments)

    monkeypatch.setattr("archive.bundle.cover_at", looking)

    assert choose(log, FolderStore(tmp_path), read_history(tmp_path), 3).signed.size == log.size
    assert looked_at == [log.size]
