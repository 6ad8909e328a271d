"""The words in which a spider tells the frontier about a request: keys of `request.meta`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from spiders.links import Link

HOP: Final = "hop"
"""How the address was found: L link, E frame, R redirect, M feed or sitemap (Heritrix's hopsFromSeed)."""
SEED: Final = "seed"
"""True: belongs to the crawl whatever the scope says."""
EXACT: Final = "exact"
"""True: another spelling of an address that is known is another page; for redirects between the two."""


@dataclass(frozen=True, slots=True)
class Follow:
    """Addresses that a page names, to be fetched and read as pages.

    One of these carries all links of a page: a Scrapy request for each, of which a crawl knows nearly all already,
    would cost more than everything else about the page.
    """

    links: tuple[Link, ...]
