"""Marks of changes: kept through rebuilds, and no part of the evidence."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from archive_samples import collection
from warc_samples import BEGAN

from archive.collection import Collection
from archive.errors import StorageError
from archive.marks import Mark, MarkKind, Marks
from archive.state import State

ONE = Mark("c00", MarkKind.IMPORTANT, "the term became longer: пять → восемь", BEGAN)
OTHER = Mark("c01", MarkKind.WRONG, "", BEGAN + timedelta(hours=1))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return collection(tmp_path).path


def test_a_mark_is_found_again_with_its_note(folder: Path) -> None:
    with State.open(folder, readonly=False) as state:
        state.marks.put(OTHER)
        state.marks.put(ONE)

    with State.open(folder, readonly=True) as state:
        assert state.marks.get("c00") == ONE
        assert state.marks.get("c02") is None
        assert state.marks.all() == [ONE, OTHER]
        assert state.marks.of(["c01", "c02"]) == {"c01": OTHER}


def test_a_later_mark_takes_the_place_of_an_earlier_one(folder: Path) -> None:
    later = Mark("c00", MarkKind.UNIMPORTANT, "", BEGAN + timedelta(days=1))
    with State.open(folder, readonly=False) as state:
        state.marks.put(ONE)
        state.marks.put(later)

        assert state.marks.all() == [later]


def test_a_mark_can_be_taken_away_once(folder: Path) -> None:
    with State.open(folder, readonly=False) as state:
        state.marks.put(ONE)

        assert state.marks.remove("c00")
        assert not state.marks.remove("c00")
        assert state.marks.all() == []


def test_the_marks_of_more_changes_than_a_statement_takes(folder: Path) -> None:
    with State.open(folder, readonly=False) as state:
        state.marks.put(ONE)

        assert state.marks.of(f"c{number:02}" for number in range(1200)) == {"c00": ONE}


def test_a_mark_outlives_a_rebuild_and_changes_no_evidence(folder: Path) -> None:
    def evidence() -> dict[str, bytes]:
        files = [path for part in ("archive", "log") for path in (folder / part).rglob("*") if path.is_file()]
        return {str(path.relative_to(folder)): path.read_bytes() for path in files}

    before = evidence()
    assert before
    with State.open(folder, readonly=False) as state:
        state.marks.put(ONE)
    assert evidence() == before
    Collection.rebuild(folder)

    with State.open(folder, readonly=True) as state:
        assert state.marks.all() == [ONE]


def test_what_is_only_looked_at_cannot_be_marked(folder: Path) -> None:
    with State.open(folder, readonly=True) as state, pytest.raises(StorageError, match="for reading only"):
        state.marks.put(ONE)


def test_a_state_that_is_older_than_marks_has_none(folder: Path) -> None:
    with State.open(folder, readonly=True) as state:
        older = Marks(state._database, exists=False)

        assert older.all() == []
        assert older.get("c00") is None


def test_programs_read_a_mark_with_its_change() -> None:
    assert ONE.as_record() == {
        "type": "mark",
        "change": "c00",
        "mark": "important",
        "note": "the term became longer: пять → восемь",
        "marked_at": "2026-11-22T01:00:01.123456Z",
    }
