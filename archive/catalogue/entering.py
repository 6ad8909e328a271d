"""What captures are entered with: their records, page, server, state, original, and what waits for them then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, bindparam, func, insert, select, update

from archive.capture import Capture
from archive.catalogue.beside import packed
from archive.catalogue.certificates import way_ids, way_of
from archive.catalogue.comparisons import compare_again, compare_places
from archive.catalogue.conditions import bare, in_lots
from archive.catalogue.originals import Original, known_originals, link_revisits, payload_row
from archive.catalogue.pages import enter_pages, page_ids
from archive.catalogue.sorts import sort_ids, sort_of
from archive.catalogue.visits import Visit, count_read, enter_shown, enter_visits
from archive.catalogue.warcs import enter_loose, exchange_around, file_row
from archive.kinds import State, needs_reading, state_of
from archive.tables import CAPTURES, FILES, PAGES, PENDING_ID

if TYPE_CHECKING:
    from archive.warc import WrittenRecord

_STATE_AGAIN = (
    update(PAGES).where(PAGES.c.id == bindparam("of"), PAGES.c.stated_by != PENDING_ID).values(stated_by=PENDING_ID)
)
_SEEN = (
    select(CAPTURES.c.captured_at)
    .where(CAPTURES.c.page == PAGES.c.id, CAPTURES.c.state == State.PRESENT.value)
    .correlate(PAGES)
    .limit(1)
)
_SPANS = select(
    PAGES.c.id,
    _SEEN.order_by(CAPTURES.c.captured_at).scalar_subquery(),
    _SEEN.order_by(CAPTURES.c.captured_at.desc()).scalar_subquery(),
).where(PAGES.c.id.in_(bindparam("pages", expanding=True)))


def enter_records(
    connection: Connection, file: str, size: int, records: Sequence[WrittenRecord], captures: Sequence[Capture]
) -> None:
    """Enter records at the end of a file, and the captures that they make up."""
    known = file_row(connection, file)
    packs = _Packs(records, captures)
    enter_loose(connection, known.id, packs.loose)
    values = {"size": size, "records": known.records + len(records)}
    if captures:
        ids = enter_captures(connection, known.id, file, captures, packs)
        values["first_capture"] = ids[0] if known.first_capture is None else known.first_capture
        values["last_capture"] = ids[-1]
    connection.execute(update(FILES).where(FILES.c.id == known.id).values(values))


class _Packs:
    """Records, those of captures' exchanges apart from the others."""

    def __init__(self, records: Sequence[WrittenRecord], captures: Sequence[Capture]) -> None:
        places = {record.record_id: place for place, record in enumerate(records)}
        self._of: dict[str, tuple[int, bytes]] = {}
        taken: set[int] = set()
        for capture in captures:
            at = places.get(bare(capture.record_id))
            if at is None or not _is_of(records[at], capture):
                continue
            first, last = exchange_around(records, at)
            if taken & set(range(first, last + 1)):
                first = last = at
            octets = packed(records[first : last + 1], at - first)
            if octets is None:
                first = last = at
                octets = packed([records[at]], 0)
            if octets is not None and at not in taken:
                self._of[capture.record_id] = (records[at].n, octets)
                taken.update(range(first, last + 1))
        self.loose = [record for place, record in enumerate(records) if place not in taken]
        """Those of no exchange, and of exchanges that are not as ours."""

    def row(self, capture: Capture) -> dict[str, object]:
        """What a capture's row says of its records."""
        n, octets = self._of.get(capture.record_id, (None, None))
        return {"n": n, "beside": octets}


def _is_of(record: WrittenRecord, capture: Capture) -> bool:
    return record.location == capture.location and record.record_digest == capture.record_digest


def enter_captures(
    connection: Connection, file_id: int, file: str, captures: Sequence[Capture], packs: _Packs
) -> range:
    """Enter captures whose records lie in a file; their ids."""
    urls = {capture.url for capture in captures}
    pages = page_ids(connection, urls | {capture.via for capture in captures if capture.via is not None})
    new = enter_pages(connection, urls - pages.keys())
    pages |= new
    ways = way_ids(connection, {way for way in map(way_of, captures) if way is not None})
    sorts = sort_ids(connection, {sort_of(capture) for capture in captures})
    visits = enter_visits(connection, _visits(captures, pages), new_pages=new.values())
    mine = {pages[url] for url in urls}
    spans = _seen_spans(connection, mine - set(new.values()))
    first_id = (connection.scalar(select(func.max(CAPTURES.c.id))) or 0) + 1
    ids = range(first_id, first_id + len(captures))
    originals = known_originals(connection, captures)
    said = {one: original.said for one, original in originals.items() if original.said is not None}
    # The earliest capture that saw each page, these ones included: only what comes after it can be compared.
    first = {page: (span[0], -1) for page, span in spans.items()}
    for place, capture in enumerate(captures):
        if _state_at_entry(capture, said) is State.PRESENT:
            page = pages[capture.url]
            own = (capture.captured_at, place)
            first[page] = min(first.get(page, own), own)
    rows = []
    late = []
    for place, capture in enumerate(captures):
        assert capture.location.file == file
        page = pages[capture.url]
        state = _state_at_entry(capture, said)
        way = way_of(capture)
        comparable = state is State.PRESENT and (capture.captured_at, place) > first[page]
        row: dict[str, Any] = {
            "id": ids[place],
            "record_id": capture.record_id,
            "page": page,
            "captured_at": capture.captured_at,
            "file": file_id,
            "offset": capture.location.offset,
            "length": capture.location.length,
            "record_digest": capture.record_digest,
            "sort": sorts[sort_of(capture)],
            "payload_length": capture.payload_length,
            "visit": visits[capture.crawl, capture.site],
            "via": pages.get(capture.via or ""),
            "via_url": None if capture.via in pages else capture.via,
            "error": capture.error,
            "state": state.value,
            "read_by": PENDING_ID if needs_reading(capture) else None,
            "compared_by": PENDING_ID if comparable else None,
            "connection": None if way is None else ways[way],
        }
        original = originals.get(bare(capture.refers_to or ""))
        rows.append(row | packs.row(capture) | payload_row(capture, original))
        if capture.refers_to is None:
            originals[bare(capture.record_id)] = Original(ids[place], capture.payload_digest)
        if state is State.PRESENT and page in spans and capture.captured_at <= spans[page][1]:
            late.append((page, capture))
    connection.execute(insert(CAPTURES), rows)
    _count(connection, rows)
    link_revisits(connection, {bare(capture.record_id): id_ for id_, capture in zip(ids, captures, strict=True)})
    connection.execute(_STATE_AGAIN, [{"of": page} for page in sorted(mine)])
    fresh = first.keys() - spans.keys()
    for some in in_lots(sorted(fresh)):
        query = select(PAGES.c.place).where(PAGES.c.id.in_(some), PAGES.c.place.is_not(None))
        compare_places(connection, set(connection.scalars(query)))
    for page, capture in late:
        compare_again(connection, page, capture)
    return ids


def _count(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Count what the rows of captures say of their visits."""
    shown: dict[tuple[int, int], list[datetime]] = {}
    for row in rows:
        if row["connection"] is not None:
            shown.setdefault((row["connection"], row["visit"]), []).append(row["captured_at"])
    enter_shown(connection, shown)
    count_read(connection, Counter((row["visit"], PENDING_ID) for row in rows if row["read_by"] is not None))


def _visits(captures: Sequence[Capture], pages: Mapping[str, int]) -> dict[Visit, list[tuple[datetime, int]]]:
    visits: dict[Visit, list[tuple[datetime, int]]] = {}
    for capture in captures:
        visits.setdefault((capture.crawl, capture.site), []).append((capture.captured_at, pages[capture.url]))
    return visits


def _state_at_entry(capture: Capture, said: Mapping[str, State]) -> State:
    """What a capture says of its page; of a revisit what its original's text is known to say."""
    state = state_of(capture)
    return said.get(bare(capture.refers_to or ""), state) if state is State.PRESENT else state


def _seen_spans(connection: Connection, pages: set[int]) -> dict[int, tuple[datetime, datetime]]:
    """When each page was seen first and last; each time is a look at the index, however many captures there are."""
    spans: dict[int, tuple[datetime, datetime]] = {}
    for some in in_lots(sorted(pages)):
        for page, first, last in connection.execute(_SPANS, {"pages": list(some)}):
            if first is not None:
                spans[page] = (first, last)
    return spans
