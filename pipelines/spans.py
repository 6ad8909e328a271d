"""The languages of a page's texts, piece by piece: where the script changes, and where the language does within one.

A text is cut at the ends of its lines, then where its script changes for good (a foreign name or abbreviation, under
FOREIGN letters, stays with the text around it), then at sentences, quotations and parentheses that stand out: the
n-gram score of another language exceeds that of the language around, and `judge` says so too when it is asked about
all that stands out together.

A short line in a script that the page is not written in, such as the link to a Russian version, is in the language
whose words it has (`_AUTONYMS`, `_RUSSIAN`), unless the page has other text of that script, which then decides.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from pipelines.language import (
    NO_SCRIPT,
    UNDETERMINED,
    Answer,
    Judgement,
    count_letters,
    judge,
    langdetect_answer,
    likelihoods,
    script_of,
    script_of_letter,
)
from pipelines.language_ngrams import LABELS

Piece = tuple[int, int, Judgement]
"""(start, end, judgement): a stretch of a text."""

FOREIGN: Final = 20
"""Letters from which words in another script, or a sentence in another language, are a stretch of their own."""
ANCHOR: Final = 80
"""Letters from which a stretch says by itself what it is in; shorter ones are compared with what those said."""
SIDE_LETTERS: Final = 40
"""Letters from which a text beside the main text is read as main text is."""
FEW_LETTERS: Final = 12
"""Letters below which only known words tell a language."""
SAMPLE: Final = 4_000
"""Characters that stand for all text of a script of which no stretch is long."""
LONGEST_ADDRESS: Final = 250
"""Letters of a postal address at most."""
ANCHORS: Final = 60
"""Long stretches of one script that are asked what they are in."""
KNOWN_MARGIN: Final = 6.0
"""Score by which a language that the page has anyway must exceed the one around."""
NEW_MARGIN: Final = 14.0
"""Score by which a language that is new to the page must."""
LETTERS_A_WORD: Final = 50
"""Letters of a text for each word of `_SURE` that it must have to be in that language without further questions."""
WORDS_CONFIDENCE: Final = 0.95
"""Of a language that words and letters of `_SURE` tell."""
SHORT_CONFIDENCE: Final = 0.6
"""Of a language that known words alone tell."""

SURE: Final = 0.9
"""Confidence from which a paragraph is taken to be in one language, most of it."""
ALONE: Final = 0.9
"""Share of a script's letters from which a language is the page's only one of that script."""

_GROUPS: Final = {"bs": "sr", "hr": "sr"}
_LABELS: Final = {script: labels.split() for script, labels in LABELS.items()}
_SWITCH: Final = 9.75
"""What a change of script costs, in letters of the wrong script: twice that is just under FOREIGN."""
_SWITCH_AT_MARK: Final = 4.75
_LETTERS = re.compile(r"[A-Za-z]+|[^\W\d_]+")
_NOT_LATIN = re.compile(r"[^\W\d_A-Za-zªºÀ-ÖØ-öø-ʯḀ-ỿ]")
_NOT_CYRILLIC = re.compile(r"[^\W\d_Ѐ-ԯᲀ-ᲈꙀ-ꚟ]")
_ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w.-]{1,255}|(?:https?://|www\.)\S{1,2000}")
_LINE = re.compile(r"[^\n]*\n+|[^\n]+")
_MARK = re.compile(r"[:.!?…]\s")
_OPENING = re.compile(r"[(\[{«„“‘\"]")
# Where the language may change inside a line: after a sentence or a colon, at brackets, quotation marks and dashes.
_CUT = re.compile(r"[.!?…:;][»”“\"’')\]]{0,3}\s+|[»”\")\]][,.;:]?\s+|\s(?=[«„“\"(\[])|\s[—–]\s")

# Of languages that most pages are in: small words that no neighbour has, or few; a letter that it has and neighbours
# lack; letters of its script that it lacks. A sentence that these speak for need not be compared with all languages.
_SURE: Final = {
    "en": (
        re.compile(
            r"\b(?:the|of|and|that|with|his|her|which|were|have|has|been|not|from|their|this|are|she|they|you|your|our"
            r"|would|could|should|about|after|into|than|what|when|who|how|said|there|these|those|its|because|against"
            r"|before|while|where|had|does|did|will|my|if|out|it|is|to|for)\b",
            re.IGNORECASE,
        ),
        None,
        re.compile(r"[À-ÖØ-öø-ʯḀ-ỿ]"),
    ),
    "ru": (
        re.compile(
            r"\b(?:и|в|не|на|что|с|по|он|она|как|его|это|но|из|за|от|для|был|была|были|же|ее|её|или|они|мы|к|у|о|я)\b",
            re.IGNORECASE,
        ),
        re.compile(r"[ыэ]", re.IGNORECASE),
        re.compile(r"[\u0400\u0402-\u040f\u0450\u0452-\u052f]"),
    ),
    "uk": (
        re.compile(
            r"\b(?:і|в|у|не|на|що|з|до|та|за|його|як|але|він|вона|від|про|для|це|її|був|була|були|й|я)\b", re.IGNORECASE
        ),
        re.compile(r"[іїє]", re.IGNORECASE),
        re.compile(r"[\u0400-\u0403\u0405\u0408-\u040fЪЫЭъыэ\u0450-\u0453\u0455\u0458-\u048f\u0492-\u052f]"),
    ),
    "be": (
        re.compile(
            r"\b(?:і|у|ў|не|на|што|з|да|за|яго|як|але|ён|яна|ад|пра|для|гэта|яе|быў|была|былі|я)\b", re.IGNORECASE
        ),
        re.compile(r"[ўы]", re.IGNORECASE),
        re.compile(r"[\u0400\u0402-\u0405\u0407-\u040d\u040fИЩЪищъ\u0450\u0452-\u0455\u0457-\u045d\u045f-\u052f]"),
    ),
}
_SURE_SCRIPTS: Final = {"en": "Latn", "ru": "Cyrl", "uk": "Cyrl", "be": "Cyrl"}
_STRANGE_EVERY: Final = 60
"""One letter that English lacks in so many characters is put down to a foreign name."""

_AUTONYMS: Final = {
    name: language
    for language, names in {
        "az": "azərbaycanca|azərbaycan dili|azərbaycan",
        "be": "беларуская|беларуская мова|беларуская версія|на беларускай|па-беларуску|белорусская мова",
        "bg": "български|на български",
        "crh": "qırımtatarca|къырымтатарджа|къырымтатар тили",
        "de": "deutsch|auf deutsch|deutsche version",
        "en": "english|in english|english version|read in english",
        "es": "español|en español",
        "et": "eesti|eesti keeles",
        "fi": "suomi|suomeksi",
        "fr": "français|en français|version française",
        "hy": "հայերեն",
        "it": "italiano|in italiano",
        "ka": "ქართული|ქართულად",
        "kk": "қазақша|қазақ тілі|қазақ тілінде",
        "ky": "кыргызча|кыргыз тили",
        "lt": "lietuvių|lietuviškai",
        "lv": "latviešu|latviski",
        "mk": "македонски",
        "pl": "polski|po polsku|wersja polska",
        "ro": "română|în română|limba română",
        "ru": (
            "русский|русский язык|русская версия|русская|рус|на русском|на русском языке|по-русски|читать на русском"
            "|читать по-русски|читать на русском языке|версия на русском|версия на русском языке|русскоязычная версия"
        ),
        "sr": "српски|на српском|srpski",
        "tg": "тоҷикӣ|забони тоҷикӣ",
        "tr": "türkçe",
        "tt": "татарча|татар теле",
        "uk": "українська|українською|українська мова|українська версія|укр|читати українською|українською мовою",
        "uz": "oʻzbekcha|o‘zbekcha|o'zbekcha|ўзбекча|ўзбек тили",
    }.items()
    for name in names.split("|")
}
"""What links to versions in other languages are called: the language's own name for itself."""

# Words of menus, notices and postal addresses in Russian: first those that no other language in Cyrillic letters spells
# so (Ukrainian, Belarusian, Bulgarian, Serbian, Macedonian), then those that it shares with some of them.
_RUSSIAN_ONLY: Final = """
    русский русская русское русские русском по-русски языке языки сейчас читать читайте перейти подробнее далее
    новости обновите устарел браузер браузера устаревший пожалуйста поиск найти искать войти выйти подписаться
    подпишитесь поделиться скачать назад вперёд вперед наверх следующая следующий предыдущая предыдущий страницы страниц
    помочь поддержать пожертвовать письмо письма написать отчество рождения комментарии комментарий опубликовано
    обновлено авторы политзаключённый политзаключенный политзаключённые политзаключенные политзаключённых
    политзаключенных россии российской российская дер республики городской улица улицы проспект
    посёлок фку уфсин фсин гуфсин тюрьма следственный изолятор этот который которая которое которые его её ее также
    сожалению позволяет отображать установите любой корректно
"""
_RUSSIAN_TOO: Final = """
    и с в на по для от из к у о об не как г гор адрес дата автор меню район района область ул она они он был была были
    или наш наша ваш ваша обл просп пер пос ик кп лпу лиу сизо раздел разделы язык когда вы мы нет имя города город сайт
    сайта сайте россия вход выход поселок перевод колонии исправительная есть федерации края краю крае версия фамилия
    регистрация помощь еще ещё все всё быть их страница например что это эта если только источник главная подписка
    республика федерация области версии колония
"""
_ONLY: Final = frozenset(_RUSSIAN_ONLY.split())
_RUSSIAN: Final = _ONLY | frozenset(_RUSSIAN_TOO.split())
_EDGES = re.compile(r"\A[\W\d_]+|(?<=\w)[\W_]+\Z")
_RUSSIAN_LETTERS = re.compile(r"[а-яё\u0301]+(?:-[а-яё]+)*", re.IGNORECASE)
# Street and house as Russians abbreviate them; Ukrainians and Belarusians write вул., Bulgarians no д.
_RUSSIAN_ADDRESS = re.compile(r"\bг\.\s?[А-ЯЁ][а-яё-]{1,30},.{0,40}\bул\.|\b(?:ул|пер|просп)\..{1,60}\bд\.\s?\d")
_RUSSIAN_ENDING = re.compile(r"[а-яё]{2,}(?:ский|ского|скому|ским|ые|ый|ыми|ых|ённый)\Z")
_CYRILLIC_WORD = re.compile(r"[Ѐ-ԯ\u0301]+(?:-[Ѐ-ԯ]+)*")


LEAST_OF_PAGE: Final = 40
"""Letters of main text below which its language is a page's only where the detectors agree"""
SURE_OF_PAGE: Final = 0.9
"""to this confidence."""


class PageLanguages:
    """The languages of one page's texts."""

    def __init__(self, main_texts: Sequence[str], side_texts: Sequence[str] = ()) -> None:
        """The page's main texts, or else its side texts, decide what language each script of the page is in."""
        texts = main_texts or side_texts
        self._text = "\n".join(texts)
        self.answer: Answer | None = langdetect_answer(self._text)
        """langdetect's answer about the first 1,000 characters of the page's main text."""
        self._units: dict[str, list[tuple[int, int, str, int]]] = {}
        self._asked: dict[tuple[str, bool], Judgement] = {}
        self._homes: dict[str, str] = {}
        self._alone: dict[str, str] = {}
        self._known: dict[tuple[str, bool], list[Piece]] = {}
        self._letters: Counter[str] = Counter()
        self._present: dict[str, Counter[str]] = {}
        self._hints: dict[str, str] = {}
        for text in texts:
            for _, _, script, letters in self._runs(text):
                self._letters[script] += letters
        self._script = max(self._letters, key=lambda script: (self._letters[script], script), default=NO_SCRIPT)
        self._find_present(texts)
        self._find_present(side_texts)
        self._judged = [piece[2] for text in texts for piece in self.pieces(text)]

    def pieces(self, text: str, *, side: bool = False) -> list[Piece]:
        """Stretches of a text, in order, that cover all of it, each in one language."""
        known = self._known.get((text, side))
        if known is None:
            known = self._known[text, side] = _joined(self._pieces(text, side=side))
        return list(known)

    def page(self) -> Judgement:
        """The language that most letters of the main text are in, `und` where that is none or they are too few."""
        language = by_letters(self._judged)
        own = [judged for judged in self._judged if judged.language == language]
        weight = sum(judged.letters for judged in own)
        sure = sum(judged.confidence * judged.letters for judged in own) / weight if weight else 0.0
        scripts: Counter[str] = Counter()
        for judged in own:
            scripts[judged.script] += judged.letters
        script = max(scripts, key=lambda one: (scripts[one], one), default=self._script)
        letters = sum(judged.letters for judged in self._judged)
        if letters < LEAST_OF_PAGE and sure < SURE_OF_PAGE:
            # the name of a town, say, over an empty list: the page's own word for its language is worth more
            language = UNDETERMINED
        return Judgement(language, 0.0 if language == UNDETERMINED else round(sure, 4), letters, script)

    # --- where the script changes

    def _runs(self, text: str) -> list[tuple[int, int, str, int]]:
        """(start, end, script, letters) of the runs of a text."""
        found = self._units.get(text)
        if found is None:
            found = [(start, end, script, count_letters(text[start:end])) for start, end, script in runs(text)]
            self._units[text] = found
        return found

    # --- which languages the page has

    def _find_present(self, texts: Sequence[str]) -> None:
        """What the long stretches of each script are in, by letters; where none is long, what all of them are.

        Asked again with other texts, of the scripts that the first had nothing of.
        """
        stretches: dict[str, list[str]] = {}
        for text in texts:
            for start, end, script, letters in self._runs(text):
                if letters and script not in self._present:
                    stretches.setdefault(script, []).append(text[start:end])
        for script, several in sorted(stretches.items()):
            long = [one for one in several if len(one) >= ANCHOR]
            together = self._together("\n".join(long or several)[:SAMPLE], script)
            present: Counter[str] = Counter()
            self._hints[script] = together
            for stretch in long[:ANCHORS]:
                for one in self._anchors(stretch, script):
                    if (letters := count_letters(one)) >= ANCHOR:
                        present[self._judged_run(one, script, letters).language] += letters
            if not present:
                present[together] += max(1, sum(map(count_letters, several)))
            del present[UNDETERMINED]
            self._present[script] = present
            self._homes[script] = home = max(present, key=lambda one: (present[one], one), default=UNDETERMINED)
            # on a page in Latin letters all Cyrillic is in one language, as a rule, however little there is of it
            least = 1 if script == "Cyrl" != self._script else ANCHOR
            if present[home] >= max(least, ALONE * present.total()):
                self._alone[script] = home

    def _together(self, sample: str, script: str) -> str:
        """What all text of a script is in, most of it."""
        least = max(2, len(sample) // LETTERS_A_WORD)
        surely = (one for one, own in _SURE_SCRIPTS.items() if own == script and _is_surely(sample, one, least))
        return next(surely, None) or judge(sample).language

    def _anchors(self, stretch: str, script: str) -> list[str]:
        """A stretch in one language, or the sentences of one that may be in several."""
        if self._judged_run(stretch, script, ANCHOR).confidence >= SURE:
            return [stretch]
        bounds = _segments(stretch, ANCHOR)
        return [stretch[a:b] for a, b in itertools.pairwise(bounds)]

    def _judged_run(self, run: str, script: str, letters: int) -> Judgement:
        """A run by itself, where it is long, or with the language of the page's other text of its script in mind."""
        by_itself = letters >= ANCHOR
        judged = self._asked.get((run, by_itself))
        if judged is None:
            hint = self._hints.get(script, UNDETERMINED) if by_itself else self._home(script)
            if letters >= SIDE_LETTERS and _is_surely(run, hint, max(2, letters // LETTERS_A_WORD)):
                judged = Judgement(hint, WORDS_CONFIDENCE, letters, script)
            else:
                judged = judge(run, page=None if hint == UNDETERMINED else hint)
            self._asked[run, by_itself] = judged
        return judged

    def _home(self, script: str) -> str:
        return self._homes.get(script, UNDETERMINED)

    # --- what a text is in

    def _pieces(self, text: str, *, side: bool) -> Iterator[Piece]:
        for start, end, script, letters in self._runs(text):
            run = text[start:end]
            if letters == 0:
                yield start, end, Judgement(UNDETERMINED, 0.0, 0, NO_SCRIPT)
            elif (said := self._said(run, script, letters)) is not None:
                yield start, end, Judgement(said, SHORT_CONFIDENCE, letters, script)
            elif side and letters < SIDE_LETTERS:
                yield start, end, self._short_beside(run, script, letters)
            elif side:
                yield start, end, self._beside(run, script, letters)
            elif letters < FEW_LETTERS:
                yield start, end, self._short(run, script)
            else:
                yield from ((start + a, start + b, judged) for a, b, judged in self._of_run(run, script, letters))

    def _said(self, run: str, script: str, letters: int) -> str | None:
        """The language that known words tell, of a line that is short."""
        if letters < SIDE_LETTERS:
            autonym = _AUTONYMS.get(_bare(run))
            if autonym is not None:
                return autonym
        home = self._home(script)
        if script != "Cyrl" or (home == "ru" and letters >= FEW_LETTERS):
            return None
        if letters >= ANCHOR:
            return "ru" if letters < LONGEST_ADDRESS and _RUSSIAN_ADDRESS.search(run) and _is_russian(run, 3) else None
        foreign = home in {UNDETERMINED, "ru"} and script != self._script
        return "ru" if _is_russian(run, 1 if foreign else 2) else None

    def _short_beside(self, run: str, script: str, letters: int) -> Judgement:
        """A menu's words: nobody is asked, for they are many, and as the rest of the page where letters allow it."""
        unknown = Judgement(UNDETERMINED, 0.0, letters, script)
        if script not in LABELS:
            return judge(run)
        return self._as_the_rest(run, script, unknown) if script in {self._script, "Cyrl"} else unknown

    def _beside(self, run: str, script: str, letters: int) -> Judgement:
        """A text beside the main text: a teaser's few words are only asked whether they speak against the page."""
        home = self._home(script)
        if letters >= ANCHOR or script not in LABELS or self._likely(run, script, home) != home:
            return self._judged_run(run, script, letters)
        return self._as_the_rest(run, script, Judgement(UNDETERMINED, 0.0, letters, script))

    def _short(self, run: str, script: str) -> Judgement:
        """A text too short to be judged by itself: a language that the page has, or as the rest of the page."""
        home = self._home(script)
        judged = judge(run, page=None if home == UNDETERMINED else home)
        if judged.language != UNDETERMINED:
            known = script != "Cyrl" or judged.language in self._present.get(script, ())
            return judged if known else replace(judged, language=UNDETERMINED, confidence=0.0)
        return self._as_the_rest(run, script, judged)

    def _as_the_rest(self, run: str, script: str, judged: Judgement) -> Judgement:
        """What says nothing itself is in the page's language of its script, where the page has but one of that."""
        home = self._alone.get(script)
        if home is None or not _may_be(run, home):
            return judged
        return Judgement(home, SHORT_CONFIDENCE, judged.letters, script)

    def _of_run(self, run: str, script: str, letters: int) -> Iterator[Piece]:
        bounds = _segments(run) if script in LABELS and letters >= 2 * FOREIGN else [0, len(run)]
        around = self._around(run, script, letters, bounds)
        if around.language == UNDETERMINED:
            around = self._as_the_rest(run, script, around)
        if len(bounds) == 2:
            yield 0, len(run), around
            return
        start = 0
        for end, language in self._changes(run, script, around.language, bounds):
            piece = run[start:end]
            if language == around.language:
                judged = Judgement(language, around.confidence, count_letters(piece), around.script)
            else:
                judged = judge(piece, page=language)
                if judged.language != language:
                    judged = replace(judged, language=language, confidence=SHORT_CONFIDENCE)
            yield start, end, judged
            start = end

    def _around(self, run: str, script: str, letters: int, bounds: Sequence[int]) -> Judgement:
        """What a run is in, most of it: a language that the page has, or one that is much likelier than those."""
        judged = self._judged_run(run, script, letters)
        present = self._present.get(script)
        if not present or script not in LABELS:
            return judged
        if judged.language in present and (judged.confidence >= SURE or len(bounds) == 2):
            return judged
        shares: Counter[str] = Counter()
        for a, b in itertools.pairwise(bounds):
            shares[self._best_present(run[a:b], script, judged.language)] += b - a
        best = max(shares, key=lambda one: (shares[one], one))
        if best == judged.language:
            return judged
        other = judge(run, page=best)
        return other if other.language == best else Judgement(best, SHORT_CONFIDENCE, letters, script)

    def _best_present(self, segment: str, script: str, judged: str) -> str:
        """The page's language that a segment is most likely in, or what it was judged to be if that is far likelier."""
        scores = likelihoods(segment)
        present = [one for one in self._present[script] if one in scores]
        if not present:
            return judged
        best = max(present, key=lambda one: (scores[one], one))
        return judged if scores.get(judged, scores[best]) - scores[best] >= NEW_MARGIN else best

    def _changes(self, run: str, script: str, around: str, bounds: Sequence[int]) -> Iterator[tuple[int, str]]:
        """(end, language) of each stretch of a run: what stands out is confirmed, all of it that stands together."""
        segments = list(itertools.pairwise(bounds))
        likely = [self._likely(run[a:b], script, around) for a, b in segments]
        place = 0
        while place < len(segments):
            after = place + 1
            while after < len(segments) and likely[after] == likely[place]:
                after += 1
            start, end = segments[place][0], segments[after - 1][1]
            language = likely[place]
            if language != around and not self._is_confirmed(run[start:end], script, language, around):
                language = around
            yield end, language
            place = after

    def _is_confirmed(self, stretch: str, script: str, language: str, around: str) -> bool:
        """Whether `judge` says so too; for a language that the page has anyway a third one speaks against `around`."""
        if language not in self._present.get(script, ()):
            return judge(stretch).language == language
        return judge(stretch, page=language).language not in {around, UNDETERMINED}

    def _likely(self, segment: str, script: str, around: str) -> str:
        if _is_surely(segment, around, 1 if len(segment) < ANCHOR else 2):
            return around
        scores = likelihoods(segment)
        present = self._present.get(script, Counter())
        own = [label for label in _LABELS[script] if label in scores]
        if not own:
            return around
        best = max(own, key=lambda label: (scores[label], label))
        best = _GROUPS.get(best, best)
        if around in {best, UNDETERMINED}:
            return best
        if around not in scores:
            return judge(segment, page=around).language
        margin = KNOWN_MARGIN if best in present else NEW_MARGIN
        return best if scores[best] - scores[around] >= margin else around


def by_letters(judgements: Iterable[Judgement]) -> str:
    """The language that more than half of all letters of a known language are in; `und` where it is none.

    `und` too where most letters are in no known language.
    """
    judgements = list(judgements)
    if len(judgements) == 1:  # as most blocks are
        return judgements[0].language if judgements[0].letters > 0 else UNDETERMINED
    shares: Counter[str] = Counter()
    for judged in judgements:
        shares[judged.language] += judged.letters
    unknown = shares.pop(UNDETERMINED, 0)
    total = shares.total()
    if total <= unknown:
        return UNDETERMINED
    language = max(shares, key=lambda one: (shares[one], one))
    return language if 2 * shares[language] > total else UNDETERMINED


def _joined(pieces: Iterable[Piece]) -> list[Piece]:
    """Neighbouring stretches in one language and script are one; what has no letters belongs to its neighbour."""
    joined: list[Piece] = []
    for start, end, judged in pieces:
        before = joined[-1] if joined else None
        if before is None:
            joined.append((start, end, judged))
        elif judged.script == NO_SCRIPT:
            joined[-1] = (before[0], end, before[2])
        elif before[2].script == NO_SCRIPT:
            joined[-1] = (before[0], end, judged)
        elif (before[2].language, before[2].script) == (judged.language, judged.script):
            both = before[2].letters + judged.letters
            sure = before[2].confidence * before[2].letters + judged.confidence * judged.letters
            sure = round(sure / max(both, 1), 4)
            joined[-1] = (before[0], end, Judgement(judged.language, sure, both, judged.script))
        else:
            joined.append((start, end, judged))
    return joined


# --- scripts ---------------------------------------------------------------------------------------------------------


def runs(text: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, script) of stretches that cover a text: its lines, cut where the script changes for good."""
    for line in _LINE.finditer(text):
        said = line.group()
        offset = line.start()
        if said.isascii():
            yield offset, line.end(), "Latn" if _LETTERS.search(said) else NO_SCRIPT
        elif not _NOT_LATIN.search(said):
            yield offset, line.end(), script_of(said)
        elif not _NOT_CYRILLIC.search(said):
            yield offset, line.end(), "Cyrl"
        else:
            yield from ((offset + start, offset + end, script) for start, end, script in _cut_by_script(said))


def _cut_by_script(line: str) -> Iterator[tuple[int, int, str]]:
    """A line of several scripts, cut so that the least letters stand in a stretch of another script than theirs."""
    words = list(_words(_without_addresses(line)))
    chosen = _cheapest(line, words)
    start = 0
    for place in range(1, len(words)):
        if chosen[place] != chosen[place - 1]:
            end = _boundary(line, words[place - 1][1], words[place][0])
            yield start, end, chosen[place - 1]
            start = end
    yield start, len(line), chosen[-1] if chosen else NO_SCRIPT


def _without_addresses(line: str) -> str:
    """A line with blanks for addresses of pages and mailboxes: they are in no language."""
    if "@" not in line and "://" not in line and "www." not in line:
        return line
    return _ADDRESS.sub(lambda found: " " * len(found.group()), line)


def _words(line: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, script) of stretches of letters of one script."""
    start = end = 0
    script = ""
    for match in _LETTERS.finditer(line):
        for place in range(match.start(), match.end()):
            own = script_of_letter(line[place])
            if own not in {script, NO_SCRIPT}:
                if script:
                    yield start, end, script
                start, script = place, own
            end = place + 1
    if script:
        yield start, end, script


def _cheapest(line: str, words: Sequence[tuple[int, int, str]]) -> list[str]:
    """Which script each word is put down to (Viterbi): its own, or that of the words around it."""
    letters: Counter[str] = Counter()
    for start, end, script in words:
        letters[script] += end - start
    scripts = sorted(letters, key=lambda script: (-letters[script], script))
    costs = {script: 0.0 if script == scripts[0] else _SWITCH for script in scripts}
    came: list[dict[str, str]] = []
    for place, (start, end, own) in enumerate(words):
        switch = _SWITCH
        if place and _MARK.search(line, words[place - 1][1], start):
            switch = _SWITCH_AT_MARK
        cheapest = min(scripts, key=lambda script: costs[script])
        best = {script: script if costs[script] <= costs[cheapest] + switch else cheapest for script in scripts}
        costs = {
            script: costs[best[script]] + (switch if best[script] != script else 0.0) + (end - start) * (own != script)
            for script in scripts
        }
        came.append(best)
    costs = {script: cost + (0.0 if script == scripts[0] else _SWITCH) for script, cost in costs.items()}
    chosen: list[str] = []
    script = min(scripts, key=lambda one: costs[one], default="")
    for best in reversed(came):
        chosen.append(script)
        script = best[script]
    return chosen[::-1]


def _boundary(line: str, end: int, start: int) -> int:
    """Where, between the end of one word and the start of the next, the stretch of the second begins."""
    opening = _OPENING.search(line, end, start)
    if opening:
        return opening.start()
    mark = _MARK.search(line, end, start)
    if mark:
        return mark.end()
    space = line.find(" ", end, start)
    return start if space < 0 else space + 1


# --- sentences -------------------------------------------------------------------------------------------------------


def _segments(run: str, least: int = FOREIGN) -> list[int]:
    """Bounds of a run's sentences, quotations and parentheses, each of so many letters at least."""
    bounds, place, letters = [0], 0, 0
    for match in _CUT.finditer(run):
        letters += count_letters(run[place : match.end()])
        place = match.end()
        if letters >= least:
            bounds.append(place)
            letters = 0
    if len(bounds) > 1 and letters + count_letters(run[place:]) < least:
        bounds.pop()
    if bounds[-1] < len(run):
        bounds.append(len(run))
    return bounds


def _is_surely(segment: str, language: str, least: int = 2) -> bool:
    """Whether so many words, and all letters, show a segment to be in a language: nothing more need be asked."""
    sure = _SURE.get(language)
    if sure is None:
        return False
    words, letter, strange = sure
    odd = sum(1 for _ in itertools.islice(strange.finditer(segment), len(segment) // _STRANGE_EVERY + 1))
    if odd and (letter or odd * _STRANGE_EVERY > len(segment)):
        return False
    if letter and not letter.search(segment):
        return False
    return sum(1 for _ in itertools.islice(words.finditer(segment), least)) == least


def _may_be(run: str, language: str) -> bool:
    """Whether a short text has no letters that speak against a language."""
    sure = _SURE.get(language)
    return sure is None or not sure[2].search(run)


# --- known words -----------------------------------------------------------------------------------------------------


def _bare(run: str) -> str:
    return _EDGES.sub("", unicodedata.normalize("NFC", run)).casefold()


def _is_russian(run: str, least: int) -> bool:
    """Whether words that only Russian has are there, and no word in letters that Russian lacks."""
    words = _CYRILLIC_WORD.findall(run.lower())
    if not words or not all(map(_RUSSIAN_LETTERS.fullmatch, words)):
        return False
    if least < 3 and _RUSSIAN_ADDRESS.search(run):
        return True
    alone = sum(1 for word in words if word in _ONLY or _RUSSIAN_ENDING.match(word))
    known = sum(1 for word in words if word in _RUSSIAN)
    return alone >= least and 4 * (alone + known) >= len(words)
