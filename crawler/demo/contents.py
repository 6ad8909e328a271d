"""What the made-up site publishes: its pages, the furniture around them, and the edits of its second state.

The articles lie in `pages/`, one file each, as HTML fragments (the one legacy page is whole). `{{donate}}` in an
article stands for the donation call that real sites put between two paragraphs.
"""

from __future__ import annotations

import functools
import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the site."""

    path: str
    language: str
    source: str
    """File in `pages/`."""
    title: str
    description: str
    published: str | None = None
    """Date as the page states it, YYYY-MM-DD."""
    kind: str = "page"
    """`home`, `list`, `case`, `news`, `page`, or `legacy`: whole as it stands, windows-1251."""
    versions: str | None = None
    """Pages that share this word are language versions of one another."""
    related: tuple[str, ...] = ()
    moving: bool = True
    """Whether ticker and counters stand on it, so that no two loads are equal."""
    chunked: bool = False
    """Whether it is sent gzipped (to whom accepts that) and in chunks."""


@dataclass(frozen=True, slots=True)
class Words:
    """The furniture's words in one language."""

    site: str
    motto: str
    menu: tuple[tuple[str, str], ...]
    views: str
    readers: str
    related: str
    donate: str
    donate_link: str
    cookies: str
    accept: str
    subscribe: str
    rights: str
    published: str
    months: str
    """Their names as dates have them, January first."""
    gone: str
    missing: str


_ENGLISH_MONTHS = "January February March April May June July August September October November December"
_RUSSIAN_MONTHS = "января февраля марта апреля мая июня июля августа сентября октября ноября декабря"
_UKRAINIAN_MONTHS = "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня"
_BELARUSIAN_MONTHS = "студзеня лютага сакавіка красавіка мая чэрвеня ліпеня жніўня верасня кастрычніка лістапада снежня"

WORDS: Mapping[str, Words] = {
    "en": Words(
        site="The Rowan Committee",
        motto="So that nobody is forgotten",
        menu=(
            ("/", "Home"),
            ("/en/cases/", "Cases"),
            ("/en/news/weekly-update-41/", "Weekly update"),
            ("/en/news/open-letter-about-the-post/", "Open letter"),
            ("/en/how-to-write/", "Writing to prisoners"),
            ("/en/about/", "About us"),
            ("/en/donate/", "Donate"),
        ),
        views="Views",
        readers="Readers on the site now",
        related="Read also",
        donate="We take no money from states. If you can, help us to pay for lawyers and parcels.",
        donate_link="Support the committee",
        cookies="We use cookies to count visits. By staying on the site you agree to this.",
        accept="Accept",
        subscribe="Subscribe to our Thursday letter",
        rights="Texts may be reprinted with a link to the page",
        published="Published",
        months=_ENGLISH_MONTHS,
        gone="This page has been removed at the request of a court.",
        missing="There is no such page. It may have been moved or deleted.",
    ),
    "ru": Words(
        site="Комитет «Рябина»",
        motto="Чтобы никого не забыли",
        menu=(
            ("/ru/", "Главная"),
            ("/ru/cases/", "Дела"),
            ("/ru/news/obyski-na-fonarnoy/", "Новости"),
            ("/ru/archive/hronika-3.htm", "Архив"),
            ("/ru/about/", "О нас"),
        ),
        views="Просмотров",
        readers="Сейчас на сайте",
        related="Читайте также",
        donate="Мы не берём денег у государств. Если можете, помогите оплатить адвокатов и посылки.",
        donate_link="Поддержать комитет",
        cookies="Мы используем файлы cookie, чтобы считать посещения. Оставаясь на сайте, вы соглашаетесь с этим.",
        accept="Принять",
        subscribe="Подпишитесь на наше письмо по четвергам",
        rights="Перепечатка текстов разрешена со ссылкой на страницу",
        published="Опубликовано",
        months=_RUSSIAN_MONTHS,
        gone="Эта страница удалена по требованию суда.",
        missing="Такой страницы нет. Возможно, она перемещена или удалена.",
    ),
    "uk": Words(
        site="Комітет «Горобина»",
        motto="Щоб нікого не забули",
        menu=(
            ("/uk/", "Головна"),
            ("/uk/cases/oksana-dubrovenko/", "Справи"),
            ("/uk/news/zayava-pro-lystuvannya/", "Новини"),
        ),
        views="Переглядів",
        readers="Зараз на сайті",
        related="Читайте також",
        donate="Ми не беремо грошей у держав. Якщо можете, допоможіть оплатити адвокатів і посилки.",
        donate_link="Підтримати комітет",
        cookies="Ми використовуємо файли cookie, щоб лічити відвідування. Залишаючись тут, ви погоджуєтеся з цим.",
        accept="Прийняти",
        subscribe="Підпишіться на наш лист щочетверга",
        rights="Передрук текстів дозволено з посиланням на сторінку",
        published="Опубліковано",
        months=_UKRAINIAN_MONTHS,
        gone="Цю сторінку вилучено на вимогу суду.",
        missing="Такої сторінки немає. Можливо, її переміщено або вилучено.",
    ),
    "be": Words(
        site="Камітэт «Рабіна»",
        motto="Каб нікога не забылі",
        menu=(
            ("/be/", "Галоўная"),
            ("/be/cases/uladzislau-hlybotski/", "Справы"),
            ("/be/news/kniga-skargau/", "Навіны"),
        ),
        views="Праглядаў",
        readers="Цяпер на сайце",
        related="Чытайце таксама",
        donate="Мы не бяром грошай у дзяржаў. Калі можаце, дапамажыце аплаціць адвакатаў і пасылкі.",
        donate_link="Падтрымаць камітэт",
        cookies="Мы выкарыстоўваем файлы cookie, каб лічыць наведванні. Застаючыся на сайце, вы згаджаецеся з гэтым.",
        accept="Прыняць",
        subscribe="Падпішыцеся на наш ліст па чацвяргах",
        rights="Перадрук тэкстаў дазволены са спасылкай на старонку",
        published="Апублікавана",
        months=_BELARUSIAN_MONTHS,
        gone="Гэтая старонка выдалена на патрабаванне суда.",
        missing="Такой старонкі няма. Магчыма, яе перамясцілі або выдалілі.",
    ),
}

LANGUAGE_NAMES = {"en": "English", "ru": "Русский", "uk": "Українська", "be": "Беларуская"}
HOMES = {"en": "/", "ru": "/ru/", "uk": "/uk/", "be": "/be/"}

# Sites in English whose software was made for Russian readers carry this notice; it fools language detection.
OLD_BROWSER = (
    "Вы пользуетесь устаревшим браузером, и страницы сайта могут отображаться неправильно. "
    "Установите, пожалуйста, один из современных браузеров:"
)

ZAVYALETS, ZAVYALETS_RU = "/en/cases/maksim-zavyalets/", "/ru/cases/maksim-zavyalets/"
KOLOSNITSYNA, KOLOSNITSYNA_RU = "/en/cases/vera-kolosnitsyna/", "/ru/cases/vera-kolosnitsyna/"
DUBROVENKO, DUBROVENKO_UK = "/en/cases/oksana-dubrovenko/", "/uk/cases/oksana-dubrovenko/"
HLYBOTSKI, HLYBOTSKI_BE = "/en/cases/uladzislau-hlybotski/", "/be/cases/uladzislau-hlybotski/"
OSTROUMTSEV = "/en/cases/pavel-ostroumtsev/"
WEEKLY, LETTER = "/en/news/weekly-update-41/", "/en/news/open-letter-about-the-post/"
SEARCHES, CHRONICLE = "/ru/news/obyski-na-fonarnoy/", "/ru/archive/hronika-3.htm"
CORRESPONDENCE, COMPLAINTS = "/uk/news/zayava-pro-lystuvannya/", "/be/news/kniga-skargau/"

MOVED, MOVED_TO = "/en/prisoners/zavyalets/", ZAVYALETS
MISSING = "/en/reports/annual-report-2019/"
FORBIDDEN = "/internal/desk/"
FEED, SITEMAP, ROBOTS, STYLE = "/feed.xml", "/sitemap.xml", "/robots.txt", "/static/site.css"
CRAWL_DELAY = 0.1

PAGES: tuple[Page, ...] = (
    Page(
        "/",
        "en",
        "en/home.html",
        "The Rowan Committee",
        "People deprived of liberty for their convictions.",
        kind="home",
        versions="home",
    ),
    Page(
        "/en/cases/",
        "en",
        "en/cases.html",
        "Cases",
        "People prosecuted for political reasons.",
        kind="list",
        versions="cases",
    ),
    Page(
        ZAVYALETS,
        "en",
        "en/case-zavyalets.html",
        "Maksim Zavyalets is a political prisoner",
        "A geography teacher imprisoned for an answer given in class.",
        published="2025-07-04",
        kind="case",
        versions="zavyalets",
        related=(DUBROVENKO, KOLOSNITSYNA, WEEKLY),
    ),
    Page(
        KOLOSNITSYNA,
        "en",
        "en/case-kolosnitsyna.html",
        "Vera Kolosnitsyna: convicted for a card index",
        "A librarian prosecuted for remembering the dead.",
        published="2024-12-20",
        kind="case",
        versions="kolosnitsyna",
        related=(ZAVYALETS, OSTROUMTSEV, LETTER),
    ),
    Page(
        DUBROVENKO,
        "en",
        "en/case-dubrovenko.html",
        "Oksana Dubrovenko: 151 days that do not exist",
        "A nurse held incommunicado, then sentenced for three small gifts.",
        published="2024-10-02",
        kind="case",
        versions="dubrovenko",
        related=(ZAVYALETS, HLYBOTSKI, LETTER),
    ),
    Page(
        HLYBOTSKI,
        "en",
        "en/case-hlybotski.html",
        "Uladzislau Hlybotski and the red dawn",
        "A printer sentenced over a wall calendar.",
        published="2024-09-03",
        kind="case",
        versions="hlybotski",
        related=(DUBROVENKO, KOLOSNITSYNA, WEEKLY),
    ),
    Page(
        OSTROUMTSEV,
        "en",
        "en/case-ostroumtsev.html",
        "Pavel Ostroumtsev, radio amateur",
        "An electrician in prison for his logbooks.",
        published="2024-02-15",
        kind="case",
        related=(HLYBOTSKI, ZAVYALETS, LETTER),
    ),
    Page(
        WEEKLY,
        "en",
        "en/weekly-update-41.html",
        "Weekly update 41",
        "Trials, transfers and letters in the week ending 10 October 2025.",
        published="2025-10-11",
        kind="news",
        related=(LETTER, ZAVYALETS),
    ),
    Page(
        LETTER,
        "en",
        "en/open-letter.html",
        "Open letter about the post",
        "Nineteen prisoners write about letters that do not arrive.",
        published="2025-09-05",
        kind="news",
        related=(WEEKLY, DUBROVENKO),
    ),
    Page(
        "/en/how-to-write/",
        "en",
        "en/how-to-write.html",
        "Writing to prisoners",
        "How to write a letter so that it arrives.",
        moving=False,
    ),
    Page(
        "/en/about/",
        "en",
        "en/about.html",
        "About the committee",
        "Who we are and how a name comes on the list.",
        versions="about",
        moving=False,
    ),
    Page("/en/donate/", "en", "en/donate.html", "Support the committee", "What your money pays for.", moving=False),
    Page(
        "/ru/",
        "ru",
        "ru/home.html",
        "Комитет «Рябина»",
        "О людях, лишённых свободы за убеждения.",
        kind="home",
        versions="home",
    ),
    Page(
        "/ru/cases/",
        "ru",
        "ru/cases.html",
        "Дела",
        "Люди, преследуемые по политическим мотивам.",
        kind="list",
        versions="cases",
    ),
    Page(
        ZAVYALETS_RU,
        "ru",
        "ru/case-zavyalets.html",
        "Максим Завьялец — политзаключённый",
        "Учитель географии лишён свободы за ответ на уроке.",
        published="2025-07-03",
        kind="case",
        versions="zavyalets",
        related=(KOLOSNITSYNA_RU, SEARCHES),
    ),
    Page(
        KOLOSNITSYNA_RU,
        "ru",
        "ru/case-kolosnitsyna.html",
        "Вера Колосницына: приговор за картотеку",
        "Библиотекаря преследуют за память о погибших.",
        published="2024-12-18",
        kind="case",
        versions="kolosnitsyna",
        related=(ZAVYALETS_RU, SEARCHES),
    ),
    Page(
        SEARCHES,
        "ru",
        "ru/searches.html",
        "Обыски на Фонарной улице",
        "Четыре квартиры, ни одного задержанного и коробка ёлочных игрушек.",
        published="2025-09-04",
        kind="news",
        related=(KOLOSNITSYNA_RU, ZAVYALETS_RU),
        chunked=True,
    ),
    Page(
        "/ru/about/",
        "ru",
        "ru/about.html",
        "О комитете",
        "Кто мы и как имя попадает в список.",
        versions="about",
        moving=False,
    ),
    Page(
        CHRONICLE,
        "ru",
        "ru/chronicle-3.html",
        "«Хроника» комитета «Рябина», выпуск 3",
        "",
        published="2004-03-12",
        kind="legacy",
        moving=False,
    ),
    Page(
        "/uk/",
        "uk",
        "uk/home.html",
        "Комітет «Горобина»",
        "Про людей, позбавлених волі за переконання.",
        kind="home",
        versions="home",
    ),
    Page(
        DUBROVENKO_UK,
        "uk",
        "uk/case-dubrovenko.html",
        "Оксана Дубровенко: 151 день, якого не існує",
        "Медсестру утримували таємно, а потім засудили за три невеликі пожертви.",
        published="2024-10-01",
        kind="case",
        versions="dubrovenko",
        related=(CORRESPONDENCE,),
    ),
    Page(
        CORRESPONDENCE,
        "uk",
        "uk/correspondence.html",
        "Заява про листування з в’язнями",
        "Листи, які не доходять.",
        published="2025-09-12",
        kind="news",
        related=(DUBROVENKO_UK,),
    ),
    Page(
        "/be/",
        "be",
        "be/home.html",
        "Камітэт «Рабіна»",
        "Пра людзей, пазбаўленых волі за перакананні.",
        kind="home",
        versions="home",
    ),
    Page(
        HLYBOTSKI_BE,
        "be",
        "be/case-hlybotski.html",
        "Уладзіслаў Глыбоцкі і чырвоны світанак",
        "Друкара пакаралі за насценны каляндар.",
        published="2024-09-02",
        kind="case",
        versions="hlybotski",
        related=(COMPLAINTS,),
    ),
    Page(
        COMPLAINTS,
        "be",
        "be/complaints-book.html",
        "Кніга скаргаў: суд у Глыбакалеску",
        "Жанчыну судзілі за запіс у кнізе скаргаў.",
        published="2025-09-16",
        kind="news",
        related=(HLYBOTSKI_BE,),
    ),
)

BY_PATH: Mapping[str, Page] = {page.path: page for page in PAGES}

WORDS_BEFORE, WORDS_AFTER = "five years", "eight years"
WORDS_BEFORE_RU, WORDS_AFTER_RU = "пять лет", "восемь лет"
ADDED_PARAGRAPH = (
    "On 3 October 2025 Oksana Dubrovenko was moved to the prison hospital in Nizhniye Klyuchi with a suspected "
    "fracture of the wrist. Her lawyer, who came on 6 October, was told that visits to patients are allowed on the "
    "last Thursday of the month only. The committee has complained to the ombudsperson and asks doctors who speak "
    "Ukrainian to get in touch."
)
_ADDED_BEFORE = "<p>The Rowan Committee considers Oksana Dubrovenko"

EDITS: Mapping[str, tuple[str, str]] = {
    ZAVYALETS: (WORDS_BEFORE, WORDS_AFTER),
    ZAVYALETS_RU: (WORDS_BEFORE_RU, WORDS_AFTER_RU),
    DUBROVENKO: (_ADDED_BEFORE, f"<p>{ADDED_PARAGRAPH}</p>\n{_ADDED_BEFORE}"),
}
"""What the second state puts in the place of what, by path; each is found exactly once in its article."""
TAKEN_DOWN = OSTROUMTSEV


@dataclass(frozen=True, slots=True)
class Moment:
    """What moves with each load, whatever happens to the texts."""

    load: int
    """Number of the load, over the whole site, from 1."""
    views: int
    """Number of loads of this page, from 1."""


@functools.cache
def _source(name: str) -> str:
    return (resources.files("crawler.demo") / "pages" / name).read_text("utf-8")


def article(page: Page, *, edited: bool) -> str:
    """The article's HTML in one of the site's two states."""
    text = _source(page.source)
    if edited and page.path in EDITS:
        before, after = EDITS[page.path]
        if text.count(before) != 1:
            raise AssertionError(f"{page.source}: expected {before!r} once, found {text.count(before)}")
        text = text.replace(before, after)
    return text


def render(page: Page, base: str, moment: Moment, *, edited: bool) -> bytes:
    """The bytes of a page, encoded as the page says itself.

    `base` is the site's address with its closing slash.
    """
    body = article(page, edited=edited)
    if page.kind == "legacy":
        return body.replace("\n", "\r\n").encode("windows-1251")
    words = WORDS[page.language]
    call = f'<aside class="donation-call"><p>{words.donate} <a href="/en/donate/">{words.donate_link}</a></p></aside>'
    ticker = f'<div class="rates"><span>{_rates(moment.load)}</span></div>' if page.moving else ""
    views = f'<p class="views">{words.views}: {1180 + moment.views:,}</p>' if page.moving else ""
    readers = f'<p class="readers">{words.readers}: {17 + moment.load * 7 % 23}</p>' if page.moving else ""
    parts = {
        "language": page.language,
        "title": html.escape(page.title),
        "site": words.site,
        "motto": words.motto,
        "description": html.escape(page.description),
        "address": html.escape(_absolute(base, page.path)),
        "alternates": _alternates(page, base),
        "feed": _absolute(base, FEED),
        "structured": _structured(page, base),
        "kind": page.kind,
        "ticker": ticker,
        "menu": _menu(words, page),
        "switch": _switch(page),
        "cookies": words.cookies,
        "accept": words.accept,
        "published": _published(page, words),
        "views": views,
        "article": body.replace("{{donate}}", call),
        "related": _related(page, words),
        "subscribe": words.subscribe,
        "rights": words.rights,
        "readers": readers,
        "old_browser": _old_browser() if page.language == "en" else "",
    }
    return _fill(_source("layout.html"), parts).encode("utf-8")


def render_problem(language: str, *, gone: bool) -> bytes:
    """The page that goes with a 404, or with a 410 when `gone`."""
    words = WORDS[language]
    return _fill(
        _source("problem.html"),
        {
            "language": language,
            "site": words.site,
            "status": "410" if gone else "404",
            "message": words.gone if gone else words.missing,
            "home": HOMES[language],
            "home_name": words.menu[0][1],
        },
    ).encode("utf-8")


def robots(base: str) -> bytes:
    """robots.txt (RFC 9309, with the Crawl-delay that sites add to it)."""
    return (
        "User-agent: PageHoover\nDisallow: /\n\n"
        f"User-agent: *\nDisallow: {FORBIDDEN}\nCrawl-delay: {CRAWL_DELAY}\n\n"
        f"Sitemap: {_absolute(base, SITEMAP)}\n"
    ).encode()


def feed(base: str) -> bytes:
    """The Atom feed (RFC 4287) of the dated pages, the newest first."""
    dated = sorted((page for page in PAGES if page.published and page.kind != "legacy"), key=_newest)
    entries = "".join(
        f'<entry xml:lang="{page.language}"><id>tag:rowan-committee.example,{page.published}:{page.path}</id>'
        f'<title>{html.escape(page.title)}</title><link rel="alternate" href="{_absolute(base, page.path)}"/>'
        f"<published>{page.published}T09:00:00Z</published><updated>{page.published}T09:00:00Z</updated>"
        f"<summary>{html.escape(page.description)}</summary></entry>\n"
        for page in dated
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">'
        f"<id>tag:rowan-committee.example,2002:feed</id><title>{WORDS['en'].site}</title>"
        f'<link rel="self" href="{_absolute(base, FEED)}"/><author><name>{WORDS["en"].site}</name></author>'
        f"<updated>{dated[0].published}T09:00:00Z</updated>\n{entries}</feed>\n"
    ).encode()


def sitemap(base: str) -> bytes:
    """The sitemap (sitemaps.org 0.9) of all pages."""
    urls = "".join(
        f"<url><loc>{_absolute(base, page.path)}</loc>"
        + (f"<lastmod>{page.published}</lastmod>" if page.published else "")
        + "</url>\n"
        for page in PAGES
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{urls}</urlset>\n'
    ).encode()


def style() -> bytes:
    """The style sheet."""
    return _source("site.css").encode("utf-8")


def language_of(path: str) -> str:
    """The language that an address belongs to; English where it does not say."""
    first = path.split("/")[1] if path.startswith("/") else ""
    return first if first in WORDS else "en"


def _fill(template: str, parts: Mapping[str, str]) -> str:
    # One pass: what stands in a part is never taken for a place to fill.
    return re.sub(r"\{\{(\w+)\}\}", lambda place: parts[place[1]], template)


def _absolute(base: str, path: str) -> str:
    return base.rstrip("/") + path


def _newest(page: Page) -> tuple[int, str]:
    return -int((page.published or "0").replace("-", "")), page.path


def _rates(load: int) -> str:
    # Steps that no two neighbouring loads share, in the shape such tickers have.
    return (
        f"USD{78 + load * 37 % 100 / 100:.2f}</span> <span>EUR{93 + load * 61 % 100 / 100:.2f}</span> "
        f"<span>OIL{68 + load * 3 % 10 / 10:.1f}"
    )


def _versions(page: Page) -> list[Page]:
    return [other for other in PAGES if page.versions is not None and other.versions == page.versions]


def _alternates(page: Page, base: str) -> str:
    return "\n".join(
        f'<link rel="alternate" hreflang="{other.language}" href="{_absolute(base, other.path)}">'
        for other in _versions(page)
    )


def _switch(page: Page) -> str:
    paths = HOMES | {other.language: other.path for other in _versions(page)}
    return "".join(
        f'<li><a href="{paths[language]}" hreflang="{language}" lang="{language}">{name}</a></li>'
        for language, name in LANGUAGE_NAMES.items()
        if language != page.language
    )


def _menu(words: Words, page: Page) -> str:
    here = ' aria-current="page"'
    return "".join(
        f'<li><a href="{path}"{here if path == page.path else ""}>{name}</a></li>' for path, name in words.menu
    )


def _published(page: Page, words: Words) -> str:
    if page.published is None:
        return ""
    year, month, day = page.published.split("-")
    return (
        f'<p class="date">{words.published}: <time datetime="{page.published}">'
        f"{int(day)} {words.months.split()[int(month) - 1]} {year}</time></p>"
    )


def _related(page: Page, words: Words) -> str:
    if not page.related:
        return ""
    teasers = "".join(
        f'<li><a href="{path}">{html.escape(BY_PATH[path].title)}</a>'
        f"<p>{html.escape(BY_PATH[path].description)}</p></li>"
        for path in page.related
    )
    return f'<aside class="related"><h2>{words.related}</h2><ul>{teasers}</ul></aside>'


def _old_browser() -> str:
    return (
        f'<div class="old-browser" lang="ru"><p>{OLD_BROWSER}</p>'
        "<p><span>Google Chrome</span> <span>Firefox</span> <span>Safari</span></p></div>"
    )


def _structured(page: Page, base: str) -> str:
    words = WORDS[page.language]
    publisher = {"@type": "Organization", "name": words.site, "url": _absolute(base, HOMES[page.language])}
    if page.kind == "home":
        facts: dict[str, object] = {"@context": "https://schema.org", **publisher, "description": page.description}
    elif page.kind == "case":
        facts = {
            "@context": "https://schema.org",
            "@type": "NewsArticle",
            "headline": page.title,
            "description": page.description,
            "inLanguage": page.language,
            "datePublished": f"{page.published}T09:00:00+00:00",
            "author": publisher,
            "publisher": publisher,
            "mainEntityOfPage": _absolute(base, page.path),
        }
    else:
        return ""
    text = json.dumps(facts, ensure_ascii=False, sort_keys=True).replace("</", "<\\/")
    return f'<script type="application/ld+json">{text}</script>'
