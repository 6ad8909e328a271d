"""Tables of sentences and what they state, one a line: "text => name: value | name: value"."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.mentions import mentions


@dataclass(frozen=True)
class Row:
    """A sentence and what it states, in any order."""

    text: str
    values: list[tuple[str, str]]

    def __str__(self) -> str:
        return self.text[:60]


def rows(table: str) -> list[Row]:
    """The table's lines."""
    return [_row(line) for line in table.strip().splitlines()]


def _row(line: str) -> Row:
    text, _, stated = line.partition("=>")
    values = [one.strip().partition(": ") for one in stated.split(" | ") if one.strip()]
    return Row(text.strip(), sorted((name, value) for name, _, value in values))


def facts_of(text: str, language: str) -> list[tuple[str, str]]:
    """What the text states beside stages and articles; the words of each are inside the text."""
    found = mentions(text, language)
    assert all(0 <= one.start < one.end <= len(text) for one in found)
    return sorted((one.name, one.value) for one in found if one.name not in {"stage", "article"})


def articles_of(text: str, language: str) -> list[str]:
    """The articles that the text cites."""
    return sorted(one.value for one in mentions(text, language) if one.name == "article")


def stages_of(text: str, language: str) -> list[str]:
    """The stages that the text states, each once, in its order."""
    return list(dict.fromkeys(one.value for one in mentions(text, language) if one.name == "stage"))
