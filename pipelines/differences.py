"""Two readings of one capture by different rules → what of it is another now, by name.

It is nothing that the page's author did: the difference is our extractor's.
"""

from __future__ import annotations

import json
from typing import Any, Final

from archive.catalogue import ReadingRow

READABLE: Final = "readable"
FIELDS: Final = (
    *("text", "language", "title", "dates", "authors", "facts", "metadata", "spans", "blocks", "site"),
    *("links", "pictures"),
)
"""What is told apart, in this order; `readable`, where one of the two is none, and `other` stand beside them."""
OTHER: Final = "other"

_MEMBERS: Final = {"dates": ("published", "modified")}


def differing(before: ReadingRow, after: ReadingRow) -> tuple[str, ...]:
    """What the two tell differently; none where they say the same."""
    if before.failed is not None or after.failed is not None:
        return () if before.failed == after.failed else (READABLE,)
    try:
        old, new = json.loads(before.content), json.loads(after.content)
    except ValueError:
        return (OTHER,)
    found = tuple(name for name in FIELDS if _members(old, name) != _members(new, name))
    return found or (() if before.says_as(after) else (OTHER,))


def _members(content: dict[str, Any], name: str) -> list[Any]:
    return [content.get(member) for member in _MEMBERS.get(name, (name,))]
