"""Shapes: the addresses of a site, sorted by what they are built like.

`/news/1204/` and `/news/1187/` are of one shape, `/news/N/`. A segment of a path is kept as it stands where few
different ones stand in its place and others follow it; a number, a date or a slug is told by its form alone. What the
pages of a shape are is for others to say.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

ANY_HOST: Final = "^https?://[^/]+"
"""Beginning of a pattern that holds for mirrors too."""

FEW: Final = 9
"""Different words in one place of a path, up to which each of them is a shape's own."""

_YEAR = re.compile(r"(?:19|20)\d\d\Z")
_SHORT = re.compile(r"\d{1,2}\Z")
_NUMBER = re.compile(r"\d+\Z")
_EXTENSION = re.compile(r"(?P<stem>.+)(?P<extension>\.[A-Za-z][A-Za-z0-9]{1,4})\Z")
_SCRIPT = re.compile(r"\.(?:php\d?|aspx?|jsp|cgi|pl|do|exe|dll)\Z", re.IGNORECASE)
_MONTHS: Final = frozenset(
    {
        *("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november"),
        *("december", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec"),
        *("yanvar", "fevral", "mart", "aprel", "maj", "iyun", "iyul", "avgust", "sentyabr", "oktyabr", "noyabr"),
        *("dekabr", "январь", "февраль", "март", "апрель", "май", "июнь", "июль", "август", "сентябрь", "октябрь"),
        *("ноябрь", "декабрь"),
    }
)
_PATTERNS: Final = {"Y": r"\d{4}", "D": r"\d{1,2}", "N": r"\d+", "*": r"[^/?]+"}

PAGE_NUMBER: Final = re.compile(
    r"/(?:page|seite|stranica|storinka|staronka)[/-]?\d+/?(?:\.html?)?(?:$|\?)"
    r"|[?&](?:page|paged|p|pg|pagenum|PAGEN_\d+|start|offset|from|skip|cstart|st)=\d+(?:&|$)"
    r"|[-_/](?:page|index)[-_]?\d+\.html?$",
    re.IGNORECASE,
)
"""Addresses of the second and later pages of a listing."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What addresses have in common."""

    parts: tuple[str, ...]
    """Segments of the path: `=word` as it stands, `Y` a year, `D` a day or month, `N` a number, `*` anything; the last
    one may end in an extension: `*.html`."""
    query: tuple[str, ...] = ()
    """Names of the query's parameters, in alphabetical order."""
    folder: bool = False
    """Whether the path ends in a slash."""

    @property
    def name(self) -> str:
        """As it is shown to people: `/news/N/`."""
        path = "/" + "/".join(part.removeprefix("=") for part in self.parts)
        return path + ("/" if self.folder and self.parts else "") + ("?" + "&".join(self.query) if self.query else "")

    @property
    def words(self) -> tuple[str, ...]:
        """Segments that stand as they are, in lower case."""
        return tuple(unquote(part[1:]).lower() for part in self.parts if part.startswith("="))

    @property
    def told(self) -> bool:
        """Whether the shape can be told from any other page of its site: by a word, a number or a parameter."""
        return bool(self.query) or any(part != "*" for part in self.parts)

    def pattern(self, key: str = "") -> str:
        """A regular expression that addresses of this shape fit, on whatever host; `key`: the parameter of the query
        that tells them from others (the last one without it)."""
        path = "".join(f"/{_pattern_of(part)}" for part in self.parts)
        bare = not self.parts or len(self.parts[-1]) == 1 or self.folder
        slash = "/?" if bare else ""
        if self.query:
            return ANY_HOST + path + slash + rf"\?(?:.*&)?{literal(key or self.query[-1])}="
        return ANY_HOST + path + slash + "$"


def _pattern_of(part: str) -> str:
    if part.startswith("="):
        # an archivist reads /новости/, and patterns are tried on readable addresses too
        word = unquote(part[1:])
        return literal(word if word.isalnum() else part[1:])
    sign, extension = part[:1], part[1:]
    return _PATTERNS[sign] + literal(extension)


def literal(text: str) -> str:
    """A regular expression for a text itself, with no more backslashes than it needs."""
    return _SPECIAL.sub(r"\\\g<0>", text)


_SPECIAL = re.compile(r"[.^$*+?{}\[\]\\|()]")


def shapes_of(urls: Iterable[str]) -> Mapping[Shape, tuple[str, ...]]:
    """Addresses of one host by their shapes, the shape with most of them first."""
    split = [(url, *_taken_apart(url)) for url in dict.fromkeys(urls)]
    followed: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for _, segments, _, _ in split:
        for place, segment in enumerate(segments[:-1]):
            if not _NUMBER.match(segment):
                followed[_place(segments[:place])].add(segment)
    found: dict[Shape, list[str]] = defaultdict(list)
    for url, segments, query, folder in split:
        parts = [_inner(segments, place, followed) for place in range(len(segments) - 1)]
        if segments:
            parts.append(_last(segments[-1], followed.get(_place(segments[:-1]), set()), bool(query)))
        found[Shape(tuple(parts), query, folder)].append(url)
    return {shape: tuple(of) for shape, of in sorted(found.items(), key=lambda one: -len(one[1]))}


def _taken_apart(url: str) -> tuple[tuple[str, ...], tuple[str, ...], bool]:
    parts = urlsplit(url)
    segments = tuple(segment for segment in parts.path.split("/") if segment)
    keys = {key for key, _ in parse_qsl(parts.query, keep_blank_values=True) if key}
    return segments, tuple(sorted(keys)), parts.path.endswith("/")


def _place(segments: tuple[str, ...]) -> tuple[str, ...]:
    """Where a segment stands; numbers before it are all one."""
    return tuple("0" if _NUMBER.match(segment) else segment for segment in segments)


def _inner(segments: tuple[str, ...], place: int, followed: Mapping[tuple[str, ...], set[str]]) -> str:
    segment = segments[place]
    if _YEAR.match(segment):
        return "Y"
    if _SHORT.match(segment):
        return "D"
    if _NUMBER.match(segment):
        return "N"
    if unquote(segment).lower() in _MONTHS:
        return "*"
    return f"={segment}" if len(followed[_place(segments[:place])]) <= FEW else "*"


def _last(segment: str, folders: set[str], has_query: bool) -> str:
    if _NUMBER.match(segment):
        return "N"
    extension = _EXTENSION.match(segment)
    if extension is not None:
        if has_query and _SCRIPT.search(extension["extension"]):
            return f"={segment}"
        sign = "N" if _NUMBER.match(extension["stem"]) else "*"
        return sign + extension["extension"]
    # a section's own page beside the pages in it
    return f"={segment}" if segment in folders and len(folders) <= FEW else "*"
