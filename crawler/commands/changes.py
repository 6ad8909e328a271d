"""`khronika changes`: what changed, on all pages, and what archivists say of it."""

from __future__ import annotations

import csv
import io
import json
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from archive.errors import UsageError
from crawler.cli import Application, Exit
from crawler.commands.base import Group, Number, open_collection, pass_application
from crawler.commands.base import command as make_command

if TYPE_CHECKING:
    from archive.catalogue import Catalogue, ChangeRow
    from archive.collection import Collection
    from archive.marks import Mark
    from crawler.change_choice import Choice, Told
    from crawler.change_words import Language
    from crawler.output import Output

KINDS: Final = (
    *("edited", "added", "removed", "list", "link", "structure", "uncompared"),
    *("gone", "soft-404", "redirected-home", "moved", "blocked", "unreachable", "replaced", "back"),
    *("certificate", "extractor", "same", "noise"),
)
MARKS: Final = ("important", "unimportant", "wrong")
FEED: Final = 200
"""Entries of a feed, the newest, unless --limit says otherwise."""
CONTEXT: Final = 25
"""Words that stay on each side of a change in a list; `changes show` and -v show the whole block."""
NAMED: Final = 3
"""Pages of a group that are named without -v."""
_EXITS = (Exit.NO_COLLECTION,)


@click.group(
    "changes",
    cls=Group,
    invoke_without_command=True,
    examples=(
        "khronika changes",
        "khronika changes --since 2026-11-01 --kind gone",
        "khronika changes --order weight --limit 20 --explain",
        'khronika changes --person "Maria Luzhitskaya"',
        "khronika changes --kind all --format csv -o changes.csv",
        "khronika changes --format atom -o changes.atom",
        "khronika --json changes --site example",
        "khronika changes mark c0f3a61c27e5b9d14 important",
    ),
    exits=_EXITS,
)
@click.option("--since", metavar="DATE", help="From this date on, like 2026-11-22 or 2026-11-22T14:02 (UTC).")
@click.option("--until", metavar="DATE", help="Before this date.")
@click.option("--site", metavar="NAME", help="Of this site only.")
@click.option("--url", metavar="URL", help="Of this page only.")
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice((*KINDS, "all")),
    help="Of this kind only; repeatable. Default: all but extractor, same and noise.",
)
@click.option("--min-weight", type=Number(0, 1), metavar="W", help="Of this weight at least, 0 to 1.")
@click.option(
    "--level",
    "levels",
    multiple=True,
    type=click.Choice(("main", "side", "meta", "list", "fact")),
    help="With an edit of this level: the text, beside it, what the page states, a list, a fact. Repeatable.",
)
@click.option("--person", "--name", metavar="NAME", help="With an edit that names this person, in any case and script.")
@click.option("--mark", type=click.Choice((*MARKS, "any", "none")), help="That an archivist marked so.")
@click.option("--group", metavar="ID", help="Of this group of the same changes only.")
@click.option(
    "--order", type=click.Choice(("time", "weight")), default="time", help="The oldest, or the heaviest, first."
)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="The first N; of a feed the newest.")
@click.option("--explain", is_flag=True, help="What each weight is made of, and what was set aside and why.")
@click.option(
    "--format",
    "form",
    type=click.Choice(("text", "jsonl", "csv", "atom")),
    default="text",
    help="Default: text. atom is a feed, newest first.",
)
@click.option("--language", type=click.Choice(("en", "ru")), default="en", help="Of text, csv and atom. Default: en.")
@click.option(
    "-o",
    "--output",
    "file",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    metavar="FILE",
    help="Into this file, which is there whole or not at all; - is stdout.",
)
@click.pass_context
def command(context: click.Context, /, **asked: Any) -> None:
    """Changes in order of time: a page edited, with the words; something added or removed; a page gone or back.

    Kinds, states and weights are explained in docs/changes.md. What is the same on three pages of a site or more in
    one crawl is one change, told once. A page is gone, blocked or back when that is established, not at each look.
    Another certificate of a server is a change of its own, told once, at the first page that came under it. Where two
    captures differ and what changed could not be told (the comparison took too long, say), that is what is told, of
    kind uncompared; khronika reprocess tries again.

    What was set aside as noise (tickers, counters, menus) is kept, and shown with --kind noise, or beside other
    changes with --explain. What a newer Khronika reads otherwise in the same capture (khronika reprocess) is no
    change of the page: --kind extractor. The words of a change from or to a capture that is withheld are not shown.
    """
    if context.invoked_subcommand is None:
        _list(context.obj, **asked)


def _list(
    application: Application,
    *,
    form: str,
    file: Path | None,
    order: str,
    limit: int | None,
    explain: bool,
    language: Language,
    **asked: Any,
) -> None:
    from crawler.change_choice import changes_of
    from crawler.commands.views import check_site, spell_page
    from crawler.config import load_config

    output = application.output
    collection = open_collection(application)
    catalogue = collection.catalogue
    check_site(catalogue, load_config(collection.config_path), asked["site"])
    url = asked["url"]
    if url is not None and not catalogue.captures_of(url):
        raise spell_page(catalogue, url)
    choice = _choice(form, **asked)
    changes = changes_of(collection)
    if output.as_json:
        form = "jsonl"
    told = _ordered(changes.chosen(choice), form, order, limit)
    if file is not None and str(file) != "-":
        from archive.collection import write_once

        lines = _lines(output, told, form, language, explain=explain)
        octets = (f"{line}\n".encode("utf-8", "backslashreplace") for line in lines)
        write_once(file, [_feed(collection, choice, told, language)] if form == "atom" else octets)
        output.message(f"Wrote {file.name}")
        return
    if form == "atom":
        click.echo(_feed(collection, choice, told, language), nl=False)
        return
    empty = True
    for one in _counted(output, told, form, language, explain=explain):
        empty = False
        if not output.as_json:
            click.echo(one)
    if empty:
        quiet = "" if asked["kinds"] else " --kind all shows extractor, same and noise too."
        output.message(f"No changes that fit.{quiet}")


def _counted(output: Output, told: Iterator[Told], form: str, language: Language, *, explain: bool) -> Iterator[str]:
    """The lines for stdout; with --json each is printed as any command's results are, as stdout can take it."""
    if not output.as_json:
        yield from _lines(output, told, form, language, explain=explain)
        return
    for one in told:
        output.record(_record(one))
        yield one.change.id


def _choice(form: str, **asked: Any) -> Choice:
    from crawler.change_choice import Choice, told_kinds
    from crawler.commands.views import parse_instant

    if asked["person"] is not None and not any(letter.isalpha() for letter in asked["person"]):
        raise click.UsageError("--person: expected a name, found none")
    since, until = (parse_instant(asked[name]) if asked[name] else None for name in ("since", "until"))
    return Choice(
        kinds=told_kinds(asked["kinds"]),
        since=since,
        until=until,
        site=asked["site"],
        url=asked["url"],
        min_weight=asked["min_weight"],
        levels=frozenset(asked["levels"]),
        person=asked["person"],
        mark=asked["mark"],
        group=asked["group"],
        # who reads a feed is told what is settled alone, as who gets a notice
        settled=True if form == "atom" else None,
    )


def _ordered(told: Iterator[Told], form: str, order: str, limit: int | None) -> Iterator[Told]:
    """Those that are shown, in their order; in a text and a feed each group once."""
    if form in {"text", "atom"}:
        told = _folded(told)
    if order == "weight":
        # what weighs as much comes in order of time
        told = iter(sorted(told, key=lambda one: -one.change.weight))
    elif form == "atom":
        return reversed(deque(told, maxlen=limit or FEED))
    return islice(told, limit or (FEED if form == "atom" else None))


def _folded(told: Iterator[Told]) -> Iterator[Told]:
    seen: set[str] = set()
    for one in told:
        if one.group is None or one.group not in seen:
            yield one
        if one.group is not None:
            seen.add(one.group)


def _lines(output: Output, told: Iterator[Told], form: str, language: Language, *, explain: bool) -> Iterator[str]:
    if form == "csv":
        yield from _csv_lines(told, language)
        return
    for one in told:
        if form == "jsonl":
            yield json.dumps(_record(one), ensure_ascii=False)
        else:
            yield from _text_lines(output, one, language, explain=explain)


def _record(told: Told) -> dict[str, Any]:
    from crawler.commands.views import change_record

    return change_record(told.change, told.withheld, mark=told.mark, pages=told.pages)


# --- as text ----------------------------------------------------------------------------------------------------------


def _text_lines(
    output: Output, told: Told, language: Language, *, explain: bool, context: int | None = CONTEXT
) -> Iterator[str]:
    from crawler.commands.views import change_words, count, edit_lines, minute, withheld_words
    from crawler.output import printable

    change = told.change
    context = None if output.verbose else context
    kind = change_words(output, change.kind.value)
    yield f"{minute(change.to_at)}  {kind}  {change.weight:.2f}  {printable(change.url)}"
    mark = "" if told.mark is None else f"  {_mark_words(output, told)}"
    yield f"    since {minute(change.from_at)}  {output.style(change.id, 'dim')}{mark}"
    if told.group is not None:
        yield f"    the same on {count(len(told.pages), 'page')}:"
        # where pages moved to is what is told of each: all are named
        shown = told.pages if output.verbose or any(told.targets.values()) else told.pages[:NAMED]
        for url in shown:
            moved = f", now at {printable(target)}" if (target := told.targets.get(url)) else ""
            yield f"        {printable(url)}{moved}"
        if len(shown) < len(told.pages):
            yield f"        and {len(told.pages) - len(shown)} more (-v, or --group {told.group})"
    if told.withheld is not None:
        yield f"    {withheld_words(told.withheld)}"
        if explain:
            yield from _reason_lines(told)
        return
    yield from (f"    {line}" for line in _state_lines(change, language, in_group=told.group is not None))
    if fields := change.provenance.get("fields"):
        yield f"    read otherwise by other rules: {', '.join(map(str, fields))}"
    if change.kind.value == "noise" and explain:
        yield from _aside_lines(output, change.edits, language, context)
        return
    for line in edit_lines(output, change.edits, language, context=context):
        yield f"    {line}"
    if explain:
        yield from _reason_lines(told)
        yield from _aside_lines(output, change.provenance.get("set_aside", ()), language, context)


def _mark_words(output: Output, told: Told) -> str:
    from crawler.output import printable

    assert told.mark is not None
    note = f": {printable(told.mark.note)}" if told.mark.note and told.withheld is None else ""
    style = {"important": "bad", "unimportant": "dim", "wrong": "warn"}[told.mark.kind.value]
    return output.style(f"marked {told.mark.kind.value}", style) + note


def _state_lines(change: ChangeRow, language: Language, *, in_group: bool) -> Iterator[str]:
    """How what became of a page was established, or why it could not be told what changed."""
    from crawler.change_words import uncompared_words
    from crawler.commands.views import count
    from crawler.output import printable

    told = change.provenance
    if uncompared := uncompared_words(change, language):
        yield uncompared
    if not in_group and (target := told.get("target")):
        yield f"now at {printable(str(target))}"
    if looks := told.get("looks"):
        first = told.get("first")
        since = f", the first at {first}" if first else ""
        yield f"established by {count(int(looks), 'look')}{since}"


def _reason_lines(told: Told) -> Iterator[str]:
    from crawler.commands.views import reasons_of
    from crawler.output import printable
    from pipelines.weight import words_for

    reasons = reasons_of(told.change)
    if reasons:
        yield f"    weighs {told.change.weight:.2f} because of"
    for reason in reasons:
        because = printable(str(reason.get("because", ""))) if told.withheld is None else ""
        yield f"        {reason['value']:.2f}  {words_for(str(reason['name']))}{f': {because}' if because else ''}"


def _aside_lines(output: Output, edits: Iterable[Any], language: Language, context: int | None) -> Iterator[str]:
    from crawler.commands.views import count, edit_lines
    from crawler.output import printable

    listed = list(edits)
    if listed:
        yield f"    {count(len(listed), 'edit')} set aside:"
    for edit in listed:
        [line] = edit_lines(output, [edit], language, context=context)
        yield f"        {line}  [{printable(str(edit.get('set_aside') or 'noise'))}]"


# --- as a table -------------------------------------------------------------------------------------------------------

_COLUMNS: Final = ("id", "url", "from", "to", "kind", "weight", "site")
_MORE_COLUMNS: Final = ("headline", "mark", "note", "group", "pages")


def _csv_lines(told: Iterator[Told], language: Language) -> Iterator[str]:
    from crawler.change_words import change_headline, edit_text
    from crawler.commands.views import withheld_words

    yield _csv_line([*_COLUMNS, "edits", *_MORE_COLUMNS])
    for one in told:
        record = _record(one)
        if one.withheld is not None:
            words = withheld_words(one.withheld)
        else:
            words = "\n".join(edit_text(edit, language) for edit in one.change.edits)
        group = record["group"] or {"id": "", "pages": ""}
        headline = change_headline(one.change, language, withheld=one.withheld is not None)
        more = [headline, record["mark"] or "", record["note"] or "", group["id"], group["pages"]]
        yield _csv_line([*(record[name] for name in _COLUMNS), words, *more])


def _csv_line(cells: Iterable[object]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="").writerow([_harmless(str(cell)) for cell in cells])
    return buffer.getvalue()


def _harmless(cell: str) -> str:
    """A spreadsheet takes a cell that begins with one of these for a formula; a page's text must not become one."""
    return "'" + cell if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


# --- as a feed --------------------------------------------------------------------------------------------------------


def _feed(collection: Collection, choice: Choice, told: Iterator[Told], language: Language) -> bytes:
    from crawler.atom import Feed, format_feed

    asked = [choice.site, choice.url, choice.min_weight, choice.person, choice.mark, choice.group]
    of = json.dumps([collection.log().origin, sorted(choice.kinds), sorted(choice.levels), *asked, language])
    return format_feed(list(told), Feed(of, language))


# --- one change, and what is said of it -------------------------------------------------------------------------------


@make_command(
    "show",
    group=command,
    exits=_EXITS,
    examples=("khronika changes show c0f3a61c27e5b9d14", "khronika --json changes show c0f3a61c27e5b9d14"),
)
@click.argument("change", metavar="ID")
@click.option("--language", type=click.Choice(("en", "ru")), default="en", help="Of the words. Default: en.")
@pass_application
def show(application: Application, change: str, language: Language) -> None:
    """One change, whole: each edit, what its weight is made of, what was set aside and why, and how to prove it.

    The two captures that it was found between are what proves it: khronika prove makes a bundle of them.
    """
    from crawler.change_choice import changes_of
    from crawler.change_words import change_headline
    from crawler.output import printable

    output = application.output
    collection = open_collection(application)
    row = _found(collection.catalogue, change)
    told = changes_of(collection).told(row)
    hidden = told.withheld is not None
    names = {side: _capture_name(collection.catalogue, record) for side, record in _sides(row)}
    provenance = {name: value for name, value in row.provenance.items() if name not in _SHOWN}
    output.record({**_record(told), "captures": names, "provenance": {} if hidden else provenance})
    output.result(change_headline(row, language, withheld=hidden))
    for line in _text_lines(output, told, language, explain=True, context=None):
        output.result(line)
    if not hidden and (failed := row.provenance.get("uncompared")):
        output.result(f"    {printable(str(failed['why']))} (khronika {printable(str(failed['khronika']))})")
        output.result("    to try again: khronika reprocess")
    mask = f", mask {str(row.provenance['mask'])[:19]}…" if row.provenance.get("mask") else ""
    output.result(f"    compared by {row.rules}{mask}")
    for side, name in names.items():
        output.result(f"    {side:<6} {name}")
    if not hidden:
        output.result(f"    prove it: khronika prove {' '.join(names.values())} -o {row.id}.zip")


_SHOWN: Final = frozenset({"weight", "set_aside"})
"""What of a change's provenance stands under a name of its own."""


@make_command(
    "mark",
    group=command,
    exits=_EXITS,
    examples=(
        "khronika changes mark c0f3a61c27e5b9d14 important",
        'khronika changes mark c0f3a61c27e5b9d14 wrong --note "the same sentence in another paragraph"',
    ),
)
@click.argument("change", metavar="ID")
@click.argument("mark", type=click.Choice(MARKS))
@click.option("--note", default="", metavar="TEXT", help="Why, in your words.")
@pass_application
def mark_change(application: Application, change: str, mark: str, note: str) -> None:
    """Say of a change that it is important, unimportant, or wrong: nothing changed, or it is told as what it is not.

    A later mark takes the place of an earlier one. Marks lie in state.sqlite, are kept when the catalogue is made
    again, and go neither into the evidence nor into a feed.
    """
    from datetime import UTC, datetime

    from archive.marks import Mark, MarkKind
    from archive.state import State
    from crawler.output import one_line

    collection = open_collection(application)
    row = _found(collection.catalogue, change)
    said = Mark(row.id, MarkKind(mark), note.strip(), datetime.now(UTC))
    with State.open(collection.path, readonly=False) as state:
        state.marks.put(said)
    application.output.record(said.as_record())
    application.output.result(f"{row.id} is marked {mark}{f': {one_line(said.note)}' if said.note else ''}")


@make_command("unmark", group=command, exits=_EXITS, examples=("khronika changes unmark c0f3a61c27e5b9d14",))
@click.argument("change", metavar="ID")
@pass_application
def unmark(application: Application, change: str) -> None:
    """Take a change's mark away."""
    from archive.state import State

    collection = open_collection(application)
    with State.open(collection.path, readonly=False) as state:
        if not state.marks.remove(change):
            raise UsageError(f"expected a change that is marked, found {change!r}; khronika changes marks lists them")
    application.output.record({"type": "unmarked", "change": change})
    application.output.result(f"{change} is not marked any more")


@make_command(
    "marks",
    group=command,
    exits=_EXITS,
    examples=("khronika changes marks", "khronika --json changes marks > marks.jsonl"),
)
@click.option("--mark", type=click.Choice(MARKS), help="Those alone.")
@pass_application
def marks(application: Application, mark: str | None) -> None:
    """The marks, the newest last, each with its change; with --json to be handed on.

    A mark whose change the catalogue does not have (its captures were taken out, or were never here) is kept. The
    note of one whose words are withheld is not shown.
    """
    from crawler.change_choice import changes_of

    output = application.output
    collection = open_collection(application)
    changes = changes_of(collection)
    wanted = [one for one in changes.marks.values() if mark in {None, one.kind.value}]
    for one in wanted:
        row = collection.catalogue.change(one.change)
        told = None if row is None else changes.told(row)
        hidden = told is not None and told.withheld is not None
        output.record(one.as_record() | {"note": None if hidden else one.note, "withheld": hidden} | _marked(told))
        for line in _mark_lines(output, one, told):
            output.result(line)
    if not wanted:
        output.message("No marks.")


def _marked(told: Told | None) -> dict[str, Any]:
    """What of a marked change a program needs to find it in another collection, or among the readings."""
    names = ("url", "site", "from", "to", "from_record", "to_record", "kind", "weight")
    record = {} if told is None else _record(told)
    return {name: record.get(name) for name in names}


def _mark_lines(output: Output, mark: Mark, told: Told | None) -> Iterator[str]:
    from crawler.change_words import change_headline
    from crawler.commands.views import minute
    from crawler.output import printable

    if told is None:
        note = f": {printable(mark.note)}" if mark.note else ""
        yield f"{mark.change}  marked {mark.kind.value}{note}"
        yield "    of no change that the catalogue has"
        return
    yield f"{mark.change}  {_mark_words(output, told)}"
    yield f"    {minute(told.change.to_at)}  {printable(told.change.url)}"
    yield f"    {change_headline(told.change, withheld=told.withheld is not None)}"


def _found(catalogue: Catalogue, id_: str) -> ChangeRow:
    row = catalogue.change(id_)
    if row is None:
        raise UsageError(f"expected the id of a change, found {id_!r}; khronika changes lists them")
    return row


def _sides(change: ChangeRow) -> list[tuple[str, str]]:
    return [("from", change.from_record), ("to", change.to_record)]


def _capture_name(catalogue: Catalogue, record_id: str) -> str:
    """As `khronika show` and `prove` take it."""
    capture = catalogue.capture(record_id)
    return f"{capture.timestamp}/{capture.url}"
