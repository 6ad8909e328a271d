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
    "marquee": "ticker",
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
    "ticker": "ticker tickers currency currencies rates marquee weather newsflash newsticker breakingnews",
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
_AGELESS = re.compile(r"ago\b|now\b|назад|тому|таму|что\b|што\b|щойно|temu\b", re.IGNORECASE)
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
        r"shares?|shared|reposts?|retweets?|likes?|liked|comments?|replies|reactions?|downloads?|online|votes?|claps?",
        r"просмотр\w*|прочтени\w*|прочитан\w*|прочитали|комментари\w*|отзыв\w*|посетител\w*|посещени\w*|подписчик\w*",
        r"лайк\w*|репост\w*|скачивани\w*|скачан\w*|гост(?:ь|я|ей)|онлайн|(?:сейчас )?на сайте|нравится|понравилось"
        r"|поделил(?:ись|ся)|просмотрел\w*|проголосовал\w*|голос(?:ов|а)?",
        r"перегля(?:д\w*|нут\w*)|коментар\w*|відвіду\w*|підписник\w*|вподоб\w*|подоба\w*|поширен\w*"
        r"|поділил\w*|завантажен\w*|проголосувал\w*|голос(?:ів|и)|(?:зараз )?на сайті",
        r"прагля(?:д\w*|нут\w*)|каментар\w*|наведв\w*|падпісчык\w*|падаба\w*|рэпост\w*|лайк\w*"
        r"|падзяліл\w*|прагаласавал\w*|галас(?:оў|ы)|(?:зараз )?на сайце",
        r"wyświetle\w*|odsłon\w*|polubie\w*|udostępni\w*|komentarz\w*|қаралды|қаралым\w*|baxış\w*|baxılıb|oxunub"
        r"|paylaşı\w*|ნახვ\w*|გააზიარ\w*|კომენტარ\w*|դիտում\w*|մեկնաբանություն\w*",
    )
)
_PEOPLE = r"(?:(?:people|persons?|человека?|чалавека?|людей|людзей|осіб|osób|ადამიან\w*)\s+)?"
_NO_LETTER = r"(?<![^\W\d_])"
"""Where a word begins, glued to a number too: "5 May 2026Views: 12", of two elements side by side."""
_NO_SMALL = r"(?-i:(?![a-zа-яёіїўґ]))"
"""Where a word ends, glued to one with a capital too: "5 minutes agoCourt adjourns"."""
_COUNTER_LABEL = re.compile(rf"{_NO_LETTER}(?:{_COUNTED})\b", re.IGNORECASE)
_WHEN_COUNTED = (
    r"(?:\W{0,3}\b(?:раза?|разів|разоў|times?|people|users|guests|человека?|чалавека?|людей|осіб|гост(?:ь|я|ей)|today"
    r"|now|online|total|on(?: the)? site|сегодня|всего|за сутки|сейчас|сьогодні|зараз|сёння|(?:сейчас )?на сайте"
    r"|онлайн)\b)"
)
_THEN_COUNTED = rf"(?:{_WHEN_COUNTED}(?!\s*:\s*\d))"
"""The same behind a count, if no other count follows it: "Today: 3 Total: 5"."""
_MONTH = (
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|янв|фев|мар|апр|мая|май|июн|июл|авг|сен|окт|ноя|дек"
    r"|січ|лют|бер|кві|тра|чер|лип|сер|вер|жов|лис|гру|студз|сак|крас|чэр|ліп|жні|кас|ліс|сне)[^\W\d]{0,9}\.?"
)
_MONTH_DAY = rf"\d{{1,2}}(?:st|n[d]|rd|th)?\s+{_MONTH}|{_MONTH}\s+\d{{1,2}}(?:st|n[d]|rd|th)?"
CALENDAR: Final = (
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
        r"(?:(?:страниц|сторінк|старонк)\w+ )?(?:с|з)генер[иоа]?[рв]\w+\W+(?:(?:за|в|на|у)\W+)?"
        rf"(?:{CALENDAR}\W*)?(?:{_CLOCK}|{_AMOUNT}\W*с\w*\.?)?",
        # today
        rf"\b(?:today(?: is)?|сегодня|сьогодні|сёння)\W+(?:(?:{_WEEKDAY})\w*\W+)?{CALENDAR}(?:\W+{_CLOCK})?",
        rf"\b(?:now|сейчас|зараз|time|время|час)\W+{_CLOCK}",
        # how long ago
        r"\b(?:\d+|an?|one|a few)\s*(?:s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|days?|weeks?|months?)\.?\s+"
        rf"ago{_NO_SMALL}",
        r"\bjust now\b|\bтолько что\b|\bщойно\b|\bтолькі што\b",
        rf"\b(?:\d+\s+)?(?:сек\w*|мин\w*|час\w*|дн\w+|день|недел\w+|месяц\w*) назад{_NO_SMALL}",
        rf"\b(?:\d+\s+)?(?:сек\w*|хв\w*|год\w*|дн\w+|день|тиж\w+|місяц\w*) тому{_NO_SMALL}",
        rf"\b(?:\d+\s+)?(?:сек\w*|хв\w*|гадз\w*|дн\w+|дзень|тыд\w+|месяц\w*) таму{_NO_SMALL}",
        r"\b(?:\d+\s+)?(?:sekund\w*|minut\w*|godzin\w*|dni|dzień|tydzień|tygodni\w*|miesi[ąę]c\w*) temu\b",
        r"\b\d+\s+(?:секунд|минут|сағат|күн|апта|ай) бұрын|\b\d+\s+(?:saniyə|dəqiqə|saat|gün|həftə|ay) əvvəl",
        r"\b\d+\s+(?:წამის|წუთის|საათის|დღის|კვირის|თვის) წინ|\b\d+\s+(?:վայրկյան|րոպե|ժամ|օր|շաբաթ|ամիս) առաջ",
        # how often, and in a poll with the share of all
        r"(?<![\w.,])\d++\s*\(\s*\d{1,3}(?:[.,]\d+)?\s?%\s*\)",
        rf"{_NO_LETTER}(?:{_COUNTED})\b{_WHEN_COUNTED}*\s*:\s*{_AMOUNT}{_THEN_COUNTED}*",
        rf"\b(?:total|всего|усього|усяго)\W{{1,3}}{_AMOUNT}(?=\W*$|\W*©)",
        rf"(?<![\w.,]){_AMOUNT}\s*{_PEOPLE}(?:{_COUNTED})\b{_WHEN_COUNTED}*",
        rf"{_NO_LETTER}(?:(?:страниц|сторінк|старонк)\w+ )?(?:{_COUNTED})\b{_WHEN_COUNTED}*"
        rf"\W{{1,3}}{_AMOUNT}{_THEN_COUNTED}*",
        # beside the names of networks, how often it was shared there
        r"\b(?:telegram|facebook|twitter|vk|vkontakte|вконтакте|whatsapp|viber|linkedin|reddit|pinterest|одноклассники|ok)"
        rf"\W{{1,3}}{_AMOUNT}(?=\W|$)",
        # rates and weather
        r"(?:\b(?:USD|EUR|GBP|CNY|RUB|UAH|BYN|BTC|OIL|Brent|нефть)\b|[$€£¥₽₴])\s*:?\s*[-+−▲▼↑↓]?\s*"
        r"\d+(?:[ \u00a0]\d{3})*[.,]\d+(?:\s*[▲▼↑↓])?(?:\s*[-+−]\s*\d+[.,]\d+)?",
        r"\b(?:BTC|ETH)\s*:?\s*[$€]?\s*\d{1,3}(?:[ \u00a0,.]?\d{3})+\b",
        r"[-+−]?\d{1,2}\s*°\s*[CСFК]?",
        # the year of a copyright line
        r"(?:©|\(c\)|copyright)\s*(?:©\s*)?\d{4}(?:\s*[-–—]\s*\d{4})?",
    )
)
STILL_LIMIT: Final = 400
"""Characters above which a block is text, whatever it counts."""
_STILL: Final = "\ufffc"
_POLL = re.compile(
    r"\W*(?:опрос|голосование|опитування|голосування|апытанне|галасаванне|poll|sonda|ankieta|გამოკითხვა)\b[^?\d]{3,200}\?"
    r"(?:\W*[^\W\d_][^\d?]{0,60}\d+\s?%?){2,}\W*"
    r"|(?:\d{1,2}[.)]\s+[^\d\[\]]{1,80}\[\s*\d+\s*\]\W*){2,}",
    re.IGNORECASE,
)
"""A poll in one line: the question, its answers, and how many gave each."""
_NUMBER = re.compile(r"\d+")


def still(text: str) -> str:
    """A text with what moves by itself taken out: counts of visits, rates, weather, ages, the time of now.

    Two texts that differ only in such are equal afterwards. OBJECT REPLACEMENT CHARACTER stands for each.
    """
    if len(text) > STILL_LIMIT or not (_DIGIT.search(text) or _AGELESS.search(text)):
        return text
    if _POLL.fullmatch(text):
        return _NUMBER.sub(_STILL, text)
    for pattern in _MOVING:
        text = pattern.sub(_STILL, text)
    return text


_ONLY_COUNTED = re.compile(
    rf"(?:[^\w+−-]*(?:[+−-]?\d+(?:[ .,\u00a0\u202f]\d{{3}})*|{_COUNTED}|раза?|разів|разоў|times?|razy|and|и|і|i)"
    r"(?!\w))+\W*",
    re.IGNORECASE,
)


def only_counts(text: str) -> bool:
    """Whether a short line has numbers and the words for what sites count, in whatever order, and nothing else."""
    return (
        len(text) <= LINE_LIMIT
        and _COUNTER_LABEL.search(text) is not None
        and _ONLY_COUNTED.fullmatch(text) is not None
    )


_TOKEN = re.compile(
    r"(?<![\w+/=-])(?!0[xX])(?:"
    r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"  # RFC 9562
    r"|(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{16,}|(?=[A-F]*\d)(?=\d*[A-F])[0-9A-F]{16,}"
    r"|(?=[\w+/=-]*\d)(?=[\w+/=-]*[A-Za-z])(?:[\w+/=-]{48,}|(?=[\w-]*[+/=])[A-Za-z0-9+/=_-]{24,})"
    r")(?![\w+/=-])",
    re.ASCII,
)
_NAMED_TOKEN = re.compile(
    r"\b(csrf|xsrf|nonce|token|csrfmiddlewaretoken|authenticity|session|sid|request|trace|ray|build|hash|key|id"
    r"|токен|сессия|запрос|ключ)([\w \[\]-]{0,20}[\"']?\s*[:=#]\s*[\"']?|\s+)"
    r"(?=[\w+/=-]*\d)[A-Za-z0-9+/=_-]{6,}",
    re.IGNORECASE,
)


def without_tokens(text: str) -> str:
    """A text without what a machine makes anew for each request: identifiers, sums, nonces, CSRF tokens.

    Addresses of purses are none: they are shorter, or begin with 0x, and whose purse it is matters.
    """
    if len(text) > STILL_LIMIT or not _DIGIT.search(text):
        return text
    return _TOKEN.sub(_STILL, _NAMED_TOKEN.sub(lambda match: match[1] + _STILL, text))


_TODAY = re.compile(
    rf"\W*(?:(?:{_WEEKDAY})\w*)\W+{CALENDAR}(?:\W+{_CLOCK})?\W*|\W*{CALENDAR}\W+(?:(?:{_WEEKDAY})\w*)(?:\W+{_CLOCK})?\W*",
    re.IGNORECASE,
)


def is_today(text: str) -> bool:
    """Whether a line is a day of the week and a date, as calendars and heads of newspapers have it, and no more."""
    return len(text) <= 60 and _TODAY.fullmatch(text) is not None


_ADVERT_SIGN = re.compile(r"\berid\b|реклам|рэклам|advert|sponsored", re.IGNORECASE)
_INTRUSIONS: Final = (
    (
        "notice",
        re.compile(
            r"\bcookies?\b|\bкуки\b|файл\w* cookie|\bgdpr\b|your privacy|accept all|privacy preferences"
            r"|согласие на обработку|обработк\w+ персональн|javascript|ad ?block|блокировщик"
            r"|включ\w+ уведомлени|turn on notifications"
            r"|(?:браузер|браўзер|оглядач|browser)\w* (?:\w+ ){0,3}(?:устар|застар|outdated|not supported|не поддерж)",
            re.IGNORECASE,
        ),
    ),
    (
        "appeal",
        re.compile(
            r"\W*(?:подде?рж(?:ите|ать)|помогите|пожертв\w+|подпи(?:шитесь|саться)|підтрима\w+|допоможіть|підпи(?:шіться|сатися)"
            r"|падтрыма\w+|дапамажы(?:це)?|ахвяр\w+|падпі(?:шыцеся|сацца)|support|donate|subscribe|sign up|join|follow"
            r"|help us|become an?|стань(?:те)? наш|станьте|we need your (?:help|support)"
            r"|нам нужна (?:ваша|твоя) (?:помощь|поддержка)|нам потрібна ваша (?:допомога|підтримка)"
            r"|нам патрэбная? ваша (?:дапамога|падтрымка)"
            r"|wesprzyj|wspieraj|potrzebujemy (?:twojej|waszej) pomocy)\b.{0,120}"
            r"|.{0,120}\b(?:пожертвовать|пожертвувати|ахвяраваць|donate|подписаться|підписатися|падпісацца|subscribe)\W*",
            re.IGNORECASE,
        ),
    ),
    (
        "advert",
        re.compile(
            r"\W*(?:реклама|рэклама|advert(?:isement|ising)?|sponsored|promoted|промо|ads?"
            r"|партн[её]рский материал)\b.{0,40}"
            r"|.*\berid\b.*|.*\bреклама[.:]? (?:ооо|ао|ип)\b.*",
            re.IGNORECASE,
        ),
    ),
)


def intrusion(text: str, *, linked: bool) -> str | None:
    """Whether a block is of a notice, an appeal or an advertisement, told less surely than by `by_words`.

    To be asked of what came or went as a whole, outside the text. No notice is a link: that leads to a text about it.
    """
    if len(text) > NOTICE_LIMIT:
        return None
    named, pattern = _INTRUSIONS[0]
    if not linked and pattern.search(text):
        return named
    if _DIGIT.search(text) and not _ADVERT_SIGN.search(text):
        return None  # "Support him by letter: 7 Sadovaya Street" is an address
    return next((named for named, pattern in _INTRUSIONS[1:] if pattern.fullmatch(text)), None)


_COOKIES = re.compile(
    r"\b(?:we|site|website|page|blog) uses? (?:\w+ ){0,2}cookies|\bcookies? (?:policy|settings|consent)\b"
    r"|(?:использу|використову|выкарыстоўва)\w+ (?:файл\w+ )?(?:cookie|кук)"
    r"|(?:używa|korzysta|stosuje)\w* (?:z )?plik\w+ cookie",
    re.IGNORECASE,
)
NOTICE_LIMIT: Final = 400
LINE_LIMIT: Final = 120
_BROWSER_WORDS: Final = ("browser", "браузер", "браўзер", "оглядач", "przeglądark")
_BROWSER_FAULT = re.compile(
    "|".join(
        (
            r"out\s?dated|out of date|unsupported|not support|old(?:er)? version|upgrade|update|enable|javascript",
            r"устаре|не поддержива|обновите|включите|не позволяет корректно",
            r"застар|не підтриму|оновіть",
            r"састарэ|не падтрымл|абнавіце",
            r"przestarzał|nieaktualn|zaktualizuj|nie obsługuj|nie jest obsługiwan",
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
    r"ещ[её] по теме|(?:читайте )?по теме|популярное|читайте также|читать также|смотрите также|новости по теме",
    r"материалы по теме",
    r"похожие (?:материалы|новости|статьи|записи)|(?:последние|другие|главные) новости|самое читаемое|рекомендуем",
    r"читайте також|дивіться також|(?:(?:читайте|матеріали) )?за темою",
    r"(?:схожі|інші|останні) (?:матеріали|новини|записи)",
    r"популярне|чытайце (?:таксама|яшчэ)|глядзіце таксама|(?:апошнія|іншыя) навіны|(?:чытайце )?па тэме|папулярнае",
    r"czytaj (?:także|też|również)|zobacz (?:także|też|również)|powiązane(?: artykuły| wpisy)?|najnowsze"
    r"|najczęściej czytane|popularne",
)


_HEADS: Final = frozenset(
    re.findall(
        r"\w\w",
        "sk ba me se cl pr tw sh ad sp su si fo jo do mo re yo la "
        "пе на ме по за пі пр др ре рэ ещ чи см но ма са гл ра ди сх ін ос чы ап па "
        "cz zo po na",
    )
)
"""The first two letters of all phrases above: what begins otherwise is none of them, which is quickly seen."""


def opens_related(text: str) -> bool:
    """Whether a block is the heading over teasers of other pages."""
    return len(text) <= 60 and _RELATED.fullmatch(text) is not None


_INSERTIONS: Final = (
    (
        "related",
        re.compile(
            r"\W*(?i:related|read (?:more|also|next)|see (?:more|also)|more (?:on this|from)|don['’]t miss|also read"
            r"|you may also like|recommended|подробнее|(?:ещ[её] |читайте )?по теме"
            r"|(?:читайте|читать|смотрите) (?:также|ещ[её]|далее)|(?:читайте|дивіться) (?:також|ще)|детальніше"
            r"|(?:читайте |матеріали )?за темою|(?:чытайце|глядзіце) (?:таксама|яшчэ)|падрабязней"
            r"|(?:чытайце )?па тэме|(?:czytaj|zobacz) (?:także|też|również))\W*(?=[^\W\d_a-zа-яёіїўґ]|\d)"
        ),
    ),
    (
        "advert",
        re.compile(
            r"\W*(?i:реклама|рэклама|advertisement|advertising|sponsored(?: content)?|промо|promo|ad)"
            r"\W*(?=[^\W_a-zа-яёіїўґ])"
        ),
    ),
)


def insertion(text: str, *, links: int = 1) -> str | None:
    """What a line that is links for the most part is by its first words, where a title follows them."""
    if len(text) > 250 * min(links, 4):
        return None
    return next((named for named, pattern in _INSERTIONS if pattern.match(text)), None)


_COMMENTS = re.compile(
    r"\W*(?:(?:\d+\W*)?(?:comments?|responses|replies|discussion|комментари\w*|отзывы|обсуждение|коментар\w*|відгуки"
    r"|каментар\w*|komentarze)"
    r"|(?:leave|add|post) a (?:comment|reply)|(?:оставить|добавить) комментарий|(?:залишити|додати) коментар"
    r"|(?:пакінуць|дадаць) каментар|dodaj komentarz)\W*(?:\d+)?\W*",
    re.IGNORECASE,
)


def opens_comments(text: str) -> bool:
    """Whether a block is the heading over what readers wrote."""
    return _COMMENTS.fullmatch(text) is not None


_RELATED_LEAD = re.compile(
    r"\W*+(?:related(?: \w{1,12})?|read (?:more|also|next)|see (?:more|also)|more (?:on this|from)|don['’]t miss|watch"
    r"|also read|recommended|подробнее|(?:ещ[её] )?по теме|(?:читайте|читать|смотрите) (?:также|ещ[её]|далее)"
    r"|(?:читайте|дивіться) також|детальніше|(?:чытайце|глядзіце) таксама|падрабязней|lesen sie auch|lire aussi"
    r"|leggi anche|lee también|leia também|czytaj (?:także|też|również))\b[^:\n]{0,15}:",
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
