"""The inbox: events wait for the next writer, are logged once, and nothing that lies there stops anybody."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest
from archive_samples import collection, unprivileged
from disk_faults import Faults, disk, refuse
from log_samples import WHEN

from archive import inbox
from archive.collection import Collection
from archive.digest import EMPTY
from archive.entry import ENTRY_LIMIT, EventEntry, EventType, KeyEntry, Outcome, parse_entry
from archive.inbox import leave, waiting


def event(n: int = 1, detail: str = "3 files") -> EventEntry:
    return EventEntry(EventType.FIXITY_CHECK, WHEN, "khronika/0.1.0", Outcome.SUCCESS, detail, nonce=f"{n:032x}")


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Collection]:
    with collection(tmp_path) as opened:
        yield opened


def events(at: Collection) -> list[EventEntry]:
    """The events of the log, the runs of writers themselves left out."""
    entries = [parse_entry(entry) for _, entry in at.log().entries()]
    return [one for one in entries if isinstance(one, EventEntry) and one.type is not EventType.RECOVERY]


def write(at: Collection) -> None:
    at.writer().close()


def test_an_event_is_logged_by_the_next_writer_and_says_where_it_came_from(at: Collection) -> None:
    assert leave(at.path, event())
    assert [one.event for one in waiting(at.path)] == [event()]
    assert events(at) == []

    write(at)

    assert events(at) == [inbox.logged(event())]
    assert events(at)[0].via == "inbox"
    assert list(waiting(at.path)) == []
    assert list((at.path / "inbox").iterdir()) == []
    write(at)
    assert len(events(at)) == 1


def test_events_are_signed_though_nothing_else_was_written(at: Collection) -> None:
    leave(at.path, event())
    size = at.log().size

    write(at)

    assert at.log().size == size + 1
    assert at.log().tail() == []


def test_an_event_that_was_logged_and_not_removed_is_not_logged_again(at: Collection) -> None:
    leave(at.path, event(1))
    leave(at.path, event(2))
    with mock.patch.object(inbox, "taken", lambda one: None):
        write(at)
    assert len(list(waiting(at.path))) == 2
    leave(at.path, event(3))

    write(at)

    assert sorted(one.nonce for one in events(at)) == [event(n).nonce for n in (1, 2, 3)]
    assert list(waiting(at.path)) == []


def test_an_event_that_cannot_be_removed_is_not_logged_again_however_much_comes_after_it(at: Collection) -> None:
    leave(at.path, event(1))
    with mock.patch.object(inbox, "taken", lambda one: None):
        write(at)
        with at.writer() as writer:
            writer.append_entries([event(n).octets() for n in range(10, 1500)]).result()

        write(at)

    assert [one.nonce for one in events(at)].count(event(1).nonce) == 1


NAME = "5fb5830d-6775-491e-8acf-4015f7655ce0.json"


@pytest.mark.parametrize(
    "octets",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"{}", id="an object"),
        pytest.param(b"\x00" * 100, id="zeros"),
        pytest.param(event().octets()[:-1], id="half an event"),
        pytest.param(event().octets() + b"\n", id="a line end"),
        pytest.param(event().octets().replace(b'"v":1', b'"v":1.0'), id="not canonical"),
        pytest.param(event().octets().replace(b"fixity-check", b"fixity-chick"), id="no type of event"),
        pytest.param(KeyEntry(EMPTY, 7, "0" * 32).octets(), id="an entry that is no event"),
        pytest.param(b"x" * (10 * ENTRY_LIMIT), id="endless"),
        pytest.param(
            event(detail="x" * (ENTRY_LIMIT - len(event(detail="").octets()))).octets(), id="too long in the log"
        ),
    ],
)
def test_what_is_no_event_is_told_and_neither_logged_nor_removed(at: Collection, octets: bytes) -> None:
    (at.path / "inbox").mkdir(exist_ok=True)
    (at.path / "inbox" / NAME).write_bytes(octets)
    leave(at.path, event(2))

    [strange] = [one for one in waiting(at.path) if one.event is None]
    assert strange.problem
    assert "Traceback" not in strange.problem
    write(at)

    assert [one.nonce for one in events(at)] == [event(2).nonce]
    assert (at.path / "inbox" / NAME).read_bytes() == octets


@pytest.mark.parametrize("kind", ["a folder", "a pipe", "a link to nothing", "a link in a circle", "a device"])
def test_what_is_no_file_holds_nobody_up(at: Collection, kind: str) -> None:
    (at.path / "inbox").mkdir(exist_ok=True)
    path = at.path / "inbox" / NAME
    match kind:
        case "a folder":
            path.mkdir()
        case "a pipe":
            os.mkfifo(path)
        case "a link to nothing":
            path.symlink_to("nothing")
        case "a link in a circle":
            path.symlink_to(path.name)
        case _:
            path.symlink_to("/dev/zero")

    assert [one.event for one in waiting(at.path)] == [None]
    write(at)
    assert events(at) == []


def test_other_names_are_passed_over(at: Collection) -> None:
    (at.path / "inbox").mkdir(exist_ok=True)
    for name in (f".{NAME}.new", NAME.upper(), "verify-progress", "x.json", NAME + "x"):
        (at.path / "inbox" / name).write_bytes(event().octets())

    assert list(waiting(at.path)) == []
    write(at)
    assert events(at) == []


def test_where_there_is_no_inbox_nothing_waits(tmp_path: Path) -> None:
    assert list(waiting(tmp_path / "nowhere")) == []
    (tmp_path / "inbox").write_text("a file")
    assert list(waiting(tmp_path)) == []
    assert not leave(tmp_path, event())


def test_a_folder_that_cannot_be_written_fails_no_command(at: Collection) -> None:
    (at.path / "inbox").mkdir(exist_ok=True)
    (at.path / "inbox").chmod(0o500)
    try:
        assert unprivileged(lambda: leave(at.path, event())) is False
    finally:
        (at.path / "inbox").chmod(0o700)
    assert list(waiting(at.path)) == []


def test_a_disk_that_refuses_at_any_step_leaves_a_whole_event_or_none(at: Collection) -> None:
    n = 0
    while True:
        faults = Faults(refuse, n)
        with disk(faults):
            left = leave(at.path, event(n + 1))
        assert all(one.event is not None for one in waiting(at.path))
        if left:
            assert event(n + 1) in [one.event for one in waiting(at.path)]
        if len(faults.done) <= n:
            break
        n += 1
    assert n >= 4
    write(at)
    assert {one.nonce for one in events(at)} >= {event(n + 1).nonce}


def test_many_events_are_taken_in_by_several_writers(at: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "MOST", 10)
    for n in range(25):
        assert leave(at.path, event(n))
    for rest in (15, 5, 0):
        write(at)
        assert len(list((at.path / "inbox").iterdir())) == rest
    assert sorted(one.nonce for one in events(at)) == [event(n).nonce for n in range(25)]
