"""Which row a URL has, and which other URLs show the same page or are where it moved."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    exists,
    insert,
    or_,
    select,
    union_all,
)

from archive.catalogue.conditions import in_lots
from archive.catalogue.hashes import text_hash
from archive.surt import urlkey
from archive.tables import MOVES, PAGES

_PAGES_KNOWN = select(PAGES).where(PAGES.c.url_hash.in_(bindparam("hashes", expanding=True)))
_PAGES_LIKE = select(PAGES.c.id, PAGES.c.url).where(PAGES.c.key_hash == bindparam("hash"))


def known_pages(connection: Connection, urls: Sequence[str]) -> list[Row[Any]]:
    """The rows of those URLs that were fetched, at most a lot."""
    wanted = set(urls)
    rows = connection.execute(_PAGES_KNOWN, {"hashes": [text_hash(url) for url in urls]})
    return [row for row in rows if row.url in wanted]


def page_of(connection: Connection, url: str) -> Row[Any] | None:
    """The row of a URL, None where it was never fetched."""
    found = known_pages(connection, [url])
    return found[0] if found else None


def page_is(url: str) -> ColumnElement[bool]:
    """That a page is that of a URL."""
    return and_(PAGES.c.url_hash == text_hash(url), PAGES.c.url == url)


def page_ids(connection: Connection, urls: Iterable[str]) -> dict[str, int]:
    """The page id of each URL that was fetched."""
    found: dict[str, int] = {}
    for some in in_lots(sorted(set(urls))):
        for row in known_pages(connection, some):
            found[row.url] = row.id
    return found


def enter_pages(connection: Connection, urls: Iterable[str]) -> dict[str, int]:
    """Enter URLs that were never fetched; their page ids."""
    missing = sorted(set(urls))
    if not missing:
        return {}
    rows = [{"url": url, "url_hash": text_hash(url), "key_hash": text_hash(urlkey(url))} for url in missing]
    connection.execute(insert(PAGES), rows)
    return page_ids(connection, missing)


def pages_like(connection: Connection, url: str) -> list[int]:
    """The page of a URL; where it was never fetched, those of the same urlkey."""
    exact = page_of(connection, url)
    if exact is not None:
        return [exact.id]
    key = urlkey(url)
    rows = connection.execute(_PAGES_LIKE, {"hash": text_hash(key)})
    return [row.id for row in rows if urlkey(row.url) == key]


def same_pages(connection: Connection, pages: Sequence[int]) -> list[int]:
    """The other URLs that are the same page as one of these, or that it was moved from or to."""
    return _reached(connection, _SAME, pages)


def moved_pages(connection: Connection, pages: Sequence[int]) -> list[int]:
    """The URLs that these pages were moved from or to, over any number of moves."""
    return _reached(connection, _MOVED, pages)


def _reached(connection: Connection, query: Select[Any] | CompoundSelect[Any], pages: Sequence[int]) -> list[int]:
    known = set(pages)
    new = known
    while new:
        found = {page for some in in_lots(sorted(new)) for page in connection.scalars(query, {"pages": list(some)})}
        new = found - known
        known |= new
    return sorted(known - set(pages))


_NEW: BindParameter[Any] = bindparam("pages", expanding=True)
_OTHER = PAGES.alias("other_pages")
_MOVED = union_all(
    select(MOVES.c.to_page).where(MOVES.c.from_page.in_(_NEW)),
    select(MOVES.c.from_page).where(MOVES.c.to_page.in_(_NEW)),
)
# An identity that is the place stands in the place alone: four cases, each a look at an index.
_SAME_AS = (
    and_(_OTHER.c.identity == PAGES.c.identity),
    and_(_OTHER.c.place == PAGES.c.identity, _OTHER.c.identity.is_(None)),
    and_(_OTHER.c.identity == PAGES.c.place, PAGES.c.identity.is_(None)),
    and_(_OTHER.c.place == PAGES.c.place, _OTHER.c.identity.is_(None), PAGES.c.identity.is_(None)),
)
_STEPS = (
    *(select(_OTHER.c.id).join_from(PAGES, _OTHER, and_(same, PAGES.c.id != _OTHER.c.id)) for same in _SAME_AS),
    select(MOVES.c.to_page).join_from(PAGES, MOVES, MOVES.c.from_page == PAGES.c.id),
    select(MOVES.c.from_page).join_from(PAGES, MOVES, MOVES.c.to_page == PAGES.c.id),
)
_SAME = union_all(*(step.where(PAGES.c.id.in_(_NEW)) for step in _STEPS))
PAGE_IS = and_(PAGES.c.url_hash == bindparam("hash"), PAGES.c.url == bindparam("url"))
"""That a page is that of `asked_page`."""
# not correlated: asked once, not for each row of what it is asked with
HAS_SAME = or_(*(exists(step.where(PAGE_IS).correlate(None)) for step in _STEPS))
"""Whether that page is shown at other URLs too."""


def asked_page(url: str) -> dict[str, object]:
    """The parameters of PAGE_IS and HAS_SAME."""
    return {"hash": text_hash(url), "url": url}
