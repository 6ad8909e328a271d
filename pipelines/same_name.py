"""Whether two names are one person's, or one thing's, as pages write them at different times."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from rapidfuzz.distance import Levenshtein

from pipelines.names import CYRILLIC, skeleton

LETTERS: Final = 2
"""Letters by which two spellings of one word differ at most."""
SURE: Final = 4
"""Letters from which a word with another letter is a spelling, and no other word."""

_DATES = re.compile(
    r"\d{1,2}[./-]\d{1,2}[./-](?:19|20)?\d{2}(?!\d)|(?:19|20)\d{2}-\d{2}-\d{2}|\d{1,2}:\d{2}(?::\d{2})?"
    r"|\d{1,2}\s+[^\W\d_]{3,12}\.?,?\s+(?:19|20)\d{2}|[^\W\d_]{3,12}\.?\s+\d{1,2},?\s+(?:19|20)\d{2}"
)
_APART = re.compile(r"[^\w'-]+")
_FOLDED: Final = str.maketrans({"’": "'", "ʼ": "'", "`": "'", "‑": "-", "ё": "е"})


@lru_cache(8192)
def name_key(name: str) -> str:
    """A name as names are compared: letters' case, ё and е, kinds of apostrophe and dates make no difference; й does.

    >>> name_key("Семёнов Пётр (12.05.1980)")
    'семенов петр'
    """
    folded = _DATES.sub(" ", name).casefold().translate(_FOLDED)
    return " ".join(word for word in _APART.split(folded) if word)


def is_spelling(one: str, other: str) -> bool:
    """Whether two names are one person's: in another order, with a letter or two otherwise, in another alphabet, with
    a name more, or with an initial for one.
    """
    mine, theirs = (name_key(name).split() for name in (one, other))
    if sorted(mine) == sorted(theirs):
        return True
    if len(mine) == len(theirs) and len(mine) > 1 and _differ_in_spelling(sorted(mine), sorted(theirs)):
        return True
    shorter, longer = sorted((mine, theirs), key=len)
    if 2 <= len(shorter) < len(longer) and set(shorter) < set(longer):
        return True
    return len(mine) == len(theirs) > 1 and sorted(map(_sound, mine)) == sorted(map(_sound, theirs))


@lru_cache(8192)
def _sound(word: str) -> str:
    """The skeleton of a word; the word itself where that leaves letters of it out, as it does қ and all of Georgian."""
    return skeleton(word) if all(map(_is_in_skeletons, word)) else word


def _is_in_skeletons(sign: str) -> bool:
    return not sign.isalpha() or bool(CYRILLIC.match(sign)) or unicodedata.normalize("NFD", sign)[0].isascii()


def _differ_in_spelling(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether one word alone differs, and by little, or by a second surname."""
    mine, theirs = ([word for word in some if word not in rest] for some, rest in ((one, other), (other, one)))
    if len(mine) != 1 or len(theirs) != 1:
        return False
    [a], [b] = mine, theirs
    if min(len(a), len(b)) >= SURE and _is_doubled(*sorted((a, b), key=len)):
        return True
    if a[0] != b[0]:
        return False
    if min(len(a), len(b)) == 1:
        return True
    return min(len(a), len(b)) >= SURE and Levenshtein.distance(a, b, score_cutoff=LETTERS) <= LETTERS


def _is_doubled(single: str, double: str) -> bool:
    """Whether a word is one of the two that a hyphen joins in the other: a name that somebody took besides."""
    return "-" not in single and double.count("-") == 1 and single in double.split("-")
