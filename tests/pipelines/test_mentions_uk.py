"""What Ukrainian sentences say of a case is read with its words; what they only ask for, fear or count is not."""

from __future__ import annotations

import pytest
from mention_rows import Row, articles_of, facts_of, rows, stages_of

from pipelines.mentions import mentions

FACTS = rows("""
Остап Гайдук народився 5 серпня 1999 року в Херсоні. => birth_date: 1999-08-05
Оксана Гайдук народилася 1984 року. => birth_year: 1984
Оксана Гайдук народилася у 1984 році. => birth_year: 1984
Гайдук Остап, 1971 року народження => birth_year: 1971
Дата народження: 05.08.1999 => birth_date: 1999-08-05
Його син народився у 2015 році. =>
26 лютого 2025 року Гайдука засудили до п'яти років позбавлення волі. => verdict_date: 2025-02-26 | sentence: 5 years
Сімферопольський районний суд 3 квітня 2023 року засудив Гайдука до 8,5 років колонії суворого режиму. => court: \
Сімферопольський районний суд | verdict_date: 2023-04-03 | sentence: 8.5 years, strict regime penal colony
Його засуджено до шести років і шести місяців позбавлення волі. => sentence: 6.5 years
Оксану засудили до 12 років колонії загального режиму. => sentence: 12 years, general regime penal colony
У березні 2024 року його засудили до семи років. => verdict_date: 2024-03 | sentence: 7 years
Вона отримала три роки умовно. => sentence: 3 years suspended
Він отримав 5 років колонії. => sentence: 5 years, penal colony
Суд призначив йому штраф у розмірі 50 тисяч гривень. => sentence: fine 50,000 hryvnias
Гайдука оштрафували на 30 000 рублів. => sentence: fine 30,000 rubles
Його засудили до довічного ув'язнення. => sentence: life
Її засудили до двох років обмеження волі. => sentence: 2 years restriction of freedom
Гайдука заарештували на 15 діб. => sentence: 15 days arrest
Суд призначив Гайдуку п'ять років і шість місяців позбавлення волі. => sentence: 5.5 years
Південний окружний військовий суд у Ростові-на-Дону 21 травня 2024 року засудив Гайдука до 13 років колонії суворого \
режиму. => court: Південний окружний військовий суд у Ростові-на-Дону | verdict_date: 2024-05-21 | sentence: 13 years, \
strict regime penal colony
Йому додали ще два роки позбавлення волі. => sentence: 2 years
Прокурор просив, щоб йому додали ще два роки. =>
Суд призначив йому 7 років позбавлення волі в умовах суворого режиму. => sentence: 7 years, strict regime penal colony
Термін: 7 років => sentence: 7 years
Вирок: 5 років позбавлення волі => sentence: 5 years
Прокурор просив дев'ять років, але суд засудив її до семи років колонії. => sentence: 7 years, penal colony
Апеляція зменшила строк до чотирьох років. => sentence: 4 years
Його заочно засудили до 9 років колонії. => sentence: 9 years, penal colony
16 березня 2022 року Гайдука затримали. => detained: 2022-03-16
Його затримали у червні 2023 року. => detained: 2023-06
У травні його затримали вдома. =>
18 березня 2022 року Оксану взяли під варту. => remanded: 2022-03-18
18 березня 2022 року Київський районний суд Сімферополя заарештував Гайдука. => remanded: 2022-03-18 | court: \
Київський районний суд Сімферополя
У 2024 році проти нього порушили кримінальну справу. => prosecuted: 2024
Йому загрожує до 10 років позбавлення волі. => faces: up to 10 years
Він може отримати до 12 років. => faces: up to 12 years
Її утримують у СІЗО-1 у Сімферополі. => place: СІЗО-1 у Сімферополі
Начальник СІЗО-1 відмовився відповідати. =>
""")

ARTICLES = rows("""
за ч. 2 ст. 111 КК України => 111 ч. 2 КК України
за ст. 114-2 КК України => 114-2 КК України
за статтею 436-2 Кримінального кодексу України => 436-2 КК України
за частиною 1 статті 258-3 КК України => 258-3 ч. 1 КК України
ст. 205.5 КК РФ => 205.5 УК РФ
за ч. 2 ст. 205.5 Кримінального кодексу РФ => 205.5 ч. 2 УК РФ
ст. 111 та ст. 258 КК України => 111 КК України | 258 КК України
ст. 29 Конституції України =>
ст. 6 Конвенції =>
ст. 290 КПК України =>
ст. 130 КУпАП => 130 КУпАП
у статті 5 авторів =>
""")

NOTHING = """
Прокурор запросив для нього 9 років колонії.
У колонії він дізнався, що помер його батько.
Слідчий просив обрати йому запобіжний захід — тримання під вартою.
Прокуратура просила засудити її до семи років.
Її можуть засудити до реального терміну.
Якщо його визнають винним, він поїде до колонії.
Суд не засудив її до позбавлення волі.
Його не затримували.
Понад 300 людей засудили до строків від 5 до 10 років.
Щонайменше 20 активістів затримали у 2023 році.
Стаття передбачає до 15 років позбавлення волі.
Максимальне покарання — 10 років позбавлення волі.
Його діда засудили до 10 років таборів.
У 1937 році поета засудили до десяти років таборів.
Чи засудили його до п'яти років?
Ми вимагаємо звільнити Оксану.
Нікого не затримали.
Він працював на заводі п'ять років.
Війна триває три роки.
Його друга затримали 5 травня 2023 року.
Сотні людей затримали 23 січня 2021 року.
Можливо, його затримали.
П'ять років тому вона переїхала до Одеси.
""".strip().splitlines()

STAGES = rows("""
Гайдука визнано винним у держзраді. => convicted
У Новочеркаському СІЗО-3 помер політв'язень Гайдук. => died
Суд обрав Гайдуку запобіжний захід — тримання під вартою до 4 лютого. => remanded in custody
Їй обрали запобіжний захід у вигляді домашнього арешту. => house arrest
Вирок ухвалено 30 січня. =>
Гайдука затримали в Херсоні. => detained
Її відправили під домашній арешт. => house arrest
Його оголосили в розшук. => wanted
Він вийшов на волю у 2024 році. => released
Її звільнили в рамках обміну. => exchanged
Суд виправдав її. => acquitted
Він помер у СІЗО в Ростові. => died
Їй висунули обвинувачення у держзраді. => charged
Його заочно засудили до п'яти років. => in absentia | sentenced
""")

PERSONS = [
    ("Суд засудив Остапа Гайдука до п'яти років.", "sentence", "Остапа Гайдука"),
    ("Його затримали 5 травня 2024 року.", "detained", "Його"),
]


@pytest.mark.parametrize("row", FACTS, ids=str)
def test_a_fact_is_read_from_its_sentence(row: Row) -> None:
    assert facts_of(row.text, "uk") == row.values


@pytest.mark.parametrize("row", ARTICLES, ids=str)
def test_an_article_has_one_form(row: Row) -> None:
    assert articles_of(row.text, "uk") == [name for name, _ in row.values]


@pytest.mark.parametrize("text", NOTHING)
def test_what_is_no_statement_of_a_fact_is_not_read(text: str) -> None:
    assert [fact for fact in facts_of(text, "uk") if fact[0] != "faces"] == []
    assert stages_of(text, "uk") == []


@pytest.mark.parametrize("row", STAGES, ids=str)
def test_a_stage_is_read(row: Row) -> None:
    assert sorted(stages_of(row.text, "uk")) == [name for name, _ in row.values]


@pytest.mark.parametrize(("text", "name", "person"), PERSONS)
def test_the_name_in_the_pattern_is_told(text: str, name: str, person: str) -> None:
    found = next(one for one in mentions(text, "uk") if one.name == name)

    assert found.person is not None
    assert text[slice(*found.person)] == person
