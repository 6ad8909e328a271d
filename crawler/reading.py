"""Reading what is stored without a crawl, as `rebuild` and `reprocess` do; digests of what was read go into the log."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from archive.catalogue import Catalogue
from archive.entry import EventType, Outcome
from archive.errors import KeyFileError, LogError
from archive.lock import Lock
from archive.readings_digest import readings_due
from archive.statements import keep_statements
from crawler.config import load_config
from pipelines.differences import FIELDS, OTHER, READABLE
from pipelines.rules import RULES_VERSION, ReadingRules
from pipelines.stage import Difference, ReadingStage, StageCounts
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


@dataclass(frozen=True, slots=True)
class Asked:
    """Which stored pages are to be read again, and by how many processes."""

    site: str | None = None
    since: datetime | None = None
    """From when on they were captured."""
    workers: int | None = None
    """As khronika.toml says when None."""


def read_everything(
    collection: Collection,
    *,
    progress: Progress,
    passphrase: str | None = None,
    asked: Asked = Asked(),
    on_difference: Callable[[Difference], None] | None = None,
) -> dict[str, Any]:
    """Read and compare all that is not, or that another version of the rules did; counts of what was done.

    Takes the collection's lock: readings and changes are rows of the catalogue. The digests of what was read go into
    the log, and an event where other rules read captures otherwise; where it cannot be written, for want of its key,
    `unlogged` says why; `unindexed` does where the search's index could not be kept up. Interrupted, it keeps what is
    done, and the next call does the rest. Raises CollectionLockedError, CatalogueError, StorageError.
    """
    config = load_config(collection.config_path)
    with contextlib.ExitStack() as stack:
        unlogged: str | None = None
        writer: Writer | None = None
        try:
            writer = stack.enter_context(collection.writer(passphrase=passphrase))
        except (KeyFileError, LogError) as error:
            unlogged = str(error)
            stack.callback(Lock(collection.path).release)
        catalogue = stack.enter_context(Catalogue.open(collection.catalogue_path, readonly=False))
        stage = _stage(collection, catalogue, config, asked, progress, on_difference)
        try:
            stage.run_until_done(again=True, site=asked.site, since=asked.since)
        finally:
            if writer is not None and stage.counts.rewritten:
                # whether it came to its end or not: what is rewritten is, and the next run does not know of it
                writer.log_event(EventType.REREADING, Outcome.SUCCESS, _detail(stage.counts)).result()
        if writer is not None:
            progress("the digests of what was read go into the log")
            log_readings(collection, catalogue, writer)
    return {**counts_record(stage.counts), "unlogged": unlogged, "unindexed": _indexed(collection, progress)}


def _indexed(collection: Collection, progress: Progress) -> str | None:
    """Keep up the search's index where there is one (the first search makes it); why that failed, None else."""
    from crawler.search_index import keep_index
    from pipelines.search_index import NAME

    return keep_index(collection, progress=progress) if (collection.path / NAME).exists() else None


def preview_everything(
    collection: Collection,
    *,
    progress: Progress,
    asked: Asked = Asked(),
    on_difference: Callable[[Difference], None] | None = None,
) -> dict[str, Any]:
    """What `read_everything` would read, and what of it would differ; nothing is written, and no lock is taken.

    Raises CatalogueError, StorageError.
    """
    config = load_config(collection.config_path)
    stage = _stage(collection, collection.catalogue, config, asked, progress, on_difference)
    return counts_record(stage.preview(site=asked.site, since=asked.since))


def _stage(
    collection: Collection,
    catalogue: Catalogue,
    config: Config,
    asked: Asked,
    progress: Progress,
    on_difference: Callable[[Difference], None] | None,
) -> ReadingStage:
    rules = rules_for(config.sites)
    sites = [row.site for row in catalogue.sites()] if asked.site is None else [asked.site]
    due = sum(catalogue.unread_count(rules=rules(name).version, site=name, since=asked.since) for name in sites)

    def tell(counts: StageCounts) -> None:
        read = counts.readings + counts.unreadable
        if counts.comparisons:
            progress(f"{read} pages read, {counts.comparisons} compared")
        else:
            progress("pages read", read, due)

    # nothing else runs: no processor need be left to a crawl
    workers = asked.workers or config.crawl.workers or os.cpu_count()
    return ReadingStage(
        collection,
        catalogue,
        workers=workers,
        rules_for_site=rules,
        state_rules=config.state_rules,
        on_progress=tell,
        on_difference=on_difference,
    )


def counts_record(counts: StageCounts) -> dict[str, Any]:
    """What a stage did, as `--json` tells it."""
    return {
        "readings": counts.readings,
        "unreadable": counts.unreadable,
        "copied": counts.copied,
        "comparisons": counts.comparisons,
        "changes": counts.changes,
        "rewritten": counts.rewritten,
        "fields": in_order(counts.fields),
    }


def in_order(fields: Mapping[str, int]) -> dict[str, int]:
    """How many readings differ in what, in the order in which that is named everywhere."""
    return {name: fields[name] for name in (READABLE, *FIELDS, OTHER) if fields.get(name)}


def fields_words(fields: Mapping[str, int]) -> str:
    """`text in 3, language in 1`."""
    return ", ".join(f"{name} in {number}" for name, number in in_order(fields).items())


def _detail(counts: StageCounts) -> str:
    read = counts.readings + counts.unreadable
    return f"{counts.rewritten} of {read} readings are others by rules {RULES_VERSION}: {fields_words(counts.fields)}"


def log_readings(collection: Collection, catalogue: Catalogue, writer: Writer) -> int:
    """Log a digest of the readings of each crawl whose readings changed; of how many. Raises LogError, StorageError."""
    log = collection.log()
    keep_statements(catalogue, log)
    due = readings_due(catalogue, log)
    if due:
        writer.append_entries([entry.octets() for entry in due]).result()
    return len(due)
