"""How fast `khronika verify` reads, and in how much memory, beside `gzip -dc | sha256sum` and `warcio check`.

The WARCs are our own: pages of some tens of kB of Cyrillic HTML, each of another text, a third of them sent gzip-coded,
stored through the collection's writer, so that each record is logged and catalogued. All three are timed over the same
files, one after the other, on one core; verify then once more on all cores.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from archive.collection import Collection
from archive.digest import digest
from archive.exchange import Exchange, Occasion, Outcome
from archive.spool import Spool
from bench.campaign import claim

MIB = 1 << 20
ROLL_AT = 250_000_000
LETTERS = "абвгдежзийклмнопрстуфхцчшщыьэюя"


class Pages:
    """Pages of made-up words; the same seed makes the same ones."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        words = ["".join(self._random.choices(LETTERS, k=self._random.randint(2, 11))) for _ in range(8_000)]
        self._paragraphs = [
            f'<p class="case-text">{" ".join(self._random.choices(words, k=45))}.</p>\n'.encode() for _ in range(6_000)
        ]

    def page(self, n: int) -> bytes:
        """A page of 10 to 45 kB, 26 on average."""
        body = b"".join(self._random.sample(self._paragraphs, self._random.randint(15, 85)))
        return b'<!doctype html><html lang="ru"><title>%d</title><body>\n%s</body></html>' % (n, body)


def exchanges(pages: Pages) -> Iterator[Exchange]:
    """Pages without end, as a server sent them."""
    began = datetime(2026, 11, 22, 1, 0, 0, 123456, tzinfo=UTC)
    for n in itertools.count():
        body = pages.page(n)
        coding = b""
        if n % 3 == 0:
            body = gzip.compress(body, 6, mtime=0)
            coding = b"Content-Encoding: gzip\r\n"
        head = (
            b"HTTP/1.1 200 OK\r\nDate: Sun, 22 Nov 2026 01:00:00 GMT\r\nServer: nginx\r\n"
            b"Content-Type: text/html; charset=utf-8\r\n%sVary: Accept-Encoding\r\nContent-Length: %d\r\n\r\n"
        ) % (coding, len(body))
        request = (
            b"GET /cases/%d HTTP/1.1\r\nHost: site.example\r\nUser-Agent: khronika\r\nAccept-Encoding: gzip\r\n\r\n" % n
        )
        yield Exchange(
            url=f"http://site.example/cases/{n}",
            method="GET",
            began_at=began + timedelta(milliseconds=250 * n),
            duration=0.2,
            outcome=Outcome.RESPONSE,
            request=Spool(request),
            response=Spool(head + body),
            status=200,
            head_length=len(head),
            mime="text/html",
            payload_digest=digest(body),
            payload_length=len(body),
            peer="192.0.2.17",
        )


def make(folder: Path, octets: int, seed: int) -> int:
    """A collection with so many octets of WARC; how many pages that took."""
    occasion = Occasion(crawl="20261122010000-bench", site="north", via="http://site.example/", hops="L", notes=())
    Collection.create(folder, "# settings\n").close()
    stored = pages = 0
    with (
        Collection.open(folder) as collection,
        collection.writer(roll_at=min(ROLL_AT, max(octets // 4, MIB))) as writer,
    ):
        writer.begin_crawl(occasion.crawl)
        waiting = []
        for exchange in exchanges(Pages(seed)):
            waiting.append(writer.store(exchange, occasion))
            pages += 1
            if len(waiting) == 500:
                stored += sum(future.result().location.length for future in waiting)
                waiting.clear()
                if stored >= octets:
                    break
    return pages


def on_one_core(words: Sequence[str], *, through: Sequence[str] = ()) -> tuple[float, str, int]:
    """Seconds that a command takes on one core, what it says, and its peak RSS in MiB; its output may go `through`."""
    core = str(min(os.sched_getaffinity(0)))
    line = ["taskset", "-c", core, *words]
    if through:
        quoted = " ".join(map(_quoted, words)) + " | " + " ".join(map(_quoted, through))
        line = ["taskset", "-c", core, "sh", "-c", quoted]
    return _timed(line)


def _quoted(word: str) -> str:
    return "'" + word.replace("'", "'\\''") + "'"


def _timed(line: Sequence[str]) -> tuple[float, str, int]:
    started = time.perf_counter()
    process = subprocess.Popen(line, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    took = time.perf_counter() - started
    if status != 0:
        raise SystemExit(f"FAIL {' '.join(line)[:200]}: {output[-1000:]}")
    return took, output, usage.ru_maxrss >> 10


def measure(folder: Path, most: int) -> None:
    """The three, and what is claimed of them."""
    files = sorted((folder / "archive").iterdir())
    octets = sum(path.stat().st_size for path in files)
    names = [str(path) for path in files]
    for path in files:  # into the page cache: what is measured is work, not the disk
        with path.open("rb") as file:
            while file.read(MIB):
                pass
    khronika = [sys.executable, "-m", "crawler", "-C", str(folder), "--json", "verify"]
    gzipped, _, _ = on_one_core(["gzip", "-dc", *names], through=["sha256sum"])
    _say("gzip -dc | sha256sum", gzipped, octets)
    warcio, _, _ = on_one_core([str(Path(sys.executable).with_name("warcio")), "check", *names])
    _say("warcio check", warcio, octets)
    ours, output, peak = on_one_core([*khronika, "--jobs", "1"])
    summary = json.loads(output.splitlines()[-1])
    _say(f"khronika verify --jobs 1, {summary['records']} records, peak RSS {peak} MiB", ours, octets)
    parallel, _, _ = _timed(khronika)
    _say(f"khronika verify, {len(os.sched_getaffinity(0))} cores", parallel, octets)
    (folder / "catalogue.sqlite").rename(folder / "aside.sqlite")
    alone, _, _ = on_one_core([*khronika, "--jobs", "1"])
    (folder / "aside.sqlite").rename(folder / "catalogue.sqlite")
    _say("khronika verify --jobs 1, without the catalogue", alone, octets)
    claim(f"what was stored verifies: {summary['verdict']}", summary["verdict"] == "self-attested")
    claim(
        f"{gzipped / ours:.2f} times the speed of gzip -dc | sha256sum on one core, at least 0.5", ours <= 2 * gzipped
    )
    claim(f"{warcio / ours:.2f} times the speed of warcio check on one core", ours <= warcio)
    best = min(ours, parallel)
    claim(f"{warcio / best:.2f} times the speed of warcio check as it is run, at least 3", 3 * best <= warcio)
    claim(f"peak RSS {peak} MiB, at most {most}", peak <= most)


def _say(what: str, took: float, octets: int) -> None:
    print(f"     {took:8.2f} s  {octets / took / 1e6:7.1f} MB/s of WARC  {what}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--octets", type=int, default=300_000_000, help="of WARC, compressed")
    parser.add_argument("--most", type=int, default=200, help="MiB that a process may take")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--at", type=Path, help="make the collection here and keep it; one that is there is taken")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    folder = options.at or Path(tempfile.mkdtemp(prefix="khronika-bench-")) / "collection"
    try:
        if not (folder / "khronika.toml").exists():
            started = time.perf_counter()
            pages = make(folder, options.octets, options.seed)
            print(f"     {time.perf_counter() - started:8.2f} s  {pages} pages stored", flush=True)
        measure(folder, options.most)
    finally:
        if options.at is None:
            shutil.rmtree(folder.parent)


if __name__ == "__main__":
    main()
