"""What a whole reading costs beside the extractor alone, on the same pages in the same run.

    python -m bench.reading_cost [--pages FOLDER] [--rounds N] [--at-most RATIO]

A reading is `read_page` and `to_json`: characters, blocks, main text, metadata, languages, facts, fingerprints. Beside
it stands trafilatura as READING.md measured it (fast, favouring recall, without comments, with metadata). Both read
each page in turn, on one core, and the CPU time of the process counts. Each round is a process of its own, in which no
page is read twice; the round with the middle ratio counts. The parts are timed in a round of their own, each without
what it calls of the others. Memory is the peak RSS of a process of its own that reads all pages.

FOLDER holds `*.html` or `*.html.gz`; without it the pages are those of `../shared/data/gold-scrapinghub/html` when they
are there, else the made-up ones of `bench.extraction`. Exit 1 when the ratio is above RATIO, or a page takes more than
SLOWEST seconds.
"""

from __future__ import annotations

import argparse
import gzip
import json
import logging
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any, Final

CAPTURED_AT: Final = datetime(2026, 11, 22, tzinfo=UTC)
GOLD: Final = Path("../shared/data/gold-scrapinghub/html")
WARMING: Final = tuple(
    f"<html><body><article>{paragraph * 5}</article></body></html>".encode()
    for paragraph in (
        "<p>A page that nobody wrote, read once so that models and tables are loaded before the clock starts.</p>",
        "<p>Страница, которую никто не писал: прочитана однажды, чтобы модели и таблицы были загружены заранее.</p>",
    )
)
RATIO: Final = 2.0
RATIO_OF_SMALL: Final = 4.0
"""Of the made-up pages, each a tenth of a real one: what every page costs alike weighs more."""
SLOWEST: Final = 3.0
PARTS: Final = (
    ("characters", "pipelines.page", "decode"),
    ("what is no HTML", "pipelines.documents", "read"),
    ("parse", "pipelines.main_text", "parse"),
    ("sight", "pipelines.sight", "look"),
    ("metadata", "pipelines.main_text", "stated"),
    ("blocks", "pipelines.main_text", "walk"),
    ("extractor", "pipelines.main_text", "_kept_by_extractor"),
    ("labels", "pipelines.main_text", "_label"),
    ("roles", "pipelines.main_text", "roles"),
    ("language: page", "pipelines.page", "PageLanguages"),
    ("language: spans", "pipelines.spans", "PageLanguages.pieces"),
    ("facts", "pipelines.page", "case_facts"),
    ("JSON", "pipelines.reading", "Reading.to_json"),
)
"""(name, module, function in it) of what is timed."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of CPU, one figure a page."""

    ours: list[float]
    extractor: list[float]

    @property
    def ratio(self) -> float:
        """Of the whole reading to the extractor."""
        return sum(self.ours) / sum(self.extractor)


def pages_in(folder: Path) -> list[bytes]:
    """The pages of a folder, in order of their names; the made-up ones where it is none."""
    if not folder.is_dir():
        from bench.extraction import made_up_pages  # loads all that reads: not for a process that does not

        return [octets for _, _, _, octets in made_up_pages()]
    paths = sorted([*folder.glob("*.html"), *folder.glob("*.html.gz")])
    return [gzip.decompress(p.read_bytes()) if p.suffix == ".gz" else p.read_bytes() for p in paths]


def whole(octets: bytes) -> None:
    """All that the stage makes of a page."""
    from pipelines.page import read_page  # a process that reads by the extractor alone does not load it
    from pipelines.reading import StoredPage

    page = StoredPage("https://example.org/case/1", CAPTURED_AT, "urn:uuid:0", None, "text/html", octets)
    read_page(page).to_json()


def extractor_alone(octets: bytes) -> None:
    """Plain trafilatura."""
    from trafilatura import bare_extraction

    bare_extraction(octets, fast=True, favor_recall=True, include_comments=False, with_metadata=True)


def measure(pages: Sequence[bytes]) -> Cost:
    """Both on each page in turn."""
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    for octets in WARMING:  # models and tables are loaded once in the life of a worker
        whole(octets)
        extractor_alone(octets)
    cost = Cost([], [])
    for index, octets in enumerate(pages):
        pair = ((cost.ours, whole), (cost.extractor, extractor_alone))
        for seconds, function in pair if index % 2 else reversed(pair):
            began = time.process_time()
            function(octets)
            seconds.append(time.process_time() - began)
    return cost


def rounds(number: int, folder: Path) -> list[Cost]:
    """Measure some times, each in a process of its own: what one round has seen is not known to the next."""
    program = [sys.executable, "-m", "bench.reading_cost", "--one-round", "--pages", str(folder)]
    return [
        Cost(**json.loads(subprocess.run(program, capture_output=True, text=True, check=True).stdout))
        for _ in range(number)
    ]


def shares(pages: Sequence[bytes]) -> dict[str, float]:
    """Seconds of CPU a page of each part, and of the rest."""
    spent = dict.fromkeys([name for name, *_ in PARTS], 0.0)
    running: list[list[float]] = []

    def timed(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any, **named: Any) -> Any:
            inner = [0.0]
            running.append(inner)
            began = time.process_time()
            try:
                return function(*arguments, **named)
            finally:
                took = time.process_time() - began
                running.pop()
                spent[name] += took - inner[0]
                if running:
                    running[-1][0] += took

        return run

    with _replaced(timed):
        began = time.process_time()
        for octets in pages:
            whole(octets)
        total = time.process_time() - began
    spent["the rest"] = total - sum(spent.values())
    return {name: seconds / len(pages) for name, seconds in spent.items()}


@contextmanager
def _replaced(timed: Callable[[str, Callable[..., Any]], Callable[..., Any]]) -> Iterator[None]:
    before: list[tuple[Any, str, Any]] = []
    for name, module, path in PARTS:
        owner: Any = import_module(module)
        *outer, last = path.split(".")
        for step in outer:
            owner = getattr(owner, step)
        before.append((owner, last, getattr(owner, last)))
        setattr(owner, last, timed(name, getattr(owner, last)))
    try:
        yield
    finally:
        for owner, last, function in reversed(before):
            setattr(owner, last, function)


def peak_memory(way: str, folder: Path) -> int:
    """Peak RSS in octets of a process that reads all pages in one way: `ours` or `extractor`."""
    program = [sys.executable, "-m", "bench.reading_cost", "--peak-of", way, "--pages", str(folder)]
    return int(subprocess.run(program, capture_output=True, text=True, check=True).stdout)


def _own_peak(way: str, pages: Sequence[bytes]) -> int:
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    for octets in pages:
        (whole if way == "ours" else extractor_alone)(octets)
    # VmHWM is of this program alone; getrusage gives what the process that started it had held by then
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def main() -> int:
    """Measure and print one line a way, then one a part."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pages", type=Path, default=GOLD)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--at-most", type=float, metavar="RATIO", help=f"default {RATIO}; {RATIO_OF_SMALL} made up")
    parser.add_argument("--peak-of", choices=("ours", "extractor"), help=argparse.SUPPRESS)
    parser.add_argument("--one-round", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    at_most = options.at_most or (RATIO if options.pages.is_dir() else RATIO_OF_SMALL)
    pages = pages_in(options.pages)
    if options.one_round:
        print(json.dumps(asdict(measure(pages))))
        return 0
    if options.peak_of:
        print(_own_peak(options.peak_of, pages))
        return 0
    measured = sorted(rounds(options.rounds, options.pages), key=lambda one: one.ratio)
    cost = measured[len(measured) // 2]
    for name, way, seconds in (
        ("whole reading", "ours", cost.ours),
        ("trafilatura", "extractor", cost.extractor),
    ):
        peak = peak_memory(way, options.pages) / 1_000_000
        each, worst = 1000 * sum(seconds) / len(seconds), max(seconds)
        print(f"{name:<16} {each:6.1f} ms CPU a page, slowest {worst:.2f} s, peak RSS {peak:.0f} MB")
    told = ", ".join(f"{one.ratio:.2f}" for one in measured)
    print(f"{'ratio':<16} {cost.ratio:6.2f} over {len(pages)} pages ({told}), at most {at_most:g}")
    parts = shares(pages)
    for name, spent in parts.items():
        print(f"  {name:<16} {1000 * spent:6.2f} ms  {100 * spent / sum(parts.values()):4.1f} %")
    return int(cost.ratio > at_most or max(cost.ours) > SLOWEST)


if __name__ == "__main__":
    sys.exit(main())
