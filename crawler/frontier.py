"""The frontier: which addresses a crawl knows, where each was found, and what became of it.

An SQLite file `crawls/<id>/frontier.sqlite`; `crawler/scheduler.py` is Scrapy's scheduler over it. A page goes

    queued → in flight → done | skipped (reason) | failed (reason)

and is `done` only when its capture is synced and the links that it holds are rows: both are written in one
transaction. After a kill, what was in flight is queued again; so a page may be fetched twice, and none is lost.
The file is provenance too: discovered from where, when, over how many hops, and why it was not fetched.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

from archive.errors import StorageError
from spiders.address import AddressError, host_and_port, url_key
from spiders.entry import Entry
from spiders.requests import SECOND_LOOK
from spiders.revisit import NOT_DUE, UNCHANGED
from spiders.trap_shapes import PREFIX as TRAP

State = Literal["queued", "in flight", "done", "skipped", "failed"]

FILE_NAME: Final = "frontier.sqlite"

# One file is one crawl: there is nothing to migrate, only a form to refuse.
FORM: Final = 2

_SCHEMA = """
CREATE TABLE crawl (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE page (
    id INTEGER PRIMARY KEY,
    site TEXT NOT NULL,
    key TEXT NOT NULL,
    url TEXT NOT NULL,
    kind TEXT,
    host TEXT NOT NULL,
    callback TEXT NOT NULL,
    listing TEXT,
    seed INTEGER NOT NULL,
    via TEXT,
    hops TEXT NOT NULL,
    priority INTEGER NOT NULL,
    depth INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    not_before REAL NOT NULL DEFAULT 0,
    state TEXT NOT NULL,
    reason TEXT,
    record_id TEXT,
    status INTEGER,
    found_at TEXT NOT NULL,
    settled_at TEXT,
    UNIQUE (site, key)
) STRICT;
CREATE INDEX page_to_fetch ON page (site, host, priority DESC, depth, id) WHERE state = 'queued';
CREATE INDEX page_by_state ON page (state, reason);
CREATE TABLE listing (
    site TEXT NOT NULL,
    url TEXT NOT NULL,
    whole INTEGER NOT NULL,
    total INTEGER,
    PRIMARY KEY (site, url)
) STRICT, WITHOUT ROWID;
CREATE TABLE listed (
    site TEXT NOT NULL,
    listing TEXT NOT NULL,
    key TEXT NOT NULL,
    url TEXT NOT NULL,
    modified TEXT NOT NULL,
    published TEXT NOT NULL,
    facts TEXT NOT NULL,
    PRIMARY KEY (site, listing, key)
) STRICT, WITHOUT ROWID;
"""

PUT_OFF_HOST: Final = "put off"
"""Facts `put off:HOST:PORT`: until when, in seconds since the epoch, a host asked to be left alone."""
OVER_BUDGET: Final = "over budget"
"""Facts `over budget:SITE`: the budget that was spent in the last run, so that pages of the site are left queued."""

_PATIENCE: Final = 60.0
"""Seconds that a transaction waits for that of another process; each takes a few milliseconds."""
_READ_AHEAD: Final = 64
"""Pages of a host that are read from the file at a time."""
_REMEMBERED: Final = 1 << 16
"""Addresses of a site that are known without asking the file."""

LATE: Final = "second look: the run ended before it"
REQUISITE: Final = "requisite"
"""Kind of what a page needs to be seen as it was."""
_OF_BEFORE: Final = (f"{NOT_DUE}%", f"{UNCHANGED}%", f"{TRAP}%")
"""Reasons for which a page was passed over that fall when a listing names it."""
_OF_AN_ADDRESS: Final = ("not included", "excluded by %", "other host", "tracker", "share or login")
"""Those that are about the address: another one of the same page may belong to the site."""
_OF_A_PAGE: Final = ("not included", "excluded by %", "other host", *_OF_BEFORE)
"""Those that are about pages, and say nothing of what a page needs."""

_SELECT: Final = (
    "SELECT id, site, url, kind, callback, listing, seed, via, hops, priority, depth, attempts, not_before, state,"
    " reason, record_id FROM page"
)


@dataclass(frozen=True, slots=True)
class Found:
    """An address to put into the frontier."""

    url: str
    key: str = ""
    """What tells the site's pages apart (`spiders/identity.py`); empty: the address's normal form."""
    kind: str | None = None
    """case, news, list …; None where it is not known."""
    callback: str = "read_page"
    """Name of the spider's method that looks into the page."""
    listing: str | None = None
    """Address of the listing that it is a part of."""
    via: str | None = None
    hops: str = ""
    priority: int = 0
    seed: bool = False
    """A seed belongs to the crawl whatever the scope says."""
    skipped: str | None = None
    """Why it is not to be fetched; None when it is."""
    exact: bool = False
    """Whether only the very same text is the same page: for a redirect between two spellings of one address."""
    not_before: float = 0.0
    """Seconds since the epoch; 0: at once."""
    revives: bool = False
    """Whether it is queued although it was passed over: a listing names it now, or a page needs it to be seen."""


@dataclass(frozen=True, slots=True)
class ListedPart:
    """What a part of a listing names, found on a page of the crawl."""

    url: str
    """Address of the listing, as the site's definition gives it."""
    whole: bool
    """Whether the listing is made to name all pages, and this part of it is sound."""
    total: int | None
    """How many pages it says to name in all its parts."""
    entries: tuple[tuple[str, Entry], ...]
    """With the keys of the pages."""


@dataclass(frozen=True, slots=True)
class Page:
    """One row of the frontier."""

    id: int
    site: str
    url: str
    kind: str | None
    callback: str
    listing: str | None
    seed: bool
    via: str | None
    hops: str
    priority: int
    depth: int
    attempts: int
    not_before: float
    """Seconds since the epoch; 0: at once."""
    state: State
    reason: str | None
    record_id: str | None


@dataclass(frozen=True, slots=True)
class Visit:
    """What became of an address in a crawl, as the page memory takes it."""

    url: str
    kind: str | None
    found_at: datetime
    fetched_at: datetime | None
    """When it was settled; None when it was not asked for, or not yet."""
    status: int | None
    """None when there was no answer."""
    is_page: bool
    """Whether it is a page of the site: not out of scope, no part of a listing, no download or requisite."""


@dataclass(frozen=True, slots=True)
class ListingRead:
    """How far a listing was read in a crawl."""

    url: str
    way: str
    whole: bool
    total: int | None
    at: datetime
    """When the last part of it was settled."""
    problem: str
    """Why it was not read to its end; empty when it was."""


class Frontier:
    """The rows of one crawl. For one thread of one process."""

    def __init__(self, connection: sqlite3.Connection, name: str, sites: Collection[str] | None = None) -> None:
        self._connection = connection
        self._name = name
        self._sites = sites
        self._counts: Counter[State] = Counter()
        self._waiting: Counter[str] = Counter()
        """Queued pages of each site."""
        self._hosts: dict[str, set[str]] = {}
        self._next_pages: dict[tuple[str, str], deque[Page]] = {}
        """Of a site and host, the queued pages that come next, in their order; not all of them."""
        self._taken: dict[int, Page] = {}
        """Pages in flight, by id."""
        self._unmarked: set[int] = set()
        """Those of them whose row does not say so yet: the mark is written with the next transaction. A kill before
        it costs nothing, because what was in flight is queued again anyway."""
        self._known: dict[str, dict[str, None]] = {}

    @classmethod
    def create(cls, path: Path, facts: Mapping[str, object]) -> Frontier:
        """Make the file; `facts` are kept with it as JSON. Raises StorageError where the disk refuses."""
        name = _shown(path)
        # under another name until it is whole: a kill in between would leave a file that is no frontier to every
        # later run
        fresh = path.with_name(path.name + ".new")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(fresh, isolation_level=None)) as rows:
                rows.execute("BEGIN")
                for statement in _SCHEMA.split(";\n"):
                    rows.execute(statement)
                rows.executemany(
                    "INSERT INTO crawl VALUES (?, ?)",
                    [("form", str(FORM)), *((key, json.dumps(value)) for key, value in facts.items())],
                )
                rows.commit()
            fresh.replace(path)
            frontier = cls(_connect(path), name)
        except (OSError, sqlite3.Error) as error:
            raise _refused(name, error) from error
        return frontier

    @classmethod
    def open(cls, path: Path, *, sites: Collection[str] | None = None) -> Frontier:
        """Open the file of an earlier run, or that of this one beside other processes.

        With `sites` it counts, and gives out, the pages of these alone: no other process may. Raises StorageError
        when it is no frontier, or damaged.
        """
        name = _shown(path)
        if not path.is_file():
            raise StorageError(f"expected a frontier in {name}, found no file")
        try:
            frontier = cls(_connect(path), name, sites)
            form = frontier.fact("form")
            if form == FORM:
                frontier._count()
        except sqlite3.Error as error:
            raise _refused(name, error) from error
        if form != FORM:
            frontier.close()
            raise StorageError(f"{name}: expected a frontier of form {FORM}, found {form!r}")
        return frontier

    def close(self) -> None:
        """Write what SQLite still holds back, and close the file."""
        self._connection.close()

    # -- what is known of the crawl as a whole

    def fact(self, name: str) -> object:
        """What `create` or `set_fact` kept under that name; None when nothing."""
        row = self._connection.execute("SELECT value FROM crawl WHERE name = ?", (name,)).fetchone()
        return None if row is None else json.loads(row[0])

    def set_fact(self, name: str, value: object) -> None:
        """Keep a fact about the crawl."""
        with self._transaction() as rows:
            rows.execute("INSERT OR REPLACE INTO crawl VALUES (?, ?)", (name, json.dumps(value)))

    def facts(self, kind: str) -> dict[str, Any]:
        """The facts whose names begin with `kind` and a colon, by the rest of their names."""
        rows = self._connection.execute(
            "SELECT name, value FROM crawl WHERE substr(name, 1, ?) = ?", (len(kind) + 1, f"{kind}:")
        )
        return {name[len(kind) + 1 :]: json.loads(value) for name, value in rows}

    def forget_facts(self, kind: str) -> None:
        """Forget all of them."""
        with self._transaction() as rows:
            rows.execute("DELETE FROM crawl WHERE substr(name, 1, ?) = ?", (len(kind) + 1, f"{kind}:"))

    # -- the way of a page

    def add(self, site: str, found: Iterable[Found]) -> list[Found]:
        """Put addresses in; those that are known already stay as they are. Returns those that are new."""
        with self._transaction() as rows:
            return self._add(rows, site, found, depth=0)

    def take(self, site: str, *, busy: Sequence[str] = (), now: float | None = None) -> Page | None:
        """The next page to fetch, then in flight: one that may be fetched now before one that has to wait.

        `busy` are `host:port` that get no more for now. None when there is no page for the others.
        """
        now = _now().timestamp() if now is None else now
        try:
            page = self._next(site, busy, now)
        except sqlite3.Error as error:
            raise _refused(self._name, error) from error
        if page is not None and page.priority < 0 and self._reads_listing(site):
            return None
        if page is not None:
            place = (page.site, host_of(page.url))
            waiting = self._next_pages.get(place)
            if waiting and waiting[0].id == page.id:
                waiting.popleft()
            page = replace(page, state="in flight")
            self._taken[page.id] = page
            self._unmarked.add(page.id)
            self._count_move(page.site, "queued", "in flight")
        return page

    def _reads_listing(self, site: str) -> bool:
        """Whether a part of a listing is in flight, which may make pages of a priority below 0 needless."""
        return any(page.listing is not None for page in self._taken.values() if page.site == site)

    def _next(self, site: str, busy: Sequence[str], now: float) -> Page | None:
        if not self._waiting[site]:
            return None
        pages = []
        for host in self._hosts.get(site, set()).difference(busy):
            page = self._next_of(site, host, now)
            if page is not None:
                pages.append(page)
        return min(
            pages,
            key=lambda page: (max(page.not_before - now, 0), -page.priority, page.depth, page.id),
            default=None,
        )

    def _next_of(self, site: str, host: str, now: float) -> Page | None:
        waiting = self._next_pages.setdefault((site, host), deque())
        if not waiting:
            self._mark()
            # the index gives the order; it passes over waiting pages only, which are few
            rows = self._connection.execute(
                f"{_SELECT} WHERE site = ? AND host = ? AND state = 'queued' AND not_before <= ?"
                " ORDER BY priority DESC, depth, id LIMIT ?",
                (site, host, now, _READ_AHEAD),
            )
            waiting.extend(map(_page, rows))
        if waiting:
            return waiting[0]
        row = self._connection.execute(
            f"{_SELECT} WHERE site = ? AND host = ? AND state = 'queued' ORDER BY not_before LIMIT 1", (site, host)
        ).fetchone()
        return None if row is None else _page(row)

    def _mark(self) -> None:
        """Write the marks of what is in flight."""
        if self._unmarked:
            with self._transaction():
                pass

    def finish(
        self,
        page: int,
        found: Iterable[Found],
        *,
        record_id: str | None,
        reason: str | None = None,
        status: int | None = None,
        listed: Iterable[ListedPart] = (),
    ) -> list[Found]:
        """The page is done: its capture is synced; what was found on it goes in with the mark, or neither does.

        `reason` says what was wrong with looking into it. Returns the addresses that are new.
        """
        with self._transaction(besides=page) as rows:
            of = self._taken.get(page) or self._page(rows, page)
            new = self._add(rows, of.site, found, depth=of.depth + 1)
            for part in listed:
                self._add_listed(rows, of.site, part)
            self._settle(rows, page, "done", reason, record_id, status)
        return new

    def knows(self, site: str) -> Callable[[str], bool]:
        """Says of an address of a site, as it is written, whether it surely is in already; "no" is no promise."""
        return self._known.setdefault(site, {}).__contains__

    def skip(self, page: int, reason: str, *, record_id: str | None = None) -> None:
        """The page is not fetched, for a reason that is ours or the site's."""
        with self._transaction(besides=page) as rows:
            self._settle(rows, page, "skipped", reason, record_id)

    def fail(self, page: int, reason: str, *, record_id: str | None = None, status: int | None = None) -> None:
        """The page could not be fetched."""
        with self._transaction(besides=page) as rows:
            self._settle(rows, page, "failed", reason, record_id, status)

    def retry(self, page: int, *, not_before: float, counts: bool = True) -> None:
        """The page is queued again after a failed attempt, which `counts` or not, not before that time."""
        with self._transaction() as rows:
            rows.execute(
                "UPDATE page SET attempts = attempts + ?, not_before = ? WHERE id = ?", (counts, not_before, page)
            )
            self._queue_again(rows, page)

    def put_back(self, page: int) -> None:
        """The page was not fetched after all: the crawl is stopping."""
        with self._transaction() as rows:
            self._queue_again(rows, page)

    def recover(self) -> int:
        """Queue again what was in flight when the last run ended. Returns how many pages that were.

        Second looks that are left are given up: what differs hours later is not what moves by itself.
        """
        with self._transaction() as rows:
            rows.execute(
                "UPDATE page SET state = 'skipped', reason = ?, settled_at = ?"
                " WHERE callback = ? AND state IN ('queued', 'in flight')",
                (LATE, _now().isoformat(timespec="microseconds"), SECOND_LOOK),
            )
            count = rows.execute("UPDATE page SET state = 'queued' WHERE state = 'in flight'").rowcount
            self._taken.clear()
        self._count()
        return count

    # -- questions

    def has_queued(self, site: str | None = None, *, besides: Callable[[str], bool] | None = None) -> bool:
        """Whether any page, or one of the site, waits to be fetched, on another host than those that `besides` says."""
        if not (self._counts["queued"] if site is None else self._waiting[site]):
            return False
        return besides is None or any(not besides(host) for host in self.waiting_hosts(site))

    def waiting_hosts(self, site: str | None = None) -> Counter[str]:
        """How many pages, or pages of the site, wait to be fetched on each host, `host:port`."""
        return Counter(
            dict(
                self._connection.execute(
                    "SELECT host, count(*) FROM page WHERE state = 'queued' AND (?1 IS NULL OR site = ?1) "
                    " GROUP BY host",
                    (site,),
                )
            )
        )

    def hosts(self, site: str) -> set[str]:
        """The hosts, `host:port`, that pages of a site were found on."""
        return self._hosts.get(site, set())

    def waiting(self, site: str) -> int:
        """How many pages of a site wait to be fetched."""
        return self._waiting[site]

    def counts(self) -> Counter[State]:
        """How many pages are in each state."""
        return +self._counts

    def reasons(self, state: State) -> Counter[str]:
        """How many pages are in a state for each reason."""
        return Counter(
            dict(
                self._connection.execute(
                    "SELECT coalesce(reason, ''), count(*) FROM page WHERE state = ? GROUP BY reason", (state,)
                )
            )
        )

    def pages(self, *, state: State | None = None, site: str | None = None) -> Iterator[Page]:
        """The pages in the order they were found."""
        for row in self._connection.execute(
            f"{_SELECT} WHERE (?1 IS NULL OR state = ?1) AND (?2 IS NULL OR site = ?2) ORDER BY id", (state, site)
        ):
            yield _page(row)

    def visits(self, site: str) -> Iterator[Visit]:
        """What became of the addresses of a site, in the order they were found."""
        for url, kind, callback, listing, state, reason, record_id, status, found_at, settled_at in self._all(
            "SELECT url, kind, callback, listing, state, reason, record_id, status, found_at, settled_at FROM page"
            " WHERE site = ? AND callback != ? ORDER BY id",
            (site, SECOND_LOOK),
        ):
            # what robots.txt denies has a record, and is a page of the site all the same
            of_site = state != "skipped" or record_id is not None or str(reason).startswith((NOT_DUE, UNCHANGED))
            asked = state in {"done", "failed"}
            yield Visit(
                url,
                kind,
                datetime.fromisoformat(found_at),
                datetime.fromisoformat(settled_at) if asked and settled_at else None,
                status,
                of_site and listing is None and callback == "read_page" and kind != "requisite",
            )

    def listings(self, site: str) -> list[ListingRead]:
        """The listings of a site that were read, or begun with."""
        said = {row[0]: row[1:] for row in self._all("SELECT url, whole, total FROM listing WHERE site = ?", (site,))}
        parts: dict[str, tuple[str, str, str]] = {}
        for url, callback, state, reason, settled_at in self._all(
            "SELECT listing, callback, state, reason, settled_at FROM page WHERE site = ? AND listing IS NOT NULL"
            " ORDER BY id",
            (site,),
        ):
            way, at, problem = parts.get(url, (callback.removeprefix("read_"), "", ""))
            wrong = str(reason or f"a part of it is {state}") if state != "done" or reason else ""
            parts[url] = way, max(at, settled_at or ""), problem or wrong
        return [
            ListingRead(url, way, *_said(said.get(url)), datetime.fromisoformat(at), problem)
            for url, (way, at, problem) in parts.items()
            if at
        ]

    def listed(self, site: str, listing: str) -> Iterator[tuple[str, Entry]]:
        """What a listing named, with the keys of the pages."""
        for key, url, modified, published, facts in self._all(
            "SELECT key, url, modified, published, facts FROM listed WHERE site = ? AND listing = ?", (site, listing)
        ):
            yield key, Entry(url, modified, published, facts=tuple((name, value) for name, value in json.loads(facts)))

    def _all(self, query: str, values: tuple[str, ...]) -> list[Any]:
        try:
            return self._connection.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise _refused(self._name, error) from error

    def known(self, site: str, found: Found) -> Page | None:
        """The page that an address which was found is, if the crawl knows it."""
        key, _ = _key_and_host(found)
        row = self._connection.execute(f"{_SELECT} WHERE site = ? AND key = ?", (site, key)).fetchone()
        return None if row is None else _page(row)

    # -- within a transaction

    @contextmanager
    def _transaction(self, *, besides: int | None = None) -> Iterator[sqlite3.Connection]:
        """A transaction, which writes the outstanding marks too, but that of the page `besides`: it is settled."""
        taken = dict(self._taken)
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                marks = [(page,) for page in self._unmarked if page != besides]
                if marks:
                    self._connection.executemany("UPDATE page SET state = 'in flight' WHERE id = ?", marks)
                yield self._connection
                self._connection.commit()
            except BaseException:
                self._connection.rollback()
                self._count()
                self._taken = taken
                for page in self._unmarked:
                    self._count_move(taken[page].site, "queued", "in flight")
                raise
            self._unmarked.clear()
        except sqlite3.Error as error:
            raise _refused(self._name, error) from error

    def _add(self, rows: sqlite3.Connection, site: str, found: Iterable[Found], *, depth: int) -> list[Found]:
        new = []
        found_at = _now().isoformat(timespec="microseconds")
        known = self._known.setdefault(site, {})
        if len(known) > _REMEMBERED:
            known.clear()
        for one in found:
            key, host = _key_and_host(one)
            state: State
            state, settled_at = ("queued", None) if one.skipped is None else ("skipped", found_at)
            added = rows.execute(
                "INSERT INTO page (site, key, url, kind, host, callback, listing, seed, via, hops, priority, depth,"
                " not_before, state, reason, found_at, settled_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (site, key) DO NOTHING",
                (
                    site,
                    key,
                    one.url,
                    one.kind,
                    host,
                    one.callback,
                    one.listing,
                    one.seed,
                    one.via,
                    one.hops,
                    one.priority,
                    depth,
                    one.not_before,
                    state,
                    one.skipped,
                    found_at,
                    settled_at,
                ),
            ).rowcount
            if not one.exact:
                known[one.url] = None
            if added:
                self._counts[state] += 1
            elif one.listing is not None and state == "queued" and (was := self._make_part(rows, site, key, one)):
                if was == "queued":
                    continue
                self._counts["skipped"] -= 1
                self._counts["queued"] += 1
            elif state == "queued" and (
                (one.revives and self._revive(rows, site, key, one)) or self._respell(rows, site, key, host, one)
            ):
                self._counts["skipped"] -= 1
                self._counts["queued"] += 1
            else:
                continue
            new.append(one)
            if state == "queued":
                self._waiting[site] += 1
                self._hosts.setdefault(site, set()).add(host)
                self._make_way(site, host, one.priority, depth)
        return new

    def _make_part(self, rows: sqlite3.Connection, site: str, key: str, one: Found) -> State | None:
        """Have a row that was found as a page read as the part of a listing that it is; its state before, or None."""
        row = rows.execute(
            "SELECT id, state FROM page WHERE site = ? AND key = ? AND listing IS NULL", (site, key)
        ).fetchone()
        if row is None:
            return None
        page, state = row
        if page in self._taken or state not in {"queued", "skipped"}:
            # what it names is found as links are; that the listing does not name a page says nothing then
            self._add_listed(rows, site, ListedPart(one.listing or "", whole=False, total=None, entries=()))
            return None
        rows.execute(
            "UPDATE page SET state = 'queued', reason = NULL, settled_at = NULL, callback = ?, listing = ?, seed = ?,"
            " priority = ?, via = ?, hops = ? WHERE id = ?",
            (one.callback, one.listing, one.seed, one.priority, one.via, one.hops, page),
        )
        self._next_pages.clear()
        return "queued" if state == "queued" else "skipped"

    def _revive(self, rows: sqlite3.Connection, site: str, key: str, one: Found) -> bool:
        """Queue a page that was passed over because of what was known of it before, or of how it was found."""
        reasons = _OF_A_PAGE if one.kind == REQUISITE else _OF_BEFORE
        return bool(
            rows.execute(
                "UPDATE page SET state = 'queued', reason = NULL, settled_at = NULL, priority = ?, via = ?, hops = ?,"
                " kind = ?, callback = ? WHERE site = ? AND key = ? AND state = 'skipped'"
                " AND EXISTS (SELECT 1 FROM json_each(?) WHERE reason LIKE value)",
                (one.priority, one.via, one.hops, one.kind, one.callback, site, key, json.dumps(reasons)),
            ).rowcount
        )

    def _respell(self, rows: sqlite3.Connection, site: str, key: str, host: str, one: Found) -> bool:
        """Queue a page that was passed over under another address, which alone does not belong to the site."""
        return bool(
            rows.execute(
                "UPDATE page SET state = 'queued', reason = NULL, settled_at = NULL, url = ?, host = ?, priority = ?,"
                " via = ?, hops = ?, kind = ?, callback = ?, seed = ? WHERE site = ? AND key = ? AND url != ?"
                " AND state = 'skipped' AND EXISTS (SELECT 1 FROM json_each(?) WHERE reason LIKE value)",
                (
                    *(one.url, host, one.priority, one.via, one.hops, one.kind, one.callback, one.seed),
                    *(site, key, one.url, json.dumps(_OF_AN_ADDRESS)),
                ),
            ).rowcount
        )

    def _add_listed(self, rows: sqlite3.Connection, site: str, part: ListedPart) -> None:
        rows.execute(
            "INSERT INTO listing VALUES (?, ?, ?, ?) ON CONFLICT (site, url) DO UPDATE SET"
            # a list that becomes shorter while it is read moves entries up, past the part that is asked for next
            " whole = min(whole, excluded.whole, coalesce(excluded.total >= total, 1)),"
            " total = coalesce(excluded.total, total)",
            (site, part.url, part.whole, part.total),
        )
        rows.executemany(
            "INSERT INTO listed VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (site, listing, key) DO UPDATE SET"
            " url = excluded.url, modified = excluded.modified, published = excluded.published, facts = excluded.facts",
            [
                (site, part.url, key, one.url, one.modified, one.published, json.dumps(one.facts, ensure_ascii=False))
                for key, one in part.entries
            ],
        )

    def _make_way(self, site: str, host: str, priority: int, depth: int) -> None:
        """Forget what was read ahead when a page comes before the last of it."""
        waiting = self._next_pages.get((site, host))
        if waiting and (-priority, depth) < (-waiting[-1].priority, waiting[-1].depth):
            waiting.clear()

    def _settle(
        self,
        rows: sqlite3.Connection,
        page: int,
        state: State,
        reason: str | None,
        record_id: str | None,
        status: int | None = None,
    ) -> None:
        of = self._taken.pop(page, None) or self._page(rows, page)
        rows.execute(
            "UPDATE page SET state = ?, reason = ?, record_id = coalesce(?, record_id), status = coalesce(?, status),"
            " settled_at = ? WHERE id = ?",
            (state, reason, record_id, status, _now().isoformat(timespec="microseconds"), page),
        )
        if of.state == "queued":  # it may be among what was read ahead
            self._next_pages.clear()
        self._count_move(of.site, of.state, state)

    def _queue_again(self, rows: sqlite3.Connection, page: int) -> None:
        of = self._taken.pop(page, None) or self._page(rows, page)
        rows.execute("UPDATE page SET state = 'queued' WHERE id = ?", (page,))
        self._next_pages.clear()
        self._count_move(of.site, of.state, "queued")

    def _page(self, rows: sqlite3.Connection, page: int) -> Page:
        return _page(rows.execute(f"{_SELECT} WHERE id = ?", (page,)).fetchone())

    def _count_move(self, site: str, before: State, after: State) -> None:
        self._counts[before] -= 1
        self._counts[after] += 1
        self._waiting[site] += (after == "queued") - (before == "queued")

    def _count(self) -> None:
        self._counts.clear()
        self._waiting.clear()
        self._hosts.clear()
        rows = self._connection.execute
        for site, state, number in rows("SELECT site, state, count(*) FROM page GROUP BY site, state"):
            if self._sites is None or site in self._sites:
                self._counts[state] += number
                self._waiting[site] += number if state == "queued" else 0
        for site, host in rows("SELECT DISTINCT site, host FROM page WHERE state != 'skipped'"):
            self._hosts.setdefault(site, set()).add(host)
        self._next_pages.clear()
        self._known.clear()


def host_of(url: str) -> str:
    """`host:port` of an address; "" for a text that is none."""
    try:
        return host_and_port(url)
    except (AddressError, ValueError):
        return ""


def _key_and_host(found: Found) -> tuple[str, str]:
    try:
        # no normal form begins like that: an exact key never meets another page's
        return f"={found.url}" if found.exact else found.key or url_key(found.url), host_and_port(found.url)
    except (AddressError, ValueError):
        return found.url, host_of(found.url)


_SEED_COLUMN: Final = 6


def _said(row: Sequence[Any] | None) -> tuple[bool, int | None]:
    return (False, None) if row is None else (bool(row[0]), row[1])


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=_PATIENCE)
    connection.execute("PRAGMA journal_mode = WAL")
    # A kill of the process loses no transaction; a power cut may lose the last ones, and their pages are then
    # fetched again: the evidence is synced by its own writer.
    connection.execute("PRAGMA synchronous = NORMAL")
    return connection


def _page(row: Sequence[object]) -> Page:
    values = list(row)
    values[_SEED_COLUMN] = bool(values[_SEED_COLUMN])
    return Page(*values)  # type: ignore[arg-type]  # STRICT tables give what the columns say


def _now() -> datetime:
    return datetime.now(UTC)


def _shown(path: Path) -> str:
    """The path within the collection: absolute paths name the operator."""
    return "/".join(path.parts[-3:])


def _refused(name: str, error: Exception) -> StorageError:
    words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    damaged = isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError)
    advice = " Begin anew with --fresh." if damaged else ""
    return StorageError(f"{name}: the frontier cannot be read or written: {words}.{advice}")
