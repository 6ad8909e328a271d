"""The words about what is not well, and well again, in English and Russian: a title, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Final

from crawler.digest_words import Language, counted, minute

if TYPE_CHECKING:
    from archive.troubles import Trouble

_Both = Mapping[Language, str]

_TITLES: Final[Mapping[str, _Both]] = {
    "late": {"en": "{subject}: its crawl is late", "ru": "{subject}: обход запаздывает"},
    "late:unplanned": {
        "en": "{subject}: it has a schedule, and nothing crawls by it",
        "ru": "{subject}: расписание есть, но обходов по нему нет",
    },
    "late:cut short": {
        "en": "{subject}: its crawl was cut short, and nothing goes on with it",
        "ru": "{subject}: обход прерван и не возобновлён",
    },
    "failing": {"en": "{subject}: no page can be had", "ru": "{subject}: не удаётся получить ни одной страницы"},
    "crawl": {"en": "The last crawl ended with an error", "ru": "Последний обход прерван ошибкой"},
    "copy": {"en": "Copy {subject}: {kind}", "ru": "Копия {subject}: {kind}"},
    "copy:few": {
        "en": "Files that are no longer here have too few good copies",
        "ru": "У файлов, которых здесь уже нет, слишком мало исправных копий",
    },
    "copy:unknown": {"en": "The copies cannot be looked at", "ru": "Состояние копий узнать не удаётся"},
    "disk": {"en": "The disk is filling up", "ru": "Место на диске заканчивается"},
    "disk:stop": {"en": "The disk is too full to crawl", "ru": "Диск заполнен, обход невозможен"},
    "disk:unknown": {
        "en": "How full the disk is cannot be told",
        "ru": "Сколько места на диске, узнать не удаётся",
    },
    "time": {
        "en": "The authority {subject} has given no time-stamp for a week",
        "ru": "Служба времени {subject} неделю не даёт отметок",
    },
    "notice": {"en": "Notice {subject} is not delivered", "ru": "Уведомление {subject} не доставляется"},
    "keys": {"en": "The keys are not in order", "ru": "Ключи не в порядке"},
    "log": {"en": "The log cannot be read", "ru": "Журнал не читается"},
}
"""By what it is about, or that and its kind."""

_COPY_KINDS: Final[Mapping[str, _Both]] = {
    "push": {"en": "the last push did not end well", "ru": "последняя передача не удалась"},
    "empty": {"en": "nothing was ever copied there", "ru": "туда ещё ничего не скопировано"},
    "behind": {"en": "it is behind", "ru": "отстаёт"},
    "lock-ends": {"en": "locks run out", "ru": "истекает срок блокировки"},
    "unread": {"en": "it was not read back in time", "ru": "не перечитана в срок"},
    "no-versions": {"en": "the place keeps no versions", "ru": "хранилище не ведёт версий"},
    "same-disk": {"en": "it lies on the collection's own disk", "ru": "лежит на том же диске, что и коллекция"},
    "lost": {"en": "files are lost", "ru": "файлы пропали"},
    "damaged": {"en": "files are damaged", "ru": "файлы повреждены"},
    "truncated": {"en": "files are cut short", "ru": "файлы обрезаны"},
    "overwritten": {"en": "files were overwritten", "ru": "файлы перезаписаны"},
    "deleted": {"en": "files were deleted", "ru": "файлы удалены"},
    "conflict": {"en": "other files stand under their names", "ru": "под теми же именами лежат чужие файлы"},
    "no-checksum": {"en": "the place keeps no checksum", "ru": "хранилище не хранит контрольную сумму"},
    "other-checksum": {"en": "the place tells another checksum", "ru": "хранилище называет другую контрольную сумму"},
    "no-version": {"en": "the place gave no version", "ru": "хранилище не назвало версию"},
    "no-lock": {"en": "files are not locked", "ru": "файлы не заблокированы"},
    "other-lock": {"en": "files are locked otherwise than asked", "ru": "файлы заблокированы не так, как просили"},
    "unreadable": {"en": "files cannot be read", "ru": "файлы не читаются"},
    "local-altered": {"en": "a file here is not what the log says", "ru": "файл здесь не такой, как сказано в журнале"},
    "rolled-back": {"en": "its log is not an earlier state of ours", "ru": "её журнал не является прежним нашим"},
    "foreign": {"en": "the place belongs to another collection", "ru": "место занято другой коллекцией"},
}

_ADVICE: Final[Mapping[str, _Both]] = {
    "late": {
        "en": "Does the machine run, and khronika schedule run on it? khronika schedule list",
        "ru": "Работает ли машина и khronika schedule run на ней? khronika schedule list",
    },
    "failing": {
        "en": "khronika status says why; khronika site test {subject} tries it.",
        "ru": "Причину покажет khronika status; проверить: khronika site test {subject}.",
    },
    "crawl": {"en": "khronika status says why.", "ru": "Причину покажет khronika status."},
    "copy": {"en": "khronika copies", "ru": "khronika copies"},
    "disk": {
        "en": "Make room: khronika prune takes what is not needed.",
        "ru": "Освободите место: khronika prune убирает ненужное.",
    },
    "time": {"en": "khronika checkpoint --timestamp", "ru": "khronika checkpoint --timestamp"},
    "notice": {
        "en": "khronika status says why; khronika notify --again",
        "ru": "khronika status; khronika notify --again",
    },
    "keys": {"en": "khronika key", "ru": "khronika key"},
    "log": {"en": "khronika verify", "ru": "khronika verify"},
}

_SINCE: Final[_Both] = {"en": "Since {}.", "ru": "С {}."}
_RUNS: Final[_Both] = {"en": "In {} in a row.", "ru": "Подряд: {}."}
_UNTOLD: Final[_Both] = {"en": "{} not told.", "ru": "Не передано: {}."}
_FREE: Final[_Both] = {"en": "{} free.", "ru": "Свободно {}."}
_WELL: Final[Mapping[str, _Both]] = {
    "late": {"en": "{subject}: its crawl has run again", "ru": "{subject}: обход снова состоялся"},
    "failing": {"en": "{subject}: pages can be had again", "ru": "{subject}: страницы снова удаётся получить"},
    "crawl": {"en": "The last crawl ended without an error", "ru": "Последний обход завершён без ошибки"},
    "copy": {"en": "Copy {subject} is in order again ({kind})", "ru": "Копия {subject} снова в порядке ({kind})"},
    "disk": {"en": "There is room on the disk again", "ru": "На диске снова есть место"},
    "time": {
        "en": "The authority {subject} has given a time-stamp again",
        "ru": "Служба времени {subject} снова дала отметку",
    },
    "notice": {"en": "Notice {subject} is delivered again", "ru": "Уведомление {subject} снова доставляется"},
    "keys": {"en": "The keys are in order again", "ru": "Ключи снова в порядке"},
    "log": {"en": "The log can be read again", "ru": "Журнал снова читается"},
}
_UNTIL: Final[_Both] = {"en": "From {} to {}.", "ru": "С {} по {}."}


def trouble_title(trouble: Trouble, language: Language) -> str:
    """What is not well, in a line."""
    return _filled(_TITLES.get(f"{trouble.about}:{trouble.kind}", _TITLES[trouble.about]), trouble, language)


def _filled(form: _Both, trouble: Trouble, language: Language) -> str:
    known = _COPY_KINDS.get(trouble.kind) if trouble.about == "copy" else None
    kind = trouble.kind if known is None else known[language]
    return form[language].format(subject=trouble.subject, kind=kind)


def trouble_lines(trouble: Trouble, language: Language, zone: str = "") -> list[str]:
    """The title, since when, and what to do."""
    advice = _ADVICE[trouble.about][language].format(subject=trouble.subject)
    return [trouble_title(trouble, language), *_details(trouble, language, zone), advice]


def _details(trouble: Trouble, language: Language, zone: str) -> list[str]:
    lines = []
    if trouble.since is not None:
        lines.append(_SINCE[language].format(minute(trouble.since, language, zone)))
    runs, number = trouble.facts.get("runs"), trouble.facts.get("number")
    if isinstance(runs, int) and runs > 1:
        lines.append(_RUNS[language].format(counted(runs, "runs", language)))
    if isinstance(number, int) and trouble.about == "notice":
        lines.append(_UNTOLD[language].format(counted(number, "messages", language)))
    if "free" in trouble.facts:
        lines.append(_FREE[language].format(trouble.facts["free"]))
    return lines


def well_lines(trouble: Trouble, ended_at: datetime, language: Language, zone: str = "") -> list[str]:
    """What is well again, and from when to when it was not."""
    title = _filled(_WELL[trouble.about], trouble, language)
    if trouble.since is None:
        return [title]
    span = (minute(moment, language, zone) for moment in (trouble.since, ended_at))
    return [title, _UNTIL[language].format(*span)]
