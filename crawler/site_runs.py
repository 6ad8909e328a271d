"""How the runs of each site went: when a page was had last, and since when none is.

A run of a site is a crawl that was asked for it. It failed where pages were asked for and none was had, or where it
ended with an error before it had one. A run in which nothing was due says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from archive.capture import Capture
    from archive.catalogue import Catalogue
    from archive.state import Run

ERROR: Final = "error"
"""Why a run ended that could not go on."""


@dataclass(frozen=True, slots=True)
class SiteRuns:
    """How the runs of a site went."""

    last_began: datetime | None = None
    """When its last run began; None where there was none."""
    last_had: datetime | None = None
    """When a page of it was had last."""
    failing_since: datetime | None = None
    """When the first of the runs in a row began in which none was had; None where the last one had some."""
    failed_runs: int = 0
    """How many these are."""


def runs_by_site(runs: Sequence[Run]) -> dict[str, list[Run]]:
    """The runs that were asked for each site, the newest first."""
    found: dict[str, list[Run]] = {}
    for run in reversed(runs):
        asked = run.asked.get("sites")
        for site in asked if isinstance(asked, Mapping) else ():
            found.setdefault(site, []).append(run)
    return found


class Outcomes:
    """What became of the pages of each crawl, by site; each crawl is asked for once."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._known: dict[str, Mapping[str, datetime | None]] = {}

    def of(self, crawl: str) -> Mapping[str, datetime | None]:
        """The sites of which a crawl asked for pages, each with the moment in which it had one last."""
        if crawl not in self._known:
            self._known[crawl] = self._catalogue.outcomes(crawl)
        return self._known[crawl]


def site_runs(outcomes: Outcomes, site: str, runs: Sequence[Run]) -> SiteRuns:
    """How the runs of a site went; `runs` are those that were asked for it, the newest first."""
    failed: list[Run] = []
    last_had = None
    for run in runs:
        of_crawl = outcomes.of(run.id)
        last_had = of_crawl.get(site)
        if last_had is not None:
            break
        if site in of_crawl or run.reason == ERROR:
            failed.append(run)
    began = runs[0].began_at if runs else None
    return SiteRuns(began, last_had, failed[-1].began_at if failed else None, len(failed))


def has_failed(capture: Capture) -> bool:
    """Whether the page was not had."""
    from archive.kinds import state_of

    return capture.failure is not None or state_of(capture).value in ("blocked", "unreachable")


def is_page(capture: Capture) -> bool:
    """Not a robots.txt that was asked for before a page."""
    return not capture.hops.rstrip("R").endswith("P")
