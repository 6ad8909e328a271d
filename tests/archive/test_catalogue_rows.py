"""What a capture's row leaves to others: its exchange's records, its original, the page that led to it, its counts."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from archive_samples import URL, collection, crawled, derive, page, put, status, timeout
from catalogue_places import KINDS, Kept, kept_by
from warc_samples import BEGAN, OCCASION

from archive.capture import Capture, RecordLocation
from archive.catalogue import Catalogue, CrawlRow, ReadingRow
from archive.catalogue.beside import MOST, packed, unpacked
from archive.collection import Collection
from archive.digest import digest, digest_octets
from archive.errors import CatalogueError
from archive.exchange import Outcome
from archive.kinds import ChangeKind, State
from archive.warc import ClosedFile, WrittenRecord


@pytest.fixture(params=KINDS)
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kept]:
    """Where the catalogue is: each test that asks for it runs on every database."""
    with collection(tmp_path) as made:
        yield kept_by(request.param, made, lambda: request.getfixturevalue("postgres"))


@pytest.fixture
def at(kept: Kept, tmp_path: Path) -> Iterator[Collection]:
    with Collection.open(tmp_path / "collection") as opened:
        yield kept.keep(opened)


@pytest.fixture
def derived(at: Collection) -> Iterator[Catalogue]:
    with Catalogue.open(at.catalogue_path, readonly=False) as opened:
        yield opened


def record(n: int, offset: int, kind: str = "metadata", *, length: int = 10, id_: str | None = None) -> WrittenRecord:
    return WrittenRecord(
        n=n,
        type=kind,
        record_id=id_ or f"urn:uuid:{n:08x}-0000-4000-8000-000000000000",
        date=BEGAN,
        target_uri=None,
        location=RecordLocation("one.warc.gz", offset, length),
        length=2 * length,
        record_digest=digest(b"%d" % n),
        payload_digest=None,
    )


def own(of: WrittenRecord, **more: object) -> Capture:
    capture = Capture(
        url=URL,
        captured_at=BEGAN,
        record_id=of.record_id,
        record_digest=of.record_digest,
        location=of.location,
        outcome=Outcome.RESPONSE,
        status=200,
        mime="text/html",
        payload_digest=digest(b"page"),
        payload_length=4,
        truncated=None,
        refers_to=None,
        crawl="one",
        site="north",
        via=None,
        hops="",
        error=None,
    )
    return replace(capture, **more)  # type: ignore[arg-type]  # fields of any type, by name


def entered(derived: Catalogue, records: list[WrittenRecord], *captures: Capture) -> None:
    derived.add_crawl(CrawlRow("one", BEGAN))
    derived.add_file("one.warc.gz", "one", BEGAN)
    derived.commit_records("one.warc.gz", 10_000, records, captures)


# --- the records of an exchange --------------------------------------------------------------------------------------


@pytest.mark.parametrize("before", [0, 1, MOST])
@pytest.mark.parametrize("length", [1, 127, 128, 16_384, 2**40])
def test_what_is_packed_is_unpacked(before: int, length: int) -> None:
    records = [record(7, 1_000, "request", length=length)]
    for n in range(8, 8 + MOST + 1):
        last = records[-1].location
        records.append(record(n, last.offset + last.length, "resource", length=length + n))
    records[before] = replace(records[before], type="response")
    mine = records[before]

    octets = packed(records, before)

    assert octets is not None
    found = unpacked(
        mine.n,
        mine.location.offset,
        mine.location.length,
        uuid.UUID(mine.record_id).bytes,
        digest_octets(mine.record_digest),
        octets,
    )
    assert [(n, offset, size, kind) for n, offset, size, kind, *_ in found] == [
        (one.n, one.location.offset, one.location.length, one.type) for one in records
    ]
    assert [digest_[:8] for *_, digest_ in found] == [digest_octets(one.record_digest)[:8] for one in records]
    assert [len(digest_) for *_, digest_ in found] == [32 if one is mine else 8 for one in records]


def test_octets_that_are_no_records_are_refused() -> None:
    records = [record(0, 0, "response"), record(1, 10, "request"), record(2, 20, "metadata")]
    octets = packed(records, 0)
    assert octets is not None
    chance = random.Random(7)
    for cut in [*range(len(octets)), *range(len(octets))]:
        broken = octets[:cut] if cut % 2 else octets[:cut] + bytes([chance.randrange(0x80, 0x100)])
        try:
            unpacked(0, 0, 10, b"i" * 16, b"d" * 32, broken)
        except CatalogueError as error:
            assert "khronika rebuild" in str(error)
    with pytest.raises(CatalogueError, match="expected the records beside record 0"):
        unpacked(0, 0, 10, b"i" * 16, b"d" * 32, b"")
    with pytest.raises(CatalogueError, match="expected the records beside record 0"):
        unpacked(0, 0, 10, b"i" * 16, b"d" * 32, octets[:-1])


@pytest.mark.parametrize(
    "spoil",
    [
        lambda one: one,
        lambda one: replace(one, record_id="http://an.example/record"),
        lambda one: replace(one, location=replace(one.location, offset=one.location.offset + 1)),
        lambda one: replace(one, type="strange"),
    ],
    ids=["ours", "another id", "a gap", "another type"],
)
def test_the_records_of_an_exchange_come_back_however_they_lie(
    at: Collection, derived: Catalogue, spoil: object
) -> None:
    records = [record(0, 0, "warcinfo"), record(1, 10, "response"), record(2, 20, "request"), record(3, 30)]
    records[2] = spoil(records[2])  # type: ignore[operator]  # one of the above
    entered(derived, records, own(records[1]))

    rows = list(at.catalogue.records_of("one.warc.gz"))

    assert [(row.n, row.offset, row.length, row.type, row.record_id) for row in rows] == [
        (one.n, one.location.offset, one.location.length, one.type, one.record_id) for one in records
    ]
    assert all(row.has(one.record_digest) for row, one in zip(rows, records, strict=True))
    assert not any(row.has(digest(b"another")) for row in rows)
    assert [at.catalogue.record_at("one.warc.gz", n) for n in range(5)] == [*rows, None]


def test_an_exchange_that_was_entered_in_two_parts_is_whole(at: Collection, derived: Catalogue) -> None:
    records = [record(0, 0, "warcinfo"), record(1, 10, "request"), record(2, 20)]
    failed = own(records[2], outcome=Outcome.TIMEOUT, status=None, payload_digest=None, payload_length=0)
    entered(derived, records[:2])
    derived.commit_records("one.warc.gz", 30, records[2:], [failed])

    rows = at.catalogue.records_of_exchange(failed)

    assert [(row.n, row.type) for row in rows] == [(1, "request"), (2, "metadata")]


def test_a_capture_whose_record_is_not_among_the_records_of_its_file_has_none(
    at: Collection, derived: Catalogue
) -> None:
    mine = record(1, 10, "response")
    entered(derived, [record(0, 0, "warcinfo")], own(mine))

    assert at.catalogue.records_of_exchange(own(mine)) == []
    assert [row.n for row in at.catalogue.records_of("one.warc.gz")] == [0]
    assert at.catalogue.capture(mine.record_id) == own(mine)


def test_a_record_beside_a_capture_can_be_replaced_alone(at: Collection, derived: Catalogue) -> None:
    records = [record(0, 0, "warcinfo"), record(1, 10, "response"), record(2, 20, "request"), record(3, 30)]
    entered(derived, records, own(records[1]))
    other = replace(records[2], record_digest=digest(b"placeholder"))

    derived.take_out([], [other], [ClosedFile("one.warc.gz", 40, digest(b"file"), 4)])

    rows = at.catalogue.records_of_exchange(own(records[1]))
    assert [row.n for row in rows] == [1, 2, 3]
    assert [row.has(digest(b"placeholder")) for row in rows] == [False, True, False]
    assert [row.has(one.record_digest) for row, one in zip(rows, records[1:], strict=True)] == [True, False, True]


# --- originals -------------------------------------------------------------------------------------------------------


def test_a_revisit_keeps_what_it_had_of_an_original_that_is_taken_out(at: Collection, derived: Catalogue) -> None:
    [first] = crawled(at, "one", page("<p>five"))
    [again] = crawled(at, "two", page("<p>five", hour=1))
    [third] = crawled(at, "three", page("<p>five", hour=2))
    assert again.refers_to == third.refers_to == first.record_id

    derived.take_out([first.record_id], [], [])

    assert at.catalogue.captures_of(URL) == [again, third]
    assert [row.captures for row in at.catalogue.crawls()] == [0, 1, 1]


def test_a_revisit_that_comes_before_its_original_is_linked_when_that_comes(at: Collection, derived: Catalogue) -> None:
    first, later = record(1, 10, "response"), record(2, 20, "revisit")
    revisit = own(later, refers_to=first.record_id, captured_at=BEGAN + timedelta(hours=1), crawl="two")
    entered(derived, [record(0, 0, "warcinfo"), later], revisit)
    assert derived.captures_of(URL) == [revisit]
    assert derived.reading(revisit.record_id) is None

    derived.commit_records("one.warc.gz", 10_000, [first], [own(first)])
    derive_all(derived)

    assert derived.captures_of(URL) == [own(first), revisit]
    reading = derived.reading(revisit.record_id)
    assert reading is not None
    assert reading == derived.reading(first.record_id)


def derive_all(catalogue: Catalogue) -> None:
    for capture in catalogue.unread(10):
        catalogue.put_reading(capture.record_id, ReadingRow(b"{}", "ru", None, None, "reading-1", None))


@pytest.mark.parametrize("payload", [None, digest(b"another")])
def test_a_revisit_has_a_payload_digest_of_its_own_where_it_is_not_its_originals(
    at: Collection, derived: Catalogue, payload: object
) -> None:
    first, later = record(1, 10, "response"), record(2, 20, "revisit")
    revisit = own(later, refers_to=first.record_id, payload_digest=payload, captured_at=BEGAN + timedelta(hours=1))
    entered(derived, [record(0, 0, "warcinfo"), first, later], own(first), revisit)

    assert derived.captures_of(URL) == [own(first), revisit]


def test_a_revisit_of_a_revisit_has_its_own(at: Collection, derived: Catalogue) -> None:
    first, second, third = record(1, 10, "response"), record(2, 20, "revisit"), record(3, 30, "revisit")
    captures = [
        own(first),
        own(second, refers_to=first.record_id, captured_at=BEGAN + timedelta(hours=1)),
        own(third, refers_to=second.record_id, captured_at=BEGAN + timedelta(hours=2)),
    ]
    entered(derived, [record(0, 0, "warcinfo"), first, second, third], *captures)
    derived.take_out([second.record_id], [], [])

    assert derived.captures_of(URL) == [captures[0], captures[2]]


# --- what led to a page ----------------------------------------------------------------------------------------------


def test_what_led_to_a_page_is_told_whether_it_was_fetched_or_taken_out(at: Collection, derived: Catalogue) -> None:
    with at.writer() as writer:
        [home] = put(writer, "one", page("<p>home", url="http://site.example/"))
        for n, via in enumerate((home.url, "http://elsewhere.example/never"), 1):
            writer.store(
                page(f"<p>{n}", url=f"{URL}/{n}"), replace(OCCASION, crawl="one", site="north", via=via)
            ).result()
    before = [at.catalogue.captures_of(f"{URL}/{n}")[0].via for n in (1, 2)]

    derived.take_out([home.record_id], [], [])

    assert before == [home.url, "http://elsewhere.example/never"]
    assert [at.catalogue.captures_of(f"{URL}/{n}")[0].via for n in (1, 2)] == before
    assert [row.url for row in at.catalogue.pages()] == [f"{URL}/1", f"{URL}/2"]
    # what was never fetched is no page, though captures name it
    assert at.catalogue.captures_of("http://elsewhere.example/never") == []
    assert at.catalogue.unidentified(10) == [(f"{URL}/1", "north"), (f"{URL}/2", "north")]


def test_addresses_that_share_the_beginning_of_a_hash_are_told_apart(
    at: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("pages", "captures", "sorts", "readings"):
        monkeypatch.setattr(f"archive.catalogue.{module}.text_hash", lambda text: 7)
    made = crawled(at, "one", page("<p>a", url=f"{URL}/a"), page("<p>b", url=f"{URL}/b"), status(404, url=f"{URL}/c"))
    again = crawled(at, "two", page("<p>a", url=f"{URL}/a", hour=1), page("<p>c", url=f"{URL}/b", hour=1))

    assert [at.catalogue.captures_of(f"{URL}/{name}") for name in "abc"] == [
        [made[0], again[0]],
        [made[1], again[1]],
        [made[2]],
    ]
    assert again[0].refers_to == made[0].record_id
    assert again[1].refers_to is None
    assert at.catalogue.captures_of(f"{URL}/d") == []


# --- counts ----------------------------------------------------------------------------------------------------------


def test_what_is_counted_is_what_there_is_after_captures_were_taken_out(at: Collection, derived: Catalogue) -> None:
    a, b = f"{URL}/a", f"{URL}/b"
    first = crawled(at, "one", page("<p>a", url=a), page("<p>b", url=b), timeout(url=b, hour=0.5))
    crawled(at, "two", page("<p>aa", url=a, hour=1), site="south")
    crawled(at, "three", page("<p>bb", url=b, hour=2), status(404, url=a, hour=2))
    derive(at, derived)

    derived.take_out([first[0].record_id, first[2].record_id], [], [])

    rows = list(at.catalogue.captures())
    assert {row.site: (row.pages, row.captures, row.failures, row.last_capture) for row in at.catalogue.sites()} == {
        site: (
            len({one.url for one in rows if one.site == site}),
            sum(one.site == site for one in rows),
            0,
            max(one.captured_at for one in rows if one.site == site),
        )
        for site in ("north", "south")
    }
    assert {row.id: (row.sites, row.captures) for row in at.catalogue.crawls()} == {
        crawl: (
            tuple(sorted({one.site for one in rows if one.crawl == crawl})),
            sum(one.crawl == crawl for one in rows),
        )
        for crawl in ("one", "two", "three")
    }
    assert at.catalogue.reading_counts(by="site") == {"north": {"reading-1": 2}, "south": {"reading-1": 1}}
    assert at.catalogue.reading_counts() == {name: {"reading-1": 1} for name in ("one", "two", "three")}
    assert at.catalogue.unread_count() == 0
    assert at.catalogue.unread_count(rules="reading-2") == 3
    assert at.catalogue.unread_count(rules="reading-2", site="north") == 2
    assert at.catalogue.unread_count(rules="reading-1") == 0


def test_a_page_that_two_sites_name_is_counted_at_both(at: Collection) -> None:
    crawled(at, "one", page("<p>a"), page("<p>b", url=f"{URL}/b"))
    crawled(at, "two", page("<p>a", hour=1), site="south")
    crawled(at, "three", page("<p>a", hour=2), site="south")

    assert [(row.site, row.pages, row.captures) for row in at.catalogue.sites()] == [("north", 2, 2), ("south", 1, 2)]


def test_captures_of_crawls_that_went_on_at_the_same_time_come_in_time_order(at: Collection) -> None:
    made = []
    for crawl, hours in (("one", (0, 4, 8)), ("two", (1, 5)), ("three", (6, 9)), ("four", (12,)), ("five", (11, 2))):
        for hour in hours:
            made += crawled(at, crawl, page(f"<p>{hour}", url=f"{URL}/{hour}", hour=hour), site=f"site-{crawl}")
    in_time = sorted(made, key=lambda one: one.captured_at)

    assert list(at.catalogue.captures()) == in_time
    since = in_time[3].captured_at
    assert list(at.catalogue.captures(since=since)) == in_time[3:]
    assert list(at.catalogue.captures(site="site-one", since=since)) == [
        one for one in in_time[3:] if one.site == "site-one"
    ]
    assert at.catalogue.originals_between(since, in_time[6].captured_at) == {one.record_id for one in in_time[3:6]}


# --- where nothing changed -------------------------------------------------------------------------------------------


def test_where_nothing_changed_nothing_is_kept_once_the_crawl_is_settled_and_history_tells_it(
    at: Collection, derived: Catalogue
) -> None:
    crawled(at, "one", page("<p>five"))
    [again] = crawled(at, "two", page("<p>five", hour=1))
    crawled(at, "three", page("<p>eight", hour=2))
    derive(at, derived)
    for one in list(derived.changes(kinds=[ChangeKind.SAME])):
        derived.replace_changes([replace(one, edits=(), provenance={})])
    before = [row.change_kind for row in at.catalogue.history(URL)]

    derived.settle([row.id for row in derived.unsettled()], "settle-1")

    assert before == [None, ChangeKind.SAME, ChangeKind.EDITED]
    assert [row.change_kind for row in at.catalogue.history(URL)] == before
    assert [row.change_id is None for row in at.catalogue.history(URL)] == [True, True, False]
    assert [row.kind for row in at.catalogue.changes()] == [ChangeKind.EDITED]
    [look] = at.catalogue.unchanged(URL)
    assert (look.url, look.crawl, look.site, look.captured_at) == (URL, "two", "north", again.captured_at)


def test_what_was_the_same_as_a_capture_that_is_taken_out_is_compared_again(at: Collection, derived: Catalogue) -> None:
    made = [
        crawled(at, name, page(f"<p>{text}", hour=n))[0]
        for n, (name, text) in enumerate(zip("abcd", "1223", strict=True))
    ]
    derive(at, derived)
    for one in list(derived.changes(kinds=[ChangeKind.SAME])):
        derived.replace_changes([replace(one, edits=(), provenance={})])
    derived.settle([row.id for row in derived.unsettled()], "settle-1")

    derived.take_out([made[1].record_id], [], [])

    assert [(one.before, one.after) for one in derived.uncompared(10)] == [(made[0], made[2]), (made[2], made[3])]
    assert [row.state for row in derived.history(URL)] == [State.PRESENT] * 3
