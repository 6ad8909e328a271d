"""Fetching in processes of its own: what is different about it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import uvloop
from page_server import PageServer, Reply, serving
from wire_server import Repeat, WireServer

from archive.collection import Collection
from archive.errors import KhronikaError, StorageError
from archive.exchange import Exchange, Occasion, Outcome
from archive.spool import Spool
from archive.warc import read_records
from crawler import fetch_process
from crawler.config import load_config
from crawler.exchange_pipe import ClosedError, ExchangePipe
from crawler.fetch_process import FetchProcess
from crawler.fetching import FetchJob
from crawler.frontier import Frontier
from crawler.policy import CrawlPolicy
from crawler.runner import CrawlSummary, _Asked, _jobs, run_crawl, share_out
from spiders.definition import SiteDefinition

POLICY = CrawlPolicy(retry_delay=0.02, timeout_connect=20, timeout_head=20, timeout_body=20, processes=2)


@pytest.fixture
def collection(tmp_path: Path) -> Collection:
    return Collection.create(tmp_path / "collection", "")


def crawl(collection: Collection, policy: CrawlPolicy = POLICY, **options: Any) -> CrawlSummary:
    config = replace(load_config(collection.config_path), crawl=policy)
    return run_crawl(collection, config, reading=False, **options)


def html(*links: str) -> Reply:
    body = "".join(f'<a href="{link}">{link}</a>' for link in links)
    return Reply(f"<!doctype html><title>Page</title>{body}", headers={"Content-Type": "text/html"})


def until(holds: Callable[[], object], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "what was waited for did not come about"
        time.sleep(0.01)


def children(parent: int) -> list[int]:
    """Processes that fetch for a process."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and b"crawler.fetch_process" in (entry / "cmdline").read_bytes():
                # the name, in brackets, may hold anything
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                found += [int(entry.name)] if int(fields[1]) == parent and fields[0] != "Z" else []
    return found


@pytest.fixture
def two_sites() -> Iterator[tuple[PageServer, PageServer]]:
    pages = {"/": html(*(f"/{n}" for n in range(30))), **{f"/{n}": html("/") for n in range(30)}}
    with serving(dict(pages)) as first, serving(dict(pages)) as second:
        yield first, second


def test_several_sites_are_fetched_by_several_processes_into_one_collection(
    collection: Collection, two_sites: tuple[PageServer, PageServer]
) -> None:
    sites = [SiteDefinition(name=f"site-{n}", start=(server.url(),)) for n, server in enumerate(two_sites)]

    summary = crawl(collection, sites=sites)

    assert (summary.captured, summary.failed, summary.reason) == (62, 0, "finished")
    for server in two_sites:
        assert sorted(server.paths) == sorted({"/", "/robots.txt", *(f"/{n}" for n in range(30))})
    (warc,) = collection.archive_folder.glob("*.warc.gz")
    # robots.txt of both among them
    assert [record.type for record in read_records(warc)].count("response") == 64
    log = (collection.crawls_folder / summary.crawl / "crawl.log").read_text().splitlines()
    assert len(log) == 64
    # the number of the process that fetched, in the eighth column
    assert {(line.split()[10], line.split()[7]) for line in log} == {("site-0", "#001"), ("site-1", "#002")}
    assert children(os.getpid()) == []


def test_sites_that_share_a_host_share_a_process() -> None:
    def site(name: str, *start: str, mirrors: tuple[str, ...] = ()) -> SiteDefinition:
        return SiteDefinition(name=name, start=start, mirrors=mirrors)

    sites = [
        site("a", "https://a.example/"),
        site("b", "https://b.example/"),
        site("c", "https://c.example/", mirrors=("www.a.example",)),
        site("d", "https://d.example/"),
    ]

    groups = [sorted(one.name for one in group) for group in share_out(sites, 4)]
    assert sorted(groups) == [["a", "c"], ["b"], ["d"]]
    assert sorted(sorted(one.name for one in group) for group in share_out(sites, 2)) == [["a", "c"], ["b", "d"]]
    assert share_out([], 2) == [[]]


def test_a_limit_holds_over_all_sites(collection: Collection, two_sites: tuple[PageServer, PageServer]) -> None:
    sites = [SiteDefinition(name=f"site-{n}", start=(server.url(),)) for n, server in enumerate(two_sites)]

    summary = crawl(collection, sites=sites, limit=9)

    assert (summary.captured, summary.reason) == (9, "limit")


def test_a_large_body_crosses_as_a_file(collection: Collection) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: 41943040\r\n\r\n"
    none = [b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"]
    with WireServer({"/": [head, Repeat(b"0123456789abcdef" * 4096, 640)], "/robots.txt": none}) as server:
        summary = crawl(collection, urls=[server.url()])

        assert summary.captured == 1
        (capture,) = collection.catalogue.captures_of(server.url())
        assert capture.payload_length == 41943040
        assert collection.record(capture.location).block.digest == f"sha256:{server.seen[-1].hash.hexdigest()}"


def test_a_fetching_process_that_is_killed_is_told_and_the_crawl_goes_on_later(
    collection: Collection, two_sites: tuple[PageServer, PageServer]
) -> None:
    first, _ = two_sites

    def kill(status: dict[str, Any]) -> None:
        if status["captured"] >= 5:
            for child in children(os.getpid()):
                os.kill(child, signal.SIGKILL)

    with pytest.raises(KhronikaError, match="ended with status -9"):
        crawl(collection, urls=[first.url()], delay=0.2, on_status=kill)
    rest = crawl(collection, urls=[first.url()])

    assert (rest.resumed, rest.reason, rest.failed) == (True, "finished", 0)
    assert {path for path in first.paths if path != "/robots.txt"} == {"/", *(f"/{n}" for n in range(30))}
    assert all(collection.catalogue.captures_of(first.url(path)) for path in set(first.paths))


def test_a_child_ends_with_its_parent(collection: Collection, two_sites: tuple[PageServer, PageServer]) -> None:
    first, _ = two_sites
    program = (
        "import sys; from pathlib import Path; from archive.collection import Collection;"
        "from crawler.config import load_config; from crawler.runner import run_crawl;"
        "collection = Collection.open(Path(sys.argv[1]));"
        "run_crawl(collection, load_config(collection.config_path), urls=[sys.argv[2]], reading=False, delay=0.2)"
    )
    parent = subprocess.Popen([sys.executable, "-c", program, str(collection.path), first.url()])
    until(lambda: len(first.paths) > 3)
    fetching = children(parent.pid)
    parent.kill()
    parent.wait()

    assert fetching
    until(lambda: not any(Path(f"/proc/{child}").exists() for child in fetching))


def test_spools_cross_a_pipe_whole_and_a_closed_pipe_says_so() -> None:
    near, far = map(ExchangePipe, socket.socketpair())
    small, large = Spool(b"few"), Spool(memory_limit=10)
    large.write(b"0123456789" * 7)
    near.send(("store", 1, (small, large), Occasion(crawl="c", site="s")))
    large.close()

    _, _, (first, second), occasion = far.receive()
    assert (first.read(), second.read(), occasion.site) == (b"few", b"0123456789" * 7, "s")
    assert (first.digest, second.digest) == (small.digest, large.digest)
    assert [len(piece) for piece in second.pieces(5, 15)] == [10]
    second.close()
    far.close()
    with pytest.raises(ClosedError):
        for _ in range(100):
            near.send(("stop", "x" * 100_000))
    near.close()


def test_a_long_message_crosses_whole_though_a_loop_watches_the_pipe_and_the_other_end_is_slow() -> None:
    near, far = socket.socketpair()
    here, there = ExchangePipe(near), ExchangePipe(far)
    messages = [bytes([n]) * 900_000 for n in range(5)]
    received: list[bytes] = []

    def take_slowly() -> None:
        while len(received) < len(messages):
            time.sleep(0.05)
            received.append(there.receive())

    async def give() -> None:
        asyncio.get_running_loop().add_reader(here.fileno(), lambda: None)
        for message in messages:
            here.send(message)

    taking = threading.Thread(target=take_slowly)
    taking.start()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(give())
    taking.join()
    here.close()
    there.close()

    assert received == messages


@pytest.fixture
def begun(collection: Collection, tmp_path: Path) -> Iterator[Callable[[], FetchProcess]]:
    """Makes a process that has been given a page to fetch, at which nobody listens."""
    Frontier.create(tmp_path / "frontier.sqlite", {}).close()
    site = SiteDefinition(name="site", start=("http://127.0.0.1:1/",))
    job = FetchJob("crawl", tmp_path, POLICY, "khronika/test", "", (site,), delay=None, limit=None, time_limit=None)
    with collection.writer() as writer:
        writer.begin_crawl("crawl")
        yield lambda: FetchProcess(job, writer, on_page=lambda: None, on_stop=lambda _reason: None)


async def to_the_end(process: FetchProcess) -> FetchProcess:
    await asyncio.wait_for(process.to_the_end(), 30)
    return process


def test_a_stop_that_comes_before_the_child_runs_is_one(begun: Callable[[], FetchProcess]) -> None:
    async def run() -> FetchProcess:
        process = begun()
        process.stop("interrupted")
        return await to_the_end(process)

    process = asyncio.run(run())

    assert process.failure is None
    assert process.status()["crawl"] == "crawl"


def test_ctrl_c_while_a_child_begins_is_the_parents_affair(begun: Callable[[], FetchProcess]) -> None:
    async def run() -> FetchProcess:
        process = begun()
        for _ in range(20):
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                process._process.send_signal(number)
            time.sleep(0.01)
        return await to_the_end(process)

    assert asyncio.run(run()).failure is None
    assert not signal.pthread_sigmask(signal.SIG_BLOCK, []) & {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}


def test_a_child_that_hears_nothing_is_ended_at_once_all_the_same(
    begun: Callable[[], FetchProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch_process, "PATIENCE", 0.2)

    async def run() -> FetchProcess:
        process = begun()
        process._process.send_signal(signal.SIGSTOP)
        process.stop("interrupted")
        process.stop_at_once()
        return await to_the_end(process)

    process = asyncio.run(run())

    assert process.failure is None
    assert process._process.returncode == -signal.SIGKILL


def test_a_message_that_cannot_be_sent_ends_the_process_and_says_so(begun: Callable[[], FetchProcess]) -> None:
    async def run() -> FetchProcess:
        process = begun()
        process.stop(lambda: None)  # type: ignore[arg-type]  # a thing that cannot be pickled
        return await to_the_end(process)

    assert "expected to reach a fetching process" in str(asyncio.run(run()).failure)


def test_an_installation_that_is_broken_is_told_of(
    begun: Callable[[], FetchProcess], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "scrapy.py").write_text("raise ImportError('a half of it is missing')")
    monkeypatch.syspath_prepend(str(tmp_path / "broken"))

    async def run() -> FetchProcess:
        return await to_the_end(begun())

    assert "ImportError: a half of it is missing" in str(asyncio.run(run()).failure)


def exchange_of(body: Spool) -> Exchange:
    moment = datetime(2026, 11, 22, tzinfo=UTC)
    return Exchange("http://a.example/", "GET", moment, 0.1, Outcome.RESPONSE, request=Spool(), response=body)


def test_what_cannot_be_handed_over_ends_the_child_before_it_counts_as_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[int] = []

    def end(status: int) -> None:
        ended.append(status)
        raise SystemExit(status)

    near, far = socket.socketpair()
    near.close()
    pipe = fetch_process._ChildsPipe(far)
    monkeypatch.setattr(os, "_exit", end)

    with pytest.raises(SystemExit):
        fetch_process._FarStore(pipe).store(exchange_of(Spool(b"x")), Occasion(crawl="c", site="s"))
    with pytest.raises(SystemExit):
        pipe.receive_some()
    assert ended == [1, 1]
    pipe.close()


def test_a_file_that_is_on_its_way_stays_open_until_it_is_stored() -> None:
    near, far = socket.socketpair()
    here, there = ExchangePipe(near), fetch_process._ChildsPipe(far)
    body = Spool(memory_limit=10)
    body.write(b"0123456789" * 7)
    store = fetch_process._FarStore(there)

    future = store.store(exchange_of(body), Occasion(crawl="c", site="s"))
    assert body.read(0, 10) == b"0123456789"
    _, number, exchange, _ = here.receive()
    assert exchange.response.read(60) == b"0123456789"
    exchange.close()
    store.refused(number, KhronikaError("no"))

    with pytest.raises(KhronikaError, match="no"):
        future.result(0)
    with pytest.raises(ValueError, match="closed"):
        body.read(0, 10)
    here.close()
    there.close()


def test_a_file_that_cannot_be_taken_over_is_never_another_ones() -> None:
    near, far = map(ExchangePipe, socket.socketpair())
    bodies = [Spool(memory_limit=10) for _ in range(2)]
    for n, body in enumerate(bodies):
        body.write(bytes([n]) * 70)
        near.send(("store", n, "x" * 100_000, body))
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = os.open(os.devnull, os.O_RDONLY)
    os.close(lowest)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, before[1]))
        with pytest.raises(StorageError, match="may open no more files"):
            far.receive()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    for body in bodies:
        body.close()
    near.close()
    far.close()


@pytest.mark.parametrize(("connections", "shares"), [(16, [8, 8]), (5, [3, 2]), (1, [1])])
def test_all_processes_together_keep_to_the_connections(
    collection: Collection, connections: int, shares: list[int]
) -> None:
    config = replace(load_config(collection.config_path), crawl=replace(POLICY, connections=connections))
    sites = tuple(SiteDefinition(name=name, start=(f"https://{name}.example/",)) for name in "abc")
    asked = _Asked(sites, limit=None, time_limit=None, delay=None, fresh=False, reading=False)

    jobs = _jobs(config, asked, "crawl", collection.crawls_folder)

    assert [job.policy.connections for job in jobs] == shares
    assert sorted(site.name for job in jobs for site in job.sites) == ["a", "b", "c"]
