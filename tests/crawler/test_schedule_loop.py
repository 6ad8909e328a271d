"""`khronika schedule run`: real processes, real signals, real edits of khronika.toml."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from khronika_command import Khronika
from notice_receiver import Receiver
from page_server import PageServer, Reply, serving

from archive.collection import Collection
from archive.state import State

LINKS = '<html><body><a href="/1">1</a><a href="/2">2</a><a href="/3">3</a></body></html>'
PAGE = "<html><body><p>A page.</p></body></html>"


@pytest.fixture
def khronika(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Khronika:
    return Khronika(tmp_path / "collection", capsys)


@pytest.fixture
def server() -> Iterator[PageServer]:
    with serving({"/": LINKS, "/1": PAGE, "/2": PAGE, "/3": PAGE}) as server:
        yield server


class Loop:
    """A running `schedule run`, and what it has said so far."""

    def __init__(self, path: Path, *words: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "crawler", "--json", "-C", str(path), "schedule", "run", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.records: list[dict[str, Any]] = []
        self.errors: list[str] = []
        self._threads = [threading.Thread(target=self._read), threading.Thread(target=self._read_errors)]
        for thread in self._threads:
            thread.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.records.append(json.loads(line))

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        self.errors.extend(self.process.stderr)

    def wait_for(self, what: Callable[[dict[str, Any]], bool], *, seconds: float = 90) -> dict[str, Any]:
        """The first record that fits; it is an error when there is none in that time."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if (found := next((one for one in list(self.records) if what(one)), None)) is not None:
                return found
            time.sleep(0.05)
        raise AssertionError(f"not said: {self.records[-5:]} {self.errors}")

    def end(self, number: int = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        status = self.process.wait(120)
        for thread in self._threads:
            thread.join()
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()
        assert not any("Traceback" in line or "Fatal" in line for line in self.errors), self.errors
        return status


@contextmanager
def running(path: Path, *words: str) -> Iterator[Loop]:
    loop = Loop(path, *words)
    try:
        yield loop
    finally:
        if loop.process.poll() is None:
            loop.process.kill()
        loop.wait()


def is_summary(record: dict[str, Any]) -> bool:
    return record["type"] == "summary"


def captures(path: Path) -> int:
    with Collection.open(path) as collection:
        return sum(row.captures for row in collection.catalogue.sites())


def test_what_is_due_is_crawled_once_and_the_loop_ends_in_order(khronika: Khronika, server: PageServer) -> None:
    khronika.add_site(server.url("/"), schedule="daily")
    with running(khronika.path) as loop:
        summary = loop.wait_for(is_summary)
        loop.wait_for(lambda one: one["type"] == "next")
        assert loop.end() == 0

    assert (summary["captured"], summary["reason"]) == (4, "finished")
    assert sum(map(is_summary, loop.records)) == 1
    assert khronika("schedule", "run", "--once")[:2] == (0, "")
    (entry,) = khronika.records("schedule", "list")
    assert (entry["due"], entry["last_reason"], entry["running"]) == (False, "finished", False)


def test_a_crawl_that_is_stopped_is_gone_on_with_by_the_next_start(khronika: Khronika, server: PageServer) -> None:
    khronika.add_site(server.url("/"), schedule="daily", robots="ignore", delay=1)
    came = threading.Event()

    def slow(_: int) -> Reply:
        came.set()
        return Reply(PAGE, seconds=1.0)

    server.pages["/1"] = slow
    config = khronika.path / "khronika.toml"
    reasons = "".join(f'robots-{key} = "x"\n' for key in ("by", "reason", "ground"))
    config.write_text(config.read_text().replace('robots = "ignore"\n', f'robots = "ignore"\n{reasons}'))
    with running(khronika.path) as loop:
        assert came.wait(60)
        assert loop.end() == 4

    first = loop.wait_for(is_summary)
    assert first["reason"] == "interrupted"
    with running(khronika.path) as loop:
        second = loop.wait_for(is_summary)
        assert loop.end() == 0
    assert (second["crawl"], second["resumed"], second["reason"]) == (first["crawl"], True, "finished")


def test_an_edit_counts_at_once_and_a_bad_one_leaves_the_last_good_one(khronika: Khronika, server: PageServer) -> None:
    config = khronika.path / "khronika.toml"
    before = config.read_text()
    with running(khronika.path) as loop:
        loop.wait_for(lambda one: one["type"] == "due")
        config.write_text(before + '\n[[site]]\nname = "ledger"\nstrat = ["x"]\n')
        told = loop.wait_for(lambda one: one["type"] == "settings")
        assert not told["good"]
        assert "Did you mean 'start'?" in told["words"]

        good = f'\n[[site]]\nname = "ledger"\nstart = ["{server.url("/")}"]\nschedule = "daily"\n'
        config.write_text(before.replace("\n[crawl]\n", "\n[crawl]\nfetch-processes = 0\n", 1) + good)
        summary = loop.wait_for(is_summary)
        config.write_text("no settings at all [")
        loop.wait_for(lambda one: one["type"] == "settings" and not one["good"] and one != told)
        assert loop.process.poll() is None
        assert loop.end() == 0

    assert summary["captured"] == 4
    assert sum(1 for one in loop.records if one["type"] == "settings" and one["good"]) == 1


def test_the_settings_have_to_be_good_at_the_beginning(khronika: Khronika) -> None:
    (khronika.path / "khronika.toml").write_text("[[site]\n")

    status, _, said = khronika("schedule", "run", "--once")

    assert status == 2
    assert said.startswith("khronika: khronika.toml")


def test_two_loops_at_a_time_are_one(khronika: Khronika) -> None:
    with running(khronika.path) as loop:
        loop.wait_for(lambda one: one["type"] == "due")

        status, _, said = khronika("schedule", "run")

        assert status == 11
        assert f"process {loop.process.pid} running it" in said
        loop.end()


def test_when_the_loop_is_killed_its_crawl_ends_and_can_be_gone_on_with(khronika: Khronika, server: PageServer) -> None:
    khronika.add_site(server.url("/"), schedule="daily", delay=1)
    came = threading.Event()

    def slow(_: int) -> Reply:
        came.set()
        return Reply(PAGE, seconds=0.5)

    server.pages["/1"] = slow
    with running(khronika.path) as loop:
        assert came.wait(60)
        loop.process.send_signal(signal.SIGKILL)
    until = time.monotonic() + 60
    # nobody holds the collection any more: the crawl has ended too
    while khronika("checkpoint")[0] == 11:
        assert time.monotonic() < until
        time.sleep(0.2)

    server.pages["/1"] = PAGE
    status, out, _ = khronika("schedule", "run", "--once")
    assert (status, "finished" in out) == (0, True)
    with State.open(khronika.path, readonly=True) as state:
        assert [run.reason for run in state.runs()] == ["finished"]
        assert [one.resumed for one in state.due.occurrences()] == [1]


def test_an_error_is_said_and_is_tried_again_later_not_at_once(khronika: Khronika, server: PageServer) -> None:
    khronika.add_site(server.url("/"), schedule="daily")
    key = khronika.path / "keys" / "log.pem"
    octets = key.read_bytes()
    key.unlink()

    with running(khronika.path) as loop:
        loop.wait_for(lambda one: one["type"] == "error")
        time.sleep(6)
        assert sum(one["type"] == "error" for one in loop.records) == 1
        assert loop.end() == 0
    assert "log.pem" in "".join(loop.errors)

    key.write_bytes(octets)
    key.chmod(0o600)
    assert khronika("schedule", "run", "--once")[0] == 0
    assert captures(khronika.path) > 0


def test_who_is_named_for_operation_is_told_that_a_site_is_late_and_that_it_was_crawled(
    khronika: Khronika, server: PageServer
) -> None:
    receiver = Receiver()
    khronika.add_site(server.url("/"), schedule="every 6 hours")
    config = khronika.path / "khronika.toml"
    config.write_text(
        f'{config.read_text()}\n[[notice]]\nname = "team"\nwebhook = "{receiver.url()}"\noperation = "only"\n'
    )
    assert khronika("schedule", "run", "--once")[0] == 0
    _made_late(khronika.path, timedelta(hours=9))

    status, out, _ = khronika("status", "--check")
    assert status == 5
    assert out.startswith("ledger: its crawl is late. Since ")
    assert 9 * 3600 <= _figure(khronika, "khronika_site_late_seconds") < 10 * 3600
    (entry,) = khronika.records("schedule", "list")
    assert (entry["due"], entry["missed"] >= 1, entry["late_since"] is not None) == (True, True, True)

    khronika("notify")
    assert khronika("schedule", "run", "--once")[0] == 0
    assert khronika("status", "--check")[0] == 0
    receiver.down()
    assert [(one.record["about"], one.record["well"]) for one in receiver.taken] == [("late", False), ("late", True)]


def test_a_schedule_that_nobody_runs_is_late(khronika: Khronika) -> None:
    khronika.add_site("http://127.0.0.1:9/", schedule="daily")
    assert khronika("status", "--check")[0] == 0
    config = khronika.path / "khronika.toml"
    os.utime(config, (time.time() - 7200, time.time() - 7200))

    status, out, _ = khronika("status", "--check")

    assert (status, out.startswith("ledger: it has a schedule, and nothing crawls by it. Since ")) == (5, True)


def _made_late(path: Path, span: timedelta) -> None:
    """Have the next instant of every site be so long ago."""
    import sqlite3

    at = datetime.now(UTC) - span
    connection = sqlite3.connect(path / "state.sqlite")
    with connection:
        connection.execute("UPDATE due SET next_at = ?", (int(at.timestamp() * 1_000_000),))
    connection.close()


def _figure(khronika: Khronika, name: str) -> float:
    out = khronika("status", "--format", "prometheus")[1]
    return float(next(line for line in out.splitlines() if line.startswith(f"{name}{{")).split()[-1])
