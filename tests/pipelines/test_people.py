"""Persons are found in any case, script and order, and one person is one."""

from __future__ import annotations

import time

import pytest

from pipelines.names import given_forms, patronymic_forms, skeleton, surname
from pipelines.people import SEVERAL, People, names_in


def nominatives(text: str, language: str) -> list[str]:
    return [name.nominative for name in names_in(text, language)]


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Островерхову Климу Петровичу, 1971 г. р.", "ru", "Островерхов Клим Петрович"),
        ("Писать: Островерховой Анне Сергеевне", "ru", "Островерхова Анна Сергеевна"),
        ("суд приговорил Клима Островерхова к пяти годам", "ru", "Клим Островерхов"),
        ("с Марией Крупинской", "ru", "Мария Крупинская"),
        ("засудили Айше Велієву", "uk", "Айше Велієва"),
        ("Ленуре Меджитова", "uk", "Ленуре Меджитова"),
        ("затримали Ленура Меджитова", "uk", "Ленур Меджитов"),
        ("засудили Івана Ткачука до", "uk", "Іван Ткачук"),
        ("засудив Віталія Шпака до", "uk", "Віталій Шпак"),
        ("суд над Остапом Мельником", "uk", "Остап Мельник"),
        ("засудили Остапа Бойка до", "uk", "Остап Бойко"),
        ("Палітвязню Алесю Пракапчуку дадалі тэрмін", "be", "Алесь Пракапчук"),
        ("асудзілі Алесю Пракапчук", "be", "Алеся Пракапчук"),
        ("Паўлу Бойку далі тры гады", "be", "Павел Бойка"),
        ("письма Крупинскому Павлу Ильичу", "ru", "Крупинский Павел Ильич"),
        ("Ковальчуку Петру Львовичу", "ru", "Ковальчук Пётр Львович"),
        ("Ковальчук Ольге Львовне", "ru", "Ковальчук Ольга Львовна"),
        ("Джапаридзе Ираклию", "ru", "Джапаридзе Ираклий"),
        ("Саакяну Тиграну Арменовичу", "ru", "Саакян Тигран Арменович"),
        ("Черных Семёну Ильичу", "ru", "Черных Семён Ильич"),
        ("Коваленко Ивану Ивановичу", "ru", "Коваленко Иван Иванович"),
        ("Глинке Роману Юрьевичу", "ru", "Глинка Роман Юрьевич"),
        ("Гайдуку-Белову Олегу Юрьевичу", "ru", "Гайдук-Белов Олег Юрьевич"),
        ("ОСТРОВЕРХОВУ Климу Петровичу", "ru", "Островерхов Клим Петрович"),
        ("Соловьеву Артему Игоревичу", "ru", "Соловьев Артем Игоревич"),
        ("Коваленку Олександру Петровичу", "uk", "Коваленко Олександр Петрович"),
        ("Жуковському Андрієві Миколайовичу", "uk", "Жуковський Андрій Миколайович"),
        ("Жуковській Олені Миколаївні", "uk", "Жуковська Олена Миколаївна"),
        ("справу Сергія Гонтаря", "uk", "Сергій Гонтар"),
        ("Каліноўскаму Кастусю", "be", "Каліноўскі Кастусь"),
        ("асудзілі Марыю Каленкевіч", "be", "Марыя Каленкевіч"),
        ("Забелаву Ціхану Пятровічу", "be", "Забелаў Ціхан Пятровіч"),
        ("sentenced Klim Ostroverkhov to five years", "en", "Klim Ostroverkhov"),
        ("Klim Petrovich Ostroverkhov (born 1971)", "en", "Klim Petrovich Ostroverkhov"),
        ("Ostroverkhov Klim Petrovich", "en", "Ostroverkhov Klim Petrovich"),
        ("the trial of Patrick W. Carlin", "en", "Patrick Carlin"),
    ],
)
def test_a_name_in_any_case_has_its_nominative(text: str, language: str, expected: str) -> None:
    assert nominatives(text, language) == [expected]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("the Sosva District Court of Sverdlovsk Oblast", "en"),
        ("Novaya Gazeta, Radio Free Europe and Human Rights Watch", "en"),
        ("on 5 May the Supreme Court of Russia", "en"),
        ("a teacher from Yaya", "en"),
        ("People of Typical Kirov", "en"),
        ("Лефортовский районный суд Москвы", "ru"),
        ("ФКУ ИК-5 УФСИН России по Кировской области", "ru"),
        ("Первого мая в Нижнем Новгороде", "ru"),
        ("Верховний Суд України", "uk"),
        ("Вярхоўны суд Беларусі", "be"),
    ],
)
def test_institutions_places_and_months_are_no_persons(text: str, language: str) -> None:
    assert nominatives(text, language) == []


@pytest.mark.parametrize(
    "spellings",
    [
        ("Сергей", "Sergei", "Sergey"),
        ("Алексей", "Alexei", "Aleksey", "Alexey"),
        ("Дмитрий", "Dmitry", "Dmitrii", "Dmitriy"),
        ("Юлия", "Yulia", "Iuliia", "Julija"),
        ("Щербаков", "Shcherbakov"),
        ("Хохлов", "Khokhlov", "Hohlov"),
        ("Евгений", "Yevgeny", "Evgenii", "Evgeniy"),
        ("Зайцев", "Zaitsev", "Zaytsev"),
        ("Соловьёв", "Solovyov", "Soloviev"),
        ("Жуков", "Zhukov"),
        ("Гліб", "Hlib"),
    ],
)
def test_systems_of_transliteration_have_one_skeleton(spellings: tuple[str, ...]) -> None:
    assert len({skeleton(spelling) for spelling in spellings}) == 1


def test_a_russian_address_is_of_the_person_of_the_english_text() -> None:
    people = People([("Klim Ostroverkhov was detained.", "en"), ("Островерхову Климу Петровичу, 1971 г. р.", "ru")])

    assert len(people.persons) == 1
    name = people.persons[0].fullest("ru")
    assert name is not None
    assert name.nominative == "Островерхов Клим Петрович"
    assert people.persons[0].called("en") == "Klim Ostroverkhov"


def test_later_a_surname_initials_or_a_given_name_alone_are_the_same_person() -> None:
    text = "Клим Островерхов задержан. Суд арестовал Островерхова. К. П. Островерхову вменяют статью. Климу 40 лет."

    (mentions,) = People([(text, "ru")]).mentions

    assert [mention.person for mention in mentions] == [0, 0, 0, 0]


def test_a_surname_that_two_persons_have_is_of_neither() -> None:
    text = "Ivan Pereverzev and Oleg Pereverzev were tried. Pereverzev was sentenced."

    (mentions,) = People([(text, "en")]).mentions

    assert [mention.person for mention in mentions] == [0, 1, SEVERAL]


def test_a_wife_with_the_same_surname_is_another_person() -> None:
    text = "Клим Островерхов осуждён. Анна Островерхова ждёт. Островерхову отправили письмо. Островерхова навестили."

    people = People([(text, "ru")])

    assert len(people.persons) == 2


def test_a_doubtful_form_takes_the_case_of_its_verb() -> None:
    # Олесю Ветрову: the accusative of Олеся Ветрова, the dative of Олесь Ветров
    assert nominatives("Олесю Ветрову задержали 5 марта", "ru") == ["Олеся Ветрова"]
    assert nominatives("Олесю Ветрову грозит пять лет", "ru") == ["Олесь Ветров"]


@pytest.mark.parametrize(
    ("text", "language", "roles"),
    [
        ("Judge Nelli Strizhova sentenced Klim Petrov.", "en", ["official", ""]),
        ("The lawyer of Klim Petrov appealed.", "en", [""]),
        ("Irina Belskaya, his lawyer, appealed.", "en", ["official"]),
        ("His wife Anna Petrova wrote.", "en", ["relative"]),
        ("Адвокат Ирина Бельская обжаловала приговор.", "ru", ["official"]),
        ("Адвокат Клима Петрова обжаловал приговор.", "ru", [""]),
        ("Следователь предъявил обвинение Климу Петрову.", "ru", [""]),
    ],
)
def test_officials_and_relatives_are_told_from_those_they_act_for(text: str, language: str, roles: list[str]) -> None:
    (mentions,) = People([(text, language)]).mentions

    assert [mention.role for mention in mentions] == roles


def test_a_patronymic_is_one_of_a_known_given_name() -> None:
    assert [form.nominative for form in patronymic_forms("Петровичу", "ru")][:1] == ["Петрович"]
    assert patronymic_forms("Каленкевич", "ru") == ()


def test_yo_is_e_but_stays_as_the_page_writes_it() -> None:
    assert [form.nominative for form in given_forms("Семёну", "ru")] == ["Семён"]
    assert [form.nominative for form in given_forms("Семену", "ru")] == ["Семен"]
    assert [form.nominative for form in given_forms("Петру", "ru")][:1] == ["Пётр"]
    assert nominatives("асудзілі настаўніцу Алену Кавальчук", "be") == ["Алена Кавальчук"]
    assert surname("Соловьёву", "m", "d", "ru") is not None


@pytest.mark.parametrize("piece", ["А. ", "Клим ", "Ab ", "Ivan Petrov, ", "A-a'", "Петрович "])
def test_hostile_text_is_read_in_no_time(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    begun = time.process_time()

    names = names_in(text, "ru")

    assert time.process_time() - begun < 20
    assert all(name.end - name.start < 200 for name in names)
