"""What a page states about itself, before and after → edits at level `meta`: title, dates, authors, other languages.

A statement that only moved from one part of the markup to another is no change of what the page says: such edits are
set aside, with the reason, and so is the date of the last change, which follows every other change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Final, Protocol

from pipelines import furniture
from pipelines.change_noise import plain_signs
from pipelines.diff import changed_words, word_diff
from pipelines.edits import Edit, Op
from pipelines.reading import Reading, comparable
from pipelines.targets_alike import link_key, own_hosts

LEAST_HEAD: Final = 8
"""Characters of a heading that both titles begin with."""
DESCRIPTION_HEAD: Final = 60
"""Characters of a description by which the text that it is made from is known."""
_DAY: Final = 10
"""Characters of a date without its time."""
_UNDETERMINED: Final = frozenset({"", "und"})


def meta_edits(before: Reading, after: Reading) -> Iterator[Edit]:
    """The differences; what says nothing new is set aside."""
    pages = _Pages(before, after)
    yield from _edits("title", *_titles(before, after), pages.of_title)
    yield from _edits("published", before.published, after.published, pages.of_date)
    yield from _edits("authors", ", ".join(before.authors), ", ".join(after.authors), pages.of_authors)
    yield from _edits("description", _described(before), _described(after), pages.of_description)
    yield from _edits("language", _language(before), _language(after), pages.of_language)
    yield from _translations(before, after)
    yield from _edits("modified", before.modified, after.modified, lambda _old, _new: "date of last change")


def _edits(field: str, old: str | None, new: str | None, judge: _Judge) -> Iterator[Edit]:
    one, other = comparable(old or ""), comparable(new or "")
    if one == other:
        return
    words = tuple(tuple(pair) for pair in changed_words(word_diff(one, other)))
    op: Op = "edit" if one and other else "add" if other else "remove"
    yield Edit(op, "meta", one or None, other or None, words, field=field, set_aside=judge(one, other))


class _Judge(Protocol):
    def __call__(self, old: str, new: str, /) -> str | None: ...


class _Pages:
    """Both pages, as far as what they show tells of what they state."""

    def __init__(self, before: Reading, after: Reading) -> None:
        self._before = before
        self._after = after
        self._shown: dict[int, frozenset[str]] = {}

    def of_title(self, old: str, new: str) -> str | None:
        """Why another title says nothing new."""
        if new in self._blocks(self._after):
            return "said by a heading"
        if not new and old in self._blocks(self._after):
            return "said by a heading"  # it was never stated but by that heading, which is something else now
        if plain_signs(old).casefold() == plain_signs(new).casefold():
            return "typography"
        if furniture.still(old) == furniture.still(new):
            return "counter"
        # what follows the heading in the title is the site's name
        heads = self._headings(self._before) & self._headings(self._after)
        if any(len(head) >= LEAST_HEAD and old.startswith(head) and new.startswith(head) for head in heads):
            return "name of the site"
        return None

    def of_date(self, old: str, new: str) -> str | None:
        """Why another date of publication says nothing new: it is the same one."""
        if not old or not new:
            return "stated by other markup"
        if old[:_DAY] == new[:_DAY] and _DAY in {len(old), len(new)}:
            return "date, more or less exactly"
        return "date, in another zone" if (moment := _moment(old)) is not None and moment == _moment(new) else None

    def of_authors(self, old: str, new: str) -> str | None:
        """Why other authors say nothing new: they are the same, or were not named by the markup before."""
        if sorted(old.casefold().split(", ")) == sorted(new.casefold().split(", ")):
            return "order of authors"
        if not old:
            return "stated by other markup"
        if not new and all(self._says(self._after, name) for name in old.split(", ")):
            return "stated by other markup"
        return None

    def of_description(self, old: str, new: str) -> str | None:
        """Why another description says nothing new: it is made from the text, or there was none."""
        if not old or not new:
            return "stated by other markup"
        if plain_signs(old) == plain_signs(new):
            return "typography"
        made = self._says(self._after, _head(new)) or self._says(self._before, _head(old))
        return "made from the text" if made else None

    def of_language(self, old: str, new: str) -> str | None:
        """Why another language says nothing new: that of one of the two could not be told."""
        return "not determined" if old in _UNDETERMINED or new in _UNDETERMINED else None

    def _headings(self, reading: Reading) -> set[str]:
        return {comparable(reading.text_of(block)) for block in reading.blocks if block.kind == "heading"}

    def _blocks(self, reading: Reading) -> frozenset[str]:
        if id(reading) not in self._shown:
            self._shown[id(reading)] = frozenset(reading.forms)
        return self._shown[id(reading)]

    def _says(self, reading: Reading, words: str) -> bool:
        wanted = comparable(words).casefold()
        return any(wanted in block.casefold() for block in self._blocks(reading))


def _head(description: str) -> str:
    """What a description begins with, whole words of it: the rest may be cut off."""
    cut = description.rstrip(" .…[]")
    return cut if len(cut) <= DESCRIPTION_HEAD else cut[:DESCRIPTION_HEAD].rpartition(" ")[0] or cut[:DESCRIPTION_HEAD]


def _titles(before: Reading, after: Reading) -> tuple[str | None, str | None]:
    """The titles that differ: the pages' own, else what the same part of the markup calls them."""
    if comparable(before.title or "") == comparable(after.title or ""):
        for by in ("title", "meta", "json-ld"):
            old, new = _title_by(before, by), _title_by(after, by)
            if old and new and comparable(old) != comparable(new):
                return old, new
    return before.title, after.title


def _title_by(reading: Reading, by: str) -> str | None:
    return next((one.value for one in reading.metadata if one.name == "title" and one.by == by), None)


def _described(reading: Reading) -> str | None:
    return next((value.value for value in reading.metadata if value.name == "description"), None)


def _language(reading: Reading) -> str:
    return "" if reading.language in _UNDETERMINED else reading.language


@cache
def _moment(date: str) -> datetime | None:
    """The moment that a date with a time and a zone names."""
    try:
        moment = datetime.fromisoformat(date)
    except ValueError:
        return None
    return None if moment.tzinfo is None else moment.astimezone(UTC)


def _translations(before: Reading, after: Reading) -> Iterator[Edit]:
    """Versions in other languages that came or went; another address of one is none, where it is that of a mirror."""
    own = own_hosts([before.url, after.url])
    olds, news = _versions(before), _versions(after)
    if olds == news:
        return
    for language in sorted({*olds, *news}):
        old, new = olds.get(language), news.get(language)
        if old == new:
            continue
        aside = None
        if old and new:
            aside = "addresses rewritten" if link_key(old, own) == link_key(new, own) else None
        op: Op = "edit" if old and new else "add" if new else "remove"
        says = [f"{language} {url}" if url else None for url in (old, new)]
        yield Edit(op, "meta", says[0], says[1], (), field="translation", set_aside=aside)


def _versions(reading: Reading) -> Mapping[str, str]:
    """By language, the first address of the page's version in it."""
    found: dict[str, str] = {}
    for one in reading.sight.translations if reading.sight is not None else ():
        found.setdefault(one.language, one.url)
    return found
