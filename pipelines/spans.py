"""The languages of a page's texts, piece by piece."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pipelines import language
from pipelines.language import Answer, Judgement

Piece = tuple[int, int, Judgement]


def by_letters(judgements: Iterable[Judgement]) -> str:
    """The language that more than half of all letters are in; `und` where there is none."""
    return language.by_letters(judgements)


class PageLanguages:
    """The languages of one page's texts."""

    def __init__(self, main: Sequence[str], side: Sequence[str]) -> None:
        self._judge = language.PageLanguages(main or side)
        whole = "\n".join(main or side)
        enough = language.count_letters(whole[: language.INPUT_LIMIT]) >= language.FEW_LETTERS
        self.answer: Answer | None = language.detect(whole) if enough else None
        self._pieces: list[Judgement] = []

    def pieces(self, text: str, *, side: bool = False) -> list[Piece]:
        """Stretches of a text that cover all of it, with their languages."""
        found = [(a, b, self._judge.judge(text[a:b], side=side)) for a, b in language.runs(text)]
        if not side:
            self._pieces.extend(judged for _, _, judged in found)
        return found

    def page(self) -> Judgement:
        """The language of the whole."""
        return Judgement(by_letters(self._pieces), 0.0, 0, None)
