"""Which changes are shown, and what stands beside each: why it is withheld, a mark, the pages of its group."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal

from archive.kinds import ChangeKind

if TYPE_CHECKING:
    from archive.catalogue import Catalogue, ChangeRow
    from archive.collection import Collection
    from archive.marks import Mark
    from archive.withholding import Withheld
    from crawler.withheld_changes import WithheldChanges

Order = Literal["time", "weight"]
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’ʼ‘-][^\W\d_]+)*")


@dataclass(frozen=True, slots=True)
class Told:
    """A change with what stands beside it."""

    change: ChangeRow
    withheld: Withheld | None = None
    """Why its words are not given out; None when they are."""
    mark: Mark | None = None
    pages: tuple[str, ...] = ()
    """The addresses that have the very same, itself among them; () where it is of no group, and where it is withheld:
    the words of a group are those of each of its pages."""
    targets: Mapping[str, str] = field(default_factory=dict)
    """Where each of these pages is now, where they moved; '' where that is not so."""

    @property
    def group(self) -> str | None:
        """The group that it is told with; None where it is told alone."""
        return self.change.group_id if self.pages else None


@dataclass(frozen=True, slots=True)
class Choice:
    """Which changes are wanted."""

    kinds: frozenset[str]
    since: datetime | None = None
    until: datetime | None = None
    """Not from this moment on."""
    site: str | None = None
    url: str | None = None
    min_weight: float | None = None
    levels: frozenset[str] = frozenset()
    """Of those that have an edit of one of these levels; all when empty."""
    person: str | None = None
    """Of those of which an edit names somebody so, in any case and script."""
    mark: str | None = None
    """A kind of mark, `any` or `none`."""
    group: str | None = None
    settled: bool | None = None


@dataclass(slots=True)
class Changes:
    """The changes of a collection, as they may be shown."""

    catalogue: Catalogue
    held: WithheldChanges
    marks: Mapping[str, Mark] = field(default_factory=dict)
    _pages: dict[str, Mapping[str, str]] = field(default_factory=dict)

    def chosen(self, choice: Choice) -> Iterator[Told]:
        """The changes that are wanted, in order of time."""
        rows = self.catalogue.changes(
            since=choice.since,
            site=choice.site,
            kinds=sorted(choice.kinds),
            url=choice.url,
            min_weight=choice.min_weight,
            group=choice.group,
            settled=choice.settled,
        )
        names = None if choice.person is None else _WORD.findall(choice.person)
        for change in rows:
            if choice.until is not None and change.to_at >= choice.until:
                return
            told = self.told(change)
            if self._fits(told, choice, names):
                yield told

    def told(self, change: ChangeRow) -> Told:
        """A change with what stands beside it."""
        withheld = self.held.of(change)
        if withheld is not None or change.group_id is None:
            return Told(change, withheld, self.marks.get(change.id))
        pages = self._pages_of(change.group_id)
        return Told(change, withheld, self.marks.get(change.id), tuple(pages), pages)

    def _pages_of(self, group: str) -> Mapping[str, str]:
        if group not in self._pages:
            members = (one for one in self.catalogue.changes(group=group) if self.held.of(one) is None)
            found = {one.url: str(one.provenance.get("target") or "") for one in members}
            self._pages[group] = dict(sorted(found.items()))
        return self._pages[group]

    @staticmethod
    def _fits(told: Told, choice: Choice, names: Sequence[str] | None) -> bool:
        change = told.change
        if choice.mark is not None:
            mark = None if told.mark is None else told.mark.kind.value
            if (mark is None) != (choice.mark == "none") or choice.mark not in {"any", "none", mark}:
                return False
        if choice.levels and not any(edit.get("level") in choice.levels for edit in change.edits):
            return False
        if names is not None:
            # that it is found by a name would tell a word of what is withheld
            return told.withheld is None and any(names_person(edit, names) for edit in change.edits)
        return True


def changes_of(collection: Collection) -> Changes:
    """The changes of a collection, with its marks and what is withheld."""
    from crawler.withheld_changes import WithheldChanges, withholdings

    return Changes(
        collection.catalogue,
        WithheldChanges(collection.catalogue, withholdings(collection)),
        {mark.change: mark for mark in marks_of(collection)},
    )


def marks_of(collection: Collection) -> list[Mark]:
    """All marks of a collection, the newest last; none where it has no state.sqlite, as a copy of the evidence."""
    from archive.state import NAME, State

    if not (collection.path / NAME).is_file():
        return []
    with State.open(collection.path, readonly=True) as state:
        return state.marks.all()


def told_kinds(kinds: tuple[str, ...]) -> frozenset[str]:
    """The kinds that a person asked for by name; `all`; and without a name all but the quiet ones."""
    from archive.kinds import QUIET

    if "all" in kinds:
        return frozenset(kind.value for kind in ChangeKind)
    return frozenset(kinds) or frozenset(kind.value for kind in ChangeKind if kind not in QUIET)


def names_person(edit: Mapping[str, Any], name: Sequence[str]) -> bool:
    """Whether an edit has a word for each word of a name, in any case and script."""
    from pipelines.name_stems import may_be

    said = " ".join(str(edit.get(part) or "") for part in ("before", "after", "subject"))
    words = {word for word in _WORD.findall(said) if word[0].isupper()}
    return bool(name) and all(any(may_be(part, word) for word in words) for part in name)
