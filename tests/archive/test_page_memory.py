"""Page memory: rows that come back as they went in, and a state file of before there was one."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from archive_samples import collection
from older_state import make_older_state
from warc_samples import BEGAN

from archive.errors import StorageError
from archive.page_memory import ListingRun, Naming, RememberedPage
from archive.state import State

LATER = BEGAN + timedelta(days=1)
PAGE = RememberedPage("north", "~/case/1", "https://north.example/case/1", "case", BEGAN, LATER)
NAMING = Naming("north", "~/list", "~/case/1", "rest", BEGAN, modified="2026-01-01", facts=(("stage", "суд"),))
RUN = ListingRun("north", "~/list", "crawl-1", "https://north.example/list", "rest", BEGAN, 17, None, True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return collection(tmp_path).path


@pytest.fixture
def state(folder: Path) -> Iterator[State]:
    with State.open(folder, readonly=False) as state:
        yield state


def test_what_goes_in_comes_back(state: State) -> None:
    whole = replace(
        PAGE,
        key="~/case/2",
        listed_at=BEGAN,
        listing="~/list",
        unlisted_at=LATER,
        modified="2026-01-01",
        published="2025",
        fetched_at=LATER,
        fetched_modified="2025",
        status=404,
        failures=3,
        due_at=LATER,
    )
    gone = replace(NAMING, key="~/case/2", named=False, unlisted_at=LATER, facts=())
    short = replace(RUN, crawl="crawl-2", at=LATER, complete=False, problem="status 500", total=18)
    state.memory.remember([whole, PAGE], [gone, NAMING], [short, RUN])

    assert state.memory.pages("north") == [PAGE, whole]
    assert state.memory.unlisted() == [whole]
    assert state.memory.namings("north") == [NAMING, gone]
    assert state.memory.facts("north") == {"~/case/1": (("stage", "суд"),)}
    assert state.memory.listings("north") == state.memory.listings() == [RUN, short]
    assert state.memory.pages("south") == state.memory.namings("south") == state.memory.listings("south") == []


def test_a_row_takes_the_place_of_the_one_before(state: State) -> None:
    state.memory.remember([PAGE], [NAMING], [RUN])
    newer = replace(PAGE, url="https://mirror.example/case/1", status=200)
    state.memory.remember([newer], [replace(NAMING, named=False)], [replace(RUN, named=3)])
    state.memory.remember([], [], [])

    assert state.memory.pages() == [newer]
    assert [one.named for one in state.memory.namings("north")] == [False]
    assert [one.named for one in state.memory.listings()] == [3]


def test_seven_thousand_pages_go_in_at_once(state: State) -> None:
    pages = [replace(PAGE, key=f"~/case/{n:05}") for n in range(7000)]
    state.memory.remember(pages, [], [])

    assert state.memory.pages("north") == pages


def test_looking_writes_nothing(folder: Path) -> None:
    with State.open(folder, readonly=True) as state, pytest.raises(StorageError, match="for reading only"):
        state.memory.remember([PAGE], [], [])


def test_a_state_of_before_is_read_as_it_is_and_upgraded_in_place(folder: Path) -> None:
    (folder / "state.sqlite").unlink()
    make_older_state(folder / "state.sqlite", "0001")
    connection = sqlite3.connect(folder / "state.sqlite")
    with connection:
        connection.execute("INSERT INTO runs (id, asked, began_at, counts) VALUES ('one', '{}', 1, '{}')")
    connection.close()

    with State.open(folder, readonly=True) as state:
        assert [run.id for run in state.runs()] == ["one"]
        assert state.memory.pages() == state.memory.namings("north") == state.memory.listings() == []
    with State.open(folder, readonly=False) as state:
        assert [run.id for run in state.runs()] == ["one"]
        state.memory.remember([PAGE], [NAMING], [RUN])
        assert state.memory.pages() == [PAGE]
