"""Words as a search compares them: plain forms, stems, the forms of names."""

from __future__ import annotations

import time

import pytest

from pipelines.name_forms import name_forms
from pipelines.stems import ALGORITHMS, lower_form, stem, tokens


def plain(text: str) -> list[str]:
    return [token.plain for token in tokens(text)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Ещё ЕЩЁ еще", ["еще"] * 3),
        ("Е\u0308щё за\u0301мок при\u00adговор", ["еще", "замок", "приговор"]),
        ("мой мои, ї і ґ ў", ["мой", "мои", "ї", "і", "ґ", "ў"]),
        ("п’ять пʼять п'ять п`ять пять", ["пять"] * 5),
        ("Мар’ян", ["марян"]),
        (
            "l'avocat the court's O'Brien oʻzbek gʼalaba",
            ["l", "avocat", "the", "court", "s", "obrien", "ozbek", "galaba"],
        ),
        ("Nováková Łódź Đorđe Şahin Straße", ["novakova", "lodz", "dorde", "sahin", "strasse"]),
        ("кхийс1арца кхийсӀарца кхийсIарца", ["кхийсӏарца"] * 3),
        ("207.3, 20.3.3; 10,000", ["207·3", "20·3·3", "10", "000"]),
        ("ИК-5 ИК № 5 ИК5", ["ик", "5"] * 3),
        ("01.04.2021 1.4.21 12:30", ["01", "04", "2021", "1", "4", "21", "12", "30"]),
        ("ст.110² ч.2", ["ст", "110", "2", "ч", "2"]),
        ("საქართველო ՀԱՅԱՍՏԱՆ Ελλάδα", ["საქართველო", "հայաստան", "ελλάδα"]),
        ("a_b \u202eтекст\u202c 😀", ["a", "b", "текст"]),
        ("'' - … ’", []),
    ],
)
def test_the_words_of_a_text(text: str, words: list[str]) -> None:
    assert plain(text) == words


def test_a_word_is_found_where_it_stands() -> None:
    text = "«Ещё» п’ять 01.04.2021, l'avocat № 207.3!"

    assert [text[token.start : token.end] for token in tokens(text)] == [
        *("Ещё", "п’ять", "01", "04", "2021", "l", "avocat", "207.3"),
    ]


@pytest.mark.parametrize("text", ["а" * 1_000_000, "1." * 500_000, "а'" * 500_000, "л1" * 500_000, "e\u0301" * 500_000])
def test_a_hostile_text_takes_no_longer_than_any(text: str) -> None:
    began = time.process_time()

    assert sum(1 for _ in tokens(text)) > 0

    assert time.process_time() - began < 10


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("ru", "колония колонии колонию колонией колоний"),
        ("en", "sentence sentences sentenced sentencing"),
        ("de", "gefangene gefangenen"),
        ("fr", "condamné condamnée condamnés"),
        ("pl", "wyrok wyroku wyrokiem"),
        ("uk", "засуджений засудженого засудженому засуджена засуджених"),
        ("uk", "колонія колонії колонію колонією колоніях"),
        ("uk", "вирок вироку вироком"),
        ("be", "зняволены зняволенага зняволенаму зняволеная зняволеных"),
        ("be", "калонія калоніі калонію калоніяй"),
        ("be", "прысуд прысуду прысудам"),
        ("sr", "пресуда пресуде пресуду"),
    ],
)
def test_the_forms_of_a_word_have_one_stem(language: str, forms: str) -> None:
    assert len({stem(lower_form(form), language) for form in forms.split()}) == 1


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("uk", "суд судно сад рік рука вирок вирій право правда село сила місто місяць жінка життя закон зона"),
        ("be", "суд судна сад год горад права праўда сяло сіла месца месяц жанчына жыццё закон зона турма тура"),
    ],
)
def test_other_words_keep_other_stems(language: str, words: str) -> None:
    assert len({stem(word, language) for word in words.split()}) == len(words.split())


def test_a_language_without_stems_has_plain_forms_and_numbers_are_never_cut() -> None:
    assert stem("მსჯავრდებული", "ka") == "მსჯავრდებული"
    assert stem("207·3", "ru") == "207·3"
    assert stem("приговоры", "und") == stem("приговор", "ru")
    assert stem("courts", "und") == "court"
    assert all(stem("test", language) for language in ALGORITHMS)


@pytest.mark.parametrize(
    "forms",
    [
        "Островерхов Островерхова Островерхову Островерховым Островерхове Островерховой",
        "Чернышёв Чернышёва Чернышёву Чернышевым",
        "Гущин Гущина Гущину Гущиным Гущиной",
        "Алексей Алексея Алексею Алексеем Алексее",
        "Павел Павла Павлу Павлом Павле",
        "Лев Льва Льву Львом",
        "Вячеслав Вячеслава Вячеславом",
        "Оксана Оксаны Оксане Оксану Оксаной",
        "Марья Марьи Марье Марью Марьей",
        "Игорь Игоря Игорю Игорем",
        "осуждён осуждена осуждены осуждённый осуждённого осуждённой",
    ],
)
def test_every_form_of_a_name_leads_to_every_other(forms: str) -> None:
    plains = [lower_form(form) for form in forms.split()]

    for one in plains:
        reached = name_forms(one, "ru")
        stems = {stem(one, "ru")}
        assert [other for other in plains if other not in reached and stem(other, "ru") not in stems] == []


def test_the_forms_of_a_name_are_few_and_none_for_other_languages() -> None:
    assert max(len(name_forms(word, "ru")) for word in ("иванов", "любовь", "а", "константинопольский", "лев")) < 90
    assert name_forms("иванов", "de") == {"иванов"}
    assert "иван" not in name_forms("иванова", "ru")
