"""The same edit on many pages of a site in one crawl is one change: of the template, or of what they all say.

Edits are the same when operation, level, field and both texts are. Shared is what three pages have or more. A change
of which every reported edit is shared belongs to a group, and so does one of three events of a kind or more: a site
that keeps us out is one thing to tell. The group is that of the edit that most pages share, one of the main text before
one beside it; its id is made of site, crawl and that edit, so that a page that is read later joins it.

Of a change with edits of its own besides, kind and weight are those of its own edits, and each shared one bears the
group (`"group"` in its record). Shared edits beside the main text are of the template and weigh next to nothing; in the
main text they keep their weight.

The pass is the last that says something of a change: with it every change that was not settled is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from archive.catalogue import ChangeRow
from archive.kinds import EVENTS, QUIET, ChangeKind
from pipelines.passes import Settling
from pipelines.weight import edit_of, weigh_edits

if TYPE_CHECKING:
    from archive.catalogue import Catalogue

SETTLED_RULES: Final = "settled-1"
"""Version of the rules by which a change is looked at beside the others of its crawl."""
SHARED: Final = 3
"""Pages that have the same edit."""
_LOT: Final = 200
"""Changes that are asked for, or entered, in one go."""


@dataclass(slots=True)
class _Crawl:
    """What of a site's crawl is not settled yet."""

    site: str
    crawl: str
    last: datetime
    ids: list[str] = field(default_factory=list)


def settle_groups(settling: Settling) -> int:
    """Group and settle what is not settled; how many changes it found that are told: none."""
    for one in _unsettled(settling.catalogue):
        shared = _shared(settling.catalogue, one)
        for lot in _lots(_settled(settling.catalogue, one, shared)):
            if settling.is_stopping():
                return 0
            settling.catalogue.replace_changes(lot)
        # the rest is settled as it is, once all that is of a group is entered
        settling.catalogue.settle(one.ids, SETTLED_RULES)
    return 0


def group_id(site: str, crawl: str, edit: str) -> str:
    """`g` and 16 hexadecimal digits: the same group has the same id in every rebuilt catalogue."""
    return "g" + hashlib.sha256("\n".join((site, crawl, edit)).encode()).hexdigest()[:16]


def _unsettled(catalogue: Catalogue) -> list[_Crawl]:
    """The crawls of sites that have changes which are not settled, in order of time."""
    found: dict[tuple[str, str], _Crawl] = {}
    for lot in _lots(catalogue.unsettled()):
        crawls = catalogue.crawls_of([change.id for change in lot])
        for change in lot:
            key = change.site, crawls[change.id]
            one = found.setdefault(key, _Crawl(*key, change.to_at))
            one.last = max(one.last, change.to_at)
            one.ids.append(change.id)
    return list(found.values())


def _lots(changes: Iterator[ChangeRow]) -> Iterator[tuple[ChangeRow, ...]]:
    while lot := tuple(islice(changes, _LOT)):
        yield lot


def _changes_of(catalogue: Catalogue, one: _Crawl) -> Iterator[ChangeRow]:
    """The changes of a site's crawl that may be shared, settled ones among them: the crawl may have gone on."""
    for change in catalogue.changes(since=_began(one.crawl), site=one.site, crawl=one.crawl):
        if change.to_at > one.last:
            return
        if change.kind not in QUIET and change.kind is not ChangeKind.CERTIFICATE:
            yield change


def _began(crawl: str) -> datetime | None:
    """When a crawl began, as its id says; None where it does not."""
    try:
        return datetime.strptime(crawl[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def _shared(catalogue: Catalogue, one: _Crawl) -> Mapping[str, int]:
    """How many pages have an edit, by its key; those alone that are shared."""
    pages: dict[str, set[str]] = {}
    for change in _changes_of(catalogue, one):
        for key in _keys(change):
            pages.setdefault(key, set()).add(change.url)
    return {key: len(urls) for key, urls in pages.items() if len(urls) >= SHARED}


def _settled(catalogue: Catalogue, one: _Crawl, shared: Mapping[str, int]) -> Iterator[ChangeRow]:
    """The changes that have something that is shared, as they are said now."""
    if not shared:
        return
    waiting = set(one.ids)
    for change in _changes_of(catalogue, one):
        keys = _keys(change)
        if change.id in waiting and any(key in shared for key in keys):
            yield _grouped(change, keys, shared, one)


def _grouped(change: ChangeRow, keys: Sequence[str], shared: Mapping[str, int], one: _Crawl) -> ChangeRow:
    change = replace(change, settled_by=SETTLED_RULES)
    if change.kind in EVENTS:
        return replace(change, group_id=group_id(one.site, one.crawl, keys[0]))
    ours = [(key, edit) for key, edit in zip(keys, change.edits, strict=True) if key in shared]
    widest = min(ours, key=lambda pair: (_of_template(pair[1]), -shared[pair[0]], pair[0]))
    group = group_id(one.site, one.crawl, widest[0])
    own = [edit for key, edit in zip(keys, change.edits, strict=True) if key not in shared]
    if own:
        edits = tuple(
            {**edit, "group": group} if key in shared else edit for key, edit in zip(keys, change.edits, strict=True)
        )
        return _weighed(replace(change, edits=edits, kind=_kind_of(own)), own, template=False)
    of_pages = [edit for _, edit in ours if not _of_template(edit)]
    template = len(of_pages) < len(ours)
    grouped = replace(change, group_id=group)
    return _weighed(grouped, of_pages, template=True) if template else grouped


def _weighed(change: ChangeRow, edits: Iterable[Mapping[str, Any]], *, template: bool) -> ChangeRow:
    words = change.provenance.get("words")
    if words is None:
        return change  # nothing was read that could be weighed
    weight, reasons = weigh_edits([edit_of(edit) for edit in edits], int(words), template=template)
    provenance = {**change.provenance, "weight": [reason.as_record() for reason in reasons]}
    return replace(change, weight=weight, provenance=provenance)


def _kind_of(edits: Sequence[Mapping[str, Any]]) -> ChangeKind:
    from pipelines.change import kind_of

    return ChangeKind(kind_of([edit_of(edit) for edit in edits]))


def _of_template(edit: Mapping[str, Any]) -> bool:
    """Whether an edit is of what stands around the pages, where many have it."""
    return edit.get("level") in {"side", "meta"}


def _keys(change: ChangeRow) -> list[str]:
    """What an edit has in common with the same one of another page, for each of a change's edits in order."""
    if change.kind in EVENTS:
        return [f"event {change.kind.value}"]
    return [_key(edit) for edit in change.edits]


def _key(edit: Mapping[str, Any]) -> str:
    said = [edit.get(name) for name in ("op", "level", "field", "before", "after")]
    return hashlib.sha256(json.dumps(said, ensure_ascii=True).encode()).hexdigest()
