"""What `khronika status` warns of, said in one way: a line for people, a record for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.output import printable

if TYPE_CHECKING:
    from crawler.output import Output


def warn(output: Output, about: str, words: str, **more: object) -> None:
    """Warn of something."""
    output.record({"type": "warning", "about": about, "words": words, **more})
    output.result(output.style(printable(words), "warn"))
