"""`khronika export`: text, tables or index lines for other tools."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from archive.digest import Digest, Digester
from archive.errors import CaptureNotFoundError
from crawler.cli import Application, Exit
from crawler.commands.base import command as make_command
from crawler.commands.base import open_collection, pass_application
from crawler.output import Output, printable

if TYPE_CHECKING:
    from archive.capture import Capture
    from archive.collection import Collection
    from archive.withholding import Withholdings
    from crawler.text_export import Selection

FORMATS = ("text", "csv", "parquet", "folders", "cdxj")


@make_command(
    "export",
    examples=(
        "khronika export text -o texts.jsonl",
        "khronika export text --changed --lang ru --since 2026-11-01 -o -",
        "khronika export text --follow | jq -r .url",
        "khronika export csv --facts -o facts.csv",
        "khronika export parquet -o texts.parquet",
        "khronika export folders -o texts/",
        "khronika export cdxj -o index.cdxj",
    ),
    exits=(Exit.INTERRUPTED, Exit.NO_COLLECTION),
)
@click.argument("form", metavar="FORMAT", type=click.Choice(FORMATS))
@click.option("-o", "--output", "target", metavar="FILE", default="-", help="Where to; - is stdout (the default).")
@click.option("--site", metavar="NAME", help="Of this site only.")
@click.option("--since", metavar="DATE", help="Captured from this date on (UTC).")
@click.option("--until", metavar="DATE", help="Captured until this date, the day or month itself included (UTC).")
@click.option("--lang", "languages", metavar="CODE", multiple=True, help="Pages in this language; may be repeated.")
@click.option(
    "--kind", "kinds", metavar="KIND", multiple=True, help="Pages of this kind, as the site's definition has."
)
@click.option("--changed", is_flag=True, help="Only where the text is another than at the page's capture before.")
@click.option("--facts", is_flag=True, help="csv: a row a fact instead of a row a capture.")
@click.option("--bom", is_flag=True, help="csv: begin with a byte order mark, by which Excel knows UTF-8.")
@click.option("--follow", is_flag=True, help="text: go on with what is read from now on, until Ctrl-C.")
@click.option("--after", metavar="MARK", help="--follow: go on after the line with this mark, or this id.")
@click.option("--by", metavar="NAME", help="Who takes it, if that is to be in the log: a name or a role.")
@pass_application
def command(
    application: Application,
    form: str,
    target: str,
    site: str | None,
    since: str | None,
    until: str | None,
    languages: tuple[str, ...],
    kinds: tuple[str, ...],
    changed: bool,
    facts: bool,
    bom: bool,
    follow: bool,
    after: str | None,
    by: str | None,
) -> int:
    """Write what other tools read.

    text: a JSON object a line for each page that was read: title, language, main text, spans and blocks with their
    offsets (in Unicode code points), facts, metadata, the record it came from, and what read it. A revisit is not
    repeated, and robots.txt is left out. docs/text-user.md says what the keys mean.

    csv: a row a capture, or a row a fact; cells that a spreadsheet would run are made harmless. parquet: the same as
    text for tools that work on columns. folders: plain text, a file a capture, in a folder for each language; -o names
    the folder, and somebody else's files in it are left alone.

    cdxj: the index that pywb and ReplayWeb.page use, sorted.

    With --follow each reading is written as soon as it is made, also while a crawl runs, and each line has a mark to go
    on after. Ctrl-C ends it with exit status 4, a reader that goes away with 0.

    Captures that are withheld are left out, and counted. That something was exported goes into the log with the next
    crawl: what format, how much, and its digest; not where to.
    """
    from crawler.commands.views import check_site, parse_instant
    from crawler.config import load_config
    from crawler.custody import with_name
    from crawler.text_export import Selection, end_of

    with_name("", by)  # refused before anything is written
    _check_options(form, target, facts=facts, bom=bom, follow=follow, after=after)
    if form == "cdxj" and (languages or kinds or changed):
        raise click.UsageError("cdxj: --lang, --kind and --changed are about readings, which an index does not have")
    collection = open_collection(application)
    check_site(collection.catalogue, load_config(collection.config_path), site)
    selection = Selection(
        site=site,
        since=parse_instant(since) if since else None,
        until=end_of(until, parse_instant) if until else None,
        languages=frozenset(language.lower() for language in languages),
        kinds=frozenset(kinds),
        changed=changed,
    )
    if follow:
        return _follow(application, collection, selection, after, by)
    _export(application, collection, selection, _Wanted(form, target, by, facts=facts, bom=bom))
    return Exit.DONE


@dataclass(frozen=True, slots=True)
class _Wanted:
    """In what form, and where to."""

    form: str
    target: str
    by: str | None
    facts: bool
    bom: bool


def _check_options(form: str, target: str, *, facts: bool, bom: bool, follow: bool, after: str | None) -> None:
    if (facts or bom) and form != "csv":
        raise click.UsageError("--facts and --bom are for csv")
    if follow and (form != "text" or target != "-"):
        raise click.UsageError("--follow is for text on stdout: khronika export text --follow | …")
    if after is not None and not follow:
        raise click.UsageError("--after is for --follow")
    if form == "folders" and target == "-":
        raise click.UsageError("folders: expected -o DIR, the folder to write to")
    if target != "-" and form != "folders" and not Path(target).absolute().parent.is_dir():
        raise click.UsageError(f"-o: expected a file in a folder that exists, found no folder {Path(target).parent}")
    if form == "parquet" and target == "-" and sys.stdout.isatty():
        raise click.UsageError("parquet: expected -o FILE, found a terminal, which it is not for")


# --- once -------------------------------------------------------------------------------------------------------------


def _export(application: Application, collection: Collection, selection: Selection, wanted: _Wanted) -> None:
    from crawler.commands.views import count, withholdings

    output, target = application.output, wanted.target
    export = _Export(collection, withholdings(collection), selection)
    try:
        if wanted.form == "folders":
            noun = "file"
            _into_folders(export, Path(target), output)
        else:
            noun = "row" if wanted.form in {"csv", "parquet"} else "line"
            _into_file(export, wanted)
    except BrokenPipeError:
        export.leave(wanted.form, wanted.by, whole=False)
        raise
    on_record = export.leave(wanted.form, wanted.by, whole=True)
    if target != "-":
        summary = {"lines": export.lines, "withheld": export.withheld, "digest": export.digest, "on_record": on_record}
        output.record({"type": "summary", "format": wanted.form, **summary})
        output.result(f"Wrote {count(export.lines, noun)} to {target}")
    export.tell(application, on_record=on_record)


def _into_folders(export: _Export, path: Path, output: Output) -> None:
    from crawler.commands.views import count
    from crawler.text_export_folders import TextFolders

    folders = TextFolders(path)
    left = folders.take_out(export.is_withheld)
    for line in folders.put(export.records()):
        export.took(line.encode(), lines=1)
    if gone := folders.taken_out - len(left):
        output.message(f"{count(gone, 'text')} of an earlier export taken out of the folder: withheld now.")
    for file in left:
        output.message(f"{printable(file)} was left, as somebody wrote in it: it may tell what is withheld.")


def _into_file(export: _Export, wanted: _Wanted) -> None:
    from archive.collection import write_once

    if wanted.form == "parquet":
        _into_parquet(export, wanted.target)
        return
    pieces = export.octets(wanted)
    if wanted.target != "-":
        write_once(Path(wanted.target), pieces)
        return
    for octets in pieces:
        sys.stdout.buffer.write(octets)  # UTF-8, whatever the terminal's encoding
    sys.stdout.buffer.flush()


def _into_parquet(export: _Export, target: str) -> None:
    """Through a file without a name: its footer says what lies where, so it is digested when it is whole."""
    import tempfile

    from archive.collection import write_once
    from crawler.text_export_parquet import write_parquet

    with tempfile.TemporaryFile() as whole:
        export.lines = write_parquet(export.records(), whole)
        whole.seek(0)

        def pieces() -> Iterator[bytes]:
            while piece := whole.read(1 << 20):
                export.took(piece)
                yield piece

        if target != "-":
            write_once(Path(target), pieces())
            return
        for piece in pieces():
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()


class _Export:
    """What goes out, and what is to be known of it afterwards."""

    def __init__(self, collection: Collection, held: Withholdings, selection: Selection) -> None:
        self._collection = collection
        self._held = held
        self._selection = selection
        self._digester = Digester()
        self.lines = 0
        """Lines, rows or files; the header of a table is none."""
        self.withheld = 0

    @property
    def digest(self) -> Digest:
        """Of all that was written; of folders, of the lines of their index."""
        return self._digester.digest()

    def took(self, octets: bytes, *, lines: int = 0) -> None:
        """Note what was written."""
        self._digester.update(octets)
        self.lines += lines

    def octets(self, wanted: _Wanted) -> Iterator[bytes]:
        """The lines in UTF-8, counted."""
        if wanted.form == "csv":
            yield from self._table(wanted)
            return
        for line in self._text() if wanted.form == "text" else self._cdxj():
            octets = line.encode()
            self.took(octets, lines=1)
            yield octets

    def is_withheld(self, record_id: str) -> bool:
        """Whether a capture that was given out once is withheld now; of one that nobody knows, False."""
        if not self._held or record_id in self._held.records:
            return bool(self._held)
        try:
            return self._held.of(self._collection.catalogue.capture(record_id)) is not None
        except CaptureNotFoundError:
            return False

    def records(self) -> Iterator[dict[str, Any]]:
        """The records of the readings."""
        from crawler.text_export import Readings

        readings = Readings(self._collection.catalogue, self._held, self._selection)
        yield from readings
        self.withheld = readings.withheld

    def _text(self) -> Iterator[str]:
        from crawler.text_export import format_line

        return map(format_line, self.records())

    def _table(self, wanted: _Wanted) -> Iterator[bytes]:
        from crawler.text_export_table import CAPTURE_COLUMNS, FACT_COLUMNS, capture_rows, csv_lines, fact_rows

        columns: tuple[str, ...] = FACT_COLUMNS if wanted.facts else CAPTURE_COLUMNS
        of_record = fact_rows if wanted.facts else capture_rows
        rows = (row for record in self.records() for row in of_record(record))
        for n, line in enumerate(csv_lines(columns, rows)):
            octets = line.encode("utf-8-sig" if wanted.bom and n == 0 else "utf-8")
            self.took(octets, lines=1 if n else 0)
            yield octets

    def _cdxj(self) -> Iterator[str]:
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
        selection = self._selection
        for capture in self._collection.catalogue.captures(site=selection.site, since=selection.since):
            if not selection.takes_capture(capture):
                continue
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

    def tell(self, application: Application, *, on_record: bool) -> None:
        """Say what was left out, and whether the export is on record."""
        from crawler.commands.views import count

        output = application.output
        if self.withheld:
            output.message(f"{count(self.withheld, 'capture')} left out: withheld (khronika withhold --list).")
        if not on_record:
            output.message("This export is not on record: the collection's folder cannot be written.")


# --- and on -----------------------------------------------------------------------------------------------------------


def _follow(
    application: Application, collection: Collection, selection: Selection, after: str | None, by: str | None
) -> int:
    """Write readings as they come; until the reader goes away, or somebody stops it."""
    from crawler.commands.views import withholdings
    from crawler.text_export_follow import Follower, Stop, reader_is_gone, stdout_descriptor

    export = _Export(collection, withholdings(collection), selection)
    stop, descriptor = Stop(), stdout_descriptor()

    def stopped() -> bool:
        if descriptor is not None and reader_is_gone(descriptor):
            raise BrokenPipeError
        return stop.asked

    with stop.heard():
        follower = Follower(application.folder, selection, withholdings, after=after, stopped=stopped)
        try:
            _write_lines(export, follower.records(), sys.stdout.buffer)
        except BrokenPipeError:
            # what is in the buffer has no reader: the interpreter would complain of it at its end
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        finally:
            follower.close()
            export.withheld = follower.withheld
            on_record = export.leave("text as it is read", by, whole=True)
    export.tell(application, on_record=on_record)
    if not stop.asked:
        return Exit.DONE
    if follower.mark is not None:
        application.output.message(f"Stopped. To go on: khronika export text --follow --after {follower.mark}")
    return Exit.INTERRUPTED


def _write_lines(export: _Export, records: Iterable[dict[str, Any]], target: IO[bytes]) -> None:
    from crawler.text_export import format_line

    for record in records:
        octets = format_line(record).encode()
        target.write(octets)
        target.flush()
        export.took(octets, lines=1)
