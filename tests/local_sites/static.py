"""Sites of plain files: Hugo, an export of Google Sites, a homepage of the nineties with frames."""

# ruff: noqa: E501 - markup is broken where its server breaks it

from __future__ import annotations

from local_sites.base import LocalSite, articles, link, links, pages_of, rss, sitemap
from replicas.base import Ask, Reply, html_reply, xml_reply


class Hugo(LocalSite):
    """Sections with pages, a sitemap, index.xml; links are relative to the page."""

    language = "en"

    def __init__(self) -> None:
        super().__init__()
        self.articles = articles("en", seed=41)
        self.by_path = {f"/posts/{one.slug}/": one for one in self.articles}
        self.wanted = tuple(self.by_path)

    def frame(self, title: str, main: str) -> Reply:
        return html_reply(
            f"<!DOCTYPE html><html lang=en-gb><head><meta charset=utf-8><title>{title} · Archive</title>"
            '<meta name=generator content="Hugo 0.140.2"><link rel=alternate type=application/rss+xml href=/index.xml>'
            f"</head><body><nav>{link('/', 'Home')} {link('/posts/', 'Posts')} {link('/tags/', 'Tags')}</nav>"
            f"<main>{main}</main></body></html>"
        )

    def reply(self, ask: Ask) -> Reply | str | None:
        path = ask.path
        if path in self.by_path:
            one = self.by_path[path]
            return self.frame(
                one.title,
                f"<article><h1>{one.title}</h1><time datetime={one.moment:%Y-%m-%d}>{one.moment:%d %B %Y}</time>"
                f'<div class="post-content">{one.body}</div></article>',
            )
        pages = pages_of(self.articles, 5)
        for prefix in ("/", "/posts/"):
            number = 1 if path == prefix else int(path.split("/")[-2]) if path.startswith(f"{prefix}page/") else 0
            if 1 <= number <= len(pages):
                up = "../" * (prefix.count("/") - 1 + (2 if number > 1 else 0))
                items = links((f"{up}posts/{one.slug}/", one.title) for one in pages[number - 1])
                more = link(f"{prefix}page/{number + 1}/", "»", " rel=next") if number < len(pages) else ""
                return self.frame("Archive", f"<ul>{items}</ul>{more}")
        if path == "/tags/":
            return self.frame("Tags", "<p>No tags")
        if path == "/index.xml":
            return xml_reply(rss(self.base, [(f"/posts/{one.slug}/", one) for one in self.articles[:15]]))
        if path == "/sitemap.xml":
            return xml_reply(sitemap([f"{self.base}/", *(f"{self.base}{one}" for one in self.by_path)]))
        return None


class GoogleSites(LocalSite):
    """Nested paths below /site/chronicle/, several lists of subpages, recent changes and printing without end."""

    start = "/site/chronicle/"
    language = "en"

    def __init__(self) -> None:
        super().__init__()
        self.articles = articles("en", seed=51)
        self.by_path = {
            f"/site/chronicle/archive/human-rights-week-by-week/{one.moment:%Y}/{one.moment:%B}/{one.moment:%d%m%y}-{one.number}".lower(): one
            for one in self.articles
        }
        self.wanted = tuple(self.by_path)
        self.children: dict[str, set[str]] = {}
        for path in self.by_path:
            parts = path.split("/")
            for depth in range(3, len(parts)):
                self.children.setdefault("/".join(parts[:depth]), set()).add("/".join(parts[: depth + 1]))

    def frame(self, path: str, title: str, main: str) -> str:
        return (
            f'<!DOCTYPE html><html lang="en" itemscope><head><title>{title} - Chronicle</title></head><body>'
            '<div id="sites-chrome-everything"><table id="sites-chrome-main"><tr><td class="sites-layout-sidebar-left"><ul>'
            + links(
                [("/site/chronicle/home", "Home"), ("/site/chronicle/archive", "Archive"), ("/", "Directory of sites")]
            )
            + f'</ul></td><td id="sites-canvas"><h3 class="sites-title" id="sites-page-title-header">{title}</h3>{main}</td></tr></table>'
            f'<div id="sites-chrome-footer"><a href="/site/chronicle/system/app/pages/recentChanges">Recent Site Activity</a>'
            f'<a href="{path}?tmpl=%2Fsystem%2Fapp%2Ftemplates%2Fprint%2F&showPrintDialog=1">Print Page</a>'
            '<a href="/site/chronicle/system/app/pages/meta/dashboard/report">Report Abuse</a></div></div></body></html>'
        )

    def reply(self, ask: Ask) -> Reply | str | None:
        path = ask.path.rstrip("/")
        if path == "":
            return "<title>Directory</title>" + links((f"/site/other-{n}/", "other") for n in range(20))
        if path.startswith("/site/other-"):
            return "<p>another site</p>" + links((f"{path}/{n}", "page") for n in range(3))
        if path in self.by_path:
            one = self.by_path[path]
            posted = f"<p>posted {one.moment:%d %b %Y, %H:%M} by Website Service [ updated {one.moment:%d %b %Y, %H:%M} ]</p>"
            return self.frame(path, one.title, f'<div class="sites-canvas-main-content">{posted}{one.body}</div>')
        if path in ("/site/chronicle", "/site/chronicle/home"):
            return self.frame(path, "Home", "<p>Welcome.</p>" + link("/site/chronicle/archive", "Subpages: archive"))
        if path in self.children:
            items = links((one, one.rpartition("/")[2]) for one in sorted(self.children[path]))
            return self.frame(path, path.rpartition("/")[2], f"<ul>{items}</ul>")
        if path.endswith("/system/app/pages/recentChanges"):
            offset = int(ask.query.get("offset", 0))
            return self.frame(path, "Recent", link(f"{path}?offset={offset + 25}", "older"))
        return None


class PlainHtml(LocalSite):
    """Frames, capital tags, relative links with `..`, file names with a year, no head to speak of, KOI8-R in a meta."""

    start = "/~committee/index.htm"
    robots = None

    def __init__(self) -> None:
        super().__init__()
        self.articles = articles("ru", seed=61)
        self.by_path = {f"/~committee/{one.moment:%Y}/doc{one.number:03}.htm": one for one in self.articles}
        self.wanted = tuple(self.by_path)

    def frame(self, title: str, main: str) -> Reply:
        text = (
            f'<HTML><HEAD><META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=koi8-r"><TITLE>{title}</TITLE></HEAD>'
            f'<BODY BGCOLOR="#FFFFFF">{main}</BODY></HTML>'
        )
        body = text.encode("koi8-r", "xmlcharrefreplace")
        return Reply(body, 200, {"Content-Type": "text/html"})

    def reply(self, ask: Ask) -> Reply | str | None:
        path = ask.path
        years = sorted({f"{one.moment:%Y}" for one in self.articles})
        if path == "/":
            return self.frame("Сервер", '<A HREF="/~other/">другие</A> <A HREF="/~committee/">комитет</A>')
        if path in ("/~committee/", "/~committee/index.htm"):
            return self.frame("Комитет", "").__class__(
                b'<HTML><FRAMESET COLS="200,*"><FRAME SRC="menu.htm" NAME=m><FRAME SRC="main.htm" NAME=c></FRAMESET></HTML>',
                200,
                {"Content-Type": "text/html"},
            )
        if path == "/~committee/menu.htm":
            items = "".join(f'<LI><A HREF="{year}/list.htm" TARGET=c>{year} год' for year in years)
            return self.frame("Меню", f'<UL>{items}<LI><A HREF="mailto:nobody@site.example">Письмо</A></UL>')
        if path == "/~committee/main.htm":
            return self.frame("Комитет", "<H1>Комитет</H1><P>Документы лежат по годам.<P>Счётчик: <IMG SRC=c.gif>")
        if path.endswith("/list.htm"):
            own = [one for one in self.articles if f"/{one.moment:%Y}/" in path]
            items = "".join(f'<LI><A HREF="../{one.moment:%Y}/doc{one.number:03}.htm">{one.title}</A>' for one in own)
            return self.frame("Список", f"<OL>{items}</OL>")
        if path in self.by_path:
            one = self.by_path[path]
            paragraphs = "".join(f"<P>{text}" for text in one.text)
            return self.frame(
                one.title, f"<H2>{one.title}</H2><I>{one.day}</I>{paragraphs}<HR><A HREF=list.htm>назад</A>"
            )
        return None


__all__ = ["GoogleSites", "Hugo", "PlainHtml", "html_reply"]
