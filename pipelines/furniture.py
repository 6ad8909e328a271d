"""What on a page is furniture: menus, tickers, counters, notices, appeals, related teasers.

Three kinds of sign. `by_markup` goes by element, ARIA role, class and id; what it says of a container may be wrong, and
whoever asks must not believe it of a container that holds much of the page's text. `by_words` goes by the words of
one short block, and `still` takes out of a text what moves by itself, both in English, Russian, Ukrainian and
Belarusian.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

_TAGS: Final = {
    "nav": "menu",
    "menu": "menu",
    "search": "form",
    "aside": "aside",
    "footer": "footer",
    "form": "form",
    "button": "control",
    "dialog": "dialog",
    "noscript": "notice",
}
NAMING_TAGS: Final = frozenset({*_TAGS, "header"})
"""Elements that may be furniture by their tag alone."""
_ROLES: Final = {
    "navigation": "menu",
    "menu": "menu",
    "menubar": "menu",
    "search": "form",
    "complementary": "aside",
    "contentinfo": "footer",
    "banner": "header",
    "dialog": "dialog",
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
    "counter": "counter counters views hits likes reactions poll polls vote votes rating",
    "share": "share sharing shares social socials sharedaddy addtoany",
    "related": "related recommended recommendations similar trending teasers",
    "appeal": "subscribe subscription newsletter signup donate donation",
    "notice": "cookie cookies gdpr consent outdated browsehappy",
    "dialog": "popup modal",
    "comments": "comment comments disqus respond",
    "advert": "ads advert advertisement sponsored promo",
    "tags": "tags",
    "cloud": "tagcloud",
}
TELLING: Final = frozenset({"aside", "dialog", "hidden", "tags"})
"""Furniture that holds facts of a case as often as not: the card with the term, the window with the address of the
prison, the folded tab, the articles of the code. It is no main text, and what changes in it is no noise for that."""
_BY_WORD: Final = {word: named for named, words in _NAMED.items() for word in words.split()}
"""Furniture by a whole word of a class name or id."""
_HEADING = re.compile(r"/h[1-6]\[")
_TEXT_WORDS: Final = frozenset({"content", "article", "entry", "post", "body", "text", "main", "story"})
"""Where one of these stands beside it, a `tags` or `share` says what the text has, not what it is."""
NAME_LIMIT: Final = 300
"""Characters of a class or id that are read."""
_PARTS: Final = {
    "caption": "caption captions credit credits figcaption gallery slideshow slides lightbox photo photos image images "
    "picture pictures video",
    "byline": "byline author authors contributor",
    "date": "date dateline timestamp published pubdate datetime posted",
    "lead": "lede dek standfirst subtitle subheadline",
}
_PART_BY_WORD: Final = {word: part for part, words in _PARTS.items() for word in words.split()}
"""Part of an article by a whole word of a class name or id."""
_WORD_BOUNDS = re.compile(r"[\s_\-:/.]+|(?<=[a-z])(?=[A-Z])")
_SPLITTING: Final = str.maketrans("_-:/.", "     ")
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
    return markup(tag, attributes, path)[0]


def markup(tag: str, attributes: Mapping[str, str], path: str) -> tuple[str | None, str | None]:
    """The furniture, and the part of an article (caption, byline, date, lead), that an element's markup says it is."""
    by_name, part = _NOTHING
    if "class" in attributes or "id" in attributes:
        classes, own = attributes.get("class") or "", attributes.get("id") or ""
        by_name, part = _by_names(classes[:NAME_LIMIT], own[:NAME_LIMIT])
    if tag == "figure":
        part = "caption"
    if tag in {"html", "body", "main", "article"}:
        return None, part
    named = _by_element(tag, attributes, path)
    # of a dialog, its name tells more: a cookie notice, an appeal
    return ((by_name or named) if named in {None, "dialog"} else named), part


def _by_element(tag: str, attributes: Mapping[str, str], path: str) -> str | None:
    role = attributes.get("role")
    if role and (named := _ROLES.get(role.strip().lower())):
        return named
    if tag == "button" and _HEADING.search(path):
        return None  # it folds a section, and its words are the section's heading
    if tag in _TAGS:
        return _TAGS[tag]
    if tag == "header":
        # inside sectioning content it is that section's heading (HTML, 4.3.8), elsewhere the site's
        inside = any(f"/{section}[" in path for section in ("article", "main", "section"))
        return None if inside else "header"
    return None


_NOTHING: Final = (None, None)


@lru_cache(8192)
def _by_names(classes: str, own: str) -> tuple[str | None, str | None]:
    """What the words of an element's class and id say that it is."""
    words = _words(f"{classes} {own}")
    part = next((_PART_BY_WORD[word] for word in words if word in _PART_BY_WORD), None)
    if own.lower() == "header":
        return "header", part
    for word in words:
        named = _BY_WORD.get(word)
        if named and not (named in {"tags", "share"} and _TEXT_WORDS.intersection(words)):
            return named, part
    names = f"{classes} {own}"
    return next((named for phrase, named in _PHRASES if phrase.search(names)), None), part


def _words(names: str) -> list[str]:
    if names.islower():  # where one word ends and the next begins is a matter of letters' case only in camelCase
        return names.translate(_SPLITTING).split()
    return [word.lower() for word in _WORD_BOUNDS.split(names) if word]


def _one_of(*phrases: str) -> re.Pattern[str]:
    return re.compile(r"\W*+(?:" + "|".join(phrases) + r")\W*+", re.IGNORECASE)


_DIGIT = re.compile(r"\d")
_AGELESS = re.compile(r"ago\b|now\b|назад|тому|таму|что\b|што\b|щойно", re.IGNORECASE)
_LETTER_OR_DIGIT = re.compile(r"[^\W_]")
_TICKER = re.compile(
    r"(?:[•·*|]\s*)?(?:[A-Z]{3,6}|Brent|[$€£₽₴¥])\s*:?\s*[-+−▲▼↑↓]?\s*\d[\d\s.,]*%?(?:\s*[-+−▲▼↑↓]?\s*[\d.,]+\s*%?)?\s*[▲▼↑↓]?"
)
_ARTICLE = re.compile(r"\d{2,3}\.\d(?:\W+\d{1,2})?")
_NUMERIC = re.compile(r"[\W\d_]*\d[\W\d_]*")
_DATE = re.compile(r"\W*\d{1,4}[./-]\d{1,2}[./-]\d{1,4}.*")
# possessive: the days of a calendar, one after the other, are not tried in every division
_AMOUNT = r"\d++(?:[ .,\u00a0\u202f]\d++)*(?:\s?[kKmMкКмМ]|\s?тыс\.?|\s?млн)?(?!\w)"
_COUNTED = "|".join(
    (
        r"(?:page )?(?:views?|hits)|viewed|reads?|readers?|visits?|visitors?|guests|users|subscribers?|followers",
        r"shares?|likes?|comments?|replies|reactions?|downloads?|online",
        r"просмотр\w*|прочтени\w*|прочитан\w*|прочитали|комментари\w*|отзыв\w*|посетител\w*|посещени\w*|подписчик\w*",
        r"лайк\w*|репост\w*|скачивани\w*|гост(?:ь|я|ей)|онлайн|(?:сейчас )?на сайте",
        r"перегля(?:д\w*|нут\w*)|коментар\w*|відвіду\w*|підписник\w*|вподобан\w*|(?:зараз )?на сайті",
        r"прагля(?:д\w*|нут\w*)|каментар\w*|наведв\w*|падпісчык\w*|(?:зараз )?на сайце",
    )
)
_COUNTER_LABEL = re.compile(rf"\b(?:{_COUNTED})\b", re.IGNORECASE)
_WHEN_COUNTED = (
    r"(?:\W{0,3}\b(?:раза?|разів|разоў|times?|people|users|guests|человека?|чалавека?|людей|осіб|гост(?:ь|я|ей)|today"
    r"|now|online|total|on(?: the)? site|сегодня|всего|за сутки|сейчас|сьогодні|зараз|сёння|(?:сейчас )?на сайте"
    r"|онлайн)\b)"
)
_MONTH = (
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|янв|фев|мар|апр|мая|май|июн|июл|авг|сен|окт|ноя|дек"
    r"|січ|лют|бер|кві|тра|чер|лип|сер|вер|жов|лис|гру|студз|сак|крас|чэр|ліп|жні|кас|ліс|сне)[^\W\d]{0,9}\.?"
)
_MONTH_DAY = rf"\d{{1,2}}(?:st|n[d]|rd|th)?\s+{_MONTH}|{_MONTH}\s+\d{{1,2}}(?:st|n[d]|rd|th)?"
_CALENDAR = (
    rf"(?:\d{{1,2}}[./]\d{{1,2}}[./]\d{{2,4}}|\d{{4}}-\d{{2}}-\d{{2}}|(?:{_MONTH_DAY})(?:,?\s+\d{{4}})?"
    r"(?:\s+(?:г\.|года|р\.|г\b))?)"
)
_CLOCK = r"\d{1,2}:\d{2}(?::\d{2})?(?:\s*[ap]\.?m\.?)?"
_WEEKDAY = (
    r"mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|satur|sun|понедельник|вторник|среда|четверг|пятница|суббота|воскресенье"
    r"|понеділок|вівторок|середа|п[’']ятниця|субота|неділя|панядзелак|аўторак|серада|чацвер|пятніца|нядзеля"
)
_MOVING: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # the machine's own words about this copy of the page
        r"(?:request|session|trace|ray|build)[ -]?id\W+[\w-]{6,}",
        r"\b(?:page )?(?:generated|rendered|served)(?: (?:by|in|at|on))*\W.{0,60}",
        r"(?:страниц\w+ )?(?:с|з)генер[иоа]?[рв]\w+\W+(?:(?:за|в|на|у)\W+)?"
        rf"(?:{_CALENDAR}\W*)?(?:{_CLOCK}|{_AMOUNT}\W*с\w*\.?)?",
        # today
        rf"\b(?:today(?: is)?|сегодня|сьогодні|сёння)\W+(?:(?:{_WEEKDAY})\w*\W+)?{_CALENDAR}(?:\W+{_CLOCK})?",
        rf"\b(?:now|сейчас|зараз|time|время|час)\W+{_CLOCK}",
        # how long ago
        r"\b(?:\d+|an?|one|a few)\s*(?:s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|days?|weeks?|months?)\.?\s+"
        r"ago\b",
        r"\bjust now\b|\bтолько что\b|\bщойно\b|\bтолькі што\b",
        r"\b(?:\d+\s+)?(?:сек\w*|мин\w*|час\w*|дн\w+|день|недел\w+|месяц\w*) назад\b",
        r"\b(?:\d+\s+)?(?:сек\w*|хв\w*|год\w*|дн\w+|день|тиж\w+|місяц\w*) тому\b",
        r"\b(?:\d+\s+)?(?:сек\w*|хв\w*|гадз\w*|дн\w+|дзень|тыд\w+|месяц\w*) таму\b",
        # how often
        rf"\b(?:total|всего|усього|усяго)\W{{1,3}}{_AMOUNT}(?=\W*$|\W*©)",
        rf"(?<![\w.,]){_AMOUNT}\s*(?:{_COUNTED})\b{_WHEN_COUNTED}*",
        rf"\b(?:(?:страниц|сторінк|старонк)\w+ )?(?:{_COUNTED})\b{_WHEN_COUNTED}*\W{{1,3}}{_AMOUNT}{_WHEN_COUNTED}*",
        # rates and weather
        r"(?:\b(?:USD|EUR|GBP|CNY|RUB|UAH|BYN|BTC|OIL|Brent|нефть)\b|[$€£¥₽₴])\s*:?\s*[-+−▲▼↑↓]?\s*"
        r"\d+(?:[ \u00a0]\d{3})*[.,]\d+(?:\s*[▲▼↑↓])?(?:\s*[-+−]\s*\d+[.,]\d+)?",
        r"[-+−]?\d{1,2}\s*°\s*[CСFК]?",
        # the year of a copyright line
        r"(?:©|\(c\)|copyright)\s*(?:©\s*)?\d{4}(?:\s*[-–—]\s*\d{4})?",
    )
)
STILL_LIMIT: Final = 400
"""Characters above which a block is text, whatever it counts."""
_STILL: Final = "\ufffc"


def still(text: str) -> str:
    """A text with what moves by itself taken out: counts of visits, rates, weather, ages, the time of now.

    Two texts that differ only in such are equal afterwards. OBJECT REPLACEMENT CHARACTER stands for each.
    """
    if len(text) > STILL_LIMIT or not (_DIGIT.search(text) or _AGELESS.search(text)):
        return text
    for pattern in _MOVING:
        text = pattern.sub(_STILL, text)
    return text


_COOKIES = re.compile(
    r"\b(?:we|site|website|page|blog) uses? (?:\w+ ){0,2}cookies|\bcookies? (?:policy|settings|consent)\b"
    r"|(?:использу|використову|выкарыстоўва)\w+ (?:файл\w+ )?(?:cookie|кук)",
    re.IGNORECASE,
)
NOTICE_LIMIT: Final = 400
LINE_LIMIT: Final = 120
_BROWSER_WORDS: Final = ("browser", "браузер", "браўзер", "оглядач")
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
    r"ещ[её] по теме|по теме|читайте также|читать также|смотрите также|новости по теме|материалы по теме",
    r"похожие (?:материалы|новости|статьи|записи)|(?:последние|другие|главные) новости|самое читаемое|рекомендуем",
    r"читайте також|дивіться також|за темою|(?:схожі|інші|останні) (?:матеріали|новини|записи)",
    r"чытайце (?:таксама|яшчэ)|глядзіце таксама|(?:апошнія|іншыя) навіны|па тэме",
)


_HEADS: Final = frozenset(
    re.findall(
        r"\w\w",
        "sk ba me se cl pr tw sh ad sp su si fo jo do mo re yo la "
        "пе на ме по за пі пр др ре рэ ещ чи см но ма са гл ра ди сх ін ос чы ап па",
    )
)
"""The first two letters of all phrases above: what begins otherwise is none of them, which is quickly seen."""


def opens_related(text: str) -> bool:
    """Whether a block is the heading over teasers of other pages."""
    return len(text) <= 60 and _RELATED.fullmatch(text) is not None


_RELATED_LEAD = re.compile(
    r"\W*+(?:related(?: \w{1,12})?|read (?:more|also|next)|see (?:more|also)|more (?:on this|from)|don['’]t miss|watch"
    r"|also read|recommended|подробнее|(?:ещ[её] )?по теме|(?:читайте|читать|смотрите) (?:также|ещ[её]|далее)"
    r"|(?:читайте|дивіться) також|детальніше|(?:чытайце|глядзіце) таксама|падрабязней|lesen sie auch|lire aussi"
    r"|leggi anche|lee también|leia também|czytaj też)\b[^:\n]{0,15}:",
    re.IGNORECASE,
)


def leads_elsewhere(text: str, linked: int) -> bool:
    """Whether a line inside the text is a pointer to another page: "Read also:" and a link."""
    return len(text) <= 250 and 5 * linked >= 2 * len(text) and _RELATED_LEAD.match(text) is not None


def is_number(text: str) -> bool:
    """Whether a short line is a number and nothing else, no date and no article of a code."""
    return (
        len(text) <= 15
        and _NUMERIC.fullmatch(text) is not None
        and not _DATE.fullmatch(text)
        and not _ARTICLE.fullmatch(text)
    )


def is_label_of_fact(text: str) -> bool:
    """Whether a short line names what the number beside it is, and it is no count of visits and no rate."""
    words = text.strip(" :\u00a0")
    return 3 <= len(words) <= 40 and not words.isupper() and words[0].isalpha() and not _COUNTER_LABEL.search(words)


def by_words(text: str, kind: str, *, linked: bool) -> str | None:
    """Name the furniture that a block's own words give away; None for long text but notices."""
    if len(text) > NOTICE_LIMIT:
        return None
    lower = text.lower()
    if _is_notice(text, lower):
        return "notice"
    if len(text) > LINE_LIMIT:
        return None
    letter = _LETTER_OR_DIGIT.search(lower)
    if letter is None:
        return "ornament"
    if (named := _by_phrase(text, lower[letter.start() :][:2])) is not None:
        return named
    if _COPYRIGHT.match(text):
        return "footer"
    # a number alone in a table is a fact, one over a section is its heading
    if (kind not in {"cell", "heading"} or linked) and _DIGIT.search(text):
        if _TICKER.fullmatch(text):
            return "ticker"
        if is_number(text):
            return "counter"
    return None if _LETTER_OR_DIGIT.search(still(text)) else "counter"


def _is_notice(text: str, lower: str) -> bool:
    if any(word in lower for word in _BROWSER_WORDS) and _BROWSER_FAULT.search(text):
        return True
    if ("cook" in lower or "кук" in lower) and _COOKIES.search(text):
        return True
    return len(text) <= LINE_LIMIT and _BROWSER_NAMES.fullmatch(text) is not None


def _by_phrase(text: str, head: str) -> str | None:
    if head not in _HEADS:
        return None
    if opens_related(text):
        return "related"
    if _CONTROL.fullmatch(text):
        return "control"
    if _ADVERT.fullmatch(text):
        return "advert"
    if len(text) <= 80 and not text.endswith(".") and _APPEAL.fullmatch(text):
        return "appeal"
    return None
