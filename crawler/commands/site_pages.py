"""`khronika site pages`: every page of a site, with what it is."""

from __future__ import annotations

import mimetypes
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import click

from crawler.cli import Application, Exit
from crawler.commands.base import command as make_command
from crawler.commands.base import open_collection, pass_application

if TYPE_CHECKING:
    from archive.capture import Capture
    from archive.catalogue import Catalogue
    from archive.page_memory import RememberedPage
    from archive.withholding import Withheld, Withholdings
    from crawler.output import Output, Progress
    from pipelines.reading import Reading
    from spiders.definition import SiteDefinition

REQUISITE: Final = "requisite"
"""The kind of what pages are made of: stylesheets, scripts, pictures, fonts."""
_PARTS: Final = ("text/css", "text/javascript", "application/javascript", "image/", "font/", "application/font")


@dataclass(slots=True)
class SitePage:
    """One page of a site: its captures at whatever address, its newest reading, and what its listings say."""

    url: str
    """Its identity."""
    captures: list[Capture] = field(default_factory=list)
    """In order of time."""
    remembered: RememberedPage | None = None
    is_named: bool = False
    """Whether a listing named it when that was read last."""
    reading: Reading | None = None
    withheld: Withheld | None = None
    """Why its newest reading is not given out."""
    kind: str = ""
    language: str | None = None
    """Which version of the page it is (`Sight.language`): what versions in other languages are paired by."""
    translations: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Identities by language, each with what tells it: `page`, the `other` page, or the `address`."""
    listed_facts: tuple[tuple[str, str], ...] = ()
    """What listings tell of it: pairs of a name and a value."""

    @property
    def last(self) -> Capture | None:
        """Its newest capture; a look beside one only where there is nothing else."""
        own = [capture for capture in self.captures if not (capture.by_browser or capture.is_second_look)]
        return next(reversed(own or self.captures), None)

    @property
    def is_listed(self) -> bool | None:
        """Whether a listing names it; None where none ever did, or it slid out of one that names the newest alone."""
        if self.remembered is None or self.remembered.listed_at is None:
            return None
        if self.remembered.unlisted_at is not None:
            return False
        return True if self.is_named else None

    @property
    def shown_language(self) -> str | None:
        """The language that history and show say of it too; of a page that was not read, what its address tells."""
        from pipelines.sight import shown

        return self.language if self.reading is None else shown(self.reading.language, self.reading.sight)

    def as_record(self) -> dict[str, Any]:
        """The page for programs."""
        from archive.kinds import state_of
        from crawler.commands.views import instant

        known, reading, last = self.remembered, self.reading, self.last
        sight = None if reading is None else reading.sight

        def at(moment: datetime | None) -> str | None:
            return None if moment is None else instant(moment)

        return {
            "url": self.url,
            "fetched": sorted({capture.url for capture in self.captures}),
            "kind": self.kind,
            "language": self.shown_language,
            "translations": [
                {"language": tag, "url": url, "by": by} for tag, (url, by) in sorted(self.translations.items())
            ],
            "title": None if reading is None else reading.title,
            "published": None if reading is None else reading.published,
            "modified": (reading.modified if reading is not None else None)
            or (known.modified if known else None)
            or None,
            "person": [] if sight is None else list(sight.person),
            "source": None if sight is None else sight.source,
            "source_url": None if sight is None else sight.source_url,
            "facts": [] if sight is None else [{"name": fact.name, "value": fact.value} for fact in sight.facts],
            "listed_facts": [{"name": name, "value": value} for name, value in self.listed_facts],
            "items": 0 if sight is None else len(sight.items),
            "matched": {} if sight is None else dict(sight.matched),
            "listed": self.is_listed,
            "listed_at": at(known.listed_at) if known else None,
            "unlisted_at": at(known.unlisted_at) if known else None,
            "captures": len(self.captures),
            "last_capture": at(last.captured_at) if last else None,
            "status": last.status if last else None,
            "state": state_of(last).value if last else None,
            "withheld": None if self.withheld is None else self.withheld.words,
            "due_at": at(known.due_at) if known else None,
        }


@make_command(
    "pages",
    exits=(Exit.NO_COLLECTION,),
    examples=(
        "khronika site pages example",
        "khronika site pages example --kind case --unlisted",
        "khronika --json site pages example",
    ),
)
@click.argument("name")
@click.option("--kind", "kinds", multiple=True, metavar="KIND", help="Of this kind only, like case; repeatable.")
@click.option("--unlisted", is_flag=True, help="Only pages that a listing had named, and names no more.")
@click.option("--all", "whole", is_flag=True, help="Stylesheets, scripts, pictures and fonts too, as kind requisite.")
@pass_application
def command(application: Application, name: str, kinds: tuple[str, ...], unlisted: bool, whole: bool) -> None:
    """Show a site's pages in order of kind and address: language, versions in other languages, title, dates, persons.

    A page that was fetched at several addresses (a mirror, a short form) is one page, under its own address. Pages
    that are known and were not fetched yet are shown as well, and files that have no text. What a page says is that
    of its newest reading, by the rules that it was read by: after the site's definition was edited, khronika reprocess
    reads it anew. robots.txt is left out.
    """
    from archive.errors import StateError
    from archive.state import State
    from crawler.commands.views import check_site, withholdings
    from crawler.config import load_config
    from spiders.known import KNOWN_SITES

    output = application.output
    collection = open_collection(application)
    config = load_config(collection.config_path)
    check_site(collection.catalogue, config, name)
    definition = next((site for site in config.sites if site.name == name), None) or KNOWN_SITES.get(name)
    remembered: list[RememberedPage] = []
    facts: Mapping[str, tuple[tuple[str, str], ...]] = {}
    named: set[str] = set()
    try:
        with State.open(collection.path, readonly=True) as state:
            remembered, facts = state.memory.pages(name), state.memory.facts(name)
            named = state.memory.named(name)
    except StateError as error:
        output.message(f"What listings said is not known: {error}")
    with output.progress() as progress:
        known = Known(remembered, facts, named, withholdings(collection))
        pages = site_pages(collection.catalogue, name, definition, known, progress)
    shown = [
        page
        for page in pages
        if (not kinds or page.kind in kinds)
        and (not unlisted or page.is_listed is False)
        and (whole or page.kind != REQUISITE)
    ]
    for page in shown:
        output.record({"type": "page", "site": name, **page.as_record()})
        output.result(_line(page, output))
    output.message(_total(shown, pages, whole=whole))


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a site's pages beside their captures."""

    pages: Iterable[RememberedPage]
    facts: Mapping[str, tuple[tuple[str, str], ...]]
    """What listings tell, by key of page."""
    named: Container[str]
    """Keys of the pages that a listing names."""
    held: Withholdings


def site_pages(
    catalogue: Catalogue,
    site: str,
    definition: SiteDefinition | None,
    beside: Known,
    progress: Progress,
) -> list[SitePage]:
    """The pages of a site in order of kind and address."""
    from pipelines.sight import identity_of, key_of

    by_url: dict[str, list[Capture]] = {}
    for number, capture in enumerate(catalogue.captures(site=site)):
        if not capture.hops.rstrip("R").endswith("P"):
            by_url.setdefault(capture.url, []).append(capture)
        if number % 1000 == 0:
            progress(f"{number} captures")
    pages: dict[str, SitePage] = {}
    for number, (url, captures) in enumerate(by_url.items()):
        progress(f"{number} of {len(by_url)} addresses")
        page = _page_of(catalogue, url, captures, definition, beside.held)
        _merge(pages, key_of(page.url, definition), page)
    _fold_short_forms(pages, definition)
    at = {capture.url: page for page in pages.values() for capture in page.captures}
    for known in beside.pages:
        found = pages.get(known.key) or at.get(known.url) or pages.get(key_of(known.url, definition))
        if found is None:
            found = pages[known.key] = SitePage(identity_of(known.url, definition), kind=known.kind or "")
        if found.remembered is None or (known.listed_at is not None and found.remembered.listed_at is None):
            found.remembered = known
        found.is_named = found.is_named or known.key in beside.named
        found.listed_facts = tuple(dict.fromkeys((*found.listed_facts, *beside.facts.get(known.key, ()))))
    for page in pages.values():
        _say_what_it_is(page, definition)
    _pair(pages.values())
    if definition is not None and definition.language_paths:
        _pair_by_address(pages.values(), definition.languages)
    return sorted(pages.values(), key=lambda page: (page.kind, page.url))


def _page_of(
    catalogue: Catalogue, url: str, captures: list[Capture], definition: SiteDefinition | None, held: Withholdings
) -> SitePage:
    """The page that one address is, by its own newest reading."""
    from archive.kinds import needs_reading
    from pipelines.reading import Reading
    from pipelines.sight import identity_of

    page = SitePage(identity_of(url, definition), captures)
    for capture in reversed(captures):
        if not (needs_reading(capture) or capture.is_revisit):
            continue
        page.withheld = held.of(capture)
        row = None if page.withheld is not None else catalogue.reading(capture.record_id)
        if row is not None and row.failed is None:
            page.reading = Reading.from_json(row.json)
            if page.reading.sight is not None:
                # by the definition of today: the site may be fetched from another host now
                page.url = identity_of(page.reading.sight.identity, definition)
        if page.reading is not None or page.withheld is not None:
            break
    return page


def _merge(pages: dict[str, SitePage], key: str, page: SitePage) -> None:
    """Put an address's page in; one that is there under another address is the same page."""
    there = pages.setdefault(key, page)
    if there is page:
        return
    for one in (there, page):
        if one.reading is None and one.withheld is None:
            continue
        # the reading of the page's own address before that of an AMP form or another one, then the newest
        if _worth(one) > _worth(there):
            there.reading, there.withheld = one.reading, one.withheld
    there.captures = sorted([*there.captures, *page.captures], key=lambda capture: capture.captured_at)


def _worth(page: SitePage) -> tuple[bool, bool, str]:
    reading = page.reading
    if reading is None:
        return (False, False, "")
    own = urlsplit(page.url)[2:4] == urlsplit(reading.url)[2:4]
    return (True, own, reading.captured_at.isoformat())


def _fold_short_forms(pages: dict[str, SitePage], definition: SiteDefinition | None) -> None:
    """Put addresses that only led elsewhere, `?p=17`, to the page that names them as its short form."""
    from pipelines.sight import key_of

    for page in list(pages.values()):
        sight = page.reading.sight if page.reading is not None else None
        if sight is None or sight.shortlink is None:
            continue
        key = key_of(sight.shortlink, definition)
        short = pages.get(key)
        if short is not None and short is not page and short.reading is None:
            del pages[key]
            page.captures = sorted([*page.captures, *short.captures], key=lambda capture: capture.captured_at)


def _say_what_it_is(page: SitePage, definition: SiteDefinition | None) -> None:
    from pipelines.sight import identity_of
    from spiders.kinds import OTHER, kind_of, language_of

    sight = page.reading.sight if page.reading is not None else None
    if sight is not None:
        page.kind, page.language = sight.kind, sight.language or None
        page.translations = {one.language: (identity_of(one.url, definition), "page") for one in sight.translations}
        return
    if page.reading is not None:
        page.language = page.reading.language
    if definition is not None:
        known = page.kind if page.remembered is None else page.remembered.kind
        page.kind = _told(kind_of(definition, page.url)) or _told(known) or OTHER
        page.language = language_of(definition, page.url) or page.language
    if page.kind in {"", OTHER}:
        mime = (page.last.mime if page.last else None) or mimetypes.guess_type(urlsplit(page.url).path)[0] or ""
        asked_by_pages_alone = bool(page.captures) and all(capture.by_browser for capture in page.captures)
        page.kind = REQUISITE if mime.startswith(_PARTS) or asked_by_pages_alone else page.kind or OTHER


def _told(kind: str | None) -> str | None:
    from spiders.kinds import OTHER

    return None if kind in {None, "", OTHER} else kind


def _pair(pages: Iterable[SitePage]) -> None:
    """A page that another one names as its version in a language has that one as its version."""
    by_url: Mapping[str, SitePage] = {page.url: page for page in pages}
    for page in list(by_url.values()):
        for url, _ in list(page.translations.values()):
            other = by_url.get(url)
            if other is not None and page.language and page.language not in (other.language, *other.translations):
                other.translations[page.language] = (page.url, "other")


def _pair_by_address(pages: Iterable[SitePage], languages: Sequence[str]) -> None:
    """Pages of a kind whose addresses differ in a language's first segment alone are versions of one another, where
    they say nothing else: /news/a and /en/news/a."""
    from pipelines.sight import part_of_list

    alike: dict[tuple[str, str, str], list[SitePage]] = {}
    for page in pages:
        parts = urlsplit(page.url)
        first, _, rest = parts.path.lstrip("/").partition("/")
        path = (rest if first in languages else parts.path.lstrip("/")).rstrip("/")
        # the second page of a list in one language has other entries than that in another
        if page.reading is not None and page.language and not part_of_list(page.url):
            alike.setdefault((page.kind, parts.netloc, f"{path}?{parts.query}"), []).append(page)
    for several in alike.values():
        for page in several:
            for other in several:
                if other.language and other.language not in (page.language, *page.translations):
                    page.translations[other.language] = (other.url, "address")


def _line(page: SitePage, output: Output) -> str:
    from crawler.output import one_line

    record = page.as_record()
    notes = [] if page.captures else ["not fetched yet"]
    if record["state"] not in (None, "present"):
        notes.append(f"{record['state']}" + (f" ({record['status']})" if record["status"] else ""))
    if page.is_listed is False:
        notes.append(f"no longer listed since {str(record['unlisted_at'])[:10]}")
    if page.withheld is not None:
        notes.append("withheld")
    if page.translations:
        notes.append("also " + ", ".join(sorted(page.translations)))
    note = output.style(f"  ({'; '.join(notes)})", "dim") if notes else ""
    said = one_line(", ".join(record["person"]) or record["title"] or "-")
    date = (record["published"] or "")[:10]
    return f"{page.kind:<9} {page.shown_language or '-':<3} {date:<10} {said[:60]:<60}  {one_line(page.url)}{note}"


def _total(shown: list[SitePage], pages: list[SitePage], *, whole: bool) -> str:
    from crawler.commands.views import count

    kinds = Counter(page.kind for page in shown)
    told = ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))
    left = 0 if whole or len(shown) < sum(page.kind != REQUISITE for page in pages) else len(pages) - len(shown)
    more = f" Left out: {count(left, 'file')} that pages are made of (--all)." if left else ""
    return f"{count(len(shown), 'page')}{f': {told}' if told else ''}.{more}"
