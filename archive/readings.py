"""A reading as the catalogue keeps it: what was read, and apart from it what names the capture and the rules.

A reading is a JSON object; its canonical form is UTF-8, members sorted by name, no white space, no escapes that JSON
does not ask for:

    {"authors":[],"blocks":[…],"captured_at":"2026-11-22T01:00:01.123456Z",…,"provenance":{…},…,"url":"https://…"}

Apart are kept its frame (`type`, `url`, `captured_at`, `record_id`, `payload_digest`, the last two in `provenance`
too), which the capture's row says, and its stamp (in `provenance`: `extractor`, `rules`, `configuration`, `tools`),
which the version of the rules stands for. What is left is its content, in canonical form. So a page that newer rules
read in the same way is not written again, and equal payloads at one address are read once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from archive.digest import Digest

STAMP: Final = ("configuration", "extractor", "rules", "tools")
"""Members of `provenance` that the version of the rules stands for."""
_FRAME: Final = ("type", "url", "captured_at", "record_id", "payload_digest")
_SOURCE: Final = ("record_id", "payload_digest")


@dataclass(frozen=True, slots=True)
class Frame:
    """Which capture a reading is of."""

    url: str
    captured_at: datetime
    record_id: str
    payload_digest: Digest | None
    """Of the payload that was read."""


def canonical(value: object) -> bytes:
    """The canonical form of a reading, or of a part of one. Raises ValueError for a text that is no Unicode."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def taken_apart(reading: Mapping[str, Any]) -> tuple[bytes, bytes]:
    """The content and the stamp of a reading, both in canonical form."""
    content = {name: value for name, value in reading.items() if name not in _FRAME}
    provenance = content.pop("provenance", {})
    stamp = {name: provenance[name] for name in STAMP if name in provenance}
    left = {name: value for name, value in provenance.items() if name not in STAMP and name not in _SOURCE}
    return canonical({**content, "provenance": left}), canonical(stamp)


def put_together(content: bytes, stamp: bytes, frame: Frame) -> bytes:
    """The whole reading in its canonical form. Raises ValueError when its parts are none of a reading."""
    reading = json.loads(content)
    source = {"record_id": frame.record_id, "payload_digest": frame.payload_digest}
    provenance = {**reading["provenance"], **json.loads(stamp), **source}
    captured_at = frame.captured_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    framed = {"type": "reading", "url": frame.url, "captured_at": captured_at, **source}
    return canonical({**reading, **framed, "provenance": provenance})
