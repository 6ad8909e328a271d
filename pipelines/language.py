"""Text → language (BCP 47), by agreement of several detectors; `und` where it cannot be known.

Script decides first (Armenian, Georgian, Greek, …). Languages that share a script are told apart by a weighted vote:
n-grams of py3langid's model, resiliparse's profiles, letters and spellings, words. Confidence is the agreement among
those that can give the answer. langdetect's own answer is kept beside (`langdetect_answer`).

Answers are the same in every run and on every machine: no chance, no order of sets, whole-number sums.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from pipelines.language_langdetect import INPUT_LIMIT, Answer, _detect, langdetect_answer
from pipelines.language_ngrams import LABELS, ngrams, probabilities
from pipelines.language_scripts import NO_SCRIPT, count_letters, script_of, script_of_letter

__all__ = [
    "INPUT_LIMIT",
    "NO_SCRIPT",
    "UNDETERMINED",
    "Answer",
    "Judgement",
    "count_letters",
    "judge",
    "langdetect_answer",
    "likelihoods",
    "script_of",
    "script_of_letter",
]
UNDETERMINED: Final = "und"
ENOUGH_LETTERS: Final = 40
FEW_LETTERS: Final = 12
"""Letters below which nothing is said where script does not decide alone."""
TEXT_LIMIT: Final = 600
"""Characters of a text that are judged."""
_SOLE: Final = {
    "Armn": "hy",
    "Geor": "ka",
    "Grek": "el",
    "Gujr": "gu",
    "Guru": "pa",
    "Hebr": "he",
    "Jpan": "ja",
    "Khmr": "km",
    "Knda": "kn",
    "Kore": "ko",
    "Laoo": "lo",
    "Mlym": "ml",
    "Mymr": "my",
    "Orya": "or",
    "Sinh": "si",
    "Taml": "ta",
    "Telu": "te",
    "Thai": "th",
    "Tibt": "bo",
}
"""Scripts of one living language, or nearly so."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The language of a text and what it rests on."""

    language: str
    """BCP 47 without script; `und` where it cannot be known."""
    confidence: float
    """Agreement of the detectors that can give this answer, 0 to 1; 0 for `und`."""
    letters: int
    """Letters of the text."""
    script: str
    """ISO 15924; `Zyyy` where the text has no letters."""


def judge(text: str, *, page: str | None = None) -> Judgement:
    """Decide on the language of one run of text in one script.

    `page` is the language that the page's text of the same script is known to be in: it decides for a short text that
    does not speak against it, and makes the judgement cheap for the others.
    """
    letters, script = count_letters(text), script_of(text)
    language, confidence = _judged(text[:TEXT_LIMIT], script, page)
    return Judgement(language, confidence, letters, script)


def likelihoods(text: str) -> Mapping[str, float]:
    """Log scores of one text under py3langid's model, to be compared with each other; {} where nothing is known."""
    return ngrams().scores(text)


@lru_cache(maxsize=4096)
def _judged(text: str, script: str, page: str | None) -> tuple[str, float]:
    sole = _SOLE.get(script)
    if sole:
        return sole, 1.0
    if count_letters(text) < FEW_LETTERS or script not in LABELS:
        return UNDETERMINED, 0.0
    scores = ngrams().scores(text)
    shares = probabilities({one: scores[one] for one in LABELS[script].split() if one in scores}, len(text.encode()))
    if not shares:
        return UNDETERMINED, 0.0
    best = max(shares, key=lambda label: (shares[label], label))
    label = "sr" if best in {"bs", "hr"} else best
    return (label, shares[best]) if shares[best] > 0.5 or label == page else (UNDETERMINED, 0.0)


# What follows is used until the module of spans has taken it over.
_WORD = re.compile(r"\w+")


def detect(text: str, limit: int = INPUT_LIMIT) -> Answer:
    """Ask langdetect about the first `limit` characters of a text."""
    return _detect(text[:limit])


class PageLanguages:
    """The languages of one page's texts, told apart by script first."""

    def __init__(self, texts: Sequence[str]) -> None:
        """`texts` are the page's main texts, which decide what language each script of the page is in."""
        self._by_script: dict[str, str] = {}
        gathered: dict[str, list[str]] = {}
        for text in texts:
            gathered.setdefault(script_of(text), []).append(text)
        for script, parts in sorted(gathered.items()):
            joined = "\n".join(parts)[: 4 * INPUT_LIMIT]
            self._by_script[script] = judge(joined).language

    def judge(self, text: str, *, side: bool = False) -> Judgement:
        """Decide on one text of the page; of the short ones beside the main text nothing is said."""
        if side and count_letters(text) < ENOUGH_LETTERS:
            return Judgement(UNDETERMINED, 0.0, count_letters(text), script_of(text))
        page = self._by_script.get(script_of(text))
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


@lru_cache(maxsize=16384)
def _word_script(word: str) -> tuple[str, int]:
    letters = [letter for letter in word if letter.isalpha()]
    return (script_of(word), len(letters)) if letters else ("", 0)
