"""Word-level differences between two texts.

Words and numbers are whole: `1 240` → `9 870` is one number for another, not digits swapped; `207.3`, `04.01.2024` and
`pro-government` are one word each. Texts are cut into tokens, each distinct token stands for one character, and
diff-match-patch works on those: its semantic clean-up then makes no cut inside a word.

Rendered, `[-five-]{+eight+}` stands for a replaced word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import takewhile
from typing import Final, Literal

from fast_diff_match_patch import diff as _dmp

Op = Literal["=", "-", "+"]
Piece = tuple[Op, str]

_TOKEN = re.compile(
    r"(?<![\d.,])\d{1,3}(?:[ \u00a0\u2009\u202f]\d{3})+(?![\d])(?:[.,]\d+)?"  # 1 240
    r"|\d+(?:[.,:/]\d+)*[\w\u0300-\u036f]*"  # 207.3  04.01.2024  10:30  1990s
    r"|[\w\u0300-\u036f]+(?:['’ʼ‘\-\u2010\u2011][\w\u0300-\u036f]+)*"
    r"|\s+|."
)
MOST_STEPS: Final = 3_000_000_000
"""Tokens of the one text times those of the other: 50,000 words against 50,000 take up to some ten seconds."""
_SURROGATES: Final = range(0xD800, 0xE000)
_FIRST: Final = 0x100
_OPS: Final[dict[str, Op]] = {"=": "=", "-": "-", "+": "+"}


def tokens(text: str) -> list[str]:
    """Cut a text into words, numbers, runs of white space and single signs; joined they are the text."""
    return _TOKEN.findall(text)


def word_diff(before: str, after: str) -> list[Piece]:
    """What stays (`=`), goes (`-`) and comes (`+`), in order; never cuts a word or a number."""
    old, new = tokens(before), tokens(after)
    pieces: list[Piece] = []
    at_old = at_new = 0
    for op, count in token_ops(old, new):
        if op == "+":
            pieces.append(("+", "".join(new[at_new : at_new + count])))
            at_new += count
            continue
        pieces.append((op, "".join(old[at_old : at_old + count])))
        at_old += count
        if op == "=":
            at_new += count
    return pieces


def token_ops(
    old: Sequence[str], new: Sequence[str], *, tidy: bool = True, most: int | None = None
) -> list[tuple[Op, int]]:
    """The same over ready tokens: (operation, number of tokens).

    `tidy` counts a chance agreement between two changed stretches as changed too, which people read more easily.
    Texts of more than `most` steps (MOST_STEPS) are not compared beyond what they begin and end with alike.
    """
    places: dict[str, str] = {}

    def encoded(of: Sequence[str]) -> str:
        signs = []
        for token in of:
            sign = places.get(token)
            if sign is None:
                sign = places[token] = _character(len(places))
            signs.append(sign)
        return "".join(signs)

    if old == new:
        return [("=", len(old))] if old else []
    left, right = encoded(old), encoded(new)
    if left == right:
        return [("=", len(left))] if left else []
    if len(left) * len(right) > (MOST_STEPS if most is None else most):
        return _ends(left, right)
    found = _dmp(left, right, timelimit=0, cleanup="Semantic" if tidy else "No", checklines=False)
    return [(_OPS[op], int(count)) for op, count in found if count]


def _ends(left: str, right: str) -> list[tuple[Op, int]]:
    head = _alike(left, right)
    left, right = left[head:], right[head:]
    tail = _alike(left[::-1], right[::-1])
    ops: list[tuple[Op, int]] = [("=", head), ("-", len(left) - tail), ("+", len(right) - tail), ("=", tail)]
    return [(op, count) for op, count in ops if count]


def changed_words(pieces: Iterable[Piece]) -> list[list[str]]:
    """The changed words alone: `["-five", "+eight"]` for one in another's place, else `["-gone"]` or `["+new"]`.

    White space around them is left out; a change of white space alone is no change of words.
    """
    changes: list[list[str]] = []
    fresh = False
    for op, text in pieces:
        if op == "=":
            fresh = False
            continue
        word = op + text.strip()
        if len(word) == 1:
            continue
        if fresh and len(changes[-1]) == 1 and changes[-1][0][0] != op:
            changes[-1].append(word)
            changes[-1].sort(key=lambda each: each[0] == "+")
        else:
            changes.append([word])
        fresh = True
    return changes


def render(pieces: Iterable[Piece], *, context: int | None = None) -> str:
    """One line or more of text with `[-…-]` and `{+…+}`; `context` shortens what stays to so many words a side."""
    parts = list(pieces)
    shown = []
    for place, (op, text) in enumerate(parts):
        if op == "-":
            shown.append(f"[-{text}-]")
        elif op == "+":
            shown.append("{+" + text + "+}")
        else:
            shown.append(text if context is None else _short(text, context, place == 0, place == len(parts) - 1))
    return "".join(shown)


def _alike(left: str, right: str) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(left, right, strict=False)))


def _short(text: str, context: int, first: bool, last: bool) -> str:
    words = re.findall(r"\S+\s*|\s+", text)
    if len(words) <= (context if first or last else 2 * context) + 1:
        return text
    head = "" if first else "".join(words[:context])
    tail = "" if last else "".join(words[-context:])
    return f"{head}… {tail}" if head else f"… {tail}"


def _character(number: int) -> str:
    """The character that stands for a token: any but surrogates, which no UTF-8 can carry."""
    point = _FIRST + number
    return chr(point if point < _SURROGATES.start else point + len(_SURROGATES))
