"""Copies filled by hand, step by step as the state wants it, for tests of what comes after that."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from archive.collection import Collection
from archive.copies import Copies
from archive.copying import Destination
from archive.digest import digest
from archive.folder_target import FolderTarget
from archive.holding import Holder
from archive.place import FolderPlace
from archive.sealed import sealed_files
from archive.source import Octets
from archive.target import Level

NOT_COPIED = ("log/journal",)


def in_folder(name: str, path: Path, place: str = "") -> Holder:
    """A copy in a folder, which is made unless it is there."""
    path.mkdir(exist_ok=True)
    return Holder(Destination(name, FolderPlace(path), target=FolderTarget(path)), place or f"disk {name}")


def fill(at: Collection, copies: Copies, holder: Holder, now: datetime, *, read: bool = True) -> list[str]:
    """Put every sealed WARC and the log at a target, and say so in the state: names of the WARCs."""
    target = holder.target
    row = copies.target(holder.name)
    if row is None:
        mark = f"mark-of-{holder.name}"
        copies.begin_target(holder.name, str(target), None, mark, now)
        target.begin(mark)
    warcs = [f"archive/{name}" for name in sealed_files(at.log())]
    for name in [*warcs, *log_files(at.path)]:
        put(at.path, copies, holder, name, now, read=read)
    log = at.log()
    copies.note_log(holder.name, log.size, log.signed.root)
    copies.end_push(holder.name, now)
    return warcs


def log_files(folder: Path) -> list[str]:
    names = [path.relative_to(folder).as_posix() for path in sorted((folder / "log").rglob("*")) if path.is_file()]
    return [*(name for name in names if name not in (*NOT_COPIED, "log/checkpoint")), "log/checkpoint"]


def put(folder: Path, copies: Copies, holder: Holder, name: str, now: datetime, *, read: bool = True) -> None:
    """One file, which may be there."""
    octets = (folder / name).read_bytes()
    known = copies.copy(holder.name, name)
    copies.wait(holder.name, [(name, len(octets), digest(octets))], now)
    if known is not None and known.digest == digest(octets) and known.is_proved:
        return
    lock = None
    if name.startswith("archive/"):
        lock = holder.destination.retention(now.replace(microsecond=0) + timedelta(seconds=2))
    copies.begin_upload(holder.name, name)
    placed = holder.target.put(name, Octets(octets), digest(octets), retention=lock, replace=known is not None)
    copies.uploaded(holder.name, name, placed.version, now)
    copies.verified(holder.name, name, Level.READ if read else Level.CHECKSUM, now)
    if lock is not None:
        told = holder.target.retention(name, placed.version)
        assert told is not None and told.holds(lock)
        copies.locked(holder.name, name, told, now)
