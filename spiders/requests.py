"""The words in which a spider tells the frontier about a request: keys of `request.meta`; and what it found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from spiders.entry import Entry, Way
from spiders.links import Link

HOP: Final = "hop"
"""How the address was found: L link, E frame, R redirect, M listing (Heritrix's hopsFromSeed)."""
SECOND_LOOK: Final = "read_second_look"
"""Callback of a page that is fetched again some seconds later, to see what moves on it by itself."""
SEED: Final = "seed"
"""True: belongs to the crawl whatever the scope says."""
EXACT: Final = "exact"
"""True: another spelling of an address that is known is another page; for redirects between the two."""
LISTING: Final = "listing"
"""Address, as the site's definition gives it, of the listing that what is asked for is a part of. Such a part is asked
for at every run."""

REFUSED: Final = "refused"
"""Why it is found and not to be fetched, where the spider knows that."""


@dataclass(frozen=True, slots=True)
class Follow:
    """Addresses that a page names, to be fetched and read as pages.

    One of these carries all links of a page: a Scrapy request for each, of which a crawl knows nearly all already,
    would cost more than everything else about the page.
    """

    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Need:
    """Addresses of what a page needs to be seen as it was (`spiders/requisites.py`), to be fetched and kept."""

    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """Pages that a part of a listing names, to be fetched and read, unless they are known to be as they were."""

    listing: str
    """Address of the listing, as the site's definition gives it."""
    way: Way
    entries: tuple[Entry, ...]
    """With whole addresses."""
    whole: bool = True
    """Whether the listing is made to name all pages of its kind, and is sound; else that it does not name one says
    nothing."""
    total: int | None = None
    """How many pages it says to name in all its parts."""
