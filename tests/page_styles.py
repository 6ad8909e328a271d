# ruff: noqa: E501 - markup stands as sites send it
"""Invented articles set into pages of several makes, with the furniture of real sites around them."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pipelines.page import read_page
from pipelines.reading import Reading, StoredPage
from pipelines.rules import ReadingRules

CAPTURED_AT = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)
URL = "https://rowan.example/case/17"

TITLE = "The schoolteacher Arseny Polyansky is a political prisoner"
ADDRESS_RU = "RU: 000123, Заозёрная область, г. Верхний Плёс, ул. Садовая, д. 7, ФКУ ИК-99, Полянскому Арсению Игоревичу 1979 г. р."
ADDRESS_EN = (
    "EN: Arseny Igorevich Polyansky (born 1979), Penal Colony No. 99, 7 Sadovaya Street, Verkhny Plyos, 000123."
)
ARTICLE = (
    "Arseny Polyansky in the district court, 3 March 2026 / Collage: Rowan Committee",
    "04.04.2026",
    TITLE,
    "A court in the river town of Verkhny Plyos has sentenced a geography teacher to five years in a penal colony for a lesson about borders.",
    "What was Polyansky charged with?",
    "On 12 February 2025 the teacher was detained in the staff room of his school. According to the indictment he had told the ninth form that maps are drawn by people and can be drawn again.",
    "The court examined 14 witnesses in two days and refused to hear the pupils whom the defence had named. On 3 March 2026 it sentenced him to five years in a general regime penal colony (Article 541, Part 2).",
    "Why do we consider him a political prisoner?",
    "The charge rests on the words of one lesson. Nothing in them calls for violence, and the expert opinion on which the court relied was written by a dentist.",
    "‘I taught what the textbook says on page 40,’ Polyansky said in his last plea.",
    "He demands nothing for himself.",
    "How can you help?",
    "You can write to him at this address:",
    ADDRESS_RU,
    ADDRESS_EN,
    "Letters in other languages than Russian are unlikely to arrive.",
)


@dataclass(frozen=True, slots=True)
class Furniture:
    """What stands around an article and moves between two loads."""

    menu: tuple[str, ...] = ("Reports", "Analytics", "About us", "Contacts")
    ticker: tuple[str, ...] = ("USD 78.84", "EUR 93.01", "OIL 68.3")
    views: str = "1 204 views"
    counter: str = "97"
    related: tuple[tuple[str, str], ...] = (
        (
            "The quiet end of the river port",
            "Two engineers explain how the harbour lost its trains and what came after",
        ),
        ("A winter without letters", "What the post office of a small town does when nobody writes any more"),
    )
    appeal: str = "Subscribe to our weekly digest"
    notice: str = "К сожалению, ваш браузер устарел и не позволяет корректно отображать сайт. Установите любой из современных браузеров:"
    browsers: str = "Google Chrome Firefox Safari"

    def lines(self) -> list[str]:
        return [
            *self.menu,
            *self.ticker,
            self.views,
            self.counter,
            *(text for pair in self.related for text in pair),
            "More to read",
            self.appeal,
            self.notice,
            self.browsers,
        ]


CALM = Furniture()
MOVED = Furniture(
    ticker=("USD 81.02", "EUR 95.77", "OIL 66.9"),
    views="1 377 views",
    counter="112",
    related=(
        ("Who counts the bridges", "A walk along the river with the only inspector the region has left this year"),
        (
            "The quiet end of the river port",
            "Two engineers explain how the harbour lost its trains and what came after",
        ),
    ),
    notice="Ваш браузер устарел. Пожалуйста, обновите его:",
    browsers="Google Chrome Firefox",
)


def _parts(lines: Sequence[str], around: Callable[[str, str], str]) -> str:
    parts = []
    for line in lines:
        kind = (
            "title"
            if line == TITLE
            else "heading"
            if line.endswith("?")
            else "caption"
            if "Collage" in line
            else "text"
        )
        parts.append(around(kind, html.escape(line, quote=False)))
    return "".join(parts)


def _page(body: str, title: str = TITLE) -> str:
    return f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)} | Rowan</title></head>{body}</html>'


def semantic(lines: Sequence[str] = ARTICLE, f: Furniture = CALM, mark: str = "") -> str:
    tags = {
        "title": "<h1>{}</h1>",
        "heading": "<h2>{}</h2>",
        "caption": "<figure><figcaption>{}</figcaption></figure>",
        "text": f'<p class="t{mark}">{{}}</p>',
    }
    article = _parts(lines, lambda kind, text: tags[kind].format(text))
    menu = "".join(f'<li><a href="/{n}">{item}</a></li>' for n, item in enumerate(f.menu))
    related = "".join(f"<article><h3><a href=/r>{a}</a></h3><p>{b}</p></article>" for a, b in f.related)
    return _page(
        f"<body><header><nav><ul>{menu}</ul></nav><ul>{''.join(f'<li>{t}</li>' for t in f.ticker)}</ul></header>"
        f'<main><article class="a{mark}">{article}<p>{f.views}</p></article><aside><h2>More to read</h2>{related}</aside></main>'
        f"<footer><p>{f.appeal}</p><p>{f.counter}</p></footer><div><p>{f.notice}</p><p>{f.browsers}</p></div></body>"
    )


def wordpress(lines: Sequence[str] = ARTICLE, f: Furniture = CALM, mark: str = "") -> str:
    tags = {
        "title": '<h1 class="entry-title">{}</h1>',
        "heading": "<p><strong>{}</strong></p>",
        "caption": '<div class="wp-caption"><p class="wp-caption-text">{}</p></div>',
        "text": "<p>{}</p>",
    }
    article = _parts(lines, lambda kind, text: tags[kind].format(text))
    menu = "".join(f'<li class="menu-item"><a href="/{n}">{item}</a></li>' for n, item in enumerate(f.menu))
    related = "".join(f'<div class="jp-post"><h4><a href=/r>{a}</a></h4><p>{b}</p></div>' for a, b in f.related)
    return _page(
        f'<body class="single sidebar-right{mark}"><div id="page"><div id="masthead"><ul class="menu">{menu}</ul>'
        f'<ul class="ticker">{"".join(f"<li>{t}</li>" for t in f.ticker)}</ul></div><div id="content"><div class="post hentry{mark}">'
        f'<div class="entry-content">{article}<div class="post-views">{f.views}</div><div class="jp-relatedposts"><h3>More to read</h3>{related}</div></div></div></div>'
        f'<div class="widget-area"><div class="widget"><h2>{f.appeal}</h2></div><div>{f.counter}</div></div>'
        f'<div class="browser-warning"><p>{f.notice}</p><p>{f.browsers}</p></div></div></body>'
    )


def hashed(lines: Sequence[str] = ARTICLE, f: Furniture = CALM, mark: str = "") -> str:
    tags = {
        "title": f'<div class="sc-a{mark}"><h1 class="sc-b">{{}}</h1></div>',
        "heading": f'<div class="sc-c{mark}"><div>{{}}</div></div>',
        "caption": '<div class="sc-d"><div class="sc-e">{}</div></div>',
        "text": f'<div class="sc-f{mark}"><div class="sc-g">{{}}</div></div>',
    }
    article = _parts(lines, lambda kind, text: tags[kind].format(text))
    menu = "".join(f'<div class="sc-h"><a href="/{n}">{item}</a></div>' for n, item in enumerate(f.menu))
    related = "".join(f'<div class="sc-i"><a href="/r"><div>{a}</div><div>{b}</div></a></div>' for a, b in f.related)
    return _page(
        f'<body><div id="__next"><div class="sc-j"><div>{menu}</div><div>{"".join(f"<div>{t}</div>" for t in f.ticker)}</div></div>'
        f'<div class="sc-k"><div class="sc-l">{f.counter}</div><div class="sc-m{mark}">{article}</div><div>{f.views}</div></div>'
        f'<div class="sc-n"><div class="sc-o">More to read</div>{related}</div><div class="sc-p">{f.appeal}</div>'
        f'<div class="sc-q"><div>{f.notice}</div><div>{f.browsers}</div></div></div></body>'
    )


def drupal(lines: Sequence[str] = ARTICLE, f: Furniture = CALM, mark: str = "") -> str:
    tags = {
        "title": "",
        "heading": "<h3>{}</h3>",
        "caption": '<div class="image-caption">{}</div>',
        "text": "<p>{}</p>",
    }
    article = _parts(lines, lambda kind, text: tags[kind].format(text))
    menu = "".join(f'<li class="menu-item"><a href="/{n}">{item}</a></li>' for n, item in enumerate(f.menu))
    related = "".join(
        f'<div class="views-row"><div><a href="/r">{a}</a></div><div>{b}</div></div>' for a, b in f.related
    )
    title = f'<h1 class="page-title{mark}">{TITLE}</h1>' if TITLE in lines else ""
    return _page(
        f'<body class="path-node"><div class="region-header"><div class="block navigation"><ul>{menu}</ul></div>'
        f'<div class="block-exchange-rates">{"".join(f"<div>{t}</div>" for t in f.ticker)}</div></div>'
        f'<div class="region"><div id="block-page-title">{title}</div></div><div class="region-content{mark}"><div class="node">'
        f'<div class="field field--name-body{mark}">{article}</div><div class="links"><span>{f.views}</span></div></div>'
        f'<div><h2>More to read</h2><div class="view-related">{related}</div></div></div><div class="region-sidebar-first">{f.appeal}</div>'
        f'<div class="region-footer"><p>{f.counter}</p></div><div id="outdated">{f.notice}<ul><li>{f.browsers}</li></ul></div></body>'
    )


def table(lines: Sequence[str] = ARTICLE, f: Furniture = CALM, mark: str = "") -> str:
    tags = {
        "title": f"<h1><font color=red{mark}>{{}}</font></h1>",
        "heading": "<b>{}</b><br><br>",
        "caption": "{}<br><br>",
        "text": "{}<br><br>",
    }
    article = _parts(lines, lambda kind, text: tags[kind].format(text))
    menu = "<br>".join(f'<a href="{n}.htm">{item}</a>' for n, item in enumerate(f.menu))
    related = "<br>".join(f"<a href=r.htm>{a}</a><br><font size=1>{b}</font>" for a, b in f.related)
    return _page(
        f"<body bgcolor=white><table width=100%><tr><td width=150>{menu}<hr>{'<br>'.join(f.ticker)}</td><td>{article}</td>"
        f"<td width=150><b>More to read</b><br>{related}<hr>{f.appeal}<br>{f.views}</td></tr>"
        f"<tr><td colspan=3>{f.counter}</td></tr><tr><td colspan=3>{f.notice}<br>{f.browsers}</td></tr></table></body>"
    )


STYLES: dict[str, Callable[..., str]] = {
    "semantic": semantic,
    "wordpress": wordpress,
    "hashed": hashed,
    "drupal": drupal,
    "table": table,
}


def stored(markup: str | bytes, content_type: str | None = "text/html; charset=utf-8") -> StoredPage:
    octets = markup.encode() if isinstance(markup, str) else markup
    return StoredPage(URL, CAPTURED_AT, "urn:uuid:00000000-0000-4000-8000-000000000017", None, content_type, octets)


def reading_of(
    markup: str | bytes, content_type: str | None = "text/html; charset=utf-8", rules: ReadingRules | None = None
) -> Reading:
    return read_page(stored(markup, content_type), rules)
