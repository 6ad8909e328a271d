"""Pruning: taking away what was derived, or served its purpose, and nothing else.

What may go is a closed list; whatever else lies in the folder is left alone, and where it lies among what may go it is
named. Evidence (`archive/`), the log, `keys/`, `inbox/`, `recovered/` and khronika.toml are on no list, nor is anything
of the state but the list of what ran by schedule.

    crawls/<id>/          of a crawl that finished months ago, unless the next crawl of its site or `status` needs it
    catalogue.sqlite.new  what a rebuild that did not end left
    search.sqlite         only when asked for: the next search makes it again
    catalogue.sqlite      only made smaller, where much of it is empty
    occurrences           in state.sqlite: what the schedule ran months ago; the newest of each site and kind stays

Nothing is reached through a link: each folder is opened as what it is, and a file is taken by its name in that folder.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from archive.catalogue import Catalogue
from archive.collection import CATALOGUE, CRAWLS
from archive.errors import StorageError
from archive.state import NAME as STATE
from archive.state import State
from crawler.crawl_log import FILE_NAME as CRAWL_LOG
from crawler.disk_budget import room_of
from crawler.frontier import FILE_NAME as FRONTIER
from crawler.frontier import Frontier
from crawler.memory import REMEMBERED
from crawler.messages_log import FILE_NAME as MESSAGES
from pipelines.search_index import NAME as SEARCH

if TYPE_CHECKING:
    from archive.collection import Collection
    from archive.state import Run
    from crawler.keep_policy import KeepPolicy

Kind = Literal["crawl", "left over", "search index", "catalogue", "occurrences"]

CRAWL_FILES: Final = frozenset(
    {
        *(FRONTIER + suffix for suffix in ("", "-wal", "-shm", "-journal", ".new", ".new-wal", ".new-shm")),
        CRAWL_LOG,
        MESSAGES,
    }
)
"""All that a crawl's folder holds when it has ended."""
LEFT_OVER: Final = tuple(f"{CATALOGUE}.new{suffix}" for suffix in ("", "-wal", "-shm", "-journal"))
INDEX: Final = tuple(SEARCH + suffix for suffix in ("", "-wal", "-shm", "-journal"))
WORTH: Final = 0.2
"""Share of the catalogue that must be empty before it is made smaller."""

_ID = re.compile(r"[0-9]{14}-[0-9a-f]{8}\Z")


@dataclass(frozen=True, slots=True)
class Prunable:
    """One thing that may go."""

    kind: Kind
    name: str
    """Relative to the collection."""
    files: tuple[str, ...]
    """Names in it; those of the collection's folder itself where it is no folder."""
    octets: int
    before: datetime | None = None
    """Of rows: those that are older go."""

    def as_record(self) -> dict[str, Any]:
        """As programs read it."""
        return {"kind": self.kind, "name": self.name, "files": len(self.files), "octets": self.octets}


@dataclass(slots=True)
class PrunePlan:
    """What may go, and what was left alone although it lies among it."""

    things: list[Prunable] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)
    """Names, and why."""

    @property
    def octets(self) -> int:
        """What becomes free."""
        return sum(thing.octets for thing in self.things)


def plan(collection: Collection, keep: KeepPolicy, state: State, now: datetime, *, index: bool) -> PrunePlan:
    """What may go now. `index`: the search's index too. Raises StorageError."""
    found, runs = PrunePlan(), state.runs()
    with _refusing("looking for what may go"):
        _crawls(collection.path, keep, runs, now, found)
        _files(collection.path, "left over", LEFT_OVER, found)
        if index:
            _files(collection.path, "search index", INDEX, found)
        _catalogue(collection, found)
    before = now - _days(keep.crawl_days)
    if number := state.due.old(before):
        found.things.append(Prunable("occurrences", f"{STATE}: {number} runs by schedule", (), 0, before))
    return found


def prune(collection: Collection, thing: Prunable) -> int:
    """Take one thing away: octets that became free. Only for the process that holds the lock. Raises StorageError."""
    if thing.kind == "catalogue":
        return _compact(collection)
    if thing.before is not None:
        # SQLite fills the room again before it asks for more
        with State.open(collection.path, readonly=False) as state:
            state.due.forget(thing.before)
        return 0
    with _refusing(f"taking {thing.name} away"), _opened(collection.path) as top:
        if thing.kind != "crawl":
            return _unlink(top, thing.files)
        crawl = thing.name.rpartition("/")[2]
        with _opened(CRAWLS, top) as crawls:
            with _opened(crawl, crawls) as folder:
                freed = _unlink(folder, thing.files)
            os.rmdir(crawl, dir_fd=crawls)
            os.fsync(crawls)
        return freed


# ---- crawls


def _crawls(top: Path, keep: KeepPolicy, runs: list[Run], now: datetime, found: PrunePlan) -> None:
    ended = {run.id: run for run in runs if run.reason == "finished" and run.ended_at is not None}
    known = {run.id for run in runs}
    needed = _needed(runs)
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(_opened(top))
        try:
            crawls = stack.enter_context(_opened(CRAWLS, folder))
        except FileNotFoundError:
            return
        except OSError:
            found.left.append((CRAWLS, "it is no folder"))
            return
        for name in sorted(os.listdir(crawls)):  # noqa: PTH208 - a folder that is open, and no path
            shown = f"{CRAWLS}/{name}"
            if not _ID.match(name) or name not in known:
                found.left.append((shown, "no crawl that the state knows"))
                continue
            run = ended.get(name)
            if run is None or run.ended_at is None or name in needed or now - run.ended_at < _days(keep.crawl_days):
                continue
            try:
                with _opened(name, crawls) as crawl:
                    why = _strange(_listed(crawl)) or _unfinished(top / CRAWLS / name / FRONTIER)
                    # its journal may be gone now that the frontier was looked into
                    files = _listed(crawl)
            except OSError as error:
                why = f"no folder that can be read: {error.strerror}"
            if why is not None:
                found.left.append((shown, why))
            else:
                octets = sum(one.st_size for one in files.values())
                found.things.append(Prunable("crawl", shown, tuple(sorted(files)), octets))


def _needed(runs: list[Run]) -> set[str]:
    """The newest crawl of each site and of each set of sites, and the newest of all.

    The next one of the same sites looks whether it was finished, and `status` tells what it passed over.
    """
    newest: dict[str, str] = {}
    for run in sorted(runs, key=lambda one: (one.id, one.began_at)):
        sites = run.asked.get("sites")
        names = sorted(sites) if isinstance(sites, dict) else []
        for key in ("", *names, repr(sorted(sites.items())) if isinstance(sites, dict) else ""):
            newest[key] = run.id
    return set(newest.values())


def _unfinished(path: Path) -> str | None:
    """Why a crawl's frontier is still of use; None when it is not."""
    try:
        frontier = Frontier.open(path)
    except StorageError as error:
        return f"its frontier cannot be read: {error}"
    try:
        if frontier.fact("ended") != "finished":
            return "its frontier says that it has not finished"
        if not frontier.fact(REMEMBERED):
            return "what it found is not remembered yet: the next crawl does that"
    finally:
        frontier.close()
    return None


def _strange(files: dict[str, os.stat_result]) -> str | None:
    """What a crawl's folder holds that no crawl put there."""
    for name, told in sorted(files.items()):
        if name not in CRAWL_FILES:
            return f"it holds {name!a}, which no crawl makes"
        if not stat.S_ISREG(told.st_mode):
            return f"it holds {name!a}, which is no file"
    return None if FRONTIER in files else "it holds no frontier"


# ---- files of the collection's own folder


def _files(top: Path, kind: Kind, names: Iterable[str], found: PrunePlan) -> None:
    with _opened(top) as folder:
        files = _listed(folder, names)
    for name, told in files.items():
        if not stat.S_ISREG(told.st_mode):
            found.left.append((name, "it is no file"))
            return
    if files:
        octets = sum(told.st_size for told in files.values())
        found.things.append(Prunable(kind, min(files), tuple(sorted(files)), octets))


def _catalogue(collection: Collection, found: PrunePlan) -> None:
    """The catalogue, where making it anew without what is empty in it is worth the work."""
    empty, whole = _empty_octets(collection.catalogue_path)
    if empty < WORTH * whole or not empty:
        return
    if room_of(collection.path).free < 2 * (whole - empty):
        found.left.append((CATALOGUE, "there is no room for making it anew"))
        return
    found.things.append(Prunable("catalogue", CATALOGUE, (CATALOGUE,), empty))


def _empty_octets(path: Path) -> tuple[int, int]:
    """Octets of a database file that hold nothing, and all of it; (0, 0) where there is none.

    SQLite's file format, 1.3: page size at 16, pages at 28, free pages at 36, big-endian.
    """
    try:
        with path.open("rb") as file:
            head = file.read(100)
    except OSError:
        return 0, 0
    if not head.startswith(b"SQLite format 3\0") or len(head) < 100:
        return 0, 0
    page = int.from_bytes(head[16:18])
    page = 65536 if page == 1 else page
    return int.from_bytes(head[36:40]) * page, int.from_bytes(head[28:32]) * page


def _compact(collection: Collection) -> int:
    path = collection.catalogue_path
    before = path.stat().st_size
    with Catalogue.open(path, readonly=False) as catalogue:
        catalogue.compact()
    return max(0, before - path.stat().st_size)


# ---- the disk


@contextlib.contextmanager
def _opened(name: str | Path, within: int | None = None) -> Iterator[int]:
    """A folder, opened as what it is: a link is none."""
    follow = 0 if within is None else os.O_NOFOLLOW
    folder = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | follow, dir_fd=within)
    try:
        yield folder
    finally:
        os.close(folder)


def _listed(folder: int, names: Iterable[str] | None = None) -> dict[str, os.stat_result]:
    """What lies in a folder, or what of some names does; links are told of as such."""
    files = {}
    for name in os.listdir(folder) if names is None else names:
        with contextlib.suppress(FileNotFoundError):
            files[name] = os.stat(name, dir_fd=folder, follow_symlinks=False)
    return files


def _unlink(folder: int, names: Iterable[str]) -> int:
    """Take files out of a folder: their octets. The frontier last, without which a crawl's folder is none."""
    freed = 0
    for name in sorted(names, key=lambda one: (one == FRONTIER, one)):
        try:
            told = os.stat(name, dir_fd=folder, follow_symlinks=False)
        except FileNotFoundError:
            continue
        if not stat.S_ISREG(told.st_mode):
            raise StorageError(f"expected a file {name!a}, found something else since it was looked at")
        os.unlink(name, dir_fd=folder)
        # another name of the same file keeps it
        freed += told.st_size if told.st_nlink == 1 else 0
    os.fsync(folder)
    return freed


def _days(days: int) -> timedelta:
    return timedelta(days=days)


@contextlib.contextmanager
def _refusing(doing: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(f"{doing}: {error.strerror or type(error).__name__}") from error
