"""Keeping the search's index up: after a crawl, after `reprocess`, and when somebody searches.

The index is derived. One that is lost or damaged is made again; where the collection cannot be written, it is made in a
temporary folder that is gone afterwards.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from archive.digest import digest
from archive.errors import LogError, StorageError
from archive.withholding import withheld
from crawler.text_export import has_text, page_of
from pipelines.search_index import NAME, IndexDamagedError, Indexed, SearchIndex

if TYPE_CHECKING:
    from archive.capture import Capture
    from archive.catalogue import ReadingRow
    from archive.collection import Collection
    from crawler.output import Progress

BATCH: Final = 200
"""Readings of one transaction."""


def keep_index(collection: Collection, *, progress: Progress) -> str | None:
    """Enter what was read since, at the end of a run; why that could not be done, None when it was.

    A search does it otherwise: what fails here is no failure of the run.
    """
    try:
        with _sound_index(collection.path / NAME) as index:
            _catch_up(collection, index, progress)
    except (StorageError, LogError, OSError) as error:
        return f"the search's index is not kept up: {error}"
    return None


def forget_index(collection: Collection) -> None:
    """Take the index away, so that it is made again from the readings. Raises StorageError."""
    _remove(collection.path / NAME)


def erase_from_index(collection: Collection, record_ids: Iterable[str]) -> str | None:
    """Take readings out of the index so that nothing is left of them on the disk; where something may be, in words.

    A file that is damaged, or was made by another version, goes whole. Raises StorageError.
    """
    path = collection.path / NAME
    if not path.exists():
        return None
    try:
        with SearchIndex(path) as index:
            done = index.erase(record_ids)
    except IndexDamagedError:
        _remove(path)
        return None
    return None if done else "the search's journal: another process reads it now; repeat the command when none does"


@contextlib.contextmanager
def current_index(collection: Collection, *, progress: Progress) -> Iterator[SearchIndex]:
    """The index with all that is read now. Raises StorageError, LogError, CatalogueError."""
    path = collection.path / NAME
    with contextlib.ExitStack() as stack:
        try:
            index = stack.enter_context(_sound_index(path))
        except StorageError:
            # a read-only folder, most likely; the file's modes do not tell what a mounted disk allows
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="khronika-")))
            index = stack.enter_context(_sound_index(_copied(path, folder)))
        _catch_up(collection, index, progress)
        yield index


@contextlib.contextmanager
def _sound_index(path: Path) -> Iterator[SearchIndex]:
    """The index, opened; made anew where it is none."""
    try:
        index = SearchIndex(path)
    except IndexDamagedError:
        _remove(path)
        index = SearchIndex(path)
    try:
        yield index
    except IndexDamagedError as error:
        index.close()
        _remove(path)
        raise StorageError(
            f"{NAME} was damaged ({error}) and is taken away; do it again, and it is made anew"
        ) from error
    finally:
        index.close()


def _catch_up(collection: Collection, index: SearchIndex, progress: Progress) -> None:
    """Enter the readings that were written since the index was kept up last."""
    catalogue = collection.catalogue
    newest = catalogue.readings_mark()
    if index.mark == newest:
        return
    erased = _erased(collection)
    done, total = 0, _number(newest) - _number(index.mark) if _same_catalogue(newest, index.mark) else _number(newest)
    while rows := catalogue.readings_after(index.mark, limit=BATCH):
        with index.writing():
            for _, capture, row in rows:
                _enter(index, capture, row, skipped=capture.record_id in erased)
            index.put_mark(rows[-1][0])
        done += len(rows)
        progress("words go into the search's index", min(done, total), total)
    if not _same_catalogue(newest, index.mark) or _number(index.mark) < _number(newest):
        # what was written last was taken out since
        with index.writing():
            index.put_mark(newest)


def _enter(index: SearchIndex, capture: Capture, row: ReadingRow, *, skipped: bool) -> None:
    if skipped or row.failed is not None or not has_text(capture):
        index.take_out(capture.record_id)
        return
    record = json.loads(row.json)
    index.put(
        Indexed(
            record_id=capture.record_id,
            page=page_of(capture, record),
            url=capture.url,
            site=capture.site,
            captured_at=record["captured_at"],
            content=str(digest(row.content)),
            record=record,
        )
    )


def _erased(collection: Collection) -> set[str]:
    """What is withheld from the disk: between the index and the catalogue an erasure may have been stopped."""
    held = withheld(collection.log(), unsigned=True, catalogue=collection.catalogue)
    return {one.record_id for one in held.values() if one.from_disk}


def _number(mark: str | None) -> int:
    return int((mark or "").rpartition("-")[2] or 0)


def _same_catalogue(one: str, other: str | None) -> bool:
    return other is not None and one.rpartition("-")[0] == other.rpartition("-")[0]


def _copied(path: Path, folder: Path) -> Path:
    """A copy of the index, if there is one, where it can be written."""
    if path.exists():
        with contextlib.suppress(OSError):
            shutil.copyfile(path, folder / NAME)
    return folder / NAME


def _remove(path: Path) -> None:
    """Take away a file with its journal, overwritten: there are words in it that may be withheld."""
    for suffix in ("", "-wal", "-shm"):
        file = path.with_name(path.name + suffix)
        try:
            if file.exists():
                with file.open("r+b") as octets:
                    left = file.stat().st_size
                    while left > 0:
                        left -= octets.write(bytes(min(left, 1 << 20)))
                    octets.flush()
                    os.fsync(octets.fileno())
                file.unlink()
        except OSError as error:
            raise StorageError(f"taking {file.name} away: {error.strerror}") from error
