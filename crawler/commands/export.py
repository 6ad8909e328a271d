"""`khronika export`: text or index lines for other tools."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crawler.cli import Application, Exit
from crawler.commands.base import command as make_command
from crawler.commands.base import open_collection, pass_application

if TYPE_CHECKING:
    from datetime import datetime

    from archive.collection import Collection


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
@pass_application
def command(application: Application, form: str, target: str, site: str | None, since: str | None) -> None:
    """Write what other tools read.

    text: a JSON object a line for each page that was read: title, language, main text, spans and blocks with their
    offsets (in Unicode code points), the record it came from, and what read it. A revisit is not repeated, and
    robots.txt is left out.

    cdxj: the index that pywb and ReplayWeb.page use, sorted.
    """
    from archive.collection import write_once
    from crawler.commands.views import check_site, count, parse_instant
    from crawler.config import load_config

    collection = open_collection(application)
    check_site(collection.catalogue, load_config(collection.config_path), site)
    start = parse_instant(since) if since else None
    lines = _text(collection, site, start) if form == "text" else _cdxj(collection, site, start)
    if target == "-":
        for line in lines:
            sys.stdout.buffer.write(line.encode())  # UTF-8, whatever the terminal's encoding
        sys.stdout.buffer.flush()
        return
    written = 0

    def octets() -> Iterator[bytes]:
        nonlocal written
        for line in lines:
            written += 1
            yield line.encode()

    write_once(Path(target), octets())
    application.output.record({"type": "summary", "format": form, "lines": written})
    application.output.result(f"Wrote {count(written, 'line')} to {target}")


def _text(collection: Collection, site: str | None, since: datetime | None) -> Iterator[str]:
    for capture in collection.catalogue.captures(site=site, since=since):
        # robots.txt is kept and compared like a page, and is nobody's text
        if capture.is_revisit or capture.hops.endswith("P"):
            continue
        reading = collection.catalogue.reading(capture.record_id)
        if reading is None or reading.failed is not None:
            continue
        yield json.dumps({"type": "reading", **json.loads(reading.json)}, ensure_ascii=False) + "\n"


def _cdxj(collection: Collection, site: str | None, since: datetime | None) -> Iterator[str]:
    from archive.cdxj import cdxj_line

    lines = []
    for capture in collection.catalogue.captures(site=site, since=since):
        line = cdxj_line(capture)
        if line is not None:
            lines.append(line if line.endswith("\n") else line + "\n")
    # bytewise, as LC_ALL=C sort does: binary search is what the format is for
    yield from sorted(lines, key=lambda line: line.encode())
