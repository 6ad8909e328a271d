"""What a filled catalogue takes and how long it takes, asked and entered through the catalogue's own methods."""

from __future__ import annotations

import os
import random
import sqlite3
import statistics
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, func, select, text

from archive.capture import Capture, RecordLocation
from archive.catalogue import Catalogue, CrawlRow
from archive.database import Place, Server, open_database
from archive.digest import digest_of_octets
from archive.errors import CatalogueError
from archive.exchange import Outcome
from archive.kinds import QUIET, ChangeKind
from archive.tables import CAPTURES, CHANGES, META, PAGES
from archive.warc import WrittenRecord

Progress = Callable[[str, int, int], None]

GROUP = 64
"""Captures in one transaction of the writer that is as fast as it goes (`archive/writer.py`)."""
TOLD = sorted(kind.value for kind in set(ChangeKind) - QUIET)
"""The kinds that `khronika changes` tells unless it is asked for others."""
READ = ("readings", "changes", "rules", "redirects", "moves")
"""The tables that the reading stage fills; all others are of the captures themselves."""


@dataclass
class Figures:
    """What was measured, by name; times in seconds, sizes in octets."""

    database: str
    captures: int = 0
    pages: int = 0
    changes: int = 0
    octets: dict[str, int] = field(default_factory=dict)
    """By table and index."""
    capture_octets: float = 0.0
    """Octets of the captures' own tables and indexes, a capture."""
    all_octets: float = 0.0
    inserts: float = 0.0
    """Captures a second."""
    insert_p99: float = 0.0
    """Of one group's transaction."""
    insert_cpu: float = 0.0
    """Of this process, a capture."""
    syncs: float = 0.0
    """Of a small file a second: a transaction needs one at least."""
    history_p50: float = 0.0
    history_p99: float = 0.0
    history_cpu_p50: float = 0.0
    """Of this process; a server's own is not in it."""
    history_cpu_p99: float = 0.0
    cold_p50: float = 0.0
    cold_p99: float = 0.0
    longest_history: int = 0
    longest_history_time: float = 0.0
    changes_since: dict[str, tuple[int, float]] = field(default_factory=dict)
    """By span: how many, and how long it took."""
    overview: dict[str, float] = field(default_factory=dict)


@contextmanager
def rows_of(place: Place) -> Iterator[Connection]:
    """A look past the catalogue's methods, for what they do not tell."""
    database = open_database(place, readonly=True, damaged=CatalogueError)
    try:
        with database.reading() as connection:
            yield connection
    finally:
        database.close()


def count(place: Place, figures: Figures) -> None:
    """How many there are of what, and how much room they take."""
    with rows_of(place) as connection:
        figures.captures = connection.scalar(select(func.count()).select_from(CAPTURES)) or 0
        figures.pages = connection.scalar(select(func.count()).select_from(PAGES)) or 0
        told = select(func.count()).select_from(CHANGES).where(CHANGES.c.kind.in_(TOLD))
        figures.changes = connection.scalar(told) or 0
        figures.octets = _octets_on_server(connection) if isinstance(place, Server) else _octets_in_file(place)
    tables = {index.name: table.name for table in META.tables.values() for index in table.indexes}
    own = whole = 0
    for name, octets in figures.octets.items():
        table = tables.get(name) or _table_of(name)
        whole += octets
        own += octets if table not in READ else 0
    figures.capture_octets = own / figures.captures
    figures.all_octets = whole / figures.captures


def _table_of(name: str) -> str:
    """The table of an index that a primary key or a unique column has made."""
    bare = name.removeprefix("sqlite_autoindex_")
    fitting = [table for table in META.tables if bare == table or bare.startswith(f"{table}_")]
    return max(fitting, key=len, default=bare)


def _octets_in_file(path: Path) -> dict[str, int]:
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    try:
        return dict(connection.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name"))
    finally:
        connection.close()


def _octets_on_server(connection: Connection) -> dict[str, int]:
    # of a table also its map of free room and what is kept out of line
    asked = text(
        "SELECT relname, CASE relkind WHEN 'r' THEN pg_table_size(oid) ELSE pg_relation_size(oid) END FROM pg_class "
        "WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'i')"
    )
    return {row[0]: int(row[1]) for row in connection.execute(asked)}


def some_urls(place: Place, number: int, seed: int) -> list[str]:
    """Addresses of random pages, each as likely as any other."""
    with rows_of(place) as connection:
        last = connection.scalar(select(func.max(PAGES.c.id))) or 0
        wanted = random.Random(seed).sample(range(1, last + 1), min(number, last))
        urls = []
        for start in range(0, len(wanted), 500):
            of = select(PAGES.c.url).where(PAGES.c.id.in_(wanted[start : start + 500]))
            urls += connection.scalars(of).all()
    random.Random(seed).shuffle(urls)
    return urls


def longest(place: Place) -> str:
    """The address of the page with most captures."""
    with rows_of(place) as connection:
        number = func.count().label("number")
        counted = select(CAPTURES.c.page, number).group_by(CAPTURES.c.page).order_by(number.desc()).limit(1)
        page = connection.execute(counted).one().page
        return connection.execute(select(PAGES.c.url).where(PAGES.c.id == page)).scalar_one()


def histories(catalogue: Catalogue, urls: list[str]) -> tuple[list[float], list[float]]:
    """How long each page's history takes, by the clock and of the processor."""
    times, worked = [], []
    for url in urls:
        began, at_work = time.perf_counter(), time.thread_time()
        rows = catalogue.history(url)
        times.append(time.perf_counter() - began)
        worked.append(time.thread_time() - at_work)
        assert rows, url
    return times, worked


def quantiles(times: list[float]) -> tuple[float, float]:
    """Median and 99th percentile."""
    ordered = sorted(times)
    return statistics.median(ordered), ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]


def questions(place: Place, figures: Figures, urls: list[str], chill: Callable[[], None], progress: Progress) -> None:
    """Ask what people ask. `chill`: takes away what the machine remembers of the rows."""
    page = longest(place)
    progress("Histories, cold", 0, 1)
    chill()
    with Catalogue.open(place, readonly=True) as catalogue:
        figures.cold_p50, figures.cold_p99 = quantiles(histories(catalogue, urls)[0])
    progress("Histories, warm", 0, 1)
    with Catalogue.open(place, readonly=True) as catalogue:
        histories(catalogue, urls)
        times, worked = histories(catalogue, urls)
        figures.history_p50, figures.history_p99 = quantiles(times)
        figures.history_cpu_p50, figures.history_cpu_p99 = quantiles(worked)
        catalogue.history(page)
        took, rows = _best(3, lambda: catalogue.history(page))
        figures.longest_history, figures.longest_history_time = len(rows), took
        progress("Changes", 0, 1)
        with rows_of(place) as connection:
            last = connection.scalar(select(func.max(CHANGES.c.to_at)))
        for name, days in (("a day", 1), ("a week", 7), ("30 days", 30)):
            since = last - timedelta(days=days)
            took, changes = _best(3, lambda since=since: list(catalogue.changes(since=since, kinds=TOLD)))
            figures.changes_since[name] = (len(changes), took)
        progress("Overview", 0, 1)
        for name, ask in (
            ("sites", catalogue.sites),
            ("crawls", catalogue.crawls),
            ("to be read", catalogue.unread_count),
        ):
            figures.overview[name], _ = _best(3, ask)


def _best(times: int, act: Callable[[], Any]) -> tuple[float, Any]:
    best = float("inf")
    for _ in range(times):
        began = time.perf_counter()
        answer = act()
        best = min(best, time.perf_counter() - began)
    return best, answer


def sync_rate(folder: Path) -> float:
    """How often a second the disk takes 4 KiB at the end of a file for good."""
    path = folder / "sync"
    number = 200
    with path.open("wb", buffering=0) as file:
        began = time.perf_counter()
        for _ in range(number):
            file.write(bytes(4096))
            os.fdatasync(file.fileno())
        took = time.perf_counter() - began
    path.unlink()
    return number / took


def insert(place: Place, figures: Figures, urls: list[str], groups: int, progress: Progress) -> None:
    """Enter captures of a new crawl as the writer does, with full durability."""
    made = random.Random()  # other ids each time that the same catalogue is measured
    crawl, now = f"growth-{uuid.uuid4().hex[:12]}", datetime.now(UTC)
    file = f"{crawl}.warc.gz"
    with Catalogue.open(place, readonly=False) as catalogue:
        known = []
        for done, url in enumerate(urls):
            before = catalogue.captures_of(url)
            origin = next((one for one in reversed(before) if one.refers_to is None and one.status == 200), before[-1])
            known.append(origin)
            if done % 100 == 0:
                progress("Looking for originals", done, len(urls))
        catalogue.add_crawl(CrawlRow(crawl, now))
        catalogue.add_file(file, crawl, now)
        offset = n = 0
        times, worked = [], 0.0
        for group in range(groups):
            records: list[WrittenRecord] = []
            captures: list[Capture] = []
            for place_in in range(GROUP):
                at = now + timedelta(milliseconds=300 * (group * GROUP + place_in))
                one, n, offset = _exchange(made, known, crawl, file, at, n, offset, records)
                captures.append(one)
            began, at_work = time.perf_counter(), time.thread_time()
            catalogue.commit_records(file, offset, records, captures)
            times.append(time.perf_counter() - began)
            worked += time.thread_time() - at_work
            progress("Entering", group, groups)
    figures.inserts = groups * GROUP / sum(times)
    figures.insert_p99 = quantiles(times)[1]
    figures.insert_cpu = worked / (groups * GROUP)


def _exchange(
    made: random.Random,
    known: list[Capture],
    crawl: str,
    file: str,
    at: datetime,
    n: int,
    offset: int,
    records: list[WrittenRecord],
) -> tuple[Capture, int, int]:
    """One capture, as `bench/growth_fill.py` mixes them: new pages, revisits, other payloads."""
    origin = made.choice(known)
    new = made.random() < 0.2
    host = urlsplit(origin.url).netloc
    url = f"https://{host}/new/{made.randrange(2**48)}" if new else origin.url
    revisit = not new and origin.payload_digest is not None and origin.status == 200 and made.random() < 0.8
    payload = origin.payload_digest if revisit else digest_of_octets(made.randbytes(32))
    ids = [f"urn:uuid:{uuid.UUID(bytes=made.randbytes(16), version=4)}" for _ in range(3)]
    digests = [digest_of_octets(made.randbytes(32)) for _ in range(3)]
    places = []
    for of, kind in enumerate(("revisit" if revisit else "response", "request", "metadata")):
        length = made.randrange(4_000, 40_000) if kind == "response" else made.randrange(300, 600)
        places.append(RecordLocation(file, offset, length))
        records.append(
            WrittenRecord(
                n=n,
                type=kind,
                record_id=ids[of],
                date=at,
                target_uri=url,
                location=places[of],
                length=length,
                record_digest=digests[of],
                payload_digest=payload if of == 0 else None,
            )
        )
        n, offset = n + 1, offset + length
    capture = Capture(
        url=url,
        captured_at=at,
        record_id=ids[0],
        record_digest=digests[0],
        location=places[0],
        outcome=Outcome.RESPONSE,
        status=200,
        mime="text/html",
        payload_digest=payload,
        payload_length=made.randrange(5_000, 200_000),
        truncated=None,
        refers_to=origin.record_id if revisit else None,
        crawl=crawl,
        site=origin.site,
        via=f"https://{host}/",
        hops="L",
        error=None,
        certificate=origin.certificate,
        tls_verdict=origin.tls_verdict,
    )
    return capture, n, offset
