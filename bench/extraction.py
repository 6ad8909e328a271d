"""Is the article's text found, on made-up pages, against gold texts, and on the pages of a declaration?

    python -m bench.extraction [--gold FOLDER] [--udhr FOLDER] [--made-up] [-v]

Three measurements, the second and third where their FOLDER is there:

- the articles of `bench/reading_set/articles` (one line a paragraph), each in every build of `bench/pages.py`: every
  line stands whole in the main text, no furniture does, and the body is the article's;
- a checkout of scrapinghub/article-extraction-benchmark (`html/*.html.gz`, `ground-truth.json`, `evaluate.py`, whose
  own evaluator counts). Its gold texts leave out title, date, byline, lead and captions, which are main text here:
  `Reading.body` is held to the floor. The extractor alone and the whole main text stand beside, and each half of the
  pages by itself;
- UDHR as `*.html`, hundreds of languages: the share of the words of each page that its main text has.

Exit 1 below a floor, or when a page takes longer than SLOWEST seconds.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import json
import logging
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from lxml import html

from bench.pages import STYLES, Furniture, body_of
from pipelines.page import read_page
from pipelines.reading import Reading, StoredPage, comparable

CAPTURED_AT: Final = datetime(2026, 11, 22, tzinfo=UTC)
ARTICLES: Final = Path(__file__).parent / "reading_set" / "articles"
GOLD: Final = Path("../shared/data/gold-scrapinghub")
UDHR: Final = Path("../shared/data/langid/udhr-html")
SHINGLE: Final = 4
MADE_UP_F1: Final = 0.99
GOLD_F1: Final = 0.96
UDHR_RECALL: Final = 0.99
SLOWEST: Final = 3.0
_WORD = re.compile(r"\w+")


def read(octets: bytes, url: str = "https://example.org/case/1") -> Reading:
    """Read a page as if it had been stored."""
    return read_page(StoredPage(url, CAPTURED_AT, "urn:uuid:0", None, "text/html", octets))


def made_up_pages() -> Iterator[tuple[str, list[str], Furniture, bytes]]:
    """(name, lines of the article, furniture, octets) of each made-up page."""
    for path in sorted(ARTICLES.glob("*.txt")):
        lines = [line for line in path.read_text("utf-8").splitlines() if line.strip()]
        for style, make in STYLES.items():
            furniture = Furniture()
            yield f"{path.stem} {style}", lines, furniture, make(lines, furniture).encode()


def made_up() -> Iterator[tuple[str, list[str], Furniture, Reading]]:
    """(name, lines of the article, furniture, reading) of each made-up page."""
    for name, lines, furniture, octets in made_up_pages():
        yield name, lines, furniture, read(octets)


def missing_lines(reading: Reading, lines: Sequence[str]) -> list[str]:
    """The lines that are not whole in one block of the main text."""
    blocks = [comparable(text) for text in reading.texts("main")]
    return [line for line in lines if not any(comparable(line) in block for block in blocks)]


def furniture_in(reading: Reading, furniture: Furniture, lines: Sequence[str]) -> list[str]:
    """Lines of furniture that got into the main text."""
    main = {comparable(part).casefold() for text in reading.texts("main") for part in text.split("\n")}
    own = {comparable(line).casefold() for line in lines}
    return [line for line in furniture.forbidden if comparable(line).casefold() in main - own]


def shingle_f1(gold: str, found: str) -> float:
    """F1 over runs of SHINGLE words, counted, as the scrapinghub evaluator does for one page."""
    ours, theirs = _shingles(found), _shingles(gold)
    both = (ours & theirs).total()
    return 2 * both / (ours.total() + theirs.total()) if ours or theirs else 1.0


def _shingles(text: str) -> Counter[tuple[str, ...]]:
    words = _WORD.findall(text)
    return Counter(tuple(words[n : n + SHINGLE]) for n in range(max(1, len(words) - SHINGLE + 1)) if words)


def measure_made_up(*, verbose: bool) -> bool:
    """Print and judge the made-up pages."""
    pages = missing = surplus = 0
    scores = []
    for name, lines, furniture, reading in made_up():
        pages += 1
        lost, more = missing_lines(reading, lines), furniture_in(reading, furniture, lines)
        score = shingle_f1("\n".join(body_of(lines)), reading.body)
        missing, surplus = missing + len(lost), surplus + len(more)
        scores.append(score)
        if verbose and (lost or more or score < MADE_UP_F1):
            print(f"  {name}: body F1 {score:.3f}, missing {lost}, furniture {more}")
    mean = sum(scores) / len(scores)
    print(
        f"made-up pages  {pages}: body F1 {mean:.3f} (floor {MADE_UP_F1}), {missing} lines lost, {surplus} of furniture"
    )
    return mean >= MADE_UP_F1 and not missing and not surplus


def measure_gold(folder: Path, *, verbose: bool) -> bool:
    """Print and judge the pages with gold texts."""
    evaluate = _evaluator(folder)
    truth: dict[str, Any] = json.loads((folder / "ground-truth.json").read_text("utf-8"))
    found: dict[str, dict[str, str]] = {"trafilatura": {}, "main text": {}, "body": {}}
    slowest = 0.0
    for key, told in truth.items():
        octets = gzip.decompress((folder / "html" / f"{key}.html.gz").read_bytes())
        found["trafilatura"][key] = _extractor(octets)
        began = time.process_time()
        reading = read(octets, told.get("url", ""))
        slowest = max(slowest, time.process_time() - began)
        found["main text"][key], found["body"][key] = reading.text, reading.body
    f1 = 0.0
    for name, texts in found.items():
        rows = {k: evaluate.string_shingle_matching(truth[k]["articleBody"], text) for k, text in texts.items()}
        halves = [_metrics(evaluate, [rows[k] for k in sorted(rows)[half::2]])["f1"] for half in (0, 1)]
        metrics = _metrics(evaluate, list(rows.values()))
        f1 = metrics["f1"]
        told = "  ".join(f"{one} {metrics[one]:.3f}" for one in ("f1", "precision", "recall"))
        print(f"gold pages     {name:<12} {told}  (halves {halves[0]:.3f}, {halves[1]:.3f})")
        if verbose and name == "body":
            for key in sorted(rows, key=lambda k: _metrics(evaluate, [rows[k]])["f1"])[:15]:
                print(f"  {key[:12]} {_metrics(evaluate, [rows[key]])['f1']:.2f}")
    print(f"gold pages     {len(truth)}: body F1 {f1:.4f} (floor {GOLD_F1}), slowest page {slowest:.2f} s")
    return f1 >= GOLD_F1 and slowest <= SLOWEST


def _metrics(evaluate: Any, rows: Sequence[Any]) -> dict[str, float]:
    try:
        metrics: dict[str, float] = evaluate.metrics_from_tp_fp_fns(rows)
    except (ValueError, ZeroDivisionError):  # nothing found on the only page
        return {"f1": 0.0, "precision": 0.0, "recall": 0.0}
    return metrics


def measure_udhr(folder: Path, *, verbose: bool) -> bool:
    """Print and judge the share of each page's words that are main text."""
    shares = {}
    for path in sorted(folder.glob("*.html")):
        octets = path.read_bytes()
        body = html.fromstring(octets, parser=html.HTMLParser(encoding="utf-8")).find("body")
        words = Counter(" ".join(body.itertext()).split())
        kept = Counter(" ".join(read(octets).texts("main")).split())
        shares[path.stem] = (words & kept).total() / max(words.total(), 1)
    below = {name: share for name, share in shares.items() if share < UDHR_RECALL}
    if verbose:
        for name, share in below.items():
            print(f"  {name} {share:.3f}")
    least = min(shares.values())
    print(f"UDHR pages     {len(shares)}: least recall {least:.3f} (floor {UDHR_RECALL}), {len(below)} below")
    return not below


def _extractor(octets: bytes) -> str:
    from trafilatura import extract

    return extract(octets, fast=True, favor_recall=True, include_comments=False) or ""


def _evaluator(folder: Path) -> Any:
    spec = importlib.util.spec_from_file_location("gold_evaluate", folder / "evaluate.py")
    assert spec is not None and spec.loader is not None
    sys.dont_write_bytecode = True
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main() -> int:
    """Measure and print one line a set."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--gold", type=Path, default=GOLD)
    parser.add_argument("--udhr", type=Path, default=UDHR)
    parser.add_argument("--made-up", action="store_true", help="only the pages of the repository")
    parser.add_argument("-v", "--verbose", action="store_true", help="print the pages that are not right")
    options = parser.parse_args()
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    right = [measure_made_up(verbose=options.verbose)]
    for folder, sign, measure in (
        (options.gold, "evaluate.py", measure_gold),
        (options.udhr, "eng.html", measure_udhr),
    ):
        if options.made_up:
            continue
        if (folder / sign).is_file():
            right.append(measure(folder, verbose=options.verbose))
        else:
            print(f"bench.extraction: SKIPPED: expected {sign} in {folder}, found none", file=sys.stderr)
    return int(not all(right))


if __name__ == "__main__":
    sys.exit(main())
