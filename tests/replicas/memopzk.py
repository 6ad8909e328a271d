"""A stand-in for memopzk.org: a WordPress with a registry of persons, in Russian with an English part.

What SITES.md states is built as it states it: addresses, REST registry, lists and their CSV, the markup of cards and
person pages, robots.txt. What it does not state (markup of news, language switch, dates on pages, feed) is built as
WordPress themes mostly do, and in more than one way where a spider could lean on it.
"""

from __future__ import annotations

import html
import json
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from replicas.base import (
    ARTICLES,
    TOWNS,
    Ask,
    Page,
    Person,
    Replica,
    Reply,
    date_en,
    date_ru,
    html_reply,
    json_reply,
    markup,
    moments,
    paragraphs,
    people,
    redirect,
    slug_of,
    xml_reply,
)

MIRROR = "memopzk-copy-1.example"

LISTS = {
    "spisok-politzaklyuchyonnyh-bez-presleduemyh-za-religiyu": "Список политзаключённых (без преследуемых за религию)",
    "spisok-politzaklyuchyonnyh-presleduemyh-za-religiyu": "Список политзаключённых, преследуемых за религию",
    "veroyatnye-zhertvy-ne-voshedshie-v-spiski": "Вероятные жертвы, не вошедшие в списки",
}
STAGES = {"sledstvie": "Следствие", "sud": "Суд", "otbyvaet-nakazanie": "Отбывает наказание", "rozysk": "Розыск"}
REPRESSION = {"lishenie-svobody": "Лишение свободы", "domashnij-arest": "Домашний арест"}
REGIONS = {slug_of(town): town for town in TOWNS}

CARDS = 10
"""Cards on one page of a list."""
NEWS = 12
"""News on one page of their list."""

FIRST_PERSON, FIRST_NEWS, FIRST_ENGLISH = 20_000, 40_000, 60_000

ABOUT = {"/about/": ("О проекте", "ru"), "/kontakty/": ("Контакты", "ru"), "/en/about/": ("About the project", "en")}


@dataclass(frozen=True)
class Card:
    """One person of the registry."""

    number: int
    who: Person
    list: str
    stage: str
    repression: str
    region: str
    articles: tuple[str, ...]
    """As slugs of the taxonomy: `uk-541-ch-2`."""
    created: datetime
    modified: datetime
    edition: int = 0
    """How often it was edited since the replica began."""
    listed: bool = True

    @property
    def id(self) -> int:
        return FIRST_PERSON + self.number

    @property
    def path(self) -> str:
        return f"/figurant/{self.who.slug}/"

    @property
    def classes(self) -> list[str]:
        """As WordPress's post_class() writes them."""
        return [
            f"post-{self.id}",
            "figurant",
            "type-figurant",
            "status-publish",
            "has-post-thumbnail",
            "hentry",
            "category-figuranty",
            f"stage-{self.stage}",
            f"regions-{self.region}",
            f"repression-{self.repression}",
            f"list-persecuted-{self.list}",
            *self.articles,
        ]


@dataclass(frozen=True)
class Statement:
    """A piece of news about a person, in Russian and mostly in English too."""

    number: int
    about: Card
    title: str
    title_en: str
    slug: str
    when: datetime
    modified: datetime
    english: bool

    @property
    def path(self) -> str:
        return f"/news/{self.slug}/"

    @property
    def path_en(self) -> str:
        # as it is linked on the real site: without the slash at the end, and with the Russian slug
        return f"/en/news/{self.slug}"


class Memopzk(Replica):
    """The registry, its lists, the news in two languages; the second host is a mirror of the first."""

    hosts = ("memopzk.org", MIRROR)

    def __init__(
        self,
        *,
        persons: int = 155,
        statements: int = 58,
        crawl_delay: float = 0,
        seed: int = 1,
        seconds: float = 0.0,
        says_total: bool = True,
        rewrites: bool = True,
    ) -> None:
        """`says_total`: whether REST says how many pages it has; `rewrites`: whether the mirror's links are its own."""
        super().__init__(seed=seed, seconds=seconds)
        delay = f"Crawl-delay: {crawl_delay:g}\n" if crawl_delay else ""
        self.robots = f"User-agent: *\nDisallow: /wp-admin/\nDisallow: /poisk/\n{delay}"
        self._says_total = says_total
        self._rewrites = rewrites
        self.cards = list(_cards(persons, seed))
        self.statements = list(_statements(self.cards, statements, seed))
        self.refresh()

    # -- what the editors do

    def edit(self, numbers: Iterable[int], when: datetime | None = None) -> list[str]:
        """Change those cards, and say so in REST. Their paths."""
        when = when or datetime.now(UTC).replace(microsecond=0)
        return [self._put(replace(self.cards[n], modified=when, edition=self.cards[n].edition + 1)) for n in numbers]

    def take_off(self, numbers: Iterable[int]) -> list[str]:
        """Take those persons off the registry and the lists; their pages stay. Their paths."""
        return [self._put(replace(self.cards[n], listed=False)) for n in numbers]

    def _put(self, card: Card) -> str:
        with self.lock:
            self.cards[card.number] = card
            self.refresh()
        return card.path

    def refresh(self) -> None:
        """Make lists and truths anew after cards have changed."""
        self._registry = sorted((c for c in self.cards if c.listed), key=lambda c: (c.modified, c.id), reverse=True)
        self._by_path = {card.path: card for card in self.cards}
        self._news = {one.path: one for one in self.statements}
        self._news_en = {one.path_en: one for one in self.statements if one.english}
        self.pages = list(self._pages())

    # -- truths

    def _pages(self) -> Iterator[Page]:
        yield Page("/", "list", "ru", "Поддержка узников. Заозёрье", pair={"en": "/en/"})
        yield Page("/en/", "list", "en", "Support for Prisoners. Zaozyorye", pair={"ru": "/"})
        for path, (title, language) in ABOUT.items():
            other = {"/about/": {"en": "/en/about/"}, "/en/about/": {"ru": "/about/"}}.get(path, {})
            yield Page(path, "other", language, title, pair=other)
        for name, title in LISTS.items():
            for path, _ in self._list_pages(name):
                yield Page(path, "list", "ru", title)
        for region in sorted({card.region for card in self.cards}):
            yield Page(f"/regions/{region}/", "list", "ru", f"Регион: {REGIONS[region]}")
        for path, _ in self._news_pages("ru"):
            yield Page(path, "list", "ru", "Новости", pair={"en": "/en/news/"} if path == "/news/" else {})
        for path, _ in self._news_pages("en"):
            yield Page(path, "list", "en", "News", pair={"ru": "/news/"} if path == "/en/news/" else {})
        yield from map(self._card_truth, self.cards)
        for one in self.statements:
            yield from self._statement_truths(one)

    def _card_truth(self, card: Card) -> Page:
        return Page(
            card.path,
            "case",
            "ru",
            card.who.name,
            modified=f"{card.modified:%Y-%m-%dT%H:%M:%S}Z",
            person=(card.who.name,),
            facts={
                "article": tuple(map(article_text, card.articles)),
                "tag": (f"Стадия: {STAGES[card.stage]}", f"Регион: {REGIONS[card.region]}"),
                "address": letter_address(card),
            },
            listed=card.listed,
        )

    def _statement_truths(self, one: Statement) -> Iterator[Page]:
        published, modified = (f"{moment:%Y-%m-%dT%H:%M:%S}Z" for moment in (one.when, one.modified))
        yield Page(
            one.path,
            "news",
            "ru",
            one.title,
            published,
            modified,
            (one.about.who.short,),
            {"en": one.path_en} if one.english else {},
        )
        if one.english:
            yield Page(
                one.path_en,
                "news",
                "en",
                one.title_en,
                published,
                modified,
                (one.about.who.short_en,),
                {"ru": one.path},
            )

    # -- answers

    def reply(self, ask: Ask) -> Reply | str | None:
        answer = self._answered(ask)
        return answer if answer is None or ask.host != MIRROR or not self._rewrites else self._mirrored(answer)

    def _mirrored(self, answer: Reply) -> Reply:
        """As a proxy in front of the site gives it: its addresses are the mirror's, but for the canonical one."""
        here, there = self.base, self.base_of(MIRROR)
        headers = {name: value.replace(here, there) for name, value in answer.headers.items()}
        body = answer.body
        if isinstance(body, str):
            body = body.replace(here, there).replace(f'"canonical" href="{there}', f'"canonical" href="{here}')
        return replace(answer, body=body, headers=headers)

    def _answered(self, ask: Ask) -> Reply | None:
        path, query = ask.path, ask.query
        if path.startswith("/wp-json/"):
            return self._rest(path, query)
        if "p" in query and path in ("/", "/en/"):
            return self._short_form(query["p"])
        if path.startswith("/wp-content/"):
            return _file(path)
        if path == "/feed/":
            return self._feed()
        if path in ("/wp-login.php", "/poisk/") or path.startswith("/wp-admin"):
            return html_reply("<h1>Войти</h1>")
        if "share" in query or "replytocom" in query:
            return redirect("https://share.example/?" + urlencode({"url": self.url(path)}), 302)
        for name in LISTS:
            if path == f"/list-persecuted/{name}/" and "download" in query:
                return self._csv(name)
        page = self._html(path)
        if page is not None:
            return html_reply(page, headers={"Link": f'<{self.url("/wp-json/")}>; rel="https://api.w.org/"'})
        with_slash = f"{path}/"
        return redirect(self.url(with_slash)) if self._html(with_slash) is not None else self._missing()

    def _html(self, path: str) -> str | None:
        if card := self._by_path.get(path):
            return self._person(card)
        if one := self._news.get(path):
            return self._statement(one, "ru")
        if one := self._news_en.get(path):
            return self._statement(one, "en")
        if path in ABOUT:
            return self._about(path)
        if path in ("/", "/en/"):
            return self._home("en" if path == "/en/" else "ru")
        if path.startswith("/regions/"):
            return self._region(path.split("/")[2]) if path.count("/") == 3 else None
        return self._list(path)

    def _missing(self) -> Reply:
        return Reply(
            self._layout("/404", "ru", "Страница не найдена", "<h1>Страница не найдена</h1>"),
            404,
            {"Content-Type": "text/html; charset=utf-8"},
        )

    def _short_form(self, number: str) -> Reply:
        wanted = int(number) if number.isdecimal() else 0
        for card in self.cards:
            if card.id == wanted:
                return redirect(self.url(card.path))
        for one in self.statements:
            if FIRST_NEWS + one.number == wanted:
                return redirect(self.url(one.path))
            if FIRST_ENGLISH + one.number == wanted and one.english:
                return redirect(self.url(one.path_en))
        return self._missing()

    # -- REST

    def _rest(self, path: str, query: Mapping[str, str]) -> Reply:
        if path != "/wp-json/wp/v2/figurant":
            return json_reply('{"code":"rest_no_route","message":"No route","data":{"status":404}}', status=404)
        size, page = int(query.get("per_page", "10")), int(query.get("page", "1"))
        if not 1 <= size <= 100:
            return json_reply('{"code":"rest_invalid_param","data":{"status":400}}', status=400)
        with self.lock:
            registry = list(self._registry)
        # WordPress's own order is by date of publication, the latest first
        if query.get("orderby") != "modified":
            registry.sort(key=lambda card: (card.created, card.id), reverse=True)
        if query.get("order") == "asc":
            registry.reverse()
        pages = -(-len(registry) // size)
        if page > max(pages, 1):
            return json_reply('{"code":"rest_post_invalid_page_number","data":{"status":400}}', status=400)
        fields = set(filter(None, query.get("_fields", "").split(",")))
        entries = [self._entry(card, fields) for card in registry[size * (page - 1) : size * page]]
        total = {"X-WP-Total": str(len(registry)), "X-WP-TotalPages": str(pages)} if self._says_total else {}
        return json_reply(json.dumps(entries), headers=total)

    def _entry(self, card: Card, fields: set[str]) -> dict[str, Any]:
        entry = {
            "id": card.id,
            "date_gmt": f"{card.created:%Y-%m-%dT%H:%M:%S}",
            "modified_gmt": f"{card.modified:%Y-%m-%dT%H:%M:%S}",
            "slug": card.who.slug,
            "type": "figurant",
            "link": self.url(card.path),
            "title": {"rendered": html.escape(card.who.name)},
            "content": {"rendered": markup(_dossier(card))},
            "class_list": card.classes,
        }
        return {key: value for key, value in entry.items() if not fields or key in fields}

    # -- lists

    def _members(self, name: str) -> list[Card]:
        return sorted((c for c in self.cards if c.list == name and c.listed), key=lambda c: c.who.name)

    def _list_pages(self, name: str) -> list[tuple[str, list[Card]]]:
        root = f"/list-persecuted/{name}/"
        return [(_page_path(root, n), part) for n, part in enumerate(_parts(self._members(name), CARDS), 1)]

    def _news_pages(self, language: str) -> list[tuple[str, list[Statement]]]:
        root = "/news/" if language == "ru" else "/en/news/"
        some = [one for one in self.statements if language == "ru" or one.english]
        return [(_page_path(root, n), part) for n, part in enumerate(_parts(some, NEWS), 1)]

    def _list(self, path: str) -> str | None:
        for name, title in LISTS.items():
            if path.startswith(f"/list-persecuted/{name}/"):
                pages = self._list_pages(name)
                cards = dict(pages).get(path)
                if cards is None:
                    return None
                more = f'<a class="btn" href="/list-persecuted/{name}/?download">Скачать список</a>'
                body = f"<h1>{title}</h1>{more}{self._card_list(cards)}{_pagination([one for one, _ in pages], path)}"
                return self._layout(path, "ru", title, body)
        for language, title in (("ru", "Новости"), ("en", "News")):
            pages_ = self._news_pages(language)
            some = dict(pages_).get(path)
            if some is not None:
                body = f"<h1>{title}</h1>{self._news_list(some, language)}{_pagination([p for p, _ in pages_], path)}"
                both = {"en": "/en/news/", "ru": "/news/"}
                return self._layout(path, language, title, body, both if path in both.values() else {})
        return None

    def _region(self, region: str) -> str | None:
        if region not in REGIONS:
            return None
        title = f"Регион: {REGIONS[region]}"
        cards = [card for card in self.cards if card.region == region and card.listed]
        facets = "".join(f'<a href="?stage={stage}&amp;sort=name">{name}</a>' for stage, name in STAGES.items())
        return self._layout(
            f"/regions/{region}/", "ru", title, f"<h1>{title}</h1><p>{facets}</p>{self._card_list(cards)}"
        )

    def _card_list(self, cards: Iterable[Card]) -> str:
        items = (
            '<li class="card-news-tags dossier__card"><div class="card-news-tags__img">'
            f'<img src="{_photo(card)}" alt=""></div>'
            f'<h3 class="card-news-tags__title">{card.who.name}</h3>'
            f"<p>{STAGES[card.stage]}</p>"
            f'<a class="card-news-tags__invisible-link" href="{self.url(card.path)}"></a></li>'
            for card in cards
        )
        return f'<ul class="dossier__list">{"".join(items)}</ul>'

    def _news_list(self, some: Iterable[Statement], language: str) -> str:
        items = (
            '<li class="card-news-tags"><h3 class="card-news-tags__title">'
            f"{one.title if language == 'ru' else one.title_en}</h3>"
            # news cards tell where they were clicked
            f'<a class="card-news-tags__invisible-link" '
            f'href="{one.path if language == "ru" else one.path_en}?utm_source=site&amp;utm_medium=card"></a></li>'
            for one in some
        )
        return f'<ul class="news__list">{"".join(items)}</ul>'

    def _csv(self, name: str) -> Reply:
        number = list(LISTS).index(name) + 1
        # the first line is no row: readers of the real file skip it
        rows = [LISTS[name], *(f"{c.who.name};{self.url('/')}?p={c.id}" for c in self._members(name))]
        day = datetime.now(UTC)
        return Reply(
            "\ufeff" + "\r\n".join(rows) + "\r\n",
            200,
            {
                "Content-Type": "text/csv; charset=utf-8",
                "Content-Disposition": f'attachment; filename="list_{number}_{day:%d-%m-%Y}.csv"',
            },
        )

    def _feed(self) -> Reply:
        items = "".join(
            f"<item><title>{one.title}</title><link>{self.url(one.path)}?utm_source=rss</link>"
            f'<guid isPermaLink="false">{self.url("/")}?p={FIRST_NEWS + one.number}</guid></item>'
            for one in self.statements[:10]
        )
        return xml_reply(
            f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>Новости</title>{items}'
            "</channel></rss>",
            media_type="application/rss+xml",
        )

    # -- pages

    def _home(self, language: str) -> str:
        if language == "en":
            latest = self._news_list([one for one in self.statements if one.english][:3], "en")
            body = f'<h1>Support for Prisoners. Zaozyorye</h1>{latest}<a href="/en/news/">All news</a>'
            return self._layout("/en/", "en", "Support for Prisoners. Zaozyorye", body, {"ru": "/", "en": "/en/"})
        lists = "".join(f'<li><a href="/list-persecuted/{name}/">{title}</a></li>' for name, title in LISTS.items())
        mirror = f'<p>Если сайт не открывается: <a href="{self.url("/", MIRROR)}">зеркало</a></p>'
        body = (
            f"<h1>Поддержка узников. Заозёрье</h1><ul>{lists}</ul>{self._news_list(self.statements[:3], 'ru')}"
            f'<a href="/news/">Все новости</a>{mirror}'
        )
        return self._layout("/", "ru", "Поддержка узников. Заозёрье", body, {"ru": "/", "en": "/en/"})

    def _about(self, path: str) -> str:
        title, language = ABOUT[path]
        text = (
            ["Мы собираем сведения о людях, которых преследуют за слова, молитву или совесть.",
             "Мы пишем о каждом и отвечаем на каждое письмо, которое до нас доходит."]
            if language == "ru"
            else ["We gather what is known about people who are prosecuted for words, prayer or conscience.",
                  "We write about every one of them and answer every letter that reaches us."]
        )  # fmt: skip
        other = {"ru": "/about/", "en": "/en/about/"} if path != "/kontakty/" else {}
        return self._layout(path, language, title, f"<h1>{title}</h1>{markup(text)}", other)

    def _person(self, card: Card) -> str:
        who = card.who
        clauses = "".join(
            f'<li class="clause__item"><span>{article_text(one)}'
            f'<span class="tooltip-text">Пояснение к статье: {one}</span></span></li>'
            for one in card.articles
        )
        tags = (
            (f"/stage/{card.stage}/", "Стадия", STAGES[card.stage]),
            (f"/regions/{card.region}/", "Регион", REGIONS[card.region]),
        )
        labels = "".join(
            f'<li><a class="dossier-info__link" aria-label="{what}: {name}" '
            f'href="{"?stage=" + card.stage if what == "Стадия" else path}">{name}</a></li>'
            for path, what, name in tags
        )
        letter = "".join(f"<p>{line}</p>" for line in letter_address(card))
        # doubled paragraphs: the editor wraps what is wrapped already
        text = "".join(f"<p><p>{_linked(one, card, self)}</p></p>" for one in _dossier(card))
        share = quote(self.url(card.path), safe="")
        body = f"""
<article class="{" ".join(card.classes)}"><div class="human-dossier">
<div class="human-dossier-card__img"><img src="{_photo(card)}" alt="{who.name}"></div>
<div class="human-dossier__name"><h1 class="title title--lg">{who.name}</h1></div>
<ul class="clause__list">{clauses}</ul>
<ul class="dossier-info__list">{labels}</ul>
<div class="human-dossier__art">{text}</div>
<button data-open="letter">Написать письмо</button>
<div class="modal" data-modal="letter"><div class="modal-content">{letter}</div></div>
<ul class="share"><li><a href="https://vk.example/share.php?url={share}">ВК</a></li>
<li><a href="https://t.me/share/url?url={share}">Телеграм</a></li><li><a href="?share=print">Печать</a></li></ul>
</div></article>"""
        return self._layout(card.path, "ru", who.name, body, short=card.id)

    def _statement(self, one: Statement, language: str) -> str:
        russian = language == "ru"
        path, title = (one.path, one.title) if russian else (one.path_en, one.title_en)
        name = one.about.who.short if russian else one.about.who.short_en
        day = date_ru(one.when) if russian else date_en(one.when)
        first, *rest = _news_text(one, language)
        # some editors copy the short form out of the list's CSV, some the address of a mirror
        link = (
            self.url(one.about.path),
            f"/?p={one.about.id}",
            self.url(one.about.path, MIRROR),
            f"{one.about.path}?fbclid=IwAR{one.number:020d}",
        )[one.number % 4]
        lead = html.escape(first, quote=False)
        body = f"""
<article><h1 class="title">{title}</h1><div class="news-date">{day}</div>
<p>{lead} <a href="{one.about.path}">{name}</a>.</p>{markup(rest)}
<div class="more"><a href="{link}">{"Карточка" if russian else "Card"}</a></div>
<ul class="share"><li><a href="?share=telegram&amp;nb=1">Telegram</a></li></ul>
<h2>{"Читайте также" if russian else "See also"}</h2>{self._news_list(self._neighbours(one, language), language)}
<a href="?replytocom=17#respond">{"Ответить" if russian else "Reply"}</a></article>"""
        both = {"ru": one.path, "en": one.path_en} if one.english else {}
        # every second pair is said by a link in the head, the others by a switch on the page, or by nothing at all
        says = ("head", "switch", "nothing")[one.number % 3]
        return self._layout(
            path,
            language,
            title,
            body,
            both if says != "nothing" else {},
            in_head=says == "head",
            short=(FIRST_NEWS if russian else FIRST_ENGLISH) + one.number,
            dates=(one.when, one.modified),
        )

    def _neighbours(self, one: Statement, language: str) -> list[Statement]:
        some = [two for two in self.statements if two.number != one.number and (language == "ru" or two.english)]
        return [some[(one.number * 7 + n) % len(some)] for n in range(3)] if some else []

    def _layout(
        self,
        path: str,
        language: str,
        title: str,
        body: str,
        versions: Mapping[str, str] | None = None,
        *,
        in_head: bool = True,
        short: int | None = None,
        dates: tuple[datetime, datetime] | None = None,
    ) -> str:
        russian = language == "ru"
        site = "Поддержка узников. Заозёрье" if russian else "Support for Prisoners. Zaozyorye"
        head = [f'<link rel="canonical" href="{self.url(path)}">']
        versions = versions or {}
        switch = ""
        if in_head:
            head += [f'<link rel="alternate" hreflang="{tag}" href="{self.url(p)}">' for tag, p in versions.items()]
        else:
            switch = "".join(
                f'<a class="lang-switch" hreflang="{tag}" lang="{tag}" href="{p}">{tag.upper()}</a>'
                for tag, p in versions.items()
                if tag != language
            )
        if short is not None:
            head.append(f'<link rel="shortlink" href="{self.url("/")}?p={short}">')
        if dates is not None:
            for name, moment in zip(("published", "modified"), dates, strict=True):
                head.append(f'<meta property="article:{name}_time" content="{moment:%Y-%m-%dT%H:%M:%S}+00:00">')
        menu = (
            (("/", "Главная"), ("/news/", "Новости"), ("/about/", "О проекте"), ("/kontakty/", "Контакты"))
            if russian
            else (("/en/", "Home"), ("/en/news/", "News"), ("/en/about/", "About"))
        )
        links = "".join(f'<a href="{address}">{name}</a>' for address, name in menu)
        host, _, port = self.base.rpartition(":")
        home = f"{host}.:{port}{'/' if russian else '/en/'}"  # the host with the dot of the root: the same page
        return f"""<!DOCTYPE html>
<html lang="{"ru-RU" if russian else "en-US"}"><head><meta charset="UTF-8"><title>{title} — {site}</title>
{"".join(head)}
<link rel="stylesheet" href="/wp-content/themes/memo/style.css?ver=6.8.2">
<link rel="alternate" type="application/rss+xml" href="/feed/">
<link rel="alternate" type="application/json" href="/wp-json/wp/v2/pages/17">
<script>var memo = {{"nonce": "{self.noise.token(10)}"}};</script>
<script src="https://mc.counter.example/watch.js"></script></head>
<body><header class="header"><a href="{home}" class="logo"><img src="/wp-content/uploads/logo.svg" alt=""></a>
<nav>{links}{switch}</nav>
<form action="/poisk/"><input name="q"></form><a href="/poisk/?q=&amp;sort=date">?</a></header>
<main>{body}</main>
<footer><a href="/wp-login.php?redirect_to={quote(path)}">Войти</a> <a href="/wp-admin/">.</a>
<a href="/feed/">RSS</a> <a href="https://t.me/zaozyorye_primer">Telegram</a>
<a href="mailto:info@memo.example">info@memo.example</a>
<img src="https://mc.counter.example/watch/1?rnd={self.noise.token(8)}" alt=""></footer></body></html>"""


def _page_path(root: str, number: int) -> str:
    return root if number == 1 else f"{root}page/{number}/"


def _parts(some: Sequence[Any], size: int) -> list[list[Any]]:
    return [list(some[start : start + size]) for start in range(0, len(some), size)] or [[]]


def _pagination(paths: list[str], path: str) -> str:
    here = paths.index(path)
    near = [n for n in range(len(paths)) if abs(n - here) <= 1 or n in (0, len(paths) - 1)]
    links = "".join(
        f'<span class="page-numbers current">{n + 1}</span>'
        if n == here
        else f'<a class="page-numbers" href="{paths[n]}">{n + 1}</a>'
        for n in near
    )
    following = f'<a class="next page-numbers" href="{paths[here + 1]}">→</a>' if here + 1 < len(paths) else ""
    return f'<nav class="pagination">{links}{following}</nav>'


def article_text(slug: str) -> str:
    """`uk-541-ch-2` → `ч. 2 ст. 541 УК РФ`."""
    number, _, part = slug.removeprefix("uk-").partition("-ch-")
    name = f"ст. {number.replace('-', '.')} УК РФ"
    return f"ч. {part} {name}" if part else name


def _article_slug(text: str) -> str:
    part, _, number = text.rpartition("ст. ")
    digits = "".join(letter for letter in part if letter.isdigit())
    return f"uk-{number.replace('.', '-')}" + (f"-ch-{digits}" if digits else "")


def letter_address(card: Card) -> tuple[str, ...]:
    """Where to write: a line in Russian, and one for foreign envelopes."""
    town = REGIONS[card.region]
    post = 600_000 + card.number
    return (
        f"{post}, г. {town}, ул. Фонарная, д. {card.number % 90 + 1}, СИЗО-{card.number % 7 + 1}, {card.who.name}, "
        f"{card.who.born} г. р.",
        f"{card.who.name_en} born {card.who.born}, {TOWNS[town]}, Lantern Street {card.number % 90 + 1}, {post}",
    )


def _dossier(card: Card) -> tuple[str, ...]:
    text = paragraphs("ru", card.who, 2, seed=card.number, moment=card.created)
    first = f"{card.who.short}, дело № {card.id}. {text[0]}"
    edited = (f"Обновление {card.edition}: апелляция по делу № {card.id} перенесена.",) if card.edition else ()
    return (first, *text[1:], *edited)


def _linked(text: str, card: Card, site: Memopzk) -> str:
    """Every third dossier names somebody of the same case, with a link."""
    if card.number % 3 or len(site.cards) < 2 or "дело №" not in text:
        return html.escape(text, quote=False)
    other = site.cards[(card.number + 1) % len(site.cards)]
    return f'{html.escape(text, quote=False)} По тому же делу: <a href="{other.path}">{other.who.name}</a>.'


def _news_text(one: Statement, language: str) -> tuple[str, ...]:
    text = paragraphs(language, one.about.who, 3, seed=1000 + one.number, moment=one.when)
    opening = f"Сообщение № {one.number}." if language == "ru" else f"Statement No. {one.number}."
    return (f"{opening} {text[0]}", *text[1:])


def _photo(card: Card) -> str:
    return f"/wp-content/uploads/2026/portrait-{card.number % 5}.png"


def _file(path: str) -> Reply:
    if path.endswith(".css"):
        return Reply("body { margin: 0 }", 200, {"Content-Type": "text/css"})
    if path.endswith(".svg"):
        return Reply('<svg xmlns="http://www.w3.org/2000/svg"/>', 200, {"Content-Type": "image/svg+xml"})
    return Reply(b"\x89PNG\r\n\x1a\n" + path.encode(), 200, {"Content-Type": "image/png"})


def _cards(number: int, seed: int) -> Iterator[Card]:
    chance = random.Random(f"cards {seed}")
    last = datetime(2026, 10, 1, tzinfo=UTC)
    created = moments(number, seed, datetime(2022, 3, 1, tzinfo=UTC), last)
    for n, who in enumerate(people(number, seed)):
        yield Card(
            n,
            who,
            chance.choices(list(LISTS), (5, 3, 2))[0],
            chance.choice(list(STAGES)),
            chance.choice(list(REPRESSION)),
            chance.choice(list(REGIONS)),
            tuple(map(_article_slug, chance.sample(ARTICLES, chance.randint(1, 2)))),
            created[n],
            created[n] + timedelta(hours=chance.randint(0, 1000)),
        )


def _statements(cards: Sequence[Card], number: int, seed: int) -> Iterator[Statement]:
    chance = random.Random(f"statements {seed}")
    when = moments(number, seed + 1, datetime(2023, 1, 1, tzinfo=UTC), datetime(2026, 9, 1, tzinfo=UTC))
    for n in range(number):
        about = cards[n % len(cards)]
        title = f"Мы считаем политзаключённым: {about.who.short}"
        slug = "3yo-birthday" if n == 3 else slug_of(title)
        later = when[n] + timedelta(hours=chance.choice((0, 0, 1, 30)))
        yield Statement(
            n, about, title, f"{about.who.short_en} is a political prisoner", slug, when[n], later, n % 8 != 7
        )
