"""Sites that show little without scripts: Next.js, a JSON API with a cursor, a feed alone, a sitemap alone."""

# ruff: noqa: E501 - markup is broken where its server breaks it

from __future__ import annotations

import gzip
import json

from local_sites.base import Article, LocalSite, articles, link, pages_of, rss, sitemap, sitemap_index
from replicas.base import Ask, Reply, html_reply, json_reply, not_found, xml_reply


class NextJs(LocalSite):
    """The listing is made by a script; ten articles stand in __NEXT_DATA__, ten in the feed, all in a sitemap of its
    own name that robots.txt alone names."""

    robots = "User-agent: *\nDisallow: /api/\n\nSitemap: {base}/sitemap/news.xml\n"

    def __init__(self) -> None:
        super().__init__()
        self.articles = articles("ru", seed=71)
        self.by_path = {f"/news/{270000 + 37 * one.number}": one for one in self.articles}
        self.wanted = tuple(self.by_path)
        self.robots = (self.robots or "").replace("{base}", self.base)

    def path(self, one: Article) -> str:
        return f"/news/{270000 + 37 * one.number}"

    def frame(self, title: str, main: str, props: object) -> Reply:
        state = json.dumps({"props": {"pageProps": props}, "page": "/", "buildId": "qW3rTy"}, ensure_ascii=False)
        return html_reply(
            f'<!DOCTYPE html><html lang="ru"><head><meta charSet="utf-8"/><title>{title}</title>'
            f'<link rel="alternate" type="application/rss+xml" href="/feed"/></head><body><div id="__next"><header><a href="/">The Lamp</a>'
            f' <a href="/news">Новости</a></header>{main}<footer>USD{self.noise.ticker()[0]}</footer></div>'
            f'<script id="__NEXT_DATA__" type="application/json">{state}</script>'
            '<script src="/_next/static/qW3rTy/_buildManifest.js" defer=""></script></body></html>'
        )

    def reply(self, ask: Ask) -> Reply | str | None:
        path = ask.path
        if path in ("/", "/news"):
            first = [{"id": one.number, "title": one.title} for one in self.articles[:10]]
            return self.frame("The Lamp", "<main><button>Загрузить ещё</button></main>", {"items": first})
        if path in self.by_path:
            one = self.by_path[path]
            ld = json.dumps(
                {"@type": "NewsArticle", "headline": one.title, "datePublished": one.iso}, ensure_ascii=False
            )
            return self.frame(
                one.title,
                f'<script type="application/ld+json">{ld}</script><h1>{one.title}</h1><div id="articleContainer">{one.body}</div>',
                {"id": one.number},
            )
        if path == "/feed":
            return xml_reply(rss(self.base, [(self.path(one), one) for one in self.articles[:10]]))
        if path == "/sitemap/news.xml":
            return xml_reply(sitemap_index(f"{self.base}/sitemap/news-{n}.xml.gz" for n in (0, 1)))
        if path.startswith("/sitemap/news-"):
            half = len(self.articles) // 2
            own = self.articles[:half] if path.endswith("-0.xml.gz") else self.articles[half:]
            packed = gzip.compress(sitemap(f"{self.base}{self.path(one)}" for one in own).encode(), mtime=0)
            return Reply(packed, 200, {"Content-Type": "application/gzip"})
        return not_found('<html><body><div id="__next"><h1>404</h1></div></body></html>')


class JsonApi(LocalSite):
    """An empty page whose script asks /api/v2/stories, twelve at a time, for what comes after a cursor."""

    robots = "User-agent: *\nAllow: /\n"
    language = "en"

    def __init__(self) -> None:
        super().__init__()
        self.articles = articles("en", seed=81)
        self.by_path = {f"/stories/{one.slug}": one for one in self.articles}
        self.wanted = tuple(self.by_path)

    def reply(self, ask: Ask) -> Reply | str | None:
        path = ask.path
        if path == "/":
            return html_reply(
                '<!doctype html><html lang="en"><head><title>Stories</title></head><body><div id="app"></div>'
                '<script src="/assets/vendor.js"></script><script type="module" src="/assets/main.4f1c.js"></script></body></html>'
            )
        if path == "/assets/main.4f1c.js":
            script = (
                'async function load(c){const r=await fetch("/api/v2/stories"+(c?`?cursor=${c}`:""));return r.json()}'
            )
            return Reply(script, 200, {"Content-Type": "text/javascript"})
        if path == "/assets/vendor.js":
            return Reply("var a=1;" * 500, 200, {"Content-Type": "text/javascript"})
        if path == "/api/v2/stories":
            pages = pages_of(self.articles, 12)
            cursor = ask.query.get("cursor", "")
            number = int(cursor.removeprefix("after-")) if cursor.startswith("after-") else 0
            rows = [
                {
                    "id": one.number,
                    "slug": one.slug,
                    "headline": one.title,
                    "url": f"/stories/{one.slug}",
                    "updated_at": one.iso,
                }
                for one in pages[number]
            ]
            following = f"after-{number + 1}" if number + 1 < len(pages) else None
            return json_reply(json.dumps({"data": {"items": rows}, "meta": {"next_cursor": following}}))
        if path in self.by_path:
            one = self.by_path[path]
            return html_reply(
                f'<!doctype html><html lang="en"><head><title>{one.title}</title><meta property="og:type" content="article">'
                f'<meta property="article:published_time" content="{one.iso}"></head><body><div id="app"><h1>{one.title}</h1>'
                f'<section class="story">{one.body}</section></div></body></html>'
            )
        return None


class RssOnly(LocalSite):
    """No page at the root; a feed at /rss.xml with a next part, whose pages link to nothing."""

    robots = None

    def __init__(self) -> None:
        super().__init__()
        self.articles = articles("ru", seed=91)
        self.by_path = {f"/p/{one.number}.html": one for one in self.articles}
        self.wanted = tuple(self.by_path)

    def reply(self, ask: Ask) -> Reply | str | None:
        if ask.path == "/":
            return Reply(
                "<html><head><title>403 Forbidden</title></head><body>403</body></html>",
                403,
                {"Content-Type": "text/html"},
            )
        if ask.path == "/rss.xml":
            number = int(ask.query.get("page", 1))
            own = pages_of(self.articles, 20)
            following = f"/rss.xml?page={number + 1}" if number < len(own) else ""
            entries = [(f"/p/{one.number}.html", one) for one in own[number - 1]]
            return Reply(rss(self.base, entries, following=following), 200, {"Content-Type": "text/xml"})
        if ask.path in self.by_path:
            one = self.by_path[ask.path]
            return html_reply(
                f"<html><head><title>{one.title}</title></head><body><h1>{one.title}</h1><p>{one.day}</p>{one.body}</body></html>"
            )
        return None


class SitemapOnly(LocalSite):
    """A first page that shows a logo and nothing else; a sitemap that nothing names."""

    robots = "User-agent: *\nDisallow: /admin\n"
    language = "en"

    def __init__(self) -> None:
        super().__init__()
        self.articles = articles("en", seed=101)
        self.by_path = {f"/case/{one.slug}": one for one in self.articles}
        self.wanted = tuple(self.by_path)

    def reply(self, ask: Ask) -> Reply | str | None:
        if ask.path == "/":
            return html_reply(
                '<!doctype html><title>Archive</title><img src="/logo.svg" alt="Archive"><script>go()</script>'
            )
        if ask.path == "/sitemap_index.xml":
            return xml_reply(sitemap_index(f"{self.base}/sitemap-{n}.xml" for n in (1, 2, 3)))
        if ask.path.startswith("/sitemap-"):
            own = pages_of(self.articles, 15)[int(ask.path[9]) - 1]
            return xml_reply(sitemap(f"{self.base}/case/{one.slug}" for one in own))
        if ask.path in self.by_path:
            one = self.by_path[ask.path]
            return html_reply(
                f'<!doctype html><html lang="en"><title>{one.person}</title><body><main id="content"><h1>{one.person}</h1>'
                f'<p class="date">{one.moment:%d %B %Y}</p>{one.body}</main><footer>{link("/", "Archive")}</footer>'
            )
        return None
