"""What a revisit has of its original: the number of that capture, and its payload's digest.

A revisit whose original is no capture here (it lies in another archive, or was taken out) keeps the record id that it
names, and its payload's digest; it is linked when such a capture comes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select, update

from archive.capture import Capture
from archive.catalogue.conditions import bare, in_lots, is_told_by_comparison
from archive.catalogue.hashes import digest_start
from archive.digest import Digest
from archive.kinds import BESIDE, State
from archive.tables import CAPTURES

_KNOWN = select(
    *(CAPTURES.c.id, CAPTURES.c.record_id, CAPTURES.c.payload, CAPTURES.c.state, CAPTURES.c.compared_by)
).where(CAPTURES.c.record_id.in_(bindparam("record_ids", expanding=True)))
_WAITING = select(CAPTURES.c.id, CAPTURES.c.refers_to).where(
    CAPTURES.c.refers_to.in_(bindparam("record_ids", expanding=True))
)
_LINK = update(CAPTURES).where(CAPTURES.c.id == bindparam("of")).values(original=bindparam("to"), refers_to=None)
_NO_PAYLOAD = Digest("")
"""Of a capture that has none though its original has one."""


class Original(NamedTuple):
    """A capture that a revisit refers to."""

    id: int
    payload: Digest | None
    """As its own row has it."""
    said: State | None = None
    """Its state, where it turned out to be none of its page when it was read."""


def known_originals(connection: Connection, captures: Sequence[Capture]) -> dict[str, Original]:
    """Those captures that revisits refer to, by bare record id."""
    found: dict[str, Original] = {}
    for some in in_lots(sorted({bare(one.refers_to) for one in captures if one.refers_to is not None})):
        for row in connection.execute(_KNOWN, {"record_ids": list(some)}):
            told = row.state not in {State.PRESENT, *BESIDE} and not is_told_by_comparison(row)
            found[row.record_id] = Original(row.id, row.payload, State(row.state) if told else None)
    return found


def payload_row(capture: Capture, original: Original | None) -> dict[str, object]:
    """What a capture's row says of its payload and its original."""
    payload = capture.payload_digest
    if capture.refers_to is None:
        start = None if payload is None else digest_start(payload)
        return {"payload": payload, "payload_start": start, "original": None, "refers_to": None}
    row: dict[str, object] = {"payload": payload, "payload_start": None, "original": None, "refers_to": None}
    if original is None:
        row["refers_to"] = capture.refers_to
    else:
        row["original"] = original.id
    if payload is None:
        row["payload"] = _NO_PAYLOAD
    elif original is not None and payload == original.payload:
        row["payload"] = None
    return row


def link_revisits(connection: Connection, entered: Mapping[str, int]) -> None:
    """Link the revisits that waited for captures, by bare record id, which are entered now."""
    for some in in_lots(sorted(entered)):
        rows = connection.execute(_WAITING, {"record_ids": list(some)}).all()
        links = [{"of": row.id, "to": entered[row.refers_to]} for row in rows if row.id != entered[row.refers_to]]
        if links:
            connection.execute(_LINK, links)


def unlink_revisits(connection: Connection, original: int, record_id: str, payload: Digest | None) -> None:
    """Let revisits keep what they have of a capture that is taken out. Goes through all captures."""
    of = CAPTURES.c.original == original
    inherited = update(CAPTURES).where(of, CAPTURES.c.payload.is_(None))
    connection.execute(inherited.values(payload=payload if payload is not None else _NO_PAYLOAD))
    connection.execute(update(CAPTURES).where(of).values(original=None, refers_to=record_id))
