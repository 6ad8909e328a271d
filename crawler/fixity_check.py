"""`khronika copies check`: a round of full reads, copy by copy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from archive.errors import KhronikaError
from archive.fixity_rounds import due, in_order, up_to
from archive.holding import examine, examine_place

if TYPE_CHECKING:
    from archive.copies import Copies, Copy, Problem
    from archive.holding import Holder
    from archive.log import LogReader
    from crawler.output import Progress


@dataclass(frozen=True, slots=True)
class Share:
    """How much is read at this run."""

    days: int
    """What is due for a round of so many days, unless one of the others is given."""
    everything: bool = False
    percent: float | None = None
    octets: int | None = None

    def of(self, copies: Sequence[Copy], now: datetime) -> list[Copy]:
        """The files that are to be read, in order."""
        if self.everything:
            return in_order(copies)
        if self.percent is not None:
            return up_to(copies, sum(copy.size for copy in copies if copy.is_proved) * self.percent / 100)
        if self.octets is not None:
            return up_to(copies, self.octets)
        return due(copies, now, self.days)


@dataclass(slots=True)
class Checked:
    """What a check of one copy came to."""

    copy: str
    files: int = 0
    octets: int = 0
    problems: list[Problem] = field(default_factory=list)
    left: int = 0
    """Files that were to be read and were not."""
    error: str = ""
    """Why it could not be asked."""

    def as_record(self) -> dict[str, Any]:
        """As programs read it."""
        return {
            "type": "checked",
            "copy": self.copy,
            "files": self.files,
            "octets": self.octets,
            "problems": len(self.problems),
            "left": self.left,
            "error": self.error,
        }


def check_copy(
    holder: Holder,
    copies: Copies,
    log: LogReader,
    share: Share,
    now: Callable[[], datetime],
    *,
    progress: Progress,
    on_problem: Callable[[Problem], None],
) -> Checked:
    """Read a share of a copy back. What is found is in the state after each file."""
    checked = Checked(holder.name)
    wanted = share.of(copies.of_target(holder.name), now())
    checked.left = len(wanted)
    total = sum(copy.size for copy in wanted)
    done = 0

    def read(octets: int) -> None:
        nonlocal done
        done += octets
        progress(f"{holder.name}: reading, MB", done // 10**6, max(1, total // 10**6))

    try:
        for problem in examine_place(holder, copies, log, now):
            checked.problems.append(problem)
            on_problem(problem)
        if checked.problems:
            return checked
        for copy in wanted:
            for problem in examine(holder, copies, copy, now, read=read):
                checked.problems.append(problem)
                on_problem(problem)
            checked.files += 1
            checked.octets += copy.size
            checked.left -= 1
    except (KhronikaError, OSError) as error:
        checked.error = str(error)
    return checked
