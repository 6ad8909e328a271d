"""Notices of operation: what is not well is told once, and once when it is well again, by a real receiver's account."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from khronika_command import Khronika
from machine_words import names_machine
from notice_receiver import Answer, Receiver
from page_server import Reply, serving

from archive.catalogue import Catalogue
from archive.collection import Collection
from archive.state import State
from archive.troubles import KeptTrouble, Seen, Trouble, after
from crawler.config import Config, load_config
from crawler.notices import Telling
from crawler.operation import Operation, look

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
DISK = Trouble("disk", kind="warn", facts={"free": "4 GB"})
LATE = Trouble("late", "ledger", since=NOW - timedelta(hours=3))


@dataclass
class Running:
    """A collection whose troubles are those that a test names; time goes on by a minute with each look."""

    path: Path
    troubles: list[Trouble] = field(default_factory=list)
    looked_at: set[tuple[str, str]] = field(default_factory=lambda: {("disk", ""), ("late", "ledger")})
    unknown: set[str] = field(default_factory=set)
    now: datetime = NOW

    def look(
        self, collection: Collection, config: Config, state: State, catalogue: Catalogue, now: datetime
    ) -> Operation:
        seen = Seen(tuple(self.troubles), frozenset(self.looked_at), frozenset(self.unknown))
        return Operation(now, (), (), 0, {}, None, (), (), seen)

    def telling(self) -> Telling:
        self.now += timedelta(minutes=1)
        config = load_config(self.path / "khronika.toml")
        return Telling(Collection.open(self.path), config, now=lambda: self.now, chance=lambda: 0.0, look=self.look)

    def notify(self) -> None:
        self.telling().send()

    def notice(self, url: str, *, name: str = "team", more: str = 'operation = "also"') -> None:
        config = self.path / "khronika.toml"
        config.write_text(f'{config.read_text()}\n[[notice]]\nname = "{name}"\nwebhook = "{url}"\n{more}\n')


@pytest.fixture
def running(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Running:
    return Running(Khronika(tmp_path / "collection", capsys).path)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.down()


def told(receiver: Receiver) -> list[tuple[str, str, bool]]:
    return [(one.record["about"], one.record["subject"], one.record["well"]) for one in receiver.taken if one.kept]


def test_a_trouble_is_told_once_and_once_when_it_is_well_again(running: Running, receiver: Receiver) -> None:
    running.notice(receiver.url())
    running.troubles = [DISK, LATE]
    for _ in range(3):
        running.notify()
    assert sorted(told(receiver)) == [("disk", "", False), ("late", "ledger", False)]

    running.troubles = [DISK]
    for _ in range(3):
        running.notify()
    assert told(receiver)[2:] == [("late", "ledger", True)]

    # when it begins anew it is another one
    running.troubles = [DISK, Trouble("late", "ledger", since=running.now)]
    running.notify()
    assert told(receiver)[3:] == [("late", "ledger", False)]
    assert receiver.twice == []


def test_a_receiver_that_was_out_of_reach_is_told_later_with_the_same_ids(running: Running, receiver: Receiver) -> None:
    running.notice(receiver.url())
    running.troubles = [LATE]
    receiver.answer = lambda number, record: Answer(status=None)
    running.notify()
    receiver.answer = lambda number, record: Answer()
    running.troubles = []
    running.now += timedelta(hours=1)
    running.notify()

    # nobody knows whether the first attempt arrived: it is made again under the same id, and the end is told after it
    first, again, well = receiver.taken
    assert (first.key, first.record) == (again.key, again.record)
    assert (well.key, well.record["well"]) == (f"{first.key}-well", True)


def test_what_was_well_again_before_it_was_told_is_not_told(running: Running, receiver: Receiver) -> None:
    running.notice(receiver.url(), more='operation = "also"\nquiet-hours = "11:00-13:00"')
    running.troubles = [DISK]
    running.notify()
    running.troubles = []
    running.notify()
    running.now += timedelta(hours=3)
    running.notify()

    assert receiver.taken == []
    with State.open(running.path, readonly=True) as state:
        assert [str(one.state) for one in state.deliveries.all()] == ["withdrawn"]


def test_what_could_not_be_looked_at_is_not_called_well(running: Running, receiver: Receiver) -> None:
    running.notice(receiver.url())
    running.troubles = [DISK]
    running.notify()

    running.troubles, running.looked_at, running.unknown = [], set(), {"disk"}
    running.notify()
    assert told(receiver) == [("disk", "", False)]

    running.looked_at, running.unknown = {("disk", "")}, set()
    running.notify()
    assert told(receiver)[1:] == [("disk", "", True)]


def test_a_site_that_is_paused_is_not_called_well(running: Running, receiver: Receiver) -> None:
    running.notice(receiver.url())
    running.troubles = [LATE]
    running.notify()

    running.troubles, running.looked_at = [], {("disk", "")}
    running.notify()
    running.looked_at = {("disk", ""), ("late", "ledger")}
    running.notify()
    assert told(receiver) == [("late", "ledger", False)]

    # once it is looked at again, what is still so is told anew
    running.troubles = [LATE]
    running.notify()
    running.troubles = []
    running.notify()
    assert told(receiver)[1:] == [("late", "ledger", False), ("late", "ledger", True)]
    assert receiver.twice == []


def test_who_asks_only_for_changes_is_not_told(running: Running, receiver: Receiver) -> None:
    running.notice(receiver.url("/changes"), name="changes", more="")
    running.notice(
        receiver.url("/operation"), name="operation", more='operation = "only"\nform = "digest"\nat = "08:00"'
    )
    running.troubles = [DISK]

    running.notify()

    # a trouble does not wait for the hour of the digest
    assert [one.path for one in receiver.taken] == ["/operation"]


def test_a_notice_that_is_new_is_told_what_is_not_well_now(running: Running, receiver: Receiver) -> None:
    running.notice(receiver.url("/first"), name="first")
    running.troubles = [DISK, LATE]
    running.notify()
    running.troubles = [LATE]
    running.notify()

    running.notice(receiver.url("/second"), name="second")
    running.notify()

    second = [one.record["about"] for one in receiver.taken if one.path == "/second"]
    assert second == ["late"]


def test_a_notice_for_some_sites_is_told_of_these_and_of_the_whole(running: Running, receiver: Receiver) -> None:
    running.notice(receiver.url(), more='operation = "also"\nsites = ["another.example"]')
    running.troubles = [DISK, LATE, Trouble("late", "another.example", since=NOW)]

    running.notify()

    assert sorted(told(receiver)) == [("disk", "", False), ("late", "another.example", False)]


def test_a_notice_that_is_not_delivered_is_told_by_the_others(running: Running, receiver: Receiver) -> None:
    running.notice(receiver.url("/one"), name="one")
    running.notice(receiver.url("/two"), name="two")
    running.troubles = [Trouble("notice", "one", "waiting", NOW - timedelta(days=2), {"number": 3})]

    running.notify()

    assert [one.path for one in receiver.taken] == ["/two"]


@pytest.mark.parametrize(
    ("language", "title", "well"),
    [
        ("en", "ledger: no page can be had", "ledger: pages can be had again"),
        ("ru", "ledger: не удаётся получить ни одной страницы", "ledger: страницы снова удаётся получить"),
    ],
)
def test_a_message_is_for_people_and_for_programs(
    language: str, title: str, well: str, running: Running, receiver: Receiver
) -> None:
    running.notice(receiver.url(), more=f'operation = "also"\nlanguage = "{language}"\ntimezone = "Europe/Vilnius"')
    since = datetime(2026, 11, 28, 4, 30, tzinfo=UTC)
    running.looked_at.add(("failing", "ledger"))
    running.troubles = [Trouble("failing", "ledger", since=since, facts={"runs": 5})]
    running.notify()
    running.troubles = []
    running.notify()

    begun, ended = (one.record for one in receiver.taken)
    assert {key: begun[key] for key in ("type", "about", "subject", "kind", "well", "since", "until", "title")} == {
        "type": "operation",
        "about": "failing",
        "subject": "ledger",
        "kind": "",
        "well": False,
        "since": "2026-11-28T04:30:00Z",
        "until": None,
        "title": title,
    }
    assert "28" in begun["text"] and "06:30 UTC+02" in begun["text"]
    assert ("5 обходов" if language == "ru" else "5 runs") in begun["text"]
    assert (ended["title"], ended["until"]) == (well, "2026-11-30T12:02:00Z")
    assert str(running.path) not in str(begun) + str(ended)
    assert not names_machine(str(begun))


def test_a_preview_writes_nothing_and_sends_nothing(running: Running, receiver: Receiver) -> None:
    running.notice(receiver.url())
    running.troubles = [DISK]

    ((notice, message, _),) = running.telling().preview()

    assert (notice.name, message.record["about"]) == ("team", "disk")
    with State.open(running.path, readonly=True) as state:
        assert (state.troubles.all(), state.deliveries.all()) == ([], [])
    assert receiver.taken == []


def test_a_kill_before_the_answer_is_written_down_sends_the_same_message_again(
    running: Running, receiver: Receiver
) -> None:
    running.notice(receiver.url())
    (running.path / "keys" / "log.pem").chmod(0o644)
    receiver.answer = lambda number, record: Answer(seconds=30.0 if number == 0 else 0.0)
    command = [sys.executable, "-m", "crawler", "-C", str(running.path), "notify"]
    first = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert receiver.came.wait(60)
    first.send_signal(signal.SIGKILL)
    first.wait()

    assert subprocess.run(command, check=False, capture_output=True).returncode == 0
    assert subprocess.run(command, check=False, capture_output=True).returncode == 0

    one, two = receiver.taken
    assert (one.key, one.record) == (two.key, two.record)
    assert one.record["about"] == "keys"


def test_a_crawl_tells_that_no_page_could_be_had_and_that_some_could_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], receiver: Receiver
) -> None:
    khronika = Khronika(tmp_path / "collection", capsys)
    with serving({"/": "<html><body><p>A page.</p></body></html>"}) as server:
        ignoring = {f"robots-{key}": "x" for key in ("by", "reason", "ground")}
        khronika.add_site(server.url("/"), robots="ignore", **ignoring)
        Running(khronika.path).notice(receiver.url(), more='operation = "only"')
        config = khronika.path / "khronika.toml"
        config.write_text(config.read_text().replace("[crawl]\n", "[crawl]\nretries = 0\n", 1))
        khronika.crawl()
        assert receiver.taken == []
        page, server.pages["/"] = server.pages["/"], Reply(b"", status=503)
        khronika.crawl(status=3)
        khronika.crawl(status=3)
        server.pages["/"] = page
        khronika.crawl()
        khronika.crawl()

    assert told(receiver) == [("failing", "ledger", False), ("failing", "ledger", True)]
    assert receiver.twice == []


def test_a_look_at_a_real_collection_finds_what_status_shows(running: Running) -> None:
    (running.path / "keys" / "log.pem").unlink()
    with (
        Collection.open(running.path) as collection,
        State.open(running.path, readonly=True) as state,
    ):
        seen = look(collection, load_config(collection.config_path), state, collection.catalogue, NOW).seen

    assert [one.key for one in seen.troubles] == ["keys::missing"]
    assert ("keys", "") in seen.looked_at


# ---- from one look to the next


def kept(trouble: Trouble) -> KeptTrouble:
    return KeptTrouble("trouble-1", trouble, NOW)


def test_a_clock_that_was_put_back_does_not_end_a_trouble_before_it_began() -> None:
    (ended,) = after([kept(DISK)], Seen((), frozenset({("disk", "")})), NOW - timedelta(days=1))

    assert (ended.ended_at, ended.dropped) == (NOW, False)


def test_a_trouble_has_the_same_id_after_a_backup_was_put_back() -> None:
    seen = Seen((LATE,), frozenset())
    ids = {after([], seen, NOW + timedelta(hours=hours))[0].id for hours in (0, 5)}

    assert len(ids) == 1


def test_two_troubles_at_a_time_have_two_ids() -> None:
    seen = Seen((LATE, Trouble("failing", "ledger", since=LATE.since), DISK), frozenset())

    assert len({one.id for one in after([], seen, NOW)}) == 3
