"""How fast `khronika verify` reads, and in how much memory, beside `gzip -dc | sha256sum` and `warcio check`.

The WARCs are our own: pages of some tens of kB of Cyrillic HTML, each of another text, a third of them sent gzip-coded,
stored through the collection's writer, so that each record is logged and catalogued. All three read the same files, one
after the other. On one core what counts is CPU time, which other work on the machine disturbs least; then verify and
`warcio check` are timed by the clock, as they are run.
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
from dataclasses import dataclass
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
        self.seed = seed
        self._random = random.Random(seed)
        words = ["".join(self._random.choices(LETTERS, k=self._random.randint(2, 11))) for _ in range(8_000)]
        self._paragraphs = [
            f'<p class="case-text">{" ".join(self._random.choices(words, k=45))}.</p>\n'.encode() for _ in range(6_000)
        ]

    def page(self, n: int) -> bytes:
        """A page of 10 to 45 kB, 26 on average."""
        body = b"".join(self._random.sample(self._paragraphs, self._random.randint(15, 85)))
        return b'<!doctype html><html lang="ru"><title>%d</title><body>\n%s</body></html>' % (n, body)


IMAGE = 500_000


def exchanges(pages: Pages, images: int) -> Iterator[Exchange]:
    """Pages without end, as a server sent them; with `images`, each time the last of so many exchanges is an image."""
    noise = random.Random(pages.seed)
    began = datetime(2026, 11, 22, 1, 0, 0, 123456, tzinfo=UTC)
    for n in itertools.count():
        image = images and n % images == images - 1
        body = noise.randbytes(IMAGE) if image else pages.page(n)
        mime = b"image/jpeg" if image else b"text/html; charset=utf-8"
        coding = b""
        if n % 3 == 0 and not image:
            body = gzip.compress(body, 6, mtime=0)
            coding = b"Content-Encoding: gzip\r\n"
        head = (
            b"HTTP/1.1 200 OK\r\nDate: Sun, 22 Nov 2026 01:00:00 GMT\r\nServer: nginx\r\n"
            b"Content-Type: %s\r\n%sVary: Accept-Encoding\r\nContent-Length: %d\r\n\r\n"
        ) % (mime, coding, len(body))
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
            mime="image/jpeg" if image else "text/html",
            payload_digest=digest(body),
            payload_length=len(body),
            peer="192.0.2.17",
        )


def make(folder: Path, octets: int, seed: int, images: int) -> int:
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
        for exchange in exchanges(Pages(seed), images):
            waiting.append(writer.store(exchange, occasion))
            pages += 1
            if len(waiting) == 500:
                stored += sum(future.result().location.length for future in waiting)
                waiting.clear()
                if stored >= octets:
                    break
    return pages


@dataclass(frozen=True, slots=True)
class Run:
    """What a command took."""

    seconds: float
    """By the clock."""
    cpu: float
    """Seconds of CPU time, of all its processes."""
    output: str
    peak: int
    """MiB: the RSS of its largest process."""


def on_one_core(words: Sequence[str], *, through: Sequence[str] = ()) -> Run:
    """A command on one core; its output may go `through` another."""
    line = ["taskset", "-c", str(min(os.sched_getaffinity(0))), *words]
    if through:
        line[3:] = ["sh", "-c", " ".join(map(_quoted, words)) + " | " + " ".join(map(_quoted, through))]
    return timed(line)


def _quoted(word: str) -> str:
    return "'" + word.replace("'", "'\\''") + "'"


def timed(line: Sequence[str]) -> Run:
    """A command, waited for. Ends the measurement where it fails."""
    started = time.perf_counter()
    process = subprocess.Popen(line, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if status != 0:
        raise SystemExit(f"FAIL {' '.join(line)[:200]}: {output[-1000:]}")
    return Run(time.perf_counter() - started, usage.ru_utime + usage.ru_stime, output, usage.ru_maxrss >> 10)


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
    unzipped = on_one_core(["gzip", "-dc", *names], through=["sha256sum"])
    _say("gzip -dc | sha256sum", unzipped, octets)
    checked = on_one_core([str(Path(sys.executable).with_name("warcio")), "check", *names])
    _say("warcio check", checked, octets)
    ours = on_one_core([*khronika, "--jobs", "1"])
    summary = json.loads(ours.output.splitlines()[-1])
    _say(f"khronika verify --jobs 1, {summary['records']} records, peak RSS {ours.peak} MiB", ours, octets)
    (folder / "catalogue.sqlite").rename(folder / "aside.sqlite")
    _say("the same without the catalogue", on_one_core([*khronika, "--jobs", "1"]), octets)
    (folder / "aside.sqlite").rename(folder / "catalogue.sqlite")
    both = timed(khronika)
    _say(f"khronika verify, on {len(os.sched_getaffinity(0))} cores", both, octets)
    claim(f"what was stored verifies: {summary['verdict']}", summary["verdict"] == "self-attested")
    claim(
        f"{unzipped.cpu / ours.cpu:.2f} times the speed of gzip -dc | sha256sum on one core, at least 0.5",
        ours.cpu <= 2 * unzipped.cpu,
    )
    print(f"     {checked.cpu / ours.cpu:.2f} times the speed of warcio check on one core", flush=True)
    claim(
        f"{checked.seconds / both.seconds:.2f} times the speed of warcio check as both are run, at least 3",
        3 * both.seconds <= checked.seconds,
    )
    claim(f"peak RSS of a process {max(ours.peak, both.peak)} MiB, at most {most}", max(ours.peak, both.peak) <= most)


def _say(what: str, run: Run, octets: int) -> None:
    speed = octets / run.cpu / 1e6
    print(f"     {run.seconds:8.2f} s  {run.cpu:8.2f} s CPU  {speed:7.1f} MB of WARC/s of CPU  {what}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--octets", type=int, default=300_000_000, help="of WARC, compressed")
    parser.add_argument("--images", type=int, default=0, metavar="N", help="every N-th exchange an image of 500 kB")
    parser.add_argument("--most", type=int, default=200, help="MiB that a process may take")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--at", type=Path, help="make the collection here and keep it; one that is there is taken")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    folder = options.at or Path(tempfile.mkdtemp(prefix="khronika-bench-")) / "collection"
    try:
        if not (folder / "khronika.toml").exists():
            started = time.perf_counter()
            pages = make(folder, options.octets, options.seed, options.images)
            print(f"     {time.perf_counter() - started:8.2f} s  {pages} pages stored", flush=True)
        measure(folder, options.most)
    finally:
        if options.at is None:
            shutil.rmtree(folder.parent)


if __name__ == "__main__":
    main()
