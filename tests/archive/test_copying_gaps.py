"""A push that could not do all of it never says that it did, and waits for nothing that cannot come."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from copy_samples import Held, held, on_disk

from archive.copies import ProblemKind
from archive.copying import Destination, PushResult
from archive.errors import TargetError
from archive.folder_target import FolderTarget
from archive.target import Placed


class Refusing(FolderTarget):
    """A folder that does what `refuse` does before some files are put."""

    def __init__(self, path: Path, refuse: Callable[[str], None]) -> None:
        super().__init__(path)
        self.refuse = refuse

    def put(self, name: str, *rest: Any, **more: Any) -> Placed:
        self.refuse(name)
        return super().put(name, *rest, **more)


@pytest.fixture
def at(tmp_path: Path) -> Held:
    return held(tmp_path)


def push(at: Held, folder: Path, refuse: Callable[[str], None] = lambda name: None) -> PushResult:
    place: Destination = dataclasses.replace(on_disk(folder), target=Refusing(folder, refuse))
    (result,) = at.push(place)
    return result


def a_part(name: str) -> bool:
    return name.startswith("log/tile/") and ".p/" in name


def test_a_place_that_says_of_the_logs_files_that_they_are_not_there_when_they_are_put_is_not_up_to_date(
    at: Held, tmp_path: Path
) -> None:
    def refuse(name: str) -> None:
        if name.startswith("log/"):
            raise FileNotFoundError(2, "no such object", name)  # what S3's 404 becomes

    result = push(at, tmp_path / "disk", refuse)

    assert not result.is_whole
    assert result.waiting and result.checkpoint is None
    with at.state() as state:
        (row,) = state.copies.targets()
        assert row.error and row.pushed_at is None
    assert push(at, tmp_path / "disk").is_whole


def test_a_place_that_says_so_of_a_warc_keeps_no_other_file_back(at: Held, tmp_path: Path) -> None:
    first, second = at.warcs()

    def refuse(name: str) -> None:
        if name == first:
            raise FileNotFoundError(2, "no such object", name)

    result = push(at, tmp_path / "disk", refuse)

    assert not result.is_whole and result.waiting == 1
    assert not (tmp_path / "disk" / first).exists()
    assert (tmp_path / "disk" / second).exists()


def test_a_part_of_a_tile_that_never_came_and_gave_way_is_waited_for_no_more(at: Held, tmp_path: Path) -> None:
    def refuse(name: str) -> None:
        if a_part(name):
            raise TargetError("busy")

    assert push(at, tmp_path / "disk", refuse).waiting
    with at.state() as state:
        before = {copy.file for copy in state.copies.of_target("disk") if a_part(copy.file)}
    at.crawl(3)
    gone = {name for name in before if not (at.folder / name).exists()}
    assert gone, "the log let parts of tiles give way"

    result = push(at, tmp_path / "disk")

    assert result.is_whole, result
    with at.state() as state:
        assert not gone & {copy.file for copy in state.copies.of_target("disk")}


def test_a_part_of_a_tile_that_was_damaged_there_and_gave_way_is_no_problem_any_more(at: Held, tmp_path: Path) -> None:
    assert push(at, tmp_path / "disk").is_whole
    at.crawl(3)
    with at.state() as state:
        name = next(
            copy.file
            for copy in state.copies.of_target("disk")
            if a_part(copy.file) and not (at.folder / copy.file).exists()
        )
        state.copies.note_problem("disk", name, ProblemKind.DAMAGED, "this", "that", _now(state))
        state.copies.again("disk", name, _now(state))

    result = push(at, tmp_path / "disk")

    assert result.is_whole, result
    with at.state() as state:
        assert state.copies.problems() == []
        assert [problem.file for problem in state.copies.problems(mended=True)] == [name]


def test_other_files_of_the_log_that_are_gone_here_are_waited_for(at: Held, tmp_path: Path) -> None:
    assert push(at, tmp_path / "disk").is_whole
    with at.state() as state:
        name = next(copy.file for copy in state.copies.of_target("disk") if copy.file.startswith("log/checkpoints/"))
        state.copies.again("disk", name, _now(state))
    (at.folder / name).unlink()

    result = push(at, tmp_path / "disk")

    assert not result.is_whole and result.waiting == 1


def test_what_is_no_file_of_a_log_stays_here(at: Held, tmp_path: Path) -> None:
    for name in ("notes.txt", "keys.note~", "tile/0/000.tmp", "log.key"):
        (at.folder / "log" / name).write_text("mine", "utf-8")

    assert push(at, tmp_path / "disk").is_whole

    target = FolderTarget(tmp_path / "disk")
    there = {name for name in target.names("") if name.startswith("log/")}
    assert not {name for name in there if name.endswith(("notes.txt", "~", ".tmp", ".key"))}
    assert "log/keys.note" in there and "log/checkpoint" in there


def _now(state: Any) -> Any:
    from archive.copying import utc_now

    return utc_now()
