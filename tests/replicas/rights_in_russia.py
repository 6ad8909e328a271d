"""A stand-in for rightsinrussia.org, as WordPress, and for the Google Sites that were there before it.

Built as SITES.md states: flat slugs, series numbered by a suffix, dates as text in the body, a `Source:` line, a home
page that is a letter edited by hand; on the old hosts several posts on one page with "posted … [ updated … ]". What it
does not state (REST, feed, sitemap, categories, translations) is built as WordPress does it.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from replicas.base import (
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
    romanised,
    slug_of,
    xml_reply,
)

SITE = "Letters for Rights"
OLD, GROUPS = "www.rightsinrussia.info", "groups.rightsinrussia.info"

CATEGORIES = {
    "political-prisoners": "Political Prisoners",
    "weekly": "Week by Week",
    "law": "Law",
    "opinion": "Opinion",
}
TRANSLATOR = "Letters for Rights"
ENTRIES = 10
"""Posts on one page of a category."""
STANDING = {"about-us": "About Us", "contact-us": "Contact Us", "how-to-write-a-letter": "How to Write a Letter"}


@dataclass(frozen=True)
class Post:
    """A post of the WordPress."""

    number: int
    slug: str
    kind: str | None
    category: str
    language: str
    title: str
    who: Person
    when: datetime
    modified: datetime
    asks: str = ""
    """The heading that names the person; empty: none does."""
    source: str = ""
    translation: str = ""
    """Slug of the post in the other language."""

    @property
    def path(self) -> str:
        return f"/{self.slug}/"

    @property
    def name(self) -> str:
        return self.who.short if self.language == "ru" else self.who.short_en


@dataclass(frozen=True)
class OldPost:
    """A post of the Google Sites."""

    host: str
    path: str
    kind: str | None
    title: str
    who: Person
    posted: datetime
    updated: datetime | None


class RightsInRussia(Replica):
    """Three hosts: the WordPress, and two of Google Sites. Paths of pages on the old hosts begin with `//host`."""

    hosts = ("www.rightsinrussia.org", OLD, GROUPS)

    def __init__(
        self, *, cases: int = 60, crawl_delay: float = 0, seed: int = 1, seconds: float = 0.0, wordpress: bool = True
    ) -> None:
        """`wordpress`: whether it is one at all; without, only links find pages."""
        super().__init__(seed=seed, seconds=seconds)
        delay = f"Crawl-delay: {crawl_delay:g}\n" if crawl_delay else ""
        self.robots = f"User-agent: *\nDisallow: /wp-admin/\nDisallow: /drafts/\n{delay}"
        self.wordpress = wordpress
        self.posts = list(_posts(cases, seed))
        self.old = list(_old_posts(seed))
        self._by_path = {one.path: one for one in self.posts}
        self._old_by_place = {(one.host, one.path): one for one in self.old}
        self._by_slug = {one.slug: one for one in self.posts}
        self.pages = list(self._pages())

    # -- truths

    def of_host(self, host: str) -> list[Page]:
        """The pages of one host, with their paths there."""
        if host == self.hosts[0]:
            return [page for page in self.pages if not page.path.startswith("//")]
        place = f"//{host}"
        return [replace(one, path=one.path.removeprefix(place)) for one in self.pages if one.path.startswith(place)]

    def _pages(self) -> Iterator[Page]:
        yield Page("/", "list", "en", "Weekly Letter")
        for slug, title in STANDING.items():
            yield Page(f"/{slug}/", "other", "en", title)
        for category, title in CATEGORIES.items():
            for path, _ in self._category_pages(category):
                yield Page(path, "list", "en", title)
        for one in self.posts:
            other = self._by_slug.get(one.translation)
            yield Page(
                one.path,
                one.kind or "other",
                one.language,
                one.title,
                f"{one.when:%Y-%m-%d}",
                f"{one.modified:%Y-%m-%dT%H:%M:%S}Z",
                (one.name,) if one.asks else (),
                {other.language: other.path} if other else {},
                {"category": (CATEGORIES[one.category],), "translator": (TRANSLATOR,) if _is_translated(one) else ()},
            )
        yield from self._old_pages()

    def _old_pages(self) -> Iterator[Page]:
        for path, title in _OLD_STANDING.items():
            yield Page(f"//{OLD}{path}", "list", "en", title)
        for number in range(len(self._news_parts())):
            yield Page(f"//{GROUPS}{_offset(number)}", "list", "en", "News")
        for one in self.old:
            yield Page(
                f"//{one.host}{one.path}",
                one.kind,
                "en",
                one.title,
                f"{one.posted:%Y-%m-%dT%H:%M}",
                f"{one.updated:%Y-%m-%dT%H:%M}" if one.updated else None,
            )

    # -- answers

    def reply(self, ask: Ask) -> Reply | str | None:
        if ask.host != self.hosts[0]:
            page = self._google_page(ask)
            return None if page is None else html_reply(page)
        path, query = ask.path, ask.query
        if path.startswith("/wp-json/") or path in ("/feed/", "/wp-sitemap.xml", "/sitemap.xml"):
            return self._listing(path, query) if self.wordpress else None
        if path.startswith("/wp-sitemap-"):
            return self._sitemap(path)
        if "p" in query and path == "/":
            return self._short_form(query["p"])
        if "s" in query or "replytocom" in query or path == "/wp-login.php":
            return html_reply("<h1>Search, log in or reply</h1>")
        if "share" in query:
            return redirect("https://share.example/?" + urlencode({"u": self.url(path)}), 302)
        if path == "/":
            return html_reply(self._home())
        if one := self._by_path.get(path):
            return html_reply(self._post(one), modified=one.modified if one.number % 2 else None)
        if (title := STANDING.get(path.strip("/"))) is not None:
            text = f"{title}: we write letters, translate statements and keep what we have written."
            return html_reply(self._layout(path, "en", title, f'<h1 class="entry-title">{title}</h1><p>{text}</p>'))
        return self._category(path) or self._with_slash(ask)

    def _with_slash(self, ask: Ask) -> Reply | None:
        path = f"{ask.path}/"
        return redirect(self.url(path)) if path in self._by_path else None

    def _short_form(self, number: str) -> Reply | None:
        for one in self.posts:
            if str(1000 + one.number) == number:
                return redirect(self.url(one.path))
        return None

    # -- how WordPress tells of its pages

    def _listing(self, path: str, query: Mapping[str, str]) -> Reply | None:
        if path == "/feed/":
            items = "".join(
                f"<item><title>{one.title}</title><link>{self.url(one.path)}?utm_source=rss&amp;utm_medium=rss</link>"
                f'<guid isPermaLink="false">{self.url("/")}?p={1000 + one.number}</guid>'
                f"<pubDate>{one.when:%a, %d %b %Y %H:%M:%S} +0000</pubDate></item>"
                for one in self.posts[:10]
            )
            return xml_reply(
                f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel>{items}</channel></rss>',
                media_type="application/rss+xml",
            )
        if path == "/wp-sitemap.xml":
            parts = (f"<sitemap><loc>{self.url(f'/wp-sitemap-{name}-1.xml')}</loc></sitemap>" for name in _SITEMAPS)
            return xml_reply(f'<sitemapindex xmlns="{_SITEMAP}">{"".join(parts)}</sitemapindex>')
        if path in ("/wp-json/wp/v2/posts", "/wp-json/wp/v2/pages"):
            return self._rest(path.rpartition("/")[2], query)
        return None  # /sitemap.xml is what other generators call theirs

    def _sitemap(self, path: str) -> Reply | None:
        paths: dict[str, list[str]] = {
            "posts-post": [one.path for one in self.posts],
            "posts-page": ["/", *(f"/{slug}/" for slug in STANDING)],
            "taxonomies-category": [f"/category/{name}/" for name in CATEGORIES],
        }
        name = path.removeprefix("/wp-sitemap-").removesuffix("-1.xml")
        if name not in paths or not self.wordpress:
            return None
        entries = "".join(f"<url><loc>{self.url(one)}</loc>{self._lastmod(one)}</url>" for one in paths[name])
        return xml_reply(f'<urlset xmlns="{_SITEMAP}">{entries}</urlset>')

    def _lastmod(self, path: str) -> str:
        one = self._by_path.get(path)
        return f"<lastmod>{one.modified:%Y-%m-%dT%H:%M:%S}+00:00</lastmod>" if one else ""

    def _rest(self, collection: str, query: Mapping[str, str]) -> Reply:
        entries = [self._entry(one) for one in self.posts] if collection == "posts" else _pages_of(self)
        size, page = int(query.get("per_page", "10")), int(query.get("page", "1"))
        pages = -(-len(entries) // size)
        if page > pages:
            return json_reply('{"code":"rest_post_invalid_page_number","data":{"status":400}}', status=400)
        fields = set(filter(None, query.get("_fields", "").split(",")))
        some = [
            {key: value for key, value in entry.items() if not fields or key in fields}
            for entry in entries[size * (page - 1) : size * page]
        ]
        return json_reply(json.dumps(some), headers={"X-WP-Total": str(len(entries)), "X-WP-TotalPages": str(pages)})

    def _entry(self, one: Post) -> dict[str, Any]:
        return {
            "id": 1000 + one.number,
            "date_gmt": f"{one.when:%Y-%m-%dT%H:%M:%S}",
            "modified_gmt": f"{one.modified:%Y-%m-%dT%H:%M:%S}",
            "slug": one.slug,
            "link": self.url(one.path),
            "title": {"rendered": one.title},
            "class_list": [f"post-{1000 + one.number}", "post", "type-post", f"category-{one.category}"],
        }

    # -- pages of the WordPress

    def _home(self) -> str:
        # edited by hand: two sentences, and links as somebody pasted them
        lines = "".join(
            f'<p><a href="{self.url(one.path)}?utm_source=letter&amp;utm_campaign=week">{one.title}</a></p>'
            for one in self.posts[:6]
        )
        menu = "".join(f'<li><a href="/category/{name}/">{title}</a></li>' for name, title in CATEGORIES.items())
        old = f'<p>Our former site: <a href="{self.url("/", OLD)}">archive</a>, <a href="{self.url("/news", GROUPS)}">news</a></p>'  # noqa: E501
        body = f"<h1>Weekly Letter</h1><p>Dear friends, this is what happened this week.</p>{lines}<ul>{menu}</ul>{old}"
        return self._layout("/", "en", "Weekly Letter", body)

    def _category_pages(self, category: str) -> list[tuple[str, list[Post]]]:
        some = [one for one in self.posts if one.category == category]
        parts = [some[start : start + ENTRIES] for start in range(0, len(some), ENTRIES)]
        root = f"/category/{category}/"
        return [(root if n == 1 else f"{root}page/{n}/", part) for n, part in enumerate(parts, 1)]

    def _category(self, path: str) -> Reply | None:
        category = path.removeprefix("/category/").partition("/")[0]
        if not path.startswith("/category/") or category not in CATEGORIES:
            return None
        pages = dict(self._category_pages(category))
        if path not in pages:
            return None
        order = list(pages)
        here = order.index(path)
        entries = "".join(
            f'<article><h2 class="entry-title"><a href="{self.url(one.path)}" rel="bookmark">{one.title}</a></h2>'
            f"<p>{_text(one)[0][:90]}…</p></article>"
            for one in pages[path]
        )
        older = (
            f'<a class="next page-numbers" href="{order[here + 1]}">Older posts</a>' if here + 1 < len(order) else ""
        )
        newer = f'<a class="prev page-numbers" href="{order[here - 1]}">Newer posts</a>' if here else ""
        title = CATEGORIES[category]
        body = f'<h1 class="page-title">{title}</h1>{entries}<nav class="pagination">{newer}{older}</nav>'
        return html_reply(self._layout(path, "en", title, body))

    def _post(self, one: Post) -> str:
        russian = one.language == "ru"
        day = date_ru(one.when) if russian else date_en(one.when)
        source = ""
        if one.source:
            source = f'<p>{"Источник" if russian else "Source"}: <a href="https://source.example/{one.number}">{one.source}</a></p>'
        first, *rest = _text(one)
        heading = f"<h2>{one.asks}</h2>" if one.asks else ""
        previous = self.posts[one.number - 1] if one.number else None
        # a reader who came by a mail: the same page
        links = f'<a rel="prev" href="{self.url(previous.path)}">{previous.title}</a>' if previous else ""
        share = quote(self.url(one.path), safe="")
        body = f"""
<article id="post-{1000 + one.number}" class="post type-post category-{one.category}">
<header class="entry-header"><h1 class="entry-title">{one.title}</h1></header>
<div class="entry-content"><p>{day}</p>{source}<p>{first}</p>{heading}{markup(rest)}
{f"<p>Translated by {TRANSLATOR}</p>" if _is_translated(one) else ""}<div class="sharedaddy"><h3>Share this:</h3><ul>
<li><a rel="nofollow" href="{self.url(one.path)}?share=facebook">Facebook</a></li>
<li><a rel="nofollow" href="{self.url(one.path)}?share=twitter&amp;nb=1">Twitter</a></li>
<li><a href="https://social.example/sharer.php?u={share}">Social</a></li></ul></div></div>
<footer class="entry-footer">
<a href="/category/{one.category}/" rel="category tag">{CATEGORIES[one.category]}</a></footer>
</article><nav class="post-navigation">{links}</nav>
<div id="respond"><a href="{one.path}?replytocom=3#respond">Reply</a>
<a href="/wp-login.php?redirect_to={share}">Log in</a> <a href="{one.path}feed/">Comments feed</a></div>"""
        versions: dict[str, str] = {one.language: one.path}
        other = self._by_slug.get(one.translation)
        if other:
            versions[other.language] = other.path
        return self._layout(
            one.path, one.language, one.title, body, versions if other else {}, short=1000 + one.number, post=one
        )

    def _layout(
        self,
        path: str,
        language: str,
        title: str,
        body: str,
        versions: Mapping[str, str] | None = None,
        *,
        short: int | None = None,
        post: Post | None = None,
    ) -> str:
        head = [f'<link rel="canonical" href="{self.url(path)}">']
        for tag, other in (versions or {}).items():
            head.append(f'<link rel="alternate" hreflang="{tag}" href="{self.url(other)}">')
        if short is not None:
            head.append(f'<link rel="shortlink" href="{self.url("/")}?p={short}">')
        if post is not None and post.number % 2:
            head.append(f'<meta property="article:modified_time" content="{post.modified:%Y-%m-%dT%H:%M:%S}+00:00">')
        host, _, port = self.base.rpartition(":")
        dotted = f"{host}.:{port}/"  # the host with the dot of the root: the same page
        about = "".join(f'<a href="/{slug}/">{name}</a> ' for slug, name in STANDING.items())
        return f"""<!DOCTYPE html>
<html lang="{"ru-RU" if language == "ru" else "en-GB"}"><head><meta charset="UTF-8"><title>{title} – {SITE}</title>
{"".join(head)}
<link rel="alternate" type="application/rss+xml" href="/feed/">
<link rel="alternate" type="application/json+oembed" href="/wp-json/oembed/1.0/embed?url={quote(path)}">
<link rel="stylesheet" href="/wp-content/themes/letters/style.css?ver=6.8.2">
<script src="https://stats.counter.example/e-{self.noise.token(4)}.js"></script></head>
<body><header><a href="{dotted}">{SITE}</a> {about}<a href="/drafts/">Drafts</a> <a href="/?s=">Search</a></header>
<main>{body}</main>
<footer><a href="/wp-admin/">Log in</a> <a href="/xmlrpc.php?rsd">RSD</a>
<a href="https://social.example/letters">Follow us</a>
<img src="https://stats.counter.example/g.gif?rand={self.noise.token(6)}" alt=""></footer></body></html>"""

    # -- pages of Google Sites

    def _news_parts(self) -> list[list[OldPost]]:
        news = [one for one in self.old if one.host == GROUPS]
        return [news[start : start + ENTRIES] for start in range(0, len(news), ENTRIES)]

    def _google_page(self, ask: Ask) -> str | None:
        if one := self._old_by_place.get((ask.host, ask.path)):
            return self._google_layout(one.title, self._google_post(one, alone=True))
        if ask.host == OLD and ask.path in _OLD_STANDING:
            return self._google_index(ask.path)
        if ask.host == GROUPS and ask.path in ("/", "/news"):
            offset = int(ask.query.get("offset", "0"))
            parts = self._news_parts()
            number = offset // ENTRIES
            if ask.path != "/news" or offset % ENTRIES or number >= len(parts):
                return None
            # several posts on one page, each with its own line of dates
            posts = "".join(self._google_post(post, alone=False) for post in parts[number])
            older = f'<a href="{_offset(number + 1)}">Older posts</a>' if number + 1 < len(parts) else ""
            return self._google_layout("News", f"{posts}{older}")
        return None

    def _google_index(self, path: str) -> str:
        if path == "/":
            inner = "".join(f'<li><a href="{one}">{title}</a></li>' for one, title in _OLD_STANDING.items())
            inner += f'<li><a href="{self.url("/news", GROUPS)}">News</a></li>'
        else:
            some = [one for one in self.old if one.host == OLD and one.path.startswith(path + "/")]
            inner = "".join(f'<li><a href="{one.path}">{one.title}</a></li>' for one in some)
        return self._google_layout(_OLD_STANDING[path], f"<ul>{inner}</ul>")

    def _google_post(self, one: OldPost, *, alone: bool) -> str:
        posted = f"posted {one.posted.day} {one.posted:%b %Y, %H:%M} by Website Service"
        if one.updated:
            posted += f"&nbsp; [ updated {one.updated.day} {one.updated:%b %Y, %H:%M} ]"
        text = markup(paragraphs("en", one.who, 2, seed=one.posted.toordinal(), moment=one.posted))
        head = "" if alone else f'<h4><a href="{one.path}" dir="ltr">{one.title}</a></h4>'
        return f'<div class="announcement">{head}<div class="sites-posted"><span>{posted}</span></div>{text}</div>'

    def _google_layout(self, title: str, body: str) -> str:
        return f"""<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN"
 "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml"><head><title>{title} - {SITE}</title></head><body>
<div id="sites-chrome-sidebar-left"><a href="{self.url("/", OLD)}">Home</a>
<a href="{self.url("/archive/human-rights-week-by-week", OLD)}">Week by week</a></div>
<h3 id="sites-page-title-header"><span id="sites-page-title" dir="ltr">{title}</span></h3>
<div id="sites-canvas-main-content">{body}</div>
<div id="sites-chrome-footer"><a href="https://accounts.google.example/ServiceLogin?continue=x">Sign in</a>
<a href="/system/app/pages/recentChanges">Recent Site Activity</a>
<a href="/system/app/pages/reportAbuse">Report Abuse</a>
<a href="javascript:;">Print Page</a></div></body></html>"""


_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_SITEMAPS = ("posts-post", "posts-page", "taxonomies-category")
_OLD_STANDING = {
    "/": "Home",
    "/archive/human-rights-week-by-week": "Human Rights Week by Week",
    "/rir/news-reviews": "News Reviews",
    "/hro-org-in-english": "HRO.org in English",
}


def _offset(number: int) -> str:
    return f"/news?offset={number * ENTRIES}" if number else "/news"


def _pages_of(site: RightsInRussia) -> list[dict[str, Any]]:
    return [
        {"id": 10 + n, "link": site.url(f"/{slug}/"), "slug": slug, "modified_gmt": "2021-02-03T10:00:00"}
        for n, slug in enumerate(STANDING)
    ]


def _is_translated(one: Post) -> bool:
    return bool(one.source) and one.language == "en"


def _text(one: Post) -> tuple[str, ...]:
    text = paragraphs(one.language, one.who, 3, seed=3000 + one.number, moment=one.when)
    first = f"No. {one.number}. {text[0]}" if one.language == "en" else f"№ {one.number}. {text[0]}"
    return (first, *text[1:])


def _posts(cases: int, seed: int) -> Iterator[Post]:
    chance = random.Random(f"posts {seed}")
    some = people(cases + 40, seed + 7)
    plan: list[dict[str, Any]] = []
    for n in range(1, cases + 1):
        who = some[n - 1]
        series = "support-for-political-prisoners-memorial"
        slug = series if n == 1 else f"{series}-{n}"
        gone = "her" if who.female else "him"
        asks = (
            f"Who is {who.short_en} and what are the charges against {gone}?",
            f"What were the charges against {who.short_en}?",
        )[n % 2]
        title = f"{who.short_en} has been remanded in custody for ‘a conversation in a library’"
        twin = f"{series}-{n}-in-russian" if n % 3 == 0 else ""
        same = {"kind": "case", "category": "political-prisoners", "who": who}
        plan.append(
            same | {"slug": slug, "title": title, "asks": asks, "source": "Lanterns of Zaozyorye", "translation": twin}
        )
        if twin:
            such, whom = ("такая", "её") if who.female else ("такой", "его")
            asks = f"Кто {such} {who.short} и в чём {whom} обвиняют?"
            title = f"{who.short}: арест за «разговор в библиотеке»"
            source = "Фонари Заозёрья"
            plan.append(
                same
                | {"slug": twin, "title": title, "asks": asks, "source": source, "translation": slug, "language": "ru"}
            )
    for n in range(1, 41):
        plan.append({"slug": f"weekly-update-{n}", "kind": "news", "category": "weekly", "title": f"Weekly Update {n}"})
        day = datetime(2021, 1, 1, tzinfo=UTC) + timedelta(weeks=n)
        name = f"{day.day} {day:%B %Y}"
        plan.append(
            {
                "slug": f"week-ending-{name.lower().replace(' ', '-')}",
                "kind": "news",
                "category": "weekly",
                "title": f"Week ending {name}",
            }
        )
        plan.append({"slug": f"law-of-the-week-{n}", "kind": "law", "category": "law", "title": f"Law of the Week {n}"})
    for n in range(15):
        who = some[cases + n]
        title = f"An interview with {who.short_en}"
        plan.append({"slug": slug_of(title), "kind": "interview", "category": "opinion", "title": title, "who": who})
        who = some[cases + 20 + n]
        title = f"{who.short_en}: ‘Letters are a kind of bread’"
        plan.append(
            {
                "slug": slug_of(title.replace("‘", "").replace("’", "")),
                "kind": None,
                "category": "opinion",
                "title": title,
            }
        )
    when = moments(len(plan), seed + 2, datetime(2020, 3, 1, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC))
    for n, one in enumerate(plan):
        values: dict[str, Any] = {"language": "en", "who": some[n % len(some)], **one}
        later = when[n] + timedelta(hours=chance.choice((1, 30, 300)))
        yield Post(number=n, when=when[n], modified=later, **values)


def _old_posts(seed: int) -> Iterator[OldPost]:
    chance = random.Random(f"old {seed}")
    some = people(40, seed + 9)
    when = iter(moments(80, seed + 3, datetime(2012, 1, 1, tzinfo=UTC), datetime(2018, 2, 1, tzinfo=UTC)))

    def post(host: str, path: str, kind: str, title: str, posted: datetime) -> OldPost:
        updated = posted + timedelta(days=1, minutes=9) if chance.random() < 0.5 else None
        return OldPost(host, path, kind, title, chance.choice(some), posted, updated)

    for _ in range(24):
        posted = next(when)
        path = f"/archive/human-rights-week-by-week/{posted:%Y}/{posted:%B}/{posted:%d%m%y}".lower()
        yield post(OLD, path, "news", f"Week ending {date_en(posted)}", posted)
    for _ in range(12):
        posted = next(when)
        yield post(OLD, f"/rir/news-reviews/{posted:%d%m%Y}", "news", f"News Review {date_en(posted)}", posted)
    for n in range(1, 13):
        path = f"/hro-org-in-english/politicalprisoners-{n}" if n > 1 else "/hro-org-in-english/politicalprisoners"
        yield post(OLD, path, "case", f"Political prisoners, part {n}", next(when))
    for n in range(24):
        posted = next(when)
        title = f"{romanised(some[n].surname)} released after {n + 3} months"
        yield post(GROUPS, f"/news/{slug_of(title)}", "news", title, posted)
