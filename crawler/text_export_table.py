"""Readings as rows of a table: one a capture, or one a fact.

CSV after RFC 4180, in UTF-8. A spreadsheet runs a cell that begins with `=`, `+`, `-` or `@` as a formula, also after
white space, and what a page says is up to anybody: such a cell gets an apostrophe in front (OWASP, CSV Injection).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

FACT_NAMES: Final = (
    *("name_en", "name_ru", "name_uk", "name_be", "birth_date", "birth_year", "article", "prosecuted", "detained"),
    *("remanded", "verdict_date", "sentence", "stage", "court", "place", "letter_address", "faces", "named"),
)
"""The facts that have a column of their own; all others share one."""

CAPTURE_COLUMNS: Final = (
    *("id", "url", "captured_at", "of_site", "kind", "title", "published", "modified", "authors", "language", "text"),
    *("subjects", *(f"fact_{name}" for name in FACT_NAMES), "other_facts"),
    *("record_id", "payload_digest", "version", "rules"),
)
FACT_COLUMNS: Final = (
    *("id", "url", "captured_at", "of_site", "title", "subject", "name", "value", "cited", "language", "by"),
    *("block", "level", "start", "end", "record_id", "payload_digest", "version", "rules"),
)
JOINED: Final = "; "

_FORMULA: Final = re.compile(r"[\s\x00-\x1f]*[=+\-@\uff0b\uff0d\uff1d\uff20]|[\t\r]")


def capture_rows(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The one row of a capture, by column. A fact says its subject where the page names several."""
    facts = record["facts"]
    subjects = list(dict.fromkeys(fact["subject"] for fact in facts if fact["subject"] is not None))
    several = len(subjects) > 1
    row = _common(record) | {name: record[name] for name in ("published", "modified", "language", "text")}
    row |= {"id": record["id"], "kind": (record.get("site") or {}).get("kind")}
    row |= {"authors": JOINED.join(record["authors"]), "subjects": JOINED.join(subjects)}
    for name in FACT_NAMES:
        row[f"fact_{name}"] = JOINED.join(_said(fact, several=several) for fact in facts if fact["name"] == name)
    others = [fact for fact in facts if fact["name"] not in FACT_NAMES]
    row["other_facts"] = JOINED.join(f"{fact['name']}: {_said(fact, several=several)}" for fact in others)
    yield row


def fact_rows(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """A row for each fact of a capture."""
    for fact in record["facts"]:
        block = fact["block"]
        level = None if block is None else record["blocks"][block]["level"]
        yield _common(record) | {**fact, "id": f"{record['id']}#{fact['id']}", "level": level}


def _common(record: Mapping[str, Any]) -> dict[str, Any]:
    names = ("url", "captured_at", "of_site", "title", "record_id", "payload_digest", "version")
    return {name: record[name] for name in names} | {"rules": record["provenance"]["rules"]}


def _said(fact: Mapping[str, Any], *, several: bool) -> str:
    value = str(fact["value"])
    return f"{fact['subject']}: {value}" if several and fact["subject"] is not None else value


def csv_lines(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """The header and the rows."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(columns)
    yield _taken(buffer)
    for row in rows:
        writer.writerow([safe_cell(row[name]) for name in columns])
        yield _taken(buffer)


def safe_cell(value: object) -> str:
    """A value as a cell that no spreadsheet runs.

    >>> safe_cell("=1+1"), safe_cell(None), safe_cell(17)
    ("'=1+1", '', '17')
    """
    if value is None:
        return ""
    # NUL ends a cell in many readers
    text = str(value).replace("\0", "")
    return f"'{text}" if _FORMULA.match(text) else text


def _taken(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text
