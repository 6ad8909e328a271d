"""Captures, changes and differences as programs and people are shown them: one place for both, so that they agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from archive.capture import Capture
from archive.catalogue import ChangeRow, HistoryRow
from archive.errors import UsageError
from crawler.output import Output, printable

QUIET_KINDS = frozenset({"same", "noise"})
"""Kinds of change that are kept and counted, and shown only when asked for."""


def instant(moment: datetime) -> str:
    """RFC 3339, UTC, microseconds, with Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def minute(moment: datetime) -> str:
    """As people read it: 2026-11-22 14:02:10 (UTC)."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def count(number: int, word: str) -> str:
    """`1 capture`, `2 captures`."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def parse_instant(text: str) -> datetime:
    """`2026-11-22`, `2026-11-22T14:02` or 14 digits or their beginning of at least four; UTC unless it says otherwise.

    Raises UsageError with what was expected.
    """
    digits = text if text.isdigit() else ""
    try:
        if digits and 4 <= len(digits) <= 14 and len(digits) % 2 == 0:
            padded = digits + "00000101000000"[len(digits) :]
            return datetime.strptime(padded, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"expected a date like 2026-11-22 or 2026-11-22T14:02, found {text!r}") from error
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def capture_record(row: HistoryRow) -> dict[str, Any]:
    """A capture for programs: the keys that DESIGN fixed, and `n`, `outcome`, `error`, `site`, `crawl` after them."""
    capture = row.capture
    return {
        "type": "capture",
        "url": capture.url,
        "captured_at": instant(capture.captured_at),
        "timestamp": capture.timestamp,
        "status": capture.status,
        "record_id": capture.record_id,
        "payload_digest": capture.payload_digest,
        "file": capture.location.file,
        "offset": capture.location.offset,
        "length": capture.location.length,
        "revisit": capture.is_revisit,
        "state": row.state.value,
        "change": row.change_kind.value if row.change_kind else None,
        "language": row.language,
        "n": row.n,
        "outcome": capture.outcome.value,
        "error": capture.error,
        "truncated": capture.truncated,
        "mime": capture.mime,
        "bytes": capture.payload_length,
        "site": capture.site,
        "crawl": capture.crawl,
    }


def change_record(change: ChangeRow) -> dict[str, Any]:
    """A change for programs."""
    return {
        "type": "change",
        "id": change.id,
        "url": change.url,
        "from": change.from_at.strftime("%Y%m%d%H%M%S"),
        "to": change.to_at.strftime("%Y%m%d%H%M%S"),
        "kind": change.kind.value,
        "weight": change.weight,
        "edits": [dict(edit) for edit in change.edits],
        "site": change.site,
        "from_record": change.from_record,
        "to_record": change.to_record,
        "rules": change.rules,
    }


def status_words(capture: Capture) -> str:
    """The HTTP status, or what became of a fetch that has none."""
    words = str(capture.status) if capture.status is not None else capture.outcome.value
    return f"{words} cut" if capture.truncated and not capture.is_revisit else words


def change_words(output: Output, kind: str | None) -> str:
    """A kind of change, in the colour of its weight."""
    if kind is None:
        return "-"
    style = {"gone": "bad", "removed": "bad", "edited": "warn", "added": "warn", "back": "warn"}.get(kind)
    return output.style(kind, style) if style else kind


def edit_lines(output: Output, edits: Sequence[Mapping[str, Any]]) -> list[str]:
    """Edits as lines: what was removed in [-…-], what was added in {+…+}."""
    from pipelines.diff import word_diff

    lines = []
    for edit in edits:
        before, after = edit.get("before") or "", edit.get("after") or ""
        mark = {"edit": "±", "add": "+", "remove": "-", "move": "↕"}.get(str(edit["op"]), "±")
        side = "" if edit.get("level") in (None, "main") else f"({edit['level']}) "
        if before and after and before != after:
            text = render_words(output, word_diff(before, after))
        elif after and not before:
            text = output.style("{+" + printable(after) + "+}", "added")
        elif before and not after:
            text = output.style("[-" + printable(before) + "-]", "removed")
        else:
            text = printable(after or before)
        lines.append(f"{mark} {side}{text}")
    return lines


def render_words(output: Output, words: Sequence[tuple[str, str]]) -> str:
    """Word-level pieces as one line; `words` are pairs of `=`, `-` or `+` and a text."""
    pieces = []
    for op, piece in words:
        text = printable(piece)
        if op == "-":
            pieces.append(output.style(f"[-{text}-]", "removed"))
        elif op == "+":
            pieces.append(output.style("{+" + text + "+}", "added"))
        else:
            pieces.append(text)
    return "".join(pieces)
