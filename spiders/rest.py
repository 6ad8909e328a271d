"""WordPress's REST interface: the collections of posts, pages and a site's own types, as listings (WP REST API, v2).

A collection gives at most 100 entries a page. `X-WP-TotalPages` says how many pages there are; where a proxy drops it,
a full page means that there may be another, and HTTP 400 past the last one ends it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from spiders.entry import Entry, NotAListingError

PER_PAGE: Final = 100
"""The most that WordPress gives in one answer."""

FIELDS: Final = "id,date_gmt,modified_gmt,link,slug,title,class_list"
"""What is asked for: the pages themselves are captured, of the list only what finds, dates and sorts them."""

PAST_THE_END: Final = 400
"""Status of a page beyond the last one: `rest_post_invalid_page_number`."""

_ROUTE: Final = re.compile(r"/wp/v2/(?P<collection>[^/?]+)/?\Z")
_HOME: Final = re.compile(r"\A(?P<home>.*?/)wp-json/", re.DOTALL)

_BARE: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?\Z")
"""A time without a zone: WordPress writes `modified_gmt` so, and means UTC."""

Facts = Callable[[Mapping[str, Any]], tuple[tuple[str, str], ...]]
"""What an entry tells of its page, beside its address and its date: pairs of a name and a value."""


@dataclass(frozen=True, slots=True)
class RestPage:
    """One page of a collection."""

    entries: tuple[Entry, ...]
    size: int
    """Entries that the answer holds, also those without a link."""


def rest_address(url: str, page: int | None = None) -> str:
    """The address of a page of the collection at `url`; parameters that stand in it stay.

    Without `page` the one that it names, else the first.
    """
    parts = urlsplit(url)
    said = parse_qsl(parts.query, keep_blank_values=True)
    names = dict(said)
    query = [(name, value) for name, value in said if name not in {"page", "_fields"}]
    if "per_page" not in names:
        query.append(("per_page", str(PER_PAGE)))
    query += [("page", str(page or page_of(url))), ("_fields", names.get("_fields", FIELDS))]
    return urlunsplit(parts._replace(query=urlencode(query, safe=",/")))


def page_of(url: str) -> int:
    """Which page of a collection an address names."""
    page = dict(parse_qsl(urlsplit(url).query)).get("page", "1")
    return int(page) if page.isdecimal() and page.isascii() and len(page) < 7 else 1


def rest_page(octets: bytes, url: str, facts: Facts = lambda _: ()) -> RestPage:
    """What an answer names. Raises NotAListingError."""
    try:
        entries = json.loads(octets)
    except (ValueError, RecursionError) as error:
        raise NotAListingError(f"expected JSON of WordPress, found {octets[:40]!r}") from error
    if not isinstance(entries, list):
        raise NotAListingError(f"expected a list of posts, found {type(entries).__name__}")
    found = (_entry(one, url, facts) for one in entries if isinstance(one, dict))
    return RestPage(tuple(entry for entry in found if entry is not None), len(entries))


def next_rest_address(url: str, size: int, total_pages: str) -> str | None:
    """The address of the page after the one at `url`, which held so many entries; None after the last one.

    `total_pages`: the header of that name, empty where there was none.
    """
    page, asked = page_of(url), dict(parse_qsl(urlsplit(url).query)).get("per_page", "10")
    total = total_pages.strip()
    if total.isdecimal() and len(total) < 10:
        more = page < int(total)
    else:
        more = size > 0 and size >= (int(asked) if asked.isdecimal() else PER_PAGE)
    return rest_address(url, page + 1) if more else None


def _entry(entry: Mapping[str, Any], url: str, facts: Facts) -> Entry | None:
    link = entry.get("link")
    if not isinstance(link, str) or not link.strip():
        return None

    def date(name: str) -> str:
        for key, zone in ((f"{name}_gmt", "Z"), (name, "")):
            value = entry.get(key)
            if isinstance(value, str) and value:
                return value + zone if _BARE.match(value) else value
        return ""

    return Entry(link, date("modified"), date("date"), _short_forms(entry, url), facts(entry))


def _short_forms(entry: Mapping[str, Any], url: str) -> tuple[str, ...]:
    """`/?p=ID` and its like: WordPress redirects them to the page, and writes them into feeds and downloads."""
    number, route = entry.get("id"), _ROUTE.search(urlsplit(url).path) or _ROUTE.search(_routed(url))
    home = _HOME.match(url)
    if not isinstance(number, int) or isinstance(number, bool) or route is None:
        return ()
    base = home["home"] if home else urlunsplit(urlsplit(url)._replace(path="/", query="", fragment=""))
    match route["collection"]:
        case "posts":
            return (f"{base}?p={number}",)
        case "pages":
            return (f"{base}?page_id={number}", f"{base}?p={number}")
        case "categories" | "tags" | "users" | "media" | "comments":
            return ()
        case own:
            return (f"{base}?p={number}", f"{base}?post_type={own}&p={number}")


def _routed(url: str) -> str:
    """The route of an address without pretty permalinks: `/?rest_route=/wp/v2/posts`."""
    return dict(parse_qsl(urlsplit(url).query)).get("rest_route", "")
