"""`khronika site add URL` on sites of different build: what it proposes finds their articles, without an edit."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from local_sites.apps import JsonApi, NextJs, RssOnly, SitemapOnly
from local_sites.base import LocalSite
from local_sites.cms import Bitrix, ClosedWordPress, Drupal, WordPress
from local_sites.odd import Broken, PhpBB
from local_sites.static import GoogleSites, Hugo, PlainHtml
from local_sites.variants import VARIANTS

from archive.collection import Collection
from crawler.cli import Exit, run
from crawler.config import load_config
from crawler.runner import run_crawl
from spiders.definition import SiteDefinition
from spiders.kinds import kind_of, language_of

BUILDS: tuple[type[LocalSite], ...] = (
    *(WordPress, ClosedWordPress, Drupal, NextJs, Hugo, GoogleSites, Bitrix, PhpBB, PlainHtml, RssOnly, SitemapOnly),
    *(JsonApi, Broken),
)
NAMES = [build.__name__.lower() for build in BUILDS]
FURTHER = [build.__name__.lower() for build in VARIANTS]
ALL = [*NAMES, *FURTHER]
NEVER = re.compile(r"login|posting\.php|replytocom|view=print|print=|/print/|tmpl=|share|wp-admin|memberlist|[?&]s=")
"""What no crawl of these sites has to ask for."""


@dataclass(frozen=True)
class Crawled:
    """A site that was added by its address and crawled."""

    server: LocalSite
    site: SiteDefinition
    looked: tuple[str, ...]
    """What `site add` asked for."""


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Crawled]]:
    folder = tmp_path_factory.mktemp("local") / "collection"
    assert run(["-q", "init", str(folder)]) == Exit.DONE
    settings = folder / "khronika.toml"
    looked = {}
    with ExitStack() as stack:
        servers = {name: stack.enter_context(build()) for name, build in zip(ALL, (*BUILDS, *VARIANTS), strict=True)}
        for name, server in servers.items():
            assert run(["-q", "-C", str(folder), "--json", "site", "add", server.address, "--name", name]) == Exit.DONE
            looked[name] = tuple(server.paths)
            server.forget()
        assert not [*(folder / "archive").glob("*.warc.gz*")], "a look keeps nothing"
        text = settings.read_text(encoding="utf-8")
        settings.write_text(text.replace("# fetch-processes = 0", "fetch-processes = 1"), encoding="utf-8")
        config = load_config(settings)
        with Collection.open(folder) as collection:
            # what the pages say is for other tests
            assert run_crawl(collection, config, sites=config.sites, reading=False).reason == "finished"
        sites = {site.name: site for site in config.sites}
        yield {name: Crawled(server, sites[name], looked[name]) for name, server in servers.items()}


@pytest.mark.parametrize("name", NAMES)
def test_what_is_proposed_finds_the_articles(name: str, crawled: Mapping[str, Crawled]) -> None:
    server = crawled[name].server

    assert len(server.wanted) >= 40
    assert server.found() >= {*server.wanted}


@pytest.mark.parametrize("name", FURTHER)
def test_what_is_odd_about_a_site_hides_no_article(name: str, crawled: Mapping[str, Crawled]) -> None:
    server = crawled[name].server

    assert len(server.wanted) >= 14
    assert server.found() >= {*server.wanted}


@pytest.mark.parametrize("name", ALL)
def test_a_look_takes_few_requests(name: str, crawled: Mapping[str, Crawled]) -> None:
    looked = crawled[name].looked

    assert len(looked) <= 24
    assert len({*looked}) == len(looked)
    assert looked[0] == "/robots.txt"


@pytest.mark.parametrize("name", ALL)
def test_what_is_no_page_is_not_asked_for(name: str, crawled: Mapping[str, Crawled]) -> None:
    server = crawled[name].server
    asked = [server.plain(path) for path in server.paths]

    assert [path for path in asked if NEVER.search(path)] == []
    # the record of one page under several addresses would be several
    assert sorted({*asked}) == sorted(asked)


@pytest.mark.parametrize("name", NAMES)
def test_articles_are_told_from_lists(name: str, crawled: Mapping[str, Crawled]) -> None:
    one = crawled[name]
    kinds = {kind_of(one.site, one.server.url(path)) for path in one.server.wanted}

    assert kinds == {"case"} if name == "sitemaponly" else kinds == {"news"}
    for listing in one.site.lists:
        assert kind_of(one.site, listing) == "list"


def test_languages_are_told(crawled: Mapping[str, Crawled]) -> None:
    drupal = crawled["drupal"]
    assert {*drupal.site.languages} == {"ru", "en"}
    assert language_of(drupal.site, drupal.server.url("/en/express-news/2022/01/02/x")) == "en"
    for name in NAMES:
        if name != "drupal":
            assert crawled[name].site.languages == (crawled[name].server.language,), name


def test_selectors_are_those_that_match_on_every_page_that_was_seen(crawled: Mapping[str, Crawled]) -> None:
    bodies = {name: one.site.selectors.body for name, one in crawled.items()}

    assert bodies["wordpress"] == ("div.entry-content",)
    assert bodies["drupal"] == ("div.field--name-body",)
    assert bodies["nextjs"] == ("#articleContainer",)
    assert bodies["bitrix"] == ("div.news-detail",)
    assert bodies["hugo"] == ("div.post-content",)
    assert bodies["phpbb"] == ("div.content",)
    assert bodies["plainhtml"] == (), "a page without a container has none to name"


def test_a_site_in_a_folder_is_kept_to_it(crawled: Mapping[str, Crawled]) -> None:
    for name, folder in (("closedwordpress", "/blog/"), ("googlesites", "/site/chronicle/"), ("phpbb", "/forum/")):
        beyond = [path for path in crawled[name].server.paths if not path.startswith((folder, "/robots.txt"))]
        assert beyond == [], name


def test_a_json_list_is_read_to_its_end(crawled: Mapping[str, Crawled]) -> None:
    [api] = crawled["jsonapi"].site.apis

    assert (api.entries, api.link, api.next, api.cursor) == ("data.items", "url", "meta.next_cursor", "cursor")


def test_a_mirror_is_known_by_its_listings(crawled: Mapping[str, Crawled]) -> None:
    assert crawled["mirrorofhugo"].site.mirrors == ("home.invalid",)
    assert [name for name, one in crawled.items() if one.site.mirrors] == ["mirrorofhugo"]


def test_lists_in_json_go_on_in_every_way(crawled: Mapping[str, Crawled]) -> None:
    [counted] = crawled["countedapi"].site.apis
    [named] = crawled["givenapi"].site.apis
    [moved] = crawled["offsetapi"].site.apis

    assert (counted.entries, counted.page, counted.template.rpartition("/news")[2]) == ("items", "page", "/{id}")
    assert (named.entries, named.link, named.next) == ("results", "url", "next")
    assert (moved.entries, moved.offset, moved.template.rpartition("/stories")[2]) == ("", "offset", "/{slug}")


def test_a_dry_run_shows_a_table_and_writes_nothing(
    crawled: Mapping[str, Crawled], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["-q", "init", str(tmp_path / "c")]) == Exit.DONE
    before = (tmp_path / "c" / "khronika.toml").read_bytes()
    server = crawled["bitrix"].server
    words = ["-C", str(tmp_path / "c"), "site", "add", server.address, "--name", "bitrix", "--dry-run"]

    assert run(words) == Exit.DONE
    said = capsys.readouterr().out
    assert run([*words, "--json"]) == Exit.DONE
    look, entry = (json.loads(line) for line in capsys.readouterr().out.splitlines())

    assert (tmp_path / "c" / "khronika.toml").read_bytes() == before
    assert re.search(r"^sitemaps +none +\d+ addresses tried$", said, re.MULTILINE)
    assert "[[site]]" in said
    assert look["type"] == "look"
    assert {"what": "built with", "found": "bitrix", "note": ""} in look["found"]
    assert (entry["type"], entry["name"], entry["written"]) == ("site", "bitrix", False)


@pytest.mark.parametrize("name", ["wordpress", "jsonapi", "sitemaponly"])
def test_a_test_of_what_was_proposed_misses_nothing(
    name: str, crawled: Mapping[str, Crawled], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server = crawled[name].server
    assert run(["-q", "init", str(tmp_path / "c")]) == Exit.DONE
    assert run(["-q", "-C", str(tmp_path / "c"), "site", "add", server.address, "--name", name]) == Exit.DONE
    capsys.readouterr()

    assert run(["-q", "-C", str(tmp_path / "c"), "site", "test", name, "--json"]) == Exit.DONE

    *records, summary = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert summary["reached"]
    assert summary["missing"] == []
    pages = [record for record in records if record["type"] == "page" and record["kind"] in {"news", "case"}]
    assert len(pages) == 2
    assert all(page["sight"]["matched"]["body"] == 1 for page in pages)
    assert not [*(tmp_path / "c" / "archive").glob("*.warc.gz*")]
