# ruff: noqa: E501 - markup stands as Telegram sends it
"""Each message of a Telegram preview is main text with its date; what counts and who wrote it stands beside."""

from __future__ import annotations

from dataclasses import replace

from page_styles import reading_of, stored

from pipelines.page import read_page
from pipelines.reading import Reading

MESSAGE = (
    '<div class="tgme_widget_message_wrap js-widget_message_wrap"><div class="tgme_widget_message text_not_supported_wrap js-widget_message" data-post="rowanchronicle/{id}">'
    '<div class="tgme_widget_message_bubble"><div class="tgme_widget_message_author accent_color"><a class="tgme_widget_message_owner_name" href="https://t.me/rowanchronicle"><span dir="auto">Rowan chronicle</span></a></div>'
    '{more}<div class="tgme_widget_message_text js-message_text" dir="auto">{text}</div>'
    '<div class="tgme_widget_message_footer compact js-message_footer"><div class="tgme_widget_message_info short js-message_info"><span class="tgme_widget_message_views">{views}</span>'
    '<span class="tgme_widget_message_meta"><a class="tgme_widget_message_date" href="https://t.me/rowanchronicle/{id}"><time datetime="{date}" class="time">10:00</time></a></span></div></div></div></div></div>'
)
REPLY = '<a class="tgme_widget_message_reply" href="#"><div class="tgme_widget_message_author">Rowan</div><div class="tgme_widget_message_text js-message_reply_text">Older words</div></a>'
FORWARD = '<div class="tgme_widget_message_forwarded_from">Forwarded from <a class="tgme_widget_message_forwarded_from_name">River post</a></div>'
PREVIEW = '<a class="tgme_widget_message_link_preview" href="#"><div class="link_preview_site_name">A site</div><div class="link_preview_title">A linked page</div><div class="link_preview_description">What it says.</div></a>'


def channel(*messages: str) -> str:
    head = '<meta property="og:title" content="Rowan chronicle"><title>Rowan chronicle – Telegram</title>'
    top = '<header class="tgme_header"><div class="tgme_channel_info"><div class="tgme_channel_info_counter"><span class="counter_value">1.2K</span> subscribers</div></div></header>'
    return f'<html><head>{head}</head><body>{top}<main><section class="tgme_channel_history">{"".join(messages)}</section></main></body></html>'


def message(
    id_: int, text: str, *, views: str = "1.2K", more: str = "", date: str = "2026-04-04T10:00:00+00:00"
) -> str:
    return MESSAGE.format(id=id_, text=text, views=views, more=more, date=date)


def read(markup: str) -> Reading:
    page = replace(stored(markup), url="https://t.me/s/rowanchronicle")
    return read_page(page)


def test_the_texts_of_all_messages_are_the_text() -> None:
    reading = read(
        channel(
            message(41, "Суд приговорил <b>учителя</b>.<br/><br/>Второй <a href='#'>абзац</a>."),
            message(42, "Ok", date="2026-04-05T11:00:00+00:00"),
        )
    )

    assert reading.texts("main") == ["Суд приговорил учителя.", "Второй абзац.", "Ok"]
    assert [block.text for block in reading.blocks if block.furniture == "date"] == [
        "2026-04-04T10:00:00+00:00",
        "2026-04-05T11:00:00+00:00",
    ]
    assert reading.title == "Rowan chronicle"
    assert (reading.published, reading.modified) == (None, None)
    assert reading.provenance["labelled"] == "Telegram messages"


def test_a_messages_date_stands_before_its_own_words() -> None:
    reading = read(channel(message(41, "First words"), message(42, "Second words", date="2026-04-05T11:00:00+00:00")))
    said = [reading.text_of(block) for block in reading.blocks if block.level == "main" or block.furniture == "date"]

    assert said == ["2026-04-04T10:00:00+00:00", "First words", "2026-04-05T11:00:00+00:00", "Second words"]


def test_quoted_messages_senders_and_counters_are_beside() -> None:
    reading = read(channel(message(41, "Own words", more=REPLY + FORWARD), message(42, "More", views="3.4K")))
    beside = {block.text: block.furniture for block in reading.blocks if block.level == "side"}

    assert beside["Older words"] == "related"
    assert beside["Forwarded from River post"] == "byline"
    assert beside["Rowan chronicle"] == "byline"
    assert beside["3.4K10:00"] == "counter"


def test_what_a_linked_page_is_called_belongs_to_the_message() -> None:
    reading = read(channel(message(41, "See this", more=PREVIEW), message(42, "More")))

    assert reading.texts("main") == ["A linked page", "What it says.", "See this", "More"]


def test_one_message_alone_is_of_its_own_date() -> None:
    assert read(channel(message(41, "Own words"))).published == "2026-04-04T10:00:00Z"


def test_a_page_that_only_mentions_the_markup_is_a_page() -> None:
    reading = reading_of("<p>The class tgme_widget_message has an attribute data-post, he wrote.</p>")

    assert reading.provenance["labelled"] != "Telegram messages"
