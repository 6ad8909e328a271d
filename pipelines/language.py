"""Text → language: langdetect's answer, and whether it can be believed.

langdetect always answers, and with a high probability, for languages that it does not know: Armenian and Georgian are
Estonian to it, Belarusian Ukrainian, Azerbaijani Turkish. So its answer is kept as it is (`Answer`: label, probability,
and whether the letters are those of the label's alphabet), and the language of a text is that label only where the
alphabet fits, the text is long enough and the probability high; else it is `und`, not determined (BCP 47).

Answers are the same in every run: fixed seed, profiles loaded in the order of their names, input cut at
1,000 characters.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

UNDETERMINED: Final = "und"
INPUT_LIMIT: Final = 1_000
"""Characters of a page's text that langdetect sees: it needs 57 ms for ten thousand and knows no better for it."""
BLOCK_LIMIT: Final = 300
"""Characters of a block's text that langdetect sees."""
ENOUGH_LETTERS: Final = 40
"""Letters from which one answer is believed alone; a shorter text needs the page's own language to agree."""
FEW_LETTERS: Final = 12
"""Letters below which nothing is said."""
ENOUGH_PROBABILITY: Final = 0.85
CALL_LIMIT: Final = 400
"""Texts of one page that langdetect is asked about; what comes after takes the page's language where letters fit."""
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
    **{label: "Latin" for label, letters in _ALPHABETS.items() if letters[:1] == "a"},
    **dict.fromkeys(("bg", "mk", "ru", "uk"), "Cyrillic"),
    **dict.fromkeys(("ar", "fa", "ur"), "Arabic"),
    **dict.fromkeys(("hi", "mr", "ne"), "Devanagari"),
    **dict.fromkeys(("zh-cn", "zh-tw", "ja"), "Cjk"),
    "bn": "Bengali",
    "el": "Greek",
    "gu": "Gujarati",
    "he": "Hebrew",
    "kn": "Kannada",
    "ko": "Hangul",
    "ml": "Malayalam",
    "pa": "Gurmukhi",
    "ta": "Tamil",
    "te": "Telugu",
    "th": "Thai",
    "vi": "Latin",
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
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Answer:
    """What langdetect says of a text."""

    label: str
    """ISO 639-1, or `zh-cn`, `zh-tw`; `und` where it had nothing to go by."""
    probability: float
    """Its own, rounded to four places; no guard against languages that it does not know."""
    supported: bool
    """Whether the letters are those of the label's alphabet, so that the label can be right."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The language of a text and what it rests on."""

    language: str
    """BCP 47; `und` where it cannot be known."""
    confidence: float
    """0 to 1; 0 for `und`."""
    letters: int
    """Letters of the text."""
    answer: Answer | None
    """langdetect's; None where the text has too few letters to ask."""
    script: str = ""


def detect(text: str, limit: int = INPUT_LIMIT) -> Answer:
    """Ask langdetect about the first `limit` characters of a text."""
    return _detect(text[:limit])


def judge(text: str, *, page: str | None = None, limit: int = BLOCK_LIMIT) -> Judgement:
    """Decide on the language of one run of text.

    `page` is the language that the page's text of the same script is known to be in: a text too short to be believed
    alone is believed when it agrees.
    """
    letters = count_letters(text)
    if letters < FEW_LETTERS:
        return Judgement(UNDETERMINED, 0.0, letters, None)
    answer = _detect(text[:limit])
    enough = letters >= ENOUGH_LETTERS or answer.label == page
    if not answer.supported or not enough or answer.probability < ENOUGH_PROBABILITY:
        return Judgement(UNDETERMINED, 0.0, letters, answer)
    return Judgement(answer.label, answer.probability, letters, answer)


class PageLanguages:
    """The languages of one page's texts, told apart by script first."""

    def __init__(self, texts: Sequence[str]) -> None:
        """`texts` are the page's main texts, which decide what language each script of the page is in."""
        self._by_script: dict[str, str] = {}
        self._asked: set[str] = set()
        gathered: dict[str, list[str]] = {}
        for text in texts:
            gathered.setdefault(script_of(text), []).append(text)
        for script, parts in sorted(gathered.items()):
            joined = "\n".join(parts)[: 4 * INPUT_LIMIT]
            self._by_script[script] = judge(joined, limit=INPUT_LIMIT).language

    def judge(self, text: str, *, side: bool = False) -> Judgement:
        """Decide on one text of the page; of the short ones beside the main text nothing is said."""
        if side and count_letters(text) < ENOUGH_LETTERS:
            return Judgement(UNDETERMINED, 0.0, count_letters(text), None)
        page = self._by_script.get(script_of(text))
        if len(self._asked) >= CALL_LIMIT and text not in self._asked:
            letters = count_letters(text)
            fits = page not in {None, UNDETERMINED} and letters >= FEW_LETTERS and in_alphabet(text, page or "")
            return Judgement(page or UNDETERMINED, 0.5, letters, None) if fits else judge("")
        self._asked.add(text)
        return judge(text, page=page)


def by_letters(judgements: Iterable[Judgement]) -> str:
    """The language that more than half of all letters are in; `und` where there is none."""
    shares: Counter[str] = Counter()
    for judgement in judgements:
        shares[judgement.language] += judgement.letters
    if not shares:
        return UNDETERMINED
    language, letters = max(shares.items(), key=lambda item: (item[1], item[0]))
    return language if 2 * letters > shares.total() else UNDETERMINED


def runs(text: str) -> list[tuple[int, int]]:
    """Split a text where its script changes for a good while: (start, end) pairs that cover all of it.

    A foreign name or abbreviation, under 20 letters, stays with the text around it.
    """
    pieces: list[tuple[int, int, str, int]] = []
    for match in _WORD.finditer(text):
        script, letters = _word_script(match.group())
        if letters == 0:
            continue
        if pieces and pieces[-1][2] == script:
            start, _, _, before = pieces[-1]
            pieces[-1] = (start, match.end(), script, before + letters)
        else:
            pieces.append((match.start(), match.end(), script, letters))
    merged = _merged(pieces)
    if len(merged) <= 1:
        return [(0, len(text))] if text else []
    bounds = [0, *(piece[0] for piece in merged[1:]), len(text)]
    return list(itertools.pairwise(bounds))


def _merged(pieces: list[tuple[int, int, str, int]]) -> list[tuple[int, int, str, int]]:
    kept = [piece for piece in pieces if piece[3] >= 20]
    if not kept:
        return pieces[:1]
    merged = [kept[0]]
    for piece in kept[1:]:
        if piece[2] == merged[-1][2]:
            start, _, script, letters = merged[-1]
            merged[-1] = (start, piece[1], script, letters + piece[3])
        else:
            merged.append(piece)
    return merged


def count_letters(text: str) -> int:
    """Letters of a text, of any script."""
    return sum(map(str.isalpha, text))


@lru_cache(maxsize=4096)
def script_of(text: str) -> str:
    """The script of most letters: `Latin`, `Cyrillic`, …; `` where there are none."""
    scripts: Counter[str] = Counter()
    for letter, number in Counter(text[:INPUT_LIMIT]).items():
        if letter.isalpha():
            scripts[script_of_letter(letter)] += number
    return max(scripts.items(), key=lambda item: (item[1], item[0]))[0] if scripts else ""


@lru_cache(maxsize=4096)
def script_of_letter(letter: str) -> str:
    """The script of one letter, by the first word of its Unicode name."""
    first = unicodedata.name(letter, "").split(" ")[0].split("-")[0].capitalize()
    return "Cjk" if first in {"Hiragana", "Katakana", "Cjk"} else first


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


@cache
def _factory() -> Any:
    import langdetect
    from langdetect.detector_factory import DetectorFactory

    # The stock loader takes the profiles in the directory's order, which differs between machines and is part of
    # the answer: sums run in that order.
    folder = Path(langdetect.__file__).parent / "profiles"
    factory = DetectorFactory()
    factory.load_json_profile([path.read_text("utf-8") for path in sorted(folder.iterdir()) if path.is_file()])
    factory.set_seed(0)
    return factory


@cache
def _detector() -> Any:
    from langdetect.detector import Detector

    class QuickDetector(Detector):  # type: ignore[misc]
        """langdetect's own detector, with the two innermost loops written so that they take a third of the time.

        The arithmetic is the same in the same order, so the answers are equal to the last bit.
        """

        def _update_lang_prob(self, prob: list[float], word: str, alpha: float) -> bool:
            weight = alpha / self.BASE_FREQ
            prob[:] = [p * (weight + q) for p, q in zip(prob, self.word_lang_prob_map[word], strict=True)]
            return True

        def _normalize_prob(self, prob: list[float]) -> float:
            total = sum(prob)
            prob[:] = [p / total for p in prob]
            return max(prob)

    return QuickDetector


@lru_cache(maxsize=8192)
def _detect(text: str) -> Answer:
    from langdetect.lang_detect_exception import LangDetectException

    detector = _detector()(_factory())
    try:
        detector.append(text)
        found = detector.get_probabilities()
    except LangDetectException:
        found = []
    if not found:
        return Answer(UNDETERMINED, 0.0, supported=False)
    best = max(found, key=lambda item: (item.prob, item.lang))
    probability = round(min(float(best.prob), 1.0), 4)
    return Answer(best.lang, probability, in_alphabet(text, best.lang))


@lru_cache(maxsize=16384)
def _word_script(word: str) -> tuple[str, int]:
    letters = [letter for letter in word if letter.isalpha()]
    return (script_of(word), len(letters)) if letters else ("", 0)
