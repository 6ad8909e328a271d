"""`scrapy list` and `scrapy crawl NAME` from a checkout, beside `khronika crawl NAME`."""

from __future__ import annotations

import os
import subprocess
import sys
from argparse import Namespace
from collections import Counter
from pathlib import Path

import pytest
from page_server import serving
from scrapy.exceptions import UsageError

from archive.collection import Collection
from crawler.cli import run
from crawler.scrapy_commands.crawl import Command as CrawlCommand
from crawler.scrapy_commands.list import Command as ListCommand
from spiders.known import KNOWN_SITES

ROOT = Path(__file__).parents[2]


def scrapy(*arguments: str, collection: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "KHRONIKA_COLLECTION"}
    if collection is not None:
        environment["KHRONIKA_COLLECTION"] = str(collection)
    # warnings are told, whatever the default
    command = [sys.executable, "-W", "always", "-m", "scrapy", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with Collection.create(tmp_path / "collection", "") as collection:
        return collection.path


def test_list_names_each_site_once_and_says_nothing_else(folder: Path) -> None:
    (folder / "khronika.toml").write_text('[[site]]\nname = "ledger"\nstart = ["https://ledger.example/"]\n')

    listed = scrapy("list", collection=folder)

    assert (listed.returncode, listed.stderr) == (0, "")
    assert Counter(listed.stdout.split()) == Counter(["ledger", *KNOWN_SITES])
    assert {"rights-in-russia", "memopzk", "ovd-info", "the-insider", "telegram"} <= {*listed.stdout.split()}


def test_list_tells_of_settings_that_cannot_be_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "khronika.toml").write_text("[crawl]\ndelai = 3\n")
    monkeypatch.setenv("KHRONIKA_COLLECTION", str(folder))
    command = ListCommand()

    command.run([], Namespace())

    assert command.exitcode == 1
    assert capsys.readouterr().err.startswith("khronika: khronika.toml, line 2: unknown key 'delai'")


def test_every_spider_of_ours_is_loaded_once_and_without_a_warning() -> None:
    import warnings

    from scrapy.settings import Settings
    from scrapy.spiderloader import SpiderLoader

    settings = Settings()
    settings.setmodule("settings", priority="project")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        names = SpiderLoader.from_settings(settings).list()
    assert len(names) == len(set(names))
    assert "site" in names


def test_crawl_crawls_a_site_of_the_collection_that_is_named(folder: Path) -> None:
    with serving({"/": '<a href="/a">a</a>', "/a": "a page"}) as server:
        (folder / "khronika.toml").write_text(f'[[site]]\nname = "ledger"\nstart = ["{server.url()}"]\n')
        crawled = scrapy("crawl", "ledger", collection=folder)

        assert (crawled.returncode, sorted(server.paths)) == (0, ["/", "/a", "/robots.txt"])
    assert ": 2 captured (0 byte for byte as before), 0 failed" in crawled.stdout
    assert "Warning" not in crawled.stderr


def test_a_shipped_definition_without_an_entry_says_what_to_do(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = (
        "khronika: no site 'ovd-info' in khronika.toml. "
        "Khronika knows it, and crawls it once it is added: khronika site add ovd-info\n"
    )
    crawled = scrapy("crawl", "ovd-info", collection=folder)
    assert (crawled.returncode, crawled.stdout, crawled.stderr) == (2, "", words)

    assert run(["-C", str(folder), "crawl", "ovd-info"]) == 2
    assert capsys.readouterr().err == words
    assert run(["-C", str(folder), "crawl", "ovd-inf"]) == 2
    assert "Did you mean 'ovd-info'?" in capsys.readouterr().err


def test_crawl_without_a_collection_or_a_name_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KHRONIKA_COLLECTION", str(tmp_path))
    command = CrawlCommand()

    command.run(["ovd-info"], Namespace())

    assert command.exitcode == 10
    assert capsys.readouterr().err.endswith("Name its folder: KHRONIKA_COLLECTION=FOLDER scrapy crawl NAME\n")
    with pytest.raises(UsageError, match="scrapy list shows"):
        command.run([], Namespace())
