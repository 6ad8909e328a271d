"""What status says of the copies, from the state alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from archive_samples import collection, crawled, page

from archive.collection import Collection
from archive.copies import ProblemKind
from archive.state import State
from archive.target import Level, LockMode, Retention
from crawler.config import Config, load_config
from crawler.copies_status import CopyWarning, copies_state, copies_warnings

NOW = datetime(2026, 12, 24, 12, tzinfo=UTC)
BUCKET = '[[copy]]\nname = "north"\nto = "s3://secret-bucket/archive"\nendpoint = "https://s3.example.org"\n'


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Collection]:
    with collection(tmp_path) as made:
        for hour in range(3):
            crawled(made, f"crawl-{hour}", page(f"page {hour}", hour=hour))
        settings(made, BUCKET)
        yield made


@pytest.fixture
def state(at: Collection) -> Iterator[State]:
    with State.open(at.path, readonly=False) as opened:
        yield opened


def settings(at: Collection, text: str) -> None:
    at.config_path.write_text(text, "utf-8")


def config(at: Collection) -> Config:
    return load_config(at.config_path)


def warnings(at: Collection, state: State, now: datetime = NOW) -> dict[str, CopyWarning]:
    return {one.key: one for one in copies_warnings(at, config(at), state, now)}


def begin(state: State, name: str = "north") -> None:
    place = "s3://secret-bucket/archive"
    state.copies.begin_target(name, place, "https://s3.example.org", f"mark of {name}", NOW - timedelta(days=40))


def put(
    at: Collection, state: State, days: float, name: str = "north", *, lock: Retention | None = None, read: bool = True
) -> list[str]:
    """Every WARC is copied, so many days ago."""
    when = NOW - timedelta(days=days)
    rows = [(f"archive/{row.name}", row.size, row.digest) for row in at.catalogue.files() if row.digest is not None]
    state.copies.wait(name, rows, when)
    for file, _, _ in rows:
        state.copies.begin_upload(name, file)
        state.copies.uploaded(name, file, "v1", when)
        state.copies.verified(name, file, Level.READ if read else Level.CHECKSUM, when)
        if lock is not None:
            state.copies.locked(name, file, lock, when)
    state.copies.end_push(name, when)
    return [file for file, _, _ in rows]


def test_without_copies_there_is_nothing_to_say(at: Collection, state: State) -> None:
    settings(at, "")

    assert copies_state(at, config(at), state) == []
    assert warnings(at, state) == {}


def test_a_copy_that_was_never_filled_is_warned_of(at: Collection, state: State) -> None:
    (one,) = copies_state(at, config(at), state)

    assert (one.begun, one.files, one.waiting) == (False, 0, 3)
    assert one.waiting_octets == sum(row.size for row in at.catalogue.files())
    assert set(warnings(at, state)) == {"north:empty"}


def test_a_copy_that_holds_all_is_well(at: Collection, state: State) -> None:
    begin(state)
    put(at, state, 2)

    (one,) = copies_state(at, config(at), state)

    assert (one.files, one.waiting, one.never_read, one.levels, one.steps) == (
        3,
        0,
        0,
        (("read", 3),),
        (("verified", 3),),
    )
    assert one.pushed_at == NOW - timedelta(days=2)
    assert warnings(at, state) == {}


def test_how_far_it_is_behind_and_since_when_is_said_after_a_day(at: Collection, state: State) -> None:
    begin(state)
    put(at, state, 2)
    crawled(at, "crawl-new", page("new", hour=10))
    at.close()
    began = max(row.began_at for row in at.catalogue.files())

    assert warnings(at, state, began + timedelta(hours=23)) == {}
    (late,) = warnings(at, state, began + timedelta(hours=25)).values()
    assert (late.key, late.since) == ("north:behind", began)
    assert f"behind by 1 file since {began:%Y-%m-%d}: khronika copies push" in late.words


def test_why_a_push_failed_is_said_without_where_the_copy_lies(at: Collection, state: State) -> None:
    begin(state)
    put(at, state, 2)
    error = "reaching s3://secret-bucket/archive at https://s3.example.org: secret-bucket: connection refused"
    state.copies.end_push("north", NOW - timedelta(hours=1), error)

    (failed,) = warnings(at, state).values()

    assert (failed.key, failed.since) == ("north:push", NOW - timedelta(days=2))
    assert "connection refused" in failed.words
    assert "secret" not in failed.words
    assert "example.org" not in failed.words


def test_problems_are_said_by_kind_until_they_are_mended(at: Collection, state: State) -> None:
    begin(state)
    first, second, _ = put(at, state, 2)
    when = NOW - timedelta(days=1)
    state.copies.note_problem("north", first, ProblemKind.DAMAGED, "sha256:aa", "sha256:bb", when)
    state.copies.note_problem("north", second, ProblemKind.DAMAGED, "sha256:aa", "sha256:cc", NOW)
    state.copies.note_problem("north", second, ProblemKind.NO_LOCK, "compliance", "no lock", NOW)

    found = warnings(at, state)

    assert set(found) == {"north:damaged", "north:no-lock"}
    assert f"damaged: 2 files, such as {first}: expected sha256:aa, found sha256:bb" in found["north:damaged"].words
    assert found["north:damaged"].since == when
    for file in (first, second):
        state.copies.mend("north", file, NOW)
    assert warnings(at, state) == {}


def test_a_lock_that_ends_soon_is_said(at: Collection, state: State) -> None:
    settings(at, BUCKET + 'lock = "governance"\nlock-days = 30\n')
    begin(state)
    put(at, state, 2, lock=Retention(LockMode.GOVERNANCE, NOW + timedelta(days=20)))

    assert warnings(at, state) == {}
    assert "run out on 2027-01-13" in warnings(at, state, NOW + timedelta(days=7))["north:lock-ends"].words
    assert "ran out on 2027-01-13" in warnings(at, state, NOW + timedelta(days=21))["north:lock-ends"].words


@pytest.mark.parametrize("read", [True, False])
def test_what_was_not_read_for_too_long_is_said(at: Collection, state: State, *, read: bool) -> None:
    begin(state)
    put(at, state, 2, read=read)

    assert warnings(at, state, NOW + timedelta(days=42)) == {}
    late = warnings(at, state, NOW + timedelta(days=44))["north:unread"]
    assert "not all of it was read since 2026-12-22" in late.words
    assert late.since == NOW - timedelta(days=2)


def test_a_place_that_cannot_do_what_is_asked_is_said(at: Collection, state: State) -> None:
    settings(at, BUCKET + 'lock = "governance"\nlock-days = 30\n' + '[[copy]]\nname = "beside"\nto = "."\n')
    begin(state)
    put(at, state, 2)
    state.copies.note_versioned("north", False)

    assert {"north:no-versions", "beside:same-disk"} <= set(warnings(at, state))


def test_what_is_here_no_more_and_lies_at_too_few_places_is_said(at: Collection, state: State) -> None:
    settings(at, BUCKET + BUCKET.replace("north", "south").replace("archive", "other"))
    for name in ("north", "south"):
        begin(state, name)
        first, second, _ = put(at, state, 2, name)
    for file in (first, second):
        copy = state.copies.copy("north", file)
        assert copy is not None
        state.copies.release(file, copy.size, copy.digest, NOW)
    assert warnings(at, state) == {}

    state.copies.note_problem("south", second, ProblemKind.LOST, "the object", "none", NOW)

    found = warnings(at, state)
    assert set(found) == {"south:lost", ":few"}
    assert f"fewer than 2 good copies, such as {second}, with 1" in found[":few"].words


def test_a_copy_that_is_named_no_more_is_no_good_copy_of_what_is_here_no_more(at: Collection, state: State) -> None:
    settings(at, BUCKET + BUCKET.replace("north", "south").replace("archive", "other"))
    for name in ("north", "south"):
        begin(state, name)
        file, *_ = put(at, state, 1, name)
    copy = state.copies.copy("north", file)
    assert copy is not None
    state.copies.release(file, copy.size, copy.digest, NOW)
    assert warnings(at, state) == {}

    settings(at, BUCKET)

    assert f"fewer than 2 good copies, such as {file}, with 1" in warnings(at, state)[":few"].words


def test_a_copy_that_is_named_no_more_is_shown_and_not_warned_of(at: Collection, state: State) -> None:
    begin(state)
    put(at, state, 200)
    settings(at, "")

    (one,) = copies_state(at, config(at), state)

    assert (one.name, one.named, one.files) == ("north", False, 3)
    assert warnings(at, state) == {}


def test_a_state_of_before_there_were_copies_says_nothing_wrong(at: Collection) -> None:
    with State.open(at.path, readonly=True) as looked:
        assert set(warnings(at, looked)) == {"north:empty"}
