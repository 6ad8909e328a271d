"""A full disk: whether it is at the bottom of an error, and what to do about it."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from typing import Final

ADVICE: Final = (
    "The disk is full, and nothing that was stored is lost: make room and give the same command again; "
    "a crawl goes on where it stopped."
)

_ERRNO: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
# SHMSIZE: no room for the index of the journal, which SQLite makes as soon as it opens a file
_SQLITE: Final = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE})


def is_full_disk(error: BaseException) -> bool:
    """Whether a full disk, or a quota that is used up, is what an error comes from."""
    return any(
        (isinstance(one, OSError) and one.errno in _ERRNO) or getattr(one, "sqlite_errorcode", None) in _SQLITE
        for one in _causes(error)
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    below: BaseException | None = error
    while below is not None:
        yield below
        below = below.__cause__
