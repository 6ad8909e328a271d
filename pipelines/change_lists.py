"""Entries of lists, before and after → edits at level `list`: who came, who is gone, what is said otherwise.

1. The entries of all lists of both pages are paired: by link, by name, by the name's words in another order, by another
   spelling. The order of a list is no matter; under which heading an entry stands is.
2. Who has no partner is looked for in all the rest of the other page. What stands there in a place of its own is
   neither gone nor new: the page's make changed, or the list was recognised on one side alone; its blocks are then
   compared as text. A name that is gone is reported though a sentence elsewhere on the page names it.
3. Said once instead of many times: a list of which more than four fifths vanished (or came) at once, and the same words
   that changed in nearly all entries.
4. Set aside: entries that fall off the end of a list of the newest, because others came at its top; counters.
5. Not established is that somebody is gone where the list goes on on pages that are not looked at here, or where as
   many came at its top as are gone at its end: this is said with the edit (`unsure`).

The blocks of all that was paired or reported are covered: their words are not told again as text.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from rapidfuzz import fuzz

from pipelines import furniture
from pipelines.diff import changed_words, tokens, word_diff
from pipelines.edits import Covered, Edit, Op
from pipelines.lists import BETWEEN, LEAST_PERSONS, NUMBER, Entry, ListSeen, PageLists, lists_of
from pipelines.reading import Reading
from pipelines.same_name import is_spelling, name_key
from spiders.listing import list_key

OLDER: Final = "older than the list shows"
COUNTER: Final = "counter"
GOES_ON: Final = "the list goes on on other pages"
PUSHED_OUT: Final = "as many came at the top of the list as are gone at its end"
TOLD_ONCE: Final = "told once for the list"
WHOLE: Final = "list"
"""Field of an edit that says of a whole list what happened to it."""
VANISHED: Final = 0.8
"""Share of a list's entries from which their vanishing, or coming, is told as one."""
AT_ONCE: Final = 5
"""Entries from which it is."""
SAME_IN: Final = 0.8
"""Share of the entries from which a change that is the same in all of them is told as one."""
ALIKE: Final = 80.0
"""Ratio (rapidfuzz, 0 to 100) from which two long texts without a link are one entry edited."""
TEXT: Final = 25
"""Characters from which such a text is long."""
ENUMERATED: Final = 0.6
"""Share of a line from which the names in it are what it is about."""
PAIRS_LIMIT: Final = 100_000
"""Entries gone times entries come that are compared with one another for another spelling."""
NAMES_TOLD: Final = 100
"""Names that stand in the words of an edit that is told of a whole list; all stand in its text."""
FRAME: Final = frozenset({"menu", "header", "footer"})
"""Furniture that stands around every page of a site."""
SHORT_LINE: Final = 120
"""Characters up to which a block is one entry at most."""

_COUNT = re.compile(r"\d+")
_ALPHABET = re.compile(r"[^\W\d_](?:[\s|·,/-]+[^\W\d_]){2,}")
_FEED = re.compile(r"\A/(?:rss|feed|rdf)\b", re.IGNORECASE)
_DAY = re.compile(
    r"(?P<y>20\d\d)-(?P<m>\d\d)-(?P<d>\d\d)|(?<!\d)(?P<d2>\d{1,2})[./](?P<m2>\d{1,2})[./](?P<y2>20\d\d)(?!\d)"
)
_MONTHS: Final = (
    *("jan янв січ студ", "feb фев лют", "mar мар бер сак", "apr апр кві крас", "may мая май тра", "jun июн чер чэр"),
    *("jul июл лип ліп", "aug авг сер жні", "sep сен вер", "oct окт жов кас", "nov ноя лис ліс", "dec дек гру сне"),
)
_MONTH_OF: Final = {head: number for number, heads in enumerate(_MONTHS, 1) for head in heads.split()}
_WORDED = re.compile(
    r"(?<!\d)(\d{1,2})\s+([^\W\d_]{3,12})\.?,?\s+(20\d\d)|([^\W\d_]{3,12})\.?\s+(\d{1,2}),?\s+(20\d\d)"
)


@dataclass(frozen=True, slots=True)
class _Pair:
    before: Entry
    after: Entry


@dataclass(frozen=True, slots=True)
class ListDifference:
    """How the lists of two pages differ, entry by entry."""

    before: PageLists
    after: PageLists
    pairs: tuple[_Pair, ...]
    removed: tuple[Entry, ...]
    added: tuple[Entry, ...]
    rolled: frozenset[int]
    """`id` of the entries, gone or come, that a list of the newest does not show for their age."""
    counted: frozenset[int]
    """`id` of the entries whose lists, or whose partners' lists, number them."""
    pushed: frozenset[int]
    """`id` of the entries that stood last and are gone, where as many at least came at the top."""
    goes_on: bool
    """Whether one of the two pages leads to another page of the list."""
    slim: frozenset[int]
    """`id` of the entries of which the name alone is compared: their lists, or their partners', are of long texts."""


def list_edits(before: Reading, after: Reading) -> tuple[list[Edit], Covered]:
    """The differences, in document order, and the blocks of the entries that were compared."""
    if _visible(before) == _visible(after):
        return [], Covered()
    found = list_difference(before, after)
    if found is None:
        return [], Covered()
    return edits_of(found), covered_by(found)


def list_difference(before: Reading, after: Reading) -> ListDifference | None:
    """What the lists of two pages have and have not in common; None where neither has a list."""
    old, new = lists_of(before), lists_of(after)
    if not old.lists and not new.lists:
        return None
    pairs, gone, come = _paired(old.entries, new.entries)
    removed = _not_furniture(_not_in(gone, old, new), after)
    added = _not_furniture(_not_in(come, new, old), before)
    goes_on = bool(removed) and (_goes_on(before) or _goes_on(after))
    rolled, pushed = _rolled(old, new, pairs, removed, added, goes_on=goes_on)
    lists = (*old.lists, *new.lists)
    slim = _with_partners((entry for one in lists if one.slim for entry in one.entries), pairs)
    counted = _with_partners((entry for one in lists if one.counted for entry in one.entries), pairs)
    return ListDifference(
        old,
        new,
        tuple(pairs),
        tuple(removed),
        tuple(added),
        rolled=frozenset(rolled),
        counted=counted,
        pushed=frozenset(pushed),
        goes_on=goes_on,
        slim=slim,
    )


def _with_partners(entries: Iterable[Entry], pairs: Sequence[_Pair]) -> frozenset[int]:
    """`id` of entries, and of those that they are paired with."""
    found = set(map(id, entries))
    for pair in pairs if found else ():
        if id(pair.before) in found or id(pair.after) in found:
            found |= {id(pair.before), id(pair.after)}
    return frozenset(found)


def _goes_on(reading: Reading) -> bool:
    """Whether a page links to another part of the list that it is a part of."""
    own, page = list_key(reading.url), reading.url.split("#")[0]
    return any(list_key(link.target) == own and link.target.split("#")[0] != page for link in reading.links)


def _visible(reading: Reading) -> list[str]:
    return list(reading.forms)


# --- who is who -------------------------------------------------------------------------------------------------------


def _paired(old: Sequence[Entry], new: Sequence[Entry]) -> tuple[list[_Pair], list[Entry], list[Entry]]:
    """Entries that are one and the same, the surest sign first; who is left on either side."""
    pairs: list[_Pair] = []
    old, new = _pair_by(lambda entry: entry.link and (entry.link, name_key(entry.name)), old, new, pairs)
    # where links go by the place in the list, all below one who is gone lead elsewhere, and are who they were
    stayed = {name_key(entry.name) for entry in old} & {name_key(entry.name) for entry in new}
    keys: tuple[Callable[[Entry], Hashable], ...] = (
        lambda entry: None if name_key(entry.name) in stayed else entry.link,
        lambda entry: name_key(entry.name),
        lambda entry: entry.link,
        lambda entry: " ".join(sorted(name_key(entry.name).split())),
    )
    for key in keys:
        old, new = _pair_by(key, old, new, pairs)
    old, new = _pair_alike(old, new, pairs)
    return pairs, list(old), list(new)


def _pair_by(
    key: Callable[[Entry], Hashable], old: Sequence[Entry], new: Sequence[Entry], pairs: list[_Pair]
) -> tuple[list[Entry], list[Entry]]:
    waiting: dict[Hashable, list[Entry]] = {}
    for entry in new:
        if known := key(entry):
            waiting.setdefault(known, []).append(entry)
    gone, taken = [], set()
    for entry in old:
        known = key(entry)
        some = waiting.get(known) if known else None
        if not some:
            gone.append(entry)
            continue
        # of namesakes, that under the same heading, with the same words
        at = 0
        if len(some) > 1:
            near = range(min(len(some), 20))
            at = max(near, key=lambda n: (some[n].section == entry.section, some[n].cells == entry.cells, -n))
        partner = some.pop(at)
        taken.add(id(partner))
        pairs.append(_Pair(entry, partner))
    return gone, [entry for entry in new if id(entry) not in taken]


def _pair_alike(
    old: Sequence[Entry], new: Sequence[Entry], pairs: list[_Pair]
) -> tuple[Sequence[Entry], Sequence[Entry]]:
    """Another spelling of a name, a title that was reworded: of those whose links do not tell them apart."""
    if len(old) * len(new) > PAIRS_LIMIT:
        return old, new
    left = list(new)
    gone = []
    for entry in old:
        likely = [
            (likeness, -n)
            for n, other in enumerate(left)
            if (likeness := _likeness(entry, other)) and not _are_told_apart(entry, other)
        ]
        if not likely:
            gone.append(entry)
            continue
        pairs.append(_Pair(entry, left.pop(-max(likely)[1])))
    return gone, left


def _are_told_apart(one: Entry, other: Entry) -> bool:
    """Whether their links say that two entries of like names are two: not where all else that they say is the same, for
    a page that is named after a person is renamed with it.
    """
    if not (one.link and other.link):
        return False
    said, then = (
        [cell if at != entry.first else cell.replace(entry.name, "", 1) for at, cell in enumerate(entry.cells)]
        for entry in (one, other)
    )
    return said != then or not any(any(map(str.isalnum, cell)) for cell in said)


def _likeness(one: Entry, other: Entry) -> float:
    """How surely two entries are one; 0 where they are not."""
    if one.person and other.person:
        return 100.0 if is_spelling(one.name, other.name) else 0.0
    if one.person is not other.person or min(len(one.name), len(other.name)) < TEXT:
        return 0.0
    return fuzz.ratio(one.name, other.name, score_cutoff=ALIKE)


# --- who stands elsewhere on the page ---------------------------------------------------------------------------------


def _not_in(entries: Sequence[Entry], own: PageLists, page: PageLists) -> list[Entry]:
    """Those of their own page that do not stand on the other in a place of their own, beside its lists."""
    if not entries:
        return []
    outside = page.outside
    known: set[str] = set()
    links: set[str] = set()
    for unit in outside:
        if len(unit.text) <= SHORT_LINE:
            known.add(_words(unit.bare))
        if unit.name and unit.rest >= 0:
            known.add(_words(unit.name))
        if 2 * unit.linked >= len(unit.text):
            links.update(unit.links)
    left = [entry for entry in entries if entry.link not in links and _words(entry.name) not in known]
    if len(left) >= AT_ONCE and 2 * len(left) > len(own.entries):
        # the list may stand there as running text
        running = f" {' '.join(name_key(unit.text) for unit in outside)} "
        within = [entry for entry in left if f" {name_key(entry.name)} " in running]
        if len(within) > len(left) / 2:
            inside = set(map(id, within))
            return [entry for entry in left if id(entry) not in inside]
    if len(left) >= LEAST_PERSONS and 2 * len(left) > len(own.entries):
        stayed = {unit.text for unit in own.units}
        new = [unit.text for unit in outside if unit.text not in stayed]
        inside = {id(entry) for text in new for entry in _enumerated(left, text)}
        return [entry for entry in left if id(entry) not in inside]
    return left


def _enumerated(entries: Sequence[Entry], text: str) -> list[Entry]:
    """Those entries that a line of little else than such names has: "Ada Lindqvist, Boris Kremer and Vera Berezova"."""
    line = f" {name_key(text)} "
    within = [entry for entry in entries if f" {name_key(entry.name)} " in line]
    said = sum(len(name_key(entry.name)) + 1 for entry in within)
    return within if len(within) >= LEAST_PERSONS and said >= ENUMERATED * len(line) else []


def _not_furniture(entries: Sequence[Entry], reading: Reading) -> list[Entry]:
    """Those that are no furniture of the other page: on a page whose list is empty, its menu may look like the list.

    Who is a person is none, wherever the name stands there.
    """
    if all(entry.person for entry in entries):
        return list(entries)
    known = {
        name_key(reading.text_of(block))
        for block in reading.blocks
        if block.level == "side" and block.furniture in FRAME and block.end - block.start <= SHORT_LINE
    }
    return [entry for entry in entries if entry.person or name_key(entry.name) not in known]


def _words(name: str) -> str:
    return " ".join(sorted(name_key(name).split()))


# --- lists of the newest ----------------------------------------------------------------------------------------------


def _rolled(
    old: PageLists,
    new: PageLists,
    pairs: Sequence[_Pair],
    removed: Sequence[Entry],
    added: Sequence[Entry],
    *,
    goes_on: bool,
) -> tuple[set[int], set[int]]:
    """`id` of what a list of the newest does not show any more, because others came, or shows again; and of all that
    stood last and is gone where others came at the top.
    """
    gone, come = set(map(id, removed)), set(map(id, added))
    partner = {id(pair.before): pair.after for pair in pairs}
    rolled: set[int] = set()
    pushed: set[int] = set()
    if not removed or not added:
        return rolled, pushed
    of_new = {id(entry): number for number, one in enumerate(new.lists) for entry in one.entries}
    for one in old.lists:
        into = Counter(of_new[id(partner[id(entry)])] for entry in one.entries if id(entry) in partner)
        if not into:
            continue
        other = new.lists[into.most_common(1)[0][0]]
        out = _fallen(one.entries, other.entries, gone, come)
        pushed |= out
        of_newest = goes_on or _is_of_the_newest(one.entries) or _is_of_the_newest(other.entries)
        if of_newest or _is_window(one.entries, other.entries, out, come):
            rolled |= out
            rolled |= _fallen(other.entries, one.entries, come, gone)
    return rolled, pushed


def _fallen(shown: Sequence[Entry], then: Sequence[Entry], gone: set[int], come: set[int]) -> set[int]:
    """What stood last of a list and is gone, where as many at least came at its top; or came where as many went."""
    tail = len(shown)
    while tail and id(shown[tail - 1]) in gone:
        tail -= 1
    last = {id(entry) for entry in shown[tail:]}
    kept = [number for number, entry in enumerate(then) if id(entry) not in come]
    before_last = sum(id(entry) in come for entry in then[: kept[-1]]) if kept else 0
    return last if 0 < len(last) <= before_last else set()


def _is_of_the_newest(entries: Sequence[Entry]) -> bool:
    """Whether a list is no list of persons, and in the order of its dates, or has none."""
    if 2 * sum(entry.person for entry in entries) >= len(entries):
        return False
    days = [day for entry in entries if (day := _day_in(entry.text)) is not None]
    if 2 * len(days) < len(entries):
        return True
    return sum(one >= other for one, other in pairwise(days)) >= 0.9 * (len(days) - 1)


def _is_window(shown: Sequence[Entry], then: Sequence[Entry], out: set[int], come: set[int]) -> bool:
    """Whether two lists show the latest so many: as many before and after, in the order of their dates, and what came
    is no older than what stayed, what went no younger.

    A feed shows the latest by what it is.
    """
    if not out or len(shown) != len(then):
        return False
    if all(_FEED.search(entry.path) for entry in (*shown, *then)):
        return True
    if len(shown) < AT_ONCE:
        return False
    days = [[_day_in(entry.text) for entry in some] for some in (shown, then)]
    if any(day is None for some in days for day in some):
        return False
    old, new = ([day for day in some if day is not None] for some in days)
    if any(one < other for some in (old, new) for one, other in pairwise(some)):
        return False
    kept = [day for day, entry in zip(new, then, strict=True) if id(entry) not in come]
    return all(day >= max(kept) for day, entry in zip(new, then, strict=True) if id(entry) in come) if kept else True


def _day_in(text: str) -> tuple[int, int, int] | None:
    if match := _DAY.search(text):
        if match["y"]:
            return int(match["y"]), int(match["m"]), int(match["d"])
        return int(match["y2"]), int(match["m2"]), int(match["d2"])
    if match := _WORDED.search(text):
        month = _MONTH_OF.get((match[2] or match[4])[:4].lower()) or _MONTH_OF.get((match[2] or match[4])[:3].lower())
        return (int(match[3] or match[6]), month, int(match[1] or match[5])) if month else None
    return None


# --- edits ------------------------------------------------------------------------------------------------------------


Elsewhere = Callable[[Entry, Op], Entry | None]
"""The entry that is the same on another page of the list; None where there is none."""
Doubt = Callable[[Entry], str | None]
"""Why it is not established that an entry is gone from the list; None where it is."""


def nowhere(entry: Entry, op: Op) -> Entry | None:
    """What `Elsewhere` says where one page alone is looked at."""
    return None


def edits_of(
    found: ListDifference,
    elsewhere: Elsewhere = nowhere,
    *,
    why: str = "",
    complete: bool = False,
    doubt: Doubt | None = None,
) -> list[Edit]:
    """The edits of a difference, in document order.

    What stands elsewhere is set aside with the reason `why`; where it is said otherwise there, that is the edit. With
    `complete` it is known of all other pages of the list what they say, or why not: who is on none of them is told,
    however old. `doubt` says of whom it is not established that they are gone; without it one page alone is looked at.
    """
    doubt = doubt or _doubt_of(found)
    placed: list[tuple[float, Edit]] = []
    at = _Places(found)
    sides: tuple[tuple[Op, tuple[Entry, ...], tuple[ListSeen, ...]], ...] = (
        ("remove", found.removed, found.before.lists),
        ("add", found.added, found.after.lists),
    )
    for op, entries, lists in sides:
        aside: dict[int, str] = {}
        for entry in entries:
            other = elsewhere(entry, op)
            if other is not None:
                aside[id(entry)] = why
                if op == "remove" and (edit := _changed_elsewhere(entry, other, found)) is not None:
                    placed.append((at.of(entry, op), edit))
            elif id(entry) in found.rolled and not (complete and entry.person):
                aside[id(entry)] = OLDER
        doubts = {id(entry): doubt(entry) for entry in entries if id(entry) not in aside} if op == "remove" else {}
        once = _told_once([entry for entry in entries if id(entry) not in aside], lists)
        placed += [
            (at.of(entry, op), _one_sided(op, entry, found, aside.get(id(entry)), doubts.get(id(entry))))
            for entry in entries
            if id(entry) not in once
        ]
        for some in {id(some): some for some in once.values()}.values():
            unsure = next((open_ for one in some if (open_ := doubts.get(id(one))) is not None), None)
            placed.append((at.of(some[0], op), _whole(op, some, unsure)))
    placed += _said_otherwise(found, at)
    placed += _elsewhere_in_the_list(found, at)
    return [edit for _, edit in sorted(placed, key=lambda pair: pair[0])]


def _doubt_of(found: ListDifference) -> Doubt:
    """What one page alone leaves open."""

    def doubt(entry: Entry) -> str | None:
        if found.goes_on:
            return GOES_ON
        return PUSHED_OUT if id(entry) in found.pushed else None

    return doubt


def gone_entry(entry: Entry, unsure: str | None) -> Edit:
    """That an entry is gone together with the page of the list that it stood on."""
    return Edit(
        "remove",
        "list",
        entry.text,
        None,
        ((f"-{entry.text}",),),
        entry.paragraph,
        entry.path,
        field=entry.key,
        subject=subject_of(entry),
        unsure=unsure,
    )


def _changed_elsewhere(entry: Entry, other: Entry, found: ListDifference) -> Edit | None:
    """What is said otherwise of an entry on the page that it stands on now."""
    if not other.cells:
        return None
    nothing: frozenset[str] = frozenset()
    told = _differing(_Pair(entry, other), found, (nothing, nothing))
    words = () if told is None else _words_changed(*told)
    return None if told is None or not words else _edited(_Pair(entry, other), *told, words, None)


class _Places:
    """Where in the later page an edit belongs."""

    def __init__(self, found: ListDifference) -> None:
        order = sorted((pair.before.first_unit, pair.after.first_unit) for pair in found.pairs)
        self._before = [before for before, _ in order]
        self._after = [after for _, after in order]

    def of(self, entry: Entry, op: Op) -> float:
        """The place of an entry; of one that is gone, behind the entry that stood before it."""
        if op != "remove":
            return entry.first_unit
        at = bisect_left(self._before, entry.first_unit) - 1
        return self._after[at] + 0.5 if at >= 0 else -1.0


def _one_sided(op: Op, entry: Entry, found: ListDifference, why: str | None, unsure: str | None) -> Edit:
    text = entry.name_cell if _is_slim(entry, found) else entry.text
    before, after = (text, None) if op == "remove" else (None, text)
    sign = "-" if op == "remove" else "+"
    return Edit(
        op,
        "list",
        before,
        after,
        ((sign + text,),),
        entry.paragraph,
        entry.path,
        field=entry.key,
        subject=subject_of(entry),
        set_aside=why,
        unsure=unsure,
    )


def subject_of(entry: Entry) -> str | None:
    """The person that an entry is of, where it is of one."""
    return entry.name if entry.person else None


def _is_slim(entry: Entry, found: ListDifference) -> bool:
    return id(entry) in found.slim


def _told_once(entries: Sequence[Entry], lists: Sequence[ListSeen]) -> dict[int, list[Entry]]:
    """By `id`, entries of lists of which nearly all vanished, or came, at once: with all of that list."""
    going = set(map(id, entries))
    once: dict[int, list[Entry]] = {}
    for one in lists:
        some = [entry for entry in one.entries if id(entry) in going]
        if len(some) >= AT_ONCE and len(some) > VANISHED * len(one.entries):
            once.update(dict.fromkeys(map(id, some), some))
    return once


def _whole(op: Op, some: Sequence[Entry], unsure: str | None) -> Edit:
    text = "; ".join(entry.name for entry in some)
    sign = "-" if op == "remove" else "+"
    words = tuple((sign + entry.name,) for entry in some[:NAMES_TOLD])
    before, after = (text, None) if op == "remove" else (None, text)
    first = some[0]
    return Edit(op, "list", before, after, words, first.paragraph, first.path, field=WHOLE, unsure=unsure)


def _said_otherwise(found: ListDifference, at: _Places) -> Iterator[tuple[float, Edit]]:
    outside = _outside_texts(found.before), _outside_texts(found.after)
    edits: list[tuple[float, Edit]] = []
    for pair in found.pairs:
        told = _differing(pair, found, outside)
        if told is None:
            continue
        old, new = told
        words = _words_changed(old, new)
        if words:
            why = COUNTER if furniture.still(old) == furniture.still(new) else None
            edits.append((at.of(pair.after, "edit"), _edited(pair, old, new, words, why)))
    counts = Counter(edit.words for _, edit in edits)
    for words, count in counts.items():
        if count >= AT_ONCE and count >= SAME_IN * len(found.pairs):
            place, first = next((place, edit) for place, edit in edits if edit.words == words)
            old, new = (" … ".join(word[1:] for one in words for word in one if word[0] == sign) for sign in "-+")
            yield place, replace(first, before=old, after=new, field=WHOLE, subject=None)
            edits = [
                (place, replace(edit, set_aside=TOLD_ONCE) if edit.words == words else edit) for place, edit in edits
            ]
    yield from edits


def _words_changed(old: str, new: str) -> tuple[tuple[str, ...], ...]:
    """The words that changed; where cells were cut otherwise, the signs between them did not."""
    changed = changed_words(word_diff(old.replace(BETWEEN, "\n"), new.replace(BETWEEN, "\n")))
    if old.count(BETWEEN) != new.count(BETWEEN):
        changed = [pair for pair in changed if any(any(map(str.isalnum, word)) for word in pair)]
    return tuple(tuple(" ".join(word.split()) for word in pair) for pair in changed)


def _edited(pair: _Pair, old: str, new: str, words: tuple[tuple[str, ...], ...], why: str | None) -> Edit:
    entry = pair.after
    subject = subject_of(entry) or subject_of(pair.before)
    return Edit(
        "edit",
        "list",
        old,
        new,
        words,
        entry.paragraph,
        entry.path,
        field=entry.key,
        subject=subject,
        set_aside=why,
    )


def _differing(
    pair: _Pair, found: ListDifference, outside: tuple[frozenset[str], frozenset[str]]
) -> tuple[str, str] | None:
    """The texts of an entry where they differ in more than the order or the cut of its cells."""
    old, new = pair.before, pair.after
    if _is_slim(old, found) or _is_slim(new, found):
        return None if old.name_cell == new.name_cell else (old.name_cell, new.name_cell)
    if old.cells == new.cells:
        return None
    cells = [_uncounted(entry, found) for entry in (old, new)]
    gone, come = Counter(cells[0]) - Counter(cells[1]), Counter(cells[1]) - Counter(cells[0])
    # what another make of the page put beside the list has not gone
    gone -= Counter({cell: count for cell, count in gone.items() if cell in outside[1]})
    come -= Counter({cell: count for cell, count in come.items() if cell in outside[0]})
    if not gone and not come:
        return None
    words = [_word_counts(cells) for cells in (gone.elements(), come.elements())]
    if words[0] == words[1] and (sum(gone.values()) > 1 or sum(come.values()) > 1):
        return None
    if len(old.cells) == len(new.cells) == 1:
        return old.text, new.text
    kept = Counter(old.cells) & Counter(new.cells)
    head = [cell for cell in new.cells if cell in kept and cell == new.name_cell]
    return BETWEEN.join([*head, *_in_order(old.cells, gone)]), BETWEEN.join([*head, *_in_order(new.cells, come)])


def _uncounted(entry: Entry, found: ListDifference) -> tuple[str, ...]:
    """The cells without the entry's number: on one side it may look like a number of another kind."""
    first = entry.cells[0]
    is_number = id(entry) in found.counted and entry.first > 0 and NUMBER.fullmatch(first) is not None
    return entry.cells[1:] if is_number else entry.cells


def _in_order(cells: Sequence[str], some: Counter[str]) -> list[str]:
    return [cell for cell in cells if cell in some]


def _word_counts(cells: Iterable[str]) -> Counter[str]:
    return Counter(token for cell in cells for token in tokens(cell) if not token.isspace())


def _outside_texts(page: PageLists) -> frozenset[str]:
    return frozenset(unit.text for unit in page.outside)


def _elsewhere_in_the_list(found: ListDifference, at: _Places) -> Iterator[tuple[float, Edit]]:
    """Entries that stand under another heading: who was detained, say, and is among the released."""
    before, after = (
        {name_key(unit.text) for unit in page.units if unit.heading} for page in (found.before, found.after)
    )
    moves = Counter((_section(pair.before), _section(pair.after)) for pair in found.pairs)
    usual: dict[str, str] = {}
    for (old, new), _ in moves.most_common():
        usual.setdefault(old, new)
    moved = []
    for pair in found.pairs:
        old, new = _section(pair.before), _section(pair.after)
        if not old or not new or old == new:
            continue
        if (usual[old] != new and old in after) or (new in before and old in after):
            moved.append(pair)
    if 2 * len(moved) > len(found.pairs):
        return
    for pair in moved:
        old, new = (f"{entry.section} · {entry.name}" for entry in (pair.before, pair.after))
        words = ((f"-{pair.before.section}", f"+{pair.after.section}"),)
        yield at.of(pair.after, "edit"), _edited(pair, old, new, words, None)


def _section(entry: Entry) -> str:
    return _COUNT.sub("", name_key(entry.section)).strip()


def covered_by(found: ListDifference) -> Covered:
    """The blocks of which all is told as entries."""
    gone, come = (
        {number for entry in entries for number in _units_of(entry, found)}
        for entries in (
            [*(pair.before for pair in found.pairs), *found.removed],
            [*(pair.after for pair in found.pairs), *found.added],
        )
    )
    gone |= _letters(found.before)
    come |= _letters(found.after)
    return Covered(_whole_blocks(found.before, gone), _whole_blocks(found.after, come))


def _letters(page: PageLists) -> set[int]:
    """The letters that part a register by the alphabet, and the line of them that leads to each."""
    return {
        number
        for number, unit in enumerate(page.units)
        if (unit.heading and len(unit.text) == 1 and unit.text.isalpha()) or _ALPHABET.fullmatch(unit.text)
    }


def _units_of(entry: Entry, found: ListDifference) -> tuple[int, ...]:
    return (entry.first_unit,) if _is_slim(entry, found) else entry.units


def _whole_blocks(page: PageLists, covered: set[int]) -> frozenset[int]:
    left = {unit.block for number, unit in enumerate(page.units) if number not in covered}
    return frozenset(page.units[number].block for number in covered) - left
