"""The part of `khronika status` about sites and crawls: counts, the last crawl, what it could not fetch."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from crawler.output import printable
from crawler.site_runs import has_failed, is_page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archive.capture import Capture
    from archive.catalogue import Catalogue
    from archive.catalogue.rows import SiteRow
    from archive.state import Run
    from crawler.config import Config
    from crawler.output import Output

SHOWN_FAILURES = 20


def show_sites(output: Output, config: Config, rows: Sequence[SiteRow]) -> None:
    """Each site with its pages, captures and last change."""
    from crawler.commands.views import instant, minute

    known = {row.site: row for row in rows}
    paused = {site.name for site in config.sites if site.paused}
    if not known and not config.sites:
        output.result("Nothing is here yet. Try: khronika crawl --url https://…   or   khronika site add https://…")
        return
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


def show_last_crawl(output: Output, catalogue: Catalogue, run: Run) -> None:
    """How the last crawl ended, and what it could not fetch."""
    from crawler.commands.views import minute

    output.record({"type": "crawl", **run.as_record()})
    counted = ("captured", "failed", "skipped", "changed")
    did = ", ".join(f"{run.counts[word]} {word}" for word in counted if run.counts)
    output.result(f"last crawl {run.id}: began {minute(run.began_at)}, {run.reason or 'unfinished, or still running'}")
    if did:
        output.result(f"  its last run: {did}")
    if run.reason != "finished":
        output.result(output.style("  It can be gone on with: give the same crawl command again.", "warn"))
    _failures(output, catalogue.captures_in_crawl(run.id))


def _failures(output: Output, captures: list[Capture]) -> None:
    from archive.exchange import certificate_problem
    from archive.kinds import state_of
    from crawler.commands.views import count

    last_of_page = {capture.url: capture for capture in captures}
    failed = [capture for capture in last_of_page.values() if has_failed(capture)]
    reasons = Counter((capture.failure, _why(capture)) for capture in failed if is_page(capture))
    for (failure, words), pages in reasons.most_common():
        value = None if failure is None else failure.value
        output.record({"type": "failures", "failure": value, "words": words, "pages": pages})
        output.result(f"  {count(pages, 'page')}: {words}")
    untrusted = Counter(
        certificate_problem(capture.tls_verdict)
        for capture in last_of_page.values()
        if certificate_problem(capture.tls_verdict) is not None and is_page(capture)
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


def _why(capture: Capture) -> str:
    from crawler.commands.views import failure_words

    return failure_words(capture) or f"answered {capture.status or capture.outcome.value}"
