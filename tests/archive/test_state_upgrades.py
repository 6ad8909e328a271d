"""A state of each schema version there ever was is looked at as it is, and upgraded in place by the next writer."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from older_state import VERSIONS, make_older_state

from archive.deliveries import Delivery
from archive.state import VERSION, State
from archive.troubles import KeptTrouble, Trouble

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture(params=VERSIONS)
def older(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A collection's folder whose state knows one run."""
    make_older_state(tmp_path / "state.sqlite", request.param)
    connection = sqlite3.connect(tmp_path / "state.sqlite")
    with connection:
        connection.execute(
            "INSERT INTO runs (id, asked, began_at, counts) VALUES ('one', '{\"sites\": {\"north\": []}}', 1, '{}')"
        )
    connection.close()
    return tmp_path


def version_of(folder: Path) -> str:
    connection = sqlite3.connect(folder / "state.sqlite")
    try:
        return str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])
    finally:
        connection.close()


def test_the_newest_version_is_what_the_code_writes() -> None:
    assert VERSIONS[-1] == VERSION


def test_it_is_looked_at_as_it_is(older: Path) -> None:
    before = version_of(older)

    with State.open(older, readonly=True) as state:
        assert [run.id for run in state.runs()] == ["one"]
        assert (state.memory.pages(), state.marks.all(), state.deliveries.counts()) == ([], [], {})
        assert (state.troubles.all(), state.troubles.open()) == ([], [])

    assert version_of(older) == before


def test_it_is_upgraded_with_all_that_it_knew(older: Path) -> None:
    with State.open(older, readonly=False) as state:
        assert [run.id for run in state.runs()] == ["one"]
        trouble = KeptTrouble("trouble-1", Trouble("late", "north", since=NOW, facts={"runs": 2}), NOW)
        state.troubles.keep([trouble])
        assert state.deliveries.add([Delivery("team", "c1", "north", NOW, NOW)]) == 1
        assert state.troubles.open() == [trouble]

    assert version_of(older) == VERSION
    with State.open(older, readonly=True) as state:
        assert len(state.deliveries.all()) == len(state.troubles.all()) == 1
