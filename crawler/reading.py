"""Reading what is stored, without a crawl: what `rebuild` and `reprocess` share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archive.catalogue import Catalogue
from archive.lock import Lock
from crawler.config import load_config
from pipelines.stage import ReadingStage, StageCounts

if TYPE_CHECKING:
    from archive.collection import Collection
    from crawler.output import Progress


def read_everything(collection: Collection, *, progress: Progress) -> dict[str, int]:
    """Read and compare all that is not, or that another version of the rules did; counts of what was done.

    Takes the collection's lock: readings and changes are rows of the catalogue. Interrupted, it keeps what is done,
    and the next call does the rest. Raises CollectionLockedError, CatalogueError, StorageError.
    """
    workers = load_config(collection.config_path).crawl.workers or None
    lock = Lock(collection.path)
    try:
        with Catalogue.open(collection.catalogue_path, readonly=False) as catalogue:

            def tell(counts: StageCounts) -> None:
                progress(f"{counts.readings + counts.unreadable} pages read, {counts.comparisons} compared")

            stage = ReadingStage(collection, catalogue, workers=workers, on_progress=tell)
            counts = stage.run_until_done(again=True)
    finally:
        lock.release()
    return {
        "readings": counts.readings,
        "unreadable": counts.unreadable,
        "comparisons": counts.comparisons,
        "changes": counts.changes,
    }
