"""Public channels of Telegram, by their preview `https://t.me/s/CHANNEL`.

The newest messages stand at the channel's address, older ones at `?before=ID`: the messages with a smaller id, twenty
of them. The page's own link to older messages begins where the page ends, and so at another id whenever somebody has
written: no two crawls would ask for the same pages, and no page would have a history. So the spider asks for windows
that begin at every twentieth id, `?before=21`, `?before=41`, …: what such a window shows changes only when a message
in it is edited or taken away.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import parse_qs, urlsplit

from lxml import etree
from scrapy.http import Response

from spiders.site import Found, SiteSpider, UnreadError, is_html

STEP: Final = 20
"""Messages that one page shows, as has been seen; where there are fewer, the page's own link is followed."""

FULL: Final = 15
"""Messages from which a page is taken for one of several, whatever links it has."""

_CHANNEL: Final = re.compile(r"/s/(?P<name>\w+)/?\Z")
_POST: Final = re.compile(r"(?P<name>\w+)/(?P<id>\d{1,12})\Z")


class TelegramSpider(SiteSpider):
    """Reads a channel from its newest message to its first."""

    name = "telegram"

    def read_page(self, response: Response) -> Iterator[Found]:
        """A page of messages: hand it to reading, ask for the window of older ones."""
        yield from super().read_page(response)
        if not is_html(response):
            return
        before = older_window(response.body, response.url)
        if before is not None:
            yield from self.requests(response, [f"?before={before}"], self.read_page, hop="L")

    def read_redirect(self, response: Response) -> Iterator[Found]:
        """A channel that has no preview, or that is not there, leads to its card."""
        location = (response.headers.get("Location") or b"").decode("utf-8", "replace")
        if _channel(response.url) and not _channel(location):
            raise UnreadError(f"expected a public preview of the channel, found a redirect to {location[:200]}")
        yield from super().read_redirect(response)


def older_window(octets: bytes, url: str) -> int | None:
    """The id that the next window of older messages ends before; None where there are none.

    Raises UnreadError for a channel's own page that shows no message.
    """
    tree = etree.fromstring(octets, etree.HTMLParser(encoding="utf-8", recover=True, no_network=True))
    channel, before = _channel(url), _before(url)
    posts = [] if tree is None else [_POST.match(str(one)) for one in tree.xpath("//@data-post")]
    ids = [int(post["id"]) for post in posts if post and (channel is None or post["name"].lower() == channel)]
    if not ids:
        if before is None:
            raise UnreadError("expected messages (elements with data-post), found none")
        return None
    oldest = min(ids)
    if before is not None and max(ids) >= before:
        raise UnreadError(f"expected messages before {before}, found {max(ids)}")
    older = bool(tree.xpath("//@data-before | //link[@rel='prev'][contains(@href, 'before=')]"))
    newer = bool(tree.xpath("//@data-after | //link[@rel='next'][contains(@href, 'after=')]"))
    # a page with neither link shows all there is, or has another markup than was seen
    if oldest <= 1 or not (older or (not newer and len(ids) >= FULL)):
        return None
    window = -(-(oldest - 1) // STEP) * STEP + 1
    # fewer messages than ids in the window: the next aligned one would pass some over
    return oldest if before is not None and window >= before else window


def _channel(url: str) -> str | None:
    found = _CHANNEL.search(urlsplit(url).path)
    return found["name"].lower() if found else None


def _before(url: str) -> int | None:
    value = parse_qs(urlsplit(url).query).get("before", [""])[0]
    return int(value) if value.isdecimal() else None
