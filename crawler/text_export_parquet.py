"""Readings as a Parquet file; the one place that imports pyarrow, which is an extra.

Columns are the keys of a line of `export text`, with its lists of blocks, spans and facts nested; what has no fixed
shape (`site`, `metadata`, `charset`, `langdetect`, `provenance`) is a column of JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import IO, Any, Final

from archive.errors import KhronikaError

GROUP: Final = 200
"""Readings a row group: pages of some tens of kilobytes, so a few megabytes in memory."""

_TEXT: Final = "text"
_NUMBER: Final = "number"
_SHARE: Final = "share"
_STRETCHES: Final = "stretches"
_LISTS: Final[Mapping[str, Mapping[str, str]]] = {
    "spans": {
        "id": _TEXT,
        "start": _NUMBER,
        "end": _NUMBER,
        "language": _TEXT,
        "script": _TEXT,
        "confidence": _SHARE,
    },
    "blocks": {
        "id": _TEXT,
        "start": _NUMBER,
        "end": _NUMBER,
        "kind": _TEXT,
        "level": _TEXT,
        "role": _TEXT,
        "language": _TEXT,
        "path": _TEXT,
        "text": _TEXT,
        "furniture": _TEXT,
        "rank": _NUMBER,
        "struck": _STRETCHES,
    },
    "facts": {
        "id": _TEXT,
        "subject": _TEXT,
        "name": _TEXT,
        "value": _TEXT,
        "cited": _TEXT,
        "start": _NUMBER,
        "end": _NUMBER,
        "block": _NUMBER,
        "language": _TEXT,
        "by": _TEXT,
    },
}
_TEXTS: Final = (
    *("id", "version", "of_site", "crawl", "url", "captured_at", "record_id", "payload_digest"),
    *("title", "published", "modified", "language", "text", "html_language"),
)
_JSON: Final = ("links", "pictures", "site", "metadata", "fingerprints", "charset", "langdetect", "provenance")


def write_parquet(records: Iterable[Mapping[str, Any]], target: IO[bytes]) -> int:
    """Write the records of readings; of how many. Raises KhronikaError where pyarrow is not installed."""
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        raise KhronikaError(
            "expected pyarrow, which writes Parquet, found it not installed: pip install 'khronika[parquet]' "
            "(khronika export text and csv need nothing more)"
        ) from error
    kinds = {_TEXT: pa.string(), _NUMBER: pa.int64(), _SHARE: pa.float64()}
    kinds[_STRETCHES] = pa.list_(pa.list_(pa.int64()))
    fields = [(name, pa.string()) for name in _TEXTS]
    fields += [("authors", pa.list_(pa.string()))]
    for name, parts in _LISTS.items():
        fields.append((name, pa.list_(pa.struct([(part, kinds[kind]) for part, kind in parts.items()]))))
    fields += [(name, pa.string()) for name in _JSON]
    schema = pa.schema(fields)
    count = 0
    left = iter(records)
    with parquet.ParquetWriter(target, schema, compression="zstd") as writer:
        while group := list(islice(left, GROUP)):
            writer.write_table(pa.Table.from_pylist([_row(record) for record in group], schema=schema))
            count += len(group)
    return count


def _row(record: Mapping[str, Any]) -> dict[str, Any]:
    row = {name: record.get(name) for name in _TEXTS}
    row["authors"] = record["authors"]
    for name, parts in _LISTS.items():
        row[name] = [{part: one.get(part) for part in parts} for one in record[name]]
    for name in _JSON:
        row[name] = json.dumps(record.get(name), ensure_ascii=False, sort_keys=True)
    return row
