"""Bringing the copies up to date: by `khronika copies push`, and at the end of a crawl, which never fails for it."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from archive.catalogue import Catalogue
from archive.clone_mark import refuse_clone
from archive.copying import Progress as Step
from archive.copying import PushResult, push
from archive.errors import CatalogueError, KhronikaError, StorageError
from archive.state import State
from archive.writer import utc_now
from crawler.copies import OpenedCopy, opened_copies, words_of_problem
from crawler.disk_budget import octets, too_full

if TYPE_CHECKING:
    from archive.collection import Collection
    from crawler.config import Config
    from crawler.output import Progress

STOPPED: Final = "stopped before it was done"
DUE_LIMIT: Final = 3600.0
"""Seconds for which a crawl of the schedule sends to each copy: the first push of years takes days, and a slow server
for ever, and no other site would be crawled meanwhile."""


def push_copies(
    collection: Collection,
    config: Config,
    names: Sequence[str] = (),
    *,
    on_step: Callable[[Step], None] | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> list[PushResult]:
    """Bring the copies of those names, or all, up to date. Raises UsageError, CollectionLockedError, LogError.

    What became of each is in its result, a folder on a disk that is nearly full among them.
    """
    refuse_clone(collection.path)
    opened = opened_copies(collection.path, config, names)
    full = {one.name: why for one in opened if (why := _full(one, config, collection)) is not None}
    results: dict[str, PushResult] = {}
    wanted = [one.holder.destination for one in opened if one.name not in full]
    with State.open(collection.path, readonly=False) as state, _catalogue(collection) as catalogue:
        for result in push(collection.path, state, wanted, catalogue=catalogue, progress=on_step, stopped=stopped):
            results[result.target] = result
        for name, why in full.items():
            results[name] = PushResult(name, error=why)
            if state.copies.target(name) is not None:
                state.copies.end_push(name, utc_now(), why)
    return [results[one.name] for one in opened]


def push_after(
    collection: Collection,
    config: Config,
    tell: Callable[[str], None],
    stopping: threading.Event,
    *,
    limit: float | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> dict[str, str]:
    """Bring up to date, at the end of a crawl, what is to be then: why a copy is not, by its name.

    Nothing that goes wrong here makes the crawl fail: it is told, and the next push goes on. `limit`: seconds after
    which a copy is left as it is for this time, where the next crawl waits for the end of this one.
    """
    lacking: dict[str, str] = {}
    for name in [policy.name for policy in config.copies if policy.after_crawl]:
        until = None if limit is None else clock() + limit

        def stopped(until: float | None = until) -> bool:
            return stopping.is_set() or (until is not None and clock() >= until)

        try:
            results = push_copies(collection, config, [name], stopped=stopped)
        except KhronikaError as error:
            lacking[name] = str(error)
        except Exception as error:  # noqa: BLE001 - the crawl is whole, whatever befalls its copies
            lacking[name] = f"a fault in khronika itself: {type(error).__name__}: {error}"
        else:
            lacking |= {one.target: why for one in results if (why := lacks(one)) is not None}
        if name in lacking:
            tell(f"the copy {name} is not up to date: {lacking[name]}. khronika copies push goes on")
    return lacking


def lacks(result: PushResult) -> str | None:
    """Why a copy is not up to date, in words; None where it is."""
    if result.is_whole:
        return None
    words = [result.error] if result.error else []
    if result.stopped:
        words.append(STOPPED)
    words += [words_of_problem(problem) for problem in result.problems[:3]]
    if len(result.problems) > 3:
        words.append(f"and {len(result.problems) - 3} more problems")
    if result.waiting:
        words.append(f"{_files(result.waiting)} not there yet")
    return "; ".join(words)


def words_of(result: PushResult) -> str:
    """What a push to one copy came to, in a line."""
    sent = f"{result.target}: {_files(result.copied)} copied ({octets(result.octets)})"
    if result.known:
        sent += f", {result.known} were there"
    why = lacks(result)
    if why is None:
        return f"{sent}; up to date, log of {result.checkpoint} entries"
    return f"{sent}; not up to date: {why}"


def shown(progress: Progress) -> Callable[[Step], None]:
    """Progress as the terminal shows it."""

    def show(step: Step) -> None:
        done, total = step.octets // 10**6, step.of_octets // 10**6
        if total > 1 and done <= total:
            progress(f"{step.target}: sent and read back, MB", done, total)
        else:
            progress(f"{step.target}: files", step.files, step.of_files)

    return show


def _full(one: OpenedCopy, config: Config, collection: Collection) -> str | None:
    """Why nothing more may be put into a folder: its disk is nearly full."""
    if one.policy.is_s3:
        return None
    folder = one.policy.folder(collection.path)
    with contextlib.suppress(OSError):
        if folder.stat().st_dev != collection.path.stat().st_dev:
            return too_full(folder, config.disk, copy=one.name)
    return None


@contextlib.contextmanager
def _catalogue(collection: Collection) -> Iterator[Catalogue | None]:
    """The catalogue, which spares going through the log; None where it cannot be used."""
    try:
        catalogue = Catalogue.open(collection.catalogue_path, readonly=True)
    except (CatalogueError, StorageError):
        yield None
        return
    with catalogue:
        yield catalogue


def told(result: PushResult) -> Mapping[str, object]:
    """A result as programs read it."""
    return {"type": "pushed", **result.as_record(), "whole": result.is_whole}


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"
