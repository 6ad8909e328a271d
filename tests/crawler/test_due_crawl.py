"""`crawl --due` over days and years: what runs, and what does not, by a clock that the tests set."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from khronika_command import Khronika
from page_server import serving

from archive.due import ENDS, SiteEnd
from archive.errors import CollectionLockedError, StorageError
from archive.leases import EXPIRY
from archive.lock import Lock
from archive.state import State
from bench.schedule_years import DAY, HOUR, MINUTE, World, at, campaign, quick_disk, toml
from crawler.due_crawl import Ran
from crawler.errand import Errand
from crawler.frontier import FILE_NAME
from crawler.planning import late_since, next_wake, plan
from spiders.definition import SiteDefinition

START = at("2026-03-20T12:00")


@pytest.fixture
def folder() -> Iterator[Path]:
    """In memory, where there is a disk in it: two years have thousands of transactions."""
    with tempfile.TemporaryDirectory(dir=quick_disk()) as name:
        yield Path(name)


@pytest.fixture
def world(folder: Path) -> Iterator[World]:
    """A site that is due each day at 02:30 in Berlin."""
    with ExitStack() as stack:
        world = World(folder, START)
        stack.callback(world.close)
        world.text = berlin()
        yield world


def berlin(**more: str) -> str:
    return toml({"ledger": {"schedule": '"30 2 * * *"', "zone": '"Europe/Berlin"', **more}})


def ran(world: World, site: str | None = None) -> list[str]:
    """What ran: since when it was due, how many more instants had passed, why."""
    return [f"{one.due_at:%m-%d %H:%M} +{one.missed} {one.cause}" for one in world.occurrences(site)]


def days(world: World, number: int, step: timedelta = HOUR) -> None:
    """Let a timer call every hour for some days."""
    end = world.now + number * DAY
    while world.now < end:
        before = world.now
        world.due()
        world.now = max(world.now, before + step)


@pytest.mark.parametrize("seed", [11, 12])
def test_two_years_have_exactly_the_runs_that_a_model_of_its_own_expects(folder: Path, seed: int) -> None:
    runs, instants = campaign(folder, seed, years=2 if seed == 12 else 0.25, sites=3)

    assert runs > 80
    assert instants > runs


def test_a_night_in_which_the_clock_is_set_has_one_run_like_any_other(world: World) -> None:
    world.now = at("2026-03-27T12:00")
    days(world, 4)

    assert ran(world) == [
        "03-27 12:00 +0 new",
        "03-28 01:30 +0 due",
        "03-29 01:00 +0 due",  # 02:30 was passed over
        "03-30 00:30 +0 due",
        "03-31 00:30 +0 due",
    ]
    world.now = at("2026-10-24T12:00")
    days(world, 2)
    assert ran(world)[-2:] == ["10-25 00:30 +0 due", "10-26 01:30 +0 due"]  # 02:30 came twice


def test_what_a_machine_missed_that_was_off_for_three_weeks_is_one_run(world: World) -> None:
    days(world, 2)
    world.now += 21 * DAY
    days(world, 1)

    assert ran(world) == [
        "03-20 12:00 +0 new",
        "03-21 01:30 +0 due",
        "03-22 01:30 +0 due",
        "03-23 01:30 +20 caught up",
        "04-13 00:30 +0 due",
    ]


def test_a_run_that_takes_longer_than_its_period_is_followed_by_one(world: World) -> None:
    world.text = toml({"ledger": {"schedule": '"0 * * * *"'}})
    world.due()
    world.takes = 5 * HOUR + 30 * MINUTE
    world.now = START + HOUR
    world.due()
    world.takes = MINUTE
    world.due()
    world.due()

    assert ran(world) == ["03-20 12:00 +0 new", "03-20 13:00 +0 due", "03-20 14:00 +4 caught up"]
    assert len(world.crawls) == 3


def test_due_twice_is_run_once(world: World) -> None:
    first, second = world.due(), world.due()

    assert (first and first.outcome, second and second.outcome) == ("ran", "nothing due")
    assert second is not None
    assert second.next_at == at("2026-03-21T01:30")
    assert len(world.crawls) == 1


def test_sites_that_are_due_together_are_one_crawl(world: World) -> None:
    world.text = toml({name: {"schedule": '"0 3 * * *"'} for name in ("one", "two", "three")} | {"four": {}})
    world.due()

    assert [names for _, names, _, _ in world.crawls] == [("one", "two", "three")]


def test_another_zone_counts_from_now_and_no_time_of_the_wall_is_done_twice(world: World) -> None:
    days(world, 1)  # 02:30 on the 21st was done, at 01:30 UTC
    world.now = at("2026-03-21T02:00")
    world.text = berlin().replace("Europe/Berlin", "UTC")
    days(world, 2)

    assert ran(world)[1:] == ["03-21 01:30 +0 due", "03-22 02:30 +0 due"]


def test_another_zone_in_the_east_is_a_day_ahead_and_nothing_is_lost(world: World) -> None:
    days(world, 1)
    world.text = berlin().replace("Europe/Berlin", "Australia/Lord_Howe")
    days(world, 2)

    # 21 March, 12:00 UTC, is 23:00 on Lord Howe
    assert ran(world)[1:] == ["03-21 01:30 +0 due", "03-21 15:30 +0 due", "03-22 15:30 +0 due"]


def test_another_expression_counts_from_now_and_what_was_due_by_the_old_one_still_is(world: World) -> None:
    days(world, 1)
    world.text = berlin().replace("30 2", "0 20")
    days(world, 1)
    assert ran(world)[1:] == ["03-21 01:30 +0 due", "03-21 19:00 +0 due"]

    world.now = at("2026-03-22T23:00")  # the machine was off at 20:00
    world.text = berlin().replace("30 2", "0 6")
    days(world, 1)
    assert ran(world)[3:] == ["03-22 19:00 +0 due", "03-23 05:00 +0 due"]


def test_a_site_that_is_paused_is_not_due_and_one_run_makes_up_for_it(world: World) -> None:
    days(world, 1)
    world.text = berlin(paused="true")
    days(world, 10)
    assert len(world.crawls) == 2
    assert world.due() is not None
    world.text = berlin()
    days(world, 1)

    assert ran(world)[2:] == ["03-22 01:30 +9 caught up", "04-01 00:30 +0 due"]


def test_a_site_is_due_when_it_is_added_and_never_after_it_was_removed(world: World) -> None:
    days(world, 1)
    both = berlin() + toml({"other": {"schedule": '"0 5 * * *"'}})
    world.text = both
    days(world, 1)
    world.text = berlin()
    days(world, 3)

    assert ran(world, "other") == ["03-21 12:00 +0 new", "03-22 05:00 +0 due"]
    assert len(ran(world, "ledger")) == 6
    world.text = both
    days(world, 1)
    assert ran(world, "other")[2:] == ["03-25 12:00 +0 new", "03-26 05:00 +0 due"]


def test_what_was_killed_is_gone_on_with_and_not_begun_twice(world: World) -> None:
    world.due()
    world.now = at("2026-03-21T01:30")
    world.kill = True
    assert world.due() is None
    world.now = at("2026-03-21T03:00")
    world.due()
    world.due()

    assert [(crawl, again) for crawl, _, _, again in world.crawls] == [
        ("crawl-00001", False),
        ("crawl-00002", False),
        ("crawl-00002", True),
    ]
    assert ran(world)[1:] == ["03-21 01:30 +0 due"]
    last = world.occurrences()[-1]
    assert (last.resumed, last.reason, last.began_at) == (1, "finished", at("2026-03-21T01:30"))


def test_what_was_killed_before_three_weeks_is_gone_on_with_and_then_caught_up_once(world: World) -> None:
    world.due()
    world.now = at("2026-03-21T01:30")
    world.kill = True
    world.due()
    world.now += 21 * DAY
    world.due()
    world.due()
    world.due()

    assert [again for _, _, _, again in world.crawls] == [False, False, True, False]
    assert ran(world)[1:] == ["03-21 01:30 +0 due", "03-22 01:30 +20 caught up"]


def test_one_site_that_was_cut_short_does_not_keep_others_from_being_crawled(world: World) -> None:
    world.reason = "interrupted"
    world.due()
    world.reason = "finished"
    world.text += toml({"other": {"schedule": '"0 5 * * *"'}})
    world.due()

    assert [(names, again) for _, names, _, again in world.crawls] == [
        (("ledger",), False),
        (("ledger",), True),
        (("other",), False),
    ]


def test_an_interruption_begins_nothing_else(world: World) -> None:
    world.reason = "interrupted"
    world.due()
    world.text += toml({"other": {"schedule": '"0 5 * * *"'}})
    summary = world.due()

    assert [names for _, names, _, _ in world.crawls] == [("ledger",), ("ledger",)]
    assert summary is not None
    assert summary.next_at == world.now  # `other` is due still


def test_pages_beyond_a_budget_are_gone_on_with_at_the_next_instant_and_not_before(world: World) -> None:
    world.text += toml({"other": {"schedule": '"0 5 * * *"'}})
    world.reason = "budget"
    world.ends = {"ledger": SiteEnd(had=10, waiting=90)}
    world.due()
    world.due()
    assert len(world.crawls) == 1
    world.now = at("2026-03-22T12:00")
    world.ends, world.reason = {}, "finished"
    world.due()
    world.now = at("2026-03-23T12:00")
    world.due()

    assert [(crawl, names, again) for crawl, names, _, again in world.crawls] == [
        ("crawl-00001", ("ledger", "other"), False),
        ("crawl-00001", ("ledger",), True),
        ("crawl-00003", ("other",), False),
        ("crawl-00004", ("ledger", "other"), False),
    ]


def test_a_crawl_of_a_site_that_was_removed_is_withdrawn(world: World) -> None:
    world.kill = True
    world.due()
    world.text = toml({"other": {"schedule": '"0 5 * * *"'}})
    world.due()

    (ledger,) = world.occurrences("ledger")
    assert ledger.reason == "withdrawn"
    assert [names for _, names, _, _ in world.crawls] == [("ledger",), ("other",)]


def test_a_clock_that_was_ahead_for_a_while_does_not_keep_anything_from_being_due(world: World) -> None:
    days(world, 1)
    world.ahead = 3000 * DAY
    world.due()
    assert len(world.crawls) == 3  # due by that clock
    world.ahead = timedelta(0)
    days(world, 3)

    assert [one.began_at.date().isoformat() for one in world.occurrences()[3:]] == [
        "2026-03-22",
        "2026-03-23",
        "2026-03-24",
    ]


@pytest.mark.parametrize("back", [1, 40, 60 * 5])
def test_a_clock_that_is_set_back_a_little_does_not_run_a_thing_twice(world: World, back: int) -> None:
    days(world, 1)
    world.now = at("2026-03-22T01:30")
    world.due()
    world.ahead = -back * MINUTE
    days(world, 1, step=10 * MINUTE)
    assert ran(world)[1:] == ["03-21 01:30 +0 due", "03-22 01:30 +0 due"]
    world.now += 6 * HOUR
    world.due()

    assert ran(world)[3:] == ["03-23 01:30 +0 due"]


def test_a_schedule_by_kind_says_what_is_fetched_when(world: World) -> None:
    kinds = "{ case = '/case/' }"
    world.text = toml({"ledger": {"kinds": kinds, "schedule": '{ list = "0 * * * *", case = "0 6 * * *" }'}})
    world.due()
    world.now = START + HOUR
    world.due()
    world.now = at("2026-03-21T06:00")
    world.due()

    assert [kinds["ledger"] for _, _, kinds, _ in world.crawls] == [{"list", "case"}, {"list"}, {"list", "case"}]
    # a schedule for the whole site again: it is not new
    world.text = toml({"ledger": {"schedule": '"0 * * * *"'}})
    world.due()
    assert len(world.crawls) == 3
    world.now = at("2026-03-21T07:00")
    world.due()
    assert world.crawls[3][1:3] == (("ledger",), {})


def test_a_crawl_that_fails_is_tried_again_and_says_since_when(world: World) -> None:
    world.ends = {"ledger": SiteEnd(failed=5)}
    days(world, 3)
    row = plan(world.config, world._state.due.rows(), world.now).entries[0].row

    assert (row.failures, row.failing_since) == (4, START)
    world.ends = {}
    days(world, 1)
    row = plan(world.config, world._state.due.rows(), world.now).entries[0].row
    assert (row.failures, row.failing_since) == (0, None)


def test_an_error_is_no_end_and_leaves_no_lease(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    take = World._crawl

    def refused(self: World, sites: Sequence[SiteDefinition], errand: Errand) -> Ran:
        take(self, sites, errand)
        raise StorageError("no room left on the disk")

    with monkeypatch.context() as patch:
        patch.setattr(World, "_crawl", refused)
        with pytest.raises(StorageError):
            world.due()
    assert [one.reason for one in world._state.due.unfinished()] == ["error"]
    world.due()

    assert [again for _, _, _, again in world.crawls] == [False, True]
    assert world._state.due.rows()[0].failures == 0
    assert world._state.leases.all(world.machine()) == []


def test_a_crawl_that_cannot_be_gone_on_with_keeps_no_other_site_from_being_crawled(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.kill = True
    world.due()
    world.text += toml({"other": {"schedule": '"0 5 * * *"'}})
    take = World._crawl

    def refused(self: World, sites: Sequence[SiteDefinition], errand: Errand) -> Ran:
        if errand.resume is not None:
            raise StorageError("the disk refused to read")
        return take(self, sites, errand)

    monkeypatch.setattr(World, "_crawl", refused)
    for _ in range(2):
        with pytest.raises(StorageError, match="refused to read"):
            world.due()

    assert [names for _, names, _, _ in world.crawls] == [("ledger",), ("other",)]


def test_a_crawl_that_is_gone_on_with_under_another_id_is_the_same_occurrence(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.kill = True
    world.due()
    take = World._crawl

    def anew(self: World, sites: Sequence[SiteDefinition], errand: Errand) -> Ran:
        return take(self, sites, Errand(None, errand.kinds, errand.on_begin))

    monkeypatch.setattr(World, "_crawl", anew)
    world.due()
    world.due()

    (one,) = world.occurrences()
    assert (one.crawl, one.resumed, one.reason) == ("crawl-00002", 1, "finished")
    assert world._state.due.rows()[0].crawl == "crawl-00002"


def test_a_collection_that_another_process_writes_leaves_all_due(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(self: World, sites: object, errand: object) -> object:
        raise CollectionLockedError("expected to write this collection alone, found process 7 writing it")

    with monkeypatch.context() as patch:
        patch.setattr(World, "_crawl", locked)
        summary = world.due()
    assert summary is not None
    assert (summary.outcome, summary.next_at) == ("locked", world.now)
    assert world.occurrences() == []

    world.due()
    assert ran(world) == ["03-20 12:00 +0 new"]


def test_who_is_not_known_to_be_gone_keeps_his_lease_until_it_expires_by_a_time_that_nobody_sets(world: World) -> None:
    world.known = False
    world.takes = MINUTE
    world.kill = True
    world.due()
    world.ahead = 5 * HOUR
    held = world.due()
    world.ahead = -5 * HOUR
    still = world.due()
    assert (held and held.outcome, still and still.outcome) == ("held", "held")
    world.now += timedelta(seconds=EXPIRY + 1)
    world.due()

    assert [again for _, _, _, again in world.crawls] == [False, True]


def test_after_the_machine_was_started_anew_nobody_holds_anything(world: World) -> None:
    world.known = False
    world.kill = True
    world.due()
    world.boot += 1
    world.due()

    assert [again for _, _, _, again in world.crawls] == [False, True]


def test_what_is_next_and_what_is_late(world: World) -> None:
    made = plan(world.config, [], START)
    assert next_wake(made.entries, START) == START
    world.due()
    rows = world._state.due.rows()
    due_at = at("2026-03-21T01:30")

    assert next_wake(plan(world.config, rows, START + HOUR).entries, START + HOUR) == due_at
    for hours, late in ((0, None), (12, None), (13, due_at)):
        now = due_at + hours * HOUR
        (entry,) = plan(world.config, rows, now).entries
        assert late_since(entry, now) == late
    (entry,) = plan(world.config.__class__(**{**_fields(world), "sites": _paused(world)}), rows, due_at).entries
    assert (entry.due, late_since(entry, due_at + DAY)) == (False, None)


def _fields(world: World) -> dict[str, object]:
    config = world.config
    return {name: getattr(config, name) for name in config.__slots__}


def _paused(world: World) -> tuple[SiteDefinition, ...]:
    from dataclasses import replace

    return tuple(replace(site, paused=True) for site in world.config.sites)


def test_every_end_of_a_crawl_is_known_for_one() -> None:
    assert {"finished", "budget", "put off", "limit"} == ENDS


# -- the command, on a real collection


@pytest.fixture
def khronika(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Khronika:
    return Khronika(tmp_path / "archive", capsys)


PAGES = {
    "/": '<html><body><p>The ledger.</p><a href="/list">list</a></body></html>',
    "/list": '<html><body><a href="/case/1">one</a> <a href="/case/2">two</a></body></html>',
    "/case/1": "<html><body><h1>Case one</h1><p>Opened in May.</p></body></html>",
    "/case/2": "<html><body><h1>Case two</h1><p>Opened in June.</p></body></html>",
}


def make_due(khronika: Khronika, kind: str = "") -> None:
    """Let a site, or a kind of it, have been due yesterday."""
    with State.open(khronika.path, readonly=False) as state, state._database.writing() as connection:
        connection.exec_driver_sql("UPDATE due SET next_at = next_at - 86400000000 * 60 WHERE kind = ?", (kind,))


def test_the_command_crawls_what_is_due_and_then_says_that_nothing_is(khronika: Khronika) -> None:
    with serving(PAGES) as server:
        khronika.add_site(server.url("/"), schedule="daily", delay=0)
        status, out, _ = khronika("crawl", "--due")
        again = khronika("crawl", "--due")

    assert (status, again[0]) == (0, 0)
    assert "4 captured" in out
    assert again[1].startswith("Nothing is due. Next: ")


def test_a_run_for_the_list_leaves_pages_of_other_kinds_alone_but_new_ones(khronika: Khronika) -> None:
    with serving(PAGES) as server:
        khronika.add_site(
            server.url("/list"),
            lists=[server.url("/list")],
            delay=0,
            kinds={"case": "/case/"},
            schedule={"list": "hourly", "case": "weekly"},
        )
        assert khronika("crawl", "--due")[0] == 0
        before = len(server.paths)
        server.pages["/list"] = PAGES["/list"].replace("</body>", '<a href="/case/3">three</a></body>')
        server.pages["/case/3"] = PAGES["/case/1"].replace("one", "three")
        make_due(khronika, "list")
        assert khronika("crawl", "--due")[0] == 0
        for_list = sorted(set(server.paths[before:]) - {"/robots.txt"})
        before = len(server.paths)
        make_due(khronika, "case")
        assert khronika("crawl", "--due")[0] == 0
        for_cases = sorted(set(server.paths[before:]) - {"/robots.txt"})

    assert for_list == ["/case/3", "/list"]
    assert for_cases == ["/case/1", "/case/2", "/case/3"]


def test_beside_due_nothing_that_chooses_pages_is_taken(khronika: Khronika) -> None:
    for words in (["ledger"], ["--url", "https://example.org/"], ["--limit", "3"], ["--fresh"]):
        status, _, said = khronika("crawl", "--due", *words)
        assert status == 2
        assert "expected it without" in said


def test_without_a_schedule_the_command_says_how_to_write_one(khronika: Khronika) -> None:
    status, out, _ = khronika("crawl", "--due")

    assert status == 0
    assert 'schedule = "daily"' in out


def test_while_another_process_writes_the_collection_the_command_ends_well_and_all_stays_due(
    khronika: Khronika,
) -> None:
    with serving(PAGES) as server:
        khronika.add_site(server.url("/"), schedule="daily", delay=0)
        lock = Lock(khronika.path)
        try:
            status, out, said = khronika("crawl", "--due")
        finally:
            lock.release()
        assert (status, out.split(".")[0]) == (0, "Another process writes the collection")
        assert "stays due" in said
        assert server.paths == []
        assert "4 captured" in khronika("crawl", "--due")[1]


def test_two_processes_at_the_same_instant_make_one_crawl(khronika: Khronika) -> None:
    with serving(PAGES) as server:
        khronika.add_site(server.url("/"), schedule="daily", delay=0.3)
        command = [sys.executable, "-m", "crawler", "-C", str(khronika.path), "--json", "crawl", "--due"]
        both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
        said = [process.communicate(timeout=200) for process in both]

    assert [process.returncode for process in both] == [0, 0], said
    ends = [json.loads(out.splitlines()[-1]) for out, _ in said]
    assert sorted(len(end["crawls"]) for end in ends) == [0, 1]
    assert sorted(path for path in server.paths if path != "/robots.txt") == sorted(PAGES)
    with State.open(khronika.path, readonly=True) as state:
        assert [one.reason for one in state.due.occurrences()] == ["finished"]
        assert len(state.runs()) == 1


def test_a_killed_process_is_gone_on_with_by_the_next_one(khronika: Khronika) -> None:
    with serving(PAGES) as server:
        khronika.add_site(server.url("/"), schedule="daily", delay=2)
        command = [sys.executable, "-m", "crawler", "-C", str(khronika.path), "crawl", "--due"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while process.poll() is None and "/" not in server.paths:
            time.sleep(0.05)
        process.kill()
        process.wait()
        with State.open(khronika.path, readonly=True) as state:
            (going,) = state.due.unfinished()
        text = (khronika.path / "khronika.toml").read_text()
        (khronika.path / "khronika.toml").write_text(text.replace("delay = 2", "delay = 0"))
        status, _, said = khronika("crawl", "--due")

    assert status == 0
    assert f"going on with the unfinished crawl {going.crawl}" in said
    with State.open(khronika.path, readonly=True) as state:
        (occurrence,) = state.due.occurrences()
        assert (occurrence.crawl, occurrence.reason, occurrence.resumed) == (going.crawl, "finished", 1)
        assert [run.id for run in state.runs()] == [going.crawl]


def test_a_crawl_whose_frontier_is_damaged_is_begun_anew_under_the_same_occurrence(khronika: Khronika) -> None:
    with serving(PAGES) as server:
        khronika.add_site(server.url("/"), schedule="daily", delay=0)
        assert khronika("crawl", "--due")[0] == 0
        with State.open(khronika.path, readonly=False) as state, state._database.writing() as connection:
            connection.exec_driver_sql("UPDATE occurrences SET ended_at = NULL, reason = 'error'")
            connection.exec_driver_sql("UPDATE runs SET ended_at = NULL, reason = NULL")
            ((first,),) = connection.exec_driver_sql("SELECT id FROM runs").all()
        (khronika.path / "crawls" / first / FILE_NAME).write_bytes(b"nothing of the kind" * 500)
        status, _, said = khronika("crawl", "--due")

    assert status == 0, said
    assert "cannot be gone on with, a new one begins" in said
    with State.open(khronika.path, readonly=True) as state:
        (occurrence,) = state.due.occurrences()
        assert (occurrence.reason, occurrence.resumed) == ("finished", 1)
        assert occurrence.crawl == state.runs()[-1].id != first


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('schedule = "dialy"', "line 4: site.schedule: expected a word like"),
        ('schedule = "60 3 * * *"', "its minute cannot be read"),
        ("schedule = 5", "site.schedule: expected a word like"),
        ("schedule = {}", "site.schedule: expected a word like"),
        ('schedule = { cases = "daily" }', "site.schedule.cases: no pages of the kind 'cases' in this site. Did you"),
        ('schedule = { case = "0 0 30 2 *" }', "line 4: site.schedule.case: expected a word"),
        ('schedule = "daily"\nzone = "Europe/Vilnus"', "line 5: site.zone: expected the name of a time zone"),
        (
            'schedule = { case = "daily" }\nrevisit = { case = "weekly" }',
            "line 5: site.revisit.case and site.schedule.case both say how often",
        ),
    ],
)
def test_a_schedule_that_cannot_be_meant_is_refused_with_its_line(khronika: Khronika, lines: str, said: str) -> None:
    site = '[[site]]\nname = "ledger"\nstart = ["https://example.org/"]\n' + lines + "\nkinds = { case = '/case/' }\n"
    (khronika.path / "khronika.toml").write_text(site)
    status, _, error = khronika("crawl", "--due")

    assert status == 2
    assert said in error
    assert "Traceback" not in error


def test_the_clock_of_this_machine_has_a_zone() -> None:
    from crawler.due_crawl import utc_now

    assert abs(utc_now() - datetime.now(UTC)) < MINUTE
