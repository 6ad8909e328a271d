"""The other forms of a Cyrillic word, taken for a name: what a Russian or Ukrainian page may write of the same person.

Snowball's Russian stemmer is made for common words, and parts the forms of many names: `Островерхов` has the stem
`островерх`, `Островерхова` has `островерхов`; `Алексей` has `алекс`, `Алексея` has `алексе`. So a search for such a
word looks for these forms too, word for word. A form that no language has does no harm: no page has it either.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

LEAST_BASE: Final = 2
"""Letters of a word that no ending belongs to."""


class _Class(NamedTuple):
    """A way to decline: what the base ends in, and what follows it in each case."""

    base: re.Pattern[str]
    endings: tuple[str, ...]


_CONSONANT: Final = "бвгґджзклмнпрстўфхцчшщ"
_VOWEL: Final = "аеєиіїоуыэюя"


def _declension(base: str, endings: str) -> _Class:
    return _Class(re.compile(base), tuple("" if ending == "-" else ending for ending in endings.split()))


# Zaliznyak's types of nouns as far as names have them, and the mixed one of surnames; ё is written е here
_CLASSES: Final = {
    "ru": (
        _declension("(?:[ое]в|[иы]н)$", "- а у ым е ой ою ы ых ыми"),
        # not of names: осужден and осужденного, which Snowball parts as well
        _declension("[аея]н$", "- а о ы ный ного ному ным ном ная ной ную ное ные ных ными"),
        _declension(f"[{_CONSONANT}]$", "- а у ом ем е ы и ов ам ами ах"),
        _declension(f"[{_VOWEL}]$", "й я ю ем е и ев ям ями ях"),
        _declension(f"[{_CONSONANT}]$", "ь я ю ем е и ей ям ями ях"),
        _declension(f"[{_CONSONANT}]$", "а ы и е у ой ею ою ей ам ами ах"),
        _declension(f"[{_CONSONANT}ьи]$", "я и е ю ей ею й"),
    ),
    "uk": (
        _declension("(?:[оеє]в|[иії]н|ів)$", "- а у им і ої ій ою и их ими ові"),
        _declension(f"[{_CONSONANT}]$", "- а у ом ем і е ові еві и ів ам ами ах"),
        _declension(f"[{_VOWEL}]$", "й я ю єм ї є єві ї їв ям ями ях"),
        _declension(f"[{_CONSONANT}]$", "ь я ю ем і еві ів ям ями ях"),
        _declension(f"[{_CONSONANT}]$", "а и і у ою ею о ам ами ах"),
        _declension(f"[{_CONSONANT}иі]$", "я і ї ю ею єю е"),
    ),
}
# Павел, Павла; Лев, Льва
_FLEETING: Final = re.compile(f"[ео]([{_CONSONANT}])$")
_CLUSTER: Final = re.compile(f"([{_CONSONANT}])ь?([{_CONSONANT}])$")


def name_forms(plain: str, language: str) -> frozenset[str]:
    """The forms of a word in plain form, itself among them; nothing else for a language without a table of endings."""
    classes = _CLASSES.get(language, ())
    forms = {plain}
    for base, way in _bases(plain, classes):
        forms.update(base + ending for ending in way.endings)
        for other in _with_fleeting_vowel(base, way):
            forms.add(other)
    return frozenset(forms)


def _bases(plain: str, classes: tuple[_Class, ...]) -> Iterator[tuple[str, _Class]]:
    for way in classes:
        for ending in way.endings:
            base = plain.removesuffix(ending) if ending else plain
            if plain.endswith(ending) and len(base) >= LEAST_BASE and way.base.search(base):
                yield base, way
                short = _FLEETING.sub(r"\1", base) if ending in {"", "ь"} else base
                if short != base and len(short) >= LEAST_BASE:
                    yield short, way
                    yield _FLEETING.sub(r"ь\1", base), way


def _with_fleeting_vowel(base: str, way: _Class) -> Iterator[str]:
    """The nominative with the vowel that the other cases lose."""
    if "" in way.endings or "ь" in way.endings:
        last = "" if "" in way.endings else "ь"
        for vowel in "ео":
            if _CLUSTER.search(base):
                yield _CLUSTER.sub(rf"\1{vowel}\2", base) + last
