"""The campaigns of bench/, short and with a fixed seed: each stops with 1 where one of its claims fails."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


def campaign(*words: str) -> str:
    ran = subprocess.run([sys.executable, "-m", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_kills_lose_no_page_and_fetch_none_twice_that_was_not_in_flight() -> None:
    said = campaign("bench.kill", "--pages", "40", "--kills", "5", "--seed", "5")

    assert "ok   5 of 5 kills" in said
    assert "ok   0 pages lost: 43 of 43" in said


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="mounting a small disk takes root")
def test_a_full_disk_at_random_moments_loses_nothing() -> None:
    assert "ok   2 points" in campaign("bench.disk", "--pages", "20", "--points", "2", "--seed", "2")


def test_a_large_response_is_not_held_in_memory() -> None:
    said = campaign("bench.memory", "--octets", str(1 << 27), "--most", "200")

    assert said.count("the payload is the server's, by SHA-256") == 3


def test_sites_at_once_in_two_processes_are_each_asked_as_they_want() -> None:
    # the time is held against the bound by the long campaign: here the start counts for more than the pages
    said = campaign("bench.sites", "--sites", "6", "--pages", "120", "--delay", "0.2", "--within", "0", "--seed", "3")

    assert "fetched by 2 processes" in said
    assert "ok   connections to a host: 1 at most" in said
    assert "ok   120 rests, 0 of them shorter than the host's delay" in said


def test_kills_and_a_receiver_that_fails_lose_no_notice_and_tell_none_under_two_ids() -> None:
    said = campaign("bench.notices", "--pages", "6", "--kills", "3", "--seed", "4")

    assert ", 0 lost;" in said
    assert "with the same words" in said
