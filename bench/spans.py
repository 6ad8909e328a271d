"""Mixed pages: how many letters are in a span of the right language.

    python -m bench.spans [--langid FOLDER] [--seed 1] [--pages 200] [-v]

Pages are mixed from sentences of the made-up set (`reading_set/spans`) and, where FOLDER is there, of the declaration
of human rights and of lingua's sentences: paragraphs in another language between those of the page's own, lines of one
paragraph (as `<br>` parts them), sentences inside a paragraph, quotations inside a sentence, and Russian addresses.
A sentence's language is that of its file. Bosnian, Croatian and Serbian are one group. Exit 1 under FLOOR.
"""

from __future__ import annotations

import argparse
import html
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipelines.spans import PageLanguages

SET: Final = Path(__file__).with_name("reading_set") / "spans"
FLOOR: Final = 0.995
"""Share of letters in a span of the right language."""
DECLARATIONS: Final = {
    "en": "eng",
    "ru": "rus",
    "uk": "ukr",
    "be": "bel",
    "ka": "kat",
    "hy": "hye",
    "az": "azj_latn",
    "kk": "kaz",
    "tt": "tat",
    "crh": "crh",
    "fr": "fra",
    "de": "deu_1996",
    "bg": "bul",
    "sr": "srp_cyrl",
    "pl": "pol",
    "mk": "mkd",
    "ro": "ron_2006",
    "lt": "lit",
    "lv": "lav",
    "et": "est",
    "fi": "fin",
    "ky": "kir",
    "uz": "uzn_latn",
    "tg": "tgk",
}
_GROUPS: Final = {"bs": "sr", "hr": "sr"}
_PARAGRAPH = re.compile(r"<p[^>]*>(.*?)</p>", re.DOTALL)
_TAG = re.compile(r"<[^>]+>")
LEVELS: Final = ("paragraph", "line", "sentence", "quotation", "address")

Marked = list[tuple[str, str]]
"""A text as (words, language), one after another."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Letters of some pages, and those of them in a span of the right language."""

    letters: int
    right: int
    wrong: Mapping[tuple[str, str], int]
    seconds: float


def sentences(folder: Path | None) -> dict[str, list[str]]:
    """Sentences by language: the made-up ones, or those of a folder as `../shared/data/langid`."""
    if folder is None:
        files = sorted(path for path in SET.glob("*.txt") if path.stem != "addresses")
        return {path.stem: path.read_text("utf-8").split("\n")[:-1] for path in files}
    found: dict[str, list[str]] = {}
    for language, name in DECLARATIONS.items():
        path = folder / "udhr-html" / f"{name}.html"
        if path.is_file():
            said = (html.unescape(_TAG.sub("", one)).strip() for one in _PARAGRAPH.findall(path.read_text("utf-8")))
            found[language] = [" ".join(one.split()) for one in said if 40 <= len(one) <= 600]
    return found


def lines(folder: Path) -> dict[str, list[str]]:
    """Lingua's sentences by language, without those that are in several languages by themselves."""
    files = sorted((folder / "lingua" / "sentences").glob("*.txt"))
    found = {path.stem: path.read_text("utf-8").split("\n") for path in files if path.stem in DECLARATIONS}
    return {language: [one for one in some if 40 <= len(one) <= 300][:400] for language, some in found.items()}


def addresses() -> list[str]:
    """Made-up Russian postal addresses of prisons."""
    return (SET / "addresses.txt").read_text("utf-8").split("\n")[:-1]


def page(level: str, texts: Mapping[str, Sequence[str]], chance: random.Random) -> list[Marked]:
    """The paragraphs of a page, most of them in one language, some of it in others."""
    own, other, third = chance.sample(sorted(texts), 3)
    if level == "address":
        own = chance.choice([one for one in sorted(texts) if one != "ru"])
    count = min(12, len(texts[own]))
    paragraphs: list[Marked] = [
        [(" ".join(chance.sample(list(texts[own]), chance.randint(1, 3))), own)] for _ in range(count)
    ]
    if level == "paragraph":
        paragraphs += [[(chance.choice(texts[language]), language)] for language in (other, other, other, third)]
        chance.shuffle(paragraphs)
    elif level == "address":
        for address in chance.sample(addresses(), 2):
            paragraphs.insert(chance.randrange(count), [(address, "ru")])
    else:
        for place in sorted(chance.sample(range(count), min(4, count))):
            paragraphs[place] = _mixed(level, texts, own, other, chance)
    return paragraphs


def _mixed(level: str, texts: Mapping[str, Sequence[str]], own: str, other: str, chance: random.Random) -> Marked:
    before, foreign, after = chance.choice(texts[own]), chance.choice(texts[other]), chance.choice(texts[own])
    if level == "line":
        return [(before + "\n", own), (foreign + "\n", other), (after, own)]
    if level == "quotation":
        opening, closing = chance.choice([("«", "»"), ("“", "”"), ('"', '"'), ("(", ")")])
        return [(before + " ", own), (f"{opening}{foreign}{closing} ", other), (after, own)]
    return [(before + " ", own), (foreign + " ", other), (after, own)]


def count(pages: Sequence[Sequence[Marked]]) -> Counted:
    """Letters of pages that are in a span of their own language."""
    letters = right = 0
    wrong: Counter[tuple[str, str]] = Counter()
    began = time.process_time()
    for paragraphs in pages:
        texts = ["".join(words for words, _ in marked) for marked in paragraphs]
        languages = PageLanguages(texts)
        for text, marked in zip(texts, paragraphs, strict=True):
            told = [judged.language for start, end, judged in languages.pieces(text) for _ in range(end - start)]
            truth = [language for words, language in marked for _ in words]
            for letter, said, meant in zip(text, told, truth, strict=True):
                if not letter.isalpha():
                    continue
                letters += 1
                if _GROUPS.get(said, said) == meant:
                    right += 1
                else:
                    wrong[meant, said] += 1
    return Counted(letters, right, wrong, time.process_time() - began)


def measure(
    texts: Mapping[str, Sequence[str]], *, pages: int, seed: int, levels: Sequence[str] = LEVELS
) -> dict[str, Counted]:
    """Counts for pages mixed at each level."""
    chance = random.Random(seed)
    return {level: count([page(level, texts, chance) for _ in range(pages)]) for level in levels}


def main() -> int:
    """Measure and print one line a set and level."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--langid", type=Path, default=Path("../shared/data/langid"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pages", type=int, default=100, help="pages of each level")
    parser.add_argument("-v", "--verbose", action="store_true", help="print what is taken for what")
    options = parser.parse_args()
    sets: dict[str, Mapping[str, Sequence[str]]] = {"made up": sentences(None)}
    if options.langid.is_dir():
        sets |= {"declarations": sentences(options.langid), "lingua": lines(options.langid)}
    else:
        print(f"bench.spans: SKIPPED: expected a folder {options.langid}, found none", file=sys.stderr)
    failed = False
    for name, texts in sets.items():
        counts = measure(texts, pages=options.pages, seed=options.seed)
        for level, counted in counts.items():
            share = counted.right / counted.letters
            cost = 1000 * counted.seconds / options.pages
            print(f"{name:<13} {level:<10} {100 * share:6.2f} % of {counted.letters} letters, {cost:.1f} ms a page")
            if options.verbose:
                worst = sorted(counted.wrong.items(), key=lambda item: (-item[1], item[0]))[:8]
                print("   ", ", ".join(f"{meant} as {said}: {letters}" for (meant, said), letters in worst))
        letters = sum(counted.letters for counted in counts.values())
        share = sum(counted.right for counted in counts.values()) / letters
        failed |= share < FLOOR
        print(f"{name:<13} {'all':<10} {100 * share:6.2f} % of {letters} letters (at least {100 * FLOOR} %)")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
