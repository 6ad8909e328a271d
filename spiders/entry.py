"""Entry: a page as a listing names it, be the listing a feed, a sitemap, a REST collection, a JSON document or a page.

What a listing says about a page's age is kept as it is written; `instant_of` reads it: RFC 3339 and the other forms of
ISO 8601 that sitemaps.org allows (W3C-DTF), and RFC 5322 as RSS has it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, Literal

Way = Literal["list", "rest", "api", "sitemap", "feed"]
"""What kind of listing named a page."""


class NotAListingError(ValueError):
    """The octets are no listing of the kind that was asked for: the message says what was found."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A page that a listing names."""

    url: str
    """The address, as it is written there."""
    modified: str = ""
    """When the page was changed last, as the listing says it; empty when it does not. A date of publication is none."""
    published: str = ""
    same: tuple[str, ...] = ()
    """Other addresses that name the same page: short forms."""
    facts: tuple[tuple[str, str], ...] = ()
    """Pairs of a name and a value that the listing tells of the page."""


_YEAR: Final = re.compile(r"\d{4}(?:-\d{2})?\Z")
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


def instant_of(text: str) -> datetime | None:
    """The instant that a listing's date says, in UTC; None when it says none. One without a zone is taken for UTC."""
    text = text.strip()
    if _YEAR.match(text):  # W3C-DTF: a year, or a month
        text = f"{text}-01" if len(text) == 7 else f"{text}-01-01"
    try:
        read = datetime.fromisoformat(text) if _DATE.match(text) else parsedate_to_datetime(text)
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, TypeError):
        return None
