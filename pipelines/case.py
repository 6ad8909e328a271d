"""Case facts: what a page says of each person it names, with where it says so; nothing is guessed.

`pipelines/mentions` finds what is said (dates, articles, terms, places); `pipelines/people.py` finds who is named; here
each thing said is given to the person it is said of, or to none. What the site's own definition tells stands beside,
by `site`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from pipelines.attribution import (
    OPENS_BARE,
    Focus,
    Said,
    announces_signatories,
    attribute,
    codefendants,
    signatories,
    speaks_of_signing,
)
from pipelines.furniture import TELLING
from pipelines.mentions import Mention, completed, mentions
from pipelines.names import CYRILLIC
from pipelines.people import SEVERAL, Name, People, PersonMention, names_in

NOWHERE: Final = -1
"""`CaseFact.block` of what the site's definition tells and no block says."""
ABOUT: Final = "person"
"""Name of the site's facts that say whom the page is about."""


@dataclass(frozen=True, slots=True)
class CaseBlock:
    """A visible block as facts are read from it."""

    index: int
    """Of the block among the reading's blocks."""
    text: str
    kind: str
    level: str
    """main or side."""
    language: str
    spans: tuple[tuple[int, int, str], ...]
    """(start, end, language) in code points of `text`; empty: all of it in `language`."""
    path: str = ""
    """DOM path: tells rows of a table and pairs of a list of terms."""
    furniture: str | None = None
    """What a side block is known to be: nothing is read from a menu, a ticker or a teaser."""
    borders: tuple[int, ...] = ()
    """Where in the text a space stands that the markup has not: between a label and its value, say."""


@dataclass(frozen=True, slots=True)
class SiteFact:
    """What the selectors of a site's definition found; under the name `person`, whom the page is about."""

    name: str
    value: str
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class CaseFact:
    """One thing that the page says of one person."""

    subject: str | None
    """The person's fullest name in the page's language; None where the site's definition names no one person."""
    name: str
    value: str
    cited: str
    """As the page writes it: the block's text from `start` to `end`."""
    block: int
    """Index of the block; NOWHERE where none says it."""
    start: int
    end: int
    """Code points of the block's own text."""
    language: str
    by: str
    """`site`, or the rule that read it."""


_CASE_LANGUAGES: Final = ("en", "ru", "uk", "be")
_CYRILLIC: Final = ("ru", "uk", "be")
FURNITURE_READ: Final = frozenset({None, *TELLING})
"""What a side block may be for its words to be read."""
LONGEST_CELL: Final = 300
TEXT_LIMIT: Final = 500_000
"""Characters of a page from which on nothing more is read for facts."""
LONGEST: Final = 20_000
"""Characters of one block that are read for facts."""
SHORT: Final = 140
HOME_LIMIT: Final = 10_000
"""Characters of the main text that tell its language where nothing else does."""
_PRONOUN = re.compile(
    r"\b(?:he|she|his|her|him|он|она|его|е[её]|ему|ей|він|вона|його|її|ён|яна|яго|яе)\b", re.IGNORECASE
)
_BARE_COURT = re.compile(r"(?:the |a |an )?(?:court|суд|суд[ауо]м?|russian court)\Z", re.IGNORECASE)
_PERSONS_TERMS = re.compile(
    r"\b(?:sentence[ds]?|prisoners?|terms?|verdicts?|convicted|пригов\w+|осужд\w+|заключ[её]нн\w+"
    r"|политзаключ\w+|срок\w*|вирок\w*|засудж\w+|в.язн\w+"
    r"|термін\w*|прысуд\w*|асудж\w+|палітвязн\w+|палітзняв\w+|тэрмін\w*)\b",
    re.IGNORECASE,
)
_TERM_BEHIND = re.compile(
    r"\s{0,2}(?:\([^()]{0,80}\)\s{0,2})?[,:;—–-]\s{0,2}"
    r"(?:(?:b\.|born(?: in)?|нар\.|род\.)?\s?(?:19|20)\d\d(?:\s?[гр]\.?\s?[рн]\.)?[,—–]\s{0,2})?"
    r"(?:(?:[^\d,;—–]{2,60}[,—–]\s{0,2}){0,2})"
    r"(?=\d|(?:ч|ст|арт)\.\s?\d|(?:[^\W\d_]{2,12}[\s-]){1,5}(?:years?|лет|года?|рок\w{1,2}|гад\w{1,2})\b)"
)
_BETWEEN = re.compile(r"[\s,;:()—–-]{0,4}(?:(?:ч|п|ст|арт)\.\s?)?")
"""Between an article and what is listed behind it; the beginning of a next citation, up to its number."""
_PENAL = re.compile(
    r"prison|colony|custody|jail|suspended|penal|regime|колони|лишени|условно|режим|тюрьм|позбавл|колоні"
    r"|пазбаўл|умоўн|турм|в.язниц|обмежен|калоні|рэжым|абмежав|хімі|зьнявол|зняволен",
    re.IGNORECASE,
)
_NEXT_LINE = re.compile(r"[ ,]*\n(?P<line>[^\n]{5,90})")
_BARE_TERM = re.compile(
    r"\d{1,2}(?:[.,]5)? (?:years?|лет|года?|рок[иів]{1,2}|рік"
    r"|гад[ыоў]{1,2}) (?:in (?:an? )?(?:[\w-]+ ){0,3}(?:prison|jail|colony|camp)"
    r"|(?:of )?imprisonment|suspended|колони[ий]|лишения|условно|позбавлення|колоні[їі]|пазбаўлення"
    r"|умоўна)[^.!?]{0,40}\.?\Z"
)
"""A line that is a term and nothing else."""
_YEARS = re.compile(r"\d (?:years|лет|года|год|рок|гад)")
_TERM_LABEL: Final = {"en": "Term: ", "ru": "Срок: ", "uk": "Термін: ", "be": "Тэрмін: "}
_HEADING = re.compile(r"/h([1-6])\[\d+\](?:/|$)")
_BELARUSIAN = re.compile("[ўЎ]")
_UKRAINIAN = re.compile("[іїєґІЇЄҐ]")
_ROW = re.compile(r"^(.*)/tr\[(\d+)\]/")
_TABLE = re.compile(r"^(.*/table\[\d+\])/")
_INTERVIEW = re.compile(
    r"\b(?:interview|интервью|інтерв[’'ʼ]ю|інтэрв[’'ʼ]?ю|questions? to|talks? to|conversation with|разговор с)\b",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"\s*(?:name|full name|date of birth|year of birth|born|birth|dob|term|sentence|verdict|punishment|article"
    r"|articles|charge|charges|charged under"
    r"|criminal article|status|stage|detained|date of detention|date of arrest|arrested|arrest|in custody since"
    r"|date of verdict|verdict date|sentenced"
    r"|court|place of detention|place|place of imprisonment|prison|held at|address|address for letters"
    r"|letter address|write to|mailing address|facing|faces"
    r"|имя|фио|ф\. ?и\. ?о\.?|дата рождения|год рождения|родил(?:ся|ась)|срок|срок наказания|приговор|наказание"
    r"|статья|статьи|статья ук|статьи ук|обвинение|обвинения|статус"
    r"|задержан|задержана|дата задержания|арестован|арестована|дата ареста|дата приговора|осужд[её]н|осуждена"
    r"|суд|место содержания|место заключения|место лишения свободы"
    r"|адрес|адрес для писем|куда писать|писать|грозит|ім[’'ʼ]я|піб|дата народження|рік народження|термін|строк"
    r"|вирок|покарання|стаття|статті|обвинувачення|затриманий|затримана"
    r"|дата затримання|дата арешту|дата вироку|місце утримання|місце ув[’'ʼ]язнення|адреса|адреса для листів"
    r"|імя|дата нараджэння|год нараджэння|тэрмін|прысуд|прыгавор|пакаранне|артыкул"
    r"|артыкулы|абвінавачанне|затрыманы|затрыманая|дата затрымання|дата арышту|дата прысуду|месца ўтрымання"
    r"|месца зняволення|адрас|адрас для лістоў)\s*[:：—–-]?\s*\Z",
    re.IGNORECASE,
)
_NAME_LABEL = re.compile(
    r"\s*(?:name|full name|имя|фио|ф\. ?и\. ?о\.?|ім[’'ʼ]я|піб|імя|фамилия|prisoner|person"
    r"|политзаключ[её]нный)\s*[:：]?\s*\Z",
    re.IGNORECASE,
)


@dataclass(slots=True)
class _Piece:
    """A text that is read as one, and where its parts stand in blocks."""

    text: str
    language: str
    kind: str
    parts: tuple[tuple[int, int, int, int], ...]
    """(start in the text, length, block's position, start in the block)."""
    level: str
    path: str
    said: list[Mention] = field(default_factory=list)
    row: str = ""
    """Names the table row that it is of."""

    def placed(self, start: int, end: int) -> tuple[int, int, int]:
        """(block's position, start, end) of a stretch; one that goes over two blocks is cut to the last."""
        for at, length, block, offset in reversed(self.parts):
            if end > at:
                left = max(start, at)
                return block, left - at + offset, min(end, at + length) - at + offset
        at, _, block, offset = self.parts[0]
        return block, start - at + offset, end - at + offset


def case_facts(
    blocks: Sequence[CaseBlock], *, title: str | None, language: str, told: Sequence[SiteFact]
) -> tuple[CaseFact, ...]:
    """All facts of a page, in the order of the blocks, the site's own last."""
    home = language if language in _CASE_LANGUAGES else _home(blocks)
    pieces = _pieces(blocks, home)
    for piece in pieces:
        piece.said = _read(piece)
    if not any(piece.said or speaks_of_signing(piece.text) or _may_list(piece) for piece in pieces):
        return tuple(_told(blocks, told, language, (), None))
    heads = [
        (text, _tongue(text, home)) for text in (title or "", *(fact.value for fact in told if fact.name == ABOUT))
    ]
    people = People([*heads, *((piece.text, piece.language) for piece in pieces)])
    named = people.mentions[len(heads) :]
    _listed_terms(pieces, named)
    titled, abouts = people.mentions[0], people.mentions[1 : len(heads)]
    owner = _owner(pieces, named, titled, abouts, people)
    named = _as_owners(named, owner)
    found = _Reader(blocks, pieces, named, people, owner, home, title or "").facts()
    subject = people.persons[owner].called(home) if owner is not None else None
    return (*found, *_told(blocks, told, language, found, subject))


# --- what is read as one text -----------------------------------------------------------------------------------------


def _pieces(blocks: Sequence[CaseBlock], page: str) -> list[_Piece]:
    """Blocks cut where their lines change language; a label and its value together."""
    pieces: list[_Piece] = []
    read = [at for at, block in enumerate(blocks) if block.level == "main" or block.furniture in FURNITURE_READ]
    headers = _headers(blocks, read)
    at = 0
    length = 0
    while at < len(read) and length < TEXT_LIMIT:
        block = blocks[read[at]]
        length += len(block.text)
        after = blocks[read[at + 1]] if at + 1 < len(read) else None
        if after is not None and _is_pair(block, after):
            pieces.append(_card(block.text, read[at], after, read[at + 1], page))
            at += 2
            continue
        label = headers.get(read[at])
        if label:
            pieces.append(_card(label, None, block, read[at], page))
        else:
            pieces += _lines(block, read[at], page)
        at += 1
    return pieces


def _lines(block: CaseBlock, at: int, page: str) -> list[_Piece]:
    """A block's stretches of lines in one language; lines that are a label and its value, one by one."""
    stretches: list[tuple[int, int, str]] = []
    cards: list[_Piece] = []
    start = 0
    for line in block.text.split("\n"):
        end = start + len(line)
        border = next((one for one in block.borders if start < one < end), None)
        if border is not None and _LABEL.match(block.text[start:border]):
            cards.append(_inner_card(block, at, start, border, end, page))
            start = end + 1
            continue
        language = _language(block, start, end, page)
        joins = stretches and stretches[-1][1] + 1 == start
        if joins and (stretches[-1][2] == language or not line.strip()):
            stretches[-1] = (stretches[-1][0], end, stretches[-1][2])
        else:
            stretches.append((start, end, language))
        start = end + 1
    for first, end, language in stretches:
        if language in _CASE_LANGUAGES:
            last = min(end, first + LONGEST)
            parts = ((0, last - first, at, first),)
            cards.append(
                _Piece(
                    block.text[first:last], str(language), block.kind, parts, block.level, block.path, row=_row(block)
                )
            )
    return sorted(cards, key=lambda one: one.parts[0][3])


def _language(block: CaseBlock, start: int, end: int, page: str) -> str:
    """The language with most letters of a stretch; a few words are in the page's, where the script allows it."""
    counts: dict[str, int] = {}
    for left, right, language in block.spans or ((0, len(block.text), block.language),):
        width = min(end, right) - max(start, left)
        if width > 0:
            counts[language] = counts.get(language, 0) + width
    language = max(sorted(counts), key=lambda one: counts[one], default=block.language)
    words = block.text[start:end]
    cyrillic = len(CYRILLIC.findall(words)) * 2 > sum(map(str.isalpha, words))
    if cyrillic and language == page == "ru" and _by_letters(words) != "ru":
        return _by_letters(words)
    if language in _CASE_LANGUAGES and cyrillic is (language in _CYRILLIC) and len(words) >= 60:
        return language
    if page in _CASE_LANGUAGES and cyrillic is (page in _CYRILLIC) and len(words) < 60:
        return page
    if language in _CASE_LANGUAGES and cyrillic is (language in _CYRILLIC):
        return language
    if language in _CASE_LANGUAGES or (len(words) < 200 and (cyrillic or words.isascii())):
        return _by_letters(words) if cyrillic else "en"
    return language


def _tongue(words: str, home: str) -> str:
    """The language of a few words that stand alone: the page's, where the script allows it."""
    cyrillic = bool(CYRILLIC.search(words))
    return home if cyrillic is (home in _CYRILLIC) else _by_letters(words) if cyrillic else "en"


def _home(blocks: Sequence[CaseBlock]) -> str:
    """The language of what is too short to tell, on a page of none of ours or of no known one."""
    words = "\n".join(block.text for block in blocks if block.level == "main")[:HOME_LIMIT]
    return _by_letters(words) if len(CYRILLIC.findall(words)) * 2 > sum(map(str.isalpha, words)) else "en"


def _by_letters(words: str) -> str:
    """Of the three languages in Cyrillic, the one that has these letters."""
    if _BELARUSIAN.search(words):
        return "be"
    return "uk" if _UKRAINIAN.search(words) else "ru"


def _row(block: CaseBlock) -> str:
    # a table that lays out a page has an article in a cell
    match = _ROW.match(block.path) if block.kind == "cell" and len(block.text) < LONGEST_CELL else None
    return match.group() if match else ""


def _is_pair(label: CaseBlock, value: CaseBlock) -> bool:
    """Whether a block is the label of the next: dt and dd, th and td, or a known label above a short value."""
    if len(label.text) > 60 or len(value.text) > 600 or label.level != value.level:
        return False
    if re.search(r"/dt\[\d+\]$", label.path):
        return bool(re.search(r"/dd\[\d+\](?:/\w+\[\d+\])?$", value.path))
    if label.kind == "cell" and value.kind == "cell":
        same = _row(label) and _row(label) == _row(value)
        return bool(same and ("/td[1]" in label.path or "/th[1]" in label.path) and _LABEL.match(label.text))
    if label.text.rstrip().endswith((":", "：")) and len(label.text) < 40 and label.kind not in {"heading"}:
        return bool(_LABEL.match(label.text))
    return (
        bool(_LABEL.match(label.text))
        and label.path.rsplit("/", 2)[0] == value.path.rsplit("/", 2)[0]
        and len(value.text) < 200
    )


def _card(label: str, at: int | None, value: CaseBlock, value_at: int, page: str) -> _Piece:
    """`Label: value`."""
    head = label.strip().rstrip(":：—–- ") + ": "
    parts = [(len(head), len(value.text), value_at, 0)]
    if at is not None:
        parts.insert(0, (0, min(len(label), len(head)), at, len(label) - len(label.lstrip())))
    language = _card_language(head, _language(value, 0, len(value.text), page), page)
    return _Piece(head + value.text, language, "card", tuple(parts), value.level, value.path, row=_row(value))


def _inner_card(block: CaseBlock, at: int, start: int, border: int, end: int, page: str) -> _Piece:
    """The same of a line that holds both, with nothing but their elements between them."""
    head = block.text[start:border].rstrip(":：—–- ") + ": "
    value = block.text[border + 1 : end]
    parts = ((0, border - start, at, start), (len(head), len(value), at, border + 1))
    language = _card_language(head, _language(block, border + 1, end, page), page)
    return _Piece(head + value, language, "card", parts, block.level, block.path, row=_row(block))


def _card_language(head: str, language: str, page: str) -> str:
    """The language of a card, from its label and that of its value."""
    cyrillic = bool(CYRILLIC.search(head))
    if cyrillic is not (language in _CYRILLIC):
        language = "en" if not cyrillic else page if page in _CYRILLIC else "ru"
    return language if language in _CASE_LANGUAGES else "en"


def _headers(blocks: Sequence[CaseBlock], read: Sequence[int]) -> dict[int, str]:
    """For cells of tables whose first row is of labels: the label above each."""
    tables: dict[str, dict[str, list[int]]] = {}
    for at in read:
        block = blocks[at]
        table = _TABLE.match(block.path) if block.kind == "cell" else None
        if table:
            tables.setdefault(table.group(1), {}).setdefault(_row(block), []).append(at)
    found: dict[int, str] = {}
    for rows in tables.values():
        ordered = list(rows.values())
        head = ordered[0]
        if len(ordered) < 2 or len(head) < 2 or not any(_LABEL.match(blocks[at].text) for at in head):
            continue
        if any(re.search(r"\d", blocks[at].text) for at in head):
            continue
        for row in ordered[1:]:
            if len(row) == len(head):
                found |= {at: blocks[over].text for at, over in zip(row, head, strict=True)}
    return found


def _read(piece: _Piece) -> list[Mention]:
    found = mentions(piece.text, piece.language)
    found = [one for one in found if one.name != "court" or not _BARE_COURT.match(one.value)]
    return [_with_name(one, piece) if one.name == "letter_address" else one for one in found]


def _with_name(address: Mention, piece: _Piece) -> Mention:
    """An address with the line of the name that follows it."""
    line = _NEXT_LINE.match(piece.text, address.end)
    if line is None or not any(name.surname for name in names_in(line["line"], piece.language)):
        return address
    end = line.end("line")
    return replace(address, end=end, value=f"{address.value.rstrip(', ')}, {line['line'].strip()}")


def _labelled_term(text: str, start: int, end: int, language: str, person: tuple[int, int] | None) -> list[Mention]:
    """The term that a part of a text is, read as if its label stood before it."""
    label = _TERM_LABEL[language]
    found = []
    for term in mentions(label + text[start:end], language):
        if term.name == "sentence":
            left, right = (max(start + place - len(label), start) for place in (term.start, term.end))
            found.append(Mention("sentence", term.value, left, right, "list", person))
    return found


def _may_list(piece: _Piece) -> bool:
    """Whether a line may be a person with a term."""
    return (
        len(piece.text) <= SHORT
        and bool(_YEARS.search(piece.text))
        and (piece.text[:1].isupper() or bool(_BARE_TERM.match(piece.text)))
    )


def _listed_terms(pieces: Sequence[_Piece], named: Sequence[Sequence[PersonMention]]) -> None:
    """Terms of a list of persons, which stand behind the names without a word: "Klim Petrov, 7 years"."""
    heading = ""
    for piece, some in zip(pieces, named, strict=True):
        if piece.kind == "heading":
            heading = piece.text
        if not some and not piece.said and _BARE_TERM.match(piece.text):
            piece.said += _labelled_term(piece.text, 0, len(piece.text), piece.language, None)
        if not some or len(piece.text) > SHORT * 4 or any(one.name == "sentence" for one in piece.said):
            continue
        told = bool(_PERSONS_TERMS.search(heading))
        for at, one in enumerate(some):
            end = some[at + 1].start if at + 1 < len(some) else len(piece.text)
            behind = _TERM_BEHIND.match(piece.text, one.end, end) if one.full else None
            if behind is None or not ((told and piece.kind == "item") or _PENAL.search(piece.text, behind.end(), end)):
                continue
            first = _behind_articles(piece, behind.end())
            piece.said += _labelled_term(piece.text, first, end, piece.language, (one.start, one.end))
        piece.said.sort(key=lambda one: (one.start, one.end, one.name, one.value))


def _behind_articles(piece: _Piece, at: int) -> int:
    """The place behind the articles that are cited there: "Klim Petrov — Article 275, 7 years"."""
    for cited in piece.said:
        if cited.name == "article" and cited.start <= at < cited.end:
            gap = _BETWEEN.match(piece.text, cited.end)
            at = gap.end() if gap else cited.end
    return at


# --- whom the page is about -------------------------------------------------------------------------------------------


def _owner(
    pieces: Sequence[_Piece],
    named: Sequence[Sequence[PersonMention]],
    titled: Sequence[PersonMention],
    abouts: Sequence[Sequence[PersonMention]],
    people: People,
) -> int | None:
    """The page's one person: as the site says, as the title says, or of whom its beginning speaks most."""
    told = {one.person for some in abouts for one in some if one.full}
    if told:
        return told.pop() if len(told) == 1 else None
    first = next((some for piece, some in zip(pieces, named, strict=True) if "/h1" in piece.path and some), ())
    for head in (titled, first):
        main = _apart(head)
        if main:
            return main[0] if len(main) == 1 else None
    counts: dict[int, int] = {}
    for piece, some in zip(pieces, named, strict=True):
        for one in some if piece.level == "main" else ():
            if one.person >= 0 and not one.role:
                counts[one.person] = counts.get(one.person, 0) + 1
    lead = next(
        (
            _apart(some)
            for piece, some in zip(pieces, named, strict=True)
            if piece.level == "main" and len(piece.text) > 60 and _apart(some)
        ),
        [],
    )
    if len(lead) == 1 and _is_mostly(lead[0], counts):
        return lead[0]
    letters = {
        one.person
        for piece, some in zip(pieces, named, strict=True)
        for mention in piece.said
        if mention.name == "letter_address"
        for one in some
        if mention.start <= one.start < mention.end
    }
    return (
        letters.pop()
        if len(letters) == 1 and (not counts or max(counts, key=lambda one: counts[one]) in letters)
        else None
    )


def _as_owners(named: Sequence[list[PersonMention]], owner: int | None) -> list[list[PersonMention]]:
    """A surname alone is the page's person's where the others who have it are only named as kin or officials."""
    apart = {one.person for some in named for one in some if one.full and not one.role and one.person != owner}
    return [
        [
            replace(one, person=owner, among=())
            if one.person == SEVERAL and owner is not None and owner in one.among and not apart & set(one.among)
            else one
            for one in some
        ]
        for some in named
    ]


def _is_mostly(person: int, counts: Mapping[int, int]) -> bool:
    """Whether a page speaks of this person much more than of any other."""
    most = max((count for other, count in counts.items() if other != person), default=0)
    return counts.get(person, 0) >= max(2 * most, 1) and (counts[person] > 2 or not most)


def _apart(some: Sequence[PersonMention]) -> list[int]:
    """The persons of a line who are no officials, else all."""
    main = [one.person for one in some if one.role == "" and one.person >= 0]
    return list(dict.fromkeys(main or [one.person for one in some if one.person >= 0]))


# --- from pieces to facts ---------------------------------------------------------------------------------------------


class _Reader:
    """Walks over the pieces, keeps of whom the text speaks, and gathers the facts."""

    def __init__(
        self,
        blocks: Sequence[CaseBlock],
        pieces: Sequence[_Piece],
        named: Sequence[Sequence[PersonMention]],
        people: People,
        owner: int | None,
        language: str,
        title: str,
    ) -> None:
        self.blocks, self.pieces, self.named, self.people = blocks, pieces, named, people
        self.owner, self.language = owner, language
        self.said: list[tuple[int, Said]] = []
        self.signed: list[tuple[int, PersonMention, str]] = []
        opening = " ".join([title, *(piece.text for piece in pieces[:4])])
        self.interview = owner is not None and bool(_INTERVIEW.search(opening))
        self.section: tuple[int, int] | None = None
        """(level, person) of the heading that the text stands under."""
        self.card: int | None = None
        """The person of the name line above."""
        self.level = "main"

    def facts(self) -> list[CaseFact]:
        """The facts, in the order of the blocks."""
        rows = self._row_owners()
        last: int | None = None
        letter, listing = "", False
        for at, piece in enumerate(self.pieces):
            if piece.level != self.level:
                self.level, self.section, self.card, last = piece.level, None, None, None
            named = self.named[at]
            self._enter(piece, named)
            kind = self._kind(piece)
            focus = Focus(self._owner_of(piece, kind, rows), last, self.interview)
            self.said += [(at, said) for said in attribute(piece.text, kind, piece.said, named, self.people, focus)]
            last = focus.last
            listing = self._sign(at, piece, named, letter, listing=listing)
            letter = piece.text
        return self._ordered()

    def _kind(self, piece: _Piece) -> str:
        """As what a piece is read: a line of a card, a cell of a table, else what its block is."""
        if piece.row:
            return "cell"
        bare = self.card is not None and len(piece.text) <= SHORT and OPENS_BARE.match(piece.text)
        return "card" if bare or self._is_short(piece) else piece.kind

    def _owner_of(self, piece: _Piece, kind: str, rows: Mapping[str, int | None]) -> int | None:
        """Of whom a piece speaks that names nobody: its row's person, its card's, its section's, the page's."""
        owner = self.section[1] if self.section else self.owner
        if kind in {"card", "cell"} and self.card is not None:
            owner = self.card
        return rows.get(piece.row, owner) if piece.row else owner

    def _sign(self, at: int, piece: _Piece, named: Sequence[PersonMention], letter: str, *, listing: bool) -> bool:
        """Signatories and co-defendants of a piece; whether the next ones go on with the list."""
        self.signed += [(at, one, "co-defendant") for one in codefendants(piece.text, named)]
        signed = signatories(piece.text, named, before=letter)
        if listing and named and len(piece.text) < 200:
            signed = [one for one in named if one.person >= 0 and one.full]
        self.signed += [(at, one, "signatory") for one in signed]
        return announces_signatories(piece.text) or (listing and bool(named) and len(piece.text) < 200)

    @staticmethod
    def _is_short(piece: _Piece) -> bool:
        """A line as cards have it: "Term: 5 years", "7 years in a penal colony", "b. 1990"."""
        if piece.kind == "heading" or len(piece.text) > SHORT:
            return False
        label, colon, _ = piece.text[:40].partition(":")
        return bool((colon and _LABEL.match(label)) or piece.text[:1].isdigit()) and not _PRONOUN.search(piece.text)

    def _enter(self, piece: _Piece, named: Sequence[PersonMention]) -> None:
        """Take note of headings and of lines that are a name and nothing else."""
        heading = _HEADING.search(piece.path)
        whole = [one for one in named if one.person >= 0 and (one.full or piece.kind == "heading")]
        if piece.kind == "heading" or heading:
            level = int(heading.group(1)) if heading else 6
            persons = _apart(named)
            self.card = None
            if len(persons) == 1 and level > 1:
                self.section = (level, persons[0])
            elif self.section and level <= self.section[0]:
                self.section = None
            if level == 1:
                self.section = None
            return
        if len(whole) == 1 and not whole[0].role and not piece.row:
            rest = piece.text[: whole[0].start] + piece.text[whole[0].end :]
            label = rest.strip().rstrip(":：") + ":"
            if not re.search(r"[^\W\d_]{3}", rest) or _NAME_LABEL.match(label):
                self.card = whole[0].person
                return
        if piece.kind != "card" and len(piece.text) > 200:
            self.card = None

    def _row_owners(self) -> dict[str, int | None]:
        """The one person that each row of a table names."""
        persons: dict[str, set[int]] = {}
        tables: dict[str, int] = {}
        for piece, named in zip(self.pieces, self.named, strict=True):
            if not piece.row:
                continue
            own = persons.setdefault(piece.row, set())
            own |= {one.person for one in named if not one.role}
            tables[piece.row.rsplit("/tr[", 1)[0]] = tables.get(piece.row.rsplit("/tr[", 1)[0], 0) + bool(named)
        found: dict[str, int | None] = {}
        for row, own in persons.items():
            table = row.rsplit("/tr[", 1)[0]
            if len(own) == 1:
                found[row] = next(iter(own))
            elif own or tables[table] > 1:
                found[row] = None
        return found

    def _ordered(self) -> list[CaseFact]:
        facts: list[tuple[tuple[int, int, int], CaseFact]] = []
        stated = [said.mention.value for _, said in self.said if said.mention.name == "article"]
        persons: dict[int, None] = {}
        for at, said in self.said:
            value = completed(said.mention.value, stated) if said.mention.name == "article" else said.mention.value
            for person in said.persons:
                if not self.people.persons[person].certain:
                    continue
                persons[person] = None
                facts.append(
                    self._fact(
                        at, person, said.mention.name, value, (said.mention.start, said.mention.end), said.mention.by
                    )
                )
        for at, one, role in self.signed:
            if not self.people.persons[one.person].certain:
                continue
            persons[one.person] = None
            facts.append(self._fact(at, one.person, "named", role, (one.start, one.end), "list"))
        facts += self._names(persons)
        return _without_lesser([fact for _, fact in sorted(facts, key=lambda pair: pair[0])])

    def _names(self, persons: Iterable[int]) -> list[tuple[tuple[int, int, int], CaseFact]]:
        """The fullest names, in each language, of those of whom something is said."""
        found = []
        for person in persons:
            known = self.people.persons[person]
            for language in _CASE_LANGUAGES:
                name = known.fullest(language)
                place = None if name is None else self._place_of(person, name)
                if name is not None and place is not None:
                    at, span = place
                    found.append(self._fact(at, person, f"name_{language}", name.nominative, span, "name"))
        return found

    def _place_of(self, person: int, name: Name) -> tuple[int, tuple[int, int]] | None:
        """The piece, and where in it, that writes a person's name so."""
        for at, named in enumerate(self.named):
            for one in named:
                if one.person == person and one.written == name.written:
                    return at, (one.start, one.end)
        return None

    def _fact(
        self, at: int, person: int, name: str, value: str, span: tuple[int, int], by: str
    ) -> tuple[tuple[int, int, int], CaseFact]:
        piece = self.pieces[at]
        position, start, end = piece.placed(*span)
        block = self.blocks[position]
        subject = self.people.persons[person].called(self.language)
        cited = block.text[start:end]
        return (position, start, end), CaseFact(
            subject, name, value, cited, block.index, start, end, piece.language, by
        )


def _without_lesser(facts: Sequence[CaseFact]) -> list[CaseFact]:
    """Each thing once: not the same twice, nor what another fact says more exactly."""
    values: dict[tuple[str | None, str], list[str]] = {}
    kept = []
    for fact in facts:
        known = values.setdefault((fact.subject, fact.name), [])
        if fact.value not in known:
            known.append(fact.value)
            kept.append(fact)
    return [
        fact
        for fact in kept
        if not any(_is_less(fact, other) for other in values[(fact.subject, fact.name)])
        and not (
            fact.name == "birth_year"
            and any(day[:4] == fact.value for day in values.get((fact.subject, "birth_date"), ()))
        )
    ]


def _is_less(fact: CaseFact, other: str) -> bool:
    """Whether another value is this one with more said: "8 years" beside "8 years, strict regime penal colony"."""
    if fact.name in {"detained", "remanded", "verdict_date", "prosecuted"}:
        return other != fact.value and other.startswith(fact.value + "-")
    if fact.name not in {"sentence", "article", "faces", "court", "place"}:
        return False
    mine, more = fact.value.replace(",", " ").split(), other.replace(",", " ").split()
    return len(more) > len(mine) and mine[0] == more[0] and not Counter(mine) - Counter(more)


def _told(
    blocks: Sequence[CaseBlock],
    told: Sequence[SiteFact],
    language: str,
    read: Sequence[CaseFact],
    owner: str | None,
) -> list[CaseFact]:
    """What the site's definition tells, but for what was read as well."""
    about = [fact.value for fact in told if fact.name == ABOUT]
    subject = owner or (about[0] if len(about) == 1 else None)
    known = {(fact.name, fact.value) for fact in read}
    facts = []
    for fact in told:
        if fact.name == ABOUT or (fact.name, fact.value) in known:
            continue
        place = next(((b.index, b.text.find(fact.value), b.language) for b in blocks if fact.value in b.text), None)
        block, start, said_in = place or (NOWHERE, 0, language)
        end = start + len(fact.value) if place else 0
        facts.append(
            CaseFact(fact.subject or subject, fact.name, fact.value, fact.value, block, start, end, said_in, "site")
        )
    return facts
