"""Case facts: what a page says of each person it names, with where it says so; nothing is guessed.

`pipelines/mentions` finds what is said (dates, articles, terms, places); `pipelines/people.py` finds who is named; here
each thing said is given to the person it is said of, or to none. What the site's own definition tells stands beside,
by `site`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

NOWHERE: Final = -1
"""`CaseFact.block` of what the site's definition tells and no block says."""
ABOUT: Final = "person"
"""Name of the site's facts that say whom the page is about."""


@dataclass(frozen=True, slots=True)
class CaseBlock:
    """A visible block as facts are read from it."""

    index: int
    """Of the block among the reading's blocks."""
    text: str
    kind: str
    level: str
    """main or side."""
    language: str
    spans: tuple[tuple[int, int, str], ...]
    """(start, end, language) in code points of `text`; empty: all of it in `language`."""
    path: str = ""
    """DOM path: tells rows of a table and pairs of a list of terms."""
    furniture: str | None = None
    """What a side block is known to be: nothing is read from a menu, a ticker or a teaser."""


@dataclass(frozen=True, slots=True)
class SiteFact:
    """What the selectors of a site's definition found; under the name `person`, whom the page is about."""

    name: str
    value: str
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class CaseFact:
    """One thing that the page says of one person."""

    subject: str | None
    """The person's fullest name in the page's language; None where the site's definition names no one person."""
    name: str
    value: str
    cited: str
    """As the page writes it: the block's text from `start` to `end`."""
    block: int
    """Index of the block; NOWHERE where none says it."""
    start: int
    end: int
    """Code points of the block's own text."""
    language: str
    by: str
    """`site`, or the rule that read it."""


def case_facts(
    blocks: Sequence[CaseBlock], *, title: str | None, language: str, told: Sequence[SiteFact]
) -> tuple[CaseFact, ...]:
    """All facts of a page, in the order of the blocks, the site's own last."""
    return tuple(_told(blocks, told, language))


def _told(blocks: Sequence[CaseBlock], told: Sequence[SiteFact], language: str) -> list[CaseFact]:
    about = [fact.value for fact in told if fact.name == ABOUT]
    subject = about[0] if len(about) == 1 else None
    facts = []
    for fact in told:
        if fact.name == ABOUT:
            continue
        place = next(((b.index, b.text.find(fact.value), b.language) for b in blocks if fact.value in b.text), None)
        block, start, said_in = place or (NOWHERE, 0, language)
        end = start + len(fact.value) if place else 0
        facts.append(
            CaseFact(fact.subject or subject, fact.name, fact.value, fact.value, block, start, end, said_in, "site")
        )
    return facts
