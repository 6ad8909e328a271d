"""Sites as they are built in earnest, page by page, for tests of what a crawl must not lose. All names are made up.

A site is a function of a path (with its query) that gives the page's HTML, or None for a page that is not there.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from functools import lru_cache
from urllib.parse import parse_qs, urlsplit

Site = Callable[[str], str | None]

_SYLLABLES = [
    a + b
    for a in ("b", "d", "f", "g", "k", "l", "m", "n", "p", "r", "s", "t", "v", "z", "sh", "ch")
    for b in ("a", "e", "i", "o", "u", "ai", "or", "en")
]


@lru_cache
def vocabulary(size: int = 6000) -> tuple[str, ...]:
    rng = random.Random(7)
    return tuple(
        dict.fromkeys("".join(rng.choice(_SYLLABLES) for _ in range(rng.choice((1, 2, 2, 3)))) for _ in range(size))
    )


def words(seed: object, count: int) -> str:
    """So many words, a few of them often and most of them rarely, as in any text."""
    rng = random.Random(f"words {seed}")
    known = vocabulary()
    return " ".join(known[min(int(rng.paretovariate(0.6)), len(known) - 1)] for _ in range(count))


def slug(seed: object) -> str:
    return words(f"slug {seed}", 4).replace(" ", "-") + f"-{abs(hash_of(seed)) % 997}"


def hash_of(seed: object) -> int:
    return random.Random(f"hash {seed}").getrandbits(31)


def page(
    title: str,
    text: str,
    links: Iterable[str],
    *,
    chrome: Iterable[str] = (),
    extra: str = "",
    label: Callable[[str], object] = str,
) -> str:
    """A page whose links bear words by their `label`."""
    menu = "".join(f'<a href="{link}">{words(link, 1)}</a> ' for link in chrome)
    body = "".join(f'<li><a href="{link}">{words(label(link), 3)}</a></li>' for link in links)
    return (
        f"<html><head><title>{title}</title></head><body><nav>{menu}</nav><h1>{title}</h1><p>{text}</p>{extra}"
        f"<ul>{body}</ul><footer>{words('footer', 12)}</footer></body></html>"
    )


def part(path: str, pattern: str) -> re.Match[str] | None:
    return re.fullmatch(pattern, path)


def wordpress(posts: int = 200) -> Site:
    """Posts under year and month, lists by month, day, category, tag and author, short forms, answers, sharing."""
    days = [date(2014, 1, 1) + timedelta(days=9 * n) for n in range(posts)]
    paths = [f"/{day:%Y/%m}/{slug(('post', n))}/" for n, day in enumerate(days)]
    index = {path: n for n, path in enumerate(paths)}
    tags = [f"tag-{n}" for n in range(60)]
    of_post = {n: random.Random(n).sample(range(60), 4) for n in range(posts)}
    lists: dict[str, list[int]] = {"/": list(range(posts))}
    for n, day in enumerate(days):
        where = [f"/{day:%Y/%m}/", f"/{day:%Y/%m/%d}/", f"/{day:%Y}/", f"/author/{'abc'[n % 3]}/"]
        where += [f"/category/c{n % 7}/", *(f"/tag/{tags[tag]}/" for tag in of_post[n])]
        for one in where:
            lists.setdefault(one, []).append(n)
    chrome = ["/", *(f"/category/c{n}/" for n in range(7)), "/about/", "/wp-login.php", "/?s="]
    months = sorted({f"/{day:%Y/%m}/" for day in days})

    def site(path: str) -> str | None:
        if path == "/about/":
            return page("about", words("about", 200), [], chrome=chrome)
        if path in index:
            n = index[path]
            links = [paths[m] for m in (n - 1, n + 1) if 0 <= m < posts]
            links += [f"/tag/{tags[tag]}/" for tag in of_post[n]] + [f"/{days[n]:%Y/%m/%d}/", f"/?p={n + 10}"]
            links += [f"{path}?replytocom={n * 3}", f"{path}?share=twitter", f"{path}#comments"]
            return page(words(("title", n), 6), words(("body", n), 150), links, chrome=[*chrome, *months[-12:]])
        if found := part(path, r"/\?p=(\d+)"):
            n = int(found[1]) - 10
            return site(paths[n]) if 0 <= n < posts else None
        if found := part(path, r"(/.*?)\?(?:replytocom=\d+|share=twitter)"):
            return site(found[1])
        found = part(path, r"(.*?/)(?:page/(\d+)/)?")
        if found is None or found[1] not in lists:
            return None
        listed, number = lists[found[1]], int(found[2] or 1)
        begin = (number - 1) * 10
        if begin >= len(listed):
            return None
        links = [paths[n] for n in listed[begin : begin + 10]]
        more = [f"{found[1]}page/{number + 1}/"] if begin + 10 < len(listed) else []
        excerpts = " ".join(words(("body", n), 12) for n in listed[begin : begin + 10])
        return page(f"archive {found[1]}", excerpts, [*links, *more], chrome=[*chrome, *months])

    return site


def drupal(nodes: int = 300) -> Site:
    """News with a date in its address, nodes by number, a list with exposed filters, regions with pages."""
    days = [date(2018, 1, 1) + timedelta(days=3 * n) for n in range(nodes)]
    paths = [f"/express-news/{day:%Y/%m/%d}/{slug(('news', n))}" for n, day in enumerate(days)]
    index = {path: n for n, path in enumerate(paths)}
    chrome = ["/", "/texts", "/express-news", "/archive", *(f"/regions/r{n}" for n in range(20)), "/user/login"]

    def listing(path: str, chosen: list[int], query: str, number: int, extra: list[str]) -> str | None:
        if number and number * 10 >= len(chosen):
            return page("nothing", "nothing was found", [], chrome=chrome)
        links = [paths[n] for n in chosen[number * 10 : number * 10 + 10]]
        more = [f"{path}?{query}page={number + 1}"] if (number + 1) * 10 < len(chosen) else []
        last = [f"{path}?{query}page={(len(chosen) - 1) // 10}"]
        return page(
            path, " ".join(words(("lead", n), 9) for n in chosen[:3]), [*links, *more, *last, *extra], chrome=chrome
        )

    def site(path: str) -> str | None:
        if path == "/":
            return page("home", words("home", 100), paths[-10:], chrome=chrome)
        if path in index:
            n = index[path]
            return page(words(("t", n), 7), words(("b", n), 120), [f"/node/{n}", paths[n - 1]], chrome=chrome)
        if found := part(path, r"/node/(\d+)"):
            return site(paths[int(found[1])])
        parts = urlsplit(path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        number = int(query.get("page", 0))
        if parts.path in ("/texts", "/express-news", "/archive"):
            chosen = list(range(nodes))
            shown = ""
            for name, modulus in (("region", 5), ("year", 4)):
                if name in query:
                    chosen = [n for n in chosen if n % modulus == int(query[name])]
                    shown += f"{name}={query[name]}&"
            filters = (
                [f"/texts?region={r}&year={y}" for r in range(5) for y in range(4)] if parts.path == "/texts" else []
            )
            return listing(parts.path, chosen, shown, number, filters)
        if found := part(parts.path, r"/regions/r(\d+)"):
            return listing(parts.path, [n for n in range(nodes) if n % 20 == int(found[1])], "", number, [])
        return None

    return site


def forum(topics: int = 90) -> Site:
    """phpBB: forums, topics over several pages, members whose pages say next to nothing, ways to sort and to print."""
    members = [words(("member", n), 1) + str(n) for n in range(120)]
    chrome = ["/forum/index.php", "/forum/memberlist.php", "/forum/search.php", "/forum/ucp.php?mode=login"]

    def site(path: str) -> str | None:
        parts = urlsplit(path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        start = int(query.get("start", 0))
        match parts.path:
            case "/" | "/forum/index.php":
                return page(
                    "board", words("board", 30), [f"/forum/viewforum.php?f={f}" for f in range(1, 7)], chrome=chrome
                )
            case "/forum/viewforum.php":
                f = int(query["f"])
                chosen = [t for t in range(topics) if t % 6 + 1 == f]
                links = [f"/forum/viewtopic.php?f={f}&t={t}" for t in chosen[start : start + 10]]
                links += [f"/forum/viewforum.php?f={f}&start={s}" for s in range(0, len(chosen), 10)]
                links += [f"/forum/viewforum.php?f={f}&st=0&sk={k}&sd={d}" for k in "atr" for d in "ad"]
                return page(f"forum {f}", words(("forum", f), 10), links, chrome=chrome)
            case "/forum/viewtopic.php":
                t = int(query["t"])
                size = 10 + hash_of(t) % 60
                if start >= size:
                    return None
                f = t % 6 + 1
                posts = range(start, min(size, start + 10))
                links = [f"/forum/viewtopic.php?f={f}&t={t}&start={s}" for s in range(0, size, 10)]
                links += [f"/forum/memberlist.php?mode=viewprofile&u={(t * 7 + p) % 120}" for p in posts]
                links += [f"/forum/viewtopic.php?f={f}&t={t}&view=print", f"/forum/viewtopic.php?p={t * 100 + start}"]
                text = " ".join(words((t, p), 25) for p in posts)
                return page(words(("topic", t), 4), text, links, chrome=chrome) if "p" not in query else None
            case "/forum/memberlist.php" if "u" in query:
                u = int(query["u"])
                return page(members[u], f"joined 2009 posts {u}", [f"/forum/search.php?author_id={u}"], chrome=chrome)
            case "/forum/memberlist.php":
                links = [f"/forum/memberlist.php?mode=viewprofile&u={u}" for u in range(start, min(120, start + 25))]
                links += [f"/forum/memberlist.php?start={s}" for s in range(0, 120, 25)]
                return page("members", "", links, chrome=chrome)
            case "/forum/search.php" if "author_id" in query:
                u = int(query["author_id"])
                links = [f"/forum/viewtopic.php?f={t % 6 + 1}&t={t}" for t in range(topics) if (t * 7) % 120 == u]
                return page(f"posts of {members[u]}", "", links, chrome=chrome)
            case "/forum/search.php":
                return page("search", "words", [], chrome=chrome)
        return None

    def with_t(path: str) -> str | None:
        try:
            return site(path)
        except KeyError:
            return None

    return with_t


def numbered_scripts(cards: int = 900) -> Site:
    """An old site where everything is index.php?id=N: thin cards in Latin letters, each naming the next one."""
    chrome = ["/index.php", "/index.php?section=2", "/index.php?section=3&lang=be"]

    def site(path: str) -> str | None:
        parts = urlsplit(path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path not in ("/", "/index.php"):
            return None
        if "id" in query:
            n = int(query["id"])
            if not 0 <= n < cards:
                return None
            text = f"{words(('name', n), 2)} born {1950 + n % 50}, Article {200 + n % 90}, Northtown"
            return page("case", text, [f"/index.php?id={n + 1}", f"/index.php?id={n - 1}"], chrome=chrome)
        if query.get("section") == "2":
            number = int(query.get("page", 1))
            links = [f"/index.php?id={n}" for n in range((number - 1) * 5, min(40, number * 5))]
            return (
                page("list", "", [*links, f"/index.php?section=2&page={number + 1}"], chrome=chrome) if links else None
            )
        return page("home", words("home", 40), ["/index.php?id=0"], chrome=chrome)

    return site


def long_list(pages: int = 1000, *, how: str = "?page={}") -> Site:
    """A list of so many pages with three cards each; a page names the next one alone. The cards are not there."""
    first = "/registry/"

    def site(path: str) -> str | None:
        if path == "/":
            return page("home", words("home", 30), [first], chrome=["/"])
        numbers = (
            [n for n in range(1, pages + 1) if path == (first if n == 1 else first + how.format(n))]
            if (path == first)
            else []
        )
        if not numbers:
            found = re.fullmatch(re.escape(first) + re.escape(how).replace(r"\{\}", r"(\d+)"), path)
            numbers = [int(found[1])] if found else []
        if not numbers or not 1 <= numbers[0] <= pages:
            return None
        n = numbers[0]
        links = [f"/card/{slug((n, m))}/" for m in range(3)]
        more = [first + how.format(n + 1)] if n < pages else []
        return page("registry", "", [*links, *more], chrome=["/", first])

    return site


def digests(days: int = 700) -> Site:
    """A digest for nearly each day of some years, found from one day to the one before."""
    begin = date(2021, 6, 1)
    there = [begin - timedelta(days=n) for n in range(days) if n % 7 not in (5, 6)]

    def site(path: str) -> str | None:
        if path == "/":
            return page("home", words("home", 30), [f"/digest/{there[0]:%Y-%m-%d}/"], chrome=["/"])
        for n, day in enumerate(there):
            if path == f"/digest/{day:%Y-%m-%d}/":
                links = [f"/digest/{there[m]:%Y-%m-%d}/" for m in (n - 1, n + 1) if 0 <= m < len(there)]
                return page(f"digest of {day}", words(("digest", n), 90), links, chrome=["/"])
        return None

    return site


def sparse_archive(days: int = 1500) -> Site:
    """A calendar of all days with something on some of them, and once nothing for four weeks."""
    begin = date(2016, 1, 1)

    def news(n: int) -> list[str]:
        if hash_of(("day", n)) % 4 or 300 <= n < 328:
            return []
        return [f"/news/{slug(('daily', n))}"]

    def site(path: str) -> str | None:
        if path == "/":
            return page("home", words("home", 30), [f"/archive/{begin:%Y/%m/%d}"], chrome=["/"])
        if found := part(path, r"/archive/(\d{4})/(\d\d)/(\d\d)"):
            day = date(*map(int, found.groups()))
            n = (day - begin).days
            if not 0 <= n < days:
                return None
            links = [f"/archive/{day + timedelta(days=step):%Y/%m/%d}" for step in (-1, 1)]
            return page(f"{day}", "", [*news(n), *links], chrome=["/"])
        if path.startswith("/news/"):
            return page("news", words(path, 80), [], chrome=["/"])
        return None

    return site


def chronicle(days: int = 365) -> Site:
    """What happened on each day of 1937: dates long before there was a web."""
    begin = date(1937, 1, 1)

    def site(path: str) -> str | None:
        if path == "/":
            return page("home", words("home", 30), ["/1937/01/01/"], chrome=["/"])
        if found := part(path, r"/(\d{4})/(\d\d)/(\d\d)/"):
            day = date(*map(int, found.groups()))
            if not 0 <= (day - begin).days < days:
                return None
            return page(f"{day}", words(path, 60), [f"/{day + timedelta(days=1):%Y/%m/%d}/"], chrome=["/"])
        return None

    return site


def gallery(photos: int = 500) -> Site:
    """Pictures without a word, each naming the next."""

    def site(path: str) -> str | None:
        if path == "/":
            return page("home", words("home", 30), ["/gallery.php?photo=1"], chrome=["/"])
        if found := part(path, r"/gallery\.php\?photo=(\d+)"):
            n = int(found[1])
            links = [f"/gallery.php?photo={m}" for m in (n - 1, n + 1) if 1 <= m <= photos]
            return page("photo", "", links, chrome=["/"], extra=f'<img src="/files/{hash_of(n)}.jpg">')
        return None

    return site


def flat_cards(cards: int = 800) -> Site:
    """Cards at the top of the site whose text is hardly more than their address, each naming the next."""

    def name(n: int) -> str:
        return f"{words(('surname', n), 1)}-{words(('name', n), 1)}-{n}"

    def site(path: str) -> str | None:
        if path == "/":
            return page("home", words("home", 30), [f"/{name(0)}/"], chrome=["/"])
        found = part(path, r"/[a-z-]+-(\d+)/")
        if found is None or (n := int(found[1])) >= cards or path != f"/{name(n)}/":
            return None
        text = (
            f"{name(n).replace('-', ' ')}, Article {205 + n % 80}.{n % 9}, {n % 13} years, {n % 28}.{n % 12}.20{n % 24}"
        )
        return page(name(n), text, [f"/{name(n + 1)}/"], chrome=["/"])

    return site


def documents(count: int = 300) -> Site:
    """Documents under random identifiers, each naming the next."""

    def address(n: int) -> str:
        return f"/doc/{random.Random(n).getrandbits(128):032x}"

    index = {address(n): n for n in range(count)}

    def site(path: str) -> str | None:
        if path == "/":
            return page("home", words("home", 30), [address(0)], chrome=["/"])
        if path not in index:
            return None
        n = index[path]
        return page("document", words(("document", n), 40), [address(n + 1)], chrome=["/"])

    return site


def bitrix(items: int = 300) -> Site:
    """Lists by PAGEN_1, elements by ELEMENT_ID in sections, a copy of each page for printing."""
    chrome = ["/", "/news/", "/news/?SECTION_ID=1", "/news/?SECTION_ID=2"]

    def site(path: str) -> str | None:
        parts = urlsplit(path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if path == "/":
            return page("home", words("home", 30), [], chrome=chrome)
        if parts.path == "/news/":
            section = int(query.get("SECTION_ID", 0))
            chosen = [n for n in range(items) if not section or n % 3 == section]
            number = int(query.get("PAGEN_1", 1))
            shown = f"SECTION_ID={section}&" if section else ""
            links = [f"/news/detail.php?ELEMENT_ID={n}" for n in chosen[number * 10 - 10 : number * 10]]
            links += [f"/news/?{shown}PAGEN_1={m}" for m in range(1, (len(chosen) + 9) // 10 + 1)]
            return page("news", "", links, chrome=chrome)
        if parts.path == "/news/detail.php":
            n = int(query["ELEMENT_ID"])
            if n >= items:
                return None
            links = [] if "print" in query else [f"/news/detail.php?ELEMENT_ID={n}&print=Y"]
            return page(words(("b", n), 5), words(("bitrix", n), 60), links, chrome=chrome)
        return None

    return site


def google_sites(weeks: int = 200) -> Site:
    """Pages by week under year and month in words, lists of the months; relative links."""
    months = [date(2012, n, 1).strftime("%B").lower() for n in range(1, 13)]
    begin = date(2012, 1, 1)
    of_month: dict[str, list[str]] = {}
    for n in range(weeks):
        day = begin + timedelta(weeks=n)
        of_month.setdefault(f"/archive/week-by-week/{day.year}/{months[day.month - 1]}", []).append(f"{day:%d%m%y}")

    def site(path: str) -> str | None:
        if path == "/":
            return page("home", words("home", 30), of_month, chrome=["/"])
        if path in of_month:
            return page(path, "", [f"{path}/{week}" for week in of_month[path]], chrome=["/"])
        folder, _, week = path.rpartition("/")
        if week in of_month.get(folder, ()):
            return page(week, words(path, 70), [folder], chrome=["/"])
        return None

    return site


def sites() -> Iterator[tuple[str, Site]]:
    """All of them by name."""
    yield "wordpress", wordpress()
    yield "drupal", drupal()
    yield "forum", forum()
    yield "numbered scripts", numbered_scripts()
    yield "a list of 1,000 pages by query", long_list()
    yield "a list of 1,000 pages by path", long_list(how="page/{}/")
    yield "a list of 300 pages by file", long_list(300, how="list_{}.html")
    yield "a list of 300 pages with an odd parameter", long_list(300, how="?x={}")
    yield "digests", digests()
    yield "sparse archive", sparse_archive()
    yield "chronicle", chronicle()
    yield "gallery", gallery()
    yield "flat cards", flat_cards()
    yield "documents", documents()
    yield "bitrix", bitrix()
    yield "google sites", google_sites()
