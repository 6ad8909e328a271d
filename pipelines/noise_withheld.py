"""Withheld words leave the files of noise: what a site's mask quotes of a capture that is given out no more.

An example goes that quotes it. A repeated text, and a slot that is told by a heading or a label, stay only where
another capture of the site, which is not withheld, has these words too. What a person wrote, patterns and notes, is
left alone.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archive.errors import CatalogueError, ConfigError, ReadingError, StorageError
from pipelines.noise import Mask, Slot, repeated_form
from pipelines.noise_file import change, load, name_of, path_of
from pipelines.noise_places import label_form
from pipelines.reading import Reading, comparable

if TYPE_CHECKING:
    from archive.catalogue import Catalogue, ReadingRow
    from archive.withholding import Withholdings


def forget_withheld(
    folder: Path, catalogue: Catalogue, held: Withholdings, *, now: datetime, overwriting: bool = False
) -> list[str]:
    """Take what is withheld out of the files of noise of a collection; the names of those that cannot be read.

    `overwriting`: of the files as they were, nothing is left on the disk. Raises StorageError.
    """
    left = []
    for site, words in sorted(_withheld_words(catalogue, held).items()):
        try:
            mask = load(folder, site)
            if mask is None:
                continue
            words.keep_what_stands_elsewhere(mask, _others(catalogue, held, site))
            with closing(_Old(path_of(folder, site))) as old:
                _, written = change(folder, site, words.taken_from, now=now)
                if written and overwriting:
                    old.overwrite()
        except ConfigError:
            left.append(name_of(site))
    return left


@dataclass
class _Words:
    """What withheld captures of a site say."""

    all_of: list[str] = field(default_factory=list)
    """Every text of their readings."""
    texts: set[str] = field(default_factory=set)
    """Blocks that only they have, as masks keep repeated texts; at first, all of theirs."""
    labels: set[str] = field(default_factory=set)
    """Likewise, as slots are told by them."""

    def add(self, row: ReadingRow) -> None:
        self.all_of += map(comparable, _texts(json.loads(row.json)))
        texts, labels = _blocks(row)
        self.texts |= texts
        self.labels |= labels

    def keep_what_stands_elsewhere(self, mask: Mask, others: Iterable[ReadingRow]) -> None:
        self.texts &= mask.repeated | mask.keep | {text for slot in mask.slots for text in slot.texts}
        self.labels &= {label for slot in mask.slots for label in (slot.heading, slot.label)}
        if not self.texts and not self.labels:
            return
        for row in others:
            texts, labels = _blocks(row)
            self.texts -= texts
            self.labels -= labels
            if not self.texts and not self.labels:
                return

    def taken_from(self, mask: Mask) -> Mask:
        """The mask without them."""
        left = (self._without_examples(slot) for slot in mask.slots if not self._names(slot))
        slots = tuple(slot for slot in map(self._without_texts, left) if slot.texts or slot.shape != "turns")
        return replace(mask, slots=slots, repeated=mask.repeated - self.texts, keep=mask.keep - self.texts)

    def _names(self, slot: Slot) -> bool:
        return not self.labels.isdisjoint((slot.heading, slot.label)) and slot.learned_by != "hand"

    def _without_examples(self, slot: Slot) -> Slot:
        examples = tuple(example for example in slot.examples if not self._quoted_in(example))
        return slot if examples == slot.examples else replace(slot, examples=examples)

    def _without_texts(self, slot: Slot) -> Slot:
        texts = tuple(text for text in slot.texts if text not in self.texts)
        return slot if texts == slot.texts else replace(slot, texts=texts)

    def _quoted_in(self, example: str) -> bool:
        sides = [side.removesuffix("…").strip() for side in example.split(" → ")]
        return any(side in text for side in sides if side for text in self.all_of)


def _withheld_words(catalogue: Catalogue, held: Withholdings) -> dict[str, _Words]:
    found: dict[str, _Words] = {}
    for record_id in sorted(catalogue.known_captures(sorted(held.records))):
        row = catalogue.reading(record_id)
        if row is not None and row.failed is None:
            found.setdefault(catalogue.capture(record_id).site, _Words()).add(row)
    return found


def _others(catalogue: Catalogue, held: Withholdings, site: str) -> Iterator[ReadingRow]:
    """What else was read of a site."""
    for capture in catalogue.captures(site=site):
        if held.of(capture) is None:
            row = catalogue.reading(capture.record_id)
            if row is not None and row.failed is None:
                yield row


def _blocks(row: ReadingRow) -> tuple[set[str], set[str]]:
    try:
        reading = Reading.from_json(row.json)
    except (ReadingError, CatalogueError):
        return set(), set()
    texts = [comparable(reading.text_of(block)) for block in reading.blocks]
    return {repeated_form(text) for text in texts}, {label_form(text) for text in texts} - {""}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)


class _Old:
    """A file as it is now, still at hand when another took its name."""

    def __init__(self, path: Path) -> None:
        self._name = path.name
        try:
            self._file = path.open("r+b", buffering=0)
        except OSError as error:
            raise StorageError(f"reading {path.name}: {error.strerror}") from error

    def overwrite(self) -> None:
        """Put zeros in the place of its octets, unless it lives on under another name."""
        try:
            facts = os.fstat(self._file.fileno())
            if facts.st_nlink == 0:
                self._file.write(bytes(facts.st_size))
                os.fsync(self._file.fileno())
        except OSError as error:
            raise StorageError(f"overwriting {self._name}: {error.strerror}") from error

    def close(self) -> None:
        self._file.close()
