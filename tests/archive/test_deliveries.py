"""Deliveries in state.sqlite: written down once, in order, and never lost."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from older_state import make_older_state

from archive.deliveries import Delivery, DeliveryState
from archive.errors import StateError
from archive.state import State

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State.create(tmp_path)


def delivery(change: str, *, minutes: int = 0, notice: str = "team") -> Delivery:
    return Delivery(notice, change, "ledger", NOW + timedelta(minutes=minutes), NOW)


def test_a_change_is_written_down_once_for_each_notice(state: State) -> None:
    assert state.deliveries.add([delivery("c1"), delivery("c2"), delivery("c1", notice="week")]) == 3
    state.deliveries.begin("team", ["c1"], "c1")
    state.deliveries.sent("team", ["c1"], NOW)

    assert state.deliveries.add([delivery("c1"), delivery("c3")]) == 1

    assert {one.change: one.state for one in state.deliveries.all("team")} == {
        "c1": DeliveryState.SENT,
        "c2": DeliveryState.DUE,
        "c3": DeliveryState.DUE,
    }
    assert state.deliveries.known("team") == {"c1", "c2", "c3"}


def test_what_is_open_comes_in_the_order_in_which_the_pages_changed(state: State) -> None:
    state.deliveries.add([delivery("c9", minutes=1), delivery("c1", minutes=3), delivery("c5", minutes=2)])

    assert [one.change for one in state.deliveries.open("team")] == ["c9", "c5", "c1"]


def test_what_was_sent_cannot_be_begun_again(state: State) -> None:
    state.deliveries.add([delivery("c1"), delivery("c2")])
    state.deliveries.begin("team", ["c1"], "c1")
    state.deliveries.sent("team", ["c1"], NOW)

    with pytest.raises(StateError, match="expected 2 deliveries of team that are due, found 1"):
        state.deliveries.begin("team", ["c1", "c2"], "digest-1")

    assert [one.message for one in state.deliveries.open("team")] == [None], "nothing of it was noted"


def test_more_changes_than_one_statement_names_are_one_message(state: State) -> None:
    changes = [f"c{number:04}" for number in range(1_234)]
    state.deliveries.add(map(delivery, changes))

    state.deliveries.begin("team", changes, "g1")
    state.deliveries.sent("team", changes, NOW)

    assert len(state.deliveries.of_message("team", "g1")) == 1_234
    assert state.deliveries.told_messages("team") == {"g1": NOW}
    assert state.deliveries.open("team") == []


def test_a_failed_attempt_is_counted_and_put_off(state: State) -> None:
    state.deliveries.add([delivery("c1")])
    for attempt in range(3):
        state.deliveries.begin("team", ["c1"], "c1")
        state.deliveries.put_off("team", ["c1"], NOW + timedelta(minutes=attempt), "answered 503")

    counts = state.deliveries.counts()["team"]
    assert (counts.due, counts.attempts, counts.error) == (1, 3, "answered 503")
    assert counts.next_at == NOW + timedelta(minutes=2)


def test_what_was_given_up_can_be_made_due_again(state: State) -> None:
    state.deliveries.add([delivery("c1")])
    state.deliveries.begin("team", ["c1"], "c1")
    state.deliveries.fail("team", ["c1"], "answered 410")
    assert (state.deliveries.counts()["team"].failed, state.deliveries.counts()["team"].error) == (1, "answered 410")

    assert state.deliveries.again("team", NOW) == 1

    (one,) = state.deliveries.open("team")
    assert (one.attempts, one.message) == (0, "c1"), "the id of the message stays"


def test_rules_count_from_when_they_were_noted(state: State) -> None:
    state.deliveries.note_rules({"team": "a"}, NOW)
    state.deliveries.note_rules({"team": "a"}, NOW + timedelta(hours=1))
    state.deliveries.note_rules({"team": "b"}, NOW + timedelta(hours=2))
    state.deliveries.note_rules({}, NOW + timedelta(hours=3))
    state.deliveries.note_rules({}, NOW + timedelta(hours=4))

    hours = [(since - NOW) // timedelta(hours=1) for since, _ in state.deliveries.rules_of("team")]
    assert list(zip(hours, [rules for _, rules in state.deliveries.rules_of("team")], strict=True)) == [
        (0, "a"),
        (2, "b"),
        (3, ""),
    ]


def test_a_clock_that_was_put_back_does_not_put_new_rules_first(state: State) -> None:
    state.deliveries.note_rules({"team": "a"}, NOW)

    state.deliveries.note_rules({"team": "b"}, NOW - timedelta(days=2))

    assert state.deliveries.rules_of("team") == [(NOW, "b")]


def test_a_state_of_the_version_before_is_read_as_one_without_notices_and_upgraded(tmp_path: Path) -> None:
    make_older_state(tmp_path / "state.sqlite", "0003")

    with State.open(tmp_path, readonly=True) as state:
        assert state.deliveries.counts() == {}
        assert state.deliveries.known("team") == set()
    with State.open(tmp_path, readonly=False) as state:
        assert state.deliveries.add([delivery("c1")]) == 1


KILLED_WHILE_SENDING = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from archive.deliveries import Delivery
from archive.state import State
now = datetime(2026, 11, 22, tzinfo=UTC)
state = State.open(Path(sys.argv[1]), readonly=False)
state.deliveries.add([Delivery("team", "c1", "ledger", now, now)])
state.deliveries.begin("team", ["c1"], "c1")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_that_a_message_was_about_to_leave_is_on_the_disk_before_a_kill(tmp_path: Path) -> None:
    State.create(tmp_path).close()

    killed = subprocess.run([sys.executable, "-c", KILLED_WHILE_SENDING, tmp_path], check=False)

    assert killed.returncode == -signal.SIGKILL
    with State.open(tmp_path, readonly=False) as state:
        (one,) = state.deliveries.open("team")
    assert (one.state, one.attempts, one.message) == (DeliveryState.SENDING, 1, "c1")
