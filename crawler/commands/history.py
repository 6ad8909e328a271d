"""`khronika history`: every capture of a page, what changed at each, and when nobody looked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

import click

from archive.errors import CaptureNotFoundError, RecordError, StorageError
from crawler.cli import Application, Exit
from crawler.commands.at_place import collection_at, reads_copies
from crawler.commands.base import command as make_command
from crawler.commands.base import pass_application
from crawler.output import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archive.capture import Capture
    from archive.catalogue import Catalogue, ChangeRow, HistoryRow
    from archive.collection import Collection
    from archive.coverage import Coverage, Gap, Look, Presence, Sight
    from archive.withholding import Withholdings
    from crawler.output import Output


@make_command(
    "history",
    examples=(
        "khronika history https://example.org/case/17",
        "khronika history https://example.org/case/17 --gaps",
        'khronika history https://example.org/case/17 --phrase "eight years"',
        "khronika --json history https://example.org/case/17",
    ),
    exits=(Exit.VERIFICATION_FAILED, Exit.NO_COLLECTION),
)
@click.argument("url")
@click.option("--phrase", metavar="TEXT", help="Say between which captures this text appeared, and vanished.")
@click.option("--fold-yo", is_flag=True, help="With --phrase: ё and е are the same letter. й and и never are.")
@click.option("--gaps", is_flag=True, help="The ledger: every look, what it saw, and the gaps between looks.")
@reads_copies
@pass_application
def command(
    application: Application,
    url: str,
    phrase: str | None,
    fold_yo: bool,
    gaps: bool,
    place: str | None,
    endpoint: str | None,
    trust: str | None,
) -> None:
    """Every capture of a page, the newest first: when, what the server answered, and what changed since the one before.

    A failed or refused fetch is a capture too, and says why; a redirect says where it leads; what is wrong with a
    server's certificate stands beside a page that was had under it. "revisit" means that the bytes were those of an
    earlier capture. The states of a page (present, moved, gone, soft-404, redirected-home, replaced, blocked,
    unreachable, browser) and the kinds of change are explained in docs/changes.md. A single look that did not find the
    page is no change: that it is gone, blocked or back is told at the capture that establishes it.

    Below: when the page was first and last seen, how often it was looked at, and the longest time between two looks
    that told about it: that saw it, or found that it is not there. A look that did neither (blocked, unreachable,
    moved) makes no gap shorter.

    --phrase compares with the whole text of each capture, capitals and white space left aside. Each bound is the
    last capture that was seen without the phrase and the first one with it; captures between them of which it is not
    known are named.

    With --at the captures are those in a copy, whose log is checked first and whose WARCs are all read once. What
    changed between them, and languages, are in no copy: make a clone for that.
    """
    if fold_yo and phrase is None:
        raise click.UsageError("--fold-yo goes with --phrase")
    if phrase is not None and not phrase.strip():
        raise click.UsageError("--phrase: expected a text, found none")
    if place is not None and phrase is not None:
        raise click.UsageError(
            f"--phrase looks in what was read, which a copy does not hold: khronika clone {place} DIR"
        )
    with collection_at(application, place, endpoint, trust, ()) as collection:
        _history(application.output, collection, url, phrase, fold_yo=fold_yo, gaps=gaps)


def _history(
    output: Output, collection: Collection, url: str, phrase: str | None, *, fold_yo: bool, gaps: bool
) -> None:
    from archive.coverage import coverage, presences
    from crawler.commands.views import spell_page, withholdings

    catalogue = collection.catalogue
    rows = catalogue.history(url) or _at_its_own_address(collection, url)
    if not rows:
        raise spell_page(catalogue, url)
    held = withholdings(collection)
    covered = coverage(rows)
    sights = _sights(catalogue, held, rows, phrase, fold_yo=fold_yo) if phrase else []
    _heading(output, rows)
    if gaps:
        _ledger(output, covered)
    else:
        _table(output, collection, held, covered, {sight.row.n: sight for sight in sights}, phrase)
    found = presences(sights)
    if phrase:
        _presences(output, phrase, found, sights, rows[-1].capture.url)
    _coverage(output, covered, rows[-1].capture.url)


def _at_its_own_address(collection: Collection, url: str) -> list[HistoryRow]:
    """The history of the page that an address is which was never fetched itself: on a mirror, with a tracker."""
    from crawler.config import load_config
    from pipelines.sight import identity_of

    for site in (None, *load_config(collection.config_path).sites):
        try:
            identity = identity_of(url, site)
        except ValueError:  # no address at all
            return []
        # the site may have been fetched from another of its mirrors when the page was captured
        parts = urlsplit(identity)
        own = site is not None and parts.netloc in {urlsplit(one).netloc for one in site.addresses}
        hosts = site.mirrors if site is not None and own else ()
        for candidate in (identity, *(urlunsplit(parts._replace(netloc=host)) for host in hosts)):
            if candidate != url and (rows := collection.catalogue.history(candidate)):
                return rows
    return []


def _heading(output: Output, rows: Sequence[HistoryRow]) -> None:
    from crawler.commands.views import count, minute

    changed = sum(row.change_kind is not None and row.change_kind.value not in ("same", "noise") for row in rows)
    changed += sum(row.certificate_change_id is not None for row in rows)
    changed += sum(row.event_id is not None for row in rows)
    first, last = minute(rows[0].capture.captured_at)[:10], minute(rows[-1].capture.captured_at)[:10]
    days = first if first == last else f"{first} … {last}"
    output.result(f"{rows[-1].capture.url}")
    output.result(f"{count(len(rows), 'capture')}, {days}, {count(changed, 'change')}")


# --- captures ---------------------------------------------------------------------------------------------------------


def _table(
    output: Output,
    collection: Collection,
    held: Withholdings,
    covered: Coverage,
    found: dict[int, Sight],
    phrase: str | None,
) -> None:
    from crawler.change_words import uncompared_words
    from crawler.commands.views import capture_record, change_words, minute, status_words, withheld_words

    output.result(f"{'@':>4}  {'captured (UTC)':<19}  {'status':<11} {'state':<15} {'change':<15} {'lang':<5} bytes")
    for look in reversed(covered.looks):
        row = look.row
        withheld = held.of(row.capture)
        language = None if withheld else row.language
        record = capture_record(row)
        record["language"] = language
        record["location"] = location = None if withheld else _location(collection, row.capture)
        record["look"] = look.seen.value
        record["withheld"] = withheld is not None
        uncompared = _uncompared(collection.catalogue, row)
        record["uncompared"] = None if uncompared is None else uncompared.provenance["uncompared"]["reason"]
        if phrase:
            record["phrase"] = found[row.n].has
            record["phrase_why"] = found[row.n].why
        output.record(record)
        kind = row.told.value if row.told else None
        note = " revisit" if row.capture.is_revisit else ""
        note += "".join(
            f"  {words}"
            for words in _notes(row, location, None if uncompared is None else uncompared_words(uncompared))
        )
        if withheld:
            note += f"  {withheld_words(withheld)}"
        if phrase:
            note += f"  {_sight_words(found[row.n], phrase)}"
        padded = change_words(output, kind) + " " * max(0, 15 - len(kind or "-"))
        output.result(
            f"{row.n:>4}  {minute(row.capture.captured_at):<19}  {status_words(row.capture):<11} "
            f"{row.state.value:<15} {padded} {language or '-':<5} {row.capture.payload_length}{note}"
        )
        if output.verbose:
            place = row.capture.location
            output.result(f"      {row.capture.record_id}  {row.capture.payload_digest}")
            output.result(f"      {place.file} at {place.offset}, {place.length} bytes")
            if row.capture.error:
                output.result(f"      {printable(row.capture.error)}")


def _uncompared(catalogue: Catalogue, row: HistoryRow) -> ChangeRow | None:
    """The change of a capture of which it could not be told what changed."""
    if row.change_id is None or row.change_kind is None or row.change_kind.value != "uncompared":
        return None
    change = catalogue.change(row.change_id)
    # another process may have told it meanwhile
    return change if change is not None and "uncompared" in change.provenance else None


def _notes(row: HistoryRow, location: str | None, uncompared: str | None) -> list[str]:
    from crawler.commands.views import certificate_words, failure_words

    notes = [failure_words(row.capture), certificate_words(row.capture)]
    notes.append("the server's certificate changed" if row.certificate_change_id else None)
    if row.event_kind and row.change_kind and row.change_kind.value not in ("same", "noise"):
        notes.append(f"its text: {row.change_kind.value}")
    notes.append(uncompared)
    notes.append(f"-> {location}" if location else None)
    return [printable(note) for note in notes if note]


def _location(collection: Collection, capture: Capture) -> str | None:
    """Where a redirect leads, as the server wrote it; None without one, and where its record cannot be read."""
    from archive.http import MalformedHeadError, parse_head

    if capture.status is None or not 300 <= capture.status < 400:
        return None
    try:
        head = parse_head(dict(collection.heads(capture)).get("response", b""))
    except (RecordError, CaptureNotFoundError, StorageError, MalformedHeadError):
        return None
    return None if head is None else head.value("Location")


# --- coverage ---------------------------------------------------------------------------------------------------------


def _coverage(output: Output, covered: Coverage, url: str) -> None:
    from archive.coverage import Seen
    from crawler.commands.views import count, instant, minute

    first, last, gap = covered.first_seen, covered.last_seen, covered.longest_gap
    counts = {seen.value: covered.count(seen) for seen in Seen}
    output.record(
        {
            "type": "coverage",
            "url": url,
            "first_seen": first and instant(first.row.capture.captured_at),
            "last_seen": last and instant(last.row.capture.captured_at),
            "first_look": instant(covered.looks[0].row.capture.captured_at),
            "last_look": instant(covered.looks[-1].row.capture.captured_at),
            "looks": covered.made,
            **{f"looks_{name.replace('-', '_')}": number for name, number in counts.items()},
            "longest_gap": gap and _gap_record(gap),
        }
    )
    if first is None or last is None:
        output.result("never seen: no look found the page")
    else:
        output.result(
            f"first seen {minute(first.row.capture.captured_at)}, last seen {minute(last.row.capture.captured_at)}"
        )
    did = f"{count(covered.made, 'look')}: {_counts(counts)}" if covered.made else "no look"
    if counts["not-asked"]:
        did += f"; {count(counts['not-asked'], 'time')} robots.txt kept us from asking"
    if counts["browser"]:
        did += f"; {count(counts['browser'], 'look')} with a browser beside"
    output.result(did)
    if gap is not None:
        output.result(f"longest gap {_gap_words(gap)}")


def _counts(counts: dict[str, int]) -> str:
    words = {
        "page": "saw the page",
        "unchanged": "saw it unchanged, byte for byte",
        "gone": "found it gone",
        "replaced": "found something else in its place",
        "moved": f"{'was' if counts['moved'] == 1 else 'were'} sent elsewhere",
        "blocked": f"{'was' if counts['blocked'] == 1 else 'were'} blocked",
        "unreachable": "had no answer that tells",
    }
    return ", ".join(f"{counts[name]} {text}" for name, text in words.items() if counts[name])


def _gap_words(gap: Gap) -> str:
    from crawler.commands.views import count, minute, span_words

    before, after = gap.before.row, gap.after.row
    blind = f"; {count(len(gap.blind), 'capture')} in it did not see the page" if gap.blind else ""
    return (
        f"{span_words(gap.length)}: @{before.n} {minute(before.capture.captured_at)} … "
        f"@{after.n} {minute(after.capture.captured_at)}{blind}"
    )


def _gap_record(gap: Gap) -> dict[str, Any]:
    return {
        "from": gap.before.row.capture.timestamp,
        "to": gap.after.row.capture.timestamp,
        "from_record": gap.before.row.capture.record_id,
        "to_record": gap.after.row.capture.record_id,
        "seconds": gap.length.total_seconds(),
        "blind": [look.row.capture.record_id for look in gap.blind],
    }


def _ledger(output: Output, covered: Coverage) -> None:
    """Every look in time order, and after each that saw the page the gap that it ended."""
    from crawler.commands.views import instant, minute, span_words

    ended = {gap.after.row.n: gap for gap in covered.gaps}
    output.result(f"{'@':>4}  {'looked (UTC)':<19}  {'since the last sight':<22} what was seen")
    for look in covered.looks:
        capture, gap = look.row.capture, ended.get(look.row.n)
        if gap is not None:
            output.record({"type": "gap", "url": capture.url, **_gap_record(gap)})
        output.record(
            {
                "type": "look",
                "url": capture.url,
                "captured_at": instant(capture.captured_at),
                "timestamp": capture.timestamp,
                "n": look.row.n,
                "record_id": capture.record_id,
                "look": look.seen.value,
                "saw": look.saw,
                "unchanged_since": look.unchanged_since,
                "revisit": capture.is_revisit,
                "state": look.row.state.value,
                "failure": None if capture.failure is None else capture.failure.value,
                "file": capture.location.file,
                "offset": capture.location.offset,
            }
        )
        span = span_words(gap.length) if gap is not None else "-"
        output.result(f"{look.row.n:>4}  {minute(capture.captured_at):<19}  {span:<22} {_look_words(look)}")


def _look_words(look: Look) -> str:
    from archive.coverage import Seen
    from crawler.commands.views import failure_words, status_words

    capture = look.row.capture
    why = printable(failure_words(capture) or status_words(capture))
    match look.seen:
        case Seen.PAGE:
            return "looked: the page" + (f", not whole ({why})" if capture.truncated else "")
        case Seen.UNCHANGED:
            return f"looked, unchanged since @{look.unchanged_since}"
        case Seen.GONE:
            said = ", as its text says" if look.row.state.value == "soft-404" else ""
            return f"looked: no such page ({status_words(capture)}{said})"
        case Seen.REPLACED:
            return f"looked: something else in its place ({status_words(capture)})"
        case Seen.MOVED:
            home = " to the site's first page or a list" if look.row.state.value == "redirected-home" else " elsewhere"
            return f"not seen: sent{home} ({status_words(capture)})"
        case Seen.NOT_ASKED:
            return f"not asked: {why}"
        case _:
            return f"not seen: {look.seen.value} ({why})"


# --- a phrase ---------------------------------------------------------------------------------------------------------


def _sights(
    catalogue: Catalogue, held: Withholdings, rows: Sequence[HistoryRow], phrase: str, *, fold_yo: bool
) -> list[Sight]:
    """What each capture says of the phrase; each text is searched once, though revisits repeat it."""
    from archive.coverage import Sight
    from archive.kinds import MISSING

    known: dict[str, tuple[bool | None, str | None]] = {}
    sights = []
    for row in rows:
        if row.state in MISSING:
            sights.append(Sight(row, False, "gone"))
        elif row.state.value != "present":
            sights.append(Sight(row, None, row.state.value))
        elif held.of(row.capture) is not None:
            sights.append(Sight(row, None, "withheld"))
        else:
            read = row.capture.refers_to or row.capture.record_id
            if read not in known:
                known[read] = _says(catalogue, row, phrase, fold_yo=fold_yo)
            sights.append(Sight(row, *known[read]))
    return sights


def _says(catalogue: Catalogue, row: HistoryRow, phrase: str, *, fold_yo: bool) -> tuple[bool | None, str | None]:
    """Whether a capture's text holds the phrase; where that cannot be known None, and why."""
    from archive.kinds import needs_reading
    from pipelines.change import says
    from pipelines.reading import Reading

    reading = catalogue.reading(row.capture.record_id)
    if reading is None:
        waits = row.capture.is_revisit or needs_reading(row.capture)
        return None, "not read yet" if waits else "no page of text"
    if reading.failed is not None:
        return None, "unreadable"
    read = Reading.from_json(reading.json)
    if says(read, phrase, fold_yo=fold_yo):
        return True, None
    # what did not arrive may have held it
    cut = (row.capture.truncated and not row.capture.is_revisit) or read.provenance.get("notes")
    return (None, "not whole") if cut else (False, None)


def _sight_words(sight: Sight, phrase: str) -> str:
    if sight.has is None:
        return f"not known: {sight.why}" if sight.why in {"withheld", "unreadable", "not whole"} else f"{sight.why}"
    if sight.why == "gone":
        return "no page"
    return f'has "{printable(phrase)}"' if sight.has else f'lacks "{printable(phrase)}"'


def _presences(output: Output, phrase: str, found: Sequence[Presence], sights: Sequence[Sight], url: str) -> None:
    from crawler.commands.views import count, minute

    unknown = [sight for sight in sights if sight.has is None]
    output.record(
        {
            "type": "phrase",
            "url": url,
            "phrase": phrase,
            "with": sum(sight.has is True for sight in sights),
            "without": sum(sight.has is False for sight in sights),
            "unknown": len(unknown),
            "intervals": [_presence_record(presence) for presence in found],
        }
    )

    def at(sight: Sight) -> str:
        return f"@{sight.row.n} {minute(sight.row.capture.captured_at)}"

    def between(sights: Sequence[Sight]) -> str:
        named = ", ".join(f"@{sight.row.n} {sight.why}" for sight in sights[:5])
        more = f" and {len(sights) - 5} more" if len(sights) > 5 else ""
        return f" (not known: {named}{more})" if sights else ""

    shown = f'"{printable(phrase)}"'
    if not found:
        seen = sum(sight.has is False for sight in sights)
        where = "in the one capture that tells" if seen == 1 else f"in any of the {seen} captures that tell"
        output.result(f"{shown} is not {where}{between(unknown)}")
    for one in found:
        if one.after is None:
            since = f"at {at(one.first)}, the first capture that tells{between(one.unknown_before)}"
            output.result(f"{shown} was there {since}")
        else:
            no_page = ", when there was no page" if one.after.why == "gone" else ""
            output.result(
                f"{shown} appeared after {at(one.after)}{no_page} and by {at(one.first)}{between(one.unknown_before)}"
            )
        stayed = f"    in {count(one.captures, 'capture')}, the last {at(one.last)}"
        output.result(stayed + between(one.unknown_within))
        if one.before is None:
            output.result(f"    still there at the last capture that tells{between(one.unknown_after)}")
        else:
            how = "the page was gone" if one.before.why == "gone" else "it had vanished"
            output.result(f"    {how} by {at(one.before)}{between(one.unknown_after)}")


def _presence_record(presence: Presence) -> dict[str, Any]:
    from crawler.commands.views import instant

    def sight(one: Sight | None) -> dict[str, Any] | None:
        if one is None:
            return None
        capture = one.row.capture
        return {
            "n": one.row.n,
            "timestamp": capture.timestamp,
            "captured_at": instant(capture.captured_at),
            "record_id": capture.record_id,
            "why": one.why,
        }

    def all_of(sights: Sequence[Sight]) -> list[dict[str, Any] | None]:
        return [sight(one) for one in sights]

    return {
        "appeared_after": sight(presence.after),
        "appeared_by": sight(presence.first),
        "last_with": sight(presence.last),
        "vanished_by": sight(presence.before),
        "captures": presence.captures,
        "unknown_before": all_of(presence.unknown_before),
        "unknown_within": all_of(presence.unknown_within),
        "unknown_after": all_of(presence.unknown_after),
    }
