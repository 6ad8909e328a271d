"""How likely bytes are in an eight-bit encoding, by how the words that it makes of them are spelt.

Only words with letters beyond ASCII are looked at, and of these the first few hundred. For the Cyrillic encodings:
nine tenths of running text are two dozen frequent letters, words do not mix alphabets, and no capital follows a small
letter (koi8-r read as windows-1251 swaps the cases). Each encoding is held against the alphabets of Russian, Ukrainian
and Belarusian together, of Serbian and Macedonian, and of Kazakh, Tatar and their neighbours. For the Latin ones: all
letters beyond ASCII are of one language's alphabet (after Unicode CLDR's main exemplars); those of Western Europe count
as one, as many smaller languages are written with a mixture of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Final

CYRILLIC: Final = ("cp1251", "koi8-r", "koi8-u", "cp866", "iso8859-5", "mac-cyrillic", "kz1048", "ptcp154")
LATIN: Final = ("cp1252", "cp1250", "iso8859-2", "cp1254", "cp1257", "iso8859-16", "iso8859-13", "iso8859-4")
"""The likelier first: of several that fit as well, the first is taken."""
WORDS: Final = 2_000
CAPITALS: Final = 0.3
"""What a text of capitals alone is less likely by."""
MIXTURE: Final = 0.02
"""What letters of several Western languages are less likely by than those of one."""
RUN: Final = 2.0
"""Letters beyond ASCII that stand together on average, at least, in Cyrillic; in Latin it is one."""

# KOI8-U as browsers read it (WHATWG Encoding, 9.1, index koi8-u): RFC 2319 has no letter for Belarusian
WITH_SHORT_U: Final = {"\u255d": "ў", "\u256c": "Ў"}

_SLAVIC: Final = "абвгґдеёєжзиіїйклмнопрстуўфхцчшщъыьэюя"
_SOUTH: Final = "абвгдђѓежзѕијклљмнњопрстћќуфхцчџш"
_TURKIC: Final = "аәбвгғдеёжҗзийкқлмнңоөпрстуүұфхһҳҷӣӯцчшщъыіьэюя"
_FREQUENT: Final = frozenset("оеаинтсрвлкмдпуяіыьзбйгј")
_SIGNS: Final = "«»„“”‘’‚–—…№©•·§°\u00a0\u00ad®™´`€†"
_WESTERN: Final = "àáâãäåæçèéêëìíîïñòóôõöøœßùúûüÿ"
_LATIN: Final = (
    _WESTERN,
    "äöüß",  # German
    "àâæçéèêëîïôœùûüÿ",  # French
    "áéíóúüñ",  # Spanish
    "ãáâàçéêíõóôúü",  # Portuguese
    "àèéìíîòóùú",  # Italian
    "åäöéæøü",  # Danish, Finnish, Norwegian, Swedish
    "áæðéíóöúýþ",  # Icelandic
    "ąćęłńóśźż",  # Polish
    "áčďéěíňóřšťúůýž",  # Czech
    "áäčďéíĺľňóôŕšťúýž",  # Slovak
    "ćčěłńóřšž",  # Sorbian
    "áéíóöőúüű",  # Hungarian
    "ăâîșțşţ",  # Romanian
    "čćđšž",  # Croatian, Bosnian, Serbian, Slovenian
    "çğıiöşüâîû",  # Turkish, and of Azerbaijani what has a place
    "âçğıiñöşü",  # Crimean Tatar
    "çêîşû",  # Kurdish
    "äçňöşüýž",  # Turkmen
    "ąčęėįšųūž",  # Lithuanian
    "āčēģīķļņšūž",  # Latvian
    "äčõöšüž",  # Estonian, Karelian, Veps
    "çë",  # Albanian
)

_WORD = re.compile(rb"[A-Za-z\x80-\xff]*[\x80-\xff][A-Za-z\x80-\xff]*")
_LETTERS = re.compile(rb"[lU]+")
_HIGH: Final = bytes(range(128, 256))


@dataclass(frozen=True, slots=True)
class Fit:
    """How well the words fit an encoding."""

    score: float
    """About 0.9 for running text in Cyrillic, 1 for Latin letters of one language; below 0.4 for others."""
    odd: float
    """Share of the bytes beyond ASCII that make no letter of the alphabet."""
    mixed: float = 0.0
    """Share of the words in which Latin letters stand beside Cyrillic ones."""


def sample_of(octets: bytes) -> bytes:
    """The words with letters beyond ASCII, as far as they are looked at; a sign that stands alone is none."""
    found = []
    for match in _WORD.finditer(octets):
        if match.end() - match.start() > 1:
            found.append(match[0][:60])
        if len(found) == WORDS:
            break
    return b" ".join(found)


def fit(words: bytes, codec: str) -> Fit:
    """How well words (`sample_of`) fit an eight-bit encoding, by the alphabets that suit it best."""
    high = len(words) - len(words.translate(None, _HIGH))
    if not high:
        return Fit(0.0, 0.0)
    tables = _tables(codec)
    if codec in CYRILLIC:
        return max((_cyrillic(words, high, table) for table in tables), key=lambda one: one.score)
    # one language's alphabet is a surer sign than that of half a continent
    doubts = [MIXTURE, *(0.0 for _ in tables[1:])]
    return max((_latin(words, high, *one) for one in zip(tables, doubts, strict=True)), key=lambda one: one.score)


def _cyrillic(words: bytes, high: int, table: bytes) -> Fit:
    signs = words.translate(table)
    letters, frequent = sum(map(signs.count, (b"l", b"U", b"f", b"F"))), signs.count(b"f") + signs.count(b"F")
    number = words.count(b" ") + 1
    odd = signs.count(b"x") / high
    if not letters:
        return Fit(-2 * odd, odd)
    signs = signs.replace(b"f", b"l").replace(b"F", b"U")
    if letters < RUN * len(_LETTERS.findall(signs)):
        return Fit(0.0, odd, 1.0)
    inside = min(signs.count(b"lU"), number) / number
    mixed = min(sum(map(signs.count, (b"al", b"aU", b"la", b"Ua"))), number) / number
    return Fit(frequent / letters - CAPITALS * signs.count(b"U") / letters - inside - mixed - 2 * odd, odd, mixed)


def _latin(words: bytes, high: int, table: bytes, doubt: float) -> Fit:
    signs = words.translate(table)
    letters = signs.count(b"l") + signs.count(b"U")
    odd = signs.count(b"x") / high
    if not letters:
        return Fit(0.0, odd)
    inside = signs.count(b"aU") + signs.count(b"lU")
    return Fit(letters / (letters + signs.count(b"x")) - inside / (letters + 1) - doubt, odd)


@cache
def _tables(codec: str) -> tuple[bytes, ...]:
    """For each alphabet that the encoding may be for: what each byte is.

    `l` small letter, `U` capital (`f` and `F` frequent ones), `a` ASCII letter, `s` sign, `x` odd, else itself.
    """
    letters = [_decoded(byte, codec) for byte in range(128, 256)]
    alphabets = (_SLAVIC, _SOUTH, _TURKIC) if codec in CYRILLIC else _LATIN
    return tuple(
        bytes([_ascii(byte) for byte in range(128)]) + b"".join(_class(letter, alphabet) for letter in letters)
        for alphabet in alphabets
    )


def _decoded(byte: int, codec: str) -> str:
    letter = bytes([byte]).decode(codec, "replace")
    return WITH_SHORT_U.get(letter, letter) if codec == "koi8-u" else letter


def _ascii(byte: int) -> int:
    return ord("a") if chr(byte).isalpha() else byte


def _class(letter: str, alphabet: str) -> bytes:
    small = letter.lower()
    if len(small) == 1 and small in alphabet:
        if small in _FREQUENT:
            return b"f" if letter == small else b"F"
        return b"l" if letter == small else b"U"
    return b"s" if letter in _SIGNS else b"x"
