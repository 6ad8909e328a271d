"""A page that nothing links to any more is looked after all the same, by a site's entry that says nothing of visits."""

from __future__ import annotations

from pathlib import Path

from page_server import Reply, serving

from archive.collection import Collection
from archive.state import State
from crawler.config import Operator, load_config, template
from crawler.runner import run_crawl


def crawl(collection: Collection, **how: object) -> None:
    config = load_config(collection.config_path)
    run_crawl(collection, config, sites=config.sites, reading=False, **how)  # type: ignore[arg-type]


def linking(*paths: str) -> str:
    return "".join(f'<a href="{path}">a page</a>' for path in paths)


def test_what_left_the_list_is_fetched_after_all_that_is_linked(tmp_path: Path) -> None:
    collection = Collection.create(tmp_path / "collection", template(Operator("", "")))
    with serving({"/": linking("/case/1", "/case/2"), "/case/1": "one", "/case/2": "two"}) as server, collection:
        entry = f'\n[[site]]\nname = "ledger"\nstart = ["{server.url("/")}"]\n'
        collection.config_path.write_text(collection.config_path.read_text() + entry)
        crawl(collection)
        before = len(server.paths)
        server.pages |= {"/": linking("/case/3", "/case/1"), "/case/3": "three", "/case/2": Reply("gone", 404)}
        crawl(collection)

        assert server.paths[before:] == ["/robots.txt", "/", "/case/3", "/case/1", "/case/2"]
        hops = {capture.url: capture.hops for capture in collection.catalogue.captures()}
        assert (hops[server.url("/case/1")], hops[server.url("/case/2")]) == ("L", "Y")
        before = len(server.paths)
        crawl(collection, limit=2)
        crawl(collection)

        # what the limit left is not lost
        pages = ["/", "/case/1", "/case/2", "/case/3"]
        assert sorted(server.paths[before:]) == [*pages, "/robots.txt", "/robots.txt"]
        with State.open(collection.path, readonly=True) as state:
            assert len(state.memory.pages("ledger")) == 4
