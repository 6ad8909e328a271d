"""The language of a text: langdetect's label where its letters can be that language, else `und`."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines import language as languages
from pipelines.language import Judgement, PageLanguages, by_letters, detect, in_alphabet, judge, runs, script_of

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
def test_a_known_language_is_named(language: str) -> None:
    judgement = judge(KNOWN[language])

    assert judgement.language == language
    assert judgement.confidence >= languages.ENOUGH_PROBABILITY
    assert judgement.answer is not None
    assert judgement.answer.supported


@pytest.mark.parametrize("language", sorted(UNKNOWN))
def test_a_language_that_langdetect_lacks_is_und_and_its_label_unsupported(language: str) -> None:
    judgement = judge(UNKNOWN[language])

    assert judgement.language == "und"
    assert judgement.confidence == 0
    assert judgement.answer is not None
    assert not judgement.answer.supported


def test_langdetects_own_answer_is_kept_where_it_is_not_believed() -> None:
    answer = detect(UNKNOWN["hy"])

    assert answer.label in {"et", "en", "und"}
    assert not answer.supported


@pytest.mark.parametrize("text", ["", "97", "1 240", "USD 78.84", "Да", "Menu", "???", "2026-05-04"])
def test_too_few_letters_are_und_and_langdetect_is_not_asked(text: str) -> None:
    assert judge(text) == Judgement("und", 0.0, languages.count_letters(text), None)


def test_a_short_text_is_believed_when_its_page_agrees() -> None:
    heading = "How can you help him?"
    page = PageLanguages([KNOWN["en"], heading])

    assert judge(heading).language == "und"
    assert page.judge(heading).language == "en"
    assert page.judge("Как вы можете помочь?").language == "und"


def test_the_answer_does_not_depend_on_what_was_asked_before() -> None:
    texts = [*KNOWN.values(), *UNKNOWN.values()]
    languages._detect.cache_clear()
    first = [detect(text) for text in texts]
    languages._detect.cache_clear()

    assert [detect(text) for text in reversed(texts)] == first[::-1]


def test_the_quick_detector_answers_as_langdetect_does_to_the_last_bit() -> None:
    for text in [*KNOWN.values(), *UNKNOWN.values()]:
        stock = languages._factory().create()
        quick = languages._detector()(languages._factory())
        stock.append(text)
        quick.append(text)

        assert [(one.lang, one.prob) for one in quick.get_probabilities()] == [
            (one.lang, one.prob) for one in stock.get_probabilities()
        ]


def test_only_the_first_thousand_characters_count() -> None:
    assert detect(KNOWN["ru"] * 20 + KNOWN["en"] * 500) == detect((KNOWN["ru"] * 20)[:1000])


def test_a_ukrainian_name_does_not_make_a_russian_text_unknown() -> None:
    text = KNOWN["ru"] * 3 + " Об этом сообщила адвокат Надія Ковальчук."

    assert judge(text).language == "ru"


def test_letters_decomposed_are_letters_composed() -> None:
    import unicodedata

    for language in ("ru", "uk", "de", "pl"):
        assert in_alphabet(unicodedata.normalize("NFD", KNOWN[language]), language)


def test_a_text_is_cut_where_its_script_changes_for_good() -> None:
    text = f"{KNOWN['en']} {KNOWN['ru']} OVD {KNOWN['ru']}"
    cut = runs(text)

    assert [script_of(text[start:end]) for start, end in cut] == ["Latin", "Cyrillic"]


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.sampled_from("ab яі 1.\nԱა😀\u0301"), max_size=80))
def test_runs_cover_any_text_without_gap_or_overlap(text: str) -> None:
    cut = runs(text)

    assert "".join(text[start:end] for start, end in cut) == text
    assert all(start < end for start, end in cut)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_no_text_breaks_the_judgement(text: str) -> None:
    judgement = judge(text)

    assert 0 <= judgement.confidence <= 1
    assert (judgement.language == "und") == (judgement.confidence == 0)


def test_the_pages_language_is_that_of_more_than_half_of_its_letters() -> None:
    def of(language: str, letters: int) -> Judgement:
        return Judgement(language, 1.0, letters, None)

    assert by_letters([of("en", 60), of("ru", 40)]) == "en"
    assert by_letters([of("en", 50), of("ru", 50)]) == "und"
    assert by_letters([of("en", 40), of("und", 60)]) == "und"
    assert by_letters([]) == "und"


def test_beyond_the_limit_of_calls_the_page_decides_where_letters_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(languages, "CALL_LIMIT", 1)
    page = PageLanguages([KNOWN["ru"]])
    page.judge(KNOWN["ru"])

    assert page.judge("Ещё одно предложение на том же языке.").language == "ru"
    assert page.judge(UNKNOWN["kk"]).language == "und"
    assert page.judge(KNOWN["en"]).language == "und"
