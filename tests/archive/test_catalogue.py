"""The catalogue: its schema, its questions, and what waits to be derived."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from archive_samples import (
    RULES,
    URL,
    change,
    collection,
    crawled,
    derive,
    page,
    put,
    status,
    timeout,
    unprivileged,
)
from catalogue_places import KINDS, OPEN, Kept, KeptInFile, kept_by
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import MetaData, event
from sqlalchemy.dialects import sqlite
from warc_samples import BEGAN, TLS, exchange

from archive import state as state_module
from archive import tables
from archive.capture import RecordLocation
from archive.catalogue import Catalogue, CrawlRow, ReadingRow, change_id, server_of
from archive.collection import Collection
from archive.database import Moment, Place, RecordId, exists, open_database
from archive.digest import digest, digest_octets
from archive.errors import AmbiguousCaptureError, CaptureNotFoundError, CatalogueError, StorageError
from archive.exchange import Exchange, Failure, Outcome, TlsFacts
from archive.kinds import ChangeKind, State, state_of
from archive.warc import WrittenRecord

FIRST, LAST = datetime.fromisoformat("0001-01-03"), datetime.fromisoformat("9999-12-29")
REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(params=KINDS)
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kept]:
    """Where the catalogue is: each test that asks for it runs on every database."""
    with collection(tmp_path) as made:
        place = kept_by(request.param, made, lambda: request.getfixturevalue("postgres"))
        yield place
        place.close()


@pytest.fixture
def at(kept: Kept, tmp_path: Path) -> Iterator[Collection]:
    with Collection.open(tmp_path / "collection") as opened:
        yield kept.keep(opened)


@pytest.fixture
def in_file(tmp_path: Path) -> Iterator[Collection]:
    """A collection with its catalogue in a file, where the test is about that file."""
    with collection(tmp_path) as made:
        yield made


@pytest.fixture
def derived(at: Collection) -> Iterator[Catalogue]:
    """The handle of a reading stage."""
    with Catalogue.open(at.catalogue_path, readonly=False) as opened:
        yield opened


def reading(
    text: str = "Пять лет", *, language: str = "ru", rules: str = RULES, failed: str | None = None
) -> ReadingRow:
    return ReadingRow(text.encode(), language, "Дело № 17", digest(text.encode()), rules, None, failed)


# --- schema ----------------------------------------------------------------------------------------------------------


def test_the_migrations_make_the_tables_that_the_code_asks(kept: Kept) -> None:
    _compare(kept.place, "catalogue", tables.META, tables.VERSION)


def test_the_migrations_of_the_state_make_the_tables_that_the_code_asks(in_file: Collection) -> None:
    _compare(in_file.path / "state.sqlite", "state", state_module.META, state_module.VERSION)


def _compare(place: Place, name: str, tables: MetaData, version: str) -> None:
    database = open_database(place, readonly=True, damaged=CatalogueError)
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, tables)
        found = context.get_current_revision()
    database.close()

    assert differences == []
    assert found == version == ScriptDirectory(str(REPOSITORY / "archive/migrations" / name)).get_current_head()


def test_every_table_is_strict(in_file: Collection) -> None:
    # PostgreSQL has no others
    asked = "SELECT name, strict FROM pragma_table_list WHERE schema = 'main'"
    strict = dict(KeptInFile(in_file).ask(asked))

    loose = {name for name, is_strict in strict.items() if not is_strict and not name.startswith("sqlite_")}
    assert loose == {"alembic_version"}


def test_alembic_is_not_imported_to_open_a_catalogue(at: Collection, kept: Kept) -> None:
    asked = OPEN + "assert at.catalogue.crawls() == []; print('alembic' in sys.modules)"
    called = [sys.executable, "-c", asked, *kept.arguments(at)]
    ran = subprocess.run(called, capture_output=True, text=True, check=True)

    assert ran.stdout == "False\n"


@pytest.mark.parametrize("readonly", [True, False])
@pytest.mark.parametrize(
    ("spoil", "found"),
    [
        ("DELETE FROM alembic_version", "schema version 0007, found none"),
        ("DROP TABLE alembic_version", "schema version 0007, found none"),
        ("UPDATE alembic_version SET version_num = '0001'", "schema version 0007, found 0001"),
        ("UPDATE alembic_version SET version_num = '9999'", "schema version 0007, found 9999"),
    ],
)
def test_a_catalogue_of_another_version_asks_for_rebuild(kept: Kept, spoil: str, found: str, readonly: bool) -> None:
    kept.ask(spoil)

    with pytest.raises(CatalogueError, match=f"{found}.*khronika rebuild"):
        Catalogue.open(kept.place, readonly=readonly)


@pytest.mark.parametrize("readonly", [True, False])
@pytest.mark.parametrize(
    "octets", [b"not a database, but long enough to be looked at as one" * 100, b"SQLite format 3\0"]
)
def test_a_damaged_catalogue_asks_for_rebuild(in_file: Collection, octets: bytes, readonly: bool) -> None:
    # a server opens its files itself
    in_file.catalogue_path.write_bytes(octets)

    with pytest.raises(CatalogueError, match="khronika rebuild"):
        Catalogue.open(in_file.catalogue_path, readonly=readonly)


def test_a_missing_catalogue_asks_for_rebuild_and_is_not_made(kept: Kept) -> None:
    kept.remove()

    with pytest.raises(CatalogueError, match="khronika rebuild"):
        Catalogue.open(kept.place, readonly=False)
    assert not exists(kept.place)


def test_damage_met_during_a_question_is_told_in_our_words(at: Collection, kept: Kept) -> None:
    crawled(at, "one", *(page(f"<p>{n}", url=f"{URL}/{n}") for n in range(300)))
    kept.damage(f"{URL}/7")

    with pytest.raises(CatalogueError, match=rf"{kept.place.name}: expected a sound "):
        at.catalogue.history(f"{URL}/7")


@given(st.datetimes(min_value=FIRST, max_value=LAST, timezones=st.just(UTC)))
def test_an_instant_survives_its_column_to_the_microsecond(moment: datetime) -> None:
    column, dialect = Moment(), sqlite.dialect()
    elsewhere = moment.astimezone(timezone(timedelta(hours=3, minutes=30)))

    assert column.process_result_value(column.process_bind_param(elsewhere, dialect), dialect) == moment


def test_an_instant_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="expected an instant with a time zone"):
        Moment().process_bind_param(FIRST, sqlite.dialect())


# --- captures --------------------------------------------------------------------------------------------------------


def test_history_tells_every_capture_in_time_order_with_its_state(at: Collection) -> None:
    later = crawled(at, "late", status(404, hour=4), page("<p>six", hour=6), timeout(hour=5))
    early = crawled(at, "early", page("<p>five", hour=0), status(503, hour=1), status(301, hour=2), status(451, hour=3))

    rows = at.catalogue.history(URL)

    assert [row.capture for row in rows] == [*early, later[0], later[2], later[1]]
    assert [row.n for row in rows] == [1, 2, 3, 4, 5, 6, 7]
    assert [row.state for row in rows] == [
        State.PRESENT,
        State.UNREACHABLE,
        State.MOVED,
        State.BLOCKED,
        State.GONE,
        State.UNREACHABLE,
        State.PRESENT,
    ]
    assert [row.change_kind for row in rows] == [None] * 7


def test_history_of_a_page_that_was_never_fetched_is_empty(at: Collection) -> None:
    assert at.catalogue.history(URL) == []


def test_history_names_changes_and_the_language_of_a_revisits_original(at: Collection, derived: Catalogue) -> None:
    crawled(at, "one", page("<p>Пять лет"))
    crawled(at, "two", page("<p>Пять лет", hour=24))
    crawled(at, "three", page("<p>Восемь лет", hour=48))
    derive(at, derived)

    rows = at.catalogue.history(URL)

    assert [row.capture.is_revisit for row in rows] == [False, True, False]
    assert [row.language for row in rows] == ["ru", "ru", "ru"]
    assert [row.change_kind for row in rows] == [None, ChangeKind.SAME, ChangeKind.EDITED]
    assert [row.change_id for row in rows][1:] == [each.id for each in at.catalogue.changes()]


@pytest.mark.parametrize(
    ("changed", "state"),
    [
        ({}, State.PRESENT),
        ({"status": 204, "payload_length": 0}, State.UNREACHABLE),
        ({"status": 206}, State.PRESENT),
        ({"status": 302}, State.MOVED),
        ({"status": 304}, State.UNREACHABLE),
        ({"status": 404}, State.GONE),
        ({"status": 410}, State.GONE),
        ({"status": 401}, State.BLOCKED),
        ({"status": 403}, State.BLOCKED),
        ({"status": 429}, State.BLOCKED),
        ({"status": 451}, State.BLOCKED),
        ({"status": 400}, State.UNREACHABLE),
        ({"status": 500}, State.UNREACHABLE),
        ({"status": None, "outcome": Outcome.TIMEOUT}, State.UNREACHABLE),
        ({"status": None, "outcome": Outcome.ROBOTS}, State.BLOCKED),
        ({"outcome": Outcome.TRUNCATED, "truncated": "disconnect"}, State.PRESENT),
        ({"payload_length": 0, "refers_to": "urn:uuid:0"}, State.PRESENT),
    ],
)
def test_a_capture_says_of_its_page(at: Collection, changed: dict[str, Any], state: State) -> None:
    [capture] = crawled(at, "one", page("<p>five"))

    assert state_of(replace(capture, **changed)) is state


def test_a_capture_is_found_by_each_of_its_names(at: Collection) -> None:
    first, second = crawled(at, "one", page("<p>five"), page("<p>eight", hour=24 * 40))
    find = at.catalogue.find

    assert find(f"{URL}@1") == first
    assert find(f"{URL}@2") == second
    assert find(f"20261122010001/{URL}") == first
    assert find(f"202611/{URL}") == first
    assert find(f"2027/{URL}") == second
    assert find(first.record_id) == first
    assert find(f"<{second.record_id}>") == second


def test_a_name_that_fits_several_captures_lists_them(at: Collection) -> None:
    first, second = crawled(at, "one", page("<p>five"), page("<p>eight", hour=24))

    for wanted in (f"2026/{URL}", URL):
        with pytest.raises(AmbiguousCaptureError) as caught:
            at.catalogue.find(wanted)
        assert caught.value.candidates == (
            f"{first.timestamp}/{URL}  {first.record_id}",
            f"{second.timestamp}/{URL}  {second.record_id}",
        )


@pytest.mark.parametrize(
    "wanted",
    [
        f"{URL}@0",
        f"{URL}@3",
        f"2025/{URL}",
        "http://site.example/other",
        "http://site.example/other@1",
        "urn:uuid:0",
        "",
    ],
)
def test_a_name_that_fits_nothing_is_refused(at: Collection, wanted: str) -> None:
    crawled(at, "one", page("<p>five"), page("<p>eight", hour=24))

    with pytest.raises(CaptureNotFoundError, match="expected"):
        at.catalogue.find(wanted)


def test_a_url_that_ends_like_a_number_of_a_capture_is_itself(at: Collection) -> None:
    [channel] = crawled(at, "one", page("<p>post", url="https://channel.example/@17"))

    assert at.catalogue.find("https://channel.example/@17") == channel
    assert at.catalogue.find("https://channel.example/@17@1") == channel


def test_another_spelling_of_the_address_finds_the_page_but_the_exact_one_comes_first(at: Collection) -> None:
    plain, shown = crawled(
        at,
        "one",
        page("<p>five", url="http://site.example/a?x=1&y=2"),
        page("<p>eight", url="https://www.site.example/a?y=2&x=1", hour=1),
    )

    assert at.catalogue.captures_of("http://site.example/a?x=1&y=2") == [plain]
    assert at.catalogue.captures_of("http://site.example/a?y=2&x=1") == [plain, shown]


def test_captures_come_in_time_order_by_site_and_instant(at: Collection) -> None:
    with at.writer() as writer:
        north = put(writer, "one", *(page(str(n), url=f"{URL}/{n}", hour=n % 7) for n in range(1, 60)))
        south = put(writer, "one", page("south", url="http://south.example/", hour=3), site="south")
    wanted = sorted(north, key=lambda capture: capture.captured_at)

    assert list(at.catalogue.captures(site="north")) == wanted
    assert list(at.catalogue.captures(site="south")) == south
    instant = BEGAN + timedelta(hours=3)
    assert list(at.catalogue.captures(since=instant, site="north")) == [
        one for one in wanted if one.captured_at >= instant
    ]


# --- revisits --------------------------------------------------------------------------------------------------------


def test_an_original_is_the_same_page_and_payload_of_an_earlier_crawl(at: Collection) -> None:
    [original] = crawled(at, "one", page("<p>five"))
    payload = digest(b"<p>five")
    ask = at.catalogue.originals_for
    others = {(URL, digest(b"<p>eight")), ("http://site.example/cases/18", payload)}

    assert ask({(URL, payload)}, "two") == {(URL, payload): original}
    assert ask({(URL, payload)}, "one") == {}
    assert ask(others, "two") == {}
    # asked together, each URL is told of with its own payload alone
    assert ask({(URL, payload), *others}, "two") == {(URL, payload): original}
    assert ask(set(), "two") == {}


@pytest.mark.parametrize(
    "each",
    [
        lambda: status(404),
        lambda: status(302),
        lambda: exchange(URL, head=b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", body=b""),
        lambda: page("<p>so it is", outcome=Outcome.TRUNCATED, truncated="disconnect"),
    ],
    ids=["gone", "moved", "empty", "truncated"],
)
def test_what_is_no_whole_page_is_no_original(at: Collection, each: Any) -> None:
    [capture] = crawled(at, "one", each())
    assert capture.payload_digest is not None

    assert at.catalogue.originals_for({(URL, capture.payload_digest)}, "two") == {}


def test_a_revisit_is_never_an_original(at: Collection) -> None:
    [first] = crawled(at, "one", page("<p>five"))
    [second] = crawled(at, "two", page("<p>five", hour=1))
    [third] = crawled(at, "three", page("<p>five", hour=2))

    assert [one.refers_to for one in (first, second, third)] == [None, first.record_id, first.record_id]


# --- readings --------------------------------------------------------------------------------------------------------


def test_pages_of_text_wait_for_their_reading_and_nothing_else_does(at: Collection) -> None:
    html, plain, unnamed, cut, *_ = crawled(
        at,
        "one",
        page("<p>five", url=f"{URL}/1", hour=1),
        page("five", url=f"{URL}/2", hour=2, mime="text/plain"),
        page("five", url=f"{URL}/3", hour=3, mime=None),
        page("<p>fi", url=f"{URL}/4", hour=4, outcome=Outcome.TRUNCATED, truncated="time"),
        page("PNG", url=f"{URL}/5", mime="image/png"),
        status(404, url=f"{URL}/6"),
        status(302, url=f"{URL}/7"),
        timeout(url=f"{URL}/8"),
    )
    crawled(at, "two", page("<p>five", url=f"{URL}/1", hour=9))

    assert at.catalogue.unread(100) == [html, plain, unnamed, cut]
    assert at.catalogue.unread(2) == [html, plain]
    assert at.catalogue.unread_count() == 4


def test_a_reading_is_there_once_it_is_put_and_a_revisit_has_its_originals(at: Collection, derived: Catalogue) -> None:
    [original] = crawled(at, "one", page("<p>five"))
    [revisit] = crawled(at, "two", page("<p>five", hour=1))
    assert at.catalogue.reading(original.record_id) is None

    derived.put_reading(original.record_id, reading())

    assert at.catalogue.reading(original.record_id) == reading()
    assert at.catalogue.reading(f"<{revisit.record_id}>") == reading()
    assert at.catalogue.unread(9) == []


def test_a_page_that_could_not_be_read_is_not_tried_again_by_the_same_rules(at: Collection, derived: Catalogue) -> None:
    [capture] = crawled(at, "one", page("<p>five"))

    derived.put_reading(capture.record_id, ReadingRow(b"", None, None, None, RULES, None, "took longer than 30 s"))

    assert at.catalogue.unread(9, rules=RULES) == []
    assert at.catalogue.unread(9, rules="reading-2") == [capture]
    assert at.catalogue.unread(9, rules="reading-0") == [capture]
    stored = at.catalogue.reading(capture.record_id)
    assert stored is not None
    assert stored.failed == "took longer than 30 s"


def test_unread_can_be_asked_of_one_site(at: Collection) -> None:
    crawled(at, "one", page("<p>north"))
    [south] = crawled(at, "one", page("<p>south", url="http://south.example/"), site="south")

    assert at.catalogue.unread(9, site="south") == [south]


# --- changes ---------------------------------------------------------------------------------------------------------


def test_a_capture_is_compared_with_the_one_before_it_that_saw_the_page(at: Collection, derived: Catalogue) -> None:
    one, *_ = crawled(at, "one", page("<p>five"), status(503, hour=1), status(302, hour=2), timeout(hour=3))
    [two] = crawled(at, "two", page("<p>eight", hour=4))
    for capture in (one, two):
        derived.put_reading(capture.record_id, reading())

    [pair] = at.catalogue.uncompared(9)

    assert (pair.before, pair.after) == (one, two)


def test_a_page_that_is_back_is_compared_with_its_last_content(at: Collection, derived: Catalogue) -> None:
    one, _, _, two = crawled(
        at, "one", page("<p>five"), status(404, hour=1), status(410, hour=2), page("<p>eight", hour=3)
    )
    for capture in (one, two):
        derived.put_reading(capture.record_id, reading())

    assert [(pair.before, pair.after) for pair in at.catalogue.uncompared(9)] == [(one, two)]


def test_a_comparison_waits_for_both_readings_unless_the_payloads_are_equal(at: Collection, derived: Catalogue) -> None:
    [one] = crawled(at, "one", page("<p>five"))
    [same] = crawled(at, "two", page("<p>five", hour=1))
    [other] = crawled(at, "three", page("<p>eight", hour=2))
    [again] = crawled(at, "four", page("<p>five", hour=3))

    def ready() -> list[Any]:
        return [pair.after for pair in at.catalogue.uncompared(9)]

    assert again.refers_to == one.record_id
    assert ready() == [same]
    derived.put_reading(other.record_id, reading())
    assert ready() == [same]
    derived.put_reading(one.record_id, reading())
    assert ready() == [same, other, again]


def test_a_comparison_that_waits_does_not_hide_those_that_are_ready(at: Collection, derived: Catalogue) -> None:
    pages = 120
    with at.writer() as writer:
        put(writer, "one", *(page("<p>five", url=f"{URL}/{n}", hour=n) for n in range(pages)))
        *_, last = put(writer, "two", *(page(f"<p>{n}", url=f"{URL}/{n}", hour=200 + n) for n in range(pages)))
    for capture in at.catalogue.captures_of(last.url):
        derived.put_reading(capture.record_id, reading())
    for capture in at.catalogue.captures_in_crawl("two"):
        derived.put_reading(capture.record_id, reading())

    assert [pair.after for pair in at.catalogue.uncompared(1)] == [last]


def test_the_first_capture_of_a_page_is_never_due_for_comparison(at: Collection, derived: Catalogue) -> None:
    crawled(at, "one", page("<p>five"), page("<p>eight", url=f"{URL}/2"))
    derive(at, derived)

    assert at.catalogue.uncompared(9) == []
    assert at.catalogue.uncompared(9, rules="change-9") == []
    assert list(at.catalogue.changes()) == []


def test_a_page_that_is_not_for_reading_is_compared_too(at: Collection) -> None:
    one, two = crawled(at, "one", page("PNG 1", mime="image/png"), page("PNG 2", mime="image/png", hour=1))

    [pair] = at.catalogue.uncompared(9)

    assert (pair.before, pair.after) == (one, two)


def test_a_comparison_is_due_again_by_other_rules_only(at: Collection, derived: Catalogue) -> None:
    crawled(at, "one", page("<p>five"), page("<p>eight", hour=1))
    derive(at, derived)
    [row] = derived.changes()

    assert derived.uncompared(9) == []
    assert derived.uncompared(9, rules="change-1") == []
    [pair] = derived.uncompared(9, rules="change-2")
    derived.put_change(change(pair, rules="change-2"))
    [renewed] = derived.changes()
    assert renewed.id != row.id
    assert (renewed.from_record, renewed.to_record) == (row.from_record, row.to_record)


def test_a_new_reading_makes_the_comparisons_after_it_due(at: Collection, derived: Catalogue) -> None:
    one, two, three = crawled(at, "one", page("<p>1"), page("<p>2", hour=1), page("<p>3", hour=2))
    other, _ = crawled(at, "one", page("<p>1", url=f"{URL}/2"), page("<p>2", url=f"{URL}/2", hour=1))
    derive(at, derived)

    derived.put_reading(two.record_id, reading(rules="reading-2"))

    assert [pair.after for pair in derived.uncompared(9)] == [two, three]
    assert one.url != other.url


def test_a_capture_that_comes_in_between_makes_the_comparison_after_it_due(at: Collection, derived: Catalogue) -> None:
    one, three = crawled(at, "one", page("<p>1"), page("<p>3", hour=2))
    derive(at, derived)
    [two] = crawled(at, "two", page("<p>2", hour=1))
    derived.put_reading(two.record_id, reading())

    assert [(pair.before, pair.after) for pair in derived.uncompared(9)] == [(one, two), (two, three)]
    assert list(derived.changes()) == []


def test_a_capture_that_comes_before_the_first_makes_that_due(at: Collection, derived: Catalogue) -> None:
    [two] = crawled(at, "one", page("<p>2", hour=2))
    derive(at, derived)
    [one] = crawled(at, "two", page("<p>1", hour=1))
    derived.put_reading(one.record_id, reading())

    assert [(pair.before, pair.after) for pair in derived.uncompared(9)] == [(one, two)]


def test_changes_come_in_order_of_time_whatever_the_order_they_were_made_in(at: Collection, derived: Catalogue) -> None:
    with at.writer() as writer:
        put(writer, "one", *(page("<p>a", url=f"{URL}/{n}", hour=n) for n in range(30)))
        put(writer, "two", *(page("<p>b", url=f"{URL}/{n}", hour=100 - n) for n in range(30)))
        put(writer, "two", page("<p>a", url="http://south.example/", hour=50), site="south")
        put(writer, "two", page("<p>b", url="http://south.example/", hour=60), site="south")
        put(writer, "three", page("<p>c", url=f"{URL}/3", hour=200))
    derive(at, derived)

    rows = list(at.catalogue.changes())

    assert len(rows) == 32
    assert [row.to_at for row in rows] == sorted(row.to_at for row in rows)
    since = rows[10].to_at
    assert list(at.catalogue.changes(since=since)) == rows[10:]
    assert list(at.catalogue.changes(site="south")) == [row for row in rows if row.url == "http://south.example/"]
    assert [row.kind for row in at.catalogue.changes(kinds=["edited"])] == [ChangeKind.EDITED] * len(rows)
    assert list(at.catalogue.changes(kinds=["gone", "back"])) == []
    assert [row.url for row in at.catalogue.changes(url=f"{URL}/3")] == [f"{URL}/3"] * 2
    assert list(at.catalogue.changes(limit=5)) == rows[:5]
    assert list(at.catalogue.changes(limit=0)) == []
    assert at.catalogue.change(rows[0].id) == rows[0]
    assert at.catalogue.change("c0") is None


def test_changes_are_given_whole_over_many_steps(
    at: Collection, derived: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    with at.writer() as writer:
        put(writer, "one", *(page("<p>a", url=f"{URL}/{n}") for n in range(47)))
        # all of one instant: the step from row to row goes by id
        put(writer, "two", *(page("<p>a", url=f"{URL}/{n}", hour=1) for n in range(47)))
    derive(at, derived)
    monkeypatch.setattr("archive.catalogue.STEP", 10)

    assert len({row.id for row in at.catalogue.changes()}) == 47
    assert len(list(at.catalogue.changes(limit=45))) == 45
    assert len({capture.record_id for capture in at.catalogue.captures()}) == 94


def test_a_change_keeps_all_it_was_given(at: Collection, derived: Catalogue) -> None:
    crawled(at, "one", page("<p>five"), page("<p>eight", hour=1))
    derive(at, derived)
    [row] = at.catalogue.changes()

    one, two = at.catalogue.captures_of(URL)
    assert row.id == change_id(URL, one.record_id, two.record_id, row.rules)
    assert (row.from_at, row.to_at, row.weight) == (one.captured_at, two.captured_at, 0.5)
    assert row.edits == ({"op": "edit", "level": "main", "before": "пять", "after": "восемь"},)
    assert row.provenance == {"rules": row.rules}


def test_sites_pages_and_crawls_are_counted(at: Collection, derived: Catalogue) -> None:
    crawled(at, "one", page("<p>five"), page("<p>x", url=f"{URL}/2", hour=2), timeout(url=f"{URL}/3", hour=3))
    [south] = crawled(at, "two", page("<p>s", url="http://south.example/", hour=30), site="south")
    [eight] = crawled(at, "two", page("<p>eight", hour=31))
    derive(at, derived)

    north, other = at.catalogue.sites()
    assert (north.site, north.pages, north.captures, north.failures) == ("north", 3, 4, 1)
    assert (north.last_capture, north.last_change) == (eight.captured_at, eight.captured_at)
    assert (other.site, other.pages, other.last_capture, other.last_change) == ("south", 1, south.captured_at, None)
    assert [(crawl.id, crawl.sites, crawl.captures) for crawl in at.catalogue.crawls()] == [
        ("one", ("north",), 3),
        ("two", ("north", "south"), 2),
    ]
    assert [(row.url, row.captures) for row in at.catalogue.pages("north")] == [
        (URL, 2),
        (f"{URL}/2", 1),
        (f"{URL}/3", 1),
    ]


# --- speed and company -----------------------------------------------------------------------------------------------


def test_the_records_of_a_long_file_come_whole_and_in_order(at: Collection, derived: Catalogue) -> None:
    records = [
        WrittenRecord(
            n=n,
            type="metadata",
            record_id=f"urn:uuid:{n}",
            date=BEGAN,
            target_uri=None,
            location=RecordLocation("long.warc.gz", n * 10, 10),
            length=20,
            record_digest=digest(b"%d" % n),
            payload_digest=None,
        )
        for n in range(25_000)
    ]
    derived.add_crawl(CrawlRow("one", BEGAN))
    derived.add_file("long.warc.gz", "one", BEGAN)
    derived.commit_records("long.warc.gz", 250_000, records, [])

    rows = list(at.catalogue.records_of("long.warc.gz"))

    assert [(row.n, row.offset, row.record_id, row.record_digest) for row in rows] == [
        (one.n, one.location.offset, one.record_id, digest_octets(one.record_digest)) for one in records
    ]


@pytest.mark.parametrize(
    "ask",
    [
        lambda catalogue: catalogue.history(URL),
        lambda catalogue: catalogue.captures_of("https://www.site.example/cases/17"),
        lambda catalogue: catalogue.originals_for({(URL, digest(b"x"))}, "two"),
        lambda catalogue: catalogue.find(f"20261122010001/{URL}"),
        lambda catalogue: catalogue.unread(10),
        lambda catalogue: catalogue.unread(10, rules=RULES),
        lambda catalogue: catalogue.uncompared(10),
        lambda catalogue: catalogue.uncompared(10, rules="change-2"),
        lambda catalogue: catalogue.changes(url=URL),
        lambda catalogue: catalogue.changes(since=BEGAN),
    ],
    ids=["history", "urlkey", "original", "find", "unread", "rules", "uncompared", "compared", "changes", "since"],
)
def test_a_question_looks_up_an_index_and_never_reads_a_whole_table(
    at: Collection, derived: Catalogue, kept: Kept, ask: Any
) -> None:
    crawled(at, "one", page("<p>five"), page("<p>eight", hour=1))
    derive(at, derived)
    asked: list[tuple[str, Any]] = []

    event.listen(
        at.catalogue._database._engine,
        "before_cursor_execute",
        lambda _c, _cursor, statement, parameters, *_: asked.append((statement, parameters)),
    )
    answer = ask(at.catalogue)
    if isinstance(answer, Iterator):
        next(answer)
    selects = [each for each in asked if each[0].startswith("SELECT")]

    assert selects
    assert [(statement, kept.whole_readings(statement, given)) for statement, given in selects] == [
        (statement, []) for statement, _ in selects
    ]


def test_a_reading_stage_and_a_writer_do_not_hinder_each_other(at: Collection, derived: Catalogue) -> None:
    stop = threading.Event()
    failures: list[BaseException] = []

    def stage() -> None:
        try:
            while not stop.is_set() or derived.unread(1):
                derive(at, derived)
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=stage)
    thread.start()
    with at.writer() as writer:
        for crawl in range(3):
            put(writer, f"crawl-{crawl}", *(page(f"{crawl}", url=f"{URL}/{n}", hour=crawl) for n in range(40)))
    stop.set()
    thread.join()

    assert failures == []
    assert at.catalogue.unread(9) == []
    assert sum(1 for _ in at.catalogue.changes()) == 80


def test_a_question_asked_by_another_process_while_a_writer_works_sees_what_was_acknowledged(
    at: Collection, kept: Kept
) -> None:
    asked = (
        f"{OPEN}for line in sys.stdin:\n    print(at.payload(at.catalogue.find(line)).octets.decode(), flush=True)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", asked, *kept.arguments(at)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process, at.writer() as writer:
        assert process.stdin is not None
        assert process.stdout is not None
        for n in range(5):
            [capture] = put(writer, "one", page(f"<p>{n}", url=f"{URL}/{n}"))
            process.stdin.write(f"{capture.record_id}\n")
            process.stdin.flush()
            assert process.stdout.readline() == f"<p>{n}\n"


def test_a_handle_for_reading_cannot_write(at: Collection) -> None:
    with pytest.raises(StorageError, match="for reading only"):
        at.catalogue.add_crawl(CrawlRow("one", BEGAN))


@pytest.mark.parametrize("journal", ["none", "left"])
def test_a_catalogue_on_a_read_only_medium_is_readable(in_file: Collection, tmp_path: Path, journal: str) -> None:
    # a read-only medium has no server
    at = in_file
    with at.writer() as writer:
        [capture] = put(writer, "one", page("<p>five"))
        medium = tmp_path / "medium"
        medium.mkdir()
        if journal == "left":
            # as a copy taken while a crawl runs: the rows are in the journal, which has no index beside it
            for suffix in ("", "-wal"):
                copied = medium / f"catalogue.sqlite{suffix}"
                copied.write_bytes(at.catalogue_path.with_name(f"catalogue.sqlite{suffix}").read_bytes())
            assert (medium / "catalogue.sqlite-wal").stat().st_size > 0
    if journal == "none":
        at.close()
        (medium / "catalogue.sqlite").write_bytes(at.catalogue_path.read_bytes())
    for path in [*medium.iterdir(), medium]:
        path.chmod(0o555)

    def look() -> list[Any]:
        with Catalogue.open(medium / "catalogue.sqlite", readonly=True) as catalogue:
            return catalogue.captures_of(URL)

    assert unprivileged(look) == [capture]
    with pytest.raises(StorageError, match=r"catalogue\.sqlite: cannot be"):
        unprivileged(lambda: Catalogue.open(medium / "catalogue.sqlite", readonly=False))
    medium.chmod(0o755)


# --- servers ---------------------------------------------------------------------------------------------------------


def shown(leaf: bytes, verdict: str = "ok") -> TlsFacts:
    return replace(TLS, chain=(leaf, b"issuer in DER") if leaf else (), verdict=verdict)


def secure(path: str, hour: float, tls: TlsFacts, *, host: str = "site.example", **more: Any) -> Exchange:
    return page(f"<p>{path} {hour}", url=f"https://{host}/{path}", hour=hour, tls=tls, **more)


def test_a_capture_tells_how_its_server_was_reached_and_what_failed(at: Collection) -> None:
    made = crawled(
        at,
        "one",
        page("<p>plainly"),
        secure("a", 1, shown(b"first", "certificate has expired")),
        secure("b", 2, shown(b"", "no certificate"), vantage="socks5 proxy"),
        replace(timeout(hour=3), failure=Failure.CONNECT_TIMEOUT, vantage="socks5 proxy", vantage_label="north"),
    )

    assert [at.catalogue.capture(capture.record_id) for capture in made] == made
    assert [(one.failure, one.certificate, one.tls_verdict, one.vantage) for one in made] == [
        (None, None, None, None),
        (None, digest(b"first"), "certificate has expired", None),
        (None, None, "no certificate", "socks5 proxy"),
        (Failure.CONNECT_TIMEOUT, None, None, "north"),
    ]


def test_the_certificate_before_a_capture_is_that_of_the_servers_last_one(at: Collection) -> None:
    a, b, plain, c, moved = crawled(
        at,
        "one",
        secure("a", 0, shown(b"first")),
        secure("b", 2, shown(b"second")),
        page("<p>without", hour=3),
        secure("c", 1, shown(b"first"), vantage_label="elsewhere"),
        secure("a", 4, shown(b"third")),
    )

    before = at.catalogue.certificate_before
    assert [before(one) for one in (a, c, b, moved)] == [None, a, c, b]
    assert before(plain) is None


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("https://Site.Example/a:81", "site.example:443"),
        ("http://site.example", "site.example:80"),
        ("https://site.example:8443/?q=1", "site.example:8443"),
        ("https://[2001:db8::1]/", "[2001:db8::1]:443"),
        ("https://[2001:db8::1]:444/", "[2001:db8::1]:444"),
        ("https://site.example:99999/", "site.example:443"),
    ],
)
def test_a_server_is_host_and_port(url: str, server: str) -> None:
    assert server_of(url) == server


def test_captures_of_one_instant_have_the_order_of_their_places(at: Collection) -> None:
    made = crawled(at, "one", *(page(f"<p>{n}") for n in range(20)))

    assert at.catalogue.captures_of(URL) == made
    assert [row.capture for row in at.catalogue.history(URL)] == made
    assert at.catalogue.find(f"{URL}@3") == made[2]


def test_a_page_behind_a_challenge_is_blocked_and_not_read(at: Collection) -> None:
    [made] = crawled(at, "one", page("<p>Are you human?", failure=Failure.CHALLENGE))

    assert state_of(made) is State.BLOCKED
    assert at.catalogue.unread(10) == []


@pytest.mark.parametrize("column", ["outcome", "failure"])
def test_a_word_that_the_catalogue_cannot_mean_is_refused(at: Collection, kept: Kept, column: str) -> None:
    crawled(at, "one", page("<p>five"))
    kept.ask(f"UPDATE sorts SET {column} = 'sulking'")

    with pytest.raises(CatalogueError, match="found 'sulking'; make it again: khronika rebuild"):
        at.catalogue.captures_of(URL)


@pytest.mark.parametrize(
    "record_id",
    [
        "urn:uuid:4d00a0ca-7b8a-487d-9c7d-a301672b0396",
        "urn:uuid:4D00A0CA-7B8A-487D-9C7D-A301672B0396",
        "http://a.example",  # of 16 octets
        "http://ab.example",
        "urn:x:1",
        "urn:имя",
    ],
)
def test_a_record_id_comes_back_as_it_was(record_id: str) -> None:
    column, dialect = RecordId(), sqlite.dialect()

    octets = column.process_bind_param(record_id, dialect)

    assert column.process_result_value(octets, dialect) == record_id
    assert octets is not None
    assert (len(octets) == 16) == (record_id == "urn:uuid:4d00a0ca-7b8a-487d-9c7d-a301672b0396")


# --- one page at several addresses ------------------------------------------------------------------------------------

HERE, MIRROR = "http://site.example/cases/17", "https://mirror.example/cases/17"


def named(catalogue: Catalogue, *urls: str, place: str = "north ~/cases/17") -> None:
    for url in urls:
        catalogue.put_identity(url, place=place, identity=place)


def test_a_page_that_moved_to_a_mirror_has_one_history_and_is_compared_across_the_move(
    at: Collection, derived: Catalogue
) -> None:
    crawled(at, "first", page("five years", url=HERE))
    derive(at, derived)
    crawled(at, "second", page("eight years", url=MIRROR, hour=24), status(404, url=HERE, hour=25))
    assert [row.capture.url for row in derived.history(MIRROR)] == [MIRROR]
    assert dict(derived.unidentified(10)) == {HERE: "north", MIRROR: "north"}

    named(derived, HERE, MIRROR)
    derive(at, derived)

    assert derived.unidentified(10) == []
    for url in (HERE, MIRROR):
        rows = derived.history(url)
        assert [(row.n, row.capture.url) for row in rows] == [(1, HERE), (2, MIRROR), (3, HERE)]
        assert [row.change_kind for row in rows] == [None, ChangeKind.EDITED, None]
    assert derived.uncompared(10) == []


@pytest.mark.parametrize("taken", [0, 1, 2])
def test_what_is_taken_out_leaves_a_comparison_across_addresses_of_what_remains(
    at: Collection, derived: Catalogue, taken: int
) -> None:
    first = crawled(at, "first", page("five years", url=HERE))
    second = crawled(at, "second", page("six years", url=HERE, hour=24))
    third = crawled(at, "third", page("eight years", url=MIRROR, hour=48))
    named(derived, HERE, MIRROR)
    derive(at, derived)
    captures = [*first, *second, *third]
    gone = captures.pop(taken)

    derived.take_out([gone.record_id], [], [])
    derive(at, derived)

    (row,) = derived.changes()
    assert (row.from_record, row.to_record) == (captures[0].record_id, captures[1].record_id)
    assert derived.uncompared(10) == []


def test_where_all_before_a_mirror_is_taken_out_nothing_waits(at: Collection, derived: Catalogue) -> None:
    first = crawled(at, "first", page("five years", url=HERE))
    crawled(at, "second", page("eight years", url=MIRROR, hour=24))
    named(derived, HERE, MIRROR)
    derive(at, derived)

    derived.take_out([first[0].record_id], [], [])
    derive(at, derived)

    assert list(derived.changes()) == []
    assert derived.uncompared(10) == []


def test_a_mirror_that_was_down_at_first_is_compared_all_the_same(at: Collection, derived: Catalogue) -> None:
    crawled(at, "first", page("five years", url=HERE), timeout(url=MIRROR, hour=1))
    named(derived, HERE, MIRROR)
    derive(at, derived)
    crawled(at, "second", page("eight years", url=MIRROR, hour=24))
    derive(at, derived)

    assert [row.change_kind for row in derived.history(HERE)] == [None, None, ChangeKind.EDITED]


def test_two_spellings_in_one_crawl_are_not_compared_with_each_other(at: Collection, derived: Catalogue) -> None:
    crawled(at, "first", page("five", url=HERE), page("eight", url=MIRROR, hour=1))
    named(derived, HERE, MIRROR)
    derive(at, derived)

    assert [row.change_kind for row in derived.history(HERE)] == [None, None]
    assert derived.uncompared(10) == []


def test_an_address_that_only_leads_on_is_in_its_own_history_alone(at: Collection, derived: Catalogue) -> None:
    short = "http://site.example/?p=17"
    crawled(at, "first", status(301, url=short), page("five years", url=HERE, hour=1))
    named(derived, short, HERE)

    assert [row.capture.url for row in derived.history(HERE)] == [HERE]
    assert [row.capture.url for row in derived.history(short)] == [short, HERE]


def test_one_identity_without_one_place_is_one_history_and_no_comparison(at: Collection, derived: Catalogue) -> None:
    printed = "http://site.example/print/17"
    crawled(at, "first", page("five years", url=HERE))
    crawled(at, "second", page("the same, printed", url=printed, hour=24))
    derived.put_identity(HERE, place="north ~/cases/17", identity="north ~/cases/17")
    derived.put_identity(printed, place="north ~/print/17", identity="north ~/cases/17")
    derive(at, derived)

    assert [(row.capture.url, row.change_kind) for row in derived.history(HERE)] == [(HERE, None), (printed, None)]


def test_an_identity_of_what_was_never_fetched_is_no_page(derived: Catalogue) -> None:
    named(derived, "http://nowhere.example/")

    assert derived.pages() == []
