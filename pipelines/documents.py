"""What is no HTML: read by what its bytes are, whatever they are called."""

from __future__ import annotations

from pipelines.labelled import Document
from pipelines.reading import StoredPage
from pipelines.rules import ReadingRules


def read(page: StoredPage, rules: ReadingRules) -> Document | None:
    """Read what is neither HTML nor plain text; None for these. Raises ReadingError for what is no text."""
    return None
