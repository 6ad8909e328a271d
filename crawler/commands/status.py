"""`khronika status`: what ran, what is unfinished, what is wrong."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from crawler.cli import Application, Exit
from crawler.commands.base import command as make_command
from crawler.commands.base import open_collection, pass_application
from crawler.output import printable

if TYPE_CHECKING:
    from pathlib import Path

    from archive.capture import Capture
    from archive.catalogue import Catalogue
    from archive.page_memory import ListingRun, RememberedPage
    from crawler.config import Config
    from crawler.output import Output

SHOWN_FAILURES = 20


@make_command("status", examples=("khronika status", "khronika --json status"), exits=(Exit.NO_COLLECTION,))
@pass_application
def command(application: Application) -> None:
    """Each site with its pages, captures and last change; the last crawl, and what it could not fetch.

    Where something waits or is wrong it is said: a crawl that was stopped, pages that are not read yet, traps that a
    crawl left (calendars, lists without end), pages that their listing names no more, a site that was rebuilt so that
    its definition does not fit it any more, a budget that was spent, a root key that still lies in the collection, a
    checkpoint that was shown to no authority.
    """
    from archive.state import State
    from crawler.commands.checkpoint import time_warnings
    from crawler.commands.key import key_warnings
    from crawler.commands.views import count, instant, minute
    from crawler.config import load_config
    from crawler.reading import waiting as captures_to_read

    output = application.output
    collection = open_collection(application)
    config = load_config(collection.config_path)
    catalogue = collection.catalogue
    known = {row.site: row for row in catalogue.sites()}
    paused = {site.name for site in config.sites if site.paused}
    if known or config.sites:
        output.result(f"{'site':<24} {'pages':>6} {'captures':>9} {'failures':>9}  {'last capture':<19}  last change")
    for name in dict.fromkeys([*(site.name for site in config.sites), *known]):
        row = known.get(name)
        output.record(
            {
                "type": "site",
                "site": name,
                "pages": row.pages if row else 0,
                "captures": row.captures if row else 0,
                "failures": row.failures if row else 0,
                "last_capture": instant(row.last_capture) if row else None,
                "last_change": instant(row.last_change) if row and row.last_change else None,
                "paused": name in paused,
            }
        )
        note = output.style("  (paused)", "warn") if name in paused else ""
        if row is None:
            output.result(f"{name:<24} {0:>6} {0:>9} {0:>9}  {'never':<19}  never{note}")
            continue
        change = minute(row.last_change) if row.last_change else "never"
        counts = f"{name:<24} {row.pages:>6} {row.captures:>9} {row.failures:>9}"
        output.result(f"{counts}  {minute(row.last_capture):<19}  {change}{note}")
    if not known and not config.sites:
        output.result("Nothing is here yet. Try: khronika crawl --url https://…   or   khronika site add https://…")
    with State.open(collection.path, readonly=True) as state:
        runs = state.runs()
        unlisted, listings = state.memory.unlisted(), state.memory.listings()
    for run in runs[-1:]:
        output.record({"type": "crawl", **run.as_record()})
        did = ", ".join(
            f"{run.counts[word]} {word}" for word in ("captured", "failed", "skipped", "changed") if run.counts
        )
        output.result(
            f"last crawl {run.id}: began {minute(run.began_at)}, {run.reason or 'unfinished, or still running'}"
        )
        if did:
            output.result(f"  its last run: {did}")
        if run.reason != "finished":
            output.result(output.style("  It can be gone on with: give the same crawl command again.", "warn"))
        _failures(application, collection.catalogue.captures_in_crawl(run.id))
    _traps(application, collection.crawls_folder, [run.id for run in reversed(runs)])
    waiting = captures_to_read(catalogue, config)
    output.record({"type": "reading", "unread": waiting})
    if waiting:
        output.result(output.style(f"{count(waiting, 'capture')} still to read: khronika reprocess", "warn"))
    _unlisted(application, unlisted)
    _drift(application, catalogue, config, [run.id for run in reversed(runs)], listings)
    warnings = [("keys", words) for words in key_warnings(collection, config)]
    warnings += [("time", words) for words in time_warnings(collection, config)]
    for about, words in warnings:
        _warn(output, about, words)


def _warn(output: Output, about: str, words: str, **more: object) -> None:
    output.record({"type": "warning", "about": about, "words": words, **more})
    output.result(output.style(printable(words), "warn"))


def _addresses(number: int) -> str:
    return "1 address" if number == 1 else f"{number} addresses"


def _traps(application: Application, folder: Path, crawls: list[str]) -> None:
    """What the last crawl of each site passed over, and where it stopped before it was through."""
    from datetime import UTC, datetime

    from archive.errors import StorageError
    from crawler.commands.views import count, minute
    from crawler.reasons import grouped
    from crawler.refusals import last_refusals

    output = application.output
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
                _warn(output, "trap", f"{words} not fetched, such as {trap.example}", site=site, name=name)
            if refusals.budget and refusals.queued:
                words = f"{site}: its budget of {refusals.budget} requests a run is spent"
                left = count(refusals.queued, "page")
                _warn(output, "budget", f"{words}; {left} left, which the same crawl command goes on with", site=site)
        for host, until in sorted(told.put_off.items()):
            moment = datetime.fromtimestamp(until, UTC)
            if moment > datetime.now(UTC):
                _warn(output, "put off", f"{host} asked to be left alone until {minute(moment)}", host=host)


def _unlisted(application: Application, pages: list[RememberedPage]) -> None:
    """The pages that a listing has named, and names no more."""
    from crawler.commands.views import count, instant

    output = application.output
    sites: dict[str, list[RememberedPage]] = {}
    for page in pages:
        sites.setdefault(page.site, []).append(page)
        since = None if page.unlisted_at is None else instant(page.unlisted_at)
        record = {"type": "unlisted", "site": page.site, "url": page.url, "kind": page.kind, "since": since}
        output.record({**record, "listing": page.listing})
    for site, several in sorted(sites.items()):
        words = f"{site}: {count(len(several), 'page')} that a listing has named and names no more, such as"
        last = max(several, key=lambda page: (str(page.unlisted_at), page.url))
        _warn(output, "unlisted", f"{words} {last.url}: khronika site pages {site} --unlisted", site=site)


def _drift(
    application: Application, catalogue: Catalogue, config: Config, crawls: list[str], listings: list[ListingRun]
) -> None:
    """Signs that a site was rebuilt."""
    from crawler.drift import listing_drift, selector_drift
    from crawler.reading import rules_for
    from spiders.definition import Selectors

    output = application.output
    rules = rules_for(config.sites)
    sites = {
        site.name: rules(site.name).version for site in config.sites if site.selectors != Selectors() or site.facts
    }
    for site, adrift in sorted(selector_drift(catalogue, crawls, sites).items()):
        for one in adrift:
            words = f"{site}: {one.words}. Was the site rebuilt? khronika site test {site}"
            shares = {"before": round(one.before, 3), "now": round(one.now, 3), "pages": one.pages}
            _warn(output, "drift", words, site=site, kind=one.kind, selector=one.selector, **shares)
    by_site: dict[str, list[ListingRun]] = {}
    for run in listings:
        by_site.setdefault(run.site, []).append(run)
    for site, runs in sorted(by_site.items()):
        for drift in listing_drift(runs):
            about = "listing" if drift.problem else "drift"
            entries = {"before": drift.before, "now": drift.now}
            _warn(output, about, f"{site}: {drift.words}", site=site, listing=drift.url, **entries)


def _failures(application: Application, captures: list[Capture]) -> None:
    from archive.catalogue import state_of
    from archive.exchange import certificate_problem
    from crawler.commands.views import count

    output = application.output
    last_of_page = {capture.url: capture for capture in captures}
    failed = [
        capture
        for capture in last_of_page.values()
        if capture.failure is not None or state_of(capture).value in ("blocked", "unreachable")
    ]
    reasons = Counter((capture.failure, _why(capture)) for capture in failed if _is_page(capture))
    for (failure, words), pages in reasons.most_common():
        value = None if failure is None else failure.value
        output.record({"type": "failures", "failure": value, "words": words, "pages": pages})
        output.result(f"  {count(pages, 'page')}: {words}")
    untrusted = Counter(
        certificate_problem(capture.tls_verdict)
        for capture in last_of_page.values()
        if certificate_problem(capture.tls_verdict) is not None and _is_page(capture)
    )
    for problem, pages in untrusted.most_common():
        output.record({"type": "certificate", "problem": problem, "pages": pages})
        output.result(f"  {count(pages, 'page')} had, under a certificate that is not trusted: {problem}")
    for shown, capture in enumerate(failed, 1):
        state = state_of(capture).value
        words = capture.error or _why(capture)
        output.record(
            {
                "type": "failure",
                "url": capture.url,
                "state": state,
                "status": capture.status,
                "error": words,
                "failure": None if capture.failure is None else capture.failure.value,
            }
        )
        if shown <= SHOWN_FAILURES or output.verbose:
            output.result(f"  {state:<11} {capture.status or '-':<4} {capture.url}  {printable(words)}")
    if len(failed) > SHOWN_FAILURES and not output.verbose:
        output.result(f"  … and {len(failed) - SHOWN_FAILURES} more: khronika -v status")


def _is_page(capture: Capture) -> bool:
    """Not a robots.txt that was asked for before a page."""
    return not capture.hops.rstrip("R").endswith("P")


def _why(capture: Capture) -> str:
    from crawler.commands.views import failure_words

    return failure_words(capture) or f"answered {capture.status or capture.outcome.value}"
