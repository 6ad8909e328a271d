"""Politeness as the servers see it: rests, and connections, at sockets."""

from __future__ import annotations

import itertools
import json
import math
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from dns_server import DnsServer
from replicas.base import Ask, Replica, Reply, http_date, redirect

from archive.collection import Collection
from crawler.config import load_config
from crawler.policy import CrawlPolicy
from crawler.runner import run_crawl
from spiders.definition import SiteDefinition

PAGES = 20


class Hosts(Replica):
    """Made-up hosts of twenty pages each: a home page that links to the others."""

    def __init__(self, *hosts: str, pages: int = PAGES) -> None:
        super().__init__(hosts=hosts)
        self._home = "".join(f'<a href="/{n}">{n}</a>' for n in range(1, pages))
        self.asked_for: list[tuple[str, float, float]] = []
        """Retry-After: the page, seconds since the epoch when it was said, and until when."""

    def reply(self, ask: Ask) -> Reply | str | None:
        if ask.target == "/robots.txt":
            return None
        busy = ask.host == "later.example" and int(ask.target.strip("/") or 0) % 2 == 1 and ask.before == 0
        if busy:
            return self._later(int(ask.target.strip("/")))
        return self._home if ask.target == "/" else "<p>a page</p>"

    def _later(self, number: int) -> Reply:
        now = time.time()
        if number % 4 == 1:
            self.asked_for.append((f"/{number}", now, now + 7))
            return Reply("later", 503, {"Retry-After": "7"})
        until = math.ceil(now + 7)
        self.asked_for.append((f"/{number}", now, until))
        return Reply("later", 429, {"Retry-After": http_date(datetime.fromtimestamp(until, UTC))})


BUSY = 0.4
"""Seconds by which a rest may be longer than it has to be where other processes want the same two cores. None is
shorter."""


class Lateness:
    """How late this machine wakes who sleeps: what a busy one adds to every rest is none of ours."""

    def __enter__(self) -> Self:
        self._late: list[tuple[float, float]] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._measure, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def between(self, due: float, at: float) -> float:
        """Seconds of sleeping too long that overlap the time from when something was due to when it came."""
        return sum(late for begin, late in self._late if begin <= at and begin + 0.01 + late >= due)

    def _measure(self) -> None:
        while not self._ended.is_set():
            before = time.monotonic()
            time.sleep(0.01)
            late = time.monotonic() - before - 0.01
            if late > 0.005:
                self._late.append((before, late))


def test_rests_are_kept_at_their_real_values(tmp_path: Path) -> None:
    """Slow: 200 seconds, of which nearly all is sleep (a Crawl-delay of ten seconds between twenty pages).

    delay 3 · Crawl-delay 10 · Retry-After 7, in seconds and as a date · jitter · the usual delay: five hosts in one
    crawl, measured at the server. Never less than was asked for, and no tenth of a second more, but for what the
    machine itself was late by at that moment.
    """
    names = ("three.example", "ten.example", "later.example", "jitter.example", "usual.example")
    with (
        Hosts(*names) as replica,
        DnsServer({f"{name}.": [f"{name}. 300 IN A {_address(replica, name)}"] for name in names}) as dns,
        Lateness() as lateness,
        Collection.create(tmp_path / "collection", "") as collection,
    ):
        replica.robots = None
        replica.routes = {
            "/robots.txt": lambda ask: Reply("User-agent: *\nCrawl-delay: 10\n", 200 if "ten" in ask.host else 404)
        }
        delays = {"three.example": 3.0, "ten.example": 0.5, "later.example": 0.0, "jitter.example": 1.0}
        sites = [
            SiteDefinition(name.partition(".")[0], (f"http://{name}:{_port(replica, name)}/",), delay=delays.get(name))
            for name in names
        ]
        config = replace(
            load_config(collection.config_path), crawl=CrawlPolicy(processes=0, nameservers=(dns.address,))
        )
        summary = run_crawl(collection, config, sites=sites, reading=False)
        clock = time.time() - time.monotonic()

    assert (summary.captured, summary.failed, summary.reason) == (PAGES * len(names), 0, "finished")
    for name in names:
        assert len({asked.path for asked in replica.asked_of(name)}) == PAGES + 1, name
        assert max(asked.together for asked in replica.asked_of(name)) == 1, name
        assert replica.most_connections(name) == 1, name

    # from one request to the next: the server thinks no millisecond, and a thread that was kept waiting would write
    # down the end of an answer only after the crawler had it
    def rests(name: str, most: float) -> Iterator[tuple[float, float]]:
        """Each rest, and how late the machine was when it began and when it ended."""
        for before, after in itertools.pairwise(replica.asked_of(name)):
            begun = lateness.between(before.at, before.until + 0.1)
            yield after.at - before.at, begun + lateness.between(before.at + most, after.at)

    for name, least, most in (
        ("three.example", 3.0, 4.5),
        ("ten.example", 10.0, 10.0),
        ("jitter.example", 1.0, 1.5),
        ("usual.example", 3.0, 4.5),
    ):
        found = [*rests(name, most)]
        assert len(found) == PAGES
        for rest, late in found:
            assert least <= rest <= most + BUSY + late, (name, rest, late)
    drawn = [rest for rest, _ in rests("jitter.example", 1.5)]
    assert max(drawn) - min(drawn) > 0.2

    # Retry-After: whoever is asked next, and that page above all, is not asked earlier
    later = replica.asked_of("later.example")
    assert len(replica.asked_for) == PAGES // 2
    for path, said, until in replica.asked_for:
        at = next(n for n, asked in enumerate(later) if asked.path == path and asked.status in {429, 503})
        late = lateness.between(later[at].at, later[at].until + 0.1) + lateness.between(until - clock, later[at + 1].at)
        # clocks of the day are told to the millisecond, not to the last microsecond
        assert until - 0.005 <= later[at + 1].at + clock <= until + BUSY + late, (path, said)


def _address(replica: Replica, name: str) -> str:
    return replica.base_of(name).split("/")[2].partition(":")[0]


def _port(replica: Replica, name: str) -> str:
    return replica.base_of(name).rpartition(":")[2]


def test_two_processes_and_four_sites_never_ask_one_host_at_a_time_or_too_soon(tmp_path: Path) -> None:
    """A second host of a site, a feed that lies on another site's host, two sites on one host, and a robots.txt that
    redirects to the host of a site in the other process."""
    feed = "".join(f"<item><link>{{base}}/m{n}</link></item>" for n in range(1, 9))
    with Hosts("a.example", "more.example", "b.example", "c.example", pages=9) as replica:
        a, more, b, c = (replica.base_of(host) for host in replica.hosts)
        replica.routes = {
            "/feed": f'<?xml version="1.0"?><rss version="2.0"><channel>{feed.format(base=more)}</channel></rss>',
            "/robots-of-c.txt": Reply("User-agent: *\nDisallow: /1\n", 200, {"Content-Type": "text/plain"}),
            "/robots.txt": lambda ask: redirect(f"{a}/robots-of-c.txt") if ask.host == "c.example" else Reply("", 404),
        }
        entries = (
            f'[[site]]\nname = "a"\nstart = ["{a}/"]\nhosts = ["{more[7:]}"]\nfeeds = ["{b}/feed"]\ndelay = 0.2\n',
            f'[[site]]\nname = "b"\nstart = ["{b}/"]\ndelay = 0.3\n',
            f'[[site]]\nname = "b-too"\nstart = ["{b}/1"]\nfollow = false\ndelay = 0.1\n',
            f'[[site]]\nname = "c"\nstart = ["{c}/"]\ndelay = 0.2\n',
        )
        with Collection.create(tmp_path / "collection", "") as collection:
            collection.config_path.write_text("[crawl]\nfetch-processes = 2\n" + "".join(entries))
        ran = subprocess.run(
            [sys.executable, "-m", "crawler", "--json", "-C", str(collection.path), "crawl"],
            capture_output=True,
            text=True,
            check=False,
        )
        summary = json.loads(ran.stdout.splitlines()[-1])

    assert (ran.returncode, summary["reason"], summary["failed"]) == (0, "finished", 0)
    (log,) = collection.crawls_folder.glob("*/crawl.log")
    workers = {line.split()[7] for line in log.read_text().splitlines()}
    assert workers == {"#001", "#002"}
    assert "/robots-of-c.txt" in [asked.path for asked in replica.asked_of("a.example")]
    assert "/1" not in [asked.path for asked in replica.asked_of("c.example")]
    for host, rest in (("a.example", 0.2), ("more.example", 0.2), ("b.example", 0.3), ("c.example", 0.2)):
        assert max(asked.together for asked in replica.asked_of(host)) == 1, host
        assert min(replica.starts(host)) >= rest, host
    # the process that was redirected there connects while the other one's connection is idle, and kept
    assert {host: replica.most_connections(host) for host in replica.hosts[1:]} == dict.fromkeys(replica.hosts[1:], 1)
