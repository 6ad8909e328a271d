"""WARCs as other tools write them, record by record, with whatever a test wants to stand in them."""

from __future__ import annotations

import gzip
from collections.abc import Iterable

from archive.facts import Fact, FactKind

HOST = "kestrel"
MAC = 0x0A1B2C3D4E5F
ADDRESS = "203.0.113.7"
FACTS = (
    Fact(FactKind.HOST, HOST, "this machine"),
    Fact(FactKind.HOST, "kestrel.example.org", "this machine"),
    Fact(FactKind.USER, "anna7391", "account"),
    Fact(FactKind.USER, "marina", "account"),
    Fact(FactKind.USER, "root", "account"),
    Fact(FactKind.MAC, f"{MAC:012x}", "network interface"),
    Fact(FactKind.PATH, "/home/anna7391/archive", "the collection's folder"),
    Fact(FactKind.ADDRESS, ADDRESS, "given"),
    Fact(FactKind.ADDRESS, "192.168.7.23", "network interface"),
)
"""Of a machine that does not exist."""


def record(kind: str, block: bytes, *fields: str, number: int = 1, target: str | None = None) -> bytes:
    """A record, uncompressed, with an id of version 4 unless `fields` bring one."""
    lines = ["WARC/1.1", f"WARC-Type: {kind}", "WARC-Date: 2026-11-22T01:00:00Z", *fields]
    if not any(field.startswith("WARC-Record-ID") for field in fields):
        lines.append(f"WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-{number:012d}>")
    if target is not None:
        lines.append(f"WARC-Target-URI: {target}")
    lines += [f"Content-Length: {len(block)}", "", ""]
    return "\r\n".join(lines).encode() + block + b"\r\n\r\n"


def packed(records: Iterable[bytes]) -> bytes:
    """One gzip member a record."""
    return b"".join(gzip.compress(one, mtime=0) for one in records)


def response(body: bytes, *fields: str, status: str = "200 OK") -> bytes:
    """An HTTP response."""
    lines = [f"HTTP/1.1 {status}", "Content-Type: text/html", f"Content-Length: {len(body)}", *fields, "", ""]
    return "\r\n".join(lines).encode() + body
