"""Of whom a sentence says something: one person of those it names, the page's one person, or nobody.

A statement goes to the person that its own pattern names; else to the only person of its sentence who is no judge,
lawyer or relative; else, where the sentence names none and says he, she, the activist, or leaves the subject out, to
the person of whom the text speaks there. Where two could be meant, it goes to nobody.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pipelines.mentions import Mention, sentences
from pipelines.people import SEVERAL, People, PersonMention

_I: Final = re.IGNORECASE
NOBODY: Final = -2
"""The focus where several persons could be meant."""

_HE: Final = re.compile(
    r"\b(?:he|him|his|himself|он|его|ему|нём|нем|ним|него|нему|він|його|йому|ньому|нього|ён|яго|яму|ім)\b", _I
)
_SHE: Final = re.compile(r"\b(?:she|hers?|herself|она|е[её]|ей|ней|не[её]|нею|вона|її|їй|неї|яна|яе|ёй|яе|нёй)\b", _I)
_HE_VERB: Final = re.compile(
    r"\b(?:приговор[её]н|осужд[её]н|задержан|арестован|обвин[её]н|признан|освобожд[её]н|помещ[её]н|этапирован"
    r"|переведён|переведен"
    r"|отправлен|был|родился|получил|умер|вышел|находился|содержался|засуджений|затриманий|заарештований"
    r"|звинувачений|визнаний"
    r"|звільнений|народився|отримав|помер|був|асуджаны|затрыманы|арыштаваны|абвінавачаны|прызнаны|вызвалены"
    r"|нарадзіўся|атрымаў"
    r"|памёр|быў)\b",
    _I,
)
_SHE_VERB: Final = re.compile(
    r"\b(?:приговорена|осуждена|задержана|арестована|обвинена|признана|освобождена|помещена|этапирована"
    r"|переведена|отправлена"
    r"|была|родилась|получила|умерла|вышла|находилась|содержалась|засуджена|затримана|заарештована|звинувачена|визнана"
    r"|звільнена|народилася|отримала|померла|була|асуджаная|затрыманая|арыштаваная|абвінавачаная|прызнаная|вызваленая"
    r"|нарадзілася|атрымала|памерла|была)\b",
    _I,
)
_YOU: Final = re.compile(r"\b(?:you|your|вы|вас|вам|ваш\w*|ви|ваш\w*)\b", _I)
_FIRST: Final = re.compile(
    r"\b(?:I|me|my|we|us|our|я|меня|мне|мой|моя|мо[её]|нас|нам|мы|наш\w*|мене|мені|мій|мяне|мне|мой)\b"
)
_KNOWN: Final = re.compile(
    r"\b(?:the|this)\s+(?:[\w-]+\s+){0,2}?(?:activist|journalist|politician|teacher|man|woman|defendant|convict"
    r"|prisoner|blogger|student"
    r"|artist|accused|pensioner|scientist|poet|postman|nurse|librarian|chemist|farmer|cleaner|mechanic"
    r"|electrician|designer|publisher|lecturer|professor|academic|pastor|youth|young man|young woman|girl|boy"
    r"|musician|programmer|doctor|writer|engineer|priest|deputy"
    r"|reporter|editor|photographer"
    r"|lawyer|historian|soldier|officer|veteran|resident|mathematician|physicist|sociologist|suspect|believer"
    r"|trainee|driver|worker)\b(?!s|['’]s\s+\w)"
    r"|\b(?:активист(?:а|у|ом|к[аиуе]|кой)?|журналист(?:а|у|ом|к[аиуе]|кой)?|политик(?:а|у|ом)?|блогер(?:а|у|ом"
    r"|ш[аиуе])?|учител(?:ь|я|ю|ем|ьниц[аыуе])"
    r"|мужчин[аыуе]|женщин[аыуе]|девушк[аиуе]|парн(?:я|ю|ем)|молод(?:ой|ого|ому) человек(?:а|у)?"
    r"|осужд[её]нн(?:ый|ого|ому|ая|ой|ую)|обвиняем(?:ый|ого|ому|ая|ой|ую)"
    r"|подсудим(?:ый|ого|ому|ая|ой|ую)"
    r"|политзаключ[её]нн(?:ый|ого|ому|ая|ой|ую)|художни(?:к|ка|ку|ца|цу|цы|це)|студент(?:а|у|к[аиуе])?"
    r"|пенсионер(?:а|у|к[аиуе])?"
    r"|депутат(?:а|у|к[аиуе])?|правозащитни(?:к|ка|ку|ца|цу|цы)|поэт(?:а|у|ом|есс[аыуе])?|уч[её]н(?:ый|ого|ому)"
    r"|активіст(?:а|у|к[аиуі])?|журналіст(?:а|у|к[аиуі])?|чоловік(?:а|у|ові)?|жінк[аиу]|жінці|політв.яз(?:ень|ня|ню)|дівчин[аиуі]|хлопц(?:я"
    r"|ю|ем)|юнака?|засуджен(?:ий|ого|ому"
    r"|а|у|ої)|обвинувачен(?:ий|ого|а)"
    r"|актывіст(?:а|у|к[аіу])?|журналіст(?:а|у|к[аіу])?|мужчын[аыуе]|жанчын[аыуе]|дзяўчын[аыуе]|хлопц(?:а|у|ам)"
    r"|юнака?|палітвязе?н[ья]?|палітвязня"
    r"|асуджан(?:ы|ага|аму|ая|ую)|абвінавачан(?:ы|ага|аму|ая))\b",
    _I,
)
_COURT: Final = re.compile(
    r"\b(?:court|appeal\w*|апелляц\w+|кассац\w+|апеляц\w+|касац\w+|апеляцыя|суд|суд[аоу]м?|судья|суддя|суддзя|judge)\b",
    _I,
)
OPENS_BARE: Final = re.compile(
    r"\W*(?:(?:on|in|since)\s+[\w ,.]{3,25}?,?\s*)?(?:sentenced|detained|arrested|charged|convicted|remanded"
    r"|released|born|prosecuted)\b"
    r"|(?:\W*\d[\w ,.]{3,25}?|\W*(?:в|у|ў|с|з)\s+[\w ]{3,25}?)?\W*(?:приговор|осужд|задержа|арестова|обвин"
    r"|признан|освобожд|помещ|родил|засудж|затрим"
    r"|заарешт|звинувач|звільн|народи|асудж|затрым|арыштав|абвінавач|вызвал|нарадзі)\w*\b",
    _I,
)
_OTHERS: Final = re.compile(
    r"\b(?:те[мх]?,?\s+(?:кого|кому|кто)|тот,?\s+кто|кого|those|anyone|whoever|everyone|т[іи]х?,?\s+(?:хто"
    r"|кого)|тыя?х?,?\s+(?:хто|каго)|another|other|others|co-?defendants?|accomplices?|both|each|all of them"
    r"|they|them|their|someone|some"
    r"|several|many"
    r"|a\s+(?:\w+\s+){0,3}(?:man|woman|resident|activist|journalist|person|colleague|friend|student|local"
    r"|deputy|officer|prisoner)"
    r"|an\s+(?:\w+\s+){0,3}(?:activist|officer|artist|engineer|employee|individual|acquaintance)"
    r"|(?:his|her|my|your)\s+(?:\w+\s+){0,2}(?:wife|husband|mother|father|brother|sister|son|daughter|friend"
    r"|colleague|lawyer|partner|cellmate"
    r"|co-defendant|parents|relatives|supporters|neighbou?r|fianc\w+|girlfriend|boyfriend|family|comrade|classmate)s?"
    r"|двое|трое|четверо|пятеро|несколько|многие|другой|другая|другие|другого|друг[оу]м?[ую]|ещ[её]\s+(?:один"
    r"|одного|одна|дв\w+|тр\w+)|они|их|им|некоторые"
    r"|(?:его|е[её]|мой|моя)\s+(?:жен\w+|муж\w*|мать|матер\w+|отц\w+|отец|брат\w*|сестр\w+|сын\w*|доч\w+"
    r"|друг\w*|коллег\w+|адвокат\w*|подруг\w+|знаком\w+|сосед\w*|подельник\w*)"
    r"|(?:оккупант|силовик|похитител|чиновник|окупант|викрадач|посадовц|сілавік|выкрадальнік)[ая]м|обоим|обом|абодвум|обоє"
    r"|двоє|троє|кілька|інш(?:ий|а|і|ого|у|их)|вони|їх|ще\s+(?:один|одного|одна|дв\w+|тр\w+)|(?:його"
    r"|її)\s+(?:дружин\w+|чоловік\w*|мати|батьк\w+|брат\w*|сестр\w+|син\w*|друг\w*|колег\w+|адвокат\w*)"
    r"|двое|некалькі|інш(?:ы|ая|ыя|ага|ую|ых)|яны|яшчэ\s+(?:адзін|аднаго|адна|дв\w+|тр\w+)|(?:яго"
    r"|яе)\s+(?:жонк\w+|муж\w*|маці|бацьк\w+|брат\w*|сястр\w+|сын\w*|сябр\w+|калег\w+|адвакат\w*))\b",
    _I,
)
_KIN_OF: Final = re.compile(
    r"\b(?:wife|husband|mother|father|brother|sister|son|daughter|friend|colleague|lawyer|supporter|relative"
    r"|neighbou?r)s?\s+of\s+(?:[\w-]+\s+){0,3}\Z",
    re.IGNORECASE,
)
_KIN_BEFORE: Final = re.compile(
    r"(?<!\w)(?:сестр|брат|мать|матер|отец|отц|муж|жен[аеуы]|сын|доч|друг|друз|подруг|коллег|соратни|подельни|сокамерни"
    r"|знаком|сосед|вдов|дед|бабушк|родствен|невест|дружин|чоловік|мати|батьк|колег|жонк|маці|бацьк|сястр|калег)"
    r"[а-яёіїєў]{0,6}\s+\Z",
    re.IGNORECASE,
)
_PARTICIPLE: Final = re.compile(
    r"(?:sentenced|convicted|detained|arrested|charged|released|jailed)\b"
    r"|[^\W\d_]{3,20}(?:нн|вш|ем|ен|ан)(?:ый|ая|ого|ую|ому|ой|ым|ий|его|ему|ей|им|ым|ої|ій|ага|аму)\b",
    re.IGNORECASE,
)
"""Right behind a name and a comma: of that name."""
_CHARGE: Final = re.compile(
    r"\b(?:charge[sd]?|fined|оштраф\w+|протокол\w*|accus\w+|convict\w+|prosecut(?:ed|ion of|ing)|sentenc\w+|guilty"
    r"|under|case against|indict\w+|suspect\w*|crimin\w+ case"
    r"|обвин\w+|осу[жд]\w+|приговор\w+|виновн\w+|по\s+(?:ч|п|ст|част|статье|статьям)\w*|вмен\w+|инкриминир\w+"
    r"|возбу\w+|преслед\w+|подозрева\w+|дел[оауе]"
    r"|звинува[чт]\w+|обвинува[чт]\w+|засу[дж]\w+|вирок\w*|призначи\w+|відбува\w+|винн\w+|за\s+(?:ч|ст|част|статт)\w*|інкримін\w+|порушил\w*|відкри\w+"
    r"|підозр\w+|справ\w+"
    r"|абвінава[чц]\w+|з?асу[дж]\w+|прысу[дж]\w+|прыгав\w+|прызначы\w+|адбы\w+|вінават\w+|па\s+(?:ч|арт|част|артыкул)\w*|паводле|інкрымін\w+|завялі|распача\w+"
    r"|падазр\w+|справ\w+)\b",
    _I,
)
_LAW: Final = re.compile(
    r"\b(?:repeal\w*|abolish\w*|abolition|amend\w*|contradicts?|provides?|prohibits?|punish(?:es|able)"
    r"|introduced|adopted|criminali[sz]es|penali[sz]es|stipulates?|carries|restrictions?|inclusion"
    r"|отмен(?:ы|ить|у|е|а|ен\w+)?\s+стать\w+|противореч\w+|предусматрива\w+|наказыва\w+|появил\w+|введен\w+"
    r"|введён\w+|ввели|гласит|принят\w*|карается|запреща\w+"
    r"|скасуван\w+|суперечить|передбача\w+|карається|запровад\w+|супярэчыць|прадугледж\w+|караецца|скасаван\w+"
    r"|увялі|уведзен\w+)\b",
    _I,
)
_STRANGER: Final = re.compile(
    r"\b(?:[A-Z][a-z]{2,20}(?:ov|ev|ova|eva|sky|skaya|enko|chuk|shvili|dze|yan)"
    r"|[А-ЯЁІЇЄЎ][а-яёіїєў’'ʼ]{1,20}(?:[оеё]в|[аоеё]ў|ова|ева|[иыі]на"
    r"|ский|ская|ський|ська|скі|енко|[кч]ук|швили|дзе|[ая]нян))\b(?!\s+(?:[A-ZА-ЯЁІЇЄЎ]|court|суд|district"
    r"|region|street|област|район|край))"
)
"""A surname of nobody whom the page names in full: the sentence may be of that person."""
_PLACED: Final = re.compile(
    r"\b(?:in|at|of|from|near|to|city|town|village|г\.|город\w*|місто"
    r"|горад)\s+\Z",
    re.IGNORECASE,
)
_WHO: Final = re.compile(r"\s*,?\s*(?:who|whom|котор\w{2,3}|як[іа]|який|якія|якую|якога)\b")
_DROPPED: Final = re.compile(
    r"[^.;]{0,40}?\b(?:was|were|been)\s+(?:dropped|withdrawn|closed)\b|[^.;]{0,40}?\b(?:снят|прекращен|закрыт"
    r"|закрит|знят)\w*",
    re.IGNORECASE,
)
_AND: Final = re.compile(
    r"\s*(?:,|,?\s*(?:and|as well as|along with|together with|и|а также|та|і|й|ды|а таксама|а також"
    r"|&))\s*(?:[\w’'«»\"-]+\s+){0,6}?\Z",
    _I,
)
_UNDER: Final = re.compile(
    r"\b(?:with|of|against|for|to|from|alongside|like|by|about|unlike|after|before|than|including|near|over|at"
    r"|on|without|support(?:ing)?|case|named|following"
    r"|knew|knows|met|helped|defended|called|told|replaced|и\s+друг\w+|с|со|от|для|против|про|об?|у|к|ко"
    r"|вместе\s+с|из-за|вслед\s+за|как\s+и|з|із|від|проти|разом\s+з|для|праз|супраць|разам\s+з|ад)"
    r"\s+(?:(?:the|his|her|their|a|an|former|fellow|late)\s+)?(?:[\w-]+\s+){0,2}\Z",
    _I,
)
_SPEECH: Final = re.compile(
    r"\s*(?:,\s*[^,.;]{1,60},)?\s*(?:has\s+|had\s+|also\s+|later\s+)?(?:said|says|told|tells|wrote|writes"
    r"|reported|reports|noted|notes|added|adds|recalls?|recalled|explained|explains|believes|stated"
    r"|claims?|claimed|confirmed|announced|commented|argues?|argued|testified|insists?|insisted|published"
    r"|posted|learned|stressed"
    r"|сказал\w*|говорит|сообщ\w+|написал\w*|пишет|рассказал\w*|рассказыва\w+|отмет\w+|добавил\w*|пояснил\w*"
    r"|объяснил\w*|заявил\w*|считает|вспомин\w+|подтвердил\w*|подчеркнул\w*"
    r"|сказа\w+|повідом\w+|розпов\w+|зазнач\w+|додав\w*|пояснив|заяв\w+|вважає|згаду\w+|підтверд\w+|паведам\w+"
    r"|распав\w+|адзнач\w+|дадаў|дадала|заяв\w+|лічыць|узгадва\w+)\b",
    _I,
)
_ACCORDING: Final = re.compile(
    r"(?:\baccording\s+to|по\s+словам|со\s+слов|за\s+словами|паводле|са\s+слоў|по\s+данным|сообщает|пишет|says"
    r"|said|повідомляє|паведамляе)\s+(?:[\w’'-]+\s+){0,5}\Z",
    _I,
)
_RESPECTIVELY: Final = re.compile(r"\brespectively\b|соответственно|відповідно|адпаведна", _I)
_QUOTE: Final = re.compile(r"«[^«»]{20,}»|“[^“”]{20,}”|\"[^\"]{20,}\"|„[^„“”]{20,}[“”]|‘[^‘’]{20,}’")
_SIGNED: Final = re.compile(
    r"\b(?:(?:was|were|is|been)\s+signed\s+by|signed\s+by|signatories|signatures|undersigned|have\s+signed"
    r"|signed(?=\s*:)|подписали|подписан[оаы]?|подписанты|подписи|підписали|підписан[оаий]?|підписанти|підписи"
    r"|падпісалі|падпісан\w|падпісанты|подпісы)\b",
    _I,
)
_LETTER: Final = re.compile(
    r"\b(?:letter|appeal|statement|petition|declaration|signed\s*:|письм\w+|обращени\w+|заявлени\w+|петици\w+"
    r"|лист\w*|звернен\w+|заяв\w+|петиці\w+|ліст\w*|зварот\w*)",
    _I,
)
_CODEFENDANT: Final = re.compile(
    r"\b(?:co-?defendants?|co-accused|подельни(?:к|ц)\w*|сообвиняем\w+|співобвинувачен\w+"
    r"|суабвінавачан\w+)(?:\s+(?:is|are|was|were))?[\s,:–—-]{1,3}(?:[а-яёіїєўa-z’'-]+\s+){0,3}\Z",
    _I,
)
SELF: Final = 25
"""Characters before a statement in which its "I" stands."""
_ALONE: Final = frozenset({"item", "cell", "card", "heading"})
_DATES: Final = frozenset({"detained", "remanded", "verdict_date", "prosecuted"})
_OTHER_SUBJECT: Final = re.compile(
    r"\b(?:оккупант|силовик|похитител|убийц|окупант|викрадач|вбивц|акупант)(?:ам|ям|у|ю|ові|еві)\b|"
    r"\b(?:another|other)\s+(?:\w+\s+){0,2}(?:activist|defendant|journalist|man|woman|person|prisoner|suspect"
    r"|resident)s?\b"
    r"|\b(?:his|her)\s+(?:\w+\s+){0,2}(?:wife|husband|mother|father|brother|sister|son|daughter|friend"
    r"|colleague|lawyer|partner"
    r"|cellmate|co-defendant|parents|relatives|neighbou?r|fianc\w+|girlfriend|boyfriend"
    r"|comrade)s?\s+(?:\w+\s+){0,2}(?:was|were|is|are|has|have|got|received)\b"
    r"|\b(?:его|е[её]|його|її|яго|яе)\s+(?:жен\w+|муж\w*|мать|отец|брат\w*|сестр\w+|сын\w*|доч\w+|друг\w*"
    r"|коллег\w+|адвокат\w*|подруг\w+|подельник\w*"
    r"|дружин\w+|чоловік\w*|мати|батьк\w+|колег\w+|жонк\w+|маці|бацьк\w+|сястр\w+"
    r"|калег\w+)\s+(?:\w+\s+){0,3}(?:был|была|бул[аи]|быў|приговор|осу|задерж|арест|получ|засудж|затрим|отрим"
    r"|асудж|затрым|атрым)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Said:
    """A mention with the persons that it is of."""

    mention: Mention
    persons: tuple[int, ...]


@dataclass(slots=True)
class Focus:
    """Of whom the text speaks at some place of the page."""

    owner: int | None
    """The page's one person, or its section's."""
    last: int | None = None
    """Whom the sentence before spoke of; NOBODY where that is open."""
    interview: bool = False
    """Whether who is spoken to is the owner."""


def attribute(
    text: str, kind: str, said: Sequence[Mention], named: Sequence[PersonMention], people: People, focus: Focus
) -> list[Said]:
    """Who each mention of one text is of; `focus` is moved on to the text's last sentence."""
    found: list[Said] = []
    addresses = [one for one in said if one.name == "letter_address"]
    for one in addresses:
        names = [person for person in named if one.start <= person.start < one.end and person.person != SEVERAL]
        # a street may bear a person's name: whom the address's own pattern names goes before it
        to = [person for person in names if one.person and person.start < one.person[1] and one.person[0] < person.end]
        inside = {person.person for person in to or names}
        owner = inside.pop() if len(inside) == 1 else (focus.owner if not inside else None)
        if owner is not None and owner >= 0:
            found.append(Said(one, (owner,)))
            found += [Said(more, (owner,)) for more in said if more is not one and _inside(more, one)]
    loose = [
        one for one in said if one.name != "letter_address" and not any(_inside(one, whole) for whole in addresses)
    ]
    quotes = [match.span() for match in _QUOTE.finditer(text)] if loose else []
    spoken = _QUOTE.sub(lambda match: " " * len(match.group()), text) if quotes else text
    before = focus.last
    focus.last = None
    for start, end in sentences(text):
        mine = [one for one in loose if start <= one.start < end]
        persons = [one for one in named if start <= one.start < end]
        reader = _Sentence(text, spoken, kind, start, end, persons, people, focus, before)
        found += reader.read(mine, quotes)
        moved = reader.speaks_of()
        if moved is not None:
            focus.last = moved
    if focus.last is None:
        focus.last = before if len(text) < 40 else None
    return found


def _inside(one: Mention, whole: Mention) -> bool:
    return whole.start <= one.start and one.end <= whole.end


class _Sentence:
    """One sentence, the persons it names, and of whom the text spoke before it."""

    def __init__(
        self,
        text: str,
        spoken: str,
        kind: str,
        start: int,
        end: int,
        named: Sequence[PersonMention],
        people: People,
        focus: Focus,
        before: int | None,
    ) -> None:
        self.text, self.spoken, self.kind, self.start, self.end = text, spoken, kind, start, end
        self.named, self.people, self.focus, self.before = named, people, focus, before
        self.speakers = {index for index, one in enumerate(named) if self._speaks(one)}
        self.groups = self._groups()

    def _speaks(self, one: PersonMention) -> bool:
        after = _SPEECH.match(self.text, one.end, self.end)
        return bool(after) or bool(_ACCORDING.search(self.text[max(self.start, one.start - 60) : one.start]))

    def _groups(self) -> list[list[PersonMention]]:
        """Persons joined by commas and "and"."""
        groups: list[list[PersonMention]] = []
        for one in self.named:
            between = self.text[groups[-1][-1].end : one.start] if groups else ""
            if groups and len(between) < 80 and _AND.match(between):
                groups[-1].append(one)
            else:
                groups.append([one])
        return [part for group in groups for part in self._apposed(group)]

    def _apposed(self, group: list[PersonMention]) -> list[list[PersonMention]]:
        """Two names with a bare comma between them are no list: "the colleague of Orlov, Timur Agishev"."""
        if len(group) == 2 and self.text[group[0].end : group[1].start].strip() == ",":
            ahead = self.text[max(self.start, group[0].start - 60) : group[0].start]
            if not group[0].full or _KIN_BEFORE.search(ahead):
                return [[group[0]], [group[1]]]
        return [group]

    def _main(self) -> list[PersonMention]:
        """Who is neither an official, a relative, nor who tells it."""
        return [one for index, one in enumerate(self.named) if not one.role and index not in self.speakers]

    def speaks_of(self) -> int | None:
        """Of whom the next sentence's pronoun is; NOBODY where open; None where this one changes nothing."""
        if not self.named:
            return None
        main = {one.person for one in self._main()}
        if not main:
            main = {one.person for one in self.named}
            if self.focus.owner in main:
                return self.focus.owner
            # a judge or an investigator is no one that the next sentence's pronoun is of for certain
            told = len(main) > 1 or any(one.role == "official" for one in self.named)
            return NOBODY if told else main.pop()
        if len(main) == 1:
            only = main.pop()
            return NOBODY if only == SEVERAL else only
        first = self._main()[0]
        if first.case == "n" and not self._under(first) and self.focus.owner == first.person:
            genders = {self.people.persons[one].gender for one in main if one >= 0 and one != first.person}
            if self.people.persons[first.person].gender not in genders and "" not in genders:
                return first.person
        return NOBODY

    def read(self, said: Sequence[Mention], quotes: Sequence[tuple[int, int]]) -> list[Said]:
        """Who each mention is of; a court goes where what it did goes."""
        found: list[Said] = []
        terms = [one for one in said if one.name == "sentence"]
        for one in said:
            if one.name == "court":
                continue
            event = self._event(one, said)
            quoted = next(
                (self.text[left:right] for left, right in quotes if left < event.start and event.end < right), ""
            )
            persons = self._of(event, terms, quoted)
            if persons:
                found.append(Said(one, persons))
        judged = [one for one in found if one.mention.name in {"sentence", "stage", "remanded", "verdict_date"}]
        for one in said:
            if one.name == "court":
                owners = tuple(dict.fromkeys(person for other in judged for person in other.persons))
                owners = owners or (self._of(one, terms, "") if self.kind == "card" else ())
                if owners:
                    found.append(Said(one, owners))
        return found

    @staticmethod
    def _event(one: Mention, said: Sequence[Mention]) -> Mention:
        """What a date is the date of: it is of the same person."""
        if one.name not in _DATES:
            return one
        events = [other for other in said if other.name == "stage" and other.by == one.by]
        return min(events, key=lambda other: abs(other.start - one.start), default=one)

    def _of(self, one: Mention, terms: Sequence[Mention], quoted: str) -> tuple[int, ...]:
        if one.name == "article" and not self._charged(one):
            return ()
        if one.person is not None:
            own = [p for p in self.named if p.start < one.person[1] and one.person[0] < p.end]
            acted_on = self._acted_on(own[-1], one) if own else None
            if own:
                return self._own(acted_on or own[-1], one, terms)
        if quoted and _FIRST.search(quoted):
            return self._speaker(one)
        main = self._main()
        near = self._parenthesis(one)
        if near is not None:
            return near
        distinct = {p.person for p in main}
        if SEVERAL in distinct:
            return ()
        if len(distinct) == 1 and not self._for_another(one, main) and not self._aside(one, main):
            return (distinct.pop(),)
        if len(distinct) > 1:
            return self._one_of_several(one, main, terms)
        if self.named and not main:
            return self._beside_officials(one, quoted=bool(quoted))
        return () if distinct else self._unnamed(one, quoted=bool(quoted))

    def _speaker(self, one: Mention) -> tuple[int, ...]:
        """Who says "I": the one person that the sentence lets speak."""
        told = {self.named[index].person for index in sorted(self.speakers)}
        said = self.text[max(self.start, one.start - SELF) : one.end]
        return tuple(told) if len(told) == 1 and SEVERAL not in told and _FIRST.search(said) else ()

    def _acted_on(self, own: PersonMention, one: Mention) -> PersonMention | None:
        """Whom an official of the pattern acts on: "the investigator X charged Y"."""
        if own.role != "official" or own.end > one.start or self._passive(self.text[own.end : one.end]):
            return None
        behind = [p for p in self.named if one.end <= p.start <= one.end + 40 and not p.role]
        return behind[0] if behind else None

    def _charged(self, one: Mention) -> bool:
        """Whether the article is one that somebody is charged with, not one that is argued about."""
        if self.kind in _ALONE or self.end - self.start < 80:
            return not _LAW.search(self.text, self.start, one.start) and not _DROPPED.match(
                self.text, one.end, self.end
            )
        if _DROPPED.match(self.text, one.end, self.end):
            return False
        return bool(_CHARGE.search(self.text, self.start, self.end)) and not _LAW.search(
            self.text, self.start, self.end
        )

    def _own(self, own: PersonMention, one: Mention, terms: Sequence[Mention]) -> tuple[int, ...]:
        """The person of the pattern, with those who are joined to it."""
        if own.person == SEVERAL:
            return ()
        group = next(group for group in self.groups if own in group)
        # "X and his colleague Y were sentenced" is of both
        members = [p for p in group if p.role != "official"]
        if own.role and len(members) != len(group):
            return (own.person,)
        return self._shared(members, one, terms) if len(members) > 1 else (own.person,)

    def _shared(self, group: Sequence[PersonMention], one: Mention, terms: Sequence[Mention]) -> tuple[int, ...]:
        """A group has what is said of it in common, but for terms said in the group's order."""
        persons = tuple(dict.fromkeys(p.person for p in group))
        if SEVERAL in persons:
            return ()
        if (
            len(persons) > 1
            and one.name == "sentence"
            and (len(terms) > 1 or _RESPECTIVELY.search(self.text, self.start, self.end))
        ):
            if len(terms) != len(persons):
                return ()
            order = self._in_order(terms)
            return (persons[order.index(one)],) if order else ()
        return persons

    def _in_order(self, terms: Sequence[Mention]) -> list[Mention]:
        """Terms in the order of their numbers in the text, which one span may hold together; [] where that is open."""
        places: list[tuple[int, int]] = []
        for term in terms:
            number = re.match(r"\d+", term.value)
            place = number and re.search(rf"(?<![\d.,]){number.group()}(?!\d)", self.text[term.start : term.end])
            if not place and len({(other.start, other.end) for other in terms}) < len(terms):
                return []
            places.append((term.start + place.start() if place else term.start, len(places)))
        return [terms[index] for _, index in sorted(places)]

    def _parenthesis(self, one: Mention) -> tuple[int, ...] | None:
        """What stands in brackets or a comma right behind a name is of that name."""
        before = [p for p in self.named if p.end <= one.start]
        if not before:
            return None
        last = before[-1]
        gap = self.text[last.end : one.start]
        if one.name in {"stage", "sentence"} and gap.strip() == "," and _PARTICIPLE.match(self.text, one.start):
            group = next(group for group in self.groups if last in group)
            if len(group) == 1 and last.person != SEVERAL:
                return (last.person,)
        if one.name not in {"birth_year", "birth_date", "sentence", "faces"}:
            return None
        wide = 3 if one.name in {"sentence", "faces"} else 14
        if (
            len(gap) <= wide
            and re.match(r"\s*[,(–—-]\s*(?:was\s+|born\s*)?\Z|\s*[,(–—-]", gap)
            and last.person != SEVERAL
        ):
            return (last.person,)
        return None

    def _for_another(self, one: Mention, main: Sequence[PersonMention]) -> bool:
        """Whether the only person named is not who the statement is of: an unnamed other, or of the other sex."""
        person = self.people.persons[main[0].person]
        before = self.spoken[self.start : one.start]
        if main[0].start < one.start:
            if _OTHER_SUBJECT.search(self.spoken[main[0].end : one.end]):
                return True
        elif _OTHERS.search(before):
            return True
        if re.match(
            r"['’]s\s+(?:\w+\s+){0,2}(?:wife|husband|mother|father|brother|sister|son|daughter|friend|colleague"
            r"|lawyer|partner|case|neighbou?r)",
            self.text[main[0].end : main[0].end + 40],
        ):
            return not re.match(r"['’]s\s+(?:\w+\s+){0,2}case", self.text[main[0].end : main[0].end + 40])
        ahead = self.text[max(self.start, main[0].start - 60) : main[0].start]
        if _KIN_OF.search(ahead) or ((main[0].case != "n" or not main[0].full) and _KIN_BEFORE.search(ahead)):
            return True
        if main[0].start > one.end:
            sex = self._sex(before)
            return bool(sex and person.gender and sex != person.gender)
        verb = self._verb_sex(one)
        return bool(verb and person.gender and verb != person.gender)

    def _aside(self, one: Mention, main: Sequence[PersonMention]) -> bool:
        """Whether the name stands in what is told of an official by the way: "judge X, who sentenced Y, found …"."""
        for other in self.named:
            if other.role != "official" or not other.end < main[0].start < main[-1].end < one.start:
                continue
            opened = re.match(
                r",\s*(?:who|котор|який|яка|які|[^\W\d_]{3,20}вш(?:ий|ая|ие|ого|ую)\b)",
                self.text[other.end : other.end + 30],
            )
            if opened and re.search(r"[,)—]", self.text[main[-1].end : one.start]):
                return True
        return False

    def _verb_sex(self, one: Mention) -> str:
        words = self.text[max(self.start, one.start - 12) : one.end]
        he, she = _HE_VERB.search(words), _SHE_VERB.search(words)
        return "m" if he and not she else "f" if she and not he else ""

    def _sex(self, words: str) -> str:
        he = _HE.search(words) or _HE_VERB.search(words)
        she = _SHE.search(words) or _SHE_VERB.search(words)
        return "m" if he and not she else "f" if she and not he else ""

    def _under(self, one: PersonMention) -> bool:
        """Whether the name depends on another word: with X, of X, the case of X."""
        if one.case and "n" not in one.case:
            return True
        ahead = self.text[max(self.start, one.start - 60) : one.start]
        return self._after_preposition(one) or (not one.full and bool(_KIN_BEFORE.search(ahead)))

    def _after_preposition(self, one: PersonMention) -> bool:
        return bool(_UNDER.search(self.text[max(self.start, one.start - 50) : one.start]))

    def _one_of_several(self, one: Mention, main: Sequence[PersonMention], terms: Sequence[Mention]) -> tuple[int, ...]:
        ahead = [group for group in self.groups if group[0].end <= one.end and any(p in main for p in group)]
        ahead = [[p for p in group if p in main and p.start < one.end] for group in ahead]
        ahead = [group for group in ahead if group]
        free = [group for group in ahead if not self._under(group[0])]
        if ahead and (not free or len(ahead[-1]) > 1) and _WHO.match(self.text, ahead[-1][-1].end):
            return self._shared(ahead[-1], one, terms)
        if not free:
            # an object's case alone: "charged X and Y"; no preposition is before it
            free = [group for group in ahead if not self._after_preposition(group[0])]
        if not free:
            return ()
        last = free[-1]
        if len(free) == 1:
            if ahead[-1] is not last and self._relative_clause(last, one):
                return ()
            return self._shared(last, one, terms)
        between = self.text[free[-2][-1].end : last[0].start]
        if re.search(r";|\n|,\s*(?:and|while|but|а|и|та|і|але|але|у той час)\s|[.:]\s", between) or self._stated(
            one, free[-2][-1].end, last[0].start, terms
        ):
            return self._shared(last, one, terms)
        return ()

    def _relative_clause(self, group: Sequence[PersonMention], one: Mention) -> bool:
        """Whether a "who" between a dependent name and the statement may speak of that name."""
        later = [p for p in self.named if group[-1].end <= p.start and p.end <= one.start]
        return any(
            re.match(r"\s*,?\s*(?:who|whom|котор\w+|який|яка|які|якого|які[йх]|што)\b", self.text[p.end : p.end + 20])
            for p in later
        )

    def _stated(self, one: Mention, start: int, end: int, terms: Sequence[Mention]) -> bool:
        """Whether the same kind of thing is said between two names: a list of persons with a term each."""
        return one.name == "sentence" and any(start <= term.start < end for term in terms)

    def _beside_officials(self, one: Mention, *, quoted: bool) -> tuple[int, ...]:
        """Only judges, lawyers, relatives or who tells it are named."""
        rest = {p.person for p in self.named if p.person != SEVERAL}
        direct = [p for p in self.named if p.end <= one.start and self._passive(self.text[p.end : one.end])]
        if direct and direct[-1].person != SEVERAL and not self._official_act(direct[-1], one):
            return (direct[-1].person,)
        owner = self.focus.owner
        if owner is not None and owner in rest and len(rest) == 1:
            return (owner,)
        if len(rest) == 1 and self._labelled_person(one):
            return tuple(rest)
        found = self._unnamed(one, quoted=quoted)
        if not found or found[0] in rest:
            return ()
        person = self.people.persons[found[0]]
        genders = {self.people.persons[index].gender for index in rest}
        told = any(index in self.speakers for index in range(len(self.named)))
        return () if told and (person.gender in genders or "" in genders) else found

    @staticmethod
    def _labelled_person(one: Mention) -> bool:
        return one.name in {"birth_year", "birth_date", "letter_address"}

    @staticmethod
    def _passive(words: str) -> bool:
        return bool(
            re.match(
                r"\s*(?:,[^,;.]{1,80},)?\s*(?:,?\s*who\s+(?:was|were|is|has been|had been)|was|were|has been"
                r"|had been|is|who was|who has been|,\s*sentenced"
                r"|,\s*born|был[аи]?|бул[аи]|быў|приговор|осужд|задержа|арестова|засудж|затрим|асудж|затрым|родил|\()",
                words,
                _I,
            )
        )

    def _official_act(self, person: PersonMention, one: Mention) -> bool:
        """A judge who sentences is not sentenced."""
        words = self.text[person.end : one.start]
        return person.role == "official" and bool(
            re.search(r"\bприговорил|\bsentenced\s+(?:him|her|the)|\bзасудив|\bпрысудзі", words, _I)
        )

    def _unnamed(self, one: Mention, *, quoted: bool) -> tuple[int, ...]:
        """A sentence that names nobody: of whom the text speaks, if it says he, she, the activist, or leaves it out."""
        before = (self.text if quoted else self.spoken)[self.start : one.end]
        if self.kind in {"card", "cell"} or (self.kind == "item" and self.end - self.start < 120):
            owner = self.focus.owner
            return (owner,) if owner is not None and owner >= 0 and not _OTHERS.search(before) else ()
        if _OTHERS.search(before) or (quoted and not _HE.search(before) and not _SHE.search(before)):
            return ()
        if self.focus.interview and _YOU.search(before):
            return (self.focus.owner,) if self.focus.owner is not None else ()
        if _FIRST.search(before) or _YOU.search(before):
            return ()
        if self._stranger(before):
            return ()
        who = self.before if self.focus.last is None else self.focus.last
        candidate = self._candidate(who, before)
        if candidate is None or not self._points(before, one):
            return ()
        return (candidate,)

    def _stranger(self, words: str) -> bool:
        """Whether a surname stands there that is of none of the persons."""
        for found in _STRANGER.finditer(words):
            start = self.start + found.start()
            own = any(p.start <= start < p.end for p in self.named)
            if not own and not _PLACED.search(words[: found.start()]):
                return True
        return False

    def _points(self, before: str, one: Mention) -> bool:
        return bool(
            _HE.search(before)
            or _SHE.search(before)
            or _KNOWN.search(before)
            or OPENS_BARE.match(before)
            or (_COURT.search(before) and one.name in {"sentence", "verdict_date", "stage", "remanded"})
            or (_HE_VERB.search(before) or _SHE_VERB.search(before))
        )

    def _candidate(self, who: int | None, before: str) -> int | None:
        """The person of the text so far; the owner where the one spoken of last is of the other sex."""
        sex = self._sex(before)
        owner = self.focus.owner
        if who is None or who == owner:
            return self._if_sex(owner, sex)
        if who in (NOBODY, SEVERAL):
            return None
        shadow = self.people.persons[who].gender
        if sex and shadow and shadow != sex:
            return self._if_sex(owner, sex)
        if self.focus.last is not None and (not sex or shadow == sex):
            return who if owner is None or not sex or self.people.persons[owner].gender != sex else None
        return None

    def _if_sex(self, person: int | None, sex: str) -> int | None:
        if person is None or person < 0:
            return None
        gender = self.people.persons[person].gender
        return None if sex and gender and sex != gender else person


def signatories(text: str, named: Sequence[PersonMention], *, before: str = "") -> list[PersonMention]:
    """Who signed a letter, by a list of at least two names behind the words that say so."""
    match = _SIGNED.search(text)
    if not match or not _LETTER.search(before[-300:] + " " + text):
        return []
    behind = [one for one in named if one.start >= match.end() and one.person >= 0]
    if len({one.person for one in behind}) >= 2:
        return behind
    return []


def speaks_of_signing(text: str) -> bool:
    """A cheap look for the words of signing."""
    return any(word in text for word in ("igned", "ignator", "ignature", "одпис", "ідпис", "адпіс", "адпісан"))


def announces_signatories(text: str) -> bool:
    """Whether the names of who signed follow in the next blocks."""
    match = _SIGNED.search(text)
    return bool(match) and text.rstrip().endswith(":") and len(text) < 300


def codefendants(text: str, named: Sequence[PersonMention]) -> list[PersonMention]:
    """Who is called a co-defendant of somebody."""
    return [one for one in named if one.person >= 0 and _CODEFENDANT.search(text[max(0, one.start - 60) : one.start])]
