"""Anchors: the tokens of time-stamping authorities beside a log, and which checkpoint is to be shown to them next.

    log/tsa/<size>.<authority>.tsr    the response as it was received, over the octets of log/checkpoints/<size>
    log/tsa/<size>.<authority>.crl    the list of revoked certificates as it was had then, DER; not beside every token
    log/tsa/<authority>.pem           what tokens of that authority are checked with

Each token that was kept is logged as an `anchor` entry, which binds its octets. The entry makes the log grow: were it
reason enough for a new token, there would be no end. So a checkpoint that says nothing more than the one that was
stamped last, but for anchors, is not due.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from archive.digest import digest
from archive.entry import AnchorEntry, parse_entry
from archive.errors import StorageError, TimestampError
from archive.keys import write_whole
from archive.log import LOG, LogReader
from archive.store import Store
from archive.timestamp import Token, gen_time
from archive.warc import sync_folder

TSA: Final = f"{LOG}/tsa"

CRL_EVERY: Final = timedelta(days=1)
"""How old the token beside the newest list of revoked certificates must be for another to be fetched."""

_NAME = r"[a-z0-9][a-z0-9-]{0,63}"
_KEPT = re.compile(rf"{TSA}/(0|[1-9][0-9]{{0,15}})\.({_NAME})\.(tsr|crl)\Z")
_ANCHOR = b'"what":"anchor"}'


@dataclass(frozen=True, slots=True, order=True)
class Kept:
    """A token in log/tsa."""

    size: int
    """Of the checkpoint that it is over."""
    authority: str

    @property
    def name(self) -> str:
        """Of its file, relative to the collection."""
        return f"{TSA}/{self.size}.{self.authority}.tsr"

    @property
    def crl(self) -> str:
        """Of the list of revoked certificates beside it, which is not there for every token."""
        return f"{TSA}/{self.size}.{self.authority}.crl"


def certificate_name(authority: str) -> str:
    """The file with the certificates that tokens of an authority are checked with, relative to the collection."""
    return f"{TSA}/{authority}.pem"


def kept_tokens(store: Store) -> list[Kept]:
    """All tokens, by the size of their checkpoints. Nothing of them is checked."""
    return _kept(store, "tsr")


def kept_crls(store: Store) -> list[Kept]:
    """The tokens that have, or had, a list of revoked certificates beside them."""
    return _kept(store, "crl")


def _kept(store: Store, kind: str) -> list[Kept]:
    found = (_KEPT.match(name) for name in store.names(TSA))
    return sorted(Kept(int(one[1]), one[2]) for one in found if one is not None and one[3] == kind)


def is_due(log: LogReader, kept: Iterable[Kept], authority: str) -> bool:
    """Whether the newest checkpoint is to be shown to an authority. Raises LogError."""
    stamped = max((one.size for one in kept if one.authority == authority and one.size <= log.size), default=0)
    if stamped == 0:
        return True
    return not all(entry.endswith(_ANCHOR) for _, entry in log.entries(stamped))


def unlogged(log: LogReader, kept: Sequence[Kept]) -> list[Kept]:
    """Of each authority the newest token, where no entry knows it: a run was cut short between the two.

    Raises LogError.
    """
    newest = {one.authority: one for one in kept if one.size <= log.size}
    return [one for one in sorted(newest.values()) if not is_logged(log, one)]


def is_logged(log: LogReader, kept: Kept) -> bool:
    """Whether an entry knows a token, one that is not signed yet among them. Raises LogError."""

    def knows(octets: bytes) -> bool:
        if not octets.endswith(_ANCHOR):
            return False
        entry = parse_entry(octets)
        return isinstance(entry, AnchorEntry) and (entry.size, entry.authority) == (kept.size, kept.authority)

    return any(knows(entry) for _, entry in log.entries(kept.size)) or any(map(knows, log.tail()))


def keep_token(collection: Path, kept: Kept, response: bytes) -> None:
    """Put a response where it is kept, once. Raises StorageError."""
    _keep(collection, kept.name, response)


def keep_crl(collection: Path, kept: Kept, octets: bytes) -> None:
    """Put a list of revoked certificates beside a token, where an earlier attempt has not. Raises StorageError."""
    if not (collection / kept.crl).exists():
        _keep(collection, kept.crl, octets)


def _keep(collection: Path, name: str, octets: bytes) -> None:
    path = collection / name
    try:
        if not path.parent.exists():
            path.parent.mkdir()
            sync_folder(path.parent.parent)
        if path.exists():
            raise StorageError(f"expected no {name}, which is written once, found one")
    except OSError as error:
        raise StorageError(f"writing {name}: {error.strerror}") from error
    write_whole(path, octets)


def anchor_of(kept: Kept, token: Token, response: bytes) -> AnchorEntry:
    """The entry that logs a token."""
    return AnchorEntry(authority=kept.authority, date=token.gen_time, digest=digest(response), size=kept.size)


def wants_crl(store: Store, authority: str, now: datetime) -> bool:
    """Whether it is time for another list of revoked certificates of an authority. Never fails."""
    sizes = [one for one in kept_crls(store) if one.authority == authority]
    if not sizes:
        return True
    try:
        return now - gen_time(store.read(sizes[-1].name)) >= CRL_EVERY
    except (FileNotFoundError, StorageError, TimestampError):
        return True
