"""The proof of one capture of a large log: how large it is, how long it takes to make, how long to check.

    python -m bench.proof [--entries N]

A collection with one exchange gets N entries more (a million unless said otherwise), the exchange's records in their
middle, signed once. What is measured: octets of the proof (the entry, its path, the checkpoint), the time to make it
(checkpoint and inclusion path read from the tiles), the time for a whole bundle, and what `verify_bundle.py` takes
for it in a Python of its own, start and Ed25519 included.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from archive.bundle import Cover, choose, gather, locate, make_bundle, proof_of
from archive.catalogue import Catalogue
from archive.checkpoint import parse_vkey
from archive.collection import Collection
from archive.digest import digest
from archive.entry import RecordEntry
from archive.exchange import Exchange, Occasion, Outcome
from archive.keys import KeyHistory
from archive.rotation import open_log
from archive.spool import Spool
from archive.statements import keep_statements
from archive.store import FolderStore
from archive.writer import new_record_id, utc_now

PROOF_LIMIT = 3_000
MAKING_LIMIT = 0.100
CHECKING_LIMIT = 1.0
STEP = 20_000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=1_000_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        return measure(Path(folder), given.entries)


def measure(folder: Path, entries: int) -> int:
    """Print the figures; 1 where one of them is not what was promised."""
    path = folder / "collection"
    collection = Collection.create(path, "# settings\n")
    took = _fill(path, entries // 2)
    capture = _store(collection)
    took += _fill(path, entries - entries // 2)
    log = collection.log()
    octets = sum(file.stat().st_size for file in (path / "log").rglob("*") if file.is_file())
    print(f"{log.size:,} entries logged in {took:.1f} s; the log takes {octets / log.size:.0f} octets an entry")

    with Catalogue.open(collection.catalogue_path, readonly=False) as catalogue:
        keep_statements(catalogue, log)  # as a crawl does at its end
    store = FolderStore(path)
    history = KeyHistory.read(store, parse_vkey(log.genesis.root), parse_vkey(log.genesis.log))
    records = gather(collection, [capture])
    file = collection.catalogue.file(capture.location.file)
    assert file is not None
    making, proofs = _best(5, lambda: _proofs(collection, history, records, {file.name: file.first_entry}))
    largest = max(map(len, proofs))
    print(f"proof of one record: {largest:,} octets (limit {PROOF_LIMIT:,})")
    print(
        f"made, {len(proofs)} records and the log opened anew: {making * 1000:.1f} ms (limit {MAKING_LIMIT * 1000:.0f})"
    )

    target = folder / "bundle.zip"
    whole, _ = _best(3, lambda: make_bundle(collection, [capture], target, now=utc_now))
    print(f"whole bundle, {target.stat().st_size:,} octets: {whole * 1000:.0f} ms")
    shutil.copy(Path(__file__).parent.parent / "archive" / "verify_bundle.py", folder)
    checking, _ = _best(5, lambda: _check(folder, target))
    print(f"verify_bundle.py, Python's start included: {checking * 1000:.0f} ms (limit {CHECKING_LIMIT * 1000:.0f})")
    held = largest < PROOF_LIMIT and making < MAKING_LIMIT and checking < CHECKING_LIMIT
    print("holds" if held else "DOES NOT HOLD")
    return 0 if held else 1


def _fill(path: Path, entries: int) -> float:
    """Log made-up records."""
    started = time.perf_counter()
    moment = datetime(2026, 11, 22, 1, 0, 0, 123456, tzinfo=UTC)
    file = "khronika-20261122010000123-00000-1a2b3c4d.warc.gz"
    with open_log(path) as log:
        for start in range(0, entries, STEP):
            numbers = range(start, min(start + STEP, entries))
            log.append(
                RecordEntry(
                    moment, digest(b"%d" % n), file, new_record_id(), 20_000, n, "response", digest(b"%d" % n)
                ).octets()
                for n in numbers
            )
            log.sync()
        log.checkpoint()
    return time.perf_counter() - started


def _store(collection: Collection):  # type: ignore[no-untyped-def]
    body = b"<h1>Case 17</h1>" + b"<p>Five years.</p>" * 500
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(body)
    exchange = Exchange(
        url="https://example.org/cases/17",
        method="GET",
        began_at=utc_now(),
        duration=0.1,
        outcome=Outcome.RESPONSE,
        request=Spool(b"GET /cases/17 HTTP/1.1\r\nHost: example.org\r\n\r\n"),
        response=Spool(head + body),
        status=200,
        head_length=len(head),
        mime="text/html",
        payload_digest=digest(body),
        payload_length=len(body),
        peer="192.0.2.17",
    )
    occasion = Occasion(crawl="crawl-1", site="example", via=None, hops="")
    with collection.writer() as writer:
        writer.begin_crawl("crawl-1")
        return writer.store(exchange, occasion).result()


def _proofs(collection: Collection, history: KeyHistory, records, first_entries) -> list[bytes]:  # type: ignore[no-untyped-def]
    log = collection.log()
    logged = locate(log, records, first_entries)
    cover = choose(log, FolderStore(collection.path), history, logged[-1].index)
    assert isinstance(cover, Cover)
    return [proof_of(log, one.index, one.octets, cover) for one in logged]


def _check(folder: Path, bundle: Path) -> None:
    command = [sys.executable, "-I", "-S", str(folder / "verify_bundle.py"), str(bundle)]
    subprocess.run(command, check=True, capture_output=True)


def _best(times: int, act):  # type: ignore[no-untyped-def]
    """The shortest of several goes, and what the last gave."""
    took, given = [], None
    for _ in range(times):
        started = time.perf_counter()
        given = act()
        took.append(time.perf_counter() - started)
    return min(took), given


if __name__ == "__main__":
    sys.exit(main())
