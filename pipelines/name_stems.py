"""Whether two words may be the same name in two cases, scripts or spellings, where no text around them tells.

Coarser than `pipelines/names.py`, which reads a name in its sentence: for filters, and for whether a name that went
from one place of a text still stands in another.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from pipelines.names import skeleton

_VOWELS: Final = "aeiou"
_LEAST: Final = 2
"""Letters of a stem."""
# in the letters of `skeleton`: -а, -у, -ой, -ого, -ому, -ым, -ыми, -ов, -их
_ENDING: Final = re.compile(r"(?:[aeiou]{0,3}(?:mi?|h|hi|v)?[aeiou]{0,2})\Z")


def may_be(one: str, other: str) -> bool:
    """Whether two words may be forms of the same name: Мария, Марию, Maria."""
    return _may_be(skeleton(one), skeleton(other))


@lru_cache(8192)
def _may_be(one: str, other: str) -> bool:
    if not one or not other:
        return False
    if one == other:
        return True
    return _is_form(one, other) or _is_form(other, one)


def _is_form(name: str, word: str) -> bool:
    stem = name.rstrip(_VOWELS)
    if len(stem) >= _LEAST and word.startswith(stem) and _ENDING.match(word, len(stem)):
        return True
    # -ец, -ца; -ок, -ка
    if len(name) > _LEAST and name[-2] in "eo" and name[-1] not in _VOWELS:
        short = name[:-2] + name[-1]
        return len(short) >= _LEAST and word.startswith(short) and _ENDING.match(word, len(short)) is not None
    return False
