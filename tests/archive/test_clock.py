"""What the system says of its clock is read, and whatever it says, nothing fails."""

from __future__ import annotations

import platform
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from archive import clock
from archive.clock import Ask, Clock, clock_state, of_chrony, of_kernel, of_timesyncd, read_clock

CHRONY = """\
Reference ID    : C0000201 (ntp.example.org)
Stratum         : 3
Ref time (UTC)  : Sun Nov 22 08:00:00 2026
System time     : 0.000004321 seconds slow of NTP time
Last offset     : -0.000003210 seconds
Leap status     : Normal
"""
TIMESYNC = """\
       Server: 192.0.2.1 (ntp.example.org)
Poll interval: 34min 8s (min: 32s; max 34min 8s)
         Leap: normal
      Version: 4
       Offset: -1.625ms
        Delay: 12.345ms
"""


def says(answers: Mapping[str, str]) -> Ask:
    def ask(command: Sequence[str]) -> str | None:
        return answers.get(" ".join(command[:2]))

    return ask


def test_chrony_is_understood() -> None:
    assert of_chrony(says({"chronyc -n": CHRONY})) == Clock("chrony", True, 0.000004321)
    lost = CHRONY.replace("Normal", "Not synchronised")
    assert of_chrony(says({"chronyc -n": lost})) == Clock("chrony", False)
    assert of_chrony(says({})) is None
    assert of_chrony(says({"chronyc -n": "506 Cannot talk to daemon"})) is None


def test_timesyncd_is_understood() -> None:
    answers = {"timedatectl show": "yes\n", "timedatectl timesync-status": TIMESYNC}
    assert of_timesyncd(says(answers)) == Clock("systemd-timesyncd", True, pytest.approx(0.001625))
    assert of_timesyncd(says({"timedatectl show": "yes\n"})) == Clock("systemd", True)
    assert of_timesyncd(says({"timedatectl show": "no\n"})) == Clock("systemd", False)
    assert of_timesyncd(says({"timedatectl show": "n/a\n"})) is None
    assert of_timesyncd(says({})) is None


@pytest.mark.parametrize(
    ("text", "seconds"), [("+1min 2.5s", 62.5), ("-12us", 12e-6), ("+3.5µs", 3.5e-6), ("+1fortnight", None)]
)
def test_spans_of_time_are_understood(text: str, seconds: float | None) -> None:
    answers = {"timedatectl show": "yes", "timedatectl timesync-status": f"Offset: {text}\n"}
    found = of_timesyncd(says(answers))

    assert found is not None
    assert found.offset == (None if seconds is None else pytest.approx(seconds))


def test_the_kernel_is_understood() -> None:
    assert of_kernel(5, 0x40, 0, 16_000_000) == Clock("kernel", False)
    assert of_kernel(0, 0x40, 0, 16_000_000) == Clock("kernel", False)
    assert of_kernel(0, 0x2001, -1500, 16_000) == Clock("kernel", True, pytest.approx(1.5e-6), pytest.approx(0.016))
    assert of_kernel(0, 0x0001, 1500, 16_000) == Clock("kernel", True, pytest.approx(1.5e-3), pytest.approx(0.016))


def test_the_state_is_told_in_words_without_a_name() -> None:
    assert str(Clock("nobody")) == "not known whether the clock is synchronised"
    assert str(Clock("kernel", False)) == "not synchronised (kernel)"
    assert str(Clock("chrony", True, 0.000004321, 0.016)) == (
        "synchronised, off by 0.000004 s, error up to 0.016 s (chrony)"
    )
    names = {socket.gethostname(), platform.node()}
    assert not any(name and name in clock_state() for name in names)


def test_a_daemon_knows_more_than_the_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "_kernel", lambda: Clock("kernel", True, 0.5, 0.016))
    monkeypatch.setattr(clock, "_ask", says({"chronyc -n": CHRONY}))
    assert read_clock() == Clock("chrony", True, 0.000004321, 0.016)
    monkeypatch.setattr(clock, "_ask", says({}))
    assert read_clock() == Clock("kernel", True, 0.5, 0.016)
    monkeypatch.setattr(clock, "_kernel", lambda: None)
    assert read_clock() == Clock("nobody")


def test_a_program_that_hangs_or_fails_is_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "PATIENCE", 0.2)
    monkeypatch.setattr(clock, "_kernel", lambda: None)
    for name, script in (("chronyc", "exec sleep 60"), ("timedatectl", "exit 1")):
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    assert read_clock() == Clock("nobody")


def test_this_machines_clock_can_be_read() -> None:
    assert read_clock().source in {"chrony", "systemd-timesyncd", "systemd", "kernel", "nobody"}
