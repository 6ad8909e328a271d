"""What the last crawl of each site did not fetch, and why: read from the frontiers, which are not touched.

A frontier may be that of a crawl that is running, or lie on a disk that cannot be written.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import quote

from archive.errors import StorageError
from crawler.frontier import FILE_NAME, OVER_BUDGET, PUT_OFF_HOST
from spiders.trap_shapes import REDIRECTS
from spiders.traps import name_of

_REDIRECTS: Final = re.compile(r"more than \d+ redirects in a row|redirect loop")
SHAPES: Final = 10
"""Shapes of a trap that are kept."""


@dataclass(slots=True)
class Trap:
    """The traps of one name that a crawl of a site left."""

    name: str
    addresses: int = 0
    """Addresses that were found and refused."""
    shapes: dict[str, int] = field(default_factory=dict)
    """How many of each shape; of the first shapes."""
    example: str = ""


@dataclass(slots=True)
class Refusals:
    """What one crawl passed over of one site."""

    site: str
    crawl: str
    traps: dict[str, Trap] = field(default_factory=dict)
    skipped: Counter[str] = field(default_factory=Counter)
    """Pages by reason, those of traps left out."""
    queued: int = 0
    budget: int = 0
    """Requests of its last run, where they were spent before all was fetched; else 0."""


@dataclass(frozen=True, slots=True)
class Crawled:
    """What the frontier of one crawl tells."""

    sites: tuple[Refusals, ...]
    put_off: dict[str, float]
    """Until when hosts asked to be left alone, in seconds since the epoch."""


def last_refusals(folder: Path, crawls: Iterable[str]) -> Iterator[tuple[str, Crawled | StorageError]]:
    """What each of the `crawls`, newest first, tells of the sites that no newer one was of.

    Of a frontier that cannot be read, the error.
    """
    told: set[str] = set()
    for crawl in crawls:
        path = folder / crawl / FILE_NAME
        if not path.is_file():
            continue
        try:
            found = refusals_in(path, crawl)
        except StorageError as error:
            yield crawl, error
            continue
        new = tuple(one for one in found.sites if one.site not in told)
        told.update(one.site for one in new)
        if new:
            yield crawl, Crawled(new, found.put_off)


def refusals_in(path: Path, crawl: str) -> Crawled:
    """What one frontier tells. Raises StorageError when it cannot be read."""
    try:
        with closing(_opened(path)) as rows:
            return _read(rows, crawl)
    except (sqlite3.Error, ValueError) as error:
        raise StorageError(f"crawls/{crawl}/{FILE_NAME}: the frontier cannot be read: {error}") from error


def _read(rows: sqlite3.Connection, crawl: str) -> Crawled:
    sites: dict[str, Refusals] = {}

    def of(site: str) -> Refusals:
        return sites.setdefault(site, Refusals(site, crawl))

    counted = rows.execute("SELECT site, state, reason, count(*), min(id) FROM page GROUP BY site, state, reason")
    for site, state, reason, count, first in counted.fetchall():
        refusals = of(site)
        refusals.queued += count if state == "queued" else 0
        if (trap := _trap_of(state, reason)) is not None:
            name, shape = trap
            known = refusals.traps.setdefault(name, Trap(name))
            known.addresses += count
            if len(known.shapes) < SHAPES:
                known.shapes[shape] = count
            if not known.example:
                known.example = rows.execute("SELECT url FROM page WHERE id = ?", (first,)).fetchone()[0]
        elif state == "skipped":
            refusals.skipped[reason or ""] += count
    facts = {name: json.loads(value) for name, value in rows.execute("SELECT name, value FROM crawl")}
    for name, value in facts.items():
        kind, _, rest = name.partition(":")
        if kind == OVER_BUDGET:
            of(rest).budget = int(value)
    put_off = {
        name.partition(":")[2]: float(value) for name, value in facts.items() if name.startswith(f"{PUT_OFF_HOST}:")
    }
    return Crawled(tuple(sites.values()), put_off)


def _trap_of(state: str, reason: str | None) -> tuple[str, str] | None:
    if reason is None:
        return None
    if _REDIRECTS.fullmatch(reason):
        return REDIRECTS, reason
    return name_of(reason) if state == "skipped" else None


def _opened(path: Path) -> sqlite3.Connection:
    name = f"file:{quote(str(path))}?mode=ro"
    connection = sqlite3.connect(name, uri=True)
    try:
        connection.execute("SELECT 1 FROM page LIMIT 1")
    except sqlite3.OperationalError:
        # a file in WAL mode on a disk that cannot be written: nobody writes to it then
        connection.close()
        connection = sqlite3.connect(f"{name}&immutable=1", uri=True)
    return connection
