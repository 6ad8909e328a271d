"""Readings in the catalogue: apart from capture and rules, written only where they say something else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from archive_samples import RULES, URL, collection, crawled, page
from hypothesis import given
from hypothesis import strategies as st

from archive.catalogue import Catalogue, ChangeRow, ReadingRow, change_id
from archive.collection import Collection
from archive.digest import digest
from archive.errors import CatalogueError
from archive.kinds import ChangeKind, is_look, needs_reading
from archive.readings import STAMP, Frame, canonical, put_together, taken_apart

FRAME = Frame(
    "http://site.example/дело",
    datetime(2026, 11, 22, 1, 0, 1, 123456, tzinfo=UTC),
    "urn:uuid:00000000-0000-4000-8000-000000000017",
    digest(b"five"),
)
WHOLE = (
    '{"captured_at":"2026-11-22T01:00:01.123456Z","payload_digest":"' + str(digest(b"five")) + '",'
    '"provenance":{"labelled":"plain text","payload_digest":"' + str(digest(b"five")) + '",'
    '"record_id":"urn:uuid:00000000-0000-4000-8000-000000000017","rules":"reading-1","tools":{"lxml":"6"}},'
    '"record_id":"urn:uuid:00000000-0000-4000-8000-000000000017","text":"Пять лет","type":"reading",'
    '"url":"http://site.example/дело"}'
).encode()
CONTENT = '{"provenance":{"labelled":"plain text"},"text":"Пять лет"}'.encode()


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Collection]:
    with collection(tmp_path) as made:
        yield made


@pytest.fixture
def derived(at: Collection) -> Iterator[Catalogue]:
    with Catalogue.open(at.catalogue_path, readonly=False) as opened:
        yield opened


def row(text: str = "Пять лет", *, rules: str = RULES, source: bytes | None = None) -> ReadingRow:
    content, stamp = taken_apart({"text": text, "provenance": {"rules": rules, "labelled": "so"}})
    own = digest(text.encode())
    return ReadingRow(
        content, "ru", None, own, rules, own, source=None if source is None else digest(source), stamp=stamp
    )


def test_a_reading_is_taken_apart_and_put_together() -> None:
    content, stamp = taken_apart(json.loads(WHOLE))

    assert content == CONTENT
    assert stamp == b'{"rules":"reading-1","tools":{"lxml":"6"}}'
    assert put_together(content, stamp, FRAME) == WHOLE


def test_the_moment_is_told_in_utc_whatever_zone_it_was_given_in() -> None:
    elsewhere = replace(FRAME, captured_at=FRAME.captured_at.astimezone(timezone(timedelta(hours=5))))

    assert put_together(*taken_apart(json.loads(WHOLE)), elsewhere) == WHOLE


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)))
def test_whatever_was_read_comes_back(read: dict[str, object]) -> None:
    reading = {**json.loads(WHOLE), **read, "provenance": json.loads(WHOLE)["provenance"]}
    reading |= {name: json.loads(WHOLE)[name] for name in ("type", "url", "captured_at", "record_id", "payload_digest")}

    assert put_together(*taken_apart(reading), FRAME) == canonical(reading)


def test_what_the_rules_stand_for_is_no_part_of_the_content() -> None:
    reading = {"provenance": {name: name for name in STAMP}}

    assert taken_apart(reading)[0] == b'{"provenance":{}}'


def test_a_reading_names_its_capture_and_its_rules(at: Collection, derived: Catalogue) -> None:
    [capture] = crawled(at, "c1", page("<p>five"))
    derived.put_reading(capture.record_id, row())

    stored = at.catalogue.reading(capture.record_id)

    assert stored is not None
    reading = json.loads(stored.json)
    assert (reading["url"], reading["record_id"], reading["type"]) == (URL, capture.record_id, "reading")
    assert reading["provenance"]["rules"] == RULES
    assert reading["provenance"]["record_id"] == capture.record_id


def test_other_rules_that_read_the_same_move_the_mark_and_write_nothing(at: Collection, derived: Catalogue) -> None:
    [one] = crawled(at, "c1", page("<p>five"))
    [two] = crawled(at, "c2", page("<p>eight", hour=1))
    derived.put_readings([(one.record_id, row()), (two.record_id, row("Восемь"))])
    [due] = derived.uncompared(9)
    derived.put_change(difference(due.before.record_id, due.after.record_id, ChangeKind.EDITED))
    mark = derived.readings_mark()

    written = derived.put_readings([(one.record_id, row(rules="reading-2")), (two.record_id, row("Семь", rules="r-2"))])

    assert written == [False, True]
    stored = at.catalogue.reading(one.record_id)
    assert stored is not None
    assert stored.rules == json.loads(stored.json)["provenance"]["rules"] == "reading-2"
    assert at.catalogue.unread(9, rules="reading-2") == [two]
    assert [capture for _, capture, _ in at.catalogue.readings_after(mark)] == [two]
    assert [pair.after for pair in at.catalogue.uncompared(9)] == [two]


def difference(from_record: str, to_record: str, kind: ChangeKind) -> ChangeRow:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    own = change_id(URL, from_record, to_record, kind.value)
    return ChangeRow(own, URL, "north", from_record, to_record, at, at, kind, 0.0, (), "change-1", {})


def test_what_other_rules_made_of_a_page_is_no_change_of_the_page(at: Collection, derived: Catalogue) -> None:
    [capture] = crawled(at, "c1", page("<p>five"))
    derived.put_reading(capture.record_id, row())
    told = difference(capture.record_id, capture.record_id, ChangeKind.EXTRACTOR)

    derived.put_readings([(capture.record_id, row("Семь", rules="reading-2"))], differences=[told])

    assert [change.kind for change in at.catalogue.changes()] == [ChangeKind.EXTRACTOR]
    assert [one.change_kind for one in at.catalogue.history(URL)] == [None]
    assert [site.last_change for site in at.catalogue.sites()] == [None]


def test_readings_come_in_the_order_in_which_they_were_written(at: Collection, derived: Catalogue) -> None:
    captures = crawled(at, "c1", *(page(f"<p>{n}", url=f"{URL}/{n}", hour=n) for n in range(4)))
    for capture in reversed(captures):
        derived.put_reading(capture.record_id, row(capture.url))

    found = at.catalogue.readings_after(None)

    assert [capture for _, capture, _ in found] == list(reversed(captures))
    assert [json.loads(read.json)["text"] for _, _, read in found] == [one.url for one in reversed(captures)]
    assert [one for _, one, _ in at.catalogue.readings_after(found[1][0], limit=1)] == [captures[1]]
    assert found[-1][0] == at.catalogue.readings_mark()
    assert at.catalogue.readings_after(found[-1][0]) == []


def test_the_number_of_a_reading_that_is_taken_out_is_given_to_no_other(at: Collection, derived: Catalogue) -> None:
    captures = crawled(at, "c1", *(page(f"<p>{n}", url=f"{URL}/{n}", hour=n) for n in range(3)))
    for capture in captures[:2]:
        derived.put_reading(capture.record_id, row(capture.url))
    mark = derived.readings_mark()
    derived.take_out({captures[1].record_id}, (), ())

    assert derived.readings_mark() == mark
    derived.put_reading(captures[2].record_id, row(captures[2].url))

    assert [one for _, one, _ in derived.readings_after(mark)] == [captures[2]]


def test_a_mark_that_a_catalogue_has_not_come_to_stands_before_the_first(at: Collection, derived: Catalogue) -> None:
    [capture] = crawled(at, "c1", page("<p>five"))
    derived.put_reading(capture.record_id, row())
    later = derived.readings_mark().rpartition("-")[0] + "-2"

    assert [one for _, one, _ in derived.readings_after(later)] == [capture]


@pytest.mark.parametrize("mark", ["another-2", "", "-", "2", "x" * 40])
def test_a_mark_of_another_catalogue_stands_before_the_first(at: Collection, derived: Catalogue, mark: str) -> None:
    [capture] = crawled(at, "c1", page("<p>five"))
    derived.put_reading(capture.record_id, row())

    assert [one for _, one, _ in at.catalogue.readings_after(mark)] == [capture]


def test_a_twin_is_of_the_same_url_and_payload_and_the_same_rules(at: Collection, derived: Catalogue) -> None:
    [one] = crawled(at, "c1", page("<p>five"))
    [same] = crawled(at, "c1", page("<p>five", hour=1))
    [other] = crawled(at, "c1", page("<p>five", url=f"{URL}/2", hour=1))
    derived.put_reading(one.record_id, row(source=b"five"))

    found = at.catalogue.twin(same, RULES)

    assert found is not None
    assert found.source == digest(b"five")
    assert at.catalogue.twin(same, "reading-2") is None
    assert at.catalogue.twin(one, RULES) is None
    assert at.catalogue.twin(other, RULES) is None


def test_what_was_seen_in_a_time_is_told_by_its_originals(at: Collection) -> None:
    [one] = crawled(at, "c1", page("<p>five"))
    [same] = crawled(at, "c2", page("<p>five", hour=1))
    [other] = crawled(at, "c3", page("<p>eight", url=f"{URL}/2", hour=2), site="south")

    assert same.refers_to == one.record_id
    assert at.catalogue.originals_between(None, None) == {one.record_id, other.record_id}
    assert at.catalogue.originals_between(same.captured_at, other.captured_at) == {one.record_id}
    assert at.catalogue.originals_between(same.captured_at, None, "south") == {other.record_id}
    assert at.catalogue.originals_between(None, one.captured_at) == set()


def test_a_row_that_is_no_reading_is_said_to_be_damaged(at: Collection, derived: Catalogue) -> None:
    [capture] = crawled(at, "c1", page("<p>five"))
    derived.put_reading(capture.record_id, replace(row(), content=b"no reading"))

    stored = at.catalogue.reading(capture.record_id)

    assert stored is not None
    with pytest.raises(CatalogueError, match="khronika rebuild"):
        _ = stored.json


@pytest.mark.parametrize(
    ("mime", "hops", "read"),
    [
        ("application/pdf", "L", True),
        ("application/activity+json", "L", True),
        ("application/octet-stream", "L", True),
        ("text/css", "L", False),
        ("image/svg+xml", "L", False),
        ("application/json", "LER", False),
        ("text/html", "LE", True),
    ],
)
def test_what_may_have_a_text_is_read(at: Collection, mime: str, hops: str, read: bool) -> None:
    [capture] = crawled(at, "c1", page("five", mime=mime))

    assert needs_reading(replace(capture, hops=hops)) is read


@pytest.mark.parametrize(("hops", "look"), [("LB", True), ("LBR", True), ("LBE", False), ("LBER", False), ("L", False)])
def test_a_look_of_a_browser_is_the_page_and_not_what_it_embeds(at: Collection, hops: str, look: bool) -> None:
    [capture] = crawled(at, "c1", page("<p>five"))

    assert is_look(replace(capture, hops=hops)) is look
