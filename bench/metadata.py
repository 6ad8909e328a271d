"""Metadata of made-up pages against what they state: title, dates, authors, addresses, licence.

    python -m bench.metadata [-v]

Each page of `reading_set/metadata` begins with a comment that holds the truth as JSON: `url`, `link` (the Link header),
and of each thing that is asked what the page states; null, and an empty list, where it states nothing. `also` are other
values that must be kept. Pages are modelled on what WordPress, Drupal 7 and 10, Next.js, Tilda, Google Sites and hands
wrote; people and organisations are invented. Exit 1 under FLOOR.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from pipelines.page import read_page
from pipelines.reading import Reading, StoredPage

SET: Final = Path(__file__).with_name("reading_set") / "metadata"
FLOOR: Final = 0.98
"""Share of right answers."""
CAPTURED_AT: Final = datetime(2026, 11, 22, tzinfo=UTC)
_ASKED: Final = ("title", "published", "modified", "authors")
_ALSO_ASKED: Final = (
    *("canonical", "site_name", "alternate", "source", "source_url", "translated_by", "license"),
    "also",
)


@dataclass(frozen=True, slots=True)
class Answer:
    """One thing that was asked of one page."""

    page: str
    name: str
    wanted: Any
    found: Any

    @property
    def right(self) -> bool:
        """Whether that is what the page states."""
        return bool(self.wanted == self.found)


def answers(folder: Path = SET) -> Iterator[Answer]:
    """Every thing that is asked of every page, in the order of their names."""
    for path in sorted(folder.glob("*.html")):
        comment, _, markup = path.read_text("utf-8").partition("-->\n")
        truth: dict[str, Any] = json.loads(comment.removeprefix("<!--"))
        octets = markup.encode()
        page = StoredPage(
            truth["url"], CAPTURED_AT, "urn:uuid:0", None, "text/html; charset=utf-8", octets, truth.get("link", "")
        )
        reading = read_page(page)
        for name in (*_ASKED, *_ALSO_ASKED):
            if name in truth:
                yield Answer(path.stem, name, truth[name], _found(reading, name, truth[name]))


def score(given: Iterator[Answer] | list[Answer]) -> Mapping[str, tuple[int, int]]:
    """(right, asked) by what was asked."""
    asked: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for answer in given:
        asked[answer.name] += 1
        right[answer.name] += answer.right
    return {name: (right[name], asked[name]) for name in (*_ASKED, *_ALSO_ASKED) if asked[name]}


def _found(reading: Reading, name: str, wanted: Any) -> Any:
    if name == "authors":
        return list(reading.authors)
    if name in _ASKED:
        return getattr(reading, name)
    if name == "alternate":
        return {value.language: value.value for value in reading.metadata if value.name == name}
    if name == "also":
        kept = {(value.name, value.value) for value in reading.metadata}
        return {key: [one for one in values if (key, one) in kept] for key, values in wanted.items()}
    return next((value.value for value in reading.metadata if value.name == name), None)


def main() -> int:
    """Measure and print one line a thing that is asked."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("-v", "--verbose", action="store_true", help="print each wrong answer")
    options = parser.parse_args()
    given = list(answers())
    for name, (right, asked) in score(given).items():
        print(f"{name:<14} {right}/{asked}")
    right = sum(answer.right for answer in given)
    print(f"{'all':<14} {right}/{len(given)} = {100 * right / len(given):.1f} % (at least {100 * FLOOR:.0f} %)")
    if options.verbose:
        for answer in given:
            if not answer.right:
                print(f"{answer.page}: {answer.name}: expected {answer.wanted!r}, found {answer.found!r}")
    return 0 if right >= FLOOR * len(given) else 1


if __name__ == "__main__":
    sys.exit(main())
