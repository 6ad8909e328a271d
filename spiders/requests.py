"""The words in which a spider tells the frontier about a request: keys of `request.meta`."""

from __future__ import annotations

from typing import Final

HOP: Final = "hop"
"""How the address was found: L link, E frame, R redirect, M feed or sitemap (Heritrix's hopsFromSeed)."""
SEED: Final = "seed"
"""True: belongs to the crawl whatever the scope says."""
EXACT: Final = "exact"
"""True: another spelling of an address that is known is another page; for redirects between the two."""
