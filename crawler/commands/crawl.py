"""`khronika crawl`: fetch pages, keep every exchange, read and compare."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archive.errors import UsageError
from crawler.cli import Application, Exit, nearest_words
from crawler.commands.base import Number, open_collection, pass_application
from crawler.commands.base import command as make_command
from crawler.output import printable

if TYPE_CHECKING:
    from archive.collection import Collection
    from crawler.config import Config
    from crawler.due_crawl import DueSummary
    from crawler.runner import CrawlSummary
    from spiders.definition import SiteDefinition


@make_command(
    "crawl",
    examples=(
        "khronika crawl",
        "khronika crawl rights-in-russia --limit 200",
        "khronika crawl --url https://example.org/cases/ --delay 5",
        "khronika crawl --due",
    ),
    exits=(Exit.INCOMPLETE, Exit.INTERRUPTED, Exit.NO_COLLECTION, Exit.LOCKED),
)
@click.argument("sites", nargs=-1, metavar="[SITE]...")
@click.option(
    "--url", "urls", multiple=True, metavar="URL", help="Crawl this address: its host, below its folder; repeatable."
)
@click.option(
    "--url-file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="A file with one address a line; lines that begin with # are passed over.",
)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Stop after N pages.")
@click.option("--time-limit", type=Number(min=0, min_open=True), metavar="S", help="Stop after S seconds.")
@click.option("--delay", type=Number(min=0), metavar="S", help="Pause of S seconds between two requests to one host.")
@click.option("--fresh", is_flag=True, help="Begin anew instead of going on with an unfinished crawl.")
@click.option("--due", is_flag=True, help="Crawl what is due by the schedules of khronika.toml, and nothing else.")
@pass_application
def command(
    application: Application,
    sites: tuple[str, ...],
    urls: tuple[str, ...],
    url_file: Path | None,
    limit: int | None,
    time_limit: float | None,
    delay: float | None,
    fresh: bool,
    due: bool,
) -> int:
    """Crawl the named sites; without a name, every site of khronika.toml that is not paused.

    Each exchange is on the disk before the page is looked into. Pages are read and compared with their last capture
    beside the crawl. Ctrl-C stops after the pages in flight; the same command goes on where it stopped, after a kill
    too.

    With --due it may be called as often as one likes, by a timer say: where nothing is due, or another process is at
    it, it says so and ends with 0 (docs/schedule.md).
    """
    from crawler.config import load_config
    from crawler.passphrase import passphrase_for
    from crawler.runner import run_crawl

    if due:
        _refuse_beside_due({"SITE": sites, "--url": urls, "--url-file": url_file, "--limit": limit, "--fresh": fresh})
    collection = open_collection(application)
    config = load_config(collection.config_path)
    if due:
        return _crawl_due(application, collection, config, time_limit=time_limit, delay=delay)
    addresses = _addresses(urls, url_file)
    chosen = _chosen(config, sites, by_address=bool(addresses))
    output = application.output
    passphrase = passphrase_for(collection.path)
    with output.progress() as progress:

        def on_status(status: dict[str, Any]) -> None:
            output.record({"type": "status", **status})
            progress(_status_line(status))

        summary = run_crawl(
            collection,
            config,
            sites=chosen,
            urls=addresses,
            limit=limit,
            time_limit=time_limit,
            delay=delay,
            fresh=fresh,
            passphrase=passphrase,
            on_status=on_status,
            on_message=output.message,
        )
    output.record({"type": "summary", **summary.as_record()})
    _report(application, summary)
    return _status_of(summary)


def _refuse_beside_due(options: Mapping[str, object]) -> None:
    given = [name for name, value in options.items() if value]
    if given:
        raise UsageError(f"--due crawls what the schedules say; expected it without {', '.join(given)}")


def _crawl_due(
    application: Application, collection: Collection, config: Config, *, time_limit: float | None, delay: float | None
) -> int:
    from crawler.due_crawl import crawl_due, real_crawl
    from crawler.passphrase import passphrase_for

    output = application.output
    with output.progress() as progress:

        def on_status(status: dict[str, Any]) -> None:
            output.record({"type": "status", **status})
            progress(_status_line(status))

        crawl = real_crawl(
            collection,
            config,
            time_limit=time_limit,
            delay=delay,
            passphrase=lambda: passphrase_for(collection.path),
            on_status=on_status,
            on_message=output.message,
        )
        done = crawl_due(collection, config, crawl, tell=output.message)
    summaries = [ran.summary for ran in done.runs if ran.summary is not None]
    for summary in summaries:
        output.record({"type": "summary", **summary.as_record()})
        _report(application, summary)
    output.record({"type": "due", **done.as_record()})
    output.result(due_words(done, config))
    statuses = {_status_of(summary) for summary in summaries}
    return next((one for one in (Exit.INTERRUPTED, Exit.INCOMPLETE) if one in statuses), Exit.DONE)


def due_words(done: DueSummary, config: Config) -> str:
    """What a call of `crawl --due` came to, in a line."""
    if done.next_at is None:
        if not any(site.schedule for site in config.sites):
            return 'No site has a schedule. Write one into khronika.toml: schedule = "daily"'
        return "All sites that have a schedule are paused."
    words = {
        "nothing due": "Nothing is due.",
        "held": "Another process crawls what is due.",
        "locked": "Another process writes the collection.",
        "ran": "",
    }[done.outcome]
    return f"{words} Next: {done.next_at:%Y-%m-%d %H:%M} UTC.".lstrip()


def _addresses(urls: tuple[str, ...], url_file: Path | None) -> tuple[str, ...]:
    from crawler.config import check_url

    named = [("--url", url) for url in urls]
    if url_file is not None:
        text = url_file.read_text(encoding="utf-8", errors="surrogateescape")
        for number, line in enumerate(text.split("\n"), start=1):
            if line.strip() and not line.lstrip().startswith("#"):
                named.append((f"{url_file.name}, line {number}", line.strip()))
        if not named:
            raise UsageError(f"{url_file.name}: expected one address a line, found none")
    for where, url in named:
        try:
            check_url(url)
        except ValueError as error:
            raise UsageError(f"{where}: {error}") from error
    return tuple(url for _, url in named)


def _chosen(config: Config, names: tuple[str, ...], *, by_address: bool) -> tuple[SiteDefinition, ...]:
    if names and by_address:
        raise UsageError("name sites or give addresses, not both")
    if by_address:
        return ()
    for name in names:
        if config.site(name) is None:
            raise UsageError(f"no site {name!r} in khronika.toml.{_instead(name, config)}")
    chosen = tuple(site for site in config.sites if (site.name in names if names else not site.paused))
    if not chosen:
        if config.sites:
            raise UsageError("nothing to crawl: all sites of khronika.toml are paused. Try: khronika site resume NAME")
        raise UsageError(
            "nothing to crawl: khronika.toml names no site. "
            "Give --url https://…, or add a site: khronika site add https://…"
        )
    return chosen


def _instead(name: str, config: Config) -> str:
    """What to do about a site that khronika.toml does not name."""
    from spiders.known import KNOWN_SITES

    if name in KNOWN_SITES:
        return f" Khronika knows it, and crawls it once it is added: khronika site add {name}"
    known = [*(site.name for site in config.sites), *KNOWN_SITES]
    return nearest_words(name, known) or " khronika site list shows those that are."


def _status_line(status: dict[str, Any]) -> str:
    words = [f"{status.get('captured', 0)} captured", f"{status.get('queued', 0)} queued"]
    words += [f"{status[key]} {key}" for key in ("failed", "read", "changed") if status.get(key)]
    if status.get("url"):
        words.append(str(status["url"]))
    return " · ".join(words)


def _report(application: Application, summary: CrawlSummary) -> None:
    output = application.output
    counts = (
        f"{summary.captured} captured ({summary.revisits} byte for byte as before), {summary.failed} failed, "
        f"{summary.skipped} skipped, {summary.changed} changed"
    )
    if summary.second_looks:
        counts += f", {summary.second_looks} fetched a second time"
    output.result(f"crawl {summary.crawl}: {counts}")
    if summary.reason != "finished":
        output.result(output.style(f"stopped: {summary.reason}. The same command goes on from here.", "warn"))
    for site, pages in sorted(summary.over_budget.items()):
        output.result(output.style(f"  {pages} queued: the budget of {site} is spent for this run", "warn"))
    for host, rest in sorted(summary.put_off.items()):
        asked = f"  {rest['pages']} queued: {host} asked to be left alone until {rest['until']} (Retry-After)"
        output.result(output.style(asked, "warn"))
    for reason, pages in sorted(summary.failed_because.items()):
        output.result(output.style(f"  {pages} failed: {printable(reason)}", "warn"))
    for reason, pages in sorted(summary.skipped_because.items()):
        output.result(f"  {pages} skipped: {printable(reason)}")
    for problem, pages in sorted(summary.problems.items()):
        output.result(f"  {pages} kept, with a problem: {printable(problem)}")
    for copy, why in sorted(summary.not_copied.items()):
        output.result(output.style(f"  not up to date: the copy {printable(copy)}: {printable(why)}", "warn"))
    if summary.failed and summary.reason == "finished":
        output.message("khronika status shows which pages failed. That they did is on record.")
    elif summary.captured == 0 and summary.reason == "finished" and not summary.resumed:
        output.message("No page was captured. Is the address right? khronika status says what happened.")


def _status_of(summary: CrawlSummary) -> Exit:
    if summary.reason != "finished":
        return Exit.INTERRUPTED
    return Exit.INCOMPLETE if summary.failed or summary.not_copied else Exit.DONE
