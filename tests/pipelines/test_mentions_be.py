"""What Belarusian sentences say of a case is read with its words; what they only ask for, fear or count is not."""

from __future__ import annotations

import pytest
from mention_rows import Row, articles_of, facts_of, rows, stages_of

from pipelines.mentions import mentions

FACTS = rows("""
Янка Гарбуз нарадзіўся 5 жніўня 1999 года ў Гродне. => birth_date: 1999-08-05
Ганна Гарбуз нарадзілася ў 1984 годзе. => birth_year: 1984
Гарбуз Янка, 1971 года нараджэння => birth_year: 1971
Дата нараджэння: 05.08.1999 => birth_date: 1999-08-05
Яго сын нарадзіўся ў 2015 годзе. =>
26 лютага 2025 года Гарбуза асудзілі да пяці гадоў калоніі агульнага рэжыму. => verdict_date: 2025-02-26 | sentence: 5 \
years, general regime penal colony
Суд Ленінскага раёна Гродна 3 красавіка 2023 года асудзіў Гарбуза да 8,5 гадоў калоніі ўзмоцненага рэжыму. => court: \
Суд Ленінскага раёна Гродна | verdict_date: 2023-04-03 | sentence: 8.5 years, reinforced regime penal colony
Яго асудзілі да шасці гадоў і шасці месяцаў пазбаўлення волі. => sentence: 6.5 years
Ганну прысудзілі да 12 гадоў калоніі. => sentence: 12 years, penal colony
У сакавіку 2024 года яго асудзілі на сем гадоў. => verdict_date: 2024-03 | sentence: 7 years
Яна атрымала тры гады ўмоўна. => sentence: 3 years suspended
Ён атрымаў 5 гадоў калоніі. => sentence: 5 years, penal colony
Гарбуза асудзілі да 3 гадоў абмежавання волі. => sentence: 3 years restriction of freedom
Суд прызначыў яму штраф у памеры 50 базавых велічынь. => sentence: fine 50 basic units
Гарбуза аштрафавалі на 3 000 рублёў. => sentence: fine 3,000 rubles
Яго асудзілі да пажыццёвага зняволення. => sentence: life
Гарбуза арыштавалі на 15 сутак. => sentence: 15 days arrest
Суддзя прызначыў Гарбузу тры гады і шэсць месяцаў калоніі ва ўмовах агульнага рэжыму. => sentence: 3.5 years, general \
regime penal colony
Менскі гарадзкі суд засудзіў Гарбуза на восем гадоў пазбаўлення волі ва ўмовах узмоцненага рэжыму. => court: Менскі \
гарадзкі суд | sentence: 8 years, reinforced regime penal colony
Суд Першамайскага раёну Менску асудзіў Гарбуза да двух гадоў абмежаваньня волі. => court: Суд Першамайскага раёну \
Менску | sentence: 2 years restriction of freedom
У сьнежні 2023 году Ганну асудзілі да шасьці гадоў пазбаўленьня волі. => verdict_date: 2023-12 | sentence: 6 years
Яна адбыла ўвесь тэрмін — два гады калоніі. => sentence: 2 years, penal colony
Пракурор прасіў прызначыць тэрмін — два гады калоніі. =>
У калоніі №22 памёр вязень Гарбуз. => place: калоніі №22
Вязню дадалі яшчэ паўтара года зняволення. => sentence: 1.5 years
Прыгавор: 5 гадоў калоніі ва ўмовах агульнага рэжыму => sentence: 5 years, general regime penal colony
Суддзя не прызначыў Гарбузу тры гады калоніі. =>
5 лютага 2025 года суд Рачанскага раёна прызнаў настаўніцу Ганну Гарбуз вінаватай і пакараў яе трыма гадамі калоніі. \
=> court: суд Рачанскага раёна | verdict_date: 2025-02-05 | sentence: 3 years, penal colony
Тэрмін: 7 гадоў => sentence: 7 years
Прысуд: 5 гадоў пазбаўлення волі => sentence: 5 years
Пракурор прасіў дзевяць гадоў, але суд асудзіў яе да сямі гадоў калоніі. => sentence: 7 years, penal colony
Яго завочна асудзілі да 9 гадоў калоніі. => sentence: 9 years, penal colony
Яму прызначылі прымусовае лячэнне. => sentence: compulsory medical treatment
16 сакавіка 2022 года Гарбуза затрымалі. => detained: 2022-03-16
Яго затрымалі ў чэрвені 2023 года. => detained: 2023-06
У траўні яго затрымалі дома. =>
18 сакавіка 2022 года Ганну ўзялі пад варту. => remanded: 2022-03-18
У 2024 годзе супраць яго завялі крымінальную справу. => prosecuted: 2024
Яму пагражае да 10 гадоў пазбаўлення волі. => faces: up to 10 years
Ён можа атрымаць да 12 гадоў. => faces: up to 12 years
Яе ўтрымліваюць у СІЗА-1 у Мінску. => place: СІЗА-1 у Мінску
Ён адбывае пакаранне ў ПК-17 (Шклоў). => place: ПК-17, Шклоў
Начальнік СІЗА-1 адмовіўся адказваць. =>
""")

ARTICLES = rows("""
паводле арт. 361-1 КК => 361-1 КК
паводле ч. 1 арт. 342 КК РБ => 342 ч. 1 УК РБ
паводле артыкула 342 Крымінальнага кодэкса Рэспублікі Беларусь => 342 УК РБ
паводле часткі 2 артыкула 361-4 КК Беларусі => 361-4 ч. 2 УК РБ
арт. 361¹ КК Беларусі => 361-1 УК РБ
арт. 24.23 КаАП => 24.23 КоАП
па артыкулах 342 і 369 КК => 342 КК | 369 КК
артыкул 33 Канстытуцыі =>
арт. 6 Канвенцыі =>
арт. 107 КПК =>
у артыкуле 5 аўтараў =>
""")

NOTHING = """
Пракурор запатрабаваў для яго 9 гадоў калоніі.
У калоніі ён даведаўся, што памёр яго бацька.
Пракурор прасіў абраць яму меру стрымання ў выглядзе ўтрымання пад вартай.
Пракуратура прасіла асудзіць яе да сямі гадоў.
Яе могуць асудзіць да рэальнага тэрміну.
Калі яго прызнаюць вінаватым, ён паедзе ў калонію.
Суд не асудзіў яе да пазбаўлення волі.
Яго не затрымлівалі.
Больш за 300 чалавек асудзілі да тэрмінаў ад 5 да 10 гадоў.
Не менш за 20 актывістаў затрымалі ў 2023 годзе.
Артыкул прадугледжвае да 15 гадоў пазбаўлення волі.
Максімальнае пакаранне — 10 гадоў пазбаўлення волі.
Яго дзеда асудзілі да 10 гадоў лагераў.
У 1937 годзе паэта асудзілі да дзесяці гадоў лагераў.
Ці асудзілі яго да пяці гадоў?
Мы патрабуем вызваліць Ганну.
Нікога не затрымалі.
Ён працаваў на заводзе пяць гадоў.
Вайна ідзе тры гады.
Яго сябра затрымалі 5 траўня 2023 года.
Сотні людзей затрымалі 23 студзеня 2021 года.
Магчыма, яго затрымалі.
Пяць гадоў таму яна пераехала ў Брэст.
""".strip().splitlines()

STAGES = rows("""
Гарбуза прызналі вінаватым у здрадзе. => convicted
У калоніі №22 пад Івацэвічамі памёр 61-гадовы палітвязень Гарбуз. => died
Памёр палітвязень Янка Гарбуз. => died
Вынесены прысуд Янку Гарбузу. =>
Яму абралі меру стрымання ў выглядзе ўтрымання пад вартай. => remanded in custody
Гарбуза затрымалі ў Гродне. => detained
Яе адправілі пад хатні арышт. => house arrest
Яго абвясцілі ў вышук. => wanted
Ён выйшаў на волю ў 2024 годзе. => released
Суд апраўдаў яе. => acquitted
Ён памёр у СІЗА ў Мінску. => died
Ёй прад'явілі абвінавачанне ў здрадзе. => charged
Яго завочна асудзілі да пяці гадоў. => in absentia | sentenced
""")

PERSONS = [
    ("Суд асудзіў Янку Гарбуза да пяці гадоў.", "sentence", "Янку Гарбуза"),
    ("Яго затрымалі 5 траўня 2024 года.", "detained", "Яго"),
]


@pytest.mark.parametrize("row", FACTS, ids=str)
def test_a_fact_is_read_from_its_sentence(row: Row) -> None:
    assert facts_of(row.text, "be") == row.values


@pytest.mark.parametrize("row", ARTICLES, ids=str)
def test_an_article_has_one_form(row: Row) -> None:
    assert articles_of(row.text, "be") == [name for name, _ in row.values]


@pytest.mark.parametrize("text", NOTHING)
def test_what_is_no_statement_of_a_fact_is_not_read(text: str) -> None:
    assert [fact for fact in facts_of(text, "be") if fact[0] != "faces"] == []
    assert stages_of(text, "be") == []


@pytest.mark.parametrize("row", STAGES, ids=str)
def test_a_stage_is_read(row: Row) -> None:
    assert sorted(stages_of(row.text, "be")) == [name for name, _ in row.values]


@pytest.mark.parametrize(("text", "name", "person"), PERSONS)
def test_the_name_in_the_pattern_is_told(text: str, name: str, person: str) -> None:
    found = next(one for one in mentions(text, "be") if one.name == name)

    assert found.person is not None
    assert text[slice(*found.person)] == person
