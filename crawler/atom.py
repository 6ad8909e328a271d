"""Changes as an Atom feed (RFC 4287), to be read by any feed reader.

Ids are `urn:uuid:` made of the change's own id, or of the group's: the same change is the same entry in every feed of
every rebuilt catalogue. Nothing stands in it that names the operator or the machine, and no mark of an archivist: a
feed may be handed on. Of what is withheld it has no words.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from crawler.change_choice import Told
from crawler.change_words import (
    CONTEXT,
    Language,
    change_headline,
    edit_html,
    group_headline,
    kind_headline,
    uncompared_words,
    without_controls,
)

if TYPE_CHECKING:
    from archive.catalogue import ChangeRow

PAGES: Final = 100
"""Pages of a group that are named."""
_SPACE: Final = uuid.UUID("6d2f9a64-5f0e-5c1b-9a3e-2f6f1c7f4e10")
"""Of all ids of feeds and entries; chosen once."""
_WORDS: Final = {
    "en": {
        "title": "Changes",
        "weight": "Weight",
        "more": "and {} more edits",
        "pages": "The pages",
        "others": "and {} more pages",
        "now": "Now at",
        "withheld": "The words are withheld.",
    },
    "ru": {
        "title": "Изменения",
        "weight": "Вес",
        "more": "и ещё правок: {}",
        "pages": "Страницы",
        "others": "и ещё страниц: {}",
        "now": "Теперь по адресу",
        "withheld": "Слова не выдаются.",
    },
}
_EDITS: Final = 30
"""Edits of one change that are shown."""


@dataclass(frozen=True, slots=True)
class Feed:
    """What a feed is of."""

    of: str
    """What makes its id: the collection, and what was asked for. Never shown."""
    language: Language = "en"


def format_feed(told: Sequence[Told], feed: Feed) -> bytes:
    """A feed of changes, in the order in which they are given; those of one group are one entry."""
    entries = []
    newest: datetime | None = None
    seen: set[str] = set()
    for one in told:
        if one.group is not None and one.group in seen:
            continue
        seen |= {one.group} if one.group is not None else set()
        entries.append(_entry(one, feed.language))
        newest = one.change.to_at if newest is None else max(newest, one.change.to_at)
    parts = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{feed.language}">',
        f"<id>{_urn('feed ' + feed.of)}</id>",
        f"<title>{_text(_WORDS[feed.language]['title'])}</title>",
        f"<updated>{_moment(newest or datetime(1970, 1, 1, tzinfo=UTC))}</updated>",
        "<author><name>Khronika</name></author>",
        "<generator>Khronika</generator>",
        *entries,
        "</feed>",
    ]
    return ("\n".join(parts) + "\n").encode()


def entry_id(change: ChangeRow, group: str | None = None) -> str:
    """The id of a change's entry, or of its group's."""
    return _urn(group or change.id)


def _entry(told: Told, language: Language) -> str:
    change, withheld = told.change, told.withheld is not None
    if told.group is not None:
        title = group_headline(change, len(told.pages), language)
    else:
        title = change_headline(change, language, withheld=withheld)
    kind = change.kind.value
    return "\n".join(
        (
            "<entry>",
            f"<id>{entry_id(change, told.group)}</id>",
            f"<title>{_text(title)}</title>",
            f"<updated>{_moment(change.to_at)}</updated>",
            f'<link rel="alternate" type="text/html" href="{_address(change.url)}"/>',
            f'<category term="{_text(kind)}" label="{_text(kind_headline(kind, language))}"/>',
            f'<content type="html">{_text(_content(told, language))}</content>',
            "</entry>",
        )
    )


def _content(told: Told, language: Language) -> str:
    """HTML of what changed."""
    change, words = told.change, _WORDS[language]
    about = f"{escape(kind_headline(change.kind.value, language))} · {words['weight']} {change.weight:.2f}"
    parts = [f"<p>{about} · {escape(change.site)}</p>", f"<p>{_link(change.url)}</p>"]
    if told.withheld is not None:
        return "".join((*parts, f"<p>{words['withheld']}</p>"))
    if uncompared := uncompared_words(change, language):
        parts.append(f"<p>{escape(uncompared)}</p>")
    if not told.pages and (target := change.provenance.get("target")):
        parts.append(f"<p>{words['now']}: {_link(str(target))}</p>")
    if change.edits:
        shown = [f"<li>{edit_html(edit, language, context=CONTEXT)}</li>" for edit in change.edits[:_EDITS]]
        if len(change.edits) > _EDITS:
            shown.append(f"<li>{words['more'].format(len(change.edits) - _EDITS)}</li>")
        parts.append(f"<ul>{''.join(shown)}</ul>")
    if told.pages:
        listed = [f"<li>{_moved(url, told.targets.get(url, ''))}</li>" for url in told.pages[:PAGES]]
        if len(told.pages) > PAGES:
            listed.append(f"<li>{words['others'].format(len(told.pages) - PAGES)}</li>")
        parts.append(f"<p>{words['pages']}:</p><ul>{''.join(listed)}</ul>")
    return "".join(parts)


def _moved(url: str, target: str) -> str:
    return f"{_link(url)} → {_link(target)}" if target else _link(url)


def _link(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        return escape(without_controls(url))
    return f'<a href="{_address(url)}">{escape(without_controls(url))}</a>'


def _address(url: str) -> str:
    """An address as an attribute may have it: an IRI, with what none may hold written in octets."""
    return _text(
        quote(without_controls(url), safe="".join(chr(n) for n in range(0x21, 0x7F) if chr(n) not in '"<>\\^`{|}'))
    )


def _text(text: str) -> str:
    return escape(without_controls(text))


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _urn(name: str) -> str:
    return uuid.uuid5(_SPACE, name).urn
