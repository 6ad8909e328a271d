"""The site of the tutorial in docs/sites.md: a made-up committee's news and its lists of people."""

from __future__ import annotations

from local_sites.base import LocalSite, articles, link, links, pages_of, rss, sitemap
from replicas.base import ARTICLES, Ask, Reply, html_reply, xml_reply


class Committee(LocalSite):
    """News, people with the article that they are charged under, and a box that differs at each load."""

    language = "en"

    def __init__(self) -> None:
        super().__init__()
        everything = articles("en", 40, 131)
        self.news = {f"/news/{one.number}/": one for one in everything[:24]}
        self.people = {f"/people/{one.slug}/": one for one in everything[24:]}
        self.wanted = (*self.news, *self.people)

    def frame(self, title: str, main: str) -> Reply:
        menu = links([("/", "Home"), ("/news/", "News"), ("/people/", "People"), ("/search/", "Search")])
        return html_reply(
            f'<!DOCTYPE html><html lang="en"><head><title>{title} | Lamp Committee</title>'
            '<link rel="alternate" type="application/rss+xml" href="/rss.xml"></head>'
            f"<body><nav><ul>{menu}</ul></nav><main>{main}</main></body></html>"
        )

    def reply(self, ask: Ask) -> Reply | str | None:
        path = ask.path
        if path in self.news or path in self.people:
            one = self.news.get(path) or self.people[path]
            person = path in self.people
            heading = one.person if person else one.title
            charge = f'<p class="charge">{ARTICLES[one.number % len(ARTICLES)]}</p>' if person else ""
            return self.frame(
                heading,
                f'<h1>{heading}</h1><p class="date">{one.moment:%d %B %Y}</p>{charge}<div class="text">{one.body}'
                f'<div class="views">{self.noise.count()} people have read this page since it was written</div></div>',
            )
        for folder, own in (("/news/", self.news), ("/people/", self.people)):
            if path == folder:
                pages = pages_of([*own], 8)
                number = int(ask.query.get("page", 1))
                titles = [(one, own[one].person if own is self.people else own[one].title) for one in pages[number - 1]]
                more = link(f"{folder}?page={number + 1}", "Next", ' rel="next"') if number < len(pages) else ""
                return self.frame(folder.strip("/").title(), f"<ul>{links(titles)}</ul>{more}")
        if path == "/":
            first = [(one, self.news[one].title) for one in [*self.news][:5]]
            return self.frame("Home", f"<p>We keep a list of people.</p><ul>{links(first)}</ul>")
        if path == "/rss.xml":
            return xml_reply(rss(self.base, [(one, self.news[one]) for one in [*self.news][:10]]))
        if path == "/sitemap.xml":
            return xml_reply(sitemap(f"{self.base}{one}" for one in self.wanted))
        return None
