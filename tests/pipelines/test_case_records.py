"""What pages of invented cases say of each person: names of many peoples, orders of courts, lines of cards."""

from __future__ import annotations

import pytest
from page_styles import reading_of

Fact = tuple[str | None, str, str]


def facts_of(*paragraphs: str) -> set[Fact]:
    body = "".join(f"<p>{line}</p>" for line in paragraphs)
    page = f"<!doctype html><html><head><title>News</title></head><body><article>{body}</article></body></html>"
    return {(fact.subject, fact.name, fact.value) for fact in reading_of(page).facts}


SAID = {
    "a German name": (
        ("Joachim Wengler, a German citizen, was born on 3 April 1971 and was arrested on 27 October 2023 in Yaya.",),
        ("Joachim Wengler", "detained", "2023-10-27"),
    ),
    "a Buryat name, and a fine": (
        ("Суд в Чите оштрафовал пенсионерку Дулму Цыренову на 40 тысяч рублей за «дискредитацию» (ст. 20.3.3 КоАП).",),
        ("Дулма Цыренова", "sentence", "fine 40,000 rubles"),
    ),
    "the article of a fine": (
        ("Суд в Чите оштрафовал пенсионерку Дулму Цыренову на 40 тысяч рублей за «дискредитацию» (ст. 20.3.3 КоАП).",),
        ("Дулма Цыренова", "article", "20.3.3 КоАП"),
    ),
    "a name that does not change": (
        ("В мае 2024 года суд в Твери приговорил священника Али Сосновского к двум годам колонии.",),
        ("Али Сосновский", "sentence", "2 years, penal colony"),
    ),
    "a woman whose given name no list has": (
        ("Шаганэт Кудрова родилась 3 мая 1980 года. Её задержали 5 июня 2023 года.",),
        ("Шаганэт Кудрова", "birth_date", "1980-05-03"),
    ),
    "a fine with the person's work": (
        ("A court in Tambov fined the retired librarian Antonina Zhilkina 150,000 rubles for a comment.",),
        ("Antonina Zhilkina", "sentence", "fine 150,000 rubles"),
    ),
    "treatment that a court orders": (
        ("On 8 October 2024 the court ordered compulsory psychiatric treatment for Anastasia Dyomina, a designer.",),
        ("Anastasia Dyomina", "sentence", "compulsory medical treatment"),
    ),
    "treatment that somebody is sent to": (
        ("Суд в ноябре 2024 года направил химика Льва Зимогорова на принудительное лечение.",),
        ("Лев Зимогоров", "sentence", "compulsory medical treatment"),
    ),
    "a term that the court set without the word for sentencing": (
        ("Алёна Сычёва из Яи.", "6 июня 2023 года суд признал Сычёву виновной и назначил 3 года колонии-поселения."),
        ("Алёна Сычёва", "sentence", "3 years, penal settlement"),
    ),
    "house arrest that goes on": (
        ("Бывшему муниципальному депутату Якову Бронникову продлили домашний арест до 1 июля.",),
        ("Яков Бронников", "stage", "house arrest"),
    ),
    "a verdict's line with its day": (
        ("Lev Zimogorov", "Verdict: 15 January 2024, 3 years' imprisonment, suspended"),
        ("Lev Zimogorov", "sentence", "3 years suspended"),
    ),
    "a point in brackets behind the part": (
        (
            "Lyubov Merkusheva was sentenced to six years in a penal colony under Article 207.3, part 2(e) of the"
            " Russian Criminal Code.",
        ),
        ("Lyubov Merkusheva", "article", "207.3 ч. 2 п. «e» УК РФ"),
    ),
    "a possible term and nothing else": (
        ("A court kept doctor Inna Belokopytova behind bars.", "Belokopytova faces up to 15 years."),
        ("Inna Belokopytova", "faces", "up to 15 years"),
    ),
    "an initial of two letters": (
        ("Anastasia Kh. Dyomina was arrested in August 2023.", "Dyomina was sentenced to two years in a colony."),
        ("Anastasia Dyomina", "sentence", "2 years, penal colony"),
    ),
    "a surname first, with a father's name": (
        ("Merkusheva Lyubov Ilyinichna, born 1966, was arrested in May 2023.",),
        ("Merkusheva Lyubov Ilyinichna", "birth_year", "1966"),
    ),
    "a surname that another person has, who comes later": (
        (
            "Химика Льва Зимогорова задержали в мае 2023 года. Зимогорова обвиняли по части 1 статьи 275.1 УК РФ.",
            "Его деда, Иоганна Зимогорова, приговорили в 1951 году.",
        ),
        ("Лев Зимогоров", "article", "275.1 ч. 1 УК РФ"),
    ),
    "an official who is sentenced": (
        ("On 5 May 2024 the court sentenced former judge Alla Remezova to five years in a penal colony.",),
        ("Alla Remezova", "sentence", "5 years, penal colony"),
    ),
    "a term of the middle one of three, whom no list has": (
        (
            "Военный суд 25 декабря 2024 года приговорил Марка Лисянского, Заремдина Аджиева и Елену Копыто к 7, 9 и 11"
            " годам колонии строгого режима соответственно.",
        ),
        ("Заремдин Аджиев", "sentence", "9 years, strict regime penal colony"),
    ),
    "each the term, and all of them the colony": (
        (
            "The court sentenced Seitveli Abduramov, Emil Kurtseitov and Lev Osmanchik to 13, 14 and 17 years"
            " respectively in a strict regime penal colony.",
        ),
        ("Emil Kurtseitov", "sentence", "14 years, strict regime penal colony"),
    ),
    "who received a term beside who was sentenced": (
        (
            "Среди них художница Ульяна Ветлугина, осуждённая на шесть лет, и политик Илларион Мызин, получивший девять"
            " с половиной лет.",
        ),
        ("Илларион Мызин", "sentence", "9.5 years"),
    ),
    "a date between the participle and its term": (
        ("Освободите Гульнару Юлдашеву, приговорённую 14 мая 2024 года к 5 годам лишения свободы!",),
        ("Гульнара Юлдашева", "verdict_date", "2024-05-14"),
    ),
    "a colleague by name": (
        ("His colleague Malika Berdova was sentenced in 2022 to five and a half years in prison.",),
        ("Malika Berdova", "sentence", "5.5 years"),
    ),
    "a birthday": (
        ("Daniil Ovsyannikov was arrested on 7 July 2022. Daniil's birthday is 16 December 1999.",),
        ("Daniil Ovsyannikov", "birth_date", "1999-12-16"),
    ),
    "she is under house arrest": (
        ("Майя Тростянская — аспирантка. С 9 августа 2024 года она под домашним арестом.",),
        ("Майя Тростянская", "stage", "house arrest"),
    ),
}


@pytest.mark.parametrize("case", SAID)
def test_what_is_said_of_a_person_is_read(case: str) -> None:
    paragraphs, fact = SAID[case]

    assert fact in facts_of(*paragraphs)


UNSAID = {
    "free of a duty, not of a prison": (
        "Суд в ноябре 2024 года освободил химика Льва Зимогорова от уголовной ответственности.",
        "released",
    ),
    "free of taxes": ("Мэрия освободила музыканта Льва Зимогорова от уплаты аренды.", "released"),
}


@pytest.mark.parametrize("case", UNSAID)
def test_a_stage_that_no_verb_says_is_none(case: str) -> None:
    line, stage = UNSAID[case]

    assert not [fact for fact in facts_of(line, "Лев Зимогоров родился в 1961 году.") if fact[2] == stage]


def test_a_term_of_one_is_not_also_the_term_of_the_other() -> None:
    line = "Среди них Ульяна Ветлугина, осуждённая на шесть лет, и Илларион Мызин, получивший девять с половиной лет."

    terms = {(subject, value) for subject, name, value in facts_of(line) if name == "sentence"}

    assert terms == {("Ульяна Ветлугина", "6 years"), ("Илларион Мызин", "9.5 years")}


def test_a_line_of_a_list_has_the_term_in_words_behind_the_year_of_birth() -> None:
    page = "<h1>List of prisoners</h1><ul><li>Stepan Grigoryan, b. 1959, six years suspended</li></ul>"

    assert ("Stepan Grigoryan", "sentence", "6 years suspended") in facts_of(page)


def test_a_foreign_surname_is_given_no_other_nominative() -> None:
    facts = facts_of("Музыканта Эвана Кросби, приговорённого к 4 годам, увезли в колонию.")

    assert not {subject for subject, _, _ in facts} - {"Эван Кросби"}


OF_ANOTHER = {
    "a colleague's": (
        "Соратника Инессы Фельдман, Тимура Хайбуллина, осуждённого в 2023 году на четыре года колонии, в мае перевели.",
        "Инесса Фельдман",
    ),
    "a sister's": (
        "Виктор Тёткин ждёт суда. Сестра Тёткина, Алла Грибова, в 2021 году была оштрафована на 15 тысяч рублей.",
        "Виктор Тёткин",
    ),
    "a judge's, by a participle": (
        "Судья Эльвира Костенкова, приговорившая журналистку Асю Мухину к 8 годам, родилась в 1975 году.",
        "Ася Мухина",
    ),
    "a neighbour's": (
        "Valentina Shchukina wrote to her neighbour Tamara Belik, sentenced last year to 13 years.",
        "Valentina Shchukina",
    ),
}


@pytest.mark.parametrize("case", OF_ANOTHER)
def test_what_is_said_of_another_is_not_said_of_the_person(case: str) -> None:
    line, person = OF_ANOTHER[case]
    kept = {"sentence", "stage", "verdict_date", "birth_year"} - ({"sentence", "stage"} if "judge" in case else set())

    assert not [fact for fact in facts_of(line) if fact[0] == person and fact[1] in kept]


def test_people_detained_together_have_the_day_whatever_stops_their_initials() -> None:
    line = (
        "On 9 May 2025 police detained Said-Magomed Dzhabrailov, Islam Kh. Bekov and Alikhan Z. Gandaloev in Yaya;"
        " Bekov got 10 days of administrative arrest."
    )

    facts = facts_of(line)

    days = {subject for subject, name, value in facts if (name, value) == ("detained", "2025-05-09")}
    assert days == {"Said-Magomed Dzhabrailov", "Islam Bekov", "Alikhan Gandaloev"}
    assert ("Islam Bekov", "sentence", "10 days arrest") in facts
