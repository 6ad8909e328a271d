"""`khronika site pages`: each page once, with what it is, whichever addresses it was fetched at."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from archive_samples import collection, crawled, page, status
from page_styles import ARTICLE
from warc_samples import exchange

from archive.catalogue import Catalogue
from archive.exchange import Exchange
from archive.page_memory import Naming, RememberedPage
from archive.state import State
from crawler.cli import Exit, run
from crawler.config import load_config
from crawler.reading import rules_for, waiting
from pipelines.sight import key_of
from pipelines.stage import ReadingStage

HOME = "http://rowan.example"
SETTINGS = f"""
[operator]
name = "Rowan"

[[site]]
name = "rowan"
start = ["{HOME}/"]
mirrors = ["mirror.example"]
languages = ["ru", "en"]
kinds = {{ case = "/figurant/", news = "/news/" }}
language-paths = {{ en = "/en/" }}
downloads = ["{HOME}/list.csv"]

[site.selectors]
title = "h1.name"
person = "h1.name"
published = ".when"

[site.facts]
article = ".clause li"
"""
TEXT = "".join(f"<p>{line}</p>" for line in ARTICLE[3:9])
SEEN = datetime(2026, 11, 22, 12, tzinfo=UTC)


def card(name: str, head: str = "") -> str:
    facts = "<ul class=clause><li>Article 541</li></ul><p class=when>4 April 2021</p>"
    return f"<html><head>{head}</head><body><h1 class=name>{name}</h1>{facts}{TEXT}</body></html>"


def canonical(path: str) -> str:
    return f'<link rel=canonical href="{HOME}{path}"><link rel=shortlink href="{HOME}/?p=17">'


def file(path: str, mime: str) -> Exchange:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {mime}\r\nContent-Length: %d\r\n\r\n".encode()
    return exchange(HOME + path, head=head, body=b"name;link\n", mime=mime)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with collection(tmp_path_factory.mktemp("pages")) as at:
        at.config_path.write_text(SETTINGS)
        english = f'<link rel=alternate hreflang=en href="{HOME}/en/figurant/a/">'
        moved = b"HTTP/1.1 301 Moved\r\nLocation: /figurant/a/\r\nContent-Length: 0\r\n\r\n"
        crawled(
            at,
            "c1",
            page(card("Arseny Polyansky", canonical("/figurant/a/") + english), url=f"{HOME}/figurant/a/?utm_source=x"),
            page(card("Arseny Polyansky in English"), url=f"{HOME}/en/figurant/a/"),
            page("<p>A short text of the news.</p>", url=f"{HOME}/news/1"),
            page("<p>A short text of the news.</p>", url=f"{HOME}/en/news/1/"),
            exchange(f"{HOME}/?p=17", head=moved, body=b"", status=301),
            file("/list.csv", "text/csv"),
            file("/style.css", "text/css"),
            site="rowan",
        )
        crawled(
            at,
            "c2",
            page(
                card("Arseny I. Polyansky", canonical("/figurant/a/") + english),
                url="http://mirror.example/figurant/a/",
                hour=2,
            ),
            status(404, url=f"{HOME}/news/1", hour=2),
            site="rowan",
        )
        with Catalogue.open(at.catalogue_path, readonly=False) as catalogue:
            config = load_config(at.config_path)
            assert waiting(catalogue, config) == 6
            rules = rules_for(config.sites)
            ReadingStage(at, catalogue, workers=1, rules_for_site=rules).run_until_done()
            assert waiting(catalogue, config) == 0
        with State.open(at.path, readonly=False) as state:
            known = remembered(rules("rowan").site)
            naming = Naming("rowan", "~/rest", known[0].key, "rest", SEEN, facts=(("stage", "colony"),))
            state.memory.remember(known, [naming], ())
        yield at.path


def remembered(site: Any) -> list[RememberedPage]:
    def known(path: str, **more: Any) -> RememberedPage:
        url = HOME + path
        return RememberedPage("rowan", key_of(url, site), url, None, SEEN, SEEN, **more)

    return [
        known("/figurant/a/", listed_at=SEEN, due_at=SEEN + timedelta(days=1)),
        known("/news/1", listed_at=SEEN, unlisted_at=SEEN + timedelta(hours=1)),
        known("/figurant/b/", listed_at=SEEN, modified="2026-11-20T10:00:00Z"),
    ]


def pages(folder: Path, capsys: pytest.CaptureFixture[str], *more: str) -> list[dict[str, Any]]:
    capsys.readouterr()
    assert run(["-C", str(folder), "--json", "site", "pages", "rowan", *more]) == Exit.DONE
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_each_page_is_told_once_in_order_of_kind_and_address(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = pages(folder, capsys)

    assert [(one["kind"], one["url"].removeprefix(HOME)) for one in told] == [
        ("case", "/en/figurant/a/"),
        ("case", "/figurant/a/"),
        ("case", "/figurant/b/"),
        ("download", "/list.csv"),
        ("news", "/en/news/1/"),
        ("news", "/news/1"),
    ]
    assert all(one["type"] == "page" and one["site"] == "rowan" for one in told)


def test_a_page_that_was_fetched_at_a_mirror_and_under_a_short_form_is_one(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    [english, card, *_] = pages(folder, capsys)

    assert card["fetched"] == [
        "http://mirror.example/figurant/a/",
        f"{HOME}/?p=17",
        f"{HOME}/figurant/a/?utm_source=x",
    ]
    assert (card["title"], card["person"], card["published"], card["language"]) == (
        "Arseny I. Polyansky",
        ["Arseny I. Polyansky"],
        "2021-04-04",
        "en",  # its text's, as history says it; the site's version of the page is the Russian one
    )
    assert card["facts"] == [{"name": "article", "value": "Article 541"}]
    assert (card["captures"], card["status"], card["state"], card["listed"]) == (3, 200, "present", True)
    assert card["due_at"] == "2026-11-23T12:00:00.000000Z"
    assert (english["language"], english["listed"], english["due_at"]) == ("en", None, None)


def test_a_pair_is_told_at_both_of_its_pages(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    [english, card, *_] = pages(folder, capsys)

    # the Russian page alone names the English one
    assert card["translations"] == [{"language": "en", "url": english["url"], "by": "page"}]
    assert english["translations"] == [{"language": "ru", "url": card["url"], "by": "other"}]


def test_addresses_tell_a_pair_where_the_pages_do_not(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = {one["url"].removeprefix(HOME): one for one in pages(folder, capsys)}

    assert told["/news/1"]["translations"] == [{"language": "en", "url": f"{HOME}/en/news/1/", "by": "address"}]
    assert told["/en/news/1/"]["translations"] == [{"language": "ru", "url": f"{HOME}/news/1", "by": "address"}]


def test_what_listings_tell_stands_beside_what_the_page_says(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = pages(folder, capsys)

    assert told[1]["listed_facts"] == [{"name": "stage", "value": "colony"}]
    # what a list names, what one names no more, and what none says anything of now
    listed = {one["url"].removeprefix(HOME): one["listed"] for one in told}
    assert (listed["/figurant/a/"], listed["/news/1"], listed["/figurant/b/"]) == (True, False, None)


def test_the_history_of_a_page_goes_on_at_a_mirror(folder: Path) -> None:
    with Catalogue.open(folder / "catalogue.sqlite", readonly=True) as catalogue:
        captures = catalogue.captures_of(f"{HOME}/figurant/a/?utm_source=x")
        changes = [change.kind for change in catalogue.changes() if change.url.startswith("http://mirror.example/")]

    assert [capture.url.split("/")[2] for capture in captures] == ["rowan.example", "mirror.example"]
    assert changes == ["edited"]


def test_what_has_no_text_is_told_with_what_is_known(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    by_path = {one["url"].removeprefix(HOME): one for one in pages(folder, capsys, "--all")}

    assert (by_path["/list.csv"]["title"], by_path["/list.csv"]["status"]) == (None, 200)
    assert by_path["/style.css"]["kind"] == "requisite"
    ahead = by_path["/figurant/b/"]
    assert (ahead["last_capture"], ahead["captures"], ahead["modified"]) == (None, 0, "2026-11-20T10:00:00Z")


def test_pages_that_are_listed_no_more_can_be_asked_for(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    [gone] = pages(folder, capsys, "--unlisted")

    assert (gone["url"], gone["state"], gone["unlisted_at"]) == (
        f"{HOME}/news/1",
        "gone",
        "2026-11-22T13:00:00.000000Z",
    )
    assert [one["kind"] for one in pages(folder, capsys, "--kind", "download")] == ["download"]


def test_after_a_switch_to_a_mirror_the_pages_are_the_same_at_its_address(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = pages(folder, capsys)
    path = folder / "khronika.toml"
    settings = path.read_text()
    switched = settings.replace(HOME, "MIRROR").replace("mirror.example", "rowan.example")
    path.write_text(switched.replace("MIRROR", "http://mirror.example"))

    after = pages(folder, capsys)
    path.write_text(settings)

    moved = json.loads(json.dumps([{**one, "fetched": []} for one in before]).replace(HOME, "http://mirror.example"))
    assert [{**one, "fetched": []} for one in after] == moved


def test_people_are_shown_a_line_a_page(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["-C", str(folder), "--no-color", "site", "pages", "rowan"]) == Exit.DONE

    shown = capsys.readouterr()
    assert [line.split()[0] for line in shown.out.splitlines()] == ["case"] * 3 + ["download"] + ["news"] * 2
    assert "no longer listed since 2026-11-22" in shown.out
    assert "not fetched yet" in shown.out
    assert "6 pages: 3 case, 1 download, 2 news. Left out: 1 file that pages are made of (--all)." in shown.err
    assert run(["-C", str(folder), "site", "pages", "rowen"]) == Exit.USAGE
    assert "rowan" in capsys.readouterr().err
