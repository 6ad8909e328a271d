"""What came of fetches and how they came about: one row for each combination that occurred."""

from __future__ import annotations

import json
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, insert, select

from archive.capture import Capture
from archive.catalogue.conditions import in_lots
from archive.catalogue.hashes import text_hash
from archive.tables import SORTS


class Sort(NamedTuple):
    """A row of SORTS."""

    outcome: str
    status: int | None
    mime: str | None
    truncated: str | None
    hops: str
    failure: str | None


_COLUMNS = [SORTS.c[name] for name in Sort._fields]
_KNOWN = select(SORTS.c.id, *_COLUMNS).where(SORTS.c.hash.in_(bindparam("hashes", expanding=True)))


def sort_of(capture: Capture) -> Sort:
    """Of what sort a capture is."""
    failure = None if capture.failure is None else capture.failure.value
    return Sort(capture.outcome.value, capture.status, capture.mime, capture.truncated, capture.hops, failure)


def sort_ids(connection: Connection, wanted: set[Sort]) -> dict[Sort, int]:
    """The id of each sort; new ones are entered."""
    hashes = {sort: text_hash(json.dumps(sort)) for sort in wanted}

    def known() -> dict[Sort, int]:
        found: dict[Sort, int] = {}
        for some in in_lots(sorted(set(hashes.values()))):
            for row in connection.execute(_KNOWN, {"hashes": list(some)}):
                found[Sort._make(row[1:])] = row.id
        return found

    sorts = known()
    missing = sorted(wanted - sorts.keys(), key=repr)
    if missing:
        connection.execute(insert(SORTS), [{"hash": hashes[sort], **sort._asdict()} for sort in missing])
        sorts = known()
    return sorts
