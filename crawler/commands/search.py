"""`khronika search`: full text, by the stems of each language, in all that was captured."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import click

from archive.kinds import SETTLED, state_of
from crawler.cli import Application, Exit
from crawler.commands.base import Explained, open_collection, pass_application
from crawler.output import Output, printable
from crawler.text_export import IN_A_BROWSER
from pipelines.search_index import segments
from pipelines.search_query import QUOTES

if TYPE_CHECKING:
    from archive.capture import Capture
    from archive.catalogue import Catalogue
    from archive.withholding import Withholdings
    from pipelines.search_index import Match, Segment, Sought

BEFORE: Final = 60
AFTER: Final = 120
"""Code points of an excerpt before and after its first hit."""
EXCERPTS: Final = 3
"""Excerpts of one result for a person; a program gets all hits of them."""
_HIDDEN: Final = "\ue000"
"""Stands before a word that begins with `-`, until the options are read: from a private area, in nobody's query."""


class _Search(Explained):
    """A command whose arguments may begin with `-`: what is left out."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        hidden = [_HIDDEN + word if _leaves_out(word) else word for word in args]
        return super().parse_args(ctx, hidden)


def _query_text(words: Sequence[str]) -> str:
    """The arguments as one query: what the shell kept together, by quotation marks of its own, is a phrase."""
    return " ".join(_phrase(word) if _is_phrase(word) else word for word in words).replace(_HIDDEN, "")


def _is_phrase(word: str) -> bool:
    """Whether an argument is several words and nothing but words: no sign of the query language stands among them."""
    own = word.replace(_HIDDEN, "").strip().removeprefix("-").removesuffix("*")
    parts = own.split()
    signs = "OR" in parts or "*" in own or any(len(part) > 1 and part[0] == "-" for part in parts)
    return len(parts) > 1 and not signs and not set(own) & set(QUOTES)


def _phrase(word: str) -> str:
    own = word.replace(_HIDDEN, "").strip()
    return f'-"{own[1:]}"' if own.startswith("-") else f'"{own}"'


def _leaves_out(word: str) -> bool:
    """Whether an argument is a word to be left out and no option: options of one letter have one letter."""
    return len(word) > 2 and word[0] == "-" and word[1] != "-" and not word.startswith("-C")


@click.command(
    "search",
    cls=_Search,
    examples=(
        "khronika search Островерхова",
        'khronika search "penal colony" -appeal --since 2026-01-01',
        "khronika search осужд* --lang ru --all",
        "khronika search 207.3 ИК-5 --site example --json",
    ),
    exits=(Exit.NO_COLLECTION,),
)
@click.argument("words", metavar="WORD…", nargs=-1, required=True)
@click.option("--lang", "language", metavar="CODE", help="Words in this language only, whatever the page's is.")
@click.option("--site", metavar="NAME", help="Of this site only.")
@click.option("--since", metavar="DATE", help="Captured from this date on (UTC).")
@click.option("--until", metavar="DATE", help="Captured until this date, the day or month itself included (UTC).")
@click.option("--all", "every", is_flag=True, help="Every capture that has it, not one result a page.")
@click.option("--side", is_flag=True, help="Also in what stands around the text: menus, teasers, notices.")
@click.option(
    "--limit", metavar="N", type=click.IntRange(min=1), default=20, show_default=True, help="So many results."
)
@pass_application
def command(
    application: Application,
    words: tuple[str, ...],
    language: str | None,
    site: str | None,
    since: str | None,
    until: str | None,
    every: bool,
    side: bool,
    limit: int,
) -> int:
    """Find pages by their words, in any form that the word has: Snowball's stems for the languages that have them.

    All words must be there. "some words" is a phrase: they stand one after the other. word* is the beginning of a
    word, -word leaves pages out that have it, OR stands between two words either of which will do. ё is е, capital
    letters and apostrophes of either kind do not matter; й is й. Numbers, dates and articles are found as they are
    written: 207.3, ИК-5.

    One result a page: its newest capture that has the words, how many captures have them, the first and the last, and
    whether the page has them still. What is found is in the text, or in the title; captures that are withheld are
    not searched. Finding nothing is no error: exit status 0.
    """
    from archive.errors import UsageError
    from crawler.commands.views import check_site, parse_instant, withholdings
    from crawler.config import load_config
    from crawler.search_index import current_index
    from crawler.text_export import end_of
    from pipelines.search_index import Sought
    from pipelines.search_query import parse_query

    query = parse_query(_query_text(words))
    collection = open_collection(application)
    catalogue = collection.catalogue
    check_site(catalogue, load_config(collection.config_path), site)
    period = _Period(parse_instant(since) if since else None, end_of(until, parse_instant) if until else None)
    held = withholdings(collection)
    with application.output.progress() as progress, current_index(collection, progress=progress) as index:
        languages = index.languages()
        if language is not None and language not in languages:
            known = f"found words in {', '.join(languages)}" if languages else "found no words at all"
            raise UsageError(f"--lang: expected a language that something is in, {known}")
        sought = Sought(query, languages, only=language, side=side)
        among = catalogue.originals_between(period.since, period.until, site) if period else None
        matches = index.find(sought, site=site)
    given = [one for one in matches if one.record_id not in held.records and _is_among(one, among)]
    found = _Found(catalogue, held, period, sought, given)
    results = found.captures() if every else found.pages()
    shown = 0
    for result in islice(results, limit):
        _show(application.output, result)
        shown += 1
    _sum_up(application.output, found, shown, held)
    return Exit.DONE


def _is_among(match: Match, among: set[str] | None) -> bool:
    """Whether a reading was seen in the time that is asked for; of a browser's looks `_Found` tells."""
    return among is None or match.record_id in among or match.page.endswith(IN_A_BROWSER)


@dataclass(frozen=True, slots=True)
class _Period:
    """When a capture is to be of."""

    since: datetime | None
    until: datetime | None

    def __bool__(self) -> bool:
        return self.since is not None or self.until is not None

    def takes(self, capture: Capture) -> bool:
        """Whether a capture is of it."""
        if self.since is not None and capture.captured_at < self.since:
            return False
        return self.until is None or capture.captured_at < self.until


@dataclass(frozen=True, slots=True)
class _Place:
    """A segment with hits."""

    segment: Segment
    hits: Sequence[tuple[int, int, str]]
    """Start, end and language of each."""


@dataclass(frozen=True, slots=True)
class _Result:
    """A capture that has what was looked for, and how it is with its page."""

    capture: Capture
    reading: Mapping[str, Any]
    places: Sequence[_Place]
    holding: Sequence[Capture]
    """All captures of the page that have it, in time order."""
    still: bool | None
    """Whether the newest capture that saw the page has it; None where none was seen since."""
    newest: Capture | None
    """That capture."""


class _Found:
    """What was found, page by page."""

    def __init__(
        self, catalogue: Catalogue, held: Withholdings, period: _Period, sought: Sought, matches: Sequence[Match]
    ) -> None:
        self._catalogue = catalogue
        self._held = held
        self._period = period
        self._sought = sought
        self._by_page: dict[str, list[Match]] = {}
        for match in matches:
            self._by_page.setdefault(match.page, []).append(match)
        self.readings = len(matches)

    @property
    def page_count(self) -> int:
        """Pages that have it, or had it."""
        return len(self._by_page)

    def pages(self) -> Iterator[_Result]:
        """One result a page, the best first: its newest capture that has it."""
        for matches in self._by_page.values():
            yield from islice(self._results(matches), 1)

    def captures(self) -> Iterator[_Result]:
        """Every capture that has it, those of one page together, the newest first."""
        for matches in self._by_page.values():
            yield from self._results(matches)

    def _results(self, matches: Sequence[Match]) -> Iterator[_Result]:
        wanted = {match.record_id for match in matches}
        urls = dict.fromkeys(match.url for match in matches)
        captures = {one.record_id: one for url in urls for one in self._catalogue.captures_of(url)}
        known = sorted(captures.values(), key=lambda one: (one.captured_at, one.record_id))
        # what a browser made of the page is another text than what the server sent
        looks = {one.by_browser for one in known if _text_of(one) in wanted}
        own = [one for one in known if one.by_browser in looks and self._held.of(one) is None]
        holding = [one for one in own if _text_of(one) in wanted and self._period.takes(one)]
        seen = [one for one in own if one.by_browser or state_of(one) in SETTLED]
        newest = seen[-1] if seen else None
        still = None if newest is None else _text_of(newest) in wanted
        for capture in reversed(holding):
            row = self._catalogue.reading(capture.record_id)
            if row is None or row.failed is not None:
                continue
            reading = json.loads(row.json)
            places = self._places(reading)
            # by its beginning a word is found in every language
            if places or not self._sought.has_prefix:
                yield _Result(capture, reading, places, holding, still, newest)

    def _places(self, reading: Mapping[str, Any]) -> list[_Place]:
        places = ((one, self._sought.hits(one)) for one in segments(reading))
        return [_Place(segment, hits) for segment, hits in places if hits]


def _text_of(capture: Capture) -> str:
    """The record id of the reading that a capture has the text of."""
    return capture.record_id if capture.by_browser or capture.refers_to is None else capture.refers_to


# --- saying it --------------------------------------------------------------------------------------------------------


def _show(output: Output, result: _Result) -> None:
    from crawler.commands.views import count, instant, minute

    capture, holding, newest = result.capture, result.holding, result.newest
    output.record(
        {
            "type": "hit",
            "url": capture.url,
            "captured_at": instant(capture.captured_at),
            "timestamp": capture.timestamp,
            "record_id": capture.record_id,
            "site": capture.site,
            "title": result.reading["title"],
            "language": result.reading["language"],
            "captures": len(holding),
            "first": instant(holding[0].captured_at),
            "last": instant(holding[-1].captured_at),
            "still": result.still,
            "newest": None if newest is None else instant(newest.captured_at),
            "excerpts": [_excerpt_record(place) for place in result.places],
        }
    )
    title = printable(result.reading["title"] or "").strip()
    output.result(f"{output.style(title, 'strong')}" if title else printable(capture.url))
    if title:
        output.result(f"  {printable(capture.url)}")
    dates = minute(holding[0].captured_at)
    dates += f" … {minute(holding[-1].captured_at)}" if len(holding) > 1 else ""
    now = "" if result.still is not False else output.style("; not in the newest capture of the page", "warn")
    output.result(f"  {count(len(holding), 'capture')}: {dates}{now}  (@ {capture.timestamp})")
    for place in result.places[:EXCERPTS]:
        output.result("    " + _excerpt_line(output, place))
    output.result("")


def _excerpt_record(place: _Place) -> dict[str, Any]:
    start, end = _bounds(place)
    segment = place.segment
    return {
        "where": segment.where,
        "start": start,
        "end": end,
        "text": segment.text[start - segment.offset : end - segment.offset],
        "hits": [{"start": left, "end": right, "language": language} for left, right, language in place.hits],
    }


def _bounds(place: _Place) -> tuple[int, int]:
    """Where the excerpt begins and ends: whole words about its first hit."""
    text, offset = place.segment.text, place.segment.offset
    left, right, _ = place.hits[0]
    start = max(left - offset - BEFORE, 0)
    end = min(right - offset + AFTER, len(text))
    while 0 < start < left - offset and not text[start - 1].isspace():
        start += 1
    while right - offset < end < len(text) and not text[end].isspace():
        end -= 1
    return start + offset, end + offset


def _excerpt_line(output: Output, place: _Place) -> str:
    """The excerpt in one line, with its hits marked."""
    start, end = _bounds(place)
    text, offset = place.segment.text, place.segment.offset
    pieces, at = [], start
    for left, right, _ in place.hits:
        if right > end:
            break
        hit = _line(text[left - offset : right - offset])
        marked = output.style(hit, "bad") if output.color else f"[{hit}]"
        pieces += [_line(text[at - offset : left - offset]), marked]
        at = right
    pieces.append(_line(text[at - offset : end - offset]))
    before = "… " if start > offset else ""
    after = " …" if end < offset + len(text) else ""
    return before + "".join(pieces) + after


def _line(text: str) -> str:
    return printable(re.sub(r"\s+", " ", text))


def _sum_up(output: Output, found: _Found, shown: int, held: Withholdings) -> None:
    from crawler.commands.views import count

    pages = found.page_count
    summary = {"pages": pages, "readings": found.readings, "shown": shown}
    output.record({"type": "summary", **summary})
    if not shown:
        output.result("Nothing found.")
    elif pages > shown:
        output.message(f"{count(pages, 'page')} in all; --limit shows more.")
    if held:
        output.message("Captures that are withheld are not searched (khronika withhold --list).")
