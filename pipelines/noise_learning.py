"""Learning noise: what moves by itself, from how pages of one site differed. Pure: the same looks give the same mask.

A look is one comparison of a page with itself. What moved in it and was reported, beside the main text, is put together
by place. A place becomes a slot

- by history: on one page it moved in three looks or more and in half of them at least; or it moved on most pages at
  once, and not everywhere in the same way, in two crawls, a count or a date also in one on many pages;
- by second looks: a page was fetched twice some seconds apart, and it had moved. Once is enough, but not where facts
  of a case might stand: there it takes two.

Only looks count in which nothing of the case changed: no word of the main text, no entry of a list, no fact. What looks
like a fact of a case (its label says so, the reading takes a fact from it, its words are those of facts) is no slot by
history unless it is a count or a date that moves nearly always. A list from which things only go, or to which they
only come, is none either: a list of prisoners grows.

Within the main text words are learned in these cases alone. A line of which nothing but the headline of its link moves,
in three looks or more. And texts that are shown by turns, an appeal, a quotation, a notice that comes and goes: texts
that had gone from a page were back later, twice at least, and in one crawl one of them came on one page as it went from
another. An editor does neither. Of such a place only these very texts are set aside: another one is told, and a word.

What passes through all pages (on three or more, in nearly every look, one text giving way to quite another) may have
the words of facts in it; in the main text it has to be the same on all of them each time.

Repeated are texts beside the main text, of 25 characters or more, that stand on three pages or more; those with the
words of facts only when they are links.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import Any, Final
from urllib.parse import urlsplit

from rapidfuzz import fuzz

from pipelines import furniture
from pipelines.noise import (
    ADDRESSES,
    LINE,
    NOISE_RULES,
    REPEATED,
    UNLIKE,
    Level,
    Mask,
    Slot,
    are_unlike_lines,
    is_other_headline,
    moves_address,
    page_of,
    place_of_edit,
    repeated_form,
    top_of,
)
from pipelines.noise_file import hand_id
from pipelines.noise_places import Place, places_of
from pipelines.noise_shapes import (
    SHAPES,
    Shape,
    leading_label,
    looks_like_fact,
    names_fact,
    shape_of,
    widest,
)
from pipelines.reading import Block, Reading, comparable

OFTEN: Final = 3
"""Looks of one page in which a place has to have moved."""
SHARE: Final = 0.5
"""Of its looks."""
FACT_OFTEN: Final = 5
FACT_SHARE: Final = 0.8
"""The same for a count or a date that might be a fact."""
PAGES: Final = 3
"""Pages on which a place has to have moved at once; pages that a repeated text has to stand on."""
MANY_PAGES: Final = 5
MOST: Final = 0.8
"""Pages, and share of the pages that were compared, for which one crawl is enough."""
REPEATED_LEAST: Final = 25
"""Characters of a repeated text."""
ROW: Final = 8
"""Places of a row through which texts pass, at most."""
SLOTS_LIMIT: Final = 300
REPEATED_LIMIT: Final = 2_000
EXAMPLES: Final = 3
EXAMPLE_LENGTH: Final = 60
TURN_LENGTH: Final = 600
"""Characters of a text that is shown by turns, at most."""
TURNS_LIMIT: Final = 60
"""Texts that are shown at one place by turns, at most."""
RETURNS: Final = 2
"""How often some text of a place has to have been back after it had gone."""
REDESIGN: Final = 0.6
"""Share of a page's blocks from which on it is another design that came, and says nothing of what moves."""


@dataclass(frozen=True, slots=True)
class Move:
    """What moved at one place in one look."""

    place: Place
    level: Level
    before: str | None
    after: str | None
    told: bool = False
    """Whether the reading takes a fact of the case from it."""
    linked: bool = False
    """Whether all of it is a link."""
    is_address: bool = False
    """Whether not words moved, but where a link leads or which picture is shown."""
    headline: bool = False
    """Whether nothing but a link's headline moved, and where that leads."""

    @property
    def shape(self) -> Shape:
        """What of it moved."""
        if self.is_address:
            return "address"
        return "text" if self.before is None or self.after is None else shape_of(self.before, self.after)

    @property
    def example(self) -> str:
        """As the mask's file shows it."""
        return " → ".join(_shortened(text) for text in (self.before, self.after))


@dataclass(frozen=True, slots=True)
class Look:
    """How a page differed from itself."""

    url: str
    crawl: str
    at: datetime
    moves: tuple[Move, ...] = ()
    quiet: bool = True
    """Whether nothing of the case changed, and the page's design is the same."""
    second: bool = False
    """Whether the two were fetched some seconds apart."""
    words: tuple[Move, ...] = ()
    """What moved of the words of the main text: the look is not quiet, unless all of these are known to move."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands beside the main text of one page and is not known for furniture."""

    url: str
    texts: tuple[tuple[str, bool], ...]
    """Each with whether it is a link."""
    told: tuple[str, ...] = ()
    """Texts that facts are taken from."""


def learn(
    histories: Sequence[Sequence[Reading]],
    *,
    second_looks: Iterable[tuple[Reading, Reading]] = (),
    known: Mask | None = None,
) -> Mask:
    """The mask of a site by its pages' readings, of each in the order of time: the n-th are taken to be of one crawl.

    `second_looks`: readings of one page that was fetched twice, some seconds apart.
    """
    from pipelines.change import compare

    mask = known or Mask()
    standing = [standing_of(reading) for readings in histories for reading in readings]
    mask = with_repeated(mask, standing)
    looks = []
    for readings in histories:
        for number, (before, after) in enumerate(pairwise(readings)):
            edits = compare(before, after, mask).edits
            looks.append(look_of(before, after, [edit.as_record() for edit in edits], crawl=f"{number:06d}"))
    for first, second in second_looks:
        edits = compare(first, second, mask).edits
        looks.append(look_of(first, second, [edit.as_record() for edit in edits], crawl="", second=True))
    return with_slots(mask, looks)


# ---- what a look saw


def look_of(
    before: Reading, after: Reading, edits: Iterable[Mapping[str, Any]], *, crawl: str, second: bool = False
) -> Look:
    """A look, by the edits (`Edit.as_record`) that the comparison found."""
    found = [edit for edit in edits if is_unknown(edit)]
    moves: list[Move] = []
    words: list[Move] = []
    quiet = True
    sides = (_Side(before), _Side(after))
    for edit in found:
        move = _move(edit, sides)
        if move is not None:
            moves.append(move)
        elif (move := _words(edit, sides)) is not None:
            words.append(move)
        elif edit["level"] in {"list", "fact"} or (edit["level"] == "main" and edit.get("field") not in ADDRESSES):
            quiet = False
    blocks = max(1, min(len(before.blocks), len(after.blocks)))
    quiet = quiet and len(moves) + len(words) <= max(10, REDESIGN * blocks)
    return Look(after.url, crawl, after.captured_at, tuple(moves), quiet, second, tuple(words))


def is_unknown(edit: Mapping[str, Any]) -> bool:
    """Whether no rule and no slot knows an edit; that a text is repeated does not say what comes there next."""
    return edit.get("set_aside") in {None, REPEATED}


def _level_of(edit: Mapping[str, Any], sides: tuple[_Side, _Side]) -> Level:
    """The level of an edit; what stands above the page's title is beside the text, whatever it was taken for."""
    level: Level = edit["level"]
    if level != "main" or edit.get("field") is not None:
        return level
    there = [(sides[0], None, edit["before"]), (sides[1], edit.get("path"), edit["after"])]
    if edit["after"] is None:
        there[0] = (sides[0], edit.get("path"), edit["before"])
    for side, path, text in there:
        at = None if text is None else side.find(path, text)
        if text is not None and (at is None or at >= side.top):
            return level
    return "side"


def _move(edit: Mapping[str, Any], sides: tuple[_Side, _Side]) -> Move | None:
    level = _level_of(edit, sides)
    before, after = edit["before"], edit["after"]
    if level == "meta" or edit.get("field") in ADDRESSES:
        return _move_beyond(edit, sides[1].host)
    if level not in {"side", "main"} or edit.get("field") is not None:
        return None
    if level == "main":
        if before is None or after is None or max(len(before), len(after)) > LINE:
            return None
        if shape_of(before, after) not in {"count", "date"}:
            return None
    side = sides[1 if after is not None else 0]
    at = side.find(edit.get("path"), after if after is not None else before)
    if at is None:
        return None
    other = sides[0].find(None, before) if before is not None and after is not None else None
    told = at in side.telling or (other is not None and other in sides[0].telling)
    return Move(side.places[at], level, before, after, told, at in side.linked)


def _words(edit: Mapping[str, Any], sides: tuple[_Side, _Side]) -> Move | None:
    """What moved of the words of a block of the main text; None where it is no such edit."""
    before, after = edit["before"], edit["after"]
    if edit["level"] != "main" or edit.get("field") is not None or edit["op"] not in {"add", "remove", "edit"}:
        return None
    if max(map(len, (before or "", after or ""))) > TURN_LENGTH:
        return None
    side = sides[1 if after is not None else 0]
    at = side.find(edit.get("path"), after if after is not None else before)
    if at is None:
        return None
    other = sides[0].find(None, before) if before is not None and after is not None else None
    told = at in side.telling or (other is not None and other in sides[0].telling)
    headline = other is not None and is_other_headline(sides[0].reading, other, side.reading, at)
    return Move(side.places[at], "main", before, after, told, at in side.linked, headline=headline)


def _move_beyond(edit: Mapping[str, Any], host: str | None) -> Move | None:
    """What moved that is not the words of a block."""
    level, field = edit["level"], edit.get("field")
    before, after = edit["before"], edit["after"]
    place = place_of_edit(level, field, edit.get("path"))
    if place is None:
        return None
    if level == "meta":
        return None if field == "payload" else Move(place, "meta", before, after, told=True)
    if level not in {"main", "side"} or not moves_address(before, after, level, host):
        return None
    return Move(place, level, before, after, is_address=True)


class _Side:
    """The blocks of a reading as edits name them."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.host = urlsplit(reading.url).hostname
        self.places = places_of(reading)
        self.telling = frozenset(fact.block for fact in reading.facts if fact.block is not None)
        self.linked = _linked(reading)
        self.top = top_of(reading)
        self._by_path: dict[str, list[int]] | None = None
        self._by_text: dict[str, int] = {}

    def find(self, path: str | None, text: str) -> int | None:
        """The index of the block with that text, at that path where one is named."""
        if self._by_path is None:
            self._by_path = {}
            for at, block in enumerate(self.reading.blocks):
                self._by_path.setdefault(block.path, []).append(at)
                self._by_text.setdefault(comparable(self.reading.text_of(block)), at)
        if path is None:
            return self._by_text.get(text)
        there = self._by_path.get(path, [])
        same = [at for at in there if comparable(self.reading.text_of(self.reading.blocks[at])) == text]
        return same[0] if same else (there[0] if there else None)


def _linked(reading: Reading) -> frozenset[int]:
    """The blocks that are links from their beginning to their end, or nearly."""
    covered: Counter[int] = Counter()
    for link in getattr(reading, "links", ()):
        if link.block is not None:
            covered[link.block] += link.end - link.start
    return frozenset(at for at, count in covered.items() if 5 * count >= 4 * len(reading.text_of(reading.blocks[at])))


def standing_of(reading: Reading) -> Standing:
    """What stands beside the main text of a page."""
    telling = {fact.block for fact in reading.facts}
    linked = _linked(reading)
    texts: dict[str, bool] = {}
    told = []
    for at, block in enumerate(reading.blocks):
        if not _is_beside(block):
            continue
        text = comparable(block.text)
        if len(text) < REPEATED_LEAST:
            continue
        if at in telling:
            told.append(text)
        else:
            texts[text] = texts.get(text, True) and at in linked
    return Standing(reading.url, tuple(texts.items()), tuple(told))


def _is_beside(block: Block) -> bool:
    known = block.furniture is not None and block.furniture not in furniture.TELLING
    return block.level == "side" and not known


# ---- repeated texts


def with_repeated(mask: Mask, standing: Iterable[Standing]) -> Mask:
    """The mask with the texts that stand on several of these pages."""
    pages: defaultdict[str, set[str]] = defaultdict(set)
    linked: dict[str, bool] = {}
    told: set[str] = set()
    for one in standing:
        told.update(one.told)
        page = page_of(one.url)
        for text, is_link in one.texts:
            pages[text].add(page)
            linked[text] = linked.get(text, True) and is_link
    found = {
        text: len(on)
        for text, on in pages.items()
        if len(on) >= PAGES and text not in told and _may_repeat(text, linked=linked[text])
    }
    known = mask.repeated
    new = sorted((text for text in found if repeated_form(text) not in known), key=lambda text: (-found[text], text))
    room = max(0, REPEATED_LIMIT - len(known))
    return replace(mask, repeated=known | {repeated_form(text) for text in new[:room]})


def _may_repeat(text: str, *, linked: bool) -> bool:
    label = leading_label(text)
    return not names_fact(label) and (linked or not looks_like_fact(text))


# ---- slots


@dataclass(frozen=True, slots=True)
class _Key:
    """What a slot is told from others by."""

    level: Level
    where: str
    heading: str
    label: str
    is_address: bool = False
    by_turns: bool = False


def _key(move: Move) -> _Key:
    place = move.place
    # a heading or a label tells where it is better than numbers, which a new banner above moves
    named = place.heading or place.label
    return _Key(move.level, place.tags if named else place.container, place.heading, place.label, move.is_address)


class _Group:
    """All that moved at one place, in the order of time."""

    def __init__(self, key: _Key) -> None:
        self.key = key
        self.looks: list[tuple[Look, tuple[Move, ...]]] = []

    @property
    def moves(self) -> list[Move]:
        return [move for _, moves in self.looks for move in moves]

    @property
    def shape(self) -> Shape:
        shape = widest([move.shape for move in self.moves])
        if self.key.level == "meta":
            return shape
        return "teasers" if shape == "text" and self.is_row else shape

    @property
    def is_row(self) -> bool:
        """Whether these are texts in a row of the like, of which some come as others go."""
        one_sided = any(move.before is None or move.after is None for move in self.moves)
        several = any(len(moves) > 1 for _, moves in self.looks)
        return one_sided or several

    @property
    def is_headline(self) -> bool:
        """Whether nothing but the headlines of links moved."""
        return all(move.headline for move in self.moves)

    @property
    def rotates(self) -> bool:
        """Whether in most looks as much came as went."""
        level = 0
        for _, moves in self.looks:
            came = sum(move.after is not None for move in moves)
            went = sum(move.before is not None for move in moves)
            level += came > 0 and went > 0
        return 3 * level >= 2 * len(self.looks)

    @property
    def may_be_fact(self) -> bool:
        """Whether facts of a case may stand there."""
        moves = self.moves
        if self.key.is_address:
            return False
        if names_fact(self.key.label) or any(move.told for move in moves):
            return True
        # headlines have the words of facts; they are links, and long
        if self.is_row and self.rotates and all(move.linked for move in moves):
            return False
        texts = [text for move in moves for text in (move.before, move.after) if text is not None]
        return names_fact(self.key.heading) or any(looks_like_fact(text) for text in texts)

    def turns_everywhere(self, statistics: _Statistics) -> bool:
        """Whether words of facts are there by chance alone: on several pages one text gives way to quite another, and
        that nearly always. What is said of a case changes seldom, and keeps most of its words."""
        if names_fact(self.key.label) or names_fact(self.key.heading):
            return False
        if any(move.told or move.is_address for move in self.moves) or (self.is_row and not self.rotates):
            return False
        both = [(move.before, move.after) for move in self.moves if move.before is not None and move.after is not None]
        if any(fuzz.ratio(before, after) >= UNLIKE for before, after in both):
            return False
        moved = Counter(look.url for look, _ in self.looks if look.quiet and not look.second)
        steady = [n >= OFTEN and n >= FACT_SHARE * statistics.of_page[url] for url, n in moved.items()]
        return len(moved) >= PAGES and all(steady)

    def says_alike_everywhere(self, statistics: _Statistics) -> bool:
        """Whether a short text gave way to another, the same on all of several pages, nearly whenever these were
        looked at: no editor writes for all pages at once again and again."""
        pairs = [(move.before, move.after) for move in self.moves]
        if any(before is None or after is None or not are_unlike_lines(before, after) for before, after in pairs):
            return False
        said: defaultdict[tuple[str, str | None, str | None], set[str]] = defaultdict(set)
        for look, moves in self.looks:
            for move in moves:
                said[look.crawl, move.before, move.after].add(look.url)
        return all(len(pages) >= PAGES for pages in said.values()) and self.turns_everywhere(statistics)


def with_slots(mask: Mask, looks: Iterable[Look]) -> Mask:
    """The mask with the slots that these looks tell of, beside those that it has."""
    ordered = sorted(looks, key=lambda look: (look.crawl, look.at, look.url))
    slots = {
        _Key(s.level, s.where, s.heading, s.label, s.shape == "address", s.shape == "turns"): s for s in mask.slots
    }
    ordered = _learn_words(ordered, slots)
    groups = _groups(ordered, lambda look: look.moves, _key)
    statistics = _Statistics(ordered)
    for key in sorted(groups, key=astuple):
        found = _volatile(groups[key], statistics)
        if found is None:
            continue
        before = slots.get(key)
        if before is None and len(slots) < SLOTS_LIMIT:
            slots[key] = found
        elif before is not None and before.ignore and before.learned_by != "hand":
            slots[key] = _merged(before, found)
    _learn_rows(ordered, statistics, slots)
    return replace(mask, slots=tuple(slots.values()), rules=NOISE_RULES)


def _groups(
    looks: Iterable[Look], moved: Callable[[Look], Iterable[Move]], key_of: Callable[[Move], _Key]
) -> dict[_Key, _Group]:
    groups: dict[_Key, _Group] = {}
    for look in looks:
        by_key: defaultdict[_Key, list[Move]] = defaultdict(list)
        for move in moved(look):
            by_key[key_of(move)].append(move)
        for key, moves in by_key.items():
            groups.setdefault(key, _Group(key)).looks.append((look, tuple(moves)))
    return groups


def _learn_rows(looks: Sequence[Look], statistics: _Statistics, slots: dict[_Key, Slot]) -> None:
    """Add the places of short texts in a row through which others pass on many pages: a ticker without names.

    What stands before each is another one, so that no label tells its place: the paths do, and only those that moved.
    """
    groups = _groups((look for look in looks if look.quiet), lambda look: look.moves, _row)
    for key in sorted(groups, key=astuple):
        group = groups[key]
        moves = group.moves
        if key.level != "side" or not all(move.before is None or move.after is None for move in moves):
            continue
        paths = sorted({move.place.path for move in moves})
        if len(paths) > ROW or not group.turns_everywhere(statistics):
            continue
        for path in paths:
            own = replace(key, where=path)
            if own not in slots and len(slots) < SLOTS_LIMIT:
                slots[own] = replace(_slot_of_words(group), id=_id(own), where=path, shape="teasers")


def _row(move: Move) -> _Key:
    above, _, step = move.place.path.rpartition("/")
    return _Key(move.level, f"{above}/{step.partition('[')[0]}", "", "", move.is_address)


# ---- words


def _learn_words(looks: Sequence[Look], slots: dict[_Key, Slot]) -> list[Look]:
    """Add the slots in which words move, of the main text and texts by turns; the looks, quiet where no others did."""
    # whether anything else of the case changed is known; these words alone say nothing against one another
    statistics = _Statistics(looks)
    quiet = [look for look in looks if look.quiet]
    by_turns = _learn_turns(_groups(quiet, lambda look: (*look.words, *look.moves), _turning), slots)
    headlines: set[_Key] = set()
    groups = _groups(quiet, lambda look: look.words, _key)
    for key in sorted(groups, key=astuple):
        group = groups[key]
        if group.is_headline and not names_fact(key.label) and _is_often(group, statistics):
            headlines.add(key)
            if key not in slots and len(slots) < SLOTS_LIMIT:
                slots[key] = replace(_slot_of_words(group), shape="teasers")

    sayings: set[_Key] = set()
    groups = _groups(quiet, lambda look: look.words, _exact)
    for key in sorted(groups, key=astuple):
        if not groups[key].says_alike_everywhere(statistics):
            continue
        sayings.add(key)
        if key not in slots and len(slots) < SLOTS_LIMIT:
            slots[key] = replace(_slot_of_words(groups[key]), shape="text")

    def is_known(move: Move) -> bool:
        forms = {repeated_form(text) for text in (move.before, move.after) if text is not None}
        if forms <= by_turns.get(_turning(move), frozenset()) or (move.headline and _key(move) in headlines):
            return True
        return move.level == "main" and _exact(move) in sayings

    settled = []
    for look in looks:
        moves = tuple(move for move in look.moves if not is_known(move))
        settled.append(replace(look, moves=moves, quiet=look.quiet and all(map(is_known, look.words))))
    return settled


def _exact(move: Move) -> _Key:
    # a paragraph of the text may be beside it: no other place than this one
    return _Key(move.level, move.place.path, "", "")


def _turning(move: Move) -> _Key:
    # whether a notice counts as main text, and what heading is over it, hangs on what else the page shows
    return _Key("main", move.place.container, "", "", by_turns=True)


def _learn_turns(groups: Mapping[_Key, _Group], slots: dict[_Key, Slot]) -> dict[_Key, frozenset[str]]:
    """Add the slots of texts that are shown by turns; what is known to be shown in each."""
    shown: dict[_Key, frozenset[str]] = {}
    for key in sorted(groups, key=astuple):
        group, known = groups[key], slots.get(key)
        texts = _texts_by_turns(group, is_known=known is not None)
        if texts and known is None and len(slots) < SLOTS_LIMIT:
            slots[key] = replace(_slot_of_words(group), shape="turns", texts=tuple(sorted(texts)[:TURNS_LIMIT]))
        elif texts and known is not None and known.ignore and known.learned_by != "hand":
            more = tuple(sorted({*known.texts, *texts})[:TURNS_LIMIT])
            pages = pages_of([*known.pages, *(page_of(look.url) for look, _ in group.looks)]) if known.pages else ()
            slots[key] = replace(known, texts=more, pages=pages)
        if key in slots and slots[key].ignore:
            shown[key] = frozenset(slots[key].texts)
    return shown


def _slot_of_words(group: _Group) -> Slot:
    urls = sorted({look.url for look, _ in group.looks})
    return _slot(group, "history", len(group.looks), len(group.looks), urls)


def _is_often(group: _Group, statistics: _Statistics) -> bool:
    """Whether a place moved in many looks of one page, or on most pages at once and on each in its own way."""
    looks = [(look, moves) for look, moves in group.looks if not look.second]
    moved = Counter(look.url for look, _ in looks)
    if any(n >= OFTEN and n >= SHARE * statistics.of_page[url] for url, n in moved.items()):
        return True
    return bool(looks) and _moves_on_many(looks, statistics, words=True)


def _texts_by_turns(group: _Group, *, is_known: bool) -> frozenset[str]:
    """The texts that a place shows by turns, as masks keep them; none where they may be an editor's work."""
    if any(_may_be_edited(move) for move in group.moves):
        return frozenset()
    came: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    went: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    gone: dict[str, set[str]] = defaultdict(set)
    back = 0
    for look, some in group.looks:
        for move in some:
            if move.before is not None:
                went[move.before].add((look.crawl, look.url))
                gone[look.url].add(move.before)
        for move in some:
            if move.after is not None:
                came[move.after].add((look.crawl, look.url))
                back += move.after in gone[look.url]
    if any(looks_like_fact(text) for text in (*came, *went)):
        return frozenset()
    by_turns = {text for text in came if text in went}
    if not is_known and (back < RETURNS or not any(_crosses(came[text], went[text]) for text in by_turns)):
        return frozenset()
    return frozenset(map(repeated_form, by_turns))


def _crosses(came: Iterable[tuple[str, str]], went: Iterable[tuple[str, str]]) -> bool:
    """Whether in one crawl a text came on one page as it went from another: by no decision about the text."""
    left = set(went)
    return any(crawl == other and url != another for crawl, url in came for other, another in left)


def _may_be_edited(move: Move) -> bool:
    """Whether it may be an editor's: facts of the case stand there, or a text is the other with another word."""
    if move.is_address or move.level == "meta" or move.told:
        return True
    if names_fact(move.place.label) or names_fact(move.place.heading):
        return True
    return move.before is not None and move.after is not None and fuzz.ratio(move.before, move.after) >= UNLIKE


class _Statistics:
    """How often pages were looked at."""

    def __init__(self, looks: Iterable[Look]) -> None:
        self.of_page: Counter[str] = Counter()
        self.of_crawl: Counter[str] = Counter()
        for look in looks:
            if look.quiet and not look.second:
                self.of_page[look.url] += 1
                self.of_crawl[look.crawl] += 1


def _volatile(group: _Group, statistics: _Statistics) -> Slot | None:
    if group.key.level != "side" and group.shape not in {"count", "date", "address"}:
        return None
    if group.is_row and group.shape == "teasers" and not group.rotates:
        return None
    seconds = [(look, moves) for look, moves in group.looks if look.second]
    if len(seconds) >= (2 if group.may_be_fact else 1):
        return _slot(group, "second-look", len(seconds), len(seconds), sorted({look.url for look, _ in group.looks}))
    quiet = [(look, moves) for look, moves in group.looks if look.quiet and not look.second]
    if not quiet:
        return None
    fact = group.may_be_fact and not (group.key.level == "side" and group.turns_everywhere(statistics))
    if fact and SHAPES.index(group.shape) > SHAPES.index("date"):
        return None
    often, share = (FACT_OFTEN, FACT_SHARE) if fact else (OFTEN, SHARE)
    moved = Counter(look.url for look, _ in quiet)
    pages = sorted(url for url, n in moved.items() if n >= often and n >= share * statistics.of_page[url])
    if pages:
        return _slot(group, "history", sum(moved[u] for u in pages), sum(statistics.of_page[u] for u in pages), pages)
    words = group.shape in {"text", "teasers"}
    if not fact and _moves_on_many(quiet, statistics, words=words):
        of = sum(statistics.of_page[url] for url in moved)
        return _slot(group, "history", sum(moved.values()), of, sorted(moved))
    return None


def _moves_on_many(looks: Sequence[tuple[Look, tuple[Move, ...]]], statistics: _Statistics, *, words: bool) -> bool:
    """Whether a place moves on many pages at once, on each in its own way: what is said anew on all of them is news."""
    crawls = 0
    for crawl in sorted({look.crawl for look, _ in looks}):
        there = [(look.url, moves) for look, moves in looks if look.crawl == crawl]
        pages = {url for url, _ in there}
        ways = {tuple((move.before, move.after) for move in moves) for _, moves in there}
        # sides of an edit that are the same on all pages are one text that was changed in the template
        if len(pages) < PAGES or len(ways) < 2:
            continue
        if len(pages) >= SHARE * statistics.of_crawl[crawl]:
            crawls += 1
        # words that become others on most pages at once may be news, a count or a date hardly
        many = len(pages) >= MANY_PAGES and len(pages) >= MOST * statistics.of_crawl[crawl]
        if many and not words and 2 * len(ways) >= len(pages):
            return True
    return crawls >= 2 or _moves_over_pages(looks, statistics)


def _moves_over_pages(looks: Sequence[tuple[Look, tuple[Move, ...]]], statistics: _Statistics) -> bool:
    """Whether it moved in most looks of a few pages, and on one of them more than once."""
    moved = Counter(look.url for look, _ in looks)
    total = sum(moved.values())
    return (
        max(moved.values()) >= 2
        and len(moved) >= 2
        and total >= OFTEN
        and total >= SHARE * sum(statistics.of_page[url] for url in moved)
    )


def _slot(group: _Group, by: Any, seen: int, of: int, pages: Sequence[str]) -> Slot:
    key = group.key
    times = [look.at for look, _ in group.looks]
    examples = list(dict.fromkeys(move.example for move in reversed(group.moves)))[:EXAMPLES]
    return Slot(
        id=_id(key),
        where=key.where,
        shape=group.shape,
        level=key.level,
        heading=key.heading,
        label=key.label,
        pages=pages_of([page_of(url) for url in pages]),
        learned_by=by,
        seen=seen,
        of=of,
        first_seen=min(times),
        last_seen=max(times),
        examples=tuple(examples),
    )


def _id(key: _Key) -> str:
    more = (*(["address"] if key.is_address else []), *(["turns"] if key.by_turns else []))
    return hand_id("s", key.level, key.where, key.heading, key.label, *more)


def _merged(before: Slot, found: Slot) -> Slot:
    """A slot that is known, with what more of it was seen."""
    pages = pages_of([*before.pages, *found.pages]) if before.pages else ()
    shape = widest([before.shape, found.shape])
    if (pages, shape) == (before.pages, before.shape):
        return before
    times = [moment for moment in (before.last_seen, found.last_seen) if moment is not None]
    return replace(
        before,
        pages=pages,
        shape=shape,
        seen=before.seen + found.seen,
        of=before.of + found.of,
        last_seen=max(times, default=None),
        examples=tuple(dict.fromkeys((*found.examples, *before.examples)))[:EXAMPLES],
    )


def pages_of(pages: Iterable[str]) -> tuple[str, ...]:
    """Pages as a slot names them: each, or when they are three or more what their addresses have in common.

    >>> pages_of(["/case/1", "/case/2", "/case/3"])
    ('/case/*',)
    """
    named = sorted(set(pages))
    if len(named) < PAGES and not any("*" in page for page in named):
        return tuple(named)
    common = named[0]
    for page in named[1:]:
        length = 0
        while length < min(len(common), len(page)) and common[length] == page[length]:
            length += 1
        common = common[:length]
    folder = common.partition("*")[0].rpartition("/")[0]
    return (f"{folder}/*",)


def _shortened(text: str | None) -> str:
    if text is None:
        return "(nothing)"
    return text if len(text) <= EXAMPLE_LENGTH else text[: EXAMPLE_LENGTH - 1].rstrip() + "…"
