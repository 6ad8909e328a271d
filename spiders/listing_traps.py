"""Listings without end: lists, feeds, REST collections and sitemaps that go on when they have nothing more to name.

A listing that the archivist or the site itself names is believed, part after part, for as long as it names pages that
it has not named before; a few parts in a row that do not end it, and the crawl goes on with the rest of the site.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from spiders.trap_shapes import PAGINATION, PREFIX, shape_of

BARREN: Final = 2
"""Parts in a row that name nothing new. One may repeat what moved down from the part before while it was fetched."""
BARREN_SITEMAPS: Final = 1000
"""Of sitemaps, where an index may name many more indexes before the first page."""
PARTS: Final = 20_000
"""Parts of one listing: ten times as many as the longest that is known of."""


@dataclass(slots=True)
class _Run:
    parts: int = 0
    barren: int = 0


class ListingGuard:
    """What a run knows of the listings of one site."""

    def __init__(self) -> None:
        self._runs: dict[str, _Run] = {}

    def read(self, listing: str, *, new: bool) -> None:
        """A part of the listing was read, that named something `new` or not."""
        run = self._runs.setdefault(listing, _Run())
        run.parts += 1
        run.barren = 0 if new else run.barren + 1

    def refusal(self, listing: str, url: str, *, barren: int = BARREN) -> str | None:
        """Why the part `url` is not to be fetched; None when it is."""
        run = self._runs.get(listing)
        if run is None or (run.barren < barren and run.parts < PARTS):
            return None
        return f"{PREFIX}{PAGINATION}: {shape_of(url)}"

    def was_had(self, listing: str) -> bool:
        """Whether all that a listing names was had, as far as can be told: it repeats itself, and is not just long."""
        run = self._runs.get(listing)
        return run is None or run.parts < PARTS
