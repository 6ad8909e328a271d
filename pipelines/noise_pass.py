"""After each crawl: what moves by itself on the pages of its sites is learned, for comparisons to come.

Told by the readings that were written since the last time (`noise/.learned` has the catalogue's mark of the last one):
the texts that stand beside the main text, second looks against the captures that they follow, and how the pages in
question differed over their last looks, as their changes say. A site's file is written only when something new was
learned. After a kill the rest is done by the next run; nothing that is written is compared again.

It is the crawls that are learned from: `rebuild` and `reprocess` leave the file as it is.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from archive.collection import write_once
from archive.errors import CaptureNotFoundError, CatalogueError, ConfigError, LogError, ReadingError, StorageError
from archive.kinds import EVENTS, ChangeKind, State, state_of
from archive.withholding import Withholdings, withheld
from pipelines.noise import Mask
from pipelines.noise_file import FOLDER, change, load, name_of
from pipelines.noise_learning import Look, Standing, is_unknown, look_of, standing_of, with_repeated, with_slots
from pipelines.passes import Settling
from pipelines.reading import Reading

if TYPE_CHECKING:
    from archive.capture import Capture
    from archive.catalogue import Catalogue, ChangeRow

logger = logging.getLogger(__name__)

MARK: Final = ".learned"
APART: Final = timedelta(minutes=15)
"""How long after a capture a second look tells what moves by itself."""
PAGES_LIMIT: Final = 200
"""Pages of a site whose differences are looked into in one go: what moves by itself does so on any of them."""
LOOKS_LIMIT: Final = 8
"""Changes of a page that are looked into, the last ones."""
STANDING_LIMIT: Final = 2_000
"""Pages of a site whose texts are counted in one go."""


def learn_noise(settling: Settling) -> int:
    """Learn from what was read since the last time. No change is found or taken back by it: 0."""
    catalogue, folder = settling.catalogue, settling.collection.path
    mark = catalogue.readings_mark()
    path = folder / FOLDER / MARK
    before = _mark(path)
    if before == mark:
        return 0
    if settling.again or (before is not None and before.rpartition("-")[0] != mark.rpartition("-")[0]):
        # what was read before is derived again, or the catalogue was made anew: all was known to the one before
        if before is not None:
            _put_mark(path, mark)
        return 0
    try:
        held = _held(settling)
    except LogError as error:
        # the next run learns it
        logger.warning("nothing is learned of what moves: nobody can say what is withheld: %s", error)
        return 0
    for site, news in sorted(_news(catalogue, before, held).items()):
        if settling.is_stopping():
            return 0
        learn_site(settling, site, news)
    _put_mark(path, mark)
    return 0


def learn_all(settling: Settling, site: str) -> tuple[Mask, bool]:
    """Learn from the whole history of a site; its mask, and whether something new was learned.

    Raises ConfigError, LogError.
    """
    held = _held(settling)
    return _learned(settling, site, _news(settling.catalogue, None, held, site=site).get(site, _News(held)))


def learn_site(settling: Settling, site: str, news: _News) -> None:
    """Learn what is new of a site; a file that a person left damaged is named, and left alone."""
    try:
        mask, written = _learned(settling, site, news)
    except ConfigError as error:
        logger.warning("nothing is learned of what moves on the pages of %s: %s", site, error)
        return
    if written:
        logger.info("%s: version %d", name_of(site), mask.version)


def _learned(settling: Settling, site: str, news: _News) -> tuple[Mask, bool]:
    catalogue, folder = settling.catalogue, settling.collection.path
    known = load(folder, site) or Mask()
    standing = list(news.standing)
    mask = with_repeated(known, standing)
    looks = [*_second_looks(catalogue, news, mask), *_looks(catalogue, site, news)]
    if with_slots(mask, looks) == known:
        return known, False
    # what a person writes in the meantime is not lost: it is learned for the file as it is then
    return change(folder, site, lambda now: with_slots(with_repeated(now, standing), looks), now=_now_of(news))


def _held(settling: Settling) -> Withholdings:
    """What is withheld: the file of noise quotes pages, and quotes none of it. Raises LogError."""
    return Withholdings(withheld(settling.collection.log(), unsigned=True, catalogue=settling.catalogue))


def _now_of(news: _News) -> datetime:
    return max(news.last, default=datetime.now(UTC))


# ---- what is new


@dataclass(slots=True)
class _News:
    """What was read of a site since the last time, and is not withheld."""

    held: Withholdings
    pages: dict[str, None] = field(default_factory=dict)
    """Addresses of pages with a new reading."""
    seconds: list[Capture] = field(default_factory=list)
    standing: list[Standing] = field(default_factory=list)
    last: list[datetime] = field(default_factory=list)


def _news(catalogue: Catalogue, mark: str | None, held: Withholdings, *, site: str | None = None) -> dict[str, _News]:
    news: defaultdict[str, _News] = defaultdict(lambda: _News(held))
    while True:
        rows = catalogue.readings_after(mark)
        if not rows:
            return news
        for at, capture, row in rows:
            mark = at
            if row.failed is not None or capture.by_browser or (site is not None and capture.site != site):
                continue
            if held.of(capture) is not None:
                continue
            of = news[capture.site]
            of.last = [max([*of.last, capture.captured_at])]
            if capture.is_second_look:
                of.seconds.append(capture)
            elif state_of(capture) is State.PRESENT:
                of.pages[capture.url] = None
            if len(of.standing) < STANDING_LIMIT:
                try:
                    of.standing.append(standing_of(Reading.from_json(row.json)))
                except (ReadingError, CatalogueError):
                    continue


def _mark(path: Any) -> str | None:
    try:
        return str(path.read_text(encoding="ascii")).strip() or None
    except (OSError, UnicodeDecodeError):
        return None


def _put_mark(path: Any, mark: str) -> None:
    try:
        path.parent.mkdir(exist_ok=True)
    except OSError as error:
        raise StorageError(f"writing {FOLDER}: {error.strerror}") from error
    write_once(path, f"{mark}\n".encode("ascii"))


# ---- second looks


def _second_looks(catalogue: Catalogue, news: _News, mask: Mask) -> Iterator[Look]:
    from pipelines.change import compare

    for second in sorted(news.seconds, key=lambda one: (one.captured_at, one.url))[:PAGES_LIMIT]:
        first = _followed(catalogue, second)
        if first is None or first.payload_digest == second.payload_digest or news.held.of(first) is not None:
            continue
        before, after = _reading(catalogue, first), _reading(catalogue, second)
        if before is None or after is None or before.rules != after.rules:
            continue
        try:
            edits = [edit.as_record() for edit in compare(before, after, mask).edits]
            yield look_of(before, after, edits, crawl=second.crawl, second=True)
        except Exception as error:  # noqa: BLE001 - whatever a page does to the comparison is that page's failure
            logger.warning("nothing is learned of %s: %s: %s", second.url, type(error).__name__, error)


def _followed(catalogue: Catalogue, second: Capture) -> Capture | None:
    """The capture that a second look follows."""
    for one in reversed(catalogue.captures_of(second.url)):
        same = one.url == second.url and one.crawl == second.crawl and state_of(one) is State.PRESENT
        if same and timedelta(0) < second.captured_at - one.captured_at <= APART:
            return one
    return None


def _reading(catalogue: Catalogue, capture: Capture) -> Reading | None:
    row = catalogue.reading(capture.record_id)
    if row is None or row.failed is not None:
        return None
    try:
        return Reading.from_json(row.json)
    except (ReadingError, CatalogueError):
        return None


# ---- history


def _looks(catalogue: Catalogue, site: str, news: _News) -> Iterator[Look]:
    """The last looks at the pages that were read anew: how each differed from the one before."""
    chosen = sorted(news.pages, key=lambda url: sha256(url.encode()).digest())[:PAGES_LIMIT]
    for url in chosen:
        rows = [row for row in catalogue.changes(url=url) if row.kind not in _NO_LOOKS and row.site == site]
        quiet = [Look(one.url, one.crawl, one.captured_at) for one in catalogue.unchanged(url) if one.site == site]
        times = sorted([*(row.to_at for row in rows), *(look.at for look in quiet)])[-LOOKS_LIMIT:]
        rows = [row for row in rows if row.to_at >= times[0]]
        # a page on which nothing moved says so too
        yield from (look for look in quiet if look.at >= times[0])
        if not any(_moved(row) for row in rows):
            yield from (Look(row.url, crawl, row.to_at) for row, crawl in _with_crawls(catalogue, rows))
            continue
        for row, crawl in _with_crawls(catalogue, rows):
            yield _look(catalogue, row, crawl, news.held)


_NO_LOOKS: Final = frozenset({*EVENTS, ChangeKind.CERTIFICATE, ChangeKind.EXTRACTOR, ChangeKind.UNCOMPARED})


def _with_crawls(catalogue: Catalogue, rows: list[ChangeRow]) -> Iterable[tuple[ChangeRow, str]]:
    crawls = catalogue.crawls_of(row.id for row in rows)
    return [(row, crawls.get(row.id, "")) for row in rows]


def _moved(row: ChangeRow) -> bool:
    """Whether anything moved that nothing is known of yet."""
    return bool(_unknown(row))


def _unknown(row: ChangeRow) -> list[Mapping[str, Any]]:
    return [edit for edit in (*row.edits, *row.provenance.get("set_aside", ())) if is_unknown(edit)]


def _look(catalogue: Catalogue, row: ChangeRow, crawl: str, held: Withholdings) -> Look:
    edits = _unknown(row)
    if not edits:
        return Look(row.url, crawl, row.to_at)
    readings = []
    for record_id in (row.from_record, row.to_record):
        try:
            capture = catalogue.capture(record_id)
        except CaptureNotFoundError:
            return Look(row.url, crawl, row.to_at, quiet=False)
        if held.of(capture) is not None:
            return Look(row.url, crawl, row.to_at, quiet=False)
        original = capture if capture.refers_to is None else catalogue.capture(capture.refers_to)
        reading = _reading(catalogue, original)
        if reading is None:
            return Look(row.url, crawl, row.to_at, quiet=False)
        readings.append(reading)
    return look_of(readings[0], readings[1], edits, crawl=crawl)
