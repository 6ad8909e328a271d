"""Rights in Russia (rightsinrussia.org, English): weekly letters, translations, campaigns for political prisoners.

Built like WordPress: flat slugs, series numbered by a suffix. Whether it is WordPress has not been seen, so each way
to find pages (home page, feed, sitemaps, REST) is tried, and a way that is not there costs nothing but the answer
that says so. Up to about 2018 the site was on Google Sites, whose host is a mirror in the site's definition.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from scrapy import Request
from scrapy.http import Response

from spiders.site import Found, SiteSpider, UnreadError

PER_PAGE: Final = 100
"""The most that WordPress gives in one answer."""


class RightsInRussiaSpider(SiteSpider):
    """The site-definition spider, and the posts and pages that WordPress lists through REST."""

    name = "rights-in-russia"

    async def start(self) -> AsyncIterator[Request]:
        """The seeds of the definition, then the first page of the posts and of the pages."""
        async for request in super().start():
            yield request
        for url in self.site.start[:1]:
            for collection in ("posts", "pages"):
                listing = urljoin(url, f"/wp-json/wp/v2/{collection}")
                yield self.seed(f"{listing}?{_query(1)}", self.read_rest)

    def read_rest(self, response: Response) -> Iterator[Found]:
        """One page of a REST collection: its links are pages; the next one follows while there are more."""
        try:
            entries = json.loads(response.body)
        except (ValueError, RecursionError) as error:
            raise UnreadError(f"expected JSON of WordPress, found {response.body[:40]!r}") from error
        if not isinstance(entries, list):
            raise UnreadError(f"expected a list of posts, found {type(entries).__name__}")
        links = [entry["link"] for entry in entries if isinstance(entry, dict) and isinstance(entry.get("link"), str)]
        yield from self.requests(response, links, self.read_page, hop="M")
        following = _next_page(response, len(entries))
        if following is not None:
            yield from self.requests(response, [following], self.read_rest, hop="M")


def _query(page: int) -> str:
    # the pages themselves are captured; of the list only what finds them and dates them is asked for
    return urlencode({"per_page": PER_PAGE, "page": page, "_fields": "id,link,slug,date_gmt,modified_gmt"}, safe=",")


def _next_page(response: Response, entries: int) -> str | None:
    """The address of the list's next page; None on the last one."""
    parts = urlsplit(response.url)
    query: dict[str, Any] = dict(parse_qsl(parts.query))
    page = int(query.get("page", "1")) if str(query.get("page", "1")).isdecimal() else 1
    total = (response.headers.get("X-WP-TotalPages") or b"").decode("latin-1").strip()
    # a proxy may have dropped the header; a full page then means that there may be another, and HTTP 400 ends it
    more = page < int(total) if total.isdecimal() else entries >= PER_PAGE
    return urlunsplit(parts._replace(query=_query(page + 1))) if more else None
