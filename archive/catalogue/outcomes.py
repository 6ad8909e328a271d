"""What became of the pages of a crawl at each site: whether any was asked for, and when one was had last."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from archive.catalogue.visits import visits_of
from archive.kinds import State
from archive.tables import CAPTURES, SITES, SORTS

_NOT_HAD = frozenset({State.BLOCKED.value, State.UNREACHABLE.value})


def outcomes_of(connection: Connection, crawl: str) -> dict[str, datetime | None]:
    """By site, of which pages were asked for: when one was had last, None where none was. Costs that crawl at most."""
    names = {row.id: row.name for row in connection.execute(select(SITES.c.id, SITES.c.name))}
    found: dict[str, datetime | None] = {}
    for visit in visits_of(connection, crawl=crawl):
        seen = select(CAPTURES.c.captured_at, CAPTURES.c.state, SORTS.c.failure, SORTS.c.hops)
        seen = seen.join(SORTS, SORTS.c.id == CAPTURES.c.sort).where(CAPTURES.c.visit == visit.id)
        for row in connection.execute(seen.order_by(CAPTURES.c.captured_at.desc())):
            # a robots.txt that was asked for before a page is none
            if not row.hops.rstrip("R").endswith("P"):
                found.setdefault(names[visit.site], None)
                if row.failure is None and row.state not in _NOT_HAD:
                    found[names[visit.site]] = row.captured_at
                    break
    return found
