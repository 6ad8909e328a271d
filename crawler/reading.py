"""Reading what is stored without a crawl, as `rebuild` and `reprocess` do; digests of what was read go into the log."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from archive.catalogue import Catalogue
from archive.errors import KeyFileError, LogError
from archive.lock import Lock
from archive.readings_digest import readings_due
from archive.statements import keep_statements
from crawler.config import load_config
from pipelines.stage import ReadingStage, StageCounts

if TYPE_CHECKING:
    from archive.collection import Collection
    from archive.writer import Writer
    from crawler.output import Progress


def read_everything(collection: Collection, *, progress: Progress, passphrase: str | None = None) -> dict[str, Any]:
    """Read and compare all that is not, or that another version of the rules did; counts of what was done.

    Takes the collection's lock: readings and changes are rows of the catalogue. The digests of what was read go into
    the log; where it cannot be written, for want of its key, `unlogged` says why. Interrupted, it keeps what is done,
    and the next call does the rest. Raises CollectionLockedError, CatalogueError, StorageError.
    """
    workers = load_config(collection.config_path).crawl.workers or None
    with contextlib.ExitStack() as stack:
        unlogged: str | None = None
        writer: Writer | None = None
        try:
            writer = stack.enter_context(collection.writer(passphrase=passphrase))
        except (KeyFileError, LogError) as error:
            unlogged = str(error)
            stack.callback(Lock(collection.path).release)
        catalogue = stack.enter_context(Catalogue.open(collection.catalogue_path, readonly=False))

        def tell(counts: StageCounts) -> None:
            progress(f"{counts.readings + counts.unreadable} pages read, {counts.comparisons} compared")

        stage = ReadingStage(collection, catalogue, workers=workers, on_progress=tell)
        counts = stage.run_until_done(again=True)
        if writer is not None:
            progress("the digests of what was read go into the log")
            log_readings(collection, catalogue, writer)
    return {
        "readings": counts.readings,
        "unreadable": counts.unreadable,
        "comparisons": counts.comparisons,
        "changes": counts.changes,
        "unlogged": unlogged,
    }


def log_readings(collection: Collection, catalogue: Catalogue, writer: Writer) -> int:
    """Log a digest of the readings of each crawl whose readings changed; of how many. Raises LogError, StorageError."""
    log = collection.log()
    keep_statements(catalogue, log)
    due = readings_due(catalogue, log)
    if due:
        writer.append_entries([entry.octets() for entry in due]).result()
    return len(due)
