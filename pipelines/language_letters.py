"""Letters and spellings by which languages of one script are told apart, and the turning of one script into another.

Knowledge of the alphabets as they are in use today (and until 1989 for Moldovan, until 1991 for Azerbaijani in Cyrillic
letters), written down from no corpus.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import Final

from pipelines.language_words import WORDS

_LATIN: Final = "abcdefghijklmnopqrstuvwxyz"
_RUSSIAN: Final = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
_ALPHABETS: Final = {
    "Cyrl": {
        "az": "абвгғдеәжзиыјкҝлмноөпрстуүфхһчҹш",
        "ba": _RUSSIAN + "әғҙҡңөҫүһ",
        "be": "абвгґдеёжзійклмнопрстуўфхцчшыьэюя",
        "bg": "абвгдежзийклмнопрстуфхцчшщъьюяѝ",
        "ce": _RUSSIAN + "ӏ",
        "crh": _RUSSIAN,
        "cv": _RUSSIAN + "ӑӗҫӳ",
        "kk": _RUSSIAN + "әғқңөұүһі",
        "ky": _RUSSIAN + "ңөү",
        "mk": "абвгдѓежзѕијклљмнњопрстќуфхцчџшѐѝ",
        "mn": _RUSSIAN + "өү",
        "os": _RUSSIAN + "ӕ",
        "ro": "абвгдежӂзийклмнопрстуфхцчшыьэюя",
        "ru": _RUSSIAN,
        "sr": "абвгдђежзијклљмнњопрстћуфхцчџш",
        "tg": _RUSSIAN + "ғӣқӯҳҷ",
        "tk": _RUSSIAN + "әҗңөү",
        "tt": _RUSSIAN + "әҗңөүһ",
        "uk": "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя",
        "uz": "абвгғдеёжзийкқлмнопрстуўфхҳцчшъьэюя",
    },
    "Latn": {
        "af": _LATIN + "áéíóúêëèîïôûü",
        "az": "abcçdeəfgğhıijklmnoöpqrsştuüvxyz",
        "bs": "abcčćdđefghijklmnoprsštuvzž",
        "ca": _LATIN + "àçèéíïóòúü",
        "crh": "abcçdefgğhıijklmnñoöpqrsştuüvyzâ",
        "cs": _LATIN + "áčďéěíňóřšťúůýž",
        "cy": _LATIN + "âêîôûŵŷäëïöáéíóú",
        "da": _LATIN + "æøåé",
        "de": _LATIN + "äöüß",
        "en": _LATIN,
        "eo": "abcĉdefgĝhĥijĵklmnoprsŝtuŭvz",
        "es": _LATIN + "áéíóúüñ",
        "et": _LATIN + "äöõüšž",
        "eu": _LATIN + "ñç",
        "fi": _LATIN + "äöåšž",
        "fr": _LATIN + "àâæçéèêëîïôœùûüÿ",
        "fy": _LATIN + "âêôûúé",
        "ga": _LATIN + "áéíóú",
        "gl": _LATIN + "áéíóúñü",
        "hr": "abcčćdđefghijklmnoprsštuvzž",
        "hu": _LATIN + "áéíóöőúüű",
        "id": _LATIN,
        "is": _LATIN + "áðéíóúýþæö",
        "it": _LATIN + "àèéìíîòóùú",
        "kk": _LATIN + "äáéğǵıïíńŋñöóşúūüý",
        "ku": _LATIN + "çêîşû",
        "la": _LATIN,
        "lb": _LATIN + "äëéüö",
        "lt": _LATIN + "ąčęėįšųūž",
        "ltg": _LATIN + "āčēģīķļņōšūž",
        "lv": _LATIN + "āčēģīķļņšūž",
        "ms": _LATIN,
        "mt": _LATIN + "ċġħżàèìòù",
        "nl": _LATIN + "áéëïóöüèê",
        "no": _LATIN + "æøåéòô",
        "oc": _LATIN + "àáçèéíòóúï",
        "pl": _LATIN + "ąćęłńóśźż",
        "pt": _LATIN + "áâãàçéêíóôõúü",
        "ro": _LATIN + "ăâîșțşţ",
        "sk": _LATIN + "áäčďéíĺľňóôŕšťúýž",
        "sl": _LATIN + "čšž",
        "so": _LATIN,
        "sq": _LATIN + "çë",
        "sr": "abcčćdđefghijklmnoprsštuvzž",
        "sv": _LATIN + "åäöé",
        "sw": _LATIN,
        "tk": "abçdeäfghijžklmnňoöprsştuüwyýz",
        "tl": _LATIN + "ñ",
        "tr": "abcçdefgğhıijklmnoöprsştuüvyzâîû",
        "tt": "aäbcçdefgğhiıjklmnñoöpqrsştuüvwxyzíâé",
        "uz": "abcdefghijklmnopqrstuvxyzʻ",
        "vi": "",
    },
}
ALPHABETS: Final[Mapping[str, Mapping[str, frozenset[str]]]] = {
    script: {label: frozenset(letters) for label, letters in some.items() if letters}
    for script, some in _ALPHABETS.items()
}
"""Script → language → the letters its running text uses; foreign names bring in others."""

FOREIGN_SPELLINGS: Final = {
    "be": re.compile(r"[дт][іеёюя]|[жршч][іёюя]|[жшчр]ь"),
    "bg": re.compile(r"ь(?!о)|[аеиоуъюя]ь|ыы"),
    "kk": re.compile(r"үү|оо|өө|ээ"),
    "mk": re.compile(r"ии|аа(?!т)|нн|сс"),
    "ru": re.compile(r"[аоуюяиеыэ]ь|ъ(?![еёюя])|[жшчщ]ы|[ая]цца|ээ|уу"),
    "sr": re.compile(r"ии|нн|сс|аа|оо"),
    "tt": re.compile(r"үү|оо|өө|ээ"),
    "uk": re.compile(r"[аоуюяиеіїє]ь|[гкх]ї|[аеиоуіїєюя]и(?=[бвгджзклмнпрстфхцчш])"),
}
"""Spellings that a language does not have, though all letters are in its alphabet.

Belarusian has no soft д, т and hard ж, р, ш, ч; Bulgarian ь only before о; Russian ъ only before iotated vowels.
"""
ENDINGS: Final = {
    "bg": re.compile(r"(?:ът|ят|ята|ето|ане|ене|ание|ение|ваше|ахме|ихме|аха|иха|ост|ва|ва[тм]|ция|ния)\b"),
    "mk": re.compile(r"(?:от|иот|ување|увања|ирање|ирал[аеи]?|увал[аеи]?|уваат|аат|ија|ост|[нв]ата|ци)\b"),
    "ru": re.compile(
        r"(?:[ое]го|[ое]му|[ыи]ми|ая|яя|ое|ые|ый|ть|тся|ость|ости|ние|ния|нию|ешь|ишь|[ую]т|[ая]х|[ое]й)\b"
    ),
    "sr": re.compile(r"(?:[ае]њ[аеу]|ањем|[аи]ма|ог|их|иј[иу]|ск[еу]|ској|ошћу|ао|[аеу]ћи|ује|ају|ало|ст[ие])\b"),
    "ky": re.compile(r"(?:[ую]у|үү|н[иу]н|нүн|[иуү]п|[дтл]ор|[дтл]өр|[лдт]уу)\w{0,4}\b"),
    "tt": re.compile(r"(?:еп|нең|[рн]гә|ырга|ергә|л[еә]г?е|л[әе]к|ләр\w{0,4}|нәр\w{0,4}|нар\w{0,3}|дә|тә|мый|ми)\b"),
    "uk": re.compile(r"(?:[ьо]го|ому|ими|ій|ої|ти|ться|[уюая]ть|ість|ості|ння|нню|ття|[ая]х|[ії]в|[ує]є|ськ[аиої])\b"),
}
"""Endings that a language has more of than its neighbours: each is some evidence, none is proof."""
_CYRILLIC_LOOKALIKES: Final = str.maketrans("aceiopxyïèABCEHIÏKMOPTXYÈ", "асеіорхуїѐАВСЕНІЇКМОРТХУЀ")


def _pairs(pairs: str) -> tuple[tuple[str, str], ...]:
    """Read `lj=љ nj=њ`: Latin letters, and the Cyrillic for them; of several for one the first is written."""
    return tuple((latin, cyrillic) for latin, _, cyrillic in (pair.partition("=") for pair in pairs.split()))


_SERBIAN: Final = _pairs(
    "lj=љ nj=њ dž=џ a=а b=б c=ц č=ч ć=ћ d=д đ=ђ e=е f=ф g=г h=х i=и j=ј k=к l=л m=м n=н o=о p=п r=р s=с š=ш"
    " t=т u=у v=в z=з ž=ж"
)
_AZERBAIJANI: Final = _pairs(
    "a=а b=б c=ҹ ç=ч d=д e=е ə=ә f=ф g=ҝ ğ=ғ h=һ x=х ı=ы i=и j=ж k=к q=г l=л m=м n=н o=о ö=ө p=п r=р s=с ş=ш"
    " t=т u=у ü=ү v=в y=ј z=з"
)
_CRIMEAN: Final = _pairs(
    "ya=я yo=ё ü=ю yu=ю yü=ю e=е ye=е â=я a=а b=б c=дж ç=ч d=д f=ф g=г ğ=гъ h=х ı=ы i=и j=ж k=к l=л m=м n=н"
    " ñ=нъ o=о ö=о p=п q=къ r=р s=с ş=ш t=т u=у v=в y=й z=з"
)
_UZBEK: Final = _pairs(
    "yo'=йў o'=ў g'=ғ sh=ш ch=ч ya=я yo=ё yu=ю ye=е ts=ц a=а b=б d=д e=е f=ф g=г h=ҳ i=и j=ж k=к l=л m=м n=н"
    " o=о p=п q=қ r=р s=с t=т u=у v=в x=х y=й z=з '=ъ"
)
# Kazakh in Latin letters has three spellings: the decree of 2021, that of 2018 (acutes, sh, ch), and an older one with
# ı for ы and y for й; what they share first.
_KAZAKH_COMMON: Final = _pairs("ts=ц a=а b=б d=д e=е f=ф g=г h=х j=ж k=к q=қ l=л m=м n=н o=о p=п r=р s=с t=т v=в z=з")
_KAZAKH_2021: Final = (
    *_KAZAKH_COMMON,
    *_pairs("ä=ә ğ=ғ ŋ=ң ö=ө ū=ұ ü=ү ş=ш y=ы ı=і i=й i=и u=у ia=я iu=ю şş=щ ch=ч c=ц ñ=ң"),
)
_KAZAKH_2018: Final = (*_KAZAKH_COMMON, *_pairs("á=ә ǵ=ғ ń=ң ó=ө u=ұ ú=ү sh=ш y=ы i=і ı=й ı=и ý=у ıa=я ıý=ю ch=ч c=ц"))
_KAZAKH_OLDER: Final = (*_KAZAKH_COMMON, *_pairs("ä=ә ğ=ғ ñ=ң ö=ө u=ұ ü=ү ş=ш ı=ы i=і ï=и y=й w=у ya=я yu=ю ç=ч c=ц"))
_KAZAKH: Final = (_KAZAKH_2021, _KAZAKH_2018, _KAZAKH_OLDER)
_TATAR: Final = _pairs(
    "ya=я yä=я yu=ю yü=ю yo=ё e=е ye=е yı=е ä=ә a=а b=б c=җ ç=ч d=д é=э f=ф g=г ğ=г h=һ i=и í=и ı=ы j=ж k=к"
    " q=к l=л m=м n=н ñ=ң o=о ö=ө p=п r=р s=с ş=ш t=т u=у ü=ү v=в w=в x=х y=й z=з â=я"
)
_MOLDOVAN: Final = _pairs(
    "chi=ки che=ке ghi=ги ghe=ге cea=чя ce=че ci=чи gea=ӂя ge=ӂе gi=ӂи ia=я ea=я iu=ю a=а ă=э â=ы b=б c=к d=д"
    " e=е f=ф g=г h=х i=и î=ы j=ж k=к l=л m=м n=н o=о p=п r=р s=с ș=ш ş=ш t=т ț=ц ţ=ц u=у v=в x=кс z=з"
)
_HOME: Final = {
    ("az", "Cyrl"): ("Latn", _AZERBAIJANI),
    ("crh", "Cyrl"): ("Latn", _CRIMEAN),
    ("ro", "Cyrl"): ("Latn", _MOLDOVAN),
    ("kk", "Latn"): ("Cyrl", _KAZAKH[0]),
    ("kk of 2018", "Latn"): ("Cyrl", _KAZAKH[1]),
    ("kk with w", "Latn"): ("Cyrl", _KAZAKH[2]),
    ("tt", "Latn"): ("Cyrl", _TATAR),
}
"""Languages in the script that the n-gram model does not have them in: the script that it has, and the letters."""


@cache
def _turning(label: str, script: str) -> tuple[re.Pattern[str], dict[str, str]]:
    home, pairs = _HOME[label, script]
    letters = {b: a for a, b in reversed(pairs)} if home == "Latn" else dict(pairs)
    longest = sorted(letters, key=lambda one: (-len(one), one))
    return re.compile("|".join(longest)), letters


def turned(text: str, label: str, script: str) -> str:
    """A text in lower case, put into the other script of a language: that which the n-gram model knows it in."""
    if label == "kk":
        label = "kk of 2018" if _ACUTES.search(text) else "kk with w" if "w" in text else "kk"
    pattern, letters = _turning(label, script)
    return pattern.sub(lambda match: letters[match.group()], text)


_FIRST_ROUND: Final = re.compile("^([bcçdfgğhjklmnñpqrsştvyz]*)ü")
_ACUTES: Final = re.compile("[áǵńóúý]")


def in_cyrillic(word: str) -> str:
    """A word typed in letters of both scripts, all in Cyrillic: `жaлoба`, and `і` typed as Latin i."""
    return word.translate(_CYRILLIC_LOOKALIKES)


def plain(word: str) -> str:
    """A word as it is typed without its marks: `sąd` as `sad`, `ещё` as `еще`."""
    bare = "".join(sign for sign in unicodedata.normalize("NFD", word) if not unicodedata.combining(sign))
    return bare.translate(_UNMARKED)


_UNMARKED: Final = str.maketrans({"ł": "l", "đ": "dj", "ı": "i", "ə": "e", "ø": "o", "æ": "ae", "œ": "oe", "ß": "ss"})


@cache
def words(script: str) -> Mapping[str, Mapping[str, float]]:
    """Small words of all languages written in a script → language → weight; those without their marks weigh less."""
    found: dict[str, dict[str, float]] = {}
    for key, listed in sorted(_listed(script).items()):
        label = "sr" if key in {"bs", "hr"} else key
        for word in listed:
            weight = _weight(word)
            known = found.setdefault(word, {})
            known[label] = max(weight, known.get(label, 0.0))
            bare = plain(word)
            if script == "Latn" and bare != word:
                known = found.setdefault(bare, {})
                known[label] = max(weight * 0.6, known.get(label, 0.0))
    return found


def _weight(word: str) -> float:
    return {1: 0.5, 2: 0.8, 3: 1.0}.get(len(word), 1.2)


@cache
def _listed(script: str) -> dict[str, list[str]]:
    """Language → small words in one script."""
    listed: dict[str, list[str]] = {}
    for key, some in WORDS.items():
        label, _, stated = key.partition("-")
        own = stated or ("Cyrl" if "а" <= some.split()[-1][-1] <= "ӿ" else "Latn")
        if own == script:
            listed.setdefault(label, []).extend(some.split())
    for label, pairs in (("sr", _SERBIAN), ("az", _AZERBAIJANI), ("crh", _CRIMEAN), ("uz", _UZBEK)):
        if script == "Cyrl":
            listed[label] = [_cyrillic_form(word, label, dict(pairs)) for word in WORDS[label].split()]
    if script == "Latn":
        listed["kk"] = [one for word in WORDS["kk"].split() for one in _kazakh_forms(word)]
        listed["tt"] = [_tatar_form(word) for word in WORDS["tt"].split()]
    return listed


def _replaced(word: str, letters: Mapping[str, str]) -> str:
    longest = sorted(letters, key=lambda one: (-len(one), one))
    return re.sub("|".join(longest), lambda match: letters[match.group()], word)


def _cyrillic_form(word: str, label: str, letters: Mapping[str, str]) -> str:
    if label in {"crh", "uz"} and word.startswith("e"):
        word = "э" + word[1:]
    if label == "crh":  # the rounded vowel is marked where no vowel goes before: kün, künü, куню
        word = _FIRST_ROUND.sub(r"\1у", word)
    return _replaced(word, letters)


def _tatar_form(word: str) -> str:
    back = not set("әөүеиэ") & set(word)
    letters = {b: a for a, b in reversed(_TATAR)} | {"к": "q" if back else "k", "г": "ğ" if back else "g", "ь": ""}
    return _replaced(word, letters)


def _kazakh_forms(word: str) -> list[str]:
    spellings = ({b: a for a, b in reversed(spelling)} | {"э": "e", "ь": "", "ъ": ""} for spelling in _KAZAKH)
    return list(dict.fromkeys(_replaced(word, spelling) for spelling in spellings))
