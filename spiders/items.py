"""What spiders yield: a page that was archived, and what kind it is by its address."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CasePage:
    """A page of a site that is worth reading; its bytes lie in the evidence under `record_id`."""

    url: str
    record_id: str
    """`urn:uuid:…` of the response or revisit record."""
    kind: str | None = None
    """case, news, list, interview … as the site's definition tells it by the address; None when it does not."""
