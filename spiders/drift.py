"""Drift: signs that a site was rebuilt, and that its definition does not fit it any more.

Two of them: a selector that was found on nearly all pages of a kind and is found on hardly any now, and a listing
that has suddenly lost a good part of what it named. Both are suspicions to be looked at; neither stops a crawl.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

BEFORE: Final = 0.8
"""Share of a kind's pages that a selector was found on, at least, to be missed."""
NOW: Final = 0.2
"""Share below which it is missed."""
FEWEST: Final = 3
"""Pages of a kind, before and now, below which nothing is said."""

SHRUNK: Final = 0.3
"""Share of its entries by which a listing shrinks, more than which is told."""
FEWEST_LOST: Final = 10
COMPARED: Final = 5
"""Earlier runs of a listing that the last one is compared with: the fullest of them counts."""


@dataclass(frozen=True, slots=True)
class Matches:
    """What the definition's selectors found on one page."""

    kind: str
    found: Mapping[str, int]
    """Elements by selector, `title`, `facts.address` …; 0 where it found none."""


@dataclass(frozen=True, slots=True)
class SelectorDrift:
    """A selector that finds nothing any more."""

    kind: str
    selector: str
    before: float
    """Share of the pages that it was found on."""
    now: float
    pages: int
    """Pages of the kind that were looked at now."""

    @property
    def words(self) -> str:
        return (
            f"selector {self.selector} was found on {self.before:.0%} of the {self.kind} pages before, "
            f"and on {self.now:.0%} of the {self.pages} read last"
        )


def selectors_adrift(before: Iterable[Matches], now: Iterable[Matches]) -> list[SelectorDrift]:
    """The selectors that were found on most pages of a kind before, and on few now; in order of kind and name."""
    was, _ = _counted(before)
    has, pages_now = _counted(now)
    adrift = []
    for (kind, selector), (found, of) in sorted(was.items()):
        found_now, of_now = has.get((kind, selector), (0, 0))
        if of < FEWEST or of_now < FEWEST:
            continue
        if found / of >= BEFORE and found_now / of_now < NOW:
            adrift.append(SelectorDrift(kind, selector, found / of, found_now / of_now, pages_now[kind]))
    return adrift


def _counted(pages: Iterable[Matches]) -> tuple[dict[tuple[str, str], tuple[int, int]], Counter[str]]:
    found: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    kinds: Counter[str] = Counter()
    for page in pages:
        kinds[page.kind] += 1
        for selector, count in page.found.items():
            found[page.kind, selector][0] += count > 0
            # a definition that was edited between two readings asked for other things
            found[page.kind, selector][1] += 1
    return {key: (hits, of) for key, (hits, of) in found.items()}, kinds


@dataclass(frozen=True, slots=True)
class Listing:
    """One run of a listing."""

    listing: str
    """What it is known by."""
    url: str
    named: int
    """Pages that it named."""
    complete: bool
    """Whether all of it was had and read."""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class ListingDrift:
    """A listing that names much less than it did, or could not be read."""

    url: str
    before: int
    now: int
    problem: str = ""

    @property
    def words(self) -> str:
        if self.problem:
            return f"listing {self.url} could not be read to its end: {self.problem}"
        return f"listing {self.url} named {self.before} pages before, and {self.now} now"


def listings_adrift(runs: Sequence[Listing]) -> list[ListingDrift]:
    """The listings that have shrunk or could not be read; `runs` in order of time, those of several listings mixed."""
    by_listing: dict[str, list[Listing]] = {}
    for run in runs:
        by_listing.setdefault(run.listing, []).append(run)
    adrift = []
    for several in by_listing.values():
        last = several[-1]
        earlier = [run.named for run in several[:-1] if run.complete][-COMPARED:]
        fullest = max(earlier, default=0)
        lost = fullest - last.named
        if not last.complete and last.problem:
            adrift.append(ListingDrift(last.url, fullest, last.named, last.problem))
        elif last.complete and lost >= FEWEST_LOST and lost > SHRUNK * fullest:
            adrift.append(ListingDrift(last.url, fullest, last.named))
    return adrift
