"""JSON documents that list pages, read as a site's definition says (`[[site.api]]`).

Where an entry's address, its date and the next document stand is said by paths: keys with dots between them. A number
in a path is a place in a list. The next document is named by its address or by a cursor, or counted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from spiders.entry import Entry, NotAListingError

if TYPE_CHECKING:
    from spiders.definition import Api

_SLOT: Final = re.compile(r"\{([^{}]+)\}")
_ADDRESS: Final = re.compile(r"[/?]")


@dataclass(frozen=True, slots=True)
class ApiPage:
    """One document of a list."""

    entries: tuple[Entry, ...]
    size: int
    """Entries that the list holds, also those without an address."""
    more: str | None
    """Address of the next document as the document says it, or as it is counted; None after the last one."""


def api_page(octets: bytes, api: Api, url: str) -> ApiPage:
    """What the document fetched from `url` names. Raises NotAListingError."""
    try:
        document = json.loads(octets.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise NotAListingError(f"expected JSON, found {octets[:40]!r}") from error
    found = _entries(document, api)
    entries = dict.fromkeys(entry for entry in (_entry(one, api) for one in found) if entry is not None)
    return ApiPage(tuple(entries), len(found), _next(document, api, url, len(found)))


def _entries(document: Any, api: Api) -> list[Any]:
    value = _at(document, api.entries)
    if isinstance(value, dict):
        # a document around the list, whose other values are counts and links; or entries under their ids
        lists = [one for one in value.values() if isinstance(one, list)]
        if len(lists) == 1 and not api.entries:
            return lists[0]
        if api.entries and value and all(isinstance(one, dict) for one in value.values()):
            return list(value.values())
    if not isinstance(value, list):
        where = f"at {api.entries!r}" if api.entries else "as the document"
        raise NotAListingError(f"expected a list {where}, found {type(value).__name__}")
    return value


def _entry(entry: Any, api: Api) -> Entry | None:
    if isinstance(entry, str):  # a list of addresses, or of what the template takes
        link = _filled(api.template, {"": entry}) if api.template else entry
        return Entry(link) if link else None
    if not isinstance(entry, dict):
        return None
    link = _text(_at(entry, api.link)) if api.link else ""
    link = link or (_filled(api.template, entry) if api.template else "")
    return Entry(link, _text(_at(entry, api.modified)) if api.modified else "") if link.strip() else None


def _filled(template: str, entry: dict[str, Any]) -> str:
    """The template with an entry's values in it; empty where one of them is missing."""
    missing = False

    def value(slot: re.Match[str]) -> str:
        nonlocal missing
        text = entry[""] if "" in entry and len(entry) == 1 else _text(_at(entry, slot[1]))
        missing = missing or not text
        return quote(text, safe="/-._~%")

    filled = _SLOT.sub(value, template)
    return "" if missing else filled


def _next(document: Any, api: Api, url: str, size: int) -> str | None:
    if api.next:
        value = _text(_at(document, api.next))
        if not value:
            return None
        if api.cursor and not _ADDRESS.search(value):
            return _with(url, api.cursor, value)
        return value
    if size == 0:
        return None
    if api.page:
        return _with(url, api.page, str(_number(url, api.page, 1) + 1))
    if api.offset:
        return _with(url, api.offset, str(_number(url, api.offset, 0) + size))
    return None


def _number(url: str, name: str, otherwise: int) -> int:
    value = dict(parse_qsl(urlsplit(url).query)).get(name, "")
    return int(value) if value.isdecimal() and value.isascii() and len(value) < 10 else otherwise


def _with(url: str, name: str, value: str) -> str:
    parts = urlsplit(url)
    query = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != name]
    return urlunsplit(parts._replace(query=urlencode([*query, (name, value)], safe=",/")))


def _at(value: Any, path: str) -> Any:
    """What stands at a path; None when nothing does."""
    for key in _keys(path):
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list) and key.isdecimal() and key.isascii() and len(key) < 7 and int(key) < len(value):
            value = value[int(key)]
        else:
            return None
    return value


def _keys(path: str) -> Iterator[str]:
    return iter(path.split(".")) if path else iter(())


def _text(value: Any) -> str:
    """A text or a number as text; empty for anything else."""
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""
