"""What of a difference of visible text is noise, by what both readings of a page show, without any history.

By words: counts of visits, rates, ages, tokens, today's date (`furniture.still`); quotation marks and dashes set
otherwise (`plain_signs`). By place: what came, went or changed together with a notice or an advertisement in an
element of its own; a group of teasers that turned over; all that is new beside the text when the template is.

In the main text words are never noise: only lines with a counter are, and what stands in such an element outside the
paragraphs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC
from functools import cached_property
from itertools import islice
from typing import Final

from rapidfuzz import fuzz

from pipelines import furniture, noise_counts
from pipelines.change_moves import Pair
from pipelines.change_pairs import Aligned
from pipelines.change_units import MENU, PROSE, Layout, Unit, amounts, common, inside, is_name, shape
from pipelines.dates import stamps
from pipelines.noise_days import counts_days
from pipelines.noise_shapes import looks_like_fact
from pipelines.reading import is_document

LINE: Final = 120
"""Characters up to which a block of the main text without a full stop may be a line with a counter in it."""
ARTICLE: Final = 200
"""Characters of prose in both readings from which a page is an article, and links beside it are not what it lists."""
LISTED: Final = 20
"""Entries of one list from which a menu is a register, whose entries matter whatever it is called."""
COMPANY: Final = 1500
"""Characters of an element that came or went as a whole, up to which one notice in it makes it one."""
COMPANIONS: Final = 10
"""Blocks of such an element."""
STAYED: Final = 0.6
"""Share of the main text that must have stayed where a change of all the rest is a redesign."""
REBUILT: Final = 0.7
"""Share of the main text that stayed whose elements are others, from which the template is another."""
REPLACED: Final = 0.4
"""Share of the side blocks that came or went from which, in another template, all that did is the redesign's."""
ALIKE: Final = 3
"""Links in elements of one kind that stayed, from which one that went was an entry among them."""
WORD: Final = 4
"""Characters of a word that two texts about one thing may share."""
BOX: Final = 6
"""Blocks of a box that asks for gifts, at most."""
BOX_LENGTH: Final = 400
UNLIKE: Final = 60.0
"""Ratio (rapidfuzz, 0 to 100) from which a slogan is another with words changed."""
_WORD = re.compile(r"\w+")
_LETTER = re.compile(r"[^\W_]")
_DIGIT = re.compile(r"\d")
_FRAMING: Final = frozenset({"title", "date", "byline"})
"""Roles of the lines around the beginning of an article, each template having an order of its own."""
_INTRUDING: Final = frozenset({"notice", "advert", "appeal", "related", "ticker", "share"})
_SIGNS: Final = {
    **dict.fromkeys("«»“”„‟‹›″", '"'),
    **dict.fromkeys("‘’‚‛ʼ′`´", "'"),
    **dict.fromkeys("‐‑‒–—―−", "-"),
    "…": "...",
}
_SIGN = re.compile(f"[{''.join(_SIGNS)}]")
_SENTENCE_ENDS = re.compile(r"[.!?][\"'»”’)]*(?:\[\d{1,3}\])*\Z")
_SEAM = re.compile(r"(?<!\d):\s*|\s+(?:[–—|·-]\s+)?")
_BETWEEN_NUMBERS = re.compile(r"(?<=\d)\s*[:–—|·-]?\s+(?=\d)")
_SPACED_DASH = re.compile(r"(?<!\w)\s*-+\s*|\s*-+\s*(?!\w)")


def plain_signs(text: str) -> str:
    """A text with quotation marks, apostrophes, dashes and dots in one form each: equal then, it is set otherwise."""
    plain = _SIGN.sub(lambda match: _SIGNS[match[0]], text).replace("''", '"')
    return _SPACED_DASH.sub(" - ", plain) if "-" in plain else plain


def seamless(text: str) -> str:
    """A card's line without what parts its label from its value: "Term: 5 years", "Term5 years"; numbers stay apart."""
    return _SEAM.sub("", _BETWEEN_NUMBERS.sub("\uffff", text))


class Noise:
    """Judge of the differences between two readings of one page."""

    def __init__(self, before: Layout, after: Layout, aligned: Aligned) -> None:
        self.before = before
        self.after = after
        self.aligned = aligned
        self._renewed: dict[str, bool] = {}
        self._told: dict[tuple[bool, int], str | None] = {}

    # --- the page as a whole ---------------------------------------------------------------------------------------

    @cached_property
    def is_article(self) -> bool:
        """Whether the page has prose, so that groups of links beside it are no list that it is about."""
        return all(layout.written >= ARTICLE for layout in (self.before, self.after))

    @cached_property
    def is_redesign(self) -> bool:
        """Whether the template is another, most of what stands beside the text too, and the main text stayed."""
        if not self.is_remade:
            return False
        loose = [*self.aligned.removed, *self.aligned.added]
        sides = sum(unit.level == "side" for layout in (self.before, self.after) for unit in layout.units)
        cut = (unit for cut in self.aligned.cut for unit in (*cut.olds, *cut.news))
        replaced = sum(unit.level == "side" for unit in (*loose, *cut))
        return sides > 0 and replaced >= REPLACED * sides

    @cached_property
    def is_remade(self) -> bool:
        """Whether the template is another, and the main text stayed."""
        pairs = [*self.aligned.equal, *self.aligned.similar]
        stayed = [(old, new) for old, new in pairs if "main" in {old.level, new.level}]
        held = sum(len(new.text) for _, new in stayed) + sum(
            len(unit.text) for cut in self.aligned.cut for unit in cut.news if unit.level == "main"
        )
        most = max(sum(len(u.text) for u in layout.units if u.level == "main") for layout in (self.before, self.after))
        if not most or held < STAYED * most:
            return False
        rebuilt = sum(len(new.text) for old, new in stayed if shape(old.path) != shape(new.path))
        return rebuilt >= REBUILT * sum(len(new.text) for _, new in stayed)

    # --- edits of one block ----------------------------------------------------------------------------------------

    def of_edit(self, old: Unit, new: Unit) -> str | None:
        """Why the other words of a block are noise; None where they are not."""
        main = "main" in {old.level, new.level}
        if not main and (named := self._furniture(new, self.after) or self._furniture(old, self.before)):
            return named
        if plain_signs(old.text) == plain_signs(new.text):
            return "typography"
        rebuilt = _is_rebuilt(old, new) or (self.is_redesign and is_line(new.text))
        if rebuilt and (seamless(old.text) == seamless(new.text) or self._is_parted(old, new)):
            return "reblocked"
        if self.is_remade and self._is_framed(old, new):
            return "redesign"
        if not main or _may_count(old.text, new.text):
            if noise_counts.still(old.text) == noise_counts.still(new.text):
                return "counter"
            if furniture.without_tokens(old.text) == furniture.without_tokens(new.text):
                return "token"
        if self._counts_days(old, new):
            return "counts days"
        if self.before.is_comment(old) and self.after.is_comment(new):
            return "comments"
        named = self._inserted(new, self.after)
        if named and self._inserted(old, self.before):
            return named
        if self._is_labelled_advert(new, self.after) and self._is_labelled_advert(old, self.before):
            return "advert"
        if self.after.is_aside(new) and self.before.is_aside(old):
            named = self._intrudes(new, self.after)
            if named and named == self._intrudes(old, self.before) and not (main and named == "notice"):
                return named
            if fuzz.ratio(old.text, new.text) < UNLIKE and all(
                self._asks_for_gifts(unit, layout) for unit, layout in ((old, self.before), (new, self.after))
            ):
                return "appeal"
        if self._turned_over_in_line(old, new):
            return "related"
        if main:
            return None
        if self._is_menu(new, self.after) and self._is_menu(old, self.before):
            return "menu"
        if (trail := self.after.trail(new)) and trail == self.before.trail(old):
            return "menu"  # the page's own heading or title at its end is told as such
        if furniture.is_today(old.text) and furniture.is_today(new.text) and not self._has_label(new):
            return "today's date"
        if self._is_teaser(new, self.after) and self._is_teaser(old, self.before):
            return "related"
        if self._is_other_quotation(old, new):
            return "quotation"
        return "advert" if self._is_exchanged(old, new) else None

    def _is_parted(self, old: Unit, new: Unit) -> bool:
        """Whether what a line has no more, or has besides, is a whole line that came or went: a title and its date."""
        for whole, part, loose in (
            (old.text, new.text, self.aligned.added),
            (new.text, old.text, self.aligned.removed),
        ):
            rest = whole.removeprefix(part) if whole.startswith(part) else whole.removesuffix(part)
            if rest != whole and any(unit.text == rest.strip() for unit in loose):
                return True
        return False

    def _counts_days(self, old: Unit, new: Unit) -> bool:
        """Whether a line, or a number with the line before or after it, counts days since some day by itself."""
        if not _DIGIT.search(new.text):
            return False
        passed = (self.after.captured_at.astimezone(UTC).date() - self.before.captured_at.astimezone(UTC).date()).days
        if _LETTER.search(new.text):
            return counts_days(old.text, new.text, passed)
        before, after = _neighbours(old, self.before), _neighbours(new, self.after)
        return any(
            label == other and counts_days(form.format(old.text, label), form.format(new.text, label), passed)
            for other, label, form in zip(before, after, ("{1} {0}", "{0} {1}"), strict=True)
            if label
        )

    def _is_exchanged(self, old: Unit, new: Unit) -> bool:
        """Whether a link to another page stands in the place of another that shares no word with it."""
        if not self.is_article or is_name(old.text) or is_name(new.text):
            return False
        away = self._leads_away([old], self.before) and self._leads_away([new], self.after)
        words, others = ({w for w in unit.text.lower().split() if len(w) >= WORD} for unit in (old, new))
        return away and words.isdisjoint(others)

    def _is_labelled_advert(self, unit: Unit, layout: Layout) -> bool:
        """Whether a link stands right after the word "Advertisement", in the element of that."""
        if unit.place == 0 or not layout.is_link(unit) or self._matters([unit], layout):
            return False
        label = layout.units[unit.place - 1]
        near = inside(label.path, unit.path) or label.path.rpartition("/")[0] == unit.path.rpartition("/")[0]
        return near and len(label.text) <= MENU and self._intrudes(label, layout) == "advert"

    def of_removed(self, unit: Unit) -> str | None:
        """Why it is noise that a block went."""
        return self._one_sided(unit, self.before, self.after)

    def of_added(self, unit: Unit) -> str | None:
        """Why it is noise that a block came."""
        return self._one_sided(unit, self.after, self.before)

    def of_move(self, stretch: Sequence[Pair]) -> str | None:
        """Why it is noise that paragraphs stand elsewhere.

        Another template, whose elements are others, sets the date before the lead or after it: no editor moved that.
        """
        if all(self.before.is_comment(old) and self.after.is_comment(new) for old, new in stretch):
            return "comments"
        olds, news = zip(*stretch, strict=True)
        if self._is_box(olds, self.before) and self._is_box(news, self.after):
            return "reordered"
        if any(shape(old.path) == shape(new.path) for old, new in stretch):
            return None
        places = {new.place for _, new in stretch}
        passed = [
            (old, new)
            for old, new in (*self.aligned.equal, *self.aligned.similar)
            if "main" in {old.level, new.level} and new.place not in places and _crosses((old, new), stretch)
        ]
        framing = all({old.role, new.role} & _FRAMING for old, new in passed)
        return "redesign" if passed and framing else None

    def _is_box(self, units: Sequence[Unit], layout: Layout) -> bool:
        """Whether short lines are all that an element before or after the paragraphs has."""
        if len(units) < 2 or any(layout.amid_prose(unit) or len(unit.text) >= PROSE for unit in units):
            return False
        box = common([unit.path for unit in units])
        return box.count("/") > 2 and list(layout.span(units[0].place, box)) == sorted(unit.place for unit in units)

    def _one_sided(self, unit: Unit, layout: Layout, other: Layout) -> str | None:
        if unit.level == "side" and (named := self._furniture(unit, layout)):
            return named
        if unit.level == "main" and self._is_slot_of_furniture(unit, other):
            return "labelled otherwise"
        if named := self._inserted(unit, layout):
            return named
        if named := self._intruder(unit, layout):
            return named
        if layout.is_comment(unit):
            return "comments"
        if self.is_remade and (self._is_frame_line(unit, other) or noise_counts.is_imprint(unit.text)):
            return "redesign"
        if not layout.is_aside(unit):
            return None
        if layout.trail(unit) or (unit.level == "side" and self._is_menu(unit, layout)):
            return "menu"
        if self._is_teaser(unit, layout) and self._turned_over(unit, layout):
            return "related"
        if self.is_remade and self._is_box_label(unit, other):
            return "redesign"
        if self.is_redesign and (unit.level == "side" or self._is_frame(unit, layout)):
            if unit.level == "main" and self._counts_otherwise(unit, other):
                return None
            return None if self._is_of_kept_list(unit, layout) else "redesign"
        return None

    def _furniture(self, unit: Unit, layout: Layout) -> str | None:
        """The furniture that a side block is; None of the entry of a menu that is as long as a register."""
        if unit.aside != "menu" or unit.kind != "item":
            return unit.aside
        above, _, step = unit.path.rpartition("/")
        entries = {layout.units[place].path for place in layout.span(unit.place, above)}
        count = sum(path.startswith(f"{above}/li[") and "/" not in path[len(above) + 1 :] for path in entries)
        return None if count >= LISTED and step.startswith("li[") else unit.aside

    def _has_label(self, unit: Unit) -> bool:
        """Whether the block before, in the same row, names what this one is the value of."""
        if unit.place == 0:
            return False
        label = self.after.units[unit.place - 1]
        row = unit.path.rpartition("/")[0]
        near = label.path.rpartition("/")[0] == row and not self.after.is_link(label)
        return near and (label.text.endswith(":") or unit.kind in {"cell", "item"})

    # --- what stands around ----------------------------------------------------------------------------------------

    @cached_property
    def _loose_before(self) -> set[int]:
        return {unit.place for unit in self.aligned.removed}

    @cached_property
    def _loose_after(self) -> set[int]:
        return {unit.place for unit in self.aligned.added}

    def _loose(self, layout: Layout) -> set[int]:
        return self._loose_before if layout is self.before else self._loose_after

    def _intruder(self, unit: Unit, layout: Layout) -> str | None:
        """What the element is that came or went as a whole with this block in it: a notice, an advertisement."""
        loose = self._loose(layout)
        path = unit.path
        named = self._intrudes(unit, layout) if layout.is_link(unit) and not self._matters([unit], layout) else None
        while path.count("/") > 2:
            span = layout.span(unit.place, path)
            if any(place not in loose for place in span):
                break
            members = [layout.units[place] for place in span]
            if len(members) > COMPANIONS or sum(len(member.text) for member in members) > COMPANY:
                break
            told = [self._intrudes(member, layout) for member in members]
            if all(map(layout.is_aside, members)):
                named = named or next(filter(None, told), None)
                if named is None and self.is_article and self._leads_away(members, layout):
                    named = "advert"
            elif named is None and all(told):
                named = told[0]
            path = path.rpartition("/")[0]
        return named

    def _intrudes(self, unit: Unit, layout: Layout) -> str | None:
        """What of notices, appeals and advertisements a block is by its words."""
        key = (layout is self.before, unit.place)
        if key not in self._told:
            linked = layout.is_link(unit)
            named = unit.aside or furniture.by_words(unit.text, unit.kind, linked=linked)
            named = named or furniture.intrusion(unit.text, linked=linked)
            self._told[key] = named if named in _INTRUDING else None
        return self._told[key]

    def _asks_for_gifts(self, unit: Unit, layout: Layout) -> bool:
        """Whether a line stands in a small element that asks for gifts, and says nothing of where they go."""
        if noise_counts.names_account(unit.text) or looks_like_fact(unit.text):
            return False
        if noise_counts.asks_for_gifts(unit.text):
            return True
        path = unit.path
        while path.count("/") > 3:
            path = path.rpartition("/")[0]
            members = [layout.units[place] for place in layout.span(unit.place, path)]
            if len(members) > BOX or sum(len(one.text) for one in members) > BOX_LENGTH:
                return False
            if any(noise_counts.asks_for_gifts(one.text) for one in members):
                return True
        return False

    def _is_other_quotation(self, old: Unit, new: Unit) -> bool:
        """Whether two texts beside the main text are quotations, or who said them, that share no word."""
        if _DIGIT.search(old.text) or _DIGIT.search(new.text):
            return False
        if not all(_is_quoted(unit, layout) for unit, layout in ((old, self.before), (new, self.after))):
            return False
        words, others = ({w for w in _WORD.findall(unit.text.lower()) if len(w) >= WORD} for unit in (old, new))
        # "Freedom begins where fear ends" is a saying, "Released" a status
        sayings = all(unit.text.count(" ") >= 2 or not looks_like_fact(unit.text) for unit in (old, new))
        return sayings and words.isdisjoint(others)

    def _inserted(self, unit: Unit, layout: Layout) -> str | None:
        """What a line with a link is by its first words, amid the text too: "Read also", "Advertisement"."""
        linked = layout.linked.get(unit.index, 0)
        if 5 * linked < 2 * len(unit.text) or self._matters([unit], layout):
            return None
        # a list of them may be one block, its lines parted by breaks alone
        several = 5 * linked >= 3 * len(unit.text)
        return furniture.insertion(unit.text, links=len(layout.targets[unit.index]) if several else 1)

    def _leads_away(self, members: Sequence[Unit], layout: Layout) -> bool:
        """Whether an element is a link with few words beside it, and leads to another page."""
        linked = sum(layout.linked.get(member.index, 0) for member in members)
        whole = sum(len(member.text) for member in members)
        longest = max(len(member.text) for member in members)
        if longest < 15 or 2 * linked < whole or self._matters(members, layout):
            return False
        loose = self._loose(layout)
        alike = (place for member in members for place in layout.links_by_shape.get(shape(member.path), ()))
        return len(list(islice((place for place in alike if place not in loose), ALIKE))) < ALIKE

    def _matters(self, members: Sequence[Unit], layout: Layout) -> bool:
        """Whether a link among these leads to a document or to a place of this page, and so to no other page."""
        targets = (target for member in members for target in layout.targets.get(member.index, ()))
        return any(is_document(target) or target.split("#")[0] == layout.url for target in targets)

    def _is_teaser(self, unit: Unit, layout: Layout) -> bool:
        """Whether a block belongs to one of several like items outside the prose that lead to other pages."""
        if not self.is_article or (unit.level == "main" and layout.amid_prose(unit)):
            return False
        group = layout.group(unit)
        item = group.item_of(unit) if group else None
        return group is not None and item is not None and group.is_headed and not self._matters(item, layout)

    def _turned_over_in_line(self, old: Unit, new: Unit) -> bool:
        """Whether headlines of other pages came and went in a block that is a row of them, and no headline changed."""
        if not self.is_article or self.before.amid_prose(old) or self.after.amid_prose(new):
            return False
        if not (self.before.is_link(old) and self.after.is_link(new)):
            return False
        if self._matters([old], self.before) or self._matters([new], self.after):
            return False
        was, now = self.before.headlines(old), self.after.headlines(new)
        if min(len(was), len(now)) < ALIKE or len(now) < len(was) or any(is_name(said) for _, said in (*was, *now)):
            return False
        rests = (_beside(unit.text, said) for unit, said in ((old, was), (new, now)))
        kept = dict(was)
        return len(set(rests)) == 1 and set(was) != set(now) and all(kept.get(to, said) == said for to, said in now)

    def _is_menu(self, unit: Unit, layout: Layout) -> bool:
        """Whether a block is one of a few short links in a row, of which most are no names."""
        if len(unit.text) > MENU or not layout.is_link(unit):
            return False
        group = layout.group(unit)
        if group is None or len(group.items) >= LISTED:
            return False
        return group.is_menu and not self._matters(group.members, layout)

    def _turned_over(self, unit: Unit, layout: Layout) -> bool:
        """Whether others of the group went too, or came in its stead: one that is gone from a list that stayed did not
        turn over."""
        group = layout.group(unit) if layout is self.before else None
        if group is None:
            return True
        stayed = sum(all(place not in self._loose_before for place in item) for item in group.items)
        return stayed < 2 or self._is_renewed(group.container)

    def _is_renewed(self, container: str) -> bool:
        """Whether something new stands in an element."""
        if container not in self._renewed:
            changed = self._loose_after | {new.place for _, new in self.aligned.similar}
            self._renewed[container] = self.after.has_loose(container, changed)
        return self._renewed[container]

    def _is_framed(self, old: Unit, new: Unit) -> bool:
        """Whether a line of the template has other signs around the same words, or says when and how often read."""
        if not is_line(new.text):
            return False
        if _WORD.findall(old.text) == _WORD.findall(new.text):
            return True
        return self._is_frame_line(old, self.after) and self._is_frame_line(new, self.before)

    def _is_frame_line(self, unit: Unit, other: Layout) -> bool:
        """Whether a line has nothing but counts and dates that the other page has too: "3 April 2025, 17 views"."""
        if not is_line(unit.text):
            return False
        own = self.before if other is self.after else self.after
        dates = _dates_of(unit, own)
        rest = noise_counts.without_frame(unit.text, [(start, end) for _, start, end in dates])
        if rest is None:
            return False
        return {value for value, _, _ in dates} <= (self._dates_before if other is self.before else self._dates_after)

    @cached_property
    def _dates_before(self) -> frozenset[str]:
        return _dates(self.before)

    @cached_property
    def _dates_after(self) -> frozenset[str]:
        return _dates(self.after)

    def _is_box_label(self, unit: Unit, other: Layout) -> bool:
        """Whether a short line beside the text is the heading of a box, or a word of the menu."""
        if unit.level != "side" or len(unit.text) > MENU or _DIGIT.search(unit.text):
            return False
        if is_name(unit.text) or looks_like_fact(unit.text):
            return False
        return unit.kind == "heading" or any(unit.text == one.text and one.aside == "menu" for one in other.units)

    def _is_frame(self, unit: Unit, layout: Layout) -> bool:
        """Whether a main block may be of the template: a short line or a link, not among the paragraphs."""
        return layout.is_link(unit) or (len(unit.text) < PROSE and not unit.text.endswith((".", "!", "?")))

    def _counts_otherwise(self, unit: Unit, other: Layout) -> bool:
        """Whether a line of the main text says a number of something that the other page says of nothing: "8 years"."""
        if not _DIGIT.search(unit.text):
            return False
        return not amounts(furniture.still(unit.text)) <= other.amounts

    def _is_of_kept_list(self, unit: Unit, layout: Layout) -> bool:
        """Whether one or two entries went from a list, or came to one, of which all others stayed.

        To a list of links beside the text entries may come: a menu.
        """
        if layout is self.after and unit.level == "side" and layout.is_link(unit):
            return False
        span = layout.span(unit.place, unit.path.rpartition("/")[0])
        entries = [place for place in span if shape(layout.units[place].path) == shape(unit.path)]
        loose = self._loose(layout)
        changed = sum(place in loose for place in entries)
        return changed <= 2 and len(entries) - changed >= 3

    def _is_slot_of_furniture(self, unit: Unit, other: Layout) -> bool:
        """Whether a block was only by mistake main text: the other reading, whose whole main text stayed, has another
        text in the same element and knows it as furniture."""
        if unit.path not in other.furniture_at:
            return False
        return other.main_places.isdisjoint(self._loose(other))


def _neighbours(unit: Unit, layout: Layout) -> tuple[str, str]:
    """The short lines without a number before and after a block, in its own row; "" where there is none."""
    row = unit.path.rpartition("/")[0]
    found = []
    for place in (unit.place - 1, unit.place + 1):
        other = layout.units[place] if 0 <= place < len(layout.units) else unit
        near = other is not unit and row.count("/") > 2 and inside(other.path, row)
        found.append(other.text if near and len(other.text) <= MENU and not _DIGIT.search(other.text) else "")
    return found[0], found[1]


def _crosses(pair: Pair, stretch: Sequence[Pair]) -> bool:
    """Whether a block stands on the other side of one of these than it did."""
    old, new = pair
    return any((old.place - before.place) * (new.place - after.place) < 0 for before, after in stretch)


def _beside(text: str, links: Sequence[tuple[str, str]]) -> str:
    """The words of a block that are no link, without what counts."""
    for _, said in links:
        text = text.replace(said, " ", 1)
    return " ".join(_WORD.findall(noise_counts.still(" ".join(text.split()))))


def _dates_of(unit: Unit, layout: Layout) -> list[tuple[str, int, int]]:
    """The dates of a line, each with where it stands."""
    found = stamps(unit.text, layout.captured_at) if _DIGIT.search(unit.text) else []
    return [(stamp.value[:10], stamp.start, stamp.end) for stamp in found if not stamp.updated]


def _dates(layout: Layout) -> frozenset[str]:
    """The dates of all lines of a page."""
    return frozenset(date for unit in layout.units if is_line(unit.text) for date, _, _ in _dates_of(unit, layout))


def _is_quoted(unit: Unit, layout: Layout) -> bool:
    """Whether a block is a quotation, or the line after one with who said it."""
    if "/blockquote[" in unit.path:
        return True
    if unit.place == 0 or len(unit.text) > MENU:
        return False
    above = layout.units[unit.place - 1].path
    return f"{unit.path.rpartition('/')[0]}/blockquote[" in above


def _may_count(old: str, new: str) -> bool:
    """Whether a block of the main text may have counts in it that move by themselves: a line, no sentence."""
    if is_line(new) or noise_counts.is_sum_to_solve(new) or not _LETTER.search(furniture.still(new)):
        return True
    return noise_counts.is_imprint(new) and noise_counts.years_went_on(old, new)


def _is_rebuilt(old: Unit, new: Unit) -> bool:
    """Whether a line stands in other elements than it did."""
    return max(len(old.text), len(new.text)) <= LINE and shape(old.path) != shape(new.path)


def is_line(text: str) -> bool:
    """Whether a text is a line, no sentence."""
    return len(text) <= LINE and _SENTENCE_ENDS.search(text) is None
