"""The wiring of `khronika copies release`: settings, log and copies of a collection for `archive/releasing.py`."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from archive.clone_mark import refuse_clone
from archive.errors import CatalogueError, StorageError
from archive.releasing import Releasing
from archive.sealed import sealed_files
from archive.writer import utc_now
from crawler.copies import opened_copies

if TYPE_CHECKING:
    from archive.catalogue import Catalogue
    from archive.collection import Collection
    from archive.copies import Copies
    from crawler.config import Config


@contextlib.contextmanager
def releasing(collection: Collection, config: Config, copies: Copies) -> Iterator[Releasing]:
    """A release of a collection whose lock is held. Raises UsageError, LogError, CloneError, StorageError."""
    refuse_clone(collection.path)
    log = collection.log()
    work = Releasing(
        collection=collection.path,
        log=log,
        sealed=sealed_files(log, _catalogue(collection)),
        copies=copies,
        holders=[one.holder for one in opened_copies(collection.path, config)],
        wanted=config.keep.copies,
        age=timedelta(days=config.keep.days),
        now=utc_now,
    )
    work.hold()
    yield work


def _catalogue(collection: Collection) -> Catalogue | None:
    """The catalogue, which spares going through the log; None where it cannot be used."""
    try:
        return collection.catalogue
    except (CatalogueError, StorageError):
        return None
