"""What the comparison of two readings costs: a long Russian page with thirty edits, pages of middling length, and pages
of 50,000 blocks each of which was edited or rewritten.

Each is measured in the best of several turns (those of so many blocks once), beside the time that the readings take to
be parsed in the same run.
"""

from __future__ import annotations

import argparse
import gc
import random
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from pipelines.change import compare
from pipelines.diff import tokens
from pipelines.edits import Change
from pipelines.page import read_page
from pipelines.reading import Reading, StoredPage
from pipelines.workers import TIME_LIMIT

LONG_WORDS: Final = 10_000
EDITS: Final = 30
LONG_BAR: Final = 100.0
"""Milliseconds for the long page."""
PAGE_BAR: Final = 10.0
"""Milliseconds of CPU for a page, in the median."""
BLOCKS: Final = 50_000
BLOCKS_BAR: Final = TIME_LIMIT
"""Seconds of CPU for pages of so many blocks: a comparison that takes longer is given up."""
FOUND: Final = 0.999
"""Share of so many edits that are to be found as such: by chance a block may be more like another."""
TURNS: Final = 7
_SAID: Final = (
    "суд районный приговор колония защита заявил следствие письмо адвокат срок режим заседание свидетель показания "
    "учитель школа книга город область решение жалоба апелляция камера этап передача врач экспертиза статья часть "
    "говорит отказал признал назначил отложил вызвал прочитал сообщил считает подтвердил увидел принёс объявил "
    "общий строгий новый первый прежний письменный устный открытый короткий тёмный ближний йодистый её моё ещё"
)
_WORDS: Final = tuple(_SAID.split())


@dataclass(frozen=True, slots=True)
class Edited:
    """A text and the same with edits."""

    before: list[str]
    after: list[str]
    words: list[tuple[str, str]]
    """Words and numbers that became others."""
    moved: list[str]
    """Paragraphs that stand elsewhere."""


def edited_text(words: int, edits: int, seed: int) -> Edited:
    """Paragraphs of so many words in all; a tenth of the edits are moves, the others words and numbers."""
    draws = random.Random(seed)
    paragraphs: list[str] = []
    count = 0
    while count < words:
        length = draws.randint(25, 90)
        said = [draws.choice(_WORDS) for _ in range(length)]
        for place in range(7, length, 15):
            said[place] = draws.choice(
                [str(draws.randint(2, 2030)), f"{draws.randint(1, 9)} {draws.randint(100, 999)}"]
            )
        paragraphs.append(" ".join(said).capitalize() + ".")
        count += length
    after = list(paragraphs)
    moves = edits // 10
    changed = draws.sample(range(len(after)), edits - moves)
    pairs = []
    for place in changed:
        parts = tokens(after[place])
        at = draws.choice([n for n, part in enumerate(parts) if part[0].isalnum() and n])
        old = parts[at]
        parts[at] = str(draws.randint(3000, 9000)) if old[0].isdigit() else f"{old}ый"
        pairs.append((old, parts[at]))
        after[place] = "".join(parts)
    moved = draws.sample([text for place, text in enumerate(after) if place not in changed], moves)
    for text in moved:
        after.remove(text)
        after.insert(draws.randrange(len(after)), text)
    return Edited(paragraphs, after, pairs, moved)


def page(paragraphs: list[str], counter: int) -> str:
    """A page with a menu, teasers and a counter around the paragraphs."""
    menu = "".join(f'<li><a href="/{n}">Раздел {n}</a></li>' for n in range(9))
    rows = "".join(f'<li><a href="/n/{n}">О чём молчал сторож музея номер {n + counter}</a></li>' for n in range(6))
    text = "".join(f"<p>{each}</p>" for each in paragraphs)
    return (
        f'<html lang="ru"><head><title>Дело учителя</title></head><body><nav><ul>{menu}</ul></nav><main><article>'
        f"<h1>Дело учителя географии</h1>{text}</article></main><div><ul>{rows}</ul><p>Просмотров: {counter}</p></div>"
        "</body></html>"
    )


def reading_of(markup: str) -> Reading:
    """The reading of a page."""
    stored = StoredPage(
        "https://rowan.example/case/17",
        datetime(2026, 5, 4, tzinfo=UTC),
        "urn:uuid:0",
        None,
        "text/html",
        markup.encode(),
    )
    return read_page(stored)


def milliseconds(call: Callable[[], object], turns: int = TURNS) -> float:
    """CPU time of a call, the best of several turns."""
    best = float("inf")
    for _ in range(turns):
        gc.collect()
        start = time.process_time()
        call()
        best = min(best, time.process_time() - start)
    return 1000 * best


def many_blocks(number: int, seed: int) -> list[str]:
    """Short paragraphs."""
    draws = random.Random(seed)
    return [" ".join(draws.choice(_WORDS) for _ in range(draws.randint(8, 20))).capitalize() for _ in range(number)]


def edited_blocks(texts: list[str], seed: int) -> list[str]:
    """The same with a word another in each."""
    draws = random.Random(seed)
    found = []
    for text in texts:
        words = text.split()
        words[draws.randrange(1, len(words))] = "маяк"
        found.append(" ".join(words))
    return found


def cost_of_blocks(number: int, seed: int) -> bool:
    """Measure pages of so many blocks; whether the bar is kept."""
    texts = many_blocks(number, seed)
    before = reading_of(page(texts, 1204))
    kept = True
    for what, other in (("edited", edited_blocks(texts, seed)), ("rewritten", many_blocks(number, seed + 1))):
        after = reading_of(page(other, 1377))
        gc.collect()
        start = time.process_time()
        change = compare(before, after)
        seconds = time.process_time() - start
        found = sum(edit.op == "edit" for edit in change.reported)
        print(f"{number} blocks, each {what}: {seconds:.1f} s of CPU, {found} edits")
        kept &= seconds < BLOCKS_BAR and (what == "rewritten" or found >= FOUND * number)
    return kept


def finds_all(text: Edited, change: Change) -> list[str]:
    """What is wrong with a comparison of that text: whole words and numbers, and moves."""
    said = [tuple(word[1:] for word in pair) for edit in change.reported if edit.op == "edit" for pair in edit.words]
    moves = [edit.before or "" for edit in change.reported if edit.op == "move"]
    wrong = [f"not found: {old} -> {new}" for old, new in text.words if (old, new) not in said]
    wrong += [f"not found: a move of {each[:40]}" for each in text.moved if not any(each in move for move in moves)]
    extra = len(said) - len(text.words)
    return wrong + ([f"{extra} changes of words that were not made"] if extra else [])


def main() -> int:
    """Measure, print, and say whether all bars are kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pages", type=int, default=40, help="pages of middling length")
    parser.add_argument("--blocks", type=int, default=BLOCKS, help="blocks of the longest pages; 0: none of these")
    told = parser.parse_args()
    failed = False

    text = edited_text(LONG_WORDS, EDITS, told.seed)
    before, after = reading_of(page(text.before, 1204)), reading_of(page(text.after, 1377))
    octets = before.to_json()
    parsing = milliseconds(lambda: Reading.from_json(octets))
    long = milliseconds(lambda: compare(before, after))
    wrong = finds_all(text, compare(before, after))
    print(f"{LONG_WORDS} words, {EDITS} edits: {long:.1f} ms, {long / parsing:.2f} times the parsing of one reading")
    for line in wrong:
        print(f"  {line}")
    failed |= long >= LONG_BAR or bool(wrong)

    costs, shares = [], []
    for number in range(told.pages):
        draws = random.Random(f"{told.seed} {number}")
        some = edited_text(draws.randint(150, 1500), draws.choice((0, 0, 0, 1, 4)), told.seed + number)
        one, other = reading_of(page(some.before, 40 + number)), reading_of(page(some.after, 91 + number))
        stored = one.to_json()
        # mypy infers no type of a lambda's default
        cost = milliseconds(lambda one=one, other=other: compare(one, other), 3)  # type: ignore[misc]
        costs.append(cost)
        shares.append(cost / milliseconds(lambda stored=stored: Reading.from_json(stored), 3))  # type: ignore[misc]
    median, share = statistics.median(costs), statistics.median(shares)
    print(f"{told.pages} pages: median {median:.2f} ms of CPU, {share:.2f} times the parsing; most {max(costs):.1f} ms")
    failed |= median >= PAGE_BAR
    if told.blocks:
        failed |= not cost_of_blocks(told.blocks, told.seed)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
