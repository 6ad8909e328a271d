"""Articles of criminal and administrative codes, as they are cited in four languages, in one form: "207.3 ч. 2 УК РФ".

The form follows the Russian citation: number, parts, points, code; what is applied together ("Article 30, Part 1, in
conjunction with Article 275") is one value, "30 ч. 1, 275 УК РФ". Points stay in the letters they are cited in. A code
that is named without its state is "УК" (Russian, English) or "КК" (Ukrainian, Belarusian), and no code where none is
named. Articles of constitutions, covenants, laws and codes of procedure are none.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice

from pipelines.mentions.common import Mention

_UPPER = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_NUM = r"\d{1,3}(?:\s?[¹²³⁴⁵⁶⁷⁸⁹⁰]{1,2}|(?:[.\-‑–]\d{1,2}){0,2})(?![\d])"
_QUOTE = "[«»\"“”„'’‘`]"
_DASH = r"[-–—‑]"

# The nouns of a citation. Latin and Cyrillic pages share the grammar, so one pattern is made for each alphabet.
_WORDS = {
    "latin": {
        "article": r"(?:articles?|arts?\.?)(?:\s+no\.?)?",
        "part": r"(?:parts?|pt\.|§{1,2}|sections?|paragraphs?|para\.?)",
        "point": r"(?:points?|paragraphs?|sub-?paragraphs?|clauses?|items?|letters?|p\.)",
        "and": r"(?:and|or|&)",
        "of": r"(?:of\s+|to\s+)?(?:the\s+)?",
        "letter": r"[a-zа-я]",
        "ordinal": r"(?:first|second|third|fourth|fifth|sixth|seventh)",
    },
    "cyrillic": {
        "article": r"(?:ст(?:ат[а-яіїє]{2,5})?\.?(?:\s?ст\.)?|арт(?:ыкул[а-яіў]{0,3})?\.?|артикул[а-яії]{0,3})",
        "part": (
            r"(?:част(?:ь|и|ью|ям|ям|ями|ей|ях)|частин[а-яію]{1,3}|частк[а-яіў]{1,3}|часц[іь]|частак|ч{1,2}(?:\.|\b"
            r"|(?=\d))(?:\s?ч\.)?)"
        ),
        "point": r"(?:п{1,2}(?:\.|\b)(?:\s?п\.)?|(?:под)?пункт[а-яіўї]{0,4})",
        "and": r"(?:и|і|та|й|ды|або|или)",
        "of": r"",
        "letter": r"[а-яіїєґa-e]",
        "ordinal": r"(?:перв|втор|трет|четв[её]рт|пят|шест|седьм|перш|друг|четверт|п.ят|трэц|чацв[её]рт|ш[оі]ст|шаст)"
        r"[а-яіїў]{2,4}",
    },
}
_ORDINALS = (
    ("first", 1), ("second", 2), ("third", 3), ("fourth", 4), ("fifth", 5), ("sixth", 6), ("seventh", 7),
    ("перв", 1), ("перш", 1), ("втор", 2), ("друг", 2), ("трет", 3), ("трэц", 3), ("четв", 4), ("чацв", 4),
    ("пят", 5), ("п'ят", 5), ("п’ят", 5), ("шест", 6), ("шост", 6), ("шаст", 6), ("шіст", 6), ("седьм", 7),
)  # fmt: skip


_WITHIN = r"(?-i:(?:УК|КК|КоАП|КаАП)(?:\s(?:РФ|РБ|України|Беларусі))?)(?=\s?:)"
"""A code inside a label: "Статьи УК РФ: 207.3"."""


def _unit(words: dict[str, str]) -> re.Pattern[str]:
    """The pattern of one article with its parts and points, whichever order they stand in."""
    both = rf"\s?(?:,\s?(?:{words['and']}\s)?|{words['and']}\s|{_DASH}\s?)"
    part_list = rf"(?:\d{{1,2}}(?![\d.])(?:{both}\d{{1,2}}(?![\d.])){{0,6}}|{words['ordinal']})"
    letter = (
        rf"(?:{_QUOTE}{words['letter']}(?:\.\d)?{_QUOTE}|\(?(?-i:{words['letter']})(?:\.\d)?\)?(?!\w)"
        rf"|\d{{1,2}}(?![\d.]))"
    )
    point_list = rf"{letter}(?:{both}{letter}){{0,9}}"
    before = (
        rf"(?:(?:{words['point']})\s?(?P<points0>{point_list}),?\s{{1,2}}{words['of']})?"
        rf"(?:(?:(?:{words['part']})\s?(?P<parts0>{part_list})|(?P<parts00>{words['ordinal']})"
        rf"\s(?:{words['part']})),?\s{{0,2}}{words['of']})?"
    )
    after = (
        rf"(?:\s?\((?P<paren>\d{{1,2}})\)(?:\s?\((?P<parenpoint>{words['letter']})\))?)?"
        rf"(?:\s?,?\s?[(,]?\s?(?:{words['part']})\s?(?P<parts1>{part_list})(?:\((?P<partpoint>{words['letter']})\))?)?"
        rf"(?:\s?,?\s?[(,]?\s?(?:{words['point']})\s?(?P<points1>{point_list}))?\)?"
    )
    article = (
        rf"(?<!\w){before}(?<!\w)(?P<article>{words['article']})(?:\s(?P<within>{_WITHIN})"
        rf")?\s?[№:]?\s?(?P<number>{_NUM}){after}"
    )
    return re.compile(article, re.IGNORECASE)


def _bare(words: dict[str, str]) -> re.Pattern[str]:
    """The pattern of a further number of a list whose noun was said once."""
    unit = (
        r"(?:years?|months?|days?|hours?|rub|руб|лет|год|г\.|р\.|рок|мес|сут|дн|дзён|час|ча[сc]|тыс|млн|%|млрд|гадо"
        r"|дней|января|people|человек)"
    )
    both = rf"\s?(?:,\s?(?:{words['and']}\s)?|{words['and']}\s)"
    part_list = rf"\d{{1,2}}(?![\d.])(?:{both}\d{{1,2}}(?![\d.])){{0,6}}"
    return re.compile(
        rf"(?P<number>(?=\d{{2}}){_NUM})(?!\s?(?:{unit}|[\d]))"
        rf"(?:\s?\((?P<paren>\d{{1,2}})\))?(?:\s?,?\s?\(?(?:{words['part']})\s?(?P<parts1>{part_list})\)?)?",
        re.IGNORECASE,
    )


_UNITS = {alphabet: _unit(words) for alphabet, words in _WORDS.items()}
_BARES = {alphabet: _bare(words) for alphabet, words in _WORDS.items()}
_JOIN = re.compile(
    r"\s{0,2}(?:(?P<together>,?\s?(?:in\s(?:conjunction|connection|combination|conj\.)\swith"
    r"|read\s(?:together\s)?with|via|through"
    r"|в\s(?:совокупности|сочетании|связи)\sс[ои]?|через|у\s(?:сукупності|поєднанні|звязку|зв.язку)\sз[іи]?"
    r"|у\s(?:спалучэнні|сукупнасці)\s[зс]а?"
    r"|(?<=\s)[-–—](?=\s))|\+)|(?P<list>[,;]\s?(?:(?:and|or|и|і|та|а\sтакже|as\swell\sas|а\sтакож|а\sтаксама|ды)\s)?"
    r"|(?<=\s)(?:and|or|&|и|і|та|й|або|или|ды|as\swell\sas|а\sтакже|а\sтакож|а\sтаксама)\s(?:under\s|по\s|за\s"
    r"|па\s|of\s)?|/))\s{0,2}",
    re.IGNORECASE,
)

_STATES = (
    (r"рф|росси[а-я]{0,8}(?:\s+федерац[а-я]{2,3})?|рос[іи]йськ[а-яії]{2,4}(?:\s+федерац[а-яії]{2,3})?"
    r"|рас[іе]йск[а-яіі]{2,4}(?:\s+федэрац[а-яіы]{2,3})?"
     r"|рас[іе]{1,2}|russian?(?:\s+federation)?(?:[’']s)?|rf", "РФ"),
    (r"рсфср|rsfsr", "РСФСР"), (r"усср|урср|ukrainian\s+ssr", "УССР"), (r"бсср", "БССР"), (r"ссср|срср|ussr|soviet",
    "СССР"),
    (r"рб|беларус[а-яьії]{0,6}|республик[а-я]\s+беларусь|республік[аи]\s+білорусь|рэспублік[аі]\s+беларусь"
    r"|білорус[а-яії]{0,6}|бел[оа]рус[а-я]{0,6}"
     r"|(?:the\s+)?republic\s+of\s+belarus|belarus(?:ian)?(?:[’']s)?", "РБ"),
    (r"україн[а-яії]{0,7}|украин[а-я]{0,7}|украін[а-яі]{0,6}|ukrain(?:e|ian)(?:[’']s)?", "України"),
    (r"рк|казахстан[а-я]{0,6}|республики\s+казахстан|kazakh(?:stan)?(?:i|[’']s)?", "РК"),
    (r"кр|кырг?ызстан[а-я]{0,2}|киргиз[а-я]{0,6}|kyrgyz(?:stan)?(?:[’']s)?", "КР"),
    (r"азербайджан[а-я]{0,6}|azerbaijan(?:i)?(?:[’']s)?", "Азербайджана"),
    (r"грузи[а-я]{0,5}|georgian?(?:[’']s)?", "Грузии"), (r"армени[а-я]|(?:republic\s+of\s+)?armenian?(?:[’']s)?", "РА"),
    (r"узбекистан[а-я]|uzbek(?:istan)?(?:[’']s)?", "РУз"), (r"таджикистан[а-я]|tajik(?:istan)?(?:[’']s)?", "РТ"),
    (r"молдов[а-я]|moldovan?(?:[’']s)?", "РМ"),
)  # fmt: skip
_STATE = "|".join(pattern for pattern, _ in _STATES)
_CRIMINAL = (
    r"(?-i:УК|КК)|уголовн[а-я]{2,3}\s+кодекс[а-я]{0,2}|кримінальн[а-яії]{2,4}\s+кодекс[а-яу]{0,2}"
    r"|крымінальн[а-яії]{2,4}\s+кодэкс[а-яеу]{0,2}"
)
_ADMINISTRATIVE = (
    r"(?-i:КоАП|КРКоАП|КаАП|КУпАП|КУоАП|КпАП)|кодекс[а-я]{0,2}\s+(?:рф\s+)?об\s+административных\s+правонарушениях"
    r"|кодекс[а-яу]{0,2}\s+(?:україни\s+)?про\s+адміністративні\s+правопорушення"
    r"|кодэкс[а-яеу]{0,2}\s+аб\s+адміністрацыйных\s+правапарушэннях"
    r"|административн[а-я]{2,3}\s+кодекс[а-я]{0,2}"
)
_CYRILLIC_CODE = rf"(?P<code>{_CRIMINAL}|{_ADMINISTRATIVE})(?!\w)(?:[\s,]{{1,2}}(?P<state>{_STATE})(?!\w))?"
_LATIN_CODE = (
    rf"(?:(?:the|its|their)\s+)?(?:current\s+)?(?:(?P<state0>{_STATE})\s+)?(?P<code>criminal\s+code|penal\s+code"
    rf"|(?-i:CC|UK)(?=\s+RF)"
    rf"|(?:federal\s+)?(?:code\s+(?:of|on)\s+administrative\s+(?:offen[cs]es|violations|infractions)"
    rf"|administrative\s+(?:offen[cs]es\s+)?code"
    rf"|administrative\s+violations\s+code))(?!\w)(?:\s*(?:of\s+)?(?:the\s+)?\(?(?P<state>{_STATE})(?!\w))?"
)
_CODE = re.compile(
    rf"(?:{_LATIN_CODE})|(?:{_CYRILLIC_CODE.replace('(?P<code>', '(?P<code2>').replace('(?P<state>', '(?P<state2>')})",
    re.IGNORECASE,
)
_CODE_AFTER = re.compile(rf"[\s,)]{{0,3}}(?:\(?(?:of|from|under|in)\s+)?\(?(?:{_CODE.pattern})", re.IGNORECASE)
_CODE_BEFORE = re.compile(rf"(?:{_CODE.pattern})[\s,:(—–-]{{0,3}}(?:under\s+|по\s+|за\s+|па\s+)?$", re.IGNORECASE)

_CODE_WORD = re.compile(r"[УК]К|К[оаУпР]+А?[оП]|code|код[еэ]кс", re.IGNORECASE)

# Another instrument than a code of offences, right behind the number ("of the Russian Constitution") or before it.
_OTHER = re.compile(
    r"(?:constitution|covenant|convention|declaration|charter|treaty|protocol|statute|pact|iccpr|echr|udhr|ecpr"
    r"|regulation|rules|procedure|procedural|procedures"
    r"|civil\scode|tax\scode|labou?r\scode|housing|family\scode|(?:federal\s)?(?:the\s)?laws?\b|act\b|directive"
    r"|resolution|executive\scode|penal\senforcement|penitentiary"
    r"|конституц|конвенц|ковенант|пакт|деклара|хартии|устав|протокол|закон|регламент|упк|кпк|кпк|гпк|уик|кас\b"
    r"|кас\sрф|гк\b|тк\b|нк\b|ск\b|жк\b|фз\b|фкз|ецпч|еспч|екпч|европейской"
    r"|процессуальн|процесуальн|працэсуальн|исполнительн|виконавч|выканаўч|гражданск|цивільн|трудов|налогов"
    r"|статут|правил|договор|пракцэдур|канвенцы|канстытуц|дэкларац|пратакол)",
    re.IGNORECASE,
)  # fmt: skip
_OTHER_BEFORE = re.compile(
    (
        r"(?:constitution|covenant|convention|declaration|charter|iccpr|echr|udhr|упк|гпк|фз|конституции|конвенции)"
        r"\)?[\s,:(—–-]{0,3}$"
    ),
    re.IGNORECASE,
)
_CHARGED = re.compile(
    r"\b(?:charg|convict|accus|sentenc|prosecut|indict|guilty|criminal|crime|offen[cs]e|case|detain|arrest"
    r"|administrative|fined?\b|counts?\b)"
    r"|обвин|осужд|осуд|приговор|дел[оауе]\b|преследован|задерж|арест|вменя|инкримин|возбу|оштраф|административн"
    r"|уголовн"
    r"|звинува|засуд|вирок|справ|затрим|підозр|абвінава|асудж|прысуд|справ|затрым|крымінальн|кримінальн|адміністра",
    re.IGNORECASE,
)
MOST = 100
"""Citations of one block that are read: the longest chronicle's paragraph has some 30."""
_GENERAL_PART = {"30", "33", "34", "35"}
_CONJOINED = {"14", "15", "26", "27", "28", "13", "16"}
_NOUNS = {"latin": ("art.", "arts.", "article", "art "), "cyrillic": ("ст.", "ст ", "стат", "арт")}
_HINT = re.compile(
    (
        r"\b(?:articles?|arts?\.?|ст|стст|стат[а-яіїє]{2,4}|арт|артыкул\w{0,3})\b\.?\s?(?:ст\.\s?|no\.?\s|№\s?"
        r"|(?:(?:УК|КК|КоАП|КаАП)(?:\s\w{1,8})?\s?)?:\s?)?\d"
    ),
    re.IGNORECASE,
)


@dataclass(slots=True)
class _Article:
    """One article of a citation, as read."""

    number: str
    parts: str
    points: str
    start: int
    end: int
    together: bool = False
    within: str = ""

    def written(self, state: str) -> str:
        """The normal form without the code."""
        number = self.number.replace("^", "-" if state in {"РБ", "України"} else ".")
        if state in {"РФ", "РСФСР"}:
            number = number.replace("-", ".")
        return f"{number}{f' ч. {self.parts}' if self.parts else ''}{f' п. {self.points}' if self.points else ''}"


def articles(text: str, lowered: str, *, alphabet: str) -> Iterator[Mention]:
    """The articles of codes of offences that the text cites; `alphabet` is latin or cyrillic."""
    if not any(word in lowered for word in _NOUNS[alphabet]) or not _HINT.search(text):
        return
    citations = list(islice(_citations(text, alphabet), MOST))
    states = {(family, state) for _, _, family, state in citations if state}
    for units, end, named, stated in citations:
        family, state = named, stated
        if not state:
            known = sorted({(f, s) for f, s in states if not family or f == family})
            if len(known) == 1:
                family, state = known[0]
        yield from _mentions(units, end, family, state)


def _mentions(units: list[_Article], end: int, family: str, state: str) -> Iterator[Mention]:
    """One mention for each article, or for each group that is applied together."""
    groups: list[list[_Article]] = []
    for unit in units:
        if groups and unit.together:
            groups[-1].append(unit)
        else:
            groups.append([unit])
    code = _code_name(family, state)
    for group in groups:
        value = ", ".join(unit.written(state) for unit in group)
        last = end if group is groups[-1] else group[-1].end
        yield Mention("article", f"{value} {code}".strip(), group[0].start, last, "article")


def _code_name(family: str, state: str) -> str:
    """The code's short form as its own country writes it."""
    if state == "України":
        return "КУпАП" if family.startswith("Ко") or family == "КУпАП" else "КК України"
    return f"{family} {state}" if state else family


def _citations(text: str, alphabet: str) -> Iterator[tuple[list[_Article], int, str, str]]:
    """Each run of articles with its end, the family of its code and the state, where they are named."""
    at, pattern = 0, _UNITS[alphabet]
    while first := pattern.search(text, at):
        units = [_read(first)]
        end = first.end()
        while found := _next(text, end, alphabet):
            joined, match = found
            unit = _read(match)
            unit.together = joined or (units[-1].number in _GENERAL_PART and units[-1].number != unit.number)
            units.append(unit)
            end = match.end()
        at = end
        if cited := _coded(text, units, first.start(), end):
            yield cited
            at = max(at, cited[1])


def _next(text: str, end: int, alphabet: str) -> tuple[bool, re.Match[str]] | None:
    """The article that continues the list at that place."""
    join = _JOIN.match(text, end)
    if join is None:
        match = _UNITS[alphabet].match(text, end + 1) if text[end : end + 1] == " " else None
        return (True, match) if match else None
    match = _UNITS[alphabet].match(text, join.end()) or _BARES[alphabet].match(text, join.end())
    return (join["together"] is not None, match) if match else None


def _coded(text: str, units: list[_Article], start: int, end: int) -> tuple[list[_Article], int, str, str] | None:
    """The citation with its code; None where it is no article of a code of offences."""
    if units[0].within and (within := _CODE.match(units[0].within)):
        family, state = _family(within)
        return units, end, family, state
    if after := _CODE_AFTER.match(text, end):
        between = text[end : after.start("code") if after["code"] else after.start("code2")]
        if not re.match(
            r"\s*(?:executive|procedure)|[\s-]*(?:исполн|процесс)", text[after.end() : after.end() + 14], re.I
        ):
            family, state = _family(after)
            return (units, after.end(), family, state) if ";" not in between else None
        return None
    ahead = text[max(0, start - 90) : start]
    if _CODE_WORD.search(ahead) and (before := _CODE_BEFORE.search(ahead)):
        family, state = _family(before)
        return units, end, family, state
    if _OTHER.search(re.split(r"[.;:!?]\s|\n", text[end : end + 70], maxsplit=1)[0]) or _OTHER_BEFORE.search(
        text, max(0, start - 60), start
    ):
        return None
    strong = any(re.match(r"\d{3}|\d+[.^-]", unit.number) or unit.parts for unit in units)
    around = text[max(0, start - 150) : end + 150]
    return (units, end, "", "") if strong or _CHARGED.search(around) else None


def _family(match: re.Match[str]) -> tuple[str, str]:
    """The family of the code and its state."""
    word = (match["code"] or match["code2"]).lower()
    state = next((match[name] for name in ("state0", "state", "state2") if match[name]), "").lower()
    short = next((value for pattern, value in _STATES if re.fullmatch(pattern, state, re.IGNORECASE)), "")
    if (
        "админ" in word
        or "адмін" in word
        or "admin" in word
        or word in {"коап", "каап", "купап", "куоап", "кпап", "кркоап"}
    ):
        if word in {"купап", "куоап"}:
            return "КоАП", "України"
        return "КоАП", short
    return ("КК" if word == "кк" or "кримін" in word or "крымін" in word else "УК") if not short else "УК", short


def _read(match: re.Match[str]) -> _Article:
    """The article that the match read."""
    named = match.groupdict()
    number = re.sub(r"[‑–]", "-", named["number"].replace(" ", ""))
    if upper := re.search("[¹²³⁴⁵⁶⁷⁸⁹⁰]+", number):
        number = f"{number[: upper.start()]}^{upper.group().translate(_UPPER)}"
    parts = named.get("parts0") or named.get("parts00") or named.get("parts1") or named.get("paren") or ""
    points = named.get("points0") or named.get("points1") or named.get("parenpoint") or named.get("partpoint") or ""
    return _Article(
        number, _parts(parts), _points(points), match.start(), match.end(), within=named.get("within") or ""
    )


def _parts(written: str) -> str:
    """Parts as they are stored: 2; 1, 2; 1–3."""
    lowered = written.lower()
    for stem, number in _ORDINALS:
        if lowered.startswith(stem):
            return str(number)
    return ", ".join(re.sub(rf"\s?{_DASH}\s?", "–", part) for part in re.findall(rf"\d+(?:\s?{_DASH}\s?\d+)?", written))


def _points(written: str) -> str:
    """Points as they are stored: letters between « and », numbers plain."""
    found = re.findall(
        r"(?<!\w)(?:[^\W\d_](?:\.\d)?|\d{1,2})(?!\w)", re.sub(r"(?<=[\s,])(?:and|и|і|та)(?=\s)(?!\s*$)", ",", written)
    )
    return ", ".join(point if point.isdigit() else f"«{point}»" for point in found)


def completed(value: str, stated: Collection[str]) -> str:
    """The value with the code that the page names elsewhere, where it names one only: "207.3" is "207.3 УК РФ"."""
    codes = sorted({match.group() for one in stated if (match := _FULL_CODE.search(one))})
    if _FULL_CODE.search(value):
        return value
    if bare := re.search(r" (УК|КК|КоАП)$", value):
        fit = [code for code in codes if (bare.group(1) == "КоАП") == code.startswith(("КоАП", "КУпАП"))]
        return f"{value[: bare.start()]} {fit[0]}" if len(fit) == 1 else value
    return f"{value} {codes[0]}" if len(codes) == 1 else value


_FULL_CODE = re.compile(r"(?:(?:УК|КоАП) \w+|КК України|КУпАП)$")
