"""Readings for other tools: which are given out, and the record of each (`docs/reading.schema.json`).

A record is the reading as it is stored, and before its keys

    id       that of the capture's record; the same for ever. Of a revisit it is not the `record_id`, which names the
             record that the text was read from
    version  SHA-256 of what was read, without what names the capture and the rules: within one version all texts,
             offsets and the ids below are the same
    of_site  the site's name in khronika.toml
    crawl    the crawl that fetched the page

Each block, span and fact has an `id` of its own, `b0`, `s0`, `f0` and so on, in order: `urn:uuid:…#f0` names one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from archive.digest import Digest, digest
from archive.header import format_date

if TYPE_CHECKING:
    from archive.capture import Capture
    from archive.catalogue import Catalogue, ReadingRow
    from archive.withholding import Withholdings

IN_A_BROWSER: Final = " in a browser"
"""Ends what `page_of` says of a browser's look."""
_ROBOTS_HOP: Final = "P"
_DAY: Final = re.compile(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}")
_MONTH: Final = re.compile(r"[0-9]{4}-?[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Selection:
    """Which readings are asked for; what is not named does not choose."""

    site: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    """The first instant that is too late."""
    languages: frozenset[str] = frozenset()
    """Of the page as a whole."""
    kinds: frozenset[str] = frozenset()
    """What the site's definition calls the page."""
    changed: bool = False
    """Only those whose main text is not that of the page's reading before."""

    def takes_capture(self, capture: Capture) -> bool:
        """Whether a capture is of the site and the time that are asked for."""
        if self.site is not None and capture.site != self.site:
            return False
        if self.since is not None and capture.captured_at < self.since:
            return False
        return self.until is None or capture.captured_at < self.until

    def takes_record(self, record: Mapping[str, Any]) -> bool:
        """Whether a reading is of the languages and the kinds that are asked for."""
        if self.languages and record["language"] not in self.languages:
            return False
        kind = (record.get("site") or {}).get("kind")
        return not self.kinds or kind in self.kinds


def end_of(text: str, parse: Callable[[str], datetime]) -> datetime:
    """The first instant after the day or month that a person names; what is more precise than that is meant exactly.

    `parse` reads the date, and refuses what is none.
    """
    if _MONTH.fullmatch(text):
        beginning = parse(f"{text}-01" if "-" in text else text)
        return (beginning + timedelta(days=31)).replace(day=1)
    moment = parse(text)
    return moment + timedelta(days=1) if _DAY.fullmatch(text) else moment


def has_text(capture: Capture) -> bool:
    """Whether a capture may have a text of its own: a revisit's is its original's, robots.txt is nobody's text.

    What a browser made of a page is a text of its own, though the page's bytes were those of a capture before. A second
    look stands beside its page's capture, whose text is given.
    """
    if capture.is_second_look:
        return False
    return (capture.by_browser or not capture.is_revisit) and not capture.hops.endswith(_ROBOTS_HOP)


def record_of(capture: Capture, row: ReadingRow) -> dict[str, Any]:
    """The record of a reading; `row` has not failed."""
    reading = json.loads(row.json)
    parts = {
        name: [{"id": f"{letter}{n}", **one} for n, one in enumerate(reading[name])]
        for name, letter in (("spans", "s"), ("blocks", "b"), ("facts", "f"))
    }
    head = {"type": "reading", "id": capture.record_id, "version": digest(row.content)}
    own = {"captured_at": format_date(capture.captured_at)}
    return {**head, "of_site": capture.site, "crawl": capture.crawl, **reading, **own, **parts}


def page_of(capture: Capture, record: Mapping[str, Any]) -> str:
    """One text for all captures of a page, whichever of its addresses they are of.

    A browser's look shows another text than what the server sent, and is a page of its own here.
    """
    identity = (record.get("site") or {}).get("identity") or capture.url
    return f"{capture.site} {identity}" + (IN_A_BROWSER if capture.by_browser else "")


def format_line(record: Mapping[str, Any]) -> str:
    """A record as a line of JSON Lines."""
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n"


class Readings:
    """The records of what is asked for, and how many captures are withheld of it."""

    def __init__(self, catalogue: Catalogue, held: Withholdings, selection: Selection) -> None:
        self._catalogue = catalogue
        self._held = held
        self._selection = selection
        self.withheld = 0

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """In order of the captures' time."""
        before: dict[str, Digest | None] = {}
        selection = self._selection
        # what a text is compared with may be older than what is asked for
        since = None if selection.changed else selection.since
        for capture in self._catalogue.captures(site=selection.site, since=since):
            if selection.until is not None and capture.captured_at >= selection.until:
                return
            wanted = selection.takes_capture(capture)
            if self._held.of(capture) is not None:
                self.withheld += wanted
                continue
            # a page that went back to an earlier text has changed, though the text is not new
            asked = (wanted and has_text(capture)) or (selection.changed and not capture.hops.endswith(_ROBOTS_HOP))
            row = self._catalogue.reading(capture.record_id) if asked else None
            if row is None or row.failed is not None:
                continue
            record = record_of(capture, row)
            if record["record_id"] != capture.record_id and not selection.changed:
                continue
            if selection.changed:
                page = page_of(capture, record)
                wanted, before[page] = wanted and before.get(page) != row.text_digest, row.text_digest
            if wanted and selection.takes_record(record):
                yield record
