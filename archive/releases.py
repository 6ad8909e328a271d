"""What was released of a collection, from its state, and the copies that it is read from."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from archive.held_files import Released
from archive.state import NAME, State

if TYPE_CHECKING:
    from archive.copies import Released as ReleasedRow
    from archive.target import Target


@dataclass(frozen=True, slots=True)
class TargetCopy:
    """A file at a target, by its version."""

    copy: str
    file: str
    version: str | None
    target: Target

    def open(self, offset: int = 0, length: int | None = None) -> BinaryIO:
        """Its octets from an offset on. Raises FileNotFoundError, StorageError."""
        return self.target.open(self.file, offset, length, self.version)


class StateReleases:
    """The released files of the collection in a folder. May be handed to another process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def released(self, name: str) -> Released | None:
        """One file; None where it was not released. Raises StateError, StorageError."""
        with self._state() as state:
            row = state.copies.released_file(name) if state is not None else None
            return None if row is None or state is None else self._of(row, state)

    def names(self) -> list[str]:
        """All of them."""
        with self._state() as state:
            return [row.file for row in state.copies.released()] if state is not None else []

    @contextlib.contextmanager
    def _state(self) -> Iterator[State | None]:
        """The state; None where there is none, of which nothing can have been released."""
        if not (self._folder / NAME).is_file():
            yield None
            return
        with State.open(self._folder, readonly=True) as state:
            yield state

    def _of(self, row: ReleasedRow, state: State) -> Released:
        copies = []
        for copy in row.copies:
            target = state.copies.target(copy.target)
            if target is not None:
                copies.append(TargetCopy(copy.target, row.file, copy.version, _opened(target.place, target.endpoint)))
        return Released(row.file, row.size, row.digest, copies)


_targets: dict[tuple[str, str | None], Target] = {}
_opening = threading.Lock()


def _opened(place: str, endpoint: str | None) -> Target:
    """A target; each process makes one connection to it, and not one for every record."""
    from archive.place import open_target

    with _opening:
        if (place, endpoint) not in _targets:
            _targets[place, endpoint] = open_target(place, endpoint)
        return _targets[place, endpoint]
