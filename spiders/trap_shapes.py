"""What the addresses of crawler traps are built like: calendars, faceted lists, endless pagination, repeated paths.

An address is in several families, each with one thing in it that may vary: `/events/2026-11/` is in the calendar
`/events/DATE/`, `/cases?page=7&sort=new` in the list `/cases?page=N&sort=new`. A form alone convicts nobody, but for
paths that go round in circles: legitimate lists, archives and forums are built like that too. Whether a family is a
trap is found out by looking at its pages: `spiders/traps.py`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final, Literal, NamedTuple
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

By = Literal["words", "text"]


class Family(NamedTuple):
    """Addresses that differ in one thing."""

    name: str
    """What it is called when it turns out to be a trap."""
    host: str
    shape: str
    """The address without its host, what varies replaced."""
    limit: int
    """Pages in a row, found on pages of the family itself, that may bring nothing new."""
    by: By
    """What counts as new, beside pictures: `words`: a link out of the family, or three pairs of words that no page of
    it had before; `text`: another text, or another set of links out of it, than those of each page before."""


PREFIX: Final = "trap: "
"""Beginning of each reason for which an address is refused: `trap: <name>: <shape>`."""

CALENDAR: Final = "calendar"
FACETED: Final = "faceted list"
PAGINATION: Final = "endless pagination"
RECURSIVE: Final = "recursive path"
SESSION: Final = "session ids"
MAZE: Final = "endless pages"
QUERY: Final = "growing query"
REDIRECTS: Final = "endless redirects"
COPIES: Final = "copies of one page"

# Each is about four times the longest run that was met on any of the legitimate sites in tests/spiders/test_traps.py.
CALENDAR_LIMIT: Final = 120
FAR_LIMIT: Final = 24
PAGINATION_LIMIT: Final = 25
NUMBER_LIMIT: Final = 100
FACETED_LIMIT: Final = 60
TREE_LIMIT: Final = 300
COPIES_LIMIT: Final = 200

FIRST_YEAR: Final = 1990
"""Before it there was no web; a calendar that goes further back has less time to show something."""
AHEAD: Final = timedelta(days=400)

REPEATS: Final = 3
"""Times that a run of segments may stand in a row before the path is called recursive (Heritrix: the same)."""
SEGMENTS: Final = 25
PARAMETERS: Final = 30

_PAGES: Final = re.compile(
    r"(?:c?page|paged|pg|pagenum|page[-_]?(?:no|number|index)|pageindex|start|offset|from|skip|cstart|limitstart|first"
    r"|seite|pagina|strana|PAGEN_\d+|[a-z]\d?_?page|tribe_paged)\Z",
    re.IGNORECASE,
)
"""Names of parameters that count the pages of a list. Not `p`: in WordPress that is a page's own number."""
_PAGE_SEGMENT: Final = re.compile(r"(?:page|seite|pagina|stranica|storinka|staronka)\Z", re.IGNORECASE)
_PAGE_WITHIN: Final = re.compile(r"(?:page|seite|stranica|list|index)[-_]?\d+(?:\.\w{1,5})?\Z", re.IGNORECASE)

_YEAR_NAME: Final = re.compile(r"(?:year|yr|y|jahr|annee|ano|god|rok)\Z", re.IGNORECASE)
_PART_NAME: Final = re.compile(r"(?:month|mon|m|monat|mes|mesyac|day|d|tag|dia|den|week|w|kw)\Z", re.IGNORECASE)
_FULL_DATE: Final = re.compile(
    r"(?P<year>1[0-9]\d\d|[2-9]\d\d\d)[-_.]?(?:W(?P<week>[0-5]\d)|(?P<month>0[1-9]|1[0-2])(?:[-_.]?(?P<day>[0-3]\d))?)\Z"
)
_TURNED_DATE: Final = re.compile(
    r"(?P<day>[0-3]?\d)[-_.](?P<month>0?[1-9]|1[0-2])[-_.](?P<year>1[0-9]\d\d|[2-9]\d\d\d)\Z"
)
_YEAR: Final = re.compile(r"1[0-9]\d\d\Z|[2-9]\d\d\d\Z")
_MONTH_OR_DAY: Final = re.compile(r"0?[1-9]\Z|[12]\d\Z|3[01]\Z")
_NAMED_DATE: Final = re.compile(
    r"(?P<before>[^\d/]*?)(?P<date>\d{4}[-_.]?\d{2}(?:[-_.]?\d{2})?)(?P<after>\.\w{1,5})?\Z"
)
_AFTER_DATE: Final = frozenset({"day", "week", "month", "year", "list", "agenda", "print", "ical", "today", "grid"})

_NUMBERS: Final = re.compile(r"\d+")
TOKEN: Final = re.compile(
    r"\(S\([0-9A-Za-z]{8,}\)\)"
    r"|(?<![0-9A-Za-z])(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{16,}(?![0-9A-Za-z])"
    r"|(?<![0-9A-Za-z])(?=[0-9A-Za-z]*\d)(?=[0-9A-Za-z]*[A-Z])(?=[0-9A-Za-z]*[a-z])[0-9A-Za-z]{20,}(?![0-9A-Za-z])"
    r"|(?<=;)(?:sid|sess\w*|jsessionid)=[^/?;]+|(?<=[/])(?:sid|sess|session)[-_=~][0-9A-Za-z]{6,}",
    re.IGNORECASE,
)
"""What is random in an address: ids of sessions, and of much else."""
_NUMERIC_PARAMETERS: Final = 4
_MOST_PARTS: Final = 60


class Address(NamedTuple):
    """An address, taken apart."""

    host: str
    segments: tuple[str, ...]
    """Of the path, decoded; without the slash that it begins with."""
    query: tuple[tuple[str, str], ...]

    @property
    def path(self) -> str:
        return "/" + "/".join(self.segments)


def split(url: str) -> SplitResult:
    """The parts of a text that may be no address."""
    try:
        return urlsplit(url)
    except ValueError:
        return SplitResult("", "", "", "", "")


@lru_cache(1 << 14)
def address_of(url: str) -> Address:
    """The parts of an address; of a text that is none, empty ones."""
    parts = split(url)
    host = parts.netloc.lower()
    if not host:
        return Address("", (), ())
    query = parse_qsl(parts.query, keep_blank_values=True) if parts.query else []
    return Address(host, tuple(unquote(parts.path).removeprefix("/").split("/")), tuple(query))


def circular(url: str) -> tuple[str, str] | None:
    """Name and shape of the trap that an address is in by its form alone: a path or a query that goes in circles."""
    address = address_of(url)
    # the last one is empty where the path ends in a slash
    segments = address.segments if not address.segments or address.segments[-1] else address.segments[:-1]
    if len(address.segments) > SEGMENTS:
        return RECURSIVE, f"/{address.segments[0]}/**, more than {SEGMENTS} segments"
    if run := _repeated(segments):
        return RECURSIVE, f"{'/'.join(('', *run))}/ again and again"
    worst = Counter(segment for segment in segments if not segment.isdigit()).most_common(1)
    if worst and worst[0][1] > REPEATS + 1:
        return RECURSIVE, f"/{worst[0][0]}/ again and again"
    if len(address.query) > PARAMETERS:
        return QUERY, f"{address.path}?, more than {PARAMETERS} parameters"
    if address.query:
        (pair, times), *_ = Counter(address.query).most_common(1)
        # `f[]=` and `tags[]=` come often; with one value each
        if times >= REPEATS:
            return QUERY, f"{address.path}?{pair[0]}= again and again"
        if "%252525" in url:
            return QUERY, f"{address.path}?, an address within an address within an address"
    return None


def _repeated(segments: Sequence[str]) -> tuple[str, ...]:
    for length in range(1, len(segments) // REPEATS + 1):
        for begin in range(len(segments) - REPEATS * length + 1):
            run = segments[begin : begin + length]
            # 11/11/11 is a date
            if not all(map(str.isdigit, run)) and all(
                segments[begin + n * length : begin + (n + 1) * length] == run for n in range(1, REPEATS)
            ):
                return tuple(run)
    return ()


@lru_cache(1 << 15)
def families_of(url: str, today: date) -> tuple[Family, ...]:
    """The families of an address, the one that says most of it first."""
    address = address_of(url)
    if not address.host or len(address.segments) > _MOST_PARTS or len(address.query) > _MOST_PARTS:
        return ()
    found = _calendars(address, today)
    found += _lists(address, dated=bool(found))
    if address.query:
        found.append(Family(FACETED, address.host, f"{address.path}?*", FACETED_LIMIT, "words"))
    found.append(Family(MAZE, address.host, _tree(address), TREE_LIMIT, "text"))
    return tuple(dict.fromkeys(found))


def _tree(address: Address) -> str:
    first = address.segments[0] if address.segments else ""
    if len(address.segments) > 1 and any(address.segments[1:]):
        return f"/{first}/**"
    if address.query:
        return f"/{first}?**"
    return "/*"


# --- calendars


def _calendars(address: Address, today: date) -> list[Family]:
    segments, when = _dated_path(address.segments)
    query, in_query = _dated_query(address.query)
    # in a query everything else that counts varies with the date
    when = in_query or when
    if when is None:
        return []
    shape = f"/{'/'.join(segments)}{_written(query)}"
    found = [Family(CALENDAR, address.host, shape, CALENDAR_LIMIT, "words")]
    if in_query and any(value != "DATE" for _, value in query):
        # its views by day, week and month, to be printed
        every = f"/{'/'.join(segments)}{_written([(n, v if v == 'DATE' else '*') for n, v in query])}"
        found.append(Family(CALENDAR, address.host, every, CALENDAR_LIMIT, "text"))
    last = today + AHEAD
    if when[0] < FIRST_YEAR or when > (last.year, last.month):
        far = f"{shape} before {FIRST_YEAR} or after {last.year}"
        found.append(Family(CALENDAR, address.host, far, FAR_LIMIT, "words"))
    return found


_Month = tuple[int, int]


def _dated_path(segments: Sequence[str]) -> tuple[list[str], _Month | None]:
    """The path with its date, when one stands at its end, replaced; and what date that is."""
    kept = list(segments)
    after: list[str] = []
    while kept and (not kept[-1] or kept[-1].lower() in _AFTER_DATE):
        after.insert(0, kept.pop())
    if not kept:
        return list(segments), None
    named = _NAMED_DATE.match(kept[-1])
    if named and (when := _date(named["date"])):
        ending = f"{named['before']}DATE{named['after'] or ''}"
        return [*kept[:-1], ending, *after], when
    if when := _date(kept[-1]):
        return [*kept[:-1], "DATE", *after], when
    # YYYY, YYYY/MM, YYYY/MM/DD
    numbers = 0
    while numbers < 2 and numbers < len(kept) and _MONTH_OR_DAY.match(kept[-1 - numbers]):
        numbers += 1
    if numbers < len(kept) and _YEAR.match(kept[-1 - numbers]):
        month = int(kept[-numbers]) if numbers else 1
        return [*kept[: -1 - numbers], "DATE", *after], (int(kept[-1 - numbers]), month)
    return list(segments), None


def _dated_query(query: Sequence[tuple[str, str]]) -> tuple[list[tuple[str, str]], _Month | None]:
    shown: list[tuple[str, str]] = []
    when: _Month | None = None
    for name, value in query:
        if _YEAR_NAME.match(name) and _YEAR.match(value):
            when = (int(value), when[1] if when else 1)
            shown.append((name, "DATE"))
        elif (full := _date(value)) and not _PAGES.match(name):
            when = full
            shown.append((name, "DATE"))
        elif _PART_NAME.match(name) and value.isdigit():
            if when and name.lower().startswith("m") and 1 <= int(value) <= 12:
                when = (when[0], int(value))
            shown.append((name, "DATE"))
        else:
            shown.append((name, value))
    return (shown, when) if when else (list(query), None)


def _date(text: str) -> _Month | None:
    found = _FULL_DATE.match(text) or _TURNED_DATE.match(text)
    if found:
        month = found["month"]
        return int(found["year"]), int(month) if month else 1
    # seconds since 1970, as some calendars count
    if len(text) in (9, 10) and text.isdigit() and 631_152_000 <= int(text) < 9_000_000_000:
        moment = datetime.fromtimestamp(int(text), UTC)
        return (moment.year, moment.month) if moment.hour == moment.minute == moment.second == 0 else None
    return None


# --- lists


def _lists(address: Address, *, dated: bool) -> list[Family]:
    found = []
    numeric = [n for n, (_, value) in enumerate(address.query) if value.isdigit()]
    for n in numeric[:_NUMERIC_PARAMETERS]:
        name = address.query[n][0]
        if dated and (_YEAR_NAME.match(name) or _PART_NAME.match(name)):
            continue
        shown = list(address.query)
        shown[n] = (name, "N")
        found.append(_list(address.host, f"{address.path}{_written(shown)}", paged=bool(_PAGES.match(name))))
    if not dated or found:
        found += _numbered_paths(address)
    return found


def _numbered_paths(address: Address) -> list[Family]:
    segments = list(address.segments)
    found: list[Family] = []
    for n in range(len(segments) - 1, -1, -1):
        segment = segments[n]
        if not (numbers := list(_NUMBERS.finditer(segment))):
            continue
        last = numbers[-1]
        shown = [*segments]
        shown[n] = f"{segment[: last.start()]}N{segment[last.end() :]}"
        before = segments[n - 1] if n else ""
        paged = bool((segment.isdigit() and _PAGE_SEGMENT.match(before)) or _PAGE_WITHIN.match(segment))
        found.append(_list(address.host, f"/{'/'.join(shown)}{_written(address.query)}", paged=paged))
        if len(found) == 2:
            break
    return found


def _list(host: str, shape: str, *, paged: bool) -> Family:
    if paged:
        return Family(PAGINATION, host, shape, PAGINATION_LIMIT, "words")
    return Family(PAGINATION, host, shape, NUMBER_LIMIT, "text")


def is_page_number(name: str) -> bool:
    """Whether a parameter of that name counts the pages of a list."""
    return _PAGES.match(name) is not None


def _written(query: Sequence[tuple[str, str]]) -> str:
    return "?" + "&".join(f"{name}={value}" for name, value in query) if query else ""


# --- what else is told of an address


@lru_cache(1 << 14)
def skeleton(url: str) -> str:
    """The address without what is random in it."""
    return TOKEN.sub("~", url)


@lru_cache(1 << 14)
def shape_of(url: str) -> str:
    """Path and query with every number, and what is random, replaced."""
    parts = split(skeleton(url))
    path = _NUMBERS.sub("N", parts.path)
    return f"{path}?{_NUMBERS.sub('N', parts.query)}" if parts.query else path


@lru_cache(1 << 14)
def undated(url: str) -> str:
    """A link as it counts for whether a page names something new: numbers of a date that is all of it replaced, the
    query of a link to another host left out by the caller."""
    address = address_of(url)
    segments, in_path = _dated_path(address.segments)
    query, in_query = _dated_query(address.query)
    if in_path is None and in_query is None:
        return url
    return f"{address.host}/{'/'.join(segments)}{_written(query)}"


def folder_of(url: str) -> str:
    """The address up to the last slash of its path."""
    bare = url.split("?", 1)[0]
    return bare[: bare.rfind("/") + 1]
