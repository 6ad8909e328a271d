"""How well is the language of a text told, from a whole page down to two words? langdetect alone beside.

    python -m bench.language [--data FOLDER] [--half tune|held] [--seed N] [--texts N] [--wrong]

First the sentences of the repository, invented, in every language that case pages are in
(bench/reading_set/languages.tsv): whole, and cut to 30 characters. Then, where FOLDER is there: UDHR (`udhr-html`:
whole pages, their paragraphs) and Lingua's test texts (`lingua`: sentences, pairs of words, single words); languages
that Lingua lacks give sentences of UDHR. Texts are drawn by `--seed`; `--half` takes those whose SHA-256 is even
(`tune`) or odd (`held`).

Exit 0: shares of right answers, mean over the languages, are at or above the floors; 1 otherwise.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lxml import html

from pipelines.language import UNDETERMINED, judge, langdetect_answer

SET: Final = Path(__file__).parent / "reading_set" / "languages.tsv"
MACRO: Final = ("en", "ru", "uk", "be", "ka", "hy", "az", "kk", "tt", "crh", "fr", "de", "bg", "sr", "pl", "mk", "ce")
"""The seventeen languages that case pages are in most; of these UDHR and Lingua lack Chechen."""
UDHR: Final = {
    "az": ("azj_latn", "azj_cyrl"),
    "be": ("bel",),
    "bg": ("bul",),
    "crh": ("crh",),
    "de": ("deu_1996", "deu_1901"),
    "en": ("eng",),
    "et": ("est",),
    "fi": ("fin",),
    "fr": ("fra",),
    "hy": ("hye",),
    "ka": ("kat",),
    "kk": ("kaz",),
    "ky": ("kir",),
    "lt": ("lit",),
    "lv": ("lav",),
    "mk": ("mkd",),
    "pl": ("pol",),
    "ro": ("ron_2006", "ron_1993", "ron_1953"),
    "ru": ("rus",),
    "sr": ("srp_cyrl", "srp_latn"),
    "tg": ("tgk",),
    "tt": ("tat",),
    "uk": ("ukr",),
    "uz": ("uzn_latn", "uzn_cyrl"),
}
FLOORS: Final = {"page": 1.0, "paragraph": 1.0, "sentence": 0.98, "30 characters": 0.90}
OWN_FLOORS: Final = {"sentence": 1.0, "30 characters": 0.88}
LENGTHS: Final = ("page", "paragraph", "sentence", "30 characters", "two words", "one word")
SHORT: Final = 30
LANGDETECT_TEXTS: Final = 25
"""Texts a language and length that langdetect is asked about: it is slow."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text whose language is known."""

    language: str
    script: str
    text: str


Texts = Mapping[str, Mapping[str, Sequence[Text]]]
"""Length → row (language, with its script where it is written in two) → texts."""


def own_texts(path: Path = SET) -> dict[str, dict[str, list[Text]]]:
    """The invented sentences, whole and cut."""
    rows = [Text(*line.split("\t")) for line in path.read_text("utf-8").splitlines()[1:]]
    found: dict[str, dict[str, list[Text]]] = {"sentence": {}, "30 characters": {}}
    for row in rows:
        found["sentence"].setdefault(_row(row), []).append(row)
        draw = random.Random(row.text)
        found["30 characters"].setdefault(_row(row), []).append(Text(row.language, row.script, cut(row.text, draw)))
    return found


def shared_texts(folder: Path, *, seed: int, number: int, half: str) -> dict[str, dict[str, list[Text]]]:
    """Texts of UDHR and Lingua, at most `number` a length and row."""
    found: dict[str, dict[str, list[Text]]] = {length: {} for length in LENGTHS}
    for language, names in UDHR.items():
        for name in names:
            script = {"cyrl": "Cyrl", "latn": "Latn"}.get(name[-4:], "")
            paragraphs = _paragraphs(folder / "udhr-html" / f"{name}.html")
            row = f"{language} {script}".rstrip()
            found["page"].setdefault(row, []).append(Text(language, script, "\n".join(paragraphs)))
            long = [one for one in paragraphs if len(one) >= 200]
            found["paragraph"].setdefault(row, []).extend(Text(language, script, one) for one in long)
            if script or not (folder / "lingua/sentences" / f"{language}.txt").exists():
                sentences = [one for one in paragraphs if 60 <= len(one) <= 250]
                found["sentence"].setdefault(row, []).extend(Text(language, script, one) for one in sentences)
    for length, name in (("sentence", "sentences"), ("two words", "word-pairs"), ("one word", "single-words")):
        for language in UDHR:
            path = folder / "lingua" / name / f"{language}.txt"
            lines = path.read_text("utf-8").splitlines() if path.exists() else []
            found[length].setdefault(language, []).extend(Text(language, "", one) for one in lines if one.strip())
    for length, rows in found.items():
        for row, texts in rows.items():
            kept = texts if length == "page" else [one for one in texts if half in {"all", _half(one.text)}]
            draw = random.Random(f"{seed} {length} {row}")
            rows[row] = draw.sample(kept, min(number, len(kept)))
    for row, texts in found["sentence"].items():
        draw = random.Random(f"{seed} short {row}")
        long = [one for one in texts if len(one.text) > SHORT]
        found["30 characters"][row] = [Text(one.language, one.script, cut(one.text, draw)) for one in long]
    return {length: {row: texts for row, texts in rows.items() if texts} for length, rows in found.items()}


def cut(text: str, draw: random.Random) -> str:
    """Thirty characters of a text from the start of a word."""
    starts = [match.start() for match in re.finditer(r"(?<!\S)\S", text) if match.start() + SHORT <= len(text)]
    start = draw.choice(starts) if starts else 0
    return text[start : start + SHORT]


def shares(texts: Texts, answer: Callable[[str], str], most: int | None = None) -> dict[str, dict[str, float]]:
    """Length → row → share of right answers."""
    return {
        length: {row: _share([(one.language, answer(one.text)) for one in some[:most]]) for row, some in rows.items()}
        for length, rows in texts.items()
    }


def macro(rows: Mapping[str, float], languages: Iterable[str] = MACRO) -> float:
    """Mean over languages; that of a language in two scripts is the mean of its rows."""
    by_language: dict[str, list[float]] = {}
    for row, share in rows.items():
        by_language.setdefault(row.split(" ")[0], []).append(share)
    kept = [sum(some) / len(some) for language, some in sorted(by_language.items()) if language in set(languages)]
    return sum(kept) / len(kept)


def langdetect_alone(text: str) -> str:
    """langdetect's label, as an answer."""
    answer = langdetect_answer(text)
    return answer.label if answer else UNDETERMINED


def _row(text: Text) -> str:
    return f"{text.language} {text.script}"


def _half(text: str) -> str:
    return "held" if hashlib.sha256(text.encode()).digest()[0] % 2 else "tune"


def _share(pairs: Sequence[tuple[str, str]]) -> float:
    return sum(right == said for right, said in pairs) / len(pairs)


def _paragraphs(path: Path) -> list[str]:
    body = html.document_fromstring(path.read_bytes().decode("utf-8")).body
    return [" ".join(part.text_content().split()) for part in body.iter("p", "li") if part.text_content().strip()]


def _table(ours: Mapping[str, Mapping[str, float]], theirs: Mapping[str, Mapping[str, float]]) -> list[str]:
    lengths = [length for length in LENGTHS if length in ours]
    lines = [f"{'':10}" + "".join(f"{length:>22}" for length in lengths)]
    for row in sorted({row for rows in ours.values() for row in rows}):
        cells = (
            f"{100 * ours[length][row]:13.1f} ({100 * theirs[length][row]:5.1f})" if row in ours[length] else ""
            for length in lengths
        )
        lines.append(f"{row:10}" + "".join(f"{cell:>22}" for cell in cells))
    means = (f"{100 * macro(ours[length]):13.1f} ({100 * macro(theirs[length]):5.1f})" for length in lengths)
    return [*lines, f"{'mean of ' + str(len(MACRO)):10}" + "".join(f"{cell:>22}" for cell in means)]


def _below(ours: Mapping[str, Mapping[str, float]], floors: Mapping[str, float]) -> list[str]:
    means = {length: macro(ours[length]) for length in floors}
    return [f"{length}: {100 * means[length]:.2f} %" for length, floor in floors.items() if means[length] < floor]


def _measure(name: str, texts: Texts, floors: Mapping[str, float]) -> bool:
    answer = {
        text.text: judge(text.text).language for rows in texts.values() for some in rows.values() for text in some
    }
    ours = shares(texts, answer.__getitem__)
    number = sum(len(some) for rows in texts.values() for some in rows.values())
    print(f"\n{name}: {number} texts; right %, in brackets langdetect alone")
    print("\n".join(_table(ours, shares(texts, langdetect_alone, LANGDETECT_TEXTS))))
    below = _below(ours, floors)
    for line in below:
        print(f"below the floor: {line}")
    return not below


def _wrong(texts: Texts) -> None:
    for length, rows in texts.items():
        for row, some in rows.items():
            for text in some:
                said = judge(text.text)
                if said.language != text.language:
                    print(f"{length}\t{row}\t{said.language} {said.confidence}\t{text.text[:160]}")


def main() -> int:
    """Measure both sets."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data/langid"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--texts", type=int, default=200, help="texts a length and language (default 200)")
    parser.add_argument("--half", choices=("all", "tune", "held"), default="all")
    parser.add_argument("--wrong", action="store_true", help="print the texts that were not told, nothing else")
    options = parser.parse_args()
    own = own_texts()
    shared = {}
    if options.data.is_dir():
        shared = shared_texts(options.data, seed=options.seed, number=options.texts, half=options.half)
    if options.wrong:
        _wrong(own)
        _wrong(shared)
        return 0
    good = _measure("invented sentences", own, OWN_FLOORS)
    if not shared:
        print(f"bench.language: SKIPPED: expected texts in {options.data}, found none", file=sys.stderr)
        return 0 if good else 1
    said = Counter(judge(one.text).language for rows in shared["one word"].values() for one in rows)
    print(f"answers to single words: {said[UNDETERMINED]} of {said.total()} und")
    return 0 if _measure("UDHR and Lingua", shared, FLOORS) and good else 1


if __name__ == "__main__":
    sys.exit(main())
