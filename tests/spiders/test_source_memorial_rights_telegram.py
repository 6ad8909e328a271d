"""Political Prisoners. Memorial, Rights in Russia with its predecessor, and Telegram's channels: crawled together by
the real command against servers that stand in for them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from replicas.base import Page, Replica
from replicas.crawling import Archive, Coverage, Ran, coverage, paths_of, rebased, wrong_pages
from replicas.memopzk import MIRROR, Memopzk
from replicas.rights_in_russia import GROUPS, OLD, RightsInRussia
from replicas.telegram import ENGLISH, LANGUAGES, RUSSIAN, TITLES, Telegram

from spiders.definition import SiteDefinition
from spiders.known import KNOWN_SITES
from spiders.rest import rest_address

DELAY = 0.05
MEMOPZK, RIGHTS, TELEGRAM = "memopzk", "rights-in-russia", "telegram"


@dataclass(frozen=True)
class Crawled:
    """The three replicas after a crawl of them all."""

    archive: Archive
    settings: str
    """khronika.toml without sites."""
    memopzk: Memopzk
    rights: RightsInRussia
    telegram: Telegram
    sites: dict[str, SiteDefinition]
    ran: Ran
    pages: dict[str, list[dict[str, Any]]]
    """What `site pages` says, by site."""
    messages: list[dict[str, Any]]
    """The readings of the channels' pages."""


def sites_at(memopzk: Memopzk, rights: RightsInRussia, telegram: Telegram) -> dict[str, SiteDefinition]:
    """The shipped definitions, fetched from the replicas."""
    mirrors = [*KNOWN_SITES[MEMOPZK].rebased(memopzk.base).mirrors, urlsplit(memopzk.base_of(MIRROR)).netloc]
    hosts = {
        "www.rightsinrussia.org": rights.base,
        "rightsinrussia.info": rights.base_of(OLD),
        "groups.rightsinrussia.info": rights.base_of(GROUPS),
    }
    channels = [telegram.url(f"/s/{name}") for name in (RUSSIAN, ENGLISH)]
    sites = (
        rebased(MEMOPZK, {"memopzk.org": memopzk.base}, delay=DELAY, mirrors=mirrors),
        rebased(RIGHTS, hosts, delay=DELAY),
        rebased(TELEGRAM, {}, start=channels, languages=["ru", "en"], delay=DELAY),
    )
    return {site.name: site for site in sites}


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    archive = Archive(tmp_path_factory.mktemp("sources") / "collection")
    with Memopzk() as memopzk, RightsInRussia() as rights, Telegram() as telegram:
        sites = sites_at(memopzk, rights, telegram)
        settings = (archive.path / "khronika.toml").read_text(encoding="utf-8")
        archive.add(*sites.values())
        ran = archive("crawl")
        pages = {name: archive("site", "pages", name).of_type("page") for name in sites}
        texts = archive.path / "texts.jsonl"
        archive("export", "text", "--site", TELEGRAM, "-o", str(texts))
        messages = [json.loads(line) for line in texts.read_text(encoding="utf-8").splitlines()]
        yield Crawled(archive, settings, memopzk, rights, telegram, sites, ran, pages, messages)


def ways(site: SiteDefinition, replica: Replica) -> set[str]:
    """Paths of what finds pages, or belongs to them, and is none."""
    named = (*site.feeds, *site.sitemaps, *site.downloads)
    beside = ("/wp-json/wp/v2/", "/wp-sitemap", "/wp-content/")
    return paths_of(*named) | {path for path in replica.paths if path.startswith(beside)}


def is_whole(found: Coverage) -> None:
    assert (found.missing, found.twice, found.beside) == ((), (), ())
    assert found.precision >= 0.98


def view(pages: Sequence[Page], base: str) -> Any:
    """As much of a replica as `wrong_pages` looks at."""
    return SimpleNamespace(pages=list(pages), base=base)


# -- Political Prisoners. Memorial


def test_memopzk_every_page_is_fetched_once_from_one_of_its_hosts(crawled: Crawled) -> None:
    memopzk = crawled.memopzk

    assert len([page for page in memopzk.pages if page.listed]) >= 300
    is_whole(coverage(memopzk, ways(crawled.sites[MEMOPZK], memopzk), hosts=memopzk.hosts, folded=True))


def test_memopzk_the_registry_is_read_to_its_end_and_the_lists_are_kept(crawled: Crawled) -> None:
    paths = crawled.memopzk.paths
    (rest,) = crawled.sites[MEMOPZK].rest

    assert [path for path in paths if path.startswith("/wp-json/")] == [
        *paths_of(rest_address(rest, 1)),
        *paths_of(rest_address(rest, 2)),
    ]
    assert sum(path.endswith("/?download") for path in paths) == 3


def test_memopzk_each_page_is_read_right(crawled: Crawled) -> None:
    assert wrong_pages(crawled.memopzk, crawled.pages[MEMOPZK]) == {}


def test_memopzk_the_registry_tells_articles_and_stage(crawled: Crawled) -> None:
    by_url = {page["url"]: page for page in crawled.pages[MEMOPZK]}
    for card in crawled.memopzk.cards:
        facts = {(fact["name"], fact["value"]) for fact in by_url[crawled.memopzk.url(card.path)]["listed_facts"]}
        assert {("stage", card.stage), ("region", card.region), ("list", card.list)} <= facts


def test_memopzk_robots_are_obeyed(crawled: Crawled) -> None:
    assert not [path for path in crawled.memopzk.paths if path.startswith(("/poisk/", "/wp-admin", "/wp-login"))]
    assert all(crawled.memopzk.asked_of(host)[0].path == "/robots.txt" for host in crawled.memopzk.hosts[:1])


# -- Rights in Russia


def test_rights_in_russia_every_page_is_fetched_once(crawled: Crawled) -> None:
    rights = crawled.rights
    passed = ways(crawled.sites[RIGHTS], rights)

    assert len(rights.pages) >= 300
    for host in rights.hosts:
        is_whole(coverage(_of_host(rights, host), passed, hosts=[host]))


def _of_host(rights: RightsInRussia, host: str) -> Any:
    return SimpleNamespace(pages=rights.of_host(host), asked=rights.asked, hosts=rights.hosts)


@pytest.mark.parametrize("host", RightsInRussia.hosts)
def test_rights_in_russia_each_page_is_read_right(crawled: Crawled, host: str) -> None:
    rights = crawled.rights

    assert wrong_pages(view(rights.of_host(host), rights.base_of(host)), crawled.pages[RIGHTS]) == {}


def test_rights_in_russia_robots_are_obeyed(crawled: Crawled) -> None:
    assert not [path for path in crawled.rights.paths if path.startswith(("/drafts/", "/wp-admin", "/wp-login"))]
    assert all(crawled.rights.asked_of(host)[0].path == "/robots.txt" for host in crawled.rights.hosts)


# -- Telegram


def test_telegram_every_message_of_both_channels_is_fetched(crawled: Crawled) -> None:
    telegram = crawled.telegram
    asked = [path for path in telegram.paths if path != "/robots.txt"]

    assert len(asked) >= 300
    assert len(asked) == len(set(asked))
    for channel in (RUSSIAN, ENGLISH):
        befores = [_before(path) for path in asked if urlsplit(path).path == f"/s/{channel}"]
        shown = {message.id for before in befores for message in telegram.shown(channel, before)}
        assert shown == set(telegram.messages[channel])
    assert {urlsplit(path).path for path in asked} == {f"/s/{channel}" for channel in (RUSSIAN, ENGLISH)}


def test_telegram_each_message_is_read_right(crawled: Crawled) -> None:
    telegram = crawled.telegram
    for reading in crawled.messages:
        parts = urlsplit(reading["url"])
        channel = parts.path.removeprefix("/s/")
        shown = telegram.shown(channel, _before(reading["url"]))
        assert [(item["id"], item["published"], item["edited"]) for item in reading["site"]["items"]] == [
            (one.post, f"{one.sent:%Y-%m-%dT%H:%M:%SZ}", one.edited) for one in shown
        ]
        assert all(one.text.split("\n")[0] in reading["text"] for one in shown)


def test_telegram_each_page_is_read_right(crawled: Crawled) -> None:
    pages = crawled.pages[TELEGRAM]

    assert len(pages) == len(crawled.telegram.asked) - 1
    for page in pages:
        channel = urlsplit(page["url"]).path.removeprefix("/s/")
        found = (page["kind"], page["language"], page["title"], page["published"], page["translations"])
        kind = "messages" if "before" in page["url"] else "list"
        assert found == (kind, LANGUAGES[channel], TITLES[channel], None, [])


def _before(url: str) -> int | None:
    value = parse_qs(urlsplit(url).query).get("before")
    return int(value[0]) if value else None


# -- all of them


def test_nothing_failed_and_what_was_left_out_is_told_why(crawled: Crawled) -> None:
    summary = crawled.ran.summary

    assert (summary["reason"], summary["failed"]) == ("finished", 0)
    reasons = set(summary["skipped_because"])
    assert "other host" in reasons
    assert any(reason.startswith("excluded by") for reason in reasons)


# -- the next run, from a mirror


EDITED, GONE = (3, 40, 41, 77, 150), 9
NEW = [f"Новость {n}" for n in range(45)]


@dataclass(frozen=True)
class Next:
    """What a second run did, after editors were at work; of memopzk from its mirror."""

    ran: Ran
    memopzk: list[str]
    rights: list[str]
    telegram: list[str]
    edited: list[str]
    gone: str


@pytest.fixture(scope="module")
def following(crawled: Crawled) -> Next:
    memopzk, rights, telegram = crawled.memopzk, crawled.rights, crawled.telegram
    edited, (gone,) = memopzk.edit(EDITED), memopzk.take_off([GONE])
    telegram.post(RUSSIAN, NEW)
    for replica in (memopzk, rights, telegram):
        replica.forget()
    mirror = memopzk.base_of(MIRROR)
    mirrors = [*crawled.sites[MEMOPZK].mirrors, urlsplit(memopzk.base).netloc]
    moved = rebased(MEMOPZK, {"memopzk.org": mirror}, delay=DELAY, mirrors=mirrors)
    (crawled.archive.path / "khronika.toml").write_text(crawled.settings, encoding="utf-8")
    crawled.archive.add(moved, crawled.sites[RIGHTS], crawled.sites[TELEGRAM])
    ran = crawled.archive("crawl")
    asked = [[one for one in replica.paths if one != "/robots.txt"] for replica in (memopzk, rights, telegram)]
    return Next(ran, *asked, edited, gone)


def test_the_next_run_fetches_listings_and_what_they_say_was_changed(crawled: Crawled, following: Next) -> None:
    kinds = {page.path: page.kind for page in crawled.memopzk.pages}
    cards = sorted(path for path in following.memopzk if kinds.get(path) == "case")

    assert cards == sorted(following.edited)
    assert not [path for path in following.memopzk if kinds.get(path) == "news"]
    assert not [path for path in following.rights if "week-ending" in path or "political-prisoners-" in path]


def test_the_next_run_keeps_the_history_that_another_host_began(crawled: Crawled, following: Next) -> None:
    path = following.edited[0]
    captures = crawled.archive("history", crawled.memopzk.url(path)).of_type("capture")

    assert {urlsplit(capture["url"]).netloc for capture in captures} == {
        urlsplit(crawled.memopzk.base_of(host)).netloc for host in crawled.memopzk.hosts
    }
    assert [capture["change"] for capture in sorted(captures, key=lambda one: one["captured_at"])] == [None, "added"]


def test_the_next_run_tells_who_is_on_the_registry_no_more(crawled: Crawled, following: Next) -> None:
    (page,) = crawled.archive("site", "pages", MEMOPZK, "--kind", "case", "--unlisted").of_type("page")

    assert page["url"].endswith(following.gone)
    assert page["person"] == [crawled.memopzk.cards[GONE].who.name]


def test_the_next_run_fetches_new_messages_and_no_old_ones(crawled: Crawled, following: Next) -> None:
    """45 messages more: the newest page of each channel, and the windows that have become full."""
    befores = [_before(path) for path in following.telegram]

    assert befores.count(None) == 2
    assert 2 <= len(befores) - 2 <= 3
    shown = {m.text for before in befores for m in crawled.telegram.shown(RUSSIAN, before)}
    assert set(NEW) <= shown
