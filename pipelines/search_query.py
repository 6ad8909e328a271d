"""What a person looks for, read from the words that were typed.

    words             all of them must be there, in any of their forms
    "some words"      one after the other; so are the parts of ИК-5 and of 1.4.2021
    word*             every word that begins so
    one OR another    either
    -word -"a phrase" pages that have it are left out

Nothing of SQLite's own query language gets through: every other sign only parts words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from archive.errors import UsageError
from pipelines.stems import tokens

WORDS_LIMIT: Final = 60
"""Words of a query at most."""
LEAST_PREFIX: Final = 2

QUOTES: Final = '"“”„«»'
"""Signs between which a phrase stands; which of them stands at which end does not matter."""
_PART: Final = re.compile(
    rf"(?P<minus>-?)(?:[{QUOTES}](?P<phrase>[^{QUOTES}]*)[{QUOTES}]|(?P<word>[^\s{QUOTES}]+))(?P<star>\*?)"
)
_OR: Final = "OR"


@dataclass(frozen=True, slots=True)
class Term:
    """Words that are to stand one after the other; most often one."""

    words: tuple[str, ...]
    """In lower case (`pipelines/stems.py`)."""
    prefix: bool
    """Whether the last of them is only the beginning of a word."""


@dataclass(frozen=True, slots=True)
class Query:
    """What is to be there, and what not."""

    groups: tuple[tuple[Term, ...], ...]
    """All of them, and of each at least one."""
    without: tuple[Term, ...]

    @property
    def terms(self) -> tuple[Term, ...]:
        """All that is looked for."""
        return tuple(term for group in self.groups for term in group)


def parse_query(text: str) -> Query:
    """The query that a text is. Raises UsageError, with what is wrong, for one that cannot be meant."""
    if sum(text.count(sign) for sign in '"') % 2:
        raise UsageError(f"expected a phrase between two quotation marks, found only one of them: {text}")
    groups: list[list[Term]] = []
    without: list[Term] = []
    joins = False
    for found in _PART.finditer(text):
        if found["word"] == _OR and not found["minus"]:
            if not groups or joins:
                raise UsageError(f"expected a word before OR, found none: {text}")
            joins = True
            continue
        term = _term(found)
        if term is None:
            continue
        if found["minus"]:
            without.append(term)
        elif joins:
            groups[-1].append(term)
            joins = False
        else:
            groups.append([term])
    if joins:
        raise UsageError(f"expected a word after OR, found none: {text}")
    return _checked(Query(tuple(map(tuple, groups)), tuple(without)), text)


def _term(found: re.Match[str]) -> Term | None:
    """None of what has no letter or digit in it."""
    own = found["phrase"] if found["phrase"] is not None else found["word"]
    prefix = bool(found["star"]) or own.endswith("*")
    own = own.rstrip("*")
    if "*" in own:
        raise UsageError(f"expected * at the end of a word, found it within {own!r}")
    words = tuple(token.lower for token in tokens(own))
    if prefix and (not words or len(words[-1]) < LEAST_PREFIX):
        raise UsageError(f"expected at least {LEAST_PREFIX} letters before *, found {own!r}")
    return Term(words, prefix) if words else None


def _checked(query: Query, text: str) -> Query:
    if not query.groups:
        only = "only what is to be left out" if query.without else f"none in {text!r}"
        raise UsageError(f"expected a word to look for, found {only}")
    if sum(len(term.words) for term in (*query.terms, *query.without)) > WORDS_LIMIT:
        raise UsageError(f"expected at most {WORDS_LIMIT} words to look for, found more")
    return query
