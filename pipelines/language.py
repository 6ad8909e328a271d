"""Text → language (BCP 47), by agreement of several detectors; `und` where it cannot be known.

Script decides first (Armenian, Georgian, Greek, …). Languages that share a script are told apart by a weighted vote:
n-grams of py3langid's model, resiliparse's profiles, letters and spellings, words. Confidence is the agreement among
those that can give the answer. langdetect's own answer is kept beside (`langdetect_answer`).

Answers are the same in every run and on every machine: no chance, no order of sets, whole-number sums.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from pipelines.language_langdetect import Answer, langdetect_answer
from pipelines.language_ngrams import LABELS, ngrams
from pipelines.language_scripts import NO_SCRIPT, count_letters, script_of, script_of_letter
from pipelines.language_vote import Prepared, fits, misfits_of, prepare, small_words, vote

__all__ = [
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
FEW_LETTERS: Final = 12
"""Letters below which only small words of the page's own language tell."""
LEAST_LETTERS: Final = 3
"""Letters below which not even small words tell the language."""
LEAST_SHARE: Final = 0.5
"""Of the sum of votes."""
LEAST_AGREEMENT: Final = 0.25
MOST_STRANGE: Final = 0.25
"""Share of Cyrillic words with letters that the language has not, above which it is one that no voter knows."""
STRANGE_WORDS: Final = 8
"""Words that there must be of the text for that."""
NAME_WORDS: Final = 4
"""So many words, all with a capital letter and none of them a small word, are taken for a name."""
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
_YIDDISH: Final = re.compile("[װױײ\ufb1f]|א[\u05b7\u05b8]")


@dataclass(frozen=True, slots=True)
class Judgement:
    """The language of a text and what it rests on."""

    language: str
    """BCP 47 without script; `und` where it cannot be known.

    Serbian, Croatian, Bosnian and Montenegrin are all `sr`: no detector tells them apart by a sentence.
    """
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


@lru_cache(maxsize=2048)
def _judged(text: str, script: str, page: str | None) -> tuple[str, float]:
    sole = "yi" if script == "Hebr" and _YIDDISH.search(text) else _SOLE.get(script)
    if sole:
        return sole, 1.0
    if script not in LABELS:
        return UNDETERMINED, 0.0
    prepared = prepare(text, script)
    letters = sum(map(len, prepared.words))
    if letters < LEAST_LETTERS or (page is None and letters < FEW_LETTERS):
        return UNDETERMINED, 0.0
    # A name, or too few letters: small words alone can tell, and there is no need to ask the dear voters.
    brief = letters < FEW_LETTERS or prepared.named == len(prepared.words) <= NAME_WORDS
    if brief and page:
        return _by_small_words(prepared, page)
    if brief and not small_words(prepared):
        return UNDETERMINED, 0.0
    verdict = (fits(prepared, page) if page else None) or vote(prepared, page)
    weak = verdict.share < LEAST_SHARE or verdict.agreement < LEAST_AGREEMENT
    if script == "Cyrl" and len(prepared.words) >= STRANGE_WORDS:
        weak = weak or verdict.strange > MOST_STRANGE
    if weak or (brief and not verdict.known):
        return UNDETERMINED, 0.0
    return verdict.label, verdict.confidence


def _by_small_words(prepared: Prepared, page: str) -> tuple[str, float]:
    """The page's language where no other has more small words in a text, and one is there; else `und`."""
    hits = small_words(prepared)
    own = hits.get(page, 0.0)
    if own == 0 or own < max(hits.values()) or misfits_of(prepared, page):
        return UNDETERMINED, 0.0
    rivals = sum(1 for weight in hits.values() if weight == own)
    return page, round(1 / rivals, 4)
