"""Reasons as people read them counted: what differs from page to page in them is left out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Final

from spiders.revisit import NOT_DUE, UNCHANGED
from spiders.trap_shapes import PREFIX as TRAP

_OWN: Final = (
    (re.compile(rf"{NOT_DUE} until .*", re.DOTALL), f"{NOT_DUE} until …"),
    (re.compile(rf"{UNCHANGED} .* as the list says", re.DOTALL), f"{UNCHANGED} … as the list says"),
    (re.compile(r"same page as .*", re.DOTALL), "same page as …"),
    (re.compile(rf"{TRAP}(?P<name>[^:]*): .*", re.DOTALL), rf"{TRAP}\g<name>"),
)


def grouped(reasons: Mapping[str, int]) -> dict[str, int]:
    """Counts by reason, with an ellipsis in the place of a page's own date or address; of a trap its name.

    >>> grouped({"not due until 2026-11-23": 2, "not due until 2026-11-24": 3, "other host": 1})
    {'not due until …': 5, 'other host': 1}
    """
    together: Counter[str] = Counter()
    for reason, count in reasons.items():
        together[_group(reason)] += count
    return dict(together)


def _group(reason: str) -> str:
    return next((found.expand(name) for pattern, name in _OWN if (found := pattern.fullmatch(reason))), reason)
