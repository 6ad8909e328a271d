"""Notices of operation: what is not well about the running of a collection, told once, and once when it is well again.

Who is told is said by `operation` in `[[notice]]`. What is told is a trouble (`archive/troubles.py`), by its id, and
its end by an id of its own; both go the way of all notices (`crawler/notices.py`): written down first, at least once,
and never twice under two ids. A trouble that has ended before anybody was told of it is not told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import TYPE_CHECKING

from archive.deliveries import Delivery, DeliveryState
from archive.troubles import ID, WELL, KeptTrouble, Seen, after
from crawler.notice_ways import Message
from crawler.operation_words import trouble_lines, well_lines

if TYPE_CHECKING:
    from archive.state import State
    from crawler.notice_policy import NoticePolicy

OF_SITES = ("late", "failing")
"""What a trouble is about whose subject is a site."""


@dataclass(frozen=True, slots=True)
class ToTell:
    """What a look makes to be told, and no more to be told."""

    kept: Mapping[str, KeptTrouble]
    """All troubles, by id."""
    changed: tuple[KeptTrouble, ...]
    """Those that the look has begun or ended."""
    new: tuple[Delivery, ...]
    withdrawn: tuple[tuple[str, str], ...]
    """Pairs of a notice and what it is not to tell any more: it was well again before."""


def operation_to_tell(state: State, notices: Sequence[NoticePolicy], seen: Seen, now: datetime) -> ToTell:
    """What is to be told after a look; nothing is written."""
    known = {one.id: one for one in state.troubles.all()}
    changed = after(known.values(), seen, now)
    kept = known | {one.id: one for one in changed}
    new: list[Delivery] = []
    withdrawn: list[tuple[str, str]] = []
    for notice in notices:
        if not notice.tells_operation:
            continue
        written = {one.change: one for one in state.deliveries.beginning_with(notice.name, ID)}
        for trouble in kept.values():
            if _wants(notice, trouble):
                begin = written.get(trouble.id)
                if trouble.ended_at is None:
                    new += [_delivery(notice, trouble, now)] if begin is None else []
                elif begin is not None and begin.state is DeliveryState.DUE and not begin.attempts:
                    withdrawn.append((notice.name, trouble.id))
                elif _was_told(begin) and not trouble.dropped and trouble.id + WELL not in written:
                    new.append(_delivery(notice, trouble, now))
    return ToTell(kept, tuple(changed), tuple(new), tuple(withdrawn))


def write_down(state: State, to_tell: ToTell) -> None:
    """Write it down: the troubles first, so that what is told is kept."""
    state.troubles.keep(to_tell.changed)
    for notice, change in to_tell.withdrawn:
        state.deliveries.withdraw(notice, [change], "it was well again before it was told")
    state.deliveries.add(to_tell.new)


def is_operation(change: str) -> bool:
    """Whether a delivery is of a trouble, and not of a change."""
    return change.startswith(ID)


def operation_message(notice: NoticePolicy, change: str, troubles: Mapping[str, KeptTrouble]) -> Message | None:
    """The message of a delivery; None where the trouble is not known."""
    kept = troubles.get(change.removesuffix(WELL))
    if kept is None:
        return None
    trouble, well = kept.trouble, change.endswith(WELL)
    if well:
        lines = well_lines(trouble, kept.ended_at or kept.began_at, notice.language, notice.timezone)
    else:
        lines = trouble_lines(trouble, notice.language, notice.timezone)
    record = {
        "id": change,
        "type": "operation",
        "notice": notice.name,
        "language": notice.language,
        "khronika": version("khronika"),
        "about": trouble.about,
        "subject": trouble.subject,
        "kind": trouble.kind,
        "well": well,
        "since": _instant(trouble.since),
        "until": _instant(kept.ended_at) if well else None,
        "title": lines[0],
        "text": "\n".join(lines),
    }
    return Message(change, lines[0], "\n".join([*lines[1:], "", f"[{change}]"]), record)


def _wants(notice: NoticePolicy, kept: KeptTrouble) -> bool:
    trouble = kept.trouble
    if trouble.about == "notice" and trouble.subject == notice.name:
        return False  # what is not delivered cannot tell so
    return trouble.about not in OF_SITES or not notice.sites or trouble.subject in notice.sites


def _was_told(begin: Delivery | None) -> bool:
    """Whether the receiver has it, or may have it, or is still to get it."""
    return begin is not None and begin.state in (DeliveryState.DUE, DeliveryState.SENDING, DeliveryState.SENT)


def _delivery(notice: NoticePolicy, kept: KeptTrouble, now: datetime) -> Delivery:
    site = kept.trouble.subject if kept.trouble.about in OF_SITES else ""
    if kept.ended_at is None:
        return Delivery(notice.name, kept.id, site, kept.began_at, now)
    return Delivery(notice.name, kept.id + WELL, site, kept.ended_at, now)


def _instant(moment: datetime | None) -> str | None:
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")
