"""Edits and changes: how one reading differs from another, as every part of the comparison says it.

`pipelines/change.py` puts the parts together; `pipelines/weight.py` says how much the whole weighs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Op = Literal["edit", "add", "remove", "move"]
EditLevel = Literal["main", "side", "meta", "list", "fact"]
Kind = Literal["same", "noise", "edited", "added", "removed", "link", "structure", "list"]


@dataclass(frozen=True, slots=True)
class Edit:
    """One difference between two readings."""

    op: Op
    level: EditLevel
    before: str | None
    """The text before: of the block, the entry of a list, the value of a fact; None for `add`."""
    after: str | None
    """The text after; None for `remove`."""
    words: tuple[tuple[str, ...], ...] = ()
    """The words alone: ("-five", "+eight"), ("-gone",), ("+new",); empty for a move."""
    paragraph: int | None = None
    """Number, from 1, of the block among those of its level, in the later reading (for `remove`: the earlier)."""
    path: str | None = None
    """DOM path of the block in the same reading."""
    field: str | None = None
    """At level `meta` what the page states of itself (title, published, modified, authors, translation); at level
    `fact` the fact's name; `link`, `picture`, `heading` where not the words of a block changed but these."""
    subject: str | None = None
    """Of whom it is, where a fact or an entry of a list says so."""
    set_aside: str | None = None
    """Why it is noise; None for what is reported."""
    unsure: str | None = None
    """Why it is not established: of who is gone from a list of which not all was seen; None where it is."""

    @property
    def noise(self) -> bool:
        """Whether it is set aside."""
        return self.set_aside is not None

    def as_record(self) -> dict[str, Any]:
        """The edit as the catalogue stores it and `changes --json` prints it."""
        record: dict[str, Any] = {"op": self.op, "level": self.level, "before": self.before, "after": self.after}
        if self.words:
            record["words"] = [list(pair) for pair in self.words]
        names = ("paragraph", "path", "field", "subject", "set_aside", "unsure")
        return record | {name: value for name in names if (value := getattr(self, name)) is not None}


@dataclass(frozen=True, slots=True)
class Covered:
    """Blocks of both readings, by index, whose words another part of the comparison tells."""

    before: frozenset[int] = frozenset()
    after: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Reason:
    """Part of a weight: what it is for, and how much."""

    name: str
    value: float
    because: str = ""
    """The words that it was read from, for people."""

    def as_record(self) -> dict[str, Any]:
        """As the provenance of a change keeps it."""
        return {"name": self.name, "value": self.value, **({"because": self.because} if self.because else {})}


@dataclass(frozen=True, slots=True)
class Change:
    """How the later of two readings differs from the earlier."""

    kind: Kind
    weight: float
    edits: tuple[Edit, ...]
    """All that was found, what is noise too, in document order."""
    provenance: Mapping[str, Any]
    """`rules`, `readings` (the rules they were made by), `source`: whose difference it is, `source` or `extractor`."""
    reasons: tuple[Reason, ...] = field(default=())
    """What the weight is made of."""

    @property
    def reported(self) -> tuple[Edit, ...]:
        """The edits that are no noise."""
        return tuple(edit for edit in self.edits if not edit.noise)
