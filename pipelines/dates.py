"""Dates as pages write them, for machines and for people, in ISO 8601.

A date after the capture (by more than a day, for time zones) or before 1990 is none. A clock time without a zone stays
without one unless the site's definition says in which zone the site writes. Numbers parted by dots are day, month and
year; by slashes they are what the language's habit is (`order_of`), and none where that is not known and matters.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

EARLIEST: Final = 1990
LONGEST: Final = 300
"""Characters of a text that a date is looked for in."""
LONGEST_LINE: Final = 160
"""Characters of a line that is a date with little around it."""

_SPACES = re.compile(r"\s+")
_ISO = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?)?\s*\Z",
    re.IGNORECASE,
)
_COMPACT = re.compile(r"(\d{4})(?:/(\d{2})/|(?=\d{4})(\d{2}))(\d{2})\s*\Z")
"""2024/01/04 (Highwire's citation_ tags) and 20240104."""
_STEMS: Final = (
    ("янв", "січ", "студз"),
    ("фев", "лют"),
    ("мар", "бер", "сак"),
    ("апр", "кві", "крас"),
    ("мая", "май", "мае", "тра"),
    ("июн", "чер", "чэр"),
    ("июл", "лип", "ліп"),
    ("авг", "сер", "жні"),
    ("сен", "вер"),
    ("окт", "жов", "кас"),
    ("ноя", "лис", "ліс"),
    ("дек", "гру", "сне"),
)
"""How the months begin in Russian, Ukrainian and Belarusian."""
_ENGLISH: Final = (
    *("january", "february", "march", "april", "may", "june", "july"),
    *("august", "september", "october", "november", "december"),
)
# The months as they stand in dates, by language; CLDR 48, dates/calendars/gregorian, format wide, and some abbreviated.
_OTHERS: Final = """
az  yanvar fevral mart aprel may iyun iyul avqust sentyabr oktyabr noyabr dekabr
bg  януари февруари март април май юни юли август септември октомври ноември декември
cs  ledna února března dubna května června července srpna září října listopadu prosince
de  januar februar märz april mai juni juli august september oktober november dezember
de  jan feb mär apr mai jun jul aug sep okt nov dez
es  enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
et  jaanuar veebruar märts aprill mai juuni juuli august september oktoober november detsember
fi  tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta syyskuuta lokakuuta \
    marraskuuta joulukuuta
fr  janvier février mars avril mai juin juillet août septembre octobre novembre décembre
hy  հունվարի փետրվարի մարտի ապրիլի մայիսի հունիսի հուլիսի օգոստոսի սեպտեմբերի հոկտեմբերի նոյեմբերի դեկտեմբերի
hy  հունվար փետրվար մարտ ապրիլ մայիս հունիս հուլիս օգոստոս սեպտեմբեր հոկտեմբեր նոյեմբեր դեկտեմբեր
it  gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre
ka  იანვარი თებერვალი მარტი აპრილი მაისი ივნისი ივლისი აგვისტო სექტემბერი ოქტომბერი ნოემბერი დეკემბერი
kk  қаңтар ақпан наурыз сәуір мамыр маусым шілде тамыз қыркүйек қазан қараша желтоқсан
lt  sausio vasario kovo balandžio gegužės birželio liepos rugpjūčio rugsėjo spalio lapkričio gruodžio
lv  janvāris februāris marts aprīlis maijs jūnijs jūlijs augusts septembris oktobris novembris decembris
lv  janvārī februārī martā aprīlī maijā jūnijā jūlijā augustā septembrī oktobrī novembrī decembrī
mk  јануари февруари март април мај јуни јули август септември октомври ноември декември
nl  januari februari maart april mei juni juli augustus september oktober november december
pl  stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia
pt  janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro
ro  ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie
sr  јануар фебруар март април мај јун јул август септембар октобар новембар децембар
sr  januar februar mart april maj jun jul avgust septembar oktobar novembar decembar
tg  январи феврали марти апрели майи июни июли августи сентябри октябри ноябри декабри
tr  ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık
tt  гыйнвар февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь
uz  yanvar fevral mart aprel may iyun iyul avgust sentabr oktabr noyabr dekabr
"""
_NUMBERS: Final = {
    word: number
    for line in _OTHERS.replace("\\\n", " ").strip().split("\n")
    for number, word in enumerate(line.split()[1:], 1)
}
_DAY_FIRST: Final = """
ar az ba be bg bs ca ce crh cs da de el es et fi fr he hr hy id it ka kk ky lv mk nb nl nn no pl pt ro ru sk sl sq sr tg
tr tt uk uz vi en-au en-gb en-ie en-in en-nz en-za
"""
DAY_FIRST: Final = frozenset(_DAY_FIRST.split())
"""Languages, and countries of English, that write 03/04/2024 for 3 April (CLDR 48, short dates)."""
MONTH_FIRST: Final = frozenset({"en-us", "en-ph", "es-us"})
_MONTH = r"(?P<{0}>[^\W\d_]{{3,11}})\.?"
_CLOCK = r"(?P<{0}h>\d{{1,2}}):(?P<{0}m>\d{{2}})(?::(?P<{0}s>\d{{2}}))?(?:\s?(?P<{0}half>[ap])\.?m\b\.?)?"
_DATE = re.compile(
    r"(?<![\w.])(?:" + _CLOCK.format("a") + r"(?:\s[A-Z]{2,4}\b)?\s*[,|·•—–-]?\s+)?"
    r"(?:(?P<y1>\d{4})-(?P<m1>\d{2})-(?P<d1>\d{2})(?!\d)"
    r"|(?P<d2>\d{1,2})(?P<by>[./])(?P<m2>\d{1,2})(?P=by)(?P<y2>\d{4})(?!\d)"
    r"|(?P<d3>\d{1,2})(?:st|nd|rd|th|-?го|er|\.)?\s+(?:of\s+|de\s+)?"
    + _MONTH.format("m3")
    + r"(?:,?\s+|\s+de\s+|-)(?P<y3>\d{4})(?!\d)"
    r"|" + _MONTH.format("m4") + r"\s+(?P<d4>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<y4>\d{4})(?!\d)"
    r"|(?P<y5>\d{4})(?:\s+жылғы|\s*ж\.|\.?\s+gada|-yil|-йил)\s+(?P<d5>\d{1,2})[.-]?\s*"
    + _MONTH.format("m5")
    + r"|(?P<y6>\d{4})\s+m\.\s+"
    + _MONTH.format("m6")
    + r"\s+(?P<d6>\d{1,2})\s+d\.)"
    r"(?:\s*(?:года|року|гады|г\.|г\b|р\.|р\b|r\.|թ\.|წ\.))?"
    r"(?:(?:T|\s*[,|·•—–-]?\s*(?:(?:at|в|во|о|об|у|а)\s+)?)" + _CLOCK.format("b") + r"(?:[.,]\d+)?"
    r"(?:\s?\(?(?P<zone>Z\b|(?:UTC|GMT)(?:\s?[+-]\d{1,2}(?::?\d{2})?)?\b|MSK\b|мск\b|CES?T\b|EES?T\b|[+-]\d{2}:?\d{2}\b)"
    r"\)?)?)?",
    re.IGNORECASE,
)
_UPDATED: Final = (
    r"updated?|modified|edited|changed|revised|corrected|обновл\w+|измен[её]н\w*|(?:от)?редактир\w+|исправл\w+"
    r"|уточн[её]н\w*|оновл\w+|змін\w+|(?:від)?редагов\w+|виправл\w+|абноўл\w+|змен\w+|(?:ад)?рэдаг\w+|выпраўл\w+"
    r"|aktualisiert|geändert|mis(?:e)? à jour|modifié|actualizado|zaktualizowano|aktualizacja|жаңартылды|yeniləndi"
)
_PUBLISHED: Final = (
    r"posted|published|submitted|created|issued|date|опубликован\w*|размещ[её]н\w*|создан\w*|дата(?:\s+публикации)?"
    r"|опубліков\w+|розміщен\w*|створен\w*|дата публікації|апублікав\w+|надрукав\w+|створан\w*|дата публікацыі"
    r"|(?:veröffentlicht|publiziert|erschienen)(?: am)?|publié(?:e)?(?: le)?|publicado|opublikowano|data publikacji"
    r"|жарияланды|dərc olunub"
)
_LABEL = re.compile(rf"\b(?:last\s+)?(?:(?P<updated>{_UPDATED})|(?P<published>{_PUBLISHED}))\b", re.IGNORECASE)
# The days of the week by language, wide and abbreviated; CLDR 48, dates/calendars/gregorian/days.
_DAYS: Final = """
monday mon tuesday tues tue wednesday wed thursday thurs thu friday fri saturday satur sat sunday sun
понедельник пн вторник вт среда среду ср четверг чт пятница пятницу пт суббота субботу сб воскресенье вс
понеділок вівторок середа середу четвер п'ятниця п’ятниця п'ятницю субота суботу неділя неділю нд
панядзелак аўторак аў серада чацвер чц пятніца нядзеля
montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag mo di mi do fr sa so
lundi mardi mercredi jeudi vendredi samedi dimanche lunes martes miércoles jueves viernes sábado domingo
poniedziałek wtorek środa środę czwartek piątek sobota sobotę niedziela niedzielę
понеделник вторник сряда четвъртък петък събота понедељак уторак сриједа четвртак петак недеља недјеља
ponedjeljak ponedeljak utorak srijeda sreda četvrtak petak subota nedjelja nedelja вторник четврток петок сабота недела
luni marți miercuri joi vineri sâmbătă duminică lunedì martedì mercoledì giovedì venerdì sabato domenica
pirmadienis antradienis trečiadienis ketvirtadienis penktadienis šeštadienis sekmadienis
pirmdiena otrdiena trešdiena ceturtdiena piektdiena sestdiena svētdiena
esmaspäev teisipäev kolmapäev neljapäev reede laupäev pühapäev
maanantai maanantaina tiistai tiistaina keskiviikko keskiviikkona torstai torstaina perjantai perjantaina lauantai
lauantaina sunnuntai sunnuntaina
дүйшөмбү шейшемби шаршемби бейшемби жума ишемби жекшемби дүйсенбі сейсенбі сәрсенбі бейсенбі жұма сенбі жексенбі
dushanba seshanba chorshanba payshanba juma shanba yakshanba душанба сешанба чоршанба пайшанба шанба якшанба
душанбе сешанбе чоршанбе панҷшанбе ҷумъа шанбе якшанбе дүшәмбе сишәмбе чәршәмбе пәнҗешәмбе җомга шимбә якшәмбе
bazar ertəsi çərşənbə axşamı cümə axşamı şənbə երկուշաբթի երեքշաբթի չորեքշաբթի հինգշաբթի ուրբաթ շաբաթ կիրակի
ორშაბათი სამშაბათი ოთხშაბათი ხუთშაბათი პარასკევი შაბათი კვირა
"""
_WEEKDAY = "(?:" + "|".join(sorted(set(_DAYS.split()), key=lambda day: (-len(day), day))) + ")"
_NOTHING = re.compile(
    rf"(?:\W|\b(?:on|of|в|во|у|(?:last\s+)?(?:{_UPDATED}|{_PUBLISHED})|{_WEEKDAY})\b)*", re.IGNORECASE
)
_WRITER = re.compile(
    r"(?:by|von|par|por|przez|від|от|пользователем|автор(?:ка|ом)?|користувачем|карыстальнікам|аўтар(?:ка|ам)?|autor(?:in|ka)?)"
    r"\b\s*:?\s*(?P<name>[^\W\d][^\d:;!?]{1,60})",
    re.IGNORECASE,
)
EVENT: Final = re.compile(
    r"\b(?:born|birth|d\.?o\.?b|arrest|detain|sentenc|verdict|convict|charge|releas|died|death|hearing"
    r"|рожд|родил|задерж|арест|приговор|осужд|обвин|освоб|умер|смерт|заседан"
    r"|народ|затрим|арешт|вирок|засудж|звільн|помер|засідан"
    r"|нарадж|нарадз|затрым|арышт|прысуд|асудж|абвінав|вызвал|памёр|памер|пасяджэн|geburt|geboren|verhaft|urteil)",
    re.IGNORECASE,
)
"""Words that say that the date beside them is of the case, not of the page."""
_BEFORE = re.compile(r"[^.!?]{1,60}[,|–—·•:]\s*\Z")
_AFTER = re.compile(r"\s*[|–—·•(\[].{0,80}\Z")
_OFFSETS: Final = {
    "Z": "+00:00",
    "UTC": "+00:00",
    "GMT": "+00:00",
    "CET": "+01:00",
    "CEST": "+02:00",
    "EET": "+02:00",
    "EEST": "+03:00",
    "MSK": "+03:00",
    "МСК": "+03:00",
}
_FROM_GREENWICH = re.compile(r"(?:UTC|GMT)\s?([+-])(\d{1,2})(?::?(\d{2}))?\Z")


@dataclass(frozen=True, slots=True)
class Stamp:
    """A date in a text."""

    value: str
    """ISO 8601: a date, or a date and a time, with its zone where that is known."""
    start: int
    end: int
    updated: bool
    """Whether a word before it says that it is of a change: updated, обновлено."""
    labelled: bool
    """Whether a word before it says what it is of."""


def order_of(language: str) -> str:
    """How a language (BCP 47) writes dates in numbers: `dmy`, `mdy`, or '' where that is not known."""
    tag = language.strip().replace("_", "-").lower()
    both = "-".join(part for part in tag.split("-") if len(part) == 2)
    if both in MONTH_FIRST:
        return "mdy"
    return "dmy" if {both, tag.split("-", maxsplit=1)[0]} & DAY_FIRST else ""


def iso_date(text: str, captured_at: datetime, zone: str = "") -> str | None:
    """A date as machines write it, in ISO 8601; None for any other text and for a date that cannot be meant."""
    found = _machine_date(_SPACES.sub(" ", text[:LONGEST]).strip(), captured_at)
    return _zoned(found, zone) if found else None


def _machine_date(value: str, captured_at: datetime) -> str | None:
    match = _ISO.match(value) or _COMPACT.match(value)
    try:
        if not match:
            moment = parsedate_to_datetime(value)
            return _bounded(moment.date(), _written(moment), captured_at)
        if match.re is _COMPACT:
            day = date(int(match[1]), int(match[2] or match[3]), int(match[4]))
            return _bounded(day, day.isoformat(), captured_at)
        day = date(int(match[1]), int(match[2]), int(match[3]))
        if match[4] is None:
            return _bounded(day, day.isoformat(), captured_at)
        moment = datetime.fromisoformat(f"{day}T{match[4]}:{match[5]}:{match[6] or '00'}{(match[7] or '').upper()}")
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return _bounded(day, _written(moment), captured_at)


def stamps(text: str, captured_at: datetime, zone: str = "", order: str = "") -> list[Stamp]:
    """The dates in a text, in order: `17 May 2022`, `13.08.2026, 17:57`, `posted 13 Nov 2017, 06:01`."""
    line = _SPACES.sub(" ", text).strip()[:LONGEST]
    labels = [(match.start(), match["updated"] is not None) for match in _LABEL.finditer(line)]
    found = []
    for match in _DATE.finditer(line):
        value = _value(match, captured_at, zone, order)
        if value is not None:
            before = [updated for start, updated in labels if start < match.start()]
            found.append(Stamp(value, match.start(), match.end(), bool(before and before[-1]), bool(before)))
    return found


def published_in(text: str, captured_at: datetime, zone: str = "", order: str = "") -> str | None:
    """The date of publication that a text states: the first that is not said to be one of a change."""
    if found := iso_date(text, captured_at, zone):
        return found
    return next((stamp.value for stamp in stamps(text, captured_at, zone, order) if not stamp.updated), None)


def modified_in(text: str, captured_at: datetime, zone: str = "", order: str = "") -> str | None:
    """The date of change that a text states: the last that is said to be one, or that is not said to be another."""
    if found := iso_date(text, captured_at, zone):
        return found
    fitting = [stamp.value for stamp in stamps(text, captured_at, zone, order) if stamp.updated or not stamp.labelled]
    return fitting[-1] if fitting else None


def is_date_line(text: str, captured_at: datetime, order: str = "") -> bool:
    """Whether a text is a date with little around it, and no sentence that a date occurs in."""
    line = _SPACES.sub(" ", text).strip()
    if not line or len(line) > LONGEST_LINE:
        return False
    if iso_date(line, captured_at):
        return True
    found = stamps(line, captured_at, order=order)
    if not found:
        return False
    before, after = line[: found[0].start], line[found[-1].end :]
    if _NOTHING.fullmatch(before):
        return bool(_NOTHING.fullmatch(after) or _AFTER.match(after) or found[0].labelled)
    return bool(_BEFORE.match(before)) and bool(_NOTHING.fullmatch(after))


def is_bare(line: str, found: Sequence[Stamp]) -> bool:
    """Whether a line has nothing else in it than these dates, their labels, a writer, and what is behind a stroke."""
    line = _SPACES.sub(" ", line).strip()
    before = line[: found[0].start]
    if not _NOTHING.fullmatch(before) and not _names_writer(before):
        return False
    between = (line[one.end : other.start] for one, other in itertools.pairwise(found))
    if not all(map(_NOTHING.fullmatch, between)):
        return False
    after = line[found[-1].end :]
    return bool(_NOTHING.fullmatch(after) or _AFTER.match(after) or _names_writer(after))


def _names_writer(words: str) -> bool:
    """Whether what stands before or behind a date says by whom, and nothing else: `Submitted by anna on Thu`."""
    begun = _NOTHING.match(words)
    return _WRITER.fullmatch(words, begun.end() if begun else 0) is not None


def _value(match: re.Match[str], captured_at: datetime, zone: str, order: str) -> str | None:
    n = next(n for n in "123456" if match[f"y{n}"] is not None)
    word, number = match[f"m{n}"], int(match[f"d{n}"])
    month = int(word) if word.isdecimal() else _month(word)
    if month is not None and match["by"] == "/":
        number, month = _ordered(number, month, order)
    if not month:
        return None
    try:
        day = date(int(match[f"y{n}"]), month, number)
        clock = next((c for c in "ba" if match[f"{c}h"] is not None), None)
        if clock is None:
            return _bounded(day, day.isoformat(), captured_at)
        hour = int(match[f"{clock}h"])
        if half := match[f"{clock}half"]:
            hour = hour % 12 + (12 if half in "pP" else 0)
        clocked = time(hour, int(match[f"{clock}m"]), int(match[f"{clock}s"] or 0))
        moment = datetime.fromisoformat(f"{day}T{clocked.isoformat()}{_offset((match['zone'] or '').upper())}")
    except ValueError:
        return None
    return _bounded(day, _zoned(_written(moment), zone), captured_at)


def _offset(zone: str) -> str:
    """The offset that a zone's name stands for, or that stands behind it: GMT+3."""
    if match := _FROM_GREENWICH.match(zone):
        return f"{match[1]}{int(match[2]):02}:{match[3] or '00'}"
    return _OFFSETS.get(zone, zone)


def _ordered(first: int, second: int, order: str) -> tuple[int, int]:
    """Day and month of 03/04/2024; (0, 0) where that is not known."""
    if first == second or (first > 12 >= second):
        return first, second
    if second > 12 >= first:
        return second, first
    return {"dmy": (first, second), "mdy": (second, first)}.get(order, (0, 0))


def _month(word: str) -> int | None:
    word = word.lower()
    for n, name in enumerate(_ENGLISH, 1):
        if word in {name, name[:3]} or (n == 9 and word == "sept"):
            return n
    if number := _NUMBERS.get(word):
        return number
    return next((n for n, stems in enumerate(_STEMS, 1) if word.startswith(stems)), None)


def _zoned(value: str, zone: str) -> str:
    """A date and time without a zone, in the zone that the site writes in."""
    if not zone or "T" not in value:
        return value
    moment = datetime.fromisoformat(value)
    own = _zone(zone)
    return value if moment.tzinfo is not None or own is None else _written(moment.replace(tzinfo=own))


@lru_cache(32)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (OSError, ValueError):  # the configuration takes none that this machine does not know
        return None


def _written(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _bounded(day: date, value: str, captured_at: datetime) -> str | None:
    latest = (captured_at.astimezone(UTC) + timedelta(days=1)).date()
    return value if day.year >= EARLIEST and day <= latest else None
