"""Days that a page counts by itself: "day 412 behind bars", "412-й день в заключении", "уже 412 дней".

That a line counts is said by three things together: its one number stands with a word for days and with words that say
that the counting goes on; it grew by the days that passed between the two captures, give or take one for the hour of
midnight; and nothing else of the line is another but the form of the word for days. A term, an arrest of so many
days, a time that is over, a day on which something happened are none, whatever their number does.

English, Russian, Ukrainian and Belarusian.
"""

from __future__ import annotations

import re
from typing import Final

LIMIT: Final = 100
"""Characters of a line that counts days, at most: more is a text about something else too."""
LEAST: Final = 31
"""Days from which a count is told from an arrest, which is of 30 at most."""
MOST: Final = 20_000
NEAR: Final = 1
"""Days by which two clocks may differ."""

_NUMBER = re.compile(r"\d{1,3}(?:[ \u00a0\u202f,]\d{3})+(?!\d)|\d+")
_MARK: Final = "\ufffc"
_DAYS: Final = r"days?|день|дня|дней|дні|днів|дзень|дзён"
_DAY = re.compile(rf"\b(?:{_DAYS})\b", re.IGNORECASE)
_PLACES: Final = (
    r"behind bars|in (?:custody|detention|prison|jail|captivity|pre-?trial detention)"
    r"|under arrest|without (?:a )?trial|of (?:detention|imprisonment|captivity|custody|hunger strike)"
    r"|в (?:заключении|тюрьме|неволе|плену|колонии|сизо)|за реш[её]ткой|под стражей|без суда"
    r"|заключения|неволи|плена|голодовки"
    r"|за (?:ґратами|гратами)|[ву] (?:ув['’ʼ]язненні|в['’ʼ]язниці|неволі|полоні|сізо|колонії)|під вартою|без суду"
    r"|ув['’ʼ]язнення|неволі|полону|голодування"
    r"|за кратамі|[уў] (?:зняволенні|турме|няволі|палоне|сіза|калоніі)|пад вартай"
    r"|зняволення|няволі|палону|галадоўкі"
)
_GOES_ON = re.compile(
    "|".join(
        (
            # day 412: alone, or of what goes on
            rf"\A\W*(?:day|день|дзень)\W{{0,3}}{_MARK}(?:\W*\Z|\W+(?:{_PLACES})\b)",
            rf"{_MARK}(?:st|nd|rd|th)?[ -]*(?:-?(?:й|ы|ый|ий)\b)?\W{{0,2}}(?:{_DAYS})\W+(?:{_PLACES})\b",
            rf"\b(?:{_DAYS})\W+(?:{_PLACES})\W{{0,3}}{_MARK}\W*\Z",
            rf"\b(?:already|уже|вже|ужо|ўжо)\W+{_MARK}\W{{0,2}}(?:{_DAYS})\b(?=\W*\Z|\W+(?:{_PLACES})\b)",
            rf"\b(?:{_PLACES})\W+(?:already|уже|вже|ужо|ўжо)\W+{_MARK}\W{{0,2}}(?:{_DAYS})\b",
            rf"\b(?:has|have) been\b[^.:;]*\b(?:{_PLACES})\W+for\W+{_MARK}\W{{0,2}}(?:{_DAYS})\b",
        )
    ),
    re.IGNORECASE,
)
_OVER = re.compile(
    # what was meted out, what is over, what is left, and the day of an event
    r"\b(?:sentenced?|sentences|terms?|fined?|served|spent|was|were|had|after|until|within|ends?|ended|left|remain\w*|released"
    r"|freed|ago|arrested for|total|maximum|up to|on (?:the )?(?:day\b|\ufffc)"
    r"|ordered|orders|extend\w*|measure|punish\w*|penalty|held for|placed"
    r"|мер[аыу]|наказани\w*|продл\w*|избра\w*|захід|заходу|покаранн\w*|продовж\w*|обра[нлв]\w*|пакаранн\w*|подоўж\w*|абра\w*"
    r"|суток|сутки|приговор\w*|осужд\w*|арестован\w*|арест|ареста|срок\w*|штраф\w*|пров[её]л\w*|отбы\w*|отсид\w*|пробыл\w*"
    r"|был|была|были|находил\w*|содержал\w*|удерживал\w*|освобо\w*|вышел|вышла|остал\w*|через|после|спустя|до|всего"
    r"|назначен\w*|назначил\w*|получил\w*|максимум"
    r"|доби|діб|вирок\w*|засудж\w*|заарештован\w*|арешт\w*|термін\w*|відбу\w*|просид\w*|пробу[вл]\w*|бу[вл]\w?|перебува[вл]\w*"
    r"|утримува[вл]\w*|звільн\w*|вийш\w*|лишил\w*|залишил\w*|після|усього|всього|признач\w*|отрима[вл]\w*"
    r"|сутак|прысуд\w*|асудж\w*|арыштаван\w*|арышт\w*|тэрмін\w*|адбы[ўл]\w*|адсядзе\w*|прабы[ўл]\w*|бы[ўл]\w?|знаходзі[ўл]\w*"
    r"|утрымлівал\w*|вызвал\w*|выйш\w*|застал\w*|праз|пасля|усяго|прызнач\w*|атрыма[ўл]\w*)\b"
    r"|\b(?:на|в|во|у|ў)\W+\ufffc",
    re.IGNORECASE,
)


def counts_days(old: str, new: str, passed: int) -> bool:
    """Whether two texts of one line are the same count of days that goes on, and so many calendar days passed.

    >>> counts_days("Day 412 behind bars", "Day 415 behind bars", 3)
    True
    >>> counts_days("Arrested for 15 days", "Arrested for 18 days", 3)
    False
    """
    if max(len(old), len(new)) > LIMIT:
        return False
    numbers = [_NUMBER.findall(text) for text in (old, new)]
    if any(len(found) != 1 for found in numbers):
        return False
    before, after = (int(re.sub(r"\D", "", found[0])) for found in numbers)
    if not LEAST <= before < after <= MOST or abs(after - before - passed) > NEAR:
        return False
    forms = [_NUMBER.sub(_MARK, text) for text in (old, new)]
    plain = [_DAY.sub("day", re.sub(rf"{_MARK}(?:st|nd|rd|th)\b", f"{_MARK}th", form)) for form in forms]
    return plain[0] == plain[1] and all(_GOES_ON.search(form) and not _OVER.search(form) for form in forms)
