"""What each closed WARC has to be, as the log says it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from archive_samples import collection, crawled, page

from archive.catalogue import Catalogue
from archive.collection import Collection
from archive.entry import EventType, Outcome, SealEntry
from archive.erasure import erase
from archive.log import LogReader
from archive.sealed import last_date, sealed_files
from archive.statements import keep_statements
from archive.store import FolderStore
from archive.warc import file_digest, format_date, read_records
from archive.withholding import format_detail, leaf_index, withheld


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Collection]:
    with collection(tmp_path) as made:
        for hour in range(3):
            crawled(made, f"crawl-{hour}", page(f"page {hour}", hour=hour))
        yield made


def log(at: Collection) -> LogReader:
    return LogReader(FolderStore(at.path))


def on_disk(at: Collection) -> dict[str, tuple[int, str]]:
    paths = sorted(at.archive_folder.glob("*.warc.gz"))
    return {path.name: (path.stat().st_size, str(file_digest(path))) for path in paths}


def test_each_closed_file_is_what_its_seal_says(at: Collection) -> None:
    sealed = sealed_files(log(at))

    assert {name: (one.size, str(one.digest)) for name, one in sealed.items()} == on_disk(at)
    assert len(sealed) == 3
    assert all(one.first + one.records <= one.closed == one.index < log(at).size for one in sealed.values())


def test_with_the_catalogue_it_is_the_same(at: Collection) -> None:
    with Catalogue.open(at.catalogue_path, readonly=False) as catalogue:
        keep_statements(catalogue, log(at))
        assert sealed_files(log(at), catalogue) == sealed_files(log(at)) != {}


def test_the_date_is_that_of_the_last_record(at: Collection) -> None:
    for name, sealed in sealed_files(log(at)).items():
        *_, last = read_records(at.archive_folder / name)
        date = last_date(log(at), sealed)
        assert date is not None
        assert format_date(date) == last.value("WARC-Date")


def test_after_an_erasure_it_is_what_the_event_says(at: Collection) -> None:
    before = on_disk(at)
    capture = at.catalogue.find("http://site.example/cases/17@2")
    with at.writer() as writer:
        writer.checkpoint().result()
        for record in at.catalogue.records_of_exchange(capture):
            of = leaf_index(at.log(), record.record_id, 0)
            detail = format_detail("disk", "the wish of the family")
            writer.log_event(EventType.WITHHOLDING, Outcome.SUCCESS, detail, of=of).result()
    at.close()
    with at.writer() as writer:
        erase(at, writer, withheld(at.log()))
    at.close()

    sealed = sealed_files(log(at))

    assert {name: (one.size, str(one.digest)) for name, one in sealed.items()} == on_disk(at) != before
    (erased,) = [one for one in sealed.values() if one.index != one.closed]
    assert erased.name == capture.location.file
    assert last_date(log(at), erased) is not None


def test_a_file_that_is_sealed_twice_with_other_words_is_nobodys(at: Collection) -> None:
    first = min(sealed_files(log(at)))
    seal = sealed_files(log(at))[first]
    with at.writer() as writer:
        again = SealEntry(first, seal.size, seal.digest, seal.records, seal.first).octets()
        writer.append_entries([again]).result()
    assert first in sealed_files(log(at))
    with at.writer() as writer:
        writer.append_entries(
            [SealEntry(first, seal.size + 1, seal.digest, seal.records, seal.first).octets()]
        ).result()

    assert set(sealed_files(log(at))) == set(on_disk(at)) - {first}


def test_what_is_not_sealed_is_not_named(at: Collection) -> None:
    with at.writer() as writer:
        writer.begin_crawl("crawl-open")
        writer.checkpoint().result()
        assert len(list(at.archive_folder.glob("*.open"))) <= 1
        assert len(sealed_files(log(at))) == 3
