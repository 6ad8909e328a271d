"""A server with every crawler trap that is known to us around a small site of real pages; all names are made up.

Each trap is a function of a path that gives a page, or None where the path is not its own; all of them are without
end, each in its own way. `Traps(names)` puts those that are asked for around the same forty pages.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import count
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from legitimate_sites import page, words
from page_server import PageServer, Reply

Trap = Callable[[str], "str | Reply | None"]

REAL: Final = (
    "/",
    *(f"/news/page/{n}/" if n > 1 else "/news/" for n in range(1, 4)),
    *(f"/news/2026/10/{n:02}/{words(('real', n), 3).replace(' ', '-')}" for n in range(1, 21)),
    *(f"/case/{words(('case', n), 2).replace(' ', '-')}-{n}/" for n in range(15)),
    "/about/",
)
"""The site's own pages."""
CHROME: Final = ("/", "/news/", "/about/")


def real(path: str, doors: Sequence[str] = ()) -> str | None:
    """A page of the site; its home page names where the traps begin."""
    if path not in REAL:
        return None
    n = REAL.index(path)
    links: list[str] = []
    if path == "/":
        links = [*REAL[24:39], *doors]
    elif path.startswith("/news/page/") or path == "/news/":
        number = 1 if path == "/news/" else int(path.split("/")[3])
        links = [
            *REAL[4 + (number - 1) * 7 : min(24, 4 + number * 7)],
            *([f"/news/page/{number + 1}/"] if number < 3 else []),
        ]
    elif n < 24:
        links = (
            [REAL[n - 1] if n > 4 else "/", f"/events/2026/10/{n:02}/"] if any("/events" in d for d in doors) else []
        )
    return page(words(("title", n), 5), words(("text", n), 120), links, chrome=CHROME)


def months(path: str) -> str | None:
    """A calendar: a page for each month and each day, empty all of them, back and forth."""
    found = re.fullmatch(r"/events/(\d+)/(\d\d)/(?:(\d\d)/)?", path)
    if not found:
        return None
    year, month = int(found[1]), int(found[2])
    before = f"/events/{year - (month == 1)}/{(month - 2) % 12 + 1:02}/"
    after = f"/events/{year + (month == 12)}/{month % 12 + 1:02}/"
    days = [f"/events/{year}/{month:02}/{day:02}/" for day in range(1, 29)]
    return page(f"Events {month}.{year}", "no events were found", [before, after, *days], chrome=CHROME)


def views(path: str) -> str | None:
    """The same as a query, seen by day, week and month, and to be printed."""
    parts = urlsplit(path)
    if parts.path != "/calendar":
        return None
    query = dict(parse_qsl(parts.query))
    day = date.fromisoformat(query.get("date", "2026-11-22"))
    links = [
        f"/calendar?date={day + timedelta(days=step)}&view={view}"
        for step in (-30, -7, -1, 1, 7, 30)
        for view in ("day", "week", "month")
    ]
    links += [f"/calendar.ics?date={day}", f"/calendar?date={day}&print=1", f"/login?return=/calendar?date={day}"]
    return page(f"Calendar {day:%B}", "nothing on this day", links, chrome=CHROME)


FACETS: Final = {
    name: [f"{name[:2]}{n}" for n in range(6)] for name in ("region", "article", "status", "court", "sort")
}


def faceted(path: str) -> str | None:
    """A list with five filters of six values each: 16,807 combinations of the same fifteen cases."""
    parts = urlsplit(path)
    if parts.path != "/catalogue":
        return None
    query = dict(parse_qsl(parts.query))
    links = []
    for name, values in FACETS.items():
        for value in values:
            links.append("/catalogue?" + urlencode(sorted({**query, name: value}.items())))
        links.append("/catalogue?" + urlencode(sorted((n, v) for n, v in query.items() if n != name)))
    shown = [case for n, case in enumerate(REAL[24:39]) if not query or n % 3 == len(query) % 3]
    return page("Catalogue", "filters", [*shown, *links], chrome=CHROME)


def faceted_paths(path: str) -> str | None:
    """Filters in the path, in any order."""
    if not path.startswith("/filter/"):
        return None
    chosen = [one for one in path.removeprefix("/filter/").split("/") if one]
    links = [
        "/filter/" + "/".join([*chosen, f"{name}-{value}"]) + "/"
        for name, values in FACETS.items()
        for value in values[:4]
        if not any(one.startswith(name) for one in chosen)
    ]
    links += [f"/filter/{'/'.join(chosen[:n] + chosen[n + 1 :])}/" for n in range(len(chosen))]
    return page("Filter", "cases by region", [*REAL[24:27], *links], chrome=CHROME)


def pages_by_query(path: str) -> str | None:
    """A list whose pages go on for ever, the last one again and again."""
    found = re.fullmatch(r"/list\?page=(\d+)", path)
    if not found and path != "/list":
        return None
    n = int(found[1]) if found else 1
    return page("List", f"page {n} of all", [*REAL[24:29], f"/list?page={n + 1}", f"/list?page={n + 2}"], chrome=CHROME)


def pages_by_path(path: str) -> str | None:
    """A list that says that there is nothing, and where the next page is."""
    found = re.fullmatch(r"/old/page/(\d+)/", path)
    return page("Old", "nothing was found", [f"/old/page/{int(found[1]) + 1}/"], chrome=CHROME) if found else None


def streams(path: str) -> str | None:
    """A list without end of items without content."""
    if found := re.fullmatch(r"/stream\?page=(\d+)", path):
        n = int(found[1])
        return page(
            "Stream",
            f"page {n}",
            [*(f"/stream/item-{n}-{m}" for m in range(8)), f"/stream?page={n + 1}"],
            chrome=CHROME,
        )
    if re.fullmatch(r"/stream/item-\d+-\d+", path):
        return page("Item", "this item has no text", ["/stream?page=1"], chrome=CHROME)
    return None


def circles(path: str) -> str | None:
    """Relative links that lead ever deeper round the same two folders."""
    return page("Loop", "round and round", ["a/", "b/", "c/"], chrome=CHROME) if path.startswith("/loop/") else None


def below_themselves(path: str) -> str | None:
    """A menu of relative links on a server that answers any path with the page of its last segment."""
    if not path.startswith("/mirror/"):
        return None
    last = path.rstrip("/").rpartition("/")[2]
    menu = ["news", "people", "court", "letters", "help", "contact"]
    return page(last, words(("mirror", last), 40), [f"{one}/" for one in menu])


def growing(path: str) -> str | None:
    """Each page adds its own address, or one more parameter, to the link."""
    parts = urlsplit(path)
    if parts.path != "/form":
        return None
    return page(
        "Form",
        "fill in the form",
        ["/form?back=" + quote(path, safe=""), f"{path}{'&' if parts.query else '?'}again=1"],
        chrome=CHROME,
    )


_visits = count(1)


def _token() -> str:
    return f"{random.Random(next(_visits)).getrandbits(128):032x}"


def sessions(path: str) -> str | None:
    """Ten pages, each under a new random segment whenever somebody looks."""
    found = re.fullmatch(r"/visit/([0-9a-f]{32})/(\d)/", path)
    if not found and path != "/visit/":
        return None
    n = int(found[2]) if found else 0
    token = _token()
    return page(
        f"visit {n}",
        words(("visit", n), 60),
        [f"/visit/{token}/{m}/" for m in range(10)],
        chrome=CHROME,
        label=lambda link: link[-2],
    )


def visits(path: str) -> str | None:
    """The same in a parameter whose name tells nothing."""
    parts = urlsplit(path)
    found = re.fullmatch(r"/talk/(\d)", parts.path)
    if not found:
        return None
    token = _token()
    return page(
        f"talk {found[1]}",
        words(("talk", found[1]), 60),
        [f"/talk/{m}?v={token}" for m in range(10)],
        chrome=CHROME,
        label=lambda link: link[6],
    )


def redirects(path: str) -> Reply | None:
    """A redirect to a redirect to a redirect."""
    found = re.fullmatch(r"/hop/(\d+)", path)
    return Reply(status=302, headers={"Location": f"/hop/{int(found[1]) + 1}"}) if found else None


def maze(path: str) -> str | None:
    """Pages under random names that link to pages under random names."""
    if not path.startswith("/maze/"):
        return None
    links = [
        f"/maze/{words((path, n), 2).replace(' ', '/')}-{random.Random(path + str(n)).getrandbits(24):x}"
        for n in range(5)
    ]
    return page(unquote(path.rpartition("/")[2]), "you are in a maze of little pages, all alike", links, chrome=CHROME)


def searches(path: str) -> str | None:
    """A search that repeats what was searched for, and names more that could be."""
    parts = urlsplit(path)
    if parts.path != "/seek":
        return None
    sought = dict(parse_qsl(parts.query)).get("q", "")
    links = [f"/seek?q={quote(f'{sought} {words((path, 1), 1)}')}", f"/seek?q={words((path, 2), 2).replace(' ', '+')}"]
    return page(f"Sought: {sought}", "what was found is below", [*links, REAL[5], REAL[6]], chrome=CHROME)


def numbers(path: str) -> str | None:
    """One page under all numbers."""
    found = re.fullmatch(r"/node\.php\?n=(\d+)", path)
    if not found:
        return None
    return page(
        "Not found", "there is no such node", [f"/node.php?n={int(found[1]) + step}" for step in (1, 10)], chrome=CHROME
    )


TRAPS: Final[Mapping[str, tuple[str, Trap, str]]] = {
    "months": ("/events/2026/11/", months, "calendar"),
    "views": ("/calendar?date=2026-11-22", views, "calendar"),
    "faceted": ("/catalogue", faceted, "faceted list"),
    "faceted paths": ("/filter/", faceted_paths, "faceted list"),
    "pages by query": ("/list", pages_by_query, "endless pagination"),
    "pages by path": ("/old/page/1/", pages_by_path, "endless pagination"),
    "streams": ("/stream?page=1", streams, "endless pagination"),
    "circles": ("/loop/", circles, "recursive path"),
    "below themselves": ("/mirror/news/", below_themselves, "recursive path"),
    "growing": ("/form", growing, "growing query"),
    "sessions": ("/visit/", sessions, "session ids"),
    "visits": ("/talk/0", visits, "session ids"),
    "redirects": ("/hop/0", redirects, "endless redirects"),
    "maze": ("/maze/entrance", maze, "endless pages"),
    "numbers": ("/node.php?n=1", numbers, "endless pagination"),
    "searches": ("/seek?q=lamp", searches, "endless pages"),
}
"""Of each trap where it begins, its pages, and what a crawl calls it."""

MOST: Final[Mapping[str, int]] = {}


class Traps:
    """Some traps, or all, around the site."""

    def __init__(self, names: Sequence[str] = tuple(TRAPS)) -> None:
        self.names = tuple(names)
        self._traps = [TRAPS[name][1] for name in names]
        self.doors = [TRAPS[name][0] for name in names]

    def __call__(self, path: str) -> str | Reply | None:
        if (own := real(path, self.doors)) is not None:
            return own
        return next((reply for trap in self._traps if (reply := trap(path)) is not None), None)


class TrapServer(PageServer):
    """Answers with the pages of `traps`."""

    def __init__(self, traps: Traps) -> None:
        self.traps = traps
        super().__init__({})

    def _reply(self, path: str) -> Reply:
        if path == "/robots.txt":
            return Reply("", 404)
        answer = self.traps(path)
        if answer is None:
            return Reply("<p>no such page", 404, {"Content-Type": "text/html"})
        return (
            answer if isinstance(answer, Reply) else Reply(answer, headers={"Content-Type": "text/html; charset=utf-8"})
        )


@contextmanager
def trapping(*names: str) -> Iterator[TrapServer]:
    """A server with these traps, or with all; closed at the end."""
    server = TrapServer(Traps(names or tuple(TRAPS)))
    try:
        yield server
    finally:
        server.close()
