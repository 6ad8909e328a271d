"""Collections with a few crawls in them, and a thread that root's privileges do not help."""

from __future__ import annotations

import ctypes
import functools
import os
import tempfile
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from warc_samples import OCCASION, exchange, failure

from archive.capture import Capture
from archive.catalogue import Catalogue, ChangeRow, Comparison, ReadingRow, change_id
from archive.collection import Collection
from archive.digest import digest
from archive.exchange import Exchange, Outcome
from archive.kinds import ChangeKind
from archive.writer import Writer

URL = "http://site.example/cases/17"
RULES = "reading-1"
COMPARED = "change-1"

T = TypeVar("T")


@functools.cache
def _new_collection() -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        Collection.create(Path(folder), "# settings\n").close()
        root = Path(folder)
        return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def collection(folder: Path) -> Collection:
    """A new collection: made once, and copied from then on, because the schema takes most of a test's time."""
    path = folder / "collection"
    for name in ("archive", "crawls"):
        (path / name).mkdir(parents=True)
    for name, octets in _new_collection().items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(octets)
    return Collection.open(path)


def page(text: str, *, url: str = URL, hour: float = 0, **more: Any) -> Exchange:
    """A page of text, fetched so many hours after the first."""
    return exchange(url, body=text.encode(), after=timedelta(hours=hour), **more)


def status(code: int, *, url: str = URL, hour: float = 0) -> Exchange:
    """A response that is only a status."""
    head = f"HTTP/1.1 {code} Said\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n".encode()
    return exchange(url, head=head, body=b"<p>so it is", status=code, after=timedelta(hours=hour))


def timeout(*, url: str = URL, hour: float = 0) -> Exchange:
    """A fetch without an answer."""
    return failure(Outcome.TIMEOUT, url, stage="connect", error="nothing came", after=timedelta(hours=hour))


def put(writer: Writer, crawl: str, *exchanges: Exchange, site: str = "north") -> list[Capture]:
    """Store exchanges as one crawl."""
    writer.begin_crawl(crawl)
    occasion = replace(OCCASION, crawl=crawl, site=site)
    return [future.result() for future in [writer.store(each, occasion) for each in exchanges]]


def crawled(at: Collection, crawl: str, *exchanges: Exchange, site: str = "north") -> list[Capture]:
    """Store exchanges as one crawl, by a writer of their own."""
    with at.writer() as writer:
        return put(writer, crawl, *exchanges, site=site)


def derive(at: Collection, catalogue: Catalogue) -> None:
    """Read and compare all that is due: by simple rules, but of the stored bytes and nothing else."""
    while captures := catalogue.unread(10):
        for capture in captures:
            octets = at.payload(capture).octets
            catalogue.put_reading(
                capture.record_id,
                ReadingRow(octets, "ru" if b"\xd0" in octets else "en", None, digest(octets), RULES, digest(octets)),
            )
    while pairs := catalogue.uncompared(10):
        for pair in pairs:
            catalogue.put_change(change(pair))


def change(pair: Comparison, *, weight: float = 0.5, rules: str = COMPARED) -> ChangeRow:
    """The comparison of two captures, by digest."""
    before, after = pair.before, pair.after
    kind = ChangeKind.SAME if before.payload_digest == after.payload_digest else ChangeKind.EDITED
    return ChangeRow(
        id=change_id(after.url, before.record_id, after.record_id, rules),
        url=after.url,
        site=after.site,
        from_record=before.record_id,
        to_record=after.record_id,
        from_at=before.captured_at,
        to_at=after.captured_at,
        kind=kind,
        weight=weight,
        edits=({"op": "edit", "level": "main", "before": "пять", "after": "восемь"},),
        rules=rules,
        provenance={"rules": rules},
    )


def told(catalogue: Catalogue) -> dict[str, Any]:
    """All that a catalogue answers, for comparison with another."""
    urls = [row.url for row in catalogue.pages()]
    return {
        "crawls": catalogue.crawls(),
        "files": [(row, list(catalogue.records_of(row.name))) for row in catalogue.files()],
        "history": [catalogue.history(url) for url in urls],
        "readings": [catalogue.reading(capture.record_id) for capture in catalogue.captures()],
        "changes": list(catalogue.changes()),
        "sites": catalogue.sites(),
    }


class _Header(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class _Sets(ctypes.Structure):
    _fields_ = [("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32)]


def unprivileged(act: Callable[[], T]) -> T:
    """Call in a thread that file modes bind, root's too: without CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH."""
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            if os.geteuid() == 0:
                libc = ctypes.CDLL(None, use_errno=True)
                header, sets = _Header(0x20080522, 0), (_Sets * 2)()
                assert libc.capget(ctypes.byref(header), sets) == 0
                sets[0].effective &= ~0b110
                assert libc.capset(ctypes.byref(header), sets) == 0
            results.append(act())
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]
