"""An errand: what a schedule asks of a crawl beside its sites."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from crawler.memory import KindsDue


def _say_nothing(_: str) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Errand:
    """What a schedule asks of a crawl."""

    resume: str | None = None
    """Id of the crawl to go on with; None, and where it cannot be gone on with: a new one."""
    kinds: Mapping[str, KindsDue] = field(default_factory=dict)
    """By site, where kinds of page have schedules of their own."""
    on_begin: Callable[[str], None] = _say_nothing
    """Called with the crawl's id when the collection is locked, and before anything is fetched."""
