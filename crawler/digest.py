"""Digests: what changed over a span of time, for people, as plain text, as HTML and as a mail of both (RFC 2046).

A site is a part; within it stand what matters most, then what is gone, moved, blocked and back, then the rest by
weight. The HTML asks for nothing from anywhere and holds no link that a mail server would follow: addresses are text.
What went is struck through and what came is underlined, as `del` and `ins` are wherever there is no colour.
"""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any, Final

from crawler.change_words import change_headline, edit_html, edit_text, group_headline, kind_headline
from crawler.digest_words import Language, counted, day, minute, words

if TYPE_CHECKING:
    from archive.catalogue import Catalogue, ChangeRow
    from crawler.withheld_changes import WithheldChanges

IMPORTANT: Final = 0.6
"""The weight from which on a change stands among the important ones."""
EDITS_SHOWN: Final = 20
PAGES_SHOWN: Final = 20
CONTEXT: Final = 12
"""Words that stay on each side of a change where a paragraph is long."""

_PARTS: Final = ("important", "gone", "moved", "blocked", "back", "uncompared", "other", "certificate")
_PART_OF: Final = {
    "gone": "gone",
    "soft-404": "gone",
    "redirected-home": "gone",
    "replaced": "gone",
    "moved": "moved",
    "blocked": "blocked",
    "unreachable": "blocked",
    "back": "back",
    "certificate": "certificate",
    "uncompared": "uncompared",
}
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Entry:
    """One change, or one that many pages have."""

    change: ChangeRow
    title: str | None
    """Of the page, as it says itself; None where nobody read one, or it is withheld."""
    withheld: bool = False
    urls: tuple[str, ...] = ()
    """Of all pages that have it, where these are several."""

    @property
    def id(self) -> str:
        """Of the group, or of the change."""
        return self.change.group_id if self.urls and self.change.group_id else self.change.id

    def headline(self, language: Language) -> str:
        """What happened, in a line."""
        if self.urls:
            return group_headline(self.change, len(self.urls), language, withheld=self.withheld)
        if self.withheld:
            return kind_headline(self.change.kind.value, language)
        return change_headline(self.change, language)

    @property
    def edits(self) -> list[dict[str, Any]]:
        """The edits that are told."""
        return [] if self.withheld else [dict(edit) for edit in self.change.edits if not edit.get("set_aside")]


def entries_of(
    changes: Iterable[ChangeRow],
    held: WithheldChanges,
    catalogue: Catalogue,
    *,
    told_alone: Callable[[ChangeRow], bool] = lambda _: False,
) -> list[Entry]:
    """Changes as entries, those of one group as one, in the order in which each is met first."""
    groups: dict[str, list[ChangeRow]] = {}
    for change in changes:
        key = change.id if change.group_id is None or told_alone(change) else change.group_id
        groups.setdefault(key, []).append(change)
    found = []
    for several in groups.values():
        shown = max(several, key=lambda one: (held.of(one) is None, one.weight))
        withheld = held.of(shown) is not None
        # on which other page the words stand too is not told where it is withheld
        urls = {one.url for one in several if withheld or held.of(one) is None} if len(several) > 1 else set()
        found.append(Entry(shown, None if withheld else _title(catalogue, shown), withheld, tuple(sorted(urls))))
    return found


def _title(catalogue: Catalogue, change: ChangeRow) -> str | None:
    """The page's title: after the change, or before it where there is none any more."""
    for record in (change.to_record, change.from_record):
        reading = catalogue.reading(record)
        if reading is not None and reading.title and reading.state.value == "present":
            return reading.title
    return None


@dataclass(frozen=True, slots=True)
class Digest:
    """What changed over a span of time."""

    entries: tuple[Entry, ...]
    since: datetime
    until: datetime
    language: Language = "en"
    zone: str = ""

    @property
    def subject(self) -> str:
        """In a line."""
        return f"{words('digest', self.language)}: {self._span()}"

    def _span(self) -> str:
        first, last = day(self.since, self.language, self.zone), day(self.until, self.language, self.zone)
        return first if first == last else words("since", self.language).format(first, last)

    @property
    def summary(self) -> str:
        """How much it is, in a line."""
        if not self.entries:
            return words("nothing", self.language)
        pages = {url for entry in self.entries for url in (entry.urls or (entry.change.url,))}
        sites = {entry.change.site for entry in self.entries}
        changes = counted(len(self.entries), "change", self.language)
        on, of = counted(len(pages), "on pages", self.language), counted(len(sites), "of sites", self.language)
        return f"{changes} {'on' if self.language == 'en' else 'на'} {on} {'of ' if self.language == 'en' else ''}{of}."

    def parts(self) -> list[tuple[str, list[tuple[str, list[Entry]]]]]:
        """The sites, that of the heaviest change first, each with its parts and their entries, the heaviest first."""
        sites: dict[str, list[Entry]] = {}
        for entry in sorted(self.entries, key=lambda one: (-one.change.weight, one.change.to_at, one.change.id)):
            sites.setdefault(entry.change.site, []).append(entry)
        return [
            (site, [(part, mine) for part in _PARTS if (mine := [one for one in several if _part(one) == part])])
            for site, several in sites.items()
        ]

    # ---- plain text

    def text(self) -> str:
        """As plain text."""
        lines = [self.subject, "=" * len(self.subject), "", self.summary]
        if any(entry.edits for entry in self.entries):
            lines.append(words("legend", self.language))
        for site, parts in self.parts():
            lines += ["", "", _line(site), "-" * len(_line(site))]
            for part, entries in parts:
                lines += ["", f"{words(part, self.language)} ({len(entries)})"]
                for entry in entries:
                    lines += ["", *(f"  {line}" for line in entry_lines(entry, self.language, self.zone))]
        return "\n".join(lines).rstrip() + "\n"

    # ---- HTML

    def html(self) -> str:
        """As a page of HTML that needs nothing else."""
        body = [f"<h1>{_escaped(self.subject)}</h1>", f"<p>{_escaped(self.summary)}</p>"]
        if any(entry.edits for entry in self.entries):
            body.append(f"<p><small>{_escaped(words('legend html', self.language))}</small></p>")
        for site, parts in self.parts():
            body.append(f"<h2>{_escaped(site)}</h2>")
            for part, entries in parts:
                body.append(f"<h3>{_escaped(words(part, self.language))} ({len(entries)})</h3>")
                body += [entry_html(entry, self.language, self.zone) for entry in entries]
        return (
            f'<!DOCTYPE html>\n<html lang="{self.language}">\n<head>\n<meta charset="utf-8">\n'
            f"<title>{_escaped(self.subject)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
            + "\n".join(body)
            + "\n</body>\n</html>\n"
        )

    # ---- mail

    def mail(self) -> bytes:
        """As a mail without sender and receiver, which a mail program opens as a draft; the same octets each time."""
        mail = EmailMessage()
        mail["Subject"] = self.subject
        mail["X-Unsent"] = "1"
        text, page = self.text(), self.html()
        mail.set_content(text, charset="utf-8", cte="base64")
        mail.add_alternative(page, subtype="html", charset="utf-8", cte="base64")
        mail.set_boundary("=_" + hashlib.sha256((text + page).encode("utf-8", "replace")).hexdigest()[:32])
        return mail.as_bytes()


_STYLE: Final = (
    "body{font-family:sans-serif;line-height:1.4;max-width:46em;margin:1em auto;padding:0 1em}"
    "section{margin:1em 0;page-break-inside:avoid;break-inside:avoid}"
    "h4{margin:0 0 .2em}p{margin:.2em 0}ul{margin:.3em 0;padding-left:1.2em}"
    "del{text-decoration:line-through}ins{text-decoration:underline;font-weight:bold}"
    ".where{overflow-wrap:anywhere;font-family:monospace}"
)


def _part(entry: Entry) -> str:
    own = _PART_OF.get(entry.change.kind.value)
    return own or ("important" if entry.change.weight >= IMPORTANT else "other")


def entry_lines(entry: Entry, language: Language, zone: str = "") -> list[str]:
    """An entry as lines of plain text."""
    change = entry.change
    lines = [_line(entry.headline(language))]
    if entry.title:
        lines.append(_line(entry.title))
    lines += [_line(url) for url in entry.urls[:PAGES_SHOWN] or (change.url,)]
    if len(entry.urls) > PAGES_SHOWN:
        lines.append(words("more", language).format(len(entry.urls) - PAGES_SHOWN))
    lines.append(_when(change, language, zone))
    if entry.withheld:
        lines.append(words("withheld", language))
    edits = entry.edits
    lines += [_line(edit_text(edit, language, context=CONTEXT)) for edit in edits[:EDITS_SHOWN]]
    if len(edits) > EDITS_SHOWN:
        lines.append(words("more", language).format(counted(len(edits) - EDITS_SHOWN, "edit", language)))
    return lines


def entry_html(entry: Entry, language: Language, zone: str = "") -> str:
    """An entry as a part of a page of HTML."""
    change = entry.change
    parts = [f"<h4>{_escaped(entry.headline(language))}</h4>"]
    if entry.title:
        parts.append(f"<p><i>{_escaped(entry.title)}</i></p>")
    parts += [f'<p class="where">{_escaped(url)}</p>' for url in entry.urls[:PAGES_SHOWN] or (change.url,)]
    if len(entry.urls) > PAGES_SHOWN:
        parts.append(f"<p>{_escaped(words('more', language).format(len(entry.urls) - PAGES_SHOWN))}</p>")
    parts.append(f"<p><small>{_escaped(_when(change, language, zone))}</small></p>")
    if entry.withheld:
        parts.append(f"<p>{_escaped(words('withheld', language))}</p>")
    edits = entry.edits
    items = [f"<li>{edit_html(edit, language, context=CONTEXT)}</li>" for edit in edits[:EDITS_SHOWN]]
    if len(edits) > EDITS_SHOWN:
        more = words("more", language).format(counted(len(edits) - EDITS_SHOWN, "edit", language))
        items.append(f"<li>{_escaped(more)}</li>")
    if items:
        parts.append(f"<ul>{''.join(items)}</ul>")
    return f"<section>{''.join(parts)}</section>"


def _when(change: ChangeRow, language: Language, zone: str) -> str:
    when = words("compared", language).format(
        to=minute(change.to_at, language, zone), since=minute(change.from_at, language, zone)
    )
    weight = f"{change.weight:.2f}"
    return f"{when}; {words('weight', language)} {weight.replace('.', ',') if language == 'ru' else weight}"


def _line(text: str) -> str:
    """A text as one line: a page's words must make no lines of their own."""
    return " ".join(_CONTROL.sub(" ", text).split())


def _escaped(text: str) -> str:
    return html.escape(_line(text))
