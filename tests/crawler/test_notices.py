"""Notices: real receivers, real kills. Each change arrives once by its id, and where to is written nowhere."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import forked
import pytest
from khronika_command import Khronika
from machine_words import names_machine
from notice_receiver import Answer, Receiver
from page_server import serving

from archive.catalogue import Catalogue
from archive.collection import Collection
from archive.state import State
from crawler.config import load_config, read_config
from crawler.notice_ways import Outcome
from crawler.notices import LONGEST_WAIT, PATIENT, Telling, backoff

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
TOKEN = "s3cr3t-t0ken-of-the-hook"
CASES = 5


def page(name: str, term: str) -> str:
    return (
        f"<html lang=en><head><title>Case of {name}</title></head><body><main><article><h1>Case of {name}</h1>"
        f"<p>{name}, who is invented, was sentenced to {term} years in a colony. The court read the verdict on a "
        f"Tuesday, and relatives waited outside until the evening of {name}'s day.</p></article></main></body></html>"
    )


NAMES = ("Ivan Primerov", "Anna Obrazcova", "Pyotr Vymyslov", "Olga Skazkina", "Lev Nebylicyn")


def index() -> str:
    links = "".join(f'<li><a href="/case/{number}/">{name}</a></li>' for number, name in enumerate(NAMES))
    head = "<html lang=en><head><title>Cases</title></head>"
    return f"{head}<body><main><h1>Cases</h1><ul>{links}</ul></main></body></html>"


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A collection of five cases, each of which was edited once."""
    path = tmp_path_factory.mktemp("notices") / "collection"
    pages: dict[str, Any] = {"/": index()}
    pages |= {f"/case/{number}/": page(name, "five") for number, name in enumerate(NAMES)}

    def khronika(*words: str) -> None:
        ran = forked.khronika(words)
        assert ran.returncode == 0, ran.stdout + ran.stderr

    with serving(pages) as server:
        khronika("init", str(path), "--operator", "Ledger Project <ledger@example.org>")
        config = path / "khronika.toml"
        text = config.read_text().replace("\n[crawl]\n", "\n[crawl]\nfetch-processes = 0\nworkers = 1\n", 1)
        config.write_text(f'{text}\n[[site]]\nname = "ledger"\nstart = ["{server.url()}"]\n')
        khronika("-C", str(path), "crawl", "ledger", "--delay", "0")
        for number, name in enumerate(NAMES):
            server.pages[f"/case/{number}/"] = page(name, "eight")
        khronika("-C", str(path), "crawl", "ledger", "--delay", "0")
    yield path


@pytest.fixture
def path(crawled: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(crawled, tmp_path / "collection"))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.down()


def add_notice(path: Path, url: str, *, name: str = "team", since: datetime = LONG_AGO, more: str = "") -> None:
    """A notice that was there before anything was captured."""
    secret = path / "keys" / f"notice-{name}"
    secret.write_text(url)
    secret.chmod(0o600)
    config = path / "khronika.toml"
    config.write_text(
        f'{config.read_text()}\n[[notice]]\nname = "{name}"\nwebhook-file = "keys/{secret.name}"\n{more}\n'
    )
    note(path, since)


def note(path: Path, since: datetime) -> None:
    with State.open(path, readonly=False) as state:
        rules = {notice.name: notice.rules_text() for notice in load_config(path / "khronika.toml").notices}
        state.deliveries.note_rules(rules, since)


def telling(path: Path, **more: Any) -> Telling:
    collection = Collection.open(path)
    return Telling(collection, load_config(path / "khronika.toml"), chance=lambda: 0.0, **more)


def notify(path: Path, *words: str, environ: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return forked.khronika(["-C", str(path), *words], env={**os.environ, **(environ or {})})


def states(path: Path, notice: str = "team") -> list[str]:
    with State.open(path, readonly=True) as state:
        return [str(one.state) for one in state.deliveries.all(notice)]


def change_ids(path: Path) -> list[str]:
    with Catalogue.open(path / "catalogue.sqlite", readonly=True) as catalogue:
        return [row.id for row in catalogue.changes(settled=True, kinds=["edited"])]


class Clock:
    def __init__(self) -> None:
        self.at = datetime(2026, 11, 30, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at


# ---- what is told


def test_each_change_arrives_once_in_the_order_in_which_the_pages_changed(path: Path, receiver: Receiver) -> None:
    add_notice(path, receiver.url())

    (told,) = telling(path).send()
    (again,) = telling(path).send()

    assert receiver.keys == change_ids(path)
    assert len(receiver.keys) == CASES
    assert (told.sent, told.waiting, again.sent) == (CASES, 0, 0)


def test_a_message_says_what_changed_and_nothing_of_the_operator(path: Path, receiver: Receiver) -> None:
    add_notice(path, receiver.url())

    telling(path).send()

    record = receiver.taken[0].record
    assert record["id"] == receiver.taken[0].key
    assert (record["type"], record["kind"], record["site"]) == ("change", "edited", "ledger")
    assert record["title"].startswith("Case of ")
    assert "five" in record["text"] and "eight" in record["text"]
    assert any(edit["before"] and "five" in edit["before"] for edit in record["edits"])
    assert 0 < record["weight"] <= 1 and record["reasons"]
    said = json.dumps([[one.record, one.headers] for one in receiver.taken])
    assert not names_machine(said)
    for secret in (str(path), "Ledger Project", "ledger@example.org", "python", "User-Agent"):
        assert secret not in said


def test_what_was_before_a_notice_is_not_told(path: Path, receiver: Receiver) -> None:
    add_notice(path, receiver.url(), since=datetime.now(UTC))

    (told,) = telling(path).send()

    assert (told.sent, told.waiting, receiver.taken) == (0, 0, [])


def test_a_crawl_tells_at_its_end_what_it_found(
    tmp_path: Path, receiver: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving({"/": page("Ivan Primerov", "five")}) as server:
        khronika = Khronika(tmp_path / "collection", capsys)
        khronika.add_site(server.url())
        config = khronika.path / "khronika.toml"
        config.write_text(f'{config.read_text()}\n[[notice]]\nname = "team"\nwebhook = "{receiver.url("/" + TOKEN)}"\n')
        khronika.crawl()
        server.pages["/"] = page("Ivan Primerov", "eight")
        _, _, said = khronika("crawl", "ledger", "--delay", "0")

    assert len(receiver.keys) == 1
    assert "notice team: 1 change told" in said
    assert TOKEN not in said


def test_a_receiver_that_is_down_fails_no_crawl_and_status_says_what_waits(
    tmp_path: Path, receiver: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    receiver.down()
    with serving({"/": page("Ivan Primerov", "five")}) as server:
        khronika = Khronika(tmp_path / "collection", capsys)
        khronika.add_site(server.url())
        add_notice(khronika.path, receiver.url())
        khronika.crawl()
        server.pages["/"] = page("Ivan Primerov", "eight")
        status, _, said = khronika("crawl", "ledger", "--delay", "0")

    assert status == 0
    assert "notice team: 1 change still to be told: connection refused" in said
    (warning,) = khronika.warnings("notice")
    assert "1 change not told yet" in warning["words"] and "connection refused" in warning["words"]
    assert khronika("notify")[0] == 3
    receiver.up()
    assert khronika("notify", "--now")[0] == 0
    assert len(receiver.keys) == 1
    assert khronika.warnings("notice") == []


def test_lighter_changes_other_sites_and_other_kinds_are_not_told(path: Path, receiver: Receiver) -> None:
    add_notice(path, receiver.url(), name="heavy", more="minimum-weight = 1.0")
    add_notice(path, receiver.url(), name="gone", more='kinds = ["gone", "moved"]')
    add_notice(path, receiver.url(), name="other", more='sites = ["example.org"]')
    add_notice(path, receiver.url(), name="site", more='[[notice.site]]\nname = "ledger"\nminimum-weight = 1')

    told = telling(path).send()

    assert [one.sent for one in told] == [0, 0, 0, 0]
    assert receiver.taken == []


def test_other_rules_count_for_what_is_captured_from_then_on(path: Path, receiver: Receiver) -> None:
    add_notice(path, receiver.url(), more="minimum-weight = 1.0")
    telling(path).send()
    config = path / "khronika.toml"
    config.write_text(config.read_text().replace("minimum-weight = 1.0", "minimum-weight = 0.0"))

    telling(path).send()

    assert receiver.taken == [], "the pages were captured while the notice told heavier changes alone"


def test_a_rule_that_is_stricter_now_loses_nothing_of_what_was_captured_before(path: Path, receiver: Receiver) -> None:
    add_notice(path, receiver.url())
    config = path / "khronika.toml"
    config.write_text(config.read_text().replace('\nname = "team"', '\nname = "team"\nminimum-weight = 1.0'))

    telling(path).send()

    assert len(receiver.keys) == CASES


def test_a_notice_that_was_taken_out_for_a_while_tells_nothing_of_that_while(path: Path, receiver: Receiver) -> None:
    before = (path / "khronika.toml").read_text()
    add_notice(path, receiver.url(), since=LONG_AGO)
    written = (path / "khronika.toml").read_text()
    (path / "khronika.toml").write_text(before)
    note(path, LONG_AGO + timedelta(days=1))
    (path / "khronika.toml").write_text(written)

    telling(path).send()

    assert receiver.taken == []


def test_a_rebuilt_catalogue_tells_nothing_again(path: Path, receiver: Receiver) -> None:
    add_notice(path, receiver.url())
    telling(path).send()

    assert notify(path, "rebuild").returncode == 0
    (told,) = telling(path).send()

    assert (told.sent, told.waiting) == (0, 0)
    assert len(receiver.keys) == CASES


def test_the_same_edit_on_many_pages_is_told_once(path: Path, receiver: Receiver) -> None:
    add_notice(path, receiver.url())
    regroup(path, change_ids(path)[:3], "g0000000000000001")

    telling(path).send()

    assert len(receiver.keys) == CASES - 2
    (group,) = [one for one in receiver.taken if one.key == "g0000000000000001"]
    assert len(group.record["pages"]) == 3
    assert set(states(path)) == {"sent"}


def test_a_page_that_comes_to_a_group_which_was_told_is_told_with_it(path: Path, receiver: Receiver) -> None:
    add_notice(path, receiver.url(), more="minimum-weight = 0.0")
    ids = change_ids(path)
    regroup(path, ids[:4], "g0000000000000001")
    with Catalogue.open(path / "catalogue.sqlite", readonly=False) as catalogue:
        late = [replace(row, settled_by="") for row in catalogue.changes() if row.id == ids[3]]
        catalogue.replace_changes(late)
    telling(path).send()
    regroup(path, [ids[3]], "g0000000000000001")

    telling(path).send()

    assert receiver.keys.count("g0000000000000001") == 1
    assert len(receiver.keys) == 2
    assert states(path) == ["sent"] * CASES


def regroup(path: Path, ids: list[str], group: str) -> None:
    with Catalogue.open(path / "catalogue.sqlite", readonly=False) as catalogue:
        rows = [row for row in catalogue.changes() if row.id in ids]
        catalogue.replace_changes([replace(row, group_id=group, settled_by="1") for row in rows])


def test_a_change_that_newer_rules_take_for_noise_is_withdrawn(path: Path, receiver: Receiver) -> None:
    add_notice(path, receiver.url())
    receiver.down()
    telling(path).send()
    with Catalogue.open(path / "catalogue.sqlite", readonly=False) as catalogue:
        rows = list(catalogue.changes(kinds=["edited"]))
        catalogue.replace_changes([replace(rows[0], kind=type(rows[0].kind).NOISE)])
    receiver.up()

    (told,) = telling(path).send(hurry=True)

    assert (told.withdrawn, told.sent, told.waiting) == (1, CASES - 1, 0)


def test_the_words_of_a_withheld_capture_are_in_no_message(path: Path, receiver: Receiver) -> None:
    add_notice(path, receiver.url())
    add_notice(path, receiver.url(), name="week", more='form = "digest"')
    with Catalogue.open(path / "catalogue.sqlite", readonly=True) as catalogue:
        held = next(catalogue.changes(kinds=["edited"]))
    assert notify(path, "withhold", held.to_record, "--ground", "a court's order", "--yes").returncode == 0

    telling(path).send()

    about = [one.record for one in receiver.taken if one.record.get("url") == held.url]
    (digest,) = [one.record for one in receiver.taken if one.record["type"] == "digest"]
    about += [one for one in digest["changes"] if one["url"] == held.url]
    assert len(about) == 2
    name = NAMES[int(held.url.rstrip("/")[-1])]
    for record in about:
        assert (record["withheld"], record["edits"], record["title"], record["reasons"]) == (True, [], None, [])
        assert name not in json.dumps(record)
    assert name not in digest["text"] and name not in digest["html"]


# ---- at least once, and never twice


@pytest.mark.parametrize("seconds", [0.0, 0.3, 0.8])
def test_a_process_that_is_killed_twice_tells_each_change_once_by_its_id(
    path: Path, receiver: Receiver, seconds: float
) -> None:
    add_notice(path, receiver.url())
    receiver.answer = lambda number, record: Answer(seconds=0.4)
    for message in (1, 3):
        process = subprocess.Popen([sys.executable, "-m", "crawler", "-C", str(path), "-q", "notify", "--now"])
        wait_for(lambda wanted=message: len(receiver.taken) >= wanted)
        time.sleep(seconds)
        process.kill()
        process.wait()
    receiver.answer = lambda number, record: Answer()

    ended = notify(path, "notify", "--now")

    assert ended.returncode == 0, ended.stderr
    assert list(dict.fromkeys(receiver.keys)) == change_ids(path), "each, in order; what came twice had the same id"
    assert set(states(path)) == {"sent"}
    bodies = {one.key: one.record for one in receiver.taken}
    assert all(bodies[one.key] == one.record for one in receiver.taken), "and the same words"


def wait_for(done: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not done():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_an_answer_that_does_not_come_leads_to_the_same_message_again(path: Path, receiver: Receiver) -> None:
    add_notice(path, receiver.url())
    receiver.answer = lambda number, record: Answer(None if number == 0 else 200)

    (told,) = telling(path).send()
    assert (told.sent, told.error) == (0, "broken off before an answer")
    telling(path).send(hurry=True)

    assert receiver.twice == [receiver.keys[0]]
    assert len(set(receiver.keys)) == CASES


def test_a_receiver_that_is_down_for_an_hour_gets_each_change_once_and_was_asked_seldom(
    path: Path, receiver: Receiver
) -> None:
    add_notice(path, receiver.url())
    clock = Clock()
    receiver.answer = lambda number, record: Answer(503)
    for _ in range(60):
        telling(path, now=clock).send()
        clock.at += timedelta(minutes=1)
    asked = len(receiver.taken)
    receiver.answer = lambda number, record: Answer()
    while True:
        (told,) = telling(path, now=clock).send()
        if not told.waiting:
            break
        assert told.next_at is not None
        clock.at = told.next_at

    assert PATIENT <= asked <= 10, "not at every minute, and not for every change each time"
    assert sorted(receiver.keys) == sorted(change_ids(path))
    assert receiver.twice == []


def test_a_real_outage_is_waited_out(path: Path, receiver: Receiver) -> None:
    add_notice(path, receiver.url())
    receiver.down()
    assert notify(path, "notify").returncode == 3
    assert notify(path, "notify").returncode == 3, "not due again yet"
    with State.open(path, readonly=True) as state:
        assert [one.attempts for one in state.deliveries.open("team")] == [1, 0, 0, 0, 0]
    receiver.up()
    assert notify(path, "notify").returncode == 3

    assert notify(path, "notify", "--now").returncode == 0

    assert receiver.keys == change_ids(path)


def test_waits_grow_are_spread_and_have_a_limit() -> None:
    waits = [backoff(attempts, 0.0).total_seconds() for attempts in range(1, 40)]

    assert waits[:4] == [30, 60, 120, 240]
    assert waits == sorted(waits)
    assert max(waits) == LONGEST_WAIT
    assert backoff(3, 1.0) == backoff(3, 0.0) / 2
    assert backoff(1, 0.5, retry_after=900) == timedelta(seconds=900)
    assert backoff(1, 0.5, retry_after=10**9) == timedelta(days=1)


def test_a_message_that_is_refused_does_not_keep_the_others(path: Path, receiver: Receiver) -> None:
    add_notice(path, receiver.url())
    bad = change_ids(path)[1]
    receiver.answer = lambda number, record: Answer(422 if record["id"] == bad else 200)

    (told,) = telling(path).send()

    assert (told.sent, told.waiting, told.error) == (CASES - 1, 1, "answered 422")
    assert bad not in receiver.keys


def test_a_message_on_which_the_receiver_fails_each_time_lets_the_others_pass_in_the_end(
    path: Path, receiver: Receiver
) -> None:
    add_notice(path, receiver.url())
    bad = change_ids(path)[0]
    receiver.answer = lambda number, record: Answer(500 if record["id"] == bad else 200)

    sent = [telling(path).send(hurry=True)[0].sent for _ in range(PATIENT)]

    assert sent == [0] * (PATIENT - 1) + [CASES - 1]


def test_what_could_not_be_sent_for_long_is_given_up_and_shown(path: Path, receiver: Receiver) -> None:
    add_notice(path, receiver.url(), more="give-up-days = 3")
    receiver.answer = lambda number, record: Answer(410)
    clock = Clock()
    telling(path, now=clock).send()
    clock.at += timedelta(days=3, minutes=1)

    (told,) = telling(path, now=clock).send()

    assert told.failed == 1, "the others were never tried"
    assert states(path).count("failed") == 1
    shown = notify(path, "status").stdout
    assert "1 change given up: answered 410" in shown
    receiver.answer = lambda number, record: Answer()
    assert notify(path, "notify", "--again", "--now").returncode == 0
    assert sorted(receiver.keys) == sorted(change_ids(path))


def test_only_one_process_sends_at_a_time(path: Path, receiver: Receiver) -> None:
    add_notice(path, receiver.url())
    met, over = threading.Event(), threading.Event()
    receiver.answer = lambda number, record: (met.set(), over.wait(25), Answer())[2]
    first = subprocess.Popen([sys.executable, "-m", "crawler", "-C", str(path), "-q", "notify"])
    try:
        assert met.wait(60)
        second = notify(path, "notify")
    finally:
        over.set()
        assert first.wait(60) == 0

    assert second.returncode == 11
    assert "expected to send notices alone" in second.stderr
    assert receiver.keys == change_ids(path)


def test_notices_are_sent_while_the_collection_is_being_written(path: Path, receiver: Receiver) -> None:
    add_notice(path, receiver.url())

    with Collection.open(path).writer():
        ended = notify(path, "notify")

    assert ended.returncode == 0, ended.stderr
    assert len(receiver.keys) == CASES


def test_an_interrupted_run_leaves_the_rest_for_the_next(path: Path, receiver: Receiver) -> None:
    add_notice(path, receiver.url())
    one = telling(path)
    receiver.answer = lambda number, record: (one.stopping.set(), Answer())[1]

    (told,) = one.send()

    assert (told.sent, told.waiting) == (1, CASES - 1)


def test_ctrl_c_ends_a_run_after_the_message_on_its_way(path: Path, receiver: Receiver) -> None:
    add_notice(path, receiver.url())
    receiver.answer = lambda number, record: Answer(seconds=1.5)
    process = subprocess.Popen([sys.executable, "-m", "crawler", "-C", str(path), "-q", "notify"])
    receiver.came.wait(60)

    process.send_signal(signal.SIGINT)

    assert process.wait(60) == 4
    assert len(receiver.keys) < CASES
    assert states(path).count("sent") == len(receiver.keys), "what was on its way is known to have arrived"


# ---- when


def test_quiet_hours_keep_what_is_due_until_they_end(path: Path, receiver: Receiver) -> None:
    add_notice(path, receiver.url(), more='quiet-hours = "22:00-07:00"\ntimezone = "Europe/Berlin"')
    clock = Clock()
    clock.at = datetime(2026, 11, 30, 22, 30, tzinfo=UTC)

    (told,) = telling(path, now=clock).send(hurry=True)
    assert (told.sent, told.waiting, told.next_at) == (0, CASES, datetime(2026, 12, 1, 6, tzinfo=UTC))
    clock.at = told.next_at
    telling(path, now=clock).send()

    assert len(receiver.keys) == CASES


def test_a_digest_tells_all_since_the_last_in_one_message(path: Path, receiver: Receiver) -> None:
    add_notice(path, receiver.url(), more='form = "digest"\nlanguage = "ru"')

    telling(path).send()
    telling(path).send()

    (one,) = receiver.taken
    assert sorted(told for change in one.record["changes"] for told in change["ids"]) == sorted(change_ids(path))
    assert "5 изменений на 5 страницах 1 сайта." in one.record["text"]
    assert one.record["html"].startswith("<!DOCTYPE html>")


def test_a_digest_is_sent_at_its_time_of_day(path: Path, receiver: Receiver) -> None:
    add_notice(path, receiver.url(), more='form = "digest"\nat = "08:00"\ntimezone = "Europe/Moscow"')
    clock = Clock()
    (told,) = telling(path, now=clock).send()
    assert (told.sent, told.waiting, told.next_at) == (0, CASES, datetime(2026, 12, 1, 5, tzinfo=UTC))

    clock.at = told.next_at - timedelta(seconds=1)
    assert telling(path, now=clock).send()[0].sent == 0
    clock.at = told.next_at
    assert telling(path, now=clock).send()[0].sent == 1

    assert len(receiver.keys) == 1


def test_a_digest_that_failed_is_sent_again_as_it_was_and_what_is_new_in_another(
    path: Path, receiver: Receiver
) -> None:
    add_notice(path, receiver.url(), more='form = "digest"')
    ids = change_ids(path)
    with Catalogue.open(path / "catalogue.sqlite", readonly=False) as catalogue:
        late = [row for row in catalogue.changes() if row.id in ids[3:]]
        catalogue.replace_changes([replace(row, settled_by="") for row in late])
    receiver.answer = lambda number, record: Answer(500)
    telling(path).send()
    with Catalogue.open(path / "catalogue.sqlite", readonly=False) as catalogue:
        catalogue.replace_changes([replace(row, settled_by="1") for row in late])
    receiver.answer = lambda number, record: Answer()

    telling(path).send(hurry=True)

    told = [sorted(told for change in one.record["changes"] for told in change["ids"]) for one in receiver.taken]
    assert told == [sorted(ids[:3]), sorted(ids[:3]), sorted(ids[3:])]
    assert receiver.taken[0].key == receiver.taken[1].key != receiver.taken[2].key


# ---- ways


def test_a_redirect_is_not_followed_with_the_token(path: Path, receiver: Receiver) -> None:
    with closing_receiver() as other:
        add_notice(path, receiver.url("/" + TOKEN))
        location = (("Location", other.url("/" + TOKEN)),)
        receiver.answer = lambda number, record: Answer(307, headers=location, echo=True)

        (told,) = telling(path).send()

        assert other.taken == []
    assert told.error.startswith("answered 307, a redirect, which is not followed")
    assert TOKEN not in told.error


@contextmanager
def closing_receiver(**more: Any) -> Iterator[Receiver]:
    receiver = Receiver(**more)
    try:
        yield receiver
    finally:
        receiver.down()


def test_a_receiver_whose_certificate_does_not_hold_is_told_nothing(path: Path) -> None:
    import ssl

    import trustme

    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with closing_receiver(tls=context) as receiver:
        add_notice(path, receiver.url("/" + TOKEN))
        (told,) = telling(path).send()
        assert (told.sent, told.error, receiver.taken) == (0, "its certificate is not trusted", [])
        (path / "own.pem").write_bytes(authority.cert_pem.bytes())
        config = path / "khronika.toml"
        config.write_text(config.read_text().replace('\nname = "team"', '\nname = "team"\ncertificate = "own.pem"'))

        telling(path).send(hurry=True)

        assert len(receiver.keys) == CASES


def test_a_receiver_that_answers_octet_by_octet_is_left_in_time(path: Path) -> None:
    from crawler.notice_ways import Message, post
    from crawler.route import DIRECT

    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def trickle() -> None:
            client, _ = server.accept()
            with client:
                for octet in b"HTTP/1.1 200 OK\r\nX: " + b"y" * 10_000:
                    if stop.wait(0.05):
                        return
                    try:
                        client.sendall(bytes([octet]))
                    except OSError:
                        return

        thread = threading.Thread(target=trickle)
        thread.start()
        outcome = post(
            f"http://127.0.0.1:{server.getsockname()[1]}/", Message("c1", "t", "t", {}), DIRECT, patience=0.5
        )
        stop.set()
        thread.join()

    assert outcome == Outcome("no answer within 0.5 s")


def test_a_program_is_given_the_message_and_not_the_passphrase(path: Path, tmp_path: Path) -> None:
    config = path / "khronika.toml"
    script = tmp_path / "tell.sh"
    script.write_text('#!/bin/sh\ncat >> "$1"\nenv >> "$2"\necho out; echo err >&2\n')
    script.chmod(0o755)
    command = json.dumps([str(script), str(tmp_path / "messages"), str(tmp_path / "environment")])
    config.write_text(f'{config.read_text()}\n[[notice]]\nname = "team"\ncommand = {command}\n')
    note(path, LONG_AGO)

    ended = notify(path, "notify", environ={"KHRONIKA_PASSPHRASE": "long and secret"})

    assert ended.returncode == 0
    assert ended.stdout == "notice team: 5 changes told\n"
    told = [json.loads(line) for line in (tmp_path / "messages").read_text().splitlines()]
    assert [one["id"] for one in told] == change_ids(path)
    assert "long and secret" not in (tmp_path / "environment").read_text()


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["/bin/sh", "-c", "exit 7"], "the program ended with status 7"),
        (["/bin/sh", "-c", "kill -9 $$"], "the program was ended by signal 9"),
        (["no-such-program-of-khronika"], "the program was not found"),
        (["keys"], "the program was not found"),
        (["./keys"], "the program could not be started (Permission denied)"),
        (["/bin/sh", "-c", "exec <&-; exit 3"], "the program ended with status 3"),
    ],
)
def test_a_program_that_fails_is_said_in_words(path: Path, command: list[str], words: str) -> None:
    config = path / "khronika.toml"
    config.write_text(f'{config.read_text()}\n[[notice]]\nname = "team"\ncommand = {json.dumps(command)}\n')
    note(path, LONG_AGO)

    (told,) = telling(path).send()

    assert (told.sent, told.error) == (0, words)


def test_a_program_that_hangs_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    from crawler.notice_ways import Message, run

    mark = tmp_path / "alive"
    script = f"(sleep 2; touch {mark}) & sleep 60"

    outcome = run(["/bin/sh", "-c", script], Message("c1", "t", "t", {}), tmp_path, patience=0.3)

    assert outcome == Outcome("the program did not end within 0.3 s")
    time.sleep(2.5)
    assert not mark.exists()


@pytest.mark.parametrize("scheme", ["socks5", "http"])
def test_the_proxy_of_the_crawl_is_the_way_to_the_receiver_too(path: Path, scheme: Literal["socks5", "http"]) -> None:
    from proxy_server import ProxyServer

    config = path / "khronika.toml"
    # a name that the proxy alone knows
    names = {"receiver.internal": "127.0.0.1"}
    with ProxyServer(names, credentials=("me", TOKEN)) as proxy, closing_receiver() as receiver:
        address = proxy.url(scheme, user=f"me:{TOKEN}")
        config.write_text(config.read_text().replace("\n[crawl]\n", f'\n[crawl]\nproxy = "{address}"\n', 1))
        add_notice(path, f"http://receiver.internal:{receiver.port}/hook")
        (told,) = telling(path).send()

        assert {asked.host for asked in proxy.asked} == {"receiver.internal"}
        assert receiver.keys == change_ids(path)
    assert (told.sent, told.error) == (CASES, "")


def test_a_proxy_that_fails_is_no_reason_to_go_straight(path: Path, receiver: Receiver) -> None:
    config = path / "khronika.toml"
    config.write_text(config.read_text().replace("\n[crawl]\n", '\n[crawl]\nproxy = "socks5://127.0.0.1:9"\n', 1))
    add_notice(path, f"http://localhost.internal:{receiver.port}/hook")

    (told,) = telling(path).send()

    assert (told.sent, told.error, receiver.taken) == (0, "no way through the proxy", [])


def test_sites_with_proxies_of_their_own_need_a_word_on_the_way_to_the_receiver(path: Path, receiver: Receiver) -> None:
    config = path / "khronika.toml"
    text = config.read_text().replace('\nname = "ledger"', '\nname = "ledger"\nproxy = "socks5://127.0.0.1:9"')
    config.write_text(text)
    add_notice(path, receiver.url())
    (told,) = telling(path).send()
    assert told.error.startswith("expected proxy, because sites have proxies of their own")
    config.write_text(config.read_text().replace('\nname = "team"', '\nname = "team"\nproxy = "direct"'))

    telling(path).send(hurry=True)

    assert len(receiver.keys) == CASES


def test_apprise_does_not_go_round_a_proxy(path: Path) -> None:
    config = path / "khronika.toml"
    text = config.read_text().replace("\n[crawl]\n", '\n[crawl]\nproxy = "socks5://127.0.0.1:9"\n', 1)
    config.write_text(f'{text}\n[[notice]]\nname = "team"\napprise = "json://127.0.0.1:9/x"\n')
    note(path, LONG_AGO)

    (told,) = telling(path).send()

    assert "without the proxy of these settings" in told.error


def test_apprise_delivers_to_a_local_receiver(path: Path, receiver: Receiver) -> None:
    pytest.importorskip("apprise")
    config = path / "khronika.toml"
    address = f"json://user:{TOKEN}@127.0.0.1:{receiver.port}/hook"
    config.write_text(f'{config.read_text()}\n[[notice]]\nname = "team"\napprise-env = "NOTICE_URL"\nform = "digest"\n')
    note(path, LONG_AGO)

    ended = notify(path, "notify", environ={"NOTICE_URL": address})

    assert ended.returncode == 0, ended.stdout + ended.stderr
    (one,) = receiver.taken
    assert one.record["title"].startswith("What changed")
    assert all(name in one.record["message"] for name in NAMES)
    assert "[digest-" in one.record["message"]


def test_apprise_sends_mail_that_does_not_name_this_machine(path: Path) -> None:
    pytest.importorskip("apprise")
    from aiosmtpd.controller import Controller
    from aiosmtpd.smtp import Envelope, Session

    mails: list[tuple[str, bytes]] = []

    class Handler:
        async def handle_DATA(self, server: object, session: Session, envelope: Envelope) -> str:  # noqa: N802
            mails.append((str(session.host_name), bytes(envelope.content or b"")))
            return "250 OK"

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(Handler(), hostname="127.0.0.1", port=port)
    controller.start()
    try:
        url = f"mailto://127.0.0.1:{port}/?from=khronika@example.org&to=team@example.org&mode=insecure"
        config = path / "khronika.toml"
        config.write_text(f'{config.read_text()}\n[[notice]]\nname = "team"\napprise = "{url}"\nform = "digest"\n')
        note(path, LONG_AGO)
        (told,) = telling(path).send()
    finally:
        controller.stop()

    assert (told.sent, told.error) == (1, "")
    ((greeted, mail),) = mails
    import email

    parsed = email.message_from_bytes(mail)
    kinds = [part.get_content_type() for part in parsed.walk()]
    assert "text/html" in kinds and "text/plain" in kinds
    assert greeted == "localhost.localdomain"
    assert not names_machine(mail)


def test_apprise_that_cannot_deliver_or_is_given_nonsense_says_so(path: Path) -> None:
    pytest.importorskip("apprise")
    config = path / "khronika.toml"
    written = config.read_text()
    for url, words in (
        (f"json://127.0.0.1:9/{TOKEN}", "apprise could not deliver it"),
        (f"no-such-service://{TOKEN}", "apprise knows no service of that address"),
    ):
        config.write_text(f'{written}\n[[notice]]\nname = "team"\napprise = "{url}"\n')
        note(path, LONG_AGO)
        (told,) = telling(path).send(hurry=True)
        assert told.error.startswith(words)
        assert TOKEN not in told.error


def test_a_test_message_is_sent_and_noted_nowhere(path: Path, receiver: Receiver) -> None:
    add_notice(path, receiver.url(), more='language = "ru"')

    ended = notify(path, "notify", "test", "team")

    assert ended.returncode == 0
    (one,) = receiver.taken
    assert (one.record["type"], one.record["title"]) == ("test", "Хроника: это проверка")
    assert states(path) == []
    receiver.down()
    failed = notify(path, "notify", "test", "team")
    assert (failed.returncode, failed.stdout) == (1, "notice team: connection refused\n")


def test_a_dry_run_shows_what_would_be_sent_and_sends_nothing(path: Path, receiver: Receiver) -> None:
    add_notice(path, receiver.url("/" + TOKEN))

    shown = notify(path, "--json", "notify", "--dry-run")

    records = [json.loads(line) for line in shown.stdout.splitlines()]
    assert [one["id"] for one in records] == change_ids(path)
    assert receiver.taken == []
    assert states(path) == []
    assert TOKEN not in shown.stdout + shown.stderr


def test_the_name_of_a_notice_that_is_not_there_is_refused(path: Path, receiver: Receiver) -> None:
    add_notice(path, receiver.url())

    for words in (("notify", "--notice", "tam"), ("notify", "test", "tam")):
        ended = notify(path, *words)
        assert ended.returncode == 2
        assert "expected the name of a [[notice]] of khronika.toml, found 'tam'; there are: team" in ended.stderr


# ---- secrets


def test_where_to_is_written_nowhere_whatever_goes_wrong(path: Path, tmp_path: Path) -> None:
    """All that a run writes, with -v, with an error that is not foreseen, and with answers that quote the address."""
    said: list[str] = []
    with closing_receiver() as receiver:
        receiver.answer = lambda number, record: Answer(
            (200, 500, 302, 403)[number % 4], headers=(("Location", f"http://127.0.0.1:1/{TOKEN}"),), echo=True
        )
        add_notice(path, receiver.url("/" + TOKEN))
        add_notice(path, f"http://127.0.0.1:9/{TOKEN}", name="down")
        add_notice(path, f"https://no-such-host.invalid/{TOKEN}", name="unknown")
        add_notice(path, f"ftp://127.0.0.1/{TOKEN}", name="wrong")
        add_notice(path, f"https://user:{TOKEN}@127.0.0.1/", name="user")
        config = path / "khronika.toml"
        extra = '\n[[notice]]\nname = "app"\napprise-env = "NOTICE_URL"\n'
        config.write_text(config.read_text() + extra)
        note(path, LONG_AGO)
        environ = {"NOTICE_URL": f"json://me:{TOKEN}@127.0.0.1:9/{TOKEN}", "KHRONIKA_DEBUG": "1", "PYTHONDEVMODE": "1"}
        watched: list[str] = []
        stop = threading.Event()
        watcher = threading.Thread(target=watch_commands, args=(watched, stop))
        watcher.start()
        for words in (("-v", "notify"), ("--json", "notify", "--now"), ("-v", "notify", "--now", "--again")):
            ended = notify(path, *words, environ=environ)
            said += [ended.stdout, ended.stderr]
        said.append(notify(path, "-v", "notify", "test", "down").stdout)
        said.append(notify(path, "-v", "status").stdout)
        stop.set()
        watcher.join()
    assert len(receiver.taken) > 2
    for file in path.rglob("*"):
        if file.is_file() and not file.name.startswith("notice-"):
            assert TOKEN.encode() not in file.read_bytes(), file.name
    assert TOKEN not in "".join(said)
    assert "Traceback" not in "".join(said)
    assert any("crawler" in one for one in watched), "the watcher saw the processes"
    assert TOKEN not in "".join(watched)


def watch_commands(seen: list[str], stop: threading.Event) -> None:
    while not stop.wait(0.02):
        for process in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                line = process.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            except OSError:
                continue
            if "crawler" in line:
                seen.append(line)


def test_a_fault_in_a_library_is_told_without_its_words(
    path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    from crawler import notices

    def broken(*_: object, **__: object) -> Outcome:
        raise RuntimeError(f"cannot reach {TOKEN}")

    add_notice(path, receiver.url("/" + TOKEN))
    monkeypatch.setattr(notices, "post", broken)
    said: list[str] = []

    notices.tell_after(telling(path), said.append)

    assert said and TOKEN not in "".join(said)
    monkeypatch.undo()
    (told,) = telling(path).send(hurry=True)
    assert told.sent == CASES


def test_the_digest_of_the_settings_does_not_depend_on_the_notices() -> None:
    plain = b'[operator]\nname = "Ledger"\n\n[[site]]\nname = "a"\nstart = ["https://example.org/"]\n'
    notice = b'[[notice]]\nname = "team"\nwebhook = "https://example.org/token"\n[[notice.site]]\nname = "a"\n'

    with_notice, other = read_config(notice + plain), read_config(notice.replace(b"/token", b"/other") + plain)

    assert with_notice.digest == other.digest == read_config(plain).digest


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            'webhook = "https://x.example/T0KEN"\ncommand = ["a"]',
            "expected one of webhook, .*, found webhook and command",
        ),
        ("", "expected one of webhook, .*, found none"),
        ('webhook = "htps://x.example/T0KEN"', "line 3: notice.webhook: expected an address that begins with https://"),
        ('webhook = "http://x.example/T0KEN"', "whoever is on the way could read it"),
        ('webhook = "https://me:T0KEN@x.example/"', "without user and password"),
        ('webhook = "https://x.example/T0KEN', "expected TOML, found 'webhook …'"),
        ('webhook "https://x.example/T0KEN"', "expected TOML, found '…'"),
        ("webhook = 5", "notice.webhook: expected an address in quotation marks"),
        ('webhook-env = "https://x.example/T0KEN"', "expected the name of a variable of the environment"),
        ('apprise = "T0KEN"', "expected an address of apprise"),
        ('command = "tell T0KEN"', "expected a list of a program and its words"),
        ('command = ["a"]\nkinds = ["gon"]', "Did you mean 'gone'"),
        ('command = ["a"]\nkinds = ["noise"]', "expected a list of kinds of change"),
        ('command = ["a"]\nminimum-weight = 2', "expected a weight from 0 to 1, found 2"),
        ('command = ["a"]\nquiet-hours = "22-7"', "expected two times of day"),
        ('command = ["a"]\nquiet-hours = "22:00-22:00"', "nothing would ever be sent"),
        ('command = ["a"]\nat = "08:00"', 'at is for form = "digest"'),
        ('command = ["a"]\ncertificate = "a.pem"', "certificate is for a webhook"),
        ('command = ["a"]\nlanguage = "de"', "expected one of 'en', 'ru'"),
        ('command = ["a"]\nsites = ["ledgr"]', "no site 'ledgr' in this file. Did you mean 'ledger'"),
        (
            'command = ["a"]\nminimum_weight = 1',
            "unknown key 'minimum_weight' in .notice.. Did you mean 'minimum-weight'",
        ),
        ('command = ["a"]\n[[notice.site]]\nname = "ledger"\nweight = 1', "unknown key 'weight' in"),
        ('command = ["a"]\n[[notice.site]]\nkinds = []', "found one without name"),
    ],
)
def test_a_wrong_notice_is_refused_without_quoting_where_to(text: str, words: str) -> None:
    from archive.errors import ConfigError

    site = '\n[[site]]\nname = "ledger"\nstart = ["https://example.org/"]\n'
    with pytest.raises(ConfigError, match=words) as caught:
        read_config(f'[[notice]]\nname = "team"\n{text}\n{site}'.encode())

    shown: BaseException | None = caught.value
    assert "T0KEN" not in str(shown)


def test_a_file_that_others_can_read_is_refused(path: Path, receiver: Receiver) -> None:
    add_notice(path, receiver.url("/" + TOKEN))
    (path / "keys" / "notice-team").chmod(0o644)

    (told,) = telling(path).send()

    assert told.error == "webhook-file: expected a file that you alone can read (chmod 600), found mode 644"


def test_quiet_hours_follow_the_clocks_of_their_zone() -> None:
    (notice,) = read_config(
        b'[[notice]]\nname = "a"\ncommand = ["a"]\nquiet-hours = "22:00-07:00"\ntimezone = "Europe/Berlin"\n'
    ).notices

    def ends(*at: int) -> str | None:
        found = notice.not_before("x", datetime(*at, tzinfo=UTC))  # type: ignore[misc]
        return None if found is None else found.isoformat()[:16]

    assert ends(2026, 11, 22, 20, 59) is None
    assert ends(2026, 11, 22, 21, 0) == "2026-11-23T06:00"
    assert ends(2026, 11, 23, 5, 59) == "2026-11-23T06:00"
    assert ends(2026, 11, 23, 6, 0) is None
    # the night in which the clocks go forward
    assert ends(2027, 3, 27, 22, 0) == "2027-03-28T05:00"
