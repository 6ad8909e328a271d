# ruff: noqa: E501 - markup stands as sites send it
"""Set an article into pages as sites of several makes build them, with the furniture of real ones around it."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Furniture:
    """What stands around an article; each entry is one line of text."""

    menu: Sequence[str] = ("Reports", "Analytics", "Investigations", "About us", "Contacts")
    ticker: Sequence[str] = ("USD78.84", "EUR93.01", "OIL68.3")
    language_link: str = "Русский"
    counter: str = "97"
    rubric: str = "News"
    skip: str = "Перейти"
    appeal: str = "Donate"
    digest: str = "Subscribe to our weekly digest"
    related: Sequence[tuple[str, str]] = (
        (
            "The quiet end of the river port",
            "Two engineers explain how the harbour lost its trains and what came after",
        ),
        ("A winter without letters", "What the post office of a small town does when nobody writes any more"),
    )
    related_heading: str = "More to read"
    notice: str = (
        "К сожалению, браузер, которым вы пользуетесь, устарел и не позволяет корректно отображать сайт."
        " Пожалуйста, установите любой из современных браузеров, например:"
    )
    browsers: Sequence[str] = ("Google Chrome", "Firefox", "Safari")
    copyright: str = "© 2019–2026 The Example Committee. All rights reserved."

    @property
    def forbidden(self) -> list[str]:
        """Lines that may never be in the main text."""
        return [
            *self.menu,
            *self.ticker,
            self.appeal,
            self.digest,
            self.related_heading,
            *(text for pair in self.related for text in pair),
            self.notice,
            " ".join(self.browsers),
            self.copyright,
        ]


Style = Callable[[Sequence[str], Furniture], str]


def _e(text: str) -> str:
    return html.escape(text, quote=False)


def is_title(lines: Sequence[str], index: int) -> bool:
    """The first of the opening lines that is neither date nor caption is the article's title."""
    opening = [n for n, line in enumerate(lines[:4]) if len(line) > 14 and "/" not in line]
    return bool(opening) and index == opening[0]


def is_heading(line: str) -> bool:
    """Short lines that end in a question mark head a part of the article."""
    return len(line) < 90 and line.endswith("?")


def _page(head: str, body: str) -> str:
    return f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">{head}</head>\n<body{body}</body></html>'


def _title(lines: Sequence[str]) -> str:
    return next(line for index, line in enumerate(lines) if is_title(lines, index))


def semantic(lines: Sequence[str], f: Furniture) -> str:
    """A page by the book: nav, main, article, header, aside, footer."""
    title = _title(lines)
    parts = []
    for index, line in enumerate(lines):
        if is_title(lines, index):
            parts.append(f'<h1>{_e(line)}</h1><p><a href="/ru/1">{f.language_link}</a></p>')
        elif is_heading(line):
            parts.append(f"<h2>{_e(line)}</h2>")
        elif "/ Collage" in line or (index == 0 and len(lines[0]) > 14):
            parts.append(f'<figure><img src="a.jpg" alt=""><figcaption>{_e(line)}</figcaption></figure>')
        else:
            parts.append(f"<p>{_e(line)}</p>")
    menu = "".join(f'<li><a href="/{n}">{_e(item)}</a></li>' for n, item in enumerate(f.menu))
    ticker = "".join(f"<li>{_e(item)}</li>" for item in f.ticker)
    related = "".join(f'<article><h3><a href="/r">{_e(a)}</a></h3><p>{_e(b)}</p></article>' for a, b in f.related)
    browsers = " ".join(f'<a href="#">{_e(name)}</a>' for name in f.browsers)
    return _page(
        f"<title>{_e(title)} | Example</title>",
        f'><a href="#main">{f.skip}</a><header><nav><ul>{menu}</ul></nav><ul>{ticker}</ul><a href="/donate">{f.appeal}</a></header>'
        f'<main id="main"><article>{"".join(parts)}</article><aside><h2>{f.related_heading}</h2>{related}</aside></main>'
        f"<footer><p>{f.digest}</p><form><input name=mail></form><p>{f.copyright}</p></footer>"
        f"<div><p>{f.notice}</p><p>{browsers}</p></div>",
    )


def wordpress(lines: Sequence[str], f: Furniture) -> str:
    """Divs with the class names of a WordPress theme; the date stands in the entry's meta line."""
    title = _title(lines)
    before, after = [], []
    for index, line in enumerate(lines):
        if is_title(lines, index):
            before.append(f'<h1 class="entry-title">{_e(line)}</h1>')
        elif index < 3 and len(line) <= 14:
            before.append(
                f'<div class="entry-meta"><span class="posted-on"><time class="entry-date">{_e(line)}</time></span></div>'
            )
        elif is_heading(line):
            after.append(f"<p><strong>{_e(line)}</strong></p>")
        elif index == 0:
            before.append(f'<div class="wp-caption"><img src="a.jpg"><p class="wp-caption-text">{_e(line)}</p></div>')
        else:
            after.append(f"<p>{_e(line)}</p>")
    menu = "".join(f'<li class="menu-item"><a href="/{n}">{_e(item)}</a></li>' for n, item in enumerate(f.menu))
    ticker = "".join(f"<li>{_e(item)}</li>" for item in f.ticker)
    related = "".join(
        f'<div class="jp-post"><h4><a href="/r">{_e(a)}</a></h4><p>{_e(b)}</p></div>' for a, b in f.related
    )
    browsers = "<br>".join(_e(name) for name in f.browsers)
    return _page(
        f"<title>{_e(title)} – Example</title>",
        ' class="post-template-default single sidebar-right"><div id="page" class="site"><div id="masthead" class="site-header">'
        f'<div class="main-navigation"><ul class="menu">{menu}</ul></div><ul class="ticker">{ticker}</ul></div>'
        '<div id="content" class="site-content"><div id="primary" class="content-area"><div id="main" class="site-main">'
        f'<div id="post-7" class="post type-post hentry"><div class="entry-header"><span class="cat-links"><a href="/n">{f.rubric}</a></span>'
        f'{"".join(before)}</div><div class="entry-content">{"".join(after)}'
        f'<div class="sharedaddy"><h3>Share this:</h3><ul><li><a href="#">Telegram</a></li></ul></div>'
        f'<div id="jp-relatedposts" class="jp-relatedposts"><h3>{f.related_heading}</h3>{related}</div></div></div></div></div>'
        f'<div id="secondary" class="widget-area"><div class="widget"><h2>{f.digest}</h2></div><div class="widget"><a href="/d">{f.appeal}</a></div></div></div>'
        f'<div id="colophon" class="site-footer"><div class="site-info">{f.copyright}</div></div>'
        f'<div class="browser-warning"><p>{f.notice}</p><p>{browsers}</p></div></div>',
    )


def hashed(lines: Sequence[str], f: Furniture) -> str:
    """Nested divs with generated class names and no element that says what it is, as single-page frameworks send them."""
    title = _title(lines)
    parts = []
    for index, line in enumerate(lines):
        if is_title(lines, index):
            parts.append(
                f'<div class="sc-a1 kQxZb"><h1 class="sc-b2 eLmNo">{_e(line)}</h1></div><div class="sc-h8"><a href="/ru">Русская версия</a></div>'
            )
        else:
            parts.append(f'<div class="sc-c3 fRtYu"><div class="sc-d4">{_e(line)}</div></div>')
    menu = "".join(
        f'<div class="sc-e5"><a class="sc-f6" href="/{n}">{_e(item.upper())}</a></div>' for n, item in enumerate(f.menu)
    )
    ticker = "".join(f'<div class="sc-g7">{_e(item)}</div>' for item in f.ticker)
    related = "".join(
        f'<div class="sc-k1"><a href="/r"><div class="sc-l2">{_e(a)}</div><div class="sc-m3">{_e(b)}</div></a></div>'
        for a, b in f.related
    )
    browsers = " ".join(f.browsers)
    return _page(
        f'<title>{_e(title)}</title><meta property="og:title" content="{html.escape(title)}">',
        f'><div id="__next"><div class="sc-n4"><div class="sc-o5">{menu}</div><div class="sc-p6">{ticker}</div>'
        f'<div class="sc-q7"><a href="/d">{f.appeal.upper()}</a><a href="/ru">{f.language_link}</a></div></div>'
        f'<div class="sc-r8"><div class="sc-s9">{f.counter}</div><div class="sc-t1">{f.rubric}</div><div class="sc-u2">{"".join(parts)}</div></div>'
        f'<div class="sc-v3"><div class="sc-w4">{f.related_heading}</div>{related}</div>'
        f'<div class="sc-x5"><div>{f.digest}</div></div><div class="sc-y6"><div>{f.notice}</div><div>{browsers}</div></div>'
        f'<div class="sc-z7">{f.copyright}</div></div><script id="__NEXT_DATA__" type="application/json">{{"props":{{}}}}</script>',
    )


def drupal(lines: Sequence[str], f: Furniture) -> str:
    """Regions, blocks and fields: the title stands in a region of its own, outside the node."""
    title = _title(lines)
    fields, body = [], []
    for index, line in enumerate(lines):
        if is_title(lines, index):
            continue
        if index < 3 and len(line) <= 14:
            fields.append(
                f'<div class="field field--name-field-date field--type-datetime"><div class="field__item">{_e(line)}</div></div>'
            )
        elif index == 0:
            fields.append(
                f'<div class="field field--name-field-image"><img src="a.jpg"><div class="image-caption">{_e(line)}</div></div>'
            )
        elif is_heading(line):
            body.append(f"<h3>{_e(line)}</h3>")
        elif "г. р." in line or line.endswith("Russia."):
            body.append(f"<blockquote>{_e(line)}</blockquote>")
        else:
            body.append(f"<p>{_e(line)}</p>")
    menu = "".join(
        f'<li class="menu-item"><a href="/{n}" data-drupal-link-system-path="node/{n}">{_e(item)}</a></li>'
        for n, item in enumerate(f.menu)
    )
    ticker = "".join(f'<div class="views-row">{_e(item)}</div>' for item in f.ticker)
    related = "".join(
        f'<div class="views-row"><div class="views-field-title"><a href="/r">{_e(a)}</a></div><div class="views-field-body">{_e(b)}</div></div>'
        for a, b in f.related
    )
    browsers = "".join(f"<li>{_e(name)}</li>" for name in f.browsers)
    return _page(
        f"<title>{_e(title)} | Example</title>",
        f' class="path-node page-node-type-article"><div class="dialog-off-canvas-main-canvas"><div class="layout-container">'
        f'<div class="region region-header"><div id="block-main-menu" class="block block-menu navigation"><ul class="menu">{menu}</ul></div>'
        f'<div class="block block-exchange-rates">{ticker}</div></div>'
        f'<div class="region region-highlighted"><div id="block-page-title"><h1 class="page-title">{_e(title)}</h1></div></div>'
        f'<div class="region region-content"><div class="node node--type-article node--view-mode-full">{"".join(fields)}'
        f'<div class="field field--name-body text-formatted">{"".join(body)}</div><div class="links"><span>{f.counter} просмотров</span></div></div>'
        f'<div class="views-element-container"><h2>{f.related_heading}</h2><div class="view view-related-content">{related}</div></div></div>'
        f'<div class="region region-sidebar-first"><div class="block"><h2>{f.digest}</h2></div><a href="/donate">{f.appeal}</a></div>'
        f'<div class="region region-footer"><p>{f.copyright}</p></div><div id="outdated">{f.notice}<ul>{browsers}</ul></div></div></div>',
    )


def table(lines: Sequence[str], f: Furniture) -> str:
    """A page of twenty years ago: nested tables, font tags, lines parted by br."""
    title = _title(lines)
    text = "<br><br>\n".join(
        f"<b>{_e(line)}</b>" if is_heading(line) else _e(line)
        for index, line in enumerate(lines)
        if not is_title(lines, index)
    )
    menu = "<br>".join(f'<a href="{n}.htm">{_e(item)}</a>' for n, item in enumerate(f.menu))
    ticker = "<br>".join(_e(item) for item in f.ticker)
    related = "<br>".join(f'<a href="r.htm">{_e(a)}</a><br><font size=1>{_e(b)}</font>' for a, b in f.related)
    return _page(
        f"<title>{_e(title)}</title>",
        f' bgcolor=white><table width=100%><tr><td colspan=3><a href="/"><img src=logo.gif></a></td></tr><tr><td width=150>{menu}<hr>{ticker}</td>'
        f"<td><h1><font color=red>{_e(title)}</font></h1><font size=2>{text}</font></td>"
        f'<td width=150><b>{f.related_heading}</b><br>{related}<hr>{f.digest}<br><a href="d.htm">{f.appeal}</a></td></tr>'
        f"<tr><td colspan=3 align=center>{f.copyright}<br>{f.counter}</td></tr><tr><td colspan=3>{f.notice}<br>{' '.join(f.browsers)}</td></tr></table>",
    )


def role_of(lines: Sequence[str], index: int) -> str:
    """What a line is to the article: title, date, caption, heading or text."""
    if is_title(lines, index):
        return "title"
    if index < 3 and len(lines[index]) <= 14:
        return "date"
    if index == 0:
        return "caption"
    return "heading" if is_heading(lines[index]) else "text"


def body_of(lines: Sequence[str]) -> list[str]:
    """The lines that are the article's body."""
    return [line for index, line in enumerate(lines) if role_of(lines, index) in {"heading", "text"}]


def _set(lines: Sequence[str], markup: dict[str, str]) -> str:
    """Each line in the markup of its role, `{}` standing for its text."""
    return "\n".join(markup[role_of(lines, n)].format(_e(line)) for n, line in enumerate(lines))


def _links(items: Sequence[str], before: str = "", between: str = " ") -> str:
    return between.join(f'{before}<a href="/{n}">{_e(item)}</a>' for n, item in enumerate(items))


def cards(lines: Sequence[str], f: Furniture) -> str:
    """The person's card stands beside the article, as a list of terms and a folded tab."""
    text = _set(
        lines,
        {
            "title": "<h1>{}</h1>",
            "date": "<time>{}</time>",
            "caption": "<figure><img src=a.jpg><figcaption>{}</figcaption></figure>",
            "heading": "<h3>{}</h3>",
            "text": "<p>{}</p>",
        },
    )
    related = "".join(f'<a class="teaser" href="/r"><b>{_e(a)}</b><span>{_e(b)}</span></a>' for a, b in f.related)
    return _page(
        f"<title>{_e(_title(lines))} | Example</title>",
        f'><nav>{_links(f.menu)}</nav><div class="ticker">{" ".join(map(_e, f.ticker))}</div>'
        f'<div class="layout"><main class="col"><article>{text}</article></main>'
        '<aside class="card"><dl><dt>Status</dt><dd>In detention</dd><dt>Term</dt><dd>see the text</dd></dl>'
        "<details><summary>Where to write</summary><p>To the address in the text.</p></details></aside></div>"
        f'<div class="related"><h2>{f.related_heading}</h2>{related}</div><footer>{f.digest}<p>{f.copyright}</p></footer>'
        f'<div class="cookie-bar">{f.notice}</div>',
    )


def breaks(lines: Sequence[str], f: Furniture) -> str:
    """Nothing but font, center and br, and upper-case tags that nobody closes."""
    text = _set(
        lines,
        {
            "title": "<CENTER><FONT SIZE=5><B>{}</B></FONT></CENTER><BR>",
            "date": "<I>{}</I><BR>",
            "caption": "<CENTER><IMG SRC=a.gif><BR><FONT SIZE=1>{}</FONT></CENTER>",
            "heading": "<B>{}</B><BR><BR>",
            "text": "&nbsp;&nbsp;{}<BR>\n<BR>",
        },
    )
    return _page(
        f"<TITLE>{_e(_title(lines))}</TITLE>",
        f" BGCOLOR=#ffffff><CENTER>{_links(f.menu, between=' | ')}</CENTER><HR>{text}<HR><CENTER>"
        f"<FONT SIZE=1>{f.counter}<BR>{f.copyright}</FONT></CENTER>",
    )


def sections(lines: Sequence[str], f: Furniture) -> str:
    """Each part of the text is a section of its own, and the opening stands in a header after the title."""
    parts: list[list[str]] = [[]]
    for index, line in enumerate(lines):
        role = role_of(lines, index)
        if role == "heading":
            parts.append([f"<h2>{_e(line)}</h2>"])
        elif role != "title":
            parts[-1].append(f"<p>{_e(line)}</p>")
    rest = "".join(f"<section>{''.join(part)}</section>" for part in parts[1:])
    return _page(
        f"<title>{_e(_title(lines))}</title>",
        f'><div role="navigation">{_links(f.menu)}</div><h1>{_e(_title(lines))}</h1><header>{"".join(parts[0])}</header>'
        f'{rest}<div role="contentinfo">{f.copyright}</div>',
    )


def utility(lines: Sequence[str], f: Furniture) -> str:
    """Classes that say how a thing looks and never what it is."""
    text = _set(
        lines,
        {
            "title": '<h1 class="text-3xl font-bold mb-4">{}</h1>',
            "date": '<span class="text-sm text-gray-500 block">{}</span>',
            "caption": '<div class="text-xs italic mt-1">{}</div>',
            "heading": '<h2 class="text-xl mt-6">{}</h2>',
            "text": '<p class="mb-3 leading-7">{}</p>',
        },
    )
    related = "".join(
        f'<a href="/r" class="flex-1 p-4"><p class="font-bold">{_e(a)}</p><p class="text-sm">{_e(b)}</p></a>'
        for a, b in f.related
    )
    return _page(
        f'<title>{_e(_title(lines))} · Example</title><meta property="og:title" content="{html.escape(_title(lines))}">',
        f' class="antialiased"><div class="flex justify-between p-2">{_links(f.menu)}<button>{f.appeal}</button></div>'
        f'<div class="max-w-prose mx-auto">{text}</div><div class="bg-gray-100 p-8"><p class="font-bold">{f.related_heading}'
        f'</p><div class="flex">{related}</div></div><div class="text-center text-xs p-4">{f.copyright}</div>',
    )


def newsroom(lines: Sequence[str], f: Furniture) -> str:
    """Shares, a picture gallery, an appeal and teasers stand between the paragraphs."""
    between = {
        2: '<div class="share-buttons"><a href="#t">Telegram</a> <a href="#x">X</a></div>',
        4: f'<div class="related-inline"><h4>{f.related_heading}</h4><a href="/r">{_e(f.related[0][0])}</a></div>',
        6: f'<div class="newsletter"><p>{f.digest}</p><button>{f.appeal}</button></div>',
    }
    parts = []
    for index, line in enumerate(lines):
        markup = {
            "title": '<h1 class="headline">{}</h1>',
            "date": '<p class="byline"><span class="date">{}</span></p>',
            "caption": '<div class="gallery"><img src="a.jpg"><div class="caption">{}</div></div>',
            "heading": "<h3>{}</h3>",
            "text": "<p>{}</p>",
        }[role_of(lines, index)]
        parts.append(markup.format(_e(line)) + between.get(index, ""))
    related = "".join(f'<li><a href="/r">{_e(a)}</a><p>{_e(b)}</p></li>' for a, b in f.related)
    return _page(
        f"<title>{_e(_title(lines))} - Example</title>",
        f'><header class="site-header"><ul class="main-nav">{_links(f.menu, "<li>")}</ul></header>'
        f'<div class="story" itemscope itemtype="https://schema.org/NewsArticle"><div class="story-body" itemprop="articleBody">'
        f'{"".join(parts)}</div></div><div class="most-read"><h3>{f.related_heading}</h3><ul>{related}</ul></div>'
        f'<div class="footer-links"><small>{f.copyright}</small></div>',
    )


def form(lines: Sequence[str], f: Furniture) -> str:
    """One form around the page, ids that a server made, cells for columns."""
    text = _set(
        lines,
        {
            "title": '<span id="ctl00_lblTitle"><h2>{}</h2></span>',
            "date": '<span id="ctl00_lblDate">{}</span><br>',
            "caption": '<div id="ctl00_pnlImg"><img src="a.jpg"><br><small>{}</small></div>',
            "heading": "<p><strong>{}</strong></p>",
            "text": '<p style="text-align:justify">{}</p>',
        },
    )
    choices = "".join(f"<option>{_e(item)}</option>" for item in f.menu)
    return _page(
        f"<title>{_e(_title(lines))}</title>",
        f'><form id="aspnetForm" method="post"><input type="hidden" name="__VIEWSTATE" value="{"dDw" * 200}">'
        f'<div id="ctl00_menu">{_links(f.menu, between=" :: ")}<select>{choices}</select></div><table><tr><td valign="top">'
        f'<div id="ctl00_content">{text}</div></td></tr></table><div id="ctl00_footer">{f.copyright}</div></form>',
    )


def terms(lines: Sequence[str], f: Furniture) -> str:
    """Questions and answers as a list of terms, or as folded parts."""
    parts: list[str] = []
    opened = False
    for index, line in enumerate(lines):
        role = role_of(lines, index)
        if role == "title":
            parts.append(f"<h1>{_e(line)}</h1><dl>")
            opened = True
        elif role == "heading":
            parts.append(f"<dt>{_e(line)}</dt>")
        else:
            parts.append(f"<dd>{_e(line)}</dd>" if opened else f"<p>{_e(line)}</p>")
    return _page(
        f"<title>{_e(_title(lines))} | Example</title>",
        f'><div id="nav"><ul>{_links(f.menu, "<li>")}</ul></div><div id="content">{"".join(parts)}</dl></div>'
        f'<div id="footer">{f.copyright}</div>',
    )


STYLES: dict[str, Style] = {
    "semantic": semantic,
    "wordpress": wordpress,
    "hashed": hashed,
    "drupal": drupal,
    "table": table,
    "cards": cards,
    "breaks": breaks,
    "sections": sections,
    "utility": utility,
    "newsroom": newsroom,
    "form": form,
    "terms": terms,
}
