"""JSON lists of pages, recognised: where in a document the entries are, what names a page, what leads to the next part.

A guess about a stranger's JSON; whoever makes it asks for the next part and for a page, and sees whether it was right.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from spiders.address import AddressError, join_link

LINKS: Final = (
    *("url", "link", "permalink", "href", "canonical_url", "canonicalUrl", "web_url", "webUrl", "html_url", "full_url"),
    *("fullUrl", "page_url", "pageUrl", "public_url", "publicUrl", "uri", "path", "address", "loc", "links.html"),
    *("links.self.href", "_links.self.href", "links.self", "links.web", "self"),
)
"""Keys whose value is an entry's address, the likeliest first."""
NAMES: Final = ("slug", "code", "alias", "id", "_id", "nid", "uuid", "guid", "name")
"""Keys whose value names an entry within an address."""
MODIFIED: Final = (
    *("modified_gmt", "updated_at", "updatedAt", "modified_at", "modifiedAt", "date_modified", "dateModified"),
    *("modified", "updated", "changed", "last_modified", "lastModified", "attributes.changed"),
)
NEXT: Final = (
    *(
        "next",
        "next_url",
        "nextUrl",
        "next_page_url",
        "nextPageUrl",
        "links.next.href",
        "links.next",
        "_links.next.href",
    ),
    *(
        "_links.next",
        "meta.next",
        "paging.next",
        "pagination.next",
        "pagination.next_url",
        "page.next",
        "meta.next_url",
    ),
    *("next_page", "nextPage", "meta.next_page", "meta.nextPage", "pagination.next_page", "pagination.nextPage"),
    *("next_cursor", "nextCursor", "cursor.next", "cursors.next", "paging.cursors.after", "meta.next_cursor"),
    *(
        "meta.nextCursor",
        "pagination.next_cursor",
        "pagination.nextCursor",
        "paging.next_cursor",
        "cursor",
        "meta.cursor",
    ),
    *("page_info.end_cursor", "pageInfo.endCursor", "next_page_token", "nextPageToken", "continuation", "after"),
    *("next_token", "nextToken", "meta.next_token"),
)
"""Paths to the address or the token of the next part."""
CURSORS: Final = ("cursor", "after", "page_token", "pageToken", "next", "continuation", "token", "starting_after")
"""Query parameters that take such a token."""
PAGES: Final = ("page", "p", "paged", "pageNumber", "page_number")
OFFSETS: Final = ("offset", "skip", "start", "from")

_KEY = re.compile(r"[\w-]{1,60}\Z")
_IMAGE = re.compile(r"\.(?:jpe?g|png|gif|webp|svg|avif|mp[34]|css|js|ico)(?:\?|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class JsonList:
    """What a JSON document lists."""

    url: str
    entries: str
    """Dotted path to the list; empty: the document is the list."""
    rows: tuple[Mapping[str, Any], ...]
    link: str
    """Dotted path, in an entry, to its address; empty: entries have none."""
    modified: str
    next: str
    """Dotted path to what leads to the next part; empty: nothing does."""
    following: str
    """What stands there, as text."""

    def addresses(self) -> tuple[str, ...]:
        """The addresses that the entries bear."""
        found = (at(row, self.link) for row in self.rows) if self.link else ()
        return tuple(dict.fromkeys(url for url in (_joined(self.url, one) for one in found) if url))

    @property
    def leads_to_address(self) -> bool:
        """Whether the next part is named by its address, rather than by a number or a token."""
        return is_address(self.following)

    def ids(self) -> tuple[str, ...]:
        """What tells the entries apart, to see whether another part is the same once more."""
        return tuple(repr(sorted(row.items(), key=lambda pair: pair[0]))[:300] for row in self.rows)

    def named(self) -> Iterator[tuple[str, str]]:
        """Pairs of a key and the value by which the first entry is named."""
        for key in NAMES:
            value = at(self.rows[0], key)
            if isinstance(value, int | str) and not isinstance(value, bool) and str(value).strip():
                yield key, str(value)


def is_address(text: str) -> bool:
    """Whether a text is an address, rather than a number or a token."""
    return text.startswith(("http://", "https://", "/", "?")) or ("?" in text and "=" in text)


def at(value: Any, path: str) -> Any:
    """What stands at a dotted path; None where nothing does."""
    for key in path.split(".") if path else ():
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def json_list(value: Any, url: str) -> JsonList | None:
    """The list of pages in a JSON document fetched from `url`; None where there is none."""
    candidates = [(path, rows) for path, rows in _lists(value, "", 0) if len(rows) > 0]
    # the longest list whose entries bear an address or a name
    for path, rows in sorted(candidates, key=lambda one: (-_worth(one[1], url), -len(one[1]))):
        if not _worth(rows, url):
            return None
        next_path, following = _next(value)
        return JsonList(url, path, tuple(rows), _link(rows, url), _first_key(rows[0], MODIFIED), next_path, following)
    return None


def addresses_in(value: Any, url: str, depth: int = 0) -> Iterator[str]:
    """All addresses that stand in a JSON document, such as one that lists the parts of an interface."""
    if depth > 4:
        return
    if isinstance(value, str) and is_address(value) and not _IMAGE.search(value):
        if joined := _joined(url, value):
            yield joined
    elif isinstance(value, Mapping):
        for key, one in value.items():
            # OpenAPI names its paths as keys
            if isinstance(key, str) and key.startswith("/") and "{" not in key and (joined := _joined(url, key)):
                yield joined
            yield from addresses_in(one, url, depth + 1)
    elif isinstance(value, list):
        for one in value[:50]:
            yield from addresses_in(one, url, depth + 1)


def with_parameter(url: str, name: str, value: str) -> str:
    """The address with a query parameter set."""
    parts = urlsplit(url)
    query = [(key, one) for key, one in parse_qsl(parts.query, keep_blank_values=True) if key != name]
    return urlunsplit(parts._replace(query=urlencode([*query, (name, value)])))


def _lists(value: Any, path: str, depth: int) -> Iterator[tuple[str, Sequence[Mapping[str, Any]]]]:
    if isinstance(value, list):
        if value and all(isinstance(one, Mapping) for one in value):
            yield path, value
    elif isinstance(value, Mapping) and depth < 4:
        for key, one in value.items():
            if _KEY.match(key):
                yield from _lists(one, f"{path}.{key}" if path else key, depth + 1)


def _worth(rows: Sequence[Mapping[str, Any]], url: str) -> int:
    titled = any(key in rows[0] for key in ("title", "headline", "name", "heading", "subject", "attributes"))
    if _link(rows, url):
        return 2 + titled
    return int(titled and any(key in rows[0] for key in NAMES[:8]))


def _link(rows: Sequence[Mapping[str, Any]], url: str) -> str:
    for key in LINKS:
        values = [at(row, key) for row in rows[:5]]
        if all(isinstance(one, str) and _is_page(one, url) for one in values) and (
            len(rows) < 2 or len(set(values)) > 1
        ):
            return key
    return ""


def _is_page(text: str, url: str) -> bool:
    if not text or " " in text or _IMAGE.search(text) or ("/" not in text and "?" not in text):
        return False
    return bool(_joined(url, text))


def _next(value: Any) -> tuple[str, str]:
    for path in NEXT:
        found = at(value, path)
        if isinstance(found, int | str) and not isinstance(found, bool) and str(found).strip():
            return path, str(found)
    return "", ""


def _first_key(row: Mapping[str, Any], keys: Sequence[str]) -> str:
    return next((key for key in keys if isinstance(at(row, key), int | str)), "")


def _joined(url: str, text: Any) -> str:
    try:
        return join_link(url, str(text))
    except AddressError:
        return ""
