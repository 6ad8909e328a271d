"""The engine that reads one language's sentences: events, their dates and persons, terms, courts and places.

What differs between languages is in a `Tongue`; what a statement is, and what is none, is here. A sentence is looked at
clause by clause: an event counts when its verb says that it happened. Questions, wishes, conditions, demands, possible
terms and counts of people are none.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from pipelines.mentions.common import Mention, sentences, tidy_number
from pipelines.mentions.dates import Dated, dates, mentions_day


@dataclass(frozen=True, slots=True)
class Term:
    """A punishment where the text has it, in its normal form."""

    start: int
    end: int
    value: str
    plain: bool
    """Whether it is a length of time and nothing else: that alone is no sentence ("for five years he worked")."""


_NEW = re.compile(r"\b(?:19[6-9]|20)\d\d\b|\bborn\b|\bb\.|родил|рожд|г\.\s?р|народ|нарадз|нарадж", re.IGNORECASE)
"""What makes a year of that time no history: a birth, or a year of ours beside it."""
_AFTERWARDS = re.compile(
    (
        r";|,\s(?:and|but|а|но|але|ды)\s|(?<!\w)(?:later|через|спустя|позже|позднее|затем|потом|пізніше|згодом|потім"
        r"|пазней|потым|праз)(?!\w)"
    ),
    re.IGNORECASE,
)
"""Between a date and a verb: the verb tells of another day."""
_BORN_BEFORE = re.compile(
    r"\b(?:born|b\.|birth|роди\w{2,6}|рожд\w{0,8}|род\.|народи\w{2,6}|народж\w{2,6}|нарадз\w{2,6}|нарадж\w{2,6})"
    r"(?:\s(?:on|in|в|у|ў))?[\s:(—–-]{0,3}$",
    re.IGNORECASE,
)
_BORN_BEHIND = re.compile(
    r"[\s(]{0,2}(?:(?:г(?:од[ау]?|\.)?|р(?:оку|\.)?)\s?)?(?:р\.|р(?=[,;)\s]|$)|рожд|народж|нарадж|н\.)", re.IGNORECASE
)
_RANGE = re.compile(
    r"(?:between|from|от|від|ад)?\s?(?P<low>\d{1,2}|[^\W\d_]{2,12})\s(?:and|to|до|да)\s$", re.IGNORECASE
)
_FIRST_YEARS = re.compile(r"\b(?:first|первы[ех]|перші|перших|першыя|першых)\s$", re.IGNORECASE)
_RESPECTIVELY = re.compile(r"\b(?:respectively|соответственно|відповідно|адпаведна)\b", re.IGNORECASE)
_NAME_BETWEEN = re.compile(
    r"(?<![\w.])[A-ZА-ЯЁІЇЄЎҐ][^\W\d_]*[a-zа-яёіїєўґ](?:[\s’'-]{1,2}[A-ZА-ЯЁІЇЄЎҐ][^\W\d_]{0,30}){1,3}"
)
"""Capitalised words behind the first term of a verb: whose the next term is, if that is a person."""
_BARE_NUMBER = re.compile(
    (
        r"(?<![\w.,])(?P<n>\d{1,2}(?:[.,]\d)?|[^\W\d_’']{2,15}(?:[’'][^\W\d_]{1,8})?)(?:,\s|,?\s(?:and|и|і|й|та|ды)"
        r"\s(?:(?:к|до|да|на)\s)?)$"
    ),
    re.IGNORECASE,
)
_AND = re.compile(r"(?<!\w)(?:and|и|і|й|та|ды)\s+$")
_PLURAL = re.compile(r"(?<!\w)(?:were|have|были|були|былі)(?!\w)|(?:ны|ені|ані|ыя)$", re.IGNORECASE)
_THE_COURT = re.compile(
    r"(?:(?:the|a|an|this|that)\s)?(?:(?:same|local|appeals?|higher|lower|first|trial|regional|city|district"
    r"|russian)\s)?court"
    r"|(?:(?:росс?ийск|російськ|расійск|белорусск|беларуск|местн|місцев|мясцов|апелляционн|апеляційн|апеляцыйн"
    r"|кассационн|касаційн"
    r"|ок+упационн|окупаційн|акупацыйн)[а-яіїў]{2,3}\s)?суд[а-яіў]{0,2}(?:\s(?:Крыма|Криму))?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Tongue:
    """What one language says of case events. Patterns are compiled, ignore case unless said, and are bounded."""

    language: str
    stems: tuple[str, ...]
    """In lower case: without one of them a sentence has no event and no term, so that the dear patterns are spared."""
    events: re.Pattern[str]
    """One group for each event: sentenced, convicted, detained, remanded, house, charged, prosecuted, wanted, trial,
    released, exchanged, died, acquitted, reduced; what is not named so says nothing."""
    unreal: re.Pattern[str]
    """Before the verb in its clause: conditions, wishes, demands, negations, possibilities."""
    opening: re.Pattern[str]
    """A sentence that opens so tells nothing that has happened."""
    many: re.Pattern[str]
    """Before the verb in its clause: people in general, counts, kin."""
    breaks: re.Pattern[str]
    """Words after the verb behind which a date is no longer the verb's: "for", "who", "because"."""
    relative: re.Pattern[str]
    """Words between a date and a verb that make the verb another's: "who", "which"."""
    faces: re.Pattern[str]
    """A possible term is announced."""
    terms: Callable[[str, int, int], Iterator[Term]]
    """The punishments in a part of the text."""
    giving: re.Pattern[str]
    """Words other than the verb of sentencing that make a term a sentence: "received", "is serving"."""
    clause: re.Pattern[str]
    """Where a new clause begins inside a sentence."""
    court: re.Pattern[str]
    absent: re.Pattern[str]
    """In absentia."""
    subject: re.Pattern[str]
    """Before the verb: the name that is its subject (group `person`)."""
    object: re.Pattern[str]
    """Behind the verb: the name that is its object (group `person`)."""
    no_court: re.Pattern[str] = _THE_COURT
    """A court that is not told from others: "the court"."""
    named: frozenset[str] = frozenset()
    """Events that befall things too, so that a person must be named beside the verb: a film is released."""
    numbers: Mapping[str, int] = field(default_factory=dict)
    """Numerals of the language."""
    court_name: Callable[[str], str] = str
    """The court's name in its normal form."""
    label: re.Pattern[str] | None = None
    """A label right before a term: "Term:"."""
    arrest: re.Pattern[str] | None = None
    """A verb of arrest that is a punishment when a number of days follows."""
    reversed: re.Pattern[str] | None = None
    """Before a term that stands before its verb ("К пяти годам колонии приговорили ...")."""


STAGES = {
    "sentenced": "sentenced",
    "convicted": "convicted",
    "detained": "detained",
    "remanded": "remanded in custody",
    "house": "house arrest",
    "charged": "charged",
    "prosecuted": "prosecuted",
    "wanted": "wanted",
    "trial": "on trial",
    "released": "released",
    "exchanged": "exchanged",
    "died": "died",
    "acquitted": "acquitted",
}
_DATED = {
    "sentenced": "verdict_date",
    "convicted": "verdict_date",
    "detained": "detained",
    "remanded": "remanded",
    "prosecuted": "prosecuted",
    "verdict": "verdict_date",
    "fined": "verdict_date",
}
_JUDGED = {"verdict", "fined", "sentenced", "convicted", "remanded", "house", "acquitted"}
_LEAD = 150
"""Characters between a date before the verb and the verb."""
_TRAIL = 70
"""Characters between the verb and a date behind it."""
_BEFORE = 300
"""Characters before a verb that are looked at for what makes it unreal."""
MOST = 24
"""Verbs, terms and dates of one sentence that are looked at: what has more is no sentence."""
_REACH = 160
"""Characters between the verb of sentencing and the term."""
_OLD = re.compile(r"\b1[89][0-4]\d\b|\b195[0-3]\b")
"""Years of other regimes' terror: a sentence of that time is history on a page about a case of ours."""


@dataclass(frozen=True, slots=True)
class _Event:
    kind: str
    start: int
    end: int
    clause: int
    person: tuple[int, int] | None


def events(text: str, lowered: str, tongue: Tongue) -> Iterator[Mention]:
    """Every stage, date, term and court that the text states; `lowered` is the text in lower case."""
    if not any(stem in lowered for stem in tongue.stems):
        return
    for start, end in sentences(text):
        sentence = text[start:end]
        small = sentence.lower()
        if any(stem in small for stem in tongue.stems) and not sentence.rstrip().endswith("?"):
            yield from _sentence(text, start, end, tongue)


def _sentence(text: str, start: int, end: int, tongue: Tongue) -> Iterator[Mention]:
    """The mentions of one sentence."""
    clauses = [start, *(cut.end() for cut in tongue.clause.finditer(text, start, end))]
    said = list(islice(_events(text, start, end, clauses, tongue), MOST))
    terms = list(islice(_terms(text, start, end, said, tongue), MOST))
    if terms:
        yield from _faces(text, start, end, terms, tongue)
        yield from _sentences(text, start, said, terms, clauses, tongue)
    if not said:
        return
    days = [day for day in islice(dates(text, tongue.language, start, end), MOST) if not _birth(text, day)]
    for event in said:
        if event.kind in STAGES:
            yield Mention("stage", STAGES[event.kind], event.start, event.end, event.kind, event.person)
        yield from _dates(text, start, event, said, days, terms, tongue)
    if any(event.kind in {"sentenced", "remanded", "detained"} for event in said) and (
        absent := tongue.absent.search(text, start, end)
    ):
        yield Mention("stage", "in absentia", absent.start(), absent.end(), "absent", said[0].person)
    if any(event.kind in _JUDGED for event in said):
        yield from _courts(text, start, end, tongue)


def _birth(text: str, day: Dated) -> bool:
    """Whether the date is someone's birth."""
    return bool(_BORN_BEFORE.search(text[max(0, day.start - 25) : day.start]) or _BORN_BEHIND.match(text, day.end))


def _terms(text: str, start: int, end: int, said: list[_Event], tongue: Tongue) -> Iterator[Term]:
    """The punishments of a sentence that has a word of punishing."""
    if any(event.kind in {"sentenced", "reduced"} for event in said) or any(
        pattern.search(text, start, end) for pattern in (tongue.giving, tongue.faces)
    ):
        return tongue.terms(text, start, end)
    return iter(())


def _events(text: str, start: int, end: int, clauses: list[int], tongue: Tongue) -> Iterator[_Event]:
    """The events that the sentence says have happened."""
    if (_OLD.search(text, start, end) and not _NEW.search(text, start, end)) or tongue.opening.match(text, start, end):
        return
    for match in tongue.events.finditer(text, start, end):
        clause = _clause(clauses, match.start())
        before = text[clause : match.start()]
        if tongue.unreal.search(f"{before}{match.group()}"):
            continue
        person = _person(text, clause, match, end, tongue)
        if _of_many(text, clause, match.start(), person, tongue):
            continue
        if match.lastgroup in tongue.named and person is None and not tongue.relative.search(before):
            continue
        yield _Event(match.lastgroup or "", match.start(), match.end(), clause, person)


def _of_many(text: str, clause: int, end: int, person: tuple[int, int] | None, tongue: Tongue) -> bool:
    """Whether the verb is of people in general or of kin; not where that word introduces the verb's own full name."""
    for match in tongue.many.finditer(text[clause:end]):
        own = person is not None and clause < person[0] and " " in text[person[0] : person[1]].strip()
        if not own or person is None or text[clause + match.end() : person[0]].strip():
            return True
    return False


def _clause(clauses: list[int], at: int) -> int:
    """Where the clause begins that the place is in, or the last words before it that are looked at."""
    return max(clauses[bisect_right(clauses, at) - 1], at - _BEFORE)


def _person(text: str, clause: int, match: re.Match[str], end: int, tongue: Tongue) -> tuple[int, int] | None:
    """The name that the verb's own pattern gives: its object, else its subject."""
    if found := tongue.object.match(text, match.end(), end):
        return found.span("person")
    if found := tongue.subject.search(text[clause : match.start()]):
        if _PLURAL.search(text[clause + found.end("person") : match.end()]) and _AND.search(
            text[max(0, clause - 6) : clause]
        ):
            return None  # the second of two: the verb is about both
        return clause + found.start("person"), clause + found.end("person")
    return None


def _dates(
    text: str,
    start: int,
    event: _Event,
    said: list[_Event],
    days: list[Dated],
    terms: list[Term],
    tongue: Tongue,
) -> Iterator[Mention]:
    """The date of the event, where the sentence ties it to this verb."""
    name = _DATED.get(event.kind)
    if name is None:
        return
    beside = [day for day in days if 0 <= day.start - event.end <= 2]
    # a date that touches the verb is the verb's; else one before it goes before one behind it: "on 5 May he was held
    # and in June let go"
    near = [day for day in days if _ahead(text, start, event, day, said, tongue)][-1:]
    near += [day for day in days if _behind(text, event, day, said, tongue)][:1]
    if event.kind == "sentenced":
        near += [day for day in days if _behind_term(event, day, terms)][:1]
    for day in (beside or near)[:1]:
        yield Mention(name, day.value, day.start, day.end, event.kind, event.person)


def _behind(text: str, event: _Event, day: Dated, said: list[_Event], tongue: Tongue) -> bool:
    """Whether the date stands right behind the verb."""
    if not event.end <= day.start <= event.end + _TRAIL:
        return False
    between = text[event.end : day.start]
    if tongue.clause.search(between):
        return False
    return not tongue.breaks.search(between) and not any(event.end <= other.start < day.start for other in said)


def _behind_term(event: _Event, day: Dated, terms: list[Term]) -> bool:
    """Whether the date stands right behind the term that the verb gave."""
    return any(0 <= day.start - term.end <= 3 and 0 <= term.start - event.end <= _REACH for term in terms)


def _ahead(text: str, start: int, event: _Event, day: Dated, said: list[_Event], tongue: Tongue) -> bool:
    """Whether the date opens the verb's clause, and no other verb took it."""
    if not day.end <= event.start <= day.end + _LEAD:
        return False
    # a date belongs to the verb that it stands with, not to a second one that is coordinated with it
    if any(
        day.end <= other.start < event.start or (other.end <= day.start and _behind(text, other, day, said, tongue))
        for other in said
    ):
        return False
    if not _opens(text[start : day.start].rstrip(), tongue):
        return False
    between = text[day.end : event.start]
    if mentions_day(text, tongue.language, day.end, event.start):
        return False
    return not _AFTERWARDS.search(between) and not tongue.relative.search(between)


def _opens(words: str, tongue: Tongue) -> bool:
    """Whether a date behind these words opens its clause still: they are few, or the court that judged."""
    if not words or words[-1] in ',;:(—–-"«“' or re.search(r"(?:^|[,;])\W*(?:[^\W\d_]+\s+){0,3}[^\W\d_]+$", words):
        return True
    last = re.split(r"[,;]", words)[-1]
    return len(last.split()) <= 10 and tongue.court.search(last) is not None


def _sentences(
    text: str, start: int, said: list[_Event], terms: list[Term], clauses: list[int], tongue: Tongue
) -> Iterator[Mention]:
    """The terms that someone was given."""
    for term in terms:
        if (inside := next((event for event in said if event.start < term.start < event.end), None)) is not None:
            if inside.kind == "reduced" and re.search(r"\b(?:from|с|со|з|із)\s$", text[inside.start : term.start]):
                yield Mention("sentence", term.value, inside.start, term.end, "sentenced", inside.person)
            continue
        if term is not terms[0] and (term.value.endswith("probation") or _FIRST_YEARS.search(text[start : term.start])):
            continue  # the trial period of the term before it, or its part in prison
        cause = next(
            (
                event
                for event in reversed(said)
                if event.kind in {"sentenced", "reduced"}
                and event.end <= term.start + 1
                and term.start - event.end <= _REACH
            ),
            None,
        )
        if cause is not None and cause.kind == "sentenced" and _given_anew(text, cause.end, term, terms, tongue):
            cause = None  # "X, sentenced to 7 years, and Y, who received 8"
        if cause is None and (cause := _verb_behind(text, start, term, said, tongue)) is not None:
            yield Mention("sentence", term.value, term.start, cause.end, cause.kind, cause.person)
            continue
        if cause is not None:
            between = text[cause.end : term.start]
            if not tongue.unreal.search(between) and not tongue.faces.search(between):
                value = term.value
                if term.plain and tongue.arrest and tongue.arrest.match(text, cause.start):
                    value = f"{value} arrest"
                person = _next_name(text, cause, terms, term) or cause.person
                for each in (*_respectively(text, start, cause.end, term, tongue), value):
                    yield Mention("sentence", each, cause.start, term.end, cause.kind, person)
            continue
        if tongue.label and (label := tongue.label.search(text, start, term.start)):
            yield Mention("sentence", term.value, label.start(), term.end, "label", None)
            continue
        yield from _given(text, _clause(clauses, _listed(text, start, term, tongue)), term, tongue)


def _given_anew(text: str, start: int, term: Term, terms: list[Term], tongue: Tongue) -> bool:
    """Whether a word of giving stands between the term before, which was the verb's, and this one."""
    last = max((other.end for other in terms if start <= other.start < term.start), default=None)
    if last is None:
        return False
    return any(found["noun"] is None for found in tongue.giving.finditer(text, last, term.start))


def _listed(text: str, start: int, term: Term, tongue: Tongue) -> int:
    """Where the term begins, its own label ("the term — two years"), or the list of numbers that it ends.

    Neither the label's dash nor the list's "and" begins a clause.
    """
    at = term.start
    for label in tongue.giving.finditer(text, max(start, at - 50), at):
        if label["noun"] and at - label.end() <= 1:
            return label.start()
    if _RESPECTIVELY.search(text, term.start, term.end + 120):
        while match := _BARE_NUMBER.search(text[max(start, at - 25) : at]):
            at -= len(match.group())
    return at


def _next_name(text: str, cause: _Event, terms: list[Term], term: Term) -> tuple[int, int] | None:
    """The name between the term before and this one: "sentenced X to 5 years, Y to 7", where the verb's own is X."""
    before = max((other.end for other in terms if cause.end <= other.start < term.start), default=None)
    found = _NAME_BETWEEN.search(text, before, term.start) if before is not None else None
    return found.span() if found else None


def _respectively(text: str, start: int, first: int, term: Term, tongue: Tongue) -> list[str]:
    """The terms of several people whose unit is said once: "to 12 and 14 years respectively"."""
    if not _RESPECTIVELY.search(text, term.start, term.end + 120):
        return []
    found: list[str] = []
    at = term.start
    while len(found) < MOST and (match := _BARE_NUMBER.search(text[max(start, first, at - 25) : at])):
        word = match["n"].lower()
        number = tidy_number(word) if word[0].isdigit() else str(tongue.numbers.get(word, ""))
        if not number:
            break
        found.insert(0, re.sub(r"\d+(?:\.\d+)?", number, term.value, count=1))
        at -= len(match.group())
    return found


def _verb_behind(text: str, start: int, term: Term, said: list[_Event], tongue: Tongue) -> _Event | None:
    """The verb of sentencing behind a term that opens the clause."""
    if tongue.reversed is None or not tongue.reversed.search(text[start : term.start]):
        return None
    near = (event for event in said if event.kind == "sentenced" and 0 < event.start - term.end <= 60)
    return next(near, None)


def _given(text: str, clause: int, term: Term, tongue: Tongue) -> Iterator[Mention]:
    """A term that words other than the verb of sentencing make one: "is serving", "received", "Term:"."""
    window = max(clause, term.start - 60)
    given = None
    for found in tongue.giving.finditer(text, window, term.end):
        given = found
    if given is None or (term.plain and given.start() > term.start and given["noun"] is None):
        return
    gap = text[given.end() : term.start]
    if tongue.breaks.search(gap) or tongue.relative.search(gap) or term.value.endswith("probation"):
        return  # the word of giving is another thing's: "a prison term for what he told"
    before = text[clause : term.start]
    if tongue.unreal.search(before) or tongue.many.search(before) or tongue.faces.search(before) or _OLD.search(before):
        return
    first, last = min(given.start(), term.start), max(term.end, given.end())
    for each in (*_respectively(text, clause, given.end(), term, tongue), term.value):
        yield Mention("sentence", each, first, last, "given", None)


def _faces(text: str, start: int, end: int, terms: list[Term], tongue: Tongue) -> Iterator[Mention]:
    """The terms that someone may yet be given."""
    for match in tongue.faces.finditer(text, start, end):
        near = next((term for term in terms if 0 <= term.start - match.end() <= 40), None)
        if near is not None and not tongue.many.search(text[start : match.start()]):
            words = match["limit"] if "limit" in match.re.groupindex else None
            limit = "up to " if words else ""
            if (low := _RANGE.search(text[match.start() : near.start])) and (least := _least(low["low"], tongue)):
                limit = f"{least} to "
            yield Mention("faces", f"{limit}{near.value}", match.start(), near.end, "faces", None)


def _least(word: str, tongue: Tongue) -> str:
    """The lower end of a range; nothing where the word is no number."""
    return tidy_number(word) if word.isdecimal() else str(tongue.numbers.get(word.lower(), ""))


def _courts(text: str, start: int, end: int, tongue: Tongue) -> Iterator[Mention]:
    """The court that judged."""
    for match in tongue.court.finditer(text, start, end):
        if tongue.no_court.fullmatch(match["court"]):
            continue
        value = tongue.court_name(re.sub(r"^the\s+", "", " ".join(match["court"].split()), flags=re.IGNORECASE))
        if "of_place" in match.re.groupindex and match["of_place"]:
            value = f"{value}, {match['of_place']}"
        yield Mention("court", value, match.start(), match.end(), "court", None)
        return
