"""The inbox: what commands that take no lock have to say to the log.

`verify`, `prove` and `export` do not write the log. Each leaves its event as a file of its own, `inbox/<uuid>.json`,
which holds an entry as the log will (`archive/entry.py`); the next process that writes the collection logs it and
removes the file. What lies here is nobody's word yet: whoever can write to the folder can put something there, and the
log shows only that it was found here. A file that is no event is not logged and not removed.
"""

from __future__ import annotations

import contextlib
import os
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from archive.entry import ENTRY_LIMIT, EventEntry, parse_entry
from archive.errors import LogError, StorageError
from archive.warc import regular, sync_folder, write_all

INBOX = "inbox"

MOST = 10_000
"""Events that are taken in at one time: the rest waits for the next."""

_NAME = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.json\Z")


@dataclass(frozen=True, slots=True)
class Waiting:
    """A file in the inbox."""

    path: Path
    event: EventEntry | None
    """None when it is no event."""
    problem: str | None
    """Why it is none."""


def leave(collection: Path, event: EventEntry) -> bool:
    """Leave an event; False when the folder cannot be written, which is no reason for the command to fail."""
    folder = collection / INBOX
    name = f"{uuid.uuid4()}.json"
    try:
        folder.mkdir(exist_ok=True)
        fresh = folder / f".{name}.new"
        fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        try:
            write_all(fd, event.octets(), 0)
            os.fsync(fd)
        finally:
            os.close(fd)
        fresh.replace(folder / name)
        sync_folder(folder)
    except (OSError, StorageError):
        return False
    return True


def waiting(collection: Path) -> Iterator[Waiting]:
    """What lies in the inbox, in the order of the names; nothing where it cannot be read."""
    try:
        names = sorted(path.name for path in (collection / INBOX).iterdir() if _NAME.match(path.name))
    except OSError:
        return
    for name in names[:MOST]:
        path = collection / INBOX / name
        try:
            with open(path, "rb", opener=regular) as file:
                event = parse_entry(file.read(ENTRY_LIMIT + 1))
            if not isinstance(event, EventEntry):
                raise LogError(f"expected an event, found a {event.what} entry")
            logged(event).octets()  # it has grown
        except (LogError, OSError) as error:
            yield Waiting(path, None, str(error))
        else:
            yield Waiting(path, event, None)


def logged(event: EventEntry) -> EventEntry:
    """An event as the log will hold it."""
    return replace(event, via=INBOX)


def taken(one: Waiting) -> None:
    """Remove what is in the log now. One that cannot be removed is known by its nonce the next time."""
    with contextlib.suppress(OSError):
        one.path.unlink()
