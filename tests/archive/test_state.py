"""The state: runs of crawls, kept through rebuilds and upgrades."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from archive_samples import collection
from warc_samples import BEGAN

from archive.collection import Collection
from archive.errors import StateError, StorageError
from archive.state import VERSION, Run, State

ASKED = {"sites": ["north"], "limit": None}
LATER = BEGAN + timedelta(hours=1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return collection(tmp_path).path


def test_a_run_is_unfinished_until_it_ends(folder: Path) -> None:
    with State.open(folder, readonly=False) as state:
        state.begin_run("one", ASKED, BEGAN)
        assert state.runs() == [Run("one", ASKED, BEGAN, None, None, {})]
        state.end_run("one", LATER, "finished", {"captured": 17})

    with State.open(folder, readonly=True) as state:
        assert state.run("one") == Run("one", ASKED, BEGAN, LATER, "finished", {"captured": 17})
        assert state.run("two") is None


def test_a_run_that_goes_on_keeps_its_beginning_and_is_unfinished_again(folder: Path) -> None:
    with State.open(folder, readonly=False) as state:
        state.begin_run("one", ASKED, BEGAN)
        state.end_run("one", LATER, "interrupted", {"captured": 3})
        state.begin_run("one", ASKED, LATER)

        assert state.runs() == [Run("one", ASKED, BEGAN, None, None, {"captured": 3})]


def test_the_newest_run_is_last(folder: Path) -> None:
    with State.open(folder, readonly=False) as state:
        for n in (2, 0, 1):
            state.begin_run(f"crawl-{n}", ASKED, BEGAN + timedelta(days=n))

        assert [run.id for run in state.runs()] == ["crawl-0", "crawl-1", "crawl-2"]


def test_programs_read_a_run_in_rfc_3339(folder: Path) -> None:
    assert Run("one", ASKED, BEGAN, None, None, {"captured": 1}).as_record() == {
        "crawl": "one",
        "asked": ASKED,
        "began_at": "2026-11-22T01:00:01.123456Z",
        "ended_at": None,
        "reason": None,
        "counts": {"captured": 1},
    }


def test_a_run_that_never_began_cannot_end(folder: Path) -> None:
    with (
        State.open(folder, readonly=False) as state,
        pytest.raises(StateError, match="expected a run of the crawl one"),
    ):
        state.end_run("one", LATER, "finished", {})


def test_rebuild_leaves_the_state_alone(folder: Path) -> None:
    with State.open(folder, readonly=False) as state:
        state.begin_run("one", ASKED, BEGAN)
    before = (folder / "state.sqlite").read_bytes()

    Collection.rebuild(folder)

    assert (folder / "state.sqlite").read_bytes() == before


def test_a_state_that_is_lost_is_not_made_up(folder: Path) -> None:
    (folder / "state.sqlite").unlink()

    with pytest.raises(StateError, match="restore it from a backup"):
        State.open(folder, readonly=False)


def test_rebuild_makes_an_empty_state_where_there_is_none(folder: Path) -> None:
    with State.open(folder, readonly=False) as state:
        state.begin_run("one", ASKED, BEGAN)
    (folder / "state.sqlite").unlink()
    (folder / "state.sqlite-wal").write_bytes(b"left over")

    assert Collection.rebuild(folder)["state"] == "made anew"

    with State.open(folder, readonly=False) as state:
        assert state.runs() == []
    assert Collection.rebuild(folder)["state"] == "kept"


def test_a_state_of_a_later_version_is_refused(folder: Path) -> None:
    connection = sqlite3.connect(folder / "state.sqlite")
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()

    for readonly in (True, False):
        with pytest.raises(StateError, match=f"expected schema version {VERSION}, found 9999"):
            State.open(folder, readonly=readonly)


def test_a_damaged_state_is_refused(folder: Path) -> None:
    (folder / "state.sqlite").write_bytes(b"nothing of the kind" * 500)

    with pytest.raises(StateError, match=r"expected a sound SQLite file.*move it away and khronika rebuild"):
        State.open(folder, readonly=True)


def test_a_state_for_reading_cannot_be_written(folder: Path) -> None:
    with State.open(folder, readonly=True) as state, pytest.raises(StorageError, match="for reading only"):
        state.begin_run("one", ASKED, BEGAN)
