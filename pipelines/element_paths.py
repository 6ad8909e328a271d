"""Paths of elements, as blocks bear them: local names, numbered among their parent's children of the same name."""

from __future__ import annotations

from collections import Counter
from typing import Any


def local_name(element: Any) -> str:
    """An element's name without its namespace; '' for what is no element."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


class Paths:
    """Paths of elements by local names and numbers, `/rss[1]/channel[1]/item[3]`; each parent is numbered once."""

    def __init__(self) -> None:
        self._numbers: dict[Any, dict[Any, int]] = {}

    def of(self, element: Any) -> str:
        """The path of an element of the one tree that these are of."""
        steps = []
        while element is not None:
            parent = element.getparent()
            steps.append(f"{local_name(element)}[{1 if parent is None else self._number(parent, element)}]")
            element = parent
        return "/" + "/".join(reversed(steps))

    def _number(self, parent: Any, element: Any) -> int:
        if parent not in self._numbers:
            counts: Counter[str] = Counter()
            numbers = self._numbers[parent] = {}
            for child in parent:
                counts[local_name(child)] += 1
                numbers[child] = counts[local_name(child)]
        return self._numbers[parent][element]
