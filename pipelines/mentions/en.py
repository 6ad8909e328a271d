"""English: what pages of rights organisations, courts' press offices and newspapers say of a case."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipelines.mentions.common import duration, tidy_number, words_of
from pipelines.mentions.events import Term, Tongue

_I = re.IGNORECASE
_ONES = words_of(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
_TENS = words_of("twenty thirty")
_NUMBERS = {word: number for number, word in enumerate(_ONES)} | {
    "twenty": 20,
    "thirty": 30,
    "a": 1,
    "an": 1,
    "half": 0,
}
_WORD = (
    rf"(?:(?:{'|'.join(_TENS)})[ -](?:{'|'.join(_ONES[1:10])})"
    rf"|{'|'.join(sorted(_ONES[1:] + _TENS, key=len, reverse=True))}|an?)"
)
_NUMBER = rf"(?:\d{{1,3}}(?:[.,]\d{{1,2}})?|{_WORD})"
_UNIT = r"(?:year|month|week|day|hour)"

_DURATION = re.compile(
    rf"(?<![\w.,$€])(?P<n>{_NUMBER})(?P<half>\s?½|\s+and\s+a\s+half"
    rf"|-and-a-half)?[\s-]{{1,2}}(?:full\s+)?(?P<u>{_UNIT})s?(?![\w])(?:[’'](?!\w))?"
    rf"(?P<late>\s+and\s+a\s+half)?(?:(?:,?\s+and\s+|,?\s+|-)(?P<n2>{_NUMBER})[\s-](?P<u2>month|day)s?(?![\w])"
    rf"(?!\s+(?:ago|later|earlier|old)))?",
    _I,
)
_NOT_TERM = re.compile(r"[\s-]*(?:ago|later|earlier|olds?|after|before|since)\b", _I)
_ALONE = re.compile(
    r"(?P<life>life\s+(?:imprisonment|in\s+(?:prison|jail)|sentence|behind\s+bars)|to\s+life\b(?!\s+in\s+exile))"
    r"|(?P<fine>(?:a\s+)?fined?\s+(?:of\s+|(?:(?:the\s+|an?\s+)?(?:[a-z-]{2,20}\s+){0,3}?(?:him|her|them"
    r"|(?-i:[A-Z])[\w’'-]{1,30}(?:\s(?-i:[A-Z])[\w’'-]{1,30})?))"
    r"\s+)?(?:about\s+)?(?P<amount>[€$]?\d{1,3}(?:[ ,.\u00a0]?\d{3}){0,3}(?:\s+(?:thousand|million))?)"
    r"\s*(?P<money>rubles?|roubles?|euros?|dollars?|hryvnias?|tenge|basic\s+units|BYN|RUB|USD)?)"
    r"|(?P<care>(?:compulsory|forced|involuntary|mandatory)\s+(?:psychiatric|medical)\s+(?:treatment|measures|care))",
    _I,
)
_REGIME = (
    r"(?P<regime>(?:strict|general|special|maximum|medium|minimum|high|enhanced|reinforced|common|ordinary|tight)"
    r"(?:er)?)[\s-]?(?P<sort>regime|security)?"
)
_HOUSE = (
    r"(?P<place>(?:(?:penal|corrective|correctional|prison|labou?r)[\s-])?(?:colony|camp)(?:[\s-]settlement)?"
    r"|(?:penal\s+)?settlement(?:\s+colony)?|open\s+prison)"
)
_JOIN = r"[\s,(]{0,3}(?:(?:with|followed\s+by|plus|as\s+well\s+as|and|including|of)\s+)?"
_COLONY = re.compile(
    (
        rf"{_JOIN}(?:(?:in|at|of|to|imprisonment|prison)\s+){{0,3}}(?:an?\s+"
        rf"|the\s+)?(?:{_REGIME}\s+)?{_HOUSE}(?:\s+(?:of|with|under)\s+(?:an?\s+)?(?P<regime2>strict|general|special"
        rf"|maximum|reinforced)[\s-](?P<sort2>regime|security))?\b"
    ),
    _I,
)
_FIRST = re.compile(
    rf"[\s,(]{{0,3}}(?:with\s+|of\s+which\s+|including\s+|serving\s+)?(?:the\s+)?first(?:\s+(?P<n>{_NUMBER})"
    rf")?(?:\s+(?P<u>year|month)s?)?(?:\s+of\s+(?:which|them|it|the\s+(?:term|sentence)))?"
    r"(?:\s+(?:are|is|to|must|will|should|of|spent|be|being|served|serve)){0,4}\s+(?:in|at)"
    r"\s+(?:an?\s+)?(?:(?:cell|closed|high|maximum|strict)[\s-](?:type|security|regime)\s+)?(?:prison|jail)\b\)?",
    _I,
)
_KINDS = (
    (re.compile((
        r"[\s-]*(?:of\s+|on\s+)?(?:supervised\s+)?probation(?:ary)?\b(?:\s+(?:period|term)"
        r")?"
    ), _I), "probation"),
    (re.compile((
        r"\s*(?:of\s+)?(?:restricted\s+(?:freedom|liberty)|(?:restriction|limitation)s?\s+(?:of|on)\s+(?:his\s+"
        r"|her\s+|their\s+)?(?:freedom|liberty))\b"
    ), _I), "restriction of freedom"),
    (re.compile(r"[\s,]*(?:of\s+)?(?:corrective|correctional)\s+(?:labou?r|works?)\b", _I), "correctional labour"),
    (re.compile((
        r"[\s,]*(?:of\s+|in\s+)?(?:forced|compulsory|mandatory|hard)\s+(?:labou?r|works?)"
        r"\b"
    ), _I), "forced labour"),
    (re.compile(r"[\s,]*(?:of\s+)?community\s+(?:service|works?)\b", _I), "community service"),
    (re.compile(r"[\s,]*(?:of\s+|under\s+)?house\s+arrest\b", _I), "house arrest"),
    (re.compile((
        r"[\s,]*(?:of\s+|under\s+|in\s+|for\s+)?administrative\s+(?:arrest|detention)\b|\s*(?:of|under)"
        r"\s+arrest\b"
    ), _I), "arrest"),
    (re.compile(r"[\s,]*(?:of\s+|in\s+)?(?:exile)\b", _I), "exile"),
)  # fmt: skip
_PRISON = re.compile(
    (
        r"[\s,-]*(?:(?:in|of|behind|to)\s+)?(?:an?\s+)?(?:prison|jail|imprisonment|bars|custody|incarceration"
        r"|detention|deprivation\s+of\s+liberty)(?:\s+(?:sentence|term))?\b"
    ),
    _I,
)
_SUSPENDED = re.compile(
    (
        r"[\s,(-]{0,3}(?:a\s+)?(?:(?:prison|jail)\s+)?(?:of\s+)?(?:suspended|conditional(?:ly)?"
        r"|on\s+parole\s+conditions)\b(?:\s+(?:sentence|term|imprisonment|prison\s+(?:term|sentence)))?\)?"
    ),
    _I,
)
_SUSPENDED_BEFORE = re.compile(
    r"(?:suspended|conditional)\s+(?:(?:prison|jail)\s+)?(?:sentence|term)?\s*(?:of\s+)?$", _I
)
_BAN = re.compile(r"(?:ban(?:ned)?|prohibit\w*|deprived?|depriv\w+|disqualif\w+|bar(?:red)?)\b[^.;]{0,100}$", _I)
_PROBATIONARY = re.compile(r"probation(?:ary)?\s+(?:period|term)\s+of\s+$", _I)


def _number(written: str) -> str:
    """The number that a numeral or words say."""
    lowered = written.lower()
    if lowered[0].isdigit():
        return tidy_number(lowered)
    return str(sum(_NUMBERS[word] for word in re.split("[ -]", lowered)))


def _length(match: re.Match[str]) -> str:
    """The length of time in its normal form."""
    number = _number(match["n"])
    if (match["half"] or match["late"]) and "." not in number:
        number += ".5"
    parts = [(number, match["u"].lower())]
    if match["n2"]:
        parts.append((_number(match["n2"]), match["u2"].lower()))
    return duration(parts)


def _house(match: re.Match[str]) -> str:
    """Where a term is served, in its normal form."""
    place = re.sub(r"\s|-", " ", match["place"].lower())
    place = "penal settlement" if "settlement" in place or "open" in place else "penal colony"
    regime, sort = match["regime"] or match["regime2"], match["sort"] or match["sort2"]
    if regime is None:
        return place
    return (
        f"{regime.lower().removesuffix('er') if regime.lower() == 'stricter' else regime.lower()} "
        f"{(sort or 'regime').lower()} {place}"
    )


def terms(text: str, start: int, end: int) -> Iterator[Term]:
    """The punishments, each with what belongs to it: place, first years in prison, what follows it."""
    at = start
    while at < end:
        length, alone = _DURATION.search(text, at, end), _ALONE.search(text, at, end)
        if alone is not None and (length is None or alone.start() < length.start()):
            if not alone["fine"] or alone["money"] or len(alone["amount"]) > 3:
                yield Term(alone.start(), alone.end(), _without_length(alone), plain=False)
            at = alone.end()
            continue
        if length is None:
            return
        at = length.end()
        if _NOT_TERM.match(text, length.end()) or _BAN.search(text[max(start, length.start() - 120) : length.start()]):
            continue
        term = _whole(text, length, start, end)
        yield term
        at = term.end


def _without_length(match: re.Match[str]) -> str:
    """A punishment that is no length of time."""
    if match["life"]:
        return "life"
    if match["care"]:
        return "compulsory medical treatment"
    amount = re.sub(r"(?<=\d)[ .\u00a0](?=\d{3})", ",", " ".join(match["amount"].split()))
    return f"fine {amount} {match['money'] or ''}".strip()


def _whole(text: str, length: re.Match[str], start: int, end: int) -> Term:
    """The term that begins with this length of time."""
    parts, at, plain = [_length(length)], length.end(), True
    kind = _kind(text, at, end)
    if kind is not None:
        parts[0], at, plain = f"{parts[0]} {kind[0]}", kind[1], False
    elif _SUSPENDED_BEFORE.search(text, max(start, length.start() - 40), length.start()):
        parts[0] = f"{parts[0]} suspended"
        plain = False
    elif _PROBATIONARY.search(text, max(start, length.start() - 40), length.start()):
        parts[0] = f"{parts[0]} probation"
    while (more := _more(text, at, end)) is not None and len(parts) < 8:
        added, at = more
        plain = False
        if added == "suspended":
            parts[0] = f"{parts[0]} suspended"
        elif added and added not in parts:
            parts.append(added)
    return Term(length.start(), at, ", ".join(parts), plain)


def _kind(text: str, at: int, end: int) -> tuple[str, int] | None:
    """What kind of punishment the length of time is of, where it is not prison."""
    for pattern, name in _KINDS:
        if found := pattern.match(text, at, end):
            return name, found.end()
    return None


def _more(text: str, at: int, end: int) -> tuple[str, int] | None:
    """The next part of the term and where it ends."""
    if found := _EACH.match(text, at, end):
        at = found.end()
    if found := _SUSPENDED.match(text, at, end):
        return "suspended", found.end()
    if found := _COLONY.match(text, at, end):
        return _house(found), found.end()
    if found := _FIRST.match(text, at, end):
        number = _number(found["n"]) if found["n"] else "1"
        return f"first {duration([(number, (found['u'] or 'year').lower())])} in prison", found.end()
    if found := _PRISON.match(text, at, end):
        return "", found.end()
    if (joined := _AND.match(text, at, end)) and (length := _DURATION.match(text, joined.end(), end)):
        kind = _kind(text, length.end(), end)
        if kind is not None:
            return f"{_length(length)} {kind[0]}", kind[1]
    if (joined := _AND.match(text, at, end)) and (alone := _ALONE.match(text, joined.end(), end)):
        return _without_length(alone), alone.end()
    return None


_EACH = re.compile(r",?\s(?:respectively|each),?(?=\s)", _I)
_AND = re.compile(
    (
        r"[\s,]{0,2}(?:(?:and|with|plus|followed\s+by|as\s+well\s+as|along\s+with)\s+)(?:to\s+|an?\s+additional\s+"
        r"|another\s+|a\s+further\s+|by\s+)?"
    ),
    _I,
)

_NAME = (
    r"(?-i:(?!(?:The|In|On|At|After|Before|When|Since|Court|Police|Investigators|This|That|There|Then|Later|But|And"
    r"|Sentence|Term|Verdict)\b)[A-Z][\w’'-]{1,30}(?:\s+(?:[A-Z]\.\s*)?[A-Z][\w’'-]{1,30}){0,3})"
)
_WAS = r"(?:was|were|is|has\s+been|have\s+been|had\s+been|got|being)"
_ADVERB = (
    r"(?:(?:also|originally|previously|then|later|eventually|finally|again|subsequently|reportedly|initially|first"
    r"|recently|already|immediately|unlawfully|illegally|forcibly)\s+)?"
)

_EVENTS = re.compile(
    rf"\b(?:(?P<sentenced>(?<!be )sentenced|(?<=was )condemned(?=\s+to)|(?<=was )(?:jailed|imprisoned)(?=\s+for)"
    rf"|(?:jailed|imprisoned)(?=(?:\s[^.;:]{{1,80}}?)?\s+for\s+{_NUMBER}[\s-](?:and\s+a\s+half\s+)?(?:year|month"
    rf"|week|day)))"
    r"|(?P<convicted>(?:(?<=was )|(?<=were )|(?<=been )|(?<=court )|(?<=is ))convicted|(?:was|were|been|is)"
    r"\s+found\s+guilty|found\s+(?:[\w’'-]+\s+){1,5}?guilty|pronounced\s+guilty)"
    r"|(?P<remanded>remanded|(?:placed|put|held|sent|taken|transferred)\s+(?:(?:him|her|them"
    r"|[A-Z][\w’'-]+(?:\s+[A-Z][\w’'-]+)?)\s+)?(?:(?:in|into|to)\s+)(?:an?\s+|the\s+)?(?:custody\s+pending"
    r"|pre-?trial\s+(?:detention|prison)|remand(?:\s+prison)?|SIZO)|(?:is|been|remains?|held)\s+in\s+(?:custody"
    r"|pre-?trial\s+detention)(?=\s+since\b)|arrested(?=\s+(?:him|her|[A-Z][\w’'-]+)?\s*for\s+two\s+months)"
    r"|(?<=court )(?:arrested|ordered\s+(?:his|her)\s+(?:arrest|detention)))"
    r"|(?P<verdict>(?:verdict|sentence|judge?ment)\s+(?:was|were)\s+(?:delivered|handed\s+down|announced"
    r"|pronounced|passed|issued|read\s+out))"
    r"|(?P<fined>(?:(?<=was )|(?<=were )|(?<=been )|(?<=court ))fined)"
    r"|(?P<house>(?:placed|put|sent)\s+(?:[A-Z]?[\w’'-]+\s+){0,3}?(?:under|into|in)\s+house\s+arrest"
    r"|is\s+under\s+house\s+arrest|transferred\s+to\s+house\s+arrest)"
    rf"|(?P<detained>(?:{_WAS}\s+{_ADVERB}(?:both\s+)?(?:detained|arrested|apprehended|taken\s+into\s+custody))"
    rf"|(?:police|officers|agents|FSB|investigators|authorities|guards|KGB|SBU|forces|men)\s+(?:have\s+"
    rf"|had\s+)?(?:detained|arrested)|^\W*(?:detained|arrested)(?=\s*(?::|on|in|since)))"
    rf"|(?P<charged>{_WAS}\s+{_ADVERB}(?:formally\s+)?(?:charged|indicted|accused\s+of)|(?<=detained and )"
    rf"charged|(?<=arrested and )charged|(?:investigators|prosecutors|FSB|police|authorities)\s+(?:have\s+"
    rf"|had\s+)?charged)"
    rf"|(?P<prosecuted>{_WAS}\s+{_ADVERB}(?:criminally\s+)?prosecuted|(?:criminal\s+)?(?:case|proceedings"
    rf"|prosecution|charges)\s+(?:was|were|has\s+been|have\s+been|had\s+been)\s+(?:opened|initiated|launched"
    rf"|brought|started|instituted)(?:\s+against)?+(?!\s+(?:me|us)\b)|(?:opened|initiated|launched|brought"
    rf"|instituted)\s+(?:an?\s+)?(?:new\s+)?criminal\s+(?:case|proceedings|prosecution)(?!\s+against\s+(?:me|us)"
    rf"\b))"
    r"|(?P<wanted>(?:put|placed|added|declared)\s+(?:[A-Z]?[\w’'-]+\s+){0,3}?(?:on|to)\s+(?:an?|the|its|Russia’s"
    r"|Russia's)\s+(?:federal\s+|international\s+|interstate\s+|national\s+)?(?:wanted|most-wanted)\s+list"
    r"|declared\s+(?:internationally\s+)?wanted)"
    r"|(?P<trial>is\s+(?:currently\s+|now\s+)?(?:on|standing)\s+trial|went\s+on\s+trial|trial\s+(?:began"
    r"|has\s+begun|started|opened|is\s+under\s+way|is\s+ongoing))"
    r"|(?P<exchanged>(?:was|were|has\s+been|had\s+been)\s+(?:exchanged|swapped)|(?:freed|released)\s+(?:in"
    r"|as\s+part\s+of|through|during|under)\s+(?:an?\s+|the\s+)?(?:[\w-]+\s+){0,3}(?:exchange|swap))"
    r"|(?P<released>(?:was|were|has\s+been|had\s+been)\s+(?:finally\s+|later\s+|subsequently\s+)?(?:released"
    r"|freed)(?=\s+(?:from|on\s+(?:bail|parole|\d|his\s+own|her\s+own|the)|after|under|early|in\s+\w+\s+\d{4}"
    r"|in\s+\d{4}|pending|conditionally|having)|\s*[.;,]|\s*$)|(?:was|were|has\s+been)\s+(?:paroled|pardoned"
    r"|granted\s+(?:parole|bail))|left\s+(?:the\s+)?(?:prison|colony)\s+(?:after|having))"
    r"|(?P<died>died\s+(?:[\w’'.-]+\s+){0,8}?(?:in|at)\s+(?:an?\s+|the\s+)?(?:[\w’'.-]+\s+){0,3}?(?:custody"
    r"|prison|jail|colony|detention|SIZO|camp|remand|captivity)|died\s+(?:on|in)\s+(?=\d|January|February|March"
    r"|April|May|June|July|August|September|October|November|December))"
    r"|(?P<acquitted>(?:was|were|been)\s+acquitted|(?:court|jury|judge)\s+acquitted|(?<=fully )acquitted)"
    r"|(?P<reduced>(?:reduced|cut|shortened|increased|extended|toughened|lowered|commuted|changed)\s+(?:(?:his"
    r"|her|the|their)\s+(?:[\w-]+\s+){0,2}|[A-Z][\w’'-]+[’']s\s+|it\s+)?(?:(?:sentence|term|punishment)"
    r"\s+(?:of\s+(?:[A-Z][\w’'-]+\s+){1,3})?)?(?:(?:by|from)\s+[\w\s.,-]{1,40}?\s+)?to(?=\s)|(?:ordered|imposed"
    r"|prescribed)(?=\s+(?:[\w’'-]+\s+){0,4}?(?:compulsory|forced|involuntary|mandatory)\s+(?:psychiatric"
    r"|medical)\s)))(?!\w)",
    re.IGNORECASE,
)
_UNREAL = re.compile(
    r"\b(?:if|unless|whether|could|(?-i:may)|might|would|should|shall|(?-i:will)|cannot|can|never|not|no\s+one"
    r"|nobody|none|neither|without|n[’']t|didn[’']t|wasn[’']t|hasn[’']t|isn[’']t"
    r"|to\s+be|be|(?:is|was|were|are)\s+to|until|fear(?:s|ed)?|risk(?:s|ed|ing)?|threat(?:s|en\w*)?|expect(?:s"
    r"|ed)?|likely|possibly|asked|asks|asking|requested|requests|sought|seeks|seeking|demand(?:s|ed|ing)?"
    r"|propos\w+|recommend\w+|wants?|wanted(?!\s+list)"
    r"|urg\w+|call(?:s|ed|ing)?\s+for|insist\w*|hop(?:e|ed|ing)|suppos\w+|maximum|minimum|punish\w*|carr(?:y"
    r"|ies)|provid\w+|stipulat\w+|envisag\w+|penalt(?:y|ies)|hypothetical\w*|imagine|rumou?r\w*|alleg\w*\s+that"
    r"|so\s+as|instead\s+of|rather\s+than|faces?|facing|faced|up\s+to|den(?:y|ies|ied)|refus\w+|avoid\w*"
    r"|escap\w+)\b",
    _I,
)
_MANY = re.compile(
    r"\b(?:people(?![’']s)|persons|others|many|several|dozens|hundreds|thousands|scores|at\s+least|more\s+than"
    r"|over\s+\d+|nearly|almost|some|most|everyone|anyone|anybody|someone|those|citizens|russians|belarusians"
    r"|ukrainians|protesters|activists|defendants|prisoners|journalists|believers|convicts|individuals|men|women"
    r"|teenagers|students|soldiers|servicemen|residents|opponents|critics|russia|ukraine|belarus|china|iran"
    r"|kremlin|government|authorities|company|ministry|country|average|typically|usually|often|statistic\w*"
    r"|(?:grand|step)?(?:father|mother|parents?|son|daughter)|brother|sister|wife|husband|uncle|aunt|cousin"
    r"|ancestors?|children|child|friend|colleague|classmate|neighbou?r|cellmate|relative)s?\s*(?:\b|[’']s)",
    _I,
)
_BREAKS = re.compile(
    (
        r"[;:]|\b(?:for|over|because|after|before|who|which|that|when|while|since|until|from|posted|published"
        r"|committed|about|whose|where|following)\b(?!\s+(?:a\s+)?term)"
    ),
    _I,
)
_FACES = re.compile(
    (
        r"\b(?:fac(?:es|ing|e|ed)|is\s+threatened\s+with|risks?|could\s+(?:be\s+(?:sentenced\s+to|jailed\s+for"
        r"|imprisoned\s+for)|get|receive|face)|may\s+(?:be\s+(?:sentenced\s+to|jailed\s+for|imprisoned\s+for)|get"
        r"|receive|face))\s+(?:(?:a|the)(?!\s+max)\s+)?(?:(?:possible|potential|prison|jail)\s+)?(?:(?:sentence|term"
        r"|penalty|punishment)\s+(?:of\s+)?)?(?:anywhere\s+)?(?P<limit>(?:of\s+)?(?:up\s+to|as\s+many\s+as"
        r"|a\s+maximum\s+(?:sentence\s+)?of|a\s+maximum|at\s+most)\s+)?(?:an?\s+additional\s+|another\s+)?(?=[\w\d])"
    ),
    _I,
)
_GIVING = re.compile(
    (
        r"\b(?:(?:received|receiving|got|was\s+given|were\s+given|been\s+given|was\s+handed|been\s+handed"
        r"|handed\s+(?:down|him|her)|gave\s+(?:him|her)|is\s+serving|was\s+serving|currently\s+serving|serving"
        r"|serves)\b|(?P<noun>\b(?:prison\s+|jail\s+)?(?:sentence|term|verdict|punishment)\b(?:\s*:|\s+(?:of|is|was)"
        r"\b)?|imposed|fined))"
    ),
    _I,
)
_CLAUSE = re.compile(
    r"[;:—–(]\s*|,\s+(?:and|but|while|whereas|although|though|yet|who|which|where|when|so|after\s+which)\s+"
    r"|\s+(?:but|while|whereas|and)\s+(?:then\s+|later\s+)?|,\s+"
)
_COURT = re.compile(
    (
        r"(?:(?P<of_place>(?-i:[A-Z])[\w-]{2,30})[’']s\s+)?(?P<court>(?:(?:an?|the)\s+(?:(?-i:[a-z]+)"
        r"\s+){0,2})?(?:(?-i:[0-9A-Z])[\w’'-]{0,30}\s+){0,5}(?:(?:district|city|regional|oblast|krai|military"
        r"|garrison|supreme|provincial|municipal|territorial|republican|western|eastern|southern|northern|central"
        r"|county|magistrate[’']?s?|criminal)\s+){0,4}court(?!\s*(?:of\s+Human|case|hearing|room|order|decision"
        r"|session))(?!-)\b(?:\s+of\s+(?:the\s+)?(?-i:[A-Z])[\w-]{1,30}(?:\s+(?-i:[A-Z])[\w-]{1,30}){0,3}"
        r"|\s+in\s+(?-i:[A-Z])[\w-]{1,30}(?:-(?-i:[A-Z])[\w-]{1,30}|\s+(?-i:[A-Z])[\w-]{1,30}){0,2})?)"
    ),
    _I,
)
_ABSENT = re.compile(r"\bin\s+absentia\b", _I)
_SUBJECT = re.compile(
    rf"(?:^|[\s,(\"“‘'])(?<!and )(?<!from )(?<!near )(?<!in )(?<!of )(?<!at )(?<!by )(?<!to )(?P<person>{_NAME}"
    rf"|(?:he|she|you|I|him|her))\s+(?:(?:who|also|was|were|is|has|have|had|been|got|being|then|later|eventually"
    rf"|finally|reportedly|initially|again|subsequently|first|already|both|currently|now)\s+){{0,4}}$"
)
_OBJECT = re.compile(rf"\s+(?P<person>{_NAME}|him|her|them)(?!\w)")

_RELATIVE = re.compile(r"\b(?:who|whom|whose|which|that)\b", _I)

ENGLISH = Tongue(
    language="en",
    stems=words_of(
        "sentenc|appeal|convict|guilty|jailed|imprison|condemn|remand|trial|sizo|custody|arrest|detain"
        "|apprehend|charged|indict|accused|prosecut|criminal|proceedings|wanted|exchang|swap"
        "|released|freed|parole|pardon|died|acquit|prison|colony|settlement|suspended|verdict|serving"
        "|probation|fined|life term| term |term:|punishment:|verdict:|faces |facing |compulsory|involuntary",
        by="|",
    ),
    relative=_RELATIVE,
    events=_EVENTS,
    unreal=_UNREAL,
    opening=re.compile(r"\W{0,3}(?:if|perhaps|maybe|suppose|imagine|unless|were|had|should)\b", _I),
    many=_MANY,
    numbers=_NUMBERS,
    breaks=_BREAKS,
    faces=_FACES,
    terms=terms,
    giving=_GIVING,
    clause=_CLAUSE,
    court=_COURT,
    absent=_ABSENT,
    subject=_SUBJECT,
    object=_OBJECT,
    named=frozenset({"released"}),
    label=re.compile(
        (
            r"(?:^|[\n.;|•]\s{0,3})(?:(?:prison|jail)\s)?(?:sentence|term|verdict|punishment|sentenced(?:\sto)?"
            r"|length\sof\ssentence|prison\sterm)\s?[:—–-]\s{0,2}(?:[\w ,.]{6,18}?\d{4}\s?[,;:—–-]\s?)?$"
        ),
        _I,
    ),
)
