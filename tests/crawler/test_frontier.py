from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from archive.errors import StorageError
from crawler.frontier import Found, Frontier, ListedPart


@pytest.fixture
def frontier(tmp_path: Path) -> Frontier:
    return Frontier.create(tmp_path / "crawls" / "1" / "frontier.sqlite", {"asked": {"ledger": ["http://a.example/"]}})


def take(frontier: Frontier, **options: object) -> str | None:
    page = frontier.take("ledger", **options)  # type: ignore[arg-type]
    return None if page is None else page.url


def test_a_page_goes_from_queued_over_in_flight_to_done(frontier: Frontier) -> None:
    frontier.add("ledger", [Found("http://a.example/", seed=True)])
    assert frontier.counts() == {"queued": 1}

    page = frontier.take("ledger")
    assert page is not None
    assert frontier.counts()["in flight"] == 1

    frontier.finish(page.id, [], record_id="urn:uuid:1")
    (row,) = frontier.pages(state="done")
    assert (row.url, row.record_id, row.reason) == ("http://a.example/", "urn:uuid:1", None)
    assert take(frontier) is None


def test_an_address_is_known_once_in_any_spelling(frontier: Frontier) -> None:
    new = frontier.add("ledger", [Found("http://a.example/%7Eb"), Found("HTTP://A.example:80/~b#c")])

    assert [one.url for one in new] == ["http://a.example/%7Eb"]
    assert frontier.add("ledger", [Found("http://a.example/~b")]) == []
    assert frontier.add("ledger", [Found("http://a.example/~B")]) != []
    assert len(frontier.add("other", [Found("http://a.example/~b")])) == 1


def test_a_redirect_between_two_spellings_is_a_page_of_its_own(frontier: Frontier) -> None:
    frontier.add("ledger", [Found("http://a.example/%7Eb")])

    assert len(frontier.add("ledger", [Found("http://a.example/~b", exact=True)])) == 1
    assert frontier.add("ledger", [Found("http://a.example/~b", exact=True)]) == []
    assert frontier.add("ledger", [Found("http://a.example/~b")]) == []


def test_a_page_whose_first_address_does_not_belong_is_fetched_at_one_that_does(frontier: Frontier) -> None:
    amp, page = "http://a.example/1/amp/", "https://a.example/1/"
    frontier.add("ledger", [Found(amp, key="~/1/", skipped="excluded by /amp/")])
    assert frontier.add("ledger", [Found(amp, key="~/1/", skipped="excluded by /amp/")]) == []
    assert frontier.counts() == {"skipped": 1}

    assert len(frontier.add("ledger", [Found(page, key="~/1/")])) == 1
    assert frontier.counts() == {"queued": 1}
    assert take(frontier) == page
    assert frontier.add("ledger", [Found(amp, key="~/1/", skipped="excluded by /amp/")]) == []


@pytest.mark.parametrize(("totals", "whole"), [((9, 9), True), ((9, 10), True), ((9, 8), False), ((9, None), True)])
def test_a_list_that_becomes_shorter_while_it_is_read_is_not_whole(
    frontier: Frontier, totals: tuple[int | None, ...], whole: bool
) -> None:
    listing = "http://a.example/list"
    for number, total in enumerate(totals):
        frontier.add("ledger", [Found(f"{listing}?page={number}", listing=listing, callback="read_rest")])
        page = frontier.take("ledger")
        assert page is not None
        part = ListedPart(listing, whole=True, total=total, entries=())
        frontier.finish(page.id, [], record_id="urn:uuid:1", status=200, listed=[part])

    assert [one.whole for one in frontier.listings("ledger")] == [whole]


def test_links_and_done_mark_are_one_transaction(frontier: Frontier) -> None:
    frontier.add("ledger", [Found("http://a.example/", seed=True)])
    page = frontier.take("ledger")
    assert page is not None

    def links() -> object:
        yield Found("http://a.example/1")
        raise RuntimeError("killed in between")

    with pytest.raises(RuntimeError):
        frontier.finish(page.id, links(), record_id="urn:uuid:1")  # type: ignore[arg-type]

    assert frontier.counts() == {"in flight": 1}
    assert [row.url for row in frontier.pages()] == ["http://a.example/"]


def test_what_was_in_flight_is_queued_again(frontier: Frontier, tmp_path: Path) -> None:
    frontier.add("ledger", [Found(f"http://a.example/{n}") for n in range(3)])
    frontier.take("ledger")
    frontier.take("ledger")
    assert frontier.counts() == {"in flight": 2, "queued": 1}
    # the marks go in with the next transaction: a kill before it leaves the pages queued, which is where they belong
    frontier.set_fact("asked again", True)
    frontier.close()

    again = Frontier.open(tmp_path / "crawls" / "1" / "frontier.sqlite")

    assert again.counts() == {"in flight": 2, "queued": 1}
    assert again.recover() == 2
    assert again.counts()["queued"] == 3
    assert again.fact("asked") == {"ledger": ["http://a.example/"]}


def test_shallow_pages_come_first_and_wanted_ones_before_them(frontier: Frontier) -> None:
    frontier.add("ledger", [Found("http://a.example/", seed=True)])
    page = frontier.take("ledger")
    assert page is not None
    frontier.finish(page.id, [Found("http://a.example/deep")], record_id=None)
    frontier.add("ledger", [Found("http://a.example/seed"), Found("http://a.example/wanted", priority=1)])

    order = [take(frontier) for _ in range(3)]

    assert order == ["http://a.example/wanted", "http://a.example/seed", "http://a.example/deep"]


def test_a_busy_host_is_passed_over(frontier: Frontier) -> None:
    frontier.add("ledger", [Found("http://a.example/"), Found("http://a.example:8080/")])

    assert take(frontier, busy=["a.example:80"]) == "http://a.example:8080/"
    assert take(frontier, busy=["a.example:80"]) is None
    assert frontier.has_queued("ledger")


def test_a_page_that_must_wait_comes_after_those_that_need_not(frontier: Frontier) -> None:
    frontier.add("ledger", [Found("http://a.example/1"), Found("http://a.example/2")])
    first = frontier.take("ledger", now=100.0)
    assert first is not None
    frontier.retry(first.id, not_before=150.0)

    assert take(frontier, now=100.0) == "http://a.example/2"
    waiting = frontier.take("ledger", now=100.0)
    assert waiting is not None
    assert (waiting.url, waiting.attempts, waiting.not_before) == ("http://a.example/1", 1, 150.0)


def test_an_address_that_names_no_page_is_given_out_once_all_the_same(frontier: Frontier) -> None:
    frontier.add("ledger", [Found("ftp://a.example/", seed=True)])

    assert take(frontier) == "ftp://a.example/"
    assert take(frontier) is None


def test_skipped_and_failed_pages_keep_their_reasons(frontier: Frontier) -> None:
    frontier.add(
        "ledger",
        [
            Found("http://a.example/"),
            Found("http://b.example/", skipped="other host"),
            Found("http://c.example/", skipped="other host"),
        ],
    )
    page = frontier.take("ledger")
    assert page is not None
    frontier.fail(page.id, "timeout")

    assert frontier.counts() == {"skipped": 2, "failed": 1}
    assert frontier.reasons("skipped") == {"other host": 2}
    assert frontier.reasons("failed") == {"timeout": 1}


def test_counts_are_those_of_the_rows(frontier: Frontier, tmp_path: Path) -> None:
    frontier.add("ledger", [Found(f"http://a.example/{n}") for n in range(5)])
    for act in (frontier.skip, frontier.fail):
        page = frontier.take("ledger")
        assert page is not None
        act(page.id, "reason")
    page = frontier.take("ledger")
    assert page is not None
    frontier.put_back(page.id)

    counted = frontier.counts()
    frontier.close()

    assert {state: count for state, count in counted.items() if count} == Frontier.open(
        tmp_path / "crawls" / "1" / "frontier.sqlite"
    ).counts()


def test_a_file_that_is_no_frontier_is_refused_without_its_absolute_path(tmp_path: Path) -> None:
    path = tmp_path / "crawls" / "1" / "frontier.sqlite"
    with pytest.raises(StorageError, match=r"expected a frontier in crawls/1/frontier.sqlite, found no file"):
        Frontier.open(path)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(StorageError, match=r"crawls/1/frontier.sqlite: .*--fresh") as error:
        Frontier.open(path)

    assert str(tmp_path) not in str(error.value)


def test_a_frontier_of_another_form_is_refused(frontier: Frontier, tmp_path: Path) -> None:
    frontier.set_fact("form", 99)
    frontier.close()

    with pytest.raises(StorageError, match="expected a frontier of form 2, found 99"):
        Frontier.open(tmp_path / "crawls" / "1" / "frontier.sqlite")


def test_a_disk_that_refuses_is_a_storage_error(frontier: Frontier, tmp_path: Path) -> None:
    path = tmp_path / "crawls" / "1" / "frontier.sqlite"
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA max_page_count = 1")
    other.close()
    frontier._connection.execute("PRAGMA max_page_count = 20")

    with pytest.raises(StorageError, match=r"is full\.$"):
        for n in range(100):
            frontier.add("ledger", [Found(f"http://a.example/{n}/{m}" + "x" * 500) for m in range(20)])
    assert frontier.counts()["queued"] == len(list(frontier.pages()))


_KILLED = """
import os, sys
from pathlib import Path
from crawler.frontier import Found, Frontier, ListedPart
frontier = Frontier.create(Path(sys.argv[1]), {})
frontier.add("s", [Found("http://a.example/0", seed=True)])
n = 0
while True:
    page = frontier.take("s")
    frontier.finish(page.id, [Found(f"http://a.example/{n + k}") for k in (1, 2)], record_id=str(n))
    n += 1
    print(n, flush=True)
"""


def test_a_killed_process_loses_no_acknowledged_page(tmp_path: Path) -> None:
    path = tmp_path / "frontier.sqlite"
    process = subprocess.Popen([sys.executable, "-c", _KILLED, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if int(line) >= 200:
            os.kill(process.pid, signal.SIGKILL)
            break
    acknowledged = max([200, *(int(line) for line in process.stdout.read().split("\n") if line.strip())])
    process.stdout.close()
    process.wait()

    frontier = Frontier.open(path)

    done = frontier.counts()["done"]
    assert done >= acknowledged
    # each page done brought one address that was new: links and mark came together
    assert sum(frontier.counts().values()) == done + 2


def test_a_kill_while_the_file_is_made_leaves_none_behind(tmp_path: Path) -> None:
    path = tmp_path / "crawls" / "1" / "frontier.sqlite"
    program = (
        "import os, signal, sys; from pathlib import Path; from crawler.frontier import Frontier\n"
        "class Fatal(dict):\n"
        "    def items(self): os.kill(os.getpid(), signal.SIGKILL)\n"
        "Frontier.create(Path(sys.argv[1]), Fatal())"
    )
    killed = subprocess.run([sys.executable, "-c", program, str(path)], check=False)

    assert killed.returncode == -signal.SIGKILL
    assert path.parent.is_dir()
    assert not path.exists()


def test_a_transaction_that_cannot_be_ended_leaves_everything_as_it_was(frontier: Frontier) -> None:
    class Full:
        """A connection whose disk is full when a transaction ends."""

        def __init__(self, connection: sqlite3.Connection) -> None:
            self._connection = connection

        def __getattr__(self, name: str) -> object:
            return getattr(self._connection, name)

        def commit(self) -> None:
            raise sqlite3.OperationalError("database or disk is full")

    frontier.add("ledger", [Found("http://a.example/", seed=True)])
    page = frontier.take("ledger")
    assert page is not None
    connection = frontier._connection
    frontier._connection = Full(connection)  # type: ignore[assignment]  # no disk fills up in that very moment

    with pytest.raises(StorageError, match=r"is full\.$"):
        frontier.finish(page.id, [Found("http://a.example/1")], record_id="urn:uuid:1")
    frontier._connection = connection

    assert frontier.counts() == {"in flight": 1}
    assert [one.url for one in frontier.finish(page.id, [Found("http://a.example/1")], record_id="urn:uuid:1")] == [
        "http://a.example/1"
    ]
    assert frontier.counts() == {"done": 1, "queued": 1}
