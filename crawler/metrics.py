"""Figures for a monitoring server, in the text format of Prometheus (version 0.0.4).

Names and labels are told in docs/operations.md, and none is ever renamed. A label holds a name that khronika.toml gives
to a site, a copy, a notice or an authority, and nothing else: no address of a page, no path, no bucket, no host, no
user. With the discreet profile it holds a short code instead, which only who has keys/ can make from the name.

A moment is in seconds since 1970; where there is none, 0.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from archive.errors import StorageError
from archive.keys import KEYS, write_whole
from crawler.operation import ABOUT

if TYPE_CHECKING:
    from prometheus_client.core import GaugeMetricFamily

    from crawler.copies_status import CopyState
    from crawler.disk_budget import DiskState
    from crawler.operation import Operation

LABEL_KEY: Final = "label-key"
"""The file in keys/ that codes are made with."""
_KEY_SIZE: Final = 32

Label = Callable[[str], str]


def plain_label(name: str) -> str:
    """A name as it is."""
    return name


def coded_label(collection: Path) -> Label:
    """What makes a code of a name; makes its key in keys/ first where there is none. Raises StorageError."""
    path = collection / KEYS / LABEL_KEY
    try:
        if not path.exists():
            write_whole(path, secrets.token_bytes(_KEY_SIZE), mode=0o600)
        key = path.read_bytes()
    except OSError as error:
        raise StorageError(
            f"expected {KEYS}/{LABEL_KEY} to be readable, found that it is not: {error.strerror}"
        ) from error
    if len(key) != _KEY_SIZE:
        raise StorageError(f"{KEYS}/{LABEL_KEY}: expected {_KEY_SIZE} octets, found {len(key)}; remove it")

    def code(name: str) -> str:
        return hmac.digest(key, name.encode(), hashlib.sha256).hex()[:12]

    return code


def metrics_text(operation: Operation, label: Label) -> bytes:
    """The figures as Prometheus reads them."""
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.registry import Collector

    class Figures(Collector):
        def collect(self) -> Iterator[GaugeMetricFamily]:
            yield from _families(operation, label)

    registry = CollectorRegistry(auto_describe=False)
    registry.register(Figures())
    return generate_latest(registry)


def write_metrics(path: Path, octets: bytes) -> None:
    """Put figures into a file, so that a reader finds the old ones or the new ones whole. Raises StorageError.

    Readable by others, as a collector under another user has to be able to.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        try:
            with part.open("wb") as file:
                part.chmod(0o644)
                file.write(octets)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise StorageError(f"expected a file that can be written, found {path.name}: {error.strerror}") from error


def _seconds(moment: datetime | None) -> float:
    return 0.0 if moment is None else moment.timestamp()


def _families(operation: Operation, label: Label) -> Iterator[GaugeMetricFamily]:
    yield _one("khronika_status_timestamp_seconds", "When these figures were taken.", operation.at.timestamp())
    yield _one("khronika_well", "1 where nothing is wrong, else 0.", float(operation.well))
    counts: dict[str, float] = dict.fromkeys(ABOUT, 0.0)
    for trouble in operation.troubles:
        counts[trouble.about] += 1
    yield _many("khronika_troubles", "Things that are not well.", "about", counts)
    yield from _sites(operation, label)
    yield _one("khronika_unread_captures", "Captures that are still to be read.", operation.unread)
    yield from _notices(operation, label)
    yield from _log(operation, label)
    yield from _copies(operation, label)
    yield from _disks(operation, label)


def _sites(operation: Operation, label: Label) -> Iterator[GaugeMetricFamily]:
    def family(name: str, words: str, values: Sequence[tuple[str, float]]) -> GaugeMetricFamily:
        return _many(f"khronika_site_{name}", words, "site", {label(site): value for site, value in values})

    sites = operation.sites
    rows = [(site.name, site.row) for site in sites]
    late = {one.subject: one.since for one in operation.troubles if one.about == "late"}
    yield family("pages", "Pages of the site.", [(name, row.pages if row else 0) for name, row in rows])
    yield family("captures", "Captures of the site.", [(name, row.captures if row else 0) for name, row in rows])
    yield family("paused", "1 where the site is paused.", [(site.name, float(site.paused)) for site in sites])
    yield family(
        "last_capture_timestamp_seconds",
        "When something of the site was captured last, a failure too.",
        [(name, _seconds(row.last_capture if row else None)) for name, row in rows],
    )
    yield family(
        "last_success_timestamp_seconds",
        "When a page of the site was had last.",
        [(site.name, _seconds(site.runs.last_had)) for site in sites],
    )
    yield family(
        "last_run_timestamp_seconds",
        "When the last run of the site began.",
        [(site.name, _seconds(site.runs.last_began)) for site in sites],
    )
    yield family(
        "last_change_timestamp_seconds",
        "When a page of the site was captured that had changed.",
        [(name, _seconds(row.last_change if row else None)) for name, row in rows],
    )
    yield family(
        "late_seconds",
        "How long ago the run was due that is late; 0 where none is.",
        [(site.name, _age(operation.at, late.get(site.name))) for site in sites],
    )
    yield family(
        "next_run_timestamp_seconds",
        "When the site is crawled next by its schedule; 0 without one.",
        [(site.name, _seconds(site.next_at)) for site in sites],
    )
    yield family(
        "running",
        "1 while the site is crawled for its schedule.",
        [(site.name, float(site.running)) for site in sites],
    )
    yield family(
        "failing_since_timestamp_seconds",
        "Since when no page can be had; 0 where the last run had some.",
        [(site.name, _seconds(site.runs.failing_since)) for site in sites],
    )
    yield family(
        "failed_runs",
        "Runs in a row in which no page could be had.",
        [(site.name, site.runs.failed_runs) for site in sites],
    )


def _notices(operation: Operation, label: Label) -> Iterator[GaugeMetricFamily]:
    notices = operation.notices
    due = {label(name): float(one.due) for name, one in notices.items()}
    failed = {label(name): float(one.failed) for name, one in notices.items()}
    oldest = {label(name): _seconds(one.oldest) for name, one in notices.items()}
    yield _many("khronika_notice_due", "Changes and messages that are still to be told.", "notice", due)
    yield _many("khronika_notice_given_up", "Those that were given up.", "notice", failed)
    words = "Since when the oldest waits; 0 where none does."
    yield _many("khronika_notice_oldest_due_timestamp_seconds", words, "notice", oldest)


def _log(operation: Operation, label: Label) -> Iterator[GaugeMetricFamily]:
    log = operation.log
    if log is None:
        return
    yield _one(
        "khronika_checkpoint_timestamp_seconds", "When the newest checkpoint was signed.", _seconds(log.signed_at)
    )
    yield _one("khronika_checkpoint_entries", "Entries of the log that it is over.", log.size)
    stamped = {label(name): _seconds(at) for name, at in log.stamps.items()}
    due = {label(name): float(name in log.due) for name in log.stamps}
    words = "When the authority has given the newest time-stamp."
    yield _many("khronika_timestamp_timestamp_seconds", words, "authority", stamped)
    words = "1 where the authority has not signed the newest checkpoint."
    yield _many("khronika_timestamp_due", words, "authority", due)


def _copies(operation: Operation, label: Label) -> Iterator[GaugeMetricFamily]:
    def family(name: str, words: str, value: Callable[[CopyState], float]) -> GaugeMetricFamily:
        return _many(f"khronika_copy_{name}", words, "copy", {label(one.name): value(one) for one in operation.copies})

    yield family("files", "Files that are proved to be at the copy.", lambda one: one.files)
    yield family("bytes", "Octets of these.", lambda one: one.octets)
    yield family("waiting_files", "Files that are still to be copied.", lambda one: one.waiting)
    yield family("waiting_bytes", "Octets of these.", lambda one: one.waiting_octets)
    words = "Since when the oldest of these waits; 0 where none does."
    yield family("waiting_since_timestamp_seconds", words, lambda one: _seconds(one.waiting_since))
    words = "When the copy was up to date last."
    yield family("last_push_timestamp_seconds", words, lambda one: _seconds(one.pushed_at))
    words = "Since when the file that was read back longest ago was not; 0 where there is none."
    yield family("unread_since_timestamp_seconds", words, lambda one: _seconds(one.read_since))
    yield family("problems", "Problems of the copy that are not mended.", lambda one: len(one.problems))
    words = "When the first lock of a WARC ends; 0 where none is locked."
    yield family("lock_ends_timestamp_seconds", words, lambda one: _seconds(one.lock_until))


def _disks(operation: Operation, label: Label) -> Iterator[GaugeMetricFamily]:
    """The label is empty for the collection's own disk."""

    def family(name: str, words: str, value: Callable[[DiskState], float]) -> GaugeMetricFamily:
        values = {label(one.copy) if one.copy else "": value(one) for one in operation.disks}
        return _many(f"khronika_disk_{name}", words, "copy", values)

    yield family("free_bytes", "Octets that may still be written.", lambda one: one.free)
    yield family("size_bytes", "Octets of the whole disk.", lambda one: one.total)
    yield family("warn_below_bytes", "Free octets below which status warns.", lambda one: one.warn)
    yield family("stop_below_bytes", "Free octets below which crawls stop.", lambda one: one.stop)
    # nothing is said where nothing is known yet
    known = {label(one.copy) if one.copy else "": one for one in operation.disks if one.a_day is not None}
    grown = {name: float(one.a_day or 0) for name, one in known.items()}
    left = {name: float(one.days_left or 0) for name, one in known.items()}
    yield _many("khronika_disk_growth_bytes_per_day", "Octets that are added in a day.", "copy", grown)
    yield _many("khronika_disk_days_left", "Days until crawls stop, as the disk fills now.", "copy", left)


def _age(now: datetime, since: datetime | None) -> float:
    return 0.0 if since is None else max((now - since).total_seconds(), 0.0)


def _one(name: str, words: str, value: float) -> GaugeMetricFamily:
    from prometheus_client.core import GaugeMetricFamily

    return GaugeMetricFamily(name, words, value=value)


def _many(name: str, words: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    from prometheus_client.core import GaugeMetricFamily

    family = GaugeMetricFamily(name, words, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family
