"""How much it takes until what became of a page is established (`pipelines/page_states.py`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

STATE_RULES: Final = "states-1"
"""Version of these rules, and of those that say what a look saw: raised whenever they would tell another event."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How much it takes until a state is established."""

    missing: int = 3
    """Looks in a row that find no page."""
    unseen: int = 5
    """Looks in a row that see nothing."""
    days: int = 7
    """After so many days from the first of them, one look less is enough where none was found, two where none was seen;
    at least two."""

    @property
    def version(self) -> str:
        """Names these rules."""
        return f"{STATE_RULES}+{self.missing}-{self.unseen}-{self.days}"

    def is_missing(self, looks: int, span: timedelta) -> bool:
        """Whether so many looks over so long establish that there is no page."""
        return self._established(looks, span, self.missing, self.missing - 1)

    def is_unseen(self, looks: int, span: timedelta) -> bool:
        """Whether so many looks over so long establish that it cannot be seen."""
        return self._established(looks, span, self.unseen, self.unseen - 2)

    def _established(self, looks: int, span: timedelta, needed: int, after_days: int) -> bool:
        enough = max(after_days, min(2, needed))
        return looks >= needed or (looks >= enough and span >= timedelta(days=self.days))
