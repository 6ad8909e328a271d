"""Which script a letter, a word, a text is written in: codes of ISO 15924.

Japanese (kanji among kana) counts as `Jpan`, Korean as `Kore`, letters of no script of their own as none. The table is
this module's own, so that the answer does not hang on the Unicode version of the interpreter.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from functools import lru_cache
from typing import Final

NO_SCRIPT: Final = "Zyyy"
"""Code for texts without letters."""
OTHER_SCRIPT: Final = "Zzzz"
"""Code for letters of a script that is not in the table."""
INPUT_LIMIT: Final = 1_000
"""Characters of a text that are looked at."""

# Blocks of Unicode: first code point, code. What lies between two of them belongs to the first; NO_SCRIPT closes a gap.
_BLOCKS: Final = (
    (0x0000, NO_SCRIPT),
    (0x0041, "Latn"),
    (0x005B, NO_SCRIPT),
    (0x0061, "Latn"),
    (0x007B, NO_SCRIPT),
    (0x00C0, "Latn"),
    (0x02B0, NO_SCRIPT),
    (0x0370, "Grek"),
    (0x0400, "Cyrl"),
    (0x0530, "Armn"),
    (0x0590, "Hebr"),
    (0x0600, "Arab"),
    (0x0700, "Syrc"),
    (0x0750, "Arab"),
    (0x0780, "Thaa"),
    (0x07C0, "Nkoo"),
    (0x0800, OTHER_SCRIPT),
    (0x0870, "Arab"),
    (0x0900, "Deva"),
    (0x0980, "Beng"),
    (0x0A00, "Guru"),
    (0x0A80, "Gujr"),
    (0x0B00, "Orya"),
    (0x0B80, "Taml"),
    (0x0C00, "Telu"),
    (0x0C80, "Knda"),
    (0x0D00, "Mlym"),
    (0x0D80, "Sinh"),
    (0x0E00, "Thai"),
    (0x0E80, "Laoo"),
    (0x0F00, "Tibt"),
    (0x1000, "Mymr"),
    (0x10A0, "Geor"),
    (0x1100, "Kore"),
    (0x1200, "Ethi"),
    (0x13A0, "Cher"),
    (0x1400, "Cans"),
    (0x1680, OTHER_SCRIPT),
    (0x1780, "Khmr"),
    (0x1800, "Mong"),
    (0x18B0, OTHER_SCRIPT),
    (0x1C80, "Cyrl"),
    (0x1C90, "Geor"),
    (0x1CC0, OTHER_SCRIPT),
    (0x1D00, "Latn"),
    (0x1D2C, NO_SCRIPT),
    (0x1E00, "Latn"),
    (0x1F00, "Grek"),
    (0x2000, NO_SCRIPT),
    (0x2C60, "Latn"),
    (0x2C80, OTHER_SCRIPT),
    (0x2D00, "Geor"),
    (0x2D30, "Tfng"),
    (0x2D80, "Ethi"),
    (0x2DE0, "Cyrl"),
    (0x2E00, NO_SCRIPT),
    (0x3040, "Jpan"),
    (0x3100, "Hani"),
    (0x3130, "Kore"),
    (0x3190, "Hani"),
    (0x31F0, "Jpan"),
    (0x3200, NO_SCRIPT),
    (0x3400, "Hani"),
    (0x4DC0, NO_SCRIPT),
    (0x4E00, "Hani"),
    (0xA000, OTHER_SCRIPT),
    (0xA640, "Cyrl"),
    (0xA6A0, OTHER_SCRIPT),
    (0xA720, "Latn"),
    (0xA800, OTHER_SCRIPT),
    (0xA960, "Kore"),
    (0xA980, OTHER_SCRIPT),
    (0xAB30, "Latn"),
    (0xAB70, OTHER_SCRIPT),
    (0xAC00, "Kore"),
    (0xD800, NO_SCRIPT),
    (0xF900, "Hani"),
    (0xFB00, "Latn"),
    (0xFB13, "Armn"),
    (0xFB1D, "Hebr"),
    (0xFB50, "Arab"),
    (0xFE00, NO_SCRIPT),
    (0xFE70, "Arab"),
    (0xFF00, NO_SCRIPT),
    (0xFF21, "Latn"),
    (0xFF3B, NO_SCRIPT),
    (0xFF41, "Latn"),
    (0xFF5B, NO_SCRIPT),
    (0xFF66, "Jpan"),
    (0xFFA0, "Kore"),
    (0xFFE0, NO_SCRIPT),
    (0x10000, OTHER_SCRIPT),
    (0x20000, "Hani"),
    (0x323B0, OTHER_SCRIPT),
)
_NO_LETTERS: Final = bytes(octet for octet in range(128) if not chr(octet).isalpha())
_STARTS: Final = tuple(start for start, _ in _BLOCKS)


@lru_cache(maxsize=4096)
def script_of_letter(letter: str) -> str:
    """The script of one character; NO_SCRIPT where it is no letter."""
    return _BLOCKS[bisect_right(_STARTS, ord(letter)) - 1][1] if letter.isalpha() else NO_SCRIPT


def script_of(text: str) -> str:
    """The script of most letters among a text's first 1,000 characters; NO_SCRIPT where there are none."""
    return _script_of(text[:INPUT_LIMIT])


@lru_cache(maxsize=1024)
def _script_of(text: str) -> str:
    if text.isascii():
        return "Latn" if any(map(str.isalpha, text)) else NO_SCRIPT
    scripts: dict[str, int] = {}
    for letter, number in Counter(text).items():
        script = script_of_letter(letter)
        scripts[script] = scripts.get(script, 0) + number
    scripts.pop(NO_SCRIPT, None)
    if "Jpan" in scripts and scripts["Jpan"] * 10 > scripts.get("Hani", 0):  # more kanji than kana is Japanese too
        scripts["Jpan"] += scripts.pop("Hani", 0)
    return max(scripts.items(), key=lambda item: (item[1], item[0]))[0] if scripts else NO_SCRIPT


def count_letters(text: str) -> int:
    """Letters of a text, of any script."""
    if text.isascii():
        return len(text.encode("ascii").translate(None, _NO_LETTERS))
    return sum(map(str.isalpha, text))
