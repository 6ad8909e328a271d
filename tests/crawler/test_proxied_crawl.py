"""Crawls through proxies and with name servers of the operator's own: who is asked for what, and what is on record."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Literal

import pytest
from dns_server import DnsServer
from page_server import PageServer, serving
from proxy_server import ProxyServer

from archive.collection import Collection
from crawler.config import load_config
from crawler.runner import CrawlSummary, run_crawl

HOST = "pages.example"
USER = ("operator-of-it", "se:cret~")


def crawl(folder: Path, settings: str) -> tuple[CrawlSummary, dict[str, bytes]]:
    """A crawl with these settings: its summary, and every file of the collection but the settings, unpacked."""
    collection = Collection.create(folder, "")
    collection.config_path.write_text(settings, encoding="utf-8")
    config = load_config(collection.config_path)
    try:
        summary = run_crawl(collection, config, sites=config.sites, reading=False)
    finally:
        collection.close()
    files = {}
    for path in folder.rglob("*"):
        if path.is_file() and path != collection.config_path:
            octets = path.read_bytes()
            files[str(path.relative_to(folder))] = gzip.decompress(octets) if path.suffix == ".gz" else octets
    return summary, files


def site(server: PageServer, name: str, more: str = "") -> str:
    return f'[[site]]\nname = "{name}"\nstart = ["http://{HOST}:{server.port}/{name}"]\nfollow = false\n{more}\n'


@pytest.mark.parametrize("scheme", ["http", "socks5"])
def test_all_of_a_site_goes_through_its_proxy_and_none_of_the_proxy_is_kept(
    tmp_path: Path, scheme: Literal["http", "socks5"]
) -> None:
    with (
        serving({"/by-proxy": "a page", "/robots.txt": "User-agent: *\nDisallow: /no"}) as server,
        ProxyServer({HOST: "127.0.0.1"}, credentials=USER) as proxy,
        DnsServer({}) as names,
    ):
        settings = (
            f'[crawl]\ndelay = 0\nnameservers = ["{names.address}"]\nvantage = "an office"\n'
            + f'proxy = "{proxy.url(scheme, user=":".join(USER))}"\n'
            + site(server, "by-proxy", 'vantage = "a flat in town"')
        )
        summary, files = crawl(tmp_path / "collection", settings)

    assert (summary.captured, summary.failed) == (1, 0)
    assert names.questions == []
    assert sorted(server.paths) == ["/by-proxy", "/robots.txt"]
    assert {asked.host for asked in proxy.asked} == {HOST}
    for name, octets in files.items():
        for secret in (f"127.0.0.1:{proxy.port}", *USER, "roxy-Auth"):
            assert secret.encode() not in octets, (name, secret)
    [records] = [octets for name, octets in files.items() if name.endswith(".warc.gz")]
    assert b"WARC-IP-Address" not in records
    assert b"\r\nvantage: %b proxy\r\n" % scheme.encode() in records
    assert b"\r\nvantage-label: a flat in town\r\n" in records


def test_each_site_goes_its_own_way_and_its_captures_say_which(tmp_path: Path) -> None:
    with (
        serving({"/by-tor": "a page", "/by-http": "another page", "/straight": "a third one"}) as server,
        ProxyServer({HOST: "127.0.0.1"}) as tor,
        ProxyServer({HOST: "127.0.0.1"}) as http,
        DnsServer({f"{HOST}.": [f"{HOST}. 300 IN A 127.0.0.1"]}) as names,
    ):
        settings = (
            f'[crawl]\ndelay = 0\nnameservers = ["{names.address}"]\nvantage = "an office"\n'
            + site(server, "by-tor", f'proxy = "{tor.url("socks5")}"\nvantage = "Tor"')
            + site(server, "by-http", f'proxy = "{http.url("http")}"')
            + site(server, "straight")
        )
        summary, _ = crawl(tmp_path / "collection", settings)
        with Collection.open(tmp_path / "collection") as collection:
            vantages = {
                path: collection.catalogue.captures_of(f"http://{HOST}:{server.port}/{path}")[0].vantage
                for path in ("by-tor", "by-http", "straight")
            }

    assert summary.captured == 3
    # a label is that of the place that is fetched from: another way leaves from another place
    assert vantages == {"by-tor": "Tor", "by-http": "http proxy", "straight": "an office"}
    assert {asked.host for asked in (*tor.asked, *http.asked)} == {HOST}
    assert tor.asked
    assert http.asked


def test_a_site_may_go_straight_where_the_others_do_not(tmp_path: Path) -> None:
    record = f"{HOST}. 300 IN A 127.0.0.1"
    with (
        serving({"/by-proxy": "a page", "/straight": "another page"}) as server,
        ProxyServer({HOST: "127.0.0.1"}) as proxy,
        DnsServer({f"{HOST}.": [record]}) as names,
    ):
        settings = (
            f'[crawl]\ndelay = 0\nnameservers = ["{names.address}"]\nproxy = "{proxy.url("socks5")}"\n'
            + site(server, "by-proxy")
            + site(server, "straight", 'proxy = "direct"')
        )
        summary, files = crawl(tmp_path / "collection", settings)

    assert (summary.captured, summary.failed) == (2, 0)
    assert names.asked(f"{HOST}.") == ["A", "AAAA"]
    assert 1 <= len(proxy.asked) <= 2
    for name, octets in files.items():
        for secret in (f"127.0.0.1:{proxy.port}", names.address):
            assert secret.encode() not in octets, (name, secret)


def test_a_dead_proxy_is_told_of_no_server(tmp_path: Path) -> None:
    with serving({"/by-proxy": "a page"}) as server:
        with ProxyServer() as gone:
            proxy = gone.url("socks5", user=":".join(USER))
        settings = f'[crawl]\ndelay = 0\nretries = 0\nproxy = "{proxy}"\n' + site(
            server,
            "by-proxy",
            "robots = 'ignore'\nrobots-by = 'N. N.'\nrobots-reason = 'a test'\nrobots-ground = 'none'",
        )
        summary, files = crawl(tmp_path / "collection", settings)

    assert (summary.captured, summary.failed) == (0, 1)
    assert server.asked == []
    for name, octets in files.items():
        for secret in (f"127.0.0.1:{gone.port}", *USER):
            assert secret.encode() not in octets, (name, secret)
    [records] = [octets for name, octets in files.items() if name.endswith(".warc.gz")]
    assert b"\r\nfailure: proxy\r\n" in records
    assert b"\r\nvantage: socks5 proxy\r\n" in records
