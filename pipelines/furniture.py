"""What on a page is furniture: menus, tickers, counters, notices, appeals, related teasers.

Two kinds of sign. `by_markup` goes by element, ARIA role, class and id; what it says of a container may be wrong, and
whoever asks must not believe it of a container that holds much of the page's text. `by_words` goes by the words of
one short block, in English, Russian, Ukrainian and Belarusian.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_TAGS: Final = {
    "nav": "menu",
    "menu": "menu",
    "search": "form",
    "aside": "aside",
    "footer": "footer",
    "form": "form",
    "button": "control",
    "dialog": "notice",
    "noscript": "notice",
}
_ROLES: Final = {
    "navigation": "menu",
    "menu": "menu",
    "menubar": "menu",
    "search": "form",
    "complementary": "aside",
    "contentinfo": "footer",
    "banner": "header",
    "dialog": "notice",
    "alert": "notice",
    "alertdialog": "notice",
    "button": "control",
}
_NAMED: Final = {
    "menu": "nav navbar navigation menu submenu breadcrumb breadcrumbs pagination pager topbar langs",
    "footer": "footer colophon copyright",
    "header": "masthead",
    "aside": "sidebar",
    "ticker": "ticker tickers currency currencies rates marquee weather",
    "counter": "counter counters views hits likes reactions",
    "share": "share sharing shares social socials sharedaddy addtoany",
    "related": "related recommended recommendations similar trending teasers",
    "appeal": "subscribe subscription newsletter signup donate donation",
    "notice": "cookie cookies gdpr consent outdated browsehappy popup modal",
    "comments": "comments disqus respond",
    "advert": "ads advert advertisement sponsored promo",
    "tags": "tags tagcloud",
}
_BY_WORD: Final = {word: named for named, words in _NAMED.items() for word in words.split()}
"""Furniture by a whole word of a class name or id."""
_TEXT_WORDS: Final = frozenset({"content", "article", "entry", "post", "body", "text", "main", "story"})
"""Where one of these stands beside it, a `tags` or `share` says what the text has, not what it is."""
_WORD_BOUNDS = re.compile(r"[\s_\-:/.]+|(?<=[a-z])(?=[A-Z])")
_PHRASES: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), named)
    for pattern, named in (
        (r"lang(?:uage)?s?[-_]?(?:switch|select|list|menu)", "menu"),
        (r"skip[-_]?(?:link|to)", "menu"),
        (r"site[-_]?header|page[-_]?top", "header"),
        (r"widget[-_]?area", "aside"),
        (r"(?:old|bad|unsupported)[-_]?browser|browser[-_]?(?:warning|notice|upgrade|update|old)", "notice"),
        (r"(?:read|see|more|also)[-_]?(?:also|more|next|news|stories|posts|articles)\b", "related"),
        (r"comment[-_]?(?:list|form|area|section)", "comments"),
        (r"exchange[-_]?rate", "ticker"),
    )
)


def by_markup(tag: str, attributes: Mapping[str, str], path: str) -> str | None:
    """Name the furniture that an element's own markup says it is; `path` is the DOM path of its parent."""
    if tag in {"html", "body", "main", "article"}:
        return None
    role = attributes.get("role")
    if role and (named := _ROLES.get(role.strip().lower())):
        return named
    if tag in _TAGS:
        return _TAGS[tag]
    if tag == "header":
        # inside sectioning content it is that section's heading (HTML, 4.3.8), elsewhere the site's
        inside = any(f"/{section}[" in path for section in ("article", "main", "section"))
        return None if inside else "header"
    names = f"{attributes.get('class') or ''} {attributes.get('id') or ''}"
    if names == " ":
        return None
    words = [word.lower() for word in _WORD_BOUNDS.split(names) if word]
    for word in words:
        named = _BY_WORD.get(word)
        if named and not (named in {"tags", "share"} and _TEXT_WORDS.intersection(words)):
            return named
    return next((named for phrase, named in _PHRASES if phrase.search(names)), None)


def _one_of(*phrases: str) -> re.Pattern[str]:
    return re.compile(r"\W*(?:" + "|".join(phrases) + r")\W*", re.IGNORECASE)


_LETTER_OR_DIGIT = re.compile(r"[^\W_]")
_TICKER = re.compile(
    r"(?:[A-Z]{3,6}|Brent|[$€£₽₴¥])\s*:?\s*[-+−▲▼↑↓]?\s*\d[\d\s.,]*%?(?:\s*[-+−▲▼↑↓]?\s*[\d.,]+\s*%?)?\s*[▲▼↑↓]?"
)
_NUMERIC = re.compile(r"[\W\d_]*\d[\W\d_]*")
_DATE = re.compile(r"\W*\d{1,4}[./-]\d{1,2}[./-]\d{1,4}.*")
_YEAR = re.compile(r"\W*(?:19|20)\d\d\W*")
_AMOUNT = r"\d[\d\s.,]*[kKмМ]?"
_COUNTED = "|".join(
    (
        r"views?|reads?|shares?|likes?|comments?|followers|visits|visitors(?: today)?|online",
        r"просмотр\w*|комментари\w*|отзыв\w*|посетител\w*|сейчас на сайте",
        r"перегляд\w*|коментар\w*|відвідувач\w*",
        r"прагляд\w*|каментар\w*|наведвальнік\w*",
    )
)
_COUNTER = _one_of(rf"{_AMOUNT}\s*(?:{_COUNTED})", rf"(?:{_COUNTED})\W+{_AMOUNT}")
_BROWSER = re.compile(r"\bbrowser\b|браузер|браўзер|оглядач", re.IGNORECASE)
_BROWSER_FAULT = re.compile(
    "|".join(
        (
            r"out\s?dated|out of date|unsupported|not support|old(?:er)? version|upgrade|update|enable|javascript",
            r"устаре|не поддержива|обновите|включите|не позволяет корректно",
            r"застар|не підтриму|оновіть",
            r"састарэ|не падтрымл|абнавіце",
        )
    ),
    re.IGNORECASE,
)
_BROWSER_NAMES = re.compile(
    r"\W*(?:(?:(?:google|mozilla|microsoft|apple)\s+)?"
    r"(?:chrome|firefox|safari|edge|opera|vivaldi|chromium|internet explorer|яндекс[.\s]*браузер|yandex browser)\W*)+",
    re.IGNORECASE,
)
_CONTROL = _one_of(
    r"skip to (?:main )?content|skip navigation|back to top|menu|search|close|print|tweet|share(?: this)?(?: \w+){0,4}",
    r"перейти(?: к (?:основному )?(?:содержанию|содержимому))?|наверх|меню|поиск|закрыть|печать|распечатать|поделиться",
    r"перейти до (?:основного )?вмісту|пошук|закрити|друк|поділитися",
    r"перайсці да зместу|закрыць|падзяліцца",
)
_ADVERT = _one_of(r"advert(?:isement|ising)?|sponsored(?: content)?|реклама|рэклама|на правах рекламы")
_APPEAL = _one_of(
    r"subscribe(?: to| now| for)?\b.{0,60}|sign up\b.{0,60}|follow us\b.{0,40}|join us\b.{0,40}",
    r"donate(?: now)?|support us",
    r"подпи(?:шитесь|саться|ска)\b.{0,60}|поддержать(?: нас| проект)?|пожертвовать|помочь проекту",
    r"підпи(?:шіться|сатися|ска)\b.{0,60}|підтримати(?: нас)?",
    r"падпі(?:шыцеся|сацца|ска)\b.{0,60}|падтрымаць(?: нас)?",
)
_COPYRIGHT = re.compile(
    r"\s*(?:©|\(c\)|copyright\b|all rights reserved|все права защищены|усі права захищені|усе правы абаронены)",
    re.IGNORECASE,
)
_RELATED = _one_of(
    r"more to read|read (?:more|also|next)|see also|you (?:may|might) also like|most (?:read|popular)",
    r"related(?: (?:posts?|articles?|stories|news|materials|content))?|recommended(?: for you)?",
    r"latest (?:news|posts|articles|stories)|more (?:news|stories|on this topic|from .{1,30})",
    r"(?:ещ[её] )?по теме|читайте также|читать также|смотрите также|новости по теме|материалы по теме",
    r"похожие (?:материалы|новости|статьи|записи)|(?:последние|другие|главные) новости|самое читаемое|рекомендуем",
    r"читайте також|дивіться також|за темою|(?:схожі|інші|останні) (?:матеріали|новини|записи)",
    r"чытайце (?:таксама|яшчэ)|глядзіце таксама|(?:апошнія|іншыя) навіны|па тэме",
)


def _is_date(text: str, kind: str) -> bool:
    """Whether a line of digits is a date; a year alone is one only as a heading, else it may be any counter."""
    return _DATE.fullmatch(text) is not None or (kind == "heading" and _YEAR.fullmatch(text) is not None)


def opens_related(text: str) -> bool:
    """Whether a block is the heading over teasers of other pages."""
    return len(text) <= 60 and _RELATED.fullmatch(text) is not None


def by_words(text: str, kind: str, *, linked: bool) -> str | None:
    """Name the furniture that a block's own words give away; None for all long text but browser notices."""
    if len(text) <= 400 and _BROWSER.search(text) and _BROWSER_FAULT.search(text):
        return "notice"
    if len(text) > 120:
        return None
    if opens_related(text):
        return "related"
    if _BROWSER_NAMES.fullmatch(text):
        return "notice"
    if _COPYRIGHT.match(text):
        return "footer"
    if _CONTROL.fullmatch(text):
        return "control"
    if _ADVERT.fullmatch(text):
        return "advert"
    # a number alone in a table is a fact
    if kind != "cell" or linked:
        if _TICKER.fullmatch(text):
            return "ticker"
        if _COUNTER.fullmatch(text) or (len(text) <= 15 and _NUMERIC.fullmatch(text) and not _is_date(text, kind)):
            return "counter"
    if not _LETTER_OR_DIGIT.search(text):
        return "ornament"
    if len(text) <= 80 and not text.endswith(".") and _APPEAL.fullmatch(text):
        return "appeal"
    return None
