"""Noise: what is known to move by itself on the pages of one site.

A mask has three parts. A slot is a place of a page (`pipelines/noise_places.py`) where something moves: a count, a
date, teasers of other pages, a text. A text pattern is a regular expression that a person wrote. Repeated are texts
that stand beside the main text of three pages of the site or more. What they fit is set aside as `noise`, with the
reason `slot ID`, `text ID` or `repeated`, and kept.

Of the main text slots take away counts and dates, and of words the headline of a line, texts shown by turns, and whole
lines in the place of lines that are unlike; of its links only what they are asked with, never where they lead. What
stands above the page's title is none of it. A block that tells a fact of the case is left to
what a person wrote.

How a mask is kept: `pipelines/noise_file.py`; how it is learned: `pipelines/noise_learning.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any, Final, Literal, cast
from urllib.parse import urlsplit

from rapidfuzz import fuzz

from archive.digest import Digest, digest
from archive.readings import canonical
from pipelines.change_units import HEADLINE, HEADLINE_WORDS, is_name
from pipelines.edits import Edit
from pipelines.noise_places import Place, places_of, where_pattern
from pipelines.noise_shapes import SHAPES, Shape, only_query_differs, shape_of
from pipelines.reading import Reading, comparable, is_document

NOISE_RULES: Final = "noise-2"
"""Version of the rules by which a mask is learned and used."""

LearnedBy = Literal["history", "second-look", "hand"]
LEARNED_BY: Final[tuple[LearnedBy, ...]] = ("history", "second-look", "hand")
Level = Literal["main", "side", "meta"]
"""Where something moves: in the main text, beside it, or in what the page states of itself."""
ADDRESSES: Final = frozenset({"link", "picture"})
"""Fields of edits whose texts are addresses."""
LINE: Final = 120
"""Characters up to which a block of main text may be a line with a count in it."""
UNLIKE: Final = 60.0
"""Ratio (rapidfuzz, 0 to 100) from which two texts are one that was edited, and not two that are shown by turns."""
REPEATED: Final = "repeated"
"""The reason of what is set aside because it stands on several pages."""
KEPT_WHOLE: Final = 120
"""Characters up to which a repeated text is kept as it is; of a longer one the beginning and its digest."""
_BEGINNING: Final = 80
_OBJECT: Final = "\ufffc"


@dataclass(frozen=True, slots=True)
class Slot:
    """A place where something moves by itself."""

    id: str
    where: str
    """Path of the block's element (`pipelines/noise_places.py`)."""
    shape: Shape = "text"
    """What moves: no more than that is set aside."""
    level: Level = "side"
    heading: str = ""
    """The heading over it; '' where that says nothing."""
    label: str = ""
    """The short line before it; '' where that says nothing."""
    pages: tuple[str, ...] = ()
    """On which pages: address or part of it, `*` for anything; none: on all."""
    ignore: bool = True
    """False: a person wants to be told of what changes there; that is never overturned by learning."""
    learned_by: LearnedBy = "hand"
    seen: int = 0
    """How often it was seen to move, when it was learned."""
    of: int = 0
    """Of so many looks."""
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    examples: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    """Of `turns`: what is shown there by turns, as `repeated_form` has it. Any other text there is reported."""
    note: str = ""

    def says(self) -> dict[str, Any]:
        """What of it decides about a difference."""
        names = ("id", "where", "shape", "level", "heading", "label", "ignore")
        said = {name: getattr(self, name) for name in names} | {"pages": list(self.pages)}
        return said | {"texts": sorted(self.texts)} if self.texts else said


@dataclass(frozen=True, slots=True)
class TextPattern:
    """What a person said to be noise wherever it stands beside the main text."""

    id: str
    pattern: str
    pages: tuple[str, ...] = ()
    ignore: bool = True
    note: str = ""

    def says(self) -> dict[str, Any]:
        """What of it decides about a difference."""
        return {"id": self.id, "pattern": self.pattern, "pages": list(self.pages), "ignore": self.ignore}


@dataclass(frozen=True, slots=True)
class Mask:
    """What is known to move by itself on the pages of one site."""

    slots: tuple[Slot, ...] = ()
    texts: tuple[TextPattern, ...] = ()
    repeated: frozenset[str] = frozenset()
    """Texts as `repeated_form` has them."""
    keep: frozenset[str] = frozenset()
    """Of these, those that a person wants to be told of all the same."""
    version: int = 0
    rules: str = NOISE_RULES
    updated: datetime | None = None
    index: _Index | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "index", _Index(self))

    def __reduce__(self) -> tuple[type[Mask], tuple[object, ...]]:
        # compiled patterns are made again by the process that asks them
        told = (self.slots, self.texts, self.repeated, self.keep, self.version, self.rules, self.updated)
        return Mask, told

    @property
    def digest(self) -> Digest:
        """Of all that decides about a difference, no version, date or example: in the provenance of each change."""
        index = self.index
        assert index is not None
        return index.digest

    def on(self, before: Reading, after: Reading) -> PageMask:
        """The mask as it holds for the comparison of two readings; costs nothing until it is asked."""
        return PageMask(self, before, after)

    def is_repeated(self, text: str) -> bool:
        """Whether a side block's text is known from at least three pages of the site."""
        form = repeated_form(text)
        return form in self.repeated and form not in self.keep


class PageMask:
    """A mask on one page, in two readings."""

    def __init__(self, mask: Mask, before: Reading, after: Reading) -> None:
        self._mask = mask
        self._readings = (before, after)
        self._url = after.url

    def aside(self, old: int | None, new: int | None) -> str | None:
        """Why the difference of two blocks is noise, by their indices in the readings; None where it is not.

        `old` is None for a block that came, `new` for one that went.
        """
        before, after = self._readings
        index = self._mask.index
        assert index is not None
        blocks = [r.blocks[i] for r, i in ((before, old), (after, new)) if i is not None]
        above = [i < top for i, top in zip((old, new), self._tops, strict=True) if i is not None]
        main = any(block.level == "main" and not over for block, over in zip(blocks, above, strict=True))
        level: Level = "main" if main else "side"
        if level == "main" and not index.of_main:
            return None
        texts = [None if i is None else comparable(r.text_of(r.blocks[i])) for r, i in ((before, old), (after, new))]
        told = (old in self._telling[0]) or (new in self._telling[1])
        places = tuple(self._places[n][i] for n, i in ((1, new), (0, old)) if i is not None)
        headline = (
            level == "main" and old is not None and new is not None and is_other_headline(before, old, after, new)
        )
        reason = index.reason(self._url, places, texts[0], texts[1], level, by_hand_only=told, headline=headline)
        if reason is None and level == "side" and not told:
            there = [text for text in texts if text is not None]
            if all(self._mask.is_repeated(text) for text in there):
                reason = REPEATED
        return reason

    def known(self, edits: Sequence[Edit]) -> tuple[Edit, ...]:
        """Edits, those of links, pictures and what the page states of itself set aside where that is known to move."""
        index = self._mask.index
        assert index is not None
        if not index.of_addresses:
            return tuple(edits)
        return tuple(replace(edit, set_aside=self._aside(edit)) if _is_beyond_text(edit) else edit for edit in edits)

    def _aside(self, edit: Edit) -> str | None:
        index = self._mask.index
        assert index is not None
        place = place_of_edit(edit.level, edit.field, edit.path)
        level = cast("Level", edit.level)
        host = urlsplit(self._url).hostname
        return None if place is None else index.reason_beyond(self._url, place, edit.before, edit.after, level, host)

    @cached_property
    def _places(self) -> tuple[Sequence[Place], Sequence[Place]]:
        before, after = self._readings
        return places_of(before), places_of(after)

    @cached_property
    def _tops(self) -> tuple[int, int]:
        before, after = self._readings
        return top_of(before), top_of(after)

    @cached_property
    def _telling(self) -> tuple[frozenset[int | None], frozenset[int | None]]:
        """The blocks that tell a fact of the case."""
        before, after = (frozenset(f.block for f in r.facts if f.block is not None) for r in self._readings)
        return before, after


def top_of(reading: Reading) -> int:
    """The index of the block with the page's title: what stands above it is no main text, whatever it was taken for.

    0 where no block is the title, or where much stands above it.
    """
    at = next((at for at, block in enumerate(reading.blocks) if block.role == "title"), 0)
    long = any(block.level == "main" and len(block.text) > LINE for block in reading.blocks[:at])
    return 0 if long else at


def _is_beyond_text(edit: Edit) -> bool:
    """Whether an edit that is reported is of something else than the words of a block."""
    return edit.set_aside is None and (edit.field in ADDRESSES or edit.level == "meta")


def place_of_edit(level: str, field: str | None, path: str | None) -> Place | None:
    """The place of an edit that is not of a block's words; None where it has none.

    What a page states of itself has the path `/meta[1]/title[1]`, and so on.
    """
    if level == "meta":
        return None if field is None else Place(f"/meta[1]/{field}[1]")
    return None if path is None else Place(path)


class _Index:
    """The slots and patterns of a mask, made ready to be asked."""

    def __init__(self, mask: Mask) -> None:
        self._by_tags: dict[str, list[_Ready]] = {}
        self._anywhere: list[_Ready] = []
        self.of_main = False
        self.of_addresses = False
        for slot in mask.slots:
            ready = _Ready(slot)
            tags, pattern = where_pattern(slot.where)
            ready.pattern = pattern
            self.of_main |= slot.level == "main" and slot.ignore and slot.shape != "address"
            self.of_addresses |= slot.ignore and (slot.shape == "address" or slot.level == "meta")
            if tags is None:
                self._anywhere.append(ready)
            else:
                self._by_tags.setdefault(tags, []).append(ready)
        self._texts = [(one, re.compile(one.pattern), _pages(one.pages)) for one in mask.texts]
        says = {
            "rules": mask.rules,
            "slots": sorted((slot.says() for slot in mask.slots), key=lambda one: str(one["id"])),
            "texts": sorted((text.says() for text in mask.texts), key=lambda one: str(one["id"])),
            "repeated": sorted(mask.repeated - mask.keep),
        }
        self.digest = digest(canonical(says))

    def reason(
        self,
        url: str,
        places: Iterable[Place],
        before: str | None,
        after: str | None,
        level: Level,
        *,
        by_hand_only: bool = False,
        headline: bool = False,
    ) -> str | None:
        """Why a difference at one of these places is noise; what a person switched off there is none, whatever else."""
        found: str | None = None
        for place in places:
            for ready in (*self._by_tags.get(place.tags, ()), *self._anywhere):
                slot = ready.slot
                # texts by turns are known one by one, whatever the page makes of them
                there = slot.level == level or (slot.level == "main" and slot.shape == "turns")
                if not there or slot.shape == "address" or not ready.fits(url, place):
                    continue
                if not slot.ignore:
                    return None
                if by_hand_only and slot.learned_by != "hand":
                    continue
                if found is None and _moves_so(slot, before, after, level, headline=headline):
                    found = f"slot {slot.id}"
        if found is not None or level == "main":
            return found
        for text, pattern, pages in self._texts:
            if pages(url) and _fits_text(pattern, before, after):
                if not text.ignore:
                    return None
                found = found or f"text {text.id}"
        return found

    def reason_beyond(
        self, url: str, place: Place, before: str | None, after: str | None, level: Level, host: str | None
    ) -> str | None:
        """The same of an edit that is not of a block's words."""
        found: str | None = None
        for ready in (*self._by_tags.get(place.tags, ()), *self._anywhere):
            slot = ready.slot
            if slot.level != level or not ready.fits(url, place):
                continue
            if level == "meta":
                moves = _moves_so(slot, before, after, level)
            else:
                moves = slot.shape == "address" and moves_address(before, after, level, host)
            if moves and not slot.ignore:
                return None
            if moves and found is None:
                found = f"slot {slot.id}"
        return found


class _Ready:
    def __init__(self, slot: Slot) -> None:
        self.slot = slot
        self.pattern: re.Pattern[str] = re.compile("")
        self._on = _pages(slot.pages)

    def fits(self, url: str, place: Place) -> bool:
        slot = self.slot
        return (
            self.pattern.fullmatch(place.path) is not None
            and (not slot.heading or slot.heading == place.heading)
            and (not slot.label or slot.label == place.label)
            and self._on(url)
        )


def moves_address(before: str | None, after: str | None, level: str, host: str | None) -> bool:
    """Whether a link or picture differs as what moves by itself does: in what is asked with its address; beside the
    main text also in the whole of it, when it leads to other hosts than the page's."""
    if before is not None and after is not None and only_query_differs(before, after):
        return True
    there = [urlsplit(address).hostname for address in (before, after) if address is not None and "://" in address]
    found = sum(address is not None for address in (before, after))
    return level == "side" and found == len(there) and all(one not in {None, host} for one in there)


def is_other_headline(before: Reading, old: int, after: Reading, new: int) -> bool:
    """Whether of two lines the link alone differs, and leads to another page under another headline."""
    sides = [_headline(before, old), _headline(after, new)]
    if None in sides:
        return False
    (rest, said, target), (other_rest, other_said, other_target) = cast("list[tuple[str, str, str]]", sides)
    leads = target.partition("#")[0].partition("?")[0] != other_target.partition("#")[0].partition("?")[0]
    return rest == other_rest and leads and said != other_said


def _headline(reading: Reading, at: int) -> tuple[str, str, str] | None:
    """What a line says beside its one link, the link's headline, and where it leads; None where it has no such link."""
    links = [link for link in reading.links if link.block == at]
    if len(links) != 1:
        return None
    [link] = links
    text = reading.text_of(reading.blocks[at])
    said = comparable(text[link.start : link.end])
    of_words = len(said) >= HEADLINE and said.count(" ") + 1 >= HEADLINE_WORDS and not is_name(said)
    away = not is_document(link.target) and link.target.split("#")[0] not in {"", reading.url.split("#")[0]}
    rest = comparable(f"{text[: link.start]}{_OBJECT}{text[link.end :]}")
    return (rest, said, link.target) if of_words and away and len(rest) <= len(said) else None


def _moves_so(slot: Slot, before: str | None, after: str | None, level: Level, *, headline: bool = False) -> bool:
    """Whether a difference is of the shape that moves in a slot, and nothing more."""
    if slot.shape == "turns":
        return all(repeated_form(text) in slot.texts for text in (before, after) if text is not None)
    if level == "main" and slot.shape == "teasers":
        return headline
    if level == "main" and slot.shape == "text":
        return before is not None and after is not None and are_unlike_lines(before, after)
    if level != "side" and (slot.shape not in {"count", "date"} or max(map(len, (before or "", after or ""))) > LINE):
        return False
    if before is None or after is None:
        return slot.shape in {"text", "teasers"}
    return slot.shape != "address" and SHAPES.index(shape_of(before, after)) <= SHAPES.index(
        "text" if slot.shape == "teasers" else slot.shape
    )


def are_unlike_lines(before: str, after: str) -> bool:
    """Whether two short texts are two, and not one with words changed."""
    return max(len(before), len(after)) <= LINE and fuzz.ratio(before, after) < UNLIKE


def _fits_text(pattern: re.Pattern[str], before: str | None, after: str | None) -> bool:
    """Whether a difference is all within what a pattern fits."""
    if before is None or after is None:
        text = before if after is None else after
        return not re.sub(r"[\W_]", "", pattern.sub("", text or "")) and pattern.search(text or "") is not None
    left = pattern.sub(_OBJECT, before), pattern.sub(_OBJECT, after)
    return left[0] == left[1] and (left[0] != before or left[1] != after)


@lru_cache(4096)
def _page(url: str) -> str:
    """An address without its host: the same page on each of the site's mirrors."""
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _pages(globs: tuple[str, ...]) -> Callable[[str], bool]:
    """Whether an address is one of those that are named, `*` for anything; whole, or from its path on."""
    if not globs:
        return _any
    whole = [_glob(glob) for glob in globs if "://" in glob]
    local = [_glob(glob) for glob in globs if "://" not in glob]

    def fits(url: str) -> bool:
        return any(glob.fullmatch(url) for glob in whole) or any(glob.fullmatch(_page(url)) for glob in local)

    return fits


def _any(url: str) -> bool:
    return True


def _glob(glob: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, glob.split("*"))), re.DOTALL)


def page_of(url: str) -> str:
    """An address as `pages` of a slot has it."""
    return _page(url)


def repeated_form(text: str) -> str:
    """A compared text as the mask keeps it: a long one by its beginning and digest.

    >>> repeated_form("Read also: the court adjourned")
    'Read also: the court adjourned'
    """
    if len(text) <= KEPT_WHOLE:
        return text
    return f"{text[:_BEGINNING].rstrip()} … [{str(digest(text.encode())).removeprefix('sha256:')[:16]}]"
