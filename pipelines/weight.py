"""How much a change weighs, 0 to 1, and why: an explicit model, of which every number stands in this file.

Each reported edit gives off signals (`SIGNALS`): a fact of the case that became another, a term, a name, a negation, a
number, words of death or release, an entry of a list that is gone. What stands beside the main text counts for half.
Of each signal the strongest one counts, once, and is a reason. A reason has a value; the whole weight is

    heaviest + (1 - heaviest) · min(0.2, 0.1 · (sum of the other values))

so that one thing decides, many small ones never outweigh a great one, and another edit never makes a change weigh less.
`combine` is this formula, and gives for the reasons of a change the weight that is stored with it.

Languages: English, Russian, Ukrainian, Belarusian. Words are matched in lower case with ё as е, for matching alone;
й and и, і and и stay different letters.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

from pipelines.edits import Edit, Reason
from pipelines.name_stems import may_be
from pipelines.names import skeleton
from pipelines.names_words import NO_NAME_CYRILLIC, NO_NAME_LATIN
from pipelines.people import Name, names_in
from pipelines.reading import Reading


@dataclass(frozen=True, slots=True)
class Signal:
    """What an edit may tell, and how much that weighs by itself."""

    value: float
    words: str
    """For people."""


SIGNALS: Final[Mapping[str, Signal]] = {
    # lists
    "list-gone": Signal(0.98, "a name is gone from a list"),
    "list-entry-gone": Signal(0.9, "an entry that names nobody is gone from a list"),
    "list-unseen": Signal(0.6, "a name was not seen on those pages of a list that were fetched"),
    "list-new": Signal(0.7, "an entry came to a list"),
    "list-edit": Signal(0.6, "an entry of a list says something else"),
    "list-struck": Signal(0.97, "a name in a list was struck out"),
    "list-unstruck": Signal(0.7, "a name in a list is struck out no longer"),
    # facts of the case
    "fact-died": Signal(0.97, "fact: died"),
    "fact-freed": Signal(0.96, "fact: released, exchanged, acquitted"),
    "fact-sentenced": Signal(0.95, "fact: sentenced, convicted"),
    "fact-stage": Signal(0.9, "fact: another stage of the case"),
    "fact-sentence": Signal(0.94, "fact: the sentence"),
    "fact-faces": Signal(0.8, "fact: the term that somebody may get"),
    "fact-article": Signal(0.85, "fact: the article of the code"),
    "fact-place": Signal(0.8, "fact: the place of detention"),
    "fact-address": Signal(0.75, "fact: the address for letters"),
    "fact-name": Signal(0.75, "fact: the name"),
    "fact-date": Signal(0.7, "fact: a date of the case"),
    "fact-court": Signal(0.65, "fact: the court"),
    "fact-birth": Signal(0.6, "fact: the birth"),
    "fact-other": Signal(0.5, "another fact"),
    # words of the text
    "term": Signal(0.9, "a term, age or span of time became another"),
    "died": Signal(0.92, "words of a death came or went"),
    "freed": Signal(0.9, "words of a release, exchange, pardon, acquittal came or went"),
    "sentenced": Signal(0.85, "words of a sentence came or went"),
    "custody": Signal(0.8, "words of arrest, detention, search, wanted came or went"),
    "harm": Signal(0.8, "words of torture, hunger strike, illness, punishment cell came or went"),
    "negation": Signal(0.85, "a negation came or went"),
    "name-gone": Signal(0.85, "a person's name is gone, or became another"),
    "name-new": Signal(0.75, "a person's name came"),
    "number": Signal(0.7, "a number became another"),
    "proper-name": Signal(0.6, "a word with a capital, such as a place or a surname, became another"),
    "text": Signal(0.35, "words of a block"),
    "added": Signal(0.5, "a whole block came"),
    "removed": Signal(0.6, "a whole block is gone"),
    "struck": Signal(0.6, "words were struck out"),
    "unstruck": Signal(0.5, "words are struck out no longer"),
    "move": Signal(0.1, "a block stands elsewhere"),
    # what the page states of itself
    "title": Signal(0.4, "the title"),
    "published": Signal(0.45, "the date of publication"),
    "translation": Signal(0.45, "a version in another language"),
    "authors": Signal(0.3, "the authors"),
    "payload": Signal(0.3, "octets that no text was read from"),
    "uncompared": Signal(0.5, "what changed could not be told"),
    "meta": Signal(0.15, "something else that the page states of itself"),
    # no words
    "document": Signal(0.55, "a link to a document"),
    "link": Signal(0.2, "where a link leads"),
    "picture": Signal(0.25, "a picture"),
    "structure": Signal(0.05, "headings"),
    # of the whole
    "size": Signal(0.8, "the share of the words of the main text that changed"),
    "template": Signal(0.1, "beside the main text, and the same on many pages of the site"),
}
"""All signals. A value is what it weighs in the main text."""

EVENTS: Final[Mapping[str, Signal]] = {
    "gone": Signal(0.95, "the page is gone"),
    "gone-410": Signal(0.97, "the page is gone, and the server says for good (410)"),
    "replaced": Signal(0.95, "something else stands in the page's place"),
    "soft-404": Signal(0.9, "the server says that all is well, the text that there is no such page"),
    "redirected-home": Signal(0.9, "the address leads to the first page or a list"),
    "blocked-451": Signal(0.8, "withheld for legal reasons (451)"),
    "blocked": Signal(0.7, "somebody keeps us from seeing the page"),
    "unreachable": Signal(0.5, "the server does not answer"),
    "back": Signal(0.5, "the page is back"),
    "moved": Signal(0.4, "the page is at another address"),
}
"""What became of a page: one reason, and its value is the weight."""

SIDE: Final = 0.5
"""What stands beside the main text counts for so much of it."""
BLOCK: Final = 0.8
"""What a whole new or removed block says, counts for so much of the same said by an edit within one."""
FACT_ONE_SIDED: Final = 0.9
"""A fact that came or went, beside one that became another: the words may merely stand elsewhere now."""
REST: Final = 0.2
"""Of what is missing to 1, the other reasons make up so much at most …"""
REST_SHARE: Final = 0.1
"""… and each of them so much of its value."""
LONGEST: Final = 2_000
"""Characters of one text that are looked through."""

NEGATIONS: Final[Mapping[str, str]] = {
    "en": "not no never neither nor without cannot none nobody nothing nowhere",
    "ru": "не ни нет без никогда никто никого никому никем ничего ничто ничем нигде нельзя никакой никаких",
    "uk": "не ні немає нема без ніколи ніхто нікого нікому ніким нічого ніщо нічим ніде неможливо жодного жодної",
    "be": "не ня ні няма без бяз ніколі ніхто нікога нікому нікім нічога нішто нічым нідзе нельга",
}
"""Words that turn a sentence into its contrary, by language; besides n't, and a word that begins with не or un."""

STEMS: Final[Mapping[str, Mapping[str, str]]] = {
    "died": {
        "en": "died death deaths dead dies killed suicide deceased murdered",
        "ru": "умер* скончал* погиб* смерт* мертв* убит* убил* самоубий* суицид*",
        "uk": "помер* загин* смерт* мертв* вбит* убит* самогуб*",
        "be": "памер* загін* смерц* забіт* самагуб*",
    },
    "freed": {
        "en": "released release freed exchanged exchange swapped pardoned pardon amnestied acquitted acquittal paroled",
        "ru": "освобод* освобожд* помилован* помилов* обменян* обмен оправдан* оправдал* амнист* удо",
        "uk": "звільн* помилуван* обмін* обмінян* виправдан* виправдал* амніст*",
        "be": "вызвал* памілава* абмен* апраўда* амніст*",
    },
    "sentenced": {
        "en": "sentenced sentence convicted conviction verdict guilty upheld overturned reduced extended suspended",
        "ru": "приговор* осужд* осудил* виновн* вердикт* условн* смягч* ужесточ*",
        "uk": "вирок* засуд* винн* умовн* присуд*",
        "be": "прысуд* асудж* асудзі* вінават* умоўн*",
    },
    "custody": {
        "en": "arrested arrest detained detention remanded jailed imprisoned wanted searched abducted charged custody",
        "ru": "арест* задерж* розыск* обыск* похищ* обвин* сизо заключен* домашн*",
        "uk": "арешт* заарешт* затрим* розшук* обшук* викраден* викрад* обвинув* сізо увʼязн* ув'язн* ув’язн*",
        "be": "арышт* затрым* вышук* ператрус* выкрад* абвінавач* сіза зняволен* зьнявол*",
    },
    "harm": {
        "en": "tortured torture beaten hunger solitary shizo ill illness hospital hospitalised hospitalized missing",
        "ru": "пытк* пыток пытал* избит* избил* избиен* голодовк* шизо пкт епкт карцер* болен больн* госпитал* пропал*",
        "uk": "катув* побит* побил* голодув* шізо карцер* хвор* госпітал* зник*",
        "be": "катав* збіт* збіл* пабіт* галадоўк* шіза карцар* хвор* шпітал* знік*",
    },
}
"""Words of what becomes of a person, by language; `*` stands for any ending."""

NUMERALS: Final[Mapping[str, str]] = {
    "en": "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
    " eighteen nineteen twenty thirty life half",
    "ru": "один одного одному одной двум два две двух три трем трех четыре четырем четырех пять пяти шесть шести семь"
    " семи восемь восьми девять девяти десять десяти одиннадцат* двенадцат* тринадцат* четырнадцат* пятнадцат*"
    " шестнадцат* семнадцат* восемнадцат* девятнадцат* двадцат* тридцат* пожизненн* полтора полутора",
    "uk": "один одного одному два дві двох двом три трьох трьом чотири чотирьох п'ять п'яти шість шести сім семи вісім"
    " восьми дев'ять дев'яти десять десяти одинадцят* дванадцят* тринадцят* чотирнадцят* п'ятнадцят* двадцят* тридцят*"
    " довічн*",
    "be": "адзін аднаго два дзве двух тры трох чатыры чатырох пяць пяці шэсць шасці сем сямі восем васьмі дзевяць"
    " дзевяці дзесяць дзесяці адзінаццац* дванаццац* трынаццац* пятнаццац* дваццац* трыццац* пажыццёв*",
}
"""Numbers that are written in letters, by language."""

_UNITS: Final = (
    r"(?:years?|months?|days?|weeks?"
    r"|лет|год(?:а|у|ов|ам|ы)?|месяц(?:а|ев|ам|ы)?|сут(?:ок|ки|кам)|дн(?:я|ей|ям|и)|день|недел\w{1,3}"
    r"|рік|рок(?:и|ів|у|ам)|років|місяц\w{1,3}|діб|доб[уи]|днів|дні|тиж\w{2,4}"
    r"|гадоў|гады|месяцаў|месяц[ыа]|сутак|дзён|дзень|тыдн\w{1,3})"
)
_WORD: Final = re.compile(r"[^\W_]+(?:['’ʼ‘.,/:-][^\W_]+)*")
_APOSTROPHES: Final = "’ʼ‘`"
_DOCUMENT: Final = re.compile(r"\.(?:pdf|docx?|odt|rtf|xlsx?|zip|djvu)\b|\bdocument\b", re.IGNORECASE)
_CAPITAL: Final = re.compile(r"(?<![.!?…] )(?<!^)\b[A-ZА-ЯЁІЇЄҐЎ][^\W\d_]{2,}")


def _folded(text: str) -> str:
    """As words are matched: lower case, one apostrophe, ё as е; no other letter becomes another."""
    folded = text.lower().replace("ё", "е")
    for sign in _APOSTROPHES:
        folded = folded.replace(sign, "'")
    return folded


_DIGIT: Final = re.compile(r"\d")
_NUMBERED: Final = re.compile(r"\bno\.? ?(?=\d)")
"""No. 5 says no."""
_PLAIN_WORD: Final = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


class _Words:
    """Listed words, `*` at the end of one for any ending."""

    def __init__(self, listed: Iterable[str]) -> None:
        words = {word for line in listed for word in _folded(line).split()}
        self._whole = frozenset(word for word in words if not word.endswith("*"))
        self._begun = tuple(sorted(word[:-1] for word in words if word.endswith("*")))

    def has(self, word: str) -> bool:
        return word in self._whole or word.startswith(self._begun)


_NEGATION: Final = "negation"
_NUMERAL: Final = "numeral"
_KNOWN: Final = {
    **{name: _Words(by_language.values()) for name, by_language in STEMS.items()},
    _NEGATION: _Words(NEGATIONS.values()),
    _NUMERAL: _Words(NUMERALS.values()),
}


@lru_cache(16_384)
def _classes(word: str) -> tuple[str, ...]:
    """What the tables say of a folded word."""
    found = tuple(name for name, words in _KNOWN.items() if words.has(word))
    return (*found, _NEGATION) if word.endswith("n't") and _NEGATION not in found else found


def _said(folded: str) -> dict[str, Counter[str]]:
    """The words of a folded text that the tables know, by what they tell."""
    found: dict[str, Counter[str]] = {}
    for word in _PLAIN_WORD.findall(_NUMBERED.sub(" ", folded)):
        for name in _classes(word):
            found.setdefault(name, Counter())[word] += 1
    return found


_NONE: Final[Counter[str]] = Counter()
_UNIT: Final = re.compile(rf"(?<!\w){_UNITS}(?!\w)(?! (?:ago|назад|тому|таму))")
_COUNT: Final = re.compile(
    r"(?<![\w'])(\d+(?:[.,]\d+)?|[^\W\d_]+(?:'[^\W\d_]+)*)"
    r"(?:[ -]+(?:and a half|с половиной|з половиною|з паловай))?"
    r"[ -]+(?:(?:calendar|full|календарн\w+|полн\w+|повн\w+|поўн\w+) )?$"
)
"""What stands before a unit of time and says how many."""
_COUNT_WIDTH: Final = 48


def combine(values: Iterable[float]) -> float:
    """The weight that reasons of such values make together; the formula of the model."""
    ordered = sorted(values, reverse=True)
    if not ordered:
        return 0.0
    heaviest = ordered[0]
    return round(heaviest + (1 - heaviest) * min(REST, REST_SHARE * sum(ordered[1:])), 4)


def weigh(edits: Sequence[Edit], before: Reading, after: Reading) -> tuple[float, tuple[Reason, ...]]:
    """The weight of the edits that are reported, of which there is one at least, and what it is made of."""
    return weigh_edits(edits, words_of(before, after))


def words_of(before: Reading, after: Reading) -> int:
    """How many words the main texts of two readings have together."""
    return len(before.text.split()) + len(after.text.split())


def weigh_edits(edits: Sequence[Edit], words: int, *, template: bool = False) -> tuple[float, tuple[Reason, ...]]:
    """The same where the readings are not at hand, but how many words of main text they have; with `template`, side
    edits beside them are the same on many pages."""
    found: dict[str, Reason] = {}
    for edit in edits:
        for name, factor, because in _signals(edit, found):
            value = round(SIGNALS[name].value * factor, 4)
            if name not in found or value > found[name].value:
                found[name] = Reason(name, value, because)
    size = _size(edits, words)
    if size is not None:
        found["size"] = size
    if template:
        found["template"] = Reason("template", SIGNALS["template"].value)
    reasons = sorted(found.values(), key=lambda reason: (-reason.value, reason.name))
    return combine(reason.value for reason in reasons), tuple(reasons)


def edit_of(record: Mapping[str, Any]) -> Edit:
    """The edit that the catalogue keeps as a record, as `Edit.as_record` made it."""
    names = ("op", "level", "before", "after", "paragraph", "path", "field", "subject", "set_aside", "unsure")
    values: dict[str, Any] = {name: record.get(name) for name in names}
    return Edit(words=tuple(tuple(pair) for pair in record.get("words", ())), **values)


def event_weight(kind: str, *, status: int | None = None) -> tuple[float, tuple[Reason, ...]]:
    """What a page's new state weighs; `status` is what the server answered when it was established."""
    name = f"{kind}-{status}" if f"{kind}-{status}" in EVENTS else kind
    signal = EVENTS[name]
    return signal.value, (Reason(name, signal.value, "" if status is None else str(status)),)


def words_for(reason: str) -> str:
    """What a reason means, for people; its name where this version knows none of that name."""
    signal = SIGNALS.get(reason) or EVENTS.get(reason)
    return signal.words if signal is not None else reason


# ---- the signals of one edit


_Found = tuple[str, float, str]
"""Name, factor of its value, and the words that it was seen in."""


def _signals(edit: Edit, found: Mapping[str, Reason]) -> Iterator[_Found]:
    if edit.level == "fact":
        yield _fact(edit)
    elif edit.field in {"link", "document", "picture", "heading"}:
        yield _unread(edit)
    elif edit.level == "meta":
        name = edit.field if edit.field in {"title", "published", "translation", "authors", "payload"} else "meta"
        yield name or "meta", 1.0, _became(edit.before, edit.after)
    elif edit.op == "move":
        yield "move", _level(edit), _short(edit.after or "")
    elif edit.field in {"struck", "unstruck"}:
        yield from _of_strike(edit, found)
    else:
        if edit.level == "list":
            yield _of_list(edit)
        yield from _of_text(edit, found)


def _level(edit: Edit) -> float:
    return SIDE if edit.level == "side" else 1.0


_STAGES: Final = {
    "died": "fact-died",
    "released": "fact-freed",
    "exchanged": "fact-freed",
    "acquitted": "fact-freed",
    "pardoned": "fact-freed",
    "sentenced": "fact-sentenced",
    "convicted": "fact-sentenced",
}
_FACTS: Final = {
    "sentence": "fact-sentence",
    "term": "fact-sentence",
    "faces": "fact-faces",
    "article": "fact-article",
    "charge": "fact-article",
    "place": "fact-place",
    "letter_address": "fact-address",
    "address": "fact-address",
    "court": "fact-court",
    "birth_date": "fact-birth",
    "birth_year": "fact-birth",
    "prosecuted": "fact-date",
    "detained": "fact-date",
    "arrested": "fact-date",
    "remanded": "fact-date",
    "verdict_date": "fact-date",
    "released": "fact-freed",
    "died": "fact-died",
    "name": "fact-name",
}


def _fact(edit: Edit) -> _Found:
    field = edit.field or ""
    name = _FACTS.get(field, "fact-name" if field.startswith("name_") else "fact-other")
    if field in {"stage", "status"}:
        said = _folded(f"{edit.before or ''} {edit.after or ''}")
        name = max(
            (signal for word, signal in _STAGES.items() if word in said),
            key=lambda signal: SIGNALS[signal].value,
            default="fact-stage",
        )
    who = f"{edit.subject}: " if edit.subject else ""
    # a case goes on by what is added to its page: that a stage came says that it was reached
    whole = edit.op == "edit" or (edit.op == "add" and field in {"stage", "status"})
    return name, 1.0 if whole else FACT_ONE_SIDED, who + _became(edit.before, edit.after)


def _unread(edit: Edit) -> _Found:
    name = {"heading": "structure"}.get(edit.field or "", edit.field or "link")
    if name == "link" and _DOCUMENT.search(f"{edit.before or ''} {edit.after or ''}"):
        name = "document"
    return name, _level(edit), _became(edit.before, edit.after)


def _of_list(edit: Edit) -> _Found:
    if edit.op == "remove":
        name = "list-unseen" if edit.unsure else "list-gone" if edit.subject else "list-entry-gone"
    else:
        name = "list-new" if edit.op == "add" else "list-edit"
    return name, 1.0, _short(edit.subject or edit.before or edit.after or "")


def _of_strike(edit: Edit, found: Mapping[str, Reason]) -> Iterator[_Found]:
    """Words that were struck out weigh as words that went do; those that no longer are, as words that came."""
    struck, text = edit.field == "struck", edit.after or ""
    said = [word[1:] for pair in edit.words for word in pair]
    name = edit.field or ""
    if edit.level == "list" and edit.subject and edit.subject.split()[0] in " ".join(said).split():
        name = f"list-{name}"
    yield name, _level(edit), _short(" | ".join(said))
    rest = text
    for words in said:
        rest = rest.replace(words, "", 1)
    before, after = (text, rest) if struck else (rest, text)
    told = _of_text(replace(edit, level="side" if edit.level == "side" else "main", before=before, after=after), found)
    yield from (signal for signal in told if signal[0] != "text")


def _of_text(edit: Edit, found: Mapping[str, Reason]) -> Iterator[_Found]:
    """What the words of a block tell; what can tell no more than was found before is not looked for."""
    level = _level(edit)
    whole = edit.op != "edit"
    if edit.level != "list":
        name = {"add": "added", "remove": "removed"}.get(edit.op, "text")
        yield name, level, _became_words(edit)
    elif whole:
        return  # that somebody came or is gone says more than the words beside the name
    factor = round(level * (BLOCK if whole else 1.0), 4)

    def may_tell(*names: str) -> bool:
        return any(name not in found or found[name].value < round(SIGNALS[name].value * factor, 4) for name in names)

    old, new = _changed(edit)
    folded_old, folded_new = _folded(old), _folded(new)
    said_old, said_new = _said(folded_old), _said(folded_new)
    for name in sorted((said_old.keys() | said_new.keys()) & STEMS.keys()):
        if may_tell(name) and (said := _differing(said_old.get(name, _NONE), said_new.get(name, _NONE))):
            yield name, factor, said
    counts = [said.get(_NUMERAL, _NONE) + _figures_in(text) for said, text in ((said_old, old), (said_new, new))]
    if not whole:
        negations = said_old.get(_NEGATION, _NONE), said_new.get(_NEGATION, _NONE)
        if may_tell(_NEGATION) and (said := _negated(*negations, folded_old, folded_new)):
            yield _NEGATION, factor, said
        if may_tell("number") and _plain(counts[0]) != _plain(counts[1]):
            yield "number", factor, _pair(counts[0] - counts[1], counts[1] - counts[0])
    if may_tell("term") and (counts[0] or counts[1] or _UNIT.search(folded_old) or _UNIT.search(folded_new)):
        said = _terms(edit, whole=whole)
        if said:
            yield "term", factor, said
    telling = {"add": ("name-new",), "remove": ("name-gone",)}.get(edit.op, ("name-gone", "name-new", "proper-name"))
    if may_tell(*telling) and (old + new) != (old + new).lower():
        yield from _named(edit, old, new, factor, whole=whole)


def _changed(edit: Edit) -> tuple[str, str]:
    """The words that went and those that came, a separator between stretches."""
    if edit.words and edit.op == "edit":
        went = [word[1:] for pair in edit.words for word in pair if word.startswith("-")]
        came = [word[1:] for pair in edit.words for word in pair if word.startswith("+")]
        return " | ".join(went)[:LONGEST], " | ".join(came)[:LONGEST]
    return (edit.before or "")[:LONGEST], (edit.after or "")[:LONGEST]


def _differing(went: Counter[str], came: Counter[str]) -> str:
    """The words that one side has more often than the other; another ending is no other word."""
    return "" if _stems(went) == _stems(came) else _pair(went - came, came - went)


def _stems(words: Counter[str]) -> Counter[str]:
    stems: Counter[str] = Counter()
    for word, times in words.items():
        stems[word[:5]] += times
    return stems


def _negated(went: Counter[str], came: Counter[str], old: str, new: str) -> str:
    if went.total() != came.total():
        return _pair(went - came, came - went)
    words_old, words_new = set(_WORD.findall(old)), set(_WORD.findall(new))
    for one, other in ((words_old, words_new), (words_new, words_old)):
        for word in sorted(one - other):
            for prefix in ("не", "ня", "un", "in"):
                bare = word.removeprefix(prefix)
                if bare != word and len(bare) >= 4 and bare in other - one:
                    return f"{bare} → {word}" if one is words_new else f"{word} → {bare}"
    return ""


def _figures_in(text: str) -> Counter[str]:
    if not _DIGIT.search(text):
        return _NONE
    return Counter(word for word in _WORD.findall(text) if _DIGIT.search(word))


def _plain(numbers: Counter[str]) -> Counter[str]:
    """Numbers whatever the case that they stand in: семь, семи are one."""
    plain: Counter[str] = Counter()
    for number, times in numbers.items():
        plain[_plain_number(number)] += times
    return plain


def _plain_number(number: str) -> str:
    if _DIGIT.search(number):
        return number
    return _ENDING.sub("", number.replace("'", "").replace("сьм", "сем"))


_ENDING: Final = re.compile("[ьиіаеуыхмяюєо]+$")


def _terms(edit: Edit, *, whole: bool) -> str:
    def terms(text: str | None) -> Counter[str]:
        folded = _folded((text or "")[: 4 * LONGEST]).replace("\u00a0", " ")
        found: Counter[str] = Counter()
        for unit in _UNIT.finditer(folded):
            count = _COUNT.search(folded, max(0, unit.start() - _COUNT_WIDTH), unit.start())
            if count is not None and (count[1][0].isdigit() or _NUMERAL in _classes(count[1])):
                found[folded[count.start() : unit.end()]] += 1
        return found

    went, came = terms(edit.before), terms(edit.after)
    if whole:
        return _pair(went, came) if went or came else ""
    # another case or ending of the same number is no other term: "7 лет" and "7 годам"
    return "" if _figures(went) == _figures(came) else _pair(went - came, came - went)


def _figures(terms: Counter[str]) -> Counter[str]:
    figures: Counter[str] = Counter()
    for term, times in terms.items():
        number, _, unit = term.replace("-", " ").rpartition(" ")
        figures[f"{_plain_number(number)} {_KINDS.get(unit[:2], unit[:2])}"] += times
    return figures


_KINDS: Final = {
    **dict.fromkeys(("ле", "го", "ye", "ро", "рі", "га"), "years"),
    **dict.fromkeys(("ме", "мі", "mo"), "months"),
    **dict.fromkeys(("су", "дн", "де", "дз", "da", "до", "ді"), "days"),
    **dict.fromkeys(("не", "ти", "ты", "we"), "weeks"),
}
"""Units of time by their first letters."""


def _named(edit: Edit, old: str, new: str, factor: float, *, whole: bool) -> Iterator[_Found]:
    went, came = _names(edit.before, old), _names(edit.after, new)
    gone = _missing(went, came, edit.after)
    fresh = _missing(came, went, edit.before)
    if gone:
        yield "name-gone", factor, _listed(gone, fresh)
    if fresh:
        yield "name-new", factor, _listed((), fresh)
    if gone or fresh or whole:
        return
    words = [set(_proper(edit.before, old)), set(_proper(edit.after, new))]
    left, right = words[0] - words[1], words[1] - words[0]
    if left or right:
        yield "proper-name", factor, _listed(sorted(left), sorted(right))


def _names(text: str | None, changed: str) -> dict[str, Name]:
    """The persons that a text names in full near words that changed, by what all forms of a name have in common."""
    names: dict[str, Name] = {}
    for stretch in _near(text or "", changed):
        language = "be" if re.search("[ўЎ]", stretch) else "uk" if re.search("[іїєґІЇЄҐ]", stretch) else "ru"
        for name in names_in(stretch, language):
            key = f"{skeleton(name.surname)} {skeleton(name.given)[:1] or name.initials[:1].lower()}"
            names.setdefault(key, name)
    return names


def _near(text: str, changed: str) -> Iterator[str]:
    """The stretches of a text around the changed words that begin with a capital, each once, and whole words alone."""
    text = text[: 4 * LONGEST]
    if changed == text[:LONGEST]:
        yield changed
        return
    spans: list[tuple[int, int]] = []
    for word in dict.fromkeys(word for word in _WORD.findall(changed) if word[0].isupper()):
        at = text.find(word)
        while at >= 0 and len(spans) < _STRETCHES:
            spans.append((at - _AROUND, at + len(word) + _AROUND))
            at = text.find(word, at + len(word))
    end = 0
    for first, last in sorted(spans):
        if last > end:
            begin = max(first, end)
            begin = 0 if begin <= 0 else text.find(" ", begin) + 1
            end = len(text) if last >= len(text) else max(text.rfind(" ", 0, last), begin)
            yield text[begin:end]


_AROUND: Final = 80
"""Characters around a changed word in which a name of several words stands."""
_STRETCHES: Final = 40


def _missing(names: Mapping[str, Name], others: Mapping[str, Name], text: str | None) -> list[str]:
    """The names that the other side has nowhere, in whatever case; as they are written."""
    missing = {key: name for key, name in names.items() if key not in others}
    if not missing:
        return []
    words = {word for word in _WORD.findall((text or "")[: 4 * LONGEST]) if word[0].isupper()}

    def stands(part: str) -> bool:
        return any(may_be(part, word) for word in words)

    return [
        name.written
        for name in missing.values()
        if not (name.surname and stands(name.surname) and (not name.given or stands(name.given)))
    ]


def _proper(text: str | None, changed: str) -> Iterator[str]:
    """Changed words with a capital that does not begin a sentence."""
    inside = {match.group() for match in _CAPITAL.finditer((text or "")[: 4 * LONGEST])}
    for word in _WORD.findall(changed):
        if word in inside and word.lower() not in NO_NAME_LATIN and word.lower() not in NO_NAME_CYRILLIC:
            yield word


def _size(edits: Sequence[Edit], words: int) -> Reason | None:
    changed = sum(
        len(word.split())
        for edit in edits
        if edit.level in {"main", "list"} and edit.op != "move"
        for pair in edit.words
        for word in pair
    )
    if not changed:
        return None
    share = min(1.0, changed / max(words, 1))
    value = round(SIGNALS["size"].value * share, 4)
    return Reason("size", value, f"{changed} of {words} words") if value else None


# ---- the words of a reason


def _pair(went: Counter[str], came: Counter[str]) -> str:
    return _listed(went.elements(), came.elements())


def _listed(went: Iterable[str], came: Iterable[str]) -> str:
    left, right = (", ".join(list(dict.fromkeys(words))[:5]) for words in (went, came))
    return _became(left or None, right or None)


def _became_words(edit: Edit) -> str:
    old, new = _changed(edit)
    return _became(old or None, new or None)


def _became(before: str | None, after: str | None) -> str:
    return f"{_short(before) if before else '-'} → {_short(after) if after else '-'}"


def _short(text: str, longest: int = 80) -> str:
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"
