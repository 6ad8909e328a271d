"""Crawls after the first: what they ask for again, what they pass over, what they tell of."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from page_server import PageServer, Reply, serving

from archive.collection import Collection
from archive.page_memory import RememberedPage
from archive.state import State
from bench import incremental
from crawler.config import Config, load_config
from crawler.frontier import FILE_NAME, Frontier
from crawler.memory import REMEMBERED
from crawler.policy import CrawlPolicy
from crawler.runner import CrawlSummary, run_crawl
from spiders.definition import Api, Selectors, SiteDefinition

POLICY = CrawlPolicy(retry_delay=0.01, retries=0, timeout_connect=20, timeout_head=20, timeout_body=20, processes=0)
JSON = {"Content-Type": "application/json"}
XML = {"Content-Type": "text/xml"}
HTML = {"Content-Type": "text/html"}
POSTS = "/wp-json/wp/v2/posts"
FIELDS = "_fields=id,date_gmt,modified_gmt,link,slug,title,class_list"
OLD = "2026-01-01T00:00:00"
DAILY = (("case", "daily"), ("other", "daily"))


class Site:
    """A collection, a server, and what the server was asked for in a crawl."""

    def __init__(self, path: Path, server: PageServer) -> None:
        self.collection = Collection.create(path, "")
        self.config: Config = replace(load_config(self.collection.config_path), crawl=POLICY)
        self.server = server
        self.said: list[str] = []
        self.summary: CrawlSummary | None = None

    def crawl(self, *, reading: bool = False, **definition: Any) -> set[str]:
        """Crawl with that definition; the paths that were asked for, robots.txt aside."""
        before = len(self.server.paths)
        self.said = []
        site = SiteDefinition(name="ledger", **definition)
        config = replace(self.config, sites=(site,))
        options: dict[str, Any] = {"reading": reading, "on_message": self.said.append}
        self.summary = run_crawl(self.collection, config, sites=[site], **options)
        asked = self.server.paths[before:]
        assert len(set(asked)) == len(asked)
        return {path for path in asked if path != "/robots.txt"}

    def pages(self) -> dict[str, RememberedPage]:
        with State.open(self.collection.path, readonly=True) as state:
            return {page.key: page for page in state.memory.pages("ledger")}

    def age(self, days: float) -> None:
        """Let the memory be of so many days ago."""
        past = timedelta(days=days)
        with State.open(self.collection.path, readonly=False) as state:
            namings = [replace(one, listed_at=one.listed_at - past) for one in state.memory.namings("ledger")]
            pages = [
                replace(
                    page,
                    first_found_at=page.first_found_at - past,
                    found_at=page.found_at - past,
                    fetched_at=page.fetched_at and page.fetched_at - past,
                    unlisted_at=page.unlisted_at and page.unlisted_at - past,
                )
                for page in state.memory.pages()
            ]
            state.memory.remember(pages, namings, [])


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with serving({}) as server:
        site = Site(tmp_path / "collection", server)
        yield site
        site.collection.close()


def html(*links: str, text: str = "words") -> str:
    return f"<html><body><p>{text}</p>" + "".join(f'<a href="{link}">x</a>' for link in links) + "</body></html>"


def rest(server: PageServer, cards: dict[str, str], *, total: int | None = None) -> None:
    """Put a REST collection of the cards, path → modified, on the server: one page of it."""
    entries = [{"id": n, "link": server.url(path), "modified_gmt": at} for n, (path, at) in enumerate(cards.items(), 1)]
    said = {"X-WP-Total": str(total or len(entries)), "X-WP-TotalPages": "1"}
    server.pages[f"{POSTS}?per_page=100&page=1&{FIELDS}"] = Reply(json.dumps(entries), headers={**JSON, **said})
    server.pages |= {path: html(text=path) for path in cards}


def test_a_registry_of_three_hundred_cards_changed_moved_and_one_removed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def crawl(folder: Path) -> tuple[dict[str, Any], str]:
        said: list[str] = []
        with Collection.open(folder) as collection:
            config = replace(load_config(collection.config_path), crawl=POLICY)
            summary = run_crawl(collection, config, sites=config.sites, reading=False, on_message=said.append)
        return summary.as_record(), "\n".join(said)

    incremental.run(tmp_path / "c", cards=300, crawl=crawl)

    assert "FAIL" not in capsys.readouterr().out


def test_without_a_word_about_visits_every_page_is_fetched_at_every_run(site: Site) -> None:
    site.server.pages |= {"/": html("/case/1"), "/case/1": html()}
    start = (site.server.url(),)

    assert site.crawl(start=start) == {"/", "/case/1"}
    assert site.crawl(start=start) == {"/", "/case/1"}
    # what nothing links to any more is not forgotten
    site.server.pages["/"] = html()
    assert site.crawl(start=start) == {"/", "/case/1"}
    assert set(site.pages()) == {"~/", "~/case/1"}
    assert all(page.due_at is None for page in site.pages().values())


def test_a_page_that_is_not_due_is_passed_over_and_counted(site: Site) -> None:
    site.server.pages |= {"/": html("/case/1", "/case/2"), "/case/1": html(), "/case/2": html()}
    definition: dict[str, Any] = {"start": (site.server.url(),), "revisit": DAILY, "kinds": (("/case/", "case"),)}
    site.crawl(**definition)
    site.server.pages |= {"/": html("/case/1", "/case/2", "/case/3"), "/case/3": html()}

    assert site.crawl(**definition) == {"/", "/case/3"}
    assert site.summary is not None
    assert site.summary.skipped_because == {"not due until …": 2}


def test_what_nothing_links_to_any_more_is_visited_when_it_is_due(site: Site) -> None:
    site.server.pages |= {"/": html("/case/1"), "/case/1": html("/case/2"), "/case/2": html()}
    definition: dict[str, Any] = {"start": (site.server.url(),), "revisit": DAILY, "kinds": (("/case/", "case"),)}
    site.crawl(**definition)
    site.server.pages["/"] = html()

    assert site.crawl(**definition) == {"/"}
    site.age(1)
    assert site.crawl(**definition) == {"/", "/case/1", "/case/2"}
    del site.server.pages["/case/2"]
    site.age(1)
    site.crawl(**definition)
    page = site.pages()["~/case/2"]
    assert (page.status, page.failures) == (404, 1)
    # it is still there for the memory, and still visited
    site.age(1)
    assert "/case/2" in site.crawl(**definition)


CASE = "".join(
    f"<p>On day {n} of the hearing Ada Lindqvist asked the court for paper and a lamp.</p>" for n in range(9)
)
NOT_FOUND = "<html><head><title>Page not found</title></head><body><h1>Page not found</h1></body></html>"
AWAY = Reply("", status=302, headers={"Location": "/"})


@pytest.mark.parametrize(("rhythm", "answer"), [("once", NOT_FOUND), ("changed", AWAY)])
def test_a_page_that_is_gone_under_a_good_status_is_looked_at_until_that_is_told(
    site: Site, rhythm: str, answer: str | Reply
) -> None:
    """It is visited as one that is answered with 404: twice again within days, then more and more seldom."""
    rest(site.server, {"/case/1": OLD, "/case/2": OLD})
    site.server.pages |= {"/": html(), "/case/1": html(text=CASE), "/case/2": html(text=CASE)}
    kinds = (("/case/", "case"),)
    start = (site.server.url(),)
    definition: dict[str, Any] = {"start": start, "rest": (site.server.url(POSTS),), "kinds": kinds}
    definition |= {"revisit": (("case", rhythm),), "reading": True}
    assert "/case/1" in site.crawl(**definition)
    site.server.pages["/case/1"] = answer
    site.age(1)
    assert "/case/1" not in site.crawl(**definition)
    rest(site.server, {"/case/1": "2026-02-02T00:00:00", "/case/2": OLD})
    site.server.pages |= {"/case/1": answer, "/case/2": html(text=CASE)}

    looked_at = []
    for _ in range(5):
        site.age(1)
        looked_at.append({path for path in site.crawl(**definition) if path.startswith("/case/")})

    found = {"/case/1"}
    assert looked_at[:3] == [found, found, found]
    assert looked_at.count(found) < len(looked_at)
    assert set().union(*looked_at) == found
    events = [change.kind.value for change in site.collection.catalogue.changes()]
    assert len([kind for kind in events if kind in {"soft-404", "redirected-home"}]) == 1


def test_what_is_excluded_now_is_not_visited_any_more(site: Site) -> None:
    site.server.pages |= {"/": html("/case/1", "/b"), "/case/1": html(), "/b": html()}
    definition: dict[str, Any] = {"start": (site.server.url(),), "revisit": (("other", "always"),)}
    site.crawl(**definition)

    assert site.crawl(**definition, exclude=("/case/",)) == {"/", "/b"}


def test_what_a_listing_says_to_be_changed_is_fetched_and_nothing_else(site: Site) -> None:
    rest(site.server, {f"/case/{n}": OLD for n in range(5)})
    definition: dict[str, Any] = {"rest": (site.server.url(POSTS),), "revisit": DAILY}
    listing = f"{POSTS}?per_page=100&page=1&{FIELDS}"

    assert site.crawl(**definition) == {listing, *(f"/case/{n}" for n in range(5))}
    rest(site.server, {f"/case/{n}": OLD for n in range(5)} | {"/case/2": "2026-01-02T00:00:00"})
    site.age(2)
    assert site.crawl(**definition) == {listing, "/case/2"}
    assert site.summary is not None
    assert site.summary.skipped_because == {"unchanged since … as the list says": 4}
    assert site.crawl(**definition) == {listing}


def test_a_link_that_comes_before_the_listing_does_not_hide_a_change(site: Site) -> None:
    """The home page is read first: its link is passed over, and then the listing says better."""
    rest(site.server, {"/case/1": OLD})
    listing = site.server.pages[f"{POSTS}?per_page=100&page=1&{FIELDS}"]
    site.server.pages |= {"/": html("/case/1")}
    definition: dict[str, Any] = {
        "start": (site.server.url(),),
        "rest": (site.server.url(POSTS),),
        "revisit": DAILY,
    }
    site.crawl(**definition)
    rest(site.server, {"/case/1": "2026-02-02T00:00:00"})
    answer = site.server.pages[f"{POSTS}?per_page=100&page=1&{FIELDS}"]
    assert isinstance(answer, Reply)
    assert answer != listing
    site.server.pages[f"{POSTS}?per_page=100&page=1&{FIELDS}"] = replace(answer, seconds=0.3)

    assert "/case/1" in site.crawl(**definition)


@pytest.mark.parametrize("gone", [True, False])
def test_what_a_listing_said_that_is_had_no_more_does_not_hold_visits_off(site: Site, gone: bool) -> None:
    rest(site.server, {"/case/1": OLD})
    site.server.pages |= {"/": html("/case/1")}
    definition: dict[str, Any] = {"start": (site.server.url(),), "revisit": (*DAILY, ("list", "always"))}
    listing = f"{POSTS}?per_page=100&page=1&{FIELDS}"
    site.crawl(**definition, rest=(site.server.url(POSTS),))
    if not gone:
        definition["rest"] = (site.server.url(POSTS),)
        del site.server.pages[listing]

    site.age(8)
    site.crawl(**definition)
    site.age(2)

    # as its kind is visited, not after months, as a registry's card is of which that says nothing new
    assert "/case/1" in site.crawl(**definition)


def test_a_change_that_could_not_be_had_is_not_forgotten(site: Site) -> None:
    rest(site.server, {"/case/1": OLD})
    definition: dict[str, Any] = {"rest": (site.server.url(POSTS),), "revisit": DAILY}
    site.crawl(**definition)
    rest(site.server, {"/case/1": "2026-02-02T00:00:00"})
    site.server.pages["/case/1"] = Reply(status=404)
    site.crawl(**definition)
    site.server.pages["/case/1"] = html()

    assert "/case/1" in site.crawl(**definition)
    assert "/case/1" not in site.crawl(**definition)


def test_a_page_that_leaves_the_registry_is_told_of_once_and_looked_at(site: Site) -> None:
    cards = {f"/case/{n}": OLD for n in range(4)}
    rest(site.server, cards)
    definition: dict[str, Any] = {"rest": (site.server.url(POSTS),), "revisit": DAILY}
    site.crawl(**definition)
    assert not [words for words in site.said if "listed" in words]

    del cards["/case/3"]
    rest(site.server, cards)
    site.crawl(**definition)
    assert site.summary is not None
    assert site.summary.unlisted == 1
    listing, gone = site.server.url(POSTS), site.server.url("/case/3")
    assert f"ledger: no longer listed by {listing}: {gone}" in site.said
    assert site.pages()["~/case/3"].unlisted_at is not None

    assert "/case/3" in site.crawl(**definition)
    assert site.summary.unlisted == 0
    # and it may come back
    rest(site.server, {**cards, "/case/3": OLD})
    site.crawl(**definition)
    assert site.pages()["~/case/3"].unlisted_at is None
    del cards["/case/2"]
    rest(site.server, cards)
    site.crawl(**definition)
    assert site.summary.unlisted == 2


@pytest.mark.parametrize("how", ["half of it", "not there", "another answer", "fewer than it says", "nothing", "cut"])
def test_of_a_listing_that_is_not_complete_nothing_is_concluded(site: Site, how: str) -> None:
    cards = {f"/case/{n}": OLD for n in range(4)}
    rest(site.server, cards)
    definition: dict[str, Any] = {"rest": (site.server.url(POSTS),)}
    site.crawl(**definition)
    path = f"{POSTS}?per_page=100&page=1&{FIELDS}"
    del cards["/case/3"]
    rest(site.server, {} if how == "nothing" else cards, total=4 if how == "fewer than it says" else None)
    whole = site.server.pages[path]
    assert isinstance(whole, Reply)
    match how:
        case "half of it":
            site.server.pages[path] = replace(whole, headers={**JSON, "X-WP-TotalPages": "2"})
        case "not there":
            site.server.pages[path] = Reply(status=404)
        case "another answer":
            site.server.pages[path] = html()
        case "cut":
            site.server.pages[path] = replace(whole, cut=20)
    site.crawl(**definition)

    assert site.summary is not None
    assert site.summary.unlisted == 0
    assert site.pages()["~/case/3"].unlisted_at is None
    with State.open(site.collection.path, readonly=True) as state:
        assert [run.complete for run in state.memory.listings("ledger")] == [True, False]


def test_a_sitemap_of_several_parts_is_one_listing(site: Site) -> None:
    def sitemap(*paths: str) -> bytes:
        locations = "".join(f"<url><loc>{site.server.url(path)}</loc></url>" for path in paths)
        return gzip.compress(f"<urlset>{locations}</urlset>".encode())

    parts = "".join(f"<sitemap><loc>/part-{n}.xml.gz</loc></sitemap>" for n in (1, 2))
    site.server.pages |= {
        "/sitemap.xml": Reply(f"<sitemapindex>{parts}</sitemapindex>", headers=XML),
        "/part-1.xml.gz": sitemap("/a", "/b"),
        "/part-2.xml.gz": sitemap("/c"),
        **{path: html() for path in ("/a", "/b", "/c")},
    }
    definition: dict[str, Any] = {"sitemaps": (site.server.url("/sitemap.xml"),)}
    site.crawl(**definition)
    # from one part to the other is no leaving
    site.server.pages |= {"/part-1.xml.gz": sitemap("/a"), "/part-2.xml.gz": sitemap("/b", "/c")}
    site.crawl(**definition)
    assert site.summary is not None
    assert site.summary.unlisted == 0
    site.server.pages["/part-2.xml.gz"] = Reply(status=500)
    site.crawl(**definition)
    assert site.summary.unlisted == 0
    site.server.pages["/part-2.xml.gz"] = sitemap("/b")
    site.crawl(**definition)
    assert site.summary.unlisted == 1


def test_a_page_that_slides_out_of_a_feed_has_left_nothing(site: Site) -> None:
    def feed(*paths: str) -> Reply:
        items = "".join(f"<item><link>{site.server.url(path)}</link></item>" for path in paths)
        return Reply(f"<rss><channel>{items}</channel></rss>", headers=XML)

    site.server.pages |= {"/feed": feed("/a", "/b"), "/a": html(), "/b": html(), "/c": html()}
    definition: dict[str, Any] = {"feeds": (site.server.url("/feed"),)}
    site.crawl(**definition)
    site.server.pages["/feed"] = feed("/b", "/c")
    site.crawl(**definition)

    assert site.summary is not None
    assert site.summary.unlisted == 0
    with State.open(site.collection.path, readonly=True) as state:
        assert state.memory.named("ledger") == {"~/b", "~/c"}


def test_a_list_is_read_with_its_pages_and_a_card_that_changes_lists_is_listed(site: Site) -> None:
    server = site.server
    server.pages |= {
        "/list-a": html("/case/1", "/case/2", "/list-a?page=2", "/about"),
        "/list-a?page=2": html("/case/3", "/list-a?page=1"),
        "/list-a?page=1": html("/case/1", "/case/2"),
        "/list-b": html("/case/9"),
        "/about": html(),
        **{f"/case/{n}": html() for n in (1, 2, 3, 9)},
    }
    definition: dict[str, Any] = {
        "lists": (server.url("/list-a"), server.url("/list-b")),
        "kinds": (("/case/", "case"),),
        "revisit": (("case", "weekly"), ("other", "weekly")),
    }
    site.crawl(**definition)
    lists = {"/list-a", "/list-a?page=2", "/list-a?page=1", "/list-b"}
    assert site.crawl(**definition) == lists

    server.pages |= {"/list-a?page=2": html("/list-a?page=1"), "/list-b": html("/case/9", "/case/3")}
    site.crawl(**definition)
    assert site.summary is not None
    assert site.summary.unlisted == 0
    server.pages["/list-b"] = html("/case/9")
    site.crawl(**definition)
    assert site.summary.unlisted == 1
    assert site.pages()["~/case/3"].unlisted_at is not None


def test_the_pages_of_a_list_are_parts_of_it_wherever_they_are_linked_from(site: Site) -> None:
    """Read as a page of its own, what one names would be missing from the list, and told as gone."""
    server = site.server
    server.pages |= {
        "/": html("/list/page/3/", "/case/9"),
        "/list/": html("/case/1", "/list/page/2/"),
        "/list/page/2/": html("/case/2", "/list/page/3/"),
        "/list/page/3/": html("/case/3", "/"),
        **{f"/case/{n}": html("/list/page/2/", "/list/page/3/") for n in (1, 2, 3, 9)},
    }
    definition: dict[str, Any] = {
        "start": (server.url(),),
        "lists": (server.url("/list/"),),
        "kinds": (("/case/", "case"), ("/list/", "list")),
        "include": ("/case/",),
        "revisit": DAILY,
    }
    lists = {"/list/", "/list/page/2/", "/list/page/3/"}
    assert site.crawl(**definition) == {"/", *lists, *(f"/case/{n}" for n in (1, 2, 3, 9))}
    for _ in range(2):
        # slow, so that the links to its parts are met before them
        server.pages["/list/"] = Reply(html("/case/1", "/list/page/2/"), headers=HTML, seconds=0.2)
        assert site.crawl(**definition) == {"/", *lists}
        assert site.summary is not None
        assert site.summary.unlisted == 0
    server.pages["/list/page/3/"] = html("/")
    site.crawl(**definition)
    assert site.summary.unlisted == 1


def test_a_list_that_leads_elsewhere_and_one_that_was_redesigned_say_nothing(site: Site) -> None:
    server = site.server
    card = '<li class="card"><a href="/case/{}">x</a></li>'
    server.pages |= {
        "/": html("/about"),
        "/list": "".join(map(card.format, (1, 2))),
        **{f"/case/{n}": html() for n in (1, 2)},
    }
    definition: dict[str, Any] = {"lists": (server.url("/list"),), "selectors": Selectors(listing=("li.card",))}
    site.crawl(**definition)
    server.pages["/list"] = html("/case/1")
    site.crawl(**definition)
    assert site.summary is not None
    assert site.summary.unlisted == 0
    server.pages["/list"] = Reply(status=302, headers={"Location": "/"})
    site.crawl(**definition)
    assert site.summary.unlisted == 0
    assert site.summary.problems == {"the list leads elsewhere": 1}
    server.pages["/list"] = card.format(1)
    site.crawl(**definition)
    assert site.summary.unlisted == 1


def test_a_list_without_end_is_left_when_it_names_nothing_new(site: Site) -> None:
    server = site.server
    server.pages |= {f"/list?page={n}": html(f"/case/{min(n, 3)}", f"/list?page={n + 1}") for n in range(2, 60)}
    server.pages |= {"/list": html("/case/1", "/list?page=2"), **{f"/case/{n}": html() for n in (1, 2, 3)}}

    asked = site.crawl(lists=(server.url("/list"),), follow=False)

    assert {"/case/1", "/case/2", "/case/3"} <= asked
    assert "/list?page=9" not in asked


def test_a_json_list_is_counted_on_and_its_dates_are_heeded(site: Site) -> None:
    server = site.server

    def api(at: str) -> None:
        server.pages |= {
            "/api?n=1": Reply(json.dumps([{"id": 1, "at": at}, {"id": 2, "at": OLD}]), headers=JSON),
            "/api?n=2": Reply(json.dumps([{"id": 3, "at": OLD}]), headers=JSON),
            "/api?n=3": Reply(json.dumps([]), status=404),
            **{f"/p/{n}": html() for n in (1, 2, 3)},
        }

    list_of = Api(server.url("/api?n=1"), template=server.url("/p/") + "{id}", modified="at", page="n")
    definition: dict[str, Any] = {"apis": (list_of,), "revisit": (("other", "changed"),)}
    api(OLD)

    assert site.crawl(**definition) == {"/api?n=1", "/api?n=2", "/api?n=3", "/p/1", "/p/2", "/p/3"}
    assert site.summary is not None
    assert site.summary.problems == {}
    api("2026-01-02T00:00:00")
    assert site.crawl(**definition) == {"/api?n=1", "/api?n=2", "/api?n=3", "/p/1"}


def test_downloads_are_kept_at_every_run_and_not_looked_into(site: Site) -> None:
    site.server.pages |= {"/list.csv": html("/case/1"), "/": html()}
    definition: dict[str, Any] = {
        "start": (site.server.url(),),
        "downloads": (site.server.url("/list.csv"),),
        "revisit": (("other", "yearly"),),
    }

    assert site.crawl(**definition) == site.crawl(**definition) == {"/", "/list.csv"}


def test_ways_to_find_pages_that_are_not_there_end_nothing(site: Site) -> None:
    site.server.pages |= {"/": html("/a"), "/a": html(), "/feed": html()}
    url = site.server.url
    site.crawl(
        start=(url(),),
        feeds=(url("/feed"),),
        sitemaps=(url("/sitemap.xml"),),
        rest=(url(POSTS),),
        apis=(Api(url("/api")),),
        lists=(url("/list"),),
        downloads=(url("/list.csv"),),
    )

    assert site.summary is not None
    assert (site.summary.reason, site.summary.failed) == ("finished", 0)
    assert site.summary.problems == {
        "expected a listing, found status 404": 4,
        "expected rss, RDF or feed as root element, found html": 1,
    }


def test_short_forms_are_no_pages_of_their_own(site: Site) -> None:
    rest(site.server, {"/case/a": OLD, "/case/b": OLD})
    shortlink = '<link rel="shortlink" href="/?p=77">'
    site.server.pages |= {
        "/": html("/?p=1", "/?p=2", "/?post_type=post&p=3", "/c"),
        "/?post_type=post&p=3": html(),
        "/c": f"<html><head>{shortlink}</head><body>" + html("/?p=77", "/d"),
        "/d": html("/?p=77"),
    }

    asked = site.crawl(start=(site.server.url(),), rest=(site.server.url(POSTS),))

    assert not {"/?p=1", "/?p=2", "/?p=77"} & asked
    assert "/?post_type=post&p=3" in asked
    assert site.summary is not None
    assert site.summary.skipped_because == {"same page as …": 3}


def test_a_move_to_a_mirror_is_of_the_same_pages(site: Site) -> None:
    rest(site.server, {"/case/1": OLD, "/case/2": OLD})
    site.server.pages["/"] = html("/case/1")
    definition = SiteDefinition(
        name="ledger", start=(site.server.url(),), rest=(site.server.url(POSTS),), revisit=DAILY
    )
    site.crawl(**_values(definition))
    before = site.pages()
    with serving({}) as mirror:
        # the mirror does not rewrite what its listing says
        mirror.pages = dict(site.server.pages)
        asked_before = len(site.server.paths)
        old, site.server = site.server, mirror
        moved = definition.rebased(mirror.url())
        assert site.crawl(**_values(moved)) == {"/", f"{POSTS}?per_page=100&page=1&{FIELDS}"}
        rest(mirror, {"/case/1": OLD})
        site.crawl(**_values(moved))
        assert site.summary is not None
        assert site.summary.unlisted == 1
        site.crawl(**_values(moved))
        assert "/case/2" in mirror.paths
        assert len(old.paths) == asked_before
    assert set(site.pages()) == set(before)
    assert site.pages()["~/case/2"].first_found_at == before["~/case/2"].first_found_at


def _values(site: SiteDefinition) -> dict[str, Any]:
    names = ("start", "rest", "revisit", "mirrors")
    return {name: getattr(site, name) for name in names}


def test_a_limited_run_is_remembered_and_gone_on_with(site: Site) -> None:
    rest(site.server, {f"/case/{n}": OLD for n in range(6)})
    definition = SiteDefinition(name="ledger", rest=(site.server.url(POSTS),), revisit=DAILY)
    options: dict[str, Any] = {"sites": [definition], "reading": False}
    run_crawl(site.collection, site.config, limit=3, **options)
    assert sum(page.fetched_at is not None for page in site.pages().values()) == 2
    again = run_crawl(site.collection, site.config, **options)

    assert again.resumed
    pages = site.pages()
    assert len(pages) == 6
    assert {(page.status, page.fetched_modified) for page in pages.values()} == {(200, f"{OLD}Z")}
    pages_asked = [path for path in site.server.paths if path != "/robots.txt"]
    assert len(pages_asked) == len({*pages_asked})


def test_a_crawl_that_was_killed_and_left_is_remembered_by_the_next(site: Site) -> None:
    rest(site.server, {f"/case/{n}": OLD for n in range(3)})
    definition = SiteDefinition(name="ledger", rest=(site.server.url(POSTS),), revisit=DAILY)
    options: dict[str, Any] = {"sites": [definition], "reading": False}
    config = replace(site.config, sites=(definition,))
    first = run_crawl(site.collection, config, **options)
    # what a kill before the end leaves: the frontier, and a memory that knows nothing of it
    with State.open(site.collection.path, readonly=False) as state, state._database.writing() as rows:
        for table in ("pages", "namings", "listings"):
            rows.exec_driver_sql(f"DELETE FROM {table}")
    frontier = Frontier.open(site.collection.crawls_folder / first.crawl / FILE_NAME)
    frontier.set_fact(REMEMBERED, False)
    frontier.close()
    before = len(site.server.paths)
    run_crawl(site.collection, config, fresh=True, **options)

    assert [path for path in site.server.paths[before:] if path.startswith("/case/")] == []
    assert len(site.pages()) == 3
