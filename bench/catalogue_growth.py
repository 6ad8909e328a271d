"""The catalogue of an archive that has run for years: how large it is, and how long its answers take.

    python -m bench.catalogue_growth [--captures N] [--database sqlite|postgresql|both] [--keep FOLDER] [--json]
    python -m bench.catalogue_growth --measure FOLDER [--database …] [--json]

Makes a catalogue of N captures (ten millions unless said otherwise) from a seed: 10,000 made-up sites, five years of
crawls, three in five captures revisits, three records an exchange, pages with one capture and pages with thousands
(`bench/growth_fill.py`). It is filled on SQLite, and copied row by row to PostgreSQL, whose server is started for it.
Then the catalogue's own methods are asked and timed: the history of random pages, with what the machine remembers of
the rows taken away first and then with it; that of the page with most captures; the changes of the last day, week and
month; what `khronika status` needs; and captures are entered in the writer's groups with full durability, beside how
often the same disk takes a small write for good.

With `--keep` the filled catalogues stay in a folder, to be measured again with `--measure`. Exit status 1 where one of
the bars is missed.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parent.parent / "tests"))

from postgres_server import SCHEMA, PostgresServer

from archive.database import Place, Server
from archive.tables import VERSION
from bench import growth_copy, growth_fill, growth_measure
from bench.growth_measure import Figures

BARS = {
    "history_p50": 0.001,
    "history_p99": 0.020,
    "changes_since": 0.100,
    "inserts": 1_000.0,
    "capture_octets": {"SQLite": 400.0, "PostgreSQL": 600.0},
}
NAMES = {"sqlite": ("SQLite",), "postgresql": ("PostgreSQL",), "both": ("SQLite", "PostgreSQL")}
FILE, SERVER, MADE, DATABASE = "catalogue.sqlite", "postgresql", "made.json", "growth"
SETTINGS = {"shared_buffers": "1GB", "max_wal_size": "4GB", "track_io_timing": "off"}
"""Of a server of 4 GB; everything else as PostgreSQL comes, durability above all."""
FILLING = {**SETTINGS, "shared_buffers": "3GB", "max_wal_size": "16GB", "full_page_writes": "off", "autovacuum": "off"}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--captures", type=int, default=10_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=sorted(NAMES), default="both")
    parser.add_argument("--urls", type=int, default=2_000, help="random pages whose histories are asked for")
    parser.add_argument("--groups", type=int, default=200, help="groups of captures that are entered")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="fill and leave the catalogues there")
    parser.add_argument("--measure", type=Path, metavar="FOLDER", help="measure those that --keep has left")
    parser.add_argument("--json", action="store_true", help="figures as JSON on stdout")
    given = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = given.measure or given.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        if folder not in (given.measure, given.keep):
            folder.chmod(0o755)  # the server is run as another user where this is root's
        names = NAMES[given.database]
        if given.measure is None:
            make(folder, given.captures, given.seed, names)
        elif not (folder / MADE).exists():
            parser.error(f"--measure: expected a folder that --keep has filled, found no {MADE} in it")
        figures = [measure(folder, name, given.urls, given.groups, given.seed) for name in names]
    told = {"machine": machine(), "figures": [asdict(one) for one in figures], "missed": missed(figures)}
    print(json.dumps(told, indent=2) if given.json else "\n".join(table(figures)))
    return 1 if told["missed"] else 0


def make(folder: Path, captures: int, seed: int, names: tuple[str, ...]) -> None:
    """Fill what is not filled yet."""
    asked = {"captures": captures, "seed": seed, "schema": VERSION}
    made: dict[str, Any] = json.loads((folder / MADE).read_text("utf-8")) if (folder / MADE).exists() else {}
    if made.get("of") != asked:
        made = {"of": asked, "filled": {}}
        (folder / MADE).unlink(missing_ok=True)
        for suffix in ("", "-wal", "-shm"):
            (folder / (FILE + suffix)).unlink(missing_ok=True)
        began = time.monotonic()
        growth_fill.fill(folder / FILE, captures, seed, show)
        made["filled"]["SQLite"] = round(time.monotonic() - began)
        (folder / MADE).write_text(json.dumps(made), "utf-8")
    if "PostgreSQL" in names and "PostgreSQL" not in made["filled"]:
        began = time.monotonic()
        with contextlib.closing(PostgresServer(folder / SERVER, settings=FILLING)) as server:
            server.ask(f"DROP DATABASE IF EXISTS {DATABASE}")
            server.ask(f"CREATE DATABASE {DATABASE} TEMPLATE template0")
            growth_copy.copy(folder / FILE, Server(server.address(DATABASE), SCHEMA), show)
        made["filled"]["PostgreSQL"] = round(time.monotonic() - began)
        (folder / MADE).write_text(json.dumps(made), "utf-8")


def measure(folder: Path, name: str, urls: int, groups: int, seed: int) -> Figures:
    """All figures of one database."""
    figures = Figures(name)
    with kept(folder, name) as (place, chill):
        show(f"{name}: counting", 0, 1)
        growth_measure.count(place, figures)
        some = growth_measure.some_urls(place, urls, seed)
        growth_measure.questions(place, figures, some, chill, show)
        figures.syncs = growth_measure.sync_rate(folder)
        growth_measure.insert(place, figures, some, groups, show)
    return figures


@contextlib.contextmanager
def kept(folder: Path, name: str) -> Iterator[tuple[Place, Callable[[], None]]]:
    """A filled catalogue, and what takes away all that the machine remembers of its rows, as far as it lets us."""
    if name == "SQLite":
        path = folder / FILE
        yield path, lambda: forget(path)
        return
    server = PostgresServer(folder / SERVER, settings=SETTINGS)

    def chill() -> None:
        server.stop()
        for path in (folder / SERVER / "data" / "base").rglob("*"):
            if path.is_file():
                forget(path)
        server.start()

    with contextlib.closing(server):
        yield Server(server.address(DATABASE), SCHEMA), chill


def forget(path: Path) -> None:
    """Have the system drop what it keeps of a file in memory."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def missed(figures: list[Figures]) -> list[str]:
    """The bars that are not reached."""
    return [f"{one.database}: {what}" for one in figures for what, _, _, held in bars(one) if held is False]


def bars(one: Figures) -> list[tuple[str, str, str, bool | None]]:
    """What was measured, with its bar and whether it holds; None where there is no bar."""
    size = BARS["capture_octets"]
    assert isinstance(size, dict)
    week, took = one.changes_since["a week"]
    rows: list[tuple[str, str, str, bool | None]] = [
        (
            "octets a capture",
            f"{one.capture_octets:.0f}",
            f"< {size[one.database]:.0f}",
            one.capture_octets < size[one.database],
        ),
        ("  with readings and changes", f"{one.all_octets:.0f}", "", None),
        ("history, median", _ms(one.history_p50), "< 1 ms", one.history_p50 < 0.001),
        ("history, 99 of 100 within", _ms(one.history_p99), "< 20 ms", one.history_p99 < 0.020),
        ("  processor time here, median", _ms(one.history_cpu_p50), "", None),
        ("  processor time here, 99 of 100 within", _ms(one.history_cpu_p99), "", None),
        ("history, cold, median", _ms(one.cold_p50), "", None),
        ("history, cold, 99 of 100 within", _ms(one.cold_p99), "", None),
        (f"history of {one.longest_history:,} captures", _ms(one.longest_history_time), "", None),
        (f"changes since a week ago ({week:,})", _ms(took), "< 100 ms", took < 0.100),
    ]
    for span in ("a day", "30 days"):
        number, of = one.changes_since[span]
        rows.append((f"changes since {span} ago ({number:,})", _ms(of), "", None))
    rows += [(f"status: {name}", _ms(of), "", None) for name, of in one.overview.items()]
    rows.append(("captures entered a second", f"{one.inserts:,.0f}", "≥ 1,000", one.inserts >= 1_000))
    rows.append(("  99 of 100 groups of 64 within", _ms(one.insert_p99), "", None))
    rows.append(("  processor time here, a capture", _ms(one.insert_cpu), "", None))
    rows.append(("  syncs a second of the disk alone", f"{one.syncs:,.0f}", "", None))
    return rows


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:,.2f} ms"


def table(figures: list[Figures]) -> list[str]:
    """The figures for a person."""
    lines = [machine()]
    for one in figures:
        lines.append("")
        lines.append(f"{one.database}: {one.captures:,} captures of {one.pages:,} pages, {one.changes:,} changes told")
        for what, found, bar, held in bars(one):
            verdict = "" if held is None else "  held" if held else "  MISSED"
            lines.append(f"  {what:44} {found:>14}  {bar:10}{verdict}")
        lines.append("  octets a capture, by table and index:")
        for name, octets in sorted(one.octets.items(), key=lambda each: -each[1]):
            if octets / one.captures >= 1:
                lines.append(f"    {name:42} {octets / one.captures:14.1f}")
    return lines


def machine() -> str:
    """What it was measured with."""
    told = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    cores = len(os.sched_getaffinity(0))
    return f"commit {told.stdout.strip() or 'unknown'}, {cores} cores, Python {platform.python_version()}"


_SHOWN = [0.0, ""]


def show(what: str, done: int, whole: int) -> None:
    """Progress on stderr."""
    now = time.monotonic()
    if what != _SHOWN[1] or now - float(_SHOWN[0]) > 10 or done == whole:
        _SHOWN[:] = [now, what]
        print(f"{time.strftime('%H:%M:%S')} {what}: {done:,} of {whole:,}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
