"""Sites that were not made for reading by programs: a phpBB forum, and one where much is broken."""

# ruff: noqa: E501 - markup is broken where its server breaks it

from __future__ import annotations

import re

from local_sites.base import LocalSite, articles, link, pages_of
from replicas.base import Ask, Reply


class PhpBB(LocalSite):
    """Session ids in every link, forums with pages, each topic under many addresses, a login where one may not read."""

    start = "/forum/index.php"
    robots = "User-agent: *\nDisallow: /forum/adm/\n"

    def __init__(self) -> None:
        super().__init__()
        self.articles = articles("ru", seed=111)
        self.wanted = tuple(f"/forum/viewtopic.php?f={2 + one.number % 2}&t={one.number}" for one in self.articles)

    def plain(self, path: str) -> str:
        return re.sub(r"&sid=[0-9a-f]{32}|(?<=\?)sid=[0-9a-f]{32}&?", "", path)

    def frame(self, title: str, main: str) -> Reply:
        sid = self.noise.token(32)
        text = (
            f'<!DOCTYPE html><html dir="ltr" lang="ru"><head><meta charset="utf-8"><title>{title} - Форум</title></head>'
            f'<body id="phpbb"><div id="page-header"><a href="./index.php">Список форумов</a> <a href="./search.php">Поиск</a>'
            f' <a href="./memberlist.php">Участники</a> <a href="./ucp.php?mode=login">Вход</a></div>{main}'
            '<div class="copyright">Powered by phpBB® Forum Software © phpBB Limited</div></body></html>'
        )
        text = re.sub(r'href="(\./[^"?]*)\?', rf'href="\1?sid={sid}&amp;', text)
        text = re.sub(r'href="(\./[^"?]*)"', rf'href="\1?sid={sid}"', text)
        return Reply(text, 200, {"Content-Type": "text/html; charset=UTF-8", "Set-Cookie": f"phpbb3_sid={sid}; path=/"})

    def reply(self, ask: Ask) -> Reply | str | None:
        path, query = ask.path, ask.query
        if path in ("/forum/", "/forum/index.php"):
            rows = "".join(f'<li class="row">{link(f"./viewforum.php?f={n}", f"Раздел {n}")}</li>' for n in (2, 3))
            return self.frame("Форум", f'<ul class="topiclist forums">{rows}</ul>')
        if path == "/forum/viewforum.php" and query.get("f") in ("2", "3"):
            forum = int(query["f"])
            own = [one for one in self.articles if 2 + one.number % 2 == forum]
            start = int(query.get("start", 0))
            rows = "".join(
                f'<li class="row">{link(f"./viewtopic.php?f={forum}&t={one.number}", one.title, " class=topictitle")}'
                f"{link(f'./viewtopic.php?f={forum}&t={one.number}&p={one.number * 10}', 'последнее')}</li>"
                for one in own[start : start + 9]
            )
            pager = "".join(
                link(f"./viewforum.php?f={forum}&start={place * 9}", str(place + 1))
                for place in range(len(pages_of(own, 9)))
            )
            sort = link(f"./viewforum.php?f={forum}&sk=t&sd=d&start={start}", "по времени")
            return self.frame(
                f"Раздел {forum}",
                f'<ul class="topiclist topics">{rows}</ul><div class="pagination">{pager}</div>{sort}',
            )
        if path == "/forum/viewtopic.php":
            number = int(query.get("t", 0)) or int(query.get("p", 0)) // 10
            one = next((one for one in self.articles if one.number == number), None)
            if one is None:
                return None
            here = f"./viewtopic.php?f={2 + number % 2}&t={number}"
            return self.frame(
                one.title,
                f'<h2 class="topic-title">{link(here, one.title)}</h2><div class="post"><p class="author">'
                f"{link(f'./memberlist.php?mode=viewprofile&u={number}', 'летописец')} » {one.day}</p>"
                f'<div class="content">{"<br><br>".join(one.text)}</div></div>'
                f"{link(here + '&view=print', 'Печать')}{link(here + '&view=next', 'Следующая тема')}"
                f"{link(f'./posting.php?mode=reply&f=2&t={number}', 'Ответить')}",
            )
        if path in ("/forum/search.php", "/forum/memberlist.php", "/forum/posting.php", "/forum/ucp.php"):
            return self.frame("Вход", '<form action="./ucp.php?mode=login" method="post"></form>')
        return None


class Broken(LocalSite):
    """Tags that nobody closes, pages called text/plain, a feed that fails, redirects in a circle, a page for everything
    that is not there, attributes without quotation marks, entities half written."""

    robots = "<html><body>no such page</body></html>"

    def __init__(self) -> None:
        super().__init__()
        self.articles = articles("ru", seed=121)
        self.by_path = {f"/article{one.number}.php": one for one in self.articles}
        self.wanted = tuple(self.by_path)

    def reply(self, ask: Ask) -> Reply | str | None:
        path = ask.path
        if path in ("/feed", "/feed/", "/rss.xml"):
            return Reply("Fatal error: Allowed memory size exhausted", 500, {"Content-Type": "text/html"})
        if path.startswith("/old/"):
            return Reply("", 302, {"Location": "/old/b" if path.endswith("a") else "/old/a"})
        if path == "/" or path == "/list.php":
            number = int(ask.query.get("p", 1) or 1)
            pages = pages_of(self.articles, 11)
            rows = "".join(
                f"<tr><td><a href=article{one.number}.php?>{one.title}<td>{one.day}<p>{one.text[0][:60]}&nbs"
                for one in pages[min(number, len(pages)) - 1]
            )
            pager = "".join(f"<a href='list.php?p={n}'>[{n}]" for n in range(1, len(pages) + 1))
            body = (
                f"<html><head><title>Хроника</title><body><div><table>{rows}</table><center>{pager}<a href=/old/a>Старое</a>"
                '<a href="javascript:void(0)">Меню</a><a href="http://">сломано</a><link rel=alternate type=application/rss+xml href=/feed>'
            )
            return Reply(body, 200, {"Content-Type": "text/plain" if path == "/list.php" else "text/html"})
        if path in self.by_path:
            one = self.by_path[path]
            body = (
                f"<html><head><title>{one.title}</title><body><div><b>{one.title}</b><br>{one.day}<div class=txt>"
                + "<p>".join(("", *one.text))
                + "<a href=/>Назад<div><div></b></table>"
            )
            return Reply(body.encode() + b"\xff\xfe", 200, {"Content-Type": "text/html; charset=utf8mb4"})
        # soft 404: a page for everything
        return Reply(
            "<html><title>Хроника</title><p>Страница переехала. <a href=/>На главную</a>",
            200,
            {"Content-Type": "text/html"},
        )
