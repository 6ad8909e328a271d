"""Places of detention, and the postal addresses that letters to prisoners go to, in four languages.

An address is a line with a postcode, a prison and a place. A place in prose is a prison with a number or a name of its
own that someone is said to be in; the head of a prison, or its staff, are in none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipelines.mentions.common import Mention, quoted, sentences

_I = re.IGNORECASE
_Q = '[«»"“”„]'
_NUMBER = r"(?:№|N[o°]?\.?|No\.)?\s?-?\d{1,3}(?:/\d{1,3})?"
_TITLE = r"[A-ZÀ-Ž][^\W\d_]{1,30}(?:[’-][^\W\d_]{1,30}){0,3}"

_SORT_EN = r"(?:(?:strict|general|special|maximum|high|reinforced)[\s-](?:regime|security)\s+)?"
_HOUSE_EN = (
    rf"(?:{_SORT_EN}(?:pre-?\s?trial\s+(?:detention|prison)(?:\s+(?:cent(?:er|re)|facility|prison|isolator))?"
    rf"|(?:detention|remand)\s+(?:cent(?:er|re)|facility|prison)|investigative\s+(?:isolator|prison)"
    r"|(?:(?:penal|corrective|correctional|prison|labou?r)\s+)?(?:colony|camp)(?:[\s-]settlement)?"
    r"|penal\s+settlement|prison|correctional\s+(?:institution|facility)|SIZO|IK|KP|LIU|LPU|PFRSI|FKU\s+(?:SIZO"
    r"|IK|KP|T)))"
)
_PLACE_EN = re.compile(
    rf"(?:(?P<owner>(?-i:{_TITLE}))[’']s\s+)?(?P<house>(?:(?:FKU|FSI|FBU)\s+)?{_HOUSE_EN}\s?[–-]?\s?(?:№|N°"
    rf"|No\.?|number|#)?\s?-?\d{{1,3}}(?:/\d{{1,3}})?(?!\d|\s?(?:years?|months?|days?|people|prisoners))"
    rf"(?:\s{_Q}[\w\s’'-]{{2,30}}{_Q})?"
    rf"|(?-i:(?:{_TITLE}\s)?{_TITLE})\s(?:pre-?\s?trial\s+detention\s+(?:cent(?:er|re)|facility)|remand\s+prison"
    rf"|SIZO|detention\s+cent(?:er|re)|(?-i:[Pp]rison)(?!\s+(?:sentence|term|service|administration|camp)))"
    rf"\b(?:\s{_Q}[\w\s’'-]{{2,30}}{_Q})?)"
    rf"(?P<tail>(?:,?\s(?:which\s+is\s+)?(?:located\s+|situated\s+)?(?:in|near|of)\s(?:the\s+)?(?:(?:city|town"
    rf"|village|settlement)\s+of\s+)?|,\s)(?P<town>(?-i:{_TITLE}(?:[ -]{_TITLE}){{0,2}})))?",
    _I,
)
_HELD_EN = re.compile(
    (
        r"\b(?:held|kept|(?:is|been|remains?|remained|was|now|currently)(?:\s+(?:currently|now|still|being)"
        r")?\s+(?:in|at)|serv(?:es|ed|ing)|placed|transferred|transported|sent|moved|taken|imprisoned|incarcerated"
        r"|confined|detained|located|arrived|lodged|place\s+of\s+(?:detention|imprisonment)|whereabouts)\b"
    ),
    _I,
)
_NOT_HELD = re.compile(
    r"\b(?:head|warden|director|chief|staff|employees?|guards?|officers?|worked|works|built|visited"
    r"|administration|founded|opened|outside|near|could|may|might|would|will|if|not|never|asked|demand\w*"
    r"|chaplain|doctor|lawyers?\s+(?:was|were))\b"
    r"|\b(?:начальник\w*|сотрудник\w*|администрац\w*|руководств\w*|работал\w*|директор\w*|врач\w*|построен\w*"
    r"|если|могут|может|начальнік\w*|супрацоўнік\w*|співробітник\w*|адміністрац\w*|працював\w*|працаваў)\b"
    r"|(?<!\w)(?:не|ні)(?!\w)",
    _I,
)
_HOUSE_RU = (
    r"(?:(?-i:ФКУ|ФБУ|ФГУ|ДУ|УП|ГУ|РУП|РКУП|ПУ|ПУ)\s+)?(?:(?-i:ИК|СИЗО|КП|ЛИУ|ЛПУ|ВК|Т|ПФРСИ|УЗ|УКП|ЦИП|ИВС|ИУ"
    r"|ПК|СІЗО|СІЗА|КВ|ПК|ЛТП|ІЧУ)\s?[-–№ ]\s?№?\s?|"
    r"(?:исправительн[а-я]{2,3}\s+колони[а-я]|колони[а-я](?:-поселени[а-я])?"
    r"|следственн[а-я]{2,3}\s+изолятор[а-я]{0,2}|тюрьм[а-я]{1,2}|выправленч[а-яі]{2,3}\s+колонія|турм[а-яі]{1,2}"
    r"|виправн[а-яії]{1,3}\s+колоні[а-яї]{1,2}|колоні[а-яїю]{1,2}|калоні[а-яюі]{1,2}"
    r"|папраўч[а-яй]{2,3}\s+калоні[а-яюі]{1,2}|слідч[а-яо]{1,3}\s+ізолятор[а-яіу]{0,2}"
    r"|следч[а-яы]{1,3}\s+ізалятар[а-яыу]{0,2}"
    r"|вязниц[а-яії]{1,2}|в.язниц[а-яії]{1,2})\s(?:(?:строгого|общего|особого|суворого|строгага|агульнага)"
    r"\s(?:режима|режиму|рэжыму)\s)?№?\s?-?)"
)
_TITLE_RU = "[А-ЯЁІЇЄЎҐ][а-яёіїєўґʼ’']{1,30}(?:-[А-ЯЁІЇЄЎҐа-яёіїєўґ][а-яёіїєўґʼ’']{0,30}){0,3}"
_TOWN_RU = (
    rf"(?:(?:г|гор|пос|п|с|д|ст|м|смт|пгт|р\.\s?п|аг|х)\.\s?|(?:город|посел[а-я]{{2,4}}|сел[ео]|деревн[а-я]"
    rf"|станиц[а-я]|міст[оі]|горад|вёск[аі])[а-я]{{0,2}}\s)?(?P<town>(?-i:{_TITLE_RU})(?:[ -](?-i:{_TITLE_RU})"
    rf"){{0,2}})"
)
_PLACE_RU = re.compile(
    rf"(?<!\w)(?P<house>{_HOUSE_RU}\d{{1,3}}(?:/\d{{1,2}})?(?!\d|[\s.]\s?[^\W\d_]{{3,12}}\s\d{{4}}|\.\d)"
    rf"(?:\s{_Q}[\w\s’'-]{{2,30}}{_Q})?|(?:СИЗО|СІЗО|СІЗА|следственн[а-я]{{2,3}}\s+изолятор[а-я]{{0,2}}"
    rf"|тюрьм[а-я]{{1,2}}|турм[а-яыі]{{1,2}})\s{_Q}[\w\s’'-]{{2,30}}{_Q})"
    rf"(?P<tail>(?:\s?\(|,?\s(?:в|у|ў|во|під|пад|под)\s(?:городе\s|горадзе\s|місті\s|посёлке\s|поселке\s"
    rf"|селе\s)?|,\s|\s(?=[гм]\.)){_TOWN_RU}|\s(?P<town2>(?-i:{_TITLE_RU}))(?=[.,;)]|\s*$))?",
    _I,
)
_HELD_RU = re.compile(
    r"(?<!\w)(?:наход[а-я]{2,5}|содерж[а-я]{2,6}|отбыва[а-я]{1,4}|сид(?:ит|ел[аи]?)|этапир[а-я]{4,8}|перев(?:ели"
    r"|ез[а-я]{0,3}|ед[её]н[а-я]?)|помест[а-я]{2,4}|помещ[её]н[а-я]?|отправ[а-я]{2,6}|заключ[её]н[а-я]?|увезли"
    r"|доставл[а-я]{2,4}|прибыл[а-я]?|место\s+(?:содержания|отбывания|заключения|лишения)[а-я\s]{0,30}"
    r"|удержива[а-я]{2,4}"
    r"|перебува[а-яєї]{1,4}|утриму[а-яєю]{2,6}|відбува[а-яєї]{1,4}|сидить|етап[а-яії]{3,9}|переве[а-яз]{1,5}"
    r"|помістили|відправ[а-яиіл]{2,6}|місце\s+(?:утримання|перебування|відбування)[а-яіїє\s]{0,30}"
    r"|знаходз[а-яіц]{2,6}|[уў]трымліва[а-яц]{2,6}|адбыва[а-яе]{1,4}|сядзіць|этап[а-яоў]{3,9}|перавялі"
    r"|перавед[а-яз]{2,4}|змясцілі|адпра[а-яўв]{2,6}|умер(?:ла)?|скончал[а-я]{2,3}|погиб(?:ла)?|помер(?:ла)?"
    r"|загину(?:в|ла|ў)|памёр|памерла|сканаў|сканала|месца\s+(?:[уў]трымання|адбывання|зняволення)"
    r"[а-яіў\s]{0,30})(?!\w)",
    _I,
)
_DIES = re.compile(
    r"[^,;.]{0,40}?\s(?:died|умер(?:ла)?|скончал[а-я]{2,3}|помер(?:ла)?|памёр|памерла|сканаў|сканала)(?!\w)", _I
)
"""Behind a prison: someone died there."""

_POSTCODE = re.compile(r"(?<![\d.,№-])\d{5,6}(?![\d.-]|\s?(?:руб|грн|чел|rub|people))")
_PRISON = re.compile(
    (
        r"\b(?:colony|prison|SIZO|IK-?\s?\d|KP-?\s?\d|T-?\d|FKU|detention|FSIN|penitentiary|remand|settlement|ФКУ|ИК"
        r"|СИЗО|КП|ЛИУ|УФСИН|ФСИН|СІЗО|СІЗА|ДУ|УВП|ПК|ЛТП|колония|колонія|калонія|тюрьма|турма|ВК|УП|УЗ|изолятор"
        r"|ізолятор|ізалятар)\b"
    ),
    _I,
)
_MARKS = re.compile(
    r"\b(?:street|str|st|ul|ulitsa|lane|oblast|region|krai|kray|territory|district|republic|russia"
    r"|russian\s+federation|belarus|ukraine|p\.?o\.?\s?box|pos|city|town|village"
    r"|ул|улица|пер|просп|пр|г|гор|обл|область|край|респ|республика|р-н|район|д|пос|п|с|пгт|а/я|ш|вул|буд|м|смт"
    r"|вобл|вобласць|область|рэспубліка|в|раён|росси[яи]|беларусь|україна)\b",
    _I,
)
_LABEL = re.compile(
    r"^[\s•*·–—-]{0,4}(?:(?:RU|RUS|EN|ENG|UA|UKR|BY|BE|РУС?|АНГЛ?|УКР)\s?[:.–—-]\s*|[^:\n\d]{0,120}:\s*)(?=\S)", _I
)
_BIRTH = re.compile(r"[\s,(]{0,3}(?:\b(?:born|b\.)|(?:\d{1,2}\.\d{1,2}\.)?(?:19|20)\d\d\s?(?:г|р|год|рок))", _I)
_NAME_RU = re.compile(rf"{_TITLE_RU}(?:\s{_TITLE_RU}){{1,2}}")
_NAME_EN = re.compile(r"[A-Z][a-z’'-]{1,30}(?:\s(?:[A-Z]\.|[A-Z][a-z’'-]{1,30})){1,2}")
_GEOGRAPHY = re.compile(
    r"\b(?:oblast|region|krai|kray|street|colony|prison|russia|belarus|ukraine|republic|service|district"
    r"|territory|city|penal|federal|penitentiary|settlement|centre|center|detention|institution|lane|avenue"
    r"|correctional|federation|department|directorate|head|sizo"
    r"|област\w*|край|росси\w*|республик\w*|район|улица|колония|тюрьма|служб\w*|федеральн\w*|управлени\w*"
    r"|вобласць|раён|рэспубліка|беларусь|україна|область|исправительн\w*|казенн\w*|учрежден\w*|следственн\w*"
    r"|изолятор|центр)\b",
    _I,
)
_PATRONYMIC = re.compile(
    r"(?:вич|вича|вичу|вна|вны|вне|ьич|ьичу|ичу?|івна|івні|йович[уа]?|ович[уа]?|ўна|ўне|віч|вічу|оглы|кызы)$"
)
_TOWN_MARK = re.compile(
    rf"\b(?:г|гор|м|пос|п|с|пгт|смт|р\.\s?п|аг|ст|х|д)\.\s?(?P<town>{_TITLE_RU}(?:[ -]{_TITLE_RU}){{0,2}})"
)
_FORBIDDEN_TOWN = re.compile(
    r"\b(?:street|str|ul|lane|avenue|oblast|region|krai|kray|territory|district|republic|federation|russia"
    r"|belarus|ukraine|colony|prison|service|fku|sizo|fsin|no|box|settlement|centre|center|detention|penal"
    r"|institution|head|mr|ms|ulitsa|born|for|federal)\b"
    r"|област|край|росси|республик|район|улиц|ул\.|колони|тюрьм|фку|уфсин|фсин|служб|вобласц|раён|україн"
    r"|беларусь|вул|буд|изолятор",
    _I,
)


_HOUSES = {
    "en": ("colony", "prison", "sizo", "detention", "remand", "ik-", "kp-", "settlement", "isolator", "fku"),
    **dict.fromkeys(("ru", "uk", "be"), ("ик", "сизо", "сіз", "колон", "калон", "тюрьм", "тюрм", "турм", "изолят",
    "ізал",
                    "ізол", "кп-", "лиу", "вк-", "вк ", "пк-", "пк ", "т-", "язниц", "фку", "ув", "ик-")),
}  # fmt: skip


def addresses(text: str, lowered: str, language: str) -> Iterator[Mention]:
    """The addresses for letters, each with the name of whom it is to, and the place that it names."""
    if not any(house in lowered for house in _HOUSES[language]):
        return
    if not _POSTCODE.search(text) or not _PRISON.search(text):
        return
    for first, last in _lines(text):
        line = text[first:last]
        if not (_POSTCODE.search(line) and _PRISON.search(line) and _MARKS.search(line)):
            continue
        start = first + (label.end() if (label := _LABEL.match(line)) else 0)
        end = start + len(text[start:last].rstrip(" \n\t;"))
        person = _addressee(text, start, end, language)
        yield Mention("letter_address", " ".join(text[start:end].split()), start, end, "address", person)
        if (house := _house(text, start, end, language)) is not None:
            yield Mention("place", *house, "address", person)


def _lines(text: str) -> list[tuple[int, int]]:
    """The parts of a text that may be one address each: its lines, else the whole where lines are parts of one."""
    lines = [(found.start(), found.end()) for found in re.finditer(r"[^\n]+", text)]
    whole = [line for line in lines if _POSTCODE.search(text, *line) and _PRISON.search(text, *line)]
    if not whole and len(text) < 600:
        return [(0, len(text))]
    found: list[tuple[int, int]] = []
    for start, end in whole:
        if end - start < 400:
            found.append((start, end))
        else:
            found += [(start + first, start + last) for first, last in sentences(text[start:end])]
    return found


def _addressee(text: str, start: int, end: int, language: str) -> tuple[int, int] | None:
    """Where the address names whom it is to: a name with a patronymic, before a birth year, or standing alone."""
    best: tuple[int, int] | None = None
    for match in (_NAME_EN if language == "en" else _NAME_RU).finditer(text, start, end):
        if _GEOGRAPHY.search(match.group()):
            continue
        before = text[max(start, match.start() - 2) : match.start()]
        after = text[match.end() : end]
        if _PATRONYMIC.search(match.group().lower()) or _BIRTH.match(after):
            return match.span()
        if (not before.strip(" ") or before.rstrip().endswith((",", ":", "\n"))) and re.match(
            r"\s*(?:[,.;(\n]|$)", after
        ):
            alone = not re.match(r"\s*,?\s*\d", after) or language == "en"
            edge = match.start() == start or match.end() >= end - 2
            if alone and edge:
                best = match.span()
    return best


def _house(text: str, start: int, end: int, language: str) -> tuple[str, int, int] | None:
    """The prison of an address and its town."""
    pattern = _PLACE_EN if language == "en" else _PLACE_RU
    match = pattern.search(text, start, end)
    if match is None:
        return None
    house = re.sub(r"^(?:FKU|ФКУ|ФБУ|FSI)\s+", "", quoted(match["house"]))
    town = _town(text, start, end, language)
    return (f"{house}, {town}" if town else house), match.start("house"), match.end("house")


def _town(text: str, start: int, end: int, language: str) -> str | None:
    """The settlement of an address."""
    if language != "en" and (marked := _TOWN_MARK.search(text, start, end)):
        return marked["town"]
    person = _addressee(text, start, end, language)
    for segment in re.finditer(r"[^,;\n()]+", text[start:end]):
        words = segment.group().strip(" .")
        first = start + segment.start()
        if person and first <= person[0] < first + len(segment.group()):
            continue
        words = re.sub(r"\s*\b\d{5,6}\b\s*", "", words)
        words = re.sub(r"^(?:(?:city|town|village|settlement)\s+(?:of\s+)?|g\.\s?|pos\.\s?)", "", words, flags=_I)
        if re.fullmatch(
            rf"(?:{_TITLE}|{_TITLE_RU})(?:[ -](?:{_TITLE}|{_TITLE_RU}))?", words
        ) and not _FORBIDDEN_TOWN.search(words):
            return words
    return None


def places(text: str, lowered: str, language: str) -> Iterator[Mention]:
    """The prisons that prose says someone is in."""
    if not any(house in lowered for house in _HOUSES[language]):
        return
    pattern, held = (_PLACE_EN, _HELD_EN) if language == "en" else (_PLACE_RU, _HELD_RU)
    for start, end in sentences(text):
        if text[start:end].rstrip().endswith("?"):
            continue
        for match in pattern.finditer(text, start, end):
            before = text[max(start, match.start() - 90) : match.start()]
            verbs = list(held.finditer(before))
            if not verbs and not _DIES.match(text, match.end("house"), end):
                continue
            if _NOT_HELD.search(before[max(0, verbs[-1].start() - 30) if verbs else 0 :]):
                continue
            house = quoted(match["house"])
            named = match.groupdict()
            town = named.get("owner") or named.get("town") or named.get("town2")
            if town and _FORBIDDEN_TOWN.search(town):
                town = None
            last = match.end() if town else match.end("house")
            value = f"{house}, {town}" if town else house
            if town and language != "en" and not text[match.end("house") :].lstrip().startswith((",", "(")):
                # the town stands in another case than the nominative: as it is cited
                value = quoted(text[match.start() : match.end()])
            yield Mention("place", value, match.start(), last, "held", None)
