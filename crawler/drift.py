"""Drift of the sites of a collection: what their readings and their listings say, put to `spiders/drift.py`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from spiders.drift import FEWEST, Listing, ListingDrift, Matches, SelectorDrift, listings_adrift, selectors_adrift

if TYPE_CHECKING:
    from archive.catalogue import Catalogue
    from archive.page_memory import ListingRun

CRAWLS: Final = 20
"""Earlier crawls that are looked at, newest first."""
READINGS: Final = 500
"""Earlier readings of a site that are enough."""


def selector_drift(
    catalogue: Catalogue, crawls: Sequence[str], sites: Mapping[str, str]
) -> dict[str, list[SelectorDrift]]:
    """Selectors that find nothing any more, by site. `crawls` are newest first, `sites` are those whose definitions
    have selectors, each with the version of the rules that they make.

    Of each kind of page the crawl that read some last is compared with those before it. Pages that have not changed
    were not read again, and say nothing: a site that was rebuilt changes all of them. Readings by other rules say
    nothing either.
    """
    now: dict[tuple[str, str], list[Matches]] = {}
    before: dict[tuple[str, str], list[Matches]] = {}
    enough: set[str] = set()
    for crawl in crawls[:CRAWLS]:
        of_crawl: dict[tuple[str, str], list[Matches]] = {}
        for site, matches in _matches(catalogue, crawl, {name: sites[name] for name in sites if name not in enough}):
            of_crawl.setdefault((site, matches.kind), []).append(matches)
        for key, several in of_crawl.items():
            # a crawl that read one changed page is no ground to judge by: the one before it counts with it
            (now if len(now.get(key, ())) < FEWEST else before).setdefault(key, []).extend(several)
        read = Counter(site for (site, _), several in before.items() for _ in several)
        enough = {site for site in sites if read[site] >= READINGS}
        if len(enough) == len(sites):
            break
    found: dict[str, list[SelectorDrift]] = {}
    for (site, kind), pages in now.items():
        found.setdefault(site, []).extend(selectors_adrift(before.get((site, kind), ()), pages))
    return {site: drift for site, drift in found.items() if drift}


def _matches(catalogue: Catalogue, crawl: str, sites: Mapping[str, str]) -> Iterator[tuple[str, Matches]]:
    for capture, row in catalogue.readings_in(crawl):
        site = capture.site
        if site not in sites or row.failed is not None or row.rules != sites[site]:
            continue
        sight: Any = json.loads(row.json).get("site")
        if isinstance(sight, dict) and isinstance(sight.get("matched"), dict):
            yield site, Matches(str(sight.get("kind") or "other"), sight["matched"])


def listing_drift(runs: Sequence[ListingRun]) -> list[ListingDrift]:
    """Listings of a site that shrank, or could not be read; `runs` of all of them."""
    ordered = sorted(runs, key=lambda run: run.at)
    return listings_adrift([Listing(run.listing, run.url, run.named, run.complete, run.problem) for run in ordered])
