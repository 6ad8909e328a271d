# ruff: noqa: E501 - markup stands as sites send it
"""Noise: what moves on a page by itself, injected at a tick of time, so that two ticks differ by it alone.

Each is a function of a scene. The place is drawn once for a page and a kind, what stands there for each tick: so a
history of a page is its ticks, and a sibling page is the same scene with another text.
"""

from __future__ import annotations

import html
import random
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from hashlib import sha256
from typing import Final

from lxml import etree
from lxml import html as lxml_html

from bench.change_pages import TEMPLATES, Content, Words, element, fill

Element = lxml_html.HtmlElement


@dataclass(frozen=True, slots=True)
class Scene:
    """A page at a moment."""

    tree: Element
    words: Words
    key: str
    """Names page and kind: all draws of places come from it."""
    tick: int

    @property
    def where(self) -> random.Random:
        """For what stays from tick to tick."""
        return random.Random(f"where {self.key}")

    @property
    def what(self) -> random.Random:
        """For what moves at each."""
        return random.Random(f"what {self.key} {self.tick}")

    @property
    def body(self) -> Element:
        return self.tree.find("body")

    def marks(self, name: str) -> list[Element]:
        """The elements that are marked so, in order."""
        return [each for each in self.tree.iter() if isinstance(each.tag, str) and each.get("data-k") == name]

    @property
    def home(self) -> Element:
        """The container of the main text."""
        return self.marks("main")[0]


def _e(text: str) -> str:
    return html.escape(text, quote=False)


def put_first(scene: Scene, markup: str) -> None:
    """Set something at the top of the page."""
    one = element(markup)
    one.tail, scene.body.text = scene.body.text, None
    scene.body.insert(0, one)


def put_last(scene: Scene, markup: str) -> None:
    """Set something at the end of the page."""
    scene.body.append(element(markup))


def put_after_text(scene: Scene, markup: str) -> None:
    """Set something below the main text, outside its container where the markup allows it."""
    home = scene.home
    if home.tag in {"td", "th", "body", "li"}:
        home.append(element(markup))
        return
    _add_next(home, element(markup))


def put_in_text(scene: Scene, markup: str) -> None:
    """Set something between two paragraphs of the main text."""
    paragraphs = [each for each in scene.marks("p") if each.getparent() is scene.home] or scene.marks("p")
    _add_next(paragraphs[scene.where.randrange(len(paragraphs))], element(markup))


def put_at_end_of_text(scene: Scene, markup: str) -> None:
    """Set something at the end of the main text, inside its container."""
    scene.home.append(element(markup))


def put_at_date(scene: Scene, markup: str) -> None:
    """Set something below the line of the date."""
    dates = scene.marks("date")
    anchor = dates[0] if dates and dates[0].tag not in {"span", "time", "i"} else None
    if anchor is None:
        scene.home.insert(0, element(markup))
        return
    _add_next(anchor, element(markup))


def _add_next(anchor: Element, one: Element) -> None:
    one.tail, anchor.tail = anchor.tail, None
    anchor.addnext(one)


def _pick(scene: Scene, markup: str, *places: Callable[[Scene, str], None]) -> None:
    scene.where.choice(places)(scene, markup)


# --- what moves in its place ----------------------------------------------------------------------------------------


def ticker(scene: Scene) -> None:
    """Rates of exchange."""
    v, look = scene.what, scene.where.randrange(3)
    usd, eur, oil = 78 + v.random() * 6, 90 + v.random() * 6, 60 + v.random() * 9
    if look == 0:
        items = "".join(f"<li>{name} {value:.2f}</li>" for name, value in (("USD", usd), ("EUR", eur), ("OIL", oil)))
        markup = f'<ul class="ticker">{items}</ul>'
    elif look == 1:
        markup = f'<div class="currency-rates"><span>$ {usd:.2f}</span> <span>€ {eur:.2f}</span></div>'
    else:
        signs = [v.choice("▲▼") for _ in range(2)]
        markup = f'<div class="exchange"><div>USD {usd:.2f} {signs[0]}</div><div>EUR {eur:.2f} {signs[1]}</div></div>'
    _pick(scene, markup, put_first, put_last, put_after_text)


def _grown(scene: Scene, least: int, most: int) -> int:
    """A count that grows from tick to tick."""
    start = scene.where.randint(least, most)
    return start + sum(random.Random(f"{scene.key} {n}").randint(1, 90) for n in range(scene.tick + 1))


def counter(scene: Scene) -> None:
    """How often the page was seen: below its date, at its end, in the line of the date, a bare number."""
    count, look = _grown(scene, 40, 30_000), scene.where.randrange(5)
    spaced = f"{count:,}".replace(",", " ")
    label = scene.words["views"]
    if look == 0:
        put_at_date(scene, f'<div class="post-views">{spaced} {label}</div>')
    elif look == 1:
        put_at_end_of_text(scene, f'<div class="views">{label.capitalize()}: {count}</div>')
    elif look == 2 and scene.marks("date"):
        scene.marks("date")[0].append(element(f'<span class="views"> · {spaced} {label}</span>'))
    elif look == 3:
        put_at_date(scene, f'<div class="meta-views"><i class="icon-eye"></i><span>{count}</span></div>')
    else:
        put_after_text(scene, f'<div class="hit-counter"><p>{label.capitalize()}: <b>{spaced}</b></p></div>')


def shares(scene: Scene) -> None:
    """How often it was shared and liked."""
    w, counts = scene.words, [_grown(scene, 3, 400) + n for n in range(3)]
    markup = (
        f'<div class="social-share"><span class="share-title">{_e(w["share"])}</span> <a href="https://share.example/t">Telegram</a> <span class="share-count">{counts[0]}</span>'
        f' <a href="https://share.example/v">VK</a> <span class="share-count">{counts[1]}</span> <div>{counts[2]} {w["likes"]}</div><div>{counts[0] // 2} {w["shares"]}</div></div>'
    )
    _pick(scene, markup, put_after_text, put_at_end_of_text, put_at_date)


def _ago(scene: Scene, number: int) -> str:
    unit = 0 if number < 60 else 1 if number < 60 * 24 else 2
    return str(scene.words["ago"][unit].format(n=max(number // (1, 60, 60 * 24)[unit], 1)))


def ago(scene: Scene) -> None:
    """How long ago the page, or something beside it, was published."""
    number = scene.where.randint(2, 50) + 7 * scene.tick * scene.tick + scene.what.randint(1, 6)
    said = _ago(scene, number)
    if scene.where.random() < 0.5:
        put_at_date(scene, f'<p class="updated">{_e(scene.words["published_ago"])} {said}</p>')
    else:
        titles = scene.where.sample(scene.words["teasers"], 3)
        rows = "".join(
            f'<li><a href="/n/{n}">{_e(each)}</a> <span class="time-ago">{_ago(scene, number + 40 * n)}</span></li>'
            for n, each in enumerate(titles)
        )
        put_after_text(scene, f'<div class="recent"><h3>{_e(scene.words["latest"])}</h3><ul>{rows}</ul></div>')


def today(scene: Scene) -> None:
    """The line of the current date, with the time."""
    w, day = scene.words, date(2026, 5, 4) + timedelta(days=scene.tick)
    clock = f"{scene.what.randint(0, 23):02}:{scene.what.randint(0, 59):02}"
    said = (
        f"{w['today']} {w['weekdays'][day.weekday()]}, {day.day} {w['months'][day.month - 1]} {day.year}",
        f"{w['today']}: {day:%d.%m.%Y}, {clock}",
    )[scene.where.randrange(2)]
    _pick(scene, f'<div class="current-date">{said}</div>', put_first, put_last)


def weather(scene: Scene) -> None:
    """The weather of the day."""
    town = scene.where.choice(scene.words["towns"])
    degrees = scene.what.randint(-20, 30)
    label = _e(scene.words["weather"].format(town=town))
    said = f"{label} {degrees:+d} °C" if scene.where.random() < 0.5 else f"{label}</span> <span>{degrees:+d}°"
    _pick(scene, f'<div class="weather"><span>{said}</span></div>', put_first, put_last, put_after_text)


def online(scene: Scene) -> None:
    """How many are on the site now, and a poll."""
    count, votes = scene.what.randint(3, 900), _grown(scene, 10, 90)
    w = scene.words
    markup = f'<div class="online-now"><p>{_e(w["online"])}: {count}</p></div>'
    if scene.where.random() < 0.4:
        markup = f'<div class="poll"><h3>{_e(w["poll"])}</h3><p>{w["online"]}: {count}</p><p>{votes} {w["comments"]}</p></div>'
    _pick(scene, markup, put_last, put_after_text)


def days(scene: Scene) -> None:
    """For how many days somebody is imprisoned, counted by the page itself."""
    count, label = scene.where.randint(200, 1500) + scene.tick, scene.words["days"][0]
    look = scene.where.randrange(3)
    if look == 0:
        markup = f'<div class="days-counter"><div class="days-number">{count}</div><div class="days-label">{label}</div></div>'
    elif look == 1:
        markup = f'<div class="timer"><span>{label}:</span> <strong>{count}</strong></div>'
    else:
        markup = f'<p class="day-line">{scene.words["days"][1].format(n=count).capitalize()}</p>'
    _pick(scene, markup, put_first, put_at_date, put_after_text)


def footer(scene: Scene) -> None:
    """When and in what time the page was made, and the year of its copyright."""
    w, v = scene.words, scene.what
    year = 2025 + scene.tick % 2
    put_last(
        scene,
        f'<div class="footer-line"><p>© 2011–{year} {_e(w["site"])}</p><p>{_e(w["generated"].format(n=v.randint(100, 999)))}</p></div>',
    )


# --- links to other pages -------------------------------------------------------------------------------------------


def _teasers(scene: Scene, count: int) -> list[tuple[int, str]]:
    titles = list(enumerate(scene.words["teasers"], 200))
    return scene.what.sample(titles, count)


def related(scene: Scene) -> None:
    """Teasers of other pages, others at each look."""
    look, heading, some = scene.where.randrange(4), _e(scene.words["related"]), _teasers(scene, 4)
    if look == 0:
        rows = "".join(f'<li><a href="/case/{n}">{_e(each)}</a></li>' for n, each in some)
        put_after_text(scene, f'<div class="related-posts"><h3>{heading}</h3><ul>{rows}</ul></div>')
    elif look == 1:
        rows = "".join(
            f'<a class="related-card" href="/case/{n}"><div class="card-title">{_e(each)}</div><div class="card-lead">{_e(other)}.</div></a>'
            for (n, each), (_, other) in zip(some, _teasers(replace(scene, key=scene.key + "b"), 4), strict=True)
        )
        put_after_text(scene, f'<section class="related"><div class="related-heading">{heading}</div>{rows}</section>')
    elif look == 2:
        n, each = some[0]
        put_in_text(scene, f'<div class="related-inline"><b>{heading}</b> <a href="/case/{n}">{_e(each)}</a></div>')
    else:
        rows = "".join(
            f'<article class="teaser"><h4><a href="/case/{n}">{_e(each)}</a></h4></article>' for n, each in some
        )
        put_at_end_of_text(scene, f'<div class="recommended"><p>{heading}</p>{rows}</div>')


def latest(scene: Scene) -> None:
    """The newest of the site: at each look one more on top, the last gone."""
    titles = scene.words["teasers"]
    shown = [(n, titles[n % len(titles)]) for n in range(scene.tick + 6, scene.tick, -1)]
    look = scene.where.randrange(2)
    rows = "".join(
        f'<li><a href="/news/{n}">{_e(each)}</a></li>'
        if look
        else f'<div class="news-item"><span class="news-date">{n % 27 + 1:02}.05.2026</span> <a href="/news/{n}">{_e(each)}</a></div>'
        for n, each in shown
    )
    rows = f"<ul>{rows}</ul>" if look else rows
    markup = f'<div class="sidebar-news"><h3>{_e(scene.words["latest"])}</h3>{rows}</div>'
    _pick(scene, markup, put_after_text, put_last, put_first)


def sidebar(scene: Scene) -> None:
    """Widgets that stand in another order at each look."""
    w, where = scene.words, scene.where
    popular = "".join(
        f'<li><a href="/p/{n}">{_e(each)}</a></li>' for n, each in enumerate(where.sample(w["teasers"], 3))
    )
    menu = "".join(f'<li><a href="/c/{n}">{_e(each)}</a></li>' for n, each in enumerate(w["menu"]))
    months = "".join(f'<li><a href="/2025/{n + 1:02}">{each} 2025</a></li>' for n, each in enumerate(w["months"][:5]))
    widgets = [
        f'<div class="widget"><h4>{_e(w["popular"])}</h4><ul>{popular}</ul></div>',
        f'<div class="widget"><h4>{_e(w["categories"])}</h4><ul>{menu}</ul></div>',
        f'<div class="widget"><h4>{_e(w["subscribe_heading"])}</h4><p>{_e(w["appeals"][1])}</p></div>',
        f'<div class="widget"><ul>{months}</ul></div>',
    ]
    scene.what.shuffle(widgets)
    _pick(scene, f'<div class="sidebar">{"".join(widgets)}</div>', put_after_text, put_last)


def menu(scene: Scene) -> None:
    """An entry more in a menu at some looks."""
    w = scene.words
    entries = [*w["menu"], *(["Podcast"] if scene.what.random() < 0.5 else []), *(["FAQ"] if scene.tick % 2 else [])]
    rows = "".join(f'<li><a href="/m/{each[:3]}">{_e(each)}</a></li>' for each in entries)
    _pick(scene, f'<div class="main-menu"><ul>{rows}</ul></div>', put_first, put_last)


# --- what comes and goes --------------------------------------------------------------------------------------------


def cookies(scene: Scene) -> None:
    """The notice of cookies, at some looks."""
    if (scene.tick + scene.where.randrange(2)) % 2:
        w = scene.words
        markup = f'<div class="cookie-banner"><p>{_e(w["cookies"])}</p><button>{_e(w["accept"])}</button></div>'
        _pick(scene, markup, put_first, put_last)


def browser(scene: Scene) -> None:
    """The notice of an old browser, at some looks, or with other browsers named."""
    names = ["Google Chrome", "Mozilla Firefox", "Safari", "Opera", "Microsoft Edge"]
    if scene.where.random() < 0.5:
        names = scene.what.sample(names, 3)
    elif (scene.tick + scene.where.randrange(2)) % 2 == 0:
        return
    links = " ".join(f'<a href="#{n}">{each}</a>' for n, each in enumerate(names))
    markup = f'<div class="browser-warning"><p>{_e(scene.words["browser"])}</p><p>{links}</p></div>'
    _pick(scene, markup, put_first, put_last)


def advert(scene: Scene) -> None:
    """Advertisements, named as such, that change and are not always there."""
    w, v = scene.words, scene.what
    if scene.where.random() < 0.4 and scene.tick % 2:
        return
    text = v.choice(w["adverts"])
    label = scene.where.choice(('<div class="ad-label">{}</div>', '<span class="ad-label">{}</span> ')).format(
        _e(w["advert"])
    )
    markup = (
        f'<div class="ad-slot" data-ad="{v.randrange(10**6)}">{label}'
        f'<a href="https://ads.example/click?z={v.randrange(10**9)}" target="_blank" rel="nofollow sponsored">{_e(text)}</a></div>'
    )
    _pick(scene, markup, put_first, put_in_text, put_after_text)


def appeal(scene: Scene) -> None:
    """Appeals to give and to subscribe, others at each look."""
    w = scene.words
    text = w["appeals"][(scene.tick + scene.where.randrange(3)) % 3]
    markup = f'<div class="donate-block"><p>{_e(text)}</p><a class="btn" href="/donate">{_e(w["appeals"][0])}</a></div>'
    _pick(scene, markup, put_after_text, put_last, put_in_text)


def comments(scene: Scene) -> None:
    """What readers write below: one more at some looks, with their count."""
    w = scene.words
    count = 1 + scene.tick
    said = [*w["readers"], *(f"{each}?" for each in w["teasers"])]
    rows = "".join(
        f'<li class="comment"><div class="comment-author">{_e(w["reader_names"][n % 3])}</div><p>{_e(said[n])}</p></li>'
        for n in range(count)
    )
    put_after_text(
        scene,
        f'<div id="comments" class="comments-area"><h3>{w["comments"].capitalize()}: {count}</h3><ol class="comment-list">{rows}</ol></div>',
    )


# --- what nobody sees -----------------------------------------------------------------------------------------------


def _token(v: random.Random, length: int = 32) -> str:
    return "".join(v.choice("0123456789abcdef") for _ in range(length))


def token(scene: Scene) -> None:
    """Tokens against forged requests: in hidden fields, addresses, meta, scripts and attributes."""
    v = scene.what
    head = scene.tree.find("head")
    if head is not None:
        head.append(element(f'<meta name="csrf-token" content="{_token(v)}">'))
        head.append(
            element(
                f'<script nonce="{_token(v, 16)}">window.__state={{"csrf":"{_token(v)}","t":{v.randrange(10**9)}}};</script>'
            )
        )
    put_last(
        scene,
        f'<form action="/subscribe?token={_token(v)}" method="post"><input type="hidden" name="csrfmiddlewaretoken" value="{_token(v)}">'
        f'<input name="mail"><a href="/logout?nonce={_token(v, 10)}">{_e(scene.words["subscribe_heading"])}</a></form>',
    )
    for each in scene.tree.iter("script"):
        each.set("nonce", _token(v, 16))


def session(scene: Scene) -> None:
    """A number of the session in every link of the site, and of the build in every file that the page needs."""
    sid, build = _token(scene.what, 26), _token(scene.what, 8)
    name = scene.where.choice(("PHPSESSID", "sid", "utm_session"))
    for each in scene.tree.iter("a"):
        address = each.get("href") or ""
        if address.startswith("/") and not address.startswith("//") and "#" not in address:
            each.set("href", f"{address}{'&' if '?' in address else '?'}{name}={sid}")
    for each in scene.tree.iter("script", "link"):
        for attribute in ("src", "href"):
            address = each.get(attribute) or ""
            if re.search(r"\.(js|css)$", address):
                each.set(attribute, f"{address}?v={build}")


def scripts(scene: Scene) -> None:
    """Scripts, comments, styles and data of the page's own application."""
    v = scene.what
    scene.body.append(etree.Comment(f" cached {v.randrange(10**9)} by node {v.randrange(40)} "))
    scene.body.append(element(f"<script>var rnd={v.randrange(10**9)};(function(){{track({v.random()})}})()</script>"))
    scene.body.append(element(f'<script type="application/json">{{"time":{v.randrange(10**9)}}}</script>'))
    scene.body.append(element(f"<noscript><img src='https://count.example/{v.randrange(10**9)}' alt=''></noscript>"))
    head = scene.tree.find("head")
    if head is not None:
        head.append(element(f"<style>.x{v.randrange(99)}{{color:red}}</style>"))
    scene.body.set("data-request", str(v.randrange(10**9)))


def pictures(scene: Scene) -> None:
    """The same pictures from another address: another width, another number of the cache, loaded late."""
    v = scene.what
    hosts = ("", "https://i0.example", "https://i1.example")
    for each in scene.tree.iter("img"):
        address = each.get("src") or ""
        if not address or address.startswith("data:"):
            continue
        path = address.split("?")[0]
        each.set("src", f"{hosts[0] if '//' in path else ''}{path}?w={v.choice((320, 640, 1024))}&itok={_token(v, 8)}")
        each.set("srcset", f"{path}?w=320 320w, {path}?w={v.choice((800, 1200))} 1200w")
        each.set("loading", v.choice(("lazy", "eager")))


def links(scene: Scene) -> None:
    """Links in another form: marks of campaigns, the host said or not, the scheme."""
    v = scene.what
    for each in scene.tree.iter("a"):
        address = each.get("href") or ""
        if not address.startswith("/") or address.startswith("//") or "?" in address or "#" in address:
            continue
        if v.random() < 0.5:
            address += f"?utm_source={v.choice(('mail', 'telegram', 'rss'))}&utm_campaign={v.randrange(99)}"
        each.set("href", address)
        if v.random() < 0.5:
            each.set("rel", v.choice(("noopener", "nofollow")))


# --- markup ---------------------------------------------------------------------------------------------------------

_KEPT: Final = frozenset({"pre", "script", "style", "textarea"})
_BLOCKS: Final = frozenset(
    [
        "html",
        "head",
        "body",
        "div",
        "p",
        "ul",
        "ol",
        "li",
        "section",
        "article",
        "main",
        "aside",
        "nav",
        "header",
        "footer",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "table",
        "tbody",
        "tr",
        "td",
        "th",
        "dl",
        "dt",
        "dd",
        "figure",
        "form",
        "meta",
        "link",
        "title",
        "script",
        "style",
        "blockquote",
    ]
)


def _texts(tree: Element, change: Callable[[str], str]) -> None:
    """Change every text of the body."""
    body = tree.find("body")
    for each in body.iter():
        if isinstance(each.tag, str) and each.tag not in _KEPT and each.text:
            each.text = change(each.text)
        if each is not body and each.tail and (each.getparent() is None or each.getparent().tag not in _KEPT):
            each.tail = change(each.tail)


def space(scene: Scene) -> None:
    """White space: pretty printed, or minified, lines broken within the text."""
    v = scene.what
    if scene.tick % 2:
        for each in scene.tree.iter():
            if isinstance(each.tag, str) and each.tag in _BLOCKS and not (each.tail or "").strip():
                parent = each.getparent()
                if parent is not None and parent.tag in _BLOCKS:
                    each.tail = "\n" + "\t" * v.randint(0, 6)
        _texts(scene.tree, lambda text: re.sub(" ", lambda _: "\n      " if v.random() < 0.08 else " ", text))
    else:
        _texts(scene.tree, lambda text: re.sub(r"\s+", " ", text))


def entities(scene: Scene) -> None:
    """Characters in other forms: composed or not, hard spaces, soft hyphens, zero-width joiners."""
    v = scene.what
    form = ("NFC", "NFD")[scene.tick % 2]

    def other(text: str) -> str:
        text = unicodedata.normalize(form, text)
        if scene.tick % 2:
            text = re.sub(r"(?<=\w) (?=\w)", lambda _: "\u00a0" if v.random() < 0.1 else " ", text)
            text = re.sub(
                r"(?<=[a-zа-яёіїў]{4})(?=[a-zа-яёіїў]{4})", lambda _: "\u00ad" if v.random() < 0.05 else "", text
            )
        return text

    _texts(scene.tree, other)


def attributes(scene: Scene) -> None:
    """Attributes in another order, more of them, wrappers that nobody sees."""
    v = scene.what
    for each in scene.tree.iter():
        if not isinstance(each.tag, str):
            continue
        items = list(each.attrib.items())
        v.shuffle(items)
        each.attrib.clear()
        for name, value in items:
            each.set(name, value)
        if each.tag in {"p", "div", "li", "a"} and v.random() < 0.2:
            each.set(v.choice(("data-v", "data-id", "style", "dir")), v.choice(("ltr", "auto")))


NOISES: Final[dict[str, Callable[[Scene], None]]] = {
    one.__name__: one
    for one in (
        ticker,
        counter,
        shares,
        ago,
        today,
        weather,
        online,
        days,
        footer,
        related,
        latest,
        sidebar,
        menu,
        cookies,
        browser,
        advert,
        appeal,
        comments,
        token,
        session,
        scripts,
        pictures,
        links,
        space,
        entities,
        attributes,
    )
}
"""Noise that is injected into a tree."""
BY_OTHERS: Final = ("classes", "template", "encoding", "everything")
"""Noise that the whole page is made of: `rendered` makes it."""
EVERYTHING: Final = ("ticker", "counter", "ago", "related", "latest", "sidebar", "token", "advert", "cookies", "footer")


def rename(tree: Element, salt: str) -> None:
    """Class names and ids that say nothing, as a build of the site makes them."""
    for each in tree.iter():
        if not isinstance(each.tag, str):
            continue
        for attribute, sign in (("class", "sc-"), ("id", "r")):
            if value := each.get(attribute):
                told = [sign + sha256(f"{salt} {name}".encode()).hexdigest()[:7] for name in value.split()]
                each.set(attribute, " ".join(told))


def content_of(tree: Element, words: Words, language: str) -> Content:
    """What a marked page says, to set it into another template."""

    def texts(mark: str) -> list[str]:
        return [" ".join(each.text_content().split()) for each in tree.iter() if each.get("data-k") == mark]

    parts: list[tuple[str | None, list[str]]] = [(None, [])]
    for each in tree.iter():
        if each.get("data-k") == "heading":
            parts.append((" ".join(each.text_content().split()), []))
        elif each.get("data-k") == "p":
            parts[-1][1].append(" ".join(each.text_content().split()))
    title = next(iter(texts("title")), "") or " ".join((tree.findtext(".//title") or words["site"]).split())
    label_of = {value: words["labels"][name] for name, some in words["values"].items() for value in some}
    values = texts("fact")
    lead = parts[0][1].pop(0) if parts[0][1] else words["list_intro"]
    return Content(
        language,
        words,
        "",
        title,
        (7, 3, 2025),
        lead,
        (*tuple((heading, tuple(paragraphs)) for heading, paragraphs in parts), (None, ()), (None, ())),
        next(iter(texts("address")), ""),
        tuple((label_of.get(value, words["labels"]["place"]), value) for value in values),
        tuple(texts("item")),
        tuple((words["teasers"][n], words["teasers"][n + 5]) for n in range(3)),
    )


ARTICLE_TEMPLATES: Final = tuple(name for name in TEMPLATES if name not in {"roll", "person"})


def retemplated(scene: Scene, kind: str, language: str) -> Element:
    """The page in the template of this tick; made-up ones begin with their own."""
    others = [name for name in ARTICLE_TEMPLATES if name != kind]
    scene.where.shuffle(others)
    order = [kind, *others] if kind in ARTICLE_TEMPLATES else others
    rng = scene.where
    first = 0 if kind in ARTICLE_TEMPLATES else rng.randrange(len(order))
    step = rng.randint(1, len(order) - 1)
    name = order[(first + step * (scene.tick % 2)) % len(order)]
    made: Element = lxml_html.document_fromstring(TEMPLATES[name](content_of(scene.tree, scene.words, language)))
    return made


def sibling(tree: Element, words: Words, language: str, number: int) -> None:
    """Make another page of the same site of this: all texts of its own are another's, what is around it stays."""
    rng = random.Random(f"sibling {language} {number} {len(tree)}")
    for each in tree.iter():
        mark = each.get("data-k") if isinstance(each.tag, str) else None
        if mark in {"p", "title", "address", "item", "fact"}:
            tail = each.tail
            text = {
                "p": lambda: fill(rng.choice(words["sentences"]), words, rng),
                "title": lambda: fill(rng.choice(words["other_titles"]), words, rng),
                "address": lambda: fill(words["address"], words, rng),
                "item": lambda: fill(words["list_entry"], words, rng),
                "fact": lambda: f"{rng.randint(2, 19)} {rng.choice(words['months'])}",
            }[mark]()
            for child in list(each):
                each.remove(child)
            each.text, each.tail = text, tail
