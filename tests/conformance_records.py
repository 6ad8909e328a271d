"""What a WARC holds of each exchange, as FastWARC reads it, held against what our own reader reads."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from fastwarc.warc import ArchiveIterator

from archive.warc import read_records


@dataclass
class Stored:
    """The records of one exchange in the WARC."""

    blocks: dict[str, bytes] = field(default_factory=dict)
    """Blocks by type of record."""
    fields: dict[str, dict[str, str]] = field(default_factory=dict)
    """Header fields by type of record, names in lower case."""


def read_warcs(folder: Path) -> tuple[dict[str, Stored], list[str], bool]:
    """All exchanges by address as FastWARC reads them; what is there twice; whether our own reader reads the same."""
    stored: dict[str, Stored] = defaultdict(Stored)
    twice = []
    records: Counter[tuple[str, str, str]] = Counter()
    for path in sorted(folder.iterdir()):
        with path.open("rb") as file:
            for record in ArchiveIterator(file, parse_http=False):
                fields = {name.lower(): value for name, value in record.headers.items()}
                kind, block = fields["warc-type"], record.reader.read()
                records[kind, fields["warc-record-id"].strip("<>"), hashlib.sha256(block).hexdigest()] += 1
                url = fields.get("warc-target-uri", "")
                if not url.removeprefix("urn:received:").startswith("http"):
                    continue
                one = stored[url.removeprefix("urn:received:")]
                if kind in one.blocks:
                    twice.append(url)
                one.blocks[kind], one.fields[kind] = block, fields
    own = Counter(
        (record.type, record.record_id, hashlib.sha256(record.block.read()).hexdigest())
        for path in sorted(folder.iterdir())
        for record in read_records(path)
    )
    return stored, twice, own == records


def digest_of(octets: bytes) -> str:
    return "sha256:" + hashlib.sha256(octets).hexdigest()
