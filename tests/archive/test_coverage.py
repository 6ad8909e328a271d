"""Coverage: what each look saw, the gaps between looks, and when a phrase appeared and vanished."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from archive_samples import URL, collection, crawled, page, status, timeout
from hypothesis import given
from hypothesis import strategies as st
from warc_samples import failure

from archive.catalogue import HistoryRow
from archive.collection import Collection
from archive.coverage import Coverage, Presence, Seen, Sight, coverage, presences
from archive.exchange import Exchange, Failure, Outcome


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Collection]:
    with collection(tmp_path) as made:
        yield made


def robots(*, hour: float) -> Exchange:
    """An address that robots.txt forbids."""
    denied = failure(Outcome.ROBOTS, URL, stage="robots", error="disallowed", after=timedelta(hours=hour))
    return replace(denied, failure=Failure.ROBOTS_DENIED)


def covered(at: Collection, *exchanges: Exchange) -> Coverage:
    """The coverage of a page that was fetched so, each time by a crawl of its own."""
    for n, one in enumerate(exchanges):
        crawled(at, f"crawl-{n}", one)
    return coverage(at.catalogue.history(URL))


def test_a_revisit_is_a_look_that_saw_the_page_unchanged(at: Collection) -> None:
    found = covered(at, page("five"), page("five", hour=24), page("five", hour=48), page("eight", hour=72))

    assert [look.seen for look in found.looks] == [Seen.PAGE, Seen.UNCHANGED, Seen.UNCHANGED, Seen.PAGE]
    assert [look.unchanged_since for look in found.looks] == [None, 1, 1, None]
    assert found.made == 4


def test_a_page_that_was_put_back_is_not_said_to_be_unchanged(at: Collection) -> None:
    found = covered(at, page("five"), page("eight", hour=1), page("five", hour=2))

    assert found.looks[2].row.capture.is_revisit
    assert found.looks[2].seen is Seen.PAGE


def test_looks_that_did_not_see_the_page_are_told_apart_and_shorten_no_gap(at: Collection) -> None:
    found = covered(
        at,
        page("five"),
        status(403, hour=1),
        timeout(hour=2),
        status(301, hour=3),
        robots(hour=4),
        page("five", hour=10),
        status(404, hour=11),
    )

    assert [look.seen for look in found.looks[1:5]] == [Seen.BLOCKED, Seen.UNREACHABLE, Seen.MOVED, Seen.NOT_ASKED]
    assert found.made == 6
    assert [gap.length for gap in found.gaps] == [timedelta(hours=10), timedelta(hours=1)]
    assert found.longest_gap is found.gaps[0]
    assert [look.row.n for look in found.gaps[0].blind] == [2, 3, 4, 5]


def test_first_and_last_seen_are_looks_that_saw_the_page_itself(at: Collection) -> None:
    found = covered(at, timeout(), page("five", hour=1), page("five", hour=2), status(404, hour=3))

    assert found.first_seen is not None
    assert found.last_seen is not None
    assert (found.first_seen.row.n, found.last_seen.row.n) == (2, 3)


def test_a_page_that_was_never_seen_has_neither_sights_nor_gaps(at: Collection) -> None:
    found = covered(at, timeout(), status(403, hour=1))

    assert found.first_seen is found.last_seen is found.longest_gap is None
    assert found.gaps == ()


# --- a phrase ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def row(tmp_path_factory: pytest.TempPathFactory) -> HistoryRow:
    with collection(tmp_path_factory.mktemp("coverage")) as made:
        crawled(made, "crawl-1", page("five"))
        return made.catalogue.history(URL)[0]


def sights(row: HistoryRow, told: str) -> list[Sight]:
    """`+` with the phrase, `-` without, `?` not known."""
    return [Sight(replace(row, n=n), {"+": True, "-": False, "?": None}[one]) for n, one in enumerate(told, 1)]


def bounds(found: list[Presence]) -> list[tuple[int | None, int, int, int | None]]:
    return [
        (one.after and one.after.row.n, one.first.row.n, one.last.row.n, one.before and one.before.row.n)
        for one in found
    ]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("", []),
        ("-?-", []),
        ("+", [(None, 1, 1, None)]),
        ("--++--", [(2, 3, 4, 5)]),
        ("-?+?-", [(1, 3, 3, 5)]),
        ("+-+-+", [(None, 1, 1, 2), (2, 3, 3, 4), (4, 5, 5, None)]),
        ("?+?+?", [(None, 2, 4, None)]),
    ],
)
def test_the_bounds_of_a_phrase_are_captures_that_tell(
    row: HistoryRow, told: str, expected: list[tuple[int | None, int, int, int | None]]
) -> None:
    assert bounds(presences(sights(row, told))) == expected


def test_captures_of_which_it_is_not_known_are_named_where_they_widen_the_bounds(row: HistoryRow) -> None:
    [found] = presences(sights(row, "-??+?+??-"))

    assert [one.row.n for one in found.unknown_before] == [2, 3]
    assert [one.row.n for one in found.unknown_within] == [5]
    assert [one.row.n for one in found.unknown_after] == [7, 8]
    assert found.captures == 2


@given(st.text(alphabet="+-?", max_size=40))
def test_every_capture_with_the_phrase_lies_in_one_stretch_and_none_without_does(row: HistoryRow, told: str) -> None:
    found = presences(sights(row, told))

    inside = {n for one in found for n in range(one.first.row.n, one.last.row.n + 1)}
    assert {n for n, one in enumerate(told, 1) if one == "+"} <= inside
    assert not {n for n, one in enumerate(told, 1) if one == "-"} & inside
    assert sum(one.captures for one in found) == told.count("+")
