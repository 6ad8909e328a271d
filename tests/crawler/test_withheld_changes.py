"""Which changes tell the words of what is withheld, wherever these were compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from archive_samples import collection, crawled, derive, page

from archive.catalogue import Catalogue
from archive.collection import Collection
from archive.withholding import Withheld, Withholdings
from crawler.digest import entries_of
from crawler.withheld_changes import WithheldChanges

HERE, THERE, OTHER = "http://site.example/cases/17", "https://mirror.example/cases/17", "http://site.example/cases/18"


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Collection]:
    with collection(tmp_path) as made:
        yield made


@pytest.fixture
def catalogue(at: Collection) -> Iterator[Catalogue]:
    with Catalogue.open(at.catalogue_path, readonly=False) as opened:
        yield opened


def held(*record_ids: str) -> Withholdings:
    date = datetime(2026, 11, 22, tzinfo=UTC)
    return Withholdings({one: Withheld(one, 1, "a wish", None, date, 2, False) for one in record_ids})


def test_what_is_told_at_another_address_against_a_withheld_capture_is_withheld_too(
    at: Collection, catalogue: Catalogue
) -> None:
    [first] = crawled(at, "first", page("five years", url=HERE))
    [second] = crawled(at, "second", page("eight years", url=THERE, hour=24))
    for url in (HERE, THERE):
        catalogue.put_identity(url, place="north ~/cases/17", identity="north ~/cases/17")
    derive(at, catalogue)
    [change] = catalogue.changes()

    for record_id in (first.record_id, second.record_id):
        assert WithheldChanges(catalogue, held(record_id)).of(change) is not None
    assert WithheldChanges(catalogue, held()).of(change) is None


def test_a_revisit_of_what_is_withheld_tells_its_words(at: Collection, catalogue: Catalogue) -> None:
    [first] = crawled(at, "first", page("five years", url=HERE))
    crawled(at, "second", page("five years", url=HERE, hour=24))
    crawled(at, "third", page("eight years", url=HERE, hour=48))
    derive(at, catalogue)
    last = [*catalogue.changes()][-1]
    assert last.from_record != first.record_id

    assert WithheldChanges(catalogue, held(first.record_id)).of(last) is not None


def test_what_pages_have_in_common_is_not_told_of_the_one_that_is_withheld(
    at: Collection, catalogue: Catalogue
) -> None:
    urls = (HERE, OTHER, "http://site.example/cases/19")
    crawled(at, "first", *(page("five years", url=url) for url in urls))
    second = crawled(at, "second", *(page("eight years", url=url, hour=24) for url in urls))
    derive(at, catalogue)
    catalogue.replace_changes([replace(change, group_id="g1") for change in catalogue.changes()])

    [entry] = entries_of(catalogue.changes(), WithheldChanges(catalogue, held(second[0].record_id)), catalogue)

    assert not entry.withheld
    assert entry.urls == tuple(sorted({*urls} - {second[0].url}))
