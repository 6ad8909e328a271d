"""Windows of a Telegram channel: which page of older messages is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from replicas.crawling import Archive, rebased
from replicas.telegram import CLOSED, ENGLISH, RUSSIAN, SIZE, Telegram
from scrapy.http import HtmlResponse, Request, Response, TextResponse

from spiders.known import KNOWN_SITES
from spiders.site import UnreadError
from spiders.telegram import TelegramSpider, older_window

HERE = f"https://t.me/s/{RUSSIAN}"


@pytest.fixture(scope="module")
def telegram() -> Iterator[Telegram]:
    with Telegram(messages=1000, gaps=0.3) as telegram:
        yield telegram


def page(telegram: Telegram, before: int | None = None) -> bytes:
    return telegram._page(RUSSIAN, before, None).encode()


def windows(telegram: Telegram) -> list[int]:
    """The windows that a crawl asks for, one after the other."""
    found: list[int] = []
    before = older_window(page(telegram), HERE)
    while before is not None:
        found.append(before)
        before = older_window(page(telegram, before), f"{HERE}?before={before}")
    return found


def shown(telegram: Telegram, befores: list[int]) -> set[int]:
    return {message.id for before in (None, *befores) for message in telegram.shown(RUSSIAN, before)}


def test_windows_show_every_message(telegram: Telegram) -> None:
    asked = windows(telegram)

    assert shown(telegram, asked) == set(telegram.messages[RUSSIAN])
    assert all(before % 20 == 1 for before in asked)
    # of more than 1,400 ids for 1,000 messages: windows within a gap are passed over
    assert len(asked) < max(telegram.messages[RUSSIAN]) / SIZE


def test_windows_stay_the_same_when_somebody_writes() -> None:
    with Telegram(messages=200, gaps=0.1) as telegram:
        before = windows(telegram)
        telegram.post(RUSSIAN, [f"Новость {n}" for n in range(47)])
        after = windows(telegram)

    assert after[-len(before) :] == before
    assert 2 <= len(after) - len(before) <= 3


def test_a_page_of_fewer_messages_than_ids_is_followed_as_it_says() -> None:
    octets = b"".join(b'<div data-post="birch/%d"></div>' % n for n in (52, 55, 59)) + b'<a data-before="52"></a>'

    assert older_window(octets, "https://t.me/s/birch") == 61
    assert older_window(octets, "https://t.me/s/Birch?before=61") == 52


def test_other_markup_than_was_seen_is_read_to_the_end() -> None:
    """Without the links to older and newer messages, a full page has older ones."""
    octets = b"".join(b'<p data-post="birch/%d">x</p>' % n for n in range(41, 61))

    assert older_window(octets, "https://t.me/s/birch") == 41
    assert older_window(octets[: len(octets) // 3], "https://t.me/s/birch") is None


def test_a_page_without_messages_is_told() -> None:
    with pytest.raises(UnreadError, match="expected messages"):
        older_window(b"<html><body><p>Telegram</p></body></html>", HERE)
    assert older_window(b"<html><body><p>Telegram</p></body></html>", f"{HERE}?before=21") is None


def test_a_server_that_knows_no_windows_is_told() -> None:
    octets = b'<div data-post="birch/90"></div><a data-before="90"></a>'

    with pytest.raises(UnreadError, match="expected messages before 41, found 90"):
        older_window(octets, "https://t.me/s/birch?before=41")


def test_a_channel_without_a_preview_is_told() -> None:
    spider = TelegramSpider(site=KNOWN_SITES["telegram"])
    response = Response(f"https://t.me/s/{CLOSED}", 302, {"Location": f"/{CLOSED}"}, request=Request("https://t.me"))

    with pytest.raises(UnreadError, match=f"expected a public preview of the channel, found a redirect to /{CLOSED}"):
        list(spider.read(response))


def test_another_spelling_of_the_channel_is_followed() -> None:
    spider = TelegramSpider(site=KNOWN_SITES["telegram"])
    request = Request("https://t.me/s/Birch")
    response: TextResponse = HtmlResponse(
        "https://t.me/s/Birch", 302, {"Location": "https://t.me/s/birch"}, request=request
    )

    (found,) = spider.read(response)

    assert isinstance(found, Request)
    assert found.url == "https://t.me/s/birch"


def test_an_edited_message_is_a_change_and_counters_are_none(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "collection")
    with Telegram(messages=70, gaps=0) as telegram:
        channel = telegram.url(f"/s/{ENGLISH}")
        # without a rhythm every window is looked at again in every run
        archive.add(rebased("telegram", {}, start=[channel], languages=["en"], delay=0, revisit={}))
        archive("crawl")
        telegram.edit(ENGLISH, 25, "No. 25\nThe hearing of Onisim Vysokogorin was put off until spring.")
        ran = archive("crawl")
        changes = archive("changes").of_type("change")

    assert ran.summary["captured"] >= 5
    assert [change["url"] for change in changes] == [f"{channel}?before=41"]
    assert any("put off until spring" in (edit["after"] or "") for edit in changes[0]["edits"])
