"""The part of `khronika status` about pages: what was passed over, what left its listing, a site that was rebuilt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.commands.status_warning import warn
from crawler.output import printable

if TYPE_CHECKING:
    from pathlib import Path

    from archive.catalogue import Catalogue
    from archive.page_memory import ListingRun, RememberedPage
    from crawler.config import Config
    from crawler.output import Output


def show_traps(output: Output, folder: Path, crawls: list[str]) -> None:
    """What the last crawl of each site passed over, and where it stopped before it was through."""
    from datetime import UTC, datetime

    from archive.errors import StorageError
    from crawler.commands.views import count, minute
    from crawler.reasons import grouped
    from crawler.refusals import last_refusals

    for crawl, told in last_refusals(folder, crawls):
        if isinstance(told, StorageError):
            output.message(f"What was passed over is not known: {told}")
            continue
        for refusals in told.sites:
            site = refusals.site
            for reason, pages in sorted(grouped(refusals.skipped).items()):
                output.record({"type": "skipped", "site": site, "crawl": crawl, "reason": reason, "pages": pages})
                if output.verbose:
                    output.result(f"  {site}: {_addresses(pages)} not fetched: {printable(reason)}")
            for name, trap in sorted(refusals.traps.items()):
                output.record(
                    {
                        "type": "trap",
                        "site": site,
                        "crawl": crawl,
                        "name": name,
                        "addresses": trap.addresses,
                        "shapes": trap.shapes,
                        "example": trap.example,
                    }
                )
                shape = next(iter(trap.shapes), "")
                words = f"{site}: trap left: {name} ({shape}), {_addresses(trap.addresses)}"
                warn(output, "trap", f"{words} not fetched, such as {trap.example}", site=site, name=name)
            if refusals.budget and refusals.queued:
                words = f"{site}: its budget of {refusals.budget} requests a run is spent"
                left = count(refusals.queued, "page")
                warn(output, "budget", f"{words}; {left} left, which the same crawl command goes on with", site=site)
        for host, until in sorted(told.put_off.items()):
            moment = datetime.fromtimestamp(until, UTC)
            if moment > datetime.now(UTC):
                warn(output, "put off", f"{host} asked to be left alone until {minute(moment)}", host=host)


def show_unlisted(output: Output, pages: list[RememberedPage]) -> None:
    """The pages that a listing has named, and names no more."""
    from crawler.commands.views import count, instant

    sites: dict[str, list[RememberedPage]] = {}
    for page in pages:
        sites.setdefault(page.site, []).append(page)
        since = None if page.unlisted_at is None else instant(page.unlisted_at)
        record = {"type": "unlisted", "site": page.site, "url": page.url, "kind": page.kind, "since": since}
        output.record({**record, "listing": page.listing})
    for site, several in sorted(sites.items()):
        words = f"{site}: {count(len(several), 'page')} that a listing has named and names no more, such as"
        last = max(several, key=lambda page: (str(page.unlisted_at), page.url))
        warn(output, "unlisted", f"{words} {last.url}: khronika site pages {site} --unlisted", site=site)


def show_drift(
    output: Output, catalogue: Catalogue, config: Config, crawls: list[str], listings: list[ListingRun]
) -> None:
    """Signs that a site was rebuilt."""
    from crawler.drift import listing_drift, selector_drift
    from crawler.reading import rules_for
    from spiders.definition import Selectors

    rules = rules_for(config.sites)
    sites = {
        site.name: rules(site.name).version for site in config.sites if site.selectors != Selectors() or site.facts
    }
    for site, adrift in sorted(selector_drift(catalogue, crawls, sites).items()):
        for one in adrift:
            words = f"{site}: {one.words}. Was the site rebuilt? khronika site test {site}"
            shares = {"before": round(one.before, 3), "now": round(one.now, 3), "pages": one.pages}
            warn(output, "drift", words, site=site, kind=one.kind, selector=one.selector, **shares)
    by_site: dict[str, list[ListingRun]] = {}
    for run in listings:
        by_site.setdefault(run.site, []).append(run)
    for site, runs in sorted(by_site.items()):
        for drift in listing_drift(runs):
            about = "listing" if drift.problem else "drift"
            entries = {"before": drift.before, "now": drift.now}
            warn(output, about, f"{site}: {drift.words}", site=site, listing=drift.url, **entries)


def _addresses(number: int) -> str:
    return "1 address" if number == 1 else f"{number} addresses"
