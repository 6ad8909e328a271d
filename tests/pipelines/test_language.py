"""The language of a text: langdetect's label where its letters can be that language, else `und`."""

from __future__ import annotations

from pathlib import Path

import langdetect
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langdetect.detector_factory import DetectorFactory

from pipelines import language_langdetect as quick_langdetect
from pipelines.language import judge, langdetect_answer
from pipelines.language_langdetect import in_alphabet

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
    "crh": "Маkeme ocanı sıñırlar aqqında bir ders içün beş yılğa apshane cezasına mahküm etti, dep bildirdiler.",
    "sr": "Суд је осудио наставника на пет година затвора због једног часа о границама и картама.",
    "sr-Latn": "Sud je osudio nastavnika na pet godina zatvora zbog jednog časa o granicama i kartama.",
    "mn": "Шүүх багшийг хилийн тухай нэг хичээлийн төлөө таван жилийн хорих ялаар шийтгэв.",
}


@pytest.mark.parametrize("language", sorted(KNOWN))
def test_a_language_is_named(language: str) -> None:
    judgement = judge(KNOWN[language])

    assert judgement.language == language
    assert judgement.confidence > 0.5


@pytest.mark.parametrize("language", sorted(UNKNOWN))
def test_langdetects_label_is_kept_and_called_unsupported_where_it_cannot_be_right(language: str) -> None:
    answer = langdetect_answer(UNKNOWN[language])

    assert answer is not None
    assert not answer.supported


@pytest.mark.parametrize("text", ["", "97", "1 240", "USD 78.84", "Да", "Menu", "???", "2026-05-04"])
def test_too_few_letters_are_und_and_langdetect_is_not_asked(text: str) -> None:
    assert judge(text).language == "und"
    assert langdetect_answer(text) is None


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


def test_letters_decomposed_are_letters_composed() -> None:
    import unicodedata

    for language in ("ru", "uk", "de", "pl"):
        assert in_alphabet(unicodedata.normalize("NFD", KNOWN[language]), language)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_no_text_breaks_the_judgement(text: str) -> None:
    judgement = judge(text)

    assert 0 <= judgement.confidence <= 1
    assert (judgement.language == "und") == (judgement.confidence == 0)
