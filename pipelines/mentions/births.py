"""Birth dates and years, in four languages."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipelines.mentions.common import Mention
from pipelines.mentions.dates import dates

_I = re.IGNORECASE
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_BEFORE = {
    "en": (
        r"\b(?:(?:was\s+)?born(?:\s+(?:on|in)(?:\s+the)?)?|b\.|date\s+of\s+birth|year\s+of\s+birth|birth\s*(?:date"
        r"|day|year)(?:\s+is)?|DOB|YOB)\s*[:(–—-]?\s*"
    ),
    "ru": (
        r"(?:\bродил(?:ся|ась)(?:\s+в)?|\bрожд[её]нн(?:ый|ая)(?:\s+в)?|\bрод\.|\b(?:дата|год)\s+рождения)"
        r"\s*[:(–—-]?\s*"
    ),
    "uk": (
        r"(?:\bнародив(?:ся|шись)|\bнародилася?ь?|\bнародженн?(?:ий|а)|\bнар\.|\b(?:дата|рік)\s+народження)"
        r"(?:\s+[ву])?\s*[:(–—-]?\s*"
    ),
    "be": r"(?:\bнарадзі(?:ўся|лася)|\bнароджан[ыа]|\bнар\.|\b(?:дата|год)\s+нараджэння)(?:\s+[уўв])?\s*[:(–—-]?\s*",
}
_BEHIND = {
    "en": r"\b(?:year|date)\s+of\s+birth\b",
    "ru": r"\s?(?:г\.?\s?р\.?(?!\w)|г(?:од|\.)?а?\s?рожд(?:ения|\.)|года\s+рождения)",
    "uk": r"\s?(?:р\.?\s?н\.?(?!\w)|рок[уи]\s+народження|г\.?\s?р\.?(?!\w))",
    "be": r"\s?(?:г\.?\s?н\.?(?!\w)|год[ау]?\s+нараджэння|г\.?\s?р\.?(?!\w))",
}
_KIN = re.compile(
    r"\b(?:sons?|daughters?|child(?:ren)?|wife|husband|mother|father|brother|sister|baby|twins?|grand\w+"
    r"|parents?|movement|idea|project|organi[sz]ation|party|where|cat|dog)\b[^.;]{0,40}$"
    r"|\b(?:сын\w*|доч\w+|дет\w+|ребен\w+|ребён\w+|жен[аы]|муж|мать|мам\w|отец|брат\w*|сестр\w+|внук\w*|внучк\w"
    r"|родители|дитин\w+|син\w*|мати|батько|діти|дружина|дач\w+|сын\w*|дзеці|дзіця|маці|бацька|жонка|движени\w+"
    r"|идея|проект)\b[^.;]{0,40}$",
    _I,
)
_LEADS = {language: re.compile(pattern, _I) for language, pattern in _BEFORE.items()}
_TAILS = {
    language: re.compile(rf"(?<![\d.])(?:(?P<day>\d{{1,2}})\.(?P<month>\d{{1,2}})\.)?{_YEAR}{pattern}", _I)
    for language, pattern in _BEHIND.items()
}
_BARE = re.compile(rf"(?:(?:in|в|у|ў)\s+)?{_YEAR}(?!\d|\s?[-–])")
_HINTS = {
    "en": ("born", "birth", "b. 1", "dob", "yob"),
    "ru": ("рожд", "роди", "род.", "г. р", "г.р", "г р"),
    "uk": ("народ", "р. н", "р.н", "нар.", "г. р", "г.р"),
    "be": ("нара", "народж", "нар.", "г. р", "г.р", "г. н", "г.н"),
}


def births(text: str, lowered: str, language: str) -> Iterator[Mention]:
    """The dates and years of birth that the text states."""
    if not any(hint in lowered for hint in _HINTS[language]):
        return
    seen: set[int] = set()
    if language != "en":
        for match in _TAILS[language].finditer(text):
            day = (
                next(iter(dates(text, language, match.start(), match.end())), None)
                if match["day"]
                else _full(text, match, language)
            )
            value = day if isinstance(day, str) else (day.value if day else match["year"])
            start = _start(text, match, language)
            seen.add(match.start("year"))
            yield Mention("birth_date" if len(value) == 10 else "birth_year", value[:10], start, match.end(), "birth")
    for lead in _LEADS[language].finditer(text):
        if _KIN.search(text, max(0, lead.start() - 60), lead.start()):
            continue
        day = next(
            (
                one
                for one in dates(text, language, lead.start(), lead.end() + 40)
                if one.start <= lead.end() + 1 and one.end > lead.end()
            ),
            None,
        )
        if day is not None and len(day.value) == 10:
            if not any(day.start <= at < day.end for at in seen):
                yield Mention("birth_date", day.value, lead.start(), day.end, "birth")
        elif day is not None:
            if not any(day.start <= at < day.end for at in seen):
                yield Mention("birth_year", day.value[:4], lead.start(), day.end, "birth")
        elif (year := _BARE.match(text, lead.end())) and year.start("year") not in seen:
            yield Mention("birth_year", year["year"], lead.start(), year.end(), "birth")


def _full(text: str, match: re.Match[str], language: str) -> str | None:
    """The whole date in words that ends with this year of birth."""
    for day in dates(text, language, max(0, match.start() - 25), match.end()):
        if day.start < match.start("year") < day.end and len(day.value) == 10:
            return day.value
    return None


def _start(text: str, match: re.Match[str], language: str) -> int:
    """Where the date with this year begins."""
    for day in dates(text, language, max(0, match.start() - 25), match.end()):
        if day.start < match.start("year") < day.end:
            return day.start
    return match.start()
