"""Kill a crawl at random moments, resume it each time, and count what was lost.

    python -m bench.kill --kills 100 --pages 2000 --seed 1
    python -m bench.kill --root FOLDER --kills 10 --seed 1        a folder of real pages

SIGKILL comes at one of these moments, drawn from the seed: while the run starts (and recovers what the last one left),
while it fetches, while it closes after a SIGTERM, and, when all is fetched, while it reads. It hits the process alone,
or its reading workers with it. A time-stamping authority on loopback (tests/authority.py) is shown each checkpoint that
a run ends with; in the end `khronika checkpoint --timestamp` is killed as well, at random moments between opening the
log and the answer's entry in it.

After each kill the log is held against every checkpoint that was ever to be read. Claims at the end: every address that
links reach is there with the octets that the server has; no address was asked for more often than once and once more
for each kill that found it in flight; every WARC is strictly valid; verify finds nothing; every tail that was cut was
told of; each record has one entry, each file one seal, each recovery its event; every token holds for `openssl ts
-verify` and has its entry; no process was left behind.
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
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import unquote

sys.path.append(str(Path(__file__).parent.parent / "tests"))
from authority import Authority

from archive.checkpoint import parse_checkpoint
from archive.digest import digest
from archive.entry import AnchorEntry, EventEntry, EventType, Outcome, RecordEntry, SealEntry, parse_entry
from archive.inbox import leave
from archive.log import LogReader
from archive.merkle import check_consistency, leaf_hash, root_of
from archive.store import FolderStore
from archive.warc import SOFTWARE, read_records
from archive.writer import utc_now
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
    checkpoints: set[bytes] = field(default_factory=set)
    """Every checkpoint that could be read after a kill."""
    unsigned: set[int] = field(default_factory=set)
    """Leaf indices at which entries lay in the journal, not signed."""


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
        (Path(scratch) / "authority").mkdir()
        with StaticSite(root) as site, Authority(Path(scratch) / "authority") as authority:
            run(Path(scratch) / "collection", site, authority, kills=options.kills, seed=options.seed)


def run(collection: Path, site: StaticSite, authority: Authority, *, kills: int, seed: int) -> None:
    """Crawl `site` with `kills` kills; stops where a claim fails."""
    expected = site.reachable()
    assert khronika(collection, "init").returncode == 0
    shutil.copyfile(authority.certificate, collection / "authority.pem")
    with (collection / "khronika.toml").open("a", encoding="utf-8") as settings:
        settings.write(f'\n[[authority]]\nname = "local"\nurl = "{authority.url}"\ncertificate = "authority.pem"\n')
    killed = _campaign(collection, site, len(expected), kills=kills, chance=random.Random(seed))
    done = sum(killed.moments.values())
    claim(f"{done} of {kills} kills of the crawl: {dict(killed.moments)}", done == kills)
    if facts(collection, "ended")[-1:] != ["finished"]:
        last = khronika(collection, "crawl", "--url", site.url)
        killed.messages.append(last.stderr)
        killed.starts += 1
        claim(f"the last run ends: exit {last.returncode} {last.stderr[-500:]}", last.returncode in (0, 3))
    _kill_stamping(collection, authority, killed, number=max(5, kills // 5), chance=random.Random(seed + 1))
    _hold_pages(collection, site, expected)
    _hold_requests(killed, site)
    _hold_messages(collection, killed)
    hold_warcs(collection / "archive")
    verified = khronika(collection, "verify")
    claim(f"verify: exit {verified.returncode} {verified.stdout[-300:]}", verified.returncode == 0)
    anchored = khronika(collection, "verify", "--require-anchor")
    claim(f"verify --require-anchor: exit {anchored.returncode} {anchored.stdout[-200:]}", anchored.returncode == 0)
    _hold_log(collection, killed)
    _hold_tokens(collection, authority)
    claim(f"no process outlived its crawl {alive(killed.orphans) or ''}", not alive(killed.orphans))


def _campaign(collection: Path, site: StaticSite, pages: int, *, kills: int, chance: random.Random) -> Kills:
    killed = Kills()
    while (done := sum(killed.moments.values())) < kills:
        left = pages - len(site.requests)
        moment: Moment = chance.choices(("starting", "fetching", "closing"), (3, 6, 1))[0]
        if left <= 0:
            moment = chance.choice(("starting", "reading"))
        # as many requests as leave pages for the kills to come
        budget = 1.6 * left / (kills - done + 2)
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
        _await_counts(site)
        # what the server was asked for in this run, and the frontier does not know to be settled
        found = (site.requests - before).keys() - {"/robots.txt"} - done_paths(collection, site.url)
        killed.in_flight.update(found)
        killed.most = max(killed.most, len(found))
        _look_at_log(collection, killed)
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


def _look_at_log(collection: Path, killed: Kills) -> None:
    """After a kill, before anything is recovered: the log is held against all that could be read of it before."""
    killed.left_open |= {path.name for path in (collection / "archive").glob("*.open")}
    folder = collection / "log"
    for path in [folder / "checkpoint", *(folder / "checkpoints").glob("[0-9]*")]:
        killed.checkpoints.add(path.read_bytes())
    log = LogReader(FolderStore(collection))
    tail = log.tail()
    if tail:
        killed.unsigned.add(log.size)
    for octets in killed.checkpoints:
        old = parse_checkpoint(octets)
        if old.size <= log.size:
            check_consistency(old.size, old.root, log.size, log.signed.root, log.consistency(old.size))
        else:
            # signed, and the kill came before it was the newest: its entries must be in the journal
            leaves = [leaf_hash(entry) for entry in [*(entry for _, entry in log.entries()), *tail]]
            assert root_of(leaves[: old.size]) == old.root, f"the checkpoint of {old.size} is not that of the log"


def _kill_stamping(
    collection: Path, authority: Authority, killed: Kills, *, number: int, chance: random.Random
) -> None:
    """Kill what signs and asks for a token, with something new to sign each time."""
    done = tokens = 0
    while done < number:
        leave(collection, EventEntry(EventType.EXPORT, utc_now(), SOFTWARE, Outcome.SUCCESS, f"made up, {done}"))
        process = subprocess.Popen(
            command(collection, "checkpoint", "--timestamp"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        asked = len(authority.asked)
        until = time.monotonic() + chance.choice((0.3, 1.0, 30.0))
        while process.poll() is None and time.monotonic() < until and len(authority.asked) == asked:
            time.sleep(0.001)
        _sleep_text(process, chance.uniform(0.0, 0.15))
        process.kill()
        killed.messages.append(process.communicate()[1])
        done += process.returncode == -signal.SIGKILL
        tokens += len(authority.asked) > asked
        _look_at_log(collection, killed)
    print(f"     {done} kills while signing, {tokens} of them after the authority was asked")
    last = khronika(collection, "checkpoint", "--timestamp")
    killed.messages.append(last.stderr)
    claim(f"the last checkpoint gets its token: exit {last.returncode} {last.stderr[-300:]}", last.returncode == 0)


def _hold_log(collection: Path, killed: Kills) -> None:
    """Each record, file, recovery, and checkpoint, against the log and nothing else."""
    log = LogReader(FolderStore(collection))
    octets = [entry for _, entry in log.entries()]
    entries = [parse_entry(entry) for entry in octets]
    leaves = list(map(leaf_hash, octets))
    roots = {size: root_of(leaves[:size]) for size in {parse_checkpoint(one).size for one in killed.checkpoints}}
    forked = [one for one in map(parse_checkpoint, killed.checkpoints) if roots[one.size] != one.root]
    claim(f"the log goes on from each of {len(killed.checkpoints)} checkpoints that were seen", not forked)
    records = [entry for entry in entries if isinstance(entry, RecordEntry)]
    seals = {entry.file: entry for entry in entries if isinstance(entry, SealEntry)}
    files = sorted((collection / "archive").glob("*.warc.gz"))
    found = {path.name: [(one.n, one.record_id, one.record_digest) for one in read_records(path)] for path in files}
    logged: dict[str, list[tuple[int, str, str]]] = {path.name: [] for path in files}
    for entry in records:
        logged[entry.file].append((entry.n, entry.id, entry.digest))
    claim(f"each of {len(records)} records is logged once, in the files' order", logged == found)
    claim(
        f"each of {len(files)} files has its seal",
        seals.keys() == found.keys() and all(seals[path.name].digest == digest(path.read_bytes()) for path in files),
    )
    told = [entry for entry in entries if isinstance(entry, EventEntry) and entry.type is EventType.RECOVERY]
    recovered = {entry.object for entry in told}
    # a file in which not even the first record was whole is taken away, and that is told too
    untold = {name.removesuffix(".open") for name in killed.left_open} - recovered
    late = sum(entry.recovered for entry in records)
    claim(f"{len(told)} recoveries on record, {late} records marked as logged afterwards {untold or ''}", not untold)
    untold_entries = killed.unsigned - {entry.of for entry in told}
    claim(
        f"{len(killed.unsigned)} times entries lay unsigned, each on record {untold_entries or ''}", not untold_entries
    )


def _hold_tokens(collection: Path, authority: Authority) -> None:
    folder = collection / "log"
    entries = [parse_entry(entry) for _, entry in LogReader(FolderStore(collection)).entries()]
    anchors = {entry.digest for entry in entries if isinstance(entry, AnchorEntry)}
    tokens = sorted((folder / "tsa").glob("*.tsr"))
    bad = []
    for token in tokens:
        over = folder / "checkpoints" / token.name.partition(".")[0]
        said = subprocess.run(
            ["openssl", "ts", "-verify", "-data", over, "-in", token, "-CAfile", authority.certificate],
            capture_output=True,
            check=False,
        )
        bad += [token.name] * (said.returncode != 0)
    claim(f"{len(tokens)} tokens hold for openssl {bad or ''}", tokens and not bad)
    newest = max(tokens, key=lambda token: int(token.name.partition(".")[0]))
    unlogged = [token.name for token in tokens if token != newest and digest(token.read_bytes()) not in anchors]
    claim(f"each token but the newest is logged {unlogged or ''}", not unlogged)


def _sleep_text(process: subprocess.Popen[str], seconds: float) -> None:
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(seconds)


def _await_counts(site: StaticSite) -> None:
    """Wait until no more requests of a process that was killed are counted: the server's threads may have to wait."""
    seen = -1
    while (counted := sum(site.requests.values())) != seen:
        seen = counted
        time.sleep(0.3)


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
