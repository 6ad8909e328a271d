"""`khronika copies extend`: the locks of a copy, for longer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from archive.errors import KhronikaError
from archive.holding import Holder, extend

if TYPE_CHECKING:
    from archive.copies import Copies, Problem
    from crawler.output import Progress

ALL: Final = 10**9


@dataclass(slots=True)
class Extended:
    """What came of it at one copy."""

    copy: str
    extended: int = 0
    kept: int = 0
    """Whose lock lasts as long already."""
    problems: int = 0
    error: str = ""
    """Why it could not be asked."""

    def as_record(self) -> dict[str, Any]:
        """As programs read it."""
        return {
            "type": "extended",
            "copy": self.copy,
            "extended": self.extended,
            "kept": self.kept,
            "problems": self.problems,
            "error": self.error,
        }


def extend_copy(
    holder: Holder,
    copies: Copies,
    days: int,
    now: Callable[[], datetime],
    *,
    progress: Progress,
    on_problem: Callable[[Problem], None],
) -> Extended:
    """Lock every WARC of a copy for so many days from now."""
    found = Extended(holder.name)
    until = now() + timedelta(days=days)
    warcs = copies.longest_unread(holder.name, ALL, prefix="archive/")
    try:
        for done, copy in enumerate(warcs):
            progress(f"{holder.name}: locking", done, len(warcs))
            asked, problem = extend(holder, copies, copy, until, now)
            if problem is not None:
                found.problems += 1
                on_problem(problem)
            elif asked:
                found.extended += 1
            else:
                found.kept += 1
    except (KhronikaError, OSError) as error:
        found.error = str(error)
    return found
