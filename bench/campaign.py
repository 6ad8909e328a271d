"""What the campaigns share: the real command, claims, and every WARC of a folder held against four readers."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from archive.check import check_file
from bench.crawl import claim


def command(collection: Path, *words: str) -> list[str]:
    """The words of the real command on a collection, with --json."""
    return [sys.executable, "-m", "crawler", "--json", "-C", str(collection), *words]


def run(collection: Path, *words: str, timeout: float = 600.0) -> subprocess.CompletedProcess[str]:
    """Run the real command; one that hangs ends the campaign."""
    return subprocess.run(command(collection, *words), capture_output=True, text=True, timeout=timeout, check=False)


def summary_in(output: str) -> dict[str, Any]:
    """The summary among the lines of `crawl --json`; empty where there is none."""
    records = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    return next((dict(record) for record in records if record["type"] == "summary"), {})


def hold_warcs(folder: Path, *, chunked: bool = False) -> None:
    """archive.check, gzip -t, warcio and fastwarc over every WARC: none is left open, and none has a finding.

    `chunked`: responses are, and warcio is not asked: it holds a payload digest against the chunks as they came.
    """
    files = sorted(folder.iterdir())
    odd = [file.name for file in files if not file.name.endswith(".warc.gz")]
    claim(f"{len(files)} WARCs, none left open {odd or ''}", files and not odd)
    findings = [finding for file in files for finding in check_file(file)]
    claim(f"archive.check: {len(findings)} findings {findings[:2] or ''}", not findings)
    gzip = subprocess.run(["gzip", "-t", *files], capture_output=True, text=True, check=False)
    claim(f"gzip -t {gzip.stderr[-300:]}", gzip.returncode == 0)
    if not chunked:
        warcio = subprocess.run(
            [sys.executable, "-m", "warcio.cli", "check", *files], capture_output=True, text=True, check=False
        )
        claim(f"warcio check {warcio.stdout[-300:]}", warcio.returncode == 0)
    fastwarc = str(Path(sys.executable).with_name("fastwarc"))
    refused = [
        file.name
        for file in files
        if subprocess.run(
            [fastwarc, "check", "-q", *([] if chunked else ["-p"]), file], capture_output=True, check=False
        ).returncode
    ]
    claim(f"fastwarc check {refused[:3] or ''}", not refused)


def bodies(folder: Path, base: str) -> dict[str, list[str]]:
    """SHA-256 of the payload of every response record, by path, as warcio reads it.

    Without its transfer coding and with its content coding, as the payload digest is (WARC 1.1, 5.9).
    """
    from warcio.archiveiterator import ArchiveIterator
    from warcio.bufferedreaders import ChunkedDataReader

    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(folder.glob("*.warc.gz")):
        with path.open("rb") as file:
            for record in ArchiveIterator(file):
                if record.rec_type == "response":
                    url = record.rec_headers.get_header("WARC-Target-URI")
                    digest = hashlib.sha256()
                    coding = record.http_headers.get_header("Transfer-Encoding", "")
                    stream = ChunkedDataReader(record.raw_stream) if coding == "chunked" else record.raw_stream
                    while piece := stream.read(1 << 20):
                        digest.update(piece)
                    found["/" + url.removeprefix(base)].append(digest.hexdigest())
    return found


def record_ids(folder: Path) -> set[str]:
    """The id of every record, as warcio reads it."""
    from warcio.archiveiterator import ArchiveIterator

    found = set()
    for path in sorted(folder.glob("*.warc.gz*")):
        with path.open("rb") as file:
            for record in ArchiveIterator(file, no_record_parse=True):
                found.add(record.rec_headers.get_header("WARC-Record-ID").strip("<>"))
    return found


def frontiers(collection: Path) -> list[Path]:
    """The frontier of each crawl, the oldest first."""
    return sorted((collection / "crawls").glob("*/frontier.sqlite"))


def _rows(path: Path, question: str) -> Iterator[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        yield from connection.execute(question).fetchall()


def done_paths(collection: Path, base: str) -> set[str]:
    """Paths that the frontiers know to be done, skipped or failed."""
    question = "SELECT url FROM page WHERE state NOT IN ('queued', 'in flight')"
    return {"/" + url.removeprefix(base) for path in frontiers(collection) for (url,) in _rows(path, question)}


def settled(collection: Path) -> set[str]:
    """Record ids that the frontiers name: captures that were acknowledged as safe."""
    return {
        record
        for path in frontiers(collection)
        for (record,) in _rows(path, "SELECT record_id FROM page WHERE record_id IS NOT NULL")
    }


def facts(collection: Path, name: str) -> list[Any]:
    """One fact of every frontier, the oldest first; None where it has none."""
    found = []
    for path in frontiers(collection):
        rows = list(_rows(path, f"SELECT value FROM crawl WHERE name = '{name}'"))
        found.append(json.loads(rows[0][0]) if rows else None)
    return found


def alive(pids: set[int]) -> set[int]:
    """Those processes that still run, zombies left out."""
    return {pid for pid in pids if (status := status_of(pid)) and not status["State"].startswith("Z")}


def children(pid: int) -> set[int]:
    """All processes below one, itself left out."""
    found: set[int] = set()
    try:
        below = {
            int(child)
            for thread in Path(f"/proc/{pid}/task").iterdir()
            for child in (thread / "children").read_text(encoding="ascii").split()
        }
    except OSError:
        return found
    for child in below:
        found |= {child} | children(child)
    return found


def status_of(pid: int) -> dict[str, str]:
    """/proc/PID/status; empty when there is no such process."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}
