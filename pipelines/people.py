"""Persons that a page names: where, in which form, and which of these are one person.

A name is a given name of the lists with a surname, a patronymic or both, in either order; or initials with a surname;
or two capitalised words of which the second has a surname's ending. Later a surname alone, or a given name alone, is
the person of the page that has it, if one alone has. Across scripts persons are one when the skeletons of their names
are (`pipelines/names.py`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from pipelines.names import (
    CASES,
    CYRILLIC,
    LATIN_SURNAME_LIKE,
    SURNAME_LIKE,
    given_forms,
    is_latin_patronymic,
    latin_given,
    patronymic_forms,
    rough,
    skeleton,
    surname,
    tongue_of,
)
from pipelines.names_words import (
    AFTER_OFFICIAL,
    NO_APPOSITION,
    NO_NAME_CYRILLIC,
    NO_NAME_LATIN,
    NOMINATIVE_ROLE,
    OFFICIAL,
    PLACES_LATIN,
    RELATIVE,
)

SEVERAL: Final = -1
"""`PersonMention.person` where several persons of the page have the name that is written."""
PERSONS: Final = 400
"""Persons of one page at most: a longer list is read as far as that."""
LONGEST_RUN: Final = 12
"""Capitalised words in a row that are looked at together."""
NAMES: Final = 20
"""Different names of one person that are kept."""
_TOKEN = re.compile(r"(?<![\w'’ʼ])(?:[^\W\d_a-zа-яёіїєґў][\w'’ʼ-]{0,40}+)")
_JOIN = re.compile(r"\.?[ \u00a0\u202f]{1,2}\Z|\.\Z")
_WINDOW: Final = 70
_INITIALS: Final = frozenset({"Kh", "Zh", "Yu", "Ya", "Ye", "Sh", "Ts", "Ch", "Дж"})
"""One letter of a Cyrillic name in Latin ones, which the page writes with a full stop."""


@dataclass(frozen=True, slots=True)
class Name:
    """A person's name as one place writes it."""

    start: int
    end: int
    written: str
    given: str
    patronymic: str
    surname: str
    group: str
    """Of the given name: the same in all languages; a skeleton for one that no list has; '' for initials."""
    initials: str
    gender: str
    case: str
    """`n` for Latin letters."""
    certain: bool
    """Whether the nominative is the only one that the form allows."""
    language: str
    surname_first: bool = False

    @property
    def nominative(self) -> str:
        """In the order in which it is written."""
        given = self.given or ". ".join(self.initials) + "."
        parts = (self.surname, given, self.patronymic) if self.surname_first else (given, self.patronymic, self.surname)
        return " ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class PersonMention:
    """Where a text names a person."""

    start: int
    end: int
    written: str
    person: int
    """Index among the page's persons, or SEVERAL."""
    case: str
    """Grammatical case, '' where the form does not tell."""
    role: str
    """`official`, `relative` or ''."""
    full: bool
    """Given name and surname."""
    among: tuple[int, ...] = ()
    """For SEVERAL: which."""


@dataclass(slots=True)
class Person:
    """One person, by all names the page gives."""

    names: list[Name] = field(default_factory=list)

    def add(self, name: Name) -> None:
        """Keep a name that is not known yet."""
        told = (name.nominative, name.language, name.certain)
        known = any((one.nominative, one.language, one.certain) == told for one in self.names)
        if not known and len(self.names) < NAMES:
            self.names.append(name)

    @property
    def gender(self) -> str:
        """m, f, or '' where the names do not tell."""
        return next((name.gender for name in self.names if name.gender), "")

    @property
    def certain(self) -> bool:
        """Whether at least one name has a surname, and one nominative only."""
        return any(name.certain and name.surname for name in self.names)

    def called(self, language: str) -> str:
        """What the page calls the person: given name and surname in its language, else the fullest there is."""
        return max(enumerate(self.names), key=lambda pair: (_worth(pair[1], language), -pair[0]))[1].nominative

    def fullest(self, language: str) -> Name | None:
        """The fullest name in a language whose nominative is certain."""
        fit = [
            name for name in self.names if name.language == language and name.certain and name.surname and name.given
        ]
        return max(fit, key=lambda name: (bool(name.patronymic), -fit.index(name)), default=None)


def _worth(name: Name, language: str) -> tuple[bool, bool, bool, bool, bool]:
    return (
        name.language == language,
        bool(name.given and name.surname),
        name.certain,
        not name.patronymic,
        not name.surname_first,
    )


# --- names of one text ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Token:
    start: int
    end: int
    text: str

    @property
    def initial(self) -> bool:
        return len(self.text) == 1 or self.text in _INITIALS

    @property
    def word(self) -> str:
        return self.text.title() if len(self.text) > 2 and self.text.isupper() else self.text


def _tokens(text: str) -> Iterator[list[_Token]]:
    """Runs of capitalised words with nothing but a space, or an initial's full stop, between them."""
    run: list[_Token] = []
    for match in _TOKEN.finditer(text):
        word = match.group().rstrip("'’ʼ-")
        possessive = word[:-2] if word.endswith(("'s", "’s", "ʼs")) else word
        token = _Token(match.start(), match.start() + len(possessive), possessive)
        if not token.text:
            continue
        if run:
            gap = text[run[-1].end : token.start][:4]
            stop = gap.startswith(".") and not run[-1].initial
            if not _JOIN.match(gap) or stop or len(run) >= LONGEST_RUN:
                yield run
                run = []
        run.append(token)
    if run:
        yield run


def names_in(text: str, language: str) -> list[Name]:
    """All names of persons in a text, in order; of surnames alone it knows nothing."""
    found = []
    for run in _tokens(text):
        at = 0
        while at < len(run):
            if CYRILLIC.match(run[at].text):
                name, width = _cyrillic(text, run, at, language if language in {"ru", "uk", "be"} else "ru")
            else:
                name, width = _latin(text, run, at)
            if name is not None:
                found.append(name)
            at += width
    return found


def _latin_stop(token: _Token) -> bool:
    return token.text.lower() in NO_NAME_LATIN or not token.text[0].isalpha()


def _latin(text: str, run: Sequence[_Token], at: int) -> tuple[Name | None, int]:
    token, rest = run[at], run[at + 1 :]
    if token.initial:
        return _initials(text, run, at, "en")
    if _latin_stop(token) or CYRILLIC.match(token.text):
        return None, 1
    known = latin_given(token.word)
    if known is None:
        return _latin_other(text, run, at)
    gender, group = known
    middle = 0
    patronymic = ""
    if rest and is_latin_patronymic(rest[0].word) and len(rest) > 1 and not _latin_stop(rest[1]):
        patronymic, middle = rest[0].word, 1
    elif len(rest) > 1 and rest[0].initial and not _latin_stop(rest[1]) and not rest[1].initial:
        middle = 1
    last = rest[middle] if len(rest) > middle else None
    if last is None or _latin_stop(last) or last.initial or CYRILLIC.match(last.text) or len(last.text) < 2:
        return Name(
            token.start,
            token.end,
            text[token.start : token.end],
            token.word,
            "",
            "",
            group,
            "",
            gender,
            "n",
            True,
            "en",
        ), 1
    span = text[token.start : last.end]
    name = Name(token.start, last.end, span, token.word, patronymic, last.word, group, "", gender, "n", True, "en")
    return name, 2 + middle


def _latin_other(text: str, run: Sequence[_Token], at: int) -> tuple[Name | None, int]:
    """A surname before the given name, or a given name that no list has before what ends as surnames do."""
    token, rest = run[at], run[at + 1 :]
    if not rest or _latin_stop(rest[0]) or CYRILLIC.match(rest[0].text):
        return None, 1
    if len(rest) > 1 and rest[0].initial and text[rest[0].end : rest[0].end + 1] == "." and not _latin_stop(rest[1]):
        # Patrick W. Carlin
        last = rest[1]
        if len(last.text) > 2 and not CYRILLIC.match(last.text):
            span, group = text[token.start : last.end], skeleton(token.word)
            return Name(token.start, last.end, span, token.word, "", last.word, group, "", "", "n", True, "en"), 3
    second = latin_given(rest[0].word)
    if second is not None and LATIN_SURNAME_LIKE.search(token.word.lower()):
        if len(rest) > 1 and is_latin_patronymic(rest[1].word):
            third, width = rest[1].word, 3
        elif len(rest) == 1:
            third, width = "", 2
        else:
            return None, 1
        end = run[at + width - 1].end
        gender, group = second
        span = text[token.start : end]
        name = Name(token.start, end, span, rest[0].word, third, token.word, group, "", gender, "n", True, "en", True)
        return name, width
    fits = (
        rest[0].text.lower() not in PLACES_LATIN
        and len(token.text) > 2
        and len(rest[0].text) > 4
        and rest[0].text[1:].islower()
        and token.text[1:].islower()
    )
    alike = LATIN_SURNAME_LIKE.search(rest[0].word.lower()) or _in_a_case(text, token.start, rest[0].end)
    if second is None and fits and len(run) == at + 2 and at <= 1 and alike:
        span = text[token.start : rest[0].end]
        group = skeleton(token.word)
        return Name(token.start, rest[0].end, span, token.word, "", rest[0].word, group, "", "", "n", True, "en"), 2
    return None, 1


_ACTED_ON: Final = re.compile(
    r"\b(?:sentenced|jailed|detained|arrested|convicted|released|imprisoned|fined|case\s+against"
    r"|verdict\s+against|charges\s+against)\s+\Z"
)
_SUFFERS: Final = re.compile(
    r"(?:,[^,.;]{1,60},)?\s+(?:was|has\s+been|had\s+been|is)\s+(?:sentenced|detained|arrested|convicted|charged"
    r"|released|born|found\s+guilty|remanded|jailed)\b"
)


_PLACE_BEFORE: Final = re.compile(r"\b(?:in|from|of|at|near|to|by|for|with|the|outside|around|and)\s+\Z", re.IGNORECASE)


def _in_a_case(text: str, start: int, end: int) -> bool:
    """Whether the verb beside two words says that they are a person: "sentenced X Y", "X Y was detained"."""
    before = text[max(0, start - 30) : start]
    if _ACTED_ON.search(before):
        return True
    return not _PLACE_BEFORE.search(before) and bool(_SUFFERS.match(text[end : end + 100]))


def _initials(text: str, run: Sequence[_Token], at: int, language: str) -> tuple[Name | None, int]:
    """К. П. Островерхов."""
    letters = [run[at]]
    if at + 1 < len(run) and run[at + 1].initial:
        letters.append(run[at + 1])
    if any(text[letter.end : letter.end + 1] != "." for letter in letters) or at + len(letters) >= len(run):
        return None, 1
    last = run[at + len(letters)]
    lower = last.text.lower()
    if len(last.text) < 3 or lower in NO_NAME_LATIN or lower in NO_NAME_CYRILLIC or given_forms(last.word, language):
        return None, len(letters)
    written = text[letters[0].start : last.end]
    initials = "".join(letter.text[0] for letter in letters)
    latin = language == "en"
    case = "n" if latin else ""
    sure = latin or bool(_MASCULINE_ALONE.search(lower))
    name = Name(letters[0].start, last.end, written, "", "", last.word, "", initials, "", case, sure, language)
    return name, len(letters) + 1


@dataclass(frozen=True, slots=True)
class _Read:
    given: str
    patronymic: str
    surname: str
    group: str
    gender: str
    case: str
    certain: bool


def _readings(given: _Token, fathers: _Token | None, last: _Token | None, language: str) -> list[_Read]:
    """Every reading in which given name, patronymic and surname agree in gender and case."""
    found = []
    others = patronymic_forms(fathers.word, language) if fathers else ()
    for form in given_forms(given.word, language):
        agreeing = [other for other in others if (other.gender, other.case) == (form.gender, form.case)]
        if fathers and not agreeing:
            continue
        family = surname(last.word, form.gender, form.case, language) if last else None
        if last and family is None:
            continue
        found.append(
            _Read(
                form.nominative,
                agreeing[0].nominative if agreeing else "",
                family.nominative if family else "",
                form.group,
                form.gender,
                form.case,
                family.certain if family else True,
            )
        )
    return found


def _named(text: str, tokens: Sequence[_Token], reads: Sequence[_Read], language: str, *, first: bool = False) -> Name:
    """The name that the readings leave: the nominative where it is one, and it is certain if all agree."""
    reads = [read for read in reads if read.certain] or reads
    reads = _as_governed(text, tokens[0].start, tokens[-1].end, reads)
    best = min(reads, key=lambda read: _LIKELY.index(read.case))
    nominatives = {(read.given, read.patronymic, read.surname) for read in reads}
    cases = {read.case for read in reads if (read.given, read.surname) == (best.given, best.surname)}
    start, end = tokens[0].start, tokens[-1].end
    return Name(
        start,
        end,
        text[start:end],
        best.given,
        best.patronymic,
        best.surname,
        best.group,
        "",
        best.gender,
        best.case if len(cases) == 1 or best.case == "n" else "".join(sorted(cases)),
        best.certain and len(nominatives) == 1,
        language,
        first,
    )


_LIKELY: Final = "nagdipv"
"""Cases, the likeliest in a report first."""
_TAKES_ACCUSATIVE = re.compile(
    r"(?:задержа|арестова|приговор|осуди|обвин|отправ|освобод|отпусти|призна|оправда|переве|помести|этапирова"
    r"|избил|увезли|объяв"
    r"|затрима|заарешт|засуди|звинуват|звільн|відправ|визна|виправда|затрыма|арыштава|асудзі|абвінава|вызвал"
    r"|адправі|прызна|апраўда)"
    r"[а-яіїєў]*\b",
    re.IGNORECASE,
)
_TAKES_DATIVE = re.compile(
    r"(?:гроз|предъяв|вменя|назнач|запрос|продли|написать|писать|письм|адрес|загрож|написати|призначи|інкримін"
    r"|паграж|напісаць|прызначы)[а-яіїєў]*\b",
    re.IGNORECASE,
)


def _as_governed(text: str, start: int, end: int, reads: Sequence[_Read]) -> Sequence[_Read]:
    """Of readings of different persons, those in the case that the verb beside the name takes."""
    if len({(read.given, read.surname) for read in reads}) < 2:
        return reads
    wanted = _governed(text, start, end)
    fit = [read for read in reads if read.case == wanted]
    return fit or reads


def _governed(text: str, start: int, end: int) -> str:
    """The case that a verb near the name takes; '' where none or two do."""
    around = text[max(0, start - 40) : start] + " " + text[end : end + 30]
    accusative, dative = _TAKES_ACCUSATIVE.search(around), _TAKES_DATIVE.search(around)
    return "a" if accusative and not dative else "d" if dative and not accusative else ""


def _usable(token: _Token) -> bool:
    return len(token.text) > 1 and token.text.lower() not in NO_NAME_CYRILLIC and bool(CYRILLIC.match(token.text))


def _cyrillic(text: str, run: Sequence[_Token], at: int, language: str) -> tuple[Name | None, int]:
    token, rest = run[at], run[at + 1 :]
    if token.initial:
        return _initials(text, run, at, language)
    if not _usable(token) or (language == "be" and token.text == "Яна" and not (rest and _usable(rest[0]))):
        # Belarusian "she", at the beginning of a sentence
        return None, 1
    if rest and not given_forms(token.word, language):
        name, width = _surname_first(text, run, at, language)
        if name is not None:
            return name, width
    if not given_forms(token.word, language):
        return _cyrillic_other(text, run, at, language)
    language = tongue_of(token.word, language)
    second = rest[0] if rest and _usable(rest[0]) else None
    if second is not None and patronymic_forms(second.word, language):
        third = rest[1] if len(rest) > 1 and _usable(rest[1]) else None
        reads = _readings(token, second, third, language) if third else []
        if reads and third:
            return _named(text, (token, second, third), reads, language), 3
        reads = _readings(token, second, None, language)
        if reads:
            return _named(text, (token, second), reads, language), 2
    if second is not None:
        reads = _readings(token, None, second, language)
        if reads:
            return _named(text, (token, second), reads, language), 2
    reads = _readings(token, None, None, language)
    return _named(text, (token,), reads, language), 1


_NOMINATIVE: Final = re.compile(
    r"(?:[оеё]в|[аоеё]ў|[иыі]н|[сц]ь?кий|скі|енко|[сц]ь?ка|ская|[оеёа]ва|[иыі]на|ук|юк|дзе|швили)\Z"
)


def _cyrillic_other(text: str, run: Sequence[_Token], at: int, language: str) -> tuple[Name | None, int]:
    """A given name that no list has, in the nominative, before what ends as surnames do."""
    token = run[at]
    last = run[at + 1] if len(run) == at + 2 and at == 0 else None
    if last is None or not _usable(last) or len(token.text) < 3 or len(last.text) < 5 or not last.text[1:].islower():
        return None, 1
    acted = _object(text, token, last, language)
    if acted is not None:
        return acted, 2
    if SURNAME_LIKE.search(token.text.lower()) and not _NOMINATIVE.search(last.text.lower()):
        return None, 1
    if _MASCULINE_ALONE.search(last.text.lower()) and token.text[-1] in "аяуюые":
        # Совета Министров
        return None, 1
    if not token.text[1:].islower() or not _NOMINATIVE.search(last.text.lower()) or token.text.endswith(_ADJECTIVE):
        return None, 1
    if re.search(r"(?:[.!?…]|^)\s*[«\"]?\Z", text[max(0, token.start - 4) : token.start]) and not re.match(
        r"\s*(?:,|\(|—|–|-|\d|был|приговор|осужд|задерж|родил|бул|засудж|затрим|народ|быў|асудж|затрым|нарадз)",
        text[last.end : last.end + 14],
    ):
        return None, 1
    # Асият Мурзаева: a man's name would have the ending of his surname's case
    woman = bool(re.search(r"[бвгджзклмнпрстфхцчшщ]\Z", token.text) and _FEMININE_ALONE.search(last.text.lower()))
    name = Name(
        token.start,
        last.end,
        text[token.start : last.end],
        token.word,
        "",
        last.word,
        skeleton(token.word),
        "",
        "f" if woman else "",
        "n",
        bool(_MASCULINE_ALONE.search(last.text.lower()) or woman),
        language,
    )
    return name, 2


_VERB_BEFORE: Final = re.compile(
    r"(?:приговорил[аи]?|осудил[аи]?|задержал[аи]?|арестовал[аи]?|оштрафовал[аи]?|оштрафува(?:в|л[аи])|аштрафава(?:ў|л[аі])|засуди(?:в|л[аи])|затрима(?:в|л[аи])"
    r"|заарештува(?:в|л[аи])|асудзі(?:ў|л[аі])"
    r"|затрыма(?:ў|л[аі])|арыштава(?:ў|л[аі])|освободил[аи]?|звільни(?:в|л[аи])|вызвалі(?:ў"
    r"|л[аі]))\s+(?:[а-яёіїєўґ’'-]+\s+){0,3}"
    r"(?:(?-i:[А-ЯЁІЇЄЎҐ][\w’'-]{1,25}\s[А-ЯЁІЇЄЎҐ][\w’'-]{1,25})(?:,|\s(?:и|і|й|та|ды))\s){0,3}\Z",
    re.IGNORECASE,
)


def _object(text: str, given: _Token, last: _Token, language: str) -> Name | None:
    """A name that no list has as the object of "sentenced": its case is the accusative."""
    if not _VERB_BEFORE.search(text[max(0, given.start - 120) : given.start]) or not SURNAME_LIKE.search(
        last.text.lower()
    ):
        return None
    for gender, ending, strip in (("m", "а", ""), ("f", "у", "а"), ("f", "ю", "я")):
        family = surname(last.word, gender, "a", language)
        if given.text.endswith(ending) and family is not None and family.certain:
            told = given.word[:-1] + strip
            span = text[given.start : last.end]
            return Name(
                given.start,
                last.end,
                span,
                told,
                "",
                family.nominative,
                skeleton(told),
                "",
                gender,
                "a",
                True,
                language,
            )
    return None


_MASCULINE_ALONE: Final = re.compile(r"(?:[оеё]в|[аоеё]ў|[иыі]н|[сц]ь?кий|скі|енко)\Z")
"""Endings that no other case of a surname has."""
_FEMININE_ALONE: Final = re.compile(r"(?:[оеё]ва|[иыі]на|ская|ська)\Z")
_ADJECTIVE: Final = (
    "ий",
    "ый",
    "ой",
    "ая",
    "яя",
    "ое",
    "ее",
    "ого",
    "ому",
    "ская",
    "ский",
    "скі",
    "ому",
    "ском",
    "ской",
    "аго",
    "ага",
)


def _surname_first(text: str, run: Sequence[_Token], at: int, language: str) -> tuple[Name | None, int]:
    """Островерхов Клим Петрович, Островерхов Клим, Островерхов К. П."""
    token, rest = run[at], run[at + 1 :]
    if rest[0].initial and len(token.text) > 2:
        letters = [one for one in rest[:2] if one.initial and text[one.end : one.end + 1] == "."]
        after = rest[len(letters)] if len(rest) > len(letters) else None
        if letters and after is None and SURNAME_LIKE.search(token.text.lower()):
            end = letters[-1].end + 1
            initials = "".join(one.text[0] for one in letters)
            written = text[token.start : end]
            sure = bool(_MASCULINE_ALONE.search(token.text.lower()))
            name = Name(token.start, end, written, "", "", token.word, "", initials, "", "", sure, language, True)
            return name, 1 + len(letters)
        return None, 1
    if not given_forms(rest[0].word, language):
        return None, 1
    if len(rest) > 1 and patronymic_forms(rest[1].word, language):
        reads = _readings(rest[0], rest[1], token, language)
        if reads and (len(rest) < 3 or not _usable(rest[2]) or SURNAME_LIKE.search(token.text.lower())):
            return _named(text, (token, rest[0], rest[1]), reads, language, first=True), 3
        return None, 1
    if (len(rest) == 1 or not _usable(rest[1])) and SURNAME_LIKE.search(token.text.lower()):
        reads = _readings(rest[0], None, token, language)
        if reads:
            return _named(text, (token, rest[0]), reads, language, first=True), 2
    return None, 1


# --- persons of one page -------------------------------------------------------------------------------------------


class People:
    """The persons of a page, and where its texts name them."""

    def __init__(self, texts: Sequence[tuple[str, str]]) -> None:
        """`texts`: (text, language), in the order of the page."""
        self.persons: list[Person] = []
        self.mentions: list[list[PersonMention]] = []
        named = [names_in(text, language) for text, language in texts]
        linked = self._gather(named)
        self._settle(texts)
        surnames, givens = self._index()
        self._met: set[int] = set()
        for (text, language), names, persons in zip(texts, named, linked, strict=True):
            self.mentions.append(self._mentions(text, language, names, persons, surnames, givens))

    def _gather(self, named: Sequence[Sequence[Name]]) -> list[list[int | None]]:
        """The person of each full name; the certain ones first, so that a doubtful form finds its nominative."""
        linked: list[list[int | None]] = [[None] * len(names) for names in named]
        by_surname: dict[str, list[int]] = defaultdict(list)
        order = [(number, at) for number, names in enumerate(named) for at, name in enumerate(names)]
        for sure in (True, False):
            for number, at in order:
                name = named[number][at]
                if not (name.surname and name.given) or name.certain is not sure:
                    continue
                linked[number][at] = self._person_of(name, by_surname)
        for number, at in order:
            name = named[number][at]
            if name.surname and not name.given:
                linked[number][at] = self._by_initials(name)
        return linked

    def _settle(self, texts: Sequence[tuple[str, str]]) -> None:
        """A person of doubtful forms only has the reading whose surname stands somewhere in the nominative."""
        doubtful = [person for person in self.persons if not person.certain and person.names[0].surname]
        if not doubtful:
            return
        words = {match.group() for text, _ in texts for match in _TOKEN.finditer(text)}
        for person in doubtful:
            reads = {read.nominative: read for read in _other_readings(person.names[0]) if read.surname in words}
            if len(reads) == 1:
                person.names[0] = next(iter(reads.values()))

    def _person_of(self, name: Name, by_surname: dict[str, list[int]]) -> int | None:
        keys = (skeleton(name.surname), "~" + rough(skeleton(name.surname)) + name.group)
        for key in keys:
            for index in by_surname[key]:
                if _same_given(name, self.persons[index]):
                    self.persons[index].add(_confirmed(name, self.persons[index]))
                    return index
        if not name.certain:
            for other in _other_readings(name):
                for index in by_surname[skeleton(other.surname)]:
                    if _same_given(other, self.persons[index]):
                        return index
        if len(self.persons) >= PERSONS:
            return None
        self.persons.append(Person([name]))
        for key in keys:
            by_surname[key].append(len(self.persons) - 1)
        return len(self.persons) - 1

    def _by_initials(self, name: Name) -> int | None:
        fit = [
            index
            for index, person in enumerate(self.persons)
            if _fits_surname(name.surname, person, name.language) and _fits_initials(name, person)
        ]
        if len(fit) == 1:
            return fit[0]
        if fit:
            return SEVERAL
        if len(self.persons) < PERSONS and name.language == "en":
            self.persons.append(Person([name]))
            return len(self.persons) - 1
        if len(self.persons) < PERSONS and SURNAME_LIKE.search(name.surname.lower()):
            self.persons.append(Person([name]))
            return len(self.persons) - 1
        return None

    def _index(self) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
        """Persons by the first letters of their surnames, and by the group of their given names."""
        surnames: dict[str, list[int]] = defaultdict(list)
        givens: dict[str, list[int]] = defaultdict(list)
        for index, person in enumerate(self.persons):
            for head in sorted({name.surname[:3].lower() for name in person.names if name.surname}):
                surnames[head].append(index)
            for group in sorted({name.group for name in person.names if name.group}):
                givens[group].append(index)
        return surnames, givens

    def _mentions(
        self,
        text: str,
        language: str,
        names: Sequence[Name],
        persons: Sequence[int | None],
        surnames: dict[str, list[int]],
        givens: dict[str, list[int]],
    ) -> list[PersonMention]:
        found = []
        taken: list[tuple[int, int]] = []
        for name, person in zip(names, persons, strict=True):
            index, case = person, name.case
            if not name.surname:
                fit = givens.get(name.group, [])
                index = self._by_given(name, fit)
            if index is None:
                continue
            taken.append((name.start, name.end))
            full = bool(name.given and name.surname)
            found.append(self._mention(text, name.start, name.end, index, case, full=full))
        met = sorted((one.start, one.person) for one in found if one.person >= 0)
        busy = iter(taken)
        held = next(busy, None)
        for match in _TOKEN.finditer(text) if surnames else ():
            while held is not None and held[1] <= match.start():
                held = next(busy, None)
            if held is not None and match.end() > held[0]:
                continue
            word = match.group().rstrip("'’ʼ-")
            word = word[:-2] if word.endswith(("'s", "’s", "ʼs")) else word
            if len(word) < 3 or not surnames.get(word[:3].lower()):
                continue
            fits = [
                (index, case)
                for index in surnames[word[:3].lower()]
                for case in [_surname_case(word, self.persons[index], language)]
                if case is not None
            ]
            if fits:
                end = match.start() + len(word)
                if len(fits) > 1:
                    # a surname alone is of who was introduced by then
                    known = self._met | {person for start, person in met if start < match.start()}
                    fits = [fit for fit in fits if fit[0] in known] or fits
                index, case = _one_fit(text, match.start(), end, fits)
                one = self._mention(text, match.start(), end, index, case, full=False)
                among = tuple(fit[0] for fit in fits) if index == SEVERAL else ()
                found.append(replace(one, among=among) if among else one)
        self._met |= {person for _, person in met}
        return sorted(found, key=lambda one: one.start)

    def _by_given(self, name: Name, fit: Sequence[int]) -> int | None:
        """Whose given name (and patronymic) stands alone; a person of its own where the page has no such."""
        if name.patronymic:
            key = skeleton(name.patronymic)
            same = [i for i in fit if any(skeleton(one.patronymic) == key for one in self.persons[i].names)]
            fit = same or [i for i in fit if not any(one.patronymic for one in self.persons[i].names)]
        if len(fit) == 1:
            return fit[0]
        if fit:
            return SEVERAL
        if len(self.persons) >= PERSONS:
            return None
        self.persons.append(Person([name]))
        return len(self.persons) - 1

    @staticmethod
    def _mention(text: str, start: int, end: int, person: int, case: str, *, full: bool) -> PersonMention:
        before, after = text[max(0, start - _WINDOW) : start], text[end : end + _WINDOW]
        before = re.split(r"[.!?]\s|\n|;", before)[-1]
        role = _role(before, after, case)
        return PersonMention(start, end, text[start:end], person, case, role, full)


_ACTED_ON_WORD: Final = re.compile(
    r"(?:\b(?:sentenced|jailed|imprisoned|convicted|arrested|detained|remanded)"
    r"|\b(?:приговорил|осудил|арестовал|задержал)[аи]?|\b(?:засуди|заарештува|затрима)(?:в|л[аи])"
    r"|\b(?:асудзі|арыштава|затрыма)(?:ў|л[аі]))"
    r"(?:\s+(?:the|a|an|former|ex|[а-яёіїєўґ-]{2,12}(?:ого|его|ую|юю|ьну|ню|шню|ага|яга)))*\s+\Z",
    re.IGNORECASE,
)
"""Before an official's word: who is acted on is no official of the case."""


def _role(before: str, after: str, case: str) -> str:
    """What part the words beside a name give its person."""
    for role, pattern in (("official", OFFICIAL), ("relative", RELATIVE)):
        match = pattern.search(before)
        if match is None or NO_APPOSITION.search(match["gap"] + " "):
            continue
        if case and "n" not in case and NOMINATIVE_ROLE.match(match.group().lstrip()):
            continue
        if role == "official" and _ACTED_ON_WORD.search(before[: match.start()] + " "):
            continue
        return role
    return "official" if AFTER_OFFICIAL.match(after) else ""


def _confirmed(name: Name, person: Person) -> Name:
    """A doubtful nominative that another name of the person confirms, in whatever script."""
    key = skeleton(name.surname)
    sure = name.certain or any(one.certain and skeleton(one.surname) == key for one in person.names)
    return replace(name, certain=sure)


def _one_fit(text: str, start: int, end: int, fits: Sequence[tuple[int, str]]) -> tuple[int, str]:
    """The person of a surname that several have in this form, by the case that the verb takes; else SEVERAL."""
    if len(fits) > 1:
        wanted = _governed(text, start, end) or "n"
        fits = [fit for fit in fits if wanted in fit[1]] or fits
    return fits[0] if len(fits) == 1 else (SEVERAL, "")


def _same_given(name: Name, person: Person) -> bool:
    """Whether the given names allow that it is the same person; two patronymics have to be the same."""
    groups = {one.group for one in person.names if one.group}
    if groups and name.group not in groups and not _alike(name, person):
        return False
    known = [one.patronymic for one in person.names if one.patronymic]
    if not name.patronymic or not known:
        return True
    key = skeleton(name.patronymic)
    return any(skeleton(one) == key or rough(skeleton(one)) == rough(key) for one in known)


def _alike(name: Name, person: Person) -> bool:
    """Given names that no list has, in two scripts."""
    return any(skeleton(one.given) == skeleton(name.given) for one in person.names if one.given)


def _other_readings(name: Name) -> Iterator[Name]:
    """What else a doubtful form may stand for."""
    tokens = name.written.split()
    if len(tokens) != 2 or name.surname_first:
        return
    given, last = (_Token(0, len(token), token) for token in tokens)
    for read in _readings(given, None, last, name.language):
        yield Name(
            name.start,
            name.end,
            name.written,
            read.given,
            "",
            read.surname,
            read.group,
            "",
            read.gender,
            read.case,
            True,
            name.language,
        )


def _fits_surname(word: str, person: Person, language: str) -> bool:
    return _surname_case(word, person, language) is not None


def _surname_case(word: str, person: Person, language: str) -> str | None:
    """The case in which a word is this person's surname ('' for several); None where it is not."""
    shown = word.title() if word.isupper() and len(word) > 2 else word
    latin = not CYRILLIC.match(word)
    for name in person.names:
        if not name.surname or bool(CYRILLIC.match(name.surname)) is latin:
            continue
        if latin:
            if name.surname == shown:
                return "n"
            continue
        key = shown.replace("ё", "е")
        own = name.surname.replace("ё", "е")
        if key == own:
            return "n"
        if len(key) > len(own) + 4:
            continue
        genders = (name.gender,) if name.gender else ("m", "f")
        tongue = language if language in {"ru", "uk", "be"} else "ru"
        cases = [
            case
            for case in CASES
            for gender in genders
            for read in [surname(shown, gender, case, tongue)]
            if read is not None and read.nominative.replace("ё", "е") == own
        ]
        if cases:
            return "".join(sorted(set(cases)))
    return None


def _fits_initials(name: Name, person: Person) -> bool:
    """Whether the initials are those of the person's given name and patronymic."""
    for one in person.names:
        told = [part for part in (one.given, one.patronymic) if part] or list(one.initials)
        if told and all(a.lower() == b[0].lower() for a, b in zip(name.initials, told, strict=False)):
            return True
    return False
