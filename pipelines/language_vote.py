"""A vote on the language of a text of one script: who votes, how votes are weighed and summed.

Voters are the n-grams of py3langid's model, resiliparse's profiles, letters (which languages have all of them) and
small words. One that cannot give an answer does not count against it. Sums are rounded, ties go to the first label by
name.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from resiliparse.parse.lang import detect_fast, supported_langs

from pipelines.language_chechen import marks, with_palochka
from pipelines.language_letters import ALPHABETS, ENDINGS, FOREIGN_SPELLINGS, in_cyrillic, turned, words
from pipelines.language_ngrams import LABELS, ngrams, probabilities

WORD_LIMIT: Final = 100
"""Words of a text that are looked up."""
SERBIAN: Final = ("bs", "hr", "sr")
"""One language to the model: Serbian in Latin letters is Bosnian to it more often than not."""

_ADDRESS: Final = re.compile(
    r"(?:https?://|www\.)\S{1,300}|[\w.+-]{1,64}@\S{1,64}|\b[\w-]{1,40}\.(?:com|org|net|ru|eu)\b"
)
_LATIN_WORD: Final = re.compile(r"[A-Za-zÀ-ʯ̀-ͯḀ-ỿ]+(?:['’ʼʻ‘`´][A-Za-zÀ-ʯ̀-ͯḀ-ỿ]+)*+")
_CYRILLIC_WORD: Final = re.compile(r"[Ѐ-ԯ̀-ͯ]+(?:['’ʼʻ‘`´][Ѐ-ԯ̀-ͯ]+)*+")
_WORD: Final = re.compile(r"[^\W_]+(?:['’ʼʻ‘`´][^\W_]+)*+")
_LATIN: Final = re.compile("[A-Za-zÀ-ʯ]")
_CYRILLIC: Final = re.compile("[Ѐ-ԯ]")
_NO_LATIN: Final = re.compile("[Ͱ-῿⺀-\U0002ffff]")
_BAR: Final = re.compile(r"(?<=[гкпхцчтГКПХЦЧТ])[|!](?=[а-яё])|(?<![\w|!])[|!](?=[а-яё]{2})")
_APOSTROPHES: Final = str.maketrans("’ʼʻ‘`´", "'" * 6)
_NAMES: Final = 0.4
"""Share of names above which the other words are read alone: names are in no language, or in another."""
_ENOUGH_SMALL: Final = 12
"""Letters that there must be of the others."""
_LEAST_SHARE: Final = 1e-5
_RANK_UNIT: Final = 60
_FAR: Final = 1150
_ENOUGH_SIGNS: Final = 40
_NEAREST: Final = 10
_TRUSTED: Final = 200
_SHARES_WEIGH: Final = 1.5
_WORDS_WEIGH: Final = 1.2
_LETTERS_WEIGH: Final = 3.0
_RANKS_WEIGH: Final = 1.0
_RANKS_VOTE: Final = 2
_OTHER_VOTES: Final = 6
"""The votes of n-grams, words and letters, which know all languages."""
_PAGE_WEIGHS: Final = 2.0
_ENDING_WEIGHS: Final = 0.4
_SURE: Final = 1.0
"""Weight of small words from which they speak for a language, if it is also this share of all words …"""
_SURE_SHARE: Final = 0.15
_LEAD: Final = 0.8
"""… and so much more than any other has."""
_RARE: Final = {
    **dict.fromkeys(("ba", "mn"), 0.5),
    **dict.fromkeys(("af", "ca", "cs", "da", "es", "hu", "id", "is", "it", "nl", "no"), 1.0),
    **dict.fromkeys(("pt", "sk", "sl", "sq", "sv", "sw", "tl", "vi"), 1.0),
    **dict.fromkeys(("br", "cy", "eo", "eu", "fy", "ga", "gd", "gl", "ku", "la", "lb"), 2.0),
    **dict.fromkeys(("ltg", "ms", "mt", "oc", "so", "tk"), 2.0),
}
"""Languages that few case pages are in must show themselves the more clearly."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A text made ready for its voters."""

    script: str
    text: str
    """Without addresses, words of other scripts and many names; in lower case where it was all capitals."""
    words: tuple[str, ...]
    """Its words of the script, in lower case, with one sign for the apostrophe and one for the palochka."""
    named: int
    """Words with a capital first letter; 0 in a text all in capitals."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a vote."""

    label: str
    share: float
    """Of the sum, against the others: 0 to 1."""
    agreement: float
    """Share of the votes of those who have an answer to this text."""
    confidence: float
    """Share of the votes of those who know the language: who has no answer to this text does not agree."""
    known: int
    """Small words of the language in the text."""
    strange: float = 0.0
    """Share of the words with a letter, or a spelling, that the language has not."""


def prepare(text: str, script: str) -> Prepared:
    """Keep of a text what its voters can read."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    if "." in text:
        text = _ADDRESS.sub(" ", text)
    if script == "Latn":
        if _NO_LATIN.search(text):
            text = _WORD.sub(lambda match: match.group() if _LATIN.search(match.group()) else " ", text)
        found = _LATIN_WORD.findall(text)
    elif script == "Cyrl":
        text = _BAR.sub("ӏ", text) if "|" in text or "!" in text else text
        text = _WORD.sub(_in_one_script, text) if _LATIN.search(text) or "1" in text else text
        found = _CYRILLIC_WORD.findall(text)
    else:
        found = _WORD.findall(text)
    named = sum([word[0].isupper() for word in found])
    if 2 * named > len(found) and 2 * sum([word.isupper() for word in found if len(word) > 1]) > len(found):
        text, named = _in_small_letters(text), 0
        found = [_in_small_letters(word) for word in found]
    if named > _NAMES * len(found):
        text = _without_names(found, script) or text
    low = " ".join(found[:WORD_LIMIT]).translate(_APOSTROPHES).replace("İ", "i").lower()
    return Prepared(script, text, tuple(low.split(" ")) if low else (), named)


def _without_names(found: Sequence[str], script: str) -> str:
    """The words of a text without its names; empty where they are few, or little else is there."""
    known = words(script)
    names = [word[0].isupper() and word.lower() not in known for word in found]
    if sum(names) <= _NAMES * len(found):
        return ""
    others = [word for word, name in zip(found, names, strict=True) if not name]
    return " ".join(others) if sum(map(len, others)) >= _ENOUGH_SMALL else ""


def fits(prepared: Prepared, page: str) -> Verdict | None:
    """A verdict without the dear voter where words, letters and profiles speak for the page's language; else None."""
    hits = small_words(prepared)
    own = hits.pop(page, 0.0)
    if own < max(_SURE, _SURE_SHARE * len(prepared.words)) or own < max(hits.values(), default=0.0) + _LEAD:
        return None
    if misfits_of(prepared, page) > len(prepared.words) // 20:
        return None
    ranks = _ranks(prepared.text, tuple(LABELS[prepared.script].split()), 3)
    losses = _rank_losses(ranks)
    if losses and page in _resiliparse() and losses.get(page, 1.0) > 0.5:
        return None
    voters = 5 if page in losses else 3
    agreed = 3 + 2 * (voters == 5 and losses[page] == 0.0)
    agreement = round(agreed / voters, 4)
    return Verdict(page, 1.0, agreement, agreement, _known(prepared, page))


def vote(prepared: Prepared, page: str | None = None) -> Verdict:
    """Let all voters vote; the language of the page has a vote more."""
    hits = _hits(prepared)
    told = _by_rules(prepared, hits)
    if told:
        return Verdict(told, 1.0, 1.0, 1.0, _known(prepared, told))
    labels = LABELS[prepared.script].split()
    shares = _shares(prepared.text, labels)
    ranks = _ranks(prepared.text, tuple(labels), _NEAREST)
    bad = _misfits(prepared)
    root = math.sqrt(max(len(prepared.words), 1))
    losses = _rank_losses(ranks)
    missing = _missing(prepared)
    sums = {
        label: round(
            _SHARES_WEIGH * math.log(max(shares.get(label, 0.0), _LEAST_SHARE))
            - _RANKS_WEIGH * losses.get(label, losses.get("far" if label in _resiliparse() else "", 0.0))
            + _WORDS_WEIGH * hits.get(label, 0.0) / root
            - _LETTERS_WEIGH * bad.get(label, 0) / root
            - _RARE.get(label, 0.0)
            - missing.get(label, 0.0)
            + (_PAGE_WEIGHS if label == page else 0.0),
            4,
        )
        for label in sorted((_likely(shares, hits) & _folded(tuple(labels))) or _folded(tuple(labels)))
    }
    label = min(sums, key=lambda one: (-sums[one], one))
    total = sum(math.exp(one - sums[label]) for one in sums.values())
    nearest = _first({one: -rank for one, rank in ranks.items()})
    votes = (
        (3, _first(shares)),
        (_RANKS_VOTE, nearest if label in ranks and losses else ""),
        (2, _first(hits)),
        (1, label if bad.get(label, 0) == min(bad.values(), default=0) else "other"),
    )
    cast = [(weight, one) for weight, one in votes if one]
    agreed = sum(weight for weight, one in cast if one == label)
    agreement = agreed / sum(weight for weight, _ in cast)
    able = _OTHER_VOTES + (_RANKS_VOTE if label in _resiliparse() else 0)
    strange = bad.get(label, 0) / max(len(prepared.words), 1)
    known = _known(prepared, label)
    return Verdict(label, round(1 / total, 4), round(agreement, 4), round(agreed / able, 4), known, round(strange, 4))


def _likely(shares: Mapping[str, float], hits: Mapping[str, float]) -> set[str]:
    """Languages that the model does not rule out, or whose small words are there."""
    most = max(hits.values(), default=0.0)
    likely = {label for label, share in shares.items() if share > _LEAST_SHARE}
    return likely | {label for label, weight in hits.items() if 2 * weight >= most}


def _by_rules(prepared: Prepared, hits: Mapping[str, float]) -> str | None:
    """A language that the n-gram model lacks, in this script or at all."""
    joined = " ".join(prepared.words)
    if prepared.script == "Latn":
        return None if joined.isascii() else _in_latin_rules(prepared, joined, hits)
    if prepared.script == "Cyrl":
        return _in_cyrillic_rules(prepared, joined, hits)
    return None


def _in_cyrillic_rules(prepared: Prepared, joined: str, hits: Mapping[str, float]) -> str | None:
    number = len(prepared.words)
    if _is_azerbaijani(joined, hits):
        return "az"
    crimean = len(_CRIMEAN.findall(joined))
    alone = hits.get("crh", 0.0) > hits.get("ce", 0.0) or "нъ" in joined or "гъ" in joined
    enough = crimean + hits.get("crh", 0.0) >= max(0.25 * number, 1)
    if crimean and alone and enough and not _NOT_CRIMEAN.search(joined):
        return "crh"
    own, others = marks(prepared.words, joined)
    if own > 2 * others and (own >= 0.2 * number or (own >= 0.1 * number and hits.get("ce", 0.0) >= 0.2 * number)):
        return "ce"
    for label in ("ce", "crh", "ro"):
        weight = hits.get(label, 0.0)
        if weight >= max(0.2 * number, 1.5) and weight >= 1.5 * _most(hits, but=label):
            return label
    return None


def _is_azerbaijani(joined: str, hits: Mapping[str, float]) -> bool:
    letters = set(joined)
    if not letters & _AZERBAIJANI or not letters & _AZERBAIJANI_VOWELS:
        return False
    if letters - ALPHABETS["Cyrl"]["az"] - _SIGNS:
        return False
    if letters & _AZERBAIJANI_ALONE or ("ғ" in letters and _turned_share(joined, "az", "Cyrl") > 0.6):
        return True
    return hits.get("az", 0.0) > _most(hits, but="az")


def _most(hits: Mapping[str, float], *, but: str) -> float:
    return max((weight for label, weight in hits.items() if label != but), default=0.0)


_SIGNS: Final = frozenset(" '-ыъь1234567890")
_AZERBAIJANI: Final = frozenset("ҹҝјғһә")
_AZERBAIJANI_ALONE: Final = frozenset("ҹҝј")
_AZERBAIJANI_VOWELS: Final = frozenset("әөү")
_CRIMEAN: Final = re.compile(r"[кг]ъ(?=[аоуыэеёию])|[кгн]ъ\b|нъ[кгълдн]")
_NOT_CRIMEAN: Final = re.compile(r"[аоую]ь|[ӕәөүқғңҳўӏі]|хъ|лъ")


def _in_latin_rules(prepared: Prepared, joined: str, hits: Mapping[str, float]) -> str | None:
    for label, letters in (("kk", _KAZAKH), ("tt", _TATAR)):
        if label == "tt" and _NOT_TATAR.search(joined):
            continue
        sure = letters.search(joined) is not None
        own = hits.get(label, 0.0)
        enough = own >= 0.15 * len(prepared.words) and own > _most(hits, but=label)
        enough = enough and (label == "tt" or not _NOT_KAZAKH.search(joined))
        if (sure or enough) and _turned_share(joined, label, "Latn") > 0.5:
            return label
    return None


_KAZAKH: Final = re.compile("[ŋǵ]|ū.*[ğşöıä]|[ğşöıä].*ū|ı.*[úáóńý]|[úáóńý].*ı")
_NOT_KAZAKH: Final = re.compile(r"[cfç]|\bve\b")
_TATAR: Final = re.compile("ä.*(?:[ğñ]|q(?!u))|(?:[ğñ]|q(?!u)).*ä")
_NOT_TATAR: Final = re.compile("[əňýâêăţțßāēōž]")


def _turned_share(text: str, label: str, script: str) -> float:
    """What the model gives a language when its text is put into the script that the model knows it in."""
    home = "Latn" if script == "Cyrl" else "Cyrl"
    return _shares(turned(text, label, script), LABELS[home].split()).get(label, 0.0)


def _shares(text: str, labels: list[str]) -> dict[str, float]:
    scores = ngrams().scores(text)
    shares = probabilities({label: scores[label] for label in labels if label in scores}, len(text.encode()))
    serbian = sum(shares.pop(label, 0.0) for label in SERBIAN)
    return {**shares, "sr": serbian} if serbian else shares


def _ranks(text: str, labels: tuple[str, ...], number: int) -> dict[str, int]:
    """Distances to resiliparse's profiles, of the nearest ones; {} for a short text: it is far from all of them."""
    if len(text) < _ENOUGH_SIGNS:
        return {}
    found = detect_fast(text, cutoff=3000, n_results=number, langs=_profiles(labels))
    ranks: dict[str, int] = {}
    # of a single result it gives the pair itself, not a list of one
    for label, rank in [found] if isinstance(found, tuple) else found:
        ranks.setdefault("sr" if label in SERBIAN else label, rank)
    return ranks


def _rank_losses(ranks: Mapping[str, int]) -> dict[str, float]:
    """How much farther than the nearest a language is.

    Under "" for one without a profile: the mean of the nearest; under "far" for one that is not among the nearest.

    A short text is far from all profiles, and which of them is nearest says little then.
    """
    least = min(ranks.values(), default=_FAR)
    trust = min((_FAR - least) / _TRUSTED, 1.0)
    if trust <= 0:
        return {}
    losses = {label: trust * min((rank - least) / _RANK_UNIT, 3.0) for label, rank in ranks.items()}
    near = sorted(losses.values())[:4]
    return {**losses, "": sum(near) / len(near), "far": max(losses.values())}


@cache
def _profiles(labels: tuple[str, ...]) -> list[str]:
    return [label for label in labels if label in _resiliparse()]


@cache
def _resiliparse() -> frozenset[str]:
    return frozenset(supported_langs())


def small_words(prepared: Prepared) -> dict[str, float]:
    """Language → weight of its small words in the text."""
    known = words(prepared.script)
    hits: dict[str, float] = {}
    for word in prepared.words:
        for label, weight in known.get(word, _NOTHING).items():
            hits[label] = hits.get(label, 0.0) + weight
    return hits


def _hits(prepared: Prepared) -> dict[str, float]:
    """Language → weight of its small words, and of its endings, in the text."""
    hits = small_words(prepared)
    if prepared.script == "Cyrl":
        joined = " ".join(prepared.words)
        for label, endings in ENDINGS.items():
            hits[label] = hits.get(label, 0.0) + _ENDING_WEIGHS * len(endings.findall(joined))
    return {label: round(weight, 4) for label, weight in hits.items() if weight}


_NOTHING: Final[Mapping[str, float]] = {}


def _known(prepared: Prepared, label: str) -> int:
    known = words(prepared.script)
    return sum(1 for word in prepared.words if label in known.get(word, _NOTHING))


def _misfits(prepared: Prepared) -> dict[str, int]:
    """Language → words with a letter, or a spelling, that it has not."""
    bad = dict.fromkeys(ALPHABETS.get(prepared.script, {}), 0)
    common = _COMMON.get(prepared.script, frozenset())
    for word in prepared.words:
        if not common.issuperset(word):
            for label in frozenset().union(*(_lacking(prepared.script, sign) for sign in word)):
                bad[label] += 1
    if prepared.script == "Cyrl":
        joined = " ".join(prepared.words)
        for label, spelling in FOREIGN_SPELLINGS.items():
            bad[label] += len(spelling.findall(joined))
    return bad


def _missing(prepared: Prepared) -> dict[str, float]:
    """What a language loses whose own letters are nowhere in a text in Cyrillic, by the names left out of it.

    The model knows as much of all that it is shown; that what it is not shown has none of them either it cannot know.
    """
    if prepared.script != "Cyrl":
        return {}
    unseen = sum(map(len, prepared.words)) - sum(map(str.isalpha, prepared.text))
    if unseen <= 0:
        return {}
    signs = frozenset().union(*prepared.words)
    loss = min(_OWN_SHARE * unseen, _MOST_MISSING)
    return {label: loss for label, own in _OWN.items() if own.isdisjoint(signs)}


def misfits_of(prepared: Prepared, label: str) -> int:
    """Words with a letter, or a spelling, that one language has not."""
    alphabet = ALPHABETS.get(prepared.script, {}).get(label)
    if alphabet is None:
        return 0
    bad = sum(
        1
        for word in prepared.words
        if not alphabet.issuperset(word) and not alphabet.issuperset(letter for letter in word if letter.isalpha())
    )
    foreign = FOREIGN_SPELLINGS.get(label) if prepared.script == "Cyrl" else None
    return bad + (len(foreign.findall(" ".join(prepared.words))) if foreign else 0)


@lru_cache(maxsize=2048)
def _lacking(script: str, sign: str) -> frozenset[str]:
    """The languages of a script that have not this letter."""
    if not sign.isalpha():
        return frozenset()
    return frozenset(label for label, alphabet in ALPHABETS.get(script, {}).items() if sign not in alphabet)


_OWN: Final = {
    label: alphabet - ALPHABETS["Cyrl"]["ru"]
    for label, alphabet in ALPHABETS["Cyrl"].items()
    if alphabet - ALPHABETS["Cyrl"]["ru"]
}
_OWN_SHARE: Final = 0.05
"""Such letters are a twentieth of a text in Tajik or Ukrainian, and more of one in the others …"""
_MOST_MISSING: Final = 2.0
"""… but not everybody's keyboard has them."""
_COMMON: Final = {script: frozenset.intersection(*alphabets.values()) for script, alphabets in ALPHABETS.items()}


@cache
def _folded(labels: tuple[str, ...]) -> frozenset[str]:
    return frozenset("sr" if label in SERBIAN else label for label in labels)


def _first(weights: Mapping[str, float]) -> str:
    return min(weights, key=lambda one: (-weights[one], one)) if weights else ""


def _in_one_script(match: re.Match[str]) -> str:
    """A word among Cyrillic ones: Latin words go, signs for the palochka and look-alikes are put right."""
    word = match.group()
    if not _CYRILLIC.search(word):
        return word if word.isdigit() else " "
    palochka = with_palochka(word)
    return in_cyrillic(palochka) if _LATIN.search(palochka) else palochka


def _in_small_letters(text: str) -> str:
    """A text in lower case; of the Turkic I the dotless small letter where the text has letters beside it."""
    if any(sign in text for sign in "İƏĞ"):
        text = text.replace("I", "ı")
    return text.replace("İ", "i").lower()
