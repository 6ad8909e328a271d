"""Are the facts of a case found, each with its person and its place, and none that the page does not state?

    python -m bench.facts [--seeds FOLDER] [--set FOLDER] [-v]

Two measurements. FOLDER of `--seeds` holds `facts.tsv` and `article/*.txt`: each article is set into every page style
of `bench/pages.py`, and the whole text of each seed into a plain page. `--set` is a folder of made-up pages
(`bench/reading_set/facts`): each a `.txt` of blocks and, below a line `=== facts`, the truth, one fact a line:
`subject | name | value`. Exit 0: recall of the seeds at least 95 % with no false fact; precision and recall of the
made-up set over their floors; 1 otherwise.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import html
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.pages import STYLES, Furniture
from pipelines.page import read_page
from pipelines.reading import Fact, Reading, StoredPage

CAPTURED_AT = datetime(2026, 11, 22, tzinfo=UTC)
SET = Path(__file__).parent / "reading_set" / "facts"
FLOORS = {"precision": 0.97, "recall": 0.90}
"""Of the made-up set, all languages together."""
SEED_RECALL = 0.95


@dataclass(frozen=True, slots=True)
class Truth:
    """A fact that a page states."""

    subject: str
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Case:
    """A page with what it states; the value `*` is any."""

    name: str
    markup: str
    truth: tuple[Truth, ...]


def read(markup: str) -> Reading:
    """Read a page as if it had been stored."""
    url = "https://example.org/case/1"
    return read_page(StoredPage(url, CAPTURED_AT, "urn:uuid:0", None, "text/html; charset=utf-8", markup.encode()))


# --- comparing ------------------------------------------------------------------------------------------------------


def _plain(value: str) -> str:
    return re.sub(r"[^\w.]+", " ", value.casefold().replace("ё", "е")).strip()


def same(truth: Truth, fact: Fact) -> bool:
    """Whether a fact read is the true one: person and name alike, the value's words all there."""
    if fact.subject is None or _plain(truth.subject) != _plain(fact.subject) or truth.name != fact.name:
        return False
    return truth.value == "*" or _plain(truth.value) == _plain(fact.value)


LOOSE = frozenset(
    {"name_en", "name_ru", "name_uk", "name_be", "stage", "court", "place", "prosecuted", "letter_address"}
)
"""Facts that a set need not list: right ones beside the truth are counted apart when the set is a seed's."""


def compare(truth: Sequence[Truth], facts: Sequence[Fact]) -> tuple[list[Truth], list[Truth], list[Fact]]:
    """(found, missing, surplus)."""
    found, missing = [], []
    for one in truth:
        (found if any(same(one, fact) for fact in facts) else missing).append(one)
    subjects = {one.subject for one in truth}
    surplus = [
        fact
        for fact in facts
        if not any(same(one, fact) for one in truth)
        # that a person is called what a true fact calls him needs no line of its own
        and not (fact.name == f"name_{fact.language}" and fact.value == fact.subject and fact.subject in subjects)
    ]
    return found, missing, surplus


def misplaced(reading: Reading) -> list[Fact]:
    """Facts whose place does not hold the words that they cite."""
    wrong = []
    for fact in reading.facts:
        if fact.block is None or fact.start is None or fact.end is None:
            continue
        block = reading.blocks[fact.block]
        text = reading.text if block.level == "main" else block.text
        if text[fact.start : fact.end] != fact.cited or not fact.cited:
            wrong.append(fact)
    return wrong


# --- the seeds ------------------------------------------------------------------------------------------------------


def seed_truth(path: Path) -> dict[str, list[Truth]]:
    """The persons' facts of `facts.tsv`, by seed."""
    truth: dict[str, list[Truth]] = {}
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            if row["subject"] != "-":
                truth.setdefault(row["seed"], []).append(Truth(row["subject"], row["fact"], row["value"]))
    return truth


def seed_same(truth: Truth, fact: Fact) -> bool:
    """As `same`, with the value as the table paraphrases it."""
    if fact.subject is None or _plain(truth.subject) != _plain(fact.subject) or truth.name != fact.name:
        return False
    told, found = _plain(truth.value), _plain(fact.value)
    if truth.name == "letter_address":
        return True
    if truth.name == "article":
        numbers = re.findall(r"\d[\d.]*", truth.value)
        return re.findall(r"\d[\d.]*", fact.value)[: len(numbers)] == numbers
    if truth.name in {"sentence", "court", "place"}:
        return set(told.split()) <= set(found.split()) | {"years", "year"} or told in found
    return told == found


ADMITTED = frozenset({"f8cf1ef67ae4e10c", "55f25dcc559ecfc8"})
"""Facts beside the table that were looked up in the page and are stated; by digest, as no name goes into the "
        "project."""


def admitted(seed: str, fact: Fact) -> bool:
    """Whether a fact that the table has not was found to be stated."""
    told = f"{seed}|{fact.subject}|{fact.name}|{fact.value}"
    return hashlib.sha256(told.encode()).hexdigest()[:16] in ADMITTED


def seed_pages(folder: Path) -> Iterator[tuple[str, str, str]]:
    """(seed, style, markup): each article in each style, and each whole text in plain paragraphs."""
    for path in sorted((folder / "article").glob("*.txt")):
        lines = [line for line in path.read_text("utf-8").splitlines() if line.strip()]
        for style, make in STYLES.items():
            yield path.name[:3], style, make(lines, Furniture())
    for path in sorted(folder.glob("0*.txt")):
        lines = [line for line in path.read_text("utf-8").splitlines() if line.strip()]
        body = "".join(f"<p>{html.escape(line)}</p>" for line in lines)
        yield path.name[:3], "whole", f"<!doctype html><html><head><title>Page</title></head><body>{body}</body></html>"


def measure_seeds(folder: Path, *, verbose: bool) -> bool:
    """Print a line a page; whether the bars are held."""
    truth = seed_truth(folder / "facts.tsv")
    total: Counter[str] = Counter()
    names: Counter[str] = Counter()
    for seed, style, markup in seed_pages(folder):
        reading = read(markup)
        facts = reading.facts
        missing = [one for one in truth[seed] if not any(seed_same(one, fact) for fact in facts)]
        subjects = {_plain(one.subject) for one in truth[seed]}
        strange = [
            fact
            for fact in facts
            if not any(seed_same(one, fact) for one in truth[seed])
            and (_plain(fact.subject or "") not in subjects or fact.name not in LOOSE)
            and not admitted(seed, fact)
        ]
        wrong = misplaced(reading)
        total += Counter(
            pairs=len(truth[seed]), found=len(truth[seed]) - len(missing), strange=len(strange), misplaced=len(wrong)
        )
        names.update(f"{seed} {one.subject} {one.name} {one.value}" for one in missing)
        if verbose:
            print(
                f"seed {seed} {style:<10} {len(truth[seed]) - len(missing)}/{len(truth[seed])} strange {len(strange)}"
            )
            for fact in strange:
                print("    strange:", fact.subject, "|", fact.name, "|", fact.value, "|", fact.cited[:80])
    share = total["found"] / total["pairs"]
    print(
        f"seeds: {total['found']}/{total['pairs']} pairs ({share:.1%}), {total['strange']} not stated, "
        f"{total['misplaced']} misplaced"
    )
    if verbose:
        for line, count in sorted(names.items()):
            print(f"    missing {count}: {line}")
    return share >= SEED_RECALL and not total["strange"] and not total["misplaced"]


# --- the made-up set ------------------------------------------------------------------------------------------------


def cases(folder: Path) -> Iterator[Case]:
    """The pages of a folder, in order of their names."""
    for path in sorted(folder.glob("*.txt")):
        body, _, told = path.read_text("utf-8").partition("\n=== facts\n")
        truth = tuple(
            Truth(*(part.strip() for part in line.split(" | "))) for line in told.splitlines() if line.strip()
        )
        yield Case(path.stem, _markup(body, path.stem[:2]), truth)


def _markup(body: str, language: str) -> str:
    """Markup of a page in short: `# ` and `## ` headings, `- ` items, `a |"
    "| b` cells, `@ a :: b` terms, else paragraphs."""
    parts = []
    kind = ""
    closing = {"ul": "</ul>", "table": "</table>", "dl": "</dl>", "": ""}
    title = ""
    for line in filter(None, map(str.strip, body.split("\n"))):
        new = "ul" if line.startswith("- ") else "table" if " || " in line else "dl" if line.startswith("@ ") else ""
        if new != kind:
            parts.append(closing[kind] + (f"<{new}>" if new else ""))
            kind = new
        text = html.escape(line, quote=False)
        if new == "ul":
            parts.append(f"<li>{text[2:]}</li>")
        elif new == "table":
            parts.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in text.split(" || ")) + "</tr>")
        elif new == "dl":
            label, _, value = text[2:].partition(" :: ")
            parts.append(f"<dt>{label}</dt><dd>{value}</dd>")
        elif line.startswith("#"):
            level = len(line) - len(line.lstrip("#"))
            title = title or line[level:].strip()
            parts.append(f"<h{level}>{text[level:].strip()}</h{level}>")
        else:
            parts.append(f"<p>{text}</p>")
    parts.append(closing[kind])
    head = (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{html.escape(title)}</title></head>'
    )
    return f"{head}<body><main><article>{''.join(parts)}</article></main></body></html>"


def measure_set(folder: Path, *, verbose: bool, only: str = "") -> bool:
    """Print a line for each language and for the whole; whether the floors are held."""
    counts: dict[str, Counter[str]] = {}
    for case in cases(folder):
        if only not in case.name:
            continue
        reading = read(case.markup)
        facts = [fact for fact in reading.facts if fact.by != "site"]
        found, missing, surplus = compare(case.truth, facts)
        wrong = misplaced(reading)
        part = "held-out" if "hold" in case.name else "tuned"
        for group in (case.name[:2], "all", part):
            counts.setdefault(group, Counter()).update(
                pages=1,
                truth=len(case.truth),
                found=len(found),
                read=len(facts),
                surplus=len(surplus),
                misplaced=len(wrong),
            )
        if verbose and (missing or surplus):
            print(case.name)
            for one in missing:
                print("    missing:", one.subject, "|", one.name, "|", one.value)
            for fact in surplus:
                print(
                    "    surplus:",
                    fact.subject,
                    "|",
                    fact.name,
                    "|",
                    fact.value,
                    "|",
                    fact.cited[:80].replace("\n", "⏎"),
                )
    for group, count in sorted(counts.items()):
        print(
            f"{group:<9} {count['pages']:>3} pages, {count['truth']:>4} facts: recall "
            f"{_share(count['found'], count['truth'])}"
            f" precision {_share(count['read'] - count['surplus'], count['read'])} ({count['surplus']} "
            f"surplus), {count['misplaced']} misplaced"
        )
    every = counts.get("all", Counter())
    return (
        every["found"] >= FLOORS["recall"] * every["truth"]
        and every["read"] - every["surplus"] >= FLOORS["precision"] * every["read"]
        and not every["misplaced"]
    )


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "-"


def main() -> int:
    """Measure both and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=Path, default=Path("../shared/seeds"))
    parser.add_argument("--set", type=Path, default=SET)
    parser.add_argument("--only", default="", help="pages whose name has this in it")
    parser.add_argument("-v", "--verbose", action="store_true", help="print each missing or surplus fact")
    options = parser.parse_args()
    held = measure_set(options.set, verbose=options.verbose, only=options.only)
    if not (options.seeds / "facts.tsv").exists():
        print(f"bench.facts: seeds SKIPPED: expected facts.tsv in {options.seeds}, found none", file=sys.stderr)
    elif not options.only:
        held = measure_seeds(options.seeds, verbose=options.verbose) and held
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
