"""Many sites at once in two fetching processes, held against what each host asked for, as the hosts saw it.

    python -m bench.sites                                      20 sites, 4,000 pages, two processes
    python -m bench.sites --sites 6 --pages 120 --delay 0.3    a short one

Checked, at the servers: no host ever has two connections, or two requests at a time; no request comes earlier after
the answer before it than the host's delay (half of the hosts say theirs in robots.txt, as Crawl-delay, the others
have it in khronika.toml); every page is fetched, and none twice. And the whole run, start and reading included, takes
no more than a tenth longer than the host that takes longest.

How long that is, is computed and not measured: pages × the mean of the rest, which is 1.25 × the delay where there is
jitter and the delay where robots.txt says it, plus the time in which its server worked. The rests that were drawn
cannot be seen from a server without what the crawler added to them, which is the very thing that is asked about; of
200 of them the mean is within one part in a hundred of what is expected.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import uvloop

from bench.campaign import command, summary_in
from bench.crawl import claim

JITTER = 0.5
"""Part of a delay that its rest is longer by at most, as the crawler's policy has it."""


# --- the hosts, in a process of their own ---


@dataclass
class Host:
    """One made-up site on an address of its own, and what it saw."""

    pages: int
    delay: float
    says_so: bool
    """Whether its robots.txt asks for the delay."""
    seed: int
    connections: int = 0
    most_connections: int = 0
    together: int = 0
    most_together: int = 0
    served: Counter[str] = field(default_factory=Counter)
    times: list[tuple[float, float]] = field(default_factory=list)
    """Of each request: when its head was whole, and when its answer was given to the socket."""

    def answer(self, path: str) -> tuple[str, str, str]:
        """Status, media type and body."""
        if path == "/robots.txt":
            delay = f"Crawl-delay: {self.delay}\n" if self.says_so else ""
            return "200 OK", "text/plain", f"User-agent: *\n{delay}Disallow: /private\n"
        number = 0 if path == "/" else int(path[6:-5]) if path.startswith("/case/") and path.endswith(".html") else -1
        if not 0 <= number < self.pages:
            return "404 Not Found", "text/plain", "none\n"
        chance = random.Random(self.seed * 1_000_003 + number)
        near = [n for n in range(number * 3 + 1, number * 3 + 4) if n < self.pages]
        links = "".join(f'<a href="/case/{n}.html">case {n}</a> ' for n in (*near, chance.randrange(1, self.pages)))
        words = " ".join(
            chance.choices(("court", "verdict", "letter", "суд", "письмо", "срок", "colony", "этап"), k=60)
        )
        text = f"<h1>Case {number}</h1><p>{words}.</p><p>{links}</p>"
        return "200 OK", "text/html; charset=utf-8", f"<!doctype html><title>Case {number}</title><main>{text}</main>"


async def serve_one(host: Host, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    host.connections += 1
    host.most_connections = max(host.most_connections, host.connections)
    chance = random.Random(host.seed)
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            began = time.monotonic()
            host.together += 1
            host.most_together = max(host.most_together, host.together)
            path = head.split(b" ", 2)[1].decode("ascii")
            host.served[path] += 1
            status, media, body = host.answer(path)
            await asyncio.sleep(chance.uniform(0.005, 0.04))
            octets = body.encode()
            # what is written down late is not when it happened: the crawler may have the answer before that
            host.times.append((began, time.monotonic()))
            writer.write(
                f"HTTP/1.1 {status}\r\nContent-Type: {media}\r\nContent-Length: {len(octets)}\r\n\r\n".encode() + octets
            )
            host.together -= 1
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        host.connections -= 1
        writer.close()


async def serve(hosts: list[Host]) -> None:
    """Serve until standard input ends; then tell what was seen."""
    addresses = []
    for n, host in enumerate(hosts):
        server = await asyncio.start_server(partial(serve_one, host), f"127.0.2.{n + 1}", 0)
        addresses.append("{}:{}".format(*server.sockets[0].getsockname()[:2]))
    print(json.dumps(addresses), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    fields = ("most_connections", "most_together", "served", "times")
    print(json.dumps([{name: getattr(host, name) for name in fields} for host in hosts]), flush=True)


def made_up(sites: int, pages: int, longest: float, seed: int) -> list[Host]:
    """Hosts of as many pages each; the first one has the longest delay, the others half of it and more."""
    chance = random.Random(seed)
    delays = [longest, *(round(chance.uniform(longest / 2, longest * 0.95), 2) for _ in range(sites - 1))]
    return [Host(pages // sites, delay, n % 2 == 1, seed * 100 + n) for n, delay in enumerate(delays)]


# --- the campaign ---


def settings(hosts: list[Host], addresses: list[str], processes: int) -> str:
    """khronika.toml."""
    tables = [f"[crawl]\nfetch-processes = {processes}\nconnections = {max(16, 2 * len(hosts))}\n"]
    for n, (host, address) in enumerate(zip(hosts, addresses, strict=True)):
        delay = 0.01 if host.says_so else host.delay
        tables.append(f'[[site]]\nname = "site-{n}"\nstart = ["http://{address}/"]\ndelay = {delay}\n')
    return "\n".join(tables)


def mean_rest(host: Host) -> float:
    """Seconds that are expected between two requests."""
    return host.delay if host.says_so else host.delay * (1 + JITTER / 2)


def bound(host: Host, seen: dict[str, Any]) -> float:
    """Seconds in which the host can be crawled politely: see this file's beginning."""
    worked: float = sum(end - begin for begin, end in seen["times"])
    return (len(seen["times"]) - 1) * mean_rest(host) + worked


def hold(hosts: list[Host], seen: list[dict[str, Any]]) -> None:
    """The claims about each host."""
    claim(f"connections to a host: {max(one['most_connections'] for one in seen)} at most",
          all(one["most_connections"] == 1 for one in seen))  # fmt: skip
    claim(f"requests to a host at a time: {max(one['most_together'] for one in seen)} at most",
          all(one["most_together"] == 1 for one in seen))  # fmt: skip
    rests = [
        (later[0] - before[1], host.delay)
        for host, one in zip(hosts, seen, strict=True)
        for before, later in zip(one["times"], one["times"][1:], strict=False)
    ]
    early = [rest for rest in rests if rest[0] < rest[1]]
    claim(f"{len(rests)} rests, {len(early)} of them shorter than the host's delay {early[:3] or ''}", not early)
    added = sorted(rest - delay for host, one in zip(hosts, seen, strict=True) if host.says_so
                   for rest, delay in ((b[0] - a[1], host.delay)
                                       for a, b in zip(one["times"], one["times"][1:], strict=False)))  # fmt: skip
    if added:
        print(f"     a Crawl-delay is kept within {added[len(added) // 2] * 1000:.0f} ms (median), "
              f"{added[int(len(added) * 0.99)] * 1000:.0f} ms (of 99 in 100)")  # fmt: skip
    for host, one in zip(hosts, seen, strict=True):
        pages = Counter({path: count for path, count in one["served"].items() if path != "/robots.txt"})
        if len(pages) != host.pages or max(pages.values()) > 1 or one["served"]["/robots.txt"] != 1:
            claim(f"{len(pages)} of {host.pages} pages, each once; most: {pages.most_common(1)}", False)
    claim(f"every page of {len(hosts)} sites once: {sum(host.pages for host in hosts)}", True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sites", type=int, default=20)
    parser.add_argument("--pages", type=int, default=4000, help="of all sites together")
    parser.add_argument("--delay", type=float, default=1.0, help="of the slowest site, in seconds")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--within", type=float, default=10.0, help="percent beyond the slowest site's bound; 0: any")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    hosts = made_up(asked.sites, asked.pages, asked.delay, asked.seed)
    if asked.serve:
        uvloop.run(serve(hosts))
        return
    words = [f"--{name}={getattr(asked, name)}" for name in ("sites", "pages", "delay", "seed")]
    with (
        tempfile.TemporaryDirectory() as scratch,
        subprocess.Popen(
            [sys.executable, "-m", "bench.sites", "--serve", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as servers,
    ):
        assert servers.stdin is not None
        assert servers.stdout is not None
        addresses = json.loads(servers.stdout.readline())
        took, summary = crawl(Path(scratch) / "collection", settings(hosts, addresses, asked.processes))
        answer: list[str] = []
        listener = threading.Thread(target=lambda: answer.append(servers.stdout.read()))  # type: ignore[union-attr]
        listener.start()
        servers.stdin.close()
        listener.join()
    seen = json.loads(answer[0])
    claim(f"{summary.get('captured')} captured, {summary.get('failed')} failed, {summary.get('reason')}",
          (summary.get("captured"), summary.get("failed")) == (sum(host.pages for host in hosts), 0))  # fmt: skip
    hold(hosts, seen)
    slowest, of = max((bound(host, one), n) for n, (host, one) in enumerate(zip(hosts, seen, strict=True)))
    first, last = (pick(pick(one["times"][0][0], one["times"][-1][1]) for one in seen) for pick in (min, max))
    print(f"     slowest: site-{of}, delay {hosts[of].delay} s: {slowest:.1f} s; all requests: {last - first:.1f} s")
    more = (took / slowest - 1) * 100
    claim(f"the whole run {took:.1f} s, {more:+.1f} % of the slowest site's bound",
          not asked.within or more <= asked.within)  # fmt: skip


def crawl(collection: Path, text: str) -> tuple[float, dict[str, Any]]:
    """Crawl all sites with the real command: seconds, and its summary."""
    made = subprocess.run(command(collection, "init"), capture_output=True, text=True, check=False)
    claim(f"a collection {made.stderr[-500:] if made.returncode else ''}", made.returncode == 0)
    (collection / "khronika.toml").write_text(text)
    began = time.monotonic()
    ran = subprocess.run(command(collection, "crawl"), capture_output=True, text=True, check=False)
    took = time.monotonic() - began
    logs = [log.read_text() for log in collection.glob("crawls/*/crawl.log")]
    workers = {line.split()[7] for log in logs for line in log.splitlines()}
    summary = summary_in(ran.stdout)
    why = {**summary.get("failed_because", {}), **summary.get("problems", {})}
    claim(
        f"exit {ran.returncode} {ran.stderr[-500:]}{why or ''}, fetched by {len(workers)} processes", not ran.returncode
    )
    return took, summary


if __name__ == "__main__":
    main()
