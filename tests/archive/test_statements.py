"""The log's entries that are no records': the same with what the catalogue keeps and without it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from archive_samples import collection, crawled, page

from archive.bundle import recovery_of
from archive.catalogue import Catalogue
from archive.collection import Collection
from archive.entry import EventEntry, EventType, Outcome, RecordEntry, parse_entry
from archive.inbox import logged
from archive.logged import unsigned_words, unvouched
from archive.statements import keep_statements, statements, vouched


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Collection]:
    with collection(tmp_path) as made:
        crawled(made, "crawl-1", page("пять"))
        yield made


def keep(at: Collection) -> None:
    with Catalogue.open(at.catalogue_path, readonly=False) as catalogue:
        keep_statements(catalogue, at.log())


def spoil(at: Collection) -> None:
    """Let the catalogue keep something else for what is read now."""
    with Catalogue.open(at.catalogue_path, readonly=False) as catalogue:
        size, kept = catalogue.logged()
        catalogue.keep_logged([(kept[-1][0], b"{}")], size)


def test_they_are_all_entries_but_those_of_records(at: Collection) -> None:
    log = at.log()

    expected = [(n, octets) for n, octets in log.entries() if not isinstance(parse_entry(octets), RecordEntry)]
    assert list(statements(log)) == expected
    assert len(expected) >= 3


def test_what_the_catalogue_keeps_is_gone_on_from(at: Collection) -> None:
    keep(at)
    assert at.catalogue.logged() == (at.log().size, list(statements(at.log())))

    crawled(at, "crawl-2", page("восемь", hour=1))

    log = at.log()
    assert at.catalogue.logged()[0] < log.size
    assert list(statements(log, at.catalogue)) == list(statements(log))
    keep(at)
    assert at.catalogue.logged() == (log.size, list(statements(log)))


def test_what_is_not_signed_yet_comes_when_asked_for(at: Collection) -> None:
    keep(at)
    with at.writer() as writer:
        writer.log_event(EventType.EXPORT, Outcome.SUCCESS, "text").result()
        log = at.log()

        assert list(statements(log, at.catalogue, unsigned=True)) == [*statements(log), (log.size, log.tail()[0])]


def test_what_was_kept_of_another_log_is_not_believed(at: Collection, tmp_path: Path) -> None:
    keep(at)
    spoil(at)

    assert list(statements(at.log(), at.catalogue)) == list(statements(at.log()))
    keep(at)
    assert at.catalogue.logged() == (at.log().size, list(statements(at.log())))


def test_a_log_that_is_shorter_than_what_was_kept_is_gone_through(at: Collection, tmp_path: Path) -> None:
    shutil.copytree(at.path / "log", tmp_path / "older")
    crawled(at, "crawl-2", page("восемь", hour=1))
    keep(at)
    shutil.rmtree(at.path / "log")
    shutil.copytree(tmp_path / "older", at.path / "log")

    assert list(statements(at.log(), at.catalogue)) == list(statements(at.log()))


def test_a_recovery_that_came_through_the_inbox_takes_nothing_back(at: Collection) -> None:
    told = EventEntry(
        EventType.RECOVERY, at.log().genesis.created, "khronika", Outcome.WARNING, unsigned_words(9), of=0
    )

    assert unvouched(told) == range(9)
    assert unvouched(logged(told)) is None
    assert recovery_of(12, logged(told).octets()) is None


def _recovery(of: int, count: int) -> bytes:
    date = datetime(2026, 11, 22, 1, tzinfo=UTC)
    return EventEntry(EventType.RECOVERY, date, "khronika", Outcome.WARNING, unsigned_words(count), of=of).octets()


def _export(n: int) -> bytes:
    date = datetime(2026, 11, 22, 1, tzinfo=UTC)
    return EventEntry(EventType.EXPORT, date, "khronika", Outcome.SUCCESS, f"{n}").octets()


def test_what_lay_unsigned_is_not_vouched_for_and_takes_nothing_back() -> None:
    said = [_export(0), _recovery(0, 1), _export(2), _recovery(1, 2), _export(4), _recovery(2, 1), _export(6)]

    # 5 takes back 2; 3 takes back 1 and 2, so that 1 does not count, and 0 stays
    assert [index for index, _ in vouched(enumerate(said))] == [0, 3, 4, 5, 6]


def test_as_many_runs_that_did_not_end_as_there_are_statements_take_no_time() -> None:
    said = list(enumerate(_recovery(n - 1, 1) if n % 2 else _export(n) for n in range(6_000)))
    began = time.process_time()

    assert len(vouched(said)) == 3_000
    assert time.process_time() - began < 1
