"""`khronika status`: what ran, what is unfinished, what is wrong."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from crawler.cli import Application, Exit
from crawler.commands.base import command as make_command
from crawler.commands.base import open_collection, pass_application
from crawler.output import printable

if TYPE_CHECKING:
    from archive.capture import Capture

SHOWN_FAILURES = 20


@make_command("status", examples=("khronika status", "khronika --json status"), exits=(Exit.NO_COLLECTION,))
@pass_application
def command(application: Application) -> None:
    """Each site with its pages, captures and last change; the last crawl, and what it could not fetch.

    Where something waits or is wrong it is said: a crawl that was stopped, pages that are not read yet, a root key
    that still lies in the collection, a checkpoint that was shown to no authority.
    """
    from archive.state import State
    from crawler.commands.checkpoint import time_warnings
    from crawler.commands.key import key_warnings
    from crawler.commands.views import count, instant, minute
    from crawler.config import load_config
    from pipelines.reading import ReadingRules

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
    waiting = catalogue.unread_count(rules=ReadingRules().version)
    output.record({"type": "reading", "unread": waiting})
    if waiting:
        output.result(output.style(f"{count(waiting, 'capture')} still to read: khronika reprocess", "warn"))
    warnings = [("keys", words) for words in key_warnings(collection, config)]
    warnings += [("time", words) for words in time_warnings(collection, config)]
    for about, words in warnings:
        output.record({"type": "warning", "about": about, "words": words})
        output.result(output.style(words, "warn"))


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
