"""Scores of texts under py3langid's model, in whole numbers: the same on any machine.

The model (Lui and Baldwin's langid.py: naive Bayes over byte n-grams that an automaton finds) is read from the
installed package. Its own arithmetic is a product of 32-bit floats, whose last digits hang on the machine's linear
algebra; here weights are whole numbers, sums of them are exact, and languages that no page of ours could be in are left
out: English postal addresses become Nigerian Pidgin otherwise.
"""

from __future__ import annotations

import io
import lzma
import math
import unicodedata
from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

LABELS: Final = {
    "Arab": "ar fa ku ps ur ug",
    "Beng": "as bn",
    "Cyrl": "ba be bg crh kk ky mk mn ru sr tg tt uk uz",
    "Deva": "hi mr ne sa",
    "Hani": "zh",
    "Jpan": "ja",
    "Latn": (
        "af az br ca crh cs cy da de en eo es et eu fi fr fy ga gd gl hr bs hu id is it kk ku lb la lt ltg lv ms mt"
        " nl no oc pl pt ro sk sl so sq sr sv sw tk tl tr tt uz vi"
    ),
}
"""Languages that are told apart by n-grams, by script (ISO 15924); those of py3langid that it has trained."""
_UNIT: Final = 512
"""The model's weights are multiples of 1/512."""
_COUNT_UNIT: Final = 64
_TYPE_CODES: Final = {2: "H", 4: "I"}
_HEAT: Final = 0.6
"""How much scores are damped, against py3langid's own 1: found on half of the texts of bench/language.py."""


class Ngrams:
    """The model, cut to the languages of LABELS."""

    def __init__(self) -> None:
        import numpy
        from py3langid.langid import MODEL_DIR, MODEL_FILE

        # py3langid's own loader writes a temporary file: a full disk would keep every page from being read
        with lzma.open(MODEL_DIR / MODEL_FILE) as packed:
            unpacked = io.BytesIO(packed.read())
        with numpy.load(unpacked, allow_pickle=False) as model:
            weights, priors, classes = model["ptc"], model["pc"], model["classes"].tolist()
            moves, rows = (
                array(_TYPE_CODES[one.itemsize], one.tobytes()) for one in (model["nextmove"], model["nextmove_row"])
            )
            found = model["out_feat"].tolist()
        unpacked.close()
        wanted = sorted({label for labels in LABELS.values() for label in labels.split()} & set(classes))
        columns = [place for label in wanted for place, one in enumerate(classes) if one == label]
        self._labels: list[str] = [classes[place] for place in columns]
        self._twice = [at for at in range(1, len(columns)) if self._labels[at] == self._labels[at - 1]]
        self._numpy: Any = numpy
        self._weights: Any = numpy.rint(numpy.asarray(weights[:, columns], numpy.float32) * _UNIT).astype(numpy.int16)
        self._priors: Any = numpy.rint(numpy.asarray(priors[columns], numpy.float64) * (_UNIT * _COUNT_UNIT))
        self._moves: Sequence[int] = moves
        self._rows: Sequence[int] = rows
        self._found: Sequence[int] = found

    def scores(self, text: str) -> dict[str, float]:
        """Log scores of all labels, to be compared with each other; {} for a text without any known n-gram."""
        octets = unicodedata.normalize("NFC", text).encode("utf-8", errors="replace")
        visits = self._visits(octets)
        if not visits:
            return {}
        numpy = self._numpy
        places = numpy.fromiter(visits.keys(), dtype=numpy.intp, count=len(visits))
        counts = numpy.fromiter(map(_damped, visits.values()), dtype=numpy.int64, count=len(visits))
        sums = (numpy.einsum("i,ij->j", counts, self._weights[places]) + self._priors).tolist()
        for at in self._twice:  # one language in two scripts: the better of both
            sums[at] = max(sums[at - 1], sums[at])
        return {label: total / (_UNIT * _COUNT_UNIT) for label, total in zip(self._labels, sums, strict=True)}

    def _visits(self, octets: bytes) -> Counter[int]:
        moves, rows, found = self._moves, self._rows, self._found
        state, seen = 0, []
        for octet in octets:
            state = moves[(rows[state] << 8) + octet]
            feature = found[state]
            if feature >= 0:
                seen.append(feature)
        return Counter(seen)


@cache
def ngrams() -> Ngrams:
    """The model, loaded at first use: 0.7 s, some 120 MB."""
    return Ngrams()


@cache
def _damped(count: int) -> int:
    return round(math.log1p(count) * _COUNT_UNIT)


def probabilities(scores: Mapping[str, float], octets: int) -> dict[str, float]:
    """Turn log scores of a text of so many octets into shares of one, much as py3langid calibrates them."""
    if not scores:
        return {}
    top = max(scores.values())
    heat = max(_HEAT * math.sqrt(octets), 1.0)
    raised = {label: math.exp((score - top) / heat) for label, score in scores.items()}
    total = sum(raised.values())
    return {label: round(share / total, 4) for label, share in raised.items()}
