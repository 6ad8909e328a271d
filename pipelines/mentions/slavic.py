"""What Russian, Ukrainian and Belarusian share: how a term is built up, and a court's name.

Each language gives its words; the order of the parts ("5 лет колонии общего режима, из них первые 2 года в тюрьме, и \
год
ограничения свободы") is the same in the three.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from pipelines.mentions.common import duration, one_of, tidy_number
from pipelines.mentions.events import Term

_I = re.IGNORECASE
_AMOUNT = r"\d{1,3}(?:[\s.\u00a0]?\d{3}){0,3}(?:[.,]\d{1,2})?"


@dataclass(frozen=True)
class Words:
    """One language's words of punishment: patterns in which a space stands for any white space."""

    numbers: Mapping[str, int]
    """Every form of the numerals from one to thirty."""
    half: str
    """"and a half" behind a number."""
    one_and_half: str
    year: str
    month: str
    day: str
    hour: str
    single: str
    """A unit that stands without a number for one of it ("к году колонии"), with its preposition as look-behind."""
    prison: str
    colony: str
    settlement: str
    regimes: Mapping[str, str]
    """Stem of the adjective to English."""
    regime: str
    """The noun "regime" behind the adjective."""
    first: str
    """What stands before the number of the first years in prison; the word for the prison is `in_prison`."""
    in_prison: str
    joins: str
    kinds: tuple[tuple[str, str], ...]
    suspended: str
    suspended_before: str
    probation: str
    """What announces the period of probation of a suspended term."""
    life: str
    care: str
    fine: str
    money: tuple[tuple[str, str], ...]
    thousand: str
    million: str
    ban: str
    """Before a length of time: a ban on work or sites, which is no term."""
    not_term: str
    """Behind a length of time: an age or a distance in time."""


def terms_of(words: Words) -> Callable[[str, int, int], Iterator[Term]]:
    """The reader of terms in the language of these words."""
    return _Terms(words).terms


class _Terms:
    """The compiled patterns of one language's punishments."""

    def __init__(self, words: Words) -> None:
        tens = [word for word, number in words.numbers.items() if number >= 20]
        ones = [word for word, number in words.numbers.items() if number < 10]
        numeral = (
            rf"(?:(?:{'|'.join(sorted(tens, key=len, reverse=True))})"
            rf"\s(?:{'|'.join(sorted(ones, key=len, reverse=True))})"
            rf"|{'|'.join(sorted(words.numbers, key=len, reverse=True))})(?![^\W\d_])"
        )
        number = rf"(?:\d{{1,3}}(?:[.,]\d{{1,2}})?(?:-?(?:ти|х|ми|м|и))?|{numeral}|{words.one_and_half})"
        unit = rf"(?P<{{0}}>{words.year}|{words.month}|{words.day}|{words.hour})(?![^\W\d_])"
        joins = f"(?:{words.joins})"
        self.words = words
        self.duration = _compiled(
            rf"(?<![\w.,])(?:(?P<n>{number})(?P<half> {words.half})?[\s-]{{1,2}}{unit.format('u')}"
            rf"|(?P<single>{words.single})(?![^\W\d_]))"
            rf"(?:,?\s(?:{joins}\s)?(?P<n2>{number})\s{unit.format('u2')})?"
        )
        regime = "|".join(words.regimes)
        self.colony = _compiled(
            rf"[\s,(]{{0,3}}(?:(?:в|у|ў|во|с|з|із) )?(?:[а-яіїєў]{{4,16}} (?:в|у|ў) )?(?:(?:(?:{regime})"
            rf"[а-яёіїєўґ]{{1,3}} )?(?P<settlement>{words.settlement})|(?P<place>{words.colony}))"
            rf"(?:(?: (?:ва?|у|ў) (?:[уў]мовах|условиях))? (?P<regime>{regime})"
            rf"[а-яёіїєўґ]{{1,3}} {words.regime})?(?![^\W\d_])"
        )
        self.regime = _compiled(
            rf"[\s,]{{0,3}}(?:(?:ва?|у|ў) (?:(?:[уў]мовах|условиях) )?)?(?P<regime>{regime})"
            rf"[а-яёіїєўґ]{{1,3}} {words.regime}(?![^\W\d_])"
        )
        self.first = _compiled(
            rf"[\s,(]{{0,3}}(?:{words.first})\s(?:(?P<n>{number}) )?(?P<u>{words.year}|{words.month})"
            rf"(?![^\W\d_])[^.;]{{0,40}}?{words.in_prison}(?![^\W\d_])\)?"
        )
        self.kinds = [(_compiled(rf"[\s,]{{0,2}}(?:{pattern})(?![^\W\d_])"), name) for pattern, name in words.kinds]
        self.prison = _compiled(rf"[\s,]{{0,2}}(?:{words.prison})(?![^\W\d_])")
        self.suspended = _compiled(rf"[\s,(]{{0,2}}(?:{words.suspended})(?![^\W\d_])\)?")
        self.suspended_before = _compiled(rf"(?:{words.suspended_before})\s(?:{joins} )?[^\W\d_]{{0,3}}\s?$")
        self.probation = _compiled(rf"[\s,(]{{0,3}}(?:{words.probation})[\s-]{{1,3}}(?:(?:в|у|ў|на) )?")
        self.joined = _compiled(rf"[\s,]{{0,2}}(?:{joins}|с последующим|плюс)\s(?:(?:к|до|ещё|еще|ще|яшчэ|на|в|у) )?")
        self.alone = _compiled(
            rf"(?<!\w)(?:(?P<life>{words.life})|(?P<care>{words.care})"
            rf"|(?P<fine>(?:{words.fine})[\s,]{{1,2}}(?:(?!по |па |за |ст)"
            rf"[^\W\d_]{{1,8}} ){{0,2}}(?P<amount>{_AMOUNT})\s?(?P<scale>{words.thousand}"
            rf"|{words.million})?\s?(?P<money>{one_of(p for p, _ in words.money)})?))"
        )
        self.ban = _compiled(rf"(?:{words.ban})[^.;]{{0,90}}$")
        self.not_term = _compiled(rf"[\s-]{{0,2}}(?:{words.not_term})(?![^\W\d_])")
        self.digits = _compiled(
            rf"{words.year}|{words.month}|{words.day}|{words.hour}|{words.life}|{words.care}|{words.fine}"
            rf"|{words.single}"
        )

    def terms(self, text: str, start: int, end: int) -> Iterator[Term]:
        """The punishments in that part of the text, each with what belongs to it."""
        at = start
        while at < end and self.digits.search(text, at, end):
            length, alone = self.duration.search(text, at, end), self.alone.search(text, at, end)
            if alone is not None and (length is None or alone.start() < length.start()):
                if not _too_small(alone):
                    yield Term(alone.start(), alone.end(), self._without_length(alone), plain=False)
                at = alone.end()
                continue
            if length is None:
                return
            at = length.end()
            if self.not_term.match(text, at, end) or self.ban.search(
                text[max(start, length.start() - 110) : length.start()]
            ):
                continue
            term = self._whole(text, length, start, end)
            yield term
            at = term.end

    def _number(self, written: str) -> str:
        """The number that a numeral says."""
        lowered = written.lower()
        if lowered[0].isdigit():
            return tidy_number(re.match(r"[\d.,]+", lowered).group().rstrip(".,"))  # type: ignore[union-attr]
        words = self.words.numbers
        if lowered in words:
            return str(words[lowered])
        parts = lowered.split()
        if all(part in words for part in parts):
            return str(sum(words[part] for part in parts))
        return "1.5"

    def _unit(self, written: str) -> str:
        """The English unit."""
        for unit in ("year", "month", "day", "hour"):
            if re.fullmatch(_spaced(getattr(self.words, unit)), written, _I):
                return unit
        return "year"

    def _length(self, match: re.Match[str]) -> str:
        """The length of time in its normal form."""
        if match["single"]:
            parts = (
                [("6", "month")]
                if match["single"].lower().startswith(("пол", "пів", "паўг"))
                else [("1", self._unit(match["single"]))]
            )
        else:
            number = self._number(match["n"])
            parts = [(f"{number}.5" if match["half"] and "." not in number else number, self._unit(match["u"]))]
        if match["n2"] and self._unit(match["u2"]) in {"month", "day"}:
            parts.append((self._number(match["n2"]), self._unit(match["u2"])))
        return duration(parts)

    def _without_length(self, match: re.Match[str]) -> str:
        """A punishment that is no length of time."""
        if match["life"]:
            return "life"
        if match["care"]:
            return "compulsory medical treatment"
        amount = re.sub(r"[\s\u00a0]", "", match["amount"])
        scale = match["scale"] or ""
        factor = 1 if not scale else (1_000_000 if re.fullmatch(_spaced(self.words.million), scale, _I) else 1_000)
        if re.search(r"[.,]\d{1,2}$", amount):
            number = f"{round(float(amount.replace(',', '.')) * factor):,}"
        else:
            number = f"{int(re.sub('[.,]', '', amount)) * factor:,}"
        money = next(
            (
                name
                for pattern, name in self.words.money
                if match["money"] and re.fullmatch(pattern, match["money"], _I)
            ),
            "",
        )
        return f"fine {number} {money}".strip()

    def _whole(self, text: str, length: re.Match[str], start: int, end: int) -> Term:
        """The term that begins with this length of time."""
        parts, at, plain = [self._length(length)], length.end(), True
        if (kind := self._kind(text, at, end)) is not None:
            parts[0], at, plain = f"{parts[0]} {kind[0]}", kind[1], False
        elif self.suspended_before.search(text, max(start, length.start() - 40), length.start()):
            parts[0], plain = f"{parts[0]} suspended", False
        while (more := self._more(text, at, end)) is not None and len(parts) < 8:
            added, at = more
            plain = False
            if added == "suspended":
                parts[0] = f"{parts[0]} suspended" if "suspended" not in parts[0] else parts[0]
            elif added and added not in parts:
                parts.append(added)
        return Term(length.start(), at, ", ".join(parts), plain)

    def _kind(self, text: str, at: int, end: int) -> tuple[str, int] | None:
        """What kind of punishment the length of time is of, where it is not prison."""
        for pattern, name in self.kinds:
            if found := pattern.match(text, at, end):
                return name, found.end()
        return None

    def _more(self, text: str, at: int, end: int) -> tuple[str, int] | None:
        """The next part of the term and where it ends."""
        if found := self.suspended.match(text, at, end):
            return "suspended", found.end()
        if found := self.first.match(text, at, end):
            number = self._number(found["n"]) if found["n"] else "1"
            return f"first {duration([(number, self._unit(found['u']))])} in prison", found.end()
        if found := self.colony.match(text, at, end):
            return self._house(found), found.end()
        if found := self.regime.match(text, at, end):
            return f"{self._regime(found['regime'])} regime penal colony", found.end()
        if found := self.prison.match(text, at, end):
            return "", found.end()
        if (found := self.probation.match(text, at, end)) and (length := self.duration.match(text, found.end(), end)):
            return f"{self._length(length)} probation", length.end()
        if joined := self.joined.match(text, at, end):
            if (length := self.duration.match(text, joined.end(), end)) and (
                kind := self._kind(text, length.end(), end)
            ):
                return f"{self._length(length)} {kind[0]}", kind[1]
            if alone := self.alone.match(text, joined.end(), end):
                return self._without_length(alone), alone.end()
        return None

    def _regime(self, stem: str) -> str:
        """The English word of a regime."""
        lowered = stem.lower()
        return next(name for pattern, name in self.words.regimes.items() if re.fullmatch(pattern, lowered))

    def _house(self, match: re.Match[str]) -> str:
        """Where a term is served."""
        place = "penal settlement" if match["settlement"] else "penal colony"
        return f"{self._regime(match['regime'])} regime {place}" if match["regime"] else place


def _too_small(match: re.Match[str]) -> bool:
    """Whether a number behind "fine" is no sum of money: neither its money is named nor is it a large one."""
    return match["fine"] is not None and not match["money"] and not match["scale"] and len(match["amount"]) < 4


def _spaced(pattern: str) -> str:
    """The pattern with its spaces standing for any short white space."""
    return pattern.replace(" ", r"\s{1,3}")


def _compiled(pattern: str) -> re.Pattern[str]:
    """The pattern compiled, without regard to case."""
    return re.compile(_spaced(pattern), _I)


# Adjectives of courts whose nominative is sure. Names of places in -ский keep their ending but for these, in -ской.
_PLAIN = {
    "районн": "районный", "городск": "городской", "областн": "областной", "краев": "краевой", "верховн": "верховный",
    "военн": "военный", "гарнизонн": "гарнизонный", "окружн": "окружной", "миров": "мировой", "тверск": "тверской",
    "донск": "донской", "заводск": "заводской", "центральн": "центральный", "западн": "западный", "южн": "южный",
    "северн": "северный", "восточн": "восточный", "железнодорожн": "железнодорожный", "промышленн": "промышленный",
    "басманн": "басманный", "кассационн": "кассационный", "апелляционн": "апелляционный",
}  # fmt: skip
_OBLIQUE = re.compile(r"(?:ым|им|ого|его|ому|ему|ом|ем)$")


def court_in_russian(cited: str) -> str:
    """The court's name in the nominative where each of its adjectives has a sure one, else as it is cited."""
    words = " ".join(cited.split())
    head = re.match(r"(?P<adjectives>.*?)\bсуд(?P<ending>ом|ами|а|у|е)?(?P<rest>(?!\w).*)$", words)
    if head is None or head["ending"] is None:
        return words
    adjectives = [_nominative(word) for word in head["adjectives"].split()]
    if any(word is None for word in adjectives):
        return words
    return " ".join([*(word for word in adjectives if word), "суд"]) + head["rest"]


def _nominative(word: str) -> str | None:
    """The adjective's nominative; None where it is not sure."""
    if re.fullmatch(r"\d+-(?:й|м|го|му|ый|ым|ом)", word):
        return re.sub(r"-.*", "-й", word)
    stem = _OBLIQUE.sub("", word)
    if stem == word:
        return word if word.endswith(("ий", "ый", "ой")) else None
    for part in (stem, stem.rsplit("-", 1)[-1]):
        if part.lower() in _PLAIN:
            whole = stem[: len(stem) - len(part)] + _PLAIN[part.lower()]
            return whole[0].upper() + whole[1:] if word[0].isupper() else whole
    return f"{stem}ий" if stem.lower().endswith("ск") else None
