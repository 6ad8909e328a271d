"""Shapes: what of a text differs from another, a count, a date, or its words; and what looks like a fact of a case."""

from __future__ import annotations

import re
from typing import Final, Literal

from pipelines.reading import is_document

Shape = Literal["count", "date", "text", "teasers", "address", "turns"]
SHAPES: Final[tuple[Shape, ...]] = ("count", "date", "text", "teasers", "address", "turns")
"""From the narrowest to the widest; `teasers` are texts that come and go in a row of the like. `address` stands apart:
not the words, but where a link leads, or which picture is shown; and so does `turns`: a few texts that are known one by
one, of which now this is shown and now that, or none."""

_COUNT = re.compile(r"\d+(?:[ .,\u00a0\u202f]\d+)*")
_MONTHS: Final = (
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}"
    r"|(?:янв|фев|мар|апр|мая|май|июн|июл|авг|сен|окт|ноя|дек)[а-я]{0,6}"
    r"|(?:січ|лют|бер|кві|тра|чер|лип|сер|вер|жов|лис|гру)[а-яіїє]{0,7}"
    r"|(?:студз|лют|сак|крас|тра|чэр|ліп|жні|вер|кас|ліс|сне)[а-яіў]{0,7}"
)
_DAYS: Final = (
    r"mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:rs(?:day)?)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?"
    r"|понедельник\w?|вторник\w?|сред[ауы]|четверг\w?|пятниц[ауы]|суббот[ауы]|воскресень[ея]|пн|вт|ср|чт|пт|сб|вс"
    r"|понеділ\w+|вівтор\w+|серед[ауи]|четвер\w*|п[’'ʼ]ятниц\w+|субот[ауи]|неділ[яюі]"
    r"|панядзел\w+|аўтор\w+|серад[ауы]|чацвер\w*|пятніц\w+|нядзел\w+"
)
_AGES: Final = (
    r"seconds?|secs?|minutes?|mins?|hours?|days?|weeks?|months?|ago|am|pm|just|now|yesterday|today"
    r"|сек\w*|мин\w*|час\w*|день|дня|дней|недел\w+|месяц\w*|назад|сегодня|вчера|только|что"
    r"|хв\w*|годин\w*|дн[іяв]\w*|тиж\w+|місяц\w*|тому|сьогодні|вчора|щойно"
    r"|гадз\w*|дзень|дні|дзён|тыд\w+|таму|сёння|учора|а|an|a|one"
)
_DATE_WORDS = re.compile(rf"\b(?:{_MONTHS}|{_DAYS}|{_AGES})\b\.?", re.IGNORECASE)
_SPACE = re.compile(r"\s+")
_MARK: Final = "\ufffc"
_MARKS = re.compile(rf"{_MARK}(?:[\s,.:/–—-]*{_MARK})+")


def shape_of(before: str, after: str) -> Shape:
    """What of two texts differs: counts, or dates, or words.

    >>> shape_of("Read 17 times", "Read 1,024 times"), shape_of("Read 17 times", "Read by nobody")
    ('count', 'text')
    """
    if _COUNT.sub(_MARK, before) == _COUNT.sub(_MARK, after):
        return "count"
    if _dateless(before) == _dateless(after):
        return "date"
    return "text"


def only_query_differs(before: str, after: str) -> bool:
    """Whether two addresses are of one page, asked for with other parameters, and that is no document."""
    if is_document(before) or is_document(after):
        return False
    one, other = (address.partition("#")[0].partition("?") for address in (before, after))
    return bool(one[0]) and one[0] == other[0]


def _dateless(text: str) -> str:
    return _SPACE.sub(" ", _MARKS.sub(_MARK, _COUNT.sub(_MARK, _DATE_WORDS.sub(_MARK, text)))).strip()


def widest(shapes: list[Shape]) -> Shape:
    """The narrowest shape that all of these are of."""
    return max(shapes, key=SHAPES.index)


_FACT_NAMES: Final = (
    r"status|sentence[ds]?|term|articles?|charges?|charged|verdict|arrest\w*|detain\w*|detention|convict\w*|court|judge"
    r"|prison\w*|colony|jail|custody|born|birth\w*|age|address|location|place|region|city|occupation|profession|health"
    r"|stage|released?|died|death|years?|months?|fine|case|name"
    r"|статус\w*|срок\w*|стать[яией]\w*|ст|ч|приговор\w*|осужд\w*|обвин\w*|арест\w*|задерж\w*|суд\w*|пригов\w*|стражей"
    r"|сизо|ик|колони\w+|тюрьм\w*|заключ\w*|лишени\w*|родил\w*|рожд\w*|возраст\w*|адрес\w*|регион\w*|город\w*|место"
    r"|професси\w+|здоров\w+|стади\w+|освобож\w*|умер\w*|лет|года?|годы|месяц\w*|штраф\w*|дело|имя|фамилия"
    r"|термін\w*|вирок\w*|статт\w*|засудж\w*|звинувач\w*|обвинувач\w*|затрим\w*|ув.язн\w*|в.язниц\w*|народ\w*|вік"
    r"|рок[иів]\w*|місяц\w*|звільн\w*|помер\w*|справа|ім.я|прізвище|місце|область"
    r"|тэрмін\w*|прысуд\w*|артыкул\w*|асуд\w*|абвінавач\w*|затрым\w*|зняволен\w*|турм\w*|калоні\w*|нарадз\w*|узрост"
    r"|гадоў|гады|вызвал\w*|памёр\w*|справа|імя|прозвішча|месца|вобласць"
)
_FACT_WORDS: Final = (
    r"sentenc\w*|convict\w*|arrest\w*|detain\w*|detention|custody|colony|prison\w*|jail\w*|charged|indict\w*|acquit\w*"
    r"|releas\w*|freed|freedom|at large|died|dead|pardon\w*|amnest\w*|exchange[ds]?|articles? \d\S*"
    r"|(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|\w+teen|twenty) (?:years?|months?)"
    r"|пригов[оа]р\w*|осу[жд]\w*|арест\w*|задерж\w*|сизо\S*|ик[- №]*\d+|колони\w*|тюрьм\w*|заключ[её]н\w*|стражей"
    r"|освобо\w*|свобод[еыу]|на воле|умер\w*|погиб\w*|скончал\w*|обвин\w*|помилов\w*|обмен\w*|амнист\w*"
    r"|(?:ст\.?|стать[яией]\w*|ч\.) ?\d\S*|\d+ (?:лет|год\w*|мес\w*)"
    r"|вирок\w*|засудж\w*|заарешт\w*|арешт\w*|затрим\w*|колоні\w*|в.язн\w*|ув.язн\w*|звільн\w*|помер\w*|загин\w*"
    r"|обвинувач\w*|помилув\w*|обмін\w*|статт\w* \d\S*|\d+ (?:рок\w*|рік|міс\w*)|на волі"
    r"|прысуд\w*|асудж\w*|арышт\w*|затрым\w*|калоні\w*|турм\w*|зняволен\w*|вызвал\w*|памёр\w*|памерл\w*|загіну\w*"
    r"|абвінавач\w*|памілав\w*|(?:арт\.?|артыкул\w*) ?\d\S*|\d+ (?:гад\w*|мес\w*)"
)
_FACT_WORD = re.compile(rf"\b(?:{_FACT_WORDS})", re.IGNORECASE)
_FACT_NAME = re.compile(rf"\b(?:{_FACT_NAMES})\b", re.IGNORECASE)
_LEADING_LABEL = re.compile(r"\s*([^:\d]{2,40}):\s*\S")


def names_fact(label: str) -> bool:
    """Whether a heading or label is one over facts of a case: status, term, article …"""
    return _FACT_NAME.search(label) is not None


def looks_like_fact(text: str) -> bool:
    """Whether a text has words that facts of a case are told in; headlines have them too."""
    label = leading_label(text)
    return _FACT_WORD.search(text) is not None or (label != "" and names_fact(label))


def leading_label(text: str) -> str:
    """What stands before the colon of a line like `Term: five years`; '' where there is none."""
    match = _LEADING_LABEL.match(text)
    return "" if match is None else match[1].strip()
