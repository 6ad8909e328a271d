"""Are the main text's lines all there, and none of the furniture? Real articles in pages of several makes.

    python -m bench.seeds [--seeds FOLDER]

FOLDER holds `article/*.txt`, one line a paragraph. Each is set into every page style of `bench/pages.py` and read.
Exit 0: every line of every article is in the main text, whole, and no line of furniture is; 1 otherwise. Without the
folder nothing is measured, which is said, with exit 0.
"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from bench.extraction import furniture_in, missing_lines
from bench.pages import STYLES, Furniture
from pipelines.page import read_page
from pipelines.reading import Reading, StoredPage, comparable

CAPTURED_AT = datetime(2026, 11, 22, tzinfo=UTC)


def read(markup: str) -> Reading:
    """Read a page as if it had been stored."""
    url = "https://example.org/case/1"
    return read_page(StoredPage(url, CAPTURED_AT, "urn:uuid:0", None, "text/html; charset=utf-8", markup.encode()))


def main() -> int:
    """Measure and print one line a page."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=Path, default=Path("../shared/seeds"))
    parser.add_argument("-v", "--verbose", action="store_true", help="print each missing or surplus line")
    options = parser.parse_args()
    articles = sorted((options.seeds / "article").glob("*.txt"))
    if not articles:
        print(f"bench.seeds: SKIPPED: expected article/*.txt in {options.seeds}, found none", file=sys.stderr)
        return 0
    wrong = 0
    for number, path in enumerate(articles):
        lines = [line for line in path.read_text("utf-8").splitlines() if line.strip()]
        for style, make in STYLES.items():
            furniture = Furniture()
            reading = read(make(lines, furniture))
            missing, surplus = missing_lines(reading, lines), furniture_in(reading, furniture, lines)
            more = len(reading.texts("main")) - len(lines)
            foreign = sorted({span.language for span in reading.spans} - {reading.language})
            wrong += bool(missing or surplus)
            counted = f"{len(lines) - len(missing)}/{len(lines)} lines, {len(surplus)} of furniture, {more:+d} other"
            print(
                f"article {number}  {style:<10} {counted}, {reading.language}, spans also: {' '.join(foreign) or '-'}"
            )
            if options.verbose:
                for line in missing:
                    print("    missing:", line[:100])
                for line in surplus:
                    print("    furniture:", line[:100])
                known = {comparable(line) for line in lines}
                for text in reading.texts("main"):
                    if comparable(text) not in known:
                        print("    other:", text[:100].replace("\n", "⏎"))
    print(f"{len(articles) * len(STYLES) - wrong} of {len(articles) * len(STYLES)} pages right")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
