"""The words around changes in a digest or a notice, English and Russian: headings, counts with their forms, dates."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, Literal
from zoneinfo import ZoneInfo

Language = Literal["en", "ru"]

_MONTHS: Final[Mapping[Language, tuple[str, ...]]] = {
    "en": (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
    "ru": (
        *("января", "февраля", "марта", "апреля", "мая", "июня"),
        *("июля", "августа", "сентября", "октября", "ноября", "декабря"),
    ),
}

_COUNTED: Final[Mapping[str, Mapping[Language, tuple[str, ...]]]] = {
    "change": {"en": ("change", "changes"), "ru": ("изменение", "изменения", "изменений")},
    "page": {"en": ("page", "pages"), "ru": ("страница", "страницы", "страниц")},
    "on pages": {"en": ("page", "pages"), "ru": ("странице", "страницах", "страницах")},
    "site": {"en": ("site", "sites"), "ru": ("сайт", "сайта", "сайтов")},
    "of sites": {"en": ("site", "sites"), "ru": ("сайта", "сайтов", "сайтов")},
    "edit": {"en": ("edit", "edits"), "ru": ("правка", "правки", "правок")},
    "day": {"en": ("day", "days"), "ru": ("день", "дня", "дней")},
    "runs": {"en": ("run", "runs"), "ru": ("обход", "обхода", "обходов")},
    "messages": {"en": ("message", "messages"), "ru": ("сообщение", "сообщения", "сообщений")},
}

WORDS: Final[Mapping[str, Mapping[Language, str]]] = {
    "digest": {"en": "What changed", "ru": "Что изменилось"},
    "nothing": {"en": "Nothing changed.", "ru": "Ничего не изменилось."},
    "important": {"en": "Important", "ru": "Важное"},
    "gone": {"en": "Gone", "ru": "Исчезло"},
    "moved": {"en": "Moved", "ru": "Переехало"},
    "blocked": {"en": "Blocked or out of reach", "ru": "Закрыто или недоступно"},
    "back": {"en": "Back", "ru": "Снова на месте"},
    "uncompared": {"en": "What changed could not be told", "ru": "Что изменилось, установить не удалось"},
    "other": {"en": "Other changes", "ru": "Прочие изменения"},
    "certificate": {"en": "Servers' certificates", "ru": "Сертификаты серверов"},
    "weight": {"en": "weight", "ru": "вес"},
    "compared": {"en": "{to}; compared with {since}", "ru": "{to}; сравнено с {since}"},
    "withheld": {
        "en": "The words of this change are withheld.",
        "ru": "Слова этого изменения не выдаются.",
    },
    "more": {"en": "and {} more", "ru": "и ещё {}"},
    "same on": {"en": "The same on {}:", "ru": "То же на {}:"},
    "since": {"en": "from {} to {}", "ru": "с {} по {}"},
    "untitled": {"en": "(no title)", "ru": "(без заголовка)"},
    "legend": {
        "en": "[-…-] is what went, {+…+} is what came.",
        "ru": "[-…-]: что убрано, {+…+}: что добавлено.",
    },
    "legend html": {
        "en": "Struck through is what went, underlined is what came.",
        "ru": "Зачёркнуто: что убрано; подчёркнуто: что добавлено.",
    },
    "test": {"en": "Khronika: this is a test", "ru": "Хроника: это проверка"},
    "test text": {
        "en": "Notices of changed pages will arrive here. Nothing has changed; somebody tries out the way.",
        "ru": "Сюда будут приходить сообщения об изменённых страницах. Ничего не изменилось: проверяется доставка.",
    },
}


def words(name: str, language: Language) -> str:
    """A fixed word or sentence."""
    return WORDS[name][language]


def counted(number: int, noun: str, language: Language) -> str:
    """A number with its noun in the right form.

    >>> counted(21, "page", "ru"), counted(11, "page", "ru"), counted(1, "page", "en")
    ('21 страница', '11 страниц', '1 page')
    """
    forms = _COUNTED[noun][language]
    return f"{number} {forms[_form(number, language)]}"


def _form(number: int, language: Language) -> int:
    if language == "en":
        return 0 if number == 1 else 1
    last, tens = number % 10, number % 100 // 10
    if tens == 1 or last == 0 or last > 4:
        return 2
    return 0 if last == 1 else 1


def day(moment: datetime, language: Language, zone: str = "") -> str:
    """A date: 22 November 2026, 22 ноября 2026 г."""
    local = moment.astimezone(ZoneInfo(zone) if zone else UTC)
    month = _MONTHS[language][local.month - 1]
    return f"{local.day} {month} {local.year}" + (" г." if language == "ru" else "")


def minute(moment: datetime, language: Language, zone: str = "") -> str:
    """A date and a time of day, with the zone: 22 November 2026, 14:02 UTC."""
    local = moment.astimezone(ZoneInfo(zone) if zone else UTC)
    offset = local.strftime("%z")
    shown = "UTC" if offset == "+0000" else f"UTC{offset[:3]}" + (f":{offset[3:]}" if offset[3:] != "00" else "")
    return f"{day(moment, language, zone)}, {local:%H:%M} {shown}"
