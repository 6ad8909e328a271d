"""Leases: one holder a site, whatever becomes of him, of the machine and of its clock."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive.leases import EXPIRY, Machine, There, process_is, started_at
from archive.state import State

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    with State.create(tmp_path) as state:
        yield state


class Computer:
    """A machine whose time and processes a test sets."""

    def __init__(self, boot: str = "boot-1") -> None:
        self.boot = boot
        self.up = 1000.0
        self.there: dict[int, There] = {}

    def process(self, pid: int, processes: str = "pid:[1]") -> Machine:
        self.there.setdefault(pid, There.YES)
        return Machine(
            boot=self.boot,
            processes=processes,
            pid=pid,
            started=5,
            up=lambda: self.up,
            process_is=lambda pid, _: self.there.get(pid, There.NO),
        )


def test_a_site_has_one_holder_until_he_lets_go(state: State) -> None:
    computer = Computer()
    one, two = computer.process(1), computer.process(2)

    assert state.leases.take(["a", "b"], one, NOW) == {"a", "b"}
    assert state.leases.take(["b", "c"], two, NOW) == {"c"}
    state.leases.release(one, ["b"])
    assert state.leases.take(["a", "b"], two, NOW) == {"b"}
    state.leases.release(one)
    assert state.leases.take(["a"], two, NOW) == {"a"}


def test_who_has_a_lease_gets_it_again(state: State) -> None:
    one = Computer().process(1)

    assert state.leases.take(["a"], one, NOW) == {"a"}
    assert state.leases.take(["a"], one, NOW) == {"a"}


def test_a_process_that_is_dead_holds_nothing_from_then_on(state: State) -> None:
    computer = Computer()
    state.leases.take(["a"], computer.process(1), NOW)
    computer.there[1] = There.NO

    assert state.leases.take(["a"], computer.process(2), NOW) == {"a"}


def test_a_process_that_is_there_holds_its_lease_however_long_it_says_nothing(state: State) -> None:
    computer = Computer()
    state.leases.take(["a"], computer.process(1), NOW)
    computer.up += 100 * EXPIRY

    assert state.leases.take(["a"], computer.process(2), NOW) == set()


def test_of_a_process_that_nobody_can_see_silence_tells(state: State) -> None:
    computer = Computer()
    one, two = computer.process(1, "pid:[7]"), computer.process(1, "pid:[8]")
    state.leases.take(["a"], one, NOW)
    computer.up += EXPIRY - 1
    assert state.leases.take(["a"], two, NOW) == set()
    state.leases.beat(one)
    computer.up += EXPIRY - 1
    assert state.leases.take(["a"], two, NOW) == set()
    computer.up += 2

    assert state.leases.take(["a"], two, NOW) == {"a"}
    assert state.leases.beat(one) == 0
    state.leases.release(one)
    assert [lease.holder for lease in state.leases.all(two)] == [two.holder]


@pytest.mark.parametrize("hours", [-50, -3, 3, 50, 50_000])
def test_the_clock_that_shows_the_date_has_no_say(state: State, hours: int) -> None:
    computer = Computer()
    one, two = computer.process(1, "pid:[7]"), computer.process(1, "pid:[8]")
    state.leases.take(["a"], one, NOW)

    assert state.leases.take(["a"], two, NOW + timedelta(hours=hours)) == set()
    computer.up += EXPIRY + 1
    assert state.leases.take(["a"], two, NOW + timedelta(hours=hours)) == {"a"}


def test_after_another_boot_of_the_machine_nobody_is_there(state: State) -> None:
    computer = Computer()
    state.leases.take(["a"], computer.process(1), NOW)

    assert state.leases.take(["a"], Computer("boot-2").process(1), NOW) == {"a"}


def test_a_copy_of_the_file_elsewhere_waits_by_its_own_time_for_a_sign(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    with State.create(here) as state:
        state.leases.take(["a"], Computer("boot-1").process(1), NOW)
    (there / "state.sqlite").write_bytes((here / "state.sqlite").read_bytes())
    other = Computer("boot-2")
    with State.open(there, readonly=False) as state:
        assert state.leases.take(["a"], other.process(1), NOW) == set()
        other.up += EXPIRY - 1
        assert state.leases.take(["a"], other.process(2), NOW) == set()
        other.up += 2
        assert state.leases.take(["a"], other.process(3), NOW) == {"a"}


def test_a_sign_that_comes_meanwhile_lets_the_wait_begin_anew(tmp_path: Path) -> None:
    with State.create(tmp_path) as state:
        # a machine that says nothing of itself
        dumb = Computer("")
        one = replace(dumb.process(1), processes="", started=None)
        two = replace(dumb.process(2), processes="", started=None)
        state.leases.take(["a"], one, NOW)
        assert state.leases.take(["a"], two, NOW) == set()
        dumb.up += EXPIRY + 1
        state.leases.beat(one)
        assert state.leases.take(["a"], two, NOW) == set()
        dumb.up += EXPIRY + 1
        assert state.leases.take(["a"], two, NOW) == {"a"}


def test_a_time_since_the_boot_that_is_to_come_is_none_and_does_not_block_for_ever(state: State) -> None:
    computer = Computer()
    state.leases.take(["a"], computer.process(1, "pid:[7]"), NOW)
    computer.up = 10.0
    assert state.leases.take(["a"], computer.process(1, "pid:[8]"), NOW) == set()
    computer.up += EXPIRY + 1

    assert state.leases.take(["a"], computer.process(1, "pid:[8]"), NOW) == {"a"}


def test_a_process_that_forgot_to_let_go_can_go_on_after_a_while(state: State) -> None:
    computer = Computer()
    state.leases.take(["a"], computer.process(1), NOW)
    assert state.leases.take(["a"], computer.process(1), NOW) == set()
    computer.up += EXPIRY + 1

    assert state.leases.take(["a"], computer.process(1), NOW) == {"a"}


def test_a_real_process_is_there_and_then_is_not() -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    started = started_at(process.pid)
    assert started is not None
    assert process_is(process.pid, started) is There.YES
    # another one of the same number
    assert process_is(process.pid, started + 1) is There.NO
    assert process_is(process.pid, None) is There.NOT_KNOWN
    process.communicate(b"\n")

    assert process_is(process.pid, started) is There.NO


def test_a_row_names_no_machine_and_no_user(state: State) -> None:
    state.leases.take(["a"], Machine(), NOW)
    with state._database.reading() as connection:
        (row,) = connection.exec_driver_sql("SELECT * FROM leases").all()

    words = {str(value) for value in row}
    assert os.uname().nodename not in words
    assert not any(str(Path.home()) == word or str(Path.cwd()) in word for word in words)
    machine_id = Path("/etc/machine-id")
    assert not machine_id.exists() or machine_id.read_text().strip() not in words
