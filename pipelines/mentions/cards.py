"""Facts in lines of the form "Label: value", as cards and tables of cases have them, in four languages.

A label says what the value is, so the value needs no verb. What prose patterns read from such a line already ("Term: 5
years", "Born: 1971", "Article: 275") is not here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipelines.mentions.common import Mention, one_of
from pipelines.mentions.dates import dates
from pipelines.mentions.events import Tongue

_LABELS = {
    "court": ("court", "(?:name of )?(?:the )?court", "суд(?: первой инстанции)?", "суд", "суд першої інстанції"),
    "detained": (
        "detained", "arrested", "date of (?:detention|arrest)", "(?:detention|arrest) date", "detained on",
        "arrested on",
        "задержан[аы]?", "дата задержания", "затриман(?:ий|а|о)", "дата затримання", "затрыман(?:ы|а|ая)",
        "дата затрымання",
    ),
    "remanded": (
        "remanded(?: in custody)?", "in custody since", "date of remand", "под стражей с", "дата заключения под стражу",
        "дата ареста",
        "заключ[её]н[а]? под стражу", "дата взяття під варту", "під вартою з", "дата ўзяцця пад варту", "пад вартай з",
    ),
    "verdict_date": (
        (
            "(?:date of (?:the )?(?:verdict|sentence|conviction)|verdict date|sentenced on"
            "|convicted on)"
        ), "дата (?:вынесения )?приговора",
        "приговор вынесен", "дата вироку", "дата прысуду",
    ),
    "prosecuted": ("case opened", "date of prosecution", "prosecuted since", "дело возбуждено",
    "дата возбуждения(?: дела)?", "справу порушено"),
    "stage": ("status", "case status", "stage", "статус(?: дела)?", "стадия(?: дела)?", "статус справи",
    "статус справы", "стадія", "стадыя"),
    "faces": (
        "faces", "possible (?:sentence|term)", "maximum (?:possible )?(?:sentence|term|penalty)", "грозит",
        "возможный срок", "максимальный срок",
        "загрожує", "пагражае",
    ),
}  # fmt: skip
_CARD = re.compile(
    r"(?:^|\n)[^\w\n]{0,3}(?:"
    + "|".join(f"(?P<{name}>{one_of(labels)})" for name, labels in _LABELS.items()).replace(" ", r"\s")
    + r")\s?:\s{0,3}(?P<value>[^\n]{1,200})",
    re.IGNORECASE,
)
# Words of a status, whole: "sentenced", "in custody", "осуждена". What is none of them is no stage of ours.
_STATUS = (
    ((
        r"sentenced|осужд[её]н[аы]?|засуджен(?:ий|а)|асуджан(?:ы|а|ая)|приговор[её]н[аы]?|serving (?:a )?sentence"
        r"|отбывает (?:срок|наказание)"
    ), "sentenced"),
    (r"convicted", "convicted"),
    ((
        r"(?:remanded )?in custody|remanded|in pre-?trial detention|under arrest|в сизо|под стражей|арестован[аы]?"
        r"|під вартою|у сізо|пад вартай|у сіз[ао]|у следчым ізалятары"
    ), "remanded in custody"),
    ((
        r"(?:under )?house arrest|под домашним арестом|домашний арест|під домашнім арештом|пад хатнім арыштам"
        r"|хатні арышт"
    ), "house arrest"),
    (r"detained|задержан[аы]?|затриман(?:ий|а)|затрыман(?:ы|а)", "detained"),
    (r"released|free|освобожд[её]н[аы]?|на свободе|звільнен(?:ий|а)|вызвален(?:ы|а)|на волі", "released"),
    (r"charged|accused|обвиняем(?:ый|ая)|обвинувачен(?:ий|а)|абвінавачан(?:ы|ая)", "charged"),
    (r"wanted|(?:объявлен[а]? )?в розыске|у розшуку|у вышуку|у росшуку", "wanted"),
    (r"exchanged|обмен[её]н[а]?|обмін(?:яний|яна)|абмян[яе]н(?:ы|а)", "exchanged"),
    (r"died|dead|deceased|умер(?:ла)?|погиб(?:ла)?|помер(?:ла)?|памёр|памерла", "died"),
    (r"acquitted|оправдан[аы]?|виправдан(?:ий|а)|апраўдан(?:ы|а|ая)", "acquitted"),
    (r"on trial|под судом|идёт суд|суд", "on trial"),
)  # fmt: skip
_STATUSES = tuple((re.compile(pattern.replace(" ", r"\s"), re.IGNORECASE), stage) for pattern, stage in _STATUS)
_COURT_NAME = re.compile(r"[^\n.;]{3,100}?\b(?:court|суд)\b(?:[^\n.;,(]{0,60})", re.IGNORECASE)


def cards(text: str, tongue: Tongue) -> Iterator[Mention]:
    """The facts of the text's lines that begin with a label."""
    if ":" not in text:
        return
    for match in _CARD.finditer(text):
        name = next(label for label in _LABELS if match[label])
        first, last = match.span("value")
        yield from _valued(text, name, match.start(name), first, last, tongue)


def _valued(text: str, name: str, label: int, first: int, last: int, tongue: Tongue) -> Iterator[Mention]:
    """The fact of one label and its value."""
    value = text[first:last].strip(" .")
    if name == "court":
        if _COURT_NAME.fullmatch(value):
            yield Mention("court", " ".join(value.split()), first, first + len(value), "card")
    elif name == "stage":
        stage = next((stage for pattern, stage in _STATUSES if pattern.fullmatch(value)), None)
        if stage is not None:
            yield Mention("stage", stage, first, first + len(value), "card")
    elif name == "faces":
        term = next(tongue.terms(text, first, last), None)
        if term is not None:
            yield Mention("faces", f"up to {term.value}", label, term.end, "card")
    else:
        day = next(dates(text, tongue.language, first, last), None)
        if day is None and (year := re.match(r"(?:19|20)\d\d(?!\d)", text[first:last])):
            yield Mention(name, year.group(), first, first + 4, "card")
        elif day is not None and day.start - first <= 3:
            yield Mention(name, day.value, day.start, day.end, "card")
