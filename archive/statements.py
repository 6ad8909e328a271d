"""The entries of the log that are no records': events, seals, keys, anchors, digests of readings.

They are few among very many, and commands ask for them all the time: what is withheld, what was done. The process that
writes keeps them in the catalogue, as far as the log is signed; what came after that is gone through each time.

An entry that lay in the journal, not signed, when a writer opened the log is vouched for by nobody, though it is signed
later: whoever can write to the folder could have put it there. The event of that opening says which these are.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from archive.entry import EventEntry, parse_entry
from archive.errors import LogError
from archive.logged import unvouched

if TYPE_CHECKING:
    from archive.catalogue import Catalogue
    from archive.log import LogReader

_OF_A_RECORD: Final = b'"what":"record"}'
"""The last octets of a record's entry: no member of an entry comes after `what` (`archive/entry.py`)."""
_RECOVERY: Final = b'"type":"recovery"'


def statements(
    log: LogReader, catalogue: Catalogue | None = None, *, unsigned: bool = False
) -> Iterator[tuple[int, bytes]]:
    """The entries that are no records', with their leaf index, in order.

    `catalogue` spares going through what it keeps; who verifies does without. With `unsigned` come those after the
    newest checkpoint, too. Raises LogError.
    """
    size, kept = _kept(log, catalogue)
    yield from kept
    yield from _unkept(log, size)
    if unsigned:
        yield from ((index, octets) for index, octets in enumerate(log.tail(), log.size) if _is_statement(octets))


def vouched(found: Iterable[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    """Those statements that the key's holder logged: without what lay unsigned in the journal when a writer came.

    `found`: in order.
    """
    kept: list[tuple[int, bytes]] = []
    below: list[tuple[int, int]] = []
    """Ranges that begin further down, the highest end first: (-stop, start)."""
    lying_from: float = math.inf
    # the last first: what an entry says that nobody vouches for does not count
    for index, octets in reversed(list(found)):
        while below and -below[0][0] > index:
            lying_from = min(lying_from, heapq.heappop(below)[1])
        if index >= lying_from:
            continue
        kept.append((index, octets))
        if _RECOVERY in octets:
            event = parse_entry(octets)
            indices = unvouched(event) if isinstance(event, EventEntry) else None
            if indices:
                heapq.heappush(below, (-indices.stop, indices.start))
    return kept[::-1]


def keep_statements(catalogue: Catalogue, log: LogReader) -> None:
    """Keep in the catalogue what is signed now; only for the process that writes. Raises LogError, StorageError."""
    size, kept = _kept(log, catalogue)
    if not kept:
        catalogue.forget_logged()
    if size < log.size:
        catalogue.keep_logged(_unkept(log, size), log.size)


def _unkept(log: LogReader, start: int) -> Iterator[tuple[int, bytes]]:
    return ((index, octets) for index, octets in log.entries(start) if _is_statement(octets))


def _is_statement(octets: bytes) -> bool:
    return not octets.endswith(_OF_A_RECORD)


def _kept(log: LogReader, catalogue: Catalogue | None) -> tuple[int, list[tuple[int, bytes]]]:
    """What the catalogue keeps, nothing where it is of another log or of one that is longer than this."""
    if catalogue is None:
        return 0, []
    size, kept = catalogue.logged()
    if not kept or size > log.size:
        return 0, []
    index, octets = kept[-1]
    try:
        return (size, kept) if log.entry(index) == octets else (0, [])
    except LogError:
        return 0, []
