"""What a run of a crawl says in the log before its first record: what the clock was worth, and a beacon's value.

The value of a public beacon could be known to nobody before its time. What stands behind it in the log was logged after
that time: the lower bound of when it was logged, as a time-stamp is the upper one. It says nothing of when a page was
fetched; that is the word of whoever runs the crawl.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Final

from archive.clock import clock_state
from archive.entry import BeaconEntry, EventType, Outcome
from archive.errors import KhronikaError, TimestampError
from archive.writer import utc_now
from crawler.asking import ask, asking_client, check_status
from crawler.log_policy import log_route

if TYPE_CHECKING:
    from archive.writer import Writer
    from crawler.config import Config

BEACON_LIMIT: Final = 64 << 10
BEACON_PATIENCE: Final = 20.0
"""Seconds that a crawl waits for a beacon before it begins without one."""

_HEX = re.compile(r"(?:[0-9a-f]{2}){16,64}\Z")
_CHAIN = re.compile(r"/([0-9a-f]{64})(?:/|\Z)")


async def log_beginning(
    writer: Writer, config: Config, crawl: str, tell: Callable[[str], None], *, resumed: bool
) -> None:
    """Log that a run of a crawl begins. Raises StorageError."""
    state = await asyncio.to_thread(clock_state)
    beacon = await beacon_of(config, tell)
    if beacon is not None:
        await asyncio.wrap_future(writer.append_entries([beacon]))
    words = f"{'resumed' if resumed else 'begun'}; clock: {state}"
    if config.log.beacon and beacon is None:
        words += "; no value of the beacon could be had"
    await asyncio.wrap_future(writer.log_event(EventType.CAPTURE_SESSION, Outcome.SUCCESS, words, object=crawl))


async def beacon_of(config: Config, tell: Callable[[str], None], now: Callable[[], datetime] = utc_now) -> bytes | None:
    """The entry with a beacon's newest value; None where none is configured, or none was had, which is told."""
    if not config.log.beacon:
        return None
    try:
        route = log_route(config.log, config.crawl, config.sites)
        nameservers = config.crawl.nameservers
        async with asking_client(nameservers, limit=BEACON_LIMIT, patience=BEACON_PATIENCE) as client:
            async with asyncio.timeout(BEACON_PATIENCE):
                answer = await ask(client, config.log.beacon, route, accept=b"application/json")
        check_status(answer)
        if config.log.beacon.lower().startswith("https:") and not answer.trusted:
            raise TimestampError("expected a beacon whose certificate holds, found one whose does not")
        return read_beacon(answer.octets, config.log.beacon, now()).octets()
    except TimeoutError:
        tell(f"no value of the beacon: expected an answer within {BEACON_PATIENCE:g} s, found none")
    except KhronikaError as error:
        tell(f"no value of the beacon: {error}")
    except Exception as error:  # noqa: BLE001 - a crawl is worth more than the lower bound of its time
        tell(f"no value of the beacon: a fault in khronika itself: {type(error).__name__}: {error}")
    return None


def read_beacon(octets: bytes, url: str, now: datetime) -> BeaconEntry:
    """What drand's JSON says: `{"round": 1234, "randomness": "…64 hexadecimal digits…", …}`.

    The chain whose hash stands in the address is named in the source; the address itself is not logged. Raises
    TimestampError.
    """
    try:
        members = json.loads(octets)
    except (ValueError, RecursionError) as error:
        raise TimestampError("expected the JSON of a beacon, found other octets") from error
    number = members.get("round") if isinstance(members, dict) else None
    value = members.get("randomness") if isinstance(members, dict) else None
    if type(number) is not int or not 0 < number < 2**53 or not isinstance(value, str) or not _HEX.match(value):
        raise TimestampError("expected round (a number) and randomness (hexadecimal) of a beacon, found something else")
    chain = _CHAIN.search(url)
    return BeaconEntry(now, f"drand {chain[1]}" if chain else "drand", value, number)
