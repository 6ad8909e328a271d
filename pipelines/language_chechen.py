"""Chechen, which the n-gram model does not know, by its own letters and words.

The palochka (Ӏ) is on no keyboard: `1`, `I`, `l`, `|`, `!` stand for it in what people write. Neighbours that have it
too (Ingush, Avar, Lezgian, Kabardian, Adyghe …) are told apart by what Chechen has not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

PALOCHKA: Final = "ӏ"
_TYPED: Final = re.compile(
    r"(?<=[гкпхцчтГКПХЦЧТ])[1Il|!Ӏ](?=[а-яёьъА-ЯЁЬЪ-]|$)|(?<![гкпхцчтГКПХЦЧТ])[1Il|!Ӏ](?=[а-яё]{2})"
)
_OWN: Final = re.compile(r"[гкпхцчт]ӏ|\bӏ|[аоуюя]ь(?![яёюе])|[хк]ь|кх|къ(?=[аоуиеэяю])")
"""Spellings of Chechen: ejectives and pharyngeals with the palochka, аь оь уь юь яь, хь кх къ."""
_OTHERS: Final = re.compile(
    r"[гл]ь(?=[аеоуиэ])|лъ|[хг]ъ|кьа|кьу|къв|дз|оа|[ӕөүәқғңҳўіїєҙҫӑӗӳ]|[ӏъь]у[аэе]|щӏ|фӏ|жь|шъ|лӏ|нъ|кхъ|хъу|ы|(?<=[а-яӏ])э"
)
"""Spellings that its neighbours have and it has not: Avar гь лъ кь, Ingush оа, Kabardian and Adyghe щӏ фӏ жь шъ ы э."""


def with_palochka(word: str) -> str:
    """A word whose palochka was typed as another sign, with the palochka."""
    return _TYPED.sub(PALOCHKA, word)


def marks(words: Sequence[str], joined: str) -> tuple[int, int]:
    """How many words (lower case, with palochka) show spellings of Chechen, and how many those of its neighbours.

    `joined` are the words as one text.
    """
    if not _OWN.search(joined):
        return 0, 0
    own = sum(1 for word in words if _OWN.search(word))
    return own, sum(1 for word in words if _OTHERS.search(word))
