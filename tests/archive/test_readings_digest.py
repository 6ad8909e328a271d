"""Digests of readings in the log: an edited text is found, and what cannot be held against a digest is said."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from archive_samples import RULES, URL, collection, crawled, page

from archive.catalogue import Catalogue, ReadingRow
from archive.collection import Collection
from archive.digest import Digest, digest
from archive.entry import EventType, Outcome
from archive.erasure import erase
from archive.finding import Finding, FindingKind
from archive.readings import taken_apart
from archive.readings_digest import check_readings, logged_readings, readings_digest, readings_due, rules_of
from archive.withholding import format_detail, leaf_index, withheld

OTHER = "http://site.example/cases/18"
PACKED = zlib.compress(b"{}")


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Collection]:
    with collection(tmp_path) as made:
        yield made


def read(at: Collection, *, rules: str = RULES, again: bool = False) -> None:
    """Read what waits; with `again` everything."""
    with Catalogue.open(at.catalogue_path, readonly=False) as catalogue:
        for capture in catalogue.unread(100, rules=rules if again else None):
            text = at.payload(capture).octets.decode()
            reading = {"language": "ru", "title": "Дело", "text": text, "provenance": {"rules": rules}}
            content, stamp = taken_apart(reading)
            own = digest(text.encode())
            row = ReadingRow(content, "ru", "Дело", own, rules, capture.payload_digest, stamp=stamp)
            catalogue.put_reading(capture.record_id, row)


def log(at: Collection) -> int:
    """Log what is due, as the end of a run does; how much that was."""
    with at.writer() as writer:
        due = readings_due(at.catalogue, at.log())
        if due:
            writer.append_entries([entry.octets() for entry in due]).result()
    return len(due)


def text_digest(octets: bytes) -> Digest:
    return digest(json.loads(octets)["text"].encode())


def check(at: Collection) -> tuple[list[Finding], list[str]]:
    not_checked: list[str] = []
    return list(check_readings(at.catalogue, at.log(), not_checked, text_digest=text_digest)), not_checked


def edit(at: Collection, statement: str, *values: object) -> None:
    at.close()
    with sqlite3.connect(at.catalogue_path) as connection:
        assert connection.execute(statement, values).rowcount


@pytest.fixture
def logged(at: Collection) -> Collection:
    """Two crawls of two pages, read and logged."""
    crawled(at, "crawl-1", page("пять"), page("пять", url=OTHER))
    crawled(at, "crawl-2", page("восемь", hour=1), page("семь", url=OTHER, hour=1))
    read(at)
    assert log(at) == 2
    return at


def test_a_crawl_is_logged_once_and_again_when_it_was_read_further(logged: Collection) -> None:
    assert log(logged) == 0
    assert check(logged) == ([], [])

    crawled(logged, "crawl-2", page("девять", hour=2))
    read(logged)

    assert log(logged) == 1
    assert {entry.count for entry in logged_readings(logged.log()).values()} == {2, 3}
    assert check(logged) == ([], [])


def test_the_digest_is_over_a_line_for_each_reading_in_order_of_record_id(logged: Collection) -> None:
    lines = []
    for capture in sorted(logged.catalogue.captures_in_crawl("crawl-1"), key=lambda one: one.record_id):
        row = logged.catalogue.reading(capture.record_id)
        assert row is not None
        stamp = f'{{\\"rules\\":\\"{RULES}\\"}}'
        beside = f'["ru","Дело","{row.text_digest}","{capture.payload_digest}","{stamp}"]'
        lines.append(f"{capture.record_id} {RULES} {digest(row.content)} {digest(beside.encode())}\n")

    assert readings_digest(logged.catalogue, "crawl-1") == (2, digest("".join(lines).encode()))


def test_an_edited_text_is_found_and_its_page_named(logged: Collection) -> None:
    reading = logged.catalogue.reading(logged.catalogue.captures_in_crawl("crawl-2")[0].record_id)
    assert reading is not None
    edited = zlib.compress(reading.content.decode().replace("восемь", "три").encode())
    edit(logged, "UPDATE readings SET content = ? WHERE capture = 3", edited)

    found, not_checked = check(logged)

    assert [one.kind for one in found] == [FindingKind.ALTERED, FindingKind.ALTERED]
    assert "crawl-2" in found[0].expected
    assert found[0].file == "catalogue.sqlite"
    assert found[1].capture == f"20261122020001/{URL}"
    assert not_checked == []


def test_a_text_edited_with_its_own_digest_is_found_in_its_crawl(logged: Collection) -> None:
    reading = logged.catalogue.reading(logged.catalogue.captures_in_crawl("crawl-2")[0].record_id)
    assert reading is not None
    edited = reading.content.decode().replace("восемь", "три").encode()
    own = bytes.fromhex(text_digest(edited).removeprefix("sha256:"))
    edit(logged, "UPDATE readings SET content = ?, text_digest = ? WHERE capture = 3", edited, own)

    found, _ = check(logged)

    assert [(one.kind, one.record_id) for one in found] == [(FindingKind.ALTERED, None)]
    assert "crawl-2" in found[0].expected


@pytest.mark.parametrize(
    "put_there",
    [
        b"",
        b"no reading",
        b"{}",
        zlib.compress(b"{}")[:-2],
        zlib.compress(b"{}") + b"more",
        zlib.compress(b"no reading"),
    ],
)
def test_octets_that_are_no_packed_reading_are_found(logged: Collection, put_there: bytes) -> None:
    edit(logged, "UPDATE readings SET content = ? WHERE capture = 3", put_there)

    found, _ = check(logged)

    assert FindingKind.ALTERED in {one.kind for one in found}
    assert f"20261122020001/{URL}" in {one.capture for one in found}


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM readings WHERE capture = 3",
        "UPDATE readings SET failed = 'no text' WHERE capture = 3",
        "UPDATE readings SET language = 'en' WHERE capture = 3",
        "UPDATE rules SET stamp = CAST('{}' AS BLOB)",
    ],
)
def test_what_was_done_to_a_reading_is_found(logged: Collection, statement: str) -> None:
    edit(logged, statement)

    found, _ = check(logged)

    assert found[0].kind is FindingKind.ALTERED


def test_a_reading_that_is_gone_with_its_mark_and_its_count_is_missing(logged: Collection) -> None:
    own = "visit = (SELECT visit FROM captures WHERE id = 3) AND rules = (SELECT read_by FROM captures WHERE id = 3)"
    edit(logged, f"UPDATE read_counts SET captures = captures - 1 WHERE {own}")
    edit(logged, "DELETE FROM readings WHERE capture = 3")
    edit(logged, "UPDATE captures SET read_by = NULL WHERE id = 3")

    assert [one.kind for one in check(logged)[0]] == [FindingKind.MISSING]


def test_a_reading_that_is_gone_with_its_mark_alone_is_found_too(logged: Collection) -> None:
    edit(logged, "DELETE FROM readings WHERE capture = 3")
    edit(logged, "UPDATE captures SET read_by = NULL WHERE id = 3")

    assert [one.kind for one in check(logged)[0]] == [FindingKind.ALTERED]


def test_other_rules_later_readings_and_pages_that_wait_are_not_checked_and_said(logged: Collection) -> None:
    crawled(logged, "crawl-2", page("девять", hour=2))
    found, not_checked = check(logged)
    assert found == []
    assert "1 of its pages wait to be read" in not_checked[0]

    read(logged)
    assert "came after their digest was logged" in check(logged)[1][0]

    read(logged, rules="reading-2", again=True)
    found, not_checked = check(logged)
    assert found == []
    assert len(not_checked) == 2
    assert all("other rules" in one for one in not_checked)

    assert log(logged) == 2
    assert check(logged) == ([], [])


def test_readings_that_a_stopped_withholding_took_out_are_not_checked(logged: Collection) -> None:
    [gone, _] = logged.catalogue.captures_in_crawl("crawl-2")
    detail = format_detail("disk", "the wish of the family")
    with logged.writer() as writer:
        for record in logged.catalogue.records_of_exchange(gone):
            of = leaf_index(logged.log(), record.record_id, 0)
            writer.log_event(EventType.WITHHOLDING, Outcome.SUCCESS, detail, of=of).result()
        writer.checkpoint().result()
        erase(logged, writer, withheld(logged.log()))

    found, not_checked = check(logged)

    assert found == []
    assert "1 were withheld since its digest" in not_checked[0]
    assert log(logged) == 1
    assert check(logged) == ([], [])


def test_a_crawl_without_a_digest_in_the_log_is_not_checked(at: Collection) -> None:
    crawled(at, "crawl-1", page("пять"))
    read(at)

    found, not_checked = check(at)

    assert found == []
    assert not_checked == ["the readings of crawl crawl-1: the log holds no digest of them"]


def test_many_rules_are_named_by_their_digest() -> None:
    assert rules_of({"b": 1, "a": 2, "": 3, "c": 0}) == "a b"
    assert rules_of({"x" * 600: 1, "y" * 600: 1}).startswith("sha256:")
