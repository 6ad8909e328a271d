"""A catalogue of made-up captures, filled by rows: the rows that `Catalogue.commit_records` and the reading stage would
have entered for them, one after the other, by far quicker.

Sites of very different sizes; crawl after crawl over five years, each of some of the sites; in each a few pages that
are new and many that are known, the older the oftener, so that a site's first pages have thousands of captures and
most have a few; three in five captures are revisits; three records an exchange. That the rows are what the catalogue's
own methods enter is held by the test, which enters the same captures by them.
"""

from __future__ import annotations

import hashlib
import json
import random
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from archive.catalogue import Catalogue
from archive.catalogue.hashes import text_hash
from archive.catalogue.sorts import Sort
from archive.columns import EPOCH, MICROSECOND
from archive.surt import urlkey
from archive.tables import META, STATES

Rows = dict[str, list[tuple[Any, ...]]]
Progress = Callable[[str, int, int], None]

BEGAN = datetime(2021, 3, 1, tzinfo=UTC)
YEARS = timedelta(days=5 * 365)
A_TRANSACTION = 200_000
"""Captures that are entered at once: each time, nearly all of the index of record ids is written again."""
A_VISIT = 20
"""Captures of a site in one crawl, in the mean."""
NEW = 0.20
"""The share of captures that are of pages never seen before."""
SAME = 0.76
"""Of those of known pages, the share that are revisits; with NEW, three in five of all."""
FAILED = 0.05
"""Of those of known pages, the share that fail."""
EDITED = 0.30
"""Of the comparisons of other payloads, the share that are told as changes: one in twenty of all captures."""
RULES = "4-5d0c61a09be7f214"
STAMP = json.dumps({"khronika": "0.1.0", "rules": RULES}).encode()
COMPARED = "change-7-3b1f09aa"
STATED = "states-3-90c2"
SETTLED = "lists-5-77e1"
RULES_ID, COMPARED_ID, STATED_ID = 1, 2, 3
WORDS = (
    *("delo", "zaderzhanie", "prigovor", "sud", "obvinenie", "novosti", "spisok", "istoriya", "zhaloba"),
    *("apellyatsiya", "pismo", "kharakteristika", "khronika", "svidanie", "etap", "koloniya"),
)
SECTIONS = ("cases", "news", "persons", "articles", "statements")

SORTS = (
    *(Sort("response", 200, "text/html", None, hops, None) for hops in ("", "L", "LL", "LLL")),
    Sort("response", 200, "application/pdf", None, "LL", None),
    Sort("response", 200, "image/jpeg", None, "LE", None),
    Sort("response", 404, "text/html", None, "LL", None),
    Sort("response", 301, "text/html", None, "L", None),
    Sort("response", 503, "text/html", None, "L", None),
    Sort("response", 403, "text/html", None, "L", None),
    Sort("timeout", None, None, None, "L", "connect-timeout"),
)
PICTURE, FIRST_FAILED, TIMEOUT = 5, 6, 10
"""Places in SORTS."""
PRESENT = STATES.index("present") + 1
FAILED_STATES = [STATES.index(state) + 1 for state in ("gone", "moved", "unreachable", "blocked", "unreachable")]
RESPONSE, REVISIT, REQUEST, METADATA = 0, 1, 2, 3
"""Numbers of types in `archive/catalogue/beside.py`."""


@dataclass(slots=True)
class Page:
    """What is remembered of a page while its captures are made."""

    id: int
    url: str
    sort: int
    """Place in SORTS of what it is answered with."""
    captures: int = 0
    seen: tuple[int, bytes] | None = None
    """The capture that saw it last: its id, and the octets of its record id."""
    original: int | None = None
    """The capture that a revisit refers to."""


@dataclass(slots=True)
class Site:
    """A site while its captures are made."""

    id: int
    name: str
    way: int = 0
    certificate: bytes = b""
    visits: int = 0
    pages: list[Page] = field(default_factory=list)


COLUMNS: dict[str, Sequence[str]] = {
    "crawls": ("id", "began_at"),
    "files": (
        *("id", "name", "crawl", "began_at", "size", "records", "closed", "digest", "first_entry"),
        *("first_capture", "last_capture"),
    ),
    "records": ("file", "n", "offset", "length", "type", "record_id", "record_digest", "foundation"),
    "sites": ("id", "name", "pages"),
    "visits": ("id", "crawl", "site", "captures", "first_at", "last_at"),
    "pages": ("id", "url_hash", "key_hash", "stated_by", "url", "place", "identity"),
    "shown": ("connection", "visit", "first_at", "last_at"),
    "read_counts": ("visit", "rules", "captures"),
    "connections": ("id", "server", "certificate", "verdict", "vantage"),
    "sorts": ("id", "hash", *Sort._fields),
    "rules": ("id", "version", "stamp"),
    "captures": (
        *("id", "captured_at", "offset", "length", "payload_length", "payload_start", "page", "file", "n", "visit"),
        *("sort", "original", "via", "read_by", "compared_by", "connection", "state", "record_id", "record_digest"),
        *("payload", "beside"),
    ),
    "readings": (
        *("capture", "content", "language", "title", "text_digest", "payload_digest", "failed", "source", "written"),
    ),
    "changes": (
        *("id", "page", "site", "from_capture", "to_capture", "to_at", "kind", "weight", "edits", "rules"),
        *("provenance", "settled_by", "group_id"),
    ),
}


class World:
    """Made-up captures, as rows of the tables, a crawl at a time."""

    def __init__(self, captures: int, seed: int) -> None:
        self.captures = captures
        self.biggest: Page | None = None
        self.pages = 0
        self._random = random.Random(seed)
        self._numbers = np.random.default_rng(seed)
        count = max(4, min(10_000, captures // 200))
        self.sites = [Site(n, f"{self._random.choice(WORDS)}-{n}.example") for n in range(1, count + 1)]
        weights = np.arange(1, count + 1) ** -0.7
        self._weights = weights / weights.sum()
        a_crawl = min(100, max(2, count // 4))
        self.crawls = max(2, captures // (A_VISIT * a_crawl))
        self._a_crawl = a_crawl
        self._made = self._visits = self._ways = self._readings = self._entry = 0

    def rows(self) -> Iterator[Rows]:
        """All rows, a crawl at a time, and at the end those that count others."""
        first: Rows = {name: [] for name in COLUMNS}
        first["rules"] = [(RULES_ID, RULES, STAMP), (COMPARED_ID, COMPARED, None), (STATED_ID, STATED, None)]
        first["sorts"] = [(n, text_hash(json.dumps(sort)), *sort) for n, sort in enumerate(SORTS, 1)]
        yield first
        number = 0
        while self._made < self.captures:
            yield self._crawl(number)
            number += 1
        last: Rows = {name: [] for name in COLUMNS}
        last["sites"] = [(site.id, site.name, len(site.pages)) for site in self.sites if site.visits]
        yield last

    def _crawl(self, number: int) -> Rows:
        rows: Rows = {name: [] for name in COLUMNS}
        began = (BEGAN + YEARS * number / self.crawls - EPOCH) // MICROSECOND
        at = EPOCH + began * MICROSECOND
        name = f"{at:%Y%m%dT%H%M%SZ}-{self._random.randrange(16**8):08x}"
        rows["crawls"].append((name, began))
        chosen = self._numbers.choice(len(self.sites), size=self._a_crawl, replace=False, p=self._weights)
        sizes = self._numbers.geometric(1 / A_VISIT, size=self._a_crawl)
        order = np.repeat(np.arange(self._a_crawl), sizes)[: self.captures - self._made]
        self._numbers.shuffle(order)
        sites = [self.sites[n] for n in chosen.tolist()]
        self._captures(rows, number + 1, name, began, [sites[n] for n in order.tolist()])
        return rows

    def _captures(self, rows: Rows, file: int, crawl: str, began: int, sites: Sequence[Site]) -> None:
        count = len(sites)
        chance = self._numbers.random((count, 4)).tolist()
        digests = self._numbers.bytes(count * 64)
        ids = [_uuid(octets) for octets in _split(self._numbers.bytes(count * 48), 16)]
        wait = self._numbers.integers(200_000, 600_000, size=count).tolist()
        long = np.minimum(self._numbers.lognormal(9.2, 0.9, size=count), 4e6).astype(int).tolist()
        short = self._numbers.integers(300, 600, size=(count, 3)).tolist()
        # the first record says what the file is
        info = self._numbers.bytes(48)
        rows["records"].append((file, 0, 0, 420, "warcinfo", _uuid(info[:16]), info[16:], None))
        n, offset, time = 1, 420, began
        visits: dict[int, list[int]] = {}
        first_capture = self._made + 1
        captures, readings, changes = rows["captures"], rows["readings"], rows["changes"]
        for place, site in enumerate(sites):
            capture = self._made = self._made + 1
            time += wait[place]
            is_new, which, what, told = chance[place]
            visit = visits.get(site.id)
            if visit is None:
                self._visits += 1
                visit = visits[site.id] = [self._visits, 0, time, time, 0]
                site.visits += 1
                if site.visits % 25 == 1:
                    self._new_way(rows, site)
                n, offset = self._foundations(rows, site, file, n, offset)
            visit[1] += 1
            visit[3] = time
            known = site.pages
            page = self._new_page(rows, site, which) if is_new < NEW or not known else _of(known, which)
            page.captures += 1
            if self.biggest is None or page.captures > self.biggest.captures:
                self.biggest = page
            original, payload, start, length = None, None, None, 0
            read_by = compared_by = None
            failed = page.captures > 1 and what < FAILED
            sort, state = page.sort, PRESENT
            own = RESPONSE
            if failed:
                sort = FIRST_FAILED + int(what / FAILED * len(FAILED_STATES))
                state = FAILED_STATES[sort - FIRST_FAILED]
                own = METADATA if sort == TIMEOUT else RESPONSE
            elif page.original is not None and what < FAILED + SAME:
                original, own = page.original, REVISIT
            if own == RESPONSE:
                payload = digests[place * 64 : place * 64 + 32]
                start = int.from_bytes(payload[:8], "big", signed=True)
            if own != METADATA:
                length = long[place] * 4
            record_id, record_digest = ids[place * 3], digests[place * 64 + 32 : place * 64 + 64]
            of_request, of_metadata = short[place][:2]
            beside = bytearray((own << 4 | (own == METADATA), REQUEST))
            _number(beside, of_request)
            beside += ids[place * 3 + 1] + record_digest[:8]
            if own == METADATA:
                at, mine, size = n + 1, offset + of_request, of_metadata
                n, offset = n + 2, offset + of_request + of_metadata
            else:
                size = long[place] if own == RESPONSE else short[place][2]
                beside.append(METADATA)
                _number(beside, of_metadata)
                beside += ids[place * 3 + 2] + record_digest[8:16]
                at, mine = n, offset
                n, offset = n + 3, offset + size + of_request + of_metadata
            if state == PRESENT:
                if own == RESPONSE:
                    page.original = capture
                    if page.sort != PICTURE:
                        read_by = RULES_ID
                        visit[4] += 1
                        self._readings += 1
                        told_of = (b"Made up." * 8, "ru", page.url[8:48], record_digest, payload, None, record_digest)
                        readings.append((capture, *told_of, self._readings))
                if page.seen is not None:
                    compared_by = COMPARED_ID
                if page.seen is not None and own != REVISIT:
                    changes.append(_change(site, page, capture, record_id, time, told))
                page.seen = (capture, record_id)
            via = known[0].id if known[0] is not page else None
            where = (time, mine, size, length, start, page.id, file, at, visit[0], sort + 1, original, via)
            what_is = (record_id, record_digest, payload, bytes(beside))
            captures.append((capture, *where, read_by, compared_by, site.way, state, *what_is))
        for site in {site.id: site for site in sites}.values():
            visit_id, number, began_at, ended_at, read = visits[site.id]
            rows["visits"].append((visit_id, crawl, site.id, number, began_at, ended_at))
            rows["shown"].append((site.way, visit_id, began_at, ended_at))
            if read:
                rows["read_counts"].append((visit_id, RULES_ID, read))
        name = f"khronika-{EPOCH + began * MICROSECOND:%Y%m%d%H%M%S}000-00000-{crawl[-8:]}.warc.gz"
        row = (file, name, crawl, began, offset, n, 1, info[:32], self._entry, first_capture, self._made)
        rows["files"].append(row)
        self._entry += n

    def _new_page(self, rows: Rows, site: Site, which: float) -> Page:
        self.pages += 1
        if not site.pages:
            url, sort = f"https://{site.name}/", 0
        else:
            made = self._random
            words = "-".join(made.choices(WORDS, k=made.randrange(1, 5)))
            when = f"{made.randrange(2012, 2027)}/{made.randrange(1, 13):02}"
            url = f"https://{site.name}/{made.choice(SECTIONS)}/{when}/{words}-{self.pages}"
            sort = 1 + int(which * 3) if which < 0.9 else 4 if which < 0.94 else PICTURE
        page = Page(self.pages, url, sort)
        site.pages.append(page)
        same = hashlib.sha256(f"{site.name} ~{url[8:]}".encode()).digest()[:16]
        rows["pages"].append((page.id, text_hash(url), text_hash(urlkey(url)), STATED_ID, url, same, None))
        return page

    def _new_way(self, rows: Rows, site: Site) -> None:
        self._ways += 1
        site.way = self._ways
        site.certificate = self._numbers.bytes(32)
        rows["connections"].append((site.way, f"{site.name}:443", site.certificate, "trusted", None))

    def _foundations(self, rows: Rows, site: Site, file: int, n: int, offset: int) -> tuple[int, int]:
        for target in (f"dns:{site.name}", f"urn:sha256:{site.certificate.hex()}"):
            octets = self._numbers.bytes(48)
            rows["records"].append((file, n, offset, 700, "resource", _uuid(octets[:16]), octets[16:], target))
            n, offset = n + 1, offset + 700
        return n, offset


def _of(pages: Sequence[Page], which: float) -> Page:
    """One of a site's pages: the older the oftener."""
    return pages[int(len(pages) * which**2.5)]


def _change(site: Site, page: Page, capture: int, record_id: bytes, time: int, told: float) -> tuple[Any, ...]:
    """What the comparison with another payload found; a comparison that finds nothing has no row."""
    assert page.seen is not None
    kind = ("edited" if told < EDITED * 0.7 else "added") if told < EDITED else "noise"
    weight = 0.5 if told < EDITED else 0.02
    edits = json.dumps([{"after": "eight years", "before": "five years", "level": "main", "op": "edit"}])
    provenance = json.dumps({"source": RULES, "weight": [{"name": "edit", "value": weight}]})
    # as `change_id` makes it, of what names the captures in rows
    named = hashlib.sha256(page.seen[1] + record_id).hexdigest()[:16]
    return (
        *(f"c{named}", page.id, site.name, page.seen[0], capture, time, kind, weight, edits, COMPARED, provenance),
        *(SETTLED, None),
    )


def _uuid(octets: bytes) -> bytes:
    return octets[:6] + bytes((octets[6] & 0x0F | 0x40, octets[7], octets[8] & 0x3F | 0x80)) + octets[9:]


def _split(octets: bytes, size: int) -> list[bytes]:
    return [octets[at : at + size] for at in range(0, len(octets), size)]


def _number(octets: bytearray, value: int) -> None:
    while value > 0x7F:
        octets.append(value & 0x7F | 0x80)
        value >>= 7
    octets.append(value)


ORDER = [table.name for table in META.sorted_tables if table.name in COLUMNS]


def fill(path: Path, captures: int, seed: int, progress: Progress) -> World:
    """Make a catalogue and fill it. Nothing is synced before the end."""
    Catalogue.create(path).close()
    world = World(captures, seed)
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        for pragma in ("synchronous = OFF", "foreign_keys = OFF", "cache_size = -3000000", "temp_store = MEMORY"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("PRAGMA journal_mode = OFF")
        waiting: Rows = {name: [] for name in COLUMNS}
        done = 0
        for rows in world.rows():
            for name, some in rows.items():
                waiting[name] += some
            if len(waiting["captures"]) >= A_TRANSACTION:
                done += _enter(connection, waiting)
                progress("Filling", done, captures)
        _enter(connection, waiting)
        last = connection.execute("SELECT coalesce(max(written), 0) FROM readings").fetchone()
        connection.execute("UPDATE catalogue SET written = ?", last)
        connection.execute("PRAGMA journal_mode = WAL")
    finally:
        connection.close()
    return world


def _enter(connection: sqlite3.Connection, rows: Rows) -> int:
    done = len(rows["captures"])
    connection.execute("BEGIN")
    for name in ORDER:
        columns = ", ".join(f'"{column}"' for column in COLUMNS[name])
        marks = ", ".join("?" * len(COLUMNS[name]))
        connection.executemany(f"INSERT INTO {name} ({columns}) VALUES ({marks})", rows[name])
        rows[name].clear()
    connection.execute("COMMIT")
    return done
