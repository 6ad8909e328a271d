"""Names of persons: their cases, their genders, and one form for all scripts and systems of transliteration.

Russian, Ukrainian and Belarusian decline given names, patronymics and most surnames; the rules here are those of the
school grammars (for Russian: Zaliznyak's classes, for surnames Superanskaya's reference book), read backwards: from the
form on the page to the nominative. A form that two nominatives share is `certain` of neither.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Final

from pipelines.names_given import GIVEN

CASES: Final = "ngdaip"
"""Nominative, genitive, dative, accusative, instrumental, prepositional; `v` is the vocative."""
LEAST_SKELETON: Final = 2
CYRILLIC: Final = re.compile("[А-яЁёІіЇїЄєҐґЎў]")

_LETTERS: Final = {
    **dict(zip("абвгдежзийклмнопрстуфх", "abvhdejziiklmnoprstufh", strict=True)),
    "ж": "zh",
    "ё": "e",
    "ц": "c",
    "ч": "ch",
    "ш": "sh",
    "щ": "shch",
    "ъ": "",
    "ы": "i",
    "ь": "",
    "э": "e",
    "ю": "u",
    "я": "a",
    "і": "i",
    "ї": "i",
    "є": "e",
    "ґ": "h",
    "ў": "u",
}


@dataclass(frozen=True, slots=True)
class Form:
    """One reading of a written given name or patronymic."""

    nominative: str
    gender: str
    """m or f."""
    case: str
    group: str
    """The same for the name's forms in all languages."""
    spelled: str = ""
    """The form itself, in lower case, with its ё."""


@lru_cache(8192)
def skeleton(word: str) -> str:
    """What is the same for a name in every script and system: Sergei, Sergey, Сергей → `sergei`.

    Coarse on purpose: й, i, y fall together, so do г and h, е and є and ё; double letters are one.
    """
    text = "".join(_LETTERS.get(letter, letter) for letter in word.lower())
    text = "".join(letter for letter in unicodedata.normalize("NFD", text) if letter.isalpha() and letter.isascii())
    for pattern, replacement in _SAME:
        text = pattern.sub(replacement, text)
    return text


_SAME: Final = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        ("tch", "ch"),
        ("sch", "shch"),
        ("x", "ks"),
        ("ph", "f"),
        ("w", "v"),
        ("kh|g", "h"),
        ("ts|tz|c(?!h)", "c"),
        ("[yj]", "i"),
        ("i+", "i"),
        ("(?<=[aeou])i(?=[aeou])", ""),
        ("i(?=[aeu])", ""),
        ("io", "e"),
        (r"(.)\1+", r"\1"),
        ("(?<=[aeou])i$", ""),
    )
)


def rough(key: str) -> str:
    """A skeleton without what the three languages spell differently: vowels, and ў, дз, ц for в, д, т."""
    key = key.replace("dz", "d").replace("c", "t") if "dz" in key or key.endswith("c") else key
    return re.sub("[aeiou]+", "a", key.replace("v", "u")).strip("a")


def fold(word: str) -> str:
    """A written word as forms are looked up: lower case, ё as е, one apostrophe."""
    return word.lower().replace("ё", "е").replace("’", "'").replace("ʼ", "'")


# --- given names ---------------------------------------------------------------------------------------------------

_MASCULINE: Final = {
    # ending of the nominative: endings of the other cases, by language; the vocative last
    "ru": {
        "ий": {"g": "ия", "d": "ию", "a": "ия", "i": "ием", "p": "ии"},
        "й": {"g": "я", "d": "ю", "a": "я", "i": "ем", "p": "е"},
        "ь": {"g": "я", "d": "ю", "a": "я", "i": "ем", "p": "е"},
        "а": {"g": "ы и", "d": "е", "a": "у", "i": "ой ою ей", "p": "е"},
        "я": {"g": "и", "d": "е", "a": "ю", "i": "ей ёй", "p": "е"},
        # Али, Отто, Уве: one form for all cases
        **{vowel: dict.fromkeys("gdaip", vowel) for vowel in "иоеэу"},
        "": {"g": "а", "d": "у", "a": "а", "i": "ом ем", "p": "е"},
    },
    "uk": {
        "й": {"g": "я", "d": "ю єві", "a": "я", "i": "єм", "p": "ї ю єві", "v": "ю"},
        "ь": {"g": "я", "d": "ю еві", "a": "я", "i": "ем", "p": "і ю еві", "v": "ю"},
        "о": {"g": "а", "d": "у ові", "a": "а", "i": "ом", "p": "і ові", "v": "е"},
        "а": {"g": "и", "d": "і", "a": "у", "i": "ою", "p": "і", "v": "о"},
        "я": {"g": "і", "d": "і", "a": "ю", "i": "ею", "p": "і", "v": "е"},
        "р": {"g": "ра ря", "d": "ру рові рю реві", "a": "ра ря", "i": "ром рем", "p": "рові реві рі", "v": "ре рю"},
        "": {"g": "а", "d": "у ові", "a": "а", "i": "ом", "p": "і ові у", "v": "е у"},
    },
    "be": {
        "й": {"g": "я", "d": "ю", "a": "я", "i": "ем", "p": "ю і", "v": "ю"},
        "дзь": {"g": "дзя", "d": "дзю", "a": "дзя", "i": "дзем", "p": "дзю дзі"},
        "ь": {"g": "я", "d": "ю", "a": "я", "i": "ем", "p": "ю і"},
        "а": {"g": "ы і", "d": "у е ы", "a": "у", "i": "ам ой", "p": "у е"},
        "я": {"g": "і", "d": "ю і", "a": "ю", "i": "ем ёй ей", "p": "ю і"},
        "о": {"g": "а", "d": "у", "a": "а", "i": "ом", "p": "у"},
        "ў": {"g": "ва", "d": "ву", "a": "ва", "i": "вам", "p": "ве"},
        "": {"g": "а", "d": "у", "a": "а", "i": "ам ом", "p": "у е", "v": "е"},
    },
}
_FEMININE: Final = {
    "ru": {
        "ия": {"g": "ии", "d": "ии", "a": "ию", "i": "ией", "p": "ии"},
        "я": {"g": "и", "d": "е", "a": "ю", "i": "ей ёй", "p": "е"},
        "а": {"g": "ы и", "d": "е", "a": "у", "i": "ой ою ей", "p": "е"},
        "ь": {"g": "и", "d": "и", "a": "ь", "i": "ью", "p": "и"},
        "": dict.fromkeys("gdaip", ""),
    },
    "uk": {
        "ія": {"g": "ії", "d": "ії", "a": "ію", "i": "ією", "p": "ії", "v": "іє"},
        "я": {"g": "і", "d": "і", "a": "ю", "i": "ею", "p": "і", "v": "ю е"},
        "га": {"g": "ги", "d": "зі", "a": "гу", "i": "гою", "p": "зі", "v": "го"},
        "ка": {"g": "ки", "d": "ці", "a": "ку", "i": "кою", "p": "ці", "v": "ко"},
        "а": {"g": "и", "d": "і", "a": "у", "i": "ою", "p": "і", "v": "о"},
        "ов": {"g": "ові", "d": "ові", "a": "ов", "i": "ов'ю", "p": "ові", "v": "ове"},
        "": dict.fromkeys("gdaip", ""),
    },
    "be": {
        "я": {"g": "і", "d": "і", "a": "ю", "i": "яй ей ёй", "p": "і", "v": "я"},
        "га": {"g": "гі", "d": "зе", "a": "гу", "i": "гай", "p": "зе"},
        "ка": {"g": "кі", "d": "цы", "a": "ку", "i": "кай", "p": "цы"},
        "да": {"g": "ды", "d": "дзе", "a": "ду", "i": "дай", "p": "дзе"},
        "та": {"g": "ты", "d": "це", "a": "ту", "i": "тай", "p": "це"},
        "ра": {"g": "ры", "d": "ры", "a": "ру", "i": "рай", "p": "ры"},
        "а": {"g": "ы", "d": "е", "a": "у", "i": "ай ою", "p": "е"},
        "оў": {"g": "ові", "d": "ові", "a": "оў", "i": "оўю", "p": "ові"},
        "": dict.fromkeys("gdaip", ""),
    },
}


def _forms_of(nominative: str, stem: str, gender: str, language: str) -> Iterator[tuple[str, str]]:
    """(case, form) of a given name."""
    yield "n", nominative
    table = (_MASCULINE if gender == "m" else _FEMININE)[language]
    ending = next(ending for ending in table if nominative.endswith(ending))
    stem = stem or nominative[: len(nominative) - len(ending)]
    for case, endings in table[ending].items():
        for one in endings.split(" "):
            # Spelling: и after velars and sibilants, ы after the rest
            if endings in {"ы и", "ы і"} and (one == "ы") is (stem[-1:] in "гкхжшчщ"):
                continue
            yield case, stem + one


@cache
def _given() -> tuple[Mapping[str, Mapping[str, tuple[Form, ...]]], Mapping[str, tuple[str, str]]]:
    """Cyrillic forms by language, and (gender, group) of Latin ones by their skeleton."""
    forms: dict[str, dict[str, list[Form]]] = {language: defaultdict(list) for language in ("ru", "uk", "be")}
    latin: dict[str, tuple[str, str]] = {}
    for line in GIVEN.split("\n"):
        if not line:
            continue
        gender, names = line[0], line[2:].split("|")
        names[0], _, whole = names[0].partition("=")
        group = whole or names[0].partition(":")[0]
        for language, written in zip(("ru", "uk", "be"), names[:3], strict=True):
            told = written or (names[0] if language == "ru" else _as_in(language, names[0]))
            nominative, _, stem = told.partition(":")
            latin.setdefault(skeleton(nominative), (gender, group))
            for case, form in _forms_of(nominative, stem, gender, language):
                known = forms[language][fold(form)]
                one = Form(nominative, gender, case, group, form.lower())
                if one not in known:
                    known.append(one)
        for written in names[3].split():
            latin.setdefault(skeleton(written), (gender, group))
    return {language: {form: tuple(some) for form, some in known.items()} for language, known in forms.items()}, latin


def _as_in(language: str, name: str) -> str:
    """A Russian spelling in the letters of Ukrainian or Belarusian."""
    name = name.replace("ия", "ія").replace("и", "і")
    return name.replace("ё", "йо").replace("э", "е").replace("Э", "Е").replace("ы", "и") if language == "uk" else name


@lru_cache(8192)
def given_forms(word: str, language: str) -> tuple[Form, ...]:
    """What given names this Cyrillic word may be a form of: the text's own language first, else the others'."""
    forms, _ = _given()
    folded = fold(word)
    for one in (language, "ru", "uk", "be"):
        found = forms.get(one, {}).get(folded)
        if found:
            return _as_spelled(word, found)
    return ()


def tongue_of(word: str, language: str) -> str:
    """The language whose form of a given name this is; Russian is what a few words in Cyrillic were taken for."""
    if language != "ru":
        return language
    forms, _ = _given()
    folded = fold(word)
    return next((one for one in (language, "ru", "uk", "be") if folded in forms.get(one, {})), language)


def _as_spelled(word: str, forms: tuple[Form, ...]) -> tuple[Form, ...]:
    """The forms with the ё or е that the page writes: Алену is Алена's, unless only Алёна is known."""
    exact = tuple(form for form in forms if form.spelled == word.lower())
    if exact:
        return exact
    plain = "ё" not in word.lower()
    return tuple(
        replace(form, nominative=form.nominative.replace("ё", "е")) if plain and "ё" in form.spelled else form
        for form in forms
    )


@lru_cache(8192)
def latin_given(word: str) -> tuple[str, str] | None:
    """(gender, group) of a given name in Latin letters."""
    key = skeleton(word)
    # so short a skeleton is any word's: Yaya, Ia, Ann
    found = _given()[1].get(key) if len(key) > LEAST_SKELETON else None
    # Said-Magomed, Anna-Maria: two given names
    first, hyphen, second = word.partition("-")
    if found is None and hyphen and latin_given(first) and latin_given(second):
        return latin_given(first)
    return found


# --- patronymics ---------------------------------------------------------------------------------------------------

_PATRONYMIC: Final = (
    # (endings of the case, nominative's ending, gender)
    ("ru", re.compile(r"(?P<stem>.{2,}?(?:ов|ев|ёв|ьм|ь|ф|к|т))ич(?P<case>а|у|ем|е|)\Z"), "ич", "m"),
    ("ru", re.compile(r"(?P<stem>.{2,}?(?:ов|ев|ёв))н(?P<case>а|ы|е|у|ой|ою)\Z"), "на", "f"),
    ("ru", re.compile(r"(?P<stem>.{2,}?(?:ини|ьини|и))чн(?P<case>а|ы|е|у|ой|ою)\Z"), "чна", "f"),
    ("uk", re.compile(r"(?P<stem>.{2,}?(?:ов|йов|ьов))ич(?P<case>а|у|еві|ем|і|у|е|)\Z"), "ич", "m"),
    ("uk", re.compile(r"(?P<stem>.{2,}?(?:ів|їв))н(?P<case>а|и|і|у|ою|о)\Z"), "на", "f"),
    ("be", re.compile(r"(?P<stem>.{2,}?(?:ав|ев|яв|ов|ьев))іч(?P<case>а|у|ам|ем|)\Z"), "іч", "m"),
    ("be", re.compile(r"(?P<stem>.{2,}?(?:аў|еў|яў))н(?P<case>а|ы|е|у|ай|аю)\Z"), "на", "f"),
)
_CASES_M: Final = {"": "n", "а": "ga", "у": "dp", "ем": "i", "ам": "i", "е": "pv", "еві": "dp", "і": "p"}
_CASES_F: Final = {"а": "n", "ы": "g", "и": "g", "е": "dp", "і": "dp", "у": "a", "ой": "gdip", "ою": "i", "ай": "i"}


@lru_cache(4096)
def patronymic_forms(word: str, language: str) -> tuple[Form, ...]:
    """How a Cyrillic word may be read as a patronymic; a surname in -ович of no known given name is none."""
    lower = word.lower()
    if not lower.endswith(_PATRONYMIC_TAIL):
        return ()
    found = []
    order = sorted(_PATRONYMIC, key=lambda one: one[0] != language)
    for _, pattern, ending, gender in order:
        match = pattern.match(lower)
        if match and _is_fathers(match["stem"]):
            nominative = word[: len(match["stem"])] + ending
            cases = (_CASES_M if gender == "m" else _CASES_F).get(match["case"], "")
            found = [Form(nominative, gender, case, skeleton(nominative)) for case in cases]
            break
    return tuple(found)


_PATRONYMIC_TAIL: Final = tuple(
    middle + ending
    for middle, endings in (
        ("ич", ("", "а", "у", "ем", "е", "еві", "і")),
        ("іч", ("", "а", "у", "ам", "ем")),
        *((middle, ("а", "ы", "е", "у", "ой", "ою", "ай", "и", "і", "о")) for middle in ("вн", "чн", "ўн")),
    )
    for ending in endings
)


@lru_cache(4096)
def _is_fathers(stem: str) -> bool:
    """Whether a given name is in it: Петров(ич), Ильини(чна), Сергійов(ич)."""
    for tail in _FATHERS_TAILS:
        bare = stem.removesuffix(tail)
        if bare == stem or len(bare) < 2:
            continue
        if fold(bare) in _FATHERS_STEMS or any(fold(bare + end) in _nominatives() for end in _FATHERS_ENDS):
            return True
    return False


def _words(listed: str) -> tuple[str, ...]:
    return tuple(listed.split())


_FATHERS_TAILS: Final = _words("евіч іев іеў йов йів ьев ьов ьеў ьини ини аў еў яў ів їв ав яв ов ев ёв и ь м")
_FATHERS_ENDS: Final = ("", "й", "ь", "ий", "ій", "а", "я", "о", "ей", "ый", "ьа", "ья", "ма", "ьма", "ай", "дзь", "ля")
_FATHERS_STEMS: Final = frozenset(
    _words("петр пятр льв павл паўл михайл міхайл яковл якаўл никит микит лук иль ілл кузьм кузм фом")
)


@cache
def _nominatives() -> frozenset[str]:
    forms = _given()[0]
    return frozenset(
        form for known in forms.values() for form, some in known.items() if any(f.case == "n" for f in some)
    )


_LATIN_PATRONYMIC = re.compile(
    r"\w{2,12}?(?:ov|ev|yev|iev|av|jev|yov)(?:ich|ych|itch|yč|ič)\Z|\w{2,12}?(?:ov|ev|yev|iev|iv|yiv|au|aw)na\Z|\w{2,8}ichna\Z"
    r"|(?:Il|Kuzm|Luk|Nikit|Savv)'?[iy]{0,2}ch\Z"
)


_FEMININE_LATIN: Final = re.compile(r"\w{2}ichna\Z|\w{3}[oe]vna\Z")
"""No surname ends so, whatever the father's name is."""


@lru_cache(4096)
def is_latin_patronymic(word: str) -> bool:
    """Petrovich, Sergeevna: in -ovich and -ovna, of a known given name."""
    if not _LATIN_PATRONYMIC.match(word):
        return False
    bare = re.sub(r"(?:[oeiauy]{1,2}[vuw])?(?:ich|ych|itch|na|ichna)\Z", "", word.lower())
    known = _given()[1]
    short = skeleton(bare)
    if (word.endswith("ch") and short in {"il", "kuzm", "luk", "nikit"}) or _FEMININE_LATIN.search(word):
        return True
    ends = ("", "i", "a", "o", "ei", "ii", "ai", "il", "el")
    return short in _FATHERS or any(short + end in known or skeleton(bare + end) in known for end in ends)


_FATHERS: Final = frozenset(
    {"petr", "pavl", "lv", "patr", "paul", "il", "aleksandr", "mikail", "mihail", "vasil", "danil"}
)


# --- surnames ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Surname:
    """A surname's nominative, as far as its form tells."""

    nominative: str
    certain: bool


_ROWS: Final[Mapping[str, Mapping[str, tuple[tuple[str, str, bool, Mapping[str, str]], ...]]]] = {
    "ru": {
        "m": (
            ("", r"(?:[оеё]в|[иы]н)$", True, {"g": "а", "d": "у", "a": "а", "i": "ым", "p": "е"}),
            ("ий", r"[сц]к$", True, {"g": "ого", "d": "ому", "a": "ого", "i": "им", "p": "ом"}),
            ("ий", r"[гкх]$", False, {"g": "ого", "d": "ому", "a": "ого", "i": "им", "p": "ом"}),
            ("ий", r"[нжшчщ]$", False, {"g": "его", "d": "ему", "a": "его", "i": "им", "p": "ем"}),
            ("ый", r"ьн$", True, {"g": "ого", "d": "ому", "a": "ого", "i": "ым", "p": "ом"}),
            ("ый", r"[^гкхжшчщаеёиоуыэюяйь]$", False, {"g": "ого", "d": "ому", "a": "ого", "i": "ым", "p": "ом"}),
            ("а", r"[гкхжшчщ]$", True, {"g": "и", "d": "е", "a": "у", "i": "ой ою ей"}),
            ("а", r"[^аеёиоуыэюяйгкхжшчщ]$", True, {"g": "ы", "d": "е", "a": "у", "i": "ой ою"}),
            ("ь", r"[бвдзлмнпрстфц]$", True, {"g": "я", "d": "ю", "a": "я", "i": "ем"}),
            ("й", r"[аеёиоуыэюя]$", True, {"g": "я", "d": "ю", "a": "я", "i": "ем"}),
            ("ец", r"ц$", False, {"g": "а", "d": "у", "a": "а", "i": "ом ем"}),
            ("", r"[^аеёиоуыэюяйьцъ]$", True, {"g": "а", "d": "у", "a": "а", "i": "ом ем"}),
            ("я", r"[бвдзлмнпрстфц]$", True, {"g": "и", "a": "ю", "i": "ей"}),
        ),
        "f": (
            ("а", r"(?:[оеё]в|[иы]н)$", True, {"g": "ой", "d": "ой", "a": "у", "i": "ой ою", "p": "ой"}),
            ("ая", r"[сц]к$", True, {"g": "ой", "d": "ой", "a": "ую", "i": "ой", "p": "ой"}),
            ("ая", r"[^аеёиоуыэюяйь]$", False, {"g": "ой", "d": "ой", "a": "ую", "i": "ой", "p": "ой"}),
            ("а", r"[гкхжшчщ]$", True, {"g": "и", "d": "е", "a": "у", "p": "е"}),
            ("а", r"[^аеёиоуыэюяйгкхжшчщ]$", True, {"g": "ы", "d": "е", "a": "у", "p": "е"}),
            ("я", r"[бвдзлмнпрстфц]$", True, {"g": "и", "d": "е", "a": "ю", "i": "ей"}),
        ),
    },
    "uk": {
        "m": (
            ("", r"(?:[оеєії]в|[иії]н)$", True, {"g": "а", "d": "у ові", "a": "а", "i": "им", "p": "і ові"}),
            ("ий", r"[сцзч]ьк$", True, {"g": "ого", "d": "ому", "a": "ого", "i": "им", "p": "ому"}),
            ("ий", r"[^аеєиіїоуюяйь]$", False, {"g": "ого", "d": "ому", "a": "ого", "i": "им", "p": "ому"}),
            # Ткачука, Шпака, Мельника against Бойка, Кличка; Сірка may be Сірко's and Сірок's
            ("", r"[аяуюиіїеє]к$", True, {"g": "а", "d": "у ові", "a": "а", "i": "ом", "p": "ові у"}),
            ("о", r"[йнчшжзсьд]к$", True, {"g": "а", "d": "у ові", "a": "а", "i": "ом", "p": "ові у", "v": "у"}),
            ("о", r"к$", False, {"g": "а", "d": "у ові", "a": "а", "i": "ом", "p": "ові у", "v": "у"}),
            ("", r"р$", True, {"g": "я", "d": "ю еві", "a": "я", "i": "ем"}),
            ("ь", r"[бвдзлмнпстфц]$", True, {"g": "я", "d": "ю еві", "a": "я", "i": "ем"}),
            ("й", r"[аеєиіїоуюя]$", True, {"g": "я", "d": "ю єві", "a": "я", "i": "єм"}),
            ("а", r"[^аеєиіїоуюяй]$", True, {"g": "и", "d": "і", "a": "у", "i": "ою"}),
            ("ець", r"ц$", False, {"g": "я", "d": "ю еві", "a": "я", "i": "ем"}),
            ("", r"[^аеєиіїоуюяйьц]$", True, {"g": "а", "d": "у ові", "a": "а", "i": "ом ем"}),
            ("я", r"[бвдзлмнпрстфц]$", True, {"g": "і", "a": "ю", "i": "ею"}),
        ),
        "f": (
            ("а", r"(?:[оеєії]в|[иії]н)$", True, {"g": "ої", "d": "ій", "a": "у", "i": "ою", "p": "ій"}),
            ("а", r"[сцз]ьк$", True, {"g": "ої", "d": "ій", "a": "у", "i": "ою", "p": "ій"}),
            ("а", r"[^аеєиіїоуюяй]$", False, {"g": "ої", "d": "ій"}),
            ("а", r"[^аеєиіїоуюяй]$", True, {"g": "и", "d": "і", "a": "у", "i": "ою", "p": "і"}),
            ("я", r"[бвдзлмнпрстфц]$", True, {"g": "і", "d": "і", "a": "ю", "i": "ею"}),
        ),
    },
    "be": {
        "m": (
            ("ў", r"[аоеё]$", True, {"g": "ва", "d": "ву", "a": "ва", "i": "вым", "p": "ве"}),
            ("", r"[іы]н$", True, {"g": "а", "d": "у", "a": "а", "i": "ым", "p": "е"}),
            ("і", r"[сц]к$", True, {"g": "ага", "d": "аму", "a": "ага", "i": "ім", "p": "ім"}),
            ("ы", r"[^аеёіоуыэюяйь]$", False, {"g": "ага", "d": "аму", "a": "ага", "i": "ым", "p": "ым"}),
            ("ь", r"[бвдзлмнпрстфц]$", True, {"g": "я", "d": "ю", "a": "я", "i": "ем"}),
            ("й", r"[аеёіоуыэюя]$", True, {"g": "я", "d": "ю", "a": "я", "i": "ем"}),
            ("а", r"[йнчшжзсь]к$", True, {"g": "і", "d": "у", "a": "у", "i": "ам"}),
            ("а", r"[^аеёіоуыэюяй]$", True, {"g": "ы і", "a": "у", "i": "ай"}),
            ("", r"[^аеёіоуыэюяйьцў]$", True, {"g": "а", "d": "у", "a": "а", "i": "ам ом"}),
            ("я", r"[бвдзлмнпрстфц]$", True, {"g": "і", "a": "ю", "i": "яй"}),
        ),
        "f": (
            ("а", r"(?:[аоеё]в|[іы]н)$", True, {"g": "ай", "d": "ай", "a": "у", "i": "ай", "p": "ай"}),
            ("ая", r"[сц]к$", True, {"g": "ай", "d": "ай", "a": "ую", "i": "ай", "p": "ай"}),
            ("а", r"[^аеёіоуыэюяй]$", True, {"g": "ы і", "d": "е", "a": "у"}),
            ("я", r"[бвдзлмнпрстфц]$", True, {"g": "і", "d": "і", "a": "ю", "i": "яй"}),
        ),
    },
}
_NOT_MASCULINE = re.compile(r"(?:ого|ому|ую|[оеё]ва|[иыі]на|[сц]к?ая|ая|яя|ська|цька)\Z")
_NOT_FEMININE = re.compile(r"(?:ого|ому|ую|[оеёє]в|[аоеё]ў|[иы]н|ский|цкий|ський|цький|скі|цкі|ый|ий|ой)\Z")
_COMPILED: Final = {
    (language, gender): tuple((ending, re.compile(stem), certain, cases) for ending, stem, certain, cases in rows)
    for language, genders in _ROWS.items()
    for gender, rows in genders.items()
}
_HIS: Final = re.compile(r"(?:[чкдщ]ук|[сцнчлр]юк|няк|[оеаяі]в[иі]ч)(?:[ауі]|ом|ам|ові|ем)\Z")
"""A woman's surname of this kind has no endings: Алесю Пракапчук, never Пракапчуку."""
_FIXED = re.compile(
    r"(?:дзе|швили|швілі|[ыи]х|енко|ко|аго|яго|ово|уа|иа|ия|[аеёиоуыэюя]и)\Z",
)


@lru_cache(8192)
def surname(word: str, gender: str, case: str, language: str) -> Surname | None:
    """The nominative of a surname written in a case; None where no surname of this gender has such a form."""
    if "-" in word:
        parts = [surname(part, gender, case, language) for part in word.split("-") if part]
        if not parts or any(part is None for part in parts):
            return None
        return Surname("-".join(part.nominative for part in parts if part), all(part.certain for part in parts if part))
    lower = word.lower()
    if case in "nv":
        unlike = _NOT_MASCULINE if gender == "m" else _NOT_FEMININE
        return None if unlike.search(lower) and len(lower) > 4 else Surname(word, case == "n")
    declines_ko = gender == "m" and language in {"uk", "be"}
    if not declines_ko and _FIXED.search(lower):
        return Surname(word, certain=True)
    if gender == "f" and _HIS.search(lower):
        return None
    for ending, stem_like, certain, cases in _COMPILED[(language, gender)]:
        for tail in cases.get(case, "").split(" "):
            stem = lower.removesuffix(tail)
            if tail and stem != lower and len(stem) > 1 and stem_like.search(stem):
                if ending in {"ец", "ець"}:
                    # Завьяльцу → Завьялец, Китайцу → Китаец
                    bare = word[: len(stem) - 1]
                    return Surname((bare[:-1] if bare.endswith(("ль", "й")) else bare) + ending, certain)
                # Головни is Головня's; Кросби is as like to be a foreign name that has one form
                return Surname(word[: len(stem)] + ending, certain and not (ending == "я" and tail in {"и", "і"}))
    if gender == "f" and re.search(r"[^аеёиоуыэюяіїє]\Z", lower) and not _NOT_FEMININE.search(lower):
        return Surname(word, certain=True)
    if re.search(r"[оеэиюу]\Z", lower):
        return Surname(word, certain=lower.endswith("о"))
    return None


SURNAME_LIKE = re.compile(
    r"(?:[оеёє]в[аоуыеі]?|[аоеё]в(?:ой|ай|ым)|[оеё]вым|[аеоё][ўв]|[аоеё]в[аыуе]|[иыії]н(?:[ауеы]|ой|ым|ай|ою)?"
    r"|[сц]ь?к(?:ий|ого|ому|им|ом|ая|ой|ую|і|ага|аму|ім|ай|а|ої|ій|у|ою)|енк[оауы]|енк(?:ом|ові)|[кч]ук(?:а|у|ом|ові)?"
    r"|ю[кч](?:а|у|ом)?|[оеаяи]вич(?:а|у|ем)?|[аеія]віч(?:а|у|ам)?|дзе|швили|швілі|[яа]н(?:а|у|ом)?|ых|их|ко|ец|ык|ик"
    r"|[оае]й|ь)\Z"
)
LATIN_SURNAME_LIKE = re.compile(
    r"(?:[oe]v|[oei]va|[iy]n|ina|yna|sk[iy]|sk[iy]i|sky|tsky|[sc]kiy|skaya|skaia|ska|enko|anka|[ckn]huk|[iy]uk|[cn]uk|chuk|shuk"
    r"|[oea]vich|evych|ovych|avich|ievich|dze|shvili|[iy]an|yants|ko|[ae]u|ava|eva|ykh|ikh|oy|ets|yk|ik|ets|aev|ayev|yev|ieva)\Z"
)
