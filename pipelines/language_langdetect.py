"""langdetect's own answer, the same in every run: fixed seed, profiles loaded in the order of their names, input cut.

It is kept beside our judgement, with a flag that says whether the letters are those of the label's alphabet: langdetect
always answers, and with a high probability, for languages that it does not know (Armenian and Georgian are Estonian to
it, Belarusian Ukrainian, Azerbaijani Turkish).
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

from pipelines.language_scripts import count_letters, script_of_letter

INPUT_LIMIT: Final = 1_000
"""Characters that langdetect sees: it needs 57 ms for ten thousand and knows no better for it."""
FEW_LETTERS: Final = 12
"""Letters below which it is not asked."""
GRAM_LENGTH: Final = 3
STRANGE_SHARE: Final = 0.008
"""Letters outside the label's alphabet that are put down to foreign names."""

_LATIN: Final = "abcdefghijklmnopqrstuvwxyz"
_RUSSIAN: Final = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
# The letters that running text of a language uses; foreign names may bring in a few others (STRANGE_SHARE).
_ALPHABETS: Final = {
    "af": _LATIN + "áéíóúêëèîïôûü",
    "ar": "",
    "bg": "абвгдежзийклмнопрстуфхцчшщъьюя",
    "bn": "",
    "ca": _LATIN + "àçèéíïóòúü·",
    "cs": _LATIN + "áčďéěíňóřšťúůýž",
    "cy": _LATIN + "âêîôûŵŷäëïöáéíóú",
    "da": _LATIN + "æøåé",
    "de": _LATIN + "äöüß",
    "el": "αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋΐΰ",
    "en": _LATIN,
    "es": _LATIN + "áéíóúüñ",
    "et": _LATIN + "äöõüšž",
    "fa": "",
    "fi": _LATIN + "äöåšž",
    "fr": _LATIN + "àâæçéèêëîïôœùûüÿ",
    "gu": "",
    "he": "",
    "hi": "",
    "hr": _LATIN + "čćđšž",
    "hu": _LATIN + "áéíóöőúüű",
    "id": _LATIN,
    "it": _LATIN + "àèéìíîòóùú",
    "ja": "",
    "kn": "",
    "ko": "",
    "lt": _LATIN + "ąčęėįšųūž",
    "lv": _LATIN + "āčēģīķļņšūž",
    "mk": "абвгдѓежзѕијклљмнњопрстќуфхцчџш",
    "ml": "",
    "mr": "",
    "ne": "",
    "nl": _LATIN + "áéëïóöüèê",
    "no": _LATIN + "æøåéòô",
    "pa": "",
    "pl": _LATIN + "ąćęłńóśźż",
    "pt": _LATIN + "áâãàçéêíóôõúü",
    "ro": _LATIN + "ăâîșțşţ",
    "ru": _RUSSIAN,
    "sk": _LATIN + "áäčďéíĺľňóôŕšťúýž",
    "sl": _LATIN + "čšž",
    "so": _LATIN,
    "sq": _LATIN + "çë",
    "sv": _LATIN + "åäöé",
    "sw": _LATIN,
    "ta": "",
    "te": "",
    "th": "",
    "tl": _LATIN + "ñ",
    "tr": "abcçdefgğhıijklmnoöprsştuüvyzâîû",
    "uk": "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя",
    "ur": "",
    "vi": "",
    "zh-cn": "",
    "zh-tw": "",
}
_SCRIPT_OF: Final = {
    **{label: "Latn" for label, letters in _ALPHABETS.items() if letters[:1] == "a"},
    **dict.fromkeys(("bg", "mk", "ru", "uk"), "Cyrl"),
    **dict.fromkeys(("ar", "fa", "ur"), "Arab"),
    **dict.fromkeys(("hi", "mr", "ne"), "Deva"),
    **dict.fromkeys(("zh-cn", "zh-tw"), "Hani"),
    "bn": "Beng",
    "el": "Grek",
    "gu": "Gujr",
    "he": "Hebr",
    "ja": "Jpan",
    "kn": "Knda",
    "ko": "Kore",
    "ml": "Mlym",
    "pa": "Guru",
    "ta": "Taml",
    "te": "Telu",
    "th": "Thai",
    "vi": "Latn",
}
# Labels that stand for neighbours langdetect cannot tell from them: Serbian and Bosnian in Latin letters are `hr` to
# it; Arabic letters without their own profile (Kurdish, Uyghur) come out as one of the three.
_UNTRUSTED: Final = frozenset({"hr", "sl", "so", "sw", "tl", "id", "af", "cy"})
# Letters that only the label's own language has among its neighbours, and from how many letters of text on one of
# them must be there: without it nothing is said.
_NEEDED: Final = {
    "bg": (frozenset("ъ"), 1),
    "mk": (frozenset("ѓќѕ"), 1),
    "tr": (frozenset("ğışçöü"), 40),
    "uk": (frozenset("іїєґ"), 40),
    "vi": (frozenset("đơưạảấầậắệịọộớợụứự"), 1),
}
# Spellings that the label's language does not have, though all letters are in its alphabet:
# Chechen аь оь уь; къ гъ before what is no iotated vowel (Chechen, Crimean Tatar, Avar); digits and Latin letters for
# the palochka; Mongolian long vowels; Belarusian жы шы чы and -цца.
_FOREIGN: Final = {
    "ru": re.compile(
        r"[аоуюяиеэы]ь|ъ(?![еёюя])|(?<=[а-яё])[1iіlӀӏ](?=[а-яё])|\b[гкпхцчт][1iіlӀӏ](?=[а-яё])"
        r"|ээ|уу|аа|ёё|[жшчщ]ы|[ая]цца"
    ),
    "uk": re.compile(r"[аоуюяиеіїє]ь"),
    "bg": re.compile(r"[аоуюяие]ь|(?<=[а-я])[1lӀӏ](?=[а-я])"),
}
FOREIGN_EVERY: Final = 150
"""One such spelling in so many letters is put down to a foreign name."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What langdetect says of a text."""

    label: str
    """ISO 639-1, or `zh-cn`, `zh-tw`; `und` where it had nothing to go by."""
    probability: float
    """Its own, rounded to four places; no guard against languages that it does not know."""
    supported: bool
    """Whether the letters are those of the label's alphabet, so that the label can be right."""


def langdetect_answer(text: str) -> Answer | None:
    """langdetect's answer on a text's first 1,000 characters; None where they hold too few letters to ask."""
    text = text[:INPUT_LIMIT]
    return _detect(text) if count_letters(text) >= FEW_LETTERS else None


def in_alphabet(text: str, label: str) -> bool:
    """Whether a text's letters and spellings are those of a label's language."""
    low = unicodedata.normalize("NFC", text).lower()
    counted = Counter(low)
    letters = {letter: number for letter, number in counted.items() if letter.isalpha()}
    total = sum(letters.values())
    wanted = _SCRIPT_OF.get(label)
    if total == 0 or wanted is None or label in _UNTRUSTED:
        return False
    own = {letter: n for letter, n in letters.items() if script_of_letter(letter) == wanted}
    written = sum(own.values())
    if 2 * written <= total:
        return False
    alphabet = _ALPHABETS[label]
    strange = sum(n for letter, n in own.items() if letter not in alphabet) if alphabet else 0
    if strange > STRANGE_SHARE * written:
        return False
    needed, from_letters = _NEEDED.get(label, (frozenset(), 0))
    if needed and written >= from_letters and not needed & own.keys():
        return False
    foreign = _FOREIGN.get(label)
    return not foreign or len(foreign.findall(low)) * FOREIGN_EVERY <= written


@dataclass(frozen=True, slots=True)
class _Profiles:
    """langdetect's profiles, as its Detector asks its factory for them."""

    langlist: tuple[str, ...]
    word_lang_prob_map: dict[str, int]
    """Gram → its row of the counts."""
    counts: Any
    """Occurrences of each gram (rows) in each language's profile (columns)."""
    sizes: Any
    """Grams of one, two, three signs (rows) in each language's profile (columns)."""
    seed: int = 0


@cache
def _profiles() -> _Profiles:
    import langdetect
    import numpy

    # The stock loader takes the profiles in the directory's order, which differs between machines and is part of
    # the answer: sums run in that order. It also keeps a list of floats for each gram, which takes 60 MB.
    folder = Path(langdetect.__file__).parent / "profiles"
    names: list[str] = []
    sizes: list[int] = []
    rows: dict[str, int] = {}
    columns = []
    for path in sorted(path for path in folder.iterdir() if path.is_file()):
        profile = json.loads(path.read_bytes())
        grams = {gram: number for gram, number in profile["freq"].items() if 1 <= len(gram) <= GRAM_LENGTH}
        places = [rows.setdefault(gram, len(rows)) for gram in grams]
        columns.append((numpy.array(places, dtype=numpy.int32), numpy.array([*grams.values()], dtype=numpy.int32)))
        names.append(profile["name"])
        sizes.append(profile["n_words"])
    counts = numpy.zeros((len(rows), len(names)), dtype=numpy.int32)
    for column, (places_of, numbers) in enumerate(columns):
        counts[places_of, column] = numbers
    return _Profiles(tuple(names), rows, counts, numpy.array(sizes, dtype=numpy.float64).T.copy())


@cache
def _detector() -> Any:
    import numpy
    from langdetect.detector import Detector
    from langdetect.utils.ngram import NGram

    counts, sizes = _profiles().counts, _profiles().sizes

    class QuickDetector(Detector):  # type: ignore[misc]
        """langdetect's own detector, with the innermost loops written so that they take a quarter of the time.

        The arithmetic is the same in the same order, so the answers are equal to the last bit.
        """

        text: str

        def append(self, text: str) -> None:
            text = NGram.normalize_vi(self.MAIL_RE.sub(" ", self.URL_RE.sub(" ", text)))
            self.text += _SPACES.sub(" ", text)[: self.max_text_length]

        def cleaning_text(self) -> None:
            # langdetect means to leave Vietnamese letters out of the others, and does not: it compares unlike types.
            signs = Counter(self.text)
            latin = sum(number for sign, number in signs.items() if "A" <= sign <= "z")
            other = sum(number for sign, number in signs.items() if sign >= "\u0300")
            if latin * 2 < other:
                self.text = _FROM_A_TO_Z.sub("", self.text)

        def _extract_ngrams(self) -> list[str]:
            known, found = self.word_lang_prob_map, []
            normal = {sign: NGram.normalize(sign) for sign in set(self.text)}
            gram, capitals = " ", False
            for raw in self.text:
                sign, last = normal[raw], gram[-1]
                if last == " ":
                    if sign == " ":
                        continue
                    gram, capitals = " " + sign, False
                else:
                    gram = gram[-2:] + sign
                capitals = sign.isupper() and (capitals or last.isupper())
                if capitals:
                    continue
                if sign != " " and sign in known:
                    found.append(sign)
                if gram[-2:] in known:
                    found.append(gram[-2:])
                if len(gram) > 2 and gram in known:
                    found.append(gram)
            return found

        def _init_probability(self) -> Any:
            return numpy.full(len(self.langlist), 1.0 / len(self.langlist))

        def _update_lang_prob(self, prob: Any, word: str, alpha: float) -> bool:
            share = counts[self.word_lang_prob_map[word]] / sizes[len(word) - 1]
            prob *= share + alpha / self.BASE_FREQ
            return True

        def _normalize_prob(self, prob: Any) -> float:
            # A running sum, in order: that of Python 3.12 is another one than that of 3.11.
            prob /= numpy.add.accumulate(prob)[-1]
            return float(prob.max())

    return QuickDetector


_SPACES: Final = re.compile(" {2,}")
_FROM_A_TO_Z: Final = re.compile("[A-z]")


@lru_cache(maxsize=512)
def _detect(text: str) -> Answer:
    from langdetect.lang_detect_exception import LangDetectException

    detector = _detector()(_profiles())
    try:
        detector.append(text)
        found = detector.get_probabilities()
    except LangDetectException:
        found = []
    if not found:
        return Answer("und", 0.0, supported=False)
    best = max(found, key=lambda item: (item.prob, item.lang))
    probability = round(min(float(best.prob), 1.0), 4)
    return Answer(best.lang, probability, in_alphabet(text, best.lang))
