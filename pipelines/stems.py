"""Words of a text as a search compares them: where they stand, their plain form, their stem in a language.

Plain form: lower case (Unicode case folding), ё as е, stress marks and invisible characters gone, an apostrophe within
a word gone (пʼять, п’ять and п'ять are one word), Latin letters without their marks, the Chechen palochka as one
character however it was typed. й, і, ї, ґ, ў and all other letters are kept apart. A number with a point in it is one
word (`207.3`), a date in digits is three, and where letters meet digits a word ends: `ИК-5` and `ИК № 5` are the same
two.

Stems are Snowball's (snowballstemmer); Ukrainian and Belarusian, for which it has none, lose the endings of nouns and
adjectives (`_strip`). All other languages are compared by plain form.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from functools import cache, lru_cache
from typing import Final, NamedTuple

from pipelines.language import UNDETERMINED

ALGORITHMS: Final = {
    "ar": "arabic",
    "ca": "catalan",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "eo": "esperanto",
    "es": "spanish",
    "et": "estonian",
    "eu": "basque",
    "fa": "persian",
    "fi": "finnish",
    "fr": "french",
    "ga": "irish",
    "hi": "hindi",
    "hu": "hungarian",
    "hy": "armenian",
    "id": "indonesian",
    "it": "italian",
    "lt": "lithuanian",
    "ne": "nepali",
    "nl": "dutch",
    "no": "norwegian",
    "pl": "polish",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sr": "serbian",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
    "yi": "yiddish",
}
"""The Snowball stemmer of each language that has one."""

_LETTER: Final = r"[^\W\d_]"
# within a word: combining marks, invisible characters, apostrophes between letters
_MARK: Final = "\u0300-\u036f\u00ad\u200b-\u200d\u2060\ufeff"
_APOSTROPHES: Final = "'’ʼʻ‘′`"
_TOKEN: Final = re.compile(
    rf"(?P<number>[0-9]+(?:\.[0-9]+)*)"
    rf"|(?P<word>(?:{_LETTER})(?:[{_MARK}]|{_LETTER}|[1|](?=[\u0430-\u044f\u0451])|[{_APOSTROPHES}](?={_LETTER}))*)"
    r"|(?P<other>[^\W_])"
)
_DATE: Final = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4}|[0-9]{2})")
_CYRILLIC: Final = re.compile("[\u0400-\u052f]")
_LATIN: Final = re.compile("[a-z\u00df-\u024f\u1e00-\u1eff]")
_APOSTROPHE: Final = re.compile(f"[{_APOSTROPHES}]")
_CUT: Final = re.compile(f"(?<![oOgG])[{_APOSTROPHES}]")
_DROPPED: Final = re.compile(f"[{_MARK}{_APOSTROPHES}]")
_NO_LETTER: Final = re.compile(r"[\x00-/:-@\[-`{-\x7f]")
_PALOCHKA: Final = re.compile("(?<=[\u0400-\u052f])[1|il\u04c0\u04cf](?=[\u0400-\u052f])")
# their marks are letters of their own that no decomposition takes apart
_LATIN_LETTERS: Final = str.maketrans(
    {"ł": "l", "đ": "d", "ø": "o", "ı": "i", "ħ": "h", "ŧ": "t", "æ": "ae", "œ": "oe"}
)
_ROMANIAN: Final = str.maketrans({"ş": "ș", "ţ": "ț"})


# endings of nouns and adjectives, apostrophes gone; those of verbs are left: `засудив` and `засудженого` part anyway
_ENDINGS: Final = {
    "uk": (
        "ього ьому ьої ьою ого ому ими іми ами ями ої ою ею єю ій ий їй их іх їх им ім їм ів їв ам ям ах ях ом ем єм "
        "ей єй яя юю а я у ю е є и і ї о ь й"
    ),
    "be": (
        "яга яму ага аму ому ымі імі амі ямі ая ыя ое ее ай яй ой ей ую юю ою аю яю ых іх ым ім аў яў оў ам ям ах ях "
        "ом ем а я у ю е ы і о ь й"
    ),
}
_LONGEST_FIRST: Final = {
    language: sorted(endings.split(), key=len, reverse=True) for language, endings in _ENDINGS.items()
}
LEAST_STEM: Final = 3
"""Letters that are left of a Ukrainian or Belarusian word at least."""


class Token(NamedTuple):
    """A word in a text."""

    start: int
    end: int
    lower: str
    """Lower case, with the marks of Latin letters, which stems need."""

    @property
    def plain(self) -> str:
        """The plain form."""
        return bare(self.lower)


def tokens(text: str) -> Iterator[Token]:
    """The words of a text, in order; `start` and `end` count code points."""
    for found in _TOKEN.finditer(text):
        start, word = found.start(), found[0]
        if found.lastgroup == "word":
            yield from _words(start, word)
        elif found.lastgroup == "number":
            yield from _number(start, word)
        else:
            yield Token(start, found.end(), word)  # a digit of another script


def _number(start: int, word: str) -> Iterator[Token]:
    date = _DATE.fullmatch(word)
    if date is None:
        # a point would part the word in SQLite's eyes
        yield Token(start, start + len(word), word.replace(".", "·"))
        return
    for n in (1, 2, 3):
        yield Token(start + date.start(n), start + date.end(n), date[n])


def _words(start: int, word: str) -> Iterator[Token]:
    """A word whole, or, in Latin letters, cut at its apostrophes (`l'avocat`, `court's`), but not after o and g, where
    Uzbek has them in letters and Irish names after their first."""
    at = 0
    if _APOSTROPHE.search(word) and not _CYRILLIC.search(word):
        for mark in _CUT.finditer(word):
            yield Token(start + at, start + mark.start(), lower_form(word[at : mark.start()]))
            at = mark.end()
    yield Token(start + at, start + len(word), lower_form(word[at:]))


@lru_cache(131_072)
def lower_form(word: str) -> str:
    """A word in lower case, without what is no letter of it; marks that are part of a letter stay.

    >>> lower_form("Ещё"), lower_form("П’ять")
    ('еще', 'пять')
    """
    # NFKC: ﬁ and ² are what they stand for
    folded = unicodedata.normalize("NFKC", word.casefold())
    if folded.isascii():
        return folded.replace("'", "").replace("`", "")
    if _CYRILLIC.search(folded):
        folded = _PALOCHKA.sub("\u04cf", folded).replace("ё", "е").replace("\u04c0", "\u04cf")
    return _NO_LETTER.sub("", _DROPPED.sub("", folded))


@lru_cache(131_072)
def bare(lower: str) -> str:
    """The plain form of a word in lower case: Latin letters without their marks.

    >>> bare("nováková")
    'novakova'
    """
    if lower.isascii() or not _LATIN.search(lower):
        return lower
    parts = unicodedata.normalize("NFD", lower.translate(_LATIN_LETTERS))
    return unicodedata.normalize("NFC", "".join(one for one in parts if not unicodedata.combining(one)))


def stem(lower: str, language: str) -> str:
    """The stem of a word in lower case in a language, without marks; its plain form where the language has no stems.

    A word of an undetermined language is taken for Russian or English, by its letters.
    """
    if lower[:1].isdigit():
        return lower
    if language == UNDETERMINED:
        language = "ru" if _CYRILLIC.search(lower) else "en"
    cut = _stemmer(language)
    return bare(lower) if cut is None else bare(cut(lower.translate(_ROMANIAN))) or bare(lower)


@cache
def _stemmer(language: str) -> Callable[[str], str] | None:
    if language in _ENDINGS:
        endings = _LONGEST_FIRST[language]
        return lambda word: _strip(word, endings)
    name = ALGORITHMS.get(language)
    if name is None:
        return None
    import snowballstemmer

    made = snowballstemmer.stemmer(name)
    return lambda word: str(made.stemWord(word))


def _strip(word: str, endings: Sequence[str]) -> str:
    """A word without its longest ending that leaves enough of it."""
    for ending in endings:
        if word.endswith(ending) and len(word) - len(ending) >= LEAST_STEM:
            return word[: -len(ending)]
    return word
