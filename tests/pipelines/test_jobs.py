"""What a worker answers: a reading that depends on nothing but its source, or whose fault it is that there is none."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from page_styles import STYLES

from archive.catalogue import ReadingRow
from archive.digest import digest
from archive.errors import CaptureNotFoundError, ReadingError, RecordError, StorageError
from archive.readings import taken_apart
from pipelines.differences import FIELDS, differing
from pipelines.jobs import Answer, Broken, Failed, Read, ReadJob, Twin, answer, packed, source_of
from pipelines.page import read_page
from pipelines.reading import StoredPage
from pipelines.rules import ReadingRules

FOLDER = Path("/nowhere")
CUT = RecordError("cut", file="a.warc.gz", offset=17)
OCTETS = STYLES["semantic"]().encode()
PAGE = StoredPage(
    url="http://site.example/cases/17",
    captured_at=datetime(2026, 11, 22, 1, tzinfo=UTC),
    record_id="urn:uuid:00000000-0000-4000-8000-000000000017",
    payload_digest=digest(OCTETS),
    content_type="text/html",
    octets=OCTETS,
)
LATER = replace(
    PAGE, captured_at=PAGE.captured_at + timedelta(hours=22), record_id="urn:uuid:00000000-0000-4000-8000-000000000018"
)


def asked(page: StoredPage = PAGE, **more: Any) -> Answer:
    return answer(ReadJob(page, FOLDER, packed(ReadingRules()), **more))


def test_a_page_is_read() -> None:
    found = asked()

    assert isinstance(found, Read)
    reading = read_page(PAGE)
    assert (found.row.content, found.row.stamp) == taken_apart(reading.to_record())
    assert (found.row.rules, found.row.payload_digest) == (ReadingRules().version, PAGE.payload_digest)


@pytest.mark.parametrize("style", sorted(STYLES))
def test_what_has_one_source_has_one_content(style: str) -> None:
    octets = STYLES[style]().encode()
    one, two = (replace(page, octets=octets, payload_digest=digest(octets)) for page in (PAGE, LATER))
    assert source_of(one) == source_of(two)

    contents = [taken_apart(read_page(page).to_record()) for page in (one, two)]

    assert contents[0] == contents[1]


@pytest.mark.parametrize(
    "other",
    [
        {"url": "http://site.example/cases/18"},
        {"captured_at": PAGE.captured_at + timedelta(days=1)},
        {"content_type": "text/html; charset=koi8-r"},
        {"octets": OCTETS + b" "},
        {"link": '<http://site.example/ru>; rel="alternate"'},
        {"notes": (("truncated", "length"),)},
    ],
)
def test_what_a_reading_depends_on_is_part_of_its_source(other: dict[str, Any]) -> None:
    assert source_of(replace(PAGE, **other)) != source_of(PAGE)


def test_a_page_of_a_source_that_was_read_is_not_read_again() -> None:
    assert asked(LATER, twin=source_of(PAGE)) == Twin(PAGE.payload_digest)
    assert isinstance(asked(LATER, twin=digest(b"of another source")), Read)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (MemoryError(), Failed("expected a page that can be read in 4 GiB, found one that needs more", "memory")),
        (RecursionError(), Failed("expected a page that can be read, found one that is nested too deep")),
        (ReadingError("no text"), Failed("no text")),
        (CUT, Failed(f"its record cannot be read: {CUT}")),
        (CaptureNotFoundError("gone"), Failed("its record cannot be read: gone")),
        (StorageError("no disk"), Broken("no disk")),
        (PermissionError(13, "Permission denied", "/home/me/a"), Failed("PermissionError: Permission denied")),
        (ZeroDivisionError("by a page"), Failed("ZeroDivisionError: by a page")),
    ],
)
def test_a_page_is_blamed_for_what_it_did_and_the_disk_for_what_that_did(
    monkeypatch: pytest.MonkeyPatch, error: Exception, expected: Answer
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("pipelines.page.read_page", fail)

    assert asked() == expected


def row(**content: object) -> ReadingRow:
    octets, _ = taken_apart({"text": "five years", "provenance": {"labelled": "so"}, **content})
    return ReadingRow(octets, "en", None, None, "1", None)


@pytest.mark.parametrize(
    ("other", "fields"),
    [
        ({"text": "eight years"}, ("text",)),
        ({"language": "ru", "spans": [1]}, ("language", "spans")),
        ({"modified": "2026-11-22"}, ("dates",)),
        ({"published": "2026-11-22", "title": "Case 17"}, ("title", "dates")),
        ({"facts": [{}], "metadata": [{}], "authors": ["A"]}, ("authors", "facts", "metadata")),
        ({"blocks": [1], "site": {}}, ("blocks", "site")),
        ({"charset": {"name": "koi8-r"}}, ("other",)),
        ({"provenance": {"labelled": "otherwise"}}, ("other",)),
        ({}, ()),
    ],
)
def test_what_differs_is_named(other: dict[str, object], fields: tuple[str, ...]) -> None:
    assert differing(row(), row(**other)) == fields
    assert set(fields) <= {*FIELDS, "other"}


def test_a_page_that_became_readable_or_unreadable_differs_in_that() -> None:
    failed = replace(row(), failed="no text")

    assert differing(failed, row()) == differing(row(), failed) == ("readable",)
    assert differing(failed, replace(failed, failed="no text at all")) == ("readable",)
    assert differing(failed, failed) == ()


def test_a_page_that_is_read_as_before_has_no_difference_and_one_read_otherwise_names_it() -> None:
    found = asked()
    assert isinstance(found, Read)
    same = asked(before=replace(found.row, rules="older"))
    other = asked(before=replace(found.row, title="An older title", rules="older"))

    assert isinstance(same, Read)
    assert (same.differing, same.edits) == ((), ())
    assert isinstance(other, Read)
    assert other.differing == ("other",)
