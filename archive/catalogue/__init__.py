"""The catalogue: one typed method per question to its tables (`archive/tables.py`).

Everything in it is derived: from the WARCs (crawls, files, records, pages, captures) and from reading them (readings,
changes). `khronika rebuild` makes it again with the same answers; a catalogue of another schema version is therefore
not converted but rebuilt. A page is one exact URL as it was fetched.

The capture tables are written by the process that holds the collection's lock, last of all, when the records are
safe in their WARC. Readings and changes are written by the reading stage, through a handle of its own. Readers take
no lock: each question sees one consistent state.

Times are whole microseconds, digests 32 bytes, `edits` and `provenance` JSON with sorted keys.

`Catalogue` owns the database and says what is one transaction or one view. What is asked and entered there is a matter
of functions that take the open connection, a module a subject; `states` and `certificates`, which one caller each
needs, are handed out whole. Their words are in `archive/kinds.py`, what they answer with in `rows`, what several of
them ask by in `conditions`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from archive.capture import Capture
from archive.catalogue import (
    captures,
    changes,
    comparisons,
    entering,
    history,
    identities,
    logged,
    outcomes,
    overview,
    readings,
    taking_out,
    warcs,
)
from archive.catalogue.certificates import Certificates, certificate_before, server_of
from archive.catalogue.changes import enter_changes, replace_changes
from archive.catalogue.conditions import PENDING
from archive.catalogue.opening import created, opened
from archive.catalogue.readings import enter_readings
from archive.catalogue.rows import (
    CertificateSight,
    ChangeMark,
    ChangeRow,
    Comparison,
    CrawlRow,
    FileRow,
    FirstSight,
    HistoryRow,
    Move,
    PageLook,
    PageRow,
    ReadingRow,
    RecordRow,
    SiteRow,
    Unchanged,
    change_id,
)
from archive.catalogue.states import States
from archive.database import Database, Place
from archive.digest import Digest

if TYPE_CHECKING:
    from archive.warc import ClosedFile, WrittenRecord


__all__ = [
    "PENDING",
    "Catalogue",
    "CertificateSight",
    "ChangeRow",
    "Comparison",
    "CrawlRow",
    "FirstSight",
    "HistoryRow",
    "Move",
    "PageLook",
    "ReadingRow",
    "RecordRow",
    "change_id",
    "server_of",
]

STEP = 1_000
"""Rows that a long answer is fetched by: each step sees the catalogue of its own moment."""


class Catalogue:
    """The tables of one collection; may be used by several threads at once."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.states = States(database)
        self.certificates = Certificates(database)

    @classmethod
    def create(cls, place: Place) -> Catalogue:
        """Make an empty catalogue and open it for writing. Raises StorageError."""
        return cls(created(place))

    @classmethod
    def open(cls, place: Place, *, readonly: bool) -> Catalogue:
        """Open a catalogue.

        Raises CatalogueError when there is none, when it is of another version or damaged (the message names
        `khronika rebuild`), StorageError when the disk refuses.
        """
        return cls(opened(place, readonly=readonly))

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def __enter__(self) -> Catalogue:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ---- writing: each method is one transaction

    def add_crawl(self, crawl: CrawlRow) -> None:
        """Enter a crawl; one that is known already stays as it is, but for an earlier beginning."""
        with self._database.writing() as connection:
            warcs.enter_crawl(connection, crawl)

    def add_file(self, name: str, crawl: str | None, began_at: datetime, first_entry: int | None = None) -> None:
        """Enter a WARC that is about to be written. `first_entry`: leaf index in the log of its first record."""
        with self._database.writing() as connection:
            warcs.enter_file(connection, name, crawl, began_at, first_entry)

    def put_first_entry(self, name: str, first_entry: int) -> None:
        """Note where in the log a file's records begin."""
        with self._database.writing() as connection:
            warcs.enter_first_entry(connection, name, first_entry)

    def forget_file(self, name: str) -> None:
        """Take out a file that never held a whole record. Raises CatalogueError when the catalogue knows records."""
        with self._database.writing() as connection:
            warcs.forget_empty_file(connection, name)

    def commit_records(
        self, file: str, size: int, records: Sequence[WrittenRecord], captures: Sequence[Capture]
    ) -> None:
        """Enter records that are synced in their file, and the captures that they make up.

        `size`: length of the file after the last of them, in bytes.
        """
        with self._database.writing() as connection:
            entering.enter_records(connection, file, size, records, captures)

    def close_file(self, closed: ClosedFile) -> None:
        """Note that a file has got its final name, and its digest."""
        with self._database.writing() as connection:
            warcs.enter_closed(connection, closed)

    def close_damaged(self, name: str) -> None:
        """Note that a file will not grow, and is less than what is known of it: that stays as it is."""
        with self._database.writing() as connection:
            warcs.enter_damaged(connection, name)

    def put_reading(self, record_id: str, reading: ReadingRow) -> None:
        """Enter the reading of a capture, in place of an older one; see `put_readings`."""
        self.put_readings([(record_id, reading)])

    def put_readings(
        self, readings: Sequence[tuple[str, ReadingRow]], *, differences: Sequence[ChangeRow] = ()
    ) -> list[bool]:
        """Enter readings of captures, by record id, in place of older ones; whether each was written.

        One that says the same as the older one is not: its capture's row says which rules it is of now, and nothing
        else changes. When another takes the place of an older one, what was compared on the page since is due again.
        `differences`: changes of kind `extractor`, what other rules made another of.
        """
        with self._database.writing() as connection:
            return enter_readings(connection, readings, differences=differences)

    def put_identity(self, url: str, *, place: str, identity: str) -> None:
        """Say which page of its site a URL is; see `put_identities`."""
        self.put_identities([(url, place, identity)])

    def put_identities(self, said: Iterable[tuple[str, str, str]]) -> None:
        """Say which pages of their sites URLs are: (URL, `place` by its address alone, `identity` after what the page
        itself says). URLs of one identity have one history; those of one place are compared with each other besides,
        when a site goes on under other addresses. Does nothing for a URL that was never fetched."""
        wanted = list(said)
        if wanted:
            with self._database.writing() as connection:
                identities.enter_identities(connection, wanted)

    def put_change(self, change: ChangeRow) -> None:
        """Enter the comparison of a capture with the one before it, in place of an older one."""
        self.put_changes([change])

    def put_changes(self, changes: Sequence[ChangeRow]) -> None:
        """Enter comparisons of captures with those before them, in place of older ones.

        One of kind `replaced` says that the later capture is not of the page, one of kind `unreachable` that it broke
        off: that is its state then, and no change.
        """
        with self._database.writing() as connection:
            enter_changes(connection, changes)

    def compare_again(self, ids: Iterable[str]) -> None:
        """Say that the captures which these changes lead to are due to be compared; the changes stay until they are."""
        with self._database.writing() as connection:
            changes.compare_changes_again(connection, ids)

    def replace_changes(self, changes: Sequence[ChangeRow]) -> None:
        """Enter changes that are known, as they are said now: edits, kind, weight, group, and whether they are settled.

        Raises CatalogueError for one that is not known.
        """
        with self._database.writing() as connection:
            replace_changes(connection, changes)

    def settle(self, ids: Iterable[str], rules: str) -> None:
        """Say that changes were looked at beside the others of their crawl, by a version of the rules.

        Those of kind `same` that have nothing to say, since the payload was the same, go: that a capture was compared
        its row says, and `history` tells it.
        """
        with self._database.writing() as connection:
            changes.settle_changes(connection, ids, rules)

    def take_out(
        self, captures: Collection[str], records: Sequence[WrittenRecord], closed: Sequence[ClosedFile]
    ) -> None:
        """Take out captures, by record id, with all that was read on them, and what was compared with that.

        `records`: what lies in the places of their records now; `closed`: the files that hold these. The rows are
        overwritten on the disk as far as SQLite can. What was compared is due again, without them.
        """
        with self._database.overwriting() as connection:
            taking_out.take_out_captures(connection, captures)
            warcs.replace_records(connection, records, closed)

    def compact(self) -> bool:
        """Make the file anew without what was deleted in it; False where another process keeps the journal."""
        return self._database.compact()

    def keep_logged(self, entries: Iterable[tuple[int, bytes]], size: int) -> None:
        """Keep entries of the log that are no records', by leaf index; all of them up to `size` are kept then."""
        with self._database.writing() as connection:
            logged.keep_entries(connection, entries, size)

    def forget_logged(self) -> None:
        """Let go of all that was kept of the log."""
        with self._database.writing() as connection:
            logged.forget_entries(connection)

    # ---- questions: files and records

    def files(self) -> Iterator[FileRow]:
        """Every WARC that the catalogue knows, in order of name, which is that of time."""
        with self._database.reading() as connection:
            found = warcs.all_files(connection)
        yield from found

    def file(self, name: str) -> FileRow | None:
        """One WARC, None when the catalogue does not know it."""
        with self._database.reading() as connection:
            return warcs.file_named(connection, name)

    def records_of(self, file: str) -> Iterator[RecordRow]:
        """The records of a WARC, in order."""
        return warcs.records_of_file(self._database, file, step=10 * STEP)

    def record_at(self, file: str, n: int) -> RecordRow | None:
        """One record of a WARC by its place, None when the catalogue does not know it."""
        with self._database.reading() as connection:
            return warcs.record_at(connection, file, n)

    def records_of_exchange(self, capture: Capture) -> list[RecordRow]:
        """The records of a capture's exchange, in order; none when its own does not lie where it should.

        At most three, and what was made of the page: `archive/warc.py` tells their order. What the exchange rests on
        is not among them.
        """
        with self._database.reading() as connection:
            return warcs.records_of_exchange(connection, capture)

    def foundations(self, file: str, target: str, *, before: int) -> list[RecordRow]:
        """The records of a WARC with that target that later exchanges rest on, before the `before`-th, latest first."""
        with self._database.reading() as connection:
            return warcs.foundations_in(connection, file, target, before=before)

    # ---- questions: captures

    def originals_for(self, wanted: Collection[tuple[str, Digest]], crawl: str) -> dict[tuple[str, Digest], Capture]:
        """For each URL and payload the capture that a revisit by `crawl` would refer to, where there is one.

        Same URL, same payload, an earlier crawl, status 2xx, complete, not empty, and a response itself: a revisit
        of a revisit would prove nothing. Of several the latest that is no browser's, else the latest.
        """
        if not wanted:
            return {}
        with self._database.reading() as connection:
            return captures.originals_for(connection, wanted, crawl)

    def capture(self, record_id: str) -> Capture:
        """The capture with that record id, with or without `<` `>`. Raises CaptureNotFoundError."""
        with self._database.reading() as connection:
            return captures.capture_with(connection, record_id)

    def captures_of(self, url: str) -> list[Capture]:
        """Every capture of a page, in time order; empty when there is none.

        Those of other URLs that are the same page (`put_identity`) are among them, but not where such a URL only led
        on to another. When the exact URL was never fetched: the captures of the URLs that are the same for an archive
        (same urlkey: without scheme, `www.`, session id and order of the query).
        """
        return captures.captures_at(self._database, url)

    def captures_in_crawl(self, crawl: str) -> list[Capture]:
        """Every capture of a crawl, in time order."""
        with self._database.reading() as connection:
            return captures.captures_in_crawl(connection, crawl)

    def known_captures(self, record_ids: Sequence[str]) -> set[str]:
        """Those of some record ids that captures have."""
        with self._database.reading() as connection:
            return captures.known_captures(connection, record_ids)

    def originals_between(self, since: datetime | None, until: datetime | None, site: str | None = None) -> set[str]:
        """Record ids of the captures whose payloads were seen from `since` on and before `until`: of a revisit its
        original."""
        with self._database.reading() as connection:
            return captures.originals_between(connection, since, until, site)

    def captures(self, *, site: str | None = None, since: datetime | None = None) -> Iterator[Capture]:
        """Every capture, or a site's, or from an instant on, in time order."""
        return captures.all_captures(self._database, site=site, since=since, step=STEP)

    def find(self, wanted: str) -> Capture:
        """The capture that a person names.

            20261122            /https://example.org/case/17     14 digits of UTC, or their beginning
            https://example.org/case/17@3                        the third capture of the page
            urn:uuid:0b2c…      or  <urn:uuid:0b2c…>             a record id
            https://example.org/case/17                          a page that has one capture only

        Raises CaptureNotFoundError, and AmbiguousCaptureError with the candidates.
        """
        with self._database.reading() as connection:
            return captures.find_capture(connection, wanted)

    def history(self, url: str) -> list[HistoryRow]:
        """Every capture of a page, in time order, with what changed at each; empty when there is none.

        The language of a revisit is that of its original.
        """
        return history.history_of(self._database, url)

    def certificate_before(self, capture: Capture) -> Capture | None:
        """The last capture over TLS of the same server before this one, of whatever page; None when it is the first.

        What `certificate` and `tls_verdict` of the two say is what changed at the server.
        """
        with self._database.reading() as connection:
            return certificate_before(connection, capture)

    # ---- questions: readings

    def unread(self, limit: int, *, rules: str | None = None, site: str | None = None) -> list[Capture]:
        """Captures that need a reading and have none, oldest first; with `rules`, then also those read by others."""
        with self._database.reading() as connection:
            return readings.unread(connection, limit, rules=rules, site=site)

    def waiting(
        self, *, rules: str | None = None, site: str | None = None, since: datetime | None = None
    ) -> Iterator[tuple[Capture, str]]:
        """What `unread` gives, each capture once, to the end, with the rules that have read it, else PENDING.

        `since`: of those that were captured from then on.
        """
        return readings.waiting(self._database, rules=rules, site=site, since=since)

    def unidentified(self, limit: int) -> list[tuple[str, str]]:
        """URLs of which `put_identity` has said nothing yet, with the site of their captures."""
        with self._database.reading() as connection:
            return identities.unidentified(connection, limit)

    def unread_count(self, *, rules: str | None = None, site: str | None = None, since: datetime | None = None) -> int:
        """How many captures `waiting` would give."""
        with self._database.reading() as connection:
            return readings.unread_count(connection, rules=rules, site=site, since=since)

    def reading(self, record_id: str) -> ReadingRow | None:
        """The reading of a capture, None when it has none (yet). A revisit has that of its original."""
        with self._database.reading() as connection:
            return readings.reading_of(connection, record_id)

    def twin(self, capture: Capture, rules: str) -> ReadingRow | None:
        """The reading by these rules of another capture of the same URL and payload; None where there is none.

        Of several the latest. What else it was read from, its `source` says.
        """
        with self._database.reading() as connection:
            return readings.twin_of(connection, capture, rules)

    def readings_mark(self) -> str:
        """The mark of the reading that was written last (`readings_after`)."""
        with self._database.reading() as connection:
            return readings.readings_mark(connection)

    def readings_after(self, mark: str | None, *, limit: int = STEP) -> list[tuple[str, Capture, ReadingRow]]:
        """Readings that were written since a mark, in the order in which they were, each with its own mark.

        Written is one that is new, or says something else than the one whose place it took. None, and a mark of
        another catalogue, which this one took the place of, stand before the first, and so does one that this
        catalogue has not come to: it was put back from an older copy. At most `limit`, 1 to 1,000.
        """
        with self._database.reading() as connection:
            return readings.readings_after(connection, mark, limit=min(limit, STEP))

    def reading_counts(self, *, by: Literal["crawl", "site"] = "crawl") -> dict[str, dict[str, int]]:
        """By crawl or site, and by rules, how many captures were read; by PENDING, how many wait for it."""
        with self._database.reading() as connection:
            return readings.reading_counts(connection, by=by)

    def readings_in(self, crawl: str) -> Iterator[tuple[Capture, ReadingRow]]:
        """The captures of a crawl that were read, with their readings, in order of record id."""
        return readings.readings_in_crawl(self._database, crawl)

    # ---- questions: changes

    def uncompared(self, limit: int, *, rules: str | None = None) -> list[Comparison]:
        """Captures to be compared with the page's capture before them, oldest first.

        Both saw the page (what lies between them did not), and neither waits for its reading, unless their payloads
        are equal, when no reading is needed. A page that is not for reading (an image) comes too. With `rules`, then
        also those compared by others.
        """
        with self._database.reading() as connection:
            return comparisons.uncompared(connection, limit, rules=rules)

    def change(self, change: str) -> ChangeRow | None:
        """One change by its id."""
        with self._database.reading() as connection:
            return changes.change_with(connection, change)

    def change_marks(self, since: datetime, kinds: Iterable[str]) -> list[ChangeMark]:
        """The settled changes of some kinds from a moment on, in order of time, without what they say."""
        with self._database.reading() as connection:
            return changes.change_marks(connection, since, kinds)

    def changes(
        self,
        since: datetime | None = None,
        site: str | None = None,
        kinds: Iterable[str] | None = None,
        url: str | None = None,
        limit: int | None = None,
        *,
        settled: bool | None = None,
        min_weight: float | None = None,
        group: str | None = None,
        crawl: str | None = None,
    ) -> Iterator[ChangeRow]:
        """Changes in order of the later capture's time; of those the first `limit`. `since` counts as well.

        `settled`: those alone that are, or are not; `crawl`: of the later capture; `group`: of that group alone.
        """
        return changes.changes_like(
            self._database,
            since,
            site,
            kinds,
            url,
            limit,
            settled=settled,
            min_weight=min_weight,
            group=group,
            crawl=crawl,
            step=STEP,
        )

    def unchanged(self, url: str) -> list[Unchanged]:
        """The captures of a page in whose comparison nothing had changed, in time order: once the changes of a crawl
        are settled, `changes` has none of it where the payload was the same."""
        with self._database.reading() as connection:
            return changes.unchanged_looks(connection, url)

    def unsettled(self, site: str | None = None, *, limit: int | None = None) -> Iterator[ChangeRow]:
        """Changes of whatever kind that no pass over their crawl has settled yet, in order of time."""
        return self.changes(site=site, limit=limit, settled=False)

    def crawls_of(self, ids: Iterable[str]) -> dict[str, str]:
        """The crawl of the later capture of each change, by the change's id."""
        with self._database.reading() as connection:
            return changes.crawls_of_changes(connection, ids)

    # ---- questions: the log

    def logged(self) -> tuple[int, list[tuple[int, bytes]]]:
        """How far the log was gone through, and the entries up to there that are no records', by leaf index."""
        with self._database.reading() as connection:
            return logged.kept_entries(connection)

    # ---- questions: crawls, sites, pages

    def crawls(self) -> list[CrawlRow]:
        """Every crawl, the oldest first, with its sites and number of captures."""
        with self._database.reading() as connection:
            return overview.all_crawls(connection)

    def outcomes(self, crawl: str) -> dict[str, datetime | None]:
        """By site, of which a crawl asked for pages: when it had one last, None where it had none."""
        with self._database.reading() as connection:
            return outcomes.outcomes_of(connection, crawl)

    def sites(self) -> list[SiteRow]:
        """What is known of each site, in order of name."""
        with self._database.reading() as connection:
            return overview.all_sites(connection)

    def pages(self, site: str | None = None) -> list[PageRow]:
        """Every page, or a site's, in order of URL."""
        with self._database.reading() as connection:
            return overview.all_pages(connection, site)
