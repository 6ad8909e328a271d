"""More builds, in few lines each: what is odd about one site or another, with fewer articles."""

# ruff: noqa: E501 - markup is broken where its server breaks it

from __future__ import annotations

import json
import re

from local_sites.base import Article, LocalSite, articles, link, links, pages_of, sitemap
from replicas.base import Ask, Reply, json_reply, redirect, xml_reply

FEW = 14


class Variant(LocalSite):
    """A table of addresses and pages."""

    def __init__(self) -> None:
        super().__init__()
        self.articles = articles("ru", FEW, seed=sum(map(ord, type(self).__name__)))
        self.table: dict[str, Reply | str] = {}
        self.wanted = tuple(self.path(one) for one in self.articles)
        for one in self.articles:
            self.table[self.path(one)] = self.article(one)
        self.build()

    def path(self, one: Article) -> str:
        return f"/news/{one.number}"

    def build(self) -> None:
        """Fill in what is beside the articles."""

    def article(self, one: Article) -> Reply | str:
        return self.page(
            one.title,
            f'<main><h1>{one.title}</h1><p class="date">{one.day}</p><div class="text">{one.body}</div></main>',
        )

    def page(self, title: str, body: str, head: str = "") -> str:
        return (
            f'<!doctype html><html lang="ru"><head><meta charset="utf-8"><title>{title}</title>{head}</head>'
            f'<body><nav><a href="/">Главная</a></nav>{body}</body></html>'
        )

    def teasers(self, own: object = None) -> str:
        chosen = self.articles if own is None else own
        assert isinstance(chosen, list | tuple)
        return "<main><ul>" + links((self.path(one), one.title) for one in chosen) + "</ul></main>"

    def reply(self, ask: Ask) -> Reply | str | None:
        return self.table.get(ask.target)


class PlainPermalinks(Variant):
    """WordPress with `?p=` and `?paged=`."""

    def path(self, one: Article) -> str:
        return f"/?p={one.number}"

    def build(self) -> None:
        head = '<meta name="generator" content="WordPress 5.1"><link rel="https://api.w.org/" href="/index.php?rest_route=/">'
        pages = pages_of(self.articles, 5)
        for number, own in enumerate(pages, 1):
            more = link(f"/?paged={number + 1}", "Старые записи") if number < len(pages) else ""
            self.table["/" if number == 1 else f"/?paged={number}"] = self.page("Блог", self.teasers(own) + more, head)


class MirrorOfHugo(Variant):
    """Its sitemap names another host; links are relative; nothing but five articles is linked."""

    def path(self, one: Article) -> str:
        return f"/posts/{one.slug}.html"

    def build(self) -> None:
        self.table["/"] = self.page(
            "Хроника", "<main>" + links((self.path(one)[1:], one.title) for one in self.articles[:5])
        )
        self.table["/sitemap.xml"] = xml_reply(sitemap(f"https://home.invalid{path}" for path in self.wanted))


class NewGoogleSites(Variant):
    """Below /view/NAME/, pages by year."""

    start = "/view/chronicle/home"

    def path(self, one: Article) -> str:
        return f"/view/chronicle/{2021 + one.number % 2}/{one.slug}"

    def build(self) -> None:
        menu = links((f"/view/chronicle/{one}", one) for one in ("home", "2021", "2022"))
        script = '<script src="https://www.gstatic.com/_/atari/_/js/k=x"></script>'
        self.table["/view/chronicle/home"] = self.page("Дом", f"<div>{menu}</div><p>Добро пожаловать", script)
        for year in (2021, 2022):
            own = [one for one in self.articles if 2021 + one.number % 2 == year]
            self.table[f"/view/chronicle/{year}"] = self.page(str(year), f"<div>{menu}</div>{self.teasers(own)}")


class ExportedGoogleSites(Variant):
    """Files with blanks in their names."""

    start = "/Home.html"

    def path(self, one: Article) -> str:
        return f"/Archive/Week%20{one.number}.html"

    def build(self) -> None:
        self.table["/Home.html"] = self.page("Home", '<a href="Archive.html">Archive</a>')
        self.table["/Archive.html"] = self.page(
            "Archive", links((f"Archive/Week {one.number}.html", one.title) for one in self.articles)
        )


class UndeclaredBitrix(Variant):
    """windows-1251 that nothing declares; one list with numbered pages."""

    robots = "User-agent: *\nDisallow: /bitrix/\nDisallow: *?PAGEN_1=*&SIZEN\n"

    def path(self, one: Article) -> str:
        return f"/news/{one.number + 5000}/"

    def build(self) -> None:
        pages = pages_of(self.articles, 5)
        pager = "".join(link(f"/news/?PAGEN_1={number}", str(number)) for number in range(1, len(pages) + 1))
        for number, own in enumerate(pages, 1):
            self.table["/news/" if number == 1 else f"/news/?PAGEN_1={number}"] = self.page(
                "Новости", self.teasers(own) + pager
            )
        self.table["/"] = self.page("Центр", links([("/about/", "О нас"), ("/news/", "Новости")]))
        self.table["/about/"] = self.page("О нас", "<p>О центре. " * 60)
        for path, text in self.table.items():
            assert isinstance(text, str)
            octets = text.replace('<meta charset="utf-8">', "").encode("windows-1251", "xmlcharrefreplace")
            self.table[path] = Reply(octets, 200, {"Content-Type": "text/html"})


class LongTopics(Variant):
    """A phpBB at the root, whose topics have second pages."""

    def path(self, one: Article) -> str:
        return f"/viewtopic.php?t={one.number}"

    def build(self) -> None:
        sid = f"&amp;sid={'ab12' * 8}"
        for one in self.articles[:4]:
            first = self.page(
                one.title,
                f'<h2>{one.title}</h2><div class="post">{one.body}</div><a href="viewtopic.php?t={one.number}&amp;start=15{sid}">2</a>',
            )
            self.table[self.path(one)] = self.table[f"{self.path(one)}&start=15"] = first
        self.wanted = (*self.wanted, *(f"{self.path(one)}&start=15" for one in self.articles[:4]))
        rows = "".join(f'<a href="viewtopic.php?t={one.number}{sid}">{one.title}</a>' for one in self.articles)
        self.table["/"] = self.page(
            "Форум", f'<a href="viewforum.php?f=1{sid}">Раздел</a><a href="login.php?sid=x">Вход</a>'
        )
        self.table["/viewforum.php?f=1"] = self.page("Раздел", rows)

    def reply(self, ask: Ask) -> Reply | str | None:
        return self.table.get(self.plain(ask.target))

    def plain(self, path: str) -> str:
        return re.sub(r"&sid=\w+", "", path)


class Chain(Variant):
    """Every document links to the next one alone; the first is in an image map."""

    def path(self, one: Article) -> str:
        return f"/d/{one.number}.htm"

    def build(self) -> None:
        self.table["/"] = (
            f'<HTML><BODY><IMG USEMAP="#m"><MAP NAME=m><AREA HREF="d/{FEW}.htm" COORDS="1,1"></MAP></BODY></HTML>'
        )

    def article(self, one: Article) -> str:
        return self.page(one.title, f"<h1>{one.title}</h1>{one.body}<A HREF={one.number - 1}.htm>далее</A>")


class GivenFeed(Variant):
    """The address of an Atom feed is what is given."""

    start = "/export/atom.xml"

    def path(self, one: Article) -> str:
        return f"/{one.moment:%Y/%m}/{one.slug}.html"

    def build(self) -> None:
        entries = "".join(
            f'<entry><title>x</title><id>tag:{one.number}</id><updated>{one.iso}</updated><link href="{self.path(one)}"/></entry>'
            for one in self.articles
        )
        text = f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>f</title>{entries}</feed>'
        self.table["/export/atom.xml"] = xml_reply(text, media_type="application/atom+xml")


class PlainTextSitemap(Variant):
    """robots.txt alone names it, by a relative address."""

    robots = "User-agent: *\nDisallow: /x\nSitemap: /maps/all.txt\n"

    def path(self, one: Article) -> str:
        return f"/doc?id={one.number}"

    def build(self) -> None:
        self.table["/maps/all.txt"] = Reply(
            "\n".join(self.base + path for path in self.wanted), 200, {"Content-Type": "text/plain"}
        )


class LooseSitemap(Variant):
    """Ampersands as they are, no namespace, called HTML."""

    def path(self, one: Article) -> str:
        return f"/doc?id={one.number}&l=ru"

    def build(self) -> None:
        rows = "".join(f"<url><loc>{self.base}{path}</loc></url>" for path in self.wanted)
        self.table["/"] = self.page("Пусто", "")
        self.table["/sitemap.xml"] = Reply(f"<urlset>{rows}</urlset>", 200, {"Content-Type": "text/html"})


class CountedApi(Variant):
    """A script asks for pages of a list whose entries have nothing but an id."""

    def build(self) -> None:
        self.table["/"] = self.page("Лента", '<div id="root"></div><script>fetch(`/api/news?page=${n}`)</script>')

    def reply(self, ask: Ask) -> Reply | str | None:
        if ask.path == "/api/news":
            pages, number = pages_of(self.articles, 5), int(ask.query.get("page", 1))
            own = pages[number - 1] if number <= len(pages) else []
            return json_reply(
                json.dumps({"total": FEW, "items": [{"id": one.number, "title": one.title} for one in own]})
            )
        return super().reply(ask)


class GivenApi(Variant):
    """The root of an interface is given; its lists are named there, `next` is an address, and the cases are JSON too."""

    start = "/api/v1/"

    def path(self, one: Article) -> str:
        return f"/api/v1/cases/{one.number}"

    def article(self, one: Article) -> Reply:
        return json_reply(json.dumps({"id": one.number, "title": one.title, "text": one.text}))

    def build(self) -> None:
        self.table["/api/v1/"] = json_reply(
            json.dumps({"cases": f"{self.base}/api/v1/cases", "persons": f"{self.base}/api/v1/persons"})
        )
        self.table["/api/v1/persons"] = json_reply("[]")

    def reply(self, ask: Ask) -> Reply | str | None:
        if ask.path == "/api/v1/cases":
            start = int(ask.query.get("offset", 0))
            following = f"{self.base}/api/v1/cases?offset={start + 5}" if start + 5 < FEW else None
            rows = [
                {"id": one.number, "title": one.title, "url": self.base + self.path(one)}
                for one in self.articles[start : start + 5]
            ]
            return json_reply(json.dumps({"count": FEW, "next": following, "results": rows}))
        return super().reply(ask)


class OffsetApi(Variant):
    """A bare list that `offset` moves through; pages are found by their slugs."""

    start = "/api/stories"

    def path(self, one: Article) -> str:
        return f"/stories/{one.slug}"

    def reply(self, ask: Ask) -> Reply | str | None:
        if ask.path == "/api/stories":
            start = int(ask.query.get("offset", 0))
            rows = [
                {"id": one.number, "slug": one.slug, "title": one.title} for one in self.articles[start : start + 5]
            ]
            return json_reply(json.dumps(rows))
        return super().reply(ask)


class LoadMore(Variant):
    """A button keeps the address of what it would load."""

    def build(self) -> None:
        pages = pages_of(self.articles, 5)
        for number, own in enumerate(pages, 1):
            button = f'<button data-url="/more?page={number + 1}">Ещё</button>' if number < len(pages) else ""
            self.table["/" if number == 1 else f"/more?page={number}"] = self.page("Лента", self.teasers(own) + button)


class Careless(Variant):
    """A base that shifts relative links, blanks and backslashes in them, no types, robots.txt that fails once."""

    robots = None

    def path(self, one: Article) -> str:
        return f"/a/{one.number}/"

    def article(self, one: Article) -> Reply:
        return Reply(f"<html><title>{one.title}<body><h1>{one.title}</h1>{one.body}".replace("</p>", ""), 200, {})

    def build(self) -> None:
        for one in self.articles:
            self.table[f"/a/{one.number}"] = redirect(self.path(one))
        half = FEW // 2
        blanks = "".join(f'<a href=" {one.number}\n">{one.title}</a><br>' for one in self.articles[:half])
        slashes = "".join(f'<a href="\\a\\{one.number}">{one.title}</a>' for one in self.articles[half:])
        text = f'<html><base href="/a/"><center>{blanks}{slashes}<a href="http://[bad">'
        self.table["/"] = Reply(text, 200, {"Content-Type": "text/plain"})
        self.table["/sitemap.xml"] = Reply("<html>oops", 200, {"Content-Type": "application/xml"})


VARIANTS: tuple[type[Variant], ...] = (
    *(
        PlainPermalinks,
        MirrorOfHugo,
        NewGoogleSites,
        ExportedGoogleSites,
        UndeclaredBitrix,
        LongTopics,
        Chain,
        GivenFeed,
    ),
    *(PlainTextSitemap, LooseSitemap, CountedApi, GivenApi, OffsetApi, LoadMore, Careless),
)
