"""The language of a text: the vote, its rules for what no detector knows, and langdetect's answer beside."""

from __future__ import annotations

import hashlib
import math
import os
import subprocess
import sys
import time
import unicodedata
from collections import Counter
from pathlib import Path

import langdetect
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langdetect.detector_factory import DetectorFactory

from bench.language import MACRO, OWN_FLOORS, SET, Text, macro, own_texts, shares
from pipelines import language_langdetect as quick_langdetect
from pipelines.language import (
    NO_SCRIPT,
    UNDETERMINED,
    Judgement,
    count_letters,
    judge,
    langdetect_answer,
    likelihoods,
    script_of,
)
from pipelines.language_chechen import PALOCHKA
from pipelines.language_langdetect import in_alphabet
from pipelines.language_letters import ALPHABETS, _listed, turned
from pipelines.language_ngrams import LABELS, Ngrams, ngrams

OWN = own_texts()
SENTENCES = [text for row in OWN["sentence"].values() for text in row]
KNOWN = {
    "en": "The court sentenced the teacher to five years in a penal colony for one lesson about borders.",
    "ru": "Суд приговорил учителя к пяти годам колонии общего режима за один урок о границах и картах.",
    "uk": "Суд засудив учителя до п'яти років колонії загального режиму за один урок про кордони та мапи.",
    "pl": "Sąd skazał nauczyciela na pięć lat kolonii karnej za jedną lekcję o granicach i mapach świata.",
    "de": "Das Gericht verurteilte den Lehrer wegen einer Stunde über Grenzen zu fünf Jahren Straflager.",
    "bg": "Съдът осъди учителя на пет години затвор заради един урок за границите и за картите на света.",
}
UNKNOWN = {
    "be": "Суд прысудзіў настаўніка да пяці гадоў калоніі агульнага рэжыму за адзін урок пра межы і карты.",
    "be without its own letters": "Але чарга на жыллё не зменшылася, наадварот, стала яшчэ большая за тую, што была.",
    "hy": "Դատարանը ուսուցչին դատապարտեց հինգ տարվա ազատազրկման՝ սահմանների մասին մեկ դասի համար։",
    "ka": "სასამართლომ მასწავლებელს ხუთი წლით თავისუფლების აღკვეთა მიუსაჯა საზღვრების შესახებ ერთი გაკვეთილისთვის.",
    "az": "Məhkəmə müəllimi sərhədlər haqqında bir dərsə görə beş il müddətinə azadlıqdan məhrum etdi.",
    "kk": "Сот мұғалімді шекаралар туралы бір сабағы үшін бес жылға бас бостандығынан айырды.",
    "tt": "Мәхкәмә укытучыны чикләр турында бер дәресе өчен биш елга колониягә хөкем итте.",
    "ce": "Кхело хьехархо пхеа шарна набахте кхайкхина, дозанех лаьцна цхьа урок ялар бахьана долуш.",
    "crh": "Maküme ocanı sıñırlar aqqında bir ders içün beş yılğa apshane cezasına mahküm etti, dep bildirdiler.",
    "sr": "Суд је осудио наставника на пет година затвора због једног часа о границама и картама.",
    "sr-Latn": "Sud je osudio nastavnika na pet godina zatvora zbog jednog časa o granicama i kartama.",
    "mn": "Шүүх багшийг хилийн тухай нэг хичээлийн төлөө таван жилийн хорих ялаар шийтгэв.",
}
NAMES = [
    "",
    "97",
    "1 240",
    "USD 78.84",
    "Да",
    "Menu",
    "???",
    "2026-05-04",
    "Иван Сергеевич Петров",
    "Maria Kowalczyk",
    "Aliaksandr Navumenka",
    "+7 900 000-00-00",
    "https://example.org/case/ivan-petrov",
    "📧 anna@example.org",
]


def test_the_set_has_every_language_in_every_script_in_use() -> None:
    rows = {(text.language, text.script) for text in SENTENCES}
    wanted = {*MACRO, "ro", "lt", "lv", "et", "fi", "ky", "uz", "tg"}

    assert {language for language, _ in rows} == wanted
    assert {("az", "Cyrl"), ("crh", "Cyrl"), ("kk", "Latn"), ("tt", "Latn"), ("uz", "Cyrl"), ("ro", "Cyrl")} <= rows
    assert {("az", "Latn"), ("crh", "Latn"), ("kk", "Cyrl"), ("tt", "Cyrl"), ("uz", "Latn"), ("sr", "Latn")} <= rows


@pytest.mark.parametrize("text", SENTENCES, ids=lambda text: f"{text.language} {text.text[:30]}")
def test_a_sentence_is_in_its_language_and_script(text: Text) -> None:
    judgement = judge(text.text)

    assert (judgement.language, judgement.script) == (text.language, text.script)
    assert judgement.confidence >= 0.25


@pytest.mark.parametrize("text", SENTENCES, ids=lambda text: f"{text.language} {text.text[:30]}")
def test_a_page_in_the_same_language_changes_nothing_for_a_sentence(text: Text) -> None:
    assert judge(text.text, page=text.language).language == text.language


def test_half_a_line_is_told_as_often_as_the_bench_demands() -> None:
    share = macro(shares(OWN, lambda text: judge(text).language)["30 characters"], MACRO)

    assert share >= OWN_FLOORS["30 characters"]


@pytest.mark.parametrize("typed", ["1", "I", "l", "|", "Ӏ", "ӏ"])
def test_chechen_is_told_however_its_palochka_is_typed(typed: str) -> None:
    chechen = [text.text for text in SENTENCES if text.language == "ce"]
    spelled = [one.replace("Ӏ", PALOCHKA).replace("к1", "к" + PALOCHKA).replace(PALOCHKA, typed) for one in chechen]

    assert len(spelled) >= 20
    assert Counter(judge(one).language for one in spelled) == {"ce": len(spelled)}


@pytest.mark.parametrize(
    "text",
    [
        "Цӏер нартхӏэр зэхуэсым, ахэр псори зы унэм щыӏащ, щӏыпӏэр дахэт.",  # Kabardian
        "Гьес гьединго абуна, бакӏалда рукӏарал гӏадамаз кьабул гьабуна.",  # Avar
    ],
)
def test_neighbours_with_a_palochka_are_not_called_chechen(text: str) -> None:
    assert judge(text).language != "ce"


@pytest.mark.parametrize("language", sorted(KNOWN))
def test_capitals_are_read_as_small_letters_are(language: str) -> None:
    assert judge(KNOWN[language].upper()).language == language


@pytest.mark.parametrize("language", ["pl", "de", "uk", "ru"])
def test_letters_decomposed_are_letters_composed(language: str) -> None:
    text = unicodedata.normalize("NFD", KNOWN[language])

    assert judge(text) == judge(KNOWN[language])
    assert in_alphabet(text, language)


@pytest.mark.parametrize("text", NAMES)
def test_names_and_numbers_are_in_no_language(text: str) -> None:
    assert judge(text) == Judgement(UNDETERMINED, 0.0, count_letters(text), script_of(text))


@pytest.mark.parametrize("text", NAMES)
def test_names_and_numbers_are_in_no_language_on_a_page_either(text: str) -> None:
    for page in ("en", "ru"):
        assert judge(text, page=page).language in {UNDETERMINED, page}
    if script_of(text) == "Cyrl" and len(text) > 2:
        assert judge(text, page="ru").language == UNDETERMINED


def test_a_short_line_is_in_the_language_of_its_page_where_its_words_are() -> None:
    assert judge("Who is he?").language == UNDETERMINED
    assert judge("Who is he?", page="en").language == "en"
    assert judge("Кто он?", page="ru").language == "ru"
    assert judge("Кто он?", page="uk").language == UNDETERMINED


@pytest.mark.parametrize("page", ["en", "ru", "uk", "tr", "xx"])
def test_a_page_does_not_swallow_what_is_in_another_language(page: str) -> None:
    said = {text: judge(text.text, page=page).language for text in SENTENCES}
    # of a line of a few words less is said than without a page, never what is wrong
    wrong = [
        text for text, one in said.items() if one != text.language and (one != UNDETERMINED or len(text.text) > 60)
    ]

    assert wrong == []


def test_a_few_words_without_one_letter_of_a_language_are_rather_in_another() -> None:
    assert judge("Регион: Белоскальск\nСледствие Суд Отбывает наказание Розыск").language == "ru"


def test_a_foreign_name_does_not_change_the_language() -> None:
    text = KNOWN["ru"] + " Об этом сообщила адвокат Надія Ковальчук, её слова привела газета The Daily Courier."

    assert judge(text).language == "ru"


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("Menu", "Latn"),
        ("Да", "Cyrl"),
        ("საქმე", "Geor"),
        ("գործ", "Armn"),
        ("δίκη", "Grek"),
        ("משפט", "Hebr"),
        ("محكمة", "Arab"),
        ("裁判所の判決です", "Jpan"),
        ("法院判决", "Hani"),
        ("법원", "Kore"),
        ("12, 34", NO_SCRIPT),
    ],
)
def test_scripts_have_their_codes_of_iso_15924(text: str, script: str) -> None:
    assert script_of(text) == script


@pytest.mark.parametrize(
    ("text", "language"),
    [("საქმე", "ka"), ("գործ", "hy"), ("Η δίκη", "el"), ("המשפט", "he"), ("裁判所の判決です", "ja")],
)
def test_a_script_of_one_language_tells_it_alone(text: str, language: str) -> None:
    assert judge(text).language == language


def test_a_text_is_turned_into_the_script_that_the_model_knows() -> None:
    assert turned("вәкил иҹазә вермәјиб", "az", "Cyrl") == "vəkil icazə verməyib"
    assert turned("къырымтатар ичюн", "crh", "Cyrl") == "qırımtatar içün"
    assert turned("bostandyǵynan", "kk", "Latn") == turned("bostandyğynan", "kk", "Latn") == "бостандығынан"


def test_small_words_are_written_in_the_letters_of_their_language() -> None:
    for script, alphabets in ALPHABETS.items():
        strange = {
            (word, label)
            for label, listed in _listed(script).items()
            for word in listed
            if label in alphabets and not alphabets[label].issuperset(filter(str.isalpha, word))
        }
        assert strange == set()


def test_sums_of_the_model_are_those_of_whole_numbers() -> None:
    model = ngrams()
    for text in KNOWN.values():
        visits = model._visits(text.encode())
        sums = [
            int(prior) + sum(round(math.log1p(n) * 64) * int(model._weights[at][column]) for at, n in visits.items())
            for column, prior in enumerate(model._priors)
        ]
        scores = likelihoods(text)

        assert {round(score * 512 * 64) for score in scores.values()} <= set(sums)


def test_the_model_answers_as_py3langid_does() -> None:
    from py3langid.langid import LanguageIdentifier

    labels = sorted({label for some in LABELS.values() for label in some.split()})
    stock = LanguageIdentifier.from_model_file("data/model.npz.xz")
    stock.set_languages([label for label in labels if label in stock.labels])
    for text in (*KNOWN.values(), UNKNOWN["kk"], UNKNOWN["tt"], UNKNOWN["be"], UNKNOWN["az"]):
        scores = likelihoods(text)

        assert max(scores, key=lambda label: scores[label]) == stock.classify(text)[0]


def test_the_model_loads_the_same_twice() -> None:
    assert Ngrams().scores(KNOWN["en"]) == likelihoods(KNOWN["en"])


@pytest.mark.parametrize("language", sorted(UNKNOWN))
def test_langdetects_label_is_kept_and_called_unsupported_where_it_cannot_be_right(language: str) -> None:
    answer = langdetect_answer(UNKNOWN[language])

    assert answer is not None
    assert not answer.supported


@pytest.mark.parametrize("language", sorted(KNOWN))
def test_langdetects_label_is_called_supported_where_it_can_be_right(language: str) -> None:
    answer = langdetect_answer(KNOWN[language])

    assert answer is not None
    assert (answer.label, answer.supported) == (language, True)


def test_langdetect_is_not_asked_about_too_few_letters() -> None:
    assert langdetect_answer("Menu 2026") is None
    assert langdetect_answer("  " * 600 + KNOWN["en"]) is None


def test_the_answer_does_not_depend_on_what_was_asked_before() -> None:
    texts = [*KNOWN.values(), *UNKNOWN.values()]
    quick_langdetect._detect.cache_clear()
    first = [langdetect_answer(text) for text in texts]
    quick_langdetect._detect.cache_clear()

    assert [langdetect_answer(text) for text in reversed(texts)] == first[::-1]


def test_the_quick_detector_answers_as_langdetect_does_to_the_last_bit() -> None:
    stock = DetectorFactory()
    folder = Path(langdetect.__file__).parent / "profiles"
    stock.load_json_profile([path.read_text("utf-8") for path in sorted(folder.iterdir())])
    stock.set_seed(0)
    odd = [
        "SUD  JE osudio http://example.org me@example.org",
        "Ễ İI ſ 中あ한 ÇÇç",
        "МВД России о IT",
        "Tiếng Việt và ê̂",
    ]
    for text in [*KNOWN.values(), *UNKNOWN.values(), *odd]:
        slow, quick = stock.create(), quick_langdetect._detector()(quick_langdetect._profiles())
        slow.append(text)
        quick.append(text)

        assert [(one.lang, one.prob) for one in quick.get_probabilities()] == [
            (one.lang, one.prob) for one in slow.get_probabilities()
        ]


def test_langdetect_sees_only_the_first_thousand_characters() -> None:
    text = KNOWN["ru"] * 20

    assert langdetect_answer(text + KNOWN["en"] * 500) == langdetect_answer(text[:1000])


JUDGE_ALL = """
import sys
from bench.language import own_texts
from pipelines.language import judge, langdetect_answer
for row in own_texts().values():
    for texts in row.values():
        for one in texts[:4]:
            print(judge(one.text), judge(one.text, page="ru"), langdetect_answer(one.text))
"""


def test_judgements_are_the_same_in_every_process_and_under_every_hash_seed() -> None:
    root = SET.parents[2]
    digests = set()
    for seed in ("0", "1", "4242"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root)}
        said = subprocess.run(
            [sys.executable, "-c", JUDGE_ALL], env=environment, cwd=root, capture_output=True, check=True
        )
        digests.add(hashlib.sha256(said.stdout).hexdigest())

    assert len(digests) == 1


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60), st.sampled_from([None, "en", "ru", "ce", "xx", "und"]))
def test_no_text_breaks_the_judgement(text: str, page: str | None) -> None:
    judgement = judge(text, page=page)

    assert 0 <= judgement.confidence <= 1
    assert (judgement.language == UNDETERMINED) == (judgement.confidence == 0)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.sampled_from("abзьІIi1|ӏкх-'’́. ѐәñşİ\n"), max_size=60))
def test_no_text_of_look_alikes_breaks_the_judgement(text: str) -> None:
    judgement = judge(text)

    assert (judgement.language == UNDETERMINED) == (judgement.confidence == 0)


@pytest.mark.parametrize("part", ["к1", "a'", "аь|", "www.", "a.", "\u0301", "İ", "x@", "ä ñ", "Ӏ", "слово "])
def test_a_million_hostile_characters_are_judged_at_once(part: str) -> None:
    text = (part * 1_000_000)[:1_000_000]
    began = time.process_time()
    judge(text)
    langdetect_answer(text)

    assert time.process_time() - began < 2


@pytest.mark.parametrize("text", ["Заседание снова отложили", "Писма до затворениците"])
def test_who_has_no_answer_to_a_short_text_does_not_agree(text: str) -> None:
    assert judge(text).confidence < 0.9
    assert judge(text, page="ru").confidence < 1.0
