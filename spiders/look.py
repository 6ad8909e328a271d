"""Looking at a site that nobody has described: which questions to ask it, and what its answers tell.

`Look.questions` is a generator: it yields addresses and is sent what came back. It fetches nothing itself, so a test
can answer, and whoever fetches (`crawler/looking.py`) does it as a crawl would. The order is that of what is worth
most: robots.txt, the page itself, what these two name (sitemaps, feeds, WordPress's REST interface, JSON), common
addresses of what they do not name, then a few listings and pages. `spiders/proposal.py` makes a definition of it.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal
from urllib.parse import urlsplit, urlunsplit

from spiders.address import AddressError, join_link, url_key
from spiders.definition import Api, SiteDefinition
from spiders.entry import NotAListingError
from spiders.feeds import Addresses, feed_addresses, sitemap_addresses
from spiders.identity import Identity
from spiders.json_lists import CURSORS, OFFSETS, PAGES, JsonList, addresses_in, json_list, with_parameter
from spiders.robots_rules import RobotsTxt, parse_robots
from spiders.scope import Scope
from spiders.shapes import PAGE_NUMBER, Shape, shapes_of
from spiders.signs import Signs, addresses_in_script, json_in, refresh_header, signs_of

REQUESTS: Final = 24
"""Requests that a look may take."""
MANY: Final = 3000
"""Addresses of one listing that are sorted by shape."""
KEPT: Final = 10
"""Requests of those that are kept for listings and pages: guessing addresses may not use them up."""

_CODES: Final = (
    *("en", "ru", "uk", "be", "kk", "hy", "az", "ky", "tg", "uz", "ro", "pl", "de", "fr", "es", "tt", "ka", "lt", "lv"),
    *("et", "fi", "cs", "crh", "cv", "ce", "os", "sah"),
)
LANGUAGES: Final = {
    **dict(zip(_CODES, _CODES, strict=True)),
    "ua": "uk",
    "by": "be",
    "eng": "en",
    "rus": "ru",
    "ukr": "uk",
    "bel": "be",
    "kz": "kk",
    "am": "hy",
}
"""Segments of paths that name a language, and its BCP 47 tag."""

What = Literal["robots.txt", "page", "frame", "sitemap", "feed", "REST", "JSON", "script", "listing", "article"]


@dataclass(frozen=True, slots=True)
class Question:
    """An address to fetch, and what is hoped for there."""

    url: str
    what: What
    guessed: bool = False
    """Whether nothing on the site names it."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came back."""

    url: str
    """The address that was asked for."""
    final: str
    """Where redirects ended."""
    status: int | None
    """None: no answer."""
    problem: str = ""
    """Why there is none, or robots.txt's word."""
    denied: bool = False
    """Whether robots.txt disallows it; nothing was asked then."""
    media_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    """By names in lower case."""
    octets: bytes = b""
    text: str = ""
    charset: str = "utf-8"
    charset_note: str = ""
    """What is odd about its encoding; empty: nothing is."""

    @property
    def ok(self) -> bool:
        """Whether there is a page."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def words(self) -> str:
        """What became of the question, for people."""
        if self.status is None:
            return self.problem or "no answer"
        return f"HTTP {self.status}" + (f", {self.media_type}" if self.media_type and self.ok else "")


@dataclass(frozen=True, slots=True)
class Tried:
    """A question that was asked, and what came of it."""

    what: What
    url: str
    outcome: str
    found: bool
    guessed: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """A feed, sitemap, REST collection or JSON list that answers."""

    way: Literal["feed", "sitemap", "rest", "api"]
    url: str
    pages: tuple[str, ...]
    """Addresses of the site's own pages that it names, some of them where there are many."""
    number: int
    """How many it names, as far as was looked."""
    parts: int = 1
    """Documents that it consists of, as far as is known."""
    abroad: tuple[str, ...] = ()
    """Addresses that are on other hosts."""
    api: Api | None = None


Ask = Generator[Question, Fetched, "Fetched | None"]

_FEED_LINK = re.compile(r"(?:/|[?&=])(?:rss|feed|atom)(?:\.xml|\.php|\.json|/)?(?:\?|$|&)|\.rss$|/rss/", re.IGNORECASE)
_COMMENTS = re.compile(r"comment", re.IGNORECASE)
_FILE = re.compile(
    r"\.(?:jpe?g|png|gif|webp|svg|ico|avif|pdf|docx?|xlsx?|pptx?|odt|rtf|zip|rar|gz|7z|mp[34]|m4a|ogg|avi|mov|webm|css|js"
    r"|xml|rss|atom|json|txt|csv|epub|fb2|djvu|exe|apk|woff2?|ttf)$",
    re.IGNORECASE,
)
_NO_PAGE = re.compile(
    r"/(?:login|logout|sign-?in|sign-?up|register|auth|user|cart|search|share|print|wp-admin|wp-login\.php)(?:[/?.]|$)"
    r"|[?&](?:s|q|query|replytocom|share|print|printable|tmpl|login|register|view)=|/system/app/"
    r"|[?&](?:sort|order|orderby|sort_by|sk|sd)=|/comment/reply/"
    r"|/(?:ucp|memberlist|posting|faq|search)\.php",
    re.IGNORECASE,
)
"""Addresses that are not worth one of a look's few requests."""
_LISTING = re.compile(
    r"(?:^|[/._=-])(?:news|novosti|novyny|naviny|новост|новин|навін|articles?|stat[iy]|archives?|arhiv|архив|архів|blog|posts?|press"
    r"|publi[ck]|texts?|teksty|stories|story|cases|dela|sprav|persons?|people|prisoners|list|spisok|category|section"
    r"|rubri[ck]|topics?|tags?|reports?|all|sitemap|map|karta|viewforum|forum|index|digest|chronicle|hronika|events)",
    re.IGNORECASE,
)
_API = re.compile(
    r"/(?:api|jsonapi|rest|graph|backend|data)(?:/|\.|$|\?)|\.json(?:\?|$)|[?&](?:_format|format|type)=json",
    re.IGNORECASE,
)
_API_NOISE = re.compile(
    r"(?:track|metric|analytics|log|event|stat|config|settings|auth|login|user|session|captcha|comment|vote|like|search"
    r"|manifest|package|oembed|graphql|webpush|subscribe|manifest\.json)s?(?:/|\.|\?|$)",
    re.IGNORECASE,
)
API_GUESSES: Final = (
    *("/api/articles", "/api/posts", "/api/news", "/api/v1/articles", "/api/v1/posts", "/api/v1/news", "/api"),
    *("/api/items", "/api/v1/", "/feed.json", "/openapi.json", "/jsonapi/node/article"),
)
_NOT_CONTENT: Final = frozenset(
    {"media", "attachment", "blocks", "templates", "template-parts", "navigation", "menu-items", "font-families"}
)


class Look:
    """One look at one site."""

    def __init__(
        self,
        url: str,
        *,
        requests: int = REQUESTS,
        guesses: bool = True,
        language_of: Callable[[str], str] = lambda _: "",
    ) -> None:
        """`guesses`: whether addresses are asked for that nothing on the site names; `language_of` tells the language
        of a text, or nothing. Raises AddressError when `url` is no address."""
        self.asked = join_link(url, "")
        self.url = self.asked
        """Where the site begins: the address that was asked for, or where it redirects to."""
        self.language_of = language_of
        self.home: Fetched | None = None
        self.page: Signs | None = None
        self.robots: RobotsTxt = parse_robots(b"")
        self.robots_words = "not asked"
        self.tried: list[Tried] = []
        self.unasked = 0
        """Questions that were left out, because there had been enough."""
        self.listed: list[Listed] = []
        self.pages: dict[str, Signs] = {}
        """HTML pages that were fetched, by address."""
        self._finals: dict[str, str] = {}
        self.charset_notes: dict[str, str] = {}
        self.foreign_sitemaps: list[str] = []
        """Sitemaps on other hosts that are named; they are not asked for."""
        self._rest_root = ""
        self._parts: list[str] = []
        """First pages of other languages, with a slash."""
        self.mirror_of = ""
        """Another host whose pages are here too, by the word of the site's own listings."""
        self.soft = False
        """Whether the site answers 200 for what it does not have."""
        self._left = requests
        self.guesses = guesses
        self._answers: dict[str, Fetched] = {}
        self._trees(SiteDefinition(name="look", start=(self.url,)))

    def _trees(self, site: SiteDefinition) -> None:
        self._scope = Scope(site)
        self._identity = Identity(site)

    # -- what was found

    @property
    def reached(self) -> bool:
        """Whether there is anything to propose."""
        return bool(self.pages or self.listed)

    def of(self, way: str) -> tuple[Listed, ...]:
        """The listings of a kind that answered."""
        return tuple(one for one in self.listed if one.way == way)

    def addresses(self) -> tuple[str, ...]:
        """Addresses of the site's pages from everywhere, cleaned, without repeats."""
        found: dict[str, None] = {}
        for url in self._all_addresses():
            if (cleaned := self.own(url)) is not None:
                found.setdefault(cleaned)
        return tuple(found)

    def _all_addresses(self) -> Iterator[str]:
        for page in self.pages.values():
            yield from page.links
            yield from page.frames
        for listed in self.listed:
            yield from listed.pages

    def own(self, url: str) -> str | None:
        """The address as it would be fetched, where it may be one of the site's pages."""
        try:
            if not self._scope.has_host(url) or _FILE.search(urlsplit(url).path) or _NO_PAGE.search(url):
                return None
            if _FEED_LINK.search(url):
                return None
            return self._identity.clean(url)
        except AddressError:
            return None

    def shapes(self) -> Mapping[Shape, tuple[str, ...]]:
        """The site's addresses by shape."""
        return shapes_of(self.addresses())

    def page_at(self, url: str) -> Signs | None:
        """The page that was fetched from an address, wherever it redirects to."""
        return self.pages.get(self._finals.get(url, url))

    # -- the questions

    def questions(self) -> Generator[Question, Fetched, None]:
        """All questions, one after the other."""
        answer = yield from self._get(join_link(self.asked, "/robots.txt"), "robots.txt")
        self._read_robots(answer)
        yield from self._first_page()
        if self.home is None or self.home.denied or self.home.status is None:
            return
        if self.page is None and json_in(self.home.text) is not None:
            yield from self._apis()
        yield from self._languages()
        yield from self._sitemaps()
        yield from self._feeds()
        yield from self._rest()
        yield from self._apis()
        yield from self._mirror()
        yield from self._listings()
        yield from self._articles()
        yield from self._deeper()
        yield from self._rest_of_folders()
        # what was found on the way down may be of other shapes
        yield from self._articles()

    def _get(self, url: str, what: What, *, guessed: bool = False) -> Ask:
        key = url_key(url)
        if key in self._answers:
            return self._answers[key]
        if guessed and not self.guesses:
            self.unasked += 1
            return None
        if self._left <= (KEPT if guessed else 0):
            self.unasked += guessed
            return None
        self._left -= 1
        answer = yield Question(url, what, guessed)
        self._answers[key] = answer
        self._answers.setdefault(url_key(answer.final), answer)
        if answer.charset_note:
            self.charset_notes[answer.final] = answer.charset_note
        return answer

    def _note(self, what: What, answer: Fetched, outcome: str, *, found: bool, guessed: bool = False) -> None:
        self.tried.append(Tried(what, answer.url, outcome, found, guessed))

    def _read_robots(self, answer: Fetched | None) -> None:
        if answer is None or not answer.ok:
            self.robots_words = "none" if answer is not None and answer.status else "could not be had"
            return
        if answer.text.lstrip()[:1] == "<":
            self.robots_words = "none (a web page stands in its place)"
            return
        self.robots = parse_robots(answer.octets)
        self.robots_words = "there"

    # -- the first page

    def _first_page(self) -> Generator[Question, Fetched, None]:
        url = self.asked
        for _ in range(3):
            answer = yield from self._get(url, "page")
            if answer is None:
                return
            self.home = answer
            if answer.status is None or answer.denied:
                self._note("page", answer, answer.words, found=False)
                return
            page = self._take_page(answer)
            target = (page.refresh if page else "") or refresh_header(answer.headers.get("refresh", ""), answer.final)
            # a page that only sends its readers on
            if not target or (page and page.text > 400) or url_key(target) == url_key(answer.final):
                break
            url = target
        self.url = self.home.final if self.home else self.asked
        self._trees(SiteDefinition(name="look", start=(self.url,)))
        self.page = self.pages.get(self.url)
        assert self.home is not None, "the loop has asked once"
        self._note("page", self.home, self.home.words, found=self.home.ok)
        for frame in self.page.frames[:4] if self.page else ():
            if self._scope.has_host(frame) and (answer := (yield from self._get(frame, "frame"))) is not None:
                self._note("frame", answer, answer.words, found=self._take_page(answer) is not None)

    def _take_page(self, answer: Fetched) -> Signs | None:
        """The page's signs, where it is HTML; kept."""
        if not answer.ok or not looks_like_html(answer.text):
            return None
        page = signs_of(answer.text, answer.final, answer.charset)
        self.pages[answer.final] = page
        self._finals[answer.url] = answer.final
        return page

    @property
    def marks(self) -> frozenset[str]:
        """Programs that the pages give away."""
        named = (
            (self.home.headers.get("x-generator", "") + self.home.headers.get("x-powered-by", "")) if self.home else ""
        )
        of_head = {name for name in ("drupal", "bitrix", "next.js", "wordpress") if name in named.lower()}
        return frozenset(of_head).union(*(page.marks for page in self.pages.values()))

    def _folders(self) -> tuple[str, str]:
        """Folders that files of the site may lie in: the address's own, the host's root."""
        return join_link(self.url, "./"), join_link(self.url, "/")

    def _guesses(self, names: Sequence[str]) -> list[str]:
        """Where files of these names may lie, the likeliest of them in the address's own folder first."""
        folder, root = self._folders()
        near = names[:2] if folder != root else ()
        return list(dict.fromkeys(join_link(at, name) for at, of in ((folder, near), (root, names)) for name in of))

    def _languages(self) -> Generator[Question, Fetched, None]:
        """The first pages of other languages: they name feeds of their own."""
        if self.page is None:
            return
        named = [url for _, url in self.page.translations] + list(self.page.links)
        homes = [url for url in named if urlsplit(url).path.strip("/") in LANGUAGES and self.own(url) is not None]
        for url in list(dict.fromkeys(url for url in homes if url_key(url) != url_key(self.url)))[:2]:
            answer = yield from self._get(url, "listing")
            signs = self._take_page(answer) if answer is not None else None
            if answer is not None:
                self._note("listing", answer, answer.words, found=signs is not None)
            if signs is not None:
                self._parts.append(f"{signs.url.rstrip('/')}/")

    # -- sitemaps and feeds

    def _sitemaps(self) -> Generator[Question, Fetched, None]:
        named = [join for one in self.robots.sitemaps if (join := _joined(self.url, one))]
        for page in self.pages.values():
            named += page.sitemaps
        if self.home is not None and self.home.ok and _is_sitemap(self.home):
            named.insert(0, self.home.url)
        for url in dict.fromkeys(named[:8]):
            if self._scope.has_host(url):
                yield from self._sitemap(url, guessed=False)
            else:
                self.foreign_sitemaps.append(url)
                # a mirror's robots.txt names the sitemap at home
                yield from self._sitemap(self._at_home(url), guessed=True)
        if self.of("sitemap"):
            return
        marks = self.marks
        first = ["wp-sitemap.xml"] if "wordpress" in marks else []
        first += ["system/feeds/sitemap"] if "google sites" in marks else []
        for url in self._guesses(
            [*first, "sitemap.xml", "sitemap_index.xml", "sitemap-index.xml", "sitemap.xml.gz", "sitemap.txt"]
        ):
            yield from self._sitemap(url, guessed=True)
            if self.of("sitemap"):
                return
        for part in self._parts:
            yield from self._sitemap(join_link(part, "sitemap.xml"), guessed=True)

    def _sitemap(self, url: str, *, guessed: bool) -> Generator[Question, Fetched, None]:
        answer = yield from self._get(url, "sitemap", guessed=guessed)
        read = self._read(answer, "sitemap", sitemap_addresses, guessed=guessed)
        if answer is None or read is None:
            return
        pages, parts = list(read.pages), max(1, len(read.more))
        # the first part of an index and the last: they may be of different kinds; another where one is not there
        ends = [*_ends(read.more), *read.more[1:-1][::-1]]
        pending = [self._at_home(one) for part in ends[:4] if (one := _joined(answer.final, part))]
        asked = names = 0
        while pending and asked < 3 and names < 2:
            part = yield from self._get(pending.pop(0), "sitemap")
            asked += 1
            inner = self._read(part, "sitemap", sitemap_addresses, guessed=False)
            if inner is not None and part is not None:
                pages += inner.pages
                names += bool(inner.pages)
                pending[:0] = [self._at_home(one) for two in inner.more[:1] if (one := _joined(part.final, two))]
        self._list("sitemap", answer.url, answer.final, pages, parts)

    def _feeds(self) -> Generator[Question, Fetched, None]:
        named: list[str] = []
        for page in self.pages.values():
            named += [url for _, url in page.feeds]
            named += [url for url in page.links if _FEED_LINK.search(url)]
        if self.home is not None and self.home.ok and not self.page and _is_feed(self.home):
            named.insert(0, self.home.url)
        named = [url for url in dict.fromkeys(named) if self._scope.has_host(url)]
        named = [url for url in named if not _COMMENTS.search(url)] or named
        for url in named[:3]:
            yield from self._feed(url, guessed=False)
        if self.of("feed"):
            return
        marks = self.marks
        first = [
            name
            for mark, name in (("drupal", "rss.xml"), ("hugo", "index.xml"), ("bitrix", "rss/"), ("phpbb", "feed.php"))
            if mark in marks
        ]
        for url in self._guesses([*first, "feed/", "rss.xml", "feed.xml", "rss", "atom.xml", "index.xml", "feed.json"]):
            yield from self._feed(url, guessed=True)
            if self.of("feed"):
                return

    def _feed(self, url: str, *, guessed: bool) -> Generator[Question, Fetched, None]:
        answer = yield from self._get(url, "feed", guessed=guessed)
        read = self._read(answer, "feed", feed_addresses, guessed=guessed)
        if answer is not None and read is not None:
            self._list("feed", answer.url, answer.final, read.pages, 1 + len(read.more))

    def _read(
        self, answer: Fetched | None, what: What, addresses: Callable[[bytes], Addresses], *, guessed: bool
    ) -> Addresses | None:
        if answer is None:
            return None
        if not answer.ok:
            self._note(what, answer, answer.words, found=False, guessed=guessed)
            return None
        try:
            read = addresses(answer.octets)
        except NotAListingError:
            self.soft = self.soft or (guessed and looks_like_html(answer.text))
            self._note(what, answer, f"no {what}: {answer.words}", found=False, guessed=guessed)
            return None
        if not read.pages and not read.more:
            self._note(what, answer, "empty", found=False, guessed=guessed)
            return None
        names = f"names {_count(len(read.more), 'part')}" if read.more else f"names {_count(len(read.pages), 'page')}"
        self._note(what, answer, names, found=True, guessed=guessed)
        return read

    def _list(
        self,
        way: Literal["feed", "sitemap", "rest", "api"],
        url: str,
        base: str,
        pages: Iterable[str],
        parts: int,
        api: Api | None = None,
    ) -> None:
        joined = dict.fromkeys(one for one in (_joined(base, page) for page in pages) if one)
        own = tuple(one for one in joined if self._scope.has_host(one))
        abroad = tuple(one for one in joined if not self._scope.has_host(one))
        some = _some(own)
        if not own or (way, some) not in [(one.way, one.pages) for one in self.listed]:
            self.listed.append(Listed(way, url, some, len(own), parts, abroad, api))

    def _mirror(self) -> Generator[Question, Fetched, None]:
        """Whether the site is another one's mirror: its listings name pages of that one, which are here too."""
        hosts = Counter(urlsplit(url).netloc for one in self.listed for url in one.abroad)
        host, number = next(iter(hosts.most_common(1)), ("", 0))
        if number < 3 or number < 4 * sum(one.number for one in self.listed):
            return
        named = [url for one in self.listed for url in one.abroad if urlsplit(url).netloc == host]
        for away in _spread(named, 2):
            answer = yield from self._get(self._at_home(away), "article")
            page = self._take_page(answer) if answer is not None else None
            if answer is None or page is None or not page.reads_as_article:
                return
            self._note("article", answer, f"is here as at {host}", found=True)
        self.mirror_of = host
        self.listed = [self._taken_home(one, host) for one in self.listed]

    def _at_home(self, url: str) -> str:
        """The same address on the site's own host."""
        if self._scope.has_host(url):
            return url
        own = urlsplit(self.url)
        return urlunsplit(urlsplit(url)._replace(scheme=own.scheme, netloc=own.netloc))

    def _taken_home(self, listed: Listed, host: str) -> Listed:
        """A listing whose addresses on another host are taken for those of this one."""
        moved = [self._at_home(url) for url in listed.abroad if urlsplit(url).netloc == host]
        left = tuple(url for url in listed.abroad if urlsplit(url).netloc != host)
        pages = tuple(dict.fromkeys((*listed.pages, *moved)))
        return replace(listed, pages=_some(pages), number=len(pages), abroad=left)

    # -- interfaces

    def _rest(self) -> Generator[Question, Fetched, None]:
        roots = [page.rest for page in self.pages.values() if page.rest]
        if (
            not roots
            and self.home is not None
            and (found := re.search(r'<([^>]+)>;\s*rel="https://api\.w\.org/"', self.home.headers.get("link", "")))
        ):
            roots = [one for one in (_joined(self.url, found[1]),) if one]
        if not roots and "wordpress" in self.marks:
            roots = [join_link(self.url, "/wp-json/")]
        if not roots or not self._scope.has_host(roots[0]):
            return
        root = roots[0] if roots[0].endswith(("/", "=")) else f"{roots[0]}/"
        answer = yield from self._get(_rest_url(root, "types"), "REST")
        types = json_in(answer.text) if answer is not None and answer.ok else None
        named = (
            [one.get("rest_base") for one in types.values() if isinstance(one, dict)] if isinstance(types, dict) else []
        )
        own = [one for one in named if isinstance(one, str) and one not in _NOT_CONTENT and not one.startswith("wp_")]
        for base in list(dict.fromkeys(["posts", "pages", *own]))[:6]:
            answer = yield from self._rest_collection(root, base)
            if base == "posts" and answer is not None and not answer.ok:
                # where posts are not given out, the rest is not either; that there are none says less
                self._rest_root = root if answer.status == 404 and "rest_no_route" in answer.text else ""
                if not self._rest_root or not own:
                    return

    def _rest_collection(self, root: str, base: str) -> Ask:
        """The first posts of a collection."""
        if not re.fullmatch(r"[\w-]{1,60}", base):
            return None
        url = _rest_url(root, base)
        first = yield from self._get(with_parameter(url, "per_page", "10"), "REST")
        if first is None:
            return None
        rows = json_in(first.text) if first.ok else None
        links = [row.get("link") for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
        pages = [link for link in links if isinstance(link, str)]
        total, parts = (first.headers.get(name, "") for name in ("x-wp-total", "x-wp-totalpages"))
        self._note("REST", first, f"names {total or len(pages)} {base}" if pages else first.words, found=bool(pages))
        if pages:
            self._list("rest", url, first.final, pages, int(parts) if parts.isdecimal() else 1)
        return first

    def is_shell(self) -> bool:
        """Whether the first page holds next to nothing before its scripts have run."""
        if self.page is None:
            return True
        own = [url for url in self.page.links if self.own(url) is not None]
        return self.page.text < 600 and len(own) < 8

    def _apis(self) -> Generator[Question, Fetched, None]:
        if self.of("api"):
            return
        if self.home is not None and self.home.ok and not self.page and (value := json_in(self.home.text)) is not None:
            if (yield from self._api(self.home.url, guessed=False)):
                return
            for url in self._api_like(addresses_in(value, self.home.final), strict=False)[:4]:
                yield from self._api(url, guessed=False)
            if self.of("api"):
                return
        scripts = [one for page in self.pages.values() for one in page.script_addresses]
        candidates = self._api_like(scripts)
        needed = self.is_shell() and not any(len(one.pages) > 20 for one in self.of("sitemap"))
        if needed and self.page is not None:
            for script in [one for one in self.page.scripts if self._scope.has_host(one)][-3:]:
                answer = yield from self._get(script, "script")
                if answer is not None and answer.ok:
                    found = self._api_like(addresses_in_script(answer.text, self.url))
                    self._note(
                        "script", answer, f"names {_count(len(found), 'address', 'es')} of JSON", found=bool(found)
                    )
                    candidates += found
        for url in list(dict.fromkeys(candidates))[:4]:
            yield from self._api(url, guessed=False)
        if self.of("api") or not needed:
            return
        for url in self._guesses([name.removeprefix("/") for name in API_GUESSES]):
            if (yield from self._api(url, guessed=True)):
                return

    def _api_like(self, urls: Iterable[str], *, strict: bool = True) -> list[str]:
        own = [url for url in dict.fromkeys(urls) if self._scope.has_host(url)]
        return [url for url in own if not strict or (_API.search(url) and not _API_NOISE.search(urlsplit(url).path))]

    def _api(self, url: str, *, guessed: bool) -> Generator[Question, Fetched, bool]:
        counted = ""
        if url.endswith("="):  # a script adds the number of the page
            counted = url[:-1].rpartition("?")[2].rpartition("&")[2]
            url = f"{url}1" if counted in PAGES else url[: -len(counted) - 2]
        answer = yield from self._get(url, "JSON", guessed=guessed)
        if answer is None:
            return False
        value = json_in(answer.text) if answer.ok else None
        found = json_list(value, answer.final) if value is not None else None
        if found is None:
            self._note(
                "JSON", answer, "no list of pages" if value is not None else answer.words, found=False, guessed=guessed
            )
            if value is not None and guessed:
                for inner in self._api_like(addresses_in(value, answer.final), strict=False)[:3]:
                    if inner != url and (yield from self._api(inner, guessed=False)):
                        return True
            return False
        self._note("JSON", answer, f"names {_count(len(found.rows), 'entry', 'ies')}", found=True, guessed=guessed)
        if len(found.rows) < 2 and not found.link:
            return False
        template = "" if found.link else (yield from self._template(found))
        if not found.link and not template:
            return False
        api, more = yield from self._continued(found, counted, template)
        rows = [*found.rows, *(more.rows if more else ())]
        pages = _filled(template, rows) if template else [*found.addresses(), *(more.addresses() if more else ())]
        self._list("api", api.url, answer.final, pages, 2 if more else 1, api)
        return True

    def _continued(
        self, found: JsonList, counted: str, template: str
    ) -> Generator[Question, Fetched, tuple[Api, JsonList | None]]:
        """The list as a definition has it, with what leads to its next part, and that part."""
        api = Api(found.url, found.entries, found.link, template, found.modified)
        known = set(found.ids())

        def part(url: str) -> Generator[Question, Fetched, JsonList | None]:
            answer = yield from self._get(url, "JSON")
            value = json_in(answer.text) if answer is not None and answer.ok else None
            read = json_list(value, answer.final) if value is not None and answer is not None else None
            return read if read is not None and not known.issuperset(read.ids()) else None

        if found.following and found.leads_to_address:
            more = yield from part(join_link(found.url, found.following))
            if more is not None:
                return Api(found.url, found.entries, found.link, template, found.modified, next=found.next), more
        if found.following and not found.leads_to_address and not found.following.isdecimal():
            own = found.next.rpartition(".")[2]
            for name in dict.fromkeys(("cursor" if "ursor" in own else own, *CURSORS[:3])):
                more = yield from part(with_parameter(found.url, name, found.following))
                if more is not None:
                    return Api(
                        found.url, found.entries, found.link, template, found.modified, next=found.next, cursor=name
                    ), more
        for name in dict.fromkeys([counted] if counted in PAGES else [PAGES[0]]):
            more = yield from part(with_parameter(found.url, name, "2"))
            if more is not None:
                return Api(found.url, found.entries, found.link, template, found.modified, page=name), more
        for name in OFFSETS[:1] if counted not in OFFSETS else (counted,):
            more = yield from part(with_parameter(found.url, name, str(len(found.rows))))
            if more is not None:
                return Api(found.url, found.entries, found.link, template, found.modified, offset=name), more
        return api, None

    def _template(self, found: JsonList) -> Generator[Question, Fetched, str]:
        """The address of an entry's page, made of what names the entry; empty: none that was tried answers."""
        for key, value in found.named():
            for url in self.addresses():
                path = urlsplit(url).path
                if len(value) > 3 and path.rstrip("/").rpartition("/")[2] == value:
                    return url.replace(value, f"{{{key}}}")
        base = re.sub(r"/(?:v\d+)(?=/|$)", "", re.sub(r"/(?:api|jsonapi)(?=/|$)", "", urlsplit(found.url).path)).rstrip(
            "/"
        )
        listing = urlsplit(found.url).path.rstrip("/")
        for key, _ in list(found.named())[:2]:
            places = [f"{base}/{{{key}}}", f"{base.removesuffix('s')}/{{{key}}}", f"{listing}/{{{key}}}"]
            for place in dict.fromkeys(places):
                template = join_link(self.url, "/") + place.lstrip("/")
                url = _joined(self.url, _filled(template, found.rows[:1])[0])
                answer = (yield from self._get(url, "JSON")) if url else None
                if answer is not None and answer.ok and (self.home is None or answer.octets != self.home.octets):
                    return template
        return ""

    # -- a few pages

    def _listings(self) -> Generator[Question, Fetched, None]:
        """Fetch what may list other pages: what the others lie below, and what is called like a listing."""
        known = self.addresses()
        below = Counter(
            f"{url[: place + 1]}"
            for url in known
            for place in (match.start() for match in re.finditer("/", url))
            if place > len("https://")
        )
        ranked = []
        for url in known:
            segments = urlsplit(url).path.strip("/").split("/")
            children = below[url if url.endswith("/") else f"{url}/"] - url.endswith("/")
            called = _LISTING.search(segments[-1] if len(segments) > 1 else urlsplit(url).path + urlsplit(url).query)
            if (children >= 2 or called) and len(segments) <= 3 and not PAGE_NUMBER.search(url):
                ranked.append((-min(children, 5), not called, len(segments), len(url), url))
        following = [page.following for page in self.pages.values() if page.following]
        # of each shape one: a hundred tags are no better than one of them
        taken: set[str] = set()
        for url in dict.fromkeys([*following[:1], *(url for *_, url in sorted(ranked))]):
            kind = _without_numbers(url)
            if kind in taken or len(taken) >= 3 or self.page_at(url) is not None:
                continue
            taken.add(kind)
            answer = yield from self._get(url, "listing")
            if answer is not None:
                signs = self._take_page(answer)
                said = _count(len(signs.links), "link") if signs else answer.words
                self._note("listing", answer, said, found=signs is not None)

    def _articles(self) -> Generator[Question, Fetched, None]:
        """Fetch a few pages of the commonest shapes, those that feeds and interfaces name before all others."""
        shapes = self.shapes()
        in_feeds = {self.own(url) for one in self.listed if one.way in {"feed", "rest", "api"} for url in one.pages}
        ranked: list[tuple[int, int, Shape]] = []
        for shape, urls in shapes.items():
            seen = [page.reads_as_article for url in urls if (page := self.page_at(url)) is not None]
            if (len(urls) < 3 and not any(seen)) or not shape.parts or len(seen) > 2:
                continue
            named = len(in_feeds.intersection(urls)) + sum(seen)
            paged = sum(PAGE_NUMBER.search(url) is not None for url in urls)
            if named or paged * 2 < len(urls):
                ranked.append((named, len(urls), shape))
        ranked.sort(key=lambda one: (-one[0], -one[1]))
        for place, (_, _, shape) in enumerate(ranked[:4]):
            chosen = [url for url in shapes[shape] if url in in_feeds] or list(shapes[shape])
            for url in _spread(chosen, 3 if place == 0 else 2):
                if self.page_at(url) is None:
                    yield from self._article(url)

    def _article(self, url: str) -> Generator[Question, Fetched, bool]:
        """Fetch a page that may be an article; False where no more is to be asked."""
        answer = yield from self._get(url, "article")
        if answer is None:
            return False
        signs = self._take_page(answer)
        kind = "an article" if signs is not None and signs.reads_as_article else "a list"
        self._note("article", answer, answer.words if signs is None else f"reads as {kind}", found=answer.ok)
        return True

    def _deeper(self) -> Generator[Question, Fetched, None]:
        """Where no pages read as articles, the first ones are lists of lists: go down by what lies deepest."""
        alike: Counter[str] = Counter()
        while sum(page.reads_as_article for page in self.pages.values()) < 2:
            fresh = (url for url in self.addresses() if url_key(url) not in self._answers)
            # two of one kind are enough to see that it leads nowhere
            beyond = [url for url in fresh if alike[_without_numbers(url)] < 2]
            if not beyond:
                return
            deepest = max(beyond, key=lambda url: (urlsplit(url).path.count("/"), len(url)))
            alike[_without_numbers(deepest)] += 1
            if not (yield from self._article(deepest)):
                return

    def _rest_of_folders(self) -> Generator[Question, Fetched, None]:
        """WordPress names a site's own types of posts as their folders are named, more often than not."""
        if not self.of("rest") and self._rest_root:
            for shape, urls in list(self.shapes().items())[:4]:
                if len(urls) > 5 and shape.words:
                    yield from self._rest_collection(self._rest_root, shape.words[-1])


def looks_like_html(text: str) -> bool:
    """Whether a text is a web page, whatever its server calls it."""
    head = text.lstrip("﻿ \t\r\n")[:4000]
    if re.match(r"<\?xml[^>]*\?>\s*(?:<!--.*?-->\s*)*<(?!!doctype\s+html|html)", head, re.IGNORECASE | re.DOTALL):
        return False
    return (
        re.search(r"<(?:!doctype\s+html|html|head|body|frameset|title|p|div|table|a\s)\b", head, re.IGNORECASE)
        is not None
    )


def _is_sitemap(answer: Fetched) -> bool:
    try:
        return not looks_like_html(answer.text) and bool(sitemap_addresses(answer.octets)) and not _is_feed(answer)
    except NotAListingError:
        return False


def _is_feed(answer: Fetched) -> bool:
    try:
        return bool(feed_addresses(answer.octets))
    except NotAListingError:
        return False


def _rest_url(root: str, collection: str) -> str:
    # without permalinks: https://example.org/?rest_route=/
    return f"{root}wp/v2/{collection}" if "rest_route=" not in root else f"{root.rstrip('/')}/wp/v2/{collection}"


def _filled(template: str, rows: Iterable[Mapping[str, object]]) -> list[str]:
    return [re.sub(r"\{([^{}]+)\}", lambda found: str(row.get(found[1], "")), template) for row in rows]  # noqa: B023


def _some(urls: Sequence[str]) -> tuple[str, ...]:
    return tuple(urls) if len(urls) <= MANY else tuple(_spread(urls, MANY))


def _without_numbers(url: str) -> str:
    return re.sub(r"\d+", "0", url)


def _ends(urls: Sequence[str]) -> list[str]:
    return list(dict.fromkeys([*urls[:1], *urls[-1:]]))


def _spread(urls: Sequence[str], number: int) -> list[str]:
    """So many of them, from the first to the last."""
    if len(urls) <= number:
        return list(urls)
    return [urls[place * (len(urls) - 1) // (number - 1)] for place in range(number)]


def _joined(base: str, address: str) -> str:
    try:
        return join_link(base, address)
    except AddressError:
        return ""


def _count(number: int, word: str, plural: str = "s") -> str:
    if number == 1:
        return f"1 {word}"
    return f"{number} {word.removesuffix('y')}{plural}" if plural == "ies" else f"{number} {word}{plural}"


def by_language(pages: Iterable[Signs]) -> Mapping[str, int]:
    """How many pages name each language, in lower case and without the region."""
    found: dict[str, int] = defaultdict(int)
    for page in pages:
        if page.language:
            found[re.split("[-_]", page.language.lower())[0]] += 1
    return found
