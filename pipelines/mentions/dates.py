"""Dates inside sentences, in four languages, as precise as they are written: 2024-11-01, 2023-06 or 2024.

A date without a year is none: the year is never supplied from elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from pipelines.mentions.common import words_of

_EN = words_of(
    "jan(?:uary)? feb(?:ruary)? mar(?:ch)? apr(?:il)? may june? july? aug(?:ust)? sept?(?:ember)? oct(?:ober)?"
    " nov(?:ember)? dec(?:ember)?"
)
_RU = words_of(
    "январ[ьяею] феврал[ьяею] март[ае]? апрел[ьяею] ма[йяею] июн[ьяею] июл[ьяею] август[ае]? сентябр[ьяею]"
    " октябр[ьяею] ноябр[ьяею] декабр[ьяею]"
)
_UK = words_of(
    "січ(?:ень|ня|ні) лют(?:ий|ого|ому) берез(?:ень|ня|ні) квіт(?:ень|ня|ні) трав(?:ень|ня|ні) черв(?:ень|ня|ні)"
    " лип(?:ень|ня|ні) серп(?:ень|ня|ні) верес(?:ень|ня|ні) жовт(?:ень|ня|ні) листопад[аі]? груд(?:ень|ня|ні)"
)
_BE = words_of(
    "студзен[ьяі] лют(?:ы|ага|ым) сакавік[ау]? красавік[ау]? (?:ма[йяі]|травень|траўн[яі]) чэрвен[ьяі] ліпен[ьяі]"
    " (?:жнівень|жніўн[яі]) верас(?:ень|ь?ня|ь?ні) кастрычнік[ау]? лістапад[азеу]? сь?неж(?:ань|ня|ні)"
)
_MONTHS = {"en": _EN, "ru": _RU, "uk": _UK, "be": _BE}
_YEAR = r"(?:1[89]|20)\d\d"
_YEAR_WORD = {
    "en": "",
    "ru": r"(?:\s?год[ау]?|\s?году|\s?г\.?(?!\w))?",
    "uk": r"(?:\s?рок[уи]|\s?році|\s?р\.?(?!\w))?",
    "be": r"(?:\s?год[ау]?|\s?годзе|\s?г\.?(?!\w))?",
}
_IN_YEAR = {
    "en": rf"(?:in|during)\s+(?:early\s+|late\s+|mid-)?(?P<y5>{_YEAR})(?![\d.,-]\d)",
    "ru": rf"(?:(?:в|во)\s+)?(?P<y5>{_YEAR})(?:\s?году|\s?г\.)(?!\s?р)",
    "uk": rf"(?:(?:у|в)\s+)?(?P<y5>{_YEAR})(?:\s?році|\s?р\.)(?!\s?н)",
    "be": rf"(?:(?:у|ў|в)\s+)?(?P<y5>{_YEAR})(?:\s?годзе|\s?г\.)(?!\s?н)",
}


@dataclass(frozen=True, slots=True)
class Dated:
    """A date where the text has it, with a preposition's words, in ISO 8601."""

    start: int
    end: int
    value: str


def _compiled(language: str) -> re.Pattern[str]:
    """All forms of a date in the language, in one pattern."""
    months = f"(?:{'|'.join(_MONTHS[language])})"
    year = _YEAR_WORD[language]
    prefix = {
        "en": r"(?:on|in|since)\s+(?:the\s+)?",
        "ru": r"(?:в|во|с)\s+",
        "uk": r"(?:у|в|з)\s+",
        "be": r"(?:у|ў|в|з)\s+",
    }[language]
    forms = [
        rf"(?P<d1>[0-3]?\d)(?:st|nd|rd|th|-го|-га)?\s+(?:of\s+)?(?P<m1>{months})\.?,?\s+(?P<y1>{_YEAR}){year}",
        rf"(?P<d2>[0-3]?\d)\.(?P<m2>[01]?\d)\.(?P<y2>{_YEAR}){year}",
        rf"(?P<y3>{_YEAR})-(?P<m3>[01]\d)-(?P<d3>[0-3]\d)",
    ]
    if language == "en":
        forms.append(rf"(?P<m6>{months})\.?\s+(?P<d6>[0-3]?\d)(?:st|nd|rd|th)?,?\s+(?P<y6>{_YEAR})")
    forms.append(rf"(?P<m4>{months})\.?,?\s+(?:of\s+)?(?P<y4>{_YEAR}){year}")
    return re.compile(rf"(?<![\w.])(?:(?:{prefix})?(?:{'|'.join(forms)})|{_IN_YEAR[language]})(?![\w])", re.IGNORECASE)


_PATTERNS: dict[str, re.Pattern[str]] = {language: _compiled(language) for language in _MONTHS}
_PARTIAL = {
    language: re.compile(
        rf"(?<!\w)(?:\d{{1,2}}(?:st|nd|rd|th|-го|-га)?\s+(?:of\s+)?|(?:in|в|у|ў)\s+)(?:{'|'.join(months)})(?!\w)"
        rf"|(?<!\w)(?:{'|'.join(months)})\s+\d{{1,2}}(?!\d)",
        re.IGNORECASE,
    )
    for language, months in _MONTHS.items()
}
_DIGITS = re.compile(r"(?:1[89]|20)\d\d")


def mentions_day(text: str, language: str, start: int, end: int) -> bool:
    """Whether that part of the text names a day or a month of a year that it does not say."""
    return _PARTIAL[language].search(text, start, end) is not None


def dates(text: str, language: str, start: int = 0, end: int | None = None) -> Iterator[Dated]:
    """The dates with a year in that part of the text, in its order; what is no day of a calendar is none."""
    stop = len(text) if end is None else end
    if not _DIGITS.search(text, start, stop):
        return
    for match in _PATTERNS[language].finditer(text, start, stop):
        value = _value(match, language)
        if value is not None:
            yield Dated(match.start(), match.end(), value)


def _value(match: re.Match[str], language: str) -> str | None:
    """The date of a match in ISO 8601."""
    named = match.groupdict()
    if year := named.get("y5"):
        return year
    if year := named["y4"]:
        return f"{year}-{_month(named['m4'], language):02}"
    for which in ("1", "2", "3", "6"):
        if year := named.get(f"y{which}"):
            month = named[f"m{which}"]
            number = int(month) if month.isdigit() else _month(month, language)
            try:
                return date(int(year), number, int(named[f"d{which}"])).isoformat()
            except ValueError:
                return None
    return None


@lru_cache(maxsize=256)
def _month(word: str, language: str) -> int:
    """The number of the month that the word names."""
    return next(at for at, form in enumerate(_MONTHS[language], 1) if re.fullmatch(form, word.lower()))
