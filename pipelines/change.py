"""Two readings of a page → what changed, of what kind and of what weight.

What is compared are visible blocks, main and side, in their comparable form (NFC; й, ё, і, ї whole), never the
extractor's choice alone: a block that only changed its label has not changed. Each part is a file of its own:

1. `change_blocks`: the visible text; 2. `change_meta`: title, dates, authors, versions in other languages;
3. `change_links`: links, pictures, headings; 4. `change_lists`: the entries of a list; 5. `change_facts`: facts of the
case; 6. `weight`: how much it weighs.

What is set aside is kept with its reason, and the change is of kind `noise` when nothing else is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from pipelines.change_blocks import TOLD_BY_LIST, block_edits
from pipelines.change_facts import fact_edits
from pipelines.change_links import link_edits
from pipelines.change_lists import list_edits
from pipelines.change_meta import meta_edits
from pipelines.edits import Change, Edit, Kind
from pipelines.noise import Mask
from pipelines.reading import Reading, comparable
from pipelines.rules import SIGHT_MARK
from pipelines.weight import weigh, words_of

CHANGE_RULES: Final = "change-3"
"""Version of the rules of comparison: raised whenever they would find another change."""

OF_OTHER_PAGES: Final = frozenset({"related", "advert", "ticker", "comments"})
"""Why a block beside the text is noise, where what it says is of other pages, or of readers."""


def says(reading: Reading, phrase: str, *, fold_yo: bool = False) -> bool:
    """Whether a page says a phrase, in its main text, its title or beside them; capitals and white space are equal.

    With `fold_yo`, ё and е are: much Russian print leaves the dots out. й is never и.
    """

    def form(text: str) -> str:
        folded = comparable(text).casefold()
        return folded.replace("ё", "е") if fold_yo else folded

    wanted = form(phrase)
    if not wanted:
        return False
    texts = [reading.text, reading.title or "", *(reading.text_of(block) for block in reading.blocks)]
    return any(wanted in form(text) for text in texts)


def compare(before: Reading, after: Reading, mask: Mask | None = None) -> Change:
    """Compare two readings of a page; the same readings and mask always give the same change."""
    rules = sorted({before.rules, after.rules})
    # a mirror more in the site's definition reads no text otherwise
    of_text = {version.split(SIGHT_MARK)[0] for version in rules}
    provenance: dict[str, Any] = {
        "rules": CHANGE_RULES,
        "readings": rules,
        "source": "source" if len(of_text) == 1 else "extractor",
    }
    if mask is not None:
        provenance["mask"] = mask.digest
    of_lists, covered = list_edits(before, after)
    of_blocks = block_edits(before, after, mask, covered)
    edits = (
        *meta_edits(before, after),
        *_beside_text(fact_edits(before, after), of_blocks),
        *of_lists,
        *of_blocks,
        *_beside_lists(link_edits(before, after, of_blocks), of_lists),
    )
    if mask is not None:
        edits = mask.on(before, after).known(edits)
    reported = [edit for edit in edits if not edit.noise]
    if not reported:
        return Change("noise" if edits else "same", 0.0, edits, provenance)
    provenance["words"] = words_of(before, after)
    weight, reasons = weigh(reported, before, after)
    return Change(kind_of(reported), weight, edits, provenance, reasons)


def _beside_lists(links: Iterable[Edit], of_lists: Iterable[Edit]) -> Iterator[Edit]:
    """The edits of links; those that came or went with an entry of a list are told with that."""
    told = {(edit.op, edit.path, edit.paragraph) for edit in of_lists if edit.op in {"add", "remove"}}
    for edit in links:
        with_entry = edit.set_aside is None and (edit.op, edit.path, edit.paragraph) in told
        yield replace(edit, set_aside=TOLD_BY_LIST) if with_entry else edit


def _beside_text(facts: Iterable[Edit], of_blocks: Sequence[Edit]) -> Iterator[Edit]:
    """The edits of facts; what only teasers and the like beside the text say is told of other pages, and set aside."""
    for fact in facts:
        reasons = [_why_beside(fact, edit) for edit in of_blocks if _says_one_side(fact, edit)]
        why = reasons[0] if reasons and None not in reasons else None
        yield replace(fact, set_aside=why) if why else fact


def _why_beside(fact: Edit, edit: Edit) -> str | None:
    return edit.set_aside if edit.level == "side" and edit.set_aside in OF_OTHER_PAGES else None


def _says_one_side(fact: Edit, edit: Edit) -> bool:
    """Whether the words that a fact was read from stand in the text that came, or went, with an edit."""
    for word in (word for words in fact.words for word in words):
        text = edit.before if word[0] == "-" else edit.after
        if edit.op != "move" and text and word[1:] in text:
            return True
    return False


def kind_of(reported: Sequence[Edit]) -> Kind:
    """What kind of change the reported edits make, of which there is one at least."""
    if any(edit.level == "list" for edit in reported):
        return "list"
    fields = {edit.field if edit.field in {"link", "picture", "heading"} else None for edit in reported}
    if fields == {"heading"}:
        return "structure"
    if None not in fields:
        return "link"
    ops = {edit.op for edit in reported}
    if ops == {"add"}:
        return "added"
    return "removed" if ops == {"remove"} else "edited"
