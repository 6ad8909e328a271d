"""`khronika export`: text or index lines for other tools."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archive.digest import Digest, Digester
from crawler.cli import Application, Exit
from crawler.commands.base import command as make_command
from crawler.commands.base import open_collection, pass_application

if TYPE_CHECKING:
    from datetime import datetime

    from archive.capture import Capture
    from archive.collection import Collection
    from archive.withholding import Withholdings


@make_command(
    "export",
    examples=(
        "khronika export text -o texts.jsonl",
        "khronika export cdxj -o index.cdxj",
        "khronika export text --site example -o - | wc -l",
    ),
    exits=(Exit.NO_COLLECTION,),
)
@click.argument("form", metavar="FORMAT", type=click.Choice(("text", "cdxj")))
@click.option("-o", "--output", "target", metavar="FILE", default="-", help="Where to; - is stdout (the default).")
@click.option("--site", metavar="NAME", help="Of this site only.")
@click.option("--since", metavar="DATE", help="Captured from this date on (UTC).")
@click.option("--by", metavar="NAME", help="Who takes it, if that is to be in the log: a name or a role.")
@pass_application
def command(
    application: Application, form: str, target: str, site: str | None, since: str | None, by: str | None
) -> None:
    """Write what other tools read.

    text: a JSON object a line for each page that was read: title, language, main text, spans and blocks with their
    offsets (in Unicode code points), the record it came from, and what read it. A revisit is not repeated, and
    robots.txt is left out.

    cdxj: the index that pywb and ReplayWeb.page use, sorted.

    Captures that are withheld are left out, and counted. That something was exported goes into the log with the next
    crawl: what format, how much, and its digest; not where to.
    """
    from archive.collection import write_once
    from crawler.commands.views import check_site, count, parse_instant, withholdings
    from crawler.config import load_config
    from crawler.custody import with_name

    with_name("", by)  # refused before anything is written
    output = application.output
    collection = open_collection(application)
    check_site(collection.catalogue, load_config(collection.config_path), site)
    start = parse_instant(since) if since else None
    export = _Export(collection, withholdings(collection), site, start)
    lines = export.text() if form == "text" else export.cdxj()
    if target == "-":
        try:
            for octets in export.octets(lines):
                sys.stdout.buffer.write(octets)  # UTF-8, whatever the terminal's encoding
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            export.leave(form, by, whole=False)
            raise
    else:
        write_once(Path(target), export.octets(lines))
    on_record = export.leave(form, by, whole=True)
    if target != "-":
        summary = {"lines": export.lines, "withheld": export.withheld, "digest": export.digest, "on_record": on_record}
        output.record({"type": "summary", "format": form, **summary})
        output.result(f"Wrote {count(export.lines, 'line')} to {target}")
    if export.withheld:
        output.message(f"{count(export.withheld, 'capture')} left out: withheld (khronika withhold --list).")
    if not on_record:
        output.message("This export is not on record: the collection's folder cannot be written.")


class _Export:
    """Lines for other tools, and what is to be known of them afterwards."""

    def __init__(self, collection: Collection, held: Withholdings, site: str | None, since: datetime | None) -> None:
        self._collection = collection
        self._held = held
        self._site = site
        self._since = since
        self._digester = Digester()
        self.lines = 0
        self.withheld = 0

    @property
    def digest(self) -> Digest:
        """Of all that was written."""
        return self._digester.digest()

    def octets(self, lines: Iterator[str]) -> Iterator[bytes]:
        """The lines in UTF-8, counted."""
        for line in lines:
            octets = line.encode()
            self.lines += 1
            self._digester.update(octets)
            yield octets

    def text(self) -> Iterator[str]:
        """The readings."""
        for capture in self._captures():
            # robots.txt is kept and compared like a page, and is nobody's text
            if capture.is_revisit or capture.hops.endswith("P"):
                continue
            reading = self._collection.catalogue.reading(capture.record_id)
            if reading is None or reading.failed is not None:
                continue
            yield json.dumps({"type": "reading", **json.loads(reading.json)}, ensure_ascii=False) + "\n"

    def cdxj(self) -> Iterator[str]:
        """Index lines."""
        from archive.cdxj import cdxj_line

        lines = []
        for capture in self._captures():
            line = cdxj_line(capture)
            if line is not None:
                lines.append(line if line.endswith("\n") else line + "\n")
        # bytewise, as LC_ALL=C sort does: binary search is what the format is for
        yield from sorted(lines, key=lambda line: line.encode())

    def _captures(self) -> Iterator[Capture]:
        for capture in self._collection.catalogue.captures(site=self._site, since=self._since):
            if self._held.of(capture) is None:
                yield capture
            else:
                self.withheld += 1

    def leave(self, form: str, by: str | None, *, whole: bool) -> bool:
        """Leave an event of the export for the log; False where that is not possible."""
        from archive.entry import EventType, Outcome
        from crawler.custody import leave_event, with_name

        detail = f"{form}: {self.lines} lines, {self._digester.length} octets"
        detail += f", {self.withheld} captures left out that are withheld" if self.withheld else ""
        detail += "" if whole else "; the reader left before the end"
        outcome = Outcome.SUCCESS if whole else Outcome.FAILURE
        return leave_event(self._collection, EventType.EXPORT, outcome, with_name(detail, by), object=str(self.digest))
