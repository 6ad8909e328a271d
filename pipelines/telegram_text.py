"""Public previews of Telegram, `https://t.me/s/CHANNEL` and `https://t.me/CHANNEL/ID?embed=1`, as text.

Each message is a group of blocks, in the page's order: its date (as the markup states it, with the zone), who wrote it
or whom it was forwarded from, its text, the title and words of a link's preview, a poll's question and answers. The
texts of all messages are main; counts of views, reactions, votes and members, names, and the page's own head and
buttons are side.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from lxml import etree

from pipelines import sight as sights
from pipelines.blocks import parse, walk
from pipelines.element_paths import Paths
from pipelines.labelled import Document, Labelled, LabelledLink
from pipelines.metadata import Places, Stated, stated
from pipelines.reading import StoredPage
from pipelines.rules import ReadingRules
from spiders.selector import alternatives, elements

MARK: Final = b"tgme_widget_message"
"""Stands in the markup of every preview that shows a message."""

_MAIN: Final = frozenset(
    {
        "tgme_widget_message_text",
        "tgme_widget_message_poll_question",
        "tgme_widget_message_poll_option_text",
        "tgme_widget_message_link_preview",
        "link_preview_title",
        "link_preview_description",
        "tgme_widget_message_document_title",
        "tgme_widget_message_contact_name",
        "tgme_widget_message_location_title",
        "tgme_widget_message_location_address",
    }
)
"""Classes of what a message says."""
_SIDE: Final = {
    "tgme_widget_message_reply": "related",
    "tgme_widget_message_author": "byline",
    "tgme_widget_message_owner_name": "byline",
    "tgme_widget_message_forwarded_from": "byline",
    "tgme_widget_message_from_author": "byline",
    "link_preview_site_name": "byline",
    "tgme_widget_message_views": "counter",
    "tgme_widget_message_reactions": "counter",
    "tgme_widget_message_voters": "counter",
    "tgme_widget_message_poll_option_percent": "counter",
    "tgme_widget_message_poll_type": "notice",
    "tgme_widget_message_info": "counter",
    "tgme_widget_message_footer": "counter",
    "message_media_not_supported_wrap": "notice",
    "tgme_widget_message_inline_keyboard": "menu",
    "tgme_widget_message_video_duration": "counter",
    "tgme_widget_message_roundvideo_duration": "counter",
    "tgme_channel_info": "header",
    "tgme_header": "header",
    "tgme_page_head": "header",
}
"""What stands in such an element beside what a message says."""


def is_preview(octets: bytes) -> bool:
    """Whether a page shows messages as Telegram's previews do."""
    return MARK in octets and b"data-post" in octets


def read_telegram(markup: str, page: StoredPage, rules: ReadingRules) -> Document | None:
    """The messages of a preview; None where the page shows none after all."""
    tree = parse(markup)
    messages = [] if tree is None else tree.xpath("//*[@data-post]")
    if not messages:
        return None
    cut = sights.without(tree, rules.ignore)
    seen = sights.look(tree, cut, page.url, page.captured_at, rules.site, page.link)
    places = Places(
        alternatives(rules.title), alternatives(rules.published), alternatives(rules.modified), rules.timezone
    )
    told = stated(cut, page.captured_at, places, url=page.url, link=page.link)
    if len(messages) > 1:
        # a channel's page has no date; what `stated` finds is one message's
        told = _without_dates(told)
    return Document(list(_blocks(tree, messages, rules)), told, "Telegram messages", seen, several=len(messages) > 1)


def _without_dates(told: Stated) -> Stated:
    dates = {"published", "modified"}
    sources = {name: source for name, source in told.sources.items() if name not in dates}
    metadata = tuple(value for value in told.metadata if value.name not in dates)
    return replace(told, published=None, modified=None, sources=sources, metadata=metadata)


def _blocks(tree: Any, messages: Sequence[Any], rules: ReadingRules) -> Iterator[Labelled]:
    paths = Paths()
    told = {
        one: name
        for name, selectors in (("ignored", rules.ignore), ("volatile", rules.volatile))
        for selector in selectors
        for one in elements(tree, selector)
        if etree.iselement(one)
    }
    dates = {paths.of(message): _date(message, paths) for message in messages}
    names = _names(tree, paths)
    apart = {paths.of(element): name for element, name in told.items()}
    visible = walk(tree, apart=told)
    around = visible.furniture_of(lambda _first, _last: False)
    dated: set[str] = set()
    for index, (block, furniture) in enumerate(zip(visible.blocks, around, strict=True)):
        above = _above(block.path)
        set_apart = visible.apart.get(index) or next((apart[path] for path in above if path in apart), None)
        message = next((path for path in above if path in dates), None)
        one = Labelled(block.text, block.kind, block.path, "side", struck=tuple(block.struck))
        one.links = tuple(LabelledLink(link.start, link.end, link.href) for link in block.anchors)
        if set_apart is not None or message is None:
            one.furniture = set_apart or furniture or "header"
            yield one
            continue
        if message not in dated and (date := dates[message]) is not None:
            yield date
        dated.add(message)
        said = [names[path] for path in above if path in names]
        name = "related" if "related" in said else next(iter(said), "")
        one.level, one.furniture = ("side", name) if name else ("main", None)
        yield one


def _above(path: str) -> list[str]:
    """A path and those of the elements above it, innermost first."""
    steps = path.split("/")
    return ["/".join(steps[:length]) for length in range(len(steps), 1, -1)]


def _names(tree: Any, paths: Paths) -> dict[str, str]:
    """By path, what an element's class says that its text is; '' for what a message says."""
    found = {}
    for element in tree.iter():
        for name in (element.get("class") or "").split() if isinstance(element.tag, str) else ():
            if name in _MAIN or name in _SIDE:
                found[paths.of(element)] = _SIDE.get(name, "")
                break
    return found


def _date(message: Any, paths: Paths) -> Labelled | None:
    """When a message was sent, as its markup says for machines: what it shows is the clock time alone."""
    for element in message.iter("time"):
        if said := (element.get("datetime") or "").strip():
            return Labelled(said[:40], "paragraph", f"{paths.of(element)}/@datetime", "side", "date")
    return None
