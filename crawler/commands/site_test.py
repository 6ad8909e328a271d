"""`khronika site test`: what a site's definition finds and reads, without keeping anything."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from archive.errors import KhronikaError, UsageError
from crawler.cli import Application, Exit, nearest_words
from crawler.commands.base import Number, open_collection, pass_application
from crawler.commands.base import command as make_command
from crawler.output import one_line

if TYPE_CHECKING:
    from crawler.output import Output
    from crawler.site_trial import Discovered, Trial, Tried
    from spiders.definition import SiteDefinition

_WIDTHS = (24, 52)
"""Of a table's first two columns; the third takes what is left."""
_ORDER = ("title", "body", "published", "modified", "person", "source", "translation", "listing", "next", "items")


@make_command(
    "test",
    exits=(Exit.NO_COLLECTION,),
    examples=("khronika site test example", "khronika site test example --pages 5 --json"),
)
@click.argument("name")
@click.option("--pages", type=click.IntRange(0, 50), default=2, show_default=True, help="Pages of each kind to read.")
@click.option("--delay", type=Number(min=0), metavar="SECONDS", help="Pause between two requests, for this test.")
@pass_application
def command(application: Application, name: str, pages: int, delay: float | None) -> None:
    """Try a site's entry: what would be found by it, what is read from a few pages, what is missing.

    Start pages, listings, feeds, sitemaps and interfaces are fetched once, then a few pages of each kind, politely and
    the way that a crawl goes. Nothing is kept.
    """
    import asyncio

    from crawler.config import load_config
    from crawler.site_trial import try_site

    config = load_config(open_collection(application).config_path)
    site = config.site(name)
    if site is None:
        near = nearest_words(name, [one.name for one in config.sites]) or " khronika site list shows those that are."
        raise UsageError(f"no site {name!r} in khronika.toml.{near}")
    output = application.output
    with output.progress() as progress:
        trial = asyncio.run(
            try_site(
                site, config, pages=pages, delay=delay, tell=lambda url, done: progress(f"{done} requests, now {url}")
            )
        )
    for record in _records(trial, site):
        output.record(record)
    if not output.as_json:
        _show(trial, site, output)
    if not trial.reached:
        first = trial.discovered[0].outcome if trial.discovered else "the entry names no address"
        raise KhronikaError(f"expected an answer from the site, found none ({one_line(first)})")


def table(rows: Sequence[tuple[str, str, str]], output: Output) -> str:
    """Rows of three columns; what was not found is said as plainly as what was."""
    lines = []
    for what, found, note in rows:
        shown = one_line(found) or output.style("none", "warn")
        width = _WIDTHS[1] + (len(shown) - len(one_line(found) or "none"))
        beside = one_line(note)
        if len(one_line(found)) > _WIDTHS[1] and beside:
            lines.append(f"{what:<{_WIDTHS[0]}} {shown}")
            lines.append(f"{'':<{_WIDTHS[0]}} {output.style(beside, 'dim')}")
        else:
            lines.append(
                f"{what:<{_WIDTHS[0]}} {shown:<{width}} {output.style(beside, 'dim') if beside else ''}".rstrip()
            )
    return "\n".join(lines)


# -- for programs


def _records(trial: Trial, site: SiteDefinition) -> Iterator[dict[str, Any]]:
    for one in trial.discovered:
        yield {
            "type": "way",
            "site": site.name,
            "way": one.way,
            "url": one.url,
            "ok": one.ok,
            "outcome": one.outcome,
            "named": one.named,
            "taken": one.taken,
            "refused": dict(one.refused),
            "kinds": dict(one.kinds),
            "more": one.more,
        }
    for page in trial.pages:
        yield {
            "type": "page",
            "site": site.name,
            "kind": page.kind,
            "url": page.url,
            "outcome": page.outcome,
            **_read(page),
        }
    yield {
        "type": "summary",
        "site": site.name,
        "reached": trial.reached,
        "pages": len(trial.pages),
        "missing": list(trial.missing),
    }


def _read(page: Tried) -> dict[str, Any]:
    reading = page.reading
    if reading is None:
        return {"read": False}
    return {
        "read": True,
        "title": reading.title,
        "published": reading.published,
        "modified": reading.modified,
        "language": reading.language,
        "characters": len(reading.text),
        "sight": None if reading.sight is None else reading.sight.as_record(),
    }


# -- for people


def _show(trial: Trial, site: SiteDefinition, output: Output) -> None:
    output.result(output.style("What would be found", "strong"))
    output.result(table([(one.way, one.url, _of_way(one)) for one in trial.discovered], output))
    selectors = _selectors(trial)
    for kind in dict.fromkeys(page.kind for page in trial.pages):
        pages = [page for page in trial.pages if page.kind == kind]
        output.result("")
        output.result(output.style(f"What is read: {kind}", "strong"))
        output.result(table(list(_of_kind(pages, selectors)), output))
    if trial.missing:
        output.result("")
        output.result(output.style("What is missing", "strong"))
        for words in trial.missing:
            wrapped = textwrap.wrap(one_line(words), 116, subsequent_indent="  ") or [""]
            output.result(output.style("! ", "warn") + "\n".join(wrapped))
    else:
        output.result("\nNothing is missing.")


def _of_way(one: Discovered) -> str:
    if not one.ok:
        return one.outcome
    kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(one.kinds.items()))
    words = f"{one.named} named, {one.taken} taken" + (f" ({kinds})" if kinds else "")
    if one.more:
        words += f", {one.more} more part{'s' if one.more > 1 else ''}"
    if one.refused:
        words += "; not taken: " + ", ".join(f"{reason} {number}" for reason, number in sorted(one.refused.items()))
    return words


def _selectors(trial: Trial) -> list[str]:
    """Names of the selectors that the definition has, those of the page before its facts."""
    names = dict.fromkeys(name for page in trial.pages for name in page.matched)
    return sorted(names, key=lambda name: (_ORDER.index(name) if name in _ORDER else len(_ORDER), name))


def _of_kind(pages: Sequence[Tried], selectors: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    for page in pages:
        reading = page.reading
        if reading is None:
            yield "page", page.url, page.outcome
            continue
        yield "page", page.url, f"{len(reading.text)} characters in {reading.language}"
        dates = ", ".join(
            f"{what} {date}"
            for what, date in (("published", reading.published), ("modified", reading.modified))
            if date
        )
        yield "  title", reading.title or "", dates or "no date"
        sight = reading.sight
        if sight is None:
            continue
        if sight.person:
            yield "  person", ", ".join(sight.person), ""
        if sight.translations:
            yield "  pairs", ", ".join(f"{one.language} {one.url}" for one in sight.translations), ""
        if sight.source:
            yield "  source", sight.source, ""
        facts: dict[str, list[str]] = {}
        for fact in sight.facts:
            facts.setdefault(fact.name, []).append(fact.value)
        for name, values in facts.items():
            yield f"  fact {name}", textwrap.shorten("; ".join(values), 100, placeholder=" …"), ""
    read = [page for page in pages if page.reading is not None]
    counts: Counter[str] = Counter()
    for page in read:
        counts.update(name for name, number in page.matched.items() if number)
    for name in selectors:
        if on := counts[name]:
            yield f"selector {name}", f"on {on} of {len(read)} pages", ""
    if nowhere := [name for name in selectors if not counts[name] and read]:
        yield "match nowhere", ", ".join(nowhere), ""
