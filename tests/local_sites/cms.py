"""Sites of content management systems: WordPress with and without REST, Drupal, Bitrix in windows-1251."""

# ruff: noqa: E501 - markup is broken where its server breaks it

from __future__ import annotations

import json

from local_sites.base import Article, LocalSite, articles, link, links, pages_of, path_of, rss, sitemap, sitemap_index
from replicas.base import Ask, Reply, html_reply, json_reply, xml_reply


class WordPress(LocalSite):
    """Flat slugs, a feed of ten, pagination, REST, a sitemap index; tags and replytocom links without end."""

    robots = "User-agent: *\nDisallow: /wp-admin/\nAllow: /wp-admin/admin-ajax.php\n\nSitemap: {base}/wp-sitemap.xml\n"
    language = "ru"
    has_rest = True

    def __init__(self) -> None:
        super().__init__()
        self.articles = articles(self.language, seed=11)
        self.by_path = {self.path(one): one for one in self.articles}
        self.wanted = tuple(self.by_path)
        self.robots = self.robots.replace("{base}", self.base) if self.robots else self.robots

    def path(self, one: Article) -> str:
        return f"/{one.moment:%Y/%m/%d}/{one.slug}/"

    def frame(self, title: str, main: str, *, kind: str = "website") -> Reply:
        head = (
            f'<!doctype html><html lang="ru-RU"><head><meta charset="UTF-8"><title>{title} — Хроника</title>'
            f'<meta name="generator" content="WordPress 6.7.1"><meta property="og:type" content="{kind}">'
            f'<link rel="alternate" type="application/rss+xml" title="Хроника" href="{self.base}/feed/">'
            f'<link rel="alternate" type="application/rss+xml" title="Комментарии" href="{self.base}/comments/feed/">'
            f'<link rel="https://api.w.org/" href="{self.base}/wp-json/">'
            f'<link rel="stylesheet" href="{self.base}/wp-content/themes/x/style.css?ver=6.7"></head><body class="home blog">'
            '<header><nav><ul class="menu">'
            + links([("/", "Главная"), ("/about/", "О нас"), ("/category/news/", "Новости"), ("/wp-login.php", "Вход")])
            + "</ul></nav></header>"
        )
        tags = "".join(link(f"/tag/metka-{n}/", f"метка {n}") for n in range(25))
        foot = f'<aside><form action="/"><input name="s"></form>{tags}</aside><footer>© Хроника</footer></body></html>'
        return html_reply(f"{head}<main>{main}</main>{foot}")

    def listing(self, base: str, number: int) -> Reply | None:
        pages = pages_of(self.articles, 10)
        if not 1 <= number <= len(pages):
            return None
        items = "".join(
            f'<article class="post"><h2 class="entry-title">{link(self.base + self.path(one), one.title)}</h2>'
            f'<time class="entry-date published" datetime="{one.iso}">{one.day}</time><p>{one.text[0][:90]}…</p></article>'
            for one in pages[number - 1]
        )
        more = (
            link(f"{self.base}{base}page/{number + 1}/", "Старые записи", ' class="next"')
            if number < len(pages)
            else ""
        )
        return self.frame("Главная", f'{items}<nav class="pagination">{more}</nav>')

    def page(self, one: Article) -> Reply:
        comments = "".join(link(f"{self.path(one)}?replytocom={n}#respond", "Ответить") for n in range(3))
        return self.frame(
            one.title,
            f'<article class="post"><h1 class="entry-title">{one.title}</h1>'
            f'<time class="entry-date published" datetime="{one.iso}">{one.day}</time>'
            f'<div class="entry-content">{one.body}</div>{comments}</article>',
            kind="article",
        )

    def reply(self, ask: Ask) -> Reply | str | None:
        path, parts = ask.path, [one for one in ask.path.split("/") if one]
        if path == "/" and "s" in ask.query:
            return self.frame("Поиск", "<p>Ничего не нашлось</p>")
        if path in self.by_path:
            return self.page(self.by_path[path])
        if path == "/" or (len(parts) == 2 and parts[0] == "page"):
            return self.listing("/", int(parts[1]) if parts else 1)
        if parts[:2] == ["category", "news"]:
            return self.listing("/category/news/", int(parts[3]) if len(parts) == 4 else 1)
        if parts[:1] == ["tag"] and len(parts) == 2:
            one = self.articles[sum(map(ord, parts[1])) % len(self.articles)]
            return self.frame(parts[1], link(self.path(one), one.title))
        if path == "/about/":
            return self.frame("О нас", "<h1>О нас</h1><p>Архив выдуманных дел.</p>")
        if path == "/feed/":
            return xml_reply(
                rss(self.base, [(self.path(one), one) for one in self.articles[:10]]), media_type="application/rss+xml"
            )
        if path == "/wp-sitemap.xml":
            return xml_reply(sitemap_index([f"{self.base}/wp-sitemap-posts-post-1.xml"]))
        if path == "/wp-sitemap-posts-post-1.xml":
            return xml_reply(sitemap(f"{self.base}{one}" for one in self.by_path))
        if path.startswith("/wp-json/"):
            return self.rest(ask)
        return None

    def rest(self, ask: Ask) -> Reply:
        if not self.has_rest:
            return json_reply('{"code":"rest_disabled","message":"REST is off","data":{"status":403}}', status=403)
        if ask.path == "/wp-json/wp/v2/types":
            types = {
                "post": {"rest_base": "posts"},
                "page": {"rest_base": "pages"},
                "attachment": {"rest_base": "media"},
            }
            return json_reply(json.dumps(types))
        if ask.path == "/wp-json/wp/v2/posts":
            size, number = int(ask.query.get("per_page", 10)), int(ask.query.get("page", 1))
            pages = pages_of(self.articles, size)
            if number > len(pages):
                return json_reply('{"code":"rest_post_invalid_page_number"}', status=400)
            rows = [
                {
                    "id": one.number,
                    "link": self.base + self.path(one),
                    "modified_gmt": f"{one.moment:%Y-%m-%dT%H:%M:%S}",
                }
                for one in pages[number - 1]
            ]
            totals = {"X-WP-Total": str(len(self.articles)), "X-WP-TotalPages": str(len(pages))}
            return json_reply(json.dumps(rows), headers=totals)
        return json_reply("[]")


class ClosedWordPress(WordPress):
    """No REST, no sitemap, slugs without dates, in a folder of its host: what is left is pagination and a feed."""

    start = "/blog/"
    robots = "User-agent: *\nDisallow: /blog/wp-admin/\n"
    has_rest = False

    def path(self, one: Article) -> str:
        return f"/blog/{one.slug}/"

    def reply(self, ask: Ask) -> Reply | str | None:
        if "sitemap" in ask.path:
            return None
        if ask.path == "/":
            return html_reply("<title>Хостинг</title><p>" + link("/blog/", "блог") + link("/shop/", "магазин"))
        if ask.path.startswith("/shop/"):
            number = int(ask.path.rpartition("-")[2] or 0) if "-" in ask.path else 0
            return html_reply(links((f"/shop/item-{number * 3 + n}", "товар") for n in range(1, 4)))
        if ask.path in self.by_path:
            return self.page(self.by_path[ask.path])
        if ask.path.startswith("/blog/page/"):
            return self.listing("/blog/", int(ask.path.split("/")[3]))
        if ask.path == "/blog/":
            return self.listing("/blog/", 1)
        return None

    def frame(self, title: str, main: str, *, kind: str = "website") -> Reply:
        reply = super().frame(title, main, kind=kind)
        assert isinstance(reply.body, str)
        return html_reply(reply.body.replace(f"{self.base}/feed/", f"{self.base}/blog/feed/"))


class Drupal(LocalSite):
    """Two languages under /ru and /en, `?page=`, numbered nodes and aliases; printing and logging in forbidden."""

    robots = "User-agent: *\nCrawl-delay: 0\nDisallow: /user/login\nDisallow: /search/\nDisallow: /*/print/\n"

    def __init__(self) -> None:
        super().__init__()
        self.by_language = {"ru": articles("ru", 30, 21), "en": articles("en", 20, 21)}
        self.by_path = {
            f"/{language}/express-news/{one.moment:%Y/%m/%d}/{one.slug}": (language, one)
            for language, own in self.by_language.items()
            for one in own
        }
        self.wanted = tuple(self.by_path)

    def frame(self, language: str, title: str, main: str, *, here: str) -> Reply:
        other = "en" if language == "ru" else "ru"
        alternates = "".join(
            f'<link rel="alternate" hreflang="{one}" href="{self.base}/{one}{here}">' for one in ("ru", "en")
        )
        menu = links([(f"/{language}/news", "Новости"), (f"/{language}/about", "О проекте"), (f"/{other}", other)])
        return html_reply(
            f'<!DOCTYPE html><html lang="{language}" dir="ltr"><head><meta charset="utf-8"><title>{title} | Проект</title>'
            f'<meta name="Generator" content="Drupal 10 (https://www.drupal.org)">{alternates}'
            f'</head><body><div class="dialog-off-canvas-main-canvas" data-drupal-dialog="1"><ul class="menu">{menu}</ul>'
            f'<a href="/user/login?destination={here}">Войти</a><main>{main}</main></div></body></html>'
        )

    def reply(self, ask: Ask) -> Reply | str | None:
        path = ask.path
        if path == "/":
            return Reply("", 302, {"Location": f"{self.base}/ru"})
        if path in self.by_path:
            language, one = self.by_path[path]
            return self.frame(
                language,
                one.title,
                f'<h1 class="page-header">{one.title}</h1><div class="field--name-created">{one.day}</div>'
                f'<div class="field field--name-body field--type-text">{one.body}</div>'
                + link(f"/{language}/print/{one.number}", "Версия для печати"),
                here=path[3:],
            )
        for language in ("ru", "en"):
            if path in (f"/{language}", f"/{language}/news"):
                pages = pages_of(self.by_language[language], 10)
                number = int(ask.query.get("page", 0))
                if number >= len(pages):
                    return self.frame(language, "Новости", "<p>Пусто</p>", here="/news")
                rows = "".join(
                    f'<div class="views-row">{link(f"/{language}/express-news/{one.moment:%Y/%m/%d}/{one.slug}", one.title)}'
                    f"<p>{one.text[0][:80]}</p></div>"
                    for one in pages[number][: 5 if path == f"/{language}" else 10]
                )
                pager = (
                    f'<li class="pager__item--next"><a href="?page={number + 1}" rel="next" title="Дальше">››</a></li>'
                    if number + 1 < len(pages) and path.endswith("news")
                    else ""
                )
                return self.frame(
                    language, "Новости", f'<div class="view-content">{rows}</div><ul>{pager}</ul>', here="/news"
                )
            if path == f"/{language}/about":
                return self.frame(language, "О проекте", "<p>Архив выдуманных дел.</p>", here="/about")
        return None


class Bitrix(LocalSite):
    """windows-1251 that no header names, `?ID=` and PAGEN_1, a robots.txt as Bitrix sites have it."""

    robots = (
        "User-agent: *\nDisallow: /bitrix/\nDisallow: /auth/\nDisallow: /search/\nDisallow: /*?print=\nDisallow: /*&print=\n"
        "Disallow: /*register=yes\nDisallow: /*back_url=\nHost: www.site.example\n"
    )

    def __init__(self) -> None:
        super().__init__()
        self.articles = articles("ru", seed=31)
        self.by_number = {one.number: one for one in self.articles}
        self.wanted = tuple(f"/news/detail.php?ID={one.number}" for one in self.articles)

    def frame(self, title: str, main: str) -> Reply:
        text = (
            f"<html><head><title>{title}</title><meta http-equiv=Content-Type content='text/html; charset=windows-1251'>"
            '<link href="/bitrix/templates/main/styles.css" rel="stylesheet"><script>var BX={message:1}</script></head><body>'
            '<table width="100%"><tr><td><a href="/">Главная</a> <a href="/news/">Новости</a> <a href="/auth/?login=yes">Вход</a>'
            f' <a href="/search/">Поиск</a></td></tr><tr><td>{main}</td></tr></table></body></html>'
        )
        return Reply(text, 200, {"Content-Type": "text/html"}, charset="windows-1251")

    def reply(self, ask: Ask) -> Reply | str | None:
        path, query = ask.path, ask.query
        if path == "/news/detail.php":
            one = self.by_number.get(int(query.get("ID", 0)))
            if one is None:
                return None
            return self.frame(
                one.title,
                f'<div class="news-detail"><span class="news-date-time">{one.day}</span><h3>{one.title}</h3>'
                f'{one.body}</div><a href="/news/detail.php?ID={one.number}&print=Y">Печать</a>',
            )
        if path == "/":
            items = links((f"/news/detail.php?ID={one.number}", one.title) for one in self.articles[:4])
            return self.frame("Правозащитный центр", f"<p>Новости</p><ul>{items}</ul>")
        if path in ("/news/", "/news/index.php"):
            pages = pages_of(self.articles, 8)
            number = int(query.get("PAGEN_1", 1))
            items = "".join(
                f'<p class="news-item"><span>{one.day}</span> <a href="/news/detail.php?ID={one.number}"><b>{one.title}</b></a>'
                f"<br>{one.text[0][:70]}</p>"
                for one in pages[min(number, len(pages)) - 1]
            )
            pager = " ".join(link(f"/news/index.php?PAGEN_1={n}", str(n)) for n in range(1, len(pages) + 1))
            return self.frame("Новости", f'<div class="news-list">{items}</div>{pager}')
        return None


__all__ = ["Bitrix", "ClosedWordPress", "Drupal", "WordPress", "path_of"]
