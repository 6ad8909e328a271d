"""Rounds of full reads: everything is read in its days, a share a day, whatever happens in between."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from archive.copies import Copy, Step
from archive.digest import digest
from archive.fixity_rounds import due, in_order, up_to

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def a_copy(name: str, size: int = 100, *, read: float | None = None, step: Step = Step.VERIFIED) -> Copy:
    """One that was read so many days ago."""
    at = None if read is None else NOW - timedelta(days=read)
    return Copy("north", name, step, size, digest(name.encode()), NOW - timedelta(days=100), read_at=at)


def names(copies: list[Copy]) -> list[str]:
    return [copy.file for copy in copies]


def test_what_was_never_read_comes_first_then_the_oldest() -> None:
    copies = [a_copy("b", read=5), a_copy("c"), a_copy("a", read=9), a_copy("d", step=Step.UPLOADED)]

    assert names(in_order(copies)) == ["c", "a", "b"]


def test_a_day_has_its_share_and_no_more() -> None:
    copies = [a_copy(f"{n:02d}", read=29 - n * 0.9) for n in range(30)]

    assert names(due(copies, NOW, 30)) == ["00"]
    assert names(due(copies, NOW, 10)) == [f"{n:02d}" for n in range(22)]


def test_a_second_check_on_one_day_has_nothing_to_do() -> None:
    copies = [a_copy(f"{n:02d}", read=29 - n * 0.9) for n in range(30)]
    done = [replace(copy, read_at=NOW) if copy.file == "00" else copy for copy in copies]

    assert due(done, NOW + timedelta(hours=1), 30) == []
    assert names(due(done, NOW + timedelta(hours=23), 30)) == ["01"]


def test_what_is_overdue_is_read_in_any_case() -> None:
    copies = [a_copy("a", read=40), a_copy("b", read=31), a_copy("c"), a_copy("d", read=3)]

    assert names(due(copies, NOW, 30)) == ["c", "a", "b"]


def test_a_large_file_is_a_days_share_too() -> None:
    assert names(due([a_copy("large", 10**9, read=20), a_copy("small", 1, read=10)], NOW, 30)) == ["large"]


def test_nothing_there_is_nothing_to_read() -> None:
    assert due([], NOW, 30) == []
    assert due([a_copy("a", step=Step.CLOSED)], NOW, 30) == []
    assert up_to([], 100) == []


def test_a_budget_is_kept_but_for_the_first_file() -> None:
    copies = [a_copy("a", 60, read=9), a_copy("b", 60, read=8), a_copy("c", 1, read=7)]

    assert names(up_to(copies, 10)) == ["a"]
    assert names(up_to(copies, 120)) == ["a", "b"]
    assert names(up_to(copies, 1000)) == ["a", "b", "c"]


@given(seed=st.integers(0, 2**32), days=st.integers(1, 40))
def test_a_daily_check_reads_everything_within_its_days_and_catches_up_after_a_pause(seed: int, days: int) -> None:
    chance = random.Random(seed)
    sizes = [chance.randint(1, 10_000) for _ in range(chance.randint(1, 30))]
    off = {day for day in range(121) if chance.random() < 0.2}
    hours = chance.uniform(-3, 3)
    copies = {f"{n:03d}": a_copy(f"{n:03d}", size, read=0) for n, size in enumerate(sizes)}
    last_on = 0
    for day in range(1, 3 * days + 20):
        if day in off:
            continue
        now = NOW + timedelta(days=day, hours=hours if day % 2 else 0)
        for copy in due(copies.values(), now, days):
            copies[copy.file] = replace(copy, read_at=now)
        # after every day on which the machine ran nothing is older than a round
        assert all(now - copy.read_at < timedelta(days=days) for copy in copies.values() if copy.read_at)
        last_on = day
    assert last_on or off
