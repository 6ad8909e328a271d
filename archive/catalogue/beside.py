"""The other records of a capture's exchange, packed into its row: where they lie, their ids, and what their digests
begin with.

A row of its own for each takes three times as much, and on PostgreSQL more than all else that is kept of a capture.
What is packed lies without a gap around the capture's own record, so that the lengths say where. Of each digest the
first 8 octets are kept: enough to see that a row is of another record than the log's; the whole stands in the log.

The octets: one for the type of the capture's own record (high half) and how many of the others come before it (low
half); then of each, in their order, its type in one octet, its length in groups of 7 bits, the lowest first, the high
bit saying that another follows, its id (16 octets), and the beginning of its digest (8).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from sqlalchemy.engine.default import DefaultDialect

from archive.columns import RecordId
from archive.digest import digest_octets
from archive.errors import CatalogueError

if TYPE_CHECKING:
    from archive.warc import WrittenRecord

TYPES = ("response", "revisit", "request", "metadata", "resource", "conversion", "continuation", "warcinfo")
"""The types of WARC records in the order of their numbers here; new ones come last."""
DIGEST_START = 8
"""Octets of a digest that are kept of a record beside a capture's."""

_ID = 16
MOST = 15
"""How far a record beside a capture's own may lie from it."""

Entry = tuple[int, int, int, str, bytes, bytes]
"""Ordinal, offset, length, type, record id, digest or its beginning."""


def packed(records: Sequence[WrittenRecord], at: int) -> bytes | None:
    """Records of one exchange around the `at`-th, which is the capture's own; None where they cannot be packed."""
    if not is_packable(records, at):
        return None
    octets = bytearray([TYPES.index(records[at].type) << 4 | at])
    for place, record in enumerate(records):
        if place != at:
            octets.append(TYPES.index(record.type))
            length = record.location.length
            while length > 0x7F:
                octets.append(length & 0x7F | 0x80)
                length >>= 7
            octets.append(length)
            octets += _id_octets(record.record_id)
            octets += digest_octets(record.record_digest)[:DIGEST_START]
    return bytes(octets)


def is_packable(records: Sequence[WrittenRecord], at: int) -> bool:
    """Whether records lie one after the other, and have types and ids that can be packed."""
    if at > MOST or any(record.type not in TYPES or record.foundation is not None for record in records):
        return False
    if any(len(_id_octets(record.record_id)) != _ID for place, record in enumerate(records) if place != at):
        return False
    return all(
        (before.n + 1, before.location.offset + before.location.length) == (after.n, after.location.offset)
        for before, after in pairwise(records)
    )


def unpacked(n: int, offset: int, length: int, record_id: bytes, digest: bytes, octets: bytes) -> list[Entry]:
    """All records of an exchange, in their order, from what the row of its capture says.

    Raises CatalogueError where the octets are not such a row's.
    """
    try:
        kind, before = TYPES[octets[0] >> 4], octets[0] & 0x0F
        found, at = [], 1
        while at < len(octets):
            type_, at, size, shift = TYPES[octets[at]], at + 1, 0, 0
            while octets[at] & 0x80:
                size, shift, at = size | (octets[at] & 0x7F) << shift, shift + 7, at + 1
            size, at = size | octets[at] << shift, at + 1
            end = at + _ID + DIGEST_START
            if end > len(octets):
                raise IndexError
            found.append((size, type_, octets[at : at + _ID], octets[at + _ID : end]))
            at = end
        if before > len(found):
            raise IndexError
    except IndexError:
        message = f"expected the records beside record {n} of a file, found {octets[:64].hex()!r}"
        raise CatalogueError(f"{message}; make it again: khronika rebuild") from None
    found.insert(before, (length, kind, record_id, digest))
    place = offset - sum(size for size, *_ in found[:before])
    entries = []
    for number, (size, type_, own, start) in enumerate(found, n - before):
        entries.append((number, place, size, type_, own, start))
        place += size
    return entries


def alone(kind: str) -> bytes:
    """What is packed of an exchange of which nothing but the capture's own record, of a type, is packed."""
    return bytes([TYPES.index(kind) << 4])


def id_text(octets: bytes) -> str:
    """A record id as text."""
    text = _RECORD_ID.process_result_value(octets, _DIALECT)
    assert text is not None, "there are octets"
    return text


def _id_octets(record_id: str) -> bytes:
    octets = _RECORD_ID.process_bind_param(record_id, _DIALECT)
    assert octets is not None, "there is a text"
    return octets


_RECORD_ID = RecordId()
_DIALECT = DefaultDialect()
