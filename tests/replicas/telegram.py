"""A stand-in for Telegram's public previews, t.me/s/CHANNEL, with two channels, one in Russian, one in English.

Twenty messages a page, the newest ones at `/s/CHANNEL`, older ones by `?before=ID`; ids with gaps where messages were
deleted or are albums; an "edited" mark, counters of views and addresses of pictures that differ at every load. A
channel without a preview leads to its card, as the real ones do.
"""

from __future__ import annotations

import html
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from replicas.base import Ask, Replica, Reply, html_reply, paragraphs, people, redirect

SIZE = 20
"""Messages on one page."""

RUSSIAN, ENGLISH, CLOSED = "fonari_zaozyorya", "lanterns_zaozyorye", "closed_zaozyorye"
TITLES = {RUSSIAN: "Фонари Заозёрья", ENGLISH: "Lanterns of Zaozyorye"}
ABOUT = {
    RUSSIAN: "Письма, суды и передачи. Пишем о тех, о ком молчат.",
    ENGLISH: "Letters, trials and parcels. We write of those whom others forget.",
}
LANGUAGES = {RUSSIAN: "ru", ENGLISH: "en"}

FIRST = datetime(2022, 3, 1, 8, tzinfo=UTC)


@dataclass(frozen=True)
class Message:
    """One message of a channel."""

    channel: str
    id: int
    sent: datetime
    text: str
    edited: bool = False
    photo: bool = False
    reply_to: int | None = None

    @property
    def post(self) -> str:
        """As `data-post` has it."""
        return f"{self.channel}/{self.id}"


class Telegram(Replica):
    """Two channels, and one that has no preview."""

    hosts = ("t.me",)

    def __init__(
        self, *, messages: int = 2700, gaps: float = 0.1, crawl_delay: float = 0, seed: int = 1, seconds: float = 0.0
    ) -> None:
        """`messages`: of each channel; `gaps`: the share of ids that no message bears."""
        super().__init__(seed=seed, seconds=seconds)
        delay = f"Crawl-delay: {crawl_delay:g}\n" if crawl_delay else ""
        self.robots = f"User-agent: *\nDisallow: /share/\nDisallow: /proxy\n{delay}"
        self.messages = {name: dict(_messages(name, messages, gaps, seed)) for name in TITLES}

    # -- what the channel does

    def post(self, channel: str, texts: list[str]) -> list[int]:
        """Send messages; their ids."""
        with self.lock:
            known = self.messages[channel]
            ids = []
            for text in texts:
                last = known[max(known)]
                one = Message(channel, last.id + 1, last.sent + timedelta(minutes=7), text)
                known[one.id] = one
                ids.append(one.id)
        return ids

    def edit(self, channel: str, number: int, text: str) -> None:
        """Change the text of a message."""
        with self.lock:
            self.messages[channel][number] = replace(self.messages[channel][number], text=text, edited=True)

    def delete(self, channel: str, number: int) -> None:
        """Take a message away: later pages close up."""
        with self.lock:
            del self.messages[channel][number]

    # -- truths

    def truth(self) -> list[Message]:
        """Every message of both channels."""
        return [message for channel in self.messages.values() for message in channel.values()]

    def shown(self, channel: str, before: int | None = None, after: int | None = None) -> list[Message]:
        """The messages of one page, oldest first."""
        with self.lock:
            ids = sorted(self.messages[channel])
        if after is not None:
            chosen = [one for one in ids if one > after][:SIZE]
        else:
            chosen = [one for one in ids if before is None or one < before][-SIZE:]
        return [self.messages[channel][one] for one in chosen]

    # -- answers

    def reply(self, ask: Ask) -> Reply | str | None:
        parts = ask.path.strip("/").split("/")
        if parts[0] == "s" and len(parts) in (2, 3):
            channel = parts[1].lower()
            if channel not in TITLES:
                # no preview, or no channel: the card
                return redirect(self.url(f"/{parts[1]}"), 302)
            numbers = {name: _number(ask.query.get(name)) for name in ("before", "after")}
            if len(parts) == 3:
                numbers = {"before": (_number(parts[2]) or 0) + SIZE // 2, "after": None}
            return html_reply(
                self._page(channel, numbers["before"], numbers["after"]),
                headers={"Cache-Control": "no-store", "X-Frame-Options": "SAMEORIGIN"},
            )
        if len(parts) == 1 and parts[0] in (*TITLES, CLOSED):
            return html_reply(self._card(parts[0]))
        if len(parts) == 2 and parts[0] in TITLES:
            return html_reply(self._single(parts[0], _number(parts[1])))
        if parts[0] in ("share", "proxy", "login", "joinchat"):
            return html_reply("<h1>Telegram</h1>")
        return None

    def _page(self, channel: str, before: int | None, after: int | None) -> str:
        some = self.shown(channel, before, after)
        newest = max(self.messages[channel])
        older = bool(some) and some[0].id > min(self.messages[channel])
        newer = bool(some) and some[-1].id < newest
        here = f"/s/{channel}"
        address = here if before is None else f"{here}?before={before}"
        head, above, below = [f'<link rel="canonical" href="{address}">'], "", ""
        if older:
            address = f"{here}?before={some[0].id}"
            head.append(f'<link rel="prev" href="{address}">')
            above = _more(address, "before", some[0].id)
        if newer and before is not None:
            address = f"{here}?after={some[-1].id}"
            head.append(f'<link rel="next" href="{address}">')
            below = _more(address, "after", some[-1].id)
        body = "".join(map(self._message, some))
        title = TITLES[channel]
        counters = "".join(
            f'<div class="tgme_channel_info_counter"><span class="counter_value">{self.noise.count()}</span> '
            f'<span class="counter_type">{what}</span></div>'
            for what in ("subscribers", "photos", "links")
        )
        return f"""<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>{title} – Telegram</title>
<meta property="og:title" content="{title}"><meta property="og:site_name" content="Telegram">
<meta property="og:description" content="{ABOUT[channel]}">
<link rel="stylesheet" href="//telegram.example/css/telegram-web.css?{self.noise.token(2)}">{"".join(head)}</head>
<body class="widget_frame_base tgme_webpreview">
<header class="tgme_header search_collapsed"><div class="tgme_header_info">
<a class="tgme_channel_join_telegram" href="//telegram.example/dl?tme={self.noise.token(18)}">Download</a>
<a class="tgme_header_link" href="{self.url(f"/{channel}")}"><div class="tgme_header_title">
<span dir="auto">{title}</span></div><div class="tgme_header_counter">{self.noise.count()} subscribers</div></a>
</div></header>
<main class="tgme_main"><div class="tgme_container"><section class="tgme_channel_history js-message_history">
{above}{body}{below}</section></div></main>
<aside><div class="tgme_channel_info"><div class="tgme_channel_info_header">
<div class="tgme_channel_info_header_title"><span dir="auto">{title}</span></div></div>
<div class="tgme_channel_info_counters">{counters}</div>
<div class="tgme_channel_info_description">{ABOUT[channel]}</div>
<a class="tgme_channel_download_telegram" href="//telegram.example/dl?tme={self.noise.token(18)}">Download Telegram</a>
<div class="tgme_footer"><a href="//telegram.example/faq">About</a> <a href="/share/url?url=t.me/{channel}">Share</a>
<a href="/login">Log in</a></div></div></aside>
<script>TWeb.init();var nonce = "{self.noise.token(12)}";</script></body></html>"""

    def _message(self, one: Message) -> str:
        link = self.url(f"/{one.post}")
        photo = ""
        if one.photo:
            place = f"https://cdn{self.noise.choice('1245')}.telegram-cdn.example/file/{self.noise.token(20)}.jpg"
            photo = (
                f'<a class="tgme_widget_message_photo_wrap {self.noise.token(6)}" href="{link}" '
                f"style=\"width:800px;background-image:url('{place}')\"></a>"
            )
        answered = self.messages[one.channel].get(one.reply_to) if one.reply_to else None
        quoted = ""
        if answered is not None:
            quoted = (
                f'<a class="tgme_widget_message_reply" href="{self.url(f"/{answered.post}")}">'
                f'<div class="tgme_widget_message_author">{TITLES[one.channel]}</div>'
                f'<div class="tgme_widget_message_metatext js-message_reply_text">{answered.text[:40]}…</div></a>'
            )
        text = "<br/><br/>".join(html.escape(part, quote=False) for part in one.text.split("\n"))
        mark = "edited &nbsp;" if one.edited else ""
        return f"""<div class="tgme_widget_message_wrap js-widget_message_wrap">
<div class="tgme_widget_message text_not_supported_wrap js-widget_message" data-post="{one.post}"
 data-view="{self.noise.token(20)}"><div class="tgme_widget_message_user"><a href="{self.url(f"/{one.channel}")}">
<i class="tgme_widget_message_user_photo bgcolor2"></i></a></div><div class="tgme_widget_message_bubble">
<div class="tgme_widget_message_author accent_color"><a class="tgme_widget_message_owner_name"
 href="{self.url(f"/{one.channel}")}"><span dir="auto">{TITLES[one.channel]}</span></a></div>{quoted}{photo}
<div class="tgme_widget_message_text js-message_text" dir="auto">{text}</div>
<div class="tgme_widget_message_footer compact js-message_footer">
<div class="tgme_widget_message_info short js-message_info">
<span class="tgme_widget_message_views">{self.noise.count()}</span><span class="copyonly"> views</span>
<span class="tgme_widget_message_meta">{mark}<a class="tgme_widget_message_date" href="{link}">
<time datetime="{one.sent:%Y-%m-%dT%H:%M:%S}+00:00" class="time">{one.sent:%H:%M}</time></a></span></div></div>
</div></div></div>
"""

    def _card(self, channel: str) -> str:
        title = TITLES.get(channel, "Closed")
        return (
            f'<html><head><title>Telegram: View @{channel}</title></head><body><div class="tgme_page">'
            f'<div class="tgme_page_title">{title}</div><div class="tgme_page_extra">{self.noise.count()} subscribers'
            f'</div><a href="tg://resolve?domain={channel}">View in Telegram</a></div></body></html>'
        )

    def _single(self, channel: str, number: int | None) -> str:
        return f"<html><head><title>{TITLES[channel]}</title></head><body><iframe src='/{channel}/{number}?embed=1'>"


def _more(address: str, which: str, number: int) -> str:
    return (
        '<div class="tgme_widget_message_centered js-messages_more_wrap"><a class="tme_messages_more js-messages_more" '
        f'data-{which}="{number}" href="{address}"></a></div>'
    )


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() else None


@lru_cache(8)
def _messages(channel: str, count: int, gaps: float, seed: int) -> tuple[tuple[int, Message], ...]:
    return tuple(_made(channel, count, gaps, seed))


def _made(channel: str, count: int, gaps: float, seed: int) -> Iterator[tuple[int, Message]]:
    chance = random.Random(f"{channel} {seed}")
    # few texts, so that a crawl of hundreds of pages does not spend its time on telling their language
    texts = [paragraphs(LANGUAGES[channel], who, 1, seed=n, moment=FIRST)[0] for n, who in enumerate(people(20, seed))]
    number, sent, earlier = 0, FIRST, [0]
    for n in range(count):
        # one long gap too: a week's messages that were taken away together
        number += 1 + (n == count // 2) * 75
        while chance.random() < gaps:
            number += 1
        sent += timedelta(minutes=chance.randint(9, 900))
        sentences = chance.choice(texts).split(". ")
        kept = ". ".join(sentences[: chance.randint(1, 2)]).rstrip(".")
        yield (
            number,
            Message(
                channel,
                number,
                sent,
                f"№{number}\n{kept}." if channel == RUSSIAN else f"No. {number}\n{kept}.",
                edited=chance.random() < 0.1,
                photo=chance.random() < 0.2,
                reply_to=chance.choice(earlier) if chance.random() < 0.1 else None,
            ),
        )
        earlier.append(number)
