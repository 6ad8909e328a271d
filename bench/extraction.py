"""Main text against gold texts: F1, precision and recall, ours and the extractor's own.

    python -m bench.extraction [--gold FOLDER]

FOLDER is a checkout of scrapinghub/article-extraction-benchmark: `html/*.html.gz`, `ground-truth.json`, `evaluate.py`,
whose own evaluator counts. Gold texts leave out title, date, byline, lead and captions, which are main text here;
"body" is our main text without captions and without what stands before its first long paragraph. Exit 1 when "body" is
more than ALLOWED below the extractor's F1.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import json
import statistics
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines.page import read_page
from pipelines.reading import Reading, StoredPage

CAPTURED_AT = datetime(2026, 11, 22, tzinfo=UTC)
ALLOWED = 0.01


def body(reading: Reading) -> str:
    """The main text without captions and without what stands before its first long paragraph."""
    texts = [
        (block, reading.text_of(block)) for block in reading.blocks if block.level == "main" and block.kind != "caption"
    ]
    start = next((n for n, (block, t) in enumerate(texts) if block.kind != "heading" and len(t) >= 80), 0)
    return "\n".join(text for _, text in texts[start:])


def main() -> int:
    """Measure and print one line a way of extracting."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--gold", type=Path, default=Path("../shared/data/gold-scrapinghub"))
    parser.add_argument("-v", "--verbose", action="store_true", help="print the pages where ours is worst")
    options = parser.parse_args()
    if not (options.gold / "evaluate.py").is_file():
        print(f"bench.extraction: SKIPPED: expected evaluate.py in {options.gold}, found none", file=sys.stderr)
        return 0
    evaluate = _evaluator(options.gold)
    truth: dict[str, Any] = json.loads((options.gold / "ground-truth.json").read_text("utf-8"))
    found: dict[str, dict[str, dict[str, str]]] = {"trafilatura": {}, "main": {}, "body": {}}
    seconds: dict[str, list[float]] = {"trafilatura": [], "main": [], "body": [0.0]}
    for key in truth:
        octets = gzip.decompress((options.gold / "html" / f"{key}.html.gz").read_bytes())
        began = time.process_time()
        found["trafilatura"][key] = {"articleBody": _extractor(octets)}
        seconds["trafilatura"].append(time.process_time() - began)
        began = time.process_time()
        reading = read_page(StoredPage(truth[key].get("url", ""), CAPTURED_AT, "urn:uuid:0", None, "text/html", octets))
        seconds["main"].append(time.process_time() - began)
        found["main"][key] = {"articleBody": reading.text}
        found["body"][key] = {"articleBody": body(reading)}
    scores = {}
    for name, texts in found.items():
        metrics = evaluate.evaluate(truth, texts, n_bootstrap=2)
        scores[name] = metrics["f1"]
        milliseconds = 1000 * statistics.mean(seconds[name])
        print(
            f"{name:<12} F1 {metrics['f1']:.3f}  precision {metrics['precision']:.3f}  recall {metrics['recall']:.3f}"
            + (f"  {milliseconds:.0f} ms CPU a page" if milliseconds else "")
        )
    if options.verbose:
        _worst(evaluate, truth, found)
    return int(scores["body"] < scores["trafilatura"] - ALLOWED)


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


def _worst(evaluate: Any, truth: dict[str, Any], found: dict[str, dict[str, dict[str, str]]]) -> None:
    rows = []
    for key, gold in truth.items():
        each = {}
        for name in found:
            tp, fp, fn = evaluate.string_shingle_matching(gold["articleBody"], found[name][key]["articleBody"])
            each[name] = (evaluate.precision_score(tp, fp, fn), evaluate.recall_score(tp, fp, fn))
        rows.append((sum(each["body"]) - sum(each["trafilatura"]), key, each))
    for difference, key, each in [*sorted(rows)[:15], *sorted(rows)[-5:]]:
        told = "  ".join(f"{name} {p:.2f}/{r:.2f}" for name, (p, r) in each.items())
        print(f"{difference:+.2f} {key[:12]} {told}")


if __name__ == "__main__":
    sys.exit(main())
