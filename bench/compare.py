"""Khronika beside Scrapy alone and beside wget, on one local site, in one run.

    python -m bench.compare [--pages 5000] [--rounds 3] [--reading]

Each follows every link of a made-up site (`bench/fast_site.py`), which is served from memory by a process of its own:

    scrapy     Scrapy tuned by settings alone (`bench/scrapy_alone/spider.py`): nothing is archived
    wget       wget --recursive --compression=gzip --warc-file: requests and responses as WARC, over one connection
    khronika   full evidence: exact WARC, digests, sync before each acknowledgement, catalogue, frontier; not read
    +reading   the same with text, language and change, until the last page is read (only with --reading)

Printed: pages a second, seconds of CPU for 1,000 pages over all processes, and the most memory that all processes held
together. wrk, where it is installed, says what the server can do. The order changes from round to round, because
machines are noisy; ratios are of the medians. Exit 1 when Khronika is less than twice as fast as Scrapy alone.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

SETTINGS = "[crawl]\ndelay = 0\nconnections = 32\nconnections-per-host = 8\n"
BAR = 2.0
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Run:
    """What one program did."""

    pages: int
    seconds: float
    cpu: float
    """Seconds, of all processes."""
    memory: int
    """Octets, the most that all processes held together."""

    @property
    def rate(self) -> float:
        return self.pages / self.seconds


def descendants(pid: int) -> list[int]:
    """A process and all that it started."""
    found = [pid]
    for at in found:
        with suppress(OSError):
            for task in Path(f"/proc/{at}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
    return found


class Memory(threading.Thread):
    """Watches how much memory a process and its descendants hold together; pages that they share count once each."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid = pid
        self._over = threading.Event()
        self.most = 0

    def run(self) -> None:
        while not self._over.wait(0.2):
            together = 0
            for pid in descendants(self._pid):
                with suppress(OSError, IndexError):
                    together += int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
            self.most = max(self.most, together)

    def end(self) -> int:
        self._over.set()
        self.join()
        return self.most


def measured(command: Sequence[str], count: Callable[[str], int], *, expected: tuple[int, ...] = (0,)) -> Run:
    """Run a program to its end."""
    began = time.perf_counter()
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.PIPE, text=True)
        memory = Memory(process.pid)
        memory.start()
        assert process.stderr is not None
        errors = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        most = memory.end()
        if process.returncode not in expected:
            raise SystemExit(f"{command[0]} ended with {process.returncode}: {errors[-2000:]}")
        output.seek(0)
        return Run(count(output.read()), seconds, usage.ru_utime + usage.ru_stime, most)


def scrapy(url: str, folder: Path) -> Run:
    return measured([sys.executable, "-m", "bench.scrapy_alone.spider", url], int)


def wget(url: str, folder: Path) -> Run:
    def count(_: str) -> int:
        return sum(1 for path in folder.rglob("*.html") if path.is_file())

    folder.mkdir()
    command = ["wget", "--quiet", "--recursive", "--level=inf", "--compression=gzip", "--no-verbose"]
    warc = ["--warc-file", str(folder / "wget"), "--directory-prefix", str(folder)]
    # 8: the server answered some address with an error, as this one does to /robots.txt
    return measured([*command, *warc, url], count, expected=(0, 8))


def khronika(url: str, folder: Path, *, reading: bool = False) -> Run:
    command = [sys.executable, "-m", "bench.compare", "--crawl", str(folder), url]
    return measured([*command, "--reading"] if reading else command, int)


def crawl(folder: Path, url: str, *, reading: bool) -> int:
    """The crawl itself, as `khronika crawl --url` does it; the number of pages."""
    from archive.collection import Collection
    from crawler.config import load_config
    from crawler.runner import run_crawl

    with Collection.create(folder, SETTINGS) as collection:
        summary = run_crawl(collection, load_config(collection.config_path), urls=[url], reading=reading)
    assert summary.failed == 0, summary
    return summary.captured


def server_limit(url: str) -> str:
    """What wrk gets of one page."""
    if shutil.which("wrk") is None:
        return "wrk is not installed: the server's limit was not measured"
    command = ["wrk", "-t1", "-c8", "-d3s", "-H", "Accept-Encoding: gzip", f"{url}case/7.html"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rate = re.search(r"Requests/sec:\s*([\d.]+)", said)
    assert rate is not None, said
    return f"the server's limit: {float(rate[1]):,.0f} pages/s (wrk, 8 connections)"


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--pages", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--reading", action="store_true")
    parser.add_argument("--crawl", metavar="FOLDER", help=argparse.SUPPRESS)
    parser.add_argument("url", nargs="?", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.crawl:
        print(crawl(Path(asked.crawl), asked.url, reading=asked.reading))
        return 0
    runners: dict[str, Callable[[str, Path], Run]] = {"scrapy": scrapy, "wget": wget, "khronika": khronika}
    if shutil.which("wget") is None:
        del runners["wget"]
        print("wget is not installed: it is left out")
    if asked.reading:
        runners["+reading"] = lambda url, folder: khronika(url, folder, reading=True)
    served = [sys.executable, "-m", "bench.fast_site", "--pages", str(asked.pages), "--seed", str(asked.seed)]
    with subprocess.Popen(served, stdout=subprocess.PIPE, text=True) as server, tempfile.TemporaryDirectory() as folder:
        assert server.stdout is not None
        try:
            url = server.stdout.readline().strip()
            print(
                f"{asked.pages} pages, {asked.rounds} rounds, {os.cpu_count()} cores; {server_limit(url)}", flush=True
            )
            return report(rounds(runners, url, Path(folder), asked.rounds))
        finally:
            server.kill()


def rounds(runners: dict[str, Callable[[str, Path], Run]], url: str, folder: Path, count: int) -> dict[str, list[Run]]:
    runs: dict[str, list[Run]] = defaultdict(list)
    names = list(runners)
    for number in range(count):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            place = folder / f"{name}-{number}"
            run = runners[name](url, place)
            runs[name].append(run)
            print(f"  {name:<9} {run.pages:>6} pages {run.rate:>7.0f} pages/s", flush=True)
            shutil.rmtree(place, ignore_errors=True)
    return {name: runs[name] for name in names}


def report(runs: dict[str, list[Run]]) -> int:
    print(f"{'':<9} {'pages/s':>8} {'CPU s/1000':>11} {'MB':>5}   of Scrapy's rate")
    medians = {name: statistics.median(run.rate for run in these) for name, these in runs.items()}
    for name, these in runs.items():
        cpu = statistics.median(1000 * run.cpu / run.pages for run in these)
        memory = max(run.memory for run in these) / 1e6
        print(f"{name:<9} {medians[name]:>8.0f} {cpu:>11.2f} {memory:>5.0f}   {medians[name] / medians['scrapy']:.2f}")
    ratio = medians["khronika"] / medians["scrapy"]
    if "wget" in medians:
        print(f"wget's rate is {medians['wget'] / medians['khronika']:.2f} times Khronika's")
    print(f"{'ok  ' if ratio >= BAR else 'FAIL'} {ratio:.2f} times the rate of Scrapy alone; {BAR:g} is the bar")
    return 0 if ratio >= BAR else 1


if __name__ == "__main__":
    sys.exit(main())
