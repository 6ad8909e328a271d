"""Kill a crawl at random moments, resume it each time, and count what was lost.

    python -m bench.kill --kills 100 --pages 2000 --seed 1
    python -m bench.kill --root FOLDER --kills 10 --seed 1        a folder of real pages

SIGKILL comes at one of these moments, drawn from the seed: while the run starts (and recovers what the last one left),
while it fetches, while it closes after a SIGTERM, and, when all is fetched, while it reads. It hits the process alone,
or its reading workers with it. Claims at the end: every address that links reach is there with the octets that the
server has; no address was asked for more often than once and once more for each kill that found it in flight; every
WARC is strictly valid; verify finds nothing; every tail that was cut was told of; no process was left behind.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import unquote

from bench.campaign import alive, bodies, children, claim, command, done_paths, facts, hold_warcs
from bench.campaign import run as khronika
from bench.static_site import StaticSite, add_large_files, make_site
from crawler.policy import CrawlPolicy

Moment = Literal["starting", "fetching", "closing", "reading"]

AT_ONCE = CrawlPolicy().connections
"""Pages that may be in flight: of a host without rests, as one on loopback is, as many as the whole crawl may have."""
ENDS_WITHIN = 120.0
"""Seconds that a run may go without asking for a page or ending."""


@dataclass(slots=True)
class Kills:
    """What was killed when, and what each kill found."""

    moments: Counter[str] = field(default_factory=Counter)
    in_flight: Counter[str] = field(default_factory=Counter)
    """How many kills found this path in flight."""
    most: int = 0
    """Paths that one kill found in flight."""
    left_open: set[str] = field(default_factory=set)
    messages: list[str] = field(default_factory=list)
    orphans: set[int] = field(default_factory=set)
    starts: int = 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, help="a folder of HTML pages")
    parser.add_argument("--pages", type=int, default=2000, help="pages of a made-up site, without --root")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print(f"seed {options.seed}, {options.kills} kills", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch) / "site"
        if options.root:
            shutil.copytree(options.root, root, symlinks=False, ignore_dangling_symlinks=True)
        else:
            make_site(root, pages=options.pages, seed=options.seed)
            # what is large is written for a while: a kill then leaves a torn tail
            add_large_files(root, number=options.pages // 20, octets=3 << 20, seed=options.seed)
        with StaticSite(root) as site:
            run(Path(scratch) / "collection", site, kills=options.kills, seed=options.seed)


def run(collection: Path, site: StaticSite, *, kills: int, seed: int) -> None:
    """Crawl `site` with `kills` kills; stops where a claim fails."""
    expected = site.reachable()
    assert khronika(collection, "init").returncode == 0
    killed = _campaign(collection, site, len(expected), kills=kills, chance=random.Random(seed))
    done = sum(killed.moments.values())
    claim(f"{done} of {kills} kills: {dict(killed.moments)}", done == kills)
    if facts(collection, "ended")[-1:] != ["finished"]:
        last = khronika(collection, "crawl", "--url", site.url)
        killed.messages.append(last.stderr)
        killed.starts += 1
        claim(f"the last run ends: exit {last.returncode} {last.stderr[-500:]}", last.returncode in (0, 3))
    _hold_pages(collection, site, expected)
    _hold_requests(killed, site)
    _hold_messages(collection, killed)
    hold_warcs(collection / "archive")
    verified = khronika(collection, "verify")
    claim(f"verify: exit {verified.returncode} {verified.stdout[:160]}", verified.returncode == 0)
    claim(f"no process outlived its crawl {alive(killed.orphans) or ''}", not alive(killed.orphans))


def _campaign(collection: Path, site: StaticSite, pages: int, *, kills: int, chance: random.Random) -> Kills:
    killed = Kills()
    while (done := sum(killed.moments.values())) < kills:
        left = pages - len(site.requests)
        reading = max(1, kills // 10)
        moment: Moment = chance.choices(("starting", "fetching", "closing"), (3, 6, 1))[0]
        if left <= 0:
            moment = chance.choice(("starting", "reading"))
        # as many requests as leave pages for the kills to come
        budget = 1.6 * left / max(1, kills - reading - done)
        if not _one_run(collection, site, killed, moment, wanted=int(chance.uniform(0, budget)), chance=chance):
            break
    return killed


def _one_run(
    collection: Path, site: StaticSite, killed: Kills, moment: Moment, *, wanted: int, chance: random.Random
) -> bool:
    """Start, wait for the moment, kill; False when the crawl came to its end."""
    before = site.requests.copy()
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            command(collection, "crawl", "--url", site.url),
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,
        )
        killed.starts += 1
        _wait(process, site, moment, asked=before.total() + wanted, chance=chance)
        below = children(process.pid)
        if process.poll() is None:
            if chance.random() < 0.5:
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
                killed.orphans |= below
        status = process.wait()
        errors.seek(0)
        killed.messages.append(errors.read())
    if status == -signal.SIGKILL:
        killed.moments[moment] += 1
        # what the server was asked for in this run, and the frontier does not know to be settled
        found = (site.requests - before).keys() - {"/robots.txt"} - done_paths(collection, site.url)
        killed.in_flight.update(found)
        killed.most = max(killed.most, len(found))
        killed.left_open |= {path.name for path in (collection / "archive").glob("*.open")}
        if sum(killed.moments.values()) % 10 == 0:
            print(
                f"     {sum(killed.moments.values())} kills, {sum(site.requests.values())} requests, the last while "
                f"{moment}, {len(found)} in flight",
                flush=True,
            )
    else:
        claim(f"a run that no kill hit ended with 0 or 4, not {status} {killed.messages[-1][-300:]}", status in (0, 4))
    return facts(collection, "ended")[-1:] != ["finished"]


def _wait(
    process: subprocess.Popen[bytes], site: StaticSite, moment: Moment, *, asked: int, chance: random.Random
) -> None:
    if moment == "starting":
        _sleep(process, chance.uniform(0.0, 1.2))
        return
    if moment == "reading":
        # no longer than it takes a worker to start and read a few pages: the crawl must not end before the last kill
        _sleep(process, chance.uniform(0.5, 1.5))
        return
    end = time.monotonic() + ENDS_WITHIN
    while process.poll() is None and sum(site.requests.values()) <= asked and time.monotonic() < end:
        time.sleep(0.001)
    _sleep(process, chance.uniform(0.0, 0.05))
    if moment == "closing" and process.poll() is None:
        process.terminate()
        _sleep(process, chance.uniform(0.0, 0.5))


def _sleep(process: subprocess.Popen[bytes], seconds: float) -> None:
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(seconds)


def _hold_pages(collection: Path, site: StaticSite, expected: set[str]) -> None:
    stored = bodies(collection / "archive", site.url)
    lost = sorted(expected - stored.keys())
    claim(f"0 pages lost: {len(expected) - len(lost)} of {len(expected)} are there {lost[:5] or ''}", not lost)
    other = []
    for path in expected:
        file = site.root / unquote(path).lstrip("/")
        file = file / "index.html" if file.is_dir() else file
        if file.is_file():
            digest = hashlib.sha256(file.read_bytes()).hexdigest()
            other += [path for body in stored[path] if body != digest]
    claim(f"every body is the server's, by SHA-256 {other[:5] or ''}", not other)


def _hold_requests(killed: Kills, site: StaticSite) -> None:
    asked = Counter({path: count for path, count in site.requests.items() if path != "/robots.txt"})
    again = {path: count - 1 for path, count in asked.items() if count > 1}
    more = {path: count for path, count in again.items() if count > killed.in_flight[path]}
    claim(
        f"fetched again: {sum(again.values())} requests for {len(again)} pages; the kills found "
        f"{killed.in_flight.total()} in flight {more or ''}",
        not more,
    )
    claim(f"at most {AT_ONCE} pages were in flight at a kill: {killed.most}", killed.most <= AT_ONCE)
    robots = site.requests["/robots.txt"]
    claim(f"robots.txt: {robots} requests in {killed.starts} runs", robots <= killed.starts)


def _hold_messages(collection: Path, killed: Kills) -> None:
    said = "\n".join(killed.messages)
    claim("no run showed a traceback", "Traceback" not in said)
    tails = [path.name for path in (collection / "recovered").glob("*")]
    told = sum(name in said for name in tails)
    print(
        f"     {len(killed.left_open)} files were left open; {len(tails)} tails were cut, {told} of them told of then"
    )
    # a kill can come between the cut and its message; status tells of every tail at any time
    status = khronika(collection, "status").stdout
    untold = [name for name in tails if name not in said and name not in status]
    claim(f"every tail that was cut is told of {untold[:3] or ''}", not untold)


if __name__ == "__main__":
    main()
