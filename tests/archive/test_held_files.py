"""What was released is read from its copies: records by range, whole files by digest, the next copy where one fails."""

from __future__ import annotations

import gzip
import pickle
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from copy import copy as duplicate
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from archive_samples import URL, collection, crawled, page, told

from archive import releases
from archive.audit import FileVerdict, Summary, verify
from archive.bundle import make_bundle
from archive.bundle_check import check_bundle
from archive.collection import Collection
from archive.copying import Destination, push
from archive.disclosure import Disclosure, DisclosureKind
from archive.entry import EventType, Outcome
from archive.erasure import erase
from archive.errors import RecordError, StorageError
from archive.facts import given_word
from archive.finding import Finding, FindingKind, Severity
from archive.held_files import HeldFiles
from archive.place import FolderPlace
from archive.privacy import examine
from archive.state import State
from archive.warc import file_digest
from archive.withholding import format_detail, leaf_index, withheld
from archive.writer import utc_now

LARGE = "<p>пять" + "x" * (3 << 20)


class Sample:
    """A collection whose closed WARCs are in two copies and not here any more."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.at = collection(folder)
        self.captures = [
            *crawled(self.at, "one", page("<p>five"), page(LARGE, url=f"{URL}/large")),
            *crawled(self.at, "two", page("<p>five", hour=24), page("<p>eight", url=f"{URL}/8", hour=24)),
        ]
        self.before = told(self.at.catalogue)
        self.payloads = self.read()
        self.warcs = {path.name: path.read_bytes() for path in sorted((self.at.path / "archive").glob("*.warc.gz"))}
        self.copies = [folder / "copy-1", folder / "copy-2"]
        for copy in self.copies:
            copy.mkdir()
        with State.open(self.at.path, readonly=False) as state:
            to = [Destination(copy.name, FolderPlace(copy)) for copy in self.copies]
            results = push(self.at.path, state, to)
            assert all(result.is_whole for result in results), results
            for name in self.warcs:
                path = self.at.path / "archive" / name
                state.copies.release(f"archive/{name}", path.stat().st_size, file_digest(path), datetime.now(UTC))
                path.unlink()
        self.at.close()
        self.at = Collection.open(self.at.path)

    def again(self, folder: Path) -> Sample:
        """The same in another folder: making it takes most of a test's time."""
        self.at.close()
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        other = duplicate(self)
        other.folder, other.copies = folder, [folder / one.name for one in self.copies]
        other.at = Collection.open(folder / self.at.path.name)
        with closing(sqlite3.connect(other.at.path / "state.sqlite")) as state, state:
            state.execute("UPDATE targets SET place = replace(place, ?, ?)", (str(self.folder), str(folder)))
        return other

    def read(self) -> list[bytes]:
        return [self.at.payload(capture).octets for capture in self.captures]

    def first_copy(self) -> Path:
        """The copy that is asked first."""
        first = [self.at.held.released(name) for name in self.warcs]
        (name,) = {one.copies[0].copy for one in first if one is not None}
        return next(copy for copy in self.copies if copy.name == name)

    def copies_of(self, name: str) -> list[Path]:
        return [copy / "archive" / name for copy in self.copies]

    def audit(self, **words: Any) -> tuple[list[Finding], list[FileVerdict], Summary]:
        items = list(verify(self.at, **words))
        assert isinstance(items[-1], Summary)
        findings = [item for item in items if isinstance(item, Finding)]
        return findings, [item for item in items if isinstance(item, FileVerdict)], items[-1]


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return Sample(tmp_path_factory.mktemp("first"))


@pytest.fixture
def sample(first: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sample]:
    monkeypatch.setattr(releases, "_targets", {})
    made = first.again(tmp_path)
    yield made
    made.at.close()


def flip(path: Path, at: int | None = None) -> None:
    octets = bytearray(path.read_bytes())
    octets[len(octets) // 2 if at is None else at] ^= 1
    path.write_bytes(bytes(octets))


def empty(folder: Path) -> None:
    """A disk that is not mounted."""
    shutil.rmtree(folder)
    folder.mkdir()


def test_everything_is_read_as_before(sample: Sample) -> None:
    assert list((sample.at.path / "archive").iterdir()) == []
    assert sample.read() == sample.payloads
    for capture in sample.captures:
        kinds = [record.type for record in sample.at.exchange_of(capture)]
        assert kinds[0] == "request" and kinds[-1] == "metadata"
        assert dict(sample.at.heads(capture))["response"].startswith(b"HTTP/1.1")
        sample.at.connection_of(capture)
    assert sample.at.held.troubles() == []


def test_one_record_is_read_by_its_range_and_not_the_file(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    from archive.folder_target import FolderTarget

    asked: list[tuple[int, int | None]] = []
    real = FolderTarget.open

    def counted(
        self: FolderTarget, name: str, offset: int = 0, length: int | None = None, version: str | None = None
    ) -> BinaryIO:
        asked.append((offset, length))
        return real(self, name, offset, length, version)

    monkeypatch.setattr(FolderTarget, "open", counted)
    capture = sample.captures[0]

    sample.at.payload(capture)

    assert asked == [(capture.location.offset, capture.location.length)]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.unlink(),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"\0" * path.stat().st_size),
        lambda path: path.write_bytes(path.read_bytes()[:300]),
        lambda path: empty(path.parent.parent),
        lambda path: shutil.rmtree(path.parent.parent),
    ],
    ids=["gone", "empty", "zeros", "short", "unmounted", "no-folder"],
)
def test_the_next_copy_is_asked_where_one_fails_and_that_is_told(
    sample: Sample, spoil: Callable[[Path], object]
) -> None:
    copy = sample.first_copy()
    for name in sample.warcs:
        if (path := copy / "archive" / name).exists():
            spoil(path)

    assert sample.read() == sample.payloads
    assert {trouble.copy for trouble in sample.at.held.troubles()} == {copy.name}


def test_another_record_at_the_place_is_no_answer(sample: Sample) -> None:
    """A copy that gives a sound record, but of something else."""
    capture = sample.captures[0]
    name = capture.location.file
    other = [path.read_bytes() for path in sample.copies_of(name)]
    spoiled = sample.at.held.released(name)
    assert spoiled is not None
    victim = sample.at.path.parent / spoiled.copies[0].copy / "archive" / name
    whole = gzip.decompress(other[0][capture.location.offset : capture.location.offset + capture.location.length])
    forged = gzip.compress(whole.replace(b"five", b"nine"), mtime=0)
    octets = bytearray(other[0])
    padded = forged + b"\0" * (capture.location.length - len(forged))
    octets[capture.location.offset : capture.location.offset + capture.location.length] = padded[
        : capture.location.length
    ]
    victim.write_bytes(bytes(octets))

    assert sample.at.payload(capture).octets == sample.payloads[0]
    assert [trouble.copy for trouble in sample.at.held.troubles()] == [spoiled.copies[0].copy]

    for path in sample.copies_of(name):
        path.write_bytes(bytes(octets))
    with pytest.raises(RecordError):
        sample.at.payload(capture)


def test_where_no_copy_answers_it_is_an_error_and_nothing_is_missing(sample: Sample) -> None:
    for copy in sample.copies:
        empty(copy)

    with pytest.raises(StorageError, match="copy-"):
        sample.read()
    findings, files, summary = sample.audit()

    assert summary.verdict == "failed"
    assert {finding.kind for finding in findings if finding.severity is not Severity.NOTE} == {FindingKind.NOT_CHECKED}
    assert {file.verdict for file in files} == {"not-checked"}
    assert summary.verdicts.keys() == {"not-checked"}


def test_what_is_here_is_read_from_here(sample: Sample) -> None:
    for name, octets in sample.warcs.items():
        (sample.at.path / "archive" / name).write_bytes(octets)
    for copy in sample.copies:
        shutil.rmtree(copy)

    assert sample.read() == sample.payloads
    assert sample.audit()[2].read_at == {}


def test_a_file_that_was_not_released_is_missing(sample: Sample) -> None:
    name = next(iter(sample.warcs))
    with State.open(sample.at.path, readonly=False) as state:
        state.copies.restored(f"archive/{name}")

    findings, _, summary = sample.audit()

    assert summary.verdict == "failed"
    assert (FindingKind.MISSING, name) in {(finding.kind, finding.file) for finding in findings}


def test_a_released_file_is_verified_whole_from_its_copy_and_said_to_be(sample: Sample) -> None:
    findings, files, summary = sample.audit()

    assert findings == []
    assert summary.verdict == "self-attested" and summary.files == len(sample.warcs)
    assert sum(summary.read_at.values()) == len(sample.warcs)
    assert all(file.read_at in {"copy-1", "copy-2"} and file.sealed for file in files)
    assert sample.audit(jobs=2)[2].verdict == "self-attested"


def test_a_copy_that_lies_is_told_by_verify_and_the_other_one_is_read(sample: Sample) -> None:
    name = next(iter(sample.warcs))
    released = sample.at.held.released(name)
    assert released is not None
    flip(sample.at.path.parent / released.copies[0].copy / "archive" / name)

    findings, files, summary = sample.audit()

    assert summary.verdict == "self-attested"
    assert [(finding.kind, finding.severity) for finding in findings] == [(FindingKind.ALTERED, Severity.NOTE)]
    assert released.copies[0].copy in findings[0].found
    assert next(file for file in files if file.file == name).read_at == released.copies[1].copy


def test_all_copies_altered_is_a_failure(sample: Sample) -> None:
    name = next(iter(sample.warcs))
    for path in sample.copies_of(name):
        flip(path)

    findings, _, summary = sample.audit()

    assert summary.verdict == "failed"
    assert (FindingKind.ALTERED, name) in {
        (finding.kind, finding.file) for finding in findings if finding.severity is not Severity.NOTE
    }


def test_captures_and_samples_are_verified_from_copies(sample: Sample) -> None:
    assert sample.audit(captures=sample.captures)[2].verdict == "self-attested"
    assert sample.audit(sample=1.0)[2].records == sample.audit()[2].records

    for copy in sample.copies:
        empty(copy)
    for words in ({"captures": sample.captures}, {"sample": 1.0}):
        findings, _, summary = sample.audit(**words)
        assert summary.verdict == "failed"
        assert {finding.kind for finding in findings} == {FindingKind.NOT_CHECKED}


def test_a_bundle_is_made_from_copies(sample: Sample, tmp_path: Path) -> None:
    made = make_bundle(sample.at, sample.captures, tmp_path / "bundle.zip", now=utc_now)

    assert [item for item in check_bundle(made.path) if isinstance(item, Finding)] == []


def test_the_catalogue_is_made_again_from_copies(sample: Sample) -> None:
    flip(sample.copies_of(next(iter(sample.warcs)))[0])

    counts = Collection.rebuild(sample.at.path)

    assert counts["damaged"] == [] and counts["files"] == len(sample.warcs)
    with Collection.open(sample.at.path) as again:
        assert told(again.catalogue) == sample.before


def test_a_rebuild_that_reaches_no_copy_keeps_the_catalogue(sample: Sample) -> None:
    for copy in sample.copies:
        empty(copy)
    before = sample.at.catalogue_path.read_bytes()
    sample.at.close()

    with pytest.raises(StorageError, match="catalogue that is there stays"):
        Collection.rebuild(sample.at.path)
    assert sample.at.catalogue_path.read_bytes() == before


def test_the_next_crawl_goes_on(sample: Sample) -> None:
    more = crawled(sample.at, "three", page("<p>five", hour=48), page("<p>nine", url=f"{URL}/9", hour=48))

    assert more[0].is_revisit
    assert sample.at.payload(more[0]).octets == sample.payloads[0]
    assert sample.audit()[2].verdict == "self-attested"


def test_the_store_can_be_handed_to_another_process(sample: Sample) -> None:
    held = pickle.loads(pickle.dumps(sample.at.held))

    assert isinstance(held, HeldFiles)
    assert held.closed() == sorted(sample.warcs)
    for name, octets in sample.warcs.items():
        assert held.read(f"archive/{name}") == octets
        assert held.size(f"archive/{name}") == len(octets) and held.exists(f"archive/{name}")
        with held.open(f"archive/{name}", 10, 20) as part:
            assert part.read() == octets[10:30]
    assert list(held.names("archive")) == [f"archive/{name}" for name in sorted(sample.warcs)]


def test_a_state_that_is_gone_makes_no_file_sound(sample: Sample) -> None:
    (sample.at.path / "state.sqlite").unlink()

    findings, _, summary = sample.audit()

    assert summary.verdict == "failed"
    assert FindingKind.MISSING in {finding.kind for finding in findings}


def test_a_damaged_state_keeps_nobody_from_verifying(sample: Sample) -> None:
    name, octets = next(iter(sample.warcs.items()))
    (sample.at.path / "archive" / name).write_bytes(octets)
    for suffix in ("-wal", "-shm"):
        (sample.at.path / f"state.sqlite{suffix}").unlink(missing_ok=True)
    (sample.at.path / "state.sqlite").write_bytes(b"no database" * 1000)

    _, files, summary = sample.audit()

    assert summary.verdict == "failed"
    assert name in {file.file for file in files if file.verdict == "ok"}
    assert any("released" in gap for gap in summary.not_checked)


def test_what_is_taken_from_the_disk_comes_back_first_and_the_copies_are_named(sample: Sample) -> None:
    capture = sample.captures[3]
    file = capture.location.file
    with sample.at.writer() as writer:
        first = sample.at.catalogue.file(file)
        assert first is not None and first.first_entry is not None
        rows = sample.at.catalogue.records_of_exchange(capture)
        detail = format_detail("disk", "the wish of the family")
        for row in rows:
            leaf = leaf_index(sample.at.log(), row.record_id, first.first_entry + row.n)
            writer.log_event(EventType.WITHHOLDING, Outcome.SUCCESS, detail, of=leaf).result()
        writer.checkpoint().result()
        done = erase(sample.at, writer, withheld(sample.at.log()))

    assert done.records == len(rows) and done.files == (file,)
    assert {copy for copy in ("copy-1", "copy-2") if any(copy in where for where in done.kept)} == {"copy-1", "copy-2"}
    here = sample.at.path / "archive" / file
    assert here.is_file() and here.read_bytes() != sample.warcs[file]
    assert all(path.read_bytes() == sample.warcs[file] for path in sample.copies_of(file))
    assert sample.at.held.released(file) is None
    findings, _, summary = sample.audit()
    assert summary.verdict == "self-attested" and {finding.kind for finding in findings} == {FindingKind.WITHHELD}


def test_the_search_for_disclosures_reads_what_was_released(sample: Sample) -> None:
    facts = [given_word("eight")]
    found = [one for one in examine(sample.at.path, [], facts) if isinstance(one, Disclosure)]
    assert any(one.file and "warc" in one.file for one in found)

    for copy in sample.copies:
        empty(copy)
    unread = [one for one in examine(sample.at.path, [], facts) if isinstance(one, Disclosure)]
    assert {one.file for one in unread if one.kind is DisclosureKind.UNREAD} == {
        f"archive/{name}" for name in sample.warcs
    }
