"""Digests of readings: the log holds one of what was read on each crawl's pages, so that an edited text is found.

The digest of a crawl is SHA-256 over a line for each of its captures that was read, in order of record id:

    urn:uuid:… <rules> sha256:<hex of the reading's content> sha256:<hex of what its row says beside it>
    urn:uuid:… <rules> failed sha256:<hex of the reason why there is no reading, UTF-8>

each ended by a line feed. The content is what `archive/readings.py` keeps of a reading. Beside it its row says the
language, the title, the digest of the main text and that of the payload, and with what the rules stand for that is a
JSON array without spaces, UTF-8. The entry has how many they are and by which rules they were
read: where either is another now, the crawl was read further or anew since, and its digest says nothing until the next
one is logged.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from archive.catalogue import PENDING, ReadingRow
from archive.digest import Digest, Digester, digest
from archive.entry import ReadingsEntry, RecordEntry, parse_entry
from archive.finding import Finding, FindingKind
from archive.readings import canonical
from archive.statements import statements, vouched
from archive.withholding import withheld

if TYPE_CHECKING:
    from archive.capture import Capture
    from archive.catalogue import Catalogue
    from archive.log import LogReader

_READINGS: Final = b'"what":"readings"'
_RULES_LIMIT: Final = 1_000
_CATALOGUE: Final = "catalogue.sqlite"


def readings_digest(catalogue: Catalogue, crawl: str) -> tuple[int, Digest]:
    """How many captures of a crawl were read, and the digest of what was."""
    count, digester = 0, Digester()
    for capture, row in catalogue.readings_in(crawl):
        count += 1
        digester.update(_line(capture.record_id, row))
    return count, digester.digest()


def _line(record_id: str, row: ReadingRow) -> bytes:
    if row.failed is not None:
        return f"{record_id} {row.rules} failed {digest(row.failed.encode())}\n".encode()
    beside = [row.language, row.title, row.text_digest, row.payload_digest, row.stamp.decode("utf-8", "replace")]
    told = json.dumps(beside, ensure_ascii=False, separators=(",", ":")).encode()
    return f"{record_id} {row.rules} {digest(row.content)} {digest(told)}\n".encode()


def rules_of(counts: Mapping[str, int]) -> str:
    """The rules that a crawl was read by, in a line; the digest of that line where it is long."""
    line = " ".join(sorted(rules for rules, count in counts.items() if count and rules != PENDING))
    return line if len(line) <= _RULES_LIMIT else str(digest(line.encode()))


def logged_readings(
    log: LogReader, *, unsigned: bool = False, catalogue: Catalogue | None = None
) -> dict[str, ReadingsEntry]:
    """The newest digest of each crawl that the key's holder logged; `catalogue` makes it fast. Raises LogError."""
    found: dict[str, ReadingsEntry] = {}
    for _, octets in vouched(statements(log, catalogue, unsigned=unsigned)):
        if _READINGS in octets:
            entry = parse_entry(octets)
            if isinstance(entry, ReadingsEntry):
                found[entry.crawl] = entry
    return found


def readings_due(catalogue: Catalogue, log: LogReader) -> list[ReadingsEntry]:
    """What is to be logged: a digest of each crawl that was read further, or by other rules, since its last one.

    Raises LogError, CatalogueError.
    """
    logged = logged_readings(log, unsigned=True, catalogue=catalogue)
    counts = catalogue.reading_counts()
    due = []
    for crawl in sorted(counts.keys() | logged.keys()):
        by_rules = counts.get(crawl, {})
        read, rules = _read(by_rules), rules_of(by_rules)
        before = logged.get(crawl)
        if (before.count, before.rules) == (read, rules) if before is not None else not read:
            continue
        count, found = readings_digest(catalogue, crawl)
        due.append(ReadingsEntry(crawl=crawl, count=count, digest=found, rules=rules))
    return due


def _read(counts: Mapping[str, int]) -> int:
    return sum(count for rules, count in counts.items() if rules != PENDING)


def check_readings(
    catalogue: Catalogue,
    log: LogReader,
    not_checked: list[str],
    *,
    text_digest: Callable[[bytes], Digest] | None = None,
) -> Iterator[Finding]:
    """Hold the readings in the catalogue against the digests in the log.

    What cannot be held against one is said in `not_checked`. `text_digest` makes the digest of its main text out of a
    reading, so that the page can be named whose text was edited and nothing else. Raises LogError, CatalogueError.
    """
    logged = logged_readings(log)
    counts = catalogue.reading_counts()
    for crawl in sorted(counts.keys() | logged.keys()):
        by_rules = counts.get(crawl, {})
        read, entry = _read(by_rules), logged.get(crawl)
        if entry is None:
            if read:
                not_checked.append(f"the readings of crawl {crawl}: the log holds no digest of them")
            continue
        if by_rules.get(PENDING):
            not_checked.append(f"the readings of crawl {crawl}: {by_rules[PENDING]} of its pages wait to be read")
        elif 0 < entry.count - read <= _withheld_in(catalogue, log, crawl):
            # until the withholding that was stopped is finished, which logs the digest of what is left
            not_checked.append(f"the readings of crawl {crawl}: {entry.count - read} were withheld since its digest")
        elif read < entry.count:
            yield _finding(FindingKind.MISSING, crawl, f"{entry.count} readings, as the log says", str(read))
        elif rules_of(by_rules) != entry.rules:
            not_checked.append(f"the readings of crawl {crawl}: other rules read it since their digest was logged")
        elif read > entry.count:
            not_checked.append(
                f"the readings of crawl {crawl}: {read - entry.count} came after their digest was logged"
            )
        else:
            yield from _compared(catalogue, entry, text_digest)


def _withheld_in(catalogue: Catalogue, log: LogReader, crawl: str) -> int:
    """How many records of a crawl's files are withheld from disk and no captures any more."""
    gone = [one for one in withheld(log).values() if one.from_disk]
    known = catalogue.known_captures([one.record_id for one in gone])
    files = {row.name for row in catalogue.files() if row.crawl == crawl}
    entries = (parse_entry(log.entry(one.of)) for one in gone if one.record_id not in known)
    return sum(isinstance(entry, RecordEntry) and entry.file in files for entry in entries)


def _compared(
    catalogue: Catalogue, entry: ReadingsEntry, text_digest: Callable[[bytes], Digest] | None
) -> Iterator[Finding]:
    count, found = readings_digest(catalogue, entry.crawl)
    if (count, found) == (entry.count, entry.digest):
        return
    expected = f"{entry.count} readings of the digest {entry.digest}, as the log says"
    yield _finding(FindingKind.ALTERED, entry.crawl, expected, f"{count} of {found}")
    for capture, row in catalogue.readings_in(entry.crawl):
        problem = _problem(capture, row, text_digest)
        if problem is not None:
            yield _finding(FindingKind.ALTERED, entry.crawl, "a reading that agrees with itself", problem, capture)


def _problem(capture: Capture, row: ReadingRow, text_digest: Callable[[bytes], Digest] | None) -> str | None:
    """Where a row contradicts itself: what a reading says is in columns of its own as well."""
    if row.failed is not None:
        return None
    try:
        reading = json.loads(row.content)
        if canonical(reading) != row.content:
            return "one that is not in its canonical form"
        whole = json.loads(row.json)
        told = (whole["payload_digest"], whole["title"], whole["provenance"]["rules"])
        if told != (row.payload_digest, row.title, row.rules):
            return "one of another payload, title or rules than the row says"
        if text_digest is not None and text_digest(row.json) != row.text_digest:
            return "one of another text than the row's digest says"
    except Exception as error:  # noqa: BLE001 - whatever was made of it, it is not what was written
        return f"one that cannot be read ({type(error).__name__})"
    return None


def _finding(kind: FindingKind, crawl: str, expected: str, found: str, capture: Capture | None = None) -> Finding:
    return Finding(
        kind=kind,
        file=_CATALOGUE,
        offset=None,
        record_id=None if capture is None else capture.record_id,
        capture=None if capture is None else f"{capture.timestamp}/{capture.url}",
        expected=f"in crawl {crawl} {expected}",
        found=found,
    )
