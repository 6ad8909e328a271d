# ruff: noqa: E501 - markup stands as the site sends it
"""The Insider as SITES.md tells of it: Next.js, one site on two domains, Russian and English pages under numbers of
their own, feeds, an English sitemap, listings without a second page, and noise at each load. Everything that it
publishes is made up.
"""

from __future__ import annotations

import html
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone

from replicas.base import (
    TOWNS,
    Ask,
    Page,
    Person,
    Replica,
    Reply,
    html_reply,
    moments,
    not_found,
    paragraphs,
    people,
    redirect,
    slug_of,
    xml_reply,
)

MOSCOW = timezone(timedelta(hours=3))
FIRST, SECOND = "theins.ru", "theins.press"
SHOWN = 15
"""Entries of a listing; a button that only JavaScript serves brings more."""
FED = 40
"""Entries of a feed."""

_SECTIONS: Mapping[str, tuple[str, str, str]] = {
    "news": ("news", "Новости", "News"),
    "politics": ("article", "Политика", "Politics"),
    "economics": ("article", "Экономика", "Economics"),
    "society": ("article", "Общество", "Society"),
    "confession": ("interview", "Исповедь", "Confession"),
    "inv": ("investigation", "Расследования", "Investigations"),
    "opinions": ("opinion", "Мнения", "Opinion"),
}
_SIZES = {"news": 75, "politics": 27, "economics": 18, "society": 25, "confession": 10, "inv": 12, "opinions": 16}
_TITLES = {
    "news": ("Новость {n}: в городе {town} задержали почтальона", "News {n}: a postman was detained in {town}"),
    "politics": ("Карты и границы, часть {n}", "Maps and borders, part {n}"),
    "economics": ("Цена писем, обзор {n}", "The price of letters, review {n}"),
    "society": ("Письма из города {town}, выпуск {n}", "Letters from {town}, issue {n}"),
    "confession": ("«Я учил географии»: исповедь {n}", "‘I taught geography’: confession {n}"),
    "inv": (
        "Кто закрыл библиотеку в городе {town}: расследование {n}",
        "Who closed the library of {town}: inquiry {n}",
    ),
    "opinions": ("О молчании, заметка {n}", "On silence, note {n}"),
}
# at the foot of every page, English ones too: it fools whoever guesses the language
_OLD_BROWSER = (
    "К сожалению, ваш браузер устарел и не позволяет корректно отображать сайт. Пожалуйста, установите любой из "
    "современных браузеров, например:"
)
_APPEALS = (
    "Подпишитесь на нашу рассылку и поддержите работу редакции",
    "Станьте соучастником редакции: ежемесячный взнос помогает нам работать",
    "Support our newsroom with a monthly donation",
)


@dataclass(frozen=True)
class Text:
    """A text that the site publishes, in one language."""

    page: Page
    number: int
    section: str
    at: datetime
    author: Person


class TheInsider(Replica):
    """The site on both of its domains."""

    hosts = (FIRST, SECOND)
    robots = "User-agent: *\nDisallow: /search\nDisallow: /en/search\nDisallow: /internal/\n"

    def __init__(self, *, seed: int = 7, sizes: Mapping[str, int] | None = None) -> None:
        super().__init__(seed=seed)
        self.authors = people(5, seed)
        self.texts: list[Text] = []
        self._make(random.Random(seed), sizes or _SIZES)
        self.by_path = {text.page.path: text for text in self.texts}
        self.pages = [text.page for text in self.texts] + self._list_pages()

    # -- what there is

    def _make(self, rng: random.Random, sizes: Mapping[str, int]) -> None:
        sections = [section for section, size in sizes.items() for _ in range(size)]
        rng.shuffle(sections)
        times = moments(len(sections), 3, datetime(2022, 3, 1, tzinfo=MOSCOW), datetime(2026, 7, 30, tzinfo=MOSCOW))
        number = 248_000
        made = dict.fromkeys(sizes, 0)
        for section, at in zip(sections, reversed(times), strict=True):
            made[section] += 1
            # of what is older than the English part there is no English
            english = made[section] > sizes[section] // 2
            number = self._publish(rng, section, made[section], number, at, english=english)

    def _publish(self, rng: random.Random, section: str, n: int, number: int, at: datetime, *, english: bool) -> int:
        town, author = rng.choice(list(TOWNS)), rng.choice(self.authors)
        paths: dict[str, str] = {}
        numbers: dict[str, int] = {}
        for language in ("ru", "en") if english else ("ru",):
            number += rng.randrange(1, 200)
            numbers[language] = number
            name = section if language == "ru" or section != "opinions" else "opinion"
            by = f"/{slug_of(author.short)}" if section == "opinions" else ""
            paths[language] = f"{'' if language == 'ru' else '/en'}/{name}{by}/{number}"
        for language, path in paths.items():
            # the translation comes out some days later
            moment = at if language == "ru" else at + timedelta(days=rng.randrange(4), minutes=11)
            where = town if language == "ru" else TOWNS[town]
            page = Page(
                path,
                _SECTIONS[section][0],
                language,
                _TITLES[section][language == "en"].format(n=n, town=where),
                published=moment.isoformat(),
                modified=(moment + timedelta(minutes=rng.choice((0, 90)))).isoformat(),
                pair={other: one for other, one in paths.items() if other != language},
                text=paragraphs(language, author, rng.randrange(4, 10), rng.randrange(10**9), moment),
            )
            self.texts.append(Text(page, numbers[language], section, moment, author))
        return number

    def listing(self, path: str) -> list[Text] | None:
        """The texts of a listing, newest first; None: there is no such listing."""
        language = _language(path)
        of_language = [text for text in self.texts if text.page.language == language]
        section, _, author = path.removeprefix("/en").strip("/").partition("/")
        if section == ("opinion" if language == "en" else "opinions"):
            of_language = [text for text in of_language if text.section == "opinions"]
            if author:
                of_language = [text for text in of_language if slug_of(text.author.short) == author]
        elif author or (section and section not in _SECTIONS) or section == "opinions":
            return None
        elif section:
            of_language = [text for text in of_language if text.section == section]
        return sorted(of_language, key=lambda text: text.number, reverse=True) or None

    def _list_pages(self) -> list[Page]:
        pages = []
        for prefix in ("", "/en"):
            language, other = ("en", "ru") if prefix else ("ru", "en")
            home, abroad = ("/en", "/") if prefix else ("/", "/en")
            pages.append(Page(home, "list", language, "The Insider", pair={other: abroad}))
            for section, names in _SECTIONS.items():
                path = f"{prefix}/{'opinion' if prefix and section == 'opinions' else section}"
                # nothing says that /opinions and /en/opinion are one section
                pair = {} if section == "opinions" else {other: f"/{section}" if prefix else f"/en/{section}"}
                pages.append(Page(path, "list", language, names[2 if prefix else 1], pair=pair))
            opinions = f"{prefix}/{'opinion' if prefix else 'opinions'}"
            for author in self.authors:
                path = f"{opinions}/{slug_of(author.short)}"
                if self.listing(path):
                    pages.append(Page(path, "list", language, author.short_en if prefix else author.short))
        return pages

    # -- what is answered

    def reply(self, ask: Ask) -> Reply | str | None:
        path = ask.path
        if len(path) > 1 and path.endswith("/"):
            return redirect(path.rstrip("/"), 308)  # Next.js, without trailingSlash
        if path in ("/feed", "/en/feed"):
            return self._feed(_language(path), ask.host)
        if path == "/en/sitemap.xml":
            return self._sitemap(ask.host)
        text = self.by_path.get(path)
        if text is not None:
            return self._text(text, ask.host)
        found = self.listing(path)
        if found is not None:
            return self._list(path, found, ask.host)
        return replace(not_found(), body=self._layout(path, "404", "<h1>404</h1>", "", ask.host))

    def _html(self, text: str) -> Reply:
        return html_reply(
            text, headers={"X-Powered-By": "Next.js", "Cache-Control": "s-maxage=60, stale-while-revalidate"}
        )

    def _list(self, path: str, found: Sequence[Text], host: str) -> Reply:
        page = next(one for one in self.pages if one.path == path)
        cards = "".join(self._card(text) for text in found[:SHOWN])
        more = '<button type="button">Загрузить ещё</button>' if len(found) > SHOWN else ""
        opinions = ""
        if path in ("/", "/en"):
            base = "/en/opinion" if path == "/en" else "/opinions"
            opinions = "".join(
                f'<a href="{base}/{slug_of(author.short)}">{author.short}</a>' for author in self.authors
            )
        head = f'<link rel="canonical" href="{self.url(path, _canonical(path))}">'
        return self._html(self._layout(path, page.title, f"<h1>{page.title}</h1>{cards}{more}{opinions}", head, host))

    def _card(self, text: Text) -> str:
        return (
            f'<div class="sc-card"><a href="{text.page.path}"><h3>{html.escape(text.page.title, quote=False)}</h3></a>'
            f'<span class="comments-count">{self.noise.count()}</span></div>'
        )

    def _text(self, text: Text, host: str) -> Reply:
        page = text.page
        here = page.language or "ru"
        older = [one for one in self.listing("/" if here == "ru" else "/en") or [] if one.number < text.number][:3]
        also = "".join(
            f'<div class="remove"><a href="{one.page.path}">{html.escape(one.page.title, quote=False)}</a></div>'
            for one in older
        )
        parts = [f"<p>{html.escape(paragraph, quote=False)}</p>" for paragraph in page.text]
        middle = len(parts) // 2
        parts[middle:middle] = [
            f'<div id="via_{self.noise.token(6)}"><p>{self.noise.choice(_APPEALS)}</p><a href="/donate">→</a></div>',
            f'<div class="NpaId">{self.noise.token(8)}</div>',
            also,
        ]
        # an address that readers pass on
        parts.append(
            f'<p><a href="{self.url(page.path, SECOND)}?utm_source=telegram&fbclid={self.noise.token(16)}">#</a></p>'
        )
        head = f'<link rel="canonical" href="{self.url(page.path, _canonical(page.path))}"><meta property="og:title" content="{html.escape(page.title)}"><meta property="og:site_name" content="The Insider">'
        # x-default is no language of a page
        for language, path in {here: page.path, **page.pair}.items():
            head += f'<link rel="alternate" hrefLang="{language}" href="{self.url(path, _canonical(path))}">'
        head += f'<link rel="alternate" hrefLang="x-default" href="{self.url("/")}">'
        if text.section == "news":
            node = {
                "@context": "https://schema.org",
                "@type": "NewsArticle",
                "headline": page.title,
                "datePublished": page.published,
                "dateModified": page.modified,
            }
            head += f'<script type="application/ld+json">{json.dumps(node, ensure_ascii=False)}</script>'
        else:
            head += f'<meta property="article:published_time" content="{page.published}"><meta property="article:modified_time" content="{page.modified}">'
        share = f'<a href="https://t.me/share/url?url={self.url(page.path)}">t</a><a href="{page.path}?share=vk">vk</a><a href="{page.path}?comments=open#comments">{self.noise.count()}</a>'
        author = (
            f'<a href="{page.path.rpartition("/")[0]}">{text.author.short}</a>' if text.section == "opinions" else ""
        )
        content = (
            f'<article><h1>{html.escape(page.title, quote=False)}</h1>{author}<div class="sc-share">{share}</div>'
            f'<div id="articleContainer">{"".join(parts)}</div><span class="comments-count">{self.noise.count()}</span></article>'
        )
        return self._html(self._layout(page.path, page.title, content, head, host))

    def _layout(self, path: str, title: str, content: str, head: str, host: str) -> str:
        language = _language(path)
        prefix = "" if language == "ru" else "/en"
        menu = "".join(
            f'<a href="{prefix}/{"opinion" if prefix and section == "opinions" else section}">{names[2 if prefix else 1]}</a>'
            for section, names in _SECTIONS.items()
        )
        ticker = "".join(f'<span class="currency">{one}</span>' for one in self.noise.ticker())
        build = self.noise.token(21)
        state = json.dumps({"props": {"pageProps": {}}, "page": path, "buildId": build, "views": self.noise.count()})
        return f"""<!DOCTYPE html><html lang="{language}"><head><meta charSet="utf-8"/><title>{html.escape(title, quote=False)}</title>{head}
<link rel="preload" href="/_next/static/css/{build}.css" as="style"/><script src="/_next/static/{build}/_buildManifest.js" defer=""></script></head>
<body><div id="__next"><header><a href="{prefix or "/"}">The Insider</a><a href="/en/">EN</a><a href="/">RU</a><div class="sc-rates">{ticker}</div>
<nav>{menu}</nav><a href="/login">Войти</a><a href="{prefix}/search?q=">Поиск</a><a href="/donate">Поддержать</a></header>
<main>{content}</main><footer><a href="{prefix}/feed">RSS</a><a href="/internal/stat">·</a><img src="https://api.theins.info/images/{self.noise.token(6)}" alt=""></footer>
<div class="old-browser"><p>{_OLD_BROWSER}</p><p>Google Chrome Firefox Safari</p></div></div>
<script id="__NEXT_DATA__" type="application/json">{state}</script></body></html>"""

    def _feed(self, language: str, host: str) -> Reply:
        texts = (self.listing("/" if language == "ru" else "/en") or [])[:FED]
        items = "".join(
            f"<item><title>{html.escape(text.page.title, quote=False)}</title><link>{self.url(text.page.path, host)}</link>"
            f'<guid isPermaLink="true">{self.url(text.page.path, host)}</guid><pubDate>{text.at:%a, %d %b %Y %H:%M:%S +0300}</pubDate></item>'
            for text in texts
        )
        return xml_reply(
            f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>The Insider</title>{items}</channel></rss>',
            media_type="text/xml",
        )

    def _sitemap(self, host: str) -> Reply:
        entries = "".join(
            f"<url><loc>{self.url(text.page.path, host)}</loc><lastmod>{text.page.modified}</lastmod></url>"
            for text in self.listing("/en") or []
        )
        return xml_reply(
            f'<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</urlset>'
        )


def _language(path: str) -> str:
    return "en" if path == "/en" or path.startswith("/en/") else "ru"


def _canonical(path: str) -> str:
    """English pages call the second domain their own."""
    return SECOND if _language(path) == "en" else FIRST
