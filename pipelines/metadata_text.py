"""What the text itself says of a page: a date or a byline beside the title, `Source:`, `Translated by`.

Only lines of their own are read, never sentences. A date counts as the page's when its line stands beside the title or
a byline and has nothing else in it than a label; where several such lines say different days, or the page is a list of
dated things, none counts. What the markup said before comes first; what the text says is kept beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from pipelines.dates import EVENT, Stamp, is_bare, order_of, stamps
from pipelines.labelled import Labelled
from pipelines.metadata import AUTHORS, VALUE_LIMIT, Stated, Value, names_in

BESIDE: Final = 4
"""Lines from the title within which its date and byline stand."""
HEAD: Final = 6
"""Lines at the start of a text without a known title that stand for those beside it."""
LISTED: Final = 3
"""Lines that are dates, of different days, from which a page is a list of dated things."""
BLOCKS: Final = 5_000
"""Blocks of a page that are looked at."""
ENDING: Final = 6
"""Lines at the end of the text among which the author is named as often as at its start."""
DATE_LIMIT: Final = 120
"""Characters of a line that is a date."""
NAME_LINE: Final = 120
LINE: Final = 300
OLDEST: Final = "2000"
"""A bare date before that beside a name is a birthday."""

_MEANINGLESS: Final = frozenset(
    {"menu", "ticker", "counter", "related", "appeal", "comments", "advert", "cloud", "form"}
)
_EDGES = re.compile(r"\A[\s\[(*_•·|–—-]+|[\s\])*_|]+\Z")
_TRANSLATED = re.compile(
    r"(?:(?:english |russian |ukrainian |belarusian )?translat(?:ed|ion)(?: from(?: the)? \w{3,20})?(?: into \w{3,20})?"
    r"(?:\s+by\b:?|\s*:)"
    r"|перевод(?:\s+(?:с|на)\s+\w{3,20})?(?:\s+\w{3,20})?\s*[:—–-]|переводчи(?:к|ца)\s*[:—–-]|перев[её]ла?(?:\s+(?:с|на)\s+\w{3,20}(?:\s+\w{3,20})?\s*:|\s*:?)"
    r"|переклад(?:\s+з\s+\w{3,20})?\s*[:—–-]|перекла(?:ла|в)(?:\s+з\s+\w{3,20}\s*:|\s*:?)|перекладач(?:ка)?\s*[:—–-]|пераклад(?:\s+з\s+\w{3,20})?\s*[:—–-]"
    r"|übersetz(?:ung|t)(?:\s+aus dem \w{3,20})?(?:\s+von|\s*:)|traduction\s*:|traduit(?:\s+d\w{1,3} \w{3,20})?\s+par"
    r"|tłumaczenie\s*:|tłumaczył[a]?\s*:?|traducción\s*:|traduzione\s*:)\s*(?P<rest>[^\n]{2,200})\Z",
    re.IGNORECASE,
)
_SOURCE = re.compile(
    r"(?:original\s+source|source|original|источник|первоисточник|оригинал|джерело|першоджерело|оригінал|крыніца"
    r"|першакрыніца|quelle|źródło|fuente|fonte|sursa|šaltinis|avots|allikas|mənbə|дереккөз|წყარო|աղբյուր)"
    r"(?:\s+(?:текста|публикации|of the text))?\s*[:：—–]\s*(?P<rest>[^\n]{2,300})\Z",
    re.IGNORECASE,
)
_AUTHOR = re.compile(
    r"(?:authors?|written by|text by|text|words by|story by|автор(?:ы|ка)?(?:\s+(?:текста|материала|статьи))?|текст"
    r"|автори|аўтар(?:ы|ка)?|тэкст|autor(?:en|in|ka|zy)?|auteurs?|autora|autore|müəllif|авторлары)"
    r"\s*(?::|(?<=\sby)\s)\s*(?P<rest>[^\n]{3,100})\Z",
    re.IGNORECASE,
)
_BY: Final = {
    "en": re.compile(r"[Bb]y (?P<rest>[^\n]{3,100})\Z"),
    "de": re.compile(r"[Vv]on (?P<rest>[^\n]{3,100})\Z"),
    "fr": re.compile(r"[Pp]ar (?P<rest>[^\n]{3,100})\Z"),
}
_BY_WORD = re.compile(r"\A(?:[Bb]y|[Vv]on|[Pp]ar|[Аа]втор:?|[Аа]ўтар:?)\s+")
_ADDRESS = re.compile(r"https?://[^\s<>\"«»()]{3,1000}")
_CELL = re.compile(r"(?P<row>.*/(?:dl|tr)\[\d+\])(?:/div\[\d+\])?/(?:dd|td)\[(?P<n>\d+)\][^\n]{0,60}\Z")
LABEL: Final = 40
"""Characters of a line that says what the date below it is of."""
_PUBLICATION = re.compile(
    r"publi|post|опублик|размещ|опублік|апублік|розміщ|\A\W*(?:дата|date|datum|data)\W*\Z", re.IGNORECASE
)
_PARTING = re.compile(r"\s+[·|•–—]\s+")
_JOINING: Final = frozenset({"de", "da", "van", "von", "der", "den", "di", "al", "el", "ibn", "bin", "la", "le"})


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    place: int
    """Among the page's lines."""
    block: Labelled


def with_text(
    stated: Stated, blocks: Sequence[Labelled], captured_at: datetime, *, language: str, zone: str = ""
) -> Stated:
    """Add what a page's lines say of it; `language` is the page's, `zone` the IANA zone of clock times without one."""
    lines = _lines(blocks)
    beside = _beside(stated, lines)
    authors = [Value("author", name, "text") for name in _authors(lines, beside, language)][:AUTHORS]
    reader = _Reader(captured_at, zone, _order(stated, language), _names(stated, authors))
    dates = list(_dates(lines, beside, reader, (stated.title or "").casefold()))
    said = [*_labelled(lines, "source", _SOURCE), *_labelled(lines, "translated_by", _TRANSLATED)]
    found = [*dates, *authors, *said]
    if not found:
        return stated
    first = {value.name: value.value for value in reversed(dates)}
    sources = dict(stated.sources)
    for name, had in (("published", stated.published), ("modified", stated.modified), ("authors", stated.authors)):
        if not had and (name in first or (name == "authors" and authors)):
            sources[name] = "text"
    return replace(
        stated,
        published=stated.published or first.get("published"),
        modified=stated.modified or first.get("modified"),
        authors=stated.authors or tuple(value.value for value in authors),
        sources=dict(sorted(sources.items())),
        metadata=_together(stated.metadata, found),
    )


def _together(before: Sequence[Value], found: Sequence[Value]) -> tuple[Value, ...]:
    """All values; a line that names the source says more than the link in it."""
    lines = [value for value in found if value.name == "source"]
    told = {(value.name, value.value) for value in before}
    after = [value for value in found if value.name != "source" and (value.name, value.value) not in told]
    kept = [value for value in before if not any(value.name == "source" and value.value in one.value for one in lines)]
    return (*kept, *lines, *after)


def _lines(blocks: Sequence[Labelled]) -> list[_Line]:
    lines: list[_Line] = []
    for block in blocks[:BLOCKS]:
        if block.level == "side" and block.furniture in _MEANINGLESS:
            continue
        for text in block.text.split("\n"):
            if bare := _EDGES.sub("", text[: 4 * LINE]):
                lines.append(_Line(bare, len(lines), block))
    return lines


def _beside(stated: Stated, lines: Sequence[_Line]) -> frozenset[int]:
    """Places of the lines that stand beside the title or a byline."""
    title = (stated.title or "").casefold()
    said = [
        line.place
        for line in lines
        if line.block.role in {"title", "byline"} or (title and line.text.casefold() == title)
    ]
    if not said and not title:
        return frozenset(range(HEAD))
    return frozenset(place for own in said for place in range(own - BESIDE, own + BESIDE + 1))


def _order(stated: Stated, language: str) -> str:
    own = (stated.html_language or "").replace("_", "-")
    return order_of(own if own.split("-")[0].lower() == language else language)


# --- dates -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Reader:
    """How the dates of a page are read."""

    captured_at: datetime
    zone: str
    order: str
    names: tuple[str, ...]
    """What may stand beside a date: the authors' names."""

    def dates(self, line: _Line) -> list[Stamp]:
        """The dates of a line that has nothing else in it than what they are of and by whom."""
        text = line.text
        if len(text) > DATE_LIMIT or line.block.kind == "caption" or not any(map(str.isdecimal, text)):
            return []
        for name in self.names:
            text = text.replace(name, " ")
        text = _EDGES.sub("", _BY_WORD.sub("", _EDGES.sub("", text)))
        found = stamps(text, self.captured_at, self.zone, self.order)
        return found if found and is_bare(text, found) else []


def _names(stated: Stated, authors: Sequence[Value]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*stated.authors, *(value.value for value in authors))))


def _dates(lines: Sequence[_Line], beside: frozenset[int], reader: _Reader, title: str) -> Iterator[Value]:
    dated = [(line, found) for line in lines if (found := reader.dates(line))]
    days = {found[0].value[:10] for line, found in dated if line.block.level == "main" and not found[0].labelled}
    listed = _listed(dated, lines, title)
    near = [
        found
        for line, found in dated
        if line.place in beside and line.place not in listed and not _is_of_event(line, lines, title)
    ]
    published = [one for found in near for one in found if not one.updated]
    labelled = [one for one in published if one.labelled]
    chosen = labelled or (published if len(days) < LISTED else [])
    chosen = [one for one in chosen if one.labelled or one.value >= OLDEST]
    if len({one.value[:10] for one in chosen}) == 1:
        yield Value("published", max(chosen, key=lambda one: len(one.value)).value, "text")
    updated = [one for found in near for one in found if one.updated]
    if len({one.value[:10] for one in updated}) == 1:
        yield Value("modified", max(updated, key=lambda one: len(one.value)).value, "text")


def _listed(dated: Sequence[tuple[_Line, list[Stamp]]], lines: Sequence[_Line], title: str) -> frozenset[int]:
    """Places of the dates that each stand under a heading of their own: those of a list of posts."""
    headed = {}
    for line, found in dated:
        above = lines[max(line.place - 2, 0) : line.place]
        own = (one for one in above if one.block.role != "title" and one.text.casefold() != title)
        if any(one.block.kind == "heading" for one in own):
            headed[line.place] = found[0].value[:10]
    return frozenset(headed) if len(set(headed.values())) > 1 else frozenset()


def _is_of_event(line: _Line, lines: Sequence[_Line], title: str) -> bool:
    """Whether a date is what a card says beside a label: of a birth, an arrest, a verdict."""
    if line.place == 0:
        return False
    before = lines[line.place - 1]
    if (
        before.block.role == "title"
        or before.text.casefold() == title
        or len(before.text) > LABEL
        or any(map(str.isdecimal, before.text))
    ):
        return False
    if _PUBLICATION.search(before.text):
        return False
    if EVENT.search(before.text):
        return True
    cell = _CELL.match(line.block.path)
    return cell is not None and before.block.path.startswith(f"{cell['row']}/")


# --- names -----------------------------------------------------------------------------------------------------------


def _authors(lines: Sequence[_Line], beside: frozenset[int], language: str) -> Iterator[str]:
    main = [line for line in lines if line.block.level == "main"]
    ending = {line.place for line in main[-ENDING:]}
    for line in lines:
        if len(line.text) > NAME_LINE or line.block.kind == "caption":
            continue
        near = line.place in beside
        text = _PARTING.split(line.text, maxsplit=1)[0]
        labelled = _AUTHOR.match(text) if near or line.place in ending else None
        match = labelled or (_BY[language].match(text) if near and language in _BY else None)
        if match is None:
            continue
        names = names_in(match["rest"])
        if names and all(map(_is_person, names)):
            yield from names
            return


def _is_person(name: str) -> bool:
    """Whether a name is two to four words, each with a capital."""
    words = [word for word in name.split() if word not in _JOINING]
    return 2 <= len(words) <= 4 and all(word[:1].isupper() and not word[-1].isdecimal() for word in words)


def _labelled(lines: Sequence[_Line], name: str, pattern: re.Pattern[str]) -> Iterator[Value]:
    for line in lines:
        block = line.block
        if block.kind == "caption" or block.role == "caption" or (block.level == "side" and block.furniture):
            continue
        match = pattern.match(line.text) if len(line.text) <= LINE else None
        if match is None:
            continue
        rest = match["rest"].strip()
        address = _ADDRESS.search(rest)
        words = (rest[: address.start()] + rest[address.end() :] if address else rest).strip(" .,;:–—-()[]")
        if words:
            yield Value(name, (words if address else rest.strip(" ,;:–—-"))[:VALUE_LIMIT], "text")
        if address and name == "source":
            yield Value("source_url", address.group().rstrip(".,;"), "text")
