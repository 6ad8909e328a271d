"""What the passes of `pipelines/settling.py` are given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.state_rules import Rules

if TYPE_CHECKING:
    from archive.catalogue import Catalogue
    from archive.collection import Collection
    from pipelines.rules import ReadingRules


@dataclass(frozen=True, slots=True)
class Settling:
    """A collection whose captures are all read and compared."""

    collection: Collection
    catalogue: Catalogue
    """Open for writing."""
    rules_for_site: Callable[[str], ReadingRules]
    is_stopping: Callable[[], bool]
    """Whether to end at once; the next run does the rest."""
    state_rules: Rules = Rules()  # noqa: RUF009 - a frozen value
    """How much it takes until a page is said to be gone."""
    again: bool = False
    """Whether it is what was read before that is derived again, and no crawl that ended."""
