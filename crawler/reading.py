"""Reading what is stored without a crawl, as `rebuild` and `reprocess` do; digests of what was read go into the log."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from archive.catalogue import Catalogue
from archive.errors import KeyFileError, LogError
from archive.lock import Lock
from archive.readings_digest import readings_due
from archive.statements import keep_statements
from crawler.config import load_config
from pipelines.rules import ReadingRules
from pipelines.stage import ReadingStage, StageCounts
from spiders.known import KNOWN_SITES

if TYPE_CHECKING:
    from archive.collection import Collection
    from archive.writer import Writer
    from crawler.config import Config
    from crawler.output import Progress
    from spiders.definition import SiteDefinition


def rules_for(sites: Iterable[SiteDefinition]) -> Callable[[str], ReadingRules]:
    """The rules that the pages of a site are read by, by the site's name.

    `sites` are those of khronika.toml; a site that is not there is read by the definition that is shipped under its
    name, and one that has none (`crawl --url`) by what all pages have in common.
    """
    # a site that `crawl --url` makes bears its host's name, which no entry can, and is gone when the crawl has ended
    rules = {site.name: ReadingRules.of(site) for site in sites if not {".", ":"}.intersection(site.name)}
    general = ReadingRules()

    def of(name: str) -> ReadingRules:
        if name not in rules:
            shipped = KNOWN_SITES.get(name)
            rules[name] = general if shipped is None else ReadingRules.of(shipped)
        return rules[name]

    return of


def waiting(catalogue: Catalogue, config: Config) -> int:
    """How many captures wait to be read: not read yet, or by other rules than their site's."""
    of = rules_for(config.sites)
    return sum(
        number
        for site, counts in catalogue.reading_counts(by="site").items()
        for rules, number in counts.items()
        if rules != of(site).version
    )


def read_everything(collection: Collection, *, progress: Progress, passphrase: str | None = None) -> dict[str, Any]:
    """Read and compare all that is not, or that another version of the rules did; counts of what was done.

    Takes the collection's lock: readings and changes are rows of the catalogue. The digests of what was read go into
    the log; where it cannot be written, for want of its key, `unlogged` says why. Interrupted, it keeps what is done,
    and the next call does the rest. Raises CollectionLockedError, CatalogueError, StorageError.
    """
    config = load_config(collection.config_path)
    workers = config.crawl.workers or None
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

        rules = rules_for(config.sites)
        stage = ReadingStage(collection, catalogue, workers=workers, rules_for_site=rules, on_progress=tell)
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
