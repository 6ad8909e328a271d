"""Copies of a collection, brought to a folder and to a real S3 server, and read back."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from archive_samples import page, put
from copy_samples import PART, Held, claims_hold, held, on_disk, on_s3
from s3_server import S3Server, s3_server

from archive.collection import Collection
from archive.copies import ProblemKind, Step
from archive.copying import Destination, Progress, read_back
from archive.errors import CollectionLockedError, TargetGoneError
from archive.lock import Lock
from archive.log import LogReader
from archive.place import FolderPlace
from archive.source import Octets
from archive.store import FolderStore
from archive.target import MARK_FILE, Level, LockMode

KINDS = ("folder", "plain", "versioned", "locked")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with s3_server(tmp_path_factory.mktemp("s3")) as server:
        server.make_bucket("plain")
        server.make_bucket("versioned", versioned=True)
        server.make_bucket("locked", locked=True)
        yield server


@pytest.fixture(autouse=True)
def credentials(server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in server.environment().items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)


@pytest.fixture
def at(tmp_path: Path) -> Held:
    return held(tmp_path)


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path, server: S3Server) -> Destination:
    if request.param == "folder":
        return on_disk(tmp_path / "disk")
    lock = LockMode.GOVERNANCE if request.param == "locked" else None
    return on_s3(f"s3://{request.param}/{tmp_path.name}", server.endpoint, lock=lock)


def problems(at: Held, name: str) -> dict[str, set[str]]:
    with at.state() as state:
        found: dict[str, set[str]] = {}
        for problem in state.copies.problems(name):
            found.setdefault(problem.file, set()).add(problem.kind)
        return found


def test_everything_closed_is_there_read_back_and_locked_where_asked(at: Held, place: Destination) -> None:
    big = at.crawl(7, 2 * PART + 1000)

    (result,) = at.push(place)

    assert result.is_whole, result
    target = place.opened()
    with at.state() as state:
        copies = {copy.file: copy for copy in state.copies.of_target(place.name)}
        claims_hold(state, place.name, target)
        assert state.copies.problems() == []
    assert {name for name in copies if name.startswith("archive/")} == set(at.warcs())
    assert {copy.level for copy in copies.values()} == {Level.READ}
    wanted = Step.LOCKED if place.lock else Step.VERIFIED
    assert {copies[name].step for name in at.warcs()} == {wanted}
    for name in at.warcs():
        assert len(target.versions(name)) == 1
    with target.open(big) as file:
        assert file.read() == at.octets(big)
    log = LogReader(target.store())
    assert log.size == result.checkpoint == LogReader(FolderStore(at.folder)).size
    assert log.root() == log.signed.root


def test_no_key_no_journal_and_nothing_of_the_operators_is_copied(at: Held, place: Destination) -> None:
    at.push(place)

    names = set(place.opened().names(""))
    assert {name.split("/")[0] for name in names} == {"archive", "log", MARK_FILE}
    assert "log/journal" not in names
    assert not [name for name in names if "/." in name]


def test_what_is_private_is_copied_where_that_was_asked_for(at: Held, tmp_path: Path) -> None:
    place = on_disk(tmp_path / "disk", private=True)

    (result,) = at.push(place)

    assert result.is_whole, result
    names = set(place.opened().names(""))
    assert {"khronika.toml", "state.sqlite"} <= names
    assert not [name for name in names if name.startswith("keys")]
    (tmp_path / "again").mkdir()
    (tmp_path / "again" / "state.sqlite").write_bytes((tmp_path / "disk" / "state.sqlite").read_bytes())
    with Held(tmp_path / "again").state(readonly=True) as state:
        assert [row.name for row in state.copies.targets()] == ["disk"]


def test_the_next_push_sends_what_is_new_alone(at: Held, place: Destination) -> None:
    at.push(place)
    (nothing,) = at.push(place)
    new = at.crawl(3)
    (result,) = at.push(place)

    assert nothing.is_whole and result.is_whole
    assert nothing.copied == 0
    target = place.opened()
    for name in at.warcs():
        assert len(target.versions(name)) == 1
    with target.open(new) as file:
        assert file.read() == at.octets(new)


def test_a_checkpoint_of_what_has_not_come_is_not_there(at: Held, tmp_path: Path) -> None:
    place = on_disk(tmp_path / "disk")
    (first,) = at.push(place)
    name = at.crawl(3)
    # somebody else's file under that name
    (tmp_path / "disk" / name).write_bytes(b"something else")

    (second,) = at.push(place)

    assert problems(at, "disk") == {name: {ProblemKind.CONFLICT}}
    assert not second.is_whole
    assert LogReader(place.opened().store()).size == first.checkpoint
    assert (tmp_path / "disk" / name).read_bytes() == b"something else"
    (tmp_path / "disk" / name).unlink()
    (third,) = at.push(place)
    assert third.is_whole, third
    assert problems(at, "disk") == {}
    with at.state() as state:
        (old,) = state.copies.problems("disk", name, mended=True)
        assert old.mended_at is not None


def test_what_is_still_written_holds_the_checkpoint_back(at: Held, tmp_path: Path) -> None:
    place = on_disk(tmp_path / "disk")
    (first,) = at.push(place)
    with Collection.open(at.folder) as collection, collection.writer() as writer:
        put(writer, "open", page("being written", hour=9))
        writer.checkpoint().result()
        (beside,) = at.push(place)
        assert LogReader(FolderStore(at.folder)).size > (first.checkpoint or 0)
        assert beside.checkpoint == first.checkpoint
        assert not beside.error
    (after,) = at.push(place)
    assert after.is_whole
    assert after.checkpoint == LogReader(FolderStore(at.folder)).size


@pytest.mark.parametrize("kind", ["folder", "plain", "versioned"])
def test_what_was_lost_or_damaged_there_is_found_and_sent_again(
    at: Held, kind: str, tmp_path: Path, server: S3Server
) -> None:
    place = on_disk(tmp_path / "disk") if kind == "folder" else on_s3(f"s3://{kind}/{tmp_path.name}", server.endpoint)
    at.push(place)
    lost, damaged = at.warcs()
    target = place.opened()
    wrong = at.octets(damaged)[:-1] + b"?"
    if kind == "folder":
        (tmp_path / "disk" / lost).unlink()
        (tmp_path / "disk" / damaged).write_bytes(wrong)
    else:
        client = server.client()
        client.delete_object(Bucket=kind, Key=f"{tmp_path.name}/{lost}")
        client.put_object(Bucket=kind, Key=f"{tmp_path.name}/{damaged}", Body=wrong)

    with at.state() as state:
        for name in (lost, damaged):
            copy = state.copies.copy(place.name, name)
            assert copy is not None
            assert read_back(state.copies, place, copy)
    found = problems(at, place.name)
    if kind == "versioned":
        # by their versions both are still there
        assert found == {lost: {ProblemKind.DELETED}, damaged: {ProblemKind.OVERWRITTEN}}
    else:
        assert found[lost] == {ProblemKind.LOST}
        assert ProblemKind.DAMAGED in found[damaged]
    with at.state() as state:
        claims_hold(state, place.name, target)

    (result,) = at.push(place)

    assert result.is_whole, result
    assert problems(at, place.name) == {}
    for name in (lost, damaged):
        with target.open(name) as file:
            assert file.read() == at.octets(name)


def test_a_file_that_is_not_what_the_log_says_is_not_copied(at: Held, place: Destination) -> None:
    name = at.warcs()[0]
    right = at.octets(name)
    (at.folder / name).write_bytes(right[:-1] + b"?")

    (result,) = at.push(place)

    assert not result.is_whole
    assert problems(at, place.name) == {name: {ProblemKind.LOCAL_ALTERED}}
    assert place.opened().versions(name) == []
    (at.folder / name).write_bytes(right)
    (result,) = at.push(place)
    assert result.is_whole, result
    assert problems(at, place.name) == {}


def test_a_log_that_was_put_back_stops_the_push(at: Held, place: Destination, tmp_path: Path) -> None:
    at.push(place)
    shutil.copytree(at.folder, tmp_path / "older")
    name = at.crawl(5)
    at.push(place)
    older = Held(tmp_path / "older")

    (result,) = older.push(place)

    assert result.rolled_back and "older state" in result.error
    assert problems(older, place.name) == {"": {ProblemKind.ROLLED_BACK}}
    # a history of its own from there on is no better
    older.crawl(6)
    older.crawl(7)
    (result,) = older.push(place)
    assert result.rolled_back
    assert place.opened().versions(name)
    (result,) = at.push(place)
    assert result.is_whole, result


def test_a_copy_that_was_put_back_is_told_and_brought_up_to_date(at: Held, tmp_path: Path) -> None:
    place = on_disk(tmp_path / "disk")
    at.push(place)
    older = (tmp_path / "disk" / "log" / "checkpoint").read_bytes()
    at.crawl(5)
    at.push(place)
    (tmp_path / "disk" / "log" / "checkpoint").write_bytes(older)

    (result,) = at.push(place)

    assert [problem.kind for problem in result.problems] == [ProblemKind.OVERWRITTEN]
    assert LogReader(place.opened().store()).size == LogReader(FolderStore(at.folder)).size
    assert problems(at, "disk") == {}


def test_another_collections_place_is_left_alone(at: Held, place: Destination, tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    Collection.create(tmp_path / "b" / "collection", "# settings\n").close()
    other = Held(tmp_path / "b" / "collection")
    other.crawl(9)
    at.push(place)
    before = set(place.opened().names(""))

    (result,) = other.push(place)

    assert "marker" in result.error
    assert set(place.opened().names("")) == before


def test_a_disk_that_is_not_mounted_is_not_filled(at: Held, tmp_path: Path) -> None:
    place = on_disk(tmp_path / "disk")
    at.push(place)
    (tmp_path / "disk").rename(tmp_path / "unplugged")
    (missing,) = at.push(place)
    (tmp_path / "disk").mkdir()
    (empty,) = at.push(place)

    assert "mounted" in missing.error
    assert "marker file" in empty.error
    assert list((tmp_path / "disk").iterdir()) == []
    with at.state() as state:
        copy = state.copies.of_target("disk")[0]
        assert copy.is_proved
        with pytest.raises(TargetGoneError):
            read_back(state.copies, place, copy)
        assert state.copies.of_target("disk")[0].is_proved
    (tmp_path / "disk").rmdir()
    (tmp_path / "unplugged").rename(tmp_path / "disk")
    assert at.push(place)[0].is_whole


def test_the_fault_of_one_target_stops_no_other(at: Held, tmp_path: Path, server: S3Server) -> None:
    nowhere = on_s3("s3://nowhere/copy", server.endpoint, "nowhere")
    gone = Destination("gone", FolderPlace(tmp_path / "gone"))
    disk = on_disk(tmp_path / "disk")

    results = at.push(nowhere, gone, disk)

    assert [bool(result.error) for result in results] == [True, True, False]
    assert results[2].is_whole
    with at.state() as state:
        assert state.copies.of_target("gone") == []


def test_two_that_push_at_once_do_not(at: Held, tmp_path: Path) -> None:
    lock = Lock(at.folder, ".copies.lock")
    try:
        with pytest.raises(CollectionLockedError, match="write copies"):
            at.push(on_disk(tmp_path / "disk"))
    finally:
        lock.release()


def test_a_stop_is_heard_between_parts_and_the_next_push_goes_on(at: Held, place: Destination) -> None:
    big = at.crawl(7, 5 * PART + 1000)
    asked = []
    sent: list[Progress] = []

    def stopped() -> bool:
        asked.append(True)
        with at.state(readonly=True) as state:
            copy = state.copies.copy(place.name, big)
        return copy is not None and copy.upload is not None and len(place.opened().parts(big, copy.upload)) >= 2

    (result,) = at.push(place, stopped=stopped, progress=sent.append)

    assert result.stopped
    with at.state() as state:
        copy = state.copies.copy(place.name, big)
        assert copy is not None and copy.step is Step.UPLOADING and copy.upload is not None
        assert len(place.opened().parts(big, copy.upload)) >= 2
        claims_hold(state, place.name, place.opened())
    assert place.opened().versions(big) == []
    (result,) = at.push(place)
    assert result.is_whole, result
    assert len(place.opened().versions(big)) == 1
    assert place.opened().uploads() == []


def test_uploads_that_nobody_finishes_are_let_go_of(at: Held, place: Destination) -> None:
    at.push(place)
    target = place.opened()
    target.begin_parts("archive/left.warc.gz", 3 * PART, PART)
    assert len(target.uploads()) == 1

    at.push(place)

    assert target.uploads() == []


def test_a_bucket_that_cannot_lock_gets_the_file_and_the_fault_is_told(
    at: Held, tmp_path: Path, server: S3Server
) -> None:
    place = on_s3(f"s3://plain/{tmp_path.name}", server.endpoint, lock=LockMode.GOVERNANCE)
    at.crawl(7, PART + 1000)

    (result,) = at.push(place)

    assert not result.is_whole
    assert problems(at, place.name) == {name: {ProblemKind.NO_LOCK} for name in at.warcs()}
    with at.state() as state:
        copies = state.copies.of_target(place.name)
    assert {copy.step for copy in copies if copy.file in at.warcs()} == {Step.VERIFIED}


def test_a_lock_that_is_asked_for_later_is_put_on_what_is_there(at: Held, tmp_path: Path, server: S3Server) -> None:
    text = f"s3://locked/{tmp_path.name}"
    at.push(on_s3(text, server.endpoint))
    place = on_s3(text, server.endpoint, lock=LockMode.GOVERNANCE)

    (result,) = at.push(place)

    assert result.is_whole, result
    with at.state() as state:
        for name in at.warcs():
            copy = state.copies.copy(place.name, name)
            assert copy is not None and copy.step is Step.LOCKED and copy.retention is not None
            assert place.opened().retention(name, copy.version) == copy.retention
    for name in at.warcs():
        assert len(place.opened().versions(name)) == 1


def test_a_copy_is_made_from_another_copy_where_the_file_was_released(at: Held, tmp_path: Path) -> None:
    first, second = on_disk(tmp_path / "one", "one"), on_disk(tmp_path / "two", "two")
    at.push(first)
    name = at.warcs()[0]
    octets = at.octets(name)
    with at.state() as state:
        copy = state.copies.copy("one", name)
        assert copy is not None
        state.copies.release(name, copy.size, copy.digest, copy.since)
    (at.folder / name).unlink()

    results = at.push(first, second)

    assert [result.is_whole for result in results] == [True, True], results
    assert (tmp_path / "two" / name).read_bytes() == octets
    assert not list(at.folder.glob(".copy-*"))


def test_a_file_that_is_gone_here_without_having_been_released_is_told(at: Held, tmp_path: Path) -> None:
    name = at.warcs()[0]
    (at.folder / name).unlink()

    (result,) = at.push(on_disk(tmp_path / "disk"))

    assert [(one.file, one.kind) for one in result.problems] == [(name, ProblemKind.LOCAL_ALTERED)]
    # the rest is protected all the same
    assert result.checkpoint == LogReader(FolderStore(at.folder)).size


def test_a_link_in_the_place_of_a_copy_is_not_followed(at: Held, tmp_path: Path) -> None:
    place = on_disk(tmp_path / "disk")
    at.push(place)
    new = at.crawl(3)
    (tmp_path / "victim").write_bytes(b"untouched")
    (tmp_path / "disk" / new).symlink_to(tmp_path / "victim")

    (result,) = at.push(place)

    assert not result.is_whole
    assert (tmp_path / "victim").read_bytes() == b"untouched"
    (tmp_path / "disk" / new).unlink()
    (tmp_path / "disk" / "archive").rename(tmp_path / "moved")
    (tmp_path / "disk" / "archive").symlink_to(tmp_path / "moved")
    (result,) = at.push(place)
    assert not result.is_whole
    assert not (tmp_path / "moved" / new.removeprefix("archive/")).exists()


def test_octets_are_a_source_as_a_file_is() -> None:
    with Octets(b"0123456789").open(3, 4) as part:
        assert part.read() == b"3456"
