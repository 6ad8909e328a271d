"""An error page, a parked domain, a block under a page's address; and pages that only speak of such things."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from archive.kinds import State
from pipelines.not_the_page import is_asked_to_log_in, is_home, is_replaced, state_said
from pipelines.page import read_page
from pipelines.reading import Reading, StoredPage
from pipelines.rules import ReadingRules
from spiders.definition import SiteDefinition

MENU = "<nav><ul>" + "".join(f'<li><a href="/s/{n}">Section {n}</a></li>' for n in range(6)) + "</ul></nav>"
LONG = "<p>Суд города Кедровка продлил арест до весны, сообщила защита, и назначил новое заседание по делу.</p>" * 20


def read(title: str, body: str, url: str = "https://north.example/case/1", *, menu: str = MENU) -> Reading:
    page = (
        f"<!doctype html><html><head><meta charset='utf-8'><title>{title}</title></head><body>{menu}"
        f"<main>{body}</main><footer><p>North Chronicle, all rights reserved</p></footer></body></html>"
    )
    at = datetime(2026, 3, 1, tzinfo=UTC)
    return read_page(StoredPage(url, at, "urn:uuid:1", None, "text/html; charset=utf-8", page.encode()), ReadingRules())


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("404 Not Found", "<h1>Not Found</h1><p>The requested URL was not found on this server.</p>"),
        ("Page not found – North Chronicle", "<h1>Oops! That page can’t be found.</h1><p>Try a search.</p>"),
        ("North Chronicle", "<h1>404</h1><p>Sorry, the page you are looking for does not exist.</p>"),
        ("North Chronicle", "<h2>Error 404</h2><p>Go to the first page.</p>"),
        ("Страница не найдена | Хроника", "<h1>Страница не найдена</h1><p>Начните с главной.</p>"),
        ("Хроника", "<h1>Ошибка 404</h1><p>К сожалению, запрашиваемая страница не существует.</p>"),
        ("Хроника", "<p>К сожалению, запрашиваемая вами страница не найдена.</p>"),
        ("Хроника", "<h1>Такой страницы не существует</h1>"),
        ("Хроника", "<h1>Материал удалён</h1><p>Перейти к новостям</p>"),
        ("Сторінку не знайдено - Літопис", "<h1>Сторінку не знайдено</h1><p>Поверніться на головну.</p>"),
        ("Літопис", "<h1>Помилка 404</h1><p>На жаль, такої сторінки не існує.</p>"),
        ("Старонка не знойдзена", "<h1>Старонка не знойдзена</h1><p>Пачніце з галоўнай.</p>"),
        ("Хроніка", "<h1>Памылка 404</h1><p>Такой старонкі няма.</p>"),
        ("Nie znaleziono strony", "<h1>Nie znaleziono strony</h1>"),
        ("Бет табылмады", "<h1>Бет табылмады</h1>"),
        ("Хроника", "<h1>Материал недоступен</h1><p>Запись удалена или никогда не существовала.</p>"),
        ("Хроника", "<h1>Документ не доступен</h1>"),
        ("Хроника", "<h1>Профиль удалён или не существует</h1>"),
        ("Хроника", "<h1>Запись удалена или перемещена</h1>"),
        ("Хроника", "<h1>Публикация более недоступна</h1>"),
        ("Хроника", "<h1>Вы попали на несуществующую страницу</h1>"),
        ("Хроника", "<p>Хроника севера</p><p>Такой записи нет</p><p>Пишите нам</p>"),
        ("North Chronicle", "<h1>That page doesn't seem to exist</h1>"),
        ("404 - Article not found", "<h1>404</h1><p>You may not be able to visit this page because of: a typo.</p>"),
        ("Nord", "<h1>Die angeforderte Seite wurde nicht gefunden</h1>"),
    ],
)
def test_a_page_that_says_there_is_none(title: str, body: str) -> None:
    assert state_said(read(title, body)) is State.SOFT_404


@pytest.mark.parametrize(
    "words",
    [
        *("Nothing here", "Page unavailable", "Sorry, this page is no longer available", "Hmm, there's nothing here"),
        *("We can't find the page you're looking for", "Looks like this page doesn't exist", "Record not found"),
        *("Ничего не нашлось", "Здесь ничего нет", "Элемент не найден!", "Увы, этой страницы больше нет"),
        *("Похоже, этой страницы не существует", "Не удаётся найти страницу", "Страница, которую вы ищете, удалена"),
        *("Ой! Тут нічого немає", "Нічого не знайдено", "Публікацію видалено", "Не вдалося знайти сторінку"),
        *("На жаль, сторінки за цією адресою немає", "Помилка: сторінку не знайдено", "Сторінка недоступна"),
        *("Нічога не знойдзена", "Старонка выдалена", "Ой, такой старонкі не існуе", "Мы не знайшлі такую старонку"),
    ],
)
def test_in_other_words_over_a_line_of_advice_between_teasers(words: str) -> None:
    teasers = "".join(
        f"<div><a href='/p/{n}'><h3>Ада Линдквист {n}</h3></a><p>Суд перенесли.</p></div>" for n in range(3)
    )
    page = read(f"{words} | Хроника", f"<article><h1>{words}</h1><p>Поиск по сайту</p></article><div>{teasers}</div>")
    assert state_said(page) is State.SOFT_404


@pytest.mark.parametrize(
    "title",
    [
        "Документ не найден в деле: адвокат просит вернуть его прокурору",
        "Record not found in the archive, says the lawyer",
        "Здесь ничего нет, кроме ветра: письмо из колонии",
        "Матеріал видалено зі справи, каже захисник",
        "Страница временно недоступна",
        "Карточка удалена из реестра",
        "Запись удалена или спрятана, спорит защита",
        "Телефон адвоката не доступен третий день",
    ],
)
def test_a_short_piece_of_news_that_begins_so_is_a_page(title: str) -> None:
    body = f"<h1>{title}</h1><p>Об этом рассказала Дарья Полынина. Заседание перенесли на весну.</p>"
    assert state_said(read(title, body)) is State.PRESENT


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("404 days in a cell", "<h1>404 days in a cell</h1><p>Ada Lindqvist has been held for 404 days.</p>"),
        ("Ошибка 404: как исчезают страницы", f"<h1>Ошибка 404: как исчезают страницы</h1>{LONG}"),
        ("Страница не найдена", f"<h1>Страница не найдена</h1>{LONG}"),
        (
            "Дело Кремера",
            "<h1>Дело Кремера</h1><p>Страница удалена по требованию суда города Кедровка 3 марта 2026 года.</p>",
        ),
        ("Boris Kremer", "<h1>Boris Kremer</h1><p>The body was not found. The search goes on.</p>"),
        ("Дело", "<h1>Оружие не найдено</h1><p>Обыск у Веры Соловьяновой шёл шесть часов, забрали телефоны.</p>"),
        ("Access to lawyers", "<h1>Access to lawyers is denied in prison 5</h1><p>For three weeks nobody came.</p>"),
        ("Доступ к адвокату", "<h1>К Глебу Ясеневичу не пускают адвоката</h1><p>Третью неделю подряд.</p>"),
        ("Registry", "<h1>Registry</h1><ul><li>Ada Lindqvist</li></ul>"),
        ("Список", "<h1>Список</h1><p>Пока никого.</p>"),
        (
            "Houses for sale in Kedrovka",
            "<h1>Houses</h1><p>The prosecutor's house is for sale, the neighbours say.</p>",
        ),
        ("Дело о казино", f"<h1>Дело о казино</h1>{LONG}<p>Казино закрыли.</p>"),
        ("Дело о казино", "<h1>Дело о казино</h1><p>Хозяин казино осуждён: в клубе ставили на покер и рулетку.</p>"),
        (
            "Сайт заблокирован, автора судят",
            "<h1>Сайт заблокирован, автора судят</h1><p>Доступ к нему закрыли весной. Автор ждёт суда.</p>",
        ),
    ],
)
def test_a_page_that_only_speaks_of_such_things(title: str, body: str) -> None:
    assert state_said(read(title, body)) is State.PRESENT


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("north.example", "<h1>north.example</h1><p>This domain is for sale. Buy this domain.</p>"),
        ("north.example", "<p>The domain north.example is parked free, courtesy of a registrar.</p>"),
        ("Домен продаётся", "<h1>north.example</h1><p>Домен north.example продаётся. Сделайте предложение.</p>"),
        ("north.example", "<h1>Срок регистрации домена истёк</h1><p>Обратитесь к регистратору.</p>"),
        ("Account Suspended", "<h1>Account Suspended</h1><p>This account has been suspended.</p>"),
        ("north.example", "<p>This Web page is parked for FREE, courtesy of a registrar.</p>"),
        ("Сайт north.example", "<h1>Сайт находится на парковке</h1><p>Домен не привязан к хостингу.</p>"),
        ("Index of /", "<h1>Index of /</h1><pre>Name Last modified Size</pre>"),
        ("Welcome to nginx!", "<h1>Welcome to nginx!</h1><p>If you see this page, the web server works.</p>"),
        ("Apache2 Ubuntu Default Page: It works", "<h1>It works!</h1><p>This is the default welcome page.</p>"),
        (
            "Vavada casino: официальный сайт",
            "<h1>Vavada казино</h1><p>Игровые автоматы, слоты, джекпот и фриспины. Casino slots, poker, bonus. "
            "Казино онлайн, рулетка и покер, игровые автоматы без регистрации.</p>",
        ),
        ("Хостинг", "<h1>Сайт только что создан</h1><p>Загрузите файлы в папку public_html.</p>"),
        ("Казино Вулкан", "<h1>Казино Вулкан</h1><p>Игровые автоматы, бонусы, фриспины. Зеркало казино сегодня.</p>"),
    ],
)
def test_a_parked_or_hijacked_domain(title: str, body: str) -> None:
    assert state_said(read(title, body, menu="")) is State.REPLACED


@pytest.mark.parametrize(
    ("title", "body", "state"),
    [
        ("Access Denied", "<h1>Access Denied</h1><p>You don't have permission.</p>", State.BLOCKED),
        ("Доступ ограничен", "<h1>Доступ к сайту ограничен</h1><p>Обратитесь к провайдеру.</p>", State.BLOCKED),
        ("Хроника", "<h1>Сайт временно недоступен</h1><p>Ведутся технические работы.</p>", State.UNREACHABLE),
        ("Error", "<h1>Error establishing a database connection</h1>", State.UNREACHABLE),
        ("Хроника", "<p>Хроника севера</p><p>Error establishing a database connection</p>", State.UNREACHABLE),
        ("Chronicle", "<h1>502 Bad Gateway</h1>", State.UNREACHABLE),
        ("Chronicle", "<h1>Something went wrong</h1><p>Please try again later.</p>", State.UNREACHABLE),
        ("Log in", "<h1>Log in</h1><p>You need to log in to see this page.</p><label>Name</label>", State.BLOCKED),
        ("Вход | Хроника", "<h1>Вход</h1><p>Чтобы просмотреть страницу, войдите в систему.</p>", State.BLOCKED),
        ("Авторизация", "<h1>Авторизация</h1><p>Логин Пароль Запомнить меня</p>", State.BLOCKED),
        ("Літопис", "<h1>Увійдіть</h1><p>Увійдіть, щоб переглянути сторінку.</p>", State.BLOCKED),
        ("Chronicle", "<h1>You are not authorized to access this page.</h1>", State.BLOCKED),
    ],
)
def test_what_stands_before_the_page(title: str, body: str, state: State) -> None:
    assert state_said(read(title, body)) is state


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("Ada Lindqvist", "<div>Log in</div><h1>Ada Lindqvist</h1><p>Held since March. Letters reach her.</p>"),
        ("Ada Lindqvist", "<h1>Ada Lindqvist</h1><p>Held since March.</p><p>Log in to comment</p><p>Password</p>"),
        ("Вера Соловьянова", "<h1>Вера Соловьянова</h1><p>Войдите, чтобы оставить комментарий. Пароль</p>"),
        ("Вход в суд закрыт", "<h1>Вход в суд закрыт</h1><p>Слушателей не пустили, у них спросили пароль.</p>"),
        ("Вход свободный", "<h1>Вход свободный</h1><p>Вечер писем состоится в среду.</p>"),
    ],
)
def test_a_short_page_that_has_a_way_to_log_in_is_a_page(title: str, body: str) -> None:
    assert state_said(read(title, body)) is State.PRESENT


def bare(title: str, body: str = "") -> Reading:
    page = f"<!doctype html><html><head><title>{title}</title></head><body>{body}<script>fill()</script></body></html>"
    at = datetime(2026, 3, 2, tzinfo=UTC)
    return read_page(
        StoredPage("https://www.north.example/case/1", at, "urn:uuid:3", None, "text/html", page.encode()),
        ReadingRules(),
    )


def test_a_page_of_nothing_but_its_hosts_name_is_parked() -> None:
    assert state_said(bare("north.example", "<div id='target'></div>")) is State.REPLACED


def test_a_page_of_nothing_at_all_tells_nothing() -> None:
    assert state_said(bare("")) is State.UNREACHABLE


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("Ada Lindqvist", "<div id='app'></div>"),
        ("north.example", "<p>Ada Lindqvist</p>"),
        ("north.example", "<img src='/scan.png' alt=''>"),
        ("", "<a href='/list.pdf'><img src='/scan.png' alt=''></a>"),
    ],
)
def test_a_page_with_a_title_a_word_or_a_picture_is_one(title: str, body: str) -> None:
    assert state_said(bare(title, body)) is State.PRESENT


BREAD = (
    "<h1>Fresh bread</h1><p>Our bakery opened twelve years ago beside the harbour, where fishermen wanted bread before "
    "sunrise. Today seven bakers knead sourdough, roll croissants and decorate cakes for weddings in the county. "
    "Flour comes from a windmill nearby, butter from pastures along the coast, cherries from grandmother's orchard.</p>"
)
CASE = (
    "<h1>Ada Lindqvist</h1><p>The district court sentenced Ada Lindqvist to eight years of a strict regime colony. "
    "Prosecutors accused the librarian of spreading leaflets near the river station, which witnesses never confirmed. "
    "Her lawyers appealed, arguing that investigators threatened relatives during interrogations last winter.</p>"
)
BAKERY = (
    "<nav><a href='/menu-card'>Menu card</a><a href='/opening-times'>Opening times</a>"
    "<a href='/weddings'>Weddings</a><a href='/orders'>Orders</a></nav>"
)


def other(title: str, body: str, menu: str) -> Reading:
    page = f"<html><head><title>{title}</title></head><body>{menu}<main>{body}</main><p>Crumbs Ltd</p></body></html>"
    at = datetime(2026, 3, 2, tzinfo=UTC)
    url = "https://north.example/case/1"
    return read_page(StoredPage(url, at, "urn:uuid:2", None, "text/html; charset=utf-8", page.encode()), ReadingRules())


def test_a_page_of_which_nothing_is_left_is_another() -> None:
    assert is_replaced(read("Ada Lindqvist | North Chronicle", CASE), other("Harbour Bakery", BREAD, BAKERY))


ROW = "<nav><a href='/people/'>People</a> <a href='/about'>About us</a></nav>"
FIRST_PAGE = "<h1>North Chronicle</h1><p>The chronicle keeps account of trials.</p>"


def test_a_page_with_little_around_it_of_which_nothing_is_left_is_another() -> None:
    before = read("Ada Lindqvist | North Chronicle", CASE, menu=ROW)
    assert is_replaced(before, other("Harbour Bakery", BREAD, "<p>Crumbs every morning</p>"))


def test_a_page_that_says_little_of_which_nothing_is_left_is_another() -> None:
    menu = "".join(
        f"<a href='/{name}/'>{name} of the chronicle </a>"
        for name in ("people", "letters", "courts", "prisons", "lawyers")
    )
    before = read(
        "North Chronicle",
        f"{FIRST_PAGE}<p>Neighbours founded it after the flood, without office, money or patrons of its own.</p>",
        menu=f"<nav>{menu}</nav>",
    )
    assert is_replaced(before, other("Harbour Bakery", BREAD, BAKERY))


def furnished(*names: str) -> str:
    return "<nav><ul>" + "".join(f"<li><a href='/{name}/'>{name}</a></li>" for name in names) + "</ul></nav>"


def test_words_that_any_two_pages_share_are_nothing_of_a_page() -> None:
    """What two texts have in common by chance, and "Home" in both menus."""
    menu = furnished("Home", "People", "Letters", "Courts", "Prisons", "Lawyers")
    chance = "<p>Everybody knows that nobody should wait longer than seven years beside the river.</p>"
    before = read("Ada Lindqvist | North Chronicle", CASE + chance, menu=menu.replace("/Home/", "/"))
    other_menu = furnished("Home", "Bread", "Cakes", "Weddings", "Orders", "Opening").replace("/Home/", "/")

    assert is_replaced(before, other("Harbour Bakery", BREAD + chance, other_menu))


@pytest.mark.parametrize(
    "kept",
    [
        furnished("Home", "People", "Letters", "Bread", "Cakes", "Orders"),
        furnished("Home", "Bread", "Cakes", "Orders") + "<footer><p>North Chronicle, all rights reserved</p></footer>",
    ],
    ids=["half of the menu", "a line of its own"],
)
def test_a_page_that_keeps_what_stood_around_it_is_edited(kept: str) -> None:
    menu = furnished("Home", "People", "Letters", "Courts", "Prisons", "Lawyers")
    before = read("Ada Lindqvist", CASE, menu=menu.replace("/Home/", "/"))
    # the links lead elsewhere now, as after a move to another system
    for name in ("People", "Letters"):
        kept = kept.replace(f"/{name}/", f"/new/{name}")

    assert not is_replaced(before, other("Harbour Bakery", BREAD, kept.replace("/Home/", "/")))


def test_a_page_with_nothing_around_it_may_say_anything() -> None:
    page = "<html><head><title>Ada Lindqvist</title></head><body><main>{}</main></body></html>"
    at = datetime(2026, 3, 1, tzinfo=UTC)
    old, new = (
        read_page(StoredPage("https://north.example/case/1", at, "urn:uuid:1", None, "text/html", text.encode()), None)
        for text in (page.format(CASE), page.format(BREAD).replace("Ada Lindqvist", "Bread"))
    )
    assert not is_replaced(old, new)


def test_a_page_that_is_rewritten_within_its_site_is_edited() -> None:
    assert not is_replaced(read("Ada Lindqvist | North Chronicle", CASE), read("Bread | North Chronicle", BREAD))


def test_a_page_in_another_template_is_the_page() -> None:
    assert not is_replaced(read("Ada Lindqvist | North Chronicle", CASE), other("Ada L. - Library", CASE, BAKERY))


SITE = SiteDefinition(
    name="north", start=("https://north.example/ru/start",), lists=("https://north.example/prisoners",)
)


@pytest.mark.parametrize(
    ("target", "home"),
    [
        ("https://north.example/", True),
        ("https://north.example/?from=old", True),
        ("https://north.example/ru/", True),
        ("https://north.example/index.php", True),
        ("https://other.example/", True),
        ("https://north.example/prisoners", True),
        ("https://north.example/ru/start", True),
        ("https://north.example/case/2", False),
        ("https://other.example/case/1", False),
    ],
)
def test_a_redirect_home_leads_to_no_page_of_its_own(target: str, home: bool) -> None:
    assert is_home(target, "https://north.example/case/1", SITE) is home


def test_a_first_page_that_moves_is_no_page_redirected_home() -> None:
    assert not is_home("https://other.example/", "https://north.example/", SITE)


def test_an_address_where_a_password_is_asked_for() -> None:
    assert is_asked_to_log_in("https://north.example/wp-login.php?redirect_to=%2Fcase%2F1")
    assert not is_asked_to_log_in("https://north.example/case/logic")
