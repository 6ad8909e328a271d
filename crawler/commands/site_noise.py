"""`khronika site noise`: what moves by itself on the pages of a site, and what a person decides of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from archive.errors import UsageError
from crawler.cli import Application, Exit, nearest_words
from crawler.commands.base import command as make_command
from crawler.commands.base import open_collection, pass_application

if TYPE_CHECKING:
    from archive.catalogue import Catalogue, ChangeRow
    from archive.collection import Collection
    from crawler.output import Output
    from pipelines.noise import Mask, Slot, TextPattern

_ONE = ("keep", "ignore", "forget", "add", "learn", "show_changes")
TEXTS_SHOWN = 10
"""Repeated texts that are shown."""


@make_command(
    "noise",
    exits=(Exit.NO_COLLECTION,),
    examples=(
        "khronika site noise example",
        "khronika site noise example --show-changes s1f0c2a",
        "khronika site noise example --keep s1f0c2a",
        "khronika site noise example --add 'Now on the site: \\d+'",
        "khronika site noise example --add //aside/ul/li --pages '/case/*'",
        "khronika --json site noise example",
    ),
)
@click.argument("site", metavar="SITE")
@click.option("--keep", metavar="ID|TEXT", help="Report what changes there from now on; learning never overturns it.")
@click.option("--ignore", metavar="ID|TEXT", help="Take --keep back.")
@click.option("--forget", metavar="ID", help="Take a part out; it may be learned again.")
@click.option(
    "--add", metavar="REGEX|PATH", help="A text beside the main text, or a place (/html/… or //…), that is noise."
)
@click.option(
    "--pages", multiple=True, metavar="PATTERN", help="With --add: on these alone, * for anything; repeatable."
)
@click.option("--note", metavar="TEXT", help="With --add: why, for whoever reads the file.")
@click.option("--learn", is_flag=True, help="Learn now, from the whole history of the site.")
@click.option("--show-changes", metavar="ID", help="The changes from which a part set something aside.")
@pass_application
def command(application: Application, /, site: str, **options: Any) -> None:
    """Show what moves by itself on a site's pages and is set aside as noise, and decide about it.

    What is known stands in noise/SITE.toml, which is yours to edit (docs/changes.md): slots, places of pages where a
    count, a date, teasers or a text moves; texts, regular expressions that you wrote; and texts repeated on several
    pages. Each crawl learns more. The number at the end is how often it set something aside so far.

    A decision holds for the comparisons to come. Nothing is lost: `khronika changes --kind noise` shows what was set
    aside, and `khronika reprocess` compares nothing anew unless the rules changed.
    """
    asked = [name for name in _ONE if options[name]]
    if len(asked) > 1:
        raise UsageError(f"one at a time: --{' and --'.join(name.replace('_', '-') for name in asked)} were asked for")
    if (options["pages"] or options["note"]) and not options["add"]:
        raise UsageError("--pages and --note go with --add")
    collection = open_collection(application)
    output = application.output
    catalogue = collection.catalogue
    _check_site(collection, catalogue, site)
    if options["show_changes"]:
        _show_changes(output, collection, catalogue, site, options["show_changes"])
        return
    if options["learn"]:
        _learn(output, collection, catalogue, site)
    elif asked:
        _decide(output, collection, site, options)
    _show(output, collection, catalogue, site)


def _check_site(collection: Collection, catalogue: Catalogue, site: str) -> None:
    from crawler.commands.views import check_site
    from crawler.config import load_config
    from pipelines.noise_file import path_of

    if not path_of(collection.path, site).exists():
        check_site(catalogue, load_config(collection.config_path), site)


# ---- decisions


def _decide(output: Output, collection: Collection, site: str, options: Mapping[str, Any]) -> None:
    from pipelines.noise_file import change, name_of

    if options["add"]:
        alter = _added(options["add"], options["pages"], options["note"] or "")
    elif options["forget"]:
        alter = _forgotten(site, options["forget"])
    else:
        alter = _switched(site, options["keep"] or options["ignore"], ignore=bool(options["ignore"]))
    mask, written = change(collection.path, site, alter, now=datetime.now(UTC))
    output.message(
        f"{name_of(site)}: version {mask.version}, from the next comparison on."
        if written
        else f"{name_of(site)} says so already; nothing was written."
    )


def _switched(site: str, named: str, *, ignore: bool) -> Callable[[Mask], Mask]:
    from pipelines.noise import repeated_form

    def alter(mask: Mask) -> Mask:
        if named in {slot.id for slot in mask.slots}:
            slots = tuple(replace(slot, ignore=ignore) if slot.id == named else slot for slot in mask.slots)
            return replace(mask, slots=slots)
        if named in {text.id for text in mask.texts}:
            texts = tuple(replace(text, ignore=ignore) if text.id == named else text for text in mask.texts)
            return replace(mask, texts=texts)
        form = repeated_form(" ".join(named.split()))
        if form in mask.repeated or form in mask.keep:
            return replace(mask, keep=mask.keep - {form} if ignore else mask.keep | {form})
        raise _unknown(site, named, mask)

    return alter


def _forgotten(site: str, named: str) -> Callable[[Mask], Mask]:
    def alter(mask: Mask) -> Mask:
        slots = tuple(slot for slot in mask.slots if slot.id != named)
        texts = tuple(text for text in mask.texts if text.id != named)
        if (slots, texts) == (mask.slots, mask.texts):
            raise _unknown(site, named, mask)
        return replace(mask, slots=slots, texts=texts)

    return alter


def _added(said: str, pages: tuple[str, ...], note: str) -> Callable[[Mask], Mask]:
    from pipelines.noise import Slot, TextPattern
    from pipelines.noise_file import checked_pattern, hand_id
    from pipelines.noise_places import where_pattern

    if said.startswith("/"):
        try:
            where_pattern(said)
        except ValueError as error:
            raise UsageError(f"--add: {error}") from error
        slot = Slot(hand_id("s", "hand", said, *pages), said, pages=pages, note=note)
        return lambda mask: mask if slot in mask.slots else replace(mask, slots=(*_without(mask.slots, slot), slot))
    try:
        checked_pattern(said)
    except ValueError as error:
        raise UsageError(f"--add: {error}") from error
    text = TextPattern(hand_id("t", said, *pages), said, pages=pages, note=note)
    return lambda mask: (
        mask if text in mask.texts else replace(mask, texts=(*(one for one in mask.texts if one.id != text.id), text))
    )


def _without(slots: tuple[Slot, ...], slot: Slot) -> tuple[Slot, ...]:
    return tuple(one for one in slots if one.id != slot.id)


def _unknown(site: str, named: str, mask: Mask) -> UsageError:
    ids = [slot.id for slot in mask.slots] + [text.id for text in mask.texts]
    return UsageError(
        f"no part {named!r} in the noise of {site}.{nearest_words(named, ids)} khronika site noise {site} shows them."
    )


def _learn(output: Output, collection: Collection, catalogue: Catalogue, site: str) -> None:
    from crawler.config import load_config
    from crawler.reading import rules_for
    from pipelines.noise_file import name_of
    from pipelines.noise_pass import learn_all
    from pipelines.passes import Settling

    config = load_config(collection.config_path)
    settling = Settling(collection, catalogue, rules_for(config.sites), lambda: False)
    with output.progress() as progress:
        progress("reading what was read")
        mask, written = learn_all(settling, site)
    output.message(
        f"{name_of(site)}: version {mask.version}, with what was learned."
        if written
        else "Nothing new was learned; nothing was written."
    )


# ---- what there is


def _show(output: Output, collection: Collection, catalogue: Catalogue, site: str) -> None:
    from pipelines.noise_file import load, name_of

    mask = load(collection.path, site)
    counts: Counter[str] = Counter(reason for _, reason, _ in _set_aside(catalogue, site))
    parts: tuple[Slot | TextPattern, ...] = () if mask is None else (*mask.slots, *mask.texts)
    for part in parts:
        output.record(_record(site, part, counts))
    others = {reason: n for reason, n in sorted(counts.items()) if not reason.startswith(("slot ", "text "))}
    output.record(
        {
            "type": "noise",
            "site": site,
            "file": name_of(site),
            "exists": mask is not None,
            "version": 0 if mask is None else mask.version,
            "digest": None if mask is None else mask.digest,
            "updated": None if mask is None or mask.updated is None else _instant(mask.updated),
            "repeated": [] if mask is None else sorted(mask.repeated),
            "keep": [] if mask is None else sorted(mask.keep),
            "set_aside": dict(sorted(counts.items())),
        }
    )
    if mask is None:
        output.result(f"nothing is learned of what moves on the pages of {site} yet")
    else:
        output.result(f"{name_of(site)}, version {mask.version}, {mask.digest}")
        for part in parts:
            _show_part(output, part, counts)
        _show_repeated(output, mask, counts["repeated"])
    others.pop("repeated", 0)
    if others:
        told = ", ".join(f"{reason} {n}" for reason, n in sorted(others.items(), key=lambda pair: (-pair[1], pair[0])))
        output.result(f"\nset aside by the general rules: {told}")


def _show_part(output: Output, part: Slot | TextPattern, counts: Mapping[str, int]) -> None:
    from crawler.output import printable
    from pipelines.noise import Slot

    times = counts.get(f"{'slot' if isinstance(part, Slot) else 'text'} {part.id}", 0)
    state = "" if part.ignore else output.style("  reported all the same", "warn")
    pages = " ".join(part.pages) or "all pages"
    if isinstance(part, Slot):
        what = f"{part.shape} {part.where}"
        seen = f"moved {part.seen} of {part.of} times, " if part.of else ""
        how = f"{seen}{part.learned_by}"
    else:
        what, how = f"text {part.pattern}", "hand"
    output.result("")
    output.result(f"{part.id}  {printable(what)}{state}")
    for name in ("heading", "label", "note"):
        if value := getattr(part, name, ""):
            output.result(f"    {name}: {printable(value)}")
    output.result(f"    {printable(pages)}; {how}; set aside {times} times")
    for example in getattr(part, "examples", ()):
        output.result(f"    {printable(example)}")


def _show_repeated(output: Output, mask: Mask, times: int) -> None:
    from crawler.output import printable

    if not mask.repeated and not mask.keep:
        return
    output.result("")
    output.result(
        f"repeated: {len(mask.repeated)} texts beside the main text of several pages; set aside {times} times"
    )
    for text in sorted(mask.repeated)[:TEXTS_SHOWN]:
        kept = output.style("  reported all the same", "warn") if text in mask.keep else ""
        output.result(f"    {printable(text)}{kept}")
    if len(mask.repeated) > TEXTS_SHOWN:
        output.result(f"    … and {len(mask.repeated) - TEXTS_SHOWN} more")


def _record(site: str, part: Slot | TextPattern, counts: Mapping[str, int]) -> dict[str, Any]:
    from pipelines.noise import Slot

    kind = "slot" if isinstance(part, Slot) else "text"
    record: dict[str, Any] = {"type": kind, "site": site, **part.says(), "note": part.note}
    if isinstance(part, Slot):
        record |= {
            "learned_by": part.learned_by,
            "seen": part.seen,
            "of": part.of,
            "first_seen": None if part.first_seen is None else _instant(part.first_seen),
            "last_seen": None if part.last_seen is None else _instant(part.last_seen),
            "examples": list(part.examples),
        }
    return record | {"set_aside": counts.get(f"{kind} {part.id}", 0)}


def _instant(moment: datetime) -> str:
    from crawler.commands.views import instant

    return instant(moment)


def _set_aside(catalogue: Catalogue, site: str) -> Iterator[tuple[ChangeRow, str, Mapping[str, Any]]]:
    """All that was set aside on the pages of a site: the change, the reason and the edit."""
    for row in catalogue.changes(site=site):
        for edit in (*row.edits, *row.provenance.get("set_aside", ())):
            if reason := edit.get("set_aside"):
                yield row, str(reason), edit


def _show_changes(output: Output, collection: Collection, catalogue: Catalogue, site: str, named: str) -> None:
    from crawler.commands.views import WithheldChanges, change_record, edit_lines, minute, withholdings
    from crawler.output import printable

    held = WithheldChanges(catalogue, withholdings(collection))
    reasons = {named, f"slot {named}", f"text {named}"}
    found: dict[str, tuple[ChangeRow, list[Mapping[str, Any]]]] = {}
    for row, reason, edit in _set_aside(catalogue, site):
        if reason in reasons:
            found.setdefault(row.id, (row, []))[1].append(edit)
    for row, edits in found.values():
        withheld = held.of(row)
        record = change_record(row, withheld)
        output.record({**record, "set_aside": [] if withheld else [dict(edit) for edit in edits]})
        output.result(f"{minute(row.to_at)}  {row.kind.value:<10} {row.id}  {printable(row.url)}")
        for line in [] if withheld else edit_lines(output, edits):
            output.result(f"    {line}")
    if not found:
        output.message(f"Nothing was set aside by {named} so far.")
