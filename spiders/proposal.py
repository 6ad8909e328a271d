"""The definition that is proposed for a site that was looked at, and the table that says what it rests on.

Nothing is left out that may hold pages: what is excluded is excluded by the program that the site runs, by name. What
was measured on too few pages is not proposed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from spiders.address import AddressError, host_and_port, join_link
from spiders.definition import Selectors, SiteDefinition, entry_of
from spiders.kinds import kind_of
from spiders.known import KNOWN_SITES
from spiders.look import LANGUAGES, Look
from spiders.revisit import LISTINGS
from spiders.shapes import ANY_HOST, PAGE_NUMBER, Shape, literal
from spiders.signs import Signs, measure

CASE_WORDS: Final = re.compile(
    r"(?:cases?|persons?|people|prisoners?|politzek|political-?prisoners?|figurants?|defendants?|detainees?|victims?"
    r"|profiles?|heroes|dela|delo|sprav[aiy]|spravy|uznik\w*|zaklyuch\w*|politzakl\w*|politvyaz\w*|viazni\w*|vyazni\w*"
    r"|palit?viazn\w*|dossiers?|hostages?|дел[ао]|справ[аиы]|людзі|люди|персон[аы]|узник\w*|вязн\w*|в'язн\w*|фигурант\w*)\Z",
    re.IGNORECASE,
)
LIST_WORDS: Final = re.compile(
    r"(?:category|categories|tags?|topics?|section|rubric|rubrika|authors?|page|taxonomy|search|viewforum\.php|labels?)\Z",
    re.IGNORECASE,
)
"""Folders whose pages are lists of others."""
_OF_PROGRAM: Final = {
    "wordpress": (
        r"/wp-(?:admin|includes|login\.php|json)(?:/|\?|$)",
        r"/xmlrpc\.php",
        r"/feed/?$",
        r"[?&](?:replytocom|share|like_comment|s)=",
    ),
    "drupal": (
        r"/user/(?:login|register|password)",
        r"/search/(?:node|site|user)",
        r"/comment/reply/",
        r"/(?:print|printpdf)/",
    ),
    "bitrix": (
        r"/bitrix/(?!rss)",
        r"/(?:auth|login|search|personal)/(?:\?|$)",
        r"[?&](?:print|logout|login|register|forgot_password|back_url\w*|bxajaxid|clear_cache|action|set_filter)=",
    ),
    "phpbb": (
        r"/(?:posting|memberlist|ucp|mcp|search|cron|report|faq|viewonline)\.php",
        r"[?&]view=(?:print|next|previous|unread|newest)",
        r"/viewtopic\.php\?(?:.*&)?p=",
        r"[?&](?:sk|sd|hilit)=",
    ),
    "google sites": (
        r"/system/app/pages/(?:search|report|meta|admin|suiteLogin|removeAccess)",
        r"[?&](?:tmpl|attredirects|offset|pageId|showPrintDialog)=",
        r"/_/rsrc/",
    ),
    "joomla": (r"[?&](?:tmpl=component|print=1)", r"/component/(?:search|users|mailto)"),
}
_SEEN: Final = (
    r"[?&](?:print|printable|print_version)(?:=|&|$)|[?&]version=print",
    r"/print/?(?:$|\?)",
    r"/(?:login|logout|signin|signup|register)(?:/|\.\w+)?(?:$|\?)",
    r"/search(?:/|\.\w+)?(?:$|\?)",
    r"[?&](?:replytocom|share)=",
    r"[?&](?:sort|order|orderby|sort_by)=",
)
"""Exclusions that are proposed where the site links to such addresses."""

_UNDER: Final = 5
"""Addresses in a folder, up to which it is not believed to be what the site consists of."""
_ALIKE: Final = 12
"""Lists of one shape, up to which all of them are proposed: forums of a board, sections of a newspaper."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: what was looked for, and what was found."""

    what: str
    found: str
    """Empty: nothing."""
    note: str = ""
    """What to make of it."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A definition, and what it rests on."""

    site: SiteDefinition
    rows: tuple[Row, ...]
    missing: tuple[str, ...]
    """What an archivist should look after."""

    def entry(self) -> dict[str, Any]:
        """The `[[site]]` table."""
        return entry_of(self.site)


def propose(look: Look, *, name: str) -> Proposal:
    """What the definition of a site that was looked at may say."""
    exclude = _exclude(look)
    kinds = _Kinds(look, exclude)
    languages, language_paths = _languages(look, kinds)
    selectors = _selectors(look, kinds)
    begins = look.home is not None and look.home.ok and look.page is not None
    site = SiteDefinition(
        name=name,
        start=(look.url,) if begins else (),
        languages=languages,
        include=_include(look),
        exclude=exclude,
        mirrors=(look.mirror_of,) if look.mirror_of else (),
        lists=_lists(look, kinds, exclude),
        feeds=tuple(one.url for one in look.of("feed")),
        sitemaps=_sitemaps(look),
        rest=tuple(one.url for one in look.of("rest")),
        apis=tuple(one.api for one in look.of("api") if one.api is not None),
        kinds=kinds.patterns(),
        language_paths=language_paths,
        selectors=selectors,
    )
    if not site.seeds:
        site = replace(site, start=(look.url,))
    site = replace(site, revisit=tuple(_revisit(look, site)))
    if "telegram" in look.marks and look.page is not None:
        # what a channel's preview is built like is known, whatever host shows it
        site = replace(KNOWN_SITES["telegram"], name=name, start=(look.url,))
    return Proposal(site, tuple(_rows(look, site, kinds)), tuple(_missing(look, site, kinds)))


# -- kinds of page


@dataclass(frozen=True, slots=True)
class _Sorted:
    """A shape of addresses, and what kind of page it is."""

    shape: Shape
    kind: str
    urls: tuple[str, ...]
    articles: tuple[Signs, ...] = ()
    """Pages of it that were fetched and read as articles."""

    @property
    def key(self) -> str:
        """The parameter of the query with most different values."""
        values: dict[str, set[str]] = {}
        for url in self.urls:
            for key, value in parse_qsl(urlsplit(url).query, keep_blank_values=True):
                values.setdefault(key, set()).add(value)
        return max(values, key=lambda key: len(values[key]), default="")

    @property
    def pattern(self) -> str:
        """For a list in a folder like /category/, all that is in it; else addresses of the shape."""
        parts = self.shape.parts
        for place, part in enumerate(parts[:-1] if self.kind == "list" and not self.shape.query else ()):
            if part.startswith("=") and LIST_WORDS.match(part[1:]):
                path = "".join(
                    f"/{literal(one[1:])}" if one.startswith("=") else "/[^/?]+" for one in parts[: place + 1]
                )
                return f"{ANY_HOST}{path}/"
        return self.shape.pattern(self.key)


class _Kinds:
    """Which shapes of addresses are what kind of page."""

    def __init__(self, look: Look, exclude: Sequence[str]) -> None:
        self._named = {look.own(url) for one in look.listed if one.way in {"feed", "rest", "api"} for url in one.pages}
        self._start = look.url
        self.sorted: list[_Sorted] = []
        """The commonest shape first."""
        self.articles: list[Signs] = []
        """Pages that were fetched and read as articles, those of the commonest shape first."""
        for shape, urls in look.shapes().items():
            wanted = tuple(url for url in urls if not any(re.search(pattern, url) for pattern in exclude))
            pages = [page for url in wanted if (page := look.page_at(url)) is not None]
            kind = self._kind(shape, wanted, pages) if wanted else ""
            if kind:
                articles = tuple(page for page in pages if page.reads_as_article) if kind != "list" else ()
                self.sorted.append(_Sorted(shape, kind, wanted, articles))
                self.articles += articles

    def _kind(self, shape: Shape, urls: Sequence[str], pages: Sequence[Signs]) -> str:
        if self._start in urls or not shape.parts:
            return ""
        named = len(self._named.intersection(urls))
        articles = sum(page.reads_as_article for page in pages)
        if not named and not articles:
            if any(map(LIST_WORDS.match, shape.words)) or sum(map(_is_paged, urls)) * 2 > len(urls):
                return "list"
            return "list" if pages and all(len(page.links) > 8 for page in pages) else ""
        if articles * 2 < len(pages) and not named:
            return "list" if all(len(page.links) > 8 for page in pages) else ""
        if len(urls) < 3 and not named and not any(part[0] in "YDN" for part in shape.parts):
            return ""  # a page that says what the site is reads like an article too
        return "case" if any(map(CASE_WORDS.match, shape.words)) else "news"

    def patterns(self) -> tuple[tuple[str, str], ...]:
        """For a definition: lists first, whose addresses the others' patterns may fit too; the vaguest last."""
        if not self.sorted:
            return ()
        pages = [one for one in self.sorted if one.kind != "list"]
        taken = {one.pattern for one in pages}
        # a list's pattern comes first: it may fit no article, as that of an article's second part would
        articles = [url for one in pages for url in one.urls]
        lists = [
            one
            for one in self.sorted
            if one.kind == "list"
            and one.shape.told
            and one.pattern not in taken
            and not any(re.search(one.pattern, url) for url in articles)
        ]
        pages.sort(key=lambda one: (not one.shape.told, one.kind != "case"))
        home = literal(urlsplit(self._start).path.rstrip("/"))
        own = (rf"{ANY_HOST}{home}/?$", "list")
        return tuple(dict.fromkeys((own, *((one.pattern, one.kind) for one in (*lists, *pages)))))


def _is_paged(url: str) -> bool:
    return PAGE_NUMBER.search(url) is not None


# -- what belongs to the site


def _include(look: Look) -> tuple[str, ...]:
    """The folder that the address is in, where the site is a part of its host; with what its pages name outside."""
    folder = urlsplit(join_link(look.url, "./")).path
    # where a feed or a list in JSON lies says nothing about where its pages lie
    if folder == "/" or look.page is None:
        return ()
    # the root's sitemap names the whole host, and says nothing about this part of it
    near = [own for page in look.pages.values() for url in (*page.links, *page.frames) if (own := look.own(url))]
    near += [own for one in look.listed if one.way != "sitemap" for url in one.pages if (own := look.own(url))]
    paths = [urlsplit(url).path for url in dict.fromkeys(near) if url != look.url]
    inside = [path for path in paths if path.startswith(folder)]
    patterns = [ANY_HOST + literal(folder)]
    if len(inside) > _UNDER or not paths:
        return tuple(patterns)
    outside = Counter(path.split("/")[1] if path.count("/") > 1 else "" for path in paths if path not in inside)
    for segment, number in outside.most_common(4):
        if number < _UNDER:
            continue
        if not segment:
            return ()  # they lie at the root, beside everything else
        first = r"\d{4}" if re.fullmatch(r"(?:19|20)\d\d", segment) else literal(segment)
        patterns.append(f"{ANY_HOST}/{first}/")
    return tuple(dict.fromkeys(patterns)) if len(patterns) > 1 or inside else ()


def _exclude(look: Look) -> tuple[str, ...]:
    found = [pattern for mark in sorted(look.marks) for pattern in _OF_PROGRAM.get(mark, ())]
    links = {url for page in look.pages.values() for url in page.links}
    links = {url for url in links if not any(re.search(pattern, url) for pattern in found)}
    found += [pattern for pattern in _SEEN if any(re.search(pattern, url) for url in links)]
    # an exclusion that fits what a feed, a sitemap or an interface names, or what reads as an article, loses pages
    wanted = {url for one in look.listed for url in one.pages}
    wanted |= {url for url, page in look.pages.items() if page.reads_as_article}
    return tuple(pattern for pattern in dict.fromkeys(found) if not any(re.search(pattern, url) for url in wanted))


def _lists(look: Look, kinds: _Kinds, exclude: Sequence[str]) -> tuple[str, ...]:
    """Pages that were fetched and have further pages, others of their shape, and Google Sites' own list of pages."""
    found = []
    for url, page in look.pages.items():
        if _is_paged(url) or page.reads_as_article:
            continue
        folder = urlsplit(url).path.rstrip("/").rpartition("/")[0]
        own = (urlsplit(link).path for link in page.links if _is_paged(link) and look.own(link))
        goes_on = page.following or any(map(_is_paged, page.script_addresses))
        if goes_on or any(path.startswith(f"{folder}/") for path in own):
            found.append(url)
            alike = next((one.urls for one in kinds.sorted if one.kind == "list" and look.own(url) in one.urls), ())
            found += alike if len(alike) <= _ALIKE else ()
    if "google sites" in look.marks:
        links = (link for page in look.pages.values() for link in page.links)
        found += [link for link in links if "/system/app/pages/sitemap/" in link]
    own_urls = (look.own(url) or url for url in found)
    # what is named as a list is fetched whatever is excluded: the same list in another order is not wanted
    wanted = (url for url in dict.fromkeys(own_urls) if not any(re.search(pattern, url) for pattern in exclude))
    return tuple(url for url in wanted if not _is_paged(url))[:_ALIKE]


def _revisit(look: Look, site: SiteDefinition) -> Iterator[tuple[str, str]]:
    """Kinds whose pages an interface names with the time of their change: what is as it was is left alone then. All
    else at every run, whether anything links to it still or not."""
    telling = [one for one in look.listed if one.way == "rest" or (one.api is not None and one.api.modified)]
    kinds = {kind_of(site, own) for one in telling for url in one.pages if (own := look.own(url)) is not None}
    yield from ((kind, "daily") for kind in dict.fromkeys(kind for _, kind in site.kinds) if kind in kinds - LISTINGS)
    yield "other", "always"


def _sitemaps(look: Look) -> tuple[str, ...]:
    answered = [one.url for one in look.of("sitemap")]
    tried = {one.url for one in look.tried if one.what == "sitemap"}
    # robots.txt names them: those that were not asked for are taken at its word
    named = []
    for one in look.robots.sitemaps:
        try:
            url = join_link(look.url, one)
        except AddressError:
            continue
        if url not in tried and url not in look.foreign_sitemaps:
            named.append(url)
    return tuple(dict.fromkeys((*answered, *named)))


# -- languages


def _languages(look: Look, kinds: _Kinds) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    first = Counter(
        segments[0].lower()
        for url in look.addresses()
        if (segments := [one for one in urlsplit(url).path.split("/") if one])
    )
    named = {_plain(language) for page in look.pages.values() for language, _ in page.translations} | {
        _plain(page.language) for page in look.pages.values() if page.language
    }
    prefixes = {
        segment: LANGUAGES[segment]
        for segment, number in first.items()
        if segment in LANGUAGES and (LANGUAGES[segment] in named or number >= 3)
    }
    found = Counter(tell for page in kinds.articles if (tell := look.language_of(_text_of(page))))
    at_home = _plain(look.page.language) if look.page is not None else ""
    # what the first page says of itself is believed where the articles bear it out
    main = sorted((language for language, _ in found.most_common()), key=lambda language: language != at_home)
    if not main and look.page is not None and look.page.language:
        main = [_plain(look.page.language)]
    others = sorted({*prefixes.values(), *(one for one in named if len(one) in {2, 3})})
    languages = tuple(dict.fromkeys((*main, *others)))
    paths = tuple((f"{ANY_HOST}/{segment}(?:/|$)", language) for segment, language in sorted(prefixes.items()))
    return languages, paths


def _plain(language: str) -> str:
    code = re.split("[-_]", language.strip().lower())[0]
    return LANGUAGES.get(code, code)


def _text_of(page: Signs) -> str:
    lines = (
        " ".join(text.split())
        for text in page.tree.xpath("//body//text()[not(ancestor::script)][not(ancestor::style)]")
    )
    return "\n".join(line for line in lines if len(line) > 60)[:3000]


# -- selectors


def _selectors(look: Look, kinds: _Kinds) -> Selectors:
    """What holds for all articles that were seen; else what holds for those of one shape, and for no other's."""
    following = ""
    for page in look.pages.values():
        if not page.following and any(map(_is_paged, page.script_addresses)):
            following = _load_more(page)
    groups = [one.articles[:3] for one in kinds.sorted if one.articles][:4]
    every = measure([page for group in groups for page in group])
    own = [measure(group) for group in groups]

    def said(name: str) -> tuple[str, ...]:
        if found := getattr(every, name):
            return (found,)
        selectors = dict.fromkeys(getattr(one, name) for one in own)
        return tuple(
            selector
            for selector in selectors
            if selector
            and not any(
                getattr(measured, name) != selector and any(page.tree.cssselect(selector) for page in group)
                for measured, group in zip(own, groups, strict=True)
            )
        )

    return Selectors(
        title=said("title"), body=said("body"), published=said("published"), next=(following,) if following else ()
    )


def _load_more(page: Signs) -> str:
    """Where a button keeps the address of the next part."""
    for element in page.tree.xpath("//body//*[@*[starts-with(name(), 'data-')]]"):
        for name, value in element.attrib.items():
            if re.fullmatch(r"data-[a-z-]{1,40}", name) and _is_paged(value):
                return f"xpath://*[@{name}]/@{name}"
    return ""


# -- what people are shown


def _rows(look: Look, site: SiteDefinition, kinds: _Kinds) -> Iterator[Row]:
    assert look.home is not None, "only a site that was reached is proposed"
    moved = f"for {look.asked}" if look.url != look.asked else ""
    yield Row("address", look.url, moved)
    if look.mirror_of:
        yield Row("mirror of", look.mirror_of, "its listings name pages there, which are here too")
    generator = next((page.generator for page in look.pages.values() if page.generator), "")
    yield Row("built with", generator or ", ".join(sorted(look.marks)))
    group = look.robots.group_for("khronika")
    delay = f"; Crawl-delay {group.crawl_delay:g} s" if group is not None and group.crawl_delay else ""
    rules = (
        f", {len(group.rules)} rule{'s' if len(group.rules) > 1 else ''} for us"
        if group is not None and group.rules
        else ""
    )
    yield Row(
        "robots.txt", "" if look.robots_words.startswith(("none", "could")) else look.robots_words + rules + delay
    )
    for way, words in (("feed", "feeds"), ("sitemap", "sitemaps"), ("rest", "WordPress REST"), ("api", "JSON lists")):
        yield Row(words, "", _tried(look, way)) if not look.of(way) else Row(words, *_first_listed(look, way))
        yield from (Row("", one.url, _of_listed(one)) for one in look.of(way)[1:])
    yield Row("listings", ", ".join(_paths(site.lists)))
    yield Row("languages", ", ".join(site.languages))
    for one in kinds.sorted[:8]:
        yield Row(f"kind {one.kind}", one.shape.name, _seen(len(one.urls), "address", "es"))
    if not kinds.sorted:
        yield Row("kinds", "")
    for kind, rhythm in site.revisit[:-1]:
        yield Row(
            f"revisit {kind}", rhythm, "and what an interface says to be changed; not what it says to be as it was"
        )
    seen = sum(len(one.articles[:3]) for one in kinds.sorted[:4])
    for what in ("title", "body", "published"):
        selectors: tuple[str, ...] = getattr(site.selectors, what)
        note = f"once on each of {seen} pages" if len(selectors) == 1 else "each for pages of one shape"
        yield Row(f"selector {what}", " | ".join(selectors), note if selectors else "")
    for url, note in list(look.charset_notes.items())[:2]:
        yield Row("encoding", note, url)


def _first_listed(look: Look, way: str) -> tuple[str, str]:
    one = look.of(way)[0]
    return one.url, _of_listed(one)


def _of_listed(one: Any) -> str:
    own = _seen(one.number, "page") + (f" in the first of {one.parts} parts" if one.parts > 1 else "")
    return own + (f"; {len(one.abroad)} on other hosts, which are not taken" if one.abroad else "")


def _seen(number: int, word: str, plural: str = "s") -> str:
    return f"{number} {word}{plural if number != 1 else ''} seen"


def _tried(look: Look, way: str) -> str:
    what = {"feed": "feed", "sitemap": "sitemap", "rest": "REST", "api": "JSON"}[way]
    tried = [one for one in look.tried if one.what == what]
    return f"{len(tried)} address{'es' if len(tried) > 1 else ''} tried" if tried else ""


def _paths(urls: Sequence[str]) -> list[str]:
    return [url.partition("://")[2].partition("/")[2].join(("/", "")) for url in urls]


def _missing(look: Look, site: SiteDefinition, kinds: _Kinds) -> Iterator[str]:
    assert look.home is not None, "only a site that was reached is proposed"
    if not look.home.ok:
        yield f"the first page could not be had ({look.home.words}): the crawl begins at what was found beside it"
    if look.page is not None and look.is_shell() and not look.listed and not kinds.articles:
        yield "the first page says next to nothing before its scripts have run, and no other way to its pages was found"
    pages = {url for one in look.listed for url in one.pages}
    elsewhere = any(one.abroad for one in look.listed)
    if elsewhere and not pages:
        yield "what was found names pages on other hosts only: if they are this site's own, name them in mirrors"
    canonical = {host_and_port(page.canonical) for page in look.pages.values() if page.canonical}
    if (
        canonical
        and host_and_port(look.url) not in canonical
        and not any(_same_site(look.url, one) for one in canonical)
    ):
        named = ", ".join(sorted(canonical))
        yield f"the pages call {named} their own host; if it serves the same pages, name it in mirrors"
    for url in look.foreign_sitemaps[:3]:
        yield f"a sitemap on another host is named, {url}: add it to sitemaps if it is this site's"
    abroad = {url for page in look.pages.values() for _, url in page.translations if look.own(url) is None}
    others = sorted({host_and_port(url).removesuffix(":443").removesuffix(":80") for url in abroad})
    if others:
        yield f"the pages name translations at {', '.join(others[:5])}: add to hosts what belongs to the site"
    if look.page is not None and look.page.reads_as_article and urlsplit(look.url).path.count("/") > 2:
        yield "the address reads like one article: give the site's first page, or a list, if more is wanted"
    if look.soft:
        yield "the site answers 200 for pages that it does not have: such captures are no sign of a page"
    if not kinds.articles:
        yield "no page was seen that reads as an article: kinds and selectors are for you to add"
    elif not site.selectors.body:
        yield "no selector for the main text holds on all pages seen: the general method is used"
    if look.unasked:
        why = "--requests allows more" if look.guesses else "the profile is discreet"
        yield f"{look.unasked} guesses at feeds, sitemaps and the like were not made: {why}"
    denied = [one.url for one in look.tried if one.outcome.startswith("robots.txt")]
    if denied:
        yield f"robots.txt disallows {len(denied)} of the addresses that were looked for, such as {denied[0]}"


def _same_site(url: str, other: str) -> bool:
    return host_and_port(url).removeprefix("www.") == other.removeprefix("www.")
