"""TrapGuard against sites as they are, which must lose nothing, and against traps, which must end.

Pages are followed here as a crawl follows them, in the order of their depth, without a network between.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

import legitimate_sites
import pytest
from trap_server import REAL, TRAPS, Traps

from spiders import traps
from spiders.definition import SiteDefinition
from spiders.links import links_in
from spiders.listing_traps import PARTS, ListingGuard
from spiders.trap_shapes import (
    CALENDAR_LIMIT,
    COPIES,
    COPIES_LIMIT,
    FACETED,
    NUMBER_LIMIT,
    PAGINATION_LIMIT,
    TREE_LIMIT,
    circular,
)
from spiders.traps import TrapGuard, name_of

HOST = "http://s.example"
SITE = SiteDefinition(name="s", start=(f"{HOST}/",))
TODAY = date(2026, 11, 22)


@dataclass
class Crawl:
    """What a crawl of a site came to."""

    guard: TrapGuard | None
    fetched: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)

    @property
    def named(self) -> set[str]:
        return {found[0] for reason in self.refused.values() if (found := name_of(reason))}


def crawl(
    site: Callable[[str], object], guard: TrapGuard | None, *, listed: tuple[str, ...] = (), most: int = 20_000
) -> Crawl:
    """Follow all links from the home page, and from what a sitemap listed."""
    crawl = Crawl(guard)
    seen = {f"{HOST}/", *listed}
    waiting: deque[tuple[str, str | None, str]] = deque([(f"{HOST}/", None, "")])
    waiting.extend((url, f"{HOST}/sitemap.xml", "M") for url in listed)
    while waiting:
        url, via, hops = waiting.popleft()
        reason = guard and guard.judge(url, via=via, kind=None, hops=hops)
        if reason:
            crawl.refused[url] = reason
            continue
        crawl.fetched.append(url)
        assert len(crawl.fetched) < most, "the crawl does not end"
        page = site(url.removeprefix(HOST))
        if not isinstance(page, str):
            continue
        links = [link.url for link in links_in(page, url).links]
        if guard:
            guard.looked_into(url, links, via=via, page=page)
        for link in links:
            if not link.startswith(f"{HOST}/") or link in seen:
                continue
            seen.add(link)
            reason = guard and guard.judge(link, via=url, kind=None, hops=f"{hops}L")
            if reason:
                crawl.refused[link] = reason
            else:
                waiting.append((link, url, f"{hops}L"))
    return crawl


def new_guard(site: SiteDefinition = SITE) -> TrapGuard:
    return TrapGuard(site, today=TODAY)


LEGITIMATE = dict(legitimate_sites.sites())


@pytest.mark.parametrize("name", LEGITIMATE)
def test_a_site_as_it_is_loses_nothing(name: str) -> None:
    """And comes nowhere near: each limit is three times the longest run that was met, or more."""
    guarded = crawl(LEGITIMATE[name], new_guard())

    assert guarded.refused == {}
    assert guarded.fetched == crawl(LEGITIMATE[name], None).fetched
    assert guarded.guard is not None
    for what, run in guarded.guard.longest.items():
        if not what.startswith(FACETED):  # that takes combinations besides
            limit = COPIES_LIMIT if what == COPIES else int(what.rpartition(", ")[2])
            assert run * 3 <= limit, what


def test_a_list_of_which_a_sitemap_named_every_entry_is_read_to_its_end() -> None:
    site = legitimate_sites.long_list(700)
    listed = tuple(url for url in crawl(site, None).fetched if "/card/" in url)

    guarded = crawl(site, new_guard(), listed=listed)

    assert len(listed) > 2000
    assert [url for url in guarded.fetched if "page=" in url][-1] == f"{HOST}/registry/?page=700"


@pytest.mark.parametrize("name", TRAPS)
def test_a_trap_ends_is_named_and_costs_no_real_page(name: str) -> None:
    guarded = crawl(Traps([name]), new_guard(), most=1000)

    assert set(REAL) <= {url.removeprefix(HOST) for url in guarded.fetched}
    if name != "redirects":  # a chain of them is cut by the policy's own limit
        assert TRAPS[name][2] in guarded.named


def test_all_traps_together_end() -> None:
    guarded = crawl(Traps(), new_guard(), most=3000)

    assert set(REAL) <= {url.removeprefix(HOST) for url in guarded.fetched}
    assert {trap[2] for trap in TRAPS.values()} - guarded.named == {"endless redirects"}


def test_the_same_pages_give_the_same_verdicts() -> None:
    names = [name for name in TRAPS if name not in ("sessions", "visits")]  # these differ at each visit

    assert crawl(Traps(names), new_guard()).refused == crawl(Traps(names), new_guard()).refused


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("pages by query", PAGINATION_LIMIT),
        ("pages by path", PAGINATION_LIMIT),
        ("numbers", NUMBER_LIMIT),
        ("months", CALENDAR_LIMIT),
        ("maze", TREE_LIMIT),
    ],
)
def test_a_trap_costs_little_more_than_its_limit(name: str, limit: int) -> None:
    guarded = crawl(Traps([name]), new_guard())

    assert len(guarded.fetched) - len(REAL) <= limit + 30


@pytest.mark.parametrize("name", ["months", "faceted", "maze", "numbers", "pages by query"])
def test_an_interrupted_crawl_knows_its_traps_again(name: str) -> None:
    refused = crawl(Traps([name]), new_guard()).refused
    guard = new_guard()
    guard.restore(refused.items())

    again = crawl(Traps([name]), guard)

    if name != "faceted":  # its combinations are counted anew
        assert len(again.fetched) - len(REAL) <= 60
    assert again.refused


def test_what_others_name_is_fetched_and_gives_a_trap_another_chance() -> None:
    guard = new_guard()
    crawl(Traps(["pages by query"]), guard)
    address = f"{HOST}/list?page=900"

    assert guard.judge(address, via=f"{HOST}/list?page=899", kind=None, hops="LL") is not None
    assert guard.judge(address, via=f"{HOST}/about/", kind=None, hops="LL") is None
    assert guard.judge(address, via=f"{HOST}/list?page=899", kind=None, hops="LM") is None
    assert guard.judge(address, via=None, kind=None, hops="") is None

    # then it does name something
    links = [f"{HOST}/case/unheard-of/", f"{HOST}/list?page=901"]
    guard.looked_into(address, links, via=f"{HOST}/list?page=899", page="<p>one more case")
    assert guard.judge(links[1], via=address, kind=None, hops="LL") is None


def test_a_kind_that_the_definition_names_gets_four_times_the_patience() -> None:
    guard = new_guard()
    crawl(Traps(["pages by query"]), guard)

    assert guard.judge(f"{HOST}/list?page=60", via=f"{HOST}/list?page=59", kind="list", hops="L") is not None
    assert guard.judge(f"{HOST}/list?page=60", via=f"{HOST}/list?page=59", kind="case", hops="L") is None


def test_pages_for_a_browser_may_be_the_same_shell() -> None:
    shells = legitimate_sites.long_list(60)

    def site(path: str) -> str | None:
        return "<script src=app.js></script>" if path.startswith("/card/") else shells(path)

    site_seen = SiteDefinition(name="s", start=(f"{HOST}/",), browser=(".*",))
    assert crawl(site, new_guard(site_seen)).refused == {}


def test_pages_for_a_browser_with_random_numbers_are_no_sessions() -> None:
    guard = TrapGuard(SiteDefinition(name="s", start=(f"{HOST}/",), browser=(".*",)))
    shell = "<html><div id=app></div><a href=/about>about</a></html>"

    for number in range(1, 30):
        url = f"{HOST}/case/{number * 0x0123456789ABCDEF0123456789ABCDE:032x}"
        assert guard.judge(url, via=f"{HOST}/", kind="case", hops="L") is None
        guard.looked_into(url, [f"{HOST}/about"], via=f"{HOST}/", page=shell)


@pytest.mark.parametrize(
    "path",
    [
        "/2011/11/11/eleven/",
        "/11/11/11/",
        "/ru/ru/",
        "/a/b/a/b/",
        "/news/2026/news/2025/news/",
        "/?f[0]=region:1&f[1]=region:2&f[2]=year:3",
        "/?tag=a&tag=b&tag=c",
        "/go?to=https%3A%2F%2Fs.example%2F%3Fa%3D1",
        "/" + "/".join(str(n) for n in range(20)),
    ],
)
def test_a_path_that_only_looks_like_a_circle_is_none(path: str) -> None:
    assert circular(HOST + path) is None


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        ("/a/a/a/", "/a/ again and again"),
        ("/x/a/b/a/b/a/b", "/a/b/ again and again"),
        ("/a/x/a/y/a/z/a/w/a", "/a/ again and again"),
        ("/x" * 12, "/x/ again and again"),
        ("/q?a=1&a=1&a=1", "/q?a= again and again"),
        ("/q?" + "&".join(f"p{n}=1" for n in range(31)), "/q?, more than 30 parameters"),
    ],
)
def test_a_path_that_goes_round_is_told_by_its_form(path: str, shape: str) -> None:
    found = circular(HOST + path)

    assert found is not None
    assert found[1] == shape
    assert TrapGuard(SITE).judge(HOST + path, via=f"{HOST}/", kind=None, hops="L") == f"trap: {found[0]}: {shape}"


@pytest.mark.parametrize(
    "page", [b"", b"<a " * 50_000, b"<!--" * 50_000, b"<script>" * 9000, b"\0<\xff" * 9000, b"<" * 99_999]
)
def test_a_broken_page_is_looked_at_in_no_time(page: bytes) -> None:
    guard = new_guard()
    for n in range(20):
        guard.looked_into(
            f"{HOST}/list?page={n + 1}", ["", "http://[", f"{HOST}/x"], via=f"{HOST}/list?page={n}", page=page
        )


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, most in {"_FAMILIES": 500, "_SEEN": 2000, "_PAGES": 300, "_FACETS": 50, "_LISTS": 20}.items():
        monkeypatch.setattr(traps, name, most)
    guard = new_guard()
    for n in range(3000):
        url = f"{HOST}/{n % 1009}/{n}/x?a={n}&b={n % 7}&c={n * 31 % 977}"
        via = f"{HOST}/{n % 1009}/{n + 1}/x?a={n - 1}"
        guard.judge(url, via=via, kind=None, hops="L")
        guard.looked_into(url, [f"{url}{m}" for m in range(3)], via=via, page=f"<p>{legitimate_sites.words(n, 9)}")

    assert len(guard._families) <= 500
    assert len(guard._shapes) <= 500
    assert len(guard._facets) <= 20
    assert len(guard._orders) <= 20
    assert max(len(guard._texts), len(guard._copies), len(guard._skeletons)) <= 300
    assert sum(len(one.seen) for one in guard._families.values()) <= 2000 + 500


def test_a_listing_is_believed_while_it_names_something_new() -> None:
    guard = ListingGuard()
    for n in range(1000):
        guard.read("list", new=n % 2 == 0)
        assert guard.refusal("list", f"{HOST}/list?page={n}") is None
    for _ in range(2):
        guard.read("list", new=False)

    assert guard.refusal("list", f"{HOST}/list?page=1003") == "trap: endless pagination: /list?page=N"
    assert guard.was_had("list")
    assert guard.refusal("other", f"{HOST}/list?page=1003") is None
    guard.read("list", new=True)
    assert guard.refusal("list", f"{HOST}/list?page=1003") is None


def test_a_listing_that_always_names_something_new_ends_too_and_is_not_called_whole() -> None:
    guard = ListingGuard()
    for _ in range(PARTS):
        guard.read("list", new=True)

    assert guard.refusal("list", f"{HOST}/list?page=1") is not None
    assert not guard.was_had("list")
