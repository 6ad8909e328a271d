"""After a kill: nothing acknowledged is lost, every WARC is sound, what was cut is kept; and rebuild tells the same."""

from __future__ import annotations

import gzip
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from archive_samples import URL, collection, crawled, derive, page, put, status, timeout, told
from warc_samples import BEGAN, OCCASION, all_exchanges, store

from archive import recovery
from archive.audit import verify
from archive.capture import Capture
from archive.catalogue import Catalogue, CrawlRow
from archive.check import Finding, FindingKind
from archive.collection import Collection
from archive.digest import digest
from archive.errors import CatalogueError, StorageError
from archive.warc import OPEN_SUFFIX, WarcWriter, captures_in, is_recovery, read_records, valid_length
from archive.writer import new_record_id

CRAWL = "one"
HERE = replace(OCCASION, crawl=CRAWL, site="north")


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Collection]:
    with collection(tmp_path) as made:
        yield made


def begun(at: Collection, *, known: bool = True) -> WarcWriter:
    """A WARC as the writer begins one, by hand, so that it can be left at any step."""
    warc = WarcWriter.create(
        at.archive_folder,
        prefix="khronika",
        warcinfo=[("isPartOf", CRAWL)],
        now=BEGAN,
        serial=0,
        new_id=new_record_id,
    )
    if known:
        with Catalogue.open(at.catalogue_path, readonly=False) as catalogue:
            catalogue.add_crawl(CrawlRow(CRAWL, warc.warcinfo.date))
            catalogue.add_file(warc.name, CRAWL, warc.warcinfo.date)
            catalogue.commit_records(warc.name, warc.size, [warc.warcinfo], [])
    return warc


def appended(warc: WarcWriter, *exchanges: Any) -> list[Capture]:
    captures = [store(warc, each, occasion=HERE)[0] for each in exchanges]
    warc.sync()
    return captures


def sound(at: Collection) -> list[Capture]:
    """All captures of the WARCs, each of which must be whole to its last byte."""
    captures = []
    for path in sorted(at.archive_folder.iterdir()):
        assert path.name.endswith(".warc.gz")
        assert valid_length(path).problem is None
        gzip.decompress(path.read_bytes())
        captures.extend(captures_in(read_records(path)))
    return captures


def in_order(captures: list[Capture]) -> list[Capture]:
    return sorted(captures, key=lambda capture: capture.captured_at)


# --- kill -9 ---------------------------------------------------------------------------------------------------------

WRITING = """
import random, sys
from dataclasses import replace
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from archive_samples import page, timeout
from warc_samples import OCCASION
from archive.collection import Collection

seed = int(sys.argv[3])
rng = random.Random(seed)
with Collection.open(Path(sys.argv[1])).writer(roll_at=60_000) as writer:
    writer.begin_crawl(f"crawl-{seed}")
    waiting = []
    n = 0
    while True:
        n += 1
        url = f"http://site.example/{seed}/{n}"
        # texts that compress badly, so that a kill may fall into a record
        each = timeout(url=url) if n % 7 == 0 else page(rng.randbytes(rng.randrange(1, 8000)).hex(), url=url)
        waiting.append(writer.store(each, replace(OCCASION, crawl=f"crawl-{seed}")))
        if len(waiting) >= rng.randrange(1, 12):
            for future in waiting:
                capture = future.result()
                print(capture.record_id, capture.record_digest, flush=True)
            waiting.clear()
"""


def test_nothing_acknowledged_is_lost_by_kills_at_random_moments(at: Collection) -> None:
    acknowledged: dict[str, str] = {}
    tests = str(Path(__file__).parents[1])
    for seed in range(8):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITING, at.path, tests, str(seed)], stdout=subprocess.PIPE, text=True
        )
        with process:
            assert process.stdout is not None
            first = process.stdout.readline()
            time.sleep(random.Random(seed).uniform(0.0, 0.4))
            process.kill()
            lines = [first, *process.stdout]
        # the last line may have been cut by the kill
        whole = [line.split() for line in lines if line.endswith("\n")]
        assert whole
        acknowledged.update((record_id, record_digest) for record_id, record_digest in whole)
        # a look before anybody has recovered anything
        with Collection.open(at.path) as looking:
            assert looking.catalogue.capture(whole[-1][0]).record_digest == whole[-1][1]

        with at.writer() as writer:
            assert [one.damage for one in writer.recovered if one.damage] == []
        captures = {capture.record_id: capture for capture in sound(at)}
        assert acknowledged.keys() <= captures.keys()
        assert list(at.catalogue.captures()) == in_order(list(captures.values()))

    for record_id, record_digest in acknowledged.items():
        assert at.record(at.catalogue.capture(record_id).location).record_digest == record_digest
    assert all(row.closed for row in at.catalogue.files())
    before = told(at.catalogue)
    at.close()
    Collection.rebuild(at.path)
    assert told(at.catalogue) == before


# --- crash windows ---------------------------------------------------------------------------------------------------


def test_records_that_were_synced_but_not_entered_are_entered(at: Collection) -> None:
    warc = begun(at)
    captures = appended(warc, *all_exchanges().values())
    warc.abandon()

    with at.writer() as writer:
        [recovered] = writer.recovered

    assert (recovered.file, recovered.captures, recovered.cut_octets) == (warc.name, len(captures), 0)
    # all but the first, and the one that tells of the recovery
    assert recovered.records == warc.records
    assert list(at.catalogue.captures()) == in_order(captures)
    [row] = at.catalogue.files()
    octets = (at.archive_folder / warc.name).read_bytes()
    assert (row.closed, row.size, row.digest, row.records) == (True, len(octets), digest(octets), warc.records + 1)
    assert sound(at) == captures


def test_only_what_is_missing_is_entered(at: Collection) -> None:
    warc = begun(at)
    one, records = store(warc, page("<p>five"), occasion=HERE)
    warc.sync()
    with Catalogue.open(at.catalogue_path, readonly=False) as catalogue:
        catalogue.commit_records(warc.name, warc.size, records, [one])
    [two] = appended(warc, page("<p>eight", hour=1))
    warc.abandon()

    with at.writer() as writer:
        assert [(each.records, each.captures) for each in writer.recovered] == [(4, 1)]

    assert list(at.catalogue.captures()) == [one, two]
    assert [row.n for row in at.catalogue.records_of(warc.name)] == list(range(8))


def test_a_file_that_was_renamed_but_not_noted_as_closed_is_noted(at: Collection) -> None:
    warc = begun(at)
    captures = appended(warc, page("<p>five"), timeout(hour=1))
    closed = warc.close()

    with at.writer() as writer:
        assert [(each.file, each.captures) for each in writer.recovered] == [(closed.name, 2)]

    assert list(at.catalogue.captures()) == captures
    [row] = at.catalogue.files()
    assert (row.closed, row.size, row.digest) == (True, closed.size, closed.digest)


def test_a_file_that_was_made_but_not_entered_is_entered(at: Collection) -> None:
    warc = begun(at, known=False)
    captures = appended(warc, page("<p>five"))
    warc.abandon()

    at.writer().close()

    assert list(at.catalogue.captures()) == captures
    assert [(row.name, row.crawl) for row in at.catalogue.files()] == [(warc.name, CRAWL)]
    assert [crawl.id for crawl in at.catalogue.crawls()] == [CRAWL]


def test_a_torn_tail_is_cut_and_kept(at: Collection) -> None:
    warc = begun(at)
    captures = appended(warc, page("<p>five"), page("<p>eight", hour=1))
    whole = warc.size
    store(warc, page("<p>ten", hour=2), occasion=HERE)
    warc.abandon()
    octets = warc.path.read_bytes()
    torn = octets[: whole + 20]
    warc.path.write_bytes(torn)

    with at.writer() as writer:
        [recovered] = writer.recovered

    assert (recovered.cut_octets, recovered.kept_as) == (20, f"recovered/{warc.name}.{whole}.tail")
    assert (at.path / recovered.kept_as).read_bytes() == torn[whole:]
    assert sound(at) == captures == list(at.catalogue.captures())


def test_a_file_cut_at_any_octet_recovers_to_what_rebuild_finds(at: Collection, tmp_path: Path) -> None:
    warc = begun(at)
    appended(warc, *all_exchanges().values())
    appended(warc, page("<p>eight", hour=1), page("<p>ten", hour=2))
    warc.abandon()
    octets = warc.path.read_bytes()
    rng = random.Random(17)
    ends = [record.location.offset + record.location.length for record in read_records(warc.path)]
    cuts = [*rng.sample(ends, 4), *(rng.randrange(ends[0], len(octets)) for _ in range(8))]
    for n, cut in enumerate(cuts):
        copy = tmp_path / f"cut-{n}"
        shutil.copytree(at.path, copy)
        [path] = (copy / "archive").iterdir()
        path.write_bytes(octets[:cut])
        with Collection.open(copy) as torn:
            with torn.writer() as writer:
                [recovered] = writer.recovered
            last = max(end for end in ends if end <= cut)
            assert recovered.cut_octets == cut - last
            path = torn.archive_folder / warc.name
            assert path.read_bytes()[:last] == octets[:last]
            assert [record.location.offset for record in read_records(path) if is_recovery(record)] == [last]
            assert list(torn.catalogue.captures()) == in_order(sound(torn))
            before = told(torn.catalogue)
            torn.close()
            Collection.rebuild(copy)
            assert told(torn.catalogue) == before


@pytest.mark.parametrize("octets", [b"", b"\x1f\x8b\x08\x00", b"not gzip at all"])
@pytest.mark.parametrize("known", [True, False])
def test_a_file_without_a_whole_record_is_taken_away_and_its_octets_are_kept(
    at: Collection, octets: bytes, known: bool
) -> None:
    name = "khronika-20261122010001123-00000-00000001.warc.gz"
    (at.archive_folder / (name + OPEN_SUFFIX)).write_bytes(octets)
    if known:
        with Catalogue.open(at.catalogue_path, readonly=False) as catalogue:
            catalogue.add_file(name, CRAWL, BEGAN)

    with at.writer() as writer:
        [recovered] = writer.recovered

    assert list(at.archive_folder.iterdir()) == []
    assert list(at.catalogue.files()) == []
    assert recovered.cut_octets == len(octets)
    assert octets == b"" or (at.path / str(recovered.kept_as)).read_bytes() == octets


def test_a_lot_never_ends_inside_an_exchange(at: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    warc = begun(at)
    captures = appended(warc, *all_exchanges().values())
    warc.abandon()
    monkeypatch.setattr(recovery, "LOT", 1)
    lots: list[tuple[int, int]] = []
    commit = Catalogue.commit_records

    def counted(self: Catalogue, file: str, size: int, records: Any, entered: Any) -> None:
        assert records[-1].type == "metadata"
        lots.append((len(records), len(entered)))
        commit(self, file, size, records, entered)

    monkeypatch.setattr(Catalogue, "commit_records", counted)
    at.writer().close()

    # the last lot is the record that tells of the recovery
    assert [entered for _, entered in lots] == [1] * len(captures) + [0]
    assert list(at.catalogue.captures()) == in_order(captures)


def test_recovering_twice_does_nothing_the_second_time(at: Collection) -> None:
    warc = begun(at)
    appended(warc, page("<p>five"))
    warc.abandon()
    at.writer().close()
    before = told(at.catalogue)

    with at.writer() as writer:
        assert writer.recovered == []
    assert told(at.catalogue) == before


# --- damage is not mended --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["", OPEN_SUFFIX])
def test_evidence_that_was_acknowledged_and_is_gone_is_told_and_not_forgotten(at: Collection, suffix: str) -> None:
    warc = begun(at)
    one, records = store(warc, page("<p>five"), occasion=HERE)
    warc.sync()
    with Catalogue.open(at.catalogue_path, readonly=False) as catalogue:
        catalogue.commit_records(warc.name, warc.size, records, [one])
    warc.abandon()
    path = at.archive_folder / (warc.name + suffix)
    short = warc.path.read_bytes()[:-7]
    warc.path.rename(path)
    path.write_bytes(short)

    with at.writer() as writer:
        [recovered] = writer.recovered

    assert recovered.damage is not None
    assert str(warc.size) in recovered.damage
    assert (at.archive_folder / warc.name).read_bytes() == short
    assert list(at.catalogue.captures()) == [one]
    [row] = at.catalogue.files()
    assert (row.closed, row.size, row.digest) == (True, warc.size, None)
    with at.writer() as writer:
        assert writer.recovered == []


def test_a_byte_altered_before_the_known_end_is_not_cut_away(at: Collection) -> None:
    warc = begun(at)
    one, records = store(warc, page("<p>five"), occasion=HERE)
    warc.sync()
    with Catalogue.open(at.catalogue_path, readonly=False) as catalogue:
        catalogue.commit_records(warc.name, warc.size, records, [one])
    warc.abandon()
    octets = bytearray(warc.path.read_bytes())
    octets[one.location.offset + 40] ^= 1
    warc.path.write_bytes(octets)

    with at.writer() as writer:
        [recovered] = writer.recovered

    assert recovered.damage is not None
    assert (at.archive_folder / warc.name).read_bytes() == octets
    assert not (at.path / "recovered").exists()


def test_a_closed_file_that_nobody_entered_is_not_adopted(at: Collection, tmp_path: Path) -> None:
    other = collection(tmp_path / "other")
    [capture] = crawled(other, "foreign", page("<p>forged"))
    shutil.copy(other.archive_folder / capture.location.file, at.archive_folder)

    with at.writer() as writer:
        assert writer.recovered == []
    assert list(at.catalogue.files()) == []


def test_a_file_that_is_there_twice_is_left_to_a_person(at: Collection) -> None:
    [capture] = crawled(at, "one", page("<p>five"))
    path = at.archive_folder / capture.location.file
    shutil.copy(path, path.with_name(path.name + OPEN_SUFFIX))

    with at.writer() as writer:
        [recovered] = writer.recovered
    assert recovered.damage == f"expected {path.name} or {path.name}{OPEN_SUFFIX}, found both"
    assert path.with_name(path.name + OPEN_SUFFIX).exists()


def test_a_tail_that_cannot_be_kept_is_not_cut(at: Collection) -> None:
    warc = begun(at)
    appended(warc, page("<p>five"))
    warc.abandon()
    torn = warc.path.read_bytes() + b"\x1f\x8b torn"
    warc.path.write_bytes(torn)
    (at.path / "recovered").write_text("in the way")

    with pytest.raises(StorageError, match="cutting the torn tail of khronika-"):
        at.writer()
    assert warc.path.read_bytes() == torn

    (at.path / "recovered").unlink()
    with at.writer() as writer:
        assert [one.cut_octets for one in writer.recovered] == [7]


# --- rebuild ---------------------------------------------------------------------------------------------------------


def lived_in(at: Collection) -> None:
    """Four crawls with all that can happen to a page, read and compared."""
    with at.writer(roll_at=4_000) as writer:
        put(writer, "one", *all_exchanges().values())
        put(writer, "two", page("<p>Пять лет", url=f"{URL}/a"), page("<p>same", url=f"{URL}/b"), status(302))
        put(writer, "three", page("<p>Восемь лет", url=f"{URL}/a", hour=30), page("<p>same", url=f"{URL}/b", hour=30))
        put(writer, "four", status(404, url=f"{URL}/a", hour=60), timeout(url=f"{URL}/b", hour=60))
        put(writer, "five", page("<p>Восемь лет", url=f"{URL}/a", hour=90), page("<p>other", url=f"{URL}/b", hour=90))
    with Catalogue.open(at.catalogue_path, readonly=False) as catalogue:
        derive(at, catalogue)


@pytest.mark.parametrize("lost", ["kept", "missing", "damaged", "older"])
def test_rebuild_tells_the_same_history_readings_and_changes(at: Collection, lost: str) -> None:
    lived_in(at)
    before = told(at.catalogue)
    assert {row.kind.value for row in before["changes"]} == {"same", "edited"}
    at.close()
    match lost:
        case "missing":
            at.catalogue_path.unlink()
        case "damaged":
            at.catalogue_path.write_bytes(b"damage" * 1000)
        case "older":
            connection = sqlite3.connect(at.catalogue_path)
            connection.execute("UPDATE alembic_version SET version_num = '0000'")
            connection.commit()
            connection.close()
    if lost != "kept":
        with pytest.raises(CatalogueError, match="khronika rebuild"):
            at.writer()

    counts = Collection.rebuild(at.path)
    with Catalogue.open(at.catalogue_path, readonly=False) as catalogue:
        derive(at, catalogue)

    assert told(at.catalogue) == before
    assert counts == {
        "files": len(before["files"]),
        "records": sum(row.records for row, _ in before["files"]),
        "captures": sum(crawl.captures for crawl in before["crawls"]),
        "damaged": [],
        "state": "kept",
    }
    assert sorted(path.name for path in at.path.glob("catalogue*")) == [
        "catalogue.sqlite",
        "catalogue.sqlite-shm",
        "catalogue.sqlite-wal",
    ]


def test_rebuild_is_not_led_astray_by_the_journal_of_the_old_catalogue(at: Collection) -> None:
    lived_in(at)
    before = told(at.catalogue)
    at.close()
    journal = at.catalogue_path.with_name("catalogue.sqlite-wal")
    holding = sqlite3.connect(at.catalogue_path)
    holding.execute("DELETE FROM changes")
    holding.commit()
    left = journal.read_bytes()
    holding.close()
    journal.write_bytes(left)

    Collection.rebuild(at.path)
    with Catalogue.open(at.catalogue_path, readonly=False) as catalogue:
        derive(at, catalogue)

    assert told(at.catalogue) == before


def test_rebuild_takes_in_a_file_that_a_kill_left_open(at: Collection) -> None:
    lived_in(at)
    warc = begun(at)
    [capture] = appended(warc, page("<p>late", url=f"{URL}/late"))
    warc.abandon()
    with warc.path.open("ab") as file:
        file.write(b"\x1f\x8btorn")
    at.close()

    Collection.rebuild(at.path)

    assert at.catalogue.captures_of(capture.url) == [capture]
    assert sorted(sound(at), key=lambda one: one.record_id) == sorted(
        at.catalogue.captures(), key=lambda one: one.record_id
    )
    assert [path.read_bytes() for path in (at.path / "recovered").iterdir()] == [b"\x1f\x8btorn"]


def test_rebuild_names_a_damaged_file_and_takes_what_can_be_read(at: Collection) -> None:
    one, two, three = crawled(at, "one", page("<p>1"), page("<p>2", hour=1), page("<p>3", hour=2))
    [other] = crawled(at, "two", page("<p>4", hour=3))
    path = at.archive_folder / one.location.file
    octets = bytearray(path.read_bytes())
    octets[two.location.offset + 40] ^= 1
    path.write_bytes(octets)
    at.close()

    counts = Collection.rebuild(at.path)

    assert list(at.catalogue.captures()) == [one, three, other]
    text, *_ = counts["damaged"]
    assert text.startswith(f"{path.name}, offset {two.location.offset}: ")


def test_rebuild_takes_a_file_that_was_copied_once_and_names_every_capture_of_the_copy(at: Collection) -> None:
    one, two = crawled(at, "one", page("<p>1"), page("<p>2", hour=1))
    copy = f"{one.location.file.removesuffix('.warc.gz')}-copy.warc.gz"
    shutil.copy(at.archive_folder / one.location.file, at.archive_folder / copy)
    at.close()

    counts = Collection.rebuild(at.path)

    assert list(at.catalogue.captures()) == [one, two]
    assert len(counts["damaged"]) == 2
    assert all(text.startswith(copy) for text in counts["damaged"])
    findings = [finding for finding in verify(at) if isinstance(finding, Finding)]
    assert (FindingKind.INSERTED, copy) in [(finding.kind, finding.file) for finding in findings]


def test_an_unfinished_copy_of_a_file_does_not_keep_the_next_crawl_from_beginning(at: Collection) -> None:
    [one] = crawled(at, "one", page("<p>1"))
    copy = f"{one.location.file.removesuffix('.warc.gz')}-copy.warc.gz{OPEN_SUFFIX}"
    shutil.copy(at.archive_folder / one.location.file, at.archive_folder / copy)

    with at.writer() as writer:
        [recovered] = writer.recovered

    assert recovered.damage is not None
    assert "found that of another capture" in recovered.damage
    assert list(at.catalogue.captures()) == [one]


def test_rebuild_tells_how_far_it_is(at: Collection) -> None:
    lived_in(at)
    steps: list[tuple[int, int]] = []
    at.close()

    Collection.rebuild(at.path, progress=lambda text, done, total: steps.append((done, total)))

    files = len(list(at.catalogue.files()))
    assert steps == [(n, files) for n in range(files)]


def test_a_rebuild_that_is_stopped_leaves_the_old_catalogue(at: Collection) -> None:
    lived_in(at)
    before = told(at.catalogue)
    at.close()

    def stop(text: str, done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Collection.rebuild(at.path, progress=stop)
    assert told(at.catalogue) == before
    at.close()
    Collection.rebuild(at.path)
    assert at.catalogue.crawls() == before["crawls"]


def test_a_rebuild_passes_over_a_damaged_record_and_enters_all_others(at: Collection) -> None:
    urls = [f"http://example.org/{number}" for number in range(6)]
    crawled(at, CRAWL, *(page("A sentence.", url=url, hour=number) for number, url in enumerate(urls)))
    path = next(at.archive_folder.glob("*.warc.gz"))
    broken = list(at.catalogue.records_of(path.name))[7]
    octets = bytearray(path.read_bytes())
    octets[broken.offset + broken.length // 2] ^= 0xFF
    path.write_bytes(octets)

    counts = Collection.rebuild(at.path)

    assert any(f"offset {broken.offset}" in damage for damage in counts["damaged"])
    with Collection.open(at.path) as again:
        found = {capture.url for capture in again.catalogue.captures()}
        findings = [finding for finding in verify(again) if isinstance(finding, Finding)]
    assert {*urls[:2], *urls[3:]} <= found
    assert any(finding.offset == broken.offset for finding in findings)
