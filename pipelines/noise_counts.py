"""Counts that a site keeps up by itself, told by the line that they stand in: gifts, who is online, weather.

`furniture.still` knows what moves wherever it stands. These are known by the whole line alone: a sum that was collected
is a count beside its goal, "7 people have helped" where nothing else is said. Nothing but numbers is ever taken out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from pipelines import furniture

LIMIT: Final = 160
"""Characters of a line that is one of these, at most."""
_STILL: Final = "\ufffc"
_AMOUNT: Final = r"\d++(?:[ .,\u00a0\u202f]\d++)*"
_UNIT: Final = (
    r"(?:\s?(?:[$€£₴₽₸₾]|руб\w*\.?|рубл\w+|р\.|грн\.?|грив\w+|бел\. ?руб\.?|zł|eur|usd|uah|rub|byn|евро|еўра|євро"
    r"|euros?|k|тыс\.?|тис\.?))?"
)
_SUM: Final = rf"[$€£₴₽]?\s?{_AMOUNT}{_UNIT}"
_GIVEN: Final = (
    r"collected|raised|donated|funded|so far|собра\w+|набра\w+|зібра\w+|сабра\w+|zebra\w+|wpłac\w+|gesammelt|gespendet"
)
_OF: Final = r"(?:/|of|from|out of|из|з|z|von|de|di)"
_SHARE: Final = r"(?P<m>\W{0,5}\d{1,3}(?:[.,]\d+)?\s?%\W*)?"
_HELPED: Final = (
    r"(?:have |has )?(?:already )?(?:donated|given|helped|supported)(?: us| this)?|donors?|donations?|supporters?"
    r"|(?:уже )?(?:помогли|помог|поддержал[иа]?|пожертвовал[иа]?)(?: нам| нас)?|донор\w*|пожертвовани\w+|донат\w*"
    r"|(?:вже |уже )?(?:допомогли|допоміг|підтримал[иа]|підтримав|пожертвувал[иа])(?: нам| нас)?|пожертв\w*"
    r"|благодійник\w*|(?:ужо )?(?:дапамаглі|дапамог|падтрымал[іа]|падтрымаў|ахвяравал[іа])(?: нам| нас)?|ахвяраванн\w+"
    r"|донар\w*|(?:już )?(?:pomogło|wsparło|wpłaciło)|darczyńc\w+|wpłat\w*"
)
_PERSONS: Final = r"(?:people|persons?|человека?|людей|людзей|чалавека?|чалавек|осіб|osób|osoby)"
_PRESENT: Final = (
    r"guests?|visitors?|users?|members?|registered|bots?|robots?|гост\w+|пользовател\w+|участник\w+|посетител\w+|робот\w*"
    r"|бот\w*|гостей|користувач\w+|відвідувач\w+|учасник\w+|госц\w+|гасцей|карыстальнік\w+|наведвальнік\w+|gości\w*"
    r"|gość|użytkownik\w*"
)
_WIND: Final = r"(?:m/s|km/h|kph|mph|hpa|м/с|м/сек|км/ч|км/год|км/гадз|мм(?: рт\. ?ст\.?)?|гпа|мб|%)"
_LINE: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # "Collected 12 000 of 300 000 roubles (4 %)", "€120 raised of €500 goal"
        rf"(?:.{{0,100}}\s)??(?:{_GIVEN})\W{{1,3}}(?P<n>{_SUM})\s*{_OF}\s*{_SUM}(?:\s\w+)?{_SHARE}\W*",
        rf"(?P<n>{_SUM})\s+(?:{_GIVEN})\s*{_OF}\s*{_SUM}(?:\s\w+)?{_SHARE}\W*",
        # "120 people have donated"
        rf"(?P<n>{_AMOUNT})\s+(?:{_PERSONS}\s+)?(?:{_HELPED})\W*",
        rf"(?:{_HELPED})\s*:\s*(?P<n>{_AMOUNT})\W*",
        # "Page 2 of 7"
        r"(?:page|страница|стр\.|сторінка|старонка|strona|seite|pagina|página)\s+(?P<n>\d+)"
        rf"\s*{_OF}\s*(?P<m>\d+)\W*",
        # "How much is 3 + 4?"
        r"\D{0,60}?(?P<n>\d{1,3}\s*[+×*xх]\s*\d{1,3})\s*=?\s*[?_…]*\W*",
        r"\D{0,60}?(?P<n>\d{1,3}\s*[-−–+×*]\s*\d{1,3})\s*=\s*[?_…]*\W*",
    )
)
_HERE: Final = (
    r"[^\d:]{0,40}?\b(?:online|онлайн|на сайте|на сайті|на сайце|na stronie|on (?:the )?site|on line)\b[^\d]{0,20}?"
)
_SOME: Final = rf"(?:{_AMOUNT}\s+(?:{_PRESENT})|(?:{_PRESENT})\s*:\s*{_AMOUNT})"
_PRESENCE = re.compile(
    rf"(?:{_HERE})?{_SOME}(?:\s*(?:,|;|\||and|и|і|й|та|i|oraz)?\s*{_SOME})+\W*|{_HERE}{_AMOUNT}(?:\s+(?:{_PRESENT}))?\W*",
    re.IGNORECASE,
)
_WEATHER = re.compile(rf"[-+−]?{_AMOUNT}\s*°|(?<![\w.,]){_AMOUNT}\s*{_WIND}(?![^\W\d_])", re.IGNORECASE)
_NUMBER = re.compile(r"\d+(?:[ .,\u00a0\u202f]\d+)*")


_IN_IMPRINT = re.compile(
    rf"(?<!\d)\d{{1,3}}\s*[+×]\s*\d{{1,3}}(?=\s*=?\s*[?_]|\W*$)|(?<![\w.,]){_AMOUNT}(?=\s+(?:{_PRESENT})\b)",
    re.IGNORECASE,
)
_BESIDE_DATE = re.compile(
    rf"\W*(?:{furniture.CALENDAR})(?P<n>(?:[^\w]+\d{{1,3}}(?!\d)|[^\w]+\d{{4,7}}(?!\d)){{2,5}})\W*", re.IGNORECASE
)
"""A date, and behind it numbers with pictures for words: views, comments."""


def still(text: str) -> str:
    """`furniture.still`, and what a line is known to count by the whole of it."""
    if not any(map(str.isdigit, text)):
        return furniture.still(text)
    if is_imprint(text):
        return furniture.still(_IN_IMPRINT.sub(_STILL, text))
    if len(text) > LIMIT:
        return furniture.still(text)
    if found := _BESIDE_DATE.fullmatch(text):
        return text[: found.start("n")]
    if furniture.only_counts(text):
        return _NUMBER.sub(_STILL, text)
    if _PRESENCE.fullmatch(text):
        return _NUMBER.sub(_STILL, text)
    for pattern in _LINE:
        found = pattern.fullmatch(text)
        if found is None:
            continue
        if found.groupdict().get("m"):
            text = text[: found.start("m")] + text[found.end("m") :]
        return f"{text[: found.start('n')]}{_STILL}{text[found.end('n') :]}"
    if "°" in text:
        text = _WEATHER.sub(_STILL, text)
    return furniture.still(text)


_FRAME = re.compile(
    r"\b(?:published|posted|date|by the editors|by|editors?|editorial|admin|author|\d+ min(?:utes?)?(?: read)?"
    r"|опубликован\w*|размещен\w*|дата|автор|редакци\w+|(?:\d+ )?мин(?:ут\w*)?(?: чтения)?|опубліковано"
    r"|редакці\w+|апублікавана|аўтар|рэдакцы\w+|opublikowano|autor|redakcja)\b",
    re.IGNORECASE,
)
_LETTERS = re.compile(r"[^\W\d_]")


def without_frame(text: str, dates: Sequence[tuple[int, int]]) -> str | None:
    """What a line has besides dates, counts and the words for them, if that is no word: "3 April 2025, 17 views"."""
    if any(pattern.fullmatch(text) for pattern in _LINE) or _PRESENCE.fullmatch(text):
        return ""
    rest = text
    for start, end in reversed(dates):
        rest = f"{rest[:start]} {rest[end:]}"
    rest = _FRAME.sub("", rest).strip()
    rest = _STILL if furniture.only_counts(rest) else still(rest)
    if _LETTERS.search(rest) or (any(map(str.isdigit, rest)) and not dates):
        return None
    return rest if _LETTERS.search(text) or dates else None


def is_sum_to_solve(text: str) -> bool:
    """Whether a line asks its reader for a sum, as guards of forms do: "What is 3 + 4?"."""
    return len(text) <= LIMIT and any(pattern.fullmatch(text) for pattern in _LINE[-2:])


_PROGRESS = re.compile(
    rf"\b(?:{_GIVEN})\W{{1,3}}{_SUM}\s*{_OF}\s*{_SUM}|{_SUM}\s+(?:{_GIVEN})\s*{_OF}\s*{_SUM}", re.IGNORECASE
)
_ASKING = re.compile(
    r"\W*(?:donate(?: now)?|support us|пожертвовать|поддержать(?: нас| проект)?|помочь|підтримати(?: нас)?|пожертвувати"
    r"|допомогти|падтрымаць(?: нас)?|ахвяраваць|дапамагчы|wesprzyj(?: nas)?|wspieraj|przekaż datek)\W*",
    re.IGNORECASE,
)
_ACCOUNT = re.compile(r"\d[\d \u00a0-]{5,}\d|@|://|\b[A-Z]{2}\d{2}[A-Z0-9 ]{8,}|\b0x|\b(?:bc1|[13])[A-Za-z0-9]{20,}")


def asks_for_gifts(text: str) -> bool:
    """Whether a line is of a box that asks for gifts: how much was given of how much, or the button."""
    return len(text) <= LIMIT and (_PROGRESS.search(text) is not None or _ASKING.fullmatch(text) is not None)


def names_account(text: str) -> bool:
    """Whether a line may say where gifts go: a number of an account, a purse, an address."""
    return _ACCOUNT.search(_PROGRESS.sub("", text)) is not None


_COPYRIGHT = re.compile(r"(?:©|\(c\)|copyright)\s*(?:©\s*)?(?:\d{4}|[^\W\d_])", re.IGNORECASE)


def is_imprint(text: str) -> bool:
    """Whether a short paragraph is the last lines of a page: it has a copyright sign in it."""
    return len(text) <= furniture.STILL_LIMIT and _COPYRIGHT.search(text) is not None


_YEARS = re.compile(r"(?:©|\(c\)|copyright)\s*(?:©\s*)?(\d{4})(?:\s*[-–—]\s*(\d{4}))?", re.IGNORECASE)


def years_went_on(old: str, new: str) -> bool:
    """Whether each year of a page's last lines is the same, or one of the two after it."""
    was, now = ([int(y) for found in _YEARS.findall(text) for y in found if y] for text in (old, new))
    return len(was) == len(now) and all(0 <= later - earlier <= 2 for earlier, later in zip(was, now, strict=True))
