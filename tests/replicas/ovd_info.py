# ruff: noqa: E501 - markup stands as the site sends it
"""OVD-Info as SITES.md tells of it: Drupal's addresses and head, the article layouts of 2021 and 2026, listings by
`?page=N`, English part, AMP forms, a former host that leads to the present one, and the data's API on a host of its
own. Everything that it publishes is made up.
"""

from __future__ import annotations

import html
import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from replicas.base import (
    TOWNS,
    Ask,
    Page,
    Person,
    Replica,
    Reply,
    html_reply,
    json_reply,
    markup,
    moments,
    not_found,
    paragraphs,
    people,
    redirect,
    romanised,
    slug_of,
    xml_reply,
)

MOSCOW = timezone(timedelta(hours=3))
SITE, DATA, FORMER, MIRROR = "ovd.info", "api.repression.info", "ovdinfo.org", "ovd.news"
PER_PAGE = 20

_NAMES = {"ru": "ОВД-Инфо", "en": "OVD-Info"}
_SECTIONS = {
    "express-news": {"ru": "Новости", "en": "News"},
    "news": {"ru": "Новости", "en": "News"},
    "articles": {"ru": "Статьи", "en": "Articles"},
    "stories": {"ru": "Истории", "en": "Stories"},
    "texts": {"ru": "Тексты", "en": "Texts"},
    "persons": {"ru": "Персоналии", "en": "Persons"},
    "subjects": {"ru": "Сюжеты", "en": "Subjects"},
    "regions": {"ru": "Регионы", "en": "Regions"},
    "documents": {"ru": "Документы", "en": "Documents"},
    "archive": {"ru": "Архив", "en": "Archive"},
}
_KINDS = {
    "express-news": "news",
    "news": "news",
    "articles": "article",
    "stories": "story",
    "documents": "document",
    "persons": "case",
}
_TITLES = {
    "express-news": (
        "{where}: {name} под арестом, дело №\N{NO-BREAK SPACE}{n}",
        "{where}: arrest of {name}, case no. {n}",
    ),
    "news": ("Что известно о деле №\N{NO-BREAK SPACE}{n}: {name}", "What is known of case no. {n}: {name}"),
    "articles": ("«Карты рисуют люди»: как судят учителей, часть {n}", "Maps are drawn by people: part {n}"),
    "stories": ("История {n}: «Меня зовут {name}»", "Story {n}: ‘My name is {name}’"),
    "documents": ("Доклад № {n} о районных судах", "Report no. {n} on district courts"),
}
SUBJECTS = {
    "delo-o-kartah": "Дело о картах",
    "delo-bibliotekarej": "Дело библиотекарей",
    "delo-o-mostah": "Дело о мостах",
}


@dataclass(frozen=True)
class Text:
    """A text that the site publishes, in one language."""

    page: Page
    section: str
    person: Person | None
    town: str
    subject: str
    at: datetime
    changed: datetime
    old: bool
    """In the layout of 2021."""


class OvdInfo(Replica):
    """The site, a mirror, its former host, and the host of its data."""

    hosts = (SITE, DATA, FORMER, MIRROR)
    robots = (
        "User-agent: *\n"
        "# Directories\n"
        "Disallow: /core/\nDisallow: /profiles/\nDisallow: /admin/\nDisallow: /comment/reply/\n"
        "Disallow: /node/add/\nDisallow: /search\nDisallow: /user/login\nDisallow: /internal/\n"
        "Disallow: /en/search\nDisallow: /index.php/admin/\n"
    )

    def __init__(self, *, seed: int = 5, api_seconds: float = 2.0, numbers: dict[str, int] | None = None) -> None:
        """`api_seconds`: the least pause between two calls of the API; one that comes earlier gets HTTP 429."""
        super().__init__(seed=seed)
        self.api_seconds = api_seconds
        self.hasty = 0
        """Calls of the API that came too early."""
        self._called = 0.0
        self.texts: list[Text] = []
        self._dossiers: dict[Person, dict[str, str]] = {}
        self.persons = people((numbers or {}).get("persons", 42), seed)
        self._make(random.Random(seed), numbers or {})
        self.by_path = {text.page.path: text for text in self.texts}
        self.pages = [text.page for text in self.texts] + self._list_pages()

    # -- what there is

    def _make(self, rng: random.Random, numbers: dict[str, int]) -> None:
        sizes = {"express-news": 90, "news": 15, "articles": 30, "stories": 15, "documents": 6, **numbers}
        sizes.pop("persons", None)
        english_of = {"express-news": 45, "news": 0, "articles": 15, "stories": 5, "documents": 0}
        for section, size in sizes.items():
            times = moments(
                size, len(section), datetime(2021, 2, 1, tzinfo=MOSCOW), datetime(2026, 8, 30, tzinfo=MOSCOW)
            )
            for n, at in enumerate(times):
                person = rng.choice(self.persons) if section != "documents" else None
                self._publish(rng, section, size - n, at, person, english=n < english_of.get(section, 0))
        for n, person in enumerate(self.persons):
            self._publish_person(rng, n, person)

    def _publish(
        self, rng: random.Random, section: str, n: int, at: datetime, person: Person | None, *, english: bool
    ) -> None:
        town, subject = rng.choice(list(TOWNS)), rng.choice(list(SUBJECTS))
        changed = at + timedelta(minutes=rng.choice((0, 0, 67, 1500)))
        # the layout of those years was never redone
        old = at.year == 2021 and section in ("articles", "news")
        named = person if section not in ("articles", "documents") and not old else None
        paths: dict[str, str] = {}
        titles: dict[str, str] = {}
        for language in ("ru", "en") if english else ("ru",):
            name = "" if person is None else person.short if language == "ru" else person.short_en
            where = town if language == "ru" else TOWNS[town]
            titles[language] = _TITLES[section][language == "en"].format(where=where, name=name, n=n)
            prefix = "" if language == "ru" else "/en"
            slug = slug_of(titles[language]) if language == "ru" else slug_of(romanised(titles[language]))
            day = f"{at:%Y/%m/%d}/" if section in ("express-news", "news", "articles", "stories") else ""
            paths[language] = f"{prefix}/{section}/{day}{slug}"
        for language, path in paths.items():
            about = person or self.persons[0]
            page = Page(
                path,
                _KINDS[section],
                language,
                titles[language],
                published=at.date().isoformat() if old else at.isoformat(),
                modified=None if old else changed.isoformat(),
                person=() if named is None else (named.short if language == "ru" else named.short_en,),
                pair={other: one for other, one in paths.items() if other != language},
                facts={} if old else {"region": (town if language == "ru" else TOWNS[town],)},
                text=paragraphs(language, about, rng.randrange(3, 8), rng.randrange(10**9), at),
            )
            self.texts.append(Text(page, section, named, town, subject, at, changed, old))

    def _publish_person(self, rng: random.Random, n: int, person: Person) -> None:
        at = datetime(2023, 1, 10, 12, tzinfo=MOSCOW) + timedelta(hours=rng.randrange(20000))
        changed = at + timedelta(days=rng.randrange(200))
        town = rng.choice(list(TOWNS))
        paths = {"ru": f"/persons/{person.short_slug}-{n}"}
        if n % 3 == 0:
            paths["en"] = f"/en/persons/{slug_of(person.short_en)}-{n}"
        self._dossiers[person] = paths
        for language, path in paths.items():
            name = person.short if language == "ru" else person.short_en
            page = Page(
                path,
                "case",
                language,
                name,
                modified=changed.isoformat(),
                person=(name,),
                pair={other: one for other, one in paths.items() if other != language},
                facts={"region": (town if language == "ru" else TOWNS[town],)},
                text=paragraphs(language, person, 4, rng.randrange(10**9), at),
            )
            self.texts.append(Text(page, "persons", person, town, rng.choice(list(SUBJECTS)), at, changed, False))

    def listing(self, path: str) -> list[Text] | None:
        """The texts that a listing names, newest first; None: there is no such listing."""
        language = "en" if path == "/en" or path.startswith("/en/") else "ru"
        of_language = [text for text in self.texts if text.page.language == language]
        section, _, name = path.removeprefix("/en").strip("/").partition("/")
        match section, name:
            case "express-news" | "persons" | "documents", "":
                found = [text for text in of_language if text.section == section]
            case "texts", "":
                found = [text for text in of_language if text.section in ("articles", "stories", "news")]
            case "archive", "" if language == "ru":
                found = [text for text in of_language if text.section != "persons"][:PER_PAGE]
            case "regions", _ if language == "ru" and name in _REGIONS:
                found = [text for text in of_language if text.town == _REGIONS[name] and text.section == "express-news"]
            case "subjects", _ if language == "ru" and name in SUBJECTS:
                found = [text for text in of_language if text.subject == name and text.section == "stories"]
            case _:
                return None
        return sorted(found, key=lambda text: text.at, reverse=True) or None

    def _listings(self) -> list[str]:
        sections = ("express-news", "texts", "persons", "documents", "archive")
        paths = [f"{prefix}/{section}" for prefix in ("", "/en") for section in sections]
        paths += [f"/regions/{slug}" for slug in _REGIONS] + [f"/subjects/{slug}" for slug in SUBJECTS]
        return [path for path in paths if self.listing(path)]

    def _list_pages(self) -> list[Page]:
        pages = [
            Page("/", "list", "ru", _NAMES["ru"], pair={"en": "/en"}),
            Page("/en", "list", "en", _NAMES["en"], pair={"ru": "/"}),
            Page("/subjects", "list", "ru", "Сюжеты"),
        ]
        listings = self._listings()
        for path in listings:
            language = "en" if path.startswith("/en/") else "ru"
            # one section in two languages; what stands on their second pages is another matter
            other = path.removeprefix("/en") if language == "en" else f"/en{path}"
            pair = {"ru" if language == "en" else "en": other} if other in listings else {}
            title = self._list_title(path)
            pages.append(Page(path, "list", language, title, pair=pair))
            for n in range(1, -(-len(self.listing(path) or ()) // PER_PAGE)):
                pages.append(Page(f"{path}?page={n}", "list", language, title))
        return pages

    def _list_title(self, path: str) -> str:
        section, _, name = path.removeprefix("/en").strip("/").partition("/")
        return _REGIONS.get(name) or SUBJECTS.get(name) or _SECTIONS[section]["en" if path.startswith("/en") else "ru"]

    # -- what is answered

    def reply(self, ask: Ask) -> Reply | str | None:
        if ask.host == DATA:
            return self._data(ask)
        if ask.host == FORMER:
            return redirect(self.url(ask.target))
        if ask.path in ("/rss.xml", "/en/rss.xml"):
            return self._feed("en" if ask.path.startswith("/en/") else "ru")
        if ask.path in ("/", "/en") and not ask.query:
            return self._home("en" if ask.path == "/en" else "ru")
        if ask.path == "/subjects":
            items = "".join(f'<li><a href="/subjects/{slug}">{name}</a></li>' for slug, name in SUBJECTS.items())
            return self._page(
                "ru", "/subjects", "Сюжеты", f"<h1 class='page-header'>Сюжеты</h1><ul>{items}</ul>", "path-subjects"
            )
        if (text := self.by_path.get(ask.path)) is not None:
            return self._amp(text) if "amp" in ask.query else self._text(text)
        found = self.listing(ask.path)
        if found is not None and ask.query.get("page", "0").isdecimal():
            return self._list(ask.path, int(ask.query.get("page", "0")), found)
        return not_found(_layout(self, "ru", ask.path, "Страница не найдена", "<h1>Страница не найдена</h1>", "", ""))

    def _page(
        self,
        language: str,
        path: str,
        title: str,
        content: str,
        body_class: str,
        head: str = "",
        modified: datetime | None = None,
    ) -> Reply:
        headers = {
            "X-Generator": "Drupal 10 (https://www.drupal.org)",
            "X-Drupal-Cache": "HIT",
            "Content-language": language,
            "Cache-Control": "max-age=600, public",
        }
        return html_reply(
            _layout(self, language, path, title, content, body_class, head), modified=modified, headers=headers
        )

    def _home(self, language: str) -> Reply:
        prefix = "" if language == "ru" else "/en"
        latest = (self.listing(f"{prefix}/express-news") or [])[:10]
        content = f"<h1 class='visually-hidden'>{_NAMES[language]}</h1>{_teasers(latest)}"
        if language == "ru":
            # an address of former times, found before the listing is read
            report = next(text for text in self.texts if text.section == "documents")
            content += f'<p><a href="{self.url(report.page.path, FORMER)}">Доклад</a> <a href="/documents">Документы</a> <a href="/archive">Архив</a></p><ul>{"".join(f"<li><a href=/regions/{slug}>{name}</a></li>" for slug, name in _REGIONS.items())}</ul>'
        return self._page(
            language,
            prefix or "/",
            _NAMES[language],
            content,
            "path-frontpage",
            self._hreflang({"ru": "/", "en": "/en"}),
        )

    def _list(self, path: str, number: int, found: Sequence[Text]) -> Reply | None:
        shown = found[number * PER_PAGE : (number + 1) * PER_PAGE]
        last = -(-len(found) // PER_PAGE) - 1
        # Drupal answers a page past the end too, without entries
        title = self._list_title(path)
        content = f"<h1 class='page-header'>{title}</h1><div class='view-content'>{_teasers(shown)}</div>"
        content += _pager(number, last)
        content += (
            f'<form action="{path}"><a href="{path}?sort_by=created&amp;sort_order=ASC">Сначала старые</a></form>'
        )
        language = "en" if path.startswith("/en") else "ru"
        return self._page(language, path, title, content, f"path-{path.strip('/').split('/')[0]}")

    def _hreflang(self, paths: dict[str, str]) -> str:
        return "".join(
            f'<link rel="alternate" hreflang="{one}" href="{self.url(path)}">' for one, path in paths.items()
        )

    def _text(self, text: Text) -> Reply:
        page = text.page
        assert page.language is not None
        head = f'<link rel="shortlink" href="{self.url(page.path)}"><link rel="canonical" href="{self.url(page.path)}"><meta name="generator" content="OVD-INFO">'
        head += f'<link rel="amphtml" href="{self.url(page.path)}?amp">'
        if text.old:
            return self._page(page.language, page.path, page.title, self._old(text), "node-type-article", head)
        head += f'<meta property="og:site_name" content="{_NAMES[page.language]}"><meta property="og:type" content="Article"><meta property="og:title" content="{html.escape(page.title)} | {_NAMES[page.language]}">'
        head += f'<meta property="og:updated_time" content="{text.changed.isoformat()}">'
        if text.section != "persons":
            head += _json_ld(page.title, text.at)
        head += self._hreflang({page.language: page.path, **page.pair})
        return self._page(
            page.language,
            page.path,
            page.title,
            self._article(text),
            f"path-node page-node-type-{text.section}",
            head,
            text.changed,
        )

    def _article(self, text: Text) -> str:
        page = text.page
        language = page.language or "ru"
        prefix = "" if language == "ru" else "/en"
        switch = "".join(
            f'<li class="{one}">'
            + (
                f'<span class="language-link active-language">{name}</span>'
                if one == language
                else f'<a href="{page.pair[one]}" class="language-link" hreflang="{one}">{name}</a>'
                if one in page.pair
                else f'<span class="language-link">{name}</span>'
            )
            + "</li>"
            for one, name in (("ru", "Русский"), ("en", "English"))
        )
        place = text.town if language == "ru" else TOWNS[text.town]
        region = f'<a href="/regions/{slug_of(text.town)}" hreflang="ru">{place}</a>'
        published = (
            f'<span id="article_published">{text.at:%d.%m.%Y, %H:%M}</span>' if text.section != "persons" else ""
        )
        section = f'<a href="{prefix}/{text.section}" class="express-text-header-meta-category">{_SECTIONS[text.section][language]}</a>'
        if text.section not in ("express-news", "persons"):
            section = f'<a href="{prefix}/texts" class="express-text-header-meta-category">{_SECTIONS[text.section][language]}</a>'
        share = f'<ul class="express-text-social"><li class="express-text-social-item"><a href="https://t.me/share/url?url={self.url(page.path)}" class="tg-icon">Telegram</a></li><li><a href="https://vk.com/share.php?url={self.url(page.path)}">VK</a></li><li><a href="{page.path}?share=mail">✉</a></li></ul>'
        digest = text.section == "express-news" and text.at.day % 7 == 0
        body = f"<ul>{markup(page.text, 'li')}</ul>" if digest else markup(page.text)
        # what was published under the former host is linked there still, and readers bring their trackers
        other = next((one for one in self.texts if one.section == "articles" and one.page.language == "ru"), text)
        body += f'<p><a href="{self.url(other.page.path, FORMER)}">Ранее</a> <a href="{page.path}?utm_source=tg&amp;utm_medium=post#comments">#</a></p>'
        dossier = ""
        if text.person is not None and text.section != "persons":
            pages = self._dossiers[text.person]
            path = pages.get(language, pages["ru"])
            dossier = f'<div class="express-text-aside"><div class="field field--name-field-pzk"><div class="field__label">Досье</div><div class="field__item"><a href="{path}" hreflang="ru">{page.person[0]}</a></div></div></div>'
        return f"""<section class="landing express-text-page"><div class="layout-container"><div class="express-text-page-wrapper">
<div class="express-text-header"><div class="express-text-header-meta">{published}
<span class="express-text-header-meta-geo"><div class="field field--name-field-region-ref field__items"><div class="field__item">{region}</div></div></span>{section}</div>
<h1 class="page-header express-text-heading"> {html.escape(page.title, quote=False)}
</h1></div><div class="express-text-container"><div class="express-text">{share}
<div class="article-body express-text-content">
<div class="block-dropdown-language-wrapper"><fieldset><legend><span class="fieldset-legend">Switch Language</span></legend><ul class="dropdown-language-item dropbutton">{switch}</ul></fieldset></div>
<div class="par-container"><div class="field field--name-field-express-text field--type-text-long field--label-hidden">{body}</div></div></div></div>{dossier}</div></div></div></section>"""

    def _old(self, text: Text) -> str:
        mail = '<a href="/cdn-cgi/l/email-protection#8feee1" class="__cf_email__" data-cfemail="8feee1">[email&#160;protected]</a>'
        return f"""<article class="node node-article"><h1 class="title">{html.escape(text.page.title, quote=False)}</h1><div class="lead">{text.page.text[0]}</div>
<div class="author-name-cont">Редакция</div><div class="date">{text.at:%d.%m.%Y}</div><div class="field-name-body">{markup(text.page.text[1:])}<p>{mail}</p></div></article>"""

    def _amp(self, text: Text) -> Reply:
        return html_reply(
            f"<!doctype html><html ⚡><body><h1>{text.page.title}</h1>{markup(text.page.text)}</body></html>"
        )

    def _feed(self, language: str) -> Reply | None:
        if language == "en":
            return None  # not known to be there
        latest = (self.listing("/express-news") or [])[:30]
        items = "".join(
            f"<item><title>{html.escape(text.page.title, quote=False)}</title><link>{self.url(text.page.path)}</link>"
            f"<guid isPermaLink='false'>node/{n}</guid><pubDate>{text.at:%a, %d %b %Y %H:%M:%S +0300}</pubDate></item>"
            for n, text in enumerate(latest)
        )
        return xml_reply(
            f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>ОВД-Инфо</title>{items}</channel></rss>',
            media_type="application/rss+xml",
        )

    # -- the API

    def _data(self, ask: Ask) -> Reply | None:
        with self.lock:
            now = time.monotonic()
            # what the network adds to the client's pause may be taken from it again
            early, self._called = now - self._called < self.api_seconds * 0.9, now
            self.hasty += early
        if early:
            return json_reply('{"error": "too many requests"}', status=429, headers={"Retry-After": "1"})
        language = ask.query.get("language", "ru")
        match ask.path.strip("/").split("/"):
            case ["v1", "persons"]:
                return _json(
                    {"data": [self.record(n, language) for n in range(len(self.persons))], "count": len(self.persons)}
                )
            case ["v1", "persons", number] if number.isdecimal() and int(number) < len(self.persons):
                return _json({"data": self.record(int(number), language)})
            case ["v1", "data" | "locations" as name]:
                return _json(
                    {"data": [{"name": name, "town": one if language == "ru" else TOWNS[one]} for one in TOWNS]}
                )
        return None

    def record(self, number: int, language: str) -> dict[str, object]:
        """What the API has of a person."""
        person = self.persons[number]
        return {"id": number, "name": person.name if language == "ru" else person.name_en, "born": person.born}


_REGIONS = {slug_of(town): town for town in TOWNS}


def _json(value: object) -> Reply:
    return json_reply(json.dumps(value, ensure_ascii=False))


def _teasers(texts: Sequence[Text]) -> str:
    return "".join(
        f'<div class="views-row"><span class="date-teaser">{text.at:%d.%m.%Y}</span> <a href="{text.page.path}">{html.escape(text.page.title, quote=False)}</a></div>'
        for text in texts
    )


def _pager(number: int, last: int) -> str:
    if last == 0:
        return ""
    items = []
    if number > 0:
        items.append('<li class="pager__item pager__item--first"><a href="?page=0">« Первая</a></li>')
        items.append(
            f'<li class="pager__item pager__item--previous"><a href="?page={number - 1}" rel="prev">‹</a></li>'
        )
    items += [
        f'<li class="pager__item"><a href="?page={n}">{n + 1}</a></li>'
        for n in range(max(0, number - 2), min(last, number + 2) + 1)
    ]
    if number < last:
        items.append(f'<li class="pager__item pager__item--next"><a href="?page={number + 1}" rel="next">›</a></li>')
    return f'<nav class="pager"><ul class="pager__items">{"".join(items)}</ul></nav>'


def _json_ld(title: str, at: datetime) -> str:
    moment = f"{at:%Y-%m-%dT%H:%M}:42+0300"
    node = {"@type": "NewsArticle", "headline": title, "datePublished": moment, "dateModified": moment}
    node |= {"author": {"@type": "Organization", "name": "OVD.INFO"}}  # type: ignore[dict-item]
    document = {"@context": "https://schema.org", "@graph": [node]}
    return f'<script type="application/ld+json">{json.dumps(document, ensure_ascii=False)}</script>'


def _layout(replica: OvdInfo, language: str, path: str, title: str, content: str, body_class: str, head: str) -> str:
    prefix = "" if language == "ru" else "/en"
    style, token = replica.noise.token(32), replica.noise.token(40)
    menu = "".join(
        f'<li><a href="{prefix}/{section}">{_SECTIONS[section][language]}</a></li>'
        for section in (
            ("express-news", "texts", "persons", "subjects")
            if language == "ru"
            else ("express-news", "texts", "persons")
        )
    )
    return f"""<!DOCTYPE html>
<html lang="{language}" dir="ltr"><head><meta charset="utf-8"><meta name="robots" content="max-image-preview:large">{head}
<link rel="alternate" type="application/rss+xml" href="/rss.xml"><title>{html.escape(title, quote=False)} | {_NAMES[language]}</title>
<link rel="stylesheet" media="all" href="/sites/default/files/css/css_{style}.css?delta=0&amp;language={language}&amp;theme=oinfo"></head>
<body class="{body_class}"><header class="header sticky-header"><a href="{prefix or "/"}">{_NAMES[language]}</a><nav class="headerNav"><ul class="headerNavList">{menu}</ul></nav>
<a href="/en">English</a><a href="/user/login?destination={path}">Вход</a><a href="{prefix}/search?keys=">Поиск</a></header>
<div id="columns"><div id="content"><div class="region region-content">{content}</div></div></div>
<div class="recommended-articles"><div class="block-ajax"><div class="block-ajax-placeholder" data-block-ajax-id="oinfo_views_block__recommends_block_1" data-token="{token}"></div><span class="count">{replica.noise.count()}</span></div></div>
<footer class="footer"><a href="/rss.xml" class="rss-lnk">RSS</a><a href="/internal/counters">·</a><a href="http://creativecommons.org/licenses/by/3.0/deed.ru_RU" rel="license">CC</a></footer></body></html>"""


def utc(moment: datetime) -> str:
    """As a reading may write it."""
    return moment.astimezone(UTC).isoformat()
