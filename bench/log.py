"""What the log costs: time of a crawl, octets on the disk, time to open.

    python -m bench.log [--entries 1000000] [--pages 3000] [--rounds 5]

Size and opening: a log as crawls make it (three records a page, a file sealed every 20,000 pages, signed as the writer
signs). Time: crawls of a made-up site as fast as they go (`bench/fast_site.py`: from memory, no rests, nothing read),
which is the worst case for the log: any real crawl waits for servers, and reads. Two kinds, in turn:

    logged     each call of the log is timed within the writing process, wall and CPU
    without    the same with a log that does nothing

Claims: under 600 octets an entry, tiles, bundles, checkpoints and journal included; its calls take under 5 % of the
CPU time of all the crawl's processes, and the CPU time with a log is less than 5 % more than without; and so is the
wall time, the fastest of each held against each other. That last one is left open where the machine is so busy with
other things that the rounds differ by more than that among themselves. Printed beside: for how much of the crawl's time
the writing thread was in the log; the others go on fetching meanwhile.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.crawl import claim

OCTETS = 600
"""Octets of an entry on the disk at most."""
SHARE = 0.05
"""Of a crawl's time at most."""

SETTINGS = "[crawl]\ndelay = 0\nconnections = 32\nconnections-per-host = 8\n"
GROUP = 24
"""Entries behind one sync: eight pages, as a busy crawl has it."""
SEALED = 60_000
"""Records of a WARC of 1 GB, with pages of some 16 kB, packed, in three records."""


# --- how large ------------------------------------------------------------------------------------------------------


def make_log(folder: Path, entries: int) -> None:
    """A log of that many entries."""
    from archive.checkpoint import SigningKey
    from archive.digest import digest
    from archive.entry import GenesisEntry, RecordEntry, SealEntry
    from archive.log import LogWriter
    from archive.writer import CHECKPOINT_AT

    origin = f"log.khronika.invalid/{secrets.token_hex(10)}"
    key = SigningKey(origin, Ed25519PrivateKey.generate())
    root = SigningKey(f"{origin}/root", Ed25519PrivateKey.generate())
    now = datetime(2026, 11, 22, 1, tzinfo=UTC)
    (folder / "keys").mkdir(parents=True)
    genesis = GenesisEntry(now, origin, str(key.vkey), str(root.vkey))
    with LogWriter.create(folder, [genesis.octets()], key) as log:
        group: list[bytes] = []
        file, first, n = "", 0, 0
        while log.size + len(group) < entries:
            if n == 0:
                file = f"khronika-{now:%Y%m%d%H%M%S}000-{first // SEALED:05}-{secrets.token_hex(4)}.warc.gz"
                first = log.size + len(group)
            kind = ("response", "request", "metadata")[n % 3]
            known = digest(secrets.token_bytes(8))
            payload = digest(known.encode()) if kind == "response" else None
            record = RecordEntry(now, known, file, uuid.uuid4().urn, 1000 + n % 20_000, n, kind, payload)
            group.append(record.octets())
            now += timedelta(milliseconds=123.456)
            n += 1
            if n == SEALED:
                group.append(SealEntry(file, 10**9 + n, known, n, first).octets())
                n = 0
            if len(group) >= GROUP:
                log.append(group)
                group.clear()
                if n == 0 or log.unsigned >= CHECKPOINT_AT:
                    log.checkpoint()
        log.append(group)
        log.checkpoint()
    (folder / "keys" / "log.raw").write_bytes(key.private.private_bytes_raw())


def disk_use(folder: Path) -> tuple[int, int, int]:
    """Files below a folder, their octets, and the octets of the blocks that they take."""
    stats = [path.stat() for path in folder.rglob("*") if path.is_file()]
    return len(stats), sum(one.st_size for one in stats), sum(one.st_blocks * 512 for one in stats)


def timed(act: Callable[[], Any], rounds: int = 5) -> float:
    """The median of some rounds, in seconds."""
    took = []
    for _ in range(rounds):
        began = time.perf_counter()
        act()
        took.append(time.perf_counter() - began)
    return statistics.median(took)


def size_and_opening(folder: Path, entries: int) -> None:
    """Make a log, measure it, open it."""
    from archive.checkpoint import SigningKey, parse_checkpoint
    from archive.log import LogReader, LogWriter
    from archive.store import FolderStore

    began = time.perf_counter()
    make_log(folder, entries)
    print(f"     a log of {entries:,} entries made in {time.perf_counter() - began:.1f} s", flush=True)
    octets_of_entries = sum(path.stat().st_size for path in (folder / "log/tile/entries").rglob("*") if path.is_file())
    files, octets, blocks = disk_use(folder / "log")
    signed = len(list((folder / "log/checkpoints").iterdir()))
    print(
        f"     {files:,} files, {signed:,} of them checkpoints; {octets:,} octets, of them {octets_of_entries:,} of "
        f"entries; {blocks:,} octets in blocks of the disk"
    )
    claim(
        f"{octets / entries:.1f} octets an entry, {blocks / entries:.1f} in blocks of the disk (under {OCTETS})",
        max(octets, blocks) / entries < OCTETS,
    )
    store = FolderStore(folder)
    origin = parse_checkpoint(store.read("log/checkpoint")).origin
    key = SigningKey(origin, Ed25519PrivateKey.from_private_bytes((folder / "keys/log.raw").read_bytes()))
    reading = timed(lambda: LogReader(store))
    writing = timed(lambda: LogWriter.open(folder, [key]).close())
    print(f"     opened for reading in {1000 * reading:.1f} ms, for writing in {1000 * writing:.1f} ms")
    log = LogReader(store)
    chance = [int.from_bytes(secrets.token_bytes(4)) % log.size for _ in range(200)]
    proof = statistics.median(timed(lambda n=n: LogReader(store).inclusion(n), 1) for n in chance)  # type: ignore[misc]
    old = statistics.median(timed(lambda n=n: LogReader(store).consistency(n), 1) for n in chance if n)  # type: ignore[misc]
    print(
        f"     an inclusion proof in {1000 * proof:.2f} ms, a consistency proof in {1000 * old:.2f} ms, each from cold"
    )
    began = time.perf_counter()
    count = sum(1 for _ in log.entries())
    print(f"     {count / (time.perf_counter() - began):,.0f} entries read a second")
    print(f"     peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


# --- how slow -------------------------------------------------------------------------------------------------------


def crawl(folder: Path, url: str, way: str) -> dict[str, float]:
    """Crawl in this process; what the log took and what all took."""
    from archive import writer
    from archive.collection import Collection
    from archive.log import LogWriter
    from crawler.config import load_config
    from crawler.runner import run_crawl

    took = {"wall": 0.0, "cpu": 0.0, "calls": 0, "entries": 0, "checkpoints": 0}

    def time_calls(owner: Any, name: str, *, outermost: list[int] = [0]) -> None:  # noqa: B006 - one for all of them
        real = getattr(owner, name)

        def call(*details: Any, **more: Any) -> Any:
            if outermost[0]:
                return real(*details, **more)
            outermost[0] = 1
            wall, cpu = time.perf_counter(), time.thread_time()
            try:
                return real(*details, **more)
            finally:
                took["wall"] += time.perf_counter() - wall
                took["cpu"] += time.thread_time() - cpu
                took["calls"] += name == "sync"
                took["checkpoints"] += name == "checkpoint"
                outermost[0] = 0

        setattr(owner, name, call)

    def count(_log: LogWriter, entries: Any) -> int:
        return len(list(entries))

    with Collection.create(folder, SETTINGS) as collection:
        if way != "without":
            # the entries are made while `append` takes them, so their making is timed too
            for name in ("append", "sync", "checkpoint"):
                time_calls(LogWriter, name)
        else:
            writer.entry_of = lambda record: b""  # type: ignore[assignment]
            LogWriter.append = count  # type: ignore[method-assign,assignment]
            LogWriter.sync = LogWriter.checkpoint = lambda *_: None  # type: ignore[method-assign,assignment]
        began, before = time.perf_counter(), _cpu()
        summary = run_crawl(collection, load_config(collection.config_path), urls=[url], reading=False)
        took["crawl wall"] = time.perf_counter() - began
        took["crawl cpu"] = _cpu() - before
        took["pages"] = summary.captured
        assert summary.failed == 0, summary
        took["entries"] = collection.log().size
    return took


def _cpu() -> float:
    """CPU seconds of this process and of those that it has waited for."""
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def in_a_process_of_its_own(folder: Path, url: str, way: str) -> dict[str, float]:
    """A crawl; the collection is removed after it."""
    ran = subprocess.run(
        [sys.executable, "-m", "bench.log", "--crawl", str(folder), "--way", way, url],
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        raise SystemExit(f"the crawl ended with {ran.returncode}: {ran.stderr[-3000:]}")
    shutil.rmtree(folder)
    return dict(json.loads(ran.stdout.splitlines()[-1]))


def share_of_a_crawl(folder: Path, pages: int, rounds: int) -> None:
    """Crawl with and without a log, in an order that changes."""
    served = [sys.executable, "-m", "bench.fast_site", "--pages", str(pages), "--seed", "1"]
    runs: dict[str, list[dict[str, float]]] = {"logged": [], "without": []}
    with subprocess.Popen(served, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            url = server.stdout.readline().strip()
            ways = list(runs)
            for number in range(rounds):
                for way in ways[number % 2 :] + ways[: number % 2]:
                    took = in_a_process_of_its_own(folder / f"{way}-{number}", url, way)
                    runs[way].append(took)
                    rate = f"{took['pages']:,.0f} pages in {took['crawl wall']:.1f} s, {_rate(took):.0f} a second"
                    print(
                        f"     {way:<8} {rate}, {took['crawl cpu']:.2f} s CPU{'' if way == 'without' else _said(took)}",
                        flush=True,
                    )
        finally:
            server.kill()
    walls = [took["wall"] / took["crawl wall"] for took in runs["logged"]]
    shares = [took["cpu"] / took["crawl cpu"] for took in runs["logged"]]
    print(f"     the writing thread was in the log for {_percent(walls)} of the crawl, while others fetched")
    claim(
        f"the log takes {_percent(shares)} of the crawl's CPU time, under {100 * SHARE:.0f} %",
        statistics.median(shares) < SHARE,
    )
    cpus = {way: statistics.median(took["crawl cpu"] for took in these) for way, these in runs.items()}
    more = cpus["logged"] / cpus["without"] - 1
    claim(
        f"a crawl with the log takes {100 * more:.1f} % more CPU time: {cpus['logged']:.2f} s beside "
        f"{cpus['without']:.2f}, the medians; under {100 * SHARE:.0f} %",
        more < SHARE,
    )
    rates = {way: sorted(map(_rate, these), reverse=True) for way, these in runs.items()}
    slower = rates["without"][0] / rates["logged"][0] - 1
    text = (
        f"a crawl with the log takes {100 * slower:.1f} % longer: {rates['logged'][0]:.0f} pages/s beside "
        f"{rates['without'][0]:.0f}, the fastest of {rounds} each"
    )
    # the two fastest of a kind: how far two rounds of the same thing are from each other when little disturbs them
    apart = max(1 - each[min(1, rounds - 1)] / each[0] for each in rates.values())
    if apart > SHARE / 2:
        print(f"     {text}; left open: the two fastest of a kind are {100 * apart:.1f} % apart, the machine is busy")
    else:
        claim(f"{text}; under {100 * SHARE:.0f} %", slower < SHARE)


def _percent(shares: list[float]) -> str:
    """The median, and each."""
    return f"{100 * statistics.median(shares):.1f} % ({', '.join(f'{100 * one:.1f}' for one in shares)})"


def _rate(took: dict[str, float]) -> float:
    return took["pages"] / took["crawl wall"]


def _said(took: dict[str, float]) -> str:
    return (
        f"; the log: {took['entries']:,.0f} entries, {took['calls']:,.0f} syncs, "
        f"{took['checkpoints']:.0f} checkpoints, {took['wall']:.2f} s wall, "
        f"{took['cpu']:.2f} s CPU, {1e6 * took['cpu'] / took['entries']:.0f} µs an entry"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=1_000_000, help="0: not measured")
    parser.add_argument("--pages", type=int, default=3000, help="0: not measured")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--crawl", metavar="FOLDER", help=argparse.SUPPRESS)
    parser.add_argument("--way", help=argparse.SUPPRESS)
    parser.add_argument("url", nargs="?", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.crawl:
        print(json.dumps(crawl(Path(asked.crawl), asked.url, asked.way)))
        return
    with tempfile.TemporaryDirectory() as scratch:
        if asked.entries:
            size_and_opening(Path(scratch) / "large", asked.entries)
        if asked.pages:
            print(f"     {asked.pages:,} pages, {asked.rounds} rounds, {os.cpu_count()} cores", flush=True)
            share_of_a_crawl(Path(scratch), asked.pages, asked.rounds)


if __name__ == "__main__":
    main()
