"""Links, pictures, headings, before and after → edits with the field `link`, `picture` or `heading`.

Blocks with the same words are compared by where their links lead, by their kind and by their rank; of blocks whose
words changed, the links whose own words stayed. An edit's `before` and `after` are addresses, its `subject` the words
of the link, or the text that stands for the picture; of a heading they are what it was and is, and its words. What a
link's new words say is told by the edit of the block.

Set aside, with the reason: links and pictures of furniture, tokens in addresses, addresses that were rewritten all in
one way, the kinds of blocks after a redesign. A document that a link leads to is no furniture.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from rapidfuzz import fuzz

from pipelines import furniture
from pipelines.change_noise import plain_signs
from pipelines.change_units import shape
from pipelines.diff import token_ops
from pipelines.edits import Edit, Op
from pipelines.reading import Block, Level, Link, Picture, Reading, comparable, is_document
from pipelines.targets_alike import (
    differs_by_token,
    is_click,
    is_counting,
    is_share,
    link_key,
    own_hosts,
    picture_key,
)

FURNITURE: Final = "link of furniture"
PICTURE_OF_FURNITURE: Final = "picture of furniture"
BY_TOKEN: Final = "token in the address"  # noqa: S105 - a reason, not a secret
SHARING: Final = "link that shares the page"
ADVERT: Final = "advert"
REWRITTEN: Final = "addresses rewritten"
COUNTING: Final = "picture that counts visits"
REDESIGN: Final = "redesign"
STRUCTURE_OF_FURNITURE: Final = "structure of furniture"

LEAST_REWRITTEN: Final = 4
"""Links whose addresses changed by one rule from which it is a rewriting of the site's."""
REWRITTEN_SHARE: Final = 0.5
"""Share of the links that the rule would fit, from which it is believed."""
LEAST_REDESIGNED: Final = 4
"""Blocks that changed their kind from which it may be a redesign."""
LEAST_REBUILT: Final = 2
"""Paragraphs that stand in other elements from which on it may be one."""
REDESIGN_SHARE: Final = 0.5
"""Share of the blocks with the same words."""
PAGE_ENDINGS: Final = (".html", ".htm", ".shtml", ".php", ".aspx", ".asp")
"""What names of pages may end in, or not: a document's ending is none of it."""
NUMBER_LIMIT: Final = 12
"""Digits of a number in an address that may be that of a place in a list."""
_DIGITS: Final = re.compile(r"([0-9]+)")
SIMILAR: Final = 50.0
"""Ratio (rapidfuzz, 0 to 100) from which two blocks between the same neighbours are one."""
NEAR: Final = 50
"""Blocks in which one whose words changed is looked for."""
PAIRS_LIMIT: Final = 250_000
"""Links that went times links that came, of one block, up to which those that overlap are looked for."""
SUBJECT_LIMIT: Final = 200
"""Characters of the words that an edit is about."""


def link_edits(before: Reading, after: Reading, blocks: Sequence[Edit] = ()) -> list[Edit]:
    """The differences, in document order; `blocks`: those of the visible text, of which some are set aside."""
    own = own_hosts([before.url, after.url])
    old, new = _Side(before, own), _Side(after, own)
    pairs, rest = _aligned(old, new)
    edits = [*_structure(pairs, old, new), *_links(pairs, rest, old, new)]
    if [one.source for one in before.pictures] != [one.source for one in after.pictures]:
        edits += _pictures(old, new, _asides(blocks))
    return sorted(edits, key=lambda edit: edit.paragraph or 0)


@dataclass(frozen=True, slots=True)
class _Linked:
    """One link, as it is compared."""

    words: str
    key: str
    target: str
    level: Level
    block: int
    start: int
    end: int


class _Side:
    """One of the two readings."""

    def __init__(self, reading: Reading, own: frozenset[str]) -> None:
        self.reading = reading
        self.own = own
        self.texts = [reading.text_of(block) for block in reading.blocks]
        self._page = reading.url.partition("#")[0]
        self._written: dict[int, list[Link]] = {}
        for link in reading.links:
            self._written.setdefault(link.block, []).append(link)
        self._keyed: dict[int, list[_Linked]] = {}
        self._plain: dict[int, str] = {}

    @cached_property
    def numbers(self) -> list[int]:
        """By block, its number among those of its level."""
        counts = {"main": 0, "side": 0}
        numbers = []
        for block in self.reading.blocks:
            counts[block.level] += 1
            numbers.append(counts[block.level])
        return numbers

    def written(self, block: int) -> str:
        """All that is compared of a block here, as it is written."""
        said = f"{self.texts[block]}\n{_what(self.reading.blocks[block])}"
        for one in self._written.get(block, ()):
            said += f"\n{one.start} {one.end} {one.level} {one.target}"
        return said

    def meant(self, block: int) -> str:
        """All that is compared of a block here."""
        said = [f"{one.words}\t{one.key}" for one in self.links(block)]
        return "\n".join([self.plain(block), _what(self.reading.blocks[block]), *said])

    def plain(self, block: int) -> str:
        """A block's text as it is compared, whichever way its quotation marks are set."""
        if block not in self._plain:
            self._plain[block] = plain_signs(comparable(self.texts[block]))
        return self._plain[block]

    def links(self, block: int) -> list[_Linked]:
        """The links of a block."""
        if block not in self._keyed:
            text = self.texts[block]
            self._keyed[block] = [
                _Linked(
                    plain_signs(comparable(text[one.start : one.end])),
                    self._key(one),
                    one.target,
                    one.level,
                    block,
                    one.start,
                    one.end,
                )
                for one in self._written.get(block, ())
            ]
        return self._keyed[block]

    def _key(self, link: Link) -> str:
        place, mark, fragment = link.target.partition("#")
        # a place on the page itself, wherever the page is
        return mark + fragment if mark and place == self._page else link_key(link.target, self.own)


_Pair = tuple[int, int]
_Rest = tuple[range, range]
"""Blocks before and after that stand between the same neighbours and have other words."""


def _what(block: Block) -> str:
    """A block's kind, and the rank of a heading, in words."""
    return f"{block.kind} {block.rank}" if block.rank else block.kind


# --- blocks --------------------------------------------------------------------------------------------------------


def _aligned(old: _Side, new: _Side) -> tuple[list[_Pair], list[_Rest]]:
    """Blocks of the same words, in order, that differ in something else; and, between blocks that stayed, the rest."""
    pairs: list[_Pair] = []
    rest: list[_Rest] = []
    whole = (range(len(old.texts)), range(len(new.texts)))
    for written in _gaps(old.written, new.written, *whole):
        for meant in _gaps(old.meant, new.meant, *written):
            at_old, at_new = meant[0].start, meant[1].start
            for olds, news in _gaps(old.plain, new.plain, *meant):
                pairs += zip(range(at_old, olds.start), range(at_new, news.start), strict=True)
                at_old, at_new = olds.stop, news.stop
                rest.append((olds, news))
            pairs += zip(range(at_old, meant[0].stop), range(at_new, meant[1].stop), strict=True)
    return pairs, rest


def _gaps(old: Callable[[int], str], new: Callable[[int], str], olds: range, news: range) -> Iterator[_Rest]:
    """Where blocks differ in what the functions say of them, between those that do not."""
    at_old = start_old = olds.start
    at_new = start_new = news.start
    for op, count in token_ops([old(n) for n in olds], [new(n) for n in news], tidy=False):
        if op == "=":
            if start_old < at_old or start_new < at_new:
                yield range(start_old, at_old), range(start_new, at_new)
            at_old, at_new = at_old + count, at_new + count
            start_old, start_new = at_old, at_new
        elif op == "-":
            at_old += count
        else:
            at_new += count
    if start_old < at_old or start_new < at_new:
        yield range(start_old, at_old), range(start_new, at_new)


def _structure(pairs: Iterable[_Pair], old: _Side, new: _Side) -> list[Edit]:
    """Blocks that say the same and are something else now: a heading of another rank, an item, a quotation."""
    found: list[Edit] = []
    for before, after in pairs:
        one, other = old.reading.blocks[before], new.reading.blocks[after]
        if _what(one) == _what(other) or not new.texts[after]:
            continue
        main = "main" in {one.level, other.level}
        words = comparable(new.texts[after])[:SUBJECT_LIMIT]
        edit = Edit(
            "edit",
            "main" if main else "side",
            f"{_what(one)}: {words}",
            f"{_what(other)}: {words}",
            ((f"-{_what(one)}", f"+{_what(other)}"),),
            new.numbers[after],
            other.path,
            field="heading",
            set_aside=None if main else STRUCTURE_OF_FURNITURE,
        )
        found.append(edit)
    mains = [edit for edit in found if edit.level == "main"]
    if mains and (_is_rekinded(len(mains), new) or _is_rebuilt(old, new)):
        return [replace(edit, set_aside=edit.set_aside or REDESIGN) for edit in found]
    return found


def _is_rekinded(count: int, new: _Side) -> bool:
    """Whether so many blocks of the main text, most of them, changed their kind."""
    blocks = sum(1 for block in new.reading.blocks if block.level == "main")
    return count >= LEAST_REDESIGNED and count >= REDESIGN_SHARE * blocks


def _is_rebuilt(old: _Side, new: _Side) -> bool:
    """Whether most paragraphs of the main text stand in other elements than before: the template is another."""
    shapes: dict[str, str] = {}
    for block, text in zip(old.reading.blocks, old.texts, strict=True):
        if block.level == "main" and not block.rank:
            shapes[comparable(text)] = shape(block.path)
    stayed = moved = 0
    for block, text in zip(new.reading.blocks, new.texts, strict=True):
        before = shapes.get(comparable(text)) if block.level == "main" and not block.rank else None
        if before is not None:
            stayed += 1
            moved += before != shape(block.path)
    return moved >= LEAST_REBUILT and moved >= REDESIGN_SHARE * stayed


# --- links ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Turned:
    """A link that leads elsewhere now, came or went."""

    op: Op
    old: _Linked | None
    new: _Linked | None


def _links(pairs: Sequence[_Pair], rest: Sequence[_Rest], old: _Side, new: _Side) -> list[Edit]:
    differing = (
        [*(one for one, _ in pairs), *(n for olds, _ in rest for n in olds)],
        [*(other for _, other in pairs), *(n for _, news in rest for n in news)],
    )
    before, after = (
        Counter((one.words, one.key) for n in blocks for one in side.links(n))
        for side, blocks in zip((old, new), differing, strict=True)
    )
    moved = (before - after, after - before)
    turned: list[_Turned] = []
    for one, other in pairs:
        turned += _turned(old.links(one), new.links(other), moved)
    for olds, news in rest:
        turned += _among(olds, news, old, new, moved)
    rewritten, left = _rewritten(turned, old)
    return [*rewritten, *(_edit(one, old, new) for one in left)]


_Moved = tuple[Counter[tuple[str, str]], Counter[tuple[str, str]]]
"""By words and key: how many more such links there are before than after, and after than before."""


def _turned(olds: Sequence[_Linked], news: Sequence[_Linked], moved: _Moved) -> Iterator[_Turned]:
    """What became of the links of one block."""
    gone, come = _unlike(olds, moved[0]), _unlike(news, moved[1])
    by_words: dict[str, deque[_Linked]] = {}
    for one in come:
        by_words.setdefault(one.words, deque()).append(one)
    left: list[_Linked] = []
    for one in gone:
        same = by_words.get(one.words)
        if same:
            yield _Turned("edit", one, same.popleft())
        else:
            left.append(one)
    new = sorted((one for some in by_words.values() for one in some), key=lambda one: one.start)
    for one in left:
        # the link begins or ends at another sign of the same words
        near = new if len(left) * len(new) <= PAIRS_LIMIT else ()
        other = next((each for each in near if each.start < one.end and one.start < each.end), None)
        if other is None:
            yield _Turned("remove", one, None)
            continue
        new.remove(other)
        if other.key != one.key:
            yield _Turned("edit", one, other)
    yield from (_Turned("add", None, one) for one in new)


def _unlike(links: Sequence[_Linked], left: Counter[tuple[str, str]]) -> list[_Linked]:
    """The links that are not found on the other side as they are, in this block or in another."""
    found = []
    for one in links:
        if left[(one.words, one.key)] > 0:
            left[(one.words, one.key)] -= 1
            found.append(one)
    return found


def _among(olds: range, news: range, old: _Side, new: _Side, moved: _Moved) -> Iterator[_Turned]:
    """The links of blocks whose words changed, of which the words of the link stayed."""
    candidates = [n for n in news if new.texts[n]]
    for before in olds:
        text, links = old.plain(before), old.links(before)
        for after in candidates[:NEAR]:
            others = new.links(after)
            if not links and not others:
                continue
            other = new.plain(after)
            kept = [one for one in links if one.words and one.words in other]
            stayed = [one for one in others if one.words and one.words in text]
            if not kept and not stayed:
                continue
            # a block that is a link and nothing else is another one when its words are others
            if fuzz.ratio(text, other, score_cutoff=SIMILAR) >= SIMILAR:
                candidates.remove(after)
                yield from _turned(kept, stayed, moved)
                break


def _edit(turned: _Turned, old: _Side, new: _Side) -> Edit:
    link = turned.new or turned.old
    assert link is not None
    side = new if turned.new is not None else old
    block = side.reading.blocks[link.block]
    targets = [one.target if one else None for one in (turned.old, turned.new)]
    return Edit(
        turned.op,
        link.level,
        targets[0],
        targets[1],
        (),
        side.numbers[link.block],
        block.path,
        field="link",
        subject=link.words[:SUBJECT_LIMIT] or None,
        set_aside=_aside(turned, link, block, side.texts[link.block]),
    )


def _aside(turned: _Turned, link: _Linked, block: Block, text: str) -> str | None:
    both = [one for one in (turned.old, turned.new) if one is not None]
    if all(is_share(one.target) for one in both):
        return SHARING
    if len(both) == 2 and differs_by_token(both[0].key, both[1].key):
        return BY_TOKEN
    if any(is_document(one.target) for one in both):
        return None
    if len(both) == 2 and is_click(both[0].key, both[1].key, bare=not link.words):
        return ADVERT
    if link.level == "main":
        return None
    whole = len(link.words) >= 0.8 * len(text) or not link.words
    telling = block.furniture is None or block.furniture in furniture.TELLING
    return None if telling and not whole else FURNITURE


# --- addresses that were rewritten all in one way --------------------------------------------------------------------


_Rule = tuple[str, str]


def _rewritten(turned: Sequence[_Turned], old: _Side) -> tuple[list[Edit], list[_Turned]]:
    """An edit for each rule by which most addresses that it fits were rewritten, set aside; and what is left."""
    steps = _numbered_anew(turned, old)
    rules = [
        step or (_rule(one.old.key, one.new.key) if one.old and one.new else None)
        for one, step in zip(turned, steps, strict=True)
    ]
    counts = Counter(rule for rule in rules if rule is not None)
    believed = {step for step in steps if step is not None}
    for rule, count in counts.items():
        if count < LEAST_REWRITTEN or rule in believed:
            continue
        fits = sum(1 for n in range(len(old.texts)) for one in old.links(n) if _fits(rule, one.key))
        if count >= REWRITTEN_SHARE * fits:
            believed.add(rule)
    edits = [
        Edit("edit", "main", before, after, field="link", set_aside=REWRITTEN) for before, after in sorted(believed)
    ]
    return edits, [one for one, rule in zip(turned, rules, strict=True) if rule not in believed]


def _numbered_anew(turned: Sequence[_Turned], old: _Side) -> list[_Rule | None]:
    """Of each link the step that its number went up or down, where several went the same to numbers used before.

    So they do where entries of a list are numbered by their place in it, and one came or went.
    """
    steps = [
        _step(one.old.key, one.new.key) if one.old and one.new and not is_document(one.new.target) else None
        for one in turned
    ]
    counts = Counter(step for step in steps if step is not None)
    if not any(count >= LEAST_REWRITTEN for count in counts.values()):
        return [None] * len(steps)
    used = {one.key for n in range(len(old.texts)) for one in old.links(n)}
    known = Counter(
        step for step, one in zip(steps, turned, strict=True) if step is not None and one.new and one.new.key in used
    )
    return [
        step if step is not None and counts[step] >= LEAST_REWRITTEN and 2 * known[step] >= counts[step] else None
        for step in steps
    ]


def _step(old: str, new: str) -> _Rule | None:
    """An address with its one number that became another left out, and by how much that grew."""
    olds, news = _DIGITS.split(old), _DIGITS.split(new)
    if olds[::2] != news[::2]:
        return None
    differing = [n for n in range(1, len(olds), 2) if olds[n] != news[n]]
    if len(differing) != 1 or max(len(olds[differing[0]]), len(news[differing[0]])) > NUMBER_LIMIT:
        return None
    at = differing[0]
    return "".join([*olds[:at], "{n}", *olds[at + 1 :]]), f"{{n{int(news[at]) - int(olds[at]):+d}}}"


def _rule(old: str, new: str) -> _Rule | None:
    """How the one key became the other: what it begins with was replaced, or how files of pages end, or the same
    parameters came or went."""
    place, _, query = old.partition("?")
    other, _, others = new.partition("?")
    if place == other:
        gone, come = set(query.split("&")) - set(others.split("&")), set(others.split("&")) - set(query.split("&"))
        return "?" + "&".join(sorted(gone)), "?" + "&".join(sorted(come))
    if query != others:
        return None
    (stem, ending), (new_stem, new_ending) = _ending(place), _ending(other)
    if stem == new_stem:
        return f"*{ending}", f"*{new_ending}"
    left, right = place.split("/"), other.split("/")
    while left and right and left[-1] == right[-1]:
        left.pop()
        right.pop()
    if len(left) == len(place.split("/")):
        return None
    return "/".join(left) + "/", "/".join(right) + "/"


def _ending(place: str) -> tuple[str, str]:
    """An address without what a file of a page ends in, and that ending; '' where it has none."""
    ending = next((each for each in PAGE_ENDINGS if place.endswith(each)), "")
    return place.removesuffix(ending), ending


def _fits(rule: _Rule, key: str) -> bool:
    before = rule[0]
    if before.startswith("*"):
        return _ending(key.partition("?")[0])[1] == before[1:]
    if not before.startswith("?"):
        return key.startswith(before) or before == "/"
    place, _, query = key.partition("?")
    return place.startswith("@") and set(filter(None, before[1:].split("&"))) <= set(query.split("&"))


# --- pictures ------------------------------------------------------------------------------------------------------


_Asides = tuple[Mapping[str, str], Mapping[str, str]]
"""By path of a block, before and after: why its own edit was set aside."""


def _asides(blocks: Iterable[Edit]) -> _Asides:
    gone: dict[str, str] = {}
    come: dict[str, str] = {}
    for edit in blocks:
        if edit.set_aside is not None and edit.path is not None:
            (gone if edit.op == "remove" else come)[edit.path] = edit.set_aside
    return gone, come


def _pictures(old: _Side, new: _Side, asides: _Asides) -> list[Edit]:
    olds, news = ([(picture_key(one.source, side.own), one) for one in side.reading.pictures] for side in (old, new))
    known, now = {key for key, _ in olds}, {key for key, _ in news}
    gone = _first_of_each(pair for pair in olds if pair[0] not in now)
    come = _first_of_each(pair for pair in news if pair[0] not in known)
    left = dict.fromkeys(come)
    by_place: dict[tuple[str, str], Picture] = {}
    for picture in reversed(come):
        by_place |= dict.fromkeys(_places(picture, new), picture)
    edits = []
    for picture in gone:
        # in the same element, or before the same words
        other = next((by_place[place] for place in _places(picture, old) if by_place.get(place) in left), None)
        if other is not None:
            del left[other]
        edits.append(_picture_edit(picture, other, old, new, asides))
    return edits + [_picture_edit(None, picture, old, new, asides) for picture in left]


def _first_of_each(pictures: Iterable[tuple[str, Picture]]) -> list[Picture]:
    found: dict[str, Picture] = {}
    for key, picture in pictures:
        if key not in found or (found[key].level == "side" and picture.level == "main"):
            found[key] = picture
    return list(found.values())


def _places(picture: Picture, side: _Side) -> list[tuple[str, str]]:
    behind = "" if picture.block is None else side.texts[picture.block]
    return [(picture.level, picture.path), (picture.level, f"before {behind}")]


def _file_of(source: str) -> str:
    return picture_key(source).partition("?")[0].rpartition("/")[2]


def _picture_edit(old: Picture | None, new: Picture | None, before: _Side, after: _Side, asides: _Asides) -> Edit:
    picture, side = (new, after) if new is not None else (old, before)
    assert picture is not None
    number = None if picture.block is None else side.numbers[picture.block]
    aside = None
    if any(is_counting(one.source) for one in (old, new) if one is not None):
        aside = COUNTING
    elif picture.level == "side":
        aside = PICTURE_OF_FURNITURE
    elif old and new and _file_of(old.source) == _file_of(new.source):
        aside = REWRITTEN
    elif picture.block is not None:
        # a picture goes and comes with the words that it stands before
        aside = asides[side is after].get(side.reading.blocks[picture.block].path)
    op: Op = "edit" if old and new else "remove" if old else "add"
    return Edit(
        op,
        picture.level,
        old.source if old else None,
        new.source if new else None,
        (),
        number,
        picture.path,
        field="picture",
        subject=picture.alt[:SUBJECT_LIMIT] or None,
        set_aside=aside,
    )
